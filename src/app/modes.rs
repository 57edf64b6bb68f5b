//! How careful the dashboard is.

use serde::{Deserialize, Serialize};

/// How careful the dashboard is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Modes {
    /// Nothing that changes tasks, groups or pools is done.
    pub read_only: bool,
    /// Every key that changes something asks first.
    pub ask_always: bool,
}

impl Modes {
    /// As careful as both.
    #[must_use]
    pub fn with(self, other: Modes) -> Modes {
        Modes {
            read_only: self.read_only || other.read_only,
            ask_always: self.ask_always || other.ask_always,
        }
    }
}
