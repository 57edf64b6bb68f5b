//! When the rows of a terminal were written: what the parser does not tell. It is fed slices so small that where the
//! cursor stands after each of them tells which rows that slice was written to.

use std::collections::VecDeque;
use std::time::Instant;
use vt100::Screen;

/// How many bytes a slice has at most.
const SLICE: usize = 64;

const ESC: u8 = 0x1b;

/// The times of the rows of the screen that has a history, and of those of its history: the oldest first. Where a
/// program moves rows about without writing them (scrolling a part of the screen, inserting lines) those in between
/// keep their times by place.
#[derive(Debug)]
pub(super) struct Rows {
    times: VecDeque<Instant>,
    /// When something was written last.
    pub(super) now: Instant,
    /// The same on the other screen.
    pub(super) full_screen: Instant,
    /// How many rows have left the history.
    gone: u64,
    /// The row of the cursor, counted from the first that ever was.
    row: u64,
}

impl Rows {
    pub(super) fn new(now: Instant) -> Rows {
        Rows {
            times: VecDeque::new(),
            now,
            full_screen: now,
            gone: 0,
            row: 0,
        }
    }

    /// The oldest row leaves the history: its time.
    pub(super) fn leave(&mut self) -> Instant {
        self.gone += 1;
        // One that came and went within a slice has none yet.
        self.times.pop_front().unwrap_or(self.now)
    }

    /// The slice was written, and this is what came of it.
    pub(super) fn wrote(&mut self, slice: &[u8], screen: &Screen) {
        if screen.alternate_screen() {
            self.full_screen = self.now;
            return;
        }
        let (rows, columns) = screen.size();
        let above = screen.scrollback_len();
        let (row, column) = screen.cursor_position();
        self.times.resize(above + usize::from(rows.get()), self.now);
        let at = above + usize::from(row);
        let before = self.row.saturating_sub(self.gone);
        self.row = self.gone + at as u64;
        let first = match written(slice) {
            Written::Nothing => return,
            Written::Repeated => usize::try_from(before).unwrap_or(at),
            Written::Text(text) => at.saturating_sub(rows_above(text, column.into(), columns.get().into())),
        };
        for time in self.times.range_mut(first.min(at)..=at) {
            *time = self.now;
        }
    }

    /// The screen has got another size; before that so many rows were above it, and the cursor stood there.
    pub(super) fn resized(&mut self, (above, row): (usize, u16), screen: &Screen) {
        if screen.alternate_screen() {
            // What is below it, with the history, is seen again when it is left.
            return;
        }
        let now_above = screen.scrollback_len();
        let moved = usize::from(screen.cursor_position().0.saturating_sub(row));
        if now_above == 0 {
            // Rows that it had to invent stand above those of the history.
            for _ in above..moved {
                self.times.push_front(self.now);
            }
        }
        let rows = usize::from(screen.size().0.get());
        self.times.resize(now_above + rows, self.now);
        self.row = self.gone + (now_above + usize::from(screen.cursor_position().0)) as u64;
    }
}

/// Cuts the next slice off: it ends before the next sequence, so that the cursor goes from row to row in it and jumps
/// only at its beginning.
pub(super) fn slice(bytes: &[u8]) -> &[u8] {
    let bytes = &bytes[..bytes.len().min(SLICE)];
    let next = bytes.iter().skip(1).position(|&byte| byte == ESC);
    next.map_or(bytes, |next| &bytes[..=next])
}

/// What of a slice is seen on the screen.
enum Written<'a> {
    Nothing,
    /// What was written last, again: over many rows, perhaps.
    Repeated,
    /// This, without what comes before it and after it.
    Text(&'a [u8]),
}

fn written(slice: &[u8]) -> Written<'_> {
    let text = match slice {
        [ESC, b'[', rest @ ..] => match rest.iter().position(|byte| matches!(byte, 0x40..=0x7e)) {
            Some(end) if rest[end] == b'b' => return Written::Repeated,
            Some(end) => &rest[end + 1..],
            None => &[],
        },
        // A text that is not for the screen; a sequence ends it, or this.
        [ESC, b']' | b'P' | b'X' | b'^' | b'_', rest @ ..] => rest
            .iter()
            .position(|&byte| byte == 7)
            .map_or(&[][..], |end| &rest[end + 1..]),
        [ESC, 0x20..=0x2f, rest @ ..] | [ESC, rest @ ..] => rest.get(1..).unwrap_or_default(),
        text => text,
    };
    let seen = |byte: &u8| *byte >= 0x20 && *byte != 0x7f;
    match (text.iter().position(seen), text.iter().rposition(seen)) {
        // What comes after it moves the cursor on.
        (Some(first), Some(_)) => Written::Text(&text[first..]),
        _ => Written::Nothing,
    }
}

/// How many rows further up a text began that has ended in this column.
fn rows_above(text: &[u8], column: usize, columns: usize) -> usize {
    let ends = |byte: &&u8| matches!(**byte, b'\n' | 0x0b | 0x0c);
    let down = text.iter().filter(ends).count();
    let line = text
        .rsplit(|byte| matches!(byte, b'\n' | b'\r' | 0x0b | 0x0c))
        .next();
    // A character of several bytes begins with one that is none of those that continue it.
    let characters = |line: &[u8]| line.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    let wrapped = line
        .map_or(0, characters)
        .saturating_sub(column)
        .div_ceil(columns.max(1));
    down + wrapped + (text.len() / columns.max(1)).min(down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_end_before_sequences() {
        let mut rest = &b"ab\x1b[1mcd\x1b\x1b[0m"[..];
        let mut slices = Vec::new();
        while !rest.is_empty() {
            let next = slice(rest);
            slices.push(next);
            rest = &rest[next.len()..];
        }
        assert_eq!(slices, [&b"ab"[..], b"\x1b[1mcd", b"\x1b", b"\x1b[0m"]);
        assert_eq!(slice(&[b'x'; 1000]).len(), SLICE);
        assert_eq!(slice(b""), b"");
    }
}
