//! The list of warnings, and why something waits: what the state knows of them.

use super::dialog::Overlay;
use super::state::{Pane, Screen, State};
use crate::app::view::Why;
use crate::app::warnings::{Kind, Subject, WarningRow};

/// The cursor of the list of warnings.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct WarningPlace {
    /// The warning that it is on; none: the first.
    pub(crate) at: Option<(Kind, Subject)>,
    /// Where that one was seen last.
    pub(crate) index: usize,
    /// The first row that is shown.
    pub(crate) top: usize,
    /// The one that was jumped to last.
    pub(crate) visited: Option<(Kind, Subject)>,
}

impl State {
    /// The index of the warning under the cursor: itself, or the one that has come to its place.
    pub(crate) fn warning_index(&self) -> Option<usize> {
        let rows = &self.view.warnings.rows;
        let named = self.warning.at.as_ref().and_then(|(kind, subject)| {
            rows.iter()
                .position(|row| row.kind == *kind && row.subject == *subject)
        });
        let last = rows.len().checked_sub(1)?;
        Some(named.unwrap_or(self.warning.index.min(last)))
    }

    /// The warning under the cursor.
    pub(crate) fn warning_row(&self) -> Option<&WarningRow> {
        self.view.warnings.rows.get(self.warning_index()?)
    }

    /// What `w` asks about here.
    pub(super) fn why_subject(&self) -> Option<Subject> {
        if self.screen == Screen::Warnings {
            return Some(self.warning_row()?.subject.clone()).filter(|subject| !subject.pool.is_empty());
        }
        let pool = &self.pool_row()?.name;
        let of_group = || match &self.group {
            Some(group) => Subject::group(pool, group),
            None => Subject::pool(pool),
        };
        match (self.screen, self.pane) {
            (Screen::Pools, _) => Some(Subject::pool(pool)),
            (Screen::Pool, Pane::Groups) => Some(of_group()),
            (Screen::Pool, Pane::Tasks) => Some(match self.meant_row() {
                Some(task) => Subject::task(pool, &task.group, task.id),
                None => of_group(),
            }),
            (Screen::Timeline, _) => Some(match self.task.and(self.task_row()) {
                Some(task) => Subject::task(pool, &task.group, task.id),
                None => Subject::pool(pool),
            }),
            (Screen::Pool, Pane::Detail | Pane::Output) | (Screen::Task, _) => {
                let task = &self.task_view()?.row;
                Some(Subject::task(pool, &task.group, task.id))
            }
            (Screen::Log | Screen::Warnings, _) => None,
        }
    }

    /// What a view should say why it is so: what was asked about, or the task that has the screen.
    pub(super) fn why_want(&self) -> Option<Subject> {
        match &self.overlay {
            Some(Overlay::Why(subject)) => Some(subject.clone()),
            _ if self.screen == Screen::Task => self.why_subject(),
            _ => None,
        }
    }

    /// Why the task that has the screen is still there, once it is known.
    pub(crate) fn why_still(&self) -> Option<&Why> {
        let id = self.task_view()?.row.id;
        self.view.why.as_ref().filter(|why| why.subject.task == Some(id))
    }

    /// Why that is so which was asked about, once it is known.
    pub(crate) fn why(&self) -> Option<&Why> {
        let Some(Overlay::Why(subject)) = &self.overlay else {
            return None;
        };
        self.view.why.as_ref().filter(|why| why.subject == *subject)
    }
}
