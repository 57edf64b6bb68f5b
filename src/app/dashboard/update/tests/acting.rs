//! Undo, repeat, the palette, careful modes, and prompts that remember.

use super::*;
use crate::app::Modes;
use crate::app::control::Preview;
use crate::app::dashboard::palette::Does;

impl Fake {
    /// The call that was sent last, answered with this.
    fn does(&mut self, answer: Answer) -> String {
        let Some(request @ Request::Do(_)) = self.sent.pop() else {
            panic!("nothing was done: {:?}", self.sent);
        };
        assert!(self.sent.is_empty(), "{:?}", self.sent);
        let Request::Do(command) = &request else {
            return String::new();
        };
        let call = command.to_string();
        self.answer(request, answer);
        call
    }

    pub(super) fn done(&mut self) -> String {
        self.does(Answer::Done("done".to_owned()))
    }

    /// What the line of the last action says of an undo.
    fn again(&self) -> Option<&str> {
        self.state.last.as_ref()?.undo.as_deref()
    }

    fn palette(&self) -> Vec<String> {
        let Some(Overlay::Palette(palette)) = &self.state.overlay else {
            return Vec::new();
        };
        let offers = palette.offers(&self.state);
        offers.into_iter().map(|offer| offer.name).collect()
    }
}

#[test]
fn a_size_is_undone() {
    let mut fake = Fake::new(0..3);
    fake.press("= 1 Enter");
    assert_eq!(fake.done(), "fetch.pool_size = 1");
    assert_eq!(fake.again(), Some("4"));
    fake.press("u");
    assert_eq!(fake.done(), "fetch.pool_size = 4");
    assert_eq!((fake.said(), fake.again()), ("done".to_owned(), None));
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
    // What was refused did not happen.
    fake.press("+");
    assert_eq!(fake.does(Answer::Refused("no".to_owned())), "fetch.pool_size = 5");
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
    // Steps are undone one by one, the last one first.
    fake.press("+");
    fake.done();
    fake.press("L");
    fake.done();
    assert_eq!(fake.again(), Some("unlocked"));
    fake.press("P");
    fake.done();
    fake.press("u");
    assert_eq!(fake.done(), "fetch.resume()");
    fake.press("u");
    assert_eq!(fake.done(), "fetch.unlock()");
    fake.press("u");
    assert_eq!(fake.done(), "fetch.pool_size = 4");
}

#[test]
fn what_cannot_be_undone_is_no_step() {
    let mut fake = Fake::new(0..3);
    fake.press("2 k x");
    assert_eq!(fake.done(), "fetch.cancel(2)");
    assert_eq!(fake.again(), None);
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
}

#[test]
fn the_steps_are_bounded() {
    let mut fake = Fake::new(0..3);
    for _ in 0..80 {
        fake.press("L");
        fake.done();
    }
    for _ in 0..50 {
        fake.press("u");
        assert_eq!(fake.done(), "fetch.unlock()");
    }
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
}

#[test]
fn marks_and_filters_are_undone() {
    let mut fake = Fake::new(0..50);
    let marked = |fake: &Fake| fake.state.marked().iter().collect::<Vec<u64>>();
    fake.press("2 k k k Space Space");
    assert_eq!(
        (fake.said(), fake.again()),
        ("2 marked".to_owned(), Some("1 marked"))
    );
    fake.press("Esc");
    assert!(marked(&fake).is_empty());
    fake.press("u");
    assert_eq!(
        (marked(&fake), fake.said()),
        (vec![47, 48], "2 marked again".to_owned())
    );
    fake.press("u");
    assert_eq!(marked(&fake), [47]);
    fake.press("/ a b Enter");
    assert_eq!((&*fake.state.filter, fake.again()), ("ab", Some("no filter")));
    fake.press("Esc Esc");
    assert_eq!(&*fake.state.filter, "");
    fake.press("u");
    assert_eq!(&*fake.state.filter, "ab");
    // The marks that were taken away before it.
    fake.press("u");
    assert_eq!((marked(&fake), &*fake.state.filter), (vec![47], "ab"));
    // A range is one step.
    fake.press("u");
    assert_eq!(&*fake.state.filter, "");
    fake.press("k k k v k k k v u");
    assert_eq!(marked(&fake), [47]);
    assert!(fake.sent.is_empty());
}

#[test]
fn paused_tasks_go_on_by_an_undo() {
    let mut fake = Fake::new(0..50);
    fake.commands = true;
    fake.refresh();
    fake.press("2 k p");
    assert_eq!(fake.done(), "fetch.pause_task(49)");
    fake.press("k k u");
    assert_eq!(fake.done(), "fetch.resume_task(49)", "whatever the cursor is on");
}

#[test]
fn the_last_action_is_repeated_where_the_cursor_is_now() {
    let mut fake = Fake::new(0..50);
    fake.press(".");
    assert_eq!(fake.said(), "nothing was done yet");
    fake.press("2 k x");
    assert_eq!(fake.done(), "fetch.cancel(49)");
    fake.press("k .");
    assert_eq!(fake.done(), "fetch.cancel(48)");
    fake.press("= 7 Enter");
    assert_eq!(fake.done(), "fetch.pool_size = 7");
    fake.press(".");
    assert_eq!(fake.done(), "fetch.pool_size = 7");
    fake.press("S 2 Enter Esc .");
    assert!(
        matches!(&fake.sent[..], [Request::Preview(first), Request::Preview(second)] if first == second && first.to_string() == "fetch.stop(2)"),
        "{:?}",
        fake.sent
    );
    assert!(fake.state.overlay.is_some(), "it asks again");
}

#[test]
fn the_palette_finds_actions_and_does_them_with_the_same_checks() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k :");
    let all = fake.palette();
    let listed = ACTIONS
        .iter()
        .filter(|entry| !matches!(entry.class, Class::Answer | Class::Typing));
    assert_eq!(
        all.len(),
        listed.count() - 1 + 2,
        "all but itself, and two pools: {all:?}"
    );
    fake.press("c a n");
    assert_eq!(fake.palette()[0], "cancel");
    fake.press("Enter");
    assert_eq!(fake.done(), "fetch.cancel(49)");
    assert_eq!(fake.state.last.as_ref().unwrap().key, "x");
    // Where it does not apply it says why, and does nothing.
    fake.press("G Shift-Tab Ctrl-p c a n Enter");
    assert_eq!(fake.said(), "the groups have the keys: Tab goes to the tasks");
    fake.press("Tab");
    fake.press("1 : r e t r y Enter");
    assert_eq!(fake.said(), "retry works on the screen of one pool: 2");
    fake.press(": q q q q Enter");
    assert_eq!(fake.said(), "nothing is called \"qqqq\"");
    assert!(fake.sent.is_empty());
    // What asks still asks.
    fake.press("2 k : x Backspace c a n c e l Space g Enter");
    assert!(
        matches!(&fake.state.overlay, Some(Overlay::Confirm(confirm)) if confirm.title.starts_with("Cancel group"))
    );
}

#[test]
fn the_palette_takes_what_would_be_typed() {
    let mut fake = Fake::new(0..50);
    fake.press("2 : s i z e Space 2 0");
    assert_eq!(fake.palette(), ["size 20"]);
    fake.press("Enter");
    assert_eq!(fake.done(), "fetch.pool_size = 20");
    fake.press(": s i z e Space x Enter");
    assert!(
        matches!(&fake.state.overlay, Some(Overlay::Prompt(prompt)) if prompt.problem.as_deref() == Some("\"x\" is no number"))
    );
    fake.press("Esc : s t o p Space 5 Enter");
    assert!(
        matches!(&fake.sent.pop(), Some(Request::Preview(command)) if command.to_string() == "fetch.stop(5)")
    );
    fake.press("Esc : f i l t e r Space s t a t e : o k Enter");
    assert_eq!(
        (&*fake.state.filter, fake.state.overlay.is_none()),
        ("state:ok", true)
    );
    fake.press(": s t a r t Space 3 Enter");
    assert_eq!(fake.done(), "fetch.start(3)");
}

#[test]
fn the_palette_goes_to_pools() {
    let mut fake = Fake::new(0..50);
    fake.press("g p");
    assert_eq!(fake.palette(), ["pool fetch", "pool other"]);
    fake.press("↓ Enter");
    assert_eq!(
        (fake.state.pool.as_deref(), fake.state.screen),
        (Some("other"), Screen::Pool)
    );
    fake.press(": p o o l Space f Enter");
    assert_eq!(fake.state.pool.as_deref(), Some("fetch"));
    fake.press(": ↓ ↓ ↑ ↓");
    let Some(Overlay::Palette(palette)) = &fake.state.overlay else {
        panic!("it is open")
    };
    assert_eq!(palette.chosen, 2);
    assert!(matches!(palette.offers(&fake.state)[2].does, Does::Action(..)));
}

#[test]
fn what_only_looks_changes_nothing() {
    let mut fake = Fake::new(0..50);
    fake.state.modes.read_only = true;
    fake.press("2 k Space k");
    for entry in &ACTIONS {
        if !matches!(entry.class, Class::Tasks | Class::Pool) {
            continue;
        }
        for key in entry.keys {
            fake.state.last = None;
            fake.press(key);
            assert_eq!(fake.said(), "read only: nothing is changed from here", "{key}");
            assert!(fake.sent.is_empty() && fake.state.overlay.is_none(), "{key}");
        }
    }
    fake.press(": s i z e Space 3 Enter");
    assert_eq!(fake.said(), "read only: nothing is changed from here");
    assert!(fake.sent.is_empty() && fake.state.overlay.is_none());
}

#[test]
fn an_undo_is_asked_about_and_refused_like_what_it_does() {
    let mut fake = Fake::new(0..5);
    fake.refresh();
    fake.press("+");
    fake.done();
    fake.state.modes.read_only = true;
    fake.press("u");
    assert_eq!(fake.said(), "read only: nothing is changed from here");
    fake.state.modes = Modes {
        ask_always: true,
        ..Modes::default()
    };
    fake.press("u");
    assert!(
        matches!(&fake.state.overlay, Some(Overlay::Confirm(confirm)) if confirm.title == "Set the size of fetch to 4?"),
        "{:?}",
        fake.state.overlay
    );
}

#[test]
fn where_everything_is_asked_about_nothing_is_done_at_once() {
    let mut fake = Fake::new(0..50);
    fake.state.modes = Modes {
        ask_always: true,
        ..Modes::default()
    };
    fake.commands = true;
    fake.refresh();
    fake.press("2 k");
    for (keys, title) in [
        ("x", "Cancel task 49?"),
        ("p", "Pause task 49?"),
        ("+", "Set the size of fetch to 5?"),
        ("= 9 Enter", "Set the size of fetch to 9?"),
        ("L", "Lock fetch?"),
        ("P", "Pause fetch?"),
        ("s 2 Enter", "Start 2 tasks in fetch?"),
    ] {
        fake.press(keys);
        assert!(
            matches!(&fake.state.overlay, Some(Overlay::Confirm(confirm)) if confirm.title == title),
            "{keys}: {:?}",
            fake.state.overlay
        );
        let Some(request @ Request::Preview(_)) = fake.sent.pop() else {
            panic!("{keys}: {:?}", fake.sent)
        };
        fake.answer(request, Answer::Preview(Preview::default()));
        fake.press("Enter");
        assert!(
            fake.sent.is_empty() && fake.state.overlay.is_none(),
            "kept: {keys}"
        );
    }
    fake.press("+");
    let request = fake.sent.pop().unwrap();
    fake.answer(request, Answer::Preview(Preview::default()));
    fake.press("y");
    assert_eq!(fake.done(), "fetch.pool_size = 5");
    assert_eq!(fake.again(), Some("4"));
}

#[test]
fn prompts_remember_each_kind_for_itself() {
    let mut fake = Fake::new(0..50);
    let typed = |fake: &Fake| match &fake.state.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.input.value().to_owned(),
        Some(Overlay::Filter(line)) => line.input.value().to_owned(),
        Some(Overlay::Find(input)) => input.value().to_owned(),
        other => panic!("{other:?}"),
    };
    for size in ["7", "8"] {
        fake.press(&format!("= {size} Enter"));
        fake.done();
    }
    fake.press("= 9 ↑");
    assert_eq!(typed(&fake), "8");
    fake.press("↑");
    assert_eq!(typed(&fake), "7");
    fake.press("↑ ↓ ↓");
    assert_eq!(typed(&fake), "9", "what was being typed is not lost");
    fake.press("Esc S ↑");
    assert_eq!(typed(&fake), "", "nothing was stopped yet");
    fake.press("Esc = ↑ Enter");
    assert_eq!(fake.done(), "fetch.pool_size = 8");
    fake.press("2 / a b Enter / Ctrl-u x y Enter / Ctrl-u ↑ ↑");
    assert_eq!(
        (typed(&fake), &*fake.state.filter),
        ("ab".to_owned(), "ab"),
        "it counts at once"
    );
}

#[test]
fn long_questions_are_scrolled() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k X");
    let request = fake.sent.pop().unwrap();
    let lines = (0..30).map(|i| i.to_string()).collect();
    fake.answer(request, Answer::Preview(Preview { lines, command: None }));
    let rows = Rows {
        question: 10,
        question_total: 30,
        ..ROWS
    };
    fake.take(Msg::Rows(rows));
    let top = |fake: &Fake| match &fake.state.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.top,
        other => panic!("{other:?}"),
    };
    for (key, expected) in [
        ("j", 1),
        ("↓", 2),
        ("k", 1),
        ("↑", 0),
        ("PgDn", 10),
        ("G", 20),
        ("g g", 0),
    ] {
        fake.press(key);
        assert_eq!(top(&fake), expected, "{key}");
    }
    fake.press("Enter");
    assert!(fake.state.overlay.is_none() && fake.sent.is_empty());
}

#[test]
fn only_what_was_said_yes_to_is_sent_as_confirmed() {
    let confirmed = |fake: &mut Fake, key: &str| {
        let key = key.parse::<crate::app::dashboard::Chord>().unwrap().0[0];
        let effects = update(&mut fake.state, Msg::Key(key));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send(sent) if matches!(sent.request, Request::Do(_)) => Some(sent.confirmed),
            _ => None,
        })
    };
    let mut fake = Fake::new(0..5);
    fake.refresh();
    assert_eq!(confirmed(&mut fake, "+"), Some(false), "nobody was asked");
    fake.state.modes.ask_always = true;
    assert_eq!(confirmed(&mut fake, "+"), None);
    let Some(Overlay::Confirm(confirm)) = &mut fake.state.overlay else {
        panic!("it asks");
    };
    confirm.lines = Some(Vec::new());
    assert_eq!(confirmed(&mut fake, "y"), Some(true));
}
