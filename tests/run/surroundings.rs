//! What the program is started in: signals that are ignored, the first process of a namespace, hardly any room.

use crate::program::{Mark, PROGRAM, Running, finish, program, until, write};
use std::fs;
use std::path::Path;
use std::process::Command;

fn config(dir: &Path, script: &str) {
    let text = format!(
        "[func.f]\nshell = '''{script}'''\n[[pool]]\nname = 'p'\n[[pool.group]]\nname = 'g'\nmethod = 'apply'\n\
         func = 'f'\n"
    );
    write(dir, "c.toml", &text);
}

/// The program, started by way of another command, which ends with the program's command line.
fn by_way_of(mark: &Mark, dir: &Path, way: &[&str]) -> Command {
    let mut command = Command::new(way[0]);
    command
        .args(&way[1..])
        .args([PROGRAM, "run", "c.toml"])
        .current_dir(dir)
        .stdin(std::process::Stdio::null())
        .env_remove("TASKPOOL_LOG");
    mark.put_on(&mut command);
    command
}

/// The signals that end a run in order.
const ORDERLY: [(&str, i32); 8] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("USR1", 10),
    ("USR2", 12),
    ("ALRM", 14),
    ("TERM", 15),
    ("XCPU", 24),
];

fn signal(number: i32) -> rustix::process::Signal {
    rustix::process::Signal::from_named_raw(number).unwrap()
}

#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored() {
    for (name, number) in ORDERLY {
        let dir = tempfile::tempdir().unwrap();
        config(dir.path(), "echo up > up; while ! [ -e go ]; do sleep 0.01; done");
        let mark = Mark::new();
        let trap = format!("trap '' {name}; exec \"$@\"");
        let run = Running::start(
            &mark,
            &mut by_way_of(&mark, dir.path(), &["sh", "-c", &trap, "sh"]),
        );
        until("the task is up", || dir.path().join("up").exists());
        run.signal(signal(number));
        write(dir.path(), "go", "");
        let ended = run.finish();
        assert_eq!(ended.code, Some(0), "{name}: {} {}", ended.out, ended.err);
        assert!(ended.out.contains("1 ok"), "{name}: {}", ended.out);
    }
}

#[test]
fn every_signal_that_would_end_the_program_ends_it_with_a_summary() {
    for (name, number) in ORDERLY {
        let dir = tempfile::tempdir().unwrap();
        config(dir.path(), "echo up > up; exec sleep 1000");
        let mark = Mark::new();
        let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
        until("the task is up", || dir.path().join("up").exists());
        run.signal(signal(number));
        let ended = run.finish();
        assert_eq!(
            ended.code,
            Some(128 + number),
            "{name}: {} {}",
            ended.out,
            ended.err
        );
        assert!(
            ended.out.contains("0 ok, 0 failed, 0 panicked, 1 cancelled"),
            "{name}: {}",
            ended.out
        );
    }
}

#[test]
fn the_first_process_of_a_namespace_leaves_nothing_defunct() {
    let way = ["unshare", "-pf", "--mount-proc"];
    let can = Command::new(way[0]).args(&way[1..]).arg("true").status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("not tested: it takes a namespace of processes of its own (unshare, as root)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Orphans that end while the task looks on: it succeeds once none of them is there any more, dead or alive.
    config(
        dir.path(),
        "for i in 1 2 3 4 5 6 7 8 9 10; do (setsid sleep 0.1 &); done\n\
         n=0; while cat /proc/[0-9]*/stat 2>/dev/null | grep -q '(sleep)'; do\n\
         n=$((n + 1)); [ $n -lt 500 ] || exit 7; timeout 0.02 tail -f /dev/null; done; exit 0",
    );
    let mark = Mark::new();
    let ended = finish(&mark, &mut by_way_of(&mark, dir.path(), &way));
    assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.err);
}

#[test]
fn without_room_for_files_nothing_is_started_and_the_error_says_so() {
    let dir = tempfile::tempdir().unwrap();
    config(dir.path(), "echo ran > ran");
    let mut refused = 0;
    // With fewer the program cannot even be loaded.
    for files in 4..=40 {
        let mark = Mark::new();
        let limit = format!("--nofile={files}");
        let ended = finish(&mark, &mut by_way_of(&mark, dir.path(), &["prlimit", &limit]));
        let ran = fs::remove_file(dir.path().join("ran")).is_ok();
        match ended.code {
            Some(0) => assert!(ran, "{files}: {}", ended.out),
            Some(2) => {
                refused += 1;
                let told = "taskpool-tui: nothing was started: no room for the files that it needs";
                assert!(!ran && ended.err.starts_with(told), "{files}: {}", ended.err);
            }
            code => panic!("{files}: {code:?} {} {}", ended.out, ended.err),
        }
    }
    assert!(refused > 0);
}

#[test]
fn without_room_for_threads_nothing_is_started_and_the_error_says_so() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not tested: it takes root to run the program as a user who has no other process");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    config(dir.path(), "echo ran");
    // A user who runs nothing else.
    let user = "54321";
    std::os::unix::fs::chown(dir.path(), Some(54321), Some(54321)).unwrap();
    std::os::unix::fs::chown(dir.path().join("c.toml"), Some(54321), Some(54321)).unwrap();
    let ids = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"];
    for threads in [1, 2, 3, 5, 8] {
        let mark = Mark::new();
        let limit = format!("--nproc={threads}");
        let way = [&ids[..], &["prlimit", &limit]].concat();
        let mut reachable = by_way_of(&mark, dir.path(), &ids);
        if !reachable
            .arg("--help")
            .output()
            .is_ok_and(|out| out.status.success())
        {
            eprintln!("not tested: another user cannot run the program where it is");
            return;
        }
        let ended = finish(&mark, &mut by_way_of(&mark, dir.path(), &way));
        let told = "taskpool-tui: nothing was started: no room for the";
        assert_eq!(ended.code, Some(2), "{threads}: {} {}", ended.out, ended.err);
        assert!(ended.err.starts_with(told), "{threads}: {}", ended.err);
    }
}
