//! The output of one task, or of several as one.

use super::cells;
use super::detail::{nothing, unasked};
use super::draw::Cx;
use super::text::{Line, clock_ms, take, width, wrap};
use super::theme::Role;
use crate::app::clean::TextStyle;
use crate::app::count::counted;
use crate::app::dashboard::{Action, State};
use crate::app::output::Needle;
use crate::app::view::{OutputLine, OutputView, Stream, TerminalSize, TerminalView};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::ops::Range;

/// From this width on lines have their time.
const WITH_TIME: u16 = 70;

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    let Some(id) = state.shown_id() else {
        return "Output".to_owned();
    };
    let output = state.output_view();
    let mut title = match output {
        Some(output) if state.output.merged => {
            let tasks = counted(output.tasks.len(), "task", "tasks");
            let of = state.group.as_deref().unwrap_or("all");
            let newest = if output.more_tasks { " (the newest)" } else { "" };
            vec![format!("Output of {of}"), format!("{tasks}{newest}")]
        }
        _ => vec![format!("Output of {id}")],
    };
    if !state.output.merged {
        title.extend(unasked(state).map(str::to_owned));
    }
    if let Some(terminal) = output.and_then(|output| output.terminal.as_ref()) {
        return terminal_title(state, id, terminal);
    }
    if let Some(output) = output {
        title.extend(place(state, output));
    }
    title.join(" · ")
}

fn terminal_title(state: &State, id: u64, terminal: &TerminalView) -> String {
    let TerminalSize { columns, rows } = terminal.size;
    let mut title = vec![format!("Terminal of {id}")];
    if state.typing.is_some() {
        title[0] = format!("TYPING INTO {id}");
        title.push(format!("{} leaves", state.key(Action::StopTyping)));
    }
    title.push(format!("{columns}x{rows}"));
    if terminal.back > 0 {
        let of = terminal.history;
        title.push(format!(
            "{} of {} up",
            counted(terminal.back, "line", "lines"),
            of
        ));
    }
    if terminal.failures > 0 {
        title.push("was reset: the output could not be shown".to_owned());
    }
    title.join(" · ")
}

fn place(state: &State, output: &OutputView) -> Vec<String> {
    let mut parts = Vec::new();
    let find = state.output.find.as_ref();
    if let Some(found) = output
        .found
        .as_ref()
        .filter(|found| find.is_some_and(|find| find.text == found.text))
    {
        let current = find.and_then(|find| find.current);
        let at = current.and_then(|current| found.spots.iter().position(|spot| *spot == current));
        let matches = counted(found.total, "match", "matches");
        let more = if found.more { ", searching" } else { "" };
        parts.push(match at {
            Some(at) => format!("{} of {matches}{more}", found.before + at + 1),
            None => format!("{matches}{more}"),
        });
    }
    match find.and_then(|find| find.only) {
        Some(0) => parts.push("only those".to_owned()),
        Some(context) => parts.push(format!("only those ±{context}")),
        None => {
            let end = output.first + state.output_end(output, state.rows().output.max(1));
            parts.push(match output.total {
                total if state.output.follow || end >= total => counted(total, "line", "lines"),
                total => format!("line {end} of {total}"),
            });
        }
    }
    if !state.output.follow {
        parts.push("held".to_owned());
    }
    if output.lost > 0 {
        parts.push(counted(output.lost, "byte dropped", "bytes dropped"));
    }
    if let Some(why) = &output.unsaved {
        parts.push(format!("not saved: {why}"));
    }
    parts
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let dim = cx.style(Role::Dim);
    let Some(task) = state.task_view() else {
        Line::new(buf, area, 0).gap(1).text(nothing(state), dim);
        return;
    };
    if let Some(terminal) = &task.output.terminal {
        return cells::draw(buf, area, terminal, cx);
    }
    let lines = state.output_lines(area.height.into());
    let pane = Pane::new(area, &task.output, cx);
    if lines.is_empty() {
        let over = task.row.status.is_final();
        let text = if pane.needle.is_some() && task.output.total > 0 {
            "no line that is kept matches"
        } else if task.output.lost > 0 {
            "output was dropped to stay within the limits of [output]"
        } else if over {
            "no output"
        } else {
            "no output yet"
        };
        Line::new(buf, area, 0).gap(1).text(text, dim);
        return;
    }
    if state.output.wrap {
        pane.wrapped(buf, lines);
    } else {
        for (y, line) in with_gaps(lines, &task.output, cx).enumerate() {
            let Some(line) = line else {
                Line::new(buf, area, y).gap(pane.margin()).text(GAP, dim);
                continue;
            };
            let start = match state.output.left {
                0 => 0,
                left => line
                    .text
                    .char_indices()
                    .nth(left)
                    .map_or(line.text.len(), |(at, _)| at),
            };
            pane.line(buf, y, line, start..line.text.len(), true);
        }
    }
}

/// Stands for the lines between two blocks that match, which are not shown.
const GAP: &str = "┈┈┈";

/// The rows of these lines: with those around a match a row stands for the lines between two blocks. What does not fit
/// is cut at the top, or at the bottom where the first line of all is shown.
fn with_gaps<'a>(
    lines: &'a [OutputLine],
    output: &OutputView,
    cx: &Cx<'_>,
) -> impl Iterator<Item = Option<&'a OutputLine>> {
    let state = cx.state;
    let around = state.output.find.as_ref().and_then(|find| find.only);
    // Among several tasks the numbers of lines do not tell what lies between them.
    let gaps = around.is_some_and(|lines| lines > 0) && output.tasks.len() <= 1;
    let mut rows: Vec<Option<&OutputLine>> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| lines.get(at));
        if gaps && before.is_some_and(|before| line.spot.line > before.spot.line + 1) {
            rows.push(None);
        }
        rows.push(Some(line));
    }
    let more = rows.len() - lines.len();
    let room = state.rows().output.max(lines.len());
    let over = (lines.len() + more).saturating_sub(room);
    let first = output.lines.first().map(|line| line.spot) == lines.first().map(|line| line.spot);
    let top = output.first == 0 && first && !state.output.follow;
    let skipped = if top { 0 } else { over };
    rows.into_iter().skip(skipped).take(room)
}

/// What is the same for every line.
struct Pane<'a, 'c> {
    area: Rect,
    cx: &'a Cx<'c>,
    needle: Option<Needle>,
    /// The cells for a task's ID, where there are several.
    id: usize,
    times: bool,
}

impl<'a, 'c> Pane<'a, 'c> {
    fn new(area: Rect, output: &OutputView, cx: &'a Cx<'c>) -> Self {
        let place = &cx.state.output;
        let merged = place.merged && output.tasks.len() > 1;
        let longest = output.tasks.last().map_or(0, |id| id.to_string().len());
        Pane {
            area,
            cx,
            needle: place.find.as_ref().and_then(|find| Needle::new(&find.text)),
            id: if merged { longest } else { 0 },
            times: area.width >= WITH_TIME && !place.no_times,
        }
    }

    /// The cells before the text of a line.
    fn margin(&self) -> usize {
        4 + if self.times { 13 } else { 0 } + if self.id > 0 { self.id + 1 } else { 0 }
    }

    /// Long lines take several rows; what does not fit is cut at the top.
    fn wrapped(&self, buf: &mut Buffer, lines: &[OutputLine]) {
        let cells = usize::from(self.area.width).saturating_sub(self.margin());
        let mut rows: Vec<(&OutputLine, Range<usize>)> = Vec::new();
        for line in lines.iter().rev() {
            let mut start = 0;
            let parts = wrap(&line.text, cells).into_iter().map(|part| {
                start += part.len();
                start - part.len()..start
            });
            let parts: Vec<Range<usize>> = parts.collect();
            rows.extend(parts.into_iter().rev().map(|part| (line, part)));
            if rows.len() >= usize::from(self.area.height) {
                break;
            }
        }
        rows.truncate(self.area.height.into());
        for (y, (line, part)) in rows.into_iter().rev().enumerate() {
            let head = part.start == 0;
            self.line(buf, y, line, part, head);
        }
    }

    /// A part of a line in a row; with `head` after what is known of it.
    fn line(&self, buf: &mut Buffer, y: usize, line: &OutputLine, part: Range<usize>, head: bool) {
        let cx = self.cx;
        let dim = cx.style(Role::Dim);
        let mut row = Line::new(buf, self.area, y);
        if head {
            if self.times {
                row.text(&clock_ms(line.time), dim).gap(1);
            }
            if self.id > 0 {
                let id = format!("{:>1$}", line.spot.task, self.id);
                row.text(&id, cx.theme.of_task(line.spot.task)).gap(1);
            }
            let (tag, role) = match line.stream {
                _ if line.goes_on => ("  ↪ ", Role::Dim),
                Stream::Stdout => ("out ", Role::Dim),
                Stream::Stderr => ("err ", Role::Warning),
                Stream::Note => ("  · ", Role::Dim),
            };
            row.text(tag, cx.style(role));
        } else {
            row.gap(self.margin());
        }
        let room = row.room();
        let text = line.text.get(part.clone()).unwrap_or_default();
        let fits = width(text) <= room;
        let shown = if fits {
            text
        } else {
            take(text, room.saturating_sub(1))
        };
        let shown = part.start..part.start + shown.len();
        for (piece, style) in self.pieces(line, &shown) {
            row.text(piece, style);
        }
        if !fits && room > 0 {
            row.text("…", dim);
        }
    }

    /// A part of a line, taken apart where its looks change.
    fn pieces<'l>(&self, line: &'l OutputLine, shown: &Range<usize>) -> Vec<(&'l str, Style)> {
        let text: &'l str = &line.text;
        let places = match &self.needle {
            Some(needle) if line.matches => needle.places(text),
            _ => Vec::new(),
        };
        let current = self.cx.state.output.find.as_ref().and_then(|find| find.current);
        let mark = self.cx.theme.found(current == Some(line.spot));
        let mut pieces = Vec::new();
        let mut start = 0;
        for (part, style) in line.text.parts() {
            let end = start + part.len();
            let plain = self.style(line, style);
            let mut at = start.max(shown.start);
            let end_shown = end.min(shown.end);
            while at < end_shown {
                let inside = places.iter().find(|place| place.contains(&at));
                let next = places.iter().map(|place| place.start).find(|&place| place > at);
                let stop = inside
                    .map_or(next.unwrap_or(end_shown), |place| place.end)
                    .min(end_shown);
                let style = if inside.is_some() {
                    plain.patch(mark)
                } else {
                    plain
                };
                if let Some(piece) = text.get(at..stop) {
                    pieces.push((piece, style));
                }
                at = stop;
            }
            start = end;
        }
        pieces
    }

    fn style(&self, line: &OutputLine, style: TextStyle) -> Style {
        let find = self.cx.state.output.find.as_ref();
        let beside = find.is_some_and(|find| find.only.is_some()) && !line.matches;
        if beside {
            return self.cx.style(Role::Dim);
        }
        self.cx.theme.text(style)
    }
}

impl super::theme::Theme {
    /// How a task's own text looks.
    fn text(self, text: TextStyle) -> Style {
        let mut style = Style::new();
        for (is, modifier) in [
            (text.bold, Modifier::BOLD),
            (text.dim, Modifier::DIM),
            (text.italic, Modifier::ITALIC),
            (text.underline, Modifier::UNDERLINED),
            (text.reverse, Modifier::REVERSED),
            (text.strike, Modifier::CROSSED_OUT),
        ] {
            if is {
                style = style.add_modifier(modifier);
            }
        }
        if self.colour {
            style.fg = text.fg.map(named);
            style.bg = text.bg.map(named);
        }
        style
    }

    /// The colour of a task's ID among others.
    fn of_task(self, id: u64) -> Style {
        const COLOURS: [Color; 6] = [
            Color::Cyan,
            Color::Yellow,
            Color::Green,
            Color::Magenta,
            Color::Blue,
            Color::Red,
        ];
        let colour = usize::try_from(id % 6).map_or(Color::Cyan, |i| COLOURS[i]);
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { style.fg(colour) } else { style }
    }

    /// A place that matches; the one that was gone to stands out.
    fn found(self, current: bool) -> Style {
        let style = Style::new().remove_modifier(Modifier::DIM);
        match (self.colour, current) {
            (true, true) => style.fg(Color::Black).bg(Color::Yellow),
            (true, false) => style.fg(Color::Yellow).add_modifier(Modifier::UNDERLINED),
            (false, true) => style.add_modifier(Modifier::REVERSED),
            (false, false) => style.add_modifier(Modifier::UNDERLINED),
        }
    }
}

/// One of the terminal's sixteen colours.
fn named(colour: u8) -> Color {
    match colour {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}
