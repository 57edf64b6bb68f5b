//! What can be done to pools from outside: a key, a palette entry, a command-line verb and a remote call
//! all end as one [`Command`], checked and carried out in one place (`session.rs`).

use super::ids::Ids;
use super::new_group::{Mistake, NewGroup};
use super::process::signal_name;
use super::reload::{Applied, Reread};
use super::view::{FuncRow, Want};
use super::warnings::Kind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One call on one pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The pool's name in the config.
    pub pool: String,
    /// What to do to it.
    pub call: Call,
}

/// The calls, named as the pool's methods are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `SimpleTaskPool.start(num)`; in a `TaskPool`: `apply` once more what `group`, a group made by
    /// `apply`, runs (without a `group`: the first such group of the config).
    Start {
        /// How many tasks; at least 1.
        num: usize,
        /// Whose function and arguments, in a `TaskPool`.
        group: Option<String>,
    },
    /// Makes a group of a `TaskPool`: `apply`, `map`, `starmap` or `doublestarmap`. Answered by [`Answer::Added`],
    /// [`Answer::Mistakes`] or [`Answer::Refused`].
    Add {
        /// The group.
        group: Box<NewGroup>,
    },
    /// Changes how many tasks of a group run at once; of a group that waits for nothing any more it is refused.
    SetConcurrent {
        /// The group's name.
        group: String,
        /// The most tasks, at least 1; `None` is as many as the pool lets.
        num: Option<usize>,
    },
    /// Starts a group that the config holds back (`autostart = false`).
    Release {
        /// The group's name.
        group: String,
    },
    /// Cancels the `num` tasks started last; at least 1.
    Stop {
        /// How many tasks.
        num: usize,
        /// Those of them that a preview has shown, in place of those that are the newest by now. The ones that
        /// have ended meanwhile are passed over.
        shown: Option<Vec<u64>>,
    },
    /// Cancels these tasks; all or nothing.
    Cancel {
        /// Their IDs.
        ids: Vec<u64>,
        /// End those at once that are cancelling already.
        force: bool,
    },
    /// Sends a signal to the commands of these tasks, to every process of each; all or nothing.
    Signal {
        /// Their IDs.
        ids: Vec<u64>,
        /// Its number.
        signal: i32,
    },
    /// Stops the processes of these tasks (STOP), and their timeouts; all or nothing.
    PauseTasks {
        /// Their IDs.
        ids: Vec<u64>,
    },
    /// Lets them go on (CONT); all or nothing.
    ResumeTasks {
        /// Their IDs.
        ids: Vec<u64>,
    },
    /// Gives a task's command something to read.
    Input {
        /// Its ID.
        id: u64,
        /// A line, without its end; none: no more lines come.
        line: Option<String>,
    },
    /// Types into the terminal that a task runs in.
    Type {
        /// Its ID.
        id: u64,
        /// What the keys send.
        bytes: Vec<u8>,
    },
    /// Starts tasks that have ended once more, as new tasks with the same function and arguments; all or nothing.
    Retry {
        /// Their IDs.
        ids: Vec<u64>,
    },
    /// The same for all tasks that failed and were not retried already. Its preview names them.
    RetryFailed {
        /// Only those of this group.
        group: Option<String>,
    },
    /// Does one thing to each of these tasks. Unlike the calls above it passes over those to which it cannot be done
    /// (any more), and says how many they are.
    Each {
        /// Their IDs.
        ids: Ids,
        /// What.
        deed: Deed,
    },
    /// Cancels a group: what is queued never starts, what runs is asked to cancel.
    CancelGroup {
        /// The group's name.
        group: String,
    },
    /// Cancels every group and every running task.
    CancelAll,
    /// Forgets the tasks that have ended.
    Flush,
    /// Refuses new groups from now on.
    Lock,
    /// Takes new groups again.
    Unlock,
    /// Nothing starts from now on; what runs goes on.
    Pause,
    /// Ends a pause.
    Resume,
    /// Sets the pool's size; `None` is unlimited.
    SetSize {
        /// The most tasks that hold a slot at once.
        size: Option<usize>,
    },
    /// Locks the pool, waits for everything in it and closes it.
    Close,
    /// Writes what is kept of the output of these tasks into a new file.
    SaveOutput {
        /// Their IDs.
        ids: Vec<u64>,
        /// The file; an existing one is never touched. Relative to the directory that the program was started in.
        path: String,
    },
}

/// What is done to each of several tasks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Cancels those that run; with `force` it ends those at once that are cancelling. A preview chooses force where
    /// all that is left of them is cancelling.
    Cancel {
        /// End at once what is cancelling.
        force: bool,
    },
    /// Sends their commands this signal.
    Signal(i32),
    /// Pauses them. A preview chooses to resume where all of them are paused.
    Pause,
    /// Lets them go on.
    Resume,
    /// Gives their commands a line to read, without its end.
    Input(String),
    /// Lets their commands read the end of their input.
    EndInput,
    /// Starts those that have ended once more.
    Retry,
}

impl fmt::Display for Command {
    /// The call as a program would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = &self.pool;
        match &self.call {
            Call::Start { num, group: None } => write!(f, "{pool}.start({num})"),
            Call::Start {
                num,
                group: Some(group),
            } => write!(f, "{pool}.apply({group:?}, num={num})"),
            Call::Add { group } => write!(f, "{pool}.{}", group.call()),
            Call::SetConcurrent {
                group,
                num: Some(num),
            } => {
                write!(f, "{pool}.set_num_concurrent({group:?}, {num})")
            }
            Call::SetConcurrent { group, num: None } => {
                write!(f, "{pool}.set_num_concurrent({group:?}, unlimited)")
            }
            Call::Release { group } => write!(f, "{pool}.release({group:?})"),
            Call::Stop { num, .. } => write!(f, "{pool}.stop({num})"),
            Call::Cancel { ids, force } => {
                write!(
                    f,
                    "{pool}.cancel({}{})",
                    Few(ids, ids.len()),
                    if *force { ", force" } else { "" }
                )
            }
            Call::Signal { ids, signal } => match signal_name(*signal) {
                Some(name) => write!(f, "{pool}.signal({}, {name})", Few(ids, ids.len())),
                None => write!(f, "{pool}.signal({}, {signal})", Few(ids, ids.len())),
            },
            Call::PauseTasks { ids } => write!(f, "{pool}.pause_task({})", Few(ids, ids.len())),
            Call::ResumeTasks { ids } => write!(f, "{pool}.resume_task({})", Few(ids, ids.len())),
            // What is typed may be a password, and this goes to the log.
            Call::Input { id, line: Some(line) } => {
                write!(f, "{pool}.input({id}, {} characters)", line.chars().count())
            }
            Call::Input { id, line: None } => write!(f, "{pool}.end_input({id})"),
            Call::Type { id, bytes } => write!(f, "{pool}.type({id}, {} bytes)", bytes.len()),
            Call::Retry { ids } => write!(f, "{pool}.retry({})", Few(ids, ids.len())),
            Call::RetryFailed { group: None } => write!(f, "{pool}.retry_failed()"),
            Call::RetryFailed { group: Some(group) } => write!(f, "{pool}.retry_failed({group:?})"),
            Call::Each { ids, deed } => write_deed(f, pool, &Named(ids), deed),
            Call::CancelGroup { group } => write!(f, "{pool}.cancel_group({group:?})"),
            Call::CancelAll => write!(f, "{pool}.cancel_all()"),
            Call::Flush => write!(f, "{pool}.flush()"),
            Call::Lock => write!(f, "{pool}.lock()"),
            Call::Unlock => write!(f, "{pool}.unlock()"),
            Call::Pause => write!(f, "{pool}.pause()"),
            Call::Resume => write!(f, "{pool}.resume()"),
            Call::SetSize { size: Some(size) } => write!(f, "{pool}.pool_size = {size}"),
            Call::SetSize { size: None } => write!(f, "{pool}.pool_size = unlimited"),
            Call::Close => write!(f, "{pool}.close()"),
            Call::SaveOutput { ids, path } => {
                write!(f, "{pool}.save_output({}, {path:?})", Few(ids, ids.len()))
            }
        }
    }
}

/// A deed as a program would write it.
fn write_deed(f: &mut fmt::Formatter<'_>, pool: &str, ids: &dyn fmt::Display, deed: &Deed) -> fmt::Result {
    match deed {
        Deed::Cancel { force: false } => write!(f, "{pool}.cancel({ids})"),
        Deed::Cancel { force: true } => write!(f, "{pool}.cancel({ids}, force)"),
        Deed::Signal(signal) => match signal_name(*signal) {
            Some(name) => write!(f, "{pool}.signal({ids}, {name})"),
            None => write!(f, "{pool}.signal({ids}, {signal})"),
        },
        Deed::Pause => write!(f, "{pool}.pause_task({ids})"),
        Deed::Resume => write!(f, "{pool}.resume_task({ids})"),
        Deed::Input(line) => write!(f, "{pool}.input({ids}, {} characters)", line.chars().count()),
        Deed::EndInput => write!(f, "{pool}.end_input({ids})"),
        Deed::Retry => write!(f, "{pool}.retry({ids})"),
    }
}

/// The first few of these IDs, and how many there are.
struct Named<'a>(&'a Ids);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let few: Vec<u64> = self.0.iter().take(6).collect();
        Few(&few, self.0.len()).fmt(f)
    }
}

/// The same of a list.
struct Few<'a>(&'a [u64], usize);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, id) in self.0.iter().take(5).enumerate() {
            write!(f, "{}{id}", if i == 0 { "" } else { ", " })?;
        }
        if self.1 > 5 {
            write!(f, ", … {} in all", self.1)?;
        }
        Ok(())
    }
}

/// What a client asks of a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Do it. Answered by [`Answer::Done`] or [`Answer::Refused`].
    Do(Command),
    /// Say what it would hit; changes nothing. Answered by [`Answer::Preview`] or [`Answer::Refused`].
    Preview(Command),
    /// Say which tasks a list has. Answered by [`Answer::Listed`] or [`Answer::Refused`].
    List(Box<ListWant>),
    /// Say which functions a new group can call. Answered by [`Answer::Functions`].
    Functions,
    /// Say in a line each what these tasks are. Answered by [`Answer::Lines`] or [`Answer::Refused`].
    Describe {
        /// The pool.
        pool: String,
        /// The tasks.
        ids: Ids,
    },
    /// Mute a kind of warnings until the session ends, or not any more. Answered by [`Answer::Done`].
    Mute {
        /// The kind.
        kind: Kind,
        /// Whether it is not shown.
        muted: bool,
    },
    /// Read the config again and say what it says otherwise; changes nothing. Answered by [`Answer::Reread`] or
    /// [`Answer::Refused`].
    Reread,
    /// Apply what that reading has shown, whatever the file says by now. Answered by [`Answer::Applied`] or
    /// [`Answer::Refused`].
    Reload {
        /// The number of the reading.
        number: u64,
    },
    /// End every task within its grace period and leave. Asked a second time: kill at once.
    Quit,
}

impl Request {
    /// Whether it changes tasks, groups or pools. A file of output changes none; leaving is never refused.
    pub fn acts(&self) -> bool {
        match self {
            Request::Do(command) => !matches!(command.call, Call::SaveOutput { .. }),
            Request::Reload { .. } => true,
            Request::Preview(_)
            | Request::List(_)
            | Request::Functions
            | Request::Describe { .. }
            | Request::Mute { .. }
            | Request::Reread
            | Request::Quit => false,
        }
    }
}

/// Which tasks of a list are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListWant {
    /// What shows the list: its pool, group and filter count, and no window.
    pub want: Want,
    /// Only those from the one of these to the other, whichever comes first; the last of all where the second is none.
    pub between: Option<(u64, Option<u64>)>,
}

/// A request with the number that its reply will carry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Numbered {
    /// Chosen by the client.
    pub number: u64,
    /// What it asks.
    pub request: Request,
    /// A person was asked whether this is to be done, and said yes; or typed it into a terminal. Where every change
    /// asks first, a session refuses what is not.
    pub confirmed: bool,
}

/// The reply to one request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request's number.
    pub number: u64,
    /// The request itself, so that a reply reads without its history.
    pub request: Request,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done; the text says with what effect, for instance `cancel requested for 3 tasks`.
    Done(String),
    /// A group was made.
    Added {
        /// Its name.
        group: String,
        /// With what effect.
        text: String,
    },
    /// A group cannot be made like this: at least one thing is wrong with it, and nothing was started.
    Mistakes(Vec<Mistake>),
    /// The functions that a new group can call, those of the config first.
    Functions(Vec<FuncRow>),
    /// What it would hit.
    Preview(Preview),
    /// The tasks of a list.
    Listed {
        /// Their IDs.
        ids: Ids,
        /// How many more there are, beyond the most that are named.
        beyond: usize,
    },
    /// A line for each task; those that are forgotten have none. At most a thousand.
    Lines(Vec<String>),
    /// What the config says that was read again.
    Reread(Reread),
    /// What became of its changes.
    Applied(Box<Applied>),
    /// Not done; the text is the reason.
    Refused(String),
}

/// What a command would hit if it were carried out now.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Preview {
    /// One fact a line, for instance `9 running tasks to be cancelled: 231 230 229 228 118 +4`.
    pub lines: Vec<String>,
    /// The command to send after a yes. It names what was previewed (IDs rather than a count), so that a
    /// change in between cannot make it hit anything else.
    pub command: Option<Command>,
}
