//! A config made of one command line: `map -j 4 'gzip -k {}' ::: a.log b.log`.
//!
//! The options become the text of a config, which is read and checked like any other.

use super::config::{ConfigFile, Template, parse_duration};
use super::headless::Output;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

/// Separates the command from its arguments.
const ARGUMENTS: &str = ":::";

/// What GNU parallel calls the parts of an argument, and what a config calls them.
const PARTS: [(&str, &str); 4] = [
    ("{/.}", "{0:stem}"),
    ("{//}", "{0:dir}"),
    ("{/}", "{0:name}"),
    ("{.}", "{0:noext}"),
];

/// A command, and what to run it with.
#[derive(Args, Debug)]
pub struct Map {
    /// How many tasks run at once. Default: one for each processor.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Run a failed task again, up to this often.
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// End a task after this long, such as 30s or 5m.
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// What of the output of tasks is shown, at their end, where there is no dashboard.
    #[arg(long, value_enum, default_value_t = Output::OnFailure)]
    pub output: Output,
    /// COMMAND is a script of the shell, which gets its argument as $1.
    #[arg(long)]
    shell: bool,
    /// Arguments on standard input end in a NUL byte instead of a line's end (`find -print0`).
    #[arg(short = '0', long)]
    null: bool,
    /// Print the config that does the same, and run nothing.
    #[arg(long)]
    pub print_config: bool,
    /// The command: one argument that is split into words as a shell does, or several words. `{}` stands for the
    /// argument of a task, `{.}` for it without its extension, `{/}` for its file name, `{//}` for its directory, `{/.}`
    /// for its name without extension; without any of them it is appended. Behind `:::` stand the arguments; without
    /// `:::` they are the lines of standard input.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    words: Vec<OsString>,
}

impl Map {
    /// The config that runs the command.
    ///
    /// # Errors
    /// What is wrong with the command line, and how to write it.
    pub fn config(&self, stdin_is_terminal: bool) -> Result<ConfigFile, String> {
        Ok(ConfigFile::made("map", self.toml(stdin_is_terminal)?))
    }

    /// The text of that config.
    ///
    /// # Errors
    /// See [`config`](Self::config).
    pub fn toml(&self, stdin_is_terminal: bool) -> Result<String, String> {
        let end = self.words.iter().position(|word| word == ARGUMENTS);
        let (command, arguments) = match end {
            Some(at) => (&self.words[..at], Some(&self.words[at + 1..])),
            None => (&self.words[..], None),
        };
        let command = texts(command, "the command")?;
        let source = match arguments {
            Some([]) => return Err("there are no arguments behind `:::`".to_owned()),
            Some(_) if self.null => {
                return Err("-0 is for standard input; arguments behind `:::` need none".to_owned());
            }
            Some(arguments) => list(&texts(arguments, "an argument")?),
            None if stdin_is_terminal => {
                return Err(
                    "there are no arguments: write them behind `:::`, or pipe them in, \
                    such as `ls *.log | taskpool-tui map gzip`"
                        .to_owned(),
                );
            }
            None if self.null => "{ lines = \"-\", null = true }".to_owned(),
            None => "{ lines = \"-\" }".to_owned(),
        };
        let (runs, name) = if self.shell {
            script(&command)?
        } else {
            words(&command)?
        };
        if let Some(Err(wrong)) = self.timeout.as_deref().map(parse_duration) {
            return Err(format!("--timeout: {wrong}"));
        }
        let jobs = self.jobs.map_or_else(
            || thread::available_parallelism().map_or(1, usize::from),
            |jobs| usize::try_from(jobs).unwrap_or(usize::MAX),
        );
        // Writing into a string cannot fail.
        let mut text = format!("[func.{name}]\n{runs}\n");
        if let Some(retries) = self.retries.filter(|retries| *retries > 0) {
            let _ = writeln!(text, "retries = {retries}");
        }
        if let Some(timeout) = &self.timeout {
            let _ = writeln!(text, "timeout = {}", quoted(timeout));
        }
        let _ = write!(
            text,
            "\n[[pool]]\nname = \"map\"\npool_size = {jobs}\n\n\
             [[pool.group]]\nname = \"{name}\"\nmethod = \"map\"\nfunc = \"{name}\"\narg_iter = {source}\n"
        );
        Ok(text)
    }
}

/// The key that runs this script, and a name for it.
fn script(command: &[&str]) -> Result<(String, String), String> {
    let [script] = command else {
        return Err("with --shell the command is one argument: put it into quotes".to_owned());
    };
    let mut placeholders = PARTS.iter().map(|(theirs, _)| *theirs).chain(["{}"]);
    if let Some(placeholder) = placeholders.find(|one| script.contains(one)) {
        return Err(format!(
            "a script gets its argument as \"$1\", not as {placeholder}: nothing is pasted into it"
        ));
    }
    Ok((format!("shell = {}", quoted(script)), "script".to_owned()))
}

/// The key that runs these words, and a name for it.
fn words(command: &[&str]) -> Result<(String, String), String> {
    let split = match command {
        [] => return Err("there is no command before `:::`".to_owned()),
        [line] => {
            shlex::split(line).ok_or_else(|| format!("a quote is not closed in the command: {line}"))?
        }
        words => words.iter().map(|&word| word.to_owned()).collect(),
    };
    let words: Vec<String> = split
        .iter()
        .map(|word| {
            PARTS
                .iter()
                .fold(word.clone(), |word, (theirs, ours)| word.replace(theirs, ours))
        })
        .collect();
    let Some(program) = words.first().filter(|program| !program.is_empty()) else {
        return Err("the command is empty".to_owned());
    };
    if let Some((word, bad)) = words
        .iter()
        .find_map(|word| Some((word, Template::parse(word).err()?)))
    {
        return Err(format!("`{word}` of the command: {}", bad.reason));
    }
    let name = Path::new(program)
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    let is_name = |name: &str| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    // Those of the functions that are built in are taken.
    let taken = ["sleep", "fail", "echo"];
    let name = match name {
        "" => "command".to_owned(),
        name if !is_name(name) => "command".to_owned(),
        name if taken.contains(&name) => format!("run-{name}"),
        name => name.to_owned(),
    };
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok((format!("command = {}", list(&texts)), name))
}

fn texts<'a>(words: &'a [OsString], what: &str) -> Result<Vec<&'a str>, String> {
    let text = |word: &'a OsString| {
        word.to_str().ok_or_else(|| {
            let shown = word.to_string_lossy();
            format!("{what} is not UTF-8: {shown}; names like that can be piped in: find -print0 | taskpool-tui map -0 …")
        })
    };
    words.iter().map(text).collect()
}

fn list(texts: &[&str]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", all.join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        map: Map,
    }

    fn toml(line: &[&str]) -> Result<String, String> {
        let line = std::iter::once("map").chain(line.iter().copied());
        Line::try_parse_from(line)
            .map_err(|error| error.to_string())?
            .map
            .toml(true)
    }

    #[test]
    fn a_line_is_a_config() {
        let text = toml(&[
            "-j",
            "4",
            "--retries",
            "2",
            "--timeout",
            "30s",
            "gzip -k '{}'",
            ":::",
            "a b",
            "-c\"d",
        ])
        .unwrap();
        assert_eq!(
            text,
            "[func.gzip]\ncommand = [\"gzip\", \"-k\", \"{}\"]\nretries = 2\ntimeout = \"30s\"\n\n\
             [[pool]]\nname = \"map\"\npool_size = 4\n\n\
             [[pool.group]]\nname = \"gzip\"\nmethod = \"map\"\nfunc = \"gzip\"\narg_iter = [\"a b\", '-c\"d']\n"
        );
    }

    #[test]
    fn words_are_taken_as_they_are_and_parts_have_the_names_of_others_too() {
        let text = toml(&["convert", "{}", "out/{/.}.png", "{.}", "{//}", "{/}", ":::", "x"]).unwrap();
        let want = r#"command = ["convert", "{}", "out/{0:stem}.png", "{0:noext}", "{0:dir}", "{0:name}"]"#;
        assert!(text.contains(want), "{text}");
        assert!(
            toml(&["--", "ls", "-l", ":::", "x"])
                .unwrap()
                .contains(r#"["ls", "-l"]"#)
        );
        assert!(
            toml(&["ls", "-l", "--all", ":::", "x"])
                .unwrap()
                .contains(r#"["ls", "-l", "--all"]"#)
        );
        assert!(toml(&["sleep", ":::", "1"]).unwrap().contains("[func.run-sleep]"));
    }

    #[test]
    fn options_may_be_glued_to_their_values() {
        for jobs in [
            &["-j3"][..],
            &["-j=3"],
            &["-j", "3"],
            &["--jobs=3"],
            &["--jobs", "3"],
        ] {
            let text = toml(&[jobs, &["gzip", ":::", "x"]].concat()).unwrap();
            assert!(text.contains("pool_size = 3\n"), "{jobs:?}: {text}");
        }
        // An option that there is not is no command.
        toml(&["--jbos", "3", "gzip", ":::", "x"]).unwrap_err();
    }

    #[test]
    fn a_script_keeps_no_placeholder() {
        for placeholder in ["{}", "{.}", "{/}", "{//}", "{/.}"] {
            let error = toml(&["--shell", &format!("echo {placeholder}"), ":::", "x"]).unwrap_err();
            assert!(error.contains(placeholder) && error.contains("\"$1\""), "{error}");
        }
    }

    #[test]
    fn a_script_gets_its_argument_and_is_not_changed() {
        let text = toml(&["--shell", "wc -l < \"$1\" | tr -d ' '", ":::", "x"]).unwrap();
        assert!(text.contains("shell = "), "{text}");
        assert!(
            toml(&["--shell", "cat {}", ":::", "x"])
                .unwrap_err()
                .contains("\"$1\"")
        );
        assert!(
            toml(&["--shell", "a", "b", ":::", "x"])
                .unwrap_err()
                .contains("quotes")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_remedy() {
        for (line, says) in [
            (&["gzip", ":::"][..], "no arguments behind"),
            (&[":::", "a"], "no command before"),
            (&["gzip 'a", ":::", "a"], "a quote is not closed"),
            (&["gzip"], "pipe them in"),
            (&["-0", "gzip", ":::", "a"], "-0 is for standard input"),
            (&["gzip {x", ":::", "a"], "never closed"),
            (&["", ":::", "a"], "empty"),
            (&["-j", "0", "gzip", ":::", "a"], "0 is not in"),
        ] {
            let error = toml(line).unwrap_err();
            assert!(error.contains(says), "{line:?}: {error}");
        }
    }
}
