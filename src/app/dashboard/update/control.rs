//! Keys that act on a task, a group or a pool: each becomes a command, by way of a question where it cannot
//! be undone.

use super::super::action::{Action, Class};
use super::super::applies::group_to_cancel;
use super::super::dialog::{Confirm, Overlay, Purpose};
use super::super::state::{Screen, State};
use super::super::undo::Repeat;
use super::prompts::{one_alone, prompt, prompt_limit, prompt_size, prompt_stop, prompt_tasks};
use super::{Consent, Effect, carry_out, cursor, form, send};
use crate::app::control::{Call, Command, Deed, Request};
use crate::app::count::counted;
use crate::app::ids::Ids;
use crate::app::process::signal_name;
use crate::app::status::Status;
use crate::app::view::PoolRow;
use tui_input::Input;

/// Carries out an action that applies.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    let Some(row) = state.pool_row() else { return };
    let pool = row.name.to_string();
    let size = state.size_of(row);
    state.undo.repeat = Some(Repeat { action, typed: None });
    if action.entry().class == Class::Tasks && state.marked().is_empty() {
        // Pressed again, it means the same task.
        cursor::pick_shown(state);
    }
    if action.entry().class == Class::Tasks && state.taken_row().is_none() {
        return of_marks(state, pool, action, effects);
    }
    let Some(row) = state.pool_row() else { return };
    if let Some((title, call, typed)) = question(state, row, action) {
        ask(state, title, Command { pool, call }, typed, effects);
        return;
    }
    let call = match action {
        Action::Start => return start(state, pool, key, effects),
        Action::Add => return form::open(state, pool, effects),
        Action::SetConcurrent => return prompt_limit(state, pool),
        Action::Stop => return prompt_stop(state, pool),
        Action::SetSize => return prompt_size(state, pool, size),
        Action::Grow => return resize(state, pool, size.map(|size| size.saturating_add(1)), key, effects),
        Action::Shrink => return resize(state, pool, size.map(|size| size.saturating_sub(1)), key, effects),
        Action::Cancel => match state.taken_row() {
            Some(task) => Call::Cancel {
                ids: vec![task.id],
                force: task.status == Status::Cancelling,
            },
            None => return,
        },
        Action::PauseTask => match state.taken_row() {
            Some(task) if task.status == Status::Paused => Call::ResumeTasks { ids: vec![task.id] },
            Some(task) => Call::PauseTasks { ids: vec![task.id] },
            None => return,
        },
        Action::Signal | Action::Input => {
            let id = state.taken_row().map(|task| task.id);
            return prompt_tasks(state, pool, id.into_iter().collect(), action);
        }
        Action::Retry => match state.taken_row() {
            Some(task) => Call::Retry { ids: vec![task.id] },
            None => return,
        },
        Action::Flush => Call::Flush,
        Action::Lock if row.locked => Call::Unlock,
        Action::Lock => Call::Lock,
        Action::Pause if row.paused => Call::Resume,
        Action::Pause => Call::Pause,
        _ => return,
    };
    go(state, Command { pool, call }, key, effects);
}

/// Carries a command out; where everything is asked about, it asks first.
pub(super) fn go(state: &mut State, command: Command, key: &str, effects: &mut Vec<Effect>) {
    if state.modes.ask_always {
        let title = title_of(&command);
        ask(state, title, command, None, effects);
    } else {
        carry_out(state, command, Consent::NotAsked, key, effects);
    }
}

/// The question whether this is to be done.
pub(super) fn title_of(command: &Command) -> String {
    let pool = &command.pool;
    match &command.call {
        Call::Cancel { ids, force: false } => format!("Cancel {}?", named(ids)),
        Call::Cancel { ids, force: true } => format!("End {} at once?", named(ids)),
        Call::PauseTasks { ids } => format!("Pause {}?", named(ids)),
        Call::ResumeTasks { ids } => format!("Let {} go on?", named(ids)),
        Call::Retry { ids } => format!("Run {} again?", named(ids)),
        Call::Input { id, line: Some(_) } => format!("Send the line to task {id}?"),
        Call::Input { id, line: None } => format!("Send the end of input to task {id}?"),
        Call::Lock => format!("Lock {pool}?"),
        Call::Unlock => format!("Unlock {pool}?"),
        Call::Pause => format!("Pause {pool}?"),
        Call::Resume => format!("Resume {pool}?"),
        Call::Flush => format!("Flush {pool}?"),
        Call::SetSize { size: Some(size) } => format!("Set the size of {pool} to {size}?"),
        Call::SetSize { size: None } => format!("Set the size of {pool} to unlimited?"),
        Call::Start { num, .. } => format!("Start {} in {pool}?", counted(*num, "task", "tasks")),
        Call::Release { group } => format!("Start {group}?"),
        Call::Add { .. } => format!("Add a group to {pool}?"),
        Call::SetConcurrent { group, num } => {
            let num = num.map_or("as many as there are slots".to_owned(), |num| num.to_string());
            format!("Let {num} of {group} run at once?")
        }
        _ => format!("{command}?"),
    }
}

fn named(ids: &[u64]) -> String {
    match ids {
        [id] => format!("task {id}"),
        ids => counted(ids.len(), "task", "tasks"),
    }
}

/// What an action asks before it calls what, and what has to be typed to say yes; none: it does not ask.
fn question(state: &State, pool: &PoolRow, action: Action) -> Option<(String, Call, Option<String>)> {
    let name = &pool.name;
    Some(match action {
        Action::Retry => {
            let task = state.taken_row()?;
            let why = match (task.retried, task.status) {
                (true, _) => "was retried already",
                (false, Status::Ok) => "was ok",
                (false, _) => return None,
            };
            let ids = vec![task.id];
            (
                format!("Task {} {why}: run it again?", task.id),
                Call::Retry { ids },
                None,
            )
        }
        Action::RetryFailed => {
            let group = (state.screen == Screen::Pool)
                .then(|| state.group_name().cloned())
                .flatten();
            let whose = group
                .as_ref()
                .map_or_else(|| name.to_string(), |group| format!("{name}: {group}"));
            (
                format!("Retry the failed tasks of {whose}?"),
                Call::RetryFailed { group },
                None,
            )
        }
        Action::CancelGroup => {
            let group = group_to_cancel(state)?;
            (
                format!("Cancel group {group}?"),
                Call::CancelGroup { group },
                None,
            )
        }
        Action::CancelAll => (
            format!("Cancel everything in {name}?"),
            Call::CancelAll,
            Some(name.to_string()),
        ),
        // Failures since launch may be among what is forgotten: the preview says how many.
        Action::Flush if pool.failed + pool.panicked > 0 => (format!("Flush {name}?"), Call::Flush, None),
        Action::Close => (
            format!("Lock {name}, wait for its tasks and close it?"),
            Call::Close,
            None,
        ),
        _ => return None,
    })
}

/// Sets a pool's size.
pub(super) fn resize(
    state: &mut State,
    pool: String,
    size: Option<usize>,
    key: &str,
    effects: &mut Vec<Effect>,
) {
    let call = Call::SetSize { size };
    go(state, Command { pool, call }, key, effects);
}

/// Asks what the command would hit, and opens the question that shows it.
pub(super) fn ask(
    state: &mut State,
    title: String,
    command: Command,
    typed: Option<String>,
    effects: &mut Vec<Effect>,
) {
    let number = send(state, Request::Preview(command.clone()), effects);
    state.overlay = Some(Overlay::Confirm(Confirm {
        title,
        command: Some(command),
        number,
        lines: None,
        top: 0,
        typed: typed.map(|expected| (expected, Input::default())),
    }));
}

fn start(state: &mut State, pool: String, key: &str, effects: &mut Vec<Effect>) {
    let row = state.pool_row();
    let simple = row.is_some_and(|row| row.func.is_some());
    let usual = row.and_then(|row| row.starts.as_ref().map(ToString::to_string));
    let group = (state.screen == Screen::Pool)
        .then(|| state.group_row())
        .flatten();
    let group = match group {
        Some(group) if group.held => {
            let call = Call::Release {
                group: group.name.to_string(),
            };
            go(state, Command { pool, call }, key, effects);
            return;
        }
        // A SimpleTaskPool makes a new group with each start.
        Some(_) if simple => None,
        other => other.map(|group| group.name.to_string()),
    };
    let what = match group.as_ref().or(usual.as_ref()) {
        Some(what) => format!("Start more of {what} in {pool}"),
        None => format!("Start tasks in {pool}"),
    };
    let hint = one_alone(state);
    prompt(state, what, &hint, Purpose::Start { pool, group });
}

/// The one that it is, if it is one.
pub(super) fn only(ids: &Ids) -> Option<u64> {
    ids.iter().next().filter(|_| ids.len() == 1)
}

/// Carries out an action on the marked tasks: always by way of a question, for they need not be on the screen.
fn of_marks(state: &mut State, pool: String, action: Action, effects: &mut Vec<Effect>) {
    let ids = Ids::clone(&state.marked());
    let deed = match action {
        Action::Cancel => Deed::Cancel { force: false },
        Action::PauseTask => Deed::Pause,
        Action::Retry => Deed::Retry,
        _ => return prompt_tasks(state, pool, ids, action),
    };
    ask_each(state, pool, ids, deed, effects);
}

/// Asks before something is done to each of these tasks.
pub(super) fn ask_each(state: &mut State, pool: String, ids: Ids, deed: Deed, effects: &mut Vec<Effect>) {
    let title = question_of(&deed, ids.len());
    let call = Call::Each { ids, deed };
    ask(state, title, Command { pool, call }, None, effects);
}

/// The question whether this is to be done to so many tasks.
pub(super) fn question_of(deed: &Deed, num: usize) -> String {
    let tasks = counted(num, "task", "tasks");
    match deed {
        Deed::Cancel { force: false } => format!("Cancel {tasks}?"),
        Deed::Cancel { force: true } => format!("End {tasks} at once?"),
        Deed::Signal(signal) => format!("Send {} to {tasks}?", name_of(*signal)),
        Deed::Pause => format!("Pause {tasks}?"),
        Deed::Resume => format!("Let {tasks} go on?"),
        Deed::Input(_) => format!("Send the line to {tasks}?"),
        Deed::EndInput => format!("Send the end of input to {tasks}?"),
        Deed::Retry => format!("Run {tasks} again?"),
    }
}

pub(super) fn name_of(signal: i32) -> String {
    signal_name(signal).map_or_else(|| signal.to_string(), str::to_owned)
}
