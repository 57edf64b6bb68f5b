//! A running command: its group, its first process and its output.

use super::group::Group;
use super::input::Input;
use super::master::Master;
use super::spawn::{Files, spawn, watch};
use super::status::Exit;
use super::{Job, Written};
use crate::app::view::{Stream, TerminalSize};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal, pidfd_open};
use std::cell::RefCell;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Receiver;
use tokio::time::sleep;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// How often a session whose leader is gone is looked at: at first, and at last.
const TICK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// A command that was started. Dropped, everything of it is killed, and reaped in the background.
#[derive(Debug)]
pub(super) struct Child {
    /// Before the pidfd: what is dropped first may be killed first.
    group: Group,
    leader: AsyncFd<OwnedFd>,
    exit: Option<Exit>,
    stdout: Option<Receiver>,
    stderr: Option<Receiver>,
    stdin: Option<Input>,
    /// In place of all three.
    terminal: Option<Master>,
    tick: Duration,
}

/// Why there is nowhere to write to.
const NO_INPUT: &str = "standard input is not open: stdin = \"line\" in the function opens it";

enum Event {
    In,
    Out,
    Err,
    /// Of the terminal, and whether it is still open.
    Terminal(bool),
    Exited,
    Tick,
}

impl Child {
    /// Starts the job. Waits only where there is no descriptor left for its pidfd.
    pub(super) async fn start(job: &Job) -> io::Result<Child> {
        let (group, spawned) = Group::start(job.grace, job.terminal.is_some(), |ticket| {
            spawn(job, ticket).map(|spawned| (spawned.pid, spawned))
        })?;
        let pidfd = loop {
            // It runs already, so that starting it again is no way out.
            match pidfd_open(group.id(), PidfdFlags::NONBLOCK) {
                Ok(pidfd) => break pidfd,
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => sleep(TICK.1).await,
                Err(error) => return Err(error.into()),
            }
        };
        let mut child = Child {
            group,
            leader: watch(pidfd, Interest::READABLE)?,
            exit: None,
            stdout: None,
            stderr: None,
            stdin: None,
            terminal: None,
            tick: TICK.0,
        };
        match spawned.files {
            Files::Pipes {
                stdin,
                stdout,
                stderr,
            } => {
                child.stdin = stdin.map(|pipe| Input::new(pipe, &job.stdin)).transpose()?;
                child.stdout = Some(Receiver::from_owned_fd(stdout)?);
                child.stderr = Some(Receiver::from_owned_fd(stderr)?);
            }
            Files::Terminal(master) => {
                let terminal = job.terminal.clone().unwrap_or_default();
                child.terminal = Some(Master::new(master, terminal)?);
            }
        }
        Ok(child)
    }

    /// How the first process ended, once it has.
    pub(super) fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Whether nothing can come from it any more.
    pub(super) fn is_silent(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none() && self.terminal.is_none()
    }

    /// Whether its first process has been reaped and no other one of its session is left.
    pub(super) fn is_gone(&mut self) -> bool {
        self.exit.is_some() && self.group.is_empty()
    }

    /// Whether that may be so, and has not been seen yet.
    pub(super) fn may_be_gone(&self) -> bool {
        self.group.may_be_empty()
    }

    /// The ID of its session.
    pub(super) fn id(&self) -> i32 {
        self.group.id().as_raw_pid()
    }

    /// What its mark says.
    pub(super) fn ticket(&self) -> u64 {
        self.group.ticket()
    }

    /// Sends a signal to every process of its session.
    pub(super) fn signal(&mut self, signal: Signal) {
        self.tick = TICK.0;
        self.group.signal(signal);
    }

    /// Tells every process of its session to end.
    pub(super) fn end(&mut self) {
        self.tick = TICK.0;
        self.group.end();
    }

    /// Stops every process of its session.
    pub(super) fn pause(&mut self) {
        self.group.pause();
    }

    /// Lets them go on.
    pub(super) fn resume(&mut self) {
        self.group.resume();
    }

    /// Adds to what it is given to read. Takes all of it or, with a reason, nothing.
    pub(super) fn input(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.terminal {
            Some(terminal) => terminal.type_in(bytes),
            None => self.stdin.as_mut().ok_or(NO_INPUT)?.add(bytes),
        }
    }

    /// Lets it read the end once it has read what it was given.
    pub(super) fn end_input(&mut self) -> Result<(), String> {
        if self.terminal.is_some() {
            return Err("what is typed into a terminal has no end: Ctrl-d is a key".to_owned());
        }
        self.stdin.as_mut().ok_or(NO_INPUT)?.end();
        Ok(())
    }

    /// Whether it runs in a terminal.
    pub(super) fn is_in_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Whether it takes input.
    pub(super) fn takes_input(&self) -> bool {
        self.terminal.is_some() || self.stdin.as_ref().is_some_and(Input::is_open)
    }

    /// How much of that it has not read, in bytes.
    pub(super) fn input_waiting(&self) -> usize {
        match &self.terminal {
            Some(terminal) => terminal.input_waiting(),
            None => self.stdin.as_ref().map_or(0, Input::waiting),
        }
    }

    /// Gives its terminal another size.
    pub(super) fn resize(&self, size: TerminalSize) -> Result<(), String> {
        match &self.terminal {
            Some(terminal) => terminal.fit(size),
            None => return Err("no terminal: pty = true in the function gives one".to_owned()),
        }
        Ok(())
    }

    /// Reads no more. Whoever is left in its terminal gets a HUP.
    pub(super) fn close_output(&mut self) {
        (self.stdout, self.stderr, self.terminal) = (None, None, None);
    }

    /// Takes in what happens next: some output, as soon as there is `room` for it, the end of the first process, or,
    /// when that has ended, a little time. Nothing is lost if this is dropped.
    pub(super) async fn turn<F: Future<Output = ()>>(
        &mut self,
        output: &mut impl FnMut(Written<'_>),
        room: impl Fn() -> F,
    ) {
        let event = tokio::select! {
            () = readable(self.stdout.as_ref(), room()) => Event::Out,
            () = readable(self.stderr.as_ref(), room()) => Event::Err,
            open = turn(self.terminal.as_mut(), output, room()) => Event::Terminal(open),
            () = writable(self.stdin.as_ref()) => Event::In,
            exit = exited(&self.leader, &mut self.group), if self.exit.is_none() => {
                self.exit = Some(exit);
                Event::Exited
            }
            () = sleep(self.tick), if self.exit.is_some() => Event::Tick,
        };
        match event {
            Event::Out => read(&mut self.stdout, Stream::Stdout, output),
            Event::Err => read(&mut self.stderr, Stream::Stderr, output),
            Event::In => {
                if let Some(stdin) = &mut self.stdin {
                    stdin.write();
                }
            }
            // To close it is to send a HUP to a command that may only have turned away from its terminal.
            Event::Terminal(open) => {
                if !open && self.exit.is_some() {
                    self.terminal = None;
                }
            }
            Event::Exited => {
                // Nobody is left who would read it.
                self.stdin = None;
                if let Some(terminal) = &mut self.terminal {
                    terminal.look_now();
                }
            }
            Event::Tick => self.tick = (self.tick * 2).min(TICK.1),
        }
    }
}

async fn readable(pipe: Option<&Receiver>, room: impl Future<Output = ()>) {
    let Some(pipe) = pipe else { return pending().await };
    room.await;
    // An error is met again by the read.
    drop(pipe.readable().await);
}

async fn turn(
    terminal: Option<&mut Master>,
    output: &mut impl FnMut(Written<'_>),
    room: impl Future<Output = ()>,
) -> bool {
    match terminal {
        Some(terminal) => terminal.turn(output, room).await,
        None => pending().await,
    }
}

async fn writable(stdin: Option<&Input>) {
    match stdin {
        Some(stdin) => stdin.writable().await,
        None => pending().await,
    }
}

async fn exited(leader: &AsyncFd<OwnedFd>, group: &mut Group) -> Exit {
    loop {
        let Ok(mut ready) = leader.readable().await else {
            // The runtime is going down and drops this.
            return pending().await;
        };
        let reaped = ready.try_io(|_| group.reap().ok_or_else(|| ErrorKind::WouldBlock.into()));
        if let Ok(Ok(exit)) = reaped {
            return exit;
        }
    }
}

fn read(pipe: &mut Option<Receiver>, stream: Stream, output: &mut impl FnMut(Written<'_>)) {
    thread_local! {
        // One for all commands of a worker: nothing is awaited while it is in use.
        static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
    }
    let Some(open) = pipe else { return };
    let end = BUFFER.with_borrow_mut(|buffer| match open.try_read(buffer) {
        Ok(0) => true,
        Ok(length) => {
            output(Written::now(stream, &buffer[..length]));
            false
        }
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    });
    if end {
        *pipe = None;
    }
}
