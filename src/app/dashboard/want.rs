//! What the views should carry.

use super::state::{Rows, Screen, State};
use crate::app::view::{At, By, Column, FindWant, OutputWant, Sort, TerminalPane, Want, Window};

/// What decides which tasks a list has, and in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListOf {
    pool: String,
    by: By,
    row: Option<String>,
    filter: String,
    sort: Option<Sort>,
}

impl ListOf {
    /// The list of a want; none: it has none.
    pub(super) fn of(want: &Want) -> Option<ListOf> {
        if want.tasks.rows == 0 {
            return None;
        }
        Some(ListOf {
            pool: want.pool.clone()?,
            by: want.by,
            row: want.group.clone(),
            filter: want.filter.clone(),
            sort: want.sort,
        })
    }
}

impl State {
    /// What the view should carry: what is shown, and a page more on each side, so that a cursor that leaves
    /// the pane lands on a task that is known already.
    pub(crate) fn want(&self) -> Want {
        let asked = self.wanted.asked;
        let nothing = Want {
            asked,
            why: self.why_want(),
            ..Want::default()
        };
        let Some(pool) = self.pool_row() else {
            return nothing;
        };
        match self.screen {
            Screen::Pools => {
                return Want {
                    pool: Some(pool.name.to_string()),
                    groups: Window {
                        rows: self.rows.overview,
                        at: At::First(0),
                    },
                    failures: self.rows.attention,
                    ..nothing
                };
            }
            Screen::Log | Screen::Warnings => return nothing,
            Screen::Timeline => {
                return Want {
                    asked,
                    why: self.why_want(),
                    ..self.timeline_want(&pool.name)
                };
            }
            Screen::Pool | Screen::Task => {}
        }
        let Rows {
            groups,
            tasks,
            output,
            ..
        } = self.rows;
        // A pane that is not shown still feeds the one-line summary and the line of queued tasks.
        let (groups, tasks, output) = (groups.max(4), tasks.max(4), output.max(1));
        Want {
            pool: Some(pool.name.to_string()),
            by: self.finding.by,
            group: self.group.clone(),
            sort: self.finding.sort,
            filter: self.filter.clone(),
            groups_filter: self.finding.groups.clone(),
            jump: self.finding.jump.as_ref().map(|(jump, _)| *jump),
            groups: Window {
                rows: groups * 3,
                at: At::First(self.groups_top.saturating_sub(groups)),
            },
            tasks: self.tasks_window(tasks),
            task: self.shown,
            marks: self.marked(),
            timeline: None,
            why: self.why_want(),
            output: self.output_want(output),
            pane: self.rows.output_pane().map(|size| TerminalPane {
                size,
                back: self.output.up,
            }),
            usage: self.shows_usage(),
            failures: 0,
            asked,
        }
    }

    /// Whether anything on the screen tells what commands use. What nobody sees is not looked up.
    fn shows_usage(&self) -> bool {
        let finding = &self.finding;
        let sorted = |column| finding.sort.is_some_and(|sort| sort.column == column);
        let shown = |column| finding.columns.has(column) || sorted(column);
        self.screen == Screen::Pool && (shown(Column::Cpu) || shown(Column::Mem))
    }

    /// A page more on each side of what is shown.
    fn output_want(&self, rows: usize) -> OutputWant {
        let place = &self.output;
        OutputWant {
            rows: rows * 2,
            until: (!place.follow).then_some(place.until),
            below: rows,
            find: place.find.as_ref().map(|find| FindWant {
                text: find.text.clone(),
                only: find.only.is_some(),
                context: find.only.unwrap_or(0),
                near: find.current.or((!place.follow).then_some(place.until)),
            }),
            merged: place.merged,
        }
    }
}
