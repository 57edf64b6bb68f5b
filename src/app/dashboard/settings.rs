//! How a person wants the dashboard: keys, colours, motion, mouse, and what tells of what happens elsewhere.

use super::keymap::Keymap;
use crate::app::Modes;
use serde::{Deserialize, Serialize};

/// The dashboard as it is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Which keys mean which actions.
    pub keymap: Keymap,
    /// Its colours.
    pub scheme: Scheme,
    /// Nothing but ASCII is shown, whatever the terminal can show.
    pub ascii: bool,
    /// Nothing moves or flickers that need not.
    pub calm: bool,
    /// Clicks and the wheel are the dashboard's, not the terminal's.
    pub mouse: bool,
    /// The terminal's title tells how far it is.
    pub title: bool,
    /// What the terminal tells a person who looks elsewhere.
    pub notices: Vec<Notice>,
    /// Each of those comes with a bell.
    pub bell: bool,
    /// How careful it is.
    pub modes: Modes,
    /// What it does once nothing runs or waits any more.
    pub on_idle: OnIdle,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            keymap: Keymap::default(),
            scheme: Scheme::default(),
            ascii: false,
            calm: false,
            mouse: true,
            title: true,
            notices: Vec::new(),
            bell: false,
            modes: Modes::default(),
            on_idle: OnIdle::default(),
        }
    }
}

/// Colours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// The terminal's own sixteen: they follow the user's theme.
    #[default]
    Terminal,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// Light on dark; no two states differ in hue alone.
    ColourBlind,
}

/// The words of the schemes, in the order of the enum.
pub const SCHEMES: [&str; 4] = ["terminal", "light", "dark", "colour-blind"];

impl Scheme {
    /// Every scheme, in the order of the key that changes it.
    pub const ALL: [Scheme; 4] = [Scheme::Terminal, Scheme::Light, Scheme::Dark, Scheme::ColourBlind];

    /// The scheme with this word.
    pub fn from_word(word: &str) -> Option<Scheme> {
        Scheme::ALL.into_iter().find(|scheme| scheme.word() == word)
    }

    /// Its word in a config.
    pub fn word(self) -> &'static str {
        SCHEMES[self as usize]
    }

    /// The one after it; after the last the first.
    #[must_use]
    pub fn next(self) -> Scheme {
        Scheme::ALL[(self as usize + 1) % Scheme::ALL.len()]
    }
}

/// What the dashboard does once tasks have run and nothing runs or waits any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnIdle {
    /// It stays.
    #[default]
    Stay,
    /// It leaves.
    Quit,
    /// It leaves if no task has failed.
    QuitIfOk,
}

/// The words of these, in the order of the enum.
pub const ON_IDLE: [&str; 3] = ["stay", "quit", "quit-if-ok"];

impl OnIdle {
    /// Its word in a config.
    pub fn word(self) -> &'static str {
        ON_IDLE[self as usize]
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<OnIdle> {
        let all = [OnIdle::Stay, OnIdle::Quit, OnIdle::QuitIfOk];
        let at = ON_IDLE.iter().position(|known| *known == word)?;
        Some(all[at])
    }
}

/// Something that a person may want to be told of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A task has failed.
    Failed,
    /// A pool is closed.
    Closed,
    /// Nothing runs or waits any more.
    Idle,
    /// Something goes wrong without failing.
    Warning,
}

/// The words of the notices, in the order of the enum.
pub const NOTICES: [&str; 4] = ["failed", "closed", "idle", "warning"];

impl Notice {
    /// Every notice.
    pub const ALL: [Notice; 4] = [Notice::Failed, Notice::Closed, Notice::Idle, Notice::Warning];

    /// The notice with this word.
    pub fn from_word(word: &str) -> Option<Notice> {
        let at = NOTICES.iter().position(|known| *known == word)?;
        Some(Notice::ALL[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_enums_have_the_same_order() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::from_word(scheme.word()), Some(scheme));
        }
        for (word, notice) in NOTICES.into_iter().zip(Notice::ALL) {
            assert_eq!(Notice::from_word(word), Some(notice));
            assert_eq!(format!("{notice:?}").to_lowercase(), word);
        }
        assert_eq!(Scheme::ColourBlind.next(), Scheme::Terminal);
        let idle = ON_IDLE.map(|word| OnIdle::from_word(word).unwrap());
        assert_eq!(idle, [OnIdle::Stay, OnIdle::Quit, OnIdle::QuitIfOk]);
    }
}
