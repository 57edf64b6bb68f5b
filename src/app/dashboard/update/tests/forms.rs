//! The form that adds a group, and the limit of a group.

use super::*;
use crate::app::Modes;
use crate::app::control::Preview;
use crate::app::dashboard::form::{Form, Verdict};
use crate::app::new_group::{GroupMethod, Mistake, NewGroup, Part};
use crate::app::view::FuncRow;

impl Fake {
    /// The form is opened, and knows two functions.
    fn opens(&mut self, keys: &str) {
        self.press(keys);
        assert_eq!(self.sent.pop(), Some(Request::Functions));
        let row = |name: &str| FuncRow {
            name: name.to_owned(),
            ..FuncRow::default()
        };
        self.answer(
            Request::Functions,
            Answer::Functions(vec![row("get"), row("put")]),
        );
    }

    fn form(&self) -> &Form {
        match &self.state.overlay {
            Some(Overlay::Form(form)) => form,
            other => panic!("no form: {other:?}"),
        }
    }

    /// Answers what the form asks the session until it asks no more; `wrong` is what is said of each group.
    fn checks(&mut self, wrong: impl Fn(&NewGroup) -> Vec<Mistake>) {
        while let Some(request @ Request::Preview(_)) = self.sent.pop() {
            let Request::Preview(Command {
                call: Call::Add { group },
                ..
            }) = &request
            else {
                panic!("{request:?}");
            };
            let mistakes = wrong(group);
            let answer = if mistakes.is_empty() {
                Answer::Preview(Preview {
                    lines: vec![format!("a group of {}", group.func)],
                    command: None,
                })
            } else {
                Answer::Mistakes(mistakes)
            };
            self.answer(request, answer);
        }
    }

    fn started(&mut self) -> (Request, NewGroup) {
        let request = self.sent.pop().unwrap();
        match &request {
            Request::Do(Command {
                call: Call::Add { group },
                ..
            }) => {
                let group = NewGroup::clone(group);
                (request, group)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn lacks_arguments(group: &NewGroup) -> Vec<Mistake> {
    let mistake = Mistake {
        part: Part::Arguments,
        reason: "lacks them".to_owned(),
        remedy: "write some".to_owned(),
        at: None,
    };
    Some(mistake)
        .filter(|_| group.arguments.is_empty())
        .into_iter()
        .collect()
}

#[test]
fn a_group_is_filled_in_checked_started_and_gone_to() {
    let mut fake = Fake::new(0..3);
    fake.opens("2 a");
    assert_eq!(fake.state.place(), Place::Form);
    fake.checks(lacks_arguments);
    // What is not filled in yet is no mistake before its field was left.
    assert_eq!(
        (
            fake.form().said(Part::Arguments),
            fake.form().group().func.as_str()
        ),
        (None, "get")
    );
    fake.press("→ Tab d ← ← Tab [ 1 ] Tab n i g h t Tab 4");
    fake.checks(lacks_arguments);
    assert!(matches!(&fake.form().check.said, Verdict::Good(lines) if lines[0] == "a group of put"));
    fake.press("Enter");
    let (request, group) = fake.started();
    assert_eq!(
        group,
        NewGroup {
            func: "put".to_owned(),
            method: GroupMethod::Map,
            arguments: "[1]".to_owned(),
            name: Some("night".to_owned()),
            num: Some(4),
        }
    );
    // Until it is answered the form stays, and nothing is started twice.
    fake.press("Ctrl-s");
    assert!(fake.sent.is_empty());
    let (name, text) = ("night".to_owned(), "group night with 1 task".to_owned());
    fake.answer(request, Answer::Added { group: name, text });
    assert!(fake.state.overlay.is_none());
    assert_eq!(
        (fake.state.group.as_deref(), fake.state.pane, fake.said().as_str()),
        (Some("night"), Pane::Groups, "group night with 1 task")
    );
    fake.groups.push("night".to_owned());
    fake.refresh();
    fake.refresh();
    assert_eq!(fake.state.group_row().map(|row| row.name.as_str()), Some("night"));
    // It is opened again with what was typed.
    fake.opens(".");
    assert_eq!(fake.form().group(), group);
    fake.press("Esc");
    assert!(fake.state.overlay.is_none());
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_nothing_starts() {
    let mut fake = Fake::new(0..3);
    fake.opens("a");
    fake.checks(lacks_arguments);
    fake.press("Ctrl-s");
    assert!(fake.sent.is_empty());
    let form = fake.form();
    assert_eq!(
        (form.at, form.said(Part::Arguments).unwrap().0.as_str()),
        (Part::Arguments, "lacks them")
    );
    fake.press("[ ] Tab Tab x");
    fake.checks(lacks_arguments);
    fake.press("Ctrl-s");
    assert!(fake.sent.is_empty());
    assert_eq!(fake.form().said(Part::Num).unwrap().0, "\"x\" is no number");
    // What the session finds only then is said at the field, too.
    fake.press("Ctrl-u");
    fake.checks(lacks_arguments);
    fake.press("Ctrl-s");
    let (request, _) = fake.started();
    let taken = Mistake {
        part: Part::Name,
        reason: "taken".to_owned(),
        remedy: String::new(),
        at: None,
    };
    fake.answer(request, Answer::Mistakes(vec![taken]));
    assert_eq!((fake.form().at, fake.said().as_str()), (Part::Name, "taken"));
    fake.press("o k");
    fake.checks(lacks_arguments);
    fake.press("Ctrl-s");
    let (request, _) = fake.started();
    fake.answer(request, Answer::Refused("locked meanwhile".to_owned()));
    assert_eq!(fake.form().problem.as_deref(), Some("locked meanwhile"));
    fake.press("Esc");
    assert!(
        fake.said().starts_with("nothing was started; a and Ctrl-p"),
        "{}",
        fake.said()
    );
    // And that is so.
    fake.opens("a");
    assert_eq!(fake.form().group().name, None);
    fake.press("Ctrl-p");
    assert_eq!(fake.form().group().name.as_deref(), Some("ok"));
}

#[test]
fn several_pasted_lines_are_one_list() {
    let mut fake = Fake::new(0..3);
    fake.opens("a");
    fake.press("Tab Tab");
    fake.take(Msg::Paste("a\rb c\r\r".to_owned()));
    let list = |fake: &Fake| {
        fake.form()
            .group()
            .arguments
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(fake.form().pasted_text().unwrap(), "2 lines pasted");
    assert_eq!(list(&fake), r#"[ "a", "b c", ]"#);
    fake.press("x");
    assert!(fake.form().problem.as_ref().unwrap().contains("Backspace"));
    fake.take(Msg::Paste("d".to_owned()));
    assert_eq!(fake.form().pasted_text().unwrap(), "3 lines pasted");
    fake.press("Backspace");
    assert_eq!((fake.form().pasted_text(), list(&fake)), (None, String::new()));
    // One line is typed, and so is a list over several.
    fake.take(Msg::Paste("[\n  \"a\",\n]\n".to_owned()));
    assert_eq!(list(&fake), r#"[ "a",]"#);
    fake.take(Msg::Paste("x\ny".to_owned()));
    assert_eq!(list(&fake), r#"[ "a",]xy"#);
    fake.press("Ctrl-u");
    fake.take(Msg::Paste("x\n".repeat(10_001)));
    let (reason, _) = fake.form().said(Part::Arguments).unwrap();
    assert!(
        reason.starts_with("10001 lines were pasted, and 10000 are the most"),
        "{reason}"
    );
    fake.press("Ctrl-s");
    assert!(!fake.sent.iter().any(|sent| matches!(sent, Request::Do(_))));
}

#[test]
fn it_is_shown_and_copied_as_a_config_has_it() {
    let mut fake = Fake::new(0..3);
    fake.opens("a");
    fake.press("Tab Tab [ 7 ] Ctrl-y");
    let copied = fake.copied.take().unwrap();
    assert!(
        copied.ends_with("method = \"map\"\nfunc = \"get\"\narg_iter = [7]\n"),
        "{copied}"
    );
    fake.press("Ctrl-t");
    assert_eq!(fake.form().page, Some(0));
    fake.press("↓ Esc");
    assert_eq!(fake.form().page, None);
    fake.take(Msg::Paste(String::new()));
    fake.press("Ctrl-u");
    fake.take(Msg::Paste("a long line that is pasted\n".repeat(9000)));
    fake.press("Ctrl-y");
    assert!(fake.copied.is_none() && fake.form().problem.is_some());
}

#[test]
fn careful_dashboards_add_nothing_unasked() {
    let mut fake = Fake::new(0..3);
    fake.state.modes = Modes {
        read_only: true,
        ..Modes::default()
    };
    fake.press("a");
    assert!(fake.said().starts_with("read only"));
    fake.press("2 k e");
    assert!(fake.said().starts_with("read only"));
    fake.state.modes = Modes {
        ask_always: true,
        ..Modes::default()
    };
    fake.opens("a");
    fake.press("Tab Tab [ 1 ]");
    fake.checks(lacks_arguments);
    fake.press("Ctrl-s");
    assert_eq!(fake.state.place(), Place::Question);
    let asked = fake.sent.pop().unwrap();
    assert!(matches!(&asked, Request::Preview(_)));
    let lines = vec!["1 task".to_owned()];
    fake.answer(asked, Answer::Preview(Preview { lines, command: None }));
    fake.press("y");
    fake.started();
}

#[test]
fn a_groups_limit_is_asked_for_set_and_undone() {
    let mut fake = Fake::new(0..3);
    fake.press("2 Shift-Tab j");
    fake.press("e");
    assert!(
        fake.said().contains("no task of map-w-group-0 is queued"),
        "{}",
        fake.said()
    );
    let mut view = View::clone(&fake.state.view);
    let row = &mut view.pool.as_mut().unwrap().groups[0];
    (row.why, row.num_concurrent) = ("2 at a time".into(), Some(2));
    fake.take(Msg::View(Arc::new(view)));
    fake.press("e");
    assert!(matches!(&fake.state.overlay, Some(Overlay::Prompt(prompt)) if prompt.hint.ends_with("; now 2")));
    fake.press("0 Enter");
    assert!(matches!(&fake.state.overlay, Some(Overlay::Prompt(prompt)) if prompt.problem.is_some()));
    fake.press("Ctrl-u 5 Enter");
    let set = |num| {
        let call = Call::SetConcurrent {
            group: "map-w-group-0".to_owned(),
            num,
        };
        Request::Do(Command {
            pool: "fetch".to_owned(),
            call,
        })
    };
    let request = fake.sent.pop().unwrap();
    assert_eq!(request, set(Some(5)));
    fake.answer(request, Answer::Done("done".to_owned()));
    assert_eq!(
        fake.state.last.as_ref().unwrap().undo.as_deref(),
        Some("2 at once")
    );
    fake.press("u");
    assert_eq!(fake.sent.pop(), Some(set(Some(2))));
}
