//! The states of a task and the ways it can end.

use super::{BoxError, Cancelled, TaskId};
use std::sync::Arc;

/// Where a started task is in its life. A queued task has no ID yet and so no state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TaskState {
    /// It holds a slot and its future has not stopped.
    Running,
    /// Running, and asked to cancel.
    Cancelling,
    /// Its future stopped because of a cancel; its cancel callback has not returned yet.
    Cancelled,
    /// It is over and its slot is free; its end callback may still run.
    Ended,
}

/// How a task ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Its function returned, without an error.
    Completed,
    /// Its function returned this error.
    Failed(Arc<dyn std::error::Error + Send + Sync>),
    /// Its function panicked with this message.
    Panicked(Arc<str>),
    /// It was asked to cancel, and did.
    Cancelled(Cancelled),
}

/// [`Outcome`] without its details.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OutcomeKind {
    /// See [`Outcome::Completed`].
    Completed,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::Panicked`].
    Panicked,
    /// See [`Outcome::Cancelled`].
    Cancelled,
}

impl Outcome {
    /// Which way it ended.
    ///
    /// ```
    /// # use taskpool_tui::pool::{OutcomeKind, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.map(|n: u32| async move { assert!(n < 3, "{n} is too large") }, 0..4, 1, ()).unwrap();
    /// let (_, outcome) = &pool.close().await.failures[0];
    /// assert_eq!(outcome.kind(), OutcomeKind::Panicked);
    /// assert_eq!(outcome.to_string(), "panicked: 3 is too large");
    /// # }
    /// ```
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Outcome::Completed => OutcomeKind::Completed,
            Outcome::Failed(_) => OutcomeKind::Failed,
            Outcome::Panicked(_) => OutcomeKind::Panicked,
            Outcome::Cancelled(_) => OutcomeKind::Cancelled,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Completed => f.write_str("completed"),
            Outcome::Failed(error) => write!(f, "failed: {error}"),
            Outcome::Panicked(message) => write!(f, "panicked: {message}"),
            Outcome::Cancelled(cancelled) => cancelled.fmt(f),
        }
    }
}

/// How many tasks ended in which way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Totals {
    /// Tasks that completed.
    pub completed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
}

impl Totals {
    /// All of them, whichever way they ended.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # async fn check(n: u32) -> Result<(), &'static str> { if n == 3 { Err("too large") } else { Ok(()) } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.map(check, 0..5, 1, ()).unwrap(); // one of them fails
    /// let totals = pool.close().await.totals;
    /// assert_eq!((totals.completed, totals.failed, totals.sum()), (4, 1, 5));
    /// # }
    /// ```
    pub fn sum(&self) -> u64 {
        self.completed + self.failed + self.panicked + self.cancelled
    }

    pub(crate) fn count(&mut self, kind: OutcomeKind, num: u64) {
        match kind {
            OutcomeKind::Completed => self.completed += num,
            OutcomeKind::Failed => self.failed += num,
            OutcomeKind::Panicked => self.panicked += num,
            OutcomeKind::Cancelled => self.cancelled += num,
        }
    }
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.panicked += other.panicked;
        self.cancelled += other.cancelled;
    }
}

/// What `flush` and `gather_and_close` forgot.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// How many tasks, by outcome.
    pub totals: Totals,
    /// Every task that failed or panicked, in ID order.
    pub failures: Vec<(TaskId, Outcome)>,
}

impl Gathered {
    /// Turns failures into an error: the first task, in ID order, that failed or panicked.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskFailed, TaskPool, Totals};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn check(n: u32) -> Result<(), &'static str> {
    ///     if n < 3 { Ok(()) } else { Err("too large") }
    /// }
    ///
    /// async fn check_all() -> Result<Totals, TaskFailed> {
    ///     let pool = TaskPool::new(2);
    ///     pool.map(check, 0..5, 1, ()).unwrap();
    ///     pool.close().await.into_result()
    /// }
    /// let failed = check_all().await.unwrap_err();
    /// assert_eq!(failed.to_string(), "task 3 failed: too large"); // the first of two
    /// # }
    /// ```
    pub fn into_result(self) -> Result<Totals, TaskFailed> {
        match self.failures.into_iter().next() {
            None => Ok(self.totals),
            Some((id, outcome)) => Err(TaskFailed { id, outcome }),
        }
    }
}

/// The first failure among gathered tasks.
#[derive(thiserror::Error, Clone, Debug)]
#[error("task {id} {outcome}")]
pub struct TaskFailed {
    /// The task that failed or panicked.
    pub id: TaskId,
    /// How it ended.
    pub outcome: Outcome,
}

/// What a task's function may return: nothing, or a `Result` whose error becomes the task's failure.
#[diagnostic::on_unimplemented(
    message = "a task must return `()` or `Result<_, E>`, not `{Self}`",
    note = "for an endless task write an `async fn` that returns `()`"
)]
pub trait TaskOutput {
    /// The error, if it failed.
    ///
    /// ```
    /// # use taskpool_tui::pool::{BoxError, TaskOutput};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// /// Any task, with a word about its end.
    /// async fn told(name: &str, task: impl Future<Output: TaskOutput>) -> Result<(), BoxError> {
    ///     let result = task.await.into_result();
    ///     println!("{name} {}", if result.is_ok() { "is done" } else { "has failed" });
    ///     result
    /// }
    /// assert!(told("a", async {}).await.is_ok());
    /// assert!(told("b", async { Err::<u32, _>("no disk") }).await.is_err());
    /// # }
    /// ```
    fn into_result(self) -> Result<(), BoxError>;
}

impl TaskOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T, E: Into<BoxError>> TaskOutput for Result<T, E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map(drop).map_err(Into::into)
    }
}

/// A set of task states, the ended ones told apart by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct States(u8);

impl States {
    /// Every state.
    pub const ALL: States = States((1 << States::KINDS) - 1);
    /// No state.
    pub const NONE: States = States(0);
    pub(crate) const KINDS: usize = 7;
    /// Tasks whose future has not stopped.
    pub(crate) const REACHABLE: States = States(0b11);

    /// The tasks in this state, of whatever outcome. Running and cancelling ones are told apart here.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Query, States, TaskPool, TaskState};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(None);
    /// pool.map(|n| async move { if n > 1 { std::future::pending().await } }, 0..5, 5, ()).unwrap();
    /// while pool.num_ended() < 2 || pool.num_running() < 3 { tokio::task::yield_now().await }
    /// let running = Query { states: States::of(TaskState::Running), ..Query::default() };
    /// assert_eq!(pool.snapshot(&running).tasks_total, 3);
    /// # }
    /// ```
    pub const fn of(state: TaskState) -> States {
        match state {
            TaskState::Running => States(1),
            TaskState::Cancelling => States(1 << 1),
            TaskState::Cancelled => States(1 << 2),
            TaskState::Ended => States(0b111_1000),
        }
    }

    /// The tasks that ended in this way.
    ///
    /// ```
    /// # use taskpool_tui::pool::{OutcomeKind, Query, States, TaskPool};
    /// # async fn check(n: u32) -> Result<(), &'static str> { if n == 3 { Err("too large") } else { Ok(()) } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.map(check, 0..5, 1, ()).unwrap(); // 3 is too large
    /// while pool.num_ended() < 5 { tokio::task::yield_now().await }
    /// let failed = Query { states: States::ended(OutcomeKind::Failed), rows: 9, ..Query::default() };
    /// assert_eq!(&*pool.snapshot(&failed).tasks[0].args, "3");
    /// # }
    /// ```
    pub const fn ended(outcome: OutcomeKind) -> States {
        States(1 << (3 + outcome as u8))
    }

    /// The tasks of the one set and those of the other.
    ///
    /// ```
    /// # use taskpool_tui::pool::{OutcomeKind, States, TaskState};
    /// const BAD: States = States::ended(OutcomeKind::Failed).and(States::ended(OutcomeKind::Panicked));
    /// let over = BAD.and(States::ended(OutcomeKind::Completed)).and(States::ended(OutcomeKind::Cancelled));
    /// assert_eq!(over, States::of(TaskState::Ended));
    /// ```
    #[must_use]
    pub const fn and(self, other: States) -> States {
        States(self.0 | other.0)
    }

    pub(crate) fn index(state: TaskState, outcome: OutcomeKind) -> usize {
        match state {
            TaskState::Running => 0,
            TaskState::Cancelling => 1,
            TaskState::Cancelled => 2,
            TaskState::Ended => 3 + outcome as usize,
        }
    }

    pub(crate) fn state(index: usize) -> TaskState {
        match index {
            0 => TaskState::Running,
            1 => TaskState::Cancelling,
            2 => TaskState::Cancelled,
            _ => TaskState::Ended,
        }
    }

    /// The outcome of an ended task; of others it is meaningless.
    pub(crate) fn outcome(index: usize) -> OutcomeKind {
        match index {
            4 => OutcomeKind::Failed,
            5 => OutcomeKind::Panicked,
            6 => OutcomeKind::Cancelled,
            _ => OutcomeKind::Completed,
        }
    }

    pub(crate) fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    pub(crate) fn kinds(self) -> impl Iterator<Item = usize> {
        (0..Self::KINDS).filter(move |kind| self.has(*kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [OutcomeKind; 4] = [
        OutcomeKind::Completed,
        OutcomeKind::Failed,
        OutcomeKind::Panicked,
        OutcomeKind::Cancelled,
    ];
    const NOT_ENDED: [TaskState; 3] = [TaskState::Running, TaskState::Cancelling, TaskState::Cancelled];

    fn kinds(states: States) -> Vec<usize> {
        states.kinds().collect()
    }

    #[test]
    fn every_state_and_every_outcome_has_its_place_in_a_set() {
        let mut every = States::NONE;
        assert_eq!(kinds(every), [0_usize; 0]);
        for (place, state) in NOT_ENDED.into_iter().enumerate() {
            for outcome in OUTCOMES {
                assert_eq!(States::index(state, outcome), place);
            }
            assert_eq!(kinds(States::of(state)), [place]);
            every = every.and(States::of(state));
        }
        for (place, outcome) in OUTCOMES.into_iter().enumerate() {
            assert_eq!(States::index(TaskState::Ended, outcome), 3 + place);
            assert_eq!(kinds(States::ended(outcome)), [3 + place]);
            every = every.and(States::ended(outcome));
        }
        assert_eq!(kinds(States::of(TaskState::Ended)), [3, 4, 5, 6]);
        assert_eq!(every, States::ALL);
        assert_eq!(
            States::ALL.and(States::of(TaskState::Ended)),
            States::ALL,
            "both have it"
        );
    }

    #[test]
    fn totals_count_each_outcome_by_itself() {
        let mut totals = Totals::default();
        for (num, outcome) in (0..).zip(OUTCOMES) {
            totals.count(outcome, 1);
            totals.count(outcome, num);
        }
        let expected = Totals {
            completed: 1,
            failed: 2,
            panicked: 3,
            cancelled: 4,
        };
        assert_eq!((totals, totals.sum()), (expected, 10));
        totals += expected;
        assert_eq!(totals.sum(), 20);
        assert_eq!((totals.panicked, totals.cancelled), (6, 8));
    }
}
