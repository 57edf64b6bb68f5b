//! The pane of output: where it looks, what is looked for in it, and its ways out.

use super::super::action::Action;
use super::super::dialog::{Overlay, Purpose};
use super::super::output_place::Find;
use super::super::state::State;
use super::nav::Step;
use super::{Effect, copy as copying, note, prompts};
use crate::app::view::{Found, OutputLine, OutputView, Spot};
use tui_input::Input;

/// How many lines around a match are shown with it.
const CONTEXT: usize = 2;

/// Carries out an action that applies.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Find => {
            let text = state.output.find.as_ref().map(|find| find.text.clone());
            state.overlay = Some(Overlay::Find(Input::new(text.unwrap_or_default())));
        }
        Action::FindNext => go_on(state, true, key),
        Action::FindPrevious => go_on(state, false, key),
        Action::OnlyMatches => {
            if let Some(find) = &mut state.output.find {
                find.only = match find.only {
                    None => Some(0),
                    Some(0) => Some(CONTEXT),
                    Some(_) => None,
                };
            }
        }
        Action::Merge => {
            state.output.merged = !state.output.merged;
            state.output = state.output.of_another();
        }
        Action::Times => state.output.no_times = !state.output.no_times,
        Action::Copy => copy(state, key, effects),
        Action::Save => save(state),
        _ => {}
    }
}

/// Whether the lines of a view are numbered without gaps.
fn is_whole(state: &State, output: &OutputView) -> bool {
    let only = state.output.find.as_ref().is_some_and(|find| find.only.is_some());
    output.tasks.len() <= 1 && !only
}

/// The numbers of the first and the last line that is kept, of a view that is whole.
fn kept(output: &OutputView) -> Option<(u64, u64)> {
    let oldest = output.lines.first()?.spot.line - output.first as u64;
    Some((oldest, oldest + (output.total as u64).saturating_sub(1)))
}

/// Holds still.
pub(super) fn hold(state: &mut State) {
    if state.terminal_shown().is_some() {
        return; // what it shows moves; its history does not
    }
    if let Some(last) = state.output_view().and_then(|output| output.lines.last()) {
        state.output.until = last.spot;
    }
    state.output.follow = false;
}

/// Moves up or down in the history of a terminal.
fn scroll_history(state: &mut State, history: usize, step: Step) {
    let rows = state.rows.output.max(1);
    let place = &mut state.output;
    place.history = history;
    place.up = history - step.land(history.saturating_sub(place.up), rows, history + 1);
}

/// Keeps the place in the history of a terminal where it is, while that grows.
pub(super) fn keep_place(state: &mut State) {
    let Some(history) = state.terminal_shown().map(|(_, terminal)| terminal.history) else {
        return;
    };
    let place = &mut state.output;
    if place.up > 0 {
        let more = history.saturating_sub(place.history);
        place.up = place.up.saturating_add(more).min(history);
    }
    place.history = history;
}

/// Moves up or down.
pub(super) fn scroll(state: &mut State, step: Step) {
    if let Some((_, terminal)) = state.terminal_shown() {
        return scroll_history(state, terminal.history, step);
    }
    let rows = state.rows.output.max(1);
    let delta = step.delta(rows);
    if matches!(step, Step::Last) {
        state.output.follow = true;
        return;
    }
    let Some(output) = state.output_view() else {
        return scroll_unseen(state, step);
    };
    let end = state.output_end(output, rows);
    let Some(last) = end.checked_sub(1).and_then(|at| output.lines.get(at)) else {
        return;
    };
    let was_following = state.output.follow;
    let (until, at_end) = if is_whole(state, output) {
        let Some((oldest, newest)) = kept(output) else {
            return;
        };
        // From where it was asked to go: the view may not be there yet.
        let from = if was_following {
            newest
        } else {
            state.output.until.line.clamp(oldest, newest)
        };
        let top = newest.min(oldest + rows as u64 - 1);
        let from = from.max(top);
        let line = from.saturating_add_signed(delta as i64).clamp(top, newest);
        (Spot { line, ..last.spot }, line == newest)
    } else if matches!(step, Step::First) {
        (Spot::default(), false)
    } else {
        let most = output.lines.len() - 1;
        let at = (end - 1)
            .saturating_add_signed(delta)
            .clamp((rows - 1).min(most), most);
        // The view carries a page more below, if there is one.
        (output.lines[at].spot, at == most)
    };
    state.output.until = until;
    state.output.follow = at_end && (delta > 0 || was_following);
}

/// Moves in output that no view has brought yet, which is possible where the place does not depend on it.
fn scroll_unseen(state: &mut State, step: Step) {
    if state.shown.is_none() && state.pool_view().is_some() {
        return; // there is no task
    }
    if matches!(step, Step::First) {
        let place = &mut state.output;
        place.follow = false;
        place.until = Spot::default();
        // Should it run in a terminal.
        place.up = usize::MAX;
        return;
    }
    let why = "its output is only just being read: press the key again";
    note(state, "", why.to_owned());
}

/// Looks for a text while it is typed.
pub(super) fn look_for(state: &mut State, text: String) {
    let only = state.output.find.as_ref().and_then(|find| find.only);
    state.output.find = (!text.is_empty()).then(|| Find {
        text,
        only,
        ..Find::default()
    });
}

/// Goes to the nearest match once what was typed is taken.
pub(super) fn found(state: &mut State) {
    if let Some(find) = &mut state.output.find {
        find.jump = true;
        jump(state);
    }
}

/// Goes to the nearest match above, or the first, if that is wanted and known by now.
pub(super) fn jump(state: &mut State) {
    let Some((find, found)) = state.output.find.as_ref().zip(matches(state)) else {
        return;
    };
    if !find.jump || found.more && found.spots.is_empty() {
        return;
    }
    let text = find.text.clone();
    let merged = is_merged(state);
    let rows = state.rows.output.max(1);
    let bottom = state
        .output_lines(rows)
        .last()
        .map(|line| line.spot.order(merged));
    let above = found
        .spots
        .iter()
        .rfind(|spot| bottom.is_none_or(|bottom| spot.order(merged) <= bottom));
    let spot = above.or(found.spots.first()).copied();
    if let Some(find) = &mut state.output.find {
        find.jump = false;
    }
    match spot {
        Some(spot) => go_to(state, spot),
        None => note(
            state,
            &state.key(Action::Find),
            format!("{text:?} is in no line that is kept"),
        ),
    }
}

/// What was found of the text that is looked for now.
fn matches(state: &State) -> Option<&Found> {
    let find = state.output.find.as_ref()?;
    let found = state.output_view()?.found.as_ref()?;
    (found.text == find.text).then_some(found)
}

fn is_merged(state: &State) -> bool {
    state.output_view().is_some_and(|output| output.tasks.len() > 1)
}

/// To the next match, or the one before.
fn go_on(state: &mut State, forward: bool, key: &str) {
    let Some((find, found)) = state.output.find.as_ref().zip(matches(state)) else {
        return;
    };
    let merged = is_merged(state);
    let rows = state.rows.output.max(1);
    let at = find
        .current
        .or_else(|| Some(state.output_lines(rows).last()?.spot));
    let at = at.map(|spot| spot.order(merged)).unwrap_or_default();
    let next = if forward {
        found.spots.iter().find(|spot| spot.order(merged) > at)
    } else {
        found.spots.iter().rfind(|spot| spot.order(merged) < at)
    };
    match next.copied() {
        Some(spot) => go_to(state, spot),
        None if found.total == 0 => {
            let text = format!("{:?} is in no line that is kept", find.text);
            note(state, key, text);
        }
        None if forward => note(
            state,
            key,
            format!(
                "no match further down; {} goes up",
                state.key(Action::FindPrevious)
            ),
        ),
        None => note(
            state,
            key,
            format!("no match further up; {} goes down", state.key(Action::FindNext)),
        ),
    }
}

/// Shows a match in the middle of the pane.
fn go_to(state: &mut State, spot: Spot) {
    let half = state.rows.output / 2;
    let until = state.output_view().map(|output| {
        if is_whole(state, output) {
            let newest = kept(output).map_or(spot.line, |(_, newest)| newest);
            let line = (spot.line + half as u64).min(newest);
            return Spot { line, ..spot };
        }
        let at = output.lines.iter().position(|line| line.spot == spot);
        let below = at.and_then(|at| output.lines.get((at + half).min(output.lines.len() - 1)));
        below.map_or(spot, |line| line.spot)
    });
    state.output.follow = false;
    state.output.until = until.unwrap_or(spot);
    if let Some(find) = &mut state.output.find {
        find.current = Some(spot);
    }
}

/// Copies what is shown; of more than fits the end.
fn copy(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let lines = state.output_lines(state.rows.output.max(1));
    let mut bytes = 0;
    let fits = lines.iter().rev().take_while(|line| {
        bytes += line.text.len() + 1;
        bytes <= copying::MOST
    });
    let count = fits.count();
    let mut text = String::new();
    for OutputLine { text: line, .. } in &lines[lines.len() - count..] {
        text.push_str(line);
        text.push('\n');
    }
    copying::hand_over(state, "copy", key, text, effects);
}

fn save(state: &mut State) {
    let Some(pool) = state.pool_row().map(|pool| pool.name.to_string()) else {
        return;
    };
    let marked = state.marked();
    let shown = || state.output_view().map(|output| output.tasks.clone());
    let ids = if marked.is_empty() {
        shown().unwrap_or_default()
    } else {
        marked.iter().collect()
    };
    let what = match ids.as_slice() {
        [id] => format!("Save the output of {id}"),
        ids => format!("Save the output of {} tasks", ids.len()),
    };
    let purpose = Purpose::Save { pool, ids };
    prompts::prompt(
        state,
        what,
        "a new file; one that is there is never touched",
        purpose,
    );
}
