//! When the next frame may be drawn. Pure: the time comes from the caller.

use std::time::Duration;
use tokio::time::Instant;

/// Between two frames, at least.
const FRAME: Duration = Duration::from_millis(33);
/// Between a frame and the answer to a key, at least.
const KEY: Duration = Duration::from_millis(16);
/// Between two frames of what changes by itself, where motion is unwanted.
const CALM: Duration = Duration::from_millis(500);
/// Between two frames that differ in nothing but the time.
const CLOCK: Duration = Duration::from_secs(1);

/// Why a frame is wanted, the more urgent the later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Wish {
    /// A newer view or reply has come.
    News,
    /// A key was pressed.
    Key,
}

/// Decides when to draw.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    drawn: Option<Instant>,
    wish: Option<Wish>,
    /// What changes by itself is drawn twice a second at most.
    calm: bool,
}

impl Pacer {
    /// One that moves less, if that is wanted.
    pub(super) fn new(calm: bool) -> Pacer {
        Pacer {
            calm,
            ..Pacer::default()
        }
    }

    /// Something has changed.
    pub(super) fn wish(&mut self, wish: Wish) {
        self.wish = self.wish.max(Some(wish));
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        *self = Pacer {
            drawn: Some(now),
            wish: None,
            calm: self.calm,
        };
    }

    /// When the next frame is due; never, while nothing changes and no clock is on the screen.
    pub(super) fn due(&self, clock: bool) -> Option<Instant> {
        let pause = match self.wish {
            Some(Wish::Key) => KEY,
            Some(Wish::News) if self.calm => CALM,
            Some(Wish::News) => FRAME,
            None if clock => CLOCK,
            None => return None,
        };
        self.drawn.map(|drawn| drawn + pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_distance_and_stop_when_nothing_changes() {
        let start = Instant::now();
        let mut pacer = Pacer::default();
        pacer.drawn(start);
        assert_eq!(pacer.due(false), None);
        assert_eq!(pacer.due(true), Some(start + CLOCK));
        pacer.wish(Wish::News);
        assert_eq!(pacer.due(true), Some(start + FRAME));
        pacer.wish(Wish::Key);
        pacer.wish(Wish::News);
        assert_eq!(pacer.due(false), Some(start + KEY));
        pacer.drawn(start + FRAME);
        assert_eq!(pacer.due(false), None);
        // Where motion is unwanted only keys are answered at once.
        let mut pacer = Pacer::new(true);
        pacer.drawn(start);
        pacer.wish(Wish::News);
        assert_eq!(pacer.due(true), Some(start + CALM));
        pacer.wish(Wish::Key);
        assert_eq!(pacer.due(true), Some(start + KEY));
    }
}
