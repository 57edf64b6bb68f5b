//! How a task leaves: running → (cancelled →) ended → settled, each exactly once.

use super::super::event::EventKind;
use super::super::group::GroupKey;
use super::super::table::{Moment, Task, TaskMut};
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
    /// comes back so that it is dropped outside of the lock. After several tasks of a group
    /// [`freed`](Self::freed) has to follow.
    pub(crate) fn stop_one(
        &mut self,
        id: TaskId,
        outcome: Outcome,
        callbacks: Callbacks,
        now: Duration,
    ) -> (Next, Option<T>) {
        let begun = self.begun;
        self.stopped = true;
        let stopped = self.change(id, |task| {
            let outcome = match outcome {
                Outcome::Cancelled(cancelled) if task.state() != TaskState::Cancelling => {
                    Outcome::Failed(Arc::new(cancelled))
                }
                Outcome::Completed | Outcome::Failed(_) | Outcome::Panicked(_) | Outcome::Cancelled(_) => {
                    outcome
                }
            };
            let kind = outcome.kind();
            let handle = task.stop(outcome, begun, now);
            if kind != OutcomeKind::Cancelled && !callbacks.end {
                task.settle(None);
            }
            (End::of(task, kind, now), handle)
        });
        let (key, (end, handle)) = stopped.expect("a running task is remembered");
        if end.outcome != OutcomeKind::Cancelled {
            self.unsettled += usize::from(callbacks.end);
            return (self.ended(id, key, end, callbacks, now), handle);
        }
        self.unsettled += 1;
        self.tell_of(key, now, |group| EventKind::TaskCancelled { id, group });
        if callbacks.cancel {
            return (Next::CancelCallback, handle);
        }
        (self.end_cancelled(id, callbacks, now).1, handle)
    }

    /// Tasks of this group have ended: somebody may use their slots.
    pub(crate) fn freed(&mut self, key: GroupKey, now: Duration) {
        self.queue_up(key);
        self.admit();
        self.check_done(key, now);
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
        self.change(id, |task| task.rare().settled = Moment::at(now));
        let (key, next) = self.end_cancelled(id, callbacks, now);
        self.freed(key, now);
        next
    }

    /// The end callback has returned.
    pub(crate) fn end_callback_done(&mut self, id: TaskId, error: Option<Arc<str>>, now: Duration) {
        self.callback_errors += u64::from(error.is_some());
        self.tell(now, || EventKind::CallbackDone {
            id,
            cancel: false,
            error,
        });
        let left = self.change(id, |task| {
            task.settle(Some(now));
            task.left()
        });
        let (_, left) = left.expect("a task is remembered until it has settled");
        self.settled(id, left);
    }

    /// A cancelled task is over.
    fn end_cancelled(&mut self, id: TaskId, callbacks: Callbacks, now: Duration) -> (GroupKey, Next) {
        let over = self.change(id, |task| {
            task.end(OutcomeKind::Cancelled, now);
            if !callbacks.end {
                task.settle(None);
            }
            (End::of(task, OutcomeKind::Cancelled, now), task.left())
        });
        let (key, (end, left)) = over.expect("a task that has not ended is remembered");
        if !callbacks.end {
            self.settled(id, left);
        }
        (key, self.ended(id, key, end, callbacks, now))
    }

    /// The task has ended: its slot is free, and the books say so.
    fn ended(&mut self, id: TaskId, key: GroupKey, end: End, callbacks: Callbacks, now: Duration) -> Next {
        self.totals.count(end.outcome, 1);
        self.held -= 1;
        let group = self.groups.get_mut(key);
        let group = group.expect("the group of a remembered task is kept");
        group.totals.count(end.outcome, 1);
        let table = &self.table;
        self.log.push(now, || EventKind::TaskEnded {
            id,
            group: group.name.clone(),
            outcome: table
                .get(id)
                .and_then(Task::outcome)
                .unwrap_or(Outcome::Completed),
            duration: end.duration,
        });
        self.effects.changed |= std::mem::take(&mut self.watched);
        if callbacks.end {
            Next::EndCallback
        } else {
            Next::Nothing
        }
    }

    /// All callbacks of a task that had some have returned: it can be forgotten.
    fn settled(&mut self, id: TaskId, left: u32) {
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
    outcome: OutcomeKind,
    duration: Duration,
}

impl End {
    fn of<T>(task: &TaskMut<'_, T>, outcome: OutcomeKind, now: Duration) -> Self {
        End {
            outcome,
            duration: now.saturating_sub(task.started()),
        }
    }
}
