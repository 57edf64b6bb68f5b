//! Process groups, and the list of all that may be alive.

use super::status::Exit;
use super::{clock, reaper};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// Every group that may be alive, by its ID, with its owner. A group whose ID belongs to a newer ticket is gone:
/// the kernel gives no ID away that is in use.
static GROUPS: LazyLock<Mutex<HashMap<Pid, Owner>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy)]
struct Owner {
    ticket: u64,
    /// Whether a person has stopped it.
    paused: bool,
}

/// Whether something may be started. Held for reading from a spawn until its group is on the list.
static GATE: RwLock<Gate> = RwLock::new(Gate::Open);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// Not before the program goes on.
    Held,
    /// Never more.
    Closed,
}

/// A group that `kill(2)` still knows is looked at more closely after this time, then ever more rarely: where
/// no process adopts and reaps orphans, dead members stay for ever.
const LOOK: Duration = Duration::from_millis(20);

fn groups() -> MutexGuard<'static, HashMap<Pid, Owner>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_gate(gate: Gate) {
    let mut now = GATE.write().unwrap_or_else(PoisonError::into_inner);
    if *now != Gate::Closed {
        *now = gate;
    }
}

fn gate() -> RwLockReadGuard<'static, Gate> {
    GATE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every process group that a command has left or is running in, and lets nothing start any more. The last
/// resort of a program that ends at once; does not wait for the processes to be gone. Not for signal handlers.
pub fn kill_all_groups() {
    set_gate(Gate::Closed);
    for pgid in groups().keys() {
        let _ = kill_process_group(*pgid, Signal::KILL);
    }
}

/// Stops every process group that a command runs in, and the time of the commands' limits (time-out, grace), and
/// lets nothing start until [`resume_all_groups`]. For a program that is about to be stopped itself: what it runs
/// would otherwise go on unwatched, and its limits with it. Waits for commands that are just being started, which
/// takes milliseconds. Not for signal handlers.
pub fn suspend_all_groups() {
    set_gate(Gate::Held);
    for pgid in groups().keys() {
        let _ = kill_process_group(*pgid, Signal::STOP);
    }
    clock::hold();
}

/// Lets everything go on that [`suspend_all_groups`] has stopped; a command that somebody had paused stays so.
pub fn resume_all_groups() {
    set_gate(Gate::Open);
    for (pgid, _) in groups().iter().filter(|(_, owner)| !owner.paused) {
        let _ = kill_process_group(*pgid, Signal::CONT);
    }
    clock::go_on();
}

/// Whether an error says that nothing may be started before the program goes on.
pub(super) fn is_held(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock && error.raw_os_error().is_none()
}

/// Takes a group whose leader has been reaped off the list.
pub(super) fn strike_out(pgid: Pid, ticket: u64) {
    let mut groups = groups();
    if groups.get(&pgid).is_some_and(|owner| owner.ticket == ticket) {
        groups.remove(&pgid);
    }
}

/// The group of a child that leads it. Dropped, it is killed, and its leader reaped in the background.
#[derive(Debug)]
pub(super) struct Group {
    pgid: Pid,
    ticket: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The leader has not been reaped, so nobody else can have its ID.
    Led,
    /// The leader was reaped.
    Leaderless {
        since: Instant,
        /// When its members were last looked at.
        looked: Instant,
        /// Whether they were all dead then.
        dead: bool,
    },
    /// Nothing is left.
    Empty,
}

impl Group {
    /// Starts a child by `spawn` and puts its group on the list.
    pub(super) fn start<T>(spawn: impl FnOnce() -> io::Result<(Pid, T)>) -> io::Result<(Group, T)> {
        let gate = gate();
        match *gate {
            Gate::Open => {}
            Gate::Held => return Err(ErrorKind::WouldBlock.into()),
            Gate::Closed => return Err(io::Error::other("the program is ending")),
        }
        let (pgid, rest) = spawn()?;
        let ticket = {
            static TICKETS: Mutex<u64> = Mutex::new(0);
            let mut tickets = TICKETS.lock().unwrap_or_else(PoisonError::into_inner);
            *tickets += 1;
            *tickets
        };
        let paused = false;
        groups().insert(pgid, Owner { ticket, paused });
        drop(gate);
        let group = Group {
            pgid,
            ticket,
            state: State::Led,
        };
        Ok((group, rest))
    }

    /// The leader's process ID, which is the group's and the session's.
    pub(super) fn id(&self) -> Pid {
        self.pgid
    }

    /// Reaps the leader, if it has exited.
    pub(super) fn reap(&mut self) -> Option<Exit> {
        let exit = match waitpid(Some(self.pgid), WaitOptions::NOHANG) {
            Ok(None) | Err(Errno::INTR) => return None,
            Ok(Some((_, status))) => status.into(),
            Err(_) => Exit::Unknown,
        };
        let now = Instant::now();
        self.state = State::Leaderless {
            since: now,
            looked: now,
            dead: false,
        };
        self.is_empty();
        Some(exit)
    }

    /// Sends a signal to every process of the group.
    pub(super) fn signal(&mut self, signal: Signal) {
        if self.state != State::Led && self.is_empty() {
            return;
        }
        let _ = kill_process_group(self.pgid, signal);
    }

    /// Stops every process of the group (STOP).
    pub(super) fn pause(&mut self) {
        self.note_paused(true);
        self.signal(Signal::STOP);
    }

    /// Lets them go on (CONT), or lets [`resume_all_groups`] do that.
    pub(super) fn resume(&mut self) {
        self.note_paused(false);
        if *gate() != Gate::Held {
            self.signal(Signal::CONT);
        }
    }

    fn note_paused(&self, paused: bool) {
        if let Some(owner) = groups().get_mut(&self.pgid)
            && owner.ticket == self.ticket
        {
            owner.paused = paused;
        }
    }

    /// Whether no process of the group is left; the leader must have been reaped.
    pub(super) fn is_empty(&mut self) -> bool {
        let State::Leaderless { since, looked, dead } = self.state else {
            return self.state == State::Empty;
        };
        let known = groups()
            .get(&self.pgid)
            .is_some_and(|owner| owner.ticket == self.ticket)
            && test_kill_process_group(self.pgid) != Err(Errno::SRCH);
        if known {
            let pause = if dead { LOOK } else { LOOK.max(since.elapsed() / 4) };
            if looked.elapsed() < pause {
                return false;
            }
            let (now, alive) = has_live_member(self.pgid, looked);
            // A look at one process after another can miss one that is just being born, so it takes two.
            if alive || !dead {
                self.state = State::Leaderless {
                    since,
                    looked: now,
                    dead: !alive,
                };
                return false;
            }
            let _ = kill_process_group(self.pgid, Signal::KILL);
        }
        strike_out(self.pgid, self.ticket);
        self.state = State::Empty;
        true
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        match self.state {
            State::Led => reaper::adopt(self.pgid, self.ticket),
            State::Leaderless { .. } => strike_out(self.pgid, self.ticket),
            State::Empty => {}
        }
    }
}

/// Whether a process of this group is not a zombie, as of a look that is newer than `after`, and when that was.
/// One look serves all who ask within [`LOOK`].
fn has_live_member(pgid: Pid, after: Instant) -> (Instant, bool) {
    static LAST: Mutex<Option<(Instant, Option<HashSet<i32>>)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let usable = last
        .as_ref()
        .is_some_and(|(looked, _)| *looked > after && looked.elapsed() < LOOK);
    if !usable {
        *last = Some((Instant::now(), live_groups()));
    }
    let (looked, groups) = last.as_ref().expect("looked just now");
    let alive = groups
        .as_ref()
        .is_none_or(|groups| groups.contains(&pgid.as_raw_pid()));
    (*looked, alive)
}

/// The groups that have a member which is not a zombie, if that can be known.
fn live_groups() -> Option<HashSet<i32>> {
    let groups = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit())
        .filter_map(|entry| fs::read(entry.path().join("stat")).ok())
        .filter_map(|stat| live_group(&stat))
        .collect::<HashSet<i32>>();
    // This process is there, if `/proc` shows anything.
    (!groups.is_empty()).then_some(groups)
}

/// The group in a line of `/proc/PID/stat`, `pid (name) state ppid pgrp …`, unless the process is dead. The
/// name may contain anything.
fn live_group(stat: &[u8]) -> Option<i32> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[after_name..])
        .ok()?
        .split_ascii_whitespace();
    let state = fields.next()?;
    let pgrp = fields.nth(1)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(pgrp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        assert_eq!(live_group(b"12 (sh) S 1 34 34 0 -1"), Some(34));
        assert_eq!(live_group(b"12 (a) Z 1 2) R 1 34 34"), Some(34));
        assert_eq!(live_group(b"12 (x) Z 1 34 34"), None);
        assert_eq!(live_group(b"12 (x"), None);
    }

    #[test]
    fn this_process_is_seen_alive() {
        let own = rustix::process::getpgrp();
        let now = Instant::now();
        let (looked, alive) = has_live_member(own, now);
        assert!(alive && looked > now);
    }
}
