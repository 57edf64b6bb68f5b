//! When the next frame may be drawn. Pure: the time comes from the caller.

use std::time::Duration;
use tokio::time::Instant;

/// Between two frames, at least.
const FRAME: Duration = Duration::from_millis(33);
/// Between two frames of what changes by itself, where motion is unwanted.
const CALM: Duration = Duration::from_millis(500);
/// A key is answered at once: what it changes here, what the session's view adds, what follows from that. So many
/// frames, and no more in [`BURST`]; keys that come faster share theirs.
const ANSWERS: usize = 3;
/// See [`ANSWERS`].
const BURST: Duration = Duration::from_millis(16);
/// Between two frames that differ in nothing but the time.
const CLOCK: Duration = Duration::from_secs(1);

/// Why a frame is wanted, the more urgent the later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Wish {
    /// A newer view has come.
    News,
    /// A key was pressed, or answered.
    Key,
}

/// Decides when to draw.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    drawn: Option<Instant>,
    wish: Option<Wish>,
    /// What changes by itself is drawn twice a second at most.
    calm: bool,
    /// When the last frames were drawn that answered keys, the newest last.
    answers: [Option<Instant>; ANSWERS],
}

impl Pacer {
    /// One that moves less, if that is wanted.
    pub(super) fn new(calm: bool) -> Pacer {
        Pacer {
            calm,
            ..Pacer::default()
        }
    }

    /// From now on it moves less, or not.
    pub(super) fn set_calm(&mut self, calm: bool) {
        self.calm = calm;
    }

    /// Something has changed.
    pub(super) fn wish(&mut self, wish: Wish) {
        self.wish = self.wish.max(Some(wish));
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        if self.wish.take() == Some(Wish::Key) {
            self.answers.rotate_left(1);
            self.answers[ANSWERS - 1] = Some(now);
        }
        self.drawn = Some(now);
    }

    /// When the next frame is due; never, while nothing changes and no clock is on the screen.
    pub(super) fn due(&self, clock: bool) -> Option<Instant> {
        let drawn = self.drawn?;
        match self.wish {
            Some(Wish::Key) => Some(self.answers[0].map_or(drawn, |oldest| drawn.max(oldest + BURST))),
            Some(Wish::News) if self.calm => Some(drawn + CALM),
            Some(Wish::News) => Some(drawn + FRAME),
            None => clock.then(|| drawn + CLOCK),
        }
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
        assert_eq!(pacer.due(false), Some(start));
        pacer.drawn(start + FRAME);
        assert_eq!(pacer.due(false), None);
        // Where motion is unwanted only keys are answered at once.
        let mut pacer = Pacer::new(true);
        pacer.drawn(start);
        pacer.wish(Wish::News);
        assert_eq!(pacer.due(true), Some(start + CALM));
        pacer.wish(Wish::Key);
        assert_eq!(pacer.due(true), Some(start));
    }

    #[test]
    fn keys_are_answered_at_once_but_a_burst_of_them_shares_frames() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pacer = Pacer::default();
        pacer.drawn(start);
        for millis in [1, 2, 3] {
            pacer.wish(Wish::Key);
            assert!(pacer.due(false) <= Some(at(millis)));
            pacer.drawn(at(millis));
        }
        pacer.wish(Wish::Key);
        assert_eq!(pacer.due(false), Some(at(1) + BURST));
        pacer.drawn(at(17));
        // News between them costs keys nothing.
        pacer.wish(Wish::News);
        pacer.drawn(at(60));
        pacer.wish(Wish::Key);
        assert_eq!(pacer.due(false), Some(at(60)));
    }
}
