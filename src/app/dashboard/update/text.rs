//! Typing into a line.

use super::super::dialog::{Confirm, Overlay, Prompt, Purpose};
use super::super::key::{Code, Key};
use super::super::state::State;
use super::{nav, output};
use crate::app::clean::deceptions;
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
        Some(
            Overlay::Filter(input)
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
        Some(Overlay::Confirm(_) | Overlay::Help(_) | Overlay::Why(_) | Overlay::Closing) | None => None,
    }
}

/// A key that means nothing but itself; says whether it means anything.
pub(super) fn edit(state: &mut State, key: Key) -> bool {
    let request = request(key);
    if let Some(request) = request {
        handle(state, request);
    }
    request.is_some()
}

/// Deletes the character under the cursor.
pub(super) fn delete(state: &mut State) {
    handle(state, InputRequest::DeleteNextChar);
}

fn handle(state: &mut State, request: InputRequest) {
    let longest = longest(state);
    let Some(input) = input(state) else { return };
    if let InputRequest::InsertChar(c) = request {
        if input.value().chars().count() < longest {
            insert(input, c);
        }
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
        _ => LONGEST,
    }
}

/// Pasted text: as if it were typed, without its line ends. Where nothing is typed it is ignored, so that a
/// slip of the mouse presses no keys.
pub(super) fn paste(state: &mut State, pasted: &str) {
    let longest = longest(state);
    let Some(input) = input(state) else { return };
    let room = longest.saturating_sub(input.value().chars().count());
    for c in pasted.chars().filter(|c| !c.is_control()).take(room) {
        insert(input, c);
    }
    apply(state);
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
    if let Some(Overlay::Filter(input)) = &state.overlay {
        let filter = input.value().trim();
        if filter != state.filter {
            filter.clone_into(&mut state.filter);
            state.task = None;
            nav::follow(state);
        }
    }
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
