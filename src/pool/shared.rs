//! The async shell around the state machine: the one lock, and who is woken after it is released.
//!
//! Lock rules. 1. The machine's lock is held for one transition: under it no await, no user code, no wake-up
//! of a task, no drop of futures or outcomes. 2. A group's feed may be locked first and the machine then,
//! never the other way round: pulling an element and numbering its task are one step, so that
//! elements get their IDs in order. 3. Everything else is locked alone.

use super::callback::GroupOptions;
use super::feed::GroupShared;
use super::group::Method;
use super::lane::{self, Lane};
use super::machine::{Ask, Asked, Effects, Machine, NewGroup, Reach};
use super::pace::Pace;
use super::source::Source;
use super::task::{Cancel, TaskCell};
use super::{GroupName, PoolError, PoolSize};
use crate::sync::{AtomicBool, Handle, Instant, Mutex, MutexGuard, Notify, keeps_the_last_spawned};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;

/// How many tasks a caller wakes itself.
const FEW: usize = 32;

pub(super) type Core = Machine<Arc<TaskCell>, Arc<GroupShared>>;

/// What all handles and lanes of a pool share.
#[derive(Debug)]
pub(super) struct Shared {
    machine: Mutex<Core>,
    pub(super) name: Arc<str>,
    pub(super) epoch: Instant,
    rt: Handle,
    /// A lane was called for the slots that lie ready, and has not come yet.
    called: AtomicBool,
    pub(super) pace: Pace,
    pub(super) changed: Notify,
    pub(super) settled: Notify,
}

impl Shared {
    pub(super) fn new(kind: &str, name: &str, size: PoolSize, rt: Handle) -> Arc<Self> {
        Arc::new(Shared {
            machine: Mutex::new(Machine::new(kind, name, size)),
            name: name.into(),
            epoch: Instant::now(),
            rt,
            called: AtomicBool::new(false),
            pace: Pace::default(),
            changed: Notify::new(),
            settled: Notify::new(),
        })
    }

    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Reads the state.
    pub(super) fn read<R>(&self, f: impl FnOnce(&Core) -> R) -> R {
        f(&self.machine.lock())
    }

    /// Makes one transition, and does afterwards what it asks for.
    pub(super) fn with<R>(self: &Arc<Self>, f: impl FnOnce(&mut Core) -> R) -> R {
        let (result, effects) = self.transition(f);
        self.carry_out(effects);
        result
    }

    /// The same, for one of many steps: whoever waits for the lock gets it next.
    pub(super) fn step<R>(self: &Arc<Self>, f: impl FnOnce(&mut Core) -> R) -> R {
        let mut machine = self.machine.lock();
        let result = f(&mut machine);
        let effects = machine.take_effects();
        MutexGuard::unlock_fair(machine);
        self.carry_out(effects);
        result
    }

    /// Makes one transition; its effects are the caller's to carry out.
    pub(super) fn transition<R>(&self, f: impl FnOnce(&mut Core) -> R) -> (R, Effects) {
        let mut machine = self.machine.lock();
        let result = f(&mut machine);
        (result, machine.take_effects())
    }

    pub(super) fn carry_out(self: &Arc<Self>, effects: Effects) {
        if effects.changed {
            self.changed.notify_waiters();
        }
        if effects.settled {
            self.settled.notify_waiters();
        }
        if effects.ready && !self.pace.is_driven() && self.call() {
            self.spawn_lanes(std::iter::once(Lane::called(self.clone())));
        }
    }

    /// Slots lie ready: a lane has to come for them. True: the caller has to send one. False: one is on its way.
    pub(super) fn call(&self) -> bool {
        !self.called.swap(true, Ordering::AcqRel)
    }

    /// The lane that was called is there. From now on another one can be.
    pub(super) fn answer(&self) {
        self.called.store(false, Ordering::Release);
    }

    pub(super) fn on_its_runtime(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.rt.spawn(future);
    }

    /// Spawns lanes. Whoever does it may block its thread afterwards: none of them waits for that thread.
    pub(super) fn spawn_lanes(&self, lanes: impl Iterator<Item = Lane>) {
        self.spawn(lanes.map(Box::new));
    }

    fn spawn(&self, futures: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) {
        let mut any = false;
        for future in futures {
            self.rt.spawn(future);
            any = true;
        }
        if any && keeps_the_last_spawned(&self.rt) {
            self.rt.spawn(std::future::ready(()));
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
        // What is not used is dropped here, outside of the lock.
        let mut parts = Some((source, options.end_callback, options.cancel_callback));
        let payload = |name: &GroupName, key| {
            let (source, end, cancel) = parts.take().expect("called once");
            GroupShared::new(self.name.clone(), name.clone(), key, source, end, cancel)
        };
        let name = self.with(|machine| machine.create_group(new, payload, now))?;
        tracing::info!(target: "pool::group", pool = %self.name, group = %name, "created");
        Ok(name)
    }

    /// Asks the tasks within reach to cancel, and tells them.
    pub(super) fn ask_all(self: &Arc<Self>, mut reach: Reach, ask: &Ask) {
        let (note, now) = (Note::new(ask.message.as_ref()), self.now());
        while let Some(asked) = self.with(|machine| machine.ask_some(&mut reach, ask, now)) {
            self.tell(&note, asked);
        }
    }

    /// Tells tasks that they are to cancel. If they are many, they are woken where they run: the caller need
    /// not wait for that, and several threads can do it.
    pub(super) fn tell(&self, note: &Note, asked: Asked<Arc<TaskCell>>) {
        let mut wakers = Vec::with_capacity(asked.len());
        for (cell, forced) in asked {
            let cancel = if forced { &note.by_force } else { &note.plain };
            cell.cancel(cancel, &mut wakers);
        }
        let few = wakers.len() <= FEW;
        let wake = move || wakers.into_iter().for_each(Waker::wake);
        if few {
            wake();
        } else {
            self.spawn(std::iter::once(async move { wake() }));
        }
    }
}

/// What tasks are told, one for all.
pub(super) struct Note {
    plain: Arc<Cancel>,
    by_force: Arc<Cancel>,
}

impl Note {
    pub(super) fn new(message: Option<&Arc<str>>) -> Self {
        let [plain, by_force] = [false, true].map(|forced| {
            let message = message.cloned();
            Arc::new(Cancel { message, forced })
        });
        Note { plain, by_force }
    }
}

/// Drops what users made; a panic in a destructor is theirs, and goes no further.
pub(super) fn drop_quietly<T>(garbage: T) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(garbage))) {
        let text = lane::panic_text(&*panic);
        tracing::error!(target: "pool::task", "a destructor panicked: {text}");
    }
}
