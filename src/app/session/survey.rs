//! What all commands of a pool use that run now, for the list of tasks.
//!
//! To find the processes of one command takes a look at those of the whole system, and that look finds those of every
//! other command, too. So there is one look for all rows, whichever of them are shown, and the list can be sorted and
//! filtered by what it finds. It is made on a thread of its own kind while somebody wants it: at most once a second,
//! and seldom enough to take less than a twentieth of a processor.

use super::Session;
use crate::app::process::{Usage, usages};
use crate::app::view::Used;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

/// The shortest time between the beginnings of two looks.
const PACE: Duration = Duration::from_secs(1);

/// How many times as long as a look takes it lasts until the next one.
const REST: u32 = 20;

/// What each task's command uses, by the task's ID.
pub(super) type UsedBy = HashMap<u64, Used>;

/// Looks at the commands of one pool at a time.
#[derive(Debug, Default)]
pub(in crate::app) struct Survey {
    pool: String,
    look: Option<JoinHandle<Seen>>,
    last: Option<Seen>,
    used: Arc<UsedBy>,
}

/// What was seen of the commands at one time.
#[derive(Debug)]
struct Seen {
    began: Instant,
    took: Duration,
    /// By the task, with the process group.
    commands: HashMap<u64, (i32, Usage)>,
}

impl Survey {
    /// Begins a look at the commands of this pool, unless one goes on or was a moment ago. The result is there when
    /// [`looked`](Self::looked) returns. Without a pool nothing is wanted.
    pub(super) fn wanted(&mut self, session: &Session, pool: Option<&str>) {
        let Some(pool) = pool else {
            *self = Survey::default();
            return;
        };
        if self.pool != pool {
            *self = Survey {
                pool: pool.to_owned(),
                ..Survey::default()
            };
        }
        let due = |seen: &Seen| seen.began.elapsed() >= PACE.max(seen.took * REST);
        if self.look.is_none() && self.last.as_ref().is_none_or(due) {
            let tasks = session.live.groups(pool);
            self.look = Some(spawn_blocking(move || look(tasks)));
        }
    }

    /// Waits for the end of the look that goes on; for ever if none does. Nothing is lost if this is dropped.
    pub(in crate::app) async fn looked(&mut self) {
        let Some(look) = &mut self.look else {
            return std::future::pending().await;
        };
        let seen = look.await;
        self.look = None;
        let Ok(seen) = seen else { return };
        let used = seen
            .commands
            .iter()
            .map(|(task, (group, usage))| {
                let used = Used {
                    cpu: self
                        .last
                        .as_ref()
                        .and_then(|last| last.share(*task, *group, usage, &seen)),
                    memory: usage.memory,
                };
                (*task, used)
            })
            .collect();
        self.used = Arc::new(used);
        self.last = Some(seen);
    }

    /// What was seen last.
    pub(super) fn used(&self) -> Arc<UsedBy> {
        self.used.clone()
    }
}

impl Seen {
    /// What a command has used from here to there, in percent of a processor; none if it is another one by now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of some processors, never negative"
    )]
    fn share(&self, task: u64, group: i32, usage: &Usage, next: &Seen) -> Option<u64> {
        let (_, before) = self.commands.get(&task).filter(|(known, _)| *known == group)?;
        let time = (next.began + next.took).saturating_duration_since(self.began + self.took);
        let cpu = usage.cpu.saturating_sub(before.cpu).as_secs_f64();
        Some((100.0 * cpu / time.as_secs_f64().max(0.001)).round() as u64)
    }
}

fn look(tasks: Vec<(u64, i32)>) -> Seen {
    let began = Instant::now();
    let commands = if tasks.is_empty() {
        HashMap::new()
    } else {
        let all = usages();
        let known = tasks.into_iter();
        known
            .filter_map(|(task, group)| Some((task, (group, *all.get(&group)?))))
            .collect()
    };
    Seen {
        began,
        took: began.elapsed(),
        commands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::session::Look;
    use crate::app::view::{At, Column, Sort, Want, Window};
    use crate::app::{Registry, config};
    use std::path::Path;
    use tokio::runtime::Handle;
    use tokio::time::timeout;

    fn usage(cpu: u64) -> Usage {
        Usage {
            cpu: Duration::from_millis(cpu),
            memory: 1,
            processes: 1,
        }
    }

    fn seen(began: Instant, commands: impl IntoIterator<Item = (u64, (i32, Usage))>) -> Seen {
        Seen {
            began,
            took: Duration::ZERO,
            commands: commands.into_iter().collect(),
        }
    }

    #[test]
    fn a_share_is_that_of_the_same_command_between_two_looks() {
        let began = Instant::now();
        let first = seen(began, [(1, (10, usage(500))), (2, (20, usage(0)))]);
        let next = seen(began + Duration::from_secs(2), []);
        assert_eq!(first.share(1, 10, &usage(1_500), &next), Some(50));
        assert_eq!(first.share(2, 20, &usage(8_000), &next), Some(400));
        assert_eq!(first.share(1, 11, &usage(1_500), &next), None, "another try");
        assert_eq!(first.share(3, 30, &usage(10), &next), None, "seen once");
        // A process that ends takes its time along.
        assert_eq!(first.share(1, 10, &usage(100), &next), Some(0));
    }

    #[tokio::test]
    async fn commands_are_sorted_and_filtered_by_what_they_use() {
        const CONFIG: &str = r#"
[func.spin]
shell = 'while :; do :; done'
[func.rest]
shell = 'exec sleep 60'
[[pool]]
name = "jobs"
[[pool.group]]
name = "idle"
method = "apply"
func = "rest"
num = 2
[[pool.group]]
name = "busy"
method = "apply"
func = "spin"
"#;
        let config = config::parse(CONFIG, Path::new("/tmp/test.toml"), &[]).unwrap();
        let session = Session::new(&config, &Registry::default(), &Handle::current(), false);
        session.start(&config).unwrap();
        let mut want = Want {
            pool: Some("jobs".to_owned()),
            tasks: Window {
                rows: 9,
                at: At::First(0),
            },
            ..Want::default()
        };
        let mut look = Look::default();
        let view = look.view(&session, &want).0.pool.unwrap();
        assert!(look.survey.look.is_none(), "nobody wants it");
        assert!(view.tasks.iter().all(|task| task.used.is_none()));
        want.usage = true;
        want.sort = Some(Sort {
            column: Column::Cpu,
            descending: true,
        });
        let first = async {
            loop {
                let view = look.view(&session, &want).0.pool.unwrap();
                let first = view.tasks.first().filter(|first| &*first.group == "busy");
                if let (Some(first), true) = (first, view.tasks.len() == 3)
                    && let Some(used) = first.used
                    && used.cpu.is_some_and(|cpu| cpu > 0)
                {
                    return used;
                }
                let _ = timeout(Duration::from_millis(50), look.survey.looked()).await;
            }
        };
        let used = timeout(Duration::from_secs(30), first).await.unwrap();
        assert!(used.memory > 0);
        // The same for whoever has no list: all that a filter finds.
        (want.usage, want.sort) = (false, None);
        want.filter = "cpu>0 mem>1K mem<100G".to_owned();
        let found = async {
            loop {
                let view = look.view(&session, &want).0.pool.unwrap();
                if let [task] = &view.tasks[..]
                    && &*task.group == "busy"
                    && view.searched.is_none()
                {
                    return;
                }
                let _ = timeout(Duration::from_millis(50), look.survey.looked()).await;
            }
        };
        timeout(Duration::from_secs(30), found).await.unwrap();
        let (_, ids) = Look::default()
            .whole(&session, session.member("jobs").unwrap(), &want)
            .unwrap();
        assert_eq!(ids.unwrap().len(), 1);
        want.filter.clear();
        look.view(&session, &want);
        assert!(
            look.survey.last.is_none() && look.survey.used.is_empty(),
            "at rest"
        );
        session.quit().await;
    }

    #[test]
    fn one_look_finds_every_command_that_there_is() {
        let own = rustix::process::getpgrp().as_raw_pid();
        let seen = look(vec![(7, own), (8, -1)]);
        assert!(seen.commands[&7].1.memory > 0 && !seen.commands.contains_key(&8));
        assert!(
            look(Vec::new()).took < Duration::from_millis(50),
            "nothing to look for"
        );
    }
}
