//! How much output of each task went as a whole, as far back as there is room to know it.

use super::Key;
use std::collections::{HashMap, VecDeque};
use std::mem::size_of;

/// IDs of a page. Tasks that end one after another have IDs close to each other.
const PAGE: usize = 256;

/// The most pages: 65,536 IDs, in 256 KiB.
const PAGES: usize = 256;

/// Bytes lost, by task. Its memory is bounded: the page that was begun first goes first, and then it is not
/// known any more that these tasks ever wrote anything.
#[derive(Default)]
pub(super) struct Losses {
    pages: HashMap<Key, Box<[u32; PAGE]>>,
    /// The keys of the pages, the oldest first.
    order: VecDeque<Key>,
}

impl Losses {
    pub(super) fn of(&self, key: Key) -> u64 {
        let page = self.pages.get(&page_of(key));
        page.map_or(0, |page| page[place(key)].into())
    }

    pub(super) fn add(&mut self, key: Key, lost: u64) {
        let page_key = page_of(key);
        if !self.pages.contains_key(&page_key) {
            if self.order.len() >= PAGES
                && let Some(oldest) = self.order.pop_front()
            {
                self.pages.remove(&oldest);
            }
            self.order.push_back(page_key);
        }
        let page = self.pages.entry(page_key).or_insert_with(|| Box::new([0; PAGE]));
        page[place(key)] = u32::try_from(lost).unwrap_or(u32::MAX);
    }

    /// Forgets one, and says how much it was.
    pub(super) fn take(&mut self, key: Key) -> u64 {
        let page_key = page_of(key);
        let Some(page) = self.pages.get_mut(&page_key) else {
            return 0;
        };
        let lost = std::mem::take(&mut page[place(key)]);
        if lost > 0 && page.iter().all(|&lost| lost == 0) {
            self.pages.remove(&page_key);
            self.order.retain(|other| *other != page_key);
        }
        lost.into()
    }

    /// Forgets those of a pool that `keep` does not say.
    pub(super) fn retain(&mut self, pool: u32, keep: impl Fn(u64) -> bool) {
        self.pages.retain(|&(of, page), lost| {
            if of == pool {
                for (lost, id) in lost.iter_mut().zip(page * PAGE as u64..) {
                    if *lost > 0 && !keep(id) {
                        *lost = 0;
                    }
                }
            }
            lost.iter().any(|&lost| lost > 0)
        });
        self.order.retain(|page| self.pages.contains_key(page));
    }

    /// In bytes.
    pub(super) fn memory(&self) -> usize {
        self.pages.len() * size_of::<[u32; PAGE]>()
    }
}

fn page_of((pool, id): Key) -> Key {
    (pool, id / PAGE as u64)
}

fn place((_, id): Key) -> usize {
    usize::try_from(id % PAGE as u64).expect("less than a page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_the_newest_and_takes_no_more_room() {
        let mut losses = Losses::default();
        for id in 0..1_000_000 {
            losses.add((0, id), id + 1);
            assert!(losses.memory() <= 256 * 1024);
        }
        assert_eq!(losses.pages.len(), losses.order.len());
        assert_eq!(losses.of((0, 999_999)), 1_000_000);
        assert_eq!(losses.of((0, 1_000_000 - 65_000)), 1_000_000 - 65_000 + 1);
        assert_eq!((losses.of((0, 5)), losses.of((1, 999_999))), (0, 0));
        // A task of long ago is new again.
        losses.add((0, 5), 7);
        assert_eq!(
            (losses.of((0, 5)), losses.take((0, 5)), losses.of((0, 5))),
            (7, 7, 0)
        );
        losses.retain(0, |id| id == 999_999);
        assert_eq!((losses.pages.len(), losses.order.len()), (1, 1));
        losses.retain(1, |_| false);
        assert_eq!(losses.of((0, 999_999)), 1_000_000);
        losses.take((0, 999_999));
        assert_eq!((losses.memory(), losses.order.len()), (0, 0));
    }
}
