//! What keys do to the program itself: help, palette, colours, mouse, leaving.

use super::super::action::Action;
use super::super::dialog::{Help, Overlay};
use super::super::state::State;
use super::{Effect, note, overlay, palette, reload};

/// Carries it out.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => overlay::quit(state, key, effects),
        Action::Interrupt => overlay::leave(state, key, effects),
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
