//! Flushes and closes, several at once, some of which give up.

use crate::explore::{explore, give_up_after, steps, thread, wait_for};
use crate::story::Story;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use taskpool_under_shuttle::pool::{Callback, GroupOptions, TaskPool};

fn slow_end(done: &Arc<AtomicUsize>) -> GroupOptions {
    let done = done.clone();
    GroupOptions::default().on_end(Callback::from_async(move |_| {
        let done = done.clone();
        async move {
            steps(1).await;
            done.fetch_add(1, Ordering::SeqCst);
        }
    }))
}

#[test]
fn a_flush_returns_after_the_callbacks_of_what_had_ended_and_each_task_is_returned_once() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let done = Arc::new(AtomicUsize::new(0));
        pool.map(|n| steps(n % 2), 0..5, 2, slow_end(&done)).unwrap();
        let waits = [0, 1].map(|_| {
            let (pool, done) = (pool.clone(), done.clone());
            wait_for(async move {
                let ended = pool.num_ended();
                let flushed = pool.flush().await.totals.completed;
                assert!(
                    done.load(Ordering::SeqCst) >= ended,
                    "it waits for their callbacks"
                );
                flushed
            })
        });
        let flushed: u64 = waits.map(|join| join()).iter().sum();
        let last = pool.close().await.totals.completed;
        assert_eq!(flushed + last, 5);
        assert_eq!(Story::to_the_end(2, events).end_callbacks, 5);
    });
}

#[test]
fn all_who_wait_for_the_close_are_served_whoever_gives_up() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let done = Arc::new(AtomicUsize::new(0));
        pool.map(|n| steps(n % 3), 0..4, 2, slow_end(&done)).unwrap();
        pool.lock();
        let quitters = [2, 4].map(|polls| {
            let pool = pool.clone();
            wait_for(async move { give_up_after(polls, pool.gather_and_close()).await })
        });
        let closers = [0, 1].map(|_| {
            let pool = pool.clone();
            wait_for(async move { pool.close().await })
        });
        let other = pool.clone();
        let watcher = wait_for(async move { other.until_closed().await });
        let served = closers.map(|join| join().totals.completed);
        let early = quitters.map(|join| join().map_or(0, |closed| closed.unwrap().totals.completed));
        assert!(watcher());
        // Who comes once the pool is closed and nobody waits any more gets nothing.
        let all = served.into_iter().chain(early);
        assert!(all.clone().all(|got| got == 4 || got == 0));
        assert_eq!(all.max(), Some(4));
        assert_eq!(pool.gather_and_close().await.unwrap().totals.sum(), 0);
        assert_eq!(done.load(Ordering::SeqCst), 4);
        Story::to_the_end(2, events);
    });
}

#[test]
fn a_wait_that_is_dropped_half_way_leaves_the_pool_as_it_was() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        let done = Arc::new(AtomicUsize::new(0));
        pool.map(|n| steps(n % 2), 0..3, 1, slow_end(&done)).unwrap();
        let waits = [1, 3].map(|polls| {
            let pool = pool.clone();
            wait_for(async move { give_up_after(polls, pool.flush()).await })
        });
        let other = pool.clone();
        let closer = wait_for(async move {
            other.lock();
            let gathered = give_up_after(2, other.gather_and_close()).await;
            // Unless the pool was closed, it can be used again.
            if gathered.is_none() {
                other.unlock().unwrap();
                other.apply(|| async {}, 1, "more").unwrap();
            }
            gathered.map_or(0, |gathered| gathered.unwrap().totals.completed)
        });
        let flushed = waits.map(|join| join().map_or(0, |flushed| flushed.totals.completed));
        let early = closer();
        let last = pool.close().await.totals.completed;
        let sum = flushed.iter().sum::<u64>() + early + last;
        let more = Story::to_the_end(1, events).of_group("more") as u64;
        assert_eq!(sum, 3 + more);
        assert_eq!(done.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn who_follows_the_events_sees_each_in_its_place_and_is_woken_for_the_last() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let mut events = pool.events();
        let reader = wait_for(async move {
            let mut story = Story::of(2);
            while !story.is_closed() {
                events.ready().await;
                story.read(&mut events, 2);
            }
            story.end();
            story.totals
        });
        let other = pool.clone();
        let watcher = wait_for(async move {
            let mut seen = 0;
            while !other.stats().closed {
                seen = other.changed(seen).await;
            }
        });
        pool.map(|n| steps(n % 2), 0..3, 2, "a").unwrap();
        let other = pool.clone();
        let cancel = thread(move || drop(other.cancel_group("a", None)));
        let totals = pool.close().await.totals;
        cancel();
        watcher();
        assert_eq!(reader(), totals);
    });
}
