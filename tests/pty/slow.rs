//! A terminal without another screen, one that is read slowly, and one that does not block.

use crate::program::{PROGRAM, until, write};
use crate::terminal::{ENTER, LEAVE, Terminal};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use std::fs::File;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const CONFIG: &str = "[func.long]\ncommand = ['sleep', '1000']\n[[pool]]\nname = 'a'\npool_size = 3\n\
    [[pool.group]]\nname = 'long'\nmethod = 'apply'\nfunc = 'long'\nnum = 2\n";

/// Says how the program ended, and waits, by files of its own: those of the program do not block.
const SHELL: &str = r#""$@"; echo "[left with $?]" > /dev/tty; read -r _ < /dev/tty"#;

const CLEAR: &str = "\x1b[2J";

#[test]
fn a_terminal_without_another_screen_is_cleared_before_and_after() {
    let dir = tempfile::tempdir().unwrap();
    for killed in [false, true] {
        let mut t = Terminal::start(dir.path(), (80, 24), CONFIG);
        t.shows("2/3");
        let code = if killed {
            t.signal(Signal::KILL);
            137
        } else {
            t.press("q", "Cancel tasks and quit");
            t.types("y");
            0
        };
        // After a kill it is given back by another process, perhaps only after the shell has spoken.
        for text in [&format!("[left with {code}]"), LEAVE] {
            until(&format!("{text:?} comes"), || {
                String::from_utf8_lossy(&t.raw()).contains(text)
            });
        }
        let raw = String::from_utf8_lossy(&t.raw()).into_owned();
        let (entered, left) = (raw.find(ENTER).unwrap(), raw.rfind(LEAVE).unwrap());
        let drawn = raw.find("Pools").unwrap();
        assert!(raw[entered..drawn].contains(CLEAR), "{raw:?}");
        // The last before it leaves is to clear the screen, in no colour, and to go to its beginning.
        assert!(raw[..left].ends_with("\x1b[m\x1b[H\x1b[2J"), "{raw:?}");
        until("its modes are those of before", || t.modes_are_as_before());
        until("nothing is left but the shell", || {
            t.mark.processes().iter().all(|(pid, _)| *pid == t.shell())
        });
    }
}

fn do_not_block(terminal: &File) {
    let flags = fcntl_getfl(terminal).unwrap();
    fcntl_setfl(terminal, flags | OFlags::NONBLOCK).unwrap();
}

fn start(dir: &Path, prepare: impl FnOnce(&File)) -> Terminal {
    write(dir, "test.toml", CONFIG);
    let variables = [("TERM", "xterm-256color")];
    Terminal::prepared(
        SHELL,
        PROGRAM.as_ref(),
        dir,
        (200, 60),
        &["test.toml"],
        &variables,
        prepare,
    )
}

/// Lets the dashboard draw much that nobody reads for so long, and then all of it be read.
fn draws_unread(t: &mut Terminal, millis: u64) {
    t.leave_unread(true);
    for _ in 0..20 {
        // Everything is drawn anew, and the help comes and goes.
        t.types("\x0c?\x1b[27u");
        sleep(Duration::from_millis(millis / 20));
    }
    t.leave_unread(false);
    t.press("?", "Esc closes");
    t.types("\x1b[27u");
    t.hides("Esc closes");
    t.shows("[1 Pools]");
    t.shows("2/3");
}

#[test]
fn a_terminal_that_does_not_block_and_is_read_slowly_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), do_not_block);
    // From the first picture on.
    t.leave_unread(true);
    t.mark.until(2, "sleep 1000");
    sleep(Duration::from_millis(500));
    t.leave_unread(false);
    t.shows("2/3");
    for millis in [500, 1_000] {
        draws_unread(&mut t, millis);
        t.mark.until(2, "sleep 1000");
    }
    t.press("q", "Cancel tasks and quit");
    // What gives the terminal back has to wait, too.
    t.leave_unread(true);
    t.types("\x0cy");
    t.mark.until(0, "sleep 1000");
    sleep(Duration::from_secs(1));
    t.leave_unread(false);
    t.has_left(0, 1);
}

#[test]
fn a_terminal_that_no_longer_blocks_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut shared = None;
    let mut t = start(dir.path(), |terminal| shared = terminal.try_clone().ok());
    t.shows("2/3");
    do_not_block(&shared.take().unwrap());
    draws_unread(&mut t, 500);
    t.mark.until(2, "sleep 1000");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

#[test]
fn a_terminal_that_does_not_block_is_given_back_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), do_not_block);
    t.shows("2/3");
    t.leave_unread(true);
    for _ in 0..20 {
        t.types("\x0c");
        sleep(Duration::from_millis(20));
    }
    t.signal(Signal::KILL);
    t.mark.until(0, "sleep 1000");
    sleep(Duration::from_millis(500));
    t.leave_unread(false);
    until("it is left", || String::from_utf8_lossy(&t.raw()).contains(LEAVE));
    until("its modes are those of before", || t.modes_are_as_before());
}
