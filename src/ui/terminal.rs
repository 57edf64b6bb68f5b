//! Entering and leaving the terminal's full screen, exactly once each, in whatever way the program ends.

use super::tty;
use crate::app::process;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::EnableBracketedPaste;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen};
use crossterm::{cursor, execute};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// What leaves the screen, also should this program be killed. The mouse is always left: that is harmless where it
/// was not taken.
///
/// It is cleared first: a terminal without another screen for full-screen programs goes on where they ended. There
/// the cursor is at the top afterwards; elsewhere it is where it was.
const LEAVE: &str = "\x1b[?25h\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[m\x1b[H\x1b[2J\x1b[?1049l";

/// Takes the clicks, the wheel, and moves while a button is held.
const MOUSE: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const NO_MOUSE: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Puts the title away, and brings it back. A terminal that cannot do that has no title afterwards.
const KEEP_TITLE: &str = "\x1b[22;2t";
const OLD_TITLE: &str = "\x1b]2;\x07\x1b[23;2t";

/// Whether the screen is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether panics of other threads go to the log: the screen is ours, or about to be.
static LOGGED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is to be taken.
static MOUSED: AtomicBool = AtomicBool::new(false);
/// Whether the title is.
static TITLED: AtomicBool = AtomicBool::new(false);
/// What the terminal was before.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
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
    /// Takes the terminal; the mouse and the title only if they are wanted.
    pub(super) fn enter(mouse: bool, title: bool) -> io::Result<FullScreen> {
        MOUSED.store(mouse, Ordering::SeqCst);
        TITLED.store(title, Ordering::SeqCst);
        expect();
        take()?;
        Ok(FullScreen {
            not_send: PhantomData,
        })
    }

    /// Gives text to the terminal for its clipboard (OSC 52, as base64). Terminals that do not know that, or do not
    /// want it, ignore it.
    pub(super) fn copy(text: &str) -> io::Result<()> {
        execute!(tty::output()?, CopyToClipboard::to_clipboard_from(text))
    }

    /// Tells the terminal something beside what is drawn.
    pub(super) fn tell(tell: &Tell<'_>) -> io::Result<()> {
        let mut out = tty::output()?;
        match tell {
            Tell::Mouse(on) => {
                MOUSED.store(*on, Ordering::SeqCst);
                out.write_all(if *on { MOUSE } else { NO_MOUSE }.as_bytes())?;
            }
            Tell::Title(text) => write!(out, "\x1b]2;{text}\x07")?,
            Tell::Notice { text, bell } => {
                // Whoever knows no OSC 9 takes its end for a bell: this end is none.
                write!(out, "\x1b]9;{text}\x1b\\{}", if *bell { "\x07" } else { "" })?;
            }
        }
        out.flush()
    }

    /// While there is one: gives the terminal back, stops the program and all that it runs until the shell resumes
    /// it, and takes the terminal again. Everything has to be drawn anew afterwards.
    pub(super) fn suspend() -> io::Result<()> {
        give_back();
        let stopped = process::suspend();
        take()?;
        // What was typed meanwhile was meant for others.
        let _ = tcflush(tty::screen()?, QueueSelector::IFlush);
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
    tty::screen().is_ok_and(|screen| tcgetattr(screen).is_err())
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

fn take() -> io::Result<()> {
    let screen = tty::screen()?;
    let modes = tcgetattr(screen)?;
    process::terminal_taken(&modes, leave().as_bytes());
    let mut raw = modes.clone();
    raw.make_raw();
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(modes);
    tcsetattr(screen, OptionalActions::Now, &raw)?;
    // From here on there is something to give back, even if the next line fails half-way.
    ENTERED.store(true, Ordering::SeqCst);
    LOGGED.store(true, Ordering::SeqCst);
    let on = |wanted: &AtomicBool, text| if wanted.load(Ordering::SeqCst) { text } else { "" };
    let entered = execute!(
        BufWriter::new(tty::output()?),
        Print(on(&TITLED, KEEP_TITLE)),
        EnterAlternateScreen,
        // A terminal may have no other screen for full-screen programs.
        Clear(ClearType::All),
        EnableBracketedPaste,
        Print(on(&MOUSED, MOUSE)),
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
    // first: they do not wait for a terminal that cancel requested its output.
    let modes = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(modes), Ok(screen)) = (modes, tty::screen()) {
        let _ = tcsetattr(screen, OptionalActions::Now, &modes);
    }
    let left = tty::output_for(PATIENCE).and_then(|mut out| out.write_all(leave().as_bytes()));
    // Whoever has to wait longer is the warden, once this program has ended.
    if left.is_ok() {
        process::terminal_given_back();
    }
}

/// What leaves the screen as it was entered.
fn leave() -> String {
    let title = if TITLED.load(Ordering::SeqCst) {
        OLD_TITLE
    } else {
        ""
    };
    format!("{title}{LEAVE}")
}

/// What a terminal is told beside what is drawn. Text is clean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tell<'a> {
    /// Report clicks and the wheel, or keep them.
    Mouse(bool),
    /// Have this title.
    Title(&'a str),
    /// Tell the user this, wherever they look.
    Notice {
        /// What.
        text: &'a str,
        /// With a bell.
        bell: bool,
    },
}

/// How long a terminal that takes nothing is waited for when it is given back.
const PATIENCE: Duration = Duration::from_secs(2);

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
    use crossterm::Command as _;
    use crossterm::event::{DisableBracketedPaste, DisableMouseCapture};
    use crossterm::terminal::LeaveAlternateScreen;

    #[test]
    fn what_leaves_the_screen_ends_all_that_was_begun() {
        let mut begun = String::new();
        EnterAlternateScreen.write_ansi(&mut begun).unwrap();
        EnableBracketedPaste.write_ansi(&mut begun).unwrap();
        begun.push_str(MOUSE);
        let modes: Vec<&str> = begun
            .split("\x1b[?")
            .filter_map(|mode| mode.strip_suffix('h'))
            .collect();
        assert_eq!(modes, ["1049", "2004", "1000", "1002", "1006"]);
        for mode in modes {
            assert!(LEAVE.contains(&format!("\x1b[?{mode}l")), "{mode}");
        }
        let mut ended = String::new();
        cursor::Show.write_ansi(&mut ended).unwrap();
        DisableBracketedPaste.write_ansi(&mut ended).unwrap();
        LeaveAlternateScreen.write_ansi(&mut ended).unwrap();
        DisableMouseCapture.write_ansi(&mut ended).unwrap();
        // The library ends more modes of the mouse, which are never begun here.
        let cleared = "\x1b[m\x1b[H\x1b[2J\x1b[?1049l";
        assert!(LEAVE.ends_with(cleared), "cleared before it is left");
        let leave = LEAVE.replace("\x1b[m\x1b[H\x1b[2J", "");
        for end in leave.split_inclusive('l').chain(NO_MOUSE.split_inclusive('l')) {
            for end in end.split_inclusive('h') {
                assert!(ended.contains(end), "{end:?}");
            }
        }
    }
}
