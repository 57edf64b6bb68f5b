//! Typing into a line.

use super::super::dialog::{Confirm, Overlay, Prompt, Purpose};
use super::super::finding::FilterLine;
use super::super::history::Typed;
use super::super::key::{Code, Key};
use super::super::state::State;
use super::{find, form, note, output};
use crate::app::clean::deceptions;
use crate::app::count::counted;
use crate::app::new_group::Part;
use tui_input::{Input, InputRequest};

/// The longest line that can be typed, mostly.
const LONGEST: usize = 200;

/// The longest one for a command to read: what a terminal takes at most, too.
const LONGEST_INPUT: usize = 4095;

/// The line that is being typed, if one is.
fn input(state: &mut State) -> Option<&mut Input> {
    match &mut state.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.problem = None;
            Some(&mut prompt.input)
        }
        Some(Overlay::Form(form)) => form::input(form),
        Some(Overlay::Palette(palette)) => Some(&mut palette.input),
        Some(
            Overlay::Filter(FilterLine { input, .. })
            | Overlay::Find(input)
            | Overlay::Confirm(Confirm {
                typed: Some((_, input)),
                ..
            }),
        ) => Some(input),
        Some(Overlay::Help(help)) if help.typing => {
            help.top = 0;
            Some(&mut help.search)
        }
        Some(
            Overlay::Confirm(_)
            | Overlay::Help(_)
            | Overlay::Why(_)
            | Overlay::Columns(_)
            | Overlay::Reload(_)
            | Overlay::Closing,
        )
        | None => None,
    }
}

/// A key that means nothing but itself; says whether it means anything.
pub(super) fn edit(state: &mut State, key: Key) -> bool {
    if let Some(Overlay::Form(form)) = &mut state.overlay
        && form::input(form).is_none()
    {
        return form::edit(form, key);
    }
    let request = request(key);
    if let Some(request) = request {
        handle(state, request);
    }
    request.is_some()
}

/// Puts another line in the place of the one that is being typed; says whether one is.
pub(super) fn replace(state: &mut State, line: &str) -> bool {
    let Some(input) = input(state) else { return false };
    input.handle(InputRequest::DeleteLine);
    paste(state, line);
    true
}

/// Keeps what was typed, for the next prompt of its kind.
pub(super) fn keep(state: &mut State) {
    let kind = state.overlay.as_ref().and_then(Typed::into);
    let line = input(state).map(|input| input.value().to_owned());
    if let (Some(kind), Some(line)) = (kind, line) {
        state.history.keep(kind, &line);
    }
}

/// Puts what was typed before into the line, or what was typed after that; says whether there was something.
pub(super) fn recall(state: &mut State, older: bool) -> bool {
    let Some(kind) = state.overlay.as_ref().and_then(Typed::into) else {
        return false;
    };
    let mut history = std::mem::take(&mut state.history);
    let found = input(state).is_some_and(|input| history.go(kind, older, input));
    state.history = history;
    apply(state);
    found
}

/// Deletes the character under the cursor.
pub(super) fn delete(state: &mut State) {
    handle(state, InputRequest::DeleteNextChar);
}

fn handle(state: &mut State, request: InputRequest) {
    let longest = longest(state);
    let inserts = matches!(request, InputRequest::InsertChar(_));
    form::touch(state, inserts);
    let Some(input) = input(state) else { return };
    if let InputRequest::InsertChar(c) = request {
        if input.value().chars().count() >= longest {
            let why = format!("a line has at most {longest} characters");
            note(state, &c.to_string(), why);
            return;
        }
        insert(input, c);
    } else {
        input.handle(request);
    }
    apply(state);
}

/// The longest line that can be typed.
fn longest(state: &State) -> usize {
    match &state.overlay {
        Some(Overlay::Prompt(Prompt {
            purpose: Purpose::Input { .. },
            ..
        })) => LONGEST_INPUT,
        Some(Overlay::Form(form)) if form.at == Part::Arguments => LONGEST_INPUT,
        _ => LONGEST,
    }
}

/// Pasted text: as if it were typed, without its line ends. Where nothing is typed it is ignored, so that a
/// slip of the mouse presses no keys.
pub(super) fn paste(state: &mut State, pasted: &str) {
    if form::paste(state, pasted) {
        return;
    }
    form::touch(state, true);
    let longest = longest(state);
    let Some(input) = input(state) else { return };
    let room = longest.saturating_sub(input.value().chars().count());
    let mut left_out = 0;
    for (i, c) in pasted.chars().filter(|c| !c.is_control()).enumerate() {
        if i < room {
            insert(input, c);
        } else {
            left_out += 1;
        }
    }
    apply(state);
    if left_out > 0 {
        let left_out = counted(left_out, "character was", "characters were");
        let why = format!("{left_out} left out: a line has at most {longest} characters");
        if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
            prompt.problem = Some(why.clone());
        }
        if let Some(Overlay::Form(form)) = &mut state.overlay {
            form.problem = Some(why.clone());
        }
        note(state, "paste", why);
    }
}

/// Puts a character in, unless it would make the line look like another one: the line is shown as it is.
fn insert(input: &mut Input, c: char) {
    input.handle(InputRequest::InsertChar(c));
    if deceptions(input.value()).next().is_some() {
        input.handle(InputRequest::DeletePrevChar);
    }
}

/// A filter and a search count while they are typed.
fn apply(state: &mut State) {
    if let Some(Overlay::Palette(palette)) = &mut state.overlay {
        palette.chosen = 0;
    }
    find::typed(state);
    if let Some(Overlay::Find(input)) = &state.overlay {
        let text = input.value().to_owned();
        output::look_for(state, text);
    }
}

/// The usual keys of a line editor.
fn request(key: Key) -> Option<InputRequest> {
    let word = key.ctrl || key.alt;
    Some(match key.code {
        Code::Char(c) => match (key.typed(), c) {
            (Some(c), _) => InputRequest::InsertChar(c),
            (None, 'a') if key.ctrl => InputRequest::GoToStart,
            (None, 'e') if key.ctrl => InputRequest::GoToEnd,
            (None, 'b') if key.ctrl => InputRequest::GoToPrevChar,
            (None, 'f') if key.ctrl => InputRequest::GoToNextChar,
            (None, 'h') if key.ctrl => InputRequest::DeletePrevChar,
            (None, 'w') if key.ctrl => InputRequest::DeletePrevWord,
            (None, 'u') if key.ctrl => InputRequest::DeleteLine,
            (None, 'k') if key.ctrl => InputRequest::DeleteTillEnd,
            (None, 'b') => InputRequest::GoToPrevWord,
            (None, 'f') => InputRequest::GoToNextWord,
            _ => return None,
        },
        Code::Backspace if word => InputRequest::DeletePrevWord,
        Code::Backspace => InputRequest::DeletePrevChar,
        Code::Delete if word => InputRequest::DeleteNextWord,
        Code::Delete => InputRequest::DeleteNextChar,
        Code::Left if word => InputRequest::GoToPrevWord,
        Code::Left => InputRequest::GoToPrevChar,
        Code::Right if word => InputRequest::GoToNextWord,
        Code::Right => InputRequest::GoToNextChar,
        Code::Home => InputRequest::GoToStart,
        Code::End => InputRequest::GoToEnd,
        Code::Enter
        | Code::Esc
        | Code::Insert
        | Code::Tab
        | Code::BackTab
        | Code::Up
        | Code::Down
        | Code::PageUp
        | Code::PageDown
        | Code::F(_) => return None,
    })
}
