//! What the rules look at: plain values of one moment of a pool. Times are since the session's start.

use crate::app::clean::Clean;
use crate::app::process::{CommandEnded, Stage};
use crate::pool::{GroupInfo, GroupName, Stats, TaskId, TaskState};
use std::sync::Arc;
use std::time::Duration;

/// What of a pool is looked at: a sample, so that it costs the same however many tasks there are.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Sample {
    /// These tasks, and some more.
    pub(in crate::app) tasks: Vec<TaskId>,
    /// These groups, and some more.
    pub(in crate::app) groups: Vec<String>,
    /// From which running task on, in ID order, others are looked at.
    pub(in crate::app) tasks_from: usize,
    /// The same of groups.
    pub(in crate::app) groups_from: usize,
}

/// How many tasks, or groups, of each sort are looked at each time.
pub(in crate::app) const PAGE: usize = 64;

/// What was seen.
#[derive(Clone, Debug)]
pub(in crate::app) struct Sight {
    pub(in crate::app) now: Duration,
    pub(in crate::app) stats: Stats,
    /// Some of the groups.
    pub(in crate::app) groups: Vec<GroupInfo>,
    /// Some of the tasks: that run, that are asked to cancel, that have just ended.
    pub(in crate::app) tasks: Vec<TaskSight>,
    /// How many commands wait for a process or a file, one of their tasks, and why.
    pub(in crate::app) no_room: Option<(usize, u64, Clean)>,
    /// Processes that tasks have left behind and that still run.
    pub(in crate::app) left: Vec<(u64, String)>,
    /// How much memory the machine has, in bytes.
    pub(in crate::app) machine_memory: Option<u64>,
    /// The part of the processors' time that was idle since the last look.
    pub(in crate::app) idle: Option<f64>,
}

/// What the command of a task that runs does, beside its stage.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct CommandSight {
    /// Its timeout has passed then.
    pub(in crate::app) timed_out: Option<Duration>,
    /// It has exited then, and so, and processes that it started have not.
    pub(in crate::app) exited: Option<(Duration, CommandEnded)>,
    /// Why processes of it cannot be ended, if so: their IDs, and whose they are.
    pub(in crate::app) refused: Option<Clean>,
    /// It does nothing since then until somebody helps, because of this.
    pub(in crate::app) stalled: Option<(Duration, String)>,
    /// How much memory it uses, and by how much that grows in a second.
    pub(in crate::app) memory: Option<(u64, u64)>,
}

/// A task.
#[derive(Clone, Debug)]
pub(in crate::app) struct TaskSight {
    pub(in crate::app) id: u64,
    pub(in crate::app) group: GroupName,
    /// Its function.
    pub(in crate::app) func: Arc<str>,
    pub(in crate::app) state: TaskState,
    pub(in crate::app) started: Duration,
    pub(in crate::app) asked: Option<Duration>,
    pub(in crate::app) cancelled: Option<Duration>,
    pub(in crate::app) ended: Option<Duration>,
    /// Its callbacks have returned.
    pub(in crate::app) settled: bool,
    /// What its command, or that of its callback, does.
    pub(in crate::app) stage: Option<Stage>,
    pub(in crate::app) pid: Option<i32>,
    /// What its own command does besides.
    pub(in crate::app) command: CommandSight,
    /// The callback that runs a command.
    pub(in crate::app) callback: Option<Arc<str>>,
    pub(in crate::app) paused: bool,
    /// When it wrote its last line that is kept.
    pub(in crate::app) written: Option<Duration>,
    /// How often it was restarted, if its function is one that is.
    pub(in crate::app) restarts: Option<u64>,
}
