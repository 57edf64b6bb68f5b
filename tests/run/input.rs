//! Input as people have it: lists of other programs and editors, paths with `~/`, patterns without a match, configs from
//! standard input and of other users.

use crate::program::{Ended, Mark, PROGRAM, Running, finish, program, write};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a config with `HOME` in this directory.
fn run(dir: &Path, verb: &[&str], config: &str) -> Ended {
    write(dir, "c.toml", config);
    let mark = Mark::new();
    let mut command = program(&mark, dir, []);
    command.args(verb).arg("c.toml").env("HOME", dir.join("home"));
    finish(&mark, &mut command)
}

fn group(method: &str, iter: &str) -> String {
    format!("[[pool]]\nname = \"p\"\n[[pool.group]]\nmethod = \"{method}\"\nfunc = \"echo\"\n{iter}\n")
}

/// The arguments of the tasks that have started.
fn started(ended: &Ended) -> Vec<Value> {
    let lines = ended.out.lines();
    lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["event"] == "task_started")
        .map(|line| line["args"].clone())
        .collect()
}

const JSONL: [&str; 3] = ["run", "--format", "jsonl"];

#[test]
fn a_tilde_is_the_home_directory_wherever_a_path_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("in")).unwrap();
    for (name, text) in [
        ("in/a.txt", "x\n"),
        ("list", "one\n"),
        ("c.csv", "a,b\n"),
        ("l.jsonl", "\"j\"\n"),
    ] {
        fs::write(home.join(name), text).unwrap();
    }
    fs::write(home.join("in/tool"), "#!/bin/sh\ncat; pwd\n").unwrap();
    fs::set_permissions(home.join("in/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    for (method, iter, want) in [
        (
            "map",
            "arg_iter = { glob = \"~/in/*.txt\" }",
            json!([home.join("in/a.txt")]),
        ),
        ("map", "arg_iter = { lines = \"~/list\" }", json!(["one"])),
        ("map", "arg_iter = { jsonl = \"~/l.jsonl\" }", json!(["j"])),
        ("starmap", "args_iter = { csv = \"~/c.csv\" }", json!(["a", "b"])),
    ] {
        let ended = run(dir.path(), &JSONL, &group(method, iter));
        assert_eq!(started(&ended), [want], "{iter}: {}{}", ended.out, ended.err);
    }
    let config = "[func.f]\ncommand = [\"~/in/tool\"]\ncwd = \"~/in\"\nstdin = { file = \"~/list\" }\n\
         [[pool]]\n[[pool.group]]\nmethod = \"apply\"\nfunc = \"f\"\n[output]\ndir = \"~/runs\"\n";
    let ended = run(dir.path(), &["run"], config);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = fs::read_dir(home.join("runs")).unwrap().next().unwrap().unwrap();
    let wrote = fs::read_to_string(run.path().join("0-0.1.out")).unwrap();
    let canonical = home.join("in").canonicalize().unwrap();
    assert_eq!(wrote, format!("one\n{}\n", canonical.display()));
    assert_eq!(
        fs::metadata(home.join("runs")).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(!dir.path().join("~").exists());
}

#[test]
fn another_users_home_is_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    for config in [
        group("map", "arg_iter = { glob = \"~root/*\" }"),
        group("map", "arg_iter = { lines = \"~root/x\" }"),
        format!(
            "{}[output]\ndir = \"~root/runs\"\n",
            group("map", "arg_iter = [1]")
        ),
    ] {
        let ended = run(dir.path(), &["check"], &config);
        assert_eq!(ended.code, Some(2));
        assert!(
            ended.err.contains("`~root` is not looked up") && ended.err.contains("`./~root"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn a_pattern_without_a_match_is_told_and_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let config = group("map", "arg_iter = { glob = \"in/*.jpg\" }");
    let checked = run(dir.path(), &["check"], &config);
    assert_eq!(checked.code, Some(0));
    assert!(
        checked
            .err
            .contains("no file matches in/*.jpg: there is no directory"),
        "{}",
        checked.err
    );
    assert!(checked.err.contains("--> c.toml:6:21"), "{}", checked.err);
    fs::create_dir(dir.path().join("in")).unwrap();
    let ended = run(dir.path(), &["run"], &config);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("map-echo-group-0: no file matches in/*.jpg\n"),
        "{}",
        ended.out
    );
    let ended = run(dir.path(), &JSONL, &config);
    let said = ended
        .out
        .lines()
        .find(|line| line.contains("input_empty"))
        .unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(said).unwrap()["reason"],
        "no file matches in/*.jpg"
    );
    fs::write(dir.path().join("in/a.jpg"), "").unwrap();
    assert_eq!(run(dir.path(), &["check"], &config).err, "");
    let ended = run(dir.path(), &["run"], &config);
    assert!(!ended.out.contains("no file matches"), "{}", ended.out);
    fs::write(dir.path().join("empty"), "").unwrap();
    let ended = run(
        dir.path(),
        &["run"],
        &group("map", "arg_iter = { lines = \"empty\" }"),
    );
    assert!(ended.out.contains("empty has no lines"), "{}", ended.out);
}

#[test]
fn an_empty_list_is_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    let checked = run(dir.path(), &["check"], &group("map", "arg_iter = []"));
    assert_eq!(checked.code, Some(0));
    assert!(
        checked.err.contains("`arg_iter` is an empty list"),
        "{}",
        checked.err
    );
}

#[test]
fn one_byte_order_mark_is_dropped_wherever_text_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(dir.path().join(name), format!("\u{feff}{text}")).unwrap();
    file("l", "one\ntwo\n");
    file("c", "\"a\",b\n");
    file("j", "\"x\"\n");
    for (method, iter, want) in [
        (
            "map",
            "arg_iter = { lines = \"l\" }",
            vec![json!(["one"]), json!(["two"])],
        ),
        ("starmap", "args_iter = { csv = \"c\" }", vec![json!(["a", "b"])]),
        ("map", "arg_iter = { jsonl = \"j\" }", vec![json!(["x"])]),
    ] {
        let ended = run(dir.path(), &JSONL, &format!("\u{feff}{}", group(method, iter)));
        assert_eq!(started(&ended), want, "{}{}", ended.out, ended.err);
    }
    write(
        dir.path(),
        "c.toml",
        &group("map", "arg_iter = { lines = \"-\" }"),
    );
    let mark = Mark::new();
    let mut command = program(&mark, dir.path(), ["run", "--format", "jsonl", "c.toml"]);
    command.stdin(File::open(dir.path().join("l")).unwrap());
    assert_eq!(
        started(&finish(&mark, &mut command)),
        [json!(["one"]), json!(["two"])]
    );
    let utf16: Vec<u8> = "\u{feff}one\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(dir.path().join("wide"), utf16).unwrap();
    let ended = run(
        dir.path(),
        &["run"],
        &group("map", "arg_iter = { lines = \"wide\" }"),
    );
    assert!(ended.out.contains("wide:1: this is UTF-16"), "{}", ended.out);
}

#[test]
fn names_that_find_has_printed_arrive_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("names"), b"./a\nb\0./c \0\xEF\xBB\xBF\0./\xFF\0").unwrap();
    let config = group("map", "arg_iter = { lines = \"names\", null = true }");
    let ended = run(dir.path(), &JSONL, &config);
    let want = [
        json!(["./a\nb"]),
        json!(["./c "]),
        json!(["\u{feff}"]),
        json!(["./\u{fffd}"]),
    ];
    assert_eq!(started(&ended), want, "{}", ended.err);
    assert!(ended.out.contains("\"args_hex\":[\"2e2fff\"]"), "{}", ended.out);
    let ended = run(
        dir.path(),
        &["run"],
        &group("map", "arg_iter = { lines = \"names\" }"),
    );
    assert!(ended.out.contains("null = true"), "it says how: {}", ended.out);
    let wrong = run(
        dir.path(),
        &["check"],
        &group("map", "arg_iter = { jsonl = \"names\", null = true }"),
    );
    assert!(
        wrong.err.contains("`null` goes with `lines` only"),
        "{}",
        wrong.err
    );
}

#[test]
fn fields_may_be_separated_by_something_else_and_a_wrong_separator_is_pointed_out() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s.csv"), "name;size\na;1,5\n").unwrap();
    let starmap = |more: &str| group("starmap", &format!("args_iter = {{ csv = \"s.csv\"{more} }}"));
    let checked = run(dir.path(), &["check"], &starmap(""));
    assert_eq!(checked.code, Some(0));
    assert!(
        checked.err.contains("`name;size`") && checked.err.contains("delimiter = \";\""),
        "{}",
        checked.err
    );
    let config = starmap(", header = true, delimiter = \";\"");
    assert_eq!(run(dir.path(), &["check"], &config).err, "");
    assert_eq!(started(&run(dir.path(), &JSONL, &config)), [json!(["a", "1,5"])]);
    let keyword = |more: &str| {
        let iter = format!("kwargs_iter = {{ csv = \"s.csv\", header = true{more} }}");
        group("doublestarmap", &iter).replace("func = \"echo\"", "func = \"f\"")
            + "[func.f]\nshell = 'echo \"$name\"'\n"
    };
    let wrong = run(dir.path(), &["check"], &keyword(""));
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("delimiter = \";\""), "{}", wrong.err);
    assert_eq!(
        run(dir.path(), &["run"], &keyword(", delimiter = \";\"")).code,
        Some(0)
    );
}

#[test]
fn an_element_that_does_not_fit_is_told_with_its_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("j"), "{\"f\": 1}\n\n{\"g\": 2}\n").unwrap();
    fs::write(dir.path().join("c"), "a,b\nc\n").unwrap();
    let func = "[func.f]\ncommand = [\"echo\", \"{f}\"]\n[func.two]\ncommand = [\"echo\", \"{1}\"]\n";
    let config = group("doublestarmap", "kwargs_iter = { jsonl = \"j\" }").replace("\"echo\"", "\"f\"");
    let ended = run(dir.path(), &["run"], &format!("{func}{config}"));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.contains("j:3: nothing to put in for `{f}`"),
        "{}",
        ended.out
    );
    let config = group("starmap", "args_iter = { csv = \"c\" }").replace("\"echo\"", "\"two\"");
    let ended = run(dir.path(), &["run"], &format!("{func}{config}"));
    assert!(
        ended.out.contains("c:2: nothing to put in for `{1}`"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("1 skipped"), "{}", ended.out);
}

#[test]
fn what_a_run_has_saved_is_no_input_of_the_next_unless_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "").unwrap();
    let config = |glob: &str| {
        let group = group("map", &format!("arg_iter = {{ glob = \"{glob}\" }}"));
        format!("{group}[output]\ndir = \"./out\"\n")
    };
    for _ in 0..2 {
        let ended = run(dir.path(), &JSONL, &config("**/*.txt"));
        assert_eq!(started(&ended), [json!(["a.txt"])], "{}", ended.err);
    }
    assert_eq!(
        started(&run(dir.path(), &JSONL, &config("*/*/*.txt"))),
        Vec::<Value>::new()
    );
    assert!(!started(&run(dir.path(), &JSONL, &config("out/*/*.txt"))).is_empty());
}

#[test]
fn a_config_comes_through_a_pipe_and_then_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let piped = |verb: &str, text: &str| {
        write(dir.path(), "c.toml", text);
        let mut command = program(&mark, dir.path(), [verb, "-"]);
        command.stdin(File::open(dir.path().join("c.toml")).unwrap());
        finish(&mark, &mut command)
    };
    let ended = piped("run", &group("map", "arg_iter = [1]"));
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    let ended = piped("check", &group("map", "arg_iter = { lines = \"-\" }"));
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("which the config itself comes from"),
        "{}",
        ended.err
    );
}

/// Runs a shell script that calls the program as `$T`.
fn shell(mark: &Mark, dir: &Path, script: &str) -> Ended {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(dir)
        .env("T", PROGRAM)
        .stdin(Stdio::null());
    mark.put_on(&mut command);
    Running::start(mark, &mut command).finish()
}

#[test]
fn what_init_writes_can_be_run_or_it_is_said_why_not() {
    let mark = Mark::new();
    for umask in ["000", "002", "022", "077"] {
        let dir = tempfile::tempdir().unwrap();
        let script = format!("umask {umask}; $T init && stat -c %a taskpool.toml && $T check taskpool.toml");
        let ended = shell(&mark, dir.path(), &script);
        assert_eq!((ended.code, &*ended.err), (Some(0), ""), "{umask}");
        let mode = if umask == "077" { "\n600\n" } else { "\n644\n" };
        assert!(ended.out.contains(mode), "{umask}: {}", ended.out);
    }
    let dir = tempfile::tempdir().unwrap();
    let ended = shell(&mark, dir.path(), "mkdir -m 0777 open; $T init open/c.toml");
    assert_eq!((ended.code, &*ended.out), (Some(2), ""));
    assert!(
        ended.err.contains("cannot be run there yet") && ended.err.contains("chmod go-w -- "),
        "{}",
        ended.err
    );
    assert!(dir.path().join("open/c.toml").exists());
}

#[test]
fn the_config_of_another_user_runs_only_for_whoever_trusts_that_user() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "c.toml", &group("map", "arg_iter = [1]"));
    // Only root can give a file away.
    if std::os::unix::fs::chown(dir.path().join("c.toml"), Some(65_534), None).is_err() {
        return;
    }
    let mark = Mark::new();
    let call = |args: &[&str]| {
        finish(
            &mark,
            program(&mark, dir.path(), []).args(args).env("SUDO_UID", "65534"),
        )
    };
    let refused = call(&["run", "c.toml"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("you called sudo as that user") && refused.err.contains("--trust-owner 65534"),
        "{}",
        refused.err
    );
    assert_eq!(call(&["run", "--trust-owner", "65534", "c.toml"]).code, Some(0));
    assert_eq!(call(&["--trust-owner", "65534", "c.toml"]).code, Some(0));
    assert_eq!(call(&["run", "--trust-owner", "1", "c.toml"]).code, Some(2));
}
