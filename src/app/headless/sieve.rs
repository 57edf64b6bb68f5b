//! Which lines are written, where only those about some tasks are wanted.

use crate::app::book::{Told, What};
use crate::app::filter::{Field, Filter, Subject};
use crate::app::output::OutputStore;
use crate::app::session::{Session, TaskTexts, exit_code};
use crate::app::status::Status;
use crate::pool::{EventKind, GroupName, Outcome};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Of how many tasks that have ended it is still known what they were: their callbacks come later.
const ENDED: usize = 4096;

/// The sieve of one pool: every event goes through it, in order.
#[derive(Debug)]
pub(super) struct Sieve {
    filter: Filter,
    tasks: HashMap<u64, Known>,
    ended: VecDeque<u64>,
    /// When the groups were made that may start tasks.
    made: HashMap<GroupName, Duration>,
}

/// What is known of a task from its events.
#[derive(Clone, Debug)]
struct Known {
    group: GroupName,
    args: Box<str>,
    started: Duration,
    /// Unknown where its group's name was given again.
    wait: Option<Duration>,
    status: Status,
    outcome: Option<Outcome>,
    dur: Duration,
    attempt: u64,
}

/// A task at the moment of an event.
struct Seen<'a> {
    session: &'a Session,
    index: usize,
    pool: &'a str,
    id: u64,
    known: &'a Known,
    age: Duration,
}

impl Sieve {
    pub(super) fn new(filter: Filter) -> Self {
        Sieve {
            filter,
            tasks: HashMap::new(),
            ended: VecDeque::new(),
            made: HashMap::new(),
        }
    }

    /// Whether the line about this event is wanted.
    pub(super) fn lets(
        &mut self,
        (session, index, pool): (&Session, usize, &str),
        time: Duration,
        kind: &EventKind,
    ) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let id = match kind {
            EventKind::GroupCreated { group, .. } => {
                self.made.insert(group.clone(), time);
                return false;
            }
            EventKind::GroupCancelled { group }
            | EventKind::GroupDone { group }
            | EventKind::GroupForgotten { group } => {
                self.made.remove(group);
                return false;
            }
            EventKind::TaskStarted { id, group, args, .. } => {
                let known = Known {
                    group: group.clone(),
                    args: args.clone(),
                    started: time,
                    wait: self.made.get(group).map(|made| time.saturating_sub(*made)),
                    status: Status::Running,
                    outcome: None,
                    dur: Duration::ZERO,
                    attempt: 1,
                };
                self.tasks.insert(id.0, known);
                *id
            }
            EventKind::CancelRequested { id, .. } => {
                self.change(id.0, |known| known.status = Status::Cancelling);
                *id
            }
            EventKind::TaskCancelled { id, .. } => {
                self.change(id.0, |known| known.status = Status::Cancelled);
                *id
            }
            EventKind::TaskEnded {
                id,
                outcome,
                duration,
                ..
            } => {
                self.change(id.0, |known| {
                    known.status = Status::of_outcome(outcome);
                    known.outcome = Some(outcome.clone());
                    known.dur = *duration;
                });
                self.ended.push_back(id.0);
                if self.ended.len() > ENDED
                    && let Some(oldest) = self.ended.pop_front()
                {
                    self.tasks.remove(&oldest);
                }
                *id
            }
            EventKind::CallbackDone { id, .. } => *id,
            _ => return false,
        };
        self.finds((session, index, pool), time, id.0)
    }

    /// The same for a try of a task.
    pub(super) fn lets_told(&mut self, whose: (&Session, usize, &str), time: Duration, told: &Told) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        self.change(told.id, |known| {
            known.attempt = match told.what {
                What::Ended(attempt, ..) | What::Started(attempt) => attempt,
            };
        });
        self.finds(whose, time, told.id)
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.tasks.get_mut(&id) {
            change(known);
        }
    }

    fn finds(&self, (session, index, pool): (&Session, usize, &str), time: Duration, id: u64) -> bool {
        self.tasks.get(&id).is_some_and(|known| {
            self.filter.finds(&Seen {
                session,
                index,
                pool,
                id,
                known,
                age: time.saturating_sub(known.started),
            })
        })
    }
}

impl TaskTexts for Seen<'_> {
    fn pool(&self) -> &str {
        self.pool
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn group(&self) -> &str {
        &self.known.group
    }

    fn args(&self) -> &str {
        &self.known.args
    }

    fn func(&self) -> Option<&str> {
        self.session.func_name(self.index, &self.known.group)
    }

    fn outputs(&self) -> Option<&OutputStore> {
        Some(self.session.outputs())
    }
}

impl Subject for Seen<'_> {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_text(field, see)
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        self.any_words(see)
    }

    fn number(&self, field: Field) -> Option<u64> {
        match field {
            Field::Id => Some(self.id),
            Field::Exit => exit_code(self.known.outcome.as_ref()?),
            Field::Try => Some(self.known.attempt),
            _ => None,
        }
    }

    fn time(&self, field: Field) -> Option<Duration> {
        match field {
            Field::Time if self.known.status.is_final() => Some(self.known.dur),
            Field::Time | Field::Age => Some(self.age),
            Field::Wait => self.known.wait,
            _ => None,
        }
    }

    fn is(&self, status: Status) -> bool {
        self.known.status == status
    }
}
