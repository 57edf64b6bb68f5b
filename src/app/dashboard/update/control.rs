//! Keys that act on a task, a group or a pool: each becomes a command, by way of a question where it cannot
//! be undone.

use super::super::action::Action;
use super::super::applies::group_to_cancel;
use super::super::dialog::{Confirm, Overlay, Prompt, Purpose};
use super::super::state::{Screen, SizeSent, State};
use super::{Effect, carry_out, send};
use crate::app::control::{Call, Command, Request};
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
    prompt(
        state,
        what,
        "how many tasks; Enter alone is 1",
        Purpose::Start { pool, group },
    );
}

fn prompt_stop(state: &mut State, pool: String) {
    let title = format!("Stop the tasks of {pool} started last");
    prompt(
        state,
        title,
        "how many tasks; Enter alone is 1",
        Purpose::Stop(pool),
    );
}

fn prompt_size(state: &mut State, pool: String, size: Option<usize>) {
    let now = size.map_or("unlimited".to_owned(), |size| size.to_string());
    let hint = format!("a number, or unlimited; now {now}");
    prompt(state, format!("Size of {pool}"), &hint, Purpose::Size(pool));
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
    let text = prompt.input.value().trim().to_owned();
    if let Purpose::Save { pool, ids } = &prompt.purpose {
        if text.is_empty() {
            prompt.problem = Some("type the name of a file".to_owned());
            state.overlay = Some(Overlay::Prompt(prompt));
            return;
        }
        let call = Call::SaveOutput {
            ids: ids.clone(),
            path: text,
        };
        let pool = pool.clone();
        carry_out(state, Command { pool, call }, key, effects);
        return;
    }
    let is_size = matches!(prompt.purpose, Purpose::Size(_));
    let count = match text.parse::<usize>() {
        Ok(0) if !is_size => Err("at least 1".to_owned()),
        Ok(count) => Ok(Some(count)),
        Err(_) if is_size && text == "unlimited" => Ok(None),
        Err(_) if text.is_empty() && !is_size => Ok(None), // the usual: one
        Err(_) if text.is_empty() => Err("type a number".to_owned()),
        Err(_) => Err(format!("{text:?} is no number")),
    };
    match (count, prompt.purpose.clone()) {
        (Err(problem), _) => {
            prompt.problem = Some(problem);
            state.overlay = Some(Overlay::Prompt(prompt));
        }
        // Taken above.
        (Ok(_), Purpose::Save { .. }) => {}
        (Ok(size), Purpose::Size(pool)) => resize(state, pool, size, key, effects),
        (Ok(count), Purpose::Start { pool, group }) => {
            let call = Call::Start {
                num: count.unwrap_or(1),
                group,
            };
            carry_out(state, Command { pool, call }, key, effects);
        }
        (Ok(count), Purpose::Stop(pool)) => {
            let num = count.unwrap_or(1);
            let title = match num {
                1 => format!("Stop the task of {pool} started last?"),
                _ => format!("Stop the {num} tasks of {pool} started last?"),
            };
            let call = Call::Stop { num, shown: None };
            ask(state, title, Command { pool, call }, None, effects);
        }
    }
}
