//! Which pane has the keys, what keys mean in it, and what they say.

use super::*;
use crate::app::dashboard::{Hint, Reloading, Stage};

/// Whether a hint names this action as one that applies.
fn offers(hints: &[Hint], action: Action) -> bool {
    hints
        .iter()
        .any(|hint| hint.applies && hint.entry.action == action)
}

#[test]
fn a_screen_that_is_opened_by_its_number_gives_the_keys_to_its_main_pane() {
    let mut fake = Fake::new(1..=30);
    for keys in ["3 4 2", "3 5 2", "2 Tab Tab 6 2", "3 2", "2 Tab 1 2", "2 Tab 2"] {
        fake.press("1");
        fake.press(keys);
        assert_eq!(fake.state.place(), Place::Pool, "{keys}");
        assert_eq!(fake.state.pane, Pane::Tasks, "{keys}");
    }
    for keys in ["2 3", "2 Tab Tab 3", "3 Tab 4 3", "3 Tab 3"] {
        fake.press("1");
        fake.press(keys);
        assert_eq!(
            (fake.state.screen, fake.state.pane),
            (Screen::Task, Pane::Output),
            "{keys}"
        );
    }
    fake.press("5 Tab");
    assert!(fake.state.log_targets);
    fake.press("1 5");
    assert!(!fake.state.log_targets);
    fake.press("5");
    assert_eq!(fake.said(), "this screen is shown already");
}

/// The moves that a key causes in the log.
fn moves(fake: &mut Fake, key: &str) -> Vec<LogMove> {
    let effects = update(&mut fake.state, Msg::Key(key.parse().unwrap()));
    let moves = effects.into_iter().filter_map(|effect| match effect {
        Effect::Log(step) => Some(step),
        _ => None,
    });
    moves.collect()
}

#[test]
fn tab_reaches_the_targets_of_the_log_where_arrows_choose_one_and_its_levels() {
    let offered = |fake: &Fake| {
        let offers = |action| offers(&hints(&fake.state), action);
        [Action::Left, Action::Right, Action::NextPane].map(offers)
    };
    let mut fake = Fake::new(1..=3);
    fake.press("5");
    assert_eq!(offered(&fake), [false, false, true]);
    assert_eq!(moves(&mut fake, "↑"), [LogMove::PageUp]);
    assert_eq!(moves(&mut fake, "←"), []);
    assert_eq!(fake.said(), "changes the levels of a target: Tab goes to them");
    assert_eq!(moves(&mut fake, "Tab"), []);
    assert_eq!(offered(&fake), [true, true, true]);
    assert_eq!(moves(&mut fake, "↑"), [LogMove::Up]);
    assert_eq!(moves(&mut fake, "↓"), [LogMove::Down]);
    assert_eq!(moves(&mut fake, "←"), [LogMove::Less]);
    assert_eq!(moves(&mut fake, "→"), [LogMove::More]);
    // Hidden ones have no keys, and come back with them.
    assert_eq!(moves(&mut fake, "z"), [LogMove::Targets]);
    assert!(!fake.state.log_targets && fake.state.no_log_targets);
    assert_eq!(moves(&mut fake, "Shift-Tab"), [LogMove::Targets]);
    assert!(fake.state.log_targets && !fake.state.no_log_targets);
}

#[test]
fn what_is_said_of_a_pool_is_not_said_in_another_one() {
    let mut fake = Fake::new(1..=3);
    fake.press("+");
    fake.done();
    assert!(fake.state.last_here().is_some());
    fake.press("j");
    assert_eq!(fake.state.pool.as_deref(), Some("other"));
    assert_eq!(fake.state.last_here(), None);
    // An answer that comes late is not said here; why something was refused is.
    fake.press("k +");
    let sent = fake.sent.pop().unwrap();
    fake.press("j");
    fake.answer(sent, Answer::Done("done".to_owned()));
    assert_eq!(fake.state.last_here(), None);
    fake.press("k");
    assert_eq!(fake.state.last_here(), None);
    fake.press("+");
    let sent = fake.sent.pop().unwrap();
    fake.press("j");
    fake.answer(sent, Answer::Refused("no".to_owned()));
    let said = fake.state.last_here().map(|last| &last.result);
    assert_eq!(said, Some(&Said::Refused("no".to_owned())));
    fake.press("k");
    assert_eq!(fake.state.last_here(), None);
}

#[test]
fn while_the_config_is_read_every_key_says_how_to_give_up() {
    let stage = |fake: &Fake| match &fake.state.overlay {
        Some(Overlay::Reload(reloading)) => Some(reloading.stage.clone()),
        _ => None,
    };
    let mut fake = Fake::new(1..=3);
    fake.press("Ctrl-r");
    assert_eq!(stage(&fake), Some(Stage::Reading));
    for key in ["j", "x", "Ctrl-r", "y", "?"] {
        fake.press(key);
        let said = fake.said();
        assert!(
            said.starts_with("reading ") && said.ends_with("; Esc gives up"),
            "{key}: {said}"
        );
    }
    fake.press("Esc");
    assert_eq!(stage(&fake), None);
    // Once it is read it is a question like any other.
    fake.state.overlay = Some(Overlay::Reload(Box::new(Reloading {
        number: 0,
        stage: Stage::Faulty(Vec::new()),
        top: 0,
    })));
    fake.press("x");
    assert!(fake.said().starts_with("first the question"), "{}", fake.said());
}

#[test]
fn one_key_asks_why_in_every_pane() {
    let mut fake = Fake::new(1..=3);
    fake.press("2 k 3");
    assert_eq!(fake.state.place(), Place::Output);
    assert!(
        hints(&fake.state)
            .iter()
            .any(|hint| hint.entry.action == Action::Wrap)
    );
    fake.press("W");
    assert!(fake.state.output.wrap);
    fake.press("w");
    assert!(matches!(fake.state.overlay, Some(Overlay::Why(_))));
}

#[test]
fn what_a_cancelled_group_would_refuse_is_not_offered() {
    let offered = |row: GroupRow| {
        let mut fake = Fake::new(1..=3);
        fake.press("2 Shift-Tab j");
        let mut view = fake.view(&fake.state.wanted.clone());
        let group = fake.state.group.clone().unwrap();
        view.pools[0].failed = 1;
        let pool = view.pool.as_mut().unwrap();
        let at = pool.groups.iter().position(|row| *row.name == *group).unwrap();
        let name = pool.groups[at].name.clone();
        pool.groups[at] = GroupRow { name, ..row };
        fake.take(Msg::View(Arc::new(view)));
        let offered = |action| refusal(&fake.state, action).is_none();
        [Action::CancelGroup, Action::SetConcurrent, Action::RetryFailed].map(offered)
    };
    let runs = GroupRow {
        running: 2,
        why: "1 at a time".into(),
        failed: 1,
        ..GroupRow::default()
    };
    assert_eq!(offered(runs.clone()), [true, true, true]);
    let ends = GroupRow {
        cancelling: 2,
        why: "".into(),
        failed: 0,
        ..runs.clone()
    };
    assert_eq!(offered(ends), [false, false, false]);
    let half = GroupRow {
        cancelling: 1,
        ..runs
    };
    assert_eq!(offered(half), [true, true, true]);
    let held = GroupRow {
        held: true,
        ..GroupRow::default()
    };
    assert!(offered(held)[0], "what is held back can be cancelled");
}
