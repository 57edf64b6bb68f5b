//! The tasks of a pool counted by what they are shown as: a row for each state.

use super::search::Search;
use super::subject::Scene;
use crate::app::clean::Clean;
use crate::app::filter::Filter;
use crate::app::status::{LOOKS, Status};
use crate::app::view::{GroupRow, Queued};
use crate::pool::{OutcomeKind, Query, States, TaskId, TaskState};

/// The states, those first that somebody looks for first: what went wrong, then what goes on.
const ORDER: [Status; LOOKS.len()] = [
    Status::Failed,
    Status::TimedOut,
    Status::Panicked,
    Status::TimingOut,
    Status::Exited,
    Status::Suspended,
    Status::NoRoom,
    Status::BackOff,
    Status::NeedsInput,
    Status::Running,
    Status::Cancelling,
    Status::Cancelled,
    Status::Paused,
    Status::Queued,
    Status::Stopped,
    Status::Ok,
];

/// What one client has counted so far. The pool counts what it tells apart itself; which of the failed ones have timed
/// out is looked up, a bounded time per look.
#[derive(Debug, Default)]
pub(super) struct Counts {
    timed_out: Option<Search>,
}

impl Counts {
    /// The rows of those states that have tasks, and of the one under the cursor; and whether some of them are not
    /// counted to the end.
    pub(super) fn rows(&mut self, scene: Scene<'_>, under: Option<&str>) -> (Vec<GroupRow>, bool) {
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
        let shown_as = |status| count(States::of(TaskState::Running), Some(&scene.apart.ids(status)));
        let apart: usize = scene.apart.kinds().into_iter().map(shown_as).sum();
        let failed = ended(OutcomeKind::Failed);
        let (timed_out, counting) = self.timed_out(scene, failed);
        let rows = ORDER.iter().map(|status| {
            let tasks = match status {
                Status::Queued => stats.queued,
                Status::Running => in_state(TaskState::Running).saturating_sub(apart),
                Status::NoRoom
                | Status::NeedsInput
                | Status::BackOff
                | Status::Paused
                | Status::Suspended
                | Status::Exited
                | Status::TimingOut => shown_as(*status),
                Status::Cancelling => in_state(TaskState::Cancelling),
                Status::Cancelled => in_state(TaskState::Cancelled),
                Status::Ok => ended(OutcomeKind::Completed),
                Status::Failed => failed.saturating_sub(timed_out),
                Status::TimedOut => timed_out.min(failed),
                Status::Panicked => ended(OutcomeKind::Panicked),
                Status::Stopped => ended(OutcomeKind::Cancelled),
            };
            GroupRow {
                name: Clean::from(status.look().word),
                tasks,
                counting: counting && matches!(status, Status::Failed | Status::TimedOut),
                queued: Queued {
                    known: 0,
                    more: *status == Status::Queued && stats.queued_more,
                },
                ..GroupRow::default()
            }
        });
        let there = |row: &GroupRow| row.tasks > 0 || row.queued.more || under == Some(&*row.name);
        (rows.filter(there).collect(), counting)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_place() {
        for look in LOOKS {
            assert_eq!(ORDER.iter().filter(|status| **status == look.status).count(), 1);
        }
    }
}
