//! The log screen, with lines of the program's own.
#![cfg(feature = "tui")]

use std::sync::Arc;
use taskpool_tui::app::dashboard::{Msg, State, update};
use taskpool_tui::app::view::View;
use taskpool_tui::ui::{Theme, layer, picture};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[test]
fn lines_are_shown_with_time_level_and_place() -> anyhow::Result<()> {
    tracing_subscriber::registry().with(layer()?).try_init()?;
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
    for size in (0..60).flat_map(|width| (0..30).map(move |height| (width, height))) {
        picture(&mut state, Theme::default(), size);
    }
    Ok(())
}
