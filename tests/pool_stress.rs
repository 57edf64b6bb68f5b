//! Many threads at once, and what a pool leaves behind: nothing. Conditions are awaited, never times; each test was
//! made to hold whatever the threads do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use taskpool_tui::pool::{
    ArgsText, Callback, GroupOptions, Method, Pull, SimpleTaskPool, Source, TaskContext, TaskPool,
};

/// Generous: only a hang takes this long.
const PATIENCE: Duration = Duration::from_mins(5);

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it hangs")
}

/// Something to capture; how many there are is known.
#[derive(Clone, Default)]
struct Captured(Arc<()>);

impl Captured {
    /// Waits until only this one is left.
    async fn alone(&self) {
        in_time(async {
            while Arc::strong_count(&self.0) > 1 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    fn others(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }

    /// Callbacks that have it, too.
    fn callbacks(&self) -> GroupOptions {
        let (cancel, end) = (self.clone(), self.clone());
        GroupOptions::default()
            .on_cancel(Callback::new(move |_| _ = cancel.others()))
            .on_end(Callback::from_async(move |_| {
                let end = end.clone();
                async move {
                    tokio::task::yield_now().await;
                    drop(end);
                }
            }))
    }
}

/// Elements that never come. Each look at it calls `seen`.
struct Silent<F> {
    captured: Captured,
    seen: F,
}

impl<F: Fn() + Send + 'static> Source for Silent<F> {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        (self.seen)();
        Poll::Pending
    }

    fn pull(&mut self, _: &mut ArgsText) -> Pull {
        unreachable!("nothing came, {} others", self.captured.others())
    }

    fn remaining(&self) -> Option<usize> {
        None
    }
}

#[tokio::test]
async fn a_source_that_is_being_asked_while_its_group_is_cancelled_is_dropped() {
    for at in 1..=2 {
        let (pool, captured, looks) = (TaskPool::new(1), Captured::default(), AtomicUsize::new(0));
        let canceller = pool.clone();
        let source = Silent {
            captured: captured.clone(),
            // The first look is that of a slot, the second that of the one who waits for it.
            seen: move || {
                if looks.fetch_add(1, Ordering::SeqCst) + 1 == at {
                    canceller.cancel_group("g", None).unwrap();
                }
            },
        };
        pool.submit(Method::Map, Some(1), source, "g").unwrap();
        captured.alone().await;
        assert_eq!(in_time(pool.close()).await.totals.sum(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_group_cancelled_at_any_moment_lets_go_of_its_iterator() {
    for round in 0..300_u32 {
        let (pool, captured) = (TaskPool::new(3), Captured::default());
        let (in_iterator, in_func) = (captured.clone(), captured.clone());
        let elements = (0..).inspect(move |_| _ = in_iterator.others());
        let work = move |_: u32| {
            let captured = in_func.clone();
            async move {
                tokio::task::yield_now().await;
                drop(captured);
            }
        };
        pool.map(work, elements, 3, "g").unwrap();
        let silent = Silent {
            captured: captured.clone(),
            seen: || (),
        };
        pool.submit(Method::Map, None, silent, "silent").unwrap();
        for _ in 0..round % 17 {
            tokio::task::yield_now().await;
        }
        pool.cancel_group("g", None).unwrap();
        pool.cancel_group("silent", None).unwrap();
        // Without a flush: nothing but the tasks themselves may keep it.
        captured.alone().await;
        in_time(pool.close()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pool_that_is_closed_and_dropped_frees_everything() {
    for round in 0..100_u32 {
        let captured = Captured::default();
        let pool = TaskPool::new(4);
        for group in 0..4 {
            let in_work = captured.clone();
            let work = move |n: u32| {
                let captured = in_work.clone();
                async move {
                    if n.is_multiple_of(3) {
                        tokio::task::yield_now().await;
                    }
                    captured.others()
                }
            };
            let work = move |n| {
                let future = work(n);
                async move {
                    let others = future.await;
                    if n % 5 == 0 {
                        Err(format!("{others}"))
                    } else {
                        Ok(())
                    }
                }
            };
            let options = GroupOptions {
                group_name: Some(format!("g{group}").into()),
                ..captured.callbacks()
            };
            pool.map(work, 0..50, 2, options).unwrap();
        }
        if round % 2 == 0 {
            pool.cancel_group("g1", Some("enough")).unwrap();
        }
        in_time(pool.close()).await;
        drop(pool);
        captured.alone().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_that_are_dropped_stop_nothing_and_keep_nothing() {
    for _ in 0..100 {
        let (captured, done) = (Captured::default(), Arc::new(AtomicUsize::new(0)));
        let pool = TaskPool::new(3);
        let (in_work, counts) = (captured.clone(), done.clone());
        let work = move || {
            let (captured, counts) = (in_work.clone(), counts.clone());
            async move {
                tokio::task::yield_now().await;
                drop(captured);
                counts.fetch_add(1, Ordering::SeqCst);
            }
        };
        pool.apply(work, 200, captured.callbacks()).unwrap();
        drop(pool);
        captured.alone().await;
        assert_eq!(
            done.load(Ordering::SeqCst),
            200,
            "the last of them was the last to have it"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn waits_that_are_dropped_lose_nothing() {
    let pool = TaskPool::new(8);
    let over = Arc::new(AtomicBool::new(false));
    let flushers: Vec<_> = (0..4_u32)
        .map(|n| {
            let (pool, over) = (pool.clone(), over.clone());
            tokio::spawn(async move {
                let mut gathered = 0;
                while !over.load(Ordering::SeqCst) {
                    tokio::task::yield_now().await;
                    let flush = pool.flush();
                    if n == 0 {
                        gathered += flush.await.totals.sum();
                        continue;
                    }
                    // Polled a few times, then dropped; what it returned must be counted.
                    let mut flush = std::pin::pin!(flush);
                    for _ in 0..n {
                        let polled = std::future::poll_fn(|cx| Poll::Ready(flush.as_mut().poll(cx))).await;
                        if let Poll::Ready(flushed) = polled {
                            gathered += flushed.totals.sum();
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                gathered
            })
        })
        .collect();
    let slow = Callback::from_async(|_| tokio::task::yield_now());
    for _ in 0..20 {
        let options = GroupOptions::default().on_end(slow.clone());
        pool.map(|_| tokio::task::yield_now(), 0..500, 4, options)
            .unwrap();
    }
    pool.lock();
    while pool.stats().totals.sum() < 10_000 {
        let closing = pool.gather_and_close();
        let _ = tokio::time::timeout(Duration::ZERO, closing).await;
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::SeqCst);
    let mut gathered = 0;
    for flusher in flushers {
        gathered += in_time(flusher).await.unwrap();
    }
    // A dropped close has forgotten nothing unless it was the one that closed.
    let found = in_time(pool.close()).await.totals.sum();
    assert!(pool.stats().closed && gathered + found <= 10_000);
    assert_eq!((pool.stats().totals.completed, pool.num_ended()), (10_000, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn flushes_from_end_callbacks_wait_for_no_other_that_flushes() {
    for _ in 0..30 {
        let (pool, gathered) = (TaskPool::new(4), Arc::new(AtomicUsize::new(0)));
        let (flusher, sums) = (pool.clone(), gathered.clone());
        let on_end = Callback::from_async(move |id| {
            let (flusher, sums) = (flusher.clone(), sums.clone());
            async move {
                if id.0 % 10 == 0 {
                    let sum = flusher.flush().await.totals.sum();
                    sums.fetch_add(usize::try_from(sum).unwrap(), Ordering::SeqCst);
                }
            }
        });
        pool.apply(
            tokio::task::yield_now,
            100,
            GroupOptions::default().on_end(on_end),
        )
        .unwrap();
        let rest = in_time(pool.close()).await.totals.sum();
        assert_eq!(gathered.load(Ordering::SeqCst) as u64 + rest, 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancelling_groups_that_start_loses_no_slot_whatever_the_threads_do() {
    let (pool, ends) = (TaskPool::new(6), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..4_u32)
        .map(|worker| {
            let (pool, ends) = (pool.clone(), ends.clone());
            tokio::spawn(async move {
                for round in 0..150_u32 {
                    let counted = ends.clone();
                    let options = GroupOptions::default().on_end(Callback::new(move |_| {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }));
                    let work = |n: u32| async move {
                        if n % 4 == 3 {
                            let context = TaskContext::current().unwrap();
                            let _ = context.catch(std::future::pending::<()>()).await;
                        } else if n.is_multiple_of(2) {
                            tokio::task::yield_now().await;
                        }
                    };
                    let group = pool.map(work, 0..20, 3, options).unwrap();
                    for _ in 0..(round * 7 + worker) % 11 {
                        tokio::task::yield_now().await;
                    }
                    match round % 4 {
                        0 => pool.set_pool_size(usize::try_from(round % 7).unwrap()),
                        1 => pool.pause(),
                        2 => pool.resume(),
                        _ => pool.set_pool_size(6),
                    }
                    pool.cancel_group(&group, None).unwrap();
                    if round % 16 == 0 {
                        in_time(pool.flush()).await;
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        in_time(worker).await.unwrap();
    }
    pool.resume();
    pool.set_pool_size(6);
    in_time(async {
        while pool.num_running() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // All six slots are there, and give themselves back.
    pool.apply(std::future::pending::<()>, 7, "last").unwrap();
    in_time(async {
        while pool.num_running() < 6 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((pool.is_full(), pool.stats().queued), (true, 1));
    pool.cancel_group("last", None).unwrap();
    in_time(pool.close()).await;
    let stats = pool.stats();
    assert_eq!(
        stats.totals.sum(),
        ends.load(Ordering::SeqCst) as u64 + 6,
        "one end for each start"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stops_from_many_threads_never_pick_the_same_task_twice() {
    for _ in 0..100 {
        let pool = SimpleTaskPool::new(std::future::pending::<()>, None, ());
        pool.start(40).unwrap();
        in_time(async {
            while pool.num_running() < 40 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let stoppers: Vec<_> = (0..4)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let mut stopped = Vec::new();
                    for _ in 0..5 {
                        stopped.extend(pool.stop(2));
                        tokio::task::yield_now().await;
                    }
                    stopped
                })
            })
            .collect();
        let mut all = Vec::new();
        for stopper in stoppers {
            all.extend(in_time(stopper).await.unwrap());
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 40);
        assert_eq!(in_time(pool.close()).await.totals.cancelled, 40);
    }
}

/// Quick tasks are left to one lane as long as they are quick; one that blocks its thread all of a sudden holds
/// up the few that were started with it, not the pool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_blocks_among_quick_ones_does_not_hold_up_the_pool() {
    for blocks in [0, 7, 20_000] {
        let pool = TaskPool::new(100);
        let (go_on, blocked) = std::sync::mpsc::channel();
        let blocked = Arc::new(std::sync::Mutex::new(blocked));
        let work = move |n: u32| {
            let (go_on, blocked) = (go_on.clone(), blocked.clone());
            async move {
                if n == blocks + 5_000 {
                    go_on.send(()).unwrap();
                }
                if n == blocks {
                    let waited = blocked.lock().unwrap().recv_timeout(PATIENCE);
                    waited.expect("the others do not run");
                }
            }
        };
        pool.map(work, 0..30_000, 100, ()).unwrap();
        let totals = in_time(pool.close()).await.totals;
        assert_eq!(totals.completed, 30_000);
    }
}

/// A million tasks go through a pool that is flushed now and then: what it keeps is what it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_lives_long_keeps_what_is_flushed_no_longer() {
    let pool = TaskPool::new(50);
    let captured = Captured::default();
    for round in 1..=20 {
        let counted = captured.clone();
        let work = move || {
            let counted = counted.clone();
            async move { drop(counted) }
        };
        pool.apply(work, 50_000, ()).unwrap();
        in_time(async {
            while pool.stats().totals.sum() < round * 50_000 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let flushed = in_time(pool.flush()).await.totals.completed;
        let stats = pool.stats();
        assert_eq!((flushed, stats.ended, stats.groups), (50_000, 0, 0));
    }
    captured.alone().await;
    in_time(pool.close()).await;
}
