//! Floor 1: everything that is neither the engine nor a terminal. A config becomes pools whose tasks are
//! commands; a [`link`] lets a client watch and steer them.

pub mod args;
mod attempts;
mod book;
mod capture;
pub mod clean;
pub mod cli;
pub mod config;
pub mod control;
pub(crate) mod count;
pub mod dashboard;
mod feed;
pub mod filter;
mod func;
pub mod headless;
pub mod ids;
pub mod link;
mod modes;
pub mod new_group;
pub mod output;
pub mod peers;
pub mod process;
pub mod record;
pub mod reload;
mod serve;
pub mod session;
mod signals;
mod slow;
mod stall;
mod startup;
pub mod status;
pub mod stdio;
pub mod terminal;
pub mod timeline;
pub mod trust;
pub mod view;
pub mod warnings;
mod why;

pub use attempts::GaveUp;
pub use func::Registry;
pub use modes::Modes;
pub use serve::{REMEMBERED, serve};
pub use signals::EndSignals;
pub use slow::wait_for;
pub use stall::StallWatch;
pub use startup::room_to_start;
