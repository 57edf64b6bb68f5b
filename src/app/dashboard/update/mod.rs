//! The dashboard's one way to change: [`update`]. It is pure; what has to happen outside comes back as
//! [`Effect`]s.

mod control;
mod copy;
mod cursor;
mod effect;
mod find;
mod form;
mod freeze;
mod log;
mod marks;
mod mouse;
mod nav;
mod notices;
mod output;
mod overlay;
mod palette;
mod program;
mod prompts;
mod reload;
mod requests;
mod task;
mod text;
mod timeline;
mod typing;
mod undo;
mod warnings;

use super::action::{Action, Class, Place};
use super::applies::{elsewhere, refusal, too_soon, works};
use super::dialog::{LastAction, Said};
use super::key::{Chord, Code, Key};
use super::keymap::Match;
use super::mouse::Mouse;
use super::state::{Rows, Screen, State};
use crate::app::control::{Answer, Numbered, Reply};
use crate::app::view::View;
use requests::{Consent, carry_out, carry_out_once, say, send, send_asked, take_reply};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use copy::row_text;
pub use effect::{Effect, LogMove};
pub(crate) use freeze::Frozen;
pub(crate) use notices::Notices;
pub(crate) use requests::Acted;
pub(crate) use typing::Cut;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// Something was done with the mouse.
    Mouse(Mouse),
    /// Text was selected with it: this. It is clean.
    Selected(String),
    /// A newer view.
    View(Arc<View>),
    /// The reply to a request.
    Reply(Reply),
    /// The layout has so many rows now.
    Rows(Rows),
    /// Since the last view, this much time has passed. It comes with each frame, and before what is typed while
    /// what becomes of it depends on the time.
    Clock(Duration),
    /// A request could not be handed over, because of this.
    NotSent(Numbered, &'static str),
}

/// How many changes of what is wanted a key may cause that are answered at once: its own, and what follows from the
/// answer (the rows of a pool tell which task's output is wanted).
const OWED: u8 = 2;

/// Takes in what happened and says what to do about it.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    let settles = matches!(msg, Msg::Key(_) | Msg::Reply(_) | Msg::Mouse(_));
    if matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_)) {
        state.owed = OWED;
    }
    take_in(state, msg, &mut effects);
    if let Some(view) = freeze::thaw(state) {
        take_view(state, view, &mut effects);
    }
    if settles {
        undo::settle(state);
    }
    form::settle(state, &mut effects);
    program::leave_if_over(state, &mut effects);
    let mut want = state.want();
    if cursor::await_list(state, &want) {
        want = state.want();
        want.asked += 1;
        state.list_asked = want.asked;
        state.owed = state.owed.saturating_sub(1);
        state.wanted = want.clone();
        effects.push(Effect::Want(Box::new(want)));
    } else if want != state.wanted {
        // Whoever has pressed a key waits for it. What follows from views alone may change with each of them.
        if let Some(left) = state.owed.checked_sub(1) {
            state.owed = left;
            want.asked += 1;
        }
        state.wanted = want.clone();
        effects.push(Effect::Want(Box::new(want)));
    }
    effects
}

fn take_in(state: &mut State, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Key(key) => press(state, key, effects),
        Msg::Paste(pasted) => {
            if !typing::paste(state, &pasted, effects) {
                text::paste(state, &pasted);
            }
        }
        Msg::Mouse(mouse) => mouse::take(state, &mouse, effects),
        Msg::Selected(text) if text.trim().is_empty() => {}
        Msg::Selected(text) => copy::hand_over(state, "copy selection", "", text, effects),
        Msg::View(view) => {
            state.clock = view.time;
            typing::tick(state);
            if let Some(view) = freeze::hold(state, view) {
                take_view(state, view, effects);
            }
        }
        Msg::Reply(reply) => take_reply(state, reply, effects),
        Msg::Rows(rows) => {
            state.rows = rows;
            nav::fit(state);
            timeline::settle(state);
            warnings::fit(state);
        }
        Msg::Clock(elapsed) => {
            state.clock = state.behind.as_ref().unwrap_or(&state.view).time + elapsed;
            typing::tick(state);
            clock(state, Duration::from_secs(elapsed.as_secs()), effects);
        }
        Msg::NotSent(Numbered { number, request, .. }, why) => take_reply(
            state,
            Reply {
                number,
                request,
                answer: Answer::Refused(why.to_owned()),
            },
            effects,
        ),
    }
}

/// Time has passed since the last view; what holds still does not become older by it.
fn clock(state: &mut State, elapsed: Duration, effects: &mut Vec<Effect>) {
    let newest = state.behind.as_ref().map(|view| view.time);
    match &mut state.frozen {
        Some(frozen) => frozen.now = frozen.now.max(newest.unwrap_or(frozen.since) + elapsed),
        None => state.elapsed = elapsed,
    }
    notices::tell(state, effects);
}

fn press(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    typing::renew(state);
    let place = state.place();
    // Nothing else tells them apart.
    let shift = key.shift && place == Place::Typing;
    let key = Key { shift, ..key };
    state.chord.push(key);
    let found = state.keymap.lookup(place, &state.chord);
    if found == Match::Pending {
        return;
    }
    // Unless it ends the chord, that leaves it.
    if state.chord.len() > 1 && key == Key::plain(Code::Esc) && !matches!(found, Match::Action(_)) {
        state.chord.clear();
        return;
    }
    let chord = Chord(std::mem::take(&mut state.chord));
    if found != Match::Action(Action::StopTyping) && typing::swallow(state) {
        return;
    }
    match found {
        Match::Action(action) => match refusal(state, action).or_else(|| too_soon(state, action)) {
            Some(why) => note(state, &chord.to_string(), why),
            None => act(state, action, &chord.to_string(), effects),
        },
        _ if matches!(place, Place::Text | Place::Form) => {
            if !text::edit(state, key) {
                note(
                    state,
                    &chord.to_string(),
                    "does nothing while a line is typed".to_owned(),
                );
            }
        }
        _ if place == Place::Typing => typing::press(state, &chord, effects),
        _ if place == Place::Question => {
            let question = || {
                format!(
                    "first the question: {} does it, {} keeps everything",
                    state.key(Action::Yes),
                    state.key(Action::Keep)
                )
            };
            let why = state.rereading().unwrap_or_else(question);
            note(state, &chord.to_string(), why);
        }
        _ if matches!(place, Place::Help | Place::Why) => {
            // It would lie over the line that says why nothing happens.
            state.overlay = None;
            let what = if place == Place::Help {
                "the help"
            } else {
                "the answer"
            };
            let why = format!("closed {what}; from here on it acts");
            note(state, &chord.to_string(), why);
        }
        _ if place == Place::Picker => {
            let why = format!(
                "first the columns: {} shows or hides one, {} closes them",
                state.key(Action::Pick),
                state.key(Action::Back)
            );
            note(state, &chord.to_string(), why);
        }
        Match::Elsewhere(elsewhere, action) => {
            let name = action.entry().name;
            note(
                state,
                &chord.to_string(),
                format!("{name} {}", works(state, *elsewhere)),
            );
        }
        Match::Nothing | Match::Pending => {
            let why = format!("no such key; {} lists them", state.press(Action::Help));
            note(state, &chord.to_string(), why);
        }
    }
}

/// Carries an action out that no key was pressed for, with the same checks; what has to be typed for it was typed
/// already.
fn perform(state: &mut State, action: Action, typed: Option<&str>, key: &str, effects: &mut Vec<Effect>) {
    let entry = action.entry();
    let away = elsewhere(state, entry).map(|why| format!("{} {why}", entry.name));
    let refused = away.or_else(|| refusal(state, action));
    if let Some(why) = refused.or_else(|| too_soon(state, action)) {
        note(state, key, why);
        return;
    }
    act(state, action, key, effects);
    if let Some(typed) = typed
        && text::replace(state, typed)
    {
        overlay::answer(state, Action::Accept, key, effects);
    }
}

fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    // What a key before has answered is read by now.
    if matches!(&state.last, Some(last) if matches!(last.result, Said::Note(_))) {
        state.last = None;
    }
    match action.entry().class {
        Class::Tasks if action == Action::Input && state.types() => typing::enter(state),
        Class::Tasks | Class::Pool => control::act(state, action, key, effects),
        Class::Output => output::act(state, action, key, effects),
        Class::Look if action == Action::CopyDetail => copy::detail(state, key, effects),
        Class::History => undo::act(state, action, key, effects),
        Class::Marks => marks::act(state, action, key, effects),
        Class::Look => {
            nav::act(state, action, key, effects);
            marks::extend(state, effects);
        }
        Class::Find => find::act(state, action, key),
        Class::Warnings => warnings::act(state, action, key, effects),
        Class::Typing => typing::act(state, action, effects),
        Class::Answer => overlay::answer(state, action, key, effects),
        Class::Program => program::act(state, action, key, effects),
    }
}

/// Says in the line of the last action why a key did nothing.
fn note(state: &mut State, key: &str, why: String) {
    state.last = Some(LastAction {
        key: key.to_owned(),
        result: Said::Note(why),
        ..LastAction::default()
    });
}

fn take_view(state: &mut State, view: Arc<View>, effects: &mut Vec<Effect>) {
    let before = std::mem::replace(&mut state.view, view);
    state.elapsed = Duration::ZERO;
    notices::compare(state, &before, effects);
    if state.pool.is_none()
        || state
            .pool_row()
            .is_some_and(|row| Some(&*row.name) != state.pool.as_deref())
    {
        // The first view, or the pool is gone: a cursor on another pool keeps nothing of the old one.
        let name = state.pool_row().map(|row| row.name.to_string());
        nav::enter_pool(state, name);
    }
    let settled = state.size_sent.as_ref().is_some_and(|sent| {
        sent.answered
            || state
                .view
                .pools
                .iter()
                .any(|pool| *pool.name == *sent.pool && pool.size == sent.size)
    });
    if settled {
        state.size_sent = None;
    }
    let gone = state.pool_view().filter(|pool| !pool.gone.is_empty());
    if let Some((pool, gone)) = gone.map(|pool| (pool.name.to_string(), pool.gone.clone())) {
        state.marks.forget(&pool, &gone);
        undo::forget(state);
    }
    let group_gone = state.pool_view().and_then(|pool| pool.group_gone.as_deref());
    if group_gone.is_some() && group_gone == state.group.as_deref() {
        // Its tasks that still end are listed among all.
        nav::enter_group(state, None);
    }
    nav::to_a_listed_pool(state);
    nav::fit(state);
    timeline::settle(state);
    warnings::fit(state);
    if find::arrive(state) {
        marks::extend(state, effects);
    }
    cursor::follow(state);
    typing::leave_if_over(state);
    overlay::count_quit(state);
    leave_if_idle(state, effects);
}

/// Leaves once the session has said that it is done and no task or callback is left. (A session that ends closes its
/// end of the link, which ends the dashboard in any case.)
fn leave_if_idle(state: &State, effects: &mut Vec<Effect>) {
    let left = state.view.closing.as_ref();
    let left = left.map_or(0, |closing| closing.running + closing.callbacks);
    let cancelled: usize = state
        .view
        .pools
        .iter()
        .map(|pool| pool.running + pool.cancelled)
        .sum();
    if state.quit_done && left + cancelled == 0 {
        effects.push(Effect::Quit);
    }
}

/// The screen that the number keys lead to, and its name.
pub(crate) const SCREEN_TABS: [(Screen, Action, &str); 6] = [
    (Screen::Pools, Action::ShowPools, "Pools"),
    (Screen::Pool, Action::ShowPool, "Pool"),
    (Screen::Task, Action::ShowTask, "Task"),
    (Screen::Timeline, Action::ShowTimeline, "Timeline"),
    (Screen::Log, Action::ShowLog, "Log"),
    (Screen::Warnings, Action::ShowWarnings, "Warnings"),
];

#[cfg(test)]
mod comfort_tests;
#[cfg(test)]
mod mouse_tests;
#[cfg(test)]
mod tests;
