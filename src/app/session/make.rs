//! How pools and groups are made of what a config says about them.

use super::runs::{Called, Runs};
use super::{AnyPool, Groups, Member, Recipe, Session, Spec, lock};
use crate::app::book::Book;
use crate::app::config::{Added, Config, FuncSpec, GroupSpec, PoolKind, PoolSpec};
use crate::app::feed::{Feed, Gate};
use crate::app::func::Func;
use crate::app::reload::group_keys;
use crate::pool::{Callback, GroupOptions, SimpleTaskPool, TaskPool};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::Semaphore;

/// How many end callbacks of a pool run at once. They hold no slot, so the pool's size does not limit them.
const END_CALLBACKS: usize = 16;

/// How many events may wait for a reader that must not miss any before its pool starts nothing more.
const UNREAD: u64 = 1 << 14;

/// Makes pools and groups of what a config says about them.
pub(super) struct Make<'a> {
    session: &'a Session,
    config: Arc<Config>,
    /// Where the functions of the config are, by name.
    by_name: HashMap<String, usize>,
    /// Functions beside those of the config.
    others: Vec<FuncSpec>,
}

impl Session {
    /// With the functions of the config as it is now.
    pub(super) fn make(&self) -> Make<'_> {
        self.make_of(self.config())
    }

    /// With those of this one.
    pub(super) fn make_of(&self, config: Arc<Config>) -> Make<'_> {
        let names = config.funcs.iter().enumerate();
        Make {
            session: self,
            by_name: names.map(|(index, func)| (func.name.clone(), index)).collect(),
            config,
            others: Vec::new(),
        }
    }
}

impl Make<'_> {
    /// What is made of.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// A pool, in which nothing runs.
    pub(super) fn member(&self, spec: &PoolSpec) -> Member {
        let Recipe {
            runtime, lossless, ..
        } = &self.session.recipe;
        let gate = lossless.then(|| Gate::new(UNREAD));
        let book = &Book::new(*lossless);
        let limit = Arc::new(Semaphore::new(END_CALLBACKS));
        let (runtime, name) = (runtime.clone(), Some(spec.name.as_str().into()));
        let pool = match &spec.kind {
            PoolKind::Simple { func, args, .. } => {
                let called = |name: &Option<String>| self.called(name.as_deref(), book);
                let end = called(&spec.end_callback);
                let cancel = called(&spec.cancel_callback);
                let options = GroupOptions {
                    end_callback: end.clone().map(|end| end_callback(end, &limit)),
                    cancel_callback: cancel.clone().map(cancel_callback),
                    ..GroupOptions::default()
                };
                let called = end.into_iter().chain(cancel).collect();
                let runs = Arc::new(Runs::new(self.func(func, book), args.clone(), called));
                let (gate, kept) = (gate.clone(), runs.clone());
                let source = move |num| {
                    let (func, args) = kept.newest();
                    let retries = func.book().take_starting();
                    Feed::repeat(func.clone(), gate.clone(), args.clone(), num, retries)
                };
                let size = spec.pool_size.into();
                let pool = SimpleTaskPool::of_sources(runtime, name, func, source, size, options);
                AnyPool::Simple { pool, runs }
            }
            PoolKind::Task { groups } => {
                let specs = groups
                    .iter()
                    .map(|group| self.group(Some(spec), group, book, &limit))
                    .collect();
                let keys = group_keys(groups).into_iter().zip(0..);
                let pool = TaskPool::on_runtime(runtime, name, spec.pool_size);
                AnyPool::Task {
                    pool,
                    groups: Box::new(Groups {
                        held: Mutex::new(held(groups)),
                        specs,
                        keys: Mutex::new(keys.map(|((key, _), index)| (key, index)).collect()),
                        made: Mutex::default(),
                        first_apply: AtomicUsize::new(0),
                        retried: Mutex::default(),
                    }),
                }
            }
        };
        if let Some(gate) = &gate {
            gate.watch(pool.base());
        }
        book.watch(pool.base());
        Member {
            name: spec.name.clone(),
            pool,
            gate,
            book: book.clone(),
            end_callbacks: limit,
            starts: Mutex::default(),
        }
    }

    /// A group of a pool that lives, with the callbacks that the config gives that pool.
    pub(super) fn added(mut self, member: &Member, added: &Added) -> Spec {
        self.others.clone_from(&added.funcs);
        let config = self.config.clone();
        let pool = config.pools.iter().find(|pool| pool.name == member.name);
        self.group(pool, &added.group, &member.book, &member.end_callbacks)
    }

    /// A group, which is not made yet.
    pub(super) fn group(
        &self,
        pool: Option<&PoolSpec>,
        group: &GroupSpec,
        book: &Arc<Book>,
        limit: &Arc<Semaphore>,
    ) -> Spec {
        let end = group.end_callback.as_deref();
        let end = end.or_else(|| pool?.end_callback.as_deref());
        let cancel = group.cancel_callback.as_deref();
        let cancel = cancel.or_else(|| pool?.cancel_callback.as_deref());
        Spec {
            group: group.clone(),
            func: self.func(&group.func, book),
            end_callback: self.called(end, book).map(|end| end_callback(end, limit)),
            cancel_callback: self.called(cancel, book).map(cancel_callback),
            made: OnceLock::new(),
            newer: OnceLock::new(),
            passed_over: AtomicBool::new(false),
        }
    }

    pub(super) fn func(&self, name: &str, book: &Arc<Book>) -> Func {
        let other = || self.others.iter().find(|func| func.name == name);
        let spec = self.by_name.get(name).map(|index| &self.config.funcs[*index]);
        let spec = spec
            .or_else(other)
            .expect("the config was checked: it has every function it names");
        let session = self.session;
        Func::new(
            spec,
            &session.recipe.registry,
            &session.outputs,
            &session.terminals,
            &session.live,
            book,
            &session.quits,
        )
    }

    /// What is called back.
    fn called(&self, name: Option<&str>, book: &Arc<Book>) -> Option<Called> {
        Some(Arc::new(Mutex::new(self.func(name?, book))))
    }
}

fn cancel_callback(called: Called) -> Callback {
    Callback::from_async(move |id| {
        let func = lock(&called).clone();
        async move { func.call_back(id).await }
    })
}

fn end_callback(called: Called, limit: &Arc<Semaphore>) -> Callback {
    let limit = limit.clone();
    Callback::from_async(move |id| {
        let (called, limit) = (called.clone(), limit.clone());
        async move {
            let _turn = limit.acquire().await;
            let func = lock(&called).clone();
            func.call_back(id).await
        }
    })
}

/// The groups that wait for a person, by the names that they are shown as.
fn held(groups: &[GroupSpec]) -> BTreeMap<String, usize> {
    let mut held = BTreeMap::new();
    for (index, group) in groups.iter().enumerate().filter(|(_, group)| !group.autostart) {
        hold(&mut held, group, index);
    }
    held
}

/// Lets a group wait for a person, by a name that no other has that does.
pub(super) fn hold(held: &mut BTreeMap<String, usize>, group: &GroupSpec, index: usize) {
    let default = || format!("{}-{}", group.method.name(), group.func);
    let mut name = group.name.clone().unwrap_or_else(default);
    if held.contains_key(&name) {
        name = format!("{name}-{index}");
    }
    held.insert(name, index);
}
