//! The rules for groups and pools.

use super::clock;
use super::kind::{Kind, Limits};
use super::list::Raised;
use super::memory::{Memory, Wait};
use super::row::Subject;
use super::sight::Sight;
use crate::app::count::{counted, waiting};
use crate::app::view::Queued;
use crate::pool::{GroupInfo, Stats, Why};
use std::time::Duration;

/// The part of the processors' time that has to be idle.
const IDLE: f64 = 0.5;

/// What is the matter with a pool and its groups.
pub(super) fn rules(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Vec<Raised> {
    let full = is_full(&sight.stats) && waits(&sight.stats);
    memory.full = full.then(|| memory.full.unwrap_or(sight.now));
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
        "it holds {}, nothing has ended since {}; {} of {} behind it",
        if taken == 1 {
            "the only slot".to_owned()
        } else {
            format!("all {taken} slots")
        },
        clock(since),
        waiting(queued, "task waits", "tasks wait"),
        counted(behind.len(), "group", "groups"),
    );
    Some(raise(Kind::HeadOfLine, subject, since, evidence))
}

fn below_demand(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Option<Raised> {
    let idle = sight.idle.filter(|idle| *idle > IDLE && memory.full.is_some());
    memory.idle = idle.map(|_| memory.idle.unwrap_or(sight.now));
    let (idle, since) = (idle?, memory.idle?);
    if sight.now.saturating_sub(since) < limits.time(Kind::SizeBelowDemand) {
        return None;
    }
    let stats = &sight.stats;
    let queued = Queued {
        known: stats.queued,
        more: stats.queued_more,
    };
    let evidence = format!(
        "{} while all {} run and the processors are {:.0} % idle",
        waiting(queued, "task waits", "tasks wait"),
        stats.running + stats.cancelled,
        100.0 * idle
    );
    Some(raise(Kind::SizeBelowDemand, Subject::pool(pool), since, evidence))
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
        counted(*count, "task waits", "tasks wait")
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
            "none of it has started since {}, {} of others; place {place} in line",
            clock(wait.since),
            counted(others, "task", "tasks"),
        );
        let subject = Subject::group(pool, group.name.as_str());
        raised.push(raise(Kind::StarvedGroup, subject, wait.since, evidence));
    }
    raised
}
