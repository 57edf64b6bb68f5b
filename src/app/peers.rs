//! How long a task takes beside others that ran the same function.

use super::clean::Clean;
use super::warnings::{Histogram, bucket_place};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From so many on their percentiles say something.
pub const ENOUGH: u64 = 20;

/// The tasks of one pool that completed one function, as far as they were heard of. Its size does not depend on how
/// many they are.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Peers {
    /// The function.
    pub func: Clean,
    /// How many they are.
    pub count: u64,
    /// More have ended than these: of a pool that ends very many a second some are heard of.
    pub sampled: bool,
    /// Half of them took no longer.
    pub p50: Duration,
    /// 90 of 100 took no longer.
    pub p90: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// The first of the buckets that are not empty.
    first: usize,
    /// How many took so long, from that bucket to the last that is not empty; each doubling has eight.
    bars: Vec<u64>,
}

impl Peers {
    /// What such times look like.
    pub(in crate::app) fn new(func: &str, times: &Histogram, sampled: bool) -> Peers {
        let percentile = |percent| times.percentile(percent).unwrap_or_default();
        let (first, bars) = times.bars();
        Peers {
            func: Clean::from(func),
            count: times.total(),
            sampled,
            p50: percentile(50),
            p90: percentile(90),
            p99: percentile(99),
            max: percentile(100),
            first,
            bars: bars.to_vec(),
        }
    }

    /// Peers that took so long, each.
    pub fn of(func: &str, times: impl IntoIterator<Item = Duration>) -> Peers {
        let mut histogram = Histogram::default();
        for time in times {
            histogram.add(time);
        }
        Peers::new(func, &histogram, false)
    }

    /// Whether they are many enough for percentiles.
    pub fn are_enough(&self) -> bool {
        self.count >= ENOUGH
    }

    /// How many took less than this, roughly; all only if all did.
    pub fn below(&self, time: Duration) -> u64 {
        if time > self.max {
            return self.count;
        }
        let bars = bucket_place(time).saturating_sub(self.first).min(self.bars.len());
        let below: u64 = self.bars[..bars].iter().sum();
        below.min(self.count.saturating_sub(1))
    }

    /// How many of 100 took less than this, roughly; 100 only if all did.
    pub fn percent_below(&self, time: Duration) -> u64 {
        let most = if time > self.max { 100 } else { 99 };
        (self.below(time) * 100)
            .checked_div(self.count)
            .unwrap_or(most)
            .min(most)
    }

    /// How many of 100 took more than this, roughly; 100 only if all did.
    pub fn percent_above(&self, time: Duration) -> u64 {
        let bars = (bucket_place(time) + 1)
            .saturating_sub(self.first)
            .min(self.bars.len());
        let above: u64 = self.bars[bars..].iter().sum();
        (above * 100).checked_div(self.count).unwrap_or(0)
    }

    /// Their times as so many columns on a logarithmic scale, and the column of `time`, which lies on it, too.
    pub fn columns(&self, columns: usize, time: Duration) -> (Vec<u64>, usize) {
        let (low, high) = self.ends(time);
        let buckets = high - low;
        let mut counts = vec![0; columns];
        if columns == 0 {
            return (counts, 0);
        }
        let column = |bucket: usize| (bucket - low) * columns / buckets;
        for (i, count) in self.bars.iter().enumerate() {
            let (from, to) = (column(self.first + i), column(self.first + i + 1));
            // Where there are more columns than buckets a bucket is as wide as several of them.
            for count_of in &mut counts[from..to.max(from + 1).min(columns)] {
                *count_of += count;
            }
        }
        let at = column(bucket_place(time).clamp(low, high - 1));
        (counts, at)
    }

    /// The round times on that scale, and the column of each.
    pub fn ticks(&self, columns: usize, time: Duration) -> Vec<(Duration, usize)> {
        let (low, high) = self.ends(time);
        let column = |round| {
            let bucket = bucket_place(round);
            (low..high)
                .contains(&bucket)
                .then(|| (round, (bucket - low) * columns / (high - low)))
        };
        round_times().filter_map(column).collect()
    }

    /// The buckets of the scale: from a round time below the shortest to one above the longest, `time` included. So it
    /// stays as it is while times come, until one is beyond it.
    fn ends(&self, time: Duration) -> (usize, usize) {
        let here = bucket_place(time);
        let low = self.first.min(here);
        let high = (self.first + self.bars.len()).max(here + 1);
        let mut round = round_times().map(bucket_place);
        let from = round.by_ref().take_while(|bucket| *bucket < low).last();
        let to = round_times().map(bucket_place).find(|bucket| *bucket >= high);
        (from.unwrap_or(0), to.unwrap_or(high) + 1)
    }
}

/// 1, 2 and 5 milliseconds, and the same ten, a hundred … times as long.
fn round_times() -> impl Iterator<Item = Duration> {
    (0..11).flat_map(|tens| [1, 2, 5].map(|digit| Duration::from_millis(digit * 10_u64.pow(tens))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_task_has_its_place_among_its_peers() {
        let peers = Peers::of("get", (1..=200).map(|n| ms(n * 10)));
        assert_eq!((peers.count, peers.max), (200, ms(2000)));
        assert_eq!(peers.percent_below(ms(1)), 0);
        assert_eq!(peers.percent_below(ms(2001)), 100);
        let longest = peers.percent_below(ms(2000));
        assert!(
            (90..100).contains(&longest),
            "as long as one, so not longer than all"
        );
        let middle = peers.percent_below(ms(1000));
        assert!((40..=50).contains(&middle), "{middle}");
        assert_eq!(Peers::default().percent_below(ms(1)), 100);
        assert_eq!(
            (peers.percent_above(ms(1)), peers.percent_above(ms(2000))),
            (100, 0)
        );
        assert_eq!(Peers::default().percent_above(ms(1)), 0);
    }

    #[test]
    fn the_columns_hold_every_peer_once_where_they_are_wide_enough() {
        let peers = Peers::of("get", (1..=200).map(|n| ms(n * 10)));
        let (counts, at) = peers.columns(20, ms(5000));
        assert_eq!(counts.iter().sum::<u64>(), 200);
        assert!(
            counts[at] == 0 && counts[at..].iter().all(|count| *count == 0),
            "longer than all"
        );
        let (counts, at) = peers.columns(20, ms(1));
        assert!(counts[..=at].iter().all(|count| *count == 0));
        for columns in [0, 1, 3, 500] {
            for time in [Duration::ZERO, ms(100), Duration::MAX] {
                let (counts, at) = peers.columns(columns, time);
                assert!(counts.len() == columns && (at < columns || columns == 0));
                assert!(
                    peers
                        .ticks(columns, time)
                        .iter()
                        .all(|(_, at)| *at < columns.max(1))
                );
            }
        }
        assert_eq!(Peers::default().columns(4, ms(1)).0, [0; 4]);
    }

    #[test]
    fn the_scale_has_round_ticks_and_stays_while_times_come() {
        let peers = |n: u64| Peers::of("get", (1..=n).map(|n| ms(100 + n % 300)));
        let ticks = peers(20).ticks(80, ms(150));
        let times: Vec<u64> = ticks
            .iter()
            .map(|(time, _)| u64::try_from(time.as_millis()).unwrap())
            .collect();
        assert_eq!(times, [50, 100, 200]);
        for age in (100..190).step_by(10) {
            assert_eq!(peers(20).ticks(80, ms(age)), ticks, "{age} ms lies on it");
        }
        assert_eq!(peers(25).ticks(80, ms(150)), ticks);
        assert!(ticks.windows(2).all(|pair| pair[0].1 < pair[1].1));
        let longer = peers(20).ticks(80, ms(900));
        assert_eq!(longer.last().unwrap().0, ms(1000));
    }

    #[test]
    fn few_are_counted_and_not_a_percentage() {
        let few = Peers::of("get", [ms(100), ms(200), ms(400)]);
        assert!(!few.are_enough());
        assert_eq!([50, 150, 300, 401].map(|time| few.below(ms(time))), [0, 1, 2, 3]);
        assert_eq!(few.below(ms(400)), 2, "as long as the longest");
        assert!(Peers::of("get", [ms(1); 20]).are_enough());
    }
}
