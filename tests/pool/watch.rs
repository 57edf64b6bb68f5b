//! Watching a pool: events, snapshots, reasons.

use super::*;
use taskpool_tui::pool::{
    At, Callback, EVENTS_KEPT, EventKind, GroupOptions, OutcomeKind, Query, SimpleTaskPool, States, TaskPool,
    TaskState, Why,
};

fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::GroupCreated { group, method, func } => format!("created {group} {method} {func}"),
        EventKind::SpawnerDone { group } => format!("spawned {group}"),
        EventKind::GroupDone { group } => format!("done {group}"),
        EventKind::GroupCancelled { group } => format!("cancelled-group {group}"),
        EventKind::GroupForgotten { group } => format!("forgot-group {group}"),
        EventKind::TaskStarted { id, args, .. } => format!("start {id} {args}"),
        EventKind::CancelRequested {
            id, message, forced, ..
        } => {
            format!("ask {id} {} {forced}", message.as_deref().unwrap_or("-"))
        }
        EventKind::TaskCancelled { id, .. } => format!("cancelled {id}"),
        EventKind::TaskEnded { id, outcome, .. } => format!("end {id} {outcome}"),
        EventKind::CallbackDone { id, cancel, .. } => format!("callback {id} {cancel}"),
        EventKind::TasksForgotten { first, last } => format!("forgot {first}-{last}"),
        other => format!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_change_is_an_event_in_order_without_gaps() {
    let pool = TaskPool::new(1);
    let mut reader = pool.events();
    let options = GroupOptions::named("g")
        .on_cancel(Callback::new(|_| ()))
        .on_end(Callback::new(|_| ()));
    pool.map(
        |n| async move {
            if n == 1 {
                forever().await;
            }
        },
        0..5,
        2,
        options,
    )
    .unwrap();
    settle().await;
    pool.set_pool_size(0);
    pool.cancel_group("g", Some("stop")).unwrap();
    settle().await;
    pool.pause();
    pool.resume();
    pool.flush().await;
    pool.close().await;
    let events = reader.read(usize::MAX);
    assert_eq!(events.lost, 0);
    for (before, after) in events.events.iter().zip(&events.events[1..]) {
        assert_eq!(after.seq, before.seq + 1);
        assert!(after.time >= before.time);
    }
    let lines: Vec<String> = events.events.iter().map(|event| told(&event.kind)).collect();
    assert_eq!(
        lines,
        [
            "created g map {{closure}}"
                .replace("{{closure}}", "every_change_is_an_event_in_order_without_gaps"),
            "start 0 0".into(),
            "end 0 completed".into(),
            "callback 0 false".into(),
            "start 1 1".into(),
            "Resized { size: Limited(0) }".into(),
            "cancelled-group g".into(),
            "spawned g".into(),
            "ask 1 stop false".into(),
            "cancelled 1".into(),
            "callback 1 true".into(),
            "end 1 cancelled: stop".into(),
            "done g".into(),
            "callback 1 false".into(),
            "Paused".into(),
            "Resumed".into(),
            "forgot 0-1".into(),
            "Locked".into(),
            "Closed".into(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_what_it_missed() {
    let pool = TaskPool::new(None);
    let (mut slow, mut quick) = (pool.events(), pool.events());
    let tasks = EVENTS_KEPT as u64;
    pool.apply(|| async {}, EVENTS_KEPT, ()).unwrap();
    let mut seen = 0;
    while seen < 2 * tasks {
        quick.ready().await;
        let events = quick.read(usize::MAX);
        assert_eq!(events.lost, 0);
        seen += events.events.len() as u64;
    }
    let events = slow.read(10);
    assert_eq!(
        (
            events.lost + events.events.len() as u64 + slow.behind(),
            events.events.len()
        ),
        (2 * tasks + 3, 10)
    );
    assert_eq!(slow.read(10).lost, 0);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_the_rows_asked_for_and_consistent_counts() {
    let pool = TaskPool::new(None);
    pool.map(
        |n| async move { if n % 10 == 3 { Err("three") } else { Ok(()) } },
        0..2000,
        5,
        "a",
    )
    .unwrap();
    pool.apply(forever, 3, "b").unwrap();
    settle().await;
    let failed = States::ended(OutcomeKind::Failed);
    let shot = pool.snapshot(&Query {
        states: failed,
        at: At::End,
        rows: 2,
        groups: (1, 5),
        ..Query::default()
    });
    assert_eq!((shot.tasks_total, shot.tasks_first), (200, 198));
    assert_eq!(
        shot.tasks.iter().map(|t| t.id).collect::<Vec<_>>(),
        ids([1983 + 3, 1993 + 3]),
        "b's tasks came early"
    );
    assert_eq!(shot.tasks[1].args.as_ref(), "1993");
    assert_eq!(
        shot.tasks[1].outcome.as_ref().unwrap().to_string(),
        "failed: three"
    );
    assert_eq!(
        (
            shot.groups.len(),
            shot.groups[0].name.as_str(),
            shot.groups[0].running
        ),
        (1, "b", 3)
    );
    let of_b = pool.snapshot(&Query {
        group: Some("b"),
        rows: 9,
        ..Query::default()
    });
    assert_eq!((of_b.tasks_total, of_b.tasks[0].state), (3, TaskState::Running));
    let failed_of_b = pool.snapshot(&Query {
        group: Some("b"),
        states: failed,
        rows: 9,
        ..Query::default()
    });
    assert_eq!(failed_of_b.tasks_total, 0);
    let around = pool.snapshot(&Query {
        at: At::Task(TaskId(1000), 4),
        rows: 9,
        ..Query::default()
    });
    assert_eq!((around.tasks_first, around.tasks[4].id), (996, TaskId(1000)));
    assert_eq!(
        around.stats.running + around.stats.cancelled + around.stats.ended,
        around.tasks_total
    );
    let chosen = ids([5, 900]);
    let by_id = pool.snapshot(&Query {
        ids: Some(&chosen),
        rows: 9,
        ..Query::default()
    });
    assert_eq!(by_id.tasks.iter().map(|t| t.id).collect::<Vec<_>>(), chosen);
}

#[tokio::test(start_paused = true)]
async fn a_window_lies_where_it_is_asked_for_and_moves_back_where_too_few_rows_would_follow() {
    let pool = TaskPool::new(1);
    pool.map(
        |n| async move { if n < 2 { Err("no") } else { Ok(()) } },
        0..10,
        1,
        "g",
    )
    .unwrap();
    settle().await;
    let every = ids(0..10);
    let all = Query::default();
    let of_group = Query {
        group: Some("g"),
        ..all.clone()
    };
    let listed = Query {
        ids: Some(&every),
        ..all.clone()
    };
    let completed = States::ended(OutcomeKind::Completed);
    for query in [all, of_group, listed] {
        for (states, skipped) in [(States::ALL, 0), (completed, 2)] {
            let total = 10 - skipped;
            let window = |at, rows| {
                let shot = pool.snapshot(&Query {
                    at,
                    rows,
                    states,
                    ..query.clone()
                });
                assert_eq!(shot.tasks_total, total);
                let shown: Vec<usize> = shot
                    .tasks
                    .iter()
                    .map(|t| usize::try_from(t.id.0).unwrap())
                    .collect();
                let first = shot.tasks_first;
                let expected: Vec<usize> = (skipped..10).skip(first).take(rows).collect();
                assert_eq!(shown, expected);
                first
            };
            assert_eq!(window(At::First(3), 4), 3);
            assert_eq!(window(At::First(9), 4), total - 4);
            assert_eq!(window(At::First(3), 20), 0);
            assert_eq!(window(At::End, 4), total - 4);
            assert_eq!(window(At::End, 20), 0);
            assert_eq!(window(At::Task(TaskId(5), 1), 4), 4 - skipped);
            assert_eq!(window(At::Task(TaskId(3), 3), 4), 0);
            assert_eq!(window(At::Task(TaskId(9), 0), 4), total - 4);
            assert_eq!(window(At::Task(TaskId(99), 1), 4), total - 4);
        }
    }
    let unknown = Query {
        group: Some("other"),
        rows: 9,
        ..Query::default()
    };
    assert_eq!(pool.snapshot(&unknown).tasks_total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_scan_sees_every_remembered_task_once_with_its_group_and_arguments() {
    let pool = TaskPool::new(None);
    pool.map(sleep, (0..1100).map(|n| n % 2), 9999, "a").unwrap();
    pool.map(sleep, [7, 8], 2, "b").unwrap();
    sleep(1).await;
    settle().await;
    let scan = |from| {
        let (mut seen, mut next) = (Vec::new(), Some(TaskId(from)));
        while let Some(from) = next {
            next = pool.scan(from, |id, group, args| {
                seen.push((id.0, group.to_string(), args.to_owned()));
            });
            assert!(next.is_none_or(|next| next > from));
        }
        seen
    };
    let mut expected: Vec<_> = pool
        .snapshot(&Query {
            rows: usize::MAX,
            ..Query::default()
        })
        .tasks
        .iter()
        .map(|task| (task.id.0, task.group.to_string(), task.args.to_string()))
        .collect();
    assert_eq!(expected.len(), 1102);
    assert_eq!(expected.iter().filter(|(_, group, _)| group == "b").count(), 2);
    assert_eq!(scan(0), expected);
    assert_eq!(scan(513), expected[513..]);
    assert_eq!(scan(1102), []);
    pool.flush().await;
    expected.retain(|(_, group, _)| group == "b");
    assert_eq!(scan(0), expected, "the others are forgotten");
    let mut known = ids([3, expected[0].0, 5000]);
    pool.retain_remembered(&mut known);
    assert_eq!(known, ids([expected[0].0]));
    assert!(pool.remembers(known[0]) && !pool.remembers(TaskId(3)));
}

#[tokio::test(start_paused = true)]
async fn every_group_says_why_its_next_task_does_not_start() {
    let pool = TaskPool::new(2);
    let why = |pool: &TaskPool| -> Vec<Why> {
        pool.snapshot(&Query {
            groups: (0, 9),
            ..Query::default()
        })
        .groups
        .iter()
        .map(|g| g.why)
        .collect()
    };
    pool.apply(forever, 1, "over").unwrap();
    pool.map(|_| forever(), 0..9, 1, "narrow").unwrap();
    assert_eq!(why(&pool), [Why::Starting, Why::Starting]);
    settle().await;
    pool.apply(forever, 1, "first").unwrap();
    pool.apply(forever, 1, "second").unwrap();
    assert_eq!(
        why(&pool),
        [
            Why::NothingLeft,
            Why::NumConcurrent,
            Why::PoolFull { place: 1 },
            Why::PoolFull { place: 2 }
        ]
    );
    pool.pause();
    assert_eq!(
        why(&pool),
        [Why::NothingLeft, Why::Paused, Why::Paused, Why::Paused]
    );
    assert_eq!(pool.stats().queued, 10);
}

#[tokio::test(start_paused = true)]
async fn a_task_tells_the_times_of_its_life() {
    let pool = SimpleTaskPool::new(
        || async {
            let cancelled = TaskContext::current()
                .unwrap()
                .catch(forever())
                .await
                .unwrap_err();
            sleep(2).await;
            Err::<(), _>(cancelled)
        },
        None,
        GroupOptions::default()
            .on_cancel(Callback::from_async(|_| sleep(3)))
            .on_end(Callback::from_async(|_| sleep(4))),
    );
    sleep(1).await;
    pool.start(1).unwrap();
    sleep(1).await;
    pool.stop(1);
    sleep(20).await;
    let task = pool
        .snapshot(&Query {
            rows: 1,
            ..Query::default()
        })
        .tasks
        .remove(0);
    let times = [
        Some(task.started),
        task.asked,
        task.cancelled,
        task.ended,
        task.settled,
    ];
    assert_eq!(times.map(|time| time.unwrap().as_secs()), [1, 2, 4, 7, 11]);
}

#[tokio::test(start_paused = true)]
async fn changed_resolves_once_something_has() {
    let pool = TaskPool::new(1);
    let version = pool.stats().version;
    assert!(
        tokio::time::timeout(Duration::from_secs(9), pool.changed(version))
            .await
            .is_err()
    );
    let (waiter, waits) = (pool.clone(), version);
    let changed = tokio::spawn(async move { waiter.changed(waits).await });
    settle().await;
    pool.lock();
    assert!(changed.await.unwrap() > version);
}

#[tokio::test(start_paused = true)]
async fn an_end_tells_how_long_the_task_ran_whenever_it_started() {
    let pool = TaskPool::new(1);
    let mut events = pool.events();
    tokio::time::sleep(Duration::from_secs(5)).await;
    pool.apply(|| tokio::time::sleep(Duration::from_secs(3)), 1, ())
        .unwrap();
    pool.close().await;
    let durations: Vec<Duration> = events
        .read(100)
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::TaskEnded { duration, .. } => Some(duration),
            _ => None,
        })
        .collect();
    assert_eq!(durations.len(), 1);
    assert!(
        durations[0] >= Duration::from_secs(3) && durations[0] < Duration::from_secs(4),
        "{durations:?}"
    );
}
