//! A group that is made while its pool lives: read and checked as if it stood in the config.

use super::check::Funcs;
use super::describe::what;
use super::error::ConfigError;
use super::func::FuncAt;
use super::keys::{GROUP, Kind, Shape};
use super::model::{Config, FuncKind, FuncSpec, GroupSpec};
use super::section::Section;
use super::{BUILT_IN, not_toml, pool};
use crate::app::clean::Clean;
use crate::app::new_group::{Mistake, NewGroup, Part, Written};
use crate::app::view::FuncRow;
use toml::de::DeTable;

/// A group that was read.
#[derive(Clone, Debug)]
pub(in crate::app) struct Added {
    /// The group.
    pub(in crate::app) group: GroupSpec,
    /// Functions that it uses and the config does not have: built in or registered.
    pub(in crate::app) funcs: Vec<FuncSpec>,
    /// What is no mistake, and may yet not be meant.
    pub(in crate::app) warnings: Vec<String>,
}

/// Reads a group as it would stand in this config. It looks at the files that it names, so it may have to wait.
pub(in crate::app) fn added(
    new: &NewGroup,
    config: &Config,
    registered: &[&str],
) -> Result<Added, Vec<Mistake>> {
    let written = new.written();
    let (document, syntax) = DeTable::parse_recoverable(&written.text);
    if !syntax.is_empty() {
        let errors = not_toml(&syntax, &written.text);
        return Err(errors
            .into_iter()
            .map(|error| mistake(&expected(error, new, &written), &written))
            .collect());
    }
    let mut errors = Vec::new();
    let mut funcs = functions(config, registered);
    let known = funcs.used.len();
    let mut section = Section::open(
        &GROUP,
        "the group".to_owned(),
        document.get_ref(),
        0..0,
        &mut errors,
    );
    let group = pool::alone(&mut section, &mut funcs);
    errors.extend(group.as_ref().and_then(|group| not_here(group, &written)));
    match group {
        Some(group) if errors.is_empty() => Ok(Added {
            group,
            funcs: funcs.used.split_off(known),
            warnings: funcs
                .warnings
                .iter()
                .map(|warning| format!("{}; {}", warning.reason(), warning.remedy()))
                .collect(),
        }),
        _ => Err(errors.iter().map(|error| mistake(error, &written)).collect()),
    }
}

/// Every function that a group of this config can call, and what it does.
pub(in crate::app) fn callable(config: &Config, registered: &[&str]) -> Vec<FuncRow> {
    let is_own = |func: &&FuncSpec| !BUILT_IN.iter().any(|(name, _)| *name == func.name);
    let mut rows: Vec<FuncRow> = config
        .funcs
        .iter()
        .filter(is_own)
        .map(|func| FuncRow {
            name: func.name.clone(),
            about: Clean::from(what(func)),
        })
        .collect();
    let others = registered.iter().map(|name| (*name, "registered by the program"));
    for (name, about) in others.chain(BUILT_IN) {
        if !rows.iter().any(|row| row.name == name) {
            rows.push(FuncRow {
                name: name.to_owned(),
                about: Clean::from(about),
            });
        }
    }
    rows
}

/// The functions of a config, as its reader knows them.
fn functions<'a>(config: &'a Config, registered: &'a [&'a str]) -> Funcs<'a> {
    let of_file = |func: &&FuncSpec| match func.kind {
        FuncKind::Command { .. } | FuncKind::Shell { .. } => true,
        FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => false,
    };
    let (of_file, used): (Vec<_>, Vec<_>) = config.funcs.iter().partition(of_file);
    let of_file = of_file.into_iter().map(|func| FuncAt {
        name: func.name.clone(),
        spec: Some(func.clone()),
        // They stand in another text.
        slots: Vec::new(),
    });
    let mut funcs = Funcs::new(of_file.collect(), registered, &config.dir);
    funcs.output = config.output.dir.as_deref();
    funcs.used = used.into_iter().cloned().collect();
    funcs
}

/// What a config may have, and a pool that lives cannot do.
fn not_here(group: &GroupSpec, written: &Written) -> Option<ConfigError> {
    let source = group.method.source()?;
    source.reads_stdin().then(|| {
        ConfigError::at(
            written.place(Part::Arguments),
            "standard input can be read from the start only, by a group of the config",
        )
        .help("write its lines into a file, and name that: { lines = \"list.txt\" }")
    })
}

/// Says of a value that is no TOML what it should be.
fn expected(mut error: ConfigError, new: &NewGroup, written: &Written) -> ConfigError {
    let at = error.span.as_ref().map_or(0, |span| span.start);
    let key = written.part_at(at).key(new.method, &new.arguments);
    let kind = GROUP.key(key).map(|key| key.kind);
    let example = match kind {
        Some(Kind::Args | Kind::Source(Shape::One)) => r#"["a", "b"]"#,
        Some(Kind::Named) => r#"{ host = "a" }"#,
        Some(Kind::Source(Shape::Positional)) => r#"[["a", 1], ["b", 2]]"#,
        Some(Kind::Source(Shape::Keyword)) => r#"[{ host = "a" }, { host = "b" }]"#,
        _ => return error,
    };
    let help = match kind {
        Some(Kind::Source(_)) => {
            format!("write {example}, or where they come from: {{ lines = \"list.txt\" }}")
        }
        _ => format!("write {example}"),
    };
    error.help = vec![help];
    error
}

fn mistake(error: &ConfigError, written: &Written) -> Mistake {
    let span = error.span.clone().unwrap_or(0..0);
    let part = written.part_at(span.start);
    let place = written.place(part);
    let inside = part == Part::Arguments && span.start >= place.start && span.start < place.end;
    Mistake {
        part,
        reason: error.reason(),
        remedy: error.remedy(),
        at: inside.then(|| span.start - place.start..span.end.min(place.end) - place.start),
    }
}
