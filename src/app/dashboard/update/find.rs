//! Filters, and jumps through the whole list.

use super::super::action::Action;
use super::super::columns::{COLUMNS, Shown, heading};
use super::super::dialog::Overlay;
use super::super::finding::{FilterLine, Listed};
use super::super::state::{Pane, Screen, State, TaskCursor};
use super::{cursor, nav, note};
use crate::app::filter::Filter;
use crate::app::view::{By, Column, Goal, Jump, Sort};
use tui_input::Input;

/// Carries out what finds.
pub(super) fn act(state: &mut State, action: Action, key: &str) {
    match action {
        Action::Filter => open(state),
        Action::SortLeft => sort_by(state, false, key),
        Action::SortRight => sort_by(state, true, key),
        Action::Invert => {
            let now = state.finding.sort.unwrap_or(BY_ID);
            sort(state, now.column, !now.descending, key);
        }
        Action::Columns => {
            state.overlay = match state.overlay {
                Some(Overlay::Columns(_)) => None,
                _ => Some(Overlay::Columns(0)),
            }
        }
        Action::Pick => pick(state),
        Action::CountBy => count_by_another(state),
        Action::NextFailure => jump(state, Goal::Failure, key),
        Action::NextRunning => jump(state, Goal::Running, key),
        Action::Newest => jump(state, Goal::Newest, key),
        _ => {}
    }
}

/// Opens the line for the filter of the list that has the keys.
fn open(state: &mut State) {
    let of = state.listed();
    state.overlay = Some(Overlay::Filter(FilterLine {
        input: Input::new(state.filter_of(of).to_owned()),
        of,
        problem: None,
    }));
}

/// A filter counts while it is typed; one that cannot be read leaves the last one as it is.
pub(super) fn typed(state: &mut State) {
    let Some(Overlay::Filter(line)) = &mut state.overlay else {
        return;
    };
    let (of, text) = (line.of, line.input.value().trim().to_owned());
    // Places count from where the line begins.
    match line.input.value().parse::<Filter>() {
        Ok(filter) => {
            line.problem = None;
            set(state, of, text, filter);
        }
        Err(bad) => line.problem = Some(bad),
    }
}

/// Takes the filter that was typed; what cannot be read stays to be mended.
pub(super) fn take(state: &mut State, line: FilterLine, key: &str) {
    match &line.problem {
        None => {}
        Some(bad) => {
            note(state, key, bad.to_string());
            state.overlay = Some(Overlay::Filter(line));
        }
    }
}

/// Clears the filter of a list.
pub(super) fn clear(state: &mut State, of: Listed) {
    set(state, of, String::new(), Filter::default());
}

fn set(state: &mut State, of: Listed, text: String, filter: Filter) {
    if state.filter_of(of) == text {
        return;
    }
    match of {
        Listed::Tasks => {
            state.filter = text;
            state.task = None;
            state.finding.leave_task();
            cursor::follow(state);
        }
        Listed::Groups => {
            state.finding.groups = text;
            state.groups_top = 0;
        }
        Listed::Pools => {
            state.finding.pools = (text, filter);
            state.pools_top = 0;
            nav::to_a_listed_pool(state);
        }
    }
}

/// The order that costs nothing.
const BY_ID: Sort = Sort {
    column: Column::Id,
    descending: false,
};

/// Sorts by the next column of those that can be seen, or the one before. Where as many are shown as fit that is any
/// column: the list shows the one that it is sorted by. Where a person has chosen, it is one of those.
fn sort_by(state: &mut State, forward: bool, key: &str) {
    let now = state.finding.sort.unwrap_or(BY_ID);
    let at = COLUMNS
        .iter()
        .position(|row| row.column == now.column)
        .unwrap_or(0);
    let len = COLUMNS.len();
    let steps = (1..=len).map(|steps| if forward { at + steps } else { at + len - steps });
    let mut columns = steps.map(|at| COLUMNS[at % len].column);
    let next = columns.find(|column| match &state.finding.columns {
        Shown::Fitting => true,
        Shown::Chosen(chosen) => chosen.contains(column),
    });
    if let Some(next) = next {
        sort(state, next, now.descending, key);
    }
}

fn sort(state: &mut State, column: Column, descending: bool, key: &str) {
    let sort = Sort { column, descending };
    let way = if descending { "downwards" } else { "upwards" };
    note(state, key, format!("tasks by {}, {way}", heading(column)));
    state.finding.sort = Some(sort).filter(|sort| *sort != BY_ID);
    state.finding.leave_task();
}

/// Shows the column under the cursor, or not any more.
fn pick(state: &mut State) {
    let Some(Overlay::Columns(at)) = state.overlay else {
        return;
    };
    match at.checked_sub(1).and_then(|at| COLUMNS.get(at)) {
        None => state.finding.columns = Shown::Fitting,
        Some(row) => {
            if state.finding.columns == Shown::Fitting {
                state.finding.columns = Shown::Chosen(USUAL.to_vec());
            }
            state.finding.columns.toggle(row.column);
        }
    }
}

/// What a choice of columns begins with.
const USUAL: [Column; 5] = [Column::Id, Column::State, Column::Age, Column::Args, Column::Last];

/// The left pane counts by something else; what was under its cursor is not there any more.
fn count_by_another(state: &mut State) {
    state.finding.by = match state.finding.by {
        By::Group => By::Function,
        By::Function => By::State,
        By::State => By::Nothing,
        By::Nothing => By::Group,
    };
    if state.finding.by == By::Nothing && state.pane == Pane::Groups {
        state.pane = Pane::Tasks;
    }
    state.group_index = 0;
    state.groups_top = 0;
    state.finding.groups.clear();
    if state.group.take().is_some() {
        nav::leave_task(state);
    }
}

fn jump(state: &mut State, goal: Goal, key: &str) {
    if state.pane == Pane::Groups {
        state.pane = Pane::Tasks;
    }
    state.next_number += 1;
    let again = state.finding.jump.as_ref().filter(|(jump, _)| jump.goal == goal);
    let (after, times) = again.map_or_else(
        || (state.task.map(|cursor| cursor.id), 1),
        |(jump, _)| (jump.after, jump.times + 1),
    );
    let jump = Jump {
        number: state.next_number,
        goal,
        after,
        times,
    };
    state.finding.jump = Some((jump, key.to_owned()));
    let what = match goal {
        Goal::Failure => "looking for the next failure",
        Goal::Running => "looking for the next that runs",
        Goal::Newest => "looking for the newest",
    };
    note(state, key, what.to_owned());
}

/// Goes where a jump or a move has led, once a view tells. Whether the cursor has gone anywhere.
pub(super) fn arrive(state: &mut State) -> bool {
    let Some((jumped, moved)) = state.pool_view().map(|pool| (pool.jumped, pool.moved)) else {
        return false;
    };
    let before = state.task.map(|cursor| cursor.id);
    let rows = state.rows.tasks.max(1);
    if let Some(jumped) = jumped
        && let Some((jump, key)) = state
            .finding
            .jump
            .take_if(|(jump, _)| jump.number == jumped.number)
    {
        if let Some(id) = jumped.to {
            let row = state.task.map_or(rows / 2, |cursor| cursor.row).min(rows - 1);
            state.task = Some(TaskCursor { id, row });
            state.finding.ahead = 0;
        }
        match (jumped.to, jump.goal) {
            (None, Goal::Failure) => note(state, &key, "no task listed here has failed".to_owned()),
            (None, Goal::Running) => note(state, &key, "no task listed here runs".to_owned()),
            (None, Goal::Newest) => note(state, &key, "no task is listed here".to_owned()),
            (Some(_), _) if jumped.wrapped => {
                note(state, &key, "no more after it: on from the first one".to_owned());
            }
            (Some(id), _) => note(state, &key, format!("to task {id}")),
        }
    }
    if let (Some(moved), Some(cursor)) = (moved, state.task)
        && state.finding.ahead != 0
        && moved.from == cursor.id
    {
        let left = state.finding.ahead.saturating_sub(moved.by);
        let row = cursor.row.saturating_add_signed(moved.by).min(rows - 1);
        state.task = Some(TaskCursor { id: moved.to, row });
        state.finding.ahead = 0;
        cursor::settle(state);
        if left != 0 {
            cursor::go_tasks(state, nav::Step::By(left));
        }
    }
    state.task.map(|cursor| cursor.id) != before
}

impl State {
    /// The list that has the keys.
    pub(crate) fn listed(&self) -> Listed {
        match (self.screen, self.pane) {
            (Screen::Pools, _) => Listed::Pools,
            (_, Pane::Groups) => Listed::Groups,
            _ => Listed::Tasks,
        }
    }

    /// The filter of a list that counts.
    pub(crate) fn filter_of(&self, list: Listed) -> &str {
        match list {
            Listed::Pools => &self.finding.pools.0,
            Listed::Groups => &self.finding.groups,
            Listed::Tasks => &self.filter,
        }
    }
}
