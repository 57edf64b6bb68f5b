//! What tasks write: the newest part of each one's output, within a limit for all of them.
//!
//! One short lock guards everything; text is kept as bytes and cleaned only for the lines that are shown.

mod buffer;
mod eye;
mod find;
mod losses;
mod room;
mod save;
mod sink;

pub use eye::OutputEye;
pub use find::Needle;
pub use sink::OutputSink;

use super::capture::{Capture, Of};
use super::clean::Clean;
use super::view::{OutputView, OutputWant, Spot, Stream};
use buffer::Buffer;
use losses::Losses;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::mem::size_of;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What a task costs beside its bytes: its entry in the map, in a queue, and the allocator's own.
const OVERHEAD: usize = size_of::<Task>() + size_of::<(Key, Box<Task>)>() + 2 * size_of::<Entry>() + 64;

/// Below this many bytes a running task's share is not worth keeping.
const LEAST_SHARE: usize = 256;

/// How many lines back [`OutputStore::last_line`] looks for one with text in it.
const LOOK_BACK: usize = 16;

/// How much output is kept, in bytes of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputLimits {
    /// Of one task.
    pub per_task: usize,
    /// Of all tasks together, bookkeeping included. When it is reached, the output of the task that ended
    /// first goes, that of failed tasks only when no other is left; then running tasks are cut to equal shares.
    /// How much went is known of the newest of those tasks, about 65,536, which costs at most 256 KiB more.
    pub total: usize,
}

impl OutputLimits {
    /// What is kept where nothing else is asked for: 64 KiB of each task, 64 MiB of all.
    pub const DEFAULT: OutputLimits = OutputLimits {
        per_task: 64 * 1024,
        total: 64 * 1024 * 1024,
    };
}

impl Default for OutputLimits {
    fn default() -> Self {
        OutputLimits::DEFAULT
    }
}

/// The output of all tasks. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct OutputStore {
    shared: Arc<Shared>,
}

struct Shared {
    started: Instant,
    limits: OutputLimits,
    state: Mutex<State>,
    version: watch::Sender<u64>,
    files: Files,
}

/// Whether all output goes to files, too.
#[derive(Default)]
enum Files {
    #[default]
    None,
    Capture(Capture),
    /// It should, and cannot: why.
    Failed(String),
}

/// The pool's index in `State::pools`, and the task's ID.
type Key = (u32, u64);

#[derive(Default)]
struct State {
    pools: Vec<Arc<str>>,
    tasks: HashMap<Key, Box<Task>>,
    /// The tasks of each [`Life`], the oldest first, beside entries that are no longer true.
    queues: [VecDeque<Entry>; 3],
    stamp: u64,
    running: usize,
    /// The bytes lost of tasks whose output went as a whole.
    losses: Losses,
    /// How many bytes were dropped, of all tasks.
    dropped: u64,
    /// Memory in use for tasks that have output, in bytes. What is known of the others is small and bounded
    /// by itself: if it counted here, many tasks that are gone would leave no room for those that are not.
    used: usize,
}

struct Task {
    buffer: Buffer,
    life: Life,
    /// It failed when it ran last, whatever was written for it since.
    failed: bool,
    /// Tells its queue entry from earlier ones.
    stamp: u64,
}

struct Entry {
    key: Key,
    stamp: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    Ended,
    Failed,
}

impl OutputStore {
    /// An empty store. Times of output are counted from `started`.
    pub fn new(limits: OutputLimits, started: Instant) -> Self {
        OutputStore::with(limits, started, [], |_| Files::None)
    }

    /// The same; all output goes to files as well, in a new directory in `dir`. `pools` are the names of the pools, in
    /// the order of their numbers. Where no directory can be made the output is kept in memory as ever; the log has
    /// an error, and [`saved_to`](Self::saved_to) tells.
    pub fn saving<'a>(
        limits: OutputLimits,
        started: Instant,
        dir: &Path,
        pools: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        OutputStore::with(limits, started, pools.clone(), |store| {
            let store = store.clone();
            let tell = move |of: Of, text: &str| {
                if let Some(shared) = store.upgrade() {
                    OutputStore { shared }.note((of.pool, of.task), text);
                }
            };
            match Capture::start(dir, pools, Box::new(tell)) {
                Ok(capture) => Files::Capture(capture),
                Err(error) => {
                    let why = format!("{}: {error}", Clean::from(dir.as_os_str()));
                    tracing::error!(target: "app::output", "output is not saved: {why}");
                    Files::Failed(why)
                }
            }
        })
    }

    fn with<'a>(
        limits: OutputLimits,
        started: Instant,
        pools: impl IntoIterator<Item = &'a str>,
        files: impl FnOnce(&Weak<Shared>) -> Files,
    ) -> Self {
        let state = State {
            pools: pools.into_iter().map(Into::into).collect(),
            ..State::default()
        };
        OutputStore {
            shared: Arc::new_cyclic(|shared| Shared {
                started,
                limits,
                state: Mutex::new(state),
                version: watch::Sender::new(0),
                files: files(shared),
            }),
        }
    }

    /// Takes in a pool that was made later, so that its files can be told apart. It blocks.
    pub(in crate::app) fn add_pool(&self, name: &str) {
        let index = self.lock().intern(name);
        let named = match &self.shared.files {
            Files::Capture(capture) => capture.name_pool(index, name),
            Files::None | Files::Failed(_) => Ok(()),
        };
        if let Err(error) = named {
            tracing::warn!(target: "app::output", "pools.txt has no line for pool {index}: {error}");
        }
    }

    /// Where a task of this pool writes to. It costs nothing until something is written. Where the task
    /// runs again, a new sink goes on where the earlier one ended.
    pub fn sink(&self, pool: &str, id: u64) -> OutputSink {
        let pool = self.lock().intern(pool);
        OutputSink::new(self.clone(), (pool, id))
    }

    /// The directory of this run's files; or why there is none, though there should be one.
    pub fn saved_to(&self) -> Option<Result<&Path, &str>> {
        match &self.shared.files {
            Files::None => None,
            Files::Capture(capture) => Some(Ok(capture.path())),
            Files::Failed(why) => Some(Err(why)),
        }
    }

    /// How many bytes of output could not be written to files so far.
    pub fn unsaved(&self) -> u64 {
        match &self.shared.files {
            Files::Capture(capture) => capture.missing(),
            Files::None | Files::Failed(_) => 0,
        }
    }

    /// The first file that could not be written, and why.
    pub fn unsaved_why(&self) -> Option<String> {
        match &self.shared.files {
            Files::Capture(capture) => capture.why_missing(),
            Files::None | Files::Failed(_) => None,
        }
    }

    /// Waits until all output is in its files.
    pub async fn saved(&self) {
        if let Files::Capture(capture) = &self.shared.files {
            capture.written().await;
        }
    }

    /// Adds a remark to the output of a task that has some, running or not.
    fn note(&self, key: Key, text: &str) {
        let now = self.shared.started.elapsed();
        {
            let mut state = self.lock();
            if !state.tasks.contains_key(&key) {
                return;
            }
            let limit = self.limit();
            state.change(key, |buffer| buffer.remark(text, now, limit));
            state.make_room(self.shared.limits.total);
        }
        self.changed();
    }

    /// How many bytes of one task are kept.
    fn limit(&self) -> usize {
        let limits = &self.shared.limits;
        limits.per_task.min(limits.total / 2)
    }

    /// Tells that output of some task has changed. Changes in between are one change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// The last line of the task's own that shows anything, if it is among the last few.
    pub fn last_line(&self, pool: &str, id: u64) -> Option<Clean> {
        (0..LOOK_BACK).find_map(|back| {
            let line = {
                let state = self.lock();
                let buffer = &state.task(pool, id)?.buffer;
                buffer.line(buffer.len().checked_sub(back + 1)?)?
            };
            let text = Clean::from_output(&line.text);
            (line.stream != Stream::Note && !text.trim().is_empty()).then_some(text)
        })
    }

    /// Shows the kept lines of a task's own to `see`, until that says yes; whether it did. `see` runs under the
    /// store's lock: it must be quick.
    pub fn any_line(&self, pool: &str, id: u64, mut see: impl FnMut(&str) -> bool) -> bool {
        let state = self.lock();
        let Some(task) = state.task(pool, id) else {
            return false;
        };
        let lines = (0..task.buffer.len()).filter_map(|index| task.buffer.line(index));
        let mut own = lines.filter(|line| line.stream != Stream::Note);
        own.any(|line| see(&Clean::from_output(&line.text)))
    }

    /// `rows` lines of a task's output, of which the last stands `back` lines above the end. Costs the rows,
    /// however much is kept.
    pub fn window(&self, pool: &str, id: u64, rows: usize, back: usize) -> OutputView {
        let end = self.lock().task(pool, id).map(|task| {
            let buffer = &task.buffer;
            buffer.first() + buffer.len().saturating_sub(back + 1) as u64
        });
        let want = OutputWant {
            rows,
            until: end.filter(|_| back > 0).map(|line| Spot {
                line,
                ..Spot::default()
            }),
            ..OutputWant::default()
        };
        self.look(pool, &[id], &want, &mut OutputEye::default()).0
    }

    /// When the newest kept line of a task was written, since the store's start; nothing if none is kept. Nothing is
    /// known of a line that has not ended.
    pub(in crate::app) fn last_written(&self, pool: &str, id: u64) -> Option<Duration> {
        let state = self.lock();
        let buffer = &state.task(pool, id)?.buffer;
        Some(Duration::from_millis(
            buffer.millis(buffer.len().checked_sub(1)?).into(),
        ))
    }

    /// When the first line of a task was written, since the store's start; nothing if it is not kept any more.
    pub(in crate::app) fn first_written(&self, pool: &str, id: u64) -> Option<Duration> {
        let state = self.lock();
        let buffer = &state.task(pool, id)?.buffer;
        let kept = buffer.first() == 0 && buffer.len() > 0;
        kept.then(|| Duration::from_millis(buffer.millis(0).into()))
    }

    /// How many bytes of output were dropped to make room, of all tasks.
    pub(in crate::app) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Forgets a task's output.
    pub fn forget(&self, pool: &str, id: u64) {
        let mut state = self.lock();
        if let Some(pool) = state.pool(pool) {
            state.forget((pool, id));
        }
    }

    /// Forgets the output of all tasks of a pool but those that `keep` says, and what was known of it. Costs
    /// the tasks with output.
    pub fn retain(&self, pool: &str, keep: impl Fn(u64) -> bool) {
        let mut state = self.lock();
        if let Some(pool) = state.pool(pool) {
            state.retain(pool, keep);
        }
    }

    /// Memory in use, in bytes.
    pub fn memory(&self) -> usize {
        let state = self.lock();
        state.used + state.losses.memory()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.shared
            .version
            .send_modify(|version| *version = version.wrapping_add(1));
    }
}

impl fmt::Debug for OutputStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputStore")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl State {
    fn intern(&mut self, name: &str) -> u32 {
        self.pool(name).unwrap_or_else(|| {
            self.pools.push(name.into());
            index(self.pools.len() - 1)
        })
    }

    fn pool(&self, name: &str) -> Option<u32> {
        self.pools.iter().position(|pool| **pool == *name).map(index)
    }

    fn task(&self, pool: &str, id: u64) -> Option<&Task> {
        self.tasks.get(&(self.pool(pool)?, id)).map(Box::as_ref)
    }

    /// Changes a task's buffer, which is made if there is none: then the task runs.
    fn update(&mut self, key: Key, change: impl FnOnce(&mut Buffer)) {
        if self.tasks.get(&key).is_none_or(|task| task.life != Life::Running) {
            self.set_life(key, Life::Running);
        }
        self.change(key, change);
    }

    /// Changes the buffer of a task that has one.
    fn change(&mut self, key: Key, change: impl FnOnce(&mut Buffer)) {
        if let Some(task) = self.tasks.get_mut(&key) {
            let (before, lost) = (task.buffer.memory(), task.buffer.lost);
            change(&mut task.buffer);
            self.dropped += task.buffer.lost.saturating_sub(lost);
            self.used = self.used + task.buffer.memory() - before;
        }
    }

    fn set_life(&mut self, key: Key, life: Life) {
        self.stamp += 1;
        let stamp = self.stamp;
        if let Some(task) = self.tasks.get_mut(&key) {
            self.running -= usize::from(task.life == Life::Running);
            (task.life, task.stamp) = (life, stamp);
            task.failed |= life == Life::Failed;
        } else {
            let mut buffer = Buffer::default();
            buffer.lost = self.losses.take(key);
            let failed = life == Life::Failed;
            self.tasks.insert(
                key,
                Box::new(Task {
                    buffer,
                    life,
                    failed,
                    stamp,
                }),
            );
            self.used += OVERHEAD;
        }
        self.running += usize::from(life == Life::Running);
        let queue = &mut self.queues[life as usize];
        // Entries that are no longer true are swept out before they outnumber the others.
        if queue.len() > 2 * self.tasks.len() + 64 {
            queue.retain(|entry| {
                self.tasks
                    .get(&entry.key)
                    .is_some_and(|task| task.stamp == entry.stamp)
            });
        }
        queue.push_back(Entry { key, stamp });
    }

    /// A task has not failed after all.
    fn forgive(&mut self, key: Key) {
        if let Some(task) = self.tasks.get_mut(&key) {
            task.failed = false;
        }
    }

    fn remove(&mut self, key: Key) -> Option<Box<Task>> {
        let task = self.tasks.remove(&key)?;
        self.used -= OVERHEAD + task.buffer.memory();
        self.running -= usize::from(task.life == Life::Running);
        Some(task)
    }

    fn forget(&mut self, key: Key) {
        self.remove(key);
        self.losses.take(key);
    }

    fn retain(&mut self, pool: u32, keep: impl Fn(u64) -> bool) {
        let kept = self.tasks.keys().filter(|key| key.0 == pool && !keep(key.1));
        for key in kept.copied().collect::<Vec<_>>() {
            self.remove(key);
        }
        self.losses.retain(pool, keep);
        // Where many were forgotten at once, their entries need not wait to be swept out one day.
        let tasks = &self.tasks;
        for queue in &mut self.queues {
            queue.retain(|entry| {
                tasks
                    .get(&entry.key)
                    .is_some_and(|task| task.stamp == entry.stamp)
            });
            queue.shrink_to(2 * tasks.len());
        }
        self.tasks.shrink_to(2 * self.tasks.len());
    }
}

fn index(pool: usize) -> u32 {
    u32::try_from(pool).expect("fewer pools than that")
}

#[cfg(test)]
mod tests;
