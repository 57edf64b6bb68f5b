//! The screen of one task.

use super::super::state::{Pane, Screen, State, TaskCursor};
use super::cursor::{self, follow, go_tasks};
use super::nav::Step;
use super::note;

/// Gets ready to show the task under the cursor; its output has the keys.
pub(super) fn enter(state: &mut State) {
    state.opened_on = match state.screen {
        // It is shown already.
        Screen::Task => return,
        Screen::Timeline => Screen::Timeline,
        _ => Screen::Pool,
    };
    if state.screen == Screen::Pool {
        cursor::pick_shown(state);
    }
    if state.screen == Screen::Timeline && state.task.is_some() {
        // Whatever the list of tasks leaves out, this one is to be seen.
        state.group = None;
        state.filter.clear();
    }
    state.zoomed = false;
    state.detail_top = 0;
    state.pane = Pane::Output;
}

/// Back to where it was opened.
pub(super) fn leave(state: &mut State) {
    state.screen = state.opened_on;
    state.pane = Pane::Tasks;
}

/// The task before or after in the list.
pub(super) fn step(state: &mut State, by: isize, key: &str) {
    let before = state.shown;
    if state.task.is_none() {
        // From the one that is shown, which may not be the last of the list.
        state.task = state.shown.map(|id| TaskCursor { id, row: 0 });
    }
    go_tasks(state, Step::By(by));
    follow(state);
    if state.shown == before {
        let end = if by < 0 { "first" } else { "last" };
        note(state, key, format!("this is the {end} task of the list"));
    }
}
