//! Locking, flushing, closing.

use super::*;
use taskpool_tui::pool::{Callback, GroupOptions, SimpleTaskPool, TaskPool};

#[tokio::test(start_paused = true)]
async fn a_locked_pool_refuses_new_groups_and_finishes_the_old_ones() {
    let tasks = TaskPool::new(1);
    let simple = SimpleTaskPool::new(|| sleep(1), 1, ());
    tasks.apply(|| sleep(1), 3, ()).unwrap();
    tasks.map(|_| sleep(1), 0..3, 1, ()).unwrap();
    simple.start(3).unwrap();
    tasks.lock();
    simple.lock();
    assert!(tasks.is_locked() && simple.is_locked());
    assert!(is_locked(tasks.apply(forever, 1, ())) && is_locked(tasks.map(sleep, [1], 1, ())));
    assert!(is_locked(tasks.starmap(sleep, [(1,)], 1, ())) && is_locked(simple.start(1)));
    sleep(10).await;
    assert_eq!((tasks.num_ended(), simple.num_ended()), (6, 3));
    tasks.unlock().unwrap();
    tasks.apply(|| sleep(1), 1, ()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn close_wants_the_lock_and_waits_for_everything() {
    let pool = TaskPool::new(1);
    pool.apply(|| sleep(1), 3, ()).unwrap();
    assert!(matches!(
        pool.gather_and_close().await,
        Err(PoolError::PoolStillUnlocked { .. })
    ));
    pool.lock();
    let start = tokio::time::Instant::now();
    let gathered = pool.gather_and_close().await.unwrap();
    assert_eq!((gathered.totals.completed, start.elapsed().as_secs()), (3, 3));
    assert!(pool.until_closed().await);
    assert!(matches!(
        pool.apply(forever, 1, ()),
        Err(PoolError::PoolIsClosed { .. })
    ));
    assert!(matches!(pool.unlock(), Err(PoolError::PoolIsClosed { .. })));
    assert_eq!(pool.close().await.totals.sum(), 0, "nothing is left");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_close_waits_until_then() {
    let pool = TaskPool::new(1);
    pool.apply(|| sleep(2), 1, ()).unwrap();
    let waiting = pool.clone();
    let waits = tokio::spawn(async move { waiting.until_closed().await });
    sleep(1).await;
    pool.lock();
    settle().await;
    assert!(!waits.is_finished(), "locked is not closed");
    pool.close().await;
    assert!(waits.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_wait_for_the_close_has_no_effect_and_several_may_wait() {
    let pool = TaskPool::new(2);
    pool.apply(|| sleep(5), 4, ()).unwrap();
    pool.lock();
    tokio::time::timeout(Duration::from_secs(1), pool.gather_and_close())
        .await
        .unwrap_err();
    assert_eq!(pool.num_running(), 2);
    pool.unlock().unwrap(); // nobody closes it any more
    pool.lock();
    let (one, two) = (pool.clone(), pool.clone());
    let waits = tokio::spawn(async move { one.gather_and_close().await.unwrap() });
    let watches = tokio::spawn(async move { two.until_closed().await });
    settle().await;
    assert!(matches!(pool.unlock(), Err(PoolError::PoolIsClosing { .. })));
    let gathered = pool.gather_and_close().await.unwrap();
    assert_eq!(gathered.totals.completed, 4);
    assert_eq!(
        waits.await.unwrap().totals.completed,
        4,
        "a second waiter gets the same"
    );
    assert!(watches.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_never_stops_the_close_and_comes_first_in_id_order() {
    let work = |n: u64| async move {
        sleep(10 - n).await;
        if n % 2 == 1 {
            Err(format!("no {n}"))
        } else {
            Ok(())
        }
    };
    let pool = TaskPool::new(None);
    pool.map(work, 0..6, 6, ()).unwrap();
    pool.apply(boom, 1, ()).unwrap();
    let gathered = pool.close().await;
    let failed: Vec<String> = gathered
        .failures
        .iter()
        .map(|(id, outcome)| format!("{id} {outcome}"))
        .collect();
    assert_eq!(
        failed,
        [
            "1 failed: no 1",
            "3 failed: no 3",
            "5 failed: no 5",
            "6 panicked: boom"
        ]
    );
    assert_eq!(
        (
            gathered.totals.completed,
            gathered.totals.failed,
            gathered.totals.panicked
        ),
        (3, 3, 1)
    );
    assert_eq!(
        gathered.into_result().unwrap_err().to_string(),
        "task 1 failed: no 1"
    );
}

#[tokio::test(start_paused = true)]
async fn flush_forgets_what_had_ended_at_the_call_and_leaves_the_rest() {
    let pool = TaskPool::new(None);
    let slow_end = GroupOptions::named("slow").on_end(Callback::from_async(|_| sleep(5)));
    pool.map(|_| async {}, 0..2, 2, slow_end).unwrap();
    pool.map(sleep, [2, 100], 2, "late").unwrap();
    settle().await;
    let start = tokio::time::Instant::now();
    let flushed = pool.flush().await;
    assert_eq!(
        (flushed.totals.completed, start.elapsed().as_secs()),
        (2, 4),
        "it waited for the callbacks"
    );
    assert_eq!(
        counts(&pool),
        (1, 0, 1),
        "what ended meanwhile is kept for the next flush"
    );
    assert!(
        matches!(
            pool.get_group_ids(["slow"]),
            Err(PoolError::TaskGroupNotFound { .. })
        ),
        "forgotten"
    );
    assert_eq!(
        pool.get_group_ids(["late"]).unwrap(),
        ids([2, 3]).into_iter().collect()
    );
    assert_eq!(pool.flush().await.totals.completed, 1);
    assert_eq!(
        pool.get_group_ids(["late"]).unwrap(),
        ids([3]).into_iter().collect()
    );
}

#[tokio::test(start_paused = true)]
async fn flush_in_a_callback_does_not_wait_for_itself() {
    let (pool, diary) = (TaskPool::new(2), Diary::default());
    let (flusher, noted) = (pool.clone(), diary.clone());
    let on_end = Callback::from_async(move |id| {
        let (flusher, noted) = (flusher.clone(), noted.clone());
        async move { noted.note(format!("{id}:{}", flusher.flush().await.totals.sum())) }
    });
    pool.apply(|| async {}, 1, ()).unwrap();
    settle().await;
    pool.apply(|| async {}, 1, GroupOptions::default().on_end(on_end))
        .unwrap();
    settle().await;
    assert_eq!(diary.text(), "1:1");
    assert_eq!(counts(&pool), (0, 0, 1), "its own task is left");
    assert_eq!(pool.close().await.totals.completed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_dropped_leaves_the_tasks() {
    let pool = TaskPool::new(None);
    pool.apply(
        || async {},
        3,
        GroupOptions::default().on_end(Callback::from_async(|_| sleep(9))),
    )
    .unwrap();
    settle().await;
    tokio::time::timeout(Duration::from_secs(1), pool.flush())
        .await
        .unwrap_err();
    assert_eq!(pool.num_ended(), 3);
    assert_eq!(pool.flush().await.totals.completed, 3);
}

#[tokio::test(start_paused = true)]
async fn ids_are_never_used_again() {
    let pool = TaskPool::new(None);
    for round in 0..3 {
        pool.apply(|| async {}, 600, "g").unwrap();
        settle().await;
        let first = round * 600;
        assert_eq!(
            pool.get_group_ids(["g"]).unwrap(),
            ids(first..first + 600).into_iter().collect()
        );
        assert_eq!(pool.flush().await.totals.completed, 600);
    }
}

#[tokio::test(start_paused = true)]
async fn totals_since_launch_survive_a_flush() {
    let pool = TaskPool::new(None);
    pool.map(
        |n| async move { if n == 0 { Err("x") } else { Ok(()) } },
        0..3,
        3,
        (),
    )
    .unwrap();
    settle().await;
    pool.flush().await;
    assert_eq!(
        (
            pool.num_ended(),
            pool.stats().totals.completed,
            pool.stats().totals.failed
        ),
        (0, 2, 1)
    );
}

async fn boom() {
    panic!("boom")
}
