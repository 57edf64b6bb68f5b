//! The palette: a line to type, the entries that fit, and all about the chosen one.

use super::draw::Cx;
use super::layout;
use super::overlay::{input_field, inside};
use super::text::{Line, Side, fit, width, wrap_words};
use super::theme::Role;
use crate::app::dashboard::{Offer, Palette, Zone};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

/// The most entries that are shown at once.
const SHOWN: usize = 14;

/// The cells for a name.
const NAME: usize = 20;

/// The cells of an entry, where the screen is as wide.
const CELLS: usize = 136;

/// The lines at the foot, if there is room for them, which tell all about the chosen entry.
const ABOUT: u16 = 3;

/// Draws it, and says where the cursor is.
pub(super) fn draw(buf: &mut Buffer, area: Rect, palette: &Palette, cx: &Cx<'_>) -> Position {
    let offers = palette.offers(cx.state);
    let frame = layout::fitting_dialog(area, SHOWN + 1 + usize::from(ABOUT), CELLS);
    Clear.render(frame, buf);
    cx.zones.cover(area, frame);
    let what = if palette.pools { "Pools" } else { "Palette" };
    let title = format!("{what} ({})", offers.len());
    let cells = usize::from(frame.width).saturating_sub(5);
    cx.theme.pane(&fit(&title, cells), true, false).render(frame, buf);
    let inner = inside(frame);
    let first = Rect {
        height: 1.min(inner.height),
        ..inner
    };
    Line::new(buf, first, 0).text("> ", cx.style(Role::Key));
    let cursor = input_field(buf, first, 2, &palette.input, cx);
    let about = if inner.height >= 10 { ABOUT } else { 0 };
    let list = Rect {
        y: inner.y + first.height,
        height: inner.height.saturating_sub(first.height + about),
        ..inner
    };
    if offers.is_empty() {
        Line::new(buf, list, 0)
            .gap(2)
            .text("no match", cx.style(Role::Dim));
        return cursor;
    }
    let chosen = palette.chosen.min(offers.len() - 1);
    let rows = usize::from(list.height);
    let top = (chosen + 1).saturating_sub(rows);
    cx.zones.add(inner, Zone::Palette);
    for (y, offer) in offers.iter().skip(top).take(rows).enumerate() {
        entry(&mut Line::new(buf, list, y), offer, cx);
        cx.zones.row(list, y, Zone::Offer(top + y));
        if top + y == chosen {
            Line::new(buf, list, y).text("▸", cx.style(Role::Strong));
            cx.under_cursor(buf, list, y);
        }
    }
    let foot = Rect {
        y: list.bottom() + 1,
        height: about.saturating_sub(1),
        ..inner
    };
    let (text, role) = match &offers[chosen].refused {
        Some(why) => (why, Role::Warning),
        None => (&offers[chosen].doc, Role::Text),
    };
    let lines = wrap_words(text, usize::from(foot.width));
    for (y, line) in lines.into_iter().take(usize::from(foot.height)).enumerate() {
        Line::new(buf, foot, y).text(line, cx.style(role));
    }
    cursor
}

fn entry(line: &mut Line<'_>, offer: &Offer, cx: &Cx<'_>) {
    let refused = offer.refused.is_some();
    let role = |role| cx.style(if refused { Role::Dim } else { role });
    line.right(&offer.key, role(Role::Key));
    let name = NAME.max(width(&offer.name)).min(line.room().saturating_sub(2));
    line.gap(2)
        .column(&offer.name, name, role(Role::Text), Side::Left);
    let room = line.room().saturating_sub(2);
    if room > 8 {
        let about = offer.refused.as_ref().unwrap_or(&offer.doc);
        line.gap(1).column(about, room, cx.style(Role::Dim), Side::Left);
    }
}
