//! What stands before the parser of a task's terminal, which does not know it: the character set of line drawing (G0 and
//! G1), tabs where their stops were changed, and limits: for counts, so that a few bytes never ask for more work than
//! the screen has cells; for control sequences; and for texts of programs, which are dropped, for the parser keeps
//! them until they end.

use crate::app::view::TerminalSize;

/// The characters of the line drawing set, from `_` to `~`.
const LINES: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽',
    '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// How many bytes a control sequence has at most; a longer one does nothing. The parser knows 32 numbers of five digits.
const HELD: usize = 256;

const ESC: u8 = 0x1b;
/// Ends a sequence without an effect.
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// To the next tab stop.
const NEXT_STOP: &[u8] = b"\x1b[I";

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
    /// What came of it is held.
    Control,
    /// It was too long; the rest of it.
    Dropped,
    /// A text that is not for the screen; only some end with BEL.
    Text {
        bell: bool,
    },
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
    /// Tab stops may be others than those that the parser knows.
    stops: bool,
    /// How many characters may still be repeated beyond a row at once.
    repeats: u32,
}

impl Translate {
    /// Translates what came with one read. Of repeated characters it has no more than fill the screen, and after that a
    /// row of them at once.
    pub(super) fn translate(&mut self, bytes: &[u8], size: TerminalSize) -> Vec<u8> {
        self.repeats = u32::from(size.columns) * u32::from(size.rows);
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.byte(byte, size, &mut out);
        }
        out
    }

    fn byte(&mut self, byte: u8, size: TerminalSize, out: &mut Vec<u8>) {
        if byte == ESC {
            // What was begun does nothing.
            self.held.clear();
            self.state = State::Escape;
        } else {
            match self.state {
                State::Ground => return self.character(byte, out),
                State::Control => return self.control(byte, size, out),
                State::Escape if byte == b'[' => {
                    self.state = State::Control;
                    self.held.push(byte);
                    return;
                }
                // The parser carries these out, or drops them, and goes on.
                State::Escape | State::Charset(_) | State::Other
                    if matches!(byte, 0..0x20 | 0x7f..) && !matches!(byte, CAN | SUB) => {}
                State::Escape => self.escape(byte),
                State::Charset(_) if matches!(byte, 0x20..=0x2f) => self.state = State::Other,
                State::Charset(set) => {
                    self.charsets.drawing[set] = byte == b'0';
                    self.state = State::Ground;
                }
                State::Other if matches!(byte, 0x20..=0x2f) => {}
                State::Dropped => {
                    if matches!(byte, 0x40..=0x7e | CAN | SUB) {
                        self.state = State::Ground;
                    }
                    return;
                }
                State::Text { bell } if !(matches!(byte, CAN | SUB) || bell && byte == 7) => return,
                State::Other | State::Text { .. } => self.state = State::Ground,
            }
        }
        out.push(byte);
    }

    fn character(&mut self, byte: u8, out: &mut Vec<u8>) {
        let drawing = self.charsets.drawing[usize::from(self.charsets.shifted)];
        match byte {
            0x0e => self.charsets.shifted = true,
            0x0f => self.charsets.shifted = false,
            b'\t' if self.stops => out.extend_from_slice(NEXT_STOP),
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
            b']' | b'P' | b'X' | b'^' | b'_' => State::Text { bell: byte == b']' },
            _ => State::Ground,
        };
        match byte {
            b'c' => {
                self.charsets = Charsets::default();
                self.stops = false;
            }
            b'H' => self.stops = true,
            b'7' => self.saved = self.charsets,
            b'8' => self.charsets = self.saved,
            _ => {}
        }
    }

    fn control(&mut self, byte: u8, size: TerminalSize, out: &mut Vec<u8>) {
        match byte {
            0x20..=0x3f if self.held.len() < HELD => return self.held.push(byte),
            0x20..=0x3f => {
                self.held.clear();
                self.state = State::Dropped;
                return out.push(CAN);
            }
            0x40..=0x7e => {}
            CAN | SUB => {
                self.held.clear();
                self.state = State::Ground;
                return out.push(byte);
            }
            // The parser carries other control characters out at once, and goes on; the rest it does not see.
            0..0x20 => return out.push(byte),
            0x7f.. => return,
        }
        self.stops |= byte == b'g';
        let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
        let most = match byte {
            b'b' => Some(self.repeats.max(columns)),
            b'@' | b'P' | b'X' | b'I' | b'Z' => Some(columns),
            b'L' | b'M' | b'S' | b'T' => Some(rows),
            _ => None,
        };
        let digits = self.held[1..].iter().take_while(|byte| byte.is_ascii_digit());
        let end = 1 + digits.count();
        // Too many digits are too large a number, and none are 1.
        let count = std::str::from_utf8(&self.held[1..end]).unwrap_or_default();
        let mut count = count.parse().unwrap_or(if end > 1 { u32::MAX } else { 1 });
        if let Some(most) = most.filter(|most| count > *most) {
            count = most.max(1);
            self.held.splice(1..end, count.to_string().into_bytes());
        }
        if byte == b'b' {
            self.repeats = self.repeats.saturating_sub(count);
        }
        out.append(&mut self.held);
        out.push(byte);
        self.state = State::Ground;
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
        assert_eq!(text(b"\x1b(0\x1b[1mq\x1b]0;q\x07q"), "\x1b[1m─\x1b]\x07─");
        let long = b"\x1b[38;2;255;255;255;48;2;255;255;255m";
        assert_eq!(
            text(&[&b"\x1b(0"[..], long, b"q"].concat()).as_bytes(),
            [&long[..], "─".as_bytes()].concat()
        );
        assert_eq!(text("\x1b(0日x".as_bytes()), "日│");
    }

    #[test]
    fn counts_are_no_larger_than_the_screen() {
        assert_eq!(
            text(b"\x1b[65535S\x1b[65535@\x1b[7S\x1b[S"),
            "\x1b[24S\x1b[80@\x1b[7S\x1b[S"
        );
        assert_eq!(
            text(b"\x1b[65535;1H\x1b[?65535S\x1b[0S"),
            "\x1b[65535;1H\x1b[?65535S\x1b[0S"
        );
        // However they are written.
        for count in [
            "65535",
            "99999999999999999999",
            &format!("{}65535", "0".repeat(100)),
        ] {
            assert_eq!(text(format!("\x1b[{count}b").as_bytes()), "\x1b[1920b");
        }
        assert_eq!(text(b"\x1b[65535;1b"), "\x1b[1920;1b");
        assert_eq!(text(b"\x1b[65535:1b"), "\x1b[1920:1b");
        assert_eq!(text(b"\x1b[65\n53\x7f5\xffb"), "\x1b\n[1920b");
        assert_eq!(text(b"\x1b\n\x7f[65535b"), "\x1b\n\x7f[1920b");
    }

    #[test]
    fn of_one_read_no_more_is_repeated_than_fills_the_screen_and_then_rows() {
        let mut translate = Translate::default();
        for _ in 0..2 {
            let out = translate.translate(b"\x1b[b\x1b[1000b\x1b[1000b\x1b[1000b\x1b[79b\x1b[65535b", SIZE);
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out, "\x1b[b\x1b[1000b\x1b[919b\x1b[80b\x1b[79b\x1b[80b");
        }
    }

    #[test]
    fn what_never_ends_is_not_kept() {
        let mut translate = Translate::default();
        for begun in [&b"\x1b]0;"[..], b"\x1bP", b"\x1b_G", b"\x1b[1"] {
            let mut out = translate.translate(begun, SIZE);
            for _ in 0..100 {
                out.extend(translate.translate(&[b'1'; 4096], SIZE));
                assert!(translate.held.len() <= HELD);
            }
            assert!(out.len() <= 4, "{}", begun.escape_ascii());
        }
        let long = [&b"\x1b["[..], &b"1;".repeat(1000), b"mx\x1b[1mx"].concat();
        assert_eq!(text(&long), "\x1b\x18x\x1b[1mx");
        assert_eq!(text(b"\x1b[1\x18x\x1b[1\x1b[2mx"), "\x1b\x18x\x1b\x1b[2mx");
        // Some texts end with BEL, and some go on.
        assert_eq!(text(b"\x1b]0;a\x07b\x1bPa\x07b\x1b\\c"), "\x1b]\x07b\x1bP\x1b\\c");
    }

    #[test]
    fn tabs_are_sequences_where_their_stops_were_changed() {
        assert_eq!(text(b"a\tb"), "a\tb");
        assert_eq!(text(b"\x1bH\t\x1bc\t"), "\x1bH\x1b[I\x1bc\t");
        assert_eq!(text(b"\x1b[3g\t\x1b]\t\x07"), "\x1b[3g\x1b[I\x1b]\x07");
        assert_eq!(text(b"\x1b[65535I\x1b[65535Z"), "\x1b[80I\x1b[80Z");
    }
}
