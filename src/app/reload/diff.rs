//! What a config says otherwise than the one before.

use super::change::{Change, GroupKey, Part, What, When, group_keys};
use super::func::func_changes;
use super::merge::merge;
use crate::app::args::Args;
use crate::app::config::{
    Config, FuncKind, FuncSpec, GroupSpec, Method, PoolKind, PoolSpec, Source, group_line, shortened, what,
};
use crate::app::warnings::{KINDS, Limits};
use std::collections::{HashMap, HashSet};

/// What `new` says otherwise than `old`, in the order of `new`; what is gone comes last of its sort. `[ui]` is not
/// looked at: what counts of it depends on the user's own file, too.
pub fn diff<'a>(old: &'a Config, new: &'a Config) -> Vec<Change> {
    let mut changes = Vec::new();
    let by_name = |config: &'a Config| -> HashMap<&'a str, &'a PoolSpec> {
        config
            .pools
            .iter()
            .map(|pool| (pool.name.as_str(), pool))
            .collect()
    };
    let (before, now) = (by_name(old), by_name(new));
    for pool in &new.pools {
        match before.get(pool.name.as_str()) {
            None => new_pool(&mut Changes::of_pool(pool, &mut changes), pool),
            Some(before) => pools(&mut Changes::of_pool(pool, &mut changes), before, pool),
        }
    }
    for pool in &old.pools {
        if !now.contains_key(pool.name.as_str()) {
            Changes::of_pool(pool, &mut changes).gone(What::PoolGone, pool_text(pool), When::LeftAlone);
        }
    }
    funcs(&mut changes, old, new);
    output(&mut changes, old, new);
    limits(&mut changes, &old.warn, &new.warn);
    changes
}

/// Changes of one part.
pub(super) struct Changes<'a> {
    pub(super) part: Part,
    pub(super) list: &'a mut Vec<Change>,
}

impl Changes<'_> {
    fn of_pool<'a>(pool: &PoolSpec, list: &'a mut Vec<Change>) -> Changes<'a> {
        let part = Part::Pool(pool.name.clone());
        Changes { part, list }
    }

    fn push(&mut self, what: What, (old, new): (String, String), when: When) {
        let part = self.part.clone();
        self.list.push(Change {
            part,
            what,
            old,
            new,
            when,
        });
    }

    /// Something that is there before and after.
    pub(super) fn other(&mut self, what: What, old: impl Into<String>, new: impl Into<String>, when: When) {
        self.push(what, (old.into(), new.into()), when);
    }

    fn come(&mut self, what: What, text: String, when: When) {
        self.push(what, (String::new(), text), when);
    }

    fn gone(&mut self, what: What, text: String, when: When) {
        self.push(what, (text, String::new()), when);
    }
}

fn size(size: Option<usize>) -> String {
    size.map_or_else(|| "unlimited".to_owned(), |size| size.to_string())
}

fn none(name: Option<&str>) -> &str {
    name.unwrap_or("none")
}

fn pool_text(pool: &PoolSpec) -> String {
    let what = match &pool.kind {
        PoolKind::Task { groups } if groups.is_empty() => "no groups".to_owned(),
        PoolKind::Task { groups } => {
            let plural = if groups.len() == 1 { "" } else { "s" };
            format!("{} group{plural}", groups.len())
        }
        PoolKind::Simple { func, start, .. } => format!("simple, {start} of {func}"),
    };
    format!("size {}, {what}", size(pool.pool_size))
}

/// What nobody could give it while the program runs is left for the next start.
fn when_new(group: &GroupSpec) -> When {
    if group.method.source().is_some_and(Source::reads_stdin) {
        When::NextStart
    } else {
        When::Now
    }
}

fn new_pool(changes: &mut Changes<'_>, pool: &PoolSpec) {
    changes.come(What::NewPool, pool_text(pool), When::Now);
    if let PoolKind::Task { groups } = &pool.kind {
        for (key, group) in group_keys(groups) {
            changes.come(What::NewGroup(key), group_line(group), when_new(group));
        }
    }
}

fn pools(changes: &mut Changes<'_>, old: &PoolSpec, new: &PoolSpec) {
    if old.pool_size != new.pool_size {
        changes.other(What::Size, size(old.pool_size), size(new.pool_size), When::Now);
    }
    let callbacks = match (&old.kind, &new.kind) {
        (PoolKind::Task { groups: before }, PoolKind::Task { groups: now }) => {
            groups(changes, before, now);
            When::NewGroups
        }
        (PoolKind::Simple { .. }, PoolKind::Simple { .. }) => {
            simple(changes, &old.kind, &new.kind);
            When::NextStart
        }
        (PoolKind::Task { .. }, PoolKind::Simple { .. }) => {
            changes.other(What::Kind, "task", "simple", When::NextStart);
            return;
        }
        (PoolKind::Simple { .. }, PoolKind::Task { .. }) => {
            changes.other(What::Kind, "simple", "task", When::NextStart);
            return;
        }
    };
    let of = |pool: &PoolSpec| [pool.end_callback.clone(), pool.cancel_callback.clone()];
    both_callbacks(changes, &of(old), &of(new), None, callbacks);
}

/// The end callback and the cancel callback.
fn both_callbacks(
    changes: &mut Changes<'_>,
    old: &[Option<String>; 2],
    new: &[Option<String>; 2],
    key: Option<&GroupKey>,
    when: When,
) {
    let kinds = [What::EndCallback, What::CancelCallback];
    for ((old, new), what) in old.iter().zip(new).zip(kinds) {
        if old != new {
            changes.other(
                what(key.cloned()),
                none(old.as_deref()),
                none(new.as_deref()),
                when,
            );
        }
    }
}

fn simple(changes: &mut Changes<'_>, old: &PoolKind, new: &PoolKind) {
    let (
        PoolKind::Simple {
            func: old_func,
            args: old_args,
            start: old_start,
        },
        PoolKind::Simple { func, args, start },
    ) = (old, new)
    else {
        return;
    };
    if old_func != func {
        changes.other(What::Func(None), old_func, func, When::NextStart);
    }
    if old_args != args {
        // They are those of the function.
        let when = if old_func == func {
            When::NewGroups
        } else {
            When::NextStart
        };
        changes.other(What::Args(None), args_text(old_args), args_text(args), when);
    }
    if old_start != start {
        changes.other(
            What::Start,
            old_start.to_string(),
            start.to_string(),
            When::NextStart,
        );
    }
}

fn groups(changes: &mut Changes<'_>, old: &[GroupSpec], new: &[GroupSpec]) {
    let (old, new) = (group_keys(old), group_keys(new));
    let before: HashMap<&GroupKey, &GroupSpec> = old.iter().map(|(key, spec)| (key, *spec)).collect();
    let now: HashMap<&GroupKey, &GroupSpec> = new.iter().map(|(key, spec)| (key, *spec)).collect();
    let taken = taken_for_others(&new, &before);
    let is_taken = |key: &GroupKey| match key {
        GroupKey::Named(_) => false,
        GroupKey::Unnamed(method, func, _) => taken.contains(&(*method, func.as_str())),
    };
    for (key, spec) in &new {
        match before.get(key) {
            // Which of them is the new one, and which the one that was changed, nobody can tell.
            None if is_taken(key) => {
                changes.come(What::NewGroup(key.clone()), group_line(spec), When::NextStart);
            }
            None => changes.come(What::NewGroup(key.clone()), group_line(spec), when_new(spec)),
            Some(before) => group(changes, key, before, spec),
        }
    }
    for (key, spec) in &old {
        if !now.contains_key(key) {
            changes.gone(What::GroupGone(key.clone()), group_line(spec), When::LeftAlone);
        }
    }
}

/// Of which methods and functions a new group without a name may be one that was there, for another one like it has other
/// arguments now.
fn taken_for_others<'a>(
    new: &'a [(GroupKey, &GroupSpec)],
    before: &HashMap<&GroupKey, &GroupSpec>,
) -> HashSet<(&'a str, &'a str)> {
    let changed = new.iter().filter_map(|(key, now)| {
        let GroupKey::Unnamed(method, func, _) = key else {
            return None;
        };
        (before.get(key)?.method != now.method).then_some((*method, func.as_str()))
    });
    changed.collect()
}

fn group(changes: &mut Changes<'_>, key: &GroupKey, old: &GroupSpec, new: &GroupSpec) {
    let of = |what: fn(Option<GroupKey>) -> What| what(Some(key.clone()));
    let args = old.method != new.method;
    if args {
        let (before, now) = args_texts(old, new);
        changes.other(of(What::Args), before, now, When::NextStart);
    }
    if old.func != new.func {
        // Those arguments are for that function.
        let when = if args { When::NextStart } else { When::NewGroups };
        changes.other(of(What::Func), &old.func, &new.func, when);
    }
    // Of another method it belongs to the arguments.
    let same_method = old.method.name() == new.method.name();
    if old.num_concurrent != new.num_concurrent && same_method && counted(new).is_none() {
        changes.other(
            What::NumConcurrent(key.clone()),
            most(old.num_concurrent),
            most(new.num_concurrent),
            When::Now,
        );
    }
    if old.autostart != new.autostart {
        let when = if new.autostart { When::Now } else { When::NextStart };
        changes.other(
            What::Autostart(key.clone()),
            old.autostart.to_string(),
            new.autostart.to_string(),
            when,
        );
    }
    let callbacks = |group: &GroupSpec| [group.end_callback.clone(), group.cancel_callback.clone()];
    both_callbacks(
        changes,
        &callbacks(old),
        &callbacks(new),
        Some(key),
        When::NewGroups,
    );
}

/// How many tasks, if they are counted by the config.
fn counted(group: &GroupSpec) -> Option<usize> {
    match group.method {
        Method::Apply { num, .. } => Some(num),
        Method::Map(_) | Method::Starmap(_) | Method::Doublestarmap(_) => None,
    }
}

/// Which tasks a group had, and has now; what is the same is left out.
fn args_texts(old: &GroupSpec, new: &GroupSpec) -> (String, String) {
    let (before, now) = (old.method.name(), new.method.name());
    let times = counted(old) != counted(new);
    let text = |group: &GroupSpec| {
        let method = if before == now { "" } else { group.method.name() };
        let args = match &group.method {
            Method::Apply { args, num } if times => format!("{} {num} times", args_text(args)),
            Method::Apply { args, .. } => args_text(args),
            Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
                shortened(&source.to_string())
            }
        };
        format!("{method} {args}").trim_start().to_owned()
    };
    let (before, now) = (text(old), text(new));
    if before == now {
        return (before, "other elements".to_owned());
    }
    (before, now)
}

fn args_text(args: &Args) -> String {
    if args.is_empty() {
        "no arguments".to_owned()
    } else {
        shortened(&args.to_string())
    }
}

fn output(list: &mut Vec<Change>, old: &Config, new: &Config) {
    let mut changes = Changes {
        part: Part::Output,
        list,
    };
    let dir = |config: &Config| match &config.output.dir {
        Some(dir) => dir.to_string_lossy().into_owned(),
        None => "none".to_owned(),
    };
    let rows = [
        (
            "bytes",
            old.output.bytes.to_string(),
            new.output.bytes.to_string(),
        ),
        (
            "total_bytes",
            old.output.total_bytes.to_string(),
            new.output.total_bytes.to_string(),
        ),
        ("dir", dir(old), dir(new)),
    ];
    let same = [
        old.output.bytes == new.output.bytes,
        old.output.total_bytes == new.output.total_bytes,
        old.output.dir == new.output.dir,
    ];
    for ((key, old, new), same) in rows.into_iter().zip(same) {
        if !same {
            changes.other(What::Key(key.to_owned()), old, new, When::NextStart);
        }
    }
}

fn limits(list: &mut Vec<Change>, old: &Limits, new: &Limits) {
    let mut changes = Changes {
        part: Part::Warnings,
        list,
    };
    for about in &KINDS {
        let (before, now) = (old.of(about.kind), new.of(about.kind));
        if before != now {
            changes.other(
                What::Key(about.key.to_owned()),
                before.to_string(),
                now.to_string(),
                When::Now,
            );
        }
    }
    let muted = |limits: &Limits| {
        let mut keys: Vec<&str> = limits.muted.iter().map(|kind| kind.about().key).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            "none".to_owned()
        } else {
            keys.join(", ")
        }
    };
    let (before, now) = (muted(old), muted(new));
    if before != now {
        changes.other(What::Key("mute".to_owned()), before, now, When::Now);
    }
}

fn is_of_file(func: &FuncSpec) -> bool {
    matches!(func.kind, FuncKind::Command { .. } | FuncKind::Shell { .. })
}

fn funcs<'a>(list: &mut Vec<Change>, old: &'a Config, new: &'a Config) {
    // What is left alone keeps its functions.
    let kept = merge(old, new, list);
    let names = |config: &'a Config| -> HashMap<&'a str, &'a FuncSpec> {
        config
            .funcs
            .iter()
            .map(|func| (func.name.as_str(), func))
            .collect()
    };
    let (before, now) = (names(old), names(new));
    let kept: HashSet<&str> = kept.funcs.iter().map(|func| func.name.as_str()).collect();
    for func in new.funcs.iter().filter(|func| is_of_file(func)) {
        let mut changes = Changes {
            part: Part::Func(func.name.clone()),
            list,
        };
        match before.get(func.name.as_str()) {
            None => changes.come(What::NewFunc, what(func), When::Now),
            Some(before) => func_changes(&mut changes, before, func),
        }
    }
    for func in old.funcs.iter().filter(|func| is_of_file(func)) {
        if now.contains_key(func.name.as_str()) {
            continue;
        }
        let when = if kept.contains(func.name.as_str()) {
            When::LeftAlone
        } else {
            When::Now
        };
        let part = Part::Func(func.name.clone());
        Changes { part, list }.gone(What::FuncGone, what(func), when);
    }
}
/// A limit of a group, in words.
fn most(num_concurrent: Option<usize>) -> String {
    num_concurrent.map_or_else(|| "no limit".to_owned(), |most| most.to_string())
}
