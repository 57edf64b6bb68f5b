//! Time as the limits of commands count it: it stands still while nothing of theirs can run.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the program has kept all its commands stopped.
#[derive(Clone, Copy, Default, Debug)]
struct Held {
    /// Until it did so last.
    before: Duration,
    /// It does so now, since then.
    since: Option<Instant>,
}

static HELD: LazyLock<watch::Sender<Held>> = LazyLock::new(|| watch::Sender::new(Held::default()));

/// Lets every clock stand still, until [`go_on`].
pub(super) fn hold() {
    HELD.send_if_modified(|held| {
        let runs = held.since.is_none();
        held.since.get_or_insert_with(Instant::now);
        runs
    });
}

/// Lets the clocks run again.
pub(super) fn go_on() {
    HELD.send_if_modified(|held| {
        let Some(since) = held.since.take() else {
            return false;
        };
        held.before += since.elapsed();
        true
    });
}

/// Returns once the program lets its commands run, which is mostly at once.
pub(super) async fn is_going() {
    // The sender is never dropped.
    let _ = HELD.subscribe().wait_for(|held| held.since.is_none()).await;
}

/// Waits this long, not counting the time for which [`suspend_all_groups`](super::suspend_all_groups) keeps the
/// commands stopped: for what a command waits for while none of its processes runs.
pub async fn sleep(duration: Duration) {
    Clock::new().until(duration).await;
}

/// A clock of a command's own. It stands still while the program keeps its commands stopped, and from
/// [`pause`](Clock::pause) to [`resume`](Clock::resume).
#[derive(Clone, Debug)]
pub(super) struct Clock {
    start: Instant,
    /// What [`held`] was then.
    held: Duration,
    /// How long it was paused, until it was paused last.
    stood: Duration,
    /// The time, pauses included, when it was paused.
    paused: Option<Duration>,
}

impl Clock {
    /// A clock at 0 that runs.
    pub(super) fn new() -> Self {
        let start = Instant::now();
        Clock {
            start,
            held: held(start),
            stood: Duration::ZERO,
            paused: None,
        }
    }

    /// What it shows.
    pub(super) fn now(&self) -> Duration {
        self.paused
            .unwrap_or_else(|| self.with_pauses())
            .saturating_sub(self.stood)
    }

    /// Stands still.
    pub(super) fn pause(&mut self) {
        let now = self.with_pauses();
        self.paused.get_or_insert(now);
    }

    /// Runs again.
    pub(super) fn resume(&mut self) {
        if let Some(since) = self.paused.take() {
            self.stood += self.with_pauses().saturating_sub(since);
        }
    }

    /// Waits until it shows this time; for ever while it is paused.
    pub(super) async fn until(&self, time: Duration) {
        if self.paused.is_some() {
            return std::future::pending().await;
        }
        loop {
            is_going().await;
            let left = time.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    fn with_pauses(&self) -> Duration {
        let now = Instant::now();
        let held = held(now).saturating_sub(self.held);
        now.saturating_duration_since(self.start).saturating_sub(held)
    }
}

/// How long something has run, for whoever waits for its end: a clock that stands still while a command that knows it
/// ([`Seat::timed`](super::Seat::timed)) is paused, and while everything is. Clones share it.
#[derive(Clone, Debug)]
pub struct RunTime(Arc<Mutex<Clock>>);

impl RunTime {
    /// Begins now.
    pub fn begin() -> Self {
        RunTime(Arc::new(Mutex::new(Clock::new())))
    }

    /// How long it was.
    pub fn so_far(&self) -> Duration {
        self.clock().now()
    }

    pub(super) fn pause(&self) {
        self.clock().pause();
    }

    pub(super) fn resume(&self) {
        self.clock().resume();
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long everything was held, up to now.
fn held(now: Instant) -> Duration {
    let held = HELD.borrow();
    held.before
        + held
            .since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_stands_still() {
        let second = Duration::from_secs(1);
        let mut clock = Clock::new();
        clock.until(second).await;
        assert_eq!(clock.now(), second);
        clock.pause();
        clock.pause();
        assert!(timeout(second * 3600, clock.until(second * 2)).await.is_err());
        assert_eq!(clock.now(), second);
        clock.resume();
        clock.resume();
        let before = Instant::now();
        clock.until(second * 3).await;
        assert_eq!((clock.now(), before.elapsed()), (second * 3, second * 2));
        // A time that is over, or that never comes.
        clock.until(Duration::ZERO).await;
        assert!(timeout(second, clock.until(Duration::MAX)).await.is_err());
    }
}
