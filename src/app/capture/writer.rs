//! The thread that writes.

use super::dir::{RunDir, name};
use super::file::{FileState, News};
use super::{Of, Shared, Tap, Tell, lock};
use crate::app::view::Stream;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many files stay open between two pieces.
const OPEN: usize = 8;

/// How long to wait for a descriptor where there is none, and in all.
const NO_FILES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_secs(10));

const STREAMS: [Stream; 3] = [Stream::Stdout, Stream::Stderr, Stream::Note];

/// Starts the thread. It ends when the capture is dropped and everything is written.
pub(super) fn start(run: RunDir, shared: Arc<Shared>, tell: Tell) -> io::Result<()> {
    let mut writer = Writer {
        files: Files {
            run,
            open: VecDeque::new(),
        },
        shared,
        tell,
    };
    let thread = thread::Builder::new().name("output".to_owned());
    thread.spawn(move || while writer.turn() {})?;
    Ok(())
}

struct Writer {
    files: Files,
    shared: Arc<Shared>,
    tell: Tell,
}

/// The files that are open, the one used last at the end.
struct Files {
    run: RunDir,
    open: VecDeque<(Of, Stream, Arc<OwnedFd>)>,
}

impl Writer {
    /// Writes what one task has waiting; says whether there may be more.
    fn turn(&mut self) -> bool {
        let Some(tap) = self.next() else { return false };
        let (pieces, closed) = {
            let mut pending = lock(&tap.pending);
            (std::mem::take(&mut pending.pieces), pending.closed)
        };
        for (stream, bytes) in pieces {
            self.add(&tap, stream, &bytes);
            tap.waiting.fetch_sub(bytes.len(), Ordering::AcqRel);
            tap.fewer.notify_waiters();
            if self.shared.waiting.fetch_sub(bytes.len(), Ordering::AcqRel) == bytes.len() {
                self.shared.idle.notify_waiters();
            }
        }
        let mut pending = lock(&tap.pending);
        pending.queued = false;
        if !pending.pieces.is_empty() || pending.closed != closed {
            self.shared.enqueue(&tap, &mut pending);
        } else if closed {
            drop(pending);
            self.close(&tap);
        }
        true
    }

    /// The next task with something to write; none when there will be none any more.
    fn next(&self) -> Option<Arc<Tap>> {
        let mut queue = lock(&self.shared.queue);
        loop {
            match queue.taps.pop_front() {
                Some(tap) => return Some(tap),
                None if queue.over => return None,
                None => {
                    let work = &self.shared.work;
                    queue = work.wait(queue).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn add(&mut self, tap: &Tap, stream: Stream, bytes: &[u8]) {
        let state = &mut lock(&tap.files)[stream as usize];
        let open = &mut || self.files.get(tap.of, stream);
        let (missing, news) = state.add(bytes, Instant::now(), open);
        self.shared.missing.fetch_add(missing, Ordering::Relaxed);
        self.tell(tap.of, stream, news);
    }

    fn close(&mut self, tap: &Tap) {
        for stream in STREAMS {
            let state: &mut FileState = &mut lock(&tap.files)[stream as usize];
            let news = state.close(&mut || self.files.get(tap.of, stream));
            self.tell(tap.of, stream, news);
        }
        self.files.open.retain(|(of, ..)| *of != tap.of);
    }

    fn tell(&self, of: Of, stream: Stream, news: Option<News>) {
        let file = name(of, stream);
        let text = match news {
            None => return,
            Some(News::Begun(text)) => {
                let path = self.shared.run.path().join(&file);
                let reason = text.trim_start_matches("capture: ");
                // The first one says it.
                let _ = self.shared.why.set(format!("{}: {reason}", path.display()));
                text
            }
            Some(News::Over(text)) => text,
        };
        tracing::warn!(target: "app::output", %file, "{text}");
        (self.tell)(of, &text);
    }
}

impl Files {
    /// The file, which is opened if it is not open. Where no descriptor is left it waits for one: what has been read
    /// meanwhile is kept, and commands that end give theirs back.
    fn get(&mut self, of: Of, stream: Stream) -> Result<Arc<OwnedFd>, Errno> {
        let known = self
            .open
            .iter()
            .position(|(other, kind, _)| (*other, *kind) == (of, stream));
        if let Some(file) = known.and_then(|at| self.open.remove(at)) {
            let fd = file.2.clone();
            self.open.push_back(file);
            return Ok(fd);
        }
        if self.open.len() >= OPEN {
            self.open.pop_front();
        }
        let name = name(of, stream);
        let end = Instant::now() + NO_FILES.1;
        loop {
            match self.run.open(&name) {
                Ok(fd) => {
                    let fd = Arc::new(fd);
                    self.open.push_back((of, stream, fd.clone()));
                    return Ok(fd);
                }
                Err(Errno::MFILE | Errno::NFILE) if Instant::now() < end => {
                    self.open.clear();
                    thread::sleep(NO_FILES.0);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
