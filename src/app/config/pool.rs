//! The pools of a config, and their groups.

use super::check::{Funcs, Known};
use super::error::{ConfigError, quoted};
use super::keys::{GROUP, POOL};
use super::messages::{bad_name, look_of, plain_name};
use super::model::{GroupSpec, Method, PoolKind, PoolSpec};
use super::section::{At, Section, Span};
use super::source::{self, Source};
use crate::app::args::Args;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Reads every `[[pool]]`.
pub(super) fn read(root: &mut Section<'_, '_>, funcs: &mut Funcs<'_>) -> Vec<PoolSpec> {
    let mut pools = Vec::new();
    let mut names = Names::default();
    let mut stdin = None;
    for (index, (table, span)) in root.tables("pool").into_iter().enumerate() {
        let mut section = root.inner(&POOL, POOL.name, table, span.clone());
        let name = match names.read(&mut section, "pool") {
            Name::Given(name) => name,
            Name::Bad => String::new(),
            Name::Absent => names.free_index(index, span),
        };
        pools.extend(one(&mut section, &name, funcs, &mut stdin));
    }
    pools
}

enum Name {
    Absent,
    Bad,
    Given(String),
}

/// The names that are given away among those of a kind, and where they stand.
#[derive(Default)]
struct Names(HashMap<String, Span>);

impl Names {
    /// Reads a name, which must be new among the others of its kind: also to the eye.
    fn read(&mut self, section: &mut Section<'_, '_>, what: &str) -> Name {
        if !section.has("name") {
            return Name::Absent;
        }
        let Some(At { value: text, span }) = section.text("name") else {
            return Name::Bad;
        };
        let name = plain_name(&text);
        if let Some(error) = bad_name(&name, &span) {
            section.push(error);
            return Name::Bad;
        }
        match self.0.entry(look_of(&name)) {
            Entry::Vacant(free) => {
                free.insert(span);
                Name::Given(name)
            }
            Entry::Occupied(other) => {
                section.push(
                    ConfigError::at(span, format!("there is a {what} {} already", quoted(&text)))
                        .related(other.get().clone(), "the first one")
                        .help(format!("give each {what} a name of its own")),
                );
                Name::Bad
            }
        }
    }

    /// The pool's index; or the next number that is not taken as a name.
    fn free_index(&mut self, index: usize, span: Span) -> String {
        // Among one more numbers than there are names, one is free.
        let mut numbers = (index..=index + self.0.len()).map(|index| index.to_string());
        let free = numbers
            .find(|name| !self.0.contains_key(name))
            .unwrap_or_default();
        self.0.insert(free.clone(), span);
        free
    }
}

fn one(
    section: &mut Section<'_, '_>,
    name: &str,
    funcs: &mut Funcs<'_>,
    stdin: &mut Option<Span>,
) -> Option<PoolSpec> {
    let kind = if section.has("kind") {
        section.word("kind")
    } else {
        Some("task")
    };
    section.fit(kind);
    let pool_size = section.size("pool_size");
    let end_callback = callback(section, "end_callback", funcs);
    let cancel_callback = callback(section, "cancel_callback", funcs);
    let kind = match kind {
        Some("simple") => simple(section, funcs),
        Some(_) => Some(PoolKind::Task {
            groups: groups(section, funcs, stdin),
        }),
        None => None,
    };
    Some(PoolSpec {
        name: name.to_owned(),
        kind: kind?,
        pool_size,
        end_callback,
        cancel_callback,
    })
}

fn callback(section: &mut Section<'_, '_>, key: &str, funcs: &mut Funcs<'_>) -> Option<String> {
    let name = func_name(section, key)?;
    funcs.callback(&name, section.errors());
    Some(name.value)
}

fn func(section: &mut Section<'_, '_>, funcs: &mut Funcs<'_>) -> Option<At<String>> {
    let name = func_name(section, "func")?;
    funcs.resolve(&name, section.errors()).then_some(name)
}

fn func_name(section: &mut Section<'_, '_>, key: &str) -> Option<At<String>> {
    let At { value, span } = section.text(key)?;
    let value = plain_name(&value);
    Some(At { value, span })
}

/// `args` and `kwargs`, checked against the function.
fn args(section: &mut Section<'_, '_>, func: Option<&At<String>>, funcs: &mut Funcs<'_>) -> Args {
    let before = section.mistakes();
    let args = Args {
        positional: section.args("args"),
        keyword: section
            .named("kwargs")
            .into_iter()
            .map(|(name, value)| (name.value, value.into()))
            .collect(),
    };
    if let Some(func) = func
        && section.mistakes() == before
    {
        let key = if args.keyword.is_empty() { "args" } else { "kwargs" };
        let span = section.key_span(key);
        let known = Known::Exact(vec![At {
            value: args.clone(),
            span: span.unwrap_or_else(|| func.span.clone()),
        }]);
        funcs.call(&func.value, &known, section.errors());
    }
    args
}

fn simple(section: &mut Section<'_, '_>, funcs: &mut Funcs<'_>) -> Option<PoolKind> {
    let func = func(section, funcs);
    let args = args(section, func.as_ref(), funcs);
    let start = section.count("start").unwrap_or(0);
    Some(PoolKind::Simple {
        func: func?.value,
        args,
        start,
    })
}

fn groups(section: &mut Section<'_, '_>, funcs: &mut Funcs<'_>, stdin: &mut Option<Span>) -> Vec<GroupSpec> {
    let mut groups = Vec::new();
    let mut names = Names::default();
    for (table, span) in section.tables("group") {
        let mut section = section.inner(&GROUP, GROUP.name, table, span);
        let name = match names.read(&mut section, "group") {
            Name::Given(name) => Some(name),
            Name::Bad | Name::Absent => None,
        };
        groups.extend(group(&mut section, name, funcs, stdin));
    }
    groups
}

/// Reads a group that stands alone: of a pool that lives.
pub(super) fn alone(section: &mut Section<'_, '_>, funcs: &mut Funcs<'_>) -> Option<GroupSpec> {
    let name = match Names::default().read(section, "group") {
        Name::Given(name) => Some(name),
        Name::Bad | Name::Absent => None,
    };
    group(section, name, funcs, &mut None)
}

fn group(
    section: &mut Section<'_, '_>,
    name: Option<String>,
    funcs: &mut Funcs<'_>,
    stdin: &mut Option<Span>,
) -> Option<GroupSpec> {
    let method = section.word("method");
    section.fit(method);
    let func = func(section, funcs);
    let end_callback = callback(section, "end_callback", funcs);
    let cancel_callback = callback(section, "cancel_callback", funcs);
    let autostart = section.switch("autostart").unwrap_or(true);
    let num_concurrent = match method {
        Some("apply") => None,
        _ => section.count("num_concurrent"),
    };
    let method = match method? {
        "apply" => Some(Method::Apply {
            args: args(section, func.as_ref(), funcs),
            num: section.count("num").unwrap_or(1),
        }),
        "map" => elements(section, "arg_iter", func.as_ref(), funcs, stdin).map(Method::Map),
        "starmap" => elements(section, "args_iter", func.as_ref(), funcs, stdin).map(Method::Starmap),
        _ => elements(section, "kwargs_iter", func.as_ref(), funcs, stdin).map(Method::Doublestarmap),
    };
    Some(GroupSpec {
        name,
        method: method?,
        func: func?.value,
        num_concurrent,
        autostart,
        end_callback,
        cancel_callback,
        nth: None,
    })
}

fn elements(
    section: &mut Section<'_, '_>,
    key: &str,
    func: Option<&At<String>>,
    funcs: &mut Funcs<'_>,
    stdin: &mut Option<Span>,
) -> Option<Source> {
    let mut at = source::read::Use {
        dir: funcs.dir,
        elsewhere: func.is_some_and(|func| funcs.runs_elsewhere(&func.value)),
        except: funcs.output,
        thorough: funcs.thorough,
        warnings: &mut funcs.warnings,
    };
    let (source, known) = source::read::source(section, key, &mut at)?;
    if let Some(func) = func {
        funcs.call(&func.value, &known, section.errors());
    }
    if source.reads_stdin() {
        let span = section
            .raw(key)
            .map_or_else(|| section.span.clone(), |(_, value)| value.span());
        match stdin {
            None => *stdin = Some(span),
            Some(first) => section.push(
                ConfigError::at(span, "standard input is read by another group already")
                    .related(first.clone(), "the first one")
                    .help("only one group can read it; put the others' elements into files"),
            ),
        }
    }
    Some(source)
}
