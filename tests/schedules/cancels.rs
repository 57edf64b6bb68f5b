//! Cancels that meet tasks which catch them.

use crate::explore::{Gate, explore, locked, steps, thread};
use crate::story::Story;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::future::pending;
use std::sync::Arc;
use taskpool_under_shuttle::pool::{Cancelled, TaskContext, TaskId, TaskPool};

#[test]
fn each_cancel_is_delivered_to_one_catch_and_none_is_lost() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        let (seen, inside) = (Arc::new(Mutex::new(Vec::new())), Gate::of(1));
        let (notes, entered) = (seen.clone(), inside.clone());
        let work = move || {
            let (notes, entered) = (notes.clone(), entered.clone());
            async move {
                let context = TaskContext::current().unwrap();
                loop {
                    let cancelled = context.catch(enter(entered.clone())).await.unwrap_err();
                    let message = cancelled.message.clone().unwrap();
                    locked(&notes).push(message.to_string());
                    if &*message == "last" {
                        return Err::<(), Cancelled>(cancelled);
                    }
                }
            }
        };
        pool.apply(work, 1, ()).unwrap();
        inside.wait().await;
        let both = ["one", "two"].map(|message| {
            let pool = pool.clone();
            thread(move || pool.cancel([TaskId(0)], Some(message)).unwrap())
        });
        for join in both {
            join();
        }
        while pool.cancel([TaskId(0)], Some("last")).is_ok() {
            steps(1).await;
        }
        assert_eq!(pool.close().await.totals.cancelled, 1);
        // Of two cancels before the task had its turn the second is not delivered: it had one in hand.
        let seen = locked(&seen).clone();
        let expected: [&[&str]; 4] = [
            &["one", "last"],
            &["two", "last"],
            &["one", "two", "last"],
            &["two", "one", "last"],
        ];
        assert!(expected.iter().any(|expected| seen == **expected), "{seen:?}");
        Story::to_the_end(1, events);
    });
}

/// Waits for ever, and lets others know that it does.
async fn enter(gate: Gate) {
    gate.knock();
    pending::<()>().await;
}

#[test]
fn a_cancel_on_its_way_ends_a_task_wherever_it_stands() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let work = || async {
            let context = TaskContext::current().unwrap();
            steps(1).await;
            // Of two nested catches the inner one gets it; what comes after it waits for ever without one.
            let outer = context.catch(async {
                let inner = context.catch(pending::<()>()).await;
                assert!(inner.is_err());
                inner
            });
            // The outer one would make it a task that has completed.
            outer.await.unwrap_or(Ok(()))
        };
        pool.apply(work, 2, ()).unwrap();
        let gate = Gate::of(1);
        let other = pool.clone();
        let knock = gate.clone();
        let cancel = thread(move || {
            other.cancel_all(Some("stop"));
            knock.knock();
        });
        gate.wait().await;
        cancel();
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(2, events);
        assert_eq!(totals, story.totals);
        assert_eq!(totals.cancelled, totals.sum());
    });
}

#[test]
fn force_reaches_a_task_once_past_every_plain_catch() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let (plain, forced) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (plainly, by_force) = (plain.clone(), forced.clone());
        let inside = Gate::of(2);
        let (entered, too) = (inside.clone(), inside.clone());
        let supervise = move || {
            let (plainly, by_force, entered) = (plainly.clone(), by_force.clone(), entered.clone());
            async move {
                let context = TaskContext::current().unwrap();
                entered.knock();
                loop {
                    let cancelled = context.catch_forced(pending::<()>()).await.unwrap_err();
                    if cancelled.forced {
                        by_force.fetch_add(1, Ordering::SeqCst);
                        return Err::<(), Cancelled>(cancelled);
                    }
                    plainly.fetch_add(1, Ordering::SeqCst);
                }
            }
        };
        let stubborn = move || {
            let entered = too.clone();
            async move {
                let context = TaskContext::current().unwrap();
                entered.knock();
                while context.catch(pending::<()>()).await.is_err() {}
            }
        };
        pool.apply(supervise, 1, "supervisor").unwrap();
        pool.apply(stubborn, 1, "stubborn").unwrap();
        inside.wait().await;
        let other = pool.clone();
        let plain_cancel = thread(move || other.cancel_all(Some("please")));
        let other = pool.clone();
        let force = thread(move || {
            other.cancel_all_by_force(None);
            other.cancel_all_by_force(None);
        });
        plain_cancel();
        force();
        let totals = pool.close().await.totals;
        assert_eq!(totals.cancelled, 2);
        assert_eq!(forced.load(Ordering::SeqCst), 1);
        assert!(plain.load(Ordering::SeqCst) <= 2);
        Story::to_the_end(2, events);
    });
}
