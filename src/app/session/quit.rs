//! The end of a session: everything is asked to stop, waited for, and killed if need be.

use super::{Session, lock};
use crate::app::process;
use crate::app::view::Closing;
use crate::pool::Stats;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

impl Session {
    /// Asks every task to cancel, waits for all of them and their callbacks, and closes the pools. Asked again
    /// meanwhile, it ends the tasks by force; a third time, it waits no longer. Returns what it waited for.
    pub async fn quit(&self) -> String {
        let times = self.quits.fetch_add(1, Ordering::AcqRel);
        lock(&self.quit_asked).get_or_insert_with(Instant::now);
        for pool in self.pools() {
            pool.lock();
            if times == 0 {
                pool.cancel_all(Some("the program ends"));
            } else {
                pool.cancel_all_by_force(Some("the program ends now"));
            }
        }
        if times > 1 {
            process::kill_all_groups();
            return "killed what was left".to_owned();
        }
        let mut ended = 0;
        for pool in self.pools() {
            ended += pool.close().await.totals.sum();
        }
        format!("all pools are closed; {ended} tasks were remembered")
    }

    /// Whether somebody has asked for the end.
    pub fn is_quitting(&self) -> bool {
        self.quits.load(Ordering::Acquire) > 0
    }

    /// Waits until everything that was accepted is over.
    pub async fn finish(&self) {
        for pool in self.pools() {
            pool.close().await;
        }
    }

    /// Whether all pools are closed.
    pub fn is_over(&self) -> bool {
        self.pools().all(|pool| pool.stats().closed)
    }

    /// How many tasks have failed or panicked, since the start.
    pub fn failures(&self) -> u64 {
        self.pools()
            .map(|pool| pool.stats().totals)
            .map(|totals| totals.failed + totals.panicked)
            .sum()
    }

    /// What the end waits for.
    pub(super) fn closing(&self) -> Option<Closing> {
        let asked = (*lock(&self.quit_asked))?;
        let stats: Vec<Stats> = self.pools().map(super::BaseTaskPool::stats).collect();
        Some(Closing {
            running: stats.iter().map(|stats| stats.running + stats.cancelled).sum(),
            callbacks: stats.iter().map(|stats| stats.callbacks).sum(),
            since: asked.elapsed(),
            forced: self.quits.load(Ordering::Acquire) > 1,
        })
    }
}
