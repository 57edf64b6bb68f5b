//! The known differences between what the documentation of Python's `asyncio_taskpool.pool` promises and what its
//! implementation was seen to do, one test each: R01 to R46, numbered as in the list of them. Each test says in its
//! comment what the original does; its name says what this pool does. The clock is tokio's paused one.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "rows/cancelling.rs"]
mod cancelling;
#[path = "rows/closing.rs"]
mod closing;
#[path = "rows/groups.rs"]
mod groups;
#[path = "rows/size.rs"]
mod size;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskpool_tui::pool::{
    BaseTaskPool, BoxError, Callback, GroupOptions, Query, TaskContext, TaskId, TaskInfo,
};

/// Lets everything run that can run without time passing.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
}

async fn sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn forever() {
    std::future::pending::<()>().await;
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<TaskId> {
    numbers.into_iter().map(TaskId).collect()
}

/// (running, cancelled, ended)
fn counts(pool: &BaseTaskPool) -> (usize, usize, usize) {
    (pool.num_running(), pool.num_cancelled(), pool.num_ended())
}

fn tasks(pool: &BaseTaskPool) -> Vec<TaskInfo> {
    let query = Query {
        rows: 100,
        ..Query::default()
    };
    pool.snapshot(&query).tasks
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }

    /// Notes both callbacks, as `c0` and `e0`.
    fn callbacks(&self) -> GroupOptions {
        let (cancels, ends) = (self.clone(), self.clone());
        GroupOptions::default()
            .on_cancel(Callback::new(move |id| cancels.note(format!("c{id}"))))
            .on_end(Callback::new(move |id| ends.note(format!("e{id}"))))
    }
}

/// Counts calls and how many of them run at the same time.
#[derive(Clone, Default)]
struct Gauge(Arc<(AtomicUsize, AtomicUsize, AtomicUsize)>);

impl Gauge {
    async fn during(self, work: impl Future<Output = ()>) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        let now = self.0.1.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.2.fetch_max(now, Ordering::SeqCst);
        work.await;
        self.0.1.fetch_sub(1, Ordering::SeqCst);
    }

    fn calls(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    fn most_at_once(&self) -> usize {
        self.0.2.load(Ordering::SeqCst)
    }
}

type Work = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A task that survives `cancels` cancels and counts as cancelled by the one after them.
fn survivor(cancels: usize) -> impl Fn() -> Work + Send + Sync {
    move || {
        Box::pin(async move {
            let context = TaskContext::current().unwrap();
            for _ in 0..cancels {
                context.catch(forever()).await.unwrap_err();
            }
            Err(context.catch(forever()).await.unwrap_err().into())
        })
    }
}
