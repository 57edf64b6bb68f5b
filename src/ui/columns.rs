//! The columns of the list of tasks.

use super::draw::Cx;
use super::tasks::trying;
use super::text::{DURATION, Line, Side, duration, width};
use super::theme::Role;
use crate::app::dashboard::{Shown, State, heading};
use crate::app::status::Status;
use crate::app::view::{Column, Sort, TaskRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The cells of each column; 0 is one that is left out.
#[derive(Default)]
pub(super) struct Columns {
    id: usize,
    /// The word of the state, which stands behind its sign.
    word: usize,
    age: usize,
    tries: usize,
    exit: usize,
    group: usize,
    func: usize,
    args: usize,
    last: bool,
    /// The arguments stand before the last line, in its column.
    joint: bool,
}

const WORD: usize = 11;
const SHORT: usize = 6;

/// The sign of an order.
pub(super) fn arrow(sort: Sort) -> char {
    if sort.descending { '▼' } else { '▲' }
}

impl Columns {
    pub(super) fn new(state: &State, cells: usize) -> Columns {
        let newest = state.tasks().iter().map(|task| task.id).max().unwrap_or(0);
        let id = newest.to_string().len().max(4);
        match &state.finding.columns {
            Shown::Fitting => Columns::fitting(id, state, cells),
            Shown::Chosen(chosen) => Columns::chosen(id, chosen, cells),
        }
    }

    fn fitting(id: usize, state: &State, cells: usize) -> Columns {
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
            word: if word { WORD } else { 0 },
            age: DURATION.into(),
            group,
            args,
            last: true,
            joint: args == 0,
            ..Columns::default()
        }
    }

    fn chosen(id: usize, chosen: &[Column], cells: usize) -> Columns {
        let cells_of = |column, cells| if chosen.contains(&column) { cells } else { 0 };
        let mut columns = Columns {
            id: cells_of(Column::Id, id),
            word: cells_of(Column::State, WORD),
            age: cells_of(Column::Age, DURATION.into()),
            tries: cells_of(Column::Try, SHORT),
            exit: cells_of(Column::Exit, SHORT),
            group: cells_of(Column::Group, 16),
            func: cells_of(Column::Func, 12),
            last: chosen.contains(&Column::Last),
            ..Columns::default()
        };
        let args = chosen.contains(&Column::Args);
        let fixed = 8 + columns.id + columns.word + columns.age + columns.tries;
        let rest = cells.saturating_sub(fixed + columns.exit + columns.group + columns.func);
        columns.joint = args && columns.last && rest < 40;
        columns.args = match (args, columns.last) {
            (true, true) if !columns.joint => rest * 2 / 5,
            (true, false) => rest.max(10),
            _ => 0,
        };
        columns
    }

    pub(super) fn heading(&self, buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
        let style = cx.style(Role::Heading);
        let sort = cx.state.pool_view().and_then(|pool| pool.sorted);
        let text = |column| {
            let mark = sort.filter(|sorted| sorted.sort.column == column);
            let mark = mark.map_or_else(String::new, |sorted| format!(" {}", arrow(sorted.sort)));
            format!("{}{mark}", heading(column))
        };
        let mut line = Line::new(buf, area, 0);
        line.gap(2);
        if self.id > 0 {
            line.column(&text(Column::Id), self.id, style, Side::Right).gap(1);
        }
        if self.word > 0 {
            line.column(&text(Column::State), 2 + self.word, style, Side::Left);
        } else {
            line.gap(1);
        }
        if self.age > 0 {
            line.column(&text(Column::Age), self.age, style, Side::Right)
                .gap(2);
        }
        for (column, cells) in [(Column::Try, self.tries), (Column::Exit, self.exit)] {
            line.column(&text(column), cells, style, Side::Right)
                .gap(usize::from(cells > 0));
        }
        for (column, cells) in [
            (Column::Group, self.group),
            (Column::Func, self.func),
            (Column::Args, self.args),
        ] {
            line.column(&text(column), cells, style, Side::Left);
        }
        let room = line.room();
        let rest = match (self.joint, self.last) {
            (true, _) => format!("{}, {}", text(Column::Args), text(Column::Last)),
            (false, true) => text(Column::Last),
            (false, false) => String::new(),
        };
        line.column(&rest, room, style, Side::Left);
    }

    pub(super) fn task(&self, buf: &mut Buffer, area: Rect, y: usize, task: &TaskRow, cx: &Cx<'_>) {
        let state = cx.state;
        let look = task.status.look();
        let status = cx.style(Role::Status(task.status));
        let text = cx.style(if task.status.is_final() {
            Role::Dim
        } else {
            Role::Text
        });
        let mut line = Line::new(buf, area, y);
        line.gap(2);
        if self.id > 0 {
            line.column(&task.id.to_string(), self.id, text, Side::Right)
                .gap(1);
        }
        line.text(&cx.theme.sign(task.status).to_string(), status);
        if self.word > 0 {
            line.text(" ", text)
                .column(look.word, self.word, status, Side::Left);
        }
        if self.age > 0 {
            // While it is cancelling, that time is what matters.
            let (time, style) = match task.cancelling_for {
                Some(time) => (time + state.elapsed, status),
                None => (state.age(task), text),
            };
            line.column(&duration(time), self.age, style, Side::Right).gap(2);
        }
        let exit = task.exit.map_or_else(|| "-".to_owned(), |code| code.to_string());
        for (number, cells) in [(task.tries.to_string(), self.tries), (exit, self.exit)] {
            line.column(&number, cells, text, Side::Right)
                .gap(usize::from(cells > 0));
        }
        for (value, cells) in [
            (&task.group, self.group),
            (&task.func, self.func),
            (&task.args, self.args),
        ] {
            if cells > 0 {
                line.column(value, cells - 1, text, Side::Left).gap(1);
            }
        }
        if !self.last {
            return;
        }
        let failed = matches!(task.status, Status::Failed | Status::TimedOut | Status::Panicked);
        if let Some(trying) = trying(state, task) {
            line.text(&trying, cx.style(Role::Strong)).gap(2);
        }
        if self.joint && !failed && !task.args.is_empty() {
            // What went wrong needs all the room that there is.
            let cells = width(&task.args).min(line.room());
            line.column(&task.args, cells, text, Side::Left).gap(2);
        }
        let room = line.room();
        line.column(&task.note, room, if failed { status } else { text }, Side::Left);
    }
}
