//! The help: every key and what it does, from the table of actions.

use super::draw::Cx;
use super::layout;
use super::overlay::{input_field, inside};
use super::text::{Line, Side, wrap_words};
use super::theme::Role;
use crate::app::dashboard::{Action, Help, HelpLine, State, Zone, help_lines};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

/// A line of the help, as it fits.
pub(super) enum HelpRow {
    /// One that needs no wrapping.
    Whole(HelpLine),
    /// Keys and what they do in a word or two, side by side.
    Short(Vec<(String, &'static str)>),
    /// Keys, or nothing where the text goes on, and the text.
    Keys(String, String),
    /// A piece of a filter, or nothing where the text goes on, and the text.
    Example(&'static str, &'static str),
    /// Plain text.
    Text(String),
}

/// The cells for pieces of filters.
const EXAMPLE: usize = 23;

/// The cells of what is told in a word or two, and those for its keys.
const SHORT: usize = 28;
const SHORT_KEYS: usize = 9;

/// The cells for the keys.
fn key_cells(frame: Rect) -> usize {
    if frame.width >= 64 { 14 } else { 9 }
}

/// How many lines of the help fit, and how many there are.
pub(super) fn measure(area: Rect, state: &State, help: &Help) -> (usize, usize) {
    let frame = layout::help(area);
    let search = usize::from(help.is_searching());
    let fit = usize::from(frame.height).saturating_sub(2 + search);
    (fit, rows(state, frame, help.words()).len())
}

/// Whether a line has all the words; lower case finds any case.
fn matches(line: &HelpLine, words: &str) -> bool {
    let text = match line {
        HelpLine::Keys(keys, doc) => format!("{keys} {doc}"),
        HelpLine::Short(keys, doc) => format!("{keys} {doc}"),
        HelpLine::Example(example, doc) => format!("{example} {doc}"),
        HelpLine::Status(status) => {
            let look = status.look();
            format!("{} {}", look.word, look.meaning)
        }
        HelpLine::Gap | HelpLine::Heading(_) | HelpLine::Text(_) => return words.is_empty(),
    };
    let lower = text.to_lowercase();
    words.split_whitespace().all(|word| {
        if word.chars().any(char::is_uppercase) {
            text.contains(word)
        } else {
            lower.contains(word)
        }
    })
}

/// The lines of the help that have these words, for a frame.
fn rows(state: &State, frame: Rect, words: &str) -> Vec<HelpRow> {
    let cells = usize::from(frame.width).saturating_sub(4);
    let mut rows = Vec::new();
    let columns = (cells / SHORT).max(1);
    let lines = help_lines(&state.keymap, state.place_below());
    for line in lines.into_iter().filter(|line| matches(line, words)) {
        match line {
            HelpLine::Short(keys, doc) => match rows.last_mut() {
                Some(HelpRow::Short(row)) if row.len() < columns => row.push((keys, doc)),
                _ => rows.push(HelpRow::Short(vec![(keys, doc)])),
            },
            HelpLine::Keys(keys, doc) => {
                let parts = wrap_words(&doc, cells.saturating_sub(key_cells(frame) + 2));
                for (i, part) in parts.into_iter().enumerate() {
                    rows.push(HelpRow::Keys(
                        if i == 0 { keys.clone() } else { String::new() },
                        part.to_owned(),
                    ));
                }
            }
            HelpLine::Example(example, doc) => {
                let parts = wrap_words(doc, cells.saturating_sub(EXAMPLE + 2));
                for (i, part) in parts.into_iter().enumerate() {
                    let example = if i == 0 { example } else { "" };
                    rows.push(HelpRow::Example(example, part));
                }
            }
            HelpLine::Text(text) => {
                rows.extend(
                    wrap_words(text, cells)
                        .into_iter()
                        .map(|part| HelpRow::Text(part.to_owned())),
                );
            }
            HelpLine::Gap | HelpLine::Heading(_) | HelpLine::Status(_) => rows.push(HelpRow::Whole(line)),
        }
    }
    rows
}

/// Draws it, and says where the cursor is while something is searched.
pub(super) fn draw(buf: &mut Buffer, frame: Rect, help: &Help, cx: &Cx<'_>) -> Option<Position> {
    Clear.render(frame, buf);
    cx.zones.cover(buf.area, frame);
    cx.zones.text(inside(frame), Zone::Help);
    let lines = rows(cx.state, frame, help.words());
    let search = u16::from(help.is_searching());
    let height = usize::from(frame.height.saturating_sub(2 + search));
    let top = help.top.min(lines.len().saturating_sub(height));
    let more = if top + height < lines.len() {
        format!(" · {} more", cx.state.press(Action::Down))
    } else {
        String::new()
    };
    let (close, find) = (cx.state.press(Action::Back), cx.state.press(Action::SearchHelp));
    let title = format!("Help · {close} closes · {find} searches{more}");
    let cells = usize::from(frame.width).saturating_sub(5);
    cx.theme
        .pane(&super::text::fit(&title, cells), true, false)
        .render(frame, buf);
    let inner = inside(frame);
    for (y, row) in lines.iter().skip(top).take(height).enumerate() {
        help_row(&mut Line::new(buf, inner, y), row, key_cells(frame), cx);
    }
    if lines.is_empty() {
        Line::new(buf, inner, 0).text("no line has these words", cx.style(Role::Dim));
    }
    if !help.is_searching() || inner.is_empty() {
        return None;
    }
    let line = Rect {
        y: inner.bottom() - 1,
        height: 1,
        ..inner
    };
    Line::new(buf, line, 0).text("/", cx.style(Role::Key));
    let cursor = input_field(buf, line, 1, &help.search, cx);
    help.typing.then_some(cursor)
}

fn help_row(line: &mut Line<'_>, row: &HelpRow, keys: usize, cx: &Cx<'_>) {
    match row {
        HelpRow::Whole(HelpLine::Heading(text)) => {
            line.text(text, cx.style(Role::Strong));
        }
        HelpRow::Whole(HelpLine::Status(status)) => {
            let look = status.look();
            let style = cx.style(Role::Status(*status));
            line.gap(1)
                .text(&format!("{} {:<11} ", cx.theme.sign(*status), look.word), style);
            let room = line.room();
            line.column(look.meaning, room, cx.style(Role::Text), Side::Left);
        }
        // The others are no whole lines.
        HelpRow::Whole(
            HelpLine::Gap
            | HelpLine::Text(_)
            | HelpLine::Short(..)
            | HelpLine::Keys(..)
            | HelpLine::Example(..),
        ) => {}
        HelpRow::Short(row) => {
            for (pressed, doc) in row {
                line.gap(1)
                    .column(pressed, SHORT_KEYS, cx.style(Role::Key), Side::Left)
                    .gap(1);
                let room = line.room().min(SHORT - SHORT_KEYS - 2);
                line.column(doc, room, cx.style(Role::Text), Side::Left);
            }
        }
        HelpRow::Example(example, doc) => {
            let cells = EXAMPLE.min(line.room() / 2);
            line.gap(1)
                .column(example, cells, cx.style(Role::Key), Side::Left)
                .gap(1);
            let room = line.room();
            line.column(doc, room, cx.style(Role::Text), Side::Left);
        }
        HelpRow::Text(text) => {
            line.text(text, cx.style(Role::Dim));
        }
        HelpRow::Keys(pressed, doc) => {
            line.gap(1)
                .column(pressed, keys, cx.style(Role::Key), Side::Left)
                .gap(1);
            let room = line.room();
            line.column(doc, room, cx.style(Role::Text), Side::Left);
        }
    }
}
