//! Every key of the table, wherever one can be, in every mood of a pool: something is seen to happen, or the line of
//! the last action says why not.
#![cfg(feature = "tui")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[expect(dead_code, reason = "others show more of what it makes up")]
mod common;
#[expect(dead_code, reason = "some of it is for other tests")]
mod play;

use common::{busy, closing, fresh};
use crossterm::event::Event;
use play::{Session, event, play};
use ratatui::backend::Backend as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use taskpool_tui::app::control::{Answer, Numbered, Preview, Reply, Request};
use taskpool_tui::app::dashboard::{ACTIONS, Action, Chord};
use taskpool_tui::app::reload::Reread;
use taskpool_tui::app::terminal::show;
use taskpool_tui::app::view::{FuncRow, Phase, PoolRow, TerminalSize, View};
use tokio::time::sleep;

/// How one gets to every place, and what it is.
const PLACES: [(&str, &str); 21] = [
    ("the pools", ""),
    ("the tasks", "2"),
    ("a task", "2 k"),
    ("marked tasks", "2 k k Space Space"),
    ("the palette", "2 k :"),
    ("the groups", "2 Shift-Tab"),
    ("a group", "2 Shift-Tab j"),
    ("the output", "2 k Tab Tab"),
    ("one task", "2 k Enter"),
    ("what is known of one task", "2 k 3 Tab"),
    ("the timeline", "4"),
    ("the log", "5"),
    ("the help", "?"),
    ("a form", "2 a"),
    ("the arguments in a form", "2 a Tab Tab ["),
    ("a form as a config has it", "2 a Ctrl-t"),
    ("a question", "D"),
    ("a question whose answer is typed", "Ctrl-x"),
    ("a line that is typed", "="),
    ("the filter", "2 /"),
    ("a terminal", "2 k i"),
];

/// The first pool in another mood.
fn with(change: impl FnOnce(&mut PoolRow)) -> View {
    let mut view = busy();
    change(&mut view.pools[0]);
    view
}

fn moods() -> Vec<(&'static str, View)> {
    let empty = View {
        title: "empty.toml".into(),
        ..View::default()
    };
    let mut terminal = busy();
    let size = TerminalSize {
        columns: 78,
        rows: 10,
    };
    let task = terminal.pool.as_mut().unwrap().task.as_mut().unwrap();
    task.output.terminal = Some(Box::new(show([(size, b"ready".as_slice())])));
    vec![
        ("no pool", empty),
        ("a pool without tasks", fresh()),
        ("running", busy()),
        ("in a terminal", terminal),
        ("locked", with(|pool| pool.locked = true)),
        ("paused", with(|pool| pool.paused = true)),
        ("of size 0", with(|pool| pool.size = Some(0))),
        ("without a limit", with(|pool| pool.size = None)),
        ("closing", with(|pool| pool.phase = Phase::Closing)),
        ("closed", with(|pool| pool.phase = Phase::Closed)),
        ("being left", closing()),
    ]
}

/// Everything that a person can notice.
#[derive(PartialEq, Eq, Debug)]
struct Seen {
    screen: String,
    cleared: usize,
    suspended: usize,
    copied: String,
    sent: usize,
    left: bool,
}

/// Plays the session until nothing is asked any more.
async fn settle(session: &mut Session, view: &View, sent: &mut usize) {
    let mut quiet = 0;
    while quiet < 2 {
        sleep(Duration::from_millis(40)).await;
        quiet += 1;
        while let Ok(Numbered { number, request, .. }) = session.server.requests.try_recv() {
            quiet = 0;
            *sent += 1;
            let answer = match &request {
                Request::Preview(_) => Answer::Preview(Preview {
                    lines: vec!["what it would hit".to_owned()],
                    command: None,
                }),
                Request::Functions => Answer::Functions(vec![FuncRow {
                    name: "get".to_owned(),
                    about: "curl {0}".into(),
                }]),
                Request::Do(_) | Request::Mute { .. } | Request::Quit => Answer::Done("done".to_owned()),
                Request::List(_) => Answer::Listed {
                    ids: (200..240).collect(),
                    beyond: 0,
                },
                Request::Reread => Answer::Reread(Reread::Same),
                Request::Reload { .. } => Answer::Refused("it was never shown".to_owned()),
                Request::Describe { .. } => Answer::Lines(vec!["230\trunning".to_owned()]),
            };
            // It may have left.
            let _ = session
                .server
                .replies
                .send(Reply {
                    number,
                    request,
                    answer,
                })
                .await;
        }
        if session.server.want.has_changed().unwrap_or(false) {
            quiet = 0;
            let want = session.server.want.borrow_and_update().clone();
            let mut view = view.clone();
            view.answers = want.asked;
            if let Some(pool) = &mut view.pool
                && let Some(row) = pool.tasks.iter().find(|row| Some(row.id) == want.task)
                && let Some(task) = &mut pool.task
            {
                task.row = row.clone();
                if want.output.merged {
                    task.output.terminal = None;
                }
            }
            let _ = session.server.view.send(Arc::new(view));
        }
    }
}

fn seen(session: &Session, sent: usize) -> Seen {
    Seen {
        screen: session.screen.text(),
        cleared: session.screen.clears.load(Ordering::SeqCst),
        suspended: session.suspended.load(Ordering::SeqCst),
        copied: session.copied.lock().unwrap().clone(),
        sent,
        left: session.keys.is_closed(),
    }
}

/// Whether it may be that nothing happens: the cursor is at the end of its way, in a list or in a line that is typed,
/// or the key has just been pressed, and what it said stands there.
fn may_be_still(keys: &str, way: &str) -> bool {
    let moves = [
        Action::Up,
        Action::Down,
        Action::Left,
        Action::Right,
        Action::PageUp,
        Action::PageDown,
        Action::HalfUp,
        Action::HalfDown,
        Action::First,
        Action::Last,
    ];
    // A space at the end of a line is not seen.
    let ends = way.ends_with(['=', '/', 'x', 'i', ':']) && ["Ctrl-a Ctrl-a", "Space"].contains(&keys);
    ends || way.split(' ').any(|key| key == keys)
        || way.ends_with(keys)
        || moves.iter().any(|action| action.entry().keys.contains(&keys))
}

#[tokio::test(start_paused = true)]
async fn every_key_does_something_or_says_why_not() {
    let mut silent = Vec::new();
    for (mood, view) in &moods() {
        // What only refuses in other words does not have to be looked at everywhere.
        let alike = matches!(
            *mood,
            "locked" | "paused" | "of size 0" | "without a limit" | "closing"
        );
        for (place, way) in PLACES.into_iter().take(if alike { 3 } else { PLACES.len() }) {
            for entry in &ACTIONS {
                for keys in entry.keys {
                    let (mut before, mut after) = (None, None);
                    play(view.clone(), async |mut session| {
                        let mut sent = 0;
                        if !way.is_empty() {
                            for key in way.split(' ') {
                                session.press(key).await;
                                settle(&mut session, view, &mut sent).await;
                            }
                        }
                        before = Some(seen(&session, sent));
                        for key in keys.parse::<Chord>().unwrap().0 {
                            // Leaving takes no more keys.
                            let _ = session.keys.send(Ok(event(key))).await;
                        }
                        settle(&mut session, view, &mut sent).await;
                        after = Some(seen(&session, sent));
                    })
                    .await;
                    if before == after && !may_be_still(keys, way) {
                        silent.push(format!("{keys} ({}) at {place}, {mood}", entry.name));
                    }
                }
            }
        }
    }
    assert!(
        silent.is_empty(),
        "{} keys are silent:\n{}",
        silent.len(),
        silent.join("\n")
    );
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_resizes_are_drawn_at_the_last_size() {
    let view = busy();
    play(view.clone(), async |mut session| {
        let mut sent = 0;
        session.press("2 k").await;
        settle(&mut session, &view, &mut sent).await;
        let mut size = 7_u32;
        for round in 0..10_000 {
            size = size.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let cells = |most: u32, bits: u32| u16::try_from((size >> bits) % most).unwrap();
            let (width, height) = (cells(221, 8), cells(61, 20));
            session.screen.with(|backend| backend.resize(width, height));
            session.keys.send(Ok(Event::Resize(width, height))).await.unwrap();
            if round % 10 == 0 {
                settle(&mut session, &view, &mut sent).await;
                let size = session.screen.size().unwrap();
                assert_eq!((size.width, size.height), (width, height));
            }
        }
        session.screen.with(|backend| backend.resize(80, 24));
        session.keys.send(Ok(Event::Resize(80, 24))).await.unwrap();
        session.shows("▸ Tasks (10)").await;
        session.shows("? help").await;
    })
    .await;
}
