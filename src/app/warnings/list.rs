//! The list of warnings: bounded, with those that are over for a while.

use super::kind::{KINDS, Kind, Limits};
use super::row::{Subject, WarningRow, WarningsView};
use crate::app::clean::Clean;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many of one kind and pool are listed.
const OF_A_KIND: usize = 8;

/// How many are listed in all.
const MOST: usize = 128;

/// How long something that happens in a moment is no thing of the past.
const MOMENT: Duration = Duration::from_mins(1);

/// How long a warning that is over stays on the list, and how many of those.
const PAST: (Duration, usize) = (Duration::from_mins(5), 32);

/// What a rule has found.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Raised {
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    pub(super) since: Duration,
    pub(super) evidence: String,
    /// Of something that happens in a moment: how often or how much it was.
    pub(super) times: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    row: WarningRow,
    /// Something that happens in a moment did so then.
    last: Option<Duration>,
}

/// The list.
#[derive(Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    muted: BTreeSet<Kind>,
    limits: Limits,
    /// How many there was no room for, by pool.
    more: Vec<(String, usize)>,
    /// Those that are new since somebody asked.
    new: Vec<WarningRow>,
}

impl List {
    pub(super) fn new(limits: Limits) -> List {
        List {
            muted: limits.muted.iter().copied().collect(),
            limits,
            ..List::default()
        }
    }

    /// Takes in all that was found of a pool now; what was there and is not found any more is over.
    pub(super) fn take(&mut self, pool: &str, raised: Vec<Raised>, now: Duration) {
        let is_its = |entry: &Entry| *entry.row.subject.pool == *pool;
        for entry in self.entries.iter_mut().filter(|entry| is_its(entry)) {
            let found =
                |raised: &Raised| raised.kind == entry.row.kind && raised.subject == entry.row.subject;
            let over = match entry.last {
                Some(last) => now >= last + MOMENT,
                None => !raised.iter().any(found),
            };
            if over && entry.row.ended.is_none() {
                entry.row.ended = Some(now);
            }
        }
        let mut more = 0;
        for raised in raised {
            more += usize::from(!self.raise(raised, now));
        }
        self.more.retain(|(name, _)| name != pool);
        if more > 0 {
            self.more.push((pool.to_owned(), more));
        }
        self.sweep(now);
    }

    /// Puts one on the list; whether there was room.
    fn raise(&mut self, raised: Raised, now: Duration) -> bool {
        let Raised {
            kind,
            subject,
            since,
            evidence,
            times,
        } = raised;
        let last = times.map(|_| now);
        let known = self
            .entries
            .iter_mut()
            .find(|entry| entry.row.kind == kind && entry.row.subject == subject);
        if let Some(entry) = known {
            let row = &mut entry.row;
            let again = row.ended.take().is_some();
            match times {
                Some(times) => row.count += times,
                None => row.count += u64::from(again),
            }
            if again {
                row.since = since;
                let row = row.clone();
                self.tell(row);
            }
            let entry = self
                .entries
                .iter_mut()
                .find(|entry| entry.row.kind == kind && entry.row.subject == subject);
            if let Some(entry) = entry {
                entry.row.evidence = Clean::from(evidence);
                entry.last = last;
            }
            return true;
        }
        let alike = |entry: &&Entry| {
            entry.row.ended.is_none() && entry.row.kind == kind && entry.row.subject.pool == subject.pool
        };
        let active = self
            .entries
            .iter()
            .filter(|entry| entry.row.ended.is_none())
            .count();
        if active >= MOST || self.entries.iter().filter(alike).count() >= OF_A_KIND {
            return false;
        }
        let row = WarningRow {
            kind,
            subject,
            since,
            ended: None,
            evidence: Clean::from(evidence),
            count: times.unwrap_or(1),
            muted: false,
            limit: Clean::from(self.limits.of(kind).to_string()),
        };
        self.tell(row.clone());
        self.entries.push(Entry { row, last });
        true
    }

    fn tell(&mut self, row: WarningRow) {
        if self.new.len() < MOST && !self.muted.contains(&row.kind) {
            self.new.push(row);
        }
    }

    /// Forgets what has been over for a while.
    fn sweep(&mut self, now: Duration) {
        self.entries
            .retain(|entry| entry.row.ended.is_none_or(|ended| now < ended + PAST.0));
        let mut past = self.entries.iter().filter_map(|entry| entry.row.ended);
        let count = past.by_ref().count();
        if count > PAST.1 {
            let mut ends: Vec<Duration> = self.entries.iter().filter_map(|entry| entry.row.ended).collect();
            ends.sort_unstable();
            let from = ends[count - PAST.1];
            self.entries
                .retain(|entry| entry.row.ended.is_none_or(|ended| ended >= from));
        }
    }

    /// The subjects of a pool that are warned of now.
    pub(super) fn subjects(&self, pool: &str) -> impl Iterator<Item = &Subject> {
        self.entries
            .iter()
            .filter(move |entry| entry.row.ended.is_none() && *entry.row.subject.pool == *pool)
            .map(|entry| &entry.row.subject)
    }

    /// Mutes a kind, or not any more.
    pub(super) fn mute(&mut self, kind: Kind, muted: bool) {
        if muted {
            self.muted.insert(kind);
        } else {
            self.muted.remove(&kind);
        }
    }

    /// Takes other limits. Kinds that these mute and the ones before did not are muted, and the other way round.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        let before = std::mem::replace(&mut self.limits, limits);
        for about in &KINDS {
            let muted = self.limits.muted.contains(&about.kind);
            if muted != before.muted.contains(&about.kind) {
                self.mute(about.kind, muted);
            }
        }
        for entry in &mut self.entries {
            entry.row.limit = Clean::from(self.limits.of(entry.row.kind).to_string());
        }
    }

    /// Those that came since the last time, muted ones not among them.
    pub(super) fn take_new(&mut self) -> Vec<WarningRow> {
        std::mem::take(&mut self.new)
    }

    /// What is shown: those that go on, the weightiest and oldest first, then the muted, then those that are over.
    pub(super) fn view(&self) -> WarningsView {
        let mut rows: Vec<WarningRow> = self
            .entries
            .iter()
            .map(|entry| WarningRow {
                muted: self.muted.contains(&entry.row.kind),
                ..entry.row.clone()
            })
            .collect();
        rows.sort_by(|a, b| {
            let key = |row: &WarningRow| {
                (
                    row.ended.is_some(),
                    row.muted,
                    row.kind.about().severity,
                    row.since,
                )
            };
            key(a).cmp(&key(b)).then_with(|| b.ended.cmp(&a.ended))
        });
        WarningsView {
            active: rows.iter().filter(|row| row.is_active()).count(),
            rows,
            more: self.more.iter().map(|(_, more)| more).sum(),
            muted: self.muted.iter().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(kind: Kind, task: u64) -> Raised {
        Raised {
            kind,
            subject: Subject::task("p", "g", task),
            since: Duration::from_secs(1),
            evidence: format!("task {task}"),
            times: None,
        }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_over_stays_for_a_while_and_counts_if_it_comes_back() {
        let mut list = List::default();
        list.take("p", vec![raised(Kind::SilentTask, 1)], at(2));
        assert_eq!(list.view().active, 1);
        list.take("p", Vec::new(), at(3));
        list.take("q", Vec::new(), at(4));
        let view = list.view();
        assert_eq!((view.active, view.rows[0].ended), (0, Some(at(3))));
        list.take("p", vec![raised(Kind::SilentTask, 1)], at(5));
        assert_eq!((list.view().active, list.view().rows[0].count), (1, 2));
        assert_eq!(list.take_new().len(), 2);
        list.take("p", Vec::new(), at(6));
        list.take("p", Vec::new(), at(6) + PAST.0);
        assert_eq!(list.view(), WarningsView::default());
        assert!(list.take_new().is_empty());
    }

    #[test]
    fn there_is_room_for_so_many_and_the_others_are_counted() {
        let mut list = List::default();
        let many = |from: u64| {
            (from..from + 1000)
                .map(|id| raised(Kind::SilentTask, id))
                .collect()
        };
        list.take("p", many(0), at(1));
        let view = list.view();
        assert_eq!((view.active, view.rows.len(), view.more), (8, 8, 992));
        for round in 1..100 {
            list.take("p", many(round * 1000), at(1 + round));
        }
        let view = list.view();
        assert_eq!((view.active, view.more), (8, 992));
        assert!(view.rows.len() <= 8 + PAST.1 + OF_A_KIND, "{}", view.rows.len());
        list.take("p", Vec::new(), at(200));
        assert_eq!(list.view().more, 0);
    }

    #[test]
    fn a_moment_lasts_for_a_minute_and_adds_up() {
        let mut list = List::default();
        let dropped = |times| {
            vec![Raised {
                times: Some(times),
                ..raised(Kind::FailuresDropped, 1)
            }]
        };
        list.take("p", dropped(3), at(1));
        list.take("p", Vec::new(), at(30));
        list.take("p", dropped(4), at(40));
        let view = list.view();
        assert_eq!((view.active, view.rows[0].count), (1, 7));
        list.take("p", Vec::new(), at(100));
        assert_eq!(list.view().active, 0);
    }

    #[test]
    fn muted_ones_are_listed_and_do_not_count() {
        let mut list = List::default();
        list.mute(Kind::SilentTask, true);
        let both = vec![raised(Kind::SilentTask, 1), raised(Kind::SlowTask, 1)];
        list.take("p", both, at(1));
        let view = list.view();
        assert_eq!((view.active, view.rows.len()), (1, 2));
        assert!(view.rows[1].muted && view.rows[1].kind == Kind::SilentTask);
        assert_eq!(list.take_new().len(), 1, "what is muted is not told");
        list.mute(Kind::SilentTask, false);
        assert_eq!(list.view().active, 2);
    }
}
