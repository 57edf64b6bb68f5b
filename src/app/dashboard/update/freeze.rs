//! A view that holds still: newer ones wait behind it.

use super::super::dialog::Overlay;
use super::super::state::{Screen, State};
use crate::app::view::{OutputWant, View, Want, Window};
use std::sync::Arc;
use std::time::Duration;

/// A view that holds still. What keys act on is what it shows, by ID.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    /// Since when, in the session's time.
    pub(crate) since: Duration,
    /// The session's time by now.
    pub(crate) now: Duration,
    /// What is shown: in another pool, with another filter or with longer cells nothing of it would be right.
    of: Want,
    /// Where: the screen of a task has few rows of the list that it is in.
    on: Screen,
}

impl Frozen {
    /// How old what is shown is, in whole seconds.
    pub(crate) fn age(&self) -> Duration {
        Duration::from_secs(self.now.saturating_sub(self.since).as_secs())
    }
}

/// What of a want decides which rows there are; not where in them it looks.
fn of(want: &Want) -> Want {
    Want {
        groups: Window::default(),
        tasks: Window::default(),
        task: None,
        output: OutputWant::default(),
        pane: None,
        why: None,
        asked: 0,
        ..want.clone()
    }
}

/// Holds the view still, or lets it live again.
pub(super) fn toggle(state: &mut State) {
    if state.frozen.take().is_none() {
        let now = state.view.time + state.elapsed;
        state.frozen = Some(Frozen {
            since: now,
            now,
            of: of(&state.want()),
            on: state.screen,
        });
    }
}

/// Keeps a newer view back while what is shown holds still: for a freeze, or for text that is being selected. The
/// task that is shown still becomes known where it was not.
pub(super) fn hold(state: &mut State, view: Arc<View>) -> Option<Arc<View>> {
    let selecting = state.selection.is_some_and(|selection| selection.moved);
    if state.frozen.is_none() && !selecting {
        state.behind = None;
        return Some(view);
    }
    if let Some(frozen) = &mut state.frozen {
        frozen.now = view.time;
    }
    let lacks = !selecting && state.shown.is_some() && state.shown != shown_in(&state.view);
    if lacks && shown_in(&view) == state.shown {
        let mut merged = View::clone(&state.view);
        let newer = view.pool.as_ref().and_then(|pool| pool.task.clone());
        if let Some(pool) = &mut merged.pool {
            pool.task = newer;
        }
        state.view = Arc::new(merged);
    }
    // Whoever scrolls the output stands still there already.
    if !selecting && !state.output.follow && !lacks {
        let newer = view.pool.as_ref().and_then(|pool| pool.task.as_ref());
        if let Some(newer) = newer.filter(|task| Some(task.row.id) == state.shown)
            && let Some(shown) = &mut Arc::make_mut(&mut state.view).pool
            && let Some(task) = &mut shown.task
            && task.output != newer.output
        {
            task.output = newer.output.clone();
        }
    }
    // What was asked for comes; beside a task that holds still it would go on by itself.
    if matches!(state.overlay, Some(Overlay::Why(_))) && view.why != state.view.why {
        let why = view.why.clone();
        Arc::make_mut(&mut state.view).why = why;
    }
    state.behind = Some(view);
    None
}

/// The task that a view tells all about.
fn shown_in(view: &View) -> Option<u64> {
    Some(view.pool.as_ref()?.task.as_ref()?.row.id)
}

/// The view that waits, once nothing holds it back any more. Leaving, and what the frozen view knows nothing of, ends
/// a freeze.
pub(super) fn thaw(state: &mut State) -> Option<Arc<View>> {
    if let Some(frozen) = &state.frozen
        && (state.quits > 0
            || of(&state.want()) != frozen.of
            || (frozen.on == Screen::Task && state.screen != Screen::Task))
    {
        state.frozen = None;
    }
    let selecting = state.selection.is_some_and(|selection| selection.moved);
    if state.frozen.is_some() || selecting {
        return None;
    }
    state.behind.take()
}
