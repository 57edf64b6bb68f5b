//! What comes from the terminal: its events, the two signals that are about it, and its end.

use super::decoder::Decoder;
use super::{terminal, tty};
use crate::app::process;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How many bytes are read at once.
const READ: usize = 4096;

/// A source of the terminal's events.
pub trait EventSource {
    /// The next event; none after the end of the terminal. Nothing is lost if the future is dropped.
    fn next(&mut self) -> impl Future<Output = Option<io::Result<Event>>>;
}

impl EventSource for mpsc::Receiver<io::Result<Event>> {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        self.recv().await
    }
}

/// The terminal's events. SIGTSTP is the same as the key that suspends; SIGHUP ends them if the terminal is gone.
pub(super) struct Events {
    input: AsyncFd<OwnedFd>,
    decoder: Decoder,
    ready: VecDeque<Event>,
    suspend: Signal,
    hangup: Signal,
    resize: Signal,
    is_gone: fn() -> bool,
    ended: bool,
}

impl Events {
    /// Listens to the terminal and to the signals from now on.
    ///
    /// # Errors
    /// There is no terminal to read, or no handler could be installed.
    pub(super) fn of_terminal() -> io::Result<Events> {
        let afar = ["SSH_CONNECTION", "SSH_TTY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        let mut events = Events::new(tty::input()?, Decoder::new(afar), terminal::is_gone)?;
        events.forget()?;
        Ok(events)
    }

    /// What waits is not meant for the dashboard: it was typed before, or is an answer to another program. It is read,
    /// so that the rest of a sequence that has not come yet is known for what it is.
    fn forget(&mut self) -> io::Result<()> {
        while !self.ended {
            match read(self.input.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                read => self.take(read)?,
            }
        }
        self.ready.clear();
        Ok(())
    }

    fn new(input: OwnedFd, decoder: Decoder, is_gone: fn() -> bool) -> io::Result<Events> {
        let suspend = rustix::process::Signal::TSTP.as_raw();
        process::heed_stops()?;
        Ok(Events {
            input: process::watch(input, Interest::READABLE)?,
            decoder,
            ready: VecDeque::new(),
            suspend: signal(SignalKind::from_raw(suspend))?,
            hangup: signal(SignalKind::hangup())?,
            resize: signal(SignalKind::window_change())?,
            is_gone,
            ended: false,
        })
    }

    /// Takes in what a read has brought.
    fn take(&mut self, read: io::Result<Vec<u8>>) -> io::Result<()> {
        match read {
            Ok(bytes) if bytes.is_empty() => self.ended = hung_up(self.input.get_ref()),
            Ok(bytes) => {
                self.decoder.take(&bytes, Instant::now());
                self.ready.extend(self.decoder.events());
            }
            Err(_) if (self.is_gone)() => self.ended = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// It is time to give up what has begun, unless the rest of it has come and was not read.
    fn give_up(&mut self) -> io::Result<()> {
        match read(self.input.get_ref()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.decoder.give_up(Instant::now());
                self.ready.extend(self.decoder.events());
                Ok(())
            }
            read => self.take(read),
        }
    }
}

/// Reads what is there, without waiting for it. Nothing: it was closed, or its modes have been changed.
fn read(input: &OwnedFd) -> io::Result<Vec<u8>> {
    // Where the terminal could not be opened anew a read might wait.
    if poll(
        &mut [PollFd::new(input, PollFlags::IN)],
        Some(&Timespec::default()),
    )? == 0
    {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let mut bytes = vec![0; READ];
    let count = rustix::io::read(input, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Whether the other end was closed.
fn hung_up(input: &OwnedFd) -> bool {
    let mut over = [PollFd::new(input, PollFlags::empty())];
    poll(&mut over, Some(&Timespec::default())).is_ok_and(|count| count > 0)
}

impl EventSource for Events {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        loop {
            // A terminal that is gone would be read to its end over and over.
            self.ended = self.ended || (self.is_gone)();
            if self.ended {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let due = self.decoder.due();
            tokio::select! {
                biased;
                // One that somebody only sent is the session's business, not the screen's.
                _ = self.hangup.recv() => {}
                _ = self.suspend.recv() => {
                    return Some(Ok(Event::Key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL))));
                }
                // Its size is asked for when something is drawn.
                _ = self.resize.recv() => return Some(Ok(Event::Resize(0, 0))),
                bytes = self.input.async_io(Interest::READABLE, read) => {
                    if let Err(error) = self.take(bytes) {
                        return Some(Err(error));
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if let Err(error) = self.give_up() {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Action, Key, Keymap};
    use crate::ui::input::{self, Input};
    use rustix::pipe::{PipeFlags, pipe_with};
    use rustix::process::{Signal, getpid, kill_process};
    use std::sync::atomic::{AtomicBool, Ordering};

    fn events(is_gone: fn() -> bool) -> (Events, OwnedFd) {
        let (read, write) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        let events = Events::new(read, Decoder::new(false), is_gone).unwrap();
        (events, write)
    }

    async fn key(events: &mut Events) -> String {
        match input::read(events.next().await.unwrap().unwrap()) {
            Some(Input::Key(key)) => key.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// The next key that no signal stands for: signals come to all tests of this process.
    async fn typed(events: &mut Events) -> String {
        loop {
            let key = key(events).await;
            if key != "Ctrl-z" {
                return key;
            }
        }
    }

    #[tokio::test]
    async fn signals_about_the_terminal_are_events() {
        static GONE: AtomicBool = AtomicBool::new(false);
        let (mut events, _typed) = events(|| GONE.load(Ordering::SeqCst));
        kill_process(getpid(), Signal::TSTP).unwrap();
        let suspend: Key = Keymap::default().key(Action::Suspend).parse().unwrap();
        assert_eq!(key(&mut events).await, suspend.to_string());
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

    #[tokio::test]
    async fn a_key_in_pieces_is_one_and_a_lone_escape_is_one_after_a_while() {
        let (mut events, write) = events(|| false);
        for piece in [&b"\x1b"[..], b"[", b"F", b"x\x1b"] {
            rustix::io::write(&write, piece).unwrap();
            tokio::task::yield_now().await;
            if piece.len() == 1 && piece != b"F" {
                // It reads the piece, and holds it.
                assert!(
                    tokio::time::timeout(std::time::Duration::ZERO, typed(&mut events))
                        .await
                        .is_err()
                );
            }
        }
        assert_eq!(typed(&mut events).await, "End");
        assert_eq!(typed(&mut events).await, "x");
        assert_eq!(typed(&mut events).await, "Esc");
    }

    #[tokio::test]
    async fn what_waits_at_the_start_is_forgotten_and_the_rest_of_it_is_no_key() {
        let (mut events, write) = events(|| false);
        rustix::io::write(&write, b"qX\x1bP>|tmux ").unwrap();
        events.forget().unwrap();
        rustix::io::write(&write, b"3.4\x1b\\y").unwrap();
        assert_eq!(typed(&mut events).await, "y");
    }

    #[tokio::test]
    async fn the_end_of_the_terminal_is_the_end_of_its_events() {
        let (mut events, write) = events(|| false);
        rustix::io::write(&write, b"x").unwrap();
        drop(write);
        assert_eq!(typed(&mut events).await, "x");
        while let Some(event) = events.next().await {
            assert!(matches!(event, Ok(Event::Key(key)) if key.code == KeyCode::Char('z')));
        }
    }
}
