//! What lies over the screen: help, questions, typed lines, and what leaving waits for.

use super::draw::Cx;
use super::finding;
use super::layout::{self, Areas};
use super::text::{Line, Side, duration, width, wrap_words};
use super::theme::Role;
use super::why;
use crate::app::count::counted;
use crate::app::dashboard::{Action, Confirm, HelpLine, Keymap, Overlay, Prompt, help_lines};
use crate::app::view::{Closing, ClosingPool};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};
use std::time::Duration;
use tui_input::Input;

/// Draws it, and says where the terminal's cursor should be, if something is typed.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) -> Option<Position> {
    match cx.state.overlay.as_ref()? {
        Overlay::Help(top) => {
            help(buf, layout::help(area), *top, cx);
            None
        }
        Overlay::Confirm(confirm) => question(buf, area, confirm, cx),
        Overlay::Prompt(prompt) => Some(typed_line(buf, area, prompt, cx)),
        Overlay::Columns(at) => {
            finding::picker(buf, area, *at, cx);
            None
        }
        Overlay::Filter(line) => Some(finding::filter_line(buf, areas, line, cx)),
        Overlay::Find(input) => {
            let help = "  Enter next to the end  Esc clear  n N & go on";
            Some(slash_line(buf, areas.hints, input, help, cx))
        }
        Overlay::Why(subject) => {
            why::draw(buf, area, subject, cx);
            None
        }
        Overlay::Closing => {
            closing(buf, area, cx);
            None
        }
    }
}

/// A line at the foot that is typed after a slash.
pub(super) fn slash_line(buf: &mut Buffer, area: Rect, input: &Input, help: &str, cx: &Cx<'_>) -> Position {
    let mut line = Line::new(buf, area, 0);
    line.gap(1).text("/", cx.style(Role::Key));
    if line.room() > 60 {
        line.right(help, cx.style(Role::Dim));
    }
    input_field(buf, area, 2, input, cx)
}

/// A line of a box: its pieces.
pub(super) type Row = Vec<(String, Style)>;

/// Draws a box with these lines. If the screen is too low, the last `kept` lines stay, and the frame tells how
/// many others are cut.
pub(super) fn boxed(
    buf: &mut Buffer,
    area: Rect,
    title: &str,
    rows: &[Row],
    kept: usize,
    cx: &Cx<'_>,
) -> Rect {
    let frame = layout::dialog(area, rows.len());
    Clear.render(frame, buf);
    let inner = inside(frame);
    let height = usize::from(inner.height);
    let tail = rows.len().saturating_sub(kept);
    let head = height.saturating_sub(kept).min(tail);
    let cells = usize::from(frame.width).saturating_sub(5);
    let mut block = cx.theme.pane(&super::text::fit(title, cells), true, false);
    if head < tail {
        let more = counted(tail - head, "line more", "lines more");
        block = block.title_bottom(ratatui::text::Line::styled(
            format!(" … {more} "),
            cx.style(Role::Warning),
        ));
    }
    block.render(frame, buf);
    for (y, row) in rows[..head].iter().chain(&rows[tail..]).take(height).enumerate() {
        let mut line = Line::new(buf, inner, y);
        for (text, style) in row {
            let room = line.room();
            line.column(text, width(text).min(room), *style, Side::Left);
        }
    }
    inner
}

/// How wide the text of a box is.
pub(super) fn cells(area: Rect) -> usize {
    usize::from(layout::dialog(area, 1).width).saturating_sub(4)
}

fn question(buf: &mut Buffer, area: Rect, confirm: &Confirm, cx: &Cx<'_>) -> Option<Position> {
    let text = cx.style(Role::Text);
    let dim = cx.style(Role::Dim);
    let cells = cells(area);
    let roomy = area.height >= 12;
    let mut rows: Vec<Row> = Vec::new();
    if roomy {
        rows.push(Vec::new());
    }
    match &confirm.lines {
        None => rows.push(vec![("… looking up what it would hit".to_owned(), dim)]),
        Some(lines) if lines.is_empty() => rows.push(vec![("nothing would be hit".to_owned(), dim)]),
        Some(lines) => {
            for line in lines {
                rows.extend(
                    wrap_words(line, cells)
                        .into_iter()
                        .map(|part| vec![(part.to_owned(), text)]),
                );
            }
        }
    }
    // The call is the same in other words: it is not worth cutting what would be hit.
    if let Some(command) = &confirm.command
        && roomy
    {
        rows.push(Vec::new());
        for part in wrap_words(&format!("same as {command}"), cells) {
            rows.push(vec![(part.to_owned(), dim)]);
        }
    }
    if roomy {
        rows.push(Vec::new());
    }
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let ready = if confirm.is_ready() { text } else { dim };
    match &confirm.typed {
        None => {
            let keep = cx.style(Role::Cursor);
            let no = format!(" {} Keep ", cx.state.key(Action::Keep));
            rows.push(vec![
                (no, keep),
                ("   ".to_owned(), text),
                key(Action::Yes),
                (" Yes, do it".to_owned(), ready),
            ]);
            boxed(buf, area, &confirm.title, &rows, 1, cx);
            None
        }
        Some((expected, input)) => {
            rows.push(vec![
                ("type ".to_owned(), dim),
                (expected.clone(), cx.style(Role::Strong)),
                (" to say yes:".to_owned(), dim),
            ]);
            rows.push(vec![("> ".to_owned(), cx.style(Role::Key))]);
            rows.push(vec![
                key(Action::Accept),
                (" Yes, do it   ".to_owned(), ready),
                key(Action::Back),
                (" Keep".to_owned(), text),
            ]);
            let inner = boxed(buf, area, &confirm.title, &rows, 3, cx);
            let line = Rect {
                y: inner.bottom().saturating_sub(2).max(inner.y),
                height: 1.min(inner.height),
                ..inner
            };
            Some(input_field(buf, line, 2, input, cx))
        }
    }
}

fn typed_line(buf: &mut Buffer, area: Rect, prompt: &Prompt, cx: &Cx<'_>) -> Position {
    let dim = cx.style(Role::Dim);
    let below = match &prompt.problem {
        Some(problem) => (problem.clone(), cx.style(Role::Error)),
        None => (prompt.hint.clone(), dim),
    };
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let rows = vec![
        vec![below],
        vec![("> ".to_owned(), cx.style(Role::Key))],
        vec![
            key(Action::Accept),
            (" take   ".to_owned(), dim),
            key(Action::Back),
            (" leave it".to_owned(), dim),
        ],
    ];
    let inner = boxed(buf, area, &prompt.title, &rows, 2, cx);
    let line = Rect {
        y: inner.bottom().saturating_sub(2).max(inner.y),
        height: 1.min(inner.height),
        ..inner
    };
    input_field(buf, line, 2, &prompt.input, cx)
}

/// Draws what is typed, such that the cursor is visible, and says where that is.
fn input_field(buf: &mut Buffer, area: Rect, indent: u16, input: &Input, cx: &Cx<'_>) -> Position {
    let x = area.x + indent.min(area.width);
    let room = usize::from(area.width.saturating_sub(indent));
    let scroll = input.visual_scroll(room.saturating_sub(1).max(1));
    let hidden = super::text::take(input.value(), scroll).len();
    let shown = super::text::take(&input.value()[hidden..], room);
    if room > 0 && area.height > 0 {
        buf.set_stringn(x, area.y, shown, room, cx.style(Role::Strong));
    }
    let cursor = input
        .visual_cursor()
        .saturating_sub(scroll)
        .min(room.saturating_sub(1));
    Position::new(x + u16::try_from(cursor).unwrap_or(0), area.y)
}

fn closing(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let text = cx.style(Role::Text);
    let dim = cx.style(Role::Dim);
    let mut rows: Vec<Row> = Vec::new();
    match &state.view.closing {
        None => rows.push(vec![("asking every task to cancel …".to_owned(), text)]),
        Some(closing) => {
            rows.push(vec![
                (what_is_left(closing), cx.style(Role::Strong)),
                (format!("  {}", duration(closing.since + state.elapsed)), dim),
            ]);
            for pool in &closing.pools {
                rows.extend(left_of(pool, state.elapsed, cx));
            }
            let how = match (closing.running, closing.forced) {
                (0, true) => "their callbacks are being ended",
                (_, true) => "they are being killed",
                (0, false) => "the tasks themselves have ended",
                (_, false) => "they were asked to cancel",
            };
            rows.push(vec![(how.to_owned(), dim)]);
        }
    }
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    rows.push(vec![
        key(Action::Interrupt),
        (format!(" {}  ", state.once_more()), dim),
        key(Action::Back),
        (" hides this".to_owned(), dim),
    ]);
    boxed(buf, area, "Leaving", &rows, 1, cx);
}

/// What is left of a pool: how many tasks, and what the oldest of them wait for.
fn left_of(pool: &ClosingPool, elapsed: Duration, cx: &Cx<'_>) -> Vec<Row> {
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let mut left = Vec::new();
    if pool.running > 0 {
        left.push(format!("{} running", pool.running));
    }
    if pool.callbacks > 0 {
        left.push(counted(pool.callbacks, "callback", "callbacks"));
    }
    let mut rows: Vec<Row> = vec![vec![(format!("  {}: {}", pool.name, left.join(", ")), text)]];
    for task in &pool.oldest {
        let killed = match task.killed_in {
            Some(time) => format!(", killed in {}", duration(time.saturating_sub(elapsed))),
            None => String::new(),
        };
        rows.push(vec![
            (format!("    {:>4}  ", task.id), text),
            (format!("{}{killed}", task.what), dim),
        ]);
    }
    rows
}

fn what_is_left(closing: &Closing) -> String {
    match (closing.running, closing.callbacks) {
        (0, 0) => "everything has ended".to_owned(),
        (0, callbacks) => counted(callbacks, "callback still runs", "callbacks still run"),
        (running, _) => counted(running, "task has not ended", "tasks have not ended"),
    }
}

/// A line of the help, as it fits.
pub(super) enum HelpRow {
    /// One that needs no wrapping.
    Whole(HelpLine),
    /// Keys, or nothing where the text goes on, and the text.
    Keys(String, String),
    /// A piece of a filter, or nothing where the text goes on, and the text.
    Example(&'static str, &'static str),
    /// Plain text.
    Text(String),
}

/// The cells for pieces of filters.
const EXAMPLE: usize = 23;

/// The cells for the keys.
fn key_cells(frame: Rect) -> usize {
    if frame.width >= 64 { 14 } else { 9 }
}

/// The lines of the help, for a frame.
pub(super) fn help_rows(keymap: &Keymap, frame: Rect) -> Vec<HelpRow> {
    let cells = usize::from(frame.width).saturating_sub(4);
    let mut rows = Vec::new();
    for line in help_lines(keymap) {
        match line {
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

fn help(buf: &mut Buffer, frame: Rect, top: usize, cx: &Cx<'_>) {
    Clear.render(frame, buf);
    let lines = help_rows(&cx.state.keymap, frame);
    let rows = usize::from(frame.height.saturating_sub(2));
    let top = top.min(lines.len().saturating_sub(rows));
    let more = if top + rows < lines.len() {
        " · ↓ more"
    } else {
        ""
    };
    let title = format!("Help · Esc closes{more}");
    let cells = usize::from(frame.width).saturating_sub(5);
    cx.theme
        .pane(&super::text::fit(&title, cells), true, false)
        .render(frame, buf);
    let inner = inside(frame);
    for (y, row) in lines.iter().skip(top).take(rows).enumerate() {
        help_row(&mut Line::new(buf, inner, y), row, key_cells(frame), cx);
    }
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
        HelpRow::Whole(HelpLine::Gap | HelpLine::Text(_) | HelpLine::Keys(..) | HelpLine::Example(..)) => {}
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

/// The inside of a box, with a margin at both sides.
fn inside(frame: Rect) -> Rect {
    Rect {
        x: frame.x + 2.min(frame.width),
        y: frame.y + 1.min(frame.height),
        width: frame.width.saturating_sub(4),
        height: frame.height.saturating_sub(2),
    }
}
