//! A lane: a runtime task that runs pool tasks, one after the other.
//!
//! A lane is called when slots lie ready. It takes one, or several if tasks are quick, starts tasks in them
//! and polls each. Those that are over at once are booked together, and their slots are used again in
//! place; with a task that has to wait the lane stays, so that the runtime wakes that task alone. So a
//! busy pool spawns once per waiting task at most, and takes its locks once per batch of quick ones.

use super::callback::CallbackFuture;
use super::feed::GroupShared;
use super::machine::Next;
use super::pace::Term;
use super::shared::{Core, Shared, drop_quietly};
use super::source::TaskFuture;
use super::task::{Cancel, TaskCell, with_current};
use super::{BoxError, Cancelled, Outcome, TaskId};
use crate::sync::thread_local;
use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// How many tasks a lane polls, and for how long, before it lets other runtime tasks have the thread.
const IN_A_ROW: usize = 512;
const LONG: Duration = Duration::from_micros(100);

/// How many slots a lane takes at once at most. So many small futures lie in an allocator's nearest cache.
pub(super) const AT_ONCE: usize = 7;

pub(super) struct Lane {
    shared: Arc<Shared>,
    work: Work,
}

/// What a lane has to do when it is polled next.
enum Work {
    /// Take slots that lie ready.
    Called,
    /// The same, as the only lane that does.
    Drive(Term),
    Task(Started),
    Callback(Box<Calling>),
    Nothing,
}

/// A started task, with what its lane needs.
struct Started {
    future: TaskFuture,
    /// Always there but while the task is polled.
    cell: Option<Arc<TaskCell>>,
}

/// A callback that runs for a task.
struct Calling {
    future: CallbackFuture,
    /// Always there but while the callback is polled.
    cell: Option<Arc<TaskCell>>,
    cancel: bool,
}

/// A task that is over, and not booked yet.
struct Over {
    cell: Arc<TaskCell>,
    outcome: Outcome,
}

/// What a lane works with while it is polled. Tasks of one group at a time.
#[derive(Default)]
pub(super) struct Hand {
    /// Started tasks that were not polled yet.
    next: VecDeque<Started>,
    over: Vec<Over>,
    /// Cells of tasks of the same group that are booked, for its next ones.
    cells: Vec<Arc<TaskCell>>,
    /// When the tasks that it has were started, if they were started in this round.
    begun: Option<Duration>,
    /// When this round began.
    since: Option<Duration>,
}

thread_local! {
    /// An empty hand, for its buffers.
    static EMPTY: Cell<Hand> = Cell::default();
}

impl Hand {
    /// A cell for the next task of this group.
    pub(super) fn cell(&mut self, group: &Arc<GroupShared>) -> Arc<TaskCell> {
        let mut spare = self.cells.pop();
        match spare.as_mut().and_then(Arc::get_mut) {
            Some(cell) => cell.renew(),
            None => spare = None, // the task left somebody a handle to itself
        }
        spare.unwrap_or_else(|| TaskCell::new(group.clone()))
    }

    pub(super) fn put_back(&mut self, cell: Arc<TaskCell>) {
        self.cells.push(cell);
    }

    /// A task was started.
    pub(super) fn take(&mut self, future: TaskFuture, cell: Arc<TaskCell>) {
        let cell = Some(cell);
        self.next.push_back(Started { future, cell });
    }

    /// Drops the spare cells, unless they are good for this group.
    fn forget_cells(&mut self, but: Option<&Arc<GroupShared>>) {
        let of = |cell: &Arc<TaskCell>, group| Arc::ptr_eq(&cell.group, group);
        let good = self
            .cells
            .last()
            .zip(but)
            .is_some_and(|(cell, group)| of(cell, group));
        if !good && !self.cells.is_empty() {
            drop_quietly(self.cells.drain(..));
        }
    }

    /// Writes the tasks that are over into the books. Returns what is to be called for the task, if it was one
    /// with callbacks; of those there is one at a time.
    fn book(&mut self, machine: &mut Core, now: Duration) -> Next {
        let mut next = Next::Nothing;
        let group = self.over.last().map(|last| last.cell.group.key);
        for Over { cell, outcome } in self.over.drain(..) {
            let handle;
            (next, handle) = machine.stop_one(cell.id(), outcome, cell.group.callbacks(), now);
            drop(handle); // `cell` is another one, so nothing is freed under the lock
            self.cells.push(cell);
        }
        if let Some(key) = group {
            machine.freed(key, now);
        }
        next
    }
}

impl Lane {
    /// A lane that comes for slots that lie ready.
    pub(super) fn called(shared: Arc<Shared>) -> Self {
        let work = Work::Called;
        Lane { shared, work }
    }

    fn run(&mut self, hand: &mut Hand, cx: &mut Context<'_>) -> Poll<()> {
        let (mut left, mut term) = (IN_A_ROW, None);
        loop {
            match std::mem::replace(&mut self.work, Work::Nothing) {
                Work::Called => self.shared.answer(),
                Work::Drive(own) => term = Some(own),
                Work::Task(mut started) => {
                    left = left.saturating_sub(1);
                    let Poll::Ready(outcome) = poll_task(&mut started, cx) else {
                        self.work = Work::Task(started);
                        self.stay(hand, term);
                        return Poll::Pending;
                    };
                    self.stopped(started, outcome, hand);
                    continue;
                }
                Work::Callback(mut calling) => {
                    let Poll::Ready(error) = poll_callback(&mut calling, cx) else {
                        self.work = Work::Callback(calling);
                        return Poll::Pending;
                    };
                    self.work = self.called_back(*calling, error);
                    continue;
                }
                Work::Nothing => {}
            }
            if let Some(started) = hand.next.pop_front() {
                self.work = Work::Task(started);
                continue;
            }
            let now = self.shared.now();
            if left == 0 || now.saturating_sub(*hand.since.get_or_insert(now)) > LONG {
                return self.rest(hand, term, now, cx);
            }
            self.work = self.turn(hand, &mut term, now);
            if matches!(self.work, Work::Nothing) && hand.next.is_empty() {
                term.inspect(|term| self.shared.relieve(*term));
                return Poll::Ready(());
            }
        }
    }

    /// The task's future has stopped.
    fn stopped(&self, started: Started, outcome: Outcome, hand: &mut Hand) {
        let Started { future, cell } = started;
        drop_quietly(future);
        let Some(cell) = cell else { return };
        log(&self.shared, cell.id(), &outcome);
        hand.over.push(Over { cell, outcome });
    }

    /// Books the tasks that are over and starts others in their slots.
    fn turn(&self, hand: &mut Hand, term: &mut Option<Term>, now: Duration) -> Work {
        let pace = &self.shared.pace;
        if let Some(begun) = hand.begun.replace(now)
            && !hand.over.is_empty()
        {
            pace.ran(hand.over.len(), now.saturating_sub(begun));
        }
        let takes = pace.may_take(&self.shared, term);
        let (next, ticket) = self.shared.with(|machine| {
            let next = hand.book(machine, now);
            let ticket = if takes && next == Next::Nothing {
                machine.take(AT_ONCE)
            } else {
                None
            };
            (next, ticket)
        });
        if next != Next::Nothing {
            return Self::callback(hand.cells.pop(), next);
        }
        if let Some(ticket) = ticket {
            let (group, slots) = (ticket.payload, ticket.slots);
            hand.forget_cells(Some(&group));
            group.fill(&self.shared, slots, hand, now);
            // Callbacks are for one task at a time.
            let keep = if group.has_callbacks() { 1 } else { pace.at_once() };
            self.share(hand, keep);
        }
        Work::Nothing
    }

    /// The lane stays with a task that has to wait; others care for what else it has.
    fn stay(&self, hand: &mut Hand, term: Option<Term>) {
        self.shared.pace.waits();
        term.inspect(|term| self.shared.relieve(*term));
        self.share(hand, 0);
        if !hand.over.is_empty() {
            let now = self.shared.now();
            self.shared.with(|machine| hand.book(machine, now));
        }
    }

    /// Gives all started tasks but this many to lanes of their own.
    fn share(&self, hand: &mut Hand, keep: usize) {
        if hand.next.len() <= keep {
            return;
        }
        for started in hand.next.drain(keep..) {
            let (shared, work) = (self.shared.clone(), Work::Task(started));
            self.shared.spawn(Box::new(Lane { shared, work }));
        }
    }

    /// Lets others have the thread for a while.
    fn rest(&mut self, hand: &mut Hand, term: Option<Term>, now: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let (next, mut effects) = self.shared.transition(|machine| hand.book(machine, now));
        let ready = std::mem::take(&mut effects.ready);
        self.shared.carry_out(effects);
        self.work = match term {
            _ if next != Next::Nothing => Self::callback(hand.cells.pop(), next),
            Some(term) if ready => Work::Drive(term),
            _ if ready && !self.shared.pace.is_driven() && self.shared.call() => Work::Called,
            _ => Work::Nothing,
        };
        if let Some(term) = term
            && !matches!(self.work, Work::Drive(_))
        {
            self.shared.relieve(term);
        }
        if matches!(self.work, Work::Nothing) {
            return Poll::Ready(()); // if slots lie ready, another lane comes for them
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn callback(cell: Option<Arc<TaskCell>>, next: Next) -> Work {
        let Some(cell) = cell else {
            return Work::Nothing;
        };
        let (callback, cancel) = match next {
            Next::CancelCallback => (&cell.group.cancel_callback, true),
            Next::EndCallback => (&cell.group.end_callback, false),
            Next::Nothing => return Work::Nothing,
        };
        let (Some(callback), id) = (callback.clone(), cell.id()) else {
            return Work::Nothing;
        };
        cell.close();
        // Calling it is part of it: a panic here is a panic of the callback.
        let future = Box::pin(async move { callback.call(id).await });
        Work::Callback(Box::new(Calling {
            future,
            cell: Some(cell),
            cancel,
        }))
    }

    fn called_back(&self, calling: Calling, error: Option<Arc<str>>) -> Work {
        let Calling { future, cell, cancel } = calling;
        drop_quietly(future);
        let Some(cell) = cell else {
            return Work::Nothing;
        };
        let (id, now) = (cell.id(), self.shared.now());
        if let Some(text) = &error {
            tracing::error!(target: "pool::task", pool = %self.shared.name, task = %id, "a callback failed: {text}");
        }
        if cancel {
            let callbacks = cell.group.callbacks();
            let next = self
                .shared
                .with(|machine| machine.cancel_callback_done(id, error, callbacks, now));
            return Self::callback(Some(cell), next);
        }
        self.shared
            .with(|machine| machine.end_callback_done(id, error, now));
        Work::Nothing
    }
}

impl Future for Lane {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut hand = EMPTY.take();
        let polled = self.run(&mut hand, cx);
        hand.forget_cells(None);
        (hand.begun, hand.since) = (None, None);
        EMPTY.set(hand);
        polled
    }
}

fn poll_task(started: &mut Started, cx: &mut Context<'_>) -> Poll<Outcome> {
    if let Some(cancel) = started.cell.as_ref().and_then(|cell| cell.take_uncaught()) {
        return Poll::Ready(dropped(&cancel));
    }
    let future = &mut started.future;
    let polled = with_current(&mut started.cell, || {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)))
    });
    match polled {
        Ok(Poll::Pending) => match started.cell.as_ref().and_then(|cell| cell.register(cx.waker())) {
            Some(cancel) => Poll::Ready(dropped(&cancel)),
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
fn dropped(cancel: &Cancel) -> Outcome {
    Outcome::Cancelled(Cancelled {
        message: cancel.message.clone(),
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
