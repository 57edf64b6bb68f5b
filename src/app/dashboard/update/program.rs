//! What keys do to the program itself: help, palette, colours, mouse, leaving.

use super::super::action::Action;
use super::super::dialog::{Help, Overlay};
use super::super::settings::OnIdle;
use super::super::state::State;
use super::{Effect, note, overlay, palette, reload};

/// Carries it out.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => overlay::quit(state, key, effects),
        Action::Interrupt => overlay::interrupt(state, key, effects),
        Action::Help => {
            state.overlay = match state.overlay {
                Some(Overlay::Help(_)) => None,
                _ => Some(Overlay::Help(Help::default())),
            }
        }
        Action::SearchHelp => {
            if let Some(Overlay::Help(help)) = &mut state.overlay {
                help.typing = true;
            }
        }
        Action::Theme => {
            state.settings.scheme = state.settings.scheme.next();
            note(state, key, format!("colours: {}", state.settings.scheme.word()));
        }
        Action::Mouse => {
            state.settings.mouse = !state.settings.mouse;
            effects.push(Effect::Mouse(state.settings.mouse));
            let whose = if state.settings.mouse {
                "clicks and the wheel act here"
            } else {
                "left to the terminal"
            };
            note(state, key, format!("mouse: {whose}"));
        }
        Action::Palette => palette::open(state, false),
        Action::PalettePools => palette::open(state, true),
        Action::Reload => reload::ask(state, key, effects),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        _ => {}
    }
}

/// Leaves once tasks have run and nothing runs or waits any more, if that is wanted; not while a person is asked
/// something, looks at what holds still, has just asked for more, or still types for a terminal whose task has ended:
/// the shell would get that.
pub(super) fn leave_if_over(state: &mut State, effects: &mut Vec<Effect>) {
    let wanted = state.settings.on_idle;
    // What was asked for just now may make tasks that the view does not have yet.
    if state.acted.is_some_and(|acted| acted.is_unseen(state.clock)) {
        return;
    }
    state.acted = None;
    let is_busy = state.overlay.is_some() || state.frozen.is_some() || state.swallows_keys();
    if wanted == OnIdle::Stay || state.quits > 0 || is_busy {
        return;
    }
    let pools = &state.view.pools;
    let failed = pools.iter().any(|pool| pool.failed + pool.panicked > 0);
    let has_run = failed || pools.iter().any(|pool| pool.ok + pool.stopped > 0);
    if has_run && !state.is_busy() && !(failed && wanted == OnIdle::QuitIfOk) {
        overlay::leave(state, "", effects);
    }
}
