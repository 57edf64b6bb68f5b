//! The configs that come with the program run to their ends.

use crate::program::{Mark, finish, program, write};
use crate::record::Record;
use std::fs;
use std::path::Path;
use std::thread;

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    fs::read_to_string(path).unwrap()
}

/// Runs a config in a directory of its own, so that it writes nothing into this one.
fn run(dir: &Path, config: &str) -> (Option<i32>, Record) {
    write(dir, "config.toml", config);
    let mark = Mark::new();
    let ended = finish(
        &mark,
        &mut program(&mark, dir, ["run", "config.toml", "--format", "jsonl"]),
    );
    assert_eq!(ended.err, "");
    (ended.code, Record::whole(&ended.out))
}

// All at once, as two of them mostly wait.
#[test]
fn every_sample_runs_to_its_end() {
    thread::scope(|scope| {
        scope.spawn(demo);
        scope.spawn(commands);
        scope.spawn(million);
    });
}

fn demo() {
    let dir = tempfile::tempdir().unwrap();
    let (code, record) = run(dir.path(), &sample("demo.toml"));
    // Two mishaps.
    assert_eq!(code, Some(1));
    assert_eq!(
        (
            record.ended("kitchen", "completed"),
            record.ended("kitchen", "failed")
        ),
        (50, 2)
    );
    assert_eq!(record.ended("oven", "completed"), 4);
    assert_eq!(record.ended("waiters", "completed"), 2);
    assert_eq!(record.ended("radio", "completed"), 1);
    assert_eq!(record.most("kitchen"), 6);
}

fn commands() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("files");
    let config = sample("commands.toml").replace("/tmp/taskpool-commands", files.to_str().unwrap());
    // Which of them are in time is not for a busy machine to say.
    let config = config
        .replace("timeout = \"2s\"", "timeout = \"6s\"")
        .replace("[1, 5, 10]", "[0, 50, 100]");
    let (code, record) = run(dir.path(), &config);
    assert_eq!(code, Some(1));
    // Seven files are made; the one config is counted.
    assert_eq!(record.ended("files", "completed"), 8);
    assert_eq!(
        (
            record.ended("trouble", "completed"),
            record.ended("trouble", "failed")
        ),
        (5, 4)
    );
    assert_eq!(record.events["attempt_ended"], 2);
    let timed_out = record.bad_ends.iter().filter(|end| end["timed_out"] == true);
    assert_eq!(timed_out.count(), 2);
    let broken = record.bad_ends.iter().filter(|end| end["exit_code"] == 3);
    assert_eq!(broken.count(), 2);
    assert_eq!(record.ended("workers", "completed"), 2);
    for name in ["small", "two words", "$(reboot)", "-n"] {
        assert!(files.join(format!("{name}.txt.gz")).exists(), "{name}");
    }
}

fn million() {
    let mut config = sample("million.toml");
    let whole = config.matches("500_000").count();
    assert_eq!(whole, 2);
    // A debug build gets a tenth of it; `cargo test --release` runs it as it is.
    let tasks = if cfg!(debug_assertions) {
        config = config.replace("500_000", "50_000");
        100_000
    } else {
        1_000_000
    };
    let dir = tempfile::tempdir().unwrap();
    let (code, record) = run(dir.path(), &config);
    assert_eq!(code, Some(0));
    assert_eq!(record.ended("million", "completed"), tasks);
    assert!(record.most("million") <= 2000, "{}", record.most("million"));
}
