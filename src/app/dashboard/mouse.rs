//! What a mouse does, in the dashboard's own words: the layout says what lies under it.

use super::action::Action;
use super::state::Pane;
use crate::app::new_group::Part;
use crate::app::warnings::{Kind, Subject};

/// A place on the screen, from the left and from the top.
type Spot = (u16, u16);

/// What lies somewhere on the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Zone {
    /// Nothing that could be meant.
    #[default]
    Nothing,
    /// A tab, a hint or an answer: the same as its key.
    Action(Action),
    /// The row of this pool.
    Pool(String),
    /// The row of this group; none is the row for all.
    Group(Option<String>),
    /// The row of this task.
    Task(u64),
    /// A pane of the pool's screen.
    Pane(Pane),
    /// The list of pools.
    Pools,
    /// The lines of the log.
    Log,
    /// The help.
    Help,
    /// A field of the form.
    Field(Part),
    /// The list of warnings.
    Warnings,
    /// The row of this warning.
    Warning(Kind, Subject),
    /// What leads to this task, group or pool.
    Subject(Subject),
    /// The slots of the timeline.
    Timeline,
    /// The row of a slot.
    Slot {
        /// Which one, counted from 0.
        slot: usize,
        /// The columns of the screen that hold its first and its newest cell.
        cells: (u16, u16),
        /// The number of the newest one.
        newest: u64,
    },
    /// A row of the choice of columns.
    Column(usize),
    /// The entries of the palette.
    Palette,
    /// The row of an entry.
    Offer(usize),
    /// Text that is only read.
    Text,
}

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gesture {
    /// The button went down.
    Press,
    /// It went down a second time.
    Double,
    /// It is held, and the mouse was moved.
    Drag,
    /// It was let go.
    Release,
    /// The wheel was turned towards what is above.
    WheelUp,
    /// The wheel was turned towards what is below.
    WheelDown,
}

/// Something done with the mouse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What.
    pub gesture: Gesture,
    /// Where.
    pub at: Spot,
    /// On what.
    pub zone: Zone,
    /// The text that it is in, if it is in any.
    pub text: Option<Area>,
}

/// A part of the screen that holds text: what is selected never leaves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    /// Its first cell.
    pub from: Spot,
    /// Its last cell.
    pub to: Spot,
}

/// Text that is selected with the mouse: from one cell to another, in the order of reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Selection {
    /// What it stays in.
    pub area: Area,
    /// Where it began.
    pub anchor: Spot,
    /// Where it is now.
    pub to: Spot,
    /// The mouse has moved since.
    pub(crate) moved: bool,
}

impl Selection {
    /// The selected columns of a row, the first and the last one, if any are.
    pub fn columns(&self, row: u16) -> Option<(u16, u16)> {
        let (first, last) = if (self.anchor.1, self.anchor.0) <= (self.to.1, self.to.0) {
            (self.anchor, self.to)
        } else {
            (self.to, self.anchor)
        };
        if !(first.1..=last.1).contains(&row) {
            return None;
        }
        let left = if row == first.1 { first.0 } else { self.area.from.0 };
        let right = if row == last.1 { last.0 } else { self.area.to.0 };
        Some((left, right))
    }

    /// The rows that have some.
    pub fn rows(&self) -> std::ops::RangeInclusive<u16> {
        self.anchor.1.min(self.to.1)..=self.anchor.1.max(self.to.1)
    }

    /// With its end there, or as near as its area allows.
    #[must_use]
    pub(crate) fn dragged(self, (x, y): Spot) -> Selection {
        let Area { from, to } = self.area;
        let to = (x.clamp(from.0, to.0), y.clamp(from.1, to.1));
        Selection {
            to,
            moved: self.moved || to != self.anchor,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_read_like_text_and_stays_in_its_pane() {
        let area = Area {
            from: (10, 5),
            to: (19, 9),
        };
        let pressed = Selection {
            area,
            anchor: (15, 6),
            to: (15, 6),
            moved: false,
        };
        assert!(!pressed.dragged((15, 6)).moved);
        let dragged = pressed.dragged((3, 80));
        assert_eq!(dragged.to, (10, 9));
        let columns: Vec<_> = (5..=10).map(|row| dragged.columns(row)).collect();
        assert_eq!(
            columns,
            [
                None,
                Some((15, 19)),
                Some((10, 19)),
                Some((10, 19)),
                Some((10, 10)),
                None
            ]
        );
        // Backwards, in one row.
        let back = pressed.dragged((12, 6));
        assert_eq!((back.columns(6), back.rows()), (Some((12, 15)), 6..=6));
    }
}
