//! What the tasks of a `SimpleTaskPool` run: it may change, and the groups that were made before keep what they have.

use super::{MADE, lock};
use crate::app::args::Args;
use crate::app::func::Func;
use crate::pool::{GroupName, PoolError, SimpleTaskPool};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What is called back. It may change for a pool that gives all its groups the same callbacks.
pub(super) type Called = Arc<Mutex<Func>>;

/// What the tasks of a `SimpleTaskPool` run.
pub(in crate::app) struct Runs {
    /// The first is that of the start; never empty.
    all: boxcar::Vec<(Func, Args)>,
    /// Which of them groups run that do not run the first.
    made: Mutex<HashMap<GroupName, usize>>,
    /// The pool's callbacks.
    called: Vec<Called>,
}

impl Runs {
    pub(super) fn new(func: Func, args: Args, called: Vec<Called>) -> Runs {
        Runs {
            all: std::iter::once((func, args)).collect(),
            made: Mutex::default(),
            called,
        }
    }

    /// What tasks run that are started from now on.
    pub(super) fn newest(&self) -> &(Func, Args) {
        &self.all[self.all.count() - 1]
    }

    /// Tasks that are started from now on run this. Whoever starts some at the same time has to be kept from it.
    pub(super) fn set(&self, func: Func, args: Args) {
        self.all.push((func, args));
    }

    /// What the pool calls back.
    pub(super) fn called(&self) -> &[Called] {
        &self.called
    }

    /// Starts tasks.
    pub(super) fn start(&self, pool: &SimpleTaskPool, num: usize) -> Result<GroupName, PoolError> {
        let newest = self.all.count() - 1;
        let name = pool.start(num)?;
        if newest > 0 {
            let mut made = lock(&self.made);
            made.insert(name.clone(), newest);
            if made.len() > 2 * MADE && made.len() > 2 * pool.stats().groups {
                made.retain(|name, _| pool.group(name).is_some());
            }
        }
        Ok(name)
    }

    /// What the tasks of this group run.
    pub(super) fn func_of(&self, group: &str) -> &Func {
        let index = lock(&self.made).get(group).copied().unwrap_or_default();
        &self.all[index].0
    }
}
