//! Keys that come before the view that shows what they act on.

use super::*;

impl Fake {
    /// Presses keys that come with one read: no view comes between them.
    fn press_at_once(&mut self, keys: &str) {
        for key in keys.parse::<Chord>().unwrap().0 {
            update(&mut self.state, Msg::Key(key));
        }
    }

    /// A view that lists the tasks and tells nothing more of any.
    fn refresh_the_list(&mut self) {
        let mut view = self.view(&self.state.wanted.clone());
        view.pool.as_mut().unwrap().task = None;
        update(&mut self.state, Msg::View(Arc::new(view)));
    }
}

#[test]
fn the_first_line_is_gone_to_before_the_output_is_known() {
    for listed in [false, true] {
        let mut fake = Fake::new(0..3);
        fake.press_at_once("2");
        if listed {
            fake.refresh_the_list();
        }
        assert!(fake.state.output_view().is_none());
        fake.press_at_once("Tab Tab g g");
        fake.refresh();
        fake.refresh();
        assert_eq!(fake.state.pane, Pane::Output);
        assert_eq!(fake.shows_up_to(), ROWS.output as u64 - 1, "{listed}");
        // From there it goes on as ever.
        fake.press("j");
        assert_eq!(fake.shows_up_to(), ROWS.output as u64);
        fake.press("G");
        assert_eq!(fake.shows_up_to(), 99);
    }
}

#[test]
fn the_first_line_of_a_terminal_is_gone_to_before_it_is_known() {
    let mut fake = Fake::new(0..3);
    fake.terminal = Some("row\r\n".repeat(50).leak());
    fake.press_at_once("2");
    fake.refresh_the_list();
    fake.press_at_once("Tab Tab g g");
    fake.refresh();
    let history = fake.state.terminal_shown().unwrap().1.history;
    assert!(history > 10);
    assert_eq!(fake.state.output.up, history);
    fake.press("j");
    assert_eq!(fake.state.output.up, history - 1);
}

#[test]
fn other_steps_in_output_that_is_not_known_say_so() {
    let mut fake = Fake::new(0..3);
    fake.press_at_once("2");
    fake.refresh_the_list();
    fake.press_at_once("Tab Tab k");
    assert_eq!(
        fake.said(),
        "its output is only just being read: press the key again"
    );
    // Where there is no task there is nothing to read.
    let mut fake = Fake::new([]);
    fake.press("2 Tab Tab k g g");
    assert_eq!(fake.said(), "");
    assert!(fake.state.output.follow);
}
