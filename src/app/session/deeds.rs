//! One thing done to each of several tasks: to those that it can be done to.

use super::execute::text;
use super::{Member, Session};
use crate::app::control::{Call, Command, Deed, Preview};
use crate::app::count::counted;
use crate::app::ids::Ids;
use crate::app::process::{Facts, Order, signal_name};
use crate::pool::{Outcome, OutcomeKind, Query, TaskId, TaskInfo, TaskState};
use std::collections::BTreeMap;

/// How many tasks are looked at under the pool's lock.
const PAGE: usize = 4096;

/// How often the tasks are chosen anew because one of them has ended meanwhile.
const TRIES: usize = 100;

/// Of several tasks those that something can be done to.
#[derive(Default)]
struct Able {
    ids: Ids,
    /// Why it cannot be done to others, and to which.
    others: BTreeMap<&'static str, Ids>,
    /// Of those that it can be done to: what a person may want to know about some.
    remarks: BTreeMap<&'static str, Ids>,
}

const ENDED: &str = "ended already";
const CANCELLING: &str = "cancelling already";
const CANCELLED: &str = "cancelled already";
const PAUSED: &str = "paused already";

impl Session {
    /// What doing this to these tasks would hit, and the call that hits exactly that.
    /// Others get their turn while it looks.
    pub(super) async fn preview_deed(
        &self,
        member: &Member,
        ids: &Ids,
        deed: &Deed,
    ) -> Result<Preview, String> {
        let mut deed = deed.clone();
        let mut able = self.able(member, ids, &deed).await;
        // What has been done to all of them already is followed by what comes next.
        let next = match &deed {
            Deed::Cancel { force: false } => Some((CANCELLING, Deed::Cancel { force: true })),
            Deed::Pause => Some((PAUSED, Deed::Resume)),
            _ => None,
        };
        if able.ids.is_empty()
            && let Some((why, next)) = next
            && able.others.contains_key(why)
        {
            deed = next;
            able = self.able(member, ids, &deed).await;
        }
        if able.ids.is_empty() {
            return Err(format!("nothing can be done: {}", able.passed_over().join("; ")));
        }
        let mut lines = vec![format!("{}: {}", will(able.ids.len(), &deed), able.ids)];
        let some = able.remarks.iter();
        lines.extend(some.map(|(what, ids)| format!("{} {what}: {ids}", ids.len())));
        lines.extend(able.passed_over());
        let call = Call::Each { ids: able.ids, deed };
        Ok(Preview {
            lines,
            command: Some(Command {
                pool: member.name.clone(),
                call,
            }),
        })
    }

    /// Does this to those of these tasks that it can be done to.
    pub(super) async fn each(&self, member: &Member, ids: &Ids, deed: &Deed) -> Result<String, String> {
        let mut able = self.able(member, ids, deed).await;
        let mut failed: BTreeMap<String, usize> = BTreeMap::new();
        let done = match deed {
            Deed::Cancel { force } => {
                let mut done = Err(String::new());
                // A task may end between the choice and the call, which then refuses all of them: choose again.
                for _ in 0..TRIES {
                    if able.ids.is_empty() {
                        break;
                    }
                    done = cancel(member, &able.ids, *force);
                    if done.is_ok() {
                        break;
                    }
                    able = self.able(member, ids, deed).await;
                }
                done.map(|()| did(able.ids.len(), deed))
            }
            Deed::Retry if able.ids.is_empty() => Err(String::new()),
            Deed::Retry => {
                let ids: Vec<u64> = able.ids.iter().collect();
                Ok(member.retry(&ids)?)
            }
            Deed::Signal(_) | Deed::Pause | Deed::Resume | Deed::Input(_) | Deed::EndInput => {
                let done = self.order_each(member, &able.ids, deed, &mut failed).await;
                if done == 0 {
                    Err(String::new())
                } else {
                    Ok(did(done, deed))
                }
            }
        };
        let mut said = able.passed_over();
        said.extend(failed.into_iter().map(|(why, num)| format!("{num} not: {why}")));
        match done {
            Ok(done) => {
                said.insert(0, done);
                Ok(said.join("; "))
            }
            Err(why) if said.is_empty() => Err(format!("none of them is left {why}").trim_end().to_owned()),
            Err(_) => Err(format!("nothing was done: {}", said.join("; "))),
        }
    }

    /// Tells the commands of these tasks something, one after the other; how many took it.
    async fn order_each(
        &self,
        member: &Member,
        ids: &Ids,
        deed: &Deed,
        failed: &mut BTreeMap<String, usize>,
    ) -> usize {
        let mut done = 0;
        for id in ids.iter() {
            let order = match deed {
                Deed::Signal(signal) => Order::Signal(*signal),
                Deed::Pause => Order::Pause,
                Deed::Resume => Order::Resume,
                Deed::Input(line) => Order::Input(format!("{line}\n").into_bytes()),
                Deed::EndInput => Order::EndInput,
                // Those are no orders to a command.
                Deed::Cancel { .. } | Deed::Retry => return done,
            };
            match self.live.order(&member.name, id, order).await {
                Ok(()) => done += 1,
                Err(_) if self.live.facts(&member.name, id).is_none() => {
                    *failed.entry("ended meanwhile".to_owned()).or_default() += 1;
                }
                Err(why) => *failed.entry(why).or_default() += 1,
            }
        }
        done
    }

    /// To which of these tasks it can be done now.
    async fn able(&self, member: &Member, ids: &Ids, deed: &Deed) -> Able {
        let mut able = Able::default();
        let mut rest = ids.iter().map(TaskId);
        loop {
            let page: Vec<TaskId> = rest.by_ref().take(PAGE).collect();
            if page.is_empty() {
                break;
            }
            let tasks = member.pool.base().snapshot(&Query {
                ids: Some(&page),
                rows: page.len(),
                ..Query::default()
            });
            let live = self.live.facts_of(&member.name, page.iter().map(|id| id.0));
            for task in &tasks.tasks {
                let facts = live.get(&task.id.0).filter(|facts| facts.callback.is_none());
                match why_not(member, task, facts, deed) {
                    None => {
                        able.ids.insert(task.id.0);
                        if let Some(remark) = remark(member, task, deed) {
                            able.remarks.entry(remark).or_default().insert(task.id.0);
                        }
                    }
                    Some(why) => able.others.entry(why).or_default().insert(task.id.0),
                }
            }
            let known: Ids = tasks.tasks.iter().map(|task| task.id.0).collect();
            let forgotten = page.iter().map(|id| id.0).collect::<Ids>().without(&known);
            if !forgotten.is_empty() {
                let others = able.others.entry("forgotten").or_default();
                *others = others.with(&forgotten);
            }
            tokio::task::yield_now().await;
        }
        able
    }
}

impl Able {
    /// How many are passed over, and why.
    fn passed_over(&self) -> Vec<String> {
        let others = self.others.iter();
        others
            .map(|(why, ids)| format!("{} passed over, {why}: {ids}", ids.len()))
            .collect()
    }
}

fn cancel(member: &Member, ids: &Ids, force: bool) -> Result<(), String> {
    let (pool, ids) = (member.pool.base(), ids.iter().map(TaskId));
    let done = if force {
        pool.cancel_by_force(ids, None)
    } else {
        pool.cancel(ids, None)
    };
    done.map_err(text)
}

/// Why something cannot be done to a task.
fn why_not(member: &Member, task: &TaskInfo, facts: Option<&Facts>, deed: &Deed) -> Option<&'static str> {
    use TaskState::{Cancelled, Cancelling, Ended, Running};
    match (deed, task.state) {
        (Deed::Retry, Ended) if !member.knows(task) => Some("whose arguments are no longer kept"),
        (Deed::Retry, Ended)
        | (Deed::Cancel { force: true }, Cancelling)
        | (Deed::Cancel { force: false }, Running) => None,
        (Deed::Retry, _) => Some("not over"),
        (_, Ended) => Some(ENDED),
        (_, Cancelled) => Some(CANCELLED),
        (Deed::Cancel { .. } | Deed::Pause, Cancelling) => Some(CANCELLING),
        (Deed::Cancel { .. }, Running) => Some("cancel not requested yet"),
        (_, Running | Cancelling) => match (facts, deed) {
            (None, _) => Some("without a command that runs"),
            (Some(facts), Deed::Pause) if facts.paused.is_some() => Some(PAUSED),
            (Some(facts), Deed::Resume) if facts.paused.is_none() => Some("not paused"),
            (Some(facts), Deed::Input(_) | Deed::EndInput) if !facts.takes_input => {
                Some("which read no lines")
            }
            (Some(_), _) => None,
        },
    }
}

/// What a person may want to know of a task before it is done to it.
fn remark(member: &Member, task: &TaskInfo, deed: &Deed) -> Option<&'static str> {
    let kind = task.outcome.as_ref().map(Outcome::kind);
    match deed {
        Deed::Retry if member.book.links(task.id.0).0.is_some() => Some("retried already"),
        Deed::Retry if kind == Some(OutcomeKind::Completed) => Some("of them ok"),
        _ => None,
    }
}

fn tasks(num: usize) -> String {
    counted(num, "task", "tasks")
}

/// What would be done to so many tasks.
fn will(num: usize, deed: &Deed) -> String {
    let tasks = tasks(num);
    match deed {
        Deed::Cancel { force: false } => format!("cancel requested for {tasks}"),
        Deed::Cancel { force: true } => format!("{tasks} ended at once (KILL)"),
        Deed::Signal(signal) => format!("{} to the processes of {tasks}", name(*signal)),
        Deed::Pause => format!("{tasks} paused, timeouts too"),
        Deed::Resume => format!("{tasks} go on"),
        Deed::Input(_) => format!("the line to {tasks}"),
        Deed::EndInput => format!("the end of input to {tasks}"),
        Deed::Retry => format!("{tasks} run again, as new tasks with the same arguments"),
    }
}

/// What was done to so many tasks.
fn did(num: usize, deed: &Deed) -> String {
    let tasks = tasks(num);
    match deed {
        Deed::Cancel { force: false } => format!("cancel requested for {tasks}"),
        Deed::Cancel { force: true } => format!("{tasks} ended by force"),
        Deed::Signal(signal) => format!("{} sent to {tasks}", name(*signal)),
        Deed::Pause => format!("{tasks} paused, timeouts too"),
        Deed::Resume => format!("{tasks} go on"),
        Deed::Input(_) => format!("sent to {tasks}"),
        Deed::EndInput => format!("the end of input sent to {tasks}"),
        Deed::Retry => format!("{tasks} run again"),
    }
}

fn name(signal: i32) -> String {
    signal_name(signal).map_or_else(|| signal.to_string(), str::to_owned)
}
