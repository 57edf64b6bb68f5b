//! What a field is compared with.

use super::fields::Kind;
use regex::{Regex, RegexBuilder};
use std::fmt;
use std::time::Duration;

/// How much memory a pattern may take, in bytes: one that would take more is refused.
const PATTERN: usize = 1 << 20;

/// A text that is looked for, in one way or another; equal if it is written alike.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// A regular expression. In lower case it finds any case.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a fragment.
    pub(super) fn regex(text: &str) -> Result<Pattern, String> {
        Pattern::new(text, text, !text.chars().any(char::is_uppercase))
    }

    /// A text to be found anywhere, in any case.
    pub(super) fn word(text: &str) -> Result<Pattern, String> {
        Pattern::new(text, &regex::escape(text), true)
    }

    /// A whole text, in which `*` is anything. In lower case it finds any case.
    pub(super) fn whole(text: &str) -> Result<Pattern, String> {
        let parts: Vec<String> = text.split('*').map(regex::escape).collect();
        let any_case = !text.chars().any(char::is_uppercase);
        Pattern::new(text, &format!("^(?s:{})$", parts.join(".*")), any_case)
    }

    /// This text and no other.
    pub(super) fn exactly(text: &str) -> Result<Pattern, String> {
        Pattern::new(text, &format!("^{}$", regex::escape(text)), false)
    }

    fn new(text: &str, regex: &str, any_case: bool) -> Result<Pattern, String> {
        let built = RegexBuilder::new(regex)
            .case_insensitive(any_case)
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN)
            .nest_limit(64)
            .build();
        let regex = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            error => {
                // The last line says what is wrong; those before it point there.
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
        })?;
        Ok(Pattern {
            text: text.to_owned(),
            regex,
        })
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether it is the text, or one of its words.
    pub(super) fn is_word_of(&self, text: &str) -> bool {
        self.is_in(text) || text.split_whitespace().any(|word| self.is_in(word))
    }
}

/// How a number or a duration is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cmp {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The comparisons, as they are written; longer ones first.
pub(super) const COMPARISONS: [(&str, Cmp); 4] = [
    ("<=", Cmp::AtMost),
    (">=", Cmp::AtLeast),
    ("<", Cmp::Less),
    (">", Cmp::More),
];

/// Which numbers or durations are meant.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Wanted<T> {
    /// Those that compare so.
    Compare(Cmp, T),
    /// Those in one of these ranges, both ends included. At least one end is given.
    Ranges(Vec<(Option<T>, Option<T>)>),
}

impl<T: Copy + Ord> Wanted<T> {
    pub(super) fn has(&self, value: T) -> bool {
        match self {
            Wanted::Compare(Cmp::Less, than) => value < *than,
            Wanted::Compare(Cmp::AtMost, than) => value <= *than,
            Wanted::Compare(Cmp::More, than) => value > *than,
            Wanted::Compare(Cmp::AtLeast, than) => value >= *than,
            Wanted::Ranges(ranges) => ranges.iter().any(|(first, last)| {
                first.is_none_or(|first| first <= value) && last.is_none_or(|last| value <= last)
            }),
        }
    }

    /// The largest number that is named.
    pub(super) fn largest(&self) -> Option<T> {
        match self {
            Wanted::Compare(_, than) => Some(*than),
            Wanted::Ranges(ranges) => ranges
                .iter()
                .flat_map(|(first, last)| [*first, *last])
                .flatten()
                .max(),
        }
    }
}

/// A number as it is written in a filter.
pub(super) trait Value: Copy + Ord {
    fn read(text: &str) -> Result<Self, String>;
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Value for u64 {
    fn read(text: &str) -> Result<u64, String> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.ok_or_else(|| format!("not a whole number: {text}"))
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An amount of memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Bytes(pub(super) u64);

/// The units of memory, the largest first.
const UNITS: [(&str, u32); 4] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];

impl Value for Bytes {
    fn read(text: &str) -> Result<Bytes, String> {
        let upper = text.to_ascii_uppercase();
        let number = upper.trim_end_matches('B').trim_end_matches('I');
        let (digits, shift) = UNITS
            .iter()
            .find_map(|(unit, shift)| Some((number.strip_suffix(unit)?, *shift)))
            .unwrap_or((number, 0));
        let digits = Some(digits)
            .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        let bytes = digits.and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
        bytes
            .map(Bytes)
            .ok_or_else(|| format!("not an amount of memory: {text}"))
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |shift: &u32| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        match UNITS.iter().find(|(_, shift)| whole(shift)) {
            Some((unit, shift)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Value for Duration {
    fn read(text: &str) -> Result<Duration, String> {
        crate::app::config::parse_duration(text).map_err(|why| format!("not a duration: {text}: {why}"))
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = (self.as_secs(), self.subsec_nanos());
        for (count, unit) in [(secs / 3600, "h"), (secs / 60 % 60, "m"), (secs % 60, "s")] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        for (count, unit) in [
            (nanos / 1_000_000, "ms"),
            (nanos / 1_000 % 1_000, "us"),
            (nanos % 1_000, "ns"),
        ] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        if self.is_zero() {
            f.write_str("0s")?;
        }
        Ok(())
    }
}

impl Kind {
    /// What may stand after a field of this kind, for a message.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Kind::State => "state:failed or state:failed,timed-out",
            Kind::Text => "`:` is equal (`*` is anything), `~` is a regular expression",
            Kind::Number => "write exit:2, id:5..9, try>1",
            Kind::Time => "write time>5s, age<1m30s, time:5s..10s",
            Kind::Size => "write mem>100M, mem<2G",
        }
    }
}
