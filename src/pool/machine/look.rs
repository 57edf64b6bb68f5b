//! Looking at the state without changing it.

use super::super::group::{Group, GroupKey, Spawner};
use super::super::view::{At, GroupInfo, Query, Snapshot, Stats, TaskInfo, Why};
use super::super::{GroupName, States, TaskId, TaskState};
use super::Machine;
use std::time::Duration;

/// A task with its group and its arguments.
type Described<'a> = (TaskId, &'a GroupName, &'a str);

impl<T, G> Machine<T, G> {
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            size: self.size,
            locked: self.locked,
            paused: self.paused,
            closing: self.closers > 0 && !self.closed,
            closed: self.closed,
            running: self.num_running(),
            cancelling: self.table.count(States::of(TaskState::Cancelling)),
            cancelled: self.num_cancelled(),
            ended: self.num_ended(),
            queued: usize::try_from(self.queued).unwrap_or(usize::MAX),
            queued_more: self.unknown > 0,
            totals: self.totals,
            never_started: self.never_started,
            never_started_more: self.never_started_more,
            skipped: self.skipped,
            input_errors: self.input_errors,
            callback_errors: self.callback_errors,
            callbacks: self.unsettled,
            groups: self.groups.named_count(),
            version: self.log.seq(),
        }
    }

    pub(crate) fn snapshot(&self, query: &Query<'_>, now: Duration) -> Snapshot {
        let (first, max) = query.groups;
        let groups = self.groups.named().skip(first).take(max);
        let groups = groups.map(|(key, group)| self.group_info(key, group)).collect();
        let (tasks_total, tasks_first, ids) = self.choose(query);
        let tasks = ids.into_iter().filter_map(|id| self.task_info(id)).collect();
        Snapshot {
            time: now,
            stats: self.stats(),
            groups,
            tasks_total,
            tasks_first,
            tasks,
        }
    }

    pub(crate) fn group(&self, name: &str) -> Option<GroupInfo> {
        let key = self.groups.find(name)?;
        Some(self.group_info(key, self.groups.get(key)?))
    }

    pub(crate) fn remembers(&self, id: TaskId) -> bool {
        self.table.get(id).is_some()
    }

    /// The newest tasks that run and were not asked to cancel.
    pub(crate) fn newest_running(&self, num: usize) -> Vec<TaskId> {
        self.table.newest(States::of(TaskState::Running), num)
    }

    /// The IDs of all tasks of these groups that are remembered; or the name that is not known.
    pub(crate) fn group_ids<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<TaskId>, GroupName> {
        let mut ids = Vec::new();
        for name in names {
            let key = self.groups.find(name).ok_or_else(|| GroupName::from(name))?;
            let group = self.groups.get(key).map(|group| (key, &group.shares));
            ids.extend(self.table.select(group, States::ALL, 0, usize::MAX));
        }
        Ok(ids)
    }

    /// The tasks from `from` on, a few hundred at a time: where to go on, and each with its group and
    /// arguments. Nothing if there are no more.
    pub(crate) fn scan(&self, from: TaskId) -> Option<(TaskId, Vec<Described<'_>>)> {
        let (next, ids) = self.table.page_from(from)?;
        let described = ids.filter_map(|id| {
            let task = self.table.get(id)?;
            Some((id, &self.groups.get(task.group())?.name, task.text()))
        });
        let next = next.min(self.table.next_id());
        (from < next).then(|| (next, described.collect()))
    }

    /// How many tasks fit the query, the index of the first one shown, and the IDs of those shown.
    fn choose(&self, query: &Query<'_>) -> (usize, usize, Vec<TaskId>) {
        if let Some(ids) = query.ids {
            return self.choose_of(ids, query);
        }
        let states = query.states;
        let (group, total) = match query.group {
            None => (None, self.table.count(states)),
            Some(name) => {
                let key = self.groups.find(name);
                let group = key.and_then(|key| Some((key, &self.groups.get(key)?.shares)));
                let Some((_, shares)) = group else {
                    return (0, 0, Vec::new());
                };
                (group, shares.count(states))
            }
        };
        let first = window(query, total, |id| self.table.rank(group, states, id));
        (total, first, self.table.select(group, states, first, query.rows))
    }

    /// The same among given tasks.
    fn choose_of(&self, ids: &[TaskId], query: &Query<'_>) -> (usize, usize, Vec<TaskId>) {
        let fits = |id: &TaskId| self.table.get(*id).is_some_and(|task| task.is(query.states));
        let chosen: Vec<TaskId>;
        let listed = if query.states == States::ALL {
            ids
        } else {
            chosen = ids.iter().copied().filter(fits).collect();
            &chosen
        };
        let first = window(query, listed.len(), |id| {
            listed.partition_point(|other| *other < id)
        });
        let shown = listed.iter().skip(first).take(query.rows);
        (listed.len(), first, shown.copied().collect())
    }

    fn task_info(&self, id: TaskId) -> Option<TaskInfo> {
        let task = self.table.get(id)?;
        let group = self.groups.get(task.group())?;
        let (rare, ended) = (task.rare(), task.ended());
        let settled = task
            .settled()
            .then(|| rare.and_then(|rare| rare.settled.time()).or(ended))
            .flatten();
        Some(TaskInfo {
            id,
            group: group.name.clone(),
            state: task.state(),
            outcome: task.outcome(),
            args: task.text().into(),
            made: group.made,
            started: task.started(),
            asked: rare.and_then(|rare| rare.asked.time()),
            cancelled: rare.and_then(|rare| rare.cancelled.time()),
            ended,
            settled,
        })
    }

    fn group_info(&self, key: GroupKey, group: &Group<G>) -> GroupInfo {
        GroupInfo {
            name: group.name.clone(),
            method: group.method,
            func: group.func.clone(),
            num_concurrent: group.num_concurrent,
            queued: group.queued,
            running: group.shares.count(States::REACHABLE),
            cancelling: group.shares.count(States::of(TaskState::Cancelling)),
            cancelled: group.shares.count(States::of(TaskState::Cancelled)),
            totals: group.totals,
            skipped: group.skipped,
            input_error: group.input_error.clone(),
            input_empty: group.input_empty.clone(),
            why: self.why(key, group),
        }
    }

    fn why(&self, key: GroupKey, group: &Group<G>) -> Why {
        match group.spawner {
            Spawner::Done => Why::NothingLeft,
            _ if self.paused => Why::Paused,
            Spawner::WaitingForInput => Why::WaitingForInput,
            Spawner::Open if group.in_line => {
                let place = self
                    .line
                    .iter()
                    .position(|other| *other == key)
                    .unwrap_or_default();
                Why::PoolFull { place: place + 1 }
            }
            Spawner::Open if group.tickets > 0 => Why::Starting,
            Spawner::Open => Why::NumConcurrent,
        }
    }
}

/// The index of the first row of the query's window on `total` rows.
fn window(query: &Query<'_>, total: usize, rank: impl FnOnce(TaskId) -> usize) -> usize {
    let last = total.saturating_sub(query.rows);
    match query.at {
        At::First(first) => first.min(last),
        At::End => last,
        At::Task(id, row) => rank(id).saturating_sub(row).min(last),
    }
}
