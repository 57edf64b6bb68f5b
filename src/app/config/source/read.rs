//! A source as it stands in a config.

use super::read_csv::csv;
use super::{From, GlobPattern, Input, Shape, Source};
use crate::app::args::Args;
use crate::app::config::check::Known;
use crate::app::config::error::{ConfigError, listed, quoted};
use crate::app::config::keys::{Kind, SOURCE};
use crate::app::config::messages::describe;
use crate::app::config::paths::{self, BadPath, Given};
use crate::app::config::section::{At, Section, Span, Value, integer};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Where the values of a source are used.
pub(in crate::app::config) struct Use<'a> {
    /// What relative paths are relative to.
    pub(in crate::app::config) dir: &'a Path,
    /// Whether the function runs in another directory.
    pub(in crate::app::config) elsewhere: bool,
    /// The directory of the tasks' output, which no pattern looks into.
    pub(in crate::app::config) except: Option<&'a Path>,
    /// Whether what is found there is looked at, too: files that match a pattern.
    pub(in crate::app::config) thorough: bool,
    /// What is no mistake, and may yet not be meant.
    pub(in crate::app::config) warnings: &'a mut Vec<ConfigError>,
}

/// Reads `arg_iter`, `args_iter` or `kwargs_iter`, with what is known of its elements beforehand.
pub(in crate::app::config) fn source(
    section: &mut Section<'_, '_>,
    name: &str,
    at: &mut Use<'_>,
) -> Option<(Source, Known)> {
    let (kind, value) = section.raw(name)?;
    let Kind::Source(shape) = kind else {
        return None;
    };
    let before = section.mistakes();
    let (from, known) = match value.get_ref() {
        DeValue::Array(list) => {
            let elements: Vec<At<Args>> = list
                .iter()
                .filter_map(|value| element(section, value, shape))
                .collect();
            if list.is_empty() {
                at.warnings.push(
                    ConfigError::at(value.span(), format!("{} is an empty list", quoted(name)))
                        .label("the group starts no task"),
                );
            }
            let args = elements.iter().map(|element| element.value.clone()).collect();
            (From::List(args), Known::Exact(elements))
        }
        DeValue::Table(table) => {
            let mut inner = section.inner(&SOURCE, quoted(name), table, value.span());
            from_table(&mut inner, table, shape, name, at)?
        }
        _ => {
            section.wrong(name, kind, value);
            return None;
        }
    };
    let known = if section.mistakes() > before {
        Known::Nothing
    } else {
        known
    };
    Some((Source { from, shape }, known))
}

fn element(section: &mut Section<'_, '_>, value: &Value<'_>, shape: Shape) -> Option<At<Args>> {
    let span = value.span();
    let args = match (shape, value.get_ref()) {
        (Shape::One, DeValue::Array(_)) => {
            section.push(
                ConfigError::at(span, "an element of `arg_iter` must be one argument")
                    .label("this is a list")
                    .help("for several arguments use `starmap` with `args_iter`"),
            );
            return None;
        }
        (Shape::One, DeValue::Table(_)) => {
            section.push(
                ConfigError::at(span, "an element of `arg_iter` must be one argument")
                    .label("this is a table")
                    .help("for arguments by keyword use `doublestarmap` with `kwargs_iter`"),
            );
            return None;
        }
        (Shape::One, _) => Args::one(section.argument(value)?),
        (Shape::Positional, DeValue::Array(list)) => Args {
            positional: list.iter().filter_map(|value| section.argument(value)).collect(),
            keyword: Vec::new(),
        },
        (Shape::Keyword, DeValue::Table(table)) => Args {
            positional: Vec::new(),
            keyword: section
                .named_in(table)
                .into_iter()
                .map(|(name, value)| (name.value, value.into()))
                .collect(),
        },
        (Shape::Positional, other) => {
            section.push(
                ConfigError::at(span, "an element of `args_iter` must be a list")
                    .label(format!("this is {}", describe(other)))
                    .help("`starmap` calls `func(*args)`: write [[\"a\", 1], [\"b\", 2]], or use `map` with `arg_iter`"),
            );
            return None;
        }
        (Shape::Keyword, other) => {
            section.push(
                ConfigError::at(span, "an element of `kwargs_iter` must be a table")
                    .label(format!("this is {}", describe(other)))
                    .help("`doublestarmap` calls `func(**kwargs)`: write [{ host = \"db1\" }, { host = \"db2\" }]"),
            );
            return None;
        }
    };
    Some(At { value: args, span })
}

const ORIGINS: [&str; 5] = ["range", "lines", "glob", "csv", "jsonl"];

/// Which of the origins it is: exactly one.
fn origin(section: &mut Section<'_, '_>, table: &DeTable<'_>, name: &str) -> Option<&'static str> {
    let given: Vec<&str> = ORIGINS.into_iter().filter(|origin| section.has(origin)).collect();
    match *given {
        [origin] => Some(origin),
        [] => {
            // A misspelt one is reported already.
            if table.keys().all(|key| SOURCE.key(key.get_ref()).is_some()) {
                let message = format!("{} does not say where its elements come from", quoted(name));
                let help = format!("give it {}", listed(ORIGINS, "or"));
                section.push(ConfigError::at(section.span.clone(), message).help(help));
            }
            None
        }
        [first, second, ..] => {
            let span = section.key_span(second)?;
            let message = format!(
                "{} takes one source, not both {} and {}",
                quoted(name),
                quoted(first),
                quoted(second)
            );
            let related = section.key_span(first)?;
            section.push(ConfigError::at(span, message).related(related, "the other one"));
            None
        }
    }
}

fn from_table(
    section: &mut Section<'_, '_>,
    table: &DeTable<'_>,
    shape: Shape,
    name: &str,
    at: &mut Use<'_>,
) -> Option<(From, Known)> {
    let origin = origin(section, table, name)?;
    for (key, owner) in [
        ("step", "range"),
        ("null", "lines"),
        ("header", "csv"),
        ("delimiter", "csv"),
    ] {
        if origin != owner
            && let Some(span) = section.key_span(key)
        {
            section.push(ConfigError::at(
                span,
                format!("{} goes with {} only", quoted(key), quoted(owner)),
            ));
        }
    }
    let span = section.key_span(origin)?;
    if !suits(origin, shape) {
        section.push(unsuited(origin, shape, span));
        return None;
    }
    match origin {
        "range" => range(section),
        "lines" => Some((
            From::Lines {
                input: input(section, origin, at.dir)?.value,
                null: section.switch("null").unwrap_or(false),
            },
            Known::Count(At { value: 1, span }),
        )),
        "glob" => Some((
            From::Glob(pattern(section, at)?),
            Known::Count(At { value: 1, span }),
        )),
        "csv" => csv(section, shape, at),
        _ => {
            let known = if shape == Shape::One {
                Known::Count(At { value: 1, span })
            } else {
                Known::Nothing
            };
            Some((From::Jsonl(input(section, "jsonl", at.dir)?.value), known))
        }
    }
}

fn pattern(section: &mut Section<'_, '_>, at: &mut Use<'_>) -> Option<GlobPattern> {
    let At { value: text, span } = section.text("glob")?;
    let pattern = match paths::from_home(&text) {
        Ok(Some((home, rest))) => GlobPattern::below(&home, rest, &text),
        Ok(None) => GlobPattern::new(&text, at.dir, at.elsewhere),
        Err(BadPath { reason, help }) => {
            section.push(ConfigError::at(span, reason).help(help));
            return None;
        }
    };
    match pattern {
        Ok(pattern) => {
            let pattern = pattern.without(at.except);
            if at.thorough && pattern.is_known_to_find_nothing() {
                at.warnings.push(
                    ConfigError::at(span, pattern.nothing())
                        .label("the group would start no task")
                        .help("the files are looked for when it runs; a group without any is no failure"),
                );
            }
            Some(pattern)
        }
        Err((offset, reason)) => {
            // One for the quotation mark.
            let from = (span.start + 1 + offset).min(span.end - 1);
            section.push(
                ConfigError::at(from..span.end - 1, format!("{} is no pattern", quoted(&text)))
                    .label(reason)
                    .help("a `[` itself is written `[[]`; `**` stands alone between two `/`"),
            );
            None
        }
    }
}

/// Whether the source gives what the method needs.
fn suits(origin: &str, shape: Shape) -> bool {
    match shape {
        Shape::One => origin != "csv",
        Shape::Positional | Shape::Keyword => matches!(origin, "csv" | "jsonl"),
    }
}

fn unsuited(origin: &str, shape: Shape, span: Span) -> ConfigError {
    let (gives, help) = match shape {
        Shape::One => (
            "several values for each task",
            "use `starmap` with `args_iter`, or `doublestarmap` with `kwargs_iter`",
        ),
        Shape::Positional | Shape::Keyword => ("one value for each task", "use `map` with `arg_iter`"),
    };
    ConfigError::at(span, format!("{} gives {gives}", quoted(origin)))
        .label("does not fit this method")
        .help(help)
}

fn range(section: &mut Section<'_, '_>) -> Option<(From, Known)> {
    let (kind, value) = section.raw("range")?;
    let whole = |value: &Value<'_>| integer(value).and_then(|number| i64::try_from(number).ok());
    let ends = match value.get_ref() {
        DeValue::Array(list) => match &**list {
            [from, to] => whole(from).zip(whole(to)),
            _ => None,
        },
        _ => None,
    };
    let Some((first, last)) = ends else {
        let help = match value.get_ref() {
            DeValue::Array(list) if list.len() == 3 => {
                Some("the step is a key of its own: step = …".to_owned())
            }
            _ => Some("write range = [1, 100]".to_owned()),
        };
        section.push(
            ConfigError::at(value.span(), format!("`range` must be {}", kind.expected())).maybe_help(help),
        );
        return None;
    };
    let step = match section.raw("step") {
        None => 1,
        Some((kind, value)) => match whole(value) {
            Some(step) if step != 0 => step,
            _ => {
                section.push(ConfigError::at(
                    value.span(),
                    format!("`step` must be {}", kind.expected()),
                ));
                return None;
            }
        },
    };
    if (step > 0 && last < first) || (step < 0 && last > first) {
        let (way, other) = if step > 0 { ("up", "down") } else { ("down", "up") };
        section.push(
            ConfigError::at(
                value.span(),
                format!("a range from {first} to {last} has no numbers"),
            )
            .label(format!("counts {way} by {}", step.unsigned_abs()))
            .help(format!("to count {other} write step = {}", step.wrapping_neg())),
        );
        return None;
    }
    let known = Known::Exact(vec![At {
        value: Args::one(first.to_string()),
        span: value.span(),
    }]);
    Some((From::Range { first, last, step }, known))
}

pub(super) fn input(section: &mut Section<'_, '_>, name: &str, dir: &Path) -> Option<At<Input>> {
    if let Some((_, value)) = section.raw(name)
        && matches!(value.get_ref(), DeValue::String(text) if text == "-")
    {
        return Some(At {
            value: Input::Stdin,
            span: value.span(),
        });
    }
    let At {
        value: Given { text, path },
        span,
    } = section.path(name, dir)?;
    let reason = match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => Some("is a directory".to_owned()),
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("does not exist".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    };
    if let Some(reason) = reason {
        let absolute = path.display().to_string();
        section.push(
            ConfigError::at(span, format!("{} {reason}", quoted(&text)))
                .label("no file to read from")
                .help(format!("looked for {}", quoted(&absolute))),
        );
        return None;
    }
    Some(At {
        value: Input::File(path),
        span,
    })
}
