//! Many commands at once: what the program needs for them, and what it does where there is not enough of it.

use crate::program::zoo::rounds;
use crate::program::{Gate, Mark, PROGRAM, Running, finish, program, until, wait, write};
use crate::record::Record;
use rustix::process::Signal;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

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
        "no line since the start",
    ] {
        assert!(warning.contains(fact), "{warning}");
    }
    assert_eq!(Record::whole(&ended.out).events["warning"], 1);
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
    assert!(
        ended
            .out
            .contains("warning         0  silent task: no line since the start"),
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

/// What each of five hundred at once does: none ends before the gate is open.
const WAITS: &str = "['sh', '-c', 'read -r _ < gate']";

/// Five hundred at once wait for room, and all of them complete once there is some.
#[track_caller]
fn all_complete(mark: &Mark, dir: &Path, command: &mut Command) {
    let gate = Gate::new(dir);
    let [out, err] = ["out", "err"].map(|name| dir.join(name));
    command.current_dir(dir).env("TASKPOOL_LOG", "info");
    command.stdin(Stdio::null()).stdout(File::create(&out).unwrap());
    let mut run = command.stderr(File::create(&err).unwrap()).spawn().unwrap();
    let said = || fs::read_to_string(&err).unwrap();
    until("there is no more room", || {
        assert_eq!(run.try_wait().unwrap(), None, "{}", said());
        said().contains("no room for a process")
    });
    gate.open(500);
    assert_eq!(wait(&mut run).code(), Some(0), "{}", said());
    mark.nothing_is_left();
    let record = Record::whole(&fs::read_to_string(&out).unwrap());
    assert_eq!(record.ended("many", "completed"), 500);
    assert!(
        said().contains("no command waits for room any more"),
        "{}",
        said()
    );
}

#[test]
fn f111_where_few_files_may_be_open_commands_wait() {
    let dir = tempfile::tempdir().unwrap();
    many(dir.path(), WAITS, 500, false);
    let mark = Mark::new();
    let mut shell = Command::new("sh");
    let script = "ulimit -n 128; exec \"$0\" run many.toml --format jsonl";
    shell.args(["-c", script, PROGRAM]);
    mark.put_on(&mut shell);
    all_complete(&mark, dir.path(), &mut shell);
}

#[test]
fn f112_where_few_processes_may_run_commands_wait() {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("not tested: it takes root and setpriv to become a user with few processes");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    many(dir.path(), WAITS, 500, false);
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
    mark.put_on(&mut command);
    all_complete(&mark, dir.path(), &mut command);
}

#[test]
fn f111_commands_have_the_limit_of_files_that_the_program_was_started_with() {
    let dir = tempfile::tempdir().unwrap();
    // It is set just after its program was started.
    let script = "until [ \"$(ulimit -S -n)\" = 200 ]; do :; done; ulimit -H -n";
    let config = format!(
        "[func.asks]\nshell = '{script}'\ntimeout = '60s'\n[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\n\
         func = 'asks'\nnum = 20\n"
    );
    write(dir.path(), "limits.toml", &config);
    let mark = Mark::new();
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "ulimit -H -n 300; ulimit -S -n 200; exec \"$0\" run limits.toml",
            PROGRAM,
        ])
        .current_dir(dir.path());
    mark.put_on(&mut shell);
    let run = Running::start(&mark, &mut shell);
    let ended = run.finish();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
}

/// Whether a process is stopped.
fn is_stopped(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

#[test]
fn f115_a_cont_that_overtakes_the_stop_is_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "waits.toml",
        "[func.waits]\nshell = ': > up; until [ -e go ]; do sleep 0.01; done'\n[[pool]]\nname = 'p'\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'waits'\n",
    );
    let mark = Mark::new();
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "waits.toml"]));
    until("it runs", || dir.path().join("up").exists());
    for round in 0..rounds(50) {
        run.signal(Signal::TSTP);
        // Before it has stopped, or while it does.
        std::thread::sleep(Duration::from_micros(round * 37 % 1500));
        run.signal(Signal::CONT);
    }
    fs::write(dir.path().join("go"), "").unwrap();
    assert_eq!(run.finish().code, Some(0));
}

#[test]
fn f115_a_tstp_stops_and_a_cont_continues() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "waits.toml",
        "[func.waits]\ncommand = ['sleep', '1000']\n[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\n\
         func = 'waits'\n",
    );
    let mark = Mark::new();
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "waits.toml"]));
    let command = mark.until(1, "sleep 1000")[0].0;
    for _ in 0..3 {
        run.signal(Signal::TSTP);
        until("it is stopped", || is_stopped(run.pid()) && is_stopped(command));
        run.signal(Signal::CONT);
        until("it goes on", || !is_stopped(run.pid()) && !is_stopped(command));
    }
    run.signal(Signal::TERM);
    assert_eq!(run.finish().code, Some(143));
}

/// Processes that have nothing to do with the program, each with a number that soon was, or will be, another's: they
/// lead groups and sessions of their own. One that ends by a signal is written down.
const BYSTANDERS: &str = r#"
    for _ in 1 2 3 4; do
        ( while [ ! -e stop ]; do setsid sleep 0.005 & wait $! || echo "ended with $?" >> signalled; done ) &
    done
    "$0" run reuse.toml > out 2> err
    echo $? > code
    : > stop
    wait
"#;

#[test]
fn f104_where_numbers_are_used_again_soon_no_bystander_gets_a_signal() {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut version = release
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    let version = (version.next().unwrap_or(0), version.next().unwrap_or(0));
    let is_root = rustix::process::geteuid().is_root();
    let namespace = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let can = || Command::new("unshare").args(namespace).arg("true").status();
    // Before that a limit of numbers holds for the whole machine.
    if version < (6, 14) || !is_root || !can().is_ok_and(|status| status.success()) {
        eprintln!("not tested: it takes root, unshare and Linux 6.14 to run out of process numbers soon");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let num = usize::try_from(rounds(2000)).unwrap();
    let few = num / 40;
    let config = format!(
        "[func.short]\ncommand = ['true']\n\
         [func.member]\nshell = 'sleep 1000 &'\n\
         [func.late]\ncommand = ['sleep', '1000']\ntimeout = '5ms'\n\
         [func.deaf]\nshell = 'trap \"\" TERM; sleep 1000'\ntimeout = '5ms'\ngrace = '5ms'\n\
         [func.jobs]\nshell = 'set -m; sleep 1000 & true'\npty = true\n\
         [[pool]]\nname = 'p'\npool_size = 12\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'short'\nnum = {num}\n\
         [[pool]]\nname = 'q'\npool_size = 12\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'member'\nnum = {few}\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'late'\nnum = {few}\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'deaf'\nnum = {few}\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'jobs'\nnum = {few}\n"
    );
    write(dir.path(), "reuse.toml", &config);
    let mark = Mark::new();
    let mut command = Command::new("unshare");
    command.args(namespace).args(["sh", "-c"]);
    command.arg(format!("echo 400 > /proc/sys/kernel/pid_max && {BYSTANDERS}"));
    command.arg(PROGRAM).current_dir(dir.path());
    mark.put_on(&mut command);
    // However long that takes.
    let status = command.status().unwrap();
    let told = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    assert!(status.success(), "{status}");
    assert_eq!(
        told("code"),
        "1\n",
        "those that are late have failed: {}{}",
        told("out"),
        told("err")
    );
    assert_eq!(told("signalled"), "", "bystanders");
}
