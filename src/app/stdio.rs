//! The standard streams, written and read with patience: `O_NONBLOCK` belongs to an open file, which a neighbour in a
//! pipeline may share and may have set it. What cannot be written or read at once is waited for, and is no error.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many bytes fit into a pipe that says that there is room.
const ROOM: usize = 4096;

/// How long a reader of what is said on standard error may take.
const LISTENS: Duration = Duration::from_secs(5);

/// How long a reader of the log may take, before lines of it are lost.
const LOG: Duration = Duration::from_secs(1);

/// A file that is waited for, for as long as it takes or for a limited time in all.
#[derive(Debug)]
pub struct Waiting<F> {
    file: F,
    until: Option<Instant>,
}

impl<F: AsFd> Waiting<F> {
    /// Waits as long as it takes.
    pub fn on(file: F) -> Waiting<F> {
        Waiting { file, until: None }
    }

    /// Waits no longer than this in all; then every write fails with [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn at_most(most: Duration, file: F) -> Waiting<F> {
        let until = Some(Instant::now() + most);
        Waiting { file, until }
    }

    fn wait(&self, what: PollFlags) -> io::Result<()> {
        loop {
            let left = self
                .until
                .map(|until| until.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut [PollFd::new(&self.file, what)], left.as_ref()) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<F: AsFd> Write for Waiting<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            // A file that blocks would do so for as long as it likes.
            let bytes = match self.until {
                Some(_) => {
                    self.wait(PollFlags::OUT)?;
                    &bytes[..bytes.len().min(ROOM)]
                }
                None => bytes,
            };
            match rustix::io::write(&self.file, bytes) {
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(Errno::INTR) => {}
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: AsFd> Read for Waiting<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.file, &mut *bytes) {
                Err(Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }
}

/// Standard input.
pub fn stdin() -> Waiting<io::Stdin> {
    Waiting::on(io::stdin())
}

/// Standard output. Nothing is kept back: whoever writes in small pieces buffers them.
pub fn stdout() -> Waiting<io::Stdout> {
    Waiting::on(io::stdout())
}

/// Writes results to standard output. That its reader has gone is no error: it has read enough.
///
/// # Errors
/// They could not be written.
pub fn print_with(
    write: impl FnOnce(&mut BufWriter<Waiting<io::Stdout>>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(stdout());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Says a line on standard error. That it could not be said nobody is left to tell.
pub fn complain(text: impl fmt::Display) {
    say(io::stderr(), text);
}

/// Says a line on standard output that nobody would miss.
pub fn mention(text: impl fmt::Display) {
    say(io::stdout(), text);
}

fn say(file: impl AsFd, text: impl fmt::Display) {
    let _ = Waiting::at_most(LISTENS, file).write_all(format!("{text}\n").as_bytes());
}

/// Standard error for a log. It never fails. Lines are lost where nobody reads them, so that what is logged goes on.
#[derive(Debug)]
pub struct LogOutput;

impl Write for LogOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// The last line was lost: the next one is not waited for.
        static LOST: AtomicBool = AtomicBool::new(false);
        let most = if LOST.load(Ordering::Relaxed) {
            Duration::ZERO
        } else {
            LOG
        };
        let written = Waiting::at_most(most, io::stderr()).write_all(bytes);
        LOST.store(written.is_err(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};
    use std::thread;

    #[test]
    fn a_slow_reader_of_a_file_that_does_not_block_gets_everything() {
        let (read, write) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        let text: Vec<u8> = (0..1_000_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let expected = text.clone();
        let writing = thread::spawn(move || Waiting::on(write).write_all(&text));
        let mut got = Vec::new();
        Waiting::on(read).read_to_end(&mut got).unwrap();
        writing.join().unwrap().unwrap();
        assert!(got == expected);
    }

    #[test]
    fn a_reader_that_has_stopped_is_waited_for_no_longer_than_was_said_whether_the_file_blocks_or_not() {
        for flags in [PipeFlags::NONBLOCK, PipeFlags::empty()] {
            let (_read, write) = pipe_with(flags).unwrap();
            let mut out = Waiting::at_most(Duration::from_millis(20), &write);
            let error = out.write_all(&vec![0; 1 << 20]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_an_error() {
        let (read, write) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        drop(read);
        let error = Waiting::on(write).write_all(b"text").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
