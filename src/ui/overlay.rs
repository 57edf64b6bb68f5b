//! What lies over the screen: help, questions, typed lines, and what leaving waits for.

use super::draw::Cx;
use super::finding;
use super::form;
use super::layout::{self, Areas};
use super::palette;
use super::question;
use super::text::{Line, Side, duration, width};
use super::theme::Role;
use super::why;
use crate::app::count::counted;
use crate::app::dashboard::{Action, Overlay, Prompt, Zone};
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
        Overlay::Help(help) => super::help::draw(buf, layout::help(area), help, cx),
        Overlay::Confirm(confirm) => question::draw(buf, area, confirm, cx),
        Overlay::Prompt(prompt) => Some(typed_line(buf, area, prompt, cx)),
        Overlay::Form(open) => form::draw(buf, areas.above_the_foot(area), open, cx),
        Overlay::Palette(open) => Some(palette::draw(buf, areas.above_the_foot(area), open, cx)),
        Overlay::Columns(at) => {
            finding::picker(buf, area, *at, cx);
            None
        }
        Overlay::Filter(line) => Some(finding::filter_line(buf, areas, line, cx)),
        Overlay::Find(input) => {
            let key = |action| cx.state.press(action);
            let help = format!(
                "  {} next to the end  {} clear  {} {} {} go on",
                key(Action::Accept),
                key(Action::Back),
                key(Action::FindNext),
                key(Action::FindPrevious),
                key(Action::OnlyMatches)
            );
            Some(slash_line(buf, areas.hints, input, &help, cx))
        }
        Overlay::Why(subject) => {
            why::draw(buf, area, subject, cx);
            None
        }
        Overlay::Reload(reloading) => {
            super::reload::draw(buf, area, reloading, cx);
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

/// Notes where the answers stand in the last line of a box: each from its key to the next one's.
pub(super) fn answers(inner: Rect, row: &[(String, Style)], actions: &[(usize, Action)], cx: &Cx<'_>) {
    if inner.is_empty() {
        return;
    }
    for (at, (piece, action)) in actions.iter().enumerate() {
        let end = actions.get(at + 1).map_or(row.len(), |(piece, _)| *piece);
        let cells = |pieces: &[(String, Style)]| pieces.iter().map(|(text, _)| width(text)).sum::<usize>();
        let (left, room) = (cells(&row[..*piece]), cells(&row[*piece..end]));
        let cell = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let answer = Rect {
            x: inner.x.saturating_add(cell(left)),
            y: inner.bottom() - 1,
            width: cell(room),
            height: 1,
        };
        cx.zones.add(answer.intersection(inner), Zone::Action(*action));
    }
}

/// Draws a box with these lines where boxes are. See [`boxed_in`].
pub(super) fn boxed(
    buf: &mut Buffer,
    area: Rect,
    title: &str,
    rows: &[Row],
    kept: (usize, usize),
    cx: &Cx<'_>,
) -> Rect {
    boxed_in(
        buf,
        (area, layout::dialog(area, rows.len())),
        title,
        rows,
        kept,
        cx,
    )
}

/// Draws a box with these lines, over an area, in a frame. If the screen is too low, the last `kept` lines stay, the others are shown from the
/// one at `top` on, and the frame tells how many of them are cut below.
pub(super) fn boxed_in(
    buf: &mut Buffer,
    (area, frame): (Rect, Rect),
    title: &str,
    rows: &[Row],
    (kept, top): (usize, usize),
    cx: &Cx<'_>,
) -> Rect {
    Clear.render(frame, buf);
    match cx.state.overlay {
        Some(Overlay::Closing) => {}
        // Nothing leads away from a question but an answer.
        Some(Overlay::Confirm(_) | Overlay::Prompt(_)) => cx.zones.add(area, Zone::Nothing),
        _ => cx.zones.cover(area, frame),
    }
    let inner = inside(frame);
    if !matches!(cx.state.overlay, Some(Overlay::Closing)) {
        cx.zones.text(inner, Zone::Text);
    }
    let height = usize::from(inner.height);
    let tail = rows.len().saturating_sub(kept);
    let head = height.saturating_sub(kept).min(tail);
    let top = top.min(tail - head);
    let cells = usize::from(frame.width).saturating_sub(5);
    let mut block = cx.theme.pane(&super::text::fit(title, cells), true, false);
    if top + head < tail {
        let more = counted(tail - head - top, "line more", "lines more");
        block = block.title_bottom(ratatui::text::Line::styled(
            format!(" … {more} "),
            cx.style(Role::Warning),
        ));
    }
    block.render(frame, buf);
    for (y, row) in rows[top..top + head]
        .iter()
        .chain(&rows[tail..])
        .take(height)
        .enumerate()
    {
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
            (" apply   ".to_owned(), dim),
            key(Action::Back),
            (" cancel".to_owned(), dim),
        ],
    ];
    let inner = boxed(buf, area, &prompt.title, &rows, (2, 0), cx);
    answers(inner, &rows[2], &[(0, Action::Accept), (2, Action::Back)], cx);
    let line = Rect {
        y: inner.bottom().saturating_sub(2).max(inner.y),
        height: 1.min(inner.height),
        ..inner
    };
    input_field(buf, line, 2, &prompt.input, cx)
}

/// Draws what is typed, such that the cursor is visible, and says where that is.
pub(super) fn input_field(buf: &mut Buffer, area: Rect, indent: u16, input: &Input, cx: &Cx<'_>) -> Position {
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
                (_, false) => "they were to be cancelled",
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
    boxed(buf, area, "Leaving", &rows, (1, 0), cx);
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

/// The inside of a box, with a margin at both sides.
pub(super) fn inside(frame: Rect) -> Rect {
    Rect {
        x: frame.x + 2.min(frame.width),
        y: frame.y + 1.min(frame.height),
        width: frame.width.saturating_sub(4),
        height: frame.height.saturating_sub(2),
    }
}
