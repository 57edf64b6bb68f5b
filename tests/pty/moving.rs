//! The moving picture of the README: `cargo test --test pty -- --ignored the_demonstration_is_recorded` plays the real one
//! in a terminal and writes `docs/pictures/demo.svg`. It takes a minute.

use crate::svg;
use crate::terminal::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::fmt::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const COLUMNS: u16 = 110;
const ROWS: u16 = 28;

/// How long a frame is seen.
const FRAME: Duration = Duration::from_secs(2);

/// What is pressed before which frame.
const KEYS: [(usize, &str); 4] = [(6, "\r"), (12, "\x1b"), (15, "4"), (20, "1")];
const FRAMES: usize = 26;

fn colour(colour: vt100::Color) -> Color {
    match colour {
        vt100::Color::Idx(index) if index < 16 => [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ][usize::from(index)],
        // The greys at the end of the 256.
        vt100::Color::Idx(index @ 232..) => {
            let grey = 8 + (index - 232) * 10;
            Color::Rgb(grey, grey, grey)
        }
        vt100::Color::Default | vt100::Color::Idx(_) => Color::Reset,
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

fn cells(screen: &vt100::Screen) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
    for y in 0..ROWS {
        for x in 0..COLUMNS {
            let Some(cell) = screen.cell(y, x) else { continue };
            let mut style = Style::new().fg(colour(cell.fgcolor())).bg(colour(cell.bgcolor()));
            for (is, modifier) in [
                (cell.bold(), Modifier::BOLD),
                (cell.dim(), Modifier::DIM),
                (cell.inverse(), Modifier::REVERSED),
                (cell.underline(), Modifier::UNDERLINED),
            ] {
                if is {
                    style = style.add_modifier(modifier);
                }
            }
            let text = if cell.contents().is_empty() {
                " "
            } else {
                cell.contents()
            };
            buf[(x, y)].set_symbol(text).set_style(style);
        }
    }
    buf
}

/// One picture that shows these for a while each, again and again.
fn moving(frames: &[Buffer]) -> String {
    let pictures: Vec<String> = frames
        .iter()
        .map(|frame| svg::svg(frame, "taskpool-tui demo"))
        .collect();
    let (head, _) = pictures[0].split_once('>').unwrap();
    let all = FRAME.as_secs() * frames.len() as u64;
    let share = 100.0 / f64::from(u16::try_from(frames.len()).unwrap());
    let mut out = format!(
        "{head}>\n<style>g.f{{visibility:hidden;animation:f {all}s infinite step-end}}\
         @keyframes f{{0%{{visibility:visible}}{share:.3}%{{visibility:hidden}}}}</style>\n"
    );
    for (n, picture) in pictures.iter().enumerate() {
        let (_, body) = picture.split_once(">\n").unwrap();
        let body = body.trim_end().trim_end_matches("</svg>");
        // The first frame is also what a viewer shows that plays nothing.
        let delay = FRAME.as_secs() * n as u64;
        let _ = writeln!(
            out,
            "<g class=\"f\" style=\"animation-delay:{delay}s\">{body}</g>"
        );
    }
    out + "</svg>\n"
}

#[test]
#[ignore = "writes a picture; takes a minute"]
fn the_demonstration_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = Terminal::start_with(dir.path(), (COLUMNS, ROWS), &["demo"], &[]);
    t.shows("[1 Pools]");
    let mut frames = Vec::new();
    for n in 0..FRAMES {
        if let Some((_, keys)) = KEYS.iter().find(|(at, _)| *at == n) {
            t.types(keys);
        }
        // A frame is a moment of the real program.
        sleep(FRAME);
        frames.push(t.with_screen(cells));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/demo.svg");
    std::fs::write(path, moving(&frames)).unwrap();
}
