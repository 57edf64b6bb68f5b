//! What comes from a terminal and was typed by nobody: answers to other programs, keys in pieces, and what waits at the
//! start.

use crate::program::{PROGRAM, until};
use crate::terminal::{SHELL, Terminal};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Answers that would act, were they keys.
const ANSWERS: &[&str] = &[
    "\x1bP>|tmux 3.4\x1b\\",
    "\x1bP>|XTerm(379)\x1b\\",
    "\x1bP!|7E565445\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
    "\x1b]52;c;eHh4\x07",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[?2026;2$y",
    "\x1b[?62;4;6;22c",
    "\x1b[>41;379;0c",
    "\x1b[24;80R",
    "\x1b[?0u",
    "\x1b[8;24;80t",
];

const CONFIG: &str = "[func.long]\ncommand = ['sleep', '1000']\n[func.ok]\ncommand = ['true']\n\
    [[pool]]\nname = 'a'\npool_size = 3\n\
    [[pool.group]]\nname = 'over'\nmethod = 'apply'\nfunc = 'ok'\nnum = 9\n\
    [[pool.group]]\nname = 'long'\nmethod = 'apply'\nfunc = 'long'\nnum = 2\n\
    [ui]\ntitle = false\n";

/// As if over a slow connection, where the rest of a key is waited for for longer: so is a machine that is busy.
fn start(dir: &Path) -> Terminal {
    crate::program::write(dir, "test.toml", CONFIG);
    let t = Terminal::start_with(dir, (100, 30), &["test.toml"], &[("SSH_TTY", "/dev/pts/0")]);
    t.shows("[1 Pools]");
    t.shows("▶ 2 running");
    // Once that can be seen it can be forgotten.
    t.shows("9 ok");
    t
}

/// What keys would change of the screen: which one it is, its panes, where their cursors are, and what can be done there;
/// without numbers, most of which are times.
fn shape(t: &Terminal) -> String {
    let screen = t.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let foot = lines.len().saturating_sub(3);
    let mut shape = String::new();
    for (at, line) in lines.iter().enumerate() {
        let words = line.split_whitespace();
        let some = match line {
            line if at >= foot || line.contains('[') => usize::MAX,
            line if line.contains(['╭', '▌']) => 4,
            _ => 0,
        };
        for word in words.take(some) {
            shape.extend(word.chars().filter(|c| !c.is_ascii_digit() && *c != '.'));
            shape.push(' ');
        }
        shape.push('\n');
    }
    shape
}

/// Types so that everything before it has been read: opens the help, and closes it.
fn settle(t: &mut Terminal) {
    t.press("?", "Esc closes");
    t.types("\x1b[27u");
    t.hides("Esc closes");
}

#[test]
fn answers_of_the_terminal_do_nothing_wherever_they_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path());
    for screen in ["1", "2"] {
        t.types(screen);
        if screen == "2" {
            t.shows("Output of");
            // A cursor on a task that runs.
            t.press("k", "▌");
        }
        settle(&mut t);
        let before = shape(&t);
        for answer in ANSWERS {
            t.types(answer);
            // Cut right after its first byte it may become the Escape key on a machine that is very busy.
            for cut in if screen == "1" { 1 } else { 2 }..answer.len() {
                let (first, rest) = answer.split_at(cut);
                t.types(first);
                std::thread::sleep(Duration::from_millis(2));
                t.types(rest);
            }
            settle(&mut t);
            assert_eq!(shape(&t), before, "{answer:?}");
            t.mark.until(2, "sleep 1000");
        }
    }
    // It still listens.
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

#[test]
fn a_key_in_pieces_is_that_key() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path());
    settle(&mut t);
    let before = shape(&t);
    // None of these is bound here. In pieces `F` would flush, `P` pause, `S` stop, `x` and `X` cancel.
    for key in [
        "\x1b[F",
        "\x1b[H",
        "\x1bOF",
        "\x1bOQ",
        "\x1bOS",
        "\x1b[1;5P",
        "\x1b[1;5S",
        "\x1b[6~",
        "\x1b[120;9u",
    ] {
        for cut in 1..key.len() {
            let (first, rest) = key.split_at(cut);
            t.types(first);
            std::thread::sleep(Duration::from_millis(5));
            t.types(rest);
        }
        settle(&mut t);
        assert_eq!(shape(&t), before, "{key:?}");
    }
    t.mark.until(2, "sleep 1000");
    // One that is bound acts as what it is.
    t.press("2", "Output of");
    t.press("\x1b[H", "▌    0");
    for byte in ["\x1b", "[", "B"] {
        t.types(byte);
        std::thread::sleep(Duration::from_millis(5));
    }
    t.shows("▌    1");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

#[test]
fn what_waits_at_the_start_does_nothing_and_its_rest_neither() {
    let dir = tempfile::tempdir().unwrap();
    crate::program::write(dir.path(), "test.toml", CONFIG);
    let script = format!("until [ -e go ]; do sleep 0.01; done; {SHELL}");
    let mut t = Terminal::in_shell(
        &script,
        PROGRAM.as_ref(),
        dir.path(),
        (100, 30),
        &["test.toml"],
        &[("TERM", "xterm-256color")],
    );
    until("the shell waits", || !t.mark.processes().is_empty());
    // Each of them would act; the last one is not complete.
    t.types("5?FXq\x1b[F\x1b]11;rgb:1e1e/1e1e/2e2e\x07\x1bP>|tmux ");
    fs::write(dir.path().join("go"), "").unwrap();
    t.shows("[1 Pools]");
    t.shows("2/3");
    t.types("3.4x\x1b\\");
    settle(&mut t);
    t.shows("[1 Pools]");
    t.hides("Cancel tasks and quit");
    t.mark.until(2, "sleep 1000");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}
