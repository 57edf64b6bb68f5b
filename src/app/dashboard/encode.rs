//! What a key sends to a program in a terminal: the bytes that xterm sends.

use super::key::{Code, Key};

/// The bytes of a key. With `application` those that cursor keys send while a program asks for its own.
pub(super) fn bytes(key: Key, application: bool) -> Vec<u8> {
    let modifiers = 1 + u8::from(key.shift) + 2 * u8::from(key.alt) + 4 * u8::from(key.ctrl);
    match key.code {
        Code::Char(c) => with_alt(key.alt, character(c, key.ctrl)),
        Code::Enter => with_alt(key.alt, vec![b'\r']),
        Code::Esc => with_alt(key.alt, vec![0x1b]),
        Code::Tab => with_alt(key.alt, vec![b'\t']),
        Code::BackTab => b"\x1b[Z".to_vec(),
        Code::Backspace => with_alt(key.alt, vec![if key.ctrl { 0x08 } else { 0x7f }]),
        Code::Up => cursor('A', modifiers, application),
        Code::Down => cursor('B', modifiers, application),
        Code::Right => cursor('C', modifiers, application),
        Code::Left => cursor('D', modifiers, application),
        Code::Home => cursor('H', modifiers, application),
        Code::End => cursor('F', modifiers, application),
        Code::Insert => tilde(2, modifiers),
        Code::Delete => tilde(3, modifiers),
        Code::PageUp => tilde(5, modifiers),
        Code::PageDown => tilde(6, modifiers),
        Code::F(n) => function(n, modifiers),
    }
}

/// The bytes of pasted text: as if it were typed, or in brackets for a program that wants to know. Whatever in it
/// could be read as another key or as the end of the paste is left out.
pub(super) fn paste(text: &str, brackets: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 12);
    if brackets {
        bytes.extend_from_slice(b"\x1b[200~");
    }
    let mut before = ' ';
    for c in text.chars() {
        match c {
            // Line ends are what the Enter key sends.
            '\n' if before == '\r' => {}
            '\n' | '\r' => bytes.push(b'\r'),
            '\t' => bytes.push(b'\t'),
            c if c.is_control() => {}
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        before = c;
    }
    if brackets {
        bytes.extend_from_slice(b"\x1b[201~");
    }
    bytes
}

/// Alt is an escape before what the key sends without it.
fn with_alt(alt: bool, mut bytes: Vec<u8>) -> Vec<u8> {
    if alt {
        bytes.insert(0, 0x1b);
    }
    bytes
}

fn character(c: char, ctrl: bool) -> Vec<u8> {
    let control = match c {
        _ if !ctrl => None,
        // The column of the ASCII table two to the left.
        'a'..='z' | '@' | '[' | '\\' | ']' | '^' | '_' | 'A'..='Z' => Some(c as u8 & 0x1f),
        ' ' | '2' => Some(0),
        '3'..='7' => Some(0x1b + (c as u8 - b'3')),
        '/' => Some(0x1f),
        '8' | '?' => Some(0x7f),
        _ => None,
    };
    match control {
        Some(byte) => vec![byte],
        None => c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(),
    }
}

fn cursor(letter: char, modifiers: u8, application: bool) -> Vec<u8> {
    match (modifiers, application) {
        (1, false) => format!("\x1b[{letter}"),
        (1, true) => format!("\x1bO{letter}"),
        _ => format!("\x1b[1;{modifiers}{letter}"),
    }
    .into_bytes()
}

fn tilde(number: u8, modifiers: u8) -> Vec<u8> {
    match modifiers {
        1 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{modifiers}~"),
    }
    .into_bytes()
}

fn function(n: u8, modifiers: u8) -> Vec<u8> {
    match n {
        1..=4 => {
            let letter = char::from(b'P' + n - 1);
            match modifiers {
                1 => format!("\x1bO{letter}").into_bytes(),
                _ => format!("\x1b[1;{modifiers}{letter}").into_bytes(),
            }
        }
        5 => tilde(15, modifiers),
        6..=10 => tilde(17 + n - 6, modifiers),
        11 | 12 => tilde(23 + n - 11, modifiers),
        // No other one is known to the programs of today.
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(key: &str, application: bool) -> String {
        String::from_utf8(bytes(key.parse().unwrap(), application)).unwrap()
    }

    #[test]
    fn keys_send_what_xterm_sends() {
        for (key, expected) in [
            ("x", "x"),
            ("X", "X"),
            ("ü", "ü"),
            ("日", "日"),
            ("Space", " "),
            ("Enter", "\r"),
            ("Esc", "\x1b"),
            ("Tab", "\t"),
            ("Shift-Tab", "\x1b[Z"),
            ("Backspace", "\x7f"),
            ("Ctrl-Backspace", "\x08"),
            ("Alt-Backspace", "\x1b\x7f"),
            ("Ctrl-a", "\x01"),
            ("Ctrl-c", "\x03"),
            ("Ctrl-z", "\x1a"),
            ("Ctrl-Space", "\0"),
            ("Ctrl-\\", "\x1c"),
            ("Ctrl-4", "\x1c"),
            ("Ctrl-]", "\x1d"),
            ("Ctrl-7", "\x1f"),
            ("Ctrl-8", "\x7f"),
            ("Ctrl-1", "1"),
            ("Alt-x", "\x1bx"),
            ("Alt-X", "\x1bX"),
            ("Ctrl-Alt-c", "\x1b\x03"),
            ("Alt-Enter", "\x1b\r"),
            ("↑", "\x1b[A"),
            ("↓", "\x1b[B"),
            ("→", "\x1b[C"),
            ("←", "\x1b[D"),
            ("Home", "\x1b[H"),
            ("End", "\x1b[F"),
            ("Ctrl-→", "\x1b[1;5C"),
            ("Shift-↑", "\x1b[1;2A"),
            ("Alt-←", "\x1b[1;3D"),
            ("Ctrl-Alt-Shift-End", "\x1b[1;8F"),
            ("Insert", "\x1b[2~"),
            ("Delete", "\x1b[3~"),
            ("PgUp", "\x1b[5~"),
            ("PgDn", "\x1b[6~"),
            ("Ctrl-Delete", "\x1b[3;5~"),
            ("F1", "\x1bOP"),
            ("F4", "\x1bOS"),
            ("Shift-F4", "\x1b[1;2S"),
            ("F5", "\x1b[15~"),
            ("F6", "\x1b[17~"),
            ("F10", "\x1b[21~"),
            ("F11", "\x1b[23~"),
            ("F12", "\x1b[24~"),
            ("Ctrl-F12", "\x1b[24;5~"),
            ("F13", ""),
        ] {
            assert_eq!(sent(key, false), expected, "{key}");
        }
    }

    #[test]
    fn a_program_may_ask_for_cursor_keys_of_its_own() {
        assert_eq!(sent("↑", true), "\x1bOA");
        assert_eq!(sent("Home", true), "\x1bOH");
        assert_eq!(sent("Ctrl-↑", true), "\x1b[1;5A");
        assert_eq!(sent("Delete", true), "\x1b[3~");
    }

    #[test]
    fn pasted_text_presses_no_other_keys_and_cannot_end_its_brackets() {
        let pasted = |text, brackets| String::from_utf8(paste(text, brackets)).unwrap();
        assert_eq!(pasted("one\ntwo\r\nthree\r\tü", false), "one\rtwo\rthree\r\tü");
        assert_eq!(
            pasted("a\x1b[201~rm\x03\x04\u{9b}1~", true),
            "\x1b[200~a[201~rm1~\x1b[201~"
        );
        assert_eq!(pasted("", true), "\x1b[200~\x1b[201~");
    }
}
