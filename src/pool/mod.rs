//! Floor 0: the engine. Pools of tasks with bounded concurrency, after Python's `asyncio_taskpool.pool`.
//!
//! Inside, from the bottom up: plain values (`id`, `error`, `outcome`), the `table` of tasks and the
//! `group`s, the `event` log, the `machine` that holds all the rules and none of the waiting, and around it the
//! async shell: `task` (a task seen from inside), `source` (where tasks come from), `feed` (how they get into the
//! machine), `shared` (the one lock), `lane` (what runs tasks), `pace` (how many lanes), and the pools that users hold.
//!
//! It knows no file, process, terminal or config.

#![warn(clippy::wildcard_enum_match_arm)]

mod base;
mod callback;
mod error;
mod event;
mod feed;
mod group;
mod id;
mod lane;
mod machine;
mod outcome;
mod pace;
mod shared;
mod simple;
mod source;
mod table;
mod task;
mod task_pool;
mod view;

pub use base::{BaseTaskPool, EventReader};
pub use callback::{Callback, GroupOptions};
pub use error::{BoxError, Cancelled, PoolError};
pub use event::{EVENTS_KEPT, Event, EventKind, Events};
pub use group::Method;
pub use id::{GroupName, PoolSize, TaskId};
pub use outcome::{Gathered, Outcome, OutcomeKind, States, TaskFailed, TaskOutput, TaskState, Totals};
pub use simple::SimpleTaskPool;
pub use source::{ArgsText, Pull, Source, TaskFuture};
pub use task::{Catch, TaskContext};
pub use task_pool::{StarFn, TaskPool};
pub use view::{At, GroupInfo, Query, Snapshot, Stats, TaskInfo, Why};
