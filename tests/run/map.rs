//! A command for each argument, from one command line.

use crate::program::{Mark, finish, program, write};
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

fn files(dir: &Path) {
    for name in ["one.txt", "two words.txt", "-dash.txt"] {
        write(dir, name, name);
    }
}

#[test]
fn a_command_runs_for_each_argument_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    files(dir.path());
    let mark = Mark::new();
    let line = [
        "map",
        "-j",
        "2",
        "cp -- '{}' {0:noext}.bak",
        ":::",
        "one.txt",
        "two words.txt",
        "-dash.txt",
    ];
    let ended = finish(&mark, program(&mark, dir.path(), []).args(line));
    assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.err);
    assert!(ended.out.contains("3 ok, 0 failed"), "{}", ended.out);
    for name in ["one.bak", "two words.bak", "-dash.bak"] {
        assert!(dir.path().join(name).exists(), "{name}");
    }
}

#[test]
fn the_config_that_is_printed_does_the_same() {
    let dir = tempfile::tempdir().unwrap();
    files(dir.path());
    let mark = Mark::new();
    let line = [
        "map",
        "--print-config",
        "-j",
        "2",
        "cp -- {} {.}.bak",
        ":::",
        "one.txt",
        "two words.txt",
    ];
    let printed = finish(&mark, program(&mark, dir.path(), []).args(line));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(!dir.path().join("one.bak").exists(), "nothing runs");
    write(dir.path(), "same.toml", &printed.out);
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "same.toml"]));
    assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.err);
    assert!(dir.path().join("one.bak").exists() && dir.path().join("two words.bak").exists());
}

#[test]
fn arguments_are_read_from_standard_input_by_line_or_by_nul() {
    for (null, text) in [(&[][..], "one\ntwo words\n"), (&["-0"][..], "one\0two words\0")] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "list", text);
        let mark = Mark::new();
        let line = [&["map"], null, &["--shell", "echo \"<$1>\" >> got"]].concat();
        let mut command = program(&mark, dir.path(), []);
        command
            .args(line)
            .stdin(Stdio::from(File::open(dir.path().join("list")).unwrap()));
        let ended = finish(&mark, &mut command);
        assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.err);
        let mut got: Vec<String> = std::fs::read_to_string(dir.path().join("got"))
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        got.sort();
        assert_eq!(got, ["<one>", "<two words>"]);
    }
}

#[test]
fn what_failed_is_shown_with_its_last_words_and_named_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let script = "echo \"words of $1\"; [ $1 != bad ] || exit 3";
    for (output, shown) in [
        ("on-failure", &["| words of bad"][..]),
        ("prefix", &["good: words of good", "bad: words of bad"][..]),
        ("none", &[][..]),
    ] {
        let line = ["map", "--print-config", "--shell", script, ":::", "good", "bad"];
        let config = finish(&mark, program(&mark, dir.path(), []).args(line));
        write(dir.path(), "c.toml", &config.out);
        let ended = finish(
            &mark,
            &mut program(&mark, dir.path(), ["run", "--output", output, "c.toml"]),
        );
        assert_eq!(ended.code, Some(1), "{} {}", ended.out, ended.err);
        let mut words: Vec<&str> = ended
            .out
            .lines()
            .filter(|line| line.contains("words of"))
            .map(str::trim)
            .filter(|line| !line.starts_with("failed:"))
            .collect();
        words.sort_unstable();
        let mut shown = shown.to_vec();
        shown.sort_unstable();
        assert_eq!(words, shown, "{output}: {}", ended.out);
        assert!(ended.out.contains("failed: map #1 bad: exit 3"), "{}", ended.out);
    }
}

#[test]
fn lines_of_output_that_are_not_kept_are_counted() {
    const WRITTEN: usize = 60_000;
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let script = format!("seq {WRITTEN}; [ $1 = good ]");
    let line = ["map", "--print-config", "--shell", &script, ":::", "good", "bad"];
    let config = finish(&mark, program(&mark, dir.path(), []).args(line));
    write(dir.path(), "c.toml", &config.out);
    for (output, prefix) in [("prefix", "good:"), ("on-failure", "        |")] {
        let ended = finish(
            &mark,
            &mut program(&mark, dir.path(), ["run", "--output", output, "c.toml"]),
        );
        let lines: Vec<&str> = ended
            .out
            .lines()
            .filter_map(|line| line.strip_prefix(prefix))
            .collect();
        let (first, others) = lines.split_first().unwrap();
        let words: Vec<&str> = first.split_whitespace().collect();
        let &["…", before, "lines", "before"] = &words[..] else {
            panic!("{first}");
        };
        assert_eq!(
            before.parse::<usize>().unwrap() + others.len(),
            WRITTEN,
            "{output}"
        );
        assert_eq!(others.last().unwrap().trim(), WRITTEN.to_string());
    }
}

#[test]
fn a_line_that_means_nothing_is_one_error_with_its_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    for (line, says) in [
        (&["map", "gzip", ":::"][..], "no arguments behind `:::`"),
        (&["map", "gzip 'x", ":::", "a"], "a quote is not closed"),
        (&["map", "-j", "0", "gzip", ":::", "a"], "0 is not in"),
        (&["map", "gzip '{x y}'", ":::", "a"], "is no placeholder"),
    ] {
        let ended = finish(&mark, program(&mark, dir.path(), []).args(line));
        assert_eq!(ended.code, Some(2), "{line:?}: {} {}", ended.out, ended.err);
        assert!(ended.err.contains(says), "{line:?}: {}", ended.err);
    }
}

#[test]
fn what_is_wrong_is_told_of_the_command_line_and_not_of_the_config_that_it_makes() {
    let dir = tempfile::tempdir().unwrap();
    for (args, said) in [
        (["--timeout", "5x", "true"], "map: --timeout: "),
        (["--retries", "2", "no-such-program"], "map: "),
    ] {
        let mark = Mark::new();
        let mut command = program(&mark, dir.path(), ["map"]);
        let ended = finish(&mark, command.args(args).args([":::", "a"]));
        assert_eq!(ended.code, Some(2), "{}", ended.out);
        assert!(
            ended.err.contains(said) && !ended.err.contains("-->"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn the_output_of_tasks_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let mut command = program(
        &mark,
        dir.path(),
        ["map", "--output", "prefix", "echo got {}", ":::"],
    );
    let ended = finish(&mark, command.args(["a", "b"]));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for line in ["a: got a", "b: got b"] {
        assert!(ended.out.lines().any(|one| one == line), "{line}: {}", ended.out);
    }
}
