//! A config that is read again while its pools run.
//!
//! [`ReadAgain`] reads the file with the checks of the start. [`diff`] tells in [`Change`]s what it says otherwise than
//! before, and [`When`] each of them counts; [`merge`] makes the config that counts once they are applied. Both are
//! pure. Carrying them out on live pools is the session's (`session/reload.rs`). Nothing is ever cancelled by it.

mod change;
mod diff;
mod func;
mod look;
mod merge;
mod pair;
mod read;
mod report;

#[cfg(test)]
mod tests;

pub(in crate::app) use change::group_keys;
pub use change::{Change, GroupKey, Part, What, When};
pub use diff::diff;
pub use look::{look_changes, take_look};
pub use merge::merge;
pub(in crate::app) use merge::take_back;
pub use pair::paired;
pub(in crate::app) use read::Loaded;
pub use read::ReadAgain;
pub use report::{Applied, Changes, Reread, Row};
