//! Which group without a name of one config is which of another.

use super::change::{GroupKey, group_keys};
use crate::app::config::{Config, GroupSpec, Method, PoolKind};
use std::collections::{HashMap, HashSet};

/// `new`, where each group without a name has the number of the one of `old` that it is: of those that the same method
/// makes of the same function the one with the same arguments, else one that is left, in their order. What comes on
/// top has a number that none of `old` has.
pub fn paired(old: &Config, mut new: Config) -> Config {
    for pool in &mut new.pools {
        let before = old.pools.iter().find(|before| before.name == pool.name);
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
    /// Those that nobody was found to be yet, by their numbers.
    left: Vec<(usize, &'a Method)>,
    /// The first number that none of them has.
    next: usize,
}

fn pair(old: &[GroupSpec], new: &mut [GroupSpec]) {
    let mut all: HashMap<(&str, String), Alike<'_>> = HashMap::new();
    for (key, group) in group_keys(old) {
        if let GroupKey::Unnamed(method, func, nth) = key {
            let alike = all.entry((method, func)).or_default();
            alike.left.push((nth, &group.method));
            alike.next = alike.next.max(nth + 1);
        }
    }
    for alike in all.values_mut() {
        alike.left.sort_unstable_by_key(|(nth, _)| *nth);
    }
    let mut done = HashSet::new();
    for same in [true, false] {
        for (at, group) in new.iter_mut().enumerate() {
            if group.name.is_some() || done.contains(&at) {
                continue;
            }
            let alike = all.entry((group.method.name(), group.func.clone())).or_default();
            let is = |(_, method): &(usize, &Method)| !same || **method == group.method;
            if let Some(found) = alike.left.iter().position(is) {
                group.nth = Some(alike.left.remove(found).0);
                done.insert(at);
            } else if !same {
                group.nth = Some(alike.next);
                alike.next += 1;
            }
        }
    }
}
