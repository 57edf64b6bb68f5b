//! Events as records: one JSON object a line, the form that other programs read.

use super::args::Args;
use super::attempts::command_failed;
use super::book::{Told, What};
use super::clean::deceptions;
use super::process::CommandEnded;
use crate::pool::{EventKind, Outcome, PoolSize};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value, json};
use std::any::Any;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

/// A line of the record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    /// From 0, without gaps.
    pub seq: u64,
    /// Seconds since the start.
    pub t: f64,
    /// The pool; none for what concerns all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// What happened.
    pub event: &'static str,
    /// What there is to say of it.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// Writes a record as one line, with its end. Characters that could make a terminal show something else than
/// what is there (controls, bidi controls, invisible ones, storms of combining marks) are escaped as `\uXXXX`: whoever looks at the line
/// sees them, and a program reads the same text.
///
/// # Errors
///
/// Those of `out`.
pub fn write_record(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Plain);
    record.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Compact JSON that shows everything that is in it.
struct Plain;

impl Formatter for Plain {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut shown = 0;
        for (at, c) in deceptions(fragment) {
            out.write_all(&fragment.as_bytes()[shown..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            shown = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[shown..])
    }
}

/// Seconds with the microseconds that there are.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

/// The name of an event and what there is to say of it.
pub(super) fn facts(kind: &EventKind) -> (&'static str, Map<String, Value>) {
    let (name, facts) = match kind {
        EventKind::GroupCreated { group, method, func } => (
            "group_created",
            json!({ "group": group.as_str(), "method": method, "func": &**func }),
        ),
        EventKind::SpawnerDone { group } => ("spawner_done", json!({ "group": group.as_str() })),
        EventKind::Skipped { group, reason } => {
            ("skipped", json!({ "group": group.as_str(), "reason": &**reason }))
        }
        EventKind::InputFailed { group, reason } => (
            "input_failed",
            json!({ "group": group.as_str(), "error": &**reason }),
        ),
        EventKind::InputEmpty { group, reason } => (
            "input_empty",
            json!({ "group": group.as_str(), "reason": &**reason }),
        ),
        EventKind::GroupCancelled { group } => ("group_cancelled", json!({ "group": group.as_str() })),
        EventKind::GroupDone { group } => ("group_done", json!({ "group": group.as_str() })),
        EventKind::GroupForgotten { group } => ("group_forgotten", json!({ "group": group.as_str() })),
        EventKind::TaskStarted {
            id,
            group,
            args,
            exact,
        } => {
            let mut facts = json!({ "id": id.0, "group": group.as_str() });
            merge(&mut facts, Value::Object(args_of_task(args, exact.as_ref())));
            ("task_started", facts)
        }
        EventKind::CancelRequested {
            id,
            group,
            message,
            forced,
        } => (
            "cancel_requested",
            json!({ "id": id.0, "group": group.as_str(), "message": message.as_deref(), "forced": forced }),
        ),
        EventKind::TaskCancelled { id, group } => {
            ("task_cancelled", json!({ "id": id.0, "group": group.as_str() }))
        }
        EventKind::TaskEnded {
            id,
            group,
            outcome,
            duration,
        } => {
            let mut facts = json!({ "id": id.0, "group": group.as_str() });
            merge(&mut facts, outcome_facts(outcome));
            merge(&mut facts, json!({ "duration": seconds(*duration) }));
            ("task_ended", facts)
        }
        EventKind::CallbackDone { id, cancel, error } => {
            let callback = if *cancel {
                "cancel_callback"
            } else {
                "end_callback"
            };
            (
                "callback_done",
                json!({ "id": id.0, "callback": callback, "error": error.as_deref() }),
            )
        }
        EventKind::GroupLimited {
            group,
            num_concurrent,
        } => (
            "group_limited",
            json!({ "group": group.as_str(), "num_concurrent": num_concurrent }),
        ),
        EventKind::TasksForgotten { first, last } => {
            ("tasks_forgotten", json!({ "first": first.0, "last": last.0 }))
        }
        EventKind::Locked => ("locked", json!({})),
        EventKind::Unlocked => ("unlocked", json!({})),
        EventKind::Paused => ("paused", json!({})),
        EventKind::Resumed => ("resumed", json!({})),
        EventKind::Resized { size } => ("resized", json!({ "size": size_value(*size) })),
        EventKind::Closed => ("pool_closed", json!({})),
    };
    let Value::Object(mut facts) = facts else {
        unreachable!("every event's facts are an object")
    };
    facts.retain(|_, value| !value.is_null());
    (name, facts)
}

/// The same for a try of a task that is not its last, or not its first.
pub(super) fn told_facts(told: &Told) -> (&'static str, Map<String, Value>) {
    let (name, attempt, more) = match &told.what {
        What::Ended(attempt, outcome, wait) => {
            let mut more = outcome_facts(outcome);
            merge(&mut more, json!({ "wait": seconds(*wait) }));
            ("attempt_ended", attempt, more)
        }
        What::Started(attempt) => ("attempt_started", attempt, json!({})),
    };
    let mut facts = Map::from_iter([
        ("id".to_owned(), told.id.into()),
        ("group".to_owned(), told.group.as_str().into()),
        ("attempt".to_owned(), (*attempt).into()),
    ]);
    facts.extend(told.of.map(|of| ("of".to_owned(), of.into())));
    if let Value::Object(more) = more {
        facts.extend(more);
    }
    facts.retain(|_, value| !value.is_null());
    (name, facts)
}

/// The arguments that a task was started with. Of a pool that was not made of a config nothing but their text is known.
pub(super) fn args_of_task(text: &str, exact: Option<&Arc<dyn Any + Send + Sync>>) -> Map<String, Value> {
    let exact = exact.and_then(|exact| exact.downcast_ref::<Args>());
    match exact.map_or_else(|| json!({ "args_text": text }), args_facts) {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}

/// The arguments of a task, so that they can be had back as they are: `args` is a list of strings, `kwargs` an object.
/// Where one of them is not UTF-8, its bad bytes are U+FFFD there, and `args_hex` or `kwargs_hex` has the bytes of all.
fn args_facts(args: &Args) -> Value {
    let text = |value: &OsString| Value::from(value.to_string_lossy());
    let hex = |value: &OsString| {
        let bytes = value.as_bytes().iter();
        bytes.fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    let mut facts = json!({ "args": args.positional.iter().map(text).collect::<Vec<_>>() });
    let pairs = |value: &dyn Fn(&OsString) -> Value| -> Value {
        let pairs = args
            .keyword
            .iter()
            .map(|(name, given)| (name.clone(), value(given)));
        Value::Object(pairs.collect())
    };
    if !args.keyword.is_empty() {
        merge(&mut facts, json!({ "kwargs": pairs(&text) }));
    }
    if args.positional.iter().any(|value| value.to_str().is_none()) {
        merge(
            &mut facts,
            json!({ "args_hex": args.positional.iter().map(hex).collect::<Vec<_>>() }),
        );
    }
    if args.keyword.iter().any(|(_, value)| value.to_str().is_none()) {
        merge(
            &mut facts,
            json!({ "kwargs_hex": pairs(&|value| hex(value).into()) }),
        );
    }
    facts
}

fn size_value(size: PoolSize) -> Value {
    size.limit().map_or("unlimited".into(), Into::into)
}

fn merge(facts: &mut Value, more: Value) {
    if let (Value::Object(facts), Value::Object(more)) = (facts, more) {
        facts.extend(more);
    }
}

/// `outcome`, and what is known beside it: `exit_code`, `signal`, `timed_out`, `error`, `message`.
fn outcome_facts(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Completed => json!({ "outcome": "completed" }),
        Outcome::Failed(error) => match command_failed(&**error) {
            Some(failed) => json!({
                "outcome": "failed",
                "exit_code": failed.code,
                "signal": failed.signal,
                "timed_out": failed.timed_out.map(|_| true),
                "error": error.to_string(),
            }),
            None => json!({ "outcome": "failed", "error": error.to_string() }),
        },
        Outcome::Panicked(message) => json!({ "outcome": "panicked", "error": &**message }),
        Outcome::Cancelled(cancelled) => {
            let ended = cancelled
                .detail
                .as_ref()
                .and_then(|detail| detail.downcast_ref::<CommandEnded>());
            json!({
                "outcome": "cancelled",
                "message": cancelled.message.as_deref(),
                "exit_code": ended.and_then(|ended| ended.code),
                "signal": ended.and_then(|ended| ended.signal),
                "killed": ended.filter(|ended| ended.killed).map(|_| true),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Cancelled, TaskId};
    use proptest::prelude::*;
    use std::ffi::OsStr;

    fn line(pool: &str, facts: Value) -> String {
        let Value::Object(facts) = facts else {
            panic!("{facts}")
        };
        let record = Record {
            seq: 3,
            t: 0.25,
            pool: Some(pool.to_owned()),
            event: "task_started",
            facts,
        };
        let mut line = Vec::new();
        write_record(&mut line, &record).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_line_shows_what_is_in_it() {
        let facts = json!({ "args": "日本 \u{202e}gpj \"\u{9b}1m\u{1b}[0m\" e\u{301}", "k\u{e0041}": 1.5 });
        assert_eq!(
            line("team-ä", facts),
            concat!(
                r#"{"seq":3,"t":0.25,"pool":"team-ä","event":"task_started","#,
                r#""args":"日本 \u202egpj \"\u009b1m\u001b[0m\" e"#,
                "\u{301}",
                r#"","k\udb40\udc41":1.5}"#,
                "\n"
            )
        );
    }

    fn hostile_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>(),
            (0_u32..0x100).prop_map(|c| char::from_u32(c).unwrap_or_default()),
            (0x2000_u32..0x2070).prop_map(|c| char::from_u32(c).unwrap_or_default()),
            (0xe0000_u32..0xe0200).prop_map(|c| char::from_u32(c).unwrap_or_default()),
            prop::sample::select(vec![
                '\u{61c}', '\u{3164}', '\u{feff}', '\u{fe0f}', '\u{fff9}', '"', '\\', 'ä'
            ]),
        ];
        prop::collection::vec(piece, 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn a_line_deceives_nobody_and_reads_back_as_it_was(
            pool in hostile_text(), key in hostile_text(), text in hostile_text(),
        ) {
            let key = format!("x{key}");
            let line = line(&pool, json!({ key.as_str(): [text.as_str()] }));
            let (end, inside) = line.as_bytes().split_last().unwrap();
            prop_assert_eq!(*end, b'\n');
            let inside = std::str::from_utf8(inside).unwrap();
            // Listed apart from the table on purpose.
            let hostile = |c: char| c < ' '
                || matches!(c, '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            prop_assert_eq!(inside.chars().find(|c| hostile(*c)), None);
            prop_assert_eq!(deceptions(inside).next(), None);
            let read: Value = serde_json::from_str(inside).unwrap();
            prop_assert_eq!(&read["pool"], &Value::from(pool));
            prop_assert_eq!(&read[key.as_str()][0], &Value::from(text));
        }
    }

    #[test]
    fn arguments_can_be_had_back_as_they_are() {
        let started = |args: Args| {
            let kind = EventKind::TaskStarted {
                id: TaskId(7),
                group: "g".into(),
                args: args.to_string().into(),
                exact: Some(Arc::new(args)),
            };
            let mut facts = facts(&kind).1;
            facts.retain(|key, _| key != "id" && key != "group");
            Value::Object(facts)
        };
        let args = |positional: &[&[u8]], keyword: &[(&str, &[u8])]| Args {
            positional: positional
                .iter()
                .map(|bytes| OsStr::from_bytes(bytes).to_owned())
                .collect(),
            keyword: keyword
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), OsStr::from_bytes(bytes).to_owned()))
                .collect(),
        };
        assert_eq!(started(args(&[], &[])), json!({ "args": [] }));
        let long = "x".repeat(1000);
        assert_eq!(
            started(args(
                &[b"a b", b"", b"\"q\"\n", long.as_bytes()],
                &[("host", b"a=b")]
            )),
            json!({ "args": ["a b", "", "\"q\"\n", long], "kwargs": { "host": "a=b" } })
        );
        assert_eq!(
            started(args(&[b"a", b"\xE9t\xE9"], &[("f", b"\x01\xFF")])),
            json!({
                "args": ["a", "\u{fffd}t\u{fffd}"], "args_hex": ["61", "e974e9"],
                "kwargs": { "f": "\u{1}\u{fffd}" }, "kwargs_hex": { "f": "01ff" },
            })
        );
    }

    #[test]
    fn an_ended_task_says_how_and_leaves_out_what_it_does_not_know() {
        let end = |outcome| {
            let kind = EventKind::TaskEnded {
                id: TaskId(7),
                group: "g".into(),
                outcome,
                duration: Duration::from_millis(1500),
            };
            Value::Object(facts(&kind).1)
        };
        assert_eq!(
            end(Outcome::Completed),
            json!({ "id": 7, "group": "g", "outcome": "completed", "duration": 1.5 })
        );
        assert_eq!(
            end(Outcome::Cancelled(Cancelled::default())),
            json!({ "id": 7, "group": "g", "outcome": "cancelled", "duration": 1.5 })
        );
        assert_eq!(
            end(Outcome::Failed(std::sync::Arc::from(
                crate::pool::BoxError::from("no")
            ))),
            json!({ "id": 7, "group": "g", "outcome": "failed", "error": "no", "duration": 1.5 })
        );
    }
}
