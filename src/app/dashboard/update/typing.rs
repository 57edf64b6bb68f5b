//! Typing into a task's terminal: every key goes there, but for one chord.

use super::super::action::{Action, Place};
use super::super::encode;
use super::super::key::{Chord, Key};
use super::super::state::{Pane, State, TaskCursor, Typed};
use super::{Consent, Effect, note, send_asked};
use crate::app::control::{Call, Command, Request};
use std::time::Duration;

/// After the end of a task keys go nowhere until so much time has passed without one: whoever types does not see at
/// once that nothing takes it any more, and means no key of the dashboard.
const SILENCE: Duration = Duration::from_secs(1);

/// But no longer than this: a key may be stuck.
const LONGEST_SILENCE: Duration = Duration::from_secs(15);

/// The task that was typed into has ended, or is not shown any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    id: u64,
    /// How its terminal was lost.
    how: &'static str,
    /// Until when keys go nowhere, in the session's time.
    until: Duration,
    /// Until when at most.
    at_most: Duration,
}

/// The most bytes of a paste.
const LONGEST_PASTE: usize = 48 * 1024;

/// The most bytes that wait until those before them have been taken.
const MOST_WAITING: usize = 64 * 1024;

/// Lets keys go to the terminal of the task under the cursor.
pub(super) fn enter(state: &mut State) {
    let Some(id) = state.terminal_shown().map(|(id, _)| id) else {
        return;
    };
    // It stays the one that is shown, whatever other tasks come or were looked for.
    state.finding.leave_task();
    let row = state.task.map_or(0, |cursor| cursor.row);
    state.task = Some(TaskCursor { id, row });
    if let Some(position) = state.task_position() {
        let row = position - state.tasks_top();
        state.task = Some(TaskCursor { id, row });
    }
    state.shown = Some(id);
    state.pane = Pane::Output;
    state.output.merged = false;
    state.output = state.output.of_another();
    state.typing = Some(id);
    state.cut = None;
}

/// What the chord's keys do while keys go to a terminal.
pub(super) fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::StopTyping => {
            state.typing = None;
            if state.cut.take().is_some() {
                note(state, "", "keys act on the dashboard again".to_owned());
            }
        }
        Action::TypePrefix => {
            let chord = state.keymap.chords(Action::TypePrefix).next();
            if let Some(key) = chord.and_then(|Chord(keys)| keys.last().copied()) {
                key_pressed(state, key, effects);
            }
        }
        _ => {}
    }
}

/// Sends what was pressed. After the first key of the chord nothing but the chord counts.
pub(super) fn press(state: &mut State, chord: &Chord, effects: &mut Vec<Effect>) {
    if let [key] = chord.0[..] {
        key_pressed(state, key, effects);
        return;
    }
    let why = format!(
        "typing goes on: {} leaves it, {} types {}",
        state.key(Action::StopTyping),
        state.key(Action::TypePrefix),
        chord.0[0],
    );
    note(state, &chord.to_string(), why);
}

fn key_pressed(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some((_, terminal)) = state.terminal_shown() else {
        return;
    };
    let bytes = encode::bytes(key, terminal.application_cursor);
    send_bytes(state, bytes, effects);
}

/// Sends pasted text, if keys go to a terminal, or went until just now; says whether they do.
pub(super) fn paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) -> bool {
    renew(state);
    if swallow(state) {
        return true;
    }
    if state.typing.is_none() {
        return false;
    }
    if let Some((_, terminal)) = state.terminal_shown() {
        let bytes = encode::paste(text, terminal.bracketed_paste);
        if bytes.len() > LONGEST_PASTE {
            let size = bytes.len();
            note(
                state,
                "",
                format!("{size} bytes are too many to paste: at most {LONGEST_PASTE}"),
            );
        } else {
            send_bytes(state, bytes, effects);
        }
    }
    true
}

/// Sends bytes, or keeps them until those before them are answered: so they stay in order, and fast typing becomes
/// few requests.
fn send_bytes(state: &mut State, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
    let (Some(id), Some(pool)) = (state.typing, state.pool.clone()) else {
        return;
    };
    if bytes.is_empty() {
        return;
    }
    match &mut state.typed {
        Some(typed) if typed.id == id && typed.waiting.len() + bytes.len() > MOST_WAITING => {
            let why = format!(
                "the session is busy: {} bytes wait to be typed",
                typed.waiting.len()
            );
            note(state, "", why);
        }
        Some(typed) if typed.id == id => typed.waiting.extend(bytes),
        Some(typed) => {
            // Another task, which was left: what it gets does not wait any longer.
            let (pool_before, before) = (typed.pool.clone(), typed.id);
            let waiting = std::mem::take(&mut typed.waiting);
            if !waiting.is_empty() {
                type_in(state, pool_before, before, waiting, effects);
            }
            type_in(state, pool, id, bytes, effects);
        }
        None => type_in(state, pool, id, bytes, effects),
    }
}

fn type_in(state: &mut State, pool: String, id: u64, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
    let command = Command {
        pool: pool.clone(),
        call: Call::Type { id, bytes },
    };
    // Whoever types sees what is hit.
    let number = send_asked(state, Request::Do(command), Consent::Given, effects);
    state.typed = Some(Typed {
        number,
        pool,
        id,
        waiting: Vec::new(),
    });
}

/// What was typed is answered; sends what has been typed since. After a refusal that is dropped.
pub(super) fn answered(
    state: &mut State,
    number: u64,
    command: &Command,
    taken: bool,
    effects: &mut Vec<Effect>,
) {
    let Call::Type { id, .. } = command.call else {
        return;
    };
    let Some(Typed { waiting, .. }) = state.typed.take_if(|typed| typed.number == number) else {
        return;
    };
    if !taken || waiting.is_empty() {
        return;
    }
    type_in(state, command.pool.clone(), id, waiting, effects);
}

/// The end of the task is the end of the typing.
pub(super) fn leave_if_over(state: &mut State) {
    let Some(id) = state.typing else { return };
    if state.terminal_shown().is_none_or(|(shown, _)| shown != id) {
        let is_another = state.task_view().is_none_or(|task| task.row.id != id);
        lose(state, is_another);
    }
}

/// What is shown now is something else; so keys go to the terminal that they went to no longer.
pub(super) fn leave_pool(state: &mut State) {
    if state.typing.is_some() {
        lose(state, true);
    }
}

/// Keys that were meant for the terminal go nowhere until nobody types any more.
fn lose(state: &mut State, is_another: bool) {
    let typed = state.place() == Place::Typing;
    let Some(id) = state.typing.take() else { return };
    let how = if is_another {
        "is not shown any more"
    } else {
        "has ended"
    };
    let mut why = format!("task {id} {how}, and with it the typing");
    if typed {
        state.cut = Some(Cut {
            id,
            how,
            until: state.clock + SILENCE,
            at_most: state.clock + LONGEST_SILENCE,
        });
        why.push_str("; keys act after 1 s without any");
    }
    note(state, "", why);
}

/// Whether the wheel may not turn the lists beside a terminal that keys go to: the cursor would leave its task, and
/// keys that are typed on would act. That is said.
pub(super) fn holds_lists(state: &mut State) -> bool {
    if state.place() != Place::Typing {
        return false;
    }
    let leaves = state.key(Action::StopTyping);
    note(
        state,
        "",
        format!("the lists stay where they are while you type: {leaves} leaves that"),
    );
    true
}

/// Somebody types on after the end: it takes as long again until that counts.
pub(super) fn renew(state: &mut State) {
    let until = state.clock + SILENCE;
    if let Some(cut) = &mut state.cut {
        cut.until = until.min(cut.at_most);
    }
}

/// Whether what was pressed goes nowhere; that is said.
pub(super) fn swallow(state: &mut State) -> bool {
    let Some(Cut { id, how, .. }) = state.cut else {
        return false;
    };
    note(
        state,
        "",
        format!("task {id} {how}; what you typed since went nowhere"),
    );
    true
}

/// Time has passed: keys may count again.
pub(super) fn tick(state: &mut State) {
    if state.cut.take_if(|cut| state.clock >= cut.until).is_some() {
        // What was begun before must not make another chord of the next key.
        state.chord.clear();
    }
}
