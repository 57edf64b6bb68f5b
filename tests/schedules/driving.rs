//! Quick tasks, for which one lane drives the pool alone, and what takes that lane's term from it.

use crate::explore::{Gate, explore, steps, thread};
use crate::story::Story;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use taskpool_under_shuttle::pool::{Callback, GroupOptions, TaskPool};
use taskpool_under_shuttle::sync::clock;

/// So many quick tasks until a lane takes several at once and then drives: 1, 2, 4, 7.
const ROUNDS: usize = 1 + 2 + 4 + 7;

#[test]
fn whatever_a_driving_lane_meets_every_task_runs() {
    explore(|| async {
        clock(&[0]);
        let pool = TaskPool::new(7);
        let events = pool.events();
        pool.map(|n| steps(usize::from(n == ROUNDS + 9)), 0..ROUNDS + 20, 7, "a")
            .unwrap();
        let other = pool.clone();
        let more = thread(move || {
            other.apply(|| async {}, 5, "b").unwrap();
            other.set_pool_size(8);
            other.map(|n| steps(n % 2), 0..3, 2, "c").unwrap();
        });
        more();
        assert_eq!(pool.close().await.totals.completed, ROUNDS as u64 + 28);
        Story::to_the_end(7, events);
    });
}

#[test]
fn tasks_that_wait_for_each_other_get_every_slot_after_quick_ones() {
    explore(|| async {
        clock(&[0]);
        let pool = TaskPool::new(7);
        let events = pool.events();
        pool.map(|_| async {}, 0..ROUNDS + 7, 7, "quick").unwrap();
        // Each of them holds its slot until all are there: a slot that is left unused would be one too few.
        let gate = Gate::of(7);
        let other = pool.clone();
        let meet = thread(move || {
            other
                .apply(move || gate.clone().meet(), 7, "meet")
                .map(drop)
                .unwrap();
        });
        meet();
        assert_eq!(pool.close().await.totals.completed, ROUNDS as u64 + 14);
        Story::to_the_end(7, events);
    });
}

#[test]
fn a_lane_that_rests_comes_back_for_what_lies_ready() {
    explore(|| async {
        // Now and then a look at the clock finds that a lane had the thread for too long.
        clock(&[0, 0, 0, 0, 0, 0, 0, 150]);
        let pool = TaskPool::new(3);
        let events = pool.events();
        let ended = Arc::new(AtomicUsize::new(0));
        let count = ended.clone();
        let callback = Callback::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        pool.map(|n| steps(usize::from(n == 7)), 0..12, 3, "a").unwrap();
        let options = GroupOptions::named("b").on_end(callback);
        let other = pool.clone();
        let more = thread(move || other.apply(|| async {}, 4, options).map(drop).unwrap());
        more();
        assert_eq!(pool.close().await.totals.completed, 16);
        assert_eq!(ended.load(Ordering::SeqCst), 4);
        Story::to_the_end(3, events);
    });
}

#[test]
fn a_driving_lane_rests_and_is_relieved_at_once() {
    explore(|| async {
        clock(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 150]);
        let pool = TaskPool::new(7);
        let events = pool.events();
        let gate = Gate::of(2);
        let (open, knock) = (gate.clone(), gate.clone());
        // One of the quick ones waits for another that comes after it.
        let work = move |n: usize| {
            let (wait, knock) = (open.wait(), knock.clone());
            async move {
                if n > ROUNDS + 7 {
                    knock.knock();
                }
                if n == ROUNDS + 3 {
                    wait.await;
                }
            }
        };
        pool.map(work, 0..ROUNDS + 14, 7, "a").unwrap();
        let other = pool.clone();
        let cancel = thread(move || {
            other.apply(|| steps(1), 3, "b").unwrap();
            other.cancel_group("b", None).unwrap();
        });
        cancel();
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(7, events);
        assert_eq!(story.totals, totals);
        assert_eq!(story.of_group("a"), ROUNDS + 14);
    });
}
