//! Fuzzing on a stable compiler: each target takes any bytes and checks what must hold for all of them. Every test run
//! replays the corpus, the small files in `corpus/`, and tries some thousand mutations of it; `TASKPOOL_ROUNDS=n` makes
//! it n times as many. An input whose outcome is of a new kind is mutated further. One that fails is printed and
//! written to a file, which belongs into the corpus once its fault is mended.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

mod mutate;
mod targets;
#[cfg(feature = "tui")]
mod typed;

use mutate::Mutator;
use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

/// How many mutations a round has.
const ROUND: u64 = 20_000;

/// What takes any bytes; tells the kind of the outcome, so that new kinds are noticed.
type Target = fn(&[u8]) -> u64;

fn rounds() -> u64 {
    let rounds = std::env::var("TASKPOOL_ROUNDS");
    rounds.map_or(1, |rounds| rounds.parse().unwrap())
}

/// The files of a corpus; at least one.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(name);
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Runs the target once; where it fails, the input is kept.
fn run(name: &str, target: Target, input: &[u8]) -> u64 {
    catch_unwind(AssertUnwindSafe(|| target(input))).unwrap_or_else(|_| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}-failure"));
        fs::write(&file, input).unwrap();
        panic!(
            "{name} fails on {:?}; kept in {}",
            input.escape_ascii().to_string(),
            file.display()
        );
    })
}

#[expect(clippy::print_stderr, reason = "what a long run was worth")]
fn fuzz(name: &str, target: Target, executions: u64) {
    let mut inputs = corpus(name);
    let mut kinds = HashSet::new();
    for input in &inputs {
        kinds.insert(run(name, target, input));
    }
    let mut mutator = Mutator::new(targets::words(name));
    let start = Instant::now();
    for _ in 0..executions {
        let input = mutator.mutate(&inputs);
        if kinds.insert(run(name, target, &input)) {
            inputs.push(input);
        }
    }
    eprintln!(
        "{name}: {executions} executions in {:.1?}, {} kinds of outcomes",
        start.elapsed(),
        kinds.len()
    );
}

#[test]
fn placeholders() {
    fuzz("template", targets::template, ROUND * rounds());
}

#[test]
fn filters() {
    fuzz("filter", targets::filter, ROUND * rounds());
}

#[test]
fn cleaning() {
    fuzz("clean", targets::clean, ROUND * rounds());
}

#[test]
fn f211_panes() {
    // Each fills screens, and looks at them cell by cell.
    fuzz("pane", targets::pane, ROUND / 10 * rounds());
}

#[cfg(feature = "tui")]
#[test]
fn what_is_typed_between_answers_of_a_terminal() {
    fuzz("typed", typed::typed, ROUND * rounds());
}

#[test]
fn configs() {
    // Each looks programs and files up.
    fuzz("config", targets::config, ROUND / 10 * rounds());
}
