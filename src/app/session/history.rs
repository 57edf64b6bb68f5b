//! How many tasks a pool ends in each second.

use std::collections::VecDeque;

/// How many seconds of finished tasks are kept.
const HISTORY: usize = 120;

/// Over how many seconds the rate is taken.
const RATE: usize = 5;

/// Tasks ended in each second.
#[derive(Debug, Default)]
pub(super) struct History {
    second: u64,
    /// How many had ended before that second.
    before: u64,
    counts: VecDeque<u32>,
}

impl History {
    /// Notes how many tasks have ended by now.
    pub(super) fn note(&mut self, second: u64, ended: u64) {
        if self.counts.is_empty() {
            *self = History {
                second,
                before: 0,
                counts: VecDeque::from([0]),
            };
        }
        while self.second < second {
            self.second += 1;
            self.before += self.counts.back().map_or(0, |count| u64::from(*count));
            self.counts.push_back(0);
            if self.counts.len() > HISTORY {
                self.counts.pop_front();
            }
        }
        if let Some(now) = self.counts.back_mut() {
            *now = u32::try_from(ended.saturating_sub(self.before)).unwrap_or(u32::MAX);
        }
    }

    /// Tasks per second, over the last full seconds.
    pub(super) fn rate(&self) -> f64 {
        let full = self.counts.len().saturating_sub(1).min(RATE);
        if full == 0 {
            return self.counts.back().map_or(0.0, |count| f64::from(*count));
        }
        let sum: f64 = self
            .counts
            .iter()
            .rev()
            .skip(1)
            .take(full)
            .map(|count| f64::from(*count))
            .sum();
        sum / f64::from(u32::try_from(full).unwrap_or(u32::MAX))
    }

    /// How many ended in each of the last seconds, oldest first.
    pub(super) fn counts(&self) -> Vec<u32> {
        self.counts.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_counts_what_ends_in_each_second() {
        let mut history = History::default();
        history.note(0, 3);
        history.note(0, 5);
        history.note(3, 9);
        history.note(4, 10);
        assert_eq!(history.counts, [5, 0, 0, 4, 1]);
        assert!((history.rate() - 9.0 / 4.0).abs() < 1e-9);
        history.note(1000, 10);
        assert_eq!(history.counts.len(), HISTORY);
        assert!(history.rate().abs() < 1e-9);
    }
}
