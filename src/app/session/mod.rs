//! A session: the pools of a config, alive. Whoever wants something of them (a key, a verb, a remote call)
//! comes through here, and everything that a screen shows is made here.

mod deeds;
mod detail;
mod execute;
mod groups;
mod history;
mod list;
mod look;
mod made;
mod marks;
mod meter;
mod observe;
mod orders;
mod preview;
mod quit;
mod retry;
mod search;
mod sort;
mod states;
mod subject;
mod survey;
mod timeline;
mod words;

pub use look::Look;
pub(super) use subject::exit_code;
pub(super) use words::{outcome_text, why};

use super::book::Book;
use super::config::{Config, GroupSpec, PoolKind, PoolSpec};
use super::feed::{Feed, Gate};
use super::func::{Func, Registry};
use super::output::{OutputLimits, OutputStore};
use super::process::Live;
use super::terminal::Terminals;
use super::view::TerminalSize;
use crate::pool::{
    BaseTaskPool, Callback, GroupName, GroupOptions, PoolError, SimpleTaskPool, TaskId, TaskPool,
};
use observe::Observed;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// How many end callbacks of a pool run at once. They hold no slot, so the pool's size does not limit them.
const END_CALLBACKS: usize = 16;

/// How long callbacks may take beyond the longest grace period where nobody is left to end them.
const CALLBACKS_ALONE: Duration = Duration::from_secs(10);

/// How many bytes of output are kept where nobody can look at them.
const UNSEEN: usize = 1 << 20;

/// Up to how many groups may be remembered that their pool has forgotten.
const MADE: usize = 512;

/// How many events may wait for a reader that must not miss any before its pool starts nothing more.
const UNREAD: u64 = 1 << 14;

/// The pools of a config.
pub struct Session {
    title: String,
    started: Instant,
    outputs: OutputStore,
    live: Live,
    terminals: Terminals,
    observed: Observed,
    pools: Vec<Member>,
    /// How often somebody has asked for the end.
    quits: watch::Sender<u8>,
    quit_asked: Mutex<Option<Instant>>,
    /// How long an end that nobody watches may take before it is forced.
    patience: Duration,
}

/// One pool of a session.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) pool: AnyPool,
    gate: Option<Arc<Gate>>,
    pub(super) book: Arc<Book>,
    /// Held while a `SimpleTaskPool` is told to start, so that a start makes the tasks that it means.
    starts: Mutex<()>,
}

/// A pool of either kind, with what its config says about its groups.
pub(super) enum AnyPool {
    Simple { pool: SimpleTaskPool, func: Func },
    Task { pool: TaskPool, groups: Groups },
}

/// The groups of a `TaskPool` that the config defines.
pub(super) struct Groups {
    specs: Vec<Spec>,
    /// Which of them each group that was created comes from.
    made: Mutex<HashMap<GroupName, usize>>,
    /// Those that wait for a person, by the name that they are shown as.
    held: Mutex<BTreeMap<String, usize>>,
    /// The number of the next group of retries of a function, by its name.
    retried: Mutex<HashMap<String, usize>>,
}

struct Spec {
    group: GroupSpec,
    func: Func,
    end_callback: Option<Callback>,
    cancel_callback: Option<Callback>,
}

/// Locks. Nothing under a session's locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Makes the pools of a config, on this runtime. Nothing runs before [`start`](Self::start).
    ///
    /// With `lossless`, a pool starts nothing new while the readers of its events are far behind.
    pub fn new(config: &Config, registry: &Registry, runtime: &Handle, lossless: bool) -> Self {
        // Without a screen nobody reads it; the last words of what fails are kept with the failure.
        let most = if lossless {
            UNSEEN
        } else {
            config.output.total_bytes
        };
        let limits = OutputLimits {
            per_task: config.output.bytes.min(most),
            total: most,
        };
        let started = Instant::now();
        let terminals = Terminals::default();
        survive_file_limits(runtime);
        let outputs = match &config.output.dir {
            Some(dir) => {
                let pools = config.pools.iter().map(|pool| pool.name.as_str());
                OutputStore::saving(limits, started.into_std(), dir, pools)
            }
            None => OutputStore::new(limits, started.into_std()),
        };
        let quits = watch::Sender::new(0);
        let longest = config.funcs.iter().map(|func| func.grace).max();
        let live = Live::default();
        let make = Make {
            live: &live,
            quits: &quits,
            config,
            registry,
            runtime,
            outputs: &outputs,
            terminals: &terminals,
        };
        let pools = config
            .pools
            .iter()
            .map(|spec| make.member(spec, lossless))
            .collect();
        let title = config
            .path
            .file_name()
            .unwrap_or(config.path.as_os_str())
            .to_string_lossy()
            .into_owned();
        Session {
            title,
            started,
            outputs,
            live,
            terminals,
            observed: Observed::new(config),
            pools,
            quits,
            quit_asked: Mutex::default(),
            patience: longest.unwrap_or_default() + CALLBACKS_ALONE,
        }
    }

    /// Says how large the pane will be that shows the terminals of tasks. A terminal that is made before one looks
    /// at it has that size from the start, for a program that has just been started may miss that its size changes.
    pub fn panes_are(&self, size: TerminalSize) {
        self.terminals.panes_are(size);
    }

    /// Starts what the config starts by itself.
    pub fn start(&self, config: &Config) -> Result<(), PoolError> {
        for (member, spec) in self.pools.iter().zip(&config.pools) {
            match (&member.pool, &spec.kind) {
                (AnyPool::Task { pool, groups }, _) => {
                    for (index, spec) in groups.specs.iter().enumerate() {
                        if spec.group.autostart {
                            groups.create(pool, index, None, member.gate.clone())?;
                        }
                    }
                }
                (AnyPool::Simple { pool, .. }, PoolKind::Simple { start, .. }) if *start > 0 => {
                    pool.start(*start)?;
                }
                (AnyPool::Simple { .. }, _) => {}
            }
        }
        Ok(())
    }

    /// The moment that all times shown count from.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The names of the pools, in the order of the config.
    pub fn pool_names(&self) -> impl Iterator<Item = &str> {
        self.pools.iter().map(|member| member.name.as_str())
    }

    /// The pools themselves, in the order of the config.
    pub fn pools(&self) -> impl Iterator<Item = &BaseTaskPool> {
        self.pools.iter().map(|member| member.pool.base())
    }

    /// Forgets what tasks have left, such as output, that their pool has forgotten.
    pub(super) fn forget_with(&self, pool: &BaseTaskPool) {
        let remembers = |id| pool.remembers(TaskId(id));
        self.outputs.retain(pool.name(), remembers);
        for member in &self.pools {
            if member.pool.base().name() == pool.name() {
                member.book.forget(remembers);
            }
        }
    }

    /// What is known of the tries of the tasks of the pool with this index in the config.
    pub(super) fn book(&self, index: usize) -> Option<&Arc<Book>> {
        self.pools.get(index).map(|member| &member.book)
    }

    /// What the tasks have written.
    pub fn outputs(&self) -> &OutputStore {
        &self.outputs
    }

    /// The commands that run.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The terminals that tasks run in.
    pub(super) fn terminals(&self) -> &Terminals {
        &self.terminals
    }

    /// The groups that the config holds back, as `pool` and `group`.
    pub fn held(&self) -> Vec<(String, String)> {
        let held = self.pools.iter().flat_map(|member| match &member.pool {
            AnyPool::Simple { .. } => Vec::new(),
            AnyPool::Task { groups, .. } => groups
                .held_names()
                .into_iter()
                .map(|group| (member.name.clone(), group))
                .collect(),
        });
        held.collect()
    }

    /// Says up to which of its events the pool with this index in the config was read.
    pub(super) fn read_up_to(&self, index: usize, position: u64) {
        if let Some(gate) = self.pools.get(index).and_then(|member| member.gate.as_ref()) {
            gate.read_up_to(position);
        }
    }

    pub(super) fn member(&self, name: &str) -> Result<&Member, String> {
        self.pools
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| format!("there is no pool {name:?}"))
    }
}

/// From here on a file that may not grow (`ulimit -f`) is an error for whoever writes to it, and no signal that ends
/// the program.
fn survive_file_limits(runtime: &Handle) {
    let _inside = runtime.enter();
    // The handler stays; nobody has to listen. Without it writing goes on as it would have.
    drop(signal(SignalKind::from_raw(libc::SIGXFSZ)));
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl AnyPool {
    pub(super) fn base(&self) -> &BaseTaskPool {
        match self {
            AnyPool::Simple { pool, .. } => pool,
            AnyPool::Task { pool, .. } => pool,
        }
    }
}

/// What pools are made with.
struct Make<'a> {
    live: &'a Live,
    quits: &'a watch::Sender<u8>,
    config: &'a Config,
    registry: &'a Registry,
    runtime: &'a Handle,
    outputs: &'a OutputStore,
    terminals: &'a Terminals,
}

impl Make<'_> {
    fn member(&self, spec: &PoolSpec, lossless: bool) -> Member {
        let gate = lossless.then(|| Gate::new(UNREAD));
        let book = &Book::new(lossless);
        let limit = Arc::new(Semaphore::new(END_CALLBACKS));
        let (runtime, name) = (self.runtime.clone(), Some(spec.name.as_str().into()));
        let pool = match &spec.kind {
            PoolKind::Simple { func, args, .. } => {
                let (func, args) = (self.func(func, book), args.clone());
                let options = GroupOptions {
                    end_callback: self.end_callback(spec.end_callback.as_deref(), book, &limit),
                    cancel_callback: self.cancel_callback(spec.cancel_callback.as_deref(), book),
                    ..GroupOptions::default()
                };
                let (gate, kept, name_of_func) = (gate.clone(), func.clone(), func.spec().name.clone());
                let source = move |num| {
                    let retries = func.book().take_starting();
                    Feed::repeat(func.clone(), gate.clone(), args.clone(), num, retries)
                };
                let size = spec.pool_size.into();
                let pool = SimpleTaskPool::of_sources(runtime, name, &name_of_func, source, size, options);
                AnyPool::Simple { pool, func: kept }
            }
            PoolKind::Task { groups } => {
                let specs = groups
                    .iter()
                    .map(|group| self.group(spec, group, book, &limit))
                    .collect();
                let pool = TaskPool::on_runtime(runtime, name, spec.pool_size);
                AnyPool::Task {
                    pool,
                    groups: Groups {
                        held: Mutex::new(held(groups)),
                        specs,
                        made: Mutex::default(),
                        retried: Mutex::default(),
                    },
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
            starts: Mutex::default(),
        }
    }

    fn group(&self, pool: &PoolSpec, group: &GroupSpec, book: &Arc<Book>, limit: &Arc<Semaphore>) -> Spec {
        let end = group.end_callback.as_deref().or(pool.end_callback.as_deref());
        let cancel = group
            .cancel_callback
            .as_deref()
            .or(pool.cancel_callback.as_deref());
        Spec {
            group: group.clone(),
            func: self.func(&group.func, book),
            end_callback: self.end_callback(end, book, limit),
            cancel_callback: self.cancel_callback(cancel, book),
        }
    }

    fn func(&self, name: &str, book: &Arc<Book>) -> Func {
        let spec = self
            .config
            .func(name)
            .expect("the config was checked: it has every function it names");
        Func::new(
            spec,
            self.registry,
            self.outputs,
            self.terminals,
            self.live,
            book,
            self.quits,
        )
    }

    fn cancel_callback(&self, name: Option<&str>, book: &Arc<Book>) -> Option<Callback> {
        let func = self.func(name?, book);
        Some(Callback::from_async(move |id| {
            let func = func.clone();
            async move { func.call_back(id).await }
        }))
    }

    fn end_callback(&self, name: Option<&str>, book: &Arc<Book>, limit: &Arc<Semaphore>) -> Option<Callback> {
        let (func, limit) = (self.func(name?, book), limit.clone());
        Some(Callback::from_async(move |id| {
            let (func, limit) = (func.clone(), limit.clone());
            async move {
                let _turn = limit.acquire().await;
                func.call_back(id).await
            }
        }))
    }
}

/// The groups that wait for a person, by the names that they are shown as.
fn held(groups: &[GroupSpec]) -> BTreeMap<String, usize> {
    let mut held = BTreeMap::new();
    for (index, group) in groups.iter().enumerate().filter(|(_, group)| !group.autostart) {
        let default = || format!("{}-{}", group.method.name(), group.func);
        let mut name = group.name.clone().unwrap_or_else(default);
        if held.contains_key(&name) {
            name = format!("{name}-{index}");
        }
        held.insert(name, index);
    }
    held
}
