//! Commands in terminals of their own.

use super::{
    PATIENCE, failure_of, is_dead, lines, output_of, printed_pids, script, stat, store, until,
    with_enough_time,
};
use std::time::Duration;
use taskpool_tui::app::process::{Job, Live, Order, run_live};
use taskpool_tui::app::terminal::Terminal;
use taskpool_tui::pool::TaskPool;

fn in_terminal(text: &str) -> Job {
    Job {
        terminal: Some(Terminal::new()),
        ..script(text)
    }
}

#[tokio::test]
async fn it_is_the_terminal_of_all_three_streams_and_of_the_session() {
    let mut job = in_terminal(
        "test -t 0 && test -t 1 && test -t 2 && echo is one\n\
         stty size; echo $TERM; echo ${COLUMNS-none} ${LINES-none}\n\
         echo by name > /dev/tty; ls /proc/self/fd | wc -l; echo err >&2",
    );
    job.env.push(("COLUMNS_OF_NONE".into(), "1".into()));
    let (result, lines) = output_of(job).await;
    result.unwrap();
    // `ls` has a fourth file open: the directory.
    let expected = [
        "is one",
        "24 80",
        "xterm-256color",
        "none none",
        "by name",
        "4",
        "err",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_function_may_say_what_its_terminal_is() {
    let mut job = in_terminal("echo $TERM");
    job.env.push(("TERM".into(), "vt100".into()));
    assert_eq!(output_of(job).await.1, ["vt100"]);
}

#[tokio::test]
async fn a_failure_says_what_stood_last_on_the_screen() {
    let failed = failure_of(in_terminal(
        "echo first; printf '\\033[31mgzip: no\\033[0m\\n\\n'; exit 2",
    ))
    .await;
    assert_eq!(failed.to_string(), "exit 2: gzip: no");
    let mut job = in_terminal("echo waits; exec sleep 1000");
    job.timeout = Some(Duration::from_millis(300));
    assert_eq!(failure_of(job).await.to_string(), "timed out after 300ms");
    let error = output_of(Job {
        terminal: Some(Terminal::new()),
        ..Job::new(["no-such-program-here"])
    })
    .await
    .0
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot start \"no-such-program-here\": no such program in PATH"
    );
}

#[tokio::test]
async fn much_output_arrives_as_lines_whatever_the_terminal_keeps() {
    let (result, lines) = output_of(in_terminal("seq 1 3000; printf 'no end'")).await;
    result.unwrap();
    let numbers: Vec<usize> = lines.iter().filter_map(|line| line.parse().ok()).collect();
    // The last ones within the limits of the view.
    assert_eq!(numbers, (2002..=3000).collect::<Vec<_>>());
    assert_eq!(lines.last().unwrap(), "no end");
}

#[tokio::test]
async fn who_lets_go_of_its_terminal_goes_on_and_may_come_back_to_it() {
    let (result, lines) = output_of(in_terminal(
        "echo there; exec </dev/null >/dev/null 2>&1; sleep 0.2; exec >/dev/tty; seq 1 900; echo back",
    ))
    .await;
    result.unwrap();
    assert_eq!(lines.last().unwrap(), "back");
    assert_eq!((&*lines[0], lines.len()), ("there", 902));
}

#[tokio::test]
async fn what_it_asks_its_terminal_is_answered_to_it_alone() {
    let script = "stty raw -echo; printf '\\033[5;3H\\033[6n'; answer=$(dd bs=1 count=6 2>/dev/null)\n\
                  stty sane; printf '\\r%s\\n' \"$answer\" | cat -v";
    let (result, lines) = output_of(in_terminal(script)).await;
    result.unwrap();
    assert!(lines.iter().any(|line| line.ends_with("^[[5;3R")), "{lines:?}");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_told_to_and_then_killed_with_its_group() {
    for (text, grace) in [
        ("sleep 1000 & echo $!; echo $$; wait", Duration::from_hours(1)),
        (
            "trap '' TERM HUP; sh -c 'echo $$; exec sleep 1000' & echo $$; wait; sleep 1000",
            Duration::from_millis(200),
        ),
    ] {
        with_enough_time(async |limit| {
            let mut job = in_terminal(text);
            job.timeout = Some(limit);
            job.grace = grace;
            let (result, lines) = output_of(job).await;
            let error = result.unwrap_err().to_string();
            assert!(error.starts_with("timed out after "), "{error}");
            let pids = pids_in(&lines);
            assert!(pids.iter().all(|pid| is_dead(*pid)), "{lines:?}");
            pids.len() == 2
        })
        .await;
    }
}

#[tokio::test]
async fn f120_job_control_in_a_terminal_of_its_own_stops_nobody_else() {
    let script = "sh -ic 'true'; echo $?; sh -ic 'sleep 0.05 & wait $!; echo back $?' 2>/dev/null";
    let (result, lines) = output_of(in_terminal(script)).await;
    result.unwrap();
    assert_eq!(lines.first().map(String::as_str), Some("0"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "back 0"), "{lines:?}");
}

#[tokio::test]
async fn orders_reach_it_as_keys_signals_and_sizes() {
    let (live, store) = (Live::default(), store());
    let dir = tempfile::tempdir().unwrap();
    let has = |name: &str| dir.path().join(name).exists();
    let text = "trap 'echo int; : > int' INT; trap 'stty size; : > size' WINCH; : > up\n\
                while :; do read line && test \"$line\" = end && break; done; echo over";
    let mut job = in_terminal(text);
    job.cwd = dir.path().into();
    let run = tokio::spawn(run_live(job, store.sink("p", 0), live.seat("p", 0, None)));
    let facts = || live.facts("p", 0).expect("it runs");
    // A key that comes before the trap for it ends the script.
    until("the traps are set", || has("up")).await;
    assert!(facts().takes_input);
    let order = async |order| live.order("p", 0, order).await;
    let (rows, columns) = (7, 33);
    order(Order::Resize { rows, columns }).await.unwrap();
    until("it knows its size", || has("size")).await;
    order(Order::Input(b"\x03".to_vec())).await.unwrap();
    // The key throws away what has not been read: nothing more is to be read before its trap was there.
    until("it was interrupted", || has("int")).await;
    let refused = order(Order::EndInput).await.unwrap_err();
    assert_eq!(
        refused,
        "what is typed into a terminal has no end: Ctrl-d is a key"
    );
    // What does not fit is refused as a whole.
    let many = order(Order::Input(vec![b'x'; 100_000])).await.unwrap_err();
    assert_eq!(many, "100000 bytes are too many at once: 65536 fit");
    order(Order::Input(b"end\r".to_vec())).await.unwrap();
    run.await.unwrap().unwrap();
    let lines = lines(&store, 0);
    for line in ["7 33", "over"] {
        assert!(
            lines.iter().any(|shown| shown.contains(line)),
            "{line}: {lines:?}"
        );
    }
    assert!(lines.iter().any(|shown| shown.ends_with("int")), "{lines:?}");
}

#[tokio::test]
async fn a_command_without_a_terminal_has_no_size() {
    let (live, store) = (Live::default(), store());
    let run = tokio::spawn(run_live(
        script("echo $$; sleep 1000"),
        store.sink("p", 0),
        live.seat("p", 0, None),
    ));
    let pids = printed_pids(&store, 0, 1).await;
    let refused = live
        .order("p", 0, Order::Resize { rows: 1, columns: 1 })
        .await
        .unwrap_err();
    assert_eq!(refused, "no terminal: pty = true in the function gives one");
    run.abort();
    until("it is killed", || pids.iter().all(|pid| is_dead(*pid))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once_keep_their_keys_and_screens_apart() {
    let (live, store) = (Live::default(), store());
    let mut runs = Vec::new();
    for id in 0..100 {
        let job = in_terminal("read word; echo \"heard $word\"; test -t 0");
        runs.push(tokio::spawn(run_live(
            job,
            store.sink("p", id),
            live.seat("p", id, None),
        )));
    }
    for id in 0..100 {
        until("it runs", || {
            live.facts("p", id).is_none_or(|facts| facts.takes_input)
        })
        .await;
        let word = format!("word{id}\r").into_bytes();
        live.order("p", id, Order::Input(word)).await.unwrap();
    }
    for (id, run) in (0..100).zip(runs) {
        tokio::time::timeout(PATIENCE, run)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(
            lines(&store, id),
            [format!("word{id}"), format!("heard word{id}")]
        );
    }
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let masters =
        open.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|path| path.ends_with("ptmx")));
    // Those of tests that run beside this one.
    assert!(masters.count() < 50);
}

#[tokio::test]
async fn a_group_that_outlives_its_leader_ends_with_it() {
    let (result, lines) = output_of(in_terminal("trap '' HUP; sleep 1000 & echo $!")).await;
    result.unwrap();
    let pid = pids_in(&lines)[0];
    assert!(is_dead(pid), "{:?}", stat(pid));
}

/// Jobs that job control gives groups of their own: one that obeys, one that does not, and one that is stopped.
const JOBS: &str = "set -m; sleep 1000 & echo $!; sh -c 'trap \"\" TERM HUP; while :; do sleep 1000; done' & echo $!\n\
                    sh -c 'kill -STOP $$; sleep 1000' & echo $!; echo $$";

fn pids_in(lines: &[String]) -> Vec<u32> {
    lines.iter().filter_map(|line| line.parse().ok()).collect()
}

#[tokio::test]
async fn f101_jobs_with_groups_of_their_own_end_with_their_command() {
    let (result, lines) = output_of(Job {
        grace: Duration::from_millis(200),
        ..in_terminal(&format!("{JOBS}; :"))
    })
    .await;
    result.unwrap();
    let pids = pids_in(&lines);
    assert_eq!(pids.len(), 4, "{lines:?}");
    assert!(pids.iter().all(|pid| is_dead(*pid)), "{lines:?}");
    with_enough_time(async |limit| {
        let (result, lines) = output_of(Job {
            grace: Duration::from_millis(200),
            timeout: Some(limit),
            ..in_terminal(&format!("{JOBS}; wait; wait; sleep 1000"))
        })
        .await;
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("timed out after "), "{error}");
        let pids = pids_in(&lines);
        assert!(pids.iter().all(|pid| is_dead(*pid)), "{lines:?}");
        pids.len() == 4
    })
    .await;
}

#[tokio::test]
async fn f101_jobs_are_killed_with_a_command_that_is_dropped() {
    let (live, store) = (Live::default(), store());
    let job = in_terminal(&format!("{JOBS}; wait; wait; sleep 1000"));
    let run = tokio::spawn(run_live(job, store.sink("p", 0), live.seat("p", 0, None)));
    let pids = pids_of_terminal(|| live.facts("p", 0).and_then(|facts| facts.pid), 4).await;
    run.abort();
    until("all are killed", || pids.iter().all(|pid| is_dead(*pid))).await;
}

/// The processes of the session of a command once there are so many.
async fn pids_of_terminal(session: impl Fn() -> Option<i32>, count: usize) -> Vec<u32> {
    let mut found = Vec::new();
    until("all of its processes are there", || {
        let Some(session) = session() else { return false };
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        found = all
            .filter(|pid| stat(*pid).is_some_and(|stat| stat[3] == session.to_string()))
            .collect();
        found.len() >= count
    })
    .await;
    found
}

#[tokio::test]
async fn f115_jobs_are_stopped_and_go_on_with_their_command() {
    let (live, store) = (Live::default(), store());
    let text = "set -m; sleep 1000 & sleep 1000";
    let run = tokio::spawn(run_live(
        in_terminal(text),
        store.sink("p", 0),
        live.seat("p", 0, None),
    ));
    let pids = pids_of_terminal(|| live.facts("p", 0).and_then(|facts| facts.pid), 3).await;
    let stopped = |pid: u32| stat(pid).is_some_and(|stat| stat[0] == "T");
    // A shell cannot stop while what it starts has not become another program.
    until("both are what they shall be", || {
        let name = |pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        pids.iter().filter(|pid| name(**pid).trim() == "sleep").count() == 2
    })
    .await;
    for _ in 0..5 {
        live.order("p", 0, Order::Pause).await.unwrap();
        until("all are stopped", || pids.iter().all(|pid| stopped(*pid))).await;
        live.order("p", 0, Order::Resume).await.unwrap();
        until("all go on", || !pids.iter().any(|pid| stopped(*pid))).await;
    }
    // One after the other, with nothing in between: the last one counts.
    live.order("p", 0, Order::Pause).await.unwrap();
    live.order("p", 0, Order::Resume).await.unwrap();
    live.order("p", 0, Order::Pause).await.unwrap();
    live.order("p", 0, Order::Resume).await.unwrap();
    until("all go on", || !pids.iter().any(|pid| stopped(*pid))).await;
    live.order("p", 0, Order::Signal(9)).await.unwrap();
    let failed = run.await.unwrap().unwrap_err();
    assert_eq!(failed.to_string(), "signal 9 (KILL)");
    assert!(pids.iter().all(|pid| is_dead(*pid)));
}

#[tokio::test]
async fn f102_an_interactive_shell_ends_when_it_is_told_to() {
    for shell in [&["sh", "-i"][..], &["bash", "--norc", "--noprofile", "-i"]] {
        if std::process::Command::new(shell[0])
            .args(["-c", ":"])
            .status()
            .is_err()
        {
            eprintln!("not tested: there is no {}", shell[0]);
            continue;
        }
        let (live, store) = (Live::default(), store());
        let job = Job {
            terminal: Some(Terminal::new()),
            // It would not be over in time by a KILL.
            grace: Duration::from_hours(1),
            ..Job::new(shell)
        };
        let (pool, body) = (TaskPool::new(1), (live.clone(), store.clone()));
        let body = move || {
            let (job, (live, store)) = (job.clone(), body.clone());
            async move { run_live(job, store.sink("p", 0), live.seat("p", 0, None)).await }
        };
        pool.apply(body, 1, ()).unwrap();
        let pid = || live.facts("p", 0).and_then(|facts| facts.pid);
        let first = pids_of_terminal(pid, 1).await;
        live.order("p", 0, Order::Input(b"sleep 1000 &\r".to_vec()))
            .await
            .unwrap();
        let pids = pids_of_terminal(pid, 2).await;
        assert!(pids.contains(&first[0]));
        pool.cancel_all(None);
        let ended = tokio::time::timeout(PATIENCE, pool.close())
            .await
            .expect("it ends");
        assert_eq!(ended.totals.cancelled, 1);
        assert!(pids.iter().all(|pid| is_dead(*pid)), "{shell:?}");
    }
}
