//! The program's own log: tui-logger's widgets, and the layer that feeds them.

use super::draw::Cx;
use super::layout::{Areas, split_left};
use super::theme::Role;
use crate::app::dashboard::LogMove;
use crate::app::status::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;
use tui_logger::{
    LevelFilter, TuiLoggerLevelOutput, TuiLoggerTargetWidget, TuiLoggerWidget, TuiTracingSubscriberLayer,
    TuiWidgetEvent, TuiWidgetState,
};

/// How many lines may come between two moves to the log, which are 10 ms apart; more are dropped.
const BURST: usize = 20_000;
/// How many lines are kept.
const KEPT: usize = 10_000;

/// The tracing layer that fills the log screen; its buffers, and a thread that moves lines into them, are
/// made with it. Install it once, beside whatever else listens, and give it what the log should be about: the
/// program and its pools, not the output of tasks.
///
/// # Errors
/// The thread could not be started.
pub fn layer<S>() -> anyhow::Result<impl Layer<S>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    tui_logger::init_logger(LevelFilter::Trace)
        .map_err(|error| anyhow::anyhow!("the log screen: {error}"))?;
    tui_logger::set_hot_buffer_depth(BURST);
    tui_logger::set_buffer_depth(KEPT);
    Ok(TuiTracingSubscriberLayer)
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

/// The screen: the targets, if there is room, and the lines.
pub(super) fn draw(buf: &mut Buffer, area: Rect, areas: &Areas, cx: &Cx<'_>) {
    let targets = if area.width >= 72 {
        (area.width / 4).min(40)
    } else {
        0
    };
    let (left, right) = split_left(area, targets);
    let (left, right) = if cx.state.no_log_targets {
        (Rect::ZERO, area)
    } else {
        (left, right)
    };
    if !left.is_empty() {
        TuiLoggerTargetWidget::default()
            .block(cx.theme.pane("Targets", false, areas.flat))
            .style(cx.style(Role::Text))
            .style_show(cx.style(Role::Focus))
            .style_hide(cx.style(Role::Dim))
            .style_off(cx.style(Role::Dim))
            .highlight_style(cx.style(Role::Cursor))
            .state(cx.log)
            .render(left, buf);
    }
    let level = |role| -> Style { cx.style(role) };
    TuiLoggerWidget::default()
        .block(cx.theme.pane("Log", true, areas.flat))
        .output_separator(' ')
        .output_timestamp(Some("%H:%M:%S%.3f".to_owned()))
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_target(right.width >= 90)
        .output_file(false)
        .output_line(false)
        .style(level(Role::Text))
        .style_error(level(Role::Error))
        .style_warn(level(Role::Warning))
        .style_info(level(Role::Status(Status::Ok)))
        .style_debug(level(Role::Dim))
        .style_trace(level(Role::Dim))
        .state(cx.log)
        .render(right, buf);
}
