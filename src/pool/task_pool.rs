//! The general pool.

use super::base::BaseTaskPool;
use super::callback::GroupOptions;
use super::group::Method;
use super::source::{ArgsText, Each, Pull, Repeat, Source};
use super::{GroupName, PoolError, PoolSize, TaskOutput};
use crate::sync::Handle;
use std::any::type_name;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

/// A pool whose tasks may run any functions.
///
/// ```
/// use taskpool_tui::pool::TaskPool;
///
/// async fn work(n: u32) {
///     println!("{n}");
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let pool = TaskPool::new(4);
/// let group = pool.map(work, 0..10, 2, ()).unwrap(); // two of them at a time
/// assert_eq!(group.as_str(), "map-work-group-0");
/// assert_eq!(pool.close().await.totals.completed, 10);
/// # }
/// ```
///
/// None of the methods that create groups blocks: tasks start as slots become free. Values come out of
/// tasks through channels or whatever else their functions captured.
#[derive(Clone, Debug)]
pub struct TaskPool {
    base: BaseTaskPool,
}

impl Deref for TaskPool {
    type Target = BaseTaskPool;

    fn deref(&self) -> &BaseTaskPool {
        &self.base
    }
}

impl Display for TaskPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.base, f)
    }
}

impl TaskPool {
    /// A pool of this size on the current runtime, named by its index.
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolSize, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let four_at_once = TaskPool::new(4);
    /// let all_at_once = TaskPool::new(None);
    /// assert_eq!(four_at_once.pool_size(), PoolSize::Limited(4));
    /// assert_eq!(all_at_once.pool_size(), PoolSize::Unlimited);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime; there is [`on_runtime`](Self::on_runtime).
    pub fn new(size: impl Into<PoolSize>) -> Self {
        Self::on_runtime(Handle::current(), None, size)
    }

    /// A pool of this name and size on the current runtime.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::named("files", 4);
    /// assert_eq!(pool.to_string(), "TaskPool-files");
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime; there is [`on_runtime`](Self::on_runtime).
    pub fn named(name: impl Into<Arc<str>>, size: impl Into<PoolSize>) -> Self {
        Self::on_runtime(Handle::current(), Some(name.into()), size)
    }

    /// A pool whose tasks run on this runtime. Without a name it is called by its index.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// let runtime = tokio::runtime::Runtime::new().unwrap();
    /// let pool = TaskPool::on_runtime(runtime.handle().clone(), Some("files".into()), 4);
    /// pool.apply(|| async {}, 3, ()).unwrap(); // from any thread
    /// assert_eq!(runtime.block_on(pool.close()).totals.completed, 3);
    /// ```
    pub fn on_runtime(runtime: Handle, name: Option<Arc<str>>, size: impl Into<PoolSize>) -> Self {
        TaskPool {
            base: BaseTaskPool::new("TaskPool", name, size.into(), runtime),
        }
    }

    /// Starts `num` tasks `func()`, as slots become free, in a new group; with 0 it is empty. The group is
    /// called `apply-{func}-group-{idx}` unless the options name it.
    ///
    /// Errors: [`PoolError::PoolIsClosed`], [`PoolError::PoolIsLocked`],
    /// [`PoolError::TaskGroupAlreadyExists`].
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn greet(name: &'static str) { println!("hello, {name}") }
    ///
    /// let pool = TaskPool::new(2);
    /// let group = pool.apply(|| greet("world"), 3, "greetings").unwrap();
    /// assert_eq!(pool.group(&group).unwrap().queued, Some(3));
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    pub fn apply<F, Fut>(
        &self,
        func: F,
        num: usize,
        options: impl Into<GroupOptions>,
    ) -> Result<GroupName, PoolError>
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let source = Repeat {
            make: move |_: &mut ArgsText| Pull::task(func()),
            left: num,
        };
        self.create(Method::Apply, type_name::<F>(), None, source, options.into())
    }

    /// Starts a task `func(element)` for each element, at most `num_concurrent` of them at a time. An element
    /// is taken from the iterator only when a task for it can start; the iterator must not block. If it
    /// panics, or the call itself does rather than its future, nothing more of the group starts
    /// ([`GroupInfo::input_error`](super::GroupInfo::input_error)). The group is called
    /// `map-{func}-group-{idx}` unless the options name it.
    ///
    /// Errors: those of [`apply`](Self::apply), and [`PoolError::InvalidNumConcurrent`] if that is 0.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn fetch(page: u32) -> Result<(), String> {
    ///     if page == 404 { Err(format!("page {page}: not found")) } else { Ok(()) }
    /// }
    ///
    /// let pool = TaskPool::new(10);
    /// pool.map(fetch, 1..=1000, 4, ()).unwrap(); // never uses more than four of the slots
    /// let fetched = pool.close().await;
    /// assert_eq!(fetched.totals.completed, 999);
    /// assert_eq!(fetched.failures[0].1.to_string(), "failed: page 404: not found");
    /// # }
    /// ```
    pub fn map<F, Fut, I>(
        &self,
        func: F,
        arg_iter: I,
        num_concurrent: usize,
        options: impl Into<GroupOptions>,
    ) -> Result<GroupName, PoolError>
    where
        I: IntoIterator<Item: Debug, IntoIter: Send + 'static>,
        F: Fn(I::Item) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let source = Each {
            elements: arg_iter.into_iter(),
            make: move |arg| Pull::task(func(arg)),
        };
        self.create(
            Method::Map,
            type_name::<F>(),
            Some(num_concurrent),
            source,
            options.into(),
        )
    }

    /// Like [`map`](Self::map), and the elements are tuples: `func(*element)`. Closures need their argument
    /// types written out.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # async fn copy(times: u8, text: &'static str) {}
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.starmap(copy, [(1, "a"), (2, "b")], 1, "copies").unwrap();
    /// # assert_eq!(pool.close().await.totals.completed, 2);
    /// # }
    /// ```
    pub fn starmap<F, I>(
        &self,
        func: F,
        args_iter: I,
        num_concurrent: usize,
        options: impl Into<GroupOptions>,
    ) -> Result<GroupName, PoolError>
    where
        I: IntoIterator<Item: Debug, IntoIter: Send + 'static>,
        F: StarFn<I::Item>,
    {
        let source = Each {
            elements: args_iter.into_iter(),
            make: move |args| Pull::task(func.call(args)),
        };
        self.create(
            Method::Starmap,
            type_name::<F>(),
            Some(num_concurrent),
            source,
            options.into(),
        )
    }

    /// Like [`map`](Self::map), and the elements carry keyword arguments: each is converted into the struct
    /// that `func` takes, `func(**element)`. One that cannot be converted is skipped, logged and counted.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # use std::collections::HashMap;
    /// #[derive(Debug)]
    /// struct Probe { host: String, port: u16 }
    ///
    /// impl TryFrom<HashMap<&'static str, &'static str>> for Probe {
    ///     type Error = String;
    ///     fn try_from(kwargs: HashMap<&'static str, &'static str>) -> Result<Self, String> {
    ///         let host = kwargs.get("host").ok_or("host is missing")?.to_string();
    ///         let port = kwargs.get("port").map_or(Ok(80), |port| port.parse()).map_err(|e| format!("port: {e}"))?;
    ///         Ok(Probe { host, port })
    ///     }
    /// }
    ///
    /// async fn probe(Probe { host, port }: Probe) { println!("{host}:{port}"); }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let hosts = [HashMap::from([("host", "db1")]), HashMap::from([("port", "1")])];
    /// pool.doublestarmap(probe, hosts, 1, ()).unwrap();
    /// assert_eq!(pool.close().await.totals.completed, 1);
    /// assert_eq!(pool.stats().skipped, 1); // the second has no host
    /// # }
    /// ```
    pub fn doublestarmap<F, Fut, A, I>(
        &self,
        func: F,
        kwargs_iter: I,
        num_concurrent: usize,
        options: impl Into<GroupOptions>,
    ) -> Result<GroupName, PoolError>
    where
        I: IntoIterator<Item: Debug, IntoIter: Send + 'static>,
        A: TryFrom<I::Item, Error: Display>,
        F: Fn(A) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let make = move |kwargs| match A::try_from(kwargs) {
            Ok(arg) => Pull::task(func(arg)),
            Err(error) => Pull::Skip(error.to_string()),
        };
        let source = Each {
            elements: kwargs_iter.into_iter(),
            make,
        };
        self.create(
            Method::Doublestarmap,
            type_name::<F>(),
            Some(num_concurrent),
            source,
            options.into(),
        )
    }

    /// Starts the tasks of a source of one's own. `num_concurrent` as in [`map`](Self::map); none: no limit
    /// but the pool's. `method` is what the group is shown as made by; without names in the options, it is
    /// called `{method}-task-group-{idx}`.
    ///
    /// Errors: those of [`map`](Self::map).
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Source, TaskPool};
    /// # async fn check(line: &str) {}
    /// struct Lines(std::str::Lines<'static>);
    ///
    /// impl Source for Lines {
    ///     fn pull(&mut self, _: &mut ArgsText) -> Pull {
    ///         match self.0.next() {
    ///             None => Pull::Done,
    ///             Some("") => Pull::Skip("an empty line".to_owned()),
    ///             Some(line) => Pull::task(check(line)),
    ///         }
    ///     }
    /// #     fn remaining(&self) -> Option<usize> { None }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.submit(Method::Map, Some(2), Lines("a\n\nb".lines()), "lines").unwrap();
    /// assert_eq!(pool.close().await.totals.completed, 2);
    /// assert_eq!(pool.stats().skipped, 1);
    /// # }
    /// ```
    pub fn submit(
        &self,
        method: Method,
        num_concurrent: Option<usize>,
        source: impl Source,
        options: impl Into<GroupOptions>,
    ) -> Result<GroupName, PoolError> {
        self.create(method, "task", num_concurrent, source, options.into())
    }

    fn create(
        &self,
        method: Method,
        func: &str,
        num_concurrent: Option<usize>,
        source: impl Source,
        options: GroupOptions,
    ) -> Result<GroupName, PoolError> {
        let func = short_name(func);
        self.shared
            .create_group(method, func, num_concurrent, Box::new(source), options)
    }
}

/// The name of a function from its type's: without path and generics; a closure is called as the function
/// is that it stands in.
pub(super) fn short_name(type_name: &str) -> &str {
    let path = type_name.split('<').next().unwrap_or(type_name);
    let named = path
        .split("::")
        .filter(|part| !part.is_empty() && !part.starts_with('{'));
    named.last().unwrap_or("closure")
}

/// Functions of one to twelve arguments, called with a tuple of them.
pub trait StarFn<Args>: Send + 'static {
    /// What a call returns.
    type Future: Future<Output: TaskOutput> + Send + 'static;

    /// Calls the function.
    ///
    /// ```
    /// # use taskpool_tui::pool::StarFn;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn divide(a: u32, b: u32) -> Result<u32, &'static str> {
    ///     a.checked_div(b).ok_or("division by zero")
    /// }
    /// assert_eq!(StarFn::call(&divide, (6, 3)).await, Ok(2));
    /// # }
    /// ```
    fn call(&self, args: Args) -> Self::Future;
}

macro_rules! star_fn {
    ($($arg:ident)+) => {
        impl<F, Fut, $($arg),+> StarFn<($($arg,)+)> for F
        where
            F: Fn($($arg),+) -> Fut + Send + 'static,
            Fut: Future<Output: TaskOutput> + Send + 'static,
        {
            type Future = Fut;

            #[expect(non_snake_case, reason = "the arguments are called as their types are")]
            fn call(&self, ($($arg,)+): ($($arg,)+)) -> Fut {
                self($($arg),+)
            }
        }
    };
}

star_fn!(A);
star_fn!(A B);
star_fn!(A B C);
star_fn!(A B C D);
star_fn!(A B C D E);
star_fn!(A B C D E G);
star_fn!(A B C D E G H);
star_fn!(A B C D E G H I);
star_fn!(A B C D E G H I J);
star_fn!(A B C D E G H I J K);
star_fn!(A B C D E G H I J K L);
star_fn!(A B C D E G H I J K L M);

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn functions_are_known_by_their_last_name() {
        assert_eq!(short_name("a::b::work"), "work");
        assert_eq!(short_name("a::b::work<alloc::string::String>"), "work");
        assert_eq!(short_name("a::main::{{closure}}::{{closure}}"), "main");
        assert_eq!(short_name("{{closure}}"), "closure");
    }
}
