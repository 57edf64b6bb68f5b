//! The end of a session: everything is asked to stop, waited for, and killed if need be.

use super::{Session, lock};
use crate::app::process;
use crate::app::view::Closing;
use crate::pool::Stats;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the end waits for output that is not in its files yet.
const FILES: Duration = Duration::from_secs(5);

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
            if let Ok(how) = timeout(self.patience, self.ended()).await {
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
            pool.lock();
            if times == 1 {
                pool.cancel_all(Some("the program ends"));
            } else {
                pool.cancel_all_by_force(Some("the program ends now"));
            }
        }
        if times > 2 {
            process::kill_all_groups();
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
        for pool in self.pools() {
            pool.close().await;
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
        let stats: Vec<Stats> = self.pools().map(super::BaseTaskPool::stats).collect();
        Some(Closing {
            running: stats.iter().map(|stats| stats.running + stats.cancelled).sum(),
            callbacks: stats.iter().map(|stats| stats.callbacks).sum(),
            since: asked.elapsed(),
            forced: *self.quits.borrow() > 1,
        })
    }
}
