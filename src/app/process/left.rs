//! What commands have left behind: processes that have left their session, by `setsid`, so that ending that
//! does not end them. They are found by their mark, never ended, and never hidden.
//!
//! Looking reads the variables of every process, which costs milliseconds. So there is a look when a command was
//! stopped, or ends while somebody holds its output open (many commands share one look); after any other end
//! there is one within some seconds, for all that ended meanwhile; and one at the program's end.

use super::proc::Marked;
use super::refused::Refused;
use super::{group, mark, proc};
use crate::app::clean::Clean;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How many processes are remembered.
const MOST: usize = 4096;

/// How long after the end of a command there is a look, where nothing speaks for one: at least this, and at least
/// so many times what the last look took.
const LATER: (Duration, u32) = (Duration::from_secs(1), 50);

/// How long a process may take to end that is just ending.
const ENDING: Duration = Duration::from_millis(50);

/// A process that a command has left behind. Prints as `pid 12 sleep (task 3 of files)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// Its ID.
    pub pid: i32,
    /// What it is called.
    pub name: Clean,
    /// The pool and the task, if it was one of a pool.
    pub task: Option<(Clean, u64)>,
    ticket: u64,
    started: u64,
}

impl Left {
    pub(super) fn of(marked: &Marked) -> Left {
        Left {
            pid: marked.seen.pid,
            name: marked.name(),
            task: marked
                .task()
                .map(|(pool, task)| (Clean::from(pool.as_str()), task)),
            ticket: marked.ticket,
            started: marked.seen.started,
        }
    }

    fn key(&self) -> (i32, u64) {
        (self.pid, self.started)
    }

    /// The same without the task.
    pub fn process(&self) -> String {
        format!("pid {} {}", self.pid, self.name)
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.process())?;
        match &self.task {
            Some((pool, task)) => write!(f, " (task {task} of {pool})"),
            None => Ok(()),
        }
    }
}

/// What was found so far, by process ID and start, which no two processes share.
#[derive(Default)]
struct Found {
    all: BTreeMap<(i32, u64), Left>,
    looked: Option<Instant>,
    /// Those that could not be ended; they may not be found by their mark.
    given_up: HashSet<(i32, u64)>,
}

static FOUND: Mutex<Option<Found>> = Mutex::new(None);

fn with<T>(act: impl FnOnce(&mut Found) -> T) -> T {
    let mut found: MutexGuard<'_, Option<Found>> = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    act(found.get_or_insert_default())
}

/// What a task of a pool has left behind, as far as that is known. A pool is known by its name: where several
/// sessions of one process have pools of a name, they share it.
pub fn left_behind(pool: &str, task: u64) -> Vec<Left> {
    let is_its = |left: &&Left| {
        left.task
            .as_ref()
            .is_some_and(|(name, id)| *id == task && **name == *pool)
    };
    with(|found| found.all.values().filter(is_its).cloned().collect())
}

/// What tasks of a pool have left behind and that runs now, as far as that is known: the first few. Looks at each of
/// these processes.
pub fn still_left(pool: &str, most: usize) -> Vec<Left> {
    let is_its = |left: &&Left| left.task.as_ref().is_some_and(|(name, _)| **name == *pool);
    let left: Vec<Left> = with(|found| found.all.values().filter(is_its).take(most).cloned().collect());
    left.into_iter().filter(runs).collect()
}

fn runs(left: &Left) -> bool {
    proc::one(left.pid).is_some_and(|seen| seen.started == left.started)
}

/// Remembers what of a command could not be ended, and is waited for no more.
pub(super) fn give_up(ticket: u64, task: Option<&(Clean, u64)>, refused: &[Refused]) {
    with(|found| {
        for process in refused {
            let left = Left {
                pid: process.seen.pid,
                name: process.name.clone(),
                task: task.cloned(),
                ticket,
                started: process.seen.started,
            };
            found.given_up.insert(left.key());
            found.all.insert(left.key(), left);
        }
    });
}

/// Everything that commands which are over have left behind and that runs now. Takes some milliseconds.
pub fn all_left_behind() -> Vec<Left> {
    if group::count() == 0 { Vec::new() } else { look() }
}

/// Looks around, and remembers what is new.
fn look() -> Vec<Left> {
    let started = Instant::now();
    // Before the processes are seen: what has a ticket and was not running then was over.
    let (newest, running) = group::at_rest();
    let over = |ticket: u64| ticket <= newest && !running.contains(&ticket);
    let mut left: Vec<Left> = proc::marked(mark::run())
        .iter()
        .filter(|marked| over(marked.ticket))
        .map(Left::of)
        .collect();
    let given_up: Vec<Left> = with(|found| {
        let known = found.given_up.iter();
        known.filter_map(|key| found.all.get(key).cloned()).collect()
    });
    left.retain(|left| given_up.iter().all(|other| other.key() != left.key()));
    left.extend(given_up.into_iter().filter(runs));
    let is_known = |left: &Left| with(|found| found.all.contains_key(&left.key()));
    if !left.iter().all(is_known) {
        // What was killed may not be dead yet.
        thread::sleep(ENDING);
        left.retain(|left| {
            is_known(left) || proc::one(left.pid).is_some_and(|seen| seen.started == left.started)
        });
    }
    with(|found| {
        found.looked = Some(started);
        for left in &left {
            if found.all.len() < MOST {
                found.all.entry(left.key()).or_insert_with(|| left.clone());
            }
        }
    });
    left
}

/// What the command with this ticket, which is over, has left behind. Waits for a look.
pub(super) async fn of_command(ticket: u64) -> Vec<Left> {
    static LOOKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let asked = Instant::now();
    let turn = LOOKING.lock().await;
    if with(|found| found.looked).is_none_or(|looked| looked < asked) {
        // Without a thread for it there will be a later look.
        let _ = tokio::task::spawn_blocking(look).await;
    }
    drop(turn);
    with(|found| {
        let its = found.all.values().filter(|left| left.ticket == ticket);
        its.cloned().collect()
    })
}

/// Sees to it that there is a look some time after the end of a command.
pub(super) fn look_later() {
    static ENDED: AtomicBool = AtomicBool::new(false);
    static THREAD: OnceLock<Option<Thread>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let looking = thread::Builder::new().name("left-behind".into());
        let looking = looking.spawn(|| look_now_and_then(&ENDED));
        looking.ok().map(|looking| looking.thread().clone())
    });
    // Only the first one since the last look has to wake it.
    if !ENDED.swap(true, Ordering::SeqCst)
        && let Some(thread) = thread
    {
        thread.unpark();
    }
}

fn look_now_and_then(ended: &AtomicBool) {
    let mut pause = LATER.0;
    loop {
        while !ended.load(Ordering::SeqCst) {
            thread::park();
        }
        thread::sleep(pause);
        ended.store(false, Ordering::SeqCst);
        let known: HashSet<(i32, u64)> = with(|found| found.all.keys().copied().collect());
        let start = Instant::now();
        for left in look() {
            if !known.contains(&left.key()) {
                warn(&left);
            }
        }
        pause = LATER.0.max(start.elapsed() * LATER.1);
    }
}

/// Says in the log what goes on.
pub(super) fn warn(left: &Left) {
    tracing::warn!(
        target: "app::process",
        pool = left.task.as_ref().map(|(pool, _)| tracing::field::display(pool)),
        task = left.task.as_ref().map(|(_, task)| task),
        "left behind: {}", left.process()
    );
}
