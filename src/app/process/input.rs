//! The pipe to a command's standard input.

use super::job::Stdin;
use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use tokio::net::unix::pipe::Sender;

/// How much input may wait for a command that does not read, in bytes. The pipe itself holds as much again.
const WAITING: usize = 64 * 1024;

/// What a command is given to read. Nothing ever waits for the command to do so.
#[derive(Debug)]
pub(super) struct Input {
    /// None: the command reads the end.
    pipe: Option<Sender>,
    waiting: VecDeque<u8>,
    /// Nothing comes after what waits.
    ended: bool,
}

impl Input {
    pub(super) fn new(pipe: OwnedFd, stdin: &Stdin) -> io::Result<Self> {
        let text = match stdin {
            Stdin::Text(text) => Some(text),
            Stdin::Empty | Stdin::File(_) | Stdin::Open => None,
        };
        let mut input = Input {
            pipe: Some(Sender::from_owned_fd(pipe)?),
            waiting: text.into_iter().flatten().copied().collect(),
            ended: text.is_some(),
        };
        input.write();
        Ok(input)
    }

    /// Whether more can be added.
    pub(super) fn is_open(&self) -> bool {
        self.pipe.is_some() && !self.ended
    }

    /// How many bytes do not fit into the pipe because the command has not read what is in there.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds all of this or, with a reason, nothing.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !self.is_open() {
            return Err("standard input was closed".to_owned());
        }
        if !self.waiting.is_empty() && self.waiting.len() + bytes.len() > WAITING {
            return Err(format!("not read yet: {} bytes are waiting", self.waiting.len()));
        }
        self.waiting.extend(bytes);
        self.write();
        Ok(())
    }

    /// Lets the command read the end after what waits.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.write();
    }

    /// Returns when there is room for what waits, or somebody to notice that nobody reads any more.
    pub(super) async fn writable(&self) {
        match &self.pipe {
            // An error is met again by the write.
            Some(pipe) if !self.waiting.is_empty() => drop(pipe.writable().await),
            _ => pending().await,
        }
    }

    /// Writes what there is room for.
    pub(super) fn write(&mut self) {
        while let Some(pipe) = &self.pipe
            && !self.waiting.is_empty()
        {
            match pipe.try_write(self.waiting.as_slices().0) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Nobody reads any more.
                Err(_) => {
                    self.waiting.clear();
                    self.ended = true;
                }
            }
        }
        if self.ended {
            self.pipe = None;
        }
    }
}
