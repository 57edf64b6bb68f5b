//! The program itself, as the tests of the whole start it, and what is left of it afterwards.

pub(crate) mod zoo;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. Generous: only a test that fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_taskpool-tui");

const VARIABLE: &str = "TASKPOOL_TEST_MARK";

/// A variable that everything inherits that a test starts, so that it is found whatever became of its parents.
/// What still runs when it is dropped is killed.
#[derive(Debug)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn new() -> Mark {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Mark(format!("{VARIABLE}={}-{number}", std::process::id()))
    }

    /// Marks what a command starts.
    pub(crate) fn put_on(&self, command: &mut Command) {
        if let Some((name, value)) = self.0.split_once('=') {
            command.env(name, value);
        }
    }

    /// The marked processes that run now: their numbers and command lines.
    pub(crate) fn processes(&self) -> Vec<(i32, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // It may end at any moment; then there is nothing to read.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment
                .split(|&byte| byte == 0)
                .any(|one| one == self.0.as_bytes())
            {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                found.push((pid, String::from_utf8_lossy(&line).replace('\0', " ")));
            }
        }
        found
    }

    /// Waits until so many marked processes have command lines that begin so.
    pub(crate) fn until(&self, count: usize, text: &str) -> Vec<(i32, String)> {
        let mut found = Vec::new();
        until(&format!("{count} processes {text:?}"), || {
            found = self.processes();
            found.retain(|(_, line)| line.starts_with(text));
            found.len() == count
        });
        found
    }

    /// Nothing marked runs any more.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self) {
        assert_eq!(self.processes(), []);
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        for (pid, _) in self.processes() {
            kill(pid, rustix::process::Signal::KILL);
        }
    }
}

/// Sends a signal to a process that may have ended.
pub(crate) fn kill(pid: i32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A file `gate` that commands read a line of: all of them wait for it until it is open.
#[derive(Debug)]
pub(crate) struct Gate(File);

impl Gate {
    pub(crate) fn new(dir: &Path) -> Gate {
        let path = dir.join("gate");
        let mode = rustix::fs::Mode::from_bits_truncate(0o644);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        // Open in both directions, so that neither this nor a reader waits for the other one.
        Gate(File::options().read(true).write(true).open(path).unwrap())
    }

    /// Lets so many through.
    pub(crate) fn open(&self, count: usize) {
        (&self.0).write_all(&vec![b'\n'; count]).unwrap();
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The program with these arguments, in a directory.
pub(crate) fn program<const N: usize>(mark: &Mark, dir: &Path, args: [&str; N]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command.env_remove("TASKPOOL_LOG").env_remove("NO_COLOR");
    mark.put_on(&mut command);
    command
}

/// What became of a program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status; none if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) fn finish(mark: &Mark, command: &mut Command) -> Ended {
    Running::start(mark, command).finish()
}

/// A program that runs, with pipes to read what it writes.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    mark: &'a Mark,
    child: Child,
    lines: mpsc::Receiver<String>,
    errors: mpsc::Receiver<String>,
}

impl<'a> Running<'a> {
    pub(crate) fn start(mark: &'a Mark, command: &mut Command) -> Running<'a> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let errors = read_lines(child.stderr.take().unwrap());
        Running {
            mark,
            child,
            lines,
            errors,
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        kill(self.pid(), signal);
    }

    /// The next line of its output, without its end; none after the last.
    pub(crate) fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no line came"),
        }
    }

    /// Reads lines up to and with the first that has this text in it.
    pub(crate) fn line_with(&self, text: &str) -> String {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("it ended before {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for its end, reading what is left.
    pub(crate) fn finish(mut self) -> Ended {
        let out = std::iter::from_fn(|| self.line()).collect::<Vec<_>>().join("\n");
        let status = wait(&mut self.child);
        let err = self.errors.iter().collect::<Vec<_>>().join("\n");
        self.mark.nothing_is_left();
        Ended {
            code: exit_code(status),
            out,
            err,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Its exit status; none if a signal ended it.
pub(crate) fn exit_code(status: ExitStatus) -> Option<i32> {
    assert!(!status.core_dumped(), "{status}");
    status.code()
}

/// Waits for the end of a process.
#[track_caller]
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let mut status = None;
    until("the program ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

fn read_lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            if send.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    receive
}

/// Writes a file into a directory. Only its owner can write it, whatever is usual here: a config must be so.
pub(crate) fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}
