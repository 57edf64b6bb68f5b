//! Every way in which the dashboard ends, and the terminal afterwards.

use crate::program::until;
use crate::terminal::{ENTER, LEAVE, Terminal};
use rustix::process::Signal;

/// Two tasks that end when asked, one that does not, and one that has failed.
const BUSY: &str = r#"
    [func.long]
    command = ["sleep", "1000"]

    [func.deaf]
    shell = 'trap "" TERM; echo deaf > deaf.tmp; mv deaf.tmp deaf; sleep 1001; sleep 1001'
    grace = "GRACE"

    [[pool]]
    name = "busy"
    [[pool.group]]
    name = "long"
    method = "apply"
    func = "long"
    num = 2
    [[pool.group]]
    name = "deaf"
    method = "apply"
    func = "deaf"
    [[pool.group]]
    name = "mishap"
    method = "map"
    func = "fail"
    arg_iter = ["no more eggs"]
"#;

const QUIET: &str = r#"
    [[pool]]
    name = "quiet"
    [[pool.group]]
    method = "apply"
    func = "echo"
    args = ["done"]
"#;

/// Starts the busy one and waits until all of it is up and shown.
fn busy(dir: &tempfile::TempDir, grace: &str) -> Terminal {
    let t = Terminal::start(dir.path(), (80, 24), &BUSY.replace("GRACE", grace));
    t.shows("3 running");
    t.shows("1 failed");
    until("the deaf one is deaf", || dir.path().join("deaf").exists());
    t.mark.until(2, "sleep 1000");
    t
}

#[test]
fn q_leaves_at_once_when_nothing_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = Terminal::start(dir.path(), (80, 24), QUIET);
    t.wait_for("shows that its task has ended", |screen| {
        // None runs of no limit, and the one that there is has ended.
        let mut rows = screen.lines().filter(|line| line.contains("quiet"));
        rows.any(|row| {
            let words: Vec<&str> = row.split_whitespace().collect();
            words.contains(&"0/∞") && words.contains(&"1/1")
        })
    });
    t.types("q");
    t.has_left(0, 1);
}

#[test]
fn q_asks_when_tasks_run_and_kills_what_does_not_listen() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = busy(&dir, "300ms");
    t.press("q", "Cancel all tasks and leave?");
    t.press("n", "[1 Pools]");
    t.hides("Cancel all tasks and leave?");
    t.mark.until(2, "sleep 1000");
    t.press("q", "Cancel all tasks and leave?");
    t.types("y");
    // One has failed.
    t.has_left(1, 1);
}

#[test]
fn f119_ctrl_c_waits_and_once_more_kills() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = busy(&dir, "1h");
    t.press("\x03", "Cancel all tasks and leave?");
    t.press("\x03", "Ctrl-c ends by force");
    t.mark.until(0, "sleep 1000");
    t.mark.until(1, "sleep 1001");
    t.types("\x03");
    t.has_left(1, 1);
}

#[test]
fn ctrl_c_alone_is_enough_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = busy(&dir, "300ms");
    t.press("\x03", "Cancel all tasks and leave?");
    t.mark.until(2, "sleep 1000");
    t.types("\x03");
    t.has_left(1, 1);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for (signal, code) in [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let t = busy(&dir, "300ms");
        t.signal(signal);
        t.has_left(code, 1);
    }
}

#[test]
fn a_second_signal_waits_for_no_grace() {
    let dir = tempfile::tempdir().unwrap();
    let t = busy(&dir, "1h");
    t.signal(Signal::TERM);
    t.mark.until(0, "sleep 1000");
    t.mark.until(1, "sleep 1001");
    t.signal(Signal::TERM);
    t.has_left(143, 1);
}

#[test]
fn f118_nothing_is_left_when_the_terminal_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = busy(&dir, "300ms");
    t.close();
    t.shell_ends();
    until("everything has ended", || t.mark.processes().is_empty());
}

#[test]
fn f118_tasks_have_their_grace_when_the_terminal_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[func.polite]\nshell = \"\"\"trap 'sleep 0.5; : > graceful; exit 0' TERM; : > ready; \
        while :; do sleep 0.05; done\"\"\"\ngrace = '30s'\n\
        [[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'polite'\n";
    let mut t = Terminal::start(dir.path(), (80, 24), config);
    t.shows("[1 Pools]");
    until("it is ready", || dir.path().join("ready").exists());
    t.close();
    until("everything has ended", || t.mark.processes().is_empty());
    assert!(
        dir.path().join("graceful").exists(),
        "it was killed before it had cleaned up"
    );
}

#[test]
fn a_config_with_a_mistake_never_enters_the_screen() {
    let dir = tempfile::tempdir().unwrap();
    let t = Terminal::start(dir.path(), (80, 24), "[[pool]]\nname = 'p'\npool_sise = 3\n");
    t.shows("pool_size");
    t.has_left(2, 0);
}

#[test]
fn standard_input_that_is_the_terminal_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'map'\nfunc = 'echo'\narg_iter = { lines = '-' }\n";
    let t = Terminal::start(dir.path(), (80, 24), config);
    t.shows("pipe something into it");
    t.has_left(2, 0);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[func.long]\ncommand = ['sleep', '1000']\n[[pool]]\nname = 'p'\n\
        [[pool.group]]\nmethod = 'apply'\nfunc = 'long'\nnum = 2\n";
    let mut t = Terminal::start_as_job(dir.path(), (80, 24), config);
    t.shows("[1 Pools]");
    let commands = t.mark.until(2, "sleep 1000");
    let stopped = || commands.iter().filter(|(pid, _)| is_stopped(*pid)).count();
    // One that a person has paused stays so, whatever becomes of the program.
    // The keys act on tasks, which have to be there.
    t.press("2", "Output of 1");
    t.press("ggp", "task 0 paused");
    t.shows("(paused by you)");
    until("it is stopped", || stopped() == 1);
    t.press("1", "[1 Pools]");
    t.types("\x1a");
    t.shows("[left with 147]");
    assert!(t.modes_are_as_before());
    let raw = String::from_utf8(t.raw()).unwrap();
    assert_eq!((raw.matches(ENTER).count(), raw.matches(LEAVE).count()), (1, 1));
    // And so has what it had started.
    until("the commands are stopped", || stopped() == 2);

    t.blank();
    t.types("\r");
    // The whole screen comes again, and keys are answered.
    t.shows("[1 Pools]");
    t.shows("2/∞");
    until("the one that was not paused goes on", || stopped() == 1);
    assert!(!t.modes_are_as_before());
    t.press("?", "Esc closes");
    t.types("\x1b");
    t.hides("Esc closes");
    t.blank();
    t.press("\x0c", "[1 Pools]");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 2);
}

/// Whether a process is stopped.
fn is_stopped(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

#[test]
fn f117_a_tstp_from_elsewhere_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[func.long]\nshell = 'sleep 1000; :'\n[[pool]]\nname = 'p'\n\
        [[pool.group]]\nmethod = 'apply'\nfunc = 'long'\n";
    let mut t = Terminal::start_as_job(dir.path(), (80, 24), config);
    t.shows("[1 Pools]");
    let commands = t.mark.until(1, "sleep 1000");
    t.signal(Signal::TSTP);
    t.shows("[left with 147]");
    until("the command is stopped", || {
        commands.iter().all(|(pid, _)| is_stopped(*pid))
    });
    t.blank();
    t.types("\r");
    t.shows("1/∞");
    until("it goes on", || !commands.iter().any(|(pid, _)| is_stopped(*pid)));
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 2);
}

#[test]
fn without_a_real_terminal_type_the_config_is_run_plainly() {
    let dir = tempfile::tempdir().unwrap();
    let t = Terminal::start_dumb(dir.path(), (80, 24), QUIET);
    t.shows("1 ok, 0 failed");
    t.has_left(0, 0);
}
