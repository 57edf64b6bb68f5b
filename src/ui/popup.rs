//! What may follow the first key of a chord: a small box at the foot.

use super::draw::Cx;
use super::layout::{self, Areas};
use super::overlay::inside;
use super::text::{Line, Side, fit, width};
use super::theme::Role;
use crate::app::dashboard::{Action, Chord, Zone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// Draws the box, if a chord has begun and there is room.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) {
    let pending = cx.state.pending();
    if pending.is_empty() {
        return;
    }
    let mut rows: Vec<(String, &str, Option<Action>)> = pending
        .iter()
        .map(|(chord, action)| (chord.to_string(), action.entry().doc, Some(*action)))
        .collect();
    // Which key that is does not depend on what is bound.
    if !pending.iter().any(|(chord, _)| chord.to_string() == "Esc") {
        rows.push(("Esc".to_owned(), "cancel", None));
    }
    let above = Rect {
        height: areas.last.unwrap_or(areas.hints).y.saturating_sub(area.y),
        ..area
    };
    let keys = rows.iter().map(|(key, ..)| width(key)).max().unwrap_or(0);
    let docs = rows.iter().map(|(_, doc, _)| width(doc)).max().unwrap_or(0);
    let frame = layout::foot_box(above, keys + 2 + docs, rows.len());
    if frame.height < 3 {
        return;
    }
    Clear.render(frame, buf);
    let begun = Chord(cx.state.begun().to_vec());
    let cells = usize::from(frame.width).saturating_sub(5);
    cx.theme
        .pane(&fit(&format!("{begun} …"), cells), true, false)
        .render(frame, buf);
    let inner = inside(frame);
    cx.zones.add(frame, Zone::Nothing);
    for (y, (key, doc, action)) in rows.iter().enumerate() {
        if let Some(action) = action {
            cx.zones.row(inner, y, Zone::Action(*action));
        }
        let mut line = Line::new(buf, inner, y);
        line.column(key, keys, cx.style(Role::Key), Side::Left).gap(2);
        let room = line.room();
        line.column(doc, room, cx.style(Role::Text), Side::Left);
    }
}
