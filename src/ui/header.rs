//! The first two lines: where one is, what counts, how far it is; and the screens.

use super::draw::Cx;
use super::pools::eta;
use super::progress::Progress;
use super::text::{Line, clock, count, count_usize, duration, fit, width};
use super::theme::Role;
use crate::app::dashboard::{Screen, State, Zone};
use crate::app::status::Status;
use crate::app::view::{Eta, Phase, PoolRow, Queued};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::time::Duration;

/// The least cells of a name, and those that it keeps as long as only the counts stand beside it.
const NAME: (usize, usize) = (6, 16);

/// From so many cells on the three counts have their words whatever else there is.
const WORDS: u16 = 60;

/// The most cells of the bar.
const BAR: usize = 24;

type Piece = (String, Style);

/// A part of the line: the ways to show it, the shortest first. It begins with the first way.
struct HeaderPart {
    ways: Vec<Vec<Piece>>,
    way: usize,
}

impl HeaderPart {
    /// A part that may be missing.
    fn new(ways: impl IntoIterator<Item = Vec<Piece>>) -> HeaderPart {
        HeaderPart {
            ways: std::iter::once(Vec::new()).chain(ways).collect(),
            way: 0,
        }
    }

    fn pieces(&self) -> &[Piece] {
        &self.ways[self.way]
    }
}

fn cells(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| width(text)).sum()
}

/// Gives parts more room, one step after another: a step is a part and the longest way that it may take by it.
fn fill(parts: &mut [HeaderPart], steps: &[(usize, usize)], room: usize) {
    let mut used: usize = parts.iter().map(|part| cells(part.pieces())).sum();
    for &(index, most) in steps {
        let part = &mut parts[index];
        let others = used - cells(part.pieces());
        let most = most.min(part.ways.len() - 1);
        let fits = (part.way..=most)
            .rev()
            .find(|way| others + cells(&part.ways[*way]) <= room);
        if let Some(way) = fits {
            part.way = way;
            used = others + cells(part.pieces());
        }
    }
}

/// What the counts are of: one pool, or all of them.
struct HeaderCounts<'a> {
    pool: Option<&'a PoolRow>,
    running: String,
    is_running: bool,
    cleaning_up: usize,
    ok: u64,
    failed: u64,
    cancelled: u64,
    queued: Queued,
    /// What running tasks are shown as besides *running*.
    apart: Vec<(Status, usize)>,
    progress: Progress,
    left: Eta,
}

impl<'a> HeaderCounts<'a> {
    fn of_pool(pool: &'a PoolRow) -> HeaderCounts<'a> {
        let asked = (Status::Cancelling, pool.cancelling);
        HeaderCounts {
            pool: Some(pool),
            running: load(pool),
            is_running: pool.running > 0,
            cleaning_up: pool.cancelled,
            ok: pool.ok,
            failed: pool.failed + pool.panicked,
            cancelled: pool.stopped,
            queued: pool.queued,
            apart: std::iter::once(asked).chain(pool.apart.iter().copied()).collect(),
            progress: Progress::of_pool(pool),
            left: pool.eta,
        }
    }

    fn of_all(pools: &'a [PoolRow]) -> HeaderCounts<'a> {
        let sum = |of: fn(&PoolRow) -> u64| pools.iter().map(of).sum::<u64>();
        let sum_usize = |of: fn(&PoolRow) -> usize| pools.iter().map(of).sum::<usize>();
        let running = sum_usize(|pool| pool.running);
        HeaderCounts {
            pool: None,
            running: count_usize(running),
            is_running: running > 0,
            cleaning_up: sum_usize(|pool| pool.cancelled),
            ok: sum(|pool| pool.ok),
            failed: sum(|pool| pool.failed + pool.panicked),
            cancelled: sum(|pool| pool.stopped),
            queued: Queued {
                known: sum_usize(|pool| pool.queued.known),
                more: pools.iter().any(|pool| pool.queued.more),
            },
            apart: Vec::new(),
            progress: Progress::sum(pools.iter().map(Progress::of_pool)),
            left: latest(pools),
        }
    }
}

/// When the last of the pools will be done that have something queued.
fn latest(pools: &[PoolRow]) -> Eta {
    let mut last = (Duration::ZERO, false);
    for pool in pools {
        match pool.eta {
            Eta::In(left) => last.0 = last.0.max(left),
            Eta::AtLeast(left) => last = (last.0.max(left), true),
            Eta::Unknown | Eta::Never if pool.queued.known > 0 || pool.queued.more => return Eta::Unknown,
            Eta::Unknown | Eta::Never => {}
        }
    }
    match last {
        (Duration::ZERO, _) => Eta::Unknown,
        (left, true) => Eta::AtLeast(left),
        (left, false) => Eta::In(left),
    }
}

/// The first line.
pub(super) fn draw(buf: &mut Buffer, area: Rect, cx: &Cx<'_>) {
    let state = cx.state;
    let pool = state
        .pool_row()
        .filter(|_| matches!(state.screen, Screen::Pool | Screen::Task | Screen::Timeline));
    let counts = pool.map_or_else(|| HeaderCounts::of_all(&state.view.pools), HeaderCounts::of_pool);
    let mut parts = left_parts(cx, &counts);
    let left = parts.len();
    parts.extend(right_parts(cx, &counts));
    let [name, running, cancelled, ended, apart, queued] = [0, 1, 2, 3, 4, 5];
    let [progress, time, only] = [left, left + 1, left + 2];
    let room = usize::from(area.width).saturating_sub(2);
    let name_only = parts[name].ways.len() - 1;
    // Why keys do nothing is worth more than counts.
    let mut steps = vec![(name, 1), (only, 1)];
    if area.width < WORDS {
        steps.push((time, 1));
    }
    steps.extend([
        (running, 1),
        (ended, 1),
        (cancelled, 1),
        (running, 2),
        (ended, 2),
        (cancelled, 2),
        (time, 1),
        (name, 2),
        (ended, 3),
        (progress, 1),
        (apart, 1),
        (cancelled, 3),
        (apart, 2),
        (ended, 4),
        (progress, 3),
        (queued, 1),
        (name, name_only),
        (progress, 4),
    ]);
    fill(&mut parts, &steps, room);
    let mut line = Line::new(buf, area, 0);
    line.gap(1);
    for (text, style) in parts[..left].iter().flat_map(HeaderPart::pieces) {
        line.text(text, *style);
    }
    let pieces: Vec<&Piece> = parts[left..].iter().flat_map(HeaderPart::pieces).collect();
    let pad = (" ".to_owned(), Style::new());
    for (text, style) in std::iter::once(&pad).chain(pieces.into_iter().rev()) {
        line.right(text, *style);
    }
}

/// Where one is, and what counts.
fn left_parts(cx: &Cx<'_>, counts: &HeaderCounts<'_>) -> Vec<HeaderPart> {
    let sign = |status| cx.theme.sign(status);
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let bright = |status, on| cx.style(if on { Role::Status(status) } else { Role::Dim });
    let running = bright(Status::Running, counts.is_running);
    let gone = bright(Status::Stopped, counts.cancelled > 0 || counts.cleaning_up > 0);
    let all = counts.ok + counts.failed + counts.cancelled;
    let run = format!("  {} {}", sign(Status::Running), counts.running);
    let cancel = format!("  {} {}", sign(Status::Stopped), count(counts.cancelled));
    let cancel_word = (format!("{cancel} cancelled"), gone);
    let mut cancels = vec![vec![(cancel, gone)], vec![cancel_word.clone()]];
    if counts.cleaning_up > 0 {
        let cleaning = format!(" ({} cleaning up)", count_usize(counts.cleaning_up));
        cancels.push(vec![cancel_word, (cleaning, bright(Status::Cancelled, true))]);
    }
    let ended = format!("  {}", count(all));
    let ended_word = (format!("{ended} ended"), text);
    let of = [
        (Status::Ok, counts.ok, "ok"),
        (Status::Failed, counts.failed, "failed"),
        (Status::Stopped, counts.cancelled, "cancelled"),
    ];
    let made_of = |most: usize| {
        let mut pieces = vec![ended_word.clone()];
        for (status, n, word) in of.into_iter().take(most).filter(|(_, n, _)| *n > 0) {
            let gap = if pieces.len() > 1 { ", " } else { ": " };
            pieces.push((gap.to_owned(), dim));
            pieces.push((format!("{} {word}", count(n)), bright(status, true)));
        }
        pieces
    };
    let apart = |words: bool| {
        let counts = counts.apart.iter().filter(|(_, tasks)| *tasks > 0);
        counts
            .map(|(status, tasks)| {
                let word = if words { status.look().word } else { "" };
                cx.counted(*status, &count_usize(*tasks), word, true)
            })
            .collect::<Vec<Piece>>()
    };
    let queued = cx.counted(Status::Queued, &queued_text(counts.queued), "queued", false);
    vec![
        name_part(cx, counts.pool),
        HeaderPart::new([
            vec![(run.clone(), running)],
            vec![(format!("{run} running"), running)],
        ]),
        HeaderPart::new(cancels),
        HeaderPart::new([
            vec![(ended, text)],
            vec![ended_word.clone()],
            made_of(2),
            made_of(3),
        ]),
        HeaderPart::new([apart(false), apart(true)]),
        HeaderPart::new([vec![queued]]),
    ]
}

/// Where one is: the config's file, the pool, the task.
fn name_part(cx: &Cx<'_>, pool: Option<&PoolRow>) -> HeaderPart {
    let (dim, strong) = (cx.style(Role::Dim), cx.style(Role::Strong));
    let title = title(cx.state);
    let name = pool.map_or(title, |pool| pool.name.as_str());
    let cut = |cells: usize| vec![(fit(name, cells).into_owned(), strong)];
    let mut ways = vec![cut(NAME.0), cut(NAME.1), cut(usize::MAX)];
    if pool.is_some() {
        let mut crumbs = vec![
            (title.to_owned(), dim),
            (" › ".to_owned(), dim),
            (name.to_owned(), strong),
        ];
        if cx.state.screen == Screen::Task
            && let Some(id) = cx.state.shown_id()
        {
            crumbs.extend([(" › ".to_owned(), dim), (format!("#{id}"), strong)]);
        }
        ways.push(crumbs);
    }
    HeaderPart::new(ways)
}

/// How far it is, the time, and what limits the keys.
fn right_parts(cx: &Cx<'_>, counts: &HeaderCounts<'_>) -> [HeaderPart; 3] {
    let state = cx.state;
    let (text, dim) = (cx.style(Role::Text), cx.style(Role::Dim));
    let progress = counts.progress;
    let percent = progress.percent();
    let numbers = (format!("  {}", progress.text()), text);
    let percent = percent.map(|percent| (format!("  {percent}%"), cx.style(Role::Strong)));
    let left = match eta(counts.left) {
        (left, _) if left == "-" => None,
        (left, _) => Some((format!("  left {left}"), dim)),
    };
    let short: Vec<Piece> = std::iter::once(numbers).chain(percent).collect();
    let mut ways = vec![short.clone()];
    let long: Vec<Piece> = short.into_iter().chain(left).collect();
    ways.push(long.clone());
    for cells in [BAR / 3, BAR] {
        let mut with_bar = vec![("  ".to_owned(), dim)];
        with_bar.extend(progress.bar(cells, cx));
        with_bar.extend(long.clone());
        ways.push(with_bar);
    }
    let progress = if progress.total() > 0 {
        HeaderPart::new(ways)
    } else {
        HeaderPart::new([])
    };
    let time = clock(state.view.time + state.elapsed);
    let only = (
        " READ ONLY".to_owned(),
        cx.style(Role::Warning).add_modifier(Modifier::BOLD),
    );
    let only = state.modes.read_only.then(|| vec![only]);
    [
        progress,
        HeaderPart::new([vec![(format!("  {time}"), dim)]]),
        HeaderPart::new(only),
    ]
}

fn title(state: &State) -> &str {
    match state.view.title.as_str() {
        "" => "taskpool-tui",
        title => title,
    }
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
            (Screen::Warnings, 1..) => format!("{name} {}", super::warnings::badge(cx)),
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
