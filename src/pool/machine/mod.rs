//! The state machine of a pool: every rule of what may start, stop, end and be forgotten.
//!
//! It is synchronous and knows no clock (calls take `now`), no runtime, no lock and no user code. What it
//! cannot do itself it leaves in its [`Effects`] for the shell to do after the lock is released. One call is
//! one transition; between calls all invariants hold ([`Machine::check`]).
//!
//! `T` reaches a running task, `G` makes the tasks of a group; the machine only hands them around.

mod admit;
mod cancel;
#[cfg(test)]
mod explore;
mod finish;
mod gather;
mod look;

pub(crate) use admit::{NewGroup, Refusal};
pub(crate) use cancel::{Ask, Asked, Reach};
pub(crate) use finish::{Callbacks, Next};
pub(crate) use gather::{Closing, FlushKey};

use super::event::{EventKind, EventLog};
use super::group::{GroupKey, Groups};
use super::table::{Table, TaskMut, page};
use super::{Gathered, GroupName, PoolError, PoolSize, States, TaskId, TaskState, Totals};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The state of a pool.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Machine<T, G> {
    /// The pool as it prints, `TaskPool-x`.
    label: Arc<str>,
    /// Its name alone; task names are made of it.
    name: Arc<str>,
    size: PoolSize,
    locked: bool,
    paused: bool,
    closed: bool,
    /// Who waits for the close.
    closers: usize,
    table: Table<T>,
    groups: Groups<G>,
    /// The groups that could use a slot, in the order in which they began to wait.
    line: VecDeque<GroupKey>,
    /// Slots given away that nobody works on yet; each entry is one ticket of that group.
    ready: VecDeque<GroupKey>,
    /// Slots that tasks hold: those of running and of cancelled ones.
    held: usize,
    /// All tickets: those in `ready` and those that somebody works on.
    tickets: usize,
    /// Tasks that groups are known to have left to start.
    queued: u128,
    /// Groups that have nobody knows how many left to start.
    unknown: usize,
    /// Groups that are not over.
    open_groups: usize,
    /// Tasks that are cancelled or ended and whose callbacks have not all returned.
    unsettled: usize,
    totals: Totals,
    never_started: u64,
    never_started_more: bool,
    skipped: u64,
    input_errors: u64,
    callback_errors: u64,
    flushes: Vec<gather::Flush>,
    /// How many flushes have begun that a task stopped before.
    begun: u32,
    /// A task has stopped since.
    stopped: bool,
    /// Groups that are over and have no task left that is remembered.
    over: Vec<GroupKey>,
    next_flush: u64,
    /// What the close found, for those who still wait for it.
    found: Option<Gathered>,
    log: EventLog,
    effects: Effects,
    /// Somebody wants to be told of the next change.
    watched: bool,
}

/// What the shell has to do after a transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Effects {
    /// Tickets lie in `ready`: somebody has to take them.
    pub(crate) ready: bool,
    /// Whoever watches the pool has to look again.
    pub(crate) changed: bool,
    /// Whoever waits for a flush or the close has to look again.
    pub(crate) settled: bool,
}

impl<T, G> Machine<T, G> {
    pub(crate) fn new(kind: &str, name: &str, size: PoolSize) -> Self {
        Machine {
            label: format!("{kind}-{name}").into(),
            name: name.into(),
            size,
            locked: false,
            paused: false,
            closed: false,
            closers: 0,
            table: Table::default(),
            groups: Groups::default(),
            line: VecDeque::new(),
            ready: VecDeque::new(),
            held: 0,
            tickets: 0,
            queued: 0,
            unknown: 0,
            open_groups: 0,
            unsettled: 0,
            totals: Totals::default(),
            never_started: 0,
            never_started_more: false,
            skipped: 0,
            input_errors: 0,
            callback_errors: 0,
            flushes: Vec::new(),
            begun: 0,
            stopped: false,
            over: Vec::new(),
            next_flush: 0,
            found: None,
            log: EventLog::default(),
            effects: Effects::default(),
            watched: false,
        }
    }

    /// What is to be done now; asked once after each transition.
    pub(crate) fn take_effects(&mut self) -> Effects {
        #[cfg(debug_assertions)]
        self.check();
        self.effects.ready = !self.ready.is_empty();
        std::mem::take(&mut self.effects)
    }

    fn tell(&mut self, now: Duration, kind: impl FnOnce() -> EventKind) {
        self.log.push(now, kind);
        self.effects.changed |= std::mem::take(&mut self.watched);
    }

    /// The same for an event of a group, whose name is looked up only if somebody reads.
    fn tell_of(&mut self, key: GroupKey, now: Duration, kind: impl FnOnce(GroupName) -> EventKind) {
        let groups = &self.groups;
        self.log.push(now, || {
            let group = groups
                .get(key)
                .expect("a group that something happens to is kept");
            kind(group.name.clone())
        });
        self.effects.changed |= std::mem::take(&mut self.watched);
    }

    pub(crate) fn events(&mut self) -> &mut EventLog {
        &mut self.log
    }

    /// Whether anything has changed since; if not, the next change is told.
    pub(crate) fn changed_since(&mut self, version: u64) -> Option<u64> {
        if self.log.seq() > version {
            return Some(self.log.seq());
        }
        self.watched = true;
        None
    }

    pub(crate) fn label(&self) -> &Arc<str> {
        &self.label
    }

    pub(crate) fn size(&self) -> PoolSize {
        self.size
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Tasks that run, cancelling ones included.
    pub(crate) fn num_running(&self) -> usize {
        self.table
            .count(States::of(TaskState::Running).and(States::of(TaskState::Cancelling)))
    }

    pub(crate) fn num_cancelled(&self) -> usize {
        self.table.count(States::of(TaskState::Cancelled))
    }

    pub(crate) fn num_ended(&self) -> usize {
        self.table.count(States::of(TaskState::Ended))
    }

    pub(crate) fn is_full(&self) -> bool {
        self.size.room(self.held) == 0
    }

    pub(crate) fn set_size(&mut self, size: PoolSize, now: Duration) {
        if size == self.size {
            return;
        }
        self.size = size;
        self.tell(now, || EventKind::Resized { size });
        // Slots that are given away but not used yet go back first; tasks that run are left alone.
        while self
            .size
            .limit()
            .is_some_and(|size| self.held + self.tickets > size)
            && self.revoke_newest()
        {}
        self.admit();
    }

    pub(crate) fn lock(&mut self, now: Duration) {
        if !std::mem::replace(&mut self.locked, true) {
            self.tell(now, || EventKind::Locked);
        }
    }

    pub(crate) fn unlock(&mut self, now: Duration) -> Result<(), PoolError> {
        if self.closed {
            return Err(PoolError::PoolIsClosed {
                pool: self.label.clone(),
            });
        }
        if self.closers > 0 {
            return Err(PoolError::PoolIsClosing {
                pool: self.label.clone(),
            });
        }
        if std::mem::replace(&mut self.locked, false) {
            self.tell(now, || EventKind::Unlocked);
        }
        Ok(())
    }

    pub(crate) fn pause(&mut self, now: Duration) {
        if !std::mem::replace(&mut self.paused, true) {
            self.tell(now, || EventKind::Paused);
            while self.revoke_newest() {}
        }
    }

    pub(crate) fn resume(&mut self, now: Duration) {
        if std::mem::replace(&mut self.paused, false) {
            self.tell(now, || EventKind::Resumed);
            self.admit();
        }
    }

    /// Changes a task, and the counts of its group.
    fn change<R>(
        &mut self,
        id: TaskId,
        change: impl FnOnce(&mut TaskMut<'_, T>) -> R,
    ) -> Option<(GroupKey, R)> {
        let change = self.table.update(id, change)?;
        if change.before != change.after {
            let group = self.groups.get_mut(change.group);
            let group = group.expect("the group of a remembered task is kept");
            group.shares.moved(page(id), change.before, change.after);
        }
        Some((change.group, change.result))
    }

    fn task_name(&self, id: TaskId) -> Arc<str> {
        format!("{}_Task-{id}", self.name).into()
    }

    /// Panics if an invariant does not hold. Costs no more than a few sums, so that debug builds can
    /// call it after every transition.
    #[cfg(debug_assertions)]
    pub(crate) fn check(&self) {
        assert!(
            self.held == self.num_running() + self.num_cancelled(),
            "the held slots are those of tasks"
        );
        assert!(
            self.ready.len() <= self.tickets,
            "a ticket in `ready` is a ticket"
        );
        assert!(
            !self.paused || self.ready.is_empty(),
            "while paused no slot is given away"
        );
        assert!(
            !self.closed || self.held + self.tickets + self.unsettled == 0,
            "closed means empty"
        );
        if let Some(size) = self.size.limit()
            && self.tickets > 0
        {
            let reserved = self.held + self.ready.len();
            assert!(
                self.ready.is_empty() || reserved <= size,
                "no more slots given away than there are"
            );
        }
        let room = self.size.room(self.held + self.tickets);
        let idle = !self.paused && !self.closed && room > 0 && self.ready.len() < admit::AT_ONCE;
        assert!(
            !idle || self.line.is_empty(),
            "no slot is free while something waits for one"
        );
    }
}
