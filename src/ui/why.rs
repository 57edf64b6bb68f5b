//! Why something is as it is: a small box over the screen.

use super::draw::Cx;
use super::overlay::{Row, answers, boxed, cells};
use super::text::wrap_words;
use super::theme::Role;
use crate::app::dashboard::Action;
use crate::app::warnings::Subject;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws it.
pub(super) fn draw(buf: &mut Buffer, area: Rect, subject: &Subject, cx: &Cx<'_>) {
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let mut rows: Vec<Row> = Vec::new();
    let why = cx.state.why();
    match why {
        None => rows.push(vec![("… looking".to_owned(), dim)]),
        Some(why) => {
            for (i, line) in why.lines.iter().enumerate() {
                let style = if i == 0 { cx.style(Role::Strong) } else { text };
                let parts = wrap_words(line, cells(area));
                rows.extend(parts.into_iter().map(|part| vec![(part.to_owned(), style)]));
            }
        }
    }
    if area.height >= 12 {
        rows.push(Vec::new());
    }
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let mut foot = Vec::new();
    let mut spots = Vec::new();
    if let Some(blocker) = why.and_then(|why| why.blocker.as_ref()) {
        spots.push((foot.len(), Action::Open));
        foot.push(key(Action::Open));
        foot.push((format!(" to {blocker}   "), text));
    }
    spots.push((foot.len(), Action::Back));
    foot.push(key(Action::Back));
    foot.push((" closes".to_owned(), dim));
    rows.push(foot.clone());
    let inner = boxed(buf, area, &format!("Why: {subject}"), &rows, (1, 0), cx);
    answers(inner, &foot, &spots, cx);
}
