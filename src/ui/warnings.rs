//! The list of warnings, and what the one under the cursor means.

use super::draw::Cx;
use super::text::{DURATION, Line, Side, count, duration, width, wrap_words};
use super::theme::Role;
use crate::app::dashboard::{Action, State, Zone};
use crate::app::warnings::{KINDS, Kind, Severity, WarningRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Below this width there is no evidence in the list.
const WIDE: usize = 64;

/// The title of the list.
pub(super) fn title(state: &State) -> String {
    let warnings = &state.view.warnings;
    let of = |is: fn(&&WarningRow) -> bool| warnings.rows.iter().filter(is).count();
    let muted = of(|row| row.muted && row.ended.is_none());
    let over = of(|row| row.ended.is_some());
    let mut title = vec![format!("Warnings ({})", warnings.active)];
    for (n, word) in [(warnings.more, "more"), (muted, "muted"), (over, "over")] {
        if n > 0 {
            title.push(format!("{n} {word}"));
        }
    }
    title.join(" · ")
}

/// A number of warnings and its sign, for the lines that everything has; empty if there are none.
pub(super) fn badge(cx: &Cx<'_>) -> String {
    match cx.state.view.warnings.active {
        0 => String::new(),
        n => format!("{}{n}", if cx.theme.ascii { "!" } else { "⚠" }),
    }
}

fn style(cx: &Cx<'_>, row: &WarningRow) -> Style {
    cx.style(match row.kind.about().severity {
        _ if !row.is_active() => Role::Dim,
        Severity::High => Role::Error,
        Severity::Medium => Role::Warning,
        Severity::Low => Role::Text,
    })
}

/// The list.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let rows = &state.view.warnings.rows;
    if rows.is_empty() {
        return nothing(buf, area, cx);
    }
    let under = state.warning_index();
    let top = state.warning.top;
    let subjects = rows.iter().map(|row| width(&row.subject.to_string())).max();
    let cells = usize::from(area.width);
    let subject = subjects.unwrap_or(0).clamp(6, (cells / 4).max(12));
    heading(&mut Line::new(buf, area, 0), subject, cx);
    let listed = rows
        .iter()
        .skip(top)
        .take(usize::from(area.height).saturating_sub(1));
    for (y, row) in (1..).zip(listed) {
        draw_row(&mut Line::new(buf, area, y), row, subject, cx);
        cx.zones
            .row(area, y, Zone::Warning(row.kind, row.subject.clone()));
        if under == Some(top + y - 1) {
            Line::new(buf, area, y).text("▸", cx.style(Role::Strong));
            cx.under_cursor(buf, area, y);
        }
    }
}

/// The cells for the kind and the subject.
fn cells_of(line: &Line<'_>, subject: usize) -> (usize, usize) {
    if line.room() + 4 >= WIDE {
        let titles = KINDS.iter().map(|about| about.title.len()).max().unwrap_or(0);
        return (titles, subject);
    }
    // What it is about matters most.
    let rest = line.room().saturating_sub(usize::from(DURATION) + 2);
    (rest - rest / 2, rest / 2)
}

fn heading(line: &mut Line<'_>, subject: usize, cx: &Cx<'_>) {
    let style = cx.style(Role::Heading);
    let wide = line.room() >= WIDE;
    line.gap(4);
    let (titles, subject) = cells_of(line, subject);
    line.column("WARNING", titles, style, Side::Left).gap(1);
    line.column("OF", subject, style, Side::Left);
    line.column("SINCE", usize::from(DURATION) + 1, style, Side::Right)
        .gap(2);
    if wide {
        line.text("EVIDENCE", style);
    }
}

fn draw_row(line: &mut Line<'_>, row: &WarningRow, subject: usize, cx: &Cx<'_>) {
    let state = cx.state;
    let about = row.kind.about();
    let text = cx.style(if row.is_active() { Role::Text } else { Role::Dim });
    let sign = if cx.theme.ascii {
        about.severity.letter()
    } else {
        about.severity.glyph()
    };
    let now = state.view.time + state.elapsed;
    let age = row.ended.unwrap_or(now).saturating_sub(row.since);
    line.gap(2).text(&format!("{sign} "), style(cx, row));
    let (titles, subject) = cells_of(line, subject);
    line.column(about.title, titles, style(cx, row), Side::Left)
        .gap(1);
    line.column(&row.subject.to_string(), subject, text, Side::Left);
    line.column(&duration(age), usize::from(DURATION) + 1, text, Side::Right)
        .gap(2);
    let mark = match (row.ended, row.muted) {
        (Some(_), _) => "over: ",
        (None, true) => "muted: ",
        (None, false) => "",
    };
    let room = line.room();
    line.column(&format!("{mark}{}", row.evidence), room, text, Side::Left);
}

/// An empty list says what it is for.
fn nothing(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let titles: Vec<&str> = KINDS.iter().map(|about| about.title).collect();
    let key = cx.state.key(Action::NextWarning);
    let texts = [
        "nothing to warn of".to_owned(),
        format!("looked for, once a second: {}", titles.join(", ")),
        "[warnings] in the config says from when on, and mutes kinds".to_owned(),
        format!("{key} jumps to the next one from anywhere"),
    ];
    let cells = usize::from(area.width).saturating_sub(3);
    let mut y = 0;
    for (i, text) in texts.iter().enumerate() {
        let role = if i == 0 { Role::Text } else { Role::Dim };
        for part in wrap_words(text, cells) {
            Line::new(buf, area, y).gap(2).text(part, cx.style(role));
            y += 1;
        }
        // Where there is room the lines stand apart.
        y += usize::from(area.height > 12);
    }
}

/// The title of the explanation.
pub(super) fn about_title(state: &State) -> String {
    match state.warning_row() {
        Some(row) => format!("{}: {}", row.kind.about().title, row.subject),
        None => "Meaning".to_owned(),
    }
}

/// What the warning under the cursor means, what was seen, and how to change from when on there is one.
pub(super) fn about(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let Some(row) = cx.state.warning_row() else { return };
    let about = row.kind.about();
    let mut seen = row.evidence.to_string();
    // What was lost is counted in bytes, and the evidence has them.
    if row.count > 1 && row.kind != Kind::Losses {
        seen += &format!(" ({} in all)", count(row.count));
    }
    let quote = if row.limit.parse::<u64>().is_ok() {
        ""
    } else {
        "\""
    };
    let change = format!(
        "from {limit} on; [warnings] {key} = {quote}{limit}{quote} changes that, {mute} {what} the kind",
        limit = row.limit,
        key = about.key,
        mute = cx.state.key(Action::Mute),
        what = if row.muted { "unmutes" } else { "mutes" },
    );
    let cells = usize::from(area.width).saturating_sub(1);
    let parts = [
        (seen, Role::Strong),
        (about.means.to_owned(), Role::Text),
        (change, Role::Dim),
    ];
    let mut y = 0;
    for (text, role) in &parts {
        for part in wrap_words(text, cells) {
            Line::new(buf, area, y).text(part, cx.style(*role));
            y += 1;
        }
    }
}
