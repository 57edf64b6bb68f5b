//! The list of tasks that is wanted: windows on it, and places in it, at the cost of what is shown.

use crate::app::filter::{Bounds, Filter};
use crate::app::status::Status;
use crate::app::view::{self, Goal, Jump, Jumped, Moved, Window};
use crate::pool::{At, BaseTaskPool, Query, Snapshot, States, TaskId};

/// How many tasks are looked at under one lock.
const CHUNK: usize = 4096;

/// A list of tasks.
pub(super) struct List<'a> {
    pub(super) pool: &'a BaseTaskPool,
    /// Only those of this group.
    pub(super) group: Option<&'a str>,
    pub(super) tasks: Tasks<'a>,
    /// What running tasks are shown as besides *running*.
    pub(super) apart: &'a [Status],
}

/// Which tasks, in which order.
#[derive(Clone, Copy)]
pub(super) enum Tasks<'a> {
    /// Those in these states, by their IDs: the pool finds them.
    In(States),
    /// These, by their IDs.
    Found(&'a [TaskId]),
    /// These, in another order.
    Sorted(&'a [TaskId]),
}

/// What a goal looks for.
fn statuses(goal: Goal) -> &'static [Status] {
    match goal {
        Goal::Failure => &[Status::Failed, Status::TimedOut, Status::Panicked],
        Goal::Running => &[
            Status::Running,
            Status::TimingOut,
            Status::Exited,
            Status::Paused,
            Status::Suspended,
            Status::NoRoom,
            Status::BackOff,
            Status::NeedsInput,
            Status::Cancelling,
        ],
        Goal::Newest => &[],
    }
}

/// The window that shows where a jump has led, in the row in which the cursor was wanted.
pub(super) fn around(window: Window, jumped: Option<Jumped>) -> Window {
    let Some(id) = jumped.and_then(|jumped| jumped.to) else {
        return window;
    };
    let row = match window.at {
        view::At::Task(_, row) | view::At::Moved(_, _, row) => row,
        view::At::First(_) | view::At::End => window.rows / 2,
    };
    Window {
        at: view::At::Task(id, row),
        ..window
    }
}

impl List<'_> {
    fn query(&self, at: At, rows: usize) -> Query<'_> {
        let (states, ids) = match self.tasks {
            Tasks::In(states) => (states, None),
            Tasks::Found(ids) | Tasks::Sorted(ids) => (States::ALL, Some(ids)),
        };
        Query {
            group: self.group,
            states,
            ids,
            at,
            rows,
            ..Query::default()
        }
    }

    /// What a window shows, with these groups; and where the move ended that it was wanted for.
    pub(super) fn shot(&self, groups: (usize, usize), window: Window) -> (Snapshot, Option<Moved>) {
        let shot = |at| {
            let query = self.query(at, window.rows);
            self.pool.snapshot(&Query { groups, ..query })
        };
        match window.at {
            view::At::First(first) => (shot(At::First(first)), None),
            view::At::End => (shot(At::End), None),
            view::At::Task(id, row) if matches!(self.tasks, Tasks::Sorted(_)) => {
                let first = self.position(TaskId(id)).saturating_sub(row);
                (shot(At::First(first)), None)
            }
            view::At::Task(id, row) => (shot(At::Task(TaskId(id), row)), None),
            view::At::Moved(from, by, row) => {
                let to = self.position(TaskId(from)).saturating_add_signed(by);
                let shot = shot(At::First(to.saturating_sub(row)));
                let to = to.min(shot.tasks_total.saturating_sub(1));
                let to = to.checked_sub(shot.tasks_first).and_then(|at| shot.tasks.get(at));
                let moved = to.map(|task| Moved {
                    from,
                    by,
                    to: task.id.0,
                });
                (shot, moved)
            }
        }
    }

    /// The index of a task, or of the next one if it is not there.
    fn position(&self, id: TaskId) -> usize {
        match self.tasks {
            Tasks::In(_) => self.pool.snapshot(&self.query(At::Task(id, 0), 1)).tasks_first,
            Tasks::Found(ids) => ids.partition_point(|other| *other < id),
            Tasks::Sorted(ids) => ids.iter().position(|other| *other == id).unwrap_or(0),
        }
    }

    /// How many tasks there are.
    pub(super) fn all(&self) -> usize {
        self.pool
            .snapshot(&Query {
                group: self.group,
                ..Query::default()
            })
            .tasks_total
    }

    /// Carries out a jump.
    pub(super) fn jump(&self, jump: Jump, filter: &Filter) -> Jumped {
        let (mut to, mut wrapped) = (jump.after.map(TaskId), false);
        for _ in 0..jump.times.max(1) {
            let found = match jump.goal {
                Goal::Newest => self.newest(),
                Goal::Failure | Goal::Running => self.next(to, jump.goal, filter),
            };
            let back = to.zip(found).is_some_and(|(from, to)| self.goes_back(from, to));
            wrapped |= back && jump.goal != Goal::Newest;
            to = found;
            if to.is_none() {
                break;
            }
        }
        Jumped {
            number: jump.number,
            to: to.map(|id| id.0),
            wrapped,
        }
    }

    /// Where the list goes on behind a task.
    fn after(&self, ids: &[TaskId], task: Option<TaskId>) -> usize {
        match (self.tasks, task) {
            (_, None) => 0,
            (Tasks::Sorted(_), Some(task)) => ids.iter().position(|id| *id == task).map_or(0, |at| at + 1),
            (_, Some(task)) => ids.partition_point(|id| *id <= task),
        }
    }

    /// Whether a jump from one task to another goes back.
    fn goes_back(&self, from: TaskId, to: TaskId) -> bool {
        match self.tasks {
            Tasks::Sorted(_) => self.position(to) <= self.position(from),
            Tasks::In(_) | Tasks::Found(_) => to <= from,
        }
    }

    fn newest(&self) -> Option<TaskId> {
        match self.tasks {
            Tasks::In(_) => self.one(&self.query(At::End, 1)),
            Tasks::Found(ids) => ids.last().copied(),
            Tasks::Sorted(ids) => ids.iter().max().copied(),
        }
    }

    fn one(&self, query: &Query<'_>) -> Option<TaskId> {
        self.pool.snapshot(query).tasks.first().map(|task| task.id)
    }

    /// The next one of these, or, after the last one, the first.
    fn next(&self, after: Option<TaskId>, goal: Goal, filter: &Filter) -> Option<TaskId> {
        let wanted = Filter::of_states(statuses(goal));
        let from = after.map_or(TaskId(0), |id| TaskId(id.0.saturating_add(1)));
        match self.tasks {
            Tasks::In(_) => {
                let states = Bounds::of(&filter.clone().and(wanted), self.apart).states();
                let query = |at| Query {
                    states,
                    ..self.query(at, 1)
                };
                let next = self.one(&query(At::Task(from, 0))).filter(|id| *id >= from);
                next.or_else(|| self.one(&query(At::First(0))))
            }
            Tasks::Found(ids) | Tasks::Sorted(ids) => {
                let states = Bounds::of(&wanted, self.apart).states();
                let (before, rest) = ids.split_at(self.after(ids, after));
                let mut chunks = rest.chunks(CHUNK).chain(before.chunks(CHUNK));
                chunks.find_map(|ids| {
                    self.one(&Query {
                        ids: Some(ids),
                        states,
                        rows: 1,
                        ..Query::default()
                    })
                })
            }
        }
    }
}
