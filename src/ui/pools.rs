//! The list of pools.

use super::draw::Cx;
use super::header::{load, queued_text};
use super::layout::split_left;
use super::text::{Line, Side, count, duration, put, rate, width};
use super::theme::Role;
use crate::app::dashboard::{Action, Listed, State, Zone};
use crate::app::status::Status;
use crate::app::view::{Eta, Phase, PoolRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::time::Duration;

/// The widths of the columns that not every table has room for; 0 is a column that is left out.
struct Columns {
    name: usize,
    bar: usize,
    load: usize,
    queued: usize,
    failed: usize,
    ok: usize,
    stopped: usize,
    rate: usize,
    eta: usize,
    note: usize,
}

const LOAD: usize = 10;
const NUMBER: usize = 7;
const FAILED: usize = 8;
const FLAGS: usize = 4;

/// The least cells for the bar.
const BAR: usize = 6;

impl Columns {
    fn new(state: &State, cells: usize) -> Columns {
        let longest = state
            .view
            .pools
            .iter()
            .map(|pool| width(&pool.name))
            .max()
            .unwrap_or(0);
        let name = longest.clamp(6, 20).min(cells / 3).max(6);
        // Mark, name and flags are always there.
        let mut rest = cells.saturating_sub(2 + name + FLAGS);
        let mut takes = |cells: usize, leaves: usize| {
            let fits = rest >= cells + leaves;
            let taken = if fits { cells } else { 0 };
            rest -= taken;
            taken
        };
        let (load, failed, queued) = (takes(LOAD, 0), takes(FAILED, 0), takes(NUMBER, 0));
        let (eta, ok, rate) = (takes(NUMBER, 0), takes(NUMBER, 0), takes(NUMBER, 0));
        let stopped = takes(FAILED, BAR);
        let bar = if rest >= BAR { rest.min(32) } else { 0 };
        let note = if rest >= bar + 20 { rest - bar } else { 0 };
        Columns {
            name,
            bar,
            load,
            queued,
            failed,
            ok,
            stopped,
            rate,
            eta,
            note,
        }
    }
}

/// The title of the list.
pub(super) fn title(state: &State) -> String {
    let (listed, all) = (state.listed_pools().len(), state.view.pools.len());
    match state.filter_of(Listed::Pools) {
        "" => format!("Pools ({all})"),
        filter => format!("Pools ({listed} of {all}) · filter: {filter}"),
    }
}

/// The list.
pub(super) fn draw(buf: &mut Buffer, area: Rect, legend: bool, cx: &Cx<'_>) {
    let state = cx.state;
    if state.view.pools.is_empty() {
        // The first view of a session has a title.
        let text = match state.view.title.as_str() {
            "" => "waiting for the session …".to_owned(),
            _ => format!(
                "no pools: the config has no [[pool]]; {} leaves",
                state.press(Action::Quit)
            ),
        };
        put(buf, area, &text, cx.style(Role::Dim), Side::Left);
        return;
    }
    let columns = Columns::new(state, area.width.into());
    heading(buf, area, &columns, cx);
    let under = state.pool_index();
    let listed = state.listed_pools();
    if listed.is_empty() {
        let text = format!(
            "no pool matches {:?}: {} shows all",
            state.filter_of(Listed::Pools),
            state.press(Action::Back)
        );
        Line::new(buf, area, 1).gap(2).text(&text, cx.style(Role::Dim));
    }
    let visible = listed.into_iter().skip(state.pools_top).take(state.rows.pools);
    for (row, index) in visible.enumerate() {
        let pool = &state.view.pools[index];
        draw_pool(buf, area, row + 1, pool, &columns, cx);
        cx.zones.row(area, row + 1, Zone::Pool(pool.name.to_string()));
        if under == Some(index) {
            // The bar keeps its colours.
            let bar = u16::try_from(2 + columns.name + FLAGS).unwrap_or(0);
            let (name, rest) = split_left(area, bar);
            let (bar, numbers) = split_left(rest, u16::try_from(columns.bar).unwrap_or(0));
            cx.under_cursor(buf, name, row + 1);
            cx.under_cursor_coloured(buf, bar, row + 1);
            cx.under_cursor(buf, numbers, row + 1);
        }
    }
    if legend {
        draw_legend(buf, area, cx);
    }
}

fn heading(buf: &mut Buffer, area: Rect, columns: &Columns, cx: &Cx<'_>) {
    let style = cx.style(Role::Heading);
    let mut line = Line::new(buf, area, 0);
    line.gap(2)
        .column("POOL", columns.name + FLAGS, style, Side::Left);
    if columns.bar > 0 {
        line.column(" LOAD", columns.bar, style, Side::Left);
    }
    line.column("RUN/SIZE", columns.load, style, Side::Right);
    line.column("QUEUED", columns.queued, style, Side::Right);
    line.column("OK", columns.ok, style, Side::Right);
    line.column("FAILED", columns.failed, style, Side::Right);
    line.column("STOPPED", columns.stopped, style, Side::Right);
    line.column("RATE", columns.rate, style, Side::Right);
    line.column("ETA", columns.eta, style, Side::Right);
    if columns.note > 0 {
        line.gap(3).text("SAYS", style);
    }
}

fn draw_pool(buf: &mut Buffer, area: Rect, row: usize, pool: &PoolRow, columns: &Columns, cx: &Cx<'_>) {
    let under = cx.state.pool_row().is_some_and(|under| under.name == pool.name);
    let text = cx.style(Role::Text);
    let number = |n: u64, status| {
        if n > 0 {
            cx.style(Role::Status(status))
        } else {
            cx.style(Role::Dim)
        }
    };
    let failed = pool.failed + pool.panicked;
    let mut line = Line::new(buf, area, row);
    line.text(if under { "▸ " } else { "  " }, text);
    line.column(&pool.name, columns.name, cx.style(Role::Strong), Side::Left);
    line.column(
        &format!(" {}", flags(pool)),
        FLAGS - 1,
        cx.style(Role::Warning),
        Side::Left,
    );
    let warned = if is_warned_of(cx.state, pool) { "!" } else { "" };
    let style = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
    line.column(warned, 1, style, Side::Left);
    if columns.bar > 0 {
        line.gap(1);
        for (text, style) in bar(pool, columns.bar - 1, cx) {
            line.text(&text, style);
        }
    }
    let over = pool.size.is_some_and(|size| pool.running + pool.cancelled > size);
    line.column(
        &load(pool),
        columns.load,
        cx.style(if over { Role::Warning } else { Role::Text }),
        Side::Right,
    );
    let queued = if pool.queued.known > 0 || pool.queued.more {
        text
    } else {
        cx.style(Role::Dim)
    };
    line.column(&queued_text(pool.queued), columns.queued, queued, Side::Right);
    line.column(
        &count(pool.ok),
        columns.ok,
        number(pool.ok, Status::Ok),
        Side::Right,
    );
    line.column(
        &count(failed),
        columns.failed,
        number(failed, Status::Failed),
        Side::Right,
    );
    line.column(
        &count(pool.stopped),
        columns.stopped,
        number(pool.stopped, Status::Stopped),
        Side::Right,
    );
    let quiet = |text: &str, style| if text == "-" { cx.style(Role::Dim) } else { style };
    let rate = rate(pool.rate);
    line.column(&rate, columns.rate, quiet(&rate, text), Side::Right);
    let (eta, role) = eta(pool.eta);
    line.column(&eta, columns.eta, quiet(&eta, cx.style(role)), Side::Right);
    if columns.note > 0 {
        let room = line.gap(3).room();
        line.column(&note(pool), room, cx.style(Role::Dim), Side::Left);
    }
}

/// When all will be over, in at most six cells.
fn eta(eta: Eta) -> (String, Role) {
    let time = |time: Duration| match time.as_secs() {
        secs @ 0..3600 => format!("{}:{:02}", secs / 60, secs % 60),
        3600..864_000 => duration(time),
        secs @ 864_000..31_536_000 => format!("{}d", secs / 86_400),
        secs => format!("{}y", secs / 31_536_000),
    };
    match eta {
        Eta::Unknown => ("-".to_owned(), Role::Dim),
        Eta::In(left) => (time(left), Role::Text),
        Eta::AtLeast(left) => (format!(">{}", time(left)), Role::Text),
        Eta::Never => ("never".to_owned(), Role::Warning),
    }
}

/// What else there is to say about a pool, where there is room.
fn note(pool: &PoolRow) -> String {
    let mut words: Vec<String> = Vec::new();
    match pool.phase {
        Phase::Open if pool.locked => words.push("locked".to_owned()),
        Phase::Open => {}
        Phase::Closing => words.push("closing".to_owned()),
        Phase::Closed => words.push("closed".to_owned()),
    }
    if pool.paused {
        words.push("paused".to_owned());
    }
    for (n, word) in [(pool.cancelling, "cancelling"), (pool.cancelled, "cancelled")] {
        if n > 0 {
            words.push(format!("{n} {word}"));
        }
    }
    for (status, n) in &pool.apart {
        words.push(format!("{n} {}", status.look().word));
    }
    if !pool.waits.is_empty() {
        words.push(pool.waits.to_string());
    }
    if pool.held > 0 {
        words.push(format!("{} held", pool.held));
    }
    for (n, word) in [(pool.panicked, "panicked"), (pool.skipped, "skipped")] {
        if n > 0 {
            words.push(format!("{} {word}", count(n)));
        }
    }
    if let Some(func) = &pool.func {
        words.push(format!("runs {func}"));
    }
    words.join(" · ")
}

/// Whether something is warned of there that nobody has muted.
fn is_warned_of(state: &State, pool: &PoolRow) -> bool {
    let warnings = &state.view.warnings.rows;
    warnings
        .iter()
        .any(|row| row.is_active() && *row.subject.pool == *pool.name)
}

fn flags(pool: &PoolRow) -> String {
    let phase = match pool.phase {
        Phase::Open if pool.locked => "L",
        Phase::Open => "",
        Phase::Closing => "D",
        Phase::Closed => "C",
    };
    format!("{phase}{}", if pool.paused { "P" } else { "" })
}

/// The slots: which run, which cancel, which are free.
fn bar(pool: &PoolRow, cells: usize, cx: &Cx<'_>) -> Vec<(String, Style)> {
    let taken = pool.running + pool.cancelled;
    let slots = pool.size.unwrap_or(taken).max(taken);
    // Whole cells, rounded up, so that a single task is never invisible.
    let share = |n: usize| {
        if slots <= cells {
            n
        } else {
            (n * cells).div_ceil(slots)
        }
    };
    let all = if slots <= cells && pool.size.is_some() {
        slots
    } else {
        cells
    };
    let cancelled = share(pool.cancelled).min(all);
    let cancelling = share(pool.cancelling).min(all - cancelled);
    let running = share(pool.running - pool.cancelling.min(pool.running)).min(all - cancelled - cancelling);
    let halted = share(pool.shown_as(Status::Paused)).min(running);
    let free = if pool.size.is_some() {
        all - cancelled - cancelling - running
    } else {
        0
    };
    let piece = |text: &str, n: usize, role| (text.repeat(n), cx.style(role));
    vec![
        piece("█", running - halted, Role::Status(Status::Running)),
        piece("‖", halted, Role::Status(Status::Paused)),
        piece("░", cancelling, Role::Status(Status::Cancelling)),
        piece("▒", cancelled, Role::Status(Status::Cancelled)),
        piece("·", free, Role::Dim),
        piece(" ", cells - running - cancelling - cancelled - free, Role::Text),
    ]
}

fn draw_legend(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let dim = cx.style(Role::Dim);
    let warning = cx.style(Role::Warning);
    let mut line = Line::new(buf, area, usize::from(area.height) - 1);
    line.text("█", cx.style(Role::Status(Status::Running)))
        .text(" running ", dim);
    line.text("‖", cx.style(Role::Status(Status::Paused)))
        .text(" paused ", dim);
    line.text("░", cx.style(Role::Status(Status::Cancelling)))
        .text(" cancelling ", dim);
    line.text("▒", cx.style(Role::Status(Status::Cancelled)))
        .text(" cancelled ", dim);
    line.text("·", dim).text(" free ", dim);
    line.text("L", warning)
        .text(" locked ", dim)
        .text("P", warning)
        .text(" paused ", dim);
    line.text("D", warning).text(" closing", dim);
    if let Some(text) = super::warnings::in_short(cx.state) {
        line.right(&text, warning);
    }
}
