//! Commands of every shape, and every way in which a run without a screen ends.

use crate::program::zoo::{GRACE, LEAVE, are_up, config, is_up, nothing_is_left, rounds};
use crate::program::{Mark, PATIENCE, Running, program, until, write};
use rustix::process::Signal;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A run whose output nobody reads, and where its errors are.
fn start(mark: &Mark, dir: &Path, config: &str) -> Command {
    write(dir, "zoo.toml", config);
    let mut command = program(mark, dir, ["run", "zoo.toml"]);
    command
        .stdout(Stdio::null())
        .stderr(File::create(dir.join("errors")).unwrap());
    command
}

/// Runs the zoo, ends it, and looks at what is left.
fn round(stay: bool, more: &str, end: impl FnOnce(i32), code: i32) {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let mut run = start(&mark, dir.path(), &config(stay, more)).spawn().unwrap();
    if stay {
        is_up(dir.path());
        mark.until(LEAVE, "sleep 200");
    }
    end(run.id().cast_signed());
    let status = crate::program::wait(&mut run);
    let errors = fs::read_to_string(dir.path().join("errors")).unwrap();
    assert_eq!(status.code(), Some(code), "{errors}");
    // They had the time to leave.
    assert!(
        mark.processes().len() <= LEAVE,
        "{:?}\n{errors}",
        mark.processes()
    );
    nothing_is_left(&mark, &errors, &[]);
}

#[test]
fn f101_of_every_shape_nothing_is_left_when_it_ends_by_itself() {
    for _ in 0..rounds(1) {
        round(false, "", |_| {}, 0);
    }
}

#[test]
fn f101_of_every_shape_nothing_is_left_after_a_timeout() {
    for _ in 0..rounds(1) {
        let in_time = ["300ms", "3s", "30s"]
            .into_iter()
            .any(all_are_up_before_their_timeout);
        assert!(in_time, "not even half a minute is enough");
    }
}

/// Runs the zoo to the end of its time, and looks at what is left; whether all of it was up by then.
fn all_are_up_before_their_timeout(limit: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let config = config(true, &format!("timeout = '{limit}'"));
    let mut run = start(&mark, dir.path(), &config).spawn().unwrap();
    let (mut in_time, mut status) = (false, None);
    until("it ends", || {
        in_time = in_time || are_up(dir.path());
        status = run.try_wait().unwrap();
        status.is_some()
    });
    let errors = fs::read_to_string(dir.path().join("errors")).unwrap();
    assert_eq!(status.unwrap().code(), Some(1), "{errors}");
    nothing_is_left(&mark, &errors, &[]);
    in_time
}

#[test]
fn f101_of_every_shape_nothing_is_left_after_a_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        for _ in 0..rounds(1) {
            round(true, "", |pid| crate::program::kill(pid, signal), code);
        }
    }
}

#[test]
fn f101_of_every_shape_nothing_is_left_when_it_is_ended_by_force() {
    for _ in 0..rounds(1) {
        let twice = |pid| {
            crate::program::kill(pid, Signal::TERM);
            std::thread::sleep(Duration::from_millis(20));
            crate::program::kill(pid, Signal::TERM);
        };
        round(true, "", twice, 143);
    }
}

/// Kills the program at some moment; how long its commands outlived it.
fn killed(dir: &Path, config: &str, is_time: impl FnOnce()) -> Duration {
    let mark = Mark::new();
    let mut run = start(&mark, dir, config).spawn().unwrap();
    is_time();
    run.kill().unwrap();
    run.wait().unwrap();
    let start = Instant::now();
    // The warden tells at once what it will not end.
    while mark
        .processes()
        .iter()
        .any(|(_, line)| !line.starts_with("sleep 200"))
    {
        let left = mark.processes();
        assert!(
            start.elapsed() < PATIENCE,
            "still left: {left:#?}\n{}",
            fs::read_to_string(dir.join("errors")).unwrap()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = start.elapsed();
    let errors = fs::read_to_string(dir.join("errors")).unwrap();
    nothing_is_left(&mark, &errors, &[]);
    took
}

#[test]
fn f105_when_the_program_is_killed_its_commands_are_ended() {
    let mut longest = Duration::ZERO;
    for _ in 0..rounds(3) {
        let dir = tempfile::tempdir().unwrap();
        longest = longest.max(killed(dir.path(), &config(true, ""), || is_up(dir.path())));
    }
    println!("outlived it for {longest:?} at most, of which {GRACE:?} are grace");
}

#[test]
fn f105_the_program_may_be_killed_at_any_moment() {
    // Commands that are started as fast as that goes, so that some are half-born when it happens.
    let storm = "[func.short]\ncommand = ['sleep', '0.01']\n[[pool]]\nname = 'storm'\npool_size = 8\n\
        [[pool.group]]\nmethod = 'apply'\nfunc = 'short'\nnum = 1_000_000\n";
    let mut longest = Duration::ZERO;
    for round in 0..rounds(5) {
        let dir = tempfile::tempdir().unwrap();
        let config = if round % 2 == 0 {
            storm.to_owned()
        } else {
            config(true, "")
        };
        let pause = Duration::from_millis(round * 137 % 400);
        longest = longest.max(killed(dir.path(), &config, || std::thread::sleep(pause)));
    }
    println!("outlived it for {longest:?} at most, of which {GRACE:?} are grace");
}

#[test]
fn f105_a_warden_that_dies_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    write(
        dir.path(),
        "long.toml",
        "[func.long]\ncommand = ['sleep', '1000']\n[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\n\
         func = 'long'\nnum = 3\n",
    );
    let mut command = program(&mark, dir.path(), ["run", "long.toml"]);
    command.env("TASKPOOL_LOG", "warn");
    let run = Running::start(&mark, &mut command);
    mark.until(3, "sleep 1000");
    let first = mark.until(1, "taskpool-tui __warden")[0].0;
    // Deaf to whatever else a terminal or a shutdown sends.
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        crate::program::kill(first, signal);
    }
    // One that hangs is of as little use as one that is dead; here it dies.
    crate::program::kill(first, Signal::KILL);
    until("there is another", || {
        let now = mark.processes();
        let mut wardens = now.iter().filter(|(_, line)| line.contains("__warden"));
        wardens.next().is_some_and(|(pid, _)| *pid != first)
    });
    // It knows what the first one knew.
    crate::program::kill(run.pid(), Signal::KILL);
    until("everything has ended", || mark.processes().is_empty());
    let ended = run.finish();
    assert_eq!(ended.code, None);
    assert!(
        ended
            .err
            .contains("the warden was ended by signal 9; there is a new one"),
        "{}",
        ended.err
    );
}

#[test]
fn f103_what_leaves_its_group_is_named_in_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    write(
        dir.path(),
        "leaky.toml",
        "[func.holds]\nshell = 'setsid sleep 2001 & echo hi'\n\
         [func.quiet]\nshell = 'setsid sleep 2002 > /dev/null 2>&1 &'\n\
         [[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'holds'\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'quiet'\n",
    );
    let mut command = program(&mark, dir.path(), ["run", "leaky.toml", "--format", "jsonl"]);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    let pid = |seconds: &str| mark.until(1, &format!("sleep {seconds}"))[0].0;
    let (holds, quiet) = (pid("2001"), pid("2002"));
    let line = |text: &str| out.lines().find(|line| line.contains(text)).unwrap();
    let named = |pid| format!("\"pid\":{pid},\"pool\":\"p\"");
    let end = out
        .lines()
        .find(|line| line.contains("task_ended") && line.contains("apply-holds"))
        .unwrap();
    assert!(end.contains(&named(holds)), "{end}");
    let summary = line("\"summary\"");
    assert!(
        summary.contains(&named(holds)) && summary.contains(&named(quiet)),
        "{summary}"
    );
    assert!(
        err.contains(&format!("left behind: pid {holds} sleep (task ")),
        "{err}"
    );
    nothing_is_left(&mark, &err, &[]);
}

/// A command that `timeout` runs, in a group of its own, for which only one can be there at a time: it holds a lock.
const LOCKS: &str =
    "timeout 900 sh -c 'flock -n 9 || { echo taken >> taken; exit 1; }; exec sleep 901' 9> lock";

/// Twelve of these, one after another in the only slot, which none gives away while anything of it lives.
#[track_caller]
fn one_at_a_time(script: &str, more: &str, code: i32) {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let config = format!(
        "[func.locks]\nshell = \"\"\"\n{script}\n\"\"\"\n{more}\n[[pool]]\nname = 'p'\npool_size = 1\n\
         [[pool.group]]\nname = 'g'\nmethod = 'apply'\nfunc = 'locks'\nnum = 12\n"
    );
    let mut run = start(&mark, dir.path(), &config).spawn().unwrap();
    let status = crate::program::wait(&mut run);
    let errors = fs::read_to_string(dir.path().join("errors")).unwrap();
    assert_eq!(status.code(), Some(code), "{errors}");
    assert!(dir.path().join("lock").exists(), "it ran");
    assert!(!dir.path().join("taken").exists(), "two at once: {errors}");
    assert_eq!(errors, "", "nothing is left behind");
    mark.nothing_is_left();
}

#[test]
fn a_slot_is_not_given_away_while_another_group_of_the_session_lives() {
    for _ in 0..rounds(1) {
        let limit = "timeout = '50ms'\ngrace = '1s'";
        one_at_a_time(&format!("{LOCKS} | cat; echo done"), limit, 1);
        one_at_a_time(
            &format!("{LOCKS} | cat; echo done"),
            &format!("{limit}\nretries = 1"),
            1,
        );
        // The first process goes at once, or with its output closed.
        one_at_a_time(&format!("{LOCKS} > /dev/null 2>&1 &"), "", 0);
        one_at_a_time(&format!("{LOCKS} | cat &"), "", 0);
        one_at_a_time(
            &format!("{LOCKS} > /dev/null 2>&1 & until [ -e lock ]; do :; done; exec sleep 1000"),
            "timeout = '20ms'",
            1,
        );
    }
}
