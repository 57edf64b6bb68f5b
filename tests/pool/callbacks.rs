//! Callbacks: when they run, and what the counts are meanwhile.

use super::*;
use taskpool_tui::pool::{Callback, EventKind, GroupOptions, SimpleTaskPool, TaskPool};

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
        .on_cancel(Callback::new(|id: TaskId| assert!(id.0 == u64::MAX, "in cancel")))
        .on_end(Callback::from_async(|id: TaskId| async move {
            assert!(id.0 == u64::MAX, "in end");
        }));
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

#[tokio::test(start_paused = true)]
async fn a_callback_that_fails_is_counted_and_told_and_changes_nothing_else() {
    let pool = TaskPool::new(1);
    let mut events = pool.events();
    let on_end = Callback::from_async(|id| async move { if id.0 == 1 { Err("no bell") } else { Ok(()) } });
    pool.apply(|| async {}, 3, GroupOptions::default().on_end(on_end))
        .unwrap();
    settle().await;
    let told = events
        .read(usize::MAX)
        .events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::CallbackDone { id, error, .. } => {
                Some(format!("{id} {}", error.as_deref().unwrap_or("ok")))
            }
            _ => None,
        });
    assert_eq!(told.collect::<Vec<_>>(), ["0 ok", "1 no bell", "2 ok"]);
    let stats = pool.stats();
    assert_eq!(
        (stats.callback_errors, stats.callbacks, stats.totals.completed),
        (1, 0, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_cancel_callback_that_fails_or_panics_the_task_ends_all_the_same() {
    let (pool, diary) = (TaskPool::new(3), Diary::default());
    let noted = diary.clone();
    let options = GroupOptions::default()
        .on_cancel(Callback::from_async(|id| async move {
            assert_ne!(id.0, 2, "torn bell");
            if id.0 == 1 { Err("no bell") } else { Ok(()) }
        }))
        .on_end(Callback::new(move |id| noted.note(id.to_string())));
    pool.apply(forever, 3, options).unwrap();
    settle().await;
    pool.cancel_all(None);
    settle().await;
    let stats = pool.stats();
    assert_eq!((stats.callback_errors, stats.totals.cancelled), (2, 3));
    assert_eq!((counts(&pool), diary.text().as_str()), ((0, 0, 3), "0 1 2"));
}

#[tokio::test(start_paused = true)]
async fn flush_settled_leaves_tasks_whose_callbacks_run() {
    let pool = TaskPool::new(None);
    let on_end = Callback::from_async(|id| sleep(id.0 * 10));
    pool.apply(|| async {}, 3, GroupOptions::default().on_end(on_end))
        .unwrap();
    settle().await;
    assert_eq!(pool.flush_settled().await.totals.completed, 1);
    assert_eq!((pool.num_ended(), pool.stats().callbacks), (2, 2));
    assert_eq!(pool.flush().await.totals.completed, 2);
}
