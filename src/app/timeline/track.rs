//! Follows a pool for as long as somebody looks at its timeline.

use super::{SLOTS, Slots, TimelineView, TimelineWant};
use crate::app::status::Status;
use crate::pool::{
    At, BaseTaskPool, EventKind, EventReader, OutcomeKind, Query, Snapshot, States, TaskInfo, TaskState,
};
use std::time::Duration;

/// How many events wait for the next view.
const EVENTS: usize = 1 << 15;

/// How many ended tasks it begins with.
const REMEMBERED: usize = 4096;

const HELD: States = States::of(TaskState::Running)
    .and(States::of(TaskState::Cancelling))
    .and(States::of(TaskState::Cancelled));

const ENDED: States = States::ended(OutcomeKind::Completed)
    .and(States::ended(OutcomeKind::Failed))
    .and(States::ended(OutcomeKind::Panicked))
    .and(States::ended(OutcomeKind::Cancelled));

/// The timeline of one pool.
#[derive(Debug)]
pub(in crate::app) struct Track {
    reader: EventReader,
    slots: Slots,
    /// From the session's start to the pool's.
    offset: Duration,
    lost: u64,
}

impl Track {
    /// Begins with what the pool remembers: what runs, and the newest of what has ended.
    pub(in crate::app) fn new(pool: &BaseTaskPool, offset: Duration) -> Track {
        let reader = pool.events_keeping(EVENTS);
        let of = |states, rows| Query {
            states,
            at: At::End,
            rows,
            ..Query::default()
        };
        let shot = pool.snapshot(&of(ENDED, REMEMBERED));
        let known_from = known_from(&shot);
        let mut tasks = shot.tasks;
        let mut held = pool.snapshot(&of(HELD, SLOTS)).tasks;
        // What has ended between the two is in none of them, or in one: its end.
        tasks.retain(|task| held.binary_search_by_key(&task.id, |held| held.id).is_err());
        tasks.append(&mut held);
        let mut slots = Slots::default();
        if let Some(time) = known_from {
            slots.knows_from(time + offset);
        }
        replay(&mut slots, &tasks, offset);
        Track {
            reader,
            slots,
            offset,
            lost: 0,
        }
    }

    /// Takes in what has happened since the last time.
    pub(in crate::app) fn catch_up(&mut self, pool: &BaseTaskPool) {
        let read = self.reader.read(EVENTS);
        if read.lost > 0 {
            self.lost += read.lost;
            let shot = pool.snapshot(&Query {
                states: HELD,
                rows: SLOTS,
                ..Query::default()
            });
            let running: Vec<(u64, Duration)> = shot
                .tasks
                .iter()
                .map(|task| (task.id.0, task.started + self.offset))
                .collect();
            self.slots.lost(&running, shot.time + self.offset);
        }
        for event in read.events {
            self.take(&event.kind, event.time + self.offset);
        }
    }

    fn take(&mut self, kind: &EventKind, at: Duration) {
        match kind {
            EventKind::TaskStarted { id, .. } => self.slots.start(id.0, at),
            EventKind::CancelRequested { id, .. } => self.slots.asked(id.0, at),
            EventKind::TaskCancelled { id, .. } => self.slots.cancelled(id.0, at),
            EventKind::TaskEnded { id, outcome, .. } => {
                self.slots.end(id.0, at, Status::of_outcome(outcome));
            }
            _ => {}
        }
    }

    /// What is to be seen now, but for the rows of the whole pool.
    pub(in crate::app) fn view(
        &self,
        want: &TimelineWant,
        size: Option<usize>,
        now: Duration,
    ) -> TimelineView {
        TimelineView {
            lost: self.lost,
            ..self.slots.view(want, size, now)
        }
    }
}

/// From when on the tasks that ended are all among these; none: all of them are.
fn known_from(shot: &Snapshot) -> Option<Duration> {
    let ended = shot.tasks.iter().filter_map(|task| task.ended);
    if shot.stats.totals.sum() > shot.stats.ended as u64 {
        // Others are forgotten, which had ended by then.
        return Some(ended.min().unwrap_or(shot.time));
    }
    let left_out = shot.tasks_total > shot.tasks.len();
    // Those with lower IDs have started before.
    left_out.then(|| shot.tasks.first().map_or(shot.time, |task| task.started))
}

/// Plays what is known of tasks as if it was heard now.
fn replay(slots: &mut Slots, tasks: &[TaskInfo], offset: Duration) {
    // At the same moment ends come first: their slots are free for what starts.
    let mut moments: Vec<(Duration, bool, usize)> = Vec::with_capacity(2 * tasks.len());
    for (i, task) in tasks.iter().enumerate() {
        moments.push((task.started, true, i));
        if let Some(ended) = task.ended {
            // A task that took no time starts before it ends all the same.
            moments.push((ended, ended == task.started, i));
        }
    }
    moments.sort_by_key(|&(at, starts, i)| (at, starts, tasks[i].id));
    let mut begun = vec![false; tasks.len()];
    for (at, _, i) in moments {
        let (task, at) = (&tasks[i], at + offset);
        if std::mem::replace(&mut begun[i], true) {
            let status = task.outcome.as_ref().map_or(Status::Ok, Status::of_outcome);
            slots.end(task.id.0, at, status);
            continue;
        }
        slots.start(task.id.0, at);
        if let Some(asked) = task.asked {
            slots.asked(task.id.0, asked + offset);
        }
        if let Some(cancelled) = task.cancelled {
            slots.cancelled(task.id.0, cancelled + offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SCALES;
    use super::*;
    use crate::pool::TaskPool;
    use tokio::sync::Semaphore;

    fn want(rows: usize) -> TimelineWant {
        TimelineWant {
            first: 0,
            rows,
            cells: 40,
            scale: SCALES[0],
        }
    }

    fn tasks(view: &TimelineView) -> Vec<Vec<u64>> {
        let row = |row: &super::super::SlotRow| {
            let mut ids: Vec<u64> = row.runs.iter().map(|run| run.task).collect();
            ids.dedup();
            ids
        };
        view.slots.iter().map(row).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn it_begins_with_what_the_pool_remembers_and_follows() {
        let pool = TaskPool::new(2);
        let pace = |seconds: u64| async move { tokio::time::sleep(Duration::from_secs(seconds)).await };
        pool.map(pace, [1_u64, 2, 2, 9], 9, ()).unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let mut track = Track::new(&pool, Duration::ZERO);
        let now = || pool.snapshot(&Query::default()).time;
        let before = tasks(&track.view(&want(9), Some(2), now()));
        assert_eq!(before, [[0, 2], [1, 3]]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        track.catch_up(&pool);
        let after = track.view(&want(9), Some(4), now());
        assert_eq!(
            (tasks(&after), after.total),
            (vec![vec![0, 2], vec![1, 3], vec![], vec![]], 4)
        );
        let runs = &after.slots[0].runs;
        assert_eq!(runs.last().unwrap().status, Status::Ok);
        assert_eq!(after.at(1, 39).unwrap().task, 3);
        assert_eq!((after.at(0, 39), after.at(7, 0), after.lost), (None, None, 0));
        let one = track.view(&TimelineWant { first: 3, ..want(1) }, Some(4), now());
        assert_eq!((one.first, one.slots.len()), (3, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_or_too_much_to_look_at_is_not_shown_as_free() {
        let pool = TaskPool::new(2);
        let nap = |_| tokio::time::sleep(Duration::from_millis(1));
        let open = |pool: &TaskPool| {
            let now = pool.snapshot(&Query::default()).time;
            Track::new(pool, Duration::ZERO).view(&want(2), Some(2), now)
        };
        pool.map(nap, 0..100, 2, ()).unwrap();
        while pool.num_ended() < 100 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(open(&pool).unknown, 0, "everything is known");
        pool.map(nap, 0..3 * REMEMBERED, 2, ()).unwrap();
        while pool.num_ended() < 100 + 3 * REMEMBERED {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let view = open(&pool);
        assert!(view.unknown > 0, "{view:?}");
        let known = view.slots.iter().flat_map(|slot| &slot.runs);
        assert!(known.clone().count() > 0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        pool.flush().await;
        let view = open(&pool);
        assert_eq!(
            view.unknown, 39,
            "nothing of the time before is remembered: {view:?}"
        );
    }

    #[tokio::test]
    async fn what_it_has_lost_is_told_and_what_runs_is_right() {
        let pool = TaskPool::new(3);
        let gate = std::sync::Arc::new(Semaphore::new(0));
        let mut track = Track::new(&pool, Duration::ZERO);
        pool.map(|_| async {}, 0..EVENTS, 3, ()).unwrap();
        while pool.num_ended() < EVENTS {
            tokio::task::yield_now().await;
        }
        let wait = gate.clone();
        let hold = move || {
            let wait = wait.clone();
            async move { drop(wait.acquire().await) }
        };
        pool.apply(hold, 2, ()).unwrap();
        while pool.num_running() < 2 {
            tokio::task::yield_now().await;
        }
        track.catch_up(&pool);
        let view = track.view(&want(9), Some(3), pool.snapshot(&Query::default()).time);
        assert!(view.lost > 0 && !view.gaps.is_empty());
        let open = |slot: usize| view.at(slot, 39).map(|run| run.task).unwrap_or_default();
        let mut open = [open(0), open(1), open(2)];
        open.sort_unstable();
        let newest = EVENTS as u64;
        assert!(open[1..] == [newest, newest + 1], "{open:?}");
    }
}
