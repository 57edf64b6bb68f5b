//! The words of actions and places, as configs and programs write them: those of the enums, in kebab-case.

use super::{ACTIONS, Action, Place};

impl Action {
    /// Its word: `cancel-group`.
    pub fn word(self) -> String {
        kebab(&format!("{self:?}"))
    }

    /// The action with this word.
    pub fn from_word(word: &str) -> Option<Action> {
        ACTIONS
            .iter()
            .map(|entry| entry.action)
            .find(|action| action.word() == word)
    }
}

impl Place {
    /// Its word: `output`.
    pub fn word(self) -> String {
        kebab(&format!("{self:?}"))
    }
}

fn kebab(name: &str) -> String {
    let mut word = String::with_capacity(name.len() + 4);
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_enum_and_lead_back_to_it() {
        assert_eq!(Action::CancelGroup.word(), "cancel-group");
        assert_eq!(Action::Up.word(), "up");
        assert_eq!(Place::Output.word(), "output");
        for entry in &ACTIONS {
            assert_eq!(Action::from_word(&entry.action.word()), Some(entry.action));
        }
        assert_eq!(Action::from_word("cancel_group"), None);
    }
}
