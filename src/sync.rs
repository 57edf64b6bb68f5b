//! What the pool takes from the libraries below it to share state, wait and run: all of it comes through here.
//!
//! These are plain re-exports. That they stand in one place is for `tests/schedules`: there the pool's own sources
//! are built over another `sync`, whose locks, atomics, threads and tasks a scheduler steps through.

pub(crate) use parking_lot::{Mutex, MutexGuard};
pub(crate) use std::sync::LazyLock;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, fence};
pub(crate) use std::sync::mpsc::{Receiver, Sender, channel};
pub(crate) use std::{thread, thread_local};
pub(crate) use tokio::runtime::Handle;
pub(crate) use tokio::sync::Notify;
pub(crate) use tokio::task::yield_now;
pub(crate) use tokio::time::Instant;

/// Whether a thread of this runtime keeps what was spawned last for itself, even while it is blocked.
pub(crate) fn keeps_the_last_spawned(rt: &Handle) -> bool {
    rt.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread
}

/// How many tasks in a row have to be tiny before a lane drives. Here, because schedules are stepped through with
/// fewer.
pub(crate) const STREAK: u32 = 32;
