//! The config that is read again, while that is looked at.

use super::state::State;
use super::{Action, Settings};
use crate::app::clean::Clean;
use crate::app::reload::{Changes, Row};

/// A config that is read again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reloading {
    /// The number of the request that asked for it.
    pub(crate) number: u64,
    /// How far it is.
    pub(crate) stage: Stage,
    /// The first of its lines that is shown.
    pub(crate) top: usize,
}

/// How far the reading of a config is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// It is being read.
    Reading,
    /// It says this otherwise than before.
    Changed(Changes),
    /// It cannot be taken, because of this.
    Faulty(Vec<Clean>),
    /// It was applied but for this.
    Refused(Vec<Row>),
}

impl Reloading {
    /// Why a yes does nothing now; none: it applies what is shown.
    pub(super) fn no_yes(&self, state: &State) -> Option<String> {
        let again = state.press(Action::Reload);
        match &self.stage {
            Stage::Reading => Some("the config is still being read".to_owned()),
            Stage::Changed(changes) if changes.applies() => None,
            Stage::Changed(_) => Some("nothing of it counts before the next start".to_owned()),
            Stage::Faulty(_) => Some(format!("mend the file first; {again} reads it again")),
            Stage::Refused(_) => Some(format!("{again} reads the file again")),
        }
    }
}

impl State {
    /// How it is wanted by now, keys and modes included.
    pub(super) fn look(&self) -> Settings {
        Settings {
            keymap: self.keymap.clone(),
            modes: self.modes,
            ..self.settings.clone()
        }
    }
}
