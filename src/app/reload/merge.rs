//! The config that counts once changes are applied.

use super::change::{Change, GroupKey, Part, What, group_keys};
use crate::app::config::{Config, FuncSpec, GroupSpec, PoolKind, PoolSpec};
use std::collections::{HashMap, HashSet};

/// `new`, but for those of these changes that do not count before the next start: there it says what `old` says.
/// [`diff`](super::diff()) finds nothing but these between it and `new`.
pub fn merge(old: &Config, new: &Config, changes: &[Change]) -> Config {
    let mut merged = new.clone();
    let later = || changes.iter().filter(|change| !change.when.applies());
    keep_all(&mut merged, old, later());
    if later().any(|change| change.part == Part::Output) {
        merged.output = old.output.clone();
    }
    let known: HashSet<&str> = merged.funcs.iter().map(|func| func.name.as_str()).collect();
    let used = used(&merged);
    let is_missing = |name: &str| !known.contains(name) && used.contains(name);
    let missing = old.funcs.iter().filter(|func| is_missing(&func.name));
    let missing: Vec<FuncSpec> = missing.cloned().collect();
    merged.funcs.extend(missing);
    merged
}

/// The functions that pools and groups name.
fn used(config: &Config) -> HashSet<&str> {
    let mut names = HashSet::new();
    for pool in &config.pools {
        names.extend(pool.end_callback.as_deref());
        names.extend(pool.cancel_callback.as_deref());
        match &pool.kind {
            PoolKind::Simple { func, .. } => names.extend([func.as_str()]),
            PoolKind::Task { groups } => {
                for group in groups {
                    names.extend([group.func.as_str()]);
                    names.extend(group.end_callback.as_deref());
                    names.extend(group.cancel_callback.as_deref());
                }
            }
        }
    }
    names
}

/// In a config that says what `merge` made of `old`, lets the pools be what `old` says wherever these changes are about
/// them: they were refused, and are found again by the next reading.
pub(in crate::app) fn take_back<'a>(
    merged: &mut Config,
    old: &Config,
    refused: impl Iterator<Item = &'a Change>,
) {
    keep_all(merged, old, refused);
}

/// Lets pools be what they were before in these respects.
fn keep_all<'a>(merged: &mut Config, old: &Config, changes: impl Iterator<Item = &'a Change>) {
    let mut of_pools: Vec<(&str, Vec<&What>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for change in changes {
        let Part::Pool(name) = &change.part else { continue };
        let place = *places.entry(name).or_insert(of_pools.len());
        if place == of_pools.len() {
            of_pools.push((name, Vec::new()));
        }
        of_pools[place].1.push(&change.what);
    }
    let before: HashMap<&str, &PoolSpec> = old.pools.iter().map(|pool| (pool.name.as_str(), pool)).collect();
    let names = merged.pools.iter().enumerate();
    let now: HashMap<String, usize> = names.map(|(at, pool)| (pool.name.clone(), at)).collect();
    let mut new = HashSet::new();
    for (name, whats) in of_pools {
        let before = before.get(name).copied();
        match (now.get(name), before) {
            (Some(at), _) if whats.contains(&&What::NewPool) => {
                new.insert(*at);
            }
            (Some(at), _) => keep(&mut merged.pools[*at], before, &whats),
            (None, Some(before)) if whats.contains(&&What::PoolGone) => merged.pools.push(before.clone()),
            (None, _) => {}
        }
    }
    let mut at = 0..;
    merged
        .pools
        .retain(|_| at.next().is_none_or(|at| !new.contains(&at)));
}

/// Lets a pool be what it was before in these respects.
fn keep(pool: &mut PoolSpec, before: Option<&PoolSpec>, whats: &[&What]) {
    let places: HashMap<GroupKey, usize> = match &pool.kind {
        PoolKind::Simple { .. } => HashMap::new(),
        PoolKind::Task { groups } => group_keys(groups)
            .into_iter()
            .enumerate()
            .map(|(at, (key, _))| (key, at))
            .collect(),
    };
    let old: HashMap<GroupKey, &GroupSpec> = match before.map(|before| &before.kind) {
        Some(PoolKind::Task { groups }) => group_keys(groups).into_iter().collect(),
        Some(PoolKind::Simple { .. }) | None => HashMap::new(),
    };
    let (mut new, mut gone) = (HashSet::<usize>::new(), Vec::new());
    for what in whats {
        match what {
            What::NewGroup(key) => new.extend(places.get(key)),
            What::GroupGone(key) => {
                let nth = match key {
                    GroupKey::Named(_) => None,
                    GroupKey::Unnamed(_, _, nth) => Some(*nth),
                };
                gone.extend(old.get(key).map(|group| GroupSpec {
                    nth,
                    ..(*group).clone()
                }));
            }
            What::Func(Some(key))
            | What::Args(Some(key))
            | What::EndCallback(Some(key))
            | What::CancelCallback(Some(key))
            | What::NumConcurrent(key)
            | What::Autostart(key) => {
                if let (Some(at), Some(old), PoolKind::Task { groups }) =
                    (places.get(key), old.get(key), &mut pool.kind)
                {
                    keep_group(&mut groups[*at], old, what);
                }
            }
            _ => {
                if let Some(before) = before {
                    keep_pool(pool, before, what);
                }
            }
        }
    }
    if let PoolKind::Task { groups } = &mut pool.kind {
        let mut at = 0..;
        groups.retain(|_| at.next().is_none_or(|at| !new.contains(&at)));
        groups.extend(gone);
    }
}

/// Lets a pool be what it was before in a respect that is not one of its groups'.
fn keep_pool(pool: &mut PoolSpec, before: &PoolSpec, what: &What) {
    match what {
        What::Kind => {
            pool.kind = before.kind.clone();
            pool.end_callback.clone_from(&before.end_callback);
            pool.cancel_callback.clone_from(&before.cancel_callback);
        }
        What::Size => pool.pool_size = before.pool_size,
        What::EndCallback(None) => pool.end_callback.clone_from(&before.end_callback),
        What::CancelCallback(None) => pool.cancel_callback.clone_from(&before.cancel_callback),
        What::Start | What::Func(None) | What::Args(None) => keep_simple(pool, before, what),
        _ => {}
    }
}

fn keep_simple(pool: &mut PoolSpec, before: &PoolSpec, what: &What) {
    let (
        PoolKind::Simple { func, args, start },
        PoolKind::Simple {
            func: old_func,
            args: old_args,
            start: old_start,
        },
    ) = (&mut pool.kind, &before.kind)
    else {
        return;
    };
    match what {
        What::Start => *start = *old_start,
        What::Func(_) => func.clone_from(old_func),
        What::Args(_) => args.clone_from(old_args),
        _ => {}
    }
}

fn keep_group(group: &mut GroupSpec, old: &GroupSpec, what: &What) {
    match what {
        What::Func(_) => group.func.clone_from(&old.func),
        What::Args(_) => {
            if group.method.name() != old.method.name() {
                group.num_concurrent = old.num_concurrent;
            }
            group.method.clone_from(&old.method);
        }
        What::EndCallback(_) => group.end_callback.clone_from(&old.end_callback),
        What::CancelCallback(_) => group.cancel_callback.clone_from(&old.cancel_callback),
        What::NumConcurrent(_) => group.num_concurrent = old.num_concurrent,
        What::Autostart(_) => group.autostart = old.autostart,
        _ => {}
    }
}
