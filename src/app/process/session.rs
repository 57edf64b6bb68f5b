//! The sessions of commands. A shell with job control, `timeout` and others give what they start a group of its own;
//! all that stays in the session is the command.
//!
//! Its other groups are found in `/proc`, which takes some time. So one thread does everything that needs a look there,
//! in the order in which it is asked: a CONT never overtakes a STOP. What many ask for meanwhile is one look.

use super::group;
use super::proc::{self, Seen};
use super::spawn::{group_of, session_of};
use super::warden::Started;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the program waits, before it is stopped, until everything has been told to stop.
const TOLD: Duration = Duration::from_secs(1);

/// How long there is no look at who lives after one, in times of what that took.
const REST: u32 = 2;

/// What the thread is asked for.
enum Errand {
    Signal(Vec<Started>, Signal),
    End(Vec<Started>),
    /// A look at who lives.
    Look,
    /// Nothing; tells that it has come so far.
    Reply(Sender<()>),
}

/// What was seen last.
struct Last {
    seen: Option<Look>,
    /// The sessions that the next look is for: as long as there are any, the thread has been asked.
    asked: Option<HashSet<i32>>,
}

struct Look {
    at: Instant,
    of: HashSet<i32>,
    /// Those of them that live, if that is known.
    alive: Option<HashSet<i32>>,
}

static LAST: Mutex<Last> = Mutex::new(Last {
    seen: None,
    asked: None,
});

/// What leads to the thread, once it was needed.
static THREAD: Mutex<Option<Sender<Errand>>> = Mutex::new(None);

fn last() -> MutexGuard<'static, Last> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends a signal to the other groups of some commands' sessions; of those in terminals also to the first ones.
pub(super) fn signal(started: Vec<Started>, signal: Signal) {
    if !started.is_empty() {
        ask(Errand::Signal(started, signal));
    }
}

/// Tells the same processes to end: TERM, CONT for those that are stopped, and in a terminal a HUP for those that ignore
/// TERM as interactive shells do (a terminal that is closed ends them).
pub(super) fn end(started: Started) {
    ask(Errand::End(vec![started]));
}

/// Waits until everything that was asked for so far is done. Blocks, for a second at most.
pub(super) fn wait() {
    if THREAD.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        return;
    }
    let (done, is_done) = channel();
    ask(Errand::Reply(done));
    let _ = is_done.recv_timeout(TOLD);
}

/// Whether a command's session had a process that was no zombie, as of a look that is newer than `after`, and when that
/// was. None: that is not known yet, and there will be a look soon. One look serves all who ask meanwhile.
pub(super) fn has_live_member(started: &Started, after: Instant) -> Option<(Instant, bool)> {
    let mut last = last();
    if let Some(look) = &last.seen
        && look.at > after
        && look.of.contains(&started.pgid)
    {
        let alive = look.alive.as_ref();
        return Some((look.at, alive.is_none_or(|alive| alive.contains(&started.pgid))));
    }
    let waits = last.asked.is_some();
    last.asked.get_or_insert_default().insert(started.pgid);
    drop(last);
    if !waits {
        ask(Errand::Look);
    }
    None
}

fn ask(errand: Errand) {
    let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    if thread.is_none() {
        let (sender, errands) = channel();
        let started = thread::Builder::new().name("sessions".into());
        *thread = started.spawn(move || run(&errands)).ok().map(|_| sender);
    }
    if let Some(sender) = &*thread {
        // It lives as long as its sender, which is for ever.
        let _ = sender.send(errand);
    } else {
        // There is no room for a thread.
        drop(thread);
        carry_out(errand);
    }
}

fn run(errands: &Receiver<Errand>) {
    // When there may be a look again, and whether one is asked for.
    let (mut rested, mut look) = (Instant::now(), false);
    let mut next = None;
    loop {
        let rest = rested.saturating_duration_since(Instant::now());
        let errand = match next.take() {
            Some(errand) => Ok(errand),
            None if look => errands.recv_timeout(rest),
            None => errands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match errand {
            Ok(Errand::Look) => look = true,
            Ok(errand) => {
                let (errand, other) = with_more(errand, errands);
                next = other;
                carry_out(errand);
            }
            Err(RecvTimeoutError::Timeout) => {
                let start = Instant::now();
                carry_out(Errand::Look);
                (rested, look) = (Instant::now() + start.elapsed() * REST, false);
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What waits behind an errand and is the same for other commands is done with it. Returns also the first other one.
fn with_more(mut errand: Errand, errands: &Receiver<Errand>) -> (Errand, Option<Errand>) {
    for next in errands.try_iter() {
        match (&mut errand, next) {
            (Errand::Signal(all, signal), Errand::Signal(more, other)) if *signal == other => {
                all.extend(more);
            }
            (Errand::End(all), Errand::End(more)) => all.extend(more),
            (_, next) => return (errand, Some(next)),
        }
    }
    (errand, None)
}

fn carry_out(errand: Errand) {
    match errand {
        Errand::Signal(started, Signal::CONT) => group::unless_held(|| go_on(&started)),
        Errand::Signal(started, signal) => tell(&started, signal),
        Errand::End(started) => {
            tell(&started, Signal::TERM);
            hang_up(&started);
            go_on(&started);
        }
        Errand::Look => {
            let of = last().asked.take().unwrap_or_default();
            let at = Instant::now();
            let alive = proc::alive(&of);
            last().seen = Some(Look { at, of, alive });
        }
        Errand::Reply(done) => drop(done.send(())),
    }
}

/// In a terminal the shell first: it would tell of jobs that stop or end, and take its terminal back.
fn tell(started: &[Started], signal: Signal) {
    for started in started.iter().filter(|started| started.terminal) {
        group::signal_listed(started, signal);
    }
    signal_others(started, signal);
}

/// In a terminal the shell last: it should find its jobs running.
fn go_on(started: &[Started]) {
    signal_others(started, Signal::CONT);
    for started in started.iter().filter(|started| started.terminal) {
        group::signal_listed(started, Signal::CONT);
    }
}

/// Sends a signal to the other groups of some commands' sessions. Blocks for a millisecond or more.
pub(super) fn signal_others(started: &[Started], signal: Signal) {
    let of = by_session(started);
    let mut told: BTreeSet<i32> = of.keys().copied().collect();
    for (pid, session) in proc::of_sessions(|session| of.contains_key(&session)) {
        let Ok(group) = group_of(pid) else { continue };
        // Another process, and another session, may have got the IDs since it was seen.
        if !told.contains(&group)
            && !proc::is_dead(pid)
            && of
                .get(&session)
                .is_some_and(|started| !proc::is_anothers(started))
            && session_of(pid) == Ok(session)
            && group_of(pid) == Ok(group)
            && let Some(pgid) = Pid::from_raw(group)
        {
            let _ = kill_process_group(pgid, signal);
            told.insert(group);
        }
    }
}

/// Sends a HUP to those in some commands' terminals who ignore TERM, and not that. Blocks for a millisecond or more.
pub(super) fn hang_up(started: &[Started]) {
    let in_terminals: Vec<Started> = started.iter().filter(|one| one.terminal).copied().collect();
    if in_terminals.is_empty() {
        return;
    }
    let ignores = |seen: &Seen| {
        let ignored = proc::ignored(seen.pid);
        let has = |signal: Signal| ignored >> (signal.as_raw() - 1) & 1 == 1;
        has(Signal::TERM) && !has(Signal::HUP)
    };
    let of = by_session(&in_terminals);
    let members = proc::of_sessions(|session| of.contains_key(&session));
    for seen in members
        .filter_map(|(pid, _)| proc::one(pid.as_raw_pid()))
        .filter(ignores)
    {
        let Some(Ok(pidfd)) = Pid::from_raw(seen.pid).map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            continue;
        };
        // The ID may have had a new owner before it was held.
        if proc::one(seen.pid) == Some(seen) {
            let _ = pidfd_send_signal(&pidfd, Signal::HUP);
        }
    }
}

/// The commands by their sessions, without those whose session's ID is another's. While a process is left in it nobody
/// else gets that; once a younger process has it, none is.
fn by_session(started: &[Started]) -> HashMap<i32, &Started> {
    let own = started.iter().filter(|started| !proc::is_anothers(started));
    own.map(|started| (started.pgid, started)).collect()
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
            terminal: true,
        };
        let now = super::super::mark::boot_time();
        assert!(by_session(&[leader(now)]).contains_key(&own.session));
        // Where the leader cannot be seen (it is outside of a container), it is no younger one.
        if proc::one(own.session).is_some() {
            assert!(by_session(&[leader(1)]).is_empty());
        }
    }

    #[test]
    fn this_process_is_seen_alive() {
        let started = Started {
            ticket: 1,
            pgid: session_of(rustix::process::getpid()).unwrap(),
            grace: Duration::ZERO,
            by: 1,
            terminal: false,
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
