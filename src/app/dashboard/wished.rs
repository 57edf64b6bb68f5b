//! What the state tells of a person's own wishes: keys, colours, a view that holds still, text that is selected.

use super::action::Action;
use super::key::{Chord, Key};
use super::mouse::Selection;
use super::settings::Settings;
use super::state::{Screen, State};
use std::time::Duration;

impl State {
    /// The first state of a dashboard that is wanted like this.
    pub fn new(settings: Settings) -> State {
        State {
            keymap: settings.keymap.clone(),
            modes: settings.modes,
            settings,
            ..State::default()
        }
    }

    /// How it is wanted by now: keys change some of it.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is being selected, once the mouse has moved.
    pub(crate) fn selection(&self) -> Option<Selection> {
        self.selection.filter(|selection| selection.moved)
    }

    /// The screen that is shown.
    pub(crate) fn screen(&self) -> Screen {
        self.screen
    }

    /// The same in a sentence; its name if it has no key.
    pub(crate) fn press(&self, action: Action) -> String {
        match self.key(action) {
            key if key.is_empty() => action.entry().name.to_owned(),
            key => key,
        }
    }

    /// The keys of a chord that is not complete.
    pub(crate) fn begun(&self) -> &[Key] {
        &self.chord
    }

    /// What may follow the keys of a chord that is not complete.
    pub(crate) fn pending(&self) -> Vec<(Chord, Action)> {
        if self.chord.is_empty() {
            return Vec::new();
        }
        self.keymap.after(self.place(), &self.chord)
    }

    /// The session's time by now, whatever is shown.
    pub(crate) fn now(&self) -> Duration {
        match &self.frozen {
            Some(frozen) => frozen.now,
            None => self.view.time + self.elapsed,
        }
    }
}
