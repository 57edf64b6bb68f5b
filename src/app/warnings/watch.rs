//! The task that looks at the pools of a session, once a second.

use super::ear::{Ear, MOMENT};
use crate::app::session::{Sampler, Session};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between two looks.
const PACE: Duration = Duration::from_secs(1);

/// How many pools are looked at each time.
const POOLS: usize = 16;

/// Looks at the pools of a session for as long as it is polled.
pub(in crate::app) async fn watch(session: Arc<Session>) {
    let mut ears: Vec<Ear> = Vec::new();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sampler = Sampler::default();
    let mut from = 0;
    loop {
        pace.tick().await;
        // Pools are added, and none is taken away.
        ears.resize_with(session.pools().count(), Ear::default);
        if listen(&session, &mut ears).await {
            // What it costs is known: the log tells who asks for it.
            let missed: u64 = ears.iter().map(Ear::missed).sum();
            tracing::debug!(target: "app::warnings", missed, "events were heard in part");
        }
        sampler.look(session.live()).await;
        from = look_around(&session, from);
    }
}

/// Hears what there is to hear. Whether it was a part only.
async fn listen(session: &Session, ears: &mut [Ear]) -> bool {
    let mut opened = false;
    for (ear, pool) in ears.iter_mut().zip(session.pools()) {
        opened |= ear.open(pool);
    }
    if opened {
        sleep(MOMENT).await;
    }
    for (index, ear) in ears.iter_mut().enumerate() {
        for event in ear.listen() {
            session.heard(index, &event);
        }
    }
    opened
}

/// Looks at the pools from this one on, and says which one is next.
pub(in crate::app) fn look_around(session: &Session, from: usize) -> usize {
    let pools = session.pools().count();
    for index in (from..pools).take(POOLS) {
        let sample = session.warnings().sample(index);
        if let Some(sight) = session.sight(index, &sample) {
            session.warnings().saw(index, &sight);
        }
    }
    let (output, now) = session.output_sight();
    session.warnings().saw_output(&output, now);
    let next = from + POOLS;
    if next < pools { next } else { 0 }
}
