//! How many tasks a pool ends in each second, how many wait, and when that will be over.

use crate::app::view::Eta;
use crate::pool::Stats;
use std::collections::VecDeque;
use std::time::Duration;

/// How many seconds are kept.
const KEPT: usize = 1800;

/// How many of them the list of pools shows.
const SHOWN: usize = 120;

/// Over how many seconds the rate is taken.
const RATE: usize = 5;

/// Over how many seconds the rate of an estimate is taken: it is not to jump about.
const CALM: usize = 30;

/// After so many seconds without an end it never comes, as things are.
const NEVER: usize = 60;

/// No estimate is longer, in seconds: a thousand years.
const LONGEST: u64 = 1000 * 365 * 24 * 3600;

/// An estimate that is so many percent off, or seconds, comes nearer to what it should be.
const OFF: (u64, u64) = (15, 3);

/// By this part of what it is off, each second.
const NEARER: u64 = 4;

/// No estimate is made of fewer ends than these, in fewer seconds than these, unless all of [`CALM`] has passed.
const BASE: (u64, usize) = (10, 5);

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    ended: u32,
    failed: u32,
    queued: u32,
}

/// What happened in each second.
#[derive(Debug, Default)]
pub(super) struct History {
    second: u64,
    /// How many had ended, and failed, before that second.
    before: (u64, u64),
    seconds: VecDeque<Second>,
    /// How many have ended, and when that was seen to grow.
    ended: u64,
    last_end: Option<Duration>,
    /// When everything will have ended, as it was said last.
    end: Option<u64>,
    /// How many tasks were left then.
    left: usize,
    eta: Eta,
}

impl History {
    /// Notes how things are by now.
    pub(super) fn note(&mut self, time: Duration, stats: &Stats) {
        let second = time.as_secs();
        if self.ended != stats.totals.sum() {
            (self.ended, self.last_end) = (stats.totals.sum(), Some(time));
        }
        let (ended, failed) = (stats.totals.sum(), stats.totals.failed + stats.totals.panicked);
        let fresh = self.seconds.is_empty();
        if fresh {
            self.second = second;
            self.seconds.push_back(Second::default());
        }
        let moved = fresh || self.second < second;
        while self.second < second {
            self.second += 1;
            let last = self.seconds.back().copied().unwrap_or_default();
            self.before.0 += u64::from(last.ended);
            self.before.1 += u64::from(last.failed);
            self.seconds.push_back(Second {
                queued: last.queued,
                ..Second::default()
            });
            if self.seconds.len() > KEPT {
                self.seconds.pop_front();
            }
        }
        let few = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(now) = self.seconds.back_mut() {
            now.ended = few(ended.saturating_sub(self.before.0));
            now.failed = few(failed.saturating_sub(self.before.1));
            now.queued = few(stats.queued as u64);
        }
        if moved {
            self.estimate(stats);
        }
    }

    /// Once a second, so that it does not jump about.
    fn estimate(&mut self, stats: &Stats) {
        let left = stats.queued + stats.running + stats.cancelled;
        if left == 0 && !stats.queued_more {
            (self.end, self.eta) = (None, Eta::Unknown);
            return;
        }
        let may_start = !stats.paused && stats.size.limit() != Some(0);
        let (rate, seconds) = self.rate_of(CALM);
        let waits = stats.queued > 0 || stats.queued_more;
        if waits && !may_start && stats.running == 0 {
            (self.end, self.eta) = (None, Eta::Never);
            return;
        }
        if rate <= 0.0 {
            // Nothing has ended for long, though there was time for it; what runs at the end may be long.
            let quiet =
                waits && self.rate_of(NEVER).0 <= 0.0 && seconds >= CALM && self.seconds.len() > NEVER;
            self.end = None;
            self.eta = if quiet || waits && !may_start {
                Eta::Never
            } else {
                Eta::Unknown
            };
            return;
        }
        if seconds < BASE.1 || seconds < CALM && stats.totals.sum() < BASE.0 {
            (self.end, self.eta) = (None, Eta::Unknown);
            return;
        }
        if !waits {
            self.last_ones();
            return;
        }
        // What somebody has added is no error of the estimate; a source that tells bit by bit adds nothing.
        let said = self.end.filter(|_| stats.queued_more || left <= self.left);
        self.left = left;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate in seconds"
        )]
        let left = ((left as f64 / rate).ceil() as u64).min(LONGEST);
        let left = match said.map(|end| end.saturating_sub(self.second)) {
            Some(said) if said.abs_diff(left) <= (left * OFF.0 / 100).max(OFF.1) => said,
            Some(said) if said < left => said + (left - said).div_ceil(NEARER),
            Some(said) => said - (said - left).div_ceil(NEARER),
            None => left,
        };
        self.end = Some(self.second.saturating_add(left));
        let left = Duration::from_secs(left);
        self.eta = match (waits && !may_start, stats.queued_more) {
            (true, _) => Eta::Never,
            (false, true) => Eta::AtLeast(left),
            (false, false) => Eta::In(left),
        };
    }

    /// Nothing waits any more: how long the last ones take does not follow from how many ended before. What was said
    /// counts down; once that is over, nobody can tell.
    fn last_ones(&mut self) {
        self.end = self.end.filter(|end| *end > self.second);
        self.eta = self.end.map_or(Eta::Unknown, |end| {
            Eta::In(Duration::from_secs(end - self.second))
        });
    }

    /// When a task ended last, as far as was seen.
    pub(super) fn last_end(&self) -> Option<Duration> {
        self.last_end
    }

    /// When everything will have ended.
    pub(super) fn eta(&self) -> Eta {
        self.eta
    }

    /// Tasks per second, over the last full seconds.
    pub(super) fn rate(&self) -> f64 {
        match self.rate_of(RATE) {
            (_, 0) => self.seconds.back().map_or(0.0, |second| f64::from(second.ended)),
            (rate, _) => rate,
        }
    }

    /// The same over so many of them, and how many there are.
    fn rate_of(&self, seconds: usize) -> (f64, usize) {
        let full = self.seconds.len().saturating_sub(1).min(seconds);
        let last = self.seconds.iter().rev().skip(1).take(full);
        let sum: f64 = last.map(|second| f64::from(second.ended)).sum();
        let rate = sum / f64::from(u32::try_from(full.max(1)).unwrap_or(u32::MAX));
        (rate, full)
    }

    fn shown(&self) -> impl Iterator<Item = &Second> {
        self.seconds.range(self.seconds.len().saturating_sub(SHOWN)..)
    }

    /// How many ended in each of the last seconds, oldest first.
    pub(super) fn counts(&self) -> Vec<u32> {
        self.shown().map(|second| second.ended).collect()
    }

    /// How many of them failed; nothing if none did.
    pub(super) fn failures(&self) -> Vec<u32> {
        if self.shown().all(|second| second.failed == 0) {
            return Vec::new();
        }
        self.shown().map(|second| second.failed).collect()
    }

    /// How many waited at most between two moments, and how many ended per second.
    pub(super) fn between(&self, from: Duration, length: Duration) -> (u32, u32) {
        let oldest = (self.second + 1).saturating_sub(self.seconds.len() as u64);
        let index = |second: u64| usize::try_from(second.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let last = (from + length).saturating_sub(Duration::from_nanos(1)).as_secs();
        if last < oldest || from.as_secs() > self.second {
            return (0, 0);
        }
        let range = index(from.as_secs())..(index(last) + 1).min(self.seconds.len());
        let count = u32::try_from(range.len()).unwrap_or(u32::MAX).max(1);
        let (mut queued, mut ended) = (0, 0_u32);
        for second in self.seconds.range(range) {
            queued = queued.max(second.queued);
            ended = ended.saturating_add(second.ended);
        }
        (queued, ended.div_ceil(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{BaseTaskPool, TaskPool};

    fn stats() -> Stats {
        let pool: TaskPool = TaskPool::new(4);
        BaseTaskPool::stats(&pool)
    }

    fn done(completed: u64, failed: u64, queued: usize) -> Stats {
        let mut stats = stats();
        stats.totals.completed = completed;
        stats.totals.failed = failed;
        (stats.queued, stats.running) = (queued, queued.min(4));
        stats
    }

    #[tokio::test]
    async fn of_more_than_anybody_can_wait_for_there_is_an_estimate_too() {
        let mut history = History::default();
        for second in 0..9 {
            let done = done(2 * second, 0, usize::MAX / 2);
            history.note(Duration::from_secs(second), &done);
        }
        assert!(
            matches!(history.eta(), Eta::In(time) if time <= Duration::from_secs(LONGEST)),
            "{:?}",
            history.eta()
        );
    }

    #[tokio::test]
    async fn the_history_counts_what_ends_in_each_second() {
        let mut history = History::default();
        history.note(Duration::from_secs(0), &done(3, 0, 9));
        history.note(Duration::from_secs(0), &done(4, 1, 8));
        history.note(Duration::from_secs(3), &done(8, 1, 5));
        history.note(Duration::from_secs(4), &done(8, 2, 4));
        assert_eq!(history.counts(), [5, 0, 0, 4, 1]);
        assert_eq!(history.failures(), [1, 0, 0, 0, 1]);
        assert!((history.rate() - 9.0 / 4.0).abs() < 1e-9);
        let ms = Duration::from_millis;
        assert_eq!(history.between(ms(0), ms(500)), (8, 5));
        assert_eq!(
            history.between(ms(2000), ms(2000)),
            (8, 2),
            "the queue was as long as before"
        );
        assert_eq!(history.between(ms(9000), ms(2000)), (0, 0));
        history.note(Duration::from_secs(1000), &done(8, 2, 4));
        assert_eq!((history.counts().len(), history.failures().len()), (SHOWN, 0));
        assert!(history.rate().abs() < 1e-9);
        history.note(Duration::from_mins(150), &done(8, 2, 4));
        assert_eq!(history.seconds.len(), KEPT);
        assert_eq!(history.between(ms(0), ms(500)), (0, 0));
    }

    #[tokio::test]
    async fn an_estimate_counts_down_and_does_not_jump_about() {
        let mut history = History::default();
        history.note(Duration::from_secs(0), &done(0, 0, 200));
        assert_eq!(history.eta(), Eta::Unknown);
        let mut said = Vec::new();
        for second in 1..100_u64 {
            // Now one ends, now three.
            let ended = second * 2 + second % 2;
            let left = 200_u64.saturating_sub(ended);
            history.note(
                Duration::from_secs(second),
                &done(ended, 0, usize::try_from(left).unwrap()),
            );
            if let Eta::In(time) = history.eta() {
                said.push(second + time.as_secs());
            }
        }
        said.drain(..5);
        let mut changes = said.clone();
        changes.dedup();
        let steps = changes.windows(2).map(|two| two[0].abs_diff(two[1])).max();
        assert!(
            said.len() > 80 && changes.len() < 12 && steps <= Some(4),
            "{changes:?}"
        );
        assert!((95..=110).contains(changes.last().unwrap()), "{changes:?}");
    }

    #[tokio::test]
    async fn an_estimate_has_a_base_and_goes_no_long_ways_at_once() {
        let mut history = History::default();
        let (mut ended, mut said) = (0_u64, Vec::new());
        for second in 0..120_u64 {
            // Short ones come first, and much less ends in a second afterwards.
            ended += match second {
                0..3 => 30,
                3..40 => 4,
                _ => 8,
            };
            history.note(
                Duration::from_secs(second),
                &done(ended, 0, usize::try_from(1_000 - ended).unwrap()),
            );
            match history.eta() {
                Eta::In(time) => said.push(second + time.as_secs()),
                eta => assert!(
                    second <= BASE.1 as u64 && eta == Eta::Unknown,
                    "{second}: {eta:?}"
                ),
            }
        }
        assert!(said.len() > 110, "{}", said.len());
        for two in said.windows(2) {
            let far = two[0].max(two[1]);
            assert!(two[0].abs_diff(two[1]) <= far / 5, "{said:?}");
        }
        // What is added is counted at once.
        let before = history.eta();
        history.note(Duration::from_mins(2), &done(ended, 0, 8_000));
        let (Eta::In(before), Eta::In(after)) = (before, history.eta()) else {
            panic!("{before:?}, {:?}", history.eta());
        };
        assert!(after > before * 5, "{before:?}, {after:?}");
    }

    #[tokio::test]
    async fn the_estimate_for_the_last_tasks_never_grows_and_never_says_never() {
        let mut history = History::default();
        for second in 0..40_u64 {
            history.note(Duration::from_secs(second), &done(second, 0, 60));
        }
        let Eta::In(mut before) = history.eta() else {
            panic!("{:?}", history.eta());
        };
        // What waited is cancelled; four tasks run on for long.
        let last = Stats {
            running: 4,
            ..done(40, 0, 0)
        };
        for second in 40..300 {
            history.note(Duration::from_secs(second), &last);
            match history.eta() {
                Eta::In(now) => {
                    assert!(now <= before, "{second}");
                    before = now;
                }
                eta => assert_eq!(eta, Eta::Unknown, "{second}"),
            }
        }
        assert_eq!(history.eta(), Eta::Unknown);
    }

    #[tokio::test]
    async fn what_does_not_end_never_does() {
        let mut history = History::default();
        for second in 0..=CALM as u64 {
            history.note(Duration::from_secs(second), &done(1, 0, 2));
        }
        assert_eq!(
            history.eta(),
            Eta::In(Duration::from_mins(2)),
            "one in 30 seconds, and four are left"
        );
        history.note(Duration::from_secs(200), &done(1, 0, 2));
        assert_eq!(history.eta(), Eta::Never);
        let paused = Stats {
            paused: true,
            ..done(9, 0, 2)
        };
        history.note(Duration::from_secs(201), &paused);
        history.note(Duration::from_secs(202), &paused);
        assert_eq!(history.eta(), Eta::Never, "what waits does not start");
        let more = Stats {
            queued_more: true,
            ..done(19, 0, 2)
        };
        history.note(Duration::from_secs(203), &more);
        assert!(matches!(history.eta(), Eta::AtLeast(_)));
        history.note(Duration::from_secs(204), &done(19, 0, 0));
        assert_eq!(history.eta(), Eta::Unknown, "nothing is left");
    }
}
