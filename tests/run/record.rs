//! The record that `run --format jsonl` writes, held to what is said of it.

use serde_json::Value;
use std::collections::HashMap;

/// What is known of a pool from the lines so far.
#[derive(Debug, Default)]
struct Pool {
    time: f64,
    running: HashMap<u64, String>,
    /// The arguments of those.
    args: HashMap<u64, Value>,
    most: usize,
    outcomes: HashMap<String, u64>,
    closed: bool,
}

/// Reads a record line by line and fails at the first that breaks a rule.
#[derive(Debug, Default)]
pub(crate) struct Record {
    seq: u64,
    pools: HashMap<String, Pool>,
    summary: Option<Value>,
    /// How often each event came.
    pub(crate) events: HashMap<String, u64>,
    /// The ends of tasks that did not complete.
    pub(crate) bad_ends: Vec<Value>,
}

impl Record {
    /// Reads a whole record, which has to be complete.
    #[track_caller]
    pub(crate) fn whole(text: &str) -> Record {
        let mut record = Record::default();
        for line in text.lines() {
            record.line(line);
        }
        record.is_complete();
        record
    }

    #[track_caller]
    pub(crate) fn line(&mut self, line: &str) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(value.is_object(), "{line}");
        assert!(self.summary.is_none(), "after the summary: {line}");
        assert_eq!(value["seq"], self.seq, "{line}");
        self.seq += 1;
        let time = value["t"].as_f64().unwrap_or_else(|| panic!("no t: {line}"));
        assert!(time >= 0.0, "{line}");
        let event = text(&value, "event");
        *self.events.entry(event.to_owned()).or_default() += 1;
        assert_eq!(event == "run_started", self.seq == 1, "{line}");
        if event == "run_started" {
            let time: Result<jiff::Timestamp, _> = text(&value, "time").parse();
            assert!(time.is_ok(), "{line}");
            return;
        }
        if event == "summary" {
            assert!(value.get("pool").is_none(), "{line}");
            self.summary = Some(value["pools"].clone());
            return;
        }
        if event == "warning" {
            for key in ["kind", "evidence"] {
                assert!(!text(&value, key).is_empty(), "{line}");
            }
            if value.get("pool").is_none() {
                return;
            }
        }
        let pool = self.pools.entry(text(&value, "pool").to_owned()).or_default();
        assert!(time >= pool.time, "back from {} to {line}", pool.time);
        pool.time = time;
        assert!(!pool.closed, "after the pool's end: {line}");
        if pool.event(event, &value) {
            self.bad_ends.push(value);
        }
    }

    /// The summary has come, every task that started has ended, and both say the same.
    #[track_caller]
    pub(crate) fn is_complete(&self) {
        let summary = self.summary.as_ref().unwrap();
        assert_eq!(summary.as_object().unwrap().len(), self.pools.len());
        for (name, pool) in &self.pools {
            assert!(pool.closed, "{name} was not closed");
            assert!(pool.running.is_empty(), "{name}: {:?} never ended", pool.running);
            for outcome in ["completed", "failed", "panicked", "cancelled"] {
                let counted = pool.outcomes.get(outcome).copied().unwrap_or(0);
                assert_eq!(summary[name][outcome], counted, "{name} {outcome}");
            }
        }
    }

    /// How many tasks of a pool have ended so.
    pub(crate) fn ended(&self, pool: &str, outcome: &str) -> u64 {
        self.pools[pool].outcomes.get(outcome).copied().unwrap_or(0)
    }

    /// The most tasks of a pool that were under way at once.
    pub(crate) fn most(&self, pool: &str) -> usize {
        self.pools[pool].most
    }
}

impl Pool {
    /// Takes an event; whether it is the end of a task that did not complete.
    fn event(&mut self, event: &str, value: &Value) -> bool {
        match event {
            "group_created" => {
                for key in ["group", "method", "func"] {
                    assert!(!text(value, key).is_empty(), "{value}");
                }
            }
            "task_started" => {
                assert!(value["args"].is_array(), "{value}");
                self.args.insert(id(value), value["args"].clone());
                let before = self.running.insert(id(value), text(value, "group").to_owned());
                assert_eq!(before, None, "started twice: {value}");
                self.most = self.most.max(self.running.len());
            }
            "cancel_requested" | "task_cancelled" => {
                assert_eq!(self.running[&id(value)], text(value, "group"), "{value}");
            }
            "task_ended" => {
                let group = self.running.remove(&id(value));
                assert_eq!(group.as_deref(), Some(text(value, "group")), "{value}");
                assert!(value["duration"].as_f64().is_some_and(|t| t >= 0.0), "{value}");
                assert_eq!(
                    self.args.remove(&id(value)),
                    Some(value["args"].clone()),
                    "{value}"
                );
                let outcome = text(value, "outcome");
                *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
                let says_why = value.get("error").is_some();
                assert_eq!(says_why, matches!(outcome, "failed" | "panicked"), "{value}");
                return outcome != "completed";
            }
            "attempt_ended" | "attempt_started" => {
                assert_eq!(self.running[&id(value)], text(value, "group"), "{value}");
                assert!(
                    value["attempt"].as_u64().is_some_and(|attempt| attempt > 0),
                    "{value}"
                );
            }
            "group_done" | "group_cancelled" | "spawner_done" => {
                assert!(!text(value, "group").is_empty(), "{value}");
            }
            "pool_closed" => self.closed = true,
            "warning" | "locked" | "tasks_forgotten" | "group_forgotten" | "callback_done" => {}
            other => panic!("an event that no run without a screen has: {other}"),
        }
        false
    }
}

#[track_caller]
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}: {value}"))
}

#[track_caller]
fn id(value: &Value) -> u64 {
    value["id"].as_u64().unwrap_or_else(|| panic!("no id: {value}"))
}
