//! The lines at the foot: what the last key did, and which keys make sense now.

use super::draw::Cx;
use super::layout::Areas;
use super::text::{Line, Side, duration, width};
use super::theme::Role;
use super::{groups, tasks};
use crate::app::count::counted;
use crate::app::dashboard::{Action, Chord, Entry, LastAction, Overlay, Said, Zone, hints};
use crate::app::status::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The foot. Where it has a single line, that shows what the last key did until the next one.
pub(super) fn draw(buf: &mut Buffer, areas: &Areas, cx: &Cx<'_>) {
    if let Some(Overlay::Filter(_) | Overlay::Find(_)) = cx.state.overlay {
        // The overlay draws its line there.
        if let Some(area) = areas.last {
            last(buf, area, cx);
        }
        return;
    }
    match areas.last {
        Some(area) => {
            last(buf, area, cx);
            draw_hints(buf, areas.hints, cx);
        }
        None if cx.state.last_here().is_some() || cx.state.view.closing.is_some() => {
            last(buf, areas.hints, cx)
        }
        None => draw_hints(buf, areas.hints, cx),
    }
}

/// What the last key did; what leaving waits for comes first.
fn last(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    if let Some(closing) = &state.view.closing
        && !matches!(state.overlay, Some(Overlay::Closing))
    {
        let time = duration(closing.since + state.elapsed);
        let how = if closing.forced {
            "killing"
        } else {
            "leaving: waits for"
        };
        let what = match closing.running {
            0 => counted(closing.callbacks, "callback", "callbacks"),
            running => counted(running, "task", "tasks"),
        };
        line.text(&format!("{how} {what}, {time}"), cx.style(Role::Warning));
        if let Some(last) = state.last_here()
            && matches!(last.result, Said::Note(_) | Said::Refused(_))
        {
            line.gap(2);
            said(&mut line, last, cx);
            return;
        }
        let next = format!("; {} {}", cx.state.key(Action::Interrupt), state.once_more());
        line.text(&next, cx.style(Role::Dim));
        return;
    }
    if let Some(last) = state.last_here() {
        said(&mut line, last, cx);
    }
}

fn said(line: &mut Line<'_>, last: &LastAction, cx: &Cx<'_>) {
    if !last.key.is_empty() {
        line.text(&last.key, cx.style(Role::Key)).gap(2);
    }
    let reading = cx.state.rereading();
    let (sign, text, role) = match &last.result {
        Said::Waiting if reading.is_some() => (None, reading.as_deref().unwrap_or("…"), Role::Warning),
        Said::Waiting => (None, "…", Role::Dim),
        Said::Done(text) => (Some(Status::Ok), text.as_str(), Role::Status(Status::Ok)),
        Said::Refused(text) => (Some(Status::Failed), text.as_str(), Role::Error),
        Said::Note(text) => (None, text.as_str(), Role::Warning),
    };
    let mark = sign.map_or_else(String::new, |status| format!("{} ", cx.theme.sign(status)));
    // Where there is no room for both, what came of it is worth more than what was called.
    let both = width(&last.call) + 2 + width(&mark) + width(text);
    if !last.call.is_empty() && (both <= line.room() || last.result == Said::Waiting) {
        line.text(&last.call, cx.style(Role::Text)).gap(2);
    }
    line.text(&mark, cx.style(role));
    if let Some(again) = &last.undo {
        let undo = format!("{} undoes it ({again})", cx.state.key(Action::Undo));
        if width(text) + 3 + width(&undo) <= line.room() {
            line.text(text, cx.style(role))
                .gap(3)
                .text(&undo, cx.style(Role::Dim));
            return;
        }
    }
    let room = line.room();
    line.column(text, room, cx.style(role), Side::Left);
}

/// As many keys as fit that make sense now.
fn draw_hints(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let shown = shown_hints(cx, usize::from(area.width), usize::from(area.height));
    for (y, row) in shown.iter().enumerate() {
        let mut line = Line::new(buf, area, y);
        line.gap(1);
        for (keys, name) in row {
            for (i, (key, action)) in keys.iter().enumerate() {
                let gap = line.gap(usize::from(i > 0));
                let spot = gap.spot(key, cx.style(Role::Key));
                if let Some(action) = action {
                    cx.zones.add(spot, Zone::Action(*action));
                }
            }
            let name = line.gap(1).spot(name, cx.style(Role::Dim));
            if let [(_, Some(action)), ..] = keys.as_slice() {
                cx.zones.add(name, Zone::Action(*action));
            }
            line.gap(2);
        }
    }
}

/// A hint: its keys, what each of them does, and the name for all of it.
type Hint = (Vec<(String, Option<Action>)>, &'static str);

/// The hints, in rows. Help and quit always keep their place.
fn shown_hints(cx: &Cx<'_>, cells: usize, rows: usize) -> Vec<Vec<Hint>> {
    if !cx.state.begun().is_empty() {
        let begun = format!("{} …", Chord(cx.state.begun().to_vec()));
        return vec![vec![(
            vec![(begun, None)],
            "the next key completes it; Esc leaves it",
        )]];
    }
    let mut all: Vec<Hint> = Vec::new();
    let (mut always, mut others): (Vec<&Entry>, Vec<&Entry>) = hints(cx.state)
        .into_iter()
        .partition(|entry| matches!(entry.action, Action::NextPane | Action::Help | Action::Quit));
    others.append(&mut always);
    for entry in others {
        let key = (cx.state.key(entry.action), Some(entry.action));
        match all.last_mut() {
            // What has no key has nothing to hint at.
            _ if key.0.is_empty() => {}
            // One hint for what is said by two keys.
            Some((keys, name)) if Some(*name) == entry.hint => keys.push(key),
            _ => all.push((vec![key], cx.state.hint_now(entry))),
        }
    }
    let size = |hint: &Hint| {
        let keys: usize = hint.0.iter().map(|(key, _)| width(key) + 1).sum();
        keys + width(hint.1) + 2
    };
    let pinned = all
        .iter()
        .rev()
        .take_while(|hint| matches!(hint.1, "pane" | "help" | "quit"))
        .count();
    let tail = all.split_off(all.len() - pinned);
    let mut lines: Vec<Vec<Hint>> = vec![Vec::new()];
    let mut used = 1;
    for hint in all {
        // The last line keeps room for the tail.
        let kept: usize = if lines.len() == rows {
            tail.iter().map(size).sum()
        } else {
            0
        };
        if used + size(&hint) + kept > cells + 2 {
            if lines.len() == rows {
                continue;
            }
            lines.push(Vec::new());
            used = 1;
        }
        used += size(&hint);
        if let Some(line) = lines.last_mut() {
            line.push(hint);
        }
    }
    let room: usize = tail.iter().map(size).sum();
    if used + room > cells + 2 && lines.len() < rows {
        lines.push(Vec::new());
    }
    if let Some(line) = lines.last_mut() {
        line.extend(tail);
    }
    lines
}

/// One line for the panes that are not shown.
pub(super) fn summary(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let mut pieces = vec![groups::in_short(cx.state)];
    pieces.extend(tasks::queued(cx.state));
    pieces.extend(tasks::in_short(cx.state));
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    let room = line.room();
    line.column(&pieces.join(" · "), room, cx.style(Role::Dim), Side::Left);
}
