//! A config that is read again while its pools run.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskpool_tui::app::clean::Clean;
use taskpool_tui::app::control::{Answer, Call, Command, Numbered, Request};
use taskpool_tui::app::dashboard::Settings;
use taskpool_tui::app::link::link;
use taskpool_tui::app::new_group::{GroupMethod, NewGroup};
use taskpool_tui::app::reload::{Applied, Changes, ReadAgain, Reread, When};
use taskpool_tui::app::session::Session;
use taskpool_tui::app::{Modes, Registry, config, serve};
use taskpool_tui::pool::{BaseTaskPool, Query, States, TaskId, TaskState};
use tokio::runtime::Handle;

/// How long anything may take. Generous: only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(2);

const CONFIG: &str = r#"
[func.say]
shell = 'echo "old $1"; sleep 1000'
grace = "1s"

[[pool]]
name = "jobs"
pool_size = 2
[[pool.group]]
name = "pages"
method = "map"
func = "say"
arg_iter = { range = [1, 9] }
num_concurrent = 1
[[pool.group]]
name = "more"
method = "apply"
func = "say"
args = ["more"]
num = 3
[[pool.group]]
name = "later"
method = "apply"
func = "say"
args = ["later"]
num = 1
autostart = false

[[pool]]
kind = "simple"
name = "workers"
func = "say"
args = ["worker"]
start = 1
"#;

struct Place {
    dir: tempfile::TempDir,
    session: Arc<Session>,
}

impl Place {
    /// A session of this config, which runs.
    fn new(text: &str) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let config = config::load(&path, &[]).unwrap();
        let session = Session::new(&config, &Registry::default(), &Handle::current(), false);
        session.reads_again(ReadAgain {
            found: false,
            modes: Modes::default(),
            settings: Settings::default(),
        });
        session.start(&config).unwrap();
        Place {
            dir,
            session: Arc::new(session),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("c.toml")
    }

    /// The config with these texts in place of those.
    fn edit(&self, pairs: &[(&str, &str)]) {
        let mut text = CONFIG.to_owned();
        for (old, new) in pairs {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        fs::write(self.path(), text).unwrap();
    }

    async fn reread(&self) -> Reread {
        match self.session.answer(&Request::Reread).await {
            Answer::Reread(reread) => reread,
            other => panic!("{other:?}"),
        }
    }

    async fn changes(&self) -> Changes {
        match self.reread().await {
            Reread::Changed(changes) => changes,
            other => panic!("{other:?}"),
        }
    }

    async fn yes(&self, number: u64) -> Result<Applied, String> {
        match self.session.answer(&Request::Reload { number }).await {
            Answer::Applied(applied) => Ok(*applied),
            Answer::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Reads it again and says yes.
    async fn reload(&self) -> Applied {
        let changes = self.changes().await;
        self.yes(changes.number).await.unwrap()
    }

    async fn act(&self, pool: &str, call: Call) -> Result<String, String> {
        let pool = pool.to_owned();
        match self.session.answer(&Request::Do(Command { pool, call })).await {
            Answer::Done(effect) => Ok(effect),
            Answer::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn pool(&self, name: &str) -> BaseTaskPool {
        let found = self.session.pools().find(|pool| **pool.name() == *name);
        found.unwrap_or_else(|| panic!("no pool {name}")).clone()
    }

    /// The tasks that run in a pool.
    fn running(&self, pool: &str) -> Vec<TaskId> {
        let shot = self.pool(pool).snapshot(&Query {
            states: States::of(TaskState::Running),
            rows: 100,
            ..Query::default()
        });
        shot.tasks.iter().map(|task| task.id).collect()
    }

    /// The group of a task that runs.
    fn group_of(&self, pool: &str, id: TaskId) -> String {
        let shot = self.pool(pool).snapshot(&Query {
            ids: Some(&[id]),
            rows: 1,
            ..Query::default()
        });
        shot.tasks[0].group.to_string()
    }

    async fn runs(&self, pool: &str, count: usize) -> Vec<TaskId> {
        until(&format!("{count} run in {pool}"), || {
            self.running(pool).len() == count
        })
        .await;
        self.running(pool)
    }

    /// Waits until a task has said this last.
    async fn says(&self, pool: &str, id: TaskId, text: &str) {
        until(&format!("{pool} {id} says {text}"), || {
            let said = self.session.outputs().last_line(pool, id.0);
            said.is_some_and(|line| line.as_str() == text)
        })
        .await;
    }

    async fn end(self) {
        self.session.quit().await;
    }
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never: {what}");
}

/// The changes in short: `part what: text`.
fn in_short(changes: &Changes) -> Vec<String> {
    let rows = changes.rows.iter();
    rows.map(|row| format!("{} {}: {}", row.part, row.what, row.text))
        .collect()
}

#[tokio::test]
async fn how_many_more_may_start_looks_at_the_limits_of_the_groups() {
    let place = Place::new(CONFIG);
    place.runs("jobs", 2).await;
    // Of `pages` one runs and no more may; of `more` one runs, and two wait for room alone.
    place.edit(&[("pool_size = 2", "pool_size = 9")]);
    let changes = place.changes().await;
    assert_eq!(changes.rows[0].effect.as_str(), "2 queued tasks may start");
    place.end().await;
}

#[tokio::test]
async fn what_runs_goes_on_and_the_rest_is_as_the_file_says_now() {
    let place = Place::new(CONFIG);
    let before = place.runs("jobs", 2).await;
    let workers = place.runs("workers", 1).await;
    for id in &before {
        until("it has said something", || {
            place.session.outputs().last_line("jobs", id.0).is_some()
        })
        .await;
    }
    place.edit(&[
        ("old $1", "new $1"),
        ("pool_size = 2", "pool_size = 4"),
        ("num_concurrent = 1", "num_concurrent = 2"),
        (
            "[[pool]]\nkind",
            "[[pool.group]]\nname = 'fresh'\nmethod = 'apply'\nfunc = 'say'\nargs = ['fresh']\n\
             [[pool]]\nname = 'mail'\n[[pool.group]]\nname = 'letters'\nmethod = 'apply'\nfunc = 'say'\n\
             args = ['letter']\n[[pool]]\nkind",
        ),
        ("args = [\"worker\"]", "args = [\"other\"]"),
    ]);
    let changes = place.changes().await;
    assert_eq!(
        in_short(&changes),
        [
            "pool jobs pool_size: 2 → 4",
            "pool jobs pages: num_concurrent: 1 → 2",
            "pool jobs group fresh: new: apply say(fresh), 1 task",
            "pool mail : new: size unlimited, 1 group",
            "pool mail group letters: new: apply say(letter), 1 task",
            "pool workers arguments: worker → other",
            "function say shell: sh: echo \"old $1\"; sleep 1000 → sh: echo \"new $1\"; sleep 1000",
        ]
    );
    let effect = &changes.rows[6].effect;
    assert!(
        effect.contains("groups made from now on; 3 running and 10 queued keep the old"),
        "{effect}"
    );
    // Looking changes nothing.
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(2));
    let applied = place.yes(changes.number).await.unwrap();
    assert_eq!(applied.text, "7 changes applied");
    assert_eq!(applied.refused, []);

    let now = place.runs("jobs", 4).await;
    assert!(before.iter().all(|id| now.contains(id)), "{before:?} {now:?}");
    let group = place.pool("jobs").group("pages").unwrap();
    assert_eq!(group.num_concurrent, Some(2));
    // What was queued keeps the function that it had.
    let fresh = |id: &TaskId| place.group_of("jobs", *id) == "fresh";
    for id in now.iter().filter(|id| !before.contains(id) && !fresh(id)) {
        until("it says what it said", || {
            let said = place.session.outputs().last_line("jobs", id.0);
            said.is_some_and(|line| line.starts_with("old "))
        })
        .await;
    }
    let letter = place.runs("mail", 1).await[0];
    place.says("mail", letter, "new letter").await;
    place.act("jobs", Call::SetSize { size: None }).await.unwrap();
    until("the new group runs", || {
        place
            .pool("jobs")
            .group("fresh")
            .is_some_and(|group| group.running == 1)
    })
    .await;

    until("the limit is the new one", || {
        place
            .pool("jobs")
            .group("pages")
            .is_some_and(|group| group.running == 2)
    })
    .await;

    // Started again it is what the file says.
    let group = Some("more".to_owned());
    place.act("jobs", Call::Start { num: 1, group }).await.unwrap();
    until("it says the new", || {
        let ids = place.running("jobs");
        let said = |id: &TaskId| place.session.outputs().last_line("jobs", id.0);
        ids.iter()
            .any(|id| said(id).is_some_and(|line| line.as_str() == "new more"))
    })
    .await;
    let group = None;
    place.act("workers", Call::Start { num: 1, group }).await.unwrap();
    let both = place.runs("workers", 2).await;
    assert_eq!(both[0], workers[0]);
    place.says("workers", both[0], "old worker").await;
    place.says("workers", both[1], "new other").await;

    let stopped = place.session.pools().map(|pool| pool.stats().totals.cancelled);
    assert_eq!(stopped.sum::<u64>(), 0, "nothing was cancelled");
    assert_eq!(place.reread().await, Reread::Same);
    place.end().await;
}

#[tokio::test]
async fn a_retry_runs_the_new_function_with_the_arguments_of_its_task() {
    let text = CONFIG.replace("sleep 1000", "exit 3").replace("[1, 9]", "[1, 1]");
    let place = Place::new(&text);
    until("all have failed", || {
        place.pool("jobs").stats().totals.failed == 4
    })
    .await;
    fs::write(
        place.path(),
        text.replace("old $1", "new $1").replace("[1, 1]", "[7, 7]"),
    )
    .unwrap();
    let applied = place.reload().await;
    assert_eq!(applied.text, "1 change applied, 1 with the next start");
    let id = {
        let pool = place.pool("jobs");
        let shot = pool.snapshot(&Query {
            group: Some("pages"),
            rows: 1,
            ..Query::default()
        });
        shot.tasks[0].id
    };
    place.act("jobs", Call::Retry { ids: vec![id.0] }).await.unwrap();
    until("it has failed again", || {
        place.pool("jobs").stats().totals.failed == 5
    })
    .await;
    place.says("jobs", TaskId(4), "new 1").await;
    place.end().await;
}

#[tokio::test]
async fn a_file_with_mistakes_changes_nothing() {
    let place = Place::new(CONFIG);
    let before = place.runs("jobs", 2).await;
    place.edit(&[("pool_size = 2", "pool_size = 4\ntiemout = 3")]);
    let Reread::Faulty(lines) = place.reread().await else {
        panic!("it was taken");
    };
    let said = lines.iter().map(Clean::as_str).collect::<Vec<_>>().join("\n");
    assert!(
        said.contains("has no key `tiemout`") && said.contains("c.toml:"),
        "{said}"
    );
    assert!(said.ends_with("c.toml; nothing was changed"), "{said}");
    // One that others can write is one that could run anything.
    place.edit(&[("pool_size = 2", "pool_size = 4")]);
    let shown = place.changes().await;
    fs::set_permissions(place.path(), Permissions::from_mode(0o666)).unwrap();
    let Reread::Faulty(lines) = place.reread().await else {
        panic!("it was taken");
    };
    assert!(
        lines.iter().any(|line| line.contains("others can write it")),
        "{lines:?}"
    );
    // What was shown before that is gone with it.
    let refused = place.yes(shown.number).await.unwrap_err();
    assert!(refused.contains("reload once more"), "{refused}");
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(2));
    assert_eq!(place.running("jobs"), before);
    fs::remove_file(place.path()).unwrap();
    assert!(matches!(place.reread().await, Reread::Faulty(_)));
    place.end().await;
}

#[tokio::test]
async fn a_yes_applies_what_was_shown_whatever_the_file_says_by_then() {
    let place = Place::new(CONFIG);
    place.edit(&[("pool_size = 2", "pool_size = 3")]);
    let first = place.changes().await;
    place.edit(&[("pool_size = 2", "pool_size = 7")]);
    place.yes(first.number).await.unwrap();
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(3));
    // Once, and no reading but the last.
    assert!(place.yes(first.number).await.is_err());
    let second = place.changes().await;
    assert_eq!(in_short(&second), ["pool jobs pool_size: 3 → 7"]);
    let third = place.changes().await;
    assert!(place.yes(second.number).await.is_err());
    // Of many who say yes at once, one is heard.
    let (one, other) = tokio::join!(place.yes(third.number), place.yes(third.number));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(7));
    place.end().await;
}

#[tokio::test]
async fn what_was_set_by_hand_stays_unless_the_file_says_another() {
    let place = Place::new(CONFIG);
    place.act("jobs", Call::SetSize { size: Some(6) }).await.unwrap();
    assert_eq!(place.reread().await, Reread::Same);
    place.edit(&[("num_concurrent = 1", "num_concurrent = 4")]);
    place.pool("jobs").set_num_concurrent("pages", 2).unwrap();
    let changes = place.changes().await;
    assert_eq!(
        in_short(&changes),
        ["pool jobs pages: num_concurrent: 1 → 4 (now 2, set by hand)"]
    );
    place.yes(changes.number).await.unwrap();
    assert_eq!(place.pool("jobs").group("pages").unwrap().num_concurrent, Some(4));
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(6));
    place.edit(&[
        ("num_concurrent = 1", "num_concurrent = 4"),
        ("pool_size = 2", "pool_size = 8"),
    ]);
    let changes = place.changes().await;
    assert_eq!(
        in_short(&changes),
        ["pool jobs pool_size: 2 → 8 (now 6, set by hand)"]
    );
    place.end().await;
}

#[tokio::test]
async fn what_is_refused_is_said_and_comes_again() {
    let place = Place::new(CONFIG);
    let fresh =
        "[[pool.group]]\nname = 'fresh'\nmethod = 'apply'\nfunc = 'say'\nargs = ['fresh']\n[[pool]]\nkind";
    place.edit(&[("[[pool]]\nkind", fresh), ("pool_size = 2", "pool_size = 3")]);
    place.act("jobs", Call::Lock).await.unwrap();
    let changes = place.changes().await;
    assert!(changes.rows[1].effect.contains("locked"), "{changes:?}");
    let applied = place.yes(changes.number).await.unwrap();
    assert_eq!(applied.text, "1 change applied, 1 refused");
    let refused = &applied.refused[0];
    assert_eq!(refused.what.as_str(), "group fresh");
    assert!(
        refused.refused.as_ref().unwrap().contains("is locked"),
        "{refused:?}"
    );
    assert_eq!(place.pool("jobs").stats().size.limit(), Some(3));
    place.act("jobs", Call::Unlock).await.unwrap();
    let again = place.changes().await;
    assert_eq!(
        in_short(&again),
        ["pool jobs group fresh: new: apply say(fresh), 1 task"]
    );
    assert_eq!(place.yes(again.number).await.unwrap().refused, []);
    assert!(place.pool("jobs").group("fresh").is_some());
    place.end().await;
}

#[tokio::test]
async fn a_group_that_may_not_start_yet_is_to_start_with_the_next_reading() {
    let place = Place::new(CONFIG);
    place.edit(&[("num = 1\nautostart = false", "num = 1")]);
    place.act("jobs", Call::Lock).await.unwrap();
    assert_eq!(place.reload().await.text, "0 changes applied, 1 refused");
    assert_eq!(place.session.held(), [("jobs".to_owned(), "later".to_owned())]);
    place.act("jobs", Call::Unlock).await.unwrap();
    assert_eq!(place.reload().await.text, "1 change applied");
    assert_eq!(place.session.held(), []);
    assert_eq!(place.reread().await, Reread::Same);
    place.end().await;
}

#[tokio::test]
async fn a_group_that_has_started_since_it_was_shown_keeps_what_it_has() {
    let place = Place::new(CONFIG);
    place.edit(&[
        ("args = [\"later\"]", "args = [\"other\"]"),
        ("pool_size = 2", "pool_size = 3"),
    ]);
    let changes = place.changes().await;
    assert_eq!(changes.rows[1].when, When::Now, "{changes:?}");
    let group = "later".to_owned();
    place.act("jobs", Call::Release { group }).await.unwrap();
    let applied = place.yes(changes.number).await.unwrap();
    assert_eq!(applied.text, "1 change applied, 1 refused");
    let why = applied.refused[0].refused.as_ref().unwrap();
    assert!(why.contains("has started since"), "{why}");
    let again = place.changes().await;
    assert_eq!(in_short(&again), ["pool jobs later: arguments: later → other"]);
    assert_eq!(again.rows[0].when, When::NextStart);
    place.end().await;
}

#[tokio::test]
async fn a_pool_that_is_added_while_the_program_is_left_ends_with_the_others() {
    let place = Place::new(CONFIG);
    place.edit(&[(
        "[[pool]]\nkind",
        "[[pool]]\nname = 'mail'\n[[pool.group]]\nname = 'letters'\nmethod = 'apply'\nfunc = 'say'\n\
         [[pool]]\nkind",
    )]);
    let changes = place.changes().await;
    // The reload has begun when the end is asked for, and makes the pool after that.
    let both = async { tokio::join!(place.yes(changes.number), place.session.quit()) };
    let both = tokio::time::timeout(PATIENCE, both).await;
    assert!(both.is_ok(), "something is still waited for");
    assert!(place.session.is_over());
    assert_eq!(place.pool("mail").stats().totals.completed, 0);
}

#[tokio::test]
async fn what_a_simple_pool_calls_back_is_what_the_file_says() {
    let text = "[func.work]\ncommand = ['true']\n[func.bell]\nshell = 'echo > old'\n\
                [[pool]]\nkind = 'simple'\nname = 'workers'\nfunc = 'work'\nstart = 1\nend_callback = 'bell'\n";
    let place = Place::new(text);
    let is_there = |name: &str| place.dir.path().join(name).exists();
    until("the old one is called", || is_there("old")).await;
    fs::write(place.path(), text.replace("> old", "> new")).unwrap();
    let changes = place.changes().await;
    let effect = changes.rows[0].effect.as_str();
    assert!(
        effect.contains("what workers calls back is the new one at once"),
        "{effect}"
    );
    place.yes(changes.number).await.unwrap();
    assert!(!is_there("new"));
    let group = None;
    place.act("workers", Call::Start { num: 1, group }).await.unwrap();
    until("the new one is called", || is_there("new")).await;
    place.end().await;
}

#[tokio::test]
async fn a_group_that_somebody_has_added_is_started_again_with_the_new_function() {
    let place = Place::new(CONFIG);
    place.act("jobs", Call::SetSize { size: None }).await.unwrap();
    let group = Box::new(NewGroup {
        func: "say".to_owned(),
        method: GroupMethod::Apply,
        arguments: "[\"hand\"]".to_owned(),
        name: Some("hand".to_owned()),
        ..NewGroup::default()
    });
    let call = Call::Add { group };
    let pool = "jobs".to_owned();
    let added = place.session.answer(&Request::Do(Command { pool, call })).await;
    assert!(matches!(added, Answer::Added { .. }), "{added:?}");
    place.edit(&[("old $1", "new $1")]);
    place.reload().await;
    let group = Some("hand".to_owned());
    place.act("jobs", Call::Start { num: 1, group }).await.unwrap();
    until("it says the new", || {
        let ids = place.running("jobs");
        let said = |id: &TaskId| place.session.outputs().last_line("jobs", id.0);
        ids.iter()
            .any(|id| said(id).is_some_and(|line| line.as_str() == "new hand"))
    })
    .await;
    place.end().await;
}

#[tokio::test]
async fn a_group_without_a_name_above_another_one_is_the_new_one() {
    let group = |arg: &str| {
        format!("[[pool.group]]\nmethod = 'map'\nfunc = 'say'\nnum_concurrent = 9\narg_iter = ['{arg}']\n")
    };
    let head = "[func.say]\nshell = 'echo \"$1\"; sleep 1000'\ngrace = '1s'\n[[pool]]\nname = 'jobs'\n";
    let place = Place::new(&format!("{head}{}", group("a")));
    let first = place.runs("jobs", 1).await[0];
    place.says("jobs", first, "a").await;
    fs::write(place.path(), format!("{head}{}{}", group("b"), group("a"))).unwrap();
    assert_eq!(place.reload().await.text, "1 change applied");
    let both = place.runs("jobs", 2).await;
    place.says("jobs", both[1], "b").await;
    assert_eq!(place.reread().await, Reread::Same);
    // What is gone is the first one, which is known when it comes back.
    fs::write(place.path(), format!("{head}{}", group("a"))).unwrap();
    assert_eq!(place.reload().await.text, "0 changes applied");
    fs::write(place.path(), format!("{head}{}{}", group("a"), group("b"))).unwrap();
    assert_eq!(place.reread().await, Reread::Same);
    // One more, and one of the others is another: which of them is to start?
    fs::write(
        place.path(),
        format!("{head}{}{}{}", group("c"), group("b"), group("d")),
    )
    .unwrap();
    let changes = place.changes().await;
    assert!(
        changes.rows.iter().all(|row| row.when == When::NextStart),
        "{changes:?}"
    );
    let effect = changes.rows[1].effect.as_str();
    assert!(effect.contains("give this one a name"), "{effect}");
    assert_eq!(place.running("jobs"), both);
    place.end().await;
}

#[tokio::test]
async fn what_is_gone_from_the_file_goes_on_and_is_known_when_it_comes_back() {
    let place = Place::new(CONFIG);
    let (jobs, workers) = (place.runs("jobs", 2).await, place.runs("workers", 1).await);
    let (before, _) = CONFIG.split_once("[[pool]]\nkind").unwrap();
    let (head, more) = before.split_once("[[pool.group]]\nname = \"more\"").unwrap();
    let (_, later) = more.split_once("[[pool.group]]\nname = \"later\"").unwrap();
    fs::write(
        place.path(),
        format!("{head}[[pool.group]]\nname = \"later\"{later}"),
    )
    .unwrap();
    let changes = place.changes().await;
    assert_eq!(
        in_short(&changes),
        [
            "pool jobs group more: no longer in the file",
            "pool workers : no longer in the file"
        ]
    );
    assert!(changes.rows.iter().all(|row| row.when == When::LeftAlone) && !changes.applies());
    place.yes(changes.number).await.unwrap();
    assert_eq!((place.running("jobs"), place.running("workers")), (jobs, workers));
    fs::write(place.path(), CONFIG).unwrap();
    assert_eq!(place.reread().await, Reread::Same);
    place.end().await;
}

#[tokio::test]
async fn a_group_that_waits_for_its_start_is_what_the_file_says_then() {
    let place = Place::new(CONFIG);
    place.edit(&[
        ("args = [\"later\"]", "args = [\"other\"]"),
        ("pool_size = 2\n", ""),
    ]);
    let changes = place.changes().await;
    assert!(
        changes.rows.iter().all(|row| row.when == When::Now),
        "{changes:?}"
    );
    place.yes(changes.number).await.unwrap();
    assert_eq!(place.session.held(), [("jobs".to_owned(), "later".to_owned())]);
    // It may as well start by itself from now on.
    place.edit(&[
        ("args = [\"later\"]", "args = [\"other\"]"),
        ("pool_size = 2\n", ""),
        ("num = 1\nautostart = false", "num = 1"),
    ]);
    place.reload().await;
    assert_eq!(place.session.held(), []);
    until("it runs", || {
        place
            .pool("jobs")
            .group("later")
            .is_some_and(|group| group.running == 1)
    })
    .await;
    let ids = place.running("jobs");
    until("it says the new", || {
        let said = |id: &TaskId| place.session.outputs().last_line("jobs", id.0);
        ids.iter()
            .any(|id| said(id).is_some_and(|line| line.as_str() == "old other"))
    })
    .await;
    // One that was never started goes with its lines in the file.
    let place = Place::new(CONFIG);
    let (head, _) = CONFIG.split_once("[[pool.group]]\nname = \"later\"").unwrap();
    let (_, workers) = CONFIG.split_once("[[pool]]\nkind").unwrap();
    fs::write(place.path(), format!("{head}[[pool]]\nkind{workers}")).unwrap();
    place.reload().await;
    assert_eq!(place.session.held(), []);
    assert_eq!(place.reread().await, Reread::Same);
    place.end().await;
}

#[tokio::test]
async fn whoever_watches_sees_a_new_pool_and_its_output_is_saved() {
    let saved = tempfile::tempdir().unwrap();
    let text = format!("[output]\ndir = {:?}\n{CONFIG}", saved.path());
    let place = Place::new(&text);
    let (mut client, server) = link();
    let serving = tokio::spawn(serve(place.session.clone(), server));
    let new = "[[pool]]\nname = 'brief'\n[[pool.group]]\nname = 'b'\nmethod = 'apply'\nfunc = 'echo'\nargs = ['hello']\n\
               [[pool]]\nkind";
    fs::write(place.path(), text.replace("[[pool]]\nkind", new)).unwrap();
    let number = match ask(&mut client, Request::Reread).await {
        Answer::Reread(Reread::Changed(changes)) => changes.number,
        other => panic!("{other:?}"),
    };
    let applied = ask(&mut client, Request::Reload { number }).await;
    assert!(matches!(applied, Answer::Applied(_)), "{applied:?}");
    let seen = tokio::time::timeout(
        PATIENCE,
        client.view.wait_for(|view| {
            view.pools
                .iter()
                .any(|pool| *pool.name == *"brief" && pool.ok == 1)
        }),
    );
    assert!(seen.await.is_ok(), "the pool is not seen to end its task");
    place.session.outputs().saved().await;
    let run = place.session.outputs().saved_to().unwrap().unwrap();
    assert_eq!(
        fs::read_to_string(run.join("pools.txt")).unwrap(),
        "0\tjobs\n1\tworkers\n2\tbrief\n"
    );
    assert_eq!(fs::read_to_string(run.join("2-0.1.out")).unwrap(), "hello\n");
    drop(client);
    serving.await.unwrap();
    place.end().await;
}

async fn ask(client: &mut taskpool_tui::app::link::Link, request: Request) -> Answer {
    client
        .requests
        .send(Numbered {
            number: 1,
            request,
            confirmed: true,
        })
        .await
        .unwrap();
    client.replies.recv().await.unwrap().answer
}

#[tokio::test]
async fn pools_of_no_file_are_not_read_again() {
    let config = config::parse(CONFIG, std::path::Path::new("/tmp/none.toml"), &[]).unwrap();
    let session = Session::new(&config, &Registry::default(), &Handle::current(), false);
    let answer = session.answer(&Request::Reread).await;
    assert!(
        matches!(&answer, Answer::Refused(why) if why.contains("no")),
        "{answer:?}"
    );
    session.quit().await;
}
