//! What things are called: a task's ID, a group's name, a pool's size.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The number of a task: from 0, one higher than the task started before it in the same pool, never
/// used again, not even after a flush.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId(pub u64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a group of tasks. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(Arc<str>);

impl GroupName {
    /// The name as text.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # async fn work() {}
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let group = pool.apply(work, 1, ()).unwrap();
    /// assert_eq!(group.as_str(), "apply-work-group-0");
    /// # }
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for GroupName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for GroupName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl From<&str> for GroupName {
    fn from(name: &str) -> Self {
        GroupName(name.into())
    }
}

impl From<String> for GroupName {
    fn from(name: String) -> Self {
        GroupName(name.into())
    }
}

/// How many tasks may hold a slot of a pool at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PoolSize {
    /// As many as there are.
    #[default]
    Unlimited,
    /// At most this many. 0 is allowed: nothing starts.
    Limited(usize),
}

impl PoolSize {
    /// The limit, if there is one.
    ///
    /// ```
    /// # use taskpool_tui::pool::PoolSize;
    /// let workers = |size: PoolSize| size.limit().unwrap_or(64).min(64);
    /// assert_eq!(workers(PoolSize::Limited(4)), 4);
    /// assert_eq!(workers(PoolSize::Unlimited), 64);
    /// ```
    pub fn limit(self) -> Option<usize> {
        match self {
            PoolSize::Unlimited => None,
            PoolSize::Limited(size) => Some(size),
        }
    }

    /// The slots that are left when `held` of them are taken.
    pub(crate) fn room(self, held: usize) -> usize {
        match self {
            PoolSize::Unlimited => usize::MAX,
            PoolSize::Limited(size) => size.saturating_sub(held),
        }
    }
}

impl From<usize> for PoolSize {
    fn from(size: usize) -> Self {
        PoolSize::Limited(size)
    }
}

impl From<Option<usize>> for PoolSize {
    fn from(size: Option<usize>) -> Self {
        size.map_or(PoolSize::Unlimited, PoolSize::Limited)
    }
}

impl fmt::Display for PoolSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PoolSize::Unlimited => f.pad("∞"),
            PoolSize::Limited(size) => size.fmt(f),
        }
    }
}
