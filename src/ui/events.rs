//! What comes from the terminal: its events, the two signals that are about it, and its end.

use crate::app::process;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio_stream::Stream;

/// The terminal's events. SIGTSTP is the same as the key that suspends; SIGHUP, or that the other end of the terminal was
/// closed, ends them if the terminal is gone.
pub(super) struct Events<S> {
    inner: S,
    suspend: Signal,
    hangup: Signal,
    is_gone: fn() -> bool,
    /// Tells when the other end of the terminal is closed, also where no signal does; the reader of events does not.
    closed: Option<oneshot::Receiver<()>>,
    ended: bool,
}

impl<S> Events<S> {
    /// Listens to the signals from now on.
    ///
    /// # Errors
    /// No handler could be installed, or no thread started.
    pub(super) fn new(events: S, is_gone: fn() -> bool) -> io::Result<Events<S>> {
        let suspend = rustix::process::Signal::TSTP.as_raw();
        process::heed_stops()?;
        Ok(Events {
            inner: events,
            suspend: signal(SignalKind::from_raw(suspend))?,
            hangup: signal(SignalKind::hangup())?,
            is_gone,
            closed: Some(closed()?),
            ended: false,
        })
    }
}

/// Tells once when the other end of the terminal is closed: a thread of its own sleeps until then.
fn closed() -> io::Result<oneshot::Receiver<()>> {
    let (tell, told) = oneshot::channel();
    let wait = move || {
        let out = io::stdout();
        // Nothing is waited for, but that it is over is always told.
        let mut over = [PollFd::new(&out, PollFlags::empty())];
        while poll(&mut over, None) == Err(rustix::io::Errno::INTR) {}
        // The terminal may have been left before.
        let _ = tell.send(());
    };
    thread::Builder::new()
        .name("taskpool-tty".to_owned())
        .spawn(wait)?;
    Ok(told)
}

impl<S: Stream<Item = io::Result<Event>> + Unpin> Stream for Events<S> {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(closed) = &mut self.closed
            && Pin::new(closed).poll(cx).is_ready()
        {
            self.closed = None;
        }
        // A hangup that somebody only sent is the session's business, not the screen's.
        while let Poll::Ready(Some(())) = self.hangup.poll_recv(cx) {
            if (self.is_gone)() {
                self.ended = true;
                return Poll::Ready(None);
            }
        }
        if let Poll::Ready(Some(())) = self.suspend.poll_recv(cx) {
            let key = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
            return Poll::Ready(Some(Ok(Event::Key(key))));
        }
        // Of a terminal that is gone the reader would read the end over and over, and never come back.
        if (self.is_gone)() {
            self.ended = true;
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut self.inner).poll_next(cx);
        self.ended = matches!(next, Poll::Ready(None));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Action, Key, Keymap};
    use crate::ui::input::{self, Input};
    use rustix::process::{Signal, getpid, kill_process};
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio_stream::StreamExt as _;

    #[tokio::test]
    async fn signals_about_the_terminal_are_events() {
        static GONE: AtomicBool = AtomicBool::new(false);
        let mut events = Events::new(tokio_stream::pending(), || GONE.load(Ordering::SeqCst)).unwrap();
        kill_process(getpid(), Signal::TSTP).unwrap();
        let suspend = events.next().await.unwrap().unwrap();
        let key: Key = Keymap::default().key(Action::Suspend).parse().unwrap();
        assert_eq!(input::read(suspend), Some(Input::Key(key)));
        // One that finds the terminal still there changes nothing: the next event comes as ever.
        kill_process(getpid(), Signal::HUP).unwrap();
        let mut seen = signal(SignalKind::hangup()).unwrap();
        kill_process(getpid(), Signal::HUP).unwrap();
        seen.recv().await;
        kill_process(getpid(), Signal::TSTP).unwrap();
        assert!(events.next().await.is_some());
        GONE.store(true, Ordering::SeqCst);
        kill_process(getpid(), Signal::HUP).unwrap();
        assert!(events.next().await.is_none());
        assert!(events.next().await.is_none());
    }
}
