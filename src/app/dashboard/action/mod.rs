//! Everything that a key can do: one enum and one table. The keymap, the help, the hints at the foot of the
//! screen and the list of keys in `docs/keys.md` are made from the table, so they cannot differ.

mod help;
mod listing;
mod table;
mod words;

pub use help::{HelpLine, help_lines, keys_markdown};
pub use listing::{keys_json, keys_text};
pub use table::ACTIONS;

use serde::{Deserialize, Serialize};

/// Something that a key does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Type no more.
    StopTyping,
    /// Type the key that begins the chord which leaves typing.
    TypePrefix,
    /// Start tasks, or a group that is held back.
    Start,
    /// Make a group.
    Add,
    /// Set how many tasks of a group run at once.
    SetConcurrent,
    /// Cancel the tasks started last.
    Stop,
    /// Cancel the task under the cursor.
    Cancel,
    /// Pause the task under the cursor, or let it go on.
    PauseTask,
    /// Send the task under the cursor a signal.
    Signal,
    /// Send it a line to read.
    Input,
    /// Let it read the end.
    EndInput,
    /// Start the task under the cursor once more.
    Retry,
    /// Start all failed tasks once more.
    RetryFailed,
    /// Cancel the group under the cursor.
    CancelGroup,
    /// Cancel everything in the pool.
    CancelAll,
    /// Forget the tasks that have ended.
    Flush,
    /// Lock, or unlock.
    Lock,
    /// Pause, or resume.
    Pause,
    /// One slot more.
    Grow,
    /// One slot less.
    Shrink,
    /// Set the number of slots.
    SetSize,
    /// Lock the pool, wait for its tasks, close it.
    Close,
    /// Show only what matches.
    Filter,
    /// Sort by the column before.
    SortLeft,
    /// Sort by the next column.
    SortRight,
    /// The other way round.
    Invert,
    /// Choose the columns.
    Columns,
    /// Show the column under the cursor, or not.
    Pick,
    /// Count the tasks by something else.
    CountBy,
    /// To the next task that failed.
    NextFailure,
    /// To the next one that runs.
    NextRunning,
    /// To the one that was started last.
    Newest,
    /// Follow the end of the output, or hold still.
    Follow,
    /// Wrap long lines of output, or cut them.
    Wrap,
    /// Look for a text in the output.
    Find,
    /// To the next line that matches.
    FindNext,
    /// To the line before that matches.
    FindPrevious,
    /// Only lines that match, those around them too, or all.
    OnlyMatches,
    /// The output of all tasks of the group as one, or of one task.
    Merge,
    /// Lines with their times, or without.
    Times,
    /// Mark the task under the cursor, or take its mark away.
    Mark,
    /// Begin a range of marks, or end it.
    MarkRange,
    /// Mark all tasks of the list.
    MarkAll,
    /// Copy the rows of tasks.
    CopyRows,
    /// Undo the last thing that can be undone.
    Undo,
    /// Do the last thing once more.
    Repeat,
    /// Every action by its name.
    Palette,
    /// Every pool by its name.
    PalettePools,
    /// What was typed before, or the entry above.
    Older,
    /// What was typed after that, or the entry below.
    Newer,
    /// Copy the lines that are shown.
    Copy,
    /// Write the kept output into a file.
    Save,
    /// Copy all about what is under the cursor.
    CopyDetail,
    /// Hold the view still, or let it live again.
    Freeze,
    /// The next colours.
    Theme,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// Give the whole screen to the focused pane.
    Zoom,
    /// The list of pools.
    ShowPools,
    /// One pool.
    ShowPool,
    /// One task.
    ShowTask,
    /// The timeline of the pool.
    ShowTimeline,
    /// The program's own log.
    ShowLog,
    /// The task before; in the timeline a cell back.
    Earlier,
    /// The task after; in the timeline a cell on.
    Later,
    /// Back to now.
    Live,
    /// Shorter cells.
    ZoomIn,
    /// Longer cells.
    ZoomOut,
    /// What goes wrong without failing.
    ShowWarnings,
    /// Mute the kind of the warning under the cursor, or not any more.
    Mute,
    /// To what the next warning is about.
    NextWarning,
    /// Why that under the cursor is as it is.
    Why,
    /// Focus the next pane.
    NextPane,
    /// Focus the pane before.
    PreviousPane,
    /// Into what the cursor is on.
    Open,
    /// Out of it again.
    Back,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// To the first row.
    First,
    /// To the last row, and stay there as rows are added.
    Last,
    /// Yes, do it.
    Yes,
    /// No, leave things as they are.
    Keep,
    /// Take the text.
    Accept,
    /// To the field above.
    FieldAbove,
    /// To the field below.
    FieldBelow,
    /// Choose what comes before; in a line one character to the left.
    ChooseBefore,
    /// Choose what comes after; in a line one character to the right.
    ChooseAfter,
    /// Start what is filled in.
    Submit,
    /// Show what is filled in as a config has it.
    ShowToml,
    /// Copy that.
    CopyToml,
    /// What was filled in before.
    OlderForm,
    /// What was filled in after that.
    NewerForm,
    /// The help.
    Help,
    /// Show only lines of the help that match.
    SearchHelp,
    /// Leave, after asking if tasks run.
    Quit,
    /// Leave without asking; the second time by force, the third time at once.
    Interrupt,
    /// Read the config again.
    Reload,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell resumes it.
    Suspend,
}

/// Where a key counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The list of pools.
    Pools,
    /// One pool.
    Pool,
    /// One task.
    Task,
    /// The pane of output of a pool, or of a task.
    Output,
    /// The timeline.
    Timeline,
    /// The log.
    Log,
    /// The warnings.
    Warnings,
    /// The help.
    Help,
    /// The answer to why something is as it is.
    Why,
    /// The list of columns.
    Picker,
    /// A question that is answered with yes or no.
    Question,
    /// A line of text that is being typed.
    Text,
    /// The form that adds a group.
    Form,
    /// A task's terminal that is typed into: all other keys go there.
    Typing,
}

/// Every place.
pub const PLACES: [Place; 14] = [
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Log,
    Place::Warnings,
    Place::Help,
    Place::Why,
    Place::Picker,
    Place::Question,
    Place::Text,
    Place::Form,
    Place::Typing,
];

/// Who carries an action out, and what it needs for that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Calls that change tasks: they need one that is not over, mostly.
    Tasks,
    /// What marks tasks, and what is done with their rows.
    Marks,
    /// Calls that change a pool or a group: they need a pool that is open.
    Pool,
    /// What is done with lines of output.
    Output,
    /// What finds: filters, jumps.
    Find,
    /// What is looked at: moves, screens, panes.
    Look,
    /// What was done before: undone, or done again.
    History,
    /// Warnings, and why something waits.
    Warnings,
    /// What is done while a task's terminal gets the keys.
    Typing,
    /// Answers to what lies over the screen.
    Answer,
    /// The program itself.
    Program,
}

/// Under which heading the help lists an action.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Section {
    /// What acts on a task.
    Task,
    /// What acts on a group or a pool.
    Pool,
    /// What changes what is seen.
    Look,
    /// The pane of output.
    Output,
    /// What moves.
    Move,
    /// The program.
    Program,
}

/// Every section, with its heading, in the order of the help.
pub const SECTIONS: [(Section, &str); 6] = [
    (Section::Task, "The task under the cursor, or the marked ones"),
    (Section::Pool, "The group or the pool"),
    (Section::Look, "What is shown"),
    (Section::Output, "The output, while its pane has the keys"),
    (Section::Move, "Moving"),
    (Section::Program, "The program"),
];

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The action that it describes.
    pub action: Action,
    /// One or two words, like those of no other action: the palette finds it by them.
    pub name: &'static str,
    /// Its keys, unless a [`Keymap`](super::Keymap) gives it others.
    pub keys: &'static [&'static str],
    /// One line for the help.
    pub doc: &'static str,
    /// The heading under which the help lists it.
    pub section: Section,
    /// Where its keys count.
    pub places: &'static [Place],
    /// Who carries it out.
    pub class: Class,
    /// Whether it asks before it does something, and when.
    pub asks: &'static str,
    /// The word before what can be typed for it at once in the palette, and what that is.
    pub takes: Option<(&'static str, &'static str)>,
    /// What the hints at the foot of the screen call it; none: its name.
    pub hint: Option<&'static str>,
}

impl Action {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // Every action has one: the test below counts them.
        ACTIONS
            .iter()
            .find(|entry| entry.action == self)
            .unwrap_or(&ACTIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_a_key_and_a_place() {
        for (i, entry) in ACTIONS.iter().enumerate() {
            assert!(
                ACTIONS[i + 1..].iter().all(|other| other.action != entry.action),
                "{entry:?}"
            );
            let names = ACTIONS[i + 1..].iter().map(|other| other.name);
            assert!(names.clone().all(|name| name != entry.name), "{entry:?}");
            let words = ACTIONS.iter().filter_map(|other| other.takes);
            assert!(words.clone().filter(|(word, _)| *word == entry.name).count() <= 1);
            assert!(
                !entry.keys.is_empty() && !entry.places.is_empty() && !entry.doc.is_empty(),
                "{entry:?}"
            );
        }
        // The last one in the enum: all of them, if the table is as long as the enum.
        assert_eq!(ACTIONS.len(), Action::Suspend as usize + 1);
    }
}
