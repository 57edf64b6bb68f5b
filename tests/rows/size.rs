//! R01 to R06: the size of a pool.

use super::*;
use taskpool_tui::pool::{PoolSize, SimpleTaskPool, TaskPool};

/// The original returns the free slots: 2 of 5 while 3 tasks run.
#[tokio::test(start_paused = true)]
async fn r01_the_size_reads_as_it_was_set_whatever_runs() {
    let pool = SimpleTaskPool::new(forever, 5, ());
    pool.start(3).unwrap();
    settle().await;
    assert_eq!((pool.pool_size(), pool.num_running()), (PoolSize::Limited(5), 3));
    pool.stop_all();
    settle().await;
    assert_eq!(pool.pool_size(), PoolSize::Limited(5));
    // How many are free is in the same snapshot.
    let stats = pool.stats();
    assert_eq!(stats.size.limit().unwrap() - stats.running - stats.cancelled, 5);
}

/// The original starts nothing at first, and then 6 tasks under a size of 4.
#[tokio::test(start_paused = true)]
async fn r02_a_raised_size_starts_waiting_tasks_at_once_and_is_never_exceeded() {
    let (gauge, pool) = (Gauge::default(), TaskPool::new(2));
    let during = gauge.clone();
    pool.apply(move || during.clone().during(sleep(10)), 20, ())
        .unwrap();
    settle().await;
    pool.set_pool_size(4);
    settle().await;
    assert_eq!(pool.num_running(), 4);
    assert_eq!(pool.close().await.totals.completed, 20);
    assert_eq!(gauge.most_at_once(), 4);
}

/// The original lets 6 run, and reads 6 afterwards.
#[tokio::test(start_paused = true)]
async fn r03_a_lowered_size_ends_nobody_and_starts_nobody_until_there_is_room() {
    let pool = TaskPool::new(5);
    pool.map(sleep, [1, 2, 3, 4, 5], 5, ()).unwrap();
    settle().await;
    pool.set_pool_size(1);
    pool.apply(forever, 1, "waits").unwrap();
    for running in [4, 3, 2, 1] {
        sleep(1).await;
        settle().await;
        assert_eq!(pool.num_running(), running);
        assert!(pool.get_group_ids(["waits"]).unwrap().is_empty());
    }
    sleep(1).await;
    settle().await;
    assert_eq!(
        pool.get_group_ids(["waits"]).unwrap().len(),
        1,
        "now there is room"
    );
    assert_eq!(pool.pool_size(), PoolSize::Limited(1));
    assert_eq!(pool.stats().totals.cancelled, 0);
}

/// The original hangs for ever.
#[tokio::test(start_paused = true)]
async fn r04_a_pool_of_size_0_starts_its_tasks_once_it_grows() {
    let pool = TaskPool::new(0);
    pool.apply(forever, 5, ()).unwrap();
    sleep(60).await;
    assert_eq!((counts(&pool), pool.stats().queued), ((0, 0, 0), 5));
    pool.set_pool_size(3);
    settle().await;
    assert_eq!((counts(&pool), pool.stats().queued), ((3, 0, 0), 2));
}

/// The original takes 2.5 and NaN for "unlimited", and -1 only after the pool was registered. Here a size is
/// an `Option<usize>` (or `PoolSize`, or `usize`): `TaskPool::new(2.5)` and `TaskPool::new(-1)` do not compile, and
/// there is nothing else to reject.
#[tokio::test(start_paused = true)]
async fn r05_a_size_is_a_whole_number_or_none() {
    assert_eq!(TaskPool::new(None).pool_size(), PoolSize::Unlimited);
    assert_eq!(TaskPool::new(Some(3)).pool_size(), PoolSize::Limited(3));
    assert_eq!(TaskPool::new(0).pool_size(), PoolSize::Limited(0));
    let pool = TaskPool::new(usize::MAX);
    pool.apply(|| async {}, 20, ()).unwrap();
    assert_eq!(pool.close().await.totals.completed, 20);
}

/// The original says "not full" with 3 running after the size was set to 3 again.
#[tokio::test(start_paused = true)]
async fn r06_a_pool_is_full_exactly_while_as_many_tasks_as_its_size_hold_slots() {
    let pool = SimpleTaskPool::new(forever, 3, ());
    assert!(!pool.is_full());
    pool.start(3).unwrap();
    settle().await;
    assert!(pool.is_full());
    pool.set_pool_size(3);
    assert!(pool.is_full());
    pool.set_pool_size(4);
    assert!(!pool.is_full());
    pool.set_pool_size(1);
    assert!(pool.is_full());
    pool.stop(2);
    settle().await;
    assert!(pool.is_full(), "one of one");
    pool.stop(1);
    settle().await;
    assert!(!pool.is_full());
    pool.set_pool_size(0);
    assert!(pool.is_full(), "there is no free slot");
    pool.set_pool_size(None);
    assert!(!pool.is_full());
}
