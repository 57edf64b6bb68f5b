//! The tasks of a pool counted by what they are shown as: a row for each state.

use super::search::Search;
use super::subject::Scene;
use crate::app::clean::Clean;
use crate::app::filter::Filter;
use crate::app::status::{LOOKS, Status};
use crate::app::view::{GroupRow, Queued};
use crate::pool::{OutcomeKind, Query, States, TaskId, TaskState};

/// What one client has counted so far. The pool counts what it tells apart itself; which of the failed ones have timed
/// out is looked up, a bounded time per look.
#[derive(Debug, Default)]
pub(super) struct Counts {
    timed_out: Option<Search>,
}

impl Counts {
    /// The rows, in the order of the table of states; and whether some of them are not counted to the end.
    pub(super) fn rows(&mut self, scene: Scene<'_>) -> (Vec<GroupRow>, bool) {
        let pool = scene.member.pool.base();
        let count = |states, ids: Option<&[TaskId]>| {
            let query = Query {
                states,
                ids,
                ..Query::default()
            };
            pool.snapshot(&query).tasks_total
        };
        let ended = |kind| count(States::ended(kind), None);
        let in_state = |state| count(States::of(state), None);
        let stats = pool.stats();
        let mut halted: Vec<TaskId> = scene.paused.iter().copied().map(TaskId).collect();
        halted.sort_unstable();
        let paused = count(States::of(TaskState::Running), Some(&halted));
        let failed = ended(OutcomeKind::Failed);
        let (timed_out, counting) = self.timed_out(scene, failed);
        let rows = LOOKS.iter().map(|look| {
            let tasks = match look.status {
                Status::Queued => stats.queued,
                Status::Running => in_state(TaskState::Running).saturating_sub(paused),
                Status::Paused => paused,
                Status::Cancelling => in_state(TaskState::Cancelling),
                Status::Cancelled => in_state(TaskState::Cancelled),
                Status::Ok => ended(OutcomeKind::Completed),
                Status::Failed => failed.saturating_sub(timed_out),
                Status::TimedOut => timed_out.min(failed),
                Status::Panicked => ended(OutcomeKind::Panicked),
                Status::Stopped => ended(OutcomeKind::Cancelled),
            };
            GroupRow {
                name: Clean::from(look.word),
                tasks,
                counting: counting && matches!(look.status, Status::Failed | Status::TimedOut),
                queued: Queued {
                    known: 0,
                    more: look.status == Status::Queued && stats.queued_more,
                },
                ..GroupRow::default()
            }
        });
        (rows.collect(), counting)
    }

    /// How many of the failed tasks were found to have timed out, and whether there may be more.
    fn timed_out(&mut self, scene: Scene<'_>, failed: usize) -> (usize, bool) {
        if failed == 0 {
            self.timed_out = None;
            return (0, false);
        }
        let filter = of_state(Status::TimedOut);
        let pool = &*scene.member.name;
        let known = self.timed_out.take();
        let mut search = known
            .filter(|search| search.is_for(pool, None, &filter))
            .unwrap_or_else(|| Search::new(pool, None, filter));
        search.go_on(scene);
        let found = (search.found().len(), search.percent(0).is_some());
        self.timed_out = Some(search);
        found
    }
}

/// The tasks that are listed while the cursor is on the row of a state.
pub(super) fn of_state(status: Status) -> Filter {
    Filter::of_states(&[status])
}
