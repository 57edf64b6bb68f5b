//! How a command ended.

use super::signals::signal_name;
use crate::app::clean::Clean;
use rustix::process::WaitStatus;
use std::fmt;
use std::time::Duration;

/// How the first process of a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    Code(i32),
    Signal(i32),
    /// Somebody else has reaped it.
    Unknown,
}

impl From<WaitStatus> for Exit {
    fn from(status: WaitStatus) -> Self {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Unknown,
        }
    }
}

impl Exit {
    fn code(self) -> Option<i32> {
        match self {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) | Exit::Unknown => None,
        }
    }

    fn signal(self) -> Option<i32> {
        match self {
            Exit::Signal(signal) => Some(signal),
            Exit::Code(_) | Exit::Unknown => None,
        }
    }
}

/// A command that failed: it ended by itself, and not with exit code 0, or its timeout ended it. Prints as
/// people should read it: `exit 2: gzip: x: No such file or directory`, `timed out after 30s`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandFailed {
    /// Its exit code, if it exited.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// The timeout that ended it, if it did.
    pub timed_out: Option<Duration>,
    /// The last line of its standard error; may be empty.
    pub message: Clean,
}

impl CommandFailed {
    pub(super) fn new(exit: Exit, timed_out: Option<Duration>, message: Clean) -> Self {
        CommandFailed {
            code: exit.code(),
            signal: exit.signal(),
            timed_out,
            message,
        }
    }
}

impl fmt::Display for CommandFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(limit) = self.timed_out {
            return write!(f, "timed out after {limit:?}");
        }
        write_exit(f, self.code, self.signal)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CommandFailed {}

/// How a cancelled command really ended: the detail of its `Cancelled`. Prints as `exit 0`,
/// `signal 15 (TERM)`, `killed: signal 9 (KILL)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommandEnded {
    /// Its exit code, if it exited.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// Whether something of it was left to kill after the grace period, or at once by a forced cancel.
    pub killed: bool,
}

impl CommandEnded {
    pub(super) fn new(exit: Exit, killed: bool) -> Self {
        CommandEnded {
            code: exit.code(),
            signal: exit.signal(),
            killed,
        }
    }
}

impl fmt::Display for CommandEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.killed {
            f.write_str("killed: ")?;
        }
        write_exit(f, self.code, self.signal)
    }
}

impl std::error::Error for CommandEnded {}

/// Why a command failed, where its exit status says more than its last words, or all. `ours`: a KILL was sent by this
/// program.
pub(super) fn explained(exit: Exit, ours: bool, message: Clean) -> Clean {
    let why = match exit {
        Exit::Signal(libc::SIGKILL) if !ours => {
            "not sent by this program, but by somebody else, or by the kernel for want of memory"
        }
        Exit::Code(126) if message.is_empty() => "to a shell this means: a file that cannot be executed",
        Exit::Code(127) if message.is_empty() => "to a shell this means: a command that was not found",
        Exit::Code(137) if message.is_empty() => "in a shell: a process was ended by KILL (signal 9)",
        _ => return message,
    };
    if message.is_empty() {
        return Clean::from(why);
    }
    Clean::from(format!("{why}; {message}"))
}

fn write_exit(f: &mut fmt::Formatter<'_>, code: Option<i32>, signal: Option<i32>) -> fmt::Result {
    match (code, signal) {
        (Some(code), _) => write!(f, "exit {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => write!(f, "signal {signal} ({name})"),
            None => write!(f, "signal {signal}"),
        },
        (None, None) => f.write_str("exit status unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_status_that_says_all_is_explained() {
        let told = |exit, ours, message: &str| explained(exit, ours, message.into()).to_string();
        assert!(told(Exit::Signal(9), false, "").starts_with("not sent by this program"));
        assert!(told(Exit::Signal(9), false, "x").ends_with("want of memory; x"));
        assert_eq!(told(Exit::Signal(9), true, ""), "");
        assert!(told(Exit::Code(127), false, "").ends_with("not found"));
        for code in [126, 127, 137] {
            assert_ne!(told(Exit::Code(code), false, ""), "");
            assert_eq!(told(Exit::Code(code), false, "said"), "said");
        }
        assert_eq!(told(Exit::Code(1), false, ""), "");
    }

    #[test]
    fn ends_read_well() {
        let failed =
            |exit, timed_out, message: &str| CommandFailed::new(exit, timed_out, message.into()).to_string();
        assert_eq!(failed(Exit::Code(2), None, "gzip: x"), "exit 2: gzip: x");
        assert_eq!(failed(Exit::Code(1), None, ""), "exit 1");
        assert_eq!(failed(Exit::Signal(9), None, ""), "signal 9 (KILL)");
        assert_eq!(failed(Exit::Signal(40), None, "x"), "signal 40: x");
        let limit = Some(Duration::from_secs(30));
        assert_eq!(failed(Exit::Signal(15), limit, "x"), "timed out after 30s");
        assert_eq!(CommandEnded::new(Exit::Code(0), false).to_string(), "exit 0");
        assert_eq!(
            CommandEnded::new(Exit::Signal(9), true).to_string(),
            "killed: signal 9 (KILL)"
        );
    }
}
