//! What keys mean where no cursor is on a task or a group.

use super::*;

#[test]
fn starting_from_the_row_for_all_groups_says_of_what_and_does_nothing_yet() {
    let mut fake = Fake::new(0..5);
    fake.press("2 s");
    let Some(Overlay::Prompt(prompt)) = &fake.state.overlay else {
        panic!("it asks how many");
    };
    // It is what the config starts, whatever task is shown.
    assert_eq!(prompt.title, "Start more of get in fetch");
    assert_eq!(fake.sent, []);
}

#[test]
fn keys_for_tasks_act_on_none_while_the_groups_have_them_and_on_the_shown_one_behind_tab() {
    let mut fake = Fake::new(0..50);
    fake.commands = true;
    fake.press("2 Shift-Tab");
    fake.time += Duration::from_secs(1);
    fake.refresh();
    for key in ["x", "!", "p", "Space"] {
        fake.press(key);
        assert_eq!(
            fake.said(),
            "the groups have the keys: Tab goes to the tasks",
            "{key}"
        );
        assert_eq!((fake.sent.len(), fake.state.task), (0, None), "{key}");
    }
    fake.press("Tab !");
    let Some(Overlay::Prompt(prompt)) = &fake.state.overlay else {
        panic!("it asks which signal");
    };
    assert_eq!(prompt.title, "Signal to task 49");
}
