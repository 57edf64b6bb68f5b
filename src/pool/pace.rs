//! How many lanes a pool has.
//!
//! Tasks that have to wait need a lane each, and tasks that compute should have one, so that every thread has
//! something to do. But if tasks are so small that the books are most of the work, a second thread
//! would only be in the way: then one lane *drives* the pool alone, several tasks at a time, and no other is called.
//!
//! A task that blocks its thread all of a sudden would hold up the whole pool then. So what a driving lane has
//! before it lies open ([`Batch`]), and as long as one drives, a thread looks every millisecond whether it still
//! moves; if not, it ends the lane's term, and others get the batch.

use super::lane::{self, Over, Started};
use super::shared::Shared;
use crate::sync::{AtomicBool, AtomicU64, LazyLock, Mutex, Receiver, STREAK, Sender, channel, thread};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A task that takes less than this, with all that is done for it, is best left to one thread.
const TINY: Duration = Duration::from_micros(1);

/// How long a lane that drives may stand still.
const PATIENCE: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct Pace {
    batch: Mutex<Batch>,
    /// A lane drives; a quick look for the others.
    driven: AtomicBool,
    /// How often the driver came back for more.
    turns: AtomicU64,
    /// The watch knows of this pool.
    watched: AtomicBool,
}

/// What a driving lane has before it: its tasks that were not polled yet, and those that are not booked yet. All
/// of one group.
#[derive(Default)]
struct Batch {
    /// Whose it is; 0 if no lane drives.
    term: u64,
    terms: u64,
    next: VecDeque<Started>,
    over: Vec<Over>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("term", &self.term)
            .finish_non_exhaustive()
    }
}

/// A lane's right to drive, until it gives it back or it is taken away.
#[derive(Clone, Copy)]
pub(super) struct Term(u64);

/// What a driving lane finds in its batch.
pub(super) enum Found {
    Task(Started),
    /// Nothing more to poll; all that is over is in the lane's hand.
    End,
    /// The lane does not drive any more, and others have the batch.
    Nothing,
}

/// Counts the tasks that a lane runs, to find out whether they are tiny.
#[derive(Default)]
pub(super) struct Streak {
    tasks: u32,
    took: Duration,
}

impl Streak {
    /// A task, or nothing, was run in this time. Whether a lane should drive.
    pub(super) fn add(&mut self, tasks: usize, took: Duration) -> bool {
        if tasks == 0 {
            return false;
        }
        self.tasks += 1;
        self.took += took;
        let long = self.tasks == STREAK;
        let tiny = long && self.took < TINY * STREAK;
        if long {
            *self = Streak::default();
        }
        tiny
    }
}

/// Whether the tasks of a batch were tiny.
pub(super) fn are_tiny(tasks: usize, took: Duration) -> bool {
    u32::try_from(tasks).is_ok_and(|tasks| took <= TINY * tasks)
}

impl Pace {
    /// Whether a lane drives: it comes back for what lies ready.
    pub(super) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Acquire)
    }

    /// Begins a term, unless another lane drives, or nobody can watch.
    pub(super) fn drive(&self, shared: &Arc<Shared>) -> Option<Term> {
        if !self.watched.swap(true, Ordering::SeqCst) {
            let pool = (Arc::downgrade(shared), Seen::default());
            if WATCH.send(pool).is_err() {
                self.watched.store(false, Ordering::SeqCst);
                return None;
            }
        }
        let mut batch = self.batch.lock();
        if batch.term != 0 {
            return None;
        }
        batch.terms += 1;
        batch.term = batch.terms;
        self.driven.store(true, Ordering::SeqCst);
        Some(Term(batch.term))
    }

    /// Lays started tasks out. They stay where they are if the lane does not drive any more.
    pub(super) fn lay_out(&self, Term(own): Term, next: &mut VecDeque<Started>) -> bool {
        let mut batch = self.batch.lock();
        if batch.term == own {
            batch.next.append(next);
        }
        batch.term == own
    }

    /// The next task, and puts aside what is over.
    pub(super) fn next(&self, Term(own): Term, over: &mut Vec<Over>) -> Found {
        let mut batch = self.batch.lock();
        if batch.term != own {
            return Found::Nothing;
        }
        batch.over.append(over);
        if let Some(started) = batch.next.pop_front() {
            return Found::Task(started);
        }
        std::mem::swap(&mut batch.over, over);
        self.turns.fetch_add(1, Ordering::Relaxed);
        Found::End
    }

    /// Ends a term. Whoever does it gets what was laid out, and has to see to what lies ready.
    pub(super) fn step_down(&self, Term(own): Term) -> Option<(VecDeque<Started>, Vec<Over>)> {
        let mut batch = self.batch.lock();
        if batch.term != own {
            return None;
        }
        batch.term = 0;
        self.driven.store(false, Ordering::SeqCst);
        Some((std::mem::take(&mut batch.next), std::mem::take(&mut batch.over)))
    }
}

/// Gets the pools that are driven.
static WATCH: LazyLock<Sender<(Weak<Shared>, Seen)>> = LazyLock::new(|| {
    let (sender, pools) = channel();
    let watch = thread::Builder::new().name("taskpool-watch".to_owned());
    if watch.spawn(move || watch_over(&pools)).is_err() {
        tracing::warn!(target: "pool::task", "there is no thread to watch quick lanes, so none drives alone");
    }
    sender
});

fn watch_over(pools: &Receiver<(Weak<Shared>, Seen)>) {
    let mut driven = Vec::new();
    loop {
        if driven.is_empty() {
            let Ok(pool) = pools.recv() else { return };
            driven.push(pool);
        }
        driven.extend(pools.try_iter());
        thread::sleep(PATIENCE);
        driven.retain_mut(|(pool, seen)| pool.upgrade().is_some_and(|pool| seen.look(pool)));
    }
}

/// What the watch has seen of a pool: whose term it is, and how often that lane had come back.
#[derive(Clone, Copy, Default, PartialEq)]
struct Seen(u64, u64);

impl Seen {
    /// Has the term of a lane that stands still ended. Returns whether a lane drives.
    fn look(&mut self, pool: Arc<Shared>) -> bool {
        let pace = &pool.pace;
        let now = Seen(pace.batch.lock().term, pace.turns.load(Ordering::Relaxed));
        let (driven, stands) = (now.0 != 0, *self == now);
        *self = now;
        if !driven {
            pace.watched.store(false, Ordering::SeqCst);
        }
        // Another term may have begun, whose lane thought that this pool was still watched.
        let again =
            !driven && pace.driven.load(Ordering::SeqCst) && !pace.watched.swap(true, Ordering::SeqCst);
        // This may be the pool's last handle: what users made is dropped where their tasks run.
        pool.clone().on_its_runtime(async move {
            if driven && stands {
                lane::take_over(&pool, Term(now.0));
            }
        });
        driven || again
    }
}
