//! Commands as tasks: real processes, awaited by what they do.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod cancel;
mod live;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use taskpool_tui::app::output::{OutputLimits, OutputStore};
use taskpool_tui::app::process::{CommandFailed, Job, run};
use taskpool_tui::pool::BoxError;

const PATIENCE: Duration = Duration::from_mins(2);

fn script(text: &str) -> Job {
    Job::shell(text, [] as [&str; 0])
}

fn store() -> OutputStore {
    OutputStore::new(OutputLimits::default(), Instant::now())
}

fn lines(store: &OutputStore, id: u64) -> Vec<String> {
    let view = store.window("p", id, 1000, 0);
    view.lines.iter().map(|line| line.text.to_string()).collect()
}

/// Runs a command outside of any pool; returns how it ended and the lines it wrote.
async fn output_of(job: Job) -> (Result<(), BoxError>, Vec<String>) {
    let store = store();
    let result = tokio::time::timeout(PATIENCE, run(job, store.sink("p", 0)))
        .await
        .expect("the command ends in time");
    (result, lines(&store, 0))
}

async fn failure_of(job: Job) -> CommandFailed {
    let error = output_of(job).await.0.expect_err("it fails");
    *error.downcast::<CommandFailed>().expect("a failed command")
}

/// Does something that has to get somewhere before a time limit ends it, with more and more time until it does: others
/// may use the machine, too. It says whether it got there.
async fn with_enough_time(mut attempt: impl AsyncFnMut(Duration) -> bool) {
    for limit in [300, 3_000, 30_000].map(Duration::from_millis) {
        if attempt(limit).await {
            return;
        }
    }
    panic!("not even half a minute is enough");
}

/// Waits for a condition that something else brings about.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The fields of `/proc/PID/stat` after the name: state, ppid, pgrp, session, tty …
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// Whether no process has this ID, or only a dead one that its new parent has not reaped yet.
fn is_dead(pid: u32) -> bool {
    stat(pid).is_none_or(|stat| stat[0] == "Z" || stat[0] == "X")
}

/// Waits for the numbers that the command prints, one a line.
async fn printed_pids(store: &OutputStore, id: u64, count: usize) -> Vec<u32> {
    let mut pids = Vec::new();
    until("the command prints its IDs", || {
        pids = lines(store, id)
            .iter()
            .filter_map(|line| line.parse().ok())
            .collect();
        pids.len() == count
    })
    .await;
    pids
}

#[tokio::test]
async fn exit_code_0_is_no_error() {
    let (result, lines) = output_of(script("echo out; echo err >&2; printf unfinished")).await;
    result.unwrap();
    let mut sorted = lines.clone();
    sorted.sort();
    assert_eq!(sorted, ["err", "out", "unfinished"]);
}

#[tokio::test]
async fn a_failure_reads_as_people_should_read_it() {
    let failed = failure_of(script(
        "echo first >&2; printf '\\033[31mgzip: x: No such file\\033[0m\\n\\n' >&2; exit 2",
    ))
    .await;
    assert_eq!(failed.to_string(), "exit 2: gzip: x: No such file");
    assert_eq!(
        (failed.code, failed.signal, failed.timed_out),
        (Some(2), None, None)
    );

    assert_eq!(
        failure_of(script("echo not this; exit 7")).await.to_string(),
        "exit 7"
    );
    let killed = failure_of(script("kill -9 $$")).await;
    assert!(
        killed
            .to_string()
            .starts_with("signal 9 (KILL): not sent by this program")
    );
    assert_eq!((killed.code, killed.signal), (None, Some(9)));
    assert_eq!(
        failure_of(script("kill -TERM $$")).await.to_string(),
        "signal 15 (TERM)"
    );
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let error_of = async |job: Job| output_of(job).await.0.unwrap_err().to_string();
    assert_eq!(
        error_of(Job::new(["no-such-program-here"])).await,
        "cannot start \"no-such-program-here\": no such program in PATH"
    );
    assert_eq!(
        error_of(Job::new(["/no/such/program"])).await,
        "cannot start \"/no/such/program\": no such program, or no such interpreter (#!)"
    );
    assert_eq!(
        error_of(Job::new([] as [&str; 0])).await,
        "cannot start \"\": there is no command to start"
    );
    let mut lost = script("true");
    lost.cwd = dir.path().join("gone");
    assert_eq!(
        error_of(lost).await,
        format!(
            "cannot start \"/bin/sh\": directory {} does not exist",
            dir.path().join("gone").display()
        )
    );
    fs::write(dir.path().join("data"), "no program").unwrap();
    let mut data = Job::new(["./data"]);
    data.cwd = dir.path().into();
    assert!(
        error_of(data.clone())
            .await
            .starts_with("cannot start \"./data\": not executable")
    );
    data.env.push(("PATH".into(), dir.path().into()));
    data.argv = vec!["data".into()];
    assert!(error_of(data).await.ends_with("data is not executable"));
}

#[tokio::test]
async fn f110_the_child_has_a_session_and_three_files_of_its_own() {
    // A file that this process has open is not the child's.
    let _open = fs::File::open("/proc/self/status").unwrap();
    let store = store();
    let running = tokio::spawn(run(script("echo $$; exec sleep 1000"), store.sink("p", 0)));
    let pid = printed_pids(&store, 0, 1).await[0];
    let proc = PathBuf::from(format!("/proc/{pid}"));
    until("the shell is replaced", || {
        fs::read_to_string(proc.join("comm")).unwrap() == "sleep\n"
    })
    .await;

    // While it is being loaded it opens its libraries.
    until("it has three files", || {
        let files = fs::read_dir(proc.join("fd")).unwrap().flatten();
        let mut files: Vec<_> = files.map(|file| file.file_name()).collect();
        files.sort();
        files == ["0", "1", "2"]
    })
    .await;
    assert_eq!(fs::read_link(proc.join("fd/0")).unwrap(), Path::new("/dev/null"));

    let stat = stat(pid).unwrap();
    let id = pid.to_string();
    assert_eq!((&stat[2], &stat[3]), (&id, &id), "group and session");
    assert_eq!(stat[4], "0", "no terminal");

    let status = fs::read_to_string(proc.join("status")).unwrap();
    for field in ["SigBlk:", "SigIgn:"] {
        let signals = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        let signals = u64::from_str_radix(signals.trim(), 16).unwrap();
        // 32 and 33 are glibc's own, which it lets children of `posix_spawn` ignore.
        assert_eq!(signals & !(0b11 << 31), 0, "{field} {signals:x}");
    }
    running.abort();
    until("it is gone", || !proc.exists()).await;
}

#[tokio::test]
async fn f121_standard_input_is_empty() {
    let (result, lines) = output_of(Job::new(["cat"])).await;
    result.unwrap();
    assert_eq!(lines, [] as [&str; 0]);
}

#[tokio::test]
async fn directory_and_variables_are_the_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = script("pwd; echo \"$GREETING\"; echo \"${HOME:+inherited}\"");
    job.cwd = dir.path().canonicalize().unwrap();
    job.env.push(("GREETING".into(), "hello".into()));
    job.env.push(("HOME".into(), "/here".into()));
    let cwd = job.cwd.display().to_string();
    assert_eq!(output_of(job).await.1, [&*cwd, "hello", "inherited"]);
}

#[tokio::test]
async fn arguments_and_variables_are_never_shell_text() {
    let dir = tempfile::tempdir().unwrap();
    let nasty = [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "' ; touch pwned '",
        "-n",
        "a  b",
        "*",
        "",
    ];
    for nasty in nasty {
        let mut jobs = [
            Job::new(["printf", "%s\n", nasty]),
            Job::shell("printf '%s\\n' \"$1\"", [nasty]),
            script("printf '%s\\n' \"$VALUE\""),
            Job::new(["printenv", "VALUE"]),
        ];
        for job in &mut jobs {
            job.cwd = dir.path().into();
            job.env.push(("VALUE".into(), nasty.into()));
            let (result, lines) = output_of(job.clone()).await;
            result.unwrap();
            assert_eq!(lines, [nasty], "{job:?}");
        }
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn output_may_be_any_bytes() {
    let (result, lines) = output_of(script("printf 'a\\377b\\000c\\n\\033]52;c;eA==\\007d'; exit 0")).await;
    result.unwrap();
    assert_eq!(lines, ["a\u{fffd}bc", "d"]);
}

#[tokio::test]
async fn a_flood_of_output_stays_within_its_limit() {
    let limits = OutputLimits {
        per_task: 100_000,
        total: 1 << 20,
    };
    let store = OutputStore::new(limits, Instant::now());
    for (id, command) in [
        "head -c 50000000 /dev/zero | tr '\\0' x",
        "yes | head -c 50000000",
    ]
    .iter()
    .enumerate()
    {
        let id = id as u64;
        let memory = tokio::time::timeout(PATIENCE, run(script(command), store.sink("p", id)));
        memory.await.unwrap().unwrap();
        assert!(store.memory() <= limits.total);
        let view = store.window("p", id, 10_000, 0);
        assert!(view.lost >= 350_000, "{} lost", view.lost);
        assert!(view.total > 0);
    }
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group_and_is_a_failure() {
    with_enough_time(async |limit| {
        let mut job = script("sleep 1000 & echo $$; echo $!; wait");
        job.timeout = Some(limit);
        let (result, lines) = output_of(job).await;
        let failed = result.unwrap_err().downcast::<CommandFailed>().unwrap();
        assert!(failed.to_string().starts_with("timed out after "), "{failed}");
        assert_eq!((failed.signal, failed.timed_out), (Some(15), Some(limit)));
        let pids: Vec<u32> = lines.iter().filter_map(|line| line.parse().ok()).collect();
        assert!(pids.iter().all(|pid| is_dead(*pid)), "{lines:?}");
        pids.len() == 2
    })
    .await;
}

#[tokio::test]
async fn what_ignores_term_is_killed_after_the_grace() {
    with_enough_time(async |limit| {
        let mut job = script("trap '' TERM; echo ready; while :; do sleep 1000; done");
        job.timeout = Some(limit);
        job.grace = Duration::from_millis(100);
        let (result, lines) = output_of(job).await;
        let failed = result.unwrap_err().downcast::<CommandFailed>().unwrap();
        assert_eq!(failed.timed_out, Some(limit));
        if !lines.contains(&"ready".to_owned()) {
            return false;
        }
        assert_eq!(failed.signal, Some(9));
        true
    })
    .await;
}

#[tokio::test]
async fn f101_what_the_first_process_leaves_behind_is_ended() {
    let store = store();
    let job = script("sleep 1000 & echo $!; echo hi");
    let ended = tokio::time::timeout(PATIENCE, run(job, store.sink("p", 0))).await;
    ended.expect("not after the 1000 s").unwrap();
    assert!(is_dead(printed_pids(&store, 0, 1).await[0]));
    assert_eq!(
        lines(&store, 0)[1..],
        ["hi", "[the command has exited; processes left behind are ended]"]
    );
}

#[tokio::test]
async fn f102_a_member_that_ignores_term_does_not_survive_its_leader() {
    let store = store();
    let mut job = script(
        "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1000; done' & while ! [ -e \"$READY\" ]; do sleep 0.01; done; exit 3",
    );
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    job.env.push(("READY".into(), ready.clone().into()));
    job.grace = Duration::from_millis(50);
    let running = tokio::spawn(run(job, store.sink("p", 0)));
    let member = printed_pids(&store, 0, 1).await[0];
    fs::write(ready, "").unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "exit 3");
    assert!(is_dead(member));
}

#[tokio::test]
async fn f109_output_that_a_stranger_holds_open_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = script(
        "setsid sh -c 'echo $$ > pid; echo > ready; exec sleep 1000' & while ! [ -e ready ]; do sleep 0.01; done; echo hi",
    );
    job.cwd = dir.path().into();
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.reopen().unwrap());
    // Other tests meet the same places in the code; while nobody listens at all, these would become deaf.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let (result, lines) = output_of(job).await;
    drop(guard);
    let stranger: i32 = fs::read_to_string(dir.path().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let alive = !is_dead(stranger.unsigned_abs());
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(stranger).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    result.unwrap();
    assert!(alive, "it has left the group");
    let log = fs::read_to_string(log.path()).unwrap();
    assert_eq!(lines[..2], ["hi", "[output cut: another process holds it open]"]);
    // It is named.
    let named = format!("left behind: pid {stranger} ");
    assert!(
        lines.len() == 3 && lines[2].starts_with(&format!("[{named}")),
        "{lines:?}"
    );
    assert!(log.contains(&named), "{log}");
    assert!(
        log.contains("WARN app::process: output cut: another process holds it open"),
        "{log}"
    );
}

#[tokio::test]
async fn a_dropped_command_is_killed_and_reaped() {
    let store = store();
    let job = script("trap '' TERM; sleep 1000 & echo $$; echo $!; while :; do wait; done");
    let running = tokio::spawn(run(job, store.sink("p", 0)));
    let pids = printed_pids(&store, 0, 2).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    until("the leader is reaped", || stat(pids[0]).is_none()).await;
    until("the member is dead", || is_dead(pids[1])).await;
}

#[tokio::test]
async fn f116_a_command_that_stops_itself_is_ended_by_its_timeout() {
    let mut job = script("kill -STOP $$");
    job.timeout = Some(Duration::from_millis(50));
    let failed = failure_of(job).await;
    assert_eq!(
        failed.signal,
        Some(15),
        "a stopped process gets TERM only after CONT"
    );
}
