//! How a task leaves: running → (cancelled →) ended → settled, each exactly once.

use super::super::event::EventKind;
use super::super::group::GroupKey;
use super::super::table::Slot;
use super::super::{Outcome, OutcomeKind, TaskId, TaskState};
use super::Machine;
use std::sync::Arc;
use std::time::Duration;

/// Which callbacks a task's group has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Callbacks {
    pub(crate) cancel: bool,
    pub(crate) end: bool,
}

/// What the shell has to run next for a task that stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    CancelCallback,
    EndCallback,
    Nothing,
}

impl<T, G> Machine<T, G> {
    /// The task's future has stopped. Only a task that was asked to cancel counts as cancelled. The handle
    /// comes back so that it is dropped outside of the lock.
    pub(crate) fn stopped(
        &mut self,
        id: TaskId,
        outcome: Outcome,
        callbacks: Callbacks,
        now: Duration,
    ) -> (Next, Option<T>) {
        let seq = self.log.seq();
        let left = self.table.update(id, |slot| {
            let asked = slot.state == TaskState::Cancelling;
            let outcome = match outcome {
                Outcome::Cancelled(cancelled) if !asked => Outcome::Failed(Arc::new(cancelled)),
                Outcome::Completed | Outcome::Failed(_) | Outcome::Panicked(_) | Outcome::Cancelled(_) => {
                    outcome
                }
            };
            slot.left = seq;
            slot.outcome = outcome.kind();
            let cancelled = matches!(outcome, Outcome::Cancelled(_));
            if !matches!(outcome, Outcome::Completed) {
                slot.rare().outcome = Some(outcome);
            }
            if cancelled {
                slot.state = TaskState::Cancelled;
                slot.rare().cancelled = Some(now);
            } else {
                slot.end(now);
                slot.settled = !callbacks.end;
            }
            (End::of(slot, now), asked, cancelled, slot.handle.take())
        });
        let (end, asked, cancelled, handle) = left.expect("a running task is remembered");
        let group = self
            .groups
            .get_mut(end.group)
            .expect("the group of a remembered task is kept");
        group.cancelling -= usize::from(asked);
        if !cancelled {
            self.unsettled += usize::from(callbacks.end);
            return (self.ended(id, end, callbacks, now), handle);
        }
        group.cancelled += 1;
        self.unsettled += 1;
        self.tell_of(end.group, now, |group| EventKind::TaskCancelled { id, group });
        if callbacks.cancel {
            return (Next::CancelCallback, handle);
        }
        (self.end_cancelled(id, callbacks, now), handle)
    }

    /// The cancel callback has returned.
    pub(crate) fn cancel_callback_done(
        &mut self,
        id: TaskId,
        error: Option<Arc<str>>,
        callbacks: Callbacks,
        now: Duration,
    ) -> Next {
        self.callback_errors += u64::from(error.is_some());
        self.tell(now, || EventKind::CallbackDone {
            id,
            cancel: true,
            error,
        });
        self.table.update(id, |slot| slot.rare().settled = Some(now));
        self.end_cancelled(id, callbacks, now)
    }

    /// The end callback has returned.
    pub(crate) fn end_callback_done(&mut self, id: TaskId, error: Option<Arc<str>>, now: Duration) {
        self.callback_errors += u64::from(error.is_some());
        self.tell(now, || EventKind::CallbackDone {
            id,
            cancel: false,
            error,
        });
        let left = self.table.update(id, |slot| {
            slot.rare().settled = Some(now);
            slot.settled = true;
            slot.left
        });
        self.settled(id, left.expect("a task is remembered until it has settled"));
    }

    /// A cancelled task is over.
    fn end_cancelled(&mut self, id: TaskId, callbacks: Callbacks, now: Duration) -> Next {
        let over = self.table.update(id, |slot| {
            slot.end(now);
            slot.settled = !callbacks.end;
            (End::of(slot, now), slot.left)
        });
        let (end, left) = over.expect("a task that has not ended is remembered");
        if let Some(group) = self.groups.get_mut(end.group) {
            group.cancelled -= 1;
        }
        if !callbacks.end {
            self.settled(id, left);
        }
        self.ended(id, end, callbacks, now)
    }

    /// The task has ended: its slot is free, and the books say so.
    fn ended(&mut self, id: TaskId, end: End, callbacks: Callbacks, now: Duration) -> Next {
        self.totals.count(end.outcome);
        self.held -= 1;
        let group = self
            .groups
            .get_mut(end.group)
            .expect("the group of a remembered task is kept");
        group.active -= 1;
        group.totals.count(end.outcome);
        let table = &self.table;
        self.log.push(now, || EventKind::TaskEnded {
            id,
            group: group.name.clone(),
            outcome: table
                .get(id)
                .and_then(Slot::full_outcome)
                .unwrap_or(Outcome::Completed),
            duration: end.duration,
        });
        self.effects.changed |= std::mem::take(&mut self.watched);
        self.queue_up(end.group);
        self.admit();
        self.check_done(end.group, now);
        if callbacks.end {
            Next::EndCallback
        } else {
            Next::Nothing
        }
    }

    /// All callbacks of a task that had some have returned: it can be forgotten.
    fn settled(&mut self, id: TaskId, left: u64) {
        self.unsettled -= 1;
        for flush in self.flushes.iter_mut().filter(|flush| flush.waits_for(id, left)) {
            flush.waiting -= 1;
            self.effects.settled |= flush.waiting == 0;
        }
        self.effects.settled |= self.closers > 0 && self.is_idle();
    }
}

/// What the books need to know of a task that has left.
#[derive(Clone, Copy)]
struct End {
    group: GroupKey,
    outcome: OutcomeKind,
    duration: Duration,
}

impl End {
    fn of<T>(slot: &Slot<T>, now: Duration) -> Self {
        End {
            group: slot.group,
            outcome: slot.outcome,
            duration: now.saturating_sub(slot.started()),
        }
    }
}
