//! What is shown of output: lines of it, or the terminal that a task runs in.

use crate::app::clean::{Clean, Styled};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a terminal is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TerminalPane {
    /// The size inside.
    pub size: TerminalSize,
    /// How many lines up in the history it looks.
    pub back: usize,
}

/// A window on the output of a task, or of several.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OutputWant {
    /// How many lines.
    pub rows: usize,
    /// The last one of them; none follows the end.
    pub until: Option<Spot>,
    /// How many lines after that one.
    pub below: usize,
    /// What is looked for.
    pub find: Option<FindWant>,
    /// Of all tasks of the wanted group (or pool) that wrote last, in place of the one task.
    pub merged: bool,
}

/// What is looked for in output.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FindWant {
    /// The text; in lower case it is found in any case.
    pub text: String,
    /// Only lines that match are wanted.
    pub only: bool,
    /// With so many lines around each of them.
    pub context: usize,
    /// Where the matches are wanted that the view carries.
    pub near: Option<Spot>,
}

/// The place of a line of output, which it keeps for as long as it is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spot {
    /// When it was written, in milliseconds since the session started.
    pub millis: u32,
    /// The task.
    pub task: u64,
    /// The line's number, counted from the task's first.
    pub line: u64,
}

impl Spot {
    /// What spots are ordered by: within one task its lines, among several their times.
    pub fn order(self, merged: bool) -> (u32, u64, u64) {
        if merged {
            (self.millis, self.task, self.line)
        } else {
            (0, 0, self.line)
        }
    }
}

/// A window on a task's output.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OutputView {
    /// How many lines are kept.
    pub total: usize,
    /// The index, among the kept lines, of the first one shown.
    pub first: usize,
    /// The lines shown.
    pub lines: Vec<OutputLine>,
    /// Bytes that were dropped from the front because the buffer was full.
    pub lost: u64,
    /// What was found, if something was looked for.
    pub found: Option<Found>,
    /// The tasks whose output this is.
    pub tasks: Vec<u64>,
    /// More tasks than those belong to the group.
    pub more_tasks: bool,
    /// Why nothing is saved in files, though the config asks for it.
    pub unsaved: Option<Clean>,
    /// What its terminal shows, while it runs in one (`pty = true`). Its lines are output at its end.
    pub terminal: Option<Box<TerminalView>>,
}

/// The size of a terminal, in cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Cells in a row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

impl TerminalSize {
    /// What a terminal has as long as nobody looks at it.
    pub const USUAL: TerminalSize = TerminalSize {
        columns: 80,
        rows: 24,
    };

    /// The nearest size that a terminal can have: 2x1 to 500x300, which bounds its memory.
    #[must_use]
    pub fn possible(self) -> TerminalSize {
        TerminalSize {
            columns: self.columns.clamp(2, 500),
            rows: self.rows.clamp(1, 300),
        }
    }
}

/// What a task's terminal shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TerminalView {
    /// Its size; it follows that of the pane.
    pub size: TerminalSize,
    /// The rows shown, each as runs of cells. What is between them is blank.
    pub lines: Vec<Vec<Cells>>,
    /// Where among them the cursor is, as column and row, if it is shown.
    pub cursor: Option<(u16, u16)>,
    /// How many lines its history has.
    pub history: usize,
    /// How many lines up in the history the rows end.
    pub back: usize,
    /// The cursor keys send what applications ask for (`ESC O`) in place of what is usual (`ESC [`).
    pub application_cursor: bool,
    /// Pasted text is wanted in brackets.
    pub bracketed_paste: bool,
    /// How often what the task wrote could not be read, so that all was lost.
    pub failures: u32,
}

/// Cells beside each other that look the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cells {
    /// The column of the first one.
    pub column: u16,
    /// How many they are. Where the text takes more cells on another screen it is cut.
    pub width: u16,
    /// What they show.
    pub text: Clean,
    /// How.
    pub style: CellStyle,
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CellStyle {
    /// Of the text.
    pub fg: CellColour,
    /// Behind it.
    pub bg: CellColour,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Both colours swapped.
    pub inverse: bool,
}

/// A colour of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellColour {
    /// The terminal's own.
    #[default]
    Default,
    /// Of the palette of 256.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// The lines that match.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// What was looked for.
    pub text: String,
    /// How many lines match of those that are kept.
    pub total: usize,
    /// How many of them come before the first of `spots`.
    pub before: usize,
    /// Those around the place that was wanted.
    pub spots: Vec<Spot>,
    /// Not all lines have been looked at yet.
    pub more: bool,
}

/// Where a piece of output came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// The task's standard output.
    Stdout,
    /// The task's standard error.
    Stderr,
    /// Not the task: one of its callbacks, or a remark on what became of its output or its processes.
    Note,
}

/// A line of a task's output.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutputLine {
    /// Since the session started.
    pub time: Duration,
    /// Where it came from.
    pub stream: Stream,
    /// Its place.
    pub spot: Spot,
    /// It goes on with a line that was too long.
    pub goes_on: bool,
    /// What is looked for is in it.
    pub matches: bool,
    /// The text, without its line end.
    pub text: Styled,
}
