//! The first two lines: what is shown, its counts, and the screens.

use super::draw::Cx;
use super::text::{Line, clock, count, count_usize, duration, width};
use super::theme::Role;
use super::warnings;
use crate::app::dashboard::{Screen, State, Zone};
use crate::app::status::Status;
use crate::app::view::{Phase, PoolRow, Queued};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// How much of a name is worth more than what stands beside it: of the least that does, and of more.
const NAME: (usize, usize) = (6, 16);

/// The first line.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let time = clock(state.view.time + state.elapsed);
    let badge = match warnings::badge(cx) {
        badge if badge.is_empty() => badge,
        badge => format!("  {badge}"),
    };
    let only = if state.modes.read_only { " READ ONLY" } else { "" };
    let pool = state
        .pool_row()
        .filter(|_| matches!(state.screen, Screen::Pool | Screen::Task | Screen::Timeline));
    let name = pool.map_or_else(|| title(state), |pool| pool.name.as_str());
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    // Of what follows each brings the gap before it, and takes nothing of the least of a name.
    let mut room = line.room().saturating_sub(1 + width(name).min(NAME.0));
    let mut fits = |text: String| {
        let left = room.checked_sub(width(&text))?;
        room = left;
        Some(text)
    };
    // Why keys do nothing is worth more than counts that would push it out.
    let right = fits(format!("{badge}{only}"));
    let time = fits(format!(" {time}"));
    let room = room + width(name).min(NAME.0);
    let rest = pool.map_or_else(|| session_counts(cx, room), |pool| pool_counts(cx, pool, room));
    let cells = width(name).min(room.saturating_sub(cells(&rest)));
    line.column(name, cells, cx.style(Role::Strong), super::text::Side::Left);
    for (text, style) in rest {
        line.text(&text, style);
    }
    line.right(&format!("{} ", time.unwrap_or_default()), cx.style(Role::Dim));
    line.right(
        &right.unwrap_or_default(),
        cx.style(Role::Warning).add_modifier(Modifier::BOLD),
    );
}

fn title(state: &State) -> &str {
    match state.view.title.as_str() {
        "" => "taskpool-tui",
        title => title,
    }
}

type Piece = (String, Style);

fn cells(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| width(text)).sum()
}

/// The longest of several ways to say it that fits beside a name; nothing if none does. The shortest leaves the name
/// less.
fn longest(ways: Vec<Vec<Piece>>, name: &str, room: usize) -> Vec<Piece> {
    let last = ways.len().saturating_sub(1);
    let kept = |i| if i == last { NAME.0 } else { NAME.1 };
    ways.into_iter()
        .enumerate()
        .find(|(i, way)| cells(way) + width(name).min(kept(*i)) <= room)
        .map_or(Vec::new(), |(_, way)| way)
}

fn session_counts(cx: &Cx<'_>, room: usize) -> Vec<Piece> {
    let pools = &cx.state.view.pools;
    let running: usize = pools.iter().map(|pool| pool.running).sum();
    let queued: usize = pools.iter().map(|pool| pool.queued.known).sum();
    let more = pools.iter().any(|pool| pool.queued.more);
    let failed: u64 = pools.iter().map(|pool| pool.failed + pool.panicked).sum();
    let queued = queued_text(Queued { known: queued, more });
    let full = vec![
        cx.counted(Status::Running, &count_usize(running), "running", running > 0),
        cx.counted(Status::Queued, &queued, "queued", false),
        cx.counted(Status::Failed, &count(failed), "failed", failed > 0),
    ];
    let short = vec![
        cx.counted(Status::Running, &count_usize(running), "", running > 0),
        cx.counted(Status::Queued, &queued, "", false),
        cx.counted(Status::Failed, &count(failed), "", failed > 0),
    ];
    longest(vec![full, short], title(cx.state), room)
}

fn pool_counts(cx: &Cx<'_>, pool: &PoolRow, room: usize) -> Vec<Piece> {
    let failed = pool.failed + pool.panicked;
    let load = load(pool);
    let substates = |words: bool| substates(cx, pool, words);
    let of = |words: bool, substate_words: bool, kept: bool| {
        let word = |word| if words { word } else { "" };
        let running = cx.counted(Status::Running, &load, word("running"), pool.running > 0);
        let ended = format!("  {}", ended(pool, kept));
        let mut pieces = vec![running];
        pieces.extend(substates(substate_words));
        pieces.extend([
            cx.counted(
                Status::Cancelled,
                &count_usize(pool.cancelled),
                word("cancelled"),
                pool.cancelled > 0,
            ),
            (ended, cx.style(Role::Text)),
            cx.counted(Status::Queued, &queued_text(pool.queued), word("queued"), false),
            (" ".to_owned(), cx.style(Role::Dim)),
            cx.counted(Status::Ok, &count(pool.ok), word("ok"), pool.ok > 0),
            cx.counted(Status::Failed, &count(failed), word("failed"), failed > 0),
            cx.counted(
                Status::Stopped,
                &count(pool.stopped),
                word("stopped"),
                pool.stopped > 0,
            ),
        ]);
        pieces
    };
    let least = |with: Vec<Piece>| {
        let mut pieces = vec![cx.counted(Status::Running, &load, "", pool.running > 0)];
        pieces.extend(with);
        pieces.extend([
            cx.counted(Status::Queued, &queued_text(pool.queued), "", false),
            cx.counted(Status::Failed, &count(failed), "", failed > 0),
        ]);
        pieces
    };
    let ways = vec![
        of(true, true, true),
        of(true, true, false),
        of(false, true, true),
        of(false, true, false),
        of(false, false, false),
        least(substates(true)),
        least(substates(false)),
        least(Vec::new()),
    ];
    longest(ways, &pool.name, room)
}

/// What the running tasks are shown as that are not *running*, and how many as each.
fn substates(cx: &Cx<'_>, pool: &PoolRow, words: bool) -> Vec<Piece> {
    let asked = (Status::Cancelling, pool.cancelling);
    let counts = [asked].into_iter().chain(pool.apart.iter().copied());
    counts
        .filter(|(_, tasks)| *tasks > 0)
        .map(|(status, tasks)| {
            let word = if words { status.look().word } else { "" };
            cx.counted(status, &count_usize(tasks), word, true)
        })
        .collect()
}

/// How many tasks have ended since launch, and, where there is room, how many of those are remembered if that is fewer.
fn ended(pool: &PoolRow, with_kept: bool) -> String {
    let all = pool.ok + pool.failed + pool.panicked + pool.stopped;
    if !with_kept || all == pool.ended as u64 {
        return format!("{} ended", count(all));
    }
    format!("{} ended ({} kept)", count(all), count_usize(pool.ended))
}

/// What runs, of how much can.
pub(super) fn load(pool: &PoolRow) -> String {
    match pool.size {
        Some(size) => format!("{}/{}", count_usize(pool.running), count_usize(size)),
        None => format!("{}/∞", count_usize(pool.running)),
    }
}

/// How many wait; a `+` if there may be more.
pub(super) fn queued_text(queued: Queued) -> String {
    format!(
        "{}{}",
        count_usize(queued.known),
        if queued.more { "+" } else { "" }
    )
}

/// The second line: the screens, and what is unusual about the pool.
pub(super) fn tabs(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    for (screen, action, name) in crate::app::dashboard::SCREEN_TABS {
        let active = screen == state.screen;
        let warned = state.view.warnings.active;
        let name = match (screen, warned) {
            // Its tab is there only while there is something to see.
            (Screen::Warnings, 0) if !active => continue,
            (Screen::Warnings, 1..) => format!("{name} {warned}"),
            (Screen::Log, _) if !active && super::log::unseen_errors() > 0 => {
                format!(
                    "{name} {}{}",
                    cx.theme.sign(Status::Failed),
                    super::log::unseen_errors()
                )
            }
            _ => name.to_owned(),
        };
        let style = if active {
            cx.style(Role::Focus).add_modifier(Modifier::BOLD)
        } else {
            cx.style(Role::Dim)
        };
        let (left, right) = if active { ("[", "]") } else { (" ", " ") };
        let tab = line.spot(&format!("{left}{} {name}{right}", state.key(action)), style);
        cx.zones.add(tab, Zone::Action(action));
    }
    if let Some(frozen) = &state.frozen {
        let age = duration(frozen.age());
        let style = cx.style(Role::Warning).add_modifier(Modifier::BOLD);
        line.right(&format!(" FROZEN {age} "), style);
    }
    let Some(pool) = state.pool_row() else { return };
    if matches!(state.screen, Screen::Pools | Screen::Log) {
        return;
    }
    for flag in flags(pool).into_iter().rev() {
        line.right(
            &format!(" {flag} "),
            cx.style(Role::Warning).add_modifier(Modifier::BOLD),
        );
    }
    if let Some(func) = &pool.func {
        line.gap(2).text(&format!("runs {func}"), cx.style(Role::Dim));
    }
}

/// What is unusual about a pool.
fn flags(pool: &PoolRow) -> Vec<&'static str> {
    let mut flags = Vec::new();
    match pool.phase {
        Phase::Open if pool.locked => flags.push("LOCKED"),
        Phase::Open => {}
        Phase::Closing => flags.push("CLOSING"),
        Phase::Closed => flags.push("CLOSED"),
    }
    if pool.paused {
        flags.push("PAUSED");
    }
    if pool.cancelling > 0 {
        flags.push("CANCELLING");
    }
    flags
}
