//! How idle the processors were lately.

use crate::app::process;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The shortest time between two looks.
const PACE: Duration = Duration::from_millis(900);

/// What was seen at the last looks.
#[derive(Debug, Default)]
pub(super) struct Processors(Mutex<Option<Seen>>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Duration,
    ticks: (u64, u64),
    idle: Option<f64>,
}

impl Processors {
    /// The part of their time that was idle between the last two looks; looks if the last look was a while ago.
    pub(super) fn idle(&self, now: Duration) -> Option<f64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none_or(|seen| now.saturating_sub(seen.at) >= PACE)
            && let Some(ticks) = process::processors()
        {
            let idle = seen.and_then(|seen| part(seen.ticks, ticks));
            *seen = Some(Seen { at: now, ticks, idle });
        }
        seen.and_then(|seen| seen.idle)
    }
}

/// Of the time between two looks, that which was idle.
#[expect(clippy::cast_precision_loss, reason = "a percent is shown")]
fn part(before: (u64, u64), after: (u64, u64)) -> Option<f64> {
    let idle = after.0.checked_sub(before.0)?;
    let all = after.1.checked_sub(before.1)?;
    (all > 0).then(|| idle as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_is_a_part_of_the_time_between_two_looks() {
        assert_eq!(part((100, 200), (150, 300)), Some(0.5));
        assert_eq!(part((100, 200), (100, 200)), None);
        assert_eq!(part((100, 200), (99, 300)), None, "the counters went back");
        let processors = Processors::default();
        assert_eq!(processors.idle(Duration::ZERO), None, "one look is none");
        assert_eq!(processors.idle(Duration::from_millis(10)), None);
    }
}
