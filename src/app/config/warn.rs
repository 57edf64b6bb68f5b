//! `[warnings]`.

use super::keys::WARNINGS;
use super::section::Section;
use crate::app::warnings::{KINDS, Kind, Limit, Limits};
use toml::de::DeValue;

/// Reads it.
pub(super) fn read(root: &mut Section<'_, '_>) -> Limits {
    let mut limits = Limits::default();
    let Some((kind, value)) = root.raw("warnings") else {
        return limits;
    };
    let DeValue::Table(table) = value.get_ref() else {
        root.wrong("warnings", kind, value);
        return limits;
    };
    let mut section = root.inner(&WARNINGS, WARNINGS.name, table, value.span());
    for about in &KINDS {
        let limit = match about.limit {
            Limit::Time(_) => section.duration(about.key).map(Limit::Time),
            Limit::Number(_) => section.count(about.key).map(|count| Limit::Number(count as u64)),
        };
        if let Some(limit) = limit {
            limits = limits.with(about.kind, limit);
        }
    }
    let muted = section.words("mute");
    limits.muted = muted.into_iter().filter_map(Kind::from_key).collect();
    limits
}
