//! Applying changes to live pools.

use super::super::make::{Make, hold};
use super::super::{AnyPool, Groups, Member, Session, Spec, lock, patience};
use super::Shown;
use crate::app::config::{Config, FuncSpec, GroupSpec, PoolKind, PoolSpec};
use crate::app::reload::{Change, GroupKey, Part, What, When, group_keys, merge, take_back};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Those changes that were refused, by their places in the list, and why.
type Refused = Vec<(usize, String)>;

impl Session {
    /// Applies what was shown, and says what of it was refused: those changes come again with the next reading.
    pub(super) fn apply(&self, shown: &Shown) -> Refused {
        let mut refused = self.started_since(shown);
        let shown = &shown.without(&refused);
        let mut next = merge(&shown.base, &shown.loaded.config, &shown.changes);
        *lock(&self.config) = Arc::new(next.clone());
        let make = self.make();
        let of_pools = shown.of_pools();
        let bases = shown.base.pools.iter();
        let bases: HashMap<&str, &PoolSpec> = bases.map(|pool| (pool.name.as_str(), pool)).collect();
        let members: HashMap<&str, &Member> = self.members().map(|member| (&*member.name, member)).collect();
        for spec in &next.pools {
            let changes = of_pools.get(spec.name.as_str()).map_or(&[][..], Vec::as_slice);
            match members.get(spec.name.as_str()) {
                None => refused.extend(self.add_pool(&make, spec, changes)),
                Some(member) => {
                    if changes.iter().any(|(_, change)| change.what == What::NewPool) {
                        // It was made before, and something of it was refused.
                        refused.extend(begin(member, spec, changes));
                    }
                    if let Some(before) = bases.get(spec.name.as_str()) {
                        let sight = Sight {
                            base: &shown.base,
                            before,
                            make: &make,
                        };
                        refused.extend(sight.refresh(member, spec, changes));
                    }
                    refused.extend(set(member, spec, changes));
                }
            }
        }
        self.observed.warnings.set_limits(next.warn.clone());
        {
            let mut longest = lock(&self.patience);
            *longest = (*longest).max(patience(&next));
        }
        drop(make);
        refused.sort_unstable_by_key(|(at, _)| *at);
        let changes = refused.iter().map(|(at, _)| &shown.changes[*at]);
        let changes = changes.filter(|change| change.when.applies());
        take_back(&mut next, &shown.base, changes);
        *lock(&self.config) = Arc::new(next);
        refused
    }

    /// The changes that were to count at once because their group had not started, which it has since.
    fn started_since(&self, shown: &Shown) -> Refused {
        let changes = shown.changes.iter().enumerate();
        let late = changes.filter(|(_, change)| {
            let counted_on = change.when == When::Now && change.what.unheld().is_some();
            counted_on
                && self
                    .group_of(change)
                    .is_some_and(|(_, groups, key)| !groups.is_held(key))
        });
        late.map(|(at, _)| (at, "the group has started since this was shown".to_owned()))
            .collect()
    }

    /// Makes a pool, and starts what it starts by itself.
    fn add_pool(&self, make: &Make<'_>, spec: &PoolSpec, changes: &[(usize, &Change)]) -> Refused {
        // Its memory is there before anybody can look for it.
        self.observed.warnings.add_pool(&spec.name);
        let index = self.pools.push(make.member(spec));
        let refused = begin(&self.pools[index], spec, changes);
        // Whoever asked for the end since the reload began has not seen it.
        self.ask_newcomer(self.pools[index].pool.base());
        self.grown.send_replace(self.pools.count());
        refused
    }
}

/// Starts what a new pool starts by itself, and has not yet.
fn begin(member: &Member, spec: &PoolSpec, changes: &[(usize, &Change)]) -> Refused {
    let of_pool = |(at, change): &(usize, &Change)| (change.what == What::NewPool).then_some(*at);
    match (member.begin(&spec.kind), changes.iter().find_map(of_pool)) {
        (Err(error), Some(at)) => vec![(at, error.to_string())],
        _ => Vec::new(),
    }
}

impl What {
    /// From when on it counts if its group has started; `None`: that is no matter.
    fn unheld(&self) -> Option<When> {
        match self {
            What::Args(Some(_)) | What::Func(Some(_)) => Some(When::NextStart),
            What::GroupGone(_) => Some(When::LeftAlone),
            What::Args(None)
            | What::Func(None)
            | What::NewPool
            | What::PoolGone
            | What::Kind
            | What::Size
            | What::EndCallback(_)
            | What::CancelCallback(_)
            | What::Start
            | What::NewGroup(_)
            | What::NumConcurrent(_)
            | What::Autostart(_)
            | What::NewFunc
            | What::FuncGone
            | What::Key(_) => None,
        }
    }
}

impl Shown {
    /// What is left of it without these changes.
    fn without(&self, refused: &Refused) -> Shown {
        let mut left = self.clone();
        for (at, _) in refused {
            let change = &mut left.changes[*at];
            change.when = change.what.unheld().unwrap_or(When::NextStart);
        }
        left
    }

    /// The changes of pools that count at once or for new groups, with their places.
    fn of_pools(&self) -> HashMap<&str, Vec<(usize, &Change)>> {
        let mut of_pools: HashMap<&str, Vec<(usize, &Change)>> = HashMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            if let (Part::Pool(name), true) = (&change.part, change.when.applies()) {
                of_pools.entry(name).or_default().push((at, change));
            }
        }
        of_pools
    }
}

/// What of a config is what a group is made of.
#[derive(PartialEq)]
struct Made<'a> {
    group: &'a GroupSpec,
    func: Option<&'a FuncSpec>,
    end_callback: Option<&'a FuncSpec>,
    cancel_callback: Option<&'a FuncSpec>,
}

impl<'a> Made<'a> {
    fn of(config: &'a Config, pool: &'a PoolSpec, group: &'a GroupSpec) -> Made<'a> {
        let func = |own: &'a Option<String>, pools: &'a Option<String>| {
            let name = own.as_deref().or(pools.as_deref())?;
            config.func(name)
        };
        Made {
            group,
            func: config.func(&group.func),
            end_callback: func(&group.end_callback, &pool.end_callback),
            cancel_callback: func(&group.cancel_callback, &pool.cancel_callback),
        }
    }
}

/// A pool as it was before, and what makes new groups.
struct Sight<'a> {
    base: &'a Config,
    before: &'a PoolSpec,
    make: &'a Make<'a>,
}

impl Sight<'_> {
    /// Lets new groups of a pool be made of what its config says now, and makes those that are new.
    fn refresh(&self, member: &Member, spec: &PoolSpec, changes: &[(usize, &Change)]) -> Refused {
        match (&member.pool, &self.before.kind, &spec.kind) {
            (
                AnyPool::Task { groups, .. },
                PoolKind::Task { groups: old },
                PoolKind::Task { groups: new },
            ) => {
                let old: HashMap<GroupKey, &GroupSpec> = group_keys(old).into_iter().collect();
                for (key, group) in group_keys(new) {
                    let other = old.get(&key).is_none_or(|before| {
                        Made::of(self.base, self.before, before) != Made::of(self.make.config(), spec, group)
                    });
                    if other && let Some(index) = groups.index_of(&key) {
                        let made = self
                            .make
                            .group(Some(spec), group, &member.book, &member.end_callbacks);
                        groups.replace(index, made);
                    }
                }
                groups.let_go(changes);
                self.refresh_added(member, groups, spec);
            }
            (
                AnyPool::Simple { runs, .. },
                PoolKind::Simple { args: old, .. },
                PoolKind::Simple { func, args, .. },
            ) => {
                if old != args || self.base.func(func) != self.make.config().func(func) {
                    let _one_at_a_time = lock(&member.starts);
                    runs.set(self.make.func(func, &member.book), args.clone());
                }
                // Which functions they are stays; what those are may be another.
                for called in runs.called() {
                    let name = lock(called).spec().name.clone();
                    if self.base.func(&name) != self.make.config().func(&name) {
                        let func = self.make.func(&name, &member.book);
                        *lock(called) = func;
                    }
                }
            }
            // The kind of a pool is what it was.
            (AnyPool::Task { .. } | AnyPool::Simple { .. }, _, _) => {}
        }
        self.add_groups(member, spec, changes)
    }

    /// Lets what is started again of groups that the config does not define be of what the functions are now.
    fn refresh_added(&self, member: &Member, groups: &Groups, spec: &PoolSpec) {
        let config = self.make.config();
        for index in groups.undefined() {
            let group = &groups.specs[index].group;
            let now = Made::of(config, spec, group);
            // One that is gone from the file is kept.
            if now.func.is_some() && now != Made::of(self.base, self.before, group) {
                let made = self
                    .make
                    .group(Some(spec), group, &member.book, &member.end_callbacks);
                groups.replace(index, made);
            }
        }
    }

    fn add_groups(&self, member: &Member, spec: &PoolSpec, changes: &[(usize, &Change)]) -> Refused {
        let mut refused = Refused::new();
        let AnyPool::Task { pool, groups } = &member.pool else {
            return refused;
        };
        let specs = by_key(spec);
        for (at, change) in changes {
            let What::NewGroup(key) = &change.what else {
                continue;
            };
            let Some(group) = specs.get(key).map(|group| (*group).clone()) else {
                continue;
            };
            let index =
                groups.specs.push(
                    self.make
                        .group(Some(spec), &group, &member.book, &member.end_callbacks),
                );
            let made = if group.autostart {
                groups.create(pool, index, None, member.gate.clone()).map(drop)
            } else {
                hold(&mut lock(&groups.held), &group, index);
                Ok(())
            };
            match made {
                Ok(()) => {
                    lock(&groups.keys).insert(key.clone(), index);
                }
                Err(error) => {
                    groups.specs[index].passed_over.store(true, Ordering::Relaxed);
                    refused.push((*at, error.to_string()));
                }
            }
        }
        refused
    }
}

fn by_key(pool: &PoolSpec) -> HashMap<GroupKey, &GroupSpec> {
    match &pool.kind {
        PoolKind::Simple { .. } => HashMap::new(),
        PoolKind::Task { groups } => group_keys(groups).into_iter().collect(),
    }
}

impl Groups {
    /// Lets new groups be made of this in place of that spec.
    fn replace(&self, index: usize, spec: Spec) {
        let old = &self.specs[index];
        if let Some(made) = old.made.get() {
            // A new spec has none.
            let _ = spec.made.set(made.clone());
        }
        spec.passed_over.store(true, Ordering::Relaxed);
        let newer = self.specs.push(spec);
        let mut held = lock(&self.held);
        // Nobody else replaces one: reloads come one after the other.
        let _ = self.specs[index].newer.set(newer);
        for waiting in held.values_mut().filter(|waiting| **waiting == index) {
            *waiting = newer;
        }
    }

    /// Where those stand that no part of the config is about, such as those that somebody has added.
    fn undefined(&self) -> Vec<usize> {
        let defined: HashSet<usize> = {
            let keys = lock(&self.keys);
            keys.values().map(|index| self.newest(*index)).collect()
        };
        (0..self.specs.count())
            .filter(|index| self.specs[*index].newer.get().is_none() && !defined.contains(index))
            .collect()
    }

    /// Forgets groups that were never made and are not in the config any more.
    fn let_go(&self, changes: &[(usize, &Change)]) {
        for (_, change) in changes {
            if let What::GroupGone(key) = &change.what
                && let Some(index) = self.index_of(key)
            {
                lock(&self.held).retain(|_, held| *held != index);
                lock(&self.keys).remove(key);
                self.pass_over(index);
            }
        }
    }

    /// That spec, and those that it has taken the place of, stand for no group any more.
    fn pass_over(&self, newest: usize) {
        let own = (0..self.specs.count()).filter(|index| self.newest(*index) == newest);
        for index in own {
            self.specs[index].passed_over.store(true, Ordering::Relaxed);
        }
    }
}

/// Sets what can be set of a live pool and its groups.
fn set(member: &Member, spec: &PoolSpec, changes: &[(usize, &Change)]) -> Refused {
    let mut refused = Refused::new();
    let mut now = changes
        .iter()
        .filter(|(_, change)| change.when == When::Now)
        .peekable();
    if now.peek().is_none() {
        return refused;
    }
    let specs = by_key(spec);
    for (at, change) in now {
        let AnyPool::Task { groups, .. } = &member.pool else {
            if change.what == What::Size {
                member.pool.base().set_pool_size(spec.pool_size);
            }
            continue;
        };
        let done = match &change.what {
            What::Size => {
                member.pool.base().set_pool_size(spec.pool_size);
                Ok(())
            }
            What::NumConcurrent(key) => member.set_num_concurrent(groups, specs.get(key).copied(), key),
            What::Autostart(key) => match groups.held_name(key) {
                Some(name) => member.release(&name).map(drop),
                None => Ok(()),
            },
            _ => Ok(()),
        };
        if let Err(why) = done {
            refused.push((*at, why));
        }
    }
    refused
}

impl Groups {
    /// The name that a group is shown as that waits for a person.
    fn held_name(&self, key: &GroupKey) -> Option<String> {
        let index = self.index_of(key)?;
        let held = lock(&self.held);
        held.iter()
            .find(|(_, held)| **held == index)
            .map(|(name, _)| name.clone())
    }
}

impl Member {
    /// Sets the limit of the group that was made of that part of the config, if the pool still knows it.
    fn set_num_concurrent(
        &self,
        groups: &Groups,
        spec: Option<&GroupSpec>,
        key: &GroupKey,
    ) -> Result<(), String> {
        let base = self.pool.base();
        let (Some(name), Some(group)) = (groups.made_name(key), spec) else {
            return Ok(());
        };
        if base.group(name).is_none() {
            return Ok(());
        }
        base.set_num_concurrent(name, group.num_concurrent)
            .map_err(|error| error.to_string())
    }
}
