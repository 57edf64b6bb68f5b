//! A pseudo-terminal with a shell in it, as a user has one: the shell starts the program, and says how it ended.

use crate::program::{Mark, PATIENCE, PROGRAM, kill, until, wait};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The terminal that it is.
const TERM: &str = "xterm-256color";

/// What the shell does. It outlives the program: a terminal whose last process has ended is reset.
pub(crate) const SHELL: &str = r#""$@"; echo "[left with $?]"; read -r _"#;

/// The same with job control, for a program that can be stopped and brought back.
const JOB_CONTROL: &str = r#"set -m; "$@"; echo "[left with $?]"; read -r _
fg > /dev/null; echo "[left with $?]"; read -r _"#;

/// The same, as often as one likes.
const JOB_CONTROL_AGAIN: &str =
    r#"set -m; "$@"; while :; do echo "[left with $?]"; read -r _; fg > /dev/null; done"#;

/// What leaves the alternate screen.
pub(crate) const LEAVE: &str = "\x1b[?1049l";
/// What enters it.
pub(crate) const ENTER: &str = "\x1b[?1049h";

/// What stands at the end of each picture that the dashboard draws: whether the cursor is seen.
const ENDS: [&str; 2] = ["\x1b[?25l", "\x1b[?25h"];

/// What has come out of the terminal, and what it shows.
struct Shown {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// How much of that the parser has read. Of the dashboard it reads whole pictures only: a slow machine has time to
    /// look at half of one.
    read: usize,
    /// Whether the dashboard is there.
    pictures: bool,
    closing: bool,
    closed: bool,
}

impl Shown {
    /// Something has come.
    fn take(&mut self, bytes: &[u8]) {
        // What is looked for may have come in two pieces.
        let from = self.raw.len().saturating_sub(ENTER.len()).max(self.read);
        let before = self.raw.len().saturating_sub(ENTER.len() - 1);
        self.raw.extend_from_slice(bytes);
        let last = |from: usize, text: &str| {
            let text = text.as_bytes();
            let at = self.raw[from..]
                .windows(text.len())
                .rposition(|part| part == text);
            at.map(|at| from + at + text.len())
        };
        let (entered, left) = (last(before, ENTER), last(before, LEAVE));
        if entered.is_some() || left.is_some() {
            self.pictures = entered > left;
        }
        let whole = if self.pictures {
            ENDS.iter().filter_map(|end| last(from, end)).max()
        } else {
            Some(self.raw.len())
        };
        if let Some(whole) = whole {
            self.parser.process(&self.raw[self.read..whole]);
            self.read = whole;
        }
    }
}

/// The terminal, with the dashboard in it.
pub(crate) struct Terminal {
    pub(crate) mark: Mark,
    shell: Child,
    executable: PathBuf,
    master: Option<OwnedFd>,
    keyboard: Option<File>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    /// Nobody reads what comes out of it.
    unread: Arc<AtomicBool>,
    modes: String,
}

impl Terminal {
    /// Starts the dashboard on a config.
    pub(crate) fn start(dir: &Path, size: (u16, u16), config: &str) -> Terminal {
        Terminal::with_shell(SHELL, TERM, dir, size, config)
    }

    /// The same in a shell with job control.
    pub(crate) fn start_as_job(dir: &Path, size: (u16, u16), config: &str) -> Terminal {
        Terminal::with_shell(JOB_CONTROL, TERM, dir, size, config)
    }

    /// The same in a shell that brings it back as often as it is stopped.
    pub(crate) fn start_as_often(dir: &Path, size: (u16, u16), config: &str) -> Terminal {
        Terminal::with_shell(JOB_CONTROL_AGAIN, TERM, dir, size, config)
    }

    /// The same in a terminal that can do nothing.
    pub(crate) fn start_dumb(dir: &Path, size: (u16, u16), config: &str) -> Terminal {
        Terminal::with_shell(SHELL, "dumb", dir, size, config)
    }

    /// The program with these arguments and variables.
    pub(crate) fn start_with(
        dir: &Path,
        size: (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        let variables = [&[("TERM", TERM)], variables].concat();
        Terminal::open(PROGRAM.as_ref(), dir, size, arguments, &variables)
    }

    /// Another program.
    pub(crate) fn open(
        program: &Path,
        dir: &Path,
        size: (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        Terminal::in_shell(SHELL, program, dir, size, arguments, variables)
    }

    fn with_shell(script: &str, term: &str, dir: &Path, size: (u16, u16), config: &str) -> Terminal {
        crate::program::write(dir, "test.toml", config);
        Terminal::in_shell(
            script,
            PROGRAM.as_ref(),
            dir,
            size,
            &["test.toml"],
            &[("TERM", term)],
        )
    }

    /// Opens a terminal with a shell in it that runs a program.
    pub(crate) fn in_shell(
        script: &str,
        program: &Path,
        dir: &Path,
        size: (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        Terminal::prepared(script, program, dir, size, arguments, variables, |_| {})
    }

    /// The same once something was done to the terminal that the shell gets.
    pub(crate) fn prepared(
        script: &str,
        program: &Path,
        dir: &Path,
        size: (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
        prepare: impl FnOnce(&File),
    ) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, window(size)).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        // It must not become the terminal of this process.
        let slave = {
            use std::os::unix::fs::OpenOptionsExt as _;
            let no_control = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
            File::options()
                .read(true)
                .write(true)
                .custom_flags(no_control)
                .open(path)
                .unwrap()
        };
        let mark = Mark::new();
        let mut command = Command::new("setsid");
        // Whoever runs this in the background has it ignore the keys that interrupt, and all that it starts.
        command.args(["--ctty", "env", "--default-signal=INT,QUIT"]);
        command.args(["sh", "-c", script, "sh"]).arg(program);
        command.args(arguments).current_dir(dir).env("LANG", "C.UTF-8");
        for name in ["NO_COLOR", "TASKPOOL_LOG", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(name);
        }
        // Whoever runs this has a file of their own, perhaps.
        command.env("XDG_CONFIG_HOME", "/nonexistent");
        command.envs(variables.iter().copied());
        mark.put_on(&mut command);
        let modes = format!("{:?}", tcgetattr(&slave).unwrap());
        prepare(&slave);
        command
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave);
        let shell = command.spawn().unwrap();
        let keyboard = File::from(master.try_clone().unwrap());
        let shown = Arc::new((
            Mutex::new(Shown {
                parser: parser(size.1, size.0),
                raw: Vec::new(),
                read: 0,
                pictures: false,
                closing: false,
                closed: false,
            }),
            Condvar::new(),
        ));
        let reader = File::from(master.try_clone().unwrap());
        let unread = Arc::new(AtomicBool::new(false));
        thread::spawn({
            let (shown, unread) = (shown.clone(), unread.clone());
            move || read(reader, &shown, &unread)
        });
        Terminal {
            mark,
            shell,
            executable: program.canonicalize().unwrap(),
            master: Some(master),
            keyboard: Some(keyboard),
            shown,
            unread,
            modes,
        }
    }

    /// Leaves unread what comes out of it from now on, or reads on.
    pub(crate) fn leave_unread(&self, unread: bool) {
        self.unread.store(unread, Ordering::SeqCst);
    }

    /// Types bytes.
    pub(crate) fn types(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Types, and waits until the screen shows something.
    #[track_caller]
    pub(crate) fn press(&mut self, keys: &str, shows: &str) {
        self.types(keys);
        self.shows(shows);
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.wait_for(&format!("shows {text:?}"), |screen| screen.contains(text));
    }

    /// Waits until the screen does not show this.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        self.wait_for(&format!("hides {text:?}"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as it should be; returns how long that took.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is: impl Fn(&str) -> bool) -> Duration {
        let (shown, changed) = &*self.shown;
        let start = Instant::now();
        let mut shown = shown.lock().unwrap();
        loop {
            let screen = shown.parser.screen().contents();
            if is(&screen) {
                return start.elapsed();
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            assert!(!left.is_zero(), "it never {what}:\n{screen}");
            assert!(!shown.closed, "it ended and never {what}:\n{screen}");
            shown = changed.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// What it shows.
    pub(crate) fn screen(&self) -> String {
        self.shown.0.lock().unwrap().parser.screen().contents()
    }

    /// The same with its colours.
    pub(crate) fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shown.0.lock().unwrap().parser.screen())
    }

    /// Everything that came out of the terminal.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.shown.0.lock().unwrap().raw.clone()
    }

    /// Forgets what it shows, so that only what is drawn anew is seen.
    pub(crate) fn blank(&self) {
        let mut shown = self.shown.0.lock().unwrap();
        let (rows, columns) = shown.parser.screen().size();
        shown.parser = parser(rows.get(), columns.get());
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, size: (u16, u16)) {
        let mut shown = self.shown.0.lock().unwrap();
        let (rows, columns) = (nonzero(size.1), nonzero(size.0));
        shown.parser.screen_mut().set_size(rows, columns);
        // With the lock held, so that nothing of the new size is read with the old one.
        tcsetwinsize(self.master.as_ref().unwrap(), window(size)).unwrap();
    }

    /// The same, whatever the screen shows meanwhile: some sizes are none for a reader.
    pub(crate) fn resize_quietly(&self, size: (u16, u16)) {
        tcsetwinsize(self.master.as_ref().unwrap(), window(size)).unwrap();
    }

    /// The number of the program's process.
    pub(crate) fn program(&self) -> i32 {
        let mut found = None;
        until("the program runs", || {
            found = self.mark.processes().into_iter().find(|(pid, line)| {
                !line.contains("__warden")
                    && fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == self.executable)
            });
            found.is_some()
        });
        found.unwrap().0
    }

    /// The number of the shell's process, from which the program was started.
    pub(crate) fn shell(&self) -> i32 {
        self.shell.id().cast_signed()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.program(), signal);
    }

    /// Closes the terminal, as a terminal's window is closed.
    pub(crate) fn close(&mut self) {
        self.keyboard = None;
        self.master = None;
        // The reader has it open, too, and lets go of it.
        self.shown.0.lock().unwrap().closing = true;
    }

    /// Waits until the program has left with this exit status: the terminal is as it was, it was entered and left
    /// `times` times, and nothing of the program is left.
    #[track_caller]
    pub(crate) fn has_left(&self, code: i32, times: usize) {
        self.shows(&format!("[left with {code}]"));
        assert_eq!(self.modes_now(), self.modes);
        let raw = String::from_utf8_lossy(&self.raw()).into_owned();
        assert_eq!(raw.matches(ENTER).count(), times, "{raw:?}");
        assert_eq!(raw.matches(LEAVE).count(), times, "{raw:?}");
        if times > 0 {
            // Nothing is drawn after the screen was left, but what came of the pools is told; the cursor is there again.
            let after = raw.rsplit(LEAVE).next().unwrap();
            assert!(!after.contains('\x1b'), "{after:?}");
            assert!(
                after.trim().ends_with(&format!("[left with {code}]")),
                "{after:?}"
            );
            let told = |line: &str| {
                let counts = line.contains(" ok, ") && line.contains(" cancelled");
                counts || line.starts_with("failed: ") || line.starts_with("not run: ")
            };
            let lines = after.lines().filter(|line| !line.trim().is_empty());
            let others = lines.filter(|line| !told(line) && !line.contains("[left with"));
            assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
            assert!(raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l"), "{raw:?}");
            assert!(raw.rfind("\x1b[?2004l") > raw.rfind("\x1b[?2004h"), "{raw:?}");
            for once in ["\x1b[?2004h", "\x1b[?2004l"] {
                assert_eq!(raw.matches(once).count(), times, "{once:?}: {raw:?}");
            }
        }
        for mouse in ["1000", "1002", "1006"] {
            let (on, off) = (format!("\x1b[?{mouse}h"), format!("\x1b[?{mouse}l"));
            assert!(raw.rfind(&off) > raw.rfind(&on) || !raw.contains(&on), "{raw:?}");
        }
        for title in raw.rmatch_indices("\x1b[22;2t").take(1) {
            assert!(raw.rfind("\x1b[23;2t") > Some(title.0), "{raw:?}");
        }
        for never in ["\x1b[?1003h", "\x1b[>1u"] {
            assert!(!raw.contains(never), "{raw:?}");
        }
        // What was killed without being waited for may take a moment; then there is only the shell.
        until("nothing is left but the shell", || {
            let left = self.mark.processes();
            left.iter().all(|(pid, _)| *pid == self.shell.id().cast_signed())
        });
    }

    /// The terminal's modes: echo, line editing, what its keys send.
    pub(crate) fn modes_now(&self) -> String {
        // Those of the other end: a master has none of its own.
        format!("{:?}", tcgetattr(self.master.as_ref().unwrap()).unwrap())
    }

    /// Whether they are as they were before the program came.
    pub(crate) fn modes_are_as_before(&self) -> bool {
        self.modes_now() == self.modes
    }

    /// Waits for the end of the shell.
    #[track_caller]
    pub(crate) fn shell_ends(&mut self) {
        wait(&mut self.shell);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave_unread(false);
        // What else runs falls with the mark.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn parser(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(nonzero(rows), nonzero(columns), 0)
}

fn nonzero(size: u16) -> NonZero<u16> {
    NonZero::new(size).unwrap()
}

fn window((columns, rows): (u16, u16)) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

fn read(mut from: File, shown: &(Mutex<Shown>, Condvar), unread: &AtomicBool) {
    let mut bytes = vec![0; 1 << 16];
    let now_and_then = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    loop {
        if unread.load(Ordering::SeqCst) && shown.0.lock().is_ok_and(|state| !state.closing) {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        let mut ready = [PollFd::new(&from, PollFlags::IN)];
        let ready = poll(&mut ready, Some(&now_and_then)).unwrap();
        // An error means that nobody has the other end open any more.
        let count = if ready > 0 {
            from.read(&mut bytes).unwrap_or(0)
        } else {
            0
        };
        // A test that has failed has poisoned it.
        let Ok(mut state) = shown.0.lock() else {
            return;
        };
        state.take(&bytes[..count]);
        state.closed = state.closing || (ready > 0 && count == 0);
        if ready > 0 || state.closed {
            shown.1.notify_all();
        }
        if state.closed {
            return;
        }
    }
}
