//! Every key arrives, at once, whatever else happens to the terminal meanwhile.

use crate::program::PROGRAM;
use crate::rounds;
use crate::terminal::Terminal;
use std::path::Path;

const CONFIG: &str =
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'echo'\nargs = ['done']\n";

/// A shell that brings the program back as often as it is stopped.
const OFTEN: &str = r#"set -m; "$@"; code=$?
while [ $code = 147 ]; do echo "[left with $code]"; read -r _; fg > /dev/null; code=$?; done
echo "[left with $code]"; read -r _"#;

fn start(dir: &Path) -> Terminal {
    crate::program::write(dir, "test.toml", CONFIG);
    let variables = [("TERM", "xterm-256color")];
    let terminal = Terminal::in_shell(OFTEN, PROGRAM.as_ref(), dir, (80, 24), &["test.toml"], &variables);
    // `q` asks while the task runs.
    terminal.wait_for("shows that its task has ended", |screen| {
        screen.contains("✓ done")
    });
    terminal
}

/// Opens the line in which a filter is typed.
fn filter(dir: &Path) -> Terminal {
    let mut t = start(dir);
    t.press("2", "[2 Pool]");
    t.press("/", "Enter keep");
    t
}

/// So many keys that leave the line with this text if, and only if, each of them arrives in its turn.
fn keys(text: &str, count: usize) -> String {
    // What is deleted was typed just before; a key that is lost leaves its neighbour to tell.
    let pairs = count.saturating_sub(text.len() + 2) / 2;
    format!("\x15{text}{}.", "x\x7f".repeat(pairs))
}

#[track_caller]
fn has(t: &Terminal, text: &str) {
    t.wait_for(&format!("has the text {text}"), |screen| {
        screen.contains(&format!("/{text}. "))
    });
}

fn leave(mut t: Terminal) {
    // The line is open still.
    t.press("\x03", "[left with 0]");
}

#[test]
fn a_burst_of_keys_arrives_to_the_last_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = filter(dir.path());
    for round in 0..rounds() {
        for count in [1, 100, 1000, 1023, 1024, 1025, 1026, 3000, 5000] {
            let text = format!("{round}-{count}");
            t.types(&keys(&text, count));
            has(&t, &text);
        }
    }
    leave(t);
}

#[test]
fn the_keys_behind_a_long_paste_arrive_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = filter(dir.path());
    for round in 0..rounds() {
        for length in [100, 1000, 1024, 3000] {
            // The line takes no more than its first 200 characters.
            let paste = format!("\x15\x1b[200~{}\x1b[201~", "y".repeat(length));
            let text = format!("{round}-{length}");
            t.types(&(paste + &keys(&text, 1500)));
            has(&t, &text);
        }
    }
    leave(t);
}

#[test]
fn a_key_right_after_the_program_was_brought_back_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path());
    for round in 0..3 * rounds() {
        t.types("\x1a");
        t.shows("[left with 147]");
        t.blank();
        t.types("\r");
        let (now, key, then) = match round % 2 {
            0 => ("[1 Pools]", "5", "[5 Log]"),
            _ => ("[5 Log]", "1", "[1 Pools]"),
        };
        t.shows(now);
        t.press(key, then);
    }
    t.press("q", "[left with 0]");
}

#[test]
fn f207_keys_among_resizes_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = filter(dir.path());
    for round in 0..3 * rounds() {
        let text = format!("{round}");
        for (step, key) in keys(&text, 100).chars().enumerate() {
            t.resize_quietly((80, 25 + u16::try_from(step % 5).unwrap()));
            t.types(key.encode_utf8(&mut [0; 4]));
        }
        // A new size, so that all is drawn anew.
        t.resize((80, 24));
        // The last key tells: none comes after it that could bring it along.
        has(&t, &text);
    }
    leave(t);
}
