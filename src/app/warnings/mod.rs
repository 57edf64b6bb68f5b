//! Warnings: what goes wrong without failing, with evidence.
//!
//! Once a second each pool is looked at: its counts, some of its groups, some of its tasks, and what is warned of
//! already. That is a sample of a fixed size, so that it costs the same however many tasks there are. How long tasks
//! ran is heard from the pool's events, of busy pools from a few of them (`ear`). From that the rules (`tasks.rs`,
//! `pools.rs`) make warnings; they are pure, and so is the list.
//!
//! To add a kind: a variant of [`Kind`] and its row in `kind.rs`, which is its key in the config, its explanation and its
//! place in `docs/warnings.md`; and a rule.

mod ear;
mod histogram;
mod kind;
mod list;
mod memory;
mod pools;
mod row;
mod sight;
mod tasks;
mod watch;

#[cfg(test)]
pub(in crate::app) mod tests;

pub(in crate::app) use histogram::{Histogram, bucket_place};
pub use kind::{About, KINDS, Kind, Limit, Limits, NAMES, Severity, warnings_markdown};
pub use row::{Subject, WarningRow, WarningsView};
pub(in crate::app) use sight::{CommandSight, PAGE, Sample, Sight, TaskSight};
pub(in crate::app) use watch::{look_around, watch};

use crate::app::count::counted;
use crate::pool::{Event, Gathered, GroupName, TaskId};
use list::{List, Raised};
use memory::Memory;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch as channel;

/// The warnings of a session.
#[derive(Debug)]
pub(in crate::app) struct Warnings {
    state: Mutex<State>,
    version: channel::Sender<u64>,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    list: List,
    pools: Vec<(String, Memory)>,
    losses: Losses,
    /// What is shown.
    view: WarningsView,
}

/// What of the output is lost already, and was warned of.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    dropped: u64,
    unsaved: u64,
}

/// What became of output, of all pools.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::app) struct OutputSight {
    /// Bytes that went from memory, and are saved nowhere.
    pub(in crate::app) dropped: u64,
    /// Bytes that should have been saved and could not be.
    pub(in crate::app) unsaved: u64,
    /// The first file that could not be written, and why.
    pub(in crate::app) why: Option<String>,
    /// Why nothing is saved, though it should be.
    pub(in crate::app) not_saved: Option<String>,
    /// There was a warden, and there is none any more.
    pub(in crate::app) warden_lost: bool,
}

impl Warnings {
    pub(in crate::app) fn new<'a>(limits: Limits, pools: impl Iterator<Item = &'a str>) -> Self {
        Warnings {
            state: Mutex::new(State {
                list: List::new(limits.clone()),
                limits,
                pools: pools.map(|name| (name.to_owned(), Memory::default())).collect(),
                losses: Losses::default(),
                view: WarningsView::default(),
            }),
            version: channel::Sender::new(0),
        }
    }

    /// What is shown.
    pub(in crate::app) fn view(&self) -> WarningsView {
        self.lock().view.clone()
    }

    /// Tells that something may have changed.
    pub(in crate::app) fn changes(&self) -> channel::Receiver<u64> {
        self.version.subscribe()
    }

    /// Mutes a kind for this session, or not any more.
    pub(in crate::app) fn mute(&self, kind: Kind, muted: bool) {
        let mut state = self.lock();
        state.list.mute(kind, muted);
        self.show(state);
    }

    /// A pool was added, after all others.
    pub(in crate::app) fn add_pool(&self, name: &str) {
        self.lock().pools.push((name.to_owned(), Memory::default()));
    }

    /// From now on it is warned of from here on. What was muted, or shown, by hand stays so where these say nothing new.
    pub(in crate::app) fn set_limits(&self, limits: Limits) {
        let mut state = self.lock();
        state.list.set_limits(limits.clone());
        state.limits = limits;
        self.show(state);
    }

    /// Those that came since the last time.
    pub(in crate::app) fn take_new(&self) -> Vec<WarningRow> {
        self.lock().list.take_new()
    }

    /// Takes in an event of the pool with this index.
    pub(in crate::app) fn heard(
        &self,
        index: usize,
        event: &Event,
        func: impl FnOnce(&GroupName) -> Option<Arc<str>>,
    ) {
        if let Some((name, memory)) = self.lock().pools.get_mut(index) {
            memory.hear(name, event, func);
        }
    }

    /// A flush of that pool has forgotten these.
    pub(in crate::app) fn flushed(&self, index: usize, gathered: &Gathered) {
        let mut state = self.lock();
        let State { limits, pools, .. } = &mut *state;
        if let Some((name, memory)) = pools.get_mut(index) {
            memory.flushed(name, gathered, limits);
        }
    }

    /// What of that pool to look at.
    pub(in crate::app) fn sample(&self, index: usize) -> Sample {
        let state = self.lock();
        let Some((name, memory)) = state.pools.get(index) else {
            return Sample::default();
        };
        let mut sample = memory.sample();
        for subject in state.list.subjects(name) {
            match (&subject.group, subject.task) {
                (_, Some(task)) => sample.tasks.push(TaskId(task)),
                (Some(group), None) => sample.groups.push(group.to_string()),
                (None, None) => {}
            }
        }
        sample.tasks.sort_unstable();
        sample.tasks.dedup();
        sample.groups.dedup();
        sample
    }

    /// Takes in what was seen of that pool.
    pub(in crate::app) fn saw(&self, index: usize, sight: &Sight) {
        let mut state = self.lock();
        let State {
            limits, pools, list, ..
        } = &mut *state;
        let Some((name, memory)) = pools.get_mut(index) else {
            return;
        };
        let mut raised = tasks::rules(memory, name, sight, limits);
        raised.extend(pools::rules(memory, name, sight, limits));
        raised.extend(memory.take_moments(sight.now));
        memory.note(sight);
        memory.trim();
        list.take(name, raised, sight.now);
        self.show(state);
    }

    /// Takes in what became of output, and of the warden.
    pub(in crate::app) fn saw_output(&self, sight: &OutputSight, now: Duration) {
        let mut state = self.lock();
        let State {
            limits, list, losses, ..
        } = &mut *state;
        let mut raised = lost(sight, losses, limits, now);
        raised.extend(no_warden(sight, limits, now));
        list.take("", raised, now);
        self.show(state);
    }

    /// How long the tasks ran that completed this function in that pool; none if that is not known.
    pub(in crate::app) fn peers(&self, index: usize, func: &str) -> Option<Histogram> {
        self.lock().pools.get(index)?.1.known_peers(func)
    }

    /// Since when this group has been waiting for its input, as far as that was seen.
    pub(in crate::app) fn waits_for_input(&self, index: usize, group: &str) -> Option<Duration> {
        let state = self.lock();
        let inputs = &state.pools.get(index)?.1.inputs;
        inputs.get(&GroupName::from(group)).copied()
    }

    /// How many tasks of that pool completed and were heard of.
    pub(in crate::app) fn heard_of(&self, index: usize) -> u64 {
        self.lock()
            .pools
            .get(index)
            .map_or(0, |(_, memory)| memory.heard_of())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what is shown anew, and tells if it is another.
    fn show(&self, mut state: MutexGuard<'_, State>) {
        let view = state.list.view();
        if view == state.view {
            return;
        }
        state.view = view;
        drop(state);
        self.version
            .send_modify(|version| *version = version.wrapping_add(1));
    }
}

fn lost(sight: &OutputSight, known: &mut Losses, limits: &Limits, now: Duration) -> Vec<Raised> {
    let raise = |evidence: String, times: Option<u64>| Raised {
        kind: Kind::Losses,
        subject: Subject::pool(""),
        since: now,
        evidence,
        times,
    };
    let bytes = |count: u64| counted(count, "byte", "bytes");
    if let Some(why) = &sight.not_saved {
        return vec![raise(format!("output is not saved: {why}"), None)];
    }
    let unsaved = sight.unsaved.saturating_sub(known.unsaved);
    if unsaved > 0 {
        known.unsaved = sight.unsaved;
        let text = format!(
            "{} of output could not be saved, {} in all: {}",
            bytes(unsaved),
            sight.unsaved,
            sight.why.as_deref().unwrap_or("the log says why")
        );
        return vec![raise(text, Some(unsaved))];
    }
    let dropped = sight.dropped.saturating_sub(known.dropped);
    if dropped > 0 && dropped >= limits.number(Kind::Losses) {
        known.dropped = sight.dropped;
        let text = format!(
            "{} of output went to make room, {} in all; no dir is set",
            bytes(dropped),
            sight.dropped
        );
        return vec![raise(text, Some(dropped))];
    }
    Vec::new()
}

fn no_warden(sight: &OutputSight, limits: &Limits, now: Duration) -> Option<Raised> {
    let lost = u64::from(sight.warden_lost);
    (lost > 0 && lost >= limits.number(Kind::NoWarden)).then(|| Raised {
        kind: Kind::NoWarden,
        subject: Subject::pool(""),
        since: now,
        evidence: "the warden was ended several times in a row and is not started again; if this program is killed, its commands go on".to_owned(),
        times: None,
    })
}

/// A time of the session: `00:04:05`.
pub(in crate::app) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// How long something took: `9.7s`.
pub(in crate::app) fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.1 => format!("{:.1}ms", seconds * 1e3),
        seconds if seconds < 60.0 => format!("{seconds:.1}s"),
        seconds if seconds < 3600.0 => format!("{:.1}m", seconds / 60.0),
        seconds => format!("{:.1}h", seconds / 3600.0),
    }
}
