//! The tasks that a pool remembers, by ID.
//!
//! IDs are given out in order and never again, so a task is found by arithmetic: pages of [`PAGE`] slots,
//! whole pages freed once all their tasks are forgotten. Each page counts its tasks by state, and each group
//! counts its own ([`Shares`]), so questions like "the newest 5 that run" or "rows 700,000 to 700,040 of those of
//! this group that failed" skip whole pages.

mod slot;
#[cfg(test)]
mod tests;

pub(crate) use slot::{Moment, Rare, Task, TaskMut};

use super::group::{GroupKey, Shares};
use super::{Outcome, OutcomeKind, States, TaskId, TaskState};
use slot::Slot;
use std::collections::VecDeque;
use std::time::Duration;

/// Tasks per page.
pub(crate) const PAGE: usize = 512;

/// `T` is what the shell needs to reach a task while it runs.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Page<T> {
    slots: Vec<Slot>,
    /// One for each slot, as long as one of the tasks runs.
    handles: Vec<Option<T>>,
    rare: Vec<Rare>,
    /// The arguments of the page's tasks, one after the other.
    text: String,
}

/// A page's place in the table. The counts are here, one page's beside the next one's, so that to find a row among a
/// million tasks touches none of their pages.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Place<T> {
    counts: [u16; States::KINDS],
    /// None once all its tasks are forgotten.
    page: Option<Box<Page<T>>>,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Table<T> {
    pages: VecDeque<Place<T>>,
    /// The number of the first page.
    base: u64,
    next: u64,
    counts: [usize; States::KINDS],
}

/// What [`Table::update`] did.
pub(crate) struct Change<R> {
    pub(crate) group: GroupKey,
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) result: R,
}

/// Tasks of one group that follow each other and ended alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    pub(crate) first: TaskId,
    pub(crate) last: TaskId,
    pub(crate) group: GroupKey,
    pub(crate) outcome: OutcomeKind,
}

/// The tasks of one page that were forgotten.
#[derive(Debug)]
pub(crate) struct Forgotten<T> {
    /// In order.
    pub(crate) runs: Vec<Run>,
    /// Those that failed or panicked, in order.
    pub(crate) failures: Vec<(TaskId, Outcome)>,
    pub(crate) garbage: Garbage<T>,
}

/// What is left of forgotten tasks: their page, if it is not needed any more, and what was rare about them. To be
/// dropped outside of the lock.
pub(crate) type Garbage<T> = (Option<Box<Page<T>>>, Vec<Rare>);

impl<T> Page<T> {
    /// With room for that many bytes of arguments.
    fn new(text: usize) -> Self {
        Page {
            slots: Vec::with_capacity(PAGE),
            handles: Vec::with_capacity(PAGE),
            rare: Vec::new(),
            text: String::with_capacity(text),
        }
    }
}

impl<T> Place<T> {
    fn count(&self, states: States) -> usize {
        states.kinds().map(|kind| usize::from(self.counts[kind])).sum()
    }
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
    /// Adds a running task, with the next ID.
    pub(crate) fn push(&mut self, group: GroupKey, handle: T, now: Duration, text: &str) -> TaskId {
        let id = TaskId(self.next);
        if offset(id) == 0 {
            // The arguments of the next tasks are often about as long as those of the last ones.
            let last = self.pages.back().and_then(|place| place.page.as_deref());
            let text = last.map_or(0, |page| page.text.len());
            self.pages.push_back(Place {
                counts: [0; States::KINDS],
                page: Some(Box::new(Page::new(text))),
            });
        }
        self.next += 1;
        let last = self.pages.back_mut();
        let last = last.and_then(|place| Some((&mut place.counts, place.page.as_deref_mut()?)));
        let (counts, page) = last.expect("a page that is not full is kept");
        let slot = Slot::new(group, page.text.len(), text.len(), now);
        page.text.push_str(text);
        counts[slot.kind()] += 1;
        self.counts[slot.kind()] += 1;
        page.slots.push(slot);
        page.handles.push(Some(handle));
        id
    }

    /// The ID that the next task will have.
    pub(crate) fn next_id(&self) -> TaskId {
        TaskId(self.next)
    }

    pub(crate) fn get(&self, id: TaskId) -> Option<Task<'_, T>> {
        let page = self.at(page(id))?;
        let slot = page.slots.get(offset(id)).filter(|slot| !slot.is_gone())?;
        Some(Task {
            slot,
            page,
            #[cfg(test)]
            handle: page.handles.get(offset(id)).and_then(Option::as_ref),
        })
    }

    /// Changes a task and keeps the counts right.
    pub(crate) fn update<R>(
        &mut self,
        id: TaskId,
        change: impl FnOnce(&mut TaskMut<'_, T>) -> R,
    ) -> Option<Change<R>> {
        let index = self.page_index(page(id))?;
        let Place { counts, page } = self.pages.get_mut(index)?;
        let page = page.as_deref_mut()?;
        let slot = page.slots.get_mut(offset(id)).filter(|slot| !slot.is_gone())?;
        let (group, before) = (slot.group(), slot.kind());
        let mut task = TaskMut {
            slot,
            handle: page.handles.get_mut(offset(id)),
            rare: &mut page.rare,
        };
        let result = change(&mut task);
        let after = task.slot.kind();
        if before != after {
            counts[before] -= 1;
            counts[after] += 1;
            self.counts[before] -= 1;
            self.counts[after] += 1;
            let [running, cancelling, ..] = *counts;
            if page.slots.len() == PAGE && running + cancelling == 0 {
                page.handles = Vec::new(); // all of them are empty
            }
        }
        Some(Change {
            group,
            before,
            after,
            result,
        })
    }

    /// Forgets the tasks of a page that have settled and left running before this flush.
    pub(crate) fn forget(&mut self, number: u64, limit: u32) -> Option<Forgotten<T>> {
        let index = self.page_index(number)?;
        let place = self.pages.get_mut(index)?;
        if place.count(States::of(TaskState::Ended)) == 0 {
            return None;
        }
        let page = place.page.as_deref_mut()?;
        let (mut runs, mut failures, mut rare) = (Vec::<Run>::new(), Vec::new(), Vec::new());
        for (id, slot) in (number * PAGE as u64..).map(TaskId).zip(&mut page.slots) {
            if !slot.is_over(limit) {
                continue;
            }
            let (kind, outcome) = (slot.kind(), States::outcome(slot.kind()));
            let kept = slot.rare().and_then(|at| page.rare.get_mut(at));
            let kept = kept.map(std::mem::take);
            if matches!(outcome, OutcomeKind::Failed | OutcomeKind::Panicked)
                && let Some(full) = kept.as_ref().and_then(|rare| rare.outcome.clone())
            {
                failures.push((id, full));
            }
            rare.extend(kept);
            let alike =
                |run: &&mut Run| (run.group, run.outcome, run.last.0 + 1) == (slot.group(), outcome, id.0);
            match runs.last_mut().filter(alike) {
                Some(run) => run.last = id,
                None => runs.push(Run {
                    first: id,
                    last: id,
                    group: slot.group(),
                    outcome,
                }),
            }
            slot.forget();
            place.counts[kind] -= 1;
            self.counts[kind] -= 1;
        }
        let whole = page.slots.len() == PAGE && place.count(States::ALL) == 0;
        let page = if whole { place.page.take() } else { None };
        while self.pages.front().is_some_and(|place| place.page.is_none()) {
            self.pages.pop_front();
            self.base += 1;
        }
        Some(Forgotten {
            runs,
            failures,
            garbage: (page, rare),
        })
    }

    /// The pages that there are, from this one on.
    pub(crate) fn pages_from(&self, first: u64) -> std::ops::Range<u64> {
        first.max(self.base)..self.base + self.pages.len() as u64
    }

    /// How many tasks are in these states.
    pub(crate) fn count(&self, states: States) -> usize {
        states.kinds().map(|kind| self.counts[kind]).sum()
    }

    /// Up to `max` tasks in these states, newest first.
    pub(crate) fn newest(&self, states: States, max: usize) -> Vec<TaskId> {
        let mut found = Vec::with_capacity(max.min(self.count(states)));
        for (number, page, _) in self.parts(None, states).rev() {
            found.extend(ids(number, page, None, states).rev().take(max - found.len()));
            if found.len() == max {
                break;
            }
        }
        found
    }

    /// Up to `max` tasks in these states, oldest first, from the `skip`th on; all of them, or those of one group.
    pub(crate) fn select(&self, of: Of<'_>, states: States, mut skip: usize, max: usize) -> Vec<TaskId> {
        let mut found = Vec::with_capacity(max.min(PAGE));
        for (number, page, here) in self.parts(of, states) {
            if let Some(rest) = skip.checked_sub(here) {
                skip = rest;
                continue;
            }
            let rest = ids(number, page, of, states).skip(skip);
            found.extend(rest.take(max - found.len()));
            skip = 0;
            if found.len() == max {
                break;
            }
        }
        found
    }

    /// How many of these tasks are older than this one.
    pub(crate) fn rank(&self, of: Of<'_>, states: States, id: TaskId) -> usize {
        let mut older = 0;
        for (number, found, here) in self.parts(of, states) {
            if number >= page(id) {
                let same = ids(number, found, of, states);
                return older + same.take_while(|other| *other < id).count();
            }
            older += here;
        }
        older
    }

    /// The tasks of the first page from `from` on that has any, and where the next page begins.
    pub(crate) fn page_from(&self, from: TaskId) -> Option<(TaskId, impl Iterator<Item = TaskId>)> {
        let (number, page, _) = self.parts_from(None, States::ALL, page(from)).next()?;
        let next = TaskId((number + 1) * PAGE as u64);
        Some((
            next,
            ids(number, page, None, States::ALL).filter(move |id| *id >= from),
        ))
    }

    /// These tasks, of the first page from this one on that has some; and that page's number.
    pub(crate) fn page_of(&self, of: Of<'_>, states: States, from: u64) -> Option<(u64, Vec<TaskId>)> {
        let (number, page, _) = self.parts_from(of, states, from).next()?;
        Some((number, ids(number, page, of, states).collect()))
    }

    fn parts<'a>(&'a self, of: Of<'a>, states: States) -> Parts<'a, T> {
        self.parts_from(of, states, 0)
    }

    /// The pages, from this one on, that have some of these tasks: their numbers, and how many.
    fn parts_from<'a>(&'a self, of: Of<'a>, states: States, from: u64) -> Parts<'a, T> {
        match of {
            None => Box::new(self.pages_from(from).filter_map(move |number| {
                let place = self.place(number)?;
                let here = place.count(states);
                (here != 0).then_some((number, place.page.as_deref()?, here))
            })),
            Some((_, shares)) => Box::new(
                shares
                    .counts_from(from, states)
                    .filter_map(move |(number, here)| Some((number, self.at(number)?, here))),
            ),
        }
    }

    fn place(&self, number: u64) -> Option<&Place<T>> {
        self.pages.get(self.page_index(number)?)
    }

    fn at(&self, number: u64) -> Option<&Page<T>> {
        self.place(number)?.page.as_deref()
    }

    fn page_index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.base)?).ok()
    }
}

/// Whose tasks a question is about: everybody's, or a group's.
pub(crate) type Of<'a> = Option<(GroupKey, &'a Shares)>;

/// A page: its number, itself, and how many of the tasks in question it has.
type Part<'a, T> = (u64, &'a Page<T>, usize);

type Parts<'a, T> = Box<dyn DoubleEndedIterator<Item = Part<'a, T>> + 'a>;

/// The number of the page that a task is in.
pub(crate) fn page(id: TaskId) -> u64 {
    id.0 / PAGE as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below PAGE")]
fn offset(id: TaskId) -> usize {
    (id.0 % PAGE as u64) as usize
}

fn ids<T>(
    number: u64,
    page: &Page<T>,
    of: Of<'_>,
    states: States,
) -> impl DoubleEndedIterator<Item = TaskId> {
    let key = of.map(|(key, _)| key);
    let fits = move |slot: &Slot| {
        !slot.is_gone() && states.has(slot.kind()) && key.is_none_or(|key| key == slot.group())
    };
    let slots = page.slots.iter().enumerate().filter(move |(_, slot)| fits(slot));
    slots.map(move |(at, _)| TaskId(number * PAGE as u64 + at as u64))
}
