//! R16 to R22, R26 to R28 and R32: cancel and stop.

use super::*;
use taskpool_tui::pool::{Cancelled, OutcomeKind, PoolError, SimpleTaskPool, TaskPool, TaskState};

/// In the original such a task stays "running" for ever, its slot is lost, no callback runs, and
/// `gather_and_close` raises.
#[tokio::test(start_paused = true)]
async fn r16_a_task_cancelled_before_its_first_poll_gives_back_its_slot() {
    let (pool, diary) = (TaskPool::new(2), Diary::default());
    let (canceller, noted) = (pool.clone(), diary.clone());
    // Both have slots and are started; the first is polled first.
    let work = move |n: u64| {
        let (canceller, noted) = (canceller.clone(), noted.clone());
        async move {
            noted.note(format!("polled{n}"));
            assert_eq!(canceller.num_running(), 2);
            canceller.cancel([TaskId(1 - n)], None).unwrap();
            forever().await;
        }
    };
    pool.map(work, 0..2, 2, diary.callbacks()).unwrap();
    settle().await;
    assert_eq!(
        (diary.text().as_str(), counts(&pool)),
        ("polled0 c1 e1", (1, 0, 1))
    );
    pool.cancel_all(None);
    pool.apply(|| async {}, 2, ()).unwrap();
    let totals = pool.close().await.totals;
    assert_eq!((totals.cancelled, totals.completed), (2, 2));
}

/// In the original the second call picks the task that the first has stopped already.
#[tokio::test(start_paused = true)]
async fn r17_a_second_stop_goes_on_where_the_first_left_off() {
    let pool = SimpleTaskPool::new(forever, 5, ());
    pool.start(5).unwrap();
    settle().await;
    assert_eq!([pool.stop(1), pool.stop(1)], [ids([4]), ids([3])]);
    settle().await;
    assert_eq!((pool.num_running(), pool.stop(9)), (3, ids([2, 1, 0])));
}

/// The original says nothing to a second cancel in the same tick, and "already ended" to one in the callback.
#[tokio::test(start_paused = true)]
async fn r18_a_cancel_is_refused_by_the_state_the_task_is_in() {
    let (pool, diary) = (TaskPool::new(None), Diary::default());
    let options = diary.callbacks().on_cancel(Callback::from_async(|_| sleep(5)));
    pool.apply(forever, 2, options).unwrap();
    settle().await;
    pool.cancel(ids([0]), Some("first")).unwrap();
    pool.cancel(ids([0]), Some("second")).unwrap(); // accepted, and not doubled
    settle().await;
    assert!(matches!(
        pool.cancel(ids([1, 0]), None),
        Err(PoolError::AlreadyCancelled { id: TaskId(0), .. })
    ));
    sleep(5).await;
    settle().await;
    assert!(matches!(
        pool.cancel(ids([1, 0]), None),
        Err(PoolError::AlreadyEnded { id: TaskId(0), .. })
    ));
    assert_eq!(
        tasks(&pool)[0].outcome.as_ref().unwrap().to_string(),
        "cancelled: first"
    );
    assert_eq!(
        tasks(&pool)[1].state,
        TaskState::Running,
        "the refused calls cancelled nobody"
    );
    assert_eq!(diary.text(), "e0");
}

/// In the original a task that survives its first cancel is out of reach for every later one.
#[tokio::test(start_paused = true)]
async fn r19_every_cancel_reaches_tasks_that_survived_an_earlier_one() {
    let by_all: fn(&TaskPool) = |pool| pool.cancel_all(None);
    let by_id: fn(&TaskPool) = |pool| pool.cancel([TaskId(0)], None).unwrap();
    let by_group: fn(&TaskPool) = |pool| pool.cancel_group("g", None).unwrap();
    for first in [by_all, by_id, by_group] {
        let pool = TaskPool::new(None);
        pool.apply(survivor(1), 1, "g").unwrap();
        settle().await;
        first(&pool);
        settle().await;
        assert_eq!(counts(&pool), (1, 0, 0));
        pool.cancel_all(None);
        settle().await;
        assert_eq!(counts(&pool), (0, 0, 1));
    }
    // A group is reached again while it has its name, and by force nothing survives.
    let pool = TaskPool::new(None);
    pool.apply(survivor(99), 2, "g").unwrap();
    settle().await;
    pool.cancel(ids([0]), None).unwrap();
    settle().await;
    pool.cancel_group("g", None).unwrap();
    settle().await;
    assert_eq!(pool.stats().cancelling, 2);
    pool.cancel_all_by_force(None);
    settle().await;
    assert_eq!(counts(&pool), (0, 0, 2));
}

/// As in the original, and promised: `stop_all` does not touch the queue.
#[tokio::test(start_paused = true)]
async fn r20_what_is_queued_follows_a_stop_all() {
    let pool = SimpleTaskPool::new(forever, 2, ());
    pool.start(5).unwrap();
    settle().await;
    assert_eq!(pool.stop_all(), ids([1, 0]));
    assert_eq!(pool.stats().queued, 3, "this many follow");
    settle().await;
    assert_eq!((counts(&pool), pool.stats().queued), ((2, 0, 2), 1));
    pool.cancel_all(None);
    settle().await;
    assert_eq!((counts(&pool), pool.stats().queued), ((0, 0, 4), 0));
}

/// In the original a task that raises the cancel error itself counts as cancelled.
#[tokio::test(start_paused = true)]
async fn r21_a_task_that_was_not_asked_to_cancel_has_failed() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let work = || async { Err::<(), _>(Cancelled::default()) };
    pool.apply(work, 1, diary.callbacks()).unwrap();
    let gathered = pool.close().await;
    assert_eq!((gathered.totals.failed, gathered.totals.cancelled), (1, 0));
    assert_eq!(diary.text(), "e0");
}

/// The original is the same for a task that cleans up and returns, and has no word for one that cleans up and
/// wants to count as cancelled. Here a task says which it was.
#[tokio::test(start_paused = true)]
async fn r22_a_task_that_caught_its_cancel_says_how_it_ended() {
    let (pool, diary) = (TaskPool::new(None), Diary::default());
    let work = |raise: bool| async move {
        let cancelled = TaskContext::current()
            .unwrap()
            .catch(forever())
            .await
            .unwrap_err();
        sleep(1).await; // cleans up
        if raise { Err(cancelled) } else { Ok(()) }
    };
    pool.map(work, [true, false], 2, diary.callbacks()).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    assert_eq!(pool.stats().cancelling, 2);
    sleep(2).await;
    let outcomes: Vec<_> = tasks(&pool)
        .into_iter()
        .map(|task| task.outcome.unwrap().kind())
        .collect();
    assert_eq!(outcomes, [OutcomeKind::Cancelled, OutcomeKind::Completed]);
    assert_eq!(diary.text(), "c0 e0 e1");
}

/// In the original the queue of a cancelled group may still start. Every interleaving of the machine's transitions is
/// gone through in its own tests; here, a cancel between any two steps of the runtime.
#[tokio::test(start_paused = true)]
async fn r26_nothing_that_was_queued_starts_after_its_group_was_cancelled() {
    for ticks in 0..40 {
        let (pool, gauge) = (TaskPool::new(2), Gauge::default());
        let during = gauge.clone();
        let work = move |_| during.clone().during(tokio::task::yield_now());
        pool.map(work, 0..10, 3, "g").unwrap();
        for _ in 0..ticks {
            tokio::task::yield_now().await;
        }
        if pool.cancel_group("g", None).is_err() {
            continue;
        }
        let all = tasks(&pool).len();
        settle().await;
        assert_eq!(tasks(&pool).len(), all, "after {ticks} ticks");
        assert!(gauge.calls() <= all, "what was only pulled is not polled either");
        assert_eq!(counts(&pool), (0, 0, all));
    }
}

/// In the original 49 of 200 moments of a cancel lose a slot for ever.
#[tokio::test(start_paused = true)]
async fn r27_a_cancel_at_any_moment_loses_no_slot_and_no_callback() {
    for ticks in 0..60 {
        let (pool, diary) = (TaskPool::new(2), Diary::default());
        let work = |n| async move {
            for _ in 0..n % 3 {
                tokio::task::yield_now().await;
            }
        };
        let callbacks = diary
            .callbacks()
            .on_cancel(Callback::from_async(|_| tokio::task::yield_now()));
        pool.map(work, 0..8, 2, callbacks).unwrap();
        for _ in 0..ticks {
            tokio::task::yield_now().await;
        }
        pool.cancel_all(None);
        settle().await;
        let started = tasks(&pool).len();
        let ends: Vec<String> = diary.0.lock().unwrap().clone();
        assert_eq!(ends.len(), started, "after {ticks} ticks");
        assert!(
            (0..started).all(|id| ends.contains(&format!("e{id}"))),
            "{ends:?}"
        );
        pool.apply(forever, 2, ()).unwrap();
        settle().await;
        assert_eq!(pool.num_running(), 2, "both slots are there, after {ticks} ticks");
    }
}

/// As in the original for unknown IDs; IDs given twice are cancelled once.
#[tokio::test(start_paused = true)]
async fn r28_a_cancel_of_several_is_all_or_nothing_and_takes_each_once() {
    let pool = TaskPool::new(None);
    pool.apply(survivor(1), 2, ()).unwrap();
    settle().await;
    assert!(matches!(
        pool.cancel(ids([0, 1, 2]), None),
        Err(PoolError::InvalidTaskId { id: TaskId(2), .. })
    ));
    assert_eq!(pool.stats().cancelling, 0);
    pool.cancel(ids([0, 0, 0]), None).unwrap();
    settle().await;
    assert_eq!(
        (pool.stats().cancelling, counts(&pool)),
        (1, (2, 0, 0)),
        "it saw one, and survived that"
    );
}

/// In the original a submission that fails leaves its group behind.
#[tokio::test(start_paused = true)]
async fn r32_a_refused_submission_leaves_nothing_behind() {
    let pool = TaskPool::new(1);
    pool.apply(forever, 1, "there").unwrap();
    let version = pool.version();
    assert!(matches!(
        pool.map(sleep, [1], 0, "g"),
        Err(PoolError::InvalidNumConcurrent)
    ));
    assert!(matches!(
        pool.apply(forever, 1, "there"),
        Err(PoolError::TaskGroupAlreadyExists { .. })
    ));
    assert_eq!(
        (pool.version(), pool.stats().groups),
        (version, 1),
        "nothing happened"
    );
    assert!(pool.get_group_ids(["g"]).is_err());
    pool.map(sleep, [1], 1, "g").unwrap();
}
