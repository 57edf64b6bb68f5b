//! Runs a scenario on many schedules; and small things that scenarios are made of.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::{Mutex, MutexGuard};
use shuttle::{Config, MaxSteps, Runner};
use std::env;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// How many preemptions PCT places, at most.
const DEPTH: usize = 3;

/// How many random schedules a scenario is run on, and how many of PCT's.
const SCHEDULES: usize = 1000;

/// Runs the scenario on all these schedules, or on the one to replay.
#[expect(clippy::print_stdout, reason = "the test says what it has done")]
pub(crate) fn explore<F>(scenario: impl Fn() -> F + Send + Sync + Clone + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let run = move || shuttle::future::block_on(scenario());
    if let Ok(schedule) = env::var("SCHEDULE") {
        return shuttle::replay(run, &schedule);
    }
    let schedules = number("SCHEDULES").unwrap_or(SCHEDULES);
    let seed = number("SCHEDULES_SEED").unwrap_or(1) as u64;
    let begun = Instant::now();
    let random = step_through(RandomScheduler::new_from_seed(seed, schedules), run.clone());
    let pct = step_through(PctScheduler::new_from_seed(seed, DEPTH, schedules), run);
    println!(
        "{random} random schedules and {pct} of PCT in {:.1?}",
        begun.elapsed()
    );
}

fn number(key: &str) -> Option<usize> {
    let text = env::var(key).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{key} is a number, not {text}")),
    )
}

fn step_through(scheduler: impl Scheduler + 'static, run: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.max_steps = MaxSteps::FailAfter(100_000);
    config.silence_warnings = true; // of what `pool/sync.rs` says about atomics
    Runner::new(scheduler, config).run(run)
}

/// Has to wait this many times.
pub(crate) async fn steps(num: usize) {
    for _ in 0..num {
        shuttle::future::yield_now().await;
    }
}

/// Waits until it is so, without being told.
pub(crate) async fn eventually(mut so: impl FnMut() -> bool) {
    while !so() {
        steps(1).await;
    }
}

/// A thread that is joined.
pub(crate) fn thread<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> impl FnOnce() -> R {
    let thread = shuttle::thread::spawn(f);
    || thread.join().expect("the thread has not panicked")
}

/// A thread that waits for a future, and is joined.
pub(crate) fn wait_for<F>(future: F) -> impl FnOnce() -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    thread(|| shuttle::future::block_on(future))
}

/// Gives up after this many polls, wherever the future is then.
pub(crate) async fn give_up_after<F: Future>(mut polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        cx.waker().wake_by_ref();
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Locks what no thread panics with.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}

/// Opens once so many have come to it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<(usize, Vec<Waker>)>>);

impl Gate {
    pub(crate) fn of(missing: usize) -> Self {
        Gate(Arc::new(Mutex::new((missing, Vec::new()))))
    }

    /// Comes to the gate, and goes on at once.
    pub(crate) fn knock(&self) {
        let mut gate = locked(&self.0);
        gate.0 = gate.0.saturating_sub(1);
        if gate.0 == 0 {
            let waiting = std::mem::take(&mut gate.1);
            drop(gate);
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Waits for the gate to open.
    pub(crate) fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        Through(self.clone())
    }

    /// Takes this many steps, and comes to the gate then.
    pub(crate) fn after(&self, num: usize) -> impl Future<Output = ()> + Send + use<> {
        let gate = self.clone();
        async move {
            steps(num).await;
            gate.knock();
        }
    }

    /// Comes to the gate, and waits for the others.
    pub(crate) async fn meet(self) {
        self.knock();
        self.wait().await;
    }
}

struct Through(Gate);

impl Future for Through {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut gate = locked(&self.0.0);
        if gate.0 == 0 {
            return Poll::Ready(());
        }
        gate.1.push(cx.waker().clone());
        Poll::Pending
    }
}
