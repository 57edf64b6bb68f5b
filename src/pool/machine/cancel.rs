//! Asking tasks to cancel. The machine notes who was asked; the shell tells the tasks.

use super::super::event::EventKind;
use super::super::group::GroupKey;
use super::super::table::{self, Task};
use super::super::{PoolError, States, TaskId, TaskState};
use super::Machine;
use std::sync::Arc;
use std::time::Duration;

/// The tasks to tell: their handles, and whether each is ended by force.
pub(crate) type Asked<T> = Vec<(T, bool)>;

/// What a call says to the tasks that it cancels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) message: Option<Arc<str>>,
    /// Tasks that are cancelling already are ended at once.
    pub(crate) force: bool,
}

/// The tasks that a call has still to ask: those of a group or all, that started before the call. They are asked
/// a page at a time, and told in between: nobody waits long for the lock, and what a task is reached by is
/// still at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    group: Option<GroupKey>,
    page: u64,
    end: TaskId,
}

impl<T: Clone, G> Machine<T, G> {
    /// Asks these tasks to cancel; none of them, if one of them cannot be.
    pub(crate) fn cancel(&mut self, ids: &[TaskId], ask: &Ask, now: Duration) -> Result<Asked<T>, PoolError> {
        for &id in ids {
            match self.table.get(id).map(Task::state) {
                Some(TaskState::Running | TaskState::Cancelling) => {}
                Some(TaskState::Cancelled) => {
                    return Err(PoolError::AlreadyCancelled {
                        id,
                        task: self.task_name(id),
                    });
                }
                Some(TaskState::Ended) => {
                    return Err(PoolError::AlreadyEnded {
                        id,
                        task: self.task_name(id),
                    });
                }
                None => {
                    return Err(PoolError::InvalidTaskId {
                        id,
                        pool: self.label().clone(),
                    });
                }
            }
        }
        let mut once: Vec<TaskId> = Vec::with_capacity(ids.len());
        let mut seen = std::collections::HashSet::with_capacity(ids.len());
        once.extend(ids.iter().filter(|id| seen.insert(**id)));
        Ok(self.ask(once, ask, now))
    }

    /// Stops the group's spawner; its running tasks are to be asked with [`ask_some`](Self::ask_some). The group
    /// loses its name. Also returns what made its tasks.
    pub(crate) fn cancel_group(&mut self, name: &str, now: Duration) -> Result<(Reach, Vec<G>), PoolError>
    where
        G: Clone,
    {
        let Some(key) = self.groups.find(name) else {
            return Err(PoolError::TaskGroupNotFound {
                group: name.into(),
                pool: self.label().clone(),
            });
        };
        let payload = self.stop_spawner(key, now);
        self.admit();
        Ok((self.reach(Some(key)), payload.into_iter().collect()))
    }

    /// Stops every spawner and takes every group's name; all running tasks are to be asked with
    /// [`ask_some`](Self::ask_some).
    pub(crate) fn cancel_all(&mut self, now: Duration) -> (Reach, Vec<G>)
    where
        G: Clone,
    {
        let keys = self.groups.keys();
        let payloads = keys
            .into_iter()
            .filter_map(|key| self.stop_spawner(key, now))
            .collect();
        (self.reach(None), payloads)
    }

    fn reach(&self, group: Option<GroupKey>) -> Reach {
        Reach {
            group,
            page: 0,
            end: self.table.next_id(),
        }
    }

    /// Asks some of the tasks within reach to cancel, and takes them out of it; nothing if there are no more.
    pub(crate) fn ask_some(&mut self, reach: &mut Reach, ask: &Ask, now: Duration) -> Option<Asked<T>> {
        let group = match reach.group {
            None => None,
            Some(key) => Some((key, &self.groups.get(key)?.shares)),
        };
        let (page, mut ids) = self.table.page_of(group, States::REACHABLE, reach.page)?;
        if page > table::page(reach.end) {
            return None;
        }
        // Also what keeps tasks out that are of another group, which got this one's number meanwhile.
        ids.retain(|id| *id < reach.end);
        reach.page = page + 1;
        Some(self.ask(ids, ask, now))
    }

    /// Asks the `num` tasks that started last, and were not asked before, to cancel.
    pub(crate) fn stop(&mut self, num: usize, ask: &Ask, now: Duration) -> (Vec<TaskId>, Asked<T>) {
        let ids = self.table.newest(States::of(TaskState::Running), num);
        (ids.clone(), self.ask(ids, ask, now))
    }

    fn ask(&mut self, ids: Vec<TaskId>, ask: &Ask, now: Duration) -> Asked<T> {
        let mut asked = Vec::with_capacity(ids.len());
        for id in ids {
            let found = self.change(id, |task| {
                let again = match task.state() {
                    TaskState::Running => false,
                    TaskState::Cancelling => true,
                    TaskState::Cancelled | TaskState::Ended => return None,
                };
                task.ask(now);
                Some((task.handle()?.clone(), again))
            });
            let Some((key, Some((handle, again)))) = found else {
                continue;
            };
            let forced = again && ask.force;
            asked.push((handle, forced));
            self.tell_of(key, now, |group| EventKind::CancelRequested {
                id,
                group,
                message: ask.message.clone(),
                forced,
            });
        }
        asked
    }

    fn stop_spawner(&mut self, key: GroupKey, now: Duration) -> Option<G>
    where
        G: Clone,
    {
        let group = self.groups.get(key).filter(|group| group.named)?;
        let (name, payload) = (group.name.clone(), group.payload.clone());
        match group.queued {
            Some(left) => self.never_started += left as u64,
            None => self.never_started_more = true,
        }
        self.groups.unname(key);
        self.tell(now, || EventKind::GroupCancelled { group: name });
        self.leave_line(key);
        self.update_queue(key, Some(0), now);
        Some(payload)
    }
}
