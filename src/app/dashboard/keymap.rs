//! From keys to actions.

use super::action::{ACTIONS, Action, Entry, Place};
use super::key::{Chord, Key};
use std::sync::LazyLock;

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

/// The table's keys, parsed.
static CHORDS: LazyLock<Vec<(Chord, &'static Entry)>> = LazyLock::new(|| {
    ACTIONS
        .iter()
        .flat_map(|entry| entry.keys.iter().map(move |keys| (keys, entry)))
        // A key that does not parse would be lost here; the test below would miss it.
        .filter_map(|(keys, entry)| Some((keys.parse().ok()?, entry)))
        .collect()
});

/// What `keys` mean at `place`.
pub fn lookup(place: Place, keys: &[Key]) -> Match {
    let here = || CHORDS.iter().filter(|(_, entry)| entry.places.contains(&place));
    if let Some((_, entry)) = here().find(|(chord, _)| chord.0 == keys) {
        return Match::Action(entry.action);
    }
    if here().any(|(chord, _)| chord.0.starts_with(keys)) {
        return Match::Pending;
    }
    let elsewhere = CHORDS.iter().find(|(chord, _)| chord.0 == keys);
    // Of a chord that counts elsewhere only, the first key is what is pressed.
    match elsewhere.or_else(|| CHORDS.iter().find(|(chord, _)| chord.0.starts_with(keys))) {
        Some((_, entry)) => Match::Elsewhere(&entry.places[0], entry.action),
        None => Match::Nothing,
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
                        lookup(place, &keys(text)),
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
            let here: Vec<_> = CHORDS
                .iter()
                .filter(|(_, entry)| entry.places.contains(&place))
                .collect();
            for (i, (chord, entry)) in here.iter().enumerate() {
                for (other, other_entry) in &here[i + 1..] {
                    assert!(
                        !chord.0.starts_with(&other.0) && !other.0.starts_with(&chord.0),
                        "{chord} is both {:?} and {:?} at {place:?}",
                        entry.action,
                        other_entry.action,
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_key_of_a_chord_waits_for_the_second() {
        assert_eq!(lookup(Place::Pool, &keys("g")), Match::Pending);
        assert_eq!(lookup(Place::Pool, &keys("g g")), Match::Action(Action::First));
        assert_eq!(lookup(Place::Pool, &keys("g x")), Match::Nothing);
        assert_eq!(
            lookup(Place::Log, &keys("s")),
            Match::Elsewhere(&Place::Pools, Action::Start)
        );
        assert_eq!(
            lookup(Place::Pool, &keys("Ctrl-a")),
            Match::Elsewhere(&Place::Typing, Action::StopTyping)
        );
        assert_eq!(lookup(Place::Log, &keys("v")), Match::Nothing);
    }
}
