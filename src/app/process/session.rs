//! The sessions of commands in terminals: a shell with job control gives each of its jobs a group of its own, and all
//! of them are one command.
//!
//! Its groups are found in `/proc`, which takes milliseconds. So one thread does everything that needs a look there,
//! in the order in which it is asked: a CONT never overtakes a STOP. Groups without a terminal need it only to see
//! whether somebody in them lives.

use super::group;
use super::proc::{self, Alive, Seen};
use super::warden::Started;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the program waits, before it is stopped, until everything has been told to stop.
const TOLD: Duration = Duration::from_secs(1);

/// What the thread is asked for.
enum Errand {
    Signal(Started, Signal),
    End(Started),
    /// A look at who lives.
    Look,
    /// Nothing; tells that it has come so far.
    Reply(Sender<()>),
}

/// What was seen last.
struct Last {
    seen: Option<(Instant, Option<Alive>)>,
    /// The thread was asked for more.
    asked: bool,
}

static LAST: Mutex<Last> = Mutex::new(Last {
    seen: None,
    asked: false,
});

fn last() -> MutexGuard<'static, Last> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends a signal to every process of a command's session.
pub(super) fn signal(started: Started, signal: Signal) {
    ask(Errand::Signal(started, signal));
}

/// Tells every process of a command's session to end: TERM, a HUP for those that ignore TERM as interactive shells do
/// (a terminal that is closed ends them), and CONT for those that are stopped.
pub(super) fn end(started: Started) {
    ask(Errand::End(started));
}

/// Waits until everything that was asked for so far is done. Blocks, for a second at most.
pub(super) fn wait() {
    let (done, is_done) = channel();
    ask(Errand::Reply(done));
    let _ = is_done.recv_timeout(TOLD);
}

/// Whether a command had a process that was no zombie, as of a look that is newer than `after`, and when that was.
/// None: that is not known yet, and there will be a look soon. One look serves all who ask meanwhile.
pub(super) fn has_live_member(started: &Started, after: Instant) -> Option<(Instant, bool)> {
    let mut last = last();
    if let Some((looked, alive)) = &last.seen
        && *looked > after
    {
        let lives = alive.as_ref().is_none_or(|alive| alive.has(started));
        return Some((*looked, lives));
    }
    let asked = std::mem::replace(&mut last.asked, true);
    drop(last);
    if !asked {
        ask(Errand::Look);
    }
    None
}

fn ask(errand: Errand) {
    static THREAD: Mutex<Option<Sender<Errand>>> = Mutex::new(None);
    let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    if thread.is_none() {
        let (sender, errands) = channel();
        let started = thread::Builder::new().name("sessions".into());
        *thread = started.spawn(move || run(&errands)).ok().map(|_| sender);
    }
    match &*thread {
        // It lives as long as its sender, which is for ever.
        Some(sender) => drop(sender.send(errand)),
        // Where there is no room for a thread.
        None => carry_out(errand),
    }
}

fn run(errands: &Receiver<Errand>) {
    for errand in errands {
        carry_out(errand);
    }
}

fn carry_out(errand: Errand) {
    match errand {
        Errand::Signal(started, Signal::CONT) => group::unless_held(|| go_on(&started)),
        Errand::Signal(started, signal) => {
            // The shell first: it would tell of jobs that stop or end, and take its terminal back.
            group::signal_listed(&started, signal);
            signal_others(&started, signal);
        }
        Errand::End(started) => {
            group::signal_listed(&started, Signal::TERM);
            signal_others(&started, Signal::TERM);
            hang_up(&started);
            go_on(&started);
        }
        Errand::Look => {
            last().asked = false;
            let looked = Instant::now();
            let alive = proc::alive();
            last().seen = Some((looked, alive));
        }
        Errand::Reply(done) => drop(done.send(())),
    }
}

/// The shell last: it should find its jobs running.
fn go_on(started: &Started) {
    signal_others(started, Signal::CONT);
    group::signal_listed(started, Signal::CONT);
}

/// Sends a signal to the other groups of a command's session. Blocks for some milliseconds.
pub(super) fn signal_others(started: &Started, signal: Signal) {
    let mut told = BTreeSet::from([started.pgid]);
    for seen in members(started) {
        // Another process, and another group, may have got its IDs since it was seen.
        if !told.contains(&seen.group)
            && proc::one(seen.pid) == Some(seen)
            && let Some(pgid) = Pid::from_raw(seen.group)
        {
            let _ = kill_process_group(pgid, signal);
            told.insert(seen.group);
        }
    }
}

/// Sends a HUP to those of a command's session who ignore TERM, and not that. Blocks for some milliseconds.
pub(super) fn hang_up(started: &Started) {
    let ignores = |seen: &Seen| {
        let ignored = proc::ignored(seen.pid);
        let has = |signal: Signal| ignored >> (signal.as_raw() - 1) & 1 == 1;
        has(Signal::TERM) && !has(Signal::HUP)
    };
    for seen in members(started).filter(ignores) {
        let Some(Ok(pidfd)) = Pid::from_raw(seen.pid).map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            continue;
        };
        // The ID may have had a new owner before it was held.
        if proc::one(seen.pid) == Some(seen) {
            let _ = pidfd_send_signal(&pidfd, Signal::HUP);
        }
    }
}

/// The processes of a command's session. While one is left nobody else gets the session's ID; once a younger process
/// has it, none is.
fn members(started: &Started) -> impl Iterator<Item = Seen> {
    let session = started.pgid;
    let all = (!proc::is_anothers(started))
        .then(proc::all)
        .into_iter()
        .flatten();
    all.filter(move |seen| seen.session == session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f104_the_session_of_a_younger_leader_is_another() {
        let own = proc::one(std::process::id().cast_signed()).unwrap();
        let leader = |by| Started {
            ticket: 1,
            pgid: own.session,
            grace: Duration::ZERO,
            by,
            in_terminal: true,
        };
        let now = super::super::mark::boot_time();
        assert!(members(&leader(now)).any(|seen| seen == own));
        // Where the leader cannot be seen (it is outside of a container), it is no younger one.
        if proc::one(own.session).is_some() {
            assert_eq!(members(&leader(1)).count(), 0);
        }
    }

    #[test]
    fn this_process_is_seen_alive() {
        let started = Started {
            ticket: 1,
            pgid: rustix::process::getpgrp().as_raw_pid(),
            grace: Duration::ZERO,
            by: 1,
            in_terminal: false,
        };
        let now = Instant::now();
        let (looked, lives) = loop {
            match has_live_member(&started, now) {
                Some(seen) => break seen,
                None => thread::yield_now(),
            }
        };
        assert!(lives && looked > now);
    }
}
