//! What a value of the config may be, and how that is said.

use super::keys::Place;

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A string that is not empty.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// The name of a function.
    Func,
    /// A path, relative to the file or to the home directory.
    Path,
    /// What separates two fields: one character.
    Delimiter,
    /// A list of strings, at least one.
    Command,
    /// A whole number, at least this.
    Count(u64),
    /// A whole number, or `inf`.
    Size,
    /// Any whole number, also below 0.
    Step,
    /// A duration like `1m 30s`; whether it may be 0.
    Duration {
        zero: bool,
    },
    Switch,
    /// A list of some of these words.
    Words(&'static [&'static str]),
    /// A table of actions and their keys.
    Keys,
    /// A table of names and scalars.
    Named,
    /// A list of scalars.
    Args,
    /// The first and the last of a range.
    Range,
    /// A list of elements, or a table that says where they come from.
    Source(Shape),
    /// The word `line`, or a table that says what is read.
    Stdin,
    Table(&'static Place),
    /// `[[name]]`, once or more.
    Tables(&'static Place),
    /// `[name.NAME]`, a table for each name.
    ByName(&'static Place),
}

/// What one element of a source becomes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// One argument: `map`.
    One,
    /// Arguments by position: `starmap`.
    Positional,
    /// Arguments by keyword: `doublestarmap`.
    Keyword,
}

impl Kind {
    /// What a wrong value is told.
    pub(super) fn expected(self) -> String {
        match self {
            Kind::Text | Kind::Path => "a string".to_owned(),
            Kind::Delimiter => "one character such as `\";\"` or `\"\\t\"`".to_owned(),
            Kind::OneOf(words) => super::error::listed(words.iter().copied(), "or"),
            Kind::Func => "the name of a function".to_owned(),
            Kind::Command => "a list of strings, the program first".to_owned(),
            Kind::Count(0) => "a whole number".to_owned(),
            Kind::Count(least) => format!("a whole number, at least {least}"),
            Kind::Size => "a whole number, or `inf` for no limit".to_owned(),
            Kind::Step => "a whole number other than 0".to_owned(),
            Kind::Duration { .. } => {
                "a duration such as `\"30s\"`, `\"1m 30s\"`, `\"500ms\"` or `\"1d\"`".to_owned()
            }
            Kind::Switch => "`true` or `false`".to_owned(),
            Kind::Words(words) => format!("a list of {}", super::error::listed(words.iter().copied(), "or")),
            Kind::Keys => "a table such as `{ cancel-group = [\"X\"] }`".to_owned(),
            Kind::Named => "a table such as `{ NAME = \"value\" }`".to_owned(),
            Kind::Args => "a list of strings or numbers".to_owned(),
            Kind::Range => "two whole numbers, the first and the last".to_owned(),
            Kind::Source(Shape::One) => "a list, or a table such as `{ lines = \"list.txt\" }`".to_owned(),
            Kind::Source(Shape::Positional) => {
                "a list of lists, or a table such as `{ csv = \"jobs.csv\" }`".to_owned()
            }
            Kind::Source(Shape::Keyword) => {
                "a list of tables, or a table such as `{ jsonl = \"jobs.jsonl\" }`".to_owned()
            }
            Kind::Stdin => {
                "`\"line\"`, or a table such as `{ text = \"yes\" }` or `{ file = \"answers.txt\" }`"
                    .to_owned()
            }
            Kind::Table(place) | Kind::ByName(place) => format!("a table, written `{}`", place.name),
            Kind::Tables(place) => format!("a list of tables, each written `{}`", place.name),
        }
    }
}
