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
    pub fn new<R: TaskOutput>(f: impl Fn(TaskId) -> R + Send + Sync + 'static) -> Self {
        Callback(Arc::new(move |id| {
            let result = f(id).into_result();
            Box::pin(std::future::ready(result))
        }))
    }

    /// An async function. May return what a task may.
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
    /// A group of this name.
    pub fn named(name: impl Into<GroupName>) -> Self {
        GroupOptions {
            group_name: Some(name.into()),
            ..GroupOptions::default()
        }
    }

    /// With this name for the function.
    #[must_use]
    pub fn func(self, name: impl Into<Arc<str>>) -> Self {
        GroupOptions {
            func_name: Some(name.into()),
            ..self
        }
    }

    /// With this end callback.
    #[must_use]
    pub fn on_end(self, callback: Callback) -> Self {
        GroupOptions {
            end_callback: Some(callback),
            ..self
        }
    }

    /// With this cancel callback.
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
