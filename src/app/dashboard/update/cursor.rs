//! The cursor of the tasks, and the task that is shown.

use super::super::state::{Screen, State, TaskCursor};
use super::super::want::ListOf;
use super::nav::Step;
use super::output;
use crate::app::view::{By, Want};
use std::time::Duration;

/// How long a task is shown at least that was not chosen with the cursor.
const HOLD: Duration = Duration::from_secs(1);

/// Moves the cursor.
pub(super) fn go_tasks(state: &mut State, step: Step) {
    if matches!(step, Step::Last) {
        state.task = None;
        state.finding.leave_task();
        if state.finding.sort.is_none() {
            follow(state);
            return;
        }
    }
    let Some(pool) = state.pool_view() else { return };
    let (len, rows) = (pool.tasks.len(), state.rows.tasks.max(1));
    if len == 0 {
        return;
    }
    // By their IDs the first of all is known; in another order the session has to tell.
    if (!matches!(step, Step::First) || state.is_sorted()) && is_beyond(state, step, rows) {
        follow(state);
        return;
    }
    state.finding.leave_task();
    let Some(pool) = state.pool_view() else { return };
    let top = state.tasks_top();
    let row_now = state.task_position().map(|position| position - top);
    let (id, row) = match step {
        // The first of all may be far away: the window that is asked for finds it.
        Step::First if pool.tasks_first > 0 => (0, 0),
        _ => {
            let to = match (state.task_position(), state.finding.sort) {
                // Into a list that does not follow its end one comes at its beginning.
                (None, Some(_)) if !matches!(step, Step::Last) => 0,
                (from, _) => step.land(from.unwrap_or(len), rows, len),
            };
            let row = match (row_now, step) {
                (Some(row), Step::By(by)) => row.saturating_add_signed(by),
                (Some(row), _) => row,
                (None, _) => to.saturating_sub(top),
            };
            (pool.tasks[to].id, row.min(rows - 1))
        }
    };
    state.task = Some(TaskCursor { id, row });
    settle(state);
    follow(state);
}

/// Whether the step leads to a task that the view does not carry: then the session is asked which one that is.
fn is_beyond(state: &mut State, step: Step, rows: usize) -> bool {
    let delta = step.delta(rows);
    if state.finding.ahead != 0 {
        state.finding.ahead = state.finding.ahead.saturating_add(delta);
        return true;
    }
    let Some(pool) = state.pool_view() else {
        return false;
    };
    let len = pool.tasks.len();
    let before = pool.tasks_first > 0;
    let after = pool.tasks_first + len < pool.tasks_total;
    // Without a cursor the place is behind the last task, or, where there is another order, before the first.
    let from = match (state.task_position(), state.finding.sort) {
        (Some(from), _) => from,
        (None, None) => len,
        (None, Some(_)) if delta == Step::Last.delta(rows) => 0,
        (None, Some(_)) => return false,
    };
    let to = isize::try_from(from).unwrap_or(isize::MAX).saturating_add(delta);
    let beyond = (to < 0 && before) || (usize::try_from(to).is_ok_and(|to| to >= len) && after);
    if beyond && state.task.is_none() {
        let last = if from == 0 { 0 } else { len - 1 };
        let id = pool.tasks[last].id;
        let row = rows.min(last + 1) - 1;
        state.task = Some(TaskCursor { id, row });
        state.finding.ahead = delta.saturating_add(1);
    } else if beyond {
        state.finding.ahead = delta;
    }
    beyond
}

/// At the ends of the list the window cannot give the cursor the row that it asks for.
pub(super) fn settle(state: &mut State) {
    if let (Some(cursor), Some(position)) = (state.task, state.task_position()) {
        let row = position - state.tasks_top();
        state.task = Some(TaskCursor { row, ..cursor });
    }
}

/// Says whether another list is wanted than before. Nothing of the old one is shown beside it: a task that no cursor
/// is on is chosen once the new one is there.
pub(super) fn await_list(state: &mut State, want: &Want) -> bool {
    let list = ListOf::of(want);
    if list.is_none() || list == state.list {
        return false;
    }
    let is_first = std::mem::replace(&mut state.list, list).is_none();
    if is_first {
        return false;
    }
    let cursor = state.task.map(|cursor| cursor.id);
    if state.shown != cursor {
        state.shown = cursor;
        state.shown_at = state.view.time;
        state.detail_top = 0;
    }
    true
}

/// Puts the cursor on the task that is shown, if it is nowhere: a key means that one.
pub(super) fn pick_shown(state: &mut State) {
    let Some(id) = state.shown_row().map(|task| task.id) else {
        return;
    };
    let row = state.rows_in_sight().position(|task| task.id == id);
    state.task = Some(TaskCursor {
        id,
        row: row.unwrap_or(0),
    });
    settle(state);
}

/// Chooses the task whose detail and output are shown: the one under the cursor. Without a cursor one that
/// runs, kept until it ends and for a second at least, so that the output does not jump from task to task.
pub(super) fn follow(state: &mut State) {
    let tasks = state.tasks();
    let shown = if state.screen == Screen::Timeline {
        state.task.map(|cursor| cursor.id)
    } else if state.list_is_old() {
        state.task.map(|cursor| cursor.id)
    } else if state.task.is_some() {
        state.task_row().map(|task| task.id)
    } else if state.finding.sort.is_some() {
        // The order says which one is looked for.
        tasks.first().map(|task| task.id)
    } else {
        // Where nothing matches no task is shown, and in a list that tasks can leave none that has left it.
        let listed = |id: &u64| tasks.iter().any(|task| task.id == *id);
        let keeps = state.filter.is_empty() && (state.finding.by != By::State || state.group.is_none());
        let held = state
            .shown
            .filter(|_| state.view.time < state.shown_at + HOLD)
            .filter(|id| !tasks.is_empty() && (keeps || listed(id)));
        let kept = tasks
            .iter()
            .find(|task| Some(task.id) == state.shown && !task.status.is_final());
        let running = || tasks.iter().rfind(|task| !task.status.is_final());
        held.or_else(|| kept.or_else(running).or(tasks.last()).map(|task| task.id))
    };
    if shown != state.shown {
        let before = std::mem::replace(&mut state.shown, shown);
        state.shown_at = state.view.time;
        // What was looked for before there was a task is meant for the first one.
        if !state.output.merged && before.is_some() {
            state.output = state.output.of_another();
        }
        state.detail_top = 0;
        return;
    }
    output::keep_place(state);
    output::jump(state);
}
