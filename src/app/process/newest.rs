//! The sessions of short commands, looked through without a list of all processes.
//!
//! Process IDs are given out in ascending order. So whoever is in a command's session has an ID between that of the
//! first process and the newest one of the system: mostly a handful, each of which takes one cheap call. That is exact:
//! a process that is just being started is missed only together with its parent, which is asked before it and was
//! alive then.

use super::proc;
use super::spawn::session_of;
use super::warden::Started;
use rustix::fs::{PROC_SUPER_MAGIC, fstatfs};
use rustix::process::Pid;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How many IDs are asked at most: more take longer than a list of all processes.
const MOST: i32 = 4096;

/// No system starts processes and threads faster than one in this time.
const FASTEST: Duration = Duration::from_micros(5);

/// IDs below this one are not given out a second time.
const RESERVED: u32 = 300;

/// Tells the newest ID of this process's namespace. One that is not the kernel's own may tell that of another.
static LOADAVG: LazyLock<Option<File>> = LazyLock::new(|| {
    let file = File::open("/proc/loadavg").ok()?;
    (fstatfs(&file).ok()?.f_type == PROC_SUPER_MAGIC).then_some(file)
});

/// How long it takes at least until all IDs have been given out and the first ones come again.
static LAP: LazyLock<Duration> = LazyLock::new(|| {
    let most = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    let ids = most.trim().parse().unwrap_or(0_u32).saturating_sub(RESERVED);
    FASTEST * ids
});

/// Whether the session of a command, whose first process was reaped, has a member that is not a zombie. None: that is
/// not to be seen in this way. `born` is some time before the first process was started.
pub(super) fn lives(started: &Started, born: Instant) -> Option<bool> {
    let (mut asked, mut newest) = (started.pgid, newest()?);
    loop {
        if newest < asked || newest - started.pgid > MOST {
            return None;
        }
        for pid in asked + 1..=newest {
            let pid = Pid::from_raw(pid)?;
            if session_of(pid) == Ok(started.pgid) && !proc::is_dead(pid) {
                // The ID may be that of a younger session.
                return Some(!proc::is_anothers(started));
            }
        }
        asked = newest;
        newest = self::newest()?;
        if newest == asked {
            return (born.elapsed() < *LAP).then_some(false);
        }
    }
}

/// The last field of `0.00 0.01 0.05 1/123 4567`.
fn newest() -> Option<i32> {
    let mut line = [0; 128];
    let length = LOADAVG.as_ref()?.read_at(&mut line, 0).ok()?;
    let line = std::str::from_utf8(&line[..length]).ok()?;
    line.trim_end().rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::mark;
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_member_of_the_session_is_seen_until_it_is_dead() {
        let born = Instant::now();
        let mut leader = Command::new("setsid");
        leader.args(["sh", "-c", "(exec sleep 1000 > /dev/null) & echo $!"]);
        let mut leader = leader.stdout(Stdio::piped()).spawn().unwrap();
        let id = leader.id().cast_signed();
        // A runner of tests may make it lead a group, so that `setsid` forks.
        let started = Started {
            ticket: 1,
            pgid: id,
            grace: Duration::ZERO,
            by: mark::boot_time(),
            terminal: false,
        };
        let mut output = String::new();
        std::io::Read::read_to_string(&mut leader.stdout.take().unwrap(), &mut output).unwrap();
        leader.wait().unwrap();
        let member: i32 = output.trim().parse().unwrap();
        assert_eq!(session_of(Pid::from_raw(member).unwrap()), Ok(id));
        if *LAP < Duration::from_secs(1) || lives(&started, born).is_none() {
            eprintln!("not tested: IDs come again too soon here, or too many are given out");
            return;
        }
        assert_eq!(lives(&started, born), Some(true));
        let younger = Started { by: 1, ..started };
        assert_eq!(lives(&younger, born), Some(true), "nobody else has its ID");
        rustix::process::kill_process(Pid::from_raw(member).unwrap(), rustix::process::Signal::KILL).unwrap();
        while lives(&started, born) == Some(true) {
            std::thread::yield_now();
        }
        assert_eq!(lives(&started, born), Some(false));
        // A lap may have been missed.
        let long_ago = born.checked_sub(*LAP).unwrap_or(born);
        assert_ne!(lives(&started, long_ago), Some(true));
    }
}
