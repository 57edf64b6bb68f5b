//! A group that somebody asks for while its pool lives: what a `[[pool.group]]` of the config says, field by field.
//!
//! It is written as that table, and the table is read by the config's own reader: there is one language, and one
//! set of checks and messages. What is written is also what a config needs to have the group from the start.

use super::clean::deceptions;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::ops::Range;

/// A group to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NewGroup {
    /// The function that its tasks call.
    pub func: String,
    /// Which of the pool's methods makes it.
    pub method: GroupMethod,
    /// What its tasks are called with, as the config has it: a list, or a table that names a source (for `apply`
    /// keywords). Empty: nothing.
    pub arguments: String,
    /// Its name; none: (auto).
    pub name: Option<String>,
    /// `num` of `apply`, `num_concurrent` of the others; none: the config's default.
    pub num: Option<usize>,
}

/// The methods of a `TaskPool` that make a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupMethod {
    /// The same arguments, `num` times.
    Apply,
    /// One argument for each task.
    #[default]
    Map,
    /// Arguments by position for each task.
    Starmap,
    /// Arguments by keyword for each task.
    Doublestarmap,
}

/// A part of such a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The function.
    Func,
    /// The method.
    Method,
    /// The arguments.
    Arguments,
    /// The name.
    Name,
    /// The number.
    Num,
}

/// What is wrong with a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mistake {
    /// With which.
    pub part: Part,
    /// What is wrong.
    pub reason: String,
    /// What to do about it; may be empty.
    pub remedy: String,
    /// Where in the arguments, in bytes.
    pub at: Option<Range<usize>>,
}

impl GroupMethod {
    /// Every method.
    pub const ALL: [GroupMethod; 4] = [
        GroupMethod::Apply,
        GroupMethod::Map,
        GroupMethod::Starmap,
        GroupMethod::Doublestarmap,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            GroupMethod::Apply => "apply",
            GroupMethod::Map => "map",
            GroupMethod::Starmap => "starmap",
            GroupMethod::Doublestarmap => "doublestarmap",
        }
    }

    /// The method with this name.
    pub fn from_word(word: &str) -> Option<GroupMethod> {
        GroupMethod::ALL.into_iter().find(|method| method.word() == word)
    }
}

impl Part {
    /// Every part, in the order in which they are asked for.
    pub const ALL: [Part; 5] = [Part::Func, Part::Method, Part::Arguments, Part::Name, Part::Num];

    /// Its key in the config, with this method and these arguments.
    pub fn key(self, method: GroupMethod, arguments: &str) -> &'static str {
        match (self, method) {
            (Part::Func, _) => "func",
            (Part::Method, _) => "method",
            (Part::Arguments, GroupMethod::Apply) if arguments.trim_start().starts_with('{') => "kwargs",
            (Part::Arguments, GroupMethod::Apply) => "args",
            (Part::Arguments, GroupMethod::Map) => "arg_iter",
            (Part::Arguments, GroupMethod::Starmap) => "args_iter",
            (Part::Arguments, GroupMethod::Doublestarmap) => "kwargs_iter",
            (Part::Name, _) => "name",
            (Part::Num, GroupMethod::Apply) => "num",
            (Part::Num, _) => "num_concurrent",
        }
    }
}

/// The table as text, and where in it each part's value stands; what is left out stands at its beginning.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) places: [(Part, Range<usize>); 5],
}

impl Written {
    /// The part that this place of the text belongs to.
    pub(super) fn part_at(&self, at: usize) -> Part {
        // A mistake may be said to be behind the last character, or at the key; what is lacking is at the beginning,
        // and nothing but arguments can be lacking.
        let mut given = self.places.iter().filter(|(_, place)| !place.is_empty());
        given
            .find(|(_, place)| at > 0 && at <= place.end)
            .map_or(Part::Arguments, |(part, _)| *part)
    }

    /// Where the value of a part stands.
    pub(super) fn place(&self, part: Part) -> Range<usize> {
        let found = self.places.iter().find(|(other, _)| *other == part);
        found.map_or(0..0, |(_, place)| place.clone())
    }
}

impl NewGroup {
    /// The table without its heading, and where in it what stands.
    pub(super) fn written(&self) -> Written {
        // Something before the first key, so that nothing but what is left out is at the beginning.
        let mut text = "\n".to_owned();
        let values = [
            (Part::Name, self.name.as_deref().map(quoted)),
            (Part::Method, Some(quoted(self.method.word()))),
            (Part::Func, Some(quoted(&self.func))),
            (Part::Num, self.num.map(|num| num.to_string())),
            // The last, so that a bracket that is not closed takes in nothing else.
            (
                Part::Arguments,
                Some(self.arguments.trim().to_owned()).filter(|text| !text.is_empty()),
            ),
        ];
        let places = values.map(|(part, value)| {
            let Some(value) = value else { return (part, 0..0) };
            // Writing into a string cannot fail.
            let _ = write!(text, "{} = ", part.key(self.method, &self.arguments));
            let start = text.len();
            text.push_str(&value);
            let place = start..text.len();
            text.push('\n');
            (part, place)
        });
        Written { text, places }
    }

    /// As a config has it, to be put below its pool.
    pub fn as_config(&self, pool: &str) -> String {
        format!(
            "# Of the [[pool]] with the name {}.\n[[pool.group]]{}",
            quoted(pool),
            self.written().text
        )
    }

    /// The call as a program would write it, without the pool.
    pub(super) fn call(&self) -> impl fmt::Display {
        const MOST: usize = 40;
        let mut arguments: String = self.arguments.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = arguments.char_indices().nth(MOST) {
            arguments.truncate(end);
            arguments.push('…');
        }
        let mut call = format!("{}({:?}", self.method.word(), self.func);
        if !arguments.is_empty() {
            let _ = write!(call, ", {arguments}");
        }
        if let Some(num) = self.num {
            let _ = write!(call, ", {}={num}", Part::Num.key(self.method, ""));
        }
        if let Some(name) = &self.name {
            let _ = write!(call, ", group_name={name:?}");
        }
        call.push(')');
        call
    }
}

/// A text as TOML has it, with everything escaped that could make it look like another one.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut deceptions = deceptions(text).peekable();
    for (at, c) in text.char_indices() {
        let deceptive = deceptions.next_if(|(place, _)| *place == at).is_some();
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            _ if deceptive || c.is_control() => {
                // Writing into a string cannot fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> NewGroup {
        NewGroup {
            func: "get".to_owned(),
            arguments: " [\"a\", \"b\"] ".to_owned(),
            num: Some(4),
            ..NewGroup::default()
        }
    }

    #[test]
    fn it_is_written_as_a_config_has_it() {
        let written = group().written();
        assert_eq!(
            written.text,
            "\nmethod = \"map\"\nfunc = \"get\"\nnum_concurrent = 4\narg_iter = [\"a\", \"b\"]\n"
        );
        for (part, value) in [
            (Part::Func, "\"get\""),
            (Part::Arguments, "[\"a\", \"b\"]"),
            (Part::Num, "4"),
        ] {
            let place = written.place(part);
            assert_eq!(&written.text[place.clone()], value);
            assert_eq!(written.part_at(place.start), part);
            assert_eq!(written.part_at(place.end), part);
        }
        assert_eq!(written.part_at(0), Part::Arguments);
        assert!(
            group()
                .as_config("a \"b\"")
                .starts_with("# Of the [[pool]] with the name \"a \\\"b\\\"\".\n[[pool.group]]\nmethod")
        );
    }

    #[test]
    fn what_is_quoted_is_read_as_the_same_and_shows_what_it_is() {
        for text in [
            "",
            "a \"b\" \\ 'c'",
            "tab\tline\nend\r",
            "\u{1b}[2J\u{7f}",
            "a\u{202e}b",
            "日本 e\u{301}",
        ] {
            let written = quoted(text);
            let read: toml::Table = format!("x = {written}").parse().unwrap();
            assert_eq!(read["x"].as_str(), Some(text), "{written}");
            assert_eq!(deceptions(&written).count(), 0, "{written}");
        }
    }

    #[test]
    fn it_is_called_as_a_program_would() {
        let call = |group: &NewGroup| group.call().to_string();
        assert_eq!(call(&group()), r#"map("get", ["a", "b"], num_concurrent=4)"#);
        let apply = NewGroup {
            method: GroupMethod::Apply,
            arguments: "{ host = \"a\" }".to_owned(),
            name: Some("x".to_owned()),
            num: Some(3),
            ..group()
        };
        assert_eq!(
            call(&apply),
            r#"apply("get", { host = "a" }, num=3, group_name="x")"#
        );
        assert_eq!(Part::Arguments.key(apply.method, &apply.arguments), "kwargs");
        let long = NewGroup {
            arguments: format!("[\n{}]", "\"host\",\n".repeat(1000)),
            ..group()
        };
        assert!(call(&long).chars().count() < 100 && !call(&long).contains('\n'));
    }
}
