//! What to run.

use crate::app::terminal::Terminal;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// What a command reads from its standard input. It never is that of this program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Stdin {
    /// Nothing: `/dev/null`.
    #[default]
    Empty,
    /// What it is given while it runs ([`Order::Input`](super::Order::Input)); a pipe.
    Open,
    /// These bytes.
    Text(Vec<u8>),
    /// This file.
    File(PathBuf),
}

/// One run of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The program and its arguments; no shell reads them. A program without a slash is looked up in the
    /// `PATH` that it will see.
    pub argv: Vec<OsString>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Variables that it gets beside the inherited ones, or in their place.
    pub env: Vec<(OsString, OsString)>,
    /// What it reads.
    pub stdin: Stdin,
    /// How long its processes have between TERM and KILL.
    pub grace: Duration,
    /// How long it may run before it is stopped, and has failed.
    pub timeout: Option<Duration>,
    /// The terminal that it runs in, as the leader of the session that has it; else its output goes through pipes,
    /// and it has no terminal.
    pub terminal: Option<Terminal>,
}

impl Job {
    /// A job that runs in the current directory, with ten seconds of grace and no timeout.
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Self {
        Job {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: PathBuf::from("."),
            env: Vec::new(),
            stdin: Stdin::Empty,
            grace: Duration::from_secs(10),
            timeout: None,
            terminal: None,
        }
    }

    /// A script for `/bin/sh`, which sees `args` as `$1`, `$2` … They are never read as shell text.
    pub fn shell<S: Into<OsString>>(script: impl Into<OsString>, args: impl IntoIterator<Item = S>) -> Self {
        let shell = ["/bin/sh".into(), "-c".into(), script.into(), "sh".into()];
        Job::new(shell.into_iter().chain(args.into_iter().map(Into::into)))
    }

    /// A variable as the command will see it.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        let own = self.env.iter().rev().find(|(key, _)| key == OsStr::new(name));
        own.map(|(_, value)| value.clone())
            .or_else(|| std::env::var_os(name))
    }
}
