//! Hostile text, through every way that text can take: nothing of it steers a terminal, and no shell reads it.
#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod batch;
mod checks;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod program;
mod screen;
mod strings;
#[path = "../pty/terminal.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod terminal;
