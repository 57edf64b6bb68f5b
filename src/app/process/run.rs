//! A command as the body of a task.

use super::cancels::Cancels;
use super::child::Child;
use super::clock::Clock;
use super::failure::{explain, keep_end, last_line};
use super::live::{Facts, Order, Ordered, Seat, Stage, sendable};
use super::refused::Refused;
use super::room::{self, Place};
use super::status::{CommandEnded, CommandFailed, Exit};
use super::{Job, Written, group, left, master, refused, status};
use crate::app::clean::Clean;
use crate::app::output::OutputSink;
use crate::app::view::{Stream, TerminalSize};
use crate::pool::{BoxError, Cancelled, TaskContext};
use rustix::process::Signal;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{spawn_blocking, unconstrained, yield_now};
use tokio::time::Instant;

/// How long other processes of a command may outlive its first one, or hold its output open.
const LEAK: Duration = Duration::from_millis(100);

/// How long killed processes may take to be gone.
const KILLED: Duration = Duration::from_secs(5);

/// How many processes that a command has left behind are named in its output.
const NAMED: usize = 8;

/// Runs a command and hands its output to the sink. Returns when every process of its session is gone.
///
/// Exit code 0 is `Ok`; any other end is a [`CommandFailed`], and a command that cannot be started an
/// [`io::Error`] that names it. Where the system has no room for another process or file, it waits for that
/// ([`Stage::NoRoom`]).
///
/// When the first process has exited, others of its session get 100 ms to follow. Those that do not are ended
/// too: the task is the whole session, and what would go on unseen would neither hold a slot nor be
/// stopped by anything. A process that has left the session is not followed, but it is named, in the output and in
/// the log (target `app::process`; see [`left_behind`](super::left_behind)); if it holds the output open, the
/// output is cut. In a terminal that is closed last, which sends a HUP to whoever is left in it.
///
/// **Cancel**: TERM (and CONT, for it may be stopped) to the session; what is left after the job's grace, at a second
/// cancel or at a forced one, is killed. Then this returns the [`Cancelled`], whose detail is a [`CommandEnded`];
/// also if the command ends by itself meanwhile. A timeout does the same and is a failure. Without a
/// [`TaskContext`] nothing can cancel it. Dropped, the session is killed.
pub async fn run(job: Job, sink: OutputSink) -> Result<(), BoxError> {
    run_live(job, sink, Seat::none()).await
}

/// The same for a run on the list of those that are live: it tells there what it does, and serves orders from
/// there whatever that is.
pub async fn run_live(job: Job, sink: OutputSink, seat: Seat) -> Result<(), BoxError> {
    let mut run = Run {
        cancels: Cancels(TaskContext::current()),
        seat,
        clock: Clock::new(),
        errors: Vec::new(),
        sink,
        cancelled: None,
        quick: false,
        limit: job.timeout,
        timed_out: false,
        paused: false,
        stopping: false,
        killed: false,
        kill_sent: false,
        refused: false,
    };
    let result = run.job(&job).await;
    if let Some(terminal) = &job.terminal {
        let mut output = |written: Written<'_>| run.sink.take(written.stream, written.bytes, written.at);
        while terminal.is_behind() {
            master::written(&terminal.go_on().lines, &mut output);
            // Whoever ends it by force does not wait for what is left; it is read all the same.
            if run.cancels.catch(yield_now()).await.is_err() {
                break;
            }
        }
        master::written(&terminal.finish(), &mut output);
    }
    let failed = result.as_ref().is_err_and(|error| !error.is::<Cancelled>());
    run.sink.saved().await;
    run.sink.end(failed);
    result
}

struct Run {
    cancels: Cancels,
    /// Where it tells what it does, and takes orders.
    seat: Seat,
    /// What its limits are measured by.
    clock: Clock,
    /// The end of standard error.
    errors: Vec<u8>,
    sink: OutputSink,
    /// The first cancel.
    cancelled: Option<Cancelled>,
    /// A cancel was forced or repeated: no grace.
    quick: bool,
    /// How long it may run.
    limit: Option<Duration>,
    timed_out: bool,
    /// An order has paused it.
    paused: bool,
    /// It was told to end.
    stopping: bool,
    /// Whether something had to be killed.
    killed: bool,
    /// It was said that processes of it cannot be ended.
    refused: bool,
    /// An order has sent it a KILL.
    kill_sent: bool,
}

impl Run {
    async fn job(&mut self, job: &Job) -> Result<(), BoxError> {
        // The place is given back last, when the child's files are closed.
        let (_place, mut child) = self.start(job).await??;
        self.clock = Clock::new();
        self.seat.tell(|facts| self.clock_changed(facts));
        let limit = self.limit.unwrap_or(Duration::MAX);
        let exited = |child: &mut Child| child.exit().is_some();
        match self.wait(&mut child, limit, exited).await {
            Ok(true) => self.settle(&mut child).await,
            Ok(false) => {
                self.timed_out = true;
                self.seat.tell(|facts| facts.timed_out = Some(Instant::now()));
            }
            Err(cancelled) => self.note(cancelled),
        }
        if !child.is_gone() {
            self.stop(&mut child, job.grace).await;
            if child.is_gone() {
                self.settle(&mut child).await;
            }
        }
        let held = !child.is_silent();
        if held {
            self.warn("output cut: another process holds it open");
        }
        child.close_output();
        if held || self.timed_out || self.cancelled.is_some() {
            self.name_what_is_left(&child).await;
        } else {
            left::look_later();
        }
        self.result(child.exit().unwrap_or(Exit::Unknown), job).await
    }

    /// Starts the job, as soon as there is room for it.
    async fn start(&mut self, job: &Job) -> Result<io::Result<(Place, Child)>, Cancelled> {
        let (cancels, seat, sink) = (&self.cancels, &mut self.seat, &self.sink);
        let told = watch::Sender::new(Clean::default());
        let mut reasons = told.subscribe();
        let served = async {
            let mut child = pin!(room::start(job, sink, &told));
            loop {
                tokio::select! {
                    biased;
                    child = &mut child => return child,
                    Ok(()) = reasons.changed() => {
                        let reason = reasons.borrow_and_update().clone();
                        seat.tell(|facts| {
                            facts.stage = Stage::NoRoom;
                            facts.no_room = reason;
                        });
                    }
                    ordered = seat.order() => {
                        let _ = ordered.answer.send(Err("not started yet".to_owned()));
                    }
                }
            }
        };
        let started = cancels.catch(served).await;
        if let Ok(Ok((_, child))) = &started {
            self.tell(child, Stage::Running);
        }
        started.map(|started| started.map_err(|error| explain(job, &error)))
    }

    /// Waits a little for the last output and the last processes.
    async fn settle(&mut self, child: &mut Child) {
        // Those that are stopped could not follow.
        self.resume(child);
        self.tell(child, Stage::Settling);
        // In this order: to ask whether it is gone is what lets somebody look.
        let done = |child: &mut Child| child.is_gone() && child.is_silent();
        loop {
            let end = self.clock.now() + LEAK;
            while let Err(cancelled) = self.wait(child, end, done).await {
                self.note(cancelled);
                if self.quick {
                    return;
                }
            }
            // Where the machine is busy it may take longer to see that nobody is left.
            if !child.may_be_gone() {
                return;
            }
        }
    }

    /// Ends what is left of the command.
    async fn stop(&mut self, child: &mut Child, grace: Duration) {
        if child.exit().is_some() && self.cancelled.is_none() {
            self.sink
                .remark("the command has exited; processes left behind are ended");
        }
        self.stopping = true;
        if !self.quick {
            child.end();
            self.resume(child);
            self.tell(child, Stage::Stopping);
            self.seat.tell(|facts| facts.kill_in(grace));
            let end = self.clock.now().saturating_add(grace);
            while let Err(cancelled) = self.wait(child, end, Child::is_gone).await {
                self.note(cancelled);
                if self.quick {
                    break;
                }
            }
        }
        self.resume(child);
        let end = self.clock.now() + KILLED;
        let mut pause = LEAK;
        while !child.is_gone() {
            self.killed = true;
            child.signal(Signal::KILL);
            self.tell(child, Stage::Killing);
            let soon = self.clock.now() + pause;
            match self.wait(child, soon, Child::is_gone).await {
                Ok(true) => {}
                Err(cancelled) => self.note(cancelled),
                Ok(false) => {
                    pause = (pause * 2).min(KILLED / 5);
                    if self.refuse(child, self.clock.now() >= end).await {
                        return;
                    }
                }
            }
        }
    }

    /// Says which processes cannot be ended, if there are any. Whether that is all of them and they are given up, because
    /// nobody wants to wait: else the slot is theirs for as long as they live. `late`: a KILL should have ended
    /// them.
    async fn refuse(&mut self, child: &Child, late: bool) -> bool {
        let session = child.id();
        // Without a thread for it there will be a later look.
        let all = spawn_blocking(move || refused::members(session)).await;
        let all = all.unwrap_or_default();
        let not_permitted = all.iter().filter(|one| !one.may_signal).count();
        if all.is_empty() || not_permitted < all.len() && !late {
            return false;
        }
        let why: Vec<String> = all.iter().take(NAMED).map(Refused::why).collect();
        let why = Clean::from(why.join("; "));
        let mut is_new = true;
        self.seat.tell(|facts| {
            is_new = facts.refused.as_ref() != Some(&why);
            facts.refused = Some(why.clone());
        });
        if is_new && !std::mem::replace(&mut self.refused, true) {
            self.warn(&why);
        }
        // What may not be signalled was not killed.
        self.killed = not_permitted < all.len();
        if self.quick {
            let task = self.cancels.0.as_ref();
            let task = task.map(|task| (Clean::from(&**task.pool()), task.id().0));
            left::give_up(child.ticket(), task.as_ref(), &all);
        }
        self.quick
    }

    /// Says which processes have left the session, and so go on.
    async fn name_what_is_left(&self, child: &Child) {
        let left = left::of_command(child.ticket()).await;
        for left in left.iter().take(NAMED) {
            left::warn(left);
            self.sink.remark(&format!("left behind: {}", left.process()));
        }
        if left.len() > NAMED {
            self.sink
                .remark(&format!("left behind: {} more", left.len() - NAMED));
        }
    }

    /// Says in the output and in the log that something of the command goes on, which its end does not tell.
    fn warn(&self, text: &str) {
        let context = self.cancels.0.as_ref();
        tracing::warn!(
            target: "app::process",
            pool = context.map(|context| display(context.pool())),
            task = context.map(|context| context.id().0),
            "{text}"
        );
        self.sink.remark(text);
    }

    /// Takes in what the child does until `done` or until its clock shows `end`, and serves orders meanwhile. Says
    /// whether it is done. Only a cancel is an error.
    async fn wait(
        &mut self,
        child: &mut Child,
        end: Duration,
        mut done: impl FnMut(&mut Child) -> bool,
    ) -> Result<bool, Cancelled> {
        loop {
            let (seat, clock) = (&mut self.seat, &self.clock);
            let (errors, sink) = (&mut self.errors, &self.sink);
            let turn = async {
                // However much it writes, neither orders nor the clock wait for that.
                tokio::select! {
                    biased;
                    ordered = unconstrained(seat.order()) => Woken::Ordered(ordered),
                    () = until(child, errors, sink, &mut done) => Woken::Done,
                    () = unconstrained(clock.until(end)) => Woken::Late,
                }
            };
            match self.cancels.catch(turn).await? {
                Woken::Ordered(Ordered { order, answer }) => {
                    // Whoever asked may be gone.
                    let _ = answer.send(self.serve(child, order));
                }
                Woken::Done => return Ok(true),
                Woken::Late => return Ok(false),
            }
        }
    }

    /// Does what was ordered, or says why not.
    fn serve(&mut self, child: &mut Child, order: Order) -> Result<(), String> {
        match order {
            Order::Signal(libc::SIGSTOP) | Order::Pause => self.pause(child)?,
            Order::Signal(libc::SIGCONT) | Order::Resume if self.paused => self.resume(child),
            Order::Signal(number) => {
                self.kill_sent |= number == libc::SIGKILL;
                child.signal(sendable(number)?);
            }
            Order::Resume => return Err("not paused".to_owned()),
            Order::Input(bytes) => child.input(&bytes)?,
            Order::EndInput => child.end_input()?,
            Order::Resize { rows, columns } => child.resize(TerminalSize { columns, rows })?,
        }
        self.seat.tell(|facts| {
            facts.told();
            tell_input(facts, child);
        });
        Ok(())
    }

    fn pause(&mut self, child: &mut Child) -> Result<(), String> {
        if self.stopping {
            return Err("already stopping".to_owned());
        }
        if child.exit().is_some() {
            return Err("the command has exited".to_owned());
        }
        if self.paused {
            return Err("paused already".to_owned());
        }
        self.paused = true;
        self.clock.pause();
        if let Some(time) = self.seat.time() {
            time.pause();
        }
        child.pause();
        self.seat.tell(|facts| {
            facts.paused = Some(Instant::now());
            self.clock_changed(facts);
        });
        Ok(())
    }

    fn resume(&mut self, child: &mut Child) {
        if std::mem::take(&mut self.paused) {
            child.resume();
            self.clock.resume();
            if let Some(time) = self.seat.time() {
                time.resume();
            }
            self.seat.tell(|facts| {
                facts.paused = None;
                facts.told();
                self.clock_changed(facts);
            });
        }
    }

    /// Its clock stands still now, or goes on.
    fn clock_changed(&self, facts: &mut Facts) {
        facts.times_out_at(self.limit, &self.clock);
    }

    /// Tells what it does.
    fn tell(&self, child: &Child, stage: Stage) {
        self.seat.tell(|facts| {
            facts.stage = stage;
            facts.pid = Some(child.id());
            facts.started.get_or_insert_with(Instant::now);
            if let Some(exit) = child.exit() {
                let ended = CommandEnded::new(exit, false);
                facts.exited.get_or_insert_with(|| (Instant::now(), ended));
            }
            tell_input(facts, child);
        });
    }

    fn note(&mut self, cancelled: Cancelled) {
        let forced = cancelled.forced;
        self.quick |= forced || self.cancelled.is_some();
        self.seat.tell(|facts| facts.cancelled = true);
        self.cancelled.get_or_insert(cancelled).forced |= forced;
    }

    async fn result(&mut self, exit: Exit, job: &Job) -> Result<(), BoxError> {
        if self.cancelled.is_none() {
            self.cancelled = self.cancels.take().await;
        }
        if let Some(cancelled) = self.cancelled.take() {
            return Err(cancelled.with_detail(CommandEnded::new(exit, self.killed)).into());
        }
        let timed_out = job.timeout.filter(|_| self.timed_out);
        if exit == Exit::Code(0) && timed_out.is_none() {
            return Ok(());
        }
        // In a terminal there is no standard error apart.
        let message = match &job.terminal {
            Some(terminal) => terminal.last_line().unwrap_or_default(),
            None => last_line(&self.errors),
        };
        let ours = self.killed || self.kill_sent || group::is_closed();
        let message = status::explained(exit, ours, message);
        Err(CommandFailed::new(exit, timed_out, message).into())
    }
}

/// What ended a wait.
enum Woken {
    Ordered(Ordered),
    Done,
    Late,
}

fn tell_input(facts: &mut Facts, child: &Child) {
    facts.in_terminal = child.is_in_terminal();
    facts.takes_input = child.takes_input();
    facts.input_waiting = child.input_waiting();
}

/// Takes in what the child does until `done`.
async fn until(
    child: &mut Child,
    errors: &mut Vec<u8>,
    sink: &OutputSink,
    done: &mut impl FnMut(&mut Child) -> bool,
) {
    while !done(child) {
        let mut output = |Written { stream, bytes, at }: Written<'_>| {
            if stream == Stream::Stderr {
                keep_end(errors, bytes);
            }
            sink.take(stream, bytes, at);
        };
        let ended = child.exit().is_some();
        child.turn(&mut output, || sink.room(ended)).await;
    }
}
