//! What of a function is another.

use super::change::{What, When};
use super::diff::Changes;
use crate::app::config::{FuncKind, FuncSpec, what};
use crate::app::process::Stdin;
use std::collections::BTreeMap;
use std::time::Duration;

/// The keys of a function that say something else; all of them count for groups that are made from then on. Values of
/// variables are nothing to be shown.
pub(super) fn func_changes(changes: &mut Changes<'_>, old: &FuncSpec, new: &FuncSpec) {
    let mut add = |key: &str, old: String, new: String| {
        changes.other(What::Key(key.to_owned()), old, new, When::NewGroups);
    };
    if old.kind != new.kind {
        let (before, now) = (what(old), what(new));
        match (&old.kind, &new.kind) {
            (FuncKind::Command { program: was, .. }, FuncKind::Command { program: is, .. })
                if before == now && was != is =>
            {
                let path = |path: &Option<std::path::PathBuf>| {
                    path.as_ref()
                        .map_or("none".to_owned(), |path| path.to_string_lossy().into_owned())
                };
                add("program", path(was), path(is));
            }
            (FuncKind::Shell { .. }, FuncKind::Shell { .. }) if before == now => {
                add("shell", before, "another script".to_owned());
            }
            (FuncKind::Shell { .. }, _) => add("shell", before, now),
            _ if before == now => add("command", before, "other arguments".to_owned()),
            _ => add("command", before, now),
        }
    }
    if old.cwd != new.cwd {
        let text = |func: &FuncSpec| func.cwd.to_string_lossy().into_owned();
        add("cwd", text(old), text(new));
    }
    if old.env != new.env {
        add("env", env(old, new), String::new());
    }
    if old.stdin != new.stdin {
        let (before, now) = (stdin(&old.stdin), stdin(&new.stdin));
        let now = if before == now {
            "another text".to_owned()
        } else {
            now
        };
        add("stdin", before, now);
    }
    if old.timeout != new.timeout {
        add("timeout", time(old.timeout), time(new.timeout));
    }
    if old.grace != new.grace {
        add("grace", time(Some(old.grace)), time(Some(new.grace)));
    }
    if old.pty != new.pty {
        add("pty", old.pty.to_string(), new.pty.to_string());
    }
    if old.again != new.again {
        let text = |func: &FuncSpec| func.again.map_or("none".to_owned(), |again| again.to_string());
        add("again", text(old), text(new));
    }
}

/// `+NEW -GONE ~OTHER`, by the names alone.
fn env(old: &FuncSpec, new: &FuncSpec) -> String {
    let map = |func: &FuncSpec| -> BTreeMap<String, String> { func.env.iter().cloned().collect() };
    let (before, now) = (map(old), map(new));
    let mut parts = Vec::new();
    for (name, value) in &now {
        match before.get(name) {
            None => parts.push(format!("{name} is new")),
            Some(was) if was != value => parts.push(format!("{name} has another value")),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    parts.extend(gone.map(|name| format!("{name} is gone")));
    if parts.is_empty() {
        "in another order".to_owned()
    } else {
        parts.join(", ")
    }
}

fn stdin(stdin: &Stdin) -> String {
    match stdin {
        Stdin::Empty => "empty".to_owned(),
        Stdin::Open => "line".to_owned(),
        Stdin::Text(text) => format!("a text of {} bytes", text.len()),
        Stdin::File(path) => path.to_string_lossy().into_owned(),
    }
}

fn time(time: Option<Duration>) -> String {
    time.map_or("none".to_owned(), |time| format!("{time:?}"))
}
