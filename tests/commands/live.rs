//! What can be told to a command while it runs.

use super::{PATIENCE, is_dead, lines, printed_pids, script, stat, store, until, with_enough_time};
use std::fs;
use std::time::{Duration, Instant};
use taskpool_tui::app::output::OutputStore;
use taskpool_tui::app::process::{
    CommandFailed, Facts, Job, Live, Order, Stage, Stdin, run_live, signal_number,
};
use taskpool_tui::pool::{BoxError, TaskContext, TaskPool};
use tokio::task::JoinHandle;

/// A command outside of any pool.
struct Running {
    live: Live,
    store: OutputStore,
    run: JoinHandle<Result<(), BoxError>>,
}

impl Running {
    fn new(job: Job) -> Running {
        let (live, store) = (Live::default(), store());
        let run = tokio::spawn(run_live(job, store.sink("p", 0), live.seat("p", 0, None)));
        Running { live, store, run }
    }

    async fn order(&self, order: Order) -> Result<(), String> {
        self.live.order("p", 0, order).await
    }

    fn facts(&self) -> Facts {
        self.live.facts("p", 0).expect("it runs")
    }

    fn lines(&self) -> Vec<String> {
        lines(&self.store, 0)
    }

    async fn prints(&self, line: &str) {
        until(line, || self.lines().iter().any(|printed| printed == line)).await;
    }

    async fn end(self) -> (Result<(), BoxError>, Vec<String>) {
        let result = tokio::time::timeout(PATIENCE, self.run).await.unwrap().unwrap();
        assert!(self.live.facts("p", 0).is_none(), "it has left the list");
        let refused = self.live.order("p", 0, Order::Pause).await;
        assert_eq!(refused.unwrap_err(), "task 0 runs no command");
        (result, lines(&self.store, 0))
    }
}

/// A group of two that counts, until something ends it.
const COUNTS: &str =
    "echo $$; sh -c 'echo $$; i=0; while :; do i=$((i+1)); echo n$i; sleep 0.005; done'; exit 9";

#[tokio::test]
async fn a_signal_goes_to_the_whole_group() {
    let text = "trap 'echo outer; exit 3' USR1; \
        sh -c 'trap \"echo inner; exit 0\" USR1; echo up; while :; do sleep 0.01; done' 2> /dev/null; wait";
    let running = Running::new(script(text));
    running.prints("up").await;
    running.order(Order::Signal(number("USR1"))).await.unwrap();
    let (result, lines) = running.end().await;
    assert_eq!(result.unwrap_err().to_string(), "exit 3");
    assert_eq!(lines, ["up", "inner", "outer"]);
}

fn number(name: &str) -> i32 {
    signal_number(name).unwrap()
}

#[tokio::test]
async fn what_is_no_signal_is_refused() {
    let running = Running::new(Job {
        stdin: Stdin::Open,
        ..script("echo up; read -r _")
    });
    running.prints("up").await;
    for number in [0, -9, 200] {
        let refused = running.order(Order::Signal(number)).await.unwrap_err();
        assert_eq!(refused, format!("{number} is no signal that can be sent"));
    }
    running.order(Order::Input(b"\n".to_vec())).await.unwrap();
    running.end().await.0.unwrap();
}

#[tokio::test]
async fn a_paused_command_stands_still_and_so_does_its_timeout() {
    with_enough_time(is_paused_before_its_timeout).await;
}

/// Pauses a command for longer than it may take; whether that was in time.
async fn is_paused_before_its_timeout(limit: Duration) -> bool {
    let running = Running::new(Job {
        timeout: Some(limit),
        // A shell that is just starting a program is not seen stopped, only what it starts.
        ..script("exec sleep 1000")
    });
    let facts = || running.live.facts("p", 0);
    until("it is started", || {
        facts().is_none_or(|facts| facts.pid.is_some())
    })
    .await;
    if running.order(Order::Pause).await.is_err() {
        return false;
    }
    let leader = running.facts().pid.unwrap().cast_unsigned();
    assert!(running.facts().paused.is_some());
    let again = running.order(Order::Pause).await;
    assert_eq!(again.unwrap_err(), "paused already");
    until("it is stopped", || stat(leader).unwrap()[0] == "T").await;
    tokio::time::sleep(limit + limit / 2).await;
    let facts = running.facts();
    assert_eq!(facts.stage, Stage::Running);
    assert!(facts.paused.unwrap().elapsed() >= limit);
    running.order(Order::Resume).await.unwrap();
    assert!(running.facts().paused.is_none());
    let again = running.order(Order::Resume).await;
    assert_eq!(again.unwrap_err(), "not paused");
    let failed = running.end().await.0.unwrap_err();
    let failed = failed.downcast::<CommandFailed>().unwrap();
    assert_eq!(failed.timed_out, Some(limit), "what was left of it has run");
    assert!(is_dead(leader));
    true
}

#[tokio::test]
async fn stop_and_cont_are_pause_and_resume() {
    let running = Running::new(script(COUNTS));
    let pids = printed_pids(&running.store, 0, 2).await;
    running.order(Order::Signal(number("STOP"))).await.unwrap();
    assert!(running.facts().paused.is_some());
    // The way out that a person has while it is paused.
    running.order(Order::Signal(number("CONT"))).await.unwrap();
    assert!(running.facts().paused.is_none());
    until("it goes on", || {
        pids.iter().all(|pid| stat(*pid).unwrap()[0] != "T")
    })
    .await;
    running.order(Order::Signal(number("KILL"))).await.unwrap();
    assert_eq!(running.end().await.0.unwrap_err().to_string(), "signal 9 (KILL)");
}

#[tokio::test]
async fn a_paused_command_that_somebody_else_kills_is_over() {
    let running = Running::new(script("sleep 1000 & echo $$; echo $!; wait"));
    let pids = printed_pids(&running.store, 0, 2).await;
    running.order(Order::Pause).await.unwrap();
    let leader = rustix::process::Pid::from_raw(i32::try_from(pids[0]).unwrap()).unwrap();
    rustix::process::kill_process(leader, rustix::process::Signal::KILL).unwrap();
    let error = running.end().await.0.unwrap_err().to_string();
    assert!(
        error.starts_with("signal 9 (KILL): not sent by this program"),
        "{error}"
    );
    assert!(pids.into_iter().all(is_dead));
}

/// A pool of one whose task runs this, once it has printed its ID.
async fn in_a_pool(job: Job, live: &Live, store: &OutputStore) -> (TaskPool, u32) {
    let pool = TaskPool::new(1);
    let (live, sinks) = (live.clone(), store.clone());
    let body = move || {
        let (job, live, sinks) = (job.clone(), live.clone(), sinks.clone());
        async move {
            let id = TaskContext::current().unwrap().id().0;
            run_live(job, sinks.sink("p", id), live.seat("p", id, None)).await
        }
    };
    pool.apply(body, 1, ()).unwrap();
    let pid = printed_pids(store, 0, 1).await[0];
    (pool, pid)
}

#[tokio::test]
async fn f116_a_paused_task_is_cancelled_at_once() {
    let (live, store) = (Live::default(), store());
    let job = Job {
        grace: Duration::from_hours(1),
        ..script("echo $$; exec sleep 1000")
    };
    let (pool, pid) = in_a_pool(job, &live, &store).await;
    live.order("p", 0, Order::Pause).await.unwrap();
    until("it is stopped", || stat(pid).unwrap()[0] == "T").await;
    pool.cancel_all(None);
    // Neither after its grace nor when it would have ended by itself.
    let gathered = tokio::time::timeout(PATIENCE, pool.close()).await.unwrap();
    assert_eq!(gathered.totals.cancelled, 1);
    assert!(is_dead(pid));
}

#[tokio::test]
async fn f116_signals_and_pauses_reach_the_other_groups_of_the_session() {
    let text = "trap : USR1; set -m; sh -c 'trap \"echo inner\" USR1; echo $$; while :; do sleep 0.01; done' & \
        while :; do wait; done";
    let running = Running::new(script(text));
    let inner = printed_pids(&running.store, 0, 1).await[0];
    running.order(Order::Signal(number("USR1"))).await.unwrap();
    running.prints("inner").await;
    running.order(Order::Pause).await.unwrap();
    // A shell that starts a command waits for it (D); stopped before it is the command, that one is stopped for both.
    until("it is stopped", || {
        ["T", "D"].contains(&&*stat(inner).unwrap()[0])
    })
    .await;
    running.order(Order::Resume).await.unwrap();
    until("it goes on", || !["T", "D"].contains(&&*stat(inner).unwrap()[0])).await;
    running.order(Order::Signal(number("TERM"))).await.unwrap();
    running.end().await.0.unwrap_err();
    assert!(is_dead(inner));
}

#[tokio::test]
async fn orders_are_served_while_it_stops() {
    let (live, store) = (Live::default(), store());
    let text = "trap 'echo no' TERM; trap 'echo bye; exit 7' USR1; echo $$; while :; do sleep 0.01; done";
    let job = Job {
        grace: Duration::from_hours(1),
        ..script(text)
    };
    let (pool, _) = in_a_pool(job, &live, &store).await;
    pool.cancel_all(None);
    until("it refuses", || lines(&store, 0).contains(&"no".to_owned())).await;
    let facts = live.facts("p", 0).unwrap();
    assert_eq!(facts.stage, Stage::Stopping);
    let left = facts.killed_in().unwrap();
    assert!(
        left <= Duration::from_hours(1) && left > Duration::from_mins(59),
        "{left:?}"
    );
    let refused = live.order("p", 0, Order::Pause).await.unwrap_err();
    assert_eq!(refused, "already stopping");
    live.order("p", 0, Order::Signal(number("USR1"))).await.unwrap();
    tokio::time::timeout(PATIENCE, pool.close()).await.unwrap();
    assert!(lines(&store, 0).contains(&"bye".to_owned()));
}

#[tokio::test]
async fn lines_are_read_as_they_are_sent_and_then_the_end() {
    let running = Running::new(Job {
        stdin: Stdin::Open,
        ..script("while read -r line; do echo \"<$line>\"; done; echo end")
    });
    let start = Instant::now();
    while running.order(Order::Input(b"one\n".to_vec())).await.is_err() {
        assert!(start.elapsed() < PATIENCE, "it starts");
    }
    running.prints("<one>").await;
    assert!(running.facts().takes_input);
    running
        .order(Order::Input(b"two\nthree\n".to_vec()))
        .await
        .unwrap();
    running.prints("<three>").await;
    running.order(Order::EndInput).await.unwrap();
    // It may have ended by now.
    if let Err(refused) = running.order(Order::Input(b"four\n".to_vec())).await {
        let expected = [
            "standard input was closed",
            "task 0 runs no command",
            "the command of task 0 has just ended",
            "standard input is not open: stdin = \"line\" in the function opens it",
        ];
        assert!(expected.contains(&refused.as_str()), "{refused}");
    } else {
        panic!("it is closed");
    }
    let (result, lines) = running.end().await;
    result.unwrap();
    assert_eq!(lines, ["<one>", "<two>", "<three>", "end"]);
}

#[tokio::test]
async fn input_that_nobody_reads_is_refused_and_blocks_nothing() {
    let running = Running::new(Job {
        stdin: Stdin::Open,
        ..script("trap 'wc -c; exit 0' USR1; echo up; while :; do sleep 0.005; done")
    });
    running.prints("up").await;
    let chunk = vec![b'x'; 10_000];
    let mut taken = 0;
    let refused = loop {
        match running.order(Order::Input(chunk.clone())).await {
            Ok(()) => taken += chunk.len(),
            Err(refused) => break refused,
        }
        assert!(taken < 1_000_000, "there is a limit");
    };
    let waiting = running.facts().input_waiting;
    assert_eq!(refused, format!("not read yet: {waiting} bytes are waiting"));
    // What was taken is read, all of it, once somebody reads.
    running.order(Order::EndInput).await.unwrap();
    running.order(Order::Signal(number("USR1"))).await.unwrap();
    let (result, lines) = running.end().await;
    result.unwrap();
    assert_eq!(lines.last().unwrap().trim(), taken.to_string());
}

#[tokio::test]
async fn f121_nothing_is_read_unless_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::new(Job {
        cwd: dir.path().into(),
        ..script("echo up; cat; until [ -e go ]; do sleep 0.01; done")
    });
    running.prints("up").await;
    assert!(!running.facts().takes_input);
    for order in [Order::Input(b"x".to_vec()), Order::EndInput] {
        let refused = running.order(order).await.unwrap_err();
        assert!(refused.starts_with("standard input is not open"), "{refused}");
    }
    let resize = Order::Resize {
        rows: 24,
        columns: 80,
    };
    let refused = running.order(resize).await.unwrap_err();
    assert!(refused.starts_with("no terminal"), "{refused}");
    fs::write(dir.path().join("go"), "").unwrap();
    assert_eq!(running.end().await.1, ["up"]);
}

#[tokio::test]
async fn a_text_or_a_file_is_read_to_its_end() {
    let text = vec![b'y'; 300_000];
    let (result, lines) = Running::new(Job {
        stdin: Stdin::Text(text),
        ..script("wc -c")
    })
    .end()
    .await;
    result.unwrap();
    assert_eq!(lines, ["300000"]);

    // One that reads nothing of it is not held up, and nothing else either.
    let unread = Job {
        stdin: Stdin::Text(vec![b'y'; 300_000]),
        ..script("exec 0<&-; echo done")
    };
    let (result, lines) = Running::new(unread).end().await;
    result.unwrap();
    assert_eq!(lines, ["done"]);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in");
    fs::write(&path, "a\nb\n").unwrap();
    let job = |path| Job {
        stdin: Stdin::File(path),
        ..script("cat")
    };
    let (result, lines) = Running::new(job(path.clone())).end().await;
    result.unwrap();
    assert_eq!(lines, ["a", "b"]);
    fs::remove_file(&path).unwrap();
    let failed = |path| async move { Running::new(job(path)).end().await.0.unwrap_err().to_string() };
    let error = failed(path.clone()).await;
    let expected = format!(
        "cannot start \"/bin/sh\": standard input {} cannot be read: ",
        path.display()
    );
    assert!(error.starts_with(&expected), "{error}");
    assert!(failed(dir.path().into()).await.ends_with("is no file"));
}

#[tokio::test]
async fn a_callback_takes_no_orders() {
    let (live, store) = (Live::default(), store());
    let seat = live.seat("p", 4, Some("mail"));
    let dir = tempfile::tempdir().unwrap();
    let job = Job {
        cwd: dir.path().into(),
        ..script("echo up; until [ -e go ]; do sleep 0.01; done")
    };
    let run = tokio::spawn(run_live(job, store.sink("p", 4), seat));
    until("it runs", || !lines(&store, 4).is_empty()).await;
    assert_eq!(live.facts("p", 4).unwrap().callback.as_deref(), Some("mail"));
    let refused = live.order("p", 4, Order::Signal(15)).await.unwrap_err();
    assert_eq!(refused, "task 4 is over: callback mail running");
    fs::write(dir.path().join("go"), "").unwrap();
    run.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_seat_that_was_taken_over_leaves_the_other_alone() {
    let live = Live::default();
    let first = live.seat("p", 0, None);
    let second = live.seat("p", 0, None);
    drop(first);
    assert!(live.facts("p", 0).is_some());
    drop(second);
    assert!(live.facts("p", 0).is_none());
}

#[tokio::test]
async fn a_flood_of_orders_is_refused() {
    let live = Live::default();
    // Nobody serves it.
    let seat = live.seat("p", 0, None);
    let mut waiting = Vec::new();
    for _ in 0..16 {
        let live = live.clone();
        waiting.push(tokio::spawn(
            async move { live.order("p", 0, Order::Pause).await },
        ));
        tokio::task::yield_now().await;
    }
    let refused = live.order("p", 0, Order::Pause).await.unwrap_err();
    assert_eq!(refused, "task 0 has 16 orders that are not served yet");
    drop(seat);
    for order in waiting {
        assert_eq!(
            order.await.unwrap().unwrap_err(),
            "the command of task 0 has just ended"
        );
    }
}
