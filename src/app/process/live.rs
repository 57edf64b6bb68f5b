//! The commands that run now: what is known of each, and the way to tell it something.
//!
//! [`Live`] is the list. A run that has a [`Seat`] on it ([`run_live`](super::run_live)) tells its [`Facts`] there
//! and serves [`Order`]s in whatever it does: while it starts, runs, waits for its last processes or stops. Dropped,
//! the seat takes itself off the list.

use super::clock::{Clock, RunTime};
use super::{CommandEnded, Input, ProcessSample};
use crate::app::clean::Clean;
use rustix::process::Signal;
use std::collections::HashMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// How many orders may wait for one command. It serves them at once, so that more of them are a flood.
const QUEUE: usize = 16;

/// What a running command can be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Send this signal to its session. STOP and CONT are [`Pause`](Order::Pause) and [`Resume`](Order::Resume).
    Signal(i32),
    /// Stop its processes (STOP) and its timeout.
    Pause,
    /// Let them go on (CONT).
    Resume,
    /// Give it these bytes to read.
    Input(Vec<u8>),
    /// No more input comes: it reads the end.
    EndInput,
    /// Its terminal has this size now.
    Resize {
        /// Lines.
        rows: u16,
        /// Characters in a line.
        columns: u16,
    },
}

/// What a command is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stage {
    /// It is being started.
    #[default]
    Starting,
    /// The system has no room for another process or file ([`Facts::no_room`]); it is tried again.
    NoRoom,
    /// Its first process runs.
    Running,
    /// Its first process has ended; others of its session, or its last output, are waited for.
    Settling,
    /// It TERM sent.
    Stopping,
    /// It is being killed.
    Killing,
}

/// What is known of a running command.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What it is doing.
    pub stage: Stage,
    /// What there is no room for, at [`Stage::NoRoom`].
    pub no_room: Clean,
    /// The ID of its first process, which is that of its session; none while it is being started.
    pub pid: Option<i32>,
    /// Why processes of it cannot be ended, if so.
    pub refused: Option<Clean>,
    /// Paused by an order since then.
    pub paused: Option<Instant>,
    /// What it is called back for, if it is no task's own command but that of a callback: the function.
    pub callback: Option<Arc<str>>,
    /// Whether it runs in a terminal.
    pub in_terminal: bool,
    /// Whether it can be given [`Order::Input`].
    pub takes_input: bool,
    /// How many bytes of input it has not read.
    pub input_waiting: usize,
    /// Since when its first process runs.
    pub started: Option<Instant>,
    /// Its first process has ended then, and so.
    pub exited: Option<(Instant, CommandEnded)>,
    /// Its timeout has passed then.
    pub timed_out: Option<Instant>,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// Its task was asked to cancel, and it knows.
    pub cancelled: bool,
    /// When it times out.
    limit: Option<Deadline>,
    /// When what is left of it is killed, by the clock of the program's commands.
    kill: Option<Deadline>,
    /// What was seen of its processes last.
    seen: Option<SeenProcesses>,
}

/// What was seen of a command's processes last, and since when.
#[derive(Clone, Copy, Debug)]
struct SeenProcesses {
    at: Instant,
    sample: ProcessSample,
    /// One of them was stopped by a signal, or for longer than a moment by a tracer.
    stopped: Option<Instant>,
    /// One of them waits for input.
    reads: Option<Instant>,
    /// How many bytes its memory has grown by in a second.
    growth: u64,
}

impl SeenProcesses {
    fn new(sample: ProcessSample, at: Instant, before: Option<&SeenProcesses>) -> Self {
        // Whoever follows system calls stops a process for a moment at each of them.
        let traced = sample.traced.is_some() && before.is_some_and(|before| before.sample.traced.is_some());
        let since = |now: bool, before: Option<Instant>| now.then(|| before.unwrap_or(at));
        let stopped = sample.stopped.is_some() || traced;
        let grown = |before: &SeenProcesses| {
            let seconds = at.saturating_duration_since(before.at).as_secs().max(1);
            sample.usage.memory.saturating_sub(before.sample.usage.memory) / seconds
        };
        SeenProcesses {
            at,
            sample,
            stopped: since(stopped, before.and_then(|before| before.stopped)),
            reads: since(sample.reader.is_some(), before.and_then(|before| before.reads)),
            growth: before.map_or(0, grown),
        }
    }
}

impl Facts {
    /// How long it has, once it cancel requested, until what is left of it is killed.
    pub fn killed_in(&self) -> Option<Duration> {
        let kill = self.kill.as_ref()?;
        Some(kill.time.saturating_sub(kill.clock.now()))
    }

    /// How long it may still run until it times out; none once it has, or if it does not.
    pub fn times_out_in(&self) -> Option<Duration> {
        let limit = self.limit.as_ref().filter(|_| self.timed_out.is_none())?;
        Some(limit.time.saturating_sub(limit.clock.now()))
    }

    /// Says when it times out, by its own clock, which may stand still.
    pub(super) fn times_out_at(&mut self, time: Option<Duration>, clock: &Clock) {
        self.timeout = time;
        self.limit = time.map(|time| Deadline {
            clock: Arc::new(clock.clone()),
            time,
        });
    }

    /// Since when one of its processes has been stopped by a signal that did not come from here, or by a debugger.
    pub fn stopped(&self) -> Option<Instant> {
        self.seen.as_ref().and_then(|seen| seen.stopped)
    }

    /// Whether that is the work of a debugger.
    pub fn is_traced(&self) -> bool {
        self.seen
            .as_ref()
            .is_some_and(|seen| seen.sample.stopped.is_none())
    }

    /// Which of its processes waits for input, and since when.
    pub fn reads(&self) -> Option<(i32, Instant)> {
        let seen = self.seen.as_ref()?;
        Some((seen.sample.reader?, seen.reads?))
    }

    /// How many processes it has, as they were seen last.
    pub fn processes(&self) -> usize {
        self.seen.as_ref().map_or(0, |seen| seen.sample.usage.processes)
    }

    /// How much memory its processes use, and by how much that grows in a second, in bytes.
    pub fn memory(&self) -> Option<(u64, u64)> {
        let seen = self.seen.as_ref()?;
        Some((seen.sample.usage.memory, seen.growth))
    }

    /// It was told something: what was seen of it is no longer so.
    pub(super) fn told(&mut self) {
        if let Some(seen) = &mut self.seen {
            (seen.stopped, seen.reads, seen.sample.traced) = (None, None, None);
        }
    }

    /// Whether its processes stand still, or wait, as they are seen now.
    fn stands(&self) -> (bool, bool) {
        (self.stopped().is_some(), self.reads().is_some())
    }

    /// What its processes can read.
    fn input(&self) -> Input {
        match (self.takes_input, self.in_terminal) {
            (true, true) => Input::Terminal,
            (true, false) if self.input_waiting == 0 => Input::Pipe,
            _ => Input::None,
        }
    }

    /// Says when what is left of it is killed: this long from now on.
    pub(super) fn kill_in(&mut self, time: Duration) {
        let clock = Arc::new(Clock::new());
        self.kill = Some(Deadline { clock, time });
    }
}

#[derive(Clone, Debug)]
struct Deadline {
    clock: Arc<Clock>,
    time: Duration,
}

/// An order, and where its answer goes.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) order: Order,
    pub(super) answer: oneshot::Sender<Result<(), String>>,
}

/// The commands that run now, by their pool and task. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub struct Live(Arc<Shared>);

#[derive(Default)]
struct Shared {
    commands: Mutex<HashMap<Arc<str>, HashMap<u64, Entry>>>,
    version: watch::Sender<u64>,
}

struct Entry {
    orders: mpsc::Sender<Ordered>,
    facts: Facts,
}

impl Live {
    /// A place on the list for the command that a task runs, or that its callback of this name runs. A command that
    /// is on the list for that task already loses its place.
    pub fn seat(&self, pool: &str, task: u64, callback: Option<&str>) -> Seat {
        let (sender, orders) = mpsc::channel(QUEUE);
        let facts = Facts {
            callback: callback.map(Into::into),
            ..Facts::default()
        };
        let entry = Entry {
            orders: sender.clone(),
            facts,
        };
        let pool: Arc<str> = {
            let mut commands = self.lock();
            let pool = commands
                .get_key_value(pool)
                .map_or_else(|| pool.into(), |(pool, _)| pool.clone());
            commands.entry(pool.clone()).or_default().insert(task, entry);
            pool
        };
        self.changed();
        Seat(Some(Held {
            live: self.clone(),
            pool,
            task,
            time: None,
            own: sender.downgrade(),
            orders,
        }))
    }

    /// What is known of the command that a task or one of its callbacks runs.
    pub fn facts(&self, pool: &str, task: u64) -> Option<Facts> {
        Some(self.lock().get(pool)?.get(&task)?.facts.clone())
    }

    /// What is known of a pool's commands, those of these tasks only: costs the shorter of the two lists.
    pub fn facts_of(&self, pool: &str, tasks: impl IntoIterator<Item = u64>) -> HashMap<u64, Facts> {
        let commands = self.lock();
        let Some(commands) = commands.get(pool).filter(|commands| !commands.is_empty()) else {
            return HashMap::new();
        };
        let found = tasks
            .into_iter()
            .filter_map(|task| Some((task, commands.get(&task)?.facts.clone())));
        found.collect()
    }

    /// The sessions of the commands that run, by their pool, each with its task; without those of callbacks.
    /// Costs the commands that run.
    pub fn groups(&self) -> HashMap<Arc<str>, Vec<(u64, i32)>> {
        let commands = self.lock();
        let groups = commands.iter().map(|(pool, commands)| {
            let groups = commands
                .iter()
                .filter(|(_, entry)| entry.facts.callback.is_none())
                .filter_map(|(task, entry)| Some((*task, entry.facts.pid?)));
            (pool.clone(), groups.collect())
        });
        groups.collect()
    }

    /// The tasks of a pool whose command is something of this kind, and what, in no order. Costs the commands that
    /// run.
    pub fn find<T>(&self, pool: &str, what: impl Fn(&Facts) -> Option<T>) -> Vec<(u64, T)> {
        let commands = self.lock();
        let commands = commands.get(pool).into_iter().flatten();
        commands
            .filter_map(|(task, entry)| Some((*task, what(&entry.facts)?)))
            .collect()
    }

    /// What to look for in the sessions of the commands that have run for so long.
    pub fn to_sample(&self, age: Duration) -> HashMap<i32, Input> {
        let commands = self.lock();
        let facts = commands.values().flatten().map(|(_, entry)| &entry.facts);
        facts
            .filter(|facts| facts.started.is_some_and(|started| started.elapsed() >= age))
            .filter_map(|facts| Some((facts.pid?, facts.input())))
            .collect()
    }

    /// Notes what was seen of the processes of commands, by the IDs of their sessions.
    pub fn sampled(&self, samples: &HashMap<i32, ProcessSample>, at: Instant) {
        let mut changed = false;
        for entry in self.lock().values_mut().flat_map(HashMap::values_mut) {
            let facts = &mut entry.facts;
            let sample = facts.pid.and_then(|pid| samples.get(&pid));
            let before = facts.stands();
            facts.seen = sample.map(|sample| SeenProcesses::new(*sample, at, facts.seen.as_ref()));
            changed |= before != facts.stands();
        }
        if changed {
            self.changed();
        }
    }

    /// The tasks of a pool whose callback runs a command, in no order. Costs the commands that run.
    pub fn called_back(&self, pool: &str) -> Vec<u64> {
        let tasks = self.find(pool, |facts| facts.callback.as_ref().map(|_| ()));
        tasks.into_iter().map(|(task, ())| task).collect()
    }

    /// How many of a pool's commands wait for room in the system, one of their tasks, and why. Costs the commands that
    /// run.
    pub fn no_room(&self, pool: &str) -> Option<(usize, u64, Clean)> {
        let commands = self.lock();
        let commands = commands.get(pool).into_iter().flatten();
        let mut waiting = commands.filter(|(_, entry)| entry.facts.stage == Stage::NoRoom);
        let (task, entry) = waiting.next()?;
        Some((waiting.count() + 1, *task, entry.facts.no_room.clone()))
    }

    /// Tells a task's command something; returns when that is done. An order that was sent is served even if this is
    /// dropped.
    ///
    /// # Errors
    /// Why it could not be done.
    pub async fn order(&self, pool: &str, task: u64, order: Order) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        {
            let commands = self.lock();
            let entry = commands.get(pool).and_then(|commands| commands.get(&task));
            let entry = entry.ok_or_else(|| format!("task {task} runs no command"))?;
            if let Some(callback) = &entry.facts.callback {
                return Err(format!("task {task} is over: callback {callback} running"));
            }
            match entry.orders.try_send(Ordered { order, answer }) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(_)) => {
                    return Err(format!("task {task} has {QUEUE} orders that are not served yet"));
                }
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(just_ended(task)),
            }
        }
        answered.await.unwrap_or_else(|_| Err(just_ended(task)))
    }

    /// Tells of changes of what is known. Changes in between are one change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.version.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, HashMap<u64, Entry>>> {
        self.0.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.0
            .version
            .send_modify(|version| *version = version.wrapping_add(1));
    }
}

fn just_ended(task: u64) -> String {
    format!("the command of task {task} has just ended")
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commands: usize = self.lock().values().map(HashMap::len).sum();
        f.debug_struct("Live")
            .field("commands", &commands)
            .finish_non_exhaustive()
    }
}

/// The end of a run on the list; dropped, it is taken off.
#[derive(Debug)]
pub struct Seat(Option<Held>);

#[derive(Debug)]
struct Held {
    live: Live,
    pool: Arc<str>,
    task: u64,
    /// Pauses with it.
    time: Option<RunTime>,
    /// Tells its entry from that of another run that took the place.
    own: mpsc::WeakSender<Ordered>,
    orders: mpsc::Receiver<Ordered>,
}

impl Seat {
    /// That of a run that is on no list: nobody can tell it anything.
    pub(super) fn none() -> Self {
        Seat(None)
    }

    /// Measures how long it runs by this, too.
    #[must_use]
    pub fn timed(mut self, time: &RunTime) -> Self {
        if let Some(held) = &mut self.0 {
            held.time = Some(time.clone());
        }
        self
    }

    /// That of its task, if somebody wants to know it.
    pub(super) fn time(&self) -> Option<&RunTime> {
        self.0.as_ref()?.time.as_ref()
    }

    /// The next order.
    pub(super) async fn order(&mut self) -> Ordered {
        if let Some(held) = &mut self.0
            && let Some(ordered) = held.orders.recv().await
        {
            return ordered;
        }
        pending().await
    }

    /// Changes what is known of the command.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Facts)) {
        let Some(held) = &self.0 else { return };
        held.with_entry(|mut entry| change(&mut entry.get_mut().facts));
        held.live.changed();
    }
}

impl Held {
    fn with_entry<T>(
        &self,
        act: impl FnOnce(std::collections::hash_map::OccupiedEntry<'_, u64, Entry>) -> T,
    ) -> Option<T> {
        let own = self.own.upgrade()?;
        let mut commands = self.live.lock();
        match commands.get_mut(&self.pool)?.entry(self.task) {
            std::collections::hash_map::Entry::Occupied(entry) if entry.get().orders.same_channel(&own) => {
                Some(act(entry))
            }
            _ => None,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.with_entry(|entry| drop(entry.remove()));
        self.live.changed();
    }
}

/// A signal that can be sent, or why there is none with this number.
pub(super) fn sendable(number: i32) -> Result<Signal, String> {
    super::signals::signal_of(number).ok_or_else(|| format!("{number} is no signal that can be sent"))
}
