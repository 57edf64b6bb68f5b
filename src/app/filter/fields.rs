//! What a filter can ask about: one table, from which the messages, the help and `docs/` are made.

use crate::app::status::{LOOKS, Status};
use std::fmt::Write as _;

/// Something that a filter can ask about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Field {
    /// In which state it is.
    State,
    /// A task's ID.
    Id,
    /// A name.
    Name,
    /// The pool that it belongs to.
    Pool,
    /// The group that it belongs to.
    Group,
    /// What it runs.
    Func,
    /// Its arguments.
    Arg,
    /// What is kept of its output.
    Out,
    /// Its exit code.
    Exit,
    /// Which try it is, or how many it took.
    Try,
    /// How long it has run, or ran.
    Time,
    /// How long it waited for its start.
    Wait,
    /// What its command uses of a processor.
    Cpu,
    /// What its command uses of memory.
    Mem,
    /// How long ago it was started.
    Age,
}

/// What kind of values a field has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    State,
    Text,
    Number,
    Time,
    /// In bytes.
    Size,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct FieldRow {
    /// The field.
    pub field: Field,
    /// What it is called in a filter.
    pub word: &'static str,
    pub(super) kind: Kind,
    /// How it is used.
    pub example: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// Every field, in the order of the documentation.
#[rustfmt::skip]
pub const FIELDS: [FieldRow; 15] = [
    row(Field::State, "state", Kind::State, "state:failed,timed-out", "what it is shown as; of a group or a pool: it has such tasks"),
    row(Field::Group, "group", Kind::Text, "group:photos", "the name of its group"),
    row(Field::Func, "func", Kind::Text, "func:get", "the function that it runs"),
    row(Field::Arg, "arg", Kind::Text, "arg~jpg$", "its arguments"),
    row(Field::Out, "out", Kind::Text, "out~error", "a line of its output that is kept"),
    row(Field::Time, "time", Kind::Time, "time>5s", "how long it has run, or ran (`dur` is the same)"),
    row(Field::Age, "age", Kind::Time, "age<1m", "how long ago it was started, whether it runs or has ended"),
    row(Field::Wait, "wait", Kind::Time, "wait>5s", "how long it waited for its start, from the making of its group on"),
    row(Field::Cpu, "cpu", Kind::Number, "cpu>50", "what its command uses now, in percent of one processor (dashboard only)"),
    row(Field::Mem, "mem", Kind::Size, "mem>100M", "what its command uses of memory now; K, M, G are powers of 1024 (dashboard only)"),
    row(Field::Exit, "exit", Kind::Number, "exit:2", "the exit code of its command; 0 if it was ok"),
    row(Field::Try, "try", Kind::Number, "try>1", "which try it is, or how many it took"),
    row(Field::Id, "id", Kind::Number, "id:100..200", "its ID"),
    row(Field::Name, "name", Kind::Text, "name:fetch", "the name of a pool or a group; of a task: fetch_Task-7"),
    row(Field::Pool, "pool", Kind::Text, "pool:fetch", "the pool that it belongs to"),
];

const fn row(
    field: Field,
    word: &'static str,
    kind: Kind,
    example: &'static str,
    doc: &'static str,
) -> FieldRow {
    FieldRow {
        field,
        word,
        kind,
        example,
        doc,
    }
}

/// What stands between the fields and around them: how it is written, and what it means.
#[rustfmt::skip]
const RULES: [(&str, &str); 9] = [
    ("failed.jpg", "a word: it occurs in the ID, the name, the group or the arguments, in any case"),
    ("\"two words\"", "quotes: with blanks, or for what would mean something else (`\\\"` is a quote)"),
    ("group:map-*", "`:` is equal, or one of the words (arg, out); `*` is anything; lower case finds any case"),
    ("exit:1,2", "commas: one of them"),
    ("id:100..200", "a range, both ends included; `100..` and `..200` are open"),
    ("arg~^a.*jpg$", "`~` is a regular expression; lower case finds any case"),
    ("time>=1m30s", "`<` `<=` `>` `>=` compare numbers and durations"),
    ("state:ok exit:0", "both; `and` may stand between them"),
    ("(jpg or png) -thumb", "either; `-` or `not` is the opposite; parentheses"),
];

impl Field {
    pub(super) fn row(self) -> &'static FieldRow {
        // Every field has one: the test below looks.
        FIELDS.iter().find(|row| row.field == self).unwrap_or(&FIELDS[0])
    }

    /// The field that is called so.
    pub(super) fn of(word: &str) -> Option<&'static FieldRow> {
        let word = if word == "dur" { "time" } else { word };
        FIELDS.iter().find(|row| row.word == word)
    }
}

/// The words of the fields, for a message.
pub(super) fn field_words() -> String {
    let words: Vec<&str> = FIELDS.iter().map(|row| row.word).collect();
    words.join(", ")
}

/// The words of the states, for a message.
pub(super) fn state_words() -> String {
    let words: Vec<String> = LOOKS.iter().map(|look| word_of(look.status)).collect();
    words.join(", ")
}

/// A state as a filter spells it.
pub(super) fn word_of(status: Status) -> String {
    status.look().word.replace(' ', "-")
}

/// The language in lines of an example and its meaning, for the help.
pub(crate) fn language_lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let fields = FIELDS.iter().map(|row| (row.example, row.doc));
    fields.chain(RULES)
}

/// The language for `docs/filter.md`: one Markdown table.
pub fn language_markdown() -> String {
    let mut text = "| For instance | Finds |\n|---|---|\n".to_owned();
    for (example, doc) in language_lines() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "| `{example}` | {doc} |");
    }
    let _ = write!(text, "\nThe states are {}.\n", state_words());
    text
}

#[cfg(test)]
mod tests {
    use super::super::Filter;
    use super::*;

    #[test]
    fn every_field_has_a_row_and_every_example_is_a_filter() {
        for row in &FIELDS {
            assert_eq!(row.field.row().word, row.word);
            assert_eq!(Field::of(row.word).map(|row| row.field), Some(row.field));
            assert!(row.example.starts_with(row.word), "{row:?}");
        }
        assert_eq!(FIELDS.len(), Field::Age as usize + 1);
        for (example, _) in language_lines() {
            assert!(example.parse::<Filter>().is_ok(), "{example}");
        }
        for look in &LOOKS {
            let filter = format!("state:{}", word_of(look.status));
            assert_eq!(filter.parse::<Filter>().unwrap().to_string(), filter);
        }
    }
}
