//! Which actions make sense now, and why the others do not.

mod pools;

use super::action::{Action, Class, Entry, Place};
use super::dialog::Overlay;
use super::reloading::Stage;
use super::state::{Pane, Screen, State};
use super::update::row_text;
use crate::app::status::Status;
use crate::app::timeline::SCALES;
use crate::app::view::{Phase, PoolRow, TaskRow};
use pools::{of_pool, takes_no_groups};
use std::time::Duration;

/// Why an action does not apply now; none: it does.
pub(super) fn refusal(state: &State, action: Action) -> Option<String> {
    match action.entry().class {
        Class::Tasks | Class::Pool if state.modes.read_only => {
            Some("read only: nothing is changed from here".to_owned())
        }
        // What is shown is what is typed into, with a cursor or without.
        Class::Tasks if action == Action::Input && state.types() => None,
        Class::Tasks => of_tasks(state, action),
        Class::Pool => of_open_pool(state).map_or_else(Some, |pool| of_pool(state, pool, action)),
        Class::Output => of_output(state, action),
        Class::Look => state.rereading().or_else(|| of_look(state, action)),
        Class::Marks => of_marking(state, action),
        Class::Warnings => of_warnings(state, action),
        Class::Answer => match &state.overlay {
            Some(Overlay::Confirm(confirm)) if action == Action::Yes && !confirm.is_ready() => {
                Some("what it would hit is still being looked up".to_owned())
            }
            Some(Overlay::Reload(reloading)) if action == Action::Yes => reloading.no_yes(state),
            _ => None,
        },
        Class::History => of_history(state, action),
        Class::Find if state.pool_row().is_none() => Some("there is no pool".to_owned()),
        Class::Program if action == Action::Reload => of_reload(state),
        Class::Typing if action == Action::TypePrefix && state.swallows_keys() => {
            Some("the task that was typed into has ended".to_owned())
        }
        Class::Find | Class::Typing | Class::Program => None,
    }
}

/// Why the config is not read again now.
fn of_reload(state: &State) -> Option<String> {
    if state.modes.read_only {
        return Some("read only: nothing is changed from here".to_owned());
    }
    if state.quits > 0 {
        return Some("the program is being left".to_owned());
    }
    match &state.overlay {
        Some(Overlay::Confirm(_)) => Some(format!(
            "first the question: {} keeps everything",
            state.key(Action::Keep)
        )),
        Some(Overlay::Reload(reloading)) if reloading.stage == Stage::Reading => state.rereading(),
        _ => None,
    }
}

/// The pool that can be told something, or why there is none.
fn of_open_pool(state: &State) -> Result<&PoolRow, String> {
    match state.pool_row() {
        None => Err("there is no pool".to_owned()),
        Some(pool) if state.quits > 0 => Err(format!("{} is being left", pool.name)),
        Some(pool) if pool.phase == Phase::Closed => Err(format!("{} is closed", pool.name)),
        Some(pool) => Ok(pool),
    }
}

/// Where a key counts that does nothing here; none: it does.
pub(super) fn elsewhere(state: &State, entry: &Entry) -> Option<String> {
    // The palette lies over the place that is meant.
    let over = matches!(state.overlay, Some(Overlay::Palette(_)));
    let place = if over { state.place_below() } else { state.place() };
    (!entry.places.contains(&place)).then(|| works(state, entry.places[0]))
}

/// Where a key works that does nothing here.
pub(super) fn works(state: &State, place: Place) -> String {
    let key = |action| state.press(action);
    match place {
        Place::Pools => format!(
            "works on the screens of pools: {}, {}",
            key(Action::ShowPools),
            key(Action::ShowPool)
        ),
        Place::Pool => format!("works on the screen of one pool: {}", key(Action::ShowPool)),
        Place::Task => format!("works on the screen of one task: {}", key(Action::ShowTask)),
        Place::Timeline => format!("works on the timeline: {}", key(Action::ShowTimeline)),
        Place::Output => format!("works in the pane of output: {}", key(Action::NextPane)),
        Place::Log => format!("works on the log: {}", key(Action::ShowLog)),
        Place::Typing => format!(
            "works while a task's terminal is typed into: {}",
            key(Action::Input)
        ),
        Place::Form => format!("works in the form of {}", key(Action::Add)),
        Place::Warnings => format!("works on the warnings: {}", key(Action::ShowWarnings)),
        Place::Help | Place::Why | Place::Picker | Place::Question | Place::Text => {
            "does nothing here".to_owned()
        }
    }
}

/// Why nothing can be undone, or done again.
fn of_history(state: &State, action: Action) -> Option<String> {
    match action {
        Action::Undo if state.modes.read_only && state.undo.acts() => {
            Some("read only: nothing is changed from here".to_owned())
        }
        Action::Undo => state
            .undo
            .is_empty()
            .then(|| "nothing was done that can be undone".to_owned()),
        _ => state
            .undo
            .repeat
            .is_none()
            .then(|| "nothing was done yet".to_owned()),
    }
}

/// Why nothing can be marked, or copied.
fn of_marking(state: &State, action: Action) -> Option<String> {
    match action {
        Action::MarkRange if state.marks.range.is_some() => None,
        Action::MarkAll => state.tasks().is_empty().then(|| "the list is empty".to_owned()),
        Action::CopyRows if !state.marked().is_empty() || row_text(state).is_some() => None,
        _ => under_cursor(state).err(),
    }
}

/// Why nothing can be done to the marked tasks. What can be done to which of them the session says when it is asked.
fn of_marks(state: &State, action: Action) -> Option<String> {
    if state.marks.asked.is_some() {
        return Some("what is marked is still being looked up".to_owned());
    }
    match of_open_pool(state) {
        Err(why) => Some(why),
        Ok(pool) if action == Action::Retry => takes_no_groups(state, pool),
        Ok(_) => None,
    }
}

fn of_tasks(state: &State, action: Action) -> Option<String> {
    if !state.marked().is_empty() && state.taken_row().is_none() || state.marks.asked.is_some() {
        return of_marks(state, action);
    }
    match action {
        Action::Retry => match of_open_pool(state) {
            Err(why) => Some(why),
            Ok(pool) => of_retry(state).or_else(|| takes_no_groups(state, pool)),
        },
        Action::Cancel => of_task(state),
        _ => of_task(state).or_else(|| of_command(state, action)),
    }
}

fn of_warnings(state: &State, action: Action) -> Option<String> {
    match action {
        Action::Mute if state.warning_row().is_none() => Some("no warning under the cursor".to_owned()),
        Action::NextWarning if state.view.warnings.active == 0 => Some("there is no warning".to_owned()),
        Action::Why if !matches!(state.overlay, Some(Overlay::Why(_))) && state.why_subject().is_none() => {
            Some("nothing under the cursor to ask about".to_owned())
        }
        _ => None,
    }
}

fn of_look(state: &State, action: Action) -> Option<String> {
    match action {
        Action::Wrap | Action::Follow if state.screen != Screen::Log => match state.shown {
            None => Some("no task is shown".to_owned()),
            Some(_) => of_terminal(state),
        },
        Action::CopyDetail if state.task_view().is_none() => Some(no_task_view(state)),
        Action::Open if matches!(state.overlay, Some(Overlay::Why(_))) => match state.why() {
            Some(why) if why.blocker.is_none() => Some("nothing blocks it".to_owned()),
            Some(_) | None => None,
        },
        Action::Open if state.screen == Screen::Warnings && state.warning_row().is_none() => {
            Some("there is no warning".to_owned())
        }
        Action::Open if state.screen == Screen::Pools && state.pool_row().is_none() => {
            Some("there is no pool".to_owned())
        }
        Action::ShowTask | Action::ShowTimeline if state.pool_row().is_none() => {
            Some("there is no pool".to_owned())
        }
        Action::Open if state.screen == Screen::Timeline && state.task.is_none() => {
            Some("no task under the cursor".to_owned())
        }
        Action::Open if state.screen == Screen::Timeline && state.shown_is_gone() => {
            Some(FORGOTTEN.to_owned())
        }
        Action::Open
            if state.screen == Screen::Pool && state.pane != Pane::Groups && state.shown.is_none() =>
        {
            Some("no task is shown".to_owned())
        }
        Action::Open if state.screen == Screen::Task && state.pane == Pane::Output => {
            Some("nothing lies behind the output".to_owned())
        }
        Action::Earlier | Action::Later if state.screen != Screen::Timeline && state.tasks().is_empty() => {
            Some("there is no task".to_owned())
        }
        Action::Left | Action::Right if state.screen == Screen::Log && !state.log_targets => Some(format!(
            "changes the levels of a target: {} goes to them",
            state.press(Action::NextPane)
        )),
        _ if state.screen == Screen::Timeline => of_timeline(state, action),
        _ => None,
    }
}

fn of_timeline(state: &State, action: Action) -> Option<String> {
    let place = &state.timeline;
    match action {
        Action::Live if place.at.is_none() => Some("this is now".to_owned()),
        Action::Later if place.at.is_none() => Some("nothing comes after now".to_owned()),
        Action::Earlier | Action::Later if state.timeline_view().is_none() => {
            Some("the timeline is not there yet".to_owned())
        }
        Action::Earlier
            if state
                .timeline_view()
                .is_some_and(|view| state.timeline_cell(view) == 0) =>
        {
            Some(format!(
                "what was before is not shown: {} makes cells longer",
                state.key(Action::ZoomOut)
            ))
        }
        Action::Earlier if place.at == Some(Duration::ZERO) => {
            Some("nothing was before: the session began here".to_owned())
        }
        Action::ZoomIn if place.scale == 0 => Some("cells are not shorter than this".to_owned()),
        Action::ZoomOut if place.scale + 1 == SCALES.len() => {
            Some("cells are not longer than this".to_owned())
        }
        _ => None,
    }
}

/// Why a task that was there is not shown.
pub(crate) const FORGOTTEN: &str = "the pool has forgotten this task: it was flushed";

/// A task that has just come under the cursor is shown a moment before the session has told of it.
fn no_task_view(state: &State) -> String {
    match state.shown {
        None => "no task is shown".to_owned(),
        Some(_) if state.shown_is_gone() => FORGOTTEN.to_owned(),
        Some(id) => {
            format!("task {id} has only just come under the cursor, and is not read yet: press the key again")
        }
    }
}

fn of_output(state: &State, action: Action) -> Option<String> {
    if action == Action::Save && !state.marked().is_empty() {
        return None;
    }
    if action == Action::Find {
        // What is typed before the output is there is looked for as soon as it is.
        return of_terminal(state);
    }
    let Some(output) = state.output_view() else {
        return Some(no_task_view(state));
    };
    if action != Action::Merge
        && let Some(why) = of_terminal(state)
    {
        return Some(why);
    }
    match action {
        Action::FindNext | Action::FindPrevious | Action::OnlyMatches if state.output.find.is_none() => Some(
            format!("nothing is looked for: {} searches", state.key(Action::Find)),
        ),
        Action::Copy | Action::Save if output.lines.is_empty() => Some("there is no output".to_owned()),
        _ => None,
    }
}

/// Why nothing can be done with lines of output: a screen is shown, which has none yet.
fn of_terminal(state: &State) -> Option<String> {
    let (id, _) = state.terminal_shown()?;
    Some(format!(
        "task {id} shows its terminal, which becomes lines of output once it ends"
    ))
}

/// Why the task under the cursor cannot be retried.
fn of_retry(state: &State) -> Option<String> {
    match of_cursor(state) {
        Err(why) => Some(why),
        Ok(task) if !task.status.is_final() => Some(format!(
            "task {} has not ended: {} is for what is over",
            task.id,
            state.press(Action::Retry)
        )),
        Ok(_) => None,
    }
}

fn of_task(state: &State) -> Option<String> {
    match of_cursor(state) {
        Err(why) => Some(why),
        Ok(task) if task.status.is_final() => Some(format!(
            "task {} has ended already: {}",
            task.id,
            task.status.look().word
        )),
        Ok(task) if task.status == Status::Cancelled => Some(format!(
            "task {} is cancelled already: cancel callback running",
            task.id
        )),
        Ok(_) => None,
    }
}

/// The only marked task, or the one under the cursor, or the one that is shown; or why there is none.
fn of_cursor(state: &State) -> Result<&TaskRow, String> {
    if !state.marked().is_empty()
        && let Some(task) = state.taken_row()
    {
        return Ok(task);
    }
    under_cursor(state)
}

/// Why an action that applies is not carried out at once: nobody can have meant a task that came by itself just now.
pub(super) fn too_soon(state: &State, action: Action) -> Option<String> {
    let means_shown = action.entry().class == Class::Tasks && state.marked().is_empty();
    if !means_shown || !state.has_just_come() || action == Action::Input && state.types() {
        return None;
    }
    let id = state.shown_row()?.id;
    Some(format!(
        "task {id} has only just come into view by itself: press the key again"
    ))
}

/// The task under the cursor, or else the one that is shown; or why there is none.
fn under_cursor(state: &State) -> Result<&TaskRow, String> {
    if state.list_is_old() {
        return Err("this list is only just being read: press the key again".to_owned());
    }
    let Some(cursor) = state.task else {
        let none = || match state.shown_row() {
            Some(_) if state.screen == Screen::Pool => {
                let tab = state.press(Action::NextPane);
                format!("the groups have the keys: {tab} goes to the tasks")
            }
            _ => format!("no task under the cursor: {} picks one", state.press(Action::Up)),
        };
        return state.meant_row().ok_or_else(none);
    };
    if state.finding.ahead != 0 || state.finding.jump.is_some() {
        return Err("the cursor is still on its way: once more".to_owned());
    }
    match state.task_row() {
        None => Err("no task under the cursor".to_owned()),
        Some(task) if task.id != cursor.id => Err(format!("task {} is not listed any more", cursor.id)),
        Some(task) => Ok(task),
    }
}

/// Why the command of the task under the cursor cannot be told this.
fn of_command(state: &State, action: Action) -> Option<String> {
    let task = state.taken_row()?;
    match &task.command {
        None if task.trying.is_some_and(|trying| trying.waits.is_some()) => Some(format!(
            "task {} waits for its next try and has no process until then",
            task.id
        )),
        None => Some(format!("task {} runs no command", task.id)),
        Some(command) if action == Action::Input && !command.takes_input => Some(format!(
            "task {} reads no lines: stdin = \"line\" in its function lets it",
            task.id
        )),
        Some(_) if action == Action::PauseTask && task.status == Status::Cancelling => {
            Some(format!("task {} is being stopped", task.id))
        }
        Some(_) => None,
    }
}

/// The group that `X` means: the one under the group cursor, or else that of the task under the cursor.
pub(super) fn group_to_cancel(state: &State) -> Option<String> {
    state
        .group_name()
        .cloned()
        .or_else(|| state.meant_row().map(|task| task.group.to_string()))
}
