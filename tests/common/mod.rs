//! Made-up moments of a session, shared by the tests of the dashboard.

use std::time::Duration;
use taskpool_tui::app::clean::Clean;
use taskpool_tui::app::peers::Peers;
use taskpool_tui::app::status::Status;
use taskpool_tui::app::timeline::{Slots, TimelineWant};
use taskpool_tui::app::view::{
    Closing, ClosingPool, ClosingTask, CommandRow, Eta, FailureRow, GroupRow, Life, OutputLine, OutputView,
    PoolRow, PoolView, Queued, Spot, Stream, TaskRow, TaskView, Used, View, Want,
};
use taskpool_tui::app::warnings::WarningsView;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn queued(known: usize) -> Queued {
    Queued { known, more: false }
}

fn pool(name: &str) -> PoolRow {
    PoolRow {
        name: name.into(),
        ..PoolRow::default()
    }
}

/// Four pools, each in another mood.
pub(crate) fn pools() -> View {
    let history = (0..120)
        .map(|i: u32| if i < 30 { 0 } else { (i * 7 % 5) + i / 20 })
        .collect();
    let failures = (0..120).map(|i: u32| u32::from(i == 61 || i == 97)).collect();
    View {
        time: Duration::from_secs(252),
        title: "demo.toml".into(),
        pools: vec![
            PoolRow {
                size: Some(14),
                running: 14,
                cancelling: 1,
                ended: 34,
                queued: queued(27),
                ok: 209,
                failed: 3,
                stopped: 6,
                rate: 4.13,
                history,
                failures,
                apart: vec![(Status::Paused, 2)],
                starts: Some("apply-w-0".into()),
                eta: Eta::In(Duration::from_secs(7)),
                ..pool("fetch")
            },
            PoolRow {
                size: Some(20),
                locked: true,
                running: 3,
                cancelled: 1,
                queued: Queued { known: 9, more: true },
                ok: 98,
                stopped: 1,
                rate: 0.6,
                eta: Eta::AtLeast(Duration::from_secs(754)),
                ..pool("thumbs")
            },
            PoolRow {
                func: Some("worker".into()),
                size: Some(2),
                paused: true,
                running: 2,
                cancelling: 2,
                queued: queued(5),
                ok: 40,
                failed: 9,
                stopped: 3,
                eta: Eta::Never,
                ..pool("mail")
            },
            PoolRow {
                ended: 12,
                ok: 12,
                ..pool("report")
            },
        ],
        pool: None,
        closing: None,
        warnings: WarningsView::default(),
        failures: vec![
            FailureRow {
                pool: "fetch".into(),
                group: "apply-w-0".into(),
                id: 222,
                args: "a/222".into(),
                status: Status::Failed,
                note: "exit 2: 404 Not Found".into(),
                ago: ms(7_300),
            },
            FailureRow {
                pool: "mail".into(),
                group: "start-group-0".into(),
                id: 49,
                args: "an address".into(),
                status: Status::TimedOut,
                note: "timed out after 30s".into(),
                ago: ms(65_000),
            },
        ],
        answers: 0,
        why: None,
    }
}

fn task(id: u64, status: Status, age: u64, args: &str, note: &str) -> TaskRow {
    TaskRow {
        id,
        group: if id.is_multiple_of(2) {
            "apply-w-0"
        } else {
            "map-w-0"
        }
        .into(),
        status,
        age: ms(age),
        wait: ms(age / 3 + id),
        used: (status == Status::Running).then_some(Used {
            cpu: (id != 231).then_some(id % 150),
            memory: id * 777_777,
        }),
        cancelling_for: (status == Status::Cancelling).then_some(ms(6_200)),
        command: matches!(status, Status::Running | Status::Paused | Status::Cancelling).then(|| {
            CommandRow {
                paused_for: (status == Status::Paused).then_some(ms(2_000)),
                takes_input: id == 231,
            }
        }),
        args: args.into(),
        func: "get.sh".into(),
        exit: None,
        tries: 1,
        trying: None,
        retried: false,
        note: note.into(),
    }
}

fn tasks() -> Vec<TaskRow> {
    vec![
        task(118, Status::Cancelling, 20_800, "a/118", "still at 82%"),
        task(
            222,
            Status::Panicked,
            12,
            "a/222",
            "index out of bounds: the len is 3 but the index is 7",
        ),
        task(223, Status::TimedOut, 10_000, "a/223", "killed after 10s"),
        task(225, Status::Stopped, 1_100, "a/225", "signal 15 (TERM)"),
        task(226, Status::Failed, 400, "a/226", "exit 2"),
        task(227, Status::Ok, 2_200, "a/227", "done 14 kB"),
        task(228, Status::Cancelled, 4_000, "a/228", "retry 2/3"),
        task(
            229,
            Status::Running,
            72_000,
            "a/229",
            "日本語 and a long line that does not fit into the pane at all",
        ),
        task(230, Status::Running, 3_400, "a/230", "GET https://host/b/230"),
        task(231, Status::Running, 3_100, "a/231", "GET https://host/a/231"),
    ]
}

fn output() -> OutputView {
    let texts = [
        "GET https://host/a/230",
        "redirect to /b/230",
        "GET https://host/b/230",
    ];
    OutputView {
        total: 42,
        first: 12,
        lines: (0..30)
            .zip(texts.into_iter().cycle())
            .map(|(i, text)| OutputLine {
                time: ms(248_712 + i * 100),
                stream: if text.starts_with("redirect") {
                    Stream::Stderr
                } else {
                    Stream::Stdout
                },
                spot: Spot {
                    millis: u32::try_from(248_712 + i * 100).unwrap(),
                    task: 230,
                    line: 12 + i,
                },
                goes_on: false,
                matches: false,
                text: text.into(),
            })
            .collect(),
        tasks: vec![230],
        ..OutputView::default()
    }
}

/// The view of the first pool, with task 230 shown.
pub(crate) fn pool_view() -> PoolView {
    let group = GroupRow {
        name: "apply-w-0".into(),
        method: "apply".into(),
        func: "get.sh".into(),
        queued: queued(20),
        running: 9,
        cancelling: 1,
        ok: 8,
        failed: 2,
        stopped: 1,
        why: "pool full, 2nd in the queue".into(),
        startable: true,
        ..GroupRow::default()
    };
    let tasks = tasks();
    PoolView {
        next: Vec::new(),
        group_gone: None,
        name: "fetch".into(),
        whole: true,
        tasks_all: 48,
        searched: None,
        sorted: None,
        jumped: None,
        moved: None,
        groups_total: 3,
        groups_first: 0,
        groups: vec![
            group.clone(),
            GroupRow {
                name: "map-w-0".into(),
                method: "map".into(),
                num_concurrent: Some(5),
                queued: queued(7),
                running: 5,
                skipped: 2,
                why: "5 of 5 running".into(),
                startable: false,
                ..group
            },
            GroupRow {
                name: "nightly".into(),
                method: "map".into(),
                func: "archive".into(),
                held: true,
                ..GroupRow::default()
            },
        ],
        tasks_total: tasks.len(),
        tasks_first: 0,
        task: tasks.iter().find(|task| task.id == 230).map(|row| TaskView {
            row: row.clone(),
            name: "fetch_Task-230".into(),
            facts: vec![(
                "command".into(),
                "./get.sh --id 230 --out /var/tmp/somewhere/far/away".into(),
            )],
            live: vec![("pid".into(), "41301".into())],
            times: vec![("started".into(), ms(248_700))],
            why: Clean::default(),
            life: Life {
                started: ms(248_700),
                first_line: Some(ms(248_712)),
                ..Life::default()
            },
            peers: Some(peers()),
            output: output(),
        }),
        tasks,
        gone: taskpool_tui::app::ids::Ids::default(),
        timeline: None,
    }
}

/// 218 tasks that took from half a second to eleven.
fn peers() -> Peers {
    let times = (0..218_u64).map(|i| ms(500 + i * 12 + if i % 9 == 0 { i * 36 } else { 0 }));
    Peers::of("get.sh", times)
}

/// The timeline of fourteen slots, over the last 45 seconds.
fn slots() -> Slots {
    let mut slots = Slots::default();
    let (mut events, mut id, mut seed) = (Vec::new(), 0, 7_u64);
    for slot in 0..14_u64 {
        let mut at = 205_000 + slot * 130;
        while at < 252_000 {
            seed = (seed * 1_103_515_245 + 12_345) % (1 << 31);
            let end = at + 900 + seed % 9_000;
            events.push((at, end, seed));
            at = end + 30;
        }
    }
    events.sort_unstable();
    let mut ends: Vec<(u64, u64, u64)> = Vec::new();
    for (start, end, seed) in events {
        ends.sort_unstable();
        while ends.first().is_some_and(|(end, ..)| *end <= start) {
            let (end, id, seed) = ends.remove(0);
            let (status, asked) = match seed % 11 {
                0 => (Status::Failed, false),
                1 => (Status::Stopped, true),
                _ => (Status::Ok, false),
            };
            if asked {
                slots.asked(id, ms(end - 1_500));
                slots.cancelled(id, ms(end - 600));
            }
            slots.end(id, ms(end), status);
        }
        slots.start(id, ms(start));
        ends.push((end, id, seed));
        id += 1;
    }
    slots.asked(ends[0].1, ms(249_000));
    slots
}

/// The first pool as a session would show it to somebody who wants this.
pub(crate) fn shown(want: &Want) -> View {
    let mut view = timeline(want.timeline.as_ref());
    if let Some(pool) = &mut view.pool
        && let Some(row) = pool.tasks.iter().find(|row| Some(row.id) == want.task)
        && let Some(task) = &mut pool.task
    {
        task.row = row.clone();
        task.life = Life {
            started: ms(252_000).saturating_sub(row.age),
            first_line: Some(ms(252_100).saturating_sub(row.age)),
            asked: row.cancelling_for.map(|time| ms(252_000).saturating_sub(time)),
            ..Life::default()
        };
    }
    view
}

/// The first pool with its timeline, as a session would make it for what is wanted.
fn timeline(want: Option<&TimelineWant>) -> View {
    let mut view = busy();
    if let (Some(pool), Some(want)) = (&mut view.pool, want) {
        let cells = u32::try_from(want.cells).unwrap();
        let mut timeline = slots().view(want, Some(14), ms(252_000));
        timeline.queued = (0..cells).map(|i| i * 27 / cells.max(1)).collect();
        timeline.ended = (0..cells).map(|i| i * 7 % 5 + i / 40).collect();
        pool.timeline = Some(timeline);
    }
    view
}

/// The first pool with its groups and tasks.
pub(crate) fn busy() -> View {
    View {
        pool: Some(pool_view()),
        ..pools()
    }
}

/// The first pool with nothing in it yet.
pub(crate) fn fresh() -> View {
    View {
        title: "demo.toml".into(),
        pools: vec![PoolRow {
            size: Some(4),
            starts: Some("apply-w-0".into()),
            ..pool("fetch")
        }],
        pool: Some(PoolView {
            name: "fetch".into(),
            whole: true,
            ..PoolView::default()
        }),
        ..View::default()
    }
}

fn closing_pool(
    name: &str,
    running: usize,
    callbacks: usize,
    oldest: &[(u64, &str, Option<u64>)],
) -> ClosingPool {
    let oldest = oldest.iter().map(|&(id, what, killed_in)| ClosingTask {
        id,
        what: what.into(),
        killed_in: killed_in.map(ms),
    });
    ClosingPool {
        name: name.into(),
        running,
        callbacks,
        oldest: oldest.collect(),
    }
}

/// The same session while it ends.
pub(crate) fn closing() -> View {
    View {
        closing: Some(Closing {
            callbacks: 1,
            running: 3,
            since: ms(4_200),
            forced: false,
            pools: vec![
                closing_pool(
                    "fetch",
                    2,
                    1,
                    &[
                        (118, "pid 41233 cancel requested", Some(3_800)),
                        (227, "callback mail, pid 41240, runs", None),
                        (229, "pid 41234 cancel requested", Some(9_800)),
                    ],
                ),
                closing_pool("thumbs", 1, 0, &[(4, "cancel callback running", None)]),
            ],
        }),
        ..busy()
    }
}
