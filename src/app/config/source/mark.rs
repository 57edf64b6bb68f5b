//! The byte order mark that some editors write in front of a text.

use std::io::{self, Read};

/// U+FEFF in UTF-8.
const MARK: [u8; 3] = *b"\xEF\xBB\xBF";

/// A reader that passes over one byte order mark at the very beginning.
pub(super) struct WithoutMark<R> {
    reader: R,
    begun: bool,
    /// What was read at the beginning and is no mark, and how much of it was given.
    first: [u8; MARK.len()],
    filled: usize,
    given: usize,
}

impl<R> WithoutMark<R> {
    pub(super) fn new(reader: R) -> WithoutMark<R> {
        WithoutMark {
            reader,
            begun: false,
            first: [0; MARK.len()],
            filled: 0,
            given: 0,
        }
    }
}

impl<R: Read> WithoutMark<R> {
    /// Reads no further than the first byte that is not the mark's: a pipe may give its first line long before the rest.
    fn begin(&mut self) -> io::Result<()> {
        while self.filled < MARK.len() && self.first[..self.filled] == MARK[..self.filled] {
            match self.reader.read(&mut self.first[self.filled..]) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.first[..self.filled] == MARK {
            self.given = self.filled;
        }
        self.begun = true;
        Ok(())
    }
}

impl<R: Read> Read for WithoutMark<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        if self.given < self.filled {
            let count = (&self.first[self.given..self.filled]).read(buffer)?;
            self.given += count;
            return Ok(count);
        }
        self.reader.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn one_mark_at_the_beginning_is_dropped_and_nothing_else_is() {
        for (text, want) in [
            (&b"\xEF\xBB\xBFone"[..], &b"one"[..]),
            (b"\xEF\xBB\xBF", b""),
            (b"\xEF\xBB\xBF\xEF\xBB\xBFx", b"\xEF\xBB\xBFx"),
            (b"", b""),
            (b"a", b"a"),
            (b"ab\xEF\xBB\xBF", b"ab\xEF\xBB\xBF"),
            (b"\xEF\xBB", b"\xEF\xBB"),
            (b"\xEF\xBBx", b"\xEF\xBBx"),
        ] {
            let (mut at_once, mut slowly) = (Vec::new(), Vec::new());
            WithoutMark::new(text).read_to_end(&mut at_once).unwrap();
            WithoutMark::new(Slow(text)).read_to_end(&mut slowly).unwrap();
            assert_eq!((&*at_once, &*slowly), (want, want), "{text:?}");
        }
    }
}
