//! A lane: a runtime task that runs pool tasks, one after the other.
//!
//! A lane is called when slots lie ready. It starts tasks in them, one for itself and the others for lanes of their
//! own, and polls its task. If that is over at once, its slot is used again in place; with a task that
//! has to wait the lane stays, so that the runtime wakes that task alone. So a busy pool spawns once per
//! slot at most, not once per task. Tiny tasks are polled and booked several at a time (see `pace`).

use super::callback::CallbackFuture;
use super::feed::GroupShared;
use super::machine::Next;
use super::pace::{self, Found, Streak, Term};
use super::shared::{Core, Shared, drop_quietly};
use super::source::TaskFuture;
use super::task::{Cancel, TaskCell, with_current};
use super::{BoxError, Cancelled, Outcome, TaskId};
use crate::sync::{thread_local, yield_now};
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
const IN_A_ROW: usize = 2048;
const LONG: Duration = Duration::from_micros(250);

/// How many slots a lane takes at once at most. So many small futures lie in an allocator's nearest cache.
const AT_ONCE: usize = 7;

pub(super) struct Lane {
    shared: Arc<Shared>,
    work: Work,
}

/// What a lane has to do when it is polled next.
enum Work {
    /// Take slots that lie ready.
    Called,
    /// The same, as the only lane that does; unless the term was taken away meanwhile.
    Drive(Term),
    Task(Started),
    Callback(Box<Calling>),
    Nothing,
}

/// A started task, with what its lane needs.
pub(super) struct Started {
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
pub(super) struct Over {
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
    /// When the tasks that it has were started, if they were started in this poll.
    begun: Option<Duration>,
    /// When the lane was polled.
    since: Option<Duration>,
    streak: Streak,
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

    /// `term` is the lane's if it drives.
    fn run(&mut self, hand: &mut Hand, term: &mut Option<Term>, cx: &mut Context<'_>) -> Poll<()> {
        let (mut left, mut most) = (IN_A_ROW, 1);
        loop {
            match std::mem::replace(&mut self.work, Work::Nothing) {
                Work::Called => {
                    self.shared.answer();
                    most = AT_ONCE;
                }
                Work::Drive(own) => *term = Some(own),
                Work::Task(mut started) => {
                    left = left.saturating_sub(1);
                    let Poll::Ready(outcome) = poll_task(&mut started, cx) else {
                        self.work = Work::Task(started);
                        return Poll::Pending;
                    };
                    self.stopped(started, outcome, hand);
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
            if let Some(started) = self.next(hand, term) {
                self.work = Work::Task(started);
                continue;
            }
            let now = self.shared.now();
            if left == 0 || now.saturating_sub(*hand.since.get_or_insert(now)) > LONG {
                return self.rest(hand, term, now, cx);
            }
            self.work = self.turn(hand, term, most, now);
            most = 1;
            if let Work::Nothing = self.work {
                let Some(started) = self.next(hand, term) else {
                    return Poll::Ready(());
                };
                self.work = Work::Task(started);
            }
        }
    }

    /// The next of the lane's tasks that were not polled yet.
    fn next(&self, hand: &mut Hand, term: &mut Option<Term>) -> Option<Started> {
        if let Some(own) = *term {
            match self.shared.pace.next(own, &mut hand.over) {
                Found::Task(started) => return Some(started),
                Found::End => {}
                Found::Nothing => *term = None,
            }
        }
        hand.next.pop_front()
    }

    /// The task's future has stopped.
    fn stopped(&self, started: Started, outcome: Outcome, hand: &mut Hand) {
        let Started { future, cell } = started;
        drop_quietly(future);
        let Some(cell) = cell else { return };
        log(&self.shared, cell.id(), &outcome);
        hand.over.push(Over { cell, outcome });
    }

    /// Books the tasks that are over and starts others, up to `most` or as many as a driving lane has at once.
    fn turn(&self, hand: &mut Hand, term: &mut Option<Term>, most: usize, now: Duration) -> Work {
        self.decide(hand, term, now);
        let takes = term.is_some() || !self.shared.pace.is_driven();
        let most = if term.is_some() { AT_ONCE } else { most };
        let (next, ticket) = self.shared.with(|machine| {
            let next = hand.book(machine, now);
            let ticket = if takes && next == Next::Nothing {
                machine.take(most)
            } else {
                None
            };
            (next, ticket)
        });
        if next != Next::Nothing {
            return Self::callback(hand.cells.pop(), next);
        }
        let Some(ticket) = ticket else {
            return Work::Nothing;
        };
        let (group, slots) = (ticket.payload, ticket.slots);
        hand.forget_cells(Some(&group));
        group.fill(&self.shared, slots, hand, now, term.is_some());
        // Callbacks are for one task at a time. A task that is not tiny has a lane of its own.
        let laid_out = |own| !group.has_callbacks() && self.shared.pace.lay_out(own, &mut hand.next);
        if !term.is_some_and(laid_out) {
            share(&self.shared, &mut hand.next, 1);
        }
        Work::Nothing
    }

    /// Whether the lane drives from now on, after the tasks that it has run.
    fn decide(&self, hand: &mut Hand, term: &mut Option<Term>, now: Duration) {
        let Some(begun) = hand.begun.replace(now) else {
            return;
        };
        let (tasks, took) = (hand.over.len(), now.saturating_sub(begun));
        let pace = &self.shared.pace;
        if term.is_none() {
            if hand.streak.add(tasks, took) && !pace.is_driven() {
                *term = pace.drive(&self.shared);
            }
        } else if tasks > 0 && !pace::are_tiny(tasks, took) {
            self.leave(hand, term);
        }
    }

    /// The lane does not drive any more.
    fn leave(&self, hand: &mut Hand, term: &mut Option<Term>) {
        if let Some(own) = term.take()
            && let Some((next, over)) = self.shared.pace.step_down(own)
        {
            hand.next.extend(next);
            share(&self.shared, &mut hand.next, 0);
            // What the lane has in its hand is booked in its turn: there may be a callback to run for it.
            let own = std::mem::replace(&mut hand.over, over);
            // Those who left something ready before now relied on this lane.
            let now = self.shared.now();
            let next = self.shared.with(|machine| hand.book(machine, now));
            debug_assert!(next == Next::Nothing, "a batch has no callbacks");
            hand.over = own;
        }
    }

    /// Lets others have the thread for a while.
    fn rest(
        &mut self,
        hand: &mut Hand,
        term: &mut Option<Term>,
        now: Duration,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let (next, mut effects) = self.shared.transition(|machine| hand.book(machine, now));
        if next == Next::Nothing {
            let ready = std::mem::take(&mut effects.ready);
            self.work = match *term {
                Some(own) if ready => Work::Drive(own),
                None if ready && !self.shared.pace.is_driven() && self.shared.call() => Work::Called,
                _ => Work::Nothing,
            };
        } else {
            self.work = Self::callback(hand.cells.pop(), next);
        }
        self.shared.carry_out(effects);
        if matches!(self.work, Work::Nothing) {
            return Poll::Ready(()); // if slots lie ready, another lane comes for them
        }
        // A waker would have the runtime call another thread for this one task.
        let _ = std::pin::pin!(yield_now()).poll(cx);
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
        let Some(callback) = callback.clone() else {
            return Work::Nothing;
        };
        let id = cell.id();
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
        let (mut hand, mut term) = (EMPTY.take(), None);
        let polled = self.run(&mut hand, &mut term, cx);
        if !matches!(self.work, Work::Drive(_)) {
            self.leave(&mut hand, &mut term);
        }
        debug_assert!(hand.over.is_empty(), "all that is over is booked");
        hand.forget_cells(None);
        (hand.begun, hand.since, hand.streak) = (None, None, Streak::default());
        EMPTY.set(hand);
        polled
    }
}

/// Takes over from a lane that does not come back: what lies before it is for others.
pub(super) fn take_over(shared: &Arc<Shared>, term: Term) {
    let (shared, work) = (shared.clone(), Work::Nothing);
    Lane { shared, work }.leave(&mut Hand::default(), &mut Some(term));
}

/// Gives all started tasks but this many to lanes of their own.
fn share(shared: &Arc<Shared>, next: &mut VecDeque<Started>, keep: usize) {
    let others = next.drain(keep.min(next.len())..);
    shared.spawn_lanes(others.map(|started| {
        let (shared, work) = (shared.clone(), Work::Task(started));
        Lane { shared, work }
    }));
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
