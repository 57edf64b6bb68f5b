//! R07 to R15, R23 to R25 and R30: lock, close, flush.

use super::*;
use taskpool_tui::pool::{PoolError, SimpleTaskPool, TaskPool, TaskState};

/// The original raises, none of the 3 tasks runs, and the pool never closes.
#[tokio::test(start_paused = true)]
async fn r07_tasks_applied_just_before_the_close_run_to_their_end() {
    let pool = TaskPool::new(None);
    pool.apply(|| sleep(1), 3, ()).unwrap();
    pool.lock();
    assert_eq!(pool.gather_and_close().await.unwrap().totals.completed, 3);
    assert!(pool.until_closed().await);
}

/// As R07; with one slot, the original runs 2 of 3.
#[tokio::test(start_paused = true)]
async fn r08_tasks_started_just_before_the_close_run_to_their_end_in_one_slot_too() {
    for size in [None, Some(1)] {
        let pool = SimpleTaskPool::new(|| sleep(1), size, ());
        pool.start(3).unwrap();
        assert_eq!(pool.close().await.totals.completed, 3);
    }
}

/// In the original `map` goes on taking no notice of the lock, while `apply` and `start` lose what was accepted.
#[tokio::test(start_paused = true)]
async fn r09_a_lock_refuses_new_groups_and_lets_accepted_ones_finish_alike() {
    let (tasks, simple) = (TaskPool::new(1), SimpleTaskPool::new(|| sleep(1), 1, ()));
    tasks.apply(|| sleep(1), 5, ()).unwrap();
    tasks.map(sleep, vec![1; 5], 2, ()).unwrap();
    tasks.starmap(sleep, vec![(1,); 5], 2, ()).unwrap();
    simple.start(5).unwrap();
    tasks.lock();
    simple.lock();
    let refusals = [
        tasks.apply(forever, 1, ()),
        tasks.map(sleep, [1], 1, ()),
        tasks.starmap(sleep, [(1,)], 1, ()),
        tasks.doublestarmap(sleep, [1_u32], 1, ()),
        simple.start(1),
    ];
    for refused in refusals {
        assert!(
            matches!(refused, Err(PoolError::PoolIsLocked { .. })),
            "{refused:?}"
        );
    }
    sleep(20).await;
    assert_eq!((tasks.num_ended(), simple.num_ended()), (15, 5));
}

/// In the original a lock kills what waits for room, and a later flush raises for it.
#[tokio::test(start_paused = true)]
async fn r10_a_lock_while_tasks_wait_for_room_breaks_nothing_and_a_pause_holds_them() {
    let pool = TaskPool::new(1);
    pool.apply(|| sleep(1), 3, ()).unwrap();
    settle().await;
    pool.lock();
    pool.pause();
    sleep(10).await;
    assert_eq!((counts(&pool), pool.stats().queued), ((0, 0, 1), 2), "held");
    pool.resume();
    sleep(10).await;
    assert_eq!(pool.flush().await.into_result().unwrap().completed, 3);
}

/// In the original the documented error does not exist; it locks by itself.
#[tokio::test(start_paused = true)]
async fn r11_gather_and_close_wants_a_locked_pool_and_close_locks_it() {
    let pool = TaskPool::new(1);
    let refused = pool.gather_and_close().await;
    assert!(matches!(refused, Err(PoolError::PoolStillUnlocked { .. })));
    assert!(!pool.is_locked() && !pool.stats().closing, "nothing was changed");
    pool.apply(|| async {}, 1, ()).unwrap();
    assert_eq!(pool.close().await.totals.completed, 1);
    assert!(pool.is_locked());
}

/// In the original a task starts after an `unlock`, and is then forgotten while it runs.
#[tokio::test(start_paused = true)]
async fn r12_a_pool_that_is_closing_stays_locked() {
    let pool = TaskPool::new(1);
    pool.apply(|| sleep(5), 1, ()).unwrap();
    let closer = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    settle().await;
    assert!(matches!(pool.unlock(), Err(PoolError::PoolIsClosing { .. })));
    assert!(matches!(
        pool.apply(forever, 1, ()),
        Err(PoolError::PoolIsLocked { .. })
    ));
    assert_eq!(closer.await.unwrap().totals.completed, 1);
    assert!(matches!(pool.unlock(), Err(PoolError::PoolIsClosed { .. })));
}

/// The original raises the failure, does not close, and raises again at every later flush and close.
#[tokio::test(start_paused = true)]
async fn r13_failures_are_returned_after_the_close_and_do_not_prevent_it() {
    let pool = TaskPool::new(None);
    let work = |n: u64| async move { if n == 0 { Ok(()) } else { Err(format!("no {n}")) } };
    pool.map(work, [0, 1, 2], 3, ()).unwrap();
    let gathered = pool.close().await;
    assert!(pool.until_closed().await);
    assert_eq!((gathered.totals.completed, gathered.failures.len()), (1, 2));
    assert_eq!(
        gathered.into_result().unwrap_err().id,
        TaskId(1),
        "the first of them"
    );
    assert_eq!(pool.flush().await.failures.len(), 0, "not again");
}

/// In the original a timeout of the wait kills the queue: 1 of 10 tasks ran.
#[tokio::test(start_paused = true)]
async fn r14_timing_out_the_wait_for_the_close_loses_nothing_of_the_queue() {
    let pool = TaskPool::new(1);
    pool.apply(|| sleep(1), 10, ()).unwrap();
    pool.lock();
    let wait = tokio::time::timeout(Duration::from_millis(500), pool.gather_and_close());
    assert!(wait.await.is_err());
    assert!(!pool.stats().closed && !pool.stats().closing);
    assert_eq!(pool.gather_and_close().await.unwrap().totals.completed, 10);
}

/// In the original a timeout of the wait cancels what runs: 0 of 3 tasks finished.
#[tokio::test(start_paused = true)]
async fn r15_dropping_the_wait_for_the_close_cancels_nothing_that_runs() {
    let pool = TaskPool::new(3);
    pool.apply(|| sleep(5), 3, ()).unwrap();
    let closer = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    settle().await;
    closer.abort();
    assert!(closer.await.unwrap_err().is_cancelled());
    sleep(5).await;
    settle().await;
    assert_eq!(pool.stats().totals.completed, 3);
}

/// The original raises a `KeyError`, runs no end callback, and loses the slot for ever.
#[tokio::test(start_paused = true)]
async fn r23_a_flush_during_a_cancel_callback_waits_for_it_and_loses_no_slot() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let options = diary.callbacks().on_cancel(Callback::from_async(|_| sleep(5)));
    pool.apply(forever, 1, options).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    assert_eq!(tasks(&pool)[0].state, TaskState::Cancelled);
    let start = tokio::time::Instant::now();
    let flushed = pool.flush().await;
    assert_eq!((flushed.totals.cancelled, start.elapsed().as_secs()), (1, 4));
    assert_eq!((diary.text().as_str(), counts(&pool)), ("e0", (0, 0, 0)));
    pool.apply(|| async {}, 1, ()).unwrap();
    assert_eq!(pool.close().await.totals.completed, 1, "the slot is there");
}

/// The original forgets, unseen, what fails while it waits.
#[tokio::test(start_paused = true)]
async fn r24_what_ends_during_a_flush_is_kept_for_the_next() {
    let pool = TaskPool::new(None);
    let slow = GroupOptions::default().on_end(Callback::from_async(|_| sleep(5)));
    pool.apply(|| async {}, 1, slow).unwrap();
    let fails_later = || async {
        sleep(2).await;
        Err::<(), _>("too late")
    };
    pool.apply(fails_later, 1, ()).unwrap();
    settle().await;
    let first = pool.flush().await;
    assert_eq!((first.totals.completed, first.failures.len()), (1, 0));
    let second = pool.flush().await;
    assert_eq!(second.into_result().unwrap_err().id, TaskId(1));
}

/// The original deadlocks, and a cancel then recurses for ever.
#[tokio::test(start_paused = true)]
async fn r25_a_callback_that_flushes_waits_for_others_but_not_for_itself() {
    let (pool, diary) = (TaskPool::new(None), Diary::default());
    let (flusher, noted) = (pool.clone(), diary.clone());
    let on_end = Callback::from_async(move |id| {
        let (flusher, noted) = (flusher.clone(), noted.clone());
        async move { noted.note(format!("{id}:{}", flusher.flush().await.totals.sum())) }
    });
    let slow = GroupOptions::default().on_end(Callback::from_async(|_| sleep(5)));
    pool.apply(|| async {}, 1, slow).unwrap();
    settle().await;
    // Both kinds of callback: this task's cancel callback flushes first, then its end callback.
    let options = GroupOptions::default().on_cancel(on_end.clone()).on_end(on_end);
    pool.apply(forever, 1, options).unwrap();
    settle().await;
    pool.cancel(ids([1]), None).unwrap();
    sleep(4).await;
    assert_eq!(diary.text(), "", "it waits for the first task's callback");
    sleep(2).await;
    assert_eq!(diary.text(), "1:1 1:0");
    assert_eq!(pool.close().await.totals.cancelled, 1);
}

/// The same for several at once: callbacks that flush do not wait for each other.
#[tokio::test(start_paused = true)]
async fn r25_callbacks_that_flush_at_the_same_time_do_not_wait_for_each_other() {
    let (pool, diary) = (TaskPool::new(None), Diary::default());
    let (flusher, noted, forgotten) = (pool.clone(), diary.clone(), Arc::new(AtomicUsize::new(0)));
    let sum = forgotten.clone();
    let on_end = Callback::from_async(move |id| {
        let (flusher, noted, sum) = (flusher.clone(), noted.clone(), sum.clone());
        async move {
            sleep(1).await; // now all of them are in their callbacks
            let totals = flusher.flush().await.totals.sum();
            sum.fetch_add(usize::try_from(totals).unwrap(), Ordering::SeqCst);
            noted.note(id.to_string());
        }
    });
    let slow = GroupOptions::default().on_end(Callback::from_async(|_| sleep(5)));
    pool.apply(|| async {}, 1, slow).unwrap();
    pool.apply(|| async {}, 3, GroupOptions::default().on_end(on_end))
        .unwrap();
    sleep(4).await;
    let outside = tokio::spawn({
        let pool = pool.clone();
        async move { pool.flush().await.totals.sum() }
    });
    settle().await;
    assert_eq!(
        (diary.text().as_str(), outside.is_finished()),
        ("", false),
        "all wait for the first task's"
    );
    sleep(2).await;
    assert_eq!(diary.text(), "1 2 3");
    // One from outside waits for all callbacks; whoever was there first has forgotten the tasks that were over.
    let rest = outside.await.unwrap() + pool.flush().await.totals.sum();
    assert_eq!(
        (forgotten.load(Ordering::SeqCst) as u64 + rest, pool.num_ended()),
        (4, 0)
    );
}

/// Two pools of the same name are not each other: a callback of one may wait for the other's task of its own ID.
#[tokio::test(start_paused = true)]
async fn r25_a_callback_that_flushes_another_pool_of_the_same_name_waits_for_all_of_it() {
    let (pool, other) = (TaskPool::named("x", 1), TaskPool::named("x", 1));
    let slow = GroupOptions::default().on_end(Callback::from_async(|_| sleep(5)));
    other.apply(|| async {}, 1, slow).unwrap();
    settle().await;
    let (diary, flusher) = (Diary::default(), other.clone());
    let noted = diary.clone();
    let on_end = Callback::from_async(move |_| {
        let (flusher, noted) = (flusher.clone(), noted.clone());
        async move { noted.note(flusher.flush().await.totals.sum().to_string()) }
    });
    pool.apply(|| async {}, 1, GroupOptions::default().on_end(on_end))
        .unwrap();
    sleep(10).await;
    assert_eq!(diary.text(), "1");
}

/// In the original the group keeps the IDs, and its name can never be used again.
#[tokio::test(start_paused = true)]
async fn r30_flushed_ids_leave_their_group_and_an_empty_group_is_forgotten() {
    let pool = TaskPool::new(None);
    pool.map(sleep, [1, 9], 2, "g").unwrap();
    sleep(2).await;
    pool.flush().await;
    assert_eq!(pool.get_group_ids(["g"]).unwrap(), ids([1]).into_iter().collect());
    assert!(matches!(
        pool.apply(forever, 1, "g"),
        Err(PoolError::TaskGroupAlreadyExists { .. })
    ));
    sleep(9).await;
    pool.flush().await;
    assert!(matches!(
        pool.get_group_ids(["g"]),
        Err(PoolError::TaskGroupNotFound { .. })
    ));
    pool.apply(|| async {}, 1, "g").unwrap();
    assert_eq!(pool.stats().groups, 1);
}
