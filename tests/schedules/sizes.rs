//! Sizes, pauses and locks that change while lanes are under way: the pool always gets through.

use crate::explore::{Gate, explore, steps, thread};
use crate::story::Story;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use taskpool_under_shuttle::pool::{PoolError, PoolSize, TaskPool};

#[test]
fn no_wake_up_is_lost_however_the_size_and_the_pauses_change() {
    explore(|| async {
        let pool = TaskPool::new(0);
        let events = pool.events();
        let all = Gate::of(10);
        let (a, b) = (all.clone(), all.clone());
        pool.map(move |n| a.after(n % 3), 0..6, 2, "a").unwrap();
        pool.apply(move || b.after(0), 4, "b").unwrap();
        let other = pool.clone();
        let sizes = thread(move || {
            for size in [2, 0, 3, 1] {
                other.set_pool_size(size);
            }
        });
        let other = pool.clone();
        let pauses = thread(move || {
            for _ in 0..2 {
                other.pause();
                other.resume();
            }
        });
        // Not by the close: that looks at what lies ready, too.
        all.wait().await;
        sizes();
        pauses();
        assert_eq!(pool.close().await.totals.completed, 10);
        assert_eq!(Story::to_the_end(0, events).totals.completed, 10);
    });
}

#[test]
fn no_slot_stays_unused_while_something_waits_for_it() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        // Each task holds its slot until all three are there.
        let gate = Gate::of(3);
        let others = [0, 1, 2].map(|_| {
            let (pool, gate) = (pool.clone(), gate.clone());
            thread(move || pool.apply(move || gate.clone().meet(), 1, ()).map(drop).unwrap())
        });
        let other = pool.clone();
        let grow = thread(move || other.set_pool_size(3));
        gate.wait().await;
        for join in others {
            join();
        }
        grow();
        assert_eq!(pool.close().await.totals.completed, 3);
        Story::to_the_end(2, events);
    });
}

#[test]
fn a_slot_that_is_taken_back_and_given_again_is_come_for() {
    explore(|| async {
        let pool = TaskPool::new(1);
        // The lane that was called for the slot may find it gone, and be on its way out when it is there again.
        let ran = Gate::of(1);
        let knock = ran.clone();
        pool.apply(move || knock.after(0), 1, ()).unwrap();
        pool.pause();
        pool.resume();
        pool.set_pool_size(0);
        pool.set_pool_size(1);
        ran.wait().await;
        assert_eq!(pool.close().await.totals.completed, 1);
    });
}

#[test]
fn a_pool_that_only_grows_never_runs_more_than_its_size() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = {
            let (inside, most) = (inside.clone(), most.clone());
            move |n: usize| {
                let (inside, most) = (inside.clone(), most.clone());
                async move {
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    steps(n % 3).await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            }
        };
        pool.map(work, 0..8, 8, ()).unwrap();
        let other = pool.clone();
        let grow = thread(move || {
            other.set_pool_size(2);
            other.set_pool_size(3);
        });
        let totals = pool.close().await.totals;
        grow();
        assert!(most.load(Ordering::SeqCst) <= 3);
        assert_eq!(totals.completed, 8);
        Story::to_the_end(1, events);
    });
}

#[test]
fn what_a_lock_lets_through_runs_and_what_it_refuses_does_not() {
    explore(|| async {
        let pool = TaskPool::new(PoolSize::Unlimited);
        let other = pool.clone();
        let locks = thread(move || {
            for _ in 0..2 {
                other.lock();
                other.unlock().unwrap();
            }
        });
        let other = pool.clone();
        let applies = thread(move || {
            let tries = (0..3).map(|_| match other.apply(|| steps(1), 2, ()) {
                Ok(_) => 2,
                Err(PoolError::PoolIsLocked { .. }) => 0,
                Err(error) => panic!("{error}"),
            });
            tries.sum::<u64>()
        });
        let accepted = applies();
        locks();
        assert_eq!(pool.close().await.totals.completed, accepted);
    });
}
