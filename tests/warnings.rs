//! Warnings and the answers to why on real pools, as a dashboard sees and uses them.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "common/session.rs"]
mod started;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use taskpool_tui::app::config::{self, Config};
use taskpool_tui::app::control::{Answer, Call, Command, Request};
use taskpool_tui::app::dashboard::{Chord, Effect, Msg, State, update};
use taskpool_tui::app::link::{Link, link};
use taskpool_tui::app::session::Session;
use taskpool_tui::app::status::Status;
use taskpool_tui::app::view::{At, View, Want, Window};
use taskpool_tui::app::warnings::{KINDS, Kind, Subject, WarningRow};
use taskpool_tui::app::{Registry, serve};
use taskpool_tui::ui::{Theme, picture};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(2);

fn config(text: &str) -> Config {
    config::parse(text, Path::new("/tmp/warnings.toml"), &[]).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A session that is served, and its client's end.
fn served(text: &str) -> (Arc<Session>, Link) {
    let (client, server) = link();
    let session = started::start(text, &Registry::default(), |session| {
        tokio::spawn(serve(session.clone(), server));
    });
    (session, client)
}

/// Waits until a view shows what is looked for.
async fn until(link: &mut Link, found: impl Fn(&View) -> bool) -> Arc<View> {
    let seen = timeout(PATIENCE, link.view.wait_for(|view| found(view))).await;
    let seen = seen.ok().map(|view| view.unwrap().clone());
    seen.unwrap_or_else(|| panic!("it never shows: {:#?}", link.view.borrow()))
}

/// The warning of this kind that goes on.
fn of(view: &View, kind: Kind) -> Option<&WarningRow> {
    view.warnings
        .rows
        .iter()
        .find(|row| row.kind == kind && row.is_active())
}

async fn ask(session: &Session, request: Request) -> String {
    match session.answer(&request).await {
        Answer::Done(text) => text,
        other => panic!("{other:?}"),
    }
}

async fn act(session: &Session, pool: &str, call: Call) -> String {
    let pool = pool.to_owned();
    ask(session, Request::Do(Command { pool, call })).await
}

const STUBBORN: &str = r#"
[func.stubborn]
command = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]
grace = "60s"

[warnings]
cancel_ignored = "1s"
silent_task = "1s"
head_of_line = "1s"

[[pool]]
name = "p"
pool_size = 1

[[pool.group]]
name = "first"
method = "apply"
func = "stubborn"

[[pool.group]]
name = "second"
method = "apply"
func = "echo"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_command_that_blocks_the_line_is_found_and_why_leads_to_it() {
    let (session, mut link) = served(STUBBORN);
    let view = until(&mut link, |view| {
        of(view, Kind::SilentTask).is_some() && of(view, Kind::HeadOfLine).is_some()
    })
    .await;
    assert_eq!(of(&view, Kind::HeadOfLine).unwrap().subject.to_string(), "p #0");
    let ask_why = |subject| Want {
        why: Some(subject),
        ..Want::default()
    };
    let second = Subject::group("p", "second");
    link.want.send_replace(ask_why(second.clone()));
    let view = until(&mut link, |view| view.why.is_some()).await;
    let why = view.why.clone().unwrap();
    assert_eq!(why.blocker, Some(Subject::task("p", "first", 0)));
    assert_eq!(why.lines[0].as_str(), "the only slot is taken; next in the queue");
    link.want.send_replace(ask_why(Subject::task("p", "first", 0)));
    act(
        &session,
        "p",
        Call::Cancel {
            ids: vec![0],
            force: false,
        },
    )
    .await;
    let said = |view: &View, text: &str| {
        let why = view.why.as_ref();
        why.is_some_and(|why| why.lines.iter().any(|line| line.contains(text)))
    };
    let view = until(&mut link, |view| said(view, "alive: sh (pid ")).await;
    assert!(said(&view, "by you"), "{:?}", view.why);
    // The countdown moves.
    let countdown = |view: &View| {
        let lines = &view.why.as_ref()?.lines;
        let text = lines.iter().find_map(|line| line.split("KILL in ").nth(1))?;
        let seconds: String = text.chars().take_while(char::is_ascii_digit).collect();
        seconds.parse::<u64>().ok()
    };
    assert!(said(&view, "TERM sent"), "{:?}", view.why);
    let first = countdown(&view).unwrap();
    until(&mut link, |view| countdown(view).is_some_and(|now| now < first)).await;
    act(
        &session,
        "p",
        Call::Cancel {
            ids: vec![0],
            force: true,
        },
    )
    .await;
    // What is over is no warning any more, and stays on the list.
    let view = until(&mut link, |view| {
        view.pools[0].ok == 1 && of(view, Kind::SilentTask).is_none() && of(view, Kind::HeadOfLine).is_none()
    })
    .await;
    assert!(view.warnings.rows.iter().any(|row| row.ended.is_some()));
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_names_the_failures_that_it_forgets_and_they_are_warned_of() {
    let text = r#"
[[pool]]
name = "p"
[[pool.group]]
method = "apply"
func = "fail"
num = 2
"#;
    let (session, mut link) = served(text);
    until(&mut link, |view| {
        view.pools
            .first()
            .is_some_and(|pool| pool.failed == 2 && pool.running == 0)
    })
    .await;
    let asked = Command {
        pool: "p".to_owned(),
        call: Call::Close,
    };
    let Answer::Preview(preview) = session.answer(&Request::Preview(asked)).await else {
        panic!("no preview");
    };
    assert_eq!(
        preview.lines[2..],
        ["clears 2 failed", "failures among them are gone from the list"]
    );
    act(&session, "p", Call::Close).await;
    let view = until(&mut link, |view| of(view, Kind::FailuresDropped).is_some()).await;
    let row = of(&view, Kind::FailuresDropped).unwrap();
    assert_eq!(row.count, 2);
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_that_a_flush_forgets_are_told_and_can_be_muted() {
    let text = r#"
[[pool]]
name = "p"
[[pool.group]]
method = "map"
func = "fail"
arg_iter = ["one", "two"]
"#;
    let (session, mut link) = served(text);
    until(&mut link, |view| {
        view.pools
            .first()
            .is_some_and(|pool| pool.failed == 2 && pool.running == 0)
    })
    .await;
    act(&session, "p", Call::Flush).await;
    let view = until(&mut link, |view| view.warnings.active == 1).await;
    let row = of(&view, Kind::FailuresDropped).unwrap();
    assert_eq!(
        (row.count, row.evidence.as_str()),
        (2, "2 cleared at once, first 0: one")
    );
    let kind = Kind::FailuresDropped;
    let said = ask(&session, Request::Mute { kind, muted: true }).await;
    assert!(said.contains("mute = [\"failures_dropped\"]"), "{said}");
    let view = until(&mut link, |view| view.warnings.active == 0).await;
    assert!(view.warnings.rows[0].muted);
    ask(&session, Request::Mute { kind, muted: false }).await;
    until(&mut link, |view| view.warnings.active == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_loop_and_a_task_that_is_slower_than_its_peers_are_found() {
    let text = r#"
[func.crashes]
command = ["false"]
restart = "on-failure"
backoff = "300ms"

[[pool]]
name = "workers"
[[pool.group]]
method = "apply"
func = "crashes"

[[pool]]
name = "naps"
# One nap at a time beside the slow one: where the machine stands still for seconds, a single one of them becomes long,
# which is not one of a hundred.
pool_size = 2
[[pool.group]]
name = "quick"
method = "apply"
func = "sleep"
args = ["5ms"]
num = 300
[[pool.group]]
name = "slow"
method = "apply"
func = "sleep"
args = ["1h"]
"#;
    let (session, mut link) = served(text);
    // Not both at once: a worker that crashes is given up after some seconds, and warned of for a minute more.
    until(&mut link, |view| of(view, Kind::CrashLoop).is_some()).await;
    let view = until(&mut link, |view| of(view, Kind::SlowTask).is_some()).await;
    let slow = of(&view, Kind::SlowTask).unwrap();
    assert_eq!(slow.subject.group.as_deref(), Some("slow"));
    assert!(
        slow.evidence.starts_with("99 of 100 sleep took at most"),
        "{}",
        slow.evidence
    );
    link.want.send_replace(Want {
        why: Some(slow.subject.clone()),
        ..Want::default()
    });
    let view = until(&mut link, |view| view.why.is_some()).await;
    let why = view.why.clone().unwrap();
    assert!(why.lines[1].contains("sleep half took up to"), "{why:?}");
    let older = ["100 of 100", "99 of 100"].map(|share| format!("it is older than {share}"));
    assert!(older.iter().any(|older| why.lines[1].ends_with(older)), "{why:?}");
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_says_which_limit_stops_a_group() {
    let text = r#"
[[pool]]
name = "p"
[[pool.group]]
name = "few"
method = "map"
func = "sleep"
arg_iter = ["1h", "1h", "1h"]
num_concurrent = 2
[[pool.group]]
name = "later"
method = "apply"
func = "echo"
autostart = false
"#;
    let (session, mut link) = served(text);
    until(&mut link, |view| {
        view.pools.first().is_some_and(|pool| pool.running == 2)
    })
    .await;
    let lines = async |link: &mut Link, subject: Subject| {
        link.want.send_replace(Want {
            why: Some(subject.clone()),
            ..Want::default()
        });
        let is_it = |view: &View| view.why.as_ref().is_some_and(|why| why.subject == subject);
        let why = until(link, is_it).await.why.clone().unwrap();
        let lines: Vec<String> = why.lines.iter().map(ToString::to_string).collect();
        (lines.join("\n"), why.blocker)
    };
    let few = Subject::group("p", "few");
    let (said, blocker) = lines(&mut link, few.clone()).await;
    assert!(
        said.starts_with("concurrency of the group: max 2, 2 running"),
        "{said}"
    );
    assert_eq!(blocker, Some(Subject::task("p", "few", 0)));
    let (said, _) = lines(&mut link, Subject::group("p", "later")).await;
    assert!(said.contains("held back by the config"), "{said}");
    let (said, _) = lines(&mut link, Subject::pool("p")).await;
    assert!(said.contains("1 task queued, though there is room"), "{said}");
    act(&session, "p", Call::Pause).await;
    act(&session, "p", Call::Lock).await;
    let (said, _) = lines(&mut link, Subject::group("p", "later")).await;
    assert!(said.contains("held back"), "{said}");
    let (said, _) = lines(&mut link, few).await;
    assert!(said.starts_with("pool paused by you since 00:00:"), "{said}");
    assert!(said.contains("pool locked"), "{said}");
    let (said, _) = lines(&mut link, Subject::task("p", "few", 99)).await;
    assert!(said.contains("task 99 has ended and was cleared"), "{said}");
    session.quit().await;
}

/// The state after these keys; effects are answered by the session.
async fn press(state: &mut State, link: &mut Link, keys: &str) {
    for key in keys
        .split_whitespace()
        .flat_map(|key| key.parse::<Chord>().unwrap().0)
    {
        picture(state, Theme::default(), (100, 30));
        for effect in update(state, Msg::Key(key)) {
            match effect {
                Effect::Want(want) => {
                    link.want.send_replace(*want);
                }
                Effect::Send(sent) => {
                    link.requests.send(sent).await.unwrap();
                    let reply = link.replies.recv().await.unwrap();
                    update(state, Msg::Reply(reply));
                }
                _ => {}
            }
        }
    }
}

/// Shows the state views until it looks as it should.
async fn shows(state: &mut State, link: &mut Link, text: &str) {
    let seen = async {
        loop {
            let view = link.view.borrow_and_update().clone();
            for effect in update(state, Msg::View(view)) {
                if let Effect::Want(want) = effect {
                    link.want.send_replace(*want);
                }
            }
            if screen(state).contains(text) {
                return;
            }
            link.view.changed().await.unwrap();
        }
    };
    let seen = timeout(PATIENCE, seen).await;
    assert!(seen.is_ok(), "{text}\n{}", screen(state));
}

fn screen(state: &mut State) -> String {
    let buf = picture(state, Theme::default(), (100, 30));
    let rows = buf.content.chunks(usize::from(buf.area.width));
    let rows = rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
    rows.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lead_from_a_warning_to_its_task_and_from_a_group_to_what_blocks_it() {
    let (session, mut link) = served(STUBBORN);
    let mut state = State::default();
    shows(&mut state, &mut link, "⚠").await;
    shows(&mut state, &mut link, "6 Warnings").await;
    press(&mut state, &mut link, "6").await;
    shows(&mut state, &mut link, "silent task").await;
    shows(&mut state, &mut link, "line is blocked").await;
    press(&mut state, &mut link, "Enter").await;
    shows(&mut state, &mut link, "Output of 0").await;
    assert!(screen(&mut state).contains("[2 Pool]"));
    // From the group that waits to the task that holds the slot.
    press(&mut state, &mut link, "Shift-Tab G").await;
    press(&mut state, &mut link, "w").await;
    shows(&mut state, &mut link, "Why: p/second").await;
    shows(&mut state, &mut link, "the only slot is taken").await;
    press(&mut state, &mut link, "Enter").await;
    shows(&mut state, &mut link, "0 ▶ running").await;
    press(&mut state, &mut link, "w").await;
    shows(&mut state, &mut link, "Why: p #0").await;
    shows(&mut state, &mut link, "silent for").await;
    press(&mut state, &mut link, "w 1 g w").await;
    assert!(screen(&mut state).contains("[2 Pool]"), "{}", screen(&mut state));
    press(&mut state, &mut link, "6 m").await;
    shows(&mut state, &mut link, "muted").await;
    act(
        &session,
        "p",
        Call::Cancel {
            ids: vec![0],
            force: false,
        },
    )
    .await;
    act(
        &session,
        "p",
        Call::Cancel {
            ids: vec![0],
            force: true,
        },
    )
    .await;
    session.quit().await;
}

#[test]
fn the_config_says_from_when_on_and_mutes() {
    for about in &KINDS {
        let value = match about.limit {
            taskpool_tui::app::warnings::Limit::Time(_) => "\"3s\"",
            taskpool_tui::app::warnings::Limit::Number(_) => "3",
        };
        let text = format!("[warnings]\n{0} = {value}\nmute = [{0:?}]\n[[pool]]\n", about.key);
        let config = config(&text);
        assert_eq!(config.warn.of(about.kind).to_string(), value.trim_matches('"'));
        assert_eq!(config.warn.muted, [about.kind]);
    }
}

const STANDING: &str = r#"
[warnings]
cancel_ignored = "1s"
leaky_task = "1s"
stalled_task = "1s"

[func.leaves]
grace = "10m"
shell = 'trap "" TERM; sleep 1000 & sleep 1000 & exit 0'
[func.hangs]
timeout = "100ms"
grace = "10m"
shell = 'trap "" TERM; while :; do sleep 0.2; done'
[func.stops]
shell = 'kill -STOP $$; sleep 1000'
[func.member]
shell = 'sleep 1000 | sh -c "kill -STOP \$\$" | cat'
[func.asks]
pty = true
shell = 'printf "Overwrite? [y/N] "; read answer'
[func.line]
stdin = "line"
shell = 'read line; sleep 1000'

[[pool]]
name = "p"
"#;

/// A task of each function, in this order.
const STANDS: [(&str, Status); 6] = [
    ("leaves", Status::Exited),
    ("hangs", Status::TimingOut),
    ("stops", Status::Suspended),
    ("member", Status::Suspended),
    ("asks", Status::NeedsInput),
    ("line", Status::NeedsInput),
];

/// What `w` says of each of these tasks, by its ID.
const EXPLAINED: [(u64, [&str; 3]); 6] = [
    (
        0,
        [
            "command exited",
            "(exit 0); TERM sent to what is left in its slot",
            "KILL in",
        ],
    ),
    (
        1,
        ["timed out at 00:00:", "(timeout 100ms); TERM sent", "KILL in"],
    ),
    (
        2,
        [
            "suspended by a signal",
            "(STOP, TSTP, TTIN) since",
            "! CONT continues",
        ],
    ),
    (
        3,
        [
            "suspended by a signal",
            "(STOP, TSTP, TTIN) since",
            "! CONT continues",
        ],
    ),
    (4, ["reads its terminal (pid ", "since 00:00:", "i types"]),
    (5, ["waits for a line (pid ", "since 00:00:", "i sends one"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_a_running_task_is_a_state_that_is_found_counted_explained_and_warned_of() {
    let groups = STANDS.map(|(func, _)| format!("[[pool.group]]\nmethod = \"apply\"\nfunc = \"{func}\"\n"));
    let (session, mut link) = served(&format!("{STANDING}{}", groups.concat()));
    let want = |filter: &str, why: Option<u64>| Want {
        pool: Some("p".to_owned()),
        tasks: Window {
            rows: 20,
            at: At::First(0),
        },
        filter: filter.to_owned(),
        why: why.map(|task| Subject::task("p", "", task)),
        ..Want::default()
    };
    let shown = |view: &View| {
        let rows = view.pool.as_ref().map_or(&[][..], |pool| &pool.tasks[..]);
        let rows = rows.iter().map(|row| (row.func.to_string(), row.status));
        rows.collect::<Vec<(String, Status)>>()
    };
    let whose = |is: &dyn Fn(Status) -> bool| {
        let those = STANDS.iter().filter(|(_, status)| is(*status));
        those
            .map(|(func, status)| ((*func).to_owned(), *status))
            .collect::<Vec<_>>()
    };
    link.want.send_replace(want("", None));
    let all = whose(&|_| true);
    let view = until(&mut link, |view| shown(view) == all).await;
    assert_eq!(view.pools[0].running, 6, "each still holds its slot");
    let count = |status| view.pools[0].shown_as(status);
    let counts = [
        Status::Exited,
        Status::TimingOut,
        Status::Suspended,
        Status::NeedsInput,
    ]
    .map(count);
    assert_eq!(counts, [1, 1, 2, 2]);
    // A filter finds each.
    for (word, status) in [
        ("exited", Status::Exited),
        ("timing-out", Status::TimingOut),
        ("suspended", Status::Suspended),
        ("needs-input", Status::NeedsInput),
    ] {
        link.want.send_replace(want(&format!("state:{word}"), None));
        let found = whose(&|one| one == status);
        until(&mut link, |view| shown(view) == found).await;
    }
    link.want.send_replace(want("state:running", None));
    until(&mut link, |view| shown(view).is_empty()).await;
    // What to do is said of each.
    for (task, words) in EXPLAINED {
        link.want.send_replace(want("", Some(task)));
        until(&mut link, |view| {
            let first = view.why.as_ref().filter(|why| why.subject.task == Some(task));
            first.is_some_and(|why| words.iter().all(|word| why.lines[0].contains(word)))
        })
        .await;
    }
    for (kind, warned) in [
        (Kind::LeakyTask, 1),
        (Kind::CancelIgnored, 1),
        (Kind::StalledTask, 4),
    ] {
        let rows = |view: &View| {
            let rows = view.warnings.rows.iter();
            rows.filter(|row| row.kind == kind && row.is_active()).count()
        };
        until(&mut link, |view| rows(view) == warned).await;
    }
    // What was waited for comes.
    let send = Call::Input {
        id: 5,
        line: Some("yes".to_owned()),
    };
    act(&session, "p", send).await;
    let goes_on = ("line".to_owned(), Status::Running);
    until(&mut link, |view| shown(view).contains(&goes_on)).await;
    for force in [false, true] {
        let ids = (0..6).collect();
        act(&session, "p", Call::Cancel { ids, force }).await;
    }
    session.quit().await;
}
