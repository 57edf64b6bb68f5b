//! The end of a session: everything is asked to stop, waited for, and killed if need be.

use super::{Member, Session, lock};
use crate::app::clean::Clean;
use crate::app::process::{self, Facts, Stage};
use crate::app::view::{Closing, ClosingPool, ClosingTask};
use crate::pool::{BaseTaskPool, Query, States, Stats, TaskId, TaskInfo, TaskState};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the end waits for output that is not in its files yet.
const FILES: Duration = Duration::from_secs(5);

/// How many tasks of a pool are named while it is being left.
const OLDEST: usize = 3;

/// The states of a task that has not ended.
const LEFT: States = States::of(TaskState::Running)
    .and(States::of(TaskState::Cancelling))
    .and(States::of(TaskState::Cancelled));

/// Asks a pool for the end, the first time or again.
fn ask_pool(pool: &BaseTaskPool, times: u8) {
    pool.lock();
    if times == 1 {
        pool.cancel_all(Some("the program ends"));
    } else {
        pool.cancel_all_by_force(Some("the program ends now"));
    }
}

impl Session {
    /// Asks for the end, and waits for it. The first time every task is asked to cancel; the second time tasks and
    /// callbacks are ended by force; the third time whatever processes are left are killed, and nothing is
    /// waited for any more, by nobody. Returns how it ended.
    pub async fn quit(&self) -> String {
        let mut times = 0;
        self.quits.send_modify(|asked| {
            *asked = asked.saturating_add(1);
            times = *asked;
        });
        self.ask_for_the_end(times);
        self.ended().await
    }

    /// The same where nobody is left who could ask again, because the terminal or the reader is gone: a wish
    /// of somebody else, earlier or at the same time, is not taken for a first one. Tasks have their grace and
    /// callbacks some time beyond it, then both are ended.
    pub async fn quit_alone(&self) -> String {
        let first = self.quits.send_if_modified(|asked| {
            let first = *asked == 0;
            *asked = (*asked).max(1);
            first
        });
        if first {
            self.ask_for_the_end(1);
        }
        for _ in 0..2 {
            let patience = *lock(&self.patience);
            if let Ok(how) = timeout(patience, self.ended()).await {
                return how;
            }
            self.quits.send_modify(|asked| *asked = asked.saturating_add(1));
            self.ask_for_the_end(*self.quits.borrow());
        }
        self.ended().await
    }

    fn ask_for_the_end(&self, times: u8) {
        lock(&self.quit_asked).get_or_insert_with(Instant::now);
        for pool in self.pools() {
            ask_pool(pool, times);
        }
        if times > 2 {
            process::kill_all_groups();
        }
    }

    /// Asks a pool, which is new, for the end if somebody has asked the others. A wish that comes later finds it among
    /// them.
    pub(super) fn ask_newcomer(&self, pool: &BaseTaskPool) {
        let times = *self.quits.borrow();
        if times > 0 {
            ask_pool(pool, times);
        }
    }

    /// Waits for the end that somebody has asked for; asks for nothing.
    pub async fn ended(&self) -> String {
        let mut asked = self.quits.subscribe();
        tokio::select! {
            biased;
            () = self.finish() => "all pools are closed".to_owned(),
            _ = asked.wait_for(|times| *times > 2) => "what was left was killed".to_owned(),
        }
    }

    /// Waits until everything that was accepted is over, and its output in its files.
    pub async fn finish(&self) {
        // One may be added while others are waited for.
        let mut index = 0;
        while let Some(member) = self.pools.get(index) {
            member.pool.base().close().await;
            index += 1;
        }
        // A disk that hangs is not waited for.
        let _ = timeout(FILES, self.outputs.saved()).await;
    }

    /// Whether somebody has asked for the end.
    pub fn is_quitting(&self) -> bool {
        *self.quits.borrow() > 0
    }

    /// Whether all pools are closed.
    pub fn is_over(&self) -> bool {
        self.pools().all(|pool| pool.stats().closed)
    }

    /// How many things have gone wrong since the start: tasks that failed or panicked, elements that no task could be
    /// made of, inputs that could not be read, callbacks that failed.
    pub fn failures(&self) -> u64 {
        let failures = |stats: Stats| {
            stats.totals.failed
                + stats.totals.panicked
                + stats.skipped
                + stats.input_errors
                + stats.callback_errors
        };
        self.pools().map(|pool| failures(pool.stats())).sum()
    }

    /// What the end waits for.
    pub(super) fn closing(&self) -> Option<Closing> {
        let asked = (*lock(&self.quit_asked))?;
        let stats: Vec<Stats> = self.pools().map(BaseTaskPool::stats).collect();
        Some(Closing {
            running: stats.iter().map(|stats| stats.running + stats.cancelled).sum(),
            callbacks: stats.iter().map(|stats| stats.callbacks).sum(),
            since: asked.elapsed(),
            forced: *self.quits.borrow() > 1,
            pools: self
                .members()
                .filter_map(|member| self.closing_pool(member))
                .collect(),
        })
    }

    fn closing_pool(&self, member: &Member) -> Option<ClosingPool> {
        let pool = member.pool.base();
        let stats = pool.stats();
        let (running, callbacks) = (stats.running + stats.cancelled, stats.callbacks);
        if running + callbacks == 0 {
            return None;
        }
        let of = |ids: Option<&[TaskId]>, states| {
            pool.snapshot(&Query {
                ids,
                states,
                rows: OLDEST,
                ..Query::default()
            })
        };
        let mut tasks = of(None, LEFT).tasks;
        // Of the tasks that have ended, those whose callback is a command.
        let mut called_back: Vec<TaskId> = self
            .live
            .called_back(&member.name)
            .into_iter()
            .map(TaskId)
            .collect();
        called_back.sort_unstable();
        called_back.retain(|id| tasks.iter().all(|task| task.id != *id));
        if !called_back.is_empty() {
            tasks.extend(of(Some(&called_back), States::ALL).tasks);
        }
        tasks.sort_unstable_by_key(|task| task.id);
        tasks.truncate(OLDEST);
        let live = self
            .live
            .facts_of(&member.name, tasks.iter().map(|task| task.id.0));
        let oldest = tasks.iter().map(|task| closing_task(task, live.get(&task.id.0)));
        Some(ClosingPool {
            name: Clean::from(member.name.as_str()),
            running,
            callbacks,
            oldest: oldest.collect(),
        })
    }
}

/// What a task that has not ended is waited for.
fn closing_task(task: &TaskInfo, live: Option<&Facts>) -> ClosingTask {
    let pid = live.and_then(|live| live.pid).map(|pid| format!("pid {pid}"));
    let what = match (live, pid) {
        (Some(live), pid) => {
            let who = match (&live.callback, pid) {
                (Some(callback), Some(pid)) => format!("callback {callback}, {pid},"),
                (Some(callback), None) => format!("callback {callback}"),
                (None, Some(pid)) => pid,
                (None, None) => "command".to_owned(),
            };
            let does = match live.stage {
                Stage::Starting | Stage::NoRoom => "has not started yet",
                Stage::Running => "runs",
                Stage::Settling => "exited, others of its group have not",
                Stage::Stopping => "cancel requested",
                Stage::Killing => "is being killed",
            };
            format!("{who} {does}")
        }
        (None, _) => match task.state {
            TaskState::Cancelled => "cancel callback running".to_owned(),
            TaskState::Ended => "end callback running".to_owned(),
            TaskState::Running | TaskState::Cancelling => "still running".to_owned(),
        },
    };
    ClosingTask {
        id: task.id.0,
        what: Clean::from(what),
        killed_in: live.and_then(Facts::killed_in),
    }
}
