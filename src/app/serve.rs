//! The session's end of a link: answers requests, and publishes a view when something has changed.

use super::control::{Answer, Numbered, Reply, Request};
use super::link::LinkServer;
use super::session::{Look, Session};
use super::view::{View, Want};
use super::warnings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// The shortest time between two views that nobody asked for: 30 a second.
const PACE: Duration = Duration::from_millis(33);

/// How often a view is made while only ages and rates change.
const CLOCK: Duration = Duration::from_secs(1);

/// The longest time between two views, so that nobody takes the program for one that hangs.
const SLOW_CLOCK: Duration = Duration::from_secs(10);

/// The shortest time between two views of a timeline in which nothing happens.
const FLOW: Duration = Duration::from_millis(100);

/// How many ended tasks of a pool are remembered; beyond that all of them are forgotten, which the log says.
pub const REMEMBERED: usize = 1_000_000;

/// Serves a link until the session has ended (somebody asked for a quit, and everything is over) or the
/// client is gone.
pub async fn serve(session: Arc<Session>, mut link: LinkServer) {
    let changed = Arc::new(Notify::new());
    let mut watching = Watching::over(&session, &changed);
    let mut grown = session.grown();
    let mut warned = session.warnings().changes();
    let mut outputs = session.outputs().changes();
    let mut live = session.live().changes();
    let mut terminals = session.terminals().changes();
    let mut answers = JoinSet::new();
    let mut eye = Eye {
        look: Look::default(),
        last: Arc::default(),
        made: None,
        again: Some(Instant::now()),
    };
    loop {
        let due = eye.again;
        tokio::select! {
            request = link.requests.recv() => match request {
                Some(numbered) => { answers.spawn(answer(session.clone(), numbered, link.replies.clone())); }
                None => return,
            },
            // A quit that was answered is the end.
            Some(ended) = answers.join_next() => {
                if matches!(ended, Ok(true)) || is_over(&session, &answers) {
                    return;
                }
                // What it did is seen with the answer.
                eye.publish(&session, &link);
            }
            want = link.want.changed() => match want {
                Err(_) => return,
                Ok(()) if link.want.borrow().asked != eye.last.answers => eye.publish(&session, &link),
                Ok(()) => eye.news(),
            },
            () = changed.notified() => {
                if is_over(&session, &answers) {
                    return;
                }
                eye.news();
            }
            Ok(()) = grown.changed() => {
                watching.take_in(&session);
                eye.news();
            }
            Ok(()) = outputs.changed() => eye.news(),
            Ok(()) = live.changed() => eye.news(),
            () = eye.look.meter.looked() => eye.news(),
            () = eye.look.survey.looked() => eye.news(),
            Ok(()) = terminals.changed() => eye.news(),
            Ok(()) = warned.changed() => eye.news(),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                eye.publish(&session, &link);
                forget_old(&session).await;
            }
        }
    }
}

/// Whether somebody has asked for the end, it has come, and every request is answered.
fn is_over(session: &Session, answers: &JoinSet<bool>) -> bool {
    session.is_quitting() && session.is_over() && answers.is_empty()
}

/// Makes the views.
struct Eye {
    look: Look,
    last: Arc<View>,
    /// When the last view was made.
    made: Option<Instant>,
    /// When the next view is made.
    again: Option<Instant>,
}

impl Eye {
    /// Something has changed: the next view is made at once, unless the last one was a moment ago.
    fn news(&mut self) {
        self.wish(PACE);
    }

    /// Makes the next view no later than so long after the last one.
    fn wish(&mut self, pause: Duration) {
        let now = Instant::now();
        let wished = self.made.map_or(now, |made| made + pause);
        self.again = Some(self.again.map_or(wished, |again| again.min(wished)));
    }

    /// Has a look at what the command of the shown task uses.
    fn measure(&mut self, session: &Session, want: &Want) {
        // What is asked about matters more than what is shown.
        let of_why = want
            .why
            .as_ref()
            .and_then(|why| Some((why.pool.as_str(), why.task?)));
        let shown = want.pool.as_deref().zip(want.task);
        if let Some((pool, task)) = of_why.or(shown) {
            let facts = session.live().facts(pool, task);
            self.look
                .meter
                .measure(pool, task, facts.and_then(|facts| facts.pid));
        }
    }

    fn publish(&mut self, session: &Session, link: &LinkServer) {
        let want = link.want.borrow().clone();
        self.measure(session, &want);
        let (mut view, searching) = self.look.view(session, &want);
        self.again = None;
        self.made = Some(Instant::now());
        if searching {
            self.wish(PACE);
        }
        let alive =
            |pool: &super::view::PoolRow| pool.running > 0 || pool.history.iter().any(|count| *count > 0);
        // A filter may ask how old something is.
        if view.closing.is_some() || view.pools.iter().any(alive) || !want.filter.is_empty() {
            self.wish(CLOCK);
        }
        // Its clock is seen to move.
        self.wish(if want.why.is_some() { CLOCK } else { SLOW_CLOCK });
        if let Some(timeline) = want.timeline {
            // It flows, whatever happens.
            self.wish(timeline.scale.clamp(FLOW, CLOCK));
        }
        let time = std::mem::replace(&mut view.time, self.last.time);
        if view != *self.last || time.saturating_sub(self.last.time) >= SLOW_CLOCK {
            view.time = time;
            self.last = Arc::new(view);
            link.view.send_replace(self.last.clone());
        }
    }
}

/// Answers one request; says whether it was a quit that is done.
async fn answer(session: Arc<Session>, numbered: Numbered, replies: mpsc::Sender<Reply>) -> bool {
    let answer = session.answer_client(&numbered).await;
    let quit = matches!((&numbered.request, &answer), (Request::Quit, Answer::Done(_)));
    let reply = Reply {
        number: numbered.number,
        request: numbered.request,
        answer,
    };
    // A client that is gone needs no reply.
    let _ = replies.send(reply).await;
    quit
}

/// Tells of changes of all pools as one, and looks for what is to be warned of, until it is dropped.
struct Watching {
    tasks: JoinSet<()>,
    changed: Arc<Notify>,
    /// How many pools are watched: the first ones.
    pools: usize,
}

impl Watching {
    fn over(session: &Arc<Session>, changed: &Arc<Notify>) -> Watching {
        let mut watching = Watching {
            tasks: JoinSet::new(),
            changed: changed.clone(),
            pools: 0,
        };
        watching.tasks.spawn(warnings::watch(session.clone()));
        watching.take_in(session);
        watching
    }

    /// Watches the pools that have come since the last time, too.
    fn take_in(&mut self, session: &Session) {
        for pool in session.pools().skip(self.pools) {
            self.pools += 1;
            let (pool, changed) = (pool.clone(), self.changed.clone());
            self.tasks.spawn(async move {
                let mut version = 0;
                loop {
                    version = pool.changed(version).await;
                    changed.notify_one();
                    sleep(PACE).await;
                }
            });
        }
    }
}

/// Keeps memory bounded however long the session lives.
async fn forget_old(session: &Session) {
    for pool in session.pools().filter(|pool| pool.stats().ended > REMEMBERED) {
        tracing::warn!(target: "app::session", %pool, "more than {REMEMBERED} ended tasks: forgetting them");
        let gathered = pool.flush_settled().await;
        session.flushed(pool.name(), &gathered);
        session.forget_with(pool);
    }
}
