//! A filter, taken apart; and how it is written down again.

use super::fields::{Field, word_of};
use super::values::{Bytes, COMPARISONS, Cmp, Pattern, Value, Wanted};
use crate::app::status::Status;
use std::fmt;
use std::time::Duration;

/// What is looked for. The default finds everything.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter(pub(super) Option<Expr>);

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Expr {
    /// It occurs somewhere.
    Word(Pattern),
    /// One of these.
    State(Vec<Status>),
    /// `:`
    Equal(Field, Vec<Pattern>),
    /// `~`
    Found(Field, Pattern),
    Number(Field, Wanted<u64>),
    Size(Field, Wanted<Bytes>),
    Time(Field, Wanted<Duration>),
    Not(Box<Expr>),
    /// At least two, none of which is one itself.
    And(Vec<Expr>),
    /// The same.
    Or(Vec<Expr>),
}

impl Filter {
    /// Whether it finds everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What both find.
    #[must_use]
    pub(crate) fn and(self, other: Filter) -> Filter {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Filter(Some(Expr::all(vec![one, other]))),
            (one, other) => Filter(one.or(other)),
        }
    }

    /// What is in one of these states; without any: nothing.
    pub(crate) fn of_states(states: &[Status]) -> Filter {
        Filter(Some(Expr::State(states.to_vec())))
    }

    /// What runs this function.
    pub(crate) fn of_func(name: &str) -> Filter {
        let pattern = Pattern::exactly(name).ok();
        Filter(pattern.map(|pattern| Expr::Equal(Field::Func, vec![pattern])))
    }

    /// Whether it asks about this.
    pub(crate) fn asks(&self, field: Field) -> bool {
        self.0.as_ref().is_some_and(|expr| expr.asks(field))
    }

    /// The longest time since a start that it tells from longer ones.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.0.as_ref()?.oldest()
    }
}

impl Expr {
    /// All of these; at least one.
    pub(super) fn all(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 {
            flat.remove(0)
        } else {
            Expr::And(flat)
        }
    }

    /// One of these; at least one.
    pub(super) fn any(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 {
            flat.remove(0)
        } else {
            Expr::Or(flat)
        }
    }

    fn asks(&self, field: Field) -> bool {
        match self {
            // Words are looked for in what never changes.
            Expr::Word(_) => false,
            Expr::State(_) => field == Field::State,
            Expr::Equal(asked, _)
            | Expr::Found(asked, _)
            | Expr::Number(asked, _)
            | Expr::Size(asked, _)
            | Expr::Time(asked, _) => *asked == field,
            Expr::Not(inner) => inner.asks(field),
            Expr::And(parts) | Expr::Or(parts) => parts.iter().any(|part| part.asks(field)),
        }
    }

    fn oldest(&self) -> Option<Duration> {
        match self {
            Expr::Time(Field::Age, wanted) => wanted.largest(),
            Expr::Not(inner) => inner.oldest(),
            Expr::And(parts) | Expr::Or(parts) => parts.iter().filter_map(Expr::oldest).max(),
            Expr::Word(_)
            | Expr::State(_)
            | Expr::Equal(..)
            | Expr::Found(..)
            | Expr::Number(..)
            | Expr::Size(..)
            | Expr::Time(..) => None,
        }
    }

    /// How tightly it binds when it is written.
    fn level(&self) -> u8 {
        match self {
            Expr::Or(_) => 0,
            Expr::And(_) => 1,
            _ => 2,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, level: u8) -> fmt::Result {
        if self.level() < level {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Expr::Word(word) if is_plain(&word.text) => f.write_str(&word.text),
            Expr::Word(word) => quote(f, &word.text),
            Expr::State(states) => {
                f.write_str("state:")?;
                separated(f, states, |f, state| f.write_str(&word_of(*state)))
            }
            Expr::Equal(field, patterns) => {
                write!(f, "{}:", field.row().word)?;
                separated(f, patterns, |f, pattern| write_value(f, &pattern.text, true))
            }
            Expr::Found(field, pattern) => {
                write!(f, "{}~", field.row().word)?;
                write_value(f, &pattern.text, false)
            }
            Expr::Number(field, wanted) => write_wanted(f, *field, wanted),
            Expr::Size(field, wanted) => write_wanted(f, *field, wanted),
            Expr::Time(field, wanted) => write_wanted(f, *field, wanted),
            Expr::Not(inner) => {
                // Two signs would be the beginning of a word.
                f.write_str(if matches!(**inner, Expr::Not(_)) {
                    "not "
                } else {
                    "-"
                })?;
                inner.write(f, 2)
            }
            Expr::And(parts) => between(f, parts, " ", 2),
            Expr::Or(parts) => between(f, parts, " or ", 1),
        }
    }
}

fn between(f: &mut fmt::Formatter<'_>, parts: &[Expr], sign: &str, level: u8) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { sign })?;
        part.write(f, level)?;
    }
    Ok(())
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    list: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in list.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { "," })?;
        write(f, item)?;
    }
    Ok(())
}

fn write_wanted<T: Value>(f: &mut fmt::Formatter<'_>, field: Field, wanted: &Wanted<T>) -> fmt::Result {
    f.write_str(field.row().word)?;
    match wanted {
        Wanted::Compare(cmp, than) => {
            f.write_str(sign(*cmp))?;
            than.write(f)
        }
        Wanted::Ranges(ranges) => {
            f.write_str(":")?;
            separated(f, ranges, |f, (first, last)| match (first, last) {
                (Some(first), Some(last)) if first == last => first.write(f),
                (first, last) => {
                    first.map_or(Ok(()), |first| first.write(f))?;
                    f.write_str("..")?;
                    last.map_or(Ok(()), |last| last.write(f))
                }
            })
        }
    }
}

fn sign(cmp: Cmp) -> &'static str {
    let found = COMPARISONS.iter().find(|(_, known)| *known == cmp);
    found.map_or("", |(sign, _)| sign)
}

/// Whether a word means itself without quotes.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_./@+%-".contains(c);
    !word.is_empty()
        && word.chars().all(plain)
        && !word.starts_with('-')
        && !super::parse::KEYWORDS.contains(&word.to_ascii_lowercase().as_str())
}

fn write_value(f: &mut fmt::Formatter<'_>, text: &str, listed: bool) -> fmt::Result {
    let special = |c: char| c.is_whitespace() || "\"()".contains(c) || (listed && ",\\".contains(c));
    if text.is_empty() || text.contains(special) {
        quote(f, text)
    } else {
        f.write_str(text)
    }
}

fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

impl fmt::Display for Filter {
    /// Reads back as the same filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => Ok(()),
            Some(expr) => expr.write(f, 0),
        }
    }
}
