//! The table of actions.

use super::{Action, Class, Entry, Place, Section};

const POOLS: &[Place] = &[Place::Pools, Place::Pool, Place::Output];
const POOL: &[Place] = &[Place::Pool, Place::Output];
const LISTS: &[Place] = &[Place::Pools, Place::Pool];
const TASKS: &[Place] = &[Place::Pool];
const PICKER: &[Place] = &[Place::Picker];
const PICKED: &[Place] = &[Place::Pool, Place::Picker];
const OUTPUT: &[Place] = &[Place::Output];
const PANES: &[Place] = &[Place::Pool, Place::Output, Place::Log];
const SCREENS: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Warnings,
];
const ALL_LISTS: &[Place] = &[Place::Pools, Place::Pool];
const HELP: &[Place] = &[Place::Help];
const STREAMS: &[Place] = &[Place::Output, Place::Log];
const WARNINGS: &[Place] = &[Place::Warnings];
const OPEN: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Warnings,
    Place::Why,
];
const WHY: &[Place] = &[Place::Pools, Place::Pool, Place::Warnings, Place::Why];
const MOVES: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Warnings,
    Place::Help,
    Place::Picker,
];
const BACK: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Output,
    Place::Log,
    Place::Warnings,
    Place::Help,
    Place::Why,
    Place::Picker,
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
    Place::Warnings,
    Place::Help,
    Place::Why,
    Place::Picker,
    Place::Question,
    Place::Text,
];

const fn entry(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    doc: &'static str,
    section: Section,
    class: Class,
    places: &'static [Place],
) -> Entry {
    Entry {
        action,
        name,
        keys,
        doc,
        section,
        places,
        class,
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
pub const ACTIONS: [Entry; 76] = [
    entry(Action::Cancel, "cancel", &["x"], "cancel it; once more while it is cancelling: end it at once", Section::Task, Class::Tasks, POOL).hinted(),
    entry(Action::PauseTask, "pause", &["p"], "pause its processes and its time-out; or let them go on", Section::Task, Class::Tasks, POOL).hinted(),
    entry(Action::Signal, "signal", &["!"], "send all its processes a signal", Section::Task, Class::Tasks, POOL).asks("which, then shows to what").hinted(),
    entry(Action::Input, "input", &["i"], "type into its terminal (pty = true in its function), or send it a line to read (stdin = \"line\")", Section::Task, Class::Tasks, POOL).asks("for the line").hinted(),
    entry(Action::EndInput, "end of input", &["Ctrl-d"], "in an empty line for a task: no more input comes", Section::Task, Class::Answer, TYPED),
    entry(Action::StopTyping, "type no more", &["Ctrl-a Esc"], "leave its terminal: keys act on the dashboard again", Section::Task, Class::Typing, TYPING).hinted(),
    entry(Action::TypePrefix, "type prefix", &["Ctrl-a Ctrl-a"], "type the first of these two keys into its terminal", Section::Task, Class::Typing, TYPING).hinted(),
    entry(Action::Retry, "retry", &["r"], "run it again, once it is over: a new task with the same arguments", Section::Task, Class::Tasks, POOL).asks("if it was ok, or was retried").hinted(),
    entry(Action::Start, "start", &["s"], "start n tasks more, or the group that is held back", Section::Pool, Class::Pool, POOLS).asks("for n").hinted(),
    entry(Action::Stop, "stop", &["S"], "stop the n tasks started last", Section::Pool, Class::Pool, POOLS).asks("for n, then shows which").hinted(),
    entry(Action::RetryFailed, "retry failed", &["R"], "run all failed tasks again: those of the group under the cursor, or of the pool", Section::Pool, Class::Pool, POOLS).asks("with what it hits").hinted(),
    entry(Action::CancelGroup, "cancel group", &["X"], "cancel the group: what is queued never starts, what runs is cancelled", Section::Pool, Class::Pool, POOL).asks("with what it hits").hinted(),
    entry(Action::CancelAll, "cancel all", &["Ctrl-x"], "cancel every group and every task of the pool", Section::Pool, Class::Pool, POOLS).asks("for the pool's name").hinted(),
    entry(Action::Flush, "flush", &["F"], "forget the tasks that have ended", Section::Pool, Class::Pool, POOLS).asks("if tasks have failed").hinted(),
    entry(Action::Lock, "lock", &["L"], "lock: no new groups; or unlock", Section::Pool, Class::Pool, POOLS).hinted(),
    entry(Action::Pause, "pause", &["P"], "pause: nothing starts, what runs goes on; or resume", Section::Pool, Class::Pool, POOLS).hinted(),
    entry(Action::Grow, "size", &["+"], "one slot more", Section::Pool, Class::Pool, POOLS).hinted(),
    entry(Action::Shrink, "size", &["-"], "one slot less; nothing is stopped by it", Section::Pool, Class::Pool, POOLS).hinted(),
    entry(Action::SetSize, "set size", &["="], "set the pool's size", Section::Pool, Class::Pool, POOLS).asks("for the size"),
    entry(Action::Close, "close", &["D"], "lock the pool, wait for all its tasks, close it", Section::Pool, Class::Pool, POOLS).asks("yes or no").hinted(),
    entry(Action::Filter, "filter", &["/"], "show only what matches, of the list that has the keys: words, state:failed, dur>5s (more below)", Section::Look, Class::Find, LISTS).hinted(),
    entry(Action::Why, "why", &["w"], "why it waits, runs or does not stop; open goes to what blocks it", Section::Look, Class::Warnings, WHY).hinted(),
    entry(Action::Mute, "mute", &["m"], "warnings: mute the kind until the program ends; or unmute it", Section::Look, Class::Warnings, WARNINGS).hinted(),
    entry(Action::NextFailure, "next failure", &["g e"], "the next task that failed, timed out or panicked, in the whole list", Section::Move, Class::Find, POOL),
    entry(Action::NextRunning, "next running", &["g r"], "the next task that runs", Section::Move, Class::Find, POOL),
    entry(Action::Newest, "newest", &["g l"], "the task that was started last", Section::Move, Class::Find, POOL),
    entry(Action::SortLeft, "sort", &["<"], "sort the tasks by the column before", Section::Look, Class::Find, TASKS),
    entry(Action::SortRight, "sort", &[">"], "sort the tasks by the next column", Section::Look, Class::Find, TASKS),
    entry(Action::Invert, "invert", &["I"], "the other way round", Section::Look, Class::Find, TASKS),
    entry(Action::Columns, "columns", &[","], "which columns the tasks have", Section::Look, Class::Find, PICKED),
    entry(Action::Pick, "show or hide", &["Space", "Enter"], "of the columns: show the one under the cursor, or not", Section::Look, Class::Find, PICKER).hinted(),
    entry(Action::CountBy, "count by", &["t"], "the left pane counts by group, function, state or nothing, and lists what is under its cursor", Section::Look, Class::Find, TASKS),
    entry(Action::Zoom, "zoom", &["z"], "the focused pane alone (log: hide the targets)", Section::Look, Class::Look, PANES).hinted(),
    entry(Action::Follow, "follow", &["f"], "output, log: follow the end, or hold still", Section::Look, Class::Look, STREAMS),
    entry(Action::Freeze, "freeze", &["f"], "lists: hold what is shown still, keys still act; or let it live again", Section::Look, Class::Look, ALL_LISTS),
    entry(Action::CopyRow, "copy row", &["y"], "copy the row under the cursor to the clipboard (OSC 52)", Section::Look, Class::Look, ALL_LISTS),
    entry(Action::CopyDetail, "copy all", &["Y"], "copy all about the task under the cursor, with the output that is shown", Section::Look, Class::Look, POOL),
    entry(Action::Wrap, "wrap", &["w"], "output: wrap long lines, or cut them", Section::Look, Class::Look, OUTPUT),
    entry(Action::Find, "search", &["/"], "search what is kept; lower case finds any case", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::FindNext, "next", &["n"], "to the next line that matches", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::FindPrevious, "previous", &["N"], "to the line before that matches", Section::Output, Class::Output, OUTPUT),
    entry(Action::OnlyMatches, "only matches", &["&"], "only lines that match; once more: with those around them; then all", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::Merge, "merge", &["m"], "all tasks of the group, or of the pool, as one; or one task", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::Times, "times", &["T"], "lines with their times, or without", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::Copy, "copy", &["y"], "copy the lines that are shown to the clipboard (OSC 52)", Section::Output, Class::Output, OUTPUT).hinted(),
    entry(Action::Save, "save", &["o"], "write what is kept into a new file", Section::Output, Class::Output, OUTPUT).asks("for the file").hinted(),
    entry(Action::ShowPools, "pools", &["1"], "the list of pools", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowPool, "pool", &["2"], "the pool under the cursor: groups, tasks, output", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowLog, "log", &["5"], "the program's own log", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowWarnings, "warnings", &["6"], "what goes wrong without failing", Section::Look, Class::Look, SCREENS),
    entry(Action::NextWarning, "next warning", &["g w"], "to what the next warning is about", Section::Move, Class::Warnings, SCREENS),
    entry(Action::Open, "open", &["Enter"], "into what the cursor is on", Section::Move, Class::Look, OPEN).hinted(),
    entry(Action::Back, "back", &["Esc"], "back; clear the filter; close what is open", Section::Move, Class::Look, BACK),
    entry(Action::NextPane, "pane", &["Tab"], "the next pane", Section::Move, Class::Look, POOL).hinted(),
    entry(Action::PreviousPane, "pane before", &["Shift-Tab"], "the pane before", Section::Move, Class::Look, POOL),
    entry(Action::Up, "up", &["↑", "k"], "one row up", Section::Move, Class::Look, MOVES),
    entry(Action::Down, "down", &["↓", "j"], "one row down", Section::Move, Class::Look, MOVES),
    entry(Action::Left, "left", &["←", "h"], "the pane to the left; output: scroll; log: show less of a target", Section::Move, Class::Look, SCREENS),
    entry(Action::Right, "right", &["→", "l"], "the pane to the right; output: scroll; log: show more of a target", Section::Move, Class::Look, SCREENS),
    entry(Action::PageUp, "page up", &["PgUp"], "one page up", Section::Move, Class::Look, MOVES),
    entry(Action::PageDown, "page down", &["PgDn"], "one page down", Section::Move, Class::Look, MOVES),
    entry(Action::HalfUp, "half up", &["Ctrl-u"], "half a page up", Section::Move, Class::Look, MOVES),
    entry(Action::HalfDown, "half down", &["Ctrl-d"], "half a page down", Section::Move, Class::Look, MOVES),
    entry(Action::First, "first", &["g g", "Home"], "the first row", Section::Move, Class::Look, MOVES),
    entry(Action::Last, "last", &["G", "End"], "the last row; tasks, output: follow the end", Section::Move, Class::Look, MOVES),
    entry(Action::Yes, "yes", &["y"], "yes, do it", Section::Program, Class::Answer, ASKED),
    entry(Action::Keep, "keep", &["n", "Esc", "Enter", "q"], "no, leave everything as it is", Section::Program, Class::Answer, ASKED),
    entry(Action::Accept, "take", &["Enter"], "take what was typed", Section::Program, Class::Answer, TYPED),
    entry(Action::Help, "help", &["?", "F1"], "this help", Section::Program, Class::Program, MOVES).hinted(),
    entry(Action::SearchHelp, "search", &["/"], "help: show only lines that match", Section::Program, Class::Program, HELP).hinted(),
    entry(Action::Theme, "theme", &["Ctrl-t"], "the next colours: terminal, light, dark, colour-blind", Section::Program, Class::Program, SCREENS),
    entry(Action::Mouse, "mouse", &["M"], "take the mouse, or leave it to the terminal", Section::Program, Class::Program, SCREENS),
    entry(Action::Quit, "quit", &["q"], "leave: every task is cancelled first", Section::Program, Class::Program, MOVES).asks("if tasks run").hinted(),
    entry(Action::Interrupt, "stop all", &["Ctrl-c"], "leave, without asking; again: by force, callbacks too; a third time: at once", Section::Program, Class::Program, EVERYWHERE),
    entry(Action::Redraw, "redraw", &["Ctrl-l"], "draw the screen anew", Section::Program, Class::Program, EVERYWHERE),
    entry(Action::Suspend, "suspend", &["Ctrl-z"], "stop the program until the shell's fg", Section::Program, Class::Program, EVERYWHERE),
];
