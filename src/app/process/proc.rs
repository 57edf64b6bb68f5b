//! What `/proc` tells about processes.

use super::mark;
use super::spawn::session_of;
use super::usage::Input;
use super::warden::Started;
use crate::app::clean::Clean;
use rustix::io::Errno;
use rustix::process::Pid;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

/// How many nanoseconds one of the ticks is that the kernel dates processes by: 1/100 s, everywhere that we run.
const TICK: u64 = 10_000_000;

/// A process that is not a zombie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) pid: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// When it was started, in ticks since the machine was.
    pub(super) started: u64,
}

impl Seen {
    /// Whether it was there already at this time, in nanoseconds since the machine started.
    pub(super) fn was_there_at(&self, time: u64) -> bool {
        self.started.saturating_mul(TICK) <= time
    }

    /// What it is called.
    pub(super) fn name(&self) -> Clean {
        Clean::from(String::from_utf8_lossy(&self.file("comm")).trim_end())
    }

    fn file(&self, name: &str) -> Vec<u8> {
        // It may end at any moment, and those of others cannot be read.
        fs::read(PathBuf::from(format!("/proc/{}/{name}", self.pid))).unwrap_or_default()
    }
}

/// Every process that is not a zombie; none at all where that cannot be known.
pub(super) fn all() -> impl Iterator<Item = Seen> {
    pids().filter_map(|pid| one(pid.as_raw_pid()))
}

/// The IDs of all processes.
fn pids() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// The processes of sessions that are asked for, dead ones too, each with its session. Costs little for all others.
pub(super) fn of_sessions(is_asked: impl Fn(i32) -> bool) -> impl Iterator<Item = (Pid, i32)> {
    pids().filter_map(move |pid| {
        let session = session_of(pid).ok()?;
        is_asked(session).then_some((pid, session))
    })
}

/// One of them.
pub(super) fn one(pid: i32) -> Option<Seen> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether the ID of a command's first process, which was reaped, is that of a younger process by now, be that one alive
/// or dead. Then nothing is left of the command's group and session: as long as there is, nobody gets its ID.
pub(super) fn is_anothers(started: &Started) -> bool {
    let stat = fs::read(format!("/proc/{}/stat", started.pgid)).unwrap_or_default();
    parse_any(&stat).is_some_and(|(seen, _)| !seen.was_there_at(started.by))
}

/// The signals that it ignores: bit 0 is signal 1.
pub(super) fn ignored(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap_or(0))
}

/// The sessions among these that have a member which is not a zombie, if that can be known.
pub(super) fn alive(sessions: &HashSet<i32>) -> Option<HashSet<i32>> {
    // This process is there, if `/proc` shows anything.
    fs::metadata("/proc/self/stat").ok()?;
    let mut alive = HashSet::new();
    for (pid, session) in of_sessions(|session| sessions.contains(&session)) {
        if !alive.contains(&session) && !is_dead(pid) {
            alive.insert(session);
        }
    }
    Some(alive)
}

/// Whether a process has ended. One that cannot be looked at, for want of a descriptor, may not have.
pub(super) fn is_dead(pid: Pid) -> bool {
    match fs::read(format!("/proc/{}/stat", pid.as_raw_pid())) {
        Ok(stat) => parse_any(&stat).is_some_and(|(_, dead)| dead),
        // Without `/proc` none is found.
        Err(_) => session_of(pid) == Err(Errno::SRCH),
    }
}

/// A line of `/proc/PID/stat`, `pid (name) state ppid pgrp session …`, unless the process is dead. The name may contain
/// anything.
fn parse(stat: &[u8]) -> Option<Seen> {
    parse_any(stat).and_then(|(seen, dead)| (!dead).then_some(seen))
}

/// The same also of one that is dead, and whether it is.
fn parse_any(stat: &[u8]) -> Option<(Seen, bool)> {
    let name = stat.iter().position(|&byte| byte == b'(')?;
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let mut fields = text(&stat[after_name..])?.split_ascii_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let threads: u32 = fields.nth(13)?.parse().ok()?;
    let started = fields.nth(1)?.parse().ok()?;
    let pid = text(&stat[..name])?.trim().parse().ok()?;
    let seen = Seen {
        pid,
        group,
        session,
        started,
    };
    // The first thread of one that lives may have ended.
    Some((seen, state == "X" || state == "Z" && threads <= 1))
}

/// Whether a process of this session that sleeps does so in a read of what the session's first process has as
/// standard input, or of its terminal. What cannot be known is not so.
pub(super) fn reads(pid: i32, session: i32, input: Input) -> bool {
    if input == Input::None {
        return false;
    }
    // `NUMBER ARGUMENTS…` of the call that it sleeps in.
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let mut call = call.split_ascii_whitespace();
    let is_read = call.next().and_then(|number| number.parse().ok()) == Some(libc::SYS_read);
    let file = call.next().and_then(|file| file.strip_prefix("0x"));
    let Some(file) = file
        .and_then(|file| u32::from_str_radix(file, 16).ok())
        .filter(|_| is_read)
    else {
        return false;
    };
    let link = |pid: i32, file: u32| fs::read_link(format!("/proc/{pid}/fd/{file}")).ok();
    let read = link(pid, file);
    match input {
        Input::None => false,
        Input::Pipe => read.is_some() && read == link(session, 0),
        Input::Terminal => read.is_some_and(|read| read.starts_with("/dev/pts") || read.ends_with("tty")),
    }
}

/// The first few processes of a session, and what they are called. Asks each process of the system.
pub fn members(session: i32, most: usize) -> Vec<(i32, Clean)> {
    let its = of_sessions(|asked| asked == session).filter_map(|(pid, _)| one(pid.as_raw_pid()));
    its.take(most).map(|seen| (seen.pid, seen.name())).collect()
}

/// A process that carries a mark of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Marked {
    pub(super) seen: Seen,
    /// The command's.
    pub(super) ticket: u64,
    environ: Vec<u8>,
}

impl Marked {
    /// The pool and the task that its variables name.
    pub(super) fn task(&self) -> Option<(String, u64)> {
        let text = |name| std::str::from_utf8(mark::variable(&self.environ, name)?).ok();
        Some((
            text("TASKPOOL_POOL")?.to_owned(),
            text("TASKPOOL_TASK_ID")?.parse().ok()?,
        ))
    }

    /// What it is called.
    pub(super) fn name(&self) -> Clean {
        self.seen.name()
    }
}

/// Every process that carries a mark of this run. Reads the variables of all processes: some milliseconds.
pub(super) fn marked(run: &str) -> Vec<Marked> {
    let marked = all().filter_map(|seen| {
        let environ = seen.file("environ");
        let ticket = mark::ticket(&environ, run)?;
        Some(Marked {
            seen,
            ticket,
            environ,
        })
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        let rest = "0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 777 1000";
        let parsed = |start: &str| parse(format!("{start} {rest}").as_bytes());
        let seen = |pid, group| {
            Some(Seen {
                pid,
                group,
                session: 34,
                started: 777,
            })
        };
        assert_eq!(parsed("12 (sh) S 1 34 34"), seen(12, 34));
        assert_eq!(parsed("12 (a) Z 1 2) R 1 34 34"), seen(12, 34));
        assert_eq!(parsed("12 (a(b) R 1 34 34"), seen(12, 34));
        assert_eq!(parsed("12 (x) Z 1 34 34"), None);
        let threads = rest.replace(" 20 0 1 0 ", " 20 0 2 0 ");
        assert!(
            parse(format!("12 (x) Z 1 34 34 {threads}").as_bytes()).is_some(),
            "another thread lives"
        );
        assert_eq!(parse(b"12 (x"), None);
    }

    #[test]
    fn this_process_is_seen_alive_and_dated() {
        let own = one(std::process::id().cast_signed()).unwrap();
        // It is 0 where that group is one of another namespace.
        let group = super::super::spawn::group_of(rustix::process::getpid());
        assert_eq!(own.group, group.unwrap());
        assert!(own.was_there_at(mark::boot_time()));
        assert!(!own.was_there_at(1));
        let alive = alive(&[own.session, -1].into()).unwrap();
        assert_eq!(alive, [own.session].into());
        assert!(!is_dead(Pid::from_raw(own.pid).unwrap()));
        let members = members(own.session, 1000);
        assert!(
            members
                .iter()
                .any(|(pid, name)| *pid == own.pid && !name.is_empty())
        );
        assert_eq!(marked("no such run"), []);
    }
}
