//! The help and the list of keys for `docs/keys.md`, from the table of actions.

use super::{ACTIONS, Entry, Place, SECTIONS, Section};
use crate::app::dashboard::Keymap;
use crate::app::filter::language_lines;
use std::fmt::Write as _;

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpLine {
    /// An empty line.
    Gap,
    /// A heading.
    Heading(&'static str),
    /// Keys that count where the help was opened, and what they do in a word or two.
    Short(String, &'static str),
    /// Keys, and what they do.
    Keys(String, String),
    /// A status, for the legend.
    Status(crate::app::status::Status),
    /// A piece of a filter, and what it finds.
    Example(&'static str, &'static str),
    /// Plain text.
    Text(&'static str),
}

/// The help, from the table of actions and that of statuses. It begins with what counts in that place.
pub fn help_lines(keymap: &Keymap, place: Place) -> Vec<HelpLine> {
    let mut lines = vec![HelpLine::Heading("On this screen")];
    let counts = |entry: &&Entry| {
        let moves = matches!(entry.section, Section::Move | Section::Program);
        entry.places.contains(&place) && !moves && !keymap.all(entry.action).is_empty()
    };
    let here = ACTIONS.iter().filter(counts);
    lines.extend(here.map(|entry| HelpLine::Short(keymap.all(entry.action), entry.name)));
    lines.push(HelpLine::Gap);
    lines.push(HelpLine::Text(
        "Lower case acts on the task under the cursor or the marked ones, UPPER CASE on the group or the pool.",
    ));
    for (section, heading) in SECTIONS {
        lines.push(HelpLine::Gap);
        lines.push(HelpLine::Heading(heading));
        for entry in ACTIONS.iter().filter(|entry| entry.section == section) {
            lines.push(HelpLine::Keys(keymap.all(entry.action), doc_text(entry)));
        }
    }
    lines.push(HelpLine::Gap);
    lines.push(HelpLine::Heading("What a task is shown as"));
    lines.extend(
        crate::app::status::LOOKS
            .iter()
            .map(|look| HelpLine::Status(look.status)),
    );
    lines.push(HelpLine::Gap);
    lines.push(HelpLine::Heading("What a filter can ask for"));
    lines.extend(language_lines().map(|(example, doc)| HelpLine::Example(example, doc)));
    lines
}

/// The list of keys for `docs/keys.md`: a Markdown table for each section.
pub fn keys_markdown() -> String {
    // Writing into a string cannot fail.
    let mut text = String::new();
    for (section, heading) in SECTIONS {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(
            text,
            "**{heading}**\n\n| Key | Action | Does | Asks |\n|---|---|---|---|\n"
        );
        for entry in ACTIONS.iter().filter(|entry| entry.section == section) {
            let keys: Vec<String> = entry.keys.iter().map(|key| format!("`{key}`")).collect();
            let word = entry.action.word();
            let keys = keys.join(" ");
            let _ = writeln!(text, "| {keys} | `{word}` | {} | {} |", entry.doc, entry.asks);
        }
    }
    text
}

fn doc_text(entry: &Entry) -> String {
    match entry.asks {
        "" => entry.doc.to_owned(),
        asks => format!("{} (asks {asks})", entry.doc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_readme_name_every_action() {
        let keymap = Keymap::default();
        let help = help_lines(&keymap, Place::Pool);
        let readme = keys_markdown();
        for entry in &ACTIONS {
            assert!(
                help.contains(&HelpLine::Keys(keymap.all(entry.action), doc_text(entry))),
                "{entry:?}"
            );
            assert!(readme.contains(entry.doc), "{entry:?}");
        }
        assert_eq!(help[0], HelpLine::Heading("On this screen"));
        assert!(help.contains(&HelpLine::Short("x".to_owned(), "cancel")));
        for look in &crate::app::status::LOOKS {
            assert!(help.contains(&HelpLine::Status(look.status)));
        }
    }
}
