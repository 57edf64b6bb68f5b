//! Carrying out commands. Every check is here or in the pool, whoever asks.

use super::add::set_concurrent;
use super::{AnyPool, Groups, Member, Session, lock};
use crate::app::config::Method;
use crate::app::control::{Answer, Call, Command, Numbered, Request};
use crate::app::count::counted;
use crate::pool::{BaseTaskPool, Gathered, PoolSize, Query, States, TaskId, TaskState, Totals, Why};
use std::sync::atomic::Ordering;

/// How often a stop chooses its tasks anew because one of them has ended meanwhile.
const TRIES: usize = 100;

/// How many groups are looked at for one that waits for a slot.
const GROUPS: usize = 256;

impl Session {
    /// Answers the request of a client, unless it acts where nobody may, or nobody may unasked.
    pub async fn answer_client(&self, numbered: &Numbered) -> Answer {
        let modes = self.modes();
        if numbered.request.acts() {
            if modes.read_only {
                return Answer::Refused("read only: nothing is changed from here".to_owned());
            }
            if modes.ask_always && !numbered.confirmed {
                return Answer::Refused(
                    "every change asks first, and nobody has said yes to this".to_owned(),
                );
            }
        }
        self.answer(&numbered.request).await
    }

    /// Answers a request of this program itself. A `flush` or `close` may take as long as callbacks and tasks do; dropping the
    /// future abandons the wait, not the pool.
    pub async fn answer(&self, request: &Request) -> Answer {
        let answer = match request {
            Request::Do(
                command @ Command {
                    call: Call::Add { group },
                    ..
                },
            ) => return self.add(command, group).await,
            Request::Preview(Command {
                pool,
                call: Call::Add { group },
            }) => return self.preview_add(pool, group).await,
            Request::Functions => return self.functions(),
            Request::Do(command) => {
                let done = self.execute(command).await;
                match &done {
                    // Not a line for each key.
                    Ok(_) if matches!(command.call, Call::Type { .. }) => {}
                    Ok(effect) => tracing::info!(target: "app::control", "{command}: {effect}"),
                    Err(reason) => tracing::warn!(target: "app::control", "{command} was refused: {reason}"),
                }
                done.map(Answer::Done)
            }
            Request::Preview(command) => self.preview(command).await.map(Answer::Preview),
            Request::List(wanted) => self.listed(wanted).await,
            Request::Describe { pool, ids } => self.describe(pool, ids).map(Answer::Lines),
            Request::Mute { kind, muted } => {
                self.observed.warnings.mute(*kind, *muted);
                let title = kind.about().title;
                let key = kind.about().key;
                Ok(Answer::Done(if *muted {
                    format!("{title} muted until the program ends; for ever: [warnings] mute = [{key:?}]")
                } else {
                    format!("{title} is shown again")
                }))
            }
            Request::Reread => self.reread().await.map(Answer::Reread),
            Request::Reload { number } => self.reload(*number).await.map(Box::new).map(Answer::Applied),
            Request::Quit => Ok(Answer::Done(self.quit().await)),
        };
        answer.unwrap_or_else(Answer::Refused)
    }

    /// Types into a task's terminal.
    fn type_into(&self, member: &Member, id: u64, bytes: &[u8]) -> Result<String, String> {
        let terminal = self.terminals.get(&member.name, id);
        let terminal = terminal.ok_or_else(|| format!("task {id} runs in no terminal"))?;
        terminal
            .type_in(bytes)
            .map_err(|why| format!("task {id}: {why}"))?;
        Ok(format!("{} typed", counted(bytes.len(), "byte", "bytes")))
    }

    /// Carries out a command; says what it did, or why it was refused.
    async fn execute(&self, command: &Command) -> Result<String, String> {
        let member = self.member(&command.pool)?;
        let pool = member.pool.base();
        match &command.call {
            Call::Start { num, group } => member.start(*num, group.as_deref()),
            // It is answered in a way of its own, and does not come here.
            Call::Add { .. } => Err("a group is added by itself".to_owned()),
            Call::SetConcurrent { group, num } => set_concurrent(member, group, *num),
            Call::Release { group } => member.release(group),
            Call::Stop { num, shown } => stop(member, *num, shown.as_deref()),
            Call::Cancel { ids, force } => cancel(pool, ids, *force),
            Call::Signal { ids, signal } => self.signal(member, ids, *signal).await,
            Call::PauseTasks { ids } => self.pause_tasks(member, ids).await,
            Call::ResumeTasks { ids } => self.resume_tasks(member, ids).await,
            Call::Input { id, line } => self.input(member, *id, line.as_deref()).await,
            Call::Type { id, bytes } => self.type_into(member, *id, bytes),
            Call::CancelGroup { group } => {
                let queued = pool.group(group).and_then(|group| group.queued);
                let asked = pool.group(group).map_or(0, |group| group.running);
                pool.cancel_group(group, None).map_err(text)?;
                Ok(cancelled_text(asked, queued))
            }
            Call::CancelAll => {
                let stats = pool.stats();
                pool.cancel_all(None);
                Ok(cancelled_text(
                    stats.running,
                    (!stats.queued_more).then_some(stats.queued),
                ))
            }
            Call::Retry { ids } => member.retry(ids),
            Call::Each { ids, deed } => self.each(member, ids, deed).await,
            Call::RetryFailed { group } => member.retry_failed(group.as_deref()),
            Call::Flush => {
                let gathered = pool.flush().await;
                self.flushed(&member.name, &gathered);
                self.forget_with(pool);
                Ok(format!("cleared {}", gathered_text(&gathered)))
            }
            Call::Lock => {
                pool.lock();
                Ok("locked: new groups are refused, accepted ones go on".to_owned())
            }
            Call::Unlock => pool.unlock().map_err(text).map(|()| "unlocked".to_owned()),
            Call::Pause => {
                pool.pause();
                self.note_pause(&member.name, true);
                Ok("paused: nothing starts, what runs goes on".to_owned())
            }
            Call::Resume => {
                pool.resume();
                self.note_pause(&member.name, false);
                Ok("resumed".to_owned())
            }
            Call::SetSize { size } => Ok(set_size(pool, *size)),
            Call::Close => {
                let gathered = pool.close().await;
                self.flushed(&member.name, &gathered);
                self.forget_with(pool);
                Ok(format!("closed; cleared {}", gathered_text(&gathered)))
            }
            Call::SaveOutput { ids, path } => self.save_output(&member.name, ids, path).await,
        }
    }

    /// Dropping the future does not stop the writing.
    async fn save_output(&self, pool: &str, ids: &[u64], path: &str) -> Result<String, String> {
        let (outputs, pool, ids) = (self.outputs.clone(), pool.to_owned(), ids.to_owned());
        let file = std::path::PathBuf::from(path);
        let saved = tokio::task::spawn_blocking(move || outputs.save(&pool, &ids, &file)).await;
        match saved {
            Ok(Ok(saved)) => Ok(format!(
                "{} ({}) in {path}",
                counted(saved.lines, "line", "lines"),
                counted(saved.bytes, "byte", "bytes")
            )),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(format!("{path} is there already: name another file"))
            }
            Ok(Err(error)) => Err(format!("{path} cannot be written: {error}")),
            Err(_) => Err("the program ends".to_owned()),
        }
    }
}

impl Member {
    fn start(&self, num: usize, group: Option<&str>) -> Result<String, String> {
        if num == 0 {
            return Err("start at least 1 task".to_owned());
        }
        let name = match &self.pool {
            AnyPool::Simple { pool, runs } => {
                let _one_at_a_time = lock(&self.starts);
                runs.start(pool, num).map_err(text)?
            }
            AnyPool::Task { pool, groups } => {
                let index = groups.newest(groups.startable(group)?);
                groups
                    .create(pool, index, Some(num), self.gate.clone())
                    .map_err(text)?
            }
        };
        Ok(format!("group {name} with {}", counted(num, "task", "tasks")))
    }

    pub(super) fn release(&self, group: &str) -> Result<String, String> {
        let not_held = || format!("{group:?} is not held back");
        let AnyPool::Task { pool, groups } = &self.pool else {
            return Err(not_held());
        };
        // Taken first, so that of two who ask at once only one finds it.
        let index = lock(&groups.held).remove(group).ok_or_else(not_held)?;
        let created = groups.create(pool, index, None, self.gate.clone());
        let name = created.map_err(|error| {
            lock(&groups.held).insert(group.to_owned(), index);
            text(error)
        })?;
        Ok(format!("group {name} goes on"))
    }
}

impl Groups {
    /// Which spec a `start` means: that of this group, or the first that `apply` makes.
    fn startable(&self, group: Option<&str>) -> Result<usize, String> {
        let is_apply = |index: &usize| matches!(self.specs[*index].group.method, Method::Apply { .. });
        if let Some(group) = group {
            let index = self
                .spec_of(group)
                .ok_or_else(|| format!("the config has no group {group:?}"))?;
            let method = self.specs[index].group.method.name();
            let refuse =
                || format!("{group:?} is made by {method}: only what apply makes can be started again");
            return Some(index).filter(is_apply).ok_or_else(refuse);
        }
        let is_own = |index: &usize| !self.specs[*index].passed_over.load(Ordering::Relaxed);
        // What is not to be started again once never is: whoever asks next goes on from there.
        let (from, end) = (self.first_apply.load(Ordering::Relaxed), self.specs.count());
        let first = (from..end).filter(is_own).find(is_apply);
        self.first_apply.store(first.unwrap_or(end), Ordering::Relaxed);
        first.ok_or_else(|| {
            "no group of this pool is made by apply, so there is nothing to start again".to_owned()
        })
    }

    /// What a start means that names no group, if there is such a thing.
    pub(super) fn started_first(&self) -> Option<&str> {
        let spec = &self.specs[self.startable(None).ok()?].group;
        Some(spec.name.as_deref().unwrap_or(&spec.func))
    }

    /// Whether a group can be started again with a number of tasks.
    pub(super) fn is_startable(&self, group: &str) -> bool {
        self.startable(Some(group)).is_ok()
    }
}

/// Stops the newest tasks, or those that a preview has shown. Not `SimpleTaskPool::stop`, so that a `TaskPool` can do
/// it too; the promise is the same: the newest first, cancelling ones passed over.
fn stop(member: &Member, num: usize, shown: Option<&[u64]>) -> Result<String, String> {
    if num == 0 {
        return Err("stop at least 1 task".to_owned());
    }
    let pool = member.pool.base();
    // A task may end between the choice and the call, which then refuses all of them: choose again.
    for _ in 0..TRIES {
        let ids = match shown {
            None => pool.newest_running(num),
            Some(shown) => still_running(pool, shown),
        };
        if ids.is_empty() {
            break;
        }
        if pool.cancel(ids.iter().copied(), None).is_ok() {
            return Ok(format!("cancel requested: {}", some_ids(&ids, ids.len())));
        }
    }
    Err("cancel is already requested for all that run".to_owned())
}

/// Those of these tasks that run and were not asked to cancel, in the same order.
fn still_running(pool: &BaseTaskPool, shown: &[u64]) -> Vec<TaskId> {
    let mut ids: Vec<TaskId> = shown.iter().copied().map(TaskId).collect();
    ids.sort_unstable();
    let rows = ids.len();
    let query = Query {
        ids: Some(&ids),
        states: States::of(TaskState::Running),
        rows,
        ..Query::default()
    };
    pool.snapshot(&query)
        .tasks
        .iter()
        .rev()
        .map(|task| task.id)
        .collect()
}

fn cancel(pool: &BaseTaskPool, ids: &[u64], force: bool) -> Result<String, String> {
    if ids.is_empty() {
        return Err("no task was named".to_owned());
    }
    let tasks = ids.iter().copied().map(TaskId);
    if force {
        pool.cancel_by_force(tasks, None).map_err(text)?;
        return Ok(format!("{} ended by force", counted(ids.len(), "task", "tasks")));
    }
    pool.cancel(tasks, None).map_err(text)?;
    Ok(format!(
        "cancel requested for {}",
        counted(ids.len(), "task", "tasks")
    ))
}

fn set_size(pool: &BaseTaskPool, size: Option<usize>) -> String {
    let shot = pool.snapshot(&Query {
        groups: (0, GROUPS),
        ..Query::default()
    });
    let before = shot.stats;
    // Others wait for something else than a slot.
    let in_line = shot
        .groups
        .iter()
        .any(|group| matches!(group.why, Why::PoolFull { .. }));
    pool.set_pool_size(size);
    let after = PoolSize::from(size);
    let grown = after
        .limit()
        .is_none_or(|new| before.size.limit().is_some_and(|old| new > old));
    let waits = before.queued > 0 || before.queued_more;
    let taken = before.running + before.cancelled;
    let effect = match (grown, after.limit()) {
        (true, Some(size)) if waits && !before.paused && size <= taken => {
            let ends = counted(taken - size + 1, "task has", "tasks have");
            format!("; nothing more starts until {ends} ended")
        }
        (true, _) if waits && !before.paused && in_line => "; queued tasks start at once".to_owned(),
        (false, Some(size)) if before.running > size => {
            format!(
                "; {} run on until they end",
                counted(before.running, "task", "tasks")
            )
        }
        _ => String::new(),
    };
    format!("size {} → {after}{effect}", before.size)
}

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The first few of these IDs, and how many more there are.
pub(super) fn some_ids(ids: &[TaskId], total: usize) -> String {
    let shown: Vec<String> = ids.iter().take(8).map(ToString::to_string).collect();
    let more = total - shown.len();
    let more = if more > 0 {
        format!(" +{more}")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(" "))
}

fn cancelled_text(asked: usize, queued: Option<usize>) -> String {
    let dropped = match queued {
        Some(0) => String::new(),
        Some(queued) => format!(
            ", {} will never start",
            counted(queued, "queued task", "queued tasks")
        ),
        None => ", the rest of the input stays unread".to_owned(),
    };
    format!(
        "cancel requested for {}{dropped}",
        counted(asked, "running task", "running tasks")
    )
}

fn gathered_text(gathered: &Gathered) -> String {
    totals_text(&gathered.totals)
}

/// Totals in words, without those that are 0.
pub(super) fn totals_text(totals: &Totals) -> String {
    let named = [
        (totals.completed, "ok"),
        (totals.failed, "failed"),
        (totals.panicked, "panicked"),
        (totals.cancelled, "cancelled"),
    ];
    let parts: Vec<String> = named
        .iter()
        .filter(|(num, _)| *num > 0)
        .map(|(num, word)| format!("{num} {word}"))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}
