//! Which states of the pool a filter can be about at all: the pool finds those without a look at the others.

use super::expr::{Expr, Filter};
use crate::app::status::Status;
use crate::pool::{OutcomeKind, States, TaskState};

/// The states that the pool tells apart.
const KINDS: [States; 7] = [
    States::of(TaskState::Running),
    States::of(TaskState::Cancelling),
    States::of(TaskState::Cancelled),
    States::ended(OutcomeKind::Completed),
    States::ended(OutcomeKind::Failed),
    States::ended(OutcomeKind::Panicked),
    States::ended(OutcomeKind::Cancelled),
];

/// A set of them, one bit for each.
type Set = u8;

const ALL: Set = (1 << KINDS.len()) - 1;
const RUNNING: Set = 1;
const FAILED: Set = 1 << 4;

/// Between which sets of states the tasks are that a filter finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    /// It finds none in other states.
    most: Set,
    /// It finds all in these.
    least: Set,
}

impl Bounds {
    /// Of a filter, while running tasks are shown as these, too, and not as *running* alone.
    pub(crate) fn of(filter: &Filter, apart: &[Status]) -> Bounds {
        match &filter.0 {
            None => Bounds {
                most: ALL,
                least: ALL,
            },
            Some(expr) => of(expr, apart),
        }
    }

    /// The states without which nothing is found.
    pub(crate) fn states(self) -> States {
        states(self.most)
    }

    /// Whether the filter finds those in these states and no others.
    pub(crate) fn is_exact(self) -> bool {
        self.most == self.least
    }
}

fn states(set: Set) -> States {
    let kinds = KINDS.iter().enumerate();
    kinds
        .filter(|(bit, _)| set & (1 << bit) != 0)
        .fold(States::NONE, |all, (_, kind)| all.and(*kind))
}

fn of(expr: &Expr, apart: &[Status]) -> Bounds {
    match expr {
        Expr::State(wanted) => {
            let has = |status| wanted.contains(&status);
            let most = wanted.iter().fold(0, |set, status| set | bits(*status));
            let mut least = most;
            if has(Status::Failed) != has(Status::TimedOut) {
                least &= !FAILED;
            }
            let mut most = most;
            let kinds = || apart.iter().copied().chain([Status::Running]);
            if !kinds().all(has) {
                least &= !RUNNING;
            }
            if !kinds().any(has) {
                most &= !RUNNING;
            }
            Bounds { most, least }
        }
        Expr::Not(inner) => {
            let Bounds { most, least } = of(inner, apart);
            Bounds {
                most: ALL & !least,
                least: ALL & !most,
            }
        }
        Expr::And(parts) => parts.iter().map(|part| of(part, apart)).fold(
            Bounds {
                most: ALL,
                least: ALL,
            },
            |all, part| Bounds {
                most: all.most & part.most,
                least: all.least & part.least,
            },
        ),
        Expr::Or(parts) => {
            parts
                .iter()
                .map(|part| of(part, apart))
                .fold(Bounds { most: 0, least: 0 }, |all, part| Bounds {
                    most: all.most | part.most,
                    least: all.least | part.least,
                })
        }
        Expr::Word(_)
        | Expr::Equal(..)
        | Expr::Found(..)
        | Expr::Number(..)
        | Expr::Size(..)
        | Expr::Time(..) => Bounds { most: ALL, least: 0 },
    }
}

fn bits(status: Status) -> Set {
    match status {
        Status::Queued => 0,
        Status::Running
        | Status::NoRoom
        | Status::BackOff
        | Status::NeedsInput
        | Status::Paused
        | Status::Suspended
        | Status::Exited
        | Status::TimingOut => RUNNING,
        Status::Cancelling => 1 << 1,
        Status::Cancelled => 1 << 2,
        Status::Ok => 1 << 3,
        Status::Failed | Status::TimedOut => FAILED,
        Status::Panicked => 1 << 5,
        Status::Stopped => 1 << 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(text: &str, apart: &[Status]) -> Bounds {
        Bounds::of(&text.parse().unwrap(), apart)
    }

    #[test]
    fn states_alone_are_found_by_the_pool() {
        for (text, exact, set) in [
            ("", true, States::ALL),
            ("state:ok", true, States::ended(OutcomeKind::Completed)),
            ("state:failed,timed-out", true, States::ended(OutcomeKind::Failed)),
            ("state:timed-out", false, States::ended(OutcomeKind::Failed)),
            ("-state:failed", false, States::ALL),
            ("state:queued", true, States::NONE),
            ("state:ok state:panicked", true, States::NONE),
            (
                "state:ok or state:panicked",
                true,
                States::ended(OutcomeKind::Completed).and(States::ended(OutcomeKind::Panicked)),
            ),
            ("state:failed jpg", false, States::ended(OutcomeKind::Failed)),
            ("state:running", true, States::of(TaskState::Running)),
            ("state:paused", true, States::NONE),
            ("state:suspended,timing-out", true, States::NONE),
        ] {
            let bounds = bounds(text, &[]);
            assert_eq!((bounds.is_exact(), bounds.states()), (exact, set), "{text}");
        }
        for text in ["state:running", "state:paused"] {
            let bounds = bounds(text, &[Status::Paused]);
            let running = States::of(TaskState::Running);
            assert_eq!((bounds.is_exact(), bounds.states()), (false, running), "{text}");
        }
        assert!(bounds("state:running,paused", &[Status::Paused]).is_exact());
        let two = [Status::Paused, Status::Suspended];
        assert!(!bounds("state:running,paused", &two).is_exact());
        assert!(bounds("state:running,paused,suspended", &two).is_exact());
    }
}
