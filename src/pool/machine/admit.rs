//! Who may start next: slots are given away as tickets, in turn.

use super::super::event::EventKind;
use super::super::group::{Group, GroupKey, Method, Shares, Spawner};
use super::super::source::ArgsText;
use super::super::table::page;
use super::super::{GroupName, OutcomeKind, PoolError, States, TaskId, TaskState, Totals};
use super::Machine;
use std::sync::Arc;
use std::time::Duration;

/// How many tickets lie ready at once: enough to keep every worker busy, few enough that taking them back
/// (pause, a smaller size) is nothing.
pub(super) const AT_ONCE: usize = 256;

/// Slots reserved for the next tasks of a group, and what makes these tasks. Each slot has to come back,
/// once: by `start`, `exhausted`, `no_input` or `give_back`.
#[derive(Debug)]
#[must_use = "a ticket that is dropped is a slot that is lost"]
pub(crate) struct Ticket<G> {
    pub(crate) payload: G,
    pub(crate) slots: usize,
}

/// Why a task may not start although there was a ticket for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// The pool was paused or made smaller meanwhile, or the group's limit was: keep the task, a later ticket is for it.
    NotNow,
    /// The group was cancelled meanwhile: drop the task.
    Never,
}

/// A group to be created.
#[derive(Debug)]
pub(crate) struct NewGroup {
    pub(crate) name: Option<GroupName>,
    pub(crate) method: Method,
    pub(crate) func: Arc<str>,
    pub(crate) num_concurrent: Option<usize>,
    /// How many tasks it has to start; unknown for an iterator of unknown length.
    pub(crate) queued: Option<usize>,
}

impl<T, G: Clone> Machine<T, G> {
    /// Creates a group. `payload` is made once nothing can go wrong any more.
    pub(crate) fn create_group(
        &mut self,
        new: NewGroup,
        payload: impl FnOnce(&GroupName, GroupKey) -> G,
        now: Duration,
    ) -> Result<GroupName, PoolError> {
        if self.closed {
            return Err(PoolError::PoolIsClosed {
                pool: self.label().clone(),
            });
        }
        if self.locked {
            return Err(PoolError::PoolIsLocked {
                pool: self.label().clone(),
            });
        }
        if new.num_concurrent == Some(0) {
            return Err(PoolError::InvalidNumConcurrent);
        }
        let name = match new.name {
            Some(group) if self.groups.find(&group).is_some() => {
                return Err(PoolError::TaskGroupAlreadyExists {
                    group,
                    pool: self.label().clone(),
                });
            }
            Some(group) => group,
            None => self.groups.default_name(new.method, &new.func),
        };
        let key = self.groups.insert(Group {
            name: name.clone(),
            method: new.method,
            func: new.func.clone(),
            num_concurrent: new.num_concurrent,
            payload: payload(&name, self.groups.next_key()),
            spawner: Spawner::Open,
            queued: Some(0),
            in_line: false,
            tickets: 0,
            totals: Totals::default(),
            skipped: 0,
            input_error: None,
            input_empty: None,
            named: true,
            created: 0, // by the register
            made: now,
            done: false,
            shares: Shares::default(),
        });
        self.open_groups += 1;
        self.tell(now, || EventKind::GroupCreated {
            group: name.clone(),
            method: new.method.name(),
            func: new.func,
        });
        self.update_queue(key, new.queued, now);
        self.queue_up(key);
        self.admit();
        Ok(name)
    }

    /// Takes up to `most` slots that were given away, for the group whose turn it is.
    pub(crate) fn take(&mut self, most: usize) -> Option<Ticket<G>> {
        let key = *self.ready.front()?;
        let its = self.ready.iter().take(most).take_while(|turn| **turn == key);
        let slots = its.count();
        self.ready.drain(..slots);
        self.admit();
        let group = self.groups.get(key).expect("a group with tickets is kept");
        Some(Ticket {
            payload: group.payload.clone(),
            slots,
        })
    }

    /// Starts a task in one of the ticket's slots. `queued` is what the group has left after it. Returns the
    /// task to a caller that may not start it.
    pub(crate) fn start(
        &mut self,
        key: GroupKey,
        handle: T,
        args: &ArgsText,
        queued: Option<usize>,
        now: Duration,
    ) -> Result<TaskId, Refusal> {
        let full = self.is_full() || self.groups.get(key).is_some_and(Group::is_full);
        let named = self.groups.get(key).is_some_and(|group| group.named);
        if self.paused || full || !named {
            // The task is back with the group, so the group has one more to start.
            self.return_ticket(key, now);
            self.update_queue(key, queued.map(|left| left + usize::from(named)), now);
            self.queue_up_first(key);
            self.admit();
            return Err(if named { Refusal::NotNow } else { Refusal::Never });
        }
        let id = self.table.push(key, handle, now, args.as_str());
        self.tickets -= 1;
        self.held += 1;
        let group = self.groups.get_mut(key).expect("looked up above");
        group.tickets -= 1;
        let running = States::index(TaskState::Running, OutcomeKind::Completed);
        group.shares.add(page(id), running);
        self.tell_of(key, now, |group| EventKind::TaskStarted {
            id,
            group,
            args: args.as_str().into(),
            exact: args.exact().cloned(),
        });
        self.update_queue(key, queued, now);
        self.queue_up(key);
        self.admit();
        Ok(id)
    }

    /// No task could be made of an element; the ticket is still good for the next one.
    pub(crate) fn skip(&mut self, key: GroupKey, reason: &Arc<str>, queued: Option<usize>, now: Duration) {
        self.skipped += 1;
        if let Some(group) = self.groups.get_mut(key) {
            group.skipped += 1;
            let name = group.name.clone();
            self.tell(now, || EventKind::Skipped {
                group: name,
                reason: reason.clone(),
            });
        }
        if queued != Some(0) {
            self.update_queue(key, queued, now);
        }
    }

    /// The group's source is at its end, and had no element.
    pub(crate) fn empty(&mut self, key: GroupKey, reason: Arc<str>, now: Duration) {
        if let Some(group) = self.groups.get_mut(key) {
            group.input_empty = Some(reason.clone());
            let name = group.name.clone();
            self.tell(now, || EventKind::InputEmpty { group: name, reason });
        }
    }

    /// The group has nothing left to start, or its iterator failed. The slot goes to the next.
    pub(crate) fn exhausted(&mut self, key: GroupKey, error: Option<Arc<str>>, now: Duration) {
        if let (Some(reason), Some(group)) = (error, self.groups.get_mut(key)) {
            group.input_error = Some(reason.clone());
            self.input_errors += 1;
            let name = group.name.clone();
            self.tell(now, || EventKind::InputFailed { group: name, reason });
        }
        self.return_ticket(key, now);
        self.update_queue(key, Some(0), now);
        self.admit();
    }

    /// The group's source has nothing ready. The slot goes to the next; `input` queues the group up again.
    pub(crate) fn no_input(&mut self, key: GroupKey, now: Duration) {
        if let Some(group) = self.groups.get_mut(key)
            && group.spawner == Spawner::Open
        {
            group.spawner = Spawner::WaitingForInput;
            self.leave_line(key);
        }
        self.return_ticket(key, now);
        self.admit();
    }

    /// Changes how many tasks of a group may hold a slot at once.
    pub(crate) fn set_num_concurrent(
        &mut self,
        name: &str,
        most: Option<usize>,
        now: Duration,
    ) -> Result<(), PoolError> {
        let Some(key) = self.groups.find(name) else {
            return Err(PoolError::TaskGroupNotFound {
                group: name.into(),
                pool: self.label().clone(),
            });
        };
        if most == Some(0) {
            return Err(PoolError::InvalidNumConcurrent);
        }
        let group = self.groups.get_mut(key).expect("found by its name");
        if std::mem::replace(&mut group.num_concurrent, most) == most {
            return Ok(());
        }
        self.tell_of(key, now, |group| EventKind::GroupLimited {
            group,
            num_concurrent: most,
        });
        // Slots that are given away but not used yet go back first; tasks that run are left alone.
        while self.groups.get(key).is_some_and(Group::is_over) && self.revoke_newest_of(key) {}
        self.queue_up(key);
        self.admit();
        Ok(())
    }

    /// The group's source has something ready, or is at its end.
    pub(crate) fn input(&mut self, name: &str) {
        if let Some(key) = self.groups.find(name)
            && let Some(group) = self.groups.get_mut(key)
            && group.spawner == Spawner::WaitingForInput
        {
            group.spawner = Spawner::Open;
            self.queue_up(key);
            self.admit();
        }
    }

    /// Nothing was started with the ticket, for now.
    pub(crate) fn give_back(&mut self, key: GroupKey, now: Duration) {
        self.return_ticket(key, now);
        self.queue_up(key);
        self.admit();
    }
}

impl<T, G> Machine<T, G> {
    /// Gives slots away while there are any and somebody waits: one each, in turn. A group that is
    /// alone in the line gets all that it can use.
    pub(super) fn admit(&mut self) {
        while !self.paused
            && self.ready.len() < AT_ONCE
            && self.size.room(self.held + self.tickets) > 0
            && let Some(key) = self.line.pop_front()
        {
            let group = self.groups.get_mut(key).expect("a group in the line is kept");
            group.in_line = false;
            if group.headroom() == 0 {
                continue;
            }
            group.tickets += 1;
            self.tickets += 1;
            self.ready.push_back(key);
            self.queue_up(key);
        }
    }

    /// Puts a group at the end of the line, if it could use a slot and is not in it.
    pub(super) fn queue_up(&mut self, key: GroupKey) {
        if let Some(group) = self.groups.get_mut(key)
            && !group.in_line
            && group.headroom() > 0
        {
            group.in_line = true;
            self.line.push_back(key);
        }
    }

    /// Puts a group that lost its turn back to the front.
    fn queue_up_first(&mut self, key: GroupKey) {
        self.leave_line(key);
        if let Some(group) = self.groups.get_mut(key)
            && group.headroom() > 0
        {
            group.in_line = true;
            self.line.push_front(key);
        }
    }

    /// Takes a group out of the line, and its tickets that nobody works on yet back.
    pub(super) fn leave_line(&mut self, key: GroupKey) {
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        if std::mem::take(&mut group.in_line) {
            self.line.retain(|other| *other != key);
        }
        let before = self.ready.len();
        self.ready.retain(|other| *other != key);
        let back = before - self.ready.len();
        group.tickets -= back;
        self.tickets -= back;
    }

    /// Takes the ticket back that was given away last; its group is first in line then.
    pub(super) fn revoke_newest(&mut self) -> bool {
        let Some(key) = self.ready.pop_back() else {
            return false;
        };
        self.tickets -= 1;
        let group = self.groups.get_mut(key).expect("a group with tickets is kept");
        group.tickets -= 1;
        if !group.in_line {
            group.in_line = true;
            self.line.push_front(key);
        }
        true
    }

    /// Takes the group's ticket back that was given away last.
    fn revoke_newest_of(&mut self, key: GroupKey) -> bool {
        let Some(at) = self.ready.iter().rposition(|turn| *turn == key) else {
            return false;
        };
        self.ready.remove(at);
        self.tickets -= 1;
        let group = self.groups.get_mut(key).expect("a group with tickets is kept");
        group.tickets -= 1;
        true
    }

    fn return_ticket(&mut self, key: GroupKey, now: Duration) {
        self.tickets -= 1;
        if let Some(group) = self.groups.get_mut(key) {
            group.tickets -= 1;
        }
        self.check_done(key, now);
    }

    /// Notes how many tasks a group has left to start.
    pub(super) fn update_queue(&mut self, key: GroupKey, queued: Option<usize>, now: Duration) {
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        if group.spawner == Spawner::Done {
            return;
        }
        let before = std::mem::replace(&mut group.queued, queued);
        let num = |queued: Option<usize>| queued.unwrap_or(0) as u128;
        self.queued = self.queued - num(before) + num(queued);
        self.unknown = self.unknown - usize::from(before.is_none()) + usize::from(queued.is_none());
        if queued == Some(0) {
            group.spawner = Spawner::Done;
            self.leave_line(key);
            self.tell_of(key, now, |group| EventKind::SpawnerDone { group });
        }
        self.check_done(key, now);
    }

    /// Tells, once, that a group is over; and whoever waits for the close, if that was the last.
    pub(super) fn check_done(&mut self, key: GroupKey, now: Duration) {
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        if group.is_done() && !std::mem::replace(&mut group.done, true) {
            if group.shares.count(States::ALL) == 0 {
                self.over.push(key);
            }
            let name = group.name.clone();
            self.open_groups -= 1;
            self.tell(now, || EventKind::GroupDone { group: name });
        }
        self.effects.settled |= self.closers > 0 && self.is_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolSize;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn so_many_slots_and_no_more_are_given_away_ahead() {
        let mut machine: Machine<(), GroupKey> = Machine::new("TaskPool", "x", PoolSize::Unlimited);
        let new = NewGroup {
            name: None,
            method: Method::Apply,
            func: "f".into(),
            num_concurrent: None,
            queued: Some(9 * AT_ONCE),
        };
        machine.create_group(new, |_, key| key, NOW).unwrap();
        assert_eq!(machine.ready.len(), AT_ONCE);
        let ticket = machine.take(1).unwrap();
        assert_eq!((machine.ready.len(), machine.tickets), (AT_ONCE, AT_ONCE + 1));
        machine.give_back(ticket.payload, NOW);
        assert_eq!((machine.ready.len(), machine.tickets), (AT_ONCE, AT_ONCE));
    }

    #[test]
    fn a_limit_that_shrinks_takes_tickets_back_and_refuses_those_in_hand() {
        let mut machine: Machine<(), GroupKey> = Machine::new("TaskPool", "x", PoolSize::Unlimited);
        let new = |name: &str| NewGroup {
            name: Some(name.into()),
            method: Method::Map,
            func: "f".into(),
            num_concurrent: Some(3),
            queued: Some(9),
        };
        machine.create_group(new("g"), |_, key| key, NOW).unwrap();
        let in_hand = machine.take(2).unwrap();
        assert_eq!((in_hand.slots, machine.ready.len()), (2, 1));
        machine.set_num_concurrent("g", Some(1), NOW).unwrap();
        assert_eq!(machine.ready.len(), 0);
        let key = in_hand.payload;
        assert_eq!(machine.start(key, (), &"0".into(), Some(8), NOW), Ok(TaskId(0)));
        assert_eq!(
            machine.start(key, (), &"1".into(), Some(7), NOW),
            Err(Refusal::NotNow)
        );
        // The one that came back is still to be started.
        assert_eq!(machine.groups.get(key).unwrap().queued, Some(8));
        assert_eq!(machine.tickets, 0);
        machine.check();
    }
}
