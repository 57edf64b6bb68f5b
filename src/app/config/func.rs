//! The functions of a config.

use super::check::BUILT_IN;
use super::error::{ConfigError, quoted};
use super::keys::{FUNC, Kind};
use super::messages::{bad_name, describe, plain_name};
use super::model::{Again, DEFAULT_BACKOFF, DEFAULT_GRACE, FuncKind, FuncSpec, When};
use super::paths::{self, BadPath, Given};
use super::section::{At, Section, Span, Value};
use super::shell::shell;
use super::stdin::{pty, stdin};
use super::template::{Slot, Template};
use super::{Context, program, script};
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// A function and where it stands.
pub(super) struct FuncAt {
    pub(super) name: String,
    /// `None` if it could not be read; its mistakes are reported, and its callers have none.
    pub(super) spec: Option<FuncSpec>,
    /// Where its command needs what.
    pub(super) slots: Vec<(Slot, Span)>,
}

/// Reads every `[func.NAME]`, in the order of the file.
pub(super) fn read(
    root: &mut Section<'_, '_>,
    at: &Context<'_>,
    warnings: &mut Vec<ConfigError>,
) -> Vec<FuncAt> {
    let Some((kind, value)) = root.raw("func") else {
        return Vec::new();
    };
    let DeValue::Table(funcs) = value.get_ref() else {
        root.wrong("func", kind, value);
        return Vec::new();
    };
    let mut entries: Vec<_> = funcs.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let mut list = Vec::new();
    for (name, value) in entries {
        let before = root.mistakes();
        let plain = plain_name(name.get_ref());
        if plain != **name.get_ref() && list.iter().any(|other: &FuncAt| other.name == plain) {
            root.push(ConfigError::at(
                name.span(),
                format!("there is a function {} already", quoted(&plain)),
            ));
        }
        check_name(root, &plain, name.span());
        let mut slots = Vec::new();
        let spec = if let DeValue::Table(table) = value.get_ref() {
            let title = format!("[func.{}]", name.get_ref().escape_debug());
            let mut section = root.inner(&FUNC, title, table, name.span());
            one(&mut section, &plain, at, &mut slots, warnings)
        } else {
            root.wrong(name.get_ref(), Kind::Table(&FUNC), value);
            None
        };
        let good = root.mistakes() == before;
        list.push(FuncAt {
            name: plain,
            spec: spec.filter(|_| good),
            slots,
        });
    }
    list
}

fn check_name(root: &mut Section<'_, '_>, name: &str, span: Span) {
    if let Some((_, doc)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        root.push(
            ConfigError::at(span, format!("{} is built in", quoted(name)))
                .label(format!("it {doc}"))
                .help("give this function another name"),
        );
    } else if let Some(error) = bad_name(name, &span) {
        root.push(error);
    }
}

fn one(
    section: &mut Section<'_, '_>,
    name: &str,
    at: &Context<'_>,
    slots: &mut Vec<(Slot, Span)>,
    warnings: &mut Vec<ConfigError>,
) -> Option<FuncSpec> {
    section.fit(None);
    let cwd = cwd(section, at);
    let env = env(section);
    let stdin = stdin(section, at);
    let timeout = section.duration("timeout");
    let grace = section.duration("grace").unwrap_or(DEFAULT_GRACE);
    let pty = pty(section);
    let again = again(section);
    if at.registered.contains(&name) {
        let spec = FuncSpec::bare(name, FuncKind::Registered, at.dir.to_owned());
        return only_again(section, name).then_some(FuncSpec { again, ..spec });
    }
    let kind = match (section.key_span("command"), section.key_span("shell")) {
        (Some(_), None) => command(section, cwd.as_ref(), &env, at, slots, warnings)
            .inspect(|_| doubts(section, name, at, warnings))?,
        (None, Some(_)) => shell(section, name, at, warnings)?,
        (Some(command), Some(shell)) => {
            section.push(
                ConfigError::at(shell, "a function has a `command` or a `shell`, not both")
                    .related(command, "the other one"),
            );
            return None;
        }
        (None, None) => {
            let misspelt = section.unknown_like(&["command", "shell"]);
            if !misspelt {
                section.push(
                    ConfigError::at(section.span.clone(), format!("{} does nothing", quoted(name)))
                        .label("lacks `command` or `shell`")
                        .help(
                            "write command = [\"program\", \"argument\"], one list element for each argument",
                        ),
                );
            }
            return None;
        }
    };
    Some(FuncSpec {
        name: name.to_owned(),
        kind,
        cwd: cwd?,
        env,
        stdin,
        timeout,
        grace,
        pty,
        again,
    })
}

/// When a task of the function runs again.
fn again(section: &mut Section<'_, '_>) -> Option<Again> {
    let retries = section.count("retries");
    let restart = section.word("restart");
    let backoff = section.duration("backoff").unwrap_or(DEFAULT_BACKOFF);
    let spans = ["retries", "restart", "backoff"].map(|name| section.key_span(name));
    match spans {
        [Some(retries), Some(restart), _] => {
            section.push(
                ConfigError::at(restart, "a function has `retries` or `restart`, not both")
                    .related(retries, "the other one")
                    .help(
                        "`retries` is for tasks that come to an end, `restart` for workers that should not",
                    ),
            );
            return None;
        }
        [None, None, Some(backoff)] if !section.unknown_like(&["retries", "restart"]) => {
            section.push(
                ConfigError::at(backoff, "`backoff` alone does nothing")
                    .label("there is nothing to wait for")
                    .help("write retries = 3 beside it, or restart = \"on-failure\" for a worker"),
            );
            return None;
        }
        _ => {}
    }
    let when = match (retries.filter(|retries| *retries > 0), restart) {
        (Some(retries), _) => When::Retries(retries),
        (None, Some("always")) => When::Always,
        (None, Some(_)) => When::OnFailure,
        (None, None) => return None,
    };
    Some(Again { when, backoff })
}

/// Of a function that the program registers a config says only whether its tasks run again.
fn only_again(section: &mut Section<'_, '_>, name: &str) -> bool {
    let mut good = true;
    for key in ["command", "shell", "cwd", "env", "timeout", "grace"] {
        if let Some(span) = section.key_span(key) {
            good = false;
            section.push(
                ConfigError::at(span, format!("{} is registered by the program", quoted(name)))
                    .label(format!("{} is for commands", quoted(key)))
                    .help(
                        "such a function has `retries`, `restart` and `backoff` only; give a command another name",
                    ),
            );
        }
    }
    good
}

fn cwd(section: &mut Section<'_, '_>, at: &Context<'_>) -> Option<PathBuf> {
    if !section.has("cwd") {
        return Some(at.dir.to_owned());
    }
    let At {
        value: Given { text, path },
        span,
    } = section.path("cwd", at.dir)?;
    let reason = match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => return Some(path),
        Ok(_) => "is no directory".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        Err(error) => format!("cannot be used: {error}"),
    };
    section.push(
        ConfigError::at(span, format!("the directory {} {reason}", quoted(&text)))
            .help(format!("looked for {}", quoted(&path.display().to_string()))),
    );
    None
}

fn env(section: &mut Section<'_, '_>) -> Vec<(String, String)> {
    let mut env = Vec::new();
    for (name, value) in section.named("env") {
        if name.value.is_empty() || name.value.contains(['=', '\0']) {
            section.push(ConfigError::at(
                name.span,
                format!("{} is no name of a variable", quoted(&name.value)),
            ));
            continue;
        }
        if name.value == "PATH" && std::env::split_paths(&value).any(|dir| !dir.is_absolute()) {
            section.push(
                ConfigError::at(name.span, "PATH has an element that is empty or relative")
                    .help("such an element means whatever the current directory is; write absolute directories only"),
            );
            continue;
        }
        env.push((name.value, value));
    }
    env
}

fn command(
    section: &mut Section<'_, '_>,
    cwd: Option<&PathBuf>,
    env: &[(String, String)],
    at: &Context<'_>,
    slots: &mut Vec<(Slot, Span)>,
    warnings: &mut Vec<ConfigError>,
) -> Option<FuncKind> {
    let (kind, value) = section.raw("command")?;
    let DeValue::Array(list) = value.get_ref() else {
        section.wrong("command", kind, value);
        return None;
    };
    let mut argv = Vec::with_capacity(list.len());
    for (index, element) in list.iter().enumerate() {
        let DeValue::String(text) = element.get_ref() else {
            section.push(
                ConfigError::at(element.span(), "an element of `command` must be a string")
                    .label(format!("this is {}", describe(element.get_ref())))
                    .help("write it in quotation marks"),
            );
            continue;
        };
        let home = match paths::from_home(text) {
            // Nobody reads the arguments as a shell would.
            Ok(Some(_)) if index > 0 => {
                warnings.push(tilde_stays(element.span()));
                None
            }
            Ok(Some((home, rest))) => Some(home_in_template(&home, rest)),
            Err(BadPath { reason, help }) if index == 0 => {
                section.push(ConfigError::at(element.span(), reason).help(help));
                continue;
            }
            Ok(None) | Err(_) => None,
        };
        match Template::parse(home.as_deref().unwrap_or(text)) {
            Err(error) if home.is_some() => {
                section.push(ConfigError::at(element.span(), "bad placeholder").label(error.reason));
            }
            Ok(template) => {
                slots.extend(template.slots().map(|slot| (slot.clone(), element.span())));
                argv.push(template);
            }
            Err(error) => section.push(
                ConfigError::at(
                    inside(element.span(), text, placeholder_at(text, error.offset), at.text),
                    "bad placeholder",
                )
                .label(error.reason),
            ),
        }
    }
    if argv.len() < list.len() {
        return None;
    }
    let Some(first) = list.first() else {
        section.push(
            ConfigError::at(value.span(), "the command is empty")
                .help("write command = [\"program\", \"argument\"]"),
        );
        return None;
    };
    let program = argv.first().and_then(Template::literal);
    if program.is_some_and(|program| program.trim().is_empty()) {
        section.push(ConfigError::at(first.span(), "the program's name is empty"));
        return None;
    }
    let program = match (program, cwd) {
        (Some(program), Some(cwd)) => Some(find(section, program, first.span(), env, cwd)?),
        (None, _) | (_, None) => None,
    };
    Some(FuncKind::Command { argv, program })
}

/// Warns of what takes a command out of the task's hands.
fn doubts(section: &Section<'_, '_>, func: &str, at: &Context<'_>, warnings: &mut Vec<ConfigError>) {
    let Some((_, value)) = section.raw("command") else {
        return;
    };
    let DeValue::Array(list) = value.get_ref() else {
        return;
    };
    let text = |element: &'_ Value<'_>| match element.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    let words: Vec<Option<String>> = list.iter().map(text).collect();
    let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
    for (index, place, doubt) in script::doubts_of_command(&words) {
        let (Some(word), Some(element)) = (words[index], list.get(index)) else {
            continue;
        };
        warnings.push(doubt.warning(func, inside(element.span(), word, place, at.text)));
    }
}

/// A program below the home directory, whose name has no placeholders.
fn home_in_template(home: &Path, rest: &str) -> String {
    let home = home.to_string_lossy().replace('{', "{{").replace('}', "}}");
    format!("{home}/{rest}")
}

/// A `~/` that reaches the program as it is.
pub(super) fn tilde_stays(span: Span) -> ConfigError {
    ConfigError::at(span, "`~/` is not the home directory here")
        .label("the program gets it as it is: no shell reads arguments")
        .help("write the path in full, or use `shell` with \"$HOME\"")
}

/// The program's file; one that cannot be run is reported.
fn find(
    section: &mut Section<'_, '_>,
    program: &str,
    span: Span,
    env: &[(String, String)],
    cwd: &Path,
) -> Option<PathBuf> {
    let own = env
        .iter()
        .find(|(name, _)| name == "PATH")
        .map(|(_, value)| value.into());
    let search = own.or_else(|| std::env::var_os("PATH"));
    match program::find(program, search.as_deref(), cwd) {
        Ok(path) => Some(path),
        Err(error) => {
            let words = program.split_whitespace().count() > 1;
            let split = words.then(|| {
                "one list element is one argument: write the program and each argument apart".to_owned()
            });
            section.push(
                ConfigError::at(span, error.reason)
                    .label("cannot be run")
                    .maybe_help(split)
                    .help(error.help),
            );
            None
        }
    }
}

/// The place of a part of a string's value. Where it is not written as it is, for instance with escapes, it is that of
/// the same word; where that cannot be told, the whole string.
pub(super) fn inside(span: Span, value: &str, part: Span, text: &str) -> Span {
    let Some(written) = text.get(span.clone()) else {
        return span;
    };
    let word = &value[part.clone()];
    let start = if let Some(start) = written.find(value) {
        Some(start + part.start)
    } else {
        let before = value[..part.start].matches(word).count();
        written.match_indices(word).nth(before).map(|(at, _)| at)
    };
    match start {
        Some(start) if !word.is_empty() => span.start + start..span.start + start + word.len(),
        _ => span,
    }
}

/// The placeholder that begins at a byte of a string.
fn placeholder_at(value: &str, offset: usize) -> Span {
    let length = value[offset..]
        .find('}')
        .map_or(value.len() - offset, |end| end + 1);
    offset..offset + length
}
