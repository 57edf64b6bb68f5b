//! Why something is as it is: why a task does not start, what a running one is doing, what keeps one that was
//! asked to cancel, and what has to end for it to go on. Made anew for each view, so that countdowns move.

mod group;
mod task;

use crate::app::clean::Clean;
use crate::app::session::{Look, Member, Session};
use crate::app::view::Why;
use crate::app::warnings::Subject;
use crate::pool::{Query, States, TaskId, TaskInfo, TaskState};
use std::time::Duration;

/// Reasons, the one that matters most first.
#[derive(Debug, Default)]
struct Reasons {
    lines: Vec<String>,
    /// What it waits for.
    blocker: Option<Subject>,
}

impl Reasons {
    fn say(&mut self, line: impl Into<String>) -> &mut Self {
        self.lines.push(line.into());
        self
    }
}

/// What of a session is asked about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    session: &'a Session,
    member: &'a Member,
    /// Since the session's start.
    now: Duration,
    /// From the session's start to the pool's.
    offset: Duration,
}

/// Tasks that hold a slot.
const HELD: States = States::of(TaskState::Running)
    .and(States::of(TaskState::Cancelling))
    .and(States::of(TaskState::Cancelled));

impl<'a> Asked<'a> {
    fn new(session: &'a Session, member: &'a Member) -> Self {
        Asked {
            session,
            member,
            now: session.started().elapsed(),
            offset: session.offset(member),
        }
    }

    fn pool(&self) -> &'a str {
        &self.member.name
    }

    fn task(&self, id: TaskId) -> Option<TaskInfo> {
        let ids = [id];
        let shot = self.member.pool.base().snapshot(&Query {
            ids: Some(&ids),
            rows: 1,
            ..Query::default()
        });
        shot.tasks.into_iter().next()
    }

    /// The oldest task that holds a slot, of this group or of all.
    fn oldest(&self, group: Option<&str>) -> Option<TaskInfo> {
        let shot = self.member.pool.base().snapshot(&Query {
            group,
            states: HELD,
            rows: 1,
            ..Query::default()
        });
        shot.tasks.into_iter().next()
    }

    /// A time of the pool, as one of the session.
    fn at(&self, time: Duration) -> Duration {
        time + self.offset
    }

    /// How long ago a time of the pool was.
    fn ago(&self, time: Duration) -> Duration {
        self.now.saturating_sub(self.at(time))
    }
}

impl Look {
    /// Why that is as it is; nothing if it is gone.
    pub(in crate::app) fn why(&self, session: &Session, subject: &Subject) -> Option<Why> {
        let member = session.member(&subject.pool).ok()?;
        let asked = Asked::new(session, member);
        let reasons = match (subject.task, &subject.group) {
            (Some(id), _) => match asked.task(TaskId(id)) {
                Some(task) => task::reasons(&asked, &task, self.meter.names(&member.name, id)),
                None => gone(&format!("task {id} has ended and was cleared (flush)")),
            },
            (None, Some(group)) => group::reasons(&asked, group),
            (None, None) => group::of_pool(&asked),
        };
        Some(Why {
            subject: subject.clone(),
            lines: reasons.lines.into_iter().map(Clean::from).collect(),
            blocker: reasons.blocker.filter(|blocker| blocker != subject),
        })
    }

    /// The same of a task that is not over, in a line.
    pub(in crate::app) fn why_line(&self, session: &Session, member: &Member, task: &TaskInfo) -> Clean {
        if task.settled.is_some() {
            return Clean::default();
        }
        let asked = Asked::new(session, member);
        let names = self.meter.names(&member.name, task.id.0);
        let first = task::reasons(&asked, task, names).lines.into_iter().next();
        Clean::from(first.unwrap_or_default())
    }
}

fn gone(line: &str) -> Reasons {
    Reasons {
        lines: vec![line.to_owned()],
        blocker: None,
    }
}
