//! Cancelling, as the caller and as the task see it.

use super::*;
use taskpool_tui::pool::{
    BoxError, Callback, Cancelled, GroupOptions, Outcome, Query, SimpleTaskPool, TaskPool,
};

#[tokio::test(start_paused = true)]
async fn cancel_is_all_or_nothing_and_names_the_task_that_cannot_be() {
    let pool = TaskPool::named("p", 9);
    pool.map(sleep, [1, 100, 100], 9, ()).unwrap();
    sleep(2).await;
    let error = pool.cancel(ids([1, 0]), None).unwrap_err();
    assert!(matches!(&error, PoolError::AlreadyEnded { id: TaskId(0), task } if &**task == "p_Task-0"));
    let error = pool.cancel(ids([1, 2, 7]), None).unwrap_err();
    assert!(matches!(&error, PoolError::InvalidTaskId { id: TaskId(7), pool } if &**pool == "TaskPool-p"));
    settle().await;
    assert_eq!(counts(&pool), (2, 0, 1), "nothing was cancelled");
    pool.cancel(ids([1, 1]), None).unwrap();
    settle().await;
    assert_eq!(counts(&pool), (1, 0, 2));
    pool.flush().await;
    assert!(
        matches!(pool.cancel(ids([0]), None), Err(PoolError::InvalidTaskId { .. })),
        "forgotten"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_in_its_cancel_callback_is_already_cancelled() {
    let pool = TaskPool::new(1);
    let options = GroupOptions::default().on_cancel(Callback::from_async(|_| sleep(5)));
    pool.apply(forever, 1, options).unwrap();
    settle().await;
    pool.cancel(ids([0]), None).unwrap();
    settle().await;
    assert_eq!(counts(&pool), (0, 1, 0));
    assert!(pool.is_full(), "it holds its slot until it has ended");
    assert!(matches!(
        pool.cancel(ids([0]), None),
        Err(PoolError::AlreadyCancelled { id: TaskId(0), .. })
    ));
    sleep(5).await;
    assert_eq!(counts(&pool), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_task_cancelled_before_its_first_poll_gives_back_its_slot_and_runs_its_callbacks() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let noted = diary.clone();
    let (on_cancel, on_end) = (diary.clone(), diary.clone());
    let options = GroupOptions::default()
        .on_cancel(Callback::new(move |id| on_cancel.note(format!("cancelled {id}"))))
        .on_end(Callback::new(move |id| on_end.note(format!("ended {id}"))));
    let canceller = pool.clone();
    // The future is made before its task starts; cancelling all at the start of the next poll of the test's
    // own task would be too late, so the elements cancel: the first when the second is asked for.
    let elements = (0..2).inspect(move |n| {
        if *n == 1 {
            canceller.cancel_all(None);
        }
    });
    pool.set_pool_size(2);
    pool.map(
        move |n| {
            let noted = noted.clone();
            async move { noted.note(format!("polled {n}")) }
        },
        elements,
        2,
        options,
    )
    .unwrap();
    settle().await;
    assert_eq!(diary.text(), "cancelled 0 ended 0");
    assert_eq!(counts(&pool), (0, 0, 1));
    pool.apply(|| async {}, 3, ()).unwrap();
    settle().await;
    assert_eq!(counts(&pool), (0, 0, 4), "the slots are free");
}

#[tokio::test(start_paused = true)]
async fn cancel_group_stops_the_queue_first_and_frees_the_name() {
    let pool = TaskPool::new(2);
    let group = pool.apply(forever, 5, "jobs").unwrap();
    pool.apply(forever, 1, "others").unwrap();
    settle().await;
    pool.cancel_group(&group, Some("enough")).unwrap();
    assert!(matches!(
        pool.get_group_ids(["jobs"]),
        Err(PoolError::TaskGroupNotFound { .. })
    ));
    assert!(matches!(
        pool.cancel_group("jobs", None),
        Err(PoolError::TaskGroupNotFound { .. })
    ));
    settle().await;
    assert_eq!(
        counts(&pool),
        (1, 0, 2),
        "the other group's task has taken a slot"
    );
    assert_eq!(pool.stats().queued, 0);
    assert_eq!(pool.apply(forever, 1, "jobs").unwrap().as_str(), "jobs");
    let tasks = pool
        .snapshot(&Query {
            rows: 1,
            ..Query::default()
        })
        .tasks;
    let Some(Outcome::Cancelled(cancelled)) = &tasks[0].outcome else {
        panic!("{tasks:?}")
    };
    assert_eq!(cancelled.message.as_deref(), Some("enough"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_group_leaves_the_rest_of_its_iterator_unconsumed() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let noted = diary.clone();
    let elements = (0..9).inspect(move |n| noted.note(format!("{n}")));
    pool.map(|_| forever(), elements, 5, "g").unwrap();
    settle().await;
    pool.cancel_group("g", None).unwrap();
    settle().await;
    assert_eq!(diary.text(), "0");
}

#[tokio::test(start_paused = true)]
async fn cancel_all_also_reaches_tasks_of_forgotten_groups() {
    let (pool, diary) = (
        SimpleTaskPool::named("s", stubborn(&Diary::default()), None, ()),
        Diary::default(),
    );
    drop(pool);
    let pool = TaskPool::new(None);
    pool.apply(stubborn(&diary), 2, "g").unwrap();
    settle().await;
    pool.cancel_group("g", Some("one")).unwrap();
    settle().await;
    pool.cancel_all(Some("two"));
    settle().await;
    assert_eq!(diary.text(), "0:one 1:one 0:two 1:two");
    assert_eq!(pool.num_running(), 2);
    pool.cancel_all_by_force(None);
    settle().await;
    assert_eq!(counts(&pool), (0, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn stop_takes_the_newest_and_passes_over_those_that_are_cancelling() {
    let diary = Diary::default();
    let pool = SimpleTaskPool::new(stubborn(&diary), None, ());
    pool.start(5).unwrap();
    settle().await;
    assert_eq!(pool.stop(2), ids([4, 3]));
    assert_eq!(pool.stop(2), ids([2, 1]));
    settle().await;
    assert_eq!(diary.text(), "4:- 3:- 2:- 1:-");
    assert_eq!(pool.stop_all(), ids([0]));
    assert_eq!(pool.stop(9), ids([]));
    assert_eq!(pool.stats().cancelling, 5);
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_starts_in_the_room_that_stop_makes() {
    let pool = SimpleTaskPool::new(forever, 2, ());
    pool.start(4).unwrap();
    settle().await;
    assert_eq!(pool.stop_all(), ids([1, 0]));
    settle().await;
    assert_eq!(counts(&pool), (2, 0, 2));
    assert_eq!(pool.stop_all(), ids([3, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_caught_cancel_decides_by_what_the_task_returns() {
    async fn work(how: &'static str) -> Result<(), BoxError> {
        let context = TaskContext::current().unwrap();
        let cancelled = context.catch(forever()).await.unwrap_err();
        sleep(3).await; // cleaning up
        match how {
            "swallow" => Ok(()),
            "fail" => Err("broken clean-up".into()),
            _ => Err(cancelled.into()),
        }
    }
    let diary = Diary::default();
    let noted = diary.clone();
    let pool = TaskPool::new(None);
    let options = GroupOptions::default().on_cancel(Callback::new(move |id| noted.note(id.to_string())));
    pool.map(work, ["swallow", "fail", "raise"], 3, options).unwrap();
    settle().await;
    pool.cancel_all(Some("msg"));
    settle().await;
    assert_eq!(counts(&pool), (3, 0, 0), "requested is not happened");
    assert_eq!(pool.stats().cancelling, 3);
    sleep(3).await;
    settle().await;
    let totals = pool.stats().totals;
    assert_eq!((totals.completed, totals.failed, totals.cancelled), (1, 1, 1));
    assert_eq!(
        diary.text(),
        "2",
        "only the one that counts as cancelled has its cancel callback"
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_requested_cancel_makes_a_task_cancelled() {
    let pool = TaskPool::new(1);
    pool.apply(|| async { Err::<(), _>(Cancelled::default()) }, 1, ())
        .unwrap();
    let totals = pool.close().await.totals;
    assert_eq!((totals.failed, totals.cancelled), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_innermost_catch_wins_and_a_second_cancel_goes_to_the_next() {
    let diary = Diary::default();
    let noted = diary.clone();
    let work = move || {
        let noted = noted.clone();
        async move {
            let context = TaskContext::current().unwrap();
            let outer = context
                .catch(async {
                    let inner = context.catch(forever()).await;
                    noted.note(format!("inner {}", inner.unwrap_err().message.unwrap()));
                    forever().await;
                })
                .await;
            noted.note(format!("outer {}", outer.unwrap_err().message.unwrap()));
        }
    };
    let pool = TaskPool::new(1);
    pool.apply(work, 1, ()).unwrap();
    settle().await;
    pool.cancel(ids([0]), Some("1")).unwrap();
    pool.cancel(ids([0]), Some("not doubled")).unwrap();
    settle().await;
    assert_eq!(diary.text(), "inner 1");
    pool.cancel(ids([0]), Some("2")).unwrap();
    settle().await;
    assert_eq!(diary.text(), "inner 1 outer 2");
    assert_eq!(pool.stats().totals.completed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_between_two_catches_drops_the_task_where_it_stands() {
    struct Bell(Diary);
    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.note("dropped");
        }
    }
    let diary = Diary::default();
    let noted = diary.clone();
    let work = move || {
        let bell = Bell(noted.clone());
        async move {
            let context = TaskContext::current().unwrap();
            let caught = context.catch(forever()).await;
            assert!(caught.is_err());
            forever().await;
            drop(bell);
        }
    };
    let pool = TaskPool::new(1);
    pool.apply(work, 1, ()).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    assert_eq!(counts(&pool), (1, 0, 0));
    pool.cancel_all(None);
    settle().await;
    assert_eq!((counts(&pool), diary.text().as_str()), ((0, 0, 1), "dropped"));
}

#[tokio::test(start_paused = true)]
async fn force_ends_a_task_that_is_cancelling_and_is_a_plain_cancel_for_others() {
    let diary = Diary::default();
    let pool = TaskPool::new(2);
    pool.apply(stubborn(&diary), 2, ()).unwrap();
    settle().await;
    pool.cancel_by_force(ids([0]), Some("first")).unwrap();
    settle().await;
    assert_eq!((diary.text().as_str(), pool.num_running()), ("0:first", 2));
    pool.cancel_by_force(ids([0, 1]), Some("again")).unwrap();
    settle().await;
    assert_eq!(
        (diary.text().as_str(), pool.num_running()),
        ("0:first 1:again", 1)
    );
    assert_eq!(pool.stats().totals.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn catch_forced_takes_a_forced_cancel_and_may_still_decide() {
    let work = || async {
        let context = TaskContext::current().unwrap();
        let first = context.catch_forced(forever()).await.unwrap_err();
        assert!(!first.forced);
        let second = context.catch_forced(forever()).await.unwrap_err();
        assert!(second.forced);
        Err::<(), _>(second.with_detail(std::fmt::Error))
    };
    let pool = TaskPool::new(1);
    pool.apply(work, 1, ()).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    pool.cancel_all_by_force(None);
    settle().await;
    let tasks = pool
        .snapshot(&Query {
            rows: 1,
            ..Query::default()
        })
        .tasks;
    assert!(
        matches!(&tasks[0].outcome, Some(Outcome::Cancelled(c)) if c.detail.is_some()),
        "{tasks:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_at_any_moment_loses_no_slot_and_no_callback() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    for round in 0..300_u32 {
        let ended = Arc::new(AtomicUsize::new(0));
        let counted = ended.clone();
        let pool = TaskPool::new(3);
        let options = GroupOptions::default().on_end(Callback::new(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        }));
        let work = |n: u32| async move {
            for _ in 0..n % 4 {
                tokio::task::yield_now().await;
            }
        };
        let group = pool.map(work, 0..40, 3, options).unwrap();
        for _ in 0..round % 13 {
            tokio::task::yield_now().await;
        }
        pool.cancel_group(&group, None).unwrap();
        pool.apply(|| async {}, 3, ()).unwrap();
        let gathered = pool.close().await;
        let started = gathered.totals.sum() - 3;
        assert_eq!(ended.load(Ordering::SeqCst) as u64, started, "round {round}");
        assert_eq!(gathered.failures.len(), 0);
    }
}
