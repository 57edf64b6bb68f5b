//! Starting a process: the one module with unsafe code.
//!
//! `posix_spawn` is called directly because nothing safe offers what a child needs here: a session of its
//! own (so that it has no controlling terminal to draw on or to be stopped by), a clean signal mask, default
//! signal actions, and all of that without `fork`, whose cost grows with the memory of this process. The
//! unsafe calls are those into libc, each with pointers to values that outlive it, and tokio's registration of
//! a descriptor, which trusts its owner not to close it.

#![expect(
    unsafe_code,
    reason = "posix_spawn has no safe binding that can set all of this"
)]

use super::job::Stdin;
use super::{Job, mark, master, program};
use crate::app::terminal::Terminal;
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Resource, prlimit};
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int, c_short};
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::ptr;
use std::sync::Once;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A child that has just been started: the leader of a session and a group with its own ID.
#[derive(Debug)]
pub(super) struct Spawned {
    pub(super) pid: Pid,
    pub(super) files: Files,
}

/// This process's ends of a child's files.
#[derive(Debug)]
pub(super) enum Files {
    /// The end to write its input to, if that is a pipe, and the ends to read its output from.
    Pipes {
        stdin: Option<OwnedFd>,
        stdout: OwnedFd,
        stderr: OwnedFd,
    },
    /// The master end of its terminal.
    Terminal(OwnedFd),
}

/// Starts the job's program with the standard input that it asks for and pipes for its output, or with a terminal
/// for all three; it inherits no other open file. Blocks until the program has replaced the child, so that errors
/// of `exec` arrive here.
/// Its variables have the mark of this ticket.
pub(super) fn spawn(job: &Job, ticket: u64) -> io::Result<Spawned> {
    prepare();
    let cwd = std::path::absolute(&job.cwd)?;
    let program = program::resolve(job, &cwd)?;
    if !cwd.is_dir() {
        let text = format!("directory {} does not exist", cwd.display());
        return Err(io::Error::new(ErrorKind::NotFound, text));
    }
    let argv = Strings::new(&job.argv, "an argument")?;
    let envp = Strings::new(
        &environment(&job.env, job.terminal.is_some(), ticket)?,
        "a variable",
    )?;

    let (mut actions, mut attributes) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let mut actions = Actions::new(&mut actions)?;
    actions.change_directory(&cwd)?;
    let (files, ends) = match &job.terminal {
        Some(terminal) => (in_terminal(&mut actions, terminal)?, Vec::new()),
        None => on_pipes(&mut actions, &job.stdin)?,
    };
    let attributes = Attributes::new(&mut attributes, &[])?;
    let pid = posix_spawn(&program, &actions, &attributes, &argv, &envp)?;
    if let Some(limit) = super::FILES_BEFORE.get() {
        // It has just replaced its program, and is still loading it. One that has ended has no limits.
        let _ = prlimit(Some(pid), Resource::Nofile, *limit);
    }
    // Open until the child has them.
    drop(ends);
    Ok(Spawned { pid, files })
}

/// Gives a child pipes for its output and the standard input that it asks for: this process's ends, and the
/// child's.
fn on_pipes(actions: &mut Actions<'_>, stdin: &Stdin) -> io::Result<(Files, Vec<OwnedFd>)> {
    let (stdin, child_stdin) = input(stdin)?;
    let (stdout, child_stdout) = pipe()?;
    let (stderr, child_stderr) = pipe()?;
    match &child_stdin {
        Some(file) => actions.duplicate(file.as_raw_fd(), libc::STDIN_FILENO)?,
        None => actions.open(c"/dev/null", libc::STDIN_FILENO, libc::O_RDONLY)?,
    }
    actions.duplicate(child_stdout.as_raw_fd(), libc::STDOUT_FILENO)?;
    actions.duplicate(child_stderr.as_raw_fd(), libc::STDERR_FILENO)?;
    let files = Files::Pipes {
        stdin,
        stdout,
        stderr,
    };
    let ends = child_stdin.into_iter().chain([child_stdout, child_stderr]);
    Ok((files, ends.collect()))
}

/// Gives a child a terminal for all three.
fn in_terminal(actions: &mut Actions<'_>, terminal: &Terminal) -> io::Result<Files> {
    let (master, path) = master::open(terminal.size())?;
    // The first terminal that the leader of a session opens becomes that of the session.
    actions.open(&path, libc::STDIN_FILENO, libc::O_RDWR)?;
    actions.duplicate(libc::STDIN_FILENO, libc::STDOUT_FILENO)?;
    actions.duplicate(libc::STDIN_FILENO, libc::STDERR_FILENO)?;
    Ok(Files::Terminal(above_standard(master)?))
}

/// The end to write a command's input to, and the file that it reads; neither, if it reads nothing.
fn input(stdin: &Stdin) -> io::Result<(Option<OwnedFd>, Option<OwnedFd>)> {
    match stdin {
        Stdin::Empty => Ok((None, None)),
        Stdin::Open | Stdin::Text(_) => {
            let (read, write) = pipe()?;
            Ok((Some(write), Some(read)))
        }
        Stdin::File(path) => {
            let explain =
                |reason: String| io::Error::other(format!("standard input {} {reason}", path.display()));
            // Opening a pipe would wait for somebody who writes to it.
            match fs::metadata(path) {
                Ok(meta) if meta.is_file() || meta.file_type().is_char_device() => {}
                Ok(_) => return Err(explain("is no file".to_owned())),
                Err(error) => return Err(explain(format!("cannot be read: {error}"))),
            }
            match fs::File::open(path) {
                Ok(file) => Ok((None, Some(above_standard(file.into())?))),
                // A lack of room is told from other errors by its number.
                Err(error) if super::room::is_no_room(&error) => Err(error),
                Err(error) => Err(explain(format!("cannot be read: {error}"))),
            }
        }
    }
}

/// Starts this program, with this command line, to read from a pipe and to do without this process: in a session
/// of its own, in the root directory, deaf to the signals that end a program or come from a terminal. Of this
/// process it has standard error and, where that is a terminal, standard output.
pub(super) fn companion(program: &Path, argv: &[OsString], stdin: OwnedFd) -> io::Result<Pid> {
    prepare();
    let argv = Strings::new(argv, "an argument")?;
    let inherited: Vec<OsString> = std::env::vars_os()
        .map(|(name, value)| entry(&name, &value))
        .collect();
    let envp = Strings::new(&inherited, "a variable")?;
    let stdin = above_standard(stdin)?;

    let (mut actions, mut attributes) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let mut actions = Actions::new(&mut actions)?;
    actions.change_directory(Path::new("/"))?;
    actions.duplicate(stdin.as_raw_fd(), libc::STDIN_FILENO)?;
    if !io::stdout().is_terminal() {
        actions.open(c"/dev/null", libc::STDOUT_FILENO, libc::O_WRONLY)?;
    }
    let deaf_to = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGTERM,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
        libc::SIGUSR1,
        libc::SIGUSR2,
    ];
    let attributes = Attributes::new(&mut attributes, &deaf_to)?;
    posix_spawn(program, &actions, &attributes, &argv, &envp)
}

/// What has to be done once, before the first child.
fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        hide_inherited_files();
        keep_exit_statuses();
    });
}

fn posix_spawn(
    program: &Path,
    actions: &Actions<'_>,
    attributes: &Attributes<'_>,
    argv: &Strings,
    envp: &Strings,
) -> io::Result<Pid> {
    let program = c_string(program.as_os_str(), "the program")?;
    let mut pid = 0;
    // SAFETY: the strings are NUL-terminated, both arrays end with a null pointer, actions and attributes
    // are initialised, and all of them live until the call returns.
    check(unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            actions.0,
            attributes.0,
            argv.pointers.as_ptr(),
            envp.pointers.as_ptr(),
        )
    })?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("posix_spawn returned no process"))
}

/// Whether a signal is ignored. Asked before anything is done about it: whether the program was started so.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the pointer is valid; an all-zero action is an initialised one.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Waits until a child has ended that nobody has reaped, and does not reap it.
pub(super) fn dead_child() -> io::Result<Pid> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the pointer is valid; after success the information is that of a child.
    let pid = unsafe {
        if libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), libc::WEXITED | libc::WNOWAIT) != 0 {
            return Err(io::Error::last_os_error());
        }
        info.assume_init().si_pid()
    };
    Pid::from_raw(pid).ok_or_else(|| io::Error::from_raw_os_error(libc::ECHILD))
}

/// The session that a process is in: 0, if that is of another namespace, which the safe binding does not expect.
pub(super) fn session_of(pid: Pid) -> rustix::io::Result<i32> {
    // SAFETY: takes and returns a number.
    found(unsafe { libc::getsid(pid.as_raw_pid()) })
}

/// The group that a process is in, in the same way.
pub(super) fn group_of(pid: Pid) -> rustix::io::Result<i32> {
    // SAFETY: takes and returns a number.
    found(unsafe { libc::getpgid(pid.as_raw_pid()) })
}

fn found(id: libc::pid_t) -> rustix::io::Result<i32> {
    match id {
        -1 => Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::SRCH)),
        id => Ok(id),
    }
}

/// Watches a descriptor for being ready.
pub(crate) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names the same open descriptor until it is dropped, which is when the `AsyncFd`,
    // which owns it and does not hand it out, has given up its registration.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// The functions of `posix_spawn` return the error instead of setting `errno`.
fn check(error: c_int) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// What the child does to its files before `exec`. A pointer to an initialised value.
struct Actions<'a>(&'a mut libc::posix_spawn_file_actions_t);

impl<'a> Actions<'a> {
    fn new(place: &'a mut MaybeUninit<libc::posix_spawn_file_actions_t>) -> io::Result<Self> {
        // SAFETY: the pointer is valid for writes; after success the value is initialised.
        unsafe {
            check(libc::posix_spawn_file_actions_init(place.as_mut_ptr()))?;
            Ok(Actions(place.assume_init_mut()))
        }
    }

    fn change_directory(&mut self, path: &Path) -> io::Result<()> {
        let path = c_string(path.as_os_str(), "the directory")?;
        // SAFETY: the actions are initialised; the path is NUL-terminated and copied by the call.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(self.0, path.as_ptr()) })
    }

    fn open(&mut self, path: &CStr, fd: RawFd, flags: c_int) -> io::Result<()> {
        // SAFETY: as above.
        check(unsafe { libc::posix_spawn_file_actions_addopen(self.0, fd, path.as_ptr(), flags, 0) })
    }

    /// The two must differ: descriptors of this process are above those of the standard streams (see [`pipe`]).
    fn duplicate(&mut self, from: RawFd, to: RawFd) -> io::Result<()> {
        // SAFETY: the actions are initialised; a descriptor that is not open is an error of the call.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(self.0, from, to) })
    }
}

impl Drop for Actions<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, and not used afterwards.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0) };
    }
}

/// How the child starts: a session of its own, only these signals blocked, every signal's action the default.
struct Attributes<'a>(&'a mut libc::posix_spawnattr_t);

impl<'a> Attributes<'a> {
    fn new(place: &'a mut MaybeUninit<libc::posix_spawnattr_t>, blocked: &[c_int]) -> io::Result<Self> {
        let flags = c_int::from(libc::POSIX_SPAWN_SETSID)
            | libc::POSIX_SPAWN_SETSIGMASK as c_int
            | libc::POSIX_SPAWN_SETSIGDEF as c_int;
        let flags = c_short::try_from(flags).map_err(io::Error::other)?;
        // SAFETY: the pointers are valid; every value is initialised by the call before its use.
        unsafe {
            check(libc::posix_spawnattr_init(place.as_mut_ptr()))?;
            let attributes = Attributes(place.assume_init_mut());
            let mut signals = MaybeUninit::uninit();
            libc::sigemptyset(signals.as_mut_ptr());
            for signal in blocked {
                libc::sigaddset(signals.as_mut_ptr(), *signal);
            }
            check(libc::posix_spawnattr_setsigmask(attributes.0, signals.as_ptr()))?;
            libc::sigfillset(signals.as_mut_ptr());
            check(libc::posix_spawnattr_setsigdefault(
                attributes.0,
                signals.as_ptr(),
            ))?;
            check(libc::posix_spawnattr_setflags(attributes.0, flags))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, and not used afterwards.
        unsafe { libc::posix_spawnattr_destroy(self.0) };
    }
}

/// An array of C strings that ends with a null pointer.
struct Strings {
    /// Point into `_strings`, whose texts do not move.
    pointers: Vec<*mut c_char>,
    _strings: Vec<CString>,
}

impl Strings {
    fn new(texts: &[OsString], what: &str) -> io::Result<Self> {
        let strings: Vec<CString> = texts
            .iter()
            .map(|text| c_string(text, what))
            .collect::<Result<_, _>>()?;
        let mut pointers: Vec<*mut c_char> = strings.iter().map(|text| text.as_ptr().cast_mut()).collect();
        pointers.push(ptr::null_mut());
        Ok(Strings {
            pointers,
            _strings: strings,
        })
    }
}

fn c_string(text: &OsStr, what: &str) -> io::Result<CString> {
    CString::new(text.as_bytes())
        .map_err(|_| io::Error::new(ErrorKind::InvalidInput, format!("{what} contains a NUL byte")))
}

/// What a terminal is called that vt100 reads.
const TERM: &str = "xterm-256color";

/// `NAME=value` for each inherited variable, unless the job sets it, for those of the job, and for the mark. In a terminal of its
/// own the ones that describe this process's terminal are not inherited.
fn environment(own: &[(OsString, OsString)], in_terminal: bool, ticket: u64) -> io::Result<Vec<OsString>> {
    if let Some((name, _)) = own
        .iter()
        .find(|(name, _)| name.is_empty() || name.as_bytes().contains(&b'='))
    {
        let text = format!("\"{}\" cannot be the name of a variable", name.display());
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    let set_later = |from: usize, name: &OsStr| {
        name == mark::VARIABLE || own[from..].iter().any(|(other, _)| other == name)
    };
    let describes = |name: &OsStr| in_terminal && (name == "TERM" || name == "COLUMNS" || name == "LINES");
    let term = (in_terminal && !set_later(0, OsStr::new("TERM"))).then(|| ("TERM".into(), TERM.into()));
    let inherited = std::env::vars_os().filter(|(name, _)| !set_later(0, name) && !describes(name));
    let own = own
        .iter()
        .enumerate()
        .filter(|(i, (name, _))| !set_later(i + 1, name));
    Ok(inherited
        .chain(term)
        .chain(own.map(|(_, variable)| variable.clone()))
        .map(|(name, value)| entry(&name, &value))
        .chain([entry(mark::VARIABLE.as_ref(), &mark::value(ticket))])
        .collect())
}

/// A variable as a process gets it.
fn entry(name: &OsStr, value: &OsStr) -> OsString {
    OsString::from_vec([name.as_bytes(), b"=", value.as_bytes()].concat())
}

/// A pipe (to read from, to write to) that no child inherits by itself, clear of the standard streams.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok((above_standard(read)?, above_standard(write)?))
}

fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(fd);
    }
    Ok(fcntl_dupfd_cloexec(&fd, libc::STDERR_FILENO + 1)?)
}

/// Whatever this process was started with open is not for its children. What it opens itself is marked
/// when it is opened.
fn hide_inherited_files() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    for fd in open.filter(|&fd| fd > libc::STDERR_FILENO) {
        // SAFETY: sets a flag that every file opened by this program has already; a number that has been
        // closed meanwhile is refused.
        unsafe {
            libc::fcntl(
                fd,
                libc::F_SETFD,
                c_int::from_ne_bytes(FdFlags::CLOEXEC.bits().to_ne_bytes()),
            )
        };
    }
}

/// A parent that ignores SIGCHLD hands that down, and then the kernel throws exit statuses away.
fn keep_exit_statuses() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the pointers are valid; an all-zero action is the default one with an empty mask.
    unsafe {
        if libc::sigaction(libc::SIGCHLD, ptr::null(), action.as_mut_ptr()) != 0 {
            return;
        }
        let old = action.assume_init();
        if old.sa_sigaction == libc::SIG_IGN || old.sa_flags & libc::SA_NOCLDWAIT != 0 {
            let default = MaybeUninit::<libc::sigaction>::zeroed();
            libc::sigaction(libc::SIGCHLD, default.as_ptr(), ptr::null_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_variables_replace_inherited_ones_and_the_last_one_counts() {
        let variables = environment(
            &[
                ("PATH".into(), "/first".into()),
                ("NEW".into(), "a=b".into()),
                ("PATH".into(), "/last".into()),
                ("TASKPOOL_TASK".into(), "mine".into()),
            ],
            false,
            7,
        )
        .unwrap();
        let with = |prefix: &str| -> Vec<_> {
            variables
                .iter()
                .filter(|v| v.as_bytes().starts_with(prefix.as_bytes()))
                .collect()
        };
        assert_eq!(with("PATH="), ["PATH=/last"]);
        assert_eq!(with("NEW="), ["NEW=a=b"]);
        assert_eq!(with("TASKPOOL_TASK=").len(), 1);
        assert!(with("TASKPOOL_TASK=")[0].as_bytes().ends_with(b".7"));
        assert!(environment(&[("A=B".into(), "".into())], true, 1).is_err());
        assert!(environment(&[("".into(), "".into())], true, 1).is_err());
    }

    #[test]
    fn what_cannot_be_passed_on_is_refused() {
        let error = spawn(&Job::new(["/bin/true", "a\0b"]), 1).unwrap_err();
        assert_eq!(error.to_string(), "an argument contains a NUL byte");
        let mut job = Job::new(["/bin/true"]);
        job.cwd = "/no/such/place".into();
        let error = spawn(&job, 1).unwrap_err();
        assert_eq!(error.to_string(), "directory /no/such/place does not exist");
    }
}
