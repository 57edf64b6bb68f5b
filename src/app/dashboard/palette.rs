//! The palette: every action by its name, pools by theirs, and actions with what has to be typed for them.

use super::action::{ACTIONS, Action, Class, Entry};
use super::applies::{elsewhere, refusal};
use super::state::State;
use tui_input::Input;

/// The palette, while it is open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    /// What is typed.
    pub(crate) input: Input,
    /// Which of the entries is chosen.
    pub(crate) chosen: usize,
    /// Only pools are listed.
    pub(crate) pools: bool,
}

/// What an entry of the palette does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Does {
    /// An action, with what was typed for it.
    Action(Action, Option<String>),
    /// Shows a pool.
    Pool(String),
}

/// An entry of the palette.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    /// What is typed to find it.
    pub(crate) name: String,
    /// Its key.
    pub(crate) key: String,
    /// What it does, in a line.
    pub(crate) doc: String,
    /// Why it does not apply now.
    pub(crate) refused: Option<String>,
    pub(crate) does: Does,
}

/// The word before pools.
const POOL: &str = "pool";

impl Palette {
    /// The entries that fit what is typed, the best first.
    pub(crate) fn offers(&self, state: &State) -> Vec<Offer> {
        let typed = self.input.value().trim_start();
        if self.pools {
            return best(typed, pools(state).collect());
        }
        if let Some((word, argument)) = typed.split_once(' ') {
            let argument = argument.trim();
            if word == POOL {
                return best(argument, pools(state).collect());
            }
            let taking = |entry: &&Entry| entry.takes.is_some_and(|(known, _)| known == word);
            if let Some(entry) = ACTIONS.iter().find(taking) {
                let typed = Some(argument.to_owned()).filter(|argument| !argument.is_empty());
                return vec![offer(state, entry, typed)];
            }
        }
        let listed = |entry: &&Entry| match entry.class {
            Class::Answer | Class::Typing => false,
            Class::Tasks
            | Class::Marks
            | Class::Pool
            | Class::Output
            | Class::Look
            | Class::Program
            | Class::Warnings
            | Class::Find
            | Class::History => entry.action != Action::Palette,
        };
        let actions = ACTIONS
            .iter()
            .filter(listed)
            .map(|entry| offer(state, entry, None));
        let mut all: Vec<Offer> = actions.collect();
        // What applies comes first, as long as nothing is typed that says otherwise.
        all.sort_by_key(|offer| offer.refused.is_some());
        all.extend(pools(state));
        best(typed, all)
    }
}

fn offer(state: &State, entry: &Entry, typed: Option<String>) -> Offer {
    let name = match (entry.takes, &typed) {
        (Some((word, _)), Some(typed)) => format!("{word} {typed}"),
        (Some((word, what)), None) => format!("{word} {what}"),
        (None, _) => state.name_now(entry).to_owned(),
    };
    let away = elsewhere(state, entry);
    Offer {
        name,
        key: state.key(entry.action),
        doc: entry.doc.to_owned(),
        refused: away.or_else(|| refusal(state, entry.action)),
        does: Does::Action(entry.action, typed),
    }
}

fn pools(state: &State) -> impl Iterator<Item = Offer> {
    state.view.pools.iter().map(|pool| Offer {
        name: format!("{POOL} {}", pool.name),
        key: String::new(),
        doc: "show it".to_owned(),
        refused: None,
        does: Does::Pool(pool.name.to_string()),
    })
}

/// Those that have what is typed in them, the best first; of equal ones the order stays.
fn best(typed: &str, offers: Vec<Offer>) -> Vec<Offer> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut scored: Vec<(u32, Offer)> = offers
        .into_iter()
        .filter_map(|offer| {
            let scores = words.iter().map(|word| {
                // A name says more than a line about it, where only whole words count.
                let name = score(word, &offer.name).map(|score| score + 100);
                name.or_else(|| offer.doc.to_lowercase().contains(word.as_str()).then_some(1))
            });
            Some((scores.sum::<Option<u32>>()?, offer))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, offer)| offer).collect()
}

/// How well a text has these characters in it, in this order; none: not at all. Beginnings of words and neighbours
/// count more, and what is left over counts less.
fn score(typed: &str, text: &str) -> Option<u32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let typed: Vec<char> = typed.chars().collect();
    // The best score of what was typed so far, with its last character at each place.
    let mut row: Vec<Option<u32>> = Vec::new();
    for (i, wanted) in typed.iter().enumerate() {
        let mut next = vec![None; text.len()];
        let mut before: Option<u32> = (i == 0).then_some(0);
        for (at, c) in text.iter().enumerate() {
            if c == wanted {
                let starts = at == 0 || !text[at - 1].is_alphanumeric();
                let here = if starts { 8 } else { 1 };
                let apart = before.map(|score| score + here);
                let beside = at.checked_sub(1).and_then(|at| *row.get(at)?);
                next[at] = apart.max(beside.map(|score| score + here.max(5)));
            }
            // A gap of one character or more comes after this.
            before = before.max(row.get(at).copied().flatten());
        }
        row = next;
    }
    let best = row.into_iter().flatten().max()?;
    let whole = if text == typed { 50 } else { 0 };
    let spare = u32::try_from(text.len() - typed.len())
        .unwrap_or(u32::MAX)
        .min(20);
    Some(best * 4 + whole + 20 - spare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_entries_have_one_name() {
        let mut names: Vec<String> = Palette::default()
            .offers(&State::default())
            .into_iter()
            .map(|offer| offer.name)
            .collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert!(all > 50 && names.len() == all, "{names:?}");
    }

    #[test]
    fn beginnings_of_words_and_neighbours_are_found_first() {
        let better = [
            ("ca", "cancel all", "page down acc"),
            ("ca", "cancel", "a scale"),
            ("cg", "cancel group", "changing"),
            ("size", "size n", "set size"),
            ("ret", "retry", "pretend"),
        ];
        for (typed, first, second) in better {
            assert!(
                score(typed, first) > score(typed, second),
                "{typed}: {first}, {second}"
            );
            assert!(score(typed, first).is_some(), "{typed}: {first}");
        }
        assert_eq!(score("xyz", "cancel"), None);
        assert_eq!(score("lc", "cancel"), None, "in this order only");
        assert_eq!(score("cancels", "cancel"), None);
    }
}
