//! A config as plain, checked values.

use super::duration;
use super::error::ConfigErrors;
use super::source::Source;
use super::template::{self, Slot, Template};
use super::ui::UiSpec;
use crate::app::args::Args;
use crate::app::output::OutputLimits;
use crate::app::process::Stdin;
use crate::app::warnings::Limits;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A config whose every name, path and number has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its directory, absolute: what relative paths are relative to.
    pub dir: PathBuf,
    /// The functions of the file in its order, then those built in or registered that it uses.
    pub funcs: Vec<FuncSpec>,
    /// The pools, in the order of the file; at least one.
    pub pools: Vec<PoolSpec>,
    /// What is kept of the tasks' output.
    pub output: OutputSpec,
    /// What the dashboard looks like, and its keys.
    pub ui: UiSpec,
    /// What is warned of while it runs.
    pub warn: Limits,
    /// What is no mistake, and may yet not be meant.
    pub warnings: Option<ConfigErrors>,
}

impl Config {
    /// The function with this name. Every name that a pool or group uses is there.
    pub fn func(&self, name: &str) -> Option<&FuncSpec> {
        self.funcs.iter().find(|func| func.name == name)
    }

    /// Whether a group's elements come from standard input.
    pub fn reads_stdin(&self) -> bool {
        read_stdin(&self.pools)
    }
}

/// Whether a group's elements come from standard input.
pub(super) fn read_stdin(pools: &[PoolSpec]) -> bool {
    let mut groups = pools.iter().flat_map(|pool| match &pool.kind {
        PoolKind::Task { groups } => groups.as_slice(),
        PoolKind::Simple { .. } => &[],
    });
    groups.any(|group| group.method.source().is_some_and(Source::reads_stdin))
}

/// How much output is kept, in bytes, and where all of it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputSpec {
    /// Of each task.
    pub bytes: usize,
    /// Of all tasks together.
    pub total_bytes: usize,
    /// Where all of it goes in files, a directory for each run.
    pub dir: Option<PathBuf>,
}

impl Default for OutputSpec {
    fn default() -> Self {
        OutputSpec {
            bytes: OutputLimits::DEFAULT.per_task,
            total_bytes: OutputLimits::DEFAULT.total,
            dir: None,
        }
    }
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncSpec {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: FuncKind,
    /// The working directory of its processes, absolute.
    pub cwd: PathBuf,
    /// Environment variables to add or replace.
    pub env: Vec<(String, String)>,
    /// What its processes read.
    pub stdin: Stdin,
    /// After this long a task is stopped, and has failed.
    pub timeout: Option<Duration>,
    /// How long a task that is told to stop may take.
    pub grace: Duration,
    /// Whether its command runs in a terminal of its own.
    pub pty: bool,
    /// Whether a task runs again in its slot, and when.
    pub again: Option<Again>,
}

/// When a task runs again in its own slot, as the same task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Again {
    /// After which ends.
    pub when: When,
    /// How long it waits before that for the first time; each time in a row twice as long, up to
    /// [`LONGEST_BACKOFF`] (or to this, if it is longer).
    pub backoff: Duration,
}

/// After which ends a task runs again. None runs again that was asked to cancel, or panicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// After a failure, up to so many times; at least 1.
    Retries(usize),
    /// After each failure: `restart = "on-failure"`.
    OnFailure,
    /// After each end: `restart = "always"`.
    Always,
}

impl Again {
    /// Whether it is for workers, which run until they are cancelled.
    pub fn is_restart(&self) -> bool {
        match self.when {
            When::Retries(_) => false,
            When::OnFailure | When::Always => true,
        }
    }
}

impl fmt::Display for Again {
    /// For people: `3 retries, backoff 1s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Retries(1) => f.write_str("1 retry")?,
            When::Retries(retries) => write!(f, "{retries} retries")?,
            When::OnFailure => f.write_str("restart on failure")?,
            When::Always => f.write_str("restart always")?,
        }
        write!(f, ", backoff {:?}", self.backoff)
    }
}

/// The longest time between two tries that a doubled `backoff` comes to.
pub const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

pub(super) const DEFAULT_BACKOFF: Duration = Duration::from_secs(1);

/// What a function does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FuncKind {
    /// Runs a program.
    Command {
        /// The program and its arguments.
        argv: Vec<Template>,
        /// The program's file, absolute, as found when the config was read; `None` if its name has placeholders.
        program: Option<PathBuf>,
    },
    /// Runs `sh -c` with this script; arguments arrive as `$1`, `$2` … and as variables.
    Shell {
        /// The script.
        script: String,
    },
    /// Built in: waits as long as its argument says.
    Sleep,
    /// Built in: fails with its argument as the message.
    Fail,
    /// Built in: prints its arguments.
    Echo,
    /// A function that the embedding program has registered under this name.
    Registered,
}

impl FuncSpec {
    pub(super) fn bare(name: &str, kind: FuncKind, cwd: PathBuf) -> FuncSpec {
        FuncSpec {
            name: name.to_owned(),
            kind,
            cwd,
            env: Vec::new(),
            stdin: Stdin::Empty,
            timeout: None,
            grace: DEFAULT_GRACE,
            pty: false,
            again: None,
        }
    }

    /// Whether the function can be called with these arguments; a task must not be started otherwise. The
    /// error says why not, in one line. Registered functions know that themselves.
    pub fn accepts(&self, args: &Args) -> Result<(), String> {
        match &self.kind {
            FuncKind::Command { argv, .. } => template::slots(argv)
                .into_iter()
                .find(|slot| match slot {
                    Slot::Position(index) => args.positional.len() <= *index,
                    Slot::Keyword(name) => args.get(name).is_none(),
                })
                .map_or(Ok(()), |slot| Err(template::Missing(slot.clone()).to_string())),
            FuncKind::Shell { .. } => match args.keyword.iter().find(|(name, _)| !is_shell_name(name)) {
                None => Ok(()),
                Some((name, _)) => Err(bad_shell_name(name)),
            },
            FuncKind::Sleep => sleep_time(args).map(drop),
            FuncKind::Fail if !args.keyword.is_empty() || args.positional.len() > 1 => {
                Err("`fail` takes one argument, its message".to_owned())
            }
            FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => Ok(()),
        }
    }
}

pub(super) const DEFAULT_GRACE: Duration = Duration::from_secs(5);

/// The argument of the built-in `sleep`: a duration such as `2s`, or a number of seconds.
pub fn sleep_time(args: &Args) -> Result<Duration, String> {
    let ([text], []) = (&*args.positional, &*args.keyword) else {
        return Err("`sleep` takes one argument, how long".to_owned());
    };
    let text = text.to_string_lossy();
    duration::parse_seconds(&text).map_err(|reason| {
        let text = super::error::quoted(&text);
        format!("{text} is no duration for `sleep`: {reason}")
    })
}

/// A keyword becomes a variable of the script. Those that steer a shell or a program (`PATH`, `LD_PRELOAD`,
/// `BASH_ENV` …) are upper case; data must not set them.
pub(super) fn is_shell_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(super) fn bad_shell_name(name: &str) -> String {
    format!(
        "{} cannot become a variable of a shell script: such a keyword begins with a lower-case letter, and has \
         letters, digits and `_`",
        super::error::quoted(name)
    )
}

/// A pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolSpec {
    /// Its name; unique.
    pub name: String,
    /// Which kind of pool.
    pub kind: PoolKind,
    /// The most tasks at once; `None` is unlimited.
    pub pool_size: Option<usize>,
    /// The function that is called when a task has ended.
    pub end_callback: Option<String>,
    /// The function that is called when a task was cancelled.
    pub cancel_callback: Option<String>,
}

/// The two kinds of pools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PoolKind {
    /// A `TaskPool`.
    Task {
        /// Its groups, in the order of the file.
        groups: Vec<GroupSpec>,
    },
    /// A `SimpleTaskPool`.
    Simple {
        /// The name of its function.
        func: String,
        /// What every task is called with.
        args: Args,
        /// How many tasks to start with.
        start: usize,
    },
}

/// A group of a `TaskPool`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSpec {
    /// Its name; unique in its pool. `None`: (auto).
    pub name: Option<String>,
    /// Which tasks it has.
    pub method: Method,
    /// The name of its function.
    pub func: String,
    /// The most tasks of the group at once; at least 1. None: as many as the pool has slots. Without effect on `apply`.
    pub num_concurrent: Option<usize>,
    /// Whether it starts by itself.
    pub autostart: bool,
    /// In place of the pool's.
    pub end_callback: Option<String>,
    /// In place of the pool's.
    pub cancel_callback: Option<String>,
    /// Which of those without a name it is that its method makes of its function, where their order does not say it.
    pub nth: Option<usize>,
}

/// The pool's methods that make a group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// The same arguments, `num` times.
    Apply {
        /// What every task is called with.
        args: Args,
        /// How many tasks.
        num: usize,
    },
    /// One argument for each task.
    Map(Source),
    /// Arguments by position for each task.
    Starmap(Source),
    /// Arguments by keyword for each task.
    Doublestarmap(Source),
}

impl Method {
    /// As it is written in a config.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Apply { .. } => "apply",
            Method::Map(_) => "map",
            Method::Starmap(_) => "starmap",
            Method::Doublestarmap(_) => "doublestarmap",
        }
    }

    /// Where its arguments come from.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Method::Apply { .. } => None,
            Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => Some(source),
        }
    }

    /// Forgets where the arguments come from, which may be a long list.
    pub(in crate::app) fn drop_elements(&mut self) {
        match self {
            Method::Apply { .. } => {}
            Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
                *source = Source::of_nothing(source.shape());
            }
        }
    }

    /// How many tasks, where that is known beforehand.
    pub fn len(&self) -> Option<u64> {
        match self {
            Method::Apply { num, .. } => Some(*num as u64),
            Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => source.len(),
        }
    }

    /// Whether it is known to have no tasks at all.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: FuncKind) -> FuncSpec {
        FuncSpec::bare("f", kind, PathBuf::from("/"))
    }

    fn keyword(name: &str) -> Args {
        Args {
            positional: Vec::new(),
            keyword: vec![(name.to_owned(), "x".into())],
        }
    }

    #[test]
    fn a_command_accepts_what_fills_its_placeholders() {
        let command = ["ping", "{host}", "{1}"].map(|text| Template::parse(text).unwrap());
        let func = spec(FuncKind::Command {
            argv: command.to_vec(),
            program: None,
        });
        let mut args = keyword("host");
        args.positional = vec!["a".into()];
        assert_eq!(func.accepts(&args).unwrap_err(), "nothing to put in for `{1}`");
        args.positional.push("b".into());
        assert_eq!(func.accepts(&args), Ok(()));
        args.keyword.clear();
        assert_eq!(func.accepts(&args).unwrap_err(), "nothing to put in for `{host}`");
    }

    #[test]
    fn data_cannot_set_a_variable_that_steers_the_shell() {
        let func = spec(FuncKind::Shell {
            script: "true".to_owned(),
        });
        for name in [
            "LD_PRELOAD",
            "PATH",
            "BASH_ENV",
            "ENV",
            "IFS",
            "_",
            "1x",
            "a-b",
            "a b",
            "",
            "a=b",
        ] {
            assert!(func.accepts(&keyword(name)).is_err(), "{name}");
        }
        for name in ["host", "queue_2", "maxSize"] {
            assert_eq!(func.accepts(&keyword(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn sleep_takes_one_duration() {
        let func = spec(FuncKind::Sleep);
        assert_eq!(func.accepts(&Args::one("20ms")), Ok(()));
        assert_eq!(func.accepts(&Args::one("0.5")), Ok(()));
        assert!(func.accepts(&Args::one("soon")).unwrap_err().contains("`soon`"));
        assert!(func.accepts(&Args::default()).is_err());
        assert!(func.accepts(&keyword("seconds")).is_err());
    }
}
