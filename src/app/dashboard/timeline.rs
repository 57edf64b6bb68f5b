//! Where in the timeline the cursor is, and what is there.

use super::state::State;
use crate::app::timeline::{Run, SCALES, TimelineView, TimelineWant};
use crate::app::view::{At, OutputWant, Want, Window};
use std::time::Duration;

/// The scale that it begins with: half a second.
const USUAL: usize = 2;

/// The cursor in the timeline, and what is shown of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TimelinePlace {
    /// Which of the scales.
    pub(crate) scale: usize,
    /// The first slot that is shown.
    pub(crate) first: usize,
    /// The slot under the cursor, counted from 0.
    pub(crate) slot: usize,
    /// The moment under the cursor; none: now.
    pub(crate) at: Option<Duration>,
}

impl Default for TimelinePlace {
    fn default() -> Self {
        TimelinePlace {
            scale: USUAL,
            first: 0,
            slot: 0,
            at: None,
        }
    }
}

impl TimelinePlace {
    /// How long a cell is.
    pub(crate) fn scale(&self) -> Duration {
        SCALES[self.scale.min(SCALES.len() - 1)]
    }
}

impl State {
    /// The timeline, once it is there as it was wanted.
    pub(crate) fn timeline_view(&self) -> Option<&TimelineView> {
        let view = self.pool_view()?.timeline.as_ref()?;
        let fits = view.scale == self.timeline.scale();
        // The first one comes before it is known how many rows there are.
        let rows = view.total == 0 || self.rows.slots == 0 || !view.slots.is_empty();
        (fits && rows).then_some(view)
    }

    /// The cell of the view in which the cursor is; the last one is now.
    pub(crate) fn timeline_cell(&self, view: &TimelineView) -> usize {
        let cells = self.rows.slot_cells;
        let last = cells.saturating_sub(1);
        let Some(at) = self.timeline.at else { return last };
        let number = u64::try_from(at.as_nanos() / view.scale.as_nanos().max(1)).unwrap_or(u64::MAX);
        let back = view.newest.saturating_sub(number);
        last.saturating_sub(usize::try_from(back).unwrap_or(usize::MAX))
    }

    /// What is under the cursor.
    pub(crate) fn timeline_run(&self) -> Option<&Run> {
        let view = self.timeline_view()?;
        view.at(self.timeline.slot, self.timeline_cell(view))
    }

    /// What a view should carry for the timeline of this pool: what is shown, and the task under the cursor.
    pub(super) fn timeline_want(&self, pool: &str) -> Want {
        let tasks = self.task.map_or(Window::default(), |cursor| Window {
            rows: 1,
            at: At::Task(cursor.id, 0),
        });
        Want {
            pool: Some(pool.to_owned()),
            tasks,
            task: self.task.map(|cursor| cursor.id),
            output: OutputWant {
                rows: self.rows.output,
                ..OutputWant::default()
            },
            timeline: Some(TimelineWant {
                first: self.timeline.first,
                rows: self.rows.slots,
                cells: self.rows.slot_cells,
                scale: self.timeline.scale(),
            }),
            ..Want::default()
        }
    }
}
