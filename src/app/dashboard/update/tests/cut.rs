//! Keys that were meant for a terminal whose task has ended.

use super::super::super::mouse::{Gesture, Zone};
use super::super::super::settings::OnIdle;
use super::*;
use crate::app::reload::{Applied, Row, When};

const AFTER_IT: &str = "task 3 has ended; what you typed since went nowhere";

/// A dashboard on whose task 3 somebody types, which has just ended.
fn cut_off() -> Fake {
    let mut fake = Fake::in_terminals("$ ");
    fake.time = Duration::from_secs(100);
    fake.refresh();
    fake.press("3 i");
    assert_eq!((fake.state.screen, fake.state.typing), (Screen::Task, Some(3)));
    fake.ended.push(3);
    fake.refresh();
    assert_eq!((fake.state.typing, fake.state.swallows_keys()), (None, true));
    fake
}

impl Fake {
    /// So much has passed since the last view.
    fn passes(&mut self, millis: u64) {
        self.take(Msg::Clock(Duration::from_millis(millis)));
    }
}

fn click(zone: Zone) -> Msg {
    mouse(Gesture::Press, zone)
}

fn mouse(gesture: Gesture, zone: Zone) -> Msg {
    Msg::Mouse(Mouse {
        gesture,
        at: (1, 1),
        zone,
        text: None,
    })
}

#[test]
fn what_is_typed_after_the_end_of_a_task_goes_nowhere_until_it_is_silent() {
    let mut fake = cut_off();
    assert!(fake.state.has_clock());
    let mut millis = 0;
    // Far longer than the silence, which each of them begins anew; each of them would act.
    for key in [
        "q", "Ctrl-c", "x", "y", "Enter", "K", "?", ":", "Esc", "1", "Ctrl-c", "q",
    ] {
        fake.press(key);
        assert_eq!(fake.said(), AFTER_IT, "{key}");
        millis += 900;
        fake.passes(millis);
    }
    fake.take(Msg::Paste("q\n".to_owned()));
    assert_eq!(fake.sent, []);
    assert!(fake.state.overlay.is_none());
    assert_eq!(
        (fake.state.screen, fake.state.place()),
        (Screen::Task, Place::Typing)
    );
    // A view in between is no silence either.
    fake.time += Duration::from_millis(millis + 900);
    fake.refresh();
    fake.press("q");
    assert_eq!((&*fake.said(), &*fake.sent), (AFTER_IT, &[][..]));
    fake.passes(1_000);
    assert!(!fake.state.swallows_keys());
    assert_eq!(fake.state.place(), Place::Output);
    fake.press("Ctrl-c Ctrl-c");
    assert_eq!(fake.sent, [Request::Quit]);
}

#[test]
fn a_view_that_comes_after_the_silence_ends_it_too() {
    let mut fake = cut_off();
    fake.time += Duration::from_secs(1);
    fake.refresh();
    assert!(!fake.state.swallows_keys());
}

#[test]
fn the_chord_that_leaves_typing_ends_the_silence_and_nothing_else() {
    let mut fake = cut_off();
    fake.press("a Ctrl-a Esc");
    assert_eq!(fake.said(), "keys act on the dashboard again");
    assert_eq!(
        (fake.state.screen, fake.state.place()),
        (Screen::Task, Place::Output)
    );
    fake.press("Esc");
    assert_ne!(
        (fake.state.screen, fake.state.place()),
        (Screen::Task, Place::Output)
    );
    // Begun before the end, and completed after it.
    let mut fake = Fake::in_terminals("$ ");
    fake.press("3 i Ctrl-a");
    fake.ended.push(3);
    fake.refresh();
    fake.press("Esc");
    assert_eq!(
        (fake.state.screen, fake.state.swallows_keys()),
        (Screen::Task, false)
    );
}

#[test]
fn a_key_that_is_stuck_locks_nobody_out() {
    let mut fake = cut_off();
    let mut millis = 0;
    while fake.state.swallows_keys() {
        fake.press("j");
        millis += 30;
        fake.passes(millis);
    }
    assert!((14_000..16_000).contains(&millis), "{millis}");
}

#[test]
fn clicks_after_the_end_do_nothing_but_the_one_that_ends_the_silence() {
    let mut fake = cut_off();
    let before = (fake.state.pane, fake.state.task, fake.state.screen);
    for zone in [
        Zone::Action(Action::ShowPools),
        Zone::Action(Action::Quit),
        Zone::Action(Action::Back),
        Zone::Task(1),
        Zone::Pane(Pane::Tasks),
        Zone::Group(None),
    ] {
        fake.take(click(zone.clone()));
        assert_eq!(fake.said(), AFTER_IT, "{zone:?}");
    }
    assert_eq!((fake.state.pane, fake.state.task, fake.state.screen), before);
    assert_eq!(fake.sent, []);
    fake.take(click(Zone::Action(Action::StopTyping)));
    assert!(!fake.state.swallows_keys());
    fake.take(click(Zone::Action(Action::ShowPools)));
    assert_eq!(fake.state.screen, Screen::Pools);
}

#[test]
fn an_end_that_nobody_typed_at_swallows_nothing() {
    // By the person, and then by the task.
    let mut fake = Fake::in_terminals("$ ");
    fake.press("3 i Ctrl-a Esc");
    fake.ended.push(3);
    fake.refresh();
    assert!(!fake.state.swallows_keys());
}

#[test]
fn keys_and_pastes_go_nowhere_whatever_became_of_the_task_that_was_typed_into() {
    type Loss = fn(&mut Fake);
    let losses: [(Loss, &str); 4] = [
        (|fake| fake.ended.push(3), "has ended"),
        (|fake| fake.ids.retain(|id| *id != 3), "is not shown any more"),
        (|fake| fake.ids.clear(), "is not shown any more"),
        (|fake| fake.pool_is_gone = true, "is not shown any more"),
    ];
    for (lose, how) in losses {
        for screen in ["3", "Esc"] {
            let mut fake = Fake::in_terminals("$ ");
            fake.press("3");
            // On the screen of the task, and on that of its pool.
            fake.press(screen);
            fake.press("i");
            let id = fake.state.typing.unwrap();
            assert_eq!(id, 3, "{how}");
            fake.sent.clear();
            lose(&mut fake);
            fake.refresh();
            assert_eq!(fake.state.typing, None, "{how}");
            assert!(
                fake.said().starts_with(&format!("task 3 {how}")),
                "{}",
                fake.said()
            );
            let before = (fake.state.screen, fake.state.pane);
            for key in ["q", "x", "y", "Enter", "9", "Ctrl-c", "Esc"] {
                fake.press(key);
                assert_eq!(
                    fake.said(),
                    format!("task 3 {how}; what you typed since went nowhere")
                );
            }
            fake.take(Msg::Paste("y\n".to_owned()));
            fake.take(click(Zone::Action(Action::Quit)));
            assert_eq!(fake.sent, [], "{how}");
            assert_eq!((fake.state.screen, fake.state.pane), before, "{how}");
            assert!(fake.state.overlay.is_none(), "{how}");
        }
    }
}

#[test]
fn a_chord_that_was_begun_in_the_silence_ends_with_it() {
    let mut fake = cut_off();
    fake.press("Ctrl-a");
    fake.passes(1_000);
    fake.press("?");
    assert!(matches!(fake.state.overlay, Some(Overlay::Help(_))));
}

#[test]
fn the_wheel_moves_no_cursor_while_keys_go_to_a_terminal_or_have_just_gone() {
    let lists = [
        Zone::Task(1),
        Zone::Pane(Pane::Tasks),
        Zone::Group(None),
        Zone::Pane(Pane::Groups),
    ];
    let mut fake = Fake::in_terminals("$ ");
    fake.press("i");
    let id = fake.state.typing;
    assert!(id.is_some());
    let before = (fake.state.task, fake.state.group.clone());
    for has_ended in [false, true] {
        for zone in &lists {
            for gesture in [Gesture::WheelUp, Gesture::WheelDown] {
                fake.take(mouse(gesture, zone.clone()));
                assert!(
                    fake.said().starts_with("the lists stay where they are"),
                    "{zone:?}"
                );
            }
        }
        assert_eq!((fake.state.task, fake.state.group.clone()), before);
        assert_eq!(fake.state.typing, id.filter(|_| !has_ended));
        fake.ended.extend(id);
        fake.refresh();
    }
    assert!(fake.state.swallows_keys());
}

#[test]
fn a_task_that_was_still_looked_for_does_not_take_the_typing_away() {
    let mut fake = Fake::in_terminals("$ ");
    fake.failures = vec![1];
    fake.press("3");
    // The view that brings what is looked for comes after the key that begins to type.
    for key in "n i".parse::<Chord>().unwrap().0 {
        update(&mut fake.state, Msg::Key(key));
    }
    fake.refresh();
    assert_eq!((fake.state.typing, fake.state.shown), (Some(3), Some(3)));
}

#[test]
fn the_program_does_not_leave_by_itself_under_what_is_typed() {
    let mut fake = cut_off();
    fake.state.settings.on_idle = OnIdle::Quit;
    let mut idle = View::clone(&fake.state.view);
    idle.time = Duration::from_millis(100_999);
    for pool in &mut idle.pools {
        (pool.running, pool.ok) = (0, 1);
    }
    fake.take(Msg::View(Arc::new(idle)));
    assert!(fake.state.swallows_keys());
    assert_eq!(fake.sent, []);
    fake.passes(1);
    assert_eq!(fake.sent, [Request::Quit]);
}

#[test]
fn a_reload_that_is_answered_late_asks_nobody_who_types() {
    let mut fake = Fake::in_terminals("$ ");
    fake.press("i");
    let settings = fake.state.settings.clone();
    let applied = Applied {
        text: "applied 0 of 1 changes".to_owned(),
        refused: vec![Row {
            part: "pool a".into(),
            what: "".into(),
            text: "new".into(),
            when: When::Now,
            effect: "".into(),
            refused: Some("it cannot be made".into()),
        }],
        settings: Box::new((settings.clone(), settings)),
    };
    fake.answer(Request::Reload { number: 1 }, Answer::Applied(Box::new(applied)));
    assert!(fake.state.overlay.is_none());
    assert_eq!(fake.state.place(), Place::Typing);
}
