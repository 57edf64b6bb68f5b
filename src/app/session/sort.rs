//! Tasks in another order than that of their IDs. To sort very many takes a while, so it is done on a thread of its
//! own, on copied keys; until it is done, and between two times, the list has the order that it had.

use super::list::Tasks;
use super::subject::{Apart, Scene, exit_code, tries};
use super::survey::UsedBy;
use crate::app::book::Book;
use crate::app::output::OutputStore;
use crate::app::view::{Column, Sort, Sorted, Used};
use crate::pool::{At, BaseTaskPool, GroupName, Query, Snapshot, States, TaskId, TaskInfo};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// How long an order is good at least.
const GOOD: Duration = Duration::from_secs(1);

/// How many tasks are copied under one lock.
const CHUNK: usize = 1024;

/// How many bytes of a text count for its order.
const TEXT: usize = 64;

/// What one client's list is sorted by, and its order.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    of: Option<Of>,
    ids: Option<Vec<TaskId>>,
    /// When `ids` were in order, and how long that took.
    at: Option<(Instant, Duration)>,
    /// What had changed of the pool by then.
    version: u64,
    job: Option<Job>,
}

/// What is sorted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Of {
    pub(super) pool: String,
    pub(super) group: Option<String>,
    pub(super) filter: String,
    pub(super) sort: Sort,
}

#[derive(Debug)]
struct Job {
    began: Instant,
    version: u64,
    done: Arc<OnceLock<Vec<TaskId>>>,
    dropped: Arc<AtomicBool>,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.dropped.store(true, Atomic::Relaxed);
    }
}

impl Sorter {
    /// Nothing is sorted any more.
    pub(super) fn rest(&mut self) {
        *self = Sorter::default();
    }

    /// Goes on: takes what is done, begins anew where that is too old.
    pub(super) fn go_on(&mut self, scene: Scene<'_>, of: &Of, tasks: Tasks<'_>, used: &Arc<UsedBy>) {
        let pool = scene.member.pool.base();
        if self.of.as_ref() != Some(of) {
            *self = Sorter {
                of: Some(of.clone()),
                ..Sorter::default()
            };
        }
        if let Some(ids) = self.job.as_ref().and_then(|job| job.done.get()).cloned()
            && let Some(job) = self.job.take()
        {
            self.ids = Some(ids);
            self.at = Some((Instant::now(), job.began.elapsed()));
            self.version = job.version;
        }
        if let Some(ids) = &mut self.ids {
            pool.retain_remembered(ids);
        }
        let old = self.at.is_none_or(|(at, took)| at.elapsed() > GOOD.max(took * 4));
        let version = pool.version();
        let changed = self.at.is_none() || version != self.version || pool.num_running() > 0;
        if let (false, Some((at, _))) = (changed, &mut self.at) {
            // What has not changed is in order now, too.
            *at = Instant::now();
        }
        if self.job.is_none() && old && changed {
            self.job = Some(begin(scene, of, tasks, used.clone(), version));
        }
    }

    /// The order, once there is one.
    pub(super) fn ids(&self) -> Option<&[TaskId]> {
        self.ids.as_deref()
    }

    /// What there is to say of it.
    pub(super) fn told(&self) -> Option<Sorted> {
        let of = self.of.as_ref()?;
        Some(Sorted {
            sort: of.sort,
            ago: self.at.map(|(at, _)| Duration::from_secs(at.elapsed().as_secs())),
            busy: self.job.is_some(),
        })
    }
}

fn begin(scene: Scene<'_>, of: &Of, tasks: Tasks<'_>, used: Arc<UsedBy>, version: u64) -> Job {
    let member = scene.member;
    let (states, ids) = match tasks {
        Tasks::In(states) => (states, None),
        Tasks::Found(ids) | Tasks::Sorted(ids) => (States::ALL, Some(ids.to_vec())),
    };
    let job = Job {
        began: Instant::now(),
        version,
        done: Arc::default(),
        dropped: Arc::default(),
    };
    let copy = Copy {
        pool: member.pool.base().clone(),
        book: member.book.clone(),
        outputs: scene.session.outputs.clone(),
        used,
        apart: scene.apart.clone(),
        group: of.group.clone(),
        column: of.sort.column,
        states,
        funcs: HashMap::new(),
    };
    let (done, dropped, descending) = (job.done.clone(), job.dropped.clone(), of.sort.descending);
    spawn_blocking(move || {
        if let Some(keys) = copy.keys(ids.as_deref(), &dropped) {
            // Nobody else fills it.
            let _ = done.set(in_order(keys, descending));
        }
    });
    job
}

/// What a task is sorted by, if that is known of it.
type Key = Option<Value>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Value {
    Number(u128),
    Text(Box<str>),
}

/// In order; equal ones by their IDs, and those of which nothing is known at the end.
fn in_order(mut keys: Vec<(Key, TaskId)>, descending: bool) -> Vec<TaskId> {
    keys.sort_by(|(one, _), (other, _)| match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    keys.into_iter().map(|(_, id)| id).collect()
}

/// What it takes to copy the keys.
struct Copy {
    pool: BaseTaskPool,
    book: Arc<Book>,
    outputs: OutputStore,
    group: Option<String>,
    column: Column,
    states: States,
    funcs: HashMap<GroupName, Arc<str>>,
    used: Arc<UsedBy>,
    apart: Arc<Apart>,
}

impl Copy {
    /// The keys of these tasks, or of those of the group that are in the states; in the order of their IDs.
    fn keys(mut self, ids: Option<&[TaskId]>, dropped: &AtomicBool) -> Option<Vec<(Key, TaskId)>> {
        let mut keys = Vec::new();
        if let Some(ids) = ids {
            for ids in ids.chunks(CHUNK) {
                if dropped.load(Atomic::Relaxed) {
                    return None;
                }
                let shot = self.pool.snapshot(&Query {
                    ids: Some(ids),
                    rows: ids.len(),
                    ..Query::default()
                });
                self.take(&shot, TaskId(0), &mut keys);
            }
            return Some(keys);
        }
        let mut from = TaskId(0);
        loop {
            if dropped.load(Atomic::Relaxed) {
                return None;
            }
            let shot = self.pool.snapshot(&Query {
                group: self.group.as_deref(),
                states: self.states,
                at: At::Task(from, 0),
                rows: CHUNK,
                ..Query::default()
            });
            let Some(last) = shot.tasks.last().map(|task| task.id).filter(|last| *last >= from) else {
                return Some(keys);
            };
            self.take(&shot, from, &mut keys);
            from = TaskId(last.0 + 1);
        }
    }

    fn take(&mut self, shot: &Snapshot, from: TaskId, keys: &mut Vec<(Key, TaskId)>) {
        for task in shot.tasks.iter().filter(|task| task.id >= from) {
            keys.push((self.key(task, shot.time), task.id));
        }
    }

    /// What its command uses, if it runs.
    fn used(&self, task: &TaskInfo) -> Option<Used> {
        let runs = task.ended.is_none();
        self.used.get(&task.id.0).copied().filter(|_| runs)
    }

    fn key(&mut self, task: &TaskInfo, now: Duration) -> Key {
        let id = task.id.0;
        let number = |number: u64| Some(Value::Number(number.into()));
        let text = |text: &str| {
            let text = &text[..text.floor_char_boundary(TEXT)];
            (!text.is_empty()).then(|| Value::Text(text.to_lowercase().into()))
        };
        match self.column {
            Column::Id => number(id),
            Column::State => number(self.apart.status(task) as u64),
            Column::Group => text(&task.group),
            Column::Func => {
                let known = self.funcs.get(&task.group).cloned();
                let func = known.unwrap_or_else(|| {
                    let func = self.pool.group(&task.group).map(|group| group.func);
                    let func = func.unwrap_or_default();
                    self.funcs.insert(task.group.clone(), func.clone());
                    func
                });
                text(&func)
            }
            Column::Age => {
                let age = task.ended.unwrap_or(now).saturating_sub(task.started);
                Some(Value::Number(age.as_nanos()))
            }
            Column::Wait => Some(Value::Number(task.started.saturating_sub(task.made).as_nanos())),
            Column::Cpu => self.used(task)?.cpu.and_then(number),
            Column::Mem => number(self.used(task)?.memory),
            Column::Try => number(tries(&self.book, id)),
            Column::Exit => exit_code(task.outcome.as_ref()?).and_then(number),
            Column::Args => text(&task.args),
            Column::Last => self
                .outputs
                .last_line(self.pool.name(), id)
                .and_then(|line| text(&line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_keep_their_order_and_what_is_not_known_comes_last() {
        let keys = |numbers: [Option<u128>; 5]| -> Vec<(Key, TaskId)> {
            (0..)
                .map(TaskId)
                .zip(numbers)
                .map(|(id, n)| (n.map(Value::Number), id))
                .collect()
        };
        let all = [Some(2), None, Some(1), Some(2), Some(3)];
        let ids = |descending| -> Vec<u64> {
            in_order(keys(all), descending)
                .into_iter()
                .map(|id| id.0)
                .collect()
        };
        assert_eq!(ids(false), [2, 0, 3, 4, 1]);
        assert_eq!(ids(true), [4, 0, 3, 2, 1]);
    }
}
