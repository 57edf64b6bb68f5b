//! What a terminal makes of the bytes that a task writes: a grid of cells, answers to questions, and the lines
//! that have left its history. The parser is somebody else's and reads whatever a task writes, so a panic of it
//! costs the screen of this one terminal; the text that was on it goes where lines go that have left the history.

use super::lines::Lines;
use super::rows::{Rows, slice};
use super::tabs::{self, Tabs};
use super::translate::Translate;
use crate::app::view::TerminalSize;
use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use vt100::capture::{BasicFormattedCaptureState, RowContents, basic_formatted_to_plain};
use vt100::{Callbacks, Parser, Screen};

/// The most bytes of answers that one piece of output can cause.
const ANSWERS: usize = 256;

/// How long it reads at once. A few bytes may ask for much: to write a character 65,535 times, to scroll a large
/// screen.
const BUDGET: Duration = Duration::from_millis(2);

/// How many bytes it reads before it looks at the clock.
const UNCHECKED: usize = 64;

/// Where a line that never ends is cut, in bytes.
const LINE: usize = 16 * 1024;

/// U+FE0F: the character before it becomes an emoji, which may be wider. Where that leaves its row and the screen
/// scrolls, the parser widens the wrong cell, and trips over it later. So the character stays as narrow as it was.
const EMOJI: [u8; 3] = [0xEF, 0xB8, 0x8F];

/// What resets a terminal. The parser would throw its history away, of which nothing would become lines.
const RESET: &[u8] = b"\x1bc";

/// The same without that: the other screen is emptied and left, and of the first all is as in a new one.
const RESET_BUT_FOR_HISTORY: &[u8] =
    b"\x1b[?1049h\x1b[m\x1b7\x1b[?47l\x1b[r\x1b[?6l\x1b[2J\x1b[H\x1b7\x1b>\x1b[0 q\
    \x1b[?1;9;1000;1002;1003;1005;1006;2004l\x1b[?25h";

/// The state of a terminal.
pub(super) struct Emulator {
    parser: Parser<Heard>,
    history: usize,
    /// How often the parser has failed.
    pub(super) failures: u32,
    /// The lines of the parsers that have failed, until they are told.
    saved: Lines,
    /// What may be the beginning of [`EMOJI`] or [`RESET`], at the end of what was written.
    begun: Vec<u8>,
    translate: Translate,
    /// What was written and not read yet, and how much of it was.
    behind: (Vec<u8>, usize),
}

/// What has come out of the parser beside the cells.
struct Heard {
    rows: Rows,
    tabs: Tabs,
    /// When the lines were written that are whole in `gone`, and the one after them.
    times: Vec<Instant>,
    last: Option<Instant>,
    /// Answers to the program's questions.
    answers: Vec<u8>,
    /// What has left the history, as far as it has been taken.
    gone: String,
    /// How the rows of that join.
    capture: BasicFormattedCaptureState,
}

/// What a piece of output has led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Bytes for the program's standard input: answers to what it asked. They hold numbers of this program's
    /// making only, nothing of what was written.
    pub(crate) answers: Vec<u8>,
    /// Lines that have left the history, each with its end; all that there were, if the parser has failed.
    pub(crate) lines: Lines,
    /// The parser has failed, and the terminal is as new.
    pub(crate) failed: bool,
}

impl Emulator {
    /// An empty terminal with so many lines of history above its screen.
    pub(super) fn new(size: TerminalSize, history: usize) -> Emulator {
        Emulator {
            parser: parser(size, history, Instant::now()),
            history,
            failures: 0,
            saved: Lines::default(),
            begun: Vec::new(),
            translate: Translate::default(),
            behind: (Vec::new(), 0),
        }
    }

    pub(super) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    pub(super) fn size(&self) -> TerminalSize {
        let (rows, columns) = self.screen().size();
        TerminalSize {
            columns: columns.get(),
            rows: rows.get(),
        }
    }

    /// Takes in what the program has written; reads of it as much as it can in a moment.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Effects {
        self.take(bytes);
        self.go_on_for_a_moment()
    }

    /// The same, all of it.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Effects {
        self.take(bytes);
        self.go_on(None)
    }

    /// Whether something was written that it has not read.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.1 < self.behind.0.len()
    }

    /// Reads on, as much as it can in a moment.
    pub(super) fn go_on_for_a_moment(&mut self) -> Effects {
        self.go_on(Some(BUDGET))
    }

    /// Reads on, for so long.
    fn go_on(&mut self, budget: Option<Duration>) -> Effects {
        self.go_on_at(Instant::now(), budget)
    }

    fn go_on_at(&mut self, now: Instant, budget: Option<Duration>) -> Effects {
        let until = budget.map(|budget| now + budget);
        let (bytes, mut read) = std::mem::take(&mut self.behind);
        let failed = self.guarded(|parser| {
            parser.callbacks_mut().rows.now = now;
            let mut unchecked = 0;
            while read < bytes.len() {
                let slice = slice(&bytes[read..]);
                // First, so that it is not read again where it fails.
                read += slice.len();
                if let Some(rest) = slice.strip_prefix(RESET) {
                    parser.process(RESET_BUT_FOR_HISTORY);
                    parser.callbacks_mut().tabs = Tabs::default();
                    parser.process(rest);
                } else if let Some((steps, rest)) = tabs::steps(slice) {
                    go_to_stop(parser, steps);
                    parser.process(rest);
                } else {
                    parser.process(slice);
                }
                let (screen, heard) = parser.screen_and_callbacks_mut();
                heard.rows.wrote(slice, screen);
                unchecked += slice.len();
                if unchecked >= UNCHECKED {
                    unchecked = 0;
                    if until.is_some_and(|until| Instant::now() >= until) {
                        break;
                    }
                }
            }
        });
        self.behind = (bytes, read);
        self.effects(failed.is_none())
    }

    fn take(&mut self, bytes: &[u8]) {
        let (mut behind, read) = std::mem::take(&mut self.behind);
        behind.drain(..read);
        let bytes = self.translate.translate(bytes, self.size());
        self.without_emoji(&bytes, &mut behind);
        self.behind = (behind, 0);
    }

    /// Adds what was written, with a NUL, which does nothing, for each [`EMOJI`] (without one the bytes around it could be
    /// one); but for what may be its beginning, or that of [`RESET`]: that waits for the rest.
    fn without_emoji(&mut self, bytes: &[u8], kept: &mut Vec<u8>) {
        let may_be = |bytes: &[u8]| EMOJI.starts_with(bytes) || bytes == &RESET[..1];
        let ends = |bytes: &[u8]| {
            (1..EMOJI.len())
                .rev()
                .find(|&n| bytes.len() >= n && may_be(&bytes[bytes.len() - n..]))
        };
        if self.begun.is_empty() && !bytes.contains(&EMOJI[0]) && !bytes.ends_with(&RESET[..1]) {
            kept.extend_from_slice(bytes);
            return;
        }
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut rest = all.as_slice();
        while let Some(at) = rest.windows(EMOJI.len()).position(|three| three == EMOJI) {
            kept.extend_from_slice(&rest[..at]);
            kept.push(0);
            rest = &rest[at + EMOJI.len()..];
        }
        let (whole, begun) = rest.split_at(rest.len() - ends(rest).unwrap_or(0));
        kept.extend_from_slice(whole);
        self.begun = begun.to_vec();
    }

    /// Gives the screen another size.
    pub(super) fn resize(&mut self, size: TerminalSize) -> Effects {
        let failed = size != self.size() && {
            let (rows, columns) = numbers(size);
            let done = self.guarded(|parser| {
                let before = (
                    parser.screen().scrollback_len(),
                    parser.screen().cursor_position().0,
                );
                parser.set_size(rows, columns);
                let (screen, heard) = parser.screen_and_callbacks_mut();
                heard.rows.resized(before, screen);
            });
            if done.is_none() {
                self.parser = parser(size, self.history, Instant::now());
            }
            done.is_none()
        };
        self.effects(failed)
    }

    /// Lets `act` work on the screen as it is so many lines up in the history. What fails there is over as
    /// what fails in reading is: the terminal is as new, and nothing comes of it.
    pub(super) fn look<T>(&mut self, back: usize, act: impl FnOnce(&Screen) -> T) -> Option<T> {
        self.guarded(|parser| {
            parser.screen_mut().set_scrollback(back);
            let seen = act(parser.screen());
            parser.screen_mut().set_scrollback(0);
            seen
        })
    }

    /// All that is left, as lines: the history and the screen; then the other screen, if a full-screen program
    /// has not left it. After that the terminal is as new.
    pub(super) fn finish(&mut self) -> Lines {
        let mut lines = self.go_on(None).lines;
        let last = self.guarded(lines_of).unwrap_or_default();
        self.parser = parser(self.size(), self.history, Instant::now());
        lines.push(&std::mem::take(&mut self.saved));
        lines.push(&last);
        lines
    }

    /// Runs what may panic. After a panic the terminal is as new.
    fn guarded<T>(&mut self, act: impl FnOnce(&mut Parser<Heard>) -> T) -> Option<T> {
        let size = self.size();
        let parser_now = &mut self.parser;
        // The parser is thrown away if this panics; what it has is read only in a way that may fail again.
        let value = catch_unwind(AssertUnwindSafe(|| act(parser_now))).ok();
        if value.is_none() {
            let new = parser(size, self.history, Instant::now());
            let mut failed = std::mem::replace(&mut self.parser, new);
            let lines = catch_unwind(AssertUnwindSafe(|| lines_of(&mut failed)));
            self.saved.push(&lines.unwrap_or_default());
            self.failures += 1;
        }
        value
    }

    fn effects(&mut self, failed: bool) -> Effects {
        let heard = self.parser.callbacks_mut();
        let whole = match heard.gone.rfind('\n') {
            Some(end) => end + 1,
            None if heard.gone.len() > LINE => heard.gone.len(),
            None => 0,
        };
        let mut lines = std::mem::take(&mut self.saved);
        if whole > 0 {
            let rest = heard.gone.split_off(whole);
            let gone = plain(&std::mem::replace(&mut heard.gone, rest));
            lines.push(&Lines::new(gone, heard.times.drain(..).chain(heard.last)));
        }
        Effects {
            answers: std::mem::take(&mut heard.answers),
            lines,
            failed,
        }
    }
}

/// Moves the cursor on by so many tab stops, or back.
fn go_to_stop(parser: &mut Parser<Heard>, steps: i32) {
    let columns = parser.screen().size().1.get();
    let from = column_of(parser.screen());
    let tabs = &parser.callbacks().tabs;
    let count = u16::try_from(steps.unsigned_abs()).unwrap_or(u16::MAX);
    let to = if steps < 0 {
        tabs.back(from, count)
    } else {
        tabs.forward(from, columns, count)
    };
    parser.process(format!("\x1b[{}G", to + 1).as_bytes());
}

/// The column of the cursor. Behind a full row it is in its last one.
fn column_of(screen: &Screen) -> u16 {
    screen.cursor_position().1.min(screen.size().1.get() - 1)
}

/// All that a terminal has, as lines. It is left as it happens to be.
fn lines_of(parser: &mut Parser<Heard>) -> Lines {
    let mut full_screen = String::new();
    if parser.screen().alternate_screen() {
        let columns = parser.screen().size().1.get();
        for row in parser.screen().rows(0, columns) {
            full_screen.push_str(row.trim_end());
            full_screen.push('\n');
        }
        // Back to the screen that has a history.
        parser.process(b"\x18\x1b[?47l");
    }
    // All of the screen goes to the history, and all of that away: row by row, each with its time.
    let scroll = format!("\x18\x1b[r\x1b[{}S\x1b[3J", parser.screen().size().0);
    parser.process(scroll.as_bytes());
    let heard = parser.callbacks_mut();
    let mut text = plain(&heard.gone);
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    let mut lines = Lines::new(text, heard.times.drain(..).chain(heard.last));
    let full_screen = full_screen.trim_end();
    if !full_screen.is_empty() {
        let time = std::iter::repeat(heard.rows.full_screen);
        lines.push(&Lines::new(format!("{full_screen}\n"), time));
    }
    lines
}

fn parser(size: TerminalSize, history: usize, now: Instant) -> Parser<Heard> {
    let (rows, columns) = numbers(size);
    let heard = Heard {
        rows: Rows::new(now),
        tabs: Tabs::default(),
        times: Vec::new(),
        last: None,
        answers: Vec::new(),
        gone: String::new(),
        capture: BasicFormattedCaptureState::default(),
    };
    Parser::new_with_callbacks(rows, columns, history, heard)
}

fn numbers(size: TerminalSize) -> (NonZeroU16, NonZeroU16) {
    let number = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    (number(size.rows), number(size.columns))
}

/// The text of captured rows, without what pads the lines.
fn plain(rows: &str) -> String {
    let text: String = basic_formatted_to_plain(rows).collect();
    let mut lines = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                lines.push_str(line.trim_end());
                lines.push('\n');
            }
            None => lines.push_str(line),
        }
    }
    lines
}

impl Heard {
    fn answer(&mut self, text: &str) {
        if self.answers.len() + text.len() <= ANSWERS {
            self.answers.extend_from_slice(text.as_bytes());
        }
    }
}

impl Callbacks for Heard {
    /// The questions that programs wait for the answer of. Everything else that a terminal could be asked (its
    /// title, its colours, the clipboard) stays unanswered.
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        i1: Option<u8>,
        i2: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let first = params.first().and_then(|values| values.first()).copied();
        match (i1, i2, first.unwrap_or(0), c) {
            // Are you there?
            (None, None, 5, 'n') => self.answer("\x1b[0n"),
            // Where is the cursor?
            (None, None, 6, 'n') => {
                let row = screen.cursor_position().0 + 1;
                self.answer(&format!("\x1b[{row};{}R", column_of(screen) + 1));
            }
            // What are you? A VT100 with the advanced video option, of no version.
            (None, None, 0, 'c') => self.answer("\x1b[?1;2c"),
            (Some(b'>'), None, 0, 'c') => self.answer("\x1b[>0;0;0c"),
            (None, None, 0, 'g') => self.tabs.clear(column_of(screen)),
            (None, None, 3, 'g') => self.tabs.clear_all(),
            _ => {}
        }
    }

    fn unhandled_escape(&mut self, screen: &mut Screen, i1: Option<u8>, _: Option<u8>, byte: u8) {
        if (i1, byte) == (None, b'H') {
            self.tabs.set(column_of(screen));
        }
    }

    fn on_scroll(&mut self, contents: RowContents<'_>, alternate_screen: bool) {
        if !alternate_screen {
            let (time, before) = (self.rows.leave(), self.gone.len());
            // Writing to a string cannot fail.
            let _ = contents.write_formatted_basic(&mut self.gone, &mut self.capture);
            // The end of the row before is written as soon as it is clear that this does not go on with it.
            let ended = self.gone[before..].starts_with('\n');
            match self.last {
                Some(last) if ended => self.times.push(last),
                Some(last) => return self.last = Some(last.max(time)),
                None => {}
            }
            self.last = Some(time);
        }
    }
}

#[cfg(test)]
mod times_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: TerminalSize = TerminalSize { columns: 20, rows: 4 };

    fn numbered(range: std::ops::Range<usize>) -> String {
        let lines: Vec<String> = range.map(|i| format!("line {i}\r\n")).collect();
        lines.concat()
    }

    #[test]
    fn what_leaves_the_history_comes_out_as_lines_and_the_rest_at_the_end() {
        let mut terminal = Emulator::new(SIZE, 3);
        let text = numbered(0..10);
        let mut lines = String::new();
        for byte in text.bytes() {
            lines += &terminal.write_all(&[byte]).lines.text;
        }
        // Four rows, the last of them empty, and three lines of history are kept; the line end of the newest
        // that has left is not known before the next one leaves.
        assert_eq!(lines, numbered(0..3).replace('\r', ""));
        lines += &terminal.finish().text;
        assert_eq!(lines, numbered(0..10).replace('\r', ""));
    }

    #[test]
    fn a_line_that_was_wrapped_is_one_line_again() {
        let mut terminal = Emulator::new(SIZE, 0);
        let long = "0123456789".repeat(7);
        let mut lines = terminal.write_all(format!("{long}\r\nend").as_bytes()).lines.text;
        lines += &terminal.finish().text;
        assert_eq!(lines, format!("{long}\nend\n"));
    }

    #[test]
    fn a_line_without_end_is_not_kept_for_ever() {
        let mut terminal = Emulator::new(SIZE, 10);
        let mut most = 0;
        for _ in 0..200 {
            terminal.write_all(&[b'x'; 4096]);
            most = most.max(terminal.parser.callbacks().gone.len());
        }
        assert!(most <= LINE + 4096 + SIZE.columns as usize, "{most}");
    }

    #[test]
    fn a_full_screen_program_leaves_its_last_screen_below_what_was_there_before() {
        let mut terminal = Emulator::new(SIZE, 3);
        terminal.write_all(b"$ vi\r\n\x1b[?1049h\x1b[2J\x1b[Htext\x1b[4;1H-- INSERT --");
        assert_eq!(terminal.finish().text, "$ vi\ntext\n\n\n-- INSERT --\n");
        let mut terminal = Emulator::new(SIZE, 3);
        terminal.write_all(b"$ vi\r\n\x1b[?1049h\x1b[2J\x1b[Htext\x1b[?1049l$ ");
        assert_eq!(terminal.finish().text, "$ vi\n$\n");
        assert_eq!(terminal.finish().text, "");
        assert_eq!(Emulator::new(SIZE, 3).finish().text, "");
    }

    #[test]
    fn only_harmless_questions_are_answered_and_never_many() {
        let mut terminal = Emulator::new(SIZE, 3);
        let mut ask =
            |question: &str| String::from_utf8(terminal.write_all(question.as_bytes()).answers).unwrap();
        assert_eq!(ask("\x1b[5n"), "\x1b[0n");
        assert_eq!(ask("\x1b[3;7H\x1b[6n"), "\x1b[3;7R");
        assert_eq!(ask("\x1b[c\x1b[0c"), "\x1b[?1;2c\x1b[?1;2c");
        assert_eq!(ask("\x1b[>c"), "\x1b[>0;0;0c");
        for question in [
            "\x1b]0;rm -rf\x07\x1b[21t",
            "\x1b]52;c;?\x07",
            "\x1b]11;?\x07",
            "\x1bP$q\"p\x1b\\",
            "\x1b[?15n",
            "\x1b[18t",
            "\x05",
        ] {
            assert_eq!(ask(question), "", "{question:?}");
        }
        let many = terminal.write_all("\x1b[c".repeat(10_000).as_bytes());
        assert!(many.answers.len() <= ANSWERS);
    }

    #[test]
    fn f211_a_parser_that_panics_costs_the_screen_of_this_terminal_and_no_text() {
        let mut terminal = Emulator::new(SIZE, 3);
        terminal.write_all(b"before");
        let none = terminal.guarded(|parser| {
            parser.process(b" and half");
            panic!("as vt100 does with some input");
        });
        assert_eq!(none, None::<()>);
        assert_eq!(terminal.failures, 1);
        assert_eq!(terminal.size(), SIZE);
        assert_eq!(terminal.write_all(b"").lines.text, "before and half\n");
        terminal.write_all(b"after");
        assert_eq!(terminal.screen().contents(), "after");
        assert_eq!(terminal.finish().text, "after\n");
    }

    #[test]
    fn f211_an_emoji_at_the_end_of_the_last_row_costs_nothing() {
        let text = format!("\n\n\n\n\r{}\u{2764}\u{fe0f}", "x".repeat(19));
        // Whole, and cut anywhere.
        for cut in 0..=text.len() {
            let mut terminal = Emulator::new(SIZE, 3);
            terminal.write_all(&text.as_bytes()[..cut]);
            terminal.write_all(&text.as_bytes()[cut..]);
            terminal.write_all(b"\x1b[3;20Hyz\x1b[4;20Hq\x1b[4;1Hab");
            assert_eq!(terminal.failures, 0, "{cut}");
            assert!(
                terminal.screen().contents().ends_with("abxxxxxxxxxxxxxxxxxq"),
                "{cut}"
            );
        }
        // Nothing else is kept back for long.
        let mut terminal = Emulator::new(SIZE, 3);
        terminal.write_all(b"\xEF");
        terminal.write_all("\u{FB01}".as_bytes());
        assert_eq!(terminal.screen().contents(), "\u{FB01}");
    }

    #[test]
    fn a_reset_empties_the_screen_and_keeps_the_history_wherever_it_is_cut() {
        let text = format!(
            "{}\x1b[2;3r\x1b[?6h\x1b[1;31m\x1b[?1;1000;1006;2004h\x1b[?25l\x1b=\x1b7\x1b[?1049h\x1b[3;3Hother\x1b7\x1bcnew",
            numbered(0..6)
        );
        for cut in 0..=text.len() {
            let mut terminal = Emulator::new(SIZE, 9);
            terminal.write_all(&text.as_bytes()[..cut]);
            terminal.write_all(&text.as_bytes()[cut..]);
            let screen = terminal.screen();
            assert_eq!(screen.contents(), "new", "{cut}");
            // Of its modes, cursor and colours nothing is left.
            let mut fresh = Emulator::new(SIZE, 0);
            fresh.write_all(b"new");
            assert_eq!(
                screen.state_formatted(),
                fresh.screen().state_formatted(),
                "{cut}"
            );
            assert_eq!(
                terminal.look(9, Screen::contents).unwrap(),
                "line 0\nline 1\nline 2\nnew"
            );
            terminal.write_all(b"\x1b8back");
            assert_eq!(terminal.screen().contents(), "back", "the saved place, {cut}");
            terminal.write_all(b"\x1b[?47h");
            assert_eq!(terminal.screen().contents(), "", "the other screen, {cut}");
            assert_eq!(terminal.finish().text, "line 0\nline 1\nline 2\nback\n");
        }
    }

    /// The columns that tabs go to from the first one on.
    fn stops(terminal: &mut Emulator) -> Vec<u16> {
        terminal.write_all(b"\x1b[1;1H");
        let columns = terminal.size().columns;
        let mut stops = Vec::new();
        while stops.last().is_none_or(|last| last + 1 < columns) {
            terminal.write_all(b"\t");
            stops.push(column_of(terminal.screen()));
        }
        stops
    }

    #[test]
    fn tab_stops_are_set_cleared_and_kept_like_those_of_a_terminal() {
        let mut terminal = Emulator::new(SIZE, 3);
        assert_eq!(stops(&mut terminal), [8, 16, 19]);
        terminal.write_all(b"\x1b[1;4H\x1bH\x1b[1;9H\x1b[g");
        assert_eq!(stops(&mut terminal), [3, 16, 19]);
        // Through another screen, and in another size, which has those of old beyond.
        terminal.write_all(b"\x1b[?1049h");
        assert_eq!(stops(&mut terminal), [3, 16, 19]);
        terminal.resize(TerminalSize { columns: 30, rows: 4 });
        assert_eq!(stops(&mut terminal), [3, 16, 24, 29]);
        terminal.resize(TerminalSize { columns: 5, rows: 4 });
        assert_eq!(stops(&mut terminal), [3, 4]);
        terminal.resize(SIZE);
        terminal.write_all(b"\x1b[?1049l\x1b[3g");
        assert_eq!(stops(&mut terminal), [19]);
        for column in [6, 11] {
            terminal.write_all(format!("\x1b[1;{column}H\x1bH").as_bytes());
        }
        terminal.write_all(b"\x1b[H\x1b[2Ja\tb\tc\x1b[2Zd\x1b[1;1H\x1b[2Ie");
        assert_eq!(terminal.screen().contents(), "a    d    e");
        // At the end of a full row it stays there.
        terminal.write_all(b"\x1b[2;1Hxxxxxxxxxxxxxxxxxxxx\ty");
        assert_eq!(
            terminal.screen().contents().lines().nth(1),
            Some("xxxxxxxxxxxxxxxxxxxy")
        );
        terminal.write_all(b"\x1bc");
        assert_eq!(stops(&mut terminal), [8, 16, 19]);
    }

    /// Tab stops as they are described: a list of columns.
    #[derive(Debug)]
    struct Model {
        stops: std::collections::BTreeSet<u16>,
        column: u16,
        columns: u16,
    }

    impl Model {
        fn new(columns: u16) -> Model {
            let stops = (0..512).step_by(8).collect();
            Model {
                stops,
                column: 0,
                columns,
            }
        }

        fn forward(&mut self, count: u16) {
            for _ in 0..count.max(1) {
                let next = self.stops.range(self.column + 1..).next().copied();
                self.column = next.unwrap_or(u16::MAX).min(self.columns - 1);
            }
        }

        fn back(&mut self, count: u16) {
            for _ in 0..count.max(1) {
                self.column = self.stops.range(..self.column).next_back().copied().unwrap_or(0);
            }
        }

        /// What the step is, in bytes.
        fn step(&mut self, step: u8, count: u16) -> String {
            match step {
                0 => {
                    self.forward(1);
                    "\t".to_owned()
                }
                1 => {
                    self.stops.insert(self.column);
                    "\x1bH".to_owned()
                }
                2 => {
                    self.stops.remove(&self.column);
                    "\x1b[g".to_owned()
                }
                3 if count.is_multiple_of(4) => {
                    self.stops.clear();
                    "\x1b[3g".to_owned()
                }
                4 if count.is_multiple_of(8) => {
                    *self = Model::new(self.columns);
                    "\x1bc".to_owned()
                }
                5 => {
                    self.forward(count);
                    format!("\x1b[{count}I")
                }
                6 => {
                    self.back(count);
                    format!("\x1b[{count}Z")
                }
                _ => {
                    self.column = (count * 3).min(self.columns - 1);
                    format!("\x1b[{}G", count * 3 + 1)
                }
            }
        }
    }

    proptest! {
        #[test]
        fn tabs_go_where_a_list_of_stops_says(
            steps in prop::collection::vec((0_u8..8, 0_u16..20, 0_usize..4), 0..60),
            columns in 2_u16..100,
        ) {
            let size = TerminalSize { columns, rows: 3 };
            let mut terminal = Emulator::new(size, 3);
            let mut model = Model::new(columns);
            for (step, count, cut) in steps {
                let bytes = model.step(step, count).into_bytes();
                let (first, rest) = bytes.split_at(cut.min(bytes.len()));
                terminal.write_all(first);
                terminal.write_all(rest);
                prop_assert_eq!(column_of(terminal.screen()), model.column, "{:?} {:?}", bytes, model);
            }
        }

        #[test]
        fn f211_any_bytes_and_sizes_are_survived(
            pieces in prop::collection::vec(
                (piece(), 2_u16..40, 1_u16..20), 0..20,
            )
        ) {
            let mut terminal = Emulator::new(SIZE, 5);
            for (bytes, columns, rows) in pieces {
                terminal.write_all(&bytes);
                terminal.resize(TerminalSize { columns, rows });
                prop_assert_eq!(terminal.size(), TerminalSize { columns, rows });
                terminal.look(3, Screen::contents);
            }
            let _ = terminal.finish().text;
            prop_assert_eq!(terminal.failures, 0);
        }
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let sequence = (
            any::<u16>(),
            any::<u16>(),
            prop::sample::select(b"ABCDEFGHIJKLMPSTXZbdfghlmnrt@`".to_vec()),
        )
            .prop_map(|(a, b, c)| format!("\x1b[{};{}{}", a % 50, b % 50, char::from(c)).into_bytes());
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            sequence,
            prop::sample::select(vec![
                "\x1b[?1049h",
                "\x1b[?1049l",
                "\x1b[?6h",
                "\x1b[?47h",
                "\x1bc",
                "\x1b7",
                "\x1b8",
                "\x1bM",
                "\x1bH",
                "\x1b[3g",
                "\t",
                "\r\n\n\n\n",
                "日本語テキスト",
                "e\u{301}\u{301}",
                "👍🏽",
                "\u{fe0f}",
                "abcdefghijklmnopqrstuvwxyz"
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ]
    }
}
