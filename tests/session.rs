//! A session as its clients know it: requests in, answers and views out, on real pools.

#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "common/session.rs"]
mod started;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskpool_tui::app::control::{Answer, Call, Command, Numbered, Request};
use taskpool_tui::app::dashboard::Settings;
use taskpool_tui::app::link::link;
use taskpool_tui::app::new_group::{GroupMethod, NewGroup};
use taskpool_tui::app::reload::ReadAgain;
use taskpool_tui::app::session::{Look, Session};
use taskpool_tui::app::status::Status;
use taskpool_tui::app::view::{At, OutputWant, Stream, View, Want, Window};
use taskpool_tui::app::{Modes, Registry, config, serve};
use taskpool_tui::pool::BoxError;
use tokio::runtime::Handle;

/// How long anything may take. Generous: only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(2);

const CONFIG: &str = r#"
[func.say]
shell = 'echo "$1"; echo "oh no" >&2; exit 3'
grace = "1s"

[func.bell]
shell = 'echo "bell for $TASKPOOL_TASK_ID"; exit 1'

[[pool]]
name = "jobs"
pool_size = 2

[[pool.group]]
name = "naps"
method = "apply"
func = "sleep"
args = ["1h"]
num = 5

[[pool.group]]
name = "later"
method = "map"
func = "echo"
arg_iter = ["Äpfel", "Birnen"]
autostart = false

[[pool]]
kind = "simple"
name = "workers"
func = "sleep"
args = ["1h"]
start = 3
"#;

fn session(text: &str) -> Arc<Session> {
    started::start(text, &registry(), |_| {})
}

fn registry() -> Registry {
    Registry::default().with("boom", |_| async { panic!("as asked") as Result<(), BoxError> })
}

/// The same for a config that stands in this directory.
fn session_in(dir: &Path, text: &str) -> Arc<Session> {
    let registry = registry();
    let config = config::parse(text, &dir.join("test.toml"), &registry.names()).unwrap();
    let session = Session::new(&config, &registry, &Handle::current(), false);
    session.start(&config).unwrap();
    Arc::new(session)
}

fn command(pool: &str, call: Call) -> Command {
    Command {
        pool: pool.to_owned(),
        call,
    }
}

async fn act(session: &Session, pool: &str, call: Call) -> Result<String, String> {
    match session.answer(&Request::Do(command(pool, call))).await {
        Answer::Done(effect) => Ok(effect),
        Answer::Refused(reason) => Err(reason),
        other => panic!("nobody asked for that: {other:?}"),
    }
}

async fn preview(session: &Session, pool: &str, call: Call) -> (Vec<String>, Option<Command>) {
    match session.answer(&Request::Preview(command(pool, call))).await {
        Answer::Preview(preview) => (preview.lines, preview.command),
        other => panic!("{other:?}"),
    }
}

fn want(pool: &str, filter: &str) -> Want {
    Want {
        pool: Some(pool.to_owned()),
        filter: filter.to_owned(),
        groups: Window {
            rows: 9,
            at: At::First(0),
        },
        tasks: Window {
            rows: 9,
            at: At::First(0),
        },
        ..Want::default()
    }
}

fn look(session: &Session, want: &Want) -> View {
    Look::default().view(session, want).0
}

/// Waits until a view shows what is looked for.
async fn until(session: &Session, want: &Want, found: impl Fn(&View) -> bool) -> View {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let view = look(session, want);
        if found(&view) {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("it never shows: {:#?}", look(session, want));
}

#[tokio::test]
async fn the_pools_start_as_the_config_says_and_a_view_shows_them() {
    let session = session(CONFIG);
    let view = until(&session, &want("jobs", ""), |view| {
        view.pools[0].running == 2 && view.pools[1].running == 3
    })
    .await;
    assert_eq!(view.title.as_str(), "test.toml");
    assert_eq!((view.pools[0].size, view.pools[0].queued.known), (Some(2), 3));
    assert_eq!(
        (view.pools[1].size, view.pools[1].func.as_deref()),
        (None, Some("sleep"))
    );
    let pool = view.pool.unwrap();
    let groups: Vec<(&str, bool, bool)> = pool
        .groups
        .iter()
        .map(|g| (&*g.name, g.held, g.startable))
        .collect();
    assert_eq!(groups, [("naps", false, true), ("later", true, false)]);
    assert_eq!(pool.groups[0].why.as_str(), "pool full, 1st in the queue");
    assert_eq!(
        pool.tasks.iter().map(|task| task.status).collect::<Vec<_>>(),
        [Status::Running; 2]
    );
    session.quit().await;
}

#[tokio::test]
async fn a_locked_pool_refuses_a_start_with_its_reason() {
    let session = session(CONFIG);
    act(&session, "workers", Call::Lock).await.unwrap();
    let refused = act(&session, "workers", Call::Start { num: 1, group: None })
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        "SimpleTaskPool-workers is locked: it takes no new groups until it is unlocked"
    );
    act(&session, "workers", Call::Unlock).await.unwrap();
    let done = act(&session, "workers", Call::Start { num: 2, group: None })
        .await
        .unwrap();
    assert_eq!(done, "group start-group-1 with 2 tasks");
    let done = act(&session, "jobs", Call::Start { num: 1, group: None })
        .await
        .unwrap();
    assert_eq!(done, "group apply-sleep-group-0 with 1 task");
    let refused = act(
        &session,
        "jobs",
        Call::Start {
            num: 1,
            group: Some("later".into()),
        },
    )
    .await
    .unwrap_err();
    assert!(refused.contains("made by map"), "{refused}");
    assert!(
        act(&session, "nobody", Call::Lock)
            .await
            .unwrap_err()
            .contains("no pool \"nobody\"")
    );
    session.quit().await;
}

#[tokio::test]
async fn a_stop_hits_what_its_preview_has_shown() {
    let session = session(CONFIG);
    until(&session, &want("workers", ""), |view| view.pools[1].running == 3).await;
    let (lines, shown) = preview(&session, "workers", Call::Stop { num: 2, shown: None }).await;
    assert_eq!(lines, ["2 tasks to be cancelled, newest first: 2 1"]);
    act(&session, "workers", Call::Start { num: 4, group: None })
        .await
        .unwrap();
    until(&session, &want("workers", ""), |view| view.pools[1].running == 7).await;
    act(
        &session,
        "workers",
        Call::Cancel {
            ids: vec![2],
            force: false,
        },
    )
    .await
    .unwrap();
    until(&session, &want("workers", ""), |view| view.pools[1].stopped == 1).await;
    let Answer::Done(done) = session.answer(&Request::Do(shown.unwrap())).await else {
        panic!("refused")
    };
    assert_eq!(
        done, "cancel requested: 1",
        "2 has ended meanwhile, and no other takes its place"
    );
    session.quit().await;
}

#[tokio::test]
async fn a_held_group_starts_once_when_it_is_released() {
    let session = session(CONFIG);
    act(&session, "jobs", Call::SetSize { size: None }).await.unwrap();
    let release = || {
        act(
            &session,
            "jobs",
            Call::Release {
                group: "later".to_owned(),
            },
        )
    };
    let (one, two) = tokio::join!(release(), release());
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let view = until(&session, &want("jobs", "later"), |view| view.pools[0].ok == 2).await;
    let pool = view.pool.unwrap();
    assert_eq!(pool.tasks_total, 2);
    assert_eq!(pool.tasks[0].note.as_str(), "Äpfel");
    assert_eq!(
        look(&session, &want("jobs", "ÄPFEL")).pool.unwrap().tasks_total,
        1
    );
    assert_eq!(
        look(&session, &want("jobs", "state:ok birnen"))
            .pool
            .unwrap()
            .tasks_total,
        1
    );
    assert_eq!(
        look(&session, &want("jobs", "state:failed"))
            .pool
            .unwrap()
            .tasks_total,
        0
    );
    session.quit().await;
}

#[tokio::test]
async fn cancelling_a_group_says_what_it_hits_and_what_never_starts() {
    let session = session(CONFIG);
    until(&session, &want("jobs", ""), |view| view.pools[0].running == 2).await;
    let call = Call::CancelGroup {
        group: "naps".to_owned(),
    };
    let (lines, _) = preview(&session, "jobs", call.clone()).await;
    assert_eq!(
        lines,
        [
            "2 running tasks to be cancelled: 0 1",
            "3 queued tasks will never start",
            "the group's name is free again"
        ]
    );
    let done = act(&session, "jobs", call.clone()).await.unwrap();
    assert_eq!(
        done,
        "cancel requested for 2 running tasks, 3 queued tasks will never start"
    );
    assert!(
        act(&session, "jobs", call)
            .await
            .unwrap_err()
            .contains("no group named \"naps\"")
    );
    let of_group = Want {
        group: Some("naps".to_owned()),
        ..want("jobs", "")
    };
    let view = look(&session, &of_group).pool.unwrap();
    assert_eq!(view.group_gone.as_deref(), Some("naps"));
    until(&session, &want("jobs", ""), |view| view.pools[0].stopped == 2).await;
    let done = act(&session, "jobs", Call::Flush).await.unwrap();
    assert_eq!(done, "cleared 2 cancelled");
    session.quit().await;
}

#[tokio::test]
async fn sizes_pauses_and_closing_say_what_they_do() {
    let session = session(CONFIG);
    until(&session, &want("jobs", ""), |view| view.pools[0].running == 2).await;
    let size = |size| act(&session, "jobs", Call::SetSize { size });
    assert_eq!(
        size(Some(3)).await.unwrap(),
        "size 2 → 3; queued tasks start at once"
    );
    until(&session, &want("jobs", ""), |view| view.pools[0].running == 3).await;
    act(&session, "jobs", Call::SetSize { size: Some(1) })
        .await
        .unwrap();
    assert_eq!(
        size(Some(2)).await.unwrap(),
        "size 1 → 2; nothing more starts until 2 tasks have ended"
    );
    assert_eq!(
        size(Some(3)).await.unwrap(),
        "size 2 → 3; nothing more starts until 1 task has ended"
    );
    assert_eq!(
        size(Some(1)).await.unwrap(),
        "size 3 → 1; 3 tasks run on until they end"
    );
    act(&session, "jobs", Call::Pause).await.unwrap();
    assert!(look(&session, &want("jobs", "")).pools[0].paused);
    assert_eq!(size(None).await.unwrap(), "size 1 → ∞");
    act(&session, "jobs", Call::Resume).await.unwrap();
    act(&session, "jobs", Call::CancelAll).await.unwrap();
    let closed = act(&session, "jobs", Call::Close).await.unwrap();
    assert!(closed.starts_with("closed; cleared"), "{closed}");
    assert!(
        act(&session, "jobs", Call::Unlock)
            .await
            .unwrap_err()
            .contains("is closed")
    );
    session.quit().await;
}

#[tokio::test]
async fn a_failed_command_shows_its_exit_its_words_and_its_callback_apart() {
    let text = CONFIG.replace("[[pool]]\nkind", "end_callback = \"bell\"\n[[pool]]\nkind");
    let text = text.replace(
        "func = \"sleep\"\nargs = [\"1h\"]\nnum = 5",
        "func = \"say\"\nargs = [\"hello\"]",
    );
    let text = text.replace("name = \"naps\"", "name = \"naps\"\nend_callback = \"bell\"");
    let text = text.replace(
        "autostart = false\n\nend_callback = \"bell\"\n",
        "autostart = false\n",
    );
    let session = session(&text);
    let all = Want {
        task: Some(0),
        output: OutputWant {
            rows: 9,
            ..OutputWant::default()
        },
        ..want("jobs", "")
    };
    let done = |view: &View| {
        view.pool
            .as_ref()
            .and_then(|pool| pool.task.clone())
            .is_some_and(|task| task.times.len() == 3)
    };
    let view = until(&session, &all, done).await;
    let task = view.pool.unwrap().task.unwrap();
    assert_eq!(task.row.status, Status::Failed);
    assert_eq!(task.row.note.as_str(), "exit 3: oh no");
    let lines: Vec<(Stream, &str)> = task
        .output
        .lines
        .iter()
        .map(|line| (line.stream, &*line.text))
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(
        lines.contains(&(Stream::Stdout, "hello")) && lines.contains(&(Stream::Stderr, "oh no")),
        "{lines:?}"
    );
    assert_eq!(lines[2], (Stream::Note, "bell for 0"));
    assert!(lines[3].1.starts_with("[callback bell: exit 1"), "{lines:?}");
    assert_eq!(session.failures(), 2, "the task and its callback");
    session.quit().await;
}

#[tokio::test]
async fn functions_of_an_embedding_program_run_by_their_names() {
    let session = session("[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'boom'\n");
    let view = until(&session, &want("p", ""), |view| view.pools[0].panicked == 1).await;
    let task = &view.pool.unwrap().tasks[0];
    assert_eq!((task.status, &*task.note), (Status::Panicked, "as asked"));
    session.quit().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_person_asks_for_is_answered_at_once_and_what_follows_from_views_in_time() {
    let session = session(CONFIG);
    let (mut client, server) = link();
    let serving = tokio::spawn(serve(session.clone(), server));
    let asks = |asked, filter| Want {
        asked,
        ..want("jobs", filter)
    };
    let listed = |view: &View| view.pool.as_ref().map(|pool| pool.tasks_total);
    client.want.send_replace(asks(1, ""));
    client
        .view
        .wait_for(|view| listed(view) == Some(2))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = tokio::time::Instant::now();
    client.want.send_replace(asks(2, "state:failed"));
    let view = client
        .view
        .wait_for(|view| view.answers == 2)
        .await
        .unwrap()
        .clone();
    assert_eq!((listed(&view), start.elapsed()), (Some(0), Duration::ZERO));
    client.want.send_replace(asks(2, ""));
    client
        .view
        .wait_for(|view| listed(view) == Some(2))
        .await
        .unwrap();
    let took = start.elapsed().as_millis();
    assert!((33..40).contains(&took), "{took}");
    drop(client);
    serving.await.unwrap();
    session.quit().await;
}

#[tokio::test]
async fn a_client_gets_views_replies_and_the_end() {
    let session = session(CONFIG);
    let (mut client, server) = link();
    let serving = tokio::spawn(serve(session, server));
    client.want.send_replace(want("jobs", ""));
    client
        .view
        .wait_for(|view| view.pool.is_some() && view.pools[0].running == 2)
        .await
        .unwrap();
    let lock = Request::Do(command("jobs", Call::Lock));
    client
        .requests
        .send(Numbered {
            number: 7,
            request: lock.clone(),
            confirmed: false,
        })
        .await
        .unwrap();
    let reply = client.replies.recv().await.unwrap();
    assert_eq!((reply.number, reply.request), (7, lock));
    client.view.wait_for(|view| view.pools[0].locked).await.unwrap();
    client
        .requests
        .send(Numbered {
            number: 8,
            request: Request::Quit,
            confirmed: false,
        })
        .await
        .unwrap();
    let reply = client.replies.recv().await.unwrap();
    assert!(matches!(reply.answer, Answer::Done(_)), "{reply:?}");
    serving.await.unwrap();
}

#[tokio::test]
async fn a_session_is_as_careful_as_it_was_told_whatever_a_client_sends() {
    let sent = |request: &Request, confirmed| Numbered {
        number: 1,
        request: request.clone(),
        confirmed,
    };
    let refusal = async |session: &Session, request: &Request, confirmed| match session
        .answer_client(&sent(request, confirmed))
        .await
    {
        Answer::Refused(why) => why,
        _ => String::new(),
    };
    let careful = |modes| {
        let session = session(CONFIG);
        session.reads_again(ReadAgain {
            found: false,
            modes,
            settings: Settings {
                modes,
                ..Settings::default()
            },
        });
        session
    };
    let lock = Request::Do(command("jobs", Call::Lock));
    let preview = Request::Preview(command("jobs", Call::Lock));
    let type_in = Request::Do(command(
        "jobs",
        Call::Type {
            id: 0,
            bytes: b"x".to_vec(),
        },
    ));

    let session = careful(Modes {
        read_only: true,
        ask_always: false,
    });
    for request in [&lock, &type_in, &Request::Reload { number: 1 }] {
        let why = refusal(&session, request, true).await;
        assert_eq!(why, "read only: nothing is changed from here", "{request:?}");
    }
    assert_eq!(refusal(&session, &preview, false).await, "");
    assert!(!look(&session, &Want::default()).pools[0].locked);
    assert_eq!(
        refusal(&session, &Request::Quit, false).await,
        "",
        "leaving is no change"
    );

    let session = careful(Modes {
        read_only: false,
        ask_always: true,
    });
    let why = refusal(&session, &lock, false).await;
    assert_eq!(why, "every change asks first, and nobody has said yes to this");
    assert_eq!(refusal(&session, &lock, true).await, "");
    assert!(look(&session, &Want::default()).pools[0].locked);
    session.quit().await;
}

const TALK: &str = r#"
[func.talk]
shell = 'while read -r line; do echo "<$line>"; done; echo end'
stdin = "line"

[[pool]]
name = "jobs"
[[pool.group]]
method = "apply"
func = "talk"
[[pool.group]]
method = "apply"
func = "sleep"
args = ["1h"]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_paused_asked_and_signalled_and_what_is_none_is_not() {
    let session = session(TALK);
    let all = want("jobs", "");
    let row = |view: &View, id: u64| {
        let tasks = &view.pool.as_ref().unwrap().tasks;
        tasks.iter().find(|task| task.id == id).cloned()
    };
    let talks =
        |view: &View| row(view, 0).is_some_and(|row| row.command.is_some_and(|command| command.takes_input));
    until(&session, &all, talks).await;

    let pause = || Call::PauseTasks { ids: vec![0] };
    let resume = || Call::ResumeTasks { ids: vec![0] };
    assert_eq!(
        act(&session, "jobs", resume()).await.unwrap_err(),
        "task 0: not paused"
    );
    act(&session, "jobs", pause()).await.unwrap();
    let again = act(&session, "jobs", pause()).await;
    assert_eq!(again.unwrap_err(), "task 0: paused already");
    let view = until(&session, &all, |view| {
        row(view, 0).is_some_and(|row| row.status == Status::Paused)
    })
    .await;
    assert_eq!(row(&view, 0).unwrap().note.as_str(), "(paused by you)");
    let only = look(&session, &want("jobs", "state:paused")).pool.unwrap();
    let ids: Vec<u64> = only.tasks.iter().map(|task| task.id).collect();
    assert_eq!((only.tasks_total, ids), (1, vec![0]));
    let task = view.pool.unwrap().task;
    assert!(task.is_none_or(|task| task.times.iter().any(|(name, _)| &**name == "paused")));
    act(&session, "jobs", resume()).await.unwrap();

    let input = |line: Option<&str>| Call::Input {
        id: 0,
        line: line.map(str::to_owned),
    };
    act(&session, "jobs", input(Some("a  b"))).await.unwrap();
    let note = |text: &'static str| move |view: &View| row(view, 0).is_some_and(|row| &*row.note == text);
    until(&session, &all, note("<a  b>")).await;
    let signal = |id, signal| Call::Signal {
        ids: vec![id],
        signal,
    };
    let (lines, _) = preview(&session, "jobs", signal(0, 28)).await;
    assert!(
        lines[0].starts_with("WINCH goes to task 0: process "),
        "{lines:?}"
    );
    assert_eq!(
        act(&session, "jobs", signal(0, 28)).await.unwrap(),
        "WINCH sent to task 0"
    );

    // All or nothing.
    for (call, why) in [
        (
            Call::PauseTasks { ids: vec![0, 1] },
            "task 1 runs no command: sleep is no process",
        ),
        (signal(7, 15), "jobs has no task 7"),
        (signal(0, 99), "task 0: 99 is no signal that can be sent"),
        (Call::PauseTasks { ids: Vec::new() }, "no task was named"),
    ] {
        assert_eq!(act(&session, "jobs", call).await.unwrap_err(), why);
    }
    assert!(row(&look(&session, &all), 0).unwrap().status == Status::Running);

    act(&session, "jobs", input(None)).await.unwrap();
    until(&session, &all, |view| {
        row(view, 0).is_some_and(|row| row.status == Status::Ok)
    })
    .await;
    let ended = act(&session, "jobs", signal(0, 15)).await;
    assert_eq!(ended.unwrap_err(), "task 0 has ended already");
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_quit_waits_for_is_told_for_each_pool() {
    let text = r#"
        [func.deaf]
        shell = "trap '' TERM; echo up; while :; do sleep 0.05; done"
        grace = "1h"

        [[pool]]
        name = "deaf"
        [[pool.group]]
        method = "apply"
        func = "deaf"
        num = 5
    "#;
    let session = session(text);
    let want = want("deaf", "");
    until(&session, &want, |view| {
        let tasks = &view.pool.as_ref().unwrap().tasks;
        tasks.len() == 5 && tasks.iter().all(|task| &*task.note == "up")
    })
    .await;
    let quitting = tokio::spawn({
        let session = session.clone();
        async move { session.quit().await }
    });
    let told = |view: &View| {
        let pools = view.closing.as_ref().map(|closing| closing.pools.clone());
        pools.is_some_and(|pools| pools[0].oldest.iter().all(|task| task.killed_in.is_some()))
    };
    let closing = until(&session, &want, told).await.closing.unwrap();
    let pool = &closing.pools[0];
    assert_eq!((&*pool.name, pool.running, pool.callbacks), ("deaf", 5, 0));
    let ids: Vec<u64> = pool.oldest.iter().map(|task| task.id).collect();
    assert_eq!(ids, [0, 1, 2]);
    let first = &pool.oldest[0];
    assert!(
        first.what.starts_with("pid ") && first.what.ends_with(" cancel requested"),
        "{}",
        first.what
    );
    assert!(first.killed_in.unwrap() > Duration::from_mins(59));
    // Nobody waits an hour.
    session.quit().await;
    quitting.await.unwrap();
}

fn new(method: GroupMethod, func: &str, arguments: &str) -> NewGroup {
    NewGroup {
        method,
        func: func.to_owned(),
        arguments: arguments.to_owned(),
        ..NewGroup::default()
    }
}

async fn ask(session: &Session, pool: &str, group: &NewGroup, does: bool) -> Answer {
    let call = Call::Add {
        group: Box::new(group.clone()),
    };
    let command = command(pool, call);
    session
        .answer(&if does {
            Request::Do(command)
        } else {
            Request::Preview(command)
        })
        .await
}

/// What is wrong with a group: the part, the reason and the remedy of each mistake, or why it is refused.
async fn wrong(session: &Session, pool: &str, group: &NewGroup) -> String {
    let before = look(session, &want(pool, "")).pool.unwrap().groups_total;
    let mut said = Vec::new();
    for does in [false, true] {
        said.push(match ask(session, pool, group, does).await {
            Answer::Mistakes(mistakes) => {
                let told = mistakes
                    .iter()
                    .map(|one| format!("{:?}: {} | {}", one.part, one.reason, one.remedy));
                told.collect::<Vec<_>>().join("\n")
            }
            Answer::Refused(why) => why,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(said[0], said[1], "a preview and the call say the same");
    let after = look(session, &want(pool, "")).pool.unwrap().groups_total;
    assert_eq!(before, after, "nothing was made");
    said.remove(0)
}

#[tokio::test]
async fn a_group_is_added_as_the_config_would_have_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hosts.txt"), "a\nb\nc\nd\n").unwrap();
    let text = CONFIG.replace("pool_size = 2", "pool_size = 2\nend_callback = \"bell\"");
    let session = session_in(dir.path(), &text);
    let group = NewGroup {
        num: Some(2),
        name: Some("greetings".to_owned()),
        ..new(GroupMethod::Map, "echo", r#"["one", "two words", 3]"#)
    };
    let Answer::Preview(preview) = ask(&session, "jobs", &group, false).await else {
        panic!()
    };
    assert_eq!(
        preview.lines,
        [
            "greetings: 3 tasks of echo, max 2: one, \"two words\", 3",
            "2 slots are taken: the tasks are queued"
        ]
    );
    let added = ask(&session, "jobs", &group, true).await;
    let (name, said) = ("greetings".to_owned(), "group greetings with 3 tasks".to_owned());
    assert_eq!(
        added,
        Answer::Added {
            group: name,
            text: said
        }
    );
    act(&session, "jobs", Call::SetSize { size: Some(9) })
        .await
        .unwrap();
    let view = until(&session, &want("jobs", "group:greetings"), |view| {
        view.pool
            .as_ref()
            .unwrap()
            .groups
            .iter()
            .any(|group| group.ok == 3)
    })
    .await;
    let group = view
        .pool
        .as_ref()
        .unwrap()
        .groups
        .iter()
        .find(|group| group.ok == 3)
        .unwrap();
    assert_eq!(
        (&*group.name, group.num_concurrent, group.startable),
        ("greetings", Some(2), false)
    );
    // What is in a file, by its path from the config's directory; and the pool's callbacks.
    let lines = new(GroupMethod::Map, "say", r#"{ lines = "hosts.txt" }"#);
    let Answer::Preview(preview) = ask(&session, "jobs", &lines, false).await else {
        panic!()
    };
    let said = &preview.lines[0];
    assert!(
        said.starts_with("one task of say for each of the lines of /")
            && said.ends_with("/hosts.txt: a, b, c …"),
        "{said}"
    );
    let Answer::Added { group, .. } = ask(&session, "jobs", &lines, true).await else {
        panic!()
    };
    assert_eq!(group, "map-say-group-0");
    until(&session, &want("jobs", ""), |view| {
        let groups = &view.pool.as_ref().unwrap().groups;
        groups.iter().any(|row| *row.name == *group && row.failed == 4)
    })
    .await;
    // An apply can be started again, as one of the config.
    let apply = NewGroup {
        num: Some(2),
        ..new(GroupMethod::Apply, "echo", r#"["hello"]"#)
    };
    let Answer::Added { group, .. } = ask(&session, "jobs", &apply, true).await else {
        panic!()
    };
    let call = Call::Start {
        num: 1,
        group: Some(group),
    };
    let said = act(&session, "jobs", call).await.unwrap();
    assert_eq!(said, "group apply-echo-group-1 with 1 task");
    // Arguments by keyword, and a function that is registered.
    let double = new(GroupMethod::Doublestarmap, "echo", "[{ a = 1 }, { a = 2 }]");
    assert!(matches!(
        ask(&session, "jobs", &double, true).await,
        Answer::Added { .. }
    ));
    let boom = new(GroupMethod::Apply, "boom", "");
    assert!(matches!(
        ask(&session, "jobs", &boom, true).await,
        Answer::Added { .. }
    ));
    session.quit().await;
}

fn numbered(method: GroupMethod, num: usize) -> NewGroup {
    NewGroup {
        num: Some(num),
        ..new(method, "echo", "[1]")
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_says_why_at_the_part_that_is_wrong() {
    use GroupMethod::{Apply, Doublestarmap, Map, Starmap};
    let session = session(CONFIG);
    let name = |name: &str| NewGroup {
        name: Some(name.to_owned()),
        ..new(Map, "echo", "[1]")
    };
    for (group, said) in [
        (
            new(Map, "ecko", "[1]"),
            "Func: there is no function `ecko`: unknown function | did you mean `echo`?",
        ),
        (new(Map, "", "[1]"), "Func: `func` is empty"),
        (new(Map, "echo", ""), "Arguments: the group lacks `arg_iter`"),
        (new(Map, "echo", "[1"), "Arguments: unclosed array"),
        (
            new(Map, "echo", "a b"),
            "| write [\"a\", \"b\"], or where they come from: { lines = \"list.txt\" }",
        ),
        (
            new(Map, "echo", "\"x.txt\""),
            "Arguments: `arg_iter` is a string: expected a list, or a table",
        ),
        (
            new(Map, "echo", "[[1]]"),
            "Arguments: an element of `arg_iter` must be one argument: this is a list",
        ),
        (
            new(Map, "echo", "{ lines = \"none.txt\" }"),
            "Arguments: `none.txt` does not exist",
        ),
        (
            new(Map, "echo", "{ lines = \"-\" }"),
            "Arguments: standard input can be read from the start only",
        ),
        (
            new(Map, "sleep", "[\"soon\"]"),
            "Arguments: `sleep` cannot be called with this",
        ),
        (
            new(Starmap, "echo", "[1]"),
            "Arguments: an element of `args_iter` must be a list",
        ),
        (
            new(Doublestarmap, "echo", "[1]"),
            "Arguments: an element of `kwargs_iter` must be a table",
        ),
        (
            new(Apply, "sleep", "{ a = 1 }"),
            "Arguments: `sleep` cannot be called with this",
        ),
        (new(Apply, "echo", "7"), "Arguments: `args` is a whole number"),
        (
            name("naps"),
            "Name: there is a group \"naps\" already | write another name, or leave it out",
        ),
        (name("later"), "Name: there is a group \"later\" already"),
        (name("a\u{202e}b"), "Name: a name must consist of characters"),
        (numbered(Map, 0), "Num: `num_concurrent` must be at least 1"),
    ] {
        let found = wrong(&session, "jobs", &group).await;
        assert!(found.contains(said), "{group:?}\n{found}\n{said}");
    }
    // Where in the arguments, in bytes.
    let Answer::Mistakes(mistakes) = ask(&session, "jobs", &new(Map, "echo", "[1, [2]]"), false).await else {
        panic!()
    };
    assert_eq!(mistakes[0].at, Some(4..7));
    session.quit().await;
}

#[tokio::test]
async fn a_group_of_nothing_is_one_too_and_the_pool_says_whether_it_takes_it() {
    use GroupMethod::{Apply, Map};
    let session = session(CONFIG);
    for (group, said) in [
        (new(Map, "echo", "[]"), "no task: the list is empty"),
        (numbered(Apply, 0), "no task: num is 0"),
        (new(Apply, "echo", ""), "1 task of echo without arguments"),
    ] {
        let Answer::Preview(preview) = ask(&session, "jobs", &group, false).await else {
            panic!()
        };
        assert_eq!(preview.lines[0], said);
    }
    let good = new(Map, "echo", "[1]");
    assert!(
        wrong(&session, "workers", &good)
            .await
            .contains("workers is a SimpleTaskPool with one function")
    );
    act(&session, "jobs", Call::Pause).await.unwrap();
    let Answer::Preview(preview) = ask(&session, "jobs", &good, false).await else {
        panic!()
    };
    assert_eq!(
        preview.lines[1],
        "the pool is paused: nothing starts until it is resumed"
    );
    act(&session, "jobs", Call::Lock).await.unwrap();
    assert!(
        wrong(&session, "jobs", &good)
            .await
            .contains("is locked: it takes no new groups")
    );
    act(&session, "jobs", Call::CancelAll).await.unwrap();
    act(&session, "jobs", Call::Resume).await.unwrap();
    act(&session, "jobs", Call::Close).await.unwrap();
    assert!(wrong(&session, "jobs", &good).await.contains("is closed"));
    let Answer::Refused(why) = ask(&session, "nowhere", &good, true).await else {
        panic!()
    };
    assert_eq!(why, "there is no pool \"nowhere\"");
    session.quit().await;
}

#[tokio::test]
async fn a_source_that_waits_for_somebody_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
    )
    .unwrap();
    let session = session_in(dir.path(), CONFIG);
    let group = new(GroupMethod::Map, "echo", r#"{ lines = "pipe" }"#);
    let Answer::Preview(preview) = ask(&session, "jobs", &group, false).await else {
        panic!()
    };
    assert!(preview.lines[0].ends_with("/pipe"), "{:?}", preview.lines);
    session.quit().await;
}

#[tokio::test]
async fn the_functions_that_can_be_called_are_named_with_what_they_do() {
    let session = session(CONFIG);
    let Answer::Functions(rows) = session.answer(&Request::Functions).await else {
        panic!()
    };
    let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
    assert_eq!(names, ["say", "bell", "boom", "sleep", "fail", "echo"]);
    assert!(rows[0].about.starts_with("sh: echo"), "{:?}", rows[0]);
    session.quit().await;
}

#[tokio::test]
async fn a_groups_limit_is_set_while_it_runs() {
    let text = CONFIG.replace(
        "[[pool.group]]\nname = \"later\"",
        "[[pool.group]]\nname = \"many\"\nmethod = \"map\"\nfunc = \"sleep\"\nnum_concurrent = 1\narg_iter = [\"1h\", \"2h\", \"3h\", \"4h\"]\n\n[[pool.group]]\nname = \"later\"",
    );
    let session = session(&text.replace("pool_size = 2", ""));
    let limit = |group: &str, num| Call::SetConcurrent {
        group: group.to_owned(),
        num,
    };
    let running = async |num| {
        until(&session, &want("jobs", ""), |view| {
            let groups = &view.pool.as_ref().unwrap().groups;
            groups
                .iter()
                .any(|group| &*group.name == "many" && group.running == num)
        })
        .await
    };
    running(1).await;
    let (lines, _) = preview(&session, "jobs", limit("many", Some(3))).await;
    assert_eq!(lines, ["now 1: 1 running, 3 queued; then max 3"]);
    let said = act(&session, "jobs", limit("many", Some(3))).await.unwrap();
    assert_eq!(
        said,
        "num_concurrent of many: 1 → 3; more start as slots become free"
    );
    let view = running(3).await;
    let groups = &view.pool.as_ref().unwrap().groups;
    let many = groups.iter().find(|group| &*group.name == "many").unwrap();
    assert_eq!((many.num_concurrent, many.why.as_str()), (Some(3), "max 3"));
    let said = act(&session, "jobs", limit("many", Some(2))).await.unwrap();
    assert_eq!(
        said,
        "num_concurrent of many: 3 → 2; 3 tasks run on until they end"
    );
    for (group, num, why) in [
        ("many", Some(0), "num_concurrent must be at least 1"),
        ("nobody", Some(1), "jobs has no group \"nobody\""),
        (
            "later",
            Some(1),
            "later is held back by the config: start it first",
        ),
    ] {
        let said = act(&session, "jobs", limit(group, num)).await.unwrap_err();
        assert!(said.contains(why), "{said}");
    }
    let said = act(&session, "jobs", limit("many", None)).await.unwrap();
    assert_eq!(
        said,
        "num_concurrent of many: 2 → unlimited; more start as slots become free"
    );
    running(4).await;
    let said = act(&session, "jobs", limit("many", Some(1))).await.unwrap_err();
    assert_eq!(said, "no task of many is queued: a limit would change nothing");
    session.quit().await;
}
