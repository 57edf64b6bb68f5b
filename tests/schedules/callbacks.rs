//! Callbacks that call back into the pool.

use crate::explore::{explore, steps, thread, wait_for};
use crate::story::Story;
use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use taskpool_under_shuttle::pool::{Callback, GroupOptions, PoolError, TaskContext, TaskId, TaskPool};

#[test]
fn end_callbacks_that_flush_wait_neither_for_themselves_nor_for_each_other() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let flushed = Arc::new(AtomicU64::new(0));
        let tidy = {
            let (pool, flushed) = (pool.clone(), flushed.clone());
            Callback::from_async(move |_| {
                let (pool, flushed) = (pool.clone(), flushed.clone());
                async move {
                    let gathered = pool.flush().await;
                    flushed.fetch_add(gathered.totals.sum(), Ordering::SeqCst);
                }
            })
        };
        pool.map(|n| steps(n % 2), 0..4, 2, GroupOptions::named("a").on_end(tidy))
            .unwrap();
        let other = pool.clone();
        let outside = wait_for(async move { other.flush().await.totals.sum() });
        let outside = outside();
        let last = pool.close().await.totals.sum();
        assert_eq!(outside + last + flushed.load(Ordering::SeqCst), 4);
        assert_eq!(Story::to_the_end(2, events).end_callbacks, 4);
    });
}

#[test]
fn cancel_callbacks_may_cancel_others_and_create_groups() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let inner = Arc::new(OnceLock::new());
        let _ = inner.set(pool.clone());
        let refused = Arc::new(AtomicUsize::new(0));
        let spread = {
            let (inner, refused) = (inner.clone(), refused.clone());
            Callback::new(move |_| {
                let pool: &TaskPool = inner.get().unwrap();
                let _ = pool.cancel_group("others", None);
                match pool.apply(|| steps(1), 1, ()) {
                    Ok(_) => {}
                    Err(PoolError::PoolIsLocked { .. }) => drop(refused.fetch_add(1, Ordering::SeqCst)),
                    Err(error) => panic!("{error}"),
                }
            })
        };
        let options = GroupOptions::named("first").on_cancel(spread);
        pool.apply(std::future::pending::<()>, 2, options).unwrap();
        pool.apply(std::future::pending::<()>, 2, "others").unwrap();
        let other = pool.clone();
        let cancel = thread(move || {
            other.cancel_group("first", None).unwrap();
            other.cancel_all(None);
        });
        cancel();
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(2, events);
        assert_eq!(story.totals, totals);
        assert_eq!(story.cancel_callbacks, story.of_group("first"));
        let created = story.cancel_callbacks - refused.load(Ordering::SeqCst);
        assert!(totals.completed <= created as u64);
    });
}

#[test]
fn a_cancel_that_comes_too_late_does_not_reach_the_callbacks() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        // A callback is no longer the task: nothing cancels it. An error would fail it, and so the story.
        let undisturbed = Callback::from_async(|_| async {
            let context = TaskContext::current().unwrap();
            context.catch(steps(2)).await
        });
        let options = GroupOptions::default()
            .on_end(undisturbed.clone())
            .on_cancel(undisturbed);
        pool.map(steps, [0, 1], 2, options).unwrap();
        let cancels = [false, true].map(|force| {
            let pool = pool.clone();
            thread(move || {
                if force {
                    pool.cancel_all_by_force(None);
                } else {
                    let _ = pool.cancel([TaskId(0)], None);
                }
            })
        });
        for join in cancels {
            join();
        }
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(2, events);
        assert_eq!(story.totals, totals);
        assert_eq!(story.end_callbacks as u64, totals.sum());
        assert_eq!(story.cancel_callbacks as u64, totals.cancelled);
    });
}
