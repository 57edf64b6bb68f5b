//! How a task leaves: running → (cancelled →) ended → settled, each exactly once.

use super::super::event::EventKind;
use super::super::{Outcome, TaskId, TaskState};
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
            }
            (slot.group, asked, cancelled, slot.handle.take())
        });
        let (key, asked, cancelled, handle) = left.expect("a running task is remembered");
        self.unsettled += 1;
        let group = self
            .groups
            .get_mut(key)
            .expect("the group of a remembered task is kept");
        group.cancelling -= usize::from(asked);
        if !cancelled {
            return (self.ended(id, callbacks, now), handle);
        }
        group.cancelled += 1;
        let name = group.name.clone();
        self.tell(now, || EventKind::TaskCancelled { id, group: name });
        if callbacks.cancel {
            return (Next::CancelCallback, handle);
        }
        (self.ended(id, callbacks, now), handle)
    }

    /// The cancel callback has returned.
    pub(crate) fn cancel_callback_done(
        &mut self,
        id: TaskId,
        panic: Option<Arc<str>>,
        callbacks: Callbacks,
        now: Duration,
    ) -> Next {
        self.tell(now, || EventKind::CallbackDone {
            id,
            cancel: true,
            panic,
        });
        self.table.update(id, |slot| slot.rare().settled = Some(now));
        self.ended(id, callbacks, now)
    }

    /// The end callback has returned.
    pub(crate) fn end_callback_done(&mut self, id: TaskId, panic: Option<Arc<str>>, now: Duration) {
        self.tell(now, || EventKind::CallbackDone {
            id,
            cancel: false,
            panic,
        });
        self.table.update(id, |slot| slot.rare().settled = Some(now));
        self.settle(id);
    }

    /// The task is over and its slot is free.
    fn ended(&mut self, id: TaskId, callbacks: Callbacks, now: Duration) -> Next {
        let over = self.table.update(id, |slot| {
            let was_cancelled = slot.state == TaskState::Cancelled;
            slot.end(now);
            (
                slot.group,
                slot.outcome,
                was_cancelled,
                now.saturating_sub(slot.started()),
            )
        });
        let (key, kind, was_cancelled, duration) = over.expect("a task that has not ended is remembered");
        self.totals.count(kind);
        let group = self
            .groups
            .get_mut(key)
            .expect("the group of a remembered task is kept");
        group.active -= 1;
        group.cancelled -= usize::from(was_cancelled);
        group.totals.count(kind);
        let name = group.name.clone();
        let table = &self.table;
        let outcome = || table.get(id).and_then(super::super::table::Slot::full_outcome);
        self.log.push(now, || EventKind::TaskEnded {
            id,
            group: name,
            outcome: outcome().unwrap_or(Outcome::Completed),
            duration,
        });
        self.effects.changed |= std::mem::take(&mut self.watched);
        let next = if callbacks.end {
            Next::EndCallback
        } else {
            Next::Nothing
        };
        if next == Next::Nothing {
            self.settle(id);
        }
        self.queue_up(key);
        self.admit();
        self.check_done(key, now);
        next
    }

    /// All of the task's callbacks have returned: it can be forgotten.
    fn settle(&mut self, id: TaskId) {
        let left = self.table.update(id, |slot| {
            slot.settled = true;
            slot.left
        });
        let left = left.expect("a task is remembered until it has settled");
        self.unsettled -= 1;
        for flush in self.flushes.iter_mut().filter(|flush| flush.waits_for(id, left)) {
            flush.waiting -= 1;
            self.effects.settled |= flush.waiting == 0;
        }
        self.effects.settled |= self.closers > 0 && self.is_idle();
    }
}
