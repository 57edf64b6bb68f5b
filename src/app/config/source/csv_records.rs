//! Elements from a CSV file: by position, or by the names of the columns.

use super::{LONGEST, Numbered, Shape, SourceError, WithoutMark, bad};
use crate::app::args::Args;
use crate::app::count::counted;
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// A reader that stops with an error where one record goes on for too long, which is what a quote that is
/// never closed looks like: the rest of the file would be one record, in memory.
///
/// At the end it adds a line end, which ends any record but one whose quote is still open.
struct Bounded<R> {
    reader: R,
    left: usize,
    end: End,
    /// What was read last, and how much in all.
    last: Vec<u8>,
    read: u64,
}

impl<R> Bounded<R> {
    fn note(&mut self, bytes: &[u8]) {
        self.last.clear();
        self.last.extend_from_slice(bytes);
        self.read += bytes.len() as u64;
    }

    /// A byte of what was read last, by its place in all that was read.
    fn byte(&self, at: u64) -> Option<u8> {
        let back = usize::try_from(self.read.checked_sub(at)?).ok()?;
        self.last.get(self.last.len().checked_sub(back)?).copied()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// The line end that was added is the last thing that was read.
    Added,
    Passed,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!(
                "the record is longer than {LONGEST} bytes; is a quote not closed?"
            )));
        }
        let most = buffer.len().min(self.left);
        match self.end {
            End::NotYet => {}
            End::Added | End::Passed => {
                self.end = End::Passed;
                return Ok(0);
            }
        }
        let count = self.reader.read(&mut buffer[..most])?;
        self.left -= count;
        if count == 0
            && let Some(first) = buffer.first_mut()
        {
            *first = b'\n';
            self.end = End::Added;
            self.note(b"\n");
            return Ok(1);
        }
        self.note(&buffer[..count]);
        Ok(count)
    }
}

/// How the records of a file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The first record names the columns.
    pub(super) header: bool,
    /// What stands between two fields.
    pub(super) delimiter: u8,
}

fn reader<R: Read>(reader: R, delimiter: u8) -> Reader<Bounded<R>> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Bounded {
            reader,
            left: LONGEST,
            end: End::NotYet,
            last: Vec::new(),
            read: 0,
        })
}

/// The line where the record that was just read begins. The reader's own position is where it began to look
/// for one: before empty lines, and before the second half of a line end of two bytes.
fn line<R: Read>(reader: &Reader<Bounded<R>>, record: &ByteRecord) -> u64 {
    let newline = last_byte(reader) == Some(b'\n');
    reader.position().line() - newlines(record.as_slice()) - u64::from(newline)
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.split(|&byte| byte == b'\n').skip(1).count() as u64
}

/// The byte that the reader took in last.
fn last_byte<R: Read>(reader: &Reader<Bounded<R>>) -> Option<u8> {
    reader.get_ref().byte(reader.position().byte().checked_sub(1)?)
}

/// Why there is no record, and the line where that begins.
struct Broken {
    line: u64,
    error: io::Error,
}

impl From<Broken> for io::Error {
    fn from(Broken { line, error }: Broken) -> io::Error {
        io::Error::new(error.kind(), format!("line {line}: {error}"))
    }
}

fn next<R: Read>(reader: &mut Reader<Bounded<R>>) -> Result<Option<ByteRecord>, Broken> {
    reader.get_mut().left = LONGEST;
    let half = last_byte(reader) == Some(b'\r');
    let first_line = reader.position().line() + u64::from(half);
    let mut record = ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) if reader.get_ref().end == End::Passed => {
            let last = record.iter().next_back().unwrap_or_default();
            Err(Broken {
                line: reader.position().line() - newlines(last),
                error: io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a quote is not closed: the rest of the file would be one record",
                ),
            })
        }
        Ok(found) => Ok(found.then_some(record)),
        Err(error) => Err(Broken {
            line: first_line,
            error: match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            },
        }),
    }
}

/// Reads the names of the columns.
fn columns(record: Option<ByteRecord>) -> Result<Vec<String>, String> {
    let record = record.ok_or("it has no header: it is empty")?;
    let mut names = Vec::with_capacity(record.len());
    for (index, name) in record.iter().enumerate() {
        let name = std::str::from_utf8(name)
            .map_err(|_| format!("the name of column {} is not UTF-8", index + 1))?;
        if name.is_empty() {
            return Err(format!("column {} has no name", index + 1));
        }
        if names.iter().any(|known| known == name) {
            return Err(format!(
                "two columns are named {}",
                crate::app::config::error::quoted(name)
            ));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The first record of a file: the names of its columns, or the fields of its first element.
#[derive(Debug)]
pub(in crate::app::config) struct First(ByteRecord);

/// Reads it; none: the file is empty.
///
/// # Errors
///
/// What is wrong with the file.
pub(in crate::app::config) fn first_record(path: &Path, delimiter: u8) -> Result<Option<First>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let record = next(&mut reader(WithoutMark::new(file), delimiter));
    let record = record.map_err(|broken| io::Error::from(broken).to_string())?;
    Ok(record.map(First))
}

impl First {
    /// The names of the columns.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub(in crate::app::config) fn columns(self) -> Result<Vec<String>, String> {
        columns(Some(self.0))
    }

    /// The only field, where other delimiters than this one make several of it, and the first of those.
    pub(in crate::app::config) fn other_delimiter(&self, delimiter: u8) -> Option<(String, char)> {
        let [field] = self.0.iter().collect::<Vec<_>>()[..] else {
            return None;
        };
        let others = [';', '\t', '|', ','];
        let other = field
            .iter()
            .map(|byte| char::from(*byte))
            .find(|c| others.contains(c))?;
        (other != char::from(delimiter)).then(|| (String::from_utf8_lossy(field).into_owned(), other))
    }
}

pub(super) fn open(
    input: Box<dyn Read + Send>,
    name: String,
    form: Form,
    shape: Shape,
) -> io::Result<Numbered> {
    let mut reader = reader(input, form.delimiter);
    let names = if form.header {
        let in_file =
            |reason: String| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {reason}"));
        let record = next(&mut reader).map_err(|broken| in_file(io::Error::from(broken).to_string()))?;
        match shape {
            // By position the header is only passed over; an empty file has no records, either.
            Shape::One | Shape::Positional => Vec::new(),
            Shape::Keyword => columns(record).map_err(in_file)?,
        }
    } else {
        Vec::new()
    };
    let mut over = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if over {
            return None;
        }
        let record = next(&mut reader);
        match record {
            Ok(None) => {
                over = true;
                None
            }
            Ok(Some(record)) => {
                let line = line(&reader, &record);
                Some(match element(&record, &names, shape) {
                    Ok(args) => Ok((Some(line), args)),
                    Err(reason) => Err(bad(format!("{name}:{line}"), reason)),
                })
            }
            Err(Broken { line, error }) => {
                over = true;
                let place = format!("{name}:{line}");
                Some(Err(SourceError::Broken { place, error }))
            }
        }
    })))
}

fn element(record: &ByteRecord, names: &[String], shape: Shape) -> Result<Args, String> {
    if record.iter().any(|field| field.contains(&0)) {
        return Err("the record has a NUL byte".to_owned());
    }
    let values = record.iter().map(|field| OsString::from_vec(field.to_vec()));
    match shape {
        Shape::One | Shape::Positional => Ok(Args {
            positional: values.collect(),
            keyword: Vec::new(),
        }),
        Shape::Keyword if record.len() == names.len() => Ok(Args {
            positional: Vec::new(),
            keyword: names.iter().cloned().zip(values).collect(),
        }),
        Shape::Keyword => Err(format!(
            "the record has {}, the header {}",
            counted(record.len(), "field", "fields"),
            names.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(
        input: Box<dyn Read + Send>,
        name: String,
        header: bool,
        shape: Shape,
    ) -> io::Result<impl Iterator<Item = Result<Args, SourceError>>> {
        let form = Form {
            header,
            delimiter: b',',
        };
        Ok(super::open(input, name, form, shape)?.map(|record| Ok(record?.1)))
    }

    fn read(text: &'static str, header: bool, shape: Shape) -> Vec<Result<String, String>> {
        open(Box::new(text.as_bytes()), "jobs".to_owned(), header, shape)
            .unwrap()
            .map(|args| {
                args.map(|args| args.to_string())
                    .map_err(|error| error.to_string())
            })
            .collect()
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "it is compared with what may be an error"
    )]
    fn ok(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    #[test]
    fn by_position_a_record_is_its_fields() {
        let text = "a,\"b, c\"\r\n\"x\"\"y\",\"two\nlines\"\n\nlast\n";
        assert_eq!(
            read(text, false, Shape::Positional),
            [ok("a \"b, c\""), ok("\"x\\\"y\" \"two\\nlines\""), ok("last")]
        );
        assert_eq!(read("from,to\n1,2\n", true, Shape::Positional), [ok("1 2")]);
        assert!(read("", true, Shape::Positional).is_empty());
    }

    #[test]
    fn by_keyword_the_header_names_the_fields() {
        let text = "host,port\ndb1,1\ndb2\ndb3,3\n";
        assert_eq!(
            read(text, true, Shape::Keyword),
            [
                ok("host=db1 port=1"),
                Err("jobs:3: the record has 1 field, the header 2".to_owned()),
                ok("host=db3 port=3")
            ]
        );
    }

    #[test]
    fn fields_are_told_apart_by_the_delimiter_that_is_asked_for() {
        let form = Form {
            header: true,
            delimiter: b';',
        };
        let text = &b"host;size\ndb1;1,5\n\"a;b\";2\n"[..];
        let all: Vec<String> = super::open(Box::new(text), "jobs".to_owned(), form, Shape::Keyword)
            .unwrap()
            .map(|record| record.unwrap().1.to_string())
            .collect();
        assert_eq!(all, ["host=db1 size=1,5", "host=a;b size=2"]);
    }

    #[test]
    fn a_header_that_names_nothing_is_an_error() {
        for (text, part) in [("", "empty"), ("a,a\n", "two columns"), ("a,\n", "no name")] {
            let error = open(Box::new(text.as_bytes()), "jobs".to_owned(), true, Shape::Keyword)
                .err()
                .unwrap();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
        let endless = (&b"a,b\r\n\"c\n,"[..]).chain(io::repeat(b'x'));
        let mut all = open(Box::new(endless), "jobs".to_owned(), false, Shape::Positional).unwrap();
        assert!(all.next().unwrap().is_ok());
        let error = all.next().unwrap().unwrap_err();
        assert!(error.to_string().starts_with("jobs:2: "), "{error}");
        assert!(error.to_string().contains("is a quote not closed?"), "{error}");
        assert!(matches!(error, SourceError::Broken { .. }));
        assert!(all.next().is_none());
    }

    #[test]
    fn a_quote_that_is_not_closed_ends_the_source_where_it_stands() {
        for (text, good, place) in [
            ("a,b\n\"c,d\ne,f\n", 1, "jobs:2: "),
            ("a,b\n\nc,\"d\ne,f\ng", 1, "jobs:3: "),
            ("a,b\r\nc,d\r\n\"two\r\nlines\",\"e\r\n", 2, "jobs:4: "),
            ("\"", 0, "jobs:1: "),
        ] {
            let mut all = read(text, false, Shape::Positional);
            let error = all.pop().unwrap().unwrap_err();
            assert!(error.starts_with(place), "{text:?}: {error}");
            assert!(error.contains("a quote is not closed"), "{error}");
            assert_eq!(all.len(), good, "{text:?}");
            assert!(all.iter().all(Result::is_ok), "{all:?}");
        }
        let text = "host,\"port\ndb1,1\n";
        let error = open(Box::new(text.as_bytes()), "jobs".to_owned(), true, Shape::Keyword)
            .err()
            .unwrap();
        assert!(error.to_string().contains("jobs: line 1: a quote"), "{error}");
    }

    #[test]
    fn the_end_of_the_file_ends_a_record() {
        for text in ["a,b", "a,b\n", "a,b\r\n", "a,b\n\n", "a,\"b\"", "a,\"b\"\r\n"] {
            assert_eq!(read(text, false, Shape::Positional), [ok("a b")], "{text:?}");
        }
        assert_eq!(read("a,", false, Shape::Positional), [ok("a \"\"")]);
        assert_eq!(read("\"\"", false, Shape::Positional), [ok("\"\"")]);
        assert_eq!(
            read("x\n\"a\"\"\"", false, Shape::Positional),
            [ok("x"), ok(r#""a\"""#)]
        );
        assert!(read("", false, Shape::Positional).is_empty());
        assert!(read("\n\r\n", false, Shape::Positional).is_empty());
    }

    #[test]
    fn a_record_stands_on_its_line() {
        let text = "host,port\r\ndb1,1\r\n\r\ndb2\r\ndb3,3\r\n";
        let all = read(text, true, Shape::Keyword);
        assert_eq!(
            all[1],
            Err("jobs:4: the record has 1 field, the header 2".to_owned())
        );
    }

    #[test]
    fn a_long_file_of_short_records_is_not_a_long_record() {
        let text = "aaaa,bbbb\n".repeat(LONGEST / 4);
        let all = open(
            Box::new(io::Cursor::new(text.into_bytes())),
            "jobs".to_owned(),
            false,
            Shape::Positional,
        )
        .unwrap();
        let mut count = 0;
        for args in all {
            assert_eq!(args.unwrap().positional.len(), 2);
            count += 1;
        }
        assert_eq!(count, LONGEST / 4);
    }
}
