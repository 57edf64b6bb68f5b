//! Each kind of warnings: what makes it, and what is close by and does not.

use super::sight::{CommandSight, Sight, TaskSight};
use super::{Kind, Limit, Limits, OutputSight, WarningRow, Warnings};
use crate::app::process::{CommandEnded, Stage};
use crate::pool::{
    Event, EventKind, Gathered, GroupInfo, Method, Outcome, Stats, TaskId, TaskState, Totals, Why,
};
use std::sync::Arc;
use std::time::Duration;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A pool that is as usual, but for these.
pub(in crate::app) fn stats(size: usize, running: usize, queued: usize) -> Stats {
    Stats {
        size: size.into(),
        locked: false,
        paused: false,
        closing: false,
        closed: false,
        running,
        cancelling: 0,
        cancelled: 0,
        ended: 0,
        queued,
        queued_more: false,
        totals: Totals::default(),
        never_started: 0,
        never_started_more: false,
        skipped: 0,
        input_errors: 0,
        callback_errors: 0,
        callbacks: 0,
        groups: 2,
        version: 0,
    }
}

fn task(id: u64) -> TaskSight {
    TaskSight {
        id,
        group: "g".into(),
        func: "get".into(),
        state: TaskState::Running,
        started: at(0),
        asked: None,
        cancelled: None,
        ended: None,
        settled: false,
        stage: None,
        pid: None,
        command: CommandSight::default(),
        callback: None,
        paused: false,
        written: Some(at(0)),
        restarts: None,
    }
}

/// A task that runs a command.
fn command(id: u64) -> TaskSight {
    TaskSight {
        stage: Some(Stage::Running),
        pid: Some(4711),
        ..task(id)
    }
}

fn group(name: &str, running: usize, queued: usize, why: Why) -> GroupInfo {
    GroupInfo {
        name: name.into(),
        method: Method::Map,
        func: "get".into(),
        num_concurrent: Some(9),
        queued: Some(queued),
        running,
        cancelling: 0,
        cancelled: 0,
        totals: Totals::default(),
        skipped: 0,
        input_error: None,
        input_empty: None,
        why,
    }
}

fn sight(now: u64) -> Sight {
    Sight {
        now: at(now),
        stats: stats(4, 1, 0),
        groups: Vec::new(),
        tasks: Vec::new(),
        no_room: None,
        left: Vec::new(),
        machine_memory: Some(8 << 30),
        idle: None,
    }
}

fn of_tasks(now: u64, tasks: Vec<TaskSight>) -> Sight {
    Sight { tasks, ..sight(now) }
}

fn warnings() -> Warnings {
    Warnings::new(Limits::default(), ["p"].into_iter())
}

/// What is warned of after these looks at one pool.
fn after(sights: impl IntoIterator<Item = Sight>) -> Vec<WarningRow> {
    let warnings = warnings();
    for sight in sights {
        warnings.saw(0, &sight);
    }
    active(&warnings)
}

fn active(warnings: &Warnings) -> Vec<WarningRow> {
    let mut rows = warnings.view().rows;
    rows.retain(WarningRow::is_active);
    rows
}

fn kinds(rows: &[WarningRow]) -> Vec<Kind> {
    rows.iter().map(|row| row.kind).collect()
}

fn cancelling(asked: u64) -> TaskSight {
    TaskSight {
        state: TaskState::Cancelling,
        asked: Some(at(asked)),
        ..task(7)
    }
}

#[test]
fn a_cancel_that_is_ignored() {
    let rows = after([of_tasks(20, vec![cancelling(10)])]);
    assert_eq!(kinds(&rows), [Kind::CancelIgnored]);
    assert_eq!((rows[0].since, rows[0].subject.task), (at(10), Some(7)));
    assert_eq!(
        rows[0].evidence.as_str(),
        "cancel requested at 00:00:10; still running"
    );
}

#[test]
fn a_cancel_that_is_young_is_not_ignored() {
    assert_eq!(after([of_tasks(19, vec![cancelling(10)])]), []);
}

#[test]
fn a_timeout_that_is_ignored() {
    let timing_out = |stage| TaskSight {
        stage: Some(stage),
        command: CommandSight {
            timed_out: Some(at(10)),
            ..CommandSight::default()
        },
        ..command(7)
    };
    assert_eq!(after([of_tasks(19, vec![timing_out(Stage::Stopping)])]), []);
    let rows = after([of_tasks(20, vec![timing_out(Stage::Stopping)])]);
    assert_eq!(kinds(&rows), [Kind::CancelIgnored]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "timed out at 00:00:10; pid 4711 has got TERM"
    );
    // What may not be signalled is told at once.
    let mut refused = timing_out(Stage::Killing);
    refused.command.refused = Some("pid 4711 sudo belongs to root".into());
    let rows = after([of_tasks(11, vec![refused])]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "timed out at 00:00:10; pid 4711 sudo belongs to root"
    );
}

fn called_back(ended: u64) -> TaskSight {
    TaskSight {
        state: TaskState::Ended,
        ended: Some(at(ended)),
        callback: Some("mail".into()),
        ..task(7)
    }
}

#[test]
fn a_callback_that_is_slow() {
    let rows = after([of_tasks(20, vec![called_back(10)])]);
    assert_eq!(kinds(&rows), [Kind::SlowCallback]);
    assert!(
        rows[0].evidence.contains("end callback mail"),
        "{}",
        rows[0].evidence
    );
    let cancel = TaskSight {
        state: TaskState::Cancelled,
        cancelled: Some(at(10)),
        ended: None,
        ..called_back(0)
    };
    let rows = after([of_tasks(20, vec![cancel])]);
    assert!(
        rows[0].evidence.contains("cancel callback mail"),
        "{}",
        rows[0].evidence
    );
}

#[test]
fn a_callback_that_has_returned_or_is_young_is_not_slow() {
    assert_eq!(after([of_tasks(19, vec![called_back(10)])]), []);
    let settled = TaskSight {
        settled: true,
        ..called_back(10)
    };
    assert_eq!(after([of_tasks(99, vec![settled])]), []);
}

fn gathered(failures: u64) -> Gathered {
    let failed = |id| {
        (
            TaskId(id),
            Outcome::Failed(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(
                "exit 2",
            ))),
        )
    };
    Gathered {
        totals: Totals {
            completed: 100,
            failed: failures,
            ..Totals::default()
        },
        failures: (0..failures).map(failed).collect(),
    }
}

#[test]
fn failures_that_a_flush_forgets() {
    let warnings = warnings();
    warnings.flushed(0, &gathered(3));
    warnings.saw(0, &sight(5));
    let rows = active(&warnings);
    assert_eq!(kinds(&rows), [Kind::FailuresDropped]);
    assert_eq!((rows[0].count, rows[0].since), (3, at(5)));
    assert!(
        rows[0].evidence.ends_with("first 0: exit 2"),
        "{}",
        rows[0].evidence
    );
    warnings.flushed(0, &gathered(2));
    warnings.saw(0, &sight(6));
    assert_eq!(active(&warnings)[0].count, 5);
}

#[test]
fn a_flush_of_what_went_well_drops_nothing() {
    let warnings = warnings();
    warnings.flushed(0, &gathered(0));
    warnings.saw(0, &sight(5));
    assert_eq!(active(&warnings), []);
}

/// Four slots, all of them of one group, and another one that waits.
fn blocked(now: u64) -> Sight {
    Sight {
        stats: stats(4, 4, 9),
        groups: vec![
            group("batch", 4, 0, Why::NothingLeft),
            group("later", 0, 9, Why::PoolFull { place: 1 }),
        ],
        ..sight(now)
    }
}

#[test]
fn a_line_that_is_blocked() {
    let rows = after([blocked(10), blocked(40)]);
    assert_eq!(kinds(&rows), [Kind::HeadOfLine]);
    assert_eq!(rows[0].subject.to_string(), "p/batch");
    assert_eq!(
        rows[0].evidence.as_str(),
        "all 4 slots taken, nothing has ended since 00:00:10; 9 tasks queued of 1 group behind"
    );
    let one = |now| Sight {
        stats: stats(1, 1, 9),
        groups: vec![
            group("batch", 1, 0, Why::NothingLeft),
            group("later", 0, 9, Why::PoolFull { place: 1 }),
        ],
        tasks: vec![task(7)],
        ..sight(now)
    };
    assert_eq!(after([one(10), one(40)])[0].subject.to_string(), "p #7");
}

#[test]
fn a_line_that_moves_or_has_nobody_behind_is_not_blocked() {
    let mut moved = blocked(39);
    moved.stats.totals.completed = 1;
    let mut last = blocked(40);
    last.stats.totals.completed = 1;
    assert_eq!(after([blocked(10), moved, last]), []);
    let own = |now| Sight {
        groups: vec![group("batch", 4, 9, Why::PoolFull { place: 1 })],
        ..blocked(now)
    };
    assert_eq!(after([own(10), own(60)]), []);
    let shared = |now| Sight {
        groups: vec![
            group("batch", 3, 0, Why::NothingLeft),
            group("other", 1, 0, Why::NothingLeft),
            group("later", 0, 9, Why::PoolFull { place: 1 }),
        ],
        ..blocked(now)
    };
    assert_eq!(after([shared(10), shared(60)]), []);
}

/// A group that waits while others have ended so many tasks.
fn starving(now: u64, ended: u64) -> Sight {
    let mut sight = blocked(now);
    sight.stats.totals.completed = ended;
    sight
}

#[test]
fn a_group_that_starves() {
    let rows = after([starving(10, 0), starving(40, 9), starving(70, 12)]);
    assert_eq!(kinds(&rows), [Kind::StarvedGroup]);
    assert_eq!(rows[0].subject.to_string(), "p/later");
    assert!(
        rows[0].evidence.contains("12 tasks of other groups"),
        "{}",
        rows[0].evidence
    );
}

#[test]
fn a_group_that_gets_a_slot_now_and_then_does_not_starve() {
    let mut fed = starving(40, 9);
    fed.groups[1].totals.completed = 1;
    let mut later = starving(70, 12);
    later.groups[1].totals.completed = 1;
    assert_eq!(after([starving(10, 0), fed, later]), []);
    assert_eq!(after([starving(10, 0), starving(69, 9)]), []);
    let mut limited = starving(70, 12);
    limited.groups[1].why = Why::NumConcurrent;
    assert_eq!(after([starving(10, 0), limited]), []);
}

#[test]
fn a_command_that_is_silent() {
    let wrote = TaskSight {
        written: Some(at(100)),
        ..command(7)
    };
    let rows = after([of_tasks(400, vec![command(6), wrote])]);
    assert_eq!(kinds(&rows), [Kind::SilentTask, Kind::SilentTask]);
    assert_eq!(rows[0].evidence.as_str(), "no line since the start at 00:00:00");
    assert_eq!(rows[1].evidence.as_str(), "last line at 00:01:40");
}

#[test]
fn what_writes_is_paused_or_has_no_lines_is_not_silent() {
    let wrote = TaskSight {
        written: Some(at(101)),
        ..command(7)
    };
    let paused = TaskSight {
        paused: true,
        ..command(8)
    };
    let in_terminal = TaskSight {
        written: None,
        ..command(9)
    };
    let waiting = TaskSight {
        stage: Some(Stage::NoRoom),
        ..command(10)
    };
    let rows = after([of_tasks(400, vec![wrote, paused, in_terminal, waiting, task(11)])]);
    assert_eq!(rows, []);
}

/// The end of a task that took so long.
fn ended(outcome: Outcome, duration: Duration) -> Event {
    Event {
        seq: 0,
        time: at(0),
        kind: EventKind::TaskEnded {
            id: TaskId(1),
            group: "g".into(),
            outcome,
            duration,
        },
    }
}

/// So many tasks have completed, in 1 to 1.99 seconds.
fn with_peers(count: u64) -> Warnings {
    let warnings = warnings();
    for i in 0..count {
        let event = ended(Outcome::Completed, Duration::from_millis(1000 + i * 10 % 1000));
        warnings.heard(0, &event, |_| Some("get".into()));
    }
    warnings
}

#[test]
fn a_task_that_is_slower_than_its_peers() {
    let warnings = with_peers(200);
    warnings.saw(0, &of_tasks(5, vec![task(7)]));
    let rows = active(&warnings);
    assert_eq!(kinds(&rows), [Kind::SlowTask]);
    assert!(
        rows[0].evidence.starts_with("99 of 100 get took at most 2."),
        "{}",
        rows[0].evidence
    );
}

#[test]
fn a_task_with_too_few_peers_or_not_far_from_them_is_not_slow() {
    for (peers, now) in [(99, 500), (200, 3)] {
        let warnings = with_peers(peers);
        warnings.saw(0, &of_tasks(now, vec![task(7)]));
        assert_eq!(active(&warnings), [], "{peers}");
    }
    let warnings = with_peers(200);
    let other = TaskSight {
        func: "put".into(),
        ..task(7)
    };
    let worker = TaskSight {
        restarts: Some(0),
        ..task(8)
    };
    warnings.saw(0, &of_tasks(50, vec![other, worker]));
    assert_eq!(active(&warnings), []);
}

fn restarted(now: u64, restarts: u64) -> Sight {
    let worker = TaskSight {
        restarts: Some(restarts),
        ..task(7)
    };
    of_tasks(now, vec![worker])
}

#[test]
fn a_worker_in_a_crash_loop() {
    let rows = after([restarted(1, 0), restarted(10, 1), restarted(20, 3)]);
    assert_eq!(kinds(&rows), [Kind::CrashLoop]);
    assert_eq!(rows[0].evidence.as_str(), "3 restarts since 00:00:10");
}

#[test]
fn a_worker_that_is_restarted_now_and_then_is_in_no_loop() {
    assert_eq!(after([restarted(10, 1), restarted(20, 2)]), []);
    let sights = (1..10).map(|i| restarted(i * 60, i));
    assert_eq!(after(sights), []);
    assert_eq!(after([restarted(10, 3), restarted(70, 3)]), [], "it runs by now");
    // Tries that come to an end are no loop.
    let retried = TaskSight {
        restarts: None,
        ..task(7)
    };
    assert_eq!(after([of_tasks(10, vec![retried])]), []);
}

/// A task whose command has exited at 10 s.
fn exited(now: u64) -> Sight {
    let exited = TaskSight {
        stage: Some(Stage::Stopping),
        command: CommandSight {
            exited: Some((at(10), ended_well())),
            ..CommandSight::default()
        },
        ..command(7)
    };
    of_tasks(now, vec![exited])
}

fn ended_well() -> CommandEnded {
    CommandEnded {
        code: Some(0),
        signal: None,
        killed: false,
    }
}

#[test]
fn a_task_that_leaks_processes() {
    let rows = after([exited(15)]);
    assert_eq!(kinds(&rows), [Kind::LeakyTask]);
    assert_eq!(
        (rows[0].since, rows[0].evidence.as_str()),
        (
            at(10),
            "command exited at 00:00:10 (exit 0); processes left in its slot"
        )
    );
    let left = Sight {
        left: vec![(3, "pid 12 sleep".to_owned()), (3, "pid 13 sleep".to_owned())],
        ..sight(20)
    };
    let rows = after([left]);
    assert_eq!(rows[0].subject.to_string(), "p #3");
    assert_eq!(
        rows[0].evidence.as_str(),
        "left behind: pid 12 sleep, pid 13 sleep"
    );
}

#[test]
fn a_group_that_follows_soon_leaks_nothing() {
    assert_eq!(after([exited(14)]), []);
    assert_eq!(after([exited(16), of_tasks(17, vec![command(7)])]), []);
}

fn stalled(now: u64) -> Sight {
    let stalled = TaskSight {
        command: CommandSight {
            stalled: Some((at(5), "pid 4711 waits for a line; i sends one".to_owned())),
            ..CommandSight::default()
        },
        ..command(7)
    };
    of_tasks(now, vec![stalled])
}

#[test]
fn a_task_that_nobody_helps_is_stalled() {
    let rows = after([stalled(15)]);
    assert_eq!(kinds(&rows), [Kind::StalledTask]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "pid 4711 waits for a line; i sends one; since 00:00:05"
    );
    assert_eq!(after([stalled(14)]), []);
}

/// Tasks that use so much memory, in MiB, of 8192.
fn using(memory: &[u64]) -> Sight {
    let tasks = (1..).zip(memory).map(|(id, memory)| TaskSight {
        command: CommandSight {
            memory: Some((memory << 20, 40 << 20)),
            ..CommandSight::default()
        },
        ..command(id)
    });
    of_tasks(5, tasks.collect())
}

#[test]
fn a_task_that_uses_very_much_memory() {
    let rows = after([using(&[2048])]);
    assert_eq!(kinds(&rows), [Kind::Memory]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "2048 MiB used, +40 MiB/s of 8192 MiB of the machine"
    );
    let rows = after([using(&[3, 4, 1100, 3])]);
    assert_eq!(
        (kinds(&rows), rows[0].subject.task),
        (vec![Kind::Memory], Some(3))
    );
    assert_eq!(
        rows[0].evidence.as_str(),
        "1100 MiB used, +40 MiB/s; half of the other get use up to 3 MiB"
    );
    // The only one of its function is compared with the others of the pool.
    let mut alone = using(&[3, 4, 1100, 3]);
    for task in alone.tasks.iter_mut().filter(|task| task.id == 3) {
        task.func = "hog".into();
    }
    let rows = after([alone]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "1100 MiB used, +40 MiB/s; half of the other tasks use up to 3 MiB"
    );
}

#[test]
fn memory_that_others_use_too_or_that_is_small_is_no_reason_to_warn() {
    assert_eq!(after([using(&[2000])]), []);
    assert_eq!(after([using(&[3, 3, 255, 3])]), []);
    assert_eq!(after([using(&[200, 200, 1100, 200])]), []);
    assert_eq!(after([using(&[3, 1100, 3])]), [], "two are no crowd");
}

fn demand(now: u64, idle: Option<f64>) -> Sight {
    Sight {
        stats: stats(4, 4, 9),
        groups: vec![group("batch", 4, 9, Why::PoolFull { place: 1 })],
        idle,
        ..sight(now)
    }
}

#[test]
fn a_size_below_the_demand() {
    // A busy second now and then, and one between two tasks, change nothing.
    let mut between = demand(30, Some(1.0));
    between.stats.running = 3;
    let rows = after([
        demand(10, Some(0.9)),
        demand(20, Some(0.9)),
        between,
        demand(40, Some(0.1)),
        demand(70, Some(0.8)),
    ]);
    assert_eq!(kinds(&rows), [Kind::SizeBelowDemand]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "9 tasks queued, 4 tasks run, and the processors were 74 % idle for 1.0m"
    );
}

#[test]
fn a_num_concurrent_below_the_demand() {
    let limited = |now| {
        let mut urls = group("urls", 1, 408, Why::NumConcurrent);
        urls.num_concurrent = Some(1);
        Sight {
            stats: stats(20, 1, 408),
            groups: vec![urls],
            idle: Some(0.9),
            ..sight(now)
        }
    };
    let rows = after([limited(10), limited(70)]);
    assert_eq!(kinds(&rows), [Kind::SizeBelowDemand]);
    assert_eq!(rows[0].subject.group.as_deref(), Some("urls"));
    assert!(
        rows[0]
            .evidence
            .starts_with("408 tasks queued, num_concurrent is 1, 1 running"),
        "{}",
        rows[0].evidence
    );
}

#[test]
fn a_busy_machine_or_a_pause_is_no_demand() {
    assert_eq!(
        after([
            demand(10, Some(0.7)),
            demand(40, Some(0.2)),
            demand(70, Some(0.5))
        ]),
        []
    );
    assert_eq!(after([demand(10, None), demand(70, None)]), []);
    let paused = |now| {
        let mut sight = demand(now, Some(0.9));
        sight.stats.paused = true;
        sight
    };
    assert_eq!(after([paused(10), paused(70)]), []);
}

fn no_room(now: u64, count: usize) -> Sight {
    Sight {
        no_room: (count > 0).then(|| (count, 7, "no room for a process".into())),
        ..sight(now)
    }
}

#[test]
fn no_room_for_commands() {
    let rows = after([no_room(10, 2), no_room(15, 3)]);
    assert_eq!(kinds(&rows), [Kind::NoRoom]);
    assert_eq!(
        rows[0].evidence.as_str(),
        "3 tasks queued, 7 among them: no room for a process"
    );
}

#[test]
fn room_that_comes_soon_is_room() {
    assert_eq!(after([no_room(10, 2), no_room(14, 2)]), []);
    assert_eq!(after([no_room(10, 2), no_room(12, 0), no_room(16, 2)]), []);
}

fn losses(sights: &[OutputSight]) -> Vec<WarningRow> {
    let warnings = warnings();
    for (i, sight) in (1..).zip(sights) {
        warnings.saw_output(sight, at(i));
    }
    active(&warnings)
}

#[test]
fn output_that_is_lost() {
    let dropped = |dropped| OutputSight {
        dropped,
        ..OutputSight::default()
    };
    let rows = losses(&[dropped(1 << 20), dropped((1 << 20) + 5), dropped(3 << 20)]);
    assert_eq!(kinds(&rows), [Kind::Losses]);
    assert_eq!(
        (rows[0].count, rows[0].subject.to_string()),
        (3 << 20, "the program".to_owned())
    );
    let unsaved = OutputSight {
        unsaved: 1,
        ..OutputSight::default()
    };
    assert!(
        losses(&[unsaved])[0]
            .evidence
            .starts_with("1 byte of output could not be saved")
    );
    let not_saved = OutputSight {
        not_saved: Some("/logs: no space".to_owned()),
        ..OutputSight::default()
    };
    assert!(losses(&[not_saved])[0].evidence.contains("/logs: no space"));
}

#[test]
fn a_warden_that_is_lost_is_warned_of_for_as_long_as_there_is_none_whatever_else_is() {
    let lost = OutputSight {
        warden_lost: true,
        ..OutputSight::default()
    };
    let rows = losses(&[lost.clone(), lost.clone()]);
    assert_eq!(kinds(&rows), [Kind::NoWarden]);
    assert_eq!((rows[0].count, rows[0].since), (1, at(1)), "it is one");
    assert!(rows[0].evidence.contains("its commands go on"));
    let both = OutputSight {
        unsaved: 1,
        ..lost.clone()
    };
    assert_eq!(kinds(&losses(&[both])), [Kind::Losses, Kind::NoWarden]);
    assert_eq!(losses(&[lost, OutputSight::default()]), [], "there is one again");
}

#[test]
fn a_little_that_goes_to_make_room_is_no_loss() {
    let dropped = OutputSight {
        dropped: (1 << 20) - 1,
        ..OutputSight::default()
    };
    assert_eq!(losses(&[dropped, OutputSight::default()]), []);
}

#[test]
fn the_config_moves_the_limits_and_mutes() {
    let limits = Limits::default().with(Kind::CancelIgnored, Limit::Time(at(2)));
    let mut muting = limits.clone();
    muting.muted.push(Kind::CancelIgnored);
    for (limits, active) in [(limits, 1), (muting, 0)] {
        let warnings = Warnings::new(limits, ["p"].into_iter());
        warnings.saw(0, &of_tasks(12, vec![cancelling(10)]));
        let view = warnings.view();
        assert_eq!((view.active, view.rows.len()), (active, 1));
        assert_eq!(view.rows[0].limit.as_str(), "2s");
    }
}

#[test]
fn what_is_warned_of_is_looked_at_again() {
    let warnings = warnings();
    warnings.saw(0, &of_tasks(20, vec![cancelling(10)]));
    assert_eq!(warnings.sample(0).tasks, [TaskId(7)]);
    let mut waits = blocked(10);
    waits.tasks = vec![cancelling(10)];
    warnings.saw(0, &waits);
    warnings.saw(0, &blocked(60));
    let sample = warnings.sample(0);
    assert_eq!(
        (sample.tasks.len(), &*sample.groups),
        (0, &["batch".to_owned()][..])
    );
    warnings.saw(0, &sight(61));
    assert_eq!(active(&warnings), []);
}

#[test]
fn memory_is_bounded() {
    let warnings = warnings();
    for round in 0..100_u64 {
        let mut seen = sight(round * 100);
        seen.stats = stats(4, 4, 9);
        for i in 0..100 {
            let id = round * 100 + i;
            let event = ended(Outcome::Completed, at(1));
            warnings.heard(0, &event, |_| Some(format!("f{id}").into()));
            seen.groups
                .push(group(&format!("g{id}"), 0, 1, Why::PoolFull { place: 1 }));
            seen.tasks.push(TaskSight {
                restarts: Some(5),
                ..cancelling(round)
            });
        }
        warnings.saw(0, &seen);
    }
    let state = warnings.lock();
    let memory = &state.pools[0].1;
    assert!(memory.waits.len() <= 1024 + 100 && memory.restarting.len() <= 1024 + 100);
    assert!(state.list.view().rows.len() < 200);
}
