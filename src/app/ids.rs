//! Sets of task IDs, kept as ranges: a million neighbours cost as much as one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A set of task IDs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ids(
    /// The first and the last of each range, in order; between two ranges something is missing.
    Vec<(u64, u64)>,
);

impl Ids {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let len: u64 = self.0.iter().map(|(first, last)| last - first + 1).sum();
        usize::try_from(len).unwrap_or(usize::MAX)
    }

    /// In how many ranges they are kept: what they cost.
    pub fn ranges(&self) -> usize {
        self.0.len()
    }

    /// Whether this one is among them.
    pub fn contains(&self, id: u64) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < id);
        self.0.get(at).is_some_and(|(first, _)| *first <= id)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Adds one.
    pub fn insert(&mut self, id: u64) {
        let at = self.0.partition_point(|(_, last)| last.saturating_add(1) < id);
        let Some(range) = self
            .0
            .get_mut(at)
            .filter(|(first, _)| *first <= id.saturating_add(1))
        else {
            self.0.insert(at, (id, id));
            return;
        };
        *range = (range.0.min(id), range.1.max(id));
        let last = range.1;
        // It may have closed the gap to the next one.
        if let Some(next) = self.0.get(at + 1).copied()
            && next.0 == last.saturating_add(1)
        {
            self.0[at].1 = next.1;
            self.0.remove(at + 1);
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, id: u64) {
        let at = self.0.partition_point(|(_, last)| *last < id);
        let Some(&(first, last)) = self.0.get(at).filter(|(first, _)| *first <= id) else {
            return;
        };
        let rest = [(first, id.wrapping_sub(1)), (id.saturating_add(1), last)];
        let keep = [first < id, id < last];
        let rest = rest.into_iter().zip(keep).filter(|(_, keep)| *keep);
        self.0.splice(at..=at, rest.map(|(range, _)| range));
    }

    /// Those of both.
    #[must_use]
    pub fn with(&self, others: &Ids) -> Ids {
        let (mut here, mut there) = (self.0.iter().peekable(), others.0.iter().peekable());
        let mut all: Vec<(u64, u64)> = Vec::with_capacity(self.0.len().max(others.0.len()));
        loop {
            let first = match (here.peek(), there.peek()) {
                (Some(a), Some(b)) if b.0 < a.0 => there.next(),
                (Some(_), _) => here.next(),
                (None, _) => there.next(),
            };
            let Some(&(first, last)) = first else {
                return Ids(all);
            };
            match all.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => all.push((first, last)),
            }
        }
    }

    /// Those that are not among the others.
    #[must_use]
    pub fn without(&self, others: &Ids) -> Ids {
        let mut rest = Vec::new();
        let mut at = 0;
        for &(first, last) in &self.0 {
            let mut from = Some(first);
            while others.0.get(at).is_some_and(|other| other.1 < first) {
                at += 1;
            }
            for &(start, end) in others.0[at..].iter().take_while(|other| other.0 <= last) {
                if let Some(first) = from.filter(|first| *first < start) {
                    rest.push((first, start - 1));
                }
                from = end.checked_add(1);
            }
            if let Some(first) = from.filter(|first| *first <= last) {
                rest.push((first, last));
            }
        }
        Ids(rest)
    }

    /// Those that are among the others, too.
    #[must_use]
    pub fn within(&self, others: &Ids) -> Ids {
        self.without(&self.without(others))
    }
}

impl FromIterator<u64> for Ids {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Ids {
        let mut all = Ids::default();
        for id in ids {
            all.insert(id);
        }
        all
    }
}

/// How many IDs are named.
const NAMED: usize = 8;

impl fmt::Display for Ids {
    /// The first few of them, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, id) in self.iter().take(NAMED).enumerate() {
            write!(f, "{}{id}", if i == 0 { "" } else { " " })?;
        }
        match self.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " +{more}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn ids(set: &BTreeSet<u64>) -> Ids {
        let all: Ids = set.iter().rev().copied().collect();
        assert!(all.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{all:?}");
        all
    }

    proptest! {
        #[test]
        fn they_are_what_a_set_is(a in btree_set(0_u64..40, 0..30), b in btree_set(0_u64..40, 0..30), id in 0_u64..40) {
            let (x, y) = (ids(&a), ids(&b));
            prop_assert_eq!(x.iter().collect::<BTreeSet<_>>(), a.clone());
            prop_assert_eq!(x.len(), a.len());
            prop_assert_eq!(x.contains(id), a.contains(&id));
            prop_assert_eq!(x.with(&y), ids(&a.union(&b).copied().collect()));
            prop_assert_eq!(x.without(&y), ids(&a.difference(&b).copied().collect()));
            prop_assert_eq!(x.within(&y), ids(&a.intersection(&b).copied().collect()));
            let (mut less, mut set) = (x.clone(), a.clone());
            less.remove(id);
            set.remove(&id);
            prop_assert_eq!(less, ids(&set));
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_no_trouble() {
        let mut all: Ids = [0, u64::MAX, u64::MAX - 1, 1].into_iter().collect();
        assert_eq!(all.to_string(), format!("0 1 {} {}", u64::MAX - 1, u64::MAX));
        all.remove(0);
        all.remove(u64::MAX);
        assert_eq!(all.to_string(), format!("1 {}", u64::MAX - 1));
        assert_eq!((0..100).collect::<Ids>().to_string(), "0 1 2 3 4 5 6 7 +92");
        assert_eq!((0..1_000_000).collect::<Ids>().0.len(), 1);
    }
}
