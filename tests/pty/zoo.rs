//! Commands of every shape, and every way in which the dashboard ends.

use crate::program::until;
use crate::program::zoo::{GRACE, LEAVE, config, is_up, nothing_is_left, rounds};
use crate::terminal::{LEAVE as LEAVE_SCREEN, Terminal};
use rustix::process::Signal;
use std::time::Duration;

fn start(dir: &tempfile::TempDir) -> Terminal {
    let t = Terminal::start(dir.path(), (100, 30), &config(true, ""));
    is_up(dir.path());
    t.mark.until(LEAVE, "sleep 200");
    t.shows("[1 Pools]");
    t
}

/// Nothing is left but what the terminal names, and the terminal is as it was.
fn has_left(t: &Terminal, code: i32) {
    t.shows(&format!("[left with {code}]"));
    assert!(t.modes_are_as_before());
    let raw = String::from_utf8_lossy(&t.raw()).into_owned();
    assert_eq!(raw.matches(LEAVE_SCREEN).count(), 1, "{raw:?}");
    let after = raw.rsplit(LEAVE_SCREEN).next().unwrap();
    assert_eq!(after.matches("left behind").count(), LEAVE, "{after}");
    nothing_is_left(&t.mark, after, &[t.shell()]);
}

#[test]
fn f101_of_every_shape_nothing_is_left_when_the_dashboard_is_left() {
    for _ in 0..rounds(1) {
        let dir = tempfile::tempdir().unwrap();
        let mut t = start(&dir);
        t.press("q", "Cancel tasks and quit");
        t.types("y");
        has_left(&t, 0);
    }
}

#[test]
fn f119_of_every_shape_nothing_is_left_after_ctrl_c_by_force() {
    for _ in 0..rounds(1) {
        let dir = tempfile::tempdir().unwrap();
        let mut t = start(&dir);
        t.types("\x03\x03\x03");
        has_left(&t, 0);
    }
}

#[test]
fn f101_of_every_shape_nothing_is_left_when_a_group_is_cancelled() {
    for _ in 0..rounds(1) {
        let dir = tempfile::tempdir().unwrap();
        let mut t = start(&dir);
        t.press("2", "[2 Pool]");
        t.press("\x18", "type zoo to say yes");
        // Enter is taken only once the dialog knows what would be hit.
        t.shows("22 running tasks");
        t.press("zoo", "> zoo");
        t.press("\r", "✓ cancel requested for 22 running tasks");
        until("only those are left that have left", || {
            let mut left = t.mark.processes();
            left.retain(|(pid, line)| {
                let program = line.contains("test.toml") || line.contains("__warden");
                !program && *pid != t.shell() && !line.starts_with("sleep 200")
            });
            left.is_empty()
        });
        t.shows("22 ended");
        t.types("q");
        has_left(&t, 0);
    }
}

#[test]
fn f118_of_every_shape_nothing_is_left_when_the_terminal_is_closed() {
    for _ in 0..rounds(1) {
        let dir = tempfile::tempdir().unwrap();
        let mut t = start(&dir);
        t.close();
        t.shell_ends();
        until("only those are left that have left", || {
            t.mark
                .processes()
                .iter()
                .all(|(_, line)| line.starts_with("sleep 200"))
        });
    }
}

#[test]
fn f105_when_the_dashboard_is_killed_the_terminal_is_given_back() {
    let mut longest = Duration::ZERO;
    for _ in 0..rounds(2) {
        let dir = tempfile::tempdir().unwrap();
        let t = start(&dir);
        assert!(!t.modes_are_as_before());
        t.signal(Signal::KILL);
        let killed = std::time::Instant::now();
        // The shell may say so before the screen is left.
        let has_come = |text: &str| String::from_utf8_lossy(&t.raw()).contains(text);
        until("it is as it was", || {
            t.modes_are_as_before() && has_come(LEAVE_SCREEN) && has_come("[left with 137]")
        });
        until("only those are left that have left", || {
            let left = t.mark.processes();
            left.iter()
                .all(|(pid, line)| line.starts_with("sleep 200") || *pid == t.shell())
        });
        longest = longest.max(killed.elapsed());
        let told = || String::from_utf8_lossy(&t.raw()).into_owned();
        until("those are told", || {
            told().matches("left behind").count() >= LEAVE
        });
        let raw = told();
        assert_eq!(raw.matches(LEAVE_SCREEN).count(), 1, "{raw:?}");
        nothing_is_left(&t.mark, &raw, &[t.shell()]);
    }
    println!("everything was over after {longest:?} at most, of which {GRACE:?} are grace");
}

#[test]
fn f114_the_program_may_be_suspended_while_it_starts_commands() {
    let dir = tempfile::tempdir().unwrap();
    let storm = "[func.short]\ncommand = ['true']\n[[pool]]\nname = 'storm'\npool_size = 4\n\
        [[pool.group]]\nmethod = 'apply'\nfunc = 'short'\nnum = 1_000_000\n";
    let mut t = Terminal::start_as_often(dir.path(), (100, 30), storm);
    let left = |t: &Terminal| String::from_utf8_lossy(&t.raw()).matches("[left with").count();
    for round in 0..usize::try_from(rounds(3)).unwrap() {
        t.shows("[1 Pools]");
        // Not by a key, so that nothing waits for the right moment.
        t.signal(Signal::TSTP);
        until("it is suspended", || left(&t) == round + 1);
        assert!(t.modes_are_as_before());
        t.blank();
        t.types("\r");
    }
    t.shows("[1 Pools]");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.shows("[left with 0]");
    until("nothing is left", || {
        t.mark.processes().iter().all(|(pid, _)| *pid == t.shell())
    });
}

#[test]
fn f120_a_command_cannot_take_the_terminal_away() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[func.grabs]\ncommand = ['sh', '-ic', 'set -m; sleep 0.01; echo grabbed; : > done']\n[[pool]]\n\
        name = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'grabs'\nnum = 5\n";
    let mut t = Terminal::start(dir.path(), (80, 24), config);
    t.shows("[1 Pools]");
    until("it has tried", || dir.path().join("done").exists());
    // Still there, still heard.
    t.press("?", "Esc closes");
    t.types("\x1b");
    t.hides("Esc closes");
    t.wait_for("shows that all have ended", |screen| {
        let words: Vec<_> = screen.split_whitespace().collect();
        ["p", "0/∞", "5/5"].iter().all(|word| words.contains(word))
    });
    t.types("q");
    t.has_left(0, 1);
}
