//! The table of actions.

use super::{Action, Class, Entry, PLACES, Place, Section};

const POOLS: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
];
const POOL: &[Place] = &[Place::Pool, Place::Task, Place::Output, Place::Timeline];
const PANED: &[Place] = &[Place::Pool, Place::Task, Place::Output];
const LISTS: &[Place] = &[Place::Pools, Place::Pool];
/// Where something moves; the output and the log hold still with a key of their own.
const FROZEN: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Timeline,
    Place::Warnings,
];
const TASKS: &[Place] = &[Place::Pool];
const PICKER: &[Place] = &[Place::Picker];
const PICKED: &[Place] = &[Place::Pool, Place::Picker];
const OUTPUT: &[Place] = &[Place::Output];
const STEPS: &[Place] = &[Place::Task, Place::Output, Place::Timeline];
const TIMELINE: &[Place] = &[Place::Timeline];
const PANES: &[Place] = &[Place::Pool, Place::Task, Place::Output, Place::Log];
const SCREENS: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Log,
    Place::Warnings,
];
const REREAD: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Log,
    Place::Warnings,
    Place::Question,
];
const HELP: &[Place] = &[Place::Help];
const STREAMS: &[Place] = &[Place::Output, Place::Log];
const WARNINGS: &[Place] = &[Place::Warnings];
const OPEN: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Warnings,
    Place::Why,
];
const WHY: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Warnings,
    Place::Why,
];
const MOVES: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Log,
    Place::Warnings,
    Place::Help,
    Place::Picker,
];
const SCROLLED: &[Place] = &[
    Place::Pools,
    Place::Pool,
    Place::Task,
    Place::Output,
    Place::Timeline,
    Place::Log,
    Place::Warnings,
    Place::Help,
    Place::Picker,
    Place::Question,
];
const BACK: &[Place] = &[
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
    Place::Text,
    Place::Form,
];
const ASKED: &[Place] = &[Place::Question];
const TYPED: &[Place] = &[Place::Text];
const TAKEN: &[Place] = &[Place::Text, Place::Form];
const FORM: &[Place] = &[Place::Form];
const TYPING: &[Place] = &[Place::Typing];
/// All but the last, where a task gets the keys.
const EVERYWHERE: &[Place] = PLACES.split_at(PLACES.len() - 1).0;

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
        takes: None,
        hint: None,
    }
}

impl Entry {
    const fn asks(mut self, when: &'static str) -> Entry {
        self.asks = when;
        self
    }

    const fn takes(mut self, word: &'static str, what: &'static str) -> Entry {
        self.takes = Some((word, what));
        self
    }

    /// Hinted at by a shorter word, which several keys may share that stand beside each other.
    const fn hinted_as(mut self, word: &'static str) -> Entry {
        self.hint = Some(word);
        self
    }
}

/// The table. Its order is the order of the help.
#[rustfmt::skip]
pub const ACTIONS: [Entry; 104] = [
    entry(Action::Cancel, "cancel", &["x"], "cancel it; once more while it is cancelling: end it at once", Section::Task, Class::Tasks, POOL),
    entry(Action::PauseTask, "pause task", &["p"], "pause its processes and its timeout; or let them go on", Section::Task, Class::Tasks, POOL).hinted_as("pause"),
    entry(Action::Signal, "signal", &["!"], "send all its processes a signal", Section::Task, Class::Tasks, POOL).asks("which, then shows to what").takes("signal", "NAME"),
    entry(Action::Input, "input", &["i"], "type into its terminal (pty = true in its function), or send it a line to read (stdin = \"line\")", Section::Task, Class::Tasks, PANED).asks("for the line").takes("input", "LINE"),
    entry(Action::EndInput, "end of input", &["Ctrl-d"], "in an empty line for a task: no more input comes", Section::Task, Class::Answer, TYPED),
    entry(Action::StopTyping, "type no more", &["Ctrl-a Esc"], "leave its terminal: keys act on the dashboard again", Section::Task, Class::Typing, TYPING),
    entry(Action::TypePrefix, "type prefix", &["Ctrl-a Ctrl-a"], "type the first of these two keys into its terminal", Section::Task, Class::Typing, TYPING),
    entry(Action::Retry, "retry", &["r"], "run it again, once it is over: a new task with the same arguments", Section::Task, Class::Tasks, POOL).asks("if it was ok, or was retried"),
    entry(Action::Mark, "mark", &["Space"], "mark it, or take its mark away; keys for tasks take the marked ones", Section::Task, Class::Marks, LISTS),
    entry(Action::MarkRange, "range", &["v"], "mark from here to where the cursor goes; once more ends that", Section::Task, Class::Marks, LISTS),
    entry(Action::MarkAll, "mark all", &["*"], "mark all that the list has, the filter's whole result; back takes all marks away", Section::Task, Class::Marks, LISTS),
    entry(Action::CopyRows, "copy row", &["y"], "copy its row to the clipboard (OSC 52)", Section::Task, Class::Marks, LISTS),
    entry(Action::Save, "save", &["o"], "write what is kept of its output into a new file", Section::Task, Class::Output, POOL).asks("for the file").takes("save", "FILE"),
    entry(Action::Start, "start", &["s"], "start n tasks more, or the group that is held back", Section::Pool, Class::Pool, POOLS).asks("for n").takes("start", "N"),
    entry(Action::Add, "add group", &["a"], "add a group: apply, map, starmap or doublestarmap, with any function of the config", Section::Pool, Class::Pool, POOLS).asks("in a form"),
    entry(Action::SetConcurrent, "limit", &["e"], "how many tasks of the group run at once (num_concurrent), from now on", Section::Pool, Class::Pool, POOL).asks("for the number").takes("limit", "N"),
    entry(Action::Stop, "stop", &["S"], "stop the n tasks started last", Section::Pool, Class::Pool, POOLS).asks("for n, then shows which").takes("stop", "N"),
    entry(Action::RetryFailed, "retry failed", &["R"], "run all failed tasks again: those of the group under the cursor, or of the pool", Section::Pool, Class::Pool, POOLS).asks("with what it hits"),
    entry(Action::CancelGroup, "cancel group", &["X"], "cancel the group: what is queued never starts, what runs is cancelled", Section::Pool, Class::Pool, POOL).asks("with what it hits"),
    entry(Action::CancelAll, "cancel all", &["Ctrl-x"], "cancel every group and every task of the pool", Section::Pool, Class::Pool, POOLS).asks("for the pool's name"),
    entry(Action::Flush, "flush", &["F"], "forget the tasks that have ended", Section::Pool, Class::Pool, POOLS).asks("if tasks have failed"),
    entry(Action::Lock, "lock", &["L"], "lock: no new groups; or unlock", Section::Pool, Class::Pool, POOLS),
    entry(Action::Pause, "pause pool", &["P"], "pause: nothing starts, what runs goes on; or resume", Section::Pool, Class::Pool, POOLS).hinted_as("pause"),
    entry(Action::Grow, "size up", &["+"], "one slot more", Section::Pool, Class::Pool, POOLS).hinted_as("slots"),
    entry(Action::Shrink, "size down", &["-"], "one slot less; nothing is stopped by it", Section::Pool, Class::Pool, POOLS).hinted_as("slots"),
    entry(Action::SetSize, "set size", &["="], "set the pool's size", Section::Pool, Class::Pool, POOLS).asks("for the size").takes("size", "N"),
    entry(Action::Close, "close", &["D"], "lock the pool, wait for all its tasks, close it", Section::Pool, Class::Pool, POOLS).asks("yes or no"),
    entry(Action::Filter, "filter", &["/"], "show only what matches, of the list that has the keys: words, state:failed, time>5s (more below)", Section::Look, Class::Find, LISTS).takes("filter", "WORDS"),
    entry(Action::Why, "why", &["w"], "why it waits, runs or does not stop; open goes to what blocks it", Section::Look, Class::Warnings, WHY),
    entry(Action::Mute, "mute", &["m"], "warnings: mute the kind until the program ends; or unmute it", Section::Look, Class::Warnings, WARNINGS),
    entry(Action::NextFailure, "next failure", &["g e"], "the next task that failed, timed out or panicked, in the whole list", Section::Move, Class::Find, POOL),
    entry(Action::NextRunning, "next running", &["g r"], "the next task that runs", Section::Move, Class::Find, POOL),
    entry(Action::Newest, "newest", &["g l"], "the task that was started last", Section::Move, Class::Find, POOL),
    entry(Action::SortLeft, "sort left", &["<"], "sort the tasks by the column before", Section::Look, Class::Find, TASKS),
    entry(Action::SortRight, "sort right", &[">"], "sort the tasks by the next column", Section::Look, Class::Find, TASKS),
    entry(Action::Invert, "invert", &["I"], "the other way round", Section::Look, Class::Find, TASKS),
    entry(Action::Columns, "columns", &[","], "which columns the tasks have", Section::Look, Class::Find, PICKED),
    entry(Action::Pick, "show or hide", &["Space", "Enter"], "of the columns: show the one under the cursor, or not", Section::Look, Class::Find, PICKER),
    entry(Action::CountBy, "count by", &["t"], "the left pane counts by group, function, state or nothing, and lists what is under its cursor", Section::Look, Class::Find, TASKS),
    entry(Action::Zoom, "zoom", &["z"], "the focused pane alone (log: hide the targets)", Section::Look, Class::Look, PANES),
    entry(Action::Follow, "follow", &["f"], "output, log: follow the end, or hold still", Section::Look, Class::Look, STREAMS),
    entry(Action::Freeze, "freeze", &["f"], "hold what is shown still, keys still act; or let it live again", Section::Look, Class::Look, FROZEN),
    entry(Action::CopyDetail, "copy all", &["Y"], "copy all about the task under the cursor, with the output that is shown", Section::Look, Class::Look, POOL),
    entry(Action::Wrap, "wrap", &["W"], "output: wrap long lines, or cut them", Section::Look, Class::Look, OUTPUT),
    entry(Action::Find, "search", &["/"], "search what is kept; lower case finds any case", Section::Output, Class::Output, OUTPUT).takes("search", "TEXT"),
    entry(Action::FindNext, "next", &["n"], "to the next line that matches", Section::Output, Class::Output, OUTPUT),
    entry(Action::FindPrevious, "previous", &["N"], "to the line before that matches", Section::Output, Class::Output, OUTPUT),
    entry(Action::OnlyMatches, "only matches", &["&"], "only lines that match; once more: with those around them; then all", Section::Output, Class::Output, OUTPUT),
    entry(Action::Merge, "merge", &["m"], "all tasks of the group, or of the pool, as one; or one task", Section::Output, Class::Output, OUTPUT),
    entry(Action::Times, "times", &["T"], "lines with their times, or without", Section::Output, Class::Output, OUTPUT),
    entry(Action::Copy, "copy lines", &["y"], "copy the lines that are shown to the clipboard (OSC 52)", Section::Output, Class::Output, OUTPUT).hinted_as("copy"),
    entry(Action::ShowPools, "pools", &["1"], "the list of pools", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowPool, "pool", &["2"], "the pool under the cursor: groups, tasks, output", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowTask, "task", &["3"], "the task under the cursor: its life, its peers, its output", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowTimeline, "timeline", &["4"], "the timeline of the pool: which task held which slot, and when", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowLog, "log", &["5"], "the program's own log", Section::Look, Class::Look, SCREENS),
    entry(Action::ShowWarnings, "warnings", &["6"], "what goes wrong without failing", Section::Look, Class::Look, SCREENS),
    entry(Action::NextWarning, "next warning", &["g w"], "to what the next warning is about", Section::Move, Class::Warnings, SCREENS),
    entry(Action::Earlier, "earlier", &["["], "the task before; timeline: a cell back in time", Section::Move, Class::Look, STEPS).hinted_as("step"),
    entry(Action::Later, "later", &["]"], "the task after; timeline: a cell on", Section::Move, Class::Look, STEPS).hinted_as("step"),
    entry(Action::Live, "now", &["0"], "timeline: back to now", Section::Move, Class::Look, TIMELINE),
    entry(Action::ZoomIn, "zoom in", &["z"], "timeline: shorter cells", Section::Look, Class::Look, TIMELINE),
    entry(Action::ZoomOut, "zoom out", &["Z"], "timeline: longer cells", Section::Look, Class::Look, TIMELINE),
    entry(Action::Open, "open", &["Enter"], "into what the cursor is on: a pool, a group, a task; to what blocks it", Section::Move, Class::Look, OPEN),
    entry(Action::Back, "back", &["Esc"], "back: close what is open, take the marks away, clear the filter", Section::Move, Class::Look, BACK),
    entry(Action::Undo, "undo", &["u"], "undo what was done last of what can be undone: size, lock, pause, mute, marks, filter", Section::Program, Class::History, SCREENS),
    entry(Action::Repeat, "repeat", &["."], "do once more what was done last, on what the cursor or the marks are on now", Section::Program, Class::History, SCREENS),
    entry(Action::Palette, "palette", &[":", "Ctrl-p"], "every action and every pool by its name", Section::Program, Class::Program, SCREENS).hinted_as("actions"),
    entry(Action::PalettePools, "go to pool", &["g p"], "a pool by its name", Section::Move, Class::Program, SCREENS),
    entry(Action::NextPane, "next pane", &["Tab"], "the next pane", Section::Move, Class::Look, PANES).hinted_as("pane"),
    entry(Action::PreviousPane, "pane before", &["Shift-Tab"], "the pane before", Section::Move, Class::Look, PANES),
    entry(Action::Up, "up", &["↑", "k"], "one row up; timeline: the slot above", Section::Move, Class::Look, SCROLLED),
    entry(Action::Down, "down", &["↓", "j"], "one row down; timeline: the slot below", Section::Move, Class::Look, SCROLLED),
    entry(Action::Left, "left", &["←", "h"], "the pane to the left; output: scroll; timeline: the task before in that slot; log: fewer levels of a target", Section::Move, Class::Look, SCREENS),
    entry(Action::Right, "right", &["→", "l"], "the pane to the right; output: scroll; timeline: the task after; log: more levels of a target", Section::Move, Class::Look, SCREENS),
    entry(Action::PageUp, "page up", &["PgUp"], "one page up", Section::Move, Class::Look, SCROLLED),
    entry(Action::PageDown, "page down", &["PgDn"], "one page down", Section::Move, Class::Look, SCROLLED),
    entry(Action::HalfUp, "half up", &["Ctrl-u"], "half a page up", Section::Move, Class::Look, SCROLLED),
    entry(Action::HalfDown, "half down", &["Ctrl-d"], "half a page down", Section::Move, Class::Look, SCROLLED),
    entry(Action::First, "first", &["g g", "Home"], "the first row", Section::Move, Class::Look, SCROLLED),
    entry(Action::Last, "last", &["G", "End"], "the last row; tasks, output: follow the end", Section::Move, Class::Look, SCROLLED),
    entry(Action::Yes, "yes", &["y"], "yes, do it", Section::Program, Class::Answer, ASKED),
    entry(Action::Keep, "keep", &["n", "Esc", "Enter", "q"], "no, leave everything as it is", Section::Program, Class::Answer, ASKED),
    entry(Action::Accept, "apply", &["Enter"], "apply what was typed; in a form the next field, in its last one start", Section::Program, Class::Answer, TAKEN),
    entry(Action::Older, "before", &["↑", "Ctrl-p"], "what was typed here before; in the palette the entry above", Section::Program, Class::Answer, TYPED),
    entry(Action::Newer, "after", &["↓", "Ctrl-n"], "what was typed after that; in the palette the entry below", Section::Program, Class::Answer, TYPED),
    entry(Action::Submit, "start group", &["Ctrl-s"], "form: start what is filled in", Section::Program, Class::Answer, FORM).hinted_as("start"),
    entry(Action::FieldBelow, "next field", &["Tab", "↓"], "form: the field below", Section::Program, Class::Answer, FORM),
    entry(Action::FieldAbove, "field before", &["Shift-Tab", "↑"], "form: the field above", Section::Program, Class::Answer, FORM),
    entry(Action::ChooseBefore, "choice before", &["←"], "form: the function or method before; in a line to the left", Section::Program, Class::Answer, FORM),
    entry(Action::ChooseAfter, "choice after", &["→"], "form: the function or method after; in a line to the right", Section::Program, Class::Answer, FORM),
    entry(Action::ShowToml, "TOML", &["Ctrl-t"], "form: show what to write into the config to have the same; or the fields again", Section::Program, Class::Answer, FORM),
    entry(Action::CopyToml, "copy", &["Ctrl-y"], "form: copy that to the clipboard (OSC 52)", Section::Program, Class::Answer, FORM),
    entry(Action::OlderForm, "form before", &["Ctrl-p"], "form: what was filled in before", Section::Program, Class::Answer, FORM).hinted_as("before"),
    entry(Action::NewerForm, "form after", &["Ctrl-n"], "form: what was filled in after that", Section::Program, Class::Answer, FORM),
    entry(Action::Help, "help", &["?", "F1"], "this help", Section::Program, Class::Program, MOVES),
    entry(Action::SearchHelp, "search help", &["/"], "help: show only lines that match", Section::Program, Class::Program, HELP).hinted_as("search"),
    entry(Action::Reload, "reload", &["Ctrl-r"], "read the config again, show what it says otherwise, apply it; nothing is cancelled", Section::Program, Class::Program, REREAD).asks("with the difference"),
    entry(Action::Theme, "theme", &["Ctrl-t"], "the next colours: terminal, light, dark, colour-blind", Section::Program, Class::Program, SCREENS),
    entry(Action::Mouse, "mouse", &["M"], "take the mouse, or leave it to the terminal", Section::Program, Class::Program, SCREENS),
    entry(Action::Quit, "quit", &["q"], "leave: every task is cancelled first", Section::Program, Class::Program, MOVES).asks("if tasks run"),
    entry(Action::Interrupt, "stop all", &["Ctrl-c"], "leave; again: yes, cancel every task; then: by force, callbacks too; then: at once", Section::Program, Class::Program, EVERYWHERE).asks("if tasks run"),
    entry(Action::Redraw, "redraw", &["Ctrl-l"], "draw the screen anew", Section::Program, Class::Program, EVERYWHERE),
    entry(Action::Suspend, "suspend", &["Ctrl-z"], "stop the program until the shell's fg", Section::Program, Class::Program, EVERYWHERE),
];
