//! What the warden does.

use super::record::{LENGTH, Record, Screen, Started};
use crate::app::process::left::Left;
use crate::app::process::proc::{self, Alive};
use crate::app::process::{mark, session};
use crate::app::stdio;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
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

/// How often groups are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How long the terminal may be held open.
const TERMINAL: Duration = Duration::from_millis(600);

/// How long what is said may take beyond all the rest.
const SPEAKS: Duration = Duration::from_millis(500);

/// The same for what gives the screen back, which waits for a terminal that takes nothing.
const GIVES_BACK: Duration = Duration::from_secs(10);

/// What there is to do, should the program die.
#[derive(Debug, Default)]
struct Duty {
    births: HashSet<u64>,
    groups: HashMap<u64, Started>,
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
                self.groups.insert(started.ticket, started);
            }
            Record::Gone { ticket } => {
                self.births.remove(&ticket);
                self.groups.remove(&ticket);
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

/// Ends what the program has left, and names what has left its group.
struct Aftermath<'a> {
    run: &'a str,
    start: Instant,
    groups: Vec<Ending>,
    /// The groups that are, or were, ended.
    ended: HashSet<i32>,
    /// Commands that were being started when the program died.
    births: HashSet<u64>,
    /// The processes that have been named.
    named: HashSet<i32>,
    words: Sender<Words>,
}

impl<'a> Aftermath<'a> {
    fn new(run: &'a str, duty: &Duty, words: Sender<Words>) -> Self {
        Aftermath {
            run,
            start: Instant::now(),
            groups: duty.groups.values().filter_map(Ending::begin).collect(),
            ended: duty.groups.values().map(|started| started.pgid).collect(),
            births: duty.births.clone(),
            named: HashSet::new(),
            words,
        }
    }

    fn go_through(mut self) {
        let mut looks = 0;
        let mut let_go = false;
        loop {
            let live = proc::alive();
            self.groups
                .retain_mut(|group| group.goes_on(self.start, live.as_ref()));
            let time = self.start.elapsed();
            let unborn = !self.births.is_empty() && time < BIRTH;
            let over = self.groups.is_empty() && !unborn;
            // Ever more rarely: reading the variables of all processes is no small thing.
            if over || looks == 0 || (unborn && time >= LOOK * (looks * looks)) {
                self.look();
                looks += 1;
                // A command may have been found that was just being born.
                if over && self.groups.is_empty() {
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

    /// Looks for what carries a mark: commands that are not known to have been started, and processes that have
    /// left their group.
    fn look(&mut self) {
        let mut marked = proc::marked(self.run);
        // The first process of a command leads its group.
        marked.sort_by_key(|marked| (marked.seen.started, marked.seen.pid));
        for marked in marked {
            let group = marked.seen.group;
            if self.births.remove(&marked.ticket) {
                // Nobody has asked anything of it yet: it needs no grace. Whether it has a terminal was not told; it
                // leads a session of its own, all of which is left by the program.
                self.groups.extend(Ending::begin(&Started {
                    ticket: marked.ticket,
                    pgid: group,
                    grace: Duration::ZERO,
                    by: mark::boot_time(),
                    in_terminal: marked.seen.session == group,
                }));
                self.ended.insert(group);
            }
            let session = marked.seen.session;
            let is_ending = |ending: &Ending| ending.started.in_terminal && ending.started.pgid == session;
            if self.groups.iter().any(is_ending) {
                continue;
            }
            if !self.ended.contains(&group) && self.named.insert(marked.seen.pid) {
                let text = format!("taskpool-tui was killed; left behind: {}", Left::of(&marked));
                let _ = self.words.send(Words::Line(text));
            }
        }
    }
}

/// A command that is being ended.
struct Ending {
    started: Started,
    pgid: Pid,
    /// When its members were all dead for the first time.
    dead: bool,
}

impl Ending {
    /// Tells a command to end, if its group is still the one that was started.
    fn begin(started: &Started) -> Option<Ending> {
        if proc::is_anothers(started) {
            return None;
        }
        let ending = Ending {
            started: *started,
            pgid: Pid::from_raw(started.pgid)?,
            dead: false,
        };
        ending.signal(Signal::TERM);
        if started.in_terminal {
            session::hang_up(started);
        }
        // A stopped process gets it only when it goes on.
        ending.signal(Signal::CONT);
        Some(ending)
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.pgid, signal);
        if self.started.in_terminal {
            session::signal_others(&self.started, signal);
        }
    }

    /// Whether something of it is left; what had its time is killed.
    fn goes_on(&mut self, start: Instant, live: Option<&Alive>) -> bool {
        if proc::is_anothers(&self.started) {
            return false;
        }
        // That of a session says nothing of its other groups.
        if !self.started.in_terminal && test_kill_process_group(self.pgid) == Err(Errno::SRCH) {
            return false;
        }
        let (time, grace) = (start.elapsed(), self.started.grace);
        if time >= grace {
            self.signal(Signal::KILL);
        }
        // Nobody may reap what is dead. One that is just being born can be missed by one look.
        let dead = live.is_some_and(|live| !live.has(&self.started));
        let gone = dead && std::mem::replace(&mut self.dead, dead);
        self.dead = dead;
        !gone && time < grace.saturating_add(BEYOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f104_a_group_that_a_younger_process_leads_is_another() {
        // This process leads no group, which is as good as none that can be signalled by mistake.
        let own = std::process::id().cast_signed();
        let started = |by| Started {
            ticket: 1,
            pgid: own,
            grace: Duration::ZERO,
            by,
            in_terminal: false,
        };
        assert!(Ending::begin(&started(1)).is_none());
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
            in_terminal: false,
        };
        for ticket in 1..=3 {
            duty.note(Record::Birth { ticket });
        }
        duty.note(Record::Group(started(1)));
        duty.note(Record::Group(started(2)));
        duty.note(Record::Gone { ticket: 1 });
        duty.note(Record::Gone { ticket: 4 });
        assert_eq!(duty.groups.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(duty.births.iter().collect::<Vec<_>>(), [&3]);
        duty.note(Record::Gone { ticket: 3 });
        assert!(duty.births.is_empty() && !duty.dismissed);
        duty.note(Record::Goodbye);
        assert!(duty.dismissed);
    }
}
