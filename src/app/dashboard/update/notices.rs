//! What a person is told who looks elsewhere: it comes with a view, and once a second at most.

use super::super::settings::Notice;
use super::super::state::State;
use super::Effect;
use crate::app::count::counted;
use crate::app::view::{Phase, PoolRow, View};
use std::time::Duration;

/// Between two of them, at least.
const PAUSE: Duration = Duration::from_secs(1);

/// The most that is told at once; of more only how many.
const MOST: usize = 3;

/// What is to be told, and when something was told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    told: Option<Duration>,
    waiting: Vec<String>,
}

/// Compares the view before with the one that has come, and tells of the difference if somebody wants that.
pub(super) fn compare(state: &mut State, before: &View, effects: &mut Vec<Effect>) {
    let wanted = &state.settings.notices;
    // The first view is news of nothing.
    if !wanted.is_empty() && !before.pools.is_empty() {
        let mut news = Vec::new();
        for pool in &state.view.pools {
            let was = before.pools.iter().find(|was| was.name == pool.name);
            let failed = failures(pool) - was.map_or(0, failures).min(failures(pool));
            if failed > 0 && wanted.contains(&Notice::Failed) {
                news.push(format!(
                    "{}: {} failed",
                    pool.name,
                    counted(failed, "task has", "tasks have")
                ));
            }
            let closes = was.is_some_and(|was| was.phase != Phase::Closed) && pool.phase == Phase::Closed;
            if closes && wanted.contains(&Notice::Closed) {
                news.push(format!("{}: closed", pool.name));
            }
        }
        let (warned, warns) = (before.warnings.active, state.view.warnings.active);
        if warns > warned && wanted.contains(&Notice::Warning) {
            news.push(counted(warns - warned, "new warning", "new warnings"));
        }
        if busy(before) && !busy(&state.view) && wanted.contains(&Notice::Idle) {
            news.push("nothing runs any more".to_owned());
        }
        state.notices.waiting.extend(news);
    }
    tell(state, effects);
}

/// Tells what waits, unless something was told just now.
pub(super) fn tell(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now();
    let notices = &mut state.notices;
    let soon = notices.told.is_some_and(|told| now < told + PAUSE);
    if notices.waiting.is_empty() || soon {
        return;
    }
    let all = std::mem::take(&mut notices.waiting);
    let mut text = all[..all.len().min(MOST)].join("; ");
    if all.len() > MOST {
        text.push_str(&format!("; {} more", all.len() - MOST));
    }
    notices.told = Some(now);
    effects.push(Effect::Notice {
        text,
        bell: state.settings.bell,
    });
}

impl Notices {
    /// Whether something waits to be told.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

fn failures(pool: &PoolRow) -> u64 {
    pool.failed + pool.panicked
}

fn busy(view: &View) -> bool {
    view.pools
        .iter()
        .any(|pool| pool.running + pool.cancelled + pool.queued.known > 0 || pool.queued.more)
}
