//! The program without a screen, from its command line to its exit status.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod batch;
mod commands;
mod ends;
mod input;
mod map;
mod output;
#[path = "../program/mod.rs"]
mod program;
mod record;
mod retries;
mod samples;
mod strangers;
mod streams;
mod supervision;
mod surroundings;
mod zoo;
