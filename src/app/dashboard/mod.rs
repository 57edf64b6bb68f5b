//! The dashboard without its terminal: keys and views go in, effects come out, and what is between is one
//! plain [`State`]. `ui` draws that state and carries the effects out.
//!
//! To add a key: a variant of [`Action`], its row in `action/table.rs`, what it does in `update/`.

mod action;
#[cfg(feature = "tui")]
mod applies;
#[cfg(feature = "tui")]
mod columns;
#[cfg(feature = "tui")]
mod dialog;
#[cfg(feature = "tui")]
mod encode;
#[cfg(feature = "tui")]
mod finding;
#[cfg(feature = "tui")]
mod form;
#[cfg(feature = "tui")]
mod hints;
#[cfg(feature = "tui")]
mod history;
mod key;
mod keymap;
#[cfg(feature = "tui")]
mod marks;
#[cfg(feature = "tui")]
mod mouse;
#[cfg(feature = "tui")]
mod output_place;
#[cfg(feature = "tui")]
mod palette;
#[cfg(feature = "tui")]
mod place;
mod preset;
#[cfg(feature = "tui")]
mod reloading;
mod settings;
#[cfg(feature = "tui")]
mod state;
#[cfg(feature = "tui")]
mod timeline;
#[cfg(feature = "tui")]
mod undo;
#[cfg(feature = "tui")]
mod update;
#[cfg(feature = "tui")]
mod want;
#[cfg(feature = "tui")]
mod warned;
#[cfg(feature = "tui")]
mod wished;

pub use action::{
    ACTIONS, Action, Class, Entry, HelpLine, PLACES, Place, SECTIONS, Section, help_lines, keys_json,
    keys_markdown, keys_text,
};
pub use key::{BadKey, Chord, Code, Key};
pub use keymap::{Bind, Clash, KEPT, Keymap, Match, sent_as};
pub use preset::{PRESETS, Preset};
pub use settings::{NOTICES, Notice, ON_IDLE, OnIdle, SCHEMES, Scheme, Settings};

#[cfg(feature = "tui")]
pub(crate) use applies::FORGOTTEN;
#[cfg(feature = "tui")]
pub(crate) use columns::{COLUMNS, Shown, heading};
#[cfg(feature = "tui")]
pub(crate) use dialog::{Confirm, Help, LastAction, Overlay, Prompt, Said};
#[cfg(feature = "tui")]
pub(crate) use finding::{FilterLine, Listed, finds_no_task};
#[cfg(feature = "tui")]
pub(crate) use form::{Form, Verdict};
#[cfg(feature = "tui")]
pub use hints::{Hint, hints};
#[cfg(feature = "tui")]
pub use mouse::{Area, Gesture, Mouse, Selection, Zone};
#[cfg(feature = "tui")]
pub(crate) use palette::{Offer, Palette};
#[cfg(feature = "tui")]
pub(crate) use reloading::{Reloading, Stage};
#[cfg(feature = "tui")]
pub use state::{Pane, Rows, Screen, State};
#[cfg(feature = "tui")]
pub(crate) use update::SCREEN_TABS;
#[cfg(feature = "tui")]
pub use update::{Effect, LogMove, Msg, update};
