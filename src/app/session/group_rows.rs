//! The groups of a pool as rows, and why they wait.

use super::groups::Rows;
use super::words::why;
use super::{AnyPool, Groups, Member};
use crate::app::clean::Clean;
use crate::app::view::{GroupRow, Queued};
use crate::pool::{GroupInfo, OutcomeKind, Query, Snapshot, States, Stats, Why};

/// How many groups are looked at for why nothing runs.
const FIRST_GROUPS: usize = 16;

impl Member {
    /// The names of the groups that wait for a person.
    pub(super) fn held(&self) -> Vec<String> {
        match &self.pool {
            AnyPool::Simple { .. } => Vec::new(),
            AnyPool::Task { groups, .. } => groups.held_names(),
        }
    }

    /// Why a group's next task has not started, in a few words.
    pub(in crate::app) fn why(&self, group: &GroupInfo) -> String {
        match self.input_of(group.name.as_str()) {
            Some(input) if group.why == Why::WaitingForInput => format!("waiting for {input}"),
            _ => why(group),
        }
    }

    /// What a group waits for whose next argument is not there yet: `a line of jobs.fifo`.
    pub(in crate::app) fn input_of(&self, group: &str) -> Option<String> {
        let groups = self.groups()?;
        let spec = groups.specs.get(groups.spec_of(group)?)?;
        spec.group.method.source()?.element()
    }

    /// How many failures and panics the pool has forgotten.
    pub(super) fn failures_forgotten(&self, stats: &Stats) -> u64 {
        let all = stats.totals.failed + stats.totals.panicked;
        if all == 0 || stats.totals.sum() == stats.ended as u64 {
            return 0;
        }
        let kept = self.pool.base().snapshot(&Query {
            states: States::ended(OutcomeKind::Failed).and(States::ended(OutcomeKind::Panicked)),
            ..Query::default()
        });
        all.saturating_sub(kept.tasks_total as u64)
    }

    /// Why the first of the groups that have something left does not start it.
    pub(super) fn first_reason(&self) -> String {
        let shot = self.pool.base().snapshot(&Query {
            groups: (0, FIRST_GROUPS),
            ..Query::default()
        });
        let mut whys = shot.groups.iter().map(|group| self.why(group));
        whys.find(|why| !why.is_empty()).unwrap_or_default()
    }

    pub(super) fn groups(&self) -> Option<&Groups> {
        match &self.pool {
            AnyPool::Simple { .. } => None,
            AnyPool::Task { groups, .. } => Some(groups),
        }
    }

    /// The groups that the pool has shown, and those that are held back.
    pub(super) fn rows(&self, shot: &Snapshot, held: &[String], first: usize, most: usize) -> Rows {
        let mut rows: Vec<GroupRow> = shot.groups.iter().map(|group| self.group_row(group)).collect();
        let held_first = first.saturating_sub(shot.stats.groups);
        let room = most.saturating_sub(rows.len());
        let shown = held.iter().skip(held_first).take(room);
        rows.extend(shown.map(|group| self.held_row(group)));
        Rows {
            shown: rows,
            first,
            total: shot.stats.groups + held.len(),
        }
    }

    pub(super) fn group_row(&self, group: &GroupInfo) -> GroupRow {
        GroupRow {
            name: Clean::from(group.name.as_str()),
            method: Clean::from(group.method.name()),
            func: Clean::from(&*group.func),
            num_concurrent: group.num_concurrent,
            tasks: 0,
            counting: false,
            queued: Queued {
                known: group.queued.unwrap_or(0),
                more: group.queued.is_none(),
            },
            running: group.running,
            cancelling: group.cancelling,
            cancelled: group.cancelled,
            ok: group.totals.completed,
            failed: group.totals.failed,
            panicked: group.totals.panicked,
            stopped: group.totals.cancelled,
            skipped: group.skipped,
            why: Clean::from(self.why(group)),
            held: false,
            startable: self
                .groups()
                .is_none_or(|groups| groups.is_startable(&group.name)),
        }
    }

    pub(super) fn held_row(&self, name: &str) -> GroupRow {
        let spec = self.groups().and_then(|groups| groups.held_spec(name));
        let text = |get: fn(&super::Spec) -> &str| spec.map_or("", get);
        let len = spec
            .and_then(|spec| spec.group.method.len())
            .and_then(|len| usize::try_from(len).ok());
        GroupRow {
            name: Clean::from(name),
            method: Clean::from(text(|spec| spec.group.method.name())),
            func: Clean::from(text(|spec| &spec.group.func)),
            num_concurrent: spec.and_then(|spec| spec.group.num_concurrent),
            queued: Queued {
                known: len.unwrap_or(0),
                more: len.is_none(),
            },
            why: Clean::from("held back by the config"),
            held: true,
            ..GroupRow::default()
        }
    }
}
