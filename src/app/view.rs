//! What a screen shows: plain values of one moment, made for one [`Want`]. A view costs the rows that it
//! carries, not the tasks that exist. All text in it has been through [`Clean`].

mod output;

pub use output::{
    CellColour, CellStyle, Cells, FindWant, Found, OutputLine, OutputView, OutputWant, Spot, Stream,
    TerminalPane, TerminalSize, TerminalView,
};

use super::clean::Clean;
use super::ids::Ids;
use super::peers::Peers;
use super::status::Status;
use super::timeline::{TimelineView, TimelineWant};
use super::warnings::{Subject, WarningsView};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// What the client wants to see. The newest one counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Want {
    /// The pool whose groups and tasks are wanted; none: only the list of pools.
    pub pool: Option<String>,
    /// What the left pane counts the tasks by.
    pub by: By,
    /// Only tasks of this group (of all groups, if none), or of the row of that pane with this name.
    pub group: Option<String>,
    /// Only tasks that this [filter](super::filter) finds. One that cannot be read finds nothing.
    pub filter: String,
    /// The order of the tasks; none: by their IDs, which costs nothing.
    pub sort: Option<Sort>,
    /// Only groups that this filter finds.
    pub groups_filter: String,
    /// Which of the groups.
    pub groups: Window,
    /// Which of the tasks, in ID order.
    pub tasks: Window,
    /// The task whose detail and output are wanted.
    pub task: Option<u64>,
    /// The tasks that are marked: the view says which of them are forgotten.
    pub marks: Arc<Ids>,
    /// What of the pool's timeline.
    pub timeline: Option<TimelineWant>,
    /// What is asked about: why it is as it is.
    pub why: Option<Subject>,
    /// A task to look for.
    pub jump: Option<Jump>,
    /// What the commands that run use, beside the tasks.
    pub usage: bool,
    /// How many of the newest failures of all pools.
    pub failures: usize,
    /// What of its output.
    pub output: OutputWant,
    /// The pane that shows that task's output. A terminal in it gets that size; without a pane it keeps its own.
    pub pane: Option<TerminalPane>,
    /// Counts what a person asked for. One more is answered at once, by a view that says so in
    /// [`View::answers`]; other changes have time until the next view.
    pub asked: u64,
}

/// A column of the list of tasks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Their IDs.
    Id,
    /// What they are shown as, in the order of a task's life.
    State,
    /// Their groups.
    Group,
    /// What they run.
    Func,
    /// Since their start, until now or their end.
    Age,
    /// From the making of their groups to their start.
    Wait,
    /// What share of a processor their commands use.
    Cpu,
    /// How much memory their commands use.
    Mem,
    /// Which try it is, or how many it took.
    Try,
    /// The exit codes of their commands.
    Exit,
    /// Their arguments.
    Args,
    /// How they ended, or the last lines of their output.
    Last,
}

/// An order of tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sort {
    /// By this column; equal ones by their IDs.
    pub column: Column,
    /// The largest first.
    pub descending: bool,
}

/// How far an order is that was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sorted {
    /// The order.
    pub sort: Sort,
    /// How long ago it was so, in whole seconds; none: the tasks are not in that order yet.
    pub ago: Option<Duration>,
    /// They are being sorted.
    pub busy: bool,
}

/// What tasks are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Their group.
    #[default]
    Group,
    /// The function that they run.
    Function,
    /// What they are shown as.
    State,
    /// They are not counted by anything.
    Nothing,
}

/// A look for a task in the whole list, not only in what a view carries of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Jump {
    /// Chosen by the client; what was found carries it.
    pub number: u64,
    /// What is looked for.
    pub goal: Goal,
    /// After this task; none: from the beginning.
    pub after: Option<u64>,
    /// The how-manieth of them, from 1.
    pub times: usize,
}

/// What a jump looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The next task that failed, timed out or panicked.
    Failure,
    /// The next one that runs.
    Running,
    /// The one that was started last.
    Newest,
}

/// What a jump found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Jumped {
    /// The number of the jump.
    pub number: u64,
    /// The task; none: there is none.
    pub to: Option<u64>,
    /// It went on from the beginning of the list.
    pub wrapped: bool,
}

/// Where a move over rows ended that the client did not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// The task that it was counted from.
    pub from: u64,
    /// How many rows down (up, if negative) were wanted.
    pub by: isize,
    /// The task there; the first or the last one where the list is shorter.
    pub to: u64,
}

/// A range of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Window {
    /// How many rows are wanted.
    pub rows: usize,
    /// Which rows.
    pub at: At,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            rows: 0,
            at: At::First(0),
        }
    }
}

/// Where a window lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// From this row on (moved back where fewer rows than wanted would follow).
    First(usize),
    /// The last rows.
    End,
    /// Task windows only: so that the task with this ID stands in this row of the window, if it can; a
    /// forgotten task is replaced by its nearest neighbour.
    Task(u64, usize),
    /// Task windows only: the same for the task so many rows after (before, if negative) the one with this ID. The
    /// view says which one that is.
    Moved(u64, isize, usize),
}

/// Everything that is shown, of one moment.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct View {
    /// Time since the session started.
    pub time: Duration,
    /// What runs here: the config's file name.
    pub title: Clean,
    /// Every pool, in the config's order.
    pub pools: Vec<PoolRow>,
    /// The wanted pool.
    pub pool: Option<PoolView>,
    /// What a quit waits for, once one was asked for.
    pub closing: Option<Closing>,
    /// What goes wrong without failing.
    pub warnings: WarningsView,
    /// The tasks of all pools that failed last, newest first, as many as were wanted.
    pub failures: Vec<FailureRow>,
    /// Why that is as it is which was asked about.
    pub why: Option<Why>,
    /// The [`Want::asked`] that this was made for.
    pub answers: u64,
}

/// Why something is as it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Why {
    /// What was asked about.
    pub subject: Subject,
    /// One reason a line, the one that matters most first.
    pub lines: Vec<Clean>,
    /// What has to end, or to change, for it to go on.
    pub blocker: Option<Subject>,
}

/// A pool in the list, and the header of its screen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PoolRow {
    /// Its name.
    pub name: Clean,
    /// The function of a `SimpleTaskPool`; none for a `TaskPool`.
    pub func: Option<Clean>,
    /// What a start that names no group starts: the function of a `SimpleTaskPool`, the first group of a `TaskPool`
    /// that `apply` makes (or what that runs, if it has no name); none if there is no such group.
    pub starts: Option<Clean>,
    /// Its size; none: unlimited.
    pub size: Option<usize>,
    /// It takes no new groups.
    pub locked: bool,
    /// Nothing starts.
    pub paused: bool,
    /// Where its close is.
    pub phase: Phase,
    /// Tasks running, those included that are cancelling.
    pub running: usize,
    /// Tasks running that were asked to cancel.
    pub cancelling: usize,
    /// Tasks whose cancel callback runs.
    pub cancelled: usize,
    /// Tasks ended and not forgotten.
    pub ended: usize,
    /// Tasks known to wait for their start, and whether there may be more of them (an argument source
    /// whose length is not known).
    pub queued: Queued,
    /// Ended since launch, by outcome: never reset by a flush.
    pub ok: u64,
    /// See `ok`; tasks that timed out are among them.
    pub failed: u64,
    /// See `ok`.
    pub panicked: u64,
    /// See `ok`.
    pub stopped: u64,
    /// Failures, panics among them, that the pool has forgotten.
    pub failures_forgotten: u64,
    /// Arguments that no task could be made of.
    pub skipped: u64,
    /// Tries that were not the first of their task.
    pub restarts: u64,
    /// When a task ended last, from the session's start.
    pub last_end: Option<Duration>,
    /// Tasks ended per second, lately.
    pub rate: f64,
    /// Tasks ended in each of the last seconds, oldest first, at most 120.
    pub history: Vec<u32>,
    /// Those of them that failed; empty if none did.
    pub failures: Vec<u32>,
    /// How many running tasks are shown as something else, by what their commands do.
    pub apart: Vec<(Status, usize)>,
    /// Groups that wait for a person to start them.
    pub held: usize,
    /// Why nothing runs though something waits; empty if something runs.
    pub waits: Clean,
    /// When everything will have ended.
    pub eta: Eta,
}

impl PoolRow {
    /// How many running tasks are shown as this.
    pub fn shown_as(&self, status: Status) -> usize {
        let counted = self.apart.iter().find(|(apart, _)| *apart == status);
        counted.map_or(0, |(_, count)| *count)
    }
}

/// When everything that waits and runs will have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eta {
    /// Nothing waits or runs, or nobody can tell yet.
    #[default]
    Unknown,
    /// In so long, if things go on as they do.
    In(Duration),
    /// At least in so long: there may be more to come.
    AtLeast(Duration),
    /// Never, as things are: nothing ends, or nothing starts.
    Never,
}

/// How many tasks wait for their start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Queued {
    /// Known to wait.
    pub known: usize,
    /// There may be more.
    pub more: bool,
}

/// Where a pool's close is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not closing.
    #[default]
    Open,
    /// Waiting for its tasks.
    Closing,
    /// Closed.
    Closed,
}

/// The groups and tasks of one pool.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PoolView {
    /// Its name.
    pub name: Clean,
    /// It is more than an overview of the groups: its tasks were wanted, or its timeline.
    pub whole: bool,
    /// How many groups there are.
    pub groups_total: usize,
    /// The index of the first group shown.
    pub groups_first: usize,
    /// The groups shown.
    pub groups: Vec<GroupRow>,
    /// The wanted group, if there is no such group any more: it was cancelled or forgotten.
    pub group_gone: Option<Clean>,
    /// How many tasks there are in the pool, or in the wanted group, whatever the filter.
    pub tasks_all: usize,
    /// How much of them was looked through, in percent, while the filter is not through.
    pub searched: Option<u8>,
    /// How many tasks match.
    pub tasks_total: usize,
    /// The index, among those that match, of the first task shown.
    pub tasks_first: usize,
    /// The tasks shown.
    pub tasks: Vec<TaskRow>,
    /// Their order, if it is another than that of their IDs.
    pub sorted: Option<Sorted>,
    /// What the wanted jump found.
    pub jumped: Option<Jumped>,
    /// Where the wanted move ended.
    pub moved: Option<Moved>,
    /// The tasks that start next, as far as they are known, where the tasks shown end with the last.
    pub next: Vec<NextRow>,
    /// The task whose detail was wanted, while the pool remembers it.
    pub task: Option<TaskView>,
    /// Those of the marked tasks that the pool has forgotten.
    pub gone: Ids,
    /// Its timeline, if that was wanted.
    pub timeline: Option<TimelineView>,
}

/// A queued task.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct NextRow {
    /// Its group.
    pub group: Clean,
    /// Its arguments.
    pub args: Clean,
}

/// A group.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its name.
    pub name: Clean,
    /// `apply`, `map`, `starmap`, `doublestarmap` or `start`.
    pub method: Clean,
    /// What its tasks run.
    pub func: Clean,
    /// Its own limit.
    pub num_concurrent: Option<usize>,
    /// How many tasks it has; counted of states only.
    pub tasks: usize,
    /// They are still being counted.
    pub counting: bool,
    /// Tasks waiting for their start.
    pub queued: Queued,
    /// Tasks running, those included that are cancelling.
    pub running: usize,
    /// Tasks running that were asked to cancel.
    pub cancelling: usize,
    /// Tasks whose cancel callback runs.
    pub cancelled: usize,
    /// Ended, by outcome, forgotten ones included.
    pub ok: u64,
    /// See `ok`.
    pub failed: u64,
    /// See `ok`.
    pub panicked: u64,
    /// See `ok`.
    pub stopped: u64,
    /// Arguments that no task could be made of.
    pub skipped: u64,
    /// Why its next task has not started, for instance `pool full, 2nd in the queue`; empty if it is over.
    pub why: Clean,
    /// Held back by `autostart = false`: it waits for a person.
    pub held: bool,
    /// It can be started again with a number of tasks (`apply`, `start`).
    pub startable: bool,
}

/// A function that a new group can call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FuncRow {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: Clean,
}

/// A task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskRow {
    /// Its ID.
    pub id: u64,
    /// Its group.
    pub group: Clean,
    /// What it is shown as.
    pub status: Status,
    /// Since its start, until now or its end.
    pub age: Duration,
    /// From the making of its group to its start.
    pub wait: Duration,
    /// What its command uses, if that was wanted and has been looked up.
    pub used: Option<Used>,
    /// Since its cancel was asked for, while it is cancelling.
    pub cancelling_for: Option<Duration>,
    /// Its command, while that can be told something.
    pub command: Option<CommandRow>,
    /// What it runs.
    pub func: Clean,
    /// The exit code of its command, once that has ended.
    pub exit: Option<u64>,
    /// Which try it is, or how many it took.
    pub tries: u64,
    /// Its arguments.
    pub args: Clean,
    /// Which try it is, if it runs and is not at its first.
    pub trying: Option<Trying>,
    /// It was started again, as another task.
    pub retried: bool,
    /// How it ended (`exit 2`, `signal 9 (KILL)`, an error's text), or else the last line of its output.
    pub note: Clean,
}

impl TaskRow {
    /// What it is, in one line, with tabs between.
    pub fn line(&self) -> String {
        let (word, age) = (self.status.look().word, self.age.as_secs_f64());
        let TaskRow {
            id,
            group,
            args,
            note,
            ..
        } = self;
        format!("{id}\t{word}\t{age:.1}s\t{group}\t{args}\t{note}")
    }
}

/// A task that failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FailureRow {
    /// Its pool.
    pub pool: Clean,
    /// Its group.
    pub group: Clean,
    /// Its ID.
    pub id: u64,
    /// Its arguments.
    pub args: Clean,
    /// How it failed.
    pub status: Status,
    /// Its error.
    pub note: Clean,
    /// How long ago it failed.
    pub ago: Duration,
}

/// The command that a task runs.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CommandRow {
    /// Paused by a person, for this long.
    pub paused_for: Option<Duration>,
    /// Lines can be sent to it.
    pub takes_input: bool,
}

/// What a command uses, with all its processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Used {
    /// In percent of one processor, lately; none until it was looked up twice.
    pub cpu: Option<u64>,
    /// Memory, in bytes.
    pub memory: u64,
}

/// Which try of a task it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trying {
    /// The try that runs or comes next, from 1.
    pub attempt: u64,
    /// How many tries there are at most; none: it is restarted however often.
    pub of: Option<u64>,
    /// How long it still waits for that try.
    pub waits: Option<Duration>,
}

/// One task in full.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskView {
    /// Its row.
    pub row: TaskRow,
    /// Its name, `{pool}_Task-{id}`.
    pub name: Clean,
    /// Facts that change while it runs, for instance `pid` and `41301`, and how it ended.
    pub live: Vec<(Clean, Clean)>,
    /// Those that do not, for instance `command` and `gzip -k a.bin`.
    pub facts: Vec<(Clean, Clean)>,
    /// The times of its life since the session started, in order: `started`, `cancel requested`,
    /// `cancelled`, `ended`, `callbacks done`.
    pub times: Vec<(Clean, Duration)>,
    /// The same for a drawing.
    pub life: Life,
    /// Those that ran the same function; none where that is not known, which differs from nobody.
    pub peers: Option<Peers>,
    /// Why it is as it is, in a line; empty once it is over.
    pub why: Clean,
    /// Its output.
    pub output: OutputView,
}

/// The life of a task; all times since the session started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Life {
    /// It started.
    pub started: Duration,
    /// Its first line of output came, if that is kept.
    pub first_line: Option<Duration>,
    /// It was paused and still is.
    pub paused: Option<Duration>,
    /// It was asked to cancel.
    pub asked: Option<Duration>,
    /// It was cancelled: its cancel callback began.
    pub cancelled: Option<Duration>,
    /// It ended: its end callback began.
    pub ended: Option<Duration>,
    /// Its callbacks had returned.
    pub settled: Option<Duration>,
}

/// What a quit waits for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Closing {
    /// Tasks that have not ended.
    pub running: usize,
    /// Tasks that have, and whose callbacks still run.
    pub callbacks: usize,
    /// Since the quit was asked for.
    pub since: Duration,
    /// Whether it was asked for again, so that the tasks are killed.
    pub forced: bool,
    /// The pools that have not ended everything, in the config's order.
    pub pools: Vec<ClosingPool>,
}

/// What is left of a pool that is being left.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ClosingPool {
    /// Its name.
    pub name: Clean,
    /// Tasks that have not ended.
    pub running: usize,
    /// Tasks that have, and whose callbacks still run.
    pub callbacks: usize,
    /// The oldest few of both.
    pub oldest: Vec<ClosingTask>,
}

/// A task that a quit waits for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ClosingTask {
    /// Its ID.
    pub id: u64,
    /// What is waited for, for instance `pid 41233 cancel requested`.
    pub what: Clean,
    /// When what is left of its command is killed.
    pub killed_in: Option<Duration>,
}
