//! What is said about a key or a value that does not fit.

use super::error::{ConfigError, did_you_mean, listed, quoted};
use super::foreign;
use super::keys::{FUNC, Key, Kind, PLACES, Place};
use super::section::{Span, Value};
use crate::app::clean::{Clean, is_deceptive};
use toml::de::{DeTable, DeValue};

pub(super) fn nul(span: Span) -> ConfigError {
    ConfigError::at(span, "a NUL byte cannot be part of an argument, a name or a path")
}

/// The most characters of a name.
const LONGEST_NAME: usize = 200;

/// Chooses between the forms of a sign: text or picture.
fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// Joins letters or keeps them apart, in scripts that spell with it.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// A name without what only chooses between the forms of a sign (`❤️`): terminals disagree on its width.
pub(super) fn plain_name(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        let sign = |before: char| !before.is_ascii() && !before.is_alphanumeric();
        if !is_presentation(c) || !plain.ends_with(sign) {
            plain.push(c);
        }
    }
    plain
}

/// What tells a name from others where nothing joins its letters.
pub(super) fn look_of(name: &str) -> String {
    name.replace(is_joiner, "")
}

/// What is wrong with the name of a pool, a group or a function. It says which one is meant, on the screen
/// and to other programs: two that look alike, or one that looks like something else, would mislead.
pub(super) fn bad_name(name: &str, span: &Span) -> Option<ConfigError> {
    let error = |message| ConfigError::at(span.clone(), message);
    if name.trim().is_empty() {
        return Some(error("a name is empty").help("write a name that can be read"));
    }
    let length = name.chars().count();
    if length > LONGEST_NAME {
        let label = format!("it has {length} characters, {LONGEST_NAME} are the most");
        return Some(
            error("a name is too long")
                .label(label)
                .help("write a shorter name"),
        );
    }
    // Flags and skin tones are two characters that terminals draw as one, as two, or not at all.
    let is_half = |c| matches!(c, '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}');
    let deceptive = name
        .chars()
        .find(|c| !is_joiner(*c) && (is_deceptive(*c) || is_half(*c)));
    // Joiners stay where a script spells with them.
    let shown = Clean::from(name);
    if deceptive.is_none() && *shown == *name {
        return None;
    }
    let deceptive = deceptive.or_else(|| name.chars().find(|c| is_joiner(*c) && !shown.contains(*c)));
    let label = deceptive.map_or_else(
        || "it has too many combining marks on one character".to_owned(),
        |c| format!("it contains U+{:04X}", u32::from(c)),
    );
    Some(
        error("a name must consist of characters that every terminal shows alike")
            .label(label)
            .help(
                "leave out what is invisible, joins characters, turns the direction or controls a terminal",
            ),
    )
}

pub(super) fn wrong_type(name: &str, kind: Kind, value: &Value<'_>) -> ConfigError {
    let found = describe(value.get_ref());
    let error = ConfigError::at(value.span(), format!("{} is {found}", quoted(name)))
        .label(format!("expected {}", kind.expected()));
    let help = match (kind, value.get_ref()) {
        (Kind::Command, DeValue::String(text)) => {
            let words: Vec<String> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
            Some(format!(
                "write command = [{}], or shell = … if a shell is meant",
                words.join(", ")
            ))
        }
        (Kind::Args, DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => {
            Some(format!("put it in brackets: {name} = [ … ]"))
        }
        (Kind::Source(_), DeValue::String(text)) => {
            let key = if text.contains(['*', '?', '[']) {
                "glob"
            } else {
                "lines"
            };
            Some(format!(
                "if it is a file that is meant: {name} = {{ {key} = {:?} }}",
                &**text
            ))
        }
        (Kind::Tables(place), DeValue::Table(_)) => {
            Some(format!("write it with two brackets: {}", place.name))
        }
        (Kind::Count(_) | Kind::Size, DeValue::String(text)) if text.parse::<u64>().is_ok() => {
            Some(format!("write it without quotes: {name} = {text}"))
        }
        (Kind::Size, DeValue::String(_)) => Some(format!("leave {} out for no limit", quoted(name))),
        (Kind::Table(place), _) if std::ptr::eq(place, &raw const FUNC) => {
            Some("each function has a table with its name".to_owned())
        }
        (Kind::Switch, DeValue::String(text)) if matches!(&**text, "true" | "false") => {
            Some(format!("write it without quotes: {name} = {text}"))
        }
        _ => None,
    };
    error.maybe_help(help)
}

pub(super) fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "no whole number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn unknown_key(place: &'static Place, title: &str, name: &str, span: Span) -> ConfigError {
    let error = ConfigError::at(span, format!("{title} has no key {}", quoted(name)));
    if let Some(meant) = foreign::meant(place, name) {
        return error.label("unknown key").help(meant);
    }
    let names = || place.keys.iter().map(|key| key.name);
    if let Some(mean) = did_you_mean(name, names()) {
        return error.label("unknown key").help(mean);
    }
    // Perhaps it is right, but in the wrong place.
    let elsewhere: Vec<&str> = PLACES
        .iter()
        .filter(|other| other.key(name).is_some())
        .map(|other| other.name)
        .collect();
    let known = format!("there are {}", listed(names(), "and"));
    if elsewhere.is_empty() {
        error.label("unknown key").help(known)
    } else {
        error.label("unknown key here").help(format!(
            "{} belongs to {}",
            quoted(name),
            elsewhere.join(" or ")
        ))
    }
}

/// A key that exists, but not for this method or kind of pool.
pub(super) fn misfit(
    place: &Place,
    key: &Key,
    only: &[&str],
    switch: &str,
    (span, table): (Span, &DeTable<'_>),
) -> ConfigError {
    let by = place.switch.unwrap_or("kind");
    let error = ConfigError::at(
        span,
        format!("{} does not go with {by} = \"{switch}\"", quoted(key.name)),
    )
    .label(format!("belongs to {}", listed(only.iter().copied(), "and")));
    // The key of the same sort that does go with it.
    let instead = place.keys.iter().find(|other| {
        std::mem::discriminant(&other.kind) == std::mem::discriminant(&key.kind)
            && other.need.only().is_some_and(|values| values.contains(&switch))
            && !table.contains_key(other.name)
            && matches!(key.kind, Kind::Source(_))
    });
    match instead {
        Some(other) => error.help(format!(
            "did you mean {}? Or {by} = \"{}\"?",
            quoted(other.name),
            only.first().copied().unwrap_or_default()
        )),
        None if by == "method" && key.name == "num_concurrent" => error.help(
            "`apply` starts as many at once as the pool has room for; limit them with the pool's `pool_size`",
        ),
        None if by == "method" && switch == "apply" => error.help("`apply` takes `args`, `kwargs` and `num`"),
        None if by == "method" => error.help(
            "each element gives a task its arguments; what is the same for all belongs into the function",
        ),
        None if key.name == "group" => {
            error.help("a simple pool has one function and no groups; leave `kind` out for a pool of groups")
        }
        None => error.help(format!("write it in a [[pool.group]], or set {by} = \"simple\"")),
    }
}
