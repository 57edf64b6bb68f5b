//! What stands before the parser of a task's terminal, which does not know it: the character set of line drawing (G0 and
//! G1), and a limit for counts, so that a few bytes never ask for more work than the screen has cells.

use crate::app::view::TerminalSize;

/// The characters of the line drawing set, from `_` to `~`.
const LINES: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽',
    '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// How many bytes of a control sequence are held to look at its count.
const HELD: usize = 32;

const ESC: u8 = 0x1b;

/// Where in a sequence the bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    /// After `ESC (` or `ESC )`.
    Charset(usize),
    /// Another sequence of an intermediate byte.
    Other,
    /// Its beginning is held.
    Control,
    /// A text that is not for the screen.
    Text,
}

/// Whether G0 and G1 are line drawing, and whether G1 is used.
#[derive(Clone, Copy, Debug, Default)]
struct Charsets {
    drawing: [bool; 2],
    shifted: bool,
}

/// Translates bytes; sequences may be split anywhere.
#[derive(Debug, Default)]
pub(super) struct Translate {
    state: State,
    held: Vec<u8>,
    charsets: Charsets,
    saved: Charsets,
}

impl Translate {
    pub(super) fn translate(&mut self, bytes: &[u8], size: TerminalSize) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.byte(byte, size, &mut out);
        }
        out
    }

    fn byte(&mut self, byte: u8, size: TerminalSize, out: &mut Vec<u8>) {
        if byte == ESC {
            out.append(&mut self.held);
            self.state = State::Escape;
        } else {
            match self.state {
                State::Ground => return self.character(byte, out),
                State::Control => return self.control(byte, size, out),
                State::Escape => self.escape(byte),
                State::Charset(set) => {
                    self.charsets.drawing[set] = byte == b'0';
                    self.state = State::Ground;
                }
                State::Other if matches!(byte, 0x20..=0x2f) => {}
                State::Text if !matches!(byte, 7 | 0x18 | 0x1a) => {}
                State::Other | State::Text => self.state = State::Ground,
            }
            if self.state == State::Control {
                self.held.push(byte);
                return;
            }
        }
        out.push(byte);
    }

    fn character(&mut self, byte: u8, out: &mut Vec<u8>) {
        let drawing = self.charsets.drawing[usize::from(self.charsets.shifted)];
        match byte {
            0x0e => self.charsets.shifted = true,
            0x0f => self.charsets.shifted = false,
            b'_'..=b'~' if drawing => {
                let c = LINES[usize::from(byte - b'_')];
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => out.push(byte),
        }
    }

    fn escape(&mut self, byte: u8) {
        self.state = match byte {
            b'(' => State::Charset(0),
            b')' => State::Charset(1),
            0x20..=0x2f => State::Other,
            b'[' => State::Control,
            b']' | b'P' | b'X' | b'^' | b'_' => State::Text,
            _ => State::Ground,
        };
        match byte {
            b'c' => self.charsets = Charsets::default(),
            b'7' => self.saved = self.charsets,
            b'8' => self.charsets = self.saved,
            _ => {}
        }
    }

    fn control(&mut self, byte: u8, size: TerminalSize, out: &mut Vec<u8>) {
        if matches!(byte, 0x20..=0x3f) && self.held.len() < HELD {
            self.held.push(byte);
            return;
        }
        let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
        let most = match byte {
            b'b' => Some(columns * rows),
            b'@' | b'P' | b'X' | b'L' | b'M' | b'S' | b'T' => Some(columns.max(rows)),
            _ => None,
        };
        let count = std::str::from_utf8(&self.held[1..]).ok();
        let count = count.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        if let (Some(most), Some(count)) = (most, count)
            && !count.is_empty()
            && count.parse::<u32>().map_or(true, |count| count > most)
        {
            self.held.truncate(1);
            self.held.extend_from_slice(most.max(1).to_string().as_bytes());
        }
        out.append(&mut self.held);
        out.push(byte);
        // A longer one goes on as it is.
        self.state = match byte {
            0x20..=0x3f => State::Other,
            _ => State::Ground,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: TerminalSize = TerminalSize {
        columns: 80,
        rows: 24,
    };

    fn text(bytes: &[u8]) -> String {
        let whole = Translate::default().translate(bytes, SIZE);
        let mut in_pieces = Translate::default();
        let pieces: Vec<u8> = bytes
            .chunks(1)
            .flat_map(|byte| in_pieces.translate(byte, SIZE))
            .collect();
        assert_eq!(pieces, whole, "{}", bytes.escape_ascii());
        String::from_utf8_lossy(&whole)
            .replace("\x1b(0", "")
            .replace("\x1b(B", "")
            .replace("\x1b)0", "")
    }

    #[test]
    fn line_drawing_is_drawn() {
        assert_eq!(text(b"q\x1b(0lqqk\x1b(Bq"), "q┌──┐q");
        assert_eq!(text(b"\x1b)0x\x0ex\x0fx"), "x│x");
        assert_eq!(text(b"\x1b(0q\x1b7\x1b(Bq\x1b8q\x1bcq"), "─\x1b7q\x1b8─\x1bcq");
        // Neither sequences nor their texts are drawn.
        assert_eq!(text(b"\x1b(0\x1b[1mq\x1b]0;q\x07q"), "\x1b[1m─\x1b]0;q\x07─");
        assert_eq!(text("\x1b(0日x".as_bytes()), "日│");
    }

    #[test]
    fn counts_are_no_larger_than_the_screen() {
        assert_eq!(
            text(b"\x1b[65535b\x1b[65535S\x1b[7b"),
            "\x1b[1920b\x1b[80S\x1b[7b"
        );
        assert_eq!(text(b"\x1b[99999999999999999999b"), "\x1b[1920b");
        assert_eq!(
            text(b"\x1b[65535;1H\x1b[b\x1b[?65535S"),
            "\x1b[65535;1H\x1b[b\x1b[?65535S"
        );
        let long = [&b"\x1b["[..], &[b'1'; 100], b"mx"].concat();
        assert_eq!(text(&long).as_bytes(), long);
    }
}
