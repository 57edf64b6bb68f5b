//! Pictures of every screen, overlay and empty state at three sizes, and no panic at any size.
#![cfg(feature = "tui")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod common;
#[path = "screens/everywhere.rs"]
mod everywhere;

use common::{busy, closing, fresh, pools};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use taskpool_tui::app::Modes;
use taskpool_tui::app::clean::Styled;
use taskpool_tui::app::control::{Answer, Call, Command, Numbered, Preview, Reply, Request};
use taskpool_tui::app::dashboard::{
    ACTIONS, Action, Bind, Chord, Effect, Keymap, Msg, Preset, Scheme, Settings, State, update,
};
use taskpool_tui::app::new_group::{Mistake, Part};
use taskpool_tui::app::reload::{Changes, Reread, Row, When};
use taskpool_tui::app::status::{LOOKS, Status};
use taskpool_tui::app::terminal::show;
use taskpool_tui::app::view::{
    Column, Found, FuncRow, GroupRow, Life, Sort, Sorted, Stream, TaskView, TerminalSize, Trying, View, Want,
    Why,
};
use taskpool_tui::app::warnings::{Kind, Subject, WarningRow, WarningsView};
use taskpool_tui::ui::{Theme, picture};

const SIZES: [(u16, u16); 3] = [(40, 8), (80, 24), (140, 40)];

/// The state after these keys, on a screen of this size; previews are answered with `preview`.
fn state(view: &View, keys: &str, preview: &[&str], size: (u16, u16)) -> State {
    let mut state = State::default();
    update(&mut state, Msg::View(Arc::new(view.clone())));
    for key in keys.split_whitespace() {
        settle(&mut state, view, size);
        for key in key.parse::<Chord>().unwrap().0 {
            let mut effects: VecDeque<Effect> = update(&mut state, Msg::Key(key)).into();
            while let Some(effect) = effects.pop_front() {
                if let Effect::Want(want) = &effect {
                    effects.extend(update(&mut state, Msg::View(answer(view, want))));
                }
                if let Effect::Send(sent) = effect {
                    if matches!(sent.request, Request::Do(_)) {
                        continue;
                    }
                    let answer = match &sent.request {
                        Request::List(_) => Answer::Listed {
                            ids: (0..250_000).collect(),
                            beyond: 0,
                        },
                        Request::Functions => functions(),
                        _ => Answer::Preview(Preview {
                            lines: preview.iter().map(|line| (*line).to_owned()).collect(),
                            command: None,
                        }),
                    };
                    let (number, request) = (sent.number, sent.request);
                    let reply = Reply {
                        number,
                        request,
                        answer,
                    };
                    effects.extend(update(&mut state, Msg::Reply(reply)));
                }
            }
        }
    }
    settle(&mut state, view, size);
    state
}

fn functions() -> Answer {
    let row = |(name, about): (&str, &str)| FuncRow {
        name: name.to_owned(),
        about: about.into(),
    };
    let rows = [
        ("get", "curl -sS https://host.example/{0}"),
        ("resize", "convert {0} -resize 50% small/{0:name}"),
        ("sleep", "waits: `sleep(\"2s\")`, or seconds as a number"),
    ];
    Answer::Functions(rows.map(row).into())
}

/// Takes something in, and answers what the form asks of it.
fn form_takes(state: &mut State, msg: Msg, answer: &Answer) {
    let mut effects = update(state, msg);
    while let Some(effect) = effects.pop() {
        if let Effect::Send(Numbered { number, request, .. }) = effect {
            let answer = answer.clone();
            let reply = Reply {
                number,
                request,
                answer,
            };
            effects.extend(update(state, Msg::Reply(reply)));
        }
    }
}

#[test]
fn a_form_says_what_it_would_make_or_what_is_wrong() {
    const MADE: [&str; 2] = [
        "night: 37 tasks of get, max 4: a.example, b.example, c.example …",
        "14 slots are taken: the tasks are queued",
    ];
    check("form", &busy(), "2 a", &MADE);
    check("form_method", &busy(), "2 a → Tab s", &MADE);
    check(
        "form_toml",
        &busy(),
        "2 a Tab Tab [ 1 ] Tab n Tab 4 Ctrl-t",
        &MADE,
    );
    check("form_number", &busy(), "2 a Tab Tab [ 1 ] Tab Tab x Enter", &MADE);
    check("limit", &busy(), "2 Shift-Tab j j e", &[]);
    let lines: Vec<String> = (1..=37).map(|i| format!("host-{i}.example")).collect();
    let mistake = Mistake {
        part: Part::Arguments,
        reason: "unclosed array, expected `]`".to_owned(),
        remedy: "write [\"a\", \"b\"], or where they come from: { lines = \"list.txt\" }".to_owned(),
        at: Some(0..1),
    };
    for size in SIZES {
        let mut state = state(&busy(), "2 a Tab Tab", &MADE, size);
        let made = Answer::Preview(Preview {
            lines: MADE.map(str::to_owned).into(),
            command: None,
        });
        form_takes(&mut state, Msg::Paste(lines.join("\r")), &made);
        let shown = text(&picture(&mut state, Theme::default(), size));
        insta::assert_snapshot!(format!("form_pasted_{}x{}", size.0, size.1), shown);
    }
    for size in SIZES {
        let mut state = state(&busy(), "2 a Tab Tab", &MADE, size);
        let wrong = Answer::Mistakes(vec![mistake.clone()]);
        for key in ["[", "Tab", "Shift-Tab"] {
            form_takes(&mut state, Msg::Key(key.parse().unwrap()), &wrong);
        }
        let shown = text(&picture(&mut state, Theme::default(), size));
        insta::assert_snapshot!(format!("form_wrong_{}x{}", size.0, size.1), shown);
    }
}

/// Tells the state its rows, and gives it the view that they need.
fn settle(state: &mut State, view: &View, size: (u16, u16)) {
    picture(state, Theme::default(), size);
    if state.wanted().timeline.is_some() {
        let view = answer(view, state.wanted());
        update(state, Msg::View(view));
    }
}

/// The view as a session would make it for the task that is wanted.
fn answer(view: &View, want: &Want) -> Arc<View> {
    let mut view = view.clone();
    view.answers = want.asked;
    let shown = common::shown(want);
    if let (Some(pool), Some(shown)) = (&mut view.pool, shown.pool) {
        // A fresh pool has none.
        if !pool.tasks.is_empty() {
            pool.timeline = shown.timeline;
        }
        if let Some(row) = pool.tasks.iter().find(|row| Some(row.id) == want.task)
            && let Some(task) = &mut pool.task
        {
            task.row = row.clone();
        }
    }
    Arc::new(view)
}

fn text(buf: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buf.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buf.area.width {
            let symbol = buf[(x, y)].symbol();
            // The cell behind a wide character holds nothing of its own.
            if skip == 0 {
                line.push_str(symbol);
                skip = ratatui::text::Span::raw(symbol).width();
            }
            skip = skip.saturating_sub(1);
        }
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

/// Pictures of one situation at every size.
fn check(name: &str, view: &View, keys: &str, preview: &[&str]) {
    for size in SIZES {
        let mut state = state(view, keys, preview, size);
        let picture = text(&picture(&mut state, Theme::default(), size));
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), picture);
    }
}

const PREVIEW: [&str; 3] = [
    "9 running tasks to be cancelled: 231 230 229 228 118 +4",
    "20 queued tasks will never start",
    "the pool forgets the group's name",
];

/// Every word that stands above a column.
const HEADINGS: [&str; 29] = [
    "ID",
    "STATE",
    "TIME",
    "WAIT",
    "CPU",
    "MEM",
    "TRY",
    "EXIT",
    "GROUP",
    "FUNC",
    "ARGUMENTS",
    "ARGUMENTS,",
    "LAST",
    "LINE",
    "POOL",
    "SLOTS",
    "PROGRESS",
    "OK",
    "FAIL",
    "RATE",
    "60s",
    "LEFT",
    "STATUS",
    "FUNCTION",
    "DONE",
    "TASKS",
    "TYPE",
    "▲",
    "▼",
];

#[test]
fn no_two_headings_touch_at_any_width() {
    let mut view = busy();
    view.pool.as_mut().unwrap().tasks.last_mut().unwrap().id = 12_345_678;
    // All columns, an order by one that has none, and what the other panes count by.
    let all = "2 , j j j j Space j Space j Space j Space j Space j Space j Space Esc";
    let mut seen = 0;
    for keys in [
        "1",
        "2",
        all,
        "2 > > > >",
        "2 t",
        "2 t t",
        "2 < I z",
        "2 Tab Tab Tab",
    ] {
        for (width, height) in (20..=140).flat_map(|width| [(width, 8), (width, 10), (width, 24)]) {
            let mut state = state(&view, keys, &[], (width, height));
            let picture = text(&picture(&mut state, Theme::default(), (width, height)));
            for part in picture.lines().flat_map(|line| line.split('│')) {
                let mut words: Vec<&str> = part.split_whitespace().collect();
                let first = words.first().copied().unwrap_or_default();
                if part.trim_start().len() == part.len()
                    || !HEADINGS.iter().any(|word| first.starts_with(word))
                {
                    continue;
                }
                // The last one may be cut, or the only one.
                let last = words.pop().unwrap().trim_end_matches('…');
                words.extend(
                    HEADINGS
                        .iter()
                        .find(|word| word.starts_with(last))
                        .or(Some(&last)),
                );
                let known = words.iter().all(|word| HEADINGS.contains(word));
                assert!(known, "{keys} at {width}x{height}: {part:?}\n{picture}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1_000, "{seen} headings");
}

#[test]
fn an_order_is_said_at_every_width() {
    let mut view = busy();
    view.pool.as_mut().unwrap().sorted = Some(Sorted {
        sort: Sort {
            column: Column::Exit,
            descending: true,
        },
        ago: Some(Duration::ZERO),
        busy: false,
    });
    for keys in [
        "2 > > > > > > > I",
        "2 > > > > > > > I / a b c d e f g h i j k l m n o p q r s t u Enter",
    ] {
        for width in 32..=140 {
            let mut state = state(&view, keys, &[], (width, 24));
            let picture = text(&picture(&mut state, Theme::default(), (width, 24)));
            let heading = picture
                .lines()
                .any(|line| line.contains("EXIT ▼") && !line.contains("Tasks"));
            let title = picture
                .lines()
                .any(|line| line.contains("Tasks") && line.contains("by EXIT ▼"));
            assert!(title && heading, "at {width}:\n{picture}");
        }
    }
}

#[test]
fn groups_without_a_row_are_counted() {
    let mut view = busy();
    let pool = view.pool.as_mut().unwrap();
    let group = pool.groups[0].clone();
    pool.groups = (0..12)
        .map(|i| GroupRow {
            name: format!("apply-w-{i}").as_str().into(),
            ..group.clone()
        })
        .collect();
    pool.groups_total = 12;
    check("groups_more", &view, "2 Shift-Tab", &[]);
    for (keys, size, says) in [
        ("2", (80, 24), "… 9 more"),
        ("2 Shift-Tab j j j j j", (80, 24), "… 2 above, 7 more"),
        ("2 Shift-Tab j j j j j j j j j j j j", (80, 24), "… 9 above"),
        ("2", (80, 16), "Groups (1-7 of 12)"),
        ("2 Shift-Tab j j j j j j j j j", (80, 16), "Groups (2-9 of 12)"),
    ] {
        let mut state = state(&view, keys, &[], size);
        let picture = text(&picture(&mut state, Theme::default(), size));
        assert!(picture.contains(says), "{keys}, {says:?}:\n{picture}");
    }
}

#[test]
fn which_try_it_is_stands_before_the_last_line() {
    let mut view = busy();
    let pool = view.pool.as_mut().unwrap();
    let tries = [
        (229, 2, Some(3), None),
        (230, 3, None, Some(Duration::from_millis(3_200))),
        (231, 2, Some(3), Some(Duration::from_millis(3_200))),
    ];
    for (id, attempt, of, waits) in tries {
        let task = pool.tasks.iter_mut().find(|task| task.id == id).unwrap();
        task.trying = Some(Trying { attempt, of, waits });
    }
    for size in [(80, 24), (140, 40)] {
        let mut state = state(&view, "2 G k j", &[], size);
        let shown = text(&picture(&mut state, Theme::default(), size));
        for tries in ["retry 2/3", "in 3.2s: restart 2", "in 3.2s: try 2 of 3"] {
            assert!(shown.contains(tries), "{tries}:\n{shown}");
        }
        insta::assert_snapshot!(format!("tries_{}x{}", size.0, size.1), shown);
        // Time goes on between two views.
        update(&mut state, Msg::Clock(Duration::from_secs(2)));
        let shown = text(&picture(&mut state, Theme::default(), size));
        assert!(shown.contains("in 1.2s: try 2 of 3"), "{shown}");
    }
}

#[test]
fn the_list_of_pools() {
    check("pools", &pools(), "", &[]);
    check("pools_waiting", &View::default(), "", &[]);
    let empty = View {
        title: "empty.toml".into(),
        ..View::default()
    };
    check("pools_empty", &empty, "", &[]);
    check("pools_other", &pools(), "j j", &[]);
}

/// A task in a terminal of its own, which has drawn this.
fn in_terminal(text: &str) -> View {
    let mut view = busy();
    if let Some(task) = view.pool.as_mut().and_then(|pool| pool.task.as_mut()) {
        let size = TerminalSize {
            columns: 78,
            rows: 10,
        };
        task.output.terminal = Some(Box::new(show([(size, text.as_bytes())])));
    }
    view
}

const DRAWN: &str = "\x1b[2J\x1b[H\x1b[7m  PID USER      TIME+ COMMAND \x1b[0m\r\n\x1b[1;32m41777\x1b[0m ada    0:00.07 日本 e\u{301} \
    \x1b[4munder\x1b[0m\r\n\x1b[38;5;208m████\x1b[48;2;1;2;3m░░\x1b[0m ╭──╮ \u{202e}x\u{200b}\x1b[10;1Hlast row\x1b[3;5H";

#[test]
fn a_terminal_in_its_pane() {
    check("terminal", &in_terminal(DRAWN), "2 k k", &[]);
    check("terminal_typing", &in_terminal(DRAWN), "2 k k i", &[]);
    check("terminal_chord", &in_terminal(DRAWN), "2 k k i Ctrl-a", &[]);
}

#[test]
fn a_terminal_has_its_colours_and_the_screen_its_cursor() {
    let size = (140, 40);
    let mut state = state(&in_terminal(DRAWN), "2 k k i", &[], size);
    let buf = picture(&mut state, Theme::default(), size);
    let at = |text: &str| {
        let found = buf.area.positions().find(|at| {
            let rest = (at.x..buf.area.width).map(|x| buf[(x, at.y)].symbol());
            rest.collect::<String>().starts_with(text)
        });
        &buf[found.unwrap()]
    };
    assert_eq!(
        (at("41777").fg, at("41777").modifier),
        (Color::Indexed(2), Modifier::BOLD)
    );
    assert!(at("  PID USER").modifier.contains(Modifier::REVERSED));
    assert_eq!(at("under").modifier, Modifier::UNDERLINED);
    assert_eq!(
        (at("████").fg, at("░░").bg),
        (Color::Indexed(208), Color::Rgb(1, 2, 3))
    );
    let plain = Theme {
        colour: false,
        ascii: false,
        ..Theme::default()
    };
    let buf = picture(&mut state, plain, size);
    assert!(buf.content.iter().all(|cell| cell.bg == Color::Reset));
}

#[test]
fn one_pool() {
    check("pool", &busy(), "2", &[]);
    check("pool_cursor", &busy(), "2 k k", &[]);
    check("pool_groups", &busy(), "2 Shift-Tab j j", &[]);
    check("pool_held", &busy(), "2 Shift-Tab j j j", &[]);
    check("pool_detail", &busy(), "2 k k Tab", &[]);
    check("pool_output", &busy(), "2 k k Tab Tab k w", &[]);
    check("pool_zoom", &busy(), "2 k k Tab Tab z", &[]);
    check("pool_fresh", &fresh(), "2", &[]);
    check("output_search", &found(), "2 k k Tab Tab / r e d", &[]);
    check("output_found", &found(), "2 k k Tab Tab / r e d Enter N", &[]);
    check("output_only", &found(), "2 k k Tab Tab / r e d Enter & & z", &[]);
    check("output_merged", &merged(), "2 k k Tab Tab m", &[]);
    check("output_save", &busy(), "2 k k Tab Tab o a", &[]);
    check("pool_other", &busy(), "j 2", &[]);
}

/// A text was looked for in the output.
fn found() -> View {
    let mut view = busy();
    let output = &mut view.pool.as_mut().unwrap().task.as_mut().unwrap().output;
    for line in output.lines.iter_mut().skip(1).step_by(3) {
        line.matches = true;
    }
    output.found = Some(Found {
        text: "red".to_owned(),
        total: 14,
        before: 4,
        spots: output
            .lines
            .iter()
            .map(|line| line.spot)
            .skip(1)
            .step_by(3)
            .collect(),
        more: false,
    });
    view
}

/// The output of three tasks as one, with colours, a long line and a remark.
fn merged() -> View {
    let mut view = busy();
    let output = &mut view.pool.as_mut().unwrap().task.as_mut().unwrap().output;
    output.tasks = vec![118, 230, 231];
    for (i, line) in output.lines.iter_mut().enumerate() {
        line.spot.task = [118, 230, 230, 231][i % 4];
        line.goes_on = i % 7 == 6;
    }
    output.lines[28].text =
        Styled::from_output(b"\x1b[1;32m   Compiling\x1b[0m pool v0.1.0 \x1b[37;41m 3 \x1b[m");
    output.lines[29].text = "[capture: no space left at byte 1048576; 512 bytes missing]".into();
    output.lines[29].stream = Stream::Note;
    output.unsaved = None;
    view
}

#[test]
fn the_colours_of_tasks_are_those_of_the_theme() {
    let mut state = state(&merged(), "2 k k Tab Tab", &[], (80, 24));
    let find = |buf: &Buffer, text: &str| {
        let area = buf.area;
        let row = (0..area.height).find(|&y| {
            let row: String = (0..area.width).map(|x| buf[(x, y)].symbol()).collect();
            row.contains(text)
        });
        let y = row.unwrap();
        let x = (0..area.width)
            .find(|&x| text.starts_with(buf[(x, y)].symbol()) && buf[(x + 1, y)].symbol() == &text[1..2]);
        buf[(x.unwrap(), y)].style()
    };
    let buf = picture(&mut state, Theme::default(), (80, 24));
    let style = find(&buf, "Compiling");
    assert_eq!(style.fg, Some(Color::Green));
    assert!(style.add_modifier.contains(Modifier::BOLD));
    let plain = Theme {
        colour: false,
        ..Theme::default()
    };
    let buf = picture(&mut state, plain, (80, 24));
    let style = find(&buf, "Compiling");
    assert_eq!(style.fg, Some(Color::Reset));
    assert!(style.add_modifier.contains(Modifier::BOLD));
}

#[test]
fn overlays() {
    check("help", &busy(), "2 ?", &[]);
    check("help_end", &busy(), "2 ? G", &[]);
    check("cancel_group", &busy(), "2 k k X", &PREVIEW);
    check("cancel_all", &busy(), "2 Ctrl-x f e", &PREVIEW);
    check("prompt", &busy(), "S x Enter", &PREVIEW);
    check("filter", &busy(), "2 / s t a t e : o k", &[]);
    let mut none = busy();
    if let Some(pool) = &mut none.pool {
        (pool.tasks_total, pool.tasks) = (0, Vec::new());
    }
    check("filter_none", &none, "2 / s t a t e : o k Enter", &[]);
    check("filter_bad", &busy(), "2 / o k Space s t a t e : b a d", &[]);
    let mut searching = none;
    if let Some(pool) = &mut searching.pool {
        (pool.tasks_all, pool.searched) = (700_000, Some(42));
    }
    check("filter_searching", &searching, "2 / o u t ~ e r r o r Enter", &[]);
    check("filter_pools", &pools(), "/ f u n c : w o r k e r Enter", &[]);
    check("columns", &busy(), "2 , G k k Space k", &[]);
    check(
        "columns_chosen",
        &busy(),
        "2 , G k k Space k k k Space Esc k",
        &[],
    );
    check(
        "columns_of_usage",
        &busy(),
        "2 , j j j j Space j Space j Space Esc k",
        &[],
    );
    let mut sorted = busy();
    if let Some(pool) = &mut sorted.pool {
        pool.tasks.sort_by_key(|task| std::cmp::Reverse(task.age));
        pool.sorted = Some(Sorted {
            sort: Sort {
                column: Column::Age,
                descending: true,
            },
            ago: Some(Duration::from_secs(3)),
            busy: true,
        });
    }
    check("sorted", &sorted, "2 > > I j j", &[]);
    let mut states = busy();
    if let Some(pool) = &mut states.pool {
        let row = |name: &str, tasks| GroupRow {
            name: name.into(),
            tasks,
            ..GroupRow::default()
        };
        pool.groups = vec![
            row("failed", 3),
            row("timed out", 1),
            row("running", 14),
            row("cancelling", 1),
            row("queued", 250_000),
            row("cancelled", 6),
            row("ok", 1_250_000),
        ];
        pool.groups_total = pool.groups.len();
    }
    check("by_state", &states, "2 Shift-Tab t t j j", &[]);
    check("by_nothing", &busy(), "2 t t t", &[]);
    check("quit", &busy(), "q", &[]);
    check("chord", &busy(), "2 g", &[]);
}

/// A warning of each severity, a muted one, and one that is over.
fn warned() -> View {
    let row = |kind, subject, since, evidence: &str| WarningRow {
        kind,
        subject,
        since: Duration::from_secs(since),
        ended: None,
        evidence: evidence.into(),
        count: 1,
        muted: false,
        limit: "10s".into(),
    };
    let mut view = busy();
    view.warnings = WarningsView {
        rows: vec![
            row(
                Kind::CancelIgnored,
                Subject::task("fetch", "apply-w-0", 118),
                245,
                "cancel requested at 00:04:05; pid 41233 has got TERM",
            ),
            row(
                Kind::HeadOfLine,
                Subject::group("mail", "newsletter-of-the-week"),
                60,
                "all 2 slots taken, nothing has ended since 00:01:00; 5 tasks queued of 2 groups behind",
            ),
            row(
                Kind::SizeBelowDemand,
                Subject::pool("thumbs"),
                120,
                "9+ tasks queued while all 20 run and the processors are 81 % idle",
            ),
            WarningRow {
                muted: true,
                ..row(
                    Kind::SilentTask,
                    Subject::task("fetch", "map-w-0", 229),
                    3,
                    "no line since 00:00:03",
                )
            },
            WarningRow {
                ended: Some(Duration::from_secs(200)),
                count: 3,
                ..row(
                    Kind::FailuresDropped,
                    Subject::pool("fetch"),
                    140,
                    "3 cleared at once",
                )
            },
        ],
        active: 3,
        more: 2,
        muted: vec![Kind::SilentTask],
    };
    view
}

#[test]
fn warnings() {
    check("warnings", &warned(), "6", &[]);
    check("warnings_over", &warned(), "6 G", &[]);
    check("warnings_empty", &busy(), "6", &[]);
    check("warnings_pools", &warned(), "", &[]);
    check("warnings_next", &warned(), "g w", &[]);
}

/// The same, and why is answered.
fn explained() -> View {
    let mut view = warned();
    let task = view.pool.as_mut().and_then(|pool| pool.task.as_mut()).unwrap();
    task.why = "runs since 00:04:08, for 3.4s".into();
    view.why = Some(Why {
        subject: Subject::group("fetch", "apply-w-0"),
        lines: vec![
            "all 14 slots are taken; 1 group before it in the queue".into(),
            "apply-w-0 holds 9, map-w-0 holds 5".into(),
            "the oldest is task 118 of apply-w-0, 20.8s".into(),
            "pool locked: no new groups, what was accepted goes on; L unlocks".into(),
        ],
        blocker: Some(Subject::task("fetch", "apply-w-0", 118)),
    });
    view
}

#[test]
fn why() {
    check("why", &explained(), "2 Shift-Tab j w", &[]);
    check("why_looking", &explained(), "2 k w", &[]);
    check("why_detail", &explained(), "2 k k Enter", &[]);
    check("why_gone_to", &explained(), "2 Shift-Tab j w Enter", &[]);
}

#[test]
fn marked_tasks() {
    check("marks", &busy(), "2 k k k Space Space k", &[]);
    check("marks_range", &busy(), "2 k v k k k", &[]);
    check("marks_all", &busy(), "2 *", &[]);
    let preview = [
        "cancel requested for 2 tasks: 229 230",
        "1 passed over, ended already: 227",
    ];
    check("marks_cancel", &busy(), "2 k k k Space Space x", &preview);
}

#[test]
fn the_palette() {
    check("palette", &busy(), "2 k :", &[]);
    check("palette_typed", &busy(), "2 : c a n", &[]);
    check("palette_argument", &busy(), "2 : s i z e Space 2 0", &[]);
    check("palette_pools", &pools(), "g p ↓", &[]);
    check("palette_nothing", &pools(), ": q q", &[]);
}

#[test]
fn a_long_preview_is_scrolled() {
    let lines: Vec<String> = (1..=60).map(|i| format!("what would be hit, line {i}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    check("question_long", &busy(), "2 X", &lines);
    check("question_scrolled", &busy(), "2 X PgDn j", &lines);
}

#[test]
fn what_can_be_undone_is_said() {
    for size in SIZES {
        let mut state = state(&busy(), "2 = 2 0 Enter", &[], size);
        let call = Call::SetSize { size: Some(20) };
        let command = Command {
            pool: "fetch".to_owned(),
            call,
        };
        update(
            &mut state,
            Msg::Reply(Reply {
                number: 1,
                request: Request::Do(command),
                answer: Answer::Done("size 14 → 20".to_owned()),
            }),
        );
        let shown = text(&picture(&mut state, Theme::default(), size));
        assert_eq!(shown.contains("u undoes it (14)"), size.0 > 60, "{shown}");
        insta::assert_snapshot!(format!("undo_{}x{}", size.0, size.1), shown);
    }
}

#[test]
fn what_only_looks_says_so() {
    for size in SIZES {
        let modes = Modes {
            read_only: true,
            ..Modes::default()
        };
        let mut state = State::careful(modes);
        update(&mut state, Msg::View(Arc::new(busy())));
        for key in "2 x".parse::<Chord>().unwrap().0 {
            update(&mut state, Msg::Key(key));
        }
        let shown = text(&picture(&mut state, Theme::default(), size));
        assert!(shown.contains("READ ONLY"), "{shown}");
        insta::assert_snapshot!(format!("read_only_{}x{}", size.0, size.1), shown);
    }
}

#[test]
fn leaving() {
    check("leaving", &closing(), "2 q y", &[]);
    check("leaving_hidden", &closing(), "2 q y Esc", &[]);
}

/// The task that is shown, in another state of its life.
fn lived(change: impl FnOnce(&mut TaskView)) -> View {
    let mut view = busy();
    change(view.pool.as_mut().unwrap().task.as_mut().unwrap());
    view
}

#[test]
fn one_task() {
    let ms = Duration::from_millis;
    check("task", &busy(), "2 k k Enter", &[]);
    check("task_facts", &busy(), "2 k k Enter Tab", &[]);
    check("task_zoom", &busy(), "2 k k Enter z", &[]);
    check("task_none", &fresh(), "3", &[]);
    let cancelling = lived(|task| {
        task.life = Life {
            started: ms(231_200),
            first_line: Some(ms(231_300)),
            asked: Some(ms(245_800)),
            ..Life::default()
        };
    });
    check("task_cancelling", &cancelling, "2 g g Enter", &[]);
    let ended = lived(|task| {
        task.life = Life {
            started: ms(231_200),
            first_line: Some(ms(231_300)),
            asked: Some(ms(245_800)),
            cancelled: Some(ms(248_000)),
            ended: Some(ms(249_100)),
            settled: Some(ms(249_220)),
            ..Life::default()
        };
    });
    check("task_ended", &ended, "2 g g j j j Enter", &[]);
    let alone = lived(|task| task.peers = None);
    check("task_alone", &alone, "2 k k Enter", &[]);
}

#[test]
fn the_timeline() {
    check("timeline", &busy(), "4", &[]);
    check("timeline_cursor", &busy(), "4 j j j ← ← [", &[]);
    check("timeline_coarse", &busy(), "4 Z Z k", &[]);
    check("timeline_fresh", &fresh(), "4", &[]);
}

#[test]
fn the_log() {
    check("log", &busy(), "5", &[]);
}

#[test]
fn what_a_key_did_is_said() {
    check("note", &busy(), "2 x", &[]);
    check("unknown_key", &busy(), "2 ü", &[]);
}

#[test]
fn ascii_tells_what_was_done_from_what_was_refused() {
    let theme = Theme {
        colour: false,
        ascii: true,
        ..Theme::default()
    };
    let said = |answer: Answer| {
        let mut state = state(&busy(), "2 L", &[], (80, 24));
        let command = Command {
            pool: "fetch".to_owned(),
            call: Call::Lock,
        };
        update(
            &mut state,
            Msg::Reply(Reply {
                number: 1,
                request: Request::Do(command),
                answer,
            }),
        );
        text(&picture(&mut state, theme, (80, 24)))
    };
    assert!(said(Answer::Done("it was".to_owned())).contains(" k it was"));
    assert!(said(Answer::Refused("it was not".to_owned())).contains(" F it was not"));
}

#[test]
fn the_times_of_a_task_are_whole() {
    let mut view = busy();
    let labels = [
        "started",
        "cancel requested",
        "cancelled",
        "ended",
        "callbacks done",
    ];
    let times = labels.iter().zip([8_700_u64, 19_002, 19_102, 619_102, 620_000]);
    let task = view.pool.as_mut().unwrap().task.as_mut().unwrap();
    task.times = times
        .map(|(label, ms)| ((*label).into(), Duration::from_millis(ms)))
        .collect();
    for (keys, size) in [
        ("2 k k", (120, 50)),
        ("2 k k Tab", (80, 24)),
        ("2 k k Tab z", (40, 24)),
    ] {
        let mut state = state(&view, keys, &[], size);
        let shown = text(&picture(&mut state, Theme::default(), size));
        let shown: Vec<String> = shown
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for whole in [
            "started 00:00:08.700",
            "cancel requested 00:00:19.002",
            "cancelled 00:00:19.102",
            "ended 00:10:19.102",
            "called back 00:10:20.000",
        ] {
            assert!(
                shown.iter().any(|line| line.contains(whole)),
                "{size:?}: {whole}\n{shown:#?}"
            );
        }
    }
}

/// The row under the cursor is marked from end to end, and its text can be read.
#[test]
fn the_mark_of_the_cursor_has_no_gaps() {
    let statuses = LOOKS.iter().map(|look| ("2 k", look.status, "231"));
    for (keys, status, id) in statuses.chain([("", Status::Running, "fetch")]) {
        let mut view = busy();
        for task in &mut view.pool.as_mut().unwrap().tasks {
            task.status = status;
        }
        for theme in [
            Theme::default(),
            Theme {
                colour: false,
                ascii: true,
                ..Theme::default()
            },
        ] {
            let mut state = state(&view, keys, &[], (80, 24));
            let picture = picture(&mut state, theme, (80, 24));
            let reversed = |x, y| {
                let cell = &picture[(x, y)];
                cell.modifier.contains(Modifier::REVERSED) || cell.bg == Color::Indexed(237)
            };
            let rows: Vec<u16> = (0..24).filter(|&y| (0..80).any(|x| reversed(x, y))).collect();
            let &[y] = &rows[..] else {
                panic!("{keys} {status:?}: {rows:?}");
            };
            let (first, last) = (
                (0..80).find(|&x| reversed(x, y)).unwrap(),
                (0..80).rfind(|&x| reversed(x, y)).unwrap(),
            );
            assert!(last - first > 40 && last == 78);
            let row: String = (first..=last).map(|x| picture[(x, y)].symbol()).collect();
            assert!(row.contains(id), "{row}");
            for x in first..=last {
                let cell = &picture[(x, y)];
                assert!(reversed(x, y), "{status:?} {x}: {cell:?}");
                // No text has the colour of the terminal's own ground, and none is dim on another.
                let readable = match cell.bg {
                    Color::Reset => cell.fg == Color::Reset && !cell.modifier.contains(Modifier::DIM),
                    _ => cell.fg != Color::Reset,
                };
                assert!(readable, "{status:?} {x}: {cell:?}");
            }
        }
    }
}

/// Random keys, views, replies and sizes: nothing panics, and whatever is sent was asked for by a key.
#[test]
fn random_keys_never_panic() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(n).unwrap()).unwrap()
    };
    let chords: Vec<Chord> = ACTIONS
        .iter()
        .flat_map(|entry| entry.keys)
        .map(|keys| keys.parse().unwrap())
        .collect();
    let views = [View::default(), fresh(), pools(), busy(), closing()];
    let mut state = State::default();
    let mut sent: Vec<Numbered> = Vec::new();
    let mut commands = 0;
    for i in 0..10_000 {
        let msg = match random(20) {
            0 => Msg::View(Arc::new(views[random(views.len())].clone())),
            1 => Msg::Paste("3 fetch\u{7}".to_owned()),
            2 | 3 if !sent.is_empty() => {
                let Numbered { number, request, .. } = sent.swap_remove(random(sent.len()));
                let answer = match random(4) {
                    0 => Answer::Refused("no".to_owned()),
                    1 => Answer::Done("yes".to_owned()),
                    _ => Answer::Preview(Preview::default()),
                };
                Msg::Reply(Reply {
                    number,
                    request,
                    answer,
                })
            }
            4..10 => Msg::Key(
                "0123 fe"
                    .chars()
                    .nth(random(7))
                    .unwrap()
                    .to_string()
                    .parse()
                    .unwrap_or_else(|_| "Space".parse().unwrap()),
            ),
            _ => {
                let chord = &chords[random(chords.len())];
                // Once it is being left most keys are refused.
                let leaves = ["q", "Ctrl-c"].contains(&&*chord.to_string());
                let chord = if leaves && random(10) > 0 {
                    &chords[0]
                } else {
                    chord
                };
                Msg::Key(chord.0[random(chord.0.len())])
            }
        };
        let is_key = matches!(msg, Msg::Key(_));
        for effect in update(&mut state, msg) {
            if let Effect::Send(numbered) = effect {
                // What is filled into a form is looked at when its functions have come.
                let acts = !matches!(numbered.request, Request::Preview(_));
                assert!(is_key || !acts, "{numbered:?} was sent without a key");
                commands += usize::from(matches!(numbered.request, Request::Do(_)));
                sent.push(numbered);
            }
        }
        if i % 10 == 0 {
            let size = (
                u16::try_from(random(150)).unwrap(),
                u16::try_from(random(45)).unwrap(),
            );
            picture(&mut state, Theme::default(), size);
        }
        if i % 100 == 99 {
            state = State::default();
        }
    }
    assert!(commands > 25, "the keys did something: {commands}");
}

#[test]
fn f206_no_size_panics() {
    let situations = vec![
        (pools(), ""),
        (busy(), "4"),
        (busy(), "4 j ← ["),
        (busy(), "2 k k Enter Tab"),
        (busy(), "2 k k"),
        (busy(), "2 Shift-Tab j j"),
        (busy(), "2 k k Enter"),
        (busy(), "2 Tab Tab w k"),
        (busy(), "2 z"),
        (fresh(), "2 ?"),
        (busy(), "2 X"),
        (busy(), "2 Ctrl-x f"),
        (busy(), "S 1"),
        (busy(), "2 / a b"),
        (busy(), "2 k v k k :"),
        (busy(), "2 : s i z e Space 9"),
        (pools(), "g p"),
        (busy(), "2 Tab Tab / a"),
        (busy(), "2 k k R"),
        (busy(), "="),
        (busy(), "D"),
        (in_terminal("one\r\ntwo"), "2 k i"),
        (found(), "2 Tab Tab"),
        (merged(), "2 Tab Tab m"),
        (View::default(), "2"),
        (closing(), "2 q y"),
        (closing(), "2 q y Esc"),
        (pools(), "5"),
        (warned(), "6 j"),
        (busy(), "6"),
        (explained(), "2 Shift-Tab j w"),
    ];
    for (view, keys) in situations {
        let mut state = state(&view, keys, &PREVIEW, (80, 24));
        for width in 0..=60 {
            for height in 0..=30 {
                let picture = picture(&mut state, Theme::default(), (width, height));
                if width > 0 && height > 0 && (width < 20 || height < 5) {
                    assert!(text(&picture).starts_with(['t', '<', '…']), "{width}x{height}");
                }
            }
        }
    }
}

#[test]
fn the_help_is_searched_and_a_chord_shows_what_may_follow() {
    for (name, keys) in [("help_search", "2 ? / f o l l o w"), ("popup", "2 g")] {
        let mut shown = state(&busy(), keys, &[], (80, 24));
        let picture = text(&picture(&mut shown, Theme::default(), (80, 24)));
        insta::assert_snapshot!(format!("{name}_80x24"), picture);
    }
    let theme = Theme {
        colour: false,
        ascii: true,
        ..Theme::default()
    };
    let mut shown = state(&busy(), "2 g", &[], (80, 24));
    let picture = text(&picture(&mut shown, theme, (80, 24)));
    assert!(picture.is_ascii() && picture.contains("> g ~"), "{picture}");
}

#[test]
fn a_frozen_view_says_so() {
    let mut frozen = state(&busy(), "2 f", &[], (80, 24));
    let shown = |state: &mut State| text(&picture(state, Theme::default(), (80, 24)));
    assert!(shown(&mut frozen).contains("FROZEN 0.0s"));
    let mut later = busy();
    later.time += Duration::from_secs(75);
    later.pools[0].failed += 100;
    let before = shown(&mut frozen);
    update(&mut frozen, Msg::View(Arc::new(later)));
    let after = shown(&mut frozen);
    // Nothing but its age has changed.
    let without = |picture: &str| {
        let lines = picture.lines().filter(|line| !line.contains("FROZEN"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert!(after.contains("FROZEN 1m15s"), "{after}");
    assert_eq!(without(&after), without(&before));
}

/// A settled state with other keys.
fn with_keys(view: &View, actions: &[Action], keymap: &Keymap) -> State {
    let mut state = State::new(Settings {
        keymap: keymap.clone(),
        ..Settings::default()
    });
    update(&mut state, Msg::View(Arc::new(view.clone())));
    for action in actions {
        picture(&mut state, Theme::default(), (140, 40));
        for key in keymap.key(*action).parse::<Chord>().unwrap().0 {
            for effect in update(&mut state, Msg::Key(key)) {
                if let Effect::Want(want) = &effect {
                    update(&mut state, Msg::View(answer(view, want)));
                }
            }
        }
    }
    state
}

#[test]
fn no_screen_names_a_key_that_is_not_bound() {
    // F13 and so on: no text of a screen happens to have these.
    let binds: Vec<Bind> = (13..)
        .zip(&ACTIONS)
        .map(|(n, entry)| (entry.action, vec![format!("F{n}").parse().unwrap()]))
        .collect();
    let keymap = Keymap::with(Preset::Default, &[], &binds);
    assert_eq!(keymap.problems(), []);
    let mut paused = busy();
    let mut locked = fresh();
    locked.pools[0].locked = true;
    paused.pools[0].paused = true;
    let empty = View {
        title: "empty.toml".into(),
        ..View::default()
    };
    let open = [Action::ShowPool];
    let with = |more: &[Action]| open.iter().chain(more).copied().collect::<Vec<_>>();
    let mut situations: Vec<(View, Vec<Action>)> = vec![
        (pools(), Vec::new()),
        (empty, Vec::new()),
        (fresh(), with(&[])),
        (locked, with(&[Action::Start])),
        (paused, with(&[])),
        (closing(), with(&[])),
        (
            busy(),
            with(&[Action::PreviousPane, Action::Down, Action::Down, Action::Down]),
        ),
        (busy(), with(&[Action::Up, Action::Up, Action::Open])),
        (busy(), with(&[Action::Filter])),
        (
            busy(),
            with(&[Action::Up, Action::NextPane, Action::NextPane, Action::Find]),
        ),
        (busy(), with(&[Action::Up, Action::Input])),
        (busy(), with(&[Action::SetSize])),
        (busy(), vec![Action::Quit]),
        (busy(), vec![Action::Help]),
        (busy(), vec![Action::Help, Action::Last]),
    ];
    // Why something does nothing is said, too.
    situations.extend(ACTIONS.iter().map(|entry| (busy(), with(&[entry.action]))));
    for (view, actions) in situations {
        let mut state = with_keys(&view, &actions, &keymap);
        let shown = text(&picture(&mut state, Theme::default(), (140, 40)));
        for line in shown.lines() {
            let words: Vec<&str> = line
                .split(|c: char| c.is_whitespace() || "(),;│".contains(c))
                .filter(|word| !word.is_empty())
                .collect();
            for named in ["Esc", "Tab", "Shift-Tab", "Enter", "PgUp", "↑", "↓"] {
                assert!(!words.contains(&named), "{named} after {actions:?}:\n{shown}");
            }
            assert!(!line.contains("Ctrl-"), "{actions:?}:\n{shown}");
            for pair in words.windows(2) {
                let key = pair[0].chars().count() == 1 && !pair[0].chars().all(char::is_numeric);
                let does = [
                    "starts", "once", "unlocks", "resumes", "leaves", "lists", "picks", "changes", "searches",
                ];
                assert!(
                    !(key && does.contains(&pair[1])),
                    "{pair:?} after {actions:?}:\n{shown}"
                );
            }
        }
    }
}

#[test]
fn fixed_colours_leave_no_cell_to_the_terminal_and_no_colour_means_none() {
    for scheme in Scheme::ALL {
        let mut state = state(&busy(), "2 k k", &[], (80, 24));
        for _ in 0..scheme as usize {
            update(&mut state, Msg::Key("Ctrl-t".parse().unwrap()));
        }
        let buf = picture(&mut state, Theme::default(), (80, 24));
        let fixed = |colour: Color| matches!(colour, Color::Indexed(16..));
        let all = buf.content.iter().all(|cell| fixed(cell.fg) && fixed(cell.bg));
        assert_eq!(all, scheme != Scheme::Terminal, "{}", scheme.word());
        let plain = Theme {
            colour: false,
            ..Theme::default()
        };
        let buf = picture(&mut state, plain, (80, 24));
        let none = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buf.content.iter().all(none), "{}", scheme.word());
    }
}

#[test]
fn a_state_is_never_told_by_its_colour_alone() {
    for (ascii, size) in [
        (false, (40, 20)),
        (true, (40, 20)),
        (false, (100, 40)),
        (true, (100, 40)),
    ] {
        let theme = Theme {
            colour: false,
            ascii,
            ..Theme::default()
        };
        let mut seen = Vec::new();
        for look in LOOKS.iter().filter(|look| look.status != Status::Queued) {
            let mut view = busy();
            for task in &mut view.pool.as_mut().unwrap().tasks {
                task.status = look.status;
                (task.note, task.trying, task.cancelling_for) = ("".into(), None, None);
            }
            let mut state = state(&view, "2 k", &[], size);
            let shown = text(&picture(&mut state, theme, size));
            // The row, not the title of its output.
            let mut rows = shown.lines().filter(|line| line.contains(" 231 "));
            let row = rows.find(|line| !line.contains("Output") && line.contains(['▌', '>']));
            let row = row.unwrap_or_else(|| panic!("no row:\n{shown}"));
            let sign = if ascii { look.letter } else { look.glyph };
            assert!(row.contains(sign), "{}:\n{shown}", look.word);
            seen.push(sign);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), LOOKS.len() - 1);
    }
}

fn row(part: &str, what: &str, text: &str, when: When, effect: &str) -> Row {
    Row {
        part: part.into(),
        what: what.into(),
        text: text.into(),
        when,
        effect: effect.into(),
        refused: None,
    }
}

/// The state in which a config was read again.
fn reread(size: (u16, u16), reread: &Reread) -> State {
    let mut state = state(&busy(), "", &[], size);
    let key = "Ctrl-r".parse::<Chord>().unwrap().0[0];
    for effect in update(&mut state, Msg::Key(key)) {
        if let Effect::Send(Numbered { number, request, .. }) = effect {
            let answer = Answer::Reread(reread.clone());
            update(
                &mut state,
                Msg::Reply(Reply {
                    number,
                    request,
                    answer,
                }),
            );
        }
    }
    state
}

#[test]
fn what_a_reload_changes() {
    let keep = "for groups made from now on; 4 running and 20 queued keep the old";
    let rows = vec![
        row(
            "pool fetch",
            "pool_size",
            "14 → 20 (now 15, set by hand)",
            When::Now,
            "5 queued tasks may start",
        ),
        row("pool fetch", "pages: num_concurrent", "3 → 5", When::Now, ""),
        row(
            "pool fetch",
            "pages: arguments",
            "lines of hosts.txt → lines of all-hosts.txt",
            When::NextStart,
            "a group keeps its arguments; with a new name it starts at once",
        ),
        row(
            "pool fetch",
            "group fresh",
            "new: map get(1 to 40), 40 tasks, max 2",
            When::Now,
            "",
        ),
        row(
            "pool fetch",
            "group thumbs",
            "no longer in the file",
            When::LeftAlone,
            "goes on as it is, until it is cancelled or has ended",
        ),
        row("pool mail", "", "new: size 2, 1 group", When::Now, ""),
        row(
            "pool mail",
            "group letters",
            "new: apply send(), 3 tasks",
            When::Now,
            "",
        ),
        row(
            "function get",
            "command",
            "./get.sh {0} → ./get.sh --retry {0}",
            When::NewGroups,
            keep,
        ),
        row(
            "function get",
            "env",
            "TOKEN has another value",
            When::NewGroups,
            keep,
        ),
        row("[ui] and [keys]", "theme", "terminal → dark", When::Now, ""),
    ];
    let changes = Reread::Changed(Changes {
        number: 1,
        rows,
        agrees: true,
    });
    for size in SIZES {
        let mut state = reread(size, &changes);
        let picture = text(&picture(&mut state, Theme::default(), size));
        insta::assert_snapshot!(format!("reload_{}x{}", size.0, size.1), picture);
    }
}

#[test]
fn what_is_wrong_with_a_config_that_is_read_again() {
    let report = r#"
error: [func.get] has no key `tiemout`
  --> demo.toml:31:1
   |
31 | tiemout = "2s"
   | ^^^^^^^ unknown key
   |
   = help: did you mean `timeout`?

error: demo.toml: others can write it (mode 0666), and so make it run anything as you
help: nobody else may write it: chmod go-w -- /home/somebody/projects/with/a/long/path/demo.toml

2 mistakes in demo.toml; nothing was changed"#;
    let faulty = Reread::Faulty(report.trim().lines().map(Into::into).collect());
    for size in SIZES {
        let mut state = reread(size, &faulty);
        let picture = text(&picture(&mut state, Theme::default(), size));
        insta::assert_snapshot!(format!("reload_faulty_{}x{}", size.0, size.1), picture);
    }
}
