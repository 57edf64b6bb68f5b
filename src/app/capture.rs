//! The whole output of tasks in files, byte for byte.
//!
//! A thread of its own writes, so that neither the runtime nor the screen ever waits for a disk. What has been
//! read and not written is bounded: where the disk is slower than a task, that task is read more slowly.
//!
//! A run has a directory of its own. Names in it are numbers, never anything that a config or a task says:
//! `POOL-TASK.ATTEMPT.out`, with the pool's index in the config from 0. Standard output and standard error have a file
//! each (`.out`, `.err`), because no order between two pipes is known that could be kept; what callbacks write is in
//! `.note`. A file comes with its first byte. `pools.txt` says which pool has which index.

mod dir;
mod file;
mod writer;

use super::view::Stream;
use dir::RunDir;
pub(super) use dir::try_dir;
use file::FileState;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Notify;

/// Of one task, how many bytes may wait to be written before it is read no further.
const PER_TASK: usize = 1 << 20;

/// The same of all tasks. Beyond it a task is read further only when nothing of it waits.
const IN_ALL: usize = 8 << 20;

/// What is taken in beyond that of a command that has exited: all that its two pipes can hold.
const LAST: usize = 256 << 10;

/// The most bytes of one piece.
const PIECE: usize = 64 << 10;

/// Files of one task: standard output, standard error, notes.
const STREAMS: usize = 3;

/// Which task, and which of its attempts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Of {
    /// The pool's index.
    pub(super) pool: u32,
    pub(super) task: u64,
    pub(super) attempt: u32,
}

/// Says of a task what became of its files.
pub(super) type Tell = Box<dyn Fn(Of, &str) + Send>;

/// The files of a run. Dropped, it writes what is left and closes them.
#[derive(Debug)]
pub(super) struct Capture {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The directory of this run, once more: to name pools that are added.
    run: RunDir,
    queue: Mutex<Queue>,
    /// There is something to write, or nothing ever will be.
    work: Condvar,
    /// Bytes that wait to be written, of all tasks.
    waiting: AtomicUsize,
    /// Nothing waits any more.
    idle: Notify,
    /// Bytes that could not be written.
    missing: AtomicU64,
    /// The first file that could not be written, and why.
    why: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Queue {
    taps: VecDeque<Arc<Tap>>,
    over: bool,
}

/// Where the output of one attempt of a task goes in.
#[derive(Debug)]
struct Tap {
    of: Of,
    pending: Mutex<Pending>,
    /// Bytes of it that wait to be written.
    waiting: AtomicUsize,
    /// Fewer wait now.
    fewer: Notify,
    /// Only the writer's.
    files: Mutex<[FileState; STREAMS]>,
}

#[derive(Debug, Default)]
struct Pending {
    pieces: VecDeque<(Stream, Vec<u8>)>,
    /// It is in the queue, or in the writer's hands.
    queued: bool,
    /// Nothing follows.
    closed: bool,
}

/// Locks. Nothing under these locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Capture {
    /// Makes the directory of this run in `dir`, and starts to write. `pools` are the names that `pools.txt` lists.
    pub(super) fn start<'a>(
        dir: &Path,
        pools: impl Iterator<Item = &'a str>,
        tell: Tell,
    ) -> io::Result<Capture> {
        let run = RunDir::make(dir, pools)?;
        let shared = Arc::new(Shared {
            run: run.twin()?,
            queue: Mutex::default(),
            work: Condvar::new(),
            waiting: AtomicUsize::new(0),
            idle: Notify::new(),
            missing: AtomicU64::new(0),
            why: OnceLock::new(),
        });
        writer::start(run, shared.clone(), tell)?;
        Ok(Capture { shared })
    }

    /// The directory of this run.
    pub(super) fn path(&self) -> &Path {
        self.shared.run.path()
    }

    /// Adds a pool that was made later to `pools.txt`. It blocks.
    pub(super) fn name_pool(&self, index: u32, name: &str) -> io::Result<()> {
        self.shared.run.name_pool(index, name)
    }

    /// How many bytes could not be written so far.
    pub(super) fn missing(&self) -> u64 {
        self.shared.missing.load(Ordering::Relaxed)
    }

    /// The first file that could not be written, and why.
    pub(super) fn why_missing(&self) -> Option<String> {
        self.shared.why.get().cloned()
    }

    /// Waits until nothing waits to be written.
    pub(super) async fn written(&self) {
        let shared = &self.shared;
        wait(&shared.idle, || shared.waiting.load(Ordering::Acquire) == 0).await;
    }

    pub(super) fn source(&self, of: Of) -> Source {
        let tap = Tap {
            of,
            pending: Mutex::default(),
            waiting: AtomicUsize::new(0),
            fewer: Notify::new(),
            files: Mutex::default(),
        };
        Source {
            shared: self.shared.clone(),
            tap: Arc::new(tap),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        lock(&self.shared.queue).over = true;
        self.shared.work.notify_one();
    }
}

impl Shared {
    /// Puts a tap into the queue, unless it is there.
    fn enqueue(&self, tap: &Arc<Tap>, pending: &mut Pending) {
        if !std::mem::replace(&mut pending.queued, true) {
            lock(&self.queue).taps.push_back(tap.clone());
            self.work.notify_one();
        }
    }
}

/// The writing end of a task's files. Dropped, they are closed once everything is in them.
#[derive(Debug)]
pub(super) struct Source {
    shared: Arc<Shared>,
    tap: Arc<Tap>,
}

impl Source {
    /// Takes in what was read, however much waits already.
    pub(super) fn write(&self, stream: Stream, bytes: &[u8]) {
        self.shared.waiting.fetch_add(bytes.len(), Ordering::AcqRel);
        self.tap.waiting.fetch_add(bytes.len(), Ordering::AcqRel);
        let mut pending = lock(&self.tap.pending);
        match pending.pieces.back_mut() {
            Some((of, piece)) if *of == stream && piece.len() + bytes.len() <= PIECE => {
                piece.extend_from_slice(bytes);
            }
            _ => pending.pieces.push_back((stream, bytes.to_vec())),
        }
        self.shared.enqueue(&self.tap, &mut pending);
    }

    /// Waits until more may be read. `ended`: the command has exited, and what it has left in its pipes is to be
    /// taken soon.
    pub(super) async fn room(&self, ended: bool) {
        let (tap, shared) = (&self.tap, &self.shared);
        let is_free = || {
            let waiting = tap.waiting.load(Ordering::Acquire);
            waiting == 0
                || waiting < PER_TASK && shared.waiting.load(Ordering::Acquire) < IN_ALL
                || ended && waiting < PER_TASK + LAST
        };
        wait(&tap.fewer, is_free).await;
    }

    /// Waits until everything of this task is written.
    pub(super) async fn written(&self) {
        let tap = &self.tap;
        wait(&tap.fewer, || tap.waiting.load(Ordering::Acquire) == 0).await;
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let mut pending = lock(&self.tap.pending);
        pending.closed = true;
        self.shared.enqueue(&self.tap, &mut pending);
    }
}

/// Waits until `is` so; `notify` tells when to look again.
async fn wait(notify: &Notify, is: impl Fn() -> bool) {
    while !is() {
        let mut again = std::pin::pin!(notify.notified());
        // From here on no change goes unseen.
        again.as_mut().enable();
        if is() {
            return;
        }
        again.await;
    }
}

#[cfg(test)]
mod tests;
