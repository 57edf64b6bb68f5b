//! Keys that other tools have, and what they are here.

use super::error::quoted;
use super::keys::{PLACES, Place};

/// What others call a key.
const SAME: [(&str, &[&str]); 13] = [
    ("command", &["cmd", "exec", "run", "commands", "argv"]),
    ("shell", &["script", "sh", "bash"]),
    (
        "pool_size",
        &[
            "size",
            "jobs",
            "workers",
            "slots",
            "parallel",
            "parallelism",
            "threads",
        ],
    ),
    (
        "num_concurrent",
        &[
            "concurrency",
            "concurrent",
            "max_concurrent",
            "max_parallel",
            "limit",
        ],
    ),
    ("retries", &["retry", "max_retries", "attempts", "tries"]),
    ("backoff", &["delay", "retry_delay"]),
    ("env", &["environment", "env_vars", "envs", "vars"]),
    (
        "cwd",
        &["dir", "workdir", "working_dir", "working_directory", "directory"],
    ),
    ("grace", &["grace_period", "kill_timeout", "stop_timeout"]),
    ("pty", &["tty", "interactive"]),
    ("num", &["count", "replicas", "instances", "times"]),
    ("arg_iter", &["items", "list", "inputs", "values", "foreach"]),
    ("end_callback", &["on_exit", "on_end", "callback"]),
];

/// What there is nothing for, and what to do instead.
const NOTHING: [(&[&str], &str); 4] = [
    (
        &["depends", "depends_on", "dependencies", "needs", "requires"],
        "tasks do not depend on each other: a group with `autostart = false` starts when you say so (key s)",
    ),
    (
        &["matrix", "product"],
        "a matrix is a list or a file: method = \"doublestarmap\", kwargs_iter = { csv = \"matrix.csv\", header = true }",
    ),
    (
        &["schedule", "cron", "every", "interval"],
        "nothing is scheduled: let cron or systemd start `taskpool-tui run`",
    ),
    (
        &["watch", "watch_files"],
        "files are not watched: let a watcher such as watchexec start `taskpool-tui run`",
    ),
];

/// What somebody means who writes such a key there.
pub(super) fn meant(place: &Place, name: &str) -> Option<String> {
    if let Some((_, instead)) = NOTHING.iter().find(|(names, _)| names.contains(&name)) {
        return Some((*instead).to_owned());
    }
    let (key, _) = SAME.iter().find(|(_, names)| names.contains(&name))?;
    if place.key(key).is_some() {
        return Some(format!("did you mean {}?", quoted(key)));
    }
    let other = PLACES.iter().find(|place| place.key(key).is_some())?;
    Some(format!("did you mean {} of {}?", quoted(key), other.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::keys::{FUNC, POOL};

    #[test]
    fn keys_of_other_tools_lead_to_those_of_here() {
        assert_eq!(meant(&FUNC, "cmd").as_deref(), Some("did you mean `command`?"));
        assert_eq!(meant(&POOL, "jobs").as_deref(), Some("did you mean `pool_size`?"));
        let elsewhere = meant(&POOL, "retry").unwrap();
        assert!(elsewhere.starts_with("did you mean `retries` of "), "{elsewhere}");
        assert!(meant(&FUNC, "depends_on").unwrap().contains("autostart"));
        assert_eq!(meant(&FUNC, "command"), None);
    }

    #[test]
    fn each_key_is_one_and_no_name_is_there_twice() {
        let mut names = std::collections::HashSet::new();
        for (key, others) in SAME {
            assert!(PLACES.iter().any(|place| place.key(key).is_some()), "{key}");
            assert!(others.iter().all(|name| names.insert(*name)), "{others:?}");
        }
        for (others, _) in NOTHING {
            assert!(others.iter().all(|name| names.insert(*name)), "{others:?}");
        }
    }
}
