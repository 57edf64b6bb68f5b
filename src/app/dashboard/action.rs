//! Everything that a key can do: one enum and one table. The keymap, the help, the hints at the foot of the
//! screen and the list of keys in the README are made from the table, so they cannot differ.

use std::fmt::Write as _;

/// Something that a key does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Type no more.
    StopTyping,
    /// Type the key that begins the chord which leaves typing.
    TypePrefix,
    /// Start tasks, or a group that is held back.
    Start,
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
    /// Show only tasks that match.
    Filter,
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
    /// Copy the lines that are shown.
    Copy,
    /// Write the kept output into a file.
    Save,
    /// Give the whole screen to the focused pane.
    Zoom,
    /// The list of pools.
    ShowPools,
    /// One pool.
    ShowPool,
    /// The program's own log.
    ShowLog,
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
    /// The help.
    Help,
    /// Leave, after asking if tasks run.
    Quit,
    /// Leave without asking; the second time by force, the third time at once.
    Interrupt,
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
    /// The pane of output there.
    Output,
    /// The log.
    Log,
    /// The help.
    Help,
    /// A question that is answered with yes or no.
    Question,
    /// A line of text that is being typed.
    Text,
    /// A task's terminal that is typed into: all other keys go there.
    Typing,
}

/// Every place.
pub const PLACES: [Place; 8] = [
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Help,
    Place::Question,
    Place::Text,
    Place::Typing,
];

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
    (Section::Task, "The task under the cursor"),
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
    /// One or two words, for the hints at the foot of the screen.
    pub name: &'static str,
    /// Its keys; the first is the one that is shown.
    pub keys: &'static [&'static str],
    /// One line for the help.
    pub doc: &'static str,
    /// The heading under which the help lists it.
    pub section: Section,
    /// Where its keys count.
    pub places: &'static [Place],
    /// Whether it asks before it does something, and when.
    pub asks: &'static str,
    /// Whether the hints show it.
    pub hint: bool,
}

const POOLS: &[Place] = &[Place::Pools, Place::Pool, Place::Output];
const POOL: &[Place] = &[Place::Pool, Place::Output];
const LISTS: &[Place] = &[Place::Pool];
const OUTPUT: &[Place] = &[Place::Output];
const PANES: &[Place] = &[Place::Pool, Place::Output, Place::Log];
const SCREENS: &[Place] = &[Place::Pools, Place::Pool, Place::Output, Place::Log];
const MOVES: &[Place] = &[Place::Pools, Place::Pool, Place::Output, Place::Log, Place::Help];
const BACK: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Help,
    Place::Text,
];
const ASKED: &[Place] = &[Place::Question];
const TYPED: &[Place] = &[Place::Text];
const TYPING: &[Place] = &[Place::Typing];
/// But for what a task gets.
const EVERYWHERE: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Help,
    Place::Question,
    Place::Text,
];

const fn entry(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    doc: &'static str,
    section: Section,
    places: &'static [Place],
) -> Entry {
    Entry {
        action,
        name,
        keys,
        doc,
        section,
        places,
        asks: "",
        hint: false,
    }
}

impl Entry {
    const fn asks(mut self, when: &'static str) -> Entry {
        self.asks = when;
        self
    }

    const fn hinted(mut self) -> Entry {
        self.hint = true;
        self
    }
}

/// The table. Its order is the order of the help and of the hints.
#[rustfmt::skip]
pub const ACTIONS: [Entry; 57] = [
    entry(Action::Cancel, "cancel", &["x"], "cancel it; once more while it is cancelling: end it at once", Section::Task, POOL).hinted(),
    entry(Action::PauseTask, "pause", &["p"], "pause its processes and its time-out; or let them go on", Section::Task, POOL).hinted(),
    entry(Action::Signal, "signal", &["!"], "send all its processes a signal", Section::Task, POOL).asks("which, then shows to what").hinted(),
    entry(Action::Input, "input", &["i"], "type into its terminal (pty = true in its function), or send it a line to read (stdin = \"line\")", Section::Task, POOL).asks("for the line").hinted(),
    entry(Action::EndInput, "end of input", &["Ctrl-d"], "in the empty line of i: no more input comes", Section::Task, TYPED),
    entry(Action::StopTyping, "type no more", &["Ctrl-a Esc"], "leave its terminal: keys act on the dashboard again", Section::Task, TYPING).hinted(),
    entry(Action::TypePrefix, "type Ctrl-a", &["Ctrl-a Ctrl-a"], "type Ctrl-a into its terminal", Section::Task, TYPING).hinted(),
    entry(Action::Retry, "retry", &["r"], "run it again, once it is over: a new task with the same arguments", Section::Task, POOL).asks("if it was ok, or was retried").hinted(),
    entry(Action::Start, "start", &["s"], "start n tasks more, or the group that is held back", Section::Pool, POOLS).asks("for n").hinted(),
    entry(Action::Stop, "stop", &["S"], "stop the n tasks started last", Section::Pool, POOLS).asks("for n, then shows which").hinted(),
    entry(Action::RetryFailed, "retry failed", &["R"], "run all failed tasks again: those of the group under the cursor, or of the pool", Section::Pool, POOLS).asks("with what it hits").hinted(),
    entry(Action::CancelGroup, "cancel group", &["X"], "cancel the group: what is queued never starts, what runs is cancelled", Section::Pool, POOL).asks("with what it hits").hinted(),
    entry(Action::CancelAll, "cancel all", &["Ctrl-x"], "cancel every group and every task of the pool", Section::Pool, POOLS).asks("for the pool's name").hinted(),
    entry(Action::Flush, "flush", &["F"], "forget the tasks that have ended", Section::Pool, POOLS).asks("if tasks have failed").hinted(),
    entry(Action::Lock, "lock", &["L"], "lock: no new groups; or unlock", Section::Pool, POOLS).hinted(),
    entry(Action::Pause, "pause", &["P"], "pause: nothing starts, what runs goes on; or resume", Section::Pool, POOLS).hinted(),
    entry(Action::Grow, "size", &["+"], "one slot more", Section::Pool, POOLS).hinted(),
    entry(Action::Shrink, "size", &["-"], "one slot less; nothing is stopped by it", Section::Pool, POOLS).hinted(),
    entry(Action::SetSize, "set size", &["="], "set the pool's size", Section::Pool, POOLS).asks("for the size"),
    entry(Action::Close, "close", &["D"], "lock the pool, wait for all its tasks, close it", Section::Pool, POOLS).asks("yes or no").hinted(),
    entry(Action::Filter, "filter", &["/"], "show only tasks that match: words, state:failed", Section::Look, LISTS).hinted(),
    entry(Action::Zoom, "zoom", &["z"], "the focused pane alone (log: hide the targets)", Section::Look, PANES).hinted(),
    entry(Action::Follow, "follow", &["f"], "output, log: follow the end, or hold still", Section::Look, PANES),
    entry(Action::Wrap, "wrap", &["w"], "output: wrap long lines, or cut them", Section::Look, POOL),
    entry(Action::Find, "search", &["/"], "search what is kept; lower case finds any case", Section::Output, OUTPUT).hinted(),
    entry(Action::FindNext, "next", &["n"], "to the next line that matches", Section::Output, OUTPUT).hinted(),
    entry(Action::FindPrevious, "previous", &["N"], "to the line before that matches", Section::Output, OUTPUT),
    entry(Action::OnlyMatches, "only matches", &["&"], "only lines that match; once more: with those around them; then all", Section::Output, OUTPUT).hinted(),
    entry(Action::Merge, "merge", &["m"], "all tasks of the group, or of the pool, as one; or one task", Section::Output, OUTPUT).hinted(),
    entry(Action::Times, "times", &["T"], "lines with their times, or without", Section::Output, OUTPUT).hinted(),
    entry(Action::Copy, "copy", &["y"], "copy the lines that are shown to the clipboard (OSC 52)", Section::Output, OUTPUT).hinted(),
    entry(Action::Save, "save", &["o"], "write what is kept into a new file", Section::Output, OUTPUT).asks("for the file").hinted(),
    entry(Action::ShowPools, "pools", &["1"], "the list of pools", Section::Look, SCREENS),
    entry(Action::ShowPool, "pool", &["2"], "the pool under the cursor: groups, tasks, output", Section::Look, SCREENS),
    entry(Action::ShowLog, "log", &["5"], "the program's own log", Section::Look, SCREENS),
    entry(Action::Open, "open", &["Enter"], "into what the cursor is on", Section::Move, POOLS).hinted(),
    entry(Action::Back, "back", &["Esc"], "back; clear the filter; close what is open", Section::Move, BACK),
    entry(Action::NextPane, "pane", &["Tab"], "the next pane", Section::Move, POOL).hinted(),
    entry(Action::PreviousPane, "pane before", &["Shift-Tab"], "the pane before", Section::Move, POOL),
    entry(Action::Up, "up", &["↑", "k"], "one row up", Section::Move, MOVES),
    entry(Action::Down, "down", &["↓", "j"], "one row down", Section::Move, MOVES),
    entry(Action::Left, "left", &["←", "h"], "the pane to the left; output: scroll; log: show less of a target", Section::Move, SCREENS),
    entry(Action::Right, "right", &["→", "l"], "the pane to the right; output: scroll; log: show more of a target", Section::Move, SCREENS),
    entry(Action::PageUp, "page up", &["PgUp"], "one page up", Section::Move, MOVES),
    entry(Action::PageDown, "page down", &["PgDn"], "one page down", Section::Move, MOVES),
    entry(Action::HalfUp, "half up", &["Ctrl-u"], "half a page up", Section::Move, MOVES),
    entry(Action::HalfDown, "half down", &["Ctrl-d"], "half a page down", Section::Move, MOVES),
    entry(Action::First, "first", &["g g", "Home"], "the first row", Section::Move, MOVES),
    entry(Action::Last, "last", &["G", "End"], "the last row; tasks, output: follow the end", Section::Move, MOVES),
    entry(Action::Yes, "yes", &["y"], "yes, do it", Section::Program, ASKED),
    entry(Action::Keep, "keep", &["n", "Esc", "Enter", "q"], "no, leave everything as it is", Section::Program, ASKED),
    entry(Action::Accept, "take", &["Enter"], "take what was typed (Esc: leave it)", Section::Program, TYPED),
    entry(Action::Help, "help", &["?", "F1"], "this help", Section::Program, MOVES).hinted(),
    entry(Action::Quit, "quit", &["q"], "leave: every task is cancelled first", Section::Program, MOVES).asks("if tasks run").hinted(),
    entry(Action::Interrupt, "stop all", &["Ctrl-c"], "leave, without asking; again: by force, callbacks too; a third time: at once", Section::Program, EVERYWHERE),
    entry(Action::Redraw, "redraw", &["Ctrl-l"], "draw the screen anew", Section::Program, EVERYWHERE),
    entry(Action::Suspend, "suspend", &["Ctrl-z"], "stop the program until the shell's fg", Section::Program, EVERYWHERE),
];

impl Action {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // Every action has one: the test below counts them.
        ACTIONS
            .iter()
            .find(|entry| entry.action == self)
            .unwrap_or(&ACTIONS[0])
    }

    /// The key that is shown for it.
    pub fn key(self) -> &'static str {
        self.entry().keys[0]
    }
}

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpLine {
    /// An empty line.
    Gap,
    /// A heading.
    Heading(&'static str),
    /// Keys, and what they do.
    Keys(String, String),
    /// A status, for the legend.
    Status(crate::app::status::Status),
    /// Plain text.
    Text(&'static str),
}

/// The help, from the table of actions and that of statuses.
pub fn help_lines() -> Vec<HelpLine> {
    let mut lines = vec![HelpLine::Text(
        "Lower case acts on the task under the cursor, UPPER CASE on the group or the pool.",
    )];
    for (section, heading) in SECTIONS {
        lines.push(HelpLine::Gap);
        lines.push(HelpLine::Heading(heading));
        for entry in ACTIONS.iter().filter(|entry| entry.section == section) {
            lines.push(HelpLine::Keys(keys_text(entry), doc_text(entry)));
        }
    }
    lines.push(HelpLine::Gap);
    lines.push(HelpLine::Heading("What a task is shown as"));
    lines.extend(
        crate::app::status::LOOKS
            .iter()
            .map(|look| HelpLine::Status(look.status)),
    );
    lines
}

/// The list of keys for the README: a Markdown table for each section.
pub fn keys_markdown() -> String {
    // Writing into a string cannot fail.
    let mut text = String::new();
    for (section, heading) in SECTIONS {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "**{heading}**\n\n| Key | Does | Asks |\n|---|---|---|\n");
        for entry in ACTIONS.iter().filter(|entry| entry.section == section) {
            let keys: Vec<String> = entry.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(text, "| {} | {} | {} |", keys.join(" "), entry.doc, entry.asks);
        }
    }
    text
}

fn keys_text(entry: &Entry) -> String {
    entry.keys.join("  ")
}

fn doc_text(entry: &Entry) -> String {
    match entry.asks {
        "" => entry.doc.to_owned(),
        asks => format!("{} (asks {asks})", entry.doc),
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
            assert_eq!(entry.action.entry().name, entry.name);
            assert!(
                !entry.keys.is_empty() && !entry.places.is_empty() && !entry.doc.is_empty(),
                "{entry:?}"
            );
        }
        // The last one in the enum: all of them, if the table is as long as the enum.
        assert_eq!(ACTIONS.len(), Action::Suspend as usize + 1);
    }

    #[test]
    fn help_and_readme_name_every_action() {
        let help = help_lines();
        let readme = keys_markdown();
        for entry in &ACTIONS {
            assert!(
                help.contains(&HelpLine::Keys(keys_text(entry), doc_text(entry))),
                "{entry:?}"
            );
            assert!(readme.contains(entry.doc), "{entry:?}");
        }
        for look in &crate::app::status::LOOKS {
            assert!(help.contains(&HelpLine::Status(look.status)));
        }
    }
}
