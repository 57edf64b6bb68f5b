//! The terminal as files of the program's own: flags that a neighbour sets on the standard streams (`O_NONBLOCK`) are
//! not theirs, and they may block or not as suits the program.

use crate::app::stdio::Waiting;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{isatty, tcgetpgrp};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::time::Duration;

/// Writes to the terminal that standard output is, for as long as it takes.
pub(super) fn output() -> io::Result<Waiting<BorrowedFd<'static>>> {
    Ok(Waiting::on(screen()?))
}

/// The same, for no longer than this.
pub(super) fn output_for(most: Duration) -> io::Result<Waiting<BorrowedFd<'static>>> {
    Ok(Waiting::at_most(most, screen()?))
}

/// The terminal that standard output is.
pub(super) fn screen() -> io::Result<BorrowedFd<'static>> {
    static SCREEN: OnceLock<OwnedFd> = OnceLock::new();
    if SCREEN.get().is_none() {
        let opened = reopen(&io::stdout())?;
        return Ok(SCREEN.get_or_init(|| opened).as_fd());
    }
    SCREEN
        .get()
        .map(AsFd::as_fd)
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The terminal that keys come from: standard input; where that is none, the one that the program belongs to, or
/// the one that it draws on.
pub(super) fn input() -> io::Result<OwnedFd> {
    if isatty(io::stdin()) {
        return reopen(&io::stdin());
    }
    named("/dev/tty").or_else(|_| reopen(&io::stdout()))
}

/// Opens the terminal of a stream anew; a copy of it where that is not possible.
fn reopen(stream: &(impl AsFd + AsRawFd)) -> io::Result<OwnedFd> {
    // Only the terminal that the program belongs to can be asked for its foreground group, which may be one of another
    // namespace of processes.
    let own = matches!(tcgetpgrp(stream), Ok(_) | Err(Errno::OPNOTSUPP));
    let own = own.then(|| named("/dev/tty").ok()).flatten();
    let opened = own.or_else(|| named(&format!("/proc/self/fd/{}", stream.as_raw_fd())).ok());
    opened.map_or_else(|| Ok(rustix::io::fcntl_dupfd_cloexec(stream, 3)?), Ok)
}

fn named(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(open(path, flags, Mode::empty())?)
}
