//! From spans to cells.

use super::slots::{Slots, Span, worse};
use super::{Run, SLOTS, SlotRow, TimelineView, TimelineWant};
use crate::app::status::Status;
use std::time::Duration;

/// The cells that are shown: `count` of them, the last one `newest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) scale: Duration,
    pub(super) newest: u64,
    pub(super) count: usize,
}

impl Grid {
    /// The cells up to now.
    pub(super) fn until(now: Duration, scale: Duration, count: usize) -> Grid {
        let scale = scale.max(Duration::from_millis(1));
        let newest = now.as_nanos() / scale.as_nanos();
        Grid {
            scale,
            newest: u64::try_from(newest).unwrap_or(u64::MAX),
            count,
        }
    }

    /// When the first cell begins.
    pub(super) fn start(self) -> Duration {
        let first = (self.newest + 1).saturating_sub(self.count as u64);
        self.scale
            .saturating_mul(u32::try_from(first).unwrap_or(u32::MAX))
    }

    /// The cell of a moment, counted from the left; none before the first one.
    pub(super) fn cell(self, time: Duration) -> Option<usize> {
        let number = u64::try_from(time.as_nanos() / self.scale.as_nanos()).unwrap_or(u64::MAX);
        let cell = (number.min(self.newest) + self.count as u64).checked_sub(self.newest + 1)?;
        usize::try_from(cell).ok()
    }
}

/// What a cell shows.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cell {
    task: u64,
    status: Status,
    odd: bool,
    ended: u32,
}

/// The most cells and rows of a view.
const MOST: usize = 1024;

impl Slots {
    /// What is to be seen of them at this moment, of a pool of this size; what waited and what ended is for others to
    /// tell.
    pub fn view(&self, want: &TimelineWant, size: Option<usize>, now: Duration) -> TimelineView {
        let (cells, rows) = (want.cells.min(MOST), want.rows.min(MOST));
        let grid = Grid::until(now, want.scale, cells);
        let total = self.used(grid.start()).max(size.unwrap_or(0)).min(SLOTS);
        let first = want.first.min(total.saturating_sub(rows));
        let mut gaps: Vec<usize> = self.gaps().filter_map(|gap| grid.cell(gap)).collect();
        gaps.dedup();
        TimelineView {
            scale: grid.scale,
            newest: grid.newest,
            total,
            first,
            slots: (first..total.min(first + rows))
                .map(|slot| row(self, slot, grid))
                .collect(),
            gaps,
            unknown: match self.known_from() {
                Duration::ZERO => 0,
                from => grid.cell(from).unwrap_or(0),
            },
            hidden: self.hidden(),
            ..TimelineView::default()
        }
    }
}

/// A slot's row.
fn row(slots: &Slots, slot: usize, grid: Grid) -> SlotRow {
    let mut cells: Vec<Option<Cell>> = vec![None; grid.count];
    for span in slots.spans(slot, grid.start()) {
        paint(&mut cells, span, grid);
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut before: Option<Cell> = None;
    for (at, cell) in cells.into_iter().enumerate() {
        match (cell, runs.last_mut()) {
            (Some(cell), Some(run)) if before == Some(cell) && cell.ended == 0 => run.cells += 1,
            (Some(cell), _) => runs.push(Run {
                from: u16::try_from(at).unwrap_or(u16::MAX),
                cells: 1,
                task: cell.task,
                status: cell.status,
                odd: cell.odd,
                ended: cell.ended,
            }),
            (None, _) => {}
        }
        before = cell;
    }
    SlotRow { runs }
}

/// Paints a span over those before it. The cell in which a task ends has the sign of its end, whatever begins there.
fn paint(cells: &mut [Option<Cell>], span: &Span, grid: Grid) {
    let last = cells.len().saturating_sub(1);
    let cell = |status, ended| Cell {
        task: span.task,
        status,
        odd: span.odd,
        ended,
    };
    let mut fill = |from: Duration, to: usize, status| {
        let from = grid.cell(from).unwrap_or(0);
        for place in cells.iter_mut().take(to).skip(from) {
            if place.is_none_or(|place| place.ended == 0) {
                *place = Some(cell(status, 0));
            }
        }
    };
    let to = match span.end {
        // The cell of the end is painted below.
        Some((end, _)) => grid.cell(end).unwrap_or(0),
        None => last + 1,
    };
    fill(span.start, to, Status::Running);
    if let Some(asked) = span.asked {
        fill(asked, to, Status::Cancelling);
    }
    if let Some(cancelled) = span.cancelled {
        fill(cancelled, to, Status::Cancelled);
    }
    if let Some((end, status)) = span.end
        && let Some(place) = grid.cell(end).and_then(|at| cells.get_mut(at))
    {
        let (worst, before) = match place {
            Some(place) if place.ended > 0 => (worse(place.status, status), place.ended),
            _ => (status, 0),
        };
        *place = Some(cell(worst, before.saturating_add(span.tasks)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Each cell as the letter of its status, in upper case for one that ends.
    fn draw(slots: &Slots, slot: usize, grid: Grid) -> String {
        let mut text = vec!['.'; grid.count];
        for run in row(slots, slot, grid).runs {
            for at in run.range() {
                let word = run.status.look().word;
                let letter = word
                    .chars()
                    .nth(if word == "running" { 0 } else { word.len() - 1 });
                let letter = letter.unwrap_or('?');
                text[at] = match run.ended {
                    0 => letter,
                    1 => letter.to_ascii_uppercase(),
                    more => char::from_digit(more.min(9), 10).unwrap_or('?'),
                };
            }
        }
        text.into_iter().collect()
    }

    #[test]
    fn spans_become_cells() {
        let mut slots = Slots::default();
        slots.start(1, ms(250));
        slots.end(1, ms(460), Status::Ok);
        slots.start(2, ms(470));
        slots.asked(2, ms(700));
        slots.cancelled(2, ms(900));
        slots.end(2, ms(1010), Status::Stopped);
        slots.start(3, ms(1250));
        let grid = Grid::until(ms(1590), ms(100), 16);
        assert_eq!(draw(&slots, 0, grid), "..rrKrrggpD.rrrr");
        let early = Grid::until(ms(1590), ms(100), 12);
        assert_eq!(draw(&slots, 0, early), "KrrggpD.rrrr");
        let coarse = Grid::until(ms(1590), ms(1000), 4);
        assert_eq!(draw(&slots, 0, coarse), "..KD");
        assert_eq!(draw(&slots, 9, coarse), "....");
        assert_eq!(Grid::until(ms(5), ms(100), 0).cell(ms(5)), None);
        assert!(row(&slots, 0, Grid::until(ms(5), ms(100), 0)).runs.is_empty());
    }

    #[test]
    fn many_ends_in_a_cell_show_the_worst_and_their_number() {
        let mut slots = Slots::default();
        for task in 0..5 {
            slots.start(task, ms(task * 200));
            let status = if task == 2 { Status::Failed } else { Status::Ok };
            slots.end(task, ms(task * 200 + 150), status);
        }
        let grid = Grid::until(ms(1500), ms(1000), 2);
        let runs = row(&slots, 0, grid).runs;
        assert_eq!(runs.len(), 1);
        assert_eq!(
            (runs[0].status, runs[0].ended, runs[0].task),
            (Status::Failed, 5, 4)
        );
    }
}
