//! The groups of a `TaskPool`: how they are made of what the config says, and which of it each one comes from.

use super::{Groups, MADE, Spec, lock};
use crate::app::config::Method;
use crate::app::feed::{Feed, Gate};
use crate::pool::{self, GroupName, GroupOptions, PoolError, TaskPool};
use std::sync::Arc;

/// How a group starts: its method, its limit and its tasks.
pub(super) type Fed = (pool::Method, Option<usize>, Feed);

impl Spec {
    /// The tasks of a group; with `num`, that many.
    fn fed(&self, num: Option<usize>, gate: Option<Arc<Gate>>) -> Fed {
        let func = self.func.clone();
        let limit = self.group.num_concurrent;
        match &self.group.method {
            Method::Apply { args, num: usual } => {
                let feed = Feed::repeat(func, gate, args.clone(), num.unwrap_or(*usual), Vec::new());
                (pool::Method::Apply, None, feed)
            }
            Method::Map(source) => (pool::Method::Map, limit, Feed::each(func, gate, source)),
            Method::Starmap(source) => (pool::Method::Starmap, limit, Feed::each(func, gate, source)),
            Method::Doublestarmap(source) => {
                (pool::Method::Doublestarmap, limit, Feed::each(func, gate, source))
            }
        }
    }
}

impl Groups {
    /// Creates a group of the spec; with `num`, one of that many tasks and with a default name.
    pub(super) fn create(
        &self,
        pool: &TaskPool,
        index: usize,
        num: Option<usize>,
        gate: Option<Arc<Gate>>,
    ) -> Result<GroupName, PoolError> {
        let spec = &self.specs[index];
        let name = spec.group.name.as_deref().filter(|_| num.is_none());
        let name = self.submit(pool, index, name.map(Into::into), spec.fed(num, gate))?;
        if num.is_none() {
            // It is made once; another one by this name would be a retry.
            let _ = spec.made.set(name.clone());
        }
        Ok(name)
    }

    /// Creates a group that the config does not define.
    pub(super) fn add(
        &self,
        pool: &TaskPool,
        mut spec: Spec,
        gate: Option<Arc<Gate>>,
    ) -> Result<GroupName, PoolError> {
        let fed = spec.fed(None, gate);
        let name = spec.group.name.clone();
        // Only what apply made is started again; the elements of the others are not needed once they are fed.
        spec.group.method.drop_elements();
        let index = self.specs.push(spec);
        self.submit(pool, index, name.map(Into::into), fed)
    }

    /// Creates a group with the callbacks of the spec.
    pub(super) fn submit(
        &self,
        pool: &TaskPool,
        index: usize,
        group_name: Option<GroupName>,
        (method, limit, feed): Fed,
    ) -> Result<GroupName, PoolError> {
        let spec = &self.specs[index];
        let options = GroupOptions {
            group_name,
            func_name: Some(spec.group.func.as_str().into()),
            end_callback: spec.end_callback.clone(),
            cancel_callback: spec.cancel_callback.clone(),
        };
        let name = pool.submit(method, limit, feed, options)?;
        let mut made = lock(&self.made);
        made.insert(name.clone(), index);
        if made.len() > 2 * MADE && made.len() > 2 * pool.stats().groups {
            made.retain(|name, _| pool.group(name).is_some());
        }
        Ok(name)
    }

    /// What is to be made of a spec now: itself, or what has taken its place.
    pub(super) fn newest(&self, mut index: usize) -> usize {
        while let Some(newer) = self.specs[index].newer.get() {
            index = *newer;
        }
        index
    }

    /// The groups that wait for a person.
    pub(super) fn held_names(&self) -> Vec<String> {
        lock(&self.held).keys().cloned().collect()
    }

    pub(super) fn held_spec(&self, name: &str) -> Option<&Spec> {
        self.specs.get(*lock(&self.held).get(name)?)
    }

    /// The spec that this group was made of.
    pub(super) fn spec_of(&self, group: &str) -> Option<usize> {
        lock(&self.made)
            .get(group)
            .copied()
            .or_else(|| lock(&self.held).get(group).copied())
    }
}
