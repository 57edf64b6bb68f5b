//! Stopping the program with everything that it runs.

use super::group::{resume_all_groups, suspend_all_groups};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::flag;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// How long a process may take to stop once it has sent itself STOP.
const STOPS_WITHIN: Duration = Duration::from_millis(20);

/// What the program is to do.
const STOP: usize = 1;
const GO_ON: usize = 2;

/// What was asked for by signals. Their handlers write it, so that it has the order in which they came.
#[derive(Default)]
struct Asked {
    /// A TSTP came that was not served yet.
    stop: Arc<AtomicBool>,
    /// What came last.
    last: Arc<AtomicUsize>,
}

static ASKED: LazyLock<Asked> = LazyLock::new(Asked::default);

/// From here on a CONT that follows a TSTP takes it back, also if the program has not come to stop yet. For whoever
/// serves TSTP by [`suspend`]; from here on that signal does nothing by itself.
///
/// # Errors
/// A handler could not be installed.
pub fn heed_stops() -> io::Result<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    // One that was ignored at the start stays so.
    if !*done && !super::is_ignored(Signal::TSTP.as_raw()) {
        let (stop, go_on) = (Signal::TSTP.as_raw(), Signal::CONT.as_raw());
        flag::register_usize(go_on, ASKED.last.clone(), GO_ON)?;
        flag::register_usize(stop, ASKED.last.clone(), STOP)?;
        flag::register(stop, ASKED.stop.clone())?;
        *done = true;
    }
    Ok(())
}

/// Stops this program with everything that it runs, as a shell's Ctrl-z does, until somebody continues it (`fg`).
/// The limits of the commands (timeout, grace) stand still meanwhile; what was paused before stays so. If this was
/// asked for by a TSTP and a CONT has come since, it goes on at once (see [`heed_stops`]). Blocks.
///
/// # Errors
/// It could not be stopped; everything goes on.
pub fn suspend() -> io::Result<()> {
    if !ASKED.stop.swap(false, Ordering::SeqCst) {
        // A key has asked: what came before means nothing.
        ASKED.last.store(STOP, Ordering::SeqCst);
    }
    suspend_all_groups();
    let stopped = if ASKED.last.load(Ordering::SeqCst) == STOP {
        // Not TSTP, which may have a handler that asks for this.
        let stopped = kill_process(getpid(), Signal::STOP);
        // The signal may be another thread's to act on, which takes a moment; this one must not go on meanwhile.
        thread::sleep(STOPS_WITHIN);
        stopped
    } else {
        Ok(())
    };
    resume_all_groups();
    stopped.map_err(io::Error::from)
}
