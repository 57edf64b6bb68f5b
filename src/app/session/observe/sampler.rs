//! Looks at the processes of the commands that have run for a while: whether something stands still or waits for
//! input, and how much memory each uses.

use crate::app::process::{Live, sample};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// How long a command has to run before it is looked at.
const AGE: Duration = Duration::from_secs(1);

/// How many times as long as a look takes it lasts until the next one: it reads an entry of `/proc` for each process
/// of the system.
const REST: u32 = 50;

/// Looks at the commands.
#[derive(Debug, Default)]
pub(in crate::app) struct Sampler {
    /// When the next look is due.
    next: Option<Instant>,
    /// Something was seen at the last look.
    seen: bool,
}

impl Sampler {
    /// Has a look, unless the last one is too short ago or nothing has run for long enough.
    pub(in crate::app) async fn look(&mut self, live: &Live) {
        let began = Instant::now();
        if self.next.is_some_and(|next| began < next) {
            return;
        }
        let commands = live.to_sample(AGE);
        if commands.is_empty() && !self.seen {
            return;
        }
        self.seen = !commands.is_empty();
        let Ok(samples) = spawn_blocking(move || sample(&commands)).await else {
            return;
        };
        let now = Instant::now();
        live.sampled(&samples, now);
        self.next = Some(now + began.elapsed() * REST);
    }
}
