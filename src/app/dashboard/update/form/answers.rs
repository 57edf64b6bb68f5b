//! What the session answers to the form.

use super::super::super::dialog::{LastAction, Said};
use super::super::super::form::Verdict;
use super::super::super::state::{Pane, Screen, State};
use super::super::{nav, say};
use super::{form, go_to};
use crate::app::control::{Answer, Command};
use crate::app::view::By;
use tui_input::Input;

/// The functions are known, or why not.
pub(in crate::app::dashboard::update) fn take_functions(state: &mut State, answer: Answer) {
    let Some(form) = form(state).filter(|form| form.functions.is_none()) else {
        return;
    };
    let functions = match answer {
        Answer::Functions(functions) => functions,
        _ => Vec::new(),
    };
    if form.fields.func.value().is_empty()
        && let Some(first) = functions.first()
    {
        form.fields.func = Input::new(first.name.clone());
        form.fields.func_whole = true;
    }
    form.functions = Some(functions);
    form.check.now += 1;
}

/// Takes in what the session says of the form; says whether it was asked by one.
pub(in crate::app::dashboard::update) fn take_check(state: &mut State, number: u64, answer: &Answer) -> bool {
    let Some(form) = form(state).filter(|form| form.check.number == Some(number)) else {
        return false;
    };
    form.check.number = None;
    form.check.said = match answer {
        Answer::Preview(preview) => Verdict::Good(preview.lines.clone()),
        Answer::Mistakes(mistakes) => Verdict::Mistakes(mistakes.clone()),
        Answer::Refused(why) => Verdict::Refused(why.clone()),
        _ => Verdict::Unknown,
    };
    true
}

/// The group was made, or not. The cursor goes to it, unless another key has come since.
pub(in crate::app::dashboard::update) fn take_added(
    state: &mut State,
    number: u64,
    command: &Command,
    answer: Answer,
) {
    let call = command.to_string();
    match answer {
        Answer::Added { group, text } => {
            let is_last = state
                .last
                .as_ref()
                .is_some_and(|last| last.number == Some(number));
            say(state, number, &call, Said::Done(text));
            if form(state).is_some_and(|form| form.sent == Some(number)) {
                state.overlay = None;
            }
            if is_last && state.overlay.is_none() {
                go_to_group(state, &command.pool, group);
            }
        }
        Answer::Mistakes(mistakes) => {
            let why = mistakes
                .first()
                .map_or_else(String::new, |mistake| mistake.reason.clone());
            say(state, number, &call, Said::Refused(why));
            if let Some(form) = form(state).filter(|form| form.sent == Some(number)) {
                form.sent = None;
                form.check.said = Verdict::Mistakes(mistakes);
                if let Some(part) = form.first_wrong() {
                    go_to(form, part);
                }
            }
        }
        Answer::Refused(why) => {
            if let Some(form) = form(state).filter(|form| form.sent == Some(number)) {
                form.sent = None;
                form.problem = Some(why.clone());
            }
            say(state, number, &call, Said::Refused(why));
        }
        _ => {}
    }
}

/// Puts the cursor on a group that no view has shown yet.
fn go_to_group(state: &mut State, pool: &str, group: String) {
    state.frozen = None;
    if state.pool.as_deref() != Some(pool) {
        nav::enter_pool(state, Some(pool.to_owned()));
    }
    state.screen = Screen::Pool;
    state.pane = Pane::Groups;
    state.finding.by = By::Group;
    state.finding.groups.clear();
    nav::await_group(state, group);
}

/// What was said of a form that is gone.
pub(in crate::app::dashboard::update) fn refused(
    state: &mut State,
    number: u64,
    command: &Command,
    why: String,
) {
    state.last = Some(LastAction {
        call: command.to_string(),
        number: Some(number),
        result: Said::Refused(why),
        ..LastAction::default()
    });
}
