//! The tasks of a pool: as many rows as fit, and a line for those that wait.

use super::draw::Cx;
use super::layout::task_rows;
use super::text::{DURATION, Line, Side, duration, put, width, wrap_words};
use super::theme::Role;
use crate::app::count::{counted, waiting};
use crate::app::dashboard::{Action, Pane, State, Zone, filter_problem};
use crate::app::status::Status;
use crate::app::view::{GroupRow, Phase, TaskRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The widths of the columns; 0 is a column that is left out.
struct Columns {
    id: usize,
    word: bool,
    group: usize,
    args: usize,
}

const WORD: usize = 11;

impl Columns {
    fn new(state: &State, cells: usize) -> Columns {
        let newest = state.tasks().last().map_or(0, |task| task.id);
        let id = newest.to_string().len().max(4);
        let fixed = 2 + id + 2 + usize::from(DURATION) + 2;
        let word = cells >= fixed + WORD + 18;
        let rest = cells.saturating_sub(fixed + if word { WORD } else { 0 });
        let group = if state.group.is_none() && rest >= 56 {
            16
        } else {
            0
        };
        let args = if rest >= 40 {
            ((rest - group) * 2 / 5).min(40)
        } else {
            0
        };
        Columns {
            id,
            word,
            group,
            args,
        }
    }
}

/// The title of the pane.
pub(super) fn title(state: &State) -> String {
    let name = match &state.group {
        Some(group) => format!("Tasks of {group}"),
        None => "Tasks".to_owned(),
    };
    let mut title = vec![match state.pool_view() {
        Some(pool) => format!("{name} ({})", pool.tasks_total),
        None => name,
    }];
    if !state.filter.is_empty() {
        title.push(format!("filter: {}", state.filter));
    }
    if state.task.is_none() {
        title.push("following".to_owned());
    }
    title.join(" · ")
}

/// The pane.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let (rows, heading, queue) = task_rows(area.height);
    let columns = Columns::new(state, area.width.into());
    if heading {
        draw_heading(buf, area, &columns, cx);
    }
    let list = Rect {
        y: area.y + u16::from(heading),
        height: rows,
        ..area
    };
    let tasks = state.tasks();
    let top = state.tasks_top();
    let under = state.task_position();
    for (y, task) in tasks.iter().skip(top).take(list.height.into()).enumerate() {
        draw_task(buf, list, y, task, &columns, cx);
        cx.zones.row(list, y, Zone::Task(task.id));
        if under == Some(top + y) {
            Line::new(buf, list, y).text("▸", cx.style(Role::Strong));
            if state.pane == Pane::Tasks {
                cx.under_cursor(buf, list, y);
            }
        }
    }
    if tasks.is_empty() {
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

fn draw_heading(buf: &mut Buffer, area: Rect, columns: &Columns, cx: &Cx<'_>) {
    let style = cx.style(Role::Heading);
    let mut line = Line::new(buf, area, 0);
    line.gap(2).column("ID", columns.id, style, Side::Right).gap(1);
    if columns.word {
        line.column("STATE", 2 + WORD, style, Side::Left);
    } else {
        line.gap(1);
    }
    line.column("AGE", DURATION.into(), style, Side::Right).gap(2);
    if columns.group > 0 {
        line.column("GROUP", columns.group, style, Side::Left);
    }
    if columns.args > 0 {
        line.column("ARGUMENTS", columns.args, style, Side::Left);
    }
    let room = line.room();
    let rest = if columns.args > 0 {
        "LAST LINE"
    } else {
        "ARGUMENTS, LAST LINE"
    };
    line.column(rest, room, style, Side::Left);
}

fn draw_task(buf: &mut Buffer, area: Rect, y: usize, task: &TaskRow, columns: &Columns, cx: &Cx<'_>) {
    let state = cx.state;
    let look = task.status.look();
    let status = cx.style(Role::Status(task.status));
    let text = cx.style(if task.status.is_final() {
        Role::Dim
    } else {
        Role::Text
    });
    let mut line = Line::new(buf, area, y);
    line.gap(2)
        .column(&task.id.to_string(), columns.id, text, Side::Right)
        .gap(1);
    line.text(&cx.theme.sign(task.status).to_string(), status);
    if columns.word {
        line.text(" ", text).column(look.word, WORD, status, Side::Left);
    }
    // While it is cancelling, that time is what matters.
    let (time, style) = match task.cancelling_for {
        Some(time) => (time + state.elapsed, status),
        None => (state.age(task), text),
    };
    line.column(&duration(time), DURATION.into(), style, Side::Right)
        .gap(2);
    if columns.group > 0 {
        line.column(&task.group, columns.group - 1, text, Side::Left)
            .gap(1);
    }
    let failed = matches!(task.status, Status::Failed | Status::TimedOut | Status::Panicked);
    if columns.args > 0 {
        line.column(&task.args, columns.args - 1, text, Side::Left).gap(1);
    }
    if let Some(trying) = trying(state, task) {
        line.text(&trying, cx.style(Role::Strong)).gap(2);
    }
    if columns.args == 0 && !failed && !task.args.is_empty() {
        // What went wrong needs all the room that there is.
        let cells = width(&task.args).min(line.room());
        line.column(&task.args, cells, text, Side::Left).gap(2);
    }
    let room = line.room();
    line.column(&task.note, room, if failed { status } else { text }, Side::Left);
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
                Some(of) => format!("waits {left}, try {attempt} of {of}"),
                None => format!("waits {left}, restart {}", attempt.saturating_sub(1)),
            }
        }
    })
}

/// What an empty list says: what is the case, and what to do next.
fn nothing(state: &State) -> (String, String) {
    let Some(pool) = state.pool_view() else {
        return ("…".to_owned(), String::new());
    };
    if let Some(problem) = filter_problem(&state.filter) {
        return problem;
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
            "the pool is closed, its tasks are forgotten".to_owned(),
            String::new(),
        );
    }
    let next = match (held, row) {
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

/// How many tasks wait, and why the first of them does.
pub(super) fn queued(state: &State) -> Option<String> {
    let queued = match state.group_row() {
        Some(group) => group.queued,
        None if state.group.is_none() => state.pool_row()?.queued,
        None => return None,
    };
    if queued.known == 0 && !queued.more {
        return None;
    }
    let mut text = vec![waiting(queued, "queued", "queued")];
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
