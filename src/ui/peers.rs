//! How long a task takes beside those that ran the same function.

use super::draw::Cx;
use super::life::precise;
use super::text::{Line, count, width};
use super::theme::Role;
use crate::app::count::{counted, noun};
use crate::app::dashboard::State;
use crate::app::peers::Peers;
use crate::app::view::TaskView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::time::Duration;

/// Bars of an eighth of a cell each.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The bar of a value in a cell of which so many eighths lie below.
pub(super) fn eighths(value: usize, below: usize) -> &'static str {
    EIGHTHS[value.saturating_sub(below).min(8)]
}

fn shown(state: &State) -> Option<(&TaskView, Option<&Peers>)> {
    let task = state.task_view()?;
    Some((task, task.peers.as_ref()))
}

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    match shown(state) {
        Some((_, Some(peers))) if peers.count > 0 => {
            let of = if peers.sampled { "a sample of " } else { "" };
            let (n, runs) = (count(peers.count), noun(peers.count, "other run", "other runs"));
            format!("Duration · {of}{n} {runs} of {}", peers.func)
        }
        _ => "Duration".to_owned(),
    }
}

/// How the task compares, in a few words.
fn verdict(peers: &Peers, age: Duration, over: bool) -> String {
    let verb = if over { "took" } else { "runs for" };
    if !peers.are_enough() {
        let (below, all) = (peers.below(age), peers.count);
        let how = match below {
            0 => "no longer than any".to_owned(),
            _ if below == all => "longer than all".to_owned(),
            _ => format!("longer than {below} of {all}"),
        };
        return format!("{verb} {}: {how}", precise(age));
    }
    let how = match (peers.percent_below(age), peers.percent_above(age)) {
        (100, _) => "longer than all".to_owned(),
        (_, 100) => "shorter than all".to_owned(),
        (below @ 50.., _) => format!("longer than {below} %"),
        (_, above @ 50..) => format!("shorter than {above} %"),
        _ => "as long as most".to_owned(),
    };
    format!("{verb} {}: {how}", precise(age))
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let Some((task, peers)) = shown(cx.state) else {
        return;
    };
    let Some(peers) = peers.filter(|peers| peers.count > 0) else {
        let text = match peers {
            Some(_) => "no task of this function has ended yet",
            None => "no other runs of this function",
        };
        Line::new(buf, area, 0).text(text, cx.style(Role::Dim));
        return;
    };
    let age = cx.state.age(&task.row);
    let over = task.row.status.is_final();
    let enough = peers.are_enough();
    let far = enough && age > peers.p99;
    let mut line = Line::new(buf, area, 0);
    let percentiles = [("p50", peers.p50), ("p90", peers.p90), ("p99", peers.p99)];
    if !enough {
        let runs = counted(peers.count, "other run", "other runs");
        line.text(&format!("{runs}, no percentiles"), cx.style(Role::Dim))
            .gap(2);
    }
    let shown = percentiles.into_iter().filter(|_| enough);
    for (label, time) in shown.chain([("max", peers.max)]) {
        line.text(label, cx.style(Role::Dim)).gap(1);
        line.column(&precise(time), 6, cx.style(Role::Text), super::text::Side::Left)
            .gap(1);
    }
    let text = verdict(peers, age, over);
    let style = cx.style(if far { Role::Warning } else { Role::Strong });
    if width(&text) < line.room() {
        line.right(&text, style);
    } else {
        line.gap(1).text(&text, style);
    }
    histogram(buf, area, peers, age, cx);
}

fn histogram(buf: &mut Buffer, area: Rect, peers: &Peers, age: Duration, cx: &Cx<'_>) {
    let columns = usize::from(area.width);
    let axis = area.height >= 3;
    let rows = usize::from(area.height).saturating_sub(1 + usize::from(axis));
    if rows == 0 || columns == 0 {
        return;
    }
    let (counts, at) = peers.columns(columns, age);
    let most = counts.iter().max().copied().unwrap_or(0).max(1);
    let full = 8 * rows as u64;
    let heights: Vec<usize> = counts
        .iter()
        // A single one is never invisible.
        .map(|n| usize::try_from((n * full).div_ceil(most)).unwrap_or(0))
        .collect();
    let plain = cx.style(Role::Focus);
    let here = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
    for row in 0..rows {
        let below = 8 * (rows - 1 - row);
        let mut line = Line::new(buf, area, 1 + row);
        for (column, height) in heights.iter().enumerate() {
            let mark = column == at;
            let text = match eighths(*height, below) {
                " " if mark => "│",
                text => text,
            };
            line.text(text, if mark { here } else { plain });
        }
    }
    if axis {
        scale(buf, area, peers, (at, age), cx);
    }
}

/// The times below the columns, and where the task is.
fn scale(buf: &mut Buffer, area: Rect, peers: &Peers, (at, age): (usize, Duration), cx: &Cx<'_>) {
    let columns = usize::from(area.width);
    let y = usize::from(area.height) - 1;
    let label = "this one";
    let right = at + 2 + width(label) <= columns;
    let from = if right {
        at
    } else {
        at.saturating_sub(width(label) + 1)
    };
    let taken = from.saturating_sub(1)..(at + 1).max(if right { at + 2 + width(label) } else { at + 1 }) + 1;
    let here = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
    let text = if right {
        format!("▲ {label}")
    } else {
        format!("{label} ▲")
    };
    let text = if at + 1 > width(label) || right {
        text
    } else {
        "▲".to_owned()
    };
    Line::new(buf, area, y).gap(from).text(&text, here);
    let mut free = 0;
    for (time, column) in peers.ticks(columns, age) {
        let text = format!("╵{}", precise(time));
        let end = column + width(&text);
        let hidden = end > taken.start && column < taken.end;
        if column >= free && end <= columns && !hidden {
            Line::new(buf, area, y)
                .gap(column)
                .text(&text, cx.style(Role::Dim));
            free = end + 1;
        }
    }
}
