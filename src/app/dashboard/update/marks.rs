//! Marking tasks: one, a range, all that a list has.

use super::super::action::Action;
use super::super::dialog::{LastAction, Said};
use super::super::marks::{Asked, Range};
use super::super::state::{Pane, Screen, State};
use super::cursor;
use super::nav::Step;
use super::{Effect, send};
use crate::app::control::{Answer, ListWant, Request};
use crate::app::count::counted;
use crate::app::ids::Ids;
use std::sync::Arc;

/// The most bytes that are copied: many terminals take no more.
const COPIED: usize = 64 * 1024;

/// Carries out an action that applies.
pub(super) fn act(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Mark | Action::MarkRange if state.marks.range.is_some() => end_range(state),
        Action::Mark => toggle(state),
        Action::MarkRange => begin_range(state),
        Action::MarkAll => ask(state, None, effects),
        Action::CopyRows => return copy(state, key, effects),
        _ => return,
    }
    if state.marks.asked.is_none() {
        tell(state, key);
    }
}

/// Says how many are marked.
fn tell(state: &mut State, key: &str) {
    let text = state
        .marks_text()
        .unwrap_or_else(|| "nothing is marked".to_owned());
    state.last = Some(LastAction {
        key: key.to_owned(),
        result: Said::Done(text),
        ..LastAction::default()
    });
}

/// Marks the task under the cursor, or takes the mark away, and goes on to the next one.
fn toggle(state: &mut State) {
    cursor::pick_shown(state);
    let (Some(pool), Some(id)) = (state.pool.clone(), state.task_row().map(|task| task.id)) else {
        return;
    };
    let mut marks = Ids::clone(&state.marked());
    if marks.contains(id) {
        marks.remove(id);
    } else {
        marks.insert(id);
    }
    state.marks.set(&pool, marks);
    cursor::go_tasks(state, Step::By(1));
}

fn begin_range(state: &mut State) {
    cursor::pick_shown(state);
    let Some(id) = state.task_row().map(|task| task.id) else {
        return;
    };
    state.marks.range = Some(Range {
        anchor: id,
        end: id,
        ids: Ids::default(),
        before: state.marked(),
    });
    put(state, [id].into_iter().collect());
}

/// Ends the range; what is in it stays marked.
pub(super) fn end_range(state: &mut State) {
    state.marks.range = None;
}

/// Takes away the range that is not ended, or else the marks.
pub(super) fn clear(state: &mut State) {
    let Some(pool) = state.pool.clone() else { return };
    state.marks.asked = None;
    let left = state.marks.range.take().map(|range| range.before);
    state.marks.set(&pool, left.unwrap_or_default());
}

/// Makes these the tasks of the range.
fn put(state: &mut State, ids: Ids) {
    let (Some(pool), Some(range)) = (state.pool.clone(), &mut state.marks.range) else {
        return;
    };
    range.ids = ids;
    let all = range.before.with(&range.ids);
    state.marks.set(&pool, all);
}

/// Lets the range reach to the cursor. What the view carries of it is known at once, the session is asked for more.
pub(super) fn extend(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(range) = &state.marks.range else { return };
    if state.screen != Screen::Pool || state.pane != Pane::Tasks {
        return;
    }
    let tasks = state.tasks();
    let at = |id: u64| tasks.iter().position(|task| task.id == id);
    let Some(cursor) = state.task.map(|cursor| cursor.id) else {
        // It follows the end.
        let anchor = range.anchor;
        let last = tasks.last().map_or(u64::MAX, |task| task.id);
        if range.end != last
            && state.finding.sort.is_none()
            && let Some(range) = &mut state.marks.range
        {
            range.end = last;
            ask(state, Some((anchor, None)), effects);
        }
        return;
    };
    if cursor == range.end {
        return;
    }
    let between = |a: usize, b: usize| tasks[a.min(b)..=a.max(b)].iter().map(|task| task.id);
    let ids = match (at(range.anchor), at(range.end), at(cursor)) {
        (Some(a), _, Some(c)) => Some(between(a, c).collect()),
        // The beginning is out of sight, and nothing of the way there has changed but its last steps.
        (None, Some(e), Some(c)) if state.marks.asked.is_none() => {
            let next = if c > e { e + 1 } else { e.saturating_sub(1) };
            let steps: Ids = between(e, c).collect();
            Some(if range.ids.contains(tasks[next].id) {
                let mut rest = range.ids.without(&steps);
                rest.insert(cursor);
                rest
            } else {
                range.ids.with(&steps)
            })
        }
        _ => None,
    };
    let anchor = range.anchor;
    if let Some(range) = &mut state.marks.range {
        range.end = cursor;
    }
    match ids {
        Some(ids) => {
            state.marks.asked = None;
            put(state, ids);
        }
        // Numbers tell nothing of what lies between in another order.
        None if state.finding.sort.is_some() => {
            let why = "in this order a range has only what was on the screen on its way";
            super::note(state, "", why.to_owned());
        }
        None => ask(state, Some((anchor, Some(cursor))), effects),
    }
}

/// Asks which tasks the list has.
fn ask(state: &mut State, between: Option<(u64, Option<u64>)>, effects: &mut Vec<Effect>) {
    let Some(pool) = state.pool.clone() else { return };
    let want = state.want();
    let request = Request::List(Box::new(ListWant { want, between }));
    let number = send(state, request, effects);
    state.marks.asked = Some(Asked {
        number,
        pool,
        for_range: between.is_some(),
    });
}

/// Takes in which tasks the list has, if that is still wanted.
pub(super) fn take(state: &mut State, number: u64, answer: Answer) {
    let Some(asked) = state.marks.asked.take_if(|asked| asked.number == number) else {
        return;
    };
    let (ids, beyond) = match answer {
        Answer::Listed { ids, beyond } => (ids, beyond),
        Answer::Refused(why) => {
            return super::note(state, "", why);
        }
        Answer::Done(_)
        | Answer::Preview(_)
        | Answer::Lines(_)
        | Answer::Added { .. }
        | Answer::Mistakes(_)
        | Answer::Functions(_)
        | Answer::Reread(_)
        | Answer::Applied(_) => return,
    };
    if asked.for_range {
        if state.pool.as_ref() == Some(&asked.pool) {
            put(state, ids);
        }
        return;
    }
    let all = state.marks.of(&asked.pool).with(&ids);
    state.marks.set(&asked.pool, all);
    if let Some(range) = &mut state.marks.range {
        range.before = Arc::new(range.before.with(&ids));
    }
    let mut text = state
        .marks_text()
        .unwrap_or_else(|| "the list is empty".to_owned());
    if beyond > 0 {
        text = format!("{text}; {beyond} more are too many");
    }
    state.last = Some(LastAction {
        key: state.key(Action::MarkAll),
        result: Said::Done(text),
        ..LastAction::default()
    });
}

/// Copies the row under the cursor, or those that are marked.
fn copy(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let marked = state.marked();
    let of_tasks = state.screen == Screen::Pool && state.pane != Pane::Groups;
    if marked.is_empty() && !of_tasks {
        return super::copy::row(state, key, effects);
    }
    if let (true, Some(row)) = (marked.is_empty(), state.meant_row()) {
        let lines = vec![row.line()];
        give(state, key, &lines, 1, effects);
        return;
    }
    let Some(pool) = state.pool.clone() else { return };
    let ids = Ids::clone(&marked);
    let number = send(state, Request::Describe { pool, ids }, effects);
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: "copy".to_owned(),
        number: Some(number),
        ..LastAction::default()
    });
}

/// Copies the lines that were asked for.
pub(super) fn take_lines(state: &mut State, number: u64, answer: Answer, effects: &mut Vec<Effect>) {
    let Some(last) = state.last.as_ref().filter(|last| last.number == Some(number)) else {
        return;
    };
    let key = last.key.clone();
    match answer {
        Answer::Lines(lines) => {
            let all = state.marked().len().max(lines.len());
            give(state, &key, &lines, all, effects);
        }
        Answer::Refused(why) => super::say(state, number, "copy", Said::Refused(why)),
        Answer::Done(_)
        | Answer::Preview(_)
        | Answer::Listed { .. }
        | Answer::Added { .. }
        | Answer::Mistakes(_)
        | Answer::Functions(_)
        | Answer::Reread(_)
        | Answer::Applied(_) => {}
    }
}

/// Hands lines over to the clipboard, as many as fit.
fn give(state: &mut State, key: &str, lines: &[String], all: usize, effects: &mut Vec<Effect>) {
    let mut text = String::new();
    let mut count = 0;
    for line in lines {
        if text.len() + line.len() >= COPIED {
            break;
        }
        text.push_str(line);
        text.push('\n');
        count += 1;
    }
    let of = if count < all {
        format!(" of {all}: more is too much for a clipboard")
    } else {
        String::new()
    };
    let said = format!("{}{of}, given to the terminal", counted(count, "row", "rows"));
    effects.push(Effect::Copy(text));
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: "copy".to_owned(),
        result: Said::Done(said),
        ..LastAction::default()
    });
}
