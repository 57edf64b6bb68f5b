//! Why a group, or a pool, does not start its next task.

use super::{Asked, HELD, Reasons, gone};
use crate::app::count::{counted, waiting};
use crate::app::view::Queued;
use crate::app::warnings::{Subject, clock, span};
use crate::pool::{GroupInfo, GroupName, Query, Stats, Why};

/// How many tasks are looked at for who holds the slots, and how many groups are named.
const HOLDERS: (usize, usize) = (256, 3);

/// How many groups are looked at for those that wait.
const GROUPS: usize = 32;

/// The reasons for a group.
pub(super) fn reasons(asked: &Asked<'_>, name: &str) -> Reasons {
    let base = asked.member.pool.base();
    let Some(group) = base.group(name) else {
        let held = asked.session.held();
        let is_held = held
            .iter()
            .any(|(pool, group)| pool == asked.pool() && group == name);
        return gone(&if is_held {
            "held back by the config (autostart = false) until it is started".to_owned()
        } else {
            format!("{name} is forgotten: it was cancelled, or all its tasks were flushed")
        });
    };
    let stats = base.stats();
    let mut reasons = Reasons::default();
    if let Some(error) = &group.input_error {
        reasons.say(format!("its input failed: {error}; nothing more of it starts"));
    }
    match group.why {
        Why::NothingLeft => {
            reasons.say("nothing of it is left to start");
        }
        Why::Starting => {
            reasons.say("its next task is about to start");
        }
        Why::Paused => paused(asked, &mut reasons),
        Why::WaitingForInput => {
            reasons.say("its spawner waits for the next argument: its source has nothing ready");
        }
        Why::NumConcurrent => limited(asked, &group, &mut reasons),
        Why::PoolFull { place } => {
            let ahead = match place {
                1 => "it is the next in line".to_owned(),
                _ => format!(
                    "{} before it in line",
                    counted(place - 1, "group is", "groups are")
                ),
            };
            reasons.say(format!("{}; {ahead}", full(&stats)));
            holders(asked, Some(name), &mut reasons);
        }
    }
    if group.running + group.cancelled > 0 {
        reasons.say(format!(
            "{} of it {} a slot",
            group.running + group.cancelled,
            if group.running + group.cancelled == 1 {
                "holds"
            } else {
                "hold"
            }
        ));
    }
    closed(&stats, &mut reasons);
    reasons
}

/// The reasons for a pool.
pub(super) fn of_pool(asked: &Asked<'_>) -> Reasons {
    let base = asked.member.pool.base();
    let stats = base.stats();
    let mut reasons = Reasons::default();
    let queued = Queued {
        known: stats.queued,
        more: stats.queued_more,
    };
    let waits = stats.queued > 0 || stats.queued_more;
    let is_full = stats
        .size
        .limit()
        .is_some_and(|size| stats.running + stats.cancelled >= size);
    if stats.paused {
        paused(asked, &mut reasons);
    } else if !waits && stats.running + stats.cancelled == 0 {
        reasons.say("nothing runs, and nothing is left to start");
    } else if waits && is_full {
        reasons.say(format!(
            "{}; {}",
            full(&stats),
            waiting(queued, "task waits", "tasks wait")
        ));
        holders(asked, None, &mut reasons);
    } else if waits {
        reasons.say(format!(
            "{}, though there is room: what starts them waits itself",
            waiting(queued, "task waits", "tasks wait")
        ));
    } else {
        let running = counted(
            stats.running + stats.cancelled,
            "task holds a slot",
            "tasks hold a slot",
        );
        reasons.say(format!("{running}, and nothing waits"));
    }
    if waits {
        lines_of_groups(asked, &mut reasons);
    }
    if let Some((count, task, why)) = asked.session.live().no_room(asked.pool()) {
        let waits = counted(
            count,
            "task that holds a slot cannot start",
            "tasks that hold a slot cannot start",
        );
        reasons.say(format!("{waits}, {task} among them: {why}"));
    }
    closed(&stats, &mut reasons);
    reasons
}

fn full(stats: &Stats) -> String {
    match stats.size.limit() {
        Some(0) => "the size is 0, so that nothing starts: + changes it".to_owned(),
        Some(1) => "the only slot is taken".to_owned(),
        Some(size) => format!("all {size} slots are taken"),
        None => "all slots are taken".to_owned(),
    }
}

fn paused(asked: &Asked<'_>, reasons: &mut Reasons) {
    let since = asked.session.paused_since(asked.pool());
    let since = since.map_or_else(String::new, |since| format!(" since {}", clock(since)));
    reasons.say(format!("the pool is paused by you{since}: P resumes it"));
}

/// The group has reached its own limit.
fn limited(asked: &Asked<'_>, group: &GroupInfo, reasons: &mut Reasons) {
    let most = group.num_concurrent.unwrap_or_default();
    let running = group.running + group.cancelled;
    reasons.say(format!(
        "its own limit: num_concurrent = {most}, and {running} of it run"
    ));
    if let Some(task) = asked.oldest(Some(group.name.as_str())) {
        let age = span(asked.ago(task.started));
        reasons.say(format!("the oldest of them is task {}, {age}", task.id));
        reasons.blocker = Some(Subject::task(asked.pool(), task.group.as_str(), task.id.0));
    }
}

/// Who holds the slots: the groups with most of them, and the oldest task. Of many slots those of the oldest tasks
/// tell.
fn holders(asked: &Asked<'_>, except: Option<&str>, reasons: &mut Reasons) {
    let shot = asked.member.pool.base().snapshot(&Query {
        states: HELD,
        rows: HOLDERS.0,
        ..Query::default()
    });
    let Some(oldest) = shot.tasks.first() else { return };
    let mut groups: Vec<(&GroupName, usize)> = Vec::new();
    for task in &shot.tasks {
        match groups.iter_mut().find(|(group, _)| **group == task.group) {
            Some((_, held)) => *held += 1,
            None => groups.push((&task.group, 1)),
        }
    }
    groups.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
    let named = groups.iter().take(HOLDERS.1);
    let named: Vec<String> = named
        .map(|(group, held)| format!("{group} holds {held}"))
        .collect();
    let more = match groups.len().saturating_sub(HOLDERS.1) {
        0 => String::new(),
        more => format!(", {} the others", counted(more, "more holds", "more hold")),
    };
    let part = if shot.tasks_total > shot.tasks.len() {
        format!("of the oldest {} ", shot.tasks.len())
    } else {
        String::new()
    };
    reasons.say(format!("{part}{}{more}", named.join(", ")));
    let age = span(asked.ago(oldest.started));
    reasons.say(format!(
        "the oldest is task {} of {}, {age}",
        oldest.id, oldest.group
    ));
    reasons.blocker = Some(match groups.first() {
        // A group as a whole is in the way, or one task.
        Some((group, held)) if *held > 1 && *held == taken(&shot.stats) && except != Some(group.as_str()) => {
            Subject::group(asked.pool(), group.as_str())
        }
        _ => Subject::task(asked.pool(), oldest.group.as_str(), oldest.id.0),
    });
}

fn taken(stats: &Stats) -> usize {
    stats.running + stats.cancelled
}

/// The first few groups that wait, and why.
fn lines_of_groups(asked: &Asked<'_>, reasons: &mut Reasons) {
    let shot = asked.member.pool.base().snapshot(&Query {
        groups: (0, GROUPS),
        ..Query::default()
    });
    let waits = |group: &&GroupInfo| group.why != Why::NothingLeft && group.queued != Some(0);
    for group in shot.groups.iter().filter(waits).take(HOLDERS.1) {
        reasons.say(format!("{}: {}", group.name, crate::app::session::why(group)));
    }
}

fn closed(stats: &Stats, reasons: &mut Reasons) {
    if stats.closed {
        reasons.say("the pool is closed");
    } else if stats.closing {
        reasons.say("the pool is closing: it takes no new groups, what was accepted goes on");
    } else if stats.locked {
        reasons.say("the pool is locked: it takes no new groups, what was accepted goes on; L unlocks it");
    }
}
