//! What runs tasks must never stand between a free slot and a task: not when tasks block their threads, when callbacks
//! are slow, or when what users hand over panics. Conditions are awaited, never times.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;
use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};

/// Generous: only a hang takes this long.
const PATIENCE: Duration = Duration::from_mins(5);

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it hangs")
}

/// A callback that returns once somebody has sent something.
fn waits_for(told: mpsc::Receiver<()>) -> Callback {
    let told = Arc::new(Mutex::new(told));
    Callback::from_async(move |_| {
        let told = told.clone();
        async move {
            while told.lock().expect("nobody panics with it").try_recv().is_err() {
                tokio::task::yield_now().await;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_end_callback_after_a_long_task_keeps_no_slot_from_the_next() {
    let pool = TaskPool::new(1);
    let (tell, told) = mpsc::channel();
    let begun = AtomicUsize::new(0);
    let work = move || {
        let (nth, tell) = (begun.fetch_add(1, Ordering::SeqCst), tell.clone());
        async move {
            // Long enough that its lane has a rest afterwards.
            std::thread::sleep(Duration::from_millis(2));
            if nth == 1 {
                tell.send(()).unwrap(); // for the first one's callback
                tell.send(()).unwrap();
            }
        }
    };
    let options = GroupOptions::default().on_end(waits_for(told));
    pool.apply(work, 2, options).unwrap();
    assert_eq!(in_time(pool.close()).await.totals.completed, 2);
}

/// Quick tasks first, so that one lane drives; then tasks with callbacks that last.
#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn callbacks_that_last_keep_no_task_waiting_however_quick_tasks_were_before() {
    let pool = TaskPool::new(8);
    pool.apply(|| async {}, 5000, ()).unwrap();
    while pool.stats().totals.completed < 5000 {
        tokio::task::yield_now().await;
    }
    let (begun, late) = (tokio::time::Instant::now(), Arc::new(AtomicUsize::new(0)));
    let counted = late.clone();
    let work = move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(usize::from(!begun.elapsed().is_zero()), Ordering::SeqCst);
        }
    };
    let hour = Callback::from_async(|_| tokio::time::sleep(Duration::from_hours(1)));
    pool.apply(work, 40, GroupOptions::default().on_end(hour))
        .unwrap();
    assert_eq!(pool.close().await.totals.completed, 5040);
    assert_eq!(late.load(Ordering::SeqCst), 0);
}

/// Two groups in turn, on four threads that all get blocked: each of the four has a task.
#[tokio::test(flavor = "multi_thread", worker_threads = 5)]
async fn tasks_that_block_their_threads_keep_no_other_thread_from_working() {
    for _ in 0..20 {
        let pool = TaskPool::new(64);
        // Opens only if four tasks run at once.
        let barrier = Arc::new(Barrier::new(4));
        pool.pause();
        for _ in 0..2 {
            let barrier = barrier.clone();
            let work = move || {
                let barrier = barrier.clone();
                async move { _ = barrier.wait() }
            };
            pool.apply(work, 4, ()).unwrap();
        }
        pool.resume();
        assert_eq!(in_time(pool.close()).await.totals.completed, 8);
    }
}

/// The few that were started together with one that blocks run elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_that_blocks_among_tiny_ones_waits_for_all_others_without_harm() {
    const TASKS: usize = 20_001;
    for blocks in [0, 5003] {
        let (pool, done) = (TaskPool::new(64), Arc::new(AtomicUsize::new(0)));
        let counted = done.clone();
        let work = move |n: usize| {
            let done = counted.clone();
            async move {
                while n == blocks && done.load(Ordering::SeqCst) < TASKS - 1 {
                    std::thread::yield_now();
                }
                done.fetch_add(1, Ordering::SeqCst);
            }
        };
        pool.map(work, 0..TASKS, 64, ()).unwrap();
        assert_eq!(in_time(pool.close()).await.totals.completed, TASKS as u64);
        assert_eq!(done.load(Ordering::SeqCst), TASKS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_refused_group_was_to_be_made_of_is_dropped_outside_of_all_locks() {
    struct Looks(TaskPool);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.num_running(); // would wait for ever under the pool's lock
        }
    }
    let pool = TaskPool::new(1);
    pool.lock();
    let (looks, refused) = (Looks(pool.clone()), pool.clone());
    let call = tokio::task::spawn_blocking(move || {
        let elements = (0..3).inspect(move |_| _ = looks.0.name());
        refused.map(|_| async {}, elements, 1, ()).is_err()
    });
    assert!(in_time(call).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_iterator_that_cannot_say_how_much_is_left_ends_its_group_alone() {
    struct Torn(usize);
    impl Iterator for Torn {
        type Item = usize;
        fn next(&mut self) -> Option<usize> {
            self.0 += 1;
            Some(self.0)
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            let left = NonZeroUsize::new(3 - self.0).expect("torn");
            (left.get(), Some(left.get()))
        }
    }
    let pool = TaskPool::new(10);
    pool.map(|_| async {}, Torn(0), 1, "torn").unwrap();
    pool.apply(|| async {}, 7, ()).unwrap();
    let error = in_time(async {
        loop {
            if let Some(error) = pool.group("torn").expect("it is kept").input_error {
                return error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(error.ends_with("torn"), "{error}");
    assert_eq!(in_time(pool.close()).await.totals.completed, 10);
}

#[tokio::test]
async fn more_may_be_queued_than_can_be_counted() {
    let pool = TaskPool::new(0);
    for _ in 0..2 {
        pool.apply(|| async {}, usize::MAX, ()).unwrap();
    }
    assert_eq!(pool.stats().queued, usize::MAX);
}

/// One lane drives as long as tasks are quick. It stops when one is not, and that one has its callback all the same.
#[tokio::test(flavor = "current_thread")]
async fn the_task_that_ends_a_quick_streak_has_its_callback() {
    const SLOW: usize = 100;
    let pool = TaskPool::new(1);
    let called = Arc::new(AtomicUsize::new(0));
    let counted = called.clone();
    let options = GroupOptions::default().on_end(Callback::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    // Many quick ones between each two: the groups take turns.
    for _ in 0..50 {
        pool.apply(|| async {}, 20 * SLOW, ()).unwrap();
    }
    let work = || async { std::thread::sleep(Duration::from_micros(20)) };
    pool.apply(work, SLOW, options).unwrap();
    assert_eq!(
        in_time(pool.close()).await.totals.completed,
        (50 * 20 * SLOW + SLOW) as u64
    );
    assert_eq!(called.load(Ordering::SeqCst), SLOW);
}
