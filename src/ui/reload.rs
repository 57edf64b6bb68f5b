//! What a config says that is read again: its changes, or what is wrong with it.

use super::draw::Cx;
use super::layout;
use super::overlay::{Row, answers, boxed_in, inside};
use super::text::{fit, width, wrap_words};
use super::theme::Role;
use crate::app::clean::Clean;
use crate::app::dashboard::{Action, Reloading, Stage, State};
use crate::app::reload::{self, Changes, When};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The cells for the word that says from when on a change counts.
const WHEN: usize = 10;

/// The most cells for what is another.
const WHAT: usize = 24;

/// The indent of what becomes of a change.
const BELOW: usize = 4;

/// The lines that stay, whatever is cut: an empty one and the answers.
const KEPT: usize = 2;

/// A line before it has colours.
type Plain = Vec<(String, Role)>;

/// How wide the text is.
fn cells(area: Rect) -> usize {
    usize::from(inside(layout::wide_dialog(area, 1)).width)
}

/// How many of the lines fit, and how many there are.
pub(super) fn measure(area: Rect, state: &State, reloading: &Reloading) -> (usize, usize) {
    let lines = lines(state, reloading, cells(area)).len();
    let inner = inside(layout::wide_dialog(area, lines + KEPT));
    (usize::from(inner.height).saturating_sub(KEPT), lines)
}

/// Draws it; while the config is being read the line of the last action says so.
pub(super) fn draw(buf: &mut Buffer, area: Rect, reloading: &Reloading, cx: &Cx<'_>) {
    let file = &cx.state.view.title;
    let title = match &reloading.stage {
        Stage::Reading => return,
        Stage::Changed(_) => format!("Reload {file}?"),
        Stage::Faulty(_) => format!("{file} cannot be taken"),
        Stage::Refused(_) => format!("Reloaded {file}, but for this"),
    };
    let mut rows: Vec<Row> = lines(cx.state, reloading, cells(area))
        .into_iter()
        .map(|line| {
            let styled = line.into_iter().map(|(text, role)| (text, cx.style(role)));
            styled.collect()
        })
        .collect();
    rows.push(Row::new());
    let (last, actions) = foot(reloading, cx);
    rows.push(last.clone());
    let frame = layout::wide_dialog(area, rows.len());
    let inner = boxed_in(buf, (area, frame), &title, &rows, (KEPT, reloading.top), cx);
    answers(inner, &last, &actions, cx);
}

/// The answers, and which piece of them is which.
fn foot(reloading: &Reloading, cx: &Cx<'_>) -> (Row, Vec<(usize, Action)>) {
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let close = |word: &str| {
        (
            format!(" {} {word} ", cx.state.key(Action::Keep)),
            cx.style(Role::Cursor),
        )
    };
    match &reloading.stage {
        Stage::Changed(changes) if changes.applies() => {
            let row = vec![
                close("Keep"),
                ("   ".to_owned(), text),
                key(Action::Yes),
                (" Yes, apply it".to_owned(), text),
                ("   cannot be undone".to_owned(), dim),
            ];
            (row, vec![(0, Action::Keep), (2, Action::Yes)])
        }
        Stage::Changed(_) => {
            let row = vec![
                close("Close"),
                ("   nothing counts before the next start".to_owned(), dim),
            ];
            (row, vec![(0, Action::Keep)])
        }
        Stage::Reading | Stage::Faulty(_) | Stage::Refused(_) => {
            let row = vec![
                close("Close"),
                ("   ".to_owned(), text),
                key(Action::Reload),
                (" reads it again".to_owned(), dim),
            ];
            (row, vec![(0, Action::Keep), (2, Action::Reload)])
        }
    }
}

fn lines(state: &State, reloading: &Reloading, cells: usize) -> Vec<Plain> {
    match &reloading.stage {
        Stage::Reading => Vec::new(),
        Stage::Changed(changes) => changed(state, changes, cells),
        Stage::Faulty(lines) => lines.iter().flat_map(|line| faulty(line, cells)).collect(),
        Stage::Refused(rows) => of_rows(rows, cells),
    }
}

fn changed(state: &State, changes: &Changes, cells: usize) -> Vec<Plain> {
    let mut lines = of_rows(&changes.rows, cells);
    let mut notes = Vec::new();
    if changes.applies() {
        notes.push("What runs goes on, and nothing is cancelled.".to_owned());
    }
    if changes.agrees {
        notes.push(format!(
            "Nobody has named this file: {} also agrees to run it as it is now, until it changes.",
            state.key(Action::Yes)
        ));
    }
    if !notes.is_empty() {
        lines.push(Plain::new());
    }
    for note in &notes {
        lines.extend(words(note, cells, 0, Role::Dim));
    }
    lines
}

/// Text in lines of so many cells, each after an indent.
fn words(text: &str, cells: usize, indent: usize, role: Role) -> Vec<Plain> {
    let parts = wrap_words(text, cells.saturating_sub(indent).max(1));
    let line = |part: &str| vec![(" ".repeat(indent), Role::Text), (part.to_owned(), role)];
    parts.into_iter().map(line).collect()
}

fn of_rows(rows: &[reload::Row], cells: usize) -> Vec<Plain> {
    let names = rows.iter().map(|row| width(&row.what)).max().unwrap_or(0);
    let names = names.min(WHAT).min(cells / 3);
    let mut lines = Vec::new();
    let mut part: Option<&Clean> = None;
    for (at, row) in rows.iter().enumerate() {
        let new = part != Some(&row.part);
        if new && part.is_some() {
            lines.push(Plain::new());
        }
        part = Some(&row.part);
        let headed = new && row.what.is_empty();
        if new && !headed {
            lines.push(vec![(row.part.to_string(), Role::Strong)]);
        }
        lines.extend(of_row(row, headed, names, cells));
        // What is said of several in a row is said once.
        let next = rows.get(at + 1);
        if !next.is_some_and(|next| (&next.part, below(next)) == (&row.part, below(row))) {
            let (text, role) = below(row);
            if !text.is_empty() {
                lines.extend(words(text, cells, BELOW, role));
            }
        }
    }
    lines
}

/// A change: what, from what to what, from when on; below it what becomes of it.
fn of_row(row: &reload::Row, headed: bool, names: usize, cells: usize) -> Vec<Plain> {
    let (name, role) = if headed {
        (row.part.to_string(), Role::Strong)
    } else {
        (format!("  {}", row.what), Role::Text)
    };
    // A name that is too long has a line of its own.
    let indent = 2 + names + 2;
    let room = cells.saturating_sub(indent + WHEN + 1).max(8);
    let name = fit(&name, cells).into_owned();
    let long = width(&name) + 2 > indent;
    let mut lines = Vec::new();
    if long {
        lines.push(vec![(name.clone(), role)]);
    }
    let (when, bright) = when(row);
    let text_role = if row.when.applies() { Role::Text } else { Role::Dim };
    for (i, part) in wrap_words(&row.text, room).into_iter().enumerate() {
        let first = i == 0;
        let head = if first && !long { &*name } else { "" };
        let mut line = vec![
            (
                format!("{head:<pad$}", pad = indent.saturating_sub(wide(head))),
                role,
            ),
            (part.to_owned(), text_role),
        ];
        if first {
            let gap = cells.saturating_sub(indent + width(part) + width(when));
            line.push((" ".repeat(gap), Role::Text));
            line.push((when.to_owned(), bright));
        }
        lines.push(line);
    }
    lines
}

/// What becomes of it, which stands below.
fn below(row: &reload::Row) -> (&str, Role) {
    match &row.refused {
        Some(why) => (why, Role::Error),
        None => (&row.effect, Role::Dim),
    }
}

/// By how many cells a text is wider than its characters are many, as `format!` pads by characters.
fn wide(text: &str) -> usize {
    width(text).saturating_sub(text.chars().count())
}

/// From when on, in a word or two.
fn when(row: &reload::Row) -> (&'static str, Role) {
    if row.refused.is_some() {
        return ("refused", Role::Error);
    }
    match row.when {
        When::Now => ("at once", Role::Key),
        When::NewGroups => ("new groups", Role::Key),
        When::NextStart => ("next start", Role::Warning),
        When::LeftAlone => ("left alone", Role::Dim),
    }
}

/// A line of a message: what is wrong and what helps is wrapped, what quotes the file is cut.
fn faulty(line: &Clean, cells: usize) -> Vec<Plain> {
    let text: &str = line;
    let bare = text.trim_start_matches([' ', '|', '=']);
    let role = if text.starts_with("error") {
        Role::Error
    } else if bare.starts_with("help") {
        Role::Strong
    } else {
        Role::Text
    };
    if role == Role::Text {
        // The last line names the file, which may be long.
        let quotes = text.starts_with([' ', '|'])
            || text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('|');
        let parts = if quotes {
            vec![fit(text, cells).into_owned()]
        } else {
            wrap_words(text, cells).into_iter().map(str::to_owned).collect()
        };
        return parts.into_iter().map(|part| vec![(part, role)]).collect();
    }
    let indent = width(text) - width(bare);
    let mut lines = words(bare, cells, indent, role);
    if let Some(first) = lines.first_mut() {
        text[..text.len() - bare.len()].clone_into(&mut first[0].0);
    }
    lines
}
