//! Lines of a file or pipe, or what stands between NUL bytes, read one at a time and never longer than a limit.

use super::{LONGEST, SourceError, bad};
use crate::app::args::Args;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt as _;

/// Reads lines, without their ends: a newline, or another byte. After an error of the reader there is nothing more.
pub(super) struct Lines<R> {
    reader: Option<BufReader<R>>,
    name: String,
    number: u64,
    end: u8,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R, name: String, end: u8) -> Lines<R> {
        Lines {
            reader: Some(BufReader::with_capacity(64 * 1024, reader)),
            name,
            number: 0,
            end,
        }
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// `name:12`
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.name, self.number)
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Vec<u8>, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        self.number += 1;
        let mut bytes = Vec::new();
        match read_line(reader, &mut bytes, self.end) {
            Ok(Found::End) => {
                self.reader = None;
                None
            }
            Ok(Found::Line) => Some(Ok(bytes)),
            Ok(Found::TooLong) => Some(Err(bad(
                self.place(),
                format!("the line is longer than {LONGEST} bytes"),
            ))),
            Err(error) => {
                self.reader = None;
                Some(Err(SourceError::Broken {
                    place: self.place(),
                    error,
                }))
            }
        }
    }
}

enum Found {
    Line,
    TooLong,
    End,
}

/// Reads to the next end of a line, which is taken off; with a newline also the carriage return before it. What goes
/// beyond the limit is read and dropped.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, end: u8) -> io::Result<Found> {
    let mut seen = false;
    let mut too_long = false;
    loop {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() && !seen {
            return Ok(Found::End);
        }
        seen = true;
        let newline = chunk.iter().position(|byte| *byte == end);
        let part = &chunk[..newline.unwrap_or(chunk.len())];
        if line.len() + part.len() > LONGEST {
            too_long = true;
            *line = Vec::new();
        } else if !too_long {
            line.extend_from_slice(part);
        }
        let ended = newline.is_some() || chunk.is_empty();
        let used = part.len() + usize::from(newline.is_some());
        reader.consume(used);
        if ended {
            if end == b'\n' && line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(if too_long { Found::TooLong } else { Found::Line });
        }
    }
}

/// Each line is one argument; with its number.
pub(super) fn numbered(
    reader: impl Read + Send + 'static,
    name: String,
    end: u8,
) -> impl Iterator<Item = Result<(Option<u64>, Args), SourceError>> + Send {
    let mut lines = Lines::new(reader, name, end);
    std::iter::from_fn(move || {
        let line = match lines.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if line.contains(&0) {
            // Half of the bytes of a text in UTF-16 are NUL.
            let reason = match lines.number() {
                1 if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") => {
                    "this is UTF-16, not UTF-8; `iconv -f utf-16 -t utf-8` converts it"
                }
                _ => "the line has a NUL byte; what `find -print0` writes is read with null = true",
            };
            return Some(Err(bad(lines.place(), reason)));
        }
        Some(Ok((Some(lines.number()), Args::one(OsString::from_vec(line)))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;

    fn args(
        reader: impl Read + Send + 'static,
        name: String,
    ) -> impl Iterator<Item = Result<Args, SourceError>> {
        numbered(reader, name, b'\n').map(|line| Ok(line?.1))
    }

    fn read(bytes: &'static [u8]) -> Vec<Vec<u8>> {
        args(bytes, "list".to_owned())
            .map(|args| args.unwrap().positional[0].as_bytes().to_vec())
            .collect()
    }

    #[test]
    fn ends_of_lines_are_taken_off_and_bytes_kept() {
        assert_eq!(
            read(b"a\nb c\r\n\n\xFF\xFE\nlast"),
            [&b"a"[..], b"b c", b"", b"\xFF\xFE", b"last"]
        );
        assert_eq!(read(b"a\r\r\n"), [b"a\r"]);
        assert!(read(b"").is_empty());
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_bad_element() {
        let long = io::repeat(b'x').take(8 * LONGEST as u64);
        let reader = (&b"first\n"[..]).chain(long).chain(&b"\nlast\n"[..]);
        let mut all = args(reader, "list".to_owned());
        assert_eq!(all.next().unwrap().unwrap().to_string(), "first");
        let error = all.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "list:2: the line is longer than 1048576 bytes");
        assert!(matches!(error, SourceError::Bad(_)));
        assert_eq!(all.next().unwrap().unwrap().to_string(), "last");
        assert!(all.next().is_none());
    }

    #[test]
    fn a_line_at_the_limit_is_good() {
        let reader = io::repeat(b'x').take(LONGEST as u64).chain(&b"\ny"[..]);
        let lengths: Vec<usize> = args(reader, String::new())
            .map(|args| args.unwrap().positional[0].len())
            .collect();
        assert_eq!(lengths, [LONGEST, 1]);
    }

    #[test]
    fn nul_is_no_argument() {
        let mut all = args(&b"a\0b\nc\n"[..], "list".to_owned());
        assert_eq!(
            all.next().unwrap().unwrap_err().to_string(),
            "list:1: the line has a NUL byte; what `find -print0` writes is read with null = true"
        );
        assert_eq!(all.next().unwrap().unwrap().to_string(), "c");
    }

    #[test]
    fn between_nul_bytes_everything_is_part_of_an_element() {
        let text = &b"a\nb\r\0 c \0\xEF\xBB\xBF\0\0last"[..];
        let all: Vec<_> = numbered(text, "list".to_owned(), 0)
            .map(|line| line.unwrap())
            .map(|(number, args)| (number.unwrap(), args.positional[0].as_bytes().to_vec()))
            .collect();
        let want = [&b"a\nb\r"[..], b" c ", b"\xEF\xBB\xBF", b"", b"last"];
        assert_eq!(all, (1..).zip(want.map(<[u8]>::to_vec)).collect::<Vec<_>>());
        let long = io::repeat(b'x').take(2 * LONGEST as u64).chain(&b"\0y\0"[..]);
        let mut all = numbered(long, "list".to_owned(), 0);
        assert!(all.next().unwrap().is_err());
        assert_eq!(all.next().unwrap().unwrap().1.to_string(), "y");
        assert!(all.next().is_none());
    }

    #[test]
    fn an_endless_reader_is_read_only_as_far_as_asked() {
        struct Endless(usize);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                assert!(self.0 < 3, "read ahead");
                let text = b"line\n";
                buffer[..text.len()].copy_from_slice(text);
                Ok(text.len())
            }
        }
        assert_eq!(args(Endless(0), String::new()).take(2).count(), 2);
    }

    #[test]
    fn an_error_of_the_reader_is_the_last_thing() {
        struct Failing(bool);
        impl Read for Failing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::Error::other("the disk is gone"));
                }
                buffer[..2].copy_from_slice(b"a\n");
                Ok(2)
            }
        }
        let mut all = args(Failing(false), "list".to_owned());
        assert!(all.next().unwrap().is_ok());
        let error = all.next().unwrap().unwrap_err();
        assert!(matches!(error, SourceError::Broken { .. }));
        assert_eq!(error.to_string(), "list:2: the disk is gone");
        assert!(all.next().is_none());
    }
}
