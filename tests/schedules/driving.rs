//! Quick tasks, for which one lane drives the pool alone, and what takes that lane's term from it.

use crate::explore::{Gate, eventually, explore, steps, thread};
use crate::story::Story;
use shuttle::rand::Rng;
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use taskpool_under_shuttle::pool::{Callback, EventReader, GroupOptions, TaskPool};
use taskpool_under_shuttle::sync::{clock, terms, watch};

/// As many slots as a lane takes at once at most.
const SIZE: usize = 7;

/// How many tasks [`driven`] starts.
const BEFORE: usize = 1 + 2 + 4 + SIZE;

/// A pool whose lanes find every task tiny: one that has run a task drives. The watch on
/// such a lane may end its term at any point; without one, as in half of the schedules, the lane has to see
/// itself to all that it leaves.
async fn driven() -> (TaskPool, EventReader) {
    watch(shuttle::rand::thread_rng().gen_bool(0.5));
    driven_as_it_is().await
}

async fn driven_as_it_is() -> (TaskPool, EventReader) {
    clock(&[0]);
    let pool = TaskPool::new(SIZE);
    let events = pool.events();
    // Batches of quick tasks, each as large as a lane takes one after the batch before it.
    let mut ended = 0;
    for batch in [1, 2, 4, SIZE] {
        pool.apply(|| async {}, batch, ()).expect("the pool is open");
        ended += batch;
        eventually(|| pool.num_ended() == ended).await;
    }
    (pool, events)
}

/// The scenario, and that a lane did drive in it.
fn explore_driven<F>(scenario: impl Fn() -> F + Send + Sync + Clone + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    explore(scenario);
    assert!(terms() > 0, "no lane ever drove");
}

#[test]
fn whatever_a_driving_lane_meets_every_task_runs() {
    explore_driven(|| async {
        let (pool, events) = driven().await;
        let all = Gate::of(24);
        let (a, b, c) = (all.clone(), all.clone(), all.clone());
        let work = move |n| a.after(usize::from(n == 9));
        pool.map(work, 0..16, SIZE, "a").unwrap();
        let other = pool.clone();
        let more = thread(move || {
            other.apply(move || b.after(0), 5, "b").unwrap();
            other.set_pool_size(SIZE + 1);
            other.map(move |n| c.after(n % 2), 0..3, 2, "c").unwrap();
        });
        // Not by the close: that looks at what lies ready, too.
        all.wait().await;
        more();
        assert_eq!(pool.close().await.totals.completed, BEFORE as u64 + 24);
        Story::to_the_end(SIZE, events);
    });
}

#[test]
fn what_is_left_ready_as_a_term_ends_is_seen_to() {
    explore_driven(|| async {
        let (pool, events) = driven().await;
        // Single quick tasks: a lane drives, finds nothing more or rests, and steps down, again and again.
        clock(&[0, 0, 0, 150]);
        let all = Gate::of(6);
        let others = ["a", "b"].map(|name| {
            let (pool, all) = (pool.clone(), all.clone());
            thread(move || {
                for n in 0..3 {
                    let (all, group) = (all.clone(), format!("{name}{n}"));
                    pool.apply(move || all.after(0), 1, &*group).unwrap();
                }
            })
        });
        all.wait().await;
        for join in others {
            join();
        }
        assert_eq!(pool.close().await.totals.completed, BEFORE as u64 + 6);
        Story::to_the_end(SIZE, events);
    });
}

#[test]
fn tasks_that_wait_for_each_other_get_every_slot_from_a_driving_lane() {
    explore_driven(|| async {
        let (pool, events) = driven().await;
        pool.map(|_| async {}, 0..SIZE, SIZE, "quick").unwrap();
        // Each of them holds its slot until all are there: a slot that is left unused would be one too few.
        let gate = Gate::of(SIZE);
        let (other, all) = (pool.clone(), gate.clone());
        let meet = thread(move || {
            let meet = move || gate.clone().meet();
            other.apply(meet, SIZE, "meet").unwrap();
        });
        all.wait().await;
        meet();
        assert_eq!(pool.close().await.totals.completed, (BEFORE + 2 * SIZE) as u64);
        Story::to_the_end(SIZE, events);
    });
}

#[test]
fn a_driving_lane_that_stays_with_its_task_leaves_the_others_to_others() {
    explore_driven(|| async {
        let (pool, events) = driven().await;
        let gate = Gate::of(2);
        let others = [0, 1].map(|_| {
            let (pool, gate) = (pool.clone(), gate.clone());
            thread(move || pool.apply(move || gate.clone().meet(), 1, ()).map(drop).unwrap())
        });
        gate.wait().await;
        for join in others {
            join();
        }
        assert_eq!(pool.close().await.totals.completed, (BEFORE + 2) as u64);
        Story::to_the_end(SIZE, events);
    });
}

#[test]
fn a_task_that_blocks_its_thread_does_not_hold_up_the_pool() {
    explore_driven(|| async {
        watch(true);
        let (pool, events) = driven_as_it_is().await;
        let ran = Arc::new(AtomicBool::new(false));
        let seen = ran.clone();
        let block = move || {
            let seen = seen.clone();
            async move {
                while !seen.load(Ordering::SeqCst) {
                    shuttle::thread::yield_now();
                }
            }
        };
        pool.apply(block, 1, "blocks").unwrap();
        let other = pool.clone();
        let late = thread(move || {
            let work = move || {
                let ran = ran.clone();
                async move { ran.store(true, Ordering::SeqCst) }
            };
            other.apply(work, 1, "quick").unwrap();
        });
        late();
        eventually(|| pool.num_ended() == BEFORE + 2).await;
        pool.close().await;
        Story::to_the_end(SIZE, events);
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
        let all = Gate::of(16);
        let (a, b) = (all.clone(), all.clone());
        let work = move |n| a.after(usize::from(n == 7));
        pool.map(work, 0..12, 3, "a").unwrap();
        let options = GroupOptions::named("b").on_end(callback);
        let other = pool.clone();
        let more = thread(move || other.apply(move || b.after(0), 4, options).map(drop).unwrap());
        all.wait().await;
        more();
        assert_eq!(pool.close().await.totals.completed, 16);
        assert_eq!(ended.load(Ordering::SeqCst), 4);
        Story::to_the_end(3, events);
    });
}

#[test]
fn a_driving_lane_that_rests_or_is_relieved_leaves_nothing_behind() {
    explore_driven(|| async {
        let (pool, events) = driven().await;
        clock(&[0, 0, 0, 0, 0, 0, 0, 150]);
        let gate = Gate::of(2);
        let (open, knock) = (gate.clone(), gate.clone());
        // One of the quick ones waits for others that come after it.
        let work = move |n: usize| {
            let (wait, knock) = (open.wait(), knock.clone());
            async move {
                if n > 10 {
                    knock.knock();
                }
                if n == 3 {
                    wait.await;
                }
            }
        };
        pool.map(work, 0..14, SIZE, "a").unwrap();
        let other = pool.clone();
        let cancel = thread(move || {
            other.apply(|| steps(1), 3, "b").unwrap();
            other.cancel_group("b", None).unwrap();
        });
        cancel();
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(SIZE, events);
        assert_eq!(story.totals, totals);
        assert_eq!(story.of_group("a"), 14);
    });
}
