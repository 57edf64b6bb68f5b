//! Every key as text or JSON, for the command line.

use super::{ACTIONS, Entry};
use crate::app::dashboard::Keymap;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The keys as a table: the action's word, its keys, where they count, and what they do.
pub fn keys_text(keymap: &Keymap) -> String {
    let rows: Vec<[String; 4]> = ACTIONS
        .iter()
        .map(|entry| {
            let keys = keymap.all(entry.action);
            let keys = if keys.is_empty() { "-".to_owned() } else { keys };
            [
                entry.action.word(),
                keys,
                places(entry).join(" "),
                entry.doc.to_owned(),
            ]
        })
        .collect();
    let heading = ["ACTION", "KEYS", "PLACES", "DOES"].map(str::to_owned);
    let widths: Vec<usize> = (0..3)
        .map(|column| {
            let cells = rows
                .iter()
                .chain([&heading])
                .map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for [word, keys, places, doc] in [&heading].into_iter().chain(&rows) {
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{word:<w0$}  {keys:<w1$}  {places:<w2$}  {doc}",
            w0 = widths[0],
            w1 = widths[1],
            w2 = widths[2],
        );
    }
    text
}

/// The same for programs: a list of objects with `action`, `keys`, `places` and `doc`.
pub fn keys_json(keymap: &Keymap) -> Value {
    let row = |entry: &Entry| {
        let keys: Vec<String> = keymap.chords(entry.action).map(ToString::to_string).collect();
        json!({
            "action": entry.action.word(),
            "keys": keys,
            "places": places(entry),
            "doc": entry.doc,
        })
    };
    Value::Array(ACTIONS.iter().map(row).collect())
}

fn places(entry: &Entry) -> Vec<String> {
    entry.places.iter().map(|place| place.word()).collect()
}
