//! Many commands at once: what the program needs for them, and what it does where there is not enough of it.

use crate::program::{Ended, Mark, PROGRAM, Running, finish, program, until, write};
use crate::record::Record;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// So many short commands at once, after which one that stays.
fn many(dir: &Path, command: &str, num: usize, stay: bool) {
    let stay = if stay {
        "[func.stay]\ncommand = ['sleep', '1000']\n[[pool]]\nname = 'last'\n[[pool.group]]\nmethod = 'apply'\n\
         func = 'stay'\n"
    } else {
        ""
    };
    let config = format!(
        "[func.short]\ncommand = {command}\n{stay}[[pool]]\nname = 'many'\n[[pool.group]]\nname = 'g'\n\
         method = 'apply'\nfunc = 'short'\nnum = {num}\n"
    );
    write(dir, "many.toml", &config);
}

#[test]
fn what_goes_wrong_without_failing_has_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let config = "[func.nap]\ncommand = ['sleep', '2.5']\n[warnings]\nsilent_task = '100ms'\n[[pool]]\nname = 'p'\n\
                  [[pool.group]]\nname = 'g'\nmethod = 'apply'\nfunc = 'nap'\n";
    write(dir.path(), "c.toml", config);
    let ended = finish(
        &mark,
        &mut program(&mark, dir.path(), ["run", "c.toml", "--format", "jsonl"]),
    );
    let warning = ended
        .out
        .lines()
        .find(|line| line.contains("\"warning\""))
        .unwrap();
    for fact in [
        "\"pool\":\"p\"",
        "\"group\":\"g\"",
        "\"id\":0",
        "\"kind\":\"silent_task\"",
        "no line since its start",
    ] {
        assert!(warning.contains(fact), "{warning}");
    }
    assert_eq!(Record::whole(&ended.out).events["warning"], 1);
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
    assert!(
        ended
            .out
            .contains("warning         0  silent task: no line since its start"),
        "{}",
        ended.out
    );
    write(
        dir.path(),
        "c.toml",
        &config.replace("[[pool]]", "mute = ['silent_task']\n[[pool]]"),
    );
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
    assert_eq!(
        (ended.code, ended.out.contains("warning")),
        (Some(0), false),
        "{}",
        ended.out
    );
}

fn number(status: &str, field: &str) -> usize {
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_matches([':', '\t', ' ']).parse().unwrap()
}

fn zombies(parent: i32) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter(|stat| {
            let fields = stat.rsplit_once(") ").unwrap().1;
            fields.starts_with(&format!("Z {parent} "))
        })
        .count()
}

#[test]
fn f107_a_thousand_commands_need_no_thread_each() {
    let dir = tempfile::tempdir().unwrap();
    many(dir.path(), "['sleep', '1000']", 1000, false);
    let mark = Mark::new();
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "many.toml"]));
    mark.until(1000, "sleep 1000");
    let status = fs::read_to_string(format!("/proc/{}/status", run.pid())).unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(number(&status, "Threads") <= cores + 8, "{status}");
    run.signal(Signal::TERM);
    assert_eq!(run.finish().code, Some(143));
}

#[test]
fn f106_f108_commands_that_have_ended_leave_no_zombie_and_no_open_file() {
    let dir = tempfile::tempdir().unwrap();
    let command = "['sh', '-c', 'true & exec true']";
    many(dir.path(), command, 2000, true);
    let mark = Mark::new();
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "many.toml"]));
    run.line_with("done       group g");
    mark.until(1, "sleep 1000");
    until("all are reaped", || zombies(run.pid()) == 0);
    let files = fs::read_dir(format!("/proc/{}/fd", run.pid())).unwrap().count();
    assert!(files < 40, "{files} files");
    run.signal(Signal::TERM);
    assert_eq!(run.finish().code, Some(143));
}

/// Five hundred at once have all completed.
#[track_caller]
fn all_completed(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(Record::whole(&ended.out).ended("many", "completed"), 500);
    assert!(ended.err.contains("no room for a process"), "{}", ended.err);
    assert!(
        ended.err.contains("no command waits for room any more"),
        "{}",
        ended.err
    );
}

#[test]
fn f111_where_few_files_may_be_open_commands_wait() {
    let dir = tempfile::tempdir().unwrap();
    many(dir.path(), "['sleep', '0.01']", 500, false);
    let mark = Mark::new();
    let mut shell = Command::new("sh");
    let script = "ulimit -n 128; exec \"$0\" run many.toml --format jsonl";
    shell.args(["-c", script, PROGRAM]).current_dir(dir.path());
    shell.env("TASKPOOL_LOG", "info");
    mark.put_on(&mut shell);
    all_completed(&finish(&mark, &mut shell));
}

#[test]
fn f112_where_few_processes_may_run_commands_wait() {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("not tested: it takes root and setpriv to become a user with few processes");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    many(dir.path(), "['sleep', '0.01']", 500, false);
    // Where that user finds it, whatever the way to the build is like.
    let copy = dir.path().join("program");
    fs::copy(PROGRAM, &copy).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mark = Mark::new();
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=64999",
        "--regid=64999",
        "--clear-groups",
        "prlimit",
        "--nproc=40",
    ]);
    command.arg(&copy).args(["run", "many.toml", "--format", "jsonl"]);
    command.current_dir(dir.path()).env("TASKPOOL_LOG", "info");
    mark.put_on(&mut command);
    all_completed(&finish(&mark, &mut command));
}
