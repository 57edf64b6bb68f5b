//! Operating-system processes: a command as the body of a task. Linux only: it needs pidfds and `/proc`.
//!
//! - [`run`] is the body; [`Job`] says what to run, [`CommandFailed`] and [`CommandEnded`] how it ended.
//! - A child is the leader of its own session and process group. The group is the unit: it is signalled as
//!   a whole, and a command is over when its group is empty.
//! - Every group is on a list ([`kill_all_groups`]) from before its first instruction until it is empty. A
//!   program may have a warden ([`start_warden`]) that ends them should the program be killed.
//! - Every process carries a mark, so that those that leave their group are found ([`left_behind`]).

#[cfg(not(target_os = "linux"))]
compile_error!("commands as tasks need Linux; without the feature `app` the pools run anywhere");

mod child;
mod group;
mod job;
mod left;
mod mark;
mod proc;
mod program;
mod reaper;
mod room;
mod run;
mod spawn;
mod status;
mod warden;

pub use group::kill_all_groups;
pub use job::Job;
pub use left::{Left, all_left_behind, left_behind};
pub use room::waits_for_room;
pub use run::run;
pub use status::{CommandEnded, CommandFailed};
pub use warden::{dismiss_warden, keep_watch, start_warden, terminal_given_back, terminal_taken};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's soft limit of open files to the hard one and returns it; `None` is unlimited. For
/// `main`, before anything runs: a running command needs three.
pub fn raise_file_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}
