//! What is under the cursor of the timeline.

use super::FACTS;
use crate::app::dashboard::{Action, State};
use crate::app::status::Status;
use crate::app::timeline::Run;
use crate::ui::draw::Cx;
use crate::ui::life::precise;
use crate::ui::text::{Line, clock_ms, fit, thousands};
use crate::ui::theme::Role;
use crate::ui::{output, tasks};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The title of the pane of the task under the cursor.
pub(in crate::ui) fn title(state: &State) -> String {
    let slot = state.timeline.slot + 1;
    match state.timeline.at {
        Some(at) => format!("Slot {slot} at {}", clock_ms(at)),
        None => format!("Slot {slot} now"),
    }
}

/// The task under the cursor.
pub(in crate::ui) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let dim = cx.style(Role::Dim);
    let Some(run) = state.timeline_run() else {
        let view = state.timeline_view();
        let unknown = view.is_some_and(|view| state.timeline_cell(view) < view.unknown);
        let text = if unknown {
            "not known: cleared, or too many tasks to look at"
        } else {
            "free, as far as is known"
        };
        Line::new(buf, area, 0).text(text, dim);
        return;
    };
    let Some(task) = state.task_view().filter(|task| task.row.id == run.task) else {
        return passed(buf, area, run, cx);
    };
    let status = task.row.status;
    let mut line = Line::new(buf, area, 0);
    line.text(&format!("{}", run.task), cx.style(Role::Strong)).gap(2);
    line.text(
        &format!("{} {}", cx.theme.sign(status), status.look().word),
        cx.style(Role::Status(status)),
    );
    line.gap(2)
        .text(&precise(state.age(&task.row)), cx.style(Role::Text));
    line.gap(2).text(&task.row.group, dim);
    let room = line.gap(2).room();
    line.text(&fit(&task.row.args, room), cx.style(Role::Text));
    let times: Vec<String> = task
        .times
        .iter()
        .map(|(label, time)| format!("{label} {}", clock_ms(*time)))
        .collect();
    Line::new(buf, area, 1).text(&fit(&times.join("  "), area.width.into()), dim);
    let note = match tasks::trying(state, &task.row) {
        Some(trying) => format!("{trying}  {}", task.row.note),
        None => task.row.note.to_string(),
    };
    Line::new(buf, area, 2).text(&fit(&note, area.width.into()), cx.style(Role::Text));
    let mut line = Line::new(buf, area, 3);
    if run.ended > 1 {
        line.text(&last_of(run), cx.style(Role::Text)).gap(2);
    }
    line.text(&state.key(Action::Open), cx.style(Role::Key))
        .text(" opens it", dim);
    if area.height > FACTS {
        let rest = Rect {
            y: area.y + FACTS,
            height: area.height - FACTS,
            ..area
        };
        output::draw(buf, rest, cx);
    }
}

/// That a task is one of several.
fn last_of(run: &Run) -> String {
    let many = thousands(usize::try_from(run.ended).unwrap_or(usize::MAX));
    format!("the last of {many} tasks that ended in this cell")
}

/// What the cell alone tells of a task that the pool has forgotten, or has not told of yet.
fn passed(buf: &mut Buffer, area: Rect, run: &Run, cx: &Cx<'_>) {
    let state = cx.state;
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let mut line = Line::new(buf, area, 0);
    line.text(&run.task.to_string(), cx.style(Role::Strong)).gap(2);
    let status = run.status;
    let look = format!("{} {}", cx.theme.sign(status), status.look().word);
    match (run.ended, status) {
        // Nobody has heard how it ended.
        (1.., Status::Queued) => {
            line.text("ended; how is not known: events were lost", text);
        }
        (2.., _) => {
            line.text(&last_of(run), text);
            Line::new(buf, area, 1)
                .text("the worst of them: ", dim)
                .text(&look, cx.style(Role::Status(status)));
        }
        _ => {
            line.text(&look, cx.style(Role::Status(status)));
        }
    }
    let known = match (state.shown_is_gone(), state.timeline.at) {
        (true, _) => "cleared from the pool: known to the timeline only".to_owned(),
        (false, None) if run.ended > 0 => format!(
            "others have come since; {} goes to a moment that stands still",
            state.key(Action::Earlier)
        ),
        (false, _) => "… looking up".to_owned(),
    };
    let y = if run.ended > 1 { 2 } else { 1 };
    Line::new(buf, area, y).text(&fit(&known, area.width.into()), dim);
}
