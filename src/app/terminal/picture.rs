//! From the cells of a terminal to what a screen shows of it: runs of clean text.

use crate::app::clean::{Clean, push_cell};
use crate::app::view::{CellColour, CellStyle, Cells, TerminalSize};
use vt100::{Cell, Color, Screen};

/// The part of a screen that a pane shows: its rows, and where in it the cursor is, as column and row. Where the
/// pane is smaller it is the part with the cursor.
pub(super) fn picture(screen: &Screen, pane: TerminalSize) -> (Vec<Vec<Cells>>, Option<(u16, u16)>) {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (row, column) = screen.cursor_position();
    // Behind the last column it waits for the next character.
    let column = column.min(columns - 1);
    let top = (row + 1).saturating_sub(pane.rows);
    let shown = top..rows.min(top.saturating_add(pane.rows));
    let lines = shown
        .map(|row| line(screen, row, columns.min(pane.columns)))
        .collect();
    let seen = !screen.hide_cursor() && screen.scrollback() == 0 && column < pane.columns && pane.rows > 0;
    (lines, seen.then(|| (column, row - top)))
}

/// The text of the last row that has any.
pub(super) fn last_text(screen: &Screen) -> Option<Clean> {
    let (rows, columns) = screen.size();
    let texts = (0..rows.get()).rev().map(|row| {
        let cells = line(screen, row, columns.get());
        let mut text = String::new();
        let mut end = 0;
        for run in cells {
            let gap = run.column.saturating_sub(end);
            text.extend(std::iter::repeat_n(' ', gap.into()));
            text.push_str(&run.text);
            end = run.column + run.width;
        }
        text
    });
    let mut texts = texts.map(|text| Clean::from(text.trim()));
    texts.find(|text| !text.is_empty())
}

/// A row in runs of one style; what is blank lies between them.
fn line(screen: &Screen, row: u16, columns: u16) -> Vec<Cells> {
    let mut line = Vec::new();
    let mut run: Option<Run> = None;
    let mut column = 0;
    while column < columns {
        let Some(cell) = screen.cell(row, column) else {
            break;
        };
        // A character may become a wide one in the last column, by what joins it.
        let width = (1 + u16::from(cell.is_wide())).min(columns - column);
        let style = style(cell);
        let blank = matches!(cell.contents(), "" | " ") && style == CellStyle::default();
        let simple = is_simple(cell);
        match &mut run {
            // Blanks within a line are cheaper than another run.
            Some(open) if open.joins && simple && open.style == style => open.push(cell, width),
            _ => {
                line.extend(run.take().and_then(Run::finish));
                run = (!blank).then(|| Run::new(column, style, cell, width, simple));
            }
        }
        column += width;
    }
    line.extend(run.and_then(Run::finish));
    line
}

struct Run {
    column: u16,
    width: u16,
    text: String,
    style: CellStyle,
    /// More may follow: no character of it acts on its neighbours, and each takes one cell wherever it is shown.
    joins: bool,
}

impl Run {
    fn new(column: u16, style: CellStyle, cell: &Cell, width: u16, joins: bool) -> Run {
        let mut run = Run {
            column,
            width: 0,
            text: String::new(),
            style,
            joins,
        };
        run.push(cell, width);
        run
    }

    fn push(&mut self, cell: &Cell, width: u16) {
        match cell.contents() {
            "" => self.text.push(' '),
            contents => push_cell(&mut self.text, contents, width > 1),
        }
        self.width += width;
    }

    /// The run, without blanks at its end that show nothing.
    fn finish(mut self) -> Option<Cells> {
        if self.style == CellStyle::default() {
            let end = self.text.trim_end_matches(' ').len();
            let blanks = self.text.len() - end;
            self.text.truncate(end);
            self.width = self
                .width
                .saturating_sub(u16::try_from(blanks).unwrap_or(u16::MAX));
        }
        (!self.text.is_empty()).then(|| Cells {
            column: self.column,
            width: self.width,
            text: Clean::from(self.text),
            style: self.style,
        })
    }
}

/// Whether a cell holds one narrow character that nobody shows as a part of its neighbour's.
fn is_simple(cell: &Cell) -> bool {
    let mut chars = cell.contents().chars();
    match (chars.next(), chars.next()) {
        (None, _) => true,
        (Some(c), None) => {
            !cell.is_wide()
                && matches!(c, ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{2190}'..='\u{28ff}')
        }
        (Some(_), Some(_)) => false,
    }
}

fn style(cell: &Cell) -> CellStyle {
    CellStyle {
        fg: colour(cell.fgcolor()),
        bg: colour(cell.bgcolor()),
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
        inverse: cell.inverse(),
    }
}

fn colour(colour: Color) -> CellColour {
    match colour {
        Color::Default => CellColour::Default,
        Color::Idx(index) => CellColour::Indexed(index),
        Color::Rgb(red, green, blue) => CellColour::Rgb(red, green, blue),
    }
}

#[cfg(test)]
mod tests {
    use super::super::emulator::Emulator;
    use super::*;
    use proptest::prelude::*;

    const SIZE: TerminalSize = TerminalSize { columns: 30, rows: 5 };

    fn shown(text: impl AsRef<[u8]>) -> Vec<Vec<Cells>> {
        let mut terminal = Emulator::new(SIZE, 0);
        terminal.write_all(text.as_ref());
        picture(terminal.screen(), SIZE).0
    }

    fn texts(line: &[Cells]) -> Vec<(u16, u16, &str)> {
        line.iter()
            .map(|run| (run.column, run.width, run.text.as_str()))
            .collect()
    }

    #[test]
    fn cells_of_one_style_are_one_run_and_blanks_are_none() {
        let lines = shown("one \x1b[1;31mtwo\x1b[0m   \x1b[7m  \x1b[0m\r\n\r\n     x");
        assert_eq!(texts(&lines[0]), [(0, 3, "one"), (4, 3, "two"), (10, 2, "  ")]);
        let red = CellStyle {
            fg: CellColour::Indexed(1),
            bold: true,
            ..CellStyle::default()
        };
        assert_eq!(lines[0][1].style, red);
        assert!(lines[0][2].style.inverse);
        assert_eq!(texts(&lines[1]), []);
        assert_eq!(texts(&lines[2]), [(5, 1, "x")]);
    }

    #[test]
    fn f210_what_may_take_another_width_elsewhere_keeps_its_place() {
        let lines = shown("日本 e\u{301}x 👍🏽| ╭─█╮");
        assert_eq!(
            texts(&lines[0]),
            [
                (0, 2, "日"),
                (2, 2, "本"),
                (5, 1, "e\u{301}"),
                (6, 1, "x"),
                (8, 2, "👍"),
                (10, 2, "🏽"),
                (12, 6, "| ╭─█╮"),
            ]
        );
    }

    #[test]
    fn what_deceives_is_made_harmless_in_its_own_cell() {
        let lines = shown("a\u{200b}b\u{202e}c\u{115f}d\u{feff}\u{9b}e می\u{200c}x");
        let text: String = lines[0].iter().map(|run| run.text.as_str()).collect();
        assert_eq!(text.replace(' ', ""), "abc�deمیx");
    }

    #[test]
    fn a_smaller_pane_shows_where_the_cursor_is() {
        let mut terminal = Emulator::new(SIZE, 0);
        terminal.write_all(b"1\r\n2\r\n3\r\n4\r\n55555");
        let pane = TerminalSize { columns: 3, rows: 2 };
        let (lines, cursor) = picture(terminal.screen(), pane);
        assert_eq!(texts(&lines[0]), [(0, 1, "4")]);
        assert_eq!(texts(&lines[1]), [(0, 3, "555")]);
        assert_eq!(cursor, None);
        let none = TerminalSize { columns: 0, rows: 0 };
        assert_eq!(picture(terminal.screen(), none), (Vec::new(), None));
        terminal.write_all(b"\r");
        assert_eq!(picture(terminal.screen(), pane).1, Some((0, 1)));
        terminal.write_all(b"\x1b[?25l");
        assert_eq!(picture(terminal.screen(), pane).1, None);
        assert_eq!(last_text(terminal.screen()).unwrap().as_str(), "55555");
    }

    proptest! {
        #[test]
        fn runs_are_clean_and_stay_in_their_row(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for lines in [shown(text.as_bytes()), shown(&bytes)] {
                prop_assert!(lines.len() <= usize::from(SIZE.rows));
                for line in lines {
                    let mut end = 0;
                    for run in line {
                        prop_assert!(run.column >= end && run.width > 0, "{run:?}");
                        end = run.column + run.width;
                        prop_assert!(end <= SIZE.columns, "{run:?}");
                        prop_assert!(!run.text.chars().any(crate::app::clean::is_deceptive), "{run:?}");
                    }
                }
            }
        }
    }
}
