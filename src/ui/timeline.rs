//! The timeline of a pool: a row for each slot, the newest moment at the right.

pub(super) mod under;

use super::draw::Cx;
use super::peers::eighths;
use super::text::{Line, Side, clock, duration, short, width};
use super::theme::Role;
use crate::app::count::counted;
use crate::app::dashboard::{Action, State, Zone};
use crate::app::status::Status;
use crate::app::timeline::{Run, TimelineView};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::time::Duration;

/// What the rows of a pane are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts {
    pub(super) axis: bool,
    pub(super) slots: u16,
    /// The queue, and what ended.
    pub(super) sums: bool,
    pub(super) legend: bool,
    pub(super) label: u16,
    pub(super) cells: u16,
}

/// The rows of a chart of sums: one for its name, and one for its peak.
const SUM: u16 = 2;

/// The rows that such a chart has at most.
const TALL: u16 = 8;

/// The rows that the pane of the task under the cursor has before that task's output.
pub(super) const FACTS: u16 = 5;

/// The rows that the pane of so many slots makes use of.
pub(super) fn most(slots: usize) -> u16 {
    let slots = u16::try_from(slots).unwrap_or(u16::MAX);
    // The frame, the axis, a gap and the legend.
    slots.saturating_add(2 + 1 + 1 + 1 + 2 * TALL)
}

/// The parts of a pane with such an inside.
pub(super) fn parts(inner: Rect) -> Parts {
    let axis = inner.height >= 4;
    let sums = inner.height >= 10;
    let legend = inner.height >= 12 && inner.width >= 70;
    let others = u16::from(axis) + 2 * SUM * u16::from(sums) + u16::from(legend);
    let label = match inner.width {
        60.. => 12,
        _ if sums => 10,
        _ => 7,
    };
    Parts {
        axis,
        slots: inner.height.saturating_sub(others),
        sums,
        legend,
        label,
        cells: inner.width.saturating_sub(label),
    }
}

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    let scale = scale_text(state.timeline.scale());
    let Some(view) = state.timeline_view() else {
        return format!("Timeline · 1 cell = {scale}");
    };
    let last = view.first + view.slots.len();
    let mut title = vec![
        match view.total {
            0 => "Timeline".to_owned(),
            total if total == view.slots.len() => format!("Timeline · {}", counted(total, "slot", "slots")),
            total => format!("Timeline · slots {}-{last} of {total}", view.first + 1),
        },
        format!("1 cell = {scale}"),
    ];
    title.push(match state.timeline.at {
        None => "now".to_owned(),
        Some(at) => {
            let ago = (state.view.time + state.elapsed).saturating_sub(at);
            format!("{} ago", duration(ago))
        }
    });
    if view.hidden > 0 {
        title.push(format!("{} more run", view.hidden));
    }
    if view.lost > 0 {
        title.push(counted(view.lost, "event lost", "events lost"));
    }
    title.join(" · ")
}

/// How long a cell is, in words.
fn scale_text(scale: Duration) -> String {
    match scale.as_millis() {
        ms @ 0..1000 => format!(
            "{} s",
            Duration::from_millis(u64::try_from(ms).unwrap_or(0)).as_secs_f64()
        ),
        ms @ 1000..60_000 => format!("{} s", ms / 1000),
        ms => format!("{} min", ms / 60_000),
    }
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let parts = parts(area);
    let Some(view) = state.timeline_view() else {
        Line::new(buf, area, 0).gap(1).text("…", cx.style(Role::Dim));
        return;
    };
    let empty = view.slots.iter().all(|row| row.runs.is_empty());
    if view.total == 0 {
        let start = state.key(Action::Start);
        let text = format!("no task has run here lately; {start} starts some");
        Line::new(buf, area, 0).gap(1).text(&text, cx.style(Role::Dim));
        return;
    }
    let mut y = 0;
    if parts.axis {
        axis(buf, area, view, parts, cx);
        y = 1;
    }
    // The view may be of a moment at which there was more room.
    let slots = view.slots.len().min(parts.slots.into());
    for row in 0..slots {
        slot(buf, area, y + row, view, row, parts, cx);
    }
    if empty && parts.slots > 1 {
        let text = "nothing has run in these slots in the time that is shown";
        let middle = y + usize::from(parts.slots) / 2;
        let label = usize::from(parts.label);
        Line::new(buf, area, middle.min(y + slots))
            .gap(label)
            .text(text, cx.style(Role::Dim));
    }
    if parts.sums {
        // What the slots leave free is for the sums.
        let free = usize::from(parts.slots) - slots;
        let height = usize::from(SUM) + (free.saturating_sub(1) / 2).min((TALL - SUM).into());
        let y = y + slots + usize::from(free > 0);
        let at = |y: usize| Rect {
            y: area.y + u16::try_from(y).unwrap_or(0),
            height: u16::try_from(height).unwrap_or(1),
            ..area
        };
        sums(buf, at(y), "queued", &view.queued, (Role::Dim, parts), cx);
        let ended = Role::Status(Status::Running);
        sums(buf, at(y + height), "ended/s", &view.ended, (ended, parts), cx);
    }
    if parts.legend {
        legend(buf, area, cx);
    }
}

/// What a cell shows of a time of which not all is known.
const UNKNOWN: &str = "┄";

/// The times above the cells; they move with them.
fn axis(buf: &mut Buffer, area: Rect, view: &TimelineView, parts: Parts, cx: &Cx<'_>) {
    let cells = usize::from(parts.cells);
    let per = u64::try_from(step(view.scale).as_nanos() / view.scale.as_nanos().max(1))
        .unwrap_or(1)
        .max(1);
    let dim = cx.style(Role::Dim);
    let cursor = cx.state.timeline_cell(view);
    // Both ends are told in any case: when what is shown begins, and when it ends.
    let time = |number: u64| {
        clock(
            view.scale
                .saturating_mul(u32::try_from(number).unwrap_or(u32::MAX)),
        )
    };
    let begins = (0..cells).find(|cell| view.has_begun(*cell, cells)).unwrap_or(0);
    let right = format!("{}╵", time(view.newest + 1));
    let right_at = cells.saturating_sub(width(&right));
    if width(&right) <= cells {
        Line::new(buf, area, 0)
            .gap(usize::from(parts.label) + right_at)
            .text(&right, dim);
    }
    let first = (view.newest + 1 + begins as u64).saturating_sub(cells as u64);
    let left = format!("╵{}", time(first));
    let mut free = 0;
    if begins + width(&left) < right_at {
        Line::new(buf, area, 0)
            .gap(usize::from(parts.label) + begins)
            .text(&left, dim);
        free = begins + width(&left) + 1;
    }
    for cell in 0..cells {
        let number = (view.newest + 1 + cell as u64).checked_sub(cells as u64);
        let Some(number) = number.filter(|number| number % per == 0) else {
            continue;
        };
        let text = format!("╵{}", time(number));
        if cell >= free && cell + width(&text) < right_at {
            Line::new(buf, area, 0)
                .gap(usize::from(parts.label) + cell)
                .text(&text, dim);
            free = cell + width(&text) + 1;
        }
    }
    if free == 0 {
        // Not one round time is in sight: that of the newest cell.
        let newest = u32::try_from(view.newest).unwrap_or(u32::MAX);
        let text = format!("{}╵", clock(view.scale.saturating_mul(newest)));
        Line::new(buf, area, 0)
            .gap((usize::from(parts.label) + cells).saturating_sub(width(&text)))
            .text(&text, dim);
    }
    for gap in view.gaps.iter().filter(|gap| **gap < cells) {
        let at = usize::from(parts.label) + gap;
        Line::new(buf, area, 0).gap(at).text("!", cx.style(Role::Error));
    }
    let mark = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
    Line::new(buf, area, 0)
        .gap(usize::from(parts.label) + cursor)
        .text("▼", mark);
}

/// Between two times of the axis: a round time that has room for its text.
fn step(scale: Duration) -> Duration {
    const ROUND: [u64; 12] = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    let fits = |step: &Duration| step.as_nanos() >= 14 * scale.as_nanos();
    let whole = |step: &Duration| step.as_nanos().is_multiple_of(scale.as_nanos().max(1));
    ROUND
        .iter()
        .map(|seconds| Duration::from_secs(*seconds))
        .find(|step| fits(step) && whole(step))
        .unwrap_or(scale.saturating_mul(30))
}

/// What a cell of a run looks like.
fn look(run: &Run, cx: &Cx<'_>) -> (char, Style) {
    let style = cx.style(Role::Status(run.status));
    let glyph = match (run.ended, run.status) {
        // Nobody has heard how it ended.
        (1.., Status::Queued) => '?',
        (n @ 2..=9, Status::Ok) => char::from_digit(n, 10).unwrap_or('+'),
        (10.., Status::Ok) => '+',
        // The worst end of a cell wins over their number: it is told by its shape, too.
        (1.., status) => cx.theme.sign(status),
        (0, Status::Cancelling) => '░',
        (0, Status::Cancelled) => '▒',
        (0, _) if run.odd => '█',
        (0, _) => '▓',
    };
    let ends = run.ended > 0;
    (
        glyph,
        if ends {
            style.add_modifier(Modifier::BOLD)
        } else {
            style
        },
    )
}

fn slot(buf: &mut Buffer, area: Rect, y: usize, view: &TimelineView, row: usize, parts: Parts, cx: &Cx<'_>) {
    let state = cx.state;
    let number = view.first + row;
    let under = state.timeline.slot == number;
    let beyond = state
        .pool_row()
        .and_then(|pool| pool.size)
        .is_some_and(|size| number >= size);
    let style = match (under, beyond) {
        (true, _) => cx.style(Role::Strong),
        (false, true) => cx.style(Role::Warning),
        (false, false) => cx.style(Role::Dim),
    };
    let mark = if under { "▸" } else { " " };
    let label = if parts.label >= 12 {
        format!("{mark}slot {}", number + 1)
    } else {
        format!("{mark}{}", number + 1)
    };
    let mut line = Line::new(buf, area, y);
    line.column(&label, parts.label.into(), style, Side::Left);
    let left = area.x + parts.label;
    let zone = Zone::Slot {
        slot: number,
        cells: (left, left + parts.cells.saturating_sub(1)),
        newest: view.newest,
    };
    cx.zones.row(area, y, zone);
    let unknown = view.unknown.min(parts.cells.into());
    let cells = usize::from(parts.cells);
    let before = (0..unknown)
        .take_while(|cell| !view.has_begun(*cell, cells))
        .count();
    line.gap(before)
        .text(&UNKNOWN.repeat(unknown - before), cx.style(Role::Dim));
    for run in &view.slots[row].runs {
        let (glyph, style) = look(run, cx);
        for cell in run.range().take_while(|cell| *cell < usize::from(parts.cells)) {
            let x = left + u16::try_from(cell).unwrap_or(0);
            let y = area.y + u16::try_from(y).unwrap_or(0);
            if let Some(place) = buf.cell_mut((x, y)) {
                place.set_char(glyph).set_style(style);
            }
        }
    }
    if under {
        let cell = state.timeline_cell(view);
        let at = Rect {
            x: left + u16::try_from(cell).unwrap_or(0),
            width: 1,
            ..area
        };
        cx.under_cursor(buf, at.intersection(area), y);
    }
}

/// A chart of sums over all slots, with the highest of what is shown.
fn sums(buf: &mut Buffer, area: Rect, name: &str, values: &[u32], (role, parts): (Role, Parts), cx: &Cx<'_>) {
    let peak = values.iter().max().copied().unwrap_or(0);
    let dim = cx.style(Role::Dim);
    let label = usize::from(parts.label);
    let rows = usize::from(area.height);
    let full = 8 * rows as u64;
    let peak_text = format!("peak {}", short(peak.into()));
    let peak_text = if width(&peak_text) + 1 < label {
        peak_text
    } else {
        format!("max {}", short(peak.into()))
    };
    for row in 0..rows {
        let below = 8 * (rows - 1 - row);
        let mut line = Line::new(buf, area, row);
        let text = match row {
            0 => name,
            1 => &peak_text,
            _ => "",
        };
        line.gap(1).column(text, label - 1, dim, Side::Left);
        for value in values {
            let height = (u64::from(*value) * full).div_ceil(u64::from(peak.max(1)));
            let text = eighths(usize::try_from(height).unwrap_or(0), below);
            line.text(text, cx.style(role));
        }
    }
}

fn legend(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let dim = cx.style(Role::Dim);
    let mut line = Line::new(buf, area, usize::from(area.height) - 1);
    line.text("█▓", cx.style(Role::Status(Status::Running)))
        .text(" running, task by task  ", dim);
    for (glyph, status) in [("░", Status::Cancelling), ("▒", Status::Cancelled)] {
        line.text(glyph, cx.style(Role::Status(status)))
            .text(&format!(" {}  ", status.look().word), dim);
    }
    for status in [Status::Ok, Status::Failed, Status::Stopped] {
        let sign = cx.theme.sign(status).to_string();
        line.text(&sign, cx.style(Role::Status(status)))
            .text(&format!(" {}  ", status.look().word), dim);
    }
    let unknown = cx.state.timeline_view().is_some_and(|view| view.unknown > 0);
    let unknown = if unknown {
        format!("{UNKNOWN} not known  ")
    } else {
        String::new()
    };
    for text in [unknown.as_str(), "2-9 + tasks ok"] {
        if line.room() >= width(text) {
            line.text(text, dim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::timeline::SCALES;

    #[test]
    fn times_on_the_axis_are_round_and_have_room() {
        for scale in SCALES {
            let step = step(scale);
            assert!(step.as_nanos().is_multiple_of(scale.as_nanos()), "{scale:?}");
            assert!(step >= scale * 14, "{scale:?}");
            assert_eq!(step.subsec_nanos(), 0);
        }
    }

    #[test]
    fn every_scale_has_its_words() {
        let words: Vec<String> = SCALES.into_iter().map(scale_text).collect();
        assert_eq!(
            words,
            [
                "0.1 s", "0.25 s", "0.5 s", "1 s", "2 s", "5 s", "10 s", "20 s", "30 s", "1 min", "2 min"
            ]
        );
    }
}
