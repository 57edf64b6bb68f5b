//! The list of pools: how far each is, what failed, and what it does or waits for.

use super::apart::fit_apart;
use super::draw::Cx;
use super::header::load;
use super::progress::Progress;
use super::text::{Line, Side, count, count_cells, duration, put, rate, width};
use super::theme::Role;
use super::{charts, layout};
use crate::app::count::counted;
use crate::app::dashboard::{Action, Listed, State, Zone};
use crate::app::status::Status;
use crate::app::view::{Eta, Phase, PoolRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::time::Duration;

/// The widths of the columns, with the gap before each; 0 is a column that is left out.
struct Columns {
    name: usize,
    slots_bar: usize,
    slots: usize,
    bar: usize,
    progress: usize,
    ok: usize,
    failed: usize,
    rate: usize,
    line: usize,
    left: usize,
}

/// The least cells for the status.
const STATUS: usize = 16;

/// The cells of a bar that shows slots.
const SLOTS: usize = 10;

impl Columns {
    fn new(state: &State, cells: usize) -> Columns {
        let pools = || state.view.pools.iter();
        let longest = pools().map(|pool| width(&pool.name)).max().unwrap_or(0);
        let name = longest.clamp(6, 20).min(cells / 3).max(6);
        // From the largest numbers: no text is made of a pool that is not in sight.
        let most = |number: fn(&PoolRow) -> u64| count_cells(pools().map(number).max().unwrap_or(0));
        let load = most(|pool| pool.running as u64) + 1 + most(|pool| pool.size.unwrap_or(0) as u64);
        let progress = most(|pool| Progress::of_pool(pool).done())
            + 1
            + most(|pool| Progress::of_pool(pool).total())
            + usize::from(pools().any(|pool| pool.queued.more));
        // The mark and the name are always there.
        let mut rest = cells.saturating_sub(2 + name + 2 + STATUS);
        let mut takes = |cells: usize| {
            let taken = if rest >= cells { cells } else { 0 };
            rest -= taken;
            taken
        };
        let slots = takes(2 + load.max(5));
        let progress = takes(2 + progress.max(8));
        let failed = takes(6);
        let mut bar = takes(12);
        let left = takes(7);
        let slots_bar = takes(SLOTS + 2);
        let ok = takes(8);
        let rate = takes(8);
        let line = takes(22);
        // The rest is for longer words about the status, and for finer bars.
        if bar > 0 && rest >= 16 {
            bar += 8;
        }
        let line = if line > 0 && rest >= 34 { line + 10 } else { line };
        Columns {
            name,
            slots_bar,
            slots: if slots_bar > 0 {
                slots.saturating_sub(1)
            } else {
                slots
            },
            bar,
            progress: if bar > 0 {
                progress.saturating_sub(1)
            } else {
                progress
            },
            ok,
            failed,
            rate,
            line,
            left,
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

/// The list, inside its frame.
pub(super) fn draw(buf: &mut Buffer, area: Rect, frame: Rect, cx: &Cx<'_>) {
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
    let total = listed.len();
    let visible: Vec<usize> = listed
        .into_iter()
        .skip(state.pools_top)
        .take(state.rows.pools)
        .collect();
    let names: Vec<&str> = visible
        .iter()
        .map(|index| state.view.pools[*index].name.as_str())
        .collect();
    let names = fit_apart(&names, columns.name);
    for ((row, index), name) in visible.into_iter().enumerate().zip(names) {
        let pool = &state.view.pools[index];
        draw_pool(buf, area, row + 1, (pool, &name), &columns, cx);
        cx.zones.row(area, row + 1, Zone::Pool(pool.name.to_string()));
        if under == Some(index) {
            cx.under_cursor(buf, area, row + 1);
        }
    }
    cx.scroll_bar(
        buf,
        layout::beside(frame, area, 1),
        (state.pools_top, state.rows.pools, total),
    );
}

fn heading(buf: &mut Buffer, area: Rect, columns: &Columns, cx: &Cx<'_>) {
    let style = cx.style(Role::Heading);
    let mut line = Line::new(buf, area, 0);
    line.gap(2).column("POOL", columns.name, style, Side::Left);
    let mut group = |bar: usize, number: usize, text: &str| {
        if bar > 0 {
            line.gap(2).column(text, bar + number - 2, style, Side::Left);
        } else {
            line.column(text, number, style, Side::Right);
        }
    };
    group(columns.slots_bar, columns.slots, "SLOTS");
    group(columns.bar, columns.progress, "PROGRESS");
    line.column("OK", columns.ok, style, Side::Right);
    line.column("FAIL", columns.failed, style, Side::Right);
    line.column("RATE", columns.rate, style, Side::Right);
    if columns.line > 0 {
        line.gap(2)
            .column("LAST 60s", columns.line - 2, style, Side::Left);
    }
    line.column("LEFT", columns.left, style, Side::Right);
    line.gap(2).text("STATUS", style);
}

fn draw_pool(
    buf: &mut Buffer,
    area: Rect,
    row: usize,
    (pool, name): (&PoolRow, &str),
    columns: &Columns,
    cx: &Cx<'_>,
) {
    let under = cx.state.pool_row().is_some_and(|under| under.name == pool.name);
    let text = cx.style(Role::Text);
    let dim = cx.style(Role::Dim);
    let mut line = Line::new(buf, area, row);
    line.text(if under { "▌ " } else { "  " }, cx.style(Role::Focus));
    line.column(name, columns.name, cx.style(Role::Strong), Side::Left);
    let over = pool.size.is_some_and(|size| pool.running + pool.cancelled > size);
    let slots = cx.style(if over { Role::Warning } else { Role::Text });
    if columns.slots_bar > 0 {
        line.gap(2);
        for (piece, style) in slots_bar(pool, cx) {
            line.text(&piece, style);
        }
        line.gap(1)
            .column(&load(pool), columns.slots - 1, slots, Side::Left);
    } else {
        line.column(&load(pool), columns.slots, slots, Side::Right);
    }
    let progress = Progress::of_pool(pool);
    if columns.bar > 0 {
        line.gap(2);
        for (piece, style) in progress.bar(columns.bar - 2, cx) {
            line.text(&piece, style);
        }
        line.gap(1)
            .column(&progress.text(), columns.progress - 1, text, Side::Left);
    } else {
        line.column(&progress.text(), columns.progress, text, Side::Right);
    }
    let mut number = |n: u64, cells, status| {
        let text = if n > 0 { count(n) } else { "·".to_owned() };
        let style = if n > 0 {
            cx.style(Role::Status(status))
        } else {
            dim
        };
        line.column(&text, cells, style, Side::Right);
    };
    number(pool.ok, columns.ok, Status::Ok);
    number(pool.failed + pool.panicked, columns.failed, Status::Failed);
    let quiet = |text: &str, style| if text == "-" { dim } else { style };
    let rate = rate(pool.rate);
    line.column(&rate, columns.rate, quiet(&rate, text), Side::Right);
    if columns.line > 0 {
        line.gap(2);
        for (piece, style) in charts::line(pool, columns.line - 2, cx) {
            line.text(&piece, style);
        }
    }
    let (eta, role) = eta(pool.eta);
    line.column(&eta, columns.left, quiet(&eta, cx.style(role)), Side::Right);
    line.gap(2);
    for (i, (words, role)) in status(pool, cx).into_iter().enumerate() {
        let gap = if i > 0 { " · " } else { "" };
        let room = line.room();
        if i > 0 && width(gap) + width(&words) > room {
            break;
        }
        line.text(gap, dim)
            .column(&words, width(&words).min(room), cx.style(role), Side::Left);
    }
}

/// When all will be over, in at most six cells.
pub(super) fn eta(eta: Eta) -> (String, Role) {
    let time = |time: Duration| match time.as_secs() {
        secs @ 0..3600 => format!("{}:{:02}", secs / 60, secs % 60),
        3600..864_000 => duration(time),
        secs @ 864_000..31_536_000 => format!("{}d", secs / 86_400),
        secs => format!("{}y", secs / 31_536_000),
    };
    match eta {
        // Why nothing goes on stands in the status.
        Eta::Unknown | Eta::Never => ("-".to_owned(), Role::Dim),
        Eta::In(left) => (time(left), Role::Text),
        Eta::AtLeast(left) => (format!(">{}", time(left)), Role::Text),
    }
}

/// What a pool does or waits for, what matters most first; never nothing.
fn status(pool: &PoolRow, cx: &Cx<'_>) -> Vec<(String, Role)> {
    let mut words = Vec::new();
    let mut say = |text: String, role| words.push((text, role));
    match pool.phase {
        Phase::Closed => say("closed".to_owned(), Role::Dim),
        Phase::Closing => say("closing".to_owned(), Role::Warning),
        Phase::Open if pool.locked => say("locked".to_owned(), Role::Warning),
        Phase::Open => {}
    }
    if pool.paused {
        say("paused".to_owned(), Role::Warning);
    }
    let apart = [
        (Status::Cancelling, pool.cancelling),
        (Status::Cancelled, pool.cancelled),
    ];
    for (status, n) in apart.into_iter().chain(pool.apart.iter().copied()) {
        if n > 0 {
            say(format!("{n} {}", status.look().word), Role::Status(status));
        }
    }
    let queued = pool.queued.known > 0 || pool.queued.more;
    let taken = pool.running + pool.cancelled;
    if taken == 0 && !queued && pool.held == 0 {
        say_over(pool, cx, &mut say);
    }
    if queued {
        let full = pool.size.is_some_and(|size| taken >= size) && !pool.paused;
        if full && pool.size != Some(0) {
            say("full".to_owned(), Role::Status(Status::Running));
        }
        let more = if pool.queued.more { "+" } else { "" };
        let known = count(pool.queued.known as u64);
        say(format!("{known}{more} queued"), Role::Text);
        if pool.size == Some(0) {
            say("no slots".to_owned(), Role::Warning);
        } else if !pool.waits.is_empty() {
            say(pool.waits.to_string(), Role::Warning);
        }
    } else if taken > 0 {
        let all = pool.running - pool.cancelling.min(pool.running);
        let apart: usize = pool.apart.iter().map(|(_, n)| n).sum();
        let plain = all.saturating_sub(apart);
        if plain > 0 {
            say(
                format!("{} running", count(plain as u64)),
                Role::Status(Status::Running),
            );
        }
    }
    if pool.held > 0 {
        say(
            format!("{} held", counted(pool.held, "group", "groups")),
            Role::Warning,
        );
    }
    if pool.restarts > 0 {
        let restarts = count(pool.restarts);
        let word = if pool.restarts == 1 { "restart" } else { "restarts" };
        say(format!("↻ {restarts} {word}"), Role::Text);
    }
    let warnings = warnings_of(cx.state, pool);
    if warnings > 0 {
        say(
            format!("⚠ {}", counted(warnings, "warning", "warnings")),
            Role::Warning,
        );
    }
    for (n, word) in [(pool.panicked, "panicked"), (pool.skipped, "skipped")] {
        if n > 0 {
            say(format!("{} {word}", count(n)), Role::Error);
        }
    }
    words
}

/// How a pool ended in which nothing runs, waits or is held.
fn say_over(pool: &PoolRow, cx: &Cx<'_>, say: &mut impl FnMut(String, Role)) {
    let failed = pool.failed + pool.panicked;
    let sign = |status| cx.theme.sign(status);
    let time = pool.last_end.map(|time| format!(" in {}", duration(time)));
    match (Progress::of_pool(pool).done(), failed) {
        (0, _) if pool.phase == Phase::Open => say("no tasks yet".to_owned(), Role::Dim),
        (0, _) => {}
        (_, 0) => {
            let text = format!("{} done{}", sign(Status::Ok), time.unwrap_or_default());
            say(text, Role::Status(Status::Ok));
        }
        (_, failed) => {
            let text = format!("{} done, {} failed", sign(Status::Failed), count(failed));
            say(text, Role::Status(Status::Failed));
        }
    }
}

/// How many warnings there are of a pool that nobody has muted.
fn warnings_of(state: &State, pool: &PoolRow) -> usize {
    let warnings = state.view.warnings.rows.iter();
    warnings
        .filter(|row| row.is_active() && *row.subject.pool == *pool.name)
        .count()
}

/// The slots: how many are taken, in a bar that is full when all are.
fn slots_bar(pool: &PoolRow, cx: &Cx<'_>) -> Vec<(String, Style)> {
    let Some(size) = pool.size.filter(|size| *size > 0) else {
        return vec![(" ".repeat(SLOTS), cx.style(Role::Dim))];
    };
    let taken = (pool.running + pool.cancelled).min(size);
    let share = |n: usize| (n.saturating_mul(SLOTS) / size).max(usize::from(n > 0));
    let filled = share(taken);
    let stays = pool.cancelling + pool.cancelled + pool.apart.iter().map(|(_, n)| n).sum::<usize>();
    let careful = share(stays.min(taken)).min(filled);
    let piece = |text: &str, n: usize, role| (text.repeat(n), cx.style(role));
    vec![
        piece("■", filled - careful, Role::Status(Status::Running)),
        piece("■", careful, Role::Warning),
        piece("□", SLOTS - filled, Role::Dim),
    ]
}
