//! The groups of a pool: what each has started, may start, and how its tasks ended.

use super::{GroupName, States, Totals};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// A group's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct GroupKey(pub(crate) u32);

/// The call that made a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `TaskPool::apply`
    Apply,
    /// `TaskPool::map`
    Map,
    /// `TaskPool::starmap`
    Starmap,
    /// `TaskPool::doublestarmap`
    Doublestarmap,
    /// `SimpleTaskPool::start`
    Start,
}

impl Method {
    /// Its name, as it stands in default group names and in
    /// [`EventKind::GroupCreated`](super::EventKind::GroupCreated).
    ///
    /// ```
    /// # use taskpool_tui::pool::Method;
    /// assert_eq!(Method::Starmap.name(), "starmap");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Method::Apply => "apply",
            Method::Map => "map",
            Method::Starmap => "starmap",
            Method::Doublestarmap => "doublestarmap",
            Method::Start => "start",
        }
    }
}

/// Where a group's spawner is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Spawner {
    /// It may have something to start.
    Open,
    /// Its argument source has nothing ready.
    WaitingForInput,
    /// Nothing is left to start.
    Done,
}

/// A group. `G` is what the shell needs to make its tasks.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Group<G> {
    pub(crate) name: GroupName,
    pub(crate) method: Method,
    pub(crate) func: Arc<str>,
    pub(crate) num_concurrent: Option<usize>,
    pub(crate) payload: G,
    pub(crate) spawner: Spawner,
    /// How many tasks it has left to start; unknown for an iterator of unknown length.
    pub(crate) queued: Option<usize>,
    /// It stands in the line for a slot.
    pub(crate) in_line: bool,
    /// Slots given to it for which nothing has been started yet.
    pub(crate) tickets: usize,
    /// Its tasks that ended, ever.
    pub(crate) totals: Totals,
    pub(crate) skipped: u64,
    /// How its argument iterator failed.
    pub(crate) input_error: Option<Arc<str>>,
    /// What its argument source lacked, where it had no element at all.
    pub(crate) input_empty: Option<Arc<str>>,
    /// The pool still knows it by name (not so after it was cancelled).
    pub(crate) named: bool,
    /// How many groups the pool had before it.
    pub(crate) created: u64,
    /// When it was created.
    pub(crate) made: Duration,
    /// `GroupDone` was told.
    pub(crate) done: bool,
    /// Its tasks that the pool remembers.
    pub(crate) shares: Shares,
}

/// How many tasks of a group there are, by state, and in which pages of the table.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Shares {
    all: [usize; States::KINDS],
    /// By the pages' numbers.
    pages: VecDeque<(u64, [u16; States::KINDS])>,
    /// Where in `pages` a task changed last.
    recent: usize,
}

impl Shares {
    /// How many tasks are in these states.
    pub(crate) fn count(&self, states: States) -> usize {
        states.kinds().map(|kind| self.all[kind]).sum()
    }

    /// How many tasks hold a slot.
    fn holding(&self) -> usize {
        let [running, cancelling, cancelled, ..] = self.all;
        running + cancelling + cancelled
    }

    /// How many tasks in these states each page has, from this page on, of those that have some.
    pub(crate) fn counts_from(
        &self,
        from: u64,
        states: States,
    ) -> impl DoubleEndedIterator<Item = (u64, usize)> {
        let first = self.pages.partition_point(|(page, _)| *page < from);
        let pages = self.pages.range(first..).map(move |(page, counts)| {
            let here = states.kinds().map(|kind| usize::from(counts[kind])).sum();
            (*page, here)
        });
        pages.filter(|(_, here)| *here != 0)
    }

    /// The newest task is in this page, and in this state.
    pub(crate) fn add(&mut self, page: u64, kind: usize) {
        if self.pages.back().is_none_or(|(last, _)| *last != page) {
            self.pages.push_back((page, [0; States::KINDS]));
        }
        let (_, counts) = self.pages.back_mut().expect("added above");
        counts[kind] += 1;
        self.all[kind] += 1;
    }

    /// A task in this page has changed its state.
    pub(crate) fn moved(&mut self, page: u64, before: usize, after: usize) {
        self.recent = self.place(page);
        let (_, counts) = &mut self.pages[self.recent];
        counts[before] -= 1;
        counts[after] += 1;
        self.all[before] -= 1;
        self.all[after] += 1;
    }

    /// Tasks in this page were forgotten.
    pub(crate) fn remove(&mut self, page: u64, kind: usize, num: u64) {
        let place = self.place(page);
        let (_, counts) = &mut self.pages[place];
        let num = u16::try_from(num).expect("a page has fewer tasks");
        counts[kind] -= num;
        self.all[kind] -= usize::from(num);
        if *counts == [0; States::KINDS] {
            self.pages.remove(place);
        }
    }

    fn place(&self, page: u64) -> usize {
        let is_it = |place: usize| self.pages.get(place).is_some_and(|(number, _)| *number == page);
        // What happens to tasks happens to many of a page in a row, or to the newest.
        for place in [self.recent, self.pages.len().saturating_sub(1)] {
            if is_it(place) {
                return place;
            }
        }
        let place = self.pages.binary_search_by_key(&page, |(page, _)| *page);
        place.expect("a page with tasks of the group is listed")
    }
}

/// As long as nobody knows how many tasks a group has left, it gets this many slots ahead at most.
const AHEAD: usize = 64;

impl<G> Group<G> {
    /// How many of its tasks hold a slot.
    pub(crate) fn active(&self) -> usize {
        self.shares.holding()
    }

    /// Whether its tasks hold all the slots that it may have.
    pub(crate) fn is_full(&self) -> bool {
        self.num_concurrent.is_some_and(|most| self.active() >= most)
    }

    /// Whether it has, with the tickets, more slots than it may have.
    pub(crate) fn is_over(&self) -> bool {
        self.num_concurrent
            .is_some_and(|most| self.active() + self.tickets > most)
    }

    /// How many more slots it could use now.
    pub(crate) fn headroom(&self) -> usize {
        if self.spawner != Spawner::Open {
            return 0;
        }
        let left = self.queued.unwrap_or(AHEAD).saturating_sub(self.tickets);
        self.num_concurrent.map_or(left, |most| {
            left.min(most.saturating_sub(self.active() + self.tickets))
        })
    }

    pub(crate) fn is_done(&self) -> bool {
        self.spawner == Spawner::Done && self.tickets == 0 && self.active() == 0
    }
}

/// All groups, by number and by name.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Groups<G> {
    /// By number. A number is used again once its group is forgotten: by then nothing names it any more.
    slots: Vec<Option<Group<G>>>,
    free: Vec<GroupKey>,
    /// In the order of their creation.
    order: BTreeMap<u64, GroupKey>,
    created: u64,
    by_name: HashMap<GroupName, GroupKey>,
    next_index: HashMap<(Method, Arc<str>), u64>,
}

impl<G> Default for Groups<G> {
    fn default() -> Self {
        Groups {
            slots: Vec::new(),
            free: Vec::new(),
            order: BTreeMap::new(),
            created: 0,
            by_name: HashMap::new(),
            next_index: HashMap::new(),
        }
    }
}

impl<G> Groups<G> {
    /// The number that the next group will have.
    pub(crate) fn next_key(&self) -> GroupKey {
        let fresh = || u32::try_from(self.slots.len()).expect("fewer than four billion groups at once");
        self.free.last().copied().unwrap_or_else(|| GroupKey(fresh()))
    }

    pub(crate) fn insert(&mut self, mut group: Group<G>) -> GroupKey {
        let key = self.next_key();
        if self.free.pop().is_none() {
            self.slots.push(None);
        }
        group.created = self.created;
        self.created += 1;
        self.order.insert(group.created, key);
        self.by_name.insert(group.name.clone(), key);
        self.slots[key.0 as usize] = Some(group);
        key
    }

    /// The next free default name of this method and function. An index is never used twice.
    pub(crate) fn default_name(&mut self, method: Method, func: &Arc<str>) -> GroupName {
        // The seed's simple pools count all their starts, whatever the function is called.
        let index = self.next_index.entry((method, func.clone())).or_default();
        loop {
            let name = match method {
                Method::Start => format!("start-group-{index}"),
                Method::Apply | Method::Map | Method::Starmap | Method::Doublestarmap => {
                    format!("{}-{func}-group-{index}", method.name())
                }
            };
            *index += 1;
            if !self.by_name.contains_key(name.as_str()) {
                return name.into();
            }
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<GroupKey> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, key: GroupKey) -> Option<&Group<G>> {
        self.slots.get(key.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: GroupKey) -> Option<&mut Group<G>> {
        self.slots.get_mut(key.0 as usize)?.as_mut()
    }

    /// Frees the group's name; the group itself stays for its tasks.
    pub(crate) fn unname(&mut self, key: GroupKey) {
        if let Some(group) = self.slots.get_mut(key.0 as usize).and_then(Option::as_mut)
            && std::mem::take(&mut group.named)
        {
            self.by_name.remove(&group.name);
        }
    }

    pub(crate) fn remove(&mut self, key: GroupKey) -> Option<Group<G>> {
        let group = self.slots.get_mut(key.0 as usize)?.take()?;
        if group.named {
            self.by_name.remove(&group.name);
        }
        self.order.remove(&group.created);
        self.free.push(key);
        Some(group)
    }

    /// The groups that still have their name, in the order of their creation.
    pub(crate) fn named(&self) -> impl Iterator<Item = (GroupKey, &Group<G>)> {
        let groups = self
            .order
            .values()
            .filter_map(|key| Some((*key, self.get(*key)?)));
        groups.filter(|(_, group)| group.named)
    }

    /// The numbers of all groups, also of those that lost their name, in the order of their creation.
    pub(crate) fn keys(&self) -> Vec<GroupKey> {
        self.order.values().copied().collect()
    }

    pub(crate) fn named_count(&self) -> usize {
        self.by_name.len()
    }
}
