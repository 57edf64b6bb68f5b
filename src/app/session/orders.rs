//! What can be told to the commands that tasks run.

use super::{Member, Session};
use crate::app::config::FuncKind;
use crate::app::count::counted;
use crate::app::process::{Facts, Order, signal_name};
use crate::pool::{Query, TaskId, TaskState};

impl Session {
    /// Sends a signal to the commands of these tasks.
    pub(super) async fn signal(&self, member: &Member, ids: &[u64], signal: i32) -> Result<String, String> {
        self.order(member, ids, &Order::Signal(signal)).await?;
        let name = signal_name(signal).map_or_else(|| signal.to_string(), str::to_owned);
        Ok(format!("{name} sent to {}", tasks(ids)))
    }

    /// Pauses these tasks.
    pub(super) async fn pause_tasks(&self, member: &Member, ids: &[u64]) -> Result<String, String> {
        self.order(member, ids, &Order::Pause).await?;
        Ok(format!("{} paused, timeout too", tasks(ids)))
    }

    /// Lets these tasks go on.
    pub(super) async fn resume_tasks(&self, member: &Member, ids: &[u64]) -> Result<String, String> {
        self.order(member, ids, &Order::Resume).await?;
        Ok(match ids {
            [id] => format!("task {id} goes on"),
            ids => format!("{} go on", tasks(ids)),
        })
    }

    /// Gives a task's command a line to read, or the end.
    pub(super) async fn input(&self, member: &Member, id: u64, line: Option<&str>) -> Result<String, String> {
        let Some(line) = line else {
            self.order(member, &[id], &Order::EndInput).await?;
            return Ok(format!("task {id} gets the end of its input"));
        };
        let order = Order::Input(format!("{line}\n").into_bytes());
        self.order(member, &[id], &order).await?;
        let waiting = self
            .live
            .facts(&member.name, id)
            .map_or(0, |facts| facts.input_waiting);
        Ok(match waiting {
            0 => format!("sent to task {id}"),
            _ => format!("task {id} has not read {waiting} bytes yet"),
        })
    }

    /// Tells the commands of these tasks something: all of them, or none if one cannot be told.
    async fn order(&self, member: &Member, ids: &[u64], order: &Order) -> Result<(), String> {
        if ids.is_empty() {
            return Err("no task was named".to_owned());
        }
        for id in ids {
            let facts = self.reachable(member, *id)?;
            let refused = match order {
                Order::Pause if facts.paused.is_some() => "paused already",
                Order::Resume if facts.paused.is_none() => "not paused",
                _ => continue,
            };
            return Err(format!("task {id}: {refused}"));
        }
        for id in ids {
            // One that has ended since the check is no reason to leave the others out.
            let told = self.live.order(&member.name, *id, order.clone()).await;
            if let Err(why) = told
                && (ids.len() == 1 || self.live.facts(&member.name, *id).is_some())
            {
                return Err(format!("task {id}: {why}"));
            }
        }
        Ok(())
    }

    /// What is known of the command that a task runs, or why it cannot be told anything.
    pub(super) fn reachable(&self, member: &Member, id: u64) -> Result<Facts, String> {
        let facts = self.live.facts(&member.name, id);
        if let Some(facts) = facts.filter(|facts| facts.callback.is_none()) {
            return Ok(facts);
        }
        let ids = [TaskId(id)];
        let shot = member.pool.base().snapshot(&Query {
            ids: Some(&ids),
            rows: 1,
            ..Query::default()
        });
        let Some(task) = shot.tasks.first() else {
            return Err(format!("{} has no task {id}", member.name));
        };
        Err(match task.state {
            TaskState::Ended => format!("task {id} has ended already"),
            TaskState::Cancelled => format!("task {id} is cancelled already: cancel callback running"),
            TaskState::Running | TaskState::Cancelling => match member.func_of(&task.group) {
                Some(func) if !func.kind.is_process() => {
                    format!("task {id} runs no command: {} is no process", func.name)
                }
                _ => format!("task {id} runs no command at the moment"),
            },
        })
    }
}

impl FuncKind {
    /// Whether a task that calls it is a process.
    fn is_process(&self) -> bool {
        match self {
            FuncKind::Command { .. } | FuncKind::Shell { .. } => true,
            FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => false,
        }
    }
}

fn tasks(ids: &[u64]) -> String {
    match ids {
        [id] => format!("task {id}"),
        ids => counted(ids.len(), "task", "tasks"),
    }
}
