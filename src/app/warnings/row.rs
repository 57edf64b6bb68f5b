//! A warning as it is shown.

use super::kind::Kind;
use crate::app::clean::Clean;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What a warning is about: a task of a pool, a group of it, or the pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The pool; empty: the whole program.
    pub pool: Clean,
    /// The group, or that of the task.
    pub group: Option<Clean>,
    /// The task.
    pub task: Option<u64>,
}

impl Subject {
    /// A pool.
    pub fn pool(pool: &str) -> Subject {
        Subject {
            pool: Clean::from(pool),
            group: None,
            task: None,
        }
    }

    /// A group.
    pub fn group(pool: &str, group: &str) -> Subject {
        Subject {
            group: Some(Clean::from(group)),
            ..Subject::pool(pool)
        }
    }

    /// A task.
    pub fn task(pool: &str, group: &str, task: u64) -> Subject {
        Subject {
            task: Some(task),
            ..Subject::group(pool, group)
        }
    }
}

impl fmt::Display for Subject {
    /// `fetch #118`, `fetch/nightly`, `fetch`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.group, self.task) {
            (_, Some(task)) => write!(f, "{} #{task}", self.pool),
            (Some(group), None) => write!(f, "{}/{group}", self.pool),
            (None, None) if self.pool.is_empty() => f.write_str("the program"),
            (None, None) => write!(f, "{}", self.pool),
        }
    }
}

/// A warning.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WarningRow {
    /// What is the matter.
    pub kind: Kind,
    /// With what.
    pub subject: Subject,
    /// Since when, from the session's start.
    pub since: Duration,
    /// When it was over, if it is.
    pub ended: Option<Duration>,
    /// What was seen.
    pub evidence: Clean,
    /// How often it came; of what happens in a moment, how much it was.
    pub count: u64,
    /// Its kind is muted.
    pub muted: bool,
    /// From when on its kind is warned of here.
    pub limit: Clean,
}

impl WarningRow {
    /// Whether it goes on and is not muted.
    pub fn is_active(&self) -> bool {
        self.ended.is_none() && !self.muted
    }
}

/// All warnings.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WarningsView {
    /// Those that go on, then the muted ones, then those that are over.
    pub rows: Vec<WarningRow>,
    /// How many go on and are not muted.
    pub active: usize,
    /// How many were found that the list has no room for.
    pub more: usize,
    /// The kinds that are muted.
    pub muted: Vec<Kind>,
}
