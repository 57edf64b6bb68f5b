//! Reaps the killed children that nobody waits for any more. One thread for all, started when first needed.

use super::group;
use rustix::process::Pid;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How often children are looked after while there are any.
const PAUSE: Duration = Duration::from_millis(5);

struct Orphan {
    pid: Pid,
    ticket: u64,
}

impl Orphan {
    fn is_reaped(&self) -> bool {
        let reaped = group::reap(self.pid, self.ticket).is_some();
        if reaped {
            group::strike_out(self.pid, self.ticket);
        }
        reaped
    }
}

/// Sees to it that this child, which has been sent a KILL, does not stay a zombie.
pub(super) fn adopt(pid: Pid, ticket: u64) {
    static REAPER: OnceLock<Option<Sender<Orphan>>> = OnceLock::new();
    let orphan = Orphan { pid, ticket };
    if orphan.is_reaped() {
        return;
    }
    let reaper = REAPER.get_or_init(|| {
        let (sender, orphans) = channel();
        let thread = thread::Builder::new().name("reaper".into());
        thread.spawn(move || reap_all(&orphans)).ok().map(|_| sender)
    });
    // Where there is no room for a thread the zombie stays until this process ends.
    if let Some(reaper) = reaper {
        let _ = reaper.send(orphan);
    }
}

fn reap_all(orphans: &Receiver<Orphan>) {
    let mut waiting: Vec<Orphan> = Vec::new();
    loop {
        let next = if waiting.is_empty() {
            orphans.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            orphans.recv_timeout(PAUSE)
        };
        match next {
            Ok(orphan) => waiting.push(orphan),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        waiting.extend(orphans.try_iter());
        waiting.retain(|orphan| !orphan.is_reaped());
    }
}
