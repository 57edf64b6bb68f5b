//! The undo of what only looks, and of what is muted.

use super::*;
use crate::app::warnings::{Kind, Subject, WarningRow};

/// What the line of the last action says of an undo.
fn again(fake: &Fake) -> Option<&str> {
    fake.state.last.as_ref()?.undo.as_deref()
}

#[test]
fn an_order_is_undone() {
    let mut fake = Fake::new(0..300);
    let sort = |column, descending| Some(Sort { column, descending });
    fake.press("2 >");
    assert_eq!(fake.state.wanted.sort, sort(Column::State, false));
    assert_eq!(again(&fake), Some("the order before"));
    fake.press("I");
    assert_eq!(fake.state.wanted.sort, sort(Column::State, true));
    fake.press("u");
    assert_eq!(fake.state.wanted.sort, sort(Column::State, false));
    assert_eq!(fake.said(), "the order is as it was");
    // From another screen it leads back to where that is seen.
    fake.press("1 u");
    assert_eq!((fake.state.wanted.sort, fake.state.screen), (None, Screen::Pool));
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
    assert_eq!(fake.sent, []);
}

#[test]
fn a_mute_is_undone_once_it_was_done() {
    let mut fake = Fake::new(0..3);
    fake.press("6");
    let shows = |fake: &mut Fake, muted| {
        let mut view = fake.view(&fake.state.wanted.clone());
        view.warnings.rows = vec![WarningRow {
            kind: Kind::SilentTask,
            subject: Subject::pool("fetch"),
            since: Duration::ZERO,
            ended: None,
            evidence: "silent".into(),
            count: 1,
            muted,
            limit: "1s".into(),
        }];
        fake.take(Msg::View(Arc::new(view)));
    };
    let mute = |muted| Request::Mute {
        kind: Kind::SilentTask,
        muted,
    };
    shows(&mut fake, false);
    fake.press("m");
    assert_eq!(fake.sent, [mute(true)]);
    let sent = fake.sent.pop().unwrap();
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone", "not yet");
    fake.answer(sent, Answer::Done("muted".to_owned()));
    shows(&mut fake, true);
    fake.press("u");
    assert_eq!(fake.sent, [mute(false)]);
    let sent = fake.sent.pop().unwrap();
    fake.answer(sent, Answer::Done("shown".to_owned()));
    // An undo is no step of its own.
    fake.press("u");
    assert_eq!(fake.said(), "nothing was done that can be undone");
    // What was refused did not happen; what was shown again is muted by the undo.
    fake.press("m");
    let sent = fake.sent.pop().unwrap();
    fake.answer(sent, Answer::Refused("no".to_owned()));
    fake.press("u");
    assert_eq!(
        (&*fake.said(), &*fake.sent),
        ("nothing was done that can be undone", &[][..])
    );
    fake.press("m");
    let sent = fake.sent.pop().unwrap();
    assert_eq!(sent, mute(false));
    fake.answer(sent, Answer::Done("shown".to_owned()));
    assert_eq!(again(&fake), Some("muted"));
    fake.press("u");
    assert_eq!(fake.sent, [mute(true)]);
}
