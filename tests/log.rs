//! The log screen, with lines of the program's own.
#![cfg(feature = "tui")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskpool_tui::app::dashboard::{Msg, State, update};
use taskpool_tui::app::view::View;
use taskpool_tui::ui::{Theme, layer, picture};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The log is one for the whole program: whoever looks at its lines does so alone.
fn alone() -> MutexGuard<'static, bool> {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut installed, true) {
        let layer = layer().expect("it is made once");
        tracing_subscriber::registry().with(layer).init();
        // So that a flood is one on any machine.
        tui_logger::set_hot_buffer_depth(8);
    }
    installed
}

#[test]
fn f213_a_flood_of_lines_is_bounded_and_what_was_lost_is_said() {
    let _alone = alone();
    // Far more than are moved to the log at once.
    for line in 0..1_000_000 {
        tracing::info!(target: "flood", line);
    }
    tui_logger::move_events();
    let mut state = State::default();
    update(&mut state, Msg::View(Arc::new(View::default())));
    update(&mut state, Msg::Key("5".parse().expect("a key")));
    let picture = picture(&mut state, Theme::default(), (140, 12_000));
    let text: Vec<&str> = picture
        .content()
        .iter()
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    let text = text.concat();
    let kept = text.matches("line=").count();
    assert!((8..=10_000).contains(&kept), "{kept}");
    // The newest is there, and where some are missing it says how many.
    assert!(text.contains("line=999999"), "{kept}");
    let lost = text.matches("events lost, 8 recorded out of").count();
    assert!(lost > 0, "{kept} kept");
}

#[test]
fn lines_are_shown_with_time_level_and_place() -> anyhow::Result<()> {
    let _alone = alone();
    tracing::info!(target: "taskpool_tui::session", pool = "fetch", "started");
    tracing::error!(target: "taskpool_tui::session", "no such program: {}", "words and words ".repeat(20));
    tracing::warn!(target: "taskpool_tui::session", "a name from elsewhere: \u{202e}gnp\u{1b}]0;title\u{7}");
    tui_logger::move_events();

    let mut state = State::default();
    update(&mut state, Msg::View(Arc::new(View::default())));
    update(&mut state, Msg::Key("5".parse()?));
    let mut texts = Vec::new();
    for size in [(140, 40), (80, 24), (40, 8)] {
        let picture = picture(&mut state, Theme::default(), size);
        let cells: Vec<&str> = picture
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        texts.push(
            cells
                .chunks(size.0.into())
                .map(<[&str]>::concat)
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    let [wide, middle, narrow] = &texts[..] else {
        unreachable!()
    };
    assert!(
        wide.contains("INFO  taskpool_tui::session started  pool=fetch"),
        "{wide}"
    );
    assert!(
        wide.contains("ERROR taskpool_tui::session no such program: words and words"),
        "{wide}"
    );
    assert!(wide.contains("▸ Log") && wide.contains(" Targets "), "{wide}");
    assert!(middle.contains(" INFO  started  pool=fetch"), "{middle}");
    assert!(
        wide.contains("a name from elsewhere: ") && !wide.contains(['\u{202e}', '\u{1b}', '\u{7}']),
        "{wide}"
    );
    assert!(narrow.contains("words and words"), "{narrow}");
    // Letters stand for the levels that are shown, and dots for the others, whatever the colours.
    assert!(wide.contains("EWID· taskpool_tui::session"), "{wide}");
    for size in (0..60).flat_map(|width| (0..30).map(move |height| (width, height))) {
        picture(&mut state, Theme::default(), size);
    }
    Ok(())
}
