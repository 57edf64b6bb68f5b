//! Entering and leaving the terminal's full screen, exactly once each, in whatever way the program ends.

use crate::app::process;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use rustix::io::Errno;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// What leaves the screen, should this program be killed: the same as [`give_back`] writes.
const LEAVE: &str = "\x1b[?25h\x1b[?2004l\x1b[?1049l";

/// Whether the screen is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether panics of other threads go to the log: the screen is ours, or about to be.
static LOGGED: AtomicBool = AtomicBool::new(false);
/// The thread that draws.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);

/// The full screen; dropping it gives the terminal back as it was.
///
/// It stays on the thread that made it: a panic there gives the terminal back before its message is
/// printed, while a panic on any other thread (the pool catches those of tasks) leaves the screen alone and
/// goes to the log.
#[derive(Debug)]
pub(super) struct FullScreen {
    not_send: PhantomData<*const ()>,
}

impl FullScreen {
    /// Takes the terminal.
    pub(super) fn enter() -> io::Result<FullScreen> {
        expect();
        take()?;
        Ok(FullScreen {
            not_send: PhantomData,
        })
    }

    /// Gives text to the terminal for its clipboard (OSC 52, as base64). Terminals that do not know that, or do not
    /// want it, ignore it.
    pub(super) fn copy(text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// While there is one: gives the terminal back, stops the program and all that it runs until the shell resumes
    /// it, and takes the terminal again. Everything has to be drawn anew afterwards.
    pub(super) fn suspend() -> io::Result<()> {
        give_back();
        let stopped = process::suspend();
        take()?;
        stopped
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        give_back();
    }
}

/// This thread is about to take the terminal. Should other threads panic until it does, their messages would come
/// into the middle of that: they go to the log from now on.
pub(super) fn expect() {
    install_hook();
    *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
    LOGGED.store(true, Ordering::SeqCst);
}

/// Whether the terminal has gone away: it was closed, or its connection was lost.
pub(super) fn is_gone() -> bool {
    rustix::termios::tcgetattr(io::stdout()).is_err()
}

/// Whether an error tells that.
pub(super) fn tells_gone(error: &anyhow::Error) -> bool {
    let errors = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    errors.into_iter().any(|error| {
        error.kind() == io::ErrorKind::BrokenPipe
            || matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::NXIO))
    })
}

/// Lets the thread that waits for input sleep once the terminal is gone: it would read the end of its input
/// over and over until the process ends.
pub(super) fn silence_input() {
    if let Ok((reader, writer)) = rustix::pipe::pipe()
        && rustix::stdio::dup2_stdin(reader).is_ok()
    {
        // Nothing will ever come from the pipe, not even its end.
        std::mem::forget(writer);
    }
}

fn take() -> io::Result<()> {
    if let Ok(before) = rustix::termios::tcgetattr(io::stdout()) {
        process::terminal_taken(&before, LEAVE.as_bytes());
    }
    enable_raw_mode()?;
    // From here on there is something to give back, even if the next line fails half-way.
    ENTERED.store(true, Ordering::SeqCst);
    LOGGED.store(true, Ordering::SeqCst);
    let entered = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    );
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Gives the terminal back if it is ours; a second call does nothing.
fn give_back() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    LOGGED.store(false, Ordering::SeqCst);
    // The terminal may be gone; there is nobody left to tell, and the rest should still be tried. The modes come
    // first: they do not wait for a terminal that was told to stop its output.
    let _ = disable_raw_mode();
    let mut out = io::stdout();
    let _ = write_leave(&mut out);
    process::terminal_given_back();
}

fn write_leave(out: &mut impl Write) -> io::Result<()> {
    execute!(out, cursor::Show, DisableBracketedPaste, LeaveAlternateScreen)
}

/// How long giving a terminal back may take where nobody can wait for it.
const MOMENT: Duration = Duration::from_millis(300);

/// Gives the terminal back from another thread than its owner's, just before the process ends.
pub(super) fn abandon() {
    let (done, is_done) = std::sync::mpsc::sync_channel(1);
    // Writing may hang where the owner's thread hangs.
    let helper = thread::Builder::new().spawn(move || {
        give_back();
        let _ = done.send(());
    });
    if helper.is_ok() {
        let _ = is_done.recv_timeout(MOMENT);
    }
}

fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let owner = *OWNER.lock().unwrap_or_else(PoisonError::into_inner);
            if owner == Some(thread::current().id()) {
                give_back();
            } else if LOGGED.load(Ordering::SeqCst) {
                tracing::error!(target: "taskpool_tui::panic", "{info}");
                return;
            }
            before(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_program_leaves_the_screen_as_a_living_one_does() {
        let mut written = Vec::new();
        write_leave(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), LEAVE);
    }
}
