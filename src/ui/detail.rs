//! All about one task.

use super::draw::Cx;
use super::tasks;
use super::text::{Line, clock_ms, duration, width, wrap_words};
use super::theme::Role;
use crate::app::dashboard::{Action, FORGOTTEN, State};
use crate::app::status::Status;
use crate::app::view::TaskView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

/// The least and the most cells of the labels, with the gap behind them.
const LABEL: (usize, usize) = (11, 17);

/// From this width on the times stand beside the facts.
const WIDE: usize = 70;
/// The cells that they take there.
const TIMES: usize = 40;

/// A line of the pane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fact {
    Status(Status, Duration),
    /// A label, or none where the text goes on, and the text.
    Text(String, String),
    Gap,
}

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    match (state.shown_id(), unasked(state)) {
        (Some(id), Some(why)) => format!("Task {id} · {why}"),
        (Some(id), None) => format!("Task {id}"),
        (None, _) => "Task".to_owned(),
    }
}

/// Why just this task is shown, which no cursor is on. One that has just ended stays for a moment and says so itself.
pub(super) fn unasked(state: &State) -> Option<&'static str> {
    if state.task.is_some() {
        return None;
    }
    let id = state.shown_id()?;
    let pool = state.pool_view()?;
    let last = pool.tasks.last().map(|task| task.id);
    let at_end = pool.tasks_first + pool.tasks.len() >= pool.tasks_total;
    let is_newest = !state.is_sorted() && at_end && last == Some(id);
    let runs = || {
        let mut tasks = pool.tasks.iter();
        tasks.any(|task| task.id == id && !task.status.is_final())
    };
    (is_newest || runs()).then_some("auto")
}

/// The cells that these labels need, so that what is behind them stands in one column.
fn label_cells<'a>(labels: impl Iterator<Item = &'a str>) -> usize {
    let longest = labels.map(|label| width(label) + 1).max().unwrap_or(0);
    longest.clamp(LABEL.0, LABEL.1)
}

/// The same, of everything that the pane of a width shows on its left.
fn left_cells(task: &TaskView, cells: usize) -> usize {
    let facts = task.live.iter().chain(&task.facts).map(|(label, _)| &**label);
    let times = task.times.iter().map(|(label, _)| time_label(label));
    label_cells(facts.chain(times.filter(|_| cells < WIDE)))
}

/// What a time is called here: as short as the column wants it.
fn time_label(label: &str) -> &str {
    match label {
        "callbacks done" => "called back",
        other => other,
    }
}

/// Its lines, for a width; where that is ample the times stand beside them.
pub(super) fn lines(state: &State, cells: usize) -> Vec<Fact> {
    let Some(task) = state.task_view() else {
        return vec![Fact::Text(String::new(), nothing(state).to_owned())];
    };
    let labels = left_cells(task, cells);
    let beside = if cells < WIDE { 0 } else { TIMES };
    let mut lines = vec![Fact::Status(task.row.status, state.age(&task.row))];
    lines.extend(facts(state, task, labels, cells.saturating_sub(beside), true));
    if cells < WIDE {
        lines.push(Fact::Gap);
        lines.extend(times(task, cells.saturating_sub(labels)));
    }
    lines
}

/// The cells for the labels of the facts alone.
pub(super) fn fact_cells(task: &TaskView) -> usize {
    label_cells(task.live.iter().chain(&task.facts).map(|(label, _)| &**label))
}

/// What is known of it, but for its status and its times. Without `all` also not what its own screen shows elsewhere.
pub(super) fn facts(state: &State, task: &TaskView, labels: usize, cells: usize, all: bool) -> Vec<Fact> {
    let room = cells.saturating_sub(labels);
    let mut lines = Vec::new();
    let mut add = |label: &str, text: &str| {
        for (i, part) in wrap_words(text, room).into_iter().enumerate() {
            lines.push(Fact::Text(
                if i == 0 { label.to_owned() } else { String::new() },
                part.to_owned(),
            ));
        }
    };
    let row = &task.row;
    // That it is paused is said below.
    if !row.note.is_empty() && row.status != Status::Paused {
        add(
            if row.status.is_final() {
                "result"
            } else {
                "last line"
            },
            &row.note,
        );
    }
    if all && let Some(time) = row.cancelling_for {
        let time = duration(time + state.elapsed);
        let key = state.press(Action::Cancel);
        add("cancelling", &format!("for {time}; {key} again kills"));
    }
    if let Some(trying) = tasks::trying(state, row) {
        add("try", &trying);
    }
    if all && let Some(time) = row.command.as_ref().and_then(|command| command.paused_for) {
        add(
            "paused",
            &format!("by you, for {}", duration(time + state.elapsed)),
        );
    }
    // That it runs says the state.
    let says_more = !(task.row.status == Status::Running && task.why.starts_with("runs since"));
    if all && says_more && !task.why.is_empty() {
        add("why", &task.why);
    }
    for (label, text) in &task.live {
        add(label, text);
    }
    if !row.args.is_empty() {
        add("arguments", &row.args);
    }
    add("group", &row.group);
    for (label, text) in &task.facts {
        add(label, text);
    }
    if all {
        add("name", &task.name);
    }
    lines
}

/// Why there is no task to tell about.
pub(super) fn nothing(state: &State) -> &'static str {
    match state.shown {
        None if state.pool_view().is_some_and(|pool| pool.searched.is_some()) => "searching …",
        None if state.tasks().is_empty() && !state.filter.is_empty() => "no task matches the filter",
        None if state.tasks().is_empty() => "no task yet",
        None => "no task is shown: pick one in the tasks",
        Some(_) if state.shown_is_gone() => FORGOTTEN,
        Some(_) => "…",
    }
}

/// The times of its life and, where there is room, how long it took from each to the next.
fn times(task: &TaskView, room: usize) -> Vec<Fact> {
    let mut before: Option<Duration> = None;
    let mut lines = Vec::with_capacity(task.times.len());
    for (label, time) in &task.times {
        let mut text = clock_ms(*time);
        if let Some(before) = before {
            let step = format!(" +{}", duration(time.saturating_sub(before)));
            if width(&text) + width(&step) <= room {
                text += &step;
            }
        }
        lines.push(Fact::Text(time_label(label).to_owned(), text));
        before = Some(*time);
    }
    lines
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let lines = lines(cx.state, area.width.into());
    let top = cx
        .state
        .detail_top
        .min(lines.len().saturating_sub(area.height.into()));
    let labels = match cx.state.task_view() {
        Some(task) => left_cells(task, area.width.into()),
        // A single line that says why.
        None => 0,
    };
    let visible = lines.into_iter().skip(top).take(area.height.into());
    draw_facts(buf, area, visible, labels, cx);
    if let Some(task) = cx.state.task_view()
        && usize::from(area.width) >= WIDE
    {
        let cells = u16::try_from(TIMES).unwrap_or(0);
        let right = Rect {
            x: area.right() - cells,
            width: cells,
            ..area
        };
        let labels = label_cells(task.times.iter().map(|(label, _)| time_label(label)));
        let times = times(task, TIMES.saturating_sub(labels));
        draw_facts(buf, right, times.into_iter(), labels, cx);
    }
}

/// Facts below each other.
pub(super) fn draw_facts(
    buf: &mut Buffer,
    area: Rect,
    facts: impl Iterator<Item = Fact>,
    labels: usize,
    cx: &Cx<'_>,
) {
    for (y, fact) in facts.take(area.height.into()).enumerate() {
        let mut line = Line::new(buf, area, y);
        match &fact {
            Fact::Status(status, age) => {
                let style = cx.style(Role::Status(*status));
                let text = format!("{} {}", cx.theme.sign(*status), status.look().word);
                line.text(&text, style)
                    .gap(2)
                    .text(&duration(*age), cx.style(Role::Text));
            }
            Fact::Text(label, text) if labels == 0 && label.is_empty() => {
                line.text(text, cx.style(Role::Dim));
            }
            Fact::Text(label, text) => {
                // A label may be longer than its column; the text then follows it.
                let cells = width(label).max(labels.saturating_sub(1));
                line.column(label, cells, cx.style(Role::Dim), super::text::Side::Left)
                    .gap(1);
                line.text(text, cx.style(Role::Text));
            }
            Fact::Gap => {}
        }
    }
}
