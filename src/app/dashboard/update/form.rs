//! The form that adds a group.

mod answers;

pub(super) use answers::{refused, take_added, take_check, take_functions};

use super::super::action::Action;
use super::super::dialog::Overlay;
use super::super::form::{Fields, Form, Pasted, lines};
use super::super::key::{Code, Key};
use super::super::state::{Screen, State};
use super::super::undo::Repeat;
use super::{Consent, Effect, control, copy, note, send};
use crate::app::control::{Call, Command, Request};
use crate::app::new_group::{GroupMethod, Part};
use std::sync::Arc;
use tui_input::{Input, InputRequest};

/// Opens it for a pool; what the group under the cursor runs is what it begins with.
pub(super) fn open(state: &mut State, pool: String, effects: &mut Vec<Effect>) {
    let group = (state.screen == Screen::Pool)
        .then(|| state.group_row())
        .flatten();
    let fields = group.map(|group| Fields {
        func: Input::new(group.func.to_string()),
        func_whole: true,
        method: GroupMethod::from_word(&group.method).unwrap_or_default(),
        ..Fields::default()
    });
    state.forms.leave();
    state.overlay = Some(Overlay::Form(Box::new(Form::new(
        pool,
        fields.unwrap_or_default(),
    ))));
    send(state, Request::Functions, effects);
}

/// Puts what was typed last into the form that was just opened.
pub(super) fn again(state: &mut State) {
    if form(state).is_some() {
        recall(state, true);
    }
}

/// The form, if it is open.
pub(super) fn form(state: &mut State) -> Option<&mut Form> {
    match &mut state.overlay {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// The line that is being typed, if one is.
pub(super) fn input(form: &mut Form) -> Option<&mut Input> {
    let fields = &mut form.fields;
    match form.at {
        _ if form.page.is_some() => None,
        Part::Func => Some(&mut fields.func),
        Part::Method => None,
        Part::Arguments if fields.pasted.is_some() => None,
        Part::Arguments => Some(&mut fields.arguments),
        Part::Name => Some(&mut fields.name),
        Part::Num => Some(&mut fields.num),
    }
}

/// What is typed is about to change.
pub(super) fn touch(state: &mut State, inserts: bool) {
    let Some(form) = form(state) else { return };
    changed(form);
    // What was chosen is not typed on, but typed over.
    if std::mem::take(&mut form.fields.func_whole) && inserts && form.at == Part::Func {
        form.fields.func.reset();
    }
}

fn changed(form: &mut Form) {
    form.problem = None;
    form.check.now += 1;
}

/// Takes a key where no line is typed; says whether it means anything.
pub(super) fn edit(form: &mut Form, key: Key) -> bool {
    form.problem = None;
    if form.page.is_some() {
        return false;
    }
    let takes_away = matches!(key.code, Code::Backspace | Code::Delete);
    match (form.at, key.typed()) {
        (Part::Method, Some(' ')) => choose(form, 1),
        (Part::Method, Some(c)) => {
            let mut methods = GroupMethod::ALL.into_iter();
            let Some(method) = methods.find(|method| method.word().starts_with(c)) else {
                form.problem = Some("no method begins with this".to_owned());
                return true;
            };
            form.fields.set_method(method);
            changed(form);
        }
        (Part::Arguments, _) if takes_away => {
            form.fields.pasted = None;
            changed(form);
        }
        (Part::Arguments, Some(_)) => {
            form.problem = Some("these lines were pasted: Backspace takes them away".to_owned());
        }
        _ => return false,
    }
    true
}

/// Takes pasted text, if it is several lines of arguments; says whether it was.
pub(super) fn paste(state: &mut State, pasted: &str) -> bool {
    let Some(form) = form(state).filter(|form| form.at == Part::Arguments && form.page.is_none()) else {
        return false;
    };
    let typed = form.fields.arguments.value().trim().to_owned();
    let more = form.fields.pasted.is_some();
    // A list or a table over several lines is meant as it stands.
    let stands = typed.starts_with(['[', '{']) || is_one_value(pasted);
    if !more && (lines(pasted) < 2 || stands) {
        return false;
    }
    if !typed.is_empty() && !more {
        form.problem =
            Some("several lines are a list of their own: first take away what is typed here".to_owned());
        return true;
    }
    let pasted = match &form.fields.pasted {
        Some(before) => before.and(pasted),
        None => Pasted::new(pasted.to_owned(), form.fields.method),
    };
    changed(form);
    if pasted.list.is_err() && !form.left.contains(&Part::Arguments) {
        form.left.push(Part::Arguments);
    }
    form.fields.pasted = Some(Arc::new(pasted));
    true
}

/// Whether a text is one list or table, as a config has it, and not a value on each line.
fn is_one_value(text: &str) -> bool {
    let is_value = |text: &str| {
        let text = text.trim();
        text.starts_with('[') && text.ends_with(']') || text.starts_with('{') && text.ends_with('}')
    };
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    is_value(text) && !lines.all(is_value)
}

/// Carries out an action of the form.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Submit => return start(state, key, effects),
        Action::OlderForm | Action::NewerForm => return before_or_after(state, action, key),
        Action::CopyToml => return copy_toml(state, key, effects),
        _ => {}
    }
    let rows = state.rows;
    let Some(form) = form(state) else { return };
    match (action, form.page) {
        (Action::ShowToml, None) => form.page = Some(0),
        (Action::ShowToml | Action::Accept, Some(_)) => form.page = None,
        (Action::FieldAbove | Action::FieldBelow, Some(top)) => {
            let most = rows.question_total.saturating_sub(rows.question);
            let delta = if action == Action::FieldAbove { -1 } else { 1 };
            form.page = Some(top.min(most).saturating_add_signed(delta).min(most));
            if most == 0 {
                let back = state.press(Action::ShowToml);
                note(
                    state,
                    key,
                    format!("all of it is shown; {back} goes back to the fields"),
                );
            }
        }
        (Action::Accept, None) if form.at == Part::Num => start(state, key, effects),
        (Action::FieldBelow | Action::Accept, None) => step(form, 1),
        (Action::FieldAbove, None) => step(form, Part::ALL.len() - 1),
        (Action::ChooseBefore | Action::ChooseAfter, None) => {
            let after = action == Action::ChooseAfter;
            if matches!(form.at, Part::Func | Part::Method) {
                choose(form, if after { 1 } else { -1 });
            } else if let Some(input) = input(form) {
                let (next, previous) = (InputRequest::GoToNextChar, InputRequest::GoToPrevChar);
                input.handle(if after { next } else { previous });
            }
        }
        _ => {}
    }
}

/// Goes so many fields on.
fn step(form: &mut Form, steps: usize) {
    let at = Part::ALL.iter().position(|part| *part == form.at).unwrap_or(0);
    go_to(form, Part::ALL[(at + steps) % Part::ALL.len()]);
}

/// Goes to a field; what was wrong with the one that is left is said from now on.
pub(super) fn go_to(form: &mut Form, part: Part) {
    form.problem = None;
    if form.at == part {
        return;
    }
    if !form.left.contains(&form.at) {
        form.left.push(form.at);
    }
    complete(form);
    form.at = part;
    form.fields.func_whole = true;
}

/// A name that is begun becomes the one that it is shown as.
fn complete(form: &mut Form) {
    let name = form.fields.func_name(form.functions());
    if name != form.fields.func.value() {
        form.fields.func = Input::new(name);
    }
}

/// The function, or the method, so many further on.
fn choose(form: &mut Form, by: isize) {
    form.problem = None;
    let around = |at: Option<usize>, len: usize| -> Option<usize> {
        let len = isize::try_from(len).ok().filter(|len| *len > 0)?;
        let at = at.and_then(|at| isize::try_from(at).ok());
        let next = at.map_or(if by > 0 { 0 } else { len - 1 }, |at| (at + by).rem_euclid(len));
        usize::try_from(next).ok()
    };
    if form.at == Part::Method {
        let at = GroupMethod::ALL
            .iter()
            .position(|method| *method == form.fields.method);
        if let Some(next) = around(at, GroupMethod::ALL.len()) {
            form.fields.set_method(GroupMethod::ALL[next]);
        }
    } else {
        let at = form.function().map(|(at, _)| at);
        let Some(next) = around(at, form.functions().len()) else {
            form.problem = Some("the functions are still being looked up".to_owned());
            return;
        };
        form.fields.func = Input::new(form.functions()[next].name.clone());
        form.fields.func_whole = true;
    }
    changed(form);
}

/// What was typed before, or after that.
fn before_or_after(state: &mut State, action: Action, key: &str) {
    if !recall(state, action == Action::OlderForm) {
        let why = match action {
            Action::OlderForm => "no other form was filled in before",
            _ => "no other form was filled in after that",
        };
        note(state, key, why.to_owned());
    }
}

fn recall(state: &mut State, older: bool) -> bool {
    let mut forms = std::mem::take(&mut state.forms);
    let found = form(state).and_then(|form| {
        form.fields = forms.go(older, &form.fields)?;
        changed(form);
        form.left.clear();
        Some(())
    });
    state.forms = forms;
    found.is_some()
}

/// Leaves it, or only the page that it is shown as; what was typed is kept.
pub(super) fn back(state: &mut State, key: &str) {
    let open = state.key(Action::Add);
    let older = state.key(Action::OlderForm);
    let Some(form) = form(state) else { return };
    if form.page.take().is_some() {
        return;
    }
    let fields = form.fields.clone();
    state.overlay = None;
    if state.forms.keep(&fields) {
        let why = format!("nothing was started; {open} and {older} bring back what was typed");
        note(state, key, why);
    }
}

/// Keeps what was typed, if the form is open.
pub(super) fn keep(state: &mut State) {
    if let Some(form) = form(state) {
        let fields = form.fields.clone();
        state.forms.keep(&fields);
    }
}

/// Copies it as a config has it.
fn copy_toml(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let Some(form) = form(state) else { return };
    let text = form.group().as_config(&form.pool);
    if text.len() > copy::MOST {
        form.problem = Some(format!(
            "{} bytes are too many for the clipboard, {} are the most: put the elements into a file",
            text.len(),
            copy::MOST
        ));
        return;
    }
    copy::hand_over(state, "copy TOML", key, text, effects);
}

/// Asks for the group; or goes to what is wrong.
fn start(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let ask_always = state.modes.ask_always;
    let Some(form) = form(state) else { return };
    complete(form);
    form.page = None;
    form.problem = None;
    form.left = Part::ALL.to_vec();
    let is_current = form.check.is_current();
    // What the session said of other fields is no reason not to ask it.
    let wrong = form
        .first_wrong()
        .filter(|part| is_current || *part == Part::Num || form.fields.pasted.is_some());
    if form.sent.is_some() {
        return;
    }
    if let Some(part) = wrong {
        go_to(form, part);
        return;
    }
    let (pool, group, fields) = (form.pool.clone(), Box::new(form.group()), form.fields.clone());
    let command = Command {
        pool,
        call: Call::Add { group },
    };
    state.forms.keep(&fields);
    state.undo.repeat = Some(Repeat {
        action: Action::Add,
        typed: None,
    });
    if ask_always {
        control::go(state, command, key, effects);
        return;
    }
    let number = super::carry_out_once(state, command, Consent::NotAsked, key, effects);
    if let Some(form) = self::form(state) {
        form.sent = Some(number);
    }
}

/// Asks what the session says of the form, as soon as it is another one than it was asked about.
pub(super) fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(form) = form(state) else { return };
    let check = &form.check;
    if form.functions.is_none() || check.number.is_some() || check.asked == Some(check.now) {
        return;
    }
    let command = Command {
        pool: form.pool.clone(),
        call: Call::Add {
            group: Box::new(form.group()),
        },
    };
    let number = send(state, Request::Preview(command), effects);
    if let Some(form) = self::form(state) {
        form.check.asked = Some(form.check.now);
        form.check.number = Some(number);
    }
}
