//! All about one task.

use super::look::Look;
use super::meter::live_facts;
use super::words::{func_facts, outcome_text, task_row};
use super::{Member, Session};
use crate::app::clean::Clean;
use crate::app::process;
use crate::app::view::{OutputView, TaskView};
use crate::pool::{Query, Snapshot, TaskId};
use std::time::Duration;

/// From what part of its timeout on a task was close to it, in percent.
const NEAR: u128 = 90;

/// Says so of a task that has ended just within its timeout.
fn near_timeout(facts: &mut [(&'static str, String)], timeout: Duration, took: Duration) {
    let percent = took.as_nanos() * 100 / timeout.as_nanos().max(1);
    let fact = facts.iter_mut().find(|(name, _)| *name == "timeout");
    if let Some((_, text)) = fact.filter(|_| (NEAR..100).contains(&percent)) {
        text.push_str(&format!(", {percent} % used"));
    }
}

impl Look {
    pub(super) fn task_view(&self, session: &Session, member: &Member, id: TaskId) -> Option<TaskView> {
        let offset = session.offset(member);
        let ids = [id];
        let shot: Snapshot = member.pool.base().snapshot(&Query {
            ids: Some(&ids),
            rows: 1,
            ..Query::default()
        });
        let task = shot.tasks.first()?;
        let mut facts = Vec::new();
        if let Some(func) = member.func_of(&task.group) {
            facts.push(("func", func.name.clone()));
            facts.extend(func_facts(func));
            if let (Some(timeout), Some(ended)) = (func.timeout, task.ended) {
                near_timeout(&mut facts, timeout, ended.saturating_sub(task.started));
            }
        }
        if let Some(Ok(dir)) = session.outputs.saved_to() {
            facts.push(("saved in", dir.display().to_string()));
        }
        let mut now = Vec::new();
        if let Some(outcome) = &task.outcome {
            now.push(("outcome", outcome_text(outcome)));
        }
        let left = process::left_behind(&member.name, id.0);
        now.extend(left.iter().map(|left| ("left behind", left.process())));
        let live = session.live.facts(&member.name, id.0);
        if let Some(live) = &live {
            now.extend(live_facts(live, self.meter.reading(&member.name, id.0)));
        }
        now.extend(member.retry_facts(id));
        let paused = live.as_ref().and_then(|live| live.paused);
        let paused = paused.map(|since| since.saturating_duration_since(member.pool.base().created()));
        let times = [
            ("started", Some(task.started)),
            ("paused", paused),
            ("cancel requested", task.asked),
            ("cancelled", task.cancelled),
            ("ended", task.ended),
            (
                "callbacks done",
                task.settled.filter(|settled| Some(*settled) != task.ended),
            ),
        ];
        let clean = |facts: Vec<(&str, String)>| {
            let facts = facts.into_iter();
            facts
                .map(|(name, text)| (Clean::from(name), Clean::from(text)))
                .collect()
        };
        Some(TaskView {
            row: task_row(session, member, task, live.as_ref(), shot.time),
            name: Clean::from(format!("{}_Task-{id}", member.name)),
            live: clean(now),
            facts: clean(facts),
            times: times
                .into_iter()
                .filter_map(|(name, time)| Some((name.into(), time? + offset)))
                .collect(),
            life: session.life(member, task, paused),
            peers: session.peers_of(member, &task.group),
            why: self.why_line(session, member, task),
            output: OutputView::default(),
        })
    }
}
