//! Forgetting tasks that are over: `flush`, and the close of the pool.

use super::super::event::EventKind;
use super::super::{Gathered, PoolError, States, TaskId, TaskState, Totals};
use super::Machine;
use crate::pool::table::{Garbage, Run};
use std::time::Duration;

/// How many pages of tasks one step looks through before it lets others have the lock.
const PAGES_A_STEP: u64 = 32;

/// A `flush` that is under way.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Flush {
    key: FlushKey,
    /// It is about the tasks that left running before this many flushes had begun.
    limit: u32,
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
    pub(super) fn waits_for(&self, id: TaskId, left: u32) -> bool {
        left < self.limit && !self.passed.contains(&id)
    }
}

/// What one step of forgetting did. What is in `garbage` is to be dropped outside of the lock.
#[derive(Debug)]
pub(crate) struct Sweep<T, G> {
    pub(crate) gathered: Gathered,
    /// The page to go on with; nothing if that was all.
    pub(crate) next: Option<u64>,
    pub(crate) garbage: (Vec<Garbage<T>>, Vec<G>),
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
        if std::mem::take(&mut self.stopped) {
            // Only then is there something to tell apart. So the count goes no faster than tasks do.
            self.begun += 1;
        }
        let own = own.filter(|id| self.in_callback(*id).is_some());
        let mut passed = Vec::new();
        if let Some(id) = own {
            passed = self.pass(id);
        }
        self.flushes.push(Flush {
            key,
            limit: self.begun,
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
        let left = self.in_callback(id).unwrap_or(u32::MAX);
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
    fn in_callback(&self, id: TaskId) -> Option<u32> {
        let task = self.table.get(id)?;
        let left = matches!(task.state(), TaskState::Cancelled | TaskState::Ended) && !task.settled();
        left.then_some(task.left())
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

    /// Forgets some of the flush's tasks, from this page on.
    pub(crate) fn flush_step(&mut self, key: FlushKey, from: u64, now: Duration) -> Sweep<T, G> {
        let limit = self
            .flushes
            .iter()
            .find(|flush| flush.key == key)
            .map_or(0, |flush| flush.limit);
        self.sweep(limit, from, now)
    }

    fn sweep(&mut self, limit: u32, from: u64, now: Duration) -> Sweep<T, G> {
        let pages = self.table.pages_from(from);
        let end = pages.end.min(pages.start + PAGES_A_STEP);
        let next = (end < pages.end).then_some(end);
        let mut gathered = Gathered::default();
        let (mut garbage, mut runs) = (Vec::new(), Vec::new());
        for page in pages.start..end {
            let Some(forgotten) = self.table.forget(page, limit) else {
                continue;
            };
            for run in forgotten.runs {
                self.unlist(page, run, &mut gathered.totals);
                extend(&mut runs, run);
            }
            gathered.failures.extend(forgotten.failures);
            garbage.push(forgotten.garbage);
        }
        for (first, last) in runs {
            self.tell(now, || EventKind::TasksForgotten { first, last });
        }
        let payloads = if next.is_none() {
            self.forget_groups(now)
        } else {
            Vec::new()
        };
        Sweep {
            gathered,
            next,
            garbage: (garbage, payloads),
        }
    }

    /// Takes forgotten tasks off their group's account.
    fn unlist(&mut self, page: u64, run: Run, totals: &mut Totals) {
        let group = self.groups.get_mut(run.group);
        let group = group.expect("the group of a remembered task is kept");
        let num = run.last.0 - run.first.0 + 1;
        totals.count(run.outcome, num);
        group
            .shares
            .remove(page, States::index(TaskState::Ended, run.outcome), num);
        if group.done && group.shares.count(States::ALL) == 0 {
            self.over.push(run.group);
        }
    }

    /// Forgets the groups that are over and have no tasks left.
    fn forget_groups(&mut self, now: Duration) -> Vec<G> {
        let groups = &self.groups;
        self.over
            .sort_by_key(|key| groups.get(*key).map(|group| group.created));
        let mut payloads = Vec::new();
        for key in std::mem::take(&mut self.over) {
            let Some(group) = self.groups.remove(key) else {
                continue;
            };
            payloads.push(group.payload);
            if group.named {
                self.tell(now, || EventKind::GroupForgotten { group: group.name });
            }
        }
        payloads
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
        let sweep = self.sweep(u32::MAX, 0, now);
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

/// Adds a run to what was forgotten before, of whatever group.
fn extend(runs: &mut Vec<(TaskId, TaskId)>, run: Run) {
    match runs.last_mut() {
        Some((_, last)) if last.0 + 1 == run.first.0 => *last = run.last,
        _ => runs.push((run.first, run.last)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Callbacks, NewGroup, Next};
    use super::*;
    use crate::pool::group::{GroupKey, Method};
    use crate::pool::table::PAGE;
    use crate::pool::{Outcome, PoolSize};

    const NOW: Duration = Duration::ZERO;

    /// A pool that has started this many tasks, of one group `g`.
    fn started(tasks: usize) -> Machine<(), GroupKey> {
        let mut machine = Machine::new("TaskPool", "x", PoolSize::Unlimited);
        let new = NewGroup {
            name: Some("g".into()),
            method: Method::Apply,
            func: "f".into(),
            num_concurrent: None,
            queued: Some(tasks),
        };
        machine.create_group(new, |_, key| key, NOW).unwrap();
        for left in (0..tasks).rev() {
            let ticket = machine.take(1).unwrap();
            machine
                .start(ticket.payload, (), &"".into(), Some(left), NOW)
                .unwrap();
        }
        machine
    }

    /// Ends all tasks but the first of each page.
    fn end_most(machine: &mut Machine<(), GroupKey>) {
        for id in (0..machine.table.next_id().0).filter(|id| id % PAGE as u64 != 0) {
            let (next, _) = machine.stop_one(TaskId(id), Outcome::Completed, Callbacks::default(), NOW);
            assert_eq!(next, Next::Nothing);
        }
    }

    #[test]
    fn a_step_of_a_flush_looks_through_so_many_pages_and_the_next_goes_on_there() {
        let pages = 2 * usize::try_from(PAGES_A_STEP).unwrap() + 1;
        let mut machine = started(pages * PAGE);
        end_most(&mut machine);
        let key = machine.begin_flush(None);
        let (mut from, mut forgotten) = (Some(0), Vec::new());
        while let Some(page) = from {
            let sweep = machine.flush_step(key, page, NOW);
            assert!(sweep.next.is_none_or(|next| next > page), "it goes forwards");
            forgotten.push(sweep.gathered.totals.completed);
            let remembered: Vec<TaskId> = machine.table.select(None, States::ALL, 0, usize::MAX);
            assert_eq!(machine.group_ids(["g"]), Ok(remembered), "also half-way");
            from = sweep.next;
        }
        let whole = PAGES_A_STEP * (PAGE as u64 - 1);
        assert_eq!(forgotten, [whole, whole, PAGE as u64 - 1]);
        assert_eq!(machine.num_running(), pages);
    }
}
