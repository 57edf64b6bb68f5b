//! The mouse and a view that holds still, on the screens that are no lists, and on what lies over a screen.

use super::super::columns::Shown;
use super::super::dialog::Overlay;
use super::super::mouse::{Gesture, Mouse, Zone};
use super::super::state::Pane;
use super::tests::Fake;
use super::*;
use crate::app::warnings::{Kind, Subject, WarningRow};

fn on(zone: Zone, gesture: Gesture) -> Msg {
    Msg::Mouse(Mouse {
        gesture,
        at: (30, 5),
        zone,
        text: None,
    })
}

fn click(zone: Zone) -> Msg {
    on(zone, Gesture::Press)
}

/// A slot whose cells begin 10 columns left of the pointer, or behind it.
fn slot(fake: &Fake, slot: usize, left: u16) -> Zone {
    let cells = u16::try_from(fake.state.rows.slot_cells).unwrap();
    Zone::Slot {
        slot,
        cells: (left, left + cells - 1),
        newest: fake.state.timeline_view().unwrap().newest,
    }
}

fn timeline() -> Fake {
    let mut fake = Fake::new(1..=3);
    fake.press("4");
    fake.refresh();
    fake
}

#[test]
fn a_click_on_a_slot_takes_its_moment_and_a_second_one_opens_the_task() {
    let mut fake = timeline();
    let zone = slot(&fake, 1, 20);
    fake.take(click(zone.clone()));
    let view = fake.state.timeline_view().unwrap();
    assert_eq!(fake.state.timeline.slot, 1);
    assert_eq!(fake.state.timeline_cell(view), 10);
    assert_eq!(fake.state.task, None, "nothing ran there then");
    fake.take(on(zone, Gesture::Double));
    assert_eq!(fake.state.screen, Screen::Timeline, "there is nothing to open");
    // Its label means the slot alone.
    fake.press("0");
    let label = slot(&fake, 0, 60);
    fake.take(click(label.clone()));
    assert_eq!((fake.state.timeline.slot, fake.state.timeline.at), (0, None));
    fake.take(on(label, Gesture::Double));
    assert_eq!((fake.state.screen, fake.state.shown), (Screen::Task, Some(3)));
    fake.press("Esc");
    fake.take(on(Zone::Timeline, Gesture::WheelDown));
    assert_eq!(fake.state.timeline.slot, 3);
}

#[test]
fn a_timeline_that_holds_still_has_the_slots_that_it_shows() {
    let mut fake = timeline();
    fake.press("f");
    let before = fake.state.timeline_view().unwrap().clone();
    fake.time = Duration::from_secs(5);
    fake.refresh();
    fake.press("G");
    assert!(fake.state.frozen.is_some());
    assert_eq!(fake.state.timeline.slot, before.slots.len() - 1);
    assert_eq!(*fake.state.timeline_view().unwrap(), before);
    // Cells of another length are not there.
    fake.press("z");
    assert!(fake.state.frozen.is_none());
}

#[test]
fn the_screen_of_a_task_holds_still_but_for_output_that_is_scrolled() {
    let mut fake = Fake::new(1..=30);
    for keys in ["2", "k k", "Enter", "Tab", "f"] {
        fake.press(keys);
    }
    assert!(fake.state.frozen.is_some());
    let id = fake.state.shown.unwrap();
    fake.ids.push(31);
    fake.refresh();
    assert_eq!(fake.state.shown, Some(id));
    fake.press("[");
    assert_eq!(fake.state.task_view().unwrap().row.id, id - 1);
    fake.take(on(Zone::Pane(Pane::Output), Gesture::WheelUp));
    for _ in 0..20 {
        fake.take(on(Zone::Pane(Pane::Output), Gesture::WheelUp));
    }
    let first = fake.state.output_lines(6).first().unwrap().spot.line;
    assert!(first < 60, "line {first}");
    assert!(fake.state.frozen.is_some());
    // The list has more rows than came for this screen.
    fake.press("Esc");
    assert!(fake.state.frozen.is_none());
}

fn warned() -> Fake {
    let mut fake = Fake::new(1..=3);
    fake.press("6");
    let mut view = fake.view(&fake.state.wanted.clone());
    view.warnings.active = 2;
    view.warnings.rows = (1..=6)
        .map(|task| WarningRow {
            kind: Kind::SlowTask,
            subject: Subject::task("fetch", "map-w-group-0", task),
            since: Duration::ZERO,
            ended: None,
            evidence: "it is slow".into(),
            count: 1,
            muted: false,
            limit: "2".into(),
        })
        .collect();
    fake.take(Msg::View(Arc::new(view)));
    fake
}

#[test]
fn warnings_are_clicked_scrolled_and_held_still() {
    let mut fake = warned();
    let second = Subject::task("fetch", "map-w-group-0", 2);
    fake.take(click(Zone::Warning(Kind::SlowTask, second.clone())));
    assert_eq!(fake.state.warning_index(), Some(1));
    fake.take(on(Zone::Warnings, Gesture::WheelDown));
    assert_eq!(fake.state.warning_index(), Some(4));
    fake.press("f");
    fake.refresh();
    assert_eq!(fake.state.view.warnings.rows.len(), 6, "the newer view has none");
    fake.take(on(Zone::Warning(Kind::SlowTask, second), Gesture::Double));
    assert_eq!(
        (fake.state.screen, fake.state.task.map(|cursor| cursor.id)),
        (Screen::Pool, Some(2))
    );
    assert!(fake.state.frozen.is_none());
}

#[test]
fn columns_and_the_palette_are_clicked() {
    let mut fake = Fake::new(1..=3);
    for keys in ["2", ","] {
        fake.press(keys);
    }
    fake.take(click(Zone::Column(2)));
    assert!(matches!(fake.state.overlay, Some(Overlay::Columns(2))));
    assert!(matches!(fake.state.finding.columns, Shown::Chosen(_)));
    fake.take(on(Zone::Text, Gesture::WheelDown));
    assert!(matches!(fake.state.overlay, Some(Overlay::Columns(5))));
    // What lies below cannot be meant.
    fake.take(click(Zone::Task(1)));
    assert_eq!(fake.state.task, None);
    fake.take(click(Zone::Action(Action::ShowPools)));
    assert_eq!(
        (fake.state.screen, fake.state.overlay.is_none()),
        (Screen::Pools, true)
    );
    for keys in [":", "l", "o", "g"] {
        fake.press(keys);
    }
    fake.take(on(Zone::Palette, Gesture::WheelDown));
    let chosen = |fake: &Fake| match &fake.state.overlay {
        Some(Overlay::Palette(palette)) => palette.chosen,
        other => panic!("{other:?}"),
    };
    assert!(chosen(&fake) > 0);
    fake.take(click(Zone::Offer(0)));
    assert_eq!(chosen(&fake), 0);
    fake.take(on(Zone::Offer(0), Gesture::Double));
    assert_eq!(fake.state.screen, Screen::Log);
}

#[test]
fn a_question_is_scrolled_and_no_tab_leads_away_from_it() {
    let mut fake = Fake::new(1..=3);
    fake.press("q");
    let Some(Overlay::Confirm(_)) = fake.state.overlay else {
        panic!("a question")
    };
    fake.state.rows.question_total = 40;
    fake.take(on(Zone::Nothing, Gesture::WheelDown));
    assert!(matches!(&fake.state.overlay, Some(Overlay::Confirm(confirm)) if confirm.top == 3));
    fake.take(click(Zone::Text));
    assert!(matches!(fake.state.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn a_task_that_was_forgotten_is_not_opened() {
    let mut fake = timeline();
    fake.ids.clear();
    fake.time = Duration::from_secs(3);
    fake.refresh();
    assert!(fake.state.shown_is_gone());
    fake.press("Enter");
    assert_eq!(fake.state.screen, Screen::Timeline);
    let said = format!("{:?}", fake.state.last);
    assert!(said.contains("forgotten"), "{said}");
}
