//! Why a group, or a pool, does not start its next task.

use super::{Asked, HELD, Reasons, gone};
use crate::app::count::{counted, waiting};
use crate::app::view::Queued;
use crate::app::warnings::{Subject, clock, span};
use crate::pool::{GroupInfo, GroupName, Query, Stats, Why};

/// How many tasks are looked at for who holds the slots, and how many groups are named.
const HOLDERS: (usize, usize) = (256, 3);

/// How many groups are looked at for those that wait.
const GROUPS: usize = 1_024;

/// The reasons for a group.
pub(super) fn reasons(asked: &Asked<'_>, name: &str) -> Reasons {
    let base = asked.member.pool.base();
    let Some(group) = base.group(name) else {
        return gone(&if held(asked).iter().any(|group| group == name) {
            "held back by the config (autostart = false): s starts it".to_owned()
        } else {
            format!("{name} is gone: cancelled, or all its tasks were cleared (flush)")
        });
    };
    let stats = base.stats();
    let mut reasons = Reasons::default();
    if let Some(error) = &group.input_error {
        reasons.say(format!("input failed: {error}; nothing more starts"));
    }
    match group.why {
        Why::NothingLeft => {
            reasons.say(match &group.input_empty {
                Some(reason) => format!("nothing to start: {reason}"),
                None => "nothing left to start".to_owned(),
            });
        }
        Why::Starting => {
            reasons.say("next task is about to start");
        }
        Why::Paused => paused(asked, &mut reasons),
        Why::WaitingForInput => {
            let input = asked.member.input_of(name);
            let input = input.as_deref().unwrap_or("the next element of the input");
            reasons.say(format!("waits for {input}{}", waits_since(asked, name)));
        }
        Why::NumConcurrent => limited(asked, &group, &mut reasons),
        Why::PoolFull { place } => {
            let ahead = match place {
                1 => "next in the queue".to_owned(),
                _ => format!("{} before it in the queue", counted(place - 1, "group", "groups")),
            };
            reasons.say(format!("{}; {ahead}", full(&stats)));
            holders(asked, Some(name), &mut reasons);
        }
    }
    if group.running + group.cancelled > 0 {
        reasons.say(format!(
            "{} of the group {} a slot",
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
    // Counts and groups of one moment, so that they do not contradict each other.
    let shot = asked.member.pool.base().snapshot(&Query {
        groups: (0, GROUPS),
        ..Query::default()
    });
    let stats = shot.stats;
    let waits = |group: &&GroupInfo| group.why != Why::NothingLeft && group.queued != Some(0);
    let groups: Vec<&GroupInfo> = shot.groups.iter().filter(waits).collect();
    let mut reasons = Reasons::default();
    if stats.paused {
        paused(asked, &mut reasons);
    } else {
        let whys: Vec<Why> = groups.iter().map(|group| group.why).collect();
        let standing = Standing::of(&stats, &whys);
        let held = held(asked);
        if standing == Standing::Idle && !held.is_empty() {
            let more = match held.len() - 1 {
                0 => String::new(),
                more => format!(", and {}", counted(more, "other", "others")),
            };
            reasons.say(format!(
                "nothing runs; {}{more} is held (autostart = false): s starts",
                held[0]
            ));
        } else {
            reasons.say(standing.line(&stats));
        }
        if standing == Standing::Full {
            holders(asked, None, &mut reasons);
        }
    }
    for group in groups.into_iter().take(HOLDERS.1) {
        let mut line = format!("{}: {}", group.name, asked.member.why(group));
        match group.why {
            Why::NumConcurrent => line.push_str("; e raises it"),
            Why::WaitingForInput => line.push_str(&waits_since(asked, group.name.as_str())),
            _ => {}
        }
        reasons.say(line);
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

/// The groups of the pool that wait for a person.
fn held(asked: &Asked<'_>) -> Vec<String> {
    let held = asked.session.held().into_iter();
    held.filter(|(pool, _)| pool == asked.pool())
        .map(|(_, group)| group)
        .collect()
}

/// For how long a group has been waiting for its input, as far as that was seen.
fn waits_since(asked: &Asked<'_>, group: &str) -> String {
    let since = asked.session.waits_for_input(asked.pool(), group);
    since.map_or_else(String::new, |since| {
        format!(", for {}", span(asked.now.saturating_sub(since)))
    })
}

/// How a pool that is not paused stands with what waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// Nothing runs or waits.
    Idle,
    /// All that there is runs.
    Runs,
    /// What waits has no slot.
    Full,
    /// What waits is about to start.
    Starting,
    /// There are slots for what waits.
    Room,
}

impl Standing {
    /// That of a pool whose groups with something left to start have not started it because of these.
    fn of(stats: &Stats, groups: &[Why]) -> Standing {
        let waits = stats.queued > 0 || stats.queued_more;
        // A slot that was handed out, and whose task is about to start, is as taken as the others.
        let in_line = |why: &Why| matches!(why, Why::PoolFull { .. });
        let full = stats.size.limit().is_some_and(|size| taken(stats) >= size);
        match waits {
            false if taken(stats) == 0 => Standing::Idle,
            false => Standing::Runs,
            true if full || groups.iter().any(in_line) => Standing::Full,
            true if groups.contains(&Why::Starting) => Standing::Starting,
            true => Standing::Room,
        }
    }

    fn line(self, stats: &Stats) -> String {
        let queued = Queued {
            known: stats.queued,
            more: stats.queued_more,
        };
        let waits = waiting(queued, "task queued", "tasks queued");
        match self {
            Standing::Idle => "nothing runs, nothing is queued".to_owned(),
            Standing::Runs => format!(
                "{}; nothing is queued",
                counted(taken(stats), "task holds a slot", "tasks hold a slot")
            ),
            Standing::Full => format!("{}; {waits}", full(stats)),
            Standing::Starting => format!("{waits}, with room: the next is about to start"),
            Standing::Room => {
                format!("{waits}, though there is room: limits or inputs of their groups hold them back")
            }
        }
    }
}

/// That no slot is free: what does not run yet is about to.
fn full(stats: &Stats) -> String {
    let starting = |size: usize| size.saturating_sub(taken(stats));
    match stats.size.limit() {
        Some(0) => "the size is 0, nothing starts: + raises it".to_owned(),
        Some(1) if starting(1) == 1 => "the only slot is taken by a task that is about to start".to_owned(),
        Some(1) => "the only slot is taken".to_owned(),
        Some(size) if starting(size) > 0 => format!(
            "all {size} slots are taken, {} of them by tasks that are about to start",
            starting(size)
        ),
        Some(size) => format!("all {size} slots are taken"),
        None => "all slots are taken".to_owned(),
    }
}

fn paused(asked: &Asked<'_>, reasons: &mut Reasons) {
    let since = asked.session.paused_since(asked.pool());
    let since = since.map_or_else(String::new, |since| format!(" since {}", clock(since)));
    reasons.say(format!("pool paused by you{since}: P resumes"));
}

/// The group has reached its own limit.
fn limited(asked: &Asked<'_>, group: &GroupInfo, reasons: &mut Reasons) {
    let most = group.num_concurrent.unwrap_or_default();
    let running = group.running + group.cancelled;
    reasons.say(format!(
        "concurrency of the group: max {most}, {running} running; e raises it"
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

fn closed(stats: &Stats, reasons: &mut Reasons) {
    if stats.closed {
        reasons.say("the pool is closed");
    } else if stats.closing {
        reasons.say("pool closing: no new groups, what was accepted goes on");
    } else if stats.locked {
        reasons.say("pool locked: no new groups, what was accepted goes on; L unlocks");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::warnings::tests::stats;

    #[test]
    fn slots_whose_tasks_are_about_to_start_are_no_room() {
        let line = |stats: &Stats, groups: &[Why]| Standing::of(stats, groups).line(stats);
        let groups = [Why::PoolFull { place: 1 }, Why::NumConcurrent];
        assert_eq!(
            line(&stats(2_000, 1_993, 700), &groups),
            "all 2000 slots are taken, 7 of them by tasks that are about to start; 700 tasks queued"
        );
        assert_eq!(
            line(&stats(1, 0, 1), &groups),
            "the only slot is taken by a task that is about to start; 1 task queued"
        );
        assert_eq!(
            line(&stats(4, 4, 9), &[]),
            "all 4 slots are taken; 9 tasks queued"
        );
        let starting = line(&stats(4, 2, 9), &[Why::NumConcurrent, Why::Starting]);
        assert!(starting.ends_with("the next is about to start"), "{starting}");
        let room = line(&stats(4, 2, 9), &[Why::NumConcurrent]);
        assert!(room.contains("though there is room"), "{room}");
        assert_eq!(
            line(&stats(4, 2, 0), &[]),
            "2 tasks hold a slot; nothing is queued"
        );
    }
}
