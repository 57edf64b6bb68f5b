//! Commands of every shape that processes come in: those that obey, those that do not, and those that leave.

use super::{Mark, PATIENCE, kill, until};
use rustix::process::Signal;
use std::path::Path;
use std::time::{Duration, Instant};

/// What the first process has between TERM and KILL.
pub(crate) const GRACE: Duration = Duration::from_millis(200);

/// The shapes: a name, and a script. After it the first process stays, or ends, as the test wants.
const SHAPES: [(&str, &str); 22] = [
    ("plain", ""),
    ("ignores_term", "trap '' TERM"),
    (
        "ignores_everything",
        "trap '' TERM HUP INT QUIT USR1 USR2 PIPE TSTP",
    ),
    ("member", "sleep 1000 &"),
    (
        "deaf_member",
        "sh -c 'trap \"\" TERM; while :; do sleep 1000; done' &",
    ),
    ("orphan_with_the_pipe", "sh -c 'sleep 1000 &'"),
    ("stopped_member", "sh -c 'kill -STOP $$; sleep 1000' &"),
    (
        "forks_for_ever",
        "sh -c 'while :; do sleep 1000 & sleep 0.05; done' &",
    ),
    ("zombie", "sh -c 'true & exec sleep 1000' &"),
    ("closes_its_output", "exec > /dev/null 2>&1; sleep 1000 &"),
    ("writes_for_ever", "yes &"),
    (
        "background_job_of_a_job",
        "sh -c 'set -m; sleep 1000 & sleep 1000 & wait' &",
    ),
    ("timeout_in_a_pipe", "timeout 900 sleep 901 | cat &"),
    (
        "timeout_without_output",
        "timeout 900 sleep 901 > /dev/null 2>&1 &",
    ),
    (
        "deaf_under_timeout",
        "timeout 900 sh -c 'trap \"\" TERM; while :; do sleep 1000; done' | cat &",
    ),
    (
        "jobs_of_bash",
        "! command -v bash > /dev/null || bash -c 'set -m; sleep 1000 & sleep 1000 > /dev/null 2>&1 & wait' &",
    ),
    (
        "deep",
        "sh -c '[ $1 -gt 0 ] && sh -c \"$0\" \"$0\" $(($1 - 1)); sleep 1000' \
        '[ $1 -gt 0 ] && sh -c \"$0\" \"$0\" $(($1 - 1)) & sleep 1000' 20 &",
    ),
    (
        "replaces_itself",
        "[ -z \"$STAY\" ] || exec sh -c 'exec sh -c \": > up.$NAME; exec sleep 1000\"'",
    ),
    (
        "jobs_in_a_terminal",
        "set -m; trap '' HUP; sleep 1000 & sh -c 'trap \"\" TERM; while :; do sleep 1000; done' &",
    ),
    ("own_session", "setsid sleep 2001 > /dev/null 2>&1 &"),
    ("own_session_with_the_pipe", "setsid sleep 2002 &"),
    (
        "daemon",
        "sh -c 'setsid sh -c \"sleep 2003 &\" > /dev/null 2>&1 &'",
    ),
];

/// How many of them leave their session, each with one process.
pub(crate) const LEAVE: usize = 3;

/// What a process that has left is called.
const LEFT: &str = "sleep 200";

/// A config that runs all of them at once; those that stay are told from the others by a file each.
pub(crate) fn config(stay: bool, more: &str) -> String {
    let mut text = String::from("[[pool]]\nname = 'zoo'\n");
    let mut funcs = String::new();
    for (name, script) in SHAPES {
        text += &format!("[[pool.group]]\nname = '{name}'\nmethod = 'apply'\nfunc = '{name}'\n");
        let stay = if stay { "STAY = '1', " } else { "" };
        let after = ": > up.$NAME; [ -z \"$STAY\" ] || while :; do sleep 1000; done";
        funcs += &format!(
            "[func.{name}]\nshell = '''\n{script}\n{after}\n'''\nenv = {{ {stay}NAME = '{name}' }}\n\
             grace = '{}ms'\npty = {}\n{more}\n",
            GRACE.as_millis(),
            name.ends_with("terminal"),
        );
    }
    funcs + &text
}

/// Waits until all of them are up.
pub(crate) fn is_up(dir: &Path) {
    until("the zoo is up", || are_up(dir));
}

/// Whether all of them are up.
pub(crate) fn are_up(dir: &Path) -> bool {
    SHAPES
        .iter()
        .all(|(name, _)| dir.join(format!("up.{name}")).exists())
}

/// How often something is to be tried: by default only so often, with `TASKPOOL_ROUNDS` that often.
pub(crate) fn rounds(few: u64) -> u64 {
    let asked = std::env::var("TASKPOOL_ROUNDS").ok();
    asked.map_or(few, |asked| asked.parse().expect("TASKPOOL_ROUNDS is a number"))
}

/// Waits until nothing of a program is left but processes that have left their session, each of which `told` names;
/// those are ended here. Returns how long that took.
#[track_caller]
pub(crate) fn nothing_is_left(mark: &Mark, told: &str, but: &[i32]) -> Duration {
    let start = Instant::now();
    let is_left = |(pid, line): &(i32, String)| line.starts_with(LEFT) && !but.contains(pid);
    let mut others = Vec::new();
    while start.elapsed() < PATIENCE {
        others = mark.processes();
        others.retain(|one| !is_left(one) && !but.contains(&one.0));
        if others.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(others, [], "left after {:?}; {told}", start.elapsed());
    let took = start.elapsed();
    for (pid, line) in mark.processes().iter().filter(|one| is_left(one)) {
        assert!(
            told.contains(&format!("left behind: pid {pid} sleep (task ")),
            "{line}: {told}"
        );
        kill(*pid, Signal::KILL);
    }
    until("the last ones have ended", || {
        !mark.processes().iter().any(is_left)
    });
    took
}
