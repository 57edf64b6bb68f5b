//! What happened in a pool, in order.
//!
//! Every change has a number; the numbers have no gaps. They are kept in a ring while somebody reads them.
//! A reader that is too slow is told how many events it missed; it slows nobody down.

use super::{GroupName, Outcome, PoolSize, TaskId};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How many events are kept for a slow reader that does not ask for more.
pub const EVENTS_KEPT: usize = 1 << 16;

/// One change of a pool.
#[derive(Clone, Debug)]
pub struct Event {
    /// One higher than the event before it.
    pub seq: u64,
    /// Since the pool was created; never runs backwards.
    pub time: Duration,
    /// What happened.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// A call created a group.
    GroupCreated {
        /// Its name.
        group: GroupName,
        /// `apply`, `map`, `starmap`, `doublestarmap` or `start`.
        method: &'static str,
        /// What its tasks run.
        func: Arc<str>,
    },
    /// Nothing of the group is left to start.
    SpawnerDone {
        /// Its name.
        group: GroupName,
    },
    /// No task could be made of an argument.
    Skipped {
        /// The group.
        group: GroupName,
        /// Why not.
        reason: Arc<str>,
    },
    /// The group's argument iterator failed; nothing more of the group starts.
    InputFailed {
        /// The group.
        group: GroupName,
        /// How.
        reason: Arc<str>,
    },
    /// The group's argument source came to its end without any element.
    InputEmpty {
        /// The group.
        group: GroupName,
        /// What it lacks.
        reason: Arc<str>,
    },
    /// The group has another limit of its own.
    GroupLimited {
        /// Its name.
        group: GroupName,
        /// The limit; none: only the pool's.
        num_concurrent: Option<usize>,
    },
    /// A call cancelled the group; its name is free again.
    GroupCancelled {
        /// Its name.
        group: GroupName,
    },
    /// Nothing of the group is left to start and all its tasks have ended.
    GroupDone {
        /// Its name.
        group: GroupName,
    },
    /// The group and all its tasks are forgotten; its name is free again.
    GroupForgotten {
        /// Its name.
        group: GroupName,
    },
    /// A task started.
    TaskStarted {
        /// Its ID.
        id: TaskId,
        /// Its group.
        group: GroupName,
        /// Its arguments as text.
        args: Box<str>,
        /// The arguments themselves, where its source has attached them.
        exact: Option<Arc<dyn Any + Send + Sync>>,
    },
    /// A task was asked to cancel.
    CancelRequested {
        /// Its ID.
        id: TaskId,
        /// Its group.
        group: GroupName,
        /// The call's message.
        message: Option<Arc<str>>,
        /// It was cancelling already, and is ended by force.
        forced: bool,
    },
    /// A task stopped because of a cancel.
    TaskCancelled {
        /// Its ID.
        id: TaskId,
        /// Its group.
        group: GroupName,
    },
    /// A task ended; its slot is free.
    TaskEnded {
        /// Its ID.
        id: TaskId,
        /// Its group.
        group: GroupName,
        /// How it ended.
        outcome: Outcome,
        /// From its start to its end.
        duration: Duration,
    },
    /// A callback returned.
    CallbackDone {
        /// The task's ID.
        id: TaskId,
        /// The cancel callback rather than the end callback.
        cancel: bool,
        /// The message of its failure or panic.
        error: Option<Arc<str>>,
    },
    /// These tasks were forgotten by a flush.
    TasksForgotten {
        /// The first ID of an unbroken range.
        first: TaskId,
        /// Its last ID.
        last: TaskId,
    },
    /// The pool takes no new groups.
    Locked,
    /// The pool takes groups again.
    Unlocked,
    /// Nothing starts.
    Paused,
    /// The pause is over.
    Resumed,
    /// The pool has another size.
    Resized {
        /// The new size.
        size: PoolSize,
    },
    /// The pool is closed.
    Closed,
}

/// What a reader gets at once.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// The events, in order.
    pub events: Vec<Event>,
    /// How many came before them that the reader was too slow for.
    pub lost: u64,
}

/// The ring.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct EventLog {
    /// The number of the next event.
    seq: u64,
    kept: VecDeque<Event>,
    readers: usize,
    /// How many are kept.
    most: usize,
    /// The time of the latest event.
    latest: Duration,
}

impl EventLog {
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// Counts a change, and keeps it if somebody reads. `kind` is only made then.
    /// A time that lies before the latest event's (threads take their times before they take the lock) becomes
    /// that one's.
    pub(crate) fn push(&mut self, time: Duration, kind: impl FnOnce() -> EventKind) {
        if self.readers > 0 {
            self.latest = self.latest.max(time);
            if self.kept.len() == self.most {
                self.kept.pop_front();
            }
            self.kept.push_back(Event {
                seq: self.seq,
                time: self.latest,
                kind: kind(),
            });
        }
        self.seq += 1;
    }

    pub(crate) fn subscribe(&mut self, kept: usize) -> u64 {
        self.readers += 1;
        self.most = self.most.max(kept).max(1);
        self.seq
    }

    pub(crate) fn unsubscribe(&mut self) {
        self.readers -= 1;
        if self.readers == 0 {
            self.kept = VecDeque::new();
            self.most = 0;
        }
    }

    /// Up to `max` events from number `next` on; moves `next` past them.
    pub(crate) fn read(&mut self, next: &mut u64, max: usize) -> Events {
        let first = self.kept.front().map_or(self.seq, |event| event.seq);
        let lost = first.saturating_sub(*next);
        let skip = usize::try_from((*next).saturating_sub(first)).unwrap_or(usize::MAX);
        let skip = skip.min(self.kept.len());
        let events: Vec<Event> = if self.readers == 1 {
            // Nobody else wants them: they move out, and what this one has read before goes.
            self.kept.drain(..skip);
            self.kept.drain(..max.min(self.kept.len())).collect()
        } else {
            self.kept.iter().skip(skip).take(max).cloned().collect()
        };
        *next += lost + events.len() as u64;
        Events { events, lost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_is_told_its_loss_and_goes_on_without_a_gap() {
        let mut log = EventLog::default();
        log.push(Duration::ZERO, || unreachable!("nobody reads"));
        let mut next = log.subscribe(EVENTS_KEPT);
        assert_eq!(next, 1);
        for _ in 0..EVENTS_KEPT + 10 {
            log.push(Duration::ZERO, || EventKind::Locked);
        }
        let first = log.read(&mut next, 5);
        assert_eq!((first.lost, first.events.len()), (10, 5));
        assert_eq!(first.events[0].seq, 11);
        let rest = log.read(&mut next, usize::MAX);
        assert_eq!((rest.lost, rest.events.len()), (0, EVENTS_KEPT - 5));
        assert_eq!(rest.events[0].seq, 16);
        assert_eq!(next, log.seq());
        assert!(log.read(&mut next, 9).events.is_empty());
    }

    fn kept(log: &EventLog) -> Vec<u64> {
        log.kept.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn what_is_kept_is_what_the_readers_want_and_nothing_once_there_are_none() {
        let mut log = EventLog::default();
        let count = |log: &mut EventLog| (0..9).for_each(|_| log.push(Duration::ZERO, || EventKind::Locked));
        log.subscribe(4);
        log.subscribe(2);
        count(&mut log);
        assert_eq!(kept(&log), [5, 6, 7, 8]);
        log.unsubscribe();
        count(&mut log);
        assert_eq!(kept(&log), [14, 15, 16, 17], "somebody still reads");
        log.unsubscribe();
        assert_eq!(kept(&log), [0_u64; 0]);
        log.push(Duration::ZERO, || unreachable!("nobody reads"));
        assert_eq!(log.subscribe(1), 19);
        count(&mut log);
        assert_eq!(kept(&log), [27], "not as many as those before wanted");
    }

    #[test]
    fn times_never_run_backwards() {
        let mut log = EventLog::default();
        let mut next = log.subscribe(9);
        for time in [2, 1, 3] {
            log.push(Duration::from_secs(time), || EventKind::Locked);
        }
        let times = log
            .read(&mut next, 9)
            .events
            .into_iter()
            .map(|event| event.time.as_secs());
        assert_eq!(times.collect::<Vec<_>>(), [2, 2, 3]);
    }
}
