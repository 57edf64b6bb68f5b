//! What holds of every screen, overlay and empty state: it needs no colour and no more than ASCII, and a large terminal
//! is made use of.

use super::common::{busy, closing, fresh, pools};
use super::{PREVIEW, SIZES, explained, found, in_terminal, merged, state, text, warned};
use ratatui::style::Color;
use taskpool_tui::app::status::{LOOKS, Status};
use taskpool_tui::app::view::View;
use taskpool_tui::ui::{Theme, picture};

const LARGE: (u16, u16) = (220, 60);

/// The six screens, by their names.
fn screens() -> Vec<(&'static str, View, &'static str)> {
    vec![
        ("pools", pools(), ""),
        ("pool", busy(), "2 k k"),
        ("task", busy(), "2 k k Enter"),
        ("timeline", busy(), "4"),
        ("log", busy(), "5"),
        ("warnings", warned(), "6"),
    ]
}

/// A view, and the keys that lead there.
type Situation = (fn() -> View, &'static str);

fn nothing_found() -> View {
    let mut view = busy();
    if let Some(pool) = &mut view.pool {
        (pool.tasks_total, pool.tasks) = (0, Vec::new());
    }
    view
}

fn nothing_configured() -> View {
    View {
        title: "empty.toml".into(),
        ..View::default()
    }
}

/// Everything that a screen can show.
fn situations() -> Vec<(View, &'static str)> {
    let screens = screens().into_iter().map(|(_, view, keys)| (view, keys));
    let panes: &[Situation] = &[
        (busy, "2 Shift-Tab j j"),
        (busy, "2 k k Tab Tab z"),
        (found, "2 k k Tab Tab / r e d Enter & N"),
        (merged, "2 k k Tab Tab m"),
        (|| in_terminal("one\r\n\x1b[31mtwo\x1b[0m"), "2 k k i"),
        (busy, "4 j j j ← ← ["),
        (warned, "6 G"),
        (busy, "2 f"),
    ];
    let overlays: &[Situation] = &[
        (busy, "2 ?"),
        (busy, "2 ? G"),
        (busy, "2 ? / q q q"),
        (busy, "2 k :"),
        (pools, ": q q"),
        (busy, "2 k k X"),
        (busy, "2 Ctrl-x f e"),
        (busy, "S 3"),
        (busy, "2 / o k Space s t a t e : b a d"),
        (busy, "2 , G k k Space k"),
        (explained, "2 Shift-Tab j w"),
        (explained, "2 k w"),
        (busy, "2 g"),
        (busy, "q"),
        (closing, "2 q y"),
        (closing, "2 q y Esc"),
    ];
    let empty: &[Situation] = &[
        (View::default, ""),
        (nothing_configured, ""),
        (fresh, "2"),
        (fresh, "3"),
        (fresh, "4"),
        (busy, "6"),
        (nothing_found, "2 / s t a t e : o k Enter"),
    ];
    let others = panes.iter().chain(overlays).chain(empty);
    screens
        .chain(others.map(|(view, keys)| (view(), *keys)))
        .collect()
}

fn sizes() -> impl Iterator<Item = (u16, u16)> {
    SIZES.into_iter().chain([LARGE])
}

#[test]
fn without_colour_the_same_is_told() {
    let plain = Theme {
        colour: false,
        ..Theme::default()
    };
    for (view, keys) in situations() {
        for size in sizes() {
            let mut state = state(&view, keys, &PREVIEW, size);
            let shown = picture(&mut state, plain, size);
            for cell in shown.content() {
                assert_eq!(
                    (cell.fg, cell.bg),
                    (Color::Reset, Color::Reset),
                    "{keys} {size:?}: {cell:?}"
                );
            }
            let coloured = picture(&mut state, Theme::default(), size);
            let (shown, coloured) = (text(&shown), text(&coloured));
            assert_eq!(shown.chars().count(), coloured.chars().count(), "{keys} {size:?}");
            for (plain, coloured) in shown.chars().zip(coloured.chars()) {
                // In a bar the signs tell what otherwise the colours do.
                let of_a_bar = "✗⊘▁▂▃▄▅▆▇█".contains(plain) && "━▁▂▃▄▅▆▇█".contains(coloured);
                assert!(
                    plain == coloured || of_a_bar,
                    "{keys} {size:?}: {plain} {coloured}"
                );
            }
        }
    }
}

#[test]
fn without_colour_a_state_has_its_word_and_its_sign() {
    for ascii in [false, true] {
        let theme = Theme {
            colour: false,
            ascii,
            ..Theme::default()
        };
        for look in LOOKS.iter().filter(|look| look.status != Status::Queued) {
            let mut view = busy();
            for task in &mut view.pool.as_mut().unwrap().tasks {
                task.status = look.status;
            }
            let size = (80, 24);
            let mut state = state(&view, "2", &[], size);
            let shown = text(&picture(&mut state, theme, size));
            let sign = if ascii { look.letter } else { look.glyph };
            let told = format!("{sign} {}", look.word);
            assert!(shown.contains(&told), "{told}:\n{shown}");
        }
    }
}

#[test]
fn ascii_is_enough() {
    let theme = Theme {
        colour: false,
        ascii: true,
        ..Theme::default()
    };
    for (view, keys) in situations() {
        for size in sizes() {
            let mut state = state(&view, keys, &PREVIEW, size);
            let shown = text(&picture(&mut state, theme, size));
            assert!(shown.is_ascii(), "{keys} {size:?}:\n{shown}");
        }
    }
    let help = ("help", busy(), "2 ? G");
    for (name, view, keys) in screens().into_iter().chain([help]) {
        let mut state = state(&view, keys, &[], (80, 24));
        let shown = text(&picture(&mut state, theme, (80, 24)));
        insta::assert_snapshot!(format!("ascii_{name}"), shown);
    }
}

#[test]
fn a_large_terminal_is_made_use_of() {
    for (name, view, keys) in screens() {
        let mut state = state(&view, keys, &[], LARGE);
        let shown = text(&picture(&mut state, Theme::default(), LARGE));
        insta::assert_snapshot!(format!("{name}_{}x{}", LARGE.0, LARGE.1), shown);
    }
}
