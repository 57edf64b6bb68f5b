//! Slots: how many tasks run at once, and who is next.

use super::*;
use taskpool_tui::pool::{EventKind, PoolError, PoolSize, SimpleTaskPool, TaskPool};

#[tokio::test(start_paused = true)]
async fn never_more_than_pool_size_hold_a_slot_and_the_size_reads_as_set() {
    let pool = TaskPool::new(3);
    pool.map(|_| sleep(1), 0..10, 10, ()).unwrap();
    for (second, ended) in [(0, 0), (1, 3), (2, 6), (3, 9)] {
        settle().await;
        assert_eq!(counts(&pool), (if second == 3 { 1 } else { 3 }, 0, ended));
        assert_eq!(pool.is_full(), second != 3);
        assert_eq!(pool.pool_size(), PoolSize::Limited(3));
        sleep(1).await;
    }
    settle().await;
    assert_eq!(counts(&pool), (0, 0, 10));
}

#[tokio::test(start_paused = true)]
async fn raising_the_size_starts_waiting_tasks_and_never_too_many() {
    let pool = SimpleTaskPool::new(forever, 2, ());
    pool.start(10).unwrap();
    settle().await;
    assert_eq!(pool.num_running(), 2);
    pool.set_pool_size(4);
    settle().await;
    assert_eq!(pool.num_running(), 4);
}

#[tokio::test(start_paused = true)]
async fn lowering_the_size_stops_nobody_and_nothing_starts_until_enough_have_ended() {
    let pool = TaskPool::new(5);
    pool.map(sleep, [1, 2, 3, 4, 5, 9, 9], 9, ()).unwrap();
    settle().await;
    pool.set_pool_size(1);
    assert_eq!(pool.num_running(), 5);
    for running in [4, 3, 2, 1, 1] {
        sleep(1).await;
        settle().await;
        assert_eq!(pool.num_running(), running);
    }
    assert_eq!(pool.num_ended(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_pool_of_size_0_holds_everything_until_it_grows() {
    let pool = TaskPool::new(0);
    pool.apply(|| sleep(1), 3, ()).unwrap();
    sleep(5).await;
    assert_eq!(counts(&pool), (0, 0, 0));
    assert!(pool.is_full());
    pool.set_pool_size(3);
    settle().await;
    assert_eq!(pool.num_running(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_size_everything_starts() {
    let pool = TaskPool::new(None);
    assert_eq!(pool.pool_size(), PoolSize::Unlimited);
    pool.apply(forever, 5000, ()).unwrap();
    settle().await;
    assert_eq!(pool.num_running(), 5000);
    assert!(!pool.is_full());
}

#[tokio::test(start_paused = true)]
async fn waiting_groups_get_free_slots_in_turn() {
    let (pool, diary) = (TaskPool::new(2), Diary::default());
    for name in ["a", "b"] {
        let diary = diary.clone();
        let work = move |n: u32| {
            diary.note(format!("{name}{n}"));
            tokio::time::sleep(Duration::from_millis(10 + u64::from(n)))
        };
        pool.map(work, 0..6, 5, ()).unwrap();
    }
    pool.close().await;
    assert_eq!(diary.text(), "a0 a1 a2 b0 a3 b1 a4 b2 a5 b3 b4 b5");
}

#[tokio::test(start_paused = true)]
async fn num_concurrent_limits_a_group_and_the_next_starts_as_soon_as_one_ends() {
    let pool = TaskPool::new(10);
    pool.map(|_| sleep(2), 0..7, 3, ()).unwrap();
    for running in [3, 3, 1] {
        settle().await;
        assert_eq!(pool.num_running(), running);
        sleep(2).await;
    }
    assert!(matches!(
        pool.map(sleep, [1], 0, ()),
        Err(PoolError::InvalidNumConcurrent)
    ));
}

#[tokio::test(start_paused = true)]
async fn while_paused_nothing_starts_and_running_tasks_go_on() {
    let pool = TaskPool::new(2);
    pool.map(|_| sleep(1), 0..6, 6, ()).unwrap();
    settle().await;
    pool.pause();
    sleep(10).await;
    assert_eq!(counts(&pool), (0, 0, 2));
    pool.apply(|| sleep(1), 1, ()).unwrap(); // accepted, and held
    pool.resume();
    settle().await;
    assert_eq!(pool.num_running(), 2);
    assert_eq!(pool.close().await.totals.completed, 7);
}

#[tokio::test(start_paused = true)]
async fn a_pause_between_pulling_and_starting_loses_no_element() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let (pauser, noted) = (pool.clone(), diary.clone());
    let elements = (0..4).inspect(move |n| {
        if *n == 2 {
            pauser.pause(); // the pool has asked for this element and has not started it
        }
    });
    pool.map(
        move |n| {
            noted.note(format!("{n}"));
            async {}
        },
        elements,
        1,
        (),
    )
    .unwrap();
    settle().await;
    assert_eq!(pool.num_ended(), 2);
    assert_eq!(
        pool.stats().queued,
        2,
        "the element that was pulled still counts as queued"
    );
    pool.resume();
    settle().await;
    assert_eq!(diary.text(), "0 1 2 3");
    assert_eq!(pool.num_ended(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_tasks_give_back_every_slot() {
    let pool = TaskPool::new(50);
    for _ in 0..4 {
        pool.map(
            |n: u32| async move {
                if n.is_multiple_of(7) {
                    tokio::task::yield_now().await;
                }
            },
            0..25_000,
            40,
            (),
        )
        .unwrap();
    }
    assert_eq!(pool.close().await.totals.completed, 100_000);
    assert_eq!(counts(&pool), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_groups_own_limit_changes_while_it_runs() {
    let pool = TaskPool::new(4);
    let mut events = pool.events();
    pool.map(sleep, [1, 2, 3, 9, 9, 9, 9], 1, "g").unwrap();
    settle().await;
    assert_eq!(pool.num_running(), 1);
    pool.set_num_concurrent("g", 3).unwrap();
    settle().await;
    assert_eq!(pool.num_running(), 3, "raised: they start at once");
    // Lowered: nobody is stopped, and nothing starts until enough have ended.
    pool.set_num_concurrent("g", 1).unwrap();
    for running in [2, 1, 1] {
        sleep(1).await;
        settle().await;
        assert_eq!(pool.num_running(), running);
    }
    assert_eq!(pool.group("g").unwrap().num_concurrent, Some(1));
    // No limit of its own: only that of the pool.
    pool.set_num_concurrent("g", None).unwrap();
    settle().await;
    assert_eq!(pool.num_running(), 4);
    let limits: Vec<_> = events
        .read(100)
        .events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::GroupLimited {
                group,
                num_concurrent,
            } => Some((group.to_string(), num_concurrent)),
            _ => None,
        })
        .collect();
    let g = || "g".to_owned();
    assert_eq!(limits, [(g(), Some(3)), (g(), Some(1)), (g(), None)]);
}

#[tokio::test(start_paused = true)]
async fn a_groups_own_limit_is_at_least_1_and_of_a_group_that_is_there() {
    let pool = TaskPool::new(4);
    pool.map(sleep, [1, 1], 1, "g").unwrap();
    let error = pool.set_num_concurrent("g", 0).unwrap_err();
    assert!(matches!(error, PoolError::InvalidNumConcurrent));
    let error = pool.set_num_concurrent("h", 1).unwrap_err();
    assert!(matches!(error, PoolError::TaskGroupNotFound { .. }));
    assert_eq!(pool.group("g").unwrap().num_concurrent, Some(1));
}

#[tokio::test(start_paused = true)]
async fn the_slots_that_a_group_gives_up_are_for_others() {
    let pool = TaskPool::new(0);
    pool.map(|_| forever(), 0..9, 9, "a").unwrap();
    pool.map(|_| forever(), 0..9, 9, "b").unwrap();
    pool.set_num_concurrent("a", 1).unwrap();
    pool.set_pool_size(6);
    settle().await;
    let running = |name| pool.group(name).unwrap().running;
    assert_eq!((running("a"), running("b")), (1, 5));
}
