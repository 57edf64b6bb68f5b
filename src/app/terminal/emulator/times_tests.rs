//! When lines were written, and how long it takes to read them.

use super::*;

const SIZE: TerminalSize = TerminalSize { columns: 20, rows: 6 };

/// A terminal, and a moment for each piece that is written to it.
struct Written {
    terminal: Emulator,
    start: Instant,
    lines: Lines,
}

impl Written {
    fn new(history: usize) -> Written {
        Written {
            terminal: Emulator::new(SIZE, history),
            start: Instant::now(),
            lines: Lines::default(),
        }
    }

    /// In this second.
    fn at(mut self, second: u64, text: &str) -> Written {
        self.terminal.take(text.as_bytes());
        let now = self.start + Duration::from_secs(second);
        let effects = self.terminal.go_on_at(now, None);
        self.lines.push(&effects.lines);
        self
    }

    fn finish(mut self) -> Vec<(String, u64)> {
        let last = self.terminal.finish();
        self.lines.push(&last);
        let mut all = Vec::new();
        for (piece, at) in self.lines.pieces() {
            let second = at.duration_since(self.start).as_secs();
            all.extend(piece.lines().map(|line| (line.to_owned(), second)));
        }
        all
    }
}

fn lines(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let lines = expected
        .iter()
        .map(|(line, second)| ((*line).to_owned(), *second));
    lines.collect()
}

#[test]
fn lines_have_the_time_at_which_they_were_written() {
    for history in [0, 2, 100] {
        let mut written = Written::new(history);
        let mut expected = Vec::new();
        for second in 1..30 {
            written = written.at(second, &format!("\x1b[32mline\x1b[0m {second}\r\n"));
            expected.push((format!("line {second}"), second));
        }
        assert_eq!(written.finish(), expected, "{history}");
    }
}

#[test]
fn a_line_that_is_written_bit_by_bit_has_the_time_of_its_last_bit() {
    let written = Written::new(10)
        .at(1, "a")
        .at(2, "b\r\nc")
        .at(3, "\r\n")
        .at(9, "d");
    assert_eq!(written.finish(), lines(&[("ab", 2), ("c", 2), ("d", 9)]));
    // Wrapped, and so two rows.
    let long = "x".repeat(30);
    let written = Written::new(0)
        .at(1, &long[..10])
        .at(2, &long[10..])
        .at(5, "\r\nend");
    assert_eq!(written.finish(), lines(&[(&long, 2), ("end", 5)]));
}

#[test]
fn rows_that_are_written_in_place_have_the_time_of_their_last_change_alone() {
    let written = Written::new(10)
        .at(1, "one\r\ntwo\r\nthree\r\nfour")
        // Up to the second row and back.
        .at(7, "\x1b[2;1HTWO\x1b[4;5H")
        .at(8, "\x1b7\x1b[1;4H!\x1b8");
    assert_eq!(
        written.finish(),
        lines(&[("one!", 8), ("TWO", 7), ("three", 1), ("four", 1)])
    );
    let full_screen = Written::new(10)
        .at(1, "$ vi\r\n")
        .at(3, "\x1b[?1049h\x1b[Htext")
        .at(4, "\x1b[31m");
    let lines_of = full_screen.finish();
    assert_eq!(lines_of[0], ("$ vi".to_owned(), 1));
    assert_eq!(lines_of[1].0, "text");
    assert!((3..=4).contains(&lines_of[1].1));
}

#[test]
fn another_size_takes_no_times_away() {
    let mut written = Written::new(3);
    for second in 1..12 {
        written = written.at(second, &format!("{second}\r\n"));
    }
    for (columns, rows) in [(30, 3), (10, 9), (20, 30), (20, 2)] {
        let effects = written.terminal.resize(TerminalSize { columns, rows });
        written.lines.push(&effects.lines);
    }
    let seen = written.at(20, "end").finish();
    let seen: Vec<_> = seen.into_iter().filter(|(line, _)| !line.is_empty()).collect();
    let mut expected: Vec<_> = (1..12).map(|second| (second.to_string(), second)).collect();
    expected.push(("end".to_owned(), 20));
    assert_eq!(seen, expected);
}

#[test]
fn whatever_is_asked_for_it_is_read_in_small_bits_and_all_of_it() {
    let size = TerminalSize {
        columns: 200,
        rows: 60,
    };
    // Each would take up to a second at once.
    for asked in ["x\x1b[65535b", "\x1b[65535S"] {
        let mut terminal = Emulator::new(size, 1_000);
        let flood = asked.repeat(2_000);
        terminal.write(flood.as_bytes());
        assert!(terminal.is_behind(), "{asked:?}");
        let mut bits = 1;
        while terminal.is_behind() {
            bits += 1;
            // What comes meanwhile comes after it.
            if bits == 2 {
                terminal.write(b"\x1b[H\x1b[2Jend");
            } else {
                terminal.go_on_for_a_moment();
            }
        }
        assert!(bits > 2, "{asked:?}");
        let screen = terminal.screen().contents();
        assert!(screen.ends_with("end"), "{asked:?}: {screen:?}");
    }
}

#[test]
fn what_was_not_read_is_read_at_the_end() {
    let mut terminal = Emulator::new(SIZE, 10);
    terminal.take(b"one\r\ntwo");
    assert!(terminal.is_behind());
    assert_eq!(terminal.finish().text, "one\ntwo\n");
    assert!(!terminal.is_behind());
}
