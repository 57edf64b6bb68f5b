//! What is copied: the row under the cursor, all about a task, or what was selected with the mouse.

use super::super::dialog::{LastAction, Said};
use super::super::state::{Pane, Screen, State};
use super::Effect;
use crate::app::count::counted;
use crate::app::view::{GroupRow, PoolRow, TaskRow, TaskView};
use std::fmt::Write as _;

/// The most bytes that are copied: many terminals take no more.
pub(super) const MOST: usize = 64 * 1024;

/// Copies the row under the cursor, its cells divided by tabs.
pub(super) fn row(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    if let Some(text) = row_text(state) {
        hand_over(state, "copy", key, text, effects);
    }
}

/// The row under the cursor, if there is one.
pub(crate) fn row_text(state: &State) -> Option<String> {
    match (state.screen, state.pane) {
        (Screen::Pools, _) => state.pool_row().map(of_pool),
        (_, Pane::Groups) => state.group_row().map(of_group),
        _ => state
            .task_row()
            .or_else(|| state.task_view().map(|task| &task.row))
            .map(of_task),
    }
}

fn of_pool(pool: &PoolRow) -> String {
    let size = pool.size.map_or("unlimited".to_owned(), |size| size.to_string());
    let failed = pool.failed + pool.panicked;
    format!(
        "{}\t{}\t{size}\t{}\t{}\t{failed}\t{}",
        pool.name, pool.running, pool.queued.known, pool.ok, pool.stopped
    )
}

fn of_group(group: &GroupRow) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{}",
        group.name, group.method, group.func, group.running, group.queued.known
    )
}

fn of_task(task: &TaskRow) -> String {
    format!(
        "{}\t{}\t{:.1}s\t{}\t{}\t{}",
        task.id,
        task.status.look().word,
        task.age.as_secs_f64(),
        task.group,
        task.args,
        task.note
    )
}

/// Copies all about the task that is shown, with the lines of its output that the view carries.
pub(super) fn detail(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    if let Some(text) = state.task_view().map(detail_text) {
        hand_over(state, "copy all", key, text, effects);
    }
}

fn detail_text(task: &TaskView) -> String {
    let mut text = format!("{}\nname\t{}\n", of_task(&task.row), task.name);
    // Writing into a string cannot fail.
    for (label, fact) in task.live.iter().chain(&task.facts) {
        let _ = writeln!(text, "{label}\t{fact}");
    }
    for (label, time) in &task.times {
        let _ = writeln!(text, "{label}\t{:.3}s", time.as_secs_f64());
    }
    let mut room = MOST.saturating_sub(text.len() + 1);
    let fits = task.output.lines.iter().rev().take_while(|line| {
        let fits = line.text.len() < room;
        room = room.saturating_sub(line.text.len() + 1);
        fits
    });
    let count = fits.count();
    let lines = &task.output.lines[task.output.lines.len() - count..];
    if !lines.is_empty() {
        text.push('\n');
    }
    for line in lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}

/// Gives text to the terminal, as much of its end as fits, and says so.
pub(super) fn hand_over(state: &mut State, call: &str, key: &str, text: String, effects: &mut Vec<Effect>) {
    let mut text = text;
    if text.len() > MOST {
        let cut = (text.len() - MOST..text.len())
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.drain(..cut);
    }
    let said = format!(
        "{}, {}, given to the terminal",
        counted(text.lines().count(), "line", "lines"),
        counted(text.len() as u64, "byte", "bytes")
    );
    effects.push(Effect::Copy(text));
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: call.to_owned(),
        result: Said::Done(said),
        ..LastAction::default()
    });
}
