//! What the dashboard remembers: one plain value. Cursors are names and IDs, never row numbers, so that they
//! stay on what they point at while rows come and go.

use super::action::{Action, Entry};
use super::dialog::{LastAction, Overlay, Said};
use super::finding::Finding;
use super::form::Forms;
use super::history::History;
use super::key::Key;
use super::keymap::Keymap;
use super::marks::Marks;
use super::mouse::Selection;
use super::output_place::OutputPlace;
use super::reloading::Stage;
use super::settings::Settings;
use super::timeline::TimelinePlace;
use super::undo::Undo;
use super::update::{Acted, Cut, Frozen, Notices};
use super::want::ListOf;
use super::warned::WarningPlace;
use crate::app::Modes;
use crate::app::status::Status;
use crate::app::view::{
    By, GroupRow, OutputLine, OutputView, PoolRow, PoolView, TaskRow, TaskView, TerminalSize, TerminalView,
    View, Want,
};
use std::sync::Arc;
use std::time::Duration;

/// After this time a view has told of a task that was asked for, if the pool knows it.
const TOLD: Duration = Duration::from_secs(1);

/// A task that came by itself is shown for so long before a key can mean it.
const SEEN: Duration = Duration::from_millis(500);

/// Which screen is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Screen {
    /// The list of pools.
    #[default]
    Pools,
    /// One pool.
    Pool,
    /// One task.
    Task,
    /// The timeline of a pool.
    Timeline,
    /// The program's own log.
    Log,
    /// What goes wrong without failing.
    Warnings,
}

impl Screen {
    /// The pane that gets the keys when the screen is opened; none: it has no panes.
    pub(super) fn main_pane(self) -> Option<Pane> {
        match self {
            Screen::Pool => Some(Pane::Tasks),
            Screen::Task => Some(Pane::Output),
            Screen::Pools | Screen::Timeline | Screen::Log | Screen::Warnings => None,
        }
    }
}

/// Which pane of the pool's screen has the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pane {
    /// The groups.
    Groups,
    /// The tasks.
    #[default]
    Tasks,
    /// All about one task.
    Detail,
    /// That task's output.
    Output,
}

impl Pane {
    /// Every pane, in the order of the Tab key.
    pub const ALL: [Pane; 4] = [Pane::Groups, Pane::Tasks, Pane::Detail, Pane::Output];
}

/// How many rows fit where, as the layout has it; 0 is a pane that is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// Pools.
    pub pools: usize,
    /// Groups of the pool under the cursor, below the list of pools.
    pub overview: usize,
    /// What asks for attention, beside them.
    pub attention: usize,
    /// Groups.
    pub groups: usize,
    /// Tasks.
    pub tasks: usize,
    /// Lines of the detail pane.
    pub detail: usize,
    /// Lines that the detail has.
    pub detail_total: usize,
    /// Lines of output.
    pub output: usize,
    /// Cells in one of them.
    pub output_columns: usize,
    /// Slots of the timeline.
    pub slots: usize,
    /// Cells of each.
    pub slot_cells: usize,
    /// Warnings.
    pub warnings: usize,
    /// Lines of the help.
    pub help: usize,
    /// Lines that the help has.
    pub help_total: usize,
    /// Lines of what a question would hit.
    pub question: usize,
    /// Lines that that has.
    pub question_total: usize,
}

impl Rows {
    /// The size of the output's pane, if it is shown.
    pub(crate) fn output_pane(self) -> Option<TerminalSize> {
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        (self.output > 0 && self.output_columns > 0).then(|| TerminalSize {
            columns: cells(self.output_columns),
            rows: cells(self.output),
        })
    }
}

/// The task cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TaskCursor {
    /// The task that it is on.
    pub(crate) id: u64,
    /// The row of the pane in which that task should stand.
    pub(crate) row: usize,
}

/// What was typed into a terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Typed {
    /// The request that is not answered.
    pub(crate) number: u64,
    /// Of which pool's task.
    pub(crate) pool: String,
    /// Of which task.
    pub(crate) id: u64,
    /// The bytes that come after it.
    pub(crate) waiting: Vec<u8>,
}

/// A size that was asked for and is not in a view yet, so that `+ + +` counts on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SizeSent {
    pub(crate) pool: String,
    pub(crate) size: Option<usize>,
    pub(crate) number: u64,
    pub(crate) answered: bool,
}

/// The dashboard's state. It changes in [`update`](super::update) only.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) screen: Screen,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) pane: Pane,
    pub(crate) zoomed: bool,
    pub(crate) view: Arc<View>,
    /// Since the view was made, in whole seconds: what the ages of running tasks lag behind.
    pub(crate) elapsed: Duration,
    /// The session's time, as exactly as it is known; it goes on while the view holds still.
    pub(crate) clock: Duration,
    pub(crate) pool: Option<String>,
    pub(crate) pools_top: usize,
    /// The group under the cursor; none: all of them.
    pub(crate) group: Option<String>,
    /// Where that group was seen last, counted from 0 for the first group.
    pub(crate) group_index: usize,
    pub(crate) groups_top: usize,
    /// The task under the cursor; none: the list follows its end.
    pub(crate) task: Option<TaskCursor>,
    /// The task whose detail and output are wanted.
    pub(crate) shown: Option<u64>,
    /// When that task was chosen, in the session's time.
    pub(crate) shown_at: Duration,
    /// The task whose terminal gets the keys.
    pub(crate) typing: Option<u64>,
    /// That task has ended under the keys that are typed: they go nowhere for a moment.
    pub(crate) cut: Option<Cut>,
    /// What was asked for last, until its effect can be seen.
    pub(crate) acted: Option<Acted>,
    /// What was typed and not answered yet.
    pub(crate) typed: Option<Typed>,
    pub(crate) filter: String,
    pub(crate) marks: Marks,
    pub(crate) undo: Undo,
    pub(crate) history: History,
    pub(crate) forms: Forms,
    pub(crate) modes: Modes,
    /// Where the screen of a task was opened.
    pub(crate) opened_on: Screen,
    /// Where in the timeline the cursor is.
    pub(crate) timeline: TimelinePlace,
    pub(crate) finding: Finding,
    pub(crate) detail_top: usize,
    pub(crate) output: OutputPlace,
    pub(crate) warning: WarningPlace,
    pub(crate) rows: Rows,
    pub(crate) keymap: Keymap,
    pub(crate) settings: Settings,
    /// The view holds still.
    pub(crate) frozen: Option<Frozen>,
    /// The newest view, while an older one is shown.
    pub(crate) behind: Option<Arc<View>>,
    /// The text that is being selected with the mouse.
    pub(crate) selection: Option<Selection>,
    pub(crate) notices: Notices,
    /// The keys of a chord that is not complete.
    pub(crate) chord: Vec<Key>,
    pub(crate) last: Option<LastAction>,
    pub(crate) size_sent: Option<SizeSent>,
    /// The signal that was sent last.
    pub(crate) last_signal: Option<i32>,
    /// How often leaving was asked for.
    pub(crate) quits: usize,
    /// The session has answered that.
    pub(crate) quit_done: bool,
    pub(crate) next_number: u64,
    /// The log screen has no list of targets.
    pub(crate) no_log_targets: bool,
    /// The log's targets have the keys, not its lines.
    pub(crate) log_targets: bool,
    pub(crate) wanted: Want,
    /// The list of tasks that was wanted last.
    pub(crate) list: Option<ListOf>,
    /// The [`Want::asked`] since which it is wanted: views that answer less show another list.
    pub(crate) list_asked: u64,
    /// How many changes of what is wanted are still owed to the last key.
    pub(crate) owed: u8,
}

impl State {
    /// A first state that is as careful as this.
    pub fn careful(modes: Modes) -> State {
        State {
            modes,
            ..State::default()
        }
    }

    /// The rows that it was told.
    pub(crate) fn rows(&self) -> Rows {
        self.rows
    }

    /// Whether the log is on the screen.
    pub(crate) fn shows_log(&self) -> bool {
        self.screen == Screen::Log
    }

    /// Whether leaving was asked for.
    pub(crate) fn was_left(&self) -> bool {
        self.quits > 0
    }

    /// Whether keys go nowhere because the task that they were typed into has ended just now.
    pub(crate) fn swallows_keys(&self) -> bool {
        self.cut.is_some()
    }

    /// What asking to leave once more does; somebody else may have asked, too.
    pub(crate) fn once_more(&self) -> &'static str {
        let forced = self.view.closing.as_ref().is_some_and(|closing| closing.forced);
        if forced || self.quits > 1 {
            "leaves at once"
        } else {
            "ends by force"
        }
    }

    /// The key that is shown for an action.
    pub(crate) fn key(&self, action: Action) -> String {
        self.keymap.key(action)
    }

    /// What an action does now, for those whose key goes both ways.
    pub(crate) fn name_now(&self, entry: &Entry) -> &'static str {
        let pool = self.pool_row();
        match entry.action {
            Action::Lock if pool.is_some_and(|pool| pool.locked) => "unlock",
            Action::Pause if pool.is_some_and(|pool| pool.paused) => "resume pool",
            Action::PauseTask if self.taken_row().is_some_and(|task| task.status == Status::Paused) => {
                "resume task"
            }
            Action::Cancel
                if self
                    .taken_row()
                    .is_some_and(|task| task.status == Status::Cancelling) =>
            {
                "end at once"
            }
            Action::Zoom if self.screen == Screen::Log => "targets",
            Action::Left if self.screen == Screen::Log => "less",
            Action::Right if self.screen == Screen::Log => "more",
            Action::Start
                if self.screen == Screen::Pool && self.group_row().is_some_and(|group| group.held) =>
            {
                "release"
            }
            Action::Input if self.types() => "type",
            Action::Keep if self.is_reading() => "give up",
            Action::StopTyping if self.swallows_keys() => "let keys act",
            Action::Why if matches!(self.overlay, Some(Overlay::Why(_))) => "close",
            Action::Mute if self.warning_row().is_some_and(|row| row.muted) => "unmute",
            _ => entry.name,
        }
    }

    /// Whether the config is being read again.
    pub(crate) fn is_reading(&self) -> bool {
        matches!(&self.overlay, Some(Overlay::Reload(reloading)) if reloading.stage == Stage::Reading)
    }

    /// The same as short as the foot of the screen wants it, where the key says what it acts on.
    pub(crate) fn hint_now(&self, entry: &Entry) -> &'static str {
        match self.name_now(entry) {
            "resume pool" | "resume task" => "resume",
            name if name == entry.name => entry.hint.unwrap_or(name),
            name => name,
        }
    }

    /// What the last key did, as far as it is about what is shown: that something of another pool is done says nothing
    /// here.
    pub(crate) fn last_here(&self) -> Option<&LastAction> {
        let last = self.last.as_ref()?;
        let elsewhere = last
            .pool
            .as_deref()
            .is_some_and(|pool| self.pool_row().is_some_and(|row| *row.name != *pool));
        (!elsewhere || matches!(last.result, Said::Refused(_))).then_some(last)
    }

    /// The index of the pool under the cursor.
    pub(crate) fn pool_index(&self) -> Option<usize> {
        let pools = &self.view.pools;
        let named = self
            .pool
            .as_ref()
            .and_then(|name| pools.iter().position(|pool| *pool.name == **name));
        named.or(if pools.is_empty() { None } else { Some(0) })
    }

    /// The pool under the cursor.
    pub(crate) fn pool_row(&self) -> Option<&PoolRow> {
        self.view.pools.get(self.pool_index()?)
    }

    /// Its groups and tasks, once they are there.
    pub(crate) fn pool_view(&self) -> Option<&PoolView> {
        let row = self.pool_row()?;
        let suits = |pool: &&PoolView| pool.name == row.name && (pool.whole || self.screen == Screen::Pools);
        self.view.pool.as_ref().filter(suits)
    }

    /// The group under the cursor, while it is among those that the view carries.
    pub(crate) fn group_row(&self) -> Option<&GroupRow> {
        self.row_on_the_left().filter(|_| self.finding.by == By::Group)
    }

    /// The row of this group, while the left pane lists groups and the view carries it.
    pub(crate) fn row_of_group(&self, group: &str) -> Option<&GroupRow> {
        let mut rows = self.pool_view()?.groups.iter();
        rows.find(|row| self.finding.by == By::Group && *row.name == *group)
    }

    /// The row of the left pane under the cursor, whatever that counts by, while the view carries it.
    pub(crate) fn row_on_the_left(&self) -> Option<&GroupRow> {
        let name = self.group.as_ref()?;
        self.pool_view()?
            .groups
            .iter()
            .find(|group| *group.name == **name)
    }

    /// The tasks that the view carries.
    pub(crate) fn tasks(&self) -> &[TaskRow] {
        self.pool_view().map_or(&[], |pool| &pool.tasks)
    }

    /// Where the cursor's task is among them: itself, or its nearest neighbour if it is gone.
    pub(crate) fn task_position(&self) -> Option<usize> {
        let cursor = self.task?;
        let tasks = self.tasks();
        if self.is_sorted() {
            let at = tasks.iter().position(|task| task.id == cursor.id);
            return Some(at.unwrap_or(cursor.row).min(tasks.len().checked_sub(1)?));
        }
        let at = tasks.partition_point(|task| task.id < cursor.id);
        Some(at.min(tasks.len().checked_sub(1)?))
    }

    /// The first of the tasks that the pane shows, as an index of [`State::tasks`].
    pub(crate) fn tasks_top(&self) -> usize {
        let most = self.tasks().len().saturating_sub(self.rows.tasks);
        match (self.task, self.task_position()) {
            (Some(cursor), Some(position)) => position.saturating_sub(cursor.row).min(most),
            _ if self.finding.sort.is_some() => 0,
            _ => most,
        }
    }

    /// The task under the cursor.
    pub(crate) fn task_row(&self) -> Option<&TaskRow> {
        self.tasks().get(self.task_position()?)
    }

    /// Whether the tasks of the view are those of another list than the one that is wanted by now.
    pub(crate) fn list_is_old(&self) -> bool {
        self.view.answers < self.list_asked
    }

    /// The row of the task that is shown though no cursor is on it.
    pub(crate) fn shown_row(&self) -> Option<&TaskRow> {
        let id = self.shown.filter(|_| self.task.is_none())?;
        let listed = self.tasks().iter().find(|task| task.id == id);
        listed.or_else(|| {
            self.task_view()
                .map(|task| &task.row)
                .filter(|task| task.id == id)
        })
    }

    /// The same, if it is not among the rows that the pane has at the end of the list: it stands above them then.
    pub(crate) fn row_above(&self) -> Option<&TaskRow> {
        let row = self.shown_row()?;
        let in_sight = self.tasks().iter().skip(self.tasks_top());
        let in_sight = in_sight.take(self.rows.tasks).any(|task| task.id == row.id);
        (!in_sight).then_some(row)
    }

    /// The rows of the tasks' pane, from the top.
    pub(crate) fn rows_in_sight(&self) -> impl Iterator<Item = &TaskRow> {
        let above = self.row_above();
        let top = match above {
            Some(_) => self
                .tasks()
                .len()
                .saturating_sub(self.rows.tasks.saturating_sub(1)),
            None => self.tasks_top(),
        };
        let listed = self.tasks().iter().skip(top);
        above.into_iter().chain(listed).take(self.rows.tasks)
    }

    /// The task that keys for tasks mean: the one under the cursor, or else the one that is shown where they are.
    pub(crate) fn meant_row(&self) -> Option<&TaskRow> {
        let shows = match self.screen {
            Screen::Pool => self.pane != Pane::Groups,
            Screen::Task => true,
            Screen::Pools | Screen::Timeline | Screen::Log | Screen::Warnings => false,
        };
        match self.task {
            Some(_) => self.task_row(),
            None => self.shown_row().filter(|_| shows),
        }
    }

    /// Whether the task that is shown has been so for too short a time to be meant by a key: no cursor is on it, and it
    /// came by itself.
    pub(crate) fn has_just_come(&self) -> bool {
        self.task.is_none() && self.clock < self.shown_at + SEEN
    }

    /// All about the task that is shown: the one under the cursor. Without a cursor the last one that came
    /// stays until the next is there, or nothing matches.
    pub(crate) fn task_view(&self) -> Option<&TaskView> {
        let pool = self.pool_view()?;
        let shown = self.shown?;
        let task = pool.task.as_ref().filter(|_| !pool.tasks.is_empty())?;
        (self.task.is_none() || task.row.id == shown).then_some(task)
    }

    /// Whether the pool no longer knows the task that should be shown: a view would have had it by now.
    pub(crate) fn shown_is_gone(&self) -> bool {
        let now = self.view.time + self.elapsed;
        self.shown.is_some() && self.task_view().is_none() && now >= self.shown_at + TOLD
    }

    /// The task that is shown and the terminal that it runs in, if it does.
    pub(crate) fn terminal_shown(&self) -> Option<(u64, &TerminalView)> {
        let task = self.task_view()?;
        let terminal = task.output.terminal.as_deref()?;
        (!task.row.status.is_final()).then_some((task.row.id, terminal))
    }

    /// The output that is shown, as far as the view carries it.
    pub(crate) fn output_view(&self) -> Option<&OutputView> {
        self.task_view().map(|task| &task.output)
    }

    /// Of the lines that the view carries, up to which they are shown in a pane of so many rows.
    pub(crate) fn output_end(&self, output: &OutputView, rows: usize) -> usize {
        let lines = &output.lines;
        if self.output.follow {
            return lines.len();
        }
        let merged = output.tasks.len() > 1;
        let until = self.output.until.order(merged);
        let end = lines.partition_point(|line| line.spot.order(merged) <= until);
        end.max(rows.min(lines.len()))
    }

    /// The lines that a pane of so many rows shows.
    pub(crate) fn output_lines(&self, rows: usize) -> &[OutputLine] {
        let Some(output) = self.output_view() else {
            return &[];
        };
        let end = self.output_end(output, rows);
        &output.lines[end.saturating_sub(rows)..end]
    }

    /// The ID of that task, or of the one that is waited for.
    pub(crate) fn shown_id(&self) -> Option<u64> {
        self.task_view().map(|task| task.row.id).or(self.shown)
    }

    /// How old a task is by now.
    pub(crate) fn age(&self, task: &TaskRow) -> Duration {
        if task.status.is_final() {
            task.age
        } else {
            task.age + self.elapsed
        }
    }

    /// What the next view should carry.
    pub fn wanted(&self) -> &Want {
        &self.wanted
    }

    /// Whether something on the screen changes with time alone.
    pub fn has_clock(&self) -> bool {
        self.quits > 0
            || self.frozen.is_some()
            || self.notices.is_waiting()
            || self.swallows_keys()
            || self.acted.is_some()
            || self
                .view
                .pools
                .iter()
                .any(|pool| pool.running + pool.cancelled > 0)
    }

    /// Whether anything runs or waits anywhere, as far as that is known: before the first view it may.
    pub(crate) fn is_busy(&self) -> bool {
        let busy = |pool: &PoolRow| pool.running + pool.cancelled + pool.queued.known > 0 || pool.queued.more;
        *self.view == View::default() || self.view.pools.iter().any(busy)
    }
}
