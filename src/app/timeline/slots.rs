//! The slots, and what was in them.

use super::SLOTS;
use crate::app::status::Status;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

/// How many spans a slot keeps.
const OF_A_SLOT: usize = 2048;

/// How many spans all slots keep.
const OF_ALL: usize = 1 << 18;

/// For how long a span is kept.
const KEPT: Duration = Duration::from_mins(30);

/// Tasks of a slot that begin and end within one such moment become one span: no scale is finer.
const MOMENT: Duration = Duration::from_millis(100);

/// How many losses are remembered.
const GAPS: usize = 64;

/// A task in a slot; all times since the session's start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The task; the last one of several.
    pub task: u64,
    /// When it started.
    pub start: Duration,
    /// When it was asked to cancel.
    pub asked: Option<Duration>,
    /// When it was cancelled.
    pub cancelled: Option<Duration>,
    /// When it ended, and how; of several the worst way. Nothing while it runs.
    pub end: Option<(Duration, Status)>,
    /// How many tasks it stands for.
    pub tasks: u32,
    /// Neighbours differ in this.
    pub odd: bool,
}

/// The slots of one pool. Costs what it keeps, which has a limit.
#[derive(Debug, Default)]
pub struct Slots {
    rows: Vec<Slot>,
    free: BinaryHeap<Reverse<usize>>,
    /// The slots of those that run.
    held: HashMap<u64, Option<usize>>,
    /// The slots of the spans that ended, in the order of their ends.
    order: VecDeque<u32>,
    /// The highest ID that has started.
    highest: Option<u64>,
    gaps: VecDeque<Duration>,
    hidden: usize,
    /// What ended before is not all known.
    known_from: Duration,
}

#[derive(Debug, Default)]
struct Slot {
    ended: VecDeque<Span>,
    /// The one that runs.
    open: Option<Span>,
    odd: bool,
}

/// How bad an end is: the worst one of several is shown.
fn badness(status: Status) -> u8 {
    match status {
        Status::Panicked => 4,
        Status::Failed => 3,
        Status::TimedOut => 2,
        Status::Stopped => 1,
        Status::Ok
        | Status::Queued
        | Status::NoRoom
        | Status::BackOff
        | Status::Running
        | Status::NeedsInput
        | Status::Paused
        | Status::Suspended
        | Status::Exited
        | Status::TimingOut
        | Status::Cancelling
        | Status::Cancelled => 0,
    }
}

impl Slots {
    /// A task has started. One that is known already is left as it is.
    pub fn start(&mut self, task: u64, at: Duration) {
        if self.highest.is_some_and(|highest| task <= highest) {
            return;
        }
        self.highest = Some(task);
        self.put(task, at);
    }

    fn put(&mut self, task: u64, at: Duration) {
        let index = match self.free.pop() {
            Some(Reverse(index)) => index,
            None if self.rows.len() < SLOTS => {
                self.rows.push(Slot::default());
                self.rows.len() - 1
            }
            None => {
                self.hidden += 1;
                self.held.insert(task, None);
                return;
            }
        };
        let slot = &mut self.rows[index];
        slot.odd = !slot.odd;
        slot.open = Some(Span {
            task,
            start: at,
            asked: None,
            cancelled: None,
            end: None,
            tasks: 1,
            odd: slot.odd,
        });
        self.held.insert(task, Some(index));
    }

    fn open(&mut self, task: u64) -> Option<&mut Span> {
        let index = (*self.held.get(&task)?)?;
        self.rows[index].open.as_mut()
    }

    /// It was asked to cancel.
    pub fn asked(&mut self, task: u64, at: Duration) {
        if let Some(span) = self.open(task) {
            span.asked = span.asked.or(Some(at));
        }
    }

    /// It was cancelled: cancel callback running.
    pub fn cancelled(&mut self, task: u64, at: Duration) {
        if let Some(span) = self.open(task) {
            span.cancelled = span.cancelled.or(Some(at));
        }
    }

    /// It has ended.
    pub fn end(&mut self, task: u64, at: Duration, status: Status) {
        let index = match self.held.remove(&task) {
            Some(Some(index)) => index,
            Some(None) => {
                self.hidden -= 1;
                return;
            }
            None => return,
        };
        let slot = &mut self.rows[index];
        self.free.push(Reverse(index));
        let Some(span) = slot.open.take() else { return };
        let span = Span {
            end: Some((at, status)),
            ..span
        };
        if let Some(last) = slot.ended.back_mut()
            && last.takes(&span)
        {
            last.take(&span);
            return;
        }
        slot.ended.push_back(span);
        self.order.push_back(u32::try_from(index).unwrap_or(u32::MAX));
        if slot.ended.len() > OF_A_SLOT {
            // Its place in the order stays, and takes the next one of this slot when it is due.
            let old = slot.ended.pop_front();
            self.forgot(old);
        }
        self.trim(at);
    }

    fn trim(&mut self, now: Duration) {
        let old = |slot: &Slot| {
            let end = slot.ended.front().and_then(|span| span.end);
            end.is_none_or(|(end, _)| end + KEPT < now)
        };
        while let Some(index) = self.order.front().copied() {
            let Some(slot) = self.rows.get_mut(index as usize) else {
                return;
            };
            if self.order.len() <= OF_ALL && !old(slot) {
                return;
            }
            self.order.pop_front();
            let old = slot.ended.pop_front();
            self.forgot(old);
        }
    }

    fn forgot(&mut self, span: Option<Span>) {
        if let Some((end, _)) = span.and_then(|span| span.end) {
            self.knows_from(end);
        }
    }

    /// Of the tasks that ended before this time not all are known.
    pub fn knows_from(&mut self, at: Duration) {
        self.known_from = self.known_from.max(at);
    }

    /// From when on all tasks are known.
    pub fn known_from(&self) -> Duration {
        self.known_from
    }

    /// Events were lost: these tasks run, and no others, by their IDs and starts.
    pub fn lost(&mut self, running: &[(u64, Duration)], at: Duration) {
        self.gaps.push_back(at);
        if self.gaps.len() > GAPS {
            self.gaps.pop_front();
        }
        let gone: Vec<u64> = self
            .held
            .keys()
            .filter(|task| running.binary_search_by_key(*task, |(id, _)| *id).is_err())
            .copied()
            .collect();
        for task in gone {
            // How it ended nobody has heard; that it is over is all that can be told.
            self.end(task, at, Status::Queued);
        }
        for &(task, start) in running {
            if !self.held.contains_key(&task) {
                self.put(task, start);
            }
            self.highest = self.highest.max(Some(task));
        }
    }

    /// The times at which events were lost.
    pub fn gaps(&self) -> impl Iterator<Item = Duration> {
        self.gaps.iter().copied()
    }

    /// Tasks that run and have no row.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// How many slots there is something to see of since then.
    pub fn used(&self, since: Duration) -> usize {
        let seen = |slot: &Slot| {
            let last = slot.ended.back().and_then(|span| span.end);
            slot.open.is_some() || last.is_some_and(|(end, _)| end >= since)
        };
        self.rows.iter().rposition(seen).map_or(0, |last| last + 1)
    }

    /// What was in a slot since then, oldest first.
    pub fn spans(&self, slot: usize, since: Duration) -> impl Iterator<Item = &Span> {
        let slot = self.rows.get(slot);
        let ended = slot.map(|slot| {
            let from = slot
                .ended
                .partition_point(|span| span.end.is_some_and(|(end, _)| end < since));
            slot.ended.range(from..)
        });
        let open = slot.and_then(|slot| slot.open.as_ref());
        ended.into_iter().flatten().chain(open)
    }

    /// How many spans are kept.
    #[cfg(test)]
    fn kept(&self) -> usize {
        self.rows.iter().map(|slot| slot.ended.len()).sum()
    }
}

impl Span {
    /// Whether another one is so close behind that nobody could tell them apart.
    fn takes(&self, next: &Span) -> bool {
        let moment = |time: Duration| time.as_millis() / MOMENT.as_millis();
        let ends = (
            self.end.map(|end| moment(end.0)),
            next.end.map(|end| moment(end.0)),
        );
        moment(self.start) == moment(next.start) && ends.0 == ends.1 && ends.0 == Some(moment(self.start))
    }

    fn take(&mut self, next: &Span) {
        self.task = next.task;
        self.tasks += next.tasks;
        self.end = match (self.end, next.end) {
            (Some((_, first)), Some((end, second))) if badness(first) > badness(second) => Some((end, first)),
            (_, end) => end,
        };
    }
}

/// The worse of two ends.
pub(super) fn worse(first: Status, second: Status) -> Status {
    if badness(first) > badness(second) {
        first
    } else {
        second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn tasks(slots: &Slots, slot: usize) -> Vec<u64> {
        slots.spans(slot, Duration::ZERO).map(|span| span.task).collect()
    }

    #[test]
    fn a_task_gets_the_lowest_slot_that_is_free() {
        let mut slots = Slots::default();
        for task in 0..4 {
            slots.start(task, ms(1000));
        }
        slots.end(2, ms(2000), Status::Ok);
        slots.end(0, ms(2000), Status::Failed);
        slots.start(4, ms(2000));
        slots.start(5, ms(2100));
        slots.start(6, ms(2200));
        assert_eq!(tasks(&slots, 0), [0, 4]);
        assert_eq!(tasks(&slots, 2), [2, 5]);
        assert_eq!(tasks(&slots, 4), [6]);
        assert_eq!((slots.used(Duration::ZERO), slots.used(ms(9000))), (5, 5));
        let odd: Vec<bool> = slots.spans(0, Duration::ZERO).map(|span| span.odd).collect();
        assert_ne!(odd[0], odd[1]);
        slots.start(6, ms(3000));
        assert_eq!(slots.used(Duration::ZERO), 5, "it was told before");
    }

    #[test]
    fn nothing_grows_without_end() {
        let mut slots = Slots::default();
        let count = OF_A_SLOT as u64 * 3;
        for task in 0..count {
            slots.start(task, ms(task * 150));
            slots.end(task, ms(task * 150 + 120), Status::Ok);
        }
        assert_eq!(slots.kept(), OF_A_SLOT);
        slots.start(count, ms(count * 150));
        slots.end(count, ms(count * 150) + 2 * KEPT, Status::Ok);
        assert_eq!(slots.kept(), 1, "the others were too old");
        // A thousand a second in each slot are no more than ten spans a second.
        let mut slots = Slots::default();
        for task in 0..10_000 {
            slots.start(task, ms(task));
            slots.end(
                task,
                ms(task),
                if task == 50 { Status::Failed } else { Status::Ok },
            );
        }
        assert_eq!(slots.kept(), 100);
        let first = slots.spans(0, Duration::ZERO).next().unwrap();
        assert_eq!((first.tasks, first.end.unwrap().1), (100, Status::Failed));
        let mut slots = Slots::default();
        for task in 0..SLOTS as u64 + 5 {
            slots.start(task, ms(task));
        }
        assert_eq!((slots.used(Duration::ZERO), slots.hidden()), (SLOTS, 5));
        slots.end(SLOTS as u64 + 1, ms(0), Status::Ok);
        assert_eq!(slots.hidden(), 4);
        for task in 0..SLOTS as u64 {
            slots.end(task, ms(99_999), Status::Ok);
        }
        assert_eq!(slots.held.len(), 4);
    }

    #[test]
    fn all_slots_together_have_a_limit() {
        let mut slots = Slots::default();
        let each = 500;
        let rows = (OF_ALL / each + 100) as u64;
        let mut id = 0;
        for round in 0..each as u64 {
            let at = ms(round * 1000);
            (0..rows).for_each(|i| slots.start(id + i, at));
            (0..rows).for_each(|i| slots.end(id + i, at + ms(500), Status::Ok));
            id += rows;
        }
        assert_eq!((slots.kept(), slots.order.len()), (OF_ALL, OF_ALL));
    }

    #[test]
    fn what_was_lost_is_told_and_the_running_ones_are_right_again() {
        let mut slots = Slots::default();
        for task in 0..3 {
            slots.start(task, ms(0));
        }
        slots.lost(&[(1, ms(0)), (7, ms(400))], ms(500));
        assert_eq!(tasks(&slots, 0), [0, 7]);
        assert_eq!(
            slots.spans(2, ms(0)).next().unwrap().end,
            Some((ms(500), Status::Queued))
        );
        assert_eq!(slots.gaps().collect::<Vec<_>>(), [ms(500)]);
        // Its start comes late; it has begun and ended meanwhile.
        slots.start(6, ms(450));
        slots.end(6, ms(450), Status::Ok);
        slots.end(7, ms(600), Status::Ok);
        assert_eq!(tasks(&slots, 0), [0, 7]);
        assert_eq!(slots.held.len(), 1);
    }
}
