//! Runs that are ended before their time: by signals, and by a reader who has gone.

use crate::program::{Gate, Mark, Running, program, until, wait, write};
use crate::record::Record;
use rustix::process::Signal;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Commands that run for long: two that end when asked, one that does not, with a child that does not either.
fn long(dir: &Path, grace: &str) {
    let config = format!(
        r#"
        [func.long]
        command = ["sleep", "3600"]

        [func.stubborn]
        shell = '''
        trap "" TERM
        echo up > up.tmp; mv up.tmp up
        sleep 3601
        sleep 3601
        '''
        grace = "{grace}"

        [[pool]]
        name = "long"
        [[pool.group]]
        name = "sleepers"
        method = "apply"
        func = "long"
        num = 2

        [[pool]]
        name = "stubborn"
        pool_size = 1
        [[pool.group]]
        name = "deaf"
        method = "map"
        func = "stubborn"
        arg_iter = [1, 2, 3]
        num_concurrent = 3
        "#
    );
    write(dir, "long.toml", &config);
}

/// Starts it and waits until all of it is up.
fn start<'a>(mark: &'a Mark, dir: &Path) -> Running<'a> {
    let run = Running::start(
        mark,
        &mut program(mark, dir, ["run", "long.toml", "--format", "jsonl"]),
    );
    until("the deaf one is deaf", || dir.join("up").exists());
    mark.until(2, "sleep 3600");
    mark.until(1, "sleep 3601");
    run
}

#[test]
fn a_signal_ends_everything_and_kills_what_does_not_listen() {
    for (signal, code) in [
        (Signal::INT, 130),
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
    ] {
        let dir = tempfile::tempdir().unwrap();
        long(dir.path(), "500ms");
        let mark = Mark::new();
        let run = start(&mark, dir.path());
        let asked = Instant::now();
        run.signal(signal);
        let ended = run.finish();
        let took = asked.elapsed();
        assert_eq!((ended.code, ended.err.as_str()), (Some(code), ""));
        assert!(
            took >= Duration::from_millis(500),
            "killed before its grace was over: {took:?}"
        );
        let record = Record::whole(&ended.out);
        assert_eq!(record.ended("long", "cancelled"), 2);
        // Those that were queued never started.
        assert_eq!(record.ended("stubborn", "cancelled"), 1);
        assert_eq!(record.events["cancel_requested"], 3);
        assert_eq!(record.events["task_cancelled"], 3);
        for end in &record.bad_ends {
            let deaf = end["pool"] == "stubborn";
            assert_eq!(end["signal"], if deaf { 9 } else { 15 }, "{end}");
            assert_eq!(end.get("killed").is_some(), deaf, "{end}");
        }
    }
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let dir = tempfile::tempdir().unwrap();
    // Longer than the test's patience.
    long(dir.path(), "1h");
    let mark = Mark::new();
    let run = start(&mark, dir.path());
    run.signal(Signal::TERM);
    // The others end at the first, which shows that it has been understood.
    run.line_with("task_ended");
    run.line_with("task_ended");
    mark.until(1, "sleep 3601");
    run.signal(Signal::INT);
    let ended = run.finish();
    assert_eq!((ended.code, ended.err.as_str()), (Some(143), ""), "{}", ended.out);
    assert!(ended.out.contains("\"forced\":true"), "{}", ended.out);
}

#[test]
fn a_signal_before_anything_runs_ends_it_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "empty"
        [[pool.group]]
        method = "map"
        func = "echo"
        arg_iter = { lines = "-" }
    "#;
    write(dir.path(), "waits.toml", config);
    let mark = Mark::new();
    let (read, open) = std::io::pipe().unwrap();
    let mut command = program(&mark, dir.path(), ["run", "waits.toml", "--format", "jsonl"]);
    command.stdin(read);
    let run = Running::start(&mark, &mut command);
    run.line_with("group_created");
    run.signal(Signal::TERM);
    let ended = run.finish();
    assert_eq!((ended.code, ended.err.as_str()), (Some(143), ""));
    drop(open);
}

#[test]
fn when_nobody_reads_any_more_nothing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [func.chatter]
        shell = 'echo up; sleep 3600'

        [[pool]]
        name = "busy"
        pool_size = 3
        [[pool.group]]
        method = "apply"
        func = "sleep"
        args = ["10ms"]
        num = 1_000_000

        [[pool]]
        name = "long"
        [[pool.group]]
        method = "apply"
        func = "chatter"
        num = 2
    "#;
    write(dir.path(), "busy.toml", config);
    for format in ["human", "jsonl"] {
        let mark = Mark::new();
        let mut child = program(&mark, dir.path(), ["run", "busy.toml", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        mark.until(2, "sleep 3600");
        let mut some = [0; 10];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut some).unwrap();
        drop(out);
        // There is more to do than the test has patience for.
        let status = wait(&mut child);
        // The number of SIGPIPE, as a shell would report it of any program in a pipe.
        assert_eq!(status.code(), Some(141));
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err, "");
        mark.nothing_is_left();
    }
}

#[test]
fn closed_standard_streams_are_no_reason_to_panic() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [func.touch]
        command = ["touch", "done"]
        [[pool]]
        name = "p"
        [[pool.group]]
        method = "apply"
        func = "touch"
    "#;
    write(dir.path(), "touch.toml", config);
    let mark = Mark::new();
    for streams in ["<&-", "2>&-", "<&- 2>&-"] {
        let _ = fs::remove_file(dir.path().join("done"));
        let mut shell = std::process::Command::new("sh");
        let script = format!("exec \"$0\" run touch.toml {streams}");
        shell
            .args(["-c", &script, crate::program::PROGRAM])
            .current_dir(dir.path());
        mark.put_on(&mut shell);
        let ended = crate::program::finish(&mark, &mut shell);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{streams}");
        assert!(ended.out.contains("1 ok"), "{streams}: {}", ended.out);
        assert!(dir.path().join("done").exists(), "{streams}");
    }
}

#[test]
fn f115_a_stopped_run_stops_its_commands_and_their_time() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [func.work]
        shell = 'echo $$ > pid.new; mv pid.new pid; read -r _ < gate'
        timeout = "6s"
        [[pool]]
        name = "p"
        [[pool.group]]
        method = "apply"
        func = "work"
    "#;
    write(dir.path(), "work.toml", config);
    let mark = Mark::new();
    let gate = Gate::new(dir.path());
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "work.toml"]));
    let mut command = None;
    until("the command runs", || {
        let pid = fs::read_to_string(dir.path().join("pid")).ok();
        command = pid.and_then(|pid| pid.trim().parse().ok());
        command.is_some()
    });
    let command = command.unwrap();
    let is_stopped = |pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('T'))
    };
    run.signal(Signal::TSTP);
    until("both are stopped", || {
        is_stopped(run.pid()) && is_stopped(command)
    });
    // For longer than it may take.
    std::thread::sleep(Duration::from_millis(6200));
    run.signal(Signal::CONT);
    gate.open(1);
    let ended = run.finish();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{}", ended.out);
    assert!(ended.out.contains("1 ok"), "{}", ended.out);
}
