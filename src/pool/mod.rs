//! Floor 0: the engine.

mod error;
mod id;
mod outcome;

pub use error::{BoxError, Cancelled, PoolError};
pub use id::{GroupName, PoolSize, TaskId};
pub use outcome::{Gathered, Outcome, OutcomeKind, TaskFailed, TaskOutput, TaskState, Totals};
mod shared;
mod task;
pub use task::{Catch, TaskContext};
