//! Processes of a command that cannot be ended: those of other users, and those that KILL does not end.

use super::proc::{self, Seen};
use crate::app::clean::Clean;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// How many are looked at.
const MOST: usize = 64;

/// A process that goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) seen: Seen,
    /// What it is called, and whose it is.
    pub(super) name: Clean,
    /// Whether a signal may be sent to it.
    pub(super) may_signal: bool,
    owner: String,
}

/// The live processes of a session. Asks each process of the system.
pub(super) fn members(session: i32) -> Vec<Refused> {
    let its = proc::of_sessions(|asked| asked == session).filter_map(|(pid, _)| {
        let seen = proc::one(pid.as_raw_pid())?;
        Some(Refused::of(seen, pid))
    });
    its.take(MOST).collect()
}

impl Refused {
    fn of(seen: Seen, pid: Pid) -> Refused {
        let uid = fs::metadata(format!("/proc/{}", seen.pid)).map(|meta| meta.uid());
        let owner = uid.map_or_else(|_| "somebody".to_owned(), user);
        Refused {
            seen,
            name: Clean::from(format!("{} of {owner}", seen.name())),
            may_signal: test_kill_process(pid) != Err(Errno::PERM),
            owner,
        }
    }

    /// What is the matter, and what helps.
    pub(super) fn why(&self) -> String {
        let (pid, name) = (self.seen.pid, self.seen.name());
        if self.may_signal {
            return format!(
                "pid {pid} {name} does not end, though it was killed: the system is not done with it"
            );
        }
        let owner = &self.owner;
        format!("pid {pid} {name} belongs to {owner}: not permitted to stop it; sudo kill {pid}")
    }
}

/// A user's name, or number where there is none.
fn user(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names() {
        assert_eq!(user(0), "root");
        assert_eq!(user(u32::MAX), format!("user {}", u32::MAX));
    }
}
