//! The promises of a pool, one test each, on the public interface. The clock is tokio's paused one: time
//! passes only when every task waits.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod callbacks;
mod cancel;
mod close;
mod groups;
mod size;
mod watch;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskpool_tui::pool::{BaseTaskPool, PoolError, TaskContext, TaskId};

/// Lets everything run that can run without time passing.
async fn settle() {
    tokio::time::sleep(Duration::from_nanos(1)).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
}

async fn sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn forever() {
    std::future::pending::<()>().await;
}

/// (running, cancelled, ended)
fn counts(pool: &BaseTaskPool) -> (usize, usize, usize) {
    let stats = pool.stats();
    assert_eq!(
        (stats.running, stats.cancelled, stats.ended),
        (pool.num_running(), pool.num_cancelled(), pool.num_ended())
    );
    (stats.running, stats.cancelled, stats.ended)
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<TaskId> {
    numbers.into_iter().map(TaskId).collect()
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        self.lines().join(" ")
    }
}

/// A task that catches every cancel, notes it, and goes on.
fn stubborn(
    diary: &Diary,
) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + use<> {
    let diary = diary.clone();
    move || {
        let diary = diary.clone();
        Box::pin(async move {
            let context = TaskContext::current().unwrap();
            loop {
                let cancelled = context.catch(forever()).await.unwrap_err();
                diary.note(format!(
                    "{}:{}",
                    context.id(),
                    cancelled.message.as_deref().unwrap_or("-")
                ));
            }
        })
    }
}

fn is_locked<T: std::fmt::Debug>(result: Result<T, PoolError>) -> bool {
    matches!(result.unwrap_err(), PoolError::PoolIsLocked { .. })
}
