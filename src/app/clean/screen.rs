//! The line that a piece of output draws.

use super::TextStyle;

/// What a line of output draws. The parser's memory of a sequence that does not end is as short as the line.
pub(super) fn screen(line: &[u8], most: usize) -> Vec<(char, TextStyle)> {
    let mut screen = Screen {
        most,
        ..Screen::default()
    };
    let mut parser = vte::Parser::new();
    // The parser looks ahead for the next escape at every turn, so it gets small pieces.
    for piece in String::from_utf8_lossy(line).as_bytes().chunks(512) {
        parser.advance(&mut screen, piece);
    }
    screen.cells
}

/// The one line that a piece of output draws.
#[derive(Default)]
struct Screen {
    cells: Vec<(char, TextStyle)>,
    /// One more than this many are kept, so that a cut is seen.
    most: usize,
    pen: TextStyle,
    /// The cursor went back to the start: the next character starts the line over.
    returned: bool,
}

impl Screen {
    fn clear(&mut self) {
        self.cells.clear();
        self.returned = false;
    }
}

impl vte::Perform for Screen {
    fn print(&mut self, c: char) {
        if self.returned {
            self.clear();
        }
        if self.cells.len() <= self.most {
            self.cells.push((c, self.pen));
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\r' => self.returned = true,
            b'\x08' => drop(self.cells.pop()),
            // Bell, shifts and padding show nothing on a terminal either.
            b'\0' | b'\x07' | b'\x0e' | b'\x0f' => {}
            _ => self.print(char::from(byte)),
        }
    }

    fn csi_dispatch(&mut self, params: &vte::Params, private: &[u8], _: bool, action: char) {
        let first = params.iter().next().and_then(|p| p.first()).copied().unwrap_or(0);
        match (action, first) {
            ('m', _) if private.is_empty() => self.pen.select(params),
            ('G', 0 | 1) => self.returned = true,
            ('K', 2) => self.clear(),
            ('K', 0) if self.returned => self.clear(),
            _ => {}
        }
    }
}
