//! What a caller may say about a group beside its tasks.

use super::source::{TaskFuture, body};
use super::{GroupName, TaskId, TaskOutput};
use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub(super) type CallbackFuture = TaskFuture;

/// A function that runs when a task was cancelled or has ended; it gets the task's ID.
///
/// It runs outside of all locks and may call back into the pool. Its failure or panic is logged, counted and
/// told in the pool's events; it changes nothing else. The pool does not limit how long it takes; a cancel callback
/// holds its task's slot meanwhile, an end callback does not.
#[derive(Clone)]
pub struct Callback(Arc<dyn Fn(TaskId) -> CallbackFuture + Send + Sync>);

impl Callback {
    /// A plain function. It must not block. May return what a task may: nothing, or a `Result`.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let on_end = Callback::new(move |id| tell.send(id)); // fails if nobody listens: that is logged
    /// pool.apply(|| async {}, 3, GroupOptions::default().on_end(on_end)).unwrap();
    /// pool.close().await;
    /// assert_eq!(told.try_iter().count(), 3);
    /// # }
    /// ```
    pub fn new<R: TaskOutput>(f: impl Fn(TaskId) -> R + Send + Sync + 'static) -> Self {
        Callback(Arc::new(move |id| {
            let result = f(id).into_result();
            Box::pin(std::future::ready(result))
        }))
    }

    /// An async function. May return what a task may. Its future is never cancelled: whoever waits for the
    /// task's callbacks waits for it.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let (tell, mut told) = tokio::sync::mpsc::channel(1);
    /// let on_end = Callback::from_async(move |id| {
    ///     let tell = tell.clone();
    ///     async move { tell.send(id).await } // waits while the channel is full
    /// });
    /// pool.apply(|| async {}, 3, GroupOptions::default().on_end(on_end)).unwrap();
    /// for _ in 0..3 { assert!(told.recv().await.is_some()) }
    /// # }
    /// ```
    pub fn from_async<F>(f: impl Fn(TaskId) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        Callback(Arc::new(move |id| body(f(id))))
    }

    pub(super) fn call(&self, id: TaskId) -> CallbackFuture {
        (self.0)(id)
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// The optional parameters of the calls that create groups. `()` is none of them, a `&str` a group name.
///
/// ```
/// # use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let pool = TaskPool::new(2);
/// let options = GroupOptions::named("hello").on_end(Callback::new(|id| println!("{id} has ended")));
/// pool.apply(|| async { println!("hello") }, 3, options).unwrap();
/// # pool.close().await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct GroupOptions {
    /// The group's name instead of the default one.
    pub group_name: Option<GroupName>,
    /// The function's name instead of the one that Rust knows it by.
    pub func_name: Option<Arc<str>>,
    /// Runs when a task has ended.
    pub end_callback: Option<Callback>,
    /// Runs when a task was cancelled, before it counts as ended.
    pub cancel_callback: Option<Callback>,
}

impl GroupOptions {
    /// A group of this name. Where only the name is given, a `&str` does the same.
    ///
    /// ```
    /// # use taskpool_tui::pool::{GroupOptions, PoolError, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let group = pool.apply(|| async {}, 1, GroupOptions::named("nightly")).unwrap();
    /// assert_eq!(group.as_str(), "nightly");
    /// let again = pool.apply(|| async {}, 1, "nightly");
    /// assert!(matches!(again, Err(PoolError::TaskGroupAlreadyExists { .. })));
    /// # }
    /// ```
    pub fn named(name: impl Into<GroupName>) -> Self {
        GroupOptions {
            group_name: Some(name.into()),
            ..GroupOptions::default()
        }
    }

    /// With this name for the function: the group's default name is made of it, and groups and events show
    /// it.
    ///
    /// ```
    /// # use taskpool_tui::pool::{GroupOptions, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let group = pool.apply(|| async {}, 1, GroupOptions::default().func("backup")).unwrap();
    /// assert_eq!(group.as_str(), "apply-backup-group-0");
    /// # }
    /// ```
    #[must_use]
    pub fn func(self, name: impl Into<Arc<str>>) -> Self {
        GroupOptions {
            func_name: Some(name.into()),
            ..self
        }
    }

    /// With this end callback.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};
    /// # use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let progress = Arc::new(AtomicU64::new(0));
    /// let bar = progress.clone();
    /// let advance = Callback::new(move |_| { bar.fetch_add(1, Ordering::Relaxed); });
    /// pool.map(|_| async {}, 0..10, 2, GroupOptions::default().on_end(advance)).unwrap();
    /// pool.close().await;
    /// assert_eq!(progress.load(Ordering::Relaxed), 10);
    /// # }
    /// ```
    #[must_use]
    pub fn on_end(self, callback: Callback) -> Self {
        GroupOptions {
            end_callback: Some(callback),
            ..self
        }
    }

    /// With this cancel callback. Tasks that complete, fail or panic do not run it.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(2);
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let undo = Callback::new(move |id| tell.send(id));
    /// pool.apply(std::future::pending::<()>, 2, GroupOptions::default().on_cancel(undo)).unwrap();
    /// while pool.num_running() < 2 { tokio::task::yield_now().await }
    /// pool.cancel([TaskId(1)], None).unwrap();
    /// while pool.num_ended() < 1 { tokio::task::yield_now().await }
    /// assert_eq!(told.try_iter().collect::<Vec<_>>(), [TaskId(1)]);
    /// # }
    /// ```
    #[must_use]
    pub fn on_cancel(self, callback: Callback) -> Self {
        GroupOptions {
            cancel_callback: Some(callback),
            ..self
        }
    }
}

impl From<()> for GroupOptions {
    fn from((): ()) -> Self {
        GroupOptions::default()
    }
}

impl From<&str> for GroupOptions {
    fn from(name: &str) -> Self {
        GroupOptions::named(name)
    }
}
