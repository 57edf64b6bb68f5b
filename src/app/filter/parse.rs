//! Reading a filter, with the place, the reason and the remedy of the first mistake.

use super::expr::{Expr, Filter};
use super::fields::{Field, FieldRow, Kind, field_words, state_words, word_of};
use super::values::{COMPARISONS, Pattern, Value, Wanted};
use crate::app::clean::Clean;
use crate::app::config::nearest;
use crate::app::status::Status;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The longest filter that is read, in bytes.
const LONGEST: usize = 4096;

/// How deep parentheses and `not` may be nested.
const DEEPEST: usize = 64;

/// The words that mean something of their own.
pub(super) const KEYWORDS: [&str; 3] = ["and", "or", "not"];

/// What is wrong with a filter.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct BadFilter {
    /// Where, in bytes.
    pub place: Range<usize>,
    /// What it is.
    pub reason: String,
    /// What to write in its place.
    pub remedy: String,
}

impl BadFilter {
    /// Four lines: the reason, the filter itself, its faulty part marked, the remedy.
    pub fn point_out(&self, text: &str) -> String {
        // Counted in what is shown.
        let shown = |range: Range<usize>| Clean::from(text.get(range).unwrap_or_default());
        let blanks = " ".repeat(shown(0..self.place.start).chars().count());
        let marks = "^".repeat(shown(self.place.clone()).chars().count().max(1));
        let (reason, remedy, text) = (&self.reason, &self.remedy, Clean::from(text));
        format!("{reason}\n  {text}\n  {blanks}{marks}\n  {remedy}")
    }
}

impl fmt::Display for BadFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.remedy)
    }
}

impl FromStr for Filter {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Filter, BadFilter> {
        if text.len() > LONGEST {
            return Err(BadFilter {
                place: text.floor_char_boundary(LONGEST)..text.len(),
                reason: format!("a filter has at most {LONGEST} bytes"),
                remedy: "leave something out".to_owned(),
            });
        }
        let mut parser = Parser {
            text,
            at: 0,
            depth: 0,
        };
        parser.blanks();
        if parser.rest().is_empty() {
            return Ok(Filter(None));
        }
        let expr = parser.any()?;
        match parser.rest().chars().next() {
            None => Ok(Filter(Some(expr))),
            // Only that ends an expression early.
            Some(_) => Err(parser.bad(
                parser.at..parser.at + 1,
                "nothing is opened that this could close",
                "leave it out, or put it in quotes to find it",
            )),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// A value: its text, and where it stands.
type Read = (String, Range<usize>);

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    #[expect(clippy::unused_self, reason = "reads as what it is about")]
    fn bad(&self, place: Range<usize>, reason: impl AsRef<str>, remedy: impl Into<String>) -> BadFilter {
        BadFilter {
            place,
            // It quotes what was typed, which may be anything.
            reason: Clean::from(reason.as_ref()).to_string(),
            remedy: remedy.into(),
        }
    }

    /// The keyword that stands here as a word of its own, if one does.
    fn keyword(&self) -> Option<&'static str> {
        let end = self
            .rest()
            .find(|c: char| c.is_whitespace() || "()\"".contains(c))
            .unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        KEYWORDS
            .into_iter()
            .find(|keyword| *keyword == word || keyword.to_ascii_uppercase() == word)
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.keyword() == Some(keyword);
        if is {
            self.at += keyword.len();
            self.blanks();
        }
        is
    }

    fn any(&mut self) -> Result<Expr, BadFilter> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self) -> Result<Expr, BadFilter> {
        let mut parts = vec![self.one()?];
        loop {
            let and = self.takes("and");
            let over = self.rest().is_empty() || self.rest().starts_with(')') || self.keyword() == Some("or");
            if over && !and {
                return Ok(Expr::all(parts));
            }
            parts.push(self.one()?);
        }
    }

    /// One thing, and the blanks after it.
    fn one(&mut self) -> Result<Expr, BadFilter> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let here = self.at..self.text.len();
            return Err(self.bad(here, "nested too deeply", "write it with fewer parentheses"));
        }
        let expr = self.one_at_depth()?;
        self.depth -= 1;
        self.blanks();
        Ok(expr)
    }

    fn one_at_depth(&mut self) -> Result<Expr, BadFilter> {
        let start = self.at;
        if self.takes("not") {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        if let Some(keyword) = self.keyword() {
            let place = start..start + keyword.len();
            let remedy = format!("put it in quotes to find the word: \"{keyword}\"");
            return Err(self.bad(place, format!("nothing stands before `{keyword}`"), remedy));
        }
        let mut next = self.rest().chars();
        match (next.next(), next.next()) {
            (Some('('), _) => {
                self.at += 1;
                self.blanks();
                let inner = self.any()?;
                if !self.rest().starts_with(')') {
                    return Err(self.bad(start..start + 1, "it is never closed", "add a `)`"));
                }
                self.at += 1;
                Ok(inner)
            }
            (Some('-'), Some(after)) if after != '-' && !after.is_whitespace() => {
                self.at += 1;
                Ok(Expr::Not(Box::new(self.one()?)))
            }
            (Some('"'), _) => {
                let (text, place) = self.value(false)?;
                self.word(&text, place)
            }
            (Some(')') | None, _) => {
                let place = self.at..self.text.len().min(self.at + 1);
                Err(self.bad(
                    place,
                    "something is missing here",
                    "write a word, or for instance state:failed",
                ))
            }
            (Some(_), _) => self.term(),
        }
    }

    /// A field with what it is compared with, or a word.
    fn term(&mut self) -> Result<Expr, BadFilter> {
        let start = self.at;
        let name = self.rest().len()
            - self
                .rest()
                .trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '_')
                .len();
        let word = self.rest()[..name].to_owned();
        let after = &self.rest()[name..];
        let compared = after.starts_with([':', '~', '<', '>']) && name > 0 && !after.starts_with("://");
        match Field::of(&word) {
            Some(row) if compared || after.starts_with('=') => {
                self.at += name;
                self.field(row, start)
            }
            None if compared => {
                let place = start..start + name;
                let found = nearest(&word, super::FIELDS.iter().map(|row| row.word));
                let remedy = match found {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("fields are {}; quotes find it as it is", field_words()),
                };
                Err(self.bad(place, format!("no such field: {word}"), remedy))
            }
            _ => {
                let (text, place) = self.bare(false);
                self.word(&text, place)
            }
        }
    }

    fn word(&self, text: &str, place: Range<usize>) -> Result<Expr, BadFilter> {
        let pattern = Pattern::word(text);
        pattern
            .map(Expr::Word)
            .map_err(|why| self.bad(place, why, "write a shorter word"))
    }

    /// What follows the name of a field.
    fn field(&mut self, row: &FieldRow, start: usize) -> Result<Expr, BadFilter> {
        let sign_at = self.at;
        let compare = COMPARISONS.iter().find(|(sign, _)| self.rest().starts_with(sign));
        let sign = match compare {
            Some((sign, _)) => sign,
            None if self.rest().starts_with('~') => "~",
            None => ":",
        };
        self.at += sign.len();
        let fits = match row.kind {
            Kind::State => sign == ":",
            Kind::Text => matches!(sign, ":" | "~"),
            Kind::Number | Kind::Size | Kind::Time => sign != "~",
        };
        if !fits {
            let reason = format!("{} cannot be compared with {sign}", row.word);
            return Err(self.bad(start..sign_at + sign.len(), reason, row.kind.remedy()));
        }
        if sign == "~" {
            let (text, place) = self.value(false)?;
            let whole = start..place.end;
            self.must_be_there(&text, row, whole)?;
            let pattern = Pattern::regex(&text).map_err(|why| {
                let remedy = "a backslash before a sign takes its meaning away";
                self.bad(place, format!("no regular expression: {why}"), remedy)
            })?;
            return Ok(Expr::Found(row.field, pattern));
        }
        let mut values = vec![self.value(true)?];
        while compare.is_none() && self.rest().starts_with(',') {
            self.at += 1;
            values.push(self.value(true)?);
        }
        for (text, _) in &values {
            self.must_be_there(text, row, start..self.at)?;
        }
        match (row.kind, compare) {
            (Kind::State, _) => Ok(Expr::State(self.each(&values, status)?)),
            (Kind::Text, _) => {
                let patterns = self.each(&values, |text| {
                    Pattern::whole(text).map_err(|why| (why, "write a shorter one".to_owned()))
                })?;
                Ok(Expr::Equal(row.field, patterns))
            }
            (Kind::Number, _) => Ok(Expr::Number(row.field, self.wanted(row, compare, &values)?)),
            (Kind::Size, _) => Ok(Expr::Size(row.field, self.wanted(row, compare, &values)?)),
            (Kind::Time, _) => {
                let wanted = self.wanted(row, compare, &values)?;
                if let Wanted::Ranges(ranges) = &wanted
                    && ranges.iter().any(|(first, last)| first == last)
                {
                    let reason = format!("{}: no two durations are quite the same", row.word);
                    return Err(self.bad(start..self.at, reason, row.kind.remedy()));
                }
                Ok(Expr::Time(row.field, wanted))
            }
        }
    }

    fn must_be_there(&self, text: &str, row: &FieldRow, place: Range<usize>) -> Result<(), BadFilter> {
        if !text.is_empty() {
            return Ok(());
        }
        let (reason, remedy) = match row.kind {
            Kind::State => (
                "state: wants a state".to_owned(),
                format!("states are {}", state_words()),
            ),
            kind => (format!("{} wants a value", row.word), kind.remedy().to_owned()),
        };
        Err(self.bad(place, reason, remedy))
    }

    fn each<T>(
        &self,
        values: &[Read],
        read: impl Fn(&str) -> Result<T, (String, String)>,
    ) -> Result<Vec<T>, BadFilter> {
        let read = |(text, place): &Read| {
            read(text).map_err(|(reason, remedy)| self.bad(place.clone(), reason, remedy))
        };
        values.iter().map(read).collect()
    }

    fn wanted<T: Value>(
        &self,
        row: &FieldRow,
        compare: Option<&(&str, super::values::Cmp)>,
        values: &[Read],
    ) -> Result<Wanted<T>, BadFilter> {
        let fail = |why: String| (why, row.kind.remedy().to_owned());
        if let (Some((_, cmp)), [value]) = (compare, values) {
            let read = self.each(std::slice::from_ref(value), |text| T::read(text).map_err(fail))?;
            return Ok(Wanted::Compare(*cmp, read[0]));
        }
        let ranges = self.each(values, |text| {
            let Some((first, last)) = text.split_once("..") else {
                let value = T::read(text).map_err(fail)?;
                return Ok((Some(value), Some(value)));
            };
            let read = |text: &str| {
                (!text.is_empty())
                    .then(|| T::read(text))
                    .transpose()
                    .map_err(fail)
            };
            match (read(first)?, read(last)?) {
                (None, None) => Err(fail("a range wants one end at least".to_owned())),
                (Some(first), Some(last)) if first > last => {
                    Err(fail("a range whose end is before its beginning".to_owned()))
                }
                range => Ok(range),
            }
        })?;
        Ok(Wanted::Ranges(ranges))
    }

    /// A value, with or without quotes; one of several ends at a comma, too.
    fn value(&mut self, listed: bool) -> Result<Read, BadFilter> {
        if !self.rest().starts_with('"') {
            return Ok(self.bare(listed));
        }
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest()[1..].char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + 1 + i + 1;
                    return Ok((text, start..self.at));
                }
                '\\' => match chars.clone().next() {
                    Some((_, escaped @ ('"' | '\\'))) => {
                        text.push(escaped);
                        chars.next();
                    }
                    _ => text.push('\\'),
                },
                c => text.push(c),
            }
        }
        Err(self.bad(start..self.text.len(), "the quote is never closed", "add a `\"`"))
    }

    /// Up to a blank, or to a parenthesis that closes what was opened before.
    fn bare(&mut self, listed: bool) -> Read {
        let (start, mut open) = (self.at, 0_usize);
        let end = self.rest().char_indices().find(|(_, c)| {
            match c {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' => return true,
                ',' => return listed,
                c => return c.is_whitespace(),
            }
            false
        });
        self.at = end.map_or(self.text.len(), |(i, _)| start + i);
        (self.text[start..self.at].to_owned(), start..self.at)
    }
}

fn status(text: &str) -> Result<Status, (String, String)> {
    Status::from_word(text).ok_or_else(|| {
        let words: Vec<String> = crate::app::status::LOOKS
            .iter()
            .map(|look| word_of(look.status))
            .collect();
        let remedy = match nearest(text, words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("states are {}", state_words()),
        };
        (format!("no such state: {text}"), remedy)
    })
}
