//! How long tasks ran: a histogram of a fixed size, however many there were.

use std::time::Duration;

/// Each doubling is split into so many buckets, so that a percentile is exact to an eighth.
const SPLIT: u32 = 8;

/// Up to 2^40 microseconds, some 12 days.
const BUCKETS: usize = 40 * SPLIT as usize;

/// Durations on a logarithmic scale.
#[derive(Clone, Debug)]
pub(in crate::app) struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            counts: Box::new([0; BUCKETS]),
            total: 0,
            max: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub(in crate::app) fn add(&mut self, time: Duration) {
        self.counts[bucket_place(time)] += 1;
        self.total += 1;
        self.max = self.max.max(time);
    }

    /// How many were counted.
    pub(in crate::app) fn total(&self) -> u64 {
        self.total
    }

    /// What so many of 100 did not exceed; at most an eighth too long. Nothing of none.
    pub(in crate::app) fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        (self.total > 0).then(|| bucket_end(at).min(self.max))
    }

    /// How many took so long, by bucket: the first bucket that is not empty, and the counts from there to the last.
    pub(in crate::app) fn bars(&self) -> (usize, &[u64]) {
        let some = |count: &u64| *count > 0;
        match (
            self.counts.iter().position(some),
            self.counts.iter().rposition(some),
        ) {
            (Some(first), Some(last)) => (first, &self.counts[first..=last]),
            _ => (0, &[]),
        }
    }

    /// How many of 100 ran no longer than this, roughly.
    pub(in crate::app) fn rank(&self, time: Duration) -> u64 {
        let below: u64 = self.counts[..bucket_place(time)].iter().sum();
        (below * 100).checked_div(self.total).unwrap_or(0)
    }
}

/// The bucket of a time.
pub(in crate::app) fn bucket_place(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    let doubling = micros.ilog2();
    // The bits below the highest one.
    let part = ((u128::from(micros) * u128::from(SPLIT)) >> doubling) - u128::from(SPLIT);
    let at = doubling as usize * SPLIT as usize + usize::try_from(part).unwrap_or(0);
    at.min(BUCKETS - 1)
}

/// Where a bucket ends.
pub(in crate::app) fn bucket_end(at: usize) -> Duration {
    let at = at.min(BUCKETS - 1);
    let (doubling, part) = (at / SPLIT as usize, at % SPLIT as usize);
    let micros = (u64::from(SPLIT) + part as u64 + 1) << doubling;
    Duration::from_micros(micros / u64::from(SPLIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_an_eighth() {
        let mut times = Histogram::default();
        assert_eq!(times.percentile(99), None);
        for ms in 1..=1000 {
            times.add(Duration::from_millis(ms));
        }
        for (percent, ms) in [(1, 10), (50, 500), (90, 900), (99, 990), (100, 1000)] {
            let exact = Duration::from_millis(ms);
            let found = times.percentile(percent).unwrap();
            assert!(found >= exact && found <= exact * 9 / 8, "{percent}: {found:?}");
        }
        assert_eq!(times.rank(Duration::from_secs(100)), 100);
        assert_eq!(times.rank(Duration::ZERO), 0);
        assert!((40..=50).contains(&times.rank(Duration::from_millis(500))));
    }

    #[test]
    fn the_shortest_and_the_longest_have_a_place() {
        let mut times = Histogram::default();
        for time in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            times.add(time);
        }
        assert_eq!(times.total(), 3);
        assert!(times.percentile(50).unwrap() <= Duration::from_micros(2));
        assert!(times.percentile(100).unwrap() > Duration::from_hours(24 * 10));
        assert_eq!(times.bars().1.iter().sum::<u64>(), 3);
        assert!(Histogram::default().bars().1.is_empty());
    }
}
