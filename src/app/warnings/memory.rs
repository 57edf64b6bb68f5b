//! What is remembered of a pool from one look to the next. All of it is bounded.

use super::histogram::Histogram;
use super::kind::{Kind, Limits};
use super::list::Raised;
use super::row::Subject;
use super::sight::{PAGE, Sample, Sight};
use crate::app::GaveUp;
use crate::app::clean::Clean;
use crate::pool::{Event, EventKind, Gathered, GroupName, Outcome, TaskId};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How many functions have a histogram.
const FUNCS: usize = 256;

/// How many groups, or tasks, of each sort are remembered.
const MOST: usize = 1024;

/// How many things that happen in a moment wait for the next look.
const MOMENTS: usize = 64;

/// A group that waits for a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) since: Duration,
    /// How many tasks of the group, and of the pool, had started by then.
    pub(super) own: u64,
    pub(super) all: u64,
}

/// A worker that is started over and over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Restarting {
    /// The first of the restarts that follow each other closely.
    pub(super) since: Duration,
    pub(super) run: u64,
    pub(super) restarts: u64,
    pub(super) last: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// How long the tasks ran that completed, by function.
    peers: BTreeMap<Arc<str>, Histogram>,
    /// The functions of groups.
    funcs: HashMap<GroupName, Arc<str>>,
    /// How many have ended, and when the last of them did.
    pub(super) ended: (u64, Duration),
    /// All slots are taken, and somebody waits.
    pub(super) full: Option<Duration>,
    /// How idle the processors were lately, and whether tasks waited then.
    pub(super) demand: VecDeque<(Duration, f64, bool)>,
    /// Since when groups have been waiting for their input.
    pub(super) inputs: HashMap<GroupName, Duration>,
    pub(super) no_room: Option<Duration>,
    pub(super) waits: HashMap<GroupName, Wait>,
    pub(super) restarting: HashMap<u64, Restarting>,
    /// Tasks that have ended and whose callbacks run.
    pub(super) called_back: Vec<TaskId>,
    moments: Vec<Raised>,
    tasks_from: usize,
    groups_from: usize,
}

impl Memory {
    /// What to look at next, besides what is warned of already.
    pub(super) fn sample(&self) -> Sample {
        Sample {
            tasks: self.called_back.clone(),
            groups: Vec::new(),
            tasks_from: self.tasks_from,
            groups_from: self.groups_from,
        }
    }

    /// Takes in what happened; `func` says which function a group's tasks run.
    pub(super) fn hear(
        &mut self,
        pool: &str,
        event: &Event,
        func: impl FnOnce(&GroupName) -> Option<Arc<str>>,
    ) {
        let EventKind::TaskEnded {
            id,
            group,
            outcome,
            duration,
        } = &event.kind
        else {
            return;
        };
        match outcome {
            Outcome::Completed => {
                if let Some(func) = self.func(group, func)
                    && let Some(times) = self.times(&func)
                {
                    times.add(*duration);
                }
            }
            Outcome::Failed(error) => {
                if let Some(gave_up) = error.downcast_ref::<GaveUp>()
                    && gave_up.crash_loop.is_some()
                {
                    self.moment(Raised {
                        kind: Kind::CrashLoop,
                        subject: Subject::task(pool, group.as_str(), id.0),
                        since: Duration::ZERO,
                        evidence: gave_up.to_string(),
                        times: Some(1),
                    });
                }
            }
            Outcome::Panicked(_) | Outcome::Cancelled(_) => {}
        }
    }

    fn func(
        &mut self,
        group: &GroupName,
        find: impl FnOnce(&GroupName) -> Option<Arc<str>>,
    ) -> Option<Arc<str>> {
        if let Some(func) = self.funcs.get(group) {
            return Some(func.clone());
        }
        let func = find(group)?;
        if self.funcs.len() >= MOST {
            self.funcs.clear();
        }
        self.funcs.insert(group.clone(), func.clone());
        Some(func)
    }

    fn times(&mut self, func: &Arc<str>) -> Option<&mut Histogram> {
        if !self.peers.contains_key(func) && self.peers.len() >= FUNCS {
            return None;
        }
        Some(self.peers.entry(func.clone()).or_default())
    }

    /// How long the tasks ran that completed this function.
    pub(super) fn peers(&self, func: &str) -> Option<&Histogram> {
        self.peers.get(func)
    }

    /// The same; none completed yet of a function of which there is nothing, unless there are too many functions.
    pub(super) fn known_peers(&self, func: &str) -> Option<Histogram> {
        let none_yet = || (self.peers.len() < FUNCS).then(Histogram::default);
        self.peers(func).cloned().or_else(none_yet)
    }

    /// How many tasks completed that it has heard of.
    pub(super) fn heard_of(&self) -> u64 {
        self.peers.values().map(Histogram::total).sum()
    }

    /// A flush has forgotten these.
    pub(super) fn flushed(&mut self, pool: &str, gathered: &Gathered, limits: &Limits) {
        let failed = gathered.failures.len() as u64;
        let Some((first, outcome)) = gathered.failures.first() else {
            return;
        };
        if failed < limits.number(Kind::FailuresDropped) {
            return;
        }
        let why = match outcome {
            Outcome::Failed(error) => error.to_string(),
            Outcome::Panicked(message) => format!("panicked: {message}"),
            Outcome::Completed | Outcome::Cancelled(_) => String::new(),
        };
        self.moment(Raised {
            kind: Kind::FailuresDropped,
            subject: Subject::pool(pool),
            since: Duration::ZERO,
            evidence: format!("{failed} cleared at once, first {first}: {}", Clean::from(why)),
            times: Some(failed),
        });
    }

    fn moment(&mut self, raised: Raised) {
        if self.moments.len() < MOMENTS {
            self.moments.push(raised);
        }
    }

    /// What has happened in a moment since the last time.
    pub(super) fn take_moments(&mut self, now: Duration) -> Vec<Raised> {
        let mut moments = std::mem::take(&mut self.moments);
        for raised in &mut moments {
            raised.since = now;
        }
        moments
    }

    /// Notes what is needed for the next look.
    pub(super) fn note(&mut self, sight: &Sight) {
        let ended = sight.stats.totals.sum();
        if ended != self.ended.0 {
            self.ended = (ended, sight.now);
        }
        let running = sight.stats.running + sight.stats.cancelled;
        self.tasks_from = next(self.tasks_from, running);
        self.groups_from = next(self.groups_from, sight.stats.groups);
        self.called_back = sight
            .tasks
            .iter()
            .filter(|task| task.ended.is_some() && !task.settled)
            .map(|task| TaskId(task.id))
            .take(PAGE)
            .collect();
        self.called_back.sort_unstable();
    }

    /// Keeps the maps within their bounds.
    pub(super) fn trim(&mut self) {
        if self.inputs.len() > MOST {
            self.inputs.clear();
        }
        if self.restarting.len() > MOST {
            self.restarting.clear();
        }
        if self.waits.len() > MOST {
            self.waits.clear();
        }
    }
}

/// The next page of so many rows.
fn next(from: usize, rows: usize) -> usize {
    let next = from + PAGE;
    if next < rows { next } else { 0 }
}
