//! What the program needs of the system before it starts anything: threads and files.

use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many threads there are beside those of the runtime, one for each processor.
const THREADS: usize = 8;

/// How many files the program has open itself.
const FILES: usize = 24;

/// Says what of that the system has no room for, and which limit it is. A runtime does not fail there, but panics.
///
/// # Errors
/// What is missing.
pub fn room_to_start() -> Result<(), String> {
    let files: Result<Vec<File>, _> = (0..FILES).map(|_| File::open("/dev/null")).collect();
    if let Err(error) = files
        && matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
    {
        let limit = told(Resource::Nofile, "files may be open (ulimit -n)");
        return Err(format!("no room for the files that it needs: {error}{limit}"));
    }
    let count = THREADS + thread::available_parallelism().map_or(1, usize::from);
    let all_started = Arc::new(Mutex::new(()));
    let held = all_started.lock().unwrap_or_else(PoisonError::into_inner);
    let mut threads = Vec::new();
    let mut failed = None;
    for _ in 0..count {
        let wait = all_started.clone();
        match thread::Builder::new().spawn(move || drop(wait.lock())) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    drop(held);
    for thread in threads {
        let _ = thread.join();
    }
    let Some(error) = failed else { return Ok(()) };
    let processes = told(Resource::Nproc, "processes and threads may run (ulimit -u)");
    let memory = told(Resource::As, "bytes of memory may be in use (ulimit -v)");
    Err(format!(
        "no room for the {count} threads that it needs: {error}{processes}{memory}"
    ))
}

/// A limit in words, if there is one.
fn told(resource: Resource, what: &str) -> String {
    let limit = getrlimit(resource).current;
    limit.map_or_else(String::new, |limit| format!("; {limit} {what}"))
}
