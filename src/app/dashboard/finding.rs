//! How things are found in the lists: filters, and places that a view has still to bring.

use crate::app::filter::{BadFilter, Bounds, Filter};
use crate::app::view::{By, Jump, PoolRow, Sort};
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
    /// How many rows the cursor is to go on over tasks that no view has brought yet.
    pub(crate) ahead: isize,
    /// A task that is looked for, and the key that asked for it.
    pub(crate) jump: Option<(Jump, String)>,
}

impl Finding {
    /// Those of these pools that the filter finds.
    pub(super) fn listed(&self, pools: &[PoolRow]) -> Vec<usize> {
        let found = pools.iter().enumerate().filter(|(_, pool)| self.pools.1.finds(*pool));
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

/// Why a filter of tasks can never find one, if it cannot, and what it is good for.
pub(crate) fn finds_no_task(filter: &str) -> Option<(&'static str, &'static str)> {
    let bounds = Bounds::of(&filter.parse().ok()?, true);
    let none = bounds.states() == crate::pool::States::NONE;
    none.then_some((
        "no task is in such a state: queued tasks have no rows",
        "state:queued finds groups and pools",
    ))
}
