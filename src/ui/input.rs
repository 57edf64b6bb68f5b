//! From the terminal's events to the dashboard's keys.

use crate::app::dashboard::{Code, Gesture, Key};
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// What an event means here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Input {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// Something was done with the mouse, there.
    Mouse(Gesture, (u16, u16)),
    /// The terminal has another size, or shows again what it had lost.
    Resize,
}

/// Reads an event; some mean nothing.
pub(super) fn read(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) if event.kind != KeyEventKind::Release => key(event).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(..) => Some(Input::Resize),
        Event::Mouse(event) => mouse(event),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// The left button and the wheel count.
fn mouse(event: MouseEvent) -> Option<Input> {
    let gesture = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Gesture::Press,
        MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
        MouseEventKind::Up(MouseButton::Left) => Gesture::Release,
        MouseEventKind::ScrollUp => Gesture::WheelUp,
        MouseEventKind::ScrollDown => Gesture::WheelDown,
        MouseEventKind::Down(_)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => return None,
    };
    Some(Input::Mouse(gesture, (event.column, event.row)))
}

fn key(event: KeyEvent) -> Option<Key> {
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        // Terminals differ in whether they report Shift beside the upper case.
        KeyCode::Char(c) if shift && c.is_lowercase() => Code::Char(c.to_uppercase().next().unwrap_or(c)),
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if shift => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Insert => Code::Insert,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = match code {
        // Ctrl and a letter is the same key whether Caps Lock is on or not.
        Code::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        code => code,
    };
    Some(Key {
        code,
        ctrl,
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift: event.modifiers.contains(KeyModifiers::SHIFT) && takes_shift(code),
    })
}

/// Whether Shift makes another key of it that has no name of its own.
fn takes_shift(code: Code) -> bool {
    match code {
        Code::Up
        | Code::Down
        | Code::Left
        | Code::Right
        | Code::Home
        | Code::End
        | Code::PageUp
        | Code::PageDown
        | Code::Insert
        | Code::Delete
        | Code::F(_) => true,
        Code::Char(_) | Code::Enter | Code::Esc | Code::Tab | Code::BackTab | Code::Backspace => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        match read(Event::Key(KeyEvent::new(code, modifiers))) {
            Some(Input::Key(key)) => Some(key.to_string()),
            _ => None,
        }
    }

    #[test]
    fn terminals_may_differ_in_how_they_report_a_key() {
        assert_eq!(pressed(KeyCode::Char('X'), KeyModifiers::SHIFT).unwrap(), "X");
        assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::SHIFT).unwrap(), "X");
        assert_eq!(
            pressed(KeyCode::Char('X'), KeyModifiers::CONTROL).unwrap(),
            "Ctrl-x"
        );
        assert_eq!(pressed(KeyCode::Tab, KeyModifiers::SHIFT).unwrap(), "Shift-Tab");
        assert_eq!(
            pressed(KeyCode::BackTab, KeyModifiers::SHIFT).unwrap(),
            "Shift-Tab"
        );
        assert_eq!(pressed(KeyCode::CapsLock, KeyModifiers::NONE), None);
        let mut release = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        assert_eq!(read(Event::Key(release)), None);
        assert_eq!(read(Event::FocusGained), None);
    }
}
