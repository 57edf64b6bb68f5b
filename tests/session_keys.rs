//! Keys pressed in the real loop, on a made-up terminal, against a made-up session.
#![cfg(feature = "tui")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[expect(dead_code, reason = "others show more of what it makes up")]
mod common;
mod play;

use common::{busy, closing, fresh, pools};
use crossterm::event::Event;
use play::{Session, play, try_play};
use rustix::io::Errno;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;
use taskpool_tui::app::control::{Answer, Call, Command, Numbered, Preview, Reply, Request};
use taskpool_tui::app::dashboard::{Scheme, Settings};
use taskpool_tui::app::reload::{Applied, Changes, Reread, Row, When};
use taskpool_tui::app::status::Status;
use taskpool_tui::app::view::{At, Closing, Found, Trying, View};
use taskpool_tui::ui::Left;

fn fetch(call: Call) -> Command {
    Command {
        pool: "fetch".to_owned(),
        call,
    }
}

fn preview(lines: &[&str], command: Option<Command>) -> Answer {
    Answer::Preview(Preview {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        command,
    })
}

fn done(text: &str) -> Answer {
    Answer::Done(text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn stop_asks_for_n_shows_which_and_sends_what_was_shown() {
    let left = play(busy(), async |mut session| {
        session.press("S 2 Enter").await;
        let exact = fetch(Call::Cancel {
            ids: vec![231, 230],
            force: false,
        });
        session
            .answers(
                Request::Preview(fetch(Call::Stop { num: 2, shown: None })),
                preview(&["2 running tasks to be cancelled: 231 230"], Some(exact.clone())),
            )
            .await;
        session.shows("to be cancelled: 231 230").await;
        session.shows("same as fetch.cancel(231, 230)").await;
        session.press("y").await;
        session
            .answers(Request::Do(exact), done("cancel requested for 2 tasks"))
            .await;
        session
            .shows("y  fetch.cancel(231, 230)  ✓ cancel requested for 2 tasks")
            .await;
        let Session { keys, server, .. } = session;
        drop(server);
        keys.closed().await;
    });
    assert_eq!(left.await, Left::SessionEnded);
}

#[tokio::test(start_paused = true)]
async fn keep_is_the_default_and_a_late_preview_is_ignored() {
    play(busy(), async |mut session| {
        for keep in ["n", "Esc", "Enter", "q"] {
            session.press("D").await;
            let asked = Request::Preview(fetch(Call::Close));
            session
                .answers(asked, preview(&["14 tasks are waited for"], None))
                .await;
            session.shows("14 tasks are waited for").await;
            session.press(keep).await;
            session.hides("14 tasks are waited for").await;
        }
        session.press("D").await;
        let late = session.request().await;
        session.shows("looking up").await;
        session.press("y").await;
        session.shows("still being looked up").await;
        session.press("Esc D").await;
        let second = session.request().await;
        session.shows("looking up").await;
        let answer = |lines: &[&str], sent: Numbered| Reply {
            number: sent.number,
            request: sent.request,
            answer: preview(lines, None),
        };
        session
            .server
            .replies
            .send(answer(&["stale"], late))
            .await
            .unwrap();
        session
            .server
            .replies
            .send(answer(&["fresh"], second))
            .await
            .unwrap();
        session.shows("fresh").await;
        assert!(!session.screen.text().contains("stale"));
        session.press("Esc").await;
        session.hides("fresh").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_said() {
    play(busy(), async |mut session| {
        session.press("L").await;
        let why = Answer::Refused("TaskPool-fetch is closing and stays locked".to_owned());
        session.answers(Request::Do(fetch(Call::Lock)), why).await;
        session
            .shows("L  fetch.lock()  ✗ TaskPool-fetch is closing")
            .await;
        session.press("D").await;
        let why = Answer::Refused("no".to_owned());
        session.answers(Request::Preview(fetch(Call::Close)), why).await;
        session.shows("fetch.close()  ✗ no").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_is_cancelled_and_once_more_is_force() {
    play(busy(), async |mut session| {
        session.press("2").await;
        session.shows("following").await;
        session.press("x").await;
        session.shows("task 231 has only just come into view").await;
        session.press("k x").await;
        let cancel = |id, force| Request::Do(fetch(Call::Cancel { ids: vec![id], force }));
        session
            .answers(cancel(231, false), done("cancel requested for task 231"))
            .await;
        session.shows("✓ cancel requested for task 231").await;
        session.press("g g x").await;
        session.answers(cancel(118, true), done("killed")).await;
        session.press("j x").await;
        session.shows("task 222 has ended already: panicked").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn everything_in_a_pool_is_cancelled_only_by_its_name() {
    play(busy(), async |mut session| {
        session.press("Ctrl-x").await;
        let all = fetch(Call::CancelAll);
        session
            .answers(
                Request::Preview(all.clone()),
                preview(&["14 running tasks"], None),
            )
            .await;
        session.shows("type fetch to say yes").await;
        session.press("y Enter Backspace f e t c Enter").await;
        session.shows("> fetc").await;
        session.quiet();
        session.press("h Enter").await;
        session
            .answers(Request::Do(all), done("cancel requested for 14 tasks"))
            .await;
        session.shows("✓ cancel requested for 14 tasks").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_group_is_cancelled_after_a_yes() {
    play(busy(), async |mut session| {
        session.press("2 Shift-Tab j X").await;
        let group = fetch(Call::CancelGroup {
            group: "apply-w-0".to_owned(),
        });
        session
            .answers(Request::Preview(group.clone()), preview(&["9 running"], None))
            .await;
        session.shows("same as fetch.cancel_group(\"apply-w-0\")").await;
        session.press("y").await;
        session.answers(Request::Do(group), done("done")).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn sizes_count_on_before_a_view_shows_them() {
    play(busy(), async |mut session| {
        let set = |size| Request::Do(fetch(Call::SetSize { size }));
        session.press("+ + -").await;
        session.answers(set(Some(15)), done("")).await;
        session.answers(set(Some(16)), done("")).await;
        session.answers(set(Some(15)), done("")).await;
        session.press("= u n l i m i t e d Enter").await;
        session.answers(set(None), done("")).await;
        let mut unlimited = pools();
        unlimited.pools[0].size = None;
        session.view(unlimited);
        session.shows("14/∞").await;
        session.press("-").await;
        session.shows("the size of fetch is unlimited: = sets one").await;
        let mut empty = pools();
        empty.pools[0].size = Some(0);
        session.view(empty);
        session.shows("14/0").await;
        session.press("-").await;
        session.shows("the size of fetch is 0 already").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn start_prompts_and_a_held_group_is_released() {
    play(busy(), async |mut session| {
        let start = |num, group: Option<&str>| {
            Request::Do(fetch(Call::Start {
                num,
                group: group.map(str::to_owned),
            }))
        };
        session.press("s").await;
        session.shows("Start more of apply-w-0 in fetch").await;
        session.press("0 Enter").await;
        session.shows("at least 1").await;
        session.press("Backspace 3 Enter").await;
        session.answers(start(3, None), done("3 tasks queued")).await;
        session.press("2 Shift-Tab j s 1 2 Enter").await;
        session.answers(start(12, Some("apply-w-0")), done("")).await;
        session.press("j s").await;
        session
            .shows("map-w-0 cannot start again, apply-w-0 can: only what apply makes does")
            .await;
        session.press("j s").await;
        let release = fetch(Call::Release {
            group: "nightly".to_owned(),
        });
        session.answers(Request::Do(release), done("released")).await;
        session.shows("✓ released").await;
    })
    .await;
}

/// A pool that runs one function makes a group of each start; its keys are those of every pool.
#[tokio::test(start_paused = true)]
async fn a_simple_pool_is_started_stopped_and_its_groups_cancelled() {
    let mut view = busy();
    view.pools[0].func = Some("worker".into());
    view.pools[0].starts = Some("worker".into());
    if let Some(pool) = &mut view.pool {
        pool.groups[0].name = "start-group-0".into();
        pool.groups[0].method = "start".into();
    }
    play(view, async |mut session| {
        let start = |num| Request::Do(fetch(Call::Start { num, group: None }));
        session.press("s 2 Enter").await;
        session.answers(start(2), done("2 tasks queued")).await;
        session.shows("✓ 2 tasks queued").await;
        session.press("2 Shift-Tab j").await;
        session
            .wants(|want| want.group.as_deref() == Some("start-group-0"))
            .await;
        session.press("s").await;
        session.shows("Start more of worker in fetch").await;
        session.press("3 Enter").await;
        session.answers(start(3), done("")).await;
        session.press("S 1 Enter").await;
        let exact = fetch(Call::Cancel {
            ids: vec![231],
            force: false,
        });
        let stopped = preview(&["1 running task to be cancelled: 231"], Some(exact.clone()));
        session
            .answers(
                Request::Preview(fetch(Call::Stop { num: 1, shown: None })),
                stopped,
            )
            .await;
        session.shows("Stop the task of fetch started last?").await;
        session.shows("to be cancelled: 231").await;
        session.press("y").await;
        session.answers(Request::Do(exact), done("")).await;
        session.press("X").await;
        let group = fetch(Call::CancelGroup {
            group: "start-group-0".to_owned(),
        });
        session
            .answers(Request::Preview(group.clone()), preview(&["9 running"], None))
            .await;
        session.shows("Cancel group start-group-0?").await;
        session.shows("9 running").await;
        session.press("y").await;
        session.answers(Request::Do(group), done("")).await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lock_pause_and_flush_go_both_ways() {
    play(busy(), async |mut session| {
        session.press("L P").await;
        session.answers(Request::Do(fetch(Call::Lock)), done("")).await;
        session.answers(Request::Do(fetch(Call::Pause)), done("")).await;
        session.press("F").await;
        session
            .answers(
                Request::Preview(fetch(Call::Flush)),
                preview(&["3 failures are cleared"], None),
            )
            .await;
        session.shows("3 failures are cleared").await;
        session.press("y").await;
        session
            .answers(Request::Do(fetch(Call::Flush)), done("34 tasks cleared"))
            .await;
        let mut view = busy();
        (view.pools[0].locked, view.pools[0].paused, view.pools[0].failed) = (true, true, 0);
        session.view(view);
        session.shows("locked · paused").await;
        session.press("L P F").await;
        session.answers(Request::Do(fetch(Call::Unlock)), done("")).await;
        session.answers(Request::Do(fetch(Call::Resume)), done("")).await;
        session.answers(Request::Do(fetch(Call::Flush)), done("")).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_filter_counts_while_it_is_typed() {
    play(busy(), async |mut session| {
        session.press("/ n o t - t h e r e Esc").await;
        session.press("2 / o k").await;
        session.wants(|want| want.filter == "ok").await;
        session.press("Enter").await;
        session.shows("filter: ok").await;
        session.press("Esc").await;
        session
            .wants(|want| want.filter.is_empty() && want.pool.is_some())
            .await;
        session.press("Esc").await;
        session.wants(|want| want.tasks.rows == 0).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_output_is_searched_merged_copied_and_saved() {
    play(busy(), async |mut session| {
        session.press("2 k k /").await;
        session.shows("state:failed, words").await;
        session.press("Esc Tab Tab / R e d").await;
        session
            .wants(|want| want.output.find.as_ref().is_some_and(|find| find.text == "Red"))
            .await;
        let mut view = busy();
        let output = &mut view.pool.as_mut().unwrap().task.as_mut().unwrap().output;
        output.found = Some(Found {
            text: "Red".to_owned(),
            total: 17,
            before: 3,
            spots: output
                .lines
                .iter()
                .map(|line| line.spot)
                .skip(1)
                .step_by(3)
                .collect(),
            more: false,
        });
        session.view(view);
        session.shows("17 matches").await;
        session.press("Enter").await;
        session.shows("13 of 17 matches").await;
        session.press("N").await;
        session.shows("12 of 17 matches").await;
        session.press("n").await;
        session.shows("13 of 17 matches").await;
        session.wants(|want| want.output.until.is_some()).await;
        session.press("& &").await;
        session
            .wants(|want| {
                want.output
                    .find
                    .as_ref()
                    .is_some_and(|find| find.only && find.context == 2)
            })
            .await;
        session.press("Esc").await;
        session.wants(|want| want.output.find.is_none()).await;
        session.press("m").await;
        session.wants(|want| want.output.merged).await;
        session.press("m T").await;
        session.hides("00:04:1").await;
        session.press("G y").await;
        session.shows("lines, ").await;
        assert!(
            session
                .copied
                .lock()
                .unwrap()
                .ends_with("redirect to /b/230\nGET https://host/b/230\n")
        );
        session.press("o").await;
        session.shows("Save the output of 230").await;
        session.press("x Enter").await;
        let call = Call::SaveOutput {
            ids: vec![230],
            path: "x".to_owned(),
        };
        session
            .answers(Request::Do(fetch(call)), done("42 lines in x"))
            .await;
        session.shows("42 lines in x").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_follows_the_layout_and_the_cursor() {
    play(busy(), async |mut session| {
        session.press("2").await;
        session
            .wants(|want| want.tasks.at == At::End && want.tasks.rows >= 8 && want.task == Some(231))
            .await;
        session.press("k k").await;
        session
            .wants(|want| matches!(want.tasks.at, At::Task(230, _)) && want.task == Some(230))
            .await;
        session.press("Shift-Tab j").await;
        session
            .wants(|want| want.group.as_deref() == Some("apply-w-0"))
            .await;
        session.press("Shift-Tab k").await;
        session.wants(|want| want.output.rows >= 10).await;
        let rows = session.server.want.borrow().tasks.rows;
        session.screen.with(|backend| backend.resize(140, 40));
        session.keys.send(Ok(Event::Resize(140, 40))).await.unwrap();
        session.wants(|want| want.tasks.rows > rows).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn leaving_asks_waits_and_can_be_forced() {
    let left = play(busy(), async |mut session| {
        session.press("q").await;
        session.shows("fetch: 14 running tasks are cancelled").await;
        let mut fewer = busy();
        fewer.pools[0].running = 13;
        session.view(fewer);
        session.shows("fetch: 13 running tasks are cancelled").await;
        session.press("y").await;
        session.answers(Request::Quit, done("")).await;
        session.shows("asking every task to cancel").await;
        session.view(closing());
        session.shows("3 tasks have not ended").await;
        session.shows("Ctrl-c ends by force").await;
        session.press("Ctrl-c").await;
        session.answers(Request::Quit, done("")).await;
        let mut forced = closing();
        forced.closing = Some(Closing {
            callbacks: 0,
            running: 1,
            since: Duration::from_secs(5),
            forced: true,
            pools: Vec::new(),
        });
        session.view(forced);
        session.shows("being killed").await;
        session.press("Esc").await;
        session.shows("killing 1 task, 5.0s; Ctrl-c leaves at once").await;
        // The tasks have ended; what is left are callbacks.
        let mut callbacks = fresh();
        callbacks.closing = Some(Closing {
            callbacks: 2,
            since: Duration::from_secs(6),
            forced: true,
            running: 0,
            pools: Vec::new(),
        });
        session.view(callbacks);
        session.shows("killing 2 callbacks, 6.0s").await;
        session.press("Ctrl-c").await;
        session.answers(Request::Quit, done("")).await;
        session.shows("2 callbacks still run").await;
        session.shows("Ctrl-c leaves at once").await;
        session.view(fresh());
        session.keys.closed().await;
    });
    assert_eq!(left.await, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_left_without_a_question() {
    let left = play(fresh(), async |mut session| {
        session.press("q").await;
        session.answers(Request::Quit, done("")).await;
        session.keys.closed().await;
    });
    assert_eq!(left.await, Left::Quit);
    let left = play(fresh(), async |mut session| {
        session.press("Ctrl-c").await;
        session.answers(Request::Quit, done("")).await;
        session.keys.closed().await;
    });
    assert_eq!(left.await, Left::Quit);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_asks_while_tasks_run_and_pressed_again_cancels_them() {
    let left = play(busy(), async |mut session| {
        // It leads out of what is typed, and never ends work unasked.
        session.press("2 = 5 Ctrl-c").await;
        session.shows("Cancel all tasks and leave?").await;
        session.shows("Ctrl-c too").await;
        session.quiet();
        session.press("n").await;
        session.hides("Cancel all tasks and leave?").await;
        session.press("Ctrl-c Ctrl-c").await;
        assert_eq!(session.request().await.request, Request::Quit);
    });
    assert_eq!(
        left.await,
        Left::Quit,
        "a session that ends after it was asked to has been left"
    );
}

#[tokio::test(start_paused = true)]
async fn the_screen_is_drawn_on_change_only() {
    play(fresh(), async |session| {
        session.shows("fetch").await;
        let frames = session.screen.frames.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!(
            session.screen.frames.load(Ordering::SeqCst),
            frames,
            "nothing changes, nothing is drawn"
        );
        session.view(busy());
        session.shows("14/14").await;
        let frames = session.screen.frames.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10_500)).await;
        let more = session.screen.frames.load(Ordering::SeqCst) - frames;
        assert!(
            (9..=11).contains(&more),
            "while tasks run their ages go on once a second: {more}"
        );
        let frames = session.screen.frames.load(Ordering::SeqCst);
        for i in 0..1000 {
            let mut view = busy();
            view.time += Duration::from_millis(i);
            session.view(view);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let more = session.screen.frames.load(Ordering::SeqCst) - frames;
        assert!(
            (25..=32).contains(&more),
            "a flood of views is drawn 30 times a second: {more}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_and_its_answer_are_drawn_at_once() {
    play(busy(), async |mut session| {
        session.press("2 G k").await;
        session.wants(|want| want.pool.is_some()).await;
        tokio::time::sleep(Duration::from_millis(900)).await;
        let start = tokio::time::Instant::now();
        session.press("k").await;
        session.shows("Output of 230").await;
        let wanted = session.server.want.borrow_and_update().clone();
        assert!(wanted.asked > 0 && wanted.task == Some(230), "{wanted:?}");
        let answer = |title: &str| View {
            answers: wanted.asked,
            title: title.into(),
            ..busy()
        };
        session.view(answer("answer"));
        session.screen.drawn.notified().await;
        assert!(
            start.elapsed() < Duration::from_millis(2),
            "{:?}",
            start.elapsed()
        );
        // A view that nobody waits for has time.
        session.view(answer("news"));
        session.screen.drawn.notified().await;
        let took = start.elapsed().as_millis();
        assert!((30..40).contains(&took), "{took}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn pasted_text_presses_no_keys() {
    play(busy(), async |mut session| {
        session
            .keys
            .send(Ok(Event::Paste("qyDLx".to_owned())))
            .await
            .unwrap();
        session.press("S").await;
        session
            .keys
            .send(Ok(Event::Paste("4\n2".to_owned())))
            .await
            .unwrap();
        session.shows("> 42").await;
        session.press("Enter").await;
        assert_eq!(
            session.request().await.request,
            Request::Preview(fetch(Call::Stop { num: 42, shown: None }))
        );
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn f210_suspend_and_redraw_draw_everything_anew() {
    play(busy(), async |session| {
        session.press("Ctrl-l").await;
        session
            .until("clears", |_| session.screen.clears.load(Ordering::SeqCst) >= 1)
            .await;
        let clears = session.screen.clears.load(Ordering::SeqCst);
        session.press("Ctrl-z").await;
        session
            .until("clears again", |_| {
                session.screen.clears.load(Ordering::SeqCst) > clears
            })
            .await;
        assert_eq!(session.suspended.load(Ordering::SeqCst), 1);
        session.shows("fetch").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_the_dashboard() {
    let left = play(busy(), async |session| {
        let Session { keys, server, .. } = session;
        drop(keys);
        server.view.closed().await;
    });
    assert_eq!(left.await, Left::NoInput);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_fails_because_it_is_gone_is_no_error() {
    for (errno, is_gone) in [(Errno::IO, true), (Errno::NXIO, true), (Errno::NOSPC, false)] {
        let left = try_play(busy(), async |session| {
            session.shows("fetch").await;
            session
                .screen
                .broken
                .store(errno.raw_os_error(), Ordering::SeqCst);
            session.view(fresh());
            session.keys.closed().await;
        });
        match left.await {
            Ok(left) => assert!(is_gone && left == Left::NoInput, "{errno:?}"),
            Err(error) => {
                let code = error
                    .downcast_ref::<io::Error>()
                    .and_then(io::Error::raw_os_error);
                assert!(!is_gone && code == Some(errno.raw_os_error()), "{error:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_left_out_is_one() {
    play(busy(), async |mut session| {
        session.press("S Enter").await;
        let call = Call::Stop { num: 1, shown: None };
        assert_eq!(session.request().await.request, Request::Preview(fetch(call)));
        session.press("Esc").await;
        session.press("= Enter").await;
        session.shows("type a number").await;
    })
    .await;
}

/// The request for a call on the pool of the pictures.
fn call(call: Call) -> Request {
    let pool = "fetch".to_owned();
    Request::Do(Command { pool, call })
}

#[tokio::test(start_paused = true)]
async fn p_pauses_a_task_and_lets_it_go_on() {
    play(busy(), async |mut session| {
        session.press("2 k k p").await;
        session
            .answers(call(Call::PauseTasks { ids: vec![230] }), done("task 230 paused"))
            .await;
        session.shows("task 230 paused").await;
        let mut paused = busy();
        let row = |view: &mut View| {
            let tasks = &mut view.pool.as_mut().unwrap().tasks;
            let at = tasks.iter().position(|task| task.id == 230).unwrap();
            let task = &mut tasks[at];
            task.status = Status::Paused;
            task.note = "(paused by you)".into();
        };
        row(&mut paused);
        session.view(paused);
        session.shows("‖ paused").await;
        session.shows("(paused by you)").await;
        session.press("p").await;
        session
            .answers(
                call(Call::ResumeTasks { ids: vec![230] }),
                done("task 230 goes on"),
            )
            .await;
        session.shows("task 230 goes on").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_signal_is_chosen_shown_and_remembered() {
    play(busy(), async |mut session| {
        session.press("2 k k !").await;
        session.shows("Signal to task 230").await;
        session.shows("Enter alone is TERM").await;
        session.press("n o Enter").await;
        session.shows("is no signal").await;
        session.quiet();
        session.press("Ctrl-u h u p Enter").await;
        let hup = Call::Signal {
            ids: vec![230],
            signal: 1,
        };
        let preview = Request::Preview(Command {
            pool: "fetch".to_owned(),
            call: hup.clone(),
        });
        let lines = vec!["HUP goes to task 230: process 41301 and all of its group".to_owned()];
        session
            .answers(preview, Answer::Preview(Preview { lines, command: None }))
            .await;
        session.shows("Send HUP to task 230?").await;
        session.shows("process 41301").await;
        session.press("Enter").await;
        session.hides("Send HUP").await;
        session.quiet();
        // The next time it is the usual one.
        session.press("!").await;
        session.shows("Enter alone is HUP").await;
        session.press("Enter").await;
        let Numbered { number, request, .. } = session.request().await;
        let lines = vec!["HUP goes to task 230".to_owned()];
        let answer = Answer::Preview(Preview { lines, command: None });
        let reply = Reply {
            number,
            request,
            answer,
        };
        session.server.replies.send(reply).await.unwrap();
        session.shows("HUP goes to task 230").await;
        session.press("y").await;
        session.answers(call(hup), done("HUP sent to task 230")).await;
        session.shows("HUP sent to task 230").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_is_sent_to_a_task_and_then_the_end() {
    play(busy(), async |mut session| {
        // This one reads nothing.
        session.press("2 k k i").await;
        session.shows("task 230 reads no lines").await;
        session.press("j i").await;
        session.shows("Input of task 231").await;
        // No key means anything but itself there; the editor's own do.
        session.press("a q p Left Ctrl-d Enter").await;
        let line = |line: Option<&str>| {
            call(Call::Input {
                id: 231,
                line: line.map(str::to_owned),
            })
        };
        session.answers(line(Some("aq")), done("sent to task 231")).await;
        session.shows("sent to task 231").await;
        session.press("i").await;
        session.shows("Input of task 231").await;
        session.press("Enter").await;
        session.answers(line(Some("")), done("sent to task 231")).await;
        session.press("i Ctrl-d").await;
        let refused = Answer::Refused("task 231: it does not read; 70000 bytes wait".to_owned());
        session.answers(line(None), refused).await;
        session.shows("it does not read; 70000 bytes wait").await;
        session.press("i Esc").await;
        session.hides("Input of task").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_runs_no_command_is_told_nothing() {
    let mut view = busy();
    for task in &mut view.pool.as_mut().unwrap().tasks {
        task.command = None;
    }
    play(view, async |mut session| {
        for key in ["p", "!", "i"] {
            session.press(&format!("2 k {key}")).await;
            session.shows("runs no command").await;
        }
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_next_try_has_no_process() {
    let mut view = busy();
    for task in &mut view.pool.as_mut().unwrap().tasks {
        task.command = None;
        task.trying = Some(Trying {
            attempt: 2,
            of: Some(4),
            waits: Some(Duration::from_secs(9)),
        });
    }
    play(view, async |mut session| {
        for key in ["p", "!", "i"] {
            session.press(&format!("2 k {key}")).await;
            session.shows("waits for its next try and has no process").await;
            session.press("=").await;
            session.shows("Size of").await;
            session.press("Esc %").await;
            session.shows("no such key").await;
        }
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_for_both_the_result_goes_before_the_call() {
    play(busy(), async |mut session| {
        session.press("2 k i").await;
        session.press(&"a ".repeat(60)).await;
        session.press("Enter").await;
        session.shows("fetch.input(").await;
        let line = Call::Input {
            id: 231,
            line: Some("a".repeat(60)),
        };
        let refused = Answer::Refused("task 231 does not read: 70000 bytes wait".to_owned());
        session.answers(call(line), refused).await;
        session.shows("task 231 does not read: 70000 bytes wait").await;
        session.hides("fetch.input(").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn r_runs_a_task_again_and_asks_if_it_was_ok_or_was_retried() {
    play(busy(), async |mut session| {
        let retry = |id| fetch(Call::Retry { ids: vec![id] });
        session.press("2 g g r").await;
        session
            .shows("task 118 has not ended: r is for what is over")
            .await;
        session.quiet();
        // 222 has panicked.
        session.press("j r").await;
        session
            .answers(Request::Do(retry(222)), done("group retry-w-group-0 with 1 task"))
            .await;
        session
            .shows("r  fetch.retry(222)  ✓ group retry-w-group-0 with 1 task")
            .await;
        // 227 was ok.
        session.press("j j j j r").await;
        session
            .answers(
                Request::Preview(retry(227)),
                preview(&["1 task runs again"], None),
            )
            .await;
        session.shows("Task 227 was ok: run it again?").await;
        session.shows("same as fetch.retry(227)").await;
        session.press("y").await;
        session
            .answers(
                Request::Do(retry(227)),
                Answer::Refused("the arguments are gone".to_owned()),
            )
            .await;
        session.shows("the arguments are gone").await;
        let mut view = busy();
        for task in &mut view.pool.as_mut().unwrap().tasks {
            if task.id == 226 {
                (task.retried, task.note) = (true, "retried".into());
            }
        }
        session.view(view);
        session.shows("retried").await;
        session.press("k r").await;
        session
            .answers(
                Request::Preview(retry(226)),
                preview(&["1 task runs again"], None),
            )
            .await;
        session.shows("Task 226 was retried already: run it again?").await;
        session.press("Enter").await;
        session.hides("run it again?").await;
        session.quiet();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn retry_failed_asks_with_the_count_and_hits_what_was_shown() {
    play(busy(), async |mut session| {
        session.press("2 R").await;
        let exact = fetch(Call::Retry {
            ids: vec![222, 223, 226],
        });
        session
            .answers(
                Request::Preview(fetch(Call::RetryFailed { group: None })),
                preview(
                    &["3 failed tasks run again: 222 223 226", "2 retried already"],
                    Some(exact.clone()),
                ),
            )
            .await;
        session.shows("Retry the failed tasks of fetch?").await;
        session.shows("3 failed tasks run again: 222 223 226").await;
        session.press("y").await;
        session
            .answers(Request::Do(exact), done("group retry-w-group-0 with 3 tasks"))
            .await;
        session
            .shows("y  fetch.retry(222, 223, 226)  ✓ group retry-w-group-0 with 3 tasks")
            .await;
        // With the cursor on a group it is that group's.
        session.press("Shift-Tab j R").await;
        let Numbered { request, .. } = session.request().await;
        let Request::Preview(Command {
            call: Call::RetryFailed { group: Some(group) },
            ..
        }) = request
        else {
            panic!("{request:?}")
        };
        session
            .shows(&format!("Retry the failed tasks of fetch: {group}?"))
            .await;
        session.press("Esc").await;
        let mut view = busy();
        view.pools[0].locked = true;
        session.view(view);
        session.shows("LOCKED").await;
        session.press("R").await;
        session
            .shows("fetch is locked: it takes no new groups until L unlocks it")
            .await;
        let mut view = busy();
        (view.pools[0].failed, view.pools[0].panicked) = (0, 0);
        session.view(view);
        session.shows("215 ended: 209 ok").await;
        session.press("R").await;
        session.shows("no task of fetch has failed").await;
        session.quiet();
    })
    .await;
}

fn changed(number: u64, when: When) -> Answer {
    Answer::Reread(Reread::Changed(Changes {
        number,
        rows: vec![Row {
            part: "pool fetch".into(),
            what: "pool_size".into(),
            text: "14 → 20".into(),
            when,
            effect: "6 queued tasks may start".into(),
            refused: None,
        }],
        agrees: false,
    }))
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_shown_and_applied_by_its_number_after_yes() {
    play(busy(), async |mut session| {
        session.press("Ctrl-r").await;
        session.answers(Request::Reread, changed(7, When::Now)).await;
        session.shows("14 → 20").await;
        session.shows("6 queued tasks may start").await;
        session.press("n").await;
        session.hides("14 → 20").await;
        session.press("Ctrl-r").await;
        session.answers(Request::Reread, changed(8, When::Now)).await;
        session.shows("cannot be undone").await;
        session.press("y").await;
        let wanted = Settings {
            scheme: Scheme::Dark,
            modes: taskpool_tui::app::Modes {
                ask_always: true,
                ..Default::default()
            },
            ..Settings::default()
        };
        let applied = Applied {
            text: "1 change applied".to_owned(),
            refused: Vec::new(),
            settings: Box::new((Settings::default(), wanted)),
        };
        session
            .answers(Request::Reload { number: 8 }, Answer::Applied(Box::new(applied)))
            .await;
        session.shows("y  reload  ✓ 1 change applied").await;
        // The dashboard is as the file wants it now: it asks always.
        session.press("L").await;
        session
            .answers(
                Request::Preview(fetch(Call::Lock)),
                preview(&["new groups are refused"], None),
            )
            .await;
        session.shows("Lock fetch?").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_without_anything_to_apply_takes_no_yes() {
    play(busy(), async |mut session| {
        session.press("Ctrl-r").await;
        session
            .answers(Request::Reread, Answer::Reread(Reread::Same))
            .await;
        session
            .shows("reload  ✓ the config says nothing else than before")
            .await;
        session.press("Ctrl-r").await;
        session
            .answers(Request::Reread, changed(2, When::NextStart))
            .await;
        session.shows("next start").await;
        session.press("y").await;
        session.shows("nothing counts before the next start").await;
        session.press("Ctrl-r").await;
        let faults = vec!["error: [func.get] has no key `tiemout`".into()];
        session
            .answers(Request::Reread, Answer::Reread(Reread::Faulty(faults)))
            .await;
        session.shows("has no key `tiemout`").await;
        session.press("y").await;
        session.shows("mend the file first; Ctrl-r reads it again").await;
        session.press("Esc").await;
        session.hides("tiemout").await;
        session.press("Ctrl-r").await;
        let refused = Answer::Refused("the program is being left".to_owned());
        session.answers(Request::Reread, refused).await;
        session.shows("reload  ✗ the program is being left").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_clock_moves_within_ten_seconds_though_nothing_changes() {
    play(busy(), async |session| {
        session.shows("00:04:12").await;
        tokio::time::sleep(Duration::from_secs(11)).await;
        session
            .until("moves the clock", |screen| screen.contains("00:04:2"))
            .await;
    })
    .await;
}
