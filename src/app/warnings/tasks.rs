//! The rules for single tasks.

use super::kind::{Kind, Limits};
use super::list::Raised;
use super::memory::{Memory, Restarting};
use super::row::Subject;
use super::sight::{Sight, TaskSight};
use super::{clock, span};
use crate::app::process::Stage;
use crate::pool::TaskState;
use std::time::Duration;

/// From how many ended tasks on others are compared with them.
const PEERS: u64 = 100;

/// No task is slow that has not run for so long.
const SLOW: Duration = Duration::from_secs(1);

/// From so many bytes on a task is large beside its peers: this many times their median, of so many at least.
const LARGE: u64 = 256 << 20;
const HUGE: u64 = 10;
const FEW: usize = 3;

/// Restarts with more than this between them are no loop.
const CLOSE: Duration = Duration::from_mins(1);

/// What is the matter with the tasks that were seen.
pub(super) fn rules(memory: &mut Memory, pool: &str, sight: &Sight, limits: &Limits) -> Vec<Raised> {
    restarting(memory, sight);
    let mut raised = Vec::new();
    for task in &sight.tasks {
        let checks = [
            cancel_ignored(task, sight.now, limits),
            slow_callback(task, sight.now, limits),
            silent(task, sight.now, limits),
            slow(memory, task, sight.now, limits),
            crash_loop(memory, task, sight.now, limits),
            exited(task, sight.now, limits),
            stalled(task, sight.now, limits),
            memory_of(task, sight, limits),
        ];
        raised.extend(checks.into_iter().flatten().map(|found| found.of(pool, task)));
    }
    raised.extend(left(pool, sight));
    raised
}

/// What is the matter with a task.
struct Found(Kind, Duration, String);

impl Found {
    fn of(self, pool: &str, task: &TaskSight) -> Raised {
        let Found(kind, since, evidence) = self;
        Raised {
            kind,
            subject: Subject::task(pool, task.group.as_str(), task.id),
            since,
            evidence,
            times: None,
        }
    }
}

fn cancel_ignored(task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let (asked, what) = match task.state {
        TaskState::Cancelling => (task.asked?, "cancel requested"),
        TaskState::Running => (task.command.timed_out?, "timed out"),
        TaskState::Cancelled | TaskState::Ended => return None,
    };
    // What may not be signalled does not end with more patience.
    let refused = task.command.refused.as_ref();
    if now.saturating_sub(asked) < limits.time(Kind::CancelIgnored) && refused.is_none() {
        return None;
    }
    let who = match (task.pid, task.stage) {
        _ if refused.is_some() => refused.map(ToString::to_string).unwrap_or_default(),
        (Some(pid), Some(Stage::Killing)) => format!("pid {pid} has got KILL"),
        (Some(pid), Some(_)) => format!("pid {pid} has got TERM"),
        _ => "still running".to_owned(),
    };
    Some(Found(
        Kind::CancelIgnored,
        asked,
        format!("{what} at {}; {who}", clock(asked)),
    ))
}

fn slow_callback(task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let (since, which) = match task.state {
        TaskState::Cancelled => (task.cancelled?, "cancel"),
        TaskState::Ended if !task.settled => (task.ended?, "end"),
        TaskState::Ended | TaskState::Running | TaskState::Cancelling => return None,
    };
    if now.saturating_sub(since) < limits.time(Kind::SlowCallback) {
        return None;
    }
    let name = task
        .callback
        .as_ref()
        .map(|name| format!(" {name}"))
        .unwrap_or_default();
    let pid = task.pid.map(|pid| format!(", pid {pid},")).unwrap_or_default();
    let evidence = format!("{which} callback{name}{pid} running since {}", clock(since));
    Some(Found(Kind::SlowCallback, since, evidence))
}

fn silent(task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let runs = task.state == TaskState::Running && task.stage == Some(Stage::Running);
    if !runs || task.callback.is_some() || task.paused {
        return None;
    }
    let since = task.started.max(task.written?);
    if now.saturating_sub(since) < limits.time(Kind::SilentTask) {
        return None;
    }
    let evidence = if since > task.started {
        format!("last line at {}", clock(since))
    } else {
        format!("no line since the start at {}", clock(since))
    };
    Some(Found(Kind::SilentTask, since, evidence))
}

fn slow(memory: &Memory, task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    if task.state != TaskState::Running || task.paused || task.restarts.is_some() {
        return None;
    }
    let peers = memory.peers(&task.func).filter(|peers| peers.total() >= PEERS)?;
    let usual = peers.percentile(99)?;
    let times = u32::try_from(limits.number(Kind::SlowTask)).unwrap_or(u32::MAX);
    let from = usual.saturating_mul(times).max(SLOW);
    if now.saturating_sub(task.started) < from {
        return None;
    }
    let evidence = format!(
        "99 of 100 {} took at most {}, half of them {}",
        task.func,
        span(usual),
        span(peers.percentile(50).unwrap_or_default())
    );
    Some(Found(Kind::SlowTask, task.started + from, evidence))
}

fn crash_loop(memory: &Memory, task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let looping = memory.restarting.get(&task.id)?;
    if looping.run < limits.number(Kind::CrashLoop) || now.saturating_sub(looping.last) >= CLOSE {
        return None;
    }
    let evidence = format!("{} restarts since {}", looping.run, clock(looping.since));
    Some(Found(Kind::CrashLoop, looping.since, evidence))
}

fn exited(task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let (since, ended) = task.command.exited.filter(|_| task.state == TaskState::Running)?;
    if now.saturating_sub(since) < limits.time(Kind::LeakyTask) {
        return None;
    }
    let evidence = format!(
        "command exited at {} ({ended}); processes left in its slot",
        clock(since)
    );
    Some(Found(Kind::LeakyTask, since, evidence))
}

fn stalled(task: &TaskSight, now: Duration, limits: &Limits) -> Option<Found> {
    let (since, why) = task.command.stalled.as_ref()?;
    let runs = task.state == TaskState::Running;
    if !runs || now.saturating_sub(*since) < limits.time(Kind::StalledTask) {
        return None;
    }
    Some(Found(
        Kind::StalledTask,
        *since,
        format!("{why}; since {}", clock(*since)),
    ))
}

/// Too much of the machine's memory, or far more than other tasks that run.
fn memory_of(task: &TaskSight, sight: &Sight, limits: &Limits) -> Option<Found> {
    let (used, growth) = task.command.memory?;
    let machine = sight.machine_memory.unwrap_or(u64::MAX);
    let share = |percent: u64| machine / 100 * percent;
    let of_all = used >= share(limits.number(Kind::Memory).min(100));
    let median = |of: &str, is_peer: &dyn Fn(&TaskSight) -> bool| {
        let peers = sight
            .tasks
            .iter()
            .filter(|peer| peer.id != task.id && is_peer(peer));
        let mut peers: Vec<u64> = peers.filter_map(|peer| Some(peer.command.memory?.0)).collect();
        peers.sort_unstable();
        let median = peers.get(peers.len() / 2).copied();
        median
            .filter(|_| peers.len() >= FEW)
            .map(|median| (of.to_owned(), median))
    };
    // Where too few of its function run, those of the pool tell.
    let median = median(&task.func, &|peer| peer.func == task.func).or_else(|| median("tasks", &|_| true));
    let beside_peers = used >= LARGE && median.as_ref().is_some_and(|(_, median)| used / HUGE >= *median);
    if !of_all && !beside_peers {
        return None;
    }
    let mut evidence = format!("{} used", mebibytes(used));
    if growth >= 1 << 20 {
        evidence.push_str(&format!(", +{}/s", mebibytes(growth)));
    }
    match median.filter(|_| !of_all) {
        Some((of, median)) => evidence.push_str(&format!(
            "; half of the other {of} use up to {}",
            mebibytes(median)
        )),
        None => evidence.push_str(&format!(" of {} of the machine", mebibytes(machine))),
    }
    Some(Found(Kind::Memory, task.started, evidence))
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Processes that have left their group. Those are found now and then, so that there is no time to wait for.
fn left(pool: &str, sight: &Sight) -> Vec<Raised> {
    let mut by_task: Vec<(u64, Vec<&str>)> = Vec::new();
    for (task, process) in &sight.left {
        match by_task.iter_mut().find(|(id, _)| id == task) {
            Some((_, processes)) => processes.push(process),
            None => by_task.push((*task, vec![process])),
        }
    }
    let raised = by_task.into_iter().map(|(task, processes)| Raised {
        kind: Kind::LeakyTask,
        subject: Subject {
            task: Some(task),
            ..Subject::pool(pool)
        },
        since: sight.now,
        evidence: format!("left behind: {}", processes.join(", ")),
        times: None,
    });
    raised.collect()
}

/// Notes how often workers were restarted.
fn restarting(memory: &mut Memory, sight: &Sight) {
    for task in &sight.tasks {
        let Some(restarts) = task.restarts.filter(|restarts| *restarts > 0) else {
            memory.restarting.remove(&task.id);
            continue;
        };
        let new = Restarting {
            since: sight.now,
            run: restarts,
            restarts,
            last: sight.now,
        };
        let known = memory.restarting.entry(task.id).or_insert(new);
        let more = restarts.saturating_sub(known.restarts);
        if more == 0 {
            continue;
        }
        if sight.now.saturating_sub(known.last) >= CLOSE {
            (known.run, known.since) = (0, sight.now);
        }
        (known.run, known.restarts, known.last) = (known.run + more, restarts, sight.now);
    }
    let seen = |id: &u64| sight.tasks.iter().any(|task| task.id == *id);
    memory
        .restarting
        .retain(|id, known| seen(id) || sight.now.saturating_sub(known.last) < CLOSE);
}
