//! Why a task is as it is.

use super::{Asked, Reasons};
use crate::app::clean::Clean;
use crate::app::count::{counted, waiting};
use crate::app::process::{Facts, Stage};
use crate::app::view::Queued;
use crate::app::warnings::{clock, span};
use crate::pool::{TaskInfo, TaskState};
use std::time::Duration;
use tokio::time::Instant;

/// The reasons; `names` are the processes of its command, as far as they are known.
pub(super) fn reasons(asked: &Asked<'_>, task: &TaskInfo, names: &[(i32, Clean)]) -> Reasons {
    let live = asked.session.live().facts(asked.pool(), task.id.0);
    let live = live.as_ref();
    let mut reasons = Reasons::default();
    match task.state {
        TaskState::Running => running(asked, task, live, names, &mut reasons),
        TaskState::Cancelling => cancelling(asked, task, live, names, &mut reasons),
        TaskState::Cancelled => {
            let since = task.cancelled.unwrap_or(task.started);
            called_back(asked, "cancel", since, live, &mut reasons);
            slot(asked, &mut reasons);
        }
        TaskState::Ended => ended(asked, task, live, &mut reasons),
    }
    reasons
}

fn running(
    asked: &Asked<'_>,
    task: &TaskInfo,
    live: Option<&Facts>,
    names: &[(i32, Clean)],
    reasons: &mut Reasons,
) {
    let id = task.id.0;
    let trying = asked.member.book.trying(id);
    let stage = live.map(|live| live.stage);
    if let Some(until) = trying.and_then(|trying| trying.until) {
        let left = until.saturating_duration_since(Instant::now());
        let next = trying.map(|trying| trying.to_string()).unwrap_or_default();
        reasons.say(format!("back-off: {next} in {}", span(left)));
    } else if let Some(since) = live.and_then(|live| live.paused) {
        let since = since.saturating_duration_since(asked.session.started());
        reasons.say(format!(
            "paused by you since {}, timeout too; p resumes",
            clock(since)
        ));
    } else if stage == Some(Stage::NoRoom) {
        let why = live.map(|live| live.no_room.clone()).unwrap_or_default();
        reasons.say(format!("no room: {why}"));
    } else if let Some(live) = live.filter(|live| live.timed_out.is_some() || live.exited.is_some()) {
        being_stopped(asked, live, names, reasons);
        alive(names, reasons);
    } else if stage == Some(Stage::Starting) {
        reasons.say("command is being started");
    } else {
        if let Some(live) = live {
            standing(asked, live, reasons);
        }
        runs_since(asked, task, reasons);
    }
    if let Some(left) = live
        .filter(|live| live.paused.is_none())
        .and_then(Facts::times_out_in)
    {
        reasons.say(format!("times out in {}", span(left)));
    }
    peers(asked, task, reasons);
    if stage == Some(Stage::Running) {
        written(asked, task, reasons);
    }
    slot(asked, reasons);
}

fn runs_since(asked: &Asked<'_>, task: &TaskInfo, reasons: &mut Reasons) {
    let started = asked.at(task.started);
    reasons.say(format!(
        "runs since {}, for {}",
        clock(started),
        span(asked.ago(task.started))
    ));
}

/// Why its command, which runs, is stopped or waits for somebody.
fn standing(asked: &Asked<'_>, live: &Facts, reasons: &mut Reasons) {
    let time = |since: Instant| {
        let at = since.saturating_duration_since(asked.session.started());
        format!("since {}, for {}", clock(at), span(since.elapsed()))
    };
    match live.stopped() {
        Some(since) if live.is_traced() => {
            reasons.say(format!("stopped by a debugger or tracer {}", time(since)));
        }
        Some(since) => {
            reasons.say(format!(
                "suspended by a signal (STOP, TSTP, TTIN) {}: ! CONT continues",
                time(since)
            ));
        }
        None => {}
    }
    if let Some((pid, since)) = live.reads() {
        let (what, who) = if live.in_terminal {
            (format!("reads its terminal (pid {pid})"), "i types")
        } else {
            (format!("waits for a line (pid {pid})"), "i sends one")
        };
        reasons.say(format!("{what} {}: {who}", time(since)));
    }
}

/// Its command cancel requested because of its timeout, or because it has exited and left something.
fn being_stopped(asked: &Asked<'_>, live: &Facts, names: &[(i32, Clean)], reasons: &mut Reasons) {
    let others = match names.len().max(live.processes()) {
        0 => "its processes".to_owned(),
        1 => names
            .first()
            .map_or_else(|| "1 process".to_owned(), |(pid, _)| format!("pid {pid}")),
        count => names.first().map_or_else(
            || format!("{count} processes"),
            |(pid, _)| format!("pid {pid} and {} more", count - 1),
        ),
    };
    let (told, then) = match (live.stage, live.killed_in()) {
        (Stage::Killing, _) => ("KILL", String::new()),
        (_, Some(left)) => ("TERM", format!(", KILL in {}", span(left))),
        (_, None) => ("TERM", String::new()),
    };
    let at = |since: Instant| clock(since.saturating_duration_since(asked.session.started()));
    let sent = match &live.refused {
        Some(why) => why.to_string(),
        None => format!("{told} sent, {others} alive{then}"),
    };
    if let Some(since) = live.timed_out {
        let limit = live.timeout.map(|limit| format!(" (timeout {limit:?})"));
        reasons.say(format!(
            "timed out at {}{}; {sent}",
            at(since),
            limit.unwrap_or_default(),
        ));
    } else if let Some((since, ended)) = live.exited {
        let sent = match &live.refused {
            Some(why) => why.to_string(),
            None => format!("{told} sent to what is left in its slot, {others}{then}"),
        };
        let ago = span(since.elapsed());
        reasons.say(format!("command exited {ago} ago ({ended}); {sent}"));
    }
}

/// Its age against those of its peers.
fn peers(asked: &Asked<'_>, task: &TaskInfo, reasons: &mut Reasons) {
    let Some(func) = asked.member.func_of(task.group.as_str()) else {
        return;
    };
    let peers = asked.session.peers(asked.pool(), &func.name);
    let Some((peers, half)) = peers.and_then(|peers| peers.percentile(50).map(|half| (peers, half))) else {
        return;
    };
    let most = peers.percentile(99).unwrap_or_default();
    let age = asked.ago(task.started);
    reasons.say(format!(
        "of {} {} half took up to {}, 99 of 100 up to {}; it is older than {} of 100",
        peers.total(),
        func.name,
        span(half),
        span(most),
        peers.rank(age),
    ));
}

/// When it wrote its last line.
fn written(asked: &Asked<'_>, task: &TaskInfo, reasons: &mut Reasons) {
    let id = task.id.0;
    if asked.session.terminals().get(asked.pool(), id).is_some() {
        return;
    }
    reasons.say(match asked.session.outputs().last_written(asked.pool(), id) {
        Some(at) => format!(
            "silent for {}, since {}",
            span(asked.now.saturating_sub(at)),
            clock(at)
        ),
        None => "no output yet".to_owned(),
    });
}

fn cancelling(
    asked: &Asked<'_>,
    task: &TaskInfo,
    live: Option<&Facts>,
    names: &[(i32, Clean)],
    reasons: &mut Reasons,
) {
    let since = task.asked.unwrap_or(task.started);
    let left = asked.session.left_since();
    let who = match left {
        Some(left) if left <= asked.at(since) + Duration::from_millis(1) => "because the program ends",
        Some(_) | None => "by you",
    };
    let at = clock(asked.at(since));
    reasons.say(format!(
        "cancel requested at {at} {who}, {} ago",
        span(asked.ago(since))
    ));
    let kill = live.and_then(Facts::killed_in).map(span);
    match live.map(|live| live.stage) {
        Some(Stage::Stopping) => {
            let kill = kill.map_or_else(String::new, |kill| format!("; KILL in {kill}"));
            reasons.say(format!("TERM sent{kill}; x kills now"));
            alive(names, reasons);
        }
        Some(Stage::Killing) => {
            match live.and_then(|live| live.refused.as_ref()) {
                Some(why) => reasons.say(format!("{why}; x once more gives it up")),
                None => reasons.say("KILL sent; waiting for the processes to end"),
            };
            alive(names, reasons);
        }
        Some(Stage::Starting | Stage::NoRoom | Stage::Running | Stage::Settling) => {
            reasons.say("command is about to get TERM");
        }
        None => {
            reasons.say("function still running: cleaning up, or not checking for cancels; x ends it now");
        }
    }
    slot(asked, reasons);
}

/// Which processes are there.
fn alive(names: &[(i32, Clean)], reasons: &mut Reasons) {
    if names.is_empty() {
        return;
    }
    let names: Vec<String> = names
        .iter()
        .map(|(pid, name)| format!("{name} (pid {pid})"))
        .collect();
    reasons.say(format!("alive: {}", names.join(", ")));
}

fn called_back(asked: &Asked<'_>, which: &str, since: Duration, live: Option<&Facts>, reasons: &mut Reasons) {
    let name = live.and_then(|live| live.callback.as_ref());
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    let pid = live.and_then(|live| live.pid);
    let pid = pid.map_or_else(String::new, |pid| format!(", pid {pid},"));
    let at = clock(asked.at(since));
    let long = span(asked.ago(since));
    reasons.say(format!(
        "{which} callback{name}{pid} running since {at}, for {long}"
    ));
}

fn ended(asked: &Asked<'_>, task: &TaskInfo, live: Option<&Facts>, reasons: &mut Reasons) {
    let at = task.ended.unwrap_or(task.started);
    if task.settled.is_none() {
        called_back(asked, "end", at, live, reasons);
        reasons.say("holds no slot; flush and close wait for the callback");
        return;
    }
    let took = span(at.saturating_sub(task.started));
    reasons.say(format!("ended at {} after {took}", clock(asked.at(at))));
    if let Some(outcome) = &task.outcome {
        reasons.say(crate::app::session::outcome_text(outcome));
    }
    if let (Some(cancelled), Some(callback)) = (task.asked, task.settled) {
        let (asked_at, done) = (
            clock(asked.at(cancelled)),
            span(callback.saturating_sub(cancelled)),
        );
        reasons.say(format!("cancel requested at {asked_at}; all over {done} later"));
    }
}

/// What its slot is to others.
fn slot(asked: &Asked<'_>, reasons: &mut Reasons) {
    let stats = asked.member.pool.base().stats();
    let Some(size) = stats
        .size
        .limit()
        .filter(|_| stats.queued > 0 || stats.queued_more)
    else {
        return;
    };
    let queued = Queued {
        known: stats.queued,
        more: stats.queued_more,
    };
    let waits = waiting(queued, "task queued", "tasks queued");
    reasons.say(format!(
        "holds one of {}; {waits}",
        counted(size, "slot", "slots")
    ));
}
