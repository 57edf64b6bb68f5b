//! What a pool shows of itself: plain values, all of one moment.

use super::group::Method;
use super::{GroupName, Outcome, PoolSize, States, TaskId, TaskState, Totals};
use std::sync::Arc;
use std::time::Duration;

/// The counts of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stats {
    /// The most tasks that hold a slot at once.
    pub size: PoolSize,
    /// It takes no new groups.
    pub locked: bool,
    /// Nothing starts.
    pub paused: bool,
    /// Somebody waits for its close.
    pub closing: bool,
    /// It is closed.
    pub closed: bool,
    /// Tasks running, cancelling ones included.
    pub running: usize,
    /// Tasks running that were asked to cancel.
    pub cancelling: usize,
    /// Tasks whose cancel callback runs.
    pub cancelled: usize,
    /// Tasks that ended and are not forgotten.
    pub ended: usize,
    /// Tasks known to be left to start.
    pub queued: usize,
    /// A group with an iterator of unknown length may have more to start.
    pub queued_more: bool,
    /// Tasks that ended, ever: a flush does not reset this.
    pub totals: Totals,
    /// Tasks that were queued as their group was cancelled, and so never started, ever.
    pub never_started: u64,
    /// There were more of them than is known: a group with an iterator of unknown length was cancelled.
    pub never_started_more: bool,
    /// Elements that no task could be made of, ever.
    pub skipped: u64,
    /// Groups whose argument iterator failed, ever.
    pub input_errors: u64,
    /// Callbacks that failed or panicked, ever.
    pub callback_errors: u64,
    /// Tasks whose callbacks run now.
    pub callbacks: usize,
    /// Groups that the pool knows.
    pub groups: usize,
    /// Counts the changes of the pool; see [`changed`](super::BaseTaskPool::changed).
    pub version: u64,
}

/// What a snapshot should show beside the counts.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Which groups: the index of the first, in the order of their creation, and how many.
    pub groups: (usize, usize),
    /// Only tasks of this group. One that the pool does not know has none.
    pub group: Option<&'a str>,
    /// Only tasks in these states.
    pub states: States,
    /// Only these tasks, in ID order, instead of those of a group.
    pub ids: Option<&'a [TaskId]>,
    /// Which of the chosen tasks, in ID order.
    pub at: At,
    /// How many of them.
    pub rows: usize,
}

impl Default for Query<'_> {
    /// Only the counts.
    fn default() -> Self {
        Query {
            groups: (0, 0),
            group: None,
            states: States::ALL,
            ids: None,
            at: At::First(0),
            rows: 0,
        }
    }
}

/// Where a window on the chosen tasks lies. It is moved back where fewer rows than wanted would follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// From this row on.
    First(usize),
    /// The last rows.
    End,
    /// So that this task, or its next neighbour, is in this row of the window.
    Task(TaskId, usize),
}

/// Counts, groups and tasks of one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When: since the pool was created.
    pub time: Duration,
    /// The counts.
    pub stats: Stats,
    /// The groups that were asked for.
    pub groups: Vec<GroupInfo>,
    /// How many tasks were chosen.
    pub tasks_total: usize,
    /// The index of the first one shown among them.
    pub tasks_first: usize,
    /// The tasks shown.
    pub tasks: Vec<TaskInfo>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct GroupInfo {
    /// Its name.
    pub name: GroupName,
    /// The call that made it.
    pub method: Method,
    /// What its tasks run.
    pub func: Arc<str>,
    /// Its own limit.
    pub num_concurrent: Option<usize>,
    /// Tasks left to start; unknown for an iterator of unknown length.
    pub queued: Option<usize>,
    /// Tasks running, cancelling ones included.
    pub running: usize,
    /// Tasks running that were asked to cancel.
    pub cancelling: usize,
    /// Tasks whose cancel callback runs.
    pub cancelled: usize,
    /// Tasks that ended, ever.
    pub totals: Totals,
    /// Elements that no task could be made of.
    pub skipped: u64,
    /// How its argument iterator failed.
    pub input_error: Option<Arc<str>>,
    /// What its argument source lacked, where it had no element at all.
    pub input_empty: Option<Arc<str>>,
    /// Why its next task has not started.
    pub why: Why,
}

/// Why a group does not start its next task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// It has nothing left to start.
    NothingLeft,
    /// It is about to start it.
    Starting,
    /// All slots are taken; it is in this place of the line, the first being 1.
    PoolFull {
        /// Its place.
        place: usize,
    },
    /// As many of its tasks run as may.
    NumConcurrent,
    /// The pool is paused.
    Paused,
    /// Its argument source has nothing ready.
    WaitingForInput,
}

/// A task. The times are since the pool was created.
#[derive(Clone, Debug)]
pub struct TaskInfo {
    /// Its ID.
    pub id: TaskId,
    /// Its group.
    pub group: GroupName,
    /// Where it is in its life.
    pub state: TaskState,
    /// How it ended, once its future has stopped.
    pub outcome: Option<Outcome>,
    /// Its arguments as text.
    pub args: Box<str>,
    /// When its group was created: it has waited since then.
    pub made: Duration,
    /// When it was started.
    pub started: Duration,
    /// When it was first asked to cancel.
    pub asked: Option<Duration>,
    /// When it was cancelled.
    pub cancelled: Option<Duration>,
    /// When it ended.
    pub ended: Option<Duration>,
    /// When its callbacks had returned.
    pub settled: Option<Duration>,
}
