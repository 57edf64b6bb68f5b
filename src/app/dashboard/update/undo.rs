//! Undoing what can be undone, and doing the last thing once more.

use super::super::action::Action;
use super::super::dialog::{LastAction, Overlay, Said};
use super::super::state::{Screen, State};
use super::super::undo::{Back, Repeat, Seen, Step, filter_text};
use super::{Consent, Effect, carry_out_once, control, cursor, form, nav, perform, warnings};
use crate::app::count::counted;

/// Carries out an action that applies.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Undo => {
            if let Some(step) = state.undo.pop() {
                undo(state, step, key, effects);
            }
        }
        Action::Repeat => {
            if let Some(Repeat { action, typed }) = state.undo.repeat.clone() {
                perform(state, action, typed.as_deref(), key, effects);
                if action == Action::Add {
                    form::again(state);
                }
            }
        }
        _ => {}
    }
}

fn undo(state: &mut State, step: Step, key: &str, effects: &mut Vec<Effect>) {
    let said = match step.back {
        Back::Call(command) if state.modes.ask_always => {
            let title = control::title_of(&command);
            control::ask(state, title, command, None, effects);
            return;
        }
        Back::Call(command) => {
            carry_out_once(state, command, Consent::NotAsked, key, effects);
            return;
        }
        Back::Mute { kind, muted } => {
            warnings::set_muted(state, kind, muted, key, effects);
            return;
        }
        Back::Marks { pool, ids } => {
            let said = counted(ids.len(), "marked again", "marked again");
            go_to(state, &pool);
            state.marks.set(&pool, ids);
            said
        }
        Back::Order { pool, sort } => {
            go_to(state, &pool);
            state.finding.sort = sort;
            "the order is as it was".to_owned()
        }
        Back::Filter { pool, filter } => {
            go_to(state, &pool);
            let said = format!("{} again", filter_text(&filter));
            state.filter = filter;
            state.task = None;
            cursor::follow(state);
            said
        }
    };
    // That is no step of its own.
    state.undo.seen = Seen::of(state);
    state.last = Some(LastAction {
        key: key.to_owned(),
        result: Said::Done(said),
        ..LastAction::default()
    });
}

/// Shows the pool of which something is undone.
fn go_to(state: &mut State, pool: &str) {
    if state.pool.as_deref() != Some(pool) {
        nav::enter_pool(state, Some(pool.to_owned()));
    }
    state.screen = Screen::Pool;
}

/// Keeps what a key has changed of what is looked at, once it is settled, so that it can be undone.
pub(super) fn settle(state: &mut State) {
    let open = !matches!(state.overlay, None | Some(Overlay::Closing));
    if open || state.marks.range.is_some() || state.marks.asked.is_some() {
        return;
    }
    let now = Seen::of(state);
    if now == state.undo.seen {
        return;
    }
    let before = std::mem::replace(&mut state.undo.seen, now);
    for step in before.steps_from(&state.undo.seen) {
        let filtered = matches!(step.back, Back::Filter { .. });
        let again = state.undo.push(step);
        if filtered && !matches!(&state.last, Some(last) if matches!(last.result, Said::Note(_))) {
            let said = filter_text(&state.filter);
            state.last = Some(LastAction {
                key: state.key(Action::Filter),
                result: Said::Done(said),
                ..LastAction::default()
            });
        }
        if let Some(last) = &mut state.last {
            last.undo = Some(again);
        }
    }
}

/// Marks of forgotten tasks went away: that is nothing to undo.
pub(super) fn forget(state: &mut State) {
    if state.undo.seen.pool == state.pool && state.marks.range.is_none() && state.marks.asked.is_none() {
        state.undo.seen.marks = state.marked();
    }
}
