//! How quick the dashboard is, measured on the program itself in a pseudo-terminal:
//! `cargo bench --bench dashboard -- [start] [idle] [busy] [filter] [flood] [--json] [--seconds N] [--program FILE]`.
//!
//! start: from the start of the program to its first frame. idle: a pool remembers a million tasks and nothing changes.
//! busy: beside them 100,000 tasks start and end each second. filter: twelve failed tasks are looked for among 700,000.
//! flood: a task writes lines as fast as it is read. Without a name all of them, which takes about a minute and a half.
//! A figure is what it is on this machine, at this moment: look at the ratios, and have nothing else running.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and may stop at once"
)]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![expect(dead_code, reason = "the tests use more of what they share")]

mod keys;
#[path = "../tests/program/mod.rs"]
mod program;
#[path = "../tests/pty/terminal.rs"]
mod terminal;

use keys::{Pauses, Times, answer};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use terminal::Terminal;

/// What a frame ends with: it hides the cursor.
const FRAME: &str = "\x1b[?25l";

fn main() {
    let mut bench = Bench {
        rows: Vec::new(),
        seconds: 8,
        program: PathBuf::from(program::PROGRAM),
        json: false,
    };
    let mut asked = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => bench.json = true,
            "--seconds" => bench.seconds = args.next().unwrap().parse().unwrap(),
            "--program" => bench.program = PathBuf::from(args.next().unwrap()).canonicalize().unwrap(),
            // What `cargo bench` adds.
            "--bench" => {}
            name => asked.push(name.to_owned()),
        }
    }
    let parts: [(&str, Part); 5] = [
        ("start", start),
        ("idle", idle),
        ("busy", busy),
        ("filter", filter),
        ("flood", flood),
    ];
    for (name, part) in parts {
        if asked.is_empty() || asked.iter().any(|other| other == name) {
            part(&mut bench);
        }
    }
    bench.print();
}

/// Measures something.
type Part = fn(&mut Bench);

struct Bench {
    rows: Vec<Row>,
    seconds: u64,
    program: PathBuf,
    json: bool,
}

struct Row {
    part: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
    /// No more than this is aimed at.
    bar: Option<f64>,
    /// What others take for it, measured once at 140x40 on two processors.
    others: &'static str,
}

impl Bench {
    fn row(
        &mut self,
        part: &'static str,
        what: &str,
        (value, unit): (f64, &'static str),
        bar: Option<f64>,
        others: &'static str,
    ) {
        self.rows.push(Row {
            part,
            what: what.to_owned(),
            value,
            unit,
            bar,
            others,
        });
    }

    /// The percentiles of some times.
    fn times(
        &mut self,
        part: &'static str,
        what: &str,
        times: &Times,
        bars: [(usize, Option<f64>); 2],
        others: &'static str,
    ) {
        for (i, (percent, bar)) in bars.into_iter().enumerate() {
            let what = format!("{what}, {} of {}", percentile_name(percent), times.count());
            let others = if i == 0 { others } else { "" };
            self.row(part, &what, (times.percentile(percent), "ms"), bar, others);
        }
    }

    fn print(&self) {
        if self.json {
            let rows = self.rows.iter().map(|row| {
                serde_json::json!({
                    "part": row.part, "what": row.what, "value": row.value, "unit": row.unit, "bar": row.bar,
                })
            });
            println!("{}", serde_json::Value::Array(rows.collect()));
            return;
        }
        println!(
            "{:<7} {:<46} {:>14}  {:>9}  others",
            "part", "what", "measured", "bar"
        );
        for row in &self.rows {
            let measured = format!("{:.2} {:<8}", row.value, row.unit);
            let bar = row.bar.map_or_else(String::new, |bar| {
                format!("{} {bar}", if row.value <= bar { "<=" } else { "MISSED" })
            });
            let line = format!(
                "{:<7} {:<46} {measured:>14}  {bar:>9}  {}",
                row.part, row.what, row.others
            );
            println!("{}", line.trim_end());
        }
    }

    /// Starts the program on a config.
    fn open(&self, dir: &Path, config: &str) -> Terminal {
        program::write(dir, "bench.toml", config);
        let variables = [("TERM", "xterm-256color")];
        Terminal::open(&self.program, dir, (140, 40), &["bench.toml"], &variables)
    }
}

fn percentile_name(percent: usize) -> String {
    match percent {
        50 => "median".to_owned(),
        100 => "longest".to_owned(),
        percent => format!("p{percent}"),
    }
}

/// A pool that has ended so many tasks, and one group that waits for a key.
fn million(past: u64, held: &str) -> String {
    format!(
        "[output]\nbytes = 256\n[[pool]]\nname = 'million'\npool_size = 1000\n\
         [[pool.group]]\nname = 'past'\nmethod = 'apply'\nfunc = 'sleep'\nargs = ['0s']\nnum = {past}\n\
         [[pool.group]]\nname = 'now'\nmethod = 'apply'\nautostart = false\n{held}\n"
    )
}

/// Opens the pool's screen once all its tasks have ended.
fn past(bench: &Bench, dir: &Path, tasks: u64, held: &str) -> Terminal {
    let mut t = bench.open(dir, &million(tasks, held));
    t.shows("million");
    t.press("2", "[2 Pool]");
    t.shows(&format!("Tasks ({},{:03})", tasks / 1000, tasks % 1000));
    t.shows("▶ 0/1000 running");
    t
}

/// From a key to the row and the title that it moves to, and to the facts of that task, which the pool has to be asked
/// for.
fn moves(t: &mut Terminal, key: &str, count: usize) -> (Times, Times) {
    let (mut cursors, mut facts) = (Times::default(), Times::default());
    let mut pauses = Pauses::new();
    let after = |screen: &str, before: &str| -> Option<u64> {
        let (_, rest) = screen.split_once(before)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    for _ in 0..count {
        pauses.next();
        let before = t.screen();
        let (title, name) = (after(&before, "Output of "), after(&before, "million_Task-"));
        let moved = |screen: &str| after(screen, "Output of ").is_some_and(|id| Some(id) != title);
        let start = Instant::now();
        cursors.add(answer(t, key, moved));
        let known = |screen: &str| after(screen, "million_Task-").is_some_and(|id| Some(id) != name);
        t.wait_for("shows the task's facts", known);
        facts.add(start.elapsed());
    }
    (cursors, facts)
}

fn start(bench: &mut Bench) {
    let mut times = Times::default();
    for _ in 0..15 {
        let dir = tempfile::tempdir().unwrap();
        program::write(
            dir.path(),
            "bench.toml",
            &million(1, "func = 'sleep'\nargs = ['0s']"),
        );
        let begin = Instant::now();
        let variables = [("TERM", "xterm-256color")];
        let t = Terminal::open(&bench.program, dir.path(), (140, 40), &["bench.toml"], &variables);
        t.shows("[1 Pools]");
        times.add(begin.elapsed());
        leave(t);
    }
    bench.times(
        "start",
        "from a shell's start to the first frame",
        &times,
        [(50, Some(50.0)), (100, None)],
        "",
    );
}

fn idle(bench: &mut Bench) {
    const TASKS: u64 = 990_000;
    let dir = tempfile::tempdir().unwrap();
    let mut t = past(bench, dir.path(), TASKS, "func = 'sleep'\nargs = ['0s']");
    t.press("k", "Output of ");
    let (cursors, facts) = moves(&mut t, "k", 200);
    let others = "htop 0.5, bottom 0.6, mprocs 0.8, btop 5.4, tokio-console 23 (10^4 tasks)";
    bench.times(
        "idle",
        "key to cursor",
        &cursors,
        [(50, Some(1.5)), (95, Some(3.0))],
        others,
    );
    bench.times(
        "idle",
        "key to the task's facts",
        &facts,
        [(50, Some(1.5)), (95, Some(3.0))],
        "",
    );
    leave(t);
    // What ended lately is shown as a chart, which moves on for two minutes: here nothing has ended yet.
    let dir = tempfile::tempdir().unwrap();
    let config = "[[pool]]\nname = 'million'\npool_size = 0\n[[pool.group]]\nmethod = 'apply'\nfunc = 'sleep'\nargs = ['0s']\nnum = 1_000_000\n";
    let mut t = bench.open(dir.path(), config);
    t.press("2", "1000000 queued");
    sleep(Duration::from_secs(2));
    let pid = t.program();
    let (before, bytes, wakes, begin) = (cpu(pid), t.raw().len(), wakes(pid), Instant::now());
    sleep(Duration::from_secs(bench.seconds));
    let took = begin.elapsed().as_secs_f64();
    let percent = (cpu(pid) - before) / took * 100.0;
    let others = "mprocs 0.0, htop 0.3, btop 0.4, bottom 0.7";
    bench.row(
        "idle",
        "CPU of the whole program, a million queued",
        (percent, "%"),
        Some(0.05),
        others,
    );
    bench.row(
        "idle",
        "bytes written",
        ((t.raw().len() - bytes) as f64, "bytes"),
        Some(0.0),
        "htop 0.9 k/s, bottom 1.3 k/s, btop 8.2 k/s",
    );
    bench.row(
        "idle",
        "wake-ups",
        ((self::wakes(pid) - wakes) as f64 / took, "/s"),
        None,
        "",
    );
    leave(t);
}

fn busy(bench: &mut Bench) {
    let dir = tempfile::tempdir().unwrap();
    let mut t = past(
        bench,
        dir.path(),
        500_000,
        "func = 'sleep'\nargs = ['9ms']\nnum = 1_000_000_000",
    );
    // To the group that is held, which is let go; then to the list of all.
    t.types("\x1b[Zjj");
    t.press("s", "group now goes on");
    t.press("kk\t", "▸ Tasks (");
    t.shows("▶ 1000/1000 running");
    sleep(Duration::from_secs(1));
    let pid = t.program();
    for (size, name) in [((140, 40), "140x40"), ((220, 60), "220x60")] {
        t.resize(size);
        sleep(Duration::from_millis(500));
        let (before, raw, begin) = (on_cpu(pid), t.raw().len(), Instant::now());
        sleep(Duration::from_secs(bench.seconds / 2));
        let (took, cpu) = (begin.elapsed().as_secs_f64(), on_cpu(pid) - before);
        let raw = t.raw().split_off(raw);
        let frames = String::from_utf8_lossy(&raw).matches(FRAME).count();
        let others = if size.0 == 140 {
            "mprocs 4.2 % at 1,000 lines/s; tokio-console 97 %"
        } else {
            ""
        };
        bench.row(
            "busy",
            &format!("{name}: drawing, of a processor"),
            (cpu / took * 100.0, "%"),
            Some(5.0),
            others,
        );
        bench.row(
            "busy",
            &format!("{name}: frames"),
            (frames as f64 / took, "/s"),
            Some(31.0),
            "",
        );
        bench.row(
            "busy",
            &format!("{name}: a frame, with its writing"),
            (cpu / frames as f64 * 1000.0, "ms"),
            Some(1.0),
            "",
        );
        let others = if size.0 == 140 {
            "mprocs 15 k/s, tokio-console 3.6 k/s"
        } else {
            ""
        };
        bench.row(
            "busy",
            &format!("{name}: written"),
            (raw.len() as f64 / took / 1000.0, "kB/s"),
            None,
            others,
        );
    }
    t.resize((140, 40));
    t.press("k", "Output of ");
    let (begin, before) = (Instant::now(), queued(&t));
    let (cursors, facts) = moves(&mut t, "j", 500);
    let rate = (before - queued(&t)) / begin.elapsed().as_secs_f64();
    bench.row(
        "busy",
        "tasks started and ended meanwhile",
        (rate / 1000.0, "k/s"),
        None,
        "",
    );
    let others = "tokio-console 23, p95 88 (10^4 tasks)";
    bench.times(
        "busy",
        "key to cursor",
        &cursors,
        [(50, Some(3.0)), (99, Some(16.0))],
        others,
    );
    bench.times(
        "busy",
        "key to the task's facts",
        &facts,
        [(50, Some(3.0)), (99, Some(16.0))],
        "",
    );
    leave(t);
}

/// How many tasks wait, which the line below them tells to the last one.
fn queued(t: &Terminal) -> f64 {
    let screen = t.screen();
    let counts = screen
        .match_indices(" queued")
        .filter_map(|(at, _)| screen[..at].rsplit(' ').next()?.parse().ok());
    counts.last().unwrap()
}

fn filter(bench: &mut Bench) {
    let dir = tempfile::tempdir().unwrap();
    let mut times = Times::default();
    let mut words = Times::default();
    let mut t = past(
        bench,
        dir.path(),
        699_988,
        "func = 'fail'\nargs = ['no luck']\nnum = 12",
    );
    t.types("\x1b[Zjj");
    t.press("s", "✗ 12 failed");
    t.press("kk\t", "▸ Tasks (700,000)");
    let mut pauses = Pauses::new();
    for _ in 0..20 {
        pauses.next();
        times.add(answer(&mut t, "/state:failed\r", |screen| {
            screen.contains("Tasks (12 of 700,000)")
        }));
        t.types("\x1b");
        t.shows("Tasks (700,000)");
        pauses.next();
        words.add(answer(&mut t, "/luck\r", |screen| {
            screen.contains("Tasks (12 of 700,000)")
        }));
        t.types("\x1b");
        t.shows("Tasks (700,000)");
    }
    let mut jumps = Times::default();
    t.press("gg", "Output of 0 ");
    for id in 699_988..700_000 {
        pauses.next();
        jumps.add(answer(&mut t, "ge", |screen| {
            screen.contains(&format!("Output of {id} "))
        }));
    }
    bench.times(
        "filter",
        "ge, twelve times from the first task on",
        &jumps,
        [(50, Some(100.0)), (100, Some(100.0))],
        "",
    );
    bench.times(
        "filter",
        "/state:failed to the twelve",
        &times,
        [(50, Some(100.0)), (100, Some(100.0))],
        "",
    );
    bench.times(
        "filter",
        "/luck to the twelve, all 700,000 searched",
        &words,
        [(50, None), (100, None)],
        "",
    );
    leave(t);
}

fn flood(bench: &mut Bench) {
    let dir = tempfile::tempdir().unwrap();
    let line = "y".repeat(63);
    let config = format!(
        "[func.it]\nshell = 'exec yes {line}'\n[[pool]]\nname = 'bench'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'it'\n"
    );
    let mut t = bench.open(dir.path(), &config);
    t.shows("bench");
    t.press("2", "Output of 0");
    t.shows(&line[..40]);
    let mut times = Times::default();
    let mut pauses = Pauses::new();
    for _ in 0..150 {
        for (key, shows) in [("1", "[1 Pools]"), ("2", "[2 Pool]")] {
            pauses.next();
            times.add(answer(&mut t, key, |screen| screen.contains(shows)));
        }
    }
    let pid = t.mark.until(1, "yes ")[0].0;
    let (begin, before) = (Instant::now(), written(pid));
    sleep(Duration::from_secs(1));
    let speed = (written(pid) - before) as f64 / begin.elapsed().as_secs_f64() / f64::from(1 << 20);
    bench.row("flood", "the task writes", (speed, "MiB/s"), None, "");
    let others = "mprocs: no answer to 79 % within a second";
    bench.times(
        "flood",
        "key to screen",
        &times,
        [(50, None), (100, Some(50.0))],
        others,
    );
    leave(t);
}

/// How many bytes a process has written.
fn written(pid: i32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|line| line.parse().ok()).unwrap_or(0)
}

fn leave(mut t: Terminal) {
    t.types("\x03");
    t.shows("[left with");
}

/// The seconds that a process has had a processor, all its threads.
fn cpu(pid: i32) -> f64 {
    threads(pid).map(|thread| scheduled(&thread)).sum()
}

/// The same of its first thread, which draws.
fn on_cpu(pid: i32) -> f64 {
    scheduled(Path::new(&format!("/proc/{pid}/task/{pid}")))
}

fn scheduled(thread: &Path) -> f64 {
    let text = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    let first = text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok());
    first.unwrap_or(0.0) / 1e9
}

/// How often its threads have woken up.
fn wakes(pid: i32) -> u64 {
    let of = |thread: PathBuf| {
        let text = fs::read_to_string(thread.join("status")).unwrap_or_default();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    threads(pid).map(of).sum()
}

fn threads(pid: i32) -> impl Iterator<Item = PathBuf> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.flatten().map(|thread| thread.path())
}
