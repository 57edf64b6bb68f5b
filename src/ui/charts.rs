//! What pools have ended lately: a chart for each of them where there is room, or one for that under the cursor.

use super::draw::Cx;
use super::layout::{Areas, split_left};
use super::text::{Line, Side, put, short};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, State, Zone};
use crate::app::status::Status;
use crate::app::view::{Phase, PoolRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{RenderDirection, Sparkline, Widget};

/// The least rows of a chart among several, with its frame.
const LOW: u16 = 6;

/// The most rows that any of them makes use of.
const HIGH: u16 = 18;

/// The least columns of one beside another.
const NARROW: u16 = 66;

/// The columns and rows of charts, one for each of so many pools, in as few columns as fit; none if there is no room
/// for all of them.
fn grid(room: (u16, u16), pools: usize) -> Option<(u16, u16)> {
    let pools = u16::try_from(pools).ok().filter(|pools| *pools > 0)?;
    let most = (room.0 / NARROW).clamp(1, pools);
    (1..=most)
        .map(|columns| (columns, pools.div_ceil(columns)))
        .find(|(_, rows)| rows.saturating_mul(LOW) <= room.1)
}

/// How many of these free rows the charts of so many pools want.
pub(super) fn height(room: (u16, u16), pools: usize) -> u16 {
    let rows = grid(room, pools).map_or(1, |(_, rows)| rows);
    room.1.min(rows.saturating_mul(HIGH))
}

/// The charts.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) {
    let state = cx.state;
    let listed = state.listed_pools();
    let Some((columns, rows)) = grid((area.width, area.height), listed.len()) else {
        let inner = cx.text_pane(buf, areas, area, &title(state.pool_row(), area.width));
        if let Some(pool) = state.pool_row() {
            chart(buf, inner, pool, cx);
        }
        return;
    };
    let part = |all: u16, of: u16, at: u16| {
        let edge = |at: u16| u32::from(all) * u32::from(at) / u32::from(of.max(1));
        let edge = |at: u16| u16::try_from(edge(at)).unwrap_or(all);
        (edge(at), edge(at + 1) - edge(at))
    };
    for (i, pool) in listed
        .iter()
        .filter_map(|at| state.view.pools.get(*at))
        .enumerate()
    {
        let i = u16::try_from(i).unwrap_or(u16::MAX);
        // The last row may have fewer.
        let of = if i / columns + 1 == rows {
            u16::try_from(listed.len()).unwrap_or(u16::MAX) - (rows - 1) * columns
        } else {
            columns
        };
        let (x, width) = part(area.width, of, i % columns);
        let (y, height) = part(area.height, rows, i / columns);
        let frame = Rect {
            x: area.x + x,
            y: area.y + y,
            width,
            height,
        };
        let inner = cx.text_pane(buf, areas, frame, &title(Some(pool), width));
        cx.zones.text(inner, Zone::Pool(pool.name.to_string()));
        chart(buf, inner, pool, cx);
    }
}

/// The cells for the scale of the chart.
const SCALE: u16 = 7;

/// The title of a chart.
fn title(pool: Option<&PoolRow>, cells: u16) -> String {
    let Some(pool) = pool else {
        return "Ended per second".to_owned();
    };
    let shown = pool
        .history
        .len()
        .min(usize::from(cells.saturating_sub(2 + SCALE)));
    if shown == 0 {
        return format!("{}: ended per second", pool.name);
    }
    let peak = shown_history(pool, shown).iter().max().copied().unwrap_or(0);
    let failed = last(&pool.failures, shown).iter().any(|n| *n > 0);
    let failed = if failed { " · ✗ failures" } else { "" };
    format!(
        "{}: ended per second · last {shown} s · peak {}/s{failed}",
        pool.name,
        short(peak.into())
    )
}

/// Why nothing has ended, and what helps.
fn quiet(state: &State, pool: &PoolRow) -> String {
    let key = |action| state.key(action);
    let waits = pool.queued.known > 0 || pool.queued.more;
    match pool.running {
        0 if pool.phase == Phase::Closed => "it is closed: nothing runs here any more".to_owned(),
        0 if pool.paused => format!(
            "nothing starts while it is paused: {} resumes it",
            key(Action::Pause)
        ),
        0 if pool.size == Some(0) => format!("its size is 0: {} gives it a slot", key(Action::Grow)),
        0 if waits => "nothing has ended lately".to_owned(),
        0 => format!("nothing runs or waits: {} starts tasks", key(Action::Start)),
        _ => format!(
            "nothing has ended lately: {}",
            counted(pool.running, "task runs", "tasks run")
        ),
    }
}

fn shown_history(pool: &PoolRow, cells: usize) -> &[u32] {
    last(&pool.history, cells)
}

fn last(values: &[u32], cells: usize) -> &[u32] {
    &values[values.len().saturating_sub(cells)..]
}

/// A chart, the newest second at the right.
fn chart(buf: &mut Buffer, area: Rect, pool: &PoolRow, cx: &Cx<'_>) {
    let (label, plot) = split_left(area, SCALE);
    let data = shown_history(pool, plot.width.into());
    let peak = data.iter().max().copied().unwrap_or(0);
    if peak == 0 {
        put(buf, area, &quiet(cx.state, pool), cx.style(Role::Dim), Side::Left);
        return;
    }
    let dim = cx.style(Role::Dim);
    let failed = last(&pool.failures, plot.width.into());
    let marked = area.height >= 3 && failed.iter().any(|n| *n > 0);
    let above = |area: Rect| Rect {
        height: area.height - u16::from(marked),
        ..area
    };
    if marked {
        let under = Rect {
            y: plot.bottom() - 1,
            height: 1,
            ..plot
        };
        let sign = cx.theme.sign(Status::Failed).to_string();
        let mut line = Line::new(buf, under, 0);
        line.gap(usize::from(plot.width).saturating_sub(failed.len()));
        for n in failed {
            let text = if *n > 0 { &sign } else { " " };
            line.text(text, cx.style(Role::Status(Status::Failed)));
        }
    }
    let (label, plot) = (above(label), above(plot));
    let foot = Rect {
        y: label.bottom().saturating_sub(1),
        ..label
    };
    put(buf, label, &format!("{} ", short(peak.into())), dim, Side::Right);
    put(buf, foot, "0 ", dim, Side::Right);
    Sparkline::default()
        .data(data.iter().rev().map(|&n| u64::from(n)))
        .direction(RenderDirection::RightToLeft)
        .style(cx.style(Role::Status(Status::Running)))
        .render(plot, buf);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pool_has_a_chart_where_there_is_room_for_all() {
        assert_eq!(grid((80, 9), 1), Some((1, 1)));
        assert_eq!(grid((80, 9), 2), None);
        assert_eq!(grid((140, 25), 3), Some((1, 3)));
        assert_eq!(grid((140, 12), 3), Some((2, 2)));
        assert_eq!(grid((220, 40), 12), Some((2, 6)));
        assert_eq!(grid((80, 9), 0), None);
        assert_eq!(grid((80, 9), 1_000_000), None);
        let heights = (height((140, 60), 3), height((80, 40), 70), height((80, 5), 1));
        assert_eq!(heights, (54, 18, 5));
    }
}
