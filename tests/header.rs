//! The first line of the screen, at any width.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]
#![expect(dead_code, reason = "other tests use more of what they share")]

mod common;

use std::collections::HashSet;
use std::sync::Arc;
use taskpool_tui::app::Modes;
use taskpool_tui::app::dashboard::{Chord, Msg, State, update};
use taskpool_tui::app::view::View;
use taskpool_tui::ui::{Theme, picture};

/// The first line of a dashboard that shows this.
fn first_line(view: &View, modes: Modes, keys: &str, width: u16) -> String {
    let mut state = State::careful(modes);
    update(&mut state, Msg::View(Arc::new(view.clone())));
    for key in keys.parse::<Chord>().unwrap().0 {
        update(&mut state, Msg::Key(key));
    }
    let buf = picture(&mut state, Theme::default(), (width, 24));
    let row = buf.content.iter().take(usize::from(width));
    row.map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn the_parts_of_the_header_never_touch() {
    let read_only = Modes {
        read_only: true,
        ..Modes::default()
    };
    let mut warned = common::busy();
    warned.warnings.active = 12;
    let mut long = warned.clone();
    long.pools[0].name = "a pool with a long name".into();
    long.pool.as_mut().unwrap().name = "a pool with a long name".into();
    long.title = "a config with a long name.toml".into();
    for view in [common::busy(), warned, long, common::fresh(), View::default()] {
        for modes in [Modes::default(), read_only] {
            for keys in ["1", "2", "4", "5"] {
                let whole = first_line(&view, modes, keys, 300);
                let words: HashSet<&str> = whole
                    .split_whitespace()
                    .map(|word| word.trim_end_matches([':', ',']))
                    .collect();
                for width in 10..=140 {
                    let line = first_line(&view, modes, keys, width);
                    if width < 20 {
                        assert!(line.trim() == "< 20x5", "{width}: {line:?}");
                        continue;
                    }
                    assert!(line.starts_with(' ') && line.ends_with(' '), "{width}: {line:?}");
                    for word in line.split_whitespace() {
                        // The name alone may be cut.
                        let word = word.trim_end_matches([':', ',']);
                        // A bar has the length that fits.
                        if word.chars().all(|c| "━╍─".contains(c)) {
                            continue;
                        }
                        let cut = word.strip_suffix('…');
                        let known = cut.map_or(words.contains(word), |cut| whole.contains(cut));
                        assert!(known, "{width}: {word:?} in {line:?}, which is {whole:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_matters_most_stays_longest() {
    let read_only = Modes {
        read_only: true,
        ..Modes::default()
    };
    let at = |width| first_line(&common::busy(), read_only, "2", width);
    assert!(at(30).contains("READ ONLY"), "{}", at(30));
    let at = |width| first_line(&common::busy(), Modes::default(), "2", width);
    assert!(at(30).contains("00:04:12"), "{}", at(30));
    assert!(at(40).contains("14/14"), "{}", at(40));
    assert!(at(20).contains("fetch"), "{}", at(20));
}

#[test]
fn the_three_counts_always_stand_in_the_header_of_a_pool() {
    let mut view = common::busy();
    let row = &mut view.pools[0];
    row.cancelling = 3;
    row.apart = taskpool_tui::app::status::APART
        .into_iter()
        .map(|status| (status, 2))
        .collect();
    let read_only = Modes {
        read_only: true,
        ..Modes::default()
    };
    for modes in [Modes::default(), read_only] {
        for width in 60..=220 {
            let line = first_line(&view, modes, "2", width);
            for word in [" running", " cancelled", " ended"] {
                assert!(line.contains(word), "{width}: {word:?} in {line:?}");
            }
        }
    }
    // Where there is room, what running tasks are shown as stands there in words.
    let line = first_line(&view, Modes::default(), "2", 220);
    assert!(
        line.contains("timing out") && line.contains("cancelling"),
        "{line:?}"
    );
}
