//! Tasks that are over, started again: as new tasks, of groups of their own.

use super::execute::{some_ids, text};
use super::{AnyPool, Groups, Member, lock};
use crate::app::args::Args;
use crate::app::book::{KEPT, Retry};
use crate::app::config::Method;
use crate::app::count::counted;
use crate::app::feed::Feed;
use crate::pool::{
    self, At, GroupName, OutcomeKind, PoolError, Query, States, TaskId, TaskInfo, TaskPool, TaskState,
};
use std::collections::BTreeMap;

/// The most tasks that are retried at once.
const MOST: usize = 100_000;

/// How many tasks are looked at under the pool's lock.
const PAGE: usize = 1000;

const FAILED: States = States::ended(OutcomeKind::Failed).and(States::ended(OutcomeKind::Panicked));

/// The failed tasks of a pool or a group, as a retry of all of them finds them.
pub(super) struct Failed {
    /// Those to retry.
    pub(super) ids: Vec<TaskId>,
    /// Those whose arguments are no longer kept.
    pub(super) lost: usize,
    /// Those that were retried already.
    pub(super) retried: usize,
    /// Those beyond the most that are retried at once.
    pub(super) beyond: usize,
}

impl Member {
    /// Starts these tasks again, all or none of them; says in which groups.
    pub(super) fn retry(&self, ids: &[u64]) -> Result<String, String> {
        let mut ids: Vec<TaskId> = ids.iter().copied().map(TaskId).collect();
        ids.sort_unstable();
        ids.dedup();
        let tasks = self.ended(&ids)?;
        let numbers: Vec<u64> = ids.iter().map(|id| id.0).collect();
        match &self.pool {
            AnyPool::Simple { pool, runs } => {
                let _one_at_a_time = lock(&self.starts);
                self.book.starting(numbers.clone());
                let started = runs.start(pool, ids.len());
                self.book.starting(Vec::new());
                let name = started.map_err(text)?;
                self.book.mark(&numbers);
                Ok(done(&name, ids.len()))
            }
            AnyPool::Task { pool, groups } => self.retry_of(pool, groups, &tasks),
        }
    }

    fn retry_of(&self, pool: &TaskPool, groups: &Groups, tasks: &[TaskInfo]) -> Result<String, String> {
        let mut lost = Vec::new();
        let mut by_spec: BTreeMap<usize, Vec<(u64, Args)>> = BTreeMap::new();
        for task in tasks {
            match self.again(groups, task) {
                Some((spec, args)) => by_spec
                    .entry(groups.newest(spec))
                    .or_default()
                    .push((task.id.0, args)),
                None => lost.push(task.id),
            }
        }
        if !lost.is_empty() {
            let whose = counted(lost.len(), "task", "tasks");
            return Err(format!(
                "the arguments of {whose} are no longer kept ({} MiB of them are): {}",
                KEPT >> 20,
                some_ids(&lost, lost.len())
            ));
        }
        let mut said: Vec<String> = Vec::new();
        for (spec, tasks) in by_spec {
            let ids: Vec<u64> = tasks.iter().map(|(id, _)| *id).collect();
            match self.create_again(pool, groups, spec, tasks) {
                Ok(name) => {
                    self.book.mark(&ids);
                    said.push(done(&name, ids.len()));
                }
                Err(error) if said.is_empty() => return Err(text(error)),
                // Somebody has locked or closed the pool meanwhile.
                Err(error) => said.push(format!("{} not: {error}", counted(ids.len(), "task", "tasks"))),
            }
        }
        Ok(said.join(", "))
    }

    /// Which spec a task was made of, and its arguments, if they are known; those that its spec has are left out.
    fn again(&self, groups: &Groups, task: &TaskInfo) -> Option<(usize, Args)> {
        let spec = groups.spec_of(&task.group)?;
        let args = match groups.specs[spec].group.method {
            Method::Apply { .. } => Args::default(),
            Method::Map(_) | Method::Starmap(_) | Method::Doublestarmap(_) => self.book.kept(task.id.0)?,
        };
        Some((spec, args))
    }

    fn create_again(
        &self,
        pool: &TaskPool,
        groups: &Groups,
        index: usize,
        tasks: Vec<(u64, Args)>,
    ) -> Result<GroupName, PoolError> {
        let spec = &groups.specs[index];
        let (func, gate, num) = (spec.func.clone(), self.gate.clone(), tasks.len());
        let ids = || tasks.iter().map(|(id, _)| *id).collect();
        let limit = spec.group.num_concurrent;
        let (method, limit, feed) = match &spec.group.method {
            Method::Apply { args, .. } => {
                let feed = Feed::repeat(func, gate, args.clone(), num, ids());
                (pool::Method::Apply, None, feed)
            }
            Method::Map(_) => (pool::Method::Map, limit, Feed::again(func, gate, tasks)),
            Method::Starmap(_) => (pool::Method::Starmap, limit, Feed::again(func, gate, tasks)),
            Method::Doublestarmap(_) => (pool::Method::Doublestarmap, limit, Feed::again(func, gate, tasks)),
        };
        groups.submit(
            pool,
            index,
            Some(groups.retry_name(pool, index)),
            (method, limit, feed),
        )
    }

    /// These tasks, which all have to be over.
    fn ended(&self, ids: &[TaskId]) -> Result<Vec<TaskInfo>, String> {
        if ids.is_empty() {
            return Err("no task was named".to_owned());
        }
        if ids.len() > MOST {
            return Err(format!("at most {MOST} tasks are retried at once"));
        }
        let query = Query {
            ids: Some(ids),
            rows: ids.len(),
            ..Query::default()
        };
        let tasks = self.pool.base().snapshot(&query).tasks;
        if let Some(id) = ids
            .iter()
            .find(|id| tasks.binary_search_by_key(id, |task| &task.id).is_err())
        {
            return Err(format!("task {id} is not remembered"));
        }
        match tasks.iter().find(|task| task.state != TaskState::Ended) {
            Some(task) => Err(format!("task {} has not ended", task.id)),
            None => Ok(tasks),
        }
    }

    /// The tasks that a retry of all that failed means.
    pub(super) fn failed(&self, group: Option<&str>) -> Failed {
        let mut failed = Failed {
            ids: Vec::new(),
            lost: 0,
            retried: 0,
            beyond: 0,
        };
        let mut seen = 0;
        loop {
            let shot = self.pool.base().snapshot(&Query {
                group,
                states: FAILED,
                at: At::First(seen),
                rows: PAGE,
                ..Query::default()
            });
            // A window that would reach beyond the end is moved back.
            let new = shot.tasks.iter().skip(seen.saturating_sub(shot.tasks_first));
            for task in new {
                if failed.ids.len() == MOST {
                    failed.beyond = shot.tasks_total - seen;
                    return failed;
                }
                seen += 1;
                if self.book.links(task.id.0).0.is_some() {
                    failed.retried += 1;
                } else if self.knows(task) {
                    failed.ids.push(task.id);
                } else {
                    failed.lost += 1;
                }
            }
            if seen >= shot.tasks_total || shot.tasks.is_empty() {
                return failed;
            }
        }
    }

    /// Whether what a task was called with is known.
    pub(super) fn knows(&self, task: &TaskInfo) -> bool {
        let AnyPool::Task { groups, .. } = &self.pool else {
            return true;
        };
        groups.spec_of(&task.group).is_some_and(|spec| {
            matches!(groups.specs[spec].group.method, Method::Apply { .. }) || self.book.keeps(task.id.0)
        })
    }

    /// Retries all that failed and was not retried already.
    pub(super) fn retry_failed(&self, group: Option<&str>) -> Result<String, String> {
        let failed = self.failed(group);
        let ids: Vec<u64> = failed.ids.iter().map(|id| id.0).collect();
        failed.some()?;
        let done = self.retry(&ids)?;
        let mut said = vec![done];
        said.extend(failed.left_out());
        Ok(said.join("; "))
    }

    /// What a task says of its retries.
    pub(super) fn retry_facts(&self, id: TaskId) -> Vec<(&'static str, String)> {
        let (retry, retries) = self.book.links(id.0);
        let retried_as = retry.map(|retry| match retry {
            Retry::Queued => "a queued task".to_owned(),
            Retry::Task(id) => id.to_string(),
        });
        let tries = self.book.tried(id.0).map(|tries| ("tries", tries.to_string()));
        let links = [
            ("retries", retries.map(|id| format!("task {id}"))),
            ("retried as", retried_as),
        ];
        let links = links.into_iter().filter_map(|(name, text)| Some((name, text?)));
        tries.into_iter().chain(links).collect()
    }
}

impl Failed {
    /// Refuses where there is nothing to retry.
    pub(super) fn some(&self) -> Result<(), String> {
        if !self.ids.is_empty() {
            return Ok(());
        }
        let why = self.left_out().join("; ");
        Err(match &*why {
            "" => "no task has failed".to_owned(),
            _ => format!("nothing to retry: {why}"),
        })
    }

    /// Which failed tasks are not retried, and why.
    pub(super) fn left_out(&self) -> Vec<String> {
        let parts = [
            (self.retried, "retried already"),
            (self.lost, "left out: the arguments are no longer kept"),
            (self.beyond, "left out: too many at once"),
        ];
        let parts = parts.into_iter().filter(|(num, _)| *num > 0);
        parts.map(|(num, why)| format!("{num} {why}")).collect()
    }
}

impl Groups {
    /// A name for a group of retries that no group of the pool has or had.
    fn retry_name(&self, pool: &TaskPool, index: usize) -> GroupName {
        let func = &self.specs[index].group.func;
        let mut next = lock(&self.retried);
        let next = next.entry(func.clone()).or_default();
        loop {
            let name = format!("retry-{func}-group-{next}");
            *next += 1;
            if pool.group(&name).is_none() {
                return name.as_str().into();
            }
        }
    }
}

fn done(name: &GroupName, num: usize) -> String {
    format!("group {name} with {}", counted(num, "task", "tasks"))
}
