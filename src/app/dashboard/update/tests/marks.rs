//! Marks: tasks that acting keys take in place of the one under the cursor.

use super::*;
use crate::app::control::{Deed, ListWant, Preview};
use crate::app::ids::Ids;

impl Fake {
    /// Answers the list that was asked for last, as a session with these tasks would.
    fn answer_list(&mut self) {
        let Some(request @ Request::List(_)) = self.sent.pop() else {
            panic!("no list was asked for: {:?}", self.sent);
        };
        let Request::List(wanted) = &request else { return };
        let ListWant { between, .. } = **wanted;
        let inside = |id: &u64| match between {
            None => true,
            Some((a, None)) => a <= *id,
            Some((a, Some(b))) => (a.min(b)..=a.max(b)).contains(id),
        };
        let ids = self.ids.iter().copied().filter(inside).collect();
        self.answer(request, Answer::Listed { ids, beyond: 0 });
    }

    /// Answers the preview that was asked for last with what it would do to exactly these.
    fn answer_preview(&mut self, ids: &[u64], deed: Deed) {
        let Some(request @ Request::Preview(_)) = self.sent.pop() else {
            panic!("no preview was asked for: {:?}", self.sent);
        };
        let command = each(ids, deed);
        let lines = vec!["it would".to_owned()];
        let command = Some(command);
        self.answer(request, Answer::Preview(Preview { lines, command }));
    }

    fn marked(&self) -> Vec<u64> {
        self.state.marked().iter().collect()
    }

    /// The call that was sent last, and nothing else.
    fn called(&mut self) -> Command {
        match &std::mem::take(&mut self.sent)[..] {
            [Request::Do(command)] => command.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn each(ids: &[u64], deed: Deed) -> Command {
    let ids: Ids = ids.iter().copied().collect();
    Command {
        pool: "fetch".to_owned(),
        call: Call::Each { ids, deed },
    }
}

#[test]
fn space_marks_and_goes_on_and_esc_takes_the_marks_away() {
    let mut fake = Fake::new(0..50);
    fake.press("2 Shift-Tab Space");
    assert_eq!(fake.said(), "the groups have the keys: Tab goes to the tasks");
    fake.press("Tab k k k k Space Space");
    assert_eq!((fake.marked(), fake.shown().1), (vec![46, 47], Some(48)));
    assert_eq!(fake.said(), "2 marked");
    fake.press("k Space");
    assert_eq!(fake.marked(), [46], "a second time takes the mark away");
    fake.press("Esc");
    assert_eq!((fake.marked(), fake.state.screen), (vec![], Screen::Pool));
    fake.press("Esc");
    assert_eq!(fake.state.screen, Screen::Pools);
    assert!(fake.sent.is_empty());
}

#[test]
fn a_range_follows_the_cursor_both_ways() {
    let mut fake = Fake::new((0..50).map(|id| id * 2));
    fake.press("2 k k k k k v");
    assert_eq!(fake.marked(), [90]);
    fake.press("k k");
    assert_eq!(fake.marked(), [86, 88, 90]);
    fake.press("j j j");
    assert_eq!(fake.marked(), [90, 92]);
    fake.press("v k k k");
    assert_eq!(fake.marked(), [90, 92], "it has ended");
    fake.press("v k");
    assert_eq!(fake.marked(), [84, 86, 90, 92]);
    fake.press("Esc");
    assert_eq!(fake.marked(), [90, 92], "only the range is taken back");
    assert!(fake.sent.is_empty(), "all of it was on the screen");
}

#[test]
fn a_range_goes_where_a_jump_leads() {
    let mut fake = Fake::new((0..1000).map(|id| id * 2));
    fake.failures = vec![1500, 1994];
    fake.press("2 k k k k k v");
    assert_eq!(fake.marked(), [1990]);
    fake.press("g e");
    assert_eq!(fake.marked(), [1990, 1992, 1994], "on the screen");
    fake.press("g e");
    fake.answer_list();
    assert_eq!((fake.marked().len(), fake.marked()[0]), (246, 1500), "far away");
    fake.press("PgDn PgDn");
    let first = fake.marked()[0];
    assert_eq!(Some(first), fake.shown().1);
}

#[test]
fn a_range_reaches_beyond_what_the_view_carries() {
    let mut fake = Fake::new((0..1000).map(|id| id * 2));
    fake.press("2 k v");
    for _ in 0..300 {
        fake.press("k");
    }
    assert!(fake.sent.is_empty(), "step by step nothing has to be asked");
    let all = (699..=999).map(|id| id * 2);
    assert_eq!(fake.marked(), all.collect::<Vec<u64>>());
    for _ in 0..50 {
        fake.press("j");
    }
    let all = (749..=999).map(|id| id * 2);
    assert_eq!(fake.marked(), all.collect::<Vec<u64>>());
    fake.press("g g x");
    assert_eq!(fake.said(), "what is marked is still being looked up");
    fake.answer_list();
    assert_eq!(fake.marked().len(), 1000);
    fake.press("Space x");
    fake.answer_preview(&[4], Deed::Cancel { force: false });
    assert!(
        matches!(&fake.state.overlay, Some(Overlay::Confirm(confirm)) if confirm.title == "Cancel 1 task?")
    );
}

#[test]
fn all_of_the_list_are_marked_and_not_only_what_is_seen() {
    let mut fake = Fake::new(0..100_000);
    fake.press("2 *");
    assert!(
        matches!(&fake.sent[..], [Request::List(wanted)] if wanted.want.pool.as_deref() == Some("fetch") && wanted.between.is_none())
    );
    fake.answer_list();
    assert_eq!(
        (fake.said(), fake.state.marked().len()),
        ("100000 marked".to_owned(), 100_000)
    );
    fake.press("x");
    let Some(Request::Preview(command)) = fake.sent.last() else {
        panic!("{:?}", fake.sent)
    };
    assert_eq!(
        command.to_string(),
        "fetch.cancel(0, 1, 2, 3, 4, … 100000 in all)"
    );
}

#[test]
fn acting_keys_take_exactly_what_is_marked_whatever_comes_and_goes() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k k Space Space x");
    assert_eq!(
        fake.sent,
        [Request::Preview(each(&[47, 48], Deed::Cancel { force: false }))]
    );
    fake.press("y");
    assert_eq!(fake.said(), "what it would hit is still being looked up");
    // Rows change while it is looked up, and while the question is open.
    fake.ids.retain(|id| *id != 47);
    fake.ids.extend(50..60);
    fake.refresh();
    fake.answer_preview(&[48], Deed::Cancel { force: false });
    fake.ids.retain(|id| *id > 52);
    fake.refresh();
    assert!(fake.sent.is_empty());
    fake.press("y");
    assert_eq!(fake.called(), each(&[48], Deed::Cancel { force: false }));
    assert!(fake.marked().is_empty(), "marks go with their tasks");
}

#[test]
fn keeping_keeps_everything() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k k Space Space x");
    fake.answer_preview(&[47, 48], Deed::Cancel { force: false });
    for key in ["Enter", "Esc", "n", "q"] {
        fake.press(key);
        assert_eq!((fake.sent.len(), fake.marked()), (0, vec![47, 48]), "{key}");
        fake.press("x");
        fake.answer_preview(&[47, 48], Deed::Cancel { force: false });
    }
}

#[test]
fn the_only_marked_task_is_taken_in_place_of_the_cursors() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k k Space k k k x");
    assert_eq!(fake.called().to_string(), "fetch.cancel(47)");
    // Out of sight it is asked about.
    fake.press("g g x");
    assert_eq!(
        fake.sent,
        [Request::Preview(each(&[47], Deed::Cancel { force: false }))]
    );
}

#[test]
fn every_key_for_tasks_takes_the_marks() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k k Space Space");
    let ids = [47, 48];
    for (keys, deed) in [
        ("p", Deed::Pause),
        ("r", Deed::Retry),
        ("! H U P Enter", Deed::Signal(1)),
        ("i h i Enter", Deed::Input("hi".to_owned())),
        ("i Ctrl-d", Deed::EndInput),
    ] {
        fake.press(keys);
        if deed == Deed::EndInput {
            assert_eq!(fake.called(), each(&ids, deed));
            continue;
        }
        assert_eq!(fake.sent, [Request::Preview(each(&ids, deed.clone()))], "{keys}");
        fake.answer_preview(&ids, deed.clone());
        fake.press("y");
        assert_eq!(fake.called(), each(&ids, deed), "{keys}");
    }
    fake.press("o f Enter");
    assert_eq!(fake.called().to_string(), "fetch.save_output(47, 48, \"f\")");
    fake.press("y");
    let request = fake.sent.pop().unwrap();
    let lines = vec!["47\trunning".to_owned(), "48\tok".to_owned()];
    fake.answer(request, Answer::Lines(lines));
    assert_eq!(fake.copied.as_deref(), Some("47\trunning\n48\tok\n"));
    assert_eq!(fake.said(), "2 rows, given to the terminal");
}

#[test]
fn what_is_typed_for_tasks_stands_in_no_call() {
    let secret = "correct horse";
    let calls = [
        Call::Input {
            id: 3,
            line: Some(secret.to_owned()),
        },
        each(&[1, 2], Deed::Input(secret.to_owned())).call,
    ];
    for call in calls {
        let pool = "fetch".to_owned();
        let text = Command { pool, call }.to_string();
        assert!(
            !text.contains("horse") && text.ends_with("13 characters)"),
            "{text}"
        );
    }
}

#[test]
fn marks_of_another_pool_stay_there() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k Space 1 j 2");
    assert_eq!(
        (fake.marked(), fake.state.pool.as_deref()),
        (vec![], Some("other"))
    );
    fake.press("1 k 2");
    assert_eq!(fake.marked(), [48]);
}
