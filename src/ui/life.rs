//! The life of a task as a strip: how long each of its phases took, and when what happened.

use super::draw::Cx;
use super::text::{Line, clock_ms, duration, width};
use super::theme::Role;
use crate::app::status::Status;
use crate::app::view::{Life, TaskView};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

/// A part of a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Phase {
    name: &'static str,
    role: Role,
    /// What it is drawn with: nothing is told by a colour alone.
    fill: &'static str,
    length: Duration,
    /// It goes on.
    open: bool,
}

/// A duration in at most six cells, to the millisecond where it is short.
pub(super) fn precise(time: Duration) -> String {
    match time.as_millis() {
        0 if !time.is_zero() => "<1ms".to_owned(),
        ms @ 0..1000 => format!("{ms}ms"),
        _ => duration(time),
    }
}

/// Its parts up to now, in order.
fn phases(life: &Life, now: Duration) -> Vec<Phase> {
    let end = life.ended.unwrap_or(now);
    let stopped = life.cancelled.unwrap_or(end).min(end);
    let asked = life.asked.unwrap_or(stopped).min(stopped);
    let paused = life
        .paused
        .filter(|_| life.asked.is_none() && life.ended.is_none())
        .unwrap_or(asked)
        .clamp(life.started, asked.max(life.started));
    let mut phases = Vec::new();
    let mut add = |name, status, fill, from: Duration, to: Duration, there: bool, open: bool| {
        if there {
            phases.push(Phase {
                name,
                role: Role::Status(status),
                fill,
                length: to.saturating_sub(from),
                open,
            });
        }
    };
    let is_paused = paused < asked;
    let runs = life.asked.is_none() && life.cancelled.is_none() && life.ended.is_none();
    add(
        "running",
        Status::Running,
        "█",
        life.started,
        paused,
        true,
        runs && !is_paused,
    );
    add("paused", Status::Paused, "‖", paused, asked, is_paused, runs);
    let cancels = life.cancelled.is_none() && life.ended.is_none();
    add(
        "cancelling",
        Status::Cancelling,
        "░",
        asked,
        stopped,
        life.asked.is_some(),
        cancels,
    );
    let has_callback = life.cancelled.is_some_and(|time| time < end);
    add(
        "cancel callback",
        Status::Cancelled,
        "▒",
        stopped,
        end,
        has_callback,
        life.ended.is_none(),
    );
    let calls = life.ended.is_some() && life.settled != life.ended;
    let to = life.settled.unwrap_or(now);
    add(
        "end callback",
        Status::Queued,
        "▓",
        end,
        to,
        calls,
        life.settled.is_none(),
    );
    phases
}

/// The strip: a line of words, and below it, where there is room, a bar and marks.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let Some(task) = state.task_view() else {
        Line::new(buf, area, 0).text(super::detail::nothing(state), cx.style(Role::Dim));
        return;
    };
    let now = state.view.time + state.elapsed;
    let phases = phases(&task.life, now);
    words(buf, area, task, &phases, cx);
    let total: Duration = phases.iter().map(|phase| phase.length).sum();
    bar(buf, area, &phases, total, cx);
    marks(buf, area, &task.life, total, cx);
}

fn words(buf: &mut Buffer, area: Rect, task: &TaskView, phases: &[Phase], cx: &Cx<'_>) {
    let dim = cx.style(Role::Dim);
    let total: usize = phases.iter().map(|phase| width(phase.name) + 12).sum();
    // Where there is no room for names the lengths are what counts.
    let named = total <= usize::from(area.width);
    let mut line = Line::new(buf, area, 0);
    for (i, phase) in phases.iter().enumerate() {
        if i > 0 {
            line.text(" → ", dim);
        }
        line.text(phase.fill, cx.style(phase.role)).gap(1);
        if named {
            line.text(phase.name, cx.style(phase.role)).gap(1);
        }
        line.text(&precise(phase.length), cx.style(Role::Strong));
        if phase.open {
            line.text(" …", dim);
        }
    }
    let status = task.row.status;
    if status.is_final() {
        let end = format!("  {} {}", cx.theme.sign(status), status.look().word);
        line.text(&end, cx.style(Role::Status(status)));
    }
}

/// The cells of each phase: in proportion, each at least one, all of them the whole bar.
fn shares(phases: &[Phase], total: Duration, cells: usize) -> Vec<usize> {
    let per = |length: Duration| {
        let part = length.as_nanos().saturating_mul(cells as u128) / total.as_nanos().max(1);
        usize::try_from(part).unwrap_or(cells).max(1)
    };
    let mut shares: Vec<usize> = phases.iter().map(|phase| per(phase.length)).collect();
    let Some(longest) = (0..shares.len()).max_by_key(|&i| phases[i].length) else {
        return shares;
    };
    let others: usize = shares.iter().sum::<usize>() - shares[longest];
    shares[longest] = cells.saturating_sub(others);
    shares
}

fn bar(buf: &mut Buffer, area: Rect, phases: &[Phase], total: Duration, cx: &Cx<'_>) {
    let mut line = Line::new(buf, area, 1);
    for (phase, cells) in phases.iter().zip(shares(phases, total, area.width.into())) {
        line.text(&phase.fill.repeat(cells), cx.style(phase.role));
    }
}

/// When what happened, below the bar. A mark that has no room for its label stands alone.
fn marks(buf: &mut Buffer, area: Rect, life: &Life, total: Duration, cx: &Cx<'_>) {
    if area.height < 3 || area.width == 0 {
        return;
    }
    let cells = usize::from(area.width);
    let since = |time: Duration| time.saturating_sub(life.started);
    let label = |name: &str, time: Duration| format!("{name} +{}", precise(since(time)));
    let times = [
        (Some(life.started), format!("started {}", clock_ms(life.started))),
        (
            life.first_line,
            label("first line", life.first_line.unwrap_or_default()),
        ),
        (
            life.asked,
            label("cancel requested", life.asked.unwrap_or_default()),
        ),
        (
            life.cancelled,
            label("cancelled", life.cancelled.unwrap_or_default()),
        ),
        (life.ended, label("ended", life.ended.unwrap_or_default())),
        (
            life.settled.filter(|settled| life.ended != Some(*settled)),
            label("called back", life.settled.unwrap_or_default()),
        ),
    ];
    let times: Vec<(Duration, String)> = times
        .into_iter()
        .filter_map(|(time, label)| Some((time?, label)))
        .collect();
    let place = |time: Duration| {
        let at = since(time).as_nanos().saturating_mul(cells as u128) / total.as_nanos().max(1);
        usize::try_from(at).unwrap_or(cells).min(cells - 1)
    };
    let mut used = 0;
    for (i, (time, label)) in times.iter().enumerate() {
        let at = place(*time);
        if at < used {
            continue;
        }
        let next = times[i + 1..]
            .iter()
            .map(|(time, _)| place(*time))
            .find(|&next| next > at);
        let room = next.unwrap_or(cells) - at;
        let cells_of = width(label);
        let mut row = Line::new(buf, area, 2);
        let style = cx.style(Role::Dim);
        if cells_of + 3 <= room {
            row.gap(at)
                .text("▲", cx.style(Role::Strong))
                .gap(1)
                .text(label, style);
            used = at + cells_of + 3;
        } else if at > used + cells_of {
            row.gap(at - cells_of - 1).text(label, style).gap(1);
            row.text("▲", cx.style(Role::Strong));
            used = at + 2;
        } else {
            row.gap(at).text("▲", cx.style(Role::Strong));
            used = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn named(life: &Life, now: u64) -> Vec<(&'static str, u64, bool)> {
        let parts = phases(life, ms(now)).into_iter();
        parts
            .map(|phase| {
                let length = u64::try_from(phase.length.as_millis()).unwrap();
                (phase.name, length, phase.open)
            })
            .collect()
    }

    #[test]
    fn a_life_has_its_parts_and_they_add_up() {
        let mut life = Life {
            started: ms(1000),
            ..Life::default()
        };
        assert_eq!(named(&life, 3000), [("running", 2000, true)]);
        life.paused = Some(ms(1500));
        assert_eq!(
            named(&life, 3000),
            [("running", 500, false), ("paused", 1500, true)]
        );
        life.asked = Some(ms(2500));
        assert_eq!(
            named(&life, 3000),
            [("running", 1500, false), ("cancelling", 500, true)]
        );
        life.cancelled = Some(ms(2600));
        let parts = named(&life, 3000);
        assert_eq!(
            parts[1..],
            [("cancelling", 100, false), ("cancel callback", 400, true)]
        );
        life.ended = Some(ms(2700));
        let parts = named(&life, 3000);
        assert_eq!(
            parts[2..],
            [("cancel callback", 100, false), ("end callback", 300, true)]
        );
        life.settled = Some(ms(2703));
        assert_eq!(named(&life, 3000)[3..], [("end callback", 3, false)]);
        let whole: u64 = named(&life, 3000).iter().map(|part| part.1).sum();
        assert_eq!(whole, 1703);
        let quiet = Life {
            started: ms(5),
            ended: Some(ms(5)),
            settled: Some(ms(5)),
            ..Life::default()
        };
        assert_eq!(named(&quiet, 9), [("running", 0, false)]);
    }

    #[test]
    fn the_bar_is_always_full_and_nothing_is_left_out() {
        let life = Life {
            started: ms(0),
            asked: Some(ms(9_999)),
            cancelled: Some(ms(10_000)),
            ended: Some(ms(10_001)),
            settled: Some(ms(10_002)),
            ..Life::default()
        };
        let parts = phases(&life, ms(20_000));
        for cells in [4, 10, 80] {
            let shares = shares(&parts, ms(10_002), cells);
            assert_eq!(shares.iter().sum::<usize>(), cells);
            assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
        }
        assert_eq!(shares(&parts[..1], Duration::ZERO, 7), [7]);
        assert_eq!(
            (precise(Duration::ZERO), precise(ms(7))),
            ("0ms".into(), "7ms".into())
        );
        assert_eq!(precise(Duration::from_micros(3)), "<1ms");
    }
}
