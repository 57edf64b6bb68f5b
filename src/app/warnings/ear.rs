//! What is heard of a pool's events. A pool keeps its events only while somebody reads them, which costs it something
//! for each task. So a quiet pool is listened to all the time, a busy one for a moment each second: a sample in time.

use crate::pool::{BaseTaskPool, Event, EventReader};
use std::time::Duration;

/// How many events are kept for the next look.
const KEPT: usize = 2048;

/// With more events than this a second a pool is busy.
const BUSY: u64 = 1024;

/// How long a busy pool is listened to each time.
pub(super) const MOMENT: Duration = Duration::from_millis(5);

/// Reads a pool's events, or some of them.
#[derive(Debug, Default)]
pub(super) struct Ear {
    reader: Option<EventReader>,
    /// It was opened a moment ago only.
    opened: bool,
    /// The pool's version at the last reading.
    position: u64,
    /// How many events it has not heard.
    missed: u64,
}

impl Ear {
    /// Listens from now on, if it does not yet. Whether it was not listening before.
    pub(super) fn open(&mut self, pool: &BaseTaskPool) -> bool {
        self.opened = self.reader.is_none();
        if self.opened {
            let reader = pool.events_keeping(KEPT);
            self.missed += reader.position().saturating_sub(self.position);
            self.reader = Some(reader);
        }
        self.opened
    }

    /// What it has heard. It stops listening to a pool that tells too much.
    pub(super) fn listen(&mut self) -> Vec<Event> {
        let Some(reader) = &mut self.reader else {
            return Vec::new();
        };
        let read = reader.read(KEPT);
        self.missed += read.lost;
        let count = read.lost + read.events.len() as u64;
        let of_a_moment = BUSY * u64::try_from(MOMENT.as_millis()).unwrap_or(1) / 1000;
        let busy = if self.opened { of_a_moment } else { BUSY };
        if count > busy {
            self.position = reader.position();
            self.reader = None;
        }
        read.events
    }

    /// How many events it has missed.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }
}
