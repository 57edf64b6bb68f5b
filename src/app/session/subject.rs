//! Tasks as what a filter looks at.

use super::survey::UsedBy;
use super::words::status;
use super::{Member, Session};
use crate::app::attempts::command_failed;
use crate::app::book::Book;
use crate::app::filter::{Field, Subject};
use crate::app::output::OutputStore;
use crate::app::process::CommandEnded;
use crate::app::status::Status;
use crate::app::view::Used;
use crate::pool::{Outcome, TaskId, TaskInfo};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What has to be known to look at the tasks of a pool.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) session: &'a Session,
    pub(super) member: &'a Member,
    /// The running tasks that are shown as something else.
    pub(super) apart: &'a Arc<Apart>,
    /// What the commands use, as far as that is known.
    pub(super) used: &'a UsedBy,
}

/// The running tasks of a pool that are shown as something else than *running*, by what their commands do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Apart {
    tasks: HashMap<u64, Status>,
    /// What they are shown as, and how many as each.
    counts: BTreeMap<Status, usize>,
}

impl Apart {
    /// Of a pool. Costs the commands that run.
    pub(super) fn of(session: &Session, member: &Member) -> Arc<Apart> {
        let mut tasks = session.live.find(&member.name, Status::of_command);
        // Between two tries there is no command.
        tasks.extend(member.book.waiting().into_iter().map(|id| (id, Status::BackOff)));
        let mut counts = BTreeMap::new();
        for (_, status) in &tasks {
            *counts.entry(*status).or_default() += 1;
        }
        Arc::new(Apart {
            tasks: tasks.into_iter().collect(),
            counts,
        })
    }

    /// What a task is shown as whose state this is.
    pub(super) fn status(&self, task: &TaskInfo) -> Status {
        match status(task) {
            Status::Running => self.tasks.get(&task.id.0).copied().unwrap_or(Status::Running),
            status => status,
        }
    }

    /// What running tasks are shown as besides *running*.
    pub(super) fn kinds(&self) -> Vec<Status> {
        self.counts.keys().copied().collect()
    }

    /// How many as each.
    pub(super) fn counts(&self) -> Vec<(Status, usize)> {
        self.counts
            .iter()
            .map(|(status, count)| (*status, *count))
            .collect()
    }

    /// The tasks that are shown as this, by their IDs.
    pub(super) fn ids(&self, of: Status) -> Vec<TaskId> {
        let tasks = self.tasks.iter().filter(|(_, status)| **status == of);
        let mut ids: Vec<TaskId> = tasks.map(|(id, _)| TaskId(*id)).collect();
        ids.sort_unstable();
        ids
    }
}

/// A task at a moment.
pub(super) struct Seen<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) task: &'a TaskInfo,
    /// Since the pool was created.
    pub(super) now: Duration,
}

impl Seen<'_> {
    pub(super) fn status(&self) -> Status {
        self.scene.apart.status(self.task)
    }

    pub(super) fn dur(&self) -> Duration {
        self.task
            .ended
            .unwrap_or(self.now)
            .saturating_sub(self.task.started)
    }

    pub(super) fn exit(&self) -> Option<u64> {
        exit_code(self.task.outcome.as_ref()?)
    }

    fn used(&self) -> Option<Used> {
        let runs = self.task.ended.is_none();
        self.scene.used.get(&self.task.id.0).copied().filter(|_| runs)
    }
}

impl Session {
    /// What the tasks of a group run, in the pool with this index in the config.
    pub(in crate::app) fn func_name(&self, index: usize, group: &str) -> Option<&str> {
        Some(&self.pools.get(index)?.func_of(group)?.name)
    }
}

/// Which try a task is at, or how many it took.
pub(super) fn tries(book: &Book, id: u64) -> u64 {
    let running = book.trying(id).map(|trying| trying.attempt);
    running.or_else(|| book.tried(id)).unwrap_or(1)
}

/// The exit code of the command that ended so.
pub(in crate::app) fn exit_code(outcome: &Outcome) -> Option<u64> {
    let code = match outcome {
        Outcome::Completed => Some(0),
        Outcome::Failed(error) => command_failed(&**error)?.code,
        Outcome::Panicked(_) => None,
        Outcome::Cancelled(cancelled) => cancelled.detail.as_ref()?.downcast_ref::<CommandEnded>()?.code,
    };
    u64::try_from(code?).ok()
}

/// A task as far as it is found by its texts, whatever else is known of it.
pub(in crate::app) trait TaskTexts {
    fn pool(&self) -> &str;
    fn id(&self) -> u64;
    fn group(&self) -> &str;
    fn args(&self) -> &str;
    /// The name of what it runs, where that is known.
    fn func(&self) -> Option<&str>;
    /// Where its output is, if it is looked for there.
    fn outputs(&self) -> Option<&OutputStore>;

    /// Shows its texts of this field to `see` until that says yes.
    fn any_text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        match field {
            Field::Name => see(&format!("{}_Task-{}", self.pool(), self.id())),
            Field::Pool => see(self.pool()),
            Field::Group => see(self.group()),
            Field::Func => self.func().is_some_and(see),
            Field::Arg => see(self.args()),
            Field::Out => self
                .outputs()
                .is_some_and(|outputs| outputs.any_line(self.pool(), self.id(), see)),
            Field::State
            | Field::Id
            | Field::Exit
            | Field::Try
            | Field::Time
            | Field::Wait
            | Field::Cpu
            | Field::Mem
            | Field::Age => false,
        }
    }

    /// The same with what plain words are looked for in.
    fn any_words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        see(self.args()) || see(self.group()) || see(&self.id().to_string())
    }
}

impl TaskTexts for Seen<'_> {
    fn pool(&self) -> &str {
        &self.scene.member.name
    }

    fn id(&self) -> u64 {
        self.task.id.0
    }

    fn group(&self) -> &str {
        &self.task.group
    }

    fn args(&self) -> &str {
        &self.task.args
    }

    fn func(&self) -> Option<&str> {
        Some(&self.scene.member.func_of(&self.task.group)?.name)
    }

    fn outputs(&self) -> Option<&OutputStore> {
        Some(&self.scene.session.outputs)
    }
}

impl Subject for Seen<'_> {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_text(field, see)
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_words(see)
    }

    fn number(&self, field: Field) -> Option<u64> {
        match field {
            Field::Id => Some(self.task.id.0),
            Field::Exit => self.exit(),
            Field::Try => Some(tries(&self.scene.member.book, self.task.id.0)),
            Field::Cpu => self.used()?.cpu,
            Field::Mem => Some(self.used()?.memory),
            _ => None,
        }
    }

    fn time(&self, field: Field) -> Option<Duration> {
        match field {
            Field::Time => Some(self.dur()),
            Field::Age => Some(self.now.saturating_sub(self.task.started)),
            Field::Wait => Some(self.task.started.saturating_sub(self.task.made)),
            _ => None,
        }
    }

    fn is(&self, status: Status) -> bool {
        self.status() == status
    }
}

/// A task as far as it never changes, so that a look at it is of use for ever.
pub(super) struct Fixed<'a> {
    pub(super) member: &'a Member,
    pub(super) id: u64,
    pub(super) group: &'a str,
    pub(super) args: &'a str,
}

impl TaskTexts for Fixed<'_> {
    fn pool(&self) -> &str {
        &self.member.name
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn group(&self) -> &str {
        self.group
    }

    fn args(&self) -> &str {
        self.args
    }

    // A group's name may be given again, to one that runs something else.
    fn func(&self) -> Option<&str> {
        None
    }

    fn outputs(&self) -> Option<&OutputStore> {
        None
    }
}

impl Subject for Fixed<'_> {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_text(field, see)
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_words(see)
    }

    fn number(&self, field: Field) -> Option<u64> {
        (field == Field::Id).then_some(self.id)
    }

    fn time(&self, _: Field) -> Option<Duration> {
        None
    }

    fn is(&self, _: Status) -> bool {
        false
    }
}
