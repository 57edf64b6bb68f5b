//! The lines of a run without a screen.

use super::look::{self, LastLine, Progress};
use super::sentence::{ended, sentence};
use super::{Format, Output};
use crate::app::book::{Told, What};
use crate::app::clean::Clean;
use crate::app::count::counted;
use crate::app::output::OutputStore;
use crate::app::process::{self, Left};
use crate::app::record::{Record, args_of_task, facts, seconds, told_facts, write_record};
use crate::app::session::Session;
use crate::app::status::Status;
use crate::app::warnings::WarningRow;
use crate::pool::{BaseTaskPool, Event, EventKind, Outcome, Stats, TaskId};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// How many lines of what a failed task has written are shown.
const LAST: usize = 20;

/// Makes lines, and keeps them until they are taken.
pub(super) struct Lines {
    out: Vec<u8>,
    format: Format,
    seq: u64,
    /// The arguments of the tasks that run.
    args: HashMap<(String, TaskId), Given>,
    coloured: bool,
    /// How far the run is, below the lines of a terminal.
    last: Option<LastLine>,
}

/// The arguments of a task.
enum Given {
    /// As they stand before what it writes.
    Text(String),
    /// As its start has told them.
    Facts(Map<String, Value>),
}

impl Lines {
    pub(super) fn new(format: Format) -> Self {
        Lines {
            out: Vec::new(),
            format,
            seq: 0,
            args: HashMap::new(),
            coloured: format != Format::Jsonl && look::has_colours(),
            last: (format != Format::Jsonl && look::is_terminal()).then(LastLine::default),
        }
    }

    /// What has been made since the last time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let lines = std::mem::take(&mut self.out);
        match &mut self.last {
            Some(last) => last.below(lines),
            None => lines,
        }
    }

    /// Says below the lines of a terminal how far the run is.
    pub(super) fn progress<'a>(&mut self, pools: impl Iterator<Item = &'a BaseTaskPool>, elapsed: Duration) {
        if let Some(last) = &mut self.last {
            let mut progress = Progress::default();
            pools.for_each(|pool| progress.add(&pool.stats()));
            last.set(&progress, elapsed);
        }
    }

    /// The beginning of the run, which tells programs the time of day.
    pub(super) fn begin(&mut self) {
        if self.format == Format::Jsonl {
            let time = jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
                .to_string();
            let facts = Map::from_iter([("time".to_owned(), time.into())]);
            self.record(Duration::ZERO, None, "run_started", facts);
        }
    }

    /// An event; of the end of a task, with how many tries it took, where those were several.
    pub(super) fn event(&mut self, time: Duration, pool: &str, event: &Event, attempts: Option<u64>) {
        match self.format {
            Format::Jsonl => {
                let (name, mut facts) = facts(&event.kind);
                facts.extend(left_facts(&left_by(pool, &event.kind)));
                facts.extend(attempts.map(|attempts| ("attempts".to_owned(), attempts.into())));
                if let EventKind::TaskEnded { id, .. } = &event.kind
                    && let Some(Given::Facts(args)) = self.args.get(&(pool.to_owned(), *id))
                {
                    facts.extend(args.clone());
                }
                self.record(time, Some(pool), name, facts);
            }
            Format::Human(_) => {
                if let Some((status, mut text)) = sentence(&event.kind) {
                    if let (Some(attempts), Some(Status::Ok)) = (attempts, status) {
                        text.push_str(&format!("after {attempts} tries"));
                    }
                    self.line(time, pool, status, &text);
                }
                for left in left_by(pool, &event.kind) {
                    self.line(time, pool, None, &format!("left       behind: {left}"));
                }
            }
        }
    }

    /// The output of a task that has ended, as far as it is kept, if it is wanted.
    pub(super) fn output(&mut self, outputs: &OutputStore, pool: &str, event: &Event, wanted: bool) {
        match (self.format, &event.kind) {
            (Format::Jsonl, EventKind::TaskStarted { id, args, exact, .. }) => {
                let args = Given::Facts(args_of_task(args, exact.as_ref()));
                self.args.insert((pool.to_owned(), *id), args);
            }
            (Format::Jsonl, EventKind::TaskEnded { id, .. }) => {
                self.args.remove(&(pool.to_owned(), *id));
            }
            (Format::Human(Output::Prefix), EventKind::TaskStarted { id, args, .. }) => {
                let args = Given::Text(args.to_string());
                self.args.insert((pool.to_owned(), *id), args);
            }
            (Format::Human(Output::Prefix), EventKind::TaskEnded { id, .. }) => {
                let name = match self.args.remove(&(pool.to_owned(), *id)) {
                    Some(Given::Text(args)) if !args.is_empty() => args,
                    _ => id.to_string(),
                };
                if wanted {
                    self.kept(outputs, (pool, *id), &format!("{name}:"), usize::MAX);
                }
            }
            (Format::Human(Output::OnFailure), EventKind::TaskEnded { id, outcome, .. })
                if wanted && matches!(outcome, Outcome::Failed(_) | Outcome::Panicked(_)) =>
            {
                self.kept(outputs, (pool, *id), "        |", LAST);
            }
            _ => {}
        }
    }

    /// The last lines that are kept of a task's output, each behind a prefix, and how many came before them.
    fn kept(&mut self, outputs: &OutputStore, (pool, id): (&str, TaskId), prefix: &str, most: usize) {
        let (dropped, lines) = outputs.whole(pool, id.0);
        let skipped = lines.len().saturating_sub(most);
        let before = dropped + skipped as u64;
        if before > 0 {
            self.text(&format!(
                "{prefix} … {}",
                counted(before, "line before", "lines before")
            ));
        }
        for line in &lines[skipped..] {
            self.text(&format!("{prefix} {line}"));
        }
    }

    fn text(&mut self, line: &str) {
        self.out
            .extend_from_slice(Clean::from(line).trim_end().as_bytes());
        self.out.push(b'\n');
    }

    /// A try of a task that is not its last, or not its first.
    pub(super) fn told(&mut self, time: Duration, pool: &str, told: &Told) {
        match self.format {
            Format::Jsonl => {
                let (name, facts) = told_facts(told);
                self.record(time, Some(pool), name, facts);
            }
            Format::Human(_) => {
                let (id, group) = (told.id, &told.group);
                let of = told.of.map(|of| format!(" of {of}")).unwrap_or_default();
                let (status, text) = match &told.what {
                    What::Ended(attempt, outcome, wait) => {
                        let (status, note) = ended(outcome);
                        (status, format!("try {attempt}{of}  {note}  the next in {wait:?}"))
                    }
                    What::Started(attempt) => (Status::Running, format!("try {attempt}{of}")),
                };
                self.line(time, pool, Some(status), &format!("{id:>6}  {group}  {text}"));
            }
        }
    }

    /// Events that came too fast to be written.
    pub(super) fn lost(&mut self, time: Duration, pool: &str, count: u64) {
        match self.format {
            Format::Jsonl => {
                let facts = Map::from_iter([("count".to_owned(), Value::from(count))]);
                self.record(time, Some(pool), "lost", facts);
            }
            Format::Human(_) => self.line(
                time,
                pool,
                None,
                &format!("lost       {count} lines: they came too fast"),
            ),
        }
    }

    /// Something that goes wrong without failing.
    pub(super) fn warning(&mut self, time: Duration, warning: &WarningRow) {
        let WarningRow {
            kind,
            subject,
            evidence,
            ..
        } = warning;
        let pool = Some(subject.pool.as_str()).filter(|pool| !pool.is_empty());
        match self.format {
            Format::Jsonl => {
                let mut facts = Map::from_iter([("kind".to_owned(), Value::from(kind.about().key))]);
                let group = subject.group.as_ref().map(|group| group.as_str().into());
                facts.extend(group.map(|group: Value| ("group".to_owned(), group)));
                facts.extend(subject.task.map(|id| ("id".to_owned(), id.into())));
                facts.insert("evidence".to_owned(), evidence.as_str().into());
                self.record(time, pool, "warning", facts);
            }
            Format::Human(_) => {
                let of = match (subject.task, &subject.group) {
                    (Some(task), _) => format!("{task:>6}  "),
                    (None, Some(group)) => format!("{group}  "),
                    (None, None) => String::new(),
                };
                let text = format!("warning    {of}{}: {evidence}", kind.about().title);
                self.line(time, pool.unwrap_or_default(), None, &text);
            }
        }
    }

    /// The end of the run, with what it has left behind.
    pub(super) fn summary<'a>(
        &mut self,
        session: &Session,
        pools: impl Iterator<Item = &'a BaseTaskPool>,
        left: &[Left],
    ) {
        let time = session.started().elapsed();
        if let Some(mut last) = self.last.take() {
            self.out.extend(last.erase());
        }
        match self.format {
            Format::Jsonl => {
                let counts: Map<String, Value> = pools
                    .map(|pool| (pool.name().to_string(), counts(&pool.stats())))
                    .collect();
                let held = session
                    .held()
                    .into_iter()
                    .map(|(pool, group)| json!({ "pool": pool, "group": group }));
                let mut facts = Map::from_iter([("pools".to_owned(), Value::Object(counts))]);
                facts.insert("not_run".to_owned(), held.collect());
                facts.extend(left_facts(left));
                self.record(time, None, "summary", facts);
            }
            Format::Human(_) => {
                for pool in pools {
                    self.line(
                        time,
                        pool.name(),
                        None,
                        &format!("summary    {}", total(&pool.stats())),
                    );
                }
                for failure in super::failures(session) {
                    self.text(&failure);
                }
                for (pool, group) in session.held() {
                    self.line(
                        time,
                        &pool,
                        None,
                        &format!("not run    {group}: it has autostart = false"),
                    );
                }
            }
        }
    }

    fn record(&mut self, time: Duration, pool: Option<&str>, event: &'static str, facts: Map<String, Value>) {
        let record = Record {
            seq: self.seq,
            t: seconds(time),
            pool: pool.map(str::to_owned),
            event,
            facts,
        };
        self.seq += 1;
        // Writing to memory cannot fail.
        let _ = write_record(&mut self.out, &record);
    }

    fn line(&mut self, time: Duration, pool: &str, status: Option<Status>, text: &str) {
        let (glyph, word) = status.map_or((' ', ""), |status| (status.look().glyph, status.look().word));
        let (pool, text) = (Clean::from(pool), Clean::from(text));
        let state = format!("{glyph} {word:<10}");
        let state = match status.filter(|_| self.coloured) {
            Some(status) => look::coloured(status, &state),
            None => state,
        };
        let line = format!("{:>9.3}s  {pool:<12} {state} {text}", time.as_secs_f64());
        self.out.extend_from_slice(line.trim_end().as_bytes());
        self.out.push(b'\n');
    }
}

/// What a task that has ended is known to have left behind.
fn left_by(pool: &str, kind: &EventKind) -> Vec<Left> {
    match kind {
        EventKind::TaskEnded { id, .. } => process::left_behind(pool, id.0),
        _ => Vec::new(),
    }
}

fn left_facts(left: &[Left]) -> Option<(String, Value)> {
    let one = |left: &Left| {
        let (pool, task) = left.task.clone().unzip();
        let mut one = json!({ "pid": left.pid, "name": left.name, "pool": pool, "id": task });
        if let Value::Object(facts) = &mut one {
            facts.retain(|_, value| !value.is_null());
        }
        one
    };
    let list = left.iter().map(one).collect();
    (!left.is_empty()).then_some(("left_behind".to_owned(), list))
}

/// What has come of the tasks of a pool.
pub(super) fn total(stats: &Stats) -> String {
    let totals = stats.totals;
    let mut text = format!(
        "{} ok, {} failed, {} panicked, {} cancelled",
        totals.completed, totals.failed, totals.panicked, totals.cancelled
    );
    if let Some(not_run) = not_run(stats) {
        text.push_str(&format!(", {not_run} not run"));
    }
    let rare = [
        (stats.skipped, "skipped", "skipped"),
        (stats.input_errors, "input failed", "inputs failed"),
        (stats.callback_errors, "callback failed", "callbacks failed"),
    ];
    for (count, one, several) in rare.into_iter().filter(|(count, ..)| *count > 0) {
        text.push_str(&format!(", {}", counted(count, one, several)));
    }
    text
}

/// How many tasks never started, because their group was cancelled before; none: no such task is known.
fn not_run(stats: &Stats) -> Option<String> {
    match (stats.never_started, stats.never_started_more) {
        (0, false) => None,
        (0, true) => Some("some".to_owned()),
        (known, more) => Some(format!("{known}{}", if more { "+" } else { "" })),
    }
}

/// The counts of a pool at its end.
fn counts(stats: &Stats) -> Value {
    json!({
        "completed": stats.totals.completed,
        "failed": stats.totals.failed,
        "panicked": stats.totals.panicked,
        "cancelled": stats.totals.cancelled,
        "not_run": stats.never_started,
        "not_run_more": stats.never_started_more,
        "skipped": stats.skipped,
        "input_errors": stats.input_errors,
        "callback_errors": stats.callback_errors,
    })
}
