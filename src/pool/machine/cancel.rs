//! Asking tasks to cancel. The machine notes who was asked; the shell tells the tasks.

use super::super::event::EventKind;
use super::super::group::GroupKey;
use super::super::table::Task;
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

    /// Stops the group's spawner and asks its running tasks to cancel. The group loses its name. Also
    /// returns what made its tasks.
    pub(crate) fn cancel_group(
        &mut self,
        name: &str,
        ask: &Ask,
        now: Duration,
    ) -> Result<(Asked<T>, Vec<G>), PoolError>
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
        let group = self.groups.get(key).map(|group| (key, &group.shares));
        let ids = self.table.select(group, States::REACHABLE, 0, usize::MAX);
        let asked = self.ask(ids, ask, now);
        self.admit();
        Ok((asked, payload.into_iter().collect()))
    }

    /// Stops every spawner, takes every group's name and asks every running task to cancel.
    pub(crate) fn cancel_all(&mut self, ask: &Ask, now: Duration) -> (Asked<T>, Vec<G>)
    where
        G: Clone,
    {
        let keys = self.groups.keys();
        let payloads = keys
            .into_iter()
            .filter_map(|key| self.stop_spawner(key, now))
            .collect();
        let ids = self.table.select(None, States::REACHABLE, 0, usize::MAX);
        (self.ask(ids, ask, now), payloads)
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
        self.groups.unname(key);
        self.tell(now, || EventKind::GroupCancelled { group: name });
        self.leave_line(key);
        self.update_queue(key, Some(0), now);
        Some(payload)
    }
}
