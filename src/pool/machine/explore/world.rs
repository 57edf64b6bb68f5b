//! A small pool with all that is around it, and a plain account of what has to be true of it.

mod apply;
mod check;
mod told;

use super::super::{Callbacks, FlushKey, Machine};
use super::Bounds;
use crate::pool::group::{GroupKey, Spawner};
use crate::pool::{OutcomeKind, PoolSize};

/// What a group is like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Plan {
    pub(super) tasks: usize,
    pub(super) known: bool,
    pub(super) num_concurrent: Option<usize>,
    pub(super) cancel_callback: bool,
    pub(super) end_callback: bool,
    pub(super) waits: bool,
    pub(super) skips: bool,
}

impl Plan {
    fn callbacks(self) -> Callbacks {
        Callbacks {
            cancel: self.cancel_callback,
            end: self.end_callback,
        }
    }
}

/// How a task's future stops.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Stop {
    Completed,
    Failed,
    Cancelled,
}

/// One transition.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Op {
    Size(usize),
    Lock,
    Unlock,
    Pause,
    Resume,
    /// Of which of the bounds' plans for the next group.
    Create(usize, Plan),
    /// Up to so many slots at once.
    Take(usize),
    /// With a ticket that is held for this group.
    Start(usize),
    Skip(usize),
    Exhausted(usize),
    NoInput(usize),
    GiveBack(usize),
    Input(&'static str),
    Stopped(usize, Stop),
    /// Two tasks of a group without callbacks are booked at once.
    StoppedBoth([usize; 2]),
    CallbackDone(usize),
    Cancel(usize),
    CancelAllIds,
    CancelGroup(&'static str),
    CancelAll {
        force: bool,
    },
    StopNewest(usize),
    FlushBegin(Option<usize>),
    /// Of which flush.
    FlushStep(usize),
    FlushEnd(usize),
    CloseBegin,
    CloseStep,
    CloseEnd,
}

/// Where a task is, callbacks told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    Running,
    Cancelling,
    CancelCallback,
    EndCallback,
    Settled,
    Forgotten,
}

impl Phase {
    fn holds_a_slot(self) -> bool {
        matches!(self, Phase::Running | Phase::Cancelling | Phase::CancelCallback)
    }

    fn left_running(self) -> bool {
        self >= Phase::CancelCallback
    }

    fn in_callback(self) -> bool {
        matches!(self, Phase::CancelCallback | Phase::EndCallback)
    }
}

#[derive(Clone, Debug)]
struct Task {
    group: usize,
    phase: Phase,
    outcome: Option<OutcomeKind>,
}

#[derive(Clone, Debug)]
struct Group {
    /// The machine's number for it, which another group may get once this one is forgotten.
    key: GroupKey,
    plan: Plan,
    plan_number: usize,
    name: &'static str,
    /// Elements that its source still has.
    left: usize,
    spawner: Spawner,
    named: bool,
    forgotten: bool,
    skipped: u64,
}

#[derive(Clone, Debug)]
struct FlushUnderWay {
    key: FlushKey,
    own: Option<usize>,
    /// The tasks that had left running at the call.
    about: Vec<usize>,
    /// Those of them that are not waited for.
    passed: Vec<usize>,
    stepped: bool,
}

#[derive(Clone)]
pub(super) struct World {
    machine: Machine<(), ()>,
    size: usize,
    locked: bool,
    paused: bool,
    closed: bool,
    groups: Vec<Group>,
    tasks: Vec<Task>,
    /// Tickets that somebody works on, by group.
    hands: Vec<usize>,
    flushes: Vec<FlushUnderWay>,
    closers: usize,
    /// Who was asked to cancel by the transition that is under way, and whether by force.
    asks: Vec<(usize, bool)>,
}

impl World {
    pub(super) fn new() -> Self {
        World {
            machine: Machine::new("TaskPool", "x", PoolSize::Limited(2)),
            size: 2,
            locked: false,
            paused: false,
            closed: false,
            groups: Vec::new(),
            tasks: Vec::new(),
            hands: Vec::new(),
            flushes: Vec::new(),
            closers: 0,
            asks: Vec::new(),
        }
    }

    /// What may happen now.
    pub(super) fn ops(&self, bounds: &Bounds) -> Vec<Op> {
        let mut ops = vec![Op::CancelAllIds, Op::StopNewest(1), Op::StopNewest(2)];
        ops.extend([Op::CancelAll { force: false }, Op::CancelAll { force: true }]);
        ops.extend([Op::Lock, Op::Unlock]);
        ops.extend(bounds.sizes.iter().map(|size| Op::Size(*size)));
        if bounds.pause {
            ops.extend([Op::Pause, Op::Resume]);
        }
        if let Some(plans) = bounds.plans.get(self.groups.len()) {
            ops.extend(plans.iter().enumerate().map(|(i, plan)| Op::Create(i, *plan)));
        }
        if !self.machine.ready.is_empty() {
            ops.extend([Op::Take(1), Op::Take(2)]);
        }
        for (number, group) in self.groups.iter().enumerate() {
            self.ticket_ops(number, group, &mut ops);
            ops.push(Op::CancelGroup(group.name));
            if group.plan.waits {
                ops.push(Op::Input(group.name));
            }
        }
        for (id, task) in self.tasks.iter().enumerate() {
            ops.push(Op::Cancel(id));
            match task.phase {
                Phase::Running | Phase::Cancelling => {
                    let all = [Stop::Completed, Stop::Failed, Stop::Cancelled];
                    ops.extend(all.map(|stop| Op::Stopped(id, stop)));
                }
                Phase::CancelCallback | Phase::EndCallback => ops.push(Op::CallbackDone(id)),
                Phase::Settled | Phase::Forgotten => {}
            }
        }
        ops.extend(self.pairs().map(Op::StoppedBoth));
        ops.push(Op::Cancel(self.tasks.len()));
        self.flush_ops(bounds, &mut ops);
        if bounds.close {
            if self.closers < bounds.closers {
                ops.push(Op::CloseBegin);
            }
            if self.closers > 0 {
                ops.extend([Op::CloseStep, Op::CloseEnd]);
            }
        }
        ops
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.groups
            .iter()
            .position(|group| group.named && group.name == name)
    }

    /// Two tasks that one lane may have polled in a row.
    fn pairs(&self) -> impl Iterator<Item = [usize; 2]> {
        let alike = |a: usize, b: usize| {
            self.tasks[a].group == self.tasks[b].group
                && self.groups[self.tasks[a].group].plan.callbacks() == Callbacks::default()
        };
        let running = move |id: &usize| self.runs(*id);
        let firsts = (0..self.tasks.len()).filter(running);
        firsts.flat_map(move |a| {
            let seconds = (a + 1..self.tasks.len()).filter(running);
            seconds.filter(move |b| alike(a, *b)).map(move |b| [a, b])
        })
    }

    fn runs(&self, id: usize) -> bool {
        matches!(self.tasks[id].phase, Phase::Running | Phase::Cancelling)
    }

    fn asked(&self, id: usize) -> bool {
        self.tasks[id].phase == Phase::Cancelling
    }

    /// The tasks of a group that hold a slot.
    fn active(&self, group: usize) -> usize {
        let tasks = self.tasks.iter().filter(|task| task.group == group);
        tasks.filter(|task| task.phase.holds_a_slot()).count()
    }

    fn held(&self) -> usize {
        (0..self.groups.len()).map(|group| self.active(group)).sum()
    }

    /// The group that the machine knows by this number.
    fn number(&self, key: GroupKey) -> usize {
        let known = |group: &Group| !group.forgotten && group.key == key;
        let found = self.groups.iter().position(known);
        found.expect("no ticket and no place in the line is a forgotten group's")
    }

    /// Tickets given to a group, worked on or not.
    fn tickets(&self, group: usize) -> usize {
        let ready = self.machine.ready.iter();
        let ready = ready.filter(|key| self.number(**key) == group).count();
        ready + self.hands.iter().filter(|other| **other == group).count()
    }

    /// Nothing is left to start, and nothing runs.
    fn is_done(&self, group: usize) -> bool {
        self.groups[group].spawner == Spawner::Done && self.tickets(group) == 0 && self.active(group) == 0
    }

    fn is_idle(&self) -> bool {
        (0..self.groups.len()).all(|group| self.is_done(group))
            && self.tasks.iter().all(|task| task.phase >= Phase::Settled)
    }

    fn ticket_ops(&self, number: usize, group: &Group, ops: &mut Vec<Op>) {
        if !self.hands.contains(&number) {
            return;
        }
        ops.push(Op::GiveBack(number));
        if group.left > 0 {
            ops.push(Op::Start(number));
            if group.plan.skips {
                ops.push(Op::Skip(number));
            }
        }
        // At its end, broken, or dropped because the group was cancelled.
        if group.left == 0 || !group.plan.known || !group.named {
            ops.push(Op::Exhausted(number));
        }
        if group.plan.waits {
            ops.push(Op::NoInput(number));
        }
    }

    fn flush_ops(&self, bounds: &Bounds, ops: &mut Vec<Op>) {
        if self.flushes.len() < bounds.flushes {
            ops.push(Op::FlushBegin(None));
            let calling = self.tasks.iter().enumerate();
            let calling = calling.filter(|(_, task)| task.phase.in_callback());
            ops.extend(calling.map(|(id, _)| Op::FlushBegin(Some(id))));
        }
        for (at, flush) in self.flushes.iter().enumerate() {
            if !flush.stepped && self.machine.flush_is_ready(flush.key) {
                ops.push(Op::FlushStep(at));
            }
            ops.push(Op::FlushEnd(at));
        }
    }

    /// Whether the pool has to refuse this, or has nothing to do for it.
    pub(super) fn refuses(&self, op: Op) -> bool {
        match op {
            Op::Size(size) => size == self.size,
            Op::Lock => self.locked,
            Op::Unlock => !self.locked || self.closed || self.closers > 0,
            Op::Pause => self.paused,
            Op::Resume => !self.paused,
            Op::Create(..) => self.locked || self.closed,
            Op::Input(name) => !self
                .named(name)
                .is_some_and(|group| self.groups[group].spawner == Spawner::WaitingForInput),
            Op::Cancel(id) => self.refusal(id).is_some() || self.tasks[id].phase == Phase::Cancelling,
            Op::CancelAllIds => {
                let mut ids = 0..self.tasks.len();
                ids.clone().any(|id| self.refusal(id).is_some()) || ids.all(|id| self.asked(id))
            }
            Op::CancelGroup(name) => self.named(name).is_none(),
            Op::CancelAll { .. } => {
                self.groups.iter().all(|group| !group.named)
                    && (0..self.tasks.len()).all(|id| self.asked(id) || !self.runs(id))
            }
            Op::StopNewest(_) => !self.tasks.iter().any(|task| task.phase == Phase::Running),
            Op::CloseBegin => !self.locked && !self.closed,
            Op::CloseStep => self.closed || !self.is_idle(),
            Op::Take(_)
            | Op::Start(_)
            | Op::Skip(_)
            | Op::Exhausted(_)
            | Op::NoInput(_)
            | Op::GiveBack(_)
            | Op::Stopped(..)
            | Op::StoppedBoth(_)
            | Op::CallbackDone(_)
            | Op::FlushBegin(_)
            | Op::FlushStep(_)
            | Op::FlushEnd(_)
            | Op::CloseEnd => false,
        }
    }

    /// What happens next if the pool is only left to run to its close; nothing once it is closed.
    pub(super) fn way_out(&self, bounds: &Bounds) -> Option<Op> {
        if self.closed || (!bounds.close && self.is_idle() && self.hands.is_empty()) {
            return None;
        }
        for (at, flush) in self.flushes.iter().enumerate() {
            if flush.stepped {
                return Some(Op::FlushEnd(at));
            }
            if self.machine.flush_is_ready(flush.key) {
                return Some(Op::FlushStep(at));
            }
        }
        if self.paused {
            return Some(Op::Resume);
        }
        if self.size == 0 {
            return Some(Op::Size(1));
        }
        if bounds.close && !self.locked {
            return Some(Op::Lock);
        }
        if bounds.close && self.closers == 0 {
            return Some(Op::CloseBegin);
        }
        if let Some(&group) = self.hands.first() {
            let empty = self.groups[group].left == 0;
            return Some(if empty {
                Op::Exhausted(group)
            } else {
                Op::Start(group)
            });
        }
        if !self.machine.ready.is_empty() {
            return Some(Op::Take(1));
        }
        let unsettled = |task: &Task| task.phase < Phase::Settled;
        if let Some(id) = self.tasks.iter().position(unsettled) {
            return Some(match self.tasks[id].phase {
                Phase::Running | Phase::Cancelling => Op::Stopped(id, Stop::Completed),
                Phase::CancelCallback | Phase::EndCallback | Phase::Settled | Phase::Forgotten => {
                    Op::CallbackDone(id)
                }
            });
        }
        let waits = |group: &&Group| group.named && group.spawner == Spawner::WaitingForInput;
        if let Some(group) = self.groups.iter().find(waits) {
            return Some(Op::Input(group.name));
        }
        Some(Op::CloseStep)
    }
}
