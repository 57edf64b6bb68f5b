//! Process groups, the sessions around them, and the list of all that may be alive.

use super::status::Exit;
use super::warden::{self, Started};
use super::{clock, mark, newest, proc, reaper, session};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid};
use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// The first group of every session that may be alive, by its ID, with its owner. A group whose ID belongs to a newer ticket is gone:
/// the kernel gives no ID away that is in use.
static GROUPS: LazyLock<Mutex<HashMap<Pid, Owner>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy)]
struct Owner {
    started: Started,
    /// The leader has not been reaped.
    led: bool,
    /// Whether a person has stopped it.
    paused: bool,
}

impl Owner {
    /// Whether the ID is still that of its group. It is as long as the leader is not reaped, or a process of it is
    /// left; a group of that ID that came later has a leader that is younger.
    fn has_id(&self) -> bool {
        self.led || !proc::is_anothers(&self.started)
    }

    fn signal(&self, pgid: Pid, signal: Signal) {
        if self.has_id() {
            let _ = kill_process_group(pgid, signal);
        }
    }
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

/// The ticket of the newest command.
static TICKETS: AtomicU64 = AtomicU64::new(0);

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

/// Kills every process of the sessions that commands have left or are running in, and lets nothing start any more. The last
/// resort of a program that ends at once; does not wait for the processes to be gone. Not for signal handlers.
pub fn kill_all_groups() {
    set_gate(Gate::Closed);
    for (pgid, owner) in groups().iter() {
        owner.signal(*pgid, Signal::KILL);
    }
    session::signal_others(&all(), Signal::KILL);
    session::wait();
}

/// Stops every process of the commands' sessions, and the time of the commands' limits (timeout, grace), and
/// lets nothing start until [`resume_all_groups`]. For a program that is about to be stopped itself: what it runs
/// would otherwise go on unwatched, and its limits with it. Waits for commands that are just being started, which
/// takes milliseconds. Not for signal handlers.
pub fn suspend_all_groups() {
    set_gate(Gate::Held);
    for (pgid, owner) in groups().iter() {
        owner.signal(*pgid, Signal::STOP);
    }
    clock::hold();
    session::signal(all(), Signal::STOP);
    session::wait();
}

/// Lets everything go on that [`suspend_all_groups`] has stopped; a command that somebody had paused stays so.
pub fn resume_all_groups() {
    set_gate(Gate::Open);
    let mut going_on = Vec::new();
    for (pgid, owner) in groups().iter().filter(|(_, owner)| !owner.paused) {
        if !owner.started.terminal {
            owner.signal(*pgid, Signal::CONT);
        }
        going_on.push(owner.started);
    }
    clock::go_on();
    session::signal(going_on, Signal::CONT);
}

/// Sends a signal to the first group of a command, if that may be alive.
pub(super) fn signal_listed(started: &Started, signal: Signal) {
    let groups = groups();
    if let Some(pgid) = Pid::from_raw(started.pgid)
        && let Some(owner) = groups.get(&pgid)
        && owner.started.ticket == started.ticket
    {
        owner.signal(pgid, signal);
    }
}

/// Reaps the leader of a command's group, if it has exited: how. From then on its ID may be another's.
pub(super) fn reap(pgid: Pid, ticket: u64) -> Option<Exit> {
    // Whoever signals what is on the list waits for this.
    let mut groups = groups();
    let exit = match waitpid(Some(pgid), WaitOptions::NOHANG) {
        Ok(None) | Err(Errno::INTR) => return None,
        Ok(Some((_, status))) => status.into(),
        Err(_) => Exit::Unknown,
    };
    if let Some(owner) = groups.get_mut(&pgid)
        && owner.started.ticket == ticket
    {
        owner.led = false;
    }
    Some(exit)
}

/// Reaps a child that has ended, unless it is one that this program waits for; says whether it was none.
pub(super) fn reap_orphan(pid: Pid) -> bool {
    // What is being started is on no list yet.
    let _gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
    let is_own = groups().contains_key(&pid) || warden::is(pid);
    if !is_own {
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
    !is_own
}

/// Whether everything was killed because the program ends.
pub(super) fn is_closed() -> bool {
    *gate() == Gate::Closed
}

/// Does something, unless [`suspend_all_groups`] keeps everything stopped, which waits for it.
pub(super) fn unless_held(act: impl FnOnce()) {
    let gate = gate();
    if *gate != Gate::Held {
        act();
    }
}

/// Whether an error says that nothing may be started before the program goes on.
pub(super) fn is_held(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock && error.raw_os_error().is_none()
}

/// Takes a group whose leader has been reaped off the list.
pub(super) fn strike_out(pgid: Pid, ticket: u64) {
    {
        let mut groups = groups();
        if is_of(&groups, pgid, ticket) {
            groups.remove(&pgid);
        }
    }
    warden::gone(ticket);
}

fn is_of(groups: &HashMap<Pid, Owner>, pgid: Pid, ticket: u64) -> bool {
    groups
        .get(&pgid)
        .is_some_and(|owner| owner.started.ticket == ticket)
}

/// Every group that may be alive.
pub(super) fn all() -> Vec<Started> {
    groups().values().map(|owner| owner.started).collect()
}

/// The newest ticket so far and those of all commands that may be alive, at a moment when none is being started.
pub(super) fn at_rest() -> (u64, HashSet<u64>) {
    let _gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
    (
        count(),
        groups().values().map(|owner| owner.started.ticket).collect(),
    )
}

/// How many commands have been started so far, or were to be.
pub(super) fn count() -> u64 {
    TICKETS.load(Ordering::Relaxed)
}

/// The session of a child that leads it, and its first group. Dropped, it is killed, and its leader reaped in the
/// background.
#[derive(Debug)]
pub(super) struct Group {
    pgid: Pid,
    started: Started,
    /// Some time before it was started.
    born: Instant,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The leader has not been reaped, so nobody else can have its ID.
    Led,
    /// The leader was reaped.
    Leaderless {
        since: Instant,
        /// When to look at its members.
        next: Instant,
        /// When a list of all processes was looked at last: only a newer look tells anything.
        looked: Instant,
        /// Whether they were all dead then.
        dead: bool,
        /// Whether one was seen that was not.
        seen: bool,
    },
    /// Nothing is left.
    Empty,
}

impl Group {
    /// Starts a child by `spawn`, which is given its ticket, in a terminal or without one, and puts its group on the list.
    pub(super) fn start<T>(
        grace: Duration,
        terminal: bool,
        spawn: impl FnOnce(u64) -> io::Result<(Pid, T)>,
    ) -> io::Result<(Group, T)> {
        let gate = gate();
        match *gate {
            Gate::Open => {}
            Gate::Held => return Err(ErrorKind::WouldBlock.into()),
            Gate::Closed => return Err(io::Error::other("the program is ending")),
        }
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed) + 1;
        warden::birth(ticket);
        let born = Instant::now();
        let (pgid, rest) = spawn(ticket).inspect_err(|_| warden::gone(ticket))?;
        let started = Started {
            ticket,
            pgid: pgid.as_raw_pid(),
            grace,
            by: mark::boot_time(),
            terminal,
        };
        let paused = false;
        let led = true;
        groups().insert(pgid, Owner { started, led, paused });
        warden::started(started);
        drop(gate);
        let group = Group {
            pgid,
            started,
            born,
            state: State::Led,
        };
        Ok((group, rest))
    }

    /// The ticket of the command.
    pub(super) fn ticket(&self) -> u64 {
        self.started.ticket
    }

    /// The leader's process ID, which is the group's and the session's.
    pub(super) fn id(&self) -> Pid {
        self.pgid
    }

    /// Reaps the leader, if it has exited.
    pub(super) fn reap(&mut self) -> Option<Exit> {
        let exit = reap(self.pgid, self.started.ticket)?;
        let now = Instant::now();
        self.state = State::Leaderless {
            since: now,
            next: now + LOOK,
            looked: now,
            dead: false,
            seen: false,
        };
        self.is_empty();
        Some(exit)
    }

    /// Sends a signal to every process of the session.
    pub(super) fn signal(&mut self, signal: Signal) {
        if self.state != State::Led && self.is_empty() {
            return;
        }
        // A KILL at once, should this be the last that is done for it.
        if !self.started.terminal || signal == Signal::KILL {
            signal_listed(&self.started, signal);
        }
        session::signal(vec![self.started], signal);
    }

    /// Tells every process of the session to end, also those that are stopped.
    pub(super) fn end(&mut self) {
        if self.state != State::Led && self.is_empty() {
            return;
        }
        if !self.started.terminal {
            signal_listed(&self.started, Signal::TERM);
            signal_listed(&self.started, Signal::CONT);
        }
        session::end(self.started);
    }

    /// Stops every process of the session (STOP).
    pub(super) fn pause(&mut self) {
        self.note_paused(true);
        self.signal(Signal::STOP);
    }

    /// Lets them go on (CONT), or lets [`resume_all_groups`] do that.
    pub(super) fn resume(&mut self) {
        self.note_paused(false);
        if !self.started.terminal {
            unless_held(|| signal_listed(&self.started, Signal::CONT));
        }
        session::signal(vec![self.started], Signal::CONT);
    }

    fn note_paused(&self, paused: bool) {
        if let Some(owner) = groups().get_mut(&self.pgid)
            && owner.started.ticket == self.started.ticket
        {
            owner.paused = paused;
        }
    }

    /// Whether that nothing is left may only not have been seen yet; the leader was reaped.
    pub(super) fn may_be_empty(&self) -> bool {
        matches!(self.state, State::Leaderless { seen: false, .. })
    }

    /// Whether no process of the session is left; the leader must have been reaped.
    pub(super) fn is_empty(&mut self) -> bool {
        let State::Leaderless {
            since,
            next,
            looked,
            dead,
            seen,
        } = self.state
        else {
            return self.state == State::Empty;
        };
        let ticket = self.started.ticket;
        if is_of(&groups(), self.pgid, ticket) {
            let now = Instant::now();
            // Its first group is mostly all that there was, and mostly goes with its leader.
            let has_left = test_kill_process_group(self.pgid) == Err(Errno::SRCH);
            if now < next && (seen || !has_left) {
                return false;
            }
            let lives = match newest::lives(&self.started, self.born) {
                Some(lives) => Some((looked, lives)),
                None if proc::is_anothers(&self.started) => Some((looked, false)),
                None => match session::has_live_member(&self.started, looked) {
                    // A look at one process after another can miss one that is just being born, so it takes two.
                    Some((looked, false)) if !dead => {
                        self.state = State::Leaderless {
                            since,
                            next: now,
                            looked,
                            dead: true,
                            seen: false,
                        };
                        return false;
                    }
                    looked => looked,
                },
            };
            match lives {
                None => return false,
                Some((looked, true)) => {
                    self.state = State::Leaderless {
                        since,
                        next: now + LOOK.max(since.elapsed() / 4),
                        looked,
                        dead: false,
                        seen: true,
                    };
                    return false;
                }
                Some((_, false)) if has_left => {}
                Some((_, false)) => signal_listed(&self.started, Signal::KILL),
            }
        }
        strike_out(self.pgid, ticket);
        self.state = State::Empty;
        true
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        match self.state {
            State::Led => reaper::adopt(self.pgid, self.started.ticket),
            State::Leaderless { .. } => strike_out(self.pgid, self.started.ticket),
            State::Empty => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Job, proc, spawn::spawn};
    use super::*;

    #[test]
    fn f104_a_group_whose_id_has_a_new_owner_is_not_signalled() {
        let job = Job::new(["/bin/sleep", "1000"]);
        let pid = spawn(&job, 0).unwrap().pid;
        let make = || Group::start(Duration::ZERO, false, |_| Ok((pid, ()))).unwrap().0;
        let mut old = make();
        let now = Instant::now();
        old.state = State::Leaderless {
            since: now,
            next: now,
            looked: now,
            dead: false,
            seen: false,
        };
        let new = make();
        old.signal(Signal::KILL);
        assert!(old.is_empty());
        drop(old);
        assert!(proc::one(pid.as_raw_pid()).is_some(), "it is the new owner's");
        assert!(all().iter().any(|group| group.ticket == new.ticket()));
        drop(new);
        while proc::one(pid.as_raw_pid()).is_some() {
            std::thread::yield_now();
        }
    }
}
