//! The program's own log: tui-logger's widgets, and the layer that feeds them.

use super::draw::Cx;
use super::layout::{Areas, split_left};
use super::text::wrap_words;
use super::theme::{Role, Theme};
use crate::app::clean::Clean;
use crate::app::dashboard::{LogMove, Zone};
use crate::app::status::Status;
use anyhow::Context as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Padding, Widget};
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tui_logger::{
    Drain, ExtLogRecord, LevelFilter, LogFormatter, TuiLoggerTargetWidget, TuiLoggerWidget, TuiWidgetEvent,
    TuiWidgetState,
};

/// How many lines may come between two moves to the log; more are dropped.
const BURST: usize = 20_000;
/// How far apart those are at least.
const MOVES: Duration = Duration::from_millis(10);
/// How many lines are kept.
const KEPT: usize = 10_000;

/// The tracing layer that fills the log screen; its buffers, and a thread that moves lines into them, are
/// made with it. Install it once, beside whatever else listens, and give it what the log should be about: the
/// program and its pools, not the output of tasks. To be made by the thread that will draw, before tasks run: from
/// here on panics of other threads go to this log, and not to a terminal that is about to become the screen.
///
/// # Errors
/// The thread could not be started.
pub fn layer<S: tracing::Subscriber>() -> anyhow::Result<impl Layer<S>> {
    super::terminal::expect();
    // Its own thread would wake up a hundred times a second, whether there is something to do or not.
    let mover = thread::Builder::new()
        .name("taskpool-log".to_owned())
        .spawn(|| {
            loop {
                thread::park();
                tui_logger::move_events();
                thread::sleep(MOVES);
            }
        })
        .context("the log screen")?;
    tui_logger::set_default_level(LevelFilter::Debug);
    tui_logger::set_hot_buffer_depth(BURST);
    tui_logger::set_buffer_depth(KEPT);
    Ok(Lines {
        drain: Drain::new(),
        mover: mover.thread().clone(),
    })
}

/// Makes a line of each event, and tells the screen that there is something new to draw.
struct Lines {
    drain: Drain,
    /// Moves the lines to where they are drawn from.
    mover: Thread,
}

static NEWS: Notify = Notify::const_new();

/// How many errors were logged, and how many of them by the time at which the log was shown last.
static ERRORS: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);

/// How many errors have come since the log was shown last.
pub(super) fn unseen_errors() -> u64 {
    ERRORS
        .load(Ordering::Relaxed)
        .saturating_sub(SEEN.load(Ordering::Relaxed))
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let meta = event.metadata();
        let level = match *meta.level() {
            tracing::Level::ERROR => {
                ERRORS.fetch_add(1, Ordering::Relaxed);
                log::Level::Error
            }
            tracing::Level::WARN => log::Level::Warn,
            tracing::Level::INFO => log::Level::Info,
            tracing::Level::DEBUG => log::Level::Debug,
            tracing::Level::TRACE => log::Level::Trace,
        };
        self.drain.log(
            &log::Record::builder()
                .args(format_args!("{text}"))
                .level(level)
                .target(meta.target())
                .build(),
        );
        self.mover.unpark();
        NEWS.notify_one();
    }
}

/// What an event says: its message, and behind it its fields in the order in which they were written.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // A text of several words would look like several fields.
        if field.name() == "message" || !value.is_empty() && !value.contains(char::is_whitespace) {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message.is_empty(), self.fields.is_empty()) {
            (true, _) => f.write_str(self.fields.trim_start()),
            (false, true) => f.write_str(&self.message),
            (false, false) => write!(f, "{} {}", self.message, self.fields),
        }
    }
}

/// Waits until lines have come since the last time.
pub(super) async fn news() {
    NEWS.notified().await;
}

/// Carries out a move.
pub(super) fn go(state: &TuiWidgetState, step: LogMove) {
    state.transition(match step {
        LogMove::Up => TuiWidgetEvent::UpKey,
        LogMove::Down => TuiWidgetEvent::DownKey,
        LogMove::Less => TuiWidgetEvent::LeftKey,
        LogMove::More => TuiWidgetEvent::RightKey,
        LogMove::PageUp => TuiWidgetEvent::PrevPageKey,
        LogMove::PageDown => TuiWidgetEvent::NextPageKey,
        LogMove::Follow => TuiWidgetEvent::EscapeKey,
        LogMove::Targets => TuiWidgetEvent::HideKey,
    });
}

/// Brings lines that have come into what is drawn, without waiting for the thread that does so.
pub(super) fn fetch() {
    tui_logger::move_events();
}

/// The screen: the targets, if there is room, and the lines.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) {
    let targets = if area.width >= 72 {
        (area.width / 4).min(40)
    } else {
        0
    };
    let (left, right) = split_left(area, targets);
    let focused = cx.state.log_targets;
    let (left, right) = match (cx.state.no_log_targets, left.is_empty()) {
        (true, _) => (Rect::ZERO, area),
        // What has the keys is shown.
        (false, true) if focused => (area, Rect::ZERO),
        (false, _) => (left, right),
    };
    if !left.is_empty() {
        TuiLoggerTargetWidget::default()
            // It writes one cell further than its inside.
            .block(
                cx.theme
                    .pane("Targets", focused, areas.flat)
                    .padding(Padding::right(1)),
            )
            .style(cx.style(Role::Text))
            .style_show(cx.style(Role::Focus).add_modifier(SHOWN))
            .style_hide(cx.style(Role::Dim))
            .style_off(cx.style(Role::Dim))
            .highlight_style(cx.style(Role::Cursor))
            .state(cx.log)
            .render(left, buf);
        apart(buf, areas.inner(left));
    }
    if right.is_empty() {
        return;
    }
    SEEN.store(ERRORS.load(Ordering::Relaxed), Ordering::Relaxed);
    cx.zones.text(areas.inner(right), Zone::Log);
    TuiLoggerWidget::default()
        .block(cx.theme.pane("Log", !focused, areas.flat))
        .formatter(Box::new(Formatter(cx.theme)))
        .style(cx.style(Role::Text))
        .state(cx.log)
        .render(right, buf);
}

/// What marks the letter of a level that is shown; the others differ by their shape, too.
const SHOWN: Modifier = Modifier::BOLD;

/// The levels of each target that are shown, and its name: the widget writes `EWIDT:pool::task`, whatever is shown.
fn apart(buf: &mut Buffer, targets: Rect) {
    let x = targets.x + LEVELS;
    for y in targets.top()..targets.bottom() {
        for x in targets.x..x {
            let hidden = |cell: &&mut Cell| cell.symbol() != " " && !cell.modifier.contains(SHOWN);
            if let Some(cell) = buf.cell_mut((x, y)).filter(hidden) {
                cell.set_symbol("·");
            }
        }
        if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| cell.symbol() == ":") {
            cell.set_symbol(" ");
        }
    }
}

/// The letters of the levels, `EWIDT`.
const LEVELS: u16 = 5;

/// How a line looks: time, level, where it is from, what it says. What it says may come from anywhere, so it
/// is made safe to show here.
struct Formatter(Theme);

impl LogFormatter for Formatter {
    fn min_width(&self) -> u16 {
        8
    }

    fn format(&self, width: usize, record: &ExtLogRecord) -> Vec<Line<'_>> {
        let dim = self.0.style(Role::Dim);
        let (level, role, text) = match record.level.to_level_filter() {
            LevelFilter::Error => ("ERROR", Role::Error, Role::Text),
            LevelFilter::Warn => ("WARN ", Role::Warning, Role::Text),
            LevelFilter::Info => ("INFO ", Role::Status(Status::Ok), Role::Text),
            LevelFilter::Debug => ("DEBUG", Role::Dim, Role::Dim),
            LevelFilter::Trace | LevelFilter::Off => ("TRACE", Role::Dim, Role::Dim),
        };
        let mut head = vec![Span::styled(level, self.0.style(role)), Span::raw(" ")];
        if width >= 50 {
            let time = record.timestamp.strftime("%H:%M:%S%.3f ").to_string();
            head.insert(0, Span::styled(time, dim));
        }
        if width >= 90 {
            head.push(Span::styled(format!("{} ", Clean::from(record.target())), dim));
        }
        let indent: usize = head.iter().map(Span::width).sum();
        let message = Clean::from(record.msg().trim());
        let mut lines = Vec::new();
        for part in wrap_words(&message, width.saturating_sub(indent)) {
            let mut spans = std::mem::take(&mut head);
            if spans.is_empty() {
                spans.push(Span::raw(" ".repeat(indent)));
            }
            spans.push(Span::styled(part.to_owned(), self.0.style(text)));
            lines.push(Line::from(spans));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Seen {
        fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
            let mut text = Text::default();
            event.record(&mut text);
            self.0.lock().unwrap().push(text.to_string());
        }
    }

    #[test]
    fn the_message_comes_first_and_the_fields_in_their_order() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(pool = %"kitchen", group = "dishes", "created");
            tracing::info!(why = "no more slots", num = 3, "refused: {}", 7);
            tracing::info!("alone");
            tracing::info!(only = ?Some(1));
        });
        assert_eq!(
            *seen.0.lock().unwrap(),
            [
                "created  pool=kitchen group=dishes",
                "refused: 7  why=\"no more slots\" num=3",
                "alone",
                "only=Some(1)"
            ]
        );
    }
}
