//! Every way in which the program ends.

use crate::program::{PATIENCE, PROGRAM, kill, until};
use crate::terminal::{ENTER, LEAVE, SHELL, Terminal};
use crate::{embedding, rounds};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Three tasks run, one of which does not listen.
const BUSY: &str = r#"
    [func.long]
    command = ["sleep", "1000"]
    [func.deaf]
    shell = 'trap "" TERM; : > deaf; sleep 1001; sleep 1001'
    grace = "GRACE"
    [[pool]]
    name = "busy"
    [[pool.group]]
    method = "apply"
    func = "long"
    num = 2
    [[pool.group]]
    method = "apply"
    func = "deaf"
"#;

const QUIET: &str =
    "[[pool]]\nname = 'quiet'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'echo'\nargs = ['done']\n";

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Starts the busy one and waits until all of it is up and shown.
fn busy(dir: &Path, grace: &str) -> Terminal {
    let t = Terminal::start(dir, (80, 24), &BUSY.replace("GRACE", grace));
    t.shows("3 running");
    until("the deaf one is deaf", || dir.join("deaf").exists());
    t.mark.until(2, "sleep 1000");
    t
}

fn quiet(dir: &Path) -> Terminal {
    let t = Terminal::start(dir, (80, 24), QUIET);
    ended(&t, 1, 0);
    t
}

/// Waits until the screen shows that all tasks have ended, so many of them well and badly: `q` asks before.
fn ended(t: &Terminal, well: usize, badly: usize) {
    let all = format!("{0}/{0}", well + badly);
    t.wait_for("shows that its tasks have ended", |screen| {
        let mut rows = screen
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.any(|words| ["quiet", "0/∞", &all].iter().all(|word| words.contains(word)))
    });
}

fn each_round(ending: impl Fn(&Path)) {
    for _ in 0..rounds() {
        let dir = dir();
        ending(dir.path());
    }
}

#[test]
fn f202_q_when_all_tasks_are_done() {
    each_round(|dir| {
        let mut t = quiet(dir);
        t.types("q");
        t.has_left(0, 1);
    });
}

#[test]
fn f202_q_and_yes_while_tasks_run() {
    each_round(|dir| {
        let mut t = busy(dir, "100ms");
        t.press("q", "Cancel all tasks and leave?");
        t.types("y");
        t.has_left(0, 1);
    });
}

#[test]
fn f202_ctrl_c_and_again_while_tasks_run() {
    each_round(|dir| {
        let mut t = busy(dir, "100ms");
        t.press("\x03", "Cancel all tasks and leave?");
        t.types("\x03");
        t.has_left(0, 1);
    });
}

#[test]
fn f202_ctrl_c_by_force() {
    each_round(|dir| {
        let mut t = busy(dir, "1h");
        t.press("\x03", "Cancel all tasks and leave?");
        t.press("\x03", "Ctrl-c ends by force");
        t.types("\x03");
        t.has_left(0, 1);
    });
}

#[test]
fn f202_ctrl_c_four_times_and_all_at_once() {
    each_round(|dir| {
        let mut t = busy(dir, "1h");
        t.types("\x03\x03\x03\x03");
        t.has_left(0, 1);
    });
}

fn signalled(signal: Signal, code: i32) {
    each_round(|dir| {
        let t = busy(dir, "100ms");
        t.signal(signal);
        t.has_left(code, 1);
    });
}

#[test]
fn f202_sigint() {
    signalled(Signal::INT, 130);
}

#[test]
fn f202_sigterm() {
    signalled(Signal::TERM, 143);
}

#[test]
fn f202_sighup() {
    signalled(Signal::HUP, 129);
}

#[test]
fn f202_sigquit() {
    signalled(Signal::QUIT, 131);
}

#[test]
fn f202_three_signals_at_once() {
    each_round(|dir| {
        let t = busy(dir, "1h");
        let pid = t.program();
        for signal in [
            Signal::TERM,
            Signal::TERM,
            Signal::TERM,
            Signal::INT,
            Signal::QUIT,
        ] {
            kill(pid, signal);
        }
        // Signals that come together may come in any order.
        let codes = [143, 130, 131];
        let code_on = |screen: &str| {
            let mut codes = codes.into_iter();
            codes.find(|code| screen.contains(&format!("[left with {code}]")))
        };
        t.wait_for("has left", |screen| code_on(screen).is_some());
        t.has_left(code_on(&t.screen()).unwrap(), 1);
    });
}

#[test]
fn f202_an_error_at_the_start() {
    each_round(|dir| {
        let t = Terminal::start(dir, (80, 24), "[[pool]]\nname = 'p'\npool_sise = 3\n");
        t.shows("pool_size");
        t.has_left(2, 0);
    });
}

#[test]
fn f202_standard_output_that_is_closed() {
    each_round(|dir| {
        crate::program::write(dir, "test.toml", QUIET);
        for (script, code) in [
            (r#""$@" >&-; echo "[left with $?]"; read -r _"#, 0),
            (r#""$@" | true; echo "[left with $?]"; read -r _"#, 0),
        ] {
            let t = Terminal::in_shell(
                script,
                PROGRAM.as_ref(),
                dir,
                (80, 24),
                &["test.toml"],
                &[("TERM", "xterm")],
            );
            t.has_left(code, 0);
        }
    });
}

#[test]
fn f202_f203_a_signal_in_a_storm_of_resizes() {
    each_round(|dir| {
        let t = busy(dir, "100ms");
        for size in 0..50 {
            t.resize_quietly((80 + size % 7, 24 + size % 3));
            if size == 25 {
                t.signal(Signal::TERM);
            }
        }
        t.has_left(143, 1);
    });
}

#[test]
fn f202_ctrl_z_and_fg_and_q() {
    each_round(|dir| {
        let mut t = Terminal::start_as_job(dir, (80, 24), QUIET);
        ended(&t, 1, 0);
        t.types("\x1a");
        t.shows("[left with 147]");
        assert!(t.modes_are_as_before());
        let raw = String::from_utf8(t.raw()).unwrap();
        assert_eq!((raw.matches(ENTER).count(), raw.matches(LEAVE).count()), (1, 1));
        t.blank();
        t.types("\r");
        t.shows("[1 Pools]");
        t.types("q");
        t.has_left(0, 2);
    });
}

#[test]
fn f201_f202_a_panic_of_a_task_leaves_the_screen_alone() {
    each_round(|dir| {
        let config =
            "[[pool]]\nname = 'quiet'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'panics'\nnum = 20\n";
        let mut t = embedding::start(dir, config);
        t.shows("20");
        t.press("5", "no more ^[[2J eggs");
        assert!(!String::from_utf8_lossy(&t.raw()).contains(LEAVE));
        t.press("1", "[1 Pools]");
        ended(&t, 0, 20);
        t.types("q");
        t.has_left(0, 1);
    });
}

#[test]
fn f202_a_panic_of_the_screens_thread_gives_the_terminal_back_first() {
    each_round(|dir| {
        let t = embedding::start(dir, QUIET);
        t.shows("[1 Pools]");
        t.signal(Signal::USR1);
        // 101 is what a test program ends with whose test has failed.
        t.shows("[left with 101]");
        assert!(t.modes_are_as_before());
        let raw = String::from_utf8_lossy(&t.raw()).into_owned();
        assert_eq!((raw.matches(ENTER).count(), raw.matches(LEAVE).count()), (1, 1));
        // Its message is on the user's own screen.
        assert!(
            raw.split(LEAVE).nth(1).unwrap().contains("as was wished"),
            "{raw:?}"
        );
    });
}

/// The processor time that a process has used so far, in clock ticks; none when it has ended.
fn ticks(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    // A zombie has ended.
    if fields[0] == "Z" {
        return None;
    }
    Some(fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?)
}

/// Closes the terminal; the program ends, and does not spin until then.
fn ends_when_closed(mut t: Terminal) {
    let pid = t.program();
    let before = ticks(pid).unwrap();
    let closed = Instant::now();
    t.close();
    let mut used = 0;
    while let Some(now) = ticks(pid) {
        used = now - before;
        assert!(closed.elapsed() < PATIENCE, "it never ended");
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = closed.elapsed();
    // Ticks are hundredths of a second that it had of a processor.
    assert!(used <= 20, "{used} ticks in {took:?}");
}

#[test]
fn f204_a_closed_terminal_ends_the_program_without_spinning() {
    each_round(|dir| ends_when_closed(quiet(dir)));
}

#[test]
fn f204_also_where_no_hangup_comes() {
    each_round(|dir| {
        crate::program::write(dir, "test.toml", QUIET);
        // Without a controlling terminal nobody sends a signal.
        let script = SHELL.replacen("\"$@\"", "setsid -w \"$@\"", 1);
        let t = Terminal::in_shell(
            &script,
            PROGRAM.as_ref(),
            dir,
            (80, 24),
            &["test.toml"],
            &[("TERM", "xterm")],
        );
        t.shows("[1 Pools]");
        ends_when_closed(t);
    });
}

#[test]
fn f205_a_terminal_without_a_size_that_goes_away() {
    each_round(|dir| {
        let t = quiet(dir);
        t.resize_quietly((0, 0));
        t.resize_quietly((0, 7));
        t.resize_quietly((9, 0));
        ends_when_closed(t);
    });
}
