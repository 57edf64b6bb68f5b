//! The run without a screen: one line per change, and a summary.

use super::clean::Clean;
use super::record::{Record, facts, seconds};
use super::session::Session;
use super::status::Status;
use crate::pool::{BaseTaskPool, Event, EventKind, EventReader, Outcome, Stats};
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What the lines look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object a line.
    Jsonl,
}

/// How many ended tasks of a pool are remembered before they are forgotten. Everything about them has been
/// written by then.
const REMEMBERED: usize = 4096;

/// How many events of a pool may wait to be written. Only a burst gets so far: a pool whose events are not
/// read starts nothing new.
const EVENTS: usize = 1 << 20;

/// How many are written before the next look at signals and other pools.
const BATCH: usize = 8192;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    /// Tasks that failed or panicked, and arguments that could not be read.
    pub failures: u64,
    /// Events that could not be written in time, and so are missing from the lines.
    pub lost: u64,
}

/// One pool, and how far it was read.
#[derive(Debug)]
struct Follow {
    pool: BaseTaskPool,
    /// From the session's start to the pool's.
    offset: Duration,
    reader: EventReader,
    closed: bool,
    input_failures: u64,
}

/// Follows the pools of a session from the moment of its creation, so that it misses nothing of what starts
/// afterwards.
#[derive(Debug)]
pub struct Follower<'a> {
    session: &'a Session,
    pools: Vec<Follow>,
}

impl<'a> Follower<'a> {
    /// To be made before the session starts anything.
    pub fn new(session: &'a Session) -> Self {
        Follower {
            session,
            pools: session.pools().map(|pool| Follow::new(pool, session)).collect(),
        }
    }

    /// Closes the pools, which they are once everything that the config starts is over, and writes what happens
    /// to `out` until then. An error there is returned at once and stops nothing.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub async fn write(self, format: Format, out: impl Write) -> io::Result<Ended> {
        let Follower { session, pools } = self;
        write(session, pools, format, out).await
    }
}

async fn write(
    session: &Session,
    mut pools: Vec<Follow>,
    format: Format,
    out: impl Write,
) -> io::Result<Ended> {
    let mut lines = Lines {
        out: BufWriter::with_capacity(1 << 16, out),
        format,
        seq: 0,
    };
    let changed = Arc::new(Notify::new());
    let mut closing = JoinSet::new();
    for pool in session.pools() {
        let (waiting, pool, changed) = (pool.clone(), pool.clone(), changed.clone());
        closing.spawn(async move { waiting.close().await });
        closing.spawn(async move {
            let mut version = 0;
            loop {
                version = pool.changed(version).await;
                // Asked before the writer is woken: what this sees, the writer finds written down.
                let closed = pool.stats().closed;
                changed.notify_one();
                if closed {
                    return crate::pool::Gathered::default();
                }
            }
        });
    }
    let mut ended = Ended::default();
    while pools.iter().any(|follow| !follow.closed) {
        let mut written = 0;
        for (index, follow) in pools.iter_mut().enumerate() {
            written += follow.write(&mut lines, &mut ended)?;
            session.read_up_to(index, follow.reader.position());
            if follow.pool.stats().ended > REMEMBERED {
                follow.pool.flush().await;
            }
        }
        if written == 0 {
            lines.out.flush()?;
            changed.notified().await;
        } else {
            // Tasks and signals have their turn.
            tokio::task::yield_now().await;
        }
    }
    for follow in &pools {
        let totals = follow.pool.stats().totals;
        ended.failures += totals.failed + totals.panicked + follow.input_failures;
    }
    lines.summary(session, &pools)?;
    lines.out.flush()?;
    Ok(ended)
}

impl Follow {
    fn new(pool: &BaseTaskPool, session: &Session) -> Self {
        Follow {
            pool: pool.clone(),
            offset: pool.created().saturating_duration_since(session.started()),
            reader: pool.events_keeping(EVENTS),
            closed: false,
            input_failures: 0,
        }
    }

    /// Writes what there is to read; how many lines that was.
    fn write<W: Write>(&mut self, lines: &mut Lines<W>, ended: &mut Ended) -> io::Result<usize> {
        let events = self.reader.read(BATCH);
        if events.lost > 0 {
            ended.lost += events.lost;
            let facts = Map::from_iter([("count".to_owned(), Value::from(events.lost))]);
            lines.record(Duration::ZERO, Some(self.pool.name()), "lost", facts)?;
        }
        for event in &events.events {
            self.closed |= matches!(event.kind, EventKind::Closed);
            self.input_failures += u64::from(matches!(event.kind, EventKind::InputFailed { .. }));
            lines.event(event.time + self.offset, self.pool.name(), event)?;
        }
        Ok(events.events.len())
    }
}

struct Lines<W: Write> {
    out: BufWriter<W>,
    format: Format,
    seq: u64,
}

impl<W: Write> Lines<W> {
    fn event(&mut self, time: Duration, pool: &str, event: &Event) -> io::Result<()> {
        match self.format {
            Format::Jsonl => {
                let (name, facts) = facts(&event.kind);
                self.record(time, Some(pool), name, facts)
            }
            Format::Human => match sentence(&event.kind) {
                Some((status, text)) => self.line(time, pool, status, &text),
                None => Ok(()),
            },
        }
    }

    fn record(
        &mut self,
        time: Duration,
        pool: Option<&str>,
        event: &'static str,
        facts: Map<String, Value>,
    ) -> io::Result<()> {
        if self.format == Format::Human {
            return self.line(
                time,
                pool.unwrap_or_default(),
                None,
                &format!("{event} {}", Value::Object(facts)),
            );
        }
        let record = Record {
            seq: self.seq,
            t: seconds(time),
            pool: pool.map(str::to_owned),
            event,
            facts,
        };
        self.seq += 1;
        serde_json::to_writer(&mut self.out, &record)?;
        self.out.write_all(b"\n")
    }

    fn line(&mut self, time: Duration, pool: &str, status: Option<Status>, text: &str) -> io::Result<()> {
        let (glyph, word) = status.map_or((' ', ""), |status| (status.look().glyph, status.look().word));
        let (pool, text) = (Clean::from(pool), Clean::from(text));
        let line = format!(
            "{:>9.3}s  {pool:<12} {glyph} {word:<10} {text}",
            time.as_secs_f64()
        );
        writeln!(self.out, "{}", line.trim_end())
    }

    fn summary(&mut self, session: &Session, pools: &[Follow]) -> io::Result<()> {
        let time = session.started().elapsed();
        match self.format {
            Format::Jsonl => {
                let counts: Map<String, Value> = pools
                    .iter()
                    .map(|f| (f.pool.name().to_string(), counts(&f.pool.stats())))
                    .collect();
                self.record(
                    time,
                    None,
                    "summary",
                    Map::from_iter([("pools".to_owned(), Value::Object(counts))]),
                )
            }
            Format::Human => {
                for follow in pools {
                    let stats = follow.pool.stats();
                    let totals = stats.totals;
                    let mut text = format!(
                        "{} ok, {} failed, {} panicked, {} stopped",
                        totals.completed, totals.failed, totals.panicked, totals.cancelled
                    );
                    if stats.skipped > 0 {
                        text.push_str(&format!(", {} skipped", stats.skipped));
                    }
                    self.line(time, follow.pool.name(), None, &format!("summary    {text}"))?;
                }
                for (pool, group) in session.held() {
                    self.line(
                        time,
                        &pool,
                        None,
                        &format!("not run    {group}: it has autostart = false"),
                    )?;
                }
                Ok(())
            }
        }
    }
}

/// The counts of a pool at its end.
fn counts(stats: &Stats) -> Value {
    json!({
        "completed": stats.totals.completed,
        "failed": stats.totals.failed,
        "panicked": stats.totals.panicked,
        "cancelled": stats.totals.cancelled,
        "skipped": stats.skipped,
    })
}

/// An event for people; nothing for those that say nothing new to them.
fn sentence(kind: &EventKind) -> Option<(Option<Status>, String)> {
    Some(match kind {
        EventKind::GroupCreated { group, method, func } => {
            (None, format!("group      {group}: {method} {func}"))
        }
        EventKind::Skipped { group, reason } => (None, format!("skipped    {group}: {reason}")),
        EventKind::InputFailed { group, reason } => (None, format!("input      {group}: {reason}")),
        EventKind::GroupCancelled { group } => (None, format!("cancelled  group {group}")),
        EventKind::GroupDone { group } => (None, format!("done       group {group}")),
        EventKind::TaskStarted { id, group, args } => {
            (Some(Status::Running), format!("{id:>6}  {group}  {args}"))
        }
        EventKind::CancelRequested {
            id,
            group,
            message,
            forced,
        } => {
            let force = if *forced { "  by force" } else { "" };
            let message = message
                .as_deref()
                .map(|text| format!("  {text}"))
                .unwrap_or_default();
            (
                Some(Status::Cancelling),
                format!("{id:>6}  {group}{force}{message}"),
            )
        }
        EventKind::TaskEnded {
            id,
            group,
            outcome,
            duration,
        } => {
            let (status, note) = ended(outcome);
            (
                Some(status),
                format!("{id:>6}  {group}  {:.3}s  {note}", duration.as_secs_f64()),
            )
        }
        EventKind::CallbackDone {
            id,
            cancel,
            panic: Some(panic),
        } => {
            let callback = if *cancel {
                "cancel_callback"
            } else {
                "end_callback"
            };
            (Some(Status::Panicked), format!("{id:>6}  {callback}: {panic}"))
        }
        EventKind::Closed => (None, "closed".to_owned()),
        EventKind::Locked
        | EventKind::Unlocked
        | EventKind::Paused
        | EventKind::Resumed
        | EventKind::Resized { .. }
        | EventKind::SpawnerDone { .. }
        | EventKind::GroupForgotten { .. }
        | EventKind::TaskCancelled { .. }
        | EventKind::CallbackDone { .. }
        | EventKind::TasksForgotten { .. } => return None,
    })
}

fn ended(outcome: &Outcome) -> (Status, String) {
    match outcome {
        Outcome::Completed => (Status::Ok, String::new()),
        Outcome::Failed(error) => {
            let failed = error.downcast_ref::<super::process::CommandFailed>();
            let timed_out = failed.is_some_and(|failed| failed.timed_out.is_some());
            (
                if timed_out {
                    Status::TimedOut
                } else {
                    Status::Failed
                },
                error.to_string(),
            )
        }
        Outcome::Panicked(message) => (Status::Panicked, message.to_string()),
        Outcome::Cancelled(cancelled) => {
            let detail = cancelled
                .detail
                .as_ref()
                .map(|detail| format!("  {detail}"))
                .unwrap_or_default();
            (
                Status::Stopped,
                format!("{}{detail}", cancelled.message.as_deref().unwrap_or_default()),
            )
        }
    }
}
