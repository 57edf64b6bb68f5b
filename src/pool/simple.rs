//! The pool of one function.

use super::base::BaseTaskPool;
use super::callback::GroupOptions;
use super::group::Method;
use super::source::{ArgsText, Pull, Repeat, Source};
use super::task_pool::short_name;
use super::{GroupName, PoolError, PoolSize, TaskId, TaskOutput};
use crate::sync::Handle;
use std::any::type_name;
use std::fmt::{self, Display};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

/// A pool whose tasks all run one function, with the same arguments: more of it with
/// [`start`](Self::start), less with [`stop`](Self::stop).
///
/// ```
/// use taskpool_tui::pool::{SimpleTaskPool, TaskId};
///
/// async fn worker() {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let pool = SimpleTaskPool::new(worker, None, ());
/// pool.start(3).unwrap();
/// # while pool.num_running() < 3 { tokio::task::yield_now().await }
/// assert_eq!(pool.func_name(), "worker");
/// assert_eq!(pool.stop(2), [TaskId(2), TaskId(1)]); // the newest go first
/// assert_eq!(pool.stop_all(), [TaskId(0)]);
/// assert_eq!(pool.close().await.totals.cancelled, 3);
/// # }
/// ```
#[derive(Clone)]
pub struct SimpleTaskPool {
    base: BaseTaskPool,
    func: Arc<str>,
    source: Arc<dyn Fn(usize) -> Box<dyn Source> + Send + Sync>,
    options: GroupOptions,
}

impl Deref for SimpleTaskPool {
    type Target = BaseTaskPool;

    fn deref(&self) -> &BaseTaskPool {
        &self.base
    }
}

impl Display for SimpleTaskPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.base, f)
    }
}

impl fmt::Debug for SimpleTaskPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleTaskPool")
            .field("base", &self.base)
            .field("func", &self.func)
            .finish_non_exhaustive()
    }
}

impl SimpleTaskPool {
    /// A pool of this function on the current runtime. Of the options, `group_name` is not used; the
    /// callbacks are for all tasks of the pool.
    ///
    /// ```
    /// # use taskpool_tui::pool::{GroupOptions, SimpleTaskPool};
    /// # async fn ping(host: &str) {}
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let options = GroupOptions::default().func("ping"); // a closure has no name of its own
    /// let pool = SimpleTaskPool::new(|| ping("db1"), 4, options);
    /// pool.start(3).unwrap();
    /// assert_eq!(pool.func_name(), "ping");
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime; there is [`on_runtime`](Self::on_runtime).
    pub fn new<F, Fut>(func: F, size: impl Into<PoolSize>, options: impl Into<GroupOptions>) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        Self::on_runtime(Handle::current(), None, func, size, options)
    }

    /// A pool of this name and function on the current runtime; see [`new`](Self::new).
    ///
    /// ```
    /// # use taskpool_tui::pool::SimpleTaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = SimpleTaskPool::named("pings", || async {}, 4, ());
    /// assert_eq!(pool.to_string(), "SimpleTaskPool-pings");
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime; there is [`on_runtime`](Self::on_runtime).
    pub fn named<F, Fut>(
        name: impl Into<Arc<str>>,
        func: F,
        size: impl Into<PoolSize>,
        options: impl Into<GroupOptions>,
    ) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        Self::on_runtime(Handle::current(), Some(name.into()), func, size, options)
    }

    /// A pool whose tasks run on this runtime; see [`new`](Self::new). Without a name it is called by its
    /// index.
    ///
    /// ```
    /// # use taskpool_tui::pool::SimpleTaskPool;
    /// let runtime = tokio::runtime::Runtime::new().unwrap();
    /// let pool = SimpleTaskPool::on_runtime(runtime.handle().clone(), None, || async {}, 4, ());
    /// pool.start(3).unwrap(); // from any thread
    /// assert_eq!(runtime.block_on(pool.close()).totals.completed, 3);
    /// ```
    pub fn on_runtime<F, Fut>(
        runtime: Handle,
        name: Option<Arc<str>>,
        func: F,
        size: impl Into<PoolSize>,
        options: impl Into<GroupOptions>,
    ) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let func = Arc::new(func);
        let source = move |num| {
            let func = func.clone();
            Repeat {
                make: move |_: &mut ArgsText| Pull::task(func()),
                left: num,
            }
        };
        Self::of_sources(
            runtime,
            name,
            short_name(type_name::<F>()),
            source,
            size.into(),
            options.into(),
        )
    }

    /// A pool each of whose groups is made of a source of one's own: `source(num)` for a call of
    /// `start(num)`. `func` is the function's name, unless the options have one.
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, GroupOptions, PoolSize, Pull, SimpleTaskPool, Source};
    /// # use tokio::runtime::Handle;
    /// struct Beats(usize);
    ///
    /// impl Source for Beats {
    ///     // …
    /// #     fn pull(&mut self, _: &mut ArgsText) -> Pull {
    /// #         self.0 -= 1;
    /// #         Pull::task(async {})
    /// #     }
    /// #     fn remaining(&self) -> Option<usize> { Some(self.0) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let (size, options) = (PoolSize::Limited(2), GroupOptions::default());
    /// let pool = SimpleTaskPool::of_sources(Handle::current(), None, "beat", Beats, size, options);
    /// pool.start(3).unwrap(); // the tasks of `Beats(3)`
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    pub fn of_sources<S: Source>(
        runtime: Handle,
        name: Option<Arc<str>>,
        func: &str,
        source: impl Fn(usize) -> S + Send + Sync + 'static,
        size: PoolSize,
        options: GroupOptions,
    ) -> Self {
        SimpleTaskPool {
            base: BaseTaskPool::new("SimpleTaskPool", name, size, runtime),
            func: options.func_name.clone().unwrap_or_else(|| func.into()),
            source: Arc::new(move |num| Box::new(source(num))),
            options: GroupOptions {
                group_name: None,
                ..options
            },
        }
    }

    /// The name of the function: the options' `func_name`, or the one that Rust knows it by.
    ///
    /// ```
    /// # use taskpool_tui::pool::{GroupOptions, SimpleTaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn worker() {}
    ///
    /// assert_eq!(SimpleTaskPool::new(worker, 1, ()).func_name(), "worker");
    /// assert_eq!(SimpleTaskPool::new(worker, 1, GroupOptions::default().func("w")).func_name(), "w");
    /// # }
    /// ```
    pub fn func_name(&self) -> &str {
        &self.func
    }

    /// Starts `num` more tasks, as slots become free, in a new group `start-group-{idx}`; with 0 it is empty.
    ///
    /// Errors: [`PoolError::PoolIsClosed`], [`PoolError::PoolIsLocked`].
    ///
    /// ```
    /// # use taskpool_tui::pool::SimpleTaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = SimpleTaskPool::new(|| async {}, 2, ());
    /// assert_eq!(pool.start(3).unwrap().as_str(), "start-group-0");
    /// assert_eq!(pool.start(1).unwrap().as_str(), "start-group-1");
    /// assert_eq!(pool.close().await.totals.completed, 4);
    /// # }
    /// ```
    pub fn start(&self, num: usize) -> Result<GroupName, PoolError> {
        let (source, options) = ((self.source)(num), self.options.clone());
        self.shared
            .create_group(Method::Start, &self.func, None, source, options)
    }

    /// Asks the `num` tasks that started last to cancel; all of them, if fewer run. Tasks that are cancelling
    /// already are passed over. Returns the IDs, newest first, and does not wait for them. What is queued may
    /// start in the room that this makes.
    ///
    /// ```
    /// # use taskpool_tui::pool::{SimpleTaskPool, TaskId};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = SimpleTaskPool::new(std::future::pending::<()>, 4, ());
    /// pool.start(4).unwrap();
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// assert_eq!(pool.stop(1), [TaskId(3)]);
    /// assert_eq!(pool.stop(2), [TaskId(2), TaskId(1)]);
    /// # }
    /// ```
    pub fn stop(&self, num: usize) -> Vec<TaskId> {
        self.stop_newest(num)
    }

    /// Asks all running tasks to cancel; see [`stop`](Self::stop).
    ///
    /// ```
    /// # use taskpool_tui::pool::{SimpleTaskPool, TaskId};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = SimpleTaskPool::new(std::future::pending::<()>, 2, ());
    /// pool.start(3).unwrap();
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// assert_eq!(pool.stop_all(), [TaskId(1), TaskId(0)]);
    /// while !pool.remembers(TaskId(2)) { tokio::task::yield_now().await } // it was queued, and starts
    /// assert_eq!(pool.stop_all(), [TaskId(2)]);
    /// # }
    /// ```
    pub fn stop_all(&self) -> Vec<TaskId> {
        self.stop_newest(usize::MAX)
    }
}
