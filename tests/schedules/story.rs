//! What the events of a pool tell, held to the rules that every story follows.

use std::collections::{BTreeMap, BTreeSet};
use taskpool_under_shuttle::pool::{
    Event, EventKind, EventReader, GroupName, OutcomeKind, PoolSize, TaskId, Totals,
};

/// Follows a pool's events; each has to be possible after those before it.
#[derive(Default)]
pub(crate) struct Story {
    seq: u64,
    limit: Option<usize>,
    paused: bool,
    locked: bool,
    closed: bool,
    open: BTreeSet<GroupName>,
    tasks: BTreeMap<TaskId, Task>,
    /// How many tasks of each group have started.
    pub(crate) started: BTreeMap<String, usize>,
    pub(crate) totals: Totals,
    pub(crate) end_callbacks: usize,
    pub(crate) cancel_callbacks: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Task {
    Running,
    Cancelling,
    Cancelled,
    Ended,
}

impl Story {
    /// The story of a pool that was made with this size, and was followed from its first event on.
    pub(crate) fn of(size: usize) -> Self {
        Story {
            limit: Some(size),
            ..Story::default()
        }
    }

    /// All of it, now that the pool is closed.
    pub(crate) fn to_the_end(size: usize, mut reader: EventReader) -> Self {
        let mut story = Story::of(size);
        story.read(&mut reader, usize::MAX);
        story.end();
        story
    }

    pub(crate) fn read(&mut self, reader: &mut EventReader, max: usize) {
        let read = reader.read(max);
        assert_eq!(read.lost, 0, "all events are kept");
        for event in read.events {
            self.tell(&event);
        }
    }

    pub(crate) fn end(&self) {
        assert!(self.closed, "the last event is the close");
        for (id, task) in &self.tasks {
            assert_eq!(*task, Task::Ended, "task {id}");
        }
        assert_eq!(self.totals.sum(), self.tasks.len() as u64);
        let bad = self.totals.panicked + self.totals.failed;
        assert_eq!(bad, 0, "no task of a scenario fails");
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn of_group(&self, group: &str) -> usize {
        self.started.get(group).copied().unwrap_or(0)
    }

    fn held(&self) -> usize {
        let held = |task: &&Task| matches!(task, Task::Running | Task::Cancelling | Task::Cancelled);
        self.tasks.values().filter(held).count()
    }

    fn step(&mut self, id: TaskId, from: &[Task], to: Task) {
        let task = self
            .tasks
            .get_mut(&id)
            .expect("a task's first event is its start");
        assert!(from.contains(task), "task {id} was {task:?} and is {to:?} now");
        *task = to;
    }

    fn tell(&mut self, event: &Event) {
        assert_eq!(event.seq, self.seq, "the numbers have no gaps");
        self.seq += 1;
        match &event.kind {
            EventKind::GroupCreated { group, .. } => {
                assert!(!self.locked && !self.closed);
                assert!(self.open.insert(group.clone()), "one group of a name at a time");
            }
            EventKind::GroupCancelled { group } | EventKind::GroupForgotten { group } => {
                assert!(self.open.remove(group), "only a group that is known");
            }
            EventKind::TaskStarted { id, group, .. } => self.start(*id, group),
            EventKind::CancelRequested { id, .. } => {
                self.step(*id, &[Task::Running, Task::Cancelling], Task::Cancelling);
            }
            EventKind::TaskCancelled { id, .. } => self.step(*id, &[Task::Cancelling], Task::Cancelled),
            EventKind::TaskEnded { id, outcome, .. } => match outcome.kind() {
                OutcomeKind::Cancelled => {
                    self.totals.cancelled += 1;
                    self.step(*id, &[Task::Cancelled], Task::Ended);
                }
                kind => {
                    match kind {
                        OutcomeKind::Completed => self.totals.completed += 1,
                        OutcomeKind::Failed => self.totals.failed += 1,
                        OutcomeKind::Panicked | OutcomeKind::Cancelled => self.totals.panicked += 1,
                    }
                    self.step(*id, &[Task::Running, Task::Cancelling], Task::Ended);
                }
            },
            EventKind::CallbackDone { id, cancel, error } => {
                assert!(error.is_none(), "a callback failed: {error:?}");
                let during = if *cancel { Task::Cancelled } else { Task::Ended };
                self.step(*id, &[during], during);
                let done = if *cancel {
                    &mut self.cancel_callbacks
                } else {
                    &mut self.end_callbacks
                };
                *done += 1;
            }
            EventKind::TasksForgotten { first, last } => {
                for id in first.0..=last.0 {
                    self.step(TaskId(id), &[Task::Ended], Task::Ended);
                }
            }
            EventKind::Locked => self.locked = true,
            EventKind::Unlocked => self.locked = false,
            EventKind::Paused => self.paused = true,
            EventKind::Resumed => self.paused = false,
            EventKind::Resized { size } => {
                self.limit = match size {
                    PoolSize::Limited(size) => Some(*size),
                    PoolSize::Unlimited => None,
                }
            }
            EventKind::Closed => self.closed = true,
            _ => {}
        }
    }

    fn start(&mut self, id: TaskId, group: &GroupName) {
        assert_eq!(id.0, self.tasks.len() as u64, "IDs count up");
        assert!(!self.paused, "nothing starts in a pause");
        assert!(self.open.contains(group), "nothing of a cancelled group starts");
        self.tasks.insert(id, Task::Running);
        assert!(
            self.limit.is_none_or(|limit| self.held() <= limit),
            "no more than there are slots"
        );
        *self.started.entry(group.to_string()).or_default() += 1;
    }
}
