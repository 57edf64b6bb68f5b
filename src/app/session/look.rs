//! Views: what a client's screen shows of a session.

use super::search::{Filter, Search};
use super::{AnyPool, Groups, Member, Session};
use crate::app::clean::Clean;
use crate::app::config::{FuncKind, FuncSpec};
use crate::app::process::{CommandEnded, CommandFailed};
use crate::app::status::Status;
use crate::app::view::{
    At, GroupRow, OutputView, Phase, PoolRow, PoolView, Queued, TaskRow, TaskView, View, Want, Window,
};
use crate::pool::{self, GroupInfo, Outcome, Query, Snapshot, Stats, TaskId, TaskInfo, TaskState, Why};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How many seconds of finished tasks are kept.
const HISTORY: usize = 120;

/// Over how many seconds the rate is taken.
const RATE: usize = 5;

/// One client's eye: what it has to remember from one view to the next.
#[derive(Debug, Default)]
pub struct Look {
    search: Option<Search>,
    history: HashMap<String, History>,
}

/// Tasks ended in each second.
#[derive(Debug, Default)]
struct History {
    second: u64,
    /// How many had ended before that second.
    before: u64,
    counts: VecDeque<u32>,
}

impl History {
    /// Notes how many tasks have ended by now.
    fn note(&mut self, second: u64, ended: u64) {
        if self.counts.is_empty() {
            *self = History {
                second,
                before: 0,
                counts: VecDeque::from([0]),
            };
        }
        while self.second < second {
            self.second += 1;
            self.before += self.counts.back().map_or(0, |count| u64::from(*count));
            self.counts.push_back(0);
            if self.counts.len() > HISTORY {
                self.counts.pop_front();
            }
        }
        if let Some(now) = self.counts.back_mut() {
            *now = u32::try_from(ended.saturating_sub(self.before)).unwrap_or(u32::MAX);
        }
    }

    /// Tasks per second, over the last full seconds.
    fn rate(&self) -> f64 {
        let full = self.counts.len().saturating_sub(1).min(RATE);
        if full == 0 {
            return self.counts.back().map_or(0.0, |count| f64::from(*count));
        }
        let sum: f64 = self
            .counts
            .iter()
            .rev()
            .skip(1)
            .take(full)
            .map(|count| f64::from(*count))
            .sum();
        sum / full as f64
    }
}

impl Look {
    /// Makes the view that is wanted. Also says whether a search is not through yet, so that it is worth
    /// looking again soon.
    pub fn view(&mut self, session: &Session, want: &Want) -> (View, bool) {
        let time = session.started.elapsed();
        let pools = session
            .pools
            .iter()
            .map(|member| self.pool_row(member, time))
            .collect();
        let member = want.pool.as_ref().and_then(|name| session.member(name).ok());
        let mut searching = false;
        let pool = member.map(|member| {
            let filter = Filter::parse(&want.filter);
            searching = self.search(member, want, &filter);
            self.pool_view(session, member, want, &filter)
        });
        let title = Clean::from(session.title.as_str());
        (
            View {
                time,
                title,
                pools,
                pool,
                closing: session.closing(),
            },
            searching,
        )
    }

    fn search(&mut self, member: &Member, want: &Want, filter: &Filter) -> bool {
        if filter.terms.is_empty() {
            self.search = None;
            return false;
        }
        let mut search = self
            .search
            .take()
            .filter(|search| search.pool == member.name && search.text == want.filter)
            .unwrap_or_else(|| Search::new(&member.name, &want.filter, filter.terms.clone()));
        let pool = member.pool.base();
        let more = search.go_on(pool);
        let stats = pool.stats();
        search.prune(pool, stats.totals.sum() - stats.ended as u64);
        self.search = Some(search);
        more
    }

    fn pool_row(&mut self, member: &Member, time: Duration) -> PoolRow {
        let pool = member.pool.base();
        let stats = pool.stats();
        let history = self.history.entry(member.name.clone()).or_default();
        history.note(time.as_secs(), stats.totals.sum());
        let func = match &member.pool {
            AnyPool::Simple(pool) => Some(Clean::from(pool.func_name())),
            AnyPool::Task { .. } => None,
        };
        PoolRow {
            name: Clean::from(member.name.as_str()),
            func,
            size: stats.size.limit(),
            locked: stats.locked,
            paused: stats.paused,
            phase: phase(&stats),
            running: stats.running,
            cancelling: stats.cancelling,
            cancelled: stats.cancelled,
            ended: stats.ended,
            queued: Queued {
                known: stats.queued,
                more: stats.queued_more,
            },
            ok: stats.totals.completed,
            failed: stats.totals.failed,
            panicked: stats.totals.panicked,
            stopped: stats.totals.cancelled,
            skipped: stats.skipped,
            rate: history.rate(),
            history: history.counts.iter().copied().collect(),
        }
    }

    fn pool_view(&self, session: &Session, member: &Member, want: &Want, filter: &Filter) -> PoolView {
        let pool = member.pool.base();
        let offset = session.offset(member);
        let held = member.held();
        let groups_total = pool.stats().groups + held.len();
        let groups_first = first(want.groups, groups_total);
        let query = Query {
            groups: (groups_first, want.groups.rows),
            group: want.group.as_deref(),
            states: filter.states,
            ids: self.search.as_ref().map(Search::found),
            at: at(want.tasks.at),
            rows: want.tasks.rows,
        };
        let shot = pool.snapshot(&query);
        let mut groups: Vec<GroupRow> = shot.groups.iter().map(|group| member.group_row(group)).collect();
        let held_first = groups_first.saturating_sub(shot.stats.groups);
        let room = want.groups.rows.saturating_sub(groups.len());
        groups.extend(
            held.iter()
                .skip(held_first)
                .take(room)
                .map(|group| member.held_row(group)),
        );
        let row = |task: &TaskInfo| task_row(session, member, task, shot.time);
        PoolView {
            name: Clean::from(member.name.as_str()),
            groups_total: shot.stats.groups + held.len(),
            groups_first,
            groups,
            tasks_total: shot.tasks_total,
            tasks_first: shot.tasks_first,
            tasks: shot.tasks.iter().map(row).collect(),
            task: want
                .task
                .and_then(|id| session.task_view(member, TaskId(id), want, offset)),
        }
    }
}

impl Member {
    /// The names of the groups that wait for a person.
    fn held(&self) -> Vec<String> {
        match &self.pool {
            AnyPool::Simple(_) => Vec::new(),
            AnyPool::Task { groups, .. } => groups.held_names(),
        }
    }

    fn groups(&self) -> Option<&Groups> {
        match &self.pool {
            AnyPool::Simple(_) => None,
            AnyPool::Task { groups, .. } => Some(groups),
        }
    }

    fn group_row(&self, group: &GroupInfo) -> GroupRow {
        GroupRow {
            name: Clean::from(group.name.as_str()),
            method: Clean::from(group.method.name()),
            func: Clean::from(&*group.func),
            num_concurrent: group.num_concurrent,
            queued: Queued {
                known: group.queued.unwrap_or(0),
                more: group.queued.is_none(),
            },
            running: group.running,
            cancelling: group.cancelling,
            cancelled: group.cancelled,
            ok: group.totals.completed,
            failed: group.totals.failed,
            panicked: group.totals.panicked,
            stopped: group.totals.cancelled,
            skipped: group.skipped,
            why: Clean::from(why(group)),
            held: false,
            startable: self
                .groups()
                .is_none_or(|groups| groups.is_startable(&group.name)),
        }
    }

    fn held_row(&self, name: &str) -> GroupRow {
        let spec = self.groups().and_then(|groups| groups.held_spec(name));
        let text = |get: fn(&super::Spec) -> &str| spec.map_or("", get);
        let len = spec
            .and_then(|spec| spec.group.method.len())
            .and_then(|len| usize::try_from(len).ok());
        GroupRow {
            name: Clean::from(name),
            method: Clean::from(text(|spec| spec.group.method.name())),
            func: Clean::from(text(|spec| &spec.group.func)),
            num_concurrent: spec.map(|spec| spec.group.num_concurrent),
            queued: Queued {
                known: len.unwrap_or(0),
                more: len.is_none(),
            },
            why: Clean::from("held back by the config: s starts it"),
            held: true,
            ..GroupRow::default()
        }
    }

    /// The function that the tasks of this group run.
    fn func_of(&self, group: &str) -> Option<&FuncSpec> {
        match &self.pool {
            AnyPool::Simple(_) => None,
            AnyPool::Task { groups, .. } => Some(groups.specs.get(groups.spec_of(group)?)?.func.spec()),
        }
    }
}

impl Session {
    /// From the session's start to the creation of the pool: pools count their times from there.
    fn offset(&self, member: &Member) -> Duration {
        member
            .pool
            .base()
            .created()
            .saturating_duration_since(self.started)
    }

    fn task_view(&self, member: &Member, id: TaskId, want: &Want, offset: Duration) -> Option<TaskView> {
        let ids = [id];
        let shot: Snapshot = member.pool.base().snapshot(&Query {
            ids: Some(&ids),
            rows: 1,
            ..Query::default()
        });
        let task = shot.tasks.first()?;
        let mut facts = vec![("group", task.group.to_string()), ("args", task.args.to_string())];
        if let Some(func) = member.func_of(&task.group) {
            facts.push(("func", func.name.clone()));
            facts.extend(func_facts(func));
        }
        if let Some(outcome) = &task.outcome {
            facts.push(("outcome", outcome_text(outcome)));
        }
        let times = [
            ("started", Some(task.started)),
            ("cancel requested", task.asked),
            ("cancelled", task.cancelled),
            ("ended", task.ended),
            (
                "callbacks done",
                task.settled.filter(|settled| Some(*settled) != task.ended),
            ),
        ];
        let output = if want.output_rows == 0 {
            OutputView::default()
        } else {
            self.outputs
                .window(&member.name, id.0, want.output_rows, want.output_back)
        };
        Some(TaskView {
            row: task_row(self, member, task, shot.time),
            name: Clean::from(format!("{}_Task-{id}", member.name)),
            facts: facts
                .into_iter()
                .map(|(name, text)| (Clean::from(name), Clean::from(text)))
                .collect(),
            times: times
                .into_iter()
                .filter_map(|(name, time)| Some((name.into(), time? + offset)))
                .collect(),
            output,
        })
    }
}

fn func_facts(func: &FuncSpec) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    match &func.kind {
        FuncKind::Command { argv, .. } => {
            let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
            facts.push(("command", words.join(" ")));
        }
        FuncKind::Shell { script } => facts.push(("shell", script.trim().to_owned())),
        FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => return facts,
    }
    facts.push(("cwd", func.cwd.display().to_string()));
    if let Some(timeout) = func.timeout {
        facts.push(("timeout", format!("{timeout:?}")));
    }
    facts.push(("grace", format!("{:?}", func.grace)));
    facts
}

fn phase(stats: &Stats) -> Phase {
    match (stats.closed, stats.closing) {
        (true, _) => Phase::Closed,
        (false, true) => Phase::Closing,
        (false, false) => Phase::Open,
    }
}

fn first(window: Window, total: usize) -> usize {
    let last = total.saturating_sub(window.rows);
    match window.at {
        At::First(first) => first.min(last),
        At::End | At::Task(..) => last,
    }
}

fn at(at: At) -> pool::At {
    match at {
        At::First(first) => pool::At::First(first),
        At::End => pool::At::End,
        At::Task(id, row) => pool::At::Task(TaskId(id), row),
    }
}

fn why(group: &GroupInfo) -> String {
    if let Some(error) = &group.input_error {
        return format!("its input failed: {error}");
    }
    match group.why {
        Why::NothingLeft => String::new(),
        Why::Starting => "starting".to_owned(),
        Why::PoolFull { place } => format!("pool full, {} in line", ordinal(place)),
        Why::NumConcurrent => {
            format!("{} at a time", group.num_concurrent.unwrap_or_default())
        }
        Why::Paused => "paused".to_owned(),
        Why::WaitingForInput => "waiting for the iterator".to_owned(),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn task_row(session: &Session, member: &Member, task: &TaskInfo, now: Duration) -> TaskRow {
    let status = status(task);
    let cancelling = matches!(task.state, TaskState::Cancelling)
        .then_some(task.asked)
        .flatten();
    TaskRow {
        id: task.id.0,
        group: Clean::from(task.group.as_str()),
        status,
        age: task.ended.unwrap_or(now).saturating_sub(task.started),
        cancelling_for: cancelling.map(|asked| now.saturating_sub(asked)),
        args: Clean::from(&*task.args),
        note: match &task.outcome {
            Some(outcome) if !matches!(outcome, Outcome::Completed) => Clean::from(note(outcome)),
            _ => session
                .outputs
                .last_line(&member.name, task.id.0)
                .unwrap_or_default(),
        },
    }
}

fn status(task: &TaskInfo) -> Status {
    match (task.state, &task.outcome) {
        (TaskState::Running, _) => Status::Running,
        (TaskState::Cancelling, _) => Status::Cancelling,
        (TaskState::Cancelled, _) => Status::Cancelled,
        (TaskState::Ended, Some(Outcome::Failed(error))) => {
            let failed = error.downcast_ref::<CommandFailed>();
            if failed.is_some_and(|failed| failed.timed_out.is_some()) {
                Status::TimedOut
            } else {
                Status::Failed
            }
        }
        (TaskState::Ended, Some(Outcome::Panicked(_))) => Status::Panicked,
        (TaskState::Ended, Some(Outcome::Cancelled(_))) => Status::Stopped,
        (TaskState::Ended, Some(Outcome::Completed) | None) => Status::Ok,
    }
}

/// What there is to say of an outcome beside its word.
fn note(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => String::new(),
        Outcome::Failed(error) => error.to_string(),
        Outcome::Panicked(message) => message.to_string(),
        Outcome::Cancelled(cancelled) => {
            let ended = cancelled
                .detail
                .as_ref()
                .and_then(|detail| detail.downcast_ref::<CommandEnded>());
            let parts = [
                cancelled.message.as_deref().map(str::to_owned),
                ended.map(ToString::to_string),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    let note = note(outcome);
    let word = match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed(_) => "failed",
        Outcome::Panicked(_) => "panicked",
        Outcome::Cancelled(_) => "cancelled",
    };
    if note.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {note}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_counts_what_ends_in_each_second() {
        let mut history = History::default();
        history.note(0, 3);
        history.note(0, 5);
        history.note(3, 9);
        history.note(4, 10);
        assert_eq!(history.counts, [5, 0, 0, 4, 1]);
        assert!((history.rate() - 9.0 / 4.0).abs() < 1e-9);
        history.note(1000, 10);
        assert_eq!(history.counts.len(), HISTORY);
        assert!(history.rate().abs() < 1e-9);
    }

    #[test]
    fn ordinals_are_english() {
        let places = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111].map(ordinal);
        let expected = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th",
        ];
        assert_eq!(places, expected);
    }
}
