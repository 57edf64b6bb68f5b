//! Composition: which widget goes where. Drawing reads the state and changes nothing.

use super::layout::{self, Areas};
use super::theme::{Role, Theme};
use super::zones::Zones;
use super::{
    attention, cells, charts, detail, footer, form, groups, header, help, life, log, output, overlay,
    overview, peers, pools, popup, question, reload, task, tasks, text, timeline, warnings,
};
use crate::app::dashboard::{Overlay, Pane, Rows, Selection, State, Zone};
use crate::app::status::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Scrollbar, ScrollbarOrientation, ScrollbarState, StatefulWidget as _, Widget};
use tui_logger::TuiWidgetState;

/// What every widget reads.
pub(super) struct Cx<'a> {
    pub(super) state: &'a State,
    pub(super) theme: Theme,
    pub(super) log: &'a TuiWidgetState,
    /// What was drawn where, for the mouse.
    pub(super) zones: &'a Zones,
}

impl Cx<'_> {
    pub(super) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A count with the sign of its status, dim while there is nothing to it.
    pub(super) fn counted(&self, status: Status, count: &str, word: &str, bright: bool) -> (String, Style) {
        let space = if word.is_empty() { "" } else { " " };
        let style = self.style(if bright { Role::Status(status) } else { Role::Dim });
        (
            format!("  {} {count}{space}{word}", self.theme.sign(status)),
            style,
        )
    }

    /// Marks the row under the cursor. Its text keeps its colours.
    pub(super) fn under_cursor(&self, buf: &mut Buffer, area: Rect, y: usize) {
        let row = Rect {
            y: area.y.saturating_add(u16::try_from(y).unwrap_or(u16::MAX)),
            height: 1,
            ..area
        };
        for position in row.intersection(area).positions() {
            if let Some(cell) = buf.cell_mut(position) {
                self.theme.under_cursor(cell);
            }
        }
    }

    /// Shows which part of a list is in sight, beside it; nothing where all of it is.
    pub(super) fn scroll_bar(
        &self,
        buf: &mut Buffer,
        area: Rect,
        (first, rows, total): (usize, usize, usize),
    ) {
        if total <= rows || area.is_empty() {
            return;
        }
        let mut place = ScrollbarState::new(total - rows + 1)
            .position(first)
            .viewport_content_length(rows);
        let thumb = if self.theme.ascii { "#" } else { "┃" };
        Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(None)
            .thumb_symbol(thumb)
            .thumb_style(self.style(Role::Focus))
            .render(area, buf, &mut place);
    }

    /// Draws the frame of a pane and gives its inside.
    fn pane(&self, buf: &mut Buffer, areas: &Areas, area: Rect, title: &str, focused: bool) -> Rect {
        let inner = areas.inner(area);
        let block = self.block(title, focused, areas.flat, area);
        block.render(area, buf);
        inner
    }

    /// The same for one that is only read.
    pub(super) fn text_pane(&self, buf: &mut Buffer, areas: &Areas, area: Rect, title: &str) -> Rect {
        let inner = self.pane(buf, areas, area, title, false);
        self.zones.text(inner, Zone::Text);
        inner
    }

    /// One of the panes of the pool's screen.
    fn pool_pane(&self, buf: &mut Buffer, areas: &Areas, area: Rect, title: &str, pane: Pane) -> Rect {
        let inner = self.pane(buf, areas, area, title, self.focused(pane));
        self.zones.add(area, Zone::Pane(pane));
        self.zones.text(inner, Zone::Pane(pane));
        inner
    }

    fn block(&self, title: &str, focused: bool, flat: bool, area: Rect) -> Block<'static> {
        let cells = usize::from(area.width).saturating_sub(5);
        self.theme.pane(&text::fit(title, cells), focused, flat)
    }

    /// Makes the frame of a pane one that warns: keys do what they do nowhere else.
    fn mark_frame(&self, buf: &mut Buffer, area: Rect, inner: Rect) {
        let style = self.style(Role::Warning).add_modifier(Modifier::BOLD);
        for position in area.positions().filter(|position| !inner.contains(*position)) {
            if let Some(cell) = buf.cell_mut(position) {
                cell.set_style(style);
            }
        }
    }

    /// Whether a pane has the keys.
    fn focused(&self, pane: Pane) -> bool {
        self.state.pane == pane && self.state.overlay_is_line()
    }
}

/// Draws the whole screen.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) -> Option<Position> {
    let cursor = match layout::areas(area, cx.state) {
        None => {
            too_small(buf, area, cx);
            None
        }
        Some(areas) => {
            compose(buf, &areas, cx);
            let cursor = overlay::draw(buf, area, &areas, cx).or_else(|| cells::cursor(&areas, cx));
            popup::draw(buf, area, &areas, cx);
            cursor
        }
    };
    cx.theme.finish(buf, area);
    if let Some(selection) = &cx.state.selection() {
        mark(buf, selection);
    }
    cursor
}

/// Marks what is being selected.
fn mark(buf: &mut Buffer, selection: &Selection) {
    for position in selected(selection) {
        if let Some(cell) = buf.cell_mut(position) {
            cell.modifier.toggle(Modifier::REVERSED);
        }
    }
}

fn selected(selection: &Selection) -> impl Iterator<Item = Position> {
    let selection = *selection;
    selection.rows().flat_map(move |y| {
        let columns = selection.columns(y).into_iter();
        columns.flat_map(move |(left, right)| (left..=right).map(move |x| Position::new(x, y)))
    })
}

/// The text that is selected: lines without what is empty at their ends.
pub(super) fn selected_text(buf: &Buffer, selection: &Selection) -> String {
    let mut text = String::new();
    for y in selection.rows() {
        let Some((left, right)) = selection.columns(y) else {
            continue;
        };
        let mut line = String::new();
        let mut x = left;
        while x <= right {
            let Some(cell) = buf.cell(Position::new(x, y)) else {
                break;
            };
            line.push_str(cell.symbol());
            // A wide character covers the cells behind it.
            let cells = u16::try_from(text::width(cell.symbol())).unwrap_or(1);
            x = x.saturating_add(cells.max(1));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line.trim_end());
    }
    text
}

fn compose(buf: &mut Buffer, areas: &Areas, cx: &Cx<'_>) {
    header::draw(buf, areas.header, cx);
    if let Some(area) = areas.tabs {
        header::tabs(buf, area, cx);
    }
    let plain = cx.state.overlay_is_line();
    if let Some(area) = areas.pools {
        let inner = cx.pane(buf, areas, area, &pools::title(cx.state), plain);
        cx.zones.text(inner, Zone::Pools);
        pools::draw(buf, inner, area, cx);
    }
    if let Some(area) = areas.attention {
        let inner = cx.text_pane(buf, areas, area, &attention::title(cx));
        attention::draw(buf, inner, cx);
    }
    if let Some(area) = areas.overview {
        let inner = cx.text_pane(buf, areas, area, &overview::title(cx.state));
        overview::draw(buf, inner, cx);
    }
    if let Some(area) = areas.chart {
        charts::draw(buf, area, areas, cx);
    }
    if let Some(area) = areas.groups {
        let title = groups::title(cx.state, areas.inner(area).height);
        let inner = cx.pool_pane(buf, areas, area, &title, Pane::Groups);
        groups::draw(buf, inner, cx);
        let total = cx.state.pool_view().map_or(0, |pool| pool.groups_total + 1);
        let seen = (cx.state.groups_top, cx.state.rows().groups, total);
        cx.scroll_bar(buf, layout::beside(area, inner, 1), seen);
    }
    if let Some(area) = areas.tasks {
        let title = tasks::title(cx.state, usize::from(area.width).saturating_sub(5));
        let inner = cx.pool_pane(buf, areas, area, &title, Pane::Tasks);
        tasks::draw(buf, inner, cx);
        cx.scroll_bar(buf, layout::beside(area, inner, 1), tasks::in_sight(cx.state));
    }
    if let Some(area) = areas.detail {
        let inner = cx.pool_pane(buf, areas, area, &detail::title(cx.state), Pane::Detail);
        detail::draw(buf, inner, cx);
    }
    if let Some(area) = areas.output {
        let inner = cx.pool_pane(buf, areas, area, &output::title(cx.state), Pane::Output);
        output::draw(buf, inner, cx);
        if cx.state.typing.is_some() {
            cx.mark_frame(buf, area, inner);
        }
    }
    compose_task(buf, areas, cx);
    compose_timeline(buf, areas, cx);
    if let Some(area) = areas.log {
        log::draw(buf, area, areas, cx);
    }
    if let Some(area) = areas.warnings {
        let inner = cx.pane(buf, areas, area, &warnings::title(cx.state), plain);
        cx.zones.text(inner, Zone::Warnings);
        warnings::draw(buf, inner, cx);
        let (top, rows) = (cx.state.warning.top, cx.state.rows().warnings);
        let seen = (top, rows, cx.state.view.warnings.rows.len());
        cx.scroll_bar(buf, layout::beside(area, inner, 1), seen);
    }
    if let Some(area) = areas.about {
        let inner = cx.text_pane(buf, areas, area, &warnings::about_title(cx.state));
        warnings::about(buf, inner, cx);
    }
    if let Some(area) = areas.summary {
        footer::summary(buf, area, cx);
    }
    footer::draw(buf, areas, cx);
}

/// What only the screen of a task has.
fn compose_task(buf: &mut Buffer, areas: &Areas, cx: &Cx<'_>) {
    if let Some(area) = areas.facts {
        let title = task::title(cx.state, cx.theme.ascii);
        let inner = cx.pool_pane(buf, areas, area, &title, Pane::Detail);
        task::draw(buf, inner, cx);
    }
    if let Some(area) = areas.why {
        let inner = cx.text_pane(buf, areas, area, task::why_title(cx.state));
        task::why(buf, inner, cx);
    }
    if let Some(area) = areas.life {
        let inner = cx.text_pane(buf, areas, area, "Phases");
        life::draw(buf, inner, cx);
    }
    if let Some(area) = areas.peers {
        let inner = cx.text_pane(buf, areas, area, &peers::title(cx.state));
        peers::draw(buf, inner, cx);
    }
}

fn compose_timeline(buf: &mut Buffer, areas: &Areas, cx: &Cx<'_>) {
    if let Some(area) = areas.timeline {
        let plain = cx.state.overlay_is_line();
        let inner = cx.pane(buf, areas, area, &timeline::title(cx.state), plain);
        cx.zones.text(inner, Zone::Timeline);
        timeline::draw(buf, inner, cx);
    }
    if let Some(area) = areas.under {
        let inner = cx.text_pane(buf, areas, area, &timeline::under::title(cx.state));
        timeline::under::draw(buf, inner, cx);
    }
}

fn too_small(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let (width, height) = layout::SMALLEST;
    let long = format!("too small: at least {width}x{height} is needed");
    let text = if text::width(&long) <= area.width.into() {
        long
    } else {
        format!("< {width}x{height}")
    };
    text::put(buf, area, &text, cx.style(Role::Warning), text::Side::Left);
}

/// The rows of every list, as this screen has them.
pub(super) fn measure(area: Rect, state: &State) -> Rows {
    let Some(areas) = layout::areas(area, state) else {
        return Rows::default();
    };
    let mut rows = areas.rows(area, state);
    if let Some(pane) = areas.detail {
        rows.detail_total = detail::lines(state, areas.inner(pane).width.into()).len();
    }
    if let Some(Overlay::Confirm(confirm)) = &state.overlay {
        (rows.question, rows.question_total) = question::rows(area, confirm);
    }
    if let Some(Overlay::Form(open)) = &state.overlay {
        (rows.question, rows.question_total) = form::measure(areas.above_the_foot(area), open);
    }
    if let Some(Overlay::Reload(reloading)) = &state.overlay {
        (rows.question, rows.question_total) = reload::measure(area, state, reloading);
    }
    if let Some(pane) = areas.facts {
        rows.detail_total = task::rows(state, areas.inner(pane));
    }
    if let Some(Overlay::Help(shown)) = &state.overlay {
        (rows.help, rows.help_total) = help::measure(area, state, shown);
    }
    rows
}

impl State {
    /// Whether the panes keep the look of having the keys: nothing lies over them but a line.
    fn overlay_is_line(&self) -> bool {
        matches!(
            self.overlay,
            None | Some(Overlay::Filter(_) | Overlay::Find(_) | Overlay::Closing)
        )
    }
}
