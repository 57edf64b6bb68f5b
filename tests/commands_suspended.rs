//! What happens to commands while the program is stopped. In a file of its own because that stops every command of
//! the process.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use taskpool_tui::app::output::{OutputLimits, OutputStore};
use taskpool_tui::app::process::{
    self, CommandFailed, Job, Live, Order, RunTime, resume_all_groups, run_live, suspend_all_groups,
};
use taskpool_tui::app::terminal::Terminal;
use taskpool_tui::pool::BoxError;
use tokio::task::{JoinHandle, JoinSet};

const PATIENCE: Duration = Duration::from_mins(2);

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process is stopped.
fn is_stopped(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// Commands on one list.
struct Commands {
    live: Live,
    store: OutputStore,
}

impl Commands {
    fn new() -> Commands {
        Commands {
            live: Live::default(),
            store: OutputStore::new(OutputLimits::default(), Instant::now()),
        }
    }

    fn start(&self, id: u64, job: Job) -> JoinHandle<Result<(), BoxError>> {
        let seat = self.live.seat("p", id, None);
        tokio::spawn(run_live(job, self.store.sink("p", id), seat))
    }

    async fn pid(&self, id: u64) -> i32 {
        let mut pid = None;
        until("it is started", || {
            pid = self.live.facts("p", id).and_then(|facts| facts.pid);
            pid.is_some()
        })
        .await;
        pid.unwrap()
    }
}

fn script(text: &str) -> Job {
    Job::shell(text, [] as [&str; 0])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_program_stops_what_it_runs() {
    f115_time_outs_stand_still_while_everything_is_stopped().await;
    f114_nothing_hangs_that_is_started_when_the_program_is_stopped().await;
    f115_jobs_in_a_terminal_are_stopped_with_it().await;
    f115_how_long_something_runs_is_counted_without_what_it_was_stopped().await;
}

async fn f115_jobs_in_a_terminal_are_stopped_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let commands = Commands::new();
    let job = Job {
        terminal: Some(Terminal::new()),
        cwd: dir.path().into(),
        // The job has a group of its own.
        ..script("set -m; sleep 1000 & echo $! > pid.new; mv pid.new pid; wait; wait; sleep 1000")
    };
    let running = commands.start(0, job);
    let shell = commands.pid(0).await;
    let mut job = None;
    until("the job runs", || {
        let pid = fs::read_to_string(dir.path().join("pid")).ok();
        job = pid.and_then(|pid| pid.trim().parse::<i32>().ok());
        job.is_some()
    })
    .await;
    let both = [shell, job.unwrap()];
    for _ in 0..3 {
        suspend_all_groups();
        until("both are stopped", || both.iter().all(|pid| is_stopped(*pid))).await;
        resume_all_groups();
        until("both go on", || !both.iter().any(|pid| is_stopped(*pid))).await;
    }
    // What a person has paused stays so.
    commands.live.order("p", 0, Order::Pause).await.unwrap();
    suspend_all_groups();
    resume_all_groups();
    until("both are stopped", || both.iter().all(|pid| is_stopped(*pid))).await;
    commands.live.order("p", 0, Order::Resume).await.unwrap();
    until("both go on", || !both.iter().any(|pid| is_stopped(*pid))).await;
    commands.live.order("p", 0, Order::Signal(9)).await.unwrap();
    running.await.unwrap().unwrap_err();
}

async fn f115_how_long_something_runs_is_counted_without_what_it_was_stopped() {
    let pause = Duration::from_millis(200);
    let commands = Commands::new();
    let time = RunTime::begin();
    let seat = commands.live.seat("p", 0, None).timed(&time);
    let start = Instant::now();
    let running = tokio::spawn(run_live(
        script("exec sleep 60"),
        commands.store.sink("p", 0),
        seat,
    ));
    commands.pid(0).await;
    commands.live.order("p", 0, Order::Pause).await.unwrap();
    let so_far = time.so_far();
    tokio::time::sleep(pause).await;
    assert_eq!(time.so_far(), so_far, "it is paused");
    commands.live.order("p", 0, Order::Resume).await.unwrap();
    suspend_all_groups();
    let so_far = time.so_far();
    tokio::time::sleep(pause).await;
    assert_eq!(time.so_far(), so_far, "everything is stopped");
    resume_all_groups();
    until("it goes on", || time.so_far() > so_far).await;
    assert!(time.so_far() + 2 * pause <= start.elapsed());
    commands.live.order("p", 0, Order::Signal(9)).await.unwrap();
    running.await.unwrap().unwrap_err();
}

async fn f115_time_outs_stand_still_while_everything_is_stopped() {
    // Longer, if others use the machine, too.
    for limit in [800, 8_000, 80_000].map(Duration::from_millis) {
        if it_is_stopped_before_its_time_is_over(limit).await {
            return;
        }
    }
    panic!("not even more than a minute is enough");
}

/// Stops everything before a command has run for so long; whether that was in time.
async fn it_is_stopped_before_its_time_is_over(limit: Duration) -> bool {
    let commands = Commands::new();
    // Not a shell that starts one program after another: of those only what they start may be seen stopped.
    let long = "exec sleep 60";
    let paused = commands.start(1, script(long));
    let paused_pid = commands.pid(1).await;
    commands.live.order("p", 1, Order::Pause).await.unwrap();
    let running = commands.start(
        0,
        Job {
            timeout: Some(limit),
            ..script(long)
        },
    );
    let mut pid = None;
    until("it is started", || {
        pid = commands.live.facts("p", 0).and_then(|facts| facts.pid);
        pid.is_some() || running.is_finished()
    })
    .await;
    suspend_all_groups();
    let ended = || pid.is_none_or(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists());
    until("both are stopped", || {
        ended() || pid.is_some_and(is_stopped) && is_stopped(paused_pid)
    })
    .await;
    let Some(pid) = pid.filter(|pid| is_stopped(*pid)) else {
        resume_all_groups();
        paused.abort();
        return false;
    };
    let late = commands.start(2, script("echo up"));
    // Anything that is limited by time waits, too.
    let slept = tokio::spawn(process::sleep(Duration::from_millis(1)));
    tokio::time::sleep(limit * 2).await;
    assert!(!running.is_finished() && is_stopped(pid), "its time stands still");
    assert!(!late.is_finished() && commands.live.facts("p", 2).unwrap().pid.is_none());
    assert!(!slept.is_finished());

    resume_all_groups();
    slept.await.unwrap();
    late.await.unwrap().unwrap();
    let failed = running
        .await
        .unwrap()
        .unwrap_err()
        .downcast::<CommandFailed>()
        .unwrap();
    assert_eq!(failed.timed_out, Some(limit), "it has gone on");
    assert!(is_stopped(paused_pid), "what a person has paused stays so");
    commands.live.order("p", 1, Order::Resume).await.unwrap();
    until("it goes on", || !is_stopped(paused_pid)).await;

    // A resume in between is not lost, and starts nothing early.
    commands.live.order("p", 1, Order::Pause).await.unwrap();
    suspend_all_groups();
    commands.live.order("p", 1, Order::Resume).await.unwrap();
    until("it is stopped", || is_stopped(paused_pid)).await;
    resume_all_groups();
    until("it goes on", || !is_stopped(paused_pid)).await;
    commands.live.order("p", 1, Order::Signal(9)).await.unwrap();
    paused.await.unwrap().unwrap_err();
    true
}

async fn f114_nothing_hangs_that_is_started_when_the_program_is_stopped() {
    let rounds = std::env::var("TASKPOOL_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    let mut storm = JoinSet::new();
    let (commands, done) = (Commands::new(), Arc::new(AtomicBool::new(false)));
    for worker in 0..4 {
        let (live, outputs, done) = (commands.live.clone(), commands.store.clone(), done.clone());
        storm.spawn(async move {
            loop {
                let seat = live.seat("p", worker, None);
                run_live(Job::new(["true"]), outputs.sink("p", worker), seat)
                    .await
                    .unwrap();
                if done.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
    }
    for round in 0..rounds.unwrap_or(20) {
        tokio::time::sleep(Duration::from_micros(700 * (round % 7))).await;
        suspend_all_groups();
        tokio::time::sleep(Duration::from_millis(round % 3)).await;
        resume_all_groups();
    }
    done.store(true, Ordering::SeqCst);
    let ended = tokio::time::timeout(PATIENCE, storm.join_all()).await;
    assert!(ended.is_ok(), "something hangs");
}
