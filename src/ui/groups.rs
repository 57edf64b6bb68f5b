//! The groups of a pool, and more about the one under the cursor.

use super::draw::Cx;
use super::header::queued_text;
use super::layout::group_rows;
use super::text::{Line, Side, count, count_usize, fit_middle, thousands, wrap_words};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, Listed, Pane, State, Zone};
use crate::app::status::Status;
use crate::app::view::{By, GroupRow, Queued};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::fmt::Write as _;

const RUNNING: usize = 5;
const QUEUED: usize = 7;

/// The cells of the numbers at the right: states have one only.
fn numbers(state: &State) -> usize {
    match state.finding.by {
        By::State => QUEUED,
        By::Group | By::Function | By::Nothing => RUNNING + QUEUED,
    }
}

/// The title of the pane, which has so many rows inside.
pub(super) fn title(state: &State, inside: u16) -> String {
    let name = match state.finding.by {
        By::Group | By::Nothing => "Groups",
        By::Function => "Functions",
        By::State => "States",
    };
    let rows = state.rows().groups;
    let name = match state.pool_view().map(|pool| pool.groups_total) {
        // There is no other place to say which ones are seen.
        Some(total) if inside <= group_rows(inside, state.finding.by) + 1 && hidden(state).is_some() => {
            let last = (state.groups_top + rows).saturating_sub(1).min(total);
            format!("{name} ({}-{last} of {total})", state.groups_top.max(1))
        }
        Some(total) => format!("{name} ({total})"),
        None => name.to_owned(),
    };
    match state.filter_of(Listed::Groups) {
        "" => name,
        filter => format!("{name} · {filter}"),
    }
}

/// How many rows the list has that there is no room for.
fn hidden(state: &State) -> Option<String> {
    let rows = state.rows().groups;
    // The list begins with a row for all.
    let all = state.pool_view()?.groups_total + 1;
    let above = state.groups_top.min(all);
    match (above, all.saturating_sub(above + rows)) {
        (0, 0) => None,
        (0, below) => Some(format!("… {} more", thousands(below))),
        (above, 0) => Some(format!("… {} above", thousands(above))),
        (above, below) => Some(format!("… {} above, {} more", thousands(above), thousands(below))),
    }
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let (Some(row), Some(pool)) = (state.pool_row(), state.pool_view()) else {
        return;
    };
    let list_rows = group_rows(area.height, state.finding.by);
    let list = usize::from(list_rows);
    let heading = usize::from(list < usize::from(area.height));
    if heading > 0 {
        let style = cx.style(Role::Heading);
        let mut line = Line::new(buf, area, 0);
        let name = line.room().saturating_sub(2 + numbers(state));
        let (what, counts) = match state.finding.by {
            By::Group | By::Nothing => ("GROUP", ["RUN", "QUEUED"]),
            By::Function => ("FUNCTION", ["RUN", "QUEUED"]),
            By::State => ("STATE", ["", "TASKS"]),
        };
        line.gap(2)
            .column(what, name.saturating_sub(1), style, Side::Left)
            .gap(1);
        line.column(counts[0], numbers(state) - QUEUED, style, Side::Right)
            .column(counts[1], QUEUED, style, Side::Right);
    }
    for y in heading..heading + list {
        let index = state.groups_top + y - heading;
        match index.checked_sub(1) {
            None => {
                let selected = state.group.is_none();
                cx.zones.row(area, y, Zone::Group(None));
                draw_row(
                    buf,
                    area,
                    y,
                    ("all", false, count_usize(pool.tasks_all)),
                    row.running,
                    row.queued,
                    selected,
                    cx,
                );
            }
            Some(index) => {
                let Some(group) = index
                    .checked_sub(pool.groups_first)
                    .and_then(|i| pool.groups.get(i))
                else {
                    continue;
                };
                let selected = state.group.as_deref() == Some(&*group.name);
                cx.zones.row(area, y, Zone::Group(Some(group.name.to_string())));
                draw_row(
                    buf,
                    area,
                    y,
                    (&group.name, group.held, tasks_text(group)),
                    group.running,
                    group.queued,
                    selected,
                    cx,
                );
            }
        }
    }
    if let Some(text) = hidden(state) {
        // There is a line between the list and what is told of the one under the cursor, or else the title says it.
        Line::new(buf, area, heading + list)
            .gap(2)
            .text(&text, cx.style(Role::Dim));
    }
    let above = list_rows + 2;
    if area.height > above {
        let below = Rect {
            y: area.y + above,
            height: area.height - above,
            ..area
        };
        about(buf, below, cx);
    }
}

#[expect(clippy::too_many_arguments, reason = "the cells of one row")]
fn draw_row(
    buf: &mut Buffer,
    area: Rect,
    y: usize,
    (name, held, tasks): (&str, bool, String),
    running: usize,
    queued: Queued,
    selected: bool,
    cx: &Cx<'_>,
) {
    let cells = usize::from(area.width).saturating_sub(2 + numbers(cx.state));
    let text = cx.style(if selected { Role::Strong } else { Role::Text });
    let dim = cx.style(Role::Dim);
    let mut line = Line::new(buf, area, y);
    let name = fit_middle(name, cells.saturating_sub(1));
    line.text(if selected { "▸ " } else { "  " }, text)
        .column(&name, cells, text, Side::Left);
    let bright = if running > 0 {
        cx.style(Role::Status(Status::Running))
    } else {
        dim
    };
    if cx.state.finding.by == By::State {
        line.column(&tasks, numbers(cx.state), text, Side::Right);
    } else if held {
        line.column("held", RUNNING + QUEUED, cx.style(Role::Warning), Side::Right);
    } else {
        line.column(&count_usize(running), RUNNING, bright, Side::Right);
        let waits = if queued.known > 0 || queued.more {
            text
        } else {
            dim
        };
        line.column(&queued_text(queued), QUEUED, waits, Side::Right);
    }
    if selected && cx.state.pane == Pane::Groups {
        cx.under_cursor(buf, area, y);
    }
}

/// How many tasks are in a state: `12+`, if there may be more; `12…`, while they are being counted.
fn tasks_text(group: &GroupRow) -> String {
    let mark = match (group.counting, group.queued.more) {
        (true, _) => "…",
        (false, true) => "+",
        (false, false) => "",
    };
    format!("{}{mark}", count_usize(group.tasks))
}

/// What there is to say about the group under the cursor.
fn about(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let dim = cx.style(Role::Dim);
    let lines: Vec<(String, Style)> = match (&state.group, state.row_on_the_left()) {
        (Some(name), None) => vec![
            (name.clone(), cx.style(Role::Strong)),
            ("is not there any more".to_owned(), dim),
        ],
        (_, Some(group)) => group_lines(group, area.width.into(), cx),
        (None, None) if state.pool_view().is_some_and(|pool| pool.groups_total > 0) => {
            let action = if state.pane == Pane::Groups {
                Action::Down
            } else {
                Action::PreviousPane
            };
            let keys = state.press(action);
            let what = match state.finding.by {
                By::Group | By::Nothing => "group",
                By::Function => "function",
                By::State => "state",
            };
            vec![(format!("{keys} picks a {what}"), dim)]
        }
        (None, None) if state.was_left() => vec![("no group has anything left".to_owned(), dim)],
        (None, None) => vec![("no groups yet".to_owned(), dim)],
    };
    for (y, (text, style)) in lines.iter().enumerate() {
        Line::new(buf, area, y).text(text, *style);
    }
}

fn group_lines(group: &GroupRow, cells: usize, cx: &Cx<'_>) -> Vec<(String, Style)> {
    let dim = cx.style(Role::Dim);
    // Writing into a string cannot fail.
    let mut ended = String::new();
    let failed = group.failed + group.panicked;
    for (status, n) in [
        (Status::Ok, group.ok),
        (Status::Failed, failed),
        (Status::Stopped, group.stopped),
    ] {
        let _ = write!(ended, "{} {}  ", cx.theme.sign(status), count(n));
    }
    let limit = group
        .num_concurrent
        .map_or(String::new(), |n| format!(", {n} at once"));
    let mut lines = vec![
        (
            format!("{} {}{limit}", group.method, group.func)
                .trim_start()
                .to_owned(),
            cx.style(Role::Text),
        ),
        (
            ended,
            if failed > 0 {
                cx.style(Role::Status(Status::Failed))
            } else {
                dim
            },
        ),
    ];
    if group.held {
        let key = cx.state.press(Action::Start);
        lines.push((format!("held back: {key} starts it"), cx.style(Role::Warning)));
    }
    if group.skipped > 0 {
        lines.push((
            format!("{} skipped", count(group.skipped)),
            cx.style(Role::Warning),
        ));
    }
    if !group.why.is_empty() && !group.held {
        lines.extend(
            wrap_words(&group.why, cells)
                .into_iter()
                .map(|line| (line.to_owned(), dim)),
        );
    }
    lines
}

/// The group under the cursor in a few words.
pub(super) fn in_short(state: &State) -> String {
    let groups = state.pool_view().map_or(0, |pool| pool.groups_total);
    match &state.group {
        Some(group) => format!("{group} of {}", counted(groups, "group", "groups")),
        None => counted(groups, "group", "groups"),
    }
}
