//! How many tasks a lane takes on at once, and how many lanes there should be.
//!
//! Tasks that have to wait need a lane each. Tasks that are over at their first poll do not: a lane polls several
//! of them and books them together. And if they are so small that the books are most of the work, a second
//! thread would only be in the way: then one lane *drives* the pool alone, and no other is called. A task that
//! blocks its thread all of a sudden would hold up the whole pool then; so as long as a lane drives, a
//! thread looks every millisecond whether it still moves, and ends its term if not.

use super::lane::AT_ONCE;
use super::shared::Shared;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, LazyLock, Receiver, Sender, channel, thread};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Tasks that take less than this together are polled by one lane. The last of them waits for the others' first
/// polls, and all of them count as ended at the same time.
const QUICK: Duration = Duration::from_micros(20);

/// Batches that take less than this are best left to one thread.
const TINY: Duration = Duration::from_micros(4);

/// How long a lane that drives may stand still.
const PATIENCE: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct Pace {
    at_once: AtomicUsize,
    tiny: AtomicBool,
    /// The term of the lane that drives; 0 if none does.
    driver: AtomicU64,
    terms: AtomicU64,
    /// How often the driver came back for more.
    turns: AtomicU64,
    /// The watch knows of this pool.
    watched: AtomicBool,
}

/// A lane's right to drive, until it gives it back or it is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Term(u64);

impl Pace {
    pub(super) fn new() -> Self {
        Pace {
            at_once: AtomicUsize::new(1),
            tiny: AtomicBool::new(false),
            driver: AtomicU64::new(0),
            terms: AtomicU64::new(0),
            turns: AtomicU64::new(0),
            watched: AtomicBool::new(false),
        }
    }

    /// How many tasks a lane may poll before it books them.
    pub(super) fn at_once(&self) -> usize {
        self.at_once.load(Ordering::Relaxed)
    }

    /// Takes note of how long a lane had a batch of tasks that were all over at once.
    pub(super) fn ran(&self, tasks: usize, took: Duration) {
        let at_once = self.at_once();
        if took > QUICK {
            self.set(1, false);
        } else if tasks >= at_once && took * 2 < QUICK {
            self.set((at_once * 2).min(AT_ONCE), tasks == AT_ONCE && took < TINY);
        }
    }

    /// Takes note of a task that has to wait.
    pub(super) fn waits(&self) {
        self.set(1, false);
    }

    fn set(&self, at_once: usize, tiny: bool) {
        // All lanes read these all the time: they are written only if they change.
        if at_once != self.at_once() {
            self.at_once.store(at_once, Ordering::Relaxed);
        }
        if tiny != self.tiny.load(Ordering::Relaxed) {
            self.tiny.store(tiny, Ordering::Relaxed);
        }
    }

    /// Whether a lane may take slots: always, unless another one drives.
    pub(super) fn may_take(&self, shared: &Arc<Shared>, term: &mut Option<Term>) -> bool {
        if !self.tiny.load(Ordering::Relaxed) {
            return true;
        }
        if let Some(Term(own)) = *term
            && self.driver.load(Ordering::Relaxed) == own
        {
            self.turns.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let own = self.terms.fetch_add(1, Ordering::Relaxed) + 1;
        let free = self
            .driver
            .compare_exchange(0, own, Ordering::SeqCst, Ordering::Relaxed);
        *term = free.is_ok().then_some(Term(own));
        if free.is_ok() && !self.watched.swap(true, Ordering::SeqCst) {
            // The watch lives as long as the program, so somebody listens.
            let _ = WATCH.send(Arc::downgrade(shared));
        }
        free.is_ok()
    }

    /// Whether a lane drives: it comes back for what lies ready.
    pub(super) fn is_driven(&self) -> bool {
        self.driver.load(Ordering::Acquire) != 0
    }

    /// The lane does not come back. Whoever calls this has to see himself to what lies ready.
    pub(super) fn step_down(&self, Term(own): Term) {
        let _ = self
            .driver
            .compare_exchange(own, 0, Ordering::AcqRel, Ordering::Relaxed);
    }
}

/// Gets the pools that are driven.
static WATCH: LazyLock<Sender<Weak<Shared>>> = LazyLock::new(|| {
    let (sender, pools) = channel();
    let watch = thread::Builder::new().name("taskpool-watch".to_owned());
    if watch.spawn(move || watch_over(&pools)).is_err() {
        tracing::warn!(target: "pool::task", "no thread to watch quick lanes: a task that blocks may hold up its pool");
    }
    sender
});

fn watch_over(pools: &Receiver<Weak<Shared>>) {
    let mut driven: Vec<(Weak<Shared>, Seen)> = Vec::new();
    loop {
        if driven.is_empty() {
            let Ok(pool) = pools.recv() else { return };
            driven.push((pool, Seen::default()));
        }
        driven.extend(pools.try_iter().map(|pool| (pool, Seen::default())));
        thread::sleep(PATIENCE);
        driven.retain_mut(|(pool, seen)| pool.upgrade().is_some_and(|pool| seen.look(&pool)));
    }
}

/// What the watch has seen of a pool: whose term it is, and how often that lane had come back.
#[derive(Default, PartialEq)]
struct Seen(u64, u64);

impl Seen {
    /// Ends the term of a lane that stands still. Returns whether a lane drives.
    fn look(&mut self, pool: &Arc<Shared>) -> bool {
        let pace = &pool.pace;
        let term = pace.driver.load(Ordering::Acquire);
        let now = Seen(term, pace.turns.load(Ordering::Relaxed));
        if term != 0 && *self == now {
            pace.waits();
            pool.relieve(Term(term));
        } else if term != 0 {
            *self = now;
            return true;
        }
        pace.watched.store(false, Ordering::SeqCst);
        // Another term may have begun, whose lane thought that this pool was still watched.
        pace.driver.load(Ordering::SeqCst) != 0 && !pace.watched.swap(true, Ordering::SeqCst)
    }
}
