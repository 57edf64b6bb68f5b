//! Where the arguments of a group's tasks come from. A source is read as tasks start: a list of ten million
//! lines starts at once and costs no memory, a pipe may never end.

mod csv_records;
mod glob_walk;
mod json;
mod lines;
mod mark;
pub(super) mod read;
mod read_csv;

pub use super::kind::Shape;
pub(super) use csv_records::first_record;
pub(super) use glob_walk::GlobPattern;
use mark::WithoutMark;

use crate::app::args::Args;
use crate::app::stdio;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The most bytes of one line or one record. A longer one is a bad element; memory does not grow with it.
pub const LONGEST: usize = 1024 * 1024;

/// A source of arguments, checked, not yet opened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Source {
    pub(super) from: From,
    pub(super) shape: Shape,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum From {
    List(Vec<Args>),
    Range {
        first: i64,
        last: i64,
        step: i64,
    },
    Lines {
        input: Input,
        null: bool,
    },
    Glob(GlobPattern),
    Csv {
        input: Input,
        header: bool,
        delimiter: u8,
    },
    Jsonl(Input),
}

/// What is read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    /// Text, without the byte order mark that it may begin with.
    fn open_text(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(WithoutMark::new(self.open()?)))
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Input::Stdin => Box::new(stdio::stdin()),
            Input::File(path) => Box::new(
                File::open(path)
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?,
            ),
        })
    }

    pub(super) fn name(&self) -> String {
        match self {
            Input::Stdin => "standard input".to_owned(),
            Input::File(path) => path.display().to_string(),
        }
    }
}

/// What an open source gives.
pub type Elements = Box<dyn Iterator<Item = Result<Args, SourceError>> + Send>;

/// Elements with the lines that they begin in, where they come from a text.
type Numbered = Box<dyn Iterator<Item = Result<(Option<u64>, Args), SourceError>> + Send>;

fn without_lines(elements: impl Iterator<Item = Result<Args, SourceError>> + Send + 'static) -> Numbered {
    Box::new(elements.map(|args| Ok((None, args?))))
}

/// Why a source gives no arguments.
#[derive(thiserror::Error, Debug)]
pub enum SourceError {
    /// This element gives none; it is skipped, and the next may be good.
    #[error("{0}")]
    Bad(BadElement),
    /// The source cannot be read any further; nothing comes after this.
    #[error("{place}: {error}")]
    Broken {
        /// The file, and where in it.
        place: String,
        /// What happened.
        error: io::Error,
    },
}

/// An element that gives no arguments.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("{place}: {reason}")]
pub struct BadElement {
    /// The file, and where in it.
    pub place: String,
    /// What is wrong, in one line.
    pub reason: String,
}

fn bad(place: impl Into<String>, reason: impl Into<String>) -> SourceError {
    SourceError::Bad(BadElement {
        place: place.into(),
        reason: reason.into(),
    })
}

impl Source {
    /// What of it is one element, where that may be waited for: `a line of jobs.fifo`.
    pub(in crate::app) fn element(&self) -> Option<String> {
        let (what, input) = match &self.from {
            From::List(_) | From::Range { .. } | From::Glob(_) => return None,
            From::Lines { input, .. } | From::Jsonl(input) => ("line", input),
            From::Csv { input, .. } => ("record", input),
        };
        let name = match input {
            Input::Stdin => input.name(),
            Input::File(path) => path
                .file_name()
                .map_or_else(|| input.name(), |name| name.to_string_lossy().into_owned()),
        };
        Some(format!("a {what} of {name}"))
    }

    /// Opens it. Nothing is read yet; opening a named pipe waits for its writer.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or its header is none.
    pub fn open(&self) -> io::Result<Elements> {
        self.open_for(|_| Ok(()))
    }

    /// Opens it for tasks that cannot be called with everything: an element for which `accepts` has a reason against
    /// it is a bad one, with its place.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub(in crate::app) fn open_for(
        &self,
        accepts: impl Fn(&Args) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Elements> {
        let named = |input: &Input| (input.name(), input.open_text());
        let (name, elements): (String, Numbered) = match &self.from {
            From::List(list) => (self.to_string(), without_lines(list.clone().into_iter().map(Ok))),
            From::Range { first, last, step } => {
                let (first, step) = (*first, *step);
                let numbers = (0..range_len(first, *last, step)).map(move |index| {
                    // In 128 bits, where it cannot overflow.
                    let number = i128::from(first) + i128::from(index) * i128::from(step);
                    Ok(Args::one(number.to_string()))
                });
                (self.to_string(), without_lines(numbers))
            }
            From::Glob(pattern) => (self.to_string(), without_lines(pattern.walk())),
            From::Lines { input, null: false } => {
                let (name, reader) = named(input);
                (name.clone(), Box::new(lines::numbered(reader?, name, b'\n')))
            }
            // Names as they are, of a program and not of an editor.
            From::Lines { input, null: true } => {
                let name = input.name();
                (name.clone(), Box::new(lines::numbered(input.open()?, name, 0)))
            }
            From::Csv {
                input,
                header,
                delimiter,
            } => {
                let (name, reader) = named(input);
                let form = csv_records::Form {
                    header: *header,
                    delimiter: *delimiter,
                };
                (name.clone(), csv_records::open(reader?, name, form, self.shape)?)
            }
            From::Jsonl(input) => {
                let (name, reader) = named(input);
                (name.clone(), Box::new(json::numbered(reader?, name, self.shape)))
            }
        };
        Ok(Box::new(elements.map(move |element| {
            let (line, args) = element?;
            match (accepts(&args), line) {
                (Ok(()), _) => Ok(args),
                (Err(reason), None) => Err(bad(&*name, reason)),
                (Err(reason), Some(line)) => Err(bad(format!("{name}:{line}"), reason)),
            }
        })))
    }

    /// What there is to say where it has no element.
    pub(in crate::app) fn nothing(&self) -> String {
        match &self.from {
            From::List(_) | From::Range { .. } => "its list is empty".to_owned(),
            From::Glob(pattern) => pattern.nothing(),
            From::Lines { input, .. } => format!("{} has no lines", input.name()),
            From::Csv { input, .. } => format!("{} has no records", input.name()),
            From::Jsonl(input) => format!("{} has no values", input.name()),
        }
    }

    /// One without elements.
    pub(in crate::app::config) fn of_nothing(shape: Shape) -> Source {
        let from = From::List(Vec::new());
        Source { from, shape }
    }

    /// Whether opening it may wait for somebody: it is no plain file.
    pub(in crate::app) fn waits(&self) -> bool {
        match &self.from {
            From::List(_) | From::Range { .. } | From::Glob(_) => false,
            From::Lines { input, .. } | From::Csv { input, .. } | From::Jsonl(input) => match input {
                Input::Stdin => true,
                Input::File(path) => !path.is_file(),
            },
        }
    }

    /// What each element becomes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether taking an element does I/O, and so may wait: then it must not happen on a thread that has
    /// other work.
    pub fn may_block(&self) -> bool {
        match &self.from {
            From::List(_) | From::Range { .. } => false,
            From::Lines { .. } | From::Glob(_) | From::Csv { .. } | From::Jsonl(_) => true,
        }
    }

    /// How many elements it has, where that is known without reading it.
    pub fn len(&self) -> Option<u64> {
        match &self.from {
            From::List(list) => Some(list.len() as u64),
            From::Range { first, last, step } => Some(range_len(*first, *last, *step)),
            From::Lines { .. } | From::Glob(_) | From::Csv { .. } | From::Jsonl(_) => None,
        }
    }

    /// How many elements it has that can be read, and whether there may be more. What can be read without waiting for
    /// somebody is read, until there are so many or it takes too long. It blocks.
    pub(in crate::app::config) fn count(&self, most: u64, patience: Duration) -> (u64, bool) {
        if let Some(len) = self.len() {
            return (len, false);
        }
        let Some(elements) = (!self.waits()).then(|| self.open().ok()).flatten() else {
            return (0, true);
        };
        let start = Instant::now();
        let mut count = 0;
        for element in elements {
            if count == most || start.elapsed() > patience {
                return (count, true);
            }
            count += u64::from(element.is_ok());
        }
        (count, false)
    }

    /// The first so many of its last `left` elements, where those are known without reading anything.
    pub(in crate::app) fn last_of(&self, left: usize, most: usize) -> Vec<Args> {
        match &self.from {
            From::List(list) => {
                let from = list.len().saturating_sub(left);
                list.iter().skip(from).take(most).cloned().collect()
            }
            From::Range { first, last, step } => {
                let from = range_len(*first, *last, *step).saturating_sub(left as u64);
                let number = |index: u64| i128::from(*first) + i128::from(index) * i128::from(*step);
                let numbers = (from..).take(most.min(left)).map(number);
                numbers.map(|number| Args::one(number.to_string())).collect()
            }
            From::Lines { .. } | From::Glob(_) | From::Csv { .. } | From::Jsonl(_) => Vec::new(),
        }
    }

    /// Whether it is known to have no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Whether it reads the program's standard input.
    pub fn reads_stdin(&self) -> bool {
        matches!(
            &self.from,
            From::Jsonl(Input::Stdin)
                | From::Lines {
                    input: Input::Stdin,
                    ..
                }
                | From::Csv {
                    input: Input::Stdin,
                    ..
                }
        )
    }
}

impl std::fmt::Display for Source {
    /// In a few words, for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.from {
            From::List(list) => write!(f, "a list of {}", list.len()),
            From::Range { first, last, step: 1 } => write!(f, "{first} to {last}"),
            From::Range { first, last, step } => write!(f, "{first} to {last} by {step}"),
            From::Lines { input, .. } => write!(f, "lines of {}", input.name().escape_debug()),
            From::Glob(pattern) => write!(f, "files {}", pattern.text().escape_debug()),
            From::Csv { input, .. } => write!(f, "records of {}", input.name().escape_debug()),
            From::Jsonl(input) => write!(f, "values of {}", input.name().escape_debug()),
        }
    }
}

/// The elements of a text: its lines for [`Shape::One`], otherwise its CSV records, or its JSON values.
#[cfg(feature = "tui")]
pub(super) fn of_text(text: String, shape: Shape, json: bool, delimiter: u8) -> io::Result<Elements> {
    let reader = Box::new(WithoutMark::new(io::Cursor::new(text.into_bytes())));
    let name = "pasted text".to_owned();
    let form = csv_records::Form {
        header: shape == Shape::Keyword,
        delimiter,
    };
    let elements: Numbered = match shape {
        Shape::One => Box::new(lines::numbered(reader, name, b'\n')),
        Shape::Positional | Shape::Keyword if json => Box::new(json::numbered(reader, name, shape)),
        Shape::Positional | Shape::Keyword => csv_records::open(reader, name, form, shape)?,
    };
    Ok(Box::new(elements.map(|element| Ok(element?.1))))
}

fn range_len(first: i64, last: i64, step: i64) -> u64 {
    let (first, last, step) = (i128::from(first), i128::from(last), i128::from(step));
    let beyond = (step > 0 && last < first) || (step < 0 && last > first);
    if step == 0 || beyond {
        return 0;
    }
    u64::try_from((last - first) / step + 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(first: i64, last: i64, step: i64) -> Vec<String> {
        let source = Source {
            from: From::Range { first, last, step },
            shape: Shape::One,
        };
        let all: Vec<String> = source
            .open()
            .unwrap()
            .map(|args| args.unwrap().to_string())
            .collect();
        assert_eq!(source.len(), Some(all.len() as u64));
        all
    }

    #[test]
    fn a_range_includes_both_ends() {
        assert_eq!(numbers(1, 3, 1), ["1", "2", "3"]);
        assert_eq!(numbers(1, 6, 2), ["1", "3", "5"]);
        assert_eq!(numbers(3, 1, -1), ["3", "2", "1"]);
        assert_eq!(numbers(4, 1, -2), ["4", "2"]);
        assert_eq!(numbers(7, 7, 1), ["7"]);
        assert!(numbers(2, 1, 1).is_empty());
        assert!(numbers(1, 2, -1).is_empty());
    }

    #[test]
    fn what_is_left_of_a_range_is_known() {
        let source = Source {
            from: From::Range {
                first: 3,
                last: 12,
                step: 2,
            },
            shape: Shape::One,
        };
        let last = |left, most| -> Vec<String> {
            let args = source.last_of(left, most);
            args.iter().map(ToString::to_string).collect()
        };
        assert_eq!(last(5, 2), ["3", "5"]);
        assert_eq!(last(2, 9), ["9", "11"]);
        assert!(last(0, 9).is_empty());
    }

    #[test]
    fn a_range_may_be_as_long_as_numbers_go() {
        let source = Source {
            from: From::Range {
                first: i64::MIN,
                last: i64::MAX,
                step: 1,
            },
            shape: Shape::One,
        };
        assert_eq!(source.len(), Some(u64::MAX));
        let first: Vec<String> = source
            .open()
            .unwrap()
            .take(2)
            .map(|args| args.unwrap().to_string())
            .collect();
        assert_eq!(first, [i64::MIN.to_string(), (i64::MIN + 1).to_string()]);
    }
}
