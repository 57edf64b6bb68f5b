//! Keys that act on a task, a group or a pool: each becomes a command, by way of a question where it cannot
//! be undone.

use super::super::action::Action;
use super::super::applies::group_to_cancel;
use super::super::dialog::{Confirm, Overlay, Prompt, Purpose};
use super::super::state::{Screen, SizeSent, State};
use super::{Effect, carry_out, send};
use crate::app::control::{Call, Command, Request};
use crate::app::process::{signal_name, signal_number};
use crate::app::status::Status;
use crate::app::view::PoolRow;
use tui_input::Input;

/// Carries out an action that applies.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    let Some(row) = state.pool_row() else { return };
    let pool = row.name.to_string();
    let size = state.size_of(row);
    if let Some((title, call, typed)) = question(state, row, action) {
        ask(state, title, Command { pool, call }, typed, effects);
        return;
    }
    let call = match action {
        Action::Start => return start(state, pool, key, effects),
        Action::Stop => return prompt_stop(state, pool),
        Action::SetSize => return prompt_size(state, pool, size),
        Action::Grow => return resize(state, pool, size.map(|size| size.saturating_add(1)), key, effects),
        Action::Shrink => return resize(state, pool, size.map(|size| size.saturating_sub(1)), key, effects),
        Action::Cancel => match state.task_row() {
            Some(task) => Call::Cancel {
                ids: vec![task.id],
                force: task.status == Status::Cancelling,
            },
            None => return,
        },
        Action::PauseTask => match state.task_row() {
            Some(task) if task.status == Status::Paused => Call::ResumeTasks { ids: vec![task.id] },
            Some(task) => Call::PauseTasks { ids: vec![task.id] },
            None => return,
        },
        Action::Signal => return prompt_signal(state, pool),
        Action::Input => return prompt_input(state, pool),
        Action::Retry => match state.task_row() {
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
    carry_out(state, Command { pool, call }, key, effects);
}

/// What an action asks before it calls what, and what has to be typed to say yes; none: it does not ask.
fn question(state: &State, pool: &PoolRow, action: Action) -> Option<(String, Call, Option<String>)> {
    let name = &pool.name;
    Some(match action {
        Action::Retry => {
            let task = state.task_row()?;
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

/// Sets a pool's size, and remembers it until a view shows it.
fn resize(state: &mut State, pool: String, size: Option<usize>, key: &str, effects: &mut Vec<Effect>) {
    let command = Command {
        pool: pool.clone(),
        call: Call::SetSize { size },
    };
    let number = carry_out(state, command, key, effects);
    state.size_sent = Some(SizeSent {
        pool,
        size,
        number,
        answered: false,
    });
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
        typed: typed.map(|expected| (expected, Input::default())),
    }));
}

fn start(state: &mut State, pool: String, key: &str, effects: &mut Vec<Effect>) {
    let row = state.pool_row();
    let simple = row.is_some_and(|row| row.func.is_some());
    let group = (state.screen == Screen::Pool)
        .then(|| state.group_row())
        .flatten();
    let group = match group {
        Some(group) if group.held => {
            let call = Call::Release {
                group: group.name.to_string(),
            };
            carry_out(state, Command { pool, call }, key, effects);
            return;
        }
        // A SimpleTaskPool makes a new group with each start.
        Some(_) if simple => None,
        other => other.map(|group| group.name.to_string()),
    };
    let what = match &group {
        Some(group) => format!("Start more of {group} in {pool}"),
        None => format!("Start tasks in {pool}"),
    };
    let hint = one_alone(state);
    prompt(state, what, &hint, Purpose::Start { pool, group });
}

fn prompt_stop(state: &mut State, pool: String) {
    let title = format!("Stop the tasks of {pool} started last");
    let hint = one_alone(state);
    prompt(state, title, &hint, Purpose::Stop(pool));
}

fn one_alone(state: &State) -> String {
    format!("how many tasks; {} alone is 1", state.press(Action::Accept))
}

fn prompt_size(state: &mut State, pool: String, size: Option<usize>) {
    let now = size.map_or("unlimited".to_owned(), |size| size.to_string());
    let hint = format!("a number, or unlimited; now {now}");
    prompt(state, format!("Size of {pool}"), &hint, Purpose::Size(pool));
}

fn prompt_signal(state: &mut State, pool: String) {
    let Some(id) = state.task_row().map(|task| task.id) else {
        return;
    };
    let last = last_signal(state);
    let usual = signal_name(last).map_or_else(|| last.to_string(), str::to_owned);
    let take = state.press(Action::Accept);
    let hint = format!("TERM INT HUP USR1 KILL … or a number; {take} alone is {usual}");
    prompt(
        state,
        format!("Signal to task {id}"),
        &hint,
        Purpose::Signal { pool, id },
    );
}

/// The signal that was sent last, or else the usual one.
fn last_signal(state: &State) -> i32 {
    const TERM: i32 = 15;
    state.last_signal.unwrap_or(TERM)
}

fn prompt_input(state: &mut State, pool: String) {
    let Some(id) = state.task_row().map(|task| task.id) else {
        return;
    };
    let end = state.press(Action::EndInput);
    let hint = format!("a line for it to read; {end} here: no more input comes");
    prompt(
        state,
        format!("Input of task {id}"),
        &hint,
        Purpose::Input { pool, id },
    );
}

pub(super) fn prompt(state: &mut State, title: String, hint: &str, purpose: Purpose) {
    state.overlay = Some(Overlay::Prompt(Prompt {
        title,
        hint: hint.to_owned(),
        purpose,
        input: Input::default(),
        problem: None,
    }));
}

/// Takes what was typed into a prompt: a command, a question, or a problem to show.
pub(super) fn take_prompt(state: &mut State, mut prompt: Prompt, key: &str, effects: &mut Vec<Effect>) {
    let typed = prompt.input.value().to_owned();
    let taken = match prompt.purpose.clone() {
        Purpose::Size(pool) => size(&typed).map(|size| resize(state, pool, size, key, effects)),
        Purpose::Save { pool, ids } => file(&typed).map(|path| {
            let call = Call::SaveOutput { ids, path };
            carry_out(state, Command { pool, call }, key, effects);
        }),
        Purpose::Start { pool, group } => count(&typed).map(|num| {
            let call = Call::Start { num, group };
            carry_out(state, Command { pool, call }, key, effects);
        }),
        Purpose::Stop(pool) => count(&typed).map(|num| {
            let title = match num {
                1 => format!("Stop the task of {pool} started last?"),
                _ => format!("Stop the {num} tasks of {pool} started last?"),
            };
            let call = Call::Stop { num, shown: None };
            ask(state, title, Command { pool, call }, None, effects);
        }),
        Purpose::Signal { pool, id } => signal(state, &typed).map(|signal| {
            state.last_signal = Some(signal);
            let name = signal_name(signal).map_or_else(|| signal.to_string(), str::to_owned);
            let ids = vec![id];
            let call = Call::Signal { ids, signal };
            ask(
                state,
                format!("Send {name} to task {id}?"),
                Command { pool, call },
                None,
                effects,
            );
        }),
        Purpose::Input { pool, id } => {
            let line = Some(typed);
            let call = Call::Input { id, line };
            carry_out(state, Command { pool, call }, key, effects);
            Ok(())
        }
    };
    if let Err(problem) = taken {
        prompt.problem = Some(problem);
        state.overlay = Some(Overlay::Prompt(prompt));
    }
}

/// The name of a file.
fn file(typed: &str) -> Result<String, String> {
    match typed.trim() {
        "" => Err("type the name of a file".to_owned()),
        path => Ok(path.to_owned()),
    }
}

/// How many tasks; nothing is the usual: one.
fn count(typed: &str) -> Result<usize, String> {
    match typed.trim() {
        "" => Ok(1),
        text => match number(text)? {
            0 => Err("at least 1".to_owned()),
            count => Ok(count),
        },
    }
}

/// A pool's size; none is unlimited.
fn size(typed: &str) -> Result<Option<usize>, String> {
    match typed.trim() {
        "" => Err("type a number".to_owned()),
        "unlimited" => Ok(None),
        text => number(text).map(Some),
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// A signal; nothing is the one that was sent last.
fn signal(state: &State, typed: &str) -> Result<i32, String> {
    match typed.trim() {
        "" => Ok(last_signal(state)),
        text => signal_number(text),
    }
}
