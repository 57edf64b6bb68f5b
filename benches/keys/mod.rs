//! Keys, timed from the byte that is typed to the screen that shows what it did.

use crate::terminal::Terminal;
use std::time::{Duration, Instant};

/// How long things took.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// So many per cent of them were no longer than this, in milliseconds; 100 is the longest.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.0.clone();
        times.sort();
        let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }
}

/// Types, and waits until the screen is as it should be.
pub(crate) fn answer(terminal: &mut Terminal, keys: &str, is: impl Fn(&str) -> bool) -> Duration {
    let start = Instant::now();
    terminal.types(keys);
    terminal.wait_for(&format!("answers {keys:?}"), is);
    start.elapsed()
}

/// Pauses that keep no step with anything that repeats.
#[derive(Debug)]
pub(crate) struct Pauses(u64);

impl Pauses {
    pub(crate) fn new() -> Pauses {
        Pauses(1)
    }

    /// Between 15 and 63 ms.
    pub(crate) fn next(&mut self) {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros(15_000 + (self.0 >> 33) % 48_000));
    }
}
