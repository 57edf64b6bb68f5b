//! What is done with warnings, and the question why something waits.

use super::super::action::Action;
use super::super::dialog::{LastAction, Overlay};
use super::super::state::{Pane, Screen, State, TaskCursor};
use super::super::undo::{Back, Step as Undone};
use super::cursor::follow;
use super::nav::{Step, enter_pool, top_for};
use super::{Effect, note, send};
use crate::app::control::Request;
use crate::app::warnings::{Kind, Subject, WarningRow};

/// Carries it out.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Mute => mute(state, key, effects),
        Action::NextWarning => next(state, key),
        Action::Why => {
            state.overlay = match &state.overlay {
                Some(Overlay::Why(_)) => None,
                _ => state.why_subject().map(Overlay::Why),
            };
        }
        _ => {}
    }
}

fn mute(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let Some(row) = state.warning_row() else { return };
    let (kind, muted) = (row.kind, !row.muted);
    let number = set_muted(state, kind, muted, key, effects);
    let again = if muted { "shown" } else { "muted" };
    let step = Undone {
        again: again.to_owned(),
        back: Back::Mute { kind, muted: !muted },
    };
    state.undo.expect(number, step);
}

/// Asks for a kind of warnings to be muted, or not, and shows that as the last action.
pub(super) fn set_muted(
    state: &mut State,
    kind: Kind,
    muted: bool,
    key: &str,
    effects: &mut Vec<Effect>,
) -> u64 {
    let number = send(state, Request::Mute { kind, muted }, effects);
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: format!("{}({})", if muted { "mute" } else { "unmute" }, kind.about().key),
        number: Some(number),
        ..LastAction::default()
    });
    number
}

/// To the subject of the next warning that goes on, after the one that was jumped to last.
fn next(state: &mut State, key: &str) {
    let name = |row: &WarningRow| (row.kind, row.subject.clone());
    let rows: Vec<(Kind, Subject)> = state
        .view
        .warnings
        .rows
        .iter()
        .filter(|row| row.is_active())
        .map(name)
        .collect();
    let before = state
        .warning
        .visited
        .as_ref()
        .and_then(|visited| rows.iter().position(|row| row == visited));
    let Some(to) = rows.get(before.map_or(0, |before| (before + 1) % rows.len().max(1))) else {
        return;
    };
    state.warning.visited = Some(to.clone());
    state.warning.at = Some(to.clone());
    let (kind, subject) = to.clone();
    note(state, key, format!("{}: {subject}", kind.about().title));
    go_to(state, &subject);
}

/// To what the warning under the cursor is about, or what blocks that which was asked about.
pub(super) fn open(state: &mut State) {
    let subject = match &state.overlay {
        Some(Overlay::Why(_)) => state.why().and_then(|why| why.blocker.clone()),
        _ => state.warning_row().map(|row| row.subject.clone()),
    };
    if let Some(subject) = subject {
        state.overlay = None;
        go_to(state, &subject);
    }
}

/// Puts the cursors there.
pub(super) fn go_to(state: &mut State, subject: &Subject) {
    if subject.pool.is_empty() {
        state.screen = Screen::Log;
        return;
    }
    let pool = subject.pool.to_string();
    if state.pool.as_ref() != Some(&pool) {
        enter_pool(state, Some(pool));
    }
    state.screen = Screen::Pool;
    state.zoomed = false;
    match (subject.task, &subject.group) {
        (Some(id), _) => {
            // Whatever hides it goes.
            (state.group, state.pane) = (None, Pane::Tasks);
            state.filter.clear();
            let row = state.rows.tasks / 2;
            state.task = Some(TaskCursor { id, row });
            follow(state);
        }
        (None, Some(group)) => {
            state.pane = Pane::Groups;
            state.group = Some(group.to_string());
            state.task = None;
            follow(state);
        }
        (None, None) => state.screen = Screen::Pools,
    }
}

/// Moves the cursor of the list.
pub(super) fn go(state: &mut State, step: Step) {
    let Some(at) = state.warning_index() else { return };
    let to = step.land(at, state.rows.warnings, state.view.warnings.rows.len());
    let row = &state.view.warnings.rows[to];
    state.warning.at = Some((row.kind, row.subject.clone()));
    fit(state);
}

/// Keeps the cursor visible.
pub(super) fn fit(state: &mut State) {
    if let Some(index) = state.warning_index() {
        state.warning.index = index;
        let len = state.view.warnings.rows.len();
        state.warning.top = top_for(state.warning.top, index, state.rows.warnings, len);
    }
}
