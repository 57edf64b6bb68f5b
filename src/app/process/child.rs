//! A running command: its group, its first process and its output.

use super::Job;
use super::group::Group;
use super::input::Input;
use super::spawn::{Spawned, spawn, watch};
use super::status::Exit;
use crate::app::view::Stream;
use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal, pidfd_open};
use std::cell::RefCell;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Receiver;
use tokio::time::sleep;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// How often a group whose leader is gone is looked at: at first, and at last.
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
    tick: Duration,
}

/// Why there is nowhere to write to.
const NO_INPUT: &str = "its standard input is not open: stdin = \"line\" in its function opens it";

enum Event {
    In,
    Out,
    Err,
    Exited,
    Tick,
}

impl Child {
    /// Starts the job. Waits only where there is no descriptor left for its pidfd.
    pub(super) async fn start(job: &Job) -> io::Result<Child> {
        let (group, spawned) = Group::start(job.grace, |ticket| {
            spawn(job, ticket).map(|spawned| (spawned.pid, spawned))
        })?;
        let Spawned {
            stdin,
            stdout,
            stderr,
            ..
        } = spawned;
        let pidfd = loop {
            // It runs already, so that starting it again is no way out.
            match pidfd_open(group.id(), PidfdFlags::NONBLOCK) {
                Ok(pidfd) => break pidfd,
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => sleep(TICK.1).await,
                Err(error) => return Err(error.into()),
            }
        };
        Ok(Child {
            group,
            leader: watch(pidfd)?,
            exit: None,
            stdout: Some(Receiver::from_owned_fd(stdout)?),
            stderr: Some(Receiver::from_owned_fd(stderr)?),
            stdin: stdin.map(|pipe| Input::new(pipe, &job.stdin)).transpose()?,
            tick: TICK.0,
        })
    }

    /// How the first process ended, once it has.
    pub(super) fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Whether nothing can come from it any more.
    pub(super) fn is_silent(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Whether its first process has been reaped and no other one of its group is left.
    pub(super) fn is_gone(&mut self) -> bool {
        self.exit.is_some() && self.group.is_empty()
    }

    /// Its group's ID.
    pub(super) fn id(&self) -> i32 {
        self.group.id().as_raw_pid()
    }

    /// What its mark says.
    pub(super) fn ticket(&self) -> u64 {
        self.group.ticket()
    }

    /// Sends a signal to every process of its group.
    pub(super) fn signal(&mut self, signal: Signal) {
        self.tick = TICK.0;
        self.group.signal(signal);
    }

    /// Stops every process of its group.
    pub(super) fn pause(&mut self) {
        self.group.pause();
    }

    /// Lets them go on.
    pub(super) fn resume(&mut self) {
        self.group.resume();
    }

    /// Adds to what it is given to read. Takes all of it or, with a reason, nothing.
    pub(super) fn input(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stdin.as_mut().ok_or(NO_INPUT)?.add(bytes)
    }

    /// Lets it read the end once it has read what it was given.
    pub(super) fn end_input(&mut self) -> Result<(), String> {
        self.stdin.as_mut().ok_or(NO_INPUT)?.end();
        Ok(())
    }

    /// Whether it takes input.
    pub(super) fn takes_input(&self) -> bool {
        self.stdin.as_ref().is_some_and(Input::is_open)
    }

    /// How much of that it has not read, in bytes.
    pub(super) fn input_waiting(&self) -> usize {
        self.stdin.as_ref().map_or(0, Input::waiting)
    }

    /// Reads no more.
    pub(super) fn close_output(&mut self) {
        (self.stdout, self.stderr) = (None, None);
    }

    /// Takes in what happens next: some output, the end of the first process, or, when that has ended, a little
    /// time. Nothing is lost if this is dropped.
    pub(super) async fn turn(&mut self, output: &mut impl FnMut(Stream, &[u8])) {
        let event = tokio::select! {
            () = readable(self.stdout.as_ref()) => Event::Out,
            () = readable(self.stderr.as_ref()) => Event::Err,
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
            // Nobody is left who would read it.
            Event::Exited => self.stdin = None,
            Event::Tick => self.tick = (self.tick * 2).min(TICK.1),
        }
    }
}

async fn readable(pipe: Option<&Receiver>) {
    match pipe {
        // An error is met again by the read.
        Some(pipe) => drop(pipe.readable().await),
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

fn read(pipe: &mut Option<Receiver>, stream: Stream, output: &mut impl FnMut(Stream, &[u8])) {
    thread_local! {
        // One for all commands of a worker: nothing is awaited while it is in use.
        static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
    }
    let Some(open) = pipe else { return };
    let end = BUFFER.with_borrow_mut(|buffer| match open.try_read(buffer) {
        Ok(0) => true,
        Ok(length) => {
            output(stream, &buffer[..length]);
            false
        }
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    });
    if end {
        *pipe = None;
    }
}
