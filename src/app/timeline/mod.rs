//! Which task held which slot of a pool, and when.
//!
//! A pool has no numbered slots. Here each task gets the lowest number that is free as it starts (`slots`). That is
//! followed with the pool's events while somebody looks at it (`track`), and begun with what the pool remembers.
//! All of it is bounded: the slots, the spans of each, and those of all. What a view carries are cells, so that it costs
//! the rows and columns that are shown, however many tasks ran.

mod cells;
mod slots;
mod track;

pub use slots::{Slots, Span};
pub(in crate::app) use track::Track;

use super::status::Status;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most slots that have a row.
pub const SLOTS: usize = 10_000;

/// The scales that there are: how long a cell is.
pub const SCALES: [Duration; 11] = [
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
];

/// What a client wants to see of the timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimelineWant {
    /// The first row.
    pub first: usize,
    /// How many rows.
    pub rows: usize,
    /// How many cells each has.
    pub cells: usize,
    /// How long a cell is.
    pub scale: Duration,
}

/// A part of the timeline of a pool, up to now.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TimelineView {
    /// How long a cell is.
    pub scale: Duration,
    /// The number of the newest cell: it begins so many times the scale after the session did.
    pub newest: u64,
    /// How many slots have a row.
    pub total: usize,
    /// The first one shown, counted from 0.
    pub first: usize,
    /// The rows.
    pub slots: Vec<SlotRow>,
    /// How many tasks waited, at most, in each cell, oldest first.
    pub queued: Vec<u32>,
    /// How many tasks ended per second in each cell, oldest first.
    pub ended: Vec<u32>,
    /// Cells from which on not everything is known, because events were lost.
    pub gaps: Vec<usize>,
    /// How many cells, from the first one on, are of a time of which not all tasks are known: what is in no run there
    /// may have been free or taken.
    pub unknown: usize,
    /// How many events were lost.
    pub lost: u64,
    /// Tasks that run in slots that have no row.
    pub hidden: usize,
}

/// A slot.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SlotRow {
    /// What was in it, from left to right. What is between them was free, or, in the first
    /// [`unknown`](TimelineView::unknown) cells, is not known.
    pub runs: Vec<Run>,
}

/// Cells beside each other that show the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The first cell, counted from the left.
    pub from: u16,
    /// How many.
    pub cells: u16,
    /// The task; the last one of several.
    pub task: u64,
    /// What it was shown as; of several that ended in a cell, the worst.
    pub status: Status,
    /// Neighbours differ in this.
    pub odd: bool,
    /// How many tasks ended in it, none of which fills it.
    pub ended: u32,
}

impl TimelineView {
    /// When a cell begins, since the session's start; the newest of so many is the last one.
    pub fn cell_start(&self, cell: usize, cells: usize) -> Duration {
        let back = cells.saturating_sub(cell + 1) as u64;
        let number = u32::try_from(self.newest.saturating_sub(back)).unwrap_or(u32::MAX);
        self.scale.saturating_mul(number)
    }

    /// Whether the session had begun when a cell began; the newest of so many is the last one.
    pub fn has_begun(&self, cell: usize, cells: usize) -> bool {
        cells.saturating_sub(cell + 1) as u64 <= self.newest
    }

    /// What is in a cell of a slot, if the view carries that.
    pub fn at(&self, slot: usize, cell: usize) -> Option<&Run> {
        let row = self.slots.get(slot.checked_sub(self.first)?)?;
        row.runs.iter().find(|run| run.range().contains(&cell))
    }
}

impl Run {
    /// Its cells.
    pub fn range(&self) -> std::ops::Range<usize> {
        usize::from(self.from)..usize::from(self.from) + usize::from(self.cells)
    }
}
