//! The list of what needs attention: the newest failures and warnings of all pools, and held groups.

use super::draw::Cx;
use super::text::{Line, Side, duration, put, width, wrap_words};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, Zone};
use crate::app::status::Status;
use crate::app::view::{FailureRow, PoolRow};
use crate::app::warnings::{Subject, WarningRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

/// A row of the list.
enum Item<'a> {
    Failure(&'a FailureRow),
    Warning(&'a WarningRow),
    Held(&'a PoolRow),
}

/// The title of the pane.
pub(super) fn title(cx: &Cx<'_>) -> String {
    let view = &cx.state.view;
    let failed: u64 = view.pools.iter().map(|pool| pool.failed + pool.panicked).sum();
    let mut parts = vec!["Attention".to_owned()];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if view.warnings.active > 0 {
        parts.push(counted(view.warnings.active, "warning", "warnings"));
    }
    parts.join(" · ")
}

/// The list.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let view = &cx.state.view;
    let warned = |row: &WarningRow| view.time.saturating_sub(row.since);
    let failures = view.failures.iter().map(|row| (row.ago, Item::Failure(row)));
    let warnings = view.warnings.rows.iter().filter(|row| row.is_active());
    let warnings = warnings.map(|row| (warned(row), Item::Warning(row)));
    let mut items: Vec<(Duration, Item<'_>)> = failures.chain(warnings).collect();
    items.sort_by_key(|(ago, _)| *ago);
    let held = view.pools.iter().filter(|pool| pool.held > 0);
    let held: Vec<Item<'_>> = held.map(Item::Held).collect();
    if items.is_empty() && held.is_empty() {
        let text = format!("{} nothing failed, no warnings", cx.theme.sign(Status::Ok));
        put(buf, area, &text, cx.style(Role::Dim), Side::Left);
        return;
    }
    let rows = usize::from(area.height);
    // Held groups keep a few rows at the foot.
    let kept = held.len().min((rows / 3).max(1));
    let failed: u64 = view.pools.iter().map(|pool| pool.failed + pool.panicked).sum();
    let more = failed.saturating_sub(view.failures.len() as u64);
    let room = rows.saturating_sub(kept);
    // Where there is room for all, the reason of each may take a second line.
    let each = if items.len() * 3 < room { 3 } else { 2 };
    let fit = if items.len() * each > room || more > 0 {
        room.saturating_sub(1) / each
    } else {
        items.len()
    };
    let mut y = 0;
    for (ago, item) in items.iter().take(fit) {
        y += draw_item(buf, area, (y, each), item, *ago, cx);
    }
    let hidden = more + items.len().saturating_sub(fit) as u64;
    if hidden > 0 {
        let text = format!("  … {hidden} more");
        Line::new(buf, area, y).text(&text, cx.style(Role::Dim));
        y += 1;
    }
    for item in held.iter().take(rows.saturating_sub(y)) {
        y += draw_item(buf, area, (y, 1), item, Duration::ZERO, cx);
    }
}

/// Draws an item in so many rows at most, and says how many it took.
fn draw_item(
    buf: &mut Buffer,
    area: Rect,
    (y, rows): (usize, usize),
    item: &Item<'_>,
    ago: Duration,
    cx: &Cx<'_>,
) -> usize {
    let (dim, strong) = (cx.style(Role::Dim), cx.style(Role::Strong));
    let ago = format!(" {} ago", duration(ago));
    let line = |buf: &mut Buffer, sign: &str, role, what: &str, rest: &str, right: &str| {
        let mut line = Line::new(buf, area, y);
        line.right(right, dim);
        line.text(&format!("{sign} "), cx.style(role));
        let room = line.room();
        line.column(what, width(what).min(room), strong, Side::Left);
        line.gap(1).text(rest, dim);
    };
    // The last line is cut where that is not enough.
    let under = |buf: &mut Buffer, text: &str, role| {
        let cells = usize::from(area.width).saturating_sub(2);
        let mut rest = text;
        let lines = rows - 1;
        for at in 1..=lines {
            let first = wrap_words(rest, cells).into_iter().next().unwrap_or_default();
            let shown = if at == lines { rest } else { first };
            let mut line = Line::new(buf, area, y + at);
            line.gap(2);
            let room = line.room();
            line.column(shown, room, cx.style(role), Side::Left);
            rest = rest.strip_prefix(first).unwrap_or_default().trim_start();
            if rest.is_empty() {
                return at + 1;
            }
        }
        rows
    };
    let (subject, took) = match item {
        Item::Failure(failure) => {
            let subject = Subject::task(&failure.pool, &failure.group, failure.id);
            let sign = cx.theme.sign(failure.status).to_string();
            let role = Role::Status(failure.status);
            // What it failed with is often what it was called with.
            let args = Some(&*failure.args).filter(|args| !failure.note.contains(args.trim_matches('"')));
            line(
                buf,
                &sign,
                role,
                &subject.to_string(),
                args.unwrap_or_default(),
                &ago,
            );
            let took = under(buf, &failure.note, role);
            (subject, took)
        }
        Item::Warning(warning) => {
            let title = warning.kind.about().title;
            let subject = warning.subject.clone();
            line(buf, "⚠", Role::Warning, &subject.to_string(), title, &ago);
            let took = under(buf, &warning.evidence, Role::Warning);
            (subject, took)
        }
        Item::Held(pool) => {
            let held = counted(pool.held, "group", "groups");
            let keys = format!("{held} held: {} starts", cx.state.key(Action::Start));
            line(buf, "‖", Role::Warning, &pool.name, &keys, "");
            (Subject::pool(&pool.name), 1)
        }
    };
    for row in y..y + took {
        cx.zones.row(area, row, Zone::Subject(subject.clone()));
    }
    took
}
