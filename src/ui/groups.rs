//! The groups of a pool, and more about the one under the cursor.

use super::apart::fit_apart;
use super::draw::Cx;
use super::layout::group_rows;
use super::progress::Progress;
use super::text::{Line, Side, count, count_usize, short, thousands, width, wrap_words};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, Listed, Pane, State, Zone};
use crate::app::status::Status;
use crate::app::view::{By, GroupRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::collections::HashMap;

/// The cells of a number of tasks in a state.
const TASKS: usize = 7;

/// The cells for what failed, with the gap before it.
const FAILED: usize = 5;

/// The cells of a bar, with the gap before it, and from how many cells on there is room for it.
const BAR: (usize, usize) = (7, 34);

/// The widths of the columns at the right.
struct Numbers {
    bar: usize,
    progress: usize,
    failed: usize,
}

impl Numbers {
    fn new(state: &State, rows: &[(&str, Progress)], cells: usize) -> Numbers {
        if state.finding.by == By::State {
            return Numbers {
                bar: 0,
                progress: TASKS,
                failed: 0,
            };
        }
        let longest = rows.iter().map(|(_, progress)| width(&progress.text())).max();
        Numbers {
            bar: if cells >= BAR.1 { BAR.0 } else { 0 },
            progress: longest.unwrap_or(0).max(5) + 1,
            failed: FAILED,
        }
    }

    fn cells(&self) -> usize {
        self.bar + self.progress + self.failed
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
        Some(total) if inside <= group_rows(inside, state) + 1 && hidden(state).is_some() => {
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
    let list_rows = group_rows(area.height, state);
    let list = usize::from(list_rows);
    let heading = usize::from(list < usize::from(area.height));
    let shown = pool
        .groups
        .iter()
        .skip(state.groups_top.saturating_sub(1 + pool.groups_first));
    let mut rows: Vec<(&str, Progress)> = shown
        .take(list)
        .map(|group| (group.name.as_str(), Progress::of_group(group)))
        .collect();
    rows.push(("all", Progress::of_pool(row)));
    let numbers = Numbers::new(state, &rows, area.width.into());
    if heading > 0 {
        let style = cx.style(Role::Heading);
        let mut line = Line::new(buf, area, 0);
        let name = line.room().saturating_sub(2 + numbers.cells());
        let (what, counts) = match state.finding.by {
            By::Group | By::Nothing => ("GROUP", "DONE"),
            By::Function => ("FUNCTION", "DONE"),
            By::State => ("STATE", "TASKS"),
        };
        line.gap(2).column(what, name, style, Side::Left);
        line.column(counts, numbers.bar + numbers.progress, style, Side::Right)
            .column("FAIL", numbers.failed, style, Side::Right);
    }
    let name = usize::from(area.width).saturating_sub(2 + numbers.cells() + 1);
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    let cut: HashMap<&str, String> = names.iter().copied().zip(fit_apart(&names, name)).collect();
    let all = GroupRow {
        name: "all".into(),
        tasks: pool.tasks_all,
        ..GroupRow::default()
    };
    for y in heading..heading + list {
        let index = state.groups_top + y - heading;
        let (group, selected) = match index.checked_sub(1) {
            None => (&all, state.group.is_none()),
            Some(index) => {
                let at = index.checked_sub(pool.groups_first);
                let Some(group) = at.and_then(|at| pool.groups.get(at)) else {
                    continue;
                };
                (group, state.group.as_deref() == Some(&*group.name))
            }
        };
        let progress = if index == 0 {
            Progress::of_pool(row)
        } else {
            Progress::of_group(group)
        };
        let zone = (index > 0).then(|| group.name.to_string());
        cx.zones.row(area, y, Zone::Group(zone));
        let name = cut
            .get(group.name.as_str())
            .map_or(group.name.as_str(), String::as_str);
        draw_row(buf, area, y, (name, group, progress), &numbers, selected, cx);
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

fn draw_row(
    buf: &mut Buffer,
    area: Rect,
    y: usize,
    (name, group, progress): (&str, &GroupRow, Progress),
    numbers: &Numbers,
    selected: bool,
    cx: &Cx<'_>,
) {
    let cells = usize::from(area.width).saturating_sub(2 + numbers.cells());
    let text = cx.style(if selected { Role::Strong } else { Role::Text });
    let mut line = Line::new(buf, area, y);
    line.text(if selected { "▌ " } else { "  " }, cx.style(Role::Focus))
        .column(name, cells, text, Side::Left);
    let failed = progress.failed();
    if cx.state.finding.by == By::State {
        line.column(&tasks_text(group), numbers.progress, text, Side::Right);
    } else if group.held {
        let cells = numbers.bar + numbers.progress;
        line.column("held", cells, cx.style(Role::Warning), Side::Right);
    } else {
        if numbers.bar > 0 {
            line.gap(1);
            for (piece, style) in progress.bar(numbers.bar - 1, cx) {
                line.text(&piece, style);
            }
        }
        let role = match (progress.is_over(), failed) {
            (true, 0) => Role::Status(Status::Ok),
            _ => Role::Text,
        };
        line.column(&progress.text(), numbers.progress, cx.style(role), Side::Right);
        if failed > 0 {
            let text = format!("{}{}", cx.theme.sign(Status::Failed), short(failed));
            line.column(
                &text,
                numbers.failed,
                cx.style(Role::Status(Status::Failed)),
                Side::Right,
            );
        }
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

/// The name of a group in so many cells, told apart from those of the groups that the view carries.
pub(super) fn cut_name(state: &State, name: &str, cells: usize) -> String {
    let groups = state.pool_view().map_or(&[][..], |pool| &pool.groups);
    let names: Vec<&str> = std::iter::once(name)
        .chain(groups.iter().map(|group| group.name.as_str()))
        .collect();
    fit_apart(&names, cells).swap_remove(0)
}

/// The cells inside the pane where it is narrowest.
const NARROWEST: usize = 24;

/// The lines that tell about a group of those that the view carries, at most. As many are kept free for the one under
/// the cursor, so that the list does not move with it.
pub(super) fn about_rows(state: &State) -> usize {
    let groups = state.pool_view().map_or(&[][..], |pool| &pool.groups);
    let rows = groups.iter().map(|group| {
        let why = match &*group.why {
            why if why.is_empty() || group.held => 0,
            why => wrap_words(why, NARROWEST).len(),
        };
        2 + usize::from(group.held) + usize::from(group.skipped > 0) + why
    });
    rows.max().unwrap_or(1)
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
            let all = state
                .pool_row()
                .map(|pool| ended(pool.ok, pool.failed + pool.panicked, pool.stopped, cx));
            let picks = (format!("{keys} picks a {what}"), dim);
            all.into_iter().chain([picks]).collect()
        }
        (None, None) if state.pool_view().is_some_and(|pool| pool.tasks_all > 0) => {
            vec![("no groups left".to_owned(), dim)]
        }
        (None, None) => vec![("no groups yet".to_owned(), dim)],
    };
    for (y, (text, style)) in lines.iter().enumerate() {
        Line::new(buf, area, y).text(text, *style);
    }
}

/// How tasks ended.
fn ended(ok: u64, failed: u64, cancelled: u64, cx: &Cx<'_>) -> (String, Style) {
    let counts = [
        (Status::Ok, ok),
        (Status::Failed, failed),
        (Status::Stopped, cancelled),
    ];
    let counts = counts.map(|(status, n)| format!("{} {}", cx.theme.sign(status), count(n)));
    let role = if failed > 0 { Role::Text } else { Role::Dim };
    (counts.join("  "), cx.style(role))
}

fn group_lines(group: &GroupRow, cells: usize, cx: &Cx<'_>) -> Vec<(String, Style)> {
    let dim = cx.style(Role::Dim);
    let limit = group
        .num_concurrent
        .map_or(String::new(), |n| format!(", max {n}"));
    let mut lines = vec![
        (
            format!("{} {}{limit}", group.method, group.func)
                .trim_start()
                .to_owned(),
            cx.style(Role::Text),
        ),
        ended(group.ok, group.failed + group.panicked, group.stopped, cx),
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
