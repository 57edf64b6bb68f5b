//! The terminal that a task runs in, as its pane shows it.

use super::draw::Cx;
use super::layout::Areas;
use crate::app::view::{CellColour, CellStyle, TerminalView};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, terminal: &TerminalView, cx: &Cx<'_>) {
    for (line, y) in terminal.lines.iter().zip(area.top()..area.bottom()) {
        for cells in line {
            // On another screen a character may be wider; it never leaves its cells.
            let width = cells.width.min(area.width.saturating_sub(cells.column));
            let x = area.x.saturating_add(cells.column);
            if width > 0 {
                buf.set_stringn(
                    x,
                    y,
                    cells.text.as_str(),
                    width.into(),
                    style(cells.style, cx.theme.colour),
                );
            }
        }
    }
}

/// Where the cursor is, while keys go to the task that is shown.
pub(super) fn cursor(areas: &Areas, cx: &Cx<'_>) -> Option<Position> {
    cx.state.typing?;
    let terminal = cx.state.task_view()?.output.terminal.as_deref()?;
    let area = areas.inner(areas.output?);
    let (column, row) = terminal.cursor?;
    let position = Position::new(area.x.saturating_add(column), area.y.saturating_add(row));
    area.contains(position).then_some(position)
}

fn style(cells: CellStyle, coloured: bool) -> Style {
    let mut style = Style::new();
    if coloured {
        style = style.fg(colour(cells.fg)).bg(colour(cells.bg));
    }
    let modifiers = [
        (cells.bold, Modifier::BOLD),
        (cells.dim, Modifier::DIM),
        (cells.italic, Modifier::ITALIC),
        (cells.underline, Modifier::UNDERLINED),
        (cells.inverse, Modifier::REVERSED),
    ];
    let set = modifiers.into_iter().filter(|(on, _)| *on);
    set.fold(style, |style, (_, modifier)| style.add_modifier(modifier))
}

fn colour(colour: CellColour) -> Color {
    match colour {
        CellColour::Default => Color::Reset,
        CellColour::Indexed(index) => Color::Indexed(index),
        CellColour::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
