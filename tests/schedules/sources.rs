//! Sources whose tasks arrive over time, from another thread.

use crate::explore::{Gate, eventually, explore, locked, steps, thread};
use crate::story::Story;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use taskpool_under_shuttle::pool::{ArgsText, Method, Pull, Source, TaskContext, TaskPool};

/// What arrives, and who waits for it.
#[derive(Default)]
struct Post {
    letters: VecDeque<usize>,
    over: bool,
    waker: Option<Waker>,
}

#[derive(Clone)]
struct Inbox {
    post: Arc<Mutex<Post>>,
    dropped: Arc<AtomicUsize>,
    /// Opens once all of its letters have been tasks.
    all: Gate,
}

/// Where the pool takes letters from.
struct Reading(Inbox);

impl Inbox {
    /// One for this many letters.
    fn of(letters: usize) -> Self {
        Inbox {
            post: Arc::default(),
            dropped: Arc::default(),
            all: Gate::of(letters),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Post)) {
        let mut post = locked(&self.post);
        change(&mut post);
        let waker = post.waker.take();
        drop(post);
        waker.into_iter().for_each(Waker::wake);
    }

    fn send(&self, steps: usize) {
        self.change(|post| post.letters.push_back(steps));
    }

    fn close(&self) {
        self.change(|post| post.over = true);
    }
}

impl Source for Reading {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut post = locked(&self.0.post);
        if post.over || !post.letters.is_empty() {
            return Poll::Ready(());
        }
        // As a channel: only the waker that came last is woken.
        post.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn pull(&mut self, _: &mut ArgsText) -> Pull {
        let letter = locked(&self.0.post).letters.pop_front();
        letter.map_or(Pull::Done, |num| Pull::task(self.0.all.after(num)))
    }

    fn remaining(&self) -> Option<usize> {
        None
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn all_that_arrives_becomes_a_task_whenever_it_arrives() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let inbox = Inbox::of(3);
        pool.submit(Method::Map, Some(2), Reading(inbox.clone()), "inbox")
            .unwrap();
        let post = inbox.clone();
        let sender = thread(move || {
            for num in [0, 1, 2] {
                post.send(num);
            }
            post.close();
        });
        pool.apply(|| steps(1), 2, "others").unwrap();
        // Not by the close: that looks at what lies ready, too.
        inbox.all.wait().await;
        assert_eq!(pool.close().await.totals.completed, 5);
        sender();
        // The lane that found it empty may be about to drop it.
        eventually(|| inbox.dropped.load(Ordering::SeqCst) > 0).await;
        assert_eq!(inbox.dropped.load(Ordering::SeqCst), 1);
        assert_eq!(Story::to_the_end(2, events).of_group("inbox"), 3);
    });
}

#[test]
fn a_source_that_becomes_ready_while_its_group_is_cancelled_is_dropped_once() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        let inbox = Inbox::of(2);
        pool.submit(Method::Map, Some(1), Reading(inbox.clone()), "inbox")
            .unwrap();
        let post = inbox.clone();
        let sender = thread(move || {
            post.send(1);
            post.send(0);
        });
        let other = pool.clone();
        let cancel = thread(move || other.cancel_group("inbox", None).unwrap());
        sender();
        cancel();
        // Nobody closes the inbox: only the cancel ends it.
        let totals = pool.close().await.totals;
        eventually(|| inbox.dropped.load(Ordering::SeqCst) > 0).await;
        let story = Story::to_the_end(1, events);
        assert_eq!(story.totals, totals);
        assert!(story.of_group("inbox") <= 2);
        drop(pool);
        steps(3).await;
        assert_eq!(inbox.dropped.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_group_without_input_lends_its_slot_and_gets_one_again() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let events = pool.events();
        let (left, right) = (Inbox::of(2), Inbox::of(2));
        pool.submit(Method::Map, Some(1), Reading(left.clone()), "left")
            .unwrap();
        pool.submit(Method::Map, Some(1), Reading(right.clone()), "right")
            .unwrap();
        let read = [left.all.clone(), right.all.clone()];
        let others = [(left, 0), (right, 1)].map(|(inbox, num)| {
            thread(move || {
                inbox.send(num);
                inbox.send(num);
                inbox.close();
            })
        });
        let other = pool.clone();
        let pauses = thread(move || {
            other.pause();
            other.resume();
        });
        for all in read {
            all.wait().await;
        }
        assert_eq!(pool.close().await.totals.completed, 4);
        for join in others {
            join();
        }
        pauses();
        Story::to_the_end(1, events);
    });
}

/// Opens the gate when it is dropped; never ends by itself.
struct Endless(Gate);

impl Source for Endless {
    fn pull(&mut self, _: &mut ArgsText) -> Pull {
        let gone = self.0.wait();
        Pull::task(async move {
            let context = TaskContext::current().unwrap();
            if context.catch(std::future::pending::<()>()).await.is_err() {
                gone.await;
            }
        })
    }

    fn remaining(&self) -> Option<usize> {
        None
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.knock();
    }
}

#[test]
fn a_cancelled_groups_source_is_dropped_while_its_tasks_still_run() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let source = Endless(Gate::of(1));
        pool.submit(Method::Map, Some(3), source, "a").unwrap();
        let other = pool.clone();
        let cancel = thread(move || other.cancel_group("a", None).unwrap());
        cancel();
        // A task that caught its cancel waits for the source to be gone.
        let totals = pool.close().await.totals;
        assert_eq!(Story::to_the_end(2, events).totals, totals);
    });
}
