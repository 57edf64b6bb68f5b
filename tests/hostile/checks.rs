//! What is said about configs with hostile text in them, and how text is cleaned.

use crate::program::{Mark, finish, program, write};
use crate::strings::{harm, harmless, quoted, strings};
use std::fs;
use std::path::Path;
use taskpool_tui::app::clean::{Clean, MAX_CHARS};
use taskpool_tui::app::config::{describe, parse};

#[test]
fn f208_f209_every_string_is_clean_once_it_is_cleaned() {
    for string in strings() {
        for clean in [
            Clean::from(&string.bytes[..]),
            Clean::from_output(&string.bytes),
            Clean::from(string.os()),
        ] {
            harmless(&string.name, clean.as_bytes());
            assert!(
                !clean.contains('\n') && clean.chars().count() <= MAX_CHARS,
                "{}",
                string.name
            );
            assert_eq!(Clean::from(clean.as_str()), clean, "{}", string.name);
        }
    }
    // The list is one: most of it is not harmless as it is.
    assert!(
        strings()
            .iter()
            .filter(|string| harm(&string.bytes).is_some())
            .count()
            > 50
    );
}

/// Every place of a config that takes text.
const PLACES: &[&str] = &[
    "[[pool]]\nname = STRING\n",
    "[[pool]]\nname = 'p'\npool_size = STRING\n",
    "[[pool]]\nname = 'p'\nkind = STRING\n",
    "[[pool]]\nname = 'p'\nSTRING = 1\n",
    "[STRING]\nx = 1\n",
    "[[pool]]\nname = 'p'\nend_callback = STRING\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nname = STRING\nmethod = 'apply'\nfunc = 'echo'\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = STRING\nfunc = 'echo'\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = STRING\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'echo'\nargs = [STRING]\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'echo'\nkwargs = { STRING = STRING }\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'sleep'\nargs = [STRING]\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'map'\nfunc = 'echo'\narg_iter = { lines = STRING }\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'map'\nfunc = 'echo'\narg_iter = { glob = STRING }\n",
    "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'map'\nfunc = 'echo'\narg_iter = { STRING = 1 }\n",
    "[func.STRING]\ncommand = ['true']\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = [STRING]\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = ['true', STRING]\n[[pool]]\nname = 'p'\n",
    "[func.f]\nshell = STRING\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = ['true']\ncwd = STRING\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = ['true']\ntimeout = STRING\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = ['true']\nenv = { STRING = STRING }\n[[pool]]\nname = 'p'\n",
    "[func.f]\ncommand = ['true']\nenv = { PATH = STRING }\n[[pool]]\nname = 'p'\n",
];

#[test]
fn f208_what_is_said_about_a_config_steers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut good, mut bad) = (0, 0);
    for string in strings() {
        let Some(text) = string.text() else { continue };
        // Written with escapes, and as it is.
        for written in [quoted(text), format!("'{text}'"), text.to_owned()] {
            for place in PLACES {
                let config = place.replace("STRING", &written);
                let what = || format!("{} in {place}", string.name);
                match parse(&config, &dir.path().join("c.toml"), &[]) {
                    Ok(config) => {
                        good += 1;
                        harmless(&what(), describe(&config).as_bytes());
                        if let Some(warnings) = &config.warnings {
                            harmless(&what(), warnings.render(false).as_bytes());
                        }
                    }
                    Err(errors) => {
                        bad += 1;
                        harmless(&what(), errors.render(false).as_bytes());
                        assert!(errors.render(false).len() < 1 << 20, "{}", what());
                    }
                }
            }
        }
    }
    assert!(good > 100 && bad > 1000, "{good} good, {bad} bad");
}

#[test]
fn nul_is_refused_wherever_it_could_go_to_a_process() {
    for place in PLACES {
        let config = place.replace("STRING", "\"a\\u0000b\"");
        let errors = parse(&config, Path::new("/nowhere/c.toml"), &[]).unwrap_err();
        harmless(place, errors.render(false).as_bytes());
    }
}

#[test]
fn f208_a_config_may_be_named_anything() {
    let mark = Mark::new();
    for string in strings().iter().filter(|string| string.is_file_name()) {
        let dir = tempfile::tempdir().unwrap();
        for (config, code) in [
            ("[[pool]]\nname = 'p'\n", 0),
            ("[[pool]]\nnam = 'p'\n", 2),
            ("", 2),
        ] {
            write(dir.path(), "config", config);
            fs::rename(dir.path().join("config"), dir.path().join(string.os())).unwrap();
            for verb in ["check", "run", "init"] {
                let mut command = program(&mark, dir.path(), [verb, "--"]);
                // A lone dash is standard input; a file may have that name, too.
                let name = Path::new(string.os());
                let name = if name == Path::new("-") {
                    Path::new("./-")
                } else {
                    name
                };
                let ended = finish(&mark, command.arg(name));
                let code = if verb == "init" { 2 } else { code };
                assert_eq!(ended.code, Some(code), "{} {verb}: {}", string.name, ended.err);
                harmless(&string.name, ended.out.as_bytes());
                harmless(&string.name, ended.err.as_bytes());
            }
        }
    }
}

#[test]
fn f208_the_command_line_may_say_anything() {
    let mark = Mark::new();
    let dir = tempfile::tempdir().unwrap();
    for string in strings().iter().filter(|string| string.bytes.len() < 1000) {
        for verbs in [
            &["run"][..],
            &["check"],
            &["run", "x", "--format"],
            &["completions"],
            &["--none"],
            &[],
        ] {
            let mut command = program(&mark, dir.path(), []);
            command.args(verbs).arg(string.os());
            let ended = finish(&mark, &mut command);
            harmless(&format!("{} {verbs:?}", string.name), ended.out.as_bytes());
            harmless(&format!("{} {verbs:?}", string.name), ended.err.as_bytes());
        }
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
