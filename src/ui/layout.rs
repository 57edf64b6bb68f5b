//! Where everything is. Pure: a size and a state give areas.
//!
//! ```text
//!  Pools                               Pool, from 120 columns (narrower: without the detail)
//! ┌ header ────────────────────────┐  ┌ header ────────────────────────────────────────────┐
//! │ tabs                           │  │ tabs                                               │
//! ├────────────────────────────────┤  ├──────────┬──────────────────────────┬──────────────┤
//! │ pools                          │  │ groups   │ tasks                    │ detail       │
//! │                                │  │          │                          │              │
//! ├─────────────────────┬──────────┤  ├──────────┴──────────────────────────┴──────────────┤
//! │ chart               │ attention│  │ output                                             │
//! ├─────────────────────┤          │  │                                                    │
//! │ groups of the pool  │          │  │                                                    │
//! ├────────────────────────────────┤  ├────────────────────────────────────────────────────┤
//! │ last action                    │  │ last action                                        │
//! │ hints                          │  │ hints                                              │
//! └────────────────────────────────┘  └────────────────────────────────────────────────────┘
//! ```
//!
//! Below 80x24 the output drops out first, then the groups; a summary of one line tells what they would. The
//! pane that has the keys is always shown, if need be alone. Detail that has the keys and no column of its
//! own takes the place of the output.

use super::{groups, timeline};
use crate::app::dashboard::{Pane, Rows, Screen, State};
use crate::app::view::{By, OutputView};
use ratatui::layout::Rect;

/// Below this width or height nothing but a line that says so is shown.
pub(super) const SMALLEST: (u16, u16) = (20, 5);

/// The areas of the screen. An area that is not shown is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) tabs: Option<Rect>,
    pub(super) pools: Option<Rect>,
    pub(super) chart: Option<Rect>,
    /// What asks for attention, on the screen of pools.
    pub(super) attention: Option<Rect>,
    /// The groups of the pool under the cursor there.
    pub(super) overview: Option<Rect>,
    pub(super) groups: Option<Rect>,
    pub(super) tasks: Option<Rect>,
    pub(super) detail: Option<Rect>,
    pub(super) output: Option<Rect>,
    /// What is known of a task, on its own screen.
    pub(super) facts: Option<Rect>,
    pub(super) why: Option<Rect>,
    pub(super) life: Option<Rect>,
    pub(super) peers: Option<Rect>,
    pub(super) timeline: Option<Rect>,
    /// The task under the cursor there.
    pub(super) under: Option<Rect>,
    pub(super) log: Option<Rect>,
    pub(super) warnings: Option<Rect>,
    pub(super) about: Option<Rect>,
    pub(super) summary: Option<Rect>,
    pub(super) last: Option<Rect>,
    pub(super) hints: Rect,
    /// Panes have a line above and no frame, to save rows.
    pub(super) flat: bool,
}

/// The areas; none if the screen is too small for any.
pub(super) fn areas(area: Rect, state: &State) -> Option<Areas> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return None;
    }
    let tall = area.height;
    let header = if tall >= 12 { 2 } else { 1 };
    let footer = if tall >= 12 { 2 } else { 1 };
    let (head, body) = split_top(area, header);
    let (body, foot) = split_bottom(body, footer);
    let mut areas = Areas {
        header: Rect { height: 1, ..head },
        tabs: (header > 1).then_some(Rect {
            y: head.y + 1,
            height: 1,
            ..head
        }),
        last: (footer > 1).then_some(Rect { height: 1, ..foot }),
        hints: split_bottom(foot, 1).1,
        flat: tall < 10,
        ..Areas::default()
    };
    match state.screen {
        Screen::Pools => pools(&mut areas, body, state),
        Screen::Pool => pool(&mut areas, body, area, state),
        Screen::Task => task(&mut areas, body, state),
        Screen::Timeline => slots(&mut areas, body, state),
        Screen::Log => areas.log = Some(body),
        Screen::Warnings => warnings(&mut areas, body, state),
    }
    Some(areas)
}

/// The topmost rows, and the others.
fn split_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let height = rows.min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (Rect { height, ..area }, rest)
}

/// The other rows, and the lowest.
fn split_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    split_top(area, area.height.saturating_sub(rows))
}

/// The leftmost columns, and the others.
pub(super) fn split_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let width = columns.min(area.width);
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (Rect { width, ..area }, rest)
}

/// The other columns, and the rightmost.
fn split_right(area: Rect, columns: u16) -> (Rect, Rect) {
    split_left(area, area.width.saturating_sub(columns))
}

/// The list; below it the chart of the pool under the cursor and its groups, beside what asks for attention.
fn pools(areas: &mut Areas, body: Rect, state: &State) {
    if body.height < 14 {
        areas.pools = Some(body);
        return;
    }
    let rows = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let groups = state.pool_view().map_or(1, |pool| pool.groups_total);
    // With their frames, and the heading of the list.
    let list = rows(state.listed_pools().len())
        .saturating_add(3)
        .clamp(5, body.height * 2 / 5);
    let (list, rest) = split_top(body, list);
    let below = if rest.height >= 18 {
        rows(groups)
            .saturating_add(2)
            .clamp(5, rest.height.saturating_sub(10))
            .max(rest.height.saturating_sub(16))
    } else {
        0
    };
    areas.pools = Some(list);
    let attention = (body.width * 2 / 5).clamp(38, 80).min(body.width);
    if body.width - attention < 38 {
        let (middle, below) = split_bottom(rest, below);
        areas.attention = Some(middle);
        areas.overview = (!below.is_empty()).then_some(below);
        return;
    }
    let (left, attention) = split_right(rest, attention);
    let (chart, below) = split_bottom(left, below);
    (areas.chart, areas.attention) = (Some(chart), Some(attention));
    areas.overview = (!below.is_empty()).then_some(below);
}

/// The list, and below it what the one under the cursor means.
fn warnings(areas: &mut Areas, body: Rect, state: &State) {
    let about = if body.height >= 14 && state.warning_row().is_some() {
        8
    } else {
        0
    };
    let (above, below) = split_bottom(body, about);
    areas.warnings = Some(above);
    areas.about = (about > 0).then_some(below);
}

fn pool(areas: &mut Areas, body: Rect, area: Rect, state: &State) {
    let focus = state.pane;
    if state.zoomed {
        show(areas, focus, body);
        return;
    }
    let output = area.height >= 22;
    let wanted = state.finding.by != By::Nothing;
    let groups = wanted && area.width >= 72 && area.height >= 10;
    let detail = area.width >= 120 && area.height >= 14;
    let alone = match focus {
        Pane::Groups => !groups,
        Pane::Tasks => false,
        Pane::Detail => !detail && !output,
        Pane::Output => !output,
    };
    let summary = (alone || !output || (wanted && !groups)) && area.height >= 7;
    let (body, line) = split_bottom(body, summary.into());
    areas.summary = summary.then_some(line);
    if alone {
        show(areas, focus, body);
        return;
    }
    let lower = match output {
        false => 0,
        // Where no task has written anything, the list has the room.
        true if focus == Pane::Tasks && is_silent(state) => 4,
        true => (body.height * 2 / 5).clamp(6, 16),
    };
    let (upper, lower) = split_bottom(body, lower);
    if output {
        let pane = if focus == Pane::Detail && !detail {
            Pane::Detail
        } else {
            Pane::Output
        };
        show(areas, pane, lower);
    }
    let left = if groups { (area.width / 5).clamp(26, 38) } else { 0 };
    let right = if detail {
        (area.width * 2 / 7).clamp(36, 60)
    } else {
        0
    };
    let (left, rest) = split_left(upper, left);
    let (middle, right) = split_right(rest, right);
    areas.tasks = Some(middle);
    if groups {
        areas.groups = Some(left);
    }
    if detail {
        areas.detail = Some(right);
    }
}

/// Whether nothing that is in sight has written anything.
fn is_silent(state: &State) -> bool {
    let tasks = state.tasks();
    let wrote = |output: &OutputView| output.terminal.is_some() || !output.lines.is_empty();
    !tasks.is_empty()
        && tasks.iter().all(|task| task.note.is_empty())
        && !state.output_view().is_some_and(wrote)
}

/// The screen of a task: facts, life, peers, output. Those in the middle drop out first.
fn task(areas: &mut Areas, body: Rect, state: &State) {
    // Frames cost rows: where there are few, a line between panes has to do.
    areas.flat |= body.height < 26;
    let frame = if areas.flat { 1 } else { 2 };
    if state.zoomed || body.height < 9 {
        match state.pane {
            Pane::Output => areas.output = Some(body),
            Pane::Groups | Pane::Tasks | Pane::Detail => areas.facts = Some(body),
        }
        return;
    }
    let facts = (body.height / 5).clamp(3, 11) + frame;
    let (facts, mut rest) = split_top(body, facts);
    let least = 4 + frame;
    if rest.height >= 3 + frame + least {
        let (life, below) = split_top(rest, 3 + frame);
        (areas.life, rest) = (Some(life), below);
    }
    let compares = state
        .task_view()
        .is_none_or(|task| task.peers.as_ref().is_some_and(|peers| peers.count > 0));
    let peers = match body.height {
        // A line says that there is nothing to compare it with.
        _ if !compares => 1,
        45.. => 7,
        26.. => 5,
        _ => 3,
    };
    if rest.height >= peers + frame + least {
        let (peers, below) = split_top(rest, peers + frame);
        (areas.peers, rest) = (Some(peers), below);
    }
    areas.output = Some(rest);
    if body.width < 72 {
        areas.facts = Some(facts);
        return;
    }
    let (left, right) = split_right(facts, (body.width * 2 / 5).clamp(32, 64));
    let gap = u16::from(areas.flat);
    areas.facts = Some(Rect {
        width: left.width - gap,
        ..left
    });
    areas.why = Some(right);
}

/// The timeline, and below it the task under the cursor, with its output where the slots leave room for that.
fn slots(areas: &mut Areas, body: Rect, state: &State) {
    if body.height < 16 {
        areas.timeline = Some(body);
        return;
    }
    let total = state.timeline_view().map_or(usize::MAX, |view| view.total);
    let bounded = state.pool_row().is_some_and(|pool| pool.size.is_some());
    // Where their number comes and goes the panes do not move with each of them.
    let total = if bounded {
        total
    } else {
        total.saturating_add(7) / 8 * 8
    };
    let free = body.height.saturating_sub(timeline::most(total));
    let (above, below) = split_bottom(body, free.max(6));
    (areas.timeline, areas.under) = (Some(above), Some(below));
}

fn show(areas: &mut Areas, pane: Pane, area: Rect) {
    let place = match pane {
        Pane::Groups => &mut areas.groups,
        Pane::Tasks => &mut areas.tasks,
        Pane::Detail => &mut areas.detail,
        Pane::Output => &mut areas.output,
    };
    *place = Some(area);
}

impl Areas {
    /// The inside of a pane.
    pub(super) fn inner(&self, pane: Rect) -> Rect {
        let (x, below) = if self.flat { (0, 0) } else { (1, 1) };
        Rect {
            x: pane.x + x.min(pane.width),
            y: pane.y + 1.min(pane.height),
            width: pane.width.saturating_sub(2 * x),
            height: pane.height.saturating_sub(1 + below),
        }
    }

    /// The screen without the lines at its foot.
    pub(super) fn above_the_foot(&self, area: Rect) -> Rect {
        let foot = self.last.unwrap_or(self.hints);
        Rect {
            height: foot.y.saturating_sub(area.y),
            ..area
        }
    }

    /// How many rows there are for what the state scrolls.
    pub(super) fn rows(&self, area: Rect, state: &State) -> Rows {
        let inside = |pane: Option<Rect>| pane.map_or(0, |pane| self.inner(pane).height);
        let timeline = self.timeline.map_or(Rect::ZERO, |pane| self.inner(pane));
        let slots = timeline::parts(timeline);
        Rows {
            pools: inside(self.pools).saturating_sub(1).into(),
            overview: inside(self.overview).into(),
            attention: inside(self.attention).into(),
            groups: group_rows(inside(self.groups), state).into(),
            tasks: task_rows(inside(self.tasks)).0.into(),
            detail: inside(self.detail.or(self.facts)).into(),
            detail_total: 0,
            output: inside(self.output)
                .max(inside(self.under).saturating_sub(timeline::FACTS))
                .into(),
            output_columns: self.output.map_or(0, |pane| self.inner(pane).width).into(),
            slots: slots.slots.into(),
            slot_cells: slots.cells.into(),
            warnings: inside(self.warnings).saturating_sub(1).into(),
            help: help(area).height.saturating_sub(2).into(),
            help_total: 0,
            question: 0,
            question_total: 0,
        }
    }
}

/// The column of a frame right of a list that begins so many rows below the top of the inside.
pub(super) fn beside(frame: Rect, inside: Rect, from: u16) -> Rect {
    Rect {
        x: frame.right().saturating_sub(1),
        y: inside.y + from.min(inside.height),
        width: u16::from(frame.width > inside.width),
        height: inside.height - from.min(inside.height),
    }
}

/// From so many rows inside the pane of groups on it tells about the one under the cursor.
const WITH_ABOUT: u16 = 10;

/// Of the rows inside the pane of groups, those for the list, below its heading if it has one. The others
/// tell about the one under the cursor; of a state there is nothing to tell. Where not all groups fit, no row is left
/// empty for that.
pub(super) fn group_rows(inside: u16, state: &State) -> u16 {
    let about = match inside {
        6.. if state.finding.by == By::State => return inside - 1,
        0..6 => return inside,
        6..WITH_ABOUT => return inside - 1,
        WITH_ABOUT..16 => 4,
        _ => 6,
    };
    // A heading, and a line between.
    let rows = inside - 2;
    let all = state.pool_view().map_or(1, |pool| pool.groups_total + 1);
    if all <= usize::from(rows - about) {
        return rows - about;
    }
    let needed = u16::try_from(groups::about_rows(state)).unwrap_or(u16::MAX);
    rows - about.min(needed)
}

/// Of the rows inside the pane of tasks, those for tasks, and whether there is a heading and a line for what
/// is queued.
pub(super) fn task_rows(inside: u16) -> (u16, bool, bool) {
    let heading = inside >= 6;
    let queue = inside >= 5;
    (inside - u16::from(heading) - u16::from(queue), heading, queue)
}

/// The area of the help.
pub(super) fn help(area: Rect) -> Rect {
    centred(
        area,
        92,
        area.height.saturating_sub(if area.height < 20 { 0 } else { 4 }),
    )
}

/// The area of a box for so many lines of text.
pub(super) fn dialog(area: Rect, lines: usize) -> Rect {
    centred(
        area,
        66,
        u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2),
    )
}

/// The area of a box for so many lines, of which the longest has so many cells: no narrower than other boxes.
pub(super) fn fitting_dialog(area: Rect, lines: usize, cells: usize) -> Rect {
    let size = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    centred(
        area,
        size(cells.saturating_add(4)).max(66),
        size(lines).saturating_add(2),
    )
}

/// The area of a form with so many rows.
pub(super) fn form(area: Rect, rows: usize) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    centred(area, 100, rows.saturating_add(2))
}

/// So many rows of an area, from that one on; fewer where it ends.
pub(super) fn rows(area: Rect, from: usize, rows: usize) -> Rect {
    let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let (_, below) = split_top(area, cells(from));
    split_top(below, cells(rows)).0
}

/// The area of a wider box for so many lines of text.
pub(super) fn wide_dialog(area: Rect, lines: usize) -> Rect {
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    centred(area, 100, height)
}

/// The area of a box at the right end of the foot of an area, with room for so much text.
pub(super) fn foot_box(area: Rect, cells: usize, lines: usize) -> Rect {
    let most = |n: usize, most: u16| u16::try_from(n).unwrap_or(u16::MAX).min(most);
    let width = most(cells.saturating_add(4), area.width);
    let height = most(lines.saturating_add(2), area.height);
    Rect {
        x: area.right() - width,
        y: area.bottom() - height,
        width,
        height,
    }
}

fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width.saturating_sub(if area.width < 60 { 0 } else { 4 }));
    let height = height.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
