//! Holds the floors of the house: who may import whom, and what stands nowhere.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of code in a file, its tests not counted.
const MOST_LINES: usize = 400;

fn sources(dir: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a folder of the checkout") {
            let path = entry.expect("an entry of that folder").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&path);
                found.push((name.display().to_string(), text));
            }
        }
    }
    // Tests that stand in files of their own beside what they test are not what is held here.
    found.retain(|(name, _)| !name.ends_with("tests.rs") && !name.contains("/explore"));
    assert!(!found.is_empty());
    found
}

/// The lines that are neither comments nor blank, without those of a test module at the end.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end]
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
}

fn nowhere(dir: &str, except: &[&str], words: &[&str]) {
    for (name, text) in sources(dir) {
        if except.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        for line in code(&text) {
            for word in words {
                assert!(!line.contains(word), "{name} must not know of `{word}`: {line}");
            }
        }
    }
}

#[test]
fn the_pool_knows_neither_the_app_nor_the_ui_nor_the_machine_it_runs_on() {
    let words = [
        "crate::app",
        "crate::ui",
        "std::fs",
        "std::process",
        "std::io",
        "tokio::process",
        "serde",
        "toml",
    ];
    nowhere("src/pool", &[], &words);
}

#[test]
fn the_app_knows_no_terminal() {
    nowhere(
        "src/app",
        &[],
        &["crate::ui", "ratatui", "crossterm", "tui_logger"],
    );
}

#[test]
fn the_state_machine_waits_for_nothing_and_reads_no_clock() {
    let pure = [
        "src/pool/machine",
        "src/pool/table.rs",
        "src/pool/group.rs",
        "src/pool/event.rs",
    ];
    let words = ["Instant", "tokio", ".await", "async ", "Mutex", "tracing"];
    for (name, text) in sources("src/pool") {
        if pure.iter().any(|room| name.starts_with(room)) {
            for line in code(&text) {
                for word in words {
                    assert!(!line.contains(word), "{name} must not know of `{word}`: {line}");
                }
            }
        }
    }
}

#[test]
fn what_a_key_does_is_decided_without_waiting_or_looking_around() {
    nowhere(
        "src/app/dashboard",
        &[],
        &["tokio", ".await", "Instant", "std::fs", "std::env"],
    );
}

#[test]
fn f129_durations_come_from_a_clock_that_never_jumps() {
    // A wall clock is for showing what time it is, and nothing here does so but the log's lines, whose times its
    // widget takes, the names of the directories that runs save output in, and the first of the lines for programs.
    nowhere(
        "src",
        &["src/app/capture/dir.rs", "src/app/headless/lines.rs"],
        &[
            "SystemTime",
            "UNIX_EPOCH",
            "Timestamp::now",
            "Zoned::now",
            "ClockId::Realtime",
        ],
    );
}

#[test]
fn processes_are_made_in_one_room_and_unsafe_code_in_one_file() {
    nowhere(
        "src",
        &["src/app/process", "src/main.rs", "src/verbs.rs"],
        &["std::process", "tokio::process"],
    );
    nowhere(
        "src",
        &["src/app/process/spawn.rs"],
        &["unsafe {", "unsafe fn", "unsafe impl"],
    );
}

#[test]
fn f113_no_process_is_made_by_a_fork_of_this_one() {
    nowhere(
        "src",
        &[],
        &["pre_exec", "libc::fork", "libc::vfork", "kernel_fork"],
    );
}

#[test]
fn files_are_short_and_finished() {
    for (name, text) in sources("src")
        .into_iter()
        .filter(|(name, _)| !name.ends_with("tests.rs"))
    {
        let lines = code(&text).count();
        assert!(
            lines <= MOST_LINES,
            "{name} has {lines} lines of code: split it by meaning"
        );
        for mark in ["TODO", "FIXME", "unimplemented!", "todo!"] {
            assert!(!text.contains(mark), "{name} has a {mark}");
        }
        assert!(text.starts_with("//!"), "{name} does not say what it is for");
    }
}

#[test]
fn the_sample_configs_and_licences_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "config/demo.toml",
        "config/commands.toml",
        "config/million.toml",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(root.join(file).is_file(), "{file}");
    }
}
