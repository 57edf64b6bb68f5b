//! Screens, panes and cursors.

use super::super::action::Action;
use super::super::columns::COLUMNS;
use super::super::dialog::{Help, Overlay, Said};
use super::super::finding::Listed;
use super::super::state::{Pane, Screen, State};
use super::cursor::{follow, go_tasks};
use super::{
    Effect, LogMove, find, form, freeze, log, marks, note, output, task, timeline, typing, warnings,
};
use crate::app::view::By;

/// How far sideways one press scrolls the output.
const SIDEWAYS: usize = 8;

/// How a cursor moves.
#[derive(Clone, Copy)]
pub(super) enum Step {
    By(isize),
    Page(isize),
    Half(isize),
    First,
    Last,
}

impl Step {
    fn of(action: Action) -> Option<Step> {
        Some(match action {
            Action::Up => Step::By(-1),
            Action::Down => Step::By(1),
            Action::PageUp => Step::Page(-1),
            Action::PageDown => Step::Page(1),
            Action::HalfUp => Step::Half(-1),
            Action::HalfDown => Step::Half(1),
            Action::First => Step::First,
            Action::Last => Step::Last,
            _ => return None,
        })
    }

    /// The rows that it moves by, in a pane with so many rows; ends are as far as it gets.
    pub(super) fn delta(self, rows: usize) -> isize {
        let rows = isize::try_from(rows).unwrap_or(isize::MAX).max(1);
        match self {
            Step::By(delta) => delta,
            Step::Page(sign) => sign * rows,
            Step::Half(sign) => sign * (rows / 2).max(1),
            Step::First => isize::MIN / 2,
            Step::Last => isize::MAX / 2,
        }
    }

    /// Where it leads from `at`, in a list of `len`.
    pub(super) fn land(self, at: usize, rows: usize, len: usize) -> usize {
        let last = len.saturating_sub(1);
        at.saturating_add_signed(self.delta(rows)).min(last)
    }
}

/// Carries out what moves and what changes the view.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::ShowPools => show(state, Screen::Pools, key),
        Action::ShowPool => show(state, Screen::Pool, key),
        Action::ShowTask => {
            task::enter(state);
            show(state, Screen::Task, key);
        }
        Action::ShowTimeline => show(state, Screen::Timeline, key),
        Action::ShowLog => show(state, Screen::Log, key),
        Action::Live | Action::ZoomIn | Action::ZoomOut => timeline::act(state, action),
        Action::Earlier | Action::Later if state.screen == Screen::Timeline => timeline::act(state, action),
        Action::Earlier => task::step(state, -1, key),
        Action::Later => task::step(state, 1, key),
        Action::ShowWarnings => show(state, Screen::Warnings, key),
        Action::NextPane | Action::PreviousPane | Action::Zoom | Action::Follow
            if state.screen == Screen::Log =>
        {
            log::act(state, action, key, effects);
        }
        Action::NextPane => focus_by(state, 1),
        Action::PreviousPane => focus_by(state, Pane::ALL.len() - 1),
        Action::Open => open(state),
        Action::Back => back(state, key),
        Action::Freeze => freeze::toggle(state),
        Action::Zoom => state.zoomed = !state.zoomed,
        Action::Follow if state.output.follow => output::hold(state),
        Action::Follow => state.output.follow = true,
        Action::Wrap => {
            state.output.wrap = !state.output.wrap;
            state.output.left = 0;
            // There may be no long line on the screen.
            let how = if state.output.wrap { "wrapped" } else { "cut" };
            note(state, key, format!("long lines are {how}"));
        }
        Action::Left => sideways(state, false, effects),
        Action::Right => sideways(state, true, effects),
        _ => {
            if let Some(step) = Step::of(action) {
                go(state, step, effects);
            }
        }
    }
}

fn show(state: &mut State, screen: Screen, key: &str) {
    if screen == Screen::Timeline {
        state.zoomed = false;
    }
    if state.screen != screen {
        state.log_targets = false;
    }
    let main = screen.main_pane().unwrap_or(state.pane);
    let other_pane = std::mem::replace(&mut state.pane, main) != main;
    if state.screen == screen && state.overlay.is_none() && !other_pane {
        note(state, key, "this screen is shown already".to_owned());
    }
    state.screen = screen;
    if state
        .overlay
        .as_ref()
        .is_some_and(|overlay| matches!(overlay, Overlay::Closing))
    {
        state.overlay = None;
    }
}

/// Moves the focus; panes that the layout does not show now are shown by focusing them, the detail pane
/// only if there is room for it.
fn focus_by(state: &mut State, steps: usize) {
    if state.screen == Screen::Task {
        state.pane = match state.pane {
            Pane::Output => Pane::Detail,
            Pane::Groups | Pane::Tasks | Pane::Detail => Pane::Output,
        };
        return;
    }
    let at = Pane::ALL.iter().position(|&pane| pane == state.pane).unwrap_or(0);
    state.pane = Pane::ALL[(at + steps) % Pane::ALL.len()];
    if state.pane == Pane::Groups && state.finding.by == By::Nothing {
        // It is not there.
        state.pane = Pane::ALL[(at + 2 * steps) % Pane::ALL.len()];
    }
}

fn open(state: &mut State) {
    if matches!(state.overlay, Some(Overlay::Why(_))) {
        warnings::open(state);
        return;
    }
    match (state.screen, state.pane) {
        (Screen::Warnings, _) => warnings::open(state),
        (Screen::Pools, _) => {
            state.screen = Screen::Pool;
            state.pane = Pane::Tasks;
        }
        (Screen::Pool, Pane::Groups) => state.pane = Pane::Tasks,
        (Screen::Pool, Pane::Tasks | Pane::Detail | Pane::Output) | (Screen::Timeline, _) => {
            task::enter(state);
            state.screen = Screen::Task;
        }
        (Screen::Task, _) => state.pane = Pane::Output,
        (Screen::Log, _) => {}
    }
}

/// Out of one thing at a time, the innermost first.
fn back(state: &mut State, key: &str) {
    match &state.overlay {
        Some(Overlay::Filter(line)) => {
            let of = line.of;
            state.overlay = None;
            find::clear(state, of);
            return;
        }
        Some(Overlay::Find(_)) => {
            state.output.find = None;
            state.overlay = None;
            return;
        }
        Some(Overlay::Help(help)) if help.is_searching() => {
            state.overlay = Some(Overlay::Help(Help::default()));
            return;
        }
        Some(Overlay::Form(_)) => return form::back(state, key),
        Some(_) => {
            state.overlay = None;
            state.history.leave();
            return;
        }
        None => {}
    }
    match state.screen {
        Screen::Pool | Screen::Task if state.pane == Pane::Output && state.output.find.is_some() => {
            state.output.find = None;
        }
        Screen::Pool | Screen::Task if state.zoomed => state.zoomed = false,
        Screen::Task => task::leave(state),
        Screen::Timeline => {
            state.screen = Screen::Pool;
            state.pane = Pane::Tasks;
        }
        Screen::Pool if matches!(state.pane, Pane::Detail | Pane::Output) => state.pane = Pane::Tasks,
        Screen::Pool if !state.marked().is_empty() => marks::clear(state),
        Screen::Pool if state.pane == Pane::Groups && !state.finding.groups.is_empty() => {
            find::clear(state, Listed::Groups);
        }
        Screen::Pool if !state.filter.is_empty() => find::clear(state, Listed::Tasks),
        Screen::Pool if !state.finding.groups.is_empty() => find::clear(state, Listed::Groups),
        Screen::Pool | Screen::Log | Screen::Warnings => state.screen = Screen::Pools,
        Screen::Pools if !state.filter_of(Listed::Pools).is_empty() => find::clear(state, Listed::Pools),
        Screen::Pools => {
            let why = format!(
                "nothing to leave here; {} leaves the program",
                state.key(Action::Quit)
            );
            note(state, key, why);
        }
    }
}

fn sideways(state: &mut State, right: bool, effects: &mut Vec<Effect>) {
    match (state.screen, state.pane) {
        (Screen::Pools, _) if right && state.pool_row().is_some() => open(state),
        (Screen::Pools | Screen::Warnings, _) => {}
        (Screen::Log, _) => effects.push(Effect::Log(if right { LogMove::More } else { LogMove::Less })),
        (Screen::Timeline, _) => timeline::sideways(state, right),
        (Screen::Pool | Screen::Task, Pane::Output) if state.output.wrap => {}
        (Screen::Pool | Screen::Task, Pane::Output) => {
            let longest = state
                .task_view()
                .and_then(|task| task.output.lines.iter().map(|line| line.text.len()).max())
                .unwrap_or(0);
            let left = state.output.left;
            state.output.left = if right {
                (left + SIDEWAYS).min(longest / SIDEWAYS * SIDEWAYS)
            } else {
                left.saturating_sub(SIDEWAYS)
            };
        }
        (Screen::Pool | Screen::Task, _) => focus_by(state, if right { 1 } else { Pane::ALL.len() - 1 }),
    }
}

pub(super) fn go(state: &mut State, step: Step, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Help(help)) = &mut state.overlay {
        let most = state.rows.help_total.saturating_sub(state.rows.help);
        help.top = step.land(help.top, state.rows.help, most + 1);
        return;
    }
    if let Some(Overlay::Confirm(confirm)) = &mut state.overlay {
        let most = state.rows.question_total.saturating_sub(state.rows.question);
        confirm.top = step.land(confirm.top, state.rows.question, most + 1);
        return;
    }
    if let Some(Overlay::Reload(reloading)) = &mut state.overlay {
        let most = state.rows.question_total.saturating_sub(state.rows.question);
        reloading.top = step.land(reloading.top, state.rows.question, most + 1);
        return;
    }
    if let Some(Overlay::Columns(at)) = &mut state.overlay {
        *at = step.land(*at, COLUMNS.len() + 1, COLUMNS.len() + 1);
        return;
    }
    match (state.screen, state.pane) {
        (Screen::Pools, _) => go_pools(state, step),
        (Screen::Warnings, _) => warnings::go(state, step),
        (Screen::Log, _) => log::go(state, step, effects),
        (Screen::Timeline, _) => timeline::go(state, step),
        (Screen::Pool, Pane::Groups) => go_groups(state, step),
        (Screen::Pool, Pane::Tasks) => go_tasks(state, step),
        (Screen::Pool | Screen::Task, Pane::Output) => output::scroll(state, step),
        (Screen::Pool, Pane::Detail) | (Screen::Task, _) => go_detail(state, step),
    }
}

pub(super) fn go_pools(state: &mut State, step: Step) {
    let listed = state.listed_pools();
    let Some(index) = state.pool_index() else { return };
    let at = listed.partition_point(|listed| *listed < index);
    let to = step.land(at, state.rows.pools, listed.len());
    let Some(&to) = listed.get(to) else { return };
    let name = state.view.pools[to].name.to_string();
    if state.pool.as_ref() != Some(&name) {
        enter_pool(state, Some(name));
    }
    fit(state);
}

pub(super) fn go_detail(state: &mut State, step: Step) {
    let most = state.rows.detail_total.saturating_sub(state.rows.detail);
    state.detail_top = step.land(state.detail_top, state.rows.detail, most + 1);
}

/// Puts the group cursor there, if the view carries that group; none is the row for all.
pub(super) fn enter_group(state: &mut State, group: Option<String>) {
    let index = match (&group, state.pool_view()) {
        (None, _) => Some(0),
        (Some(name), Some(pool)) => {
            let found = pool.groups.iter().position(|row| *row.name == **name);
            found.map(|at| pool.groups_first + at)
        }
        (Some(_), None) => None,
    };
    let Some(index) = index else { return };
    if group != state.group {
        state.group = group;
        state.group_index = index;
        leave_task(state);
    }
    fit(state);
}

/// Puts the group cursor on a group that the next view brings: the last of those that were made.
pub(super) fn await_group(state: &mut State, group: String) {
    let index = state.pool_view().map_or(usize::MAX / 4, |pool| pool.groups_total);
    // A row for all groups is the first.
    state.groups_top = (index + 2).saturating_sub(state.rows.groups.max(1));
    state.group_index = index;
    state.group = Some(group);
    leave_task(state);
    fit(state);
}

/// Puts the pool cursor on a pool that is listed, if any is.
pub(super) fn to_a_listed_pool(state: &mut State) {
    let listed = state.listed_pools();
    let Some(index) = state.pool_index() else { return };
    if listed.is_empty() || listed.contains(&index) || state.screen != Screen::Pools {
        return;
    }
    let at = listed
        .partition_point(|listed| *listed < index)
        .min(listed.len() - 1);
    let name = state.view.pools[listed[at]].name.to_string();
    enter_pool(state, Some(name));
}

/// Puts the pool cursor there; what was selected in another pool means nothing here.
pub(super) fn enter_pool(state: &mut State, name: Option<String>) {
    typing::leave_pool(state);
    if state.pool != name {
        // What came of a key is said of the pool that it was pressed in; what is still to come may be a refusal.
        state.last = state
            .last
            .take()
            .filter(|last| last.result == Said::Waiting || last.pool.is_none());
    }
    state.pool = name;
    state.group = None;
    state.group_index = 0;
    state.groups_top = 0;
    state.filter.clear();
    marks::end_range(state);
    state.finding.leave_pool();
    leave_task(state);
}

pub(super) fn leave_task(state: &mut State) {
    state.task = None;
    state.finding.leave_task();
    state.shown = None;
    state.output = state.output.of_another();
    state.detail_top = 0;
    follow(state);
}

pub(super) fn go_groups(state: &mut State, step: Step) {
    let Some(pool) = state.pool_view() else { return };
    // The list begins with a row for all groups.
    let at = if state.group.is_some() {
        state.group_index + 1
    } else {
        0
    };
    let to = step.land(at, state.rows.groups, pool.groups_total + 1);
    // Only groups that the view carries have names to go to.
    let first = pool.groups_first;
    let known = first..first + pool.groups.len();
    let (group, index) = match to.checked_sub(1) {
        None => (None, 0),
        Some(_) if known.is_empty() => (None, 0),
        Some(index) => {
            let index = index.clamp(known.start, known.end - 1);
            (Some(pool.groups[index - first].name.to_string()), index)
        }
    };
    if matches!(step, Step::First | Step::Last) && !known.contains(&to.saturating_sub(1)) {
        // Brings the far end into the next view; the cursor follows with the next press.
        state.groups_top = to.saturating_sub(state.rows.groups);
    }
    if group != state.group {
        state.group = group;
        state.group_index = index;
        leave_task(state);
    }
    fit(state);
}

/// Keeps the first rows of the lists such that their cursors are visible.
pub(super) fn fit(state: &mut State) {
    if let Some(index) = state.pool_index() {
        let listed = state.listed_pools();
        let at = listed.partition_point(|listed| *listed < index);
        state.pools_top = top_for(state.pools_top, at, state.rows.pools, listed.len());
    }
    let Some(pool) = state.pool_view() else { return };
    let len = pool.groups_total + 1;
    let found = state
        .group
        .as_ref()
        .and_then(|name| pool.groups.iter().position(|group| *group.name == **name));
    let index = found.map(|position| pool.groups_first + position);
    let at = match (&state.group, index.unwrap_or(state.group_index)) {
        (None, _) => 0,
        (Some(_), index) => index + 1,
    };
    let seen = found.is_some() || state.group.is_none();
    state.group_index = index.unwrap_or(state.group_index);
    if seen {
        state.groups_top = top_for(state.groups_top, at, state.rows.groups, len);
    }
}

pub(super) fn top_for(top: usize, at: usize, rows: usize, len: usize) -> usize {
    let rows = rows.max(1);
    top.clamp((at + 1).saturating_sub(rows), at)
        .min(len.saturating_sub(rows))
}
