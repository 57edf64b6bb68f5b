//! What the events of a transition have to be: all that the account has changed by, and nothing else.

use super::{Group, Op, Phase, Task, World};
use crate::pool::OutcomeKind;
use crate::pool::event::EventKind;
use crate::pool::group::Spawner;

/// An event: what happened, to which group (they have names of one letter) and to which task, and what else it says.
pub(super) type Told = (&'static str, char, u64, u64);

/// Of no group.
const NONE: char = '-';

fn letter(group: &str) -> char {
    let mut letters = group.chars();
    let first = letters.next().expect("every group has a name");
    assert_eq!(letters.next(), None);
    first
}

/// What of the account the events are about.
pub(super) struct Before {
    size: usize,
    locked: bool,
    paused: bool,
    closed: bool,
    groups: Vec<(Group, bool)>,
    tasks: Vec<Task>,
}

impl World {
    pub(super) fn before(&self) -> Before {
        let groups = self.groups.iter().enumerate();
        Before {
            size: self.size,
            locked: self.locked,
            paused: self.paused,
            closed: self.closed,
            groups: groups
                .map(|(number, group)| (group.clone(), self.is_done(number)))
                .collect(),
            tasks: self.tasks.clone(),
        }
    }

    /// What has to be told of the way here, in no particular order. `asked` are the tasks that were asked to
    /// cancel, and whether by force.
    pub(super) fn to_be_told(&self, before: &Before, op: Op, asked: &[(usize, bool)]) -> Vec<Told> {
        let mut told = Vec::new();
        let mut pool = |happened: bool, what, extra: usize| {
            if happened {
                told.push((what, NONE, 0, extra as u64));
            }
        };
        pool(self.size != before.size, "resized", self.size);
        pool(self.locked && !before.locked, "locked", 0);
        pool(!self.locked && before.locked, "unlocked", 0);
        pool(self.paused && !before.paused, "paused", 0);
        pool(!self.paused && before.paused, "resumed", 0);
        pool(self.closed && !before.closed, "closed", 0);
        for (number, group) in self.groups.iter().enumerate() {
            self.told_of_group(number, group, before.groups.get(number), &mut told);
            if let Op::Exhausted(ended) = op
                && let Some((was, _)) = before.groups.get(number)
                && (ended, was.left > 0, was.forgotten) == (number, true, false)
            {
                told.push(("input failed", letter(group.name), 0, 0));
            }
        }
        let mut forgotten: Vec<u64> = Vec::new();
        for (id, task) in self.tasks.iter().enumerate() {
            let was = before.tasks.get(id).map(|task| task.phase);
            let name = self.groups[task.group].name;
            told_of_task(id as u64, name, task, was, &mut told);
            if task.phase == Phase::Forgotten && was != Some(Phase::Forgotten) {
                forgotten.push(id as u64);
            }
        }
        for range in forgotten.chunk_by(|a, b| a + 1 == *b) {
            told.push(("forgotten", NONE, range[0], range[range.len() - 1]));
        }
        for (id, forced) in asked {
            let name = self.groups[self.tasks[*id].group].name;
            told.push(("asked", letter(name), *id as u64, u64::from(*forced)));
        }
        told.sort_unstable();
        told
    }

    fn told_of_group(&self, number: usize, group: &Group, was: Option<&(Group, bool)>, told: &mut Vec<Told>) {
        let mut tell = |happened: bool, what| {
            if happened {
                told.push((what, letter(group.name), 0, 0));
            }
        };
        let was_named = was.is_none_or(|(was, _)| was.named);
        tell(was.is_none(), "created");
        tell(was_named && !group.named && !group.forgotten, "group cancelled");
        tell(was_named && group.forgotten, "group forgotten");
        let had_spawned = was.is_some_and(|(was, _)| was.spawner == Spawner::Done);
        tell(!had_spawned && group.spawner == Spawner::Done, "spawner done");
        tell(
            !was.is_some_and(|(_, done)| *done) && self.is_done(number),
            "group done",
        );
        tell(was.is_some_and(|(was, _)| was.skipped < group.skipped), "skipped");
    }
}

fn told_of_task(id: u64, group: &str, task: &Task, was: Option<Phase>, told: &mut Vec<Told>) {
    let mut tell = |what, extra| told.push((what, letter(group), id, extra));
    let Some(was) = was else {
        tell("started", 0);
        return;
    };
    let cancelled = task.outcome == Some(OutcomeKind::Cancelled);
    if !was.left_running() && task.phase.left_running() && cancelled {
        tell("cancelled", 0);
    }
    if was.holds_a_slot() && !task.phase.holds_a_slot() {
        tell("ended", task.outcome.map_or(u64::MAX, |outcome| outcome as u64));
    }
    if was == Phase::CancelCallback && was != task.phase {
        told.push(("called back", NONE, id, 1));
    }
    if was == Phase::EndCallback && was != task.phase {
        told.push(("called back", NONE, id, 0));
    }
}

/// The same of an event.
pub(super) fn told(kind: EventKind) -> Told {
    let pool = |what, extra: usize| (what, NONE, 0, extra as u64);
    match kind {
        EventKind::GroupCreated { group, method, func } => {
            assert_eq!((method, &*func), ("map", "f"));
            ("created", letter(&group), 0, 0)
        }
        EventKind::SpawnerDone { group } => ("spawner done", letter(&group), 0, 0),
        EventKind::Skipped { group, .. } => ("skipped", letter(&group), 0, 0),
        EventKind::InputEmpty { group, .. } => ("input empty", letter(&group), 0, 0),
        EventKind::InputFailed { group, .. } => ("input failed", letter(&group), 0, 0),
        EventKind::GroupCancelled { group } => ("group cancelled", letter(&group), 0, 0),
        EventKind::GroupDone { group } => ("group done", letter(&group), 0, 0),
        EventKind::GroupForgotten { group } => ("group forgotten", letter(&group), 0, 0),
        EventKind::TaskStarted { id, group, .. } => ("started", letter(&group), id.0, 0),
        EventKind::CancelRequested {
            id, group, forced, ..
        } => ("asked", letter(&group), id.0, u64::from(forced)),
        EventKind::TaskCancelled { id, group } => ("cancelled", letter(&group), id.0, 0),
        EventKind::TaskEnded {
            id, group, outcome, ..
        } => ("ended", letter(&group), id.0, outcome.kind() as u64),
        EventKind::CallbackDone { id, cancel, .. } => ("called back", NONE, id.0, u64::from(cancel)),
        EventKind::TasksForgotten { first, last } => ("forgotten", NONE, first.0, last.0),
        EventKind::GroupLimited { .. } => unreachable!("no group here gets another limit"),
        EventKind::Locked => pool("locked", 0),
        EventKind::Unlocked => pool("unlocked", 0),
        EventKind::Paused => pool("paused", 0),
        EventKind::Resumed => pool("resumed", 0),
        EventKind::Resized { size } => pool("resized", size.limit().expect("no pool here is unlimited")),
        EventKind::Closed => pool("closed", 0),
    }
}
