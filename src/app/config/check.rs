//! Checks across the file: whether what is called exists, and can be called with what it is given.

use super::error::{ConfigError, did_you_mean, listed, quoted};
use super::func::{FuncAt, tilde_stays};
use super::messages::bad_name;
use super::model::{FuncKind, FuncSpec, bad_shell_name, is_shell_name};
use super::section::{At, Span};
use super::template::{self, Missing, Slot};
use crate::app::args::Args;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

/// The functions that need no `[func.NAME]`.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("sleep", "waits: `sleep(\"2s\")`, or seconds as a number"),
    ("fail", "fails, with its argument as the message"),
    ("echo", "prints its arguments"),
];

/// What is known of the arguments of a call before anything runs.
#[derive(Debug)]
pub(super) enum Known {
    /// All of them.
    Exact(Vec<At<Args>>),
    /// How many there will be, by position.
    Count(At<usize>),
    /// The keywords.
    Columns(At<Vec<String>>),
    Nothing,
}

/// All functions that can be named.
pub(super) struct Funcs<'a> {
    of_file: Vec<FuncAt>,
    /// Where in it each name is.
    by_name: HashMap<String, usize>,
    pub(super) registered: &'a [&'a str],
    pub(super) dir: &'a Path,
    /// Where the tasks' output goes.
    pub(super) output: Option<&'a Path>,
    /// Whether what only a run would come upon is looked for, too: what is in directories that the config names.
    pub(super) thorough: bool,
    /// Built in or registered ones that are used, in the order of their first use.
    pub(super) used: Vec<FuncSpec>,
    /// What is no mistake, and may yet not be meant.
    pub(super) warnings: Vec<ConfigError>,
}

impl<'a> Funcs<'a> {
    pub(super) fn new(of_file: Vec<FuncAt>, registered: &'a [&'a str], dir: &'a Path) -> Funcs<'a> {
        let names = of_file.iter().enumerate();
        Funcs {
            by_name: names.map(|(index, func)| (func.name.clone(), index)).collect(),
            of_file,
            registered,
            dir,
            output: None,
            thorough: false,
            used: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The functions that were read or used, those of the file first.
    pub(super) fn into_specs(self) -> Vec<FuncSpec> {
        let of_file = self.of_file.into_iter().filter_map(|func| func.spec);
        of_file.chain(self.used).collect()
    }
}

impl Funcs<'_> {
    /// Looks a name up; an unknown one is reported.
    pub(super) fn resolve(&mut self, name: &At<String>, errors: &mut Vec<ConfigError>) -> bool {
        if self.by_name.contains_key(&name.value) || self.used.iter().any(|func| func.name == name.value) {
            return true;
        }
        let kind = match &*name.value {
            "sleep" => FuncKind::Sleep,
            "fail" => FuncKind::Fail,
            "echo" => FuncKind::Echo,
            other if self.registered.contains(&other) => FuncKind::Registered,
            other => {
                errors.push(self.unknown(other, name.span.clone()));
                return false;
            }
        };
        // Those of the file are looked at where they are defined; the program registers what it likes.
        if let Some(error) = bad_name(&name.value, &name.span) {
            errors.push(error);
            return false;
        }
        self.used
            .push(FuncSpec::bare(&name.value, kind, self.dir.to_owned()));
        true
    }

    fn unknown(&self, name: &str, span: Span) -> ConfigError {
        let own = || self.of_file.iter().map(|func| &*func.name);
        let others = || {
            BUILT_IN
                .iter()
                .map(|(name, _)| *name)
                .chain(self.registered.iter().copied())
        };
        let error = ConfigError::at(span, format!("there is no function {}", quoted(name)));
        match did_you_mean(name, own().chain(others())) {
            Some(mean) => error.label("unknown function").help(mean),
            None if own().next().is_none() => error.label("unknown function").help(format!(
                "define it in a table [func.{}]; built in are {}",
                name.escape_debug(),
                listed(others(), "and")
            )),
            None => error.label("unknown function").help(format!(
                "the file has {}; built in are {}",
                listed(own(), "and"),
                listed(others(), "and")
            )),
        }
    }

    fn find(&self, name: &str) -> Option<(&FuncSpec, Option<&FuncAt>)> {
        let of_file = self.by_name.get(name).map(|index| &self.of_file[*index]);
        match of_file {
            Some(at) => Some((at.spec.as_ref()?, Some(at))),
            None => Some((self.used.iter().find(|func| func.name == name)?, None)),
        }
    }

    /// Whether the function runs in another directory than the config's.
    pub(super) fn runs_elsewhere(&self, name: &str) -> bool {
        self.find(name).is_some_and(|(func, _)| match func.kind {
            FuncKind::Command { .. } | FuncKind::Shell { .. } => func.cwd != self.dir,
            FuncKind::Registered => true,
            FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo => false,
        })
    }

    /// Reports a call that cannot work; once, however many elements there are.
    pub(super) fn call(&mut self, name: &str, known: &Known, errors: &mut Vec<ConfigError>) {
        errors.extend(self.objection(name, known));
        let doubts = [self.like_an_option(name, known), self.tilde_stays(name, known)];
        self.warnings.extend(doubts.into_iter().flatten());
    }

    /// A value that is meant as a path below the home directory.
    fn tilde_stays(&self, name: &str, known: &Known) -> Option<ConfigError> {
        let (func, _) = self.find(name)?;
        let (FuncKind::Command { .. } | FuncKind::Shell { .. }, Known::Exact(calls)) = (&func.kind, known)
        else {
            return None;
        };
        let is_tilde = |value: &OsString| value.as_encoded_bytes().starts_with(b"~/");
        let found = calls.iter().find(|call| {
            let Args { positional, keyword } = &call.value;
            positional.iter().any(is_tilde) || keyword.iter().any(|(_, value)| is_tilde(value))
        })?;
        Some(tilde_stays(found.span.clone()))
    }

    /// A value that the command could take for an option.
    fn like_an_option(&self, name: &str, known: &Known) -> Option<ConfigError> {
        let (func, _) = self.find(name)?;
        let (FuncKind::Command { argv, .. }, Known::Exact(calls)) = (&func.kind, known) else {
            return None;
        };
        let mut found = calls.iter().filter_map(|call| {
            let value = template::like_an_option(argv, &call.value)?;
            Some((call.span.clone(), value))
        });
        let (span, value) = found.next()?;
        let more = match found.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(
            ConfigError::at(
                span,
                format!(
                    "{} begins with `-`{more}: the program of {} may take it for an option",
                    quoted(&value.to_string_lossy()),
                    quoted(name)
                ),
            )
            .label("is it meant as one?")
            .help("if not, end the options first: command = [\"rm\", \"--\", \"{0}\"]")
            .help("or let the value begin with something else: \"./{0}\"")
            .help("if so, write it into the `command` itself"),
        )
    }

    fn objection(&self, name: &str, known: &Known) -> Option<ConfigError> {
        let (func, at) = self.find(name)?;
        let (span, problem) = match known {
            Known::Nothing => return None,
            Known::Exact(calls) => calls
                .iter()
                .find_map(|call| Some((call.span.clone(), problem(func, &call.value)?)))?,
            Known::Count(count) => (count.span.clone(), with_count(func, count.value)?),
            Known::Columns(columns) => (columns.span.clone(), with_columns(func, &columns.value)?),
        };
        let message = format!("{} cannot be called with this: {}", quoted(name), problem.reason);
        let mut error = ConfigError::at(span, message).label(problem.label.unwrap_or_else(|| given(known)));
        if let Some(slot) = problem.slot {
            if let Some((_, place)) = at.and_then(|at| at.slots.iter().find(|(known, _)| *known == slot)) {
                error = error.related(place.clone(), "needed here");
            }
            if let Slot::Position(index) = slot {
                error = error.help(format!(
                    "positions count from 0: `{slot}` is argument number {}",
                    index + 1
                ));
            }
        }
        Some(error)
    }

    /// A callback is called without arguments: it finds its task in `TASKPOOL_*` variables.
    pub(super) fn callback(&mut self, name: &At<String>, errors: &mut Vec<ConfigError>) {
        if !self.resolve(name, errors) {
            return;
        }
        let no_args = Known::Exact(vec![At {
            value: Args::default(),
            span: name.span.clone(),
        }]);
        if let Some(mut error) = self.objection(&name.value, &no_args) {
            error.message = error.message.replacen("be called with this", "be a callback", 1);
            error.help.clear();
            errors.push(error.label("called without arguments").help(
                "a callback finds its task in the variables TASKPOOL_POOL, TASKPOOL_GROUP and TASKPOOL_TASK_ID",
            ));
        }
    }
}

struct Problem {
    reason: String,
    /// What the place is marked with, in place of what is given there.
    label: Option<String>,
    slot: Option<Slot>,
}

impl Problem {
    fn of(reason: String) -> Problem {
        Problem {
            reason,
            label: None,
            slot: None,
        }
    }

    fn missing(slot: &Slot) -> Problem {
        Problem {
            reason: Missing(slot.clone()).to_string(),
            label: None,
            slot: Some(slot.clone()),
        }
    }
}

fn problem(func: &FuncSpec, args: &Args) -> Option<Problem> {
    if let FuncKind::Command { argv, .. } = &func.kind {
        let slots = template::slots(argv);
        let lacks = |slot: &&Slot| match slot {
            Slot::Position(index) => args.positional.len() <= *index,
            Slot::Keyword(name) => args.get(name).is_none(),
        };
        if let Some(slot) = slots.iter().copied().find(lacks) {
            return Some(Problem::missing(slot));
        }
        let unused = args
            .keyword
            .iter()
            .find(|(name, _)| !slots.contains(&Slot::Keyword(name.clone())));
        return unused.map(|(name, _)| Problem {
            label: Some("this value would be lost".to_owned()),
            ..Problem::of(format!("its command has no `{{{}}}`", name.escape_debug()))
        });
    }
    let keywords = args.keyword.iter().map(|(name, _)| &**name);
    func.accepts(args)
        .err()
        .map(Problem::of)
        .or_else(|| braces_in_script(func, keywords))
}

fn with_count(func: &FuncSpec, count: usize) -> Option<Problem> {
    match &func.kind {
        FuncKind::Command { argv, .. } => template::slots(argv)
            .into_iter()
            .find(|slot| match slot {
                Slot::Position(index) => count <= *index,
                Slot::Keyword(_) => true,
            })
            .map(Problem::missing),
        FuncKind::Sleep if count != 1 => Some(Problem::of("`sleep` takes one argument, how long".to_owned())),
        FuncKind::Fail if count > 1 => Some(Problem::of("`fail` takes one argument, its message".to_owned())),
        FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Shell { .. } | FuncKind::Registered => {
            None
        }
    }
}

fn with_columns(func: &FuncSpec, columns: &[String]) -> Option<Problem> {
    match &func.kind {
        FuncKind::Command { argv, .. } => template::slots(argv)
            .into_iter()
            .find(|slot| match slot {
                Slot::Position(_) => true,
                Slot::Keyword(name) => !columns.contains(name),
            })
            .map(Problem::missing),
        FuncKind::Shell { .. } => columns
            .iter()
            .find(|name| !is_shell_name(name))
            .map(|name| Problem::of(bad_shell_name(name)))
            .or_else(|| braces_in_script(func, columns.iter().map(String::as_str))),
        FuncKind::Sleep | FuncKind::Fail => {
            Some(Problem::of(format!("{} takes no keywords", quoted(&func.name))))
        }
        FuncKind::Echo | FuncKind::Registered => None,
    }
}

/// `{host}` in a script that is called with the keyword `host` is meant as a placeholder.
fn braces_in_script<'a>(func: &FuncSpec, mut keywords: impl Iterator<Item = &'a str>) -> Option<Problem> {
    let FuncKind::Shell { script } = &func.kind else {
        return None;
    };
    let name = keywords.find(|name| {
        let braces = format!("{{{name}}}");
        let mut found = script.match_indices(&braces);
        found.any(|(at, _)| !script[..at].ends_with(['$', '%', '\\']))
    })?;
    Some(Problem {
        label: Some(format!("write \"${name}\" in the script")),
        ..Problem::of(format!("`{{{name}}}` is not put in by a shell"))
    })
}

fn given(known: &Known) -> String {
    let count = |count: usize| match count {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("{more} arguments"),
    };
    match known {
        Known::Nothing => String::new(),
        Known::Count(at) => format!("gives {} for each task", count(at.value)),
        Known::Columns(at) => format!(
            "its columns are {}",
            listed(at.value.iter().map(String::as_str), "and")
        ),
        Known::Exact(calls) => match &**calls {
            [At { value: args, .. }] if args.keyword.is_empty() => {
                format!("gives {}", count(args.positional.len()))
            }
            [At { value: args, .. }] => {
                let names = listed(args.keyword.iter().map(|(name, _)| &**name), "and");
                match args.positional.len() {
                    0 => format!("gives {names}"),
                    positional => format!("gives {} and {names}", count(positional)),
                }
            }
            _ => "given here".to_owned(),
        },
    }
}
