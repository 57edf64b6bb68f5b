//! What a config would run, in a few lines.

use super::model::{Config, FuncKind, FuncSpec, GroupSpec, Method, PoolKind};
use crate::app::clean::Clean;
use std::fmt::Write as _;
use std::time::Duration;

/// What `taskpool-tui check` prints about a good config: its pools and groups with how many tasks they
/// start, and the functions. Whatever comes from the file is shown as [`Clean`] does.
pub fn describe(config: &Config) -> String {
    let mut out = String::new();
    let counts: Vec<Vec<Count>> = config.pools.iter().map(|pool| tasks(&pool.kind)).collect();
    let all = || counts.iter().flatten();
    let known = all().fold(0_u64, |sum, (count, _)| sum.saturating_add(*count));
    let least = if all().any(|(_, more)| *more) {
        "at least "
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "{}: {}, {least}{}",
        Clean::from(config.path.as_os_str()),
        counted(config.pools.len() as u64, "pool", "pools"),
        counted(known, "task", "tasks"),
    );
    for (pool, counts) in config.pools.iter().zip(&counts) {
        let size = pool
            .pool_size
            .map_or("unlimited".to_owned(), |size| size.to_string());
        let _ = writeln!(out, "\npool {}  (pool_size {size})", Clean::from(&*pool.name));
        let rows = match &pool.kind {
            PoolKind::Task { groups } if groups.is_empty() => vec![["no groups".to_owned()].into()],
            PoolKind::Task { groups } => {
                let rows = groups.iter().zip(counts);
                rows.map(|(spec, count)| group(spec, *count)).collect()
            }
            PoolKind::Simple { func, args, start } => {
                vec![vec![
                    "simple".to_owned(),
                    call(func, &args.to_string()),
                    counted(*start as u64, "task", "tasks"),
                    String::new(),
                ]]
            }
        };
        table(&mut out, rows);
    }
    let _ = writeln!(out, "\nfunctions");
    let rows: Vec<Vec<String>> = config
        .funcs
        .iter()
        .map(|func| vec![func.name.clone(), what(func), limits(func)])
        .collect();
    table(&mut out, rows);
    out
}

/// So many tasks, and whether there may be more.
type Count = (u64, bool);

/// Up to so many elements of a file are counted, and for so long.
const COUNTED: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(2);

/// How many tasks each call starts. Files that can be read at once are read.
fn tasks(kind: &PoolKind) -> Vec<Count> {
    let count = |group: &GroupSpec| match &group.method {
        Method::Apply { .. } => (group.method.len().unwrap_or(0), false),
        Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
            source.count(COUNTED, PATIENCE)
        }
    };
    match kind {
        PoolKind::Simple { start, .. } => vec![(*start as u64, false)],
        PoolKind::Task { groups } => groups.iter().map(count).collect(),
    }
}

fn group(group: &GroupSpec, count: Count) -> Vec<String> {
    let count = match count {
        (0, true) => "unknown".to_owned(),
        (count, true) => format!("{count}+ tasks"),
        (count, false) => counted(count, "task", "tasks"),
    };
    let (args, at_once) = match &group.method {
        Method::Apply { args, .. } => (args.to_string(), String::new()),
        Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
            let most = group.num_concurrent.map(|most| format!("max {most}"));
            (source.to_string(), most.unwrap_or_default())
        }
    };
    let mut notes = vec![at_once];
    if !group.autostart {
        notes.push("waits for its release".to_owned());
    }
    notes.retain(|note| !note.is_empty());
    vec![
        group.name.clone().unwrap_or_else(|| "(unnamed)".to_owned()),
        format!("{} {}", group.method.name(), call(&group.func, &args)),
        count,
        notes.join(", "),
    ]
}

fn call(func: &str, args: &str) -> String {
    format!("{func}({})", shortened(args))
}

/// A group in a line, without its name.
pub(in crate::app) fn group_line(spec: &GroupSpec) -> String {
    let count = spec.method.len().map_or((0, true), |count| (count, false));
    let mut parts = group(spec, count);
    parts.remove(0);
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// As much of a text as fits into a line, clean.
pub(in crate::app) fn shortened(text: &str) -> String {
    const MOST: usize = 56;
    let text = Clean::from(text);
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What a function does, in a line.
pub(in crate::app) fn what(func: &FuncSpec) -> String {
    match &func.kind {
        FuncKind::Command { argv, .. } => {
            let words: Vec<String> = argv
                .iter()
                .map(|template| {
                    let word = template.to_string();
                    let plain = !word.is_empty() && !word.contains(char::is_whitespace);
                    if plain { word } else { format!("{word:?}") }
                })
                .collect();
            shortened(&words.join(" "))
        }
        FuncKind::Shell { script } => {
            let mut lines = script.lines().filter(|line| !line.trim().is_empty());
            let first = lines.next().unwrap_or_default().trim();
            let more = if lines.next().is_some() { " …" } else { "" };
            format!("sh: {}{more}", shortened(first))
        }
        FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo => "built in".to_owned(),
        FuncKind::Registered => "registered by the program".to_owned(),
    }
}

fn limits(func: &FuncSpec) -> String {
    let timeout = func.timeout.map(|timeout| format!("timeout {timeout:?}"));
    let again = func.again.map(|again| again.to_string());
    let limits: Vec<String> = timeout.into_iter().chain(again).collect();
    limits.join(", ")
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Columns of equal width, two cells apart.
fn table(out: &mut String, rows: Vec<Vec<String>>) {
    let clean = |row: Vec<String>| row.into_iter().map(Clean::from).collect();
    let rows: Vec<Vec<Clean>> = rows.into_iter().map(clean).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "  {cell:<width$}");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
