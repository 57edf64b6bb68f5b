//! What the warden does.

use super::record::{LENGTH, Record, Screen, Started};
use crate::app::process::left::Left;
use crate::app::process::proc;
use crate::app::process::{mark, session};
use crate::app::stdio;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::stdio::{dup2_stderr, dup2_stdout, stdin, stdout};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};
use std::collections::{HashMap, HashSet};
use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// While the program tells much it is listened to so often. Its end is noticed at once.
const LISTEN: Duration = Duration::from_millis(50);

/// How long a command may take from the program's end to carry its mark.
const BIRTH: Duration = Duration::from_secs(1);

/// How long there is beyond the longest grace period.
const BEYOND: Duration = Duration::from_secs(1);

/// How often sessions are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How long the terminal may be held open.
const TERMINAL: Duration = Duration::from_millis(600);

/// How long what is said may take beyond all the rest.
const SPEAKS: Duration = Duration::from_millis(500);

/// How many processes of a session that cannot be ended are named.
const NAMED: usize = 8;
/// The same for what gives the screen back, which waits for a terminal that takes nothing.
const GIVES_BACK: Duration = Duration::from_secs(10);

/// What there is to do, should the program die.
#[derive(Debug, Default)]
struct Duty {
    births: HashSet<u64>,
    sessions: HashMap<u64, Started>,
    screen: Option<Screen>,
    dismissed: bool,
}

/// The body of a warden, for the process that [`start_warden`](super::start_warden) has started, with the argument
/// that it was given. Returns when there is nothing left to do: at once after an orderly end of the program, and
/// else once its commands have ended, which takes no longer than the longest of their grace periods and a second.
pub fn keep_watch(run: &str) {
    // What it is called in a list of processes.
    let _ = rustix::thread::set_name(c"taskpool-warden");
    let mut duty = Duty::default();
    listen(&mut duty);
    if duty.dismissed {
        return;
    }
    let speaks = if duty.screen.is_some() { GIVES_BACK } else { SPEAKS };
    if let Some(screen) = &duty.screen {
        give_back(screen);
    }
    let (words, said) = channel();
    // A thread of its own: a terminal, or whoever reads, may take its time.
    let speaking = thread::Builder::new().spawn(move || speak(said));
    if let Some(screen) = &duty.screen {
        let _ = words.send(Words::Screen(screen.leave().to_vec()));
    }
    Aftermath::new(run, &duty, words).go_through();
    let until = Instant::now() + speaks;
    while speaking.as_ref().is_ok_and(|speaking| !speaking.is_finished()) && Instant::now() < until {
        thread::sleep(LOOK);
    }
}

/// Takes in what the program tells, until it ends.
fn listen(duty: &mut Duty) {
    let mut bytes = vec![0; 1 << 16];
    let mut kept = 0;
    loop {
        match rustix::io::read(stdin(), &mut bytes[kept..]) {
            Ok(0) => return,
            Ok(count) => {
                kept += count;
                let (records, rest) = bytes[..kept].as_chunks::<LENGTH>();
                for record in records.iter().filter_map(Record::decode) {
                    duty.note(record);
                }
                let rest = kept - rest.len()..kept;
                kept = rest.len();
                bytes.copy_within(rest, 0);
            }
            Err(Errno::AGAIN) => {
                // Not at once, to leave the processor to the others.
                wait(PollFlags::empty(), Some(LISTEN));
                wait(PollFlags::IN, None);
            }
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Waits for this on the pipe, or for its end.
fn wait(what: PollFlags, most: Option<Duration>) {
    let most = most.and_then(|most| Timespec::try_from(most).ok());
    // Whatever it returns: there is a look at the pipe next.
    let _ = poll(&mut [PollFd::new(&stdin(), what)], most.as_ref());
}

impl Duty {
    fn note(&mut self, record: Record) {
        match record {
            Record::Birth { ticket } => {
                self.births.insert(ticket);
            }
            Record::Group(started) => {
                self.births.remove(&started.ticket);
                self.sessions.insert(started.ticket, started);
            }
            Record::Gone { ticket } => {
                self.births.remove(&ticket);
                self.sessions.remove(&ticket);
            }
            Record::Taken(screen) => self.screen = Some(screen),
            Record::Given => self.screen = None,
            Record::Goodbye => self.dismissed = true,
        }
    }
}

/// Makes the terminal what it was, unless somebody else has done so.
fn give_back(screen: &Screen) {
    let Ok(mut modes) = tcgetattr(stdout()) else {
        return;
    };
    let cooked = LocalModes::ICANON | LocalModes::ISIG;
    if !modes.local_modes.intersects(cooked) && !modes.output_modes.contains(OutputModes::OPOST) {
        screen.restore(&mut modes);
        let _ = tcsetattr(stdout(), OptionalActions::Now, &modes);
    }
}

/// What is said to the terminal and on standard error.
enum Words {
    /// What gives the screen back.
    Screen(Vec<u8>),
    Line(String),
    /// The terminal must not be held open for as long as commands may take to end.
    LetGo,
}

fn speak(words: Receiver<Words>) {
    for word in words {
        // Nobody may be left to hear it.
        match word {
            Words::Screen(bytes) => {
                let _ = stdio::stdout().write_all(&bytes);
            }
            Words::Line(line) => {
                stdio::complain(line);
            }
            Words::LetGo => {
                if let Ok(null) = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
                    let _ = dup2_stdout(&null);
                    let _ = dup2_stderr(&null);
                }
            }
        }
    }
}

/// Ends what the program has left, and names what has left its session.
struct Aftermath<'a> {
    run: &'a str,
    start: Instant,
    endings: Vec<Ending>,
    /// The sessions that are, or were, ended.
    ended: HashSet<i32>,
    /// Commands that were being started when the program died.
    births: HashSet<u64>,
    /// The processes that have been named.
    named: HashSet<i32>,
    words: Sender<Words>,
}

impl<'a> Aftermath<'a> {
    fn new(run: &'a str, duty: &Duty, words: Sender<Words>) -> Self {
        let mut aftermath = Aftermath {
            run,
            start: Instant::now(),
            endings: Vec::new(),
            ended: HashSet::new(),
            births: duty.births.clone(),
            named: HashSet::new(),
            words,
        };
        aftermath.begin(duty.sessions.values().copied());
        aftermath
    }

    /// Tells commands to end, if their sessions are still those that were started.
    fn begin(&mut self, all: impl Iterator<Item = Started>) {
        let new: Vec<Started> = all.collect();
        self.ended.extend(new.iter().map(|started| started.pgid));
        let mut new = new;
        new.retain(|started| !proc::is_anothers(started));
        signal(&new, Signal::TERM);
        session::hang_up(&new);
        // A stopped process gets it only when it goes on.
        signal(&new, Signal::CONT);
        let dead = false;
        self.endings
            .extend(new.into_iter().map(|started| Ending { started, dead }));
    }

    fn go_through(mut self) {
        let mut looks = 0;
        let mut let_go = false;
        loop {
            self.go_on();
            let time = self.start.elapsed();
            let unborn = !self.births.is_empty() && time < BIRTH;
            let over = self.endings.is_empty() && !unborn;
            // Ever more rarely: reading the variables of all processes is no small thing.
            if over || looks == 0 || (unborn && time >= LOOK * (looks * looks)) {
                self.look();
                looks += 1;
                // A command may have been found that was just being born.
                if over && self.endings.is_empty() {
                    return;
                }
            }
            if !let_go && time >= TERMINAL && stderr().is_terminal() {
                self.look();
                let _ = self.words.send(Words::LetGo);
                let_go = true;
            }
            thread::sleep(LOOK);
        }
    }

    /// Kills what had its time, and forgets what is gone, or cannot be ended.
    fn go_on(&mut self) {
        let time = self.start.elapsed();
        self.endings.retain(|ending| !proc::is_anothers(&ending.started));
        let late = self.endings.iter().map(|ending| ending.started);
        let late: Vec<Started> = late.filter(|started| time >= started.grace).collect();
        signal(&late, Signal::KILL);
        let sessions = self.endings.iter().map(|ending| ending.started.pgid);
        let alive = proc::alive(&sessions.collect());
        let mut given_up = Vec::new();
        self.endings.retain_mut(|ending| {
            let goes_on = ending.goes_on(alive.as_ref());
            let has_time = time < ending.started.grace.saturating_add(BEYOND);
            if goes_on && !has_time {
                given_up.push(ending.started.pgid);
            }
            goes_on && has_time
        });
        let given_up = given_up.into_iter().flat_map(|pgid| proc::members(pgid, NAMED));
        for (pid, name) in given_up {
            if self.named.insert(pid) {
                self.name(&format!("pid {pid} {name}"));
            }
        }
    }

    /// Looks for what carries a mark: commands that are not known to have been started, and processes that have
    /// left their session.
    fn look(&mut self) {
        let mut marked = proc::marked(self.run);
        // The first process of a command leads its session.
        marked.sort_by_key(|marked| (marked.seen.started, marked.seen.pid));
        for marked in marked {
            let session = marked.seen.session;
            if self.births.remove(&marked.ticket) {
                // Nobody has asked anything of it yet: it needs no grace. Whether it has a terminal was not told.
                let started = Started {
                    ticket: marked.ticket,
                    pgid: session,
                    grace: Duration::ZERO,
                    by: mark::boot_time(),
                    terminal: true,
                };
                self.begin([started].into_iter());
            }
            if !self.ended.contains(&session) && self.named.insert(marked.seen.pid) {
                self.name(&Left::of(&marked).to_string());
            }
        }
    }

    fn name(&self, left: &str) {
        let text = format!("taskpool-tui was killed; left behind: {left}");
        let _ = self.words.send(Words::Line(text));
    }
}

/// A command that is being ended.
struct Ending {
    started: Started,
    /// Whether its members were all dead when they were looked at last.
    dead: bool,
}

impl Ending {
    /// Whether something of it is left. Nobody may reap what is dead; one that is just being born can be missed by one
    /// look.
    fn goes_on(&mut self, alive: Option<&HashSet<i32>>) -> bool {
        let dead = alive.is_some_and(|alive| !alive.contains(&self.started.pgid));
        let was_dead = std::mem::replace(&mut self.dead, dead);
        !(dead && was_dead)
    }
}

/// Sends a signal to every process of these sessions.
fn signal(all: &[Started], signal: Signal) {
    for pgid in all.iter().filter_map(|started| Pid::from_raw(started.pgid)) {
        let _ = kill_process_group(pgid, signal);
    }
    if !all.is_empty() {
        session::signal_others(all, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f104_a_session_that_a_younger_process_leads_is_another() {
        // This process leads no session, which is as good as none that can be signalled by mistake.
        let own = std::process::id().cast_signed();
        let started = |by| Started {
            ticket: 1,
            pgid: own,
            grace: Duration::ZERO,
            by,
            terminal: false,
        };
        let (words, _said) = channel();
        let mut aftermath = Aftermath::new("no run", &Duty::default(), words);
        aftermath.begin([started(1)].into_iter());
        assert!(aftermath.endings.is_empty());
        assert!(proc::one(own).is_some_and(|seen| seen.was_there_at(mark::boot_time())));
    }

    #[test]
    fn what_is_gone_needs_no_end() {
        let mut duty = Duty::default();
        let started = |ticket| Started {
            ticket,
            pgid: 1,
            grace: Duration::ZERO,
            by: 1,
            terminal: false,
        };
        for ticket in 1..=3 {
            duty.note(Record::Birth { ticket });
        }
        duty.note(Record::Group(started(1)));
        duty.note(Record::Group(started(2)));
        duty.note(Record::Gone { ticket: 1 });
        duty.note(Record::Gone { ticket: 4 });
        assert_eq!(duty.sessions.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(duty.births.iter().collect::<Vec<_>>(), [&3]);
        duty.note(Record::Gone { ticket: 3 });
        assert!(duty.births.is_empty() && !duty.dismissed);
        duty.note(Record::Goodbye);
        assert!(duty.dismissed);
    }
}
