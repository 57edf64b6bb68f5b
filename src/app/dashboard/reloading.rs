//! The config that is read again, while that is looked at.

use super::dialog::Overlay;
use super::key::{Code, Key};
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
            Stage::Reading => state.rereading(),
            Stage::Changed(changes) if changes.applies() => None,
            Stage::Changed(_) => Some("nothing counts before the next start".to_owned()),
            Stage::Faulty(_) => Some(format!("mend the file first; {again} reads it again")),
            Stage::Refused(_) => Some(format!("{again} reads the file again")),
        }
    }
}

impl State {
    /// The file that is being read again and the key that gives up on it, while that lasts.
    pub(crate) fn rereading(&self) -> Option<String> {
        let Some(Overlay::Reload(reloading)) = &self.overlay else {
            return None;
        };
        (reloading.stage == Stage::Reading).then(|| {
            format!(
                "reading {} …; {} gives up",
                self.view.title,
                self.way_out(Action::Keep)
            )
        })
    }

    /// The key of an action that leads out of something: Esc where that is one of its keys.
    fn way_out(&self, action: Action) -> String {
        let esc = Key::plain(Code::Esc);
        let mut chords = self.keymap.chords(action);
        match chords.find(|chord| chord.0 == [esc]) {
            Some(chord) => chord.to_string(),
            None => self.key(action),
        }
    }

    /// How it is wanted by now, keys and modes included.
    pub(super) fn look(&self) -> Settings {
        Settings {
            keymap: self.keymap.clone(),
            modes: self.modes,
            ..self.settings.clone()
        }
    }
}
