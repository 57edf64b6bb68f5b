//! The groups of the pool under the cursor, below the list of pools.

use super::apart::fit_apart;
use super::draw::Cx;
use super::progress::Progress;
use super::text::{Line, Side, count, count_usize, width};
use super::theme::Role;
use crate::app::dashboard::{State, Zone};
use crate::app::status::Status;
use crate::app::view::GroupRow;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    match (state.pool_row(), state.pool_view()) {
        (Some(row), Some(pool)) => format!("{} · groups ({})", row.name, pool.groups_total),
        _ => "Groups".to_owned(),
    }
}

/// The groups, as many as there are rows.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let Some(pool) = cx.state.pool_view() else { return };
    let rows = usize::from(area.height);
    let hidden = pool.groups_total > rows;
    let shown = rows - usize::from(hidden);
    let groups = &pool.groups[..pool.groups.len().min(shown)];
    let name = groups.iter().map(|group| width(&group.name)).max().unwrap_or(0);
    let name = name.clamp(8, 30).min(usize::from(area.width) / 4);
    let progress = groups
        .iter()
        .map(|group| width(&Progress::of_group(group).text()));
    let progress = progress.max().unwrap_or(0).max(5);
    let bar = (usize::from(area.width) / 4).clamp(8, 30);
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    for ((y, group), text) in groups.iter().enumerate().zip(fit_apart(&names, name)) {
        draw_group(buf, area, y, (group, &text), (name, bar, progress), cx);
        cx.zones.row(area, y, Zone::Group(Some(group.name.to_string())));
    }
    if hidden {
        let text = format!("… {} more", count_usize(pool.groups_total - groups.len()));
        Line::new(buf, area, rows - 1)
            .gap(2)
            .text(&text, cx.style(Role::Dim));
    }
}

fn draw_group(
    buf: &mut Buffer,
    area: Rect,
    y: usize,
    (group, text): (&GroupRow, &str),
    (name, bar, numbers): (usize, usize, usize),
    cx: &Cx<'_>,
) {
    let progress = Progress::of_group(group);
    let failed = group.failed + group.panicked;
    let mut line = Line::new(buf, area, y);
    line.gap(2)
        .column(text, name, cx.style(Role::Text), Side::Left)
        .gap(2);
    for (piece, style) in progress.bar(bar, cx) {
        line.text(&piece, style);
    }
    line.column(&progress.text(), numbers + 2, cx.style(Role::Text), Side::Right);
    let counts = [(Status::Running, group.running as u64), (Status::Failed, failed)];
    for (status, n) in counts {
        let text = if n > 0 {
            format!("{} {}", cx.theme.sign(status), count(n))
        } else {
            String::new()
        };
        line.gap(2)
            .column(&text, 6, cx.style(Role::Status(status)), Side::Left);
    }
    let (text, role) = match (progress.is_over(), failed) {
        (true, 0) => (
            format!("{} done", cx.theme.sign(Status::Ok)),
            Role::Status(Status::Ok),
        ),
        (true, failed) => {
            let sign = cx.theme.sign(Status::Failed);
            let text = format!("{sign} {} of {} failed", count(failed), count(progress.total()));
            (text, Role::Status(Status::Failed))
        }
        (false, _) if group.held => (group.why.to_string(), Role::Warning),
        (false, _) => (group.why.to_string(), Role::Dim),
    };
    line.gap(2);
    let room = line.room();
    line.column(&text, room, cx.style(role), Side::Left);
}
