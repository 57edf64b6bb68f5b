//! A word on standard error about what takes long before there is a screen.

use super::stdio::complain;
use std::fmt::Display;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// From when on it takes long.
const LONG: Duration = Duration::from_secs(1);

/// A wait that is told of once it takes long. Dropped, nothing more is said.
#[derive(Debug)]
pub struct Wait {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells on standard error that something is waited for, and how to give up, should that take longer than a second.
/// Nothing is said after the drop, so that it never lands in the dashboard.
pub fn wait_for(what: impl Display) -> Wait {
    told(
        format!("taskpool-tui: waiting for {what}; Ctrl-C gives up"),
        LONG,
        |text| complain(text),
    )
}

fn told(text: String, long: Duration, tell: impl FnOnce(&str) + Send + 'static) -> Wait {
    let (over, ends) = channel();
    let thread = thread::Builder::new()
        .name("taskpool-wait".to_owned())
        .spawn(move || {
            if ends.recv_timeout(long) == Err(RecvTimeoutError::Timeout) {
                tell(&text);
            }
        });
    Wait {
        over: Some(over),
        // Without a thread nothing is said.
        thread: thread.ok(),
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.over = None;
        if let Some(thread) = self.thread.take() {
            // It says its line or nothing, and ends at once.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_of_once_it_is_long_and_never_after_it_is_over() {
        let (said, hears) = channel();
        let wait = told("waiting".to_owned(), Duration::ZERO, move |text| {
            let _ = said.send(text.to_owned());
        });
        assert_eq!(hears.recv().unwrap(), "waiting");
        drop(wait);
        let (said, hears) = channel::<()>();
        drop(told("waiting".to_owned(), Duration::MAX, move |_| {
            let _ = said.send(());
        }));
        assert!(
            hears.recv().is_err(),
            "nothing was said, and nobody is left to say it"
        );
    }
}
