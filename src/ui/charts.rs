//! How many tasks ended in each of the last seconds: one large chart, and a line in a row of a table.

use super::draw::Cx;
use super::layout::{Areas, split_left};
use super::text::{Line, Side, put, short, width};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, State};
use crate::app::status::Status;
use crate::app::view::{Phase, PoolRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Heights of a cell, in eighths.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The cells for the scale of the chart.
const SCALE: u16 = 6;

/// How many seconds a line in a table shows.
const LINE: usize = 60;

/// What ended in a part of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Ends {
    all: u32,
    failed: u32,
}

/// The last `parts` parts of so many seconds each, oldest first; none: before the start.
fn last(pool: &PoolRow, parts: usize, seconds: usize) -> Vec<Option<Ends>> {
    let ends = |i: usize| Ends {
        all: pool.history[i],
        failed: pool.failures.get(i).copied().unwrap_or(0),
    };
    let newest = pool.history.len();
    let of = |back: usize| {
        let end = newest.checked_sub(back * seconds).filter(|end| *end > 0)?;
        let sum = (end.saturating_sub(seconds)..end).map(ends);
        Some(sum.fold(Ends::default(), |sum, one| Ends {
            all: sum.all.saturating_add(one.all),
            failed: sum.failed.saturating_add(one.failed),
        }))
    };
    (0..parts).rev().map(of).collect()
}

/// The last minute in one line of so many cells.
pub(super) fn line(pool: &PoolRow, cells: usize, cx: &Cx<'_>) -> Vec<(String, Style)> {
    let ends = last(pool, cells, (LINE / cells.max(1)).max(1));
    let peak = peak(&ends);
    let cell = |ends: &Option<Ends>| match ends {
        Some(Ends {
            all: 1..,
            failed: 1..,
        }) if !cx.theme.colour || cx.theme.ascii => {
            (cx.theme.sign(Status::Failed).to_string(), cx.style(Role::Text))
        }
        Some(Ends {
            all: all @ 1..,
            failed,
        }) => {
            // One failure among many does not make them all look like one.
            let role = if *failed > 0 && *failed >= all / 4 {
                Role::Status(Status::Failed)
            } else {
                Role::Chart
            };
            // A full cell would touch the line above.
            let height = (u64::from(*all) * 7).div_ceil(u64::from(peak.max(1)));
            (
                EIGHTHS[usize::try_from(height).unwrap_or(7).min(7)].to_owned(),
                cx.style(role),
            )
        }
        _ => ("·".to_owned(), cx.style(Role::Dim)),
    };
    ends.iter().map(cell).collect()
}

fn peak(ends: &[Option<Ends>]) -> u32 {
    ends.iter().flatten().map(|ends| ends.all).max().unwrap_or(0)
}

/// The end of a scale that goes at least so far: 1, 2, 5, 10, 20, …
fn scale(peak: u32) -> u32 {
    let mut step = 1_u32;
    loop {
        for factor in [1, 2, 5] {
            match step.checked_mul(factor) {
                Some(end) if end >= peak => return end,
                Some(_) => {}
                None => return peak,
            }
        }
        match step.checked_mul(10) {
            Some(next) => step = next,
            None => return peak,
        }
    }
}

/// The chart of the pool under the cursor.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) {
    let Some(pool) = cx.state.pool_row() else {
        cx.text_pane(buf, areas, area, "Ended per second");
        return;
    };
    let plot = usize::from(areas.inner(area).width.saturating_sub(SCALE));
    let ends = last(pool, plot, 1);
    let most = match peak(&ends) {
        0 => String::new(),
        peak => format!(" · peak {}/s", short(peak.into())),
    };
    let title = format!("{} · ended per second{most}", pool.name);
    let inner = cx.text_pane(buf, areas, area, &title);
    chart(buf, inner, pool, &ends, cx);
}

/// The bars, the newest second at the right, with a scale at the left and the time below.
fn chart(buf: &mut Buffer, area: Rect, pool: &PoolRow, ends: &[Option<Ends>], cx: &Cx<'_>) {
    let peak = peak(ends);
    if peak == 0 || area.height < 2 {
        put(buf, area, &quiet(cx.state, pool), cx.style(Role::Dim), Side::Left);
        return;
    }
    let dim = cx.style(Role::Dim);
    let (labels, plot) = split_left(area, SCALE);
    let rows = plot.height - 1;
    let top = scale(peak);
    let mut marks = vec![(0, top), (rows - 1, 0)];
    if rows >= 6 && top.is_multiple_of(2) {
        marks.insert(1, (rows / 2, top / 2));
    }
    for (y, value) in marks {
        let row = Rect {
            y: labels.y + y,
            height: 1,
            ..labels
        };
        put(buf, row, &format!("{} ", short(value.into())), dim, Side::Right);
    }
    for (x, ends) in ends.iter().enumerate() {
        let x = plot.x + u16::try_from(x).unwrap_or(u16::MAX);
        bar(
            buf,
            Rect {
                x,
                width: 1,
                height: rows,
                ..plot
            },
            ends.unwrap_or_default(),
            top,
            cx,
        );
    }
    time_axis(
        buf,
        Rect {
            y: plot.y + rows,
            height: 1,
            ..plot
        },
        dim,
    );
}

/// One second: what failed at the foot of the bar, in its own colour.
fn bar(buf: &mut Buffer, column: Rect, ends: Ends, top: u32, cx: &Cx<'_>) {
    let rows = u64::from(column.height);
    let eighths = |n: u32| (u64::from(n) * rows * 8).div_ceil(u64::from(top.max(1)));
    let (all, failed) = (eighths(ends.all), eighths(ends.failed));
    let colours = cx.theme.colour && !cx.theme.ascii;
    let (whole, red) = (cx.style(Role::Chart), cx.style(Role::Status(Status::Failed)));
    for row in 0..column.height {
        let above = u64::from(row) * 8;
        let fill = |end: u64| usize::try_from(end.saturating_sub(above).min(8)).unwrap_or(8);
        let Some(cell) = buf.cell_mut((column.x, column.bottom() - 1 - row)) else {
            continue;
        };
        match (fill(all), fill(failed)) {
            (0, _) if row == 0 => cell.set_symbol("·").set_style(cx.style(Role::Dim)),
            (0, _) => continue,
            (_, 1..) if !colours && row == 0 => cell
                .set_symbol(&cx.theme.sign(Status::Failed).to_string())
                .set_style(cx.style(Role::Text)),
            (part, 0) => cell.set_symbol(EIGHTHS[part]).set_style(whole),
            (8, part) if part < 8 && colours => {
                cell.set_symbol(EIGHTHS[part]).set_style(red);
                cell.bg = whole.fg.unwrap_or_default();
                cell
            }
            (part, _) => cell.set_symbol(EIGHTHS[part]).set_style(red),
        };
    }
}

/// The time below a chart of a second a cell.
fn time_axis(buf: &mut Buffer, area: Rect, style: Style) {
    let cells = usize::from(area.width);
    put(buf, area, "now", style, Side::Right);
    let step = if cells >= 90 { 30 } else { 20 };
    for ago in (step..cells).step_by(step) {
        let text = format!("-{ago}s");
        let at = cells - 1 - ago;
        if at + width(&text) + 5 <= cells {
            Line::new(buf, area, 0).gap(at).text(&text, style);
        }
    }
}

/// Why nothing has ended, and what helps.
fn quiet(state: &State, pool: &PoolRow) -> String {
    let key = |action| state.key(action);
    let waits = pool.queued.known > 0 || pool.queued.more;
    match pool.running {
        0 if pool.phase == Phase::Closed => "pool closed: nothing runs any more".to_owned(),
        0 if pool.paused => format!("pool paused: {} resumes it", key(Action::Pause)),
        0 if pool.size == Some(0) => format!("no slots: {} adds one", key(Action::Grow)),
        0 if waits => "nothing ended lately".to_owned(),
        0 => format!("nothing runs or is queued: {} starts tasks", key(Action::Start)),
        _ => format!(
            "nothing ended lately: {}",
            counted(pool.running, "task runs", "tasks run")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_one_two_or_five() {
        let ends = [0, 1, 2, 3, 6, 11, 21, 51].map(scale);
        assert_eq!(ends, [1, 1, 2, 5, 10, 20, 50, 100]);
        // There is no such number any more.
        assert_eq!(scale(u32::MAX), u32::MAX);
    }

    #[test]
    fn what_was_before_the_start_is_told_from_nothing() {
        let pool = PoolRow {
            history: vec![1, 2, 3],
            failures: vec![0, 1, 0],
            ..PoolRow::default()
        };
        let ends = |all, failed| Some(Ends { all, failed });
        assert_eq!(last(&pool, 4, 1), [None, ends(1, 0), ends(2, 1), ends(3, 0)]);
        assert_eq!(last(&pool, 3, 2), [None, ends(1, 0), ends(5, 1)]);
        assert_eq!(last(&PoolRow::default(), 1, 1), [None]);
    }
}
