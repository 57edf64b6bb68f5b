//! The dashboard in a real terminal: what it shows, what its keys do, and how it leaves the terminal behind.
#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod answers;
mod comfort;
mod inside;
mod keys;
mod leaving;
mod lines;
mod moving;
mod output;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "some of it is for runs without a screen")]
mod program;
mod screen;
mod slow;
#[path = "../svg/mod.rs"]
mod svg;
#[expect(dead_code, reason = "some of it is for other tests")]
mod terminal;
mod trust;
mod zoo;
