//! Moves in the timeline.

use super::super::action::Action;
use super::super::state::{Screen, State, TaskCursor};
use super::nav::{Step, top_for};
use crate::app::timeline::SCALES;

/// Carries out what only the timeline has.
pub(super) fn act(state: &mut State, action: Action) {
    match action {
        Action::Live => state.timeline.at = None,
        Action::ZoomIn => state.timeline.scale = state.timeline.scale.saturating_sub(1),
        Action::ZoomOut => state.timeline.scale = (state.timeline.scale + 1).min(SCALES.len() - 1),
        Action::Earlier => to_cell(state, |cell| cell.checked_sub(1)),
        Action::Later => to_cell(state, |cell| Some(cell + 1)),
        _ => {}
    }
    settle(state);
}

/// The slot above or below. What holds still has no other slots than those that it shows.
pub(super) fn go(state: &mut State, step: Step) {
    let Some(view) = state.timeline_view() else { return };
    let to = step.land(state.timeline.slot, state.rows.slots, view.total);
    let held = view.first..view.first + view.slots.len();
    state.timeline.slot = match state.frozen {
        Some(_) if !held.is_empty() => to.clamp(held.start, held.end - 1),
        _ => to,
    };
    settle(state);
}

/// Puts the cursor on a slot, and on the cell with this number if one is meant.
pub(super) fn point(state: &mut State, slot: usize, cell: Option<u64>) {
    state.timeline.slot = slot;
    if let (Some(cell), Some(view)) = (cell, state.timeline_view()) {
        let at = view.scale.saturating_mul(u32::try_from(cell).unwrap_or(u32::MAX));
        state.timeline.at = (cell < view.newest).then_some(at);
    }
    settle(state);
}

/// The task before or after in this slot.
pub(super) fn sideways(state: &mut State, right: bool) {
    let Some(view) = state.timeline_view() else { return };
    let here = state.timeline_cell(view);
    let row = state
        .timeline
        .slot
        .checked_sub(view.first)
        .and_then(|row| view.slots.get(row));
    let runs = row.map_or(&[][..], |row| &row.runs);
    let under = runs
        .iter()
        .find(|run| run.range().contains(&here))
        .map(|run| run.task);
    let other = |task: u64| Some(task) != under;
    let to = if right {
        let next = runs
            .iter()
            .find(|run| run.range().start > here && other(run.task));
        // Behind the last one is now.
        next.map_or(state.rows.slot_cells, |run| run.range().start)
    } else {
        let before = runs
            .iter()
            .rfind(|run| run.range().end <= here && other(run.task));
        before.map_or(here, |run| run.range().end - 1)
    };
    to_cell(state, |_| Some(to));
    settle(state);
}

/// Puts the cursor into another cell; the last one stays now as time goes on.
fn to_cell(state: &mut State, to: impl FnOnce(usize) -> Option<usize>) {
    let Some(view) = state.timeline_view() else { return };
    let cells = state.rows.slot_cells;
    let Some(cell) = to(state.timeline_cell(view)) else {
        return;
    };
    state.timeline.at = (cell + 1 < cells).then(|| view.cell_start(cell, cells));
}

/// Keeps the cursor within what there is, and chooses the task under it.
pub(super) fn settle(state: &mut State) {
    if state.screen != Screen::Timeline {
        return;
    }
    let Some(view) = state.timeline_view() else { return };
    let (total, cells) = (view.total, state.rows.slot_cells);
    let first_cell = view.cell_start(0, cells);
    // What has flowed out of the picture cannot be pointed at.
    let at = state.timeline.at.map(|at| at.max(first_cell));
    let place = &mut state.timeline;
    place.at = at;
    place.slot = place.slot.min(total.saturating_sub(1));
    place.first = top_for(place.first, place.slot, state.rows.slots, total);
    let task = state.timeline_run().map(|run| run.task);
    state.task = task.map(|id| TaskCursor { id, row: 0 });
    if state.shown != task {
        super::cursor::follow(state);
    }
}
