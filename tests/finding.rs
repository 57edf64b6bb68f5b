//! Finding tasks among very many: filters and jumps against a real session, and through the dashboard's `update`.
#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "common/session.rs"]
mod started;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use taskpool_tui::app::dashboard::{Chord, Effect, Msg, Rows, State, update};
use taskpool_tui::app::session::{Look, Session};
use taskpool_tui::app::status::{LOOKS, Status};
use taskpool_tui::app::view::{At, By, Column, Goal, Jump, PoolView, Sort, View, Want, Window};
use taskpool_tui::app::{Registry, config};
use taskpool_tui::pool::BoxError;
use tokio::runtime::Handle;

/// What a view may take of a processor that a key has asked for.
const SOON: Duration = Duration::from_millis(100);

/// Tasks 0 to `all`, of which every `all / 12`th fails.
async fn many(all: usize) -> Arc<Session> {
    let each = all / 12;
    let registry = Registry::default().with("work", move |args| async move {
        let number: usize = args.positional[0].to_string_lossy().parse()?;
        if number % each == each - 1 {
            return Err(BoxError::from("no luck"));
        }
        Ok(())
    });
    let text = format!(
        "[[pool]]\nname = \"jobs\"\npool_size = 1000\n[[pool.group]]\nname = \"all\"\nmethod = \"map\"\nfunc = \
         \"work\"\narg_iter = {{ range = [0, {}] }}\nnum_concurrent = 1000\n",
        all - 1
    );
    let session = started::start(&text, &registry, |_| {});
    let pool = session.pools().next().unwrap().clone();
    while pool.num_ended() < all {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    session
}

fn want(filter: &str) -> Want {
    Want {
        pool: Some("jobs".to_owned()),
        filter: filter.to_owned(),
        tasks: Window {
            rows: 40,
            at: At::First(0),
        },
        ..Want::default()
    }
}

fn pool(view: View) -> PoolView {
    view.pool.unwrap()
}

/// What this thread has had of a processor: others may have one, too.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

/// The shortest of three times that it takes.
fn quickest<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best: Option<(Duration, T)> = None;
    for _ in 0..3 {
        let began = processor_time();
        let result = run();
        let took = processor_time().saturating_sub(began);
        if best.as_ref().is_none_or(|(best, _)| took < *best) {
            best = Some((took, result));
        }
    }
    best.unwrap()
}

/// A dashboard on a session, without a terminal.
struct Screen<'a> {
    session: &'a Session,
    look: Look,
    state: State,
    want: Want,
    shown: Option<u64>,
}

impl Screen<'_> {
    fn take(&mut self, msg: Msg) {
        let mut effects = update(&mut self.state, msg);
        while let Some(effect) = effects.pop() {
            if let Effect::Want(want) = effect {
                self.want = *want;
                let view = self.look.view(self.session, &self.want).0;
                self.shown = view
                    .pool
                    .as_ref()
                    .and_then(|pool| pool.task.as_ref())
                    .map(|task| task.row.id);
                effects.extend(update(&mut self.state, Msg::View(Arc::new(view))));
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.parse::<Chord>().unwrap().0 {
            self.take(Msg::Key(key));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_failures_among_700_000_tasks_are_found_and_reached_at_once() {
    const ALL: usize = 700_000;
    let session = many(ALL).await;
    let failures: Vec<u64> = (1..=12).map(|i| (ALL / 12 * i - 1) as u64).collect();
    let failed = |view: &PoolView| -> Vec<(u64, Status)> {
        view.tasks
            .iter()
            .map(|task| (task.args.parse().unwrap(), task.status))
            .collect()
    };

    // The filter.
    for filter in ["state:failed", "-state:ok", "state:failed,timed-out,panicked"] {
        let (took, view) = quickest(|| pool(Look::default().view(&session, &want(filter)).0));
        assert_eq!(
            (view.tasks_total, view.tasks_all, view.searched),
            (12, ALL, None),
            "{filter}"
        );
        let mut numbers = failed(&view);
        numbers.sort_unstable();
        let expected: Vec<_> = failures.iter().map(|id| (*id, Status::Failed)).collect();
        assert_eq!(numbers, expected);
        assert!(took < SOON, "{filter}: {took:?}");
    }

    // The jumps, each from its key to the view with the task.
    let mut screen = Screen {
        session: &session,
        look: Look::default(),
        state: State::default(),
        want: Want::default(),
        shown: None,
    };
    let view = screen.look.view(&session, &Want::default()).0;
    screen.take(Msg::View(Arc::new(view)));
    screen.take(Msg::Rows(Rows {
        pools: 5,
        groups: 5,
        tasks: 10,
        output: 5,
        output_columns: 60,
        ..Rows::default()
    }));
    screen.press("2 g g");
    let (mut reached, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..13 {
        let began = processor_time();
        screen.press("g e");
        let took = processor_time().saturating_sub(began);
        if took >= SOON {
            slow.push(took);
        }
        reached.push(screen.shown.unwrap());
    }
    assert!(slow.len() < 3, "{slow:?}");
    let ids: Vec<u64> = {
        let view = pool(Look::default().view(&session, &want("state:failed")).0);
        view.tasks.iter().map(|task| task.id).collect()
    };
    assert_eq!(reached[..12], ids[..]);
    assert_eq!(reached[12], ids[0], "from the last one on to the first one");
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_through_many_goes_on_in_steps_that_are_never_late() {
    const ALL: usize = 300_000;
    let session = many(ALL).await;
    for (filter, found) in [
        ("arg~99$", ALL / 100),
        ("9999", 0),
        ("state:ok arg:77", 1),
        ("dur<1h exit:0", ALL - 12),
        ("age>1h", 0),
        ("exit:0 arg~^5.$ or state:failed", 22),
        ("out~luck", 0),
        ("func:work id:..99", 100),
    ] {
        let found = if filter == "9999" {
            (0..ALL).filter(|n| n.to_string().contains("9999")).count()..ALL
        } else {
            found..found + 1
        };
        let (mut look, mut looks, mut steps, mut late) = (Look::default(), 0, Vec::new(), 0);
        let view = loop {
            let began = processor_time();
            let (view, more) = look.view(&session, &want(filter));
            late += usize::from(processor_time().saturating_sub(began) > SOON);
            looks += 1;
            let view = pool(view);
            assert_eq!(view.searched.is_some(), more);
            match view.searched {
                None => break view,
                Some(percent) => steps.push(percent),
            }
        };
        assert!(
            found.contains(&view.tasks_total),
            "{filter}: {}",
            view.tasks_total
        );
        assert!(
            steps.is_sorted() && late <= 1 + looks / 4,
            "{filter}: {late} of {looks} late: {steps:?}"
        );
    }
    session.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_tasks_are_sorted_beside_the_views() {
    const ALL: usize = 200_000;
    let session = many(ALL).await;
    for (column, descending, filter, first) in [
        (Column::Id, true, "", ALL as u64 - 1),
        (Column::Exit, false, "", 0),
        (Column::Args, false, "arg~^77.$", 770),
        (Column::Age, true, "state:ok", u64::MAX),
        (Column::Wait, true, "", u64::MAX),
    ] {
        let mut want = want(filter);
        want.sort = Some(Sort { column, descending });
        let (mut look, mut late, mut looks) = (Look::default(), 0, 0);
        let view = loop {
            let began = processor_time();
            let (view, more) = look.view(&session, &want);
            (late, looks) = (
                late + usize::from(processor_time().saturating_sub(began) > SOON),
                looks + 1,
            );
            let view = pool(view);
            if view.searched.is_none() && view.sorted.unwrap().ago.is_some() && !more {
                break view;
            }
            assert!(more, "it is worth to look again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert!(late <= 1 + looks / 4, "{column:?}: {late} of {looks} late");
        let ages: Vec<_> = view
            .tasks
            .iter()
            .map(|task| std::cmp::Reverse(task.age))
            .collect();
        match column {
            Column::Age => assert!(ages.is_sorted()),
            Column::Wait => assert!(view.tasks.iter().map(|task| task.wait).rev().is_sorted()),
            Column::Args => assert_eq!(view.tasks.len(), 10),
            _ => assert_eq!(view.tasks[0].id, first),
        }
        // Places in it: the row after the first, the second failure, the newest.
        let at = |look: &mut Look, at, jump| {
            let want = Want {
                tasks: Window { rows: 3, at },
                jump,
                ..want.clone()
            };
            pool(look.view(&session, &want).0)
        };
        let (one, two) = (view.tasks[0].id, view.tasks[1].id);
        let moved = at(&mut look, At::Moved(one, 1, 1), None);
        assert_eq!((moved.moved.unwrap().to, moved.tasks[1].id), (two, two));
        let jump = |goal, times| {
            Some(Jump {
                number: 7,
                goal,
                after: None,
                times,
            })
        };
        let found = at(&mut look, At::First(0), jump(Goal::Failure, 2))
            .jumped
            .unwrap();
        assert_eq!(found.to.is_some(), filter.is_empty(), "{filter}");
        let newest = at(&mut look, At::First(0), jump(Goal::Newest, 1))
            .jumped
            .unwrap()
            .to;
        assert!(newest.is_some() && (!filter.is_empty() || newest == Some(ALL as u64 - 1)));
    }
    // Counted by state and by function.
    let mut want = want("");
    want.by = By::State;
    want.groups.rows = 20;
    let view = pool(Look::default().view(&session, &want).0);
    let count = |name: &str| {
        let mut rows = view.groups.iter();
        rows.find(|row| &*row.name == name).map_or(0, |row| row.tasks)
    };
    assert_eq!(
        (count("ok"), count("failed"), count("running")),
        (ALL - 12, 12, 0)
    );
    want.group = Some("failed".to_owned());
    assert_eq!(pool(Look::default().view(&session, &want).0).tasks_total, 12);
    (want.by, want.group) = (By::Function, Some("work".to_owned()));
    let mut look = Look::default();
    while look.view(&session, &want).1 {}
    let view = pool(look.view(&session, &want).0);
    assert_eq!(
        (view.tasks_total, view.groups.len(), view.groups[0].ok),
        (ALL, 1, ALL as u64 - 12)
    );
    (want.by, want.group) = (By::Group, None);
    for (filter, found) in [("name:al*", 1), ("state:failed", 1), ("other", 0), ("func:", 0)] {
        want.groups_filter = filter.to_owned();
        assert_eq!(
            pool(Look::default().view(&session, &want).0).groups_total,
            found,
            "{filter}"
        );
    }
    session.quit().await;
}

#[tokio::test]
async fn what_changes_is_looked_at_again() {
    const CONFIG: &str = r#"
[func.nap]
shell = 'echo "said $1"; exec sleep "$1"'
timeout = "6s"
[func.fails]
shell = 'exit 3'
[[pool]]
name = "jobs"
[[pool.group]]
name = "naps"
method = "map"
func = "nap"
arg_iter = ["0.05", "0.1", "999"]
num_concurrent = 3
[[pool.group]]
name = "bad"
method = "apply"
func = "fails"
num = 2
"#;
    let config = config::parse(CONFIG, Path::new("/tmp/test.toml"), &[]).unwrap();
    let session = Session::new(&config, &Registry::default(), &Handle::current(), false);
    let filters = [
        ("state:timed-out", 1),
        ("state:failed", 2),
        ("exit:3", 2),
        ("state:ok dur>30ms", 2),
        ("out~\"said 0\"", 2),
        ("out:said", 3),
        ("try:1 group:naps", 3),
        ("func:nap -state:ok", 1),
        ("state:running", 0),
        ("wait<10s", 5),
        ("wait>10s", 0),
    ];
    let mut looks: Vec<Look> = filters.iter().map(|_| Look::default()).collect();
    session.start(&config).unwrap();
    // Looked at from the beginning, so that all of them see the tasks run first.
    let found = async {
        loop {
            let totals: Vec<usize> = filters
                .iter()
                .zip(&mut looks)
                .map(|((filter, _), look)| pool(look.view(&session, &want(filter)).0).tasks_total)
                .collect();
            let expected: Vec<usize> = filters.iter().map(|(_, found)| *found).collect();
            if totals == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), found).await.unwrap();
    let ids: Vec<u64> = pool(looks[0].view(&session, &want("state:timed-out")).0)
        .tasks
        .iter()
        .map(|task| task.id)
        .collect();
    assert_eq!(ids.len(), 1);
    // Each state has its own row, and what is listed with the cursor on it is what was counted.
    let mut by_state = want("");
    (by_state.by, by_state.groups.rows) = (By::State, 20);
    let mut look = Look::default();
    while look.view(&session, &by_state).1 {}
    let rows = pool(look.view(&session, &by_state).0).groups;
    let counts: Vec<(&str, usize)> = rows.iter().map(|row| (&*row.name, row.tasks)).collect();
    // What has no task is left out; what went wrong comes first.
    assert_eq!(counts, [("failed", 2), ("timed out", 1), ("ok", 2)]);
    for look_of in LOOKS {
        let expected = counts.iter().find(|(word, _)| *word == look_of.word);
        let expected = expected.map_or(0, |(_, count)| *count);
        by_state.group = Some(look_of.word.to_owned());
        while look.view(&session, &by_state).1 {}
        let seen = pool(look.view(&session, &by_state).0);
        let row = seen.groups.iter().find(|row| *row.name == *look_of.word);
        assert_eq!(
            (row.map(|row| row.tasks), seen.tasks_total),
            (Some(expected), expected),
            "the row under the cursor stays: {}",
            look_of.word
        );
    }
    // In a group, and with a filter that cannot be read.
    let mut bad = want("id:0..9");
    bad.group = Some("bad".to_owned());
    assert_eq!(pool(looks[0].view(&session, &bad).0).tasks_total, 2);
    assert_eq!(
        pool(looks[0].view(&session, &want("state:nonsense")).0).tasks_total,
        0
    );
    session.quit().await;
}
