//! The left pane of a pool: its groups, or its tasks counted by something else.

use super::Member;
use super::states::{Counts, of_state};
use super::subject::Scene;
use super::words::first;
use crate::app::clean::Clean;
use crate::app::filter::Filter;
use crate::app::status::Status;
use crate::app::view::{By, GroupRow, Want, Window};
use crate::pool::Query;
use std::time::{Duration, Instant};

/// How long one look at all groups may take; what it does not reach comes with the next looks.
const BUDGET: Duration = Duration::from_millis(5);

/// How many groups are looked at before the next look at the clock.
const PAGE: usize = 128;

/// The rows of the pane that are shown, the index of the first one, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) shown: Vec<GroupRow>,
    pub(super) first: usize,
    pub(super) total: usize,
}

impl Rows {
    fn window(all: &[GroupRow], window: Window) -> Rows {
        let first = first(window, all.len());
        Rows {
            shown: all.iter().skip(first).take(window.rows).cloned().collect(),
            first,
            total: all.len(),
        }
    }
}

/// A look at all groups of a pool: a filter or a sum needs them all, which are few, mostly.
#[derive(Debug, Default)]
pub(super) struct Round {
    pool: String,
    by: By,
    text: String,
    filter: Filter,
    /// The group that comes next.
    next: usize,
    begun: Vec<GroupRow>,
    /// What the last round that came to its end has found; none came yet.
    whole: Option<Vec<GroupRow>>,
    counts: Counts,
    /// Something is still being counted.
    pub(super) busy: bool,
}

impl Round {
    /// The rows that are wanted; none where the pool itself knows them.
    pub(super) fn rows(&mut self, scene: Scene<'_>, want: &Want) -> Option<Rows> {
        let member = scene.member;
        self.busy = false;
        match want.by {
            By::Group if want.groups_filter.is_empty() => return None,
            By::Nothing => return Some(Rows::default()),
            By::Group | By::Function | By::State => {}
        }
        if (&*self.pool, self.by, &self.text) != (&*member.name, want.by, &want.groups_filter) {
            *self = Round {
                pool: member.name.clone(),
                by: want.by,
                text: want.groups_filter.clone(),
                // One that cannot be read finds nothing.
                filter: want
                    .groups_filter
                    .parse()
                    .unwrap_or_else(|_| Filter::of_states(&[])),
                ..Round::default()
            };
        }
        if want.by == By::State {
            let (mut rows, busy) = self.counts.rows(scene, want.group.as_deref());
            rows.retain(|row| self.filter.finds(row));
            self.busy = busy;
            return Some(Rows::window(&rows, want.groups));
        }
        self.go_on(member);
        let all = self.whole.as_ref().unwrap_or(&self.begun);
        Some(Rows::window(all, want.groups))
    }

    fn go_on(&mut self, member: &Member) {
        let until = Instant::now() + BUDGET;
        loop {
            let shot = member.pool.base().snapshot(&Query {
                groups: (self.next, PAGE),
                ..Query::default()
            });
            for group in &shot.groups {
                self.take(member.group_row(group));
            }
            self.next += shot.groups.len();
            if shot.groups.len() < PAGE {
                break;
            }
            if Instant::now() >= until {
                return;
            }
        }
        for name in member.held() {
            self.take(member.held_row(&name));
        }
        self.next = 0;
        self.whole = Some(std::mem::take(&mut self.begun));
    }

    fn take(&mut self, row: GroupRow) {
        if self.by == By::Group {
            if self.filter.finds(&row) {
                self.begun.push(row);
            }
            return;
        }
        let func = GroupRow {
            name: row.func.clone(),
            ..row.clone()
        };
        match self.begun.iter_mut().find(|sum| sum.name == row.func) {
            Some(sum) => add(sum, &row),
            None if self.filter.finds(&func) => self.begun.push(GroupRow {
                method: Clean::default(),
                num_concurrent: None,
                why: Clean::default(),
                held: false,
                startable: false,
                ..func
            }),
            None => {}
        }
    }
}

fn add(sum: &mut GroupRow, row: &GroupRow) {
    if row.held {
        return;
    }
    sum.queued.known += row.queued.known;
    sum.queued.more |= row.queued.more;
    sum.running += row.running;
    sum.cancelling += row.cancelling;
    sum.cancelled += row.cancelled;
    sum.ok += row.ok;
    sum.failed += row.failed;
    sum.panicked += row.panicked;
    sum.stopped += row.stopped;
    sum.skipped += row.skipped;
}

/// The tasks of the row that the cursor is on, where that is no group.
pub(super) fn of_row(want: &Want) -> Filter {
    match (want.by, &want.group) {
        (By::Function, Some(name)) => Filter::of_func(name),
        (By::State, Some(word)) => Status::from_word(word).map_or_else(|| Filter::of_states(&[]), of_state),
        _ => Filter::default(),
    }
}
