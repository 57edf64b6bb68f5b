//! Processes of other users, which may not be signalled.

use crate::program::{Mark, PROGRAM, Running, kill, until, write};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Command, Stdio};

/// A user without any rights.
const NOBODY: u32 = 65_534;

/// A command by way of that user.
fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(program)
        .stdin(Stdio::null())
        .env_remove("TASKPOOL_LOG");
    command
}

/// A directory of that user with a program that becomes root, as `sudo` does, and a config with a task that runs it; none
/// where this is not possible.
fn with_elevated_task() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let elevated = path.join("elevated");
    let setpriv = Command::new("sh")
        .args(["-c", "command -v setpriv"])
        .output()
        .ok()?;
    let setpriv = String::from_utf8(setpriv.stdout).unwrap();
    fs::copy(setpriv.trim_end(), &elevated).ok()?;
    fs::copy(PROGRAM, path.join("program")).unwrap();
    let text = format!(
        "[func.elevated]\ncommand = ['{}', '--reuid', '0', 'sleep', '1000']\ngrace = '100ms'\ntimeout = '200ms'\n\
         [func.next]\ncommand = ['true']\n[[pool]]\nname = 'p'\npool_size = 1\n\
         [[pool.group]]\nname = 'elevated'\nmethod = 'apply'\nfunc = 'elevated'\n\
         [[pool.group]]\nname = 'after'\nmethod = 'apply'\nfunc = 'next'\n",
        elevated.display()
    );
    write(path, "c.toml", &text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(path.join("program"), fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["", "c.toml"] {
        chown(path.join(name), Some(NOBODY), Some(NOBODY)).ok()?;
    }
    fs::set_permissions(&elevated, fs::Permissions::from_mode(0o4755)).unwrap();
    let who = as_nobody(&elevated)
        .args(["--reuid", "0", "id", "-ru"])
        .output()
        .ok()?;
    (who.stdout == b"0\n").then_some(dir)
}

fn run(mark: &Mark, dir: &Path) -> Command {
    let mut command = as_nobody(&dir.join("program"));
    command
        .args(["run", "--format", "jsonl", "c.toml"])
        .current_dir(dir);
    mark.put_on(&mut command);
    command
}

/// The process that may not be signalled, from the line that names it.
fn stranger(line: &str) -> i32 {
    let (_, rest) = line.split_once("pid ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

const NOT_TESTED: &str = "not tested: it takes root, setpriv and a file system that knows set-user-ID";

#[test]
fn a_process_of_another_user_is_named_and_keeps_its_slot_for_as_long_as_it_lives() {
    let Some(dir) = with_elevated_task() else {
        eprintln!("{NOT_TESTED}");
        return;
    };
    let mark = Mark::new();
    let running = Running::start(&mark, &mut run(&mark, dir.path()));
    let line = running.line_with("not permitted");
    let pid = stranger(&line);
    assert!(
        line.contains("\"warning\"")
            && line.contains("belongs to root")
            && line.contains(&format!("sudo kill {pid}")),
        "{line}"
    );
    // Nothing else has got its slot.
    let alive = rustix::process::Pid::from_raw(pid).unwrap();
    assert_eq!(rustix::process::test_kill_process(alive), Ok(()));
    kill(pid, Signal::KILL);
    let next = running.line_with("task_started");
    assert!(next.contains("after"), "{next}");
    let ended = running.finish();
    assert_eq!(ended.code, Some(1), "{} {}", ended.out, ended.err);
}

#[test]
fn a_process_of_another_user_that_is_waited_for_no_longer_is_left_behind_by_name() {
    let Some(dir) = with_elevated_task() else {
        eprintln!("{NOT_TESTED}");
        return;
    };
    let mark = Mark::new();
    let running = Running::start(&mark, &mut run(&mark, dir.path()));
    let pid = stranger(&running.line_with("not permitted"));
    running.signal(Signal::INT);
    running.line_with("\"forced\":false");
    // The second one waits no longer.
    running.signal(Signal::INT);
    let line = running.line_with("left_behind");
    let alive = rustix::process::Pid::from_raw(pid).unwrap();
    assert_eq!(rustix::process::test_kill_process(alive), Ok(()));
    assert!(line.contains(&format!("\"pid\":{pid}")), "{line}");
    kill(pid, Signal::KILL);
    // Dead and not reaped it may be for long, where this test is the first process.
    until("it is gone", || {
        mark.processes().iter().all(|(one, _)| *one != pid)
    });
    let ended = running.finish();
    assert_eq!(ended.code, Some(130), "{} {}", ended.out, ended.err);
    assert!(!ended.out.contains("killed"), "{}", ended.out);
}
