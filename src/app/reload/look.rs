//! How a person wants the dashboard, otherwise than before.

use super::change::{Change, Part, What, When};
use crate::app::dashboard::{ACTIONS, Keymap, NOTICES, Notice, Settings};

/// How many actions with other keys are named.
const NAMED: usize = 3;

/// What `new` says otherwise than `old`.
pub fn look_changes(old: &Settings, new: &Settings) -> Vec<Change> {
    let word = |on: bool| if on { "on" } else { "off" }.to_owned();
    let careful = |on: bool| if on { "always" } else { "usual" }.to_owned();
    let motion = |calm: bool| if calm { "reduced" } else { "full" }.to_owned();
    let rows = [
        ("keys", keys(&old.keymap, &new.keymap)),
        (
            "theme",
            (old.scheme.word().to_owned(), new.scheme.word().to_owned()),
        ),
        ("ascii", (word(old.ascii), word(new.ascii))),
        ("motion", (motion(old.calm), motion(new.calm))),
        ("mouse", (word(old.mouse), word(new.mouse))),
        ("title", (word(old.title), word(new.title))),
        ("notify", (notices(&old.notices), notices(&new.notices))),
        ("bell", (word(old.bell), word(new.bell))),
        (
            "on_idle",
            (old.on_idle.word().to_owned(), new.on_idle.word().to_owned()),
        ),
        (
            "read_only",
            (word(old.modes.read_only), word(new.modes.read_only)),
        ),
        (
            "ask",
            (careful(old.modes.ask_always), careful(new.modes.ask_always)),
        ),
    ];
    rows.into_iter()
        .filter(|(_, (old, new))| old != new)
        .map(|(key, (old, new))| Change {
            part: Part::Look,
            what: What::Key(key.to_owned()),
            old,
            new,
            // The terminal's own title is put away as the program takes the screen.
            when: if key == "title" {
                When::NextStart
            } else {
                When::Now
            },
        })
        .collect()
}

/// Lets what is wanted now be what `new` says, where that is not what `old` said; what a key has changed stays where the
/// files say nothing new.
pub fn take_look(live: &mut Settings, old: &Settings, new: &Settings) {
    fn take<T: Clone + PartialEq>(live: &mut T, old: &T, new: &T) {
        if old != new {
            live.clone_from(new);
        }
    }
    take(&mut live.keymap, &old.keymap, &new.keymap);
    take(&mut live.scheme, &old.scheme, &new.scheme);
    take(&mut live.ascii, &old.ascii, &new.ascii);
    take(&mut live.calm, &old.calm, &new.calm);
    take(&mut live.mouse, &old.mouse, &new.mouse);
    take(&mut live.notices, &old.notices, &new.notices);
    take(&mut live.bell, &old.bell, &new.bell);
    take(&mut live.on_idle, &old.on_idle, &new.on_idle);
    take(&mut live.modes, &old.modes, &new.modes);
}

/// The keys of the actions that have others.
fn keys(old: &Keymap, new: &Keymap) -> (String, String) {
    if old == new {
        return (String::new(), String::new());
    }
    let others: Vec<_> = ACTIONS
        .iter()
        .map(|entry| (entry.action, old.all(entry.action), new.all(entry.action)))
        .filter(|(_, old, new)| old != new)
        .collect();
    let shown: Vec<String> = others
        .iter()
        .take(NAMED)
        .map(|(action, _, keys)| match &**keys {
            "" => format!("{} has none", action.word()),
            keys => format!("{} {keys}", action.word()),
        })
        .collect();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", {more} more"),
    };
    (String::new(), format!("{}{more}", shown.join(", ")))
}

fn notices(notices: &[Notice]) -> String {
    let words: Vec<&str> = Notice::ALL
        .into_iter()
        .zip(NOTICES)
        .filter(|(notice, _)| notices.contains(notice))
        .map(|(_, word)| word)
        .collect();
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}
