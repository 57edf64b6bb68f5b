//! The signals that end the program.

use crate::app::process::{is_ignored, signal_number};
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Their names: all that would end a program which does nothing about them, and that are no fault of its own.
const ENDING: [&str; 10] = [
    "INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "ALRM", "XCPU", "VTALRM", "PROF",
];

/// The signals that mean that the program is to end. From its making on none of them ends the program by itself,
/// and none is missed. One that was ignored when the program was started stays so, as `nohup` and shells want it.
#[derive(Debug)]
pub struct EndSignals(Vec<(i32, Signal)>);

impl EndSignals {
    /// To be made inside the runtime, and before anything is started: what runs already when a signal ends the
    /// program the hard way is left behind.
    ///
    /// # Errors
    /// No handler could be installed.
    pub fn new() -> io::Result<EndSignals> {
        let heed = |number| io::Result::Ok((number, signal(SignalKind::from_raw(number))?));
        if let Ok(too_large) = signal_number("XFSZ")
            && !is_ignored(too_large)
        {
            // With a handler, to write more than a file may hold is an error like a full disk.
            drop(heed(too_large)?);
        }
        let numbers = ENDING.iter().filter_map(|name| signal_number(name).ok());
        let heard: io::Result<Vec<_>> = numbers.filter(|number| !is_ignored(*number)).map(heed).collect();
        heard.map(EndSignals)
    }

    /// Waits for the next one; its number.
    pub async fn next(&mut self) -> i32 {
        poll_fn(|waker| {
            let mut come = self.0.iter_mut();
            match come.find_map(|(number, signal)| signal.poll_recv(waker).is_ready().then_some(*number)) {
                Some(number) => Poll::Ready(number),
                None => Poll::Pending,
            }
        })
        .await
    }
}
