//! Lines to type, and what becomes of what was typed.

use super::super::action::Action;
use super::super::applies::group_to_cancel;
use super::super::dialog::{Overlay, Prompt, Purpose};
use super::super::state::State;
use super::control::{ask, ask_each, go, name_of, only, resize};
use super::{Consent, Effect, carry_out};
use crate::app::control::{Call, Command, Deed};
use crate::app::count::counted;
use crate::app::ids::Ids;
use crate::app::process::signal_number;
use tui_input::Input;

pub(super) fn prompt_stop(state: &mut State, pool: String) {
    let title = format!("Stop the tasks of {pool} started last");
    let hint = one_alone(state);
    prompt(state, title, &hint, Purpose::Stop(pool));
}

pub(super) fn one_alone(state: &State) -> String {
    format!("how many tasks; {} alone is 1", state.press(Action::Accept))
}

pub(super) fn prompt_size(state: &mut State, pool: String, size: Option<usize>) {
    let now = size.map_or("unlimited".to_owned(), |size| size.to_string());
    let hint = format!("a number, or unlimited; now {now}");
    prompt(state, format!("Size of {pool}"), &hint, Purpose::Size(pool));
}

pub(super) fn prompt_limit(state: &mut State, pool: String) {
    let Some(group) = group_to_cancel(state) else {
        return;
    };
    let now = state.row_of_group(&group).map(|row| row.num_concurrent);
    let now = now.map_or_else(String::new, |now| {
        format!(
            "; now {}",
            now.map_or("unlimited".to_owned(), |now| now.to_string())
        )
    });
    let hint = format!("how many tasks, or unlimited{now}");
    let title = format!("How many of {group} run at once");
    prompt(state, title, &hint, Purpose::Concurrent { pool, group });
}

/// Asks what is to be sent to the commands of these tasks.
pub(super) fn prompt_tasks(state: &mut State, pool: String, ids: Ids, action: Action) {
    let whose = match only(&ids) {
        _ if ids.is_empty() => return,
        Some(id) => format!("task {id}"),
        None => format!("the {}", counted(ids.len(), "marked task", "marked tasks")),
    };
    if action == Action::Signal {
        prompt_signal(state, &whose, Purpose::Signal { pool, ids });
    } else {
        let end = state.press(Action::EndInput);
        let hint = format!("a line to read; {end} here: no more input comes");
        prompt(
            state,
            format!("Input of {whose}"),
            &hint,
            Purpose::Input { pool, ids },
        );
    }
}

fn prompt_signal(state: &mut State, whose: &str, purpose: Purpose) {
    let last = last_signal(state);
    let usual = name_of(last);
    let take = state.press(Action::Accept);
    let hint = format!("TERM INT HUP USR1 KILL … or a number; {take} alone is {usual}");
    prompt(state, format!("Signal to {whose}"), &hint, purpose);
}

/// The signal that was sent last, or else the usual one.
fn last_signal(state: &State) -> i32 {
    const TERM: i32 = 15;
    state.last_signal.unwrap_or(TERM)
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
    if let Some(repeat) = &mut state.undo.repeat
        && !matches!(prompt.purpose, Purpose::Save { .. })
    {
        repeat.typed = Some(typed.clone());
    }
    let taken = match prompt.purpose.clone() {
        Purpose::Size(pool) => size(&typed).map(|size| resize(state, pool, size, key, effects)),
        Purpose::Concurrent { pool, group } => limit(&typed).map(|num| {
            let call = Call::SetConcurrent { group, num };
            go(state, Command { pool, call }, key, effects);
        }),
        Purpose::Save { pool, ids } => file(&typed).map(|path| {
            let call = Call::SaveOutput { ids, path };
            carry_out(state, Command { pool, call }, Consent::NotAsked, key, effects);
        }),
        Purpose::Start { pool, group } => count(&typed).map(|num| {
            let call = Call::Start { num, group };
            go(state, Command { pool, call }, key, effects);
        }),
        Purpose::Stop(pool) => count(&typed).map(|num| {
            let title = match num {
                1 => format!("Stop the task of {pool} started last?"),
                _ => format!("Stop the {num} tasks of {pool} started last?"),
            };
            let call = Call::Stop { num, shown: None };
            ask(state, title, Command { pool, call }, None, effects);
        }),
        Purpose::Signal { pool, ids } => signal(state, &typed).map(|signal| {
            state.last_signal = Some(signal);
            let Some(id) = only(&ids) else {
                return ask_each(state, pool, ids, Deed::Signal(signal), effects);
            };
            let title = format!("Send {} to task {id}?", name_of(signal));
            let ids = vec![id];
            let call = Call::Signal { ids, signal };
            ask(state, title, Command { pool, call }, None, effects);
        }),
        Purpose::Input { pool, ids } => {
            match only(&ids) {
                Some(id) => {
                    let line = Some(typed);
                    let call = Call::Input { id, line };
                    go(state, Command { pool, call }, key, effects);
                }
                None => ask_each(state, pool, ids, Deed::Input(typed), effects),
            }
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

/// How many tasks of a group run at once; none is unlimited.
fn limit(typed: &str) -> Result<Option<usize>, String> {
    match size(typed)? {
        Some(0) => Err("at least 1".to_owned()),
        limit => Ok(limit),
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
