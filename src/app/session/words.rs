//! What the pool's values are called on a screen.

use super::subject::{exit_code, tries};
use super::{Member, Session};
use crate::app::clean::Clean;
use crate::app::config::{FuncKind, FuncSpec};
use crate::app::process::{CommandEnded, Facts};
use crate::app::status::Status;
use crate::app::view::{At, CommandRow, Phase, TaskRow, Trying, Window};
use crate::pool::{GroupInfo, Outcome, Stats, TaskInfo, TaskState, Why};
use std::time::Duration;
use tokio::time::Instant;

pub(super) fn func_facts(func: &FuncSpec) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    match &func.kind {
        FuncKind::Command { argv, .. } => {
            let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
            facts.push(("command", words.join(" ")));
        }
        FuncKind::Shell { script } => facts.push(("shell", script.trim().to_owned())),
        FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => {
            facts.extend(func.again.map(|again| ("again", again.to_string())));
            return facts;
        }
    }
    facts.push(("cwd", func.cwd.display().to_string()));
    if let Some(timeout) = func.timeout {
        facts.push(("timeout", format!("{timeout:?}")));
    }
    facts.push(("grace", format!("{:?}", func.grace)));
    if func.pty {
        facts.push(("pty", "in a terminal of its own".to_owned()));
    }
    facts.extend(func.again.map(|again| ("again", again.to_string())));
    facts
}

pub(super) fn phase(stats: &Stats) -> Phase {
    match (stats.closed, stats.closing) {
        (true, _) => Phase::Closed,
        (false, true) => Phase::Closing,
        (false, false) => Phase::Open,
    }
}

pub(super) fn first(window: Window, total: usize) -> usize {
    let last = total.saturating_sub(window.rows);
    match window.at {
        At::First(first) => first.min(last),
        At::End | At::Task(..) | At::Moved(..) => last,
    }
}

pub(super) fn why(group: &GroupInfo) -> String {
    if let Some(error) = &group.input_error {
        return format!("input failed: {error}");
    }
    if let Some(reason) = &group.input_empty {
        return reason.to_string();
    }
    match group.why {
        Why::NothingLeft => String::new(),
        Why::Starting => "starting".to_owned(),
        Why::PoolFull { place } => format!("pool full, {} in the queue", ordinal(place)),
        Why::NumConcurrent => {
            format!("max {}", group.num_concurrent.unwrap_or_default())
        }
        Why::Paused => "paused".to_owned(),
        Why::WaitingForInput => "waiting for its input".to_owned(),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A task, with what is known of the command that it runs.
pub(super) fn task_row(
    session: &Session,
    member: &Member,
    task: &TaskInfo,
    live: Option<&Facts>,
    now: Duration,
) -> TaskRow {
    let live = live.filter(|live| live.callback.is_none());
    let paused_for = live.and_then(|live| live.paused).map(|since| since.elapsed());
    let status = match status(task) {
        Status::Running => live.and_then(Status::of_command).unwrap_or(Status::Running),
        status => status,
    };
    let cancelling = matches!(task.state, TaskState::Cancelling)
        .then_some(task.asked)
        .flatten();
    TaskRow {
        id: task.id.0,
        group: Clean::from(task.group.as_str()),
        status,
        age: task.ended.unwrap_or(now).saturating_sub(task.started),
        wait: task.started.saturating_sub(task.made),
        used: None,
        cancelling_for: cancelling.map(|asked| now.saturating_sub(asked)),
        command: live.map(|live| CommandRow {
            paused_for,
            takes_input: live.takes_input,
        }),
        func: Clean::from(member.func_of(&task.group).map_or("", |func| &func.name)),
        exit: task.outcome.as_ref().and_then(exit_code),
        tries: tries(&member.book, task.id.0),
        args: Clean::from(&*task.args),
        trying: member.book.trying(task.id.0).map(|trying| Trying {
            attempt: trying.attempt,
            of: trying.of,
            waits: trying
                .until
                .map(|until| until.saturating_duration_since(Instant::now())),
        }),
        retried: member.book.links(task.id.0).0.is_some(),
        note: match &task.outcome {
            _ if paused_for.is_some() => Clean::from("(paused by you)"),
            _ if status == Status::NoRoom => live.map(|live| live.no_room.clone()).unwrap_or_default(),
            Some(outcome) if !matches!(outcome, Outcome::Completed) => Clean::from(note(outcome)),
            _ => match session.terminals.get(&member.name, task.id.0) {
                Some(terminal) => terminal.last_line().unwrap_or_default(),
                None => session
                    .outputs
                    .last_line(&member.name, task.id.0)
                    .unwrap_or_default(),
            },
        },
    }
}

pub(super) fn status(task: &TaskInfo) -> Status {
    match (task.state, &task.outcome) {
        (TaskState::Running, _) => Status::Running,
        (TaskState::Cancelling, _) => Status::Cancelling,
        (TaskState::Cancelled, _) => Status::Cancelled,
        (TaskState::Ended, outcome) => outcome.as_ref().map_or(Status::Ok, Status::of_outcome),
    }
}

/// What there is to say of an outcome beside its word.
pub(super) fn note(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => String::new(),
        Outcome::Failed(error) => error.to_string(),
        Outcome::Panicked(message) => message.to_string(),
        Outcome::Cancelled(cancelled) => {
            let ended = cancelled
                .detail
                .as_ref()
                .and_then(|detail| detail.downcast_ref::<CommandEnded>());
            let parts = [
                cancelled.message.as_deref().map(str::to_owned),
                ended.map(ToString::to_string),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
    }
}

pub(in crate::app) fn outcome_text(outcome: &Outcome) -> String {
    let note = note(outcome);
    let word = match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed(_) => "failed",
        Outcome::Panicked(_) => "panicked",
        Outcome::Cancelled(_) => "cancelled",
    };
    if note.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {note}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_english() {
        let places = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111].map(ordinal);
        let expected = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th",
        ];
        assert_eq!(places, expected);
    }
}
