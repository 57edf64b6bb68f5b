//! Marked tasks: what the acting keys take in place of the task under the cursor.

use super::state::State;
use crate::app::ids::Ids;
use crate::app::view::TaskRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The marked tasks of every pool.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marks {
    /// No pool has an empty set here.
    pools: BTreeMap<String, Arc<Ids>>,
    /// A range that the cursor extends.
    pub(super) range: Option<Range>,
    /// The request for a list that is not answered.
    pub(super) asked: Option<Asked>,
}

/// A range of marks, of the pool under the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Where it began.
    pub(super) anchor: u64,
    /// Where it ends.
    pub(super) end: u64,
    /// The tasks in between, with both.
    pub(super) ids: Ids,
    /// What was marked before.
    pub(super) before: Arc<Ids>,
}

/// A list that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(super) number: u64,
    pub(super) pool: String,
    /// It is for the range.
    pub(super) for_range: bool,
}

impl Marks {
    /// Those of a pool.
    pub(super) fn of(&self, pool: &str) -> Arc<Ids> {
        self.pools.get(pool).cloned().unwrap_or_default()
    }

    /// Puts others in their place.
    pub(super) fn set(&mut self, pool: &str, ids: impl Into<Arc<Ids>>) {
        let ids = ids.into();
        if ids.is_empty() {
            self.pools.remove(pool);
        } else {
            self.pools.insert(pool.to_owned(), ids);
        }
    }

    /// Takes out what the pool has forgotten.
    pub(super) fn forget(&mut self, pool: &str, gone: &Ids) {
        if gone.is_empty() {
            return;
        }
        let left = self.of(pool).without(gone);
        self.set(pool, left);
        if let Some(range) = &mut self.range {
            range.ids = range.ids.without(gone);
            range.before = Arc::new(range.before.without(gone));
        }
    }
}

impl State {
    /// The marked tasks of the pool under the cursor.
    pub(crate) fn marked(&self) -> Arc<Ids> {
        self.pool
            .as_deref()
            .map_or_else(Arc::default, |pool| self.marks.of(pool))
    }

    /// The task that an acting key takes: the only one that is marked, or else the one under the cursor, or that is shown
    /// without one. None where it takes marks that are not on the screen, or several.
    pub(crate) fn taken_row(&self) -> Option<&TaskRow> {
        let marked = self.marked();
        match marked.len() {
            0 => self.meant_row(),
            1 => self.tasks().iter().find(|task| marked.contains(task.id)),
            _ => None,
        }
    }

    /// Whether the key for input means the terminal that is shown.
    pub(crate) fn types(&self) -> bool {
        self.terminal_shown().is_some() && self.marked().is_empty()
    }

    /// How the marks are told, if there are any.
    pub(crate) fn marks_text(&self) -> Option<String> {
        let count = self.marked().len();
        let text = crate::app::count::counted(count, "marked", "marked");
        match &self.marks.range {
            Some(range) if range.ids.len() < count => Some(format!("{text}, range of {}", range.ids.len())),
            Some(_) => Some(format!("{text}, a range")),
            None => (count > 0).then_some(text),
        }
    }
}
