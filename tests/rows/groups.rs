//! R29, R31, R33 to R46: groups, arguments, callbacks, and what a pool remembers.

use super::*;
use std::sync::Weak;
use taskpool_tui::pool::{PoolError, SimpleTaskPool, TaskPool, Why};

/// In the original the name of a cancelled group is given to the next one, and an old handle hits that.
#[tokio::test(start_paused = true)]
async fn r29_a_default_name_is_never_given_twice() {
    let (pool, simple) = (TaskPool::new(None), SimpleTaskPool::new(forever, None, ()));
    let first = pool.apply(forever, 1, ()).unwrap();
    let started = simple.start(1).unwrap();
    settle().await;
    pool.cancel_group(&first, None).unwrap();
    simple.cancel_group(&started, None).unwrap();
    settle().await;
    pool.flush().await;
    let second = pool.apply(forever, 1, ()).unwrap();
    assert_eq!(
        (first.as_str(), second.as_str()),
        ("apply-forever-group-0", "apply-forever-group-1")
    );
    assert_eq!(simple.start(1).unwrap().as_str(), "start-group-1");
    assert!(matches!(
        pool.cancel_group(&first, None),
        Err(PoolError::TaskGroupNotFound { .. })
    ));
}

/// What this thread has had of a processor: others may have one, too.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

/// In the original the time for a submission grows with the number of groups (1.58 s for 4,000).
#[tokio::test(start_paused = true)]
async fn r31_a_submission_takes_the_same_time_however_many_there_were() {
    let pool = TaskPool::new(0);
    let took = |groups: usize| {
        let begun = processor_time();
        for _ in 0..groups {
            pool.apply(|| async {}, 1, ()).unwrap();
        }
        processor_time().saturating_sub(begun)
    };
    let (first, _, last) = (took(5_000), took(30_000), took(5_000));
    // Eight times as many groups: quadratic would be fifteen times as slow; the bound leaves room for noise.
    assert!(
        last < first * 8 + Duration::from_millis(200),
        "{first:?} {last:?}"
    );
    assert_eq!((pool.stats().groups, pool.stats().queued), (40_000, 40_000));
}

/// In the original 0 and -3 are accepted and leave a group. A `usize` cannot be negative; 0 gives, by the
/// contract, an empty group that is over.
#[tokio::test(start_paused = true)]
async fn r33_a_group_of_no_tasks_exists_and_is_over() {
    let (pool, simple) = (TaskPool::new(1), SimpleTaskPool::new(forever, 1, ()));
    pool.apply(forever, 0, "none").unwrap();
    pool.map(sleep, [], 1, "nothing").unwrap();
    simple.start(0).unwrap();
    settle().await;
    for group in ["none", "nothing"] {
        assert_eq!(pool.group(group).unwrap().why, Why::NothingLeft);
        assert!(pool.get_group_ids([group]).unwrap().is_empty());
    }
    pool.flush().await;
    assert_eq!(pool.stats().groups, 0);
    assert_eq!(
        pool.close().await.totals.sum() + simple.close().await.totals.sum(),
        0
    );
}

/// In the original arguments that can be iterated once give 1 real call of 3. Here the function makes a future
/// for each task, so it has to be callable again (`Fn`), and what it captured has to be cloned per call: a
/// closure that gives away what it captured (`FnOnce`) does not compile.
#[tokio::test(start_paused = true)]
async fn r34_each_of_num_tasks_is_called_with_the_same_arguments() {
    let (pool, diary) = (TaskPool::new(None), Diary::default());
    let (words, noted) = (vec!["a", "b"], diary.clone());
    let work = move || {
        let (once, noted) = (words.clone().into_iter(), noted.clone());
        async move { noted.note(once.collect::<String>()) }
    };
    pool.apply(work, 3, ()).unwrap();
    pool.close().await;
    assert_eq!(diary.text(), "ab ab ab");
}

/// In the original a `partial` is an `AttributeError`. Here whatever is `Fn() -> impl Future` is a function: a plain
/// one, a closure, a pointer, a box; anything else does not compile.
#[tokio::test(start_paused = true)]
async fn r35_every_kind_of_callable_runs() {
    let (pool, gauge) = (TaskPool::new(None), Gauge::default());
    let during = gauge.clone();
    let closure = move || during.clone().during(async {});
    let boxed: Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send> = {
        let closure = closure.clone();
        Box::new(move || Box::pin(closure()))
    };
    let half_applied = {
        let gauge = gauge.clone();
        move |seconds| gauge.clone().during(sleep(seconds))
    };
    pool.apply(closure, 1, ()).unwrap();
    pool.apply(boxed, 1, ()).unwrap();
    pool.apply(move || half_applied(1), 1, ()).unwrap();
    assert_eq!(pool.close().await.totals.completed, 3);
    assert_eq!(gauge.calls(), 3);
}

/// In the original the wrong number of arguments is no error, and 1 of 4 tasks starts. Here the number is checked
/// by the compiler; what remains are the keyword arguments of `doublestarmap`, whose misfits the contract has
/// skipped, counted and shown.
#[tokio::test(start_paused = true)]
async fn r36_arguments_that_fit_no_call_are_skipped_and_counted() {
    struct Port(u16);
    impl TryFrom<&'static str> for Port {
        type Error = String;
        fn try_from(text: &'static str) -> Result<Port, String> {
            text.parse().map(Port).map_err(|error| format!("{text}: {error}"))
        }
    }
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let (noted, mut events) = (diary.clone(), pool.events());
    let work = move |Port(port): Port| {
        noted.note(port.to_string());
        async {}
    };
    pool.doublestarmap(work, ["x", "80", "99999", "443"], 1, "g")
        .unwrap();
    settle().await;
    assert_eq!(diary.text(), "80 443");
    assert_eq!((pool.group("g").unwrap().skipped, pool.stats().skipped), (2, 2));
    let told = format!("{:?}", events.read(usize::MAX).events);
    assert!(told.contains("x: invalid digit") && told.contains("99999: number too large"));
    assert_eq!(pool.close().await.totals.completed, 2);
}

/// In the original an error of the iterator is seen only at a later flush, or never.
#[tokio::test(start_paused = true)]
async fn r37_a_failing_iterator_is_told_at_once_and_ends_its_group_alone() {
    let pool = TaskPool::new(1);
    let mut events = pool.events();
    let torn = (0..9).map(|n| if n == 1 { panic!("torn") } else { n });
    pool.map(|_| sleep(1), torn, 1, "torn").unwrap();
    pool.apply(|| sleep(1), 2, "whole").unwrap();
    sleep(2).await;
    settle().await;
    let group = pool.group("torn").unwrap();
    assert_eq!(
        group.input_error.as_deref(),
        Some("making the next task panicked: torn")
    );
    assert_eq!((group.totals.completed, group.why), (1, Why::NothingLeft));
    assert!(format!("{:?}", events.read(usize::MAX).events).contains("InputFailed"));
    assert_eq!(pool.close().await.into_result().unwrap().completed, 3);
}

/// In the original 1.5 lets 20 run at once. Here it is a `usize`.
#[tokio::test(start_paused = true)]
async fn r38_num_concurrent_is_a_whole_number_from_1_on() {
    for most in [1, 2, 7] {
        let (pool, gauge) = (TaskPool::new(None), Gauge::default());
        let during = gauge.clone();
        pool.map(move |_| during.clone().during(sleep(1)), 0..20, most, ())
            .unwrap();
        pool.close().await;
        assert_eq!((gauge.calls(), gauge.most_at_once()), (20, most));
    }
    let refused = TaskPool::new(None).map(sleep, [1], 0, ());
    assert_eq!(refused, Err(PoolError::InvalidNumConcurrent));
}

/// In the original the error of a callback takes the place of the task's result.
#[tokio::test(start_paused = true)]
async fn r39_a_panic_in_a_callback_is_noted_and_changes_no_outcome() {
    let pool = TaskPool::new(1);
    let mut events = pool.events();
    let options =
        GroupOptions::default().on_end(Callback::new(|id: TaskId| assert!(id.0 == u64::MAX, "in {id}")));
    pool.map(
        |fails| async move { if fails { Err("no") } else { Ok(()) } },
        [false, true],
        1,
        options,
    )
    .unwrap();
    let gathered = pool.close().await;
    assert_eq!(
        (
            gathered.totals.completed,
            gathered.totals.failed,
            gathered.totals.panicked
        ),
        (1, 1, 0)
    );
    assert_eq!(gathered.failures[0].1.to_string(), "failed: no");
    let told = format!("{:?}", events.read(usize::MAX).events);
    assert!(told.contains("in 0") && told.contains("in 1"));
}

/// In the original callbacks that are lambdas or objects are never awaited. Here [`Callback::new`] takes plain
/// functions and [`Callback::from_async`] async ones: a function that returns a future does not compile as the
/// first, so none is dropped unawaited.
#[tokio::test(start_paused = true)]
async fn r40_callbacks_of_both_kinds_run_to_their_end() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let noted = diary.clone();
    let slow = Callback::from_async(move |id| {
        let noted = noted.clone();
        async move {
            sleep(3).await;
            noted.note(format!("slow{id}"));
        }
    });
    pool.apply(|| async {}, 1, diary.callbacks()).unwrap();
    pool.apply(|| async {}, 1, GroupOptions::default().on_end(slow))
        .unwrap();
    pool.close().await;
    assert_eq!(diary.text(), "e0 slow1");
}

/// As in the original the slot is free once the task has ended, before end callback running, so with one slot any
/// number of end callbacks may run at once. By the contract the pool does not limit them; whoever gives it
/// callbacks that cost something does. A cancel callback runs in its task's slot, so those are limited.
#[tokio::test(start_paused = true)]
async fn r41_end_callbacks_hold_no_slot_and_cancel_callbacks_do() {
    let (ends, cancels) = (Gauge::default(), Gauge::default());
    let (at_end, at_cancel) = (ends.clone(), cancels.clone());
    let options = GroupOptions::default()
        .on_end(Callback::from_async(move |_| at_end.clone().during(sleep(100))))
        .on_cancel(Callback::from_async(move |_| at_cancel.clone().during(sleep(1))));
    let pool = SimpleTaskPool::new(forever, 1, options);
    pool.start(20).unwrap();
    for _ in 0..20 {
        settle().await;
        assert_eq!(pool.stop(1).len(), 1);
        sleep(1).await;
    }
    assert_eq!(pool.close().await.totals.cancelled, 20);
    assert_eq!((cancels.calls(), cancels.most_at_once()), (20, 1));
    assert_eq!((ends.calls(), ends.most_at_once()), (20, 20));
}

/// In the original there is no count of failures, and results are out of reach.
#[tokio::test(start_paused = true)]
async fn r42_every_outcome_is_counted_and_can_be_looked_at() {
    let pool = TaskPool::new(None);
    let work = |n| async move {
        assert!(n != 2, "two");
        if n == 1 { Err("one") } else { Ok(()) }
    };
    pool.map(work, 0..4, 4, ()).unwrap();
    settle().await;
    let seen: Vec<String> = tasks(&pool)
        .into_iter()
        .map(|task| task.outcome.unwrap().to_string())
        .collect();
    assert_eq!(seen, ["completed", "failed: one", "panicked: two", "completed"]);
    pool.flush().await;
    let totals = pool.stats().totals;
    assert_eq!(
        (totals.completed, totals.failed, totals.panicked),
        (2, 1, 1),
        "also after a flush"
    );
    assert!(tasks(&pool).is_empty(), "what is flushed costs no memory");
}

/// The original keeps every pool in a list for ever. What this test can see: all that a closed pool was given is
/// freed with its last handle.
#[tokio::test(start_paused = true)]
async fn r43_a_closed_pool_is_freed_with_its_last_handle() {
    let captured = Arc::new(());
    let weak = Arc::downgrade(&captured);
    let callback = Callback::new({
        let captured = captured.clone();
        move |_| _ = &captured
    });
    let options = GroupOptions::default()
        .on_end(callback.clone())
        .on_cancel(callback);
    let work = move || {
        let captured = captured.clone();
        async move { drop(captured) }
    };
    let pool = SimpleTaskPool::new(work, 2, options);
    pool.start(5).unwrap();
    pool.close().await;
    assert!(
        Weak::strong_count(&weak) > 0,
        "the pool has its function as long as it lives"
    );
    let clone = pool.clone();
    drop(pool);
    assert!(clone.start(1).is_err());
    drop(clone);
    assert_eq!(Weak::strong_count(&weak), 0);
}

/// As in the original, and promised: slots go round, and nobody starves. (The first group waits for its second slot
/// before the others exist.)
#[tokio::test(start_paused = true)]
async fn r44_waiting_groups_get_one_slot_each_in_turn() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    for (name, num) in [("a", 4), ("b", 2), ("c", 3)] {
        let noted = diary.clone();
        let work = move || {
            noted.note(name);
            sleep(1)
        };
        pool.apply(work, num, name).unwrap();
    }
    pool.close().await;
    assert_eq!(diary.text(), "a a b c a b c a c");
}

/// A huge group, and a group that is always refilled, keep no one waiting for more than a turn each.
#[tokio::test(start_paused = true)]
async fn r44_a_small_group_does_not_starve_beside_endless_ones() {
    let (pool, diary) = (TaskPool::new(2), Diary::default());
    pool.map(|_| sleep(1), 0.., 50, "endless").unwrap();
    pool.apply(|| sleep(1), 1_000_000, "huge").unwrap();
    settle().await;
    let noted = diary.clone();
    let work = move || {
        noted.note("small");
        async {}
    };
    pool.apply(work, 1, "small").unwrap();
    sleep(2).await;
    settle().await;
    assert_eq!(diary.text(), "small");
    pool.cancel_all(None);
    pool.close().await;
}

/// In the original queued tasks cannot be seen. An ID comes, as documented, with the start; before it, a task
/// counts in its group's `queued`, and is cancelled with its group.
#[tokio::test(start_paused = true)]
async fn r45_queued_tasks_are_counted_have_no_id_yet_and_go_with_their_group() {
    let pool = TaskPool::new(1);
    pool.apply(forever, 3, "g").unwrap();
    pool.map(sleep, 0..5, 1, "h").unwrap();
    settle().await;
    assert_eq!(
        (pool.group("g").unwrap().queued, pool.group("h").unwrap().queued),
        (Some(2), Some(5))
    );
    assert_eq!((pool.stats().queued, pool.stats().queued_more), (7, false));
    assert_eq!(
        pool.get_group_ids(["g", "h"]).unwrap(),
        ids([0]).into_iter().collect()
    );
    assert!(matches!(
        pool.cancel(ids([1]), None),
        Err(PoolError::InvalidTaskId { id: TaskId(1), .. })
    ));
    pool.cancel_group("h", None).unwrap();
    assert_eq!(pool.stats().queued, 2);
    // Of an iterator of unknown length nobody can say how many are left.
    pool.map(sleep, std::iter::from_fn(|| Some(1)), 1, "u").unwrap();
    assert_eq!(
        (pool.group("u").unwrap().queued, pool.stats().queued_more),
        (None, true)
    );
}

/// As in the original, which does not say so.
#[tokio::test(start_paused = true)]
async fn r46_a_name_in_use_is_refused_by_every_method() {
    let pool = TaskPool::new(None);
    pool.apply(forever, 1, "g").unwrap();
    let refusals = [
        pool.apply(forever, 1, "g"),
        pool.map(sleep, [1], 1, "g"),
        pool.starmap(sleep, [(1,)], 1, "g"),
        pool.doublestarmap(sleep, [1_u32], 1, "g"),
    ];
    for refused in refusals {
        let Err(PoolError::TaskGroupAlreadyExists { group, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(group.as_str(), "g");
    }
    settle().await;
    assert_eq!((pool.num_running(), pool.stats().groups), (1, 1));
}
