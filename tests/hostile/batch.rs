//! Runs without a screen: standard output in both forms, and the log on standard error.

use crate::program::{Ended, Mark, finish, program, write};
use crate::strings::{Hostile, harmless, quoted, strings};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use taskpool_tui::app::config::parse;

/// Every way that text can take through a run, for the strings that a config can hold: arguments of commands,
/// scripts and functions by position and by keyword, output, error texts, last words.
const WAYS: &str = r#"
    [func.exact]
    shell = 'printf "%s" "$1" > "exact-$TASKPOOL_TASK_ID"'
    [func.variable]
    shell = 'printf "%s" "$host" > "variable-$TASKPOOL_TASK_ID"'
    [func.prints]
    command = ["printf", "%s\n", "{0}"]
    [func.inside]
    command = ["printf", "%s\n", "a{0}b{0:name}{0:stem}{0:ext}{0:dir}"]
    [func.complains]
    shell = 'printf "%s" "$1" >&2; exit 3'
    [func.appended]
    command = ["printf", "%s\n"]
    [func.called]
    shell = 'printf "%s %s %s" "$TASKPOOL_POOL" "$TASKPOOL_GROUP" "$TASKPOOL_TASK_ID"; exit 1'
"#;

fn is_short(string: &Hostile) -> bool {
    string.bytes.len() < 1000
}

/// A pool with a group for each function, over this source.
fn groups(funcs: &[&str], source: &str) -> String {
    funcs.iter().fold("[[pool]]\nname = 'ways'\npool_size = 4\n".to_owned(), |text, func| {
        format!("{text}[[pool.group]]\nname = '{func}'\nmethod = 'map'\nfunc = '{func}'\narg_iter = {source}\nnum_concurrent = 4\n")
    })
}

/// Runs a config in both forms and with the whole log; what it wrote is harmless, and no shell has read any of it.
fn run(dir: &Path, config: &str) -> [Ended; 2] {
    write(dir, "config.toml", config);
    ["human", "jsonl"].map(|format| {
        let mark = Mark::new();
        let mut command = program(&mark, dir, ["run", "config.toml", "--format", format]);
        let ended = finish(&mark, command.env("TASKPOOL_LOG", "trace"));
        assert!(
            matches!(ended.code, Some(0 | 1)),
            "{:?}: {}",
            ended.code,
            ended.err
        );
        harmless(format, ended.out.as_bytes());
        harmless("the log", ended.err.as_bytes());
        assert!(
            ended.err.contains("TRACE") || ended.err.contains("DEBUG"),
            "there is a log"
        );
        for place in [dir, Path::new("/tmp"), Path::new(env!("CARGO_MANIFEST_DIR"))] {
            assert!(!place.join("PWNED").exists(), "a shell has read it");
        }
        if format == "jsonl" {
            for line in ended.out.lines() {
                let record: Value = serde_json::from_str(line).unwrap();
                assert!(record["event"].is_string(), "{line}");
            }
        } else {
            let longest = ended.out.lines().map(|line| line.chars().count()).max();
            assert!(longest < Some(3 * 4096), "{longest:?}");
        }
        ended
    })
}

#[test]
fn t6_g15_values_of_a_config_arrive_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let strings: Vec<Hostile> = strings()
        .into_iter()
        .filter(|string| string.text().is_some())
        .collect();
    let list: Vec<String> = strings
        .iter()
        .map(|string| quoted(string.text().unwrap()))
        .collect();
    let mut config = format!(
        "{WAYS}\n{}",
        groups(&["exact"], &format!("[{}]", list.join(", ")))
    );
    let tables: Vec<String> = list.iter().map(|text| format!("{{ host = {text} }}")).collect();
    write!(
        config,
        "[[pool]]\nname = 'variables'\n[[pool.group]]\nmethod = 'doublestarmap'\nfunc = 'variable'\n\
         num_concurrent = 4\nkwargs_iter = [{}]\n",
        tables.join(", ")
    )
    .unwrap();
    run(dir.path(), &config);
    for (id, string) in strings.iter().enumerate() {
        for way in ["exact", "variable"] {
            let came = fs::read(dir.path().join(format!("{way}-{id}"))).unwrap();
            assert!(came == string.bytes, "{} as {way}", string.name);
        }
    }
}

#[test]
fn f208_what_commands_write_and_fail_with_steers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let strings: Vec<Hostile> = strings()
        .into_iter()
        .filter(|string| string.text().is_some())
        .collect();
    let list: Vec<String> = strings
        .iter()
        .map(|string| quoted(string.text().unwrap()))
        .collect();
    let funcs = ["prints", "inside", "complains", "appended", "echo", "fail"];
    let config = format!("{WAYS}\n{}", groups(&funcs, &format!("[{}]", list.join(", "))));
    let [human, jsonl] = run(dir.path(), &config);
    let ends = jsonl
        .out
        .lines()
        .filter(|line| line.contains("\"task_ended\""))
        .count();
    assert_eq!(ends, strings.len() * funcs.len());
    assert!(human.out.contains("exit 3"), "the failures are told");
}

#[test]
fn f208_lines_of_files_and_names_of_files_steer_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let strings = strings();
    let mut lines = Vec::new();
    let mut json = String::new();
    fs::create_dir(dir.path().join("files")).unwrap();
    for string in &strings {
        lines.extend_from_slice(&string.bytes);
        lines.push(b'\n');
        if let Some(text) = string.text() {
            json += &format!("{}\n", Value::from(text));
        }
        if string.is_file_name() {
            fs::write(dir.path().join("files").join(string.os()), "").unwrap();
        }
    }
    fs::write(dir.path().join("lines"), &lines).unwrap();
    fs::write(dir.path().join("values"), json).unwrap();
    for source in [
        "{ lines = 'lines' }",
        "{ jsonl = 'values' }",
        "{ glob = 'files/*' }",
    ] {
        // 20,000 empty lines are nothing new.
        let funcs: &[&str] = if source.contains("lines =") {
            &["echo", "fail"]
        } else {
            &["prints", "complains", "echo", "fail"]
        };
        run(dir.path(), &format!("{WAYS}\n{}", groups(funcs, source)));
    }
    let quoted_field = |string: &Hostile| {
        [
            b"\"",
            &string
                .bytes
                .iter()
                .flat_map(|&byte| {
                    if byte == b'"' {
                        vec![byte, byte]
                    } else {
                        vec![byte]
                    }
                })
                .collect::<Vec<u8>>()[..],
            b"\"\n",
        ]
        .concat()
    };
    let table: Vec<u8> = strings.iter().flat_map(quoted_field).collect();
    fs::write(dir.path().join("table.csv"), table).unwrap();
    let config = "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'starmap'\nfunc = 'fail'\nargs_iter = { csv = 'table.csv' }\n";
    run(dir.path(), config);
}

#[test]
fn f208_names_steer_nothing_and_are_data_to_callbacks() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = WAYS.to_owned();
    let (mut pools, mut groups) = (String::new(), String::new());
    let mut good = 0;
    for string in strings().iter().filter(|string| is_short(string)) {
        let Some(text) = string.text() else { continue };
        let name = quoted(text);
        let func = format!("[func.{name}]\ncommand = ['false']\n");
        let pool = format!(
            "[[pool]]\nname = {name}\nend_callback = 'called'\n[[pool.group]]\nname = {name}\nmethod = 'apply'\nfunc = {name}\n"
        );
        // What can be no name is refused, with a harmless text.
        if let Err(errors) = parse(&format!("{WAYS}{func}{pool}"), &dir.path().join("c.toml"), &[]) {
            harmless(&string.name, errors.render(false).as_bytes());
        } else {
            good += 1;
            groups += &func;
            pools += &pool;
        }
    }
    assert!(good > 20, "{good}");
    config += &groups;
    config += &pools;
    run(dir.path(), &config);
}
