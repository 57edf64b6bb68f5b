//! What output costs, measured on the program itself: `cargo bench --bench output -- [line] [lines] [--mib N]`.
//!
//! line: one task writes N MiB (1024) without a line end, saved in a file: MiB a second, and how much memory that took.
//! lines: the same in lines of 64 bytes. Without a name both. It needs about N MiB of room in the temporary directory.

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
