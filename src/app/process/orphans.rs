//! Children that are not this program's. Where it is the first process of a container, whatever loses its parent becomes
//! its child, and nobody else would reap that.

use super::{group, spawn};
use rustix::process::getpid;
use std::time::Duration;
use std::{io, thread};

/// How long the thread waits where there is nothing to do: a command of this program is reaped by who waits for it.
const PAUSE: Duration = Duration::from_millis(5);

/// As the first process of its PID namespace, reaps what others have left, on a thread of its own. Else does nothing.
///
/// # Errors
/// There is no room for a thread.
pub fn reap_orphans() -> io::Result<()> {
    if getpid().is_init() {
        thread::Builder::new().name("orphans".into()).spawn(reap_all)?;
    }
    Ok(())
}

fn reap_all() {
    loop {
        if !spawn::dead_child().is_ok_and(group::reap_orphan) {
            thread::sleep(PAUSE);
        }
    }
}
