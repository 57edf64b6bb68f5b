//! Placeholders in a command: `{0}`, `{}`, `{host}`, `{0:name}`.

use crate::app::args::Args;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// One argument of a command, with its placeholders. Whatever is put in, it stays one argument: nothing is
/// split, quoted or looked at by a shell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Value(Slot, Part),
}

/// Which argument of the task a placeholder stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// `{0}`, `{1}` …
    Position(usize),
    /// `{host}`
    Keyword(String),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Position(index) => write!(f, "{{{index}}}"),
            Slot::Keyword(name) => write!(f, "{{{name}}}"),
        }
    }
}

/// Which part of the argument, read as a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Whole,
    Name,
    Stem,
    Dir,
    Ext,
    NoExt,
}

const PARTS: [(&str, Part); 5] = [
    ("name", Part::Name),
    ("stem", Part::Stem),
    ("dir", Part::Dir),
    ("ext", Part::Ext),
    ("noext", Part::NoExt),
];

/// A template that cannot be read.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("{reason}")]
pub struct TemplateError {
    /// Where in the template, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub reason: String,
}

/// The arguments lack what a template needs.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("nothing to put in for `{0}`")]
pub struct Missing(pub Slot);

impl Template {
    /// Reads a template. `{{` and `}}` are braces.
    ///
    /// # Errors
    ///
    /// A brace without its other half, an unknown part, a name that is none, a NUL byte.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        if let Some(offset) = text.find('\0') {
            return Err(error(offset, "an argument cannot contain a NUL byte"));
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['{', '}']) {
            let brace = at + found;
            literal.push_str(&text[at..brace]);
            let rest = &text[brace..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push_str(&rest[..1]);
                at = brace + 2;
            } else if rest.starts_with('}') {
                return Err(error(
                    brace,
                    "this `}` closes nothing; a brace itself is written `}}`",
                ));
            } else {
                let Some(length) = rest.find('}') else {
                    return Err(error(
                        brace,
                        "this `{` is never closed; a brace itself is written `{{`",
                    ));
                };
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(placeholder(&rest[1..length]).map_err(|reason| error(brace, reason))?);
                at = brace + length + 1;
            }
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Template { pieces })
    }

    /// The argument, with these values put in.
    ///
    /// # Errors
    ///
    /// The first placeholder that nothing was given for.
    pub fn expand(&self, args: &Args) -> Result<OsString, Missing> {
        let mut out = OsString::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push(text),
                Piece::Value(slot, part) => {
                    let value = value(args, slot).ok_or_else(|| Missing(slot.clone()))?;
                    out.push(part.of(value));
                }
            }
        }
        Ok(out)
    }

    /// What has to be given.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(slot, _) => Some(slot),
        })
    }

    /// The argument itself, if it has no placeholder.
    pub fn literal(&self) -> Option<&str> {
        match &*self.pieces {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Template {
    /// As it is written in a config.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Piece::Value(slot, part) => {
                    let slot = slot.to_string();
                    let name = PARTS
                        .iter()
                        .find(|(_, p)| p == part)
                        .map(|(name, _)| format!(":{name}"));
                    write!(f, "{}{}}}", slot.trim_end_matches('}'), name.unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}

/// Expands a whole command. One without any placeholder gets the arguments by position appended.
///
/// # Errors
///
/// The first placeholder that nothing was given for.
pub fn expand_all(command: &[Template], args: &Args) -> Result<Vec<OsString>, Missing> {
    let mut words = command
        .iter()
        .map(|template| template.expand(args))
        .collect::<Result<Vec<_>, _>>()?;
    if slots(command).is_empty() {
        words.extend(args.positional.iter().cloned());
    }
    Ok(words)
}

/// A value that would stand at the beginning of an argument and looks like an option, with nothing before it that
/// ends the options.
pub(super) fn like_an_option<'a>(command: &[Template], args: &'a Args) -> Option<&'a OsStr> {
    let ends = command
        .iter()
        .position(|word| word.literal() == Some("--"))
        .unwrap_or(command.len());
    let before = command.get(1..ends).unwrap_or_default();
    let mut first = before.iter().filter_map(|word| match word.pieces.first() {
        Some(Piece::Value(slot, part)) => Some((value(args, slot)?, *part)),
        Some(Piece::Text(_)) | None => None,
    });
    let looks_like = |value: &OsStr, part: Part| {
        let value = part.of(value).as_bytes();
        // A number is one wherever it stands, and a lone `-` is standard input.
        let is_number = || std::str::from_utf8(value).is_ok_and(|text| text.parse::<f64>().is_ok());
        value.len() > 1 && value[0] == b'-' && !is_number()
    };
    let put_in = first.find_map(|(value, part)| looks_like(value, part).then_some(value));
    let is_open = ends == command.len() && slots(command).is_empty();
    put_in.or_else(|| {
        let mut appended = args.positional.iter().map(OsString::as_os_str);
        appended.find(|value| is_open && looks_like(value, Part::Whole))
    })
}

fn value<'a>(args: &'a Args, slot: &Slot) -> Option<&'a OsStr> {
    match slot {
        Slot::Position(index) => args.positional.get(*index).map(OsString::as_os_str),
        Slot::Keyword(name) => args.get(name),
    }
}

/// Everything that a command needs.
pub(super) fn slots(command: &[Template]) -> BTreeSet<&Slot> {
    command.iter().flat_map(Template::slots).collect()
}

fn error(offset: usize, reason: impl Into<String>) -> TemplateError {
    TemplateError {
        offset,
        reason: reason.into(),
    }
}

fn placeholder(inside: &str) -> Result<Piece, String> {
    let (which, part) = match inside.split_once(':') {
        None => (inside, Part::Whole),
        Some((which, part)) => match PARTS.iter().find(|(name, _)| *name == part) {
            Some((_, part)) => (which, *part),
            None => {
                return Err(format!(
                    "`:{}` is no part of a path: there are `:name`, `:stem`, `:dir`, `:ext` and `:noext`",
                    part.escape_debug()
                ));
            }
        },
    };
    let slot = if which.is_empty() {
        Slot::Position(0)
    } else if which.bytes().all(|b| b.is_ascii_digit()) {
        let index: u16 = which
            .parse()
            .map_err(|_| format!("`{{{which}}}` is too large a position"))?;
        Slot::Position(usize::from(index))
    } else if is_name(which) {
        Slot::Keyword(which.to_owned())
    } else {
        return Err(format!(
            "`{{{}}}` is no placeholder: inside the braces stands a position (`{{0}}`) or a keyword (`{{host}}`); \
             a brace itself is written `{{{{`",
            which.escape_debug()
        ));
    };
    Ok(Piece::Value(slot, part))
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

impl Part {
    fn of(self, value: &OsStr) -> &OsStr {
        let path = Path::new(value);
        let part = match self {
            Part::Whole => Some(value),
            Part::Name => path.file_name(),
            Part::Stem => path.file_stem(),
            Part::Ext => path.extension(),
            // The path as it was written, up to the dot.
            Part::NoExt => path
                .extension()
                .and_then(|ext| {
                    let kept = value
                        .as_bytes()
                        .strip_suffix(ext.as_bytes())?
                        .strip_suffix(b".")?;
                    Some(OsStr::from_bytes(kept))
                })
                .or(Some(value)),
            // Of a bare name it is `.`, so that `{0:dir}/x` never means `/x`.
            Part::Dir => path.parent().map(Path::as_os_str).map(|dir| {
                if dir.as_bytes().is_empty() {
                    OsStr::new(".")
                } else {
                    dir
                }
            }),
        };
        part.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt as _;

    fn args() -> Args {
        Args {
            positional: vec!["in/a b.tar.gz".into(), "640x480".into()],
            keyword: vec![("host".to_owned(), "db1".into())],
        }
    }

    fn expanded(text: &str) -> String {
        let template = Template::parse(text).unwrap();
        template.expand(&args()).unwrap().into_string().unwrap()
    }

    #[test]
    fn placeholders_are_put_in() {
        for (text, want) in [
            ("plain", "plain"),
            ("", ""),
            ("{}", "in/a b.tar.gz"),
            ("{0}", "in/a b.tar.gz"),
            ("-s{1}x", "-s640x480x"),
            ("{host}:{host}", "db1:db1"),
            ("out/{0:name}", "out/a b.tar.gz"),
            ("{0:stem}", "a b.tar"),
            ("{0:ext}", "gz"),
            ("{0:noext}", "in/a b.tar"),
            ("{1:noext}", "640x480"),
            ("{:dir}", "in"),
            ("{1:dir}/x", "./x"),
            ("{{0}}", "{0}"),
            ("{{{0}}}", "{in/a b.tar.gz}"),
        ] {
            assert_eq!(expanded(text), want, "{text}");
        }
    }

    #[test]
    fn parts_that_a_path_does_not_have_are_empty() {
        let root = Args::one("/");
        for text in ["{0:name}", "{0:stem}", "{0:ext}", "{0:dir}"] {
            assert_eq!(
                Template::parse(text).unwrap().expand(&root).unwrap(),
                "",
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let slot = |text: &str| Template::parse(text).unwrap().expand(&args()).unwrap_err().0;
        assert_eq!(slot("{2}"), Slot::Position(2));
        assert_eq!(slot("{user}"), Slot::Keyword("user".to_owned()));
        assert_eq!(
            Missing(slot("{user}")).to_string(),
            "nothing to put in for `{user}`"
        );
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        for (text, offset, part) in [
            ("ab{0", 2, "never closed"),
            ("ab}", 2, "closes nothing"),
            ("{0:base}", 0, "`:name`, `:stem`, `:dir`, `:ext` and `:noext`"),
            ("x{a b}", 1, "no placeholder"),
            ("{99999}", 0, "too large"),
            ("{1x}", 0, "no placeholder"),
            ("a\0b", 1, "NUL"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(error.offset, offset, "{text}");
            assert!(error.reason.contains(part), "{text}: {}", error.reason);
        }
    }

    #[test]
    fn without_a_placeholder_the_positional_arguments_are_appended() {
        let command = |texts: &[&str]| -> Vec<Template> {
            texts.iter().map(|text| Template::parse(text).unwrap()).collect()
        };
        assert_eq!(
            expand_all(&command(&["gzip", "-9"]), &args()).unwrap(),
            ["gzip", "-9", "in/a b.tar.gz", "640x480"]
        );
        assert_eq!(
            expand_all(&command(&["ping", "{host}"]), &args()).unwrap(),
            ["ping", "db1"]
        );
    }

    #[test]
    fn t6_values_that_look_like_options_are_found() {
        let found = |command: &[&str], value: &str| {
            let command: Vec<Template> = command
                .iter()
                .map(|text| Template::parse(text).unwrap())
                .collect();
            like_an_option(&command, &Args::one(value)).is_some()
        };
        for command in [
            &["rm", "{0}"][..],
            &["rm", "{0}x"],
            &["rm"],
            &["rm", "-r", "{0:name}"],
        ] {
            assert!(found(command, "-rf"), "{command:?}");
            assert!(found(command, "--help"), "{command:?}");
            assert!(!found(command, "rf"), "{command:?}");
            assert!(!found(command, ""), "{command:?}");
        }
        for command in [
            &["rm", "--", "{0}"][..],
            &["rm", "--"],
            &["rm", "./{0}"],
            &["rm", "-n{0}"],
            &["{0}"],
            &["rm", "{0:dir}"],
        ] {
            assert!(!found(command, "-rf"), "{command:?}");
        }
        assert!(!found(&["seq", "{0}"], "-5"));
        assert!(!found(&["cat", "{0}"], "-"));
    }

    proptest! {
        #[test]
        fn a_value_stays_one_argument(value in proptest::collection::vec(1..=255_u8, 0..40)) {
            let value = OsString::from_vec(value);
            let args = Args::one(value.clone());
            let command = ["sh", "a{0}b", "{}"].map(|text| Template::parse(text).unwrap());
            let words = expand_all(&command, &args).unwrap();
            let mut around = OsString::from("a");
            around.push(&value);
            around.push("b");
            prop_assert_eq!(words, [OsString::from("sh"), around, value]);
        }

        #[test]
        fn what_is_shown_reads_back_as_the_same(text in "[a-z{}0-9:. -]{0,24}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(Template::parse(&template.to_string()), Ok(template));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            if let Err(error) = Template::parse(&text) {
                prop_assert!(text.is_char_boundary(error.offset));
            }
        }
    }

    #[test]
    fn hostile_values_are_nothing_special() {
        for value in [
            "$(id)", "`id`", "; id", "a b", "*", "-rf", "\n", "{1}", "{{", "'\"", "\u{202e}", "",
        ] {
            let expanded =
                |text: &str| expand_all(&[Template::parse(text).unwrap()], &Args::one(value)).unwrap();
            assert_eq!(expanded("echo"), ["echo", value]);
            assert_eq!(expanded("{}"), [value]);
        }
    }
}
