//! Operating-system processes: a command as the body of a task. Linux only: it needs pidfds and `/proc`.
//!
//! - [`run`] is the body; [`Job`] says what to run, [`CommandFailed`] and [`CommandEnded`] how it ended.
//! - A child is the leader of its own session and process group. The group is the unit: it is signalled as
//!   a whole, and a command is over when its group is empty.
//! - A run can be on a list of those that are [`Live`], which says what it does and takes [`Order`]s for it.
//! - Every group is on a list ([`kill_all_groups`]) from before its first instruction until it is empty. A
//!   program may have a warden ([`start_warden`]) that ends them should the program be killed.
//! - Every process carries a mark, so that those that leave their group are found ([`left_behind`]).

#[cfg(not(target_os = "linux"))]
compile_error!("commands as tasks need Linux; without the feature `app` the pools run anywhere");

mod child;
mod clock;
mod group;
mod input;
mod job;
mod left;
mod live;
mod mark;
mod master;
mod proc;
mod program;
mod reaper;
mod room;
mod run;
mod signals;
mod spawn;
mod status;
mod usage;
mod warden;

pub use clock::sleep;
pub use group::{kill_all_groups, resume_all_groups, suspend_all_groups};
pub use job::{Job, Stdin};
pub use left::{Left, all_left_behind, left_behind, still_left};
pub use live::{Facts, Live, Order, Seat, Stage};
pub use proc::members;
pub use room::{no_room, waits_for_room};
pub use run::{run, run_live};
pub use signals::{signal_name, signal_number};
pub use status::{CommandEnded, CommandFailed};
pub use usage::{Usage, processors, usage};
pub use warden::{dismiss_warden, keep_watch, start_warden, terminal_given_back, terminal_taken};

use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use std::time::Duration;
use std::{io, thread};

/// How long a process may take to stop once it has sent itself STOP.
const STOPS_WITHIN: Duration = Duration::from_millis(20);

/// Stops this program with everything that it runs, as a shell's Ctrl-z does, until somebody continues it (`fg`).
/// The limits of the commands (time-out, grace) stand still meanwhile; what was paused before stays so. Blocks.
///
/// # Errors
/// It could not be stopped; everything goes on.
pub fn suspend() -> io::Result<()> {
    suspend_all_groups();
    // Not TSTP, which may have a handler that asks for this.
    let stopped = kill_process(getpid(), Signal::STOP);
    // The signal may be another thread's to act on, which takes a moment; this one must not go on meanwhile.
    thread::sleep(STOPS_WITHIN);
    resume_all_groups();
    stopped.map_err(io::Error::from)
}

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
