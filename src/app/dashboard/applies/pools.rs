//! Why an action on a pool or a group does not apply now.

use super::super::action::Action;
use super::super::state::{Screen, State};
use super::group_to_cancel;
use crate::app::count::counted;
use crate::app::view::{GroupRow, Phase, PoolRow, Queued};

pub(super) fn of_pool(state: &State, pool: &PoolRow, action: Action) -> Option<String> {
    let name = &pool.name;
    match action {
        Action::Start => of_start(state, pool),
        Action::Add if pool.func.is_some() => Some(format!(
            "{name} runs one function only: {} starts more of its tasks",
            state.press(Action::Start)
        )),
        Action::SetConcurrent => of_limit(state),
        Action::RetryFailed if pool.failed + pool.panicked <= pool.failures_forgotten => {
            Some(match pool.failures_forgotten {
                0 => format!("no task of {name} has failed"),
                _ => format!("{name} remembers no failed task any more"),
            })
        }
        Action::RetryFailed => no_failure_of_group(state).or_else(|| takes_no_groups(state, pool)),
        Action::Add => takes_no_groups(state, pool),
        Action::Stop if pool.running <= pool.cancelling => Some(match pool.running {
            0 => format!("no task of {name} runs"),
            _ => format!(
                "every running task of {name} is cancelling already: {} on one ends it at once",
                state.press(Action::Cancel)
            ),
        }),
        Action::CancelGroup => match group_to_cancel(state) {
            None => Some(no_group(state)),
            Some(group) => nothing_to_cancel(state, &group),
        },
        Action::CancelAll if pool.running <= pool.cancelling && !is_queued(pool.queued) => {
            Some(match pool.running + pool.cancelled {
                0 => format!("nothing runs or is queued in {name}"),
                _ => format!("everything in {name} is cancelled already"),
            })
        }
        Action::Flush if pool.ended + pool.cancelled == 0 => {
            Some(format!("{name} remembers no ended task that could be flushed"))
        }
        Action::Lock if pool.phase == Phase::Closing => Some(format!("{name} is closing and stays locked")),
        Action::Close if pool.phase == Phase::Closing => Some(format!(
            "{name} is closing already: it waits for {}",
            counted(pool.running, "running task", "running tasks")
        )),
        Action::Grow | Action::Shrink if state.size_of(pool).is_none() => Some(format!(
            "the size of {name} is unlimited: {} sets one",
            state.press(Action::SetSize)
        )),
        Action::Shrink if state.size_of(pool) == Some(0) => {
            Some(format!("the size of {name} is 0 already: nothing starts"))
        }
        _ => None,
    }
}

/// Why a pool that is not closed takes no new groups, if it does not.
pub(super) fn takes_no_groups(state: &State, pool: &PoolRow) -> Option<String> {
    let name = &pool.name;
    if pool.phase == Phase::Closing {
        return Some(format!("{name} is closing: it takes no new groups"));
    }
    let key = state.press(Action::Lock);
    pool.locked
        .then(|| format!("{name} is locked: it takes no new groups until {key} unlocks it"))
}

fn of_start(state: &State, pool: &PoolRow) -> Option<String> {
    if let Some(why) = takes_no_groups(state, pool) {
        return Some(why);
    }
    let group = (state.screen == Screen::Pool)
        .then(|| state.group_row())
        .flatten();
    match (group, &pool.starts) {
        _ if pool.func.is_some() => None,
        (Some(group), _) if group.held || group.startable => None,
        (Some(group), Some(other)) => Some(format!(
            "{} cannot start again, {other} can: only what apply makes does",
            group.name
        )),
        (Some(GroupRow { name, .. }), None) => {
            Some(format!("{name} cannot start again: only what apply makes does"))
        }
        (None, Some(_)) => None,
        (None, None) => Some(format!(
            "no group of {} can start again: only what apply makes does",
            pool.name
        )),
    }
}

/// Why the limit of the group under the cursor cannot be set.
fn of_limit(state: &State) -> Option<String> {
    let Some(group) = group_to_cancel(state) else {
        return Some(no_group(state));
    };
    // What no view has told of the session knows.
    let row = state.row_of_group(&group)?;
    if row.held {
        return Some(format!(
            "{group} is held back: {} starts it first",
            state.press(Action::Start)
        ));
    }
    row.why
        .is_empty()
        .then(|| format!("no task of {group} is queued: a limit would change nothing"))
}

fn is_queued(queued: Queued) -> bool {
    queued.known > 0 || queued.more
}

/// Why nothing of a group can be cancelled any more. What no view has told of the session knows.
fn nothing_to_cancel(state: &State, group: &str) -> Option<String> {
    let row = state.row_of_group(group)?;
    if row.held || row.running > row.cancelling || is_queued(row.queued) {
        return None;
    }
    let known = row.running + row.cancelled;
    if known as u64 + row.ok + row.failed + row.panicked + row.stopped == 0 {
        return None;
    }
    Some(match known {
        0 => format!("nothing of {group} runs or is queued"),
        left => format!(
            "{group} is cancelled already: {} to end",
            counted(left, "task has", "tasks have")
        ),
    })
}

/// Why nothing of the group under the cursor can be retried, if a group is.
fn no_failure_of_group(state: &State) -> Option<String> {
    let row = state.group_row().filter(|_| state.screen == Screen::Pool)?;
    (row.failed + row.panicked == 0).then(|| format!("no task of {} has failed", row.name))
}

fn no_group(state: &State) -> String {
    format!(
        "no group under the cursor: {} to the groups and pick one",
        state.press(Action::PreviousPane)
    )
}

impl State {
    /// A pool's size, one that was just asked for included.
    pub(in crate::app::dashboard) fn size_of(&self, pool: &PoolRow) -> Option<usize> {
        match &self.size_sent {
            Some(sent) if *sent.pool == *pool.name => sent.size,
            _ => pool.size,
        }
    }
}
