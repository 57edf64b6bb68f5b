//! The signals that end the program.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that mean that the program is to end. From its making on none of them ends the program by itself,
/// and none is missed.
#[derive(Debug)]
pub struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
}

impl EndSignals {
    /// To be made inside the runtime, and before anything is started: what runs already when a signal ends the
    /// program the hard way is left behind.
    ///
    /// # Errors
    /// No handler could be installed.
    pub fn new() -> io::Result<EndSignals> {
        Ok(EndSignals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Waits for the next one; its number.
    pub async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.quit.recv() => SignalKind::quit(),
        };
        kind.as_raw_value()
    }
}
