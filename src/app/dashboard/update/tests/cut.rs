//! Keys that were meant for a terminal whose task has ended.

use super::super::super::mouse::{Gesture, Zone};
use super::*;

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
    Msg::Mouse(Mouse {
        gesture: Gesture::Press,
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
