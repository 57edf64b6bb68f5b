//! Groups that are cancelled, ended and dropped while slots are handed over.

use crate::explore::{Gate, eventually, explore, steps, thread};
use crate::story::Story;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use taskpool_under_shuttle::pool::{BoxError, Callback, GroupOptions, SimpleTaskPool, TaskPool};

#[test]
fn of_a_cancelled_group_nothing_starts_any_more_and_what_has_started_ends_once() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        pool.map(|n| steps(n % 3), 0..7, 2, "unwanted").unwrap();
        pool.apply(|| steps(1), 3, "wanted").unwrap();
        let other = pool.clone();
        let cancel = thread(move || {
            other.cancel_group("unwanted", Some("enough")).unwrap();
            assert!(other.group("unwanted").is_none());
        });
        cancel();
        let gathered = pool.close().await;
        let story = Story::to_the_end(2, events);
        assert_eq!(story.of_group("wanted"), 3);
        assert!(gathered.totals.completed >= 3);
        assert_eq!(gathered.totals, story.totals);
    });
}

#[test]
fn a_cancelled_groups_name_and_slots_are_free_for_the_next_one() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        pool.apply(std::future::pending::<()>, 3, "a").unwrap();
        let other = pool.clone();
        let again = thread(move || {
            other.cancel_group("a", None).unwrap();
            other.apply(|| steps(1), 2, "a").unwrap();
        });
        let other = pool.clone();
        let aside = thread(move || other.map(|_| async {}, 0..3, 1, "b").map(drop).unwrap());
        again();
        aside();
        let totals = pool.close().await.totals;
        assert_eq!(totals.completed, 5);
        assert_eq!(Story::to_the_end(1, events).totals, totals);
    });
}

#[test]
fn cancels_of_everything_from_two_threads_stop_each_task_once() {
    explore(|| async {
        let pool = TaskPool::new(3);
        let events = pool.events();
        let (ended, cancelled) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let count = |counter: &Arc<AtomicUsize>| {
            let counter = counter.clone();
            Callback::new(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
            })
        };
        let options = GroupOptions::named("a")
            .on_end(count(&ended))
            .on_cancel(count(&cancelled));
        pool.apply(|| steps(2), 5, options).unwrap();
        pool.map(|_| std::future::pending::<()>(), 0.., 2, "b").unwrap();
        let cancels = [0, 1].map(|_| {
            let pool = pool.clone();
            thread(move || pool.cancel_all(None))
        });
        for join in cancels {
            join();
        }
        let totals = pool.close().await.totals;
        let story = Story::to_the_end(3, events);
        assert_eq!(story.totals, totals);
        assert_eq!(ended.load(Ordering::SeqCst), story.of_group("a"));
        assert_eq!(story.end_callbacks, story.of_group("a"));
        assert_eq!(cancelled.load(Ordering::SeqCst), story.cancel_callbacks);
    });
}

#[test]
fn two_stops_take_different_tasks() {
    explore(|| async {
        let pool = SimpleTaskPool::new(std::future::pending::<()>, 4, ());
        let events = pool.events();
        pool.start(4).unwrap();
        eventually(|| pool.num_running() == 4).await;
        let stops = [2, 1].map(|num| {
            let pool = pool.clone();
            thread(move || pool.stop(num))
        });
        let mut stopped = stops.map(|join| join()).concat();
        stopped.sort();
        stopped.dedup();
        assert_eq!(stopped.len(), 3);
        assert_eq!(pool.stop_all().len(), 1);
        assert_eq!(pool.close().await.totals.cancelled, 4);
        Story::to_the_end(4, events);
    });
}

/// Counted while it exists.
#[derive(Clone)]
struct Token(Arc<()>);

#[test]
fn with_the_last_handle_and_the_last_lane_everything_is_freed() {
    explore(|| async {
        let token = Token(Arc::new(()));
        let gate = Gate::of(1);
        let pool = TaskPool::new(2);
        let (in_end, in_cancel) = (token.clone(), token.clone());
        let options = GroupOptions::named("a")
            .on_end(Callback::new(move |_| drop(in_end.clone())))
            .on_cancel(Callback::new(move |_| drop(in_cancel.clone())));
        let (held, open) = (token.clone(), gate.clone());
        let work = move |token: Token| {
            let (held, open) = (held.clone(), open.wait());
            async move {
                open.await;
                drop((held, token));
                Ok::<(), BoxError>(())
            }
        };
        pool.map(work, vec![token.clone(); 4], 2, options).unwrap();
        let held = token.clone();
        pool.apply(move || drop_later(held.clone()), 9, "b").unwrap();
        let other = pool.clone();
        let cancel = thread(move || other.cancel_group("b", None).unwrap());
        let opener = thread(move || gate.knock());
        drop(pool);
        cancel();
        opener();
        eventually(|| Arc::strong_count(&token.0) == 1).await;
    });
}

async fn drop_later(token: Token) {
    steps(1).await;
    drop(token);
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}
