//! The dashboard without its terminal: keys and views go in, effects come out, and what is between is one
//! plain [`State`]. `ui` draws that state and carries the effects out.
//!
//! To add a key: a variant of [`Action`], its row in `action/table.rs`, what it does in `update/`.

mod action;
mod applies;
mod columns;
mod dialog;
mod encode;
mod finding;
mod history;
mod key;
mod keymap;
mod marks;
mod palette;
mod place;
mod state;
mod timeline;
mod undo;
mod update;
mod want;
mod warned;

pub use action::{
    ACTIONS, Action, Class, Entry, HelpLine, PLACES, Place, SECTIONS, Section, help_lines, keys_markdown,
};
pub use applies::hints;
pub(crate) use columns::{COLUMNS, Shown, heading};
pub(crate) use dialog::{Confirm, LastAction, Overlay, Prompt, Said};
pub(crate) use finding::{FilterLine, Listed, finds_no_task};
pub use key::{BadKey, Chord, Code, Key};
pub use keymap::{Keymap, Match};
pub(crate) use palette::{Offer, Palette};
pub use state::{Pane, Rows, Screen, State};
pub(crate) use update::SCREEN_TABS;
pub use update::{Effect, LogMove, Msg, update};
