//! The line of a filter, and the choice of columns.

use super::columns::Columns;
use super::draw::Cx;
use super::layout::{self, Areas};
use super::overlay::{Row, answers, boxed_in, slash_line};
use super::text::{Line, Side, width};
use super::theme::Role;
use crate::app::dashboard::{Action, COLUMNS, FilterLine, Listed, Shown, Zone};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Clear, Widget};

/// The line of a filter; what is wrong with it is marked, and said above it, or beside it where there is no room.
pub(super) fn filter_line(buf: &mut Buffer, areas: &Areas, line: &FilterLine, cx: &Cx<'_>) -> Position {
    let (take, clear) = (cx.state.press(Action::Accept), cx.state.press(Action::Back));
    let keys = format!("  {take} keep  {clear} clear  ");
    let help = match (&line.problem, areas.last) {
        (Some(_), None) => String::new(),
        _ if line.of == Listed::Tasks => format!("{keys}state:failed, words, time>5s, arg~x"),
        _ => format!("{keys}words, state:failed"),
    };
    let cursor = slash_line(buf, areas.hints, &line.input, &help, cx);
    let Some(problem) = &line.problem else {
        return cursor;
    };
    let error = cx.style(Role::Error);
    if areas.last.is_none() {
        let typed = 2 + width(line.input.value()) + 2;
        let mut rest = Line::new(buf, areas.hints, 0);
        let room = rest.gap(typed).room();
        rest.column(&problem.to_string(), room, error, Side::Left);
    }
    if let Some(area) = areas.last {
        Clear.render(area, buf);
        let mut said = Line::new(buf, area, 0);
        said.gap(1);
        let room = said.room();
        said.column(&problem.to_string(), room, error, Side::Left);
    }
    // As far as the line is not scrolled.
    let cells = |to: usize| line.input.value().get(..to).map_or(0, width);
    let (from, to) = (cells(problem.place.start), cells(problem.place.end));
    let room = usize::from(areas.hints.width.saturating_sub(2));
    if line.input.visual_scroll(room.saturating_sub(1).max(1)) == 0 {
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let mark = Rect {
            x: areas.hints.x.saturating_add(2).saturating_add(cells(from)),
            width: cells(to.saturating_sub(from).max(1)),
            height: 1.min(areas.hints.height),
            ..areas.hints
        };
        let mark = mark.intersection(areas.hints);
        buf.set_style(mark, error.add_modifier(Modifier::UNDERLINED));
    }
    cursor
}

/// The columns, each with whether it is shown.
pub(super) fn picker(buf: &mut Buffer, area: Rect, at: usize, cx: &Cx<'_>) {
    let shown = &cx.state.finding.columns;
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let fitting = ("as many as fit", "", *shown == Shown::Fitting);
    let pane = layout::areas(area, cx.state).and_then(|areas| Some(areas.inner(areas.tasks?)));
    let placed = pane.map(|pane| Columns::new(cx.state, pane.width.into()));
    let sorted = cx.state.finding.sort.map(|sort| sort.column);
    let columns = COLUMNS.iter().map(|row| {
        let lacks = |columns: &Columns| columns.lacks(row.column, cx.state);
        let doc = if placed.as_ref().is_some_and(lacks) {
            "no room here"
        } else if sorted == Some(row.column) && !shown.has(row.column) && *shown != Shown::Fitting {
            "shown while the tasks are sorted by this"
        } else {
            row.doc
        };
        (row.heading, doc, shown.has(row.column))
    });
    let mut rows: Vec<Row> = std::iter::once(fitting)
        .chain(columns)
        .enumerate()
        .map(|(i, (heading, doc, is))| {
            let mark = format!(
                "{} [{}] ",
                if i == at { "▸" } else { " " },
                if is { "x" } else { " " }
            );
            let style = if i == at { cx.style(Role::Strong) } else { text };
            vec![
                (mark, style),
                (format!("{heading:<16}"), style),
                (doc.to_owned(), dim),
            ]
        })
        .collect();
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let keys = vec![
        key(Action::Pick),
        (" show or hide   ".to_owned(), dim),
        key(Action::Back),
        (" close".to_owned(), dim),
    ];
    rows.push(keys.clone());
    let cells = |row: &Row| row.iter().map(|(text, _)| width(text)).sum();
    let longest: usize = rows.iter().map(cells).max().unwrap_or(0);
    // The row under the cursor stays on a screen that is too low for all.
    let room = usize::from(area.height.saturating_sub(4));
    let hidden = (at + 1).saturating_sub(room.max(1));
    rows.drain(..hidden);
    let frame = layout::fitting_dialog(area, rows.len(), longest);
    let inner = boxed_in(buf, (area, frame), "Columns of the tasks", &rows, (1, 0), cx);
    let list = Rect {
        height: inner.height.saturating_sub(1),
        ..inner
    };
    for y in 0..rows.len().saturating_sub(1) {
        cx.zones.row(list, y, Zone::Column(hidden + y));
    }
    answers(inner, &keys, &[(0, Action::Pick), (2, Action::Back)], cx);
}
