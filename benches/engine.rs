//! What a task costs: `cargo bench --bench engine -- WORKLOAD [--json] [--n N] [--size S] [--k K] [--threads T]
//! [--current] [--pending]`.
//!
//! w1: N no-op tasks through a pool of S slots, until the last has ended. w2: `map` over N arguments, S at a time.
//! w2y: the same, and each task yields once. w3: N tasks that wait; from `cancel_group` to the end of the last. w4: N
//! tasks that wait; resident bytes of each. w5: N tasks that wait; `stop(K)`. w6: N ended tasks; `flush`.
//! w1e: w1 while one reader follows the events. rows: 60 rows in the middle of N ended tasks, and all counts.
//! calls: N times `apply` of one task.
//! base: w1 by `tokio::spawn` and a `Semaphore`, with no books kept: what to compare with.
//!
//! One workload a process, so that one cannot warm or clutter the memory of another.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and may stop at once"
)]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use taskpool_tui::pool::{At, Query, SimpleTaskPool, TaskId, TaskPool};
use tokio::sync::Semaphore;

#[derive(Clone)]
struct Options {
    workload: String,
    n: usize,
    size: usize,
    k: usize,
    threads: usize,
    current: bool,
    pending: bool,
}

impl Options {
    fn parse() -> Options {
        let mut options = Options {
            workload: "w1".to_owned(),
            n: 1_000_000,
            size: 1000,
            k: 1000,
            threads: 2,
            current: false,
            pending: false,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut number = || {
                args.next()
                    .and_then(|text| text.parse().ok())
                    .expect("a number follows")
            };
            match arg.as_str() {
                "--n" => options.n = number(),
                "--size" => options.size = number(),
                "--k" => options.k = number(),
                "--threads" => options.threads = number(),
                "--current" => options.current = true,
                "--pending" => options.pending = true,
                "--json" | "--bench" => {} // JSON is the only form; cargo adds the other
                name => name.clone_into(&mut options.workload),
            }
        }
        options
    }
}

static STARTED: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Counts the end of a task, however it ends. It has no size, so it costs the task none.
struct Seen;

impl Drop for Seen {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::AcqRel);
    }
}

async fn sleeps() {
    let _seen = Seen;
    STARTED.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_hours(1)).await;
}

async fn pends() {
    let _seen = Seen;
    STARTED.fetch_add(1, Ordering::Relaxed);
    std::future::pending::<()>().await;
}

async fn all_started(n: usize) {
    while STARTED.load(Ordering::Acquire) < n {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits, without letting go of the thread's time for long, until that many have ended.
async fn all_ended(n: usize) {
    while ENDED.load(Ordering::Acquire) < n {
        tokio::task::yield_now().await;
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn per_second(n: usize, wall: Duration) -> Map<String, Value> {
    let seconds = wall.as_secs_f64();
    object(json!({
        "wall_s": seconds,
        "tasks_per_s": (n as f64 / seconds).round(),
        "ns_per_task": (seconds * 1e10 / n as f64).round() / 10.0,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        unreachable!("made of braces")
    };
    map
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn microseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

async fn measure(o: &Options) -> Map<String, Value> {
    match o.workload.as_str() {
        "w1" => w1(o, false).await,
        "w1e" => w1(o, true).await,
        "w2" => w2(o, false).await,
        "w2y" => w2(o, true).await,
        "w3" => w3(o).await,
        "w4" => w4(o).await,
        "w5" => w5(o).await,
        "w6" => w6(o).await,
        "rows" => rows(o).await,
        "calls" => calls(o),
        "base" => base(o).await,
        other => panic!("no workload {other}"),
    }
}

async fn w1(o: &Options, watched: bool) -> Map<String, Value> {
    let pool = TaskPool::new(o.size);
    let mut read = 0;
    let start = Instant::now();
    let reader = watched.then(|| {
        let mut events = pool.events();
        tokio::spawn(async move {
            loop {
                events.ready().await;
                while !black_box(events.read(1024)).events.is_empty() {}
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    });
    pool.apply(|| async { black_box(()) }, o.n, ()).unwrap();
    pool.lock();
    while pool.stats().totals.sum() < o.n as u64 {
        tokio::time::sleep(Duration::from_micros(200)).await;
        read += 1;
    }
    let wall = start.elapsed();
    black_box(read);
    drop(reader);
    per_second(o.n, wall)
}

async fn w2(o: &Options, yields: bool) -> Map<String, Value> {
    let pool = TaskPool::new(None);
    let start = Instant::now();
    if yields {
        let work = |i: usize| async move {
            tokio::task::yield_now().await;
            black_box(i);
        };
        pool.map(work, 0..o.n, o.size, ()).unwrap();
    } else {
        pool.map(
            |i: usize| async move {
                _ = black_box(i);
            },
            0..o.n,
            o.size,
            (),
        )
        .unwrap();
    }
    while pool.stats().totals.sum() < o.n as u64 {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    per_second(o.n, start.elapsed())
}

async fn base(o: &Options) -> Map<String, Value> {
    let slots = Arc::new(Semaphore::new(o.size));
    let start = Instant::now();
    for i in 0..o.n {
        let slot = slots.clone().acquire_owned().await.unwrap();
        tokio::spawn(async move {
            black_box(i);
            drop(slot);
        });
    }
    let _all = slots.acquire_many(u32::try_from(o.size).unwrap()).await;
    per_second(o.n, start.elapsed())
}

fn waiting(o: &Options) -> SimpleTaskPool {
    let pool = if o.pending {
        SimpleTaskPool::new(pends, None, ())
    } else {
        SimpleTaskPool::new(sleeps, None, ())
    };
    pool.start(o.n).unwrap();
    pool
}

async fn w3(o: &Options) -> Map<String, Value> {
    let pool = waiting(o);
    all_started(o.n).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    pool.cancel_group("start-group-0", None).unwrap();
    let call = start.elapsed();
    all_ended(o.n).await;
    let last = start.elapsed();
    pool.close().await;
    object(json!({
        "call_ms": milliseconds(call),
        "last_ms": milliseconds(last),
        "reap_ms": milliseconds(start.elapsed().checked_sub(last).unwrap()),
    }))
}

async fn w4(o: &Options) -> Map<String, Value> {
    let before = resident();
    let _pool = waiting(o);
    all_started(o.n).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let per_task = resident().saturating_sub(before) as f64 / o.n as f64;
    object(json!({ "rss_per_task": (per_task * 10.0).round() / 10.0 }))
}

async fn w5(o: &Options) -> Map<String, Value> {
    let pool = waiting(o);
    all_started(o.n).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    let stopped = pool.stop(o.k);
    let call = start.elapsed();
    all_ended(o.k).await;
    let last = start.elapsed();
    let newest_first = stopped
        .iter()
        .zip(0..)
        .all(|(id, i)| id.0 == (o.n - 1) as u64 - i);
    object(
        json!({ "k": o.k, "call_us": microseconds(call), "last_us": microseconds(last), "lifo_ok": newest_first }),
    )
}

async fn ended_pool(n: usize) -> TaskPool {
    let pool = TaskPool::new(1000);
    pool.map(
        |i: usize| async move {
            _ = black_box(i);
        },
        0..n,
        1000,
        (),
    )
    .unwrap();
    while pool.num_ended() < n {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    pool
}

async fn w6(o: &Options) -> Map<String, Value> {
    let before = resident();
    let pool = ended_pool(o.n).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let held = resident();
    let waited = Arc::new(AtomicUsize::new(0));
    let (other, longest) = (pool.clone(), waited.clone());
    let caller = tokio::spawn(async move {
        loop {
            let start = Instant::now();
            black_box(other.num_ended());
            longest.fetch_max(
                usize::try_from(start.elapsed().as_nanos()).unwrap_or(usize::MAX),
                Ordering::Relaxed,
            );
            tokio::task::yield_now().await;
        }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    waited.store(0, Ordering::Relaxed);
    let start = Instant::now();
    let flushed = pool.flush().await.totals.sum();
    let wall = start.elapsed();
    caller.abort();
    let per_task = held.saturating_sub(before) as f64 / o.n as f64;
    object(json!({
        "flushed": flushed,
        "flush_ms": milliseconds(wall),
        "other_waited_us": microseconds(Duration::from_nanos(waited.load(Ordering::Relaxed) as u64)),
        "bytes_per_ended": (per_task * 10.0).round() / 10.0,
    }))
}

async fn rows(o: &Options) -> Map<String, Value> {
    let pool = ended_pool(o.n).await;
    let middle = TaskId(o.n as u64 / 2);
    let mut times = Vec::new();
    for _ in 0..101 {
        let start = Instant::now();
        black_box(pool.snapshot(&Query {
            at: At::Task(middle, 30),
            rows: 60,
            ..Query::default()
        }));
        times.push(start.elapsed());
    }
    times.sort();
    object(json!({ "median_us": microseconds(times[50]), "most_us": microseconds(times[100]) }))
}

/// Each call makes a group of one task, with a name of its own.
fn calls(o: &Options) -> Map<String, Value> {
    let pool = TaskPool::new(o.size);
    let start = Instant::now();
    for _ in 0..o.n {
        pool.apply(|| async { black_box(()) }, 1, ()).unwrap();
    }
    object(json!({ "calls_ms": milliseconds(start.elapsed()) }))
}

fn main() {
    let options = Options::parse();
    let runtime = if options.current {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    } else {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads)
            .enable_all()
            .build()
    };
    let measured = options.clone();
    let figures = runtime
        .unwrap()
        .block_on(async { tokio::spawn(async move { measure(&measured).await }).await });
    let mut line = object(json!({
        "peer": "taskpool-tui",
        "workload": options.workload,
        "n": options.n,
        "size": options.size,
        "rt": if options.current { "current" } else { "multi" },
        "threads": if options.current { 1 } else { options.threads },
        "alloc": "system",
    }));
    line.extend(figures.unwrap());
    println!("{}", Value::Object(line));
    std::process::exit(0); // taking a million tasks down is not part of it
}
