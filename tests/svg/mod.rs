//! A screen as an SVG picture, in the colours of a dark terminal.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// The size of a cell.
const CELL: (u16, u16) = (9, 19);
const MARGIN: u16 = 12;
const INK: &str = "#d0d4dc";
const PAPER: &str = "#15171c";

fn colour(colour: Color, usual: &str) -> String {
    let name = match colour {
        Color::Black => "#15171c",
        Color::Red => "#e5645f",
        Color::Green => "#7fbf6a",
        Color::Yellow => "#dcb450",
        Color::Blue => "#6a9fe8",
        Color::Magenta => "#c586d8",
        Color::Cyan => "#56b9c8",
        Color::Gray => "#b4b9c2",
        Color::DarkGray => "#6b717d",
        Color::LightRed => "#f0918c",
        Color::LightGreen => "#a3d990",
        Color::LightYellow => "#f0d080",
        Color::LightBlue => "#94bdf2",
        Color::LightMagenta => "#dcb0ea",
        Color::LightCyan => "#8ad5e0",
        Color::White => "#f2f4f8",
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Reset | Color::Indexed(_) => usual,
    };
    name.to_owned()
}

/// Text and background of a cell, and what else there is to its text.
fn look(cell: &Cell) -> (String, String, String) {
    let (mut ink, mut paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    let mut more = String::new();
    for (modifier, text) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if cell.modifier.contains(modifier) {
            more += text;
        }
    }
    (ink, paper, more)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The picture. Block elements are drawn as shapes, so that they meet whatever the font is.
pub(crate) fn svg(buf: &Buffer, title: &str) -> String {
    let (columns, rows) = (buf.area.width, buf.area.height);
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n",
        escaped(title)
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let first = look(&buf[(x, y)]);
            let shape = block(buf[(x, y)].symbol());
            let start = x;
            let mut text = String::new();
            while x < columns && look(&buf[(x, y)]) == first && block(buf[(x, y)].symbol()) == shape {
                text += buf[(x, y)].symbol();
                x += 1;
            }
            run(&mut out, (start, y, x - start), &first, shape, &text);
        }
    }
    out + "</svg>\n"
}

/// The eighths of a block element from below and its opacity in percent, if it is one.
fn block(symbol: &str) -> Option<(u16, u16)> {
    Some(match symbol {
        "▁" => (1, 100),
        "▂" => (2, 100),
        "▃" => (3, 100),
        "▄" => (4, 100),
        "▅" => (5, 100),
        "▆" => (6, 100),
        "▇" => (7, 100),
        "█" => (8, 100),
        "▓" => (8, 70),
        "▒" => (8, 45),
        "░" => (8, 25),
        _ => return None,
    })
}

fn run(
    out: &mut String,
    (x, y, cells): (u16, u16, u16),
    (ink, paper, more): &(String, String, String),
    shape: Option<(u16, u16)>,
    text: &str,
) {
    let (left, top) = (MARGIN + x * CELL.0, MARGIN + y * CELL.1);
    let width = cells * CELL.0;
    // Writing into a string cannot fail.
    if paper != PAPER {
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{paper}\"/>",
            CELL.1
        );
    }
    match shape {
        Some((eighths, opacity)) => {
            let height = (CELL.1 * eighths).div_ceil(8);
            let top = top + CELL.1 - height;
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{ink}\" \
                 fill-opacity=\"{}.{:02}\"/>",
                opacity / 100,
                opacity % 100
            );
        }
        None if text.trim().is_empty() => {}
        None => {
            let _ = writeln!(
                out,
                "<text x=\"{left}\" y=\"{}\" textLength=\"{width}\" xml:space=\"preserve\" fill=\"{ink}\"{more}>{}</text>",
                top + 14,
                escaped(text)
            );
        }
    }
}
