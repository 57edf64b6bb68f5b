//! Notices when the threads that run the tasks do not come to it any more.
//!
//! A task that blocks its thread, in a system call or in a loop that never awaits, takes one of the runtime's threads away
//! from all others. When every thread is taken, nothing that is asked of the pools is answered; the screen has
//! a thread of its own and goes on. While no thread waits for work, this one asks the runtime now and then to run next
//! to nothing, and says in the log when that takes too long.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// An answer may take as long as this.
const PATIENCE: Duration = Duration::from_secs(1);
/// In how many steps it is waited for.
const STEPS: u32 = 10;

/// Watches a runtime until it is dropped.
#[derive(Debug)]
pub struct StallWatch {
    /// Dropped with this.
    _alive: SyncSender<()>,
}

impl StallWatch {
    /// Watches this runtime from now on: the log has a warning when it has run nothing for a second (target
    /// `app::stall`), and says when it does again.
    ///
    /// # Errors
    ///
    /// The thread that watches could not be started.
    pub fn over(runtime: &Handle) -> std::io::Result<StallWatch> {
        let (alive, dropped) = sync_channel(1);
        let runtime = runtime.clone();
        thread::Builder::new()
            .name("taskpool-stalls".to_owned())
            .spawn(move || watch(&runtime, &dropped))?;
        Ok(StallWatch { _alive: alive })
    }
}

fn watch(runtime: &Handle, dropped: &Receiver<()>) {
    loop {
        // A question would wake it for nothing, and where nothing happens nothing should.
        if has_time(runtime) {
            if is_dropped(dropped, PAUSE) {
                return;
            }
            continue;
        }
        let asked = Instant::now();
        let (answer, answered) = sync_channel(1);
        runtime.spawn(async move {
            let _ = answer.send(());
        });
        let mut came = wait_for(&answered);
        if came == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(
                target: "app::stall",
                "runtime stalled: for {PATIENCE:?} it has run nothing; tasks block their threads where they should await"
            );
            while came == Err(RecvTimeoutError::Timeout) {
                if is_dropped(dropped, Duration::ZERO) {
                    return;
                }
                came = wait_for(&answered);
            }
            if came.is_ok() {
                tracing::warn!(target: "app::stall", "runtime runs again after {:.1?}", asked.elapsed());
            }
        }
        // Without an answer the runtime is over.
        if came.is_err() || is_dropped(dropped, PAUSE) {
            return;
        }
    }
}

/// Waits for an answer, in several steps: one that is late because this thread was held up, as all others are when the
/// machine has much to do or the program is stopped, counts as one.
fn wait_for(answered: &Receiver<()>) -> Result<(), RecvTimeoutError> {
    (0..STEPS)
        .map(|_| answered.recv_timeout(PATIENCE / STEPS))
        .find(|came| *came != Err(RecvTimeoutError::Timeout))
        .unwrap_or(Err(RecvTimeoutError::Timeout))
}

/// Whether one of its threads waits for work.
fn has_time(runtime: &Handle) -> bool {
    let metrics = runtime.metrics();
    // A thread counts whenever it begins to wait, and when it ends.
    (0..metrics.num_workers()).any(|worker| metrics.worker_park_unpark_count(worker) % 2 == 1)
}

fn is_dropped(dropped: &Receiver<()>, wait: Duration) -> bool {
    dropped.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tokio::runtime::Builder;
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Log;

        fn make_writer(&self) -> Log {
            self.clone()
        }
    }

    /// Watches a runtime of one thread in this thread, until it is over.
    fn log_of(work: impl FnOnce(&tokio::runtime::Runtime, &Log)) -> String {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let (alive, dropped) = sync_channel(1);
        let watching = thread::spawn(move || {
            tracing::subscriber::with_default(subscriber, || watch(&handle, &dropped));
        });
        work(&runtime, &log);
        drop(alive);
        runtime.shutdown_background();
        watching.join().unwrap();
        log.text()
    }

    #[test]
    fn f128_a_task_that_blocks_its_thread_is_noticed_and_its_end_too() {
        let log = log_of(|runtime, log| {
            let (blocks, end) = sync_channel::<()>(1);
            let blocked = runtime.spawn(async move { end.recv() });
            let says = |text| {
                let start = Instant::now();
                while !log.text().contains(text) {
                    assert!(start.elapsed() < 120 * PATIENCE, "{text:?} is not told");
                    thread::sleep(Duration::from_millis(5));
                }
            };
            says("runtime stalled");
            drop(blocks);
            runtime.block_on(blocked).unwrap().unwrap_err();
            says("runs again after");
        });
        assert_eq!(log.matches("runtime stalled").count(), 1, "{log}");
        assert_eq!(log.matches("runs again after").count(), 1, "{log}");
    }

    #[test]
    fn a_runtime_that_works_is_not_blamed() {
        let log = log_of(|runtime, _| {
            runtime.block_on(async { tokio::time::sleep(4 * PAUSE).await });
        });
        assert_eq!(log, "");
    }

    #[test]
    fn the_watch_ends_with_the_runtime() {
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let watch = StallWatch::over(runtime.handle()).unwrap();
        drop(runtime);
        drop(watch);
    }
}
