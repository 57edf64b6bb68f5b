//! A config that nobody has named: it runs after a yes, and only as long as it stays what it was.

use crate::program::{Ended, Mark, finish, program, until, write};
use crate::terminal::{LEAVE, Terminal};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

/// It says that it has run.
const CONFIG: &str = "[func.marks]\nshell = 'echo ran >> ran'\n[[pool]]\nname = 'p'\n\
    [[pool.group]]\nmethod = 'apply'\nfunc = 'marks'\n";

/// Starts the program in a terminal without naming a config.
fn visit(dir: &Path) -> Terminal {
    let state = dir.join("state").display().to_string();
    Terminal::start_with(dir, (100, 40), &[], &[("XDG_STATE_HOME", &state)])
}

/// Runs the program without a terminal and without naming a config.
fn alone(dir: &Path) -> Ended {
    let mark = Mark::new();
    let mut command = program(&mark, dir, []);
    finish(&mark, command.env("XDG_STATE_HOME", dir.join("state")))
}

fn ran(dir: &Path) -> usize {
    fs::read_to_string(dir.join("ran")).map_or(0, |text| text.lines().count())
}

/// Whether the list of pools shows that the one task is ok.
fn ended(screen: &str) -> bool {
    screen.contains("[1 Pools]")
        && screen.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            ["p", "0/∞", "1/1"].iter().all(|word| words.contains(word))
        })
}

#[test]
fn t7_what_was_found_runs_after_a_yes_until_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "taskpool.toml", CONFIG);

    let mut t = visit(dir.path());
    t.shows("you have not agreed to it yet");
    t.shows("owner   you");
    t.shows("taskpool.toml");
    t.shows("sh: echo ran >> ran");
    t.shows("[y/N]");
    assert_eq!(ran(dir.path()), 0);
    t.types("\r");
    t.shows("nothing was started");
    t.has_left(2, 0);
    assert_eq!(ran(dir.path()), 0);

    let mut t = visit(dir.path());
    t.shows("you have not agreed to it yet");
    t.press("y\r", "[1 Pools]");
    until("it has run", || ran(dir.path()) == 1);
    t.wait_for("shows its end", ended);
    t.types("q");
    t.has_left(0, 1);

    // It is remembered, also where there is no terminal.
    let mut t = visit(dir.path());
    t.wait_for("shows its end", ended);
    t.types("q");
    t.has_left(0, 1);
    let ended = alone(dir.path());
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(ran(dir.path()), 3);

    write(
        dir.path(),
        "taskpool.toml",
        &CONFIG.replace("echo ran", "echo changed; echo ran"),
    );
    let mut t = visit(dir.path());
    t.shows("it has changed since you agreed to it");
    t.press("no\r", "nothing was started");
    t.has_left(2, 0);
    let ended = alone(dir.path());
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("no terminal to ask you on"), "{}", ended.err);
    assert_eq!(ran(dir.path()), 3);
}

#[test]
fn t7_without_a_terminal_the_remedy_is_said_and_nothing_runs() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "taskpool.toml", CONFIG);
    let ended = alone(dir.path());
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(
        ended.err.contains("`taskpool-tui ./taskpool.toml` runs it"),
        "{}",
        ended.err
    );
    assert_eq!(ran(dir.path()), 0);
    // To name it is to agree.
    let mark = Mark::new();
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["./taskpool.toml"]));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ran(dir.path()), 1);
    // A check needs no name, and runs nothing.
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["check"]));
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("1 pool, 1 task"), "{}", ended.out);
    assert_eq!(ran(dir.path()), 1);
}

#[test]
fn without_a_config_the_help_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let ended = alone(dir.path());
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("there is no taskpool.toml here"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("Usage:"), "{}", ended.err);
}

#[test]
fn t7_what_others_can_write_never_runs_also_when_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("in");
    fs::create_dir(&inside).unwrap();
    write(&inside, "taskpool.toml", CONFIG);
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let config = inside.join("taskpool.toml");
    let mark = Mark::new();
    let refused = |why: &str, remedy: &str| {
        for arguments in [
            &["./taskpool.toml"][..],
            &["run", "taskpool.toml"],
            &["check"],
            &[],
        ] {
            let mut command = program(&mark, &inside, []);
            let ended = finish(&mark, command.args(arguments));
            assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
            assert!(
                ended.err.contains(why) && ended.err.contains(remedy),
                "{arguments:?}: {}",
                ended.err
            );
        }
        assert_eq!(ran(&inside), 0);
    };
    // One's own group, in which nobody else is, is no other; only root can give a file to another.
    if chown(&config, None, Some(65_534)).is_ok() {
        mode(&config, 0o664);
        refused("its group can write it", "chmod go-w -- ");
    }
    mode(&config, 0o646);
    refused("others can write it", "chmod go-w -- ");
    mode(&config, 0o644);
    mode(&inside, 0o777);
    refused("others can write its directory", "chmod go-w -- ");
    mode(&inside, 0o755);
    // The remedy is one.
    mode(&config, 0o666);
    let remedy = Command::new("chmod")
        .args(["go-w", "--"])
        .arg(&config)
        .status()
        .unwrap();
    assert!(remedy.success());
    assert_eq!(
        finish(&mark, &mut program(&mark, &inside, ["check"])).code,
        Some(0)
    );
    // Only root can give a file away.
    if chown(&config, Some(65_534), None).is_ok() {
        refused("belongs to user 65534", "a copy of your own");
    }
}

#[test]
fn a_ctrl_c_at_the_question_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "taskpool.toml", CONFIG);
    let mut t = visit(dir.path());
    t.shows("[y/N]");
    t.types("\x03");
    // The shell goes with it.
    t.shell_ends();
    assert!(!String::from_utf8_lossy(&t.raw()).contains(LEAVE));
    assert!(t.modes_are_as_before());
    assert_eq!(ran(dir.path()), 0);
}
