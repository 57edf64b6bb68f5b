//! The pool under a scheduler that decides at every lock, atomic and wait who goes on: thousands of schedules of
//! each scenario, random ones and ones with few, well-aimed preemptions (PCT, depth 3).
//!
//! `pool/` builds the pool's own sources, with nothing changed but `src/sync.rs`; a scenario uses the public
//! API. That all threads wait for each other is a failure, too, without an assertion for it.
//!
//! - `SCHEDULES=20000` runs more of them, `SCHEDULES_SEED=7` others.
//! - A failure prints its schedule. To replay it: `SCHEDULE=<that text> cargo test --test schedules <the test>`, with
//!   the code and the scenario as they were.

mod explore;
mod story;

mod callbacks;
mod cancels;
mod driving;
mod groups;
mod sizes;
mod sources;
mod waiting;
