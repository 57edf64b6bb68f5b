//! What the warnings look at: a sample of a pool, which costs the same however many tasks there are.

mod processors;
mod sampler;

use super::survey::UsedBy;
use super::{Member, Session, lock};
use crate::app::config::Config;
use crate::app::process::{self, Facts};
use crate::app::warnings::{CommandSight, Histogram, OutputSight, PAGE, Sample, Sight, TaskSight, Warnings};
use crate::pool::{
    At, Event, Gathered, GroupInfo, GroupName, OutcomeKind, Query, States, TaskId, TaskInfo, TaskState,
};
use processors::Processors;
pub(in crate::app) use sampler::Sampler;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What is seen of the pools from outside.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) warnings: Warnings,
    processors: Processors,
    /// In bytes.
    machine_memory: Option<u64>,
    /// Since when the pools are paused that are, by the name.
    paused: Mutex<BTreeMap<String, Duration>>,
    /// What the commands of a pool used when somebody looked last, by its name.
    used: Mutex<BTreeMap<String, Arc<UsedBy>>>,
}

impl Observed {
    pub(super) fn new(config: &Config) -> Self {
        let names = config.pools.iter().map(|pool| pool.name.as_str());
        Observed {
            warnings: Warnings::new(config.warn.clone(), names),
            processors: Processors::default(),
            machine_memory: process::machine_memory(),
            paused: Mutex::default(),
            used: Mutex::default(),
        }
    }
}

/// Tasks that have ended.
const ENDED: States = States::ended(OutcomeKind::Completed)
    .and(States::ended(OutcomeKind::Failed))
    .and(States::ended(OutcomeKind::Panicked))
    .and(States::ended(OutcomeKind::Cancelled));

/// Tasks that hold a slot.
const HELD: States = States::of(TaskState::Running)
    .and(States::of(TaskState::Cancelling))
    .and(States::of(TaskState::Cancelled));

impl Session {
    /// What it warns of.
    pub(in crate::app) fn warnings(&self) -> &Warnings {
        &self.observed.warnings
    }

    /// Hands an event of the pool with this index to the warnings.
    pub(in crate::app) fn heard(&self, index: usize, event: &Event) {
        let Some(member) = self.pools.get(index) else {
            return;
        };
        self.observed
            .warnings
            .heard(index, event, |group| Some(member.func_name(group)));
    }

    /// How long the tasks ran that completed this function in that pool.
    pub(in crate::app) fn peers(&self, pool: &str, func: &str) -> Option<Histogram> {
        let index = self.index_of(pool)?;
        self.observed.warnings.peers(index, func)
    }

    /// Since when that group has been waiting for its input, from the session's start, as far as that was seen.
    pub(in crate::app) fn waits_for_input(&self, pool: &str, group: &str) -> Option<Duration> {
        self.observed
            .warnings
            .waits_for_input(self.index_of(pool)?, group)
    }

    /// Since when that pool is paused, from the session's start.
    pub(in crate::app) fn paused_since(&self, pool: &str) -> Option<Duration> {
        lock(&self.observed.paused).get(pool).copied()
    }

    /// Notes that somebody has paused that pool, or resumed it.
    pub(super) fn note_pause(&self, pool: &str, paused: bool) {
        let mut since = lock(&self.observed.paused);
        if paused {
            since
                .entry(pool.to_owned())
                .or_insert_with(|| self.started.elapsed());
        } else {
            since.remove(pool);
        }
    }

    /// What the commands of that pool used when somebody looked last.
    pub(super) fn used_in(&self, pool: &str) -> Arc<UsedBy> {
        lock(&self.observed.used).get(pool).cloned().unwrap_or_default()
    }

    /// Notes that for those who do not look themselves.
    pub(super) fn note_used(&self, pool: &str, used: &Arc<UsedBy>) {
        lock(&self.observed.used).insert(pool.to_owned(), used.clone());
    }

    /// When the end was asked for, from the session's start.
    pub(in crate::app) fn left_since(&self) -> Option<Duration> {
        let asked = (*lock(&self.quit_asked))?;
        Some(asked.saturating_duration_since(self.started))
    }

    /// Tells the warnings what a flush or a close has forgotten.
    pub(in crate::app) fn flushed(&self, pool: &str, gathered: &Gathered) {
        if let Some(index) = self.index_of(pool) {
            self.observed.warnings.flushed(index, gathered);
        }
    }

    /// What there is to see of a sample of the pool with this index.
    pub(in crate::app) fn sight(&self, index: usize, sample: &Sample) -> Option<Sight> {
        let member = self.pools.get(index)?;
        let pool = member.pool.base();
        let offset = self.offset(member);
        let of = |states, at| Query {
            states,
            at,
            rows: PAGE,
            ..Query::default()
        };
        let shot = pool.snapshot(&Query {
            groups: (sample.groups_from, PAGE),
            ..of(HELD, At::First(sample.tasks_from))
        });
        let (stats, mut groups) = (shot.stats, shot.groups);
        let mut tasks: BTreeMap<TaskId, TaskInfo> = BTreeMap::new();
        let mut add = |more: Vec<TaskInfo>| tasks.extend(more.into_iter().map(|task| (task.id, task)));
        add(shot.tasks);
        let asked = States::of(TaskState::Cancelling).and(States::of(TaskState::Cancelled));
        if stats.cancelling + stats.cancelled > 0 {
            add(pool.snapshot(&of(asked, At::First(0))).tasks);
        }
        if sample.tasks_from > 0 {
            // The oldest ones are those most likely to be stuck.
            add(pool.snapshot(&of(HELD, At::First(0))).tasks);
        }
        let mut known = sample.tasks.clone();
        if stats.callbacks > 0 {
            add(pool.snapshot(&of(ENDED, At::End)).tasks);
            let running = self.live.called_back(&member.name);
            known.extend(running.into_iter().take(PAGE).map(TaskId));
            known.sort_unstable();
        }
        if !known.is_empty() {
            add(pool
                .snapshot(&Query {
                    ids: Some(&known),
                    rows: known.len(),
                    ..Query::default()
                })
                .tasks);
        }
        tasks.retain(|_, task| task.ended.is_none() || task.settled.is_none());
        add_groups(member, &mut groups, &tasks, sample);
        let live = self.live.facts_of(&member.name, tasks.keys().map(|id| id.0));
        let mut funcs = Funcs::default();
        let tasks = tasks
            .values()
            .map(|task| self.task_sight(member, task, live.get(&task.id.0), offset, &mut funcs))
            .collect();
        Some(Sight {
            now: self.started.elapsed(),
            stats,
            groups,
            tasks,
            no_room: self.live.no_room(&member.name),
            left: process::still_left(&member.name, PAGE)
                .iter()
                .filter_map(|left| Some((left.task.as_ref()?.1, left.process())))
                .collect(),
            machine_memory: self.observed.machine_memory,
            idle: self.idle(),
        })
    }

    fn task_sight(
        &self,
        member: &Member,
        task: &TaskInfo,
        live: Option<&Facts>,
        offset: Duration,
        funcs: &mut Funcs,
    ) -> TaskSight {
        let (pool, id) = (&*member.name, task.id.0);
        let func = funcs.of(member, &task.group);
        let paused = live.is_some_and(|live| live.paused.is_some());
        let in_terminal = self.terminals.get(pool, id).is_some();
        let trying = member.book.trying(id);
        TaskSight {
            id,
            group: task.group.clone(),
            func: func.name,
            state: task.state,
            started: task.started + offset,
            asked: task.asked.map(|time| time + offset),
            cancelled: task.cancelled.map(|time| time + offset),
            ended: task.ended.map(|time| time + offset),
            settled: task.settled.is_some(),
            stage: live.map(|live| live.stage),
            pid: live.and_then(|live| live.pid),
            command: live.map(|live| self.command_sight(live)).unwrap_or_default(),
            callback: live.and_then(|live| live.callback.clone()),
            paused,
            written: (!in_terminal).then(|| self.outputs.last_written(pool, id).unwrap_or_default()),
            restarts: func
                .restarts
                .then(|| trying.map_or(0, |trying| trying.attempt.saturating_sub(1))),
        }
    }

    fn command_sight(&self, live: &Facts) -> CommandSight {
        if live.callback.is_some() {
            return CommandSight::default();
        }
        let at = |time: Instant| time.saturating_duration_since(self.started);
        let stalled = match (live.paused, live.stopped(), live.reads()) {
            (None, Some(since), _) if live.is_traced() => {
                Some((since, "stopped by a debugger or tracer".to_owned()))
            }
            (None, Some(since), _) => Some((
                since,
                "suspended by a signal (STOP, TSTP, TTIN); ! CONT continues".to_owned(),
            )),
            (None, None, Some((pid, since))) if live.in_terminal => {
                Some((since, format!("pid {pid} reads its terminal; i types")))
            }
            (None, None, Some((pid, since))) => {
                Some((since, format!("pid {pid} waits for a line; i sends one")))
            }
            _ => None,
        };
        CommandSight {
            timed_out: live.timed_out.map(at),
            exited: live.exited.map(|(time, ended)| (at(time), ended)),
            refused: live.refused.clone(),
            stalled: stalled.map(|(time, why)| (at(time), why)),
            memory: live.memory(),
        }
    }

    /// What became of output, and when that was looked at.
    pub(in crate::app) fn output_sight(&self) -> (OutputSight, Duration) {
        let saved_to = self.outputs.saved_to();
        let sight = OutputSight {
            dropped: match saved_to {
                // In files it is all there, and without a screen nobody could have looked at it.
                Some(Ok(_)) => 0,
                _ if self.members().any(|member| member.gate.is_some()) => 0,
                Some(Err(_)) | None => self.outputs.dropped(),
            },
            unsaved: self.outputs.unsaved(),
            why: self.outputs.unsaved_why(),
            not_saved: saved_to.and_then(Result::err).map(str::to_owned),
            warden_lost: process::warden_is_lost(),
        };
        (sight, self.started.elapsed())
    }

    /// The part of the processors' time that was idle lately.
    fn idle(&self) -> Option<f64> {
        self.observed.processors.idle(self.started.elapsed())
    }
}

impl Member {
    /// The name of the function that the tasks of this group run.
    fn func_name(&self, group: &GroupName) -> Arc<str> {
        self.func_of(group.as_str()).map_or("", |func| &func.name).into()
    }
}

/// The groups that are named, and those of the tasks that were seen.
fn add_groups(
    member: &Member,
    groups: &mut Vec<GroupInfo>,
    tasks: &BTreeMap<TaskId, TaskInfo>,
    sample: &Sample,
) {
    let pool = member.pool.base();
    let of_tasks = tasks.values().map(|task| task.group.as_str());
    for name in sample.groups.iter().map(String::as_str).chain(of_tasks) {
        if groups.len() >= 2 * PAGE {
            return;
        }
        if !groups.iter().any(|group| group.name.as_str() == name) {
            groups.extend(pool.group(name));
        }
    }
}

/// What is known of the functions of groups, looked up once for each group.
#[derive(Default)]
struct Funcs(HashMap<GroupName, FuncSight>);

#[derive(Clone)]
struct FuncSight {
    name: Arc<str>,
    /// It is one for workers, which are started again and again.
    restarts: bool,
}

impl Funcs {
    fn of(&mut self, member: &Member, group: &GroupName) -> FuncSight {
        let look = || {
            let func = member.func_of(group.as_str());
            FuncSight {
                name: member.func_name(group),
                restarts: func.is_some_and(|func| func.again.is_some_and(|again| again.is_restart())),
            }
        };
        self.0.entry(group.clone()).or_insert_with(look).clone()
    }
}
