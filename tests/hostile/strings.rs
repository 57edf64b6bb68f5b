//! The list, and how a string of it is written in files.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// One string of the list.
#[derive(Clone, Debug)]
pub(crate) struct Hostile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Hostile {
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    pub(crate) fn os(&self) -> &OsStr {
        OsStr::from_bytes(&self.bytes)
    }

    /// Whether a file can be named so.
    pub(crate) fn is_file_name(&self) -> bool {
        (1..=255).contains(&self.bytes.len()) && !self.bytes.contains(&b'/')
    }
}

/// All of them.
pub(crate) fn strings() -> Vec<Hostile> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/strings.toml");
    let table: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let list: Vec<Hostile> = table["string"].as_array().unwrap().iter().map(read).collect();
    assert!(list.len() >= 60, "{}", list.len());
    list
}

fn read(entry: &toml::Value) -> Hostile {
    let bytes = match entry.get("hex") {
        Some(hex) => {
            let digits: Vec<u8> = hex
                .as_str()
                .unwrap()
                .bytes()
                .filter(|byte| *byte != b' ')
                .collect();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            digits.chunks(2).map(byte).collect()
        }
        None => entry["text"].as_str().unwrap().as_bytes().to_vec(),
    };
    let times = entry.get("repeat").map_or(1, |times| times.as_integer().unwrap());
    Hostile {
        name: entry["name"].as_str().unwrap().to_owned(),
        bytes: bytes.repeat(usize::try_from(times).unwrap()),
    }
}

/// A text as it is written in a TOML file.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            write!(out, "\\U{:08X}", u32::from(c)).unwrap();
        }
    }
    out.push('"');
    out
}

/// Why this must not reach a terminal. The list stands here apart from the program's own on purpose.
pub(crate) fn harm(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(format!("not UTF-8 at {}", error.valid_up_to())),
    };
    let mut marks = 0;
    for (at, c) in text.char_indices() {
        let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{610}'..='\u{61a}'
            | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
        marks = if is_mark { marks + 1 } else { 0 };
        let hostile = c != '\n' && c < ' '
            || marks > 8
            || matches!(c, '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
        if hostile {
            let from = text[..at].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
            return Some(format!("U+{:04X} after {:?}", u32::from(c), &text[from..at]));
        }
    }
    None
}

/// Nothing in it steers a terminal.
#[track_caller]
pub(crate) fn harmless(what: &str, bytes: &[u8]) {
    if let Some(harm) = harm(bytes) {
        panic!("{what}: {harm}");
    }
}
