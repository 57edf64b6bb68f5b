//! Floor 1: everything that is neither the engine nor a terminal. A config becomes pools whose tasks are
//! commands; a [`link`] lets a client watch and steer them.

pub mod clean;
pub mod control;
#[cfg(feature = "tui")]
pub mod dashboard;
pub mod link;
pub mod status;
pub mod view;
