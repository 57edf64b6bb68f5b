//! Commands and what this whole process has of files, children and threads. In a file of its own, and one after
//! another, because other tests use the same.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::time::{Duration, Instant};
use taskpool_tui::app::output::{OutputLimits, OutputStore};
use taskpool_tui::app::process::{Job, Live, Stage, kill_all_groups, raise_file_limit, run, run_live};
use taskpool_tui::pool::BoxError;
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_mins(2);

fn script(text: &str) -> Job {
    Job::shell(text, [] as [&str; 0])
}

fn store() -> OutputStore {
    OutputStore::new(OutputLimits::default(), Instant::now())
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// The processes whose parent is this one, dead or alive.
fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let (_, fields) = stat.rsplit_once(')').unwrap();
        if fields.split_whitespace().nth(1) == Some(&own) {
            children.push(stat);
        }
    }
    children
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_leave_nothing_behind() {
    nothing_is_left_of_a_thousand_commands().await;
    f108_nothing_is_left_of_dropped_commands().await;
    commands_wait_for_room_to_open_their_files().await;
    every_group_can_be_killed_at_once().await;
}

async fn nothing_is_left_of_a_thousand_commands() {
    let store = store();
    run(Job::new(["true"]), store.sink("p", 0)).await.unwrap();
    let files = open_files();
    let mut running = JoinSet::<Result<(), BoxError>>::new();
    for id in 0..1000 {
        if running.len() == 20 {
            running.join_next().await.unwrap().unwrap().unwrap();
        }
        running.spawn(run(Job::new(["true"]), store.sink("p", id)));
    }
    while let Some(result) = running.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(open_files(), files);
    assert_eq!(children(), [] as [&str; 0]);
}

async fn f108_nothing_is_left_of_dropped_commands() {
    let store = store();
    let files = open_files();
    for round in 0..20 {
        let mut running = JoinSet::new();
        for id in 0..20 {
            running.spawn(run(
                script("sleep 60 & sleep 60"),
                store.sink("p", round * 20 + id),
            ));
        }
        // Dropped at different moments of their start.
        for _ in 0..round * 50 {
            tokio::task::yield_now().await;
        }
        running.shutdown().await;
    }
    until("all are reaped", || children().is_empty()).await;
    assert_eq!(open_files(), files);
    assert!(threads() <= 8, "{} threads", threads());
}

async fn commands_wait_for_room_to_open_their_files() {
    let before = getrlimit(Resource::Nofile);
    let dir = tempfile::tempdir().unwrap();
    let [wait, go] = ["wait", "go"].map(|name| dir.path().join(name));
    // Now: later this process has no room for another file either.
    fs::write(&wait, "").unwrap();
    let low = Rlimit {
        current: Some(open_files() as u64 + 20),
        ..before
    };
    setrlimit(Resource::Nofile, low).unwrap();
    let (store, live) = (store(), Live::default());
    let mut running = JoinSet::new();
    for id in 0..100 {
        let seat = live.seat("p", id, None);
        // None ends before one has waited.
        let mut job = script("until [ -e go ]; do sleep 0.05; done; echo done");
        job.cwd = dir.path().into();
        running.spawn(run_live(job, store.sink("p", id), seat));
    }
    let facts = || (0..100).filter_map(|id| live.facts("p", id));
    until("one waits, and says for what", || {
        facts().any(|facts| facts.stage == Stage::NoRoom && facts.no_room.contains("files open (ulimit -n)"))
    })
    .await;
    fs::rename(wait, go).unwrap();
    let results = tokio::time::timeout(PATIENCE, running.join_all()).await;
    assert_eq!(raise_file_limit(), before.maximum);
    for result in results.unwrap() {
        result.unwrap();
    }
    for id in 0..100 {
        assert_eq!(store.last_line("p", id), Some("done".into()));
    }
}

async fn every_group_can_be_killed_at_once() {
    let store = store();
    let mut running = JoinSet::new();
    for id in 0..10 {
        running.spawn(run(
            script("trap '' TERM; echo up; sleep 60; sleep 60"),
            store.sink("p", id),
        ));
    }
    until("they run", || {
        (0..10).all(|id| store.last_line("p", id).is_some())
    })
    .await;
    kill_all_groups();
    for result in running.join_all().await {
        assert_eq!(result.unwrap_err().to_string(), "signal 9 (KILL)");
    }
    assert_eq!(children(), [] as [&str; 0]);
    let refused = run(Job::new(["true"]), store.sink("p", 99)).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot start \"true\": the program is ending"
    );
}
