//! The pool of one function.

use super::base::BaseTaskPool;
use super::callback::GroupOptions;
use super::group::Method;
use super::source::{ArgsText, Pull, Repeat, Source};
use super::task_pool::short_name;
use super::{GroupName, PoolError, PoolSize, TaskId, TaskOutput};
use std::any::type_name;
use std::fmt::{self, Display};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use tokio::runtime::Handle;

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

    /// A pool whose tasks run on this runtime; see [`new`](Self::new).
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

    /// A pool each of whose groups is made of a source of one's own: `source(num)` for a call of `start(num)`.
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

    /// The name of the function.
    pub fn func_name(&self) -> &str {
        &self.func
    }

    /// Starts `num` more tasks, as slots become free, in a new group `start-group-{idx}`.
    pub fn start(&self, num: usize) -> Result<GroupName, PoolError> {
        let (source, options) = ((self.source)(num), self.options.clone());
        self.shared
            .create_group(Method::Start, &self.func, None, source, options)
    }

    /// Asks the `num` tasks that started last to cancel; all of them, if fewer run. Tasks that are cancelling
    /// already are passed over. Returns the IDs, newest first. What is queued may start in the room that
    /// this makes.
    pub fn stop(&self, num: usize) -> Vec<TaskId> {
        self.stop_newest(num)
    }

    /// Asks all running tasks to cancel; see [`stop`](Self::stop).
    pub fn stop_all(&self) -> Vec<TaskId> {
        self.stop_newest(usize::MAX)
    }
}
