//! What output costs, measured on the program itself: `cargo bench --bench output -- [line] [lines] [terminal] [--mib N]`.
//!
//! line: one task writes N MiB (1024) without a line end, saved in a file: MiB a second, and how much memory that took.
//! lines: the same in lines of 64 bytes. terminal: what 4 KiB of the sequences cost that ask a terminal for most, beside
//! 4 KiB of text. Without a name all of them. It needs about N MiB of room in the temporary directory.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and may stop at once"
)]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![expect(dead_code, reason = "the tests use more of what they share")]

#[path = "../tests/program/mod.rs"]
mod program;

use program::{Mark, Running};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use taskpool_tui::app::terminal::show;
use taskpool_tui::app::view::TerminalSize;

fn main() {
    let mut mib = 1024;
    let mut asked = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--mib" => mib = args.next().unwrap().parse().unwrap(),
            // What `cargo bench` adds.
            "--bench" => {}
            name => asked.push(name.to_owned()),
        }
    }
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|other| other == name);
    if wanted("line") {
        throughput("line", mib, "tr '\\0' x");
    }
    if wanted("lines") {
        let line = format!("tr '\\0' x | fold -w 63 | head -c {}", mib << 20);
        throughput("lines", mib, &line);
    }
    if wanted("terminal") {
        terminal();
    }
}

/// Sequences that ask for much with few bytes.
const SEQUENCES: [&str; 24] = [
    "x\x1b[65535b",
    "\x1b[65535;1b",
    "\x1b[65535S",
    "\x1b[65535T",
    "\x1b[65535L",
    "\x1b[65535M",
    "\x1b[65535@",
    "\x1b[65535P",
    "\x1b[65535X",
    "\x1b[65535I",
    "\x1b[65535Z",
    "\x1b[1;1H\x1b[3g\x1b[9I",
    "\t",
    "\x1bH\t\x1b[Z",
    "\x1b[2J",
    "\x1b[J",
    "\x1bc",
    "\x1b[?1049h\x1b[?1049l",
    "\x1bM",
    "\n",
    "\x1b[1;38;2;1;2;3;48;2;1;2;3;4;7mx",
    "\x1b[6n",
    "e\u{301}\u{301}\u{301}",
    "\u{65e5}",
];

/// Prints what the dearest sequences cost.
fn terminal() {
    let size = TerminalSize {
        columns: 200,
        rows: 60,
    };
    // Full of what can be moved about.
    let full = "line after line\r\n".repeat(2_000);
    let took = |asked: &str| {
        let flood = asked.repeat(4096 / asked.len());
        let once = |bytes: &str| {
            let start = Instant::now();
            let _ = show([(size, full.as_bytes()), (size, bytes.as_bytes())]);
            start.elapsed()
        };
        let best = |bytes: &str| (0..5).map(|_| once(bytes)).min().unwrap();
        best(&flood).saturating_sub(best(""))
    };
    let text = took("x").max(Duration::from_micros(1));
    let mut all: Vec<(Duration, &str)> = SEQUENCES.iter().map(|asked| (took(asked), *asked)).collect();
    all.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    println!("terminal  text  {:.2} ms for 4 KiB", text.as_secs_f64() * 1e3);
    for (time, asked) in all.into_iter().take(5) {
        let times = time.as_secs_f64() / text.as_secs_f64();
        println!(
            "terminal  {asked:<28?}  {:.2} ms, {times:.0} times as long",
            time.as_secs_f64() * 1e3
        );
    }
}

fn config(script: &str, saved: bool) -> String {
    let output = if saved { "[output]\ndir = 'saved'\n" } else { "" };
    format!(
        "{output}[func.it]\nshell = '''{script}'''\n[[pool]]\nname = 'bench'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'it'\n"
    )
}

/// The memory in use and the most that ever was, in KiB.
fn memory(pid: i32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
    };
    (field("VmRSS:"), field("VmHWM:"))
}

fn throughput(name: &str, mib: u64, filter: &str) {
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "touch began; sleep 0.5; head -c {} /dev/zero | {filter}; touch over; sleep 0.5",
        mib << 20
    );
    program::write(dir.path(), "a.toml", &config(&script, true));
    let mark = Mark::new();
    let run = Running::start(&mark, &mut program::program(&mark, dir.path(), ["run", "a.toml"]));
    program::until("it began", || dir.path().join("began").exists());
    let (before, _) = memory(run.pid());
    sleep(Duration::from_millis(500));
    let start = Instant::now();
    program::until("it is over", || dir.path().join("over").exists());
    let time = start.elapsed().as_secs_f64();
    let (_, peak) = memory(run.pid());
    assert_eq!(run.finish().code, Some(0));
    let length = check(dir.path(), name == "line");
    assert_eq!(length, mib << 20, "the file is whole");
    println!(
        "{name:<6} {mib} MiB in {time:.2} s: {:.0} MiB/s; memory {:.1} MiB more than before; the file is whole",
        mib as f64 / time,
        peak.saturating_sub(before) as f64 / 1024.0
    );
}

/// The length of the file, whose content is checked.
fn check(dir: &Path, one_line: bool) -> u64 {
    let run = fs::read_dir(dir.join("saved")).unwrap().next().unwrap().unwrap();
    let mut file = File::open(run.path().join("0-0.1.out")).unwrap();
    let (mut piece, mut length) = (vec![0; 1 << 20], 0_u64);
    loop {
        let count = file.read(&mut piece).unwrap();
        if count == 0 {
            return length;
        }
        for byte in &piece[..count] {
            let expected = if !one_line && length % 64 == 63 {
                b'\n'
            } else {
                b'x'
            };
            assert_eq!(*byte, expected, "at byte {length}");
            length += 1;
        }
    }
}
