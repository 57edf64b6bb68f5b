//! The lines at the foot: what the last key did, and which keys make sense now.

use super::draw::Cx;
use super::layout::Areas;
use super::text::{Line, Side, duration, width};
use super::theme::Role;
use super::{groups, tasks};
use crate::app::count::counted;
use crate::app::dashboard::{Action, Chord, LastAction, Overlay, Said, Zone, hints};
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
            last(buf, areas.hints, cx);
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
            "leaving: waiting for"
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

/// The hints, as many as fit. The last one keeps its place.
fn draw_hints(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    if !cx.state.begun().is_empty() {
        let begun = Chord(cx.state.begun().to_vec());
        line.text(&format!("{begun} …"), cx.style(Role::Key))
            .gap(1)
            .text("next key of the chord; Esc cancels", cx.style(Role::Dim));
        return;
    }
    let mut shown = named(cx);
    let size = |hint: &KeyHint| width(&hint.keys()) + 1 + width(hint.name) + 2;
    while shown.len() > 1 && shown.iter().map(size).sum::<usize>() > line.room() + 2 {
        shown.remove(shown.len() - 2);
    }
    for hint in shown {
        let (key, name) = if hint.applies {
            (Role::Key, Role::Text)
        } else {
            (Role::Dim, Role::Dim)
        };
        for (i, (text, action)) in hint.keys.iter().enumerate() {
            let spot = line.gap(usize::from(i > 0)).spot(text, cx.style(key));
            cx.zones.add(spot, Zone::Action(*action));
        }
        let spot = line.gap(1).spot(hint.name, cx.style(name));
        if let [(_, action), ..] = hint.keys.as_slice() {
            cx.zones.add(spot, Zone::Action(*action));
        }
        line.gap(2);
    }
}

/// A hint as it is shown: its keys, what each of them does, and the name for all of it.
struct KeyHint {
    keys: Vec<(String, Action)>,
    name: &'static str,
    applies: bool,
}

impl KeyHint {
    fn keys(&self) -> String {
        let keys: Vec<&str> = self.keys.iter().map(|(key, _)| key.as_str()).collect();
        keys.join(" ")
    }
}

/// The hints; what is said by two keys is one.
fn named(cx: &Cx<'_>) -> Vec<KeyHint> {
    let mut all: Vec<KeyHint> = Vec::new();
    for hint in hints(cx.state) {
        let key = (cx.state.key(hint.entry.action), hint.entry.action);
        match all.last_mut() {
            // What has no key has nothing to hint at.
            _ if key.0.is_empty() => {}
            Some(before) if Some(before.name) == hint.entry.hint => {
                before.keys.push(key);
                before.applies |= hint.applies;
            }
            _ => all.push(KeyHint {
                keys: vec![key],
                name: cx.state.hint_now(hint.entry),
                applies: hint.applies,
            }),
        }
    }
    all
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
