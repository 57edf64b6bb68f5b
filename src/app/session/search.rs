//! The text filter of a task list.
//!
//! What a filter looks at (ID, group, arguments) never changes once a task has started. So a search goes on
//! where it stopped, and costs the tasks that are new, not those that exist.

use crate::app::status::Status;
use crate::pool::{BaseTaskPool, OutcomeKind, States, TaskId, TaskState};

/// The tasks that match a filter so far.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) pool: String,
    pub(super) text: String,
    terms: Vec<String>,
    next: TaskId,
    found: Vec<TaskId>,
    /// How many tasks the pool had forgotten when `found` was last pruned.
    forgotten: u64,
}

/// How many pages of tasks one look goes through: bounded, so that a view is never late for a search.
const PAGES_A_LOOK: usize = 400;

/// A filter, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Filter {
    /// Words that must occur in a task's ID, group or arguments.
    pub(super) terms: Vec<String>,
    /// The states that it is about.
    pub(super) states: States,
    /// Only tasks that a person has paused, which the pool knows nothing of.
    pub(super) paused: bool,
}

impl Filter {
    /// Takes a filter apart. A `state:` that names none matches nothing; `state:timed-out` is all that failed, and
    /// `state:paused` beside another state all that runs.
    pub(super) fn parse(text: &str) -> Filter {
        let mut filter = Filter {
            terms: Vec::new(),
            states: States::ALL,
            paused: false,
        };
        let mut states = States::NONE;
        let mut any = false;
        let mut others = false;
        for word in text.split_whitespace() {
            if let Some(state) = word.strip_prefix("state:") {
                any = true;
                let named = Status::from_word(state);
                filter.paused |= named == Some(Status::Paused);
                others |= named != Some(Status::Paused);
                states = states.and(named.map_or(States::NONE, states_of));
            } else {
                filter.terms.push(word.to_lowercase());
            }
        }
        if any {
            filter.states = states;
        }
        filter.paused &= !others;
        filter
    }
}

fn states_of(status: Status) -> States {
    match status {
        Status::Queued => States::NONE,
        Status::Running | Status::Paused => States::of(TaskState::Running),
        Status::Cancelling => States::of(TaskState::Cancelling),
        Status::Cancelled => States::of(TaskState::Cancelled),
        Status::Ok => States::ended(OutcomeKind::Completed),
        Status::Failed | Status::TimedOut => States::ended(OutcomeKind::Failed),
        Status::Panicked => States::ended(OutcomeKind::Panicked),
        Status::Stopped => States::ended(OutcomeKind::Cancelled),
    }
}

impl Search {
    pub(super) fn new(pool: &str, text: &str, terms: Vec<String>) -> Search {
        Search {
            pool: pool.to_owned(),
            text: text.to_owned(),
            terms,
            next: TaskId(0),
            found: Vec::new(),
            forgotten: 0,
        }
    }

    /// Goes on; says whether there is more to look through.
    pub(super) fn go_on(&mut self, pool: &BaseTaskPool) -> bool {
        let mut text = String::new();
        for _ in 0..PAGES_A_LOOK {
            let (terms, found) = (&self.terms, &mut self.found);
            let next = pool.scan(self.next, |id, group, args| {
                use std::fmt::Write as _;
                text.clear();
                // Writing to a string cannot fail.
                let _ = write!(text, "{id} {group} {args}");
                if text.is_ascii() {
                    text.make_ascii_lowercase();
                } else {
                    text = text.to_lowercase();
                }
                if terms.iter().all(|term| text.contains(term.as_str())) {
                    found.push(id);
                }
            });
            match next {
                Some(next) => self.next = next,
                None => return false,
            }
        }
        true
    }

    /// The tasks found, oldest first; some may be forgotten by now.
    pub(super) fn found(&self) -> &[TaskId] {
        &self.found
    }

    /// Drops those that the pool has forgotten, if it has forgotten any since the last time.
    pub(super) fn prune(&mut self, pool: &BaseTaskPool, forgotten: u64) {
        if std::mem::replace(&mut self.forgotten, forgotten) != forgotten {
            pool.retain_remembered(&mut self.found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_words_and_states() {
        let filter = Filter::parse("Photos state:failed state:stopped 12");
        assert_eq!(filter.terms, ["photos", "12"]);
        assert_eq!(
            filter.states,
            States::ended(OutcomeKind::Failed).and(States::ended(OutcomeKind::Cancelled))
        );
        assert!(!filter.paused && Filter::parse("state:paused x").paused);
        let both = Filter::parse("state:paused state:ok");
        assert!(!both.paused && both.states != States::of(TaskState::Running));
        assert_eq!(Filter::parse("").states, States::ALL);
        assert_eq!(Filter::parse("state:nonsense").states, States::NONE);
    }
}
