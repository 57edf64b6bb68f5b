//! From keys to actions.

use super::action::{ACTIONS, Action, PLACES, Place};
use super::key::{Chord, Code, Key};
use super::preset::Preset;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// What must keep a key: without these nobody could leave, answer or find out how.
pub const KEPT: [Action; 8] = [
    Action::Interrupt,
    Action::Help,
    Action::Quit,
    Action::Yes,
    Action::Keep,
    Action::Accept,
    Action::Back,
    Action::StopTyping,
];

/// The keys that an action is to have instead of its usual ones; none unbinds it.
pub type Bind = (Action, Vec<Chord>);

/// Why keys cannot be bound like this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clash {
    /// Two actions have the same keys at one place.
    Twice {
        /// The keys.
        chord: Chord,
        /// The action that was bound first.
        first: Action,
        /// The other one.
        second: Action,
        /// Where.
        place: Place,
    },
    /// Keys of one action begin those of another, which could never be pressed.
    Hides {
        /// The shorter keys.
        chord: Chord,
        /// What they mean.
        action: Action,
        /// The longer ones.
        hidden: Chord,
        /// What these mean.
        other: Action,
        /// Where.
        place: Place,
    },
    /// A character that could not be typed any more.
    Types {
        /// The key.
        chord: Chord,
        /// What it would mean.
        action: Action,
    },
    /// An action that has to have a key has none.
    Lost(Action),
}

impl Clash {
    /// The actions that it is about.
    pub fn actions(&self) -> Vec<Action> {
        match self {
            Clash::Twice { first, second, .. } => vec![*first, *second],
            Clash::Hides { action, other, .. } => vec![*action, *other],
            Clash::Types { action, .. } | Clash::Lost(action) => vec![*action],
        }
    }
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clash::Twice {
                chord,
                first,
                second,
                place,
            } => write!(
                f,
                "{chord} would be both `{}` and `{}` (in the place `{}`)",
                first.word(),
                second.word(),
                place.word()
            ),
            Clash::Hides {
                chord,
                action,
                hidden,
                other,
                place,
            } => write!(
                f,
                "{chord} for `{}` would hide {hidden} for `{}` (in the place `{}`)",
                action.word(),
                other.word(),
                place.word()
            ),
            Clash::Types { chord, action } => write!(
                f,
                "{chord} for `{}` could not be typed any more where text is typed",
                action.word()
            ),
            Clash::Lost(action) => write!(f, "`{}` has to have a key", action.word()),
        }
    }
}

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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Keymap(Arc<Vec<(Chord, Action)>>);

impl Default for Keymap {
    /// The keys of the table.
    fn default() -> Self {
        static USUAL: LazyLock<Keymap> = LazyLock::new(|| Keymap::of(Preset::Default));
        USUAL.clone()
    }
}

impl Keymap {
    /// The keys of a preset.
    pub fn of(preset: Preset) -> Keymap {
        Keymap::with(preset, &[], &[])
    }

    /// The keys of a preset with others for some actions: those of `weak`, and over these those of `strong`. What
    /// is bound more strongly takes a key from what is bound less strongly, at every place that they share.
    pub fn with(preset: Preset, weak: &[Bind], strong: &[Bind]) -> Keymap {
        let usual = ACTIONS.iter().map(|entry| {
            // A key that does not parse would be lost here; a test would miss it.
            let keys = preset.keys(entry.action).iter();
            (entry.action, keys.filter_map(|keys| keys.parse().ok()).collect())
        });
        let usual: Vec<Bind> = usual.collect();
        let in_any = |layers: &[&[Bind]], action: Action| {
            let mut all = layers.iter().flat_map(|layer| layer.iter());
            all.any(|(bound, _)| *bound == action)
        };
        let mut kept: Vec<(Chord, Action)> = Vec::new();
        for (at, layer) in [strong, weak, usual.as_slice()].into_iter().enumerate() {
            let stronger = &[strong, weak][..at.min(2)];
            let before = kept.clone();
            for (action, chords) in layer.iter().filter(|(action, _)| !in_any(stronger, *action)) {
                let free = chords.iter().filter(|chord| {
                    !before
                        .iter()
                        .any(|(taken, other)| shared(*action, *other).is_some() && touch(taken, chord))
                });
                kept.extend(free.map(|chord| (chord.clone(), *action)));
            }
        }
        // In the order of the table, which is that of the help.
        kept.sort_by_key(|(_, action)| ACTIONS.iter().position(|entry| entry.action == *action));
        Keymap(Arc::new(kept))
    }

    /// What is wrong with the keys of a preset with others for some actions, none of which gives way.
    pub fn clashes(preset: Preset, binds: &[Bind]) -> Vec<Clash> {
        let usual = ACTIONS
            .iter()
            .filter(|entry| binds.iter().all(|(bound, _)| *bound != entry.action))
            .map(|entry| {
                let keys = preset.keys(entry.action).iter();
                (entry.action, keys.filter_map(|keys| keys.parse().ok()).collect())
            });
        let all: Vec<Bind> = usual.chain(binds.iter().cloned()).collect();
        let bound = all
            .iter()
            .flat_map(|(action, chords)| chords.iter().map(|chord| (chord.clone(), *action)));
        Keymap(Arc::new(bound.collect())).problems()
    }

    /// What is wrong with these keys: nothing, or nobody could press some of them.
    pub fn problems(&self) -> Vec<Clash> {
        let mut found = Vec::new();
        for (i, (chord, action)) in self.0.iter().enumerate() {
            let typed = [Place::Text, Place::Form];
            let typed = action.entry().places.iter().any(|place| typed.contains(place));
            if typed && chord.0[0].typed().is_some() {
                found.push(Clash::Types {
                    chord: chord.clone(),
                    action: *action,
                });
            }
            for (other_chord, other) in &self.0[i + 1..] {
                let Some(place) = shared(*action, *other).filter(|_| touch(chord, other_chord)) else {
                    continue;
                };
                found.push(match chord.0.len().cmp(&other_chord.0.len()) {
                    std::cmp::Ordering::Equal => Clash::Twice {
                        chord: chord.clone(),
                        first: *action,
                        second: *other,
                        place,
                    },
                    std::cmp::Ordering::Less => Clash::Hides {
                        chord: chord.clone(),
                        action: *action,
                        hidden: other_chord.clone(),
                        other: *other,
                        place,
                    },
                    std::cmp::Ordering::Greater => Clash::Hides {
                        chord: other_chord.clone(),
                        action: *other,
                        hidden: chord.clone(),
                        other: *action,
                        place,
                    },
                });
            }
        }
        let lost = KEPT
            .iter()
            .filter(|action| self.chords(**action).next().is_none());
        found.extend(lost.map(|action| Clash::Lost(*action)));
        found
    }

    /// What may follow keys that begin a chord at `place`: the keys that complete it, and what they do.
    pub fn after(&self, place: Place, keys: &[Key]) -> Vec<(Chord, Action)> {
        let counts = |(chord, action): &&(Chord, Action)| {
            chord.0.len() > keys.len() && chord.0.starts_with(keys) && action.entry().places.contains(&place)
        };
        let rest = |(chord, action): &(Chord, Action)| (Chord(chord.0[keys.len()..].to_vec()), *action);
        self.0.iter().filter(counts).map(rest).collect()
    }

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

/// A place where both count.
fn shared(action: Action, other: Action) -> Option<Place> {
    let (here, there) = (action.entry().places, other.entry().places);
    PLACES
        .into_iter()
        .find(|place| here.contains(place) && there.contains(place))
}

/// Whether one is the other, or begins it.
fn touch(one: &Chord, other: &Chord) -> bool {
    one.0.starts_with(&other.0) || other.0.starts_with(&one.0)
}

/// What a terminal sends for a key in place of the key itself, if it cannot send that.
pub fn sent_as(key: Key) -> Option<&'static str> {
    match key.code {
        Code::Char('i') if key.ctrl => Some("Tab"),
        Code::Char('m') if key.ctrl => Some("Enter"),
        Code::Char('[') if key.ctrl => Some("Esc"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
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
    fn every_preset_is_complete_and_without_duplicates() {
        for preset in Preset::ALL {
            assert_eq!(Keymap::clashes(preset, &[]), [], "{}", preset.word());
            assert_eq!(Keymap::of(preset).problems(), [], "{}", preset.word());
            for entry in &ACTIONS {
                let keys = preset.keys(entry.action);
                let parsed = keys.iter().filter(|keys| keys.parse::<Chord>().is_ok());
                assert_eq!(parsed.count(), keys.len(), "{entry:?}");
                assert!(
                    !keys.is_empty() || entry.action == Action::TypePrefix,
                    "{entry:?}"
                );
                for key in keys.iter().flat_map(|keys| keys.parse::<Chord>().unwrap().0) {
                    assert_eq!(sent_as(key), None, "{entry:?}");
                }
            }
        }
        assert_eq!(Keymap::of(Preset::Default), Keymap::default());
    }

    fn bind(action: Action, keys: &[&str]) -> Bind {
        (action, keys.iter().map(|keys| keys.parse().unwrap()).collect())
    }

    fn said(binds: &[Bind]) -> Vec<String> {
        let clashes = Keymap::clashes(Preset::Default, binds);
        clashes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_cannot_be_bound_is_said_with_both_names() {
        assert_eq!(
            said(&[bind(Action::Cancel, &["r"])]),
            ["r would be both `retry` and `cancel` (in the place `pool`)"]
        );
        assert_eq!(
            said(&[bind(Action::Cancel, &["Ctrl-x y"])]),
            ["Ctrl-x for `cancel-all` would hide Ctrl-x y for `cancel` (in the place `pool`)"]
        );
        assert_eq!(
            said(&[bind(Action::Interrupt, &["Q"])]),
            ["Q for `interrupt` could not be typed any more where text is typed"]
        );
        assert_eq!(said(&[bind(Action::Quit, &[])]), ["`quit` has to have a key"]);
        assert_eq!(said(&[bind(Action::CancelGroup, &[])]), Vec::<String>::new());
        // Two that swap their keys.
        assert_eq!(
            said(&[bind(Action::Cancel, &["r"]), bind(Action::Retry, &["x"])]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_bound_more_strongly_takes_the_key() {
        let weak = [bind(Action::Retry, &["K", "V"])];
        let strong = [bind(Action::Cancel, &["K"])];
        let keymap = Keymap::with(Preset::Default, &weak, &strong);
        assert_eq!(keymap.all(Action::Cancel), "K");
        assert_eq!(keymap.all(Action::Retry), "V");
        assert_eq!(keymap.problems(), []);
        // The usual key of another action gives way, too.
        let keymap = Keymap::with(Preset::Default, &[], &[bind(Action::Cancel, &["r"])]);
        assert_eq!(
            (keymap.key(Action::Cancel), keymap.key(Action::Retry)),
            ("r".to_owned(), String::new())
        );
        assert_eq!(
            keymap.lookup(Place::Pool, &keys("r")),
            Match::Action(Action::Cancel)
        );
        assert_eq!(keymap.lookup(Place::Pool, &keys("x")), Match::Nothing);
    }

    #[test]
    fn what_may_follow_a_key_is_known() {
        let keymap = Keymap::default();
        let after: Vec<String> = keymap
            .after(Place::Typing, &keys("Ctrl-a"))
            .iter()
            .map(|(chord, action)| format!("{chord} {}", action.word()))
            .collect();
        assert_eq!(after, ["Esc stop-typing", "Ctrl-a type-prefix"]);
        assert_eq!(keymap.after(Place::Text, &keys("g")), []);
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
        assert_eq!(keymap.lookup(Place::Log, &keys("ü")), Match::Nothing);
    }
}
