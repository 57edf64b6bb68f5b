//! The mouse, a view that holds still, notices, copying, keys of one's own.

use super::super::action::Place;
use super::super::dialog::{Help, Overlay};
use super::super::keymap::Keymap;
use super::super::mouse::{Area, Gesture, Mouse, Zone};
use super::super::preset::Preset;
use super::super::settings::{Notice, OnIdle, Scheme, Settings};
use super::super::state::Pane;
use super::tests::Fake;
use super::*;
use crate::app::view::Phase;

const PANE: Area = Area {
    from: (30, 3),
    to: (78, 14),
};

fn on(zone: Zone, gesture: Gesture, at: (u16, u16)) -> Msg {
    let text = matches!(zone, Zone::Task(_) | Zone::Group(_) | Zone::Pane(_)).then_some(PANE);
    Msg::Mouse(Mouse {
        gesture,
        at,
        zone,
        text,
    })
}

fn click(zone: Zone) -> Msg {
    on(zone, Gesture::Press, (40, 5))
}

/// On the screen of its pool.
fn pool() -> Fake {
    let mut fake = Fake::new(100..150);
    fake.press("2");
    fake
}

fn said(fake: &Fake) -> String {
    match fake.state.last.as_ref().map(|last| &last.result) {
        Some(Said::Note(text) | Said::Done(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_click_is_the_same_as_the_keys_that_lead_there() {
    let mut fake = pool();
    fake.take(click(Zone::Task(145)));
    assert_eq!(fake.state.task.map(|cursor| cursor.id), Some(145));
    // The row under the mouse is the one that it was.
    let top = fake.state.tasks_top();
    assert_eq!(
        fake.state.task_position(),
        Some(top + fake.state.task.unwrap().row)
    );
    fake.take(click(Zone::Group(Some("map-w-group-2".to_owned()))));
    assert_eq!(
        (fake.state.pane, fake.state.group.as_deref()),
        (Pane::Groups, Some("map-w-group-2"))
    );
    fake.take(click(Zone::Group(None)));
    assert_eq!(fake.state.group, None);
    fake.take(click(Zone::Pane(Pane::Output)));
    assert_eq!(fake.state.pane, Pane::Output);
    fake.take(click(Zone::Action(Action::ShowPools)));
    assert_eq!(fake.state.screen, Screen::Pools);
    fake.take(click(Zone::Pool("other".to_owned())));
    assert_eq!(
        (fake.state.pool.as_deref(), fake.state.screen),
        (Some("other"), Screen::Pools)
    );
    fake.take(on(Zone::Pool("other".to_owned()), Gesture::Double, (40, 5)));
    assert_eq!((fake.state.screen, fake.state.pane), (Screen::Pool, Pane::Tasks));
    // What does not apply says why, as its key does.
    fake.take(click(Zone::Action(Action::Input)));
    assert!(said(&fake).ends_with("runs no command"), "{}", said(&fake));
}

#[test]
fn nothing_under_a_question_can_be_clicked() {
    let mut fake = pool();
    fake.press("q");
    assert_eq!(fake.state.place(), Place::Question);
    let before = fake.state.task;
    fake.take(click(Zone::Task(145)));
    fake.take(on(Zone::Pane(Pane::Tasks), Gesture::WheelUp, (40, 5)));
    assert_eq!(
        fake.state.task.map(|cursor| cursor.id),
        before.map(|cursor| cursor.id)
    );
    fake.take(click(Zone::Action(Action::Keep)));
    assert!(fake.state.overlay.is_none() && fake.state.quits == 0);
    fake.press("q");
    fake.take(click(Zone::Action(Action::Yes)));
    assert_eq!(fake.state.quits, 1);
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_keys_where_they_are() {
    let mut fake = pool();
    fake.press("k k");
    let id = fake.state.task.unwrap().id;
    fake.press("Tab");
    fake.take(on(Zone::Task(141), Gesture::WheelUp, (40, 5)));
    assert_eq!(
        (fake.state.task.unwrap().id, fake.state.pane),
        (id - 3, Pane::Detail)
    );
    fake.take(on(Zone::Pane(Pane::Output), Gesture::WheelUp, (40, 18)));
    assert!(!fake.state.output.follow);
    fake.take(on(Zone::Pane(Pane::Output), Gesture::WheelDown, (40, 18)));
    assert!(fake.state.output.follow);
    fake.press("?");
    fake.take(on(Zone::Help, Gesture::WheelDown, (40, 18)));
    assert!(matches!(
        fake.state.overlay,
        Some(Overlay::Help(Help { top: 3, .. }))
    ));
}

#[test]
fn text_is_selected_in_one_pane_while_the_view_holds_still() {
    let mut fake = pool();
    fake.take(on(Zone::Task(145), Gesture::Press, (35, 5)));
    fake.take(on(Zone::Nothing, Gesture::Drag, (2, 80)));
    let selection = fake.state.selection().unwrap();
    assert_eq!((selection.anchor, selection.to), ((35, 5), (30, 14)));
    fake.ids.push(150);
    let shown = fake.state.tasks().len();
    fake.refresh();
    assert_eq!(fake.state.tasks().len(), shown);
    fake.take(on(Zone::Nothing, Gesture::Release, (2, 80)));
    assert_eq!(fake.selected, Some(selection));
    assert!(fake.state.selection().is_none() && fake.state.behind.is_none());
    fake.take(Msg::Selected("one\ntwo".to_owned()));
    assert_eq!(fake.copied.as_deref(), Some("one\ntwo"));
    assert_eq!(said(&fake), "2 lines, 7 bytes, given to the terminal");
    // A click that moves nothing selects nothing.
    fake.selected = None;
    fake.take(on(Zone::Task(145), Gesture::Press, (35, 5)));
    fake.take(on(Zone::Task(145), Gesture::Drag, (35, 5)));
    fake.take(on(Zone::Task(145), Gesture::Release, (35, 5)));
    assert_eq!(fake.selected, None);
}

#[test]
fn the_mouse_is_given_back_by_a_key() {
    let mut fake = pool();
    let key: Key = "M".parse().unwrap();
    assert!(update(&mut fake.state, Msg::Key(key)).contains(&Effect::Mouse(false)));
    assert!(update(&mut fake.state, Msg::Key(key)).contains(&Effect::Mouse(true)));
}

#[test]
fn a_frozen_view_holds_still_and_its_keys_act_on_what_it_shows() {
    let mut fake = pool();
    fake.press("k");
    let id = fake.state.task.unwrap().id;
    fake.press("f");
    assert!(fake.state.frozen.is_some());
    let before: Vec<u64> = fake.state.tasks().iter().map(|task| task.id).collect();
    fake.ids.extend(150..190);
    fake.ids.retain(|other| *other != id);
    fake.time = Duration::from_secs(7);
    fake.refresh();
    assert_eq!(
        fake.state.tasks().iter().map(|task| task.id).collect::<Vec<_>>(),
        before
    );
    assert_eq!(fake.state.frozen.as_ref().unwrap().age(), Duration::from_secs(7));
    fake.take(Msg::Clock(Duration::from_secs(2)));
    assert_eq!(fake.state.frozen.as_ref().unwrap().age(), Duration::from_secs(9));
    assert_eq!(fake.state.elapsed, Duration::ZERO);
    // The cursor moves on what is shown, and another task's detail still comes.
    fake.press("k");
    assert_eq!(fake.state.task.unwrap().id, id - 1);
    assert_eq!(fake.state.task_view().unwrap().row.id, id - 1);
    assert!(fake.state.frozen.is_some());
    fake.press("x");
    let sent = format!("{:?}", fake.sent());
    assert!(sent.contains(&(id - 1).to_string()), "{sent}");
    fake.press("f");
    assert!(fake.state.frozen.is_none());
    assert!(fake.state.tasks().iter().any(|task| task.id >= 150));
}

#[test]
fn another_pool_a_filter_and_leaving_end_a_freeze() {
    let mut fake = pool();
    for keys in ["1 j", "/ a", "Shift-Tab j"] {
        let mut fake = pool();
        fake.press("f");
        fake.press(keys);
        assert!(fake.state.frozen.is_none(), "{keys}");
    }
    fake.press("f");
    fake.press("Ctrl-c Ctrl-c");
    assert!(fake.state.frozen.is_none() && fake.state.behind.is_none());
}

fn settings(notices: &[Notice]) -> Settings {
    Settings {
        notices: notices.to_vec(),
        bell: true,
        ..Settings::default()
    }
}

#[test]
fn notices_come_once_a_second_and_only_those_that_are_wanted() {
    let mut fake = Fake::new(0..3);
    fake.state.settings = settings(&Notice::ALL);
    let at = |fake: &mut Fake, ms: u64, change: fn(&mut View)| {
        fake.time = Duration::from_millis(ms);
        let mut view = fake.view(&fake.state.wanted.clone());
        change(&mut view);
        fake.take(Msg::View(Arc::new(view)));
    };
    at(&mut fake, 1000, |view| view.pools[0].failed = 2);
    assert_eq!(fake.told, [("fetch: 2 tasks have failed".to_owned(), true)]);
    at(&mut fake, 1200, |view| {
        view.pools[0].failed = 3;
        view.pools[1].phase = Phase::Closed;
    });
    at(&mut fake, 1900, |view| {
        (view.pools[0].failed, view.pools[0].running) = (3, 0);
        view.pools[1].phase = Phase::Closed;
        view.warnings.active = 2;
    });
    assert_eq!(fake.told.len(), 1);
    assert!(fake.state.has_clock());
    fake.take(Msg::Clock(Duration::from_secs(1)));
    let text = "fetch: 1 task has failed; other: closed; 2 new warnings; 1 more";
    assert_eq!(fake.told[1], (text.to_owned(), true));
    // Nobody wants to know.
    let mut fake = Fake::new(0..3);
    at(&mut fake, 1000, |view| view.pools[0].failed = 2);
    assert_eq!(fake.told, []);
}

#[test]
fn it_leaves_by_itself_only_where_that_is_wanted_and_tasks_have_run() {
    let idle = |fake: &Fake, ok, failed| {
        let mut view = fake.view(&fake.state.wanted.clone());
        for pool in &mut view.pools {
            (pool.running, pool.ok, pool.failed) = (0, ok, failed);
        }
        Msg::View(Arc::new(view))
    };
    for (on_idle, failed, leaves) in [
        (OnIdle::Stay, 0, false),
        (OnIdle::Quit, 0, true),
        (OnIdle::Quit, 1, true),
        (OnIdle::QuitIfOk, 1, false),
        (OnIdle::QuitIfOk, 0, true),
    ] {
        let mut fake = Fake::new(0..3);
        fake.state.settings.on_idle = on_idle;
        fake.refresh();
        let nothing_yet = idle(&fake, 0, 0);
        fake.take(nothing_yet);
        assert!(!fake.state.was_left(), "{on_idle:?}: nothing has run");
        fake.press(":");
        let over = idle(&fake, 1, failed);
        fake.take(over);
        assert!(!fake.state.was_left(), "{on_idle:?}: somebody types");
        fake.press("Esc");
        assert_eq!(fake.state.was_left(), leaves, "{on_idle:?} {failed}");
    }
}

#[test]
fn it_does_not_leave_over_what_was_just_asked_for() {
    let mut fake = Fake::new(0..3);
    fake.state.settings.on_idle = OnIdle::Quit;
    let mut view = fake.view(&fake.state.wanted.clone());
    for pool in &mut view.pools {
        (pool.running, pool.ok) = (0, 1);
    }
    fake.press("=");
    fake.take(Msg::View(Arc::new(view)));
    fake.press("9 Enter");
    assert!(!fake.state.was_left(), "nobody knows yet what the key does");
    let request = fake.sent.pop().unwrap();
    fake.answer(request, Answer::Done("done".to_owned()));
    fake.take(Msg::Clock(Duration::from_millis(900)));
    assert!(!fake.state.was_left(), "the view may be of a moment before it");
    assert!(fake.state.has_clock());
    fake.take(Msg::Clock(Duration::from_millis(2100)));
    assert!(fake.state.was_left());
}

#[test]
fn rows_and_details_are_copied_as_clean_text() {
    let mut fake = pool();
    fake.press("k k y");
    let id = fake.state.task.unwrap().id;
    let row = fake.copied.take().unwrap();
    assert!(row.starts_with(&format!("{id}\trunning\t")), "{row}");
    fake.press("Y");
    let detail = fake.copied.take().unwrap();
    assert!(
        detail.starts_with(&row) && detail.contains("\nname\tfetch_Task\n"),
        "{detail}"
    );
    assert!(detail.lines().count() > 10, "{detail}");
    fake.press("Shift-Tab j y");
    assert!(fake.copied.take().unwrap().starts_with("map-w-group-0\t"));
    fake.press("1 y");
    assert_eq!(fake.copied.take().unwrap(), "fetch\t1\t4\t0\t0\t0\t0");
}

#[test]
fn colours_change_with_a_key() {
    let mut fake = pool();
    let mut seen = vec![fake.state.settings.scheme];
    for _ in 0..4 {
        fake.press("Ctrl-t");
        seen.push(fake.state.settings.scheme);
    }
    assert_eq!(seen[..4], Scheme::ALL);
    assert_eq!(seen[4], Scheme::Terminal);
}

#[test]
fn the_help_is_searched() {
    let mut fake = pool();
    fake.press("? / s t o p");
    assert_eq!(fake.state.place(), Place::Text);
    let words = |fake: &Fake| match &fake.state.overlay {
        Some(Overlay::Help(help)) => help.words().to_owned(),
        _ => "no help".to_owned(),
    };
    assert_eq!(words(&fake), "stop");
    fake.press("Enter");
    assert_eq!((fake.state.place(), words(&fake).as_str()), (Place::Help, "stop"));
    fake.press("Esc");
    assert_eq!(words(&fake), "");
    fake.press("Esc");
    assert!(fake.state.overlay.is_none());
}

#[test]
fn a_chord_is_left_by_esc_and_says_what_may_follow() {
    let mut fake = pool();
    fake.press("g");
    let pending = fake.state.pending();
    assert!(
        pending
            .iter()
            .any(|(chord, action)| chord.to_string() == "g" && *action == Action::First)
    );
    let before = fake.state.last.clone();
    fake.press("Esc");
    assert_eq!((fake.state.begun().len(), &fake.state.last), (0, &before));
    assert_eq!(fake.state.screen, Screen::Pool);
}

#[test]
fn ones_own_keys_act_and_are_what_is_said() {
    let mut fake = pool();
    let binds = [
        (Action::Cancel, vec!["F9".parse().unwrap()]),
        (Action::Help, vec!["F2".parse().unwrap()]),
    ];
    fake.state.keymap = Keymap::with(Preset::Default, &[], &binds);
    fake.press("k F9");
    assert!(
        format!("{:?}", fake.sent()).contains("Cancel"),
        "{:?}",
        fake.sent()
    );
    fake.press("x");
    assert_eq!(said(&fake), "no such key; F2 lists them");
    fake.press("F2");
    assert_eq!(fake.state.place(), Place::Help);
    // Unbound, it is called by its name.
    fake.state.keymap = Keymap::with(Preset::Default, &[], &[(Action::ShowLog, Vec::new())]);
    assert_eq!(fake.state.press(Action::ShowLog), "log");
}
