//! The palette.

use super::super::action::Action;
use super::super::dialog::Overlay;
use super::super::palette::{Does, Palette};
use super::super::state::{Screen, State};
use super::{Effect, nav, note, perform};

/// Opens it, with pools only or with everything.
pub(super) fn open(state: &mut State, pools: bool) {
    state.overlay = Some(Overlay::Palette(Palette {
        pools,
        ..Palette::default()
    }));
}

/// Chooses the entry above or below the chosen one; says whether there is one.
pub(super) fn step(state: &mut State, up: bool) -> bool {
    let Some(Overlay::Palette(palette)) = &state.overlay else {
        return false;
    };
    let last = palette.offers(state).len().saturating_sub(1);
    let Some(Overlay::Palette(palette)) = &mut state.overlay else {
        return false;
    };
    let was = palette.chosen.min(last);
    palette.chosen = if up {
        was.saturating_sub(1)
    } else {
        (was + 1).min(last)
    };
    palette.chosen != was
}

/// Does what the chosen entry says, with the same checks as its key.
pub(super) fn take(state: &mut State, palette: &Palette, key: &str, effects: &mut Vec<Effect>) {
    let Some(offer) = palette.offers(state).into_iter().nth(palette.chosen) else {
        let typed = palette.input.value();
        note(state, key, format!("nothing is called {typed:?}"));
        return;
    };
    match offer.does {
        Does::Action(action, typed) => {
            let key = match state.key(action) {
                key if key.is_empty() => format!("{} {}", state.key(Action::Palette), offer.name),
                key => key,
            };
            perform(state, action, typed.as_deref(), &key, effects);
        }
        Does::Pool(name) => {
            if state.pool.as_ref() != Some(&name) {
                nav::enter_pool(state, Some(name));
                nav::fit(state);
            }
            state.screen = Screen::Pool;
        }
    }
}
