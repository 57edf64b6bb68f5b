//! The warden: a small process beside the program that ends the program's commands, and gives its terminal back,
//! when the program dies without doing so itself, be it by a SIGKILL.
//!
//! - It is the program's own binary, started again ([`start_warden`] is told how, [`keep_watch`] is what that has
//!   to call), in a session of its own. A library that is part of another program has none, unless that program
//!   does the same.
//! - A pipe leads to it, whose one write end is the program's: it ends when the program does, in whatever way.
//!   Until then the program tells it in short records which commands it starts and which groups are gone.
//! - A command is announced before it is started, so that one whose program dies in between is found by its mark.
//! - Nothing here waits for the warden. One that does not read, or has died, is replaced.

mod body;
mod record;

pub use body::keep_watch;
pub(super) use record::{Screen, Started};

use super::mark;
use super::{group, spawn};
use record::Record;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much may be told before the warden has read it, in bytes.
const ROOM: usize = 1 << 20;

/// How long the warden may take to leave.
const LEAVES: Duration = Duration::from_secs(1);

/// A warden that lives for less than this long is not worth replacing more than a few times.
const SHORT: Duration = Duration::from_secs(10);

/// How many of those in a row are too many.
const MANY: u32 = 5;

/// Whether there is anybody to tell.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Whether it could not be replaced.
static LOST: AtomicBool = AtomicBool::new(false);

static OFFICE: Mutex<Option<Office>> = Mutex::new(None);

/// What the warden knows, or its successor has to know.
struct Office {
    /// The program to start one from.
    program: PathBuf,
    /// Its command line, which says whose it is.
    command: Vec<OsString>,
    /// Where to tell it.
    pipe: Option<OwnedFd>,
    pid: Option<Pid>,
    /// Commands that are being started.
    births: BTreeSet<u64>,
    /// The terminal, while it is the program's.
    screen: Option<Screen>,
    leaving: bool,
    /// Ends when the thread does that waits for it.
    watched: Option<Receiver<()>>,
}

/// Whether there was a warden and there is none any more: should the program be killed, its commands run on.
pub fn warden_is_lost() -> bool {
    LOST.load(Ordering::SeqCst)
}

/// Whether this is the warden's process.
pub(super) fn is(pid: Pid) -> bool {
    office().as_ref().is_some_and(|office| office.pid == Some(pid))
}

fn office() -> MutexGuard<'static, Option<Office>> {
    OFFICE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a warden, by a command that has to call [`keep_watch`] with the argument that is added here. For `main`,
/// before anything is started; a second call does nothing. One that dies is replaced, and the log says so.
///
/// # Errors
/// It cannot be started. The program can do without; its commands then outlive a SIGKILL.
pub fn start_warden<S: Into<OsString>>(command: impl IntoIterator<Item = S>) -> io::Result<()> {
    let mut place = office();
    if place.is_some() {
        return Ok(());
    }
    let mut command: Vec<OsString> = command.into_iter().map(Into::into).collect();
    command.push(mark::run().into());
    command.push(format!("(of process {})", std::process::id()).into());
    let program = command.first().map(PathBuf::from).unwrap_or_default();
    if let (Some(shown), Ok(file)) = (command.first_mut(), std::env::current_exe())
        && let Some(name) = file.file_name()
    {
        name.clone_into(shown);
    }
    let mut office = Office {
        program,
        command,
        pipe: None,
        pid: None,
        births: BTreeSet::new(),
        screen: None,
        leaving: false,
        watched: None,
    };
    office.engage()?;
    let (end, watched) = channel::<()>();
    office.watched = Some(watched);
    *place = Some(office);
    ACTIVE.store(true, Ordering::SeqCst);
    drop(place);
    let thread = thread::Builder::new().name("warden".into());
    thread.spawn(move || {
        let _end = end;
        replace();
    })?;
    Ok(())
}

/// Lets the warden go, because the program ends in order, and waits until it has left. Without one this does
/// nothing. From here on nobody looks after commands. If the terminal took nothing and so could not be given back, the
/// warden is left alone to do that.
pub fn dismiss_warden() {
    ACTIVE.store(false, Ordering::SeqCst);
    let Some((watched, pid)) = office().as_mut().and_then(|office| {
        office.leaving = true;
        if office.screen.is_some() {
            office.pipe = None;
            return None;
        }
        office.tell(&Record::Goodbye);
        office.pipe = None;
        Some((office.watched.take()?, office.pid))
    }) else {
        return;
    };
    if watched.recv_timeout(LEAVES) == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        && let Some(pid) = pid
    {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Tells that the terminal on standard output is about to be taken: what it is now, and what to write to it to
/// see it as it was.
pub fn terminal_taken(before: &rustix::termios::Termios, leave: &[u8]) {
    let screen = Screen::new(before, leave);
    with(|office| {
        office.screen = Some(screen.clone());
        office.tell(&Record::Taken(screen));
    });
}

/// Tells that the terminal has been given back.
pub fn terminal_given_back() {
    with(|office| {
        office.screen = None;
        office.tell(&Record::Given);
    });
}

/// A command is about to be started.
pub(super) fn birth(ticket: u64) {
    with(|office| {
        office.births.insert(ticket);
        office.tell(&Record::Birth { ticket });
    });
}

/// It was.
pub(super) fn started(started: Started) {
    with(|office| {
        office.births.remove(&started.ticket);
        office.tell(&Record::Group(started));
    });
}

/// Nothing of it is left, or it could not be started.
pub(super) fn gone(ticket: u64) {
    with(|office| {
        office.births.remove(&ticket);
        office.tell(&Record::Gone { ticket });
    });
}

fn with(act: impl FnOnce(&mut Office)) {
    if !ACTIVE.load(Ordering::Relaxed) {
        return;
    }
    if let Some(office) = office().as_mut() {
        act(office);
    }
}

impl Office {
    /// Starts a warden and tells it everything.
    fn engage(&mut self) -> io::Result<()> {
        // Before it is started, so that it knows everything should the program be killed just now.
        let mut read = self.connect()?;
        self.tell_everything();
        let told = self.pipe.is_some();
        if !told {
            // The pipe does not hold so much: it has to be read meanwhile.
            read = self.connect()?;
        }
        self.pid = Some(spawn::companion(&self.program, &self.command, read)?);
        if !told {
            self.tell_everything();
        }
        Ok(())
    }

    /// Makes a pipe to a warden that is yet to be started: the end that it reads.
    fn connect(&mut self) -> io::Result<OwnedFd> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // Where that is not allowed there is room for less.
        let _ = fcntl_setpipe_size(&write, ROOM);
        self.pipe = Some(write);
        Ok(read)
    }

    fn tell_everything(&mut self) {
        for ticket in self.births.clone() {
            self.tell(&Record::Birth { ticket });
        }
        for started in group::all() {
            self.tell(&Record::Group(started));
        }
        if let Some(screen) = self.screen.clone() {
            self.tell(&Record::Taken(screen));
        }
    }

    fn tell(&mut self, record: &Record) {
        let Some(pipe) = &self.pipe else { return };
        let told = loop {
            match rustix::io::write(pipe, &record.encode()) {
                Err(Errno::INTR) => {}
                told => break told,
            }
        };
        if told.is_err() {
            // It is dead, or does not read what it is told: then its successor will.
            self.pipe = None;
            if let Some(pid) = self.pid {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// Waits for the end of the warden, and starts another one, until it is sent away.
fn replace() {
    let mut short = 0;
    let mut since = Instant::now();
    let mut next = office().as_ref().and_then(|office| office.pid);
    while let Some(pid) = next {
        let status = loop {
            match waitpid(Some(pid), WaitOptions::empty()) {
                Err(Errno::INTR) => {}
                Ok(Some((_, status))) => break Some(status),
                Ok(None) | Err(_) => break None,
            }
        };
        short = if since.elapsed() < SHORT { short + 1 } else { 0 };
        next = successor(status.and_then(WaitStatus::terminating_signal), short);
        since = Instant::now();
    }
}

/// Starts one, unless that is not worth it, and returns its process.
fn successor(signal: Option<i32>, short: u32) -> Option<Pid> {
    let mut place = office();
    let office = place.as_mut()?;
    (office.pipe, office.pid) = (None, None);
    if office.leaving {
        return None;
    }
    let how = signal.map_or("ended".to_owned(), |signal| {
        format!("was ended by signal {signal}")
    });
    let engaged = if short < MANY {
        office.engage()
    } else {
        Err(io::Error::other("it does not stay"))
    };
    match engaged {
        Ok(()) => tracing::warn!(target: "app::process", "the warden {how}; there is a new one"),
        Err(error) => tracing::error!(
            target: "app::process",
            "the warden {how}, and there is no new one ({error}): should this program be killed, its commands run on"
        ),
    }
    LOST.store(office.pid.is_none(), Ordering::SeqCst);
    office.pid
}
