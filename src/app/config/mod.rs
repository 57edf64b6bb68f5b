//! From a TOML file to checked plain values.
//!
//! [`load`] reads a config and checks all of it before anything starts: keys, types, names, paths, programs,
//! and whether every function can be called with what it is given. All mistakes are reported at once
//! ([`ConfigErrors`]). What may stand in a config is said in one table (`keys.rs`); the messages and
//! [`json_schema`] are made from it.

mod added;
mod check;
mod describe;
mod duration;
mod error;
mod file;
mod foreign;
mod func;
mod keys;
mod keys_ui;
mod kind;
mod messages;
mod model;
mod owners;
#[cfg(feature = "tui")]
mod pasted;
mod paths;
mod pool;
mod program;
mod reference;
mod schema;
mod script;
mod section;
mod shell;
mod source;
mod stdin;
mod template;
mod ui;
mod user;
mod warn;

pub(in crate::app) use added::{Added, added, callable};
pub use check::BUILT_IN;
pub use describe::describe;
pub(in crate::app) use describe::{group_line, shortened, what};
pub use error::{ConfigError, ConfigErrors};
pub use file::{ConfigFile, Digest};
pub use model::{
    Again, Config, FuncKind, FuncSpec, GroupSpec, LONGEST_BACKOFF, Method, OutputSpec, PoolKind, PoolSpec,
    When, sleep_time,
};
pub use owners::trust_owner;
pub use reference::keys_markdown;
pub use schema::json_schema;
pub use source::{BadElement, Elements, LONGEST, Shape, Source, SourceError};
pub use template::{Missing, Slot, Template, TemplateError, expand_all};
pub use ui::UiSpec;
pub use user::{keys_listing, load_user, settings, user_file};

use crate::app::capture::try_dir;
use crate::app::warnings::Limits;
pub(in crate::app) use duration::parse as parse_duration;
pub(in crate::app) use error::nearest;
use error::quoted;
use keys::{OUTPUT, ROOT};
#[cfg(feature = "tui")]
pub(in crate::app) use pasted::pasted;
use section::Section;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A commented config that runs as it is, to begin with.
pub const STARTER: &str = include_str!("starter.toml");

/// Writes [`STARTER`] into a new file, which nobody else can write whatever the umask is.
///
/// # Errors
///
/// There is such a file, or it cannot be written.
pub fn write_starter(path: &Path) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut new = std::fs::OpenOptions::new();
    let mut file = new.write(true).create_new(true).mode(0o644).open(path)?;
    file.write_all(STARTER.as_bytes())
}

/// What the reading of one file needs to know.
struct Context<'a> {
    text: &'a str,
    /// The file's directory, absolute.
    dir: &'a Path,
    registered: &'a [&'a str],
    /// Whether what only a run would come upon is looked for, too.
    thorough: bool,
}

/// Reads and checks a config file. `registered` are the functions that the program brings along. Nothing
/// is started and nothing but the files that the config names is looked at.
///
/// # Errors
///
/// Every mistake at once. That somebody else can write the file is one.
pub fn load(path: &Path, registered: &[&str]) -> Result<Config, ConfigErrors> {
    ConfigFile::read(path)?.parse(registered)
}

/// The same for a text that stands, or would stand, at this path.
///
/// # Errors
///
/// Every mistake at once.
pub fn parse(text: &str, path: &Path, registered: &[&str]) -> Result<Config, ConfigErrors> {
    parse_with(text, path, registered, Vec::new(), false)
}

/// The same, with errors that are known already. `thorough`: also looks for what only a run would come upon, such as
/// files that match no pattern.
fn parse_with(
    text: &str,
    path: &Path,
    registered: &[&str],
    mut errors: Vec<ConfigError>,
    thorough: bool,
) -> Result<Config, ConfigErrors> {
    let fail = |list| Err(ConfigErrors::new(path, text, list));
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        errors.push(ConfigError::of_file("the file is empty").help(BEGIN));
        return fail(errors);
    }
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        errors.extend(not_toml(&syntax, text));
        return fail(errors);
    }
    let dir = std::path::absolute(path)
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("/"));
    let at = Context {
        text,
        dir: &dir,
        registered,
        thorough,
    };
    let mut warnings = Vec::new();
    let (funcs, pools, output, ui, warn) = read(document.get_ref(), &at, &mut errors, &mut warnings);
    if file::is_stdin(path) && model::read_stdin(&pools) {
        errors.push(
            ConfigError::of_file("a group reads standard input, which the config itself comes from")
                .help("write the config into a file, or what the group reads: { lines = \"list.txt\" }"),
        );
    }
    if !errors.is_empty() {
        return fail(errors);
    }
    Ok(Config {
        path: path.to_owned(),
        dir,
        funcs,
        pools,
        output,
        ui,
        warn,
        warnings: (!warnings.is_empty()).then(|| ConfigErrors::warnings(path, text, warnings)),
    })
}

const BEGIN: &str = "`taskpool-tui init FILE` writes a config to begin with";

fn read(
    document: &DeTable<'_>,
    at: &Context<'_>,
    errors: &mut Vec<ConfigError>,
    warnings: &mut Vec<ConfigError>,
) -> (Vec<FuncSpec>, Vec<PoolSpec>, OutputSpec, UiSpec, Limits) {
    let mut root = Section::open(&ROOT, ROOT.name.to_owned(), document, 0..0, errors);
    let of_file = func::read(&mut root, at, warnings);
    let output = output(&mut root, at, warnings);
    let mut funcs = check::Funcs::new(of_file, at.registered, at.dir);
    funcs.output = output.dir.as_deref();
    funcs.thorough = at.thorough;
    let empty = matches!(root.raw("pool"), Some((_, value)) if matches!(value.get_ref(), DeValue::Array(list) if list.is_empty()));
    if (!root.has("pool") && !root.unknown_like(&["pool"])) || empty {
        root.push(
            ConfigError::of_file("there is no pool, so that nothing would run")
                .help("add a [[pool]] with a [[pool.group]]")
                .help(BEGIN),
        );
    }
    let pools = pool::read(&mut root, &mut funcs);
    let ui = ui::read(&mut root);
    let warn = warn::read(&mut root);
    warnings.append(&mut funcs.warnings);
    let funcs = funcs.into_specs();
    (funcs, pools, output, ui, warn)
}

fn output(root: &mut Section<'_, '_>, at: &Context<'_>, warnings: &mut Vec<ConfigError>) -> OutputSpec {
    let mut spec = OutputSpec::default();
    let Some((kind, value)) = root.raw("output") else {
        return spec;
    };
    let DeValue::Table(table) = value.get_ref() else {
        root.wrong("output", kind, value);
        return spec;
    };
    let mut section = root.inner(&OUTPUT, OUTPUT.name, table, value.span());
    spec.bytes = section.count("bytes").unwrap_or(spec.bytes);
    spec.total_bytes = section.count("total_bytes").unwrap_or(spec.total_bytes);
    let dir = section.path("dir", at.dir);
    if at.thorough
        && let Some(dir) = &dir
        && let Err(error) = try_dir(&dir.value.path)
    {
        let path = dir.value.path.display().to_string();
        warnings.push(
            ConfigError::at(
                dir.span.clone(),
                format!("no output could be saved in {}", quoted(&path)),
            )
            .label(error.to_string())
            .help("its tasks would run all the same, and the run would end with status 3"),
        );
    }
    spec.dir = dir.map(|dir| dir.value.path);
    spec
}

/// Errors of the syntax, without those that only follow from an earlier one: on the same line, or in a table
/// that is there twice.
fn not_toml(syntax: &[toml::de::Error], text: &str) -> Vec<ConfigError> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count();
    let mut list: Vec<ConfigError> = Vec::new();
    let mut lines = Vec::new();
    let mut twice = 0..0;
    for error in syntax {
        let span = error.span().unwrap_or(0..0);
        let number = line(span.start);
        let doubled = error.message().contains("duplicate key");
        if lines.contains(&number) || (doubled && twice.contains(&number)) {
            continue;
        }
        lines.push(number);
        if !doubled {
            list.push(ConfigError::at(span, error.message()).help(
                "this is no TOML: strings stand in quotation marks, lists in brackets, one `key = value` on each line",
            ));
            continue;
        }
        let name = quoted(text.get(span.clone()).unwrap_or_default());
        let mut error = ConfigError::at(span, format!("{name} is there already"))
            .label("a second time")
            .help("rename or remove one of the two");
        let header = text.lines().nth(number).unwrap_or_default().trim();
        if header.starts_with('[') {
            let next = text
                .lines()
                .skip(number + 1)
                .position(|line| line.trim_start().starts_with('['));
            twice = number..next.map_or(usize::MAX, |next| number + 1 + next);
            if let Some(first) = text.find(header) {
                error = error.related(first..first + header.len(), "the first one");
            }
        }
        list.push(error);
    }
    list
}
