//! Marks: which tasks a list has, whatever of it is on the screen, and which marked tasks are forgotten.

use super::words::task_row;
use super::{Look, Member, Session};
use crate::app::control::{Answer, ListWant};
use crate::app::ids::Ids;
use crate::app::view::By;
use crate::pool::{At, BaseTaskPool, Query, TaskId};
use std::collections::HashMap;
use std::sync::Arc;

/// The most tasks that are marked at once.
const MOST: usize = 1_000_000;

/// How many tasks are looked at under a pool's lock.
const PAGE: usize = 4096;

/// The most tasks that are described at once.
const DESCRIBED: usize = 1000;

impl Session {
    /// The tasks of a list. Others get their turn while it looks.
    pub(super) async fn listed(&self, wanted: &ListWant) -> Result<Answer, String> {
        let want = &wanted.want;
        let member = self.member(want.pool.as_deref().unwrap_or_default())?;
        let mut look = Look::default();
        let (states, found) = loop {
            match look.whole(self, member, want) {
                Some(whole) => break whole,
                None => tokio::task::yield_now().await,
            }
        };
        let inside = |id: u64| match wanted.between {
            None => true,
            Some((a, None)) => a <= id,
            Some((a, Some(b))) => (a.min(b)..=a.max(b)).contains(&id),
        };
        let (mut ids, mut beyond) = (Ids::default(), 0);
        let mut next = (TaskId(0), 0);
        let query = Query {
            group: want.group.as_deref().filter(|_| want.by == By::Group),
            states,
            rows: PAGE,
            ..Query::default()
        };
        while let Some(page) = page(member.pool.base(), &query, found.as_deref(), &mut next) {
            for id in page.into_iter().filter(|id| inside(*id)) {
                if ids.len() < MOST {
                    ids.insert(id);
                } else {
                    beyond += 1;
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(Answer::Listed { ids, beyond })
    }

    /// A line for each of these tasks that is remembered.
    pub(super) fn describe(&self, pool: &str, ids: &Ids) -> Result<Vec<String>, String> {
        let member = self.member(pool)?;
        let ids: Vec<TaskId> = ids.iter().take(DESCRIBED).map(TaskId).collect();
        let shot = member.pool.base().snapshot(&Query {
            ids: Some(&ids),
            rows: ids.len(),
            ..Query::default()
        });
        let live = self.live.facts_of(&member.name, ids.iter().map(|id| id.0));
        let row = |task| task_row(self, member, task, live.get(&task.id.0), shot.time).line();
        Ok(shot.tasks.iter().map(row).collect())
    }
}

/// The next tasks that a query means, of those that were found, if something was looked for; none after the last ones.
fn page(
    pool: &BaseTaskPool,
    query: &Query<'_>,
    found: Option<&[TaskId]>,
    (from, at): &mut (TaskId, usize),
) -> Option<Vec<u64>> {
    if let Some(found) = found {
        let ids = found[*at..].chunks(PAGE).next()?;
        *at += ids.len();
        let shot = pool.snapshot(&Query {
            ids: Some(ids),
            ..query.clone()
        });
        let of_group = |group: &str| query.group.is_none_or(|wanted| wanted == group);
        let tasks = shot.tasks.iter().filter(|task| of_group(&task.group));
        return Some(tasks.map(|task| task.id.0).collect());
    }
    let shot = pool.snapshot(&Query {
        at: At::Task(*from, 0),
        ..query.clone()
    });
    // At the end the window is moved back.
    let new: Vec<u64> = shot
        .tasks
        .iter()
        .map(|task| task.id.0)
        .filter(|id| *id >= from.0)
        .collect();
    *from = TaskId(new.last()?.checked_add(1)?);
    Some(new)
}

/// Which marked tasks are forgotten, of each pool that was looked at with marks. Costs what was marked or forgotten
/// since the last look.
#[derive(Debug, Default)]
pub(super) struct Gone(HashMap<String, Checked>);

#[derive(Debug, Default)]
struct Checked {
    /// How many tasks the pool had forgotten by then.
    forgotten: u64,
    marks: Arc<Ids>,
    alive: Ids,
    gone: Ids,
}

impl Gone {
    /// Those of these that the pool has forgotten.
    pub(super) fn of(&mut self, member: &Member, marks: &Arc<Ids>) -> Ids {
        if marks.is_empty() {
            self.0.remove(&member.name);
            return Ids::default();
        }
        let pool = member.pool.base();
        let stats = pool.stats();
        let forgotten = stats.totals.sum() - stats.ended as u64;
        let checked = self.0.entry(member.name.clone()).or_default();
        let same = checked.forgotten == forgotten;
        if same && checked.marks == *marks {
            return checked.gone.clone();
        }
        let known = if same {
            checked.alive.within(marks)
        } else {
            Ids::default()
        };
        let alive = known.with(&remembered(pool, &marks.without(&known)));
        let gone = marks.without(&alive);
        *checked = Checked {
            forgotten,
            marks: marks.clone(),
            alive,
            gone: gone.clone(),
        };
        gone
    }
}

/// Those of these tasks that the pool remembers.
fn remembered(pool: &BaseTaskPool, ids: &Ids) -> Ids {
    let mut all = Ids::default();
    let mut rest = ids.iter().map(TaskId);
    loop {
        let mut page: Vec<TaskId> = rest.by_ref().take(PAGE).collect();
        if page.is_empty() {
            return all;
        }
        pool.retain_remembered(&mut page);
        all = all.with(&page.iter().map(|id| id.0).collect());
    }
}
