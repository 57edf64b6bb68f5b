//! What has to be true between two transitions, and what makes two worlds the same.

use super::{Group, Phase, World};
use crate::pool::group::Spawner;
use crate::pool::{States, TaskId, TaskState, Totals};

impl World {
    /// Panics where the machine and the account differ, or a rule does not hold.
    pub(in super::super) fn check(&self) {
        self.check_tasks();
        for (number, group) in self.groups.iter().enumerate() {
            self.check_group(number, group);
        }
        self.check_pool();
        for flush in self.flushes.iter().filter(|flush| !flush.stepped) {
            let mut about = flush.about.iter();
            let ready = about.all(|id| flush.passed.contains(id) || self.tasks[*id].phase >= Phase::Settled);
            assert_eq!(self.machine.flush_is_ready(flush.key), ready);
        }
        let open = self.paused || self.closed || self.held() + self.all_tickets() >= self.size;
        for (number, group) in self.groups.iter().enumerate() {
            assert!(
                open || self.headroom(number, group) == 0,
                "a slot is free although group {number} could use it"
            );
        }
    }

    fn check_tasks(&self) {
        assert_eq!(self.machine.table.next_id(), TaskId(self.tasks.len() as u64));
        for (id, task) in self.tasks.iter().enumerate() {
            let slot = self.machine.table.get(TaskId(id as u64));
            let seen = slot.map(|slot| (slot.state(), slot.settled(), slot.group(), slot.is_reachable()));
            let expected = match task.phase {
                Phase::Running => Some((TaskState::Running, false)),
                Phase::Cancelling => Some((TaskState::Cancelling, false)),
                Phase::CancelCallback => Some((TaskState::Cancelled, false)),
                Phase::EndCallback => Some((TaskState::Ended, false)),
                Phase::Settled => Some((TaskState::Ended, true)),
                Phase::Forgotten => None,
            };
            let expected =
                expected.map(|(state, settled)| (state, settled, self.groups[task.group].key, self.runs(id)));
            assert_eq!(seen, expected, "task {id}");
        }
    }

    fn check_group(&self, number: usize, group: &Group) {
        if group.forgotten {
            return;
        }
        let seen = self.machine.groups.get(group.key);
        let seen = seen.expect("a group is kept until all of it is forgotten");
        let tasks = || self.tasks.iter().filter(|task| task.group == number);
        let count = |phase: Phase| tasks().filter(|task| task.phase == phase).count();
        assert_eq!(seen.active(), self.active(number));
        let counts = |state| seen.shares.count(States::of(state));
        assert_eq!(counts(TaskState::Cancelling), count(Phase::Cancelling));
        assert_eq!(counts(TaskState::Cancelled), count(Phase::CancelCallback));
        let forgotten = count(Phase::Forgotten);
        assert_eq!(seen.shares.count(States::ALL), tasks().count() - forgotten);
        assert_eq!(
            self.machine.over.contains(&group.key),
            self.is_done(number) && tasks().count() == forgotten
        );
        assert_eq!(seen.totals, self.totals(Some(number)));
        assert_eq!(seen.tickets, self.tickets(number));
        assert_eq!(seen.skipped, group.skipped);
        assert_eq!(seen.spawner, group.spawner);
        assert_eq!(seen.named, group.named);
        assert_eq!(seen.done, self.is_done(number));
        assert_eq!(seen.in_line, self.machine.line.contains(&group.key));
        assert!(
            group.spawner == Spawner::Open || !(seen.in_line || self.machine.ready.contains(&group.key)),
            "group {number} keeps a place that it cannot use"
        );
        assert_eq!(
            self.machine.groups.find(group.name).is_some(),
            self.named(group.name).is_some()
        );
        if group.named {
            let remembered = self
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, task)| task.group == number && task.phase != Phase::Forgotten);
            let remembered: Vec<TaskId> = remembered.map(|(id, _)| TaskId(id as u64)).collect();
            assert_eq!(self.machine.group_ids([group.name]), Ok(remembered));
            let info = self.machine.group(group.name).expect("it has its name");
            assert_eq!(
                (info.running, info.cancelling, info.cancelled),
                (
                    count(Phase::Running) + count(Phase::Cancelling),
                    count(Phase::Cancelling),
                    count(Phase::CancelCallback)
                )
            );
        }
        let queued = match group.spawner {
            Spawner::Done => Some(0),
            Spawner::Open | Spawner::WaitingForInput => group.queued(),
        };
        if queued == Some(0) && group.spawner != Spawner::Done {
            // All that was left has been skipped: the source has not said yet that it is at its end.
            assert_eq!(seen.queued, Some(1));
        } else {
            assert_eq!(seen.queued, queued);
        }
    }

    fn check_pool(&self) {
        let stats = self.machine.stats();
        let count = |phase: Phase| self.tasks.iter().filter(|task| task.phase == phase).count();
        assert_eq!(stats.running, count(Phase::Running) + count(Phase::Cancelling));
        assert_eq!(stats.cancelling, count(Phase::Cancelling));
        assert_eq!(stats.cancelled, count(Phase::CancelCallback));
        assert_eq!(stats.ended, count(Phase::EndCallback) + count(Phase::Settled));
        assert_eq!(stats.totals, self.totals(None));
        let ends = self.tasks.iter().filter(|task| !task.phase.holds_a_slot());
        assert_eq!(stats.totals.sum(), ends.count() as u64, "each start has one end");
        assert_eq!(
            stats.groups,
            self.groups.iter().filter(|group| group.named).count()
        );
        assert_eq!(stats.size.limit(), Some(self.size));
        assert_eq!(
            (stats.locked, stats.paused, stats.closed),
            (self.locked, self.paused, self.closed)
        );
        assert_eq!(stats.closing, self.closers > 0 && !self.closed);
        assert_eq!(
            (stats.size, stats.locked, stats.closed),
            (
                self.machine.size(),
                self.machine.is_locked(),
                self.machine.is_closed()
            )
        );
        assert_eq!(self.machine.is_full(), self.held() >= self.size);
        assert_eq!(self.machine.tickets, self.all_tickets());
        assert_eq!(
            self.machine.unsettled,
            count(Phase::CancelCallback) + count(Phase::EndCallback)
        );
        assert_eq!(
            self.machine.groups.keys(),
            self.kept().map(|group| group.key).collect::<Vec<_>>()
        );
        let groups = || self.kept().filter_map(|group| self.machine.groups.get(group.key));
        assert_eq!(self.machine.held, self.held());
        assert_eq!(
            stats.queued,
            groups().filter_map(|group| group.queued).sum::<usize>()
        );
        assert_eq!(stats.queued_more, groups().any(|group| group.queued.is_none()));
        let open = (0..self.groups.len())
            .filter(|number| !self.is_done(*number))
            .count();
        assert_eq!(self.machine.open_groups, open);
        if self.closed {
            assert!(
                self.tasks.iter().all(|task| task.phase == Phase::Forgotten),
                "closed means empty"
            );
            assert!(self.groups.iter().all(|group| group.forgotten));
            assert!(self.hands.is_empty() && self.machine.ready.is_empty());
            assert!(self.locked);
        }
    }

    fn kept(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| !group.forgotten)
    }

    fn totals(&self, group: Option<usize>) -> Totals {
        let mut totals = Totals::default();
        let tasks = self
            .tasks
            .iter()
            .filter(|task| group.is_none_or(|group| task.group == group));
        let ended = tasks.filter(|task| !task.phase.holds_a_slot());
        ended
            .filter_map(|task| task.outcome)
            .for_each(|outcome| totals.count(outcome, 1));
        totals
    }

    fn all_tickets(&self) -> usize {
        self.machine.ready.len() + self.hands.len()
    }

    /// How many more slots a group could use.
    fn headroom(&self, number: usize, group: &Group) -> usize {
        if group.spawner != Spawner::Open {
            return 0;
        }
        let left = group
            .queued()
            .map_or(usize::MAX, |left| left.saturating_sub(self.tickets(number)));
        let concurrent = self.active(number) + self.tickets(number);
        let most = group.plan.num_concurrent.unwrap_or(usize::MAX);
        left.min(most.saturating_sub(concurrent))
    }

    /// All that anything in the future depends on.
    pub(in super::super) fn key(&self) -> Box<[u8]> {
        let mut key = vec![
            small(self.size),
            u8::from(self.locked) | u8::from(self.paused) << 1 | u8::from(self.closed) << 2,
            small(self.closers),
            small(self.groups.len()),
            small(self.tasks.len()),
        ];
        for group in &self.groups {
            key.extend([
                small(group.plan_number),
                small(group.left),
                group.name.as_bytes()[0],
            ]);
            let seen = self.machine.groups.get(group.key);
            let Some(seen) = seen.filter(|_| !group.forgotten) else {
                key.push(u8::MAX);
                continue;
            };
            key.push(small(group.key.0 as usize));
            let spawner = match seen.spawner {
                Spawner::Open => 0,
                Spawner::WaitingForInput => 1,
                Spawner::Done => 2,
            };
            let flags = [seen.in_line, seen.named, seen.done];
            key.push(
                flags
                    .iter()
                    .fold(spawner, |bits, flag| bits << 1 | u8::from(*flag)),
            );
            key.push(small(seen.tickets));
            key.push(seen.queued.map_or(u8::MAX, small));
        }
        for queue in [&self.machine.line, &self.machine.ready] {
            key.push(small(queue.len()));
            key.extend(queue.iter().map(|key| small(self.number(*key))));
        }
        key.push(small(self.hands.len()));
        key.extend(self.hands.iter().map(|group| small(*group)));
        for task in &self.tasks {
            key.push(task.phase as u8 | small(task.group) << 4);
        }
        for (flush, seen) in self.flushes.iter().zip(&self.machine.flushes) {
            let bits = |ids: &[usize]| ids.iter().fold(0, |bits, id| bits | 1 << id);
            key.extend([bits(&flush.about), bits(&flush.passed), u8::from(flush.stepped)]);
            key.extend([small(seen.waiting), flush.own.map_or(u8::MAX, small)]);
        }
        let counts = [
            self.machine.flushes.len(),
            self.machine.tickets,
            self.machine.stats().queued,
            usize::from(self.machine.stopped),
            self.machine.unknown,
            self.machine.open_groups,
            self.machine.unsettled,
            usize::from(self.machine.found.is_some()),
        ];
        key.extend(counts.map(small));
        key.into()
    }
}

fn small(number: usize) -> u8 {
    u8::try_from(number).expect("everything is small here")
}
