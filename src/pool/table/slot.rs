//! One remembered task: what is kept of it, how it is looked at and changed.
//!
//! A million ended tasks may be kept for months, so a slot is small; what only some tasks have lies beside the
//! slots of their page.

use super::Page;
use crate::pool::group::GroupKey;
use crate::pool::{Outcome, OutcomeKind, States, TaskState};
use std::num::NonZeroU64;
use std::time::Duration;

/// A remembered task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Its state and outcome, as in [`States::index`]; or [`GONE`].
    kind: u8,
    /// Its callbacks have returned too.
    settled: bool,
    /// Where its rare facts are, counted from 1; 0 if it has none.
    rare: u16,
    group: GroupKey,
    /// Where its arguments are: the offset, shifted by [`LENGTH_BITS`], and the length.
    text: u32,
    left: u32,
    /// Nanoseconds.
    started: u64,
    ended: u64,
}

/// The kind of a task that is forgotten.
const GONE: u8 = 7; // in no set of states

/// What it takes to write the length of a task's arguments.
const LENGTH_BITS: u32 = 10;

/// What only some tasks have.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Rare {
    pub(crate) asked: Moment,
    pub(crate) cancelled: Moment,
    pub(crate) settled: Moment,
    /// Every outcome but a plain completion.
    pub(crate) outcome: Option<Outcome>,
}

/// When something happened, if it did; in half the space of an `Option<Duration>`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment(Option<NonZeroU64>);

impl Moment {
    pub(crate) fn at(time: Duration) -> Self {
        Moment(NonZeroU64::new(nanos(time).saturating_add(1)))
    }

    pub(crate) fn time(self) -> Option<Duration> {
        Some(Duration::from_nanos(self.0?.get() - 1))
    }
}

/// A remembered task, to look at.
pub(crate) struct Task<'a, T> {
    pub(super) slot: &'a Slot,
    pub(super) page: &'a Page<T>,
    #[cfg(test)]
    pub(super) handle: Option<&'a T>,
}

impl<T> Clone for Task<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Task<'_, T> {}

/// A remembered task, to change.
pub(crate) struct TaskMut<'a, T> {
    pub(super) slot: &'a mut Slot,
    /// Nothing if no task of the page runs.
    pub(super) handle: Option<&'a mut Option<T>>,
    pub(super) rare: &'a mut Vec<Rare>,
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn state(self) -> TaskState {
        States::state(self.slot.kind())
    }

    pub(crate) fn group(self) -> GroupKey {
        self.slot.group
    }

    /// Its callbacks have returned too.
    pub(crate) fn settled(self) -> bool {
        self.slot.settled
    }

    /// How many flushes had begun when it left running.
    pub(crate) fn left(self) -> u32 {
        self.slot.left
    }

    #[cfg(test)]
    pub(crate) fn is_reachable(self) -> bool {
        self.handle.is_some()
    }

    /// Whether it is in one of these states.
    pub(crate) fn is(self, states: States) -> bool {
        states.has(self.slot.kind())
    }

    pub(crate) fn started(self) -> Duration {
        Duration::from_nanos(self.slot.started)
    }

    pub(crate) fn ended(self) -> Option<Duration> {
        (self.state() == TaskState::Ended).then_some(Duration::from_nanos(self.slot.ended))
    }

    pub(crate) fn rare(self) -> Option<&'a Rare> {
        self.page.rare.get(self.slot.rare()?)
    }

    /// How it ended, once that is known.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        match self.state() {
            TaskState::Running | TaskState::Cancelling => None,
            TaskState::Cancelled | TaskState::Ended => {
                let kept = self.rare().and_then(|rare| rare.outcome.clone());
                Some(kept.unwrap_or(Outcome::Completed))
            }
        }
    }

    /// The task's arguments as text.
    pub(crate) fn text(self) -> &'a str {
        let (start, length) = (
            self.slot.text >> LENGTH_BITS,
            self.slot.text & ((1 << LENGTH_BITS) - 1),
        );
        &self.page.text[start as usize..][..length as usize]
    }
}

impl<T> TaskMut<'_, T> {
    pub(crate) fn state(&self) -> TaskState {
        States::state(self.slot.kind())
    }

    pub(crate) fn started(&self) -> Duration {
        Duration::from_nanos(self.slot.started)
    }

    pub(crate) fn left(&self) -> u32 {
        self.slot.left
    }

    pub(crate) fn handle(&self) -> Option<&T> {
        self.handle.as_deref()?.as_ref()
    }

    pub(crate) fn rare(&mut self) -> &mut Rare {
        if self.slot.rare == 0 {
            self.rare.push(Rare::default());
            self.slot.rare = u16::try_from(self.rare.len()).expect("one for each of PAGE slots");
        }
        &mut self.rare[usize::from(self.slot.rare) - 1]
    }

    pub(crate) fn ask(&mut self, now: Duration) {
        self.slot.set(TaskState::Cancelling, OutcomeKind::Completed);
        let rare = self.rare();
        if rare.asked.time().is_none() {
            rare.asked = Moment::at(now);
        }
    }

    /// It stopped, and `left` flushes had begun by then. Returns what reached it.
    pub(crate) fn stop(&mut self, outcome: Outcome, left: u32, now: Duration) -> Option<T> {
        self.slot.left = left;
        let kind = outcome.kind();
        if kind == OutcomeKind::Cancelled {
            self.slot.set(TaskState::Cancelled, kind);
            self.rare().cancelled = Moment::at(now);
        } else {
            self.end(kind, now);
        }
        if kind != OutcomeKind::Completed {
            self.rare().outcome = Some(outcome);
        }
        self.handle.as_mut()?.take()
    }

    pub(crate) fn end(&mut self, outcome: OutcomeKind, now: Duration) {
        self.slot.set(TaskState::Ended, outcome);
        self.slot.ended = nanos(now);
    }

    /// Nothing more happens to it; at another time than its end, if that is given.
    pub(crate) fn settle(&mut self, at: Option<Duration>) {
        self.slot.settled = true;
        if let Some(at) = at {
            self.rare().settled = Moment::at(at);
        }
    }
}

impl Slot {
    /// Of a task that starts now, with arguments of this length at this place of its page's text.
    pub(super) fn new(group: GroupKey, start: usize, length: usize, now: Duration) -> Self {
        let text = (start << LENGTH_BITS) + length;
        let mut slot = Slot {
            kind: GONE,
            settled: false,
            rare: 0,
            group,
            text: u32::try_from(text).expect("a page has short texts only"),
            left: 0,
            started: nanos(now),
            ended: 0,
        };
        slot.set(TaskState::Running, OutcomeKind::Completed);
        slot
    }

    pub(super) fn kind(&self) -> usize {
        usize::from(self.kind)
    }

    pub(super) fn group(&self) -> GroupKey {
        self.group
    }

    pub(super) fn is_gone(&self) -> bool {
        self.kind == GONE
    }

    pub(super) fn forget(&mut self) {
        self.kind = GONE;
    }

    /// Where its rare facts are among those of its page.
    pub(super) fn rare(&self) -> Option<usize> {
        usize::from(self.rare).checked_sub(1)
    }

    /// Whether it is over, and left running before this flush.
    pub(super) fn is_over(&self, limit: u32) -> bool {
        States::of(TaskState::Ended).has(self.kind()) && self.settled && self.left < limit
    }

    /// In which state it is, and how it ended.
    #[expect(clippy::cast_possible_truncation, reason = "there are seven kinds")]
    fn set(&mut self, state: TaskState, outcome: OutcomeKind) {
        self.kind = States::index(state, outcome) as u8;
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) // 584 years
}
