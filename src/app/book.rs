//! What is known of the tasks of one pool beside what the pool itself knows: which try it is, with which arguments a
//! task ran that is over, and which task another one retries.

use super::args::Args;
use super::clean::Clean;
use super::status::Status;
use crate::pool::{BaseTaskPool, GroupName, Outcome, Query, TaskId, TaskState};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many bytes of arguments are kept of the tasks of a pool that failed, panicked or were stopped.
pub(super) const KEPT: usize = 16 << 20;

/// How many of those that completed.
const KEPT_OK: usize = 1 << 20;

/// How many failures are kept, the last ones.
const FAILURES: usize = 20;

/// How many tries may wait for who tells of them.
const UNTOLD: usize = 1 << 16;

/// Which try of a task it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Trying {
    /// The try that runs or comes next, from 1.
    pub(super) attempt: u64,
    /// How many there are at most; none: it is restarted however often.
    pub(super) of: Option<u64>,
    /// It waits until then.
    pub(super) until: Option<Instant>,
}

impl fmt::Display for Trying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Some(of) => write!(f, "try {} of {of}", self.attempt),
            None => write!(f, "restart {}", self.attempt - 1),
        }
    }
}

/// The end or the beginning of a try that is not the end or the beginning of its task.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) at: Instant,
    pub(super) id: u64,
    pub(super) group: GroupName,
    /// How many tries there are at most.
    pub(super) of: Option<u64>,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// This try has ended so, and the next one comes after a wait.
    Ended(u64, Outcome, Duration),
    /// This try begins.
    Started(u64),
}

/// The book of one pool.
#[derive(Debug)]
pub(super) struct Book {
    /// Set once the pool exists.
    pool: OnceLock<BaseTaskPool>,
    state: Mutex<State>,
    /// There is something to tell.
    told: Option<Arc<Notify>>,
}

#[derive(Debug, Default)]
struct State {
    /// Tasks that run and are not at their first try.
    trying: HashMap<u64, Trying>,
    /// How many tries those took that have ended, where it was more than one.
    tried: HashMap<u64, u64>,
    failed: Shelf,
    completed: Recent,
    /// The tasks that failed last, oldest first.
    failures: VecDeque<Arc<Failure>>,
    /// How many tries have begun that were not the first of their task.
    restarts: u64,
    /// The task that retries another one, by the latter.
    retried_as: BTreeMap<u64, Retry>,
    /// The other way round.
    retries: BTreeMap<u64, u64>,
    /// What the tasks retry that the next `start` of a `SimpleTaskPool` makes.
    starting: Vec<u64>,
    told: VecDeque<Told>,
    lost: u64,
}

/// How far a retry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Retry {
    /// It waits for its start.
    Queued,
    /// It is this task.
    Task(u64),
}

/// What a task leaves when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Origin {
    /// The task that it retries.
    pub(super) retries: Option<u64>,
    /// Its group is not made of one set of arguments, so that they have to be kept to run it again.
    pub(super) keep: bool,
}

/// A task that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) at: Instant,
    pub(super) id: u64,
    pub(super) group: GroupName,
    pub(super) args: Clean,
    pub(super) status: Status,
    /// Its error.
    pub(super) note: Clean,
}

impl Book {
    /// An empty book. One that `tells` of tries is for somebody who takes what is [`told`](Self::take_told); it
    /// keeps nothing of what is over.
    pub(super) fn new(tells: bool) -> Arc<Self> {
        Arc::new(Book {
            pool: OnceLock::new(),
            state: Mutex::default(),
            told: tells.then(Arc::default),
        })
    }

    /// Says which pool it is the book of.
    pub(super) fn watch(&self, pool: &BaseTaskPool) {
        // It is one pool's book: a second one would not be looked at.
        let _ = self.pool.set(pool.clone());
    }

    /// Tells that there is something to take.
    pub(super) fn telling(&self) -> Option<&Arc<Notify>> {
        self.told.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody has asked this task to cancel, however it took that.
    pub(super) fn was_asked_to_cancel(&self, id: u64) -> bool {
        let ids = [TaskId(id)];
        let query = Query {
            ids: Some(&ids),
            rows: 1,
            ..Query::default()
        };
        let shot = self.pool.get().map(|pool| pool.snapshot(&query));
        shot.and_then(|shot| shot.tasks.first().map(|task| task.state))
            .is_some_and(|state| state != TaskState::Running)
    }

    /// A try has ended, and the task waits for the next one.
    pub(super) fn attempt_ended(
        &self,
        id: u64,
        group: &GroupName,
        next: Trying,
        outcome: Outcome,
        wait: Duration,
    ) {
        let what = What::Ended(next.attempt - 1, outcome, wait);
        self.note(id, group, next, what);
    }

    /// The next try begins.
    pub(super) fn attempt_started(&self, id: u64, group: &GroupName, now: Trying) {
        self.lock().restarts += 1;
        self.note(id, group, now, What::Started(now.attempt));
    }

    /// How many tries have begun that were not the first of their task.
    pub(super) fn restarts(&self) -> u64 {
        self.lock().restarts
    }

    fn note(&self, id: u64, group: &GroupName, trying: Trying, what: What) {
        let told = Told {
            at: Instant::now(),
            id,
            group: group.clone(),
            of: trying.of,
            what,
        };
        let mut state = self.lock();
        state.trying.insert(id, trying);
        let Some(notify) = &self.told else { return };
        if state.told.len() < UNTOLD {
            state.told.push_back(told);
        } else {
            state.lost += 1;
        }
        notify.notify_one();
    }

    /// The task is over, with this try.
    pub(super) fn attempts_over(&self, id: u64, attempt: u64) {
        let mut state = self.lock();
        state.trying.remove(&id);
        if attempt > 1 && self.told.is_none() {
            state.tried.insert(id, attempt);
        }
    }

    /// What there is to tell since the last time, and how much more there would have been.
    pub(super) fn take_told(&self) -> (VecDeque<Told>, u64) {
        let mut state = self.lock();
        (std::mem::take(&mut state.told), std::mem::take(&mut state.lost))
    }

    /// The try of a task that runs and is not at its first.
    pub(super) fn trying(&self, id: u64) -> Option<Trying> {
        self.lock().trying.get(&id).copied()
    }

    /// The tasks that wait for their next try.
    pub(super) fn waiting(&self) -> Vec<u64> {
        let state = self.lock();
        let waiting = state.trying.iter().filter(|(_, trying)| trying.until.is_some());
        waiting.map(|(id, _)| *id).collect()
    }

    /// How many tries an ended task took, if more than one.
    pub(super) fn tried(&self, id: u64) -> Option<u64> {
        self.lock().tried.get(&id).copied()
    }

    /// A task has begun that retries another one.
    pub(super) fn began(&self, id: u64, origin: Origin) {
        if let Some(old) = origin.retries {
            let mut state = self.lock();
            state.retries.insert(id, old);
            state.retried_as.insert(old, Retry::Task(id));
        }
    }

    /// A task is over that ran with these arguments.
    pub(super) fn keep(&self, id: u64, args: Args, completed: bool) {
        if self.told.is_some() {
            return;
        }
        let mut state = self.lock();
        if completed {
            state.completed.put(id, args, KEPT_OK);
        } else {
            state.failed.put(id, args, KEPT);
        }
    }

    /// A task has failed, by an error or a panic.
    pub(super) fn failed(&self, failure: Failure) {
        let mut state = self.lock();
        if state.failures.len() >= FAILURES {
            state.failures.pop_front();
        }
        state.failures.push_back(Arc::new(failure));
    }

    /// The tasks that failed last, newest first; forgotten ones, too.
    pub(super) fn last_failures(&self) -> Vec<Arc<Failure>> {
        self.lock().failures.iter().rev().cloned().collect()
    }

    /// The arguments of a task that is over, if they are kept.
    pub(super) fn kept(&self, id: u64) -> Option<Args> {
        let state = self.lock();
        let args = state.failed.args.get(&id).or_else(|| state.completed.get(id));
        args.cloned()
    }

    /// Whether they are.
    pub(super) fn keeps(&self, id: u64) -> bool {
        let state = self.lock();
        state.failed.args.contains_key(&id) || state.completed.get(id).is_some()
    }

    /// These tasks are retried, as soon as there is room; some may be already.
    pub(super) fn mark(&self, ids: &[u64]) {
        let mut state = self.lock();
        for id in ids {
            state.retried_as.entry(*id).or_insert(Retry::Queued);
        }
    }

    /// What has become of the retry of a task, if there is one; and which task it retries itself.
    pub(super) fn links(&self, id: u64) -> (Option<Retry>, Option<u64>) {
        let state = self.lock();
        (
            state.retried_as.get(&id).copied(),
            state.retries.get(&id).copied(),
        )
    }

    /// Says what the tasks retry that the next `start` makes, or takes that back.
    pub(super) fn starting(&self, ids: Vec<u64>) {
        self.lock().starting = ids;
    }

    /// What the tasks of this `start` retry: nothing, usually.
    pub(super) fn take_starting(&self) -> Vec<u64> {
        std::mem::take(&mut self.lock().starting)
    }

    /// Forgets the tasks that the pool has forgotten.
    pub(super) fn forget(&self, remembers: impl Fn(u64) -> bool) {
        let mut state = self.lock();
        state.tried.retain(|id, _| remembers(*id));
        state.retried_as.retain(|id, _| remembers(*id));
        state.retries.retain(|id, _| remembers(*id));
        state.failed.retain(&remembers);
        state.completed.retain(&remembers);
    }
}

/// Arguments by task, up to a limit: the oldest go first.
#[derive(Debug, Default)]
struct Shelf {
    args: HashMap<u64, Args>,
    order: VecDeque<u64>,
    bytes: usize,
}

impl Shelf {
    fn put(&mut self, id: u64, args: Args, limit: usize) {
        self.bytes += cost(&args);
        self.args.insert(id, args);
        self.order.push_back(id);
        while self.bytes > limit
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(args) = self.args.remove(&oldest) {
                self.bytes -= cost(&args);
            }
        }
    }

    fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        let mut bytes = self.bytes;
        self.args.retain(|id, args| {
            let kept = keep(*id);
            bytes -= if kept { 0 } else { cost(args) };
            kept
        });
        self.bytes = bytes;
        self.order.retain(|id| self.args.contains_key(id));
        self.args.shrink_to(2 * self.args.len());
        self.order.shrink_to(2 * self.order.len());
    }
}

/// The same for many that are rarely asked for: to keep one costs next to nothing, to find one takes a look at all.
#[derive(Debug, Default)]
struct Recent {
    args: VecDeque<(u64, Args)>,
    bytes: usize,
}

impl Recent {
    fn put(&mut self, id: u64, args: Args, limit: usize) {
        self.bytes += cost(&args);
        self.args.push_back((id, args));
        while self.bytes > limit
            && let Some((_, args)) = self.args.pop_front()
        {
            self.bytes -= cost(&args);
        }
    }

    fn get(&self, id: u64) -> Option<&Args> {
        self.args
            .iter()
            .find_map(|(known, args)| (*known == id).then_some(args))
    }

    fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        self.args.retain(|(id, _)| keep(*id));
        self.bytes = self.args.iter().map(|(_, args)| cost(args)).sum();
    }
}

/// What a set of arguments costs, in bytes: itself, its entries in a map that is half full and in a queue.
fn cost(args: &Args) -> usize {
    2 * size_of::<(u64, Args)>() + size_of::<u64>() + args.memory()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_kept_up_to_a_limit_and_those_of_failures_longer() {
        let book = Book::new(false);
        let each = cost(&Args::one("some file.txt"));
        let fit = (KEPT_OK / each) as u64;
        for id in 0..fit + 10 {
            book.keep(id, Args::one("some file.txt"), true);
            book.keep(id + 1_000_000, Args::one("some file.txt"), false);
        }
        assert!(!book.keeps(9) && book.keeps(10) && book.keeps(1_000_000));
        assert_eq!(book.kept(10), Some(Args::one("some file.txt")));
        book.forget(|id| id % 2 == 0);
        assert!(book.keeps(10) && !book.keeps(11) && !book.keeps(1_000_001));
        book.forget(|_| false);
        let state = book.lock();
        assert_eq!((state.failed.bytes, state.completed.bytes), (0, 0));
        assert_eq!((state.failed.order.len(), state.completed.args.len()), (0, 0));
    }

    #[test]
    fn the_last_failures_are_known_newest_first() {
        let book = Book::new(false);
        for id in 0..FAILURES as u64 + 3 {
            book.failed(Failure {
                at: Instant::now(),
                id,
                group: "g".into(),
                args: Clean::default(),
                status: Status::Failed,
                note: "exit 1".into(),
            });
        }
        let ids: Vec<u64> = book.last_failures().iter().map(|failure| failure.id).collect();
        assert_eq!(ids, (3..FAILURES as u64 + 3).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_book_that_tells_keeps_nothing_and_loses_no_count() {
        let book = Book::new(true);
        book.keep(1, Args::one("x"), false);
        assert!(!book.keeps(1));
        let trying = Trying {
            attempt: 2,
            of: Some(3),
            until: None,
        };
        for _ in 0..UNTOLD + 5 {
            book.attempt_started(1, &"g".into(), trying);
        }
        let (told, lost) = book.take_told();
        assert_eq!((told.len(), lost), (UNTOLD, 5));
        assert_eq!(book.trying(1), Some(trying));
        book.attempts_over(1, 2);
        assert_eq!((book.trying(1), book.tried(1)), (None, None));
    }
}
