//! Clean text with the colours that its program gave it.

use super::{Clean, Line, MAX_CHARS, screen};
use serde::{Deserialize, Serialize};

/// A line of output: text that is [`Clean`], and how its parts look. Of everything else that a program may send to a
/// terminal nothing is left.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Styled {
    text: Clean,
    /// Empty where all of it is plain.
    spans: Vec<Span>,
}

/// A part of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// It goes up to this byte of the text, from where the one before ended.
    pub end: usize,
    /// How it looks.
    pub style: TextStyle,
}

/// How text looks, in the sixteen colours that every terminal's theme defines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TextStyle {
    /// The colour of the text, 0 to 15; none: the terminal's own.
    pub fg: Option<u8>,
    /// The colour behind it.
    pub bg: Option<u8>,
    /// Bright or heavy.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and ground change places.
    pub reverse: bool,
    /// Crossed out.
    pub strike: bool,
}

impl Styled {
    /// A line that a program wrote for a terminal, as [`Clean::from_output`] makes it, with its colours. Each line begins
    /// plain.
    pub fn from_output(line: &[u8]) -> Styled {
        if !line.contains(&0x1b) {
            return Clean::from_output(line).into();
        }
        let cells = screen(line, MAX_CHARS);
        let mut chars = cells.iter().map(|cell| cell.0).peekable();
        let mut text = Line::default();
        let mut spans: Vec<Span> = Vec::new();
        for (_, style) in &cells {
            let Some(c) = chars.next() else { break };
            text.add(c, &mut chars);
            if text.length > MAX_CHARS {
                text.cut();
                break;
            }
            let style = style.legible();
            let end = text.text.len();
            match spans.last_mut() {
                Some(span) if span.style == style => span.end = end,
                _ => spans.push(Span { end, style }),
            }
        }
        if spans.iter().all(|span| span.style == TextStyle::default()) {
            spans.clear();
        }
        for span in &mut spans {
            span.end = span.end.min(text.text.len());
        }
        Styled {
            text: Clean(text.text.into()),
            spans,
        }
    }

    /// The text alone.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parts of it that are not empty, from left to right.
    pub fn parts(&self) -> impl Iterator<Item = (&str, TextStyle)> {
        let mut start = 0;
        let styled = self.spans.iter().filter_map(move |span| {
            let part = self.text.get(start..span.end)?;
            start = span.end;
            Some((part, span.style))
        });
        // What a peer has left out is plain.
        let rest = self.spans.last().map_or(0, |span| span.end);
        let rest = self.text.get(rest..).unwrap_or_default();
        styled
            .chain([(rest, TextStyle::default())])
            .filter(|(part, _)| !part.is_empty())
    }
}

impl std::ops::Deref for Styled {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<Clean> for Styled {
    fn from(text: Clean) -> Self {
        Styled {
            text,
            spans: Vec::new(),
        }
    }
}

impl From<&str> for Styled {
    fn from(text: &str) -> Self {
        Clean::from(text).into()
    }
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Clean::from(text).into()
    }
}

impl TextStyle {
    /// Takes in a "select graphic rendition".
    pub(super) fn select(&mut self, params: &vte::Params) {
        let mut params = params.iter();
        while let Some(param) = params.next() {
            let code = param.first().copied().unwrap_or(0);
            match code {
                0 => *self = TextStyle::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = param.get(1) != Some(&0),
                7 => self.reverse = true,
                9 => self.strike = true,
                21 => self.underline = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                27 => self.reverse = false,
                29 => self.strike = false,
                30..=37 => self.fg = low(code - 30),
                38 => self.fg = colour(param, &mut params).or(self.fg),
                39 => self.fg = None,
                40..=47 => self.bg = low(code - 40),
                48 => self.bg = colour(param, &mut params).or(self.bg),
                49 => self.bg = None,
                // The colour of the underline.
                58 => drop(colour(param, &mut params)),
                90..=97 => self.fg = low(code - 90 + 8),
                100..=107 => self.bg = low(code - 100 + 8),
                // Blinking, hiding and fonts are not for a dashboard.
                _ => {}
            }
        }
    }

    /// The same such that it can be read on a dark and on a light ground.
    fn legible(mut self) -> TextStyle {
        match (self.fg, self.bg) {
            (fg, bg) if fg.is_some() && fg == bg => (self.fg, self.bg) = (None, None),
            // Black or white text is made for one of the two.
            (Some(0 | 7 | 15), None) => self.fg = None,
            (Some(8), None) => (self.fg, self.dim) = (None, true),
            (None, Some(bg)) => self.fg = Some(if matches!(bg, 0 | 1 | 4 | 5 | 8) { 15 } else { 0 }),
            _ => {}
        }
        self
    }
}

fn low(code: u16) -> Option<u8> {
    u8::try_from(code).ok()
}

/// A colour of 256 or of all, in one parameter or in those that follow; nothing if it is none.
fn colour<'a>(param: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<u8> {
    let mut next = || rest.next().and_then(|param| param.first().copied());
    let (kind, values) = match param {
        [_] => match next()? {
            5 => (5, vec![next()?]),
            2 => (2, vec![next()?, next()?, next()?]),
            _ => return None,
        },
        // The colour space may be left out.
        [_, 2, values @ ..] => (2, values[values.len().saturating_sub(3)..].to_vec()),
        [_, kind, values @ ..] => (*kind, values.to_vec()),
        [] => return None,
    };
    let byte = |value: u16| u8::try_from(value).ok();
    match (kind, values.as_slice()) {
        (5, [n, ..]) => Some(of_256(byte(*n)?)),
        (2, [r, g, b]) => Some(nearest(byte(*r)?, byte(*g)?, byte(*b)?)),
        _ => None,
    }
}

fn of_256(n: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match n {
        0..16 => n,
        16..232 => {
            let level = |i: u8| LEVELS[usize::from(i % 6)];
            let cube = n - 16;
            nearest(level(cube / 36), level(cube / 6), level(cube))
        }
        _ => {
            let grey = 8 + 10 * (n - 232);
            nearest(grey, grey, grey)
        }
    }
}

/// Of the sixteen colours the one with the most similar hue.
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most - least < 40 {
        return match most {
            0..64 => 0,
            64..144 => 8,
            144..224 => 7,
            _ => 15,
        };
    }
    let middle = u16::from(most.midpoint(least));
    let bit = |value: u8, bit: u8| if u16::from(value) > middle { bit } else { 0 };
    let hue = bit(r, 1) | bit(g, 2) | bit(b, 4);
    hue + if middle > 150 { 8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(line: &str) -> Vec<(String, TextStyle)> {
        let styled = Styled::from_output(line.as_bytes());
        assert_eq!(styled.text, Clean::from_output(line.as_bytes()), "{line:?}");
        styled
            .parts()
            .map(|(text, style)| (text.to_owned(), style))
            .collect()
    }

    fn fg(colour: u8) -> TextStyle {
        TextStyle {
            fg: Some(colour),
            ..TextStyle::default()
        }
    }

    #[test]
    fn colours_stay_with_their_text() {
        let bold = TextStyle { bold: true, ..fg(1) };
        assert_eq!(
            parts("\x1b[1;31merror\x1b[0m: no"),
            [
                ("error".to_owned(), bold),
                (": no".to_owned(), TextStyle::default())
            ]
        );
        assert_eq!(parts("plain"), [("plain".to_owned(), TextStyle::default())]);
        // What is made visible, and tabs, are as long as they are shown.
        assert_eq!(
            parts("\x1b[32ma\u{202e}\t\x1b[mb"),
            [
                ("a‹U+202E›       ".to_owned(), fg(2)),
                ("b".to_owned(), TextStyle::default())
            ]
        );
        assert_eq!(
            parts("\x1b[33m10%\r\x1b[32m20%"),
            [("20%".to_owned(), fg(2))],
            "a line that starts over"
        );
    }

    #[test]
    fn every_way_to_write_a_colour_is_one_of_sixteen() {
        for (code, colour) in [
            ("35", 5),
            ("95", 13),
            ("38;5;3", 3),
            ("38;5;196", 1),
            ("38:5:46", 2),
            ("38;2;255;85;85", 9),
            ("38:2::0:0:200", 4),
            ("38:2:0:200:0", 2),
            ("1;22;38;2;0;180;180", 6),
        ] {
            assert_eq!(parts(&format!("\x1b[{code}mx"))[0].1, fg(colour), "{code}");
        }
        // Not a colour: what follows is not taken for one.
        for code in ["38", "38;5", "38;9", "38;5;999", "38;2;1;2", ">4;2", "5", "8"] {
            assert_eq!(
                parts(&format!("\x1b[{code}mx"))[0].1,
                TextStyle::default(),
                "{code}"
            );
        }
    }

    #[test]
    fn no_colour_hides_text() {
        for code in [
            "30",
            "37",
            "97",
            "8;30;40",
            "34;44",
            "38;5;15",
            "38;2;9;9;9;48;5;0",
        ] {
            let style = parts(&format!("\x1b[{code}mx"))[0].1;
            assert!(style.fg.is_none() && style.bg.is_none(), "{code} {style:?}");
        }
        let style = parts("\x1b[42mPASS")[0].1;
        assert_eq!((style.fg, style.bg), (Some(0), Some(2)));
    }

    proptest! {
        #[test]
        fn t8_any_bytes_give_clean_text_in_whole_parts(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\x1b[m;:0123458\r\t".to_vec())], 0..3000))
        {
            let styled = Styled::from_output(&bytes);
            prop_assert_eq!(&styled.text, &Clean::from_output(&bytes));
            let joined: String = styled.parts().map(|(part, _)| part).collect();
            prop_assert_eq!(&*joined, &*styled.text.0);
        }
    }
}
