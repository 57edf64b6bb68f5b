//! The arguments of one task, whatever its function is.

use std::ffi::{OsStr, OsString};
use std::fmt;

/// One task's arguments. They are bytes, kept exactly: a file name need not be UTF-8.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Args {
    /// By position.
    pub positional: Vec<OsString>,
    /// By keyword, in the order in which they were given; no keyword comes twice.
    pub keyword: Vec<(String, OsString)>,
}

impl Args {
    /// One argument, by position: what `map` makes of an element.
    pub fn one(value: impl Into<OsString>) -> Args {
        Args {
            positional: vec![value.into()],
            keyword: Vec::new(),
        }
    }

    /// The argument with this keyword.
    pub fn get(&self, keyword: &str) -> Option<&OsStr> {
        let (_, value) = self.keyword.iter().find(|(name, _)| name == keyword)?;
        Some(value)
    }

    /// About how much memory it takes beside itself, in bytes, the allocator's part included.
    pub(super) fn memory(&self) -> usize {
        const BLOCK: usize = 16;
        let block = |bytes: usize| if bytes == 0 { 0 } else { bytes + BLOCK };
        let positional = self.positional.iter().map(|value| block(value.capacity()));
        let keyword = self.keyword.iter();
        let keyword = keyword.map(|(name, value)| block(name.capacity()) + block(value.capacity()));
        block(self.positional.capacity() * size_of::<OsString>())
            + block(self.keyword.capacity() * size_of::<(String, OsString)>())
            + positional.chain(keyword).sum::<usize>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.keyword.is_empty()
    }
}

impl fmt::Display for Args {
    /// For people: `a.bin "two words" host=db1`. Bytes that are not UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positional = self.positional.iter().map(|value| (None, value));
        let keyword = self.keyword.iter().map(|(name, value)| (Some(name), value));
        for (i, (name, value)) in positional.chain(keyword).enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            if let Some(name) = name {
                write!(f, "{}=", name.escape_debug())?;
            }
            let text = value.to_string_lossy();
            // Quoted where it would be misread: as several arguments, as a keyword, or not at all.
            let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
            let keyword_like = name.is_none() && text.contains('=');
            if !text.is_empty() && text.chars().all(plain) && !keyword_like {
                f.write_str(&text)?;
            } else {
                write!(f, "{text:?}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    fn shown(positional: &[&str], keyword: &[(&str, &str)]) -> String {
        let args = Args {
            positional: positional.iter().map(OsString::from).collect(),
            keyword: keyword.iter().map(|(k, v)| ((*k).to_owned(), v.into())).collect(),
        };
        args.to_string()
    }

    #[test]
    fn quotes_only_what_would_be_misread() {
        assert_eq!(
            shown(&["a.bin", "two words"], &[("host", "db1")]),
            "a.bin \"two words\" host=db1"
        );
        assert_eq!(
            shown(&["", "a=b", "--x"], &[("q", "a=b")]),
            r#""" "a=b" --x q=a=b"#
        );
        assert_eq!(shown(&["say \"hi\"", "a\nb"], &[]), r#""say \"hi\"" "a\nb""#);
        assert_eq!(shown(&["\u{1b}[2J"], &[]), r#""\u{1b}[2J""#);
        assert_eq!(Args::default().to_string(), "");
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_as_such() {
        assert_eq!(
            Args::one(OsString::from_vec(b"a\xFF".to_vec())).to_string(),
            "a\u{FFFD}"
        );
    }
}
