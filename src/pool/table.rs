//! The tasks that a pool remembers, by ID.
//!
//! IDs are given out in order and never again, so a task is found by arithmetic: pages of [`PAGE`] slots,
//! whole pages freed once all their tasks are forgotten. Each page counts its tasks by state, so questions
//! like "the newest 5 that run" or "rows 700,000 to 700,040 of those that failed" skip whole pages.

use super::group::GroupKey;
use super::{Outcome, OutcomeKind, States, TaskId, TaskState};
use std::collections::VecDeque;
use std::time::Duration;

/// Tasks per page.
pub(crate) const PAGE: usize = 512;

/// A remembered task. `T` is what the shell needs to reach it while it runs.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Slot<T> {
    pub(crate) state: TaskState,
    /// How it ended; until then meaningless.
    pub(crate) outcome: OutcomeKind,
    /// Its callbacks have returned too.
    pub(crate) settled: bool,
    text_len: u16,
    text_start: u32,
    pub(crate) group: GroupKey,
    started: u64,
    ended: u64,
    /// The sequence number at which it left running.
    pub(crate) left: u64,
    pub(crate) handle: Option<T>,
    pub(crate) rare: Option<Box<Rare>>,
}

/// What only some tasks have.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Rare {
    pub(crate) asked: Option<Duration>,
    pub(crate) cancelled: Option<Duration>,
    pub(crate) settled: Option<Duration>,
    /// Every outcome but a plain completion.
    pub(crate) outcome: Option<Outcome>,
}

impl<T> Slot<T> {
    pub(crate) fn new(group: GroupKey, handle: T, now: Duration) -> Self {
        Slot {
            state: TaskState::Running,
            outcome: OutcomeKind::Completed,
            settled: false,
            text_len: 0,
            text_start: 0,
            group,
            started: nanos(now),
            ended: 0,
            left: 0,
            handle: Some(handle),
            rare: None,
        }
    }

    pub(crate) fn started(&self) -> Duration {
        Duration::from_nanos(self.started)
    }

    pub(crate) fn ended(&self) -> Option<Duration> {
        (self.state == TaskState::Ended).then_some(Duration::from_nanos(self.ended))
    }

    pub(crate) fn end(&mut self, now: Duration) {
        self.state = TaskState::Ended;
        self.ended = nanos(now);
    }

    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// How it ended, once that is known.
    pub(crate) fn full_outcome(&self) -> Option<Outcome> {
        match self.state {
            TaskState::Running | TaskState::Cancelling => None,
            TaskState::Cancelled | TaskState::Ended => {
                let kept = self.rare.as_ref().and_then(|rare| rare.outcome.clone());
                Some(kept.unwrap_or(Outcome::Completed))
            }
        }
    }

    fn kind(&self) -> usize {
        States::index(self.state, self.outcome)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) // 584 years
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Page<T> {
    slots: Vec<Option<Slot<T>>>,
    counts: [u16; States::KINDS],
    /// The arguments of the page's tasks, one after the other.
    text: String,
}

impl<T> Page<T> {
    fn count(&self, states: States) -> usize {
        states.kinds().map(|kind| usize::from(self.counts[kind])).sum()
    }
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Table<T> {
    pages: VecDeque<Option<Box<Page<T>>>>,
    /// The number of the first page.
    base: u64,
    next: u64,
    counts: [usize; States::KINDS],
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            pages: VecDeque::new(),
            base: 0,
            next: 0,
            counts: [0; States::KINDS],
        }
    }
}

impl<T> Table<T> {
    /// Adds a task, with the next ID.
    pub(crate) fn push(&mut self, mut slot: Slot<T>, text: &str) -> TaskId {
        let id = TaskId(self.next);
        if offset(id) == 0 {
            let slots = Vec::with_capacity(PAGE);
            let page = Page {
                slots,
                counts: [0; States::KINDS],
                text: String::new(),
            };
            self.pages.push_back(Some(Box::new(page)));
        }
        self.next += 1;
        let last = self.pages.back_mut().and_then(Option::as_deref_mut);
        let page = last.expect("a page that is not full is kept");
        slot.text_start = u32::try_from(page.text.len()).expect("PAGE short texts fit");
        slot.text_len = u16::try_from(text.len()).expect("the text is short");
        page.text.push_str(text);
        page.counts[slot.kind()] += 1;
        self.counts[slot.kind()] += 1;
        page.slots.push(Some(slot));
        id
    }

    /// The ID that the next task will have.
    pub(crate) fn next_id(&self) -> TaskId {
        TaskId(self.next)
    }

    pub(crate) fn get(&self, id: TaskId) -> Option<&Slot<T>> {
        self.page(id)?.slots.get(offset(id))?.as_ref()
    }

    /// The task's arguments as text.
    pub(crate) fn text(&self, id: TaskId) -> &str {
        let found = self.get(id).zip(self.page(id));
        found.map_or("", |(slot, page)| {
            &page.text[slot.text_start as usize..][..usize::from(slot.text_len)]
        })
    }

    /// Changes a task and keeps the counts right.
    pub(crate) fn update<R>(&mut self, id: TaskId, change: impl FnOnce(&mut Slot<T>) -> R) -> Option<R> {
        let index = self.page_index(id)?;
        let page = self.pages.get_mut(index)?.as_deref_mut()?;
        let slot = page.slots.get_mut(offset(id))?.as_mut()?;
        let before = slot.kind();
        let result = change(slot);
        let after = slot.kind();
        page.counts[before] -= 1;
        page.counts[after] += 1;
        self.counts[before] -= 1;
        self.counts[after] += 1;
        Some(result)
    }

    /// Forgets a task.
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Slot<T>> {
        let index = self.page_index(id)?;
        let page = self.pages.get_mut(index)?.as_deref_mut()?;
        let slot = page.slots.get_mut(offset(id))?.take()?;
        page.counts[slot.kind()] -= 1;
        self.counts[slot.kind()] -= 1;
        if page.count(States::ALL) == 0 && (page.slots.len() == PAGE) {
            self.pages[index] = None;
            while matches!(self.pages.front(), Some(None)) {
                self.pages.pop_front();
                self.base += 1;
            }
        }
        Some(slot)
    }

    /// How many tasks are in these states.
    pub(crate) fn count(&self, states: States) -> usize {
        states.kinds().map(|kind| self.counts[kind]).sum()
    }

    /// Up to `max` tasks in these states, newest first.
    pub(crate) fn newest(&self, states: States, max: usize) -> Vec<TaskId> {
        let pages = self.numbered().rev().filter(|(_, page)| page.count(states) != 0);
        pages
            .flat_map(|(number, page)| ids(number, page, states).rev())
            .take(max)
            .collect()
    }

    /// All tasks in these states, oldest first.
    pub(crate) fn oldest(&self, states: States) -> impl Iterator<Item = TaskId> {
        let pages = self.numbered().filter(move |(_, page)| page.count(states) != 0);
        pages.flat_map(move |(number, page)| ids(number, page, states))
    }

    /// Up to `max` tasks in these states, oldest first, from the `skip`th on.
    pub(crate) fn select(&self, states: States, mut skip: usize, max: usize) -> Vec<TaskId> {
        let mut found = Vec::with_capacity(max.min(PAGE));
        for (number, page) in self.numbered() {
            let here = page.count(states);
            if let Some(rest) = skip.checked_sub(here) {
                skip = rest;
                continue;
            }
            found.extend(ids(number, page, states).skip(skip).take(max - found.len()));
            skip = 0;
            if found.len() == max {
                break;
            }
        }
        found
    }

    /// How many tasks in these states are older than this one.
    pub(crate) fn rank(&self, states: States, id: TaskId) -> usize {
        let before = self.numbered().take_while(|(number, _)| *number < page(id));
        let pages: usize = before.map(|(_, page)| page.count(states)).sum();
        let same = self.page(id).map_or(0, |found| {
            ids(page(id), found, states)
                .take_while(|other| *other < id)
                .count()
        });
        pages + same
    }

    /// The pages from the one of `from` on that have tasks: of each, the IDs of those in these states.
    pub(crate) fn pages_from(
        &self,
        from: TaskId,
        states: States,
    ) -> impl Iterator<Item = (TaskId, Vec<TaskId>)> {
        let pages = self
            .numbered()
            .skip_while(move |(number, _)| *number < page(from));
        pages.map(move |(number, page)| {
            (
                TaskId((number + 1) * PAGE as u64),
                ids(number, page, states).collect(),
            )
        })
    }

    fn numbered(&self) -> impl DoubleEndedIterator<Item = (u64, &Page<T>)> {
        let base = self.base;
        let numbered = self.pages.iter().enumerate();
        numbered.filter_map(move |(i, page)| Some((base + i as u64, page.as_deref()?)))
    }

    fn page_index(&self, id: TaskId) -> Option<usize> {
        usize::try_from(page(id).checked_sub(self.base)?).ok()
    }

    fn page(&self, id: TaskId) -> Option<&Page<T>> {
        self.pages.get(self.page_index(id)?)?.as_deref()
    }
}

fn page(id: TaskId) -> u64 {
    id.0 / PAGE as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below PAGE")]
fn offset(id: TaskId) -> usize {
    (id.0 % PAGE as u64) as usize
}

fn ids<T>(number: u64, page: &Page<T>, states: States) -> impl DoubleEndedIterator<Item = TaskId> {
    let slots = page.slots.iter().enumerate();
    let fits = move |slot: &Option<Slot<T>>| slot.as_ref().is_some_and(|slot| states.has(slot.kind()));
    slots
        .filter(move |(_, slot)| fits(slot))
        .map(move |(i, _)| TaskId(number * PAGE as u64 + i as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: u64) -> Table<()> {
        let mut table = Table::default();
        for i in 0..n {
            let id = table.push(Slot::new(GroupKey(0), (), Duration::ZERO), &i.to_string());
            assert_eq!(id, TaskId(i));
        }
        table
    }

    fn end(table: &mut Table<()>, id: u64) {
        table.update(TaskId(id), |slot| slot.end(Duration::ZERO)).unwrap();
    }

    #[test]
    fn finds_by_id_rank_and_state_across_pages() {
        let mut table = filled(2000);
        for id in (0..2000).filter(|id| id % 3 == 0) {
            end(&mut table, id);
        }
        let running = States::of(TaskState::Running);
        let naive: Vec<TaskId> = (0..2000).filter(|id| id % 3 != 0).map(TaskId).collect();
        assert_eq!(table.count(running), naive.len());
        assert_eq!(table.oldest(running).collect::<Vec<_>>(), naive);
        assert_eq!(
            table.newest(running, 700),
            naive.iter().rev().take(700).copied().collect::<Vec<_>>()
        );
        for skip in [0, 1, 339, 341, 342, 1000, 1330, 1400] {
            assert_eq!(
                table.select(running, skip, 5),
                naive.iter().skip(skip).take(5).copied().collect::<Vec<_>>()
            );
        }
        for id in [0, 1, 511, 512, 513, 1999] {
            assert_eq!(
                table.rank(running, TaskId(id)),
                naive.iter().filter(|n| n.0 < id).count()
            );
        }
        assert_eq!(table.text(TaskId(1234)), "1234");
    }

    #[test]
    fn whole_pages_are_given_back_and_ids_go_on() {
        let mut table = filled(1025);
        for id in 0..1024 {
            end(&mut table, id);
            assert!(table.remove(TaskId(id)).is_some());
            assert!(table.remove(TaskId(id)).is_none());
        }
        assert_eq!(table.pages.len(), 1);
        assert_eq!(table.get(TaskId(1023)).map(|slot| slot.state), None);
        assert!(table.get(TaskId(1024)).is_some());
        end(&mut table, 1024);
        table.remove(TaskId(1024));
        let id = table.push(Slot::new(GroupKey(0), (), Duration::ZERO), "");
        assert_eq!(id, TaskId(1025));
        assert_eq!(table.select(States::ALL, 0, 9), [TaskId(1025)]);
    }

    #[test]
    fn a_table_emptied_at_a_page_border_starts_again_there() {
        let mut table = filled(512);
        for id in 0..512 {
            end(&mut table, id);
            table.remove(TaskId(id));
        }
        assert!(table.pages.is_empty());
        assert_eq!(
            table.push(Slot::new(GroupKey(0), (), Duration::ZERO), "x"),
            TaskId(512)
        );
        assert_eq!(table.text(TaskId(512)), "x");
        assert_eq!(table.rank(States::ALL, TaskId(512)), 0);
    }
}
