//! A run without a screen on a terminal: colours, and a last line that says how far it is.

use crate::program::write;
use crate::terminal::Terminal;
use std::fs;
use std::path::Path;

const CONFIG: &str = "[func.f]\nshell = 'until [ -e go ] || [ $1 = first ]; do sleep 0.01; done; [ $1 != bad ]'\n\
    [[pool]]\nname = 'p'\n[[pool.group]]\nname = 'g'\nmethod = 'map'\nfunc = 'f'\n\
    arg_iter = ['first', 'second', 'bad']\n";

fn run(dir: &Path, variables: &[(&str, &str)]) -> Terminal {
    write(dir, "c.toml", CONFIG);
    Terminal::start_with(dir, (80, 24), &["run", "c.toml"], variables)
}

#[test]
fn the_last_line_says_how_far_it_is_and_is_gone_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let t = run(dir.path(), &[]);
    t.shows("1/3  ▶ 2");
    fs::write(dir.path().join("go"), "").unwrap();
    t.shows("2 ok, 1 failed");
    t.has_left(1, 0);
    t.hides("3/3");
    assert!(String::from_utf8_lossy(&t.raw()).contains("\x1b[31m✗ failed"));
}

#[test]
fn without_colours_the_words_tell() {
    let dir = tempfile::tempdir().unwrap();
    let t = run(dir.path(), &[("NO_COLOR", "1")]);
    fs::write(dir.path().join("go"), "").unwrap();
    t.shows("2 ok, 1 failed");
    t.has_left(1, 0);
    let raw = t.raw();
    let raw = String::from_utf8_lossy(&raw);
    assert!(raw.contains("✗ failed") && !raw.contains("\x1b[3"), "{raw:?}");
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_gets_lines_only() {
    let dir = tempfile::tempdir().unwrap();
    let t = run(dir.path(), &[("TERM", "dumb")]);
    fs::write(dir.path().join("go"), "").unwrap();
    t.shows("2 ok, 1 failed");
    t.has_left(1, 0);
    assert!(!t.raw().contains(&0x1b));
}
