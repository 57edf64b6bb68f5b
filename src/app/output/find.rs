//! A text that lines are searched for.

use std::ops::Range;

/// What is looked for: a text as it is shown. Written in lower case it is found in any case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    /// None for an empty text.
    pub fn new(text: &str) -> Option<Needle> {
        (!text.is_empty()).then(|| Needle {
            text: text.to_owned(),
            exact: text.chars().any(char::is_uppercase),
        })
    }

    /// Whether it occurs in a line.
    pub fn is_in(&self, line: &str) -> bool {
        self.after(line, 0).is_some()
    }

    /// Where it occurs in a line, from left to right, without overlaps.
    pub fn places(&self, line: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(place) = self.after(line, from) {
            from = place.end;
            places.push(place);
        }
        places
    }

    /// The first place at or after a byte.
    fn after(&self, line: &str, from: usize) -> Option<Range<usize>> {
        let rest = line.get(from..)?;
        if self.exact {
            let at = rest.find(&self.text)? + from;
            return Some(at..at + self.text.len());
        }
        if rest.is_ascii() {
            let needle = self.text.as_bytes();
            let mut windows = rest.as_bytes().windows(needle.len());
            let at = windows.position(|window| window.eq_ignore_ascii_case(needle))? + from;
            return Some(at..at + needle.len());
        }
        let starts = rest.char_indices().map(|(at, _)| at + from);
        starts
            .into_iter()
            .find_map(|start| Some(start..start + self.begins(&line[start..])?))
    }

    /// How many bytes of the text it is, if that begins with it.
    fn begins(&self, text: &str) -> Option<usize> {
        let mut rest = text.chars();
        let mut length = 0;
        for wanted in self.text.chars() {
            let c = rest.next()?;
            if c != wanted && !c.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
            length += c.len_utf8();
        }
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_finds_any_case_and_upper_case_only_itself() {
        let places = |needle: &str, line: &str| Needle::new(needle).unwrap().places(line);
        assert_eq!(places("err", "Error: no ERR"), [0..3, 10..13]);
        assert_eq!(places("Err", "Error: no ERR"), std::slice::from_ref(&(0..3)));
        assert_eq!(places("größe", "Die GRÖßE, größe"), [4..11, 13..20]);
        assert_eq!(places("aa", "aaaa a"), [0..2, 2..4]);
        assert_eq!(places("x", "日本語 x"), std::slice::from_ref(&(10..11)));
        assert!(places("none", "nothing").is_empty());
        assert_eq!(Needle::new(""), None);
    }
}
