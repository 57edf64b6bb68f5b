//! The master end of a pseudo-terminal that a command runs in.

use super::Written;
use super::spawn::watch;
use crate::app::terminal::{Effects, Lines, Terminal};
use crate::app::view::{Stream, TerminalSize};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::cell::RefCell;
use std::ffi::CString;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch::Receiver;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

/// How much is read at once, in bytes; the kernel gives no more.
const CHUNK: usize = 4 * 1024;

/// How often there is a look whether somebody has opened the other end again.
const LOOK: Duration = Duration::from_millis(50);

/// A new pseudo-terminal of this size: its master end, and the path of the other one.
pub(super) fn open(size: TerminalSize) -> io::Result<(OwnedFd, CString)> {
    let master = match openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC) {
        // All of the system's are in use. That is no full disk, and passes.
        Err(Errno::NOSPC) => return Err(Errno::AGAIN.into()),
        opened => opened?,
    };
    grantpt(&master)?;
    unlockpt(&master)?;
    let path = ptsname(&master, Vec::new())?;
    fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    set_size(&master, size)?;
    Ok((master, path))
}

fn set_size(master: &OwnedFd, size: TerminalSize) -> io::Result<()> {
    Ok(tcsetwinsize(
        master,
        Winsize {
            ws_row: size.rows,
            ws_col: size.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        },
    )?)
}

/// The master end, and the terminal that reads from it. Dropped, it is closed, and the programs in it get a HUP.
#[derive(Debug)]
pub(super) struct Master {
    fd: AsyncFd<OwnedFd>,
    terminal: Terminal,
    sizes: Receiver<TerminalSize>,
    /// Once nobody has had the other end open: when to look next. The runtime takes that for the end of it, and so
    /// tells no more when it can be read.
    look: Option<Instant>,
}

enum Event {
    Readable,
    Writable,
    Typed,
    Resized,
}

impl Master {
    pub(super) fn new(master: OwnedFd, terminal: Terminal) -> io::Result<Master> {
        let sizes = terminal.wanted();
        // What was wanted between the making of the terminal and now.
        let wanted = *sizes.borrow();
        let mut master = Master {
            fd: watch(master, Interest::READABLE | Interest::WRITABLE)?,
            terminal,
            sizes,
            look: None,
        };
        master.resize(wanted);
        Ok(master)
    }

    /// How many bytes of input the program has not read.
    pub(super) fn input_waiting(&self) -> usize {
        self.terminal.input().len()
    }

    /// Gives the program these bytes to read, all of them or none.
    pub(super) fn type_in(&self, bytes: &[u8]) -> Result<(), String> {
        self.terminal.type_in(bytes)
    }

    /// Asks for another size.
    pub(super) fn fit(&self, size: TerminalSize) {
        self.terminal.fit(size);
    }

    /// Takes in what happens next: output, as soon as there is `room` for it, room for input, or another size. Says
    /// whether somebody has the other end open; that nobody has may change. Nothing is lost if this is dropped.
    pub(super) async fn turn(
        &mut self,
        output: &mut impl FnMut(Written<'_>),
        room: impl Future<Output = ()>,
    ) -> bool {
        let waits = self.input_waiting() > 0;
        if self.terminal.is_behind() {
            room.await;
            // What else this thread has to do comes first; so does what was typed.
            yield_now().await;
            if waits {
                self.write();
            }
            let effects = self.terminal.go_on();
            self.take(&effects, output);
            return true;
        }
        let told = self.look.is_none();
        let readable = async {
            room.await;
            match self.look {
                Some(look) => sleep_until(look).await,
                // An error is met again by the read.
                None => drop(self.fd.readable().await),
            }
        };
        let event = tokio::select! {
            () = readable => Event::Readable,
            _ = self.fd.writable(), if told && waits => Event::Writable,
            () = self.terminal.typed(), if told && !waits => Event::Typed,
            Ok(()) = self.sizes.changed() => Event::Resized,
        };
        match event {
            Event::Readable => {
                if !told {
                    self.write();
                }
                return self.read(output);
            }
            Event::Writable | Event::Typed => self.write(),
            Event::Resized => {
                let size = *self.sizes.borrow_and_update();
                let effects = self.resize(size);
                self.take(&effects, output);
            }
        }
        true
    }

    /// Sees to it that nothing is waited for which is there already.
    pub(super) fn look_now(&mut self) {
        self.look = self.look.map(|_| Instant::now());
    }

    fn resize(&mut self, size: TerminalSize) -> Effects {
        // First, so that what the program draws for the new size finds it.
        let effects = self.terminal.resize(size);
        // A terminal that is gone has no size.
        let _ = set_size(self.fd.get_ref(), size);
        effects
    }

    fn read(&mut self, output: &mut impl FnMut(Written<'_>)) -> bool {
        thread_local! {
            // One for all commands of a worker: nothing is awaited while it is in use.
            static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
        }
        BUFFER.with_borrow_mut(|buffer| {
            let read = self
                .fd
                .try_io(Interest::READABLE, |fd| Ok(rustix::io::read(fd, &mut *buffer)?));
            match read {
                Ok(length) if length > 0 => {
                    self.look_now();
                    let effects = self.terminal.write(&buffer[..length]);
                    self.take(&effects, output);
                    true
                }
                Err(error) if is_later(&error) => {
                    self.look = self.look.map(|_| Instant::now() + LOOK);
                    true
                }
                // The last one that had the other end open has closed it: EIO.
                Ok(_) | Err(_) => {
                    self.look = Some(Instant::now() + LOOK);
                    false
                }
            }
        })
    }

    fn write(&self) {
        let mut input = self.terminal.input();
        let bytes = input.as_slices().0;
        if bytes.is_empty() {
            return;
        }
        let written = self
            .fd
            .try_io(Interest::WRITABLE, |fd| Ok(rustix::io::write(fd, bytes)?));
        match written {
            Ok(length) => drop(input.drain(..length)),
            Err(error) if is_later(&error) => {}
            // Nobody will read it.
            Err(_) => input.clear(),
        }
    }

    fn take(&self, effects: &Effects, output: &mut impl FnMut(Written<'_>)) {
        // Who does not read what it has asked for gets no more of it.
        let _ = self.type_in(&effects.answers);
        written(&effects.lines, output);
        if effects.failed {
            tracing::error!(target: "app::process", "a terminal could not show what its task wrote, and was reset");
            output(Written::now(
                Stream::Note,
                b"[the terminal could not show the output, and was reset]\n",
            ));
        }
    }
}

/// Hands lines of a terminal over.
pub(super) fn written(lines: &Lines, output: &mut impl FnMut(Written<'_>)) {
    for (piece, at) in lines.pieces() {
        output(Written {
            stream: Stream::Stdout,
            bytes: piece.as_bytes(),
            at,
        });
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
