//! The terminals that tasks run in (`pty = true`): what each shows, and which of them are alive.
//!
//! A [`Terminal`] is fed by the command that runs in it ([`process`](super::process)) and looked at by views. Its
//! memory is bounded: 32 bytes for each cell of its screen (twice, for full-screen programs have one of their own)
//! and of its history, which has 1,000 lines, or 100 where more than 16 terminals are alive. That is 2.7 MB at
//! 80x24, 5 MB at 140x40. Lines that leave the history go to the output store, and all others at the end.

mod emulator;
mod lines;
mod picture;
mod rows;
mod tabs;
mod translate;

use super::clean::Clean;
use super::view::{TerminalPane, TerminalSize, TerminalView};
pub(super) use emulator::Effects;
use emulator::Emulator;
pub(super) use lines::Lines;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// How many lines of history a terminal has.
const HISTORY: usize = 1_000;

/// The same where many terminals are alive, and how many are many.
const HISTORY_OF_MANY: (usize, usize) = (100, 16);

/// The most bytes of input that wait for a program to read them.
const INPUT: usize = 64 * 1024;

/// A terminal without a device: what one shows. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Terminal(Arc<Shared>);

struct Shared {
    emulator: Mutex<Emulator>,
    /// Its last line, until something is written.
    last: Mutex<Option<Clean>>,
    /// The size that it should have; whoever runs in it sees to that.
    wanted: watch::Sender<TerminalSize>,
    /// What the program in it has not read yet.
    input: Mutex<VecDeque<u8>>,
    typed: Notify,
    version: watch::Sender<u64>,
}

impl Terminal {
    /// An empty terminal of the usual size that is on no list, so that nobody will look at it.
    pub fn new() -> Self {
        Terminal::of(TerminalSize::USUAL, HISTORY, &watch::Sender::new(0))
    }

    fn of(size: TerminalSize, history: usize, version: &watch::Sender<u64>) -> Self {
        Terminal(Arc::new(Shared {
            emulator: Mutex::new(Emulator::new(size, history)),
            last: Mutex::default(),
            wanted: watch::Sender::new(size),
            input: Mutex::default(),
            typed: Notify::new(),
            version: version.clone(),
        }))
    }

    /// Takes in what was written to it. It reads for some milliseconds at most; the rest of it [`go_on`](Self::go_on)
    /// reads.
    pub(super) fn write(&self, bytes: &[u8]) -> Effects {
        let effects = self.change(|emulator| emulator.write(bytes));
        self.changed();
        effects
    }

    /// Whether something was written to it that it has not read.
    pub(super) fn is_behind(&self) -> bool {
        self.lock().is_behind()
    }

    /// Reads for some milliseconds what was written to it.
    pub(super) fn go_on(&self) -> Effects {
        let effects = self.change(Emulator::go_on_for_a_moment);
        self.changed();
        effects
    }

    /// Asks for another size. Of several wishes the last one counts.
    pub(super) fn fit(&self, size: TerminalSize) {
        let size = size.possible();
        self.0
            .wanted
            .send_if_modified(|wanted| std::mem::replace(wanted, size) != size);
    }

    /// The sizes that are asked for.
    pub(super) fn wanted(&self) -> watch::Receiver<TerminalSize> {
        self.0.wanted.subscribe()
    }

    /// Gives it another size.
    pub(super) fn resize(&self, size: TerminalSize) -> Effects {
        let effects = self.change(|emulator| emulator.resize(size));
        self.changed();
        effects
    }

    /// Its size.
    pub(super) fn size(&self) -> TerminalSize {
        self.lock().size()
    }

    /// Gives the program in it these bytes to read, all of them or none.
    ///
    /// # Errors
    /// They are too many, or it does not read what it was given before.
    pub(super) fn type_in(&self, bytes: &[u8]) -> Result<(), String> {
        let mut input = self.input();
        if input.len() + bytes.len() > INPUT {
            return Err(match input.len() {
                0 => format!("{} bytes are too many at once: {INPUT} fit", bytes.len()),
                waiting => format!("not read yet: {waiting} bytes are waiting"),
            });
        }
        input.extend(bytes);
        self.0.typed.notify_one();
        Ok(())
    }

    /// Waits until something is typed in.
    pub(super) async fn typed(&self) {
        self.0.typed.notified().await;
    }

    /// What the program has not read, the oldest first.
    pub(super) fn input(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.0.input.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that it still has, as lines, each with its end. Nothing is left in it.
    pub(super) fn finish(&self) -> Lines {
        let lines = self.change(Emulator::finish);
        self.changed();
        lines
    }

    /// The last line of its screen that shows anything.
    pub(super) fn last_line(&self) -> Option<Clean> {
        let mut emulator = self.lock();
        // Under the lock of the cells, so that it is the last line of these.
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let text =
            last.get_or_insert_with(|| emulator.look(0, picture::last_text).flatten().unwrap_or_default());
        Some(text.clone()).filter(|text| !text.is_empty())
    }

    /// What a pane shows of it. Costs the cells of the pane.
    pub(super) fn view(&self, pane: TerminalPane) -> TerminalView {
        let mut emulator = self.lock();
        let history = emulator.screen().scrollback_len();
        let back = pane.back.min(history);
        let (lines, cursor) = emulator
            .look(back, |screen| picture::picture(screen, pane.size))
            .unwrap_or_default();
        let screen = emulator.screen();
        TerminalView {
            lines,
            cursor,
            history,
            back,
            application_cursor: screen.application_cursor(),
            bracketed_paste: screen.bracketed_paste(),
            size: emulator.size(),
            failures: emulator.failures,
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Emulator) -> T) -> T {
        let mut emulator = self.lock();
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        change(&mut emulator)
    }

    fn lock(&self) -> MutexGuard<'_, Emulator> {
        self.0.emulator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.0
            .version
            .send_modify(|version| *version = version.wrapping_add(1));
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Terminal::new()
    }
}

impl PartialEq for Terminal {
    /// Whether they are the same one.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Terminal {}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Terminal").field(&self.size()).finish()
    }
}

/// What a terminal shows that is given one size after another, and reads these bytes at each. This is all that the
/// bytes of a task go through on their way to a pane.
pub fn show<'a>(pieces: impl IntoIterator<Item = (TerminalSize, &'a [u8])>) -> TerminalView {
    let terminal = Terminal::new();
    for (size, bytes) in pieces {
        terminal.resize(size.possible());
        terminal.change(|emulator| emulator.write_all(bytes));
    }
    let pane = TerminalPane {
        size: terminal.size(),
        back: 0,
    };
    terminal.view(pane)
}

/// The terminals of running tasks, by pool and task. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(super) struct Terminals(Arc<Alive>);

#[derive(Default)]
struct Alive {
    terminals: Mutex<HashMap<(Arc<str>, u64), Terminal>>,
    /// The size of the pane that showed one last, or will show one first: that of a new one.
    usual: Mutex<Option<TerminalSize>>,
    version: watch::Sender<u64>,
}

impl Terminals {
    /// From here on a new terminal has this size, until a pane of another one shows some terminal.
    pub(super) fn panes_are(&self, size: TerminalSize) {
        *self.0.usual.lock().unwrap_or_else(PoisonError::into_inner) = Some(size.possible());
    }

    /// A terminal for this task, on the list until it is dropped.
    pub(super) fn open(&self, pool: &str, id: u64) -> Open {
        let usual = *self.0.usual.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::from(pool), id);
        let terminal = {
            let mut terminals = self.lock();
            let (few, many) = HISTORY_OF_MANY;
            let history = if terminals.len() < many { HISTORY } else { few };
            let size = usual.unwrap_or(TerminalSize::USUAL);
            let terminal = Terminal::of(size, history, &self.0.version);
            terminals.insert(key.clone(), terminal.clone());
            terminal
        };
        Open {
            terminals: self.clone(),
            key,
            terminal,
        }
    }

    /// The terminal that this task runs in.
    pub(super) fn get(&self, pool: &str, id: u64) -> Option<Terminal> {
        let terminals = self.lock();
        if terminals.is_empty() {
            return None;
        }
        terminals.get(&(Arc::from(pool), id)).cloned()
    }

    /// What a pane shows of a task's terminal, if it runs in one. The terminal gets the pane's size; without a pane
    /// nothing is shown of it.
    pub(super) fn view(&self, pool: &str, id: u64, pane: Option<TerminalPane>) -> Option<TerminalView> {
        let terminal = self.get(pool, id)?;
        let Some(pane) = pane else {
            let size = TerminalSize { columns: 0, rows: 0 };
            return Some(terminal.view(TerminalPane { size, back: 0 }));
        };
        self.panes_are(pane.size);
        terminal.fit(pane.size);
        Some(terminal.view(pane))
    }

    /// Tells that some terminal has changed. Changes in between are one change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.0.version.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Arc<str>, u64), Terminal>> {
        self.0.terminals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A terminal on the list. Dropped, it is taken off.
pub(super) struct Open {
    terminals: Terminals,
    key: (Arc<str>, u64),
    terminal: Terminal,
}

impl Deref for Open {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut terminals = self.terminals.lock();
        if terminals.get(&self.key) == Some(&self.terminal) {
            terminals.remove(&self.key);
        }
        drop(terminals);
        self.terminal.changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANE: TerminalPane = TerminalPane {
        size: TerminalSize { columns: 30, rows: 5 },
        back: 0,
    };

    #[test]
    fn a_terminal_is_on_the_list_as_long_as_it_is_open() {
        let terminals = Terminals::default();
        assert!(terminals.view("a", 1, Some(PANE)).is_none());
        let open = terminals.open("a", 1);
        let mut changes = terminals.changes();
        changes.mark_unchanged();
        open.write(b"text");
        assert!(changes.has_changed().unwrap());
        assert_eq!(
            terminals.get("a", 1).unwrap().last_line().unwrap().as_str(),
            "text"
        );
        assert!(terminals.get("b", 1).is_none() && terminals.get("a", 2).is_none());
        // A task that runs again has a new one; the end of the old one changes nothing for it.
        let again = terminals.open("a", 1);
        drop(open);
        assert!(terminals.get("a", 1).unwrap() == *again);
        drop(again);
        assert!(terminals.get("a", 1).is_none());
    }

    #[test]
    fn who_looks_decides_about_the_size_and_the_next_one_starts_with_it() {
        let terminals = Terminals::default();
        assert_eq!(terminals.open("a", 0).size(), TerminalSize::USUAL);
        let expected = TerminalSize {
            columns: 98,
            rows: 12,
        };
        terminals.panes_are(expected);
        let first = terminals.open("a", 1);
        assert_eq!(first.size(), expected);
        let mut wanted = first.wanted();
        terminals.view("a", 1, Some(PANE));
        assert_eq!(*wanted.borrow_and_update(), PANE.size);
        terminals.view("a", 1, Some(PANE));
        assert!(!wanted.has_changed().unwrap());
        assert_eq!(terminals.open("a", 2).size(), PANE.size);
    }

    #[test]
    fn the_history_can_be_looked_at_and_is_smaller_where_many_are_alive() {
        let terminals = Terminals::default();
        let lines: Vec<String> = (0..2000).map(|i| format!("{i}\r\n")).collect();
        let text = lines.concat();
        let open: Vec<Open> = (0..20).map(|id| terminals.open("a", id)).collect();
        for (terminal, history) in [(&open[0], 1000), (&open[19], 100)] {
            terminal.resize(PANE.size);
            let lines = terminal
                .change(|emulator| emulator.write_all(text.as_bytes()))
                .lines
                .text;
            let view = terminal.view(TerminalPane { back: 20, ..PANE });
            assert_eq!((view.history, view.back), (history, 20));
            assert_eq!(view.lines[0][0].text.as_str(), "1976");
            assert_eq!(view.cursor, None);
            let all = lines + &terminal.finish().text;
            assert_eq!(all, text.replace('\r', ""));
        }
    }

    #[test]
    fn bytes_of_any_size_can_be_shown() {
        let size = |columns, rows| TerminalSize { columns, rows };
        let view = show([
            (size(0, 0), &b"abc"[..]),
            (size(10, 2), b"\x1b[?1h\x1b[?2004hd"),
            (size(u16::MAX, u16::MAX), b"\x1b[H!"),
        ]);
        assert!(view.application_cursor && view.bracketed_paste);
        assert_eq!(view.size, size(500, 300));
        assert_eq!(view.failures, 0);
        assert!(view.lines[0][0].text.starts_with('!'));
    }
}
