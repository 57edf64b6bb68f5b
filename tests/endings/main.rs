//! The terminal: however the program ends, it is given back as it was, exactly once; whatever is done to it, the
//! program neither panics nor spins. `TASKPOOL_ROUNDS=40` does everything forty times.
#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod embedding;
mod endings;
mod environment;
mod keys;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod program;
mod storms;
#[path = "../pty/terminal.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod terminal;

/// How often to do everything.
fn rounds() -> usize {
    let rounds = std::env::var("TASKPOOL_ROUNDS");
    rounds.map_or(1, |rounds| rounds.parse().unwrap())
}
