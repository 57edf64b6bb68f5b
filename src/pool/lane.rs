//! A lane: a runtime task that runs pool tasks, one after the other.
//!
//! When its task ends, the slot is free; if something is to start in it, this lane starts it in place. So
//! a busy pool spawns once per slot, not once per task, and the hand-over needs no wake-up.

use super::callback::CallbackFuture;
use super::machine::Next;
use super::shared::{Shared, Started, drop_quietly};
use super::task::{Cancel, TaskCell, with_current};
use super::{BoxError, Cancelled, Outcome, TaskId};
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How many tasks a lane runs before it lets other runtime tasks have the thread.
const IN_A_ROW: u32 = 64;

pub(super) struct Lane {
    shared: Arc<Shared>,
    work: Option<Work>,
}

enum Work {
    Task(Started),
    Callback(Calling),
}

/// A callback that runs for a task.
struct Calling {
    future: CallbackFuture,
    /// Always there but while the callback is polled.
    cell: Option<Arc<TaskCell>>,
    cancel: bool,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, started: Started) -> Self {
        Lane {
            shared,
            work: Some(Work::Task(started)),
        }
    }

    /// The task's future has stopped. What this lane does next.
    fn stopped(&self, started: Started, outcome: Outcome) -> Option<Work> {
        let Started { future, cell } = started;
        let cell = cell?;
        drop_quietly(future);
        log(&self.shared, cell.id(), &outcome);
        let (id, callbacks, now) = (cell.id(), cell.group.callbacks(), self.shared.now());
        let (next, handle, ticket) = self.shared.with(|machine| {
            let (next, handle) = machine.stopped(id, outcome, callbacks, now);
            let ticket = if next == Next::Nothing {
                machine.take()
            } else {
                None
            };
            (next, handle, ticket)
        });
        drop(handle);
        if next == Next::Nothing {
            return self.shared.begin(ticket?, Some(cell), now).map(Work::Task);
        }
        Self::callback(cell, next)
    }

    fn callback(cell: Arc<TaskCell>, next: Next) -> Option<Work> {
        let (callback, cancel) = match next {
            Next::CancelCallback => (&cell.group.cancel_callback, true),
            Next::EndCallback => (&cell.group.end_callback, false),
            Next::Nothing => return None,
        };
        let (callback, id) = (callback.clone()?, cell.id());
        // Calling it is part of it: a panic here is a panic of the callback.
        let future = Box::pin(async move { callback.call(id).await });
        Some(Work::Callback(Calling {
            future,
            cell: Some(cell),
            cancel,
        }))
    }

    fn callback_done(&self, calling: Calling, error: Option<Arc<str>>) -> Option<Work> {
        let Calling { future, cell, cancel } = calling;
        let cell = cell?;
        drop_quietly(future);
        let (id, now) = (cell.id(), self.shared.now());
        if let Some(text) = &error {
            tracing::error!(target: "pool::task", pool = %self.shared.name, task = %id, "a callback failed: {text}");
        }
        if cancel {
            let callbacks = cell.group.callbacks();
            let next = self
                .shared
                .with(|machine| machine.cancel_callback_done(id, error, callbacks, now));
            return Self::callback(cell, next);
        }
        self.shared
            .with(|machine| machine.end_callback_done(id, error, now));
        None
    }
}

impl Future for Lane {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..IN_A_ROW {
            let Some(mut work) = self.work.take() else {
                return Poll::Ready(());
            };
            let next = match &mut work {
                Work::Task(started) => poll_task(started, cx).map(Step::Stopped),
                Work::Callback(calling) => poll_callback(calling, cx).map(Step::Called),
            };
            let Poll::Ready(step) = next else {
                self.work = Some(work);
                return Poll::Pending;
            };
            self.work = match (work, step) {
                (Work::Task(started), Step::Stopped(outcome)) => self.stopped(started, outcome),
                (Work::Callback(calling), Step::Called(error)) => self.callback_done(calling, error),
                (Work::Task(_), Step::Called(_)) | (Work::Callback(_), Step::Stopped(_)) => None,
            };
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

enum Step {
    Stopped(Outcome),
    Called(Option<Arc<str>>),
}

fn poll_task(started: &mut Started, cx: &mut Context<'_>) -> Poll<Outcome> {
    if let Some(cancel) = started.cell.as_ref().and_then(|cell| cell.take_uncaught()) {
        return Poll::Ready(dropped(cancel));
    }
    let future = &mut started.future;
    let polled = with_current(&mut started.cell, || {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)))
    });
    match polled {
        Ok(Poll::Pending) => match started.cell.as_ref().and_then(|cell| cell.register(cx.waker())) {
            Some(cancel) => Poll::Ready(dropped(cancel)),
            None => Poll::Pending,
        },
        Ok(Poll::Ready(Ok(()))) => Poll::Ready(Outcome::Completed),
        Ok(Poll::Ready(Err(error))) => Poll::Ready(returned(error)),
        Err(panic) => Poll::Ready(Outcome::Panicked(panic_text(&*panic))),
    }
}

fn poll_callback(calling: &mut Calling, cx: &mut Context<'_>) -> Poll<Option<Arc<str>>> {
    let future = &mut calling.future;
    let polled = with_current(&mut calling.cell, || {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)))
    });
    match polled {
        Ok(poll) => poll.map(|result| Some(result.err()?.to_string().into())),
        Err(panic) => Poll::Ready(Some(panic_text(&*panic))),
    }
}

/// The outcome of a task whose future is dropped because of a cancel.
fn dropped(cancel: Cancel) -> Outcome {
    Outcome::Cancelled(Cancelled {
        message: cancel.message,
        forced: cancel.forced,
        detail: None,
    })
}

/// The outcome of a task that returned an error: its own, or the cancel that it caught.
fn returned(error: BoxError) -> Outcome {
    match error.downcast::<Cancelled>() {
        Ok(cancelled) => Outcome::Cancelled(*cancelled),
        Err(error) => Outcome::Failed(error.into()),
    }
}

fn log(shared: &Shared, id: TaskId, outcome: &Outcome) {
    match outcome {
        Outcome::Completed | Outcome::Cancelled(_) => {
            tracing::trace!(target: "pool::task", pool = %shared.name, task = %id, "{outcome}");
        }
        Outcome::Failed(_) => {
            tracing::warn!(target: "pool::task", pool = %shared.name, task = %id, "{outcome}");
        }
        Outcome::Panicked(_) => {
            tracing::error!(target: "pool::task", pool = %shared.name, task = %id, "{outcome}");
        }
    }
}

/// The message of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> Arc<str> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").into()
}
