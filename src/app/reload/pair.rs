//! Which group without a name of one config is which of another.

use super::change::{GroupKey, group_keys};
use crate::app::config::{Config, GroupSpec, Method, PoolKind, PoolSpec};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// `new`, where each group without a name has the number of the one of `old` that it is: of those that the same method
/// makes of the same function the one with the same arguments, else one that is left, in their order. What comes on
/// top has a number that none of `old` has.
pub fn paired(old: &Config, mut new: Config) -> Config {
    let by_name: HashMap<&str, &PoolSpec> = old.pools.iter().map(|pool| (pool.name.as_str(), pool)).collect();
    for pool in &mut new.pools {
        let before = by_name.get(pool.name.as_str());
        let before: &[GroupSpec] = match before.map(|before| &before.kind) {
            Some(PoolKind::Task { groups }) => groups,
            Some(PoolKind::Simple { .. }) | None => &[],
        };
        if let PoolKind::Task { groups } = &mut pool.kind {
            pair(before, groups);
        }
    }
    new
}

/// Those without a name of one config that one method makes of one function.
#[derive(Default)]
struct Alike<'a> {
    /// The numbers of those that nobody was found to be yet.
    left: BTreeSet<usize>,
    /// The same by what they are called with.
    same: HashMap<&'a Method, VecDeque<usize>>,
    /// The first number that none of them has.
    next: usize,
}

fn pair(old: &[GroupSpec], new: &mut [GroupSpec]) {
    let mut numbers: Vec<(&str, String, usize, &Method)> = Vec::new();
    for (key, group) in group_keys(old) {
        if let GroupKey::Unnamed(method, func, nth) = key {
            numbers.push((method, func, nth, &group.method));
        }
    }
    numbers.sort_by_key(|(_, _, nth, _)| *nth);
    let mut all: HashMap<(&str, String), Alike<'_>> = HashMap::new();
    for (method, func, nth, args) in numbers {
        let alike = all.entry((method, func)).or_default();
        alike.left.insert(nth);
        alike.same.entry(args).or_default().push_back(nth);
        alike.next = nth + 1;
    }
    let mut others = Vec::new();
    for (at, group) in new
        .iter_mut()
        .enumerate()
        .filter(|(_, group)| group.name.is_none())
    {
        let alike = all.entry((group.method.name(), group.func.clone())).or_default();
        group.nth = alike.same.get_mut(&group.method).and_then(VecDeque::pop_front);
        match group.nth {
            Some(nth) => {
                alike.left.remove(&nth);
            }
            None => others.push(at),
        }
    }
    for at in others {
        let group = &mut new[at];
        let alike = all.entry((group.method.name(), group.func.clone())).or_default();
        group.nth = alike.left.pop_first().or_else(|| {
            alike.next += 1;
            Some(alike.next - 1)
        });
    }
}
