//! The tasks that a filter finds, where the pool cannot find them by their states alone.
//!
//! A search goes on where it stopped, a bounded time per look, so that no view is late for it. What has ended is
//! looked at once; what may still change is looked at again with every look, or in turns where that is much.

use super::subject::{Fixed, Scene, Seen};
use crate::app::filter::{Bounds, Field, Filter};
use crate::pool::{At, Query, Snapshot, States, TaskId, TaskInfo, TaskState};
use std::time::{Duration, Instant};

/// How long one look may take.
const BUDGET: Duration = Duration::from_millis(15);

/// How many tasks are looked at before the next look at the clock.
const PAGE: usize = 512;

/// The same where all of their output is looked through.
const PAGE_OF_OUTPUT: usize = 8;

/// What a filter asks about that may change: whoever asks about none of this looks at each task once.
const CHANGING: [Field; 10] = [
    Field::State,
    Field::Exit,
    Field::Try,
    Field::Time,
    Field::Age,
    Field::Out,
    Field::Cpu,
    Field::Mem,
    // Those never change, but they are not to be had under the pool's lock.
    Field::Func,
    Field::Wait,
];

/// Tasks that are not over.
const NOT_OVER: States = States::of(TaskState::Running)
    .and(States::of(TaskState::Cancelling))
    .and(States::of(TaskState::Cancelled));

/// The tasks that match a filter so far.
#[derive(Debug)]
pub(super) struct Search {
    pool: String,
    group: Option<String>,
    filter: Filter,
    fixed: bool,
    page: usize,
    /// Where it goes on.
    next: TaskId,
    /// It has come to the end, for now.
    through: bool,
    /// In ID order.
    found: Vec<TaskId>,
    /// Those that have to be looked at again, in ID order.
    open: Vec<TaskId>,
    /// Which of them comes next.
    turn: usize,
    /// How many tasks the pool had forgotten when `found` was last pruned.
    forgotten: u64,
}

impl Search {
    pub(super) fn new(pool: &str, group: Option<&str>, filter: Filter) -> Search {
        Search {
            pool: pool.to_owned(),
            group: group.map(str::to_owned),
            fixed: !CHANGING.iter().any(|field| filter.asks(*field)),
            page: if filter.asks(Field::Out) {
                PAGE_OF_OUTPUT
            } else {
                PAGE
            },
            filter,
            next: TaskId(0),
            through: false,
            found: Vec::new(),
            open: Vec::new(),
            turn: 0,
            forgotten: 0,
        }
    }

    /// Whether it is the search for this.
    pub(super) fn is_for(&self, pool: &str, group: Option<&str>, filter: &Filter) -> bool {
        self.pool == pool && self.group.as_deref() == group && self.filter == *filter
    }

    /// The tasks found, oldest first; some may be forgotten by now.
    pub(super) fn found(&self) -> &[TaskId] {
        &self.found
    }

    /// How much of the pool's tasks was looked through, in percent; none once that is all of them.
    pub(super) fn percent(&self, started: u64) -> Option<u8> {
        let percent = self.next.0.saturating_mul(100) / started.max(1);
        (!self.through).then(|| u8::try_from(percent.min(99)).unwrap_or(99))
    }

    /// Goes on.
    pub(super) fn go_on(&mut self, scene: Scene<'_>) {
        let until = Instant::now() + BUDGET;
        let stats = scene.member.pool.base().stats();
        let forgotten = stats.totals.sum() - stats.ended as u64;
        if std::mem::replace(&mut self.forgotten, forgotten) != forgotten {
            scene.member.pool.base().retain_remembered(&mut self.found);
        }
        self.look_again(scene, Instant::now() + BUDGET / 2);
        loop {
            let more = if self.fixed {
                self.scan(scene)
            } else {
                self.read(scene)
            };
            self.through = !more;
            if !more || Instant::now() >= until {
                return;
            }
        }
    }

    /// A page of tasks by what never changes about them; whether there are more.
    fn scan(&mut self, scene: Scene<'_>) -> bool {
        let (filter, group, found) = (&self.filter, self.group.as_deref(), &mut self.found);
        let next = scene.member.pool.base().scan(self.next, |id, name, args| {
            let task = Fixed {
                member: scene.member,
                id: id.0,
                group: name,
                args,
            };
            if group.is_none_or(|group| group == name.as_str()) && filter.finds(&task) {
                found.push(id);
            }
        });
        self.next = next.unwrap_or(self.next);
        next.is_some()
    }

    /// The same with everything about them.
    fn read(&mut self, scene: Scene<'_>) -> bool {
        let bounds = Bounds::of(&self.filter, &scene.apart.kinds());
        let shot = scene.member.pool.base().snapshot(&Query {
            group: self.group.as_deref(),
            // What is not over may come into those states.
            states: bounds.states().and(NOT_OVER),
            at: At::Task(self.next, 0),
            rows: self.page,
            ..Query::default()
        });
        let from = self.next;
        let new = shot.tasks.iter().filter(|task| task.id >= from);
        for task in new {
            self.next = TaskId(task.id.0 + 1);
            let seen = Seen {
                scene,
                task,
                now: shot.time,
            };
            if self.filter.finds(&seen) {
                self.found.push(task.id);
            }
            if !self.is_settled(task, shot.time) {
                self.open.push(task.id);
            }
        }
        self.next > from && shot.tasks_first + shot.tasks.len() < shot.tasks_total
    }

    /// Whether the filter will find of this task what it finds now.
    fn is_settled(&self, task: &TaskInfo, now: Duration) -> bool {
        let old = |oldest| now.saturating_sub(task.started) > oldest;
        let written = !self.filter.asks(Field::Out) || task.settled.is_some();
        task.ended.is_some() && written && self.filter.oldest().is_none_or(old)
    }

    /// Looks again at what may have changed.
    fn look_again(&mut self, scene: Scene<'_>, until: Instant) {
        let mut left = self.open.len();
        while left > 0 && Instant::now() < until {
            if self.turn >= self.open.len() {
                self.turn = 0;
            }
            let end = self.open.len().min(self.turn + left.min(self.page));
            let ids = self.open[self.turn..end].to_vec();
            left -= ids.len();
            let shot = scene.member.pool.base().snapshot(&Query {
                ids: Some(&ids),
                rows: ids.len(),
                ..Query::default()
            });
            let open = self.take_in(scene, &ids, &shot);
            let kept = open.len();
            self.open.splice(self.turn..end, open);
            self.turn += kept;
        }
    }

    /// Takes in how these tasks are now; those of them that may still change.
    fn take_in(&mut self, scene: Scene<'_>, ids: &[TaskId], shot: &Snapshot) -> Vec<TaskId> {
        let (mut open, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            let task = shot.tasks.binary_search_by_key(id, |task| task.id);
            let task = task.ok().map(|at| &shot.tasks[at]);
            let found = task.is_some_and(|task| {
                self.filter.finds(&Seen {
                    scene,
                    task,
                    now: shot.time,
                })
            });
            if task.is_some_and(|task| !self.is_settled(task, shot.time)) {
                open.push(*id);
            }
            match (self.found.binary_search(id), found) {
                (Ok(_), false) => gone.push(*id),
                (Err(_), true) => new.push(*id),
                _ => {}
            }
        }
        if let Some(first) = gone.iter().chain(&new).min() {
            let at = self.found.partition_point(|id| id < first);
            let rest = self.found.split_off(at);
            let rest = rest.into_iter().filter(|id| gone.binary_search(id).is_err());
            self.found.extend(rest);
            self.found.extend(&new);
            self.found[at..].sort_unstable();
        }
        open
    }
}
