//! Elements from a CSV file: by position, or by the names of the columns.

use super::{Elements, LONGEST, Shape, SourceError, bad};
use crate::app::args::Args;
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// A reader that stops with an error where one record goes on for too long, which is what a quote that is
/// never closed looks like: the rest of the file would be one record, in memory.
struct Bounded<R> {
    reader: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!(
                "the record is longer than {LONGEST} bytes; is a quote not closed?"
            )));
        }
        let most = buffer.len().min(self.left);
        let count = self.reader.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}

fn reader<R: Read>(reader: R) -> Reader<Bounded<R>> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(Bounded {
            reader,
            left: LONGEST,
        })
}

fn next<R: Read>(reader: &mut Reader<Bounded<R>>) -> io::Result<Option<ByteRecord>> {
    reader.get_mut().left = LONGEST;
    let mut record = ByteRecord::new();
    let found = reader
        .read_byte_record(&mut record)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })?;
    Ok(found.then_some(record))
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

/// The names of a file's columns.
///
/// # Errors
///
/// What is wrong with the file or its header.
pub(in crate::app::config) fn header_of(path: &Path) -> Result<Vec<String>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    columns(next(&mut reader(file)).map_err(|error| error.to_string())?)
}

pub(super) fn open(
    input: Box<dyn Read + Send>,
    name: String,
    header: bool,
    shape: Shape,
) -> io::Result<Elements> {
    let mut reader = reader(input);
    let names = if header {
        let record = next(&mut reader)?;
        match shape {
            // By position the header is only passed over; an empty file has no records, either.
            Shape::One | Shape::Positional => Vec::new(),
            Shape::Keyword => columns(record)
                .map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {reason}")))?,
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
        let position = |record: &ByteRecord| {
            let line = record.position().map_or(0, csv::Position::line);
            format!("{name}:{line}")
        };
        match record {
            Ok(None) => {
                over = true;
                None
            }
            Ok(Some(record)) => {
                Some(element(&record, &names, shape).map_err(|reason| bad(position(&record), reason)))
            }
            Err(error) => {
                over = true;
                let place = format!("{name}:{}", reader.position().line());
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
            "the record has {} fields, the header {}",
            record.len(),
            names.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Err("jobs:3: the record has 1 fields, the header 2".to_owned()),
                ok("host=db3 port=3")
            ]
        );
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
        let endless = (&b"a,b\n\"c,"[..]).chain(io::repeat(b'x'));
        let mut all = open(Box::new(endless), "jobs".to_owned(), false, Shape::Positional).unwrap();
        assert!(all.next().unwrap().is_ok());
        let error = all.next().unwrap().unwrap_err();
        assert!(error.to_string().contains("is a quote not closed?"), "{error}");
        assert!(matches!(error, SourceError::Broken { .. }));
        assert!(all.next().is_none());
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
