//! Callbacks: when they run, and what the counts are meanwhile.

use super::*;
use taskpool_tui::pool::{Callback, GroupOptions, SimpleTaskPool, TaskPool};

#[tokio::test(start_paused = true)]
async fn the_counts_inside_callbacks_are_those_of_the_state() {
    let (pool, diary) = (TaskPool::new(1), Diary::default());
    let seen = |what: &'static str| {
        let (pool, diary) = (pool.clone(), diary.clone());
        Callback::new(move |id| diary.note(format!("{what}{id}{:?}", counts(&pool))))
    };
    let options = GroupOptions::default().on_cancel(seen("c")).on_end(seen("e"));
    pool.apply(forever, 1, options.clone()).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    pool.apply(|| async {}, 1, options).unwrap();
    settle().await;
    assert_eq!(diary.text(), "c0(0, 1, 0) e0(0, 0, 1) e1(0, 0, 2)");
}

#[tokio::test(start_paused = true)]
async fn the_slot_is_free_before_the_end_callback_runs() {
    let pool = TaskPool::new(1);
    let options = GroupOptions::default().on_end(Callback::from_async(|_| sleep(100)));
    pool.apply(|| sleep(1), 5, options).unwrap();
    sleep(4).await;
    settle().await;
    assert_eq!(counts(&pool), (1, 0, 4));
    assert_eq!(
        pool.close().await.totals.completed,
        5,
        "the close waits for the callbacks"
    );
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_changes_nothing_else() {
    let pool = TaskPool::new(1);
    let options = GroupOptions::default()
        .on_cancel(Callback::new(|_| panic!("in cancel")))
        .on_end(Callback::from_async(|_| async { panic!("in end") }));
    pool.apply(forever, 2, options).unwrap();
    settle().await;
    pool.cancel(ids([0]), None).unwrap();
    settle().await;
    assert_eq!(counts(&pool), (1, 0, 1));
    pool.cancel_all(None);
    let totals = pool.close().await.totals;
    assert_eq!((totals.cancelled, totals.panicked), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_simple_pool_has_its_callbacks_for_all_its_tasks() {
    let diary = Diary::default();
    let noted = diary.clone();
    let options = GroupOptions::default().on_end(Callback::new(move |id| noted.note(id.to_string())));
    let pool = SimpleTaskPool::new(|| async {}, 1, options);
    pool.start(2).unwrap();
    pool.start(1).unwrap();
    pool.close().await;
    assert_eq!(diary.text(), "0 1 2");
}

#[tokio::test(start_paused = true)]
async fn a_callback_may_call_back_into_the_pool() {
    let pool = TaskPool::new(1);
    let starter = pool.clone();
    let on_end = Callback::new(move |id| {
        if id.0 < 3 {
            starter
                .apply(|| async {}, 1, format!("after-{id}").as_str())
                .unwrap();
        }
    });
    pool.apply(
        || async {},
        1,
        GroupOptions::named("first").on_end(on_end.clone()),
    )
    .unwrap();
    settle().await;
    assert_eq!(pool.num_ended(), 2);
    assert_eq!(pool.get_group_ids(["after-0"]).unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_takes_nothing_with_it() {
    let pool = TaskPool::new(2);
    pool.map(|n| async move { assert!(n % 2 == 0, "odd {n}") }, 0..10, 2, ())
        .unwrap();
    let gathered = pool.close().await;
    assert_eq!((gathered.totals.completed, gathered.totals.panicked), (5, 5));
    assert_eq!(gathered.failures[0].1.to_string(), "panicked: odd 1");
}
