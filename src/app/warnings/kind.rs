//! What is warned of: one table of kinds. The engine, the config's keys, the screen, the lines of a run without a screen
//! and `docs/` are made from it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What a warning is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A task is asked to cancel and does not.
    CancelIgnored,
    /// A callback does not come to its end.
    SlowCallback,
    /// Failures were forgotten before anybody could look at them.
    FailuresDropped,
    /// What waits stands behind one that holds every slot.
    HeadOfLine,
    /// A group gets no slot while others do.
    StarvedGroup,
    /// A command stands still until somebody helps it.
    StalledTask,
    /// A command writes nothing any more.
    SilentTask,
    /// A task runs longer than nearly all that ran the same function.
    SlowTask,
    /// A worker ends as soon as it is started, over and over.
    CrashLoop,
    /// What a command has started outlives it.
    LeakyTask,
    /// Tasks wait for a slot while the machine has nothing to do.
    SizeBelowDemand,
    /// The system has no room for another process or file.
    NoRoom,
    /// A command uses very much memory.
    Memory,
    /// Output went that nobody can get back.
    Losses,
    /// Nobody would end the commands, should the program be killed.
    NoWarden,
}

/// How much it matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is lost, or will not end by itself.
    High,
    /// Something is not as it should be.
    Medium,
    /// Something could be better.
    Low,
}

/// From when on it is warned of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// After it has lasted so long.
    Time(Duration),
    /// From so many on.
    Number(u64),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The kind that it describes.
    pub kind: Kind,
    /// Its name in the config, in `[warnings]`.
    pub key: &'static str,
    /// A few words.
    pub title: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Meaning, and what helps.
    pub means: &'static str,
    /// From when on, where the config says nothing else.
    pub limit: Limit,
    /// What the key in the config says, with its default.
    pub doc: &'static str,
}

const fn seconds(seconds: u64) -> Limit {
    Limit::Time(Duration::from_secs(seconds))
}

/// Every kind.
pub const KINDS: [About; 15] = [
    About {
        kind: Kind::CancelIgnored,
        key: "cancel_ignored",
        title: "cancel ignored",
        severity: Severity::High,
        means: "A cancel was requested, or the timeout has passed, and the task still runs in its slot. Cancel again \
                to kill it; a shorter grace kills it by itself.",
        limit: seconds(10),
        doc: "How long a task may take to stop, whatever its grace. Default: 10s.",
    },
    About {
        kind: Kind::SlowCallback,
        key: "slow_callback",
        title: "slow callback",
        severity: Severity::Medium,
        means: "A callback of the task has not returned. A cancel callback keeps the slot; an end callback holds up \
                flush and close. A timeout of its function limits it.",
        limit: seconds(10),
        doc: "How long a callback may run. Default: 10s.",
    },
    About {
        kind: Kind::FailuresDropped,
        key: "failures_dropped",
        title: "failures dropped",
        severity: Severity::High,
        means: "A flush or a close has cleared failed tasks: they can no longer be looked at or retried. Retry \
                before a flush; [output] dir keeps their output.",
        limit: Limit::Number(1),
        doc: "How many failed tasks a flush or a close may clear without a warning, plus one. Default: 1.",
    },
    About {
        kind: Kind::HeadOfLine,
        key: "head_of_line",
        title: "line is blocked",
        severity: Severity::Medium,
        means: "One group holds every slot, nothing ends, and other groups are queued. More slots, a num_concurrent \
                for that group, or a pool of its own helps.",
        limit: seconds(30),
        doc: "How long a group may hold every slot, while others are queued and nothing ends. Default: 30s.",
    },
    About {
        kind: Kind::StarvedGroup,
        key: "starved_group",
        title: "starved group",
        severity: Severity::Medium,
        means: "The group gets no slot while other groups do. Fewer groups, more slots, or a pool of its own helps.",
        limit: seconds(60),
        doc: "How long a group may be queued while others get slots. Default: 1m.",
    },
    About {
        kind: Kind::StalledTask,
        key: "stalled_task",
        title: "stalled task",
        severity: Severity::Medium,
        means: "The command does nothing until somebody helps: it is suspended by a signal or a debugger, or waits \
                for input. CONT continues it; a line, or keys in its terminal, is what it waits for.",
        limit: seconds(10),
        doc: "How long a command may be suspended or wait for input. Default: 10s.",
    },
    About {
        kind: Kind::SilentTask,
        key: "silent_task",
        title: "silent task",
        severity: Severity::Medium,
        means: "The command runs and has written nothing for long. Look at its output and whether it waits for \
                something; a timeout of its function ends it.",
        limit: seconds(300),
        doc: "How long a command may write nothing. Default: 5m.",
    },
    About {
        kind: Kind::SlowTask,
        key: "slow_task",
        title: "slow task",
        severity: Severity::Low,
        means: "The task runs far longer than 99 of 100 tasks of its function. Compare its arguments and output with \
                theirs; a timeout of its function ends it.",
        limit: Limit::Number(2),
        doc: "How many times the 99th percentile of its function a task may run, from 1s on and once 100 tasks of \
              it have ended. Default: 2.",
    },
    About {
        kind: Kind::CrashLoop,
        key: "crash_loop",
        title: "crash loop",
        severity: Severity::High,
        means: "A worker ends soon after each start and is restarted again and again. Its last lines say why; after \
                five short runs in a row it fails. A longer backoff makes restarts rarer.",
        limit: Limit::Number(3),
        doc: "How many restarts make a crash loop, if each comes within a minute of the one before. Default: 3.",
    },
    About {
        kind: Kind::LeakyTask,
        key: "leaky_task",
        title: "leaky task",
        severity: Severity::Medium,
        means: "The command has exited, and processes that it started have not. In its session they hold the slot \
                and are killed after the grace; outside of it they have to be ended by hand (kill PID).",
        limit: seconds(5),
        doc: "How long processes may outlive their command. Default: 5s.",
    },
    About {
        kind: Kind::SizeBelowDemand,
        key: "size_below_demand",
        title: "size below demand",
        severity: Severity::Low,
        means: "Tasks are queued while the processors are mostly idle. If they do not wait for something else, more \
                slots or a larger num_concurrent gets them done sooner.",
        limit: seconds(60),
        doc: "The time over which processors are idle for more than half of it, and tasks are queued for most of \
              it. Default: 1m.",
    },
    About {
        kind: Kind::NoRoom,
        key: "no_room",
        title: "no room",
        severity: Severity::High,
        means: "The system refuses another process or file: tasks hold slots and cannot start. A higher limit (the \
                evidence names it) or fewer slots help.",
        limit: seconds(5),
        doc: "How long commands may wait for a process or a file. Default: 5s.",
    },
    About {
        kind: Kind::Memory,
        key: "memory",
        title: "memory",
        severity: Severity::Medium,
        means: "The command uses much of the machine's memory, or far more than other tasks. Its arguments tell what \
                is large; fewer slots need less memory.",
        limit: Limit::Number(25),
        doc: "How many percent of the machine's memory a task may use. Ten times the median of its function, from \
              256 MiB on, is too much in any case. Default: 25.",
    },
    About {
        kind: Kind::Losses,
        key: "losses",
        title: "losses",
        severity: Severity::High,
        means: "Output was dropped that is in no file, or could not be saved. A larger total_bytes, a dir in \
                [output], or room on that disk keeps it.",
        limit: Limit::Number(1 << 20),
        doc: "How many bytes of output may be dropped that are saved nowhere. With `dir` none may. Default: \
              1048576.",
    },
    About {
        kind: Kind::NoWarden,
        key: "no_warden",
        title: "no warden",
        severity: Severity::Medium,
        means: "The process that ends the commands if this program is killed was itself ended several times and is \
                not started again. Find out what ends it, for instance a limit on processes.",
        limit: Limit::Number(1),
        doc: "From how many lost processes on; there is at most one. Default: 1.",
    },
];

/// The names of all kinds, as the config has them.
pub const NAMES: [&str; KINDS.len()] = {
    let mut names = [""; KINDS.len()];
    let mut i = 0;
    while i < KINDS.len() {
        names[i] = KINDS[i].key;
        i += 1;
    }
    names
};

impl Kind {
    /// Its row of the table.
    pub fn about(self) -> &'static About {
        &KINDS[self as usize]
    }

    /// The kind of this name.
    pub fn from_key(key: &str) -> Option<Kind> {
        KINDS
            .iter()
            .find(|about| about.key == key)
            .map(|about| about.kind)
    }
}

impl Severity {
    /// Its sign, one cell wide.
    pub fn glyph(self) -> char {
        match self {
            Severity::High => '▲',
            Severity::Medium => '△',
            Severity::Low => '▽',
        }
    }

    /// Its sign where only ASCII can be shown.
    pub fn letter(self) -> char {
        match self {
            Severity::High => '#',
            Severity::Medium => '!',
            Severity::Low => '.',
        }
    }
}

impl fmt::Display for Limit {
    /// As the config takes it, without quotation marks: `1m 30s`, `2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Time(time) => f.write_str(&friendly(*time)),
            Limit::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A time in hours, minutes, seconds and milliseconds, without those that it has none of.
fn friendly(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (time.subsec_millis().into(), "ms"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if parts.is_empty() {
        "0s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// From when on each kind is warned of, and which ones are not shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    limits: [Limit; KINDS.len()],
    /// What the config mutes.
    pub muted: Vec<Kind>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            limits: KINDS.map(|about| about.limit),
            muted: Vec::new(),
        }
    }
}

impl Limits {
    /// That of a kind.
    pub fn of(&self, kind: Kind) -> Limit {
        self.limits[kind as usize]
    }

    /// Sets that of a kind; it stays a time, or a number.
    #[must_use]
    pub fn with(mut self, kind: Kind, limit: Limit) -> Limits {
        self.limits[kind as usize] = limit;
        self
    }

    /// The time of a kind that has one.
    pub(super) fn time(&self, kind: Kind) -> Duration {
        match self.of(kind) {
            Limit::Time(time) => time,
            Limit::Number(_) => Duration::MAX,
        }
    }

    /// The number of a kind that has one.
    pub(super) fn number(&self, kind: Kind) -> u64 {
        match self.of(kind) {
            Limit::Number(number) => number,
            Limit::Time(_) => u64::MAX,
        }
    }
}

/// The table for `docs/warnings.md`.
pub fn warnings_markdown() -> String {
    let mut text = "| Warning | Sign | From | Means, and what helps |\n|---|:-:|---|---|\n".to_owned();
    for about in &KINDS {
        text += &format!(
            "| {} (`{}`) | {} | {} | {} |\n",
            about.title,
            about.key,
            about.severity.glyph(),
            about.limit,
            about.means
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row_and_says_its_default() {
        for (i, about) in KINDS.iter().enumerate() {
            assert_eq!(about.kind as usize, i);
            assert_eq!(Kind::from_key(about.key), Some(about.kind));
            assert!(
                about.doc.ends_with(&format!("Default: {}.", about.limit)),
                "{}",
                about.key
            );
            // Short sentences.
            let longest = about.means.split(['.', ';']).map(str::len).max();
            assert!(about.means.ends_with('.') && longest < Some(140), "{}", about.key);
            assert_eq!(serde_json::to_value(about.kind).ok(), Some(about.key.into()));
        }
        assert_eq!(KINDS.len(), Kind::NoWarden as usize + 1);
    }

    #[test]
    fn limits_are_written_as_the_config_takes_them() {
        let texts = [0, 500, 10_000, 90_000, 3_600_000, 3_723_004]
            .map(|ms| Limit::Time(Duration::from_millis(ms)).to_string());
        assert_eq!(texts, ["0s", "500ms", "10s", "1m 30s", "1h", "1h 2m 3s 4ms"]);
    }
}
