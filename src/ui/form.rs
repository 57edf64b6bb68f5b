//! The form that adds a group: a field on each line, named as its key in the config, and below them what it would make.

use super::draw::Cx;
use super::layout;
use super::overlay::{input_field, inside};
use super::text::{Line, Side, fit, take, width, wrap_words};
use super::theme::Role;
use crate::app::dashboard::{Action, Form, Verdict, Zone};
use crate::app::new_group::{GroupMethod, Part};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Clear, Widget};
use std::ops::Range;

/// The most cells before a value: the mark of its field, and its key.
const VALUE: u16 = 18;

/// How many of them there are in a form of this width.
fn before_value(width: u16) -> u16 {
    VALUE.min(width / 2)
}

/// The rows that the fields have where there is room for what can be said of each.
const ROOMY: usize = 13;

/// The rows for what it would make.
const VERDICT: usize = 3;

/// The rows of one field: its own, and those for what is said of it.
fn rows_of(part: Part) -> usize {
    match part {
        Part::Arguments => 3,
        Part::Func | Part::Method | Part::Name | Part::Num => 2,
    }
}

/// The frame, and whether there is room for what can be said of each field.
fn frame(area: Rect) -> (Rect, bool) {
    let roomy = usize::from(area.height) >= ROOMY + VERDICT + 2;
    let rows = if roomy {
        ROOMY + VERDICT
    } else {
        Part::ALL.len() + VERDICT
    };
    (layout::form(area, rows), roomy)
}

/// The rows of the page that shows it as a config has it, and how many lines that has.
pub(super) fn measure(area: Rect, form: &Form) -> (usize, usize) {
    if form.page.is_none() {
        return (0, 0);
    }
    let (frame, _) = frame(area);
    (inside(frame).height.into(), form.page_lines().len())
}

/// Draws it, and says where the cursor is.
pub(super) fn draw(buf: &mut Buffer, area: Rect, form: &Form, cx: &Cx<'_>) -> Option<Position> {
    let (frame, roomy) = frame(area);
    Clear.render(frame, buf);
    cx.zones.add(area, Zone::Nothing);
    let title = match form.page {
        None => format!("Add a group to {}", form.pool),
        Some(_) => format!("Below the [[pool]] {} of a config", form.pool),
    };
    let cells = usize::from(frame.width).saturating_sub(5);
    cx.theme.pane(&fit(&title, cells), true, false).render(frame, buf);
    let inner = inside(frame);
    if let Some(top) = form.page {
        page(buf, inner, &form.page_lines(), top, cx);
        return None;
    }
    let (verdict, fields) = if roomy {
        (VERDICT, ROOMY)
    } else {
        let rows = usize::from(inner.height);
        let verdict = rows.saturating_sub(Part::ALL.len()).min(VERDICT);
        // What it would make matters more than to see all fields at once.
        let verdict = if rows > 2 { verdict.max(1) } else { verdict };
        (verdict, rows - verdict)
    };
    let mut cursor = None;
    // Where there is no room for all of them, the one that has the keys is among those that are shown.
    let at = Part::ALL.iter().position(|part| *part == form.at).unwrap_or(0);
    let first = if roomy { 0 } else { (at + 1).saturating_sub(fields) };
    let mut y = usize::from(roomy);
    for part in Part::ALL.into_iter().skip(first) {
        let rows = if roomy { rows_of(part) } else { 1 };
        let row = layout::rows(inner, y, 1);
        if y >= fields.max(1) {
            break;
        }
        cursor = cursor.or(field(buf, row, form, part, cx));
        cx.zones.add(layout::rows(inner, y, rows), Zone::Field(part));
        if part == form.at && matches!(part, Part::Func | Part::Method) {
            choices(buf, row, form, cx);
        }
        if rows > 1 {
            below(buf, layout::rows(inner, y + 1, rows - 1), form, part, cx);
        }
        y += rows;
    }
    let foot = layout::rows(inner, usize::from(inner.height).saturating_sub(verdict), verdict);
    let (_, foot) = layout::split_left(foot, if roomy { 2 } else { 0 });
    said(buf, foot, form, roomy, cx);
    cursor
}

/// A field: its mark, its key, its value.
fn field(buf: &mut Buffer, row: Rect, form: &Form, part: Part, cx: &Cx<'_>) -> Option<Position> {
    let focused = form.at == part;
    let wrong = form.said(part).is_some();
    let mut line = Line::new(buf, row, 0);
    let (mark, role) = match (wrong, focused) {
        (true, _) => ("!", Role::Error),
        (false, true) => ("▸", Role::Key),
        (false, false) => ("", Role::Text),
    };
    line.column(mark, 2, cx.style(role), Side::Left);
    let label = if focused { Role::Strong } else { Role::Dim };
    line.column(
        form.fields.key(part),
        usize::from(before_value(row.width)).saturating_sub(3),
        cx.style(label),
        Side::Left,
    )
    .gap(1);
    let fields = &form.fields;
    let room = line.room();
    let input = match part {
        Part::Func => &fields.func,
        Part::Method => {
            line.column(fields.method.word(), room, cx.style(Role::Text), Side::Left);
            return None;
        }
        Part::Arguments => {
            if let Some(text) = form.pasted_text() {
                line.column(&text, room, cx.style(Role::Text), Side::Left);
                return None;
            }
            &fields.arguments
        }
        Part::Name => &fields.name,
        Part::Num => &fields.num,
    };
    if input.value().is_empty() && !focused {
        let usual = match part {
            Part::Name => "(auto)",
            Part::Num if fields.method == GroupMethod::Apply => "1",
            Part::Num => "(size of the pool)",
            Part::Arguments if fields.method == GroupMethod::Apply => "none",
            Part::Func | Part::Method | Part::Arguments => "",
        };
        line.column(usual, room, cx.style(Role::Dim), Side::Left);
        return None;
    }
    if !focused {
        line.column(input.value(), room, cx.style(Role::Text), Side::Left);
        return None;
    }
    let cursor = input_field(buf, row, before_value(row.width), input, cx);
    if part == Part::Func {
        rest_of_name(buf, row, form, cx);
    }
    if let Some(place) = form.place_of_mistake().filter(|_| part == Part::Arguments) {
        underline(buf, row, input, place, cx);
    }
    Some(cursor)
}

/// What a name that is begun will be.
fn rest_of_name(buf: &mut Buffer, row: Rect, form: &Form, cx: &Cx<'_>) {
    let typed = form.fields.func.value().trim();
    let name = form.fields.func_name(form.functions());
    let Some(rest) = name.strip_prefix(typed) else {
        return;
    };
    let mut line = Line::new(buf, row, 0);
    line.gap(usize::from(before_value(row.width)) + width(typed));
    let room = line.room();
    line.column(rest, width(rest).min(room), cx.style(Role::Dim), Side::Left);
}

/// Marks what is wrong in what is typed.
fn underline(buf: &mut Buffer, row: Rect, input: &tui_input::Input, place: Range<usize>, cx: &Cx<'_>) {
    let before_it = before_value(row.width);
    let room = usize::from(row.width - before_it);
    let scroll = input.visual_scroll(room.saturating_sub(1).max(1));
    let hidden = take(input.value(), scroll).len();
    let (Some(before), Some(wrong)) = (
        input.value().get(hidden..place.start.max(hidden)),
        input.value().get(place.start.max(hidden)..place.end.max(hidden)),
    ) else {
        return;
    };
    let cell = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let area = Rect {
        x: row
            .x
            .saturating_add(before_it)
            .saturating_add(cell(width(before))),
        width: cell(width(wrong).max(1)),
        ..row
    };
    let style = cx.style(Role::Error).add_modifier(Modifier::UNDERLINED);
    buf.set_style(area.intersection(row), style);
}

/// Which of the choices it is, at the right end.
fn choices(buf: &mut Buffer, row: Rect, form: &Form, cx: &Cx<'_>) {
    let (at, of) = match form.at {
        Part::Method => {
            let at = GroupMethod::ALL
                .iter()
                .position(|method| *method == form.fields.method);
            (at, GroupMethod::ALL.len())
        }
        _ => (form.function().map(|(at, _)| at), form.functions().len()),
    };
    let at = at.map_or("-".to_owned(), |at| (at + 1).to_string());
    let (before, after) = (
        cx.state.key(Action::ChooseBefore),
        cx.state.key(Action::ChooseAfter),
    );
    let text = format!("{before} {at} of {of} {after}");
    let cells = u16::try_from(width(&text)).unwrap_or(u16::MAX);
    if row.width < VALUE + 12 + cells {
        return;
    }
    let area = Rect {
        x: row.right() - cells,
        width: cells,
        ..row
    };
    let mut line = Line::new(buf, area, 0);
    let left = line.spot(&before, cx.style(Role::Key));
    line.text(&format!(" {at} of {of} "), cx.style(Role::Dim));
    let right = line.spot(&after, cx.style(Role::Key));
    cx.zones.add(left, Zone::Action(Action::ChooseBefore));
    cx.zones.add(right, Zone::Action(Action::ChooseAfter));
}

/// What is said of a field: what is wrong with it, or what may be there.
fn below(buf: &mut Buffer, area: Rect, form: &Form, part: Part, cx: &Cx<'_>) {
    let area = Rect {
        x: area.x.saturating_add(VALUE).min(area.right()),
        width: area.width.saturating_sub(VALUE),
        ..area
    };
    if let Some((reason, _)) = form.said(part) {
        Line::new(buf, area, 0).text(&fit(&reason, area.width.into()), cx.style(Role::Error));
        return;
    }
    if form.at != part {
        return;
    }
    for (y, hint) in hints(form, part).iter().enumerate() {
        Line::new(buf, area, y).text(&fit(hint, area.width.into()), cx.style(Role::Dim));
    }
}

/// What may be in a field.
fn hints(form: &Form, part: Part) -> Vec<String> {
    let method = form.fields.method;
    let hint = match part {
        Part::Func => match form.function() {
            Some((_, row)) => row.about.to_string(),
            None if form.functions.is_none() => "…".to_owned(),
            None => "a function of the config, or one that is built in".to_owned(),
        },
        Part::Method => match method {
            GroupMethod::Apply => "num tasks with the same arguments",
            GroupMethod::Map => "one task for each element",
            GroupMethod::Starmap => "one task for each list of arguments",
            GroupMethod::Doublestarmap => "one task for each table of arguments",
        }
        .to_owned(),
        Part::Arguments if form.fields.pasted.is_some() => {
            return vec!["more can be pasted; Backspace takes all of it away".to_owned()];
        }
        Part::Arguments => {
            let (first, second) = match method {
                GroupMethod::Apply => (
                    r#"["a", 2], or by keyword: { host = "a" }"#,
                    "or pasted lines, each of them an argument",
                ),
                GroupMethod::Map => (
                    r#"["a", "b"], or { lines = "FILE" }, glob, range, jsonl"#,
                    "or pasted lines; paths start at the config's directory",
                ),
                GroupMethod::Starmap => (
                    r#"[["a", 1], ["b", 2]], or { csv = "FILE" }, jsonl"#,
                    "or pasted CSV; paths start at the config's directory",
                ),
                GroupMethod::Doublestarmap => (
                    r#"[{ host = "a" }], or { csv = "FILE", header = true }"#,
                    "or pasted CSV with a header; paths: config's directory",
                ),
            };
            return vec![first.to_owned(), second.to_owned()];
        }
        Part::Name => "the group's name; empty: chosen by the pool".to_owned(),
        Part::Num => match method {
            GroupMethod::Apply => "how many tasks; empty: 1".to_owned(),
            _ => "most tasks of the group at once; empty: as many as the pool has slots".to_owned(),
        },
    };
    vec![hint]
}

/// What it would make, or why it cannot be made.
fn said(buf: &mut Buffer, area: Rect, form: &Form, roomy: bool, cx: &Cx<'_>) {
    let cells = usize::from(area.width);
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |text: &str, role| {
        lines.extend(
            wrap_words(text, cells)
                .into_iter()
                .map(|line| (line.to_owned(), role)),
        );
    };
    let here = form.said(form.at);
    let elsewhere = || {
        Part::ALL
            .into_iter()
            .find_map(|part| Some((part, form.said(part)?)))
    };
    match (&form.problem, here, elsewhere()) {
        (Some(problem), ..) => say(problem, Role::Warning),
        (None, Some((reason, remedy)), _) => {
            // What there was room for below the field is not said twice.
            if !roomy || width(&reason) > cells.saturating_sub(VALUE.into()) {
                say(&reason, Role::Error);
            }
            say(&remedy, Role::Text);
        }
        (None, None, Some((part, (reason, remedy)))) => {
            // The field itself says the one or the other.
            let key = form.fields.key(part);
            if roomy && !remedy.is_empty() {
                say(&format!("{key}: {remedy}"), Role::Text);
            } else {
                say(&format!("{key}: {reason}"), Role::Error);
            }
        }
        (None, None, None) => match &form.check.said {
            Verdict::Unknown => say("…", Role::Dim),
            Verdict::Good(made) => {
                for (i, line) in made.iter().enumerate() {
                    say(line, if i == 0 { Role::Text } else { Role::Warning });
                }
            }
            // While it is typed nothing is wrong yet.
            Verdict::Mistakes(mistakes) if roomy => {
                let reason = mistakes.first().map_or("", |mistake| mistake.reason.as_str());
                say(&format!("not yet: {reason}"), Role::Dim);
            }
            Verdict::Mistakes(_) => hints(form, form.at).iter().for_each(|hint| say(hint, Role::Dim)),
            Verdict::Refused(why) => say(why, Role::Error),
        },
    }
    for (y, (text, role)) in lines.iter().enumerate() {
        Line::new(buf, area, y).text(text, cx.style(*role));
    }
}

/// It as a config has it.
fn page(buf: &mut Buffer, area: Rect, lines: &[String], top: usize, cx: &Cx<'_>) {
    let rows = usize::from(area.height);
    let top = top.min(lines.len().saturating_sub(rows));
    for (y, text) in lines.iter().skip(top).take(rows).enumerate() {
        let left = lines.len() - top - y - 1;
        let mut line = Line::new(buf, area, y);
        let room = line.room();
        if y + 1 == rows && left > 0 {
            line.text(&format!("… {} lines more", left + 1), cx.style(Role::Warning));
            return;
        }
        let role = if text.starts_with('#') {
            Role::Dim
        } else {
            Role::Text
        };
        line.column(text, room, cx.style(role), Side::Left);
    }
}
