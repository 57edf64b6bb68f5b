//! How things are found in the lists: filters, and places that a view has still to bring.

use super::columns::Shown;
use super::state::State;
use crate::app::filter::{BadFilter, Bounds, Filter};
use crate::app::status::APART;
use crate::app::view::{At, By, Jump, PoolRow, Sort, Sorted, Window};
use tui_input::Input;

/// A list that can be filtered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Listed {
    Pools,
    Groups,
    Tasks,
}

/// A filter while it is typed. Its list keeps the last one that could be read.
#[derive(Clone, Debug)]
pub(crate) struct FilterLine {
    pub(crate) input: Input,
    pub(crate) of: Listed,
    /// What is wrong with what is typed.
    pub(crate) problem: Option<BadFilter>,
}

/// What is looked for, beside the filter of the tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    /// The filter of the pools, as it was typed and as it was read.
    pub(crate) pools: (String, Filter),
    /// The filter of the groups.
    pub(crate) groups: String,
    /// What the left pane counts the tasks by.
    pub(crate) by: By,
    /// The order of the tasks.
    pub(crate) sort: Option<Sort>,
    /// The columns of the tasks.
    pub(crate) columns: Shown,
    /// How many rows the cursor is to go on over tasks that no view has brought yet.
    pub(crate) ahead: isize,
    /// A task that is looked for, and the key that asked for it.
    pub(crate) jump: Option<(Jump, String)>,
}

impl Finding {
    /// Those of these pools that the filter finds.
    pub(super) fn listed(&self, pools: &[PoolRow]) -> Vec<usize> {
        let found = pools
            .iter()
            .enumerate()
            .filter(|(_, pool)| self.pools.1.finds(*pool));
        found.map(|(index, _)| index).collect()
    }

    /// Forgets what means nothing in another pool.
    pub(super) fn leave_pool(&mut self) {
        self.groups.clear();
        self.leave_task();
    }

    /// The cursor is somewhere else.
    pub(super) fn leave_task(&mut self) {
        self.ahead = 0;
        self.jump = None;
    }
}

impl State {
    /// The pools that the filter finds, by their indices.
    pub(crate) fn listed_pools(&self) -> Vec<usize> {
        self.finding.listed(&self.view.pools)
    }

    /// Whether the tasks of the view are in another order than that of their IDs.
    pub(crate) fn is_sorted(&self) -> bool {
        let sorted = self.pool_view().and_then(|pool| pool.sorted);
        sorted.is_some_and(|sorted| sorted.ago.is_some())
    }

    /// The order that is wanted of the tasks, if that is not the one by their IDs; and how far it is.
    pub(crate) fn order(&self) -> Option<(Sort, Option<Sorted>)> {
        let sort = self.finding.sort?;
        let sorted = self.pool_view().and_then(|pool| pool.sorted);
        Some((sort, sorted.filter(|sorted| sorted.sort == sort)))
    }

    /// The name of the group under the cursor.
    pub(crate) fn group_name(&self) -> Option<&String> {
        self.group.as_ref().filter(|_| self.finding.by == By::Group)
    }

    /// The window on the tasks, for a pane with so many rows.
    pub(super) fn tasks_window(&self, rows: usize) -> Window {
        let Some(cursor) = self.task else {
            let at = if self.finding.sort.is_some() {
                At::First(0)
            } else {
                At::End
            };
            return Window { rows: rows * 2, at };
        };
        // The pane may be smaller than it was, or not be shown: the cursor's task is wanted all the same.
        let last = rows.saturating_sub(1);
        let at = match self.finding.ahead {
            0 => At::Task(cursor.id, cursor.row.min(last) + rows),
            ahead => {
                let row = cursor.row.saturating_add_signed(ahead).min(last);
                At::Moved(cursor.id, ahead, row + rows)
            }
        };
        Window { rows: rows * 3, at }
    }
}

/// Why a filter of tasks can never find one, if it cannot, and what it is good for.
pub(crate) fn finds_no_task(filter: &str) -> Option<(&'static str, &'static str)> {
    let bounds = Bounds::of(&filter.parse().ok()?, &APART);
    let none = bounds.states() == crate::pool::States::NONE;
    none.then_some((
        "no task is in such a state: queued tasks have no rows",
        "state:queued finds groups and pools",
    ))
}
