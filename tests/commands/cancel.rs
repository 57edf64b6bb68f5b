//! What a cancel does to a command: run in a pool, as in the program.

use super::{PATIENCE, is_dead, lines, printed_pids, script, stat, store, until};
use std::fs;
use std::time::{Duration, Instant};
use taskpool_tui::app::output::OutputStore;
use taskpool_tui::app::process::{CommandEnded, Job, run};
use taskpool_tui::pool::{Outcome, Query, TaskContext, TaskId, TaskPool};

const LONG: Duration = Duration::from_hours(1);

/// Starts a task for each job.
fn start(pool: &TaskPool, store: &OutputStore, jobs: impl IntoIterator<Item = Job>) {
    let store = store.clone();
    let body = move |job| {
        let store = store.clone();
        async move {
            let id = TaskContext::current().expect("runs in a pool").id();
            run(job, store.sink("p", id.0)).await
        }
    };
    let jobs: Vec<Job> = jobs.into_iter().collect();
    pool.map(body, jobs, usize::MAX, ()).unwrap();
}

fn patient(text: &str, grace: Duration) -> Job {
    Job {
        grace,
        ..script(text)
    }
}

/// Waits for a task's end.
async fn end_of(pool: &TaskPool, id: u64) -> Outcome {
    let mut outcome = None;
    until("the task ends", || {
        let query = Query {
            ids: Some(&[TaskId(id)]),
            rows: 1,
            ..Query::default()
        };
        outcome = pool
            .snapshot(&query)
            .tasks
            .first()
            .and_then(|task| task.outcome.clone());
        outcome.is_some()
    })
    .await;
    outcome.unwrap()
}

/// How a cancelled command really ended.
fn detail(outcome: &Outcome) -> CommandEnded {
    let Outcome::Cancelled(cancelled) = outcome else {
        panic!("not cancelled: {outcome}");
    };
    *cancelled.detail.as_ref().expect("it ran").downcast_ref().unwrap()
}

async fn cancelled_while_it_runs(job: Job, cancel: impl FnOnce(&TaskPool)) -> (CommandEnded, Vec<u32>) {
    let (pool, store) = (TaskPool::new(1), store());
    let count = job.argv[2].to_string_lossy().matches("echo $").count();
    start(&pool, &store, [job]);
    let pids = printed_pids(&store, 0, count).await;
    pool.cancel([TaskId(0)], Some("enough")).unwrap();
    cancel(&pool);
    let outcome = end_of(&pool, 0).await;
    assert_eq!(outcome.to_string(), "cancelled: enough");
    (detail(&outcome), pids)
}

#[tokio::test]
async fn a_cancelled_command_gets_term() {
    let (ended, pids) =
        cancelled_while_it_runs(patient("sleep 1000 & echo $!; echo $$; wait", LONG), |_| {}).await;
    assert_eq!((ended.signal, ended.killed), (Some(15), false));
    assert!(pids.into_iter().all(is_dead));
}

#[tokio::test]
async fn a_command_that_cleans_up_is_cancelled_and_keeps_its_status() {
    // Until it is `sleep`, the background process has the shell's handler, which swallows a TERM.
    let text = "trap 'exit 0' TERM; sleep 1000 & \
        until grep -q sleep /proc/$!/comm; do :; done; echo $$; wait";
    let (ended, _) = cancelled_while_it_runs(patient(text, LONG), |_| {}).await;
    assert_eq!(ended.to_string(), "exit 0");
}

#[tokio::test]
async fn what_ignores_its_cancel_is_killed_after_the_grace() {
    let text = "trap '' TERM; echo $$; while :; do sleep 1000; done";
    let (ended, _) = cancelled_while_it_runs(patient(text, Duration::from_millis(100)), |_| {}).await;
    assert_eq!(ended.to_string(), "killed: signal 9 (KILL)");
}

#[tokio::test]
async fn a_forced_cancel_kills_at_once() {
    let text = "trap '' TERM; echo $$; while :; do sleep 1000; done";
    let by_force = |pool: &TaskPool| pool.cancel_by_force([TaskId(0)], None).unwrap();
    let (ended, pids) = cancelled_while_it_runs(patient(text, LONG), by_force).await;
    assert_eq!((ended.signal, ended.killed), (Some(9), true));
    assert!(is_dead(pids[0]));
}

#[tokio::test]
async fn a_second_cancel_kills_at_once() {
    let (pool, store) = (TaskPool::new(1), store());
    let text = "trap 'echo no' TERM; echo up; while :; do sleep 0.01; done";
    start(&pool, &store, [patient(text, LONG)]);
    until("it runs", || !lines(&store, 0).is_empty()).await;
    pool.cancel([TaskId(0)], None).unwrap();
    until("it refuses", || lines(&store, 0).contains(&"no".to_owned())).await;
    pool.cancel([TaskId(0)], None).unwrap();
    assert_eq!(
        detail(&end_of(&pool, 0).await).to_string(),
        "killed: signal 9 (KILL)"
    );
}

#[tokio::test]
async fn f116_a_stopped_command_can_be_cancelled() {
    let (pool, store) = (TaskPool::new(1), store());
    start(&pool, &store, [patient("echo $$; kill -STOP $$", LONG)]);
    let pid = printed_pids(&store, 0, 1).await[0];
    until("it is stopped", || stat(pid).unwrap()[0] == "T").await;
    // Its grace is an hour.
    pool.cancel([TaskId(0)], None).unwrap();
    assert_eq!(detail(&end_of(&pool, 0).await).to_string(), "signal 15 (TERM)");
}

#[tokio::test]
async fn f102_a_member_that_ignores_the_cancel_does_not_survive_its_leader() {
    let (pool, store) = (TaskPool::new(1), store());
    let text = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1000; done' & wait";
    start(&pool, &store, [patient(text, Duration::from_millis(100))]);
    let member = printed_pids(&store, 0, 1).await[0];
    pool.cancel([TaskId(0)], None).unwrap();
    let ended = detail(&end_of(&pool, 0).await);
    assert_eq!(
        (ended.signal, ended.killed),
        (Some(15), true),
        "the leader obeyed, the member was killed"
    );
    assert!(is_dead(member));
}

#[tokio::test]
async fn a_command_that_ends_by_itself_after_its_cancel_is_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let (pool, store) = (TaskPool::new(1), store());
    let mut job = patient("echo $$; while ! [ -e go ]; do sleep 0.01; done; exit 5", LONG);
    job.cwd = dir.path().into();
    start(&pool, &store, [job]);
    let pid = printed_pids(&store, 0, 1).await[0];
    fs::write(dir.path().join("go"), "").unwrap();
    // Nothing else runs on this thread: the pool sees the end and the cancel at the same time.
    let start = Instant::now();
    while stat(pid).unwrap()[0] != "Z" {
        assert!(start.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    pool.cancel([TaskId(0)], None).unwrap();
    assert_eq!(detail(&end_of(&pool, 0).await).to_string(), "exit 5");
}

#[tokio::test]
async fn a_failed_command_keeps_its_error_in_the_pool() {
    let (pool, store) = (TaskPool::new(1), store());
    start(
        &pool,
        &store,
        [script("echo because >&2; exit 4"), script("exit 0")],
    );
    assert_eq!(end_of(&pool, 0).await.to_string(), "failed: exit 4: because");
    assert!(matches!(end_of(&pool, 1).await, Outcome::Completed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_at_any_moment_leaves_nothing_alive() {
    for round in 0..40 {
        let (pool, store) = (TaskPool::new(4), store());
        let text = "echo $$; sleep 1000 & echo $!; wait";
        start(&pool, &store, vec![patient(text, Duration::from_secs(5)); 8]);
        tokio::time::sleep(Duration::from_micros(round * 250)).await;
        pool.cancel_all(None);
        let gathered = tokio::time::timeout(PATIENCE, pool.close()).await.unwrap();
        assert_eq!(gathered.totals.sum(), gathered.totals.cancelled);
        for id in 0..8 {
            for pid in lines(&store, id).iter().filter_map(|line| line.parse().ok()) {
                assert!(is_dead(pid), "{pid} of task {id} in round {round}");
            }
        }
    }
}
