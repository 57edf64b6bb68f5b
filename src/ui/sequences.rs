//! Escape sequences of keys and of the mouse, in the dialects that terminals speak: xterm, VT220, the Linux console, rxvt,
//! and the protocols "CSI u" and "modifyOtherKeys". What is not listed is no key: an answer of the terminal to a
//! question that some program has asked.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The event of a key.
pub(super) fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// The key of an ASCII byte outside of sequences.
pub(super) fn ascii(byte: u8, modifiers: KeyModifiers) -> Event {
    let ctrl = modifiers | KeyModifiers::CONTROL;
    match byte {
        b'\r' => key(KeyCode::Enter, modifiers),
        b'\t' => key(KeyCode::Tab, modifiers),
        0x1b => key(KeyCode::Esc, modifiers),
        0x7f => key(KeyCode::Backspace, modifiers),
        0 => key(KeyCode::Char(' '), ctrl),
        1..=0x1a => key(KeyCode::Char(char::from(byte - 1 + b'a')), ctrl),
        0x1c..=0x1f => key(KeyCode::Char(char::from(byte - 0x1c + b'4')), ctrl),
        _ => key(KeyCode::Char(char::from(byte)), modifiers),
    }
}

/// The event of a control sequence: what stands between `ESC [` and its last byte, and that byte.
pub(super) fn control(parameters: &[u8], last: u8) -> Option<Event> {
    if let Some(numbers) = parameters.strip_prefix(b"<") {
        return sgr_mouse(&numbers_of(numbers)?, last);
    }
    let numbers = numbers_of(parameters)?;
    match (last, numbers.as_slice()) {
        (b'I', []) => Some(Event::FocusGained),
        (b'O', []) => Some(Event::FocusLost),
        (b'Z', _) => Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        (b'a'..=b'd', []) => letter(last.to_ascii_uppercase()).map(|code| key(code, KeyModifiers::SHIFT)),
        // With numbers that is where the cursor is: an answer of the terminal. F3 with Shift (`ESC [ 1 ; 2 R`), or any
        // other modifier, looks the same and is lost on terminals that send it so.
        (b'R', _) => None,
        (_, []) => letter(last).map(|code| key(code, KeyModifiers::NONE)),
        (b'~', [27, with, code]) | (b'u', [code, with, ..]) => character(*code, modifiers(*with)?),
        (b'~' | b'^' | b'$' | b'@', [number]) => {
            let with = match last {
                b'^' => KeyModifiers::CONTROL,
                b'$' => KeyModifiers::SHIFT,
                b'@' => KeyModifiers::CONTROL | KeyModifiers::SHIFT,
                _ => KeyModifiers::NONE,
            };
            numbered(*number).map(|code| key(code, with))
        }
        (b'~', [number, with]) => Some(key(numbered(*number)?, modifiers(*with)?)),
        (b'u', [code]) => character(*code, KeyModifiers::NONE),
        (b'M', [button, column, row]) => mouse(button.checked_sub(32)?, false, (*column, *row)),
        (_, [1]) => letter(last).map(|code| key(code, KeyModifiers::NONE)),
        (_, [1, with]) => Some(key(letter(last)?, modifiers(*with)?)),
        _ => None,
    }
}

/// The key of `ESC O`, perhaps with modifiers, and this byte.
pub(super) fn application(parameters: &[u8], last: u8) -> Option<Event> {
    let with = match numbers_of(parameters)?.as_slice() {
        [] => KeyModifiers::NONE,
        [with] | [1, with] => modifiers(*with)?,
        _ => return None,
    };
    let code = match last {
        // The number pad.
        b'M' => KeyCode::Enter,
        b'I' => KeyCode::Tab,
        b' ' => KeyCode::Char(' '),
        b'X' => KeyCode::Char('='),
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        b'a'..=b'd' => {
            let code = letter(last.to_ascii_uppercase())?;
            return Some(key(code, with | KeyModifiers::CONTROL));
        }
        b'R' => KeyCode::F(3),
        _ => letter(last)?,
    };
    Some(key(code, with))
}

/// The function key of the Linux console, `ESC [ [` and this byte.
pub(super) fn console(last: u8) -> Option<Event> {
    let number = last.checked_sub(b'A').filter(|number| *number < 5)?;
    Some(key(KeyCode::F(number + 1), KeyModifiers::NONE))
}

/// The event of the mouse's oldest report: three bytes, each 32 more than its number.
pub(super) fn oldest_mouse(bytes: [u8; 3]) -> Option<Event> {
    let [button, column, row] = bytes.map(|byte| byte.checked_sub(32).map(u32::from));
    mouse(button?, false, (column?, row?))
}

/// Numbers with `;` between them; of each what stands before a `:`, but for the kind of a key's event.
fn numbers_of(text: &[u8]) -> Option<Vec<u32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut numbers = Vec::new();
    for (place, text) in text.split(|byte| *byte == b';').enumerate() {
        let mut parts = text.split(|byte| *byte == b':').map(|part| match part {
            [] => Some(1),
            part if part.iter().all(u8::is_ascii_digit) => std::str::from_utf8(part).ok()?.parse().ok(),
            _ => None,
        });
        numbers.push(parts.next()??);
        // A key that is let go is none.
        if place == 1 && parts.next().flatten() == Some(3) {
            return None;
        }
    }
    Some(numbers)
}

/// What was held. Keys with Super, Hyper or Meta are none that the dashboard knows.
fn modifiers(number: u32) -> Option<KeyModifiers> {
    let bits = number.checked_sub(1)?;
    // Caps Lock and Num Lock change nothing here.
    if bits & !0b1100_0111 != 0 {
        return None;
    }
    let mut held = KeyModifiers::NONE;
    held.set(KeyModifiers::SHIFT, bits & 1 != 0);
    held.set(KeyModifiers::ALT, bits & 2 != 0);
    held.set(KeyModifiers::CONTROL, bits & 4 != 0);
    Some(held)
}

fn letter(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    let function = |first: u32, name: u8| u8::try_from(number - first).ok().map(|n| KeyCode::F(name + n));
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(11, 1),
        17..=21 => function(17, 6),
        23..=26 => function(23, 11),
        28 | 29 => function(28, 15),
        31..=34 => function(31, 17),
        _ => None,
    }
}

/// The key with this code point, or this number of the protocol "CSI u".
fn character(code: u32, held: KeyModifiers) -> Option<Event> {
    let shift = held.contains(KeyModifiers::SHIFT);
    let code = match code {
        9 if shift => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // The number pad.
        57399..=57408 => KeyCode::Char(char::from_digit(code - 57399, 10)?),
        57409 => KeyCode::Char('.'),
        57410 => KeyCode::Char('/'),
        57411 => KeyCode::Char('*'),
        57412 => KeyCode::Char('-'),
        57413 => KeyCode::Char('+'),
        57415 => KeyCode::Char('='),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        0xe000..=0xf8ff => return None,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    };
    Some(key(code, held))
}

fn sgr_mouse(numbers: &[u32], last: u8) -> Option<Event> {
    match (numbers, last) {
        ([button, column, row], b'M' | b'm') => mouse(*button, last == b'm', (*column, *row)),
        _ => None,
    }
}

/// The event of a report that counts columns and rows from 1.
fn mouse(button: u32, let_go: bool, (column, row): (u32, u32)) -> Option<Event> {
    const MOVES: u32 = 32;
    let name = match button & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (button & 0b1100_0011, button & MOVES != 0) {
        (0..=2, _) if let_go => MouseEventKind::Up(name),
        (0..=2, false) => MouseEventKind::Down(name),
        (0..=2, true) => MouseEventKind::Drag(name),
        // The oldest report does not tell which one.
        (3, false) => MouseEventKind::Up(MouseButton::Left),
        (3, true) => MouseEventKind::Moved,
        (64, _) => MouseEventKind::ScrollUp,
        (65, _) => MouseEventKind::ScrollDown,
        (66, _) => MouseEventKind::ScrollLeft,
        (67, _) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, button & 4 != 0);
    modifiers.set(KeyModifiers::ALT, button & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, button & 16 != 0);
    let place = |number: u32| u16::try_from(number.checked_sub(1)?).ok();
    Some(Event::Mouse(MouseEvent {
        kind,
        column: place(column)?,
        row: place(row)?,
        modifiers,
    }))
}
