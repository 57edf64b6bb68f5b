//! Tries of a task, as a run without a screen tells them.

use crate::program::{Mark, finish, program, write};
use crate::record::Record;
use serde_json::{Value, json};

const CONFIG: &str = r#"
[func.flaky]
shell = '[ "$TASKPOOL_ATTEMPT" -ge "$1" ] || { echo "not yet" >&2; exit 7; }'
retries = 2
backoff = "10ms"

[func.worker]
shell = 'exit 1'
restart = "on-failure"
backoff = "0s"

[[pool]]
name = "p"
[[pool.group]]
method = "map"
func = "flaky"
arg_iter = [1, 2, 9]
num_concurrent = 3
[[pool.group]]
name = "w"
method = "apply"
func = "worker"
"#;

/// The events of a task, without what differs from run to run.
fn told(out: &str, args: &[&str]) -> Vec<Value> {
    let lines = || {
        out.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
    };
    let id = lines().find(|line| line["args"] == json!(args)).unwrap()["id"].clone();
    let of_task = lines().filter(|line| line["id"] == id && line["event"] != "warning");
    of_task
        .map(|mut line| {
            let facts = line.as_object_mut().unwrap();
            if facts["event"] == "task_ended" {
                assert_eq!(facts.remove("args"), Some(json!(args)));
            }
            for key in ["seq", "t", "pool", "id", "group", "duration"] {
                facts.remove(key);
            }
            line
        })
        .collect()
}

#[test]
fn every_try_is_told_and_the_exit_status_counts_outcomes() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    write(dir.path(), "c.toml", CONFIG);
    let ended = finish(
        &mark,
        &mut program(&mark, dir.path(), ["run", "c.toml", "--format", "jsonl"]),
    );
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let record = Record::whole(&ended.out);
    assert_eq!(
        (record.ended("p", "completed"), record.ended("p", "failed")),
        (2, 2)
    );
    assert_eq!(
        told(&ended.out, &["1"]),
        [
            json!({ "event": "task_started", "args": ["1"] }),
            json!({ "event": "task_ended", "outcome": "completed" })
        ]
    );
    let failed = |attempt: u64, wait: f64| {
        json!({ "event": "attempt_ended", "attempt": attempt, "of": 3, "outcome": "failed", "exit_code": 7,
            "error": "exit 7: not yet", "wait": wait })
    };
    let started = |attempt: u64| json!({ "event": "attempt_started", "attempt": attempt, "of": 3 });
    assert_eq!(
        told(&ended.out, &["2"]),
        [
            json!({ "event": "task_started", "args": ["2"] }),
            failed(1, 0.01),
            started(2),
            json!({ "event": "task_ended", "outcome": "completed", "attempts": 2 })
        ]
    );
    assert_eq!(
        told(&ended.out, &["9"]),
        [
            json!({ "event": "task_started", "args": ["9"] }),
            failed(1, 0.01),
            started(2),
            failed(2, 0.02),
            started(3),
            json!({ "event": "task_ended", "outcome": "failed", "exit_code": 7,
                "error": "exit 7 after 3 tries: not yet", "attempts": 3 })
        ]
    );
    let worker = told(&ended.out, &[]);
    let last = worker.last().unwrap();
    assert_eq!((&last["attempts"], &last["exit_code"]), (&json!(5), &json!(1)));
    assert!(
        last["error"]
            .as_str()
            .unwrap()
            .starts_with("crash loop: 5 ends within "),
        "{last}"
    );
    assert_eq!(worker.len(), 2 + 2 * 4);
    assert_eq!(worker[1]["of"], Value::Null);
}

#[test]
fn a_run_whose_tasks_succeed_in_the_end_is_a_success_that_people_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let mark = Mark::new();
    let config = CONFIG.replace("[1, 2, 9]", "[2]").replace("exit 1", "exit 0");
    write(dir.path(), "c.toml", &config);
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    for line in [
        "try 1 of 3  exit 7: not yet  the next in 10ms",
        "try 2 of 3",
        "after 2 tries",
    ] {
        assert!(ended.out.contains(line), "{line}: {}", ended.out);
    }
}
