//! The screen of the log: its lines, and the targets beside them.

use super::super::state::State;
use super::nav::Step;
use super::{Effect, LogMove, note};
use crate::app::dashboard::Action;

/// Changes which half has the keys, whether the targets are shown, or whether the end is followed.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Follow => {
            effects.push(Effect::Log(LogMove::Follow));
            note(state, key, "the log follows its end".to_owned());
        }
        Action::Zoom => {
            state.no_log_targets = !state.no_log_targets;
            state.log_targets = false;
            effects.push(Effect::Log(LogMove::Targets));
        }
        _ => {
            state.log_targets = !state.log_targets;
            if std::mem::take(&mut state.no_log_targets) {
                effects.push(Effect::Log(LogMove::Targets));
            }
        }
    }
}

/// Moves the lines, by pages only, or the cursor among the targets.
pub(super) fn go(state: &State, step: Step, effects: &mut Vec<Effect>) {
    effects.push(Effect::Log(match step {
        Step::By(by) if !state.log_targets && by < 0 => LogMove::PageUp,
        Step::By(_) if !state.log_targets => LogMove::PageDown,
        Step::By(by) if by < 0 => LogMove::Up,
        Step::By(_) => LogMove::Down,
        Step::Page(by) | Step::Half(by) if by < 0 => LogMove::PageUp,
        Step::Page(_) | Step::Half(_) => LogMove::PageDown,
        Step::First => LogMove::PageUp,
        Step::Last => LogMove::Follow,
    }));
}
