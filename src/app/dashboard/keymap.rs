//! From keys to actions.

use super::action::{ACTIONS, Action, Place};
use super::key::{Chord, Key};
use std::sync::{Arc, LazyLock};

/// What some keys mean at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// This.
    Action(Action),
    /// They begin a longer chord.
    Pending,
    /// Nothing here, but this elsewhere.
    Elsewhere(&'static Place, Action),
    /// Nothing anywhere.
    Nothing,
}

/// Which keys mean which actions. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap(Arc<Vec<(Chord, Action)>>);

impl Default for Keymap {
    /// The keys of the table.
    fn default() -> Self {
        static USUAL: LazyLock<Keymap> = LazyLock::new(|| {
            let bound = ACTIONS.iter().flat_map(|entry| {
                // A key that does not parse would be lost here; the test below would miss it.
                let chords = entry.keys.iter().filter_map(|keys| keys.parse().ok());
                chords.map(|chord| (chord, entry.action))
            });
            Keymap(Arc::new(bound.collect()))
        });
        USUAL.clone()
    }
}

impl Keymap {
    /// What `keys` mean at `place`.
    pub fn lookup(&self, place: Place, keys: &[Key]) -> Match {
        let counts = |(_, action): &&(Chord, Action)| action.entry().places.contains(&place);
        let here = || self.0.iter().filter(counts);
        if let Some((_, action)) = here().find(|(chord, _)| chord.0 == keys) {
            return Match::Action(*action);
        }
        if here().any(|(chord, _)| chord.0.starts_with(keys)) {
            return Match::Pending;
        }
        let elsewhere = self.0.iter().find(|(chord, _)| chord.0 == keys);
        // Of a chord that counts elsewhere only, the first key is what is pressed.
        match elsewhere.or_else(|| self.0.iter().find(|(chord, _)| chord.0.starts_with(keys))) {
            Some((_, action)) => Match::Elsewhere(&action.entry().places[0], *action),
            None => Match::Nothing,
        }
    }

    /// The chords of an action; the first is the one that is shown.
    pub fn chords(&self, action: Action) -> impl Iterator<Item = &Chord> {
        self.0
            .iter()
            .filter(move |bound| bound.1 == action)
            .map(|bound| &bound.0)
    }

    /// The key that is shown for an action; empty if it has none.
    pub fn key(&self, action: Action) -> String {
        self.chords(action)
            .next()
            .map(Chord::to_string)
            .unwrap_or_default()
    }

    /// All its keys, for the help.
    pub fn all(&self, action: Action) -> String {
        let chords: Vec<String> = self.chords(action).map(Chord::to_string).collect();
        chords.join("  ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::PLACES;
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        text.parse::<Chord>().unwrap().0
    }

    #[test]
    fn every_key_of_the_table_reaches_its_action_everywhere_it_counts() {
        for entry in &ACTIONS {
            for text in entry.keys {
                for &place in entry.places {
                    assert_eq!(
                        Keymap::default().lookup(place, &keys(text)),
                        Match::Action(entry.action),
                        "{text} {place:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_key_means_two_things_at_one_place_and_none_hides_a_longer_one() {
        for place in PLACES {
            let keymap = Keymap::default();
            let here: Vec<_> = keymap
                .0
                .iter()
                .filter(|(_, action)| action.entry().places.contains(&place))
                .collect();
            for (i, (chord, action)) in here.iter().enumerate() {
                for (other, other_action) in &here[i + 1..] {
                    assert!(
                        !chord.0.starts_with(&other.0) && !other.0.starts_with(&chord.0),
                        "{chord} is both {action:?} and {other_action:?} at {place:?}",
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_key_of_a_chord_waits_for_the_second() {
        let keymap = Keymap::default();
        assert_eq!(keymap.lookup(Place::Pool, &keys("g")), Match::Pending);
        assert_eq!(
            keymap.lookup(Place::Pool, &keys("g g")),
            Match::Action(Action::First)
        );
        assert_eq!(keymap.lookup(Place::Pool, &keys("g x")), Match::Nothing);
        assert_eq!(
            keymap.lookup(Place::Log, &keys("s")),
            Match::Elsewhere(&Place::Pools, Action::Start)
        );
        assert_eq!(
            keymap.lookup(Place::Pool, &keys("Ctrl-a")),
            Match::Elsewhere(&Place::Typing, Action::StopTyping)
        );
        assert_eq!(keymap.lookup(Place::Log, &keys("v")), Match::Nothing);
    }
}
