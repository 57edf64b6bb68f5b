//! What the processes of a command use.

use super::proc;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

/// What the processes of a session use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Processor time since their starts, with that of their children that have ended.
    pub cpu: Duration,
    /// Memory that is in use now, in bytes; what several share counts for each.
    pub memory: u64,
    /// How many there are; dead ones that nobody has reaped are not counted.
    pub processes: usize,
    /// Dead ones that nobody has reaped.
    pub defunct: usize,
}

/// What the processes of the session with this ID use now; none if there are none. Each command has a session of its
/// own, whose ID is that of its first process. Reads an entry of `/proc` for each process of the system: not for a
/// thread that others wait for.
pub fn usage(session: i32) -> Option<Usage> {
    let mut sum = Usage::default();
    for stat in stats().filter(|stat| stat.session == session) {
        sum.add(&stat);
    }
    (sum.processes > 0).then_some(sum)
}

/// The same of every session, by its ID, at the same cost.
pub fn usages() -> HashMap<i32, Usage> {
    let mut sums: HashMap<i32, Usage> = HashMap::new();
    for stat in stats() {
        sums.entry(stat.session).or_default().add(&stat);
    }
    sums
}

/// What is looked for in a command's session, beside what it uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// It takes none.
    None,
    /// A process that reads what its first process has as standard input.
    Pipe,
    /// A process that reads its terminal.
    Terminal,
}

/// What was seen of the processes of a command at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProcessSample {
    /// What they use.
    pub usage: Usage,
    /// One that was stopped by a signal.
    pub stopped: Option<i32>,
    /// One that a debugger or tracer has stopped.
    pub traced: Option<i32>,
    /// One that waits for input.
    pub reader: Option<i32>,
}

/// Looks at the commands of these sessions; one without processes is left out. Costs a look at all processes of the
/// system.
#[expect(clippy::implicit_hasher, reason = "nobody has another")]
pub fn sample(commands: &HashMap<i32, Input>) -> HashMap<i32, ProcessSample> {
    let mut samples: HashMap<i32, ProcessSample> = HashMap::new();
    for stat in stats() {
        let Some(input) = commands.get(&stat.session) else {
            continue;
        };
        let sample = samples.entry(stat.session).or_default();
        sample.usage.add(&stat);
        match stat.state {
            // The jobs in the background of a shell with a terminal are its own affair.
            'T' if stat.is_in_front() => sample.stopped = sample.stopped.or(Some(stat.pid)),
            't' => sample.traced = sample.traced.or(Some(stat.pid)),
            'S' if sample.reader.is_none() && proc::reads(stat.pid, stat.session, *input) => {
                sample.reader = Some(stat.pid);
            }
            _ => {}
        }
    }
    samples
}

/// How much memory the machine has, or this program's container may use, in bytes.
pub fn machine_memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.trim().trim_end_matches("kB").trim().parse().ok()?;
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse().ok());
    Some((kibibytes * 1024).min(limit.unwrap_or(u64::MAX)))
}

/// Of every process of the system.
fn stats() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit());
    processes.filter_map(|entry| Stat::parse(&fs::read_to_string(entry.path().join("stat")).ok()?))
}

impl Usage {
    fn add(&mut self, stat: &Stat) {
        if stat.is_dead() {
            self.defunct += 1;
            return;
        }
        self.cpu += ticks(stat.ticks);
        self.memory += stat.pages * rustix::param::page_size() as u64;
        self.processes += 1;
    }
}

/// How much time the processors have been idle since the machine started, and how much there was, in ticks.
pub fn processors() -> Option<(u64, u64)> {
    // The first line is all that counts, and the file is made anew for each read.
    let mut line = String::new();
    BufReader::new(File::open("/proc/stat").ok()?)
        .read_line(&mut line)
        .ok()?;
    idle_of(&line)
}

/// Of `cpu  user nice system idle iowait irq softirq steal …`: guests are counted in user already.
fn idle_of(stat: &str) -> Option<(u64, u64)> {
    let mut fields = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_ascii_whitespace();
    let times: Vec<u64> = fields
        .by_ref()
        .take(8)
        .map_while(|field| field.parse().ok())
        .collect();
    Some((times.get(3)? + times.get(4).unwrap_or(&0), times.iter().sum()))
}

fn ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / per_second))
}

/// Some of a line of `/proc/PID/stat`, `pid (name) state ppid pgrp session tty tpgid …`. The name may contain anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stat {
    pid: i32,
    state: char,
    group: i32,
    session: i32,
    /// The group in the foreground of its terminal; -1 without one.
    front: i32,
    ticks: u64,
    pages: u64,
}

impl Stat {
    fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whether it is the first process of its session, or in the foreground of the terminal, if there is one.
    fn is_in_front(&self) -> bool {
        self.front <= 0 || self.group == self.front || self.pid == self.session
    }

    fn parse(line: &str) -> Option<Stat> {
        let (pid, _) = line.split_once(' ')?;
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        // Counted from the state, which proc(5) calls the third: utime, stime, cutime, cstime are 14 to 17, rss is 24.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Stat {
            pid: pid.parse().ok()?,
            state: fields.first()?.chars().next()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            front: fields.get(5)?.parse().ok()?,
            ticks: (14..=17).map(number).sum::<Option<u64>>()?,
            pages: number(24)?,
        })
    }
}

/// The session of this process: 0, if its leader cannot be seen from here.
#[cfg(test)]
pub(in crate::app) fn own_session() -> i32 {
    super::spawn::session_of(rustix::process::getpid()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_process_is_called() {
        let rest = "1 34 35 0 -1 4194560 9 8 7 6 100 20 3 4 20 0 1 0 555 4096 77 18446744073709551615 1 1";
        let stat = Stat {
            pid: 12,
            state: 'S',
            group: 34,
            session: 35,
            front: -1,
            ticks: 127,
            pages: 77,
        };
        assert_eq!(Stat::parse(&format!("12 (a) Z 1 2) S {rest}")), Some(stat));
        assert!(Stat::parse(&format!("12 (x) Z {rest}")).unwrap().is_dead());
        assert_eq!(Stat::parse("12 (x) S 1 34"), None);
        assert_eq!(Stat::parse("12 (x"), None);
    }

    #[test]
    fn the_processors_are_idle_for_a_part_of_the_time() {
        let stat = "cpu  100 5 50 800 20 0 3 2 7 0\ncpu0 1 2 3 4\n";
        assert_eq!(idle_of(stat), Some((820, 980)));
        assert_eq!(idle_of("cpu0 1 2"), None);
        assert_eq!(idle_of(""), None);
        let (idle, all) = processors().unwrap();
        assert!(all > 0 && idle <= all);
    }

    #[test]
    fn this_process_uses_something() {
        let own = own_session();
        let used = usage(own).unwrap();
        assert!(used.memory > 0 && used.processes > 0, "{used:?}");
        assert_eq!(usage(-1), None);
        assert!(usages()[&own].memory > 0);
    }
}
