//! The screen of one task: what is known of it, and why it is still here. Its life, its peers and its output have
//! files of their own.

use super::detail::{self, Fact};
use super::draw::Cx;
use super::layout::split_left;
use super::life::precise;
use super::tasks;
use super::text::{Line, duration, wrap_words};
use super::theme::Role;
use crate::app::count::{counted, waiting};
use crate::app::dashboard::{Action, State};
use crate::app::status::Status;
use crate::app::view::TaskView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From this width on facts have two columns.
const WIDE: u16 = 78;

/// Between two columns.
const GAP: u16 = 3;

fn columns(cells: u16) -> (u16, usize) {
    if cells >= WIDE {
        ((cells - GAP) / 2, 2)
    } else {
        (cells, 1)
    }
}

/// The title of the facts.
pub(super) fn title(state: &State, ascii: bool) -> String {
    let Some(task) = state.task_view() else {
        return detail::title(state);
    };
    let look = task.row.status.look();
    let sign = if ascii { look.letter } else { look.glyph };
    let age = duration(state.age(&task.row));
    format!("{} · {sign} {} {age}", detail::title(state), look.word)
}

/// How many rows the facts would take below each other, less those of columns beside the first.
pub(super) fn rows(state: &State, inner: Rect) -> usize {
    let (cells, columns) = columns(inner.width);
    let lines = facts(state, cells.into()).len();
    lines.saturating_sub(usize::from(inner.height) * (columns - 1))
}

fn facts(state: &State, cells: usize) -> Vec<Fact> {
    match state.task_view() {
        Some(task) => detail::facts(state, task, detail::fact_cells(task), cells, false),
        None => vec![Fact::Text(String::new(), detail::nothing(state).to_owned())],
    }
}

/// What is known of the task.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let (cells, columns) = columns(area.width);
    let lines = facts(state, cells.into());
    let height = usize::from(area.height);
    let top = state.detail_top.min(lines.len().saturating_sub(height * columns));
    let labels = state.task_view().map_or(0, detail::fact_cells);
    let mut lines = lines.into_iter().skip(top);
    let mut rest = area;
    for _ in 0..columns {
        let (column, other) = split_left(rest, cells);
        detail::draw_facts(buf, column, lines.by_ref().take(height), labels, cx);
        (_, rest) = split_left(other, GAP);
    }
}

/// The title of the pane beside the facts.
pub(super) fn why_title(state: &State) -> &'static str {
    match state.task_view() {
        Some(task) if task.row.status.is_final() => "How it ended",
        _ => "Why is it still here?",
    }
}

/// Why it is still here, or how it ended.
pub(super) fn why(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let Some(task) = cx.state.task_view() else { return };
    let mut y = 0;
    for (text, role) in reasons(cx.state, task) {
        for part in wrap_words(&text, area.width.into()) {
            Line::new(buf, area, y).text(part, cx.style(role));
            y += 1;
        }
    }
}

/// A line each, the one that matters most first.
fn reasons(state: &State, task: &TaskView) -> Vec<(String, Role)> {
    let status = task.row.status;
    if status.is_final() {
        return ended(state, task);
    }
    let now = state.view.time + state.elapsed;
    let ago = |time: std::time::Duration| duration(now.saturating_sub(time));
    let told = state.why_still().map_or(&[][..], |why| &why.lines);
    let mut lines: Vec<(String, Role)> = Vec::new();
    for (i, line) in told.iter().enumerate() {
        lines.push((line.to_string(), if i == 0 { Role::Strong } else { Role::Text }));
    }
    if !told.is_empty() {
        return lines;
    }
    let mut add = |text: String, role| lines.push((text, role));
    match status {
        Status::Cancelling => {
            let since = task.life.asked.unwrap_or(now);
            add(
                format!("cancel requested {} ago, still running", ago(since)),
                Role::Warning,
            );
            add(
                format!("{} once more ends the task at once", state.key(Action::Cancel)),
                Role::Text,
            );
        }
        Status::Cancelled => {
            let since = task.life.cancelled.unwrap_or(now);
            add(
                format!("has stopped; cancel callback running for {}", ago(since)),
                Role::Warning,
            );
        }
        Status::Paused => {
            let key = state.key(Action::PauseTask);
            let since = task.life.paused.unwrap_or(now);
            add(
                format!("paused by you for {}: {key} lets it go on", ago(since)),
                Role::Status(Status::Paused),
            );
        }
        _ => match tasks::trying(state, &task.row) {
            Some(trying) => add(trying, Role::Text),
            None => add(status.look().meaning.to_owned(), Role::Text),
        },
    }
    if let Some(last) = task.output.lines.last().filter(|_| state.output.follow) {
        add(format!("wrote its last line {} ago", ago(last.time)), Role::Text);
    }
    if let Some(pool) = state.pool_row()
        && pool.size.is_some()
        && (pool.queued.known > 0 || pool.queued.more)
    {
        let waits = waiting(pool.queued, "task queued", "tasks queued");
        add(format!("holds a slot of {}; {waits}", pool.name), Role::Dim);
    }
    lines
}

fn ended(state: &State, task: &TaskView) -> Vec<(String, Role)> {
    let status = task.row.status;
    let took = precise(state.age(&task.row));
    let mut lines = vec![(
        format!("{} after {took}", status.look().word),
        Role::Status(status),
    )];
    if !task.row.note.is_empty() && status != Status::Ok {
        lines.push((task.row.note.to_string(), Role::Strong));
    }
    let life = &task.life;
    if let (Some(cancelled), Some(ended)) = (life.cancelled, life.ended)
        && cancelled < ended
    {
        let took = precise(ended.saturating_sub(cancelled));
        lines.push((format!("cancel callback took {took}"), Role::Text));
    }
    lines.push(match (life.ended, life.settled) {
        (Some(ended), Some(settled)) if settled > ended => {
            let took = precise(settled.saturating_sub(ended));
            (format!("end callback took {took}"), Role::Text)
        }
        (Some(ended), None) => {
            let now = state.view.time + state.elapsed;
            let runs = precise(now.saturating_sub(ended));
            (format!("end callback running for {runs}"), Role::Warning)
        }
        _ => ("no callback was to run".to_owned(), Role::Dim),
    });
    if task.output.total > 0 {
        let lines_of = counted(task.output.total, "line", "lines");
        lines.push((format!("wrote {lines_of}"), Role::Text));
    }
    if task.row.retried {
        lines.push(("was run again as another task".to_owned(), Role::Dim));
    } else {
        let key = state.key(Action::Retry);
        lines.push((format!("{key} retries"), Role::Dim));
    }
    lines
}
