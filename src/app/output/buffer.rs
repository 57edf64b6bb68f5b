//! The output of one task: a ring of lines.

use crate::app::view::Stream;
use std::collections::VecDeque;
use std::mem::size_of;
use std::time::Duration;

/// The most bytes of a line; a longer one goes on in the next.
const LINE: usize = 64 * 1024;

/// The most bytes of a line that are looked at to show it.
const SHOWN: usize = 32 * 1024;

/// A task's output, as bytes. Its oldest lines go first.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// The lines one after another, without their ends.
    text: VecDeque<u8>,
    /// How many bytes have left `text` at its front.
    gone: u64,
    lines: VecDeque<Line>,
    /// How many lines have left at the front: the number of the first one that is kept.
    first: u64,
    /// The line that each stream has begun.
    begun: [Begun; 3],
    /// Bytes that were dropped, line ends included.
    pub(super) lost: u64,
}

#[derive(Debug)]
struct Line {
    /// Where it ends, counted from the first byte that ever was in `text`.
    end: u64,
    millis: u32,
    stream: Stream,
    /// It goes on with what was too long for one line.
    goes_on: bool,
}

#[derive(Debug, Default)]
struct Begun {
    text: Vec<u8>,
    millis: u32,
    goes_on: bool,
}

/// A line taken out of a buffer.
#[derive(Debug)]
pub(super) struct RawLine {
    pub(super) time: Duration,
    pub(super) stream: Stream,
    /// It goes on with the line before of this stream, which was too long.
    pub(super) goes_on: bool,
    pub(super) text: Vec<u8>,
}

impl Buffer {
    /// Adds output, and drops the oldest lines to stay within `limit` bytes.
    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8], time: Duration, limit: usize) {
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let longest = LINE.min(limit / 4).max(1);
        let mut last = bytes;
        // Looking for one byte is much faster than going through them.
        while last.contains(&b'\n') {
            let end = last.iter().position(|&byte| byte == b'\n').expect("contained");
            self.add(stream, &last[..end], millis, longest, true);
            self.trim(limit);
            last = &last[end + 1..];
        }
        if !last.is_empty() {
            self.add(stream, last, millis, longest, false);
        }
        self.trim(limit);
    }

    /// Ends the lines that were begun: nothing follows.
    pub(super) fn finish(&mut self) {
        for stream in self.begun_in_order() {
            let begun = std::mem::take(&mut self.begun[stream as usize]);
            self.commit(stream, &begun.text, begun.millis, begun.goes_on);
        }
        self.text.shrink_to_fit();
        self.lines.shrink_to_fit();
    }

    /// Adds a line that is not the task's own; lines that the task has begun stand before it.
    pub(super) fn remark(&mut self, text: &str, time: Duration, limit: usize) {
        self.break_line(Stream::Stdout);
        self.break_line(Stream::Stderr);
        self.write(Stream::Note, format!("[{text}]\n").as_bytes(), time, limit);
    }

    /// Ends the line that the stream has begun, if it has.
    fn break_line(&mut self, stream: Stream) {
        let begun = std::mem::take(&mut self.begun[stream as usize]);
        if !begun.text.is_empty() {
            self.commit(stream, &begun.text, begun.millis, begun.goes_on);
        }
    }

    fn add(&mut self, stream: Stream, mut piece: &[u8], millis: u32, longest: usize, ends: bool) {
        let Begun {
            text: mut begun,
            mut goes_on,
            ..
        } = std::mem::take(&mut self.begun[stream as usize]);
        // What a progress display wrote over is not kept.
        if let Some(at) = start_over(piece) {
            piece = &piece[at..];
            begun.clear();
        } else if piece.ends_with(b"\r") && begun.ends_with(b"\r") && piece != b"\r" {
            begun.clear();
        }
        while begun.len() + piece.len() > longest {
            let (head, tail) = piece.split_at(longest.saturating_sub(begun.len()));
            begun.extend_from_slice(head);
            self.commit(stream, &begun, millis, goes_on);
            begun.clear();
            goes_on = true;
            piece = tail;
        }
        if ends && begun.is_empty() {
            self.commit(stream, piece, millis, goes_on);
        } else if ends {
            begun.extend_from_slice(piece);
            self.commit(stream, &begun, millis, goes_on);
            begun.clear();
        } else {
            begun.extend_from_slice(piece);
        }
        if begun.is_empty() && begun.capacity() > 1024 {
            begun = Vec::new();
        }
        self.begun[stream as usize] = Begun {
            text: begun,
            millis,
            goes_on: goes_on && !ends,
        };
    }

    fn commit(&mut self, stream: Stream, line: &[u8], millis: u32, goes_on: bool) {
        if self.lines.is_empty() {
            // Most tasks write a line or two; the ring would start with four.
            self.lines.reserve_exact(1);
            self.text.reserve_exact(line.len());
        }
        self.text.extend(line);
        // What is merged by its times needs them in order: no line is older than the one above it.
        let above = self.lines.back().map_or(0, |line| line.millis);
        self.lines.push_back(Line {
            end: self.gone + self.text.len() as u64,
            millis: millis.max(above),
            stream,
            goes_on,
        });
    }

    /// Drops the oldest lines until `limit` bytes are kept, or only one line.
    fn trim(&mut self, limit: usize) {
        while self.lines.len() > 1 && self.size() > limit {
            let line = self.lines.pop_front().expect("more than one");
            let len = line.end - self.gone;
            self.text.drain(..to_index(len));
            self.gone = line.end;
            self.first += 1;
            self.lost += len + 1;
        }
    }

    /// Gives memory back, down to `limit` bytes.
    pub(super) fn shrink(&mut self, limit: usize) {
        self.trim(limit);
        self.text.shrink_to_fit();
        self.lines.shrink_to_fit();
        for begun in &mut self.begun {
            begun.text.shrink_to_fit();
        }
    }

    fn size(&self) -> usize {
        let begun: usize = self.begun.iter().map(|begun| begun.text.len()).sum();
        self.text.len() + self.lines.len() * size_of::<Line>() + begun
    }

    /// The bytes on the heap.
    pub(super) fn memory(&self) -> usize {
        let begun: usize = self.begun.iter().map(|begun| begun.text.capacity()).sum();
        self.text.capacity() + self.lines.capacity() * size_of::<Line>() + begun
    }

    /// The bytes that would be lost with this buffer, and those lost already.
    pub(super) fn lost_with_it(&self) -> u64 {
        let begun: usize = self.begun.iter().map(|begun| begun.text.len()).sum();
        self.lost + (self.text.len() + self.lines.len() + begun) as u64
    }

    /// How many lines there are, begun ones included.
    pub(super) fn len(&self) -> usize {
        self.lines.len() + self.begun.iter().filter(|begun| !begun.text.is_empty()).count()
    }

    /// The number of the first line that is kept, counted from the task's first.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// How many lines have ended.
    pub(super) fn ended(&self) -> usize {
        self.lines.len()
    }

    /// When a line was written, in milliseconds since the session started.
    pub(super) fn millis(&self, index: usize) -> u32 {
        match self.lines.get(index) {
            Some(line) => line.millis,
            None => self
                .begun_in_order()
                .nth(index - self.lines.len())
                .map_or(u32::MAX, |stream| self.begun[stream as usize].millis),
        }
    }

    /// A line, as much of it as can be shown; the begun ones come last.
    pub(super) fn line(&self, index: usize) -> Option<RawLine> {
        self.part_of_line(index, SHOWN)
    }

    /// The same with all of its bytes.
    pub(super) fn whole_line(&self, index: usize) -> Option<RawLine> {
        self.part_of_line(index, usize::MAX)
    }

    fn part_of_line(&self, index: usize, most: usize) -> Option<RawLine> {
        if let Some(line) = self.lines.get(index) {
            let start = index
                .checked_sub(1)
                .map_or(self.gone, |before| self.lines[before].end);
            let range = to_index(start - self.gone)..to_index(line.end - self.gone);
            let shown = range.start..range.end.min(range.start.saturating_add(most));
            return Some(RawLine {
                time: Duration::from_millis(line.millis.into()),
                stream: line.stream,
                goes_on: line.goes_on,
                text: self.text.range(shown).copied().collect(),
            });
        }
        let stream = self.begun_in_order().nth(index - self.lines.len())?;
        let begun = &self.begun[stream as usize];
        Some(RawLine {
            time: Duration::from_millis(begun.millis.into()),
            stream,
            goes_on: begun.goes_on,
            text: begun.text[..begun.text.len().min(most)].to_vec(),
        })
    }

    /// The streams that have begun a line, the one that wrote last at the end.
    fn begun_in_order(&self) -> impl Iterator<Item = Stream> + use<> {
        let mut order = [Stream::Stdout, Stream::Stderr, Stream::Note];
        order.sort_by_key(|stream| self.begun[*stream as usize].millis);
        let begun = order.map(|stream| Some(stream).filter(|_| !self.begun[stream as usize].text.is_empty()));
        begun.into_iter().flatten()
    }
}

/// Where the text that a terminal would show of a line starts: after the last carriage return that
/// something follows.
fn start_over(line: &[u8]) -> Option<usize> {
    if !line.contains(&b'\r') {
        return None;
    }
    let end = line.iter().rposition(|&byte| byte != b'\r')?;
    line[..end]
        .iter()
        .rposition(|&byte| byte == b'\r')
        .map(|at| at + 1)
}

/// Positions within a ring fit into memory.
fn to_index(bytes: u64) -> usize {
    usize::try_from(bytes).expect("what is kept fits into memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(buffer: &Buffer) -> Vec<String> {
        (0..buffer.len())
            .map(|i| String::from_utf8_lossy(&buffer.line(i).unwrap().text).into_owned())
            .collect()
    }

    fn written(chunks: &[&str], limit: usize) -> Buffer {
        let mut buffer = Buffer::default();
        for chunk in chunks {
            buffer.write(Stream::Stdout, chunk.as_bytes(), Duration::ZERO, limit);
        }
        buffer
    }

    #[test]
    fn chunks_become_lines() {
        let buffer = written(&["a\nb", "c\n\nd", ""], 1000);
        assert_eq!(lines(&buffer), ["a", "bc", "", "d"]);
        let buffer = written(&["crlf\r\n", "x\r", "\n"], 1000);
        assert_eq!(lines(&buffer), ["crlf\r", "x\r"]);
    }

    #[test]
    fn streams_do_not_mix_within_a_line() {
        let mut buffer = Buffer::default();
        let at = Duration::from_millis;
        buffer.write(Stream::Stdout, b"out ", at(1), 1000);
        buffer.write(Stream::Stderr, b"err ", at(2), 1000);
        assert_eq!(lines(&buffer), ["out ", "err "]);
        buffer.write(Stream::Stdout, b"more", at(3), 1000);
        assert_eq!(lines(&buffer), ["err ", "out more"]);
        buffer.write(Stream::Stderr, b"end\n", at(4), 1000);
        assert_eq!(lines(&buffer), ["err end", "out more"]);
        let line = buffer.line(0).unwrap();
        assert_eq!((line.stream, line.time), (Stream::Stderr, at(4)));
        buffer.finish();
        assert_eq!(lines(&buffer), ["err end", "out more"]);
    }

    #[test]
    fn a_long_line_goes_on_in_the_next() {
        let mut buffer = Buffer::default();
        for _ in 0..3 {
            buffer.write(Stream::Stdout, &vec![b'x'; 50_000], Duration::ZERO, 1 << 20);
        }
        buffer.write(Stream::Stdout, b"\n", Duration::ZERO, 1 << 20);
        assert_eq!(buffer.len(), 3);
        assert_eq!(buffer.text.len(), 150_000);
        assert_eq!(buffer.lines[0].end, LINE as u64);
    }

    #[test]
    fn a_progress_display_keeps_its_last_state() {
        let mut buffer = Buffer::default();
        for percent in 0..100_000 {
            buffer.write(
                Stream::Stderr,
                format!("\r{percent} %").as_bytes(),
                Duration::ZERO,
                1 << 20,
            );
        }
        assert_eq!(lines(&buffer), ["99999 %"]);
        for percent in 0..100_000 {
            buffer.write(
                Stream::Stderr,
                format!("{percent} %\r").as_bytes(),
                Duration::ZERO,
                1 << 20,
            );
        }
        buffer.write(Stream::Stderr, b"\n", Duration::ZERO, 1 << 20);
        assert_eq!(lines(&buffer), ["99999 %\r"]);
        assert_eq!(buffer.lost, 0);
    }

    #[test]
    fn the_oldest_lines_go_first_and_are_counted() {
        let mut buffer = Buffer::default();
        for i in 0..1000 {
            buffer.write(
                Stream::Stdout,
                format!("line {i:03}\n").as_bytes(),
                Duration::ZERO,
                1000,
            );
        }
        let kept = lines(&buffer);
        assert_eq!(kept.last().unwrap(), "line 999");
        assert_eq!(buffer.lost, (1000 - kept.len() as u64) * 9);
        assert!(buffer.size() <= 1000 && kept.len() > 30);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_unseen(
            chunks in prop::collection::vec(("[a-z\n]{0,40}", any::<bool>()), 0..60),
            limit in 100usize..2000,
        ) {
            let mut buffer = Buffer::default();
            let mut written = 0;
            for (chunk, stderr) in &chunks {
                let stream = if *stderr { Stream::Stderr } else { Stream::Stdout };
                buffer.write(stream, chunk.as_bytes(), Duration::ZERO, limit);
                written += chunk.len() as u64;
                prop_assert!(buffer.size() <= limit.max(2 * (limit / 4) + size_of::<Line>() + limit / 4));
            }
            // A line that was cut because it was too long has no line end of its own.
            let kept = buffer.lost_with_it();
            prop_assert!(kept >= written);
            prop_assert!(kept - written <= written / (limit as u64 / 4) + 1);
            let text: usize = (0..buffer.len()).map(|i| buffer.line(i).unwrap().text.len()).sum();
            let begun: usize = buffer.begun.iter().map(|b| b.text.len()).sum();
            prop_assert_eq!(text, buffer.text.len() + begun);
        }
    }
}
