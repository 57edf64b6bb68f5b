//! Reading the config again: what it says otherwise is shown, and applied after a yes.

use super::super::action::Place;
use super::super::dialog::{LastAction, Overlay, Said};
use super::super::reloading::{Reloading, Stage};
use super::super::settings::Settings;
use super::super::state::State;
use super::{Consent, Effect, say, send, send_asked};
use crate::app::control::{Answer, Request};
use crate::app::reload::{Reread, take_look};

const CALL: &str = "reload";

/// Asks for it.
pub(super) fn ask(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let number = send(state, Request::Reread, effects);
    waits(state, key, number);
    state.overlay = Some(Overlay::Reload(Box::new(Reloading {
        number,
        stage: Stage::Reading,
        top: 0,
    })));
}

fn waits(state: &mut State, key: &str, number: u64) {
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: CALL.to_owned(),
        number: Some(number),
        ..LastAction::default()
    });
}

/// Takes in what the config says. A box that is gone, or another one, is left alone.
pub(super) fn take(state: &mut State, number: u64, answer: Answer) {
    let Some(Overlay::Reload(reloading)) = &mut state.overlay else {
        return;
    };
    if reloading.number != number {
        return;
    }
    let said = match answer {
        Answer::Reread(Reread::Changed(changes)) => {
            reloading.stage = Stage::Changed(changes);
            state.last = None;
            return;
        }
        Answer::Reread(Reread::Faulty(lines)) => {
            reloading.stage = Stage::Faulty(lines);
            Said::Refused("the config cannot be taken; nothing was changed".to_owned())
        }
        Answer::Reread(Reread::Same) => {
            state.overlay = None;
            Said::Done("the config says nothing else than before".to_owned())
        }
        Answer::Refused(why) => {
            state.overlay = None;
            Said::Refused(why)
        }
        // No session answers like this.
        Answer::Done(_)
        | Answer::Preview(_)
        | Answer::Listed { .. }
        | Answer::Lines(_)
        | Answer::Added { .. }
        | Answer::Mistakes(_)
        | Answer::Functions(_)
        | Answer::Applied(_) => return,
    };
    say(state, number, CALL, said);
}

/// Applies what is shown.
pub(super) fn apply(state: &mut State, reloading: &Reloading, key: &str, effects: &mut Vec<Effect>) {
    if let Stage::Changed(changes) = &reloading.stage {
        let request = Request::Reload {
            number: changes.number,
        };
        let number = send_asked(state, request, Consent::Given, effects);
        waits(state, key, number);
    }
}

/// Takes in what became of it.
pub(super) fn applied(state: &mut State, number: u64, answer: Answer, effects: &mut Vec<Effect>) {
    match answer {
        Answer::Applied(applied) => {
            let (before, now) = *applied.settings;
            dress(state, &before, &now, effects);
            say(state, number, CALL, Said::Done(applied.text));
            // What is open by now is not taken away, and what is typed into a terminal meanwhile is no answer.
            if !applied.refused.is_empty()
                && matches!(state.overlay, None | Some(Overlay::Closing))
                && state.place() != Place::Typing
            {
                state.overlay = Some(Overlay::Reload(Box::new(Reloading {
                    number,
                    stage: Stage::Refused(applied.refused),
                    top: 0,
                })));
            }
        }
        Answer::Refused(why) => say(state, number, CALL, Said::Refused(why)),
        // No session answers like this.
        Answer::Done(_)
        | Answer::Preview(_)
        | Answer::Listed { .. }
        | Answer::Lines(_)
        | Answer::Added { .. }
        | Answer::Mistakes(_)
        | Answer::Functions(_)
        | Answer::Reread(_) => {}
    }
}

/// Lets the dashboard be as the files want it, where they want something else than before.
fn dress(state: &mut State, before: &Settings, now: &Settings, effects: &mut Vec<Effect>) {
    let worn = state.look();
    let mut live = worn.clone();
    take_look(&mut live, before, now);
    if live.mouse != worn.mouse {
        effects.push(Effect::Mouse(live.mouse));
    }
    if live.ascii != worn.ascii || live.calm != worn.calm {
        effects.push(Effect::Dress {
            ascii: live.ascii,
            calm: live.calm,
        });
    }
    if live.keymap != worn.keymap {
        state.chord.clear();
    }
    state.keymap = live.keymap.clone();
    state.modes = live.modes;
    state.settings = live;
}
