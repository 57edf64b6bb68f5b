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
        let pool = TaskPool::new(1);
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
        // Two lanes may come for it, and one of them find it waited for already.
        let other = pool.clone();
        let grow = thread(move || other.set_pool_size(2));
        pool.apply(|| steps(1), 2, "others").unwrap();
        // Not by the close: that looks at what lies ready, too.
        inbox.all.wait().await;
        assert_eq!(pool.close().await.totals.completed, 5);
        sender();
        grow();
        // The lane that found it empty may be about to drop it.
        eventually(|| inbox.dropped.load(Ordering::SeqCst) > 0).await;
        assert_eq!(inbox.dropped.load(Ordering::SeqCst), 1);
        assert_eq!(Story::to_the_end(1, events).of_group("inbox"), 3);
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
fn a_source_that_never_becomes_ready_is_dropped_with_its_group() {
    explore(|| async {
        let pool = TaskPool::new(1);
        let (inbox, gone) = (Inbox::of(0), Gate::of(1));
        let source = Outlived(Reading(inbox), gone.clone());
        pool.submit(Method::Map, Some(1), source, "silent").unwrap();
        let other = pool.clone();
        let cancel = thread(move || other.cancel_group("silent", None).unwrap());
        gone.wait().await;
        cancel();
        assert_eq!(pool.close().await.totals.sum(), 0);
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

/// Opens the gate when it is dropped, for which its tasks wait.
struct Outlived(Reading, Gate);

impl Source for Outlived {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_ready(cx)
    }

    fn pull(&mut self, args: &mut ArgsText) -> Pull {
        if !matches!(self.0.pull(args), Pull::Task(_)) {
            return Pull::Done;
        }
        let gone = self.1.wait();
        Pull::task(async move {
            let context = TaskContext::current().expect("runs in a pool");
            if context.catch(std::future::pending::<()>()).await.is_err() {
                gone.await;
            }
        })
    }

    fn remaining(&self) -> Option<usize> {
        None
    }
}

impl Drop for Outlived {
    fn drop(&mut self) {
        self.1.knock();
    }
}

#[test]
fn a_cancelled_groups_source_is_dropped_while_its_tasks_still_run() {
    explore(|| async {
        let pool = TaskPool::new(2);
        let events = pool.events();
        let (inbox, gone) = (Inbox::of(0), Gate::of(1));
        let source = Outlived(Reading(inbox.clone()), gone.clone());
        inbox.send(0);
        pool.submit(Method::Map, Some(3), source, "a").unwrap();
        let sender = thread(move || inbox.send(0));
        let other = pool.clone();
        let cancel = thread(move || other.cancel_group("a", None).unwrap());
        sender();
        cancel();
        // A task that caught its cancel waits for the source to be gone. It need not have started for that.
        gone.wait().await;
        let totals = pool.close().await.totals;
        assert_eq!(Story::to_the_end(2, events).totals, totals);
    });
}
