//! The mark that every process of a command inherits: a variable that names this run of the program and the
//! command, so that a process is known for ours wherever it went.

use rustix::time::{ClockId, clock_gettime};
use std::ffi::OsString;
use std::sync::LazyLock;

/// The variable.
pub(super) const VARIABLE: &str = "TASKPOOL_TASK";

/// What names this run: no other process has ever had this ID at this time since the machine started.
static RUN: LazyLock<String> = LazyLock::new(|| format!("{:x}-{:x}", std::process::id(), boot_time()));

/// This run's name.
pub(super) fn run() -> &'static str {
    &RUN
}

/// Nanoseconds since the machine started, on the clock that processes are dated by.
pub(super) fn boot_time() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

/// What the variable is for the command with this ticket. Where this program is itself such a command, its own
/// mark stays in front: the program around it finds its own, too.
pub(super) fn value(ticket: u64) -> OsString {
    static AROUND: LazyLock<OsString> = LazyLock::new(|| {
        let mut around = std::env::var_os(VARIABLE).unwrap_or_default();
        if !around.is_empty() {
            around.push(" ");
        }
        around
    });
    let mut value = AROUND.clone();
    value.push(format!("{}.{ticket}", run()));
    value
}

/// The value of a variable in the bytes of a `/proc/PID/environ`.
pub(super) fn variable<'a>(environ: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut all = environ.split(|&byte| byte == 0);
    all.find_map(|one| one.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// The ticket that a mark of this run carries, in the bytes of a `/proc/PID/environ`.
pub(super) fn ticket(environ: &[u8], run: &str) -> Option<u64> {
    let mut marks = variable(environ, VARIABLE)?.split(|&byte| byte == b' ');
    let ticket = marks.find_map(|mark| mark.strip_prefix(run.as_bytes())?.strip_prefix(b"."))?;
    std::str::from_utf8(ticket).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_mark_is_found_again_also_around_another() {
        let environ = |value: &[u8]| [b"A=1\0TASKPOOL_TASK=", value, b"\0B=2\0"].concat();
        assert_eq!(ticket(&environ(value(7).as_bytes()), run()), Some(7));
        assert_eq!(ticket(&environ(b"1-2.3 4-5.6"), "1-2"), Some(3));
        assert_eq!(ticket(&environ(b"1-2.3 4-5.6"), "4-5"), Some(6));
        for none in [&b""[..], b"1-2", b"1-2.", b"1-2.x", b"11-2.3"] {
            assert_eq!(ticket(&environ(none), "1-2"), None);
        }
        assert_eq!(ticket(b"XTASKPOOL_TASK=1-2.3\0", "1-2"), None);
    }
}
