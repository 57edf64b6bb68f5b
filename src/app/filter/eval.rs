//! What a filter finds.

use super::expr::{Expr, Filter};
use super::fields::Field;
use super::values::Bytes;
use crate::app::status::Status;
use std::time::Duration;

/// Something that can be looked for: a task, a group, a pool, a warning. What it has not is never found.
pub trait Subject {
    /// Shows each of its texts of this field to `see` until that says yes; whether it did.
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool;

    /// The same with everything that plain words are looked for in.
    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool;

    /// Its number of this field.
    fn number(&self, field: Field) -> Option<u64>;

    /// Its duration of this field.
    fn time(&self, field: Field) -> Option<Duration>;

    /// Whether it is in this state, or has tasks that are.
    fn is(&self, status: Status) -> bool;
}

impl Filter {
    /// Whether it finds this.
    pub fn finds(&self, subject: &(impl Subject + ?Sized)) -> bool {
        self.0.as_ref().is_none_or(|expr| expr.finds(subject))
    }
}

impl Expr {
    fn finds(&self, subject: &(impl Subject + ?Sized)) -> bool {
        match self {
            Expr::Word(word) => subject.words(&mut |text| word.is_in(text)),
            Expr::State(states) => states.iter().any(|state| subject.is(*state)),
            Expr::Equal(field @ (Field::Arg | Field::Out), patterns) => subject.text(*field, &mut |text| {
                patterns.iter().any(|pattern| pattern.is_word_of(text))
            }),
            Expr::Equal(field, patterns) => subject.text(*field, &mut |text| {
                patterns.iter().any(|pattern| pattern.is_in(text))
            }),
            Expr::Found(field, pattern) => subject.text(*field, &mut |text| pattern.is_in(text)),
            Expr::Number(field, wanted) => subject.number(*field).is_some_and(|number| wanted.has(number)),
            Expr::Size(field, wanted) => subject.number(*field).is_some_and(|n| wanted.has(Bytes(n))),
            Expr::Time(field, wanted) => subject.time(*field).is_some_and(|time| wanted.has(time)),
            Expr::Not(inner) => !inner.finds(subject),
            Expr::And(parts) => parts.iter().all(|part| part.finds(subject)),
            Expr::Or(parts) => parts.iter().any(|part| part.finds(subject)),
        }
    }
}
