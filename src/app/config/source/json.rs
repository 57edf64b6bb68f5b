//! Elements from a file of JSON values, one on each line. Numbers are passed on as they are written.

use super::lines::Lines;
use super::{Shape, SourceError, bad};
use crate::app::args::Args;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::ffi::OsString;
use std::io::Read;

/// Each line that is not blank is an element; with its number.
pub(super) fn numbered(
    reader: impl Read + Send + 'static,
    name: String,
    shape: Shape,
) -> impl Iterator<Item = Result<(Option<u64>, Args), SourceError>> + Send {
    let mut lines = Lines::new(reader, name, b'\n');
    std::iter::from_fn(move || {
        loop {
            let line = match lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if !line.iter().all(u8::is_ascii_whitespace) {
                let args = element(&line, shape);
                return Some(match args {
                    Ok(args) => Ok((Some(lines.number()), args)),
                    Err(reason) => Err(bad(lines.place(), reason)),
                });
            }
        }
    })
}

fn element(line: &[u8], shape: Shape) -> Result<Args, String> {
    let raw: &RawValue = serde_json::from_slice(line).map_err(|error| not_json(&error))?;
    let first = raw.get().as_bytes().first().copied();
    match (shape, first) {
        (Shape::One, _) => Ok(Args::one(scalar(raw)?)),
        (Shape::Positional, Some(b'[')) => {
            let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?;
            Ok(Args {
                positional: list.into_iter().map(scalar).collect::<Result<_, _>>()?,
                keyword: Vec::new(),
            })
        }
        (Shape::Keyword, Some(b'{')) => {
            let Entries(entries) = serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?;
            let mut keyword: Vec<(String, OsString)> = Vec::with_capacity(entries.len());
            for (name, value) in entries {
                if keyword.iter().any(|(known, _)| *known == name) {
                    return Err(format!("{name:?} comes twice"));
                }
                let value = scalar(value).map_err(|reason| format!("{name:?}: {reason}"))?;
                keyword.push((name, value));
            }
            Ok(Args {
                positional: Vec::new(),
                keyword,
            })
        }
        (Shape::Positional, _) => Err("`starmap` needs a list on each line, such as [\"a\", 1]".to_owned()),
        (Shape::Keyword, _) => {
            Err("`doublestarmap` needs an object on each line, such as {\"host\": \"db1\"}".to_owned())
        }
    }
}

fn scalar(raw: &RawValue) -> Result<OsString, String> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let value: String = serde_json::from_str(text).map_err(|error| not_json(&error))?;
            if value.contains('\0') {
                return Err("a string has a NUL byte".to_owned());
            }
            Ok(value.into())
        }
        Some(b'[' | b'{') => Err("an argument cannot be a list or an object".to_owned()),
        Some(b'n') => Err("`null` is no argument".to_owned()),
        _ => Ok(text.into()),
    }
}

fn not_json(error: &serde_json::Error) -> String {
    // The line is known better outside: in the file, not in the one line that was parsed.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.column() {
        0 => format!("no JSON: {text}"),
        column => format!("no JSON: {text} (column {column})"),
    }
}

/// The entries of an object in their order, also if a name comes twice.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Object).map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, shape: Shape) -> Result<String, String> {
        element(line.as_bytes(), shape).map(|args| args.to_string())
    }

    #[test]
    fn each_shape_takes_its_kind_of_value() {
        assert_eq!(shown(r#""a b""#, Shape::One).unwrap(), "\"a b\"");
        assert_eq!(
            shown("12345678901234567890.10", Shape::One).unwrap(),
            "12345678901234567890.10"
        );
        assert_eq!(shown("true", Shape::One).unwrap(), "true");
        assert_eq!(
            shown(r#"["a", 1, 2.50, false]"#, Shape::Positional).unwrap(),
            "a 1 2.50 false"
        );
        assert_eq!(shown("[]", Shape::Positional).unwrap(), "");
        assert_eq!(
            shown(r#" {"z": "q", "a": 2} "#, Shape::Keyword).unwrap(),
            "z=q a=2"
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (line, shape, part) in [
            ("{", Shape::One, "no JSON"),
            ("nul", Shape::One, "no JSON"),
            ("1 2", Shape::One, "no JSON"),
            ("[1]", Shape::One, "list or an object"),
            ("null", Shape::One, "`null`"),
            (r#""a\u0000""#, Shape::One, "NUL"),
            ("1", Shape::Positional, "needs a list"),
            ("[[1]]", Shape::Positional, "list or an object"),
            ("[1]", Shape::Keyword, "needs an object"),
            (r#"{"a": 1, "a": 2}"#, Shape::Keyword, "twice"),
            (r#"{"a": {}}"#, Shape::Keyword, "\"a\": an argument"),
        ] {
            let reason = shown(line, shape).unwrap_err();
            assert!(reason.contains(part), "{line}: {reason}");
            assert!(!reason.contains("at line"), "{reason}");
        }
        assert!(element(b"\"\xFF\"", Shape::One).is_err());
    }

    #[test]
    fn blank_lines_are_no_elements_and_bad_ones_do_not_end_it() {
        let text = b"1\n\n  \nx\n2\n";
        let all: Vec<_> = numbered(&text[..], "in".to_owned(), Shape::One).collect();
        assert_eq!(all.len(), 3);
        assert!(
            all[1]
                .as_ref()
                .unwrap_err()
                .to_string()
                .starts_with("in:4: no JSON")
        );
        assert_eq!(all[2].as_ref().unwrap().1.to_string(), "2");
    }
}
