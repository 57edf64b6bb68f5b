//! Room for one more process: who waits for it, and why.
//!
//! Where the system has none, that is no failure of the command: it waits, its row and its output say why, and the
//! log does.

use super::child::Child;
use super::group::is_held;
use super::{Job, clock, group};
use crate::app::clean::Clean;
use crate::app::output::OutputSink;
use rustix::process::{Resource, getrlimit};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

/// A first and a longest pause between two attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How often the log says that commands wait.
const REMIND: Duration = Duration::from_secs(30);

/// How many files a command needs here while it runs: its two pipes and its pidfd.
const FILES: u64 = 3;

/// How many files are left to everything else: at most so many, and at most this part of all.
const OTHERS: (u64, u64) = (64, 4);

/// Somebody waits for room that a command gives back at its end.
static ROOM: Notify = Notify::const_new();

/// How many commands have their files open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { count: 0, said: None });

struct Waiting {
    count: usize,
    /// When the log said so last.
    said: Option<Instant>,
}

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A command's place among those that may run. Given back when it is dropped; then one that waits may try.
pub(super) struct Place {
    counted: bool,
}

impl Place {
    /// One for a command whose start is yet to succeed.
    fn take() -> io::Result<Place> {
        let taken = OPEN.fetch_add(1, Ordering::SeqCst);
        let place = Place { counted: false };
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let places = (limit - (limit / OTHERS.1).min(OTHERS.0)) / FILES;
        if taken as u64 >= places.max(1) {
            return Err(io::Error::from_raw_os_error(libc::EMFILE));
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
        // One that never ran frees nothing that was not free before.
        if self.counted {
            ROOM.notify_one();
        }
    }
}

/// Starts the job as soon as there is room for it, however long that takes; tells why it waits.
pub(super) async fn start(
    job: &Job,
    sink: &OutputSink,
    told: &watch::Sender<Clean>,
) -> io::Result<(Place, Child)> {
    let mut waits = None;
    let mut pause = PAUSE.0;
    loop {
        clock::is_going().await;
        let tried = match Place::take() {
            Ok(place) => Child::start(job).await.map(|child| (place, child)),
            Err(error) => Err(error),
        };
        match tried {
            Ok((mut place, child)) => {
                place.counted = true;
                return Ok((place, child));
            }
            Err(error) if is_held(&error) => continue,
            Err(error) => match reason(&error) {
                Some(reason) => {
                    waits.get_or_insert_with(|| {
                        sink.remark(&reason);
                        Waits::begin()
                    });
                    Waits::say(&reason);
                    told.send_replace(Clean::from(reason));
                }
                None => return Err(error),
            },
        }
        // Room may as well come from elsewhere.
        let _ = timeout(pause, ROOM.notified()).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Whether an error says that there is no room now.
pub(super) fn is_no_room(error: &io::Error) -> bool {
    reason(error).is_some()
}

/// What there is no room for, if it is that.
fn reason(error: &io::Error) -> Option<String> {
    let what = match error.raw_os_error()? {
        libc::EMFILE => {
            let limit = getrlimit(Resource::Nofile).current.unwrap_or_default();
            format!("this program may have {limit} files open (ulimit -n)")
        }
        libc::ENFILE => "the system has no more open files".to_owned(),
        libc::EAGAIN => {
            "the system allows no more processes (ulimit -u, or the limit of the cgroup)".to_owned()
        }
        libc::ENOMEM => "the system has no memory left".to_owned(),
        _ => return None,
    };
    Some(format!("no room for a process: {what}; waits"))
}

/// A command that waits, for as long as this lives.
struct Waits;

impl Waits {
    fn begin() -> Waits {
        waiting().count += 1;
        Waits
    }

    /// Tells the log why from time to time, for all of them.
    fn say(reason: &str) {
        let mut waiting = waiting();
        if waiting.said.is_none_or(|said| said.elapsed() >= REMIND) {
            waiting.said = Some(Instant::now());
            let running = group::all().len();
            tracing::warn!(
                target: "app::process",
                waiting = waiting.count,
                running,
                "{reason}"
            );
        }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let mut waiting = waiting();
        waiting.count -= 1;
        if waiting.count == 0 {
            tracing::info!(target: "app::process", "no command waits for room any more");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_waited_for() {
        let reason = |code| reason(&io::Error::from_raw_os_error(code));
        assert!(reason(libc::EMFILE).unwrap().contains("ulimit -n"));
        assert!(reason(libc::EAGAIN).unwrap().contains("ulimit -u"));
        assert!(reason(libc::ENFILE).is_some() && reason(libc::ENOMEM).is_some());
        assert_eq!(reason(libc::ENOENT), None);
        assert_eq!(super::reason(&io::ErrorKind::NotFound.into()), None);
    }
}
