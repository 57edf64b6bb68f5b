//! Text that is safe to show.

mod chars;
mod screen;
mod styled;

pub(super) use chars::{deceptions, is_deceptive, push_cell};
pub use styled::{Span, Styled, TextStyle};

use chars::{MAX_MARKS, has_variants, is_invisible, is_mark, is_selector, uses_joiners};
use screen::screen;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::io;
use std::iter::Peekable;

/// The most characters of a [`Clean`]; a longer text ends in `…`.
pub const MAX_CHARS: usize = 4096;

/// Tab stops are this many characters apart.
const TAB: usize = 8;

/// One line of text that can be written to any terminal, file or peer: whatever could move the cursor,
/// change colours, reorder or hide text has been made visible.
///
/// Text from tasks, arguments, names, paths and peers is data. It becomes a `Clean` at the place where it
/// enters what is shown, and the widgets take nothing else.
///
/// | in the text | shown as |
/// | --- | --- |
/// | C0 control, DEL | `^[`, `^?` |
/// | line end | `⏎` |
/// | tab | spaces up to the next multiple of 8 |
/// | C1 control, bidi control, zero-width or other invisible character, line or paragraph separator | `‹U+202E›` |
/// | invalid UTF-8 | `�` (U+FFFD) |
/// | presentation selector after a character (`⚠️`) | left out: terminals disagree on its width |
/// | joiner between letters of a script that spells with it | kept |
/// | more than 4096 characters | cut, with `…` |
///
/// Cleaning a clean text changes nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Clean(Box<str>);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A line that a program wrote for a terminal, as it would look there at the end: escape sequences are
    /// left out, a carriage return starts the line over, a backspace takes a character back. The rest is
    /// made visible as in any other text.
    pub fn from_output(line: &[u8]) -> Clean {
        if line.iter().all(|&byte| byte >= b' ' || byte == b'\t') {
            return Clean::from(line);
        }
        clean(screen(line, MAX_CHARS).into_iter().map(|cell| cell.0))
    }

    /// The same of a line of any length, in pieces that follow each other.
    pub fn pieces(line: &[u8]) -> Vec<Clean> {
        let cells = screen(line, usize::MAX);
        // Each character may become several.
        let pieces = cells.chunks(MAX_CHARS / 16);
        pieces
            .map(|piece| clean(piece.iter().map(|cell| cell.0)))
            .collect()
    }
}

impl std::ops::Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Clean {
    fn from(text: &str) -> Self {
        if text.len() <= MAX_CHARS && text.bytes().all(is_plain) {
            return Clean(text.into());
        }
        clean(text.chars())
    }
}

impl From<String> for Clean {
    fn from(text: String) -> Self {
        if text.len() <= MAX_CHARS && text.bytes().all(is_plain) {
            return Clean(text.into());
        }
        clean(text.chars())
    }
}

impl From<&[u8]> for Clean {
    fn from(text: &[u8]) -> Self {
        clean(text.utf8_chunks().flat_map(|chunk| {
            let invalid = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
            chunk.valid().chars().chain(invalid)
        }))
    }
}

impl From<&OsStr> for Clean {
    fn from(text: &OsStr) -> Self {
        Clean::from(text.as_encoded_bytes())
    }
}

impl From<Clean> for String {
    fn from(clean: Clean) -> String {
        clean.0.into()
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn clean(text: impl Iterator<Item = char>) -> Clean {
    let mut line = Line::default();
    let mut text = text.peekable();
    while let Some(c) = text.next() {
        line.add(c, &mut text);
        if line.length > MAX_CHARS {
            line.cut();
            break;
        }
    }
    Clean(line.text.into())
}

/// A clean line in the making.
#[derive(Default)]
struct Line {
    text: String,
    /// Its characters.
    length: usize,
    /// The last character of the source, also where it is shown as something else.
    before: Option<char>,
    /// How many combining marks stand in a row at the end.
    marks: usize,
    /// The last character of the source is shown by its code.
    spelt: bool,
}

impl Line {
    fn add(&mut self, c: char, rest: &mut Peekable<impl Iterator<Item = char>>) {
        self.marks = match c {
            _ if is_mark(c) => self.marks + 1,
            // These show nothing: the marks before and behind them come together.
            '\u{fe0e}' | '\u{fe0f}' | '\u{200c}' | '\u{200d}' => self.marks,
            _ => 0,
        };
        let after_spelt = std::mem::take(&mut self.spelt);
        match c {
            ' '..='~' => self.push(c),
            '\t' => {
                for _ in 0..TAB - self.length % TAB {
                    self.push(' ');
                }
            }
            '\n' => self.push('⏎'),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\0'..='\x1f' | '\x7f' => {
                self.push('^');
                self.push(char::from(c as u8 ^ 0x40));
            }
            '\u{200c}' | '\u{200d}' if !after_spelt && self.joins(rest.peek().copied()) => self.push(c),
            _ if is_selector(c) => self.select(c),
            _ if is_invisible(c) || self.marks > MAX_MARKS => self.spell(c),
            _ => self.push(c),
        }
        self.before = Some(c);
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.length += 1;
    }

    /// Shows a character by its code.
    fn spell(&mut self, c: char) {
        let start = self.text.len();
        write!(self.text, "‹U+{:04X}›", u32::from(c)).expect("writing to a string cannot fail");
        self.length += self.text[start..].chars().count();
        self.spelt = true;
    }

    /// Whether a joiner stands between two characters of a script that needs it.
    fn joins(&self, after: Option<char>) -> bool {
        let stays = |next| uses_joiners(next) && !(is_mark(next) && self.marks >= MAX_MARKS);
        self.before.is_some_and(uses_joiners) && after.is_some_and(stays)
    }

    /// A variation selector belongs to the character before it.
    fn select(&mut self, c: char) {
        match self.before {
            Some(base) if base <= ' ' || is_invisible(base) || is_selector(base) => self.spell(c),
            Some(_) if matches!(c, '\u{fe0e}' | '\u{fe0f}') => {}
            Some(base) if has_variants(base, c) => self.push(c),
            _ => self.spell(c),
        }
    }

    fn cut(&mut self) {
        let keep = self.text.char_indices().nth(MAX_CHARS - 1);
        self.text.truncate(keep.map_or(self.text.len(), |(at, _)| at));
        // A joiner needs what followed it.
        while self.text.ends_with(['\u{200c}', '\u{200d}']) {
            self.text.pop();
        }
        self.text.push('…');
    }
}

/// Writes lines to `W` as [`Clean`] shows them.
#[derive(Debug)]
pub struct CleanLines<W>(pub W);

impl<W: io::Write> io::Write for CleanLines<W> {
    /// Takes whole lines at a time: the end of `lines` is one of a line.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut out = Vec::with_capacity(lines.len() + 1);
        for line in lines
            .strip_suffix(b"\n")
            .unwrap_or(lines)
            .split(|&byte| byte == b'\n')
        {
            out.extend_from_slice(Clean::from(line).as_bytes());
            out.push(b'\n');
        }
        self.0.write_all(&out)?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        Clean::from(text).into()
    }

    fn output(line: impl AsRef<[u8]>) -> String {
        Clean::from_output(line.as_ref()).into()
    }

    #[test]
    fn ordinary_text_of_every_language_stays() {
        for text in [
            "gzip -k a.bin",
            "Größe · naïve café – “quotes” 100 %",
            "e\u{301} combining",
            "日本語のテキスト",
            "한국어 텍스트",
            "עברית עם ניקוד: שָׁלוֹם",
            "العربية",
            "می\u{200c}خواهم",
            "क्\u{200d}ष हिन्दी",
            "ภาษาไทย ที่นี่",
            "葛\u{e0100}城",
            "👍🏽 🇩🇪 ✓ ▶ ░",
            "a\u{a0}b\u{3000}c",
            "\u{e0b0} powerline",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn hostile_text_becomes_visible() {
        for (text, expected) in [
            ("\x1b[31mred\x07\x7f", "^[[31mred^G^?"),
            ("a\0b\rc", "a^@b^Mc"),
            ("one\r\ntwo\n", "one⏎two⏎"),
            ("a\tb\t", "a       b       "),
            ("\u{9b}31m", "‹U+009B›31m"),
            ("\u{202e}gpj.exe", "‹U+202E›gpj.exe"),
            ("\u{2066}x\u{2069}\u{200f}", "‹U+2066›x‹U+2069›‹U+200F›"),
            ("pass\u{200b}word\u{feff}", "pass‹U+200B›word‹U+FEFF›"),
            ("co\u{ad}op", "co‹U+00AD›op"),
            ("\u{3164}\u{115f}", "‹U+3164›‹U+115F›"),
            ("a\u{2028}b", "a‹U+2028›b"),
            ("x\u{e0041}", "x‹U+E0041›"),
            ("a\u{200d}b", "a‹U+200D›b"),
            ("می\u{200c}", "می‹U+200C›"),
            ("⚠\u{fe0f} ok", "⚠ ok"),
            ("a\u{fe0f}\u{fe0f}", "a‹U+FE0F›"),
            (" \u{fe0f}", " ‹U+FE0F›"),
            ("\u{e0100}", "‹U+E0100›"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        assert_eq!(
            shown(&format!("e{}", "\u{301}".repeat(10))),
            format!("e{}‹U+0301›‹U+0301›", "\u{301}".repeat(8))
        );
    }

    #[test]
    fn bytes_and_paths_may_be_anything() {
        assert_eq!(Clean::from(&b"a\xff\xfeb\xe2\x82"[..]).as_str(), "a��b�");
        assert_eq!(Clean::from(OsStr::new("dir/\x1bx")).as_str(), "dir/^[x");
    }

    #[test]
    fn long_text_is_cut() {
        let exact = "x".repeat(MAX_CHARS);
        assert_eq!(shown(&exact), exact);
        let cut = shown(&"ü".repeat(MAX_CHARS + 1));
        assert_eq!(cut.chars().count(), MAX_CHARS);
        assert!(cut.ends_with("ü…"));
        assert_eq!(output(vec![b'x'; 1 << 20]).chars().count(), MAX_CHARS);
        assert_eq!(
            output([&b"\x1b[1m"[..], &vec![b'x'; 1 << 20]].concat())
                .chars()
                .count(),
            MAX_CHARS
        );
    }

    #[test]
    fn output_reads_as_on_a_terminal() {
        for (line, expected) in [
            ("\x1b[1;31merror\x1b[0m: no", "error: no"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ end", "link end"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1bP1;2|payload\x1b\\text", "text"),
            ("\x1b]52;c;aGk=", ""),
            (" 10%\r 50%\r100%", "100%"),
            (" 10%\r100%\r", "100%"),
            ("\x1b[2K\x1b[1Gbuilding\x1b[2K\x1b[1Gdone", "done"),
            ("bo\x08ol\x08l\x08d", "bod"),
            ("a\tb", "a       b"),
            ("\x1b[32ma\tb", "a       b"),
            ("bell\x07", "bell"),
            ("\x1b[1mx\u{202e}y\x0b", "x‹U+202E›y^K"),
        ] {
            assert_eq!(output(line), expected, "{line:?}");
        }
        assert_eq!(output(b"\x1b[1mgr\xfcn \xe2\x82"), "gr�n �");
    }

    /// What no terminal, pager or log viewer should get from data; listed apart from the code on purpose.
    fn hostile(c: char) -> bool {
        c < ' '
            || ('\u{7f}'..='\u{9f}').contains(&c)
            || "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\
                \u{202c}\u{202d}\u{202e}\u{2060}\u{2061}\u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{3164}\u{fe0e}\
                \u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{e0001}\u{e0041}\u{e007f}"
                .contains(c)
    }

    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            (0u32..0x100).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            (0x2000u32..0x2070).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            (0xe0000u32..0xe0200).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            prop::sample::select(vec![
                "\u{fe0f}", "\u{fe00}", "\u{200c}", "\u{200d}", "ی", "क", "葛", "\u{301}", "\u{3164}", "\r",
                "\n", "\t", "\x1b[", "\x1b]8;;", "\x1b\\", "\x08"
            ])
            .prop_map(String::from),
        ];
        prop_oneof![
            4 => prop::collection::vec(piece.clone(), 0..60).prop_map(|p| p.concat()),
            1 => (prop::collection::vec(piece, 1..12), 300usize..600).prop_map(|(p, n)| p.concat().repeat(n)),
        ]
    }

    proptest! {
        #[test]
        fn clean_text_is_harmless_and_stays_as_it_is(text in nasty()) {
            for clean in [Clean::from(&*text), Clean::from(text.as_bytes()), Clean::from_output(text.as_bytes())] {
                prop_assert!(!clean.chars().any(hostile), "{clean:?}");
                prop_assert!(clean.chars().count() <= MAX_CHARS);
                prop_assert_eq!(&Clean::from(&*clean), &clean);
                prop_assert_eq!(&Clean::from_output(clean.as_bytes()), &clean);
            }
            prop_assert_eq!(Clean::from(&*text), Clean::from(text.as_bytes()));
        }

        #[test]
        fn any_bytes_can_be_shown(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            for clean in [Clean::from(&*bytes), Clean::from_output(&bytes)] {
                prop_assert!(!clean.chars().any(hostile), "{clean:?}");
                prop_assert_eq!(&Clean::from(&*clean), &clean);
            }
        }
    }
}
