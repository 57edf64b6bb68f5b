//! Views: what a client's screen shows of a session.

use super::groups::{Round, of_row};
use super::history::History;
use super::list::{self, List, Tasks};
use super::marks::Gone;
use super::meter::Meter;
use super::search::Search;
use super::sort::{Of, Sorter};
use super::subject::{Apart, Scene};
use super::survey::{Survey, UsedBy};
use super::words::{first, phase, task_row};
use super::{AnyPool, Member, Session};
use crate::app::book::Failure;
use crate::app::clean::Clean;
use crate::app::config::FuncSpec;
use crate::app::filter::{Bounds, Field, Filter};
use crate::app::ids::Ids;
use crate::app::output::OutputEye;
use crate::app::timeline::Track;
use crate::app::view::{By, FailureRow, OutputView, PoolRow, PoolView, Queued, TaskRow, View, Want};
use crate::pool::{self, Query, States, TaskId, TaskInfo, TaskState};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// The most tasks whose output is shown as one.
const MERGED: usize = 64;

/// One client's eye: what it has to remember from one view to the next.
#[derive(Debug, Default)]
pub struct Look {
    /// What the shown task uses.
    pub(in crate::app) meter: Meter,
    /// What the commands of the list use.
    pub(in crate::app) survey: Survey,
    filter: Read,
    round: Round,
    sorter: Sorter,
    search: Option<Search>,
    output: OutputEye,
    history: HashMap<String, History>,
    gone: Gone,
    /// The timeline that somebody looks at, by the name of its pool.
    pub(super) timeline: Option<(String, Track)>,
}

/// The filter that was read last.
#[derive(Debug, Default)]
struct Read {
    text: String,
    filter: Filter,
}

impl Read {
    /// What this text means; nothing is found by one that cannot be read.
    fn read(&mut self, text: &str) -> Filter {
        if self.text != text {
            text.clone_into(&mut self.text);
            self.filter = text.parse().unwrap_or_else(|_| Filter::of_states(&[]));
        }
        self.filter.clone()
    }
}

impl Look {
    /// Makes the view that is wanted. Also says whether a search is not through yet, so that it is worth
    /// looking again soon.
    pub fn view(&mut self, session: &Session, want: &Want) -> (View, bool) {
        let time = session.started.elapsed();
        let pools = session
            .members()
            .map(|member| self.pool_row(session, member, time))
            .collect();
        let member = want.pool.as_ref().and_then(|name| session.member(name).ok());
        if want.timeline.is_none() {
            self.timeline = None;
        }
        let mut searching = false;
        let pool = member.map(|member| {
            let mut view = self.pool_view(session, member, want);
            view.gone = self.gone.of(member, &want.marks);
            view.timeline = self.timeline_view(session, member, want.timeline.as_ref(), time);
            searching =
                view.searched.is_some() || self.round.busy || view.sorted.is_some_and(|sorted| sorted.busy);
            if let Some(task) = &mut view.task {
                let (output, more) = session.output_view(member, task.row.id, want, &mut self.output);
                task.output = output;
                searching |= more;
            }
            view
        });
        let title = Clean::from(session.title.as_str());
        (
            View {
                time,
                title,
                pools,
                pool,
                closing: session.closing(),
                warnings: session.warnings().view(),
                failures: session.last_failures(want.failures, false),
                answers: want.asked,
                why: want.why.as_ref().and_then(|subject| self.why(session, subject)),
            },
            searching,
        )
    }

    /// Goes on with the search for this, if the pool cannot find it by itself.
    fn search(&mut self, scene: Scene<'_>, group: Option<&str>, filter: &Filter) {
        if Bounds::of(filter, &scene.apart.kinds()).is_exact() {
            self.search = None;
            return;
        }
        let pool = &*scene.member.name;
        let mut search = self
            .search
            .take()
            .filter(|search| search.is_for(pool, group, filter))
            .unwrap_or_else(|| Search::new(pool, group, filter.clone()));
        search.go_on(scene);
        self.search = Some(search);
    }

    /// What ended in the last seconds of a pool, and what waited.
    pub(super) fn history(&self, pool: &str) -> Option<&History> {
        self.history.get(pool)
    }

    fn pool_row(&mut self, session: &Session, member: &Member, time: Duration) -> PoolRow {
        let pool = member.pool.base();
        let stats = pool.stats();
        let nothing_runs = stats.running + stats.cancelled == 0 && !stats.paused;
        let waits = (nothing_runs && (stats.queued > 0 || stats.queued_more)).then(|| member.first_reason());
        let history = self.history.entry(member.name.clone()).or_default();
        history.note(time, &stats);
        let (func, more) = match &member.pool {
            AnyPool::Simple { pool, .. } => (Some(Clean::from(pool.func_name())), Some(pool.func_name())),
            AnyPool::Task { groups, .. } => (None, groups.started_first()),
        };
        PoolRow {
            name: Clean::from(member.name.as_str()),
            func,
            starts: more.map(Clean::from),
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
            failures_forgotten: member.failures_forgotten(&stats),
            skipped: stats.skipped,
            restarts: member.book.restarts(),
            last_end: history.last_end(),
            rate: history.rate(),
            history: history.counts(),
            failures: history.failures(),
            apart: Apart::of(session, member).counts(),
            held: member.held().len(),
            waits: Clean::from(waits.unwrap_or_default()),
            eta: history.eta(),
        }
    }

    fn pool_view(&mut self, session: &Session, member: &Member, want: &Want) -> PoolView {
        let pool = member.pool.base();
        let held = member.held();
        let filter = self.filter.read(&want.filter).and(of_row(want));
        let used = self.used(session, member, want, &filter);
        let apart = Apart::of(session, member);
        let kinds = apart.kinds();
        let scene = Scene {
            session,
            member,
            apart: &apart,
            used: &used,
        };
        let rows = self.round.rows(scene, want);
        let groups_total = pool.stats().groups + held.len();
        let groups_first = first(want.groups, groups_total);
        // The pool need not look at groups that others have been looked up in place of.
        let groups_rows = if rows.is_some() { 0 } else { want.groups.rows };
        let group = want.group.as_deref().filter(|_| want.by == By::Group);
        self.search(scene, group, &filter);
        let tasks = match &self.search {
            Some(search) => Tasks::Found(search.found()),
            None => Tasks::In(Bounds::of(&filter, &kinds).states()),
        };
        match want.sort {
            None => self.sorter.rest(),
            Some(sort) => {
                let of = Of {
                    pool: member.name.clone(),
                    group: group.map(str::to_owned),
                    filter: filter.to_string(),
                    sort,
                };
                self.sorter.go_on(scene, &of, tasks, &used);
            }
        }
        let list = List {
            pool,
            group,
            tasks: self.sorter.ids().map_or(tasks, Tasks::Sorted),
            apart: &kinds,
        };
        let jumped = want.jump.map(|jump| list.jump(jump, &filter));
        let window = list::around(want.tasks, jumped);
        let (shot, moved) = list.shot((groups_first, groups_rows), window);
        let rows = rows.unwrap_or_else(|| member.rows(&shot, &held, groups_first, groups_rows));
        let running = shot.tasks.iter().filter(|task| task.ended.is_none());
        let live = session.live.facts_of(&member.name, running.map(|task| task.id.0));
        let row = |task: &TaskInfo| TaskRow {
            used: used.get(&task.id.0).copied().filter(|_| task.ended.is_none()),
            ..task_row(session, member, task, live.get(&task.id.0), shot.time)
        };
        let is_gone = |name: &&str| pool.group(name).is_none() && !held.iter().any(|held| held == name);
        let ends = shot.tasks_first + shot.tasks.len() >= shot.tasks_total;
        let room = if filter.is_empty() && want.sort.is_none() && ends && want.by == By::Group {
            want.tasks.rows.saturating_sub(shot.tasks.len()).max(3)
        } else {
            0
        };
        PoolView {
            next: member.next(group, room),
            name: Clean::from(member.name.as_str()),
            whole: want.tasks.rows > 0 || want.timeline.is_some(),
            group_gone: group.filter(is_gone).map(Clean::from),
            groups_total: rows.total,
            groups_first: rows.first,
            groups: rows.shown,
            tasks_all: list.all(),
            searched: self.search.as_ref().and_then(|search| {
                let started = shot.stats.totals.sum() + (shot.stats.running + shot.stats.cancelled) as u64;
                search.percent(started)
            }),
            sorted: self.sorter.told(),
            jumped,
            moved,
            tasks_total: shot.tasks_total,
            tasks_first: shot.tasks_first,
            tasks: shot.tasks.iter().map(row).collect(),
            task: want
                .task
                .and_then(|id| self.task_view(session, member, TaskId(id))),
            gone: Ids::default(),
            timeline: None,
        }
    }

    /// What the commands use, if anybody wants to know that.
    fn used(&mut self, session: &Session, member: &Member, want: &Want, filter: &Filter) -> Arc<UsedBy> {
        let asked = filter.asks(Field::Cpu) || filter.asks(Field::Mem);
        let wanted = want.usage || asked;
        self.survey.wanted(session, wanted);
        let used = self.survey.used(&member.name);
        if wanted {
            session.note_used(&member.name, &used);
        }
        used
    }

    /// Which tasks a list has, once all of them have been looked through: all in these states, or of these those that
    /// are.
    pub(super) fn whole(
        &mut self,
        session: &Session,
        member: &Member,
        want: &Want,
    ) -> Option<(States, Option<Vec<TaskId>>)> {
        let used = session.used_in(&member.name);
        let apart = Apart::of(session, member);
        let scene = Scene {
            session,
            member,
            apart: &apart,
            used: &used,
        };
        let group = want.group.as_deref().filter(|_| want.by == By::Group);
        let filter = self.filter.read(&want.filter).and(of_row(want));
        self.search(scene, group, &filter);
        match &self.search {
            None => Some((Bounds::of(&filter, &apart.kinds()).states(), None)),
            Some(search) if search.percent(0).is_none() => Some((States::ALL, Some(search.found().to_vec()))),
            Some(_) => None,
        }
    }
}

impl Member {
    /// The tasks of a group, or of all, whose output is shown as one: those that run, then the newest others. Also
    /// whether there are more.
    fn merged_tasks(&self, group: Option<&str>) -> (Vec<u64>, bool) {
        let last = |states| {
            let shot = self.pool.base().snapshot(&Query {
                group,
                states,
                at: pool::At::End,
                rows: MERGED,
                ..Query::default()
            });
            let ids: Vec<u64> = shot.tasks.iter().map(|task| task.id.0).collect();
            (ids, shot.tasks_total)
        };
        let (running, _) = last(States::of(TaskState::Running).and(States::of(TaskState::Cancelling)));
        let (newest, total) = last(States::ALL);
        let mut ids: Vec<u64> = running.into_iter().chain(newest.into_iter().rev()).collect();
        let mut known = HashSet::new();
        ids.retain(|id| known.insert(*id));
        ids.truncate(MERGED);
        ids.sort_unstable();
        (ids, total > MERGED)
    }

    /// The function that the tasks of this group run.
    pub(in crate::app) fn func_of(&self, group: &str) -> Option<&FuncSpec> {
        match &self.pool {
            AnyPool::Simple { runs, .. } => Some(runs.func_of(group).spec()),
            AnyPool::Task { groups, .. } => Some(groups.specs.get(groups.spec_of(group)?)?.func.spec()),
        }
    }
}

impl Session {
    /// From the session's start to the creation of the pool: pools count their times from there.
    pub(in crate::app) fn offset(&self, member: &Member) -> Duration {
        member
            .pool
            .base()
            .created()
            .saturating_duration_since(self.started)
    }

    /// The tasks of all pools that failed last, newest first; forgotten ones only if they are wanted. Costs the pools.
    pub(in crate::app) fn last_failures(&self, wanted: usize, forgotten: bool) -> Vec<FailureRow> {
        if wanted == 0 {
            return Vec::new();
        }
        let of = |member: &'_ Member| member.book.last_failures();
        let mut failures: Vec<(&Member, Arc<Failure>)> = self
            .members()
            .flat_map(|member| of(member).into_iter().map(move |failure| (member, failure)))
            .collect();
        failures.sort_by_key(|(_, failure)| Reverse((failure.at, failure.id)));
        failures
            .into_iter()
            .filter(|(member, failure)| forgotten || member.pool.base().remembers(TaskId(failure.id)))
            .take(wanted)
            .map(|(member, failure)| FailureRow {
                pool: Clean::from(member.name.as_str()),
                group: Clean::from(failure.group.as_str()),
                id: failure.id,
                args: failure.args.clone(),
                status: failure.status,
                note: failure.note.clone(),
                ago: failure.at.elapsed(),
            })
            .collect()
    }

    /// The output of a task, or of those that it is shown among.
    fn output_view(&self, member: &Member, id: u64, want: &Want, eye: &mut OutputEye) -> (OutputView, bool) {
        let output = &want.output;
        let terminal = if output.merged {
            None
        } else {
            self.terminals.view(&member.name, id, want.pane).map(Box::new)
        };
        if output.rows == 0 || terminal.is_some() {
            let view = OutputView {
                terminal,
                ..OutputView::default()
            };
            return (view, false);
        }
        let (ids, more_tasks) = if output.merged {
            member.merged_tasks(want.group.as_deref().filter(|_| want.by == By::Group))
        } else {
            (vec![id], false)
        };
        let (view, searching) = self.outputs.look(&member.name, &ids, output, eye);
        let unsaved = self.outputs.saved_to().and_then(Result::err);
        let view = OutputView {
            more_tasks,
            unsaved: unsaved.map(Clean::from),
            ..view
        };
        (view, searching)
    }
}
