//! What a task is shown as: one table of word, glyph and letter, read by every screen, the help and the
//! documentation. Colours belong to the terminal and live in `ui/theme.rs`.

use super::attempts::command_failed;
use super::process::{Facts, Stage};
use crate::pool::Outcome;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::time::Duration;

/// The status of a task as people see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted, not started.
    Queued,
    /// Running: the system has no process or file for its command yet.
    NoRoom,
    /// Running: it waits for its next try.
    BackOff,
    /// It has a slot.
    Running,
    /// Running, and its command waits for a line, or reads its terminal.
    NeedsInput,
    /// Running, and stopped by a person for now.
    Paused,
    /// Running, and its processes were stopped by a signal that came from elsewhere.
    Suspended,
    /// Running: its command has exited, processes that it started have not.
    Exited,
    /// Running: its timeout has passed, and processes that got TERM or KILL are alive.
    TimingOut,
    /// Running, and asked to cancel.
    Cancelling,
    /// Its future has stopped; its cancel callback runs.
    Cancelled,
    /// Ended: completed.
    Ok,
    /// Ended: failed.
    Failed,
    /// Ended: failed by its timeout.
    TimedOut,
    /// Ended: panicked.
    Panicked,
    /// Ended: cancelled.
    Stopped,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The status that it describes.
    pub status: Status,
    /// Its word.
    pub word: &'static str,
    /// Its sign, one cell wide.
    pub glyph: char,
    /// Its sign where only ASCII can be shown.
    pub letter: char,
    /// Meaning, for the help.
    pub meaning: &'static str,
}

const fn look(status: Status, word: &'static str, glyph: char, letter: char, meaning: &'static str) -> Look {
    Look {
        status,
        word,
        glyph,
        letter,
        meaning,
    }
}

/// Every status, in the order of a task's life.
pub const LOOKS: [Look; 16] = [
    look(Status::Queued, "queued", '·', 'q', "waits for its start"),
    look(
        Status::NoRoom,
        "no room",
        '▯',
        'n',
        "holds a slot and waits for a process or a file of the system",
    ),
    look(
        Status::BackOff,
        "back-off",
        '↻',
        'w',
        "between two tries: holds a slot, nothing runs",
    ),
    look(Status::Running, "running", '▶', 'R', "holds a slot and runs"),
    look(
        Status::NeedsInput,
        "needs input",
        '?',
        '?',
        "command waits for a line, or reads its terminal",
    ),
    look(
        Status::Paused,
        "paused",
        '‖',
        'z',
        "its processes stand still until they are resumed",
    ),
    look(
        Status::Suspended,
        "suspended",
        '◫',
        's',
        "its processes were stopped by a signal from elsewhere, or by a debugger",
    ),
    look(
        Status::Exited,
        "exited",
        '◇',
        'e',
        "command has exited, processes are left in its slot",
    ),
    look(
        Status::TimingOut,
        "timing out",
        '◔',
        't',
        "timeout has passed, processes got TERM or KILL and are alive",
    ),
    look(
        Status::Cancelling,
        "cancelling",
        '◌',
        'c',
        "cancel requested, still running",
    ),
    look(
        Status::Cancelled,
        "cleaning up",
        '↩',
        'b',
        "cancelled; cancel callback running",
    ),
    look(Status::Ok, "ok", '✓', 'k', "ended without an error"),
    look(
        Status::Failed,
        "failed",
        '✗',
        'F',
        "ended with an error, an exit code or a signal",
    ),
    look(Status::TimedOut, "timed out", '◷', 'T', "stopped by its timeout"),
    look(Status::Panicked, "panicked", '‼', 'P', "its function panicked"),
    look(
        Status::Stopped,
        "cancelled",
        '⊘',
        'X',
        "ended because it was cancelled",
    ),
];

/// What a running task can be shown as in place of *running*, by what its command does. The one that says most
/// about why the task is still there comes first.
pub const APART: [Status; 7] = [
    Status::TimingOut,
    Status::Exited,
    Status::Paused,
    Status::Suspended,
    Status::NoRoom,
    Status::BackOff,
    Status::NeedsInput,
];

/// How long processes may outlive their command before the task is shown as *exited*: most follow at once.
const FOLLOW: Duration = Duration::from_millis(200);

impl Status {
    /// What a running task is shown as because of what its command does; none: as *running*, or, once it is asked to
    /// cancel, as what the pool says.
    pub(crate) fn of_command(facts: &Facts) -> Option<Status> {
        if facts.cancelled || facts.callback.is_some() {
            return None;
        }
        let is = |status: &Status| match status {
            Status::TimingOut => facts.timed_out.is_some(),
            Status::Exited => facts.exited.is_some_and(|(at, _)| at.elapsed() >= FOLLOW),
            Status::Paused => facts.paused.is_some(),
            Status::Suspended => facts.stopped().is_some(),
            Status::NoRoom => facts.stage == Stage::NoRoom,
            Status::NeedsInput => facts.reads().is_some(),
            _ => false,
        };
        APART.into_iter().find(is)
    }

    /// What a task that ended in this way is shown as.
    pub fn of_outcome(outcome: &Outcome) -> Status {
        match outcome {
            Outcome::Completed => Status::Ok,
            Outcome::Failed(error) => Status::of_error(&**error),
            Outcome::Panicked(_) => Status::Panicked,
            Outcome::Cancelled(_) => Status::Stopped,
        }
    }

    /// What a task that failed with this error is shown as.
    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Status {
        match command_failed(error) {
            Some(failed) if failed.timed_out.is_some() => Status::TimedOut,
            _ => Status::Failed,
        }
    }

    /// Its row of the table.
    pub fn look(self) -> &'static Look {
        &LOOKS[self as usize]
    }

    /// The status with this word.
    pub fn from_word(word: &str) -> Option<Status> {
        LOOKS
            .iter()
            .find(|look| look.word.replace(' ', "-") == word || look.word == word)
            .map(|look| look.status)
    }

    /// Whether the task is over.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Status::Ok | Status::Failed | Status::TimedOut | Status::Panicked | Status::Stopped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_own_row() {
        for (i, look) in LOOKS.iter().enumerate() {
            assert_eq!(look.status as usize, i);
            assert_eq!(look.status.look().word, look.word);
            assert_eq!(Status::from_word(look.word), Some(look.status));
            for other in &LOOKS[i + 1..] {
                assert_ne!(look.glyph, other.glyph);
                assert_ne!(look.letter, other.letter);
            }
        }
    }
}
