//! The run without a screen: one line per change, and a summary.

mod lines;
mod look;
mod sentence;
mod sieve;
mod writer;

use super::book::{Book, Told, What};
use super::clean::Clean;
use super::filter::Filter;
use super::process;
use super::session::{Sampler, Session};
use super::warnings::look_around;
use crate::pool::{BaseTaskPool, Event, EventKind, EventReader};
use clap::ValueEnum;
use lines::Lines;
use sieve::Sieve;
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};
use writer::Writer;

/// What the lines look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people, with so much of what tasks write.
    Human(Output),
    /// One JSON object a line.
    Jsonl,
}

/// What of the output of tasks the lines for people have. It comes with the end of its task.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Output {
    /// The last lines of tasks that failed.
    #[default]
    OnFailure,
    /// All that is kept, each line behind the arguments of its task.
    Prefix,
    /// Nothing.
    None,
}

/// How many ended tasks of a pool are remembered before they are forgotten. Everything about them has been
/// written by then.
const REMEMBERED: usize = 4096;

/// How many events of a pool may wait to be written. Only a burst gets so far: a pool whose events are not
/// read starts nothing new.
const EVENTS: usize = 1 << 20;

/// How many are taken before the next look at other pools.
const BATCH: usize = 8192;

/// How many failures are named at the end.
const NAMED: usize = 20;

/// How often it is looked for what is to be warned of.
const LOOK: Duration = Duration::from_secs(1);

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    /// Events that could not be written in time, and so are missing from the lines.
    pub lost: u64,
}

/// One pool, and how far it was read.
#[derive(Debug)]
struct Follow {
    pool: BaseTaskPool,
    /// Its index in the config.
    index: usize,
    sieve: Sieve,
    /// From the session's start to the pool's.
    offset: Duration,
    reader: EventReader,
    /// Where the tries of its tasks are told that the pool does not know of.
    book: Option<Arc<Book>>,
    /// What was told of later than the last event that was read.
    told: VecDeque<Told>,
    /// How much of that is of which task.
    untold: HashMap<u64, usize>,
    /// At which try a task is, where it is not the first.
    attempts: HashMap<u64, u64>,
    /// The time of the event that was read last.
    time: Duration,
    closed: bool,
}

/// Follows the pools of a session from the moment of its creation, so that it misses nothing of what starts
/// afterwards.
#[derive(Debug)]
pub struct Follower<'a> {
    session: &'a Session,
    pools: Vec<Follow>,
}

impl<'a> Follower<'a> {
    /// To be made before the session starts anything. Unless it finds everything, the lines are only those about
    /// tasks that the filter finds at that moment, and the summary.
    pub fn new(session: &'a Session, filter: &Filter) -> Self {
        Follower {
            session,
            pools: session
                .pools()
                .enumerate()
                .map(|(index, pool)| Follow::new(pool, session, index, filter))
                .collect(),
        }
    }

    /// Closes the pools, which they are once everything that the config starts is over, and writes what happens
    /// to `out` until then, on a thread of its own. Dropping the future stops neither the pools nor what is
    /// being written.
    ///
    /// # Errors
    /// `out` cannot be written. That is told at once, and stops nothing.
    pub async fn write(mut self, format: Format, out: impl Write + Send + 'static) -> io::Result<Ended> {
        let written = self.write_all(format, out).await;
        // Whatever comes now is for nobody to read: it must not hold the pools back.
        for index in 0..self.pools.len() {
            self.session.read_up_to(index, u64::MAX);
        }
        written
    }

    async fn write_all(&mut self, format: Format, out: impl Write + Send + 'static) -> io::Result<Ended> {
        let (mut lines, mut writer) = (Lines::new(format), Writer::new(out)?);
        let (_watching, changed) = watch(&self.pools);
        lines.begin();
        let mut ended = Ended::default();
        let (mut look, mut from, mut sampler) = (interval(LOOK), 0, Sampler::default());
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.pools.iter().any(|follow| !follow.closed) {
            let mut taken = 0;
            let pools = self.pools.iter().map(|follow| &follow.pool);
            lines.progress(pools, self.session.started().elapsed());
            for (index, follow) in self.pools.iter_mut().enumerate() {
                let heard = |event: &Event| self.session.heard(index, event);
                taken += follow.read(&mut lines, &mut ended, self.session, heard);
                writer.write(lines.take()).await?;
                self.session.read_up_to(index, follow.reader.position());
                if follow.pool.stats().ended > REMEMBERED {
                    follow.pool.flush_settled().await;
                }
            }
            tokio::select! {
                biased;
                // What has happened by now is written: times do not go back.
                _ = look.tick(), if taken == 0 => {
                    sampler.look(self.session.live()).await;
                    from = look_around(self.session, from);
                    self.warn(&mut lines);
                }
                () = changed.notified(), if taken == 0 => {}
                () = std::future::ready(()), if taken > 0 => {}
            }
        }
        // Without a thread to look from, it is named at the program's end only.
        let left = spawn_blocking(process::all_left_behind).await.unwrap_or_default();
        lines.summary(self.session, self.pools.iter().map(|follow| &follow.pool), &left);
        writer.write(lines.take()).await?;
        writer.finish().await?;
        Ok(ended)
    }
}

/// What has come of each pool that has run tasks, a line each; then what failed last, and what never ran.
pub fn summary(session: &Session) -> Vec<String> {
    let pools = session.pools().map(|pool| (pool.name(), pool.stats()));
    let mut lines: Vec<String> = pools
        .filter(|(_, stats)| stats.totals.sum() > 0)
        .map(|(name, stats)| format!("{}: {}", Clean::from(&**name), lines::total(&stats)))
        .collect();
    lines.extend(failures(session));
    let held = session.held().into_iter();
    lines.extend(held.map(|(pool, group)| {
        format!(
            "not run: {}: group {} was held",
            Clean::from(pool),
            Clean::from(group)
        )
    }));
    lines
}

/// The tasks that failed last, a line each, newest first.
fn failures(session: &Session) -> Vec<String> {
    let all: u64 = session
        .pools()
        .map(|pool| pool.stats().totals.failed + pool.stats().totals.panicked)
        .sum();
    let last = session.last_failures(NAMED, true);
    let mut lines: Vec<String> = last
        .iter()
        .map(|failure| {
            let args = if failure.args.is_empty() {
                String::new()
            } else {
                format!(" {}", failure.args)
            };
            format!("failed: {} #{}{args}: {}", failure.pool, failure.id, failure.note)
        })
        .collect();
    let more = all.saturating_sub(last.len() as u64);
    if more > 0 && !lines.is_empty() {
        lines.push(format!("failed: {more} more"));
    }
    lines
}

impl Follower<'_> {
    /// Makes lines of the warnings that are new.
    fn warn(&mut self, lines: &mut Lines) {
        let now = self.session.started().elapsed();
        for warning in self.session.warnings().take_new() {
            let its = |follow: &&mut Follow| **follow.pool.name() == *warning.subject.pool;
            match self.pools.iter_mut().find(its) {
                Some(follow) if follow.closed => {}
                Some(follow) => {
                    follow.time = follow.time.max(now);
                    lines.warning(follow.time, &warning);
                }
                None => lines.warning(now, &warning),
            }
        }
    }
}

/// Closes the pools, and tells of their changes as one.
fn watch(pools: &[Follow]) -> (JoinSet<()>, Arc<Notify>) {
    let changed = Arc::new(Notify::new());
    let mut watching = JoinSet::new();
    for follow in pools {
        let (pool, watched, changed) = (follow.pool.clone(), follow.pool.clone(), changed.clone());
        watching.spawn(async move {
            pool.close().await;
        });
        if let Some(told) = follow.book.as_ref().and_then(|book| book.telling()).cloned() {
            let changed = changed.clone();
            watching.spawn(async move {
                loop {
                    told.notified().await;
                    changed.notify_one();
                }
            });
        }
        watching.spawn(async move {
            let mut version = 0;
            loop {
                version = watched.changed(version).await;
                // Asked before the reader is woken: what this sees, the reader finds.
                let closed = watched.stats().closed;
                changed.notify_one();
                if closed {
                    return;
                }
            }
        });
    }
    (watching, changed)
}

impl Follow {
    fn new(pool: &BaseTaskPool, session: &Session, index: usize, filter: &Filter) -> Self {
        Follow {
            pool: pool.clone(),
            index,
            sieve: Sieve::new(filter.clone()),
            offset: pool.created().saturating_duration_since(session.started()),
            reader: pool.events_keeping(EVENTS),
            book: session.book(index).cloned(),
            told: VecDeque::new(),
            untold: HashMap::new(),
            attempts: HashMap::new(),
            time: Duration::ZERO,
            closed: false,
        }
    }

    /// Makes lines of what there is to read; how much that was.
    fn read(
        &mut self,
        lines: &mut Lines,
        ended: &mut Ended,
        session: &Session,
        mut heard: impl FnMut(&Event),
    ) -> usize {
        let started = session.started();
        // The events come first: whatever was told before one of them is told by now.
        let events = self.reader.read(BATCH);
        let earlier = self.told.len();
        let (told, missed) = self
            .book
            .as_ref()
            .map(|book| book.take_told())
            .unwrap_or_default();
        for told in told {
            *self.untold.entry(told.id).or_default() += 1;
            self.told.push_back(told);
        }
        let lost = events.lost + missed;
        if lost > 0 {
            ended.lost += lost;
            lines.lost(self.time, self.pool.name(), lost);
        }
        for event in &events.events {
            let time = event.time + self.offset;
            let over = match &event.kind {
                EventKind::TaskEnded { id, .. } => {
                    heard(event);
                    Some(id.0)
                }
                _ => None,
            };
            let is_earlier = |told: &Told| told.at.duration_since(started) < time;
            while self.told.front().is_some_and(is_earlier)
                || over.is_some_and(|id| self.untold.contains_key(&id))
            {
                self.tell(lines, session);
            }
            self.closed |= matches!(event.kind, EventKind::Closed);
            self.time = time.max(self.time);
            let attempts = over.and_then(|id| self.attempts.remove(&id));
            let whose = (session, self.index, &**self.pool.name());
            let wanted = self.sieve.lets(whose, self.time, &event.kind);
            if wanted {
                lines.event(self.time, self.pool.name(), event, attempts);
            }
            lines.output(session.outputs(), self.pool.name(), event, wanted);
        }
        if events.events.is_empty() {
            // Nothing has come since that would stand before them.
            for _ in 0..earlier {
                self.tell(lines, session);
            }
        }
        events.events.len() + self.told.len()
    }

    /// Makes a line of the first that was told and not written.
    fn tell(&mut self, lines: &mut Lines, session: &Session) {
        let Some(told) = self.told.pop_front() else { return };
        if let Entry::Occupied(mut left) = self.untold.entry(told.id) {
            *left.get_mut() -= 1;
            if *left.get() == 0 {
                left.remove();
            }
        }
        if let What::Started(attempt) = told.what {
            self.attempts.insert(told.id, attempt);
        }
        self.time = told.at.duration_since(session.started()).max(self.time);
        let whose = (session, self.index, &**self.pool.name());
        if self.sieve.lets_told(whose, self.time, &told) {
            lines.told(self.time, self.pool.name(), &told);
        }
    }
}
