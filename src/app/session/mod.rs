//! A session: the pools of a config, alive. Whoever wants something of them (a key, a verb, a remote call)
//! comes through here, and everything that a screen shows is made here.

mod add;
mod deeds;
mod detail;
mod execute;
mod group_rows;
mod groups;
mod history;
mod list;
mod look;
mod made;
mod make;
mod marks;
mod meter;
mod next;
mod observe;
mod orders;
mod preview;
mod quit;
mod reload;
mod retry;
mod runs;
mod search;
mod sort;
mod states;
mod subject;
mod survey;
mod timeline;
mod words;

pub use look::Look;
pub(super) use subject::{TaskTexts, exit_code};
pub(super) use words::outcome_text;

use super::book::Book;
use super::config::{Config, GroupSpec, PoolKind};
use super::feed::Gate;
use super::func::{Func, Registry};
use super::output::{OutputLimits, OutputStore};
use super::process::Live;
use super::reload::GroupKey;
use super::terminal::Terminals;
use super::view::TerminalSize;
use crate::pool::{BaseTaskPool, Callback, GroupName, PoolError, SimpleTaskPool, TaskId, TaskPool};
use observe::Observed;
pub(in crate::app) use observe::Sampler;
use reload::Reload;
use runs::Runs;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// How long callbacks may take beyond the longest grace period where nobody is left to end them.
const CALLBACKS_ALONE: Duration = Duration::from_secs(10);

/// How many bytes of output are kept where nobody can look at them.
const UNSEEN: usize = 1 << 20;

/// Up to how many groups may be remembered that their pool has forgotten.
const MADE: usize = 512;

/// The pools of a config.
pub struct Session {
    title: String,
    started: Instant,
    outputs: OutputStore,
    live: Live,
    terminals: Terminals,
    observed: Observed,
    /// Pools are added, and none is taken away: an index stays what it is.
    pools: boxcar::Vec<Member>,
    recipe: Recipe,
    /// What new pools and groups are made of.
    config: Mutex<Arc<Config>>,
    /// Held by whoever looks what a source of arguments begins with.
    looking: Arc<tokio::sync::Mutex<()>>,
    reload: Reload,
    /// How many pools there are, for whoever watches them.
    grown: watch::Sender<usize>,
    /// How often somebody has asked for the end.
    quits: watch::Sender<u8>,
    quit_asked: Mutex<Option<Instant>>,
    /// How long an end that nobody watches may take before it is forced.
    patience: Mutex<Duration>,
}

/// What every pool is made with, beside what the session has anyhow.
struct Recipe {
    registry: Registry,
    runtime: Handle,
    /// A pool starts nothing new while the readers of its events are far behind.
    lossless: bool,
}

/// One pool of a session.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) pool: AnyPool,
    gate: Option<Arc<Gate>>,
    pub(super) book: Arc<Book>,
    /// How many of its end callbacks run at once.
    end_callbacks: Arc<Semaphore>,
    /// Held while a `SimpleTaskPool` is told to start, so that a start makes the tasks that it means.
    starts: Mutex<()>,
}

/// A pool of either kind, with what its config says about its groups.
pub(super) enum AnyPool {
    Simple { pool: SimpleTaskPool, runs: Arc<Runs> },
    Task { pool: TaskPool, groups: Box<Groups> },
}

/// The groups of a `TaskPool` that the config defines.
pub(super) struct Groups {
    /// They are added, and none is taken away: an index stays what it is.
    specs: boxcar::Vec<Spec>,
    /// Those that the config has now, by what tells them apart in it.
    keys: Mutex<HashMap<GroupKey, usize>>,
    /// Which of them each group that was created comes from.
    made: Mutex<HashMap<GroupName, usize>>,
    /// Those that wait for a person, by the name that they are shown as.
    held: Mutex<BTreeMap<String, usize>>,
    /// No spec before this one is what a start without a group's name means.
    first_apply: AtomicUsize,
    /// The number of the next group of retries of a function, by its name.
    retried: Mutex<HashMap<String, usize>>,
}

struct Spec {
    group: GroupSpec,
    func: Func,
    end_callback: Option<Callback>,
    cancel_callback: Option<Callback>,
    /// The group that the config means by it, once that is made.
    made: OnceLock<GroupName>,
    /// What new groups are made of in its place.
    newer: OnceLock<usize>,
    /// It stands for no group of its own: it has taken the place of another one, or was refused.
    passed_over: AtomicBool,
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
        let title = config
            .path
            .file_name()
            .unwrap_or(config.path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let session = Session {
            title,
            started,
            outputs,
            live: Live::default(),
            terminals,
            observed: Observed::new(config),
            pools: boxcar::Vec::new(),
            recipe: Recipe {
                registry: registry.clone(),
                runtime: runtime.clone(),
                lossless,
            },
            config: Mutex::new(Arc::new(config.clone())),
            looking: Arc::default(),
            reload: Reload::default(),
            grown: watch::Sender::new(config.pools.len()),
            quits,
            quit_asked: Mutex::default(),
            patience: Mutex::new(patience(config)),
        };
        let make = session.make();
        for spec in &config.pools {
            session.pools.push(make.member(spec));
        }
        drop(make);
        session
    }

    /// Says how large the pane will be that shows the terminals of tasks. A terminal that is made before one looks
    /// at it has that size from the start, for a program that has just been started may miss that its size changes.
    pub fn panes_are(&self, size: TerminalSize) {
        self.terminals.panes_are(size);
    }

    /// Starts what the config starts by itself.
    pub fn start(&self, config: &Config) -> Result<(), PoolError> {
        for (member, spec) in self.members().zip(&config.pools) {
            member.begin(&spec.kind)?;
        }
        Ok(())
    }

    /// The moment that all times shown count from.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What new pools and groups are made of.
    fn config(&self) -> Arc<Config> {
        lock(&self.config).clone()
    }

    /// The names of the pools, in the order of the config.
    pub fn pool_names(&self) -> impl Iterator<Item = &str> {
        self.members().map(|member| member.name.as_str())
    }

    /// The pools themselves, in the order of the config.
    pub fn pools(&self) -> impl Iterator<Item = &BaseTaskPool> {
        self.members().map(|member| member.pool.base())
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.pools.iter().map(|(_, member)| member)
    }

    /// Where in the config the pool with this name stands.
    fn index_of(&self, name: &str) -> Option<usize> {
        self.members().position(|member| member.name == name)
    }

    /// Forgets what tasks have left, such as output, that their pool has forgotten.
    pub(super) fn forget_with(&self, pool: &BaseTaskPool) {
        let remembers = |id| pool.remembers(TaskId(id));
        self.outputs.retain(pool.name(), remembers);
        for member in self.members() {
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
        let held = self.members().flat_map(|member| match &member.pool {
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
        self.members()
            .find(|member| member.name == name)
            .ok_or_else(|| format!("there is no pool {name:?}"))
    }
}

impl Member {
    /// Starts what the config starts by itself in a new pool.
    fn begin(&self, kind: &PoolKind) -> Result<(), PoolError> {
        match (&self.pool, kind) {
            (AnyPool::Task { pool, groups }, _) => {
                for (index, spec) in &groups.specs {
                    if spec.group.autostart && spec.made.get().is_none() {
                        groups.create(pool, index, None, self.gate.clone())?;
                    }
                }
            }
            (AnyPool::Simple { pool, runs }, PoolKind::Simple { start, .. }) if *start > 0 => {
                runs.start(pool, *start)?;
            }
            (AnyPool::Simple { .. }, _) => {}
        }
        Ok(())
    }
}

/// How long an end that nobody watches may take before it is forced.
fn patience(config: &Config) -> Duration {
    let longest = config.funcs.iter().map(|func| func.grace).max();
    longest.unwrap_or_default() + CALLBACKS_ALONE
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
