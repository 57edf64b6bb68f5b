//! Forgetting tasks that are over: `flush`, and the close of the pool.

use super::super::event::EventKind;
use super::super::{Gathered, Outcome, OutcomeKind, PoolError, States, TaskId, TaskState};
use super::Machine;
use crate::pool::group::GroupKey;
use crate::pool::table::Slot;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many pages of tasks one step looks through before it lets others have the lock.
const PAGES_A_STEP: usize = 64;

/// A `flush` that is under way.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Flush {
    key: FlushKey,
    /// It is about the tasks that left running before this sequence number.
    limit: u64,
    /// How many of them have callbacks to wait for.
    pub(super) waiting: usize,
    /// The task from whose callback it was called.
    own: Option<TaskId>,
    /// Tasks that are not waited for: its own, and those whose callbacks wait in a flush as this one's does.
    /// Otherwise these would wait for each other.
    passed: Vec<TaskId>,
}

/// Names a `flush` that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FlushKey(u64);

impl Flush {
    pub(super) fn waits_for(&self, id: TaskId, left: u64) -> bool {
        left < self.limit && !self.passed.contains(&id)
    }
}

/// What one step of forgetting did. The slots and payloads are to be dropped outside of the lock.
#[derive(Debug)]
pub(crate) struct Sweep<T, G> {
    pub(crate) gathered: Gathered,
    /// Where to go on; nothing if that was all.
    pub(crate) next: Option<TaskId>,
    pub(crate) garbage: (Vec<Slot<T>>, Vec<G>),
}

/// Where the close of a pool is.
#[derive(Debug)]
pub(crate) enum Closing<T, G> {
    /// Tasks, callbacks or spawners are not done.
    Waiting,
    /// Some tasks were forgotten; there are more.
    More(Sweep<T, G>),
    /// The pool is closed; this is what it remembered.
    Closed(Gathered),
}

impl<T, G> Machine<T, G> {
    /// Begins a flush of the tasks that are cancelled or ended now.
    pub(crate) fn begin_flush(&mut self, own: Option<TaskId>) -> FlushKey {
        let key = FlushKey(self.next_flush);
        self.next_flush += 1;
        let own = own.filter(|id| self.in_callback(*id).is_some());
        let mut passed = Vec::new();
        if let Some(id) = own {
            passed = self.pass(id);
        }
        self.flushes.push(Flush {
            key,
            limit: self.log.seq(),
            waiting: self.unsettled - passed.len(),
            own,
            passed,
        });
        key
    }

    /// No flush that was called from a callback waits any longer for this task, whose callback is calling one.
    /// Returns the tasks that this one need not wait for in turn.
    fn pass(&mut self, id: TaskId) -> Vec<TaskId> {
        let mut passed = vec![id];
        let left = self.in_callback(id).unwrap_or(u64::MAX);
        for at in 0..self.flushes.len() {
            let Some(other) = self.flushes[at].own else {
                continue;
            };
            if self.in_callback(other).is_some() && !passed.contains(&other) {
                passed.push(other);
            }
            let flush = &mut self.flushes[at];
            if flush.waits_for(id, left) {
                flush.passed.push(id);
                flush.waiting -= 1;
                self.effects.settled |= flush.waiting == 0;
            }
        }
        passed
    }

    /// When the task left running, if its callbacks have not all returned.
    fn in_callback(&self, id: TaskId) -> Option<u64> {
        let slot = self.table.get(id)?;
        let left = matches!(slot.state, TaskState::Cancelled | TaskState::Ended) && !slot.settled;
        left.then_some(slot.left)
    }

    /// Whether all callbacks that the flush waits for have returned.
    pub(crate) fn flush_is_ready(&self, key: FlushKey) -> bool {
        self.flushes
            .iter()
            .any(|flush| flush.key == key && flush.waiting == 0)
    }

    /// Ends a flush, done or abandoned.
    pub(crate) fn end_flush(&mut self, key: FlushKey) {
        self.flushes.retain(|flush| flush.key != key);
    }

    /// Forgets some of the flush's tasks, from the one with ID `from` on.
    pub(crate) fn flush_step(&mut self, key: FlushKey, from: TaskId, now: Duration) -> Sweep<T, G> {
        let limit = self
            .flushes
            .iter()
            .find(|flush| flush.key == key)
            .map_or(0, |flush| flush.limit);
        self.sweep(limit, from, now)
    }

    fn sweep(&mut self, limit: u64, from: TaskId, now: Duration) -> Sweep<T, G> {
        let ended = States::of(TaskState::Ended);
        let (mut ids, mut next) = (Vec::new(), None);
        for (pages, (after, found)) in self.table.pages_from(from, ended).enumerate() {
            if pages == PAGES_A_STEP {
                next = Some(TaskId(after.0 - super::super::table::PAGE as u64));
                break;
            }
            let over = |id: &TaskId| self.table.get(*id).is_some_and(|s| s.settled && s.left < limit);
            ids.extend(found.into_iter().filter(over));
        }
        let mut gathered = Gathered::default();
        let mut slots = Vec::with_capacity(ids.len());
        let mut groups = BTreeSet::new();
        for &id in &ids {
            let slot = self.table.remove(id).expect("found above");
            gathered.totals.count(slot.outcome);
            if matches!(slot.outcome, OutcomeKind::Failed | OutcomeKind::Panicked) {
                gathered
                    .failures
                    .push((id, slot.full_outcome().unwrap_or(Outcome::Completed)));
            }
            if let Some(group) = self.groups.get_mut(slot.group) {
                group.stale += 1;
                groups.insert(slot.group);
            }
            slots.push(slot);
        }
        self.tell_forgotten(&ids, now);
        let payloads = if next.is_none() {
            self.forget_groups(now)
        } else {
            Vec::new()
        };
        Sweep {
            gathered,
            next,
            garbage: (slots, payloads),
        }
    }

    fn tell_forgotten(&mut self, ids: &[TaskId], now: Duration) {
        for range in ids.chunk_by(|a, b| b.0 == a.0 + 1) {
            let (first, last) = (range[0], range[range.len() - 1]);
            self.tell(now, || EventKind::TasksForgotten { first, last });
        }
    }

    /// Takes the forgotten tasks off their groups' lists, and forgets the groups that are over and have
    /// no tasks left.
    fn forget_groups(&mut self, now: Duration) -> Vec<G> {
        let mut payloads = Vec::new();
        for key in self.groups.keys() {
            self.drop_stale_ids(key);
            let Some(group) = self.groups.get(key) else {
                continue;
            };
            if !group.done || !group.ids.is_empty() {
                continue;
            }
            let (name, named) = (group.name.clone(), group.named);
            payloads.extend(self.groups.remove(key).map(|group| group.payload));
            if named {
                self.tell(now, || EventKind::GroupForgotten { group: name });
            }
        }
        payloads
    }

    fn drop_stale_ids(&mut self, key: GroupKey) {
        let table = &self.table;
        if let Some(group) = self.groups.get_mut(key)
            && std::mem::take(&mut group.stale) != 0
        {
            group.ids.retain(|id| table.get(*id).is_some());
            group.ids.shrink_to(group.ids.len() * 2);
        }
    }

    /// Nothing runs, nothing is left to start, no callback is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.open_groups == 0 && self.unsettled == 0
    }

    /// Somebody begins to wait for the close.
    pub(crate) fn begin_close(&mut self) -> Result<(), PoolError> {
        if !self.locked && !self.closed {
            return Err(PoolError::PoolStillUnlocked {
                pool: self.label().clone(),
            });
        }
        self.closers += 1;
        Ok(())
    }

    /// Goes on with the close, as far as that is possible now.
    pub(crate) fn close_step(&mut self, now: Duration) -> Closing<T, G> {
        if self.closed {
            return Closing::Closed(self.found.clone().unwrap_or_default());
        }
        if !self.is_idle() {
            return Closing::Waiting;
        }
        let sweep = self.sweep(u64::MAX, TaskId(0), now);
        let found = self.found.get_or_insert_default();
        found.totals += sweep.gathered.totals;
        found.failures.extend(sweep.gathered.failures.iter().cloned());
        if sweep.next.is_none() {
            self.closed = true;
            self.effects.settled = true;
            self.tell(now, || EventKind::Closed);
        }
        Closing::More(sweep)
    }

    /// Somebody no longer waits for the close.
    pub(crate) fn end_close(&mut self) {
        self.closers -= 1;
        if self.closed && self.closers == 0 {
            self.found = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Callbacks, NewGroup, Next};
    use super::*;
    use crate::pool::PoolSize;
    use crate::pool::group::Method;
    use crate::pool::table::PAGE;

    const NOW: Duration = Duration::ZERO;

    /// A pool that has started this many tasks, of one group `g`.
    fn started(tasks: usize) -> Machine<(), ()> {
        let mut machine = Machine::new("TaskPool", "x", PoolSize::Unlimited);
        let new = NewGroup {
            name: Some("g".into()),
            method: Method::Apply,
            func: "f".into(),
            num_concurrent: None,
            queued: Some(tasks),
        };
        machine.create_group(new, |_| (), NOW).unwrap();
        for left in (0..tasks).rev() {
            let ticket = machine.take().unwrap();
            machine.start(ticket.group, (), "", Some(left), NOW).unwrap();
        }
        machine
    }

    /// Ends the task, unless it is the first of its page.
    fn end(machine: &mut Machine<(), ()>, id: usize) {
        if !id.is_multiple_of(PAGE) {
            let (id, callbacks) = (TaskId(id as u64), Callbacks::default());
            let (next, _) = machine.stopped(id, Outcome::Completed, callbacks, NOW);
            assert_eq!(next, Next::Nothing);
        }
    }

    #[test]
    fn a_step_of_a_flush_looks_through_so_many_pages_and_the_next_goes_on_there() {
        let pages = 2 * PAGES_A_STEP + 1;
        let mut machine = started(pages * PAGE);
        (0..pages * PAGE).for_each(|id| end(&mut machine, id));
        let key = machine.begin_flush(None);
        let (mut from, mut forgotten) = (Some(TaskId(0)), Vec::new());
        while let Some(id) = from {
            let sweep = machine.flush_step(key, id, NOW);
            assert!(sweep.next.is_none_or(|next| next > id), "it goes forwards");
            forgotten.push(sweep.gathered.totals.completed);
            let remembered: Vec<TaskId> = machine.table.oldest(States::ALL).collect();
            assert_eq!(machine.group_ids(["g"]), Ok(remembered), "also half-way");
            from = sweep.next;
        }
        let whole = (PAGES_A_STEP * (PAGE - 1)) as u64;
        assert_eq!(forgotten, [whole, whole, PAGE as u64 - 1]);
        assert_eq!(machine.num_running(), pages);
    }
}
