//! What a command would hit, before anybody says yes.

use super::add::limit_lines;
use super::execute::{some_ids, totals_text};
use super::{AnyPool, Member, Session};
use crate::app::control::{Call, Command, Preview};
use crate::app::count::{counted, waiting};
use crate::app::process::signal_name;
use crate::app::view::Queued;
use crate::pool::{BaseTaskPool, OutcomeKind, Query, States, TaskId, TaskState, Totals};

const RUNNING: States = States::of(TaskState::Running).and(States::of(TaskState::Cancelling));

impl Session {
    pub(super) async fn preview(&self, command: &Command) -> Result<Preview, String> {
        let member = self.member(&command.pool)?;
        let pool = member.pool.base();
        let mut shown = None;
        let lines = match &command.call {
            Call::Stop { num, .. } => {
                let ids = pool.newest_running(*num);
                let call = Call::Stop {
                    num: *num,
                    shown: Some(ids.iter().map(|id| id.0).collect()),
                };
                shown = Some(Command {
                    pool: command.pool.clone(),
                    call,
                });
                stop(pool, &ids)
            }
            Call::Cancel { ids, force } => vec![format!(
                "{} {}: {}",
                counted(ids.len(), "task", "tasks"),
                if *force {
                    "ended at once (KILL)"
                } else {
                    "to be cancelled"
                },
                some_ids(&ids.iter().copied().map(TaskId).collect::<Vec<_>>(), ids.len())
            )],
            Call::Signal { ids, signal } => self.signal_lines(member, ids, *signal)?,
            Call::Each { ids, deed } => return self.preview_deed(member, ids, deed).await,
            Call::Retry { ids } => {
                let ids: Vec<TaskId> = ids.iter().copied().map(TaskId).collect();
                vec![retry(&ids, "task", "tasks")]
            }
            Call::RetryFailed { group } => {
                let failed = member.failed(group.as_deref());
                failed.some()?;
                shown = Some(Command {
                    pool: command.pool.clone(),
                    call: Call::Retry {
                        ids: failed.ids.iter().map(|id| id.0).collect(),
                    },
                });
                let mut lines = vec![retry(&failed.ids, "failed task", "failed tasks")];
                lines.extend(failed.left_out());
                lines
            }
            Call::CancelGroup { group } => {
                let info = pool
                    .group(group)
                    .ok_or_else(|| format!("the pool has no group {group:?}"))?;
                let mut lines = cancelled(pool, Some(group), info.queued);
                lines.push("the group's name is free again".to_owned());
                lines
            }
            Call::CancelAll => {
                let stats = pool.stats();
                cancelled(pool, None, (!stats.queued_more).then_some(stats.queued))
            }
            Call::Flush => flush(pool),
            Call::Close => close(pool),
            Call::Start { num, .. } => {
                let func = match &member.pool {
                    AnyPool::Simple { pool, .. } => pool.func_name().to_owned(),
                    AnyPool::Task { .. } => "the group's function".to_owned(),
                };
                vec![format!(
                    "{} of {func}, as slots become free",
                    counted(*num, "task", "tasks")
                )]
            }
            Call::SetSize { size } => size_lines(pool, *size),
            Call::SaveOutput { path, .. } => vec![format!("a new file {path}")],
            Call::PauseTasks { .. } => said("processes and timeout are paused"),
            Call::ResumeTasks { .. } => said("processes and timeout go on"),
            Call::Release { group } => said(&format!("group {group} starts")),
            Call::SetConcurrent { group, num } => limit_lines(member, group, *num)?,
            Call::Lock => said("new groups are refused, accepted ones go on"),
            Call::Unlock => said("new groups are taken again"),
            Call::Pause => said("nothing starts, what runs goes on"),
            Call::Resume => said("queued tasks may start"),
            Call::Input { id, line: Some(_) } => vec![format!("task {id} reads the line")],
            Call::Input { id, line: None } => vec![format!("task {id} gets the end of its input")],
            // A new group is previewed by itself, and typing asks nothing.
            Call::Type { .. } | Call::Add { .. } => Vec::new(),
        };
        Ok(Preview {
            lines,
            command: shown,
        })
    }

    fn signal_lines(&self, member: &Member, ids: &[u64], signal: i32) -> Result<Vec<String>, String> {
        let name = signal_name(signal).ok_or_else(|| format!("{signal} is no signal that can be sent"))?;
        let mut lines = Vec::new();
        for id in ids.iter().take(8) {
            let facts = self.reachable(member, *id)?;
            lines.push(match facts.pid {
                Some(pid) => format!("{name} goes to task {id}: process {pid} and all of its group"),
                None => format!("task {id} has not started yet"),
            });
        }
        if ids.len() > 8 {
            lines.push(format!("and to {} more", counted(ids.len() - 8, "task", "tasks")));
        }
        lines.extend(match name {
            "KILL" => Some("ends them at once: nothing is cleaned up, and the task has failed".to_owned()),
            "STOP" => Some("pauses them and their timeout until they are resumed".to_owned()),
            "CONT" => Some("resumes what is paused".to_owned()),
            _ => None,
        });
        Ok(lines)
    }
}

fn said(line: &str) -> Vec<String> {
    vec![line.to_owned()]
}

fn retry(ids: &[TaskId], one: &str, many: &str) -> String {
    format!(
        "{} run again, as new tasks with the same arguments: {}",
        counted(ids.len(), one, many),
        some_ids(ids, ids.len())
    )
}

fn stop(pool: &BaseTaskPool, ids: &[TaskId]) -> Vec<String> {
    let mut lines = vec![match ids.len() {
        0 => "no task runs whose cancel is not requested already".to_owned(),
        found => format!(
            "{} to be cancelled, newest first: {}",
            counted(found, "task", "tasks"),
            some_ids(ids, found)
        ),
    }];
    let stats = pool.stats();
    let queued = Queued {
        known: stats.queued,
        more: stats.queued_more,
    };
    if (queued.known > 0 || queued.more) && !stats.paused {
        lines.push(format!(
            "{} may start in their place",
            waiting(queued, "queued task", "queued tasks")
        ));
    }
    lines
}

fn cancelled(pool: &BaseTaskPool, group: Option<&str>, queued: Option<usize>) -> Vec<String> {
    let running = pool.snapshot(&Query {
        group,
        states: RUNNING,
        rows: 9,
        ..Query::default()
    });
    let ids: Vec<TaskId> = running.tasks.iter().map(|task| task.id).collect();
    let mut lines = vec![match running.tasks_total {
        0 => "no task runs".to_owned(),
        total => format!(
            "{} to be cancelled: {}",
            counted(total, "running task", "running tasks"),
            some_ids(&ids, total)
        ),
    }];
    match queued {
        Some(0) => {}
        Some(queued) => lines.push(format!(
            "{} will never start",
            counted(queued, "queued task", "queued tasks")
        )),
        None => lines.push("the rest of the input stays unread".to_owned()),
    }
    lines
}

fn flush(pool: &BaseTaskPool) -> Vec<String> {
    let ended = ended(pool);
    let mut lines = vec![format!("clears {}", totals_text(&ended))];
    lines.extend(failures_gone(&ended));
    lines
}

fn close(pool: &BaseTaskPool) -> Vec<String> {
    let stats = pool.stats();
    let mut lines = vec![
        "new groups are refused".to_owned(),
        format!(
            "waits for {} running and {} queued, then closes for good",
            stats.running + stats.cancelled,
            if stats.queued_more {
                format!("at least {}", stats.queued)
            } else {
                stats.queued.to_string()
            }
        ),
    ];
    let ended = ended(pool);
    let is_idle = stats.running + stats.cancelled + stats.queued == 0 && !stats.queued_more;
    match (ended.sum(), is_idle) {
        (0, true) => {}
        (0, false) => lines.push("clears what ends until then".to_owned()),
        (_, true) => lines.push(format!("clears {}", totals_text(&ended))),
        (_, false) => lines.push(format!(
            "clears {}, and what ends until then",
            totals_text(&ended)
        )),
    }
    lines.extend(failures_gone(&ended));
    lines
}

/// The ended tasks that the pool still remembers.
fn ended(pool: &BaseTaskPool) -> Totals {
    let ended = |kind| {
        let query = Query {
            states: States::ended(kind),
            ..Query::default()
        };
        pool.snapshot(&query).tasks_total as u64
    };
    Totals {
        completed: ended(OutcomeKind::Completed),
        failed: ended(OutcomeKind::Failed),
        panicked: ended(OutcomeKind::Panicked),
        cancelled: ended(OutcomeKind::Cancelled),
    }
}

/// What is lost with failures that are forgotten.
fn failures_gone(ended: &Totals) -> Option<String> {
    let failures = ended.failed + ended.panicked > 0;
    failures.then(|| "failures among them are gone from the list".to_owned())
}

fn size_lines(pool: &BaseTaskPool, size: Option<usize>) -> Vec<String> {
    let stats = pool.stats();
    let room = size.map(|size| size.saturating_sub(stats.running + stats.cancelled));
    let may_start = room.map_or(stats.queued, |room| room.min(stats.queued));
    vec![format!(
        "now {}: {} running, {} queued; {may_start} may start",
        stats.size, stats.running, stats.queued
    )]
}
