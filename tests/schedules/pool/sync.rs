//! What `src/sync.rs` gives the pool, made of shuttle's parts.
//!
//! Shuttle's atomics are sequentially consistent: a missing fence or a too weak ordering is not seen here.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(crate) use shuttle::future::yield_now;
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, fence};
pub(crate) use shuttle::sync::mpsc::{Receiver, Sender, channel};

/// `parking_lot`'s mutex.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T>(shuttle::sync::MutexGuard<'a, T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(MutexGuard)
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> MutexGuard<'_, T> {
    /// Who gets the lock next is the scheduler's choice anyway.
    pub(crate) fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Tokio's `Notify`, as far as `notify_waiters` goes: who was made before the call is woken by it.
#[derive(Debug, Default)]
pub(crate) struct Notify(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    calls: u64,
    waiting: Vec<Waker>,
}

pub(crate) struct Notified<'a> {
    notify: &'a Notify,
    calls: u64,
}

impl Notify {
    pub(crate) fn new() -> Self {
        Notify::default()
    }

    pub(crate) fn notify_waiters(&self) {
        let mut notes = self.0.lock();
        notes.calls += 1;
        let waiting = std::mem::take(&mut notes.waiting);
        drop(notes);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn notified(&self) -> Notified<'_> {
        let calls = self.0.lock().calls;
        Notified { notify: self, calls }
    }
}

impl Notified<'_> {
    pub(crate) fn enable(self: Pin<&mut Self>) -> bool {
        self.notify.0.lock().calls != self.calls
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut notes = self.notify.0.lock();
        if notes.calls != self.calls {
            return Poll::Ready(());
        }
        notes.waiting.push(cx.waker().clone());
        Poll::Pending
    }
}

/// The runtime: each task is a thread of its own to the scheduler.
#[derive(Clone, Debug)]
pub struct Handle;

impl Handle {
    pub(crate) fn current() -> Self {
        Handle
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(shuttle::future::spawn(future));
    }
}

std::thread_local! {
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static PACE: Cell<&'static [u64]> = const { Cell::new(&[0]) };
}

/// What the clock goes on by at each look, in µs: one of these, as the schedule has it.
pub fn clock(steps: &'static [u64]) {
    PACE.set(steps);
}

/// A clock that goes on only when somebody looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        let steps = PACE.get();
        let step = match steps {
            [only] => *only,
            several => {
                several[shuttle::rand::Rng::gen_range(&mut shuttle::rand::thread_rng(), 0..several.len())]
            }
        };
        NOW.set(NOW.get() + Duration::from_micros(step));
        Instant(NOW.get())
    }

    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0 - self.0
    }
}

/// The thread-locals of a thread that the scheduler knows.
pub(crate) struct Local<T: 'static>(pub(crate) &'static shuttle::thread::LocalKey<T>);

impl<T> Local<Cell<T>> {
    pub(crate) fn set(&self, value: T) {
        self.0.with(|cell| cell.set(value));
    }
}

impl<T: Default> Local<Cell<T>> {
    pub(crate) fn take(&self) -> T {
        self.0.with(Cell::take)
    }
}

impl<T> Local<RefCell<T>> {
    pub(crate) fn with_borrow<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(|cell| f(&cell.borrow()))
    }

    pub(crate) fn with_borrow_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.0.with(|cell| f(&mut cell.borrow_mut()))
    }
}

macro_rules! local {
    ($(#[$doc:meta])* static $name:ident: $of:ty = $init:expr;) => {
        $(#[$doc])*
        static $name: $crate::sync::Local<$of> = {
            shuttle::thread_local! { static KEY: $of = $init }
            $crate::sync::Local(&KEY)
        };
    };
}
pub(crate) use local as thread_local;

std::thread_local! {
    static TERMS: Cell<u64> = const { Cell::new(0) };
}

/// How often a lane began to drive its pool, in all schedules of the calling thread so far.
pub fn terms() -> u64 {
    TERMS.get()
}

/// A static that each schedule makes anew.
pub(crate) struct LazyLock<T: Sync>(shuttle::lazy_static::Lazy<T>);

impl<T: Sync> LazyLock<T> {
    pub(crate) const fn new(init: fn() -> T) -> Self {
        LazyLock(shuttle::lazy_static::Lazy::new(init))
    }
}

impl<M: Send + 'static> LazyLock<Sender<M>> {
    /// What the pool does at the start of each term of a lane that drives.
    pub(crate) fn send(&'static self, message: M) -> Result<(), shuttle::sync::mpsc::SendError<M>> {
        TERMS.set(TERMS.get() + 1);
        self.0.get().send(message)
    }
}

std::thread_local! {
    static WATCH: Cell<bool> = const { Cell::new(true) };
}

/// Whether the pool gets the thread that watches lanes which drive. It has to do without one, too.
pub fn watch(on: bool) {
    WATCH.set(on);
}

/// Threads that nobody waits for: a schedule may end while one is blocked.
pub(crate) mod thread {
    pub(crate) use shuttle::thread::sleep;
    use std::io;

    pub(crate) struct Builder;

    impl Builder {
        pub(crate) fn new() -> Self {
            Builder
        }

        pub(crate) fn name(self, _: String) -> Self {
            self
        }

        pub(crate) fn spawn(self, f: impl FnOnce() + Send + 'static) -> io::Result<()> {
            if !super::WATCH.get() {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            drop(shuttle::future::spawn(async move { f() }));
            Ok(())
        }
    }
}

/// There is no such place here: every task may run next.
pub(crate) fn keeps_the_last_spawned(_: &Handle) -> bool {
    false
}

/// A lane drives after the first quick task.
pub(crate) const STREAK: u32 = 1;
