//! Output on the screen of a real terminal: however fast it comes, keys are answered, and only clean text gets out.

use crate::terminal::Terminal;
use std::fs;

fn config(script: &str) -> String {
    format!(
        "[func.it]\nshell = '''{script}'''\n[[pool]]\nname = 'noise'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'it'\n"
    )
}

#[test]
fn f125_keys_are_answered_while_a_task_writes_as_fast_as_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let line = "y".repeat(63);
    let mut t = Terminal::start(dir.path(), (140, 40), &config(&format!("exec yes {line}")));
    t.shows("noise");
    t.press("2", "Output of 0");
    t.shows(&line[..40]);
    // How soon is for the benchmark to say: here others may use the machine, too.
    for _ in 0..20 {
        for (key, shows) in [("1", "[1 Pools]"), ("2", "[2 Pool]")] {
            t.press(key, shows);
        }
    }
    t.shows(&line[..40]);
    // It is searched, held and let go while it comes.
    t.press("k\t\t/yyy\r", " matches");
    t.shows("held");
    t.press("G", "dropped");
    t.hides("held");
    t.types("\x03\x03");
    t.has_left(0, 1);
}

#[test]
fn what_is_copied_and_saved_is_clean() {
    let dir = tempfile::tempdir().unwrap();
    let script = "printf '\\033]52;c;ZXZpbA==\\007\\033[31mred\\033[0m \\033]0;title\\007one\\n'; sleep 1000";
    let mut t = Terminal::start(dir.path(), (100, 30), &config(script));
    t.shows("noise");
    t.press("2", "red one");
    t.press("k\t\t", "▸ Output of 0 · 1 line");
    t.press("y", "1 line, 8 bytes, given to the terminal");
    t.press("osaved.txt\r", "1 line (8 bytes) in saved.txt");
    t.press("osaved.txt\r", "saved.txt is there already");
    assert_eq!(
        fs::read_to_string(dir.path().join("saved.txt")).unwrap(),
        "red one\n"
    );
    let raw = String::from_utf8_lossy(&t.raw()).into_owned();
    // "red one" and a line end, in base64.
    assert!(raw.contains("\x1b]52;c;cmVkIG9uZQo="), "{raw:?}");
    // What the task's detail shows of its script is text.
    for sent in ["\x1b]52;c;ZXZpbA", "\x1b]0;"] {
        assert!(!raw.contains(sent), "{raw:?}");
    }
    t.types("\x03\x03");
    t.has_left(0, 1);
}
