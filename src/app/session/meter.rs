//! What the shown task's command uses: looked up on a thread of its own kind, at most once a second.

use crate::app::clean::Clean;
use crate::app::process::{self, Facts, Stage, Usage, usage};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

/// The shortest time between two looks.
const PACE: Duration = Duration::from_secs(1);

/// How many processes are named.
const NAMES: usize = 8;

/// Measures one command at a time.
#[derive(Debug, Default)]
pub(in crate::app) struct Meter {
    /// What is measured.
    subject: Option<Subject>,
    /// The look that goes on.
    look: Option<JoinHandle<Option<Seen>>>,
    last: Option<Measured>,
    /// The first few of its processes.
    names: Vec<(i32, Clean)>,
}

/// What a command uses, and the first few of its processes.
type Seen = (Usage, Vec<(i32, Clean)>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Subject {
    pool: String,
    task: u64,
    pid: i32,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    at: Instant,
    used: Usage,
    /// Of one processor, lately; none until there were two looks.
    percent: Option<f64>,
}

/// What a command uses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::app) struct Reading {
    used: Usage,
    percent: Option<f64>,
}

impl Meter {
    /// Looks at what this task's command uses, unless that was done a moment ago. The result is there when
    /// [`looked`](Self::looked) returns.
    pub(in crate::app) fn measure(&mut self, pool: &str, task: u64, pid: Option<i32>) {
        let subject = pid.map(|pid| Subject {
            pool: pool.to_owned(),
            task,
            pid,
        });
        if self.subject != subject {
            // A look at another one is of no use any more.
            (self.look, self.last) = (None, None);
            self.names.clear();
            self.subject = subject;
        }
        let due = self.last.is_none_or(|last| last.at.elapsed() >= PACE);
        if let Some(subject) = &self.subject
            && self.look.is_none()
            && due
        {
            let pid = subject.pid;
            self.look = Some(spawn_blocking(move || {
                Some((usage(pid)?, process::members(pid, NAMES)))
            }));
        }
    }

    /// Waits for the end of the look that goes on; for ever if none does. Nothing is lost if this is dropped.
    pub(in crate::app) async fn looked(&mut self) {
        let Some(look) = &mut self.look else {
            return std::future::pending().await;
        };
        let used = look.await;
        self.look = None;
        let Ok(Some((used, names))) = used else {
            self.last = None;
            self.names.clear();
            return;
        };
        self.names = names;
        let at = Instant::now();
        let percent = self.last.map(|last| {
            let cpu = used.cpu.saturating_sub(last.used.cpu);
            100.0 * cpu.as_secs_f64() / (at - last.at).as_secs_f64().max(0.001)
        });
        self.last = Some(Measured { at, used, percent });
    }

    /// The first few processes of this task's command, as they were seen last.
    pub(in crate::app) fn names(&self, pool: &str, task: u64) -> &[(i32, Clean)] {
        match &self.subject {
            Some(subject) if subject.pool == pool && subject.task == task => &self.names,
            Some(_) | None => &[],
        }
    }

    /// What was measured last of this task's command.
    pub(super) fn reading(&self, pool: &str, task: u64) -> Option<Reading> {
        let subject = self.subject.as_ref()?;
        let last = self.last?;
        (subject.pool == pool && subject.task == task).then_some(Reading {
            used: last.used,
            percent: last.percent,
        })
    }
}

/// What there is to tell of a command that runs. Numbers keep their places from one second to the next.
pub(super) fn live_facts(live: &Facts, reading: Option<Reading>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(callback) = &live.callback {
        facts.push(("callback", callback.to_string()));
    }
    if let Some(pid) = live.pid {
        facts.push(("pid", pid.to_string()));
    }
    let stage = match live.stage {
        Stage::Starting => Some("is being started".to_owned()),
        Stage::NoRoom => Some("no room for another process or file".to_owned()),
        Stage::Running => None,
        Stage::Settling => Some("exited; waiting for the rest of its group".to_owned()),
        Stage::Stopping => Some("TERM sent".to_owned()),
        Stage::Killing => Some("is being killed".to_owned()),
    };
    facts.extend(stage.map(|stage| ("process", stage)));
    if let Some(left) = live.times_out_in() {
        facts.push(("times out in", format!("{:>6.1} s", left.as_secs_f64())));
    }
    let refused = live.refused.as_ref().map(ToString::to_string);
    facts.extend(refused.map(|why| ("not ended", why)));
    if live.input_waiting > 0 {
        facts.push(("input", format!("{} bytes not read", live.input_waiting)));
    }
    if let Some(Reading { used, percent }) = reading {
        let percent = percent.map_or_else(|| "   …".to_owned(), |percent| format!("{percent:>4.0}"));
        facts.push(("cpu", format!("{percent} %   {:>9.1} s", used.cpu.as_secs_f64())));
        let growth = match live.memory() {
            Some((_, growth)) if growth >= 1 << 20 => format!(", +{:.1} MiB/s", mebibytes(growth)),
            Some(_) | None => String::new(),
        };
        facts.push(("memory", format!("{:>6.1} MiB{growth}", mebibytes(used.memory))));
        let defunct = match used.defunct {
            0 => String::new(),
            defunct => format!(", {defunct} defunct (dead, not reaped by their parent)"),
        };
        facts.push(("processes", format!("{:>4}{defunct}", used.processes)));
    }
    facts
}

/// Exact enough: a tenth is shown.
#[expect(clippy::cast_precision_loss, reason = "a tenth of a MiB is shown")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::process::own_session;

    #[tokio::test]
    async fn one_command_is_measured_and_not_too_often() {
        let mut meter = Meter::default();
        meter.measure("p", 1, Some(own_session()));
        meter.looked().await;
        let first = meter.reading("p", 1).unwrap();
        assert!(first.used.memory > 0 && first.percent.is_none());
        assert!(meter.reading("p", 2).is_none() && meter.reading("q", 1).is_none());
        // However long it takes from here to there.
        meter.last.as_mut().unwrap().at += 60 * PACE;
        meter.measure("p", 1, Some(own_session()));
        assert!(meter.look.is_none(), "that was a moment ago");
        meter.last.as_mut().unwrap().at -= 61 * PACE;
        meter.measure("p", 1, Some(own_session()));
        meter.looked().await;
        assert!(meter.reading("p", 1).unwrap().percent.unwrap() >= 0.0);
        meter.measure("p", 2, None);
        assert!(meter.look.is_none() && meter.reading("p", 2).is_none());
    }

    #[test]
    fn numbers_keep_their_places() {
        let text = |cpu: u64, memory: u64, percent: Option<f64>| {
            let used = Usage {
                cpu: Duration::from_millis(cpu),
                memory,
                processes: 3,
                defunct: 0,
            };
            let facts = live_facts(&Facts::default(), Some(Reading { used, percent }));
            let texts: Vec<usize> = facts.iter().map(|(_, text)| text.chars().count()).collect();
            texts
        };
        let small = text(10, 1 << 20, Some(0.4));
        assert_eq!(small, text(99_000_000, 9 << 30, Some(1600.0)));
        assert_eq!(small, text(0, 0, None));
    }
}
