//! The columns of the list of tasks: one table, read by the list, its order and the picker.

use crate::app::view::Column;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnRow {
    pub(crate) column: Column,
    /// What stands above it.
    pub(crate) heading: &'static str,
    /// What it shows, for the picker.
    pub(crate) doc: &'static str,
}

const fn row(column: Column, heading: &'static str, doc: &'static str) -> ColumnRow {
    ColumnRow { column, heading, doc }
}

/// Every column, in the order in which they are shown.
pub(crate) const COLUMNS: [ColumnRow; 12] = [
    row(Column::Id, "ID", "its number in the pool"),
    row(Column::State, "STATE", "what it is shown as"),
    row(Column::Age, "TIME", "how long it has run, or ran"),
    row(
        Column::Wait,
        "WAIT",
        "how long it waited for its start, from the making of its group on",
    ),
    row(
        Column::Cpu,
        "CPU",
        "what its command uses of a processor, with all its processes",
    ),
    row(
        Column::Mem,
        "MEM",
        "what its command uses of memory, with all its processes",
    ),
    row(Column::Try, "TRY", "which try it is, or how many it took"),
    row(Column::Exit, "EXIT", "the exit code of its command"),
    row(Column::Group, "GROUP", "its group"),
    row(Column::Func, "FUNC", "what it runs"),
    row(Column::Args, "ARGUMENTS", "its arguments"),
    row(
        Column::Last,
        "LAST LINE",
        "how it ended, or the last line of its output",
    ),
];

/// The heading of a column.
pub(crate) fn heading(column: Column) -> &'static str {
    let found = COLUMNS.iter().find(|row| row.column == column);
    found.map_or("", |row| row.heading)
}

/// Which columns are shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Shown {
    /// Those that there is room for.
    #[default]
    Fitting,
    /// These.
    Chosen(Vec<Column>),
}

impl Shown {
    /// Whether a person wants this one.
    pub(crate) fn has(&self, column: Column) -> bool {
        match self {
            Shown::Fitting => false,
            Shown::Chosen(columns) => columns.contains(&column),
        }
    }

    /// Shows a column, or not any more. The last one stays.
    pub(super) fn toggle(&mut self, column: Column) {
        match self {
            Shown::Fitting => *self = Shown::Chosen(vec![column]),
            Shown::Chosen(columns) if !columns.contains(&column) => columns.push(column),
            Shown::Chosen(columns) if columns.len() > 1 => columns.retain(|other| *other != column),
            Shown::Chosen(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_one_row() {
        for (i, row) in COLUMNS.iter().enumerate() {
            assert_eq!(heading(row.column), row.heading);
            assert!(COLUMNS[i + 1..].iter().all(|other| other.column != row.column));
        }
        assert_eq!(COLUMNS.len(), Column::Last as usize + 1);
    }
}
