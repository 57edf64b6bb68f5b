//! A task that runs again in its own slot: `retries` and `restart`.
//!
//! The pool sees one task that takes longer. Between two tries the task waits; a cancel then ends it at once, as one
//! during a try ends the task with that try.

use super::args::Args;
use super::book::{Book, Trying};
use super::config::{Again, LONGEST_BACKOFF, When};
use super::func::{As, Func};
use super::process::{self, CommandFailed, RunTime};
use crate::app::clean::Clean;
use crate::pool::{BoxError, Cancelled, Outcome, TaskContext};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A run under `restart` that lasts so long is no part of a crash loop.
const STEADY: Duration = Duration::from_secs(10);

/// So many runs in a row that did not last are a crash loop.
const LOOP: u32 = 5;

/// Calls the function as the body of the task of this context, as often as its config says.
pub(super) async fn run(func: &Func, args: &Args, context: &TaskContext) -> Result<(), BoxError> {
    let Some(again) = func.spec().again else {
        let time = RunTime::begin();
        return func
            .call(args, context, func.sink(context), As::Try(1, &time))
            .await;
    };
    let (book, id) = (func.book(), context.id().0);
    // What is stopped with the program runs no longer for that.
    let (mut course, clock) = (Course::new(again), RunTime::begin());
    let mut row = Row { book, id, attempt: 1 };
    let mut sink = func.sink(context);
    loop {
        let time = RunTime::begin();
        let result = func
            .call(args, context, sink, As::Try(course.attempt, &time))
            .await;
        if result.as_ref().is_err_and(|error| error.is::<Cancelled>()) || book.was_asked_to_cancel(id) {
            return result;
        }
        let (outcome, wait) = match course.ended(result, time.so_far(), clock.so_far()) {
            Next::Over(result) => return result,
            Next::Again(outcome, wait) => (outcome, wait),
        };
        sink = func.sink(context);
        sink.remark(&course.remark(&outcome, wait));
        let until = Instant::now() + wait;
        book.attempt_ended(id, context.group(), course.row(Some(until)), outcome, wait);
        process::sleep(wait).await;
        row.attempt = course.attempt;
        book.attempt_started(id, context.group(), course.row(None));
    }
}

/// Takes the task out of the book when it is over, whichever way.
struct Row<'a> {
    book: &'a Book,
    id: u64,
    /// The try that has begun last.
    attempt: u64,
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.book.attempts_over(self.id, self.attempt);
    }
}

/// Which try it is, and what follows from its end.
#[derive(Debug)]
struct Course {
    again: Again,
    /// The try that runs, or that comes next; from 1.
    attempt: u64,
    /// How many tries in a row were short, under `restart`; all of them under `retries`.
    short: u32,
    /// When the first of those has begun, on the clock of the task.
    since: Option<Duration>,
}

enum Next {
    Over(Result<(), BoxError>),
    /// After this long; the try has ended so.
    Again(Outcome, Duration),
}

impl Course {
    fn new(again: Again) -> Self {
        Course {
            again,
            attempt: 1,
            short: 0,
            since: None,
        }
    }

    /// Takes in how a try ended that has run for so long, at this time.
    fn ended(&mut self, result: Result<(), BoxError>, ran: Duration, now: Duration) -> Next {
        let outcome = match (result, self.again.when) {
            (Ok(()), When::Retries(_) | When::OnFailure) => return Next::Over(Ok(())),
            (Ok(()), When::Always) => Outcome::Completed,
            (Err(error), When::Retries(retries)) if self.attempt > retries as u64 => {
                return Next::Over(Err(self.gave_up(None, Some(error))));
            }
            (Err(error), When::Retries(_) | When::OnFailure | When::Always) => {
                Outcome::Failed(Arc::from(error))
            }
        };
        let since = *self.since.get_or_insert(now.saturating_sub(ran));
        if matches!(self.again.when, When::Retries(_)) {
            self.short += 1;
        } else if ran >= STEADY {
            (self.short, self.since) = (0, None);
        } else {
            self.short += 1;
            if self.short >= LOOP {
                let last = match outcome {
                    Outcome::Failed(error) => Some(Box::new(Shared(error)) as BoxError),
                    _ => None,
                };
                return Next::Over(Err(self.gave_up(Some(now.saturating_sub(since)), last)));
            }
        }
        let doublings = self.short.saturating_sub(1).min(31);
        let longest = LONGEST_BACKOFF.max(self.again.backoff);
        let wait = self.again.backoff.saturating_mul(1 << doublings).min(longest);
        self.attempt += 1;
        Next::Again(outcome, wait)
    }

    fn gave_up(&self, crash_loop: Option<Duration>, error: Option<BoxError>) -> BoxError {
        Box::new(GaveUp {
            attempts: self.attempt,
            crash_loop,
            error,
        })
    }

    fn row(&self, until: Option<Instant>) -> Trying {
        let of = match self.again.when {
            When::Retries(retries) => Some(retries as u64 + 1),
            When::OnFailure | When::Always => None,
        };
        Trying {
            attempt: self.attempt,
            of,
            until,
        }
    }

    /// What the output says between two tries.
    fn remark(&self, outcome: &Outcome, wait: Duration) -> String {
        let ended = match outcome {
            Outcome::Failed(error) => error.to_string(),
            _ => "ended without an error".to_owned(),
        };
        let next = self.row(None).to_string();
        if wait.is_zero() {
            format!("{ended}; {next}")
        } else {
            format!("{ended}; {next} in {wait:?}")
        }
    }
}

/// A task that failed for good, after more than one try. Prints as `exit 2 after 3 tries: no such host` or as `crash
/// loop: 5 ends within 15s: exit 1`.
#[derive(Debug)]
pub struct GaveUp {
    /// How many tries there were.
    pub attempts: u64,
    /// How long the last of them took in all, if those were a crash loop.
    pub crash_loop: Option<Duration>,
    /// The last failure; none if the last run under `restart = "always"` was none.
    error: Option<BoxError>,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.crash_loop {
            let within =
                Duration::from_millis(u64::try_from(within.as_millis()).unwrap_or(u64::MAX) / 100 * 100);
            write!(f, "crash loop: {LOOP} ends within {within:?}: ")?;
            return match &self.error {
                Some(error) => error.fmt(f),
                None => f.write_str("ended without an error"),
            };
        }
        let after = format!("after {} tries", self.attempts);
        let Some(error) = &self.error else {
            return f.write_str(&after);
        };
        match command_failed(&**error) {
            Some(failed) if failed.timed_out.is_some() => write!(f, "{failed}, {} tries", self.attempts),
            // What it is stands before the words of the command itself.
            Some(failed) => {
                let mut end = failed.clone();
                end.message = Clean::default();
                write!(f, "{end} {after}")?;
                if !failed.message.is_empty() {
                    write!(f, ": {}", failed.message)?;
                }
                Ok(())
            }
            None => write!(f, "{after}: {error}"),
        }
    }
}

impl Error for GaveUp {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.error.as_ref()?)
    }
}

/// An error that the record of the tries has, too.
#[derive(Debug)]
struct Shared(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// How the command failed that a task stood for, on its last try, if it did.
pub(super) fn command_failed<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CommandFailed> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failed) = error.downcast_ref() {
            return Some(failed);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn course(when: When, backoff: Duration) -> Course {
        Course::new(Again { when, backoff })
    }

    /// The waits of runs that all last so long and end so, and the last words.
    fn waits(
        mut course: Course,
        lasts: Duration,
        result: fn() -> Result<(), BoxError>,
    ) -> (Vec<Duration>, String) {
        let (mut waits, mut now) = (Vec::new(), Duration::ZERO);
        for _ in 0..50 {
            now += lasts;
            match course.ended(result(), lasts, now) {
                Next::Over(Ok(())) => return (waits, "ok".to_owned()),
                Next::Over(Err(error)) => return (waits, error.to_string()),
                Next::Again(_, wait) => {
                    waits.push(wait);
                    now += wait;
                }
            }
        }
        (waits, "on and on".to_owned())
    }

    fn fails() -> Result<(), BoxError> {
        Err("no host".into())
    }

    #[test]
    fn the_wait_doubles_up_to_a_limit() {
        let (waited, end) = waits(course(When::Retries(12), SECOND), SECOND, fails);
        let seconds: Vec<u64> = waited.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(end, "after 13 tries: no host");
        let long = Duration::from_mins(7);
        assert_eq!(waits(course(When::Retries(3), long), SECOND, fails).0, [long; 3]);
        assert_eq!(
            waits(course(When::Retries(50), SECOND), SECOND, fails).0.len(),
            50
        );
        assert_eq!(
            waits(course(When::Retries(2), Duration::ZERO), SECOND, fails).0,
            [Duration::ZERO; 2]
        );
        assert_eq!(
            waits(course(When::Retries(2), SECOND), SECOND, || Ok(())),
            (vec![], "ok".to_owned())
        );
    }

    #[test]
    fn short_runs_in_a_row_are_a_crash_loop_and_one_that_lasts_begins_anew() {
        let (waited, end) = waits(course(When::OnFailure, SECOND), SECOND, fails);
        assert_eq!(waited, [1, 2, 4, 8].map(Duration::from_secs));
        assert_eq!(end, "crash loop: 5 ends within 20s: no host");
        let (_, end) = waits(course(When::Always, Duration::ZERO), SECOND / 8, || Ok(()));
        assert_eq!(end, "crash loop: 5 ends within 600ms: ended without an error");
        let (waited, end) = waits(course(When::Always, SECOND), STEADY, || Ok(()));
        assert_eq!((waited, &*end), (vec![SECOND; 50], "on and on"));
        assert_eq!(waits(course(When::OnFailure, SECOND), SECOND, || Ok(())).1, "ok");

        let mut worker = course(When::OnFailure, SECOND);
        let mut wait = |lasts| match worker.ended(fails(), lasts, lasts) {
            Next::Again(_, wait) => Some(wait.as_secs()),
            Next::Over(_) => None,
        };
        let lasting = [SECOND, SECOND, STEADY, SECOND, SECOND, SECOND, SECOND, SECOND].map(&mut wait);
        assert_eq!(
            lasting,
            [
                Some(1),
                Some(2),
                Some(1),
                Some(1),
                Some(2),
                Some(4),
                Some(8),
                None
            ]
        );
    }
}
