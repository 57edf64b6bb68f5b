//! What lies over the screen, and what the last key is said to have done.

use super::finding::FilterLine;
use super::form::Form;
use super::palette::Palette;
use super::reloading::Reloading;
use crate::app::control::Command;
use crate::app::ids::Ids;
use crate::app::warnings::Subject;
use tui_input::Input;

/// What lies over the screen and has the keys.
#[derive(Clone, Debug)]
pub(crate) enum Overlay {
    /// The help.
    Help(Help),
    /// A question.
    Confirm(Confirm),
    /// A line to type.
    Prompt(Prompt),
    /// A group to add.
    Form(Box<Form>),
    /// Every action by its name.
    Palette(Palette),
    /// The filter of a list, while it is typed.
    Filter(FilterLine),
    /// The columns, with the cursor on this one; 0 is the choice of those that fit.
    Columns(usize),
    /// What is looked for in the output, while it is typed.
    Find(Input),
    /// Why this is as it is.
    Why(Subject),
    /// The config that is read again.
    Reload(Box<Reloading>),
    /// What leaving waits for.
    Closing,
}

/// The help, while it is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Help {
    /// The first line that is shown.
    pub(crate) top: usize,
    /// What is searched.
    pub(crate) search: Input,
    /// That is being typed.
    pub(crate) typing: bool,
}

impl Help {
    /// Whether the line that is searched with is shown.
    pub(crate) fn is_searching(&self) -> bool {
        self.typing || !self.words().is_empty()
    }

    /// Only lines with these words are shown.
    pub(crate) fn words(&self) -> &str {
        self.search.value().trim()
    }
}

/// A question that is answered with yes or no.
#[derive(Clone, Debug)]
pub(crate) struct Confirm {
    /// The question.
    pub(crate) title: String,
    /// What is asked about; none: leaving.
    pub(crate) command: Option<Command>,
    /// The number of the request that asked for the preview.
    pub(crate) number: u64,
    /// What it would hit, once that is known.
    pub(crate) lines: Option<Vec<String>>,
    /// The first of those lines that is shown.
    pub(crate) top: usize,
    /// What has to be typed to say yes, and what has been typed.
    pub(crate) typed: Option<(String, Input)>,
}

impl Confirm {
    /// Whether a yes would be taken now.
    pub(crate) fn is_ready(&self) -> bool {
        self.lines.is_some()
            && self
                .typed
                .as_ref()
                .is_none_or(|(expected, input)| input.value() == expected)
    }
}

/// A line to type.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    /// What is asked for.
    pub(crate) title: String,
    /// What may be typed.
    pub(crate) hint: String,
    /// What happens with it.
    pub(crate) purpose: Purpose,
    /// What is typed.
    pub(crate) input: Input,
    /// Why the last try was not taken.
    pub(crate) problem: Option<String>,
}

/// What happens with a typed line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Starts so many tasks.
    Start {
        /// In this pool.
        pool: String,
        /// Of this group.
        group: Option<String>,
    },
    /// Stops so many tasks of this pool.
    Stop(String),
    /// Sets the size of this pool.
    Size(String),
    /// Sets how many tasks of a group run at once.
    Concurrent {
        /// Of this pool.
        pool: String,
        /// The group.
        group: String,
    },
    /// Writes the output of tasks into a file.
    Save {
        /// Of this pool.
        pool: String,
        /// Their IDs.
        ids: Vec<u64>,
    },
    /// Sends the commands of tasks a signal.
    Signal {
        /// Of this pool.
        pool: String,
        /// The tasks.
        ids: Ids,
    },
    /// Sends the commands of tasks a line.
    Input {
        /// Of this pool.
        pool: String,
        /// The tasks.
        ids: Ids,
    },
}

/// The line that says what the last key did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LastAction {
    /// The key; empty if no key did it.
    pub(crate) key: String,
    /// The call that it made; empty if it made none.
    pub(crate) call: String,
    /// The request's number, if it made one.
    pub(crate) number: Option<u64>,
    /// What came of it.
    pub(crate) result: Said,
    /// What is so again after an undo, if it can be undone.
    pub(crate) undo: Option<String>,
    /// The pool that it was about, if it was about one.
    pub(crate) pool: Option<String>,
}

/// What came of an action.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Said {
    /// Nothing yet.
    #[default]
    Waiting,
    /// This.
    Done(String),
    /// It was refused, because of this.
    Refused(String),
    /// It does not apply now, because of this.
    Note(String),
}
