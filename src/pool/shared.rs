//! The async shell around the state machine: the one lock, and who is woken after it is released.
//!
//! Lock rules. 1. The machine's lock is held for one transition: under it no await, no user code, no wake-up
//! of a task, no drop of futures or outcomes. 2. A group's feed may be locked first and the machine then,
//! never the other way round: pulling an element and numbering its task are one step, so that
//! elements get their IDs in order. 3. Everything else is locked alone.

use super::callback::{Callback, GroupOptions};
use super::group::{GroupKey, Method};
use super::lane::{self, Lane};
use super::machine::{Asked, Callbacks, Effects, Machine, NewGroup, Refusal, Ticket};
use super::source::{ArgsText, Pull, Source, TaskFuture};
use super::task::{Cancel, TaskCell};
use super::{GroupName, PoolError, PoolSize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Locks, whatever happened to the thread that held the lock before: nothing that can panic runs under it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) type Core = Machine<Arc<TaskCell>, Arc<GroupShared>>;

/// What all handles and lanes of a pool share.
#[derive(Debug)]
pub(super) struct Shared {
    machine: Mutex<Core>,
    pub(super) name: Arc<str>,
    pub(super) epoch: Instant,
    rt: Handle,
    /// Somebody takes what lies in the machine's `ready`.
    spawning: AtomicBool,
    pub(super) changed: Notify,
    pub(super) settled: Notify,
}

/// What makes the tasks of a group.
#[derive(Debug)]
pub(super) struct GroupShared {
    pub(super) pool: Arc<str>,
    pub(super) name: GroupName,
    feed: Mutex<Feed>,
    /// The group was cancelled: whoever has the feed drops what would make more tasks.
    stopped: AtomicBool,
    pub(super) end_callback: Option<Callback>,
    pub(super) cancel_callback: Option<Callback>,
}

#[derive(Default)]
struct Feed {
    /// Gone once it is exhausted or the group was cancelled.
    source: Option<Box<dyn Source>>,
    /// The arguments of the element that was pulled last.
    args: ArgsText,
    /// The task that was made of it, if it could not be started; it goes first.
    stash: Option<TaskFuture>,
    /// Somebody waits for the source to be ready.
    watched: bool,
    watcher: Option<Waker>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("open", &self.source.is_some())
            .finish_non_exhaustive()
    }
}

impl Feed {
    fn remaining(&self) -> Option<usize> {
        let source = self.source.as_ref().map_or(Some(0), |source| source.remaining());
        source.map(|left| left + usize::from(self.stash.is_some()))
    }
}

impl GroupShared {
    /// Drops what would make more tasks, once the group was cancelled. Who has the feed just now does it
    /// when letting go of it. Returns whether the group was cancelled.
    fn drop_source(&self) -> bool {
        // Against the one who cancels: that one finds the feed free, or this one finds the group stopped.
        fence(Ordering::SeqCst);
        if !self.stopped.load(Ordering::Relaxed) {
            return false;
        }
        let Ok(mut feed) = self.feed.try_lock() else {
            return true;
        };
        let garbage = (feed.source.take(), feed.stash.take());
        let watcher = feed.watcher.take();
        drop(feed);
        drop_quietly(garbage);
        watcher.inspect(Waker::wake_by_ref);
        true
    }

    pub(super) fn callbacks(&self) -> Callbacks {
        Callbacks {
            cancel: self.cancel_callback.is_some(),
            end: self.end_callback.is_some(),
        }
    }
}

/// A started task, with what its lane needs.
pub(super) struct Started {
    pub(super) future: TaskFuture,
    /// Always there but while the task is polled.
    pub(super) cell: Option<Arc<TaskCell>>,
}

/// What came of a look into a group's feed.
enum Fed {
    Task(TaskFuture),
    Exhausted(Option<Arc<str>>),
    NotReady,
    /// Only elements that no task could be made of, so far.
    Skipped,
}

/// How many useless elements in a row are passed over before others have their turn.
const SKIPS: usize = 64;

impl Shared {
    pub(super) fn new(kind: &str, name: &str, size: PoolSize, rt: Handle) -> Arc<Self> {
        Arc::new(Shared {
            machine: Mutex::new(Machine::new(kind, name, size)),
            name: name.into(),
            epoch: Instant::now(),
            rt,
            spawning: AtomicBool::new(false),
            changed: Notify::new(),
            settled: Notify::new(),
        })
    }

    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Reads the state.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Core) -> R) -> R {
        f(&lock(&self.machine))
    }

    /// Makes one transition, and does afterwards what it asks for.
    pub(super) fn with<R>(self: &Arc<Self>, f: impl FnOnce(&mut Core) -> R) -> R {
        let (result, effects) = {
            let mut machine = lock(&self.machine);
            let result = f(&mut machine);
            (result, machine.take_effects())
        };
        self.carry_out(effects);
        result
    }

    fn carry_out(self: &Arc<Self>, effects: Effects) {
        if effects.changed {
            self.changed.notify_waiters();
        }
        if effects.settled {
            self.settled.notify_waiters();
        }
        if effects.ready && !self.spawning.swap(true, Ordering::AcqRel) {
            self.rt.spawn(spawn_ready(self.clone()));
        }
    }

    pub(super) fn create_group(
        self: &Arc<Self>,
        method: Method,
        func: &str,
        num_concurrent: Option<usize>,
        source: Box<dyn Source>,
        options: GroupOptions,
    ) -> Result<GroupName, PoolError> {
        let now = self.now();
        let func: Arc<str> = options.func_name.unwrap_or_else(|| func.into());
        let queued = source.remaining();
        let new = NewGroup {
            name: options.group_name,
            method,
            func,
            num_concurrent,
            queued,
        };
        let mut feed = Feed {
            source: Some(source),
            ..Feed::default()
        };
        let payload = |name: &GroupName| {
            Arc::new(GroupShared {
                pool: self.name.clone(),
                name: name.clone(),
                feed: Mutex::new(std::mem::take(&mut feed)),
                stopped: AtomicBool::new(false),
                end_callback: options.end_callback,
                cancel_callback: options.cancel_callback,
            })
        };
        let name = self.with(|machine| machine.create_group(new, payload, now))?;
        tracing::info!(target: "pool::group", pool = %self.name, group = %name, "created");
        Ok(name)
    }

    /// Starts the next task of the ticket's group; nothing, if it has none now. It counts as started at `now`.
    /// `spare` is the cell of a task that is over.
    pub(super) fn begin(
        self: &Arc<Self>,
        ticket: Ticket<Arc<GroupShared>>,
        spare: Option<Arc<TaskCell>>,
        now: Duration,
    ) -> Option<Started> {
        let Ticket {
            group: key,
            payload: group,
        } = ticket;
        let mut feed = lock(&group.feed);
        let garbage;
        match self.feed(&mut feed, key) {
            Fed::Task(future) => {
                let cell = TaskCell::renew(spare, group.clone());
                let queued = feed.remaining();
                let (handle, args) = (cell.clone(), feed.args.as_str());
                match self.with(|machine| machine.start(key, handle, args, queued, now)) {
                    Ok(id) => {
                        cell.name(id);
                        drop(feed);
                        group.drop_source();
                        return Some(Started {
                            future,
                            cell: Some(cell),
                        });
                    }
                    Err(Refusal::NotNow) => {
                        feed.stash = Some(future);
                        garbage = (None, None);
                    }
                    Err(Refusal::Never) => garbage = (feed.source.take(), Some(future)),
                }
            }
            Fed::Exhausted(error) => {
                garbage = (feed.source.take(), None);
                if let Some(reason) = &error {
                    tracing::error!(target: "pool::group", pool = %self.name, group = %group.name, "{reason}");
                }
                self.with(|machine| machine.exhausted(key, error, now));
            }
            Fed::NotReady => {
                garbage = (None, None);
                self.with(|machine| machine.no_input(key, now));
                if !std::mem::replace(&mut feed.watched, true) {
                    self.rt.spawn(watch_input(self.clone(), group.clone()));
                }
            }
            Fed::Skipped => {
                garbage = (None, None);
                self.with(|machine| machine.give_back(key, now));
            }
        }
        drop(feed);
        drop_quietly(garbage);
        group.drop_source();
        None
    }

    /// Pulls until there is a task, or a reason to stop.
    fn feed(self: &Arc<Self>, feed: &mut Feed, group: GroupKey) -> Fed {
        if let Some(future) = feed.stash.take() {
            return Fed::Task(future);
        }
        if feed.watched {
            // Asking the source now could take its waker from the one who watches it.
            return Fed::NotReady;
        }
        for _ in 0..SKIPS {
            let Some(source) = feed.source.as_mut() else {
                return Fed::Exhausted(None);
            };
            let args = &mut feed.args;
            args.clear();
            let pull = catch_unwind(AssertUnwindSafe(|| {
                let ready = source.poll_ready(&mut Context::from_waker(Waker::noop()));
                ready.is_ready().then(|| source.pull(args))
            }));
            match pull {
                Ok(None) => return Fed::NotReady,
                Ok(Some(Pull::Task(future))) => return Fed::Task(future),
                Ok(Some(Pull::Done)) => return Fed::Exhausted(None),
                Ok(Some(Pull::Failed(reason))) => return Fed::Exhausted(Some(reason.into())),
                Ok(Some(Pull::Skip(reason))) => {
                    let reason: Arc<str> = reason.into();
                    tracing::warn!(target: "pool::group", pool = %self.name, "skipped an element: {reason}");
                    let (queued, now) = (feed.remaining(), self.now());
                    self.with(|machine| machine.skip(group, &reason, queued, now));
                }
                Err(panic) => {
                    let reason = format!("the argument iterator panicked: {}", lane::panic_text(&*panic));
                    return Fed::Exhausted(Some(reason.into()));
                }
            }
        }
        Fed::Skipped
    }

    /// Tells tasks that they are to cancel, and drops what would have made more of them.
    pub(super) fn tell(asked: Asked<Arc<TaskCell>>, message: Option<&str>, stopped: Vec<Arc<GroupShared>>) {
        for group in stopped {
            group.stopped.store(true, Ordering::Relaxed);
            group.drop_source();
        }
        let message: Option<Arc<str>> = message.map(Into::into);
        for (cell, forced) in asked {
            cell.cancel(&Cancel {
                message: message.clone(),
                forced,
            });
        }
    }
}

/// Drops what users made; a panic in a destructor is theirs, and goes no further.
pub(super) fn drop_quietly<T>(garbage: T) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(garbage))) {
        let text = lane::panic_text(&*panic);
        tracing::error!(target: "pool::task", "a destructor panicked: {text}");
    }
}

/// Starts what lies ready, each task in a lane of its own.
async fn spawn_ready(shared: Arc<Shared>) {
    for turn in 1_u32.. {
        if let Some(ticket) = shared.with(Machine::take) {
            if let Some(started) = shared.begin(ticket, None, shared.now()) {
                tokio::spawn(Lane::new(shared.clone(), started));
            }
        } else {
            shared.spawning.store(false, Ordering::Release);
            let more = shared.read(Machine::has_ready);
            if !more || shared.spawning.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        if turn % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Waits until a group's source has something, without holding a slot.
async fn watch_input(shared: Arc<Shared>, group: Arc<GroupShared>) {
    let look = |cx: &mut Context<'_>| {
        let mut feed = lock(&group.feed);
        feed.watcher = Some(cx.waker().clone());
        let Some(source) = feed.source.as_mut() else {
            return Poll::Ready(());
        };
        // A panic here comes again, and is reported, at the pull.
        catch_unwind(AssertUnwindSafe(|| source.poll_ready(cx))).unwrap_or(Poll::Ready(()))
    };
    std::future::poll_fn(|cx| {
        let looked = look(cx);
        if group.drop_source() {
            Poll::Ready(())
        } else {
            looked
        }
    })
    .await;
    lock(&group.feed).watched = false;
    group.drop_source();
    shared.with(|machine| machine.input(&group.name));
}
