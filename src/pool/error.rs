//! What a pool refuses, and why.

use super::{GroupName, TaskId};
use std::sync::Arc;

/// Any error of a task's function.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A call that the pool refused. Nothing was changed by it.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// The pool is closed; nothing can be started in it any more.
    #[error("{pool} is closed")]
    PoolIsClosed {
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// The pool is locked; it takes no new groups until it is unlocked.
    #[error("{pool} is locked: it takes no new groups until it is unlocked")]
    PoolIsLocked {
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// The pool has to be locked before it can be closed.
    #[error("{pool} is still unlocked: lock it before closing it")]
    PoolStillUnlocked {
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// The pool is being closed, so it stays locked.
    #[error("{pool} is closing and stays locked")]
    PoolIsClosing {
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// The task was cancelled, its cancel callback is running.
    #[error("{task} has been cancelled already")]
    AlreadyCancelled {
        /// The task's ID.
        id: TaskId,
        /// The task's name.
        task: Arc<str>,
    },
    /// The task has ended.
    #[error("{task} has ended already")]
    AlreadyEnded {
        /// The task's ID.
        id: TaskId,
        /// The task's name.
        task: Arc<str>,
    },
    /// No such task: never started, or forgotten by a flush.
    #[error("{pool} knows no task with ID {id}: it was never started, or a flush has forgotten it")]
    InvalidTaskId {
        /// The ID that was asked for.
        id: TaskId,
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// No such group.
    #[error("{pool} has no group named {group:?}")]
    TaskGroupNotFound {
        /// The name that was asked for.
        group: GroupName,
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// The name is taken.
    #[error("{pool} has a group named {group:?} already")]
    TaskGroupAlreadyExists {
        /// The name that was asked for.
        group: GroupName,
        /// The pool, as it prints.
        pool: Arc<str>,
    },
    /// `num_concurrent` was below 1.
    #[error("num_concurrent must be at least 1")]
    InvalidNumConcurrent,
}

/// What a task's `catch` gets when the task is asked to cancel; returned from the task's function, it
/// makes the task count as cancelled.
#[derive(Clone, Debug, Default)]
pub struct Cancelled {
    /// The `msg` of the cancelling call.
    pub message: Option<Arc<str>>,
    /// Whether the call forces the end: the task has to stop without further waiting.
    pub forced: bool,
    /// What the task wants known about its end, for instance a command's exit status.
    pub detail: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Cancelled {
    /// The same, with something to know about how the task ended.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Cancelled, Outcome, Query, TaskContext, TaskPool};
    /// # use std::io;
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// async fn copy() -> Result<(), Cancelled> {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     let copied = context.catch(std::future::pending()).await;
    ///     copied.map_err(|cancelled| cancelled.with_detail(io::Error::other("2 of 7 files copied")))
    /// }
    /// # let pool = TaskPool::new(1);
    /// # pool.apply(copy, 1, ()).unwrap();
    /// # tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    /// # pool.cancel_all(None);
    /// # while pool.num_ended() < 1 { tokio::task::yield_now().await }
    /// let task = &pool.snapshot(&Query { rows: 1, ..Query::default() }).tasks[0];
    /// let Some(Outcome::Cancelled(cancelled)) = &task.outcome else { panic!("it was cancelled") };
    /// assert_eq!(cancelled.detail.as_ref().unwrap().to_string(), "2 of 7 files copied");
    /// # }
    /// ```
    #[must_use]
    pub fn with_detail(self, detail: impl std::error::Error + Send + Sync + 'static) -> Self {
        Cancelled {
            detail: Some(Arc::new(detail)),
            ..self
        }
    }
}

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Cancelled {}
