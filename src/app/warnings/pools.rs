//! The rules for groups and pools.

use super::kind::{Kind, Limits};
use super::list::Raised;
use super::memory::{Memory, Wait};
use super::row::Subject;
use super::sight::Sight;
use super::{clock, span};
use crate::app::count::{counted, waiting};
use crate::app::view::Queued;
use crate::pool::{GroupInfo, Stats, Why};
use std::time::Duration;

/// The part of the processors' time that has to be idle.
const IDLE: f64 = 0.5;

/// The part of the time that tasks have to wait for.
const WAITED: f64 = 0.5;

/// How many looks at the processors are remembered at most.
const SAMPLES: usize = 4096;

/// What is the matter with a pool and its groups.
pub(super) fn rules(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Vec<Raised> {
    let full = is_full(&sight.stats) && waits(&sight.stats);
    memory.full = full.then(|| memory.full.unwrap_or(sight.now));
    inputs(memory, sight);
    let mut raised: Vec<Raised> = [
        head_of_line(memory, pool, sight, limits),
        below_demand(memory, pool, sight, limits),
        no_room(memory, pool, sight, limits),
    ]
    .into_iter()
    .flatten()
    .collect();
    raised.extend(starved(memory, pool, sight, limits));
    raised
}

fn is_full(stats: &Stats) -> bool {
    stats
        .size
        .limit()
        .is_some_and(|size| size > 0 && stats.running + stats.cancelled >= size)
        && !stats.paused
}

fn waits(stats: &Stats) -> bool {
    stats.queued > 0 || stats.queued_more
}

fn raise(kind: Kind, subject: Subject, since: Duration, evidence: String) -> Raised {
    Raised {
        kind,
        subject,
        since,
        evidence,
        times: None,
    }
}

/// How many slots a group holds.
fn holds(group: &GroupInfo) -> usize {
    group.running + group.cancelled
}

fn head_of_line(memory: &Memory, pool: &str, sight: &Sight, limits: &Limits) -> Option<Raised> {
    let ended = if memory.ended.0 == sight.stats.totals.sum() {
        memory.ended.1
    } else {
        sight.now
    };
    let since = memory.full?.max(ended);
    if sight.now.saturating_sub(since) < limits.time(Kind::HeadOfLine) {
        return None;
    }
    let taken = sight.stats.running + sight.stats.cancelled;
    let holder = sight.groups.iter().find(|group| holds(group) == taken)?;
    let behind: Vec<&GroupInfo> = sight
        .groups
        .iter()
        .filter(|group| matches!(group.why, Why::PoolFull { .. }) && group.name != holder.name)
        .collect();
    if behind.is_empty() {
        return None;
    }
    let queued = Queued {
        known: behind.iter().filter_map(|group| group.queued).sum(),
        more: behind.iter().any(|group| group.queued.is_none()),
    };
    let only = sight.tasks.iter().find(|task| taken == 1 && task.ended.is_none());
    let subject = match only {
        Some(task) => Subject::task(pool, task.group.as_str(), task.id),
        None => Subject::group(pool, holder.name.as_str()),
    };
    let evidence = format!(
        "{} taken, nothing has ended since {}; {} of {} behind",
        if taken == 1 {
            "the only slot".to_owned()
        } else {
            format!("all {taken} slots")
        },
        clock(since),
        waiting(queued, "task queued", "tasks queued"),
        counted(behind.len(), "group", "groups"),
    );
    Some(raise(Kind::HeadOfLine, subject, since, evidence))
}

/// What keeps tasks waiting while the processors are idle: the size, or a group's own limit.
fn below_demand(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Option<Raised> {
    let window = limits.time(Kind::SizeBelowDemand);
    let stats = &sight.stats;
    let waits_for_itself = |group: &&GroupInfo| group.why == Why::NumConcurrent && group.queued != Some(0);
    let limited = sight.groups.iter().find(waits_for_itself);
    let demand = memory.full.is_some() || !stats.paused && limited.is_some();
    let samples = &mut memory.demand;
    samples.push_back((sight.now, sight.idle?, demand));
    // One that is older than the window tells that it is covered.
    while samples.len() > SAMPLES || samples.get(1).is_some_and(|(at, ..)| *at + window <= sight.now) {
        samples.pop_front();
    }
    let since = samples.front()?.0;
    #[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
    let share = |sum: f64| sum / samples.len() as f64;
    let idle = share(samples.iter().map(|(_, idle, _)| idle).sum());
    let waited = share(
        samples
            .iter()
            .map(|(.., waits)| f64::from(u8::from(*waits)))
            .sum(),
    );
    if since + window > sight.now || idle <= IDLE || waited <= WAITED {
        return None;
    }
    let queued = Queued {
        known: stats.queued,
        more: stats.queued_more,
    };
    let (subject, brake) = match (memory.full, limited, stats.size.limit()) {
        (None, Some(group), _) => (
            Subject::group(pool, group.name.as_str()),
            format!(
                "num_concurrent is {}, {} running",
                group.num_concurrent.unwrap_or_default(),
                holds(group)
            ),
        ),
        (_, _, Some(1)) => (Subject::pool(pool), "the only slot is taken".to_owned()),
        _ => (
            Subject::pool(pool),
            format!(
                "{} run",
                counted(stats.running + stats.cancelled, "task", "tasks")
            ),
        ),
    };
    let evidence = format!(
        "{}, {brake}, and the processors were {:.0} % idle for {}",
        waiting(queued, "task queued", "tasks queued"),
        100.0 * idle,
        span(window),
    );
    Some(raise(Kind::SizeBelowDemand, subject, since, evidence))
}

/// Notes since when groups wait for their input.
fn inputs(memory: &mut Memory, sight: &Sight) {
    for group in &sight.groups {
        if group.why == Why::WaitingForInput {
            memory.inputs.entry(group.name.clone()).or_insert(sight.now);
        } else {
            memory.inputs.remove(&group.name);
        }
    }
}

fn no_room(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Option<Raised> {
    memory.no_room = sight
        .no_room
        .as_ref()
        .map(|_| memory.no_room.unwrap_or(sight.now));
    let (since, (count, task, why)) = (memory.no_room?, sight.no_room.as_ref()?);
    if sight.now.saturating_sub(since) < limits.time(Kind::NoRoom) {
        return None;
    }
    let evidence = format!(
        "{}, {task} among them: {why}",
        counted(*count, "task queued", "tasks queued")
    );
    Some(raise(Kind::NoRoom, Subject::pool(pool), since, evidence))
}

fn starved(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Vec<Raised> {
    let stats = &sight.stats;
    let all = stats.totals.sum() + (stats.running + stats.cancelled) as u64;
    let mut raised = Vec::new();
    for group in &sight.groups {
        let Why::PoolFull { place } = group.why else {
            memory.waits.remove(&group.name);
            continue;
        };
        let own = group.totals.sum() + holds(group) as u64;
        let now = Wait {
            since: sight.now,
            own,
            all,
        };
        let wait = memory.waits.entry(group.name.clone()).or_insert(now);
        if wait.own != own || holds(group) > 0 {
            *wait = now;
        }
        let others = all - wait.all.min(all);
        let long = sight.now.saturating_sub(wait.since) >= limits.time(Kind::StarvedGroup);
        if !long || others == 0 {
            continue;
        }
        let evidence = format!(
            "no start since {}, {} of other groups started; place {place} in the queue",
            clock(wait.since),
            counted(others, "task", "tasks"),
        );
        let subject = Subject::group(pool, group.name.as_str());
        raised.push(raise(Kind::StarvedGroup, subject, wait.since, evidence));
    }
    raised
}
