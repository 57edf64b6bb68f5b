//! The columns of the list of tasks.

use super::apart::fit_apart;
use super::draw::Cx;
use super::tasks::trying;
use super::text::{BYTES, DURATION, Line, Side, bytes, directory, duration, fit_middle, width};
use super::theme::Role;
use crate::app::dashboard::{COLUMNS, Shown, State, heading};
use crate::app::status::Status;
use crate::app::view::{Column, NextRow, Sort, TaskRow, Used};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::OnceCell;
use std::collections::HashMap;

/// A column that there is room for.
#[derive(Clone, Copy)]
struct Place {
    column: Column,
    /// Its cells, and those that stay empty behind it.
    cells: usize,
    gap: usize,
}

/// The columns that are shown, from the left. The sign of the state is always there.
#[derive(Default)]
pub(super) struct Columns {
    places: Vec<Place>,
    /// The arguments stand before the last line, in its column.
    joint: bool,
    args: Arguments,
}

/// The arguments of the tasks in the list, as they are shown.
#[derive(Default)]
struct Arguments {
    /// The directory that all of them begin with: it stands in the title.
    directory: String,
    /// The cells of the longest, without that.
    longest: usize,
    /// Those of the rows in sight, cut to the cells that they have.
    cut: OnceCell<HashMap<u64, String>>,
}

impl Arguments {
    fn of(state: &State) -> Arguments {
        let mut args = Arguments {
            directory: shared_directory(state).to_owned(),
            ..Arguments::default()
        };
        let longest = state.tasks().iter().map(|task| width(args.shown(task))).max();
        args.longest = longest.unwrap_or(0);
        args
    }

    /// What is shown of the arguments of a task.
    fn shown<'a>(&self, task: &'a TaskRow) -> &'a str {
        task.args
            .strip_prefix(self.directory.as_str())
            .unwrap_or(&task.args)
    }
}

/// The directory that the arguments of all tasks in the list begin with, if it is worth leaving out.
pub(super) fn shared_directory(state: &State) -> &str {
    let args: Vec<&str> = state.tasks().iter().map(|task| task.args.as_str()).collect();
    match directory(&args) {
        short if short.len() < 6 => "",
        directory => directory,
    }
}

/// The cells of the cursor and the mark.
const MARKS: usize = 2;
/// Those of the sign of the state, with the gap behind it.
const SIGN: usize = 2;
/// Those of its word, which stands behind it, with the gap; the longest words are rare.
const WORD: usize = 11;

/// Those that the words of the shown rows need.
fn word_cells(state: &State) -> usize {
    let words = state
        .tasks()
        .iter()
        .map(|task| width(task.status.look().word) + 1);
    words.max().unwrap_or(0).max(WORD)
}

/// The columns in the order in which they get room, but for the one that the order is by: that is the first.
const IMPORTANCE: [Column; 12] = [
    Column::Id,
    Column::Age,
    Column::Last,
    Column::Cpu,
    Column::Mem,
    Column::Wait,
    Column::Exit,
    Column::Try,
    Column::Args,
    Column::Group,
    Column::Func,
    // Its sign is there in any case.
    Column::State,
];

/// The sign of an order.
pub(super) fn arrow(sort: Sort) -> char {
    if sort.descending { '▼' } else { '▲' }
}

/// Which side the cells of a column keep to.
fn side(column: Column) -> Side {
    match column {
        Column::Id | Column::Age | Column::Wait | Column::Cpu | Column::Mem | Column::Try | Column::Exit => {
            Side::Right
        }
        Column::State | Column::Group | Column::Func | Column::Args | Column::Last => Side::Left,
    }
}

impl Columns {
    pub(super) fn new(state: &State, cells: usize) -> Columns {
        let newest = state.tasks().iter().map(|task| task.id).max().unwrap_or(0);
        let id = newest.to_string().len().max(4);
        let sorted = state.finding.sort.map(|sort| sort.column);
        let mut wanted = match &state.finding.columns {
            Shown::Fitting => fitting(id, state, cells),
            Shown::Chosen(chosen) => chosen.clone(),
        };
        // Nobody can read an order by something that is not there.
        wanted.extend(sorted.filter(|column| !wanted.contains(column)));
        let args = Arguments::of(state);
        let mut columns = Columns::placed((id, word_cells(state)), &wanted, sorted, args.longest, cells);
        columns.args = args;
        columns
    }

    /// Those of the wanted ones that there is room for.
    fn placed(
        needs: (usize, usize),
        wanted: &[Column],
        sorted: Option<Column>,
        longest: usize,
        cells: usize,
    ) -> Columns {
        let order = sorted.into_iter().chain(IMPORTANCE);
        let mut rest = cells.saturating_sub(MARKS + SIGN);
        let mut places: Vec<Place> = Vec::new();
        for column in order.filter(|column| wanted.contains(column)) {
            let joins = column == Column::Args && places.iter().any(|place| place.column == Column::Last);
            let place = least(column, needs);
            let takes = place.cells + place.gap;
            if !joins && takes <= rest && places.iter().all(|place| place.column != column) {
                rest -= takes;
                places.push(place);
            }
        }
        places.sort_by_key(|place| COLUMNS.iter().position(|row| row.column == place.column));
        for at in 1..places.len() {
            // A text that follows a number keeps a little more away from it.
            let (before, behind) = (places[at - 1].column, places[at].column);
            let apart = before != Column::Id && side(before) == Side::Right && side(behind) == Side::Left;
            if apart && rest > 0 {
                places[at - 1].gap += 1;
                rest -= 1;
            }
        }
        let mut columns = Columns {
            places,
            ..Columns::default()
        };
        columns.spread(rest, wanted.contains(&Column::Args), longest);
        columns
    }

    /// Gives the cells that are left to the texts at the right.
    fn spread(&mut self, rest: usize, args: bool, longest: usize) {
        let last = self.find(Column::Last);
        match (last, self.find(Column::Args)) {
            // Where no task has any there is nothing to show.
            (Some(last), None) if args && longest > 0 => {
                let room = rest + self.places[last].cells;
                self.places[last].cells = room;
                self.joint = room < 24;
                if !self.joint {
                    // What arguments do not need goes to the last line; those that need more have half.
                    let cells = (longest.next_multiple_of(4) + 2).clamp(12, room / 2);
                    self.places[last].cells = room - cells;
                    let place = Place {
                        column: Column::Args,
                        cells: cells - 1,
                        gap: 1,
                    };
                    self.places.insert(last, place);
                }
            }
            (Some(last), Some(args)) => {
                // The order is by the arguments, so that they have a column in any case.
                let more = rest * 2 / 5;
                self.places[args].cells += more;
                self.places[last].cells += rest - more;
            }
            (Some(at), None) | (None, Some(at)) => self.places[at].cells += rest,
            (None, None) => {}
        }
    }

    fn find(&self, column: Column) -> Option<usize> {
        self.places.iter().position(|place| place.column == column)
    }

    fn has(&self, column: Column) -> bool {
        self.find(column).is_some()
    }

    /// Whether a column is wanted that there is no room for.
    pub(super) fn lacks(&self, column: Column, state: &State) -> bool {
        let joined = self.joint && column == Column::Args;
        state.finding.columns.has(column) && !joined && !self.has(column)
    }

    pub(super) fn heading(&self, buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
        let style = cx.style(Role::Heading);
        let sort = cx.state.order().map(|(sort, _)| sort);
        let text = |column| {
            let mark = sort.filter(|sort| sort.column == column);
            let mark = mark.map_or_else(String::new, |sort| format!(" {}", arrow(sort)));
            format!("{}{mark}", heading(column))
        };
        let mut line = Line::new(buf, area, 0);
        line.gap(MARKS);
        let mut sign = !self.has(Column::State);
        for place in &self.places {
            if sign && place.column != Column::Id {
                line.gap(SIGN);
                sign = false;
            }
            let text = match place.column {
                Column::Last if self.joint => format!("{}, {}", text(Column::Args), text(Column::Last)),
                column => text(column),
            };
            let cells = if place.column == Column::State {
                SIGN + place.cells
            } else {
                place.cells
            };
            line.column(&text, cells, style, side(place.column))
                .gap(place.gap);
        }
    }

    pub(super) fn task(&self, buf: &mut Buffer, area: Rect, y: usize, task: &TaskRow, cx: &Cx<'_>) {
        let status = cx.style(Role::Status(task.status));
        let sign = cx.theme.sign(task.status).to_string();
        let mut line = Line::new(buf, area, y);
        line.gap(MARKS);
        let mut signed = false;
        for place in &self.places {
            if !signed && place.column != Column::Id {
                line.text(&sign, status).gap(SIGN - 1);
                signed = true;
            }
            self.cell(&mut line, *place, task, cx);
            line.gap(place.gap);
        }
        if !signed {
            line.text(&sign, status);
        }
    }

    /// A task that has no ID yet.
    pub(super) fn queued(&self, buf: &mut Buffer, area: Rect, y: usize, row: &NextRow, cx: &Cx<'_>) {
        let dim = cx.style(Role::Dim);
        let mut line = Line::new(buf, area, y);
        line.gap(MARKS);
        let mut signed = false;
        let args = row
            .args
            .strip_prefix(self.args.directory.as_str())
            .unwrap_or(&row.args);
        for place in &self.places {
            if !signed && place.column != Column::Id {
                let sign = cx.theme.sign(Status::Queued).to_string();
                line.text(&sign, dim).gap(SIGN - 1);
                signed = true;
            }
            let value = match place.column {
                Column::State => Status::Queued.look().word.into(),
                Column::Args => fit_middle(args, place.cells),
                Column::Last if self.joint => fit_middle(args, place.cells),
                Column::Group => fit_middle(&row.group, place.cells),
                _ => "".into(),
            };
            line.column(&value, place.cells, dim, side(place.column))
                .gap(place.gap);
        }
    }

    fn cell(&self, line: &mut Line<'_>, place: Place, task: &TaskRow, cx: &Cx<'_>) {
        let status = cx.style(Role::Status(task.status));
        let text = cx.style(if task.status.is_final() {
            Role::Dim
        } else {
            Role::Text
        });
        let (value, style) = match place.column {
            Column::Id => (task.id.to_string(), text),
            Column::State => (task.status.look().word.to_owned(), status),
            Column::Age => (duration(cx.state.age(task)), text),
            Column::Wait => (duration(task.wait), text),
            Column::Cpu => (used(task, |used| Some(format!("{}%", used.cpu?))), text),
            Column::Mem => (used(task, |used| Some(bytes(used.memory))), text),
            Column::Try => (task.tries.to_string(), text),
            Column::Exit => (known(task.exit), text),
            Column::Group => (fit_middle(&task.group, place.cells).into_owned(), text),
            Column::Func => (task.func.to_string(), text),
            Column::Args => (self.cut(task, place.cells, cx), text),
            Column::Last => return self.last(line, place, task, cx),
        };
        line.column(&value, place.cells, style, side(place.column));
    }

    /// How a task ended, or what it wrote last; before it what else does not have a column.
    fn last(&self, line: &mut Line<'_>, place: Place, task: &TaskRow, cx: &Cx<'_>) {
        let failed = matches!(task.status, Status::Failed | Status::TimedOut | Status::Panicked);
        let style = match (failed, task.status.is_final()) {
            (true, _) => cx.style(Role::Status(task.status)),
            (false, true) => cx.style(Role::Dim),
            (false, false) => cx.style(Role::Text),
        };
        if let Some(trying) = trying(cx.state, task) {
            line.text(&trying, cx.style(Role::Strong)).gap(2);
        }
        if self.joint && !task.args.is_empty() {
            // What went wrong needs room, too.
            line.text(&self.cut(task, place.cells / 2, cx), style).gap(2);
        }
        if let Some(time) = task.cancelling_for {
            let asked = format!("cancel requested {} ago", duration(time + cx.state.elapsed));
            line.text(&asked, cx.style(Role::Status(task.status))).gap(2);
        }
        let room = line.room().min(place.cells);
        line.column(&task.note, room, style, Side::Left);
    }

    /// The arguments of a task in so many cells, so that they differ from those of the rows around. The cells are the
    /// same for all rows.
    fn cut(&self, task: &TaskRow, cells: usize, cx: &Cx<'_>) -> String {
        let shown = self.args.shown(task);
        if width(shown) <= cells {
            return shown.to_owned();
        }
        let cut = self.args.cut.get_or_init(|| {
            let rows: Vec<&TaskRow> = cx.state.rows_in_sight().collect();
            let texts: Vec<&str> = rows.iter().map(|task| self.args.shown(task)).collect();
            let ids = rows.iter().map(|task| task.id);
            ids.zip(fit_apart(&texts, cells)).collect()
        });
        cut.get(&task.id).cloned().unwrap_or_default()
    }
}

/// What its command uses, if it runs and that was looked up.
fn used(task: &TaskRow, text: impl FnOnce(Used) -> Option<String>) -> String {
    task.used.and_then(text).unwrap_or_else(|| "-".to_owned())
}

/// A number, if it is known.
fn known(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// The columns of a person who has chosen none.
fn fitting(id: usize, state: &State, cells: usize) -> Vec<Column> {
    let fixed = MARKS + id + SIGN + usize::from(DURATION) + 2;
    let mut wanted = vec![Column::Id, Column::Age, Column::Args, Column::Last];
    let needs = word_cells(state);
    let word = cells >= fixed + needs + 18;
    if word {
        wanted.push(Column::State);
    }
    let rest = cells.saturating_sub(fixed + if word { needs } else { 0 });
    if state.group.is_none() && rest >= 56 {
        wanted.push(Column::Group);
    }
    if rest >= 40 && state.tasks().iter().any(|task| task.tries > 1) {
        wanted.push(Column::Try);
    }
    if rest >= 72 {
        wanted.push(Column::Wait);
    }
    wanted
}

/// The least cells that a column needs: for its heading with the sign of an order, and for its numbers.
fn least(column: Column, (id, word): (usize, usize)) -> Place {
    let (cells, gap) = match column {
        Column::Id => (id, 1),
        Column::State => (word - 1, 1),
        Column::Age | Column::Wait => (DURATION.into(), 1),
        // `1600%`
        Column::Cpu => (5, 1),
        Column::Mem => (BYTES.into(), 1),
        Column::Try | Column::Exit => (6, 1),
        Column::Group => (15, 1),

        Column::Func | Column::Args => (11, 1),
        Column::Last => (11, 0),
    };
    Place { column, cells, gap }
}
