//! What may stand in a config, as tables for the documentation.

use super::keys::{FUNC, GROUP, Kind, Need, OUTPUT, POOL, Place, WARNINGS};
use super::keys_ui::UI;
use std::fmt::Write as _;

/// The reference of all keys in Markdown: a table for each place of a config.
pub fn keys_markdown() -> String {
    let places: [&Place; 6] = [&FUNC, &POOL, &GROUP, &OUTPUT, &WARNINGS, &UI];
    places.map(table).join("\n")
}

fn table(place: &Place) -> String {
    let mut text = format!(
        "**`{}`** {}\n\n| Key | Value | Meaning |\n|---|---|---|\n",
        place.name, place.doc
    );
    for key in place.keys {
        let meaning = key.doc.replace('|', "\\|");
        let only = match key.need {
            Need::Optional | Need::Required => String::new(),
            Need::With(values) | Need::RequiredWith(values) => {
                format!(" Only with `{}`.", values.join("`, `"))
            }
        };
        let needed = match key.need {
            Need::Required | Need::RequiredWith(_) => " Has to be there.",
            Need::Optional | Need::With(_) => "",
        };
        let value = match key.kind {
            Kind::Tables(place) => format!("`{}`", place.name),
            other => other.expected().replace('|', "\\|"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {value} | {meaning}{only}{needed} |", key.name);
    }
    text
}
