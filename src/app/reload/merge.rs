//! The config that counts once changes are applied.

use super::change::{Change, GroupKey, Part, What, group_keys};
use crate::app::config::{Config, GroupSpec, PoolKind, PoolSpec};

/// `new`, but for those of these changes that do not count before the next start: there it says what `old` says.
/// [`diff`](super::diff()) finds nothing but these between it and `new`.
pub fn merge(old: &Config, new: &Config, changes: &[Change]) -> Config {
    let mut merged = new.clone();
    for change in changes.iter().filter(|change| !change.when.applies()) {
        match &change.part {
            Part::Pool(name) => {
                let before = old.pools.iter().find(|pool| pool.name == *name);
                keep(&mut merged, before, name, &change.what);
            }
            Part::Output => merged.output = old.output.clone(),
            // Functions come from what is left alone, below; the others count at once.
            Part::Func(_) | Part::Warnings | Part::Look => {}
        }
    }
    let missing: Vec<_> = old
        .funcs
        .iter()
        .filter(|func| merged.func(&func.name).is_none() && uses(&merged, &func.name))
        .cloned()
        .collect();
    merged.funcs.extend(missing);
    merged
}

/// Whether a pool or group names this function.
fn uses(config: &Config, func: &str) -> bool {
    let is = |name: &Option<String>| name.as_deref() == Some(func);
    config.pools.iter().any(|pool| {
        is(&pool.end_callback)
            || is(&pool.cancel_callback)
            || match &pool.kind {
                PoolKind::Simple { func: name, .. } => name == func,
                PoolKind::Task { groups } => groups
                    .iter()
                    .any(|group| group.func == func || is(&group.end_callback) || is(&group.cancel_callback)),
            }
    })
}

/// In a config that says what `merge` made of `old`, lets the pools be what `old` says wherever these changes are about
/// them: they were refused, and are found again by the next reading.
pub(in crate::app) fn take_back<'a>(
    merged: &mut Config,
    old: &Config,
    refused: impl DoubleEndedIterator<Item = &'a Change>,
) {
    // The last first: those without a name are told apart by their places.
    for change in refused.rev() {
        if let Part::Pool(name) = &change.part {
            let before = old.pools.iter().find(|pool| pool.name == *name);
            keep(merged, before, name, &change.what);
        }
    }
}

/// Lets a pool be what it was before in one respect.
fn keep(merged: &mut Config, before: Option<&PoolSpec>, name: &str, what: &What) {
    let Some(pool) = merged.pools.iter_mut().find(|pool| pool.name == name) else {
        if let (What::PoolGone, Some(before)) = (what, before) {
            merged.pools.push(before.clone());
        }
        return;
    };
    if let What::NewGroup(key) = what {
        if let Some(at) = place(&pool.kind, key)
            && let PoolKind::Task { groups } = &mut pool.kind
        {
            groups.remove(at);
        }
        return;
    }
    let Some(before) = before else { return };
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
        What::GroupGone(key) => {
            if let (PoolKind::Task { groups }, Some(group)) = (&mut pool.kind, group(&before.kind, key)) {
                let nth = match key {
                    GroupKey::Named(_) => None,
                    GroupKey::Unnamed(_, _, nth) => Some(*nth),
                };
                let group = group.clone();
                groups.push(GroupSpec { nth, ..group });
            }
        }
        What::Func(Some(key))
        | What::Args(Some(key))
        | What::EndCallback(Some(key))
        | What::CancelCallback(Some(key))
        | What::NumConcurrent(key)
        | What::Autostart(key) => keep_group(pool, before, key, what),
        What::NewPool
        | What::PoolGone
        | What::NewGroup(_)
        | What::NewFunc
        | What::FuncGone
        | What::Key(_) => {}
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

fn keep_group(pool: &mut PoolSpec, before: &PoolSpec, key: &GroupKey, what: &What) {
    let (Some(at), Some(old)) = (place(&pool.kind, key), group(&before.kind, key)) else {
        return;
    };
    let PoolKind::Task { groups } = &mut pool.kind else {
        return;
    };
    let group = &mut groups[at];
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

fn place(kind: &PoolKind, key: &GroupKey) -> Option<usize> {
    match kind {
        PoolKind::Simple { .. } => None,
        PoolKind::Task { groups } => group_keys(groups).iter().position(|(other, _)| other == key),
    }
}

fn group<'a>(kind: &'a PoolKind, key: &GroupKey) -> Option<&'a GroupSpec> {
    match kind {
        PoolKind::Simple { .. } => None,
        PoolKind::Task { groups } => Some(&groups[place(kind, key)?]),
    }
}
