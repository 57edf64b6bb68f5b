//! The transitions: each call of the machine, what it has to answer, and what it does to the account.

use super::super::super::{Ask, Closing, FlushKey, NewGroup, Next, Reach, Refusal};
use super::told::{Told, told};
use super::{FlushUnderWay, Group, Op, Phase, Plan, Stop, Task, World};
use crate::pool::group::{GroupKey, Method, Spawner};
use crate::pool::{Cancelled, Gathered, Outcome, OutcomeKind, PoolError, PoolSize, TaskId, Totals};
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

/// What a caller waits for.
#[derive(Clone, Copy, PartialEq)]
enum Waited {
    Flush(FlushKey),
    Idle,
    Closed,
}

impl World {
    /// Does it, on the machine and on the account, and compares.
    pub(in super::super) fn apply(&mut self, op: Op) {
        let seq = self.machine.log.seq();
        assert_eq!(self.machine.changed_since(seq), None);
        let (held, waited) = (self.held(), self.waited_for());
        let before = self.before();
        let mut next = self.machine.events().subscribe(usize::MAX);
        self.perform(op);
        let effects = self.machine.take_effects();
        let events = self.machine.events().read(&mut next, usize::MAX).events;
        self.machine.events().unsubscribe();
        let mut events: Vec<Told> = events.into_iter().map(|event| told(event.kind)).collect();
        events.sort_unstable();
        let asked = std::mem::take(&mut self.asks);
        assert_eq!(events, self.to_be_told(&before, op, &asked));
        let now = self.machine.log.seq();
        assert_eq!(
            effects.changed,
            now > seq,
            "every change is told to those who watch"
        );
        assert_eq!(self.machine.changed_since(seq), (now > seq).then_some(now));
        assert_eq!(effects.ready, !self.machine.ready.is_empty());
        let waits = self.waited_for();
        let came = waited
            .iter()
            .any(|(what, had)| !had && waits.contains(&(*what, true)));
        assert_eq!(
            effects.settled, came,
            "a wake-up is lost, or there is one for nothing"
        );
        assert!(
            self.held() <= held.max(self.size),
            "more started than the pool has slots"
        );
    }

    /// What callers wait for, and whether it has come: the end of their flush, of all that keeps the pool from
    /// closing, the close.
    fn waited_for(&self) -> Vec<(Waited, bool)> {
        let mut waited = vec![(Waited::Closed, self.closed)];
        if self.closers > 0 {
            waited.push((Waited::Idle, self.is_idle()));
        }
        for flush in &self.flushes {
            waited.push((Waited::Flush(flush.key), self.machine.flush_is_ready(flush.key)));
        }
        waited
    }

    fn perform(&mut self, op: Op) {
        match op {
            Op::Size(size) => self.resize(size),
            Op::Lock => {
                self.machine.lock(NOW);
                self.locked = true;
            }
            Op::Unlock => self.unlock(),
            Op::Pause => {
                self.machine.pause(NOW);
                self.paused = true;
            }
            Op::Resume => {
                self.machine.resume(NOW);
                self.paused = false;
            }
            Op::Create(number, plan) => self.create(number, plan),
            Op::Take(most) => self.take(most),
            Op::Start(group) => self.start(group),
            Op::Skip(group) => {
                self.groups[group].left -= 1;
                self.groups[group].skipped += u64::from(!self.groups[group].forgotten);
                let queued = self.groups[group].queued();
                self.machine
                    .skip(self.groups[group].key, &"it fits no call".into(), queued, NOW);
                // The pool keeps one in its account until the source says itself that it is at its end.
            }
            Op::Exhausted(group) => {
                self.drop_ticket(group);
                let error = (self.groups[group].left > 0).then(|| "broken".into());
                self.groups[group].left = 0;
                self.groups[group].spawner = Spawner::Done;
                self.machine.exhausted(self.groups[group].key, error, NOW);
            }
            Op::NoInput(group) => {
                self.drop_ticket(group);
                if self.groups[group].spawner == Spawner::Open {
                    self.groups[group].spawner = Spawner::WaitingForInput;
                }
                self.machine.no_input(self.groups[group].key, NOW);
            }
            Op::GiveBack(group) => {
                self.drop_ticket(group);
                self.machine.give_back(self.groups[group].key, NOW);
            }
            Op::Input(name) => {
                self.machine.input(name);
                if let Some(group) = self.named(name)
                    && self.groups[group].spawner == Spawner::WaitingForInput
                {
                    self.groups[group].spawner = Spawner::Open;
                }
            }
            Op::Stopped(id, stop) => self.stopped(&[id], stop),
            Op::StoppedBoth(ids) => self.stopped(&ids, Stop::Completed),
            Op::CallbackDone(id) => self.callback_done(id),
            Op::Cancel(id) => self.cancel(&[id]),
            Op::CancelAllIds => self.cancel(&(0..self.tasks.len()).collect::<Vec<_>>()),
            Op::CancelGroup(name) => self.cancel_group(name),
            Op::CancelAll { force } => self.cancel_all(force),
            Op::StopNewest(num) => self.stop(num),
            Op::FlushBegin(own) => self.begin_flush(own),
            Op::FlushStep(at) => self.flush_step(at),
            Op::FlushEnd(at) => self.machine.end_flush(self.flushes.remove(at).key),
            Op::CloseBegin => match self.machine.begin_close() {
                Ok(()) => {
                    assert!(self.locked || self.closed);
                    self.closers += 1;
                }
                Err(error) => {
                    assert!(!self.locked && matches!(error, PoolError::PoolStillUnlocked { .. }));
                }
            },
            Op::CloseStep => self.close_step(),
            Op::CloseEnd => {
                self.machine.end_close();
                self.closers -= 1;
            }
        }
    }

    fn resize(&mut self, size: usize) {
        let room = size.saturating_sub(self.held() + self.hands.len());
        let mut kept = self.machine.ready.clone();
        kept.truncate(room);
        self.machine.set_size(PoolSize::Limited(size), NOW);
        self.size = size;
        assert!(
            self.machine.ready.iter().take(kept.len()).eq(&kept),
            "a slot that is still there was taken back"
        );
    }

    fn unlock(&mut self) {
        match self.machine.unlock(NOW) {
            Ok(()) => {
                assert!(!self.closed && self.closers == 0);
                self.locked = false;
            }
            Err(PoolError::PoolIsClosed { .. }) => assert!(self.closed),
            Err(PoolError::PoolIsClosing { .. }) => assert!(self.closers > 0 && !self.closed),
            Err(error) => panic!("{error}"),
        }
    }

    fn create(&mut self, number: usize, plan: Plan) {
        // The second group takes the first one's name if it can have it.
        let taken = NewGroup {
            name: Some("a".into()),
            method: Method::Map,
            func: "f".into(),
            num_concurrent: plan.num_concurrent,
            queued: plan.known.then_some(plan.tasks),
        };
        let other = NewGroup {
            name: Some("b".into()),
            func: "f".into(),
            ..taken
        };
        let created = match self.machine.create_group(taken, |_, _| (), NOW) {
            Err(PoolError::TaskGroupAlreadyExists { .. }) => {
                assert!(self.named("a").is_some());
                self.machine.create_group(other, |_, _| (), NOW)
            }
            created => created,
        };
        match created {
            Ok(name) => {
                assert!(!self.locked && !self.closed);
                self.groups.push(Group {
                    key: self.machine.groups.find(&name).expect("it has been created"),
                    plan,
                    plan_number: number,
                    name: if &*name == "a" { "a" } else { "b" },
                    left: plan.tasks,
                    spawner: if plan.known && plan.tasks == 0 {
                        Spawner::Done
                    } else {
                        Spawner::Open
                    },
                    named: true,
                    forgotten: false,
                    skipped: 0,
                });
            }
            Err(PoolError::PoolIsClosed { .. }) => assert!(self.closed),
            Err(PoolError::PoolIsLocked { .. }) => assert!(self.locked && !self.closed),
            Err(error) => panic!("{error}"),
        }
    }

    fn take(&mut self, most: usize) {
        let turns: Vec<GroupKey> = self.machine.ready.iter().copied().collect();
        let ticket = self.machine.take(most).expect("it says that it has one");
        let in_turn = turns.iter().take(most).take_while(|key| **key == turns[0]);
        assert_eq!(ticket.slots, in_turn.count());
        for _ in 0..ticket.slots {
            self.hands.push(self.number(turns[0]));
        }
        self.hands.sort_unstable();
    }

    fn start(&mut self, number: usize) {
        self.drop_ticket(number);
        let (full, group) = (self.held() >= self.size, &mut self.groups[number]);
        group.left -= 1;
        let started = self.machine.start(group.key, (), &"".into(), group.queued(), NOW);
        if !group.named {
            assert_eq!(
                started,
                Err(Refusal::Never),
                "nothing of a cancelled group starts"
            );
            return;
        }
        if self.paused || full {
            assert_eq!(started, Err(Refusal::NotNow));
            group.left += 1; // kept for a later ticket
            return;
        }
        assert_eq!(started, Ok(TaskId(self.tasks.len() as u64)));
        if group.queued() == Some(0) {
            group.spawner = Spawner::Done;
        }
        self.tasks.push(Task {
            group: number,
            phase: Phase::Running,
            outcome: None,
        });
    }

    fn drop_ticket(&mut self, group: usize) {
        let found = self.hands.iter().position(|other| *other == group);
        self.hands.remove(found.expect("somebody holds one"));
    }

    fn stopped(&mut self, ids: &[usize], stop: Stop) {
        let number = self.tasks[ids[0]].group;
        let (plan, key) = (self.groups[number].plan, self.groups[number].key);
        for &id in ids {
            let outcome = match stop {
                Stop::Completed => Outcome::Completed,
                Stop::Failed => Outcome::Failed(Arc::new(Cancelled::default())),
                Stop::Cancelled => Outcome::Cancelled(Cancelled::default()),
            };
            let (next, handle) = self
                .machine
                .stop_one(TaskId(id as u64), outcome, plan.callbacks(), NOW);
            assert_eq!(handle, Some(()));
            let task = &mut self.tasks[id];
            let cancelled = stop == Stop::Cancelled && task.phase == Phase::Cancelling;
            task.outcome = Some(match stop {
                Stop::Cancelled if cancelled => OutcomeKind::Cancelled,
                Stop::Completed => OutcomeKind::Completed,
                Stop::Cancelled | Stop::Failed => OutcomeKind::Failed,
            });
            let expected = if cancelled && plan.cancel_callback {
                task.phase = Phase::CancelCallback;
                Next::CancelCallback
            } else {
                task.end(plan)
            };
            assert_eq!(next, expected);
        }
        self.machine.freed(key, NOW);
    }

    fn callback_done(&mut self, id: usize) {
        let plan = self.groups[self.tasks[id].group].plan;
        let (task, number) = (&mut self.tasks[id], TaskId(id as u64));
        if task.phase == Phase::CancelCallback {
            let next = self
                .machine
                .cancel_callback_done(number, None, plan.callbacks(), NOW);
            assert_eq!(next, task.end(plan));
        } else {
            self.machine.end_callback_done(number, None, NOW);
            task.phase = Phase::Settled;
        }
    }

    /// What a cancel of this task has to be refused with.
    pub(super) fn refusal(&self, id: usize) -> Option<&'static str> {
        match self.tasks.get(id).map(|task| task.phase) {
            Some(Phase::Running | Phase::Cancelling) => None,
            Some(Phase::CancelCallback) => Some("AlreadyCancelled"),
            Some(Phase::EndCallback | Phase::Settled) => Some("AlreadyEnded"),
            Some(Phase::Forgotten) | None => Some("InvalidTaskId"),
        }
    }

    fn cancel(&mut self, ids: &[usize]) {
        let numbers: Vec<TaskId> = ids.iter().map(|id| TaskId(*id as u64)).collect();
        let result = self.machine.cancel(&numbers, &Ask::default(), NOW);
        let refusal = ids.iter().find_map(|id| Some((*id, self.refusal(*id)?)));
        match (result, refusal) {
            (Ok(asked), None) => {
                assert_eq!(asked.len(), ids.len());
                self.ask(ids, false);
            }
            (Err(PoolError::AlreadyCancelled { id, .. }), Some((first, "AlreadyCancelled")))
            | (Err(PoolError::AlreadyEnded { id, .. }), Some((first, "AlreadyEnded")))
            | (Err(PoolError::InvalidTaskId { id, .. }), Some((first, "InvalidTaskId"))) => {
                assert_eq!(id.0, first as u64);
            }
            (result, refusal) => panic!("{result:?} instead of {refusal:?}"),
        }
    }

    fn ask(&mut self, ids: &[usize], force: bool) {
        for &id in ids {
            assert!(self.runs(id));
            self.asks.push((id, force && self.asked(id)));
            self.tasks[id].phase = Phase::Cancelling;
        }
    }

    fn cancel_group(&mut self, name: &str) {
        match self.machine.cancel_group(name, NOW) {
            Ok((reach, _)) => {
                let asked = self.ask_all(reach, &Ask::default());
                let number = self.named(name).expect("it has been cancelled");
                let ids: Vec<usize> = (0..self.tasks.len())
                    .filter(|id| self.tasks[*id].group == number && self.runs(*id))
                    .collect();
                assert_eq!(asked.len(), ids.len());
                self.ask(&ids, false);
                self.groups[number].named = false;
                self.groups[number].spawner = Spawner::Done;
            }
            Err(PoolError::TaskGroupNotFound { .. }) => assert_eq!(self.named(name), None),
            Err(error) => panic!("{error}"),
        }
    }

    fn ask_all(&mut self, mut reach: Reach, ask: &Ask) -> Vec<((), bool)> {
        let steps = std::iter::from_fn(|| self.machine.ask_some(&mut reach, ask, NOW));
        steps.flatten().collect()
    }

    fn cancel_all(&mut self, force: bool) {
        let ask = Ask { message: None, force };
        let (reach, payloads) = self.machine.cancel_all(NOW);
        let asked = self.ask_all(reach, &ask);
        let ids: Vec<usize> = (0..self.tasks.len()).filter(|id| self.runs(*id)).collect();
        let forced: Vec<bool> = ids.iter().map(|id| force && self.asked(*id)).collect();
        assert_eq!(
            asked.into_iter().map(|((), forced)| forced).collect::<Vec<_>>(),
            forced
        );
        self.ask(&ids, force);
        let named = self.groups.iter_mut().filter(|group| group.named);
        let mut stopped = 0;
        for group in named {
            stopped += 1;
            group.named = false;
            group.spawner = Spawner::Done;
        }
        assert_eq!(payloads.len(), stopped);
    }

    fn stop(&mut self, num: usize) {
        let (ids, asked) = self.machine.stop(num, &Ask::default(), NOW);
        let running = (0..self.tasks.len()).rev();
        let running = running.filter(|id| self.tasks[*id].phase == Phase::Running);
        let newest: Vec<usize> = running.take(num).collect();
        assert_eq!(
            ids,
            newest.iter().map(|id| TaskId(*id as u64)).collect::<Vec<_>>()
        );
        assert_eq!(asked.len(), newest.len());
        self.ask(&newest, false);
    }

    fn begin_flush(&mut self, own: Option<usize>) {
        let key = self.machine.begin_flush(own.map(|id| TaskId(id as u64)));
        let mut passed: Vec<usize> = own.into_iter().collect();
        if let Some(id) = own {
            // Those who flush in their callbacks do not wait for each other.
            for other in self.flushes.iter_mut().filter(|flush| flush.own.is_some()) {
                passed.extend(other.own);
                other.passed.push(id);
            }
        }
        let left =
            |id: &usize| self.tasks[*id].phase.left_running() && self.tasks[*id].phase != Phase::Forgotten;
        self.flushes.push(FlushUnderWay {
            key,
            own,
            about: (0..self.tasks.len()).filter(left).collect(),
            passed,
            stepped: false,
        });
    }

    fn flush_step(&mut self, at: usize) {
        let flush = &mut self.flushes[at];
        flush.stepped = true;
        let (key, about) = (flush.key, flush.about.clone());
        let sweep = self.machine.flush_step(key, 0, NOW);
        assert_eq!(sweep.next, None);
        self.forget(
            |id, task| about.contains(&id) && task.phase == Phase::Settled,
            &sweep.gathered,
        );
    }

    fn close_step(&mut self) {
        match self.machine.close_step(NOW) {
            Closing::Waiting => assert!(!self.is_idle() && !self.closed),
            Closing::More(sweep) => {
                assert!(self.is_idle() && !self.closed && sweep.next.is_none());
                self.forget(|_, task| task.phase == Phase::Settled, &sweep.gathered);
                self.closed = true;
            }
            Closing::Closed(_) => assert!(self.closed),
        }
    }

    /// The chosen tasks are forgotten, and then the groups that are over and have none left.
    fn forget(&mut self, chosen: impl Fn(usize, &Task) -> bool, gathered: &Gathered) {
        let (mut totals, mut failures) = (Totals::default(), Vec::new());
        for (id, task) in self.tasks.iter_mut().enumerate() {
            if task.phase != Phase::Forgotten && chosen(id, task) {
                task.phase = Phase::Forgotten;
                let outcome = task.outcome.expect("it has ended");
                totals.count(outcome, 1);
                if outcome == OutcomeKind::Failed {
                    failures.push(TaskId(id as u64));
                }
            }
        }
        assert_eq!(gathered.totals, totals);
        assert_eq!(
            gathered.failures.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            failures
        );
        for number in 0..self.groups.len() {
            let mut tasks = self.tasks.iter().filter(|task| task.group == number);
            if self.is_done(number) && tasks.all(|task| task.phase == Phase::Forgotten) {
                self.groups[number].forgotten = true;
                self.groups[number].named = false;
            }
        }
    }
}

impl Task {
    /// Its slot is free; what runs next for it.
    fn end(&mut self, plan: Plan) -> Next {
        if plan.end_callback {
            self.phase = Phase::EndCallback;
            return Next::EndCallback;
        }
        self.phase = Phase::Settled;
        Next::Nothing
    }
}

impl Group {
    /// What the source says that it has left.
    pub(super) fn queued(&self) -> Option<usize> {
        self.plan.known.then_some(self.left)
    }
}
