//! The place that the output pane shows, and what is searched there.

use crate::app::view::Spot;

/// Where the output pane looks, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutputPlace {
    /// It follows the end.
    pub(crate) follow: bool,
    /// The last line that is shown, while it does not.
    pub(crate) until: Spot,
    /// How many lines up in the history of a terminal.
    pub(crate) up: usize,
    /// How many lines that had when `up` was true.
    pub(crate) history: usize,
    /// How many columns are scrolled away at the left.
    pub(crate) left: usize,
    /// Long lines are wrapped.
    pub(crate) wrap: bool,
    /// Lines are shown without their times.
    pub(crate) no_times: bool,
    /// All tasks of the group are shown as one.
    pub(crate) merged: bool,
    pub(crate) find: Option<Find>,
}

/// What is looked for in the output.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Find {
    pub(crate) text: String,
    /// Only lines that match are shown, with so many around each.
    pub(crate) only: Option<usize>,
    /// The match that was gone to.
    pub(crate) current: Option<Spot>,
    /// The nearest match is gone to as soon as one is known.
    pub(crate) jump: bool,
}

impl Default for OutputPlace {
    fn default() -> Self {
        OutputPlace {
            follow: true,
            until: Spot::default(),
            up: 0,
            history: 0,
            left: 0,
            wrap: false,
            no_times: false,
            merged: false,
            find: None,
        }
    }
}

impl OutputPlace {
    /// The same for another task: at its end.
    pub(crate) fn of_another(&self) -> OutputPlace {
        let find = self.find.clone().map(|find| Find {
            current: None,
            jump: false,
            ..find
        });
        OutputPlace {
            follow: true,
            until: Spot::default(),
            up: 0,
            history: 0,
            left: 0,
            find,
            ..*self
        }
    }
}
