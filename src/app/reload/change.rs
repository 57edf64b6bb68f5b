//! What a config file may say otherwise than before.

use crate::app::config::GroupSpec;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// One thing that a config says otherwise than the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What it is a part of.
    pub part: Part,
    /// What it is.
    pub what: What,
    /// What was said before, for people; empty: nothing.
    pub old: String,
    /// What is said now, for people; empty: nothing.
    pub new: String,
    /// From when on it counts.
    pub when: When,
}

/// What a change is a part of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// The pool with this name.
    Pool(String),
    /// The function with this name.
    Func(String),
    /// `[output]`.
    Output,
    /// `[warnings]`.
    Warnings,
    /// `[ui]` and `[keys]`, of this file and the user's own.
    Look,
}

/// What is another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The pool is new.
    NewPool,
    /// The pool is not in the file any more.
    PoolGone,
    /// It is of the other kind.
    Kind,
    /// The most tasks at once.
    Size,
    /// The callback of tasks that have ended.
    EndCallback(Option<GroupKey>),
    /// The callback of tasks that were cancelled.
    CancelCallback(Option<GroupKey>),
    /// How many tasks a simple pool begins with.
    Start,
    /// The name of the function of a simple pool, or of a group.
    Func(Option<GroupKey>),
    /// What every task of a simple pool is called with; or which tasks a group has.
    Args(Option<GroupKey>),
    /// The group is new.
    NewGroup(GroupKey),
    /// The group is not in the file any more.
    GroupGone(GroupKey),
    /// The most tasks of the group at once.
    NumConcurrent(GroupKey),
    /// Whether the group starts by itself.
    Autostart(GroupKey),
    /// The function is new.
    NewFunc,
    /// The function is not in the file any more.
    FuncGone,
    /// A key of a function, or of `[output]`, `[warnings]` or `[ui]`.
    Key(String),
}

/// From when on a change counts, if it is applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At once.
    Now,
    /// For groups that are made from then on; what runs or is queued keeps what was.
    NewGroups,
    /// Only when the program is started again.
    NextStart,
    /// It is not in the file any more, and is left as it is.
    LeftAlone,
}

impl When {
    /// Whether applying it does anything.
    pub fn applies(self) -> bool {
        match self {
            When::Now | When::NewGroups => true,
            When::NextStart | When::LeftAlone => false,
        }
    }
}

/// Which group of its pool is meant, in two configs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum GroupKey {
    /// The one with this name.
    Named(String),
    /// Of those without a name that this method makes of this function, this one, from 0.
    Unnamed(&'static str, String, usize),
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupKey::Named(name) => f.write_str(name),
            GroupKey::Unnamed(method, func, 0) => write!(f, "{method}-{func}"),
            GroupKey::Unnamed(method, func, nth) => write!(f, "{method}-{func} ({})", nth + 1),
        }
    }
}

/// The groups of a pool, each with its key.
pub(in crate::app) fn group_keys(groups: &[GroupSpec]) -> Vec<(GroupKey, &GroupSpec)> {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    groups
        .iter()
        .map(|group| {
            let key = if let Some(name) = &group.name {
                GroupKey::Named(name.clone())
            } else {
                let method = group.method.name();
                let nth = counts.entry((method, &group.func)).or_default();
                *nth += 1;
                GroupKey::Unnamed(method, group.func.clone(), group.nth.unwrap_or(*nth - 1))
            };
            (key, group)
        })
        .collect()
}
