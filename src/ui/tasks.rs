//! The tasks of a pool: as many rows as fit, and a line for those that wait.

use super::apart::fit_apart;
use super::columns::{self, Columns};
use super::draw::Cx;
use super::groups;
use super::layout::task_rows;
use super::text::{Line, Side, duration, fit, put, thousands, width, wrap_words};
use super::theme::Role;
use crate::app::count::{counted, waiting};
use crate::app::dashboard::{Action, Pane, State, Zone, finds_no_task, heading};
use crate::app::status::Status;
use crate::app::view::{By, GroupRow, Phase, Sort, Sorted, TaskRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The title of the pane, in so many cells: what is most in need of being said stands before what can be long.
pub(super) fn title(state: &State, cells: usize) -> String {
    let count = state.pool_view().map(|pool| {
        let found = thousands(pool.tasks_total);
        if state.filter.is_empty() {
            found
        } else {
            format!("{found} of {}", thousands(pool.tasks_all))
        }
    });
    let mut parts = Vec::new();
    match state.order() {
        Some((sort, sorted)) => parts.push(order(sort, sorted)),
        None if state.task.is_none() => parts.push("following".to_owned()),
        None => {}
    }
    parts.extend(searching(state));
    parts.extend(state.marks_text());
    if !state.filter.is_empty() {
        parts.push(format!("filter: {}", state.filter));
    }
    let directory = columns::shared_directory(state);
    if !directory.is_empty() {
        parts.push(directory.to_owned());
    }
    let count = count.map_or_else(String::new, |count| format!(" ({count})"));
    let name_of = |room: usize| name(state, cells.saturating_sub(room).max(5));
    let head = format!("{}{count}", name_of(width(&count) + 2));
    if let Some((sort, _)) = state.order() {
        // An order is never left out where there is room for it at all; what follows may be cut behind it.
        let order = by(sort);
        if width(&head) + 3 + width(&order) + 2 > cells {
            return format!("{} · {order}", name_of(3 + width(&order)));
        }
    }
    parts.insert(0, head);
    parts.join(" · ")
}

/// What the list is of, in so many cells.
fn name(state: &State, cells: usize) -> String {
    const OF: &str = "Tasks of ";
    let name = match &state.group {
        Some(shown) if state.finding.by == By::State => format!("Tasks: {shown}"),
        Some(group) if width(OF) + width(group) > cells => {
            let room = cells.saturating_sub(width(OF));
            format!("{OF}{}", groups::cut_name(state, group, room))
        }
        Some(group) => format!("{OF}{group}"),
        None => "Tasks".to_owned(),
    };
    fit(&name, cells).into_owned()
}

/// An order.
fn by(sort: Sort) -> String {
    format!("by {} {}", heading(sort.column), columns::arrow(sort))
}

/// The order, how old it is, and whether a new one is being made.
fn order(sort: Sort, sorted: Option<Sorted>) -> String {
    let mut text = by(sort);
    match sorted.and_then(|sorted| sorted.ago) {
        None => text.push_str(", sorting …"),
        Some(ago) if ago.as_secs() > 1 => text.push_str(&format!(", {} ago", duration(ago))),
        Some(_) => {}
    }
    text
}

/// How far the search is, while it is not through.
fn searching(state: &State) -> Option<String> {
    let percent = state.pool_view()?.searched?;
    Some(format!("searching … {percent} %"))
}

/// The first row in sight, how many there is room for, and how many there are.
pub(super) fn in_sight(state: &State) -> (usize, usize, usize) {
    let Some(pool) = state.pool_view() else {
        return (0, 0, 0);
    };
    let first = state.rows_in_sight().next().map(|task| task.id);
    let at = pool.tasks.iter().position(|task| Some(task.id) == first);
    (
        pool.tasks_first + at.unwrap_or(0),
        state.rows().tasks,
        pool.tasks_total,
    )
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let (rows, heading, queue) = task_rows(area.height);
    let columns = Columns::new(state, area.width.into());
    if heading {
        columns.heading(buf, area, cx);
    }
    let list = Rect {
        y: area.y + u16::from(heading),
        height: rows,
        ..area
    };
    let under = state.task_row().map(|task| task.id);
    let marked = state.marked();
    for (y, task) in state.rows_in_sight().take(list.height.into()).enumerate() {
        columns.task(buf, list, y, task, cx);
        cx.zones.row(list, y, Zone::Task(task.id));
        if marked.contains(task.id) {
            let sign = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
            Line::new(buf, list, y).gap(1).text("*", sign);
        }
        if under == Some(task.id) {
            Line::new(buf, list, y).text("▌", cx.style(Role::Focus));
            if state.pane == Pane::Tasks {
                cx.under_cursor(buf, list, y);
            }
        } else if under.is_none() && state.shown == Some(task.id) {
            // No cursor is on it, and detail, output and keys are its.
            Line::new(buf, list, y).text("▹", cx.style(Role::Strong));
        }
    }
    let next = state.pool_view().map_or(&[][..], |pool| &pool.next);
    let from = state.rows_in_sight().take(list.height.into()).count();
    let free = usize::from(list.height).saturating_sub(from);
    for (y, row) in (from..).zip(next.iter().take(free)) {
        columns.queued(buf, list, y, row, cx);
    }
    if state.tasks().is_empty() && next.is_empty() {
        let (first, second) = nothing(state);
        let cells = usize::from(list.width).saturating_sub(2);
        let lines = wrap_words(&first, cells)
            .into_iter()
            .chain(wrap_words(&second, cells));
        for (y, line) in lines.enumerate() {
            Line::new(buf, list, y).gap(2).text(line, cx.style(Role::Dim));
        }
    }
    if queue && let Some(text) = queued(state) {
        let text = format!("{} {text}", cx.theme.sign(Status::Queued));
        let line = Rect {
            y: area.bottom().saturating_sub(1),
            height: 1,
            x: area.x + 2.min(area.width),
            width: area.width.saturating_sub(2),
        };
        put(buf, line, &text, cx.style(Role::Dim), Side::Left);
    }
}

/// Which try of a task runs or is waited for, if it is not the first.
pub(super) fn trying(state: &State, task: &TaskRow) -> Option<String> {
    let trying = task.trying?;
    let (waits, attempt) = (trying.waits, trying.attempt);
    Some(match (waits, trying.of) {
        (None, Some(of)) => format!("retry {attempt}/{of}"),
        (None, None) => format!("restart {}", attempt.saturating_sub(1)),
        (Some(left), of) => {
            let left = duration(left.saturating_sub(state.elapsed));
            let left = left.trim();
            match of {
                Some(of) => format!("in {left}: try {attempt} of {of}"),
                None => format!("in {left}: restart {}", attempt.saturating_sub(1)),
            }
        }
    })
}

/// What an empty list says: what is the case, and what to do next.
fn nothing(state: &State) -> (String, String) {
    let Some(pool) = state.pool_view() else {
        return ("…".to_owned(), String::new());
    };
    if let Some(searching) = searching(state) {
        return (searching, String::new());
    }
    if let Some((why, instead)) = finds_no_task(&state.filter) {
        return (why.to_owned(), instead.to_owned());
    }
    if !state.filter.is_empty() {
        return (
            format!("no task matches {:?}", state.filter),
            format!(
                "{} shows all, {} changes the filter",
                state.press(Action::Back),
                state.press(Action::Filter)
            ),
        );
    }
    match &state.group {
        Some(word) if is_queued(state) => {
            let why = format!("{word} tasks have no rows yet");
            return (why, String::new());
        }
        Some(word) if state.finding.by == By::State => return (format!("no task is {word}"), String::new()),
        _ => {}
    }
    let start = state.press(Action::Start);
    if let Some(group) = state.group_row() {
        return if group.held {
            ("this group is held back".to_owned(), format!("{start} starts it"))
        } else {
            ("no task of this group is remembered".to_owned(), String::new())
        };
    }
    let held = pool.groups.iter().find(|group| group.held);
    let row = state.pool_row();
    if row.is_some_and(|row| row.phase == Phase::Closed) {
        return (
            "the pool is closed, its tasks are cleared".to_owned(),
            String::new(),
        );
    }
    let next = match (held, row) {
        (_, Some(row))
            if row.phase == Phase::Open && row.ok + row.failed + row.panicked + row.stopped > 0 =>
        {
            let all = counted(
                row.ok + row.failed + row.panicked + row.stopped,
                "task has",
                "tasks have",
            );
            return (format!("no tasks: {all} ended and cleared"), String::new());
        }
        (_, Some(row)) if !row.waits.is_empty() => row.waits.to_string(),
        (_, Some(row)) if row.paused => {
            format!("the pool is paused: {} resumes it", state.press(Action::Pause))
        }
        (_, Some(row)) if row.size == Some(0) => format!(
            "the pool's size is 0: {} or {} changes it",
            state.press(Action::Grow),
            state.press(Action::SetSize)
        ),
        (Some(group), _) => format!(
            "{} is held back: {} to it, {start} starts it",
            group.name,
            state.press(Action::NextPane)
        ),
        (None, Some(row)) if row.locked => {
            format!("the pool is locked: {} unlocks it", state.press(Action::Lock))
        }
        (None, _) => format!("{start} starts tasks"),
    };
    ("no tasks yet".to_owned(), next)
}

/// Whether the left pane counts by state, with its cursor on those that wait.
fn is_queued(state: &State) -> bool {
    let word = Status::Queued.look().word;
    state.finding.by == By::State && state.group.as_deref() == Some(word)
}

/// How many tasks queued, and why the first of them does.
pub(super) fn queued(state: &State) -> Option<String> {
    let queued = match state.group_row() {
        Some(group) => group.queued,
        None if state.group.is_none() || is_queued(state) => state.pool_row()?.queued,
        None => return None,
    };
    if queued.known == 0 && !queued.more {
        return None;
    }
    let mut text = vec![waiting(queued, "queued", "queued")];
    // Those that there is a row for are seen.
    if state.rows_in_sight().count() + 3 > state.rows().tasks {
        text.extend(next(state));
    }
    match (state.group_row(), state.pool_view()) {
        (Some(group), _) if !group.why.is_empty() => text.push(why(state, group)),
        (None, Some(pool)) => {
            let mut waiting = pool
                .groups
                .iter()
                .filter(|group| group.queued.known > 0 || group.queued.more);
            if let Some(first) = waiting.find(|group| !group.why.is_empty()) {
                text.push(format!("{}: {}", first.name, why(state, first)));
            }
            match waiting.count() {
                0 => {}
                others => text.push(format!("+{}", counted(others, "group", "groups"))),
            }
        }
        _ => {}
    }
    Some(text.join("  "))
}

/// The arguments of the tasks that start next.
fn next(state: &State) -> Option<String> {
    let directory = columns::shared_directory(state);
    let next = state.pool_view()?.next.iter().take(3);
    let args: Vec<&str> = next
        .map(|row| row.args.strip_prefix(directory).unwrap_or(&row.args))
        .filter(|args| !args.is_empty())
        .collect();
    (!args.is_empty()).then(|| format!("next {}", fit_apart(&args, 12).join(", ")))
}

/// Why a group waits, and the key that ends that, if there is one.
fn why(state: &State, group: &GroupRow) -> String {
    if group.held {
        format!("{}: {} starts it", group.why, state.press(Action::Start))
    } else {
        group.why.to_string()
    }
}

/// The cursor's task, or the newest, in a few words.
pub(super) fn in_short(state: &State) -> Option<String> {
    let task = match state.task_row() {
        Some(task) => task,
        None => state.tasks().iter().find(|task| Some(task.id) == state.shown)?,
    };
    let text = if task.note.is_empty() {
        &task.args
    } else {
        &task.note
    };
    Some(
        format!("{}: {} {}", task.id, task.status.look().word, &**text)
            .trim_end()
            .to_owned(),
    )
}
