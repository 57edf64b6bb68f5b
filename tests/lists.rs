//! The lists of pools, groups and tasks, and the boxes over them, at any width.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]
#![expect(dead_code, reason = "other tests use more of what they share")]

mod common;

use std::collections::HashSet;
use std::sync::Arc;
use taskpool_tui::app::dashboard::{Chord, Effect, Msg, State, update};
use taskpool_tui::app::view::{GroupRow, PoolRow, View};
use taskpool_tui::ui::{Theme, picture};

/// The lines of a dashboard that shows this after these keys.
fn lines(view: &View, keys: &str, theme: Theme, size: (u16, u16)) -> Vec<String> {
    let mut state = State::default();
    take(&mut state, Msg::View(Arc::new(view.clone())), view);
    let _ = picture(&mut state, theme, size);
    for key in keys.parse::<Chord>().unwrap().0 {
        take(&mut state, Msg::Key(key), view);
        let _ = picture(&mut state, theme, size);
    }
    // The first picture of a screen tells how many rows there are.
    take(&mut state, Msg::View(Arc::new(view.clone())), view);
    let buf = picture(&mut state, theme, size);
    let cells: Vec<&str> = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    cells.chunks(usize::from(size.0)).map(<[&str]>::concat).collect()
}

/// Takes something in. A wish for another view is answered by the same one.
fn take(state: &mut State, msg: Msg, view: &View) {
    for effect in update(state, msg) {
        if let Effect::Want(want) = effect {
            let mut view = view.clone();
            view.answers = want.asked;
            update(state, Msg::View(Arc::new(view)));
        }
    }
}

fn group(name: &str) -> GroupRow {
    GroupRow {
        name: name.into(),
        method: "apply".into(),
        func: "work".into(),
        ok: 12,
        failed: 3,
        running: 4,
        ..GroupRow::default()
    }
}

fn with_groups(names: &[&str]) -> View {
    let mut view = common::busy();
    let pool = view.pool.as_mut().unwrap();
    pool.groups = names.iter().map(|name| group(name)).collect();
    pool.groups_total = names.len();
    let tasks = pool.tasks.len();
    for (task, name) in pool.tasks.iter_mut().zip(names.iter().cycle().take(tasks)) {
        task.group = (*name).into();
    }
    view
}

/// The inside of the left pane.
fn left_pane(lines: &[String]) -> Vec<String> {
    let inside = lines.iter().filter(|line| line.starts_with('│'));
    inside
        .map(|line| line.split('│').nth(1).unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn groups_in_sight_can_be_told_apart() {
    let names = [
        "apply-a-group-0",
        "apply-b-group-0",
        "家族写真一覧の処理",
        "家族名前一覧の処理",
        "apply-crawl-group-0",
    ];
    for size in [(80, 24), (100, 30), (140, 40)] {
        let view = with_groups(&names);
        let pane = left_pane(&lines(&view, "2", Theme::default(), size));
        // All of them have the same counts.
        let rows: Vec<&String> = pane.iter().skip(2).take(names.len()).collect();
        let distinct: HashSet<&&String> = rows.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{size:?}: {pane:#?}");
        let functions = rows.iter().filter(|row| row.contains("crawl")).count();
        assert_eq!(functions, 1, "{size:?}: {pane:#?}");
    }
}

#[test]
fn pools_in_sight_can_be_told_apart() {
    let mut view = common::pools();
    let names = [
        "download-of-photos-in-the-north",
        "download-of-photos-in-the-south",
    ];
    view.pools = names
        .map(|name| PoolRow {
            name: name.into(),
            ..PoolRow::default()
        })
        .to_vec();
    for width in [60, 80, 140] {
        let picture = lines(&view, "1", Theme::default(), (width, 24));
        let tells = |part: &str| picture.iter().filter(|line| line.contains(part)).count() > 0;
        assert!(tells("nor") && tells("sou"), "{width}: {picture:#?}");
    }
}

#[test]
fn a_column_that_the_tasks_are_sorted_by_is_shown_though_it_was_hidden() {
    // Sorted by TIME, which the box then hides.
    for width in [60, 80, 140] {
        let hidden = lines(
            &common::busy(),
            "2 , j j j Space Esc",
            Theme::default(),
            (width, 24),
        );
        assert!(!hidden.iter().any(|line| line.contains("TIME")), "{hidden:#?}");
        let keys = "2 > > , j j j Space Esc";
        let sorted = lines(&common::busy(), keys, Theme::default(), (width, 24));
        let headed = |line: &String| line.contains("TIME ▲") && line.contains("ID");
        assert!(sorted.iter().any(headed), "{width}: {sorted:#?}");
    }
}

#[test]
fn no_line_of_the_pane_of_groups_is_empty_while_groups_are_hidden() {
    let names: Vec<String> = (0..9).map(|i| format!("group {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for height in 20..=50 {
        for all in 1..=names.len() {
            let view = with_groups(&names[..all]);
            for keys in ["2 Shift-Tab", "2 Shift-Tab G", "2 Shift-Tab G k"] {
                let pane = left_pane(&lines(&view, keys, Theme::default(), (140, height)));
                let hides = pane.iter().any(|line| line.contains('…'));
                let empty = pane.iter().filter(|line| line.trim().is_empty()).count();
                assert!(!hides || empty == 0, "{height} {all} {keys}: {pane:#?}");
            }
        }
    }
}

#[test]
fn the_boxes_of_columns_and_actions_use_the_width() {
    for keys in ["2 ,", "2 :"] {
        let picture = lines(&common::busy(), keys, Theme::default(), (160, 40));
        let frame = picture
            .iter()
            .find(|line| line.contains("Columns of") || line.contains("Palette"));
        let at = frame.unwrap().chars().position(|c| c == '╭').unwrap();
        let inside = picture.iter().filter(|line| line.chars().nth(at) == Some('│'));
        let cut: Vec<&String> = inside
            .filter(|line| line.chars().skip(at).any(|c| c == '…'))
            .collect();
        assert!(cut.is_empty(), "{keys}: {cut:#?}");
    }
}

#[test]
fn the_task_that_is_shown_is_marked_though_no_cursor_is_there() {
    let ascii = Theme {
        ascii: true,
        ..Theme::default()
    };
    for (theme, sign) in [(Theme::default(), '▹'), (ascii, '>')] {
        for size in [(60, 20), (80, 24), (140, 40)] {
            let picture = lines(&common::busy(), "2", theme, size);
            let marked = picture
                .iter()
                .filter(|line| line.contains(&format!("{sign}  231")))
                .count();
            assert_eq!(marked, 1, "{size:?}: {picture:#?}");
        }
    }
}

#[test]
fn a_pool_without_a_limit_says_so_in_ascii() {
    let mut view = common::pools();
    (view.pools[0].size, view.pools[0].running) = (None, 3);
    let ascii = Theme {
        ascii: true,
        ..Theme::default()
    };
    let picture = lines(&view, "1", ascii, (80, 24));
    assert!(picture.iter().any(|line| line.contains(" 3/- ")), "{picture:#?}");
}

#[test]
fn large_counts_touch_nothing_and_hide_no_state() {
    const MANY: u64 = 7_654_321;
    let mut view = with_groups(&["apply-a-group-0", "apply-b-group-0"]);
    for group in &mut view.pool.as_mut().unwrap().groups {
        (group.running, group.ok, group.failed) = (7_654_321, MANY, MANY);
        group.queued.known = 7_654_321;
        group.queued.more = true;
    }
    for pool in &mut view.pools {
        (pool.size, pool.running) = (Some(7_654_321), 7_654_321);
        (pool.ok, pool.failed, pool.stopped) = (MANY, MANY, MANY);
        pool.queued.known = 7_654_321;
        pool.queued.more = true;
        pool.rate = 12_345.6;
    }
    for task in &mut view.pool.as_mut().unwrap().tasks {
        task.id += 7_000_000;
    }
    for width in [60, 72, 80, 100, 140] {
        let picture = lines(&view, "1", Theme::default(), (width, 24));
        let row = picture.iter().find(|line| line.contains("thumbs")).unwrap();
        assert!(row.contains(" 7.6M/7.6M "), "{width}: {row}");
        assert!(row.contains("22.9M/38.2M+"), "{width}: {row}");
        let picture = lines(&view, "2", Theme::default(), (width, 24));
        for (id, sign) in [(226, '✗'), (225, '⊘'), (229, '▶')] {
            let row = picture.iter().find(|line| line.contains(&format!("7000{id} ")));
            let row = row.unwrap_or_else(|| panic!("{id} at {width}: {picture:#?}"));
            assert!(row.contains(&format!(" {sign} ")), "{width}: {row}");
        }
        if width >= 72 {
            let pane = left_pane(&picture);
            let numbers = pane.iter().filter(|line| line.contains("M+"));
            assert_eq!(numbers.count(), 3, "{width}: {pane:#?}");
        }
    }
}

#[test]
fn the_group_in_the_title_of_its_tasks_is_told_apart() {
    let view = with_groups(&[
        "apply-render_the_photos_of_april-group-0",
        "apply-render_the_photos_of_june-group-0",
    ]);
    for width in [60, 72, 80] {
        let title = |keys| {
            let picture = lines(&view, keys, Theme::default(), (width, 24));
            let title = picture.iter().find(|line| line.contains("Tasks of"));
            title.unwrap().clone()
        };
        let titles = [title("2 Shift-Tab j Tab"), title("2 Shift-Tab j j Tab")];
        assert!(titles.iter().all(|title| title.contains("(10)")), "{titles:#?}");
        assert!(titles[0] != titles[1], "{titles:#?}");
    }
}

#[test]
fn blocks_of_lines_around_matches_are_told_apart() {
    let mut view = common::busy();
    let output = &mut view.pool.as_mut().unwrap().task.as_mut().unwrap().output;
    let last = output.lines.len() as u64 - 3;
    for (at, line) in (0..).zip(&mut output.lines) {
        line.spot.line = if at < last { at } else { at + 100 };
    }
    let gaps = |keys| {
        let picture = lines(&view, keys, Theme::default(), (140, 40));
        picture.iter().filter(|line| line.contains("┈┈┈")).count()
    };
    assert_eq!(gaps("3 / g e t Enter & &"), 1, "with the lines around");
    assert_eq!(gaps("3 / g e t Enter"), 0, "with all lines");
}
