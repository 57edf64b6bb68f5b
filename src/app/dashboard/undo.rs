//! What can be undone, and what was done last.

use super::action::Action;
use super::state::State;
use crate::app::control::{Call, Command, Deed};
use crate::app::count::counted;
use crate::app::ids::Ids;
use crate::app::view::Sort;
use crate::app::warnings::Kind;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many steps can be undone.
const STEPS: usize = 50;

/// How many ranges of marks are kept in all of them together: 16 MiB.
const RANGES: usize = 1 << 20;

/// What the undo key knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    /// The newest last.
    steps: VecDeque<Step>,
    /// What would undo calls that are not answered yet, by the numbers of their requests.
    waiting: Vec<(u64, Step)>,
    /// What was looked at when the last key had been taken in.
    pub(super) seen: Seen,
    /// What the repeat key does.
    pub(super) repeat: Option<Repeat>,
}

/// An action, and what was typed for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Repeat {
    pub(super) action: Action,
    pub(super) typed: Option<String>,
}

/// One thing that can be undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    /// What is so again afterwards, in a word or two.
    pub(super) again: String,
    pub(super) back: Back,
}

/// What undoes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Back {
    /// This call.
    Call(Command),
    /// A kind of warnings is muted, or shown.
    Mute { kind: Kind, muted: bool },
    /// These marks.
    Marks { pool: String, ids: Arc<Ids> },
    /// This order.
    Order { pool: String, sort: Option<Sort> },
    /// This filter.
    Filter { pool: String, filter: String },
}

/// What of a pool's list a key may change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    pub(super) pool: Option<String>,
    pub(super) marks: Arc<Ids>,
    pub(super) filter: String,
    pub(super) sort: Option<Sort>,
}

impl Undo {
    /// Keeps what undoes a call, until it is known whether it was done.
    pub(super) fn expect(&mut self, number: u64, step: Step) {
        if self.waiting.len() == STEPS {
            self.waiting.remove(0);
        }
        self.waiting.push((number, step));
    }

    /// The call with this number was answered; says what undoes it, if it was done.
    pub(super) fn answered(&mut self, number: u64, done: bool) -> Option<String> {
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == number)?;
        let (_, step) = self.waiting.remove(at);
        done.then(|| self.push(step))
    }

    /// Keeps a step; the oldest gives way. Says what is so again after it.
    pub(super) fn push(&mut self, step: Step) -> String {
        if self.steps.len() == STEPS {
            self.steps.pop_front();
        }
        let again = step.again.clone();
        self.steps.push_back(step);
        let ranges = |steps: &VecDeque<Step>| steps.iter().map(Step::ranges).sum::<usize>();
        while self.steps.len() > 1 && ranges(&self.steps) > RANGES {
            self.steps.pop_front();
        }
        again
    }

    /// Whether anything can be undone.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether undoing the newest step does something to a pool.
    pub(super) fn acts(&self) -> bool {
        matches!(self.steps.back(), Some(step) if matches!(step.back, Back::Call(_)))
    }

    /// The newest step, which is undone now.
    pub(super) fn pop(&mut self) -> Option<Step> {
        self.steps.pop_back()
    }
}

impl Step {
    fn ranges(&self) -> usize {
        match &self.back {
            Back::Marks { ids, .. } => ids.ranges(),
            Back::Call(_) | Back::Mute { .. } | Back::Order { .. } | Back::Filter { .. } => 0,
        }
    }
}

impl Seen {
    /// What is looked at now.
    pub(super) fn of(state: &State) -> Seen {
        Seen {
            pool: state.pool.clone(),
            marks: state.marked(),
            filter: state.filter.clone(),
            sort: state.finding.sort,
        }
    }

    /// What would bring this back, where something else is looked at now.
    pub(super) fn steps_from(&self, now: &Seen) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(pool) = self.pool.as_ref().filter(|pool| now.pool.as_ref() == Some(pool)) else {
            return steps;
        };
        if self.filter != now.filter {
            let (pool, filter) = (pool.clone(), self.filter.clone());
            steps.push(Step {
                again: filter_text(&filter),
                back: Back::Filter { pool, filter },
            });
        }
        if self.sort != now.sort {
            let (pool, sort) = (pool.clone(), self.sort);
            steps.push(Step {
                again: "the order before".to_owned(),
                back: Back::Order { pool, sort },
            });
        }
        if self.marks != now.marks {
            let (pool, ids) = (pool.clone(), self.marks.clone());
            steps.push(Step {
                again: counted(ids.len(), "marked", "marked"),
                back: Back::Marks { pool, ids },
            });
        }
        steps
    }
}

/// A filter in words.
pub(super) fn filter_text(filter: &str) -> String {
    match filter {
        "" => "no filter".to_owned(),
        filter => format!("filter {filter}"),
    }
}

/// What would undo a call, if something can.
pub(super) fn inverse(state: &State, command: &Command) -> Option<Step> {
    let row = state.view.pools.iter().find(|pool| *pool.name == *command.pool)?;
    let each = |ids: &[u64], deed| Call::Each {
        ids: ids.iter().copied().collect(),
        deed,
    };
    let (again, call) = match &command.call {
        Call::SetSize { .. } => {
            let size = state.size_of(row);
            let again = size.map_or("unlimited".to_owned(), |size| size.to_string());
            (again, Call::SetSize { size })
        }
        Call::SetConcurrent { group, .. } => {
            state.pool_view().filter(|view| *view.name == *command.pool)?;
            let now = state.row_of_group(group)?;
            let (group, num) = (group.clone(), now.num_concurrent);
            let again = num.map_or("unlimited".to_owned(), |num| format!("{num} at once"));
            (again, Call::SetConcurrent { group, num })
        }
        Call::Lock => ("unlocked".to_owned(), Call::Unlock),
        Call::Unlock => ("locked".to_owned(), Call::Lock),
        Call::Pause => ("resumed".to_owned(), Call::Resume),
        Call::Resume => ("paused".to_owned(), Call::Pause),
        Call::PauseTasks { ids } => ("resumed".to_owned(), each(ids, Deed::Resume)),
        Call::ResumeTasks { ids } => ("paused".to_owned(), each(ids, Deed::Pause)),
        Call::Each {
            ids,
            deed: Deed::Pause,
        } => {
            let (ids, deed) = (ids.clone(), Deed::Resume);
            ("resumed".to_owned(), Call::Each { ids, deed })
        }
        Call::Each {
            ids,
            deed: Deed::Resume,
        } => {
            let (ids, deed) = (ids.clone(), Deed::Pause);
            ("paused".to_owned(), Call::Each { ids, deed })
        }
        Call::Each { .. }
        | Call::Start { .. }
        | Call::Add { .. }
        | Call::Release { .. }
        | Call::Stop { .. }
        | Call::Cancel { .. }
        | Call::Signal { .. }
        | Call::Input { .. }
        | Call::Type { .. }
        | Call::Retry { .. }
        | Call::RetryFailed { .. }
        | Call::CancelGroup { .. }
        | Call::CancelAll
        | Call::Flush
        | Call::Close
        | Call::SaveOutput { .. } => return None,
    };
    let pool = command.pool.clone();
    let back = Back::Call(Command { pool, call });
    Some(Step { again, back })
}
