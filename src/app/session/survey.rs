//! What all commands use that run now, for the list of tasks.
//!
//! To find the processes of one command takes a look at those of the whole system, and that look finds those of every
//! other command, too. So there is one look for all rows of all pools, whichever of them are shown: the list can be
//! sorted and filtered by what it finds, and another pool has its readings as soon as it is shown. It is made on a
//! thread of its own kind while somebody wants it: at most once a second, and seldom enough to take less than a
//! twentieth of a processor.

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

/// Looks at the commands.
#[derive(Debug, Default)]
pub(in crate::app) struct Survey {
    look: Option<JoinHandle<Seen>>,
    last: Option<Seen>,
    /// By the pool.
    used: HashMap<Arc<str>, Arc<UsedBy>>,
}

/// The commands that run: by their pool, each with its task.
type Groups = HashMap<Arc<str>, Vec<(u64, i32)>>;

/// What was seen of the commands at one time.
#[derive(Debug)]
struct Seen {
    began: Instant,
    took: Duration,
    /// By the pool and the task, with the process group.
    commands: HashMap<Arc<str>, HashMap<u64, (i32, Usage)>>,
}

impl Survey {
    /// Begins a look at the commands, unless one goes on or was a moment ago. The result is there when
    /// [`looked`](Self::looked) returns. What nobody wants is forgotten.
    pub(super) fn wanted(&mut self, session: &Session, wanted: bool) {
        if !wanted {
            *self = Survey::default();
            return;
        }
        let due = |seen: &Seen| seen.began.elapsed() >= PACE.max(seen.took * REST);
        if self.look.is_none() && self.last.as_ref().is_none_or(due) {
            let groups = session.live.groups();
            self.look = Some(spawn_blocking(move || look(groups)));
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
        self.used = seen
            .commands
            .keys()
            .map(|pool| (pool.clone(), Arc::new(seen.used(pool, self.last.as_ref()))))
            .collect();
        self.last = Some(seen);
    }

    /// What was seen last of a pool.
    pub(super) fn used(&self, pool: &str) -> Arc<UsedBy> {
        self.used.get(pool).cloned().unwrap_or_default()
    }
}

impl Seen {
    /// What the commands of a pool use, their shares of a processor since the look before.
    fn used(&self, pool: &str, before: Option<&Seen>) -> UsedBy {
        let commands = self.commands.get(pool).into_iter().flatten();
        let used = commands.map(|(task, (group, usage))| {
            let cpu = before.and_then(|before| before.share((pool, *task), *group, usage, self));
            let memory = usage.memory;
            (*task, Used { cpu, memory })
        });
        used.collect()
    }

    /// What a command has used from here to there, in percent of a processor; none if it is another one by now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of some processors, never negative"
    )]
    fn share(&self, (pool, task): (&str, u64), group: i32, usage: &Usage, next: &Seen) -> Option<u64> {
        let (_, before) = self
            .commands
            .get(pool)?
            .get(&task)
            .filter(|(known, _)| *known == group)?;
        let time = (next.began + next.took).saturating_duration_since(self.began + self.took);
        let cpu = usage.cpu.saturating_sub(before.cpu).as_secs_f64();
        Some((100.0 * cpu / time.as_secs_f64().max(0.001)).round() as u64)
    }
}

fn look(groups: Groups) -> Seen {
    let began = Instant::now();
    let commands = if groups.values().all(Vec::is_empty) {
        HashMap::new()
    } else {
        let all = usages();
        let used = |(task, group): (u64, i32)| Some((task, (group, *all.get(&group)?)));
        let of_pool =
            |(pool, tasks): (Arc<str>, Vec<_>)| (pool, tasks.into_iter().filter_map(used).collect());
        groups.into_iter().map(of_pool).collect()
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
    use crate::app::view::{At, Column, Sort, View, Want, Window};
    use crate::app::{Registry, config};
    use std::path::Path;
    use tokio::runtime::Handle;
    use tokio::time::{sleep, timeout};

    fn usage(cpu: u64) -> Usage {
        Usage {
            cpu: Duration::from_millis(cpu),
            memory: 1,
            processes: 1,
            defunct: 0,
        }
    }

    fn seen(began: Instant, commands: impl IntoIterator<Item = (u64, (i32, Usage))>) -> Seen {
        Seen {
            began,
            took: Duration::ZERO,
            commands: HashMap::from([("p".into(), commands.into_iter().collect())]),
        }
    }

    #[test]
    fn a_share_is_that_of_the_same_command_between_two_looks() {
        let began = Instant::now();
        let first = seen(began, [(1, (10, usage(500))), (2, (20, usage(0)))]);
        let next = seen(began + Duration::from_secs(2), []);
        assert_eq!(first.share(("p", 1), 10, &usage(1_500), &next), Some(50));
        assert_eq!(first.share(("p", 2), 20, &usage(8_000), &next), Some(400));
        assert_eq!(
            first.share(("p", 1), 11, &usage(1_500), &next),
            None,
            "another try"
        );
        assert_eq!(first.share(("p", 3), 30, &usage(10), &next), None, "seen once");
        assert_eq!(
            first.share(("q", 1), 10, &usage(10), &next),
            None,
            "of another pool"
        );
        // A process that ends takes its time along.
        assert_eq!(first.share(("p", 1), 10, &usage(100), &next), Some(0));
    }

    fn started(config: &str) -> Session {
        let config = config::parse(config, Path::new("/tmp/test.toml"), &[]).unwrap();
        let session = Session::new(&config, &Registry::default(), &Handle::current(), false);
        session.start(&config).unwrap();
        session
    }

    fn first_tasks(pool: &str) -> Want {
        Want {
            pool: Some(pool.to_owned()),
            tasks: Window {
                rows: 9,
                at: At::First(0),
            },
            ..Want::default()
        }
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
        let session = started(CONFIG);
        let mut want = first_tasks("jobs");
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
        let used = timeout(Duration::from_mins(1), first).await.unwrap();
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
        timeout(Duration::from_mins(1), found).await.unwrap();
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

    #[tokio::test]
    async fn another_pool_has_its_readings_as_soon_as_it_is_shown() {
        const CONFIG: &str = r#"
[func.rest]
shell = 'exec sleep 60'
[[pool]]
name = "one"
[[pool.group]]
method = "apply"
func = "rest"
[[pool]]
name = "other"
[[pool.group]]
method = "apply"
func = "rest"
"#;
        let session = started(CONFIG);
        let want = |pool: &str| Want {
            usage: true,
            ..first_tasks(pool)
        };
        let mut look = Look::default();
        let cpu = |view: View| {
            let tasks = view.pool.unwrap().tasks;
            tasks.first().and_then(|task| task.used?.cpu)
        };
        let (one, other) = (want("one"), want("other"));
        let shown = async {
            // Both run at the first of the two looks that a share takes.
            while session.live.groups().values().flatten().count() < 2 {
                sleep(Duration::from_millis(5)).await;
            }
            while cpu(look.view(&session, &one).0).is_none() {
                let _ = timeout(Duration::from_millis(50), look.survey.looked()).await;
            }
        };
        timeout(Duration::from_mins(1), shown).await.unwrap();
        assert!(cpu(look.view(&session, &other).0).is_some());
        session.quit().await;
    }

    #[test]
    fn one_look_finds_every_command_that_there_is() {
        let own = crate::app::process::own_session();
        let groups = HashMap::from([
            ("a".into(), vec![(7, own), (8, -1)]),
            ("b".into(), vec![(7, own)]),
        ]);
        let seen = look(groups);
        let (a, b) = (&seen.commands["a"], &seen.commands["b"]);
        assert!(a[&7].1.memory > 0 && b[&7].1.memory > 0 && !a.contains_key(&8));
        let nothing = look(HashMap::from([("a".into(), Vec::new())]));
        assert!(nothing.commands.is_empty(), "nothing to look for");
    }
}
