//! The command line: what each command prints, and where it refuses.

use crate::program::{Ended, Mark, PROGRAM, Running, finish, program, write};
use crate::record::Record;
use std::fs;
use std::path::Path;
use std::process::Command;

fn call<const N: usize>(dir: &Path, args: [&str; N]) -> Ended {
    let mark = Mark::new();
    finish(&mark, &mut program(&mark, dir, args))
}

/// A config that would make a file if any of it ran, with something wrong at its end.
fn broken(mistake: &str) -> String {
    format!(
        r#"
        [func.touch]
        command = ["touch", "started"]

        [[pool]]
        name = "first"

        [[pool.group]]
        method = "apply"
        func = "touch"

        {mistake}
        "#
    )
}

#[test]
fn a_broken_config_starts_nothing() {
    let cases = [
        ("num = -1", "num"),
        ("nmu = 3", "did you mean"),
        ("num = 'many'", "num"),
        ("[[pool]]\nname = 'first'", "first"),
        ("num = ", "broken.toml"),
        (
            "[[pool.group]]\nmethod = 'map'\nfunc = 'tuoch'\narg_iter = []",
            "tuoch",
        ),
        (
            "[[pool.group]]\nmethod = 'map'\nfunc = 'touch'\narg_iter = { lines = 'nowhere' }",
            "nowhere",
        ),
    ];
    for (mistake, says) in cases {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "broken.toml", &broken(mistake));
        for args in [
            &["run", "broken.toml"][..],
            &["run", "--format", "jsonl", "broken.toml"],
            &["check", "broken.toml"],
            &["broken.toml"],
        ] {
            let mark = Mark::new();
            let ended = finish(&mark, program(&mark, dir.path(), []).args(args));
            assert_eq!(
                (ended.code, ended.out.as_str()),
                (Some(2), ""),
                "{args:?} {mistake}"
            );
            assert!(ended.err.contains(says), "{says}: {}", ended.err);
            assert!(ended.err.contains("broken.toml:"), "{}", ended.err);
            assert!(!dir.path().join("started").exists(), "{args:?} {mistake}");
        }
    }
    // The same config without a mistake does start.
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.toml", &broken(""));
    let checked = call(dir.path(), ["check", "good.toml"]);
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""));
    assert!(
        checked.out.contains("first") && checked.out.contains("touch"),
        "{}",
        checked.out
    );
    assert!(!dir.path().join("started").exists());
    assert_eq!(call(dir.path(), ["run", "good.toml"]).code, Some(0));
    assert!(dir.path().join("started").exists());
}

#[test]
fn a_file_that_is_none_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("directory")).unwrap();
    fs::write(dir.path().join("latin1.toml"), b"# caf\xe9\n").unwrap();
    let cases = [
        ("missing.toml", "no such file"),
        ("directory", "directory"),
        ("latin1.toml", "UTF-8"),
        ("", ""),
    ];
    for (name, says) in cases {
        for verb in ["run", "check"] {
            let ended = call(dir.path(), [verb, name]);
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{verb} {name}");
            assert!(
                ended.err.contains(name) && ended.err.contains(says),
                "{}",
                ended.err
            );
            assert!(!ended.err.contains("panicked"), "{}", ended.err);
        }
    }
}

#[test]
fn a_wrong_command_line_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.toml", &broken(""));
    for args in [
        &[][..],
        &["--no-such-flag"],
        &["run"],
        &["run", "good.toml", "more.toml"],
        &["run", "good.toml", "--format", "xml"],
        &["completions", "tcsh-or-so"],
        &["schema", "more"],
    ] {
        let mark = Mark::new();
        let ended = finish(&mark, program(&mark, dir.path(), []).args(args));
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ended.err.contains("--help"), "{args:?}: {}", ended.err);
    }
    // Without a name it is the usual one.
    let none = call(dir.path(), ["check"]);
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));
    assert!(none.err.contains("taskpool-tui init"), "{}", none.err);
    assert!(!dir.path().join("started").exists());
    let help = call(dir.path(), ["--help"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    assert!(help.out.contains("Exit status"), "{}", help.out);
    let version = call(dir.path(), ["--version"]);
    assert_eq!(version.out, concat!("taskpool-tui ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_new_config_is_sound_and_never_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    let made = call(dir.path(), ["init"]);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""));
    assert!(made.out.contains("taskpool.toml"), "{}", made.out);
    let text = fs::read_to_string(dir.path().join("taskpool.toml")).unwrap();
    let checked = call(dir.path(), ["check", "taskpool.toml"]);
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""));
    let run = call(dir.path(), ["run", "taskpool.toml", "--format", "jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let record = Record::whole(&run.out);
    assert!(record.events["task_started"] > 0 && record.bad_ends.is_empty());

    write(dir.path(), "mine.toml", "# mine\n");
    for args in [
        ["init", "mine.toml"],
        ["init", "taskpool.toml"],
        ["init", "no/such/directory.toml"],
    ] {
        let refused = call(dir.path(), args);
        assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(refused.err.contains(args[1]), "{}", refused.err);
    }
    assert_eq!(
        fs::read_to_string(dir.path().join("mine.toml")).unwrap(),
        "# mine\n"
    );
    assert_eq!(
        fs::read_to_string(dir.path().join("taskpool.toml")).unwrap(),
        text
    );
}

#[test]
fn what_is_for_other_programs_has_their_form() {
    let dir = tempfile::tempdir().unwrap();
    let schema = call(dir.path(), ["schema"]);
    assert_eq!((schema.code, schema.err.as_str()), (Some(0), ""));
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    assert!(schema["properties"]["pool"].is_object(), "{schema}");

    for (shell, mine) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef taskpool-tui"),
        ("fish", "complete -c"),
    ] {
        let script = call(dir.path(), ["completions", shell]);
        assert_eq!((script.code, script.err.as_str()), (Some(0), ""));
        assert!(script.out.contains(mine), "{shell}: {}", script.out);
    }
    let bash = call(dir.path(), ["completions", "bash"]);
    let read = Command::new("bash")
        .args(["-n", "-c", &bash.out])
        .status()
        .unwrap();
    assert!(read.success());

    let man = call(dir.path(), ["man"]);
    assert_eq!((man.code, man.err.as_str()), (Some(0), ""));
    assert!(
        man.out.contains(".TH taskpool-tui 1") && man.out.contains(".SH SYNOPSIS"),
        "{}",
        man.out
    );
}

#[test]
fn without_a_terminal_the_config_alone_is_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "words"
        [[pool.group]]
        name = "two"
        method = "map"
        func = "echo"
        arg_iter = ["one", "two\u001b[2J\u202e"]
    "#;
    write(dir.path(), "words.toml", config);
    let alone = call(dir.path(), ["words.toml"]);
    let run = call(dir.path(), ["run", "words.toml"]);
    for ended in [&alone, &run] {
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        assert!(
            ended.out.contains("2 ok, 0 failed, 0 panicked, 0 cancelled"),
            "{}",
            ended.out
        );
        assert!(!ended.out.contains(['\x1b', '\u{202e}']), "{:?}", ended.out);
        assert_eq!(ended.out.lines().count(), run.out.lines().count());
    }
}

#[test]
fn what_a_failed_run_says_is_its_exit_status_too() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "p"
        [[pool.group]]
        method = "map"
        func = "fail"
        arg_iter = ["no more eggs", "no milk"]
    "#;
    write(dir.path(), "fail.toml", config);
    let ended = call(dir.path(), ["run", "fail.toml", "--format", "jsonl"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let record = Record::whole(&ended.out);
    assert_eq!(record.ended("p", "failed"), 2);
    assert_eq!(record.bad_ends[0]["error"], "no more eggs");
    assert!(record.bad_ends[0].get("exit_code").is_none());
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.toml", &broken(""));
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let mark = Mark::new();
    for args in [
        &["run", "good.toml"][..],
        &["run", "good.toml", "--format", "jsonl"],
    ] {
        let _ = fs::remove_file(dir.path().join("started"));
        let ended = Command::new(PROGRAM)
            .args(args)
            .current_dir(dir.path())
            .stdout(full())
            .output()
            .unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(3), "{err}");
        assert!(err.contains("cannot write"), "{err}");
        // What it was asked to do is done all the same.
        assert!(dir.path().join("started").exists());
    }
    let schema = program(&mark, dir.path(), ["schema"])
        .stdout(full())
        .output()
        .unwrap();
    assert_eq!(schema.status.code(), Some(2));
}

#[test]
fn a_long_run_goes_on_to_its_end_though_nothing_can_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[[pool]]\nname = 'p'\npool_size = 9\n[[pool.group]]\nmethod = 'map'\nfunc = 'echo'\n\
        arg_iter = { range = [1, 60000] }\nnum_concurrent = 9\n";
    write(dir.path(), "long.toml", config);
    let ended = Command::new(PROGRAM)
        .args(["run", "long.toml"])
        .current_dir(dir.path())
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(
        ended.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[test]
fn a_misspelt_verb_is_told_from_a_config() {
    let dir = tempfile::tempdir().unwrap();
    let said = |args: [&str; 2]| {
        let mark = Mark::new();
        finish(&mark, &mut program(&mark, dir.path(), args))
    };
    let ended = said(["chek", "jobs.toml"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("did you mean `check`?"), "{}", ended.err);
    // A file of that name is a config.
    write(dir.path(), "chek", "");
    assert!(!said(["chek", "jobs.toml"]).err.contains("did you mean"));
}

#[test]
fn a_check_counts_what_it_can_read() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..30 {
        write(dir.path(), &format!("{n}.log"), "");
    }
    write(dir.path(), "list.txt", "one\ntwo\nthree");
    let group = |name: &str, source: &str| {
        format!("[[pool.group]]\nname = '{name}'\nmethod = 'map'\nfunc = 'echo'\narg_iter = {{ {source} }}\n")
    };
    let config = format!(
        "[[pool]]\nname = 'p'\n{}{}",
        group("files", "glob = '*.log'"),
        group("lines", "lines = 'list.txt'")
    );
    write(dir.path(), "c.toml", &config);
    let check = |stdin: &str| {
        let mark = Mark::new();
        write(dir.path(), "c.toml", &format!("{config}{stdin}"));
        finish(&mark, &mut program(&mark, dir.path(), ["check", "c.toml"]))
    };
    let all = check("");
    assert!(all.out.starts_with("c.toml: 1 pool, 33 tasks\n"), "{}", all.out);
    assert!(
        all.out.contains(", 30 tasks") || all.out.contains("  30 tasks"),
        "{}",
        all.out
    );
    // What somebody still has to write is not waited for.
    let more = check(&group("typed", "lines = '-'"));
    assert!(
        more.out.starts_with("c.toml: 1 pool, at least 33 tasks\n"),
        "{}",
        more.out
    );
}

#[test]
fn the_demonstration_can_be_run() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let running = Running::start(&mark, &mut program(&mark, dir.path(), ["demo"]));
    running.line_with("running");
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.finish().code, Some(143));
}
