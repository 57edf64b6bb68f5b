//! Operating-system processes: a command as the body of a task. Linux only: it needs pidfds and `/proc`.
//!
//! - [`run`] is the body; [`Job`] says what to run, [`CommandFailed`] and [`CommandEnded`] how it ended.
//! - A child is the leader of its own session and process group. The session is the unit: whatever groups its
//!   processes make, it is signalled as a whole, and a command is over when its session is empty.
//! - A run can be on a list of those that are [`Live`], which says what it does and takes [`Order`]s for it.
//! - Every session is on a list ([`kill_all_groups`]) from before its first instruction until it is empty. A
//!   program may have a warden ([`start_warden`]) that ends them should the program be killed.
//! - Every process carries a mark, so that those that leave their session are found ([`left_behind`]).

#[cfg(not(target_os = "linux"))]
compile_error!("commands as tasks need Linux; without the feature `app` the pools run anywhere");

mod cancels;
mod child;
mod clock;
mod failure;
mod group;
mod input;
mod job;
mod left;
mod live;
mod mark;
mod master;
mod newest;
mod orphans;
mod proc;
mod program;
mod reaper;
mod refused;
mod room;
mod run;
mod session;
mod signals;
mod spawn;
mod status;
mod suspend;
mod usage;
mod warden;
mod written;

pub use clock::{RunTime, sleep};
pub use group::{kill_all_groups, resume_all_groups, suspend_all_groups};
pub use job::{Job, Stdin};
pub use left::{Left, all_left_behind, left_behind, still_left};
pub use live::{Facts, Live, Order, Seat, Stage};
pub use orphans::reap_orphans;
pub use proc::members;
pub use run::{run, run_live};
pub use signals::{signal_name, signal_number};
pub use spawn::is_ignored;
#[cfg(feature = "tui")]
pub(crate) use spawn::watch;
pub use status::{CommandEnded, CommandFailed};
pub use suspend::{heed_stops, suspend};
#[cfg(test)]
pub(in crate::app) use usage::own_session;
pub use usage::{Input, ProcessSample, Usage, machine_memory, processors, sample, usage, usages};
pub use warden::{
    dismiss_warden, keep_watch, start_warden, terminal_given_back, terminal_taken, warden_is_lost,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::OnceLock;
use written::Written;

/// Raises this process's soft limit of open files to the hard one and returns it; `None` is unlimited. For
/// `main`, before anything runs: a running command needs three. Commands have the soft limit of before.
pub fn raise_file_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => {
            if limit.current != limit.maximum {
                // The first one: what is raised already is not what commands are to have.
                let _ = FILES_BEFORE.set(limit);
            }
            limit.maximum
        }
        Err(_) => limit.current,
    }
}

/// What the limit of open files was before it was raised. Commands get it back: some cannot use descriptors above
/// 1023 (`select`), and some close all that they could have.
static FILES_BEFORE: OnceLock<Rlimit> = OnceLock::new();
