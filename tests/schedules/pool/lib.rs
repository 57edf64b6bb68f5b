//! The pool, source for source, over a `sync` of shuttle's: every lock, atomic and wait is a point where
//! another thread may go on.
//!
//! A package of its own, so that the tests of the sources are not built and run again, and so that no feature
//! or flag can make the real pool into this one.

#[path = "../../../src/pool/mod.rs"]
pub mod pool;
pub mod sync;
