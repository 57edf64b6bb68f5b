//! The output of one task.

use super::cells;
use super::detail::nothing;
use super::draw::Cx;
use super::text::{Line, clock_ms, wrap};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, State};
use crate::app::view::{OutputLine, OutputView, Stream, TerminalSize, TerminalView};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From this width on lines have their time.
const WITH_TIME: u16 = 70;

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    let Some(id) = state.shown_id() else {
        return "Output".to_owned();
    };
    let mut title = vec![format!("Output of {id}")];
    if state.task.is_none() {
        title.push("newest".to_owned());
    }
    if let Some(terminal) = state.task_view().and_then(|task| task.output.terminal.as_ref()) {
        return terminal_title(state, id, terminal);
    }
    if let Some(task) = state.task_view() {
        let OutputView { total, lost, .. } = task.output;
        match state.output.back.min(total) {
            0 => title.push(counted(total, "line", "lines")),
            back => title.push(format!("line {} of {total}", total - back)),
        }
        if !state.output.follow {
            title.push("held".to_owned());
        }
        if lost > 0 {
            title.push(counted(lost, "byte dropped", "bytes dropped"));
        }
    }
    title.join(" · ")
}

fn terminal_title(state: &State, id: u64, terminal: &TerminalView) -> String {
    let TerminalSize { columns, rows } = terminal.size;
    let mut title = vec![format!("Terminal of {id}")];
    if state.typing.is_some() {
        title[0] = format!("TYPING INTO {id}");
        title.push(format!("{} leaves", Action::StopTyping.key()));
    }
    title.push(format!("{columns}x{rows}"));
    if terminal.back > 0 {
        let of = terminal.history;
        title.push(format!(
            "{} of {} up",
            counted(terminal.back, "line", "lines"),
            of
        ));
    }
    if terminal.failures > 0 {
        title.push("was reset: it could not show what the task wrote".to_owned());
    }
    title.join(" · ")
}

/// The lines that the pane shows: a part of those that the view carries.
fn visible<'a>(output: &'a OutputView, state: &State, rows: usize) -> &'a [OutputLine] {
    let end = output
        .total
        .saturating_sub(state.output.back)
        .saturating_sub(output.first);
    let end = end.min(output.lines.len()).max(rows.min(output.lines.len()));
    &output.lines[end.saturating_sub(rows)..end]
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let dim = cx.style(Role::Dim);
    let Some(task) = state.task_view() else {
        Line::new(buf, area, 0).gap(1).text(nothing(state), dim);
        return;
    };
    if let Some(terminal) = &task.output.terminal {
        return cells::draw(buf, area, terminal, cx);
    }
    let lines = visible(&task.output, state, area.height.into());
    if lines.is_empty() {
        let over = task.row.status.is_final();
        let text = if task.output.lost > 0 {
            "what it wrote was dropped to stay within the limits of [output]"
        } else if over {
            "it wrote nothing"
        } else {
            "it has written nothing yet"
        };
        Line::new(buf, area, 0).gap(1).text(text, dim);
        return;
    }
    if state.output.wrap {
        draw_wrapped(buf, area, lines, cx);
    } else {
        for (y, line) in lines.iter().enumerate() {
            let text = line
                .text
                .char_indices()
                .nth(state.output.left)
                .map_or("", |(at, _)| &line.text[at..]);
            let text = if state.output.left == 0 { &*line.text } else { text };
            draw_line(buf, area, y, Some(line), text, line.stream, cx);
        }
    }
}

/// Long lines take several rows; what does not fit is cut at the top.
fn draw_wrapped(buf: &mut Buffer, area: Rect, lines: &[OutputLine], cx: &Cx<'_>) {
    let cells = usize::from(area.width.saturating_sub(margin(area)));
    let mut rows: Vec<(Option<&OutputLine>, &str, Stream)> = Vec::new();
    for line in lines.iter().rev() {
        let parts = wrap(&line.text, cells);
        for (i, part) in parts.iter().enumerate().rev() {
            rows.push(((i == 0).then_some(line), part, line.stream));
        }
        if rows.len() >= usize::from(area.height) {
            break;
        }
    }
    rows.truncate(area.height.into());
    for (y, (line, text, stream)) in rows.iter().rev().enumerate() {
        draw_line(buf, area, y, *line, text, *stream, cx);
    }
}

/// The cells before the text of a line.
fn margin(area: Rect) -> u16 {
    if area.width >= WITH_TIME { 17 } else { 4 }
}

fn draw_line(
    buf: &mut Buffer,
    area: Rect,
    y: usize,
    head: Option<&OutputLine>,
    text: &str,
    stream: Stream,
    cx: &Cx<'_>,
) {
    let dim = cx.style(Role::Dim);
    let (mark, tag) = match stream {
        Stream::Stdout => (Role::Dim, "out "),
        Stream::Stderr => (Role::Warning, "err "),
        Stream::Note => (Role::Dim, "  · "),
    };
    let mark = cx.style(mark);
    let mut line = Line::new(buf, area, y);
    match head {
        Some(head) => {
            if area.width >= WITH_TIME {
                line.text(&clock_ms(head.time), dim).gap(1);
            }
            line.text(tag, mark);
        }
        None => {
            line.gap(margin(area).into());
        }
    }
    let room = line.room();
    line.column(text, room, cx.style(Role::Text), super::text::Side::Left);
}
