//! Sets of keys to begin with: what a preset changes in the keys of the table of actions.

use super::action::Action;

/// Keys that people know from elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Preset {
    /// Those of the table of actions.
    #[default]
    Default,
    /// Like k9s.
    K9s,
    /// Like mprocs.
    Mprocs,
    /// Function keys beside the letters.
    FunctionKeys,
}

/// The words of the presets, in the order of the enum.
pub const PRESETS: [&str; 4] = ["default", "k9s", "mprocs", "function-keys"];

/// The keys of an action.
type Row = (Action, &'static [&'static str]);

const K9S: &[Row] = &[
    (Action::Cancel, &["Ctrl-d", "x"]),
    (Action::PageUp, &["PgUp", "Ctrl-b"]),
    (Action::PageDown, &["PgDn", "Ctrl-f"]),
    (Action::HalfDown, &["Alt-d"]),
    (Action::HalfUp, &["Ctrl-u", "Alt-u"]),
    (Action::CopyRows, &["c", "y"]),
    (Action::Copy, &["c", "y"]),
];

const MPROCS: &[Row] = &[
    // The key that goes into a terminal leads out of it, too.
    (Action::Input, &["i", "Ctrl-a"]),
    (Action::StopTyping, &["Ctrl-a"]),
    (Action::TypePrefix, &[]),
    (Action::Interrupt, &["Ctrl-c", "Alt-q"]),
];

const FUNCTION_KEYS: &[Row] = &[
    (Action::Find, &["/", "F3"]),
    (Action::Filter, &["/", "F4"]),
    (Action::Retry, &["r", "F5"]),
    (Action::Zoom, &["z", "F6"]),
    (Action::Pause, &["P", "F7"]),
    (Action::Start, &["s", "F8"]),
    (Action::Cancel, &["x", "F9"]),
    (Action::Quit, &["q", "F10"]),
];

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 4] = [Preset::Default, Preset::K9s, Preset::Mprocs, Preset::FunctionKeys];

    /// The preset with this word.
    pub fn from_word(word: &str) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| preset.word() == word)
    }

    /// Its word in a config.
    pub fn word(self) -> &'static str {
        PRESETS[self as usize]
    }

    /// The keys of an action in it.
    pub(super) fn keys(self, action: Action) -> &'static [&'static str] {
        let own = match self {
            Preset::Default => &[],
            Preset::K9s => K9S,
            Preset::Mprocs => MPROCS,
            Preset::FunctionKeys => FUNCTION_KEYS,
        };
        own.iter()
            .find(|(changed, _)| *changed == action)
            .map_or(action.entry().keys, |(_, keys)| keys)
    }
}
