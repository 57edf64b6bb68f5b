//! A table of the file, read key by key against the table of keys. What is wrong is collected, and the
//! reading goes on, so that one run shows every mistake.

use super::error::{ConfigError, did_you_mean, listed, nearest, quoted};
use super::keys::{Key, Kind, Need, Place};
use super::messages::{describe, misfit, nul, unknown_key, wrong_type};
use std::ffi::OsString;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) type Value<'i> = Spanned<DeValue<'i>>;
pub(super) type Span = Range<usize>;

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// One table, and where its mistakes go.
pub(super) struct Section<'t, 'e> {
    place: &'static Place,
    /// What it is called in messages.
    title: String,
    table: &'t DeTable<'t>,
    /// Where the table itself is named.
    pub(super) span: Span,
    errors: &'e mut Vec<ConfigError>,
}

impl<'t, 'e> Section<'t, 'e> {
    /// Opens a table; keys that do not belong there are reported.
    pub(super) fn open(
        place: &'static Place,
        title: String,
        table: &'t DeTable<'t>,
        span: Span,
        errors: &'e mut Vec<ConfigError>,
    ) -> Section<'t, 'e> {
        for key in table.keys() {
            if place.key(key.get_ref()).is_none() {
                errors.push(unknown_key(place, &title, key.get_ref(), key.span()));
            }
        }
        Section {
            place,
            title,
            table,
            span,
            errors,
        }
    }

    /// Reports keys that it lacks, or that do not go with the place's switch (`method`, `kind`); with `None`
    /// that is not known.
    pub(super) fn fit(&mut self, switch: Option<&str>) {
        let mut missing = Vec::new();
        for key in self.place.keys {
            let entry = self.table.get_key_value(key.name);
            match (entry, key.need) {
                (Some((found, _)), need) => {
                    if let Some((only, switch)) = need.only().zip(switch)
                        && !only.contains(&switch)
                    {
                        self.errors
                            .push(misfit(self.place, key, only, switch, (found.span(), self.table)));
                    }
                }
                (None, Need::Required) => missing.push(key),
                (None, Need::RequiredWith(only)) if switch.is_some_and(|switch| only.contains(&switch)) => {
                    // A sibling written instead of it is reported above already.
                    let instead = |other: &Key| {
                        matches!(other.kind, Kind::Source(_)) && self.table.contains_key(other.name)
                    };
                    if !matches!(key.kind, Kind::Source(_)) || !self.place.keys.iter().any(instead) {
                        missing.push(key);
                    }
                }
                (None, Need::Optional | Need::With(_) | Need::RequiredWith(_)) => {}
            }
        }
        for key in missing {
            // A misspelt key is one mistake, not two.
            if !self.unknown_like(&[key.name]) {
                self.missing(key);
            }
        }
    }

    /// Whether an unknown key looks like one of these; it is reported already.
    pub(super) fn unknown_like(&self, names: &[&str]) -> bool {
        let unknown = self
            .table
            .keys()
            .filter(|found| self.place.key(found.get_ref()).is_none());
        unknown
            .into_iter()
            .any(|found| nearest(found.get_ref(), names.iter().copied()).is_some())
    }

    fn missing(&mut self, key: &Key) {
        let mut error = ConfigError::at(
            self.span.clone(),
            format!("{} lacks {}", self.title, quoted(key.name)),
        )
        .label(format!("{} is needed here", quoted(key.name)));
        error = match key.kind {
            Kind::Source(_) | Kind::OneOf(_) => {
                error.help(format!("{} is {}", quoted(key.name), key.kind.expected()))
            }
            _ => error.help(format!("{}: {}", quoted(key.name), key.doc)),
        };
        self.errors.push(error);
    }

    /// What it is called in messages.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn push(&mut self, error: ConfigError) {
        self.errors.push(error);
    }

    pub(super) fn errors(&mut self) -> &mut Vec<ConfigError> {
        self.errors
    }

    /// How many mistakes there are so far; what could not be read must not be judged a second time.
    pub(super) fn mistakes(&self) -> usize {
        self.errors.len()
    }

    /// A table inside this one.
    pub(super) fn inner(
        &mut self,
        place: &'static Place,
        title: impl Into<String>,
        table: &'t DeTable<'t>,
        span: Span,
    ) -> Section<'t, '_> {
        Section::open(place, title.into(), table, span, self.errors)
    }

    /// The tables of a `[[name]]`.
    pub(super) fn tables(&mut self, name: &str) -> Vec<(&'t DeTable<'t>, Span)> {
        let Some((kind, value)) = self.raw(name) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(name, kind, value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in list {
            match value.get_ref() {
                DeValue::Table(table) => tables.push((table, value.span())),
                _ => self.wrong(name, kind, value),
            }
        }
        tables
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Where the key stands.
    pub(super) fn key_span(&self, name: &str) -> Option<Span> {
        self.table.get_key_value(name).map(|(key, _)| key.span())
    }

    /// The value of a key and what is expected of it.
    pub(super) fn raw(&self, name: &str) -> Option<(Kind, &'t Value<'t>)> {
        let key = self.place.key(name);
        debug_assert!(key.is_some(), "{name} is not in the table of keys");
        Some((key?.kind, self.table.get(name)?))
    }

    pub(super) fn wrong(&mut self, name: &str, kind: Kind, value: &Value<'_>) {
        self.errors.push(wrong_type(name, kind, value));
    }

    /// A string that is not empty.
    pub(super) fn text(&mut self, name: &str) -> Option<At<String>> {
        let (kind, value) = self.raw(name)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(name, kind, value);
            return None;
        };
        if text.trim().is_empty() {
            self.push(ConfigError::at(
                value.span(),
                format!("{} is empty", quoted(name)),
            ));
            return None;
        }
        if text.contains('\0') {
            self.push(nul(value.span()));
            return None;
        }
        Some(At {
            value: text.clone().into_owned(),
            span: value.span(),
        })
    }

    /// One of the words that the key allows.
    pub(super) fn word(&mut self, name: &str) -> Option<&'static str> {
        let Kind::OneOf(words) = self.place.key(name)?.kind else {
            return None;
        };
        let text = self.text(name)?;
        let word = words.iter().find(|word| **word == text.value);
        if word.is_none() {
            let message = format!("{} is no {}", quoted(&text.value), name);
            let mean = did_you_mean(&text.value, words.iter().copied());
            self.push(
                ConfigError::at(text.span, message)
                    .label(format!("must be {}", listed(words.iter().copied(), "or")))
                    .maybe_help(mean),
            );
        }
        word.copied()
    }

    /// A list of words that the key allows.
    pub(super) fn words(&mut self, name: &str) -> Vec<&'static str> {
        let Some((kind, value)) = self.raw(name) else {
            return Vec::new();
        };
        let (Kind::Words(words), DeValue::Array(list)) = (kind, value.get_ref()) else {
            self.wrong(name, kind, value);
            return Vec::new();
        };
        let mut found = Vec::new();
        for value in list {
            let DeValue::String(text) = value.get_ref() else {
                self.wrong(name, kind, value);
                continue;
            };
            if let Some(word) = words.iter().find(|word| **word == text.as_ref()) {
                found.push(*word);
                continue;
            }
            let mean = did_you_mean(text, words.iter().copied());
            self.push(
                ConfigError::at(
                    value.span(),
                    format!("{} is nothing that {name} knows", quoted(text)),
                )
                .label(format!("must be {}", listed(words.iter().copied(), "or")))
                .maybe_help(mean),
            );
        }
        found
    }

    pub(super) fn switch(&mut self, name: &str) -> Option<bool> {
        let (kind, value) = self.raw(name)?;
        if let DeValue::Boolean(on) = value.get_ref() {
            return Some(*on);
        }
        self.wrong(name, kind, value);
        None
    }

    /// A count; `None` also if it is wrong, which is reported.
    pub(super) fn count(&mut self, name: &str) -> Option<usize> {
        let (kind, value) = self.raw(name)?;
        let least = if let Kind::Count(least) = kind { least } else { 0 };
        match value.get_ref() {
            DeValue::Integer(_) => match integer(value).map(usize::try_from) {
                Some(Ok(count)) if count as u64 >= least => return Some(count),
                Some(Ok(_) | Err(_)) | None => {
                    let negative = integer(value).is_some_and(|number| number < i128::from(least));
                    let what = match (negative, least) {
                        (true, 0) => "must not be negative".to_owned(),
                        (true, _) => format!("must be at least {least}"),
                        (false, _) => "is too large".to_owned(),
                    };
                    let most = (!negative).then(|| format!("{} is the most", usize::MAX));
                    self.push(
                        ConfigError::at(value.span(), format!("{} {what}", quoted(name))).maybe_help(most),
                    );
                }
            },
            DeValue::Float(number) => {
                let endless = matches!(number.as_str(), "inf" | "+inf");
                let help =
                    endless.then(|| "only `pool_size` may be without a limit: write a number".to_owned());
                self.push(
                    ConfigError::at(value.span(), format!("{} must be a whole number", quoted(name)))
                        .label(format!("expected {}", kind.expected()))
                        .maybe_help(help),
                );
            }
            _ => self.wrong(name, kind, value),
        }
        None
    }

    /// A pool's size; `None` is unlimited, as is a size that is wrong, which is reported.
    pub(super) fn size(&mut self, name: &str) -> Option<usize> {
        let (_, value) = self.raw(name)?;
        match value.get_ref() {
            DeValue::Float(number) if matches!(number.as_str(), "inf" | "+inf") => None,
            _ => self.count(name),
        }
    }

    pub(super) fn duration(&mut self, name: &str) -> Option<Duration> {
        let (kind, value) = self.raw(name)?;
        let zero_is_fine = matches!(kind, Kind::Duration { zero: true });
        let text = match value.get_ref() {
            DeValue::String(text) => text,
            DeValue::Integer(number) => {
                let help = format!("write {name} = \"{number}s\" if seconds are meant");
                self.push(wrong_type(name, kind, value).help(help));
                return None;
            }
            _ => {
                self.wrong(name, kind, value);
                return None;
            }
        };
        match super::duration::parse(text) {
            Ok(Duration::ZERO) if !zero_is_fine => self.push(
                ConfigError::at(value.span(), format!("{} must be longer than 0", quoted(name)))
                    .help(format!("leave {} out for none", quoted(name))),
            ),
            Ok(duration) => return Some(duration),
            Err(reason) => self.push(
                ConfigError::at(value.span(), format!("{} is no duration", quoted(text)))
                    .label(reason)
                    .help(format!("write {}", kind.expected())),
            ),
        }
        None
    }

    /// A list of scalars.
    pub(super) fn args(&mut self, name: &str) -> Vec<OsString> {
        let Some((kind, value)) = self.raw(name) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(name, kind, value);
            return Vec::new();
        };
        list.iter().filter_map(|value| self.argument(value)).collect()
    }

    /// A table of scalars, in the order of the file.
    pub(super) fn named(&mut self, name: &str) -> Vec<(At<String>, String)> {
        let Some((kind, value)) = self.raw(name) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(name, kind, value);
            return Vec::new();
        };
        self.named_in(table)
    }

    pub(super) fn named_in(&mut self, table: &DeTable<'_>) -> Vec<(At<String>, String)> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let name = At {
                    value: key.get_ref().clone().into_owned(),
                    span: key.span(),
                };
                Some((name, self.argument(value)?.into_string().ok()?))
            })
            .collect()
    }

    /// A scalar as an argument, written as in the file.
    pub(super) fn argument(&mut self, value: &Value<'_>) -> Option<OsString> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.clone().into_owned(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Integer(_) => integer(value)?.to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(on) => on.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) | DeValue::Table(_) => {
                self.push(
                    ConfigError::at(value.span(), "an argument cannot be a list or a table")
                        .label(format!("this is {}", describe(value.get_ref()))),
                );
                return None;
            }
        };
        if text.contains('\0') {
            self.push(nul(value.span()));
            return None;
        }
        Some(text.into())
    }
}

/// The number, if it is one and fits.
pub(super) fn integer(value: &Value<'_>) -> Option<i128> {
    let DeValue::Integer(number) = value.get_ref() else {
        return None;
    };
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}
