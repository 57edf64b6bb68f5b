//! Keys as the dashboard names them: parsed from and printed as `x`, `Ctrl-x`, `F1`, `g g`. Terminal
//! libraries have their own types; `ui/input.rs` turns theirs into these.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a key is, without its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A key that types this character; upper case where Shift was held.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// Insert.
    Insert,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// The names of the keys that type nothing, as they are parsed and printed.
const NAMES: [(&str, Code); 17] = [
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Shift-Tab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Insert", Code::Insert),
    ("Delete", Code::Delete),
    ("↑", Code::Up),
    ("↓", Code::Down),
    ("←", Code::Left),
    ("→", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Space", Code::Char(' ')),
    ("Minus", Code::Char('-')),
];

/// Other spellings that are understood, for tests and for whoever types key names.
const ALIASES: [(&str, Code); 6] = [
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Ctrl was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held, with a key that types nothing. Only a task's terminal is told.
    pub shift: bool,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// The character that it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// Not the name of a key.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("{0:?} is no key; {spelling}", spelling = self.spelling())]
pub struct BadKey(String);

impl BadKey {
    /// How keys are written.
    pub fn spelling(&self) -> &'static str {
        "keys are written x, X, Ctrl-x, Alt-x, F1, Enter, Esc, PgUp …; one after another: g g"
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Key, BadKey> {
        let bad = || BadKey(text.to_owned());
        let (mut rest, mut ctrl, mut alt, mut shift) = (text, false, false, false);
        loop {
            if NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(rest)) {
                break;
            }
            if let Some(tail) = strip_prefix(rest, "ctrl-") {
                (rest, ctrl) = (tail, true);
            } else if let Some(tail) = strip_prefix(rest, "alt-") {
                (rest, alt) = (tail, true);
            } else if let Some(tail) = strip_prefix(rest, "shift-") {
                (rest, shift) = (tail, true);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.as_str()) {
            (None, _) => return Err(bad()),
            (Some(c), "") if !('←'..='↓').contains(&c) => Code::Char(c),
            (Some('f' | 'F'), digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Code::F(digits.parse().map_err(|_| bad())?)
            }
            _ => NAMES
                .iter()
                .chain(&ALIASES)
                .find(|(name, _)| name.eq_ignore_ascii_case(rest))
                .map(|&(_, code)| code)
                .ok_or_else(bad)?,
        };
        if shift && matches!(code, Code::Char(_)) {
            return Err(bad());
        }
        Ok(Key {
            code,
            ctrl,
            alt,
            shift,
        })
    }
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && !tail.is_empty()).then_some(tail)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if self.shift {
            f.write_str("Shift-")?;
        }
        match self.code {
            Code::Char(c) if c != ' ' => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            code => match NAMES.iter().find(|(_, named)| *named == code) {
                Some((name, _)) => f.write_str(name),
                None => Ok(()),
            },
        }
    }
}

/// Keys pressed one after another, for instance `g g`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Chord(pub Vec<Key>);

impl FromStr for Chord {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Chord, BadKey> {
        let keys: Vec<Key> = text
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(BadKey(text.to_owned()));
        }
        Ok(Chord(keys))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            write!(f, "{}{key}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_understood() {
        for text in [
            "x",
            "X",
            "?",
            "-",
            "+",
            "Ctrl-x",
            "Alt-Enter",
            "Ctrl-Alt-k",
            "F1",
            "F12",
            "Esc",
            "Shift-Tab",
            "Ctrl-Shift-↑",
            "Insert",
            "↑",
            "Space",
            "PgDn",
            "Ctrl--",
            "f",
            "g g",
            "Ctrl-x Ctrl-c",
        ] {
            let chord: Chord = text.parse().unwrap();
            assert_eq!(chord.to_string(), text);
        }
    }

    #[test]
    fn spelling_is_forgiving_and_nonsense_is_not_taken() {
        assert_eq!("ctrl-x".parse::<Key>(), "Ctrl-x".parse::<Key>());
        assert_eq!("pageup".parse::<Key>().unwrap().code, Code::PageUp);
        assert_eq!("esc".parse::<Key>().unwrap().code, Code::Esc);
        for text in ["", "ctrl-", "Fx", "F999", "xy", "hyper-x", "Shift-x"] {
            assert!(text.parse::<Chord>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_plain_characters_type() {
        assert_eq!("x".parse::<Key>().unwrap().typed(), Some('x'));
        assert_eq!("Ctrl-x".parse::<Key>().unwrap().typed(), None);
        assert_eq!("Enter".parse::<Key>().unwrap().typed(), None);
    }
}
