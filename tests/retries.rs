//! Tasks that run again: by themselves in their slot, or as new tasks because somebody asks.

#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "common/session.rs"]
mod started;

use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskpool_tui::app::Registry;
use taskpool_tui::app::args::Args;
use taskpool_tui::app::control::{Answer, Call, Command, Request};
use taskpool_tui::app::session::{Look, Session};
use taskpool_tui::app::status::Status;
use taskpool_tui::app::view::{At, OutputWant, Stream, TaskRow, View, Want, Window};
use taskpool_tui::pool::{BoxError, TaskContext};
use tokio::time::{Instant, sleep};

/// When the function was called, and with what.
type Calls = Arc<Mutex<Vec<(u64, String)>>>;

struct Scene {
    session: Arc<Session>,
    calls: Calls,
}

/// A session whose function `work` notes each call, and then does what its first argument says.
fn scene(text: &str) -> Scene {
    let calls = Calls::default();
    let (noted, start) = (calls.clone(), Instant::now());
    let work = move |args: Args| {
        let (calls, at) = (noted.clone(), start.elapsed().as_secs());
        let said = args.to_string();
        async move {
            let times = {
                let mut calls = calls.lock().unwrap();
                calls.push((at, said.clone()));
                calls.iter().filter(|(_, earlier)| *earlier == said).count()
            };
            let what = said.split(' ').next().unwrap_or_default();
            match what.split_once('-').unwrap_or((what, "")) {
                ("ok", _) => Ok(()),
                ("third", _) if times == 3 => Ok(()),
                ("hang", _) => std::future::pending().await,
                ("lasts", seconds) => {
                    sleep(Duration::from_secs(seconds.parse().unwrap_or(0))).await;
                    Err("over".into())
                }
                ("stubborn", _) => {
                    let context = TaskContext::current().unwrap();
                    // Whatever it was: it says that it failed.
                    let _ = context.catch(std::future::pending::<()>()).await;
                    Err("was disturbed".into())
                }
                ("panics", _) => panic!("as asked"),
                _ => Err::<(), BoxError>(format!("no {said}").into()),
            }
        }
    };
    let registry = Registry::default().with("work", work);
    Scene {
        session: started::start(text, &registry, |_| {}),
        calls,
    }
}

fn pool_of(func: &str, elements: &str) -> String {
    format!(
        "[func.work]\n{func}\n[[pool]]\nname = \"p\"\npool_size = 3\n[[pool.group]]\nname = \"g\"\nmethod = \"map\"\n\
         func = \"work\"\narg_iter = {elements}\nnum_concurrent = 9\n"
    )
}

impl Scene {
    fn view(&self, task: Option<u64>) -> View {
        let want = Want {
            pool: Some("p".to_owned()),
            groups: Window {
                rows: 20,
                at: At::First(0),
            },
            tasks: Window {
                rows: 50,
                at: At::First(0),
            },
            task,
            output: OutputWant {
                rows: 50,
                ..OutputWant::default()
            },
            ..Want::default()
        };
        Look::default().view(&self.session, &want).0
    }

    fn row(&self, id: u64) -> TaskRow {
        let pool = self.view(None).pool.unwrap();
        pool.tasks.into_iter().find(|task| task.id == id).unwrap()
    }

    /// What the detail of a task says under a label.
    fn fact(&self, id: u64, label: &str) -> Option<String> {
        let task = self.view(Some(id)).pool.unwrap().task.unwrap();
        let fact = task
            .live
            .into_iter()
            .chain(task.facts)
            .find(|(name, _)| &**name == label);
        fact.map(|(_, text)| text.to_string())
    }

    fn remarks(&self, id: u64) -> Vec<String> {
        let lines = self.view(Some(id)).pool.unwrap().task.unwrap().output.lines;
        let notes = lines.into_iter().filter(|line| line.stream == Stream::Note);
        notes.map(|line| line.text.to_string()).collect()
    }

    async fn until(&self, what: &str, is: impl Fn(&View) -> bool) {
        for _ in 0..200_000 {
            if is(&self.view(None)) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("never {what}: {:#?}", self.view(None));
    }

    async fn ended(&self, num: usize) {
        self.until("all ended", |view| view.pools[0].ended == num).await;
    }

    async fn answer(&self, request: Request) -> Result<String, String> {
        match self.session.answer(&request).await {
            Answer::Done(effect) => Ok(effect),
            Answer::Refused(reason) => Err(reason),
            Answer::Preview(preview) => Ok(preview.lines.join("\n")),
            other => panic!("nobody asked for that: {other:?}"),
        }
    }

    async fn act(&self, call: Call) -> Result<String, String> {
        self.answer(Request::Do(command(call))).await
    }

    async fn retry(&self, ids: &[u64]) -> Result<String, String> {
        self.act(Call::Retry { ids: ids.to_vec() }).await
    }

    fn calls(&self) -> Vec<u64> {
        self.calls.lock().unwrap().iter().map(|(at, _)| *at).collect()
    }
}

fn command(call: Call) -> Command {
    Command {
        pool: "p".to_owned(),
        call,
    }
}

fn cancel(id: u64) -> Call {
    Call::Cancel {
        ids: vec![id],
        force: false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_is_tried_again_in_its_slot_as_the_same_task() {
    let scene = scene(&pool_of("retries = 3\nbackoff = \"2s\"", "[\"no\", \"third\"]"));
    scene
        .until("a wait", |view| {
            view.pool
                .as_ref()
                .unwrap()
                .tasks
                .iter()
                .any(|task| task.trying.is_some())
        })
        .await;
    let trying = scene.row(0).trying.unwrap();
    assert_eq!((trying.attempt, trying.of), (2, Some(4)));
    let waits = trying.waits.unwrap();
    assert!(
        waits > Duration::from_secs(1) && waits <= Duration::from_secs(2),
        "{waits:?}"
    );
    assert_eq!(scene.row(0).status, Status::Running, "it keeps its slot");
    scene.ended(2).await;
    let calls = scene.calls.lock().unwrap().clone();
    let of = |who: &str| -> Vec<u64> {
        calls
            .iter()
            .filter(|(_, said)| said == who)
            .map(|(at, _)| *at)
            .collect()
    };
    assert_eq!((of("no"), of("third")), (vec![0, 2, 6, 14], vec![0, 2, 6]));
    let (failed, fine) = (scene.row(0), scene.row(1));
    assert_eq!(
        (failed.status, failed.note.as_str()),
        (Status::Failed, "after 4 tries: no no")
    );
    assert_eq!((fine.status, fine.trying), (Status::Ok, None));
    assert_eq!(scene.fact(1, "tries").as_deref(), Some("3"));
    assert_eq!(scene.fact(1, "again").as_deref(), Some("3 retries, backoff 2s"));
    assert_eq!(
        scene.remarks(0),
        [
            "[no no; try 2 of 4 in 2s]",
            "[no no; try 3 of 4 in 4s]",
            "[no no; try 4 of 4 in 8s]"
        ]
    );
    assert_eq!(
        scene.view(None).pools[0].failed,
        1,
        "tries are not counted, outcomes are"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancel_while_it_waits_ends_it_at_once() {
    let scene = scene(&pool_of("retries = 3\nbackoff = \"1h\"", "[\"no\"]"));
    scene
        .until("a wait", |view| {
            view.pool
                .as_ref()
                .unwrap()
                .tasks
                .iter()
                .any(|task| task.trying.is_some())
        })
        .await;
    let asked = Instant::now();
    scene.act(cancel(0)).await.unwrap();
    scene.ended(1).await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (scene.row(0).status, scene.row(0).trying),
        (Status::Stopped, None)
    );
    assert_eq!(scene.calls(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_during_a_try_is_not_followed_by_another_however_the_task_takes_it() {
    let scene = scene(&pool_of("restart = \"always\"", "[\"stubborn\", \"hang\"]"));
    scene.until("both run", |_| scene.calls().len() == 2).await;
    scene.act(cancel(0)).await.unwrap();
    scene.act(cancel(1)).await.unwrap();
    scene.ended(2).await;
    sleep(Duration::from_secs(100)).await;
    assert_eq!(scene.calls().len(), 2);
    assert_eq!(
        (scene.row(0).status, &*scene.row(0).note),
        (Status::Failed, "was disturbed")
    );
    assert_eq!(scene.row(1).status, Status::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_tried_again() {
    let scene = scene(&pool_of("retries = 3", "[\"panics\"]"));
    scene.ended(1).await;
    assert_eq!((scene.row(0).status, scene.calls()), (Status::Panicked, vec![0]));
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_restarted_until_it_is_a_crash_loop() {
    let scene = scene(&pool_of(
        "restart = \"on-failure\"",
        "[\"no\", \"ok\", \"lasts-30\"]",
    ));
    scene
        .until("a crash loop", |view| view.pools[0].failed == 1)
        .await;
    assert_eq!(&*scene.row(0).note, "crash loop: 5 ends within 15s: no no");
    assert_eq!(scene.row(1).status, Status::Ok, "it did not fail");
    sleep(Duration::from_mins(5)).await;
    let worker = scene.row(2);
    assert_eq!(worker.status, Status::Running);
    let trying = worker.trying.unwrap();
    assert!(trying.attempt > 9 && trying.of.is_none(), "{trying:?}");
    let calls = scene.calls.lock().unwrap().clone();
    let times: Vec<u64> = calls
        .iter()
        .filter(|(_, said)| said == "lasts-30")
        .map(|(at, _)| *at)
        .collect();
    assert!(
        times.windows(2).all(|pair| pair[1] - pair[0] == 31),
        "each wait is the first one: {times:?}"
    );
    scene.session.quit().await;
}

#[tokio::test]
async fn a_command_finds_its_try_in_a_variable_and_every_kind_of_failure_is_tried_again() {
    let scene = scene(
        r#"
[func.exit]
shell = 'echo "try $TASKPOOL_ATTEMPT"; echo "no host" >&2; [ "$TASKPOOL_ATTEMPT" = "$1" ] || exit 2'
retries = 2
backoff = "10ms"

[func.slow]
command = ["sleep", "60"]
timeout = "50ms"
retries = 1
backoff = "10ms"

[func.missing]
command = ["{0}"]
retries = 1
backoff = "0s"

[[pool]]
name = "p"
[[pool.group]]
method = "map"
func = "exit"
arg_iter = [3, 4]
num_concurrent = 2
[[pool.group]]
method = "apply"
func = "slow"
[[pool.group]]
method = "map"
func = "missing"
arg_iter = ["/nowhere/at-all"]
"#,
    );
    scene.ended(4).await;
    let rows = scene.view(None).pool.unwrap().tasks;
    let of = |args: &str| rows.iter().find(|row| &*row.args == args).unwrap();
    assert_eq!(of("3").status, Status::Ok);
    assert_eq!(&*of("4").note, "exit 2 after 3 tries: no host");
    assert_eq!(
        (of("").status, &*of("").note),
        (Status::TimedOut, "timed out after 50ms, 2 tries")
    );
    let missing = of("/nowhere/at-all");
    assert!(
        missing.note.starts_with("after 2 tries: cannot start"),
        "{}",
        missing.note
    );
    let lines = scene
        .view(Some(of("3").id))
        .pool
        .unwrap()
        .task
        .unwrap()
        .output
        .lines;
    let text = |stream: Stream| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.stream == stream)
            .map(|line| line.text.to_string())
            .collect()
    };
    assert_eq!(text(Stream::Stdout), ["try 1", "try 2", "try 3"]);
    assert_eq!(
        text(Stream::Note),
        [
            "[exit 2: no host; try 2 of 3 in 10ms]",
            "[exit 2: no host; try 3 of 3 in 20ms]"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_a_new_task_with_the_same_arguments_and_both_say_so() {
    let scene = scene(&pool_of("", "[\"no\", \"third\", \"ok\", \"hang\"]"));
    scene.ended(3).await;
    assert_eq!(scene.retry(&[3]).await.unwrap_err(), "task 3 has not ended");
    assert_eq!(scene.retry(&[99]).await.unwrap_err(), "task 99 is not remembered");
    assert_eq!(scene.retry(&[]).await.unwrap_err(), "no task was named");
    assert_eq!(
        scene.retry(&[1]).await.unwrap(),
        "group retry-work-group-0 with 1 task"
    );
    scene.ended(4).await;
    let new = scene.row(4);
    assert_eq!((&*new.group, &*new.args), ("retry-work-group-0", "third"));
    assert_eq!(scene.fact(4, "retries").as_deref(), Some("task 1"));
    assert_eq!(scene.fact(1, "retried as").as_deref(), Some("4"));
    assert!(scene.row(1).retried && !new.retried);
    // The third call of it, by a retry of the retry.
    assert_eq!(
        scene.retry(&[4]).await.unwrap(),
        "group retry-work-group-1 with 1 task"
    );
    scene.ended(5).await;
    assert_eq!(scene.row(5).status, Status::Ok);
    // What was ok, or stopped, can be run again, too.
    scene.act(cancel(3)).await.unwrap();
    scene.ended(6).await;
    assert_eq!(
        scene.retry(&[3, 2]).await.unwrap(),
        "group retry-work-group-2 with 2 tasks"
    );
    scene.ended(7).await;
    assert_eq!((&*scene.row(6).args, &*scene.row(7).args), ("ok", "hang"));
    scene.session.quit().await;
}

#[tokio::test(start_paused = true)]
async fn all_that_failed_is_retried_once_and_what_the_preview_named() {
    let scene = scene(&pool_of("", "[\"no\", \"ok\", \"panics\", \"no-more\"]"));
    scene.ended(4).await;
    let all = Call::RetryFailed { group: None };
    let asked = Request::Preview(command(all.clone()));
    let Answer::Preview(preview) = scene.session.answer(&asked).await else {
        panic!("no preview")
    };
    assert_eq!(
        preview.lines,
        ["3 failed tasks run again, as new tasks with the same arguments: 0 2 3"]
    );
    assert_eq!(preview.command, Some(command(Call::Retry { ids: vec![0, 2, 3] })));
    let elsewhere = Call::RetryFailed {
        group: Some("h".to_owned()),
    };
    assert_eq!(scene.act(elsewhere).await.unwrap_err(), "no task has failed");
    assert_eq!(
        scene.act(all.clone()).await.unwrap(),
        "group retry-work-group-0 with 3 tasks"
    );
    scene.ended(7).await;
    let again = scene.answer(asked).await.unwrap();
    assert_eq!(
        again,
        "3 failed tasks run again, as new tasks with the same arguments: 4 5 6\n3 retried already"
    );
    scene.act(Call::Lock).await.unwrap();
    let locked = "TaskPool-p is locked: it takes no new groups until it is unlocked";
    assert_eq!(scene.act(all.clone()).await.unwrap_err(), locked);
    assert_eq!(scene.retry(&[0]).await.unwrap_err(), locked);
    scene.act(Call::Unlock).await.unwrap();
    scene.act(Call::Flush).await.unwrap();
    assert_eq!(scene.retry(&[0]).await.unwrap_err(), "task 0 is not remembered");
    scene.act(Call::Close).await.unwrap();
    assert!(scene.act(all).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_group_of_one_set_of_arguments_and_a_simple_pool_need_none_kept() {
    let text = r#"
[func.work]
[[pool]]
name = "p"
[[pool.group]]
name = "same"
method = "apply"
func = "work"
args = ["no"]
num = 3
"#;
    let scene_of_apply = scene(text);
    scene_of_apply.ended(3).await;
    let done = scene_of_apply.retry(&[0, 1, 2, 1]).await.unwrap();
    assert_eq!(done, "group retry-work-group-0 with 3 tasks");
    scene_of_apply.ended(6).await;
    assert_eq!(&*scene_of_apply.row(5).args, "no");
    assert_eq!(scene_of_apply.fact(5, "retries").as_deref(), Some("task 2"));

    let simple = scene(
        "[func.work]\n[[pool]]\nkind = \"simple\"\nname = \"p\"\nfunc = \"work\"\nargs = [\"no\"]\nstart = 2\n",
    );
    simple.ended(2).await;
    assert_eq!(
        simple.retry(&[1]).await.unwrap(),
        "group start-group-1 with 1 task"
    );
    simple.ended(3).await;
    assert_eq!(simple.fact(2, "retries").as_deref(), Some("task 1"));
    simple.act(Call::Start { num: 1, group: None }).await.unwrap();
    simple.ended(4).await;
    assert_eq!(simple.fact(3, "retries"), None, "a start is no retry");
    simple.act(Call::Lock).await.unwrap();
    let locked = "SimpleTaskPool-p is locked: it takes no new groups until it is unlocked";
    assert_eq!(simple.retry(&[0]).await.unwrap_err(), locked);
}

#[tokio::test(start_paused = true)]
async fn arguments_that_are_no_longer_kept_are_told() {
    // 8,000 elements of 4 KiB are twice what is kept.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lines.txt");
    let lines: Vec<String> = (0..8000)
        .map(|i| format!("no-{i}-{}", "x".repeat(4096)))
        .collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let source = format!("{{ lines = {:?} }}", file.display().to_string());
    let scene = scene(&pool_of("", &source).replace("num_concurrent = 9", "num_concurrent = 500"));
    scene.ended(8000).await;
    let refused = scene.retry(&[0, 1, 7999]).await.unwrap_err();
    assert_eq!(
        refused,
        "the arguments of 2 tasks are no longer kept (16 MiB of them are): 0 1"
    );
    let done = scene.act(Call::RetryFailed { group: None }).await.unwrap();
    assert!(
        done.contains("left out: the arguments are no longer kept"),
        "{done}"
    );
    assert!(done.starts_with("group retry-work-group-0 with "), "{done}");
    assert_eq!(
        scene.retry(&[7999]).await.unwrap(),
        "group retry-work-group-1 with 1 task"
    );
    scene.session.quit().await;
}
