use super::super::action::ACTIONS;
use super::super::columns::Shown;
use super::super::dialog::{Help, Overlay};
use super::super::hints::hints;
use super::super::mouse::Selection;
use super::super::state::{Pane, State};
use super::*;
use crate::app::control::{Call, Command, Request};
use crate::app::status::Status;
use crate::app::timeline::{Run, SlotRow, TimelineView, TimelineWant};
use crate::app::view::{
    At, By, Column, CommandRow, FindWant, Found, GroupRow, Jump, Jumped, Life, Moved, OutputLine, OutputView,
    PoolRow, PoolView, Sort, Sorted, Spot, TaskRow, TaskView, Want, Window,
};

mod acting;
mod cut;
mod early;
mod forms;
mod marks;
mod panes;
mod shown;
mod undo;

/// A session that answers every want at once, with tasks of these IDs.
pub(super) struct Fake {
    pub(super) state: State,
    pub(super) ids: Vec<u64>,
    groups: Vec<String>,
    output: usize,
    pub(super) time: Duration,
    ended: Vec<u64>,
    pub(super) sent: Vec<Request>,
    failures: Vec<u64>,
    /// It lists the last first, if any order is wanted.
    sorted: bool,
    /// Its tasks run in terminals that have been written this.
    terminal: Option<&'static str>,
    pub(super) copied: Option<String>,
    pub(super) selected: Option<Selection>,
    pub(super) told: Vec<(String, bool)>,
    /// Its tasks run commands.
    commands: bool,
    /// The first of its pools has gone.
    pool_is_gone: bool,
}

const ROWS: Rows = Rows {
    warnings: 9,
    pools: 5,
    overview: 8,
    attention: 8,
    groups: 4,
    tasks: 10,
    detail: 5,
    detail_total: 8,
    output: 6,
    output_columns: 60,
    slots: 4,
    slot_cells: 40,
    help: 10,
    help_total: 40,
    question: 5,
    question_total: 5,
};

impl Fake {
    pub(super) fn new(ids: impl IntoIterator<Item = u64>) -> Fake {
        let mut fake = Fake {
            state: State::default(),
            ids: ids.into_iter().collect(),
            groups: (0..20).map(|i| format!("map-w-group-{i}")).collect(),
            output: 100,
            time: Duration::ZERO,
            ended: Vec::new(),
            sent: Vec::new(),
            failures: Vec::new(),
            sorted: false,
            terminal: None,
            copied: None,
            selected: None,
            told: Vec::new(),
            commands: false,
            pool_is_gone: false,
        };
        fake.take(Msg::Rows(ROWS));
        fake.refresh();
        fake
    }

    pub(super) fn take(&mut self, msg: Msg) {
        let mut wants = 0;
        let mut effects = update(&mut self.state, msg);
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(numbered) => self.sent.push(numbered.request),
                Effect::Want(want) => {
                    wants += 1;
                    assert!(wants < 5, "views and wants chase each other: {want:?}");
                    let view = self.view(&want);
                    effects.extend(update(&mut self.state, Msg::View(Arc::new(view))));
                }
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Notice { text, bell } => self.told.push((text, bell)),
                Effect::Read(selection) => self.selected = Some(selection),
                Effect::Log(_)
                | Effect::Mouse(_)
                | Effect::Dress { .. }
                | Effect::Redraw
                | Effect::Suspend
                | Effect::Quit => {}
            }
        }
    }

    pub(super) fn sent(&self) -> &[Request] {
        &self.sent
    }

    pub(super) fn refresh(&mut self) {
        let view = self.view(&self.state.wanted.clone());
        self.take(Msg::View(Arc::new(view)));
    }

    pub(super) fn press(&mut self, keys: &str) {
        for key in keys.parse::<Chord>().unwrap().0 {
            self.take(Msg::Key(key));
        }
    }

    pub(super) fn view(&self, want: &Want) -> View {
        let pool = PoolRow {
            name: "fetch".into(),
            starts: Some("get".into()),
            size: Some(4),
            running: 1,
            ..PoolRow::default()
        };
        let mut pools = vec![pool, named("other")];
        if self.pool_is_gone {
            pools.remove(0);
        }
        View {
            time: self.time,
            pools,
            pool: want.pool.as_ref().map(|name| self.pool_view(name, want)),
            answers: want.asked,
            ..View::default()
        }
    }

    fn pool_view(&self, name: &str, want: &Want) -> PoolView {
        let jumped = want.jump.map(|jump| self.jumped(jump));
        let mut window = want.tasks;
        if let Some(to) = jumped.and_then(|jumped| jumped.to) {
            window.at = At::Task(to, window.rows / 2);
        }
        let sorted = want.sort.filter(|_| self.sorted);
        let mut ids = self.ids.clone();
        if sorted.is_some() {
            ids.reverse();
        }
        let position = |id: u64| {
            let at = ids.iter().position(|&at| at == id);
            at.unwrap_or_else(|| ids.partition_point(|&at| at < id))
        };
        let tasks_first = first(window, ids.len(), position);
        let groups_first = first(want.groups, self.groups.len(), |_| 0);
        let tasks: Vec<TaskRow> = ids
            .iter()
            .skip(tasks_first)
            .take(want.tasks.rows)
            .map(|&id| self.row(id))
            .collect();
        let end = want.output.until.map_or(self.output, |spot| {
            let end = usize::try_from(spot.line).unwrap() + 1 + want.output.below;
            end.max(want.output.rows + want.output.below).min(self.output)
        });
        let start = end.saturating_sub(want.output.rows + want.output.below);
        PoolView {
            timeline: want.timeline.as_ref().map(timeline),
            name: name.into(),
            whole: want.tasks.rows > 0 || want.timeline.is_some(),
            group_gone: want
                .group
                .as_deref()
                .filter(|_| want.by == By::Group)
                .filter(|group| {
                    group.starts_with("map-w-") && self.groups.iter().all(|name| *name != **group)
                })
                .map(Into::into),
            groups_total: self.groups.len(),
            groups_first,
            groups: self
                .groups
                .iter()
                .skip(groups_first)
                .take(want.groups.rows)
                .map(|name| group(name))
                .collect(),
            tasks_all: self.ids.len(),
            tasks_total: self.ids.len(),
            tasks_first,
            tasks,
            gone: want.marks.without(&self.ids.iter().copied().collect()),
            moved: match want.tasks.at {
                At::Moved(from, by, _) => Some(Moved {
                    from,
                    by,
                    to: ids[position(from).saturating_add_signed(by).min(ids.len() - 1)],
                }),
                At::First(_) | At::End | At::Task(..) => None,
            },
            task: want.task.filter(|id| self.ids.contains(id)).map(|id| TaskView {
                why: "".into(),
                row: self.row(id),
                name: "fetch_Task".into(),
                live: Vec::new(),
                facts: Vec::new(),
                times: Vec::new(),
                life: Life::default(),
                peers: None,
                output: OutputView {
                    total: self.output,
                    first: start,
                    lines: (start..end).map(line).collect(),
                    terminal: self.terminal.filter(|_| !self.ended.contains(&id)).map(|text| {
                        let size = want.pane.expect("the output is shown").size;
                        Box::new(crate::app::terminal::show([(size, text.as_bytes())]))
                    }),
                    tasks: vec![id],
                    found: want.output.find.as_ref().map(|find| self.found(find)),
                    ..OutputView::default()
                },
            }),
            jumped,
            sorted: sorted.map(|sort| Sorted {
                sort,
                ago: Some(Duration::ZERO),
                busy: false,
            }),
            ..PoolView::default()
        }
    }

    /// What a jump finds: its failures.
    fn jumped(&self, jump: Jump) -> Jumped {
        let (mut to, mut wrapped) = (jump.after, false);
        for _ in 0..jump.times {
            let next = self.failures.iter().find(|id| to.is_none_or(|to| to < **id));
            wrapped |= next.is_none();
            to = next.or(self.failures.first()).copied();
        }
        Jumped {
            number: jump.number,
            to,
            wrapped,
        }
    }

    /// The lines whose numbers have the text in them.
    fn found(&self, find: &FindWant) -> Found {
        let spots = (0..self.output).filter(|i| i.to_string().contains(&find.text));
        let spots: Vec<Spot> = spots.map(|i| line(i).spot).collect();
        Found {
            text: find.text.clone(),
            total: spots.len(),
            before: 0,
            spots,
            more: false,
        }
    }

    fn row(&self, id: u64) -> TaskRow {
        let mut row = row(id);
        if self.ended.contains(&id) {
            row.status = Status::Ok;
        }
        if self.commands {
            row.command = Some(CommandRow::default());
        }
        row
    }

    /// The IDs that the pane shows, and the one under the cursor.
    fn shown(&self) -> (Vec<u64>, Option<u64>) {
        let top = self.state.tasks_top();
        let ids = self
            .state
            .tasks()
            .iter()
            .skip(top)
            .take(ROWS.tasks)
            .map(|task| task.id)
            .collect();
        (ids, self.state.task_row().map(|task| task.id))
    }

    /// The number of the last line of output that is shown.
    fn shows_up_to(&self) -> u64 {
        self.state.output_lines(ROWS.output).last().unwrap().spot.line
    }

    fn said(&self) -> String {
        match &self.state.last {
            Some(LastAction {
                result: Said::Note(text) | Said::Done(text) | Said::Refused(text),
                ..
            }) => text.clone(),
            _ => String::new(),
        }
    }
}

fn named(name: &str) -> PoolRow {
    PoolRow {
        name: name.into(),
        ..PoolRow::default()
    }
}

fn group(name: &str) -> GroupRow {
    GroupRow {
        name: name.into(),
        ..GroupRow::default()
    }
}

fn row(id: u64) -> TaskRow {
    TaskRow {
        id,
        group: "map-w-group-3".into(),
        status: Status::Running,
        age: Duration::ZERO,
        wait: Duration::ZERO,
        used: None,
        cancelling_for: None,
        command: None,
        args: "".into(),
        func: "get.sh".into(),
        exit: None,
        tries: 1,
        trying: None,
        retried: false,
        note: "".into(),
    }
}

fn line(i: usize) -> OutputLine {
    OutputLine {
        time: Duration::ZERO,
        stream: crate::app::view::Stream::Stdout,
        spot: Spot {
            line: i as u64,
            ..Spot::default()
        },
        goes_on: false,
        matches: false,
        text: i.to_string().into(),
    }
}

fn first(window: Window, len: usize, position: impl Fn(u64) -> usize) -> usize {
    let at = match window.at {
        At::First(at) => at,
        At::End => len,
        At::Task(id, row) => position(id).min(len.saturating_sub(1)).saturating_sub(row),
        At::Moved(id, by, row) => {
            let to = position(id).saturating_add_signed(by).min(len.saturating_sub(1));
            to.saturating_sub(row)
        }
    };
    at.min(len.saturating_sub(window.rows))
}

#[test]
fn the_list_follows_its_end_until_a_cursor_is_there() {
    let mut fake = Fake::new(0..100);
    fake.press("2");
    assert_eq!(fake.shown(), ((90..100).collect(), None));
    fake.ids.extend(100..105);
    fake.refresh();
    assert_eq!(fake.shown(), ((95..105).collect(), None));
    fake.press("k k");
    assert_eq!(fake.shown(), ((95..105).collect(), Some(103)));
    fake.ids.extend(105..120);
    fake.refresh();
    assert_eq!(
        fake.shown(),
        ((95..105).collect(), Some(103)),
        "new tasks move nothing"
    );
    fake.press("G");
    assert_eq!(fake.shown(), ((110..120).collect(), None));
}

#[test]
fn the_cursor_reaches_every_task_by_rows_and_by_pages() {
    let mut fake = Fake::new((0..300).map(|i| i * 3));
    fake.press("2 k");
    for step in 1..300 {
        fake.press("k");
        assert_eq!(fake.shown().1, Some((299 - step) * 3));
        assert!(fake.shown().0.contains(&((299 - step) * 3)));
    }
    fake.press("k");
    assert_eq!(fake.shown().1, Some(0));
    for _ in 0..30 {
        fake.press("PgDn");
    }
    assert_eq!(fake.shown().1, Some(299 * 3));
    fake.press("PgUp");
    assert_eq!(fake.shown(), ((280..290).map(|i| i * 3).collect(), Some(289 * 3)));
    fake.press("Ctrl-u");
    assert_eq!(fake.shown().1, Some(284 * 3));
    fake.press("g g");
    assert_eq!(fake.shown(), ((0..10).map(|i| i * 3).collect(), Some(0)));
    fake.press("End Home");
    assert_eq!(fake.shown(), ((0..10).map(|i| i * 3).collect(), Some(0)));
}

#[test]
fn a_smaller_pane_or_none_keeps_the_cursors_task() {
    let mut fake = Fake::new(0..300);
    fake.press("2 k k");
    let (_, cursor) = fake.shown();
    assert_eq!(fake.state.shown, cursor);
    // The screen of one task has no list of them.
    for tasks in [0, 1, 3] {
        fake.take(Msg::Rows(Rows { tasks, ..ROWS }));
        fake.refresh();
        assert_eq!(
            (fake.state.shown, fake.shown().1),
            (cursor, cursor),
            "{tasks} rows"
        );
    }
}

#[test]
fn a_key_never_hits_the_neighbour_of_a_task_that_is_gone() {
    let mut fake = Fake::new(0..50);
    fake.press("2 k k k");
    assert_eq!(fake.shown().1, Some(47));
    fake.ids.retain(|&id| id != 47);
    fake.refresh();
    assert_eq!(fake.shown().1, Some(48), "its neighbour is shown in its place");
    fake.press("x");
    assert_eq!(fake.said(), "task 47 is not listed any more");
    assert!(fake.sent.is_empty());
    fake.press("j x");
    assert!(matches!(&fake.sent[..], [Request::Do(command)] if command.to_string() == "fetch.cancel(49)"));
}

#[test]
fn the_output_keeps_its_place_while_lines_come() {
    let mut fake = Fake::new(0..3);
    fake.press("2 k");
    fake.press("Tab Tab k k");
    let end = |fake: &Fake| fake.shows_up_to() + 1;
    assert_eq!(end(&fake), 98);
    fake.output = 150;
    fake.refresh();
    assert_eq!(end(&fake), 98);
    fake.press("PgUp");
    assert_eq!(end(&fake), 92);
    fake.press("g g");
    assert_eq!(end(&fake), ROWS.output as u64);
    fake.press("f");
    assert_eq!(end(&fake), 150);
    fake.output = 160;
    fake.refresh();
    assert_eq!(end(&fake), 160, "it follows again");
    fake.press("f");
    fake.output = 170;
    fake.refresh();
    assert_eq!(end(&fake), 160, "held still");
    fake.press("G");
    assert_eq!(end(&fake), 170);
}

#[test]
fn without_a_cursor_a_task_is_shown_until_it_ends_and_for_a_second_at_least() {
    let mut fake = Fake::new(0..3);
    fake.press("2");
    assert_eq!(fake.state.shown, Some(2));
    fake.ids.push(3);
    fake.time += Duration::from_secs(5);
    fake.refresh();
    assert_eq!(fake.state.shown, Some(2), "it runs");
    fake.ended.push(2);
    fake.refresh();
    assert_eq!(
        fake.state.shown,
        Some(3),
        "it has ended, long after it was chosen"
    );
    fake.ids.push(4);
    fake.ended.push(3);
    fake.refresh();
    assert_eq!(fake.state.shown_id(), Some(3), "it has ended at once");
    fake.time += Duration::from_millis(1100);
    fake.refresh();
    assert_eq!(fake.state.shown_id(), Some(4));
    fake.press("k k");
    assert_eq!(fake.state.shown_id(), Some(3), "the cursor decides at once");
}

#[test]
fn groups_are_reached_from_first_to_last_and_keep_their_names() {
    let mut fake = Fake::new(0..3);
    fake.press("2 Shift-Tab");
    assert_eq!(fake.state.pane, Pane::Groups);
    for i in 0..20 {
        fake.press("j");
        assert_eq!(fake.state.group.as_deref(), Some(&*format!("map-w-group-{i}")));
    }
    fake.press("j");
    assert_eq!(fake.state.group.as_deref(), Some("map-w-group-19"));
    fake.press("k k k");
    fake.groups.drain(0..5);
    fake.refresh();
    assert_eq!(
        fake.state.group.as_deref(),
        Some("map-w-group-16"),
        "groups before it are gone"
    );
    fake.press("k");
    assert_eq!(fake.state.group.as_deref(), Some("map-w-group-15"));
    fake.press("g g");
    assert_eq!(fake.state.group, None);
    fake.press("j X");
    assert!(
        matches!(&fake.sent[..], [Request::Preview(c)] if c.to_string() == "fetch.cancel_group(\"map-w-group-5\")")
    );
}

#[test]
fn a_group_that_is_gone_hands_the_cursor_to_the_row_for_all() {
    let mut fake = Fake::new(0..3);
    fake.press("2 Shift-Tab j j");
    assert_eq!(fake.state.group.as_deref(), Some("map-w-group-1"));
    // It was cancelled: the pool knows no such group any more, and its tasks still end.
    fake.groups.remove(1);
    fake.refresh();
    assert_eq!((&fake.state.group, fake.state.tasks().len()), (&None, 3));
    assert_eq!(fake.state.pane, Pane::Groups);
}

#[test]
fn another_pool_keeps_nothing_of_the_last_one() {
    let mut fake = Fake::new(0..30);
    fake.press("2 k k / a b Enter Shift-Tab j Esc Esc");
    assert_eq!(fake.state.screen, Screen::Pools);
    fake.press("Enter");
    assert_eq!(
        fake.state.group.as_deref(),
        Some("map-w-group-0"),
        "the same pool keeps its cursors"
    );
    fake.press("1 j 2");
    assert_eq!(
        (&fake.state.group, fake.state.task, &*fake.state.filter),
        (&None, None, "")
    );
    assert_eq!(fake.state.wanted.pool.as_deref(), Some("other"));
}

#[test]
fn keys_that_do_nothing_here_say_why() {
    let mut fake = Fake::new(0..3);
    for (keys, why) in [
        ("ü", "no such key; ? lists them"),
        ("Esc x", "cancel works on the screen of one pool: 2"),
        ("5 S", "stop works on the screens of pools: 1, 2"),
        ("1 F", "fetch remembers no ended task that could be flushed"),
        ("g x", "no such key; ? lists them"),
    ] {
        fake.press(keys);
        assert_eq!(fake.said(), why, "{keys}");
    }
    assert!(fake.sent.is_empty());
}

#[test]
fn esc_goes_back_one_thing_at_a_time() {
    let mut fake = Fake::new(0..3);
    fake.press("2 / a Enter k Enter z ?");
    let mut seen = Vec::new();
    for _ in 0..5 {
        fake.press("Esc");
        let state = &fake.state;
        seen.push((
            state.overlay.is_some(),
            state.zoomed,
            state.pane,
            state.filter.is_empty(),
            state.screen,
        ));
    }
    assert_eq!(
        seen,
        [
            (false, true, Pane::Output, false, Screen::Task),
            (false, false, Pane::Output, false, Screen::Task),
            (false, false, Pane::Tasks, false, Screen::Pool),
            (false, false, Pane::Tasks, true, Screen::Pool),
            (false, false, Pane::Tasks, true, Screen::Pools),
        ]
    );
}

#[test]
fn a_request_that_could_not_be_sent_is_said() {
    let mut fake = Fake::new(0..3);
    fake.press("L");
    let request = fake.sent.pop().unwrap();
    fake.take(Msg::NotSent(
        Numbered {
            number: 1,
            request,
            confirmed: false,
        },
        "the session is busy",
    ));
    assert_eq!(fake.said(), "the session is busy");
}

#[test]
fn the_help_scrolls_no_further_than_its_end() {
    let mut fake = Fake::new(0..3);
    fake.press("? G");
    assert!(matches!(
        fake.state.overlay,
        Some(Overlay::Help(Help { top: 30, .. }))
    ));
    fake.press("PgUp k");
    assert!(matches!(
        fake.state.overlay,
        Some(Overlay::Help(Help { top: 19, .. }))
    ));
    fake.press("F1");
    assert!(fake.state.overlay.is_none());
}

#[test]
fn where_nothing_matches_no_task_is_shown() {
    let mut fake = Fake::new(0..3);
    fake.press("2");
    assert_eq!(fake.state.task_view().map(|task| task.row.id), Some(2));
    // The made-up session does not filter: it has nothing any more.
    fake.ids.clear();
    fake.press("/ z");
    assert_eq!(fake.state.shown_id(), None);
    assert!(fake.state.task_view().is_none());
    assert_eq!(fake.state.wanted.task, None);
    fake.ids.extend(0..3);
    fake.press("Backspace");
    assert_eq!(fake.state.shown_id(), Some(2));
    fake.press("k / z");
    fake.ids.clear();
    fake.refresh();
    assert_eq!((fake.state.shown_id(), fake.state.task_view()), (None, None));
}

#[test]
fn a_filter_that_cannot_be_read_is_told_and_the_last_one_stays() {
    let mut fake = Fake::new(0..3);
    fake.press("2 / 1 Space s t a t e : q Enter");
    assert!(
        fake.said()
            .starts_with("no such state: q; states are queued, no-room, back-off, running,"),
        "{}",
        fake.said()
    );
    let Some(Overlay::Filter(line)) = &fake.state.overlay else {
        panic!("it is still there, to be mended");
    };
    assert_eq!(line.problem.as_ref().map(|bad| bad.place.clone()), Some(8..9));
    assert_eq!(fake.state.filter, "1 state", "the last one that could be read");
    fake.press("Backspace o k Enter");
    assert!(fake.state.overlay.is_none());
    assert_eq!(fake.state.wanted.filter, "1 state:ok");
    fake.press("/ Esc");
    assert_eq!(fake.state.wanted.filter, "");
}

#[test]
fn every_list_has_a_filter_of_its_own() {
    let mut fake = Fake::new(0..3);
    fake.press("/ o t h Enter");
    assert_eq!(
        fake.state.pool.as_deref(),
        Some("other"),
        "the cursor is on what is listed"
    );
    fake.press("k j");
    assert_eq!(fake.state.pool.as_deref(), Some("other"));
    fake.press("/ x");
    assert!(fake.state.listed_pools().is_empty());
    fake.press("k Esc Esc Up 2 Shift-Tab / w - 7 Enter");
    assert_eq!(fake.state.pool.as_deref(), Some("fetch"));
    let wanted = &fake.state.wanted;
    assert_eq!((&*wanted.groups_filter, &*wanted.filter), ("w-7", ""));
    fake.press("Tab / a Enter");
    let wanted = &fake.state.wanted;
    assert_eq!((&*wanted.groups_filter, &*wanted.filter), ("w-7", "a"));
    fake.press("Esc");
    assert_eq!(
        (&*fake.state.wanted.groups_filter, &*fake.state.filter),
        ("w-7", "")
    );
    fake.press("Esc");
    assert_eq!(fake.state.wanted.groups_filter, "");
}

#[test]
fn a_line_that_is_full_says_so() {
    let mut fake = Fake::new(0..3);
    fake.press("2 /");
    fake.take(Msg::Paste("a".repeat(203)));
    assert_eq!(
        fake.said(),
        "3 characters were left out: a line has at most 200 characters"
    );
    assert_eq!(fake.state.filter.len(), 200);
    fake.press("b");
    assert_eq!(fake.said(), "a line has at most 200 characters");
}

#[test]
fn a_burst_of_keys_moves_as_many_rows_although_one_view_is_there() {
    let mut fake = Fake::new((0..300).map(|i| i * 3));
    fake.press("2 g g");
    let key: crate::app::dashboard::Key = "j".parse::<Chord>().unwrap().0[0];
    let burst = |fake: &mut Fake, keys: usize| {
        for _ in 0..keys {
            // No view comes in between.
            update(&mut fake.state, Msg::Key(key));
        }
    };
    burst(&mut fake, 100);
    assert!(fake.state.task.unwrap().id < 100 * 3, "it is on its way");
    fake.press("x");
    assert_eq!(fake.said(), "the cursor is still on its way: once more");
    fake.refresh();
    assert_eq!(fake.shown().1, Some(100 * 3));
    assert!(fake.shown().0.contains(&(100 * 3)));
    burst(&mut fake, 500);
    fake.refresh();
    assert_eq!(fake.shown().1, Some(299 * 3), "no further than the end");
    fake.press("G PgUp PgUp PgUp PgUp PgUp");
    assert_eq!(fake.shown().1, Some(250 * 3));
}

#[test]
fn tasks_are_sorted_by_any_column_and_back() {
    let mut fake = Fake::new(0..300);
    fake.press("2 >");
    let wanted = |fake: &Fake| fake.state.wanted.sort;
    let sort = |column, descending| Some(Sort { column, descending });
    assert_eq!(wanted(&fake), sort(Column::State, false));
    assert_eq!(
        fake.state.wanted.tasks.at,
        At::First(0),
        "the first ones are shown"
    );
    fake.press("I");
    assert_eq!(wanted(&fake), sort(Column::State, true));
    fake.press("< I");
    assert_eq!(wanted(&fake), None, "by their IDs they need no sorting");
    fake.press("<");
    assert_eq!(wanted(&fake), sort(Column::Last, false));
    // The session has sorted them: the last first.
    fake.sorted = true;
    fake.press("I");
    assert_eq!(fake.shown(), ((290..300).rev().collect(), None));
    fake.press("j j j");
    assert_eq!(fake.shown().1, Some(297), "in at the top");
    fake.press("PgDn PgDn PgDn PgDn G");
    assert_eq!(fake.shown().1, Some(0));
    fake.press("g g");
    assert_eq!(fake.shown().1, Some(299));
}

#[test]
fn an_order_is_by_a_column_that_can_be_seen() {
    let mut fake = Fake::new(0..30);
    let by = |fake: &Fake| fake.state.finding.sort.map(|sort| sort.column);
    fake.press("2 > > >");
    assert_eq!(
        by(&fake),
        Some(crate::app::dashboard::COLUMNS[3].column),
        "the list will show it"
    );
    // The usual choice but for the age; the order by a column that is hidden stays.
    fake.press(", j j j j j j j Space");
    let Shown::Chosen(chosen) = fake.state.finding.columns.clone() else {
        panic!("chosen")
    };
    fake.press("Esc");
    let mut seen = Vec::new();
    for _ in 0..chosen.len() {
        fake.press(">");
        seen.push(by(&fake).unwrap_or(Column::Id));
    }
    assert!(chosen.iter().all(|column| seen.contains(column)), "{seen:?}");
    fake.press("<");
    let at = seen.len() - 2;
    assert_eq!(by(&fake).unwrap_or(Column::Id), seen[at]);
}

#[test]
fn columns_are_chosen() {
    let mut fake = Fake::new(0..3);
    fake.press("2 , Space");
    assert_eq!(fake.state.finding.columns, Shown::Fitting);
    fake.press("G Space");
    let Shown::Chosen(columns) = &fake.state.finding.columns else {
        panic!("chosen")
    };
    assert!(!columns.contains(&Column::Last) && columns.contains(&Column::Id));
    fake.press("k k Enter ,");
    assert!(fake.state.overlay.is_none() && fake.state.finding.columns.has(Column::Func));
    fake.press(", Space Esc");
    assert_eq!(fake.state.finding.columns, Shown::Fitting);
}

#[test]
fn what_the_left_pane_counts_by_is_no_group_to_act_on() {
    let mut fake = Fake::new(0..3);
    fake.press("2 Shift-Tab j t j");
    assert_eq!(
        (fake.state.wanted.by, &*fake.state.wanted.group.clone().unwrap()),
        (By::Function, "map-w-group-0")
    );
    fake.press("X");
    assert!(
        fake.said().starts_with("no group under the cursor"),
        "{}",
        fake.said()
    );
    fake.press("t t");
    assert_eq!(
        (fake.state.wanted.by, &fake.state.wanted.group),
        (By::Nothing, &None)
    );
    fake.press("Shift-Tab");
    assert_eq!(fake.state.pane, Pane::Output, "there is no pane of groups");
    fake.press("Tab t");
    assert_eq!((fake.state.pane, fake.state.wanted.by), (Pane::Tasks, By::Group));
}

#[test]
fn a_jump_goes_where_the_session_says() {
    let mut fake = Fake::new(0..300);
    fake.failures = vec![7, 150, 222];
    fake.press("2 g e");
    assert_eq!(fake.shown().1, Some(7));
    fake.press("g e");
    assert_eq!(fake.shown().1, Some(150));
    assert!(fake.shown().0.contains(&150));
    fake.press("g e g e");
    assert_eq!(fake.shown().1, Some(7));
    assert_eq!(fake.said(), "no more after it: on from the first one");
    fake.failures.clear();
    fake.press("g e");
    assert_eq!(
        (fake.shown().1, &*fake.said()),
        (Some(7), "no task listed here has failed")
    );
    fake.failures = vec![7, 150, 222];
    for key in "g e g e".parse::<Chord>().unwrap().0 {
        // Both before any view.
        update(&mut fake.state, Msg::Key(key));
    }
    fake.refresh();
    assert_eq!(fake.shown().1, Some(222));
}

impl Fake {
    fn in_terminals(text: &'static str) -> Fake {
        let mut fake = Fake::new(0..4);
        fake.terminal = Some(text);
        fake.press("2");
        fake.refresh();
        fake
    }

    /// What has been typed since the last time, in the order of its requests, and into which task.
    fn typed(&mut self) -> Vec<(u64, String)> {
        let sent = std::mem::take(&mut self.sent);
        let typed = sent.into_iter().map(|request| match request {
            Request::Do(Command {
                call: Call::Type { id, bytes },
                ..
            }) => (id, String::from_utf8(bytes).unwrap()),
            other => panic!("{other:?}"),
        });
        typed.collect()
    }

    /// Answers the request that was sent last.
    pub(super) fn answer(&mut self, request: Request, answer: Answer) {
        let number = self.state.next_number;
        self.take(Msg::Reply(Reply {
            number,
            request,
            answer,
        }));
    }

    fn answer_typed(&mut self) -> Vec<(u64, String)> {
        let request = self.sent.last().cloned().unwrap();
        let typed = self.typed();
        self.answer(request, Answer::Done(String::new()));
        typed
    }
}

#[test]
fn typing_takes_every_key_until_its_chord() {
    let mut fake = Fake::in_terminals("$ ");
    fake.press("i");
    assert_eq!(fake.state.place(), Place::Typing);
    assert_eq!((fake.state.pane, fake.state.typing), (Pane::Output, Some(3)));
    let mut typed = String::new();
    for keys in [
        "q",
        "X",
        "Ctrl-c",
        "Ctrl-z",
        "Ctrl-l",
        "Tab",
        "Esc",
        "1",
        "?",
        "Enter",
        "Shift-↑",
        "↑",
    ] {
        fake.press(keys);
        typed += &fake.answer_typed()[0].1;
    }
    assert_eq!(typed, "qX\x03\x1a\x0c\t\x1b1?\r\x1b[1;2A\x1b[A");
    fake.press("Ctrl-a Ctrl-a");
    assert_eq!(fake.answer_typed(), [(3, "\x01".to_owned())]);
    fake.press("Ctrl-a x");
    assert_eq!(fake.typed(), []);
    assert!(
        matches!(&fake.state.last, Some(last) if matches!(&last.result, Said::Note(why) if why.contains("Ctrl-a Esc leaves")))
    );
    fake.press("Ctrl-a Esc");
    assert_eq!(fake.state.place(), Place::Output);
    fake.press("?");
    assert_eq!(fake.state.place(), Place::Help);
    assert_eq!(fake.typed(), []);
}

#[test]
fn keys_stay_in_order_however_slow_the_session_is() {
    let mut fake = Fake::in_terminals("$ ");
    fake.press("i a");
    let first = fake.sent.last().cloned().unwrap();
    fake.press("b c");
    fake.take(Msg::Paste("d e".to_owned()));
    assert_eq!(fake.typed(), [(3, "a".to_owned())]);
    fake.answer(first, Answer::Done(String::new()));
    assert_eq!(fake.answer_typed(), [(3, "bcd e".to_owned())]);
    assert_eq!(fake.state.typed, None);
    // What was refused is not followed by what came after it.
    fake.press("x y");
    let refused = fake.sent.pop().unwrap();
    fake.answer(refused, Answer::Refused("it does not read".to_owned()));
    assert_eq!(fake.typed(), []);
    fake.press("z");
    assert_eq!(fake.typed(), [(3, "z".to_owned())]);
    // Another task gets nothing of it.
    fake.press("w Ctrl-a Esc Shift-Tab Shift-Tab k i v");
    assert_eq!(fake.state.typing, Some(2));
    // This session takes what was sent last first.
    assert_eq!(fake.typed(), [(2, "v".to_owned()), (3, "w".to_owned())]);
}

#[test]
fn typing_ends_with_its_task_and_stays_with_it_as_long() {
    let mut fake = Fake::in_terminals("$ ");
    fake.press("i");
    fake.ids.extend(4..40);
    fake.refresh();
    assert_eq!(fake.state.typing, Some(3));
    assert_eq!(fake.state.terminal_shown().unwrap().0, 3);
    fake.ended.push(3);
    fake.refresh();
    assert_eq!(fake.state.typing, None);
    assert_eq!(
        fake.said(),
        "task 3 has ended, and with it the typing; keys act after 1 s without any"
    );
}

#[test]
fn lines_of_output_are_not_there_while_a_terminal_is_shown() {
    let mut fake = Fake::in_terminals("$ ");
    fake.press("k Tab Tab");
    assert_eq!(fake.state.place(), Place::Output);
    for key in ["/", "n", "N", "&", "T", "y", "o", "f", "W"] {
        fake.press(key);
        assert_eq!(
            fake.said(),
            "task 3 shows its terminal, which becomes lines of output once it ends",
            "{key}"
        );
        fake.state.last = None;
        assert!(fake.state.overlay.is_none(), "{key}");
    }
    let hinted = |action| {
        hints(&fake.state)
            .iter()
            .any(|hint| hint.applies && hint.entry.action == action)
    };
    assert!(hinted(Action::Merge) && hinted(Action::Input));
    assert!(!hinted(Action::Find) && !hinted(Action::Times) && !hinted(Action::Follow));
}

#[test]
fn what_a_program_asks_for_decides_what_keys_and_pastes_send() {
    let mut fake = Fake::in_terminals("\x1b[?1h\x1b[?2004h");
    fake.press("i ↑");
    assert_eq!(fake.answer_typed(), [(3, "\x1bOA".to_owned())]);
    fake.take(Msg::Paste("a\nb".to_owned()));
    assert_eq!(fake.answer_typed(), [(3, "\x1b[200~a\rb\x1b[201~".to_owned())]);
    fake.take(Msg::Paste("x".repeat(60_000)));
    assert_eq!(fake.typed(), []);
}

#[test]
fn a_paste_outside_of_typing_presses_no_keys() {
    let mut fake = Fake::in_terminals("$ ");
    fake.take(Msg::Paste("q\n".to_owned()));
    assert_eq!((fake.typed(), fake.state.place()), (Vec::new(), Place::Pool));
}

#[test]
fn a_search_goes_from_match_to_match_and_counts_them() {
    let mut fake = Fake::new(0..3);
    fake.press("2 k Tab Tab / 7 Enter");
    let at = |fake: &Fake| {
        let find = fake.state.output.find.as_ref().unwrap();
        (find.current.map(|spot| spot.line), fake.shows_up_to())
    };
    // The nearest above the end, in the middle of the pane.
    assert_eq!(at(&fake), (Some(97), 99));
    fake.press("N");
    assert_eq!(at(&fake), (Some(87), 90));
    fake.press("N N");
    assert_eq!(at(&fake), (Some(78), 81));
    fake.press("n");
    assert_eq!(at(&fake), (Some(79), 82));
    fake.press("G N");
    assert_eq!(at(&fake).0, Some(78), "from the match that was gone to");
    for _ in 0..30 {
        fake.press("N");
    }
    assert_eq!(at(&fake).0, Some(7));
    assert_eq!(fake.said(), "no match further up; n goes down");
    assert!(!fake.state.wanted.output.find.as_ref().unwrap().only);
    fake.press("&");
    assert!(
        fake.state
            .wanted
            .output
            .find
            .as_ref()
            .is_some_and(|find| find.only && find.context == 0)
    );
    fake.press("&");
    assert!(
        fake.state
            .wanted
            .output
            .find
            .as_ref()
            .is_some_and(|find| find.only && find.context == 2)
    );
    fake.press("& / x Enter");
    assert_eq!(fake.said(), "\"7x\" is in no line that is kept");
    fake.press("Esc");
    assert_eq!(fake.state.output.find, None);
    fake.press("n");
    assert_eq!(fake.said(), "nothing is looked for: / searches");
    assert!(fake.sent.is_empty());
}

#[test]
fn a_search_may_begin_before_there_is_anything_to_search() {
    let mut fake = Fake::new(0..3);
    let pools = fake.view(&Want::default());
    fake.state = State::default();
    // Nothing is answered yet.
    update(&mut fake.state, Msg::Rows(ROWS));
    update(&mut fake.state, Msg::View(Arc::new(pools)));
    for key in "2 Tab Tab / 7 Enter".parse::<Chord>().unwrap().0 {
        update(&mut fake.state, Msg::Key(key));
    }
    assert_eq!(fake.said(), "");
    fake.refresh();
    let find = fake.state.output.find.clone().unwrap();
    assert_eq!((&*find.text, find.current.map(|spot| spot.line)), ("7", Some(97)));
}

#[test]
fn what_is_shown_can_be_copied_and_what_is_kept_saved() {
    let mut fake = Fake::new(0..3);
    fake.press("2 k Tab Tab k y");
    assert_eq!(fake.copied.as_deref(), Some("93\n94\n95\n96\n97\n98\n"));
    assert_eq!(fake.said(), "6 lines, 18 bytes, given to the terminal");
    fake.press("o Enter");
    assert!(matches!(&fake.state.overlay, Some(Overlay::Prompt(prompt)) if prompt.problem.is_some()));
    fake.press("a . t x t Enter");
    let [Request::Do(command)] = &fake.sent[..] else {
        panic!("{:?}", fake.sent)
    };
    assert_eq!(command.to_string(), "fetch.save_output(2, \"a.txt\")");
    fake.press("m");
    assert!(fake.state.wanted.output.merged);
    fake.press("Shift-Tab y");
    assert_eq!(
        fake.copied.as_deref(),
        Some("2\trunning\t0.0s\tmap-w-group-3\t\t\n")
    );
}

/// Three slots: one task that runs, one that has ended with others before it, and nothing.
fn timeline(want: &TimelineWant) -> TimelineView {
    let cells = want.cells;
    let run = |from: usize, to: usize, task, ended| Run {
        from: u16::try_from(from).unwrap(),
        cells: u16::try_from(to - from).unwrap(),
        task,
        status: if ended == 0 { Status::Running } else { Status::Ok },
        odd: false,
        ended,
    };
    let rows = [
        vec![run(cells - 10, cells, 3, 0)],
        vec![
            run(5, 9, 1, 0),
            run(9, 10, 1, 1),
            run(20, cells - 6, 2, 0),
            run(cells - 6, cells - 5, 2, 1),
        ],
        Vec::new(),
    ];
    let total = 50;
    let first = want.first.min(total - want.rows);
    let rows = rows.into_iter().chain(std::iter::repeat_with(Vec::new));
    TimelineView {
        scale: want.scale,
        newest: 1000,
        total,
        first,
        slots: rows
            .map(|runs| SlotRow { runs })
            .skip(first)
            .take(want.rows)
            .collect(),
        ..TimelineView::default()
    }
}

impl Fake {
    fn slot(&self) -> (usize, Option<u64>) {
        (self.state.timeline.slot, self.state.task.map(|cursor| cursor.id))
    }
}

#[test]
fn the_cursor_of_the_timeline_goes_from_task_to_task() {
    let mut fake = Fake::new(1..=3);
    for keys in ["2", "4"] {
        fake.press(keys);
    }
    fake.refresh();
    assert_eq!((fake.state.screen, fake.slot()), (Screen::Timeline, (0, Some(3))));
    fake.press("j");
    assert_eq!(fake.slot(), (1, None), "that slot is free now");
    fake.press("←");
    assert_eq!(fake.slot(), (1, Some(2)));
    fake.press("←");
    assert_eq!(fake.slot(), (1, Some(1)));
    fake.press("←");
    assert_eq!(fake.slot(), (1, Some(1)), "nothing was before");
    fake.press("[");
    assert_eq!(fake.slot(), (1, Some(1)));
    fake.press("→");
    assert_eq!(fake.slot(), (1, Some(2)));
    fake.press("]");
    assert_eq!(fake.slot(), (1, Some(2)));
    fake.press("0");
    assert_eq!((fake.slot(), fake.state.timeline.at), ((1, None), None));
    fake.press("G");
    assert_eq!((fake.slot().0, fake.state.timeline.first), (49, 46));
    fake.press("g g");
    assert_eq!(fake.slot(), (0, Some(3)));
    assert_eq!(fake.state.wanted.task, Some(3));
    assert_eq!(fake.state.wanted.tasks.rows, 1);
}

#[test]
fn the_cursor_of_the_timeline_stays_at_its_moment_while_that_is_shown() {
    let mut fake = Fake::new(1..=3);
    fake.press("4");
    fake.refresh();
    for _ in 0..3 {
        fake.press("[");
    }
    let at = fake.state.timeline.at.unwrap();
    let cell = |fake: &Fake| fake.state.timeline_cell(fake.state.timeline_view().unwrap());
    assert_eq!(cell(&fake), ROWS.slot_cells - 4);
    fake.press("z");
    fake.refresh();
    assert_eq!(fake.state.timeline.at, Some(at));
    fake.press("Z");
    fake.press("Z");
    assert_eq!(fake.state.timeline.scale(), Duration::from_secs(1));
    for _ in 0..20 {
        fake.press("Z");
    }
    assert_eq!(fake.state.timeline.scale(), Duration::from_mins(2));
    assert!(matches!(
        &fake.state.last,
        Some(LastAction {
            result: Said::Note(_),
            ..
        })
    ));
}

#[test]
fn a_task_has_its_screen_and_its_keys() {
    let mut fake = Fake::new(1..=30);
    fake.press("2");
    fake.press("k");
    fake.press("k");
    fake.press("Enter");
    assert_eq!(
        (fake.state.screen, fake.state.place()),
        (Screen::Task, Place::Output)
    );
    assert_eq!(fake.state.shown, Some(29));
    fake.press("[");
    assert_eq!(fake.state.shown, Some(28));
    fake.press("x");
    assert!(
        format!("{:?}", fake.sent.last()).contains("28"),
        "{:?}",
        fake.sent
    );
    fake.press("Tab");
    assert_eq!(fake.state.place(), Place::Task);
    fake.press("]");
    assert_eq!(fake.state.shown, Some(29));
    fake.press("Enter");
    assert_eq!(fake.state.pane, Pane::Output);
    fake.press("Esc");
    assert_eq!((fake.state.screen, fake.state.pane), (Screen::Pool, Pane::Tasks));
    assert_eq!(fake.state.task.map(|cursor| cursor.id), Some(29));
    fake.press("4");
    fake.refresh();
    fake.press("Enter");
    assert_eq!((fake.state.screen, fake.state.shown), (Screen::Task, Some(3)));
    fake.press("Esc");
    assert_eq!(fake.state.screen, Screen::Timeline);
    fake.press("Esc");
    assert_eq!(fake.state.screen, Screen::Pool);
}

#[test]
fn a_key_for_tasks_means_the_shown_task_where_no_cursor_is_and_goes_on_meaning_it() {
    let mut fake = Fake::new(0..50);
    fake.press("2 x");
    let soon = "task 49 has only just come into view by itself: press the key again";
    assert_eq!(fake.said(), soon);
    fake.time += Duration::from_millis(500);
    fake.refresh();
    fake.press("x");
    assert_eq!(fake.done(), "fetch.cancel(49)");
    assert_eq!(fake.state.task.map(|cursor| cursor.id), Some(49));
    fake.ids.extend(50..60);
    fake.refresh();
    fake.press("y");
    let copied = fake.copied.take().unwrap();
    assert!(copied.starts_with("49\t"), "{copied}");
}

#[test]
fn copying_without_a_cursor_copies_the_row_that_is_shown() {
    let mut fake = Fake::new(0..50);
    fake.press("2 y");
    assert!(fake.copied.take().unwrap().starts_with("49\t"));
}

#[test]
fn the_shown_task_is_a_row_in_sight_in_every_order() {
    let in_sight = |fake: &Fake| {
        let shown = fake.state.shown.unwrap();
        assert!(fake.state.rows_in_sight().any(|row| row.id == shown), "{shown}");
        assert!(fake.state.rows_in_sight().count() <= ROWS.tasks);
        shown
    };
    let mut fake = Fake::new(0..300);
    fake.ended = (0..300).collect();
    fake.press("2");
    assert_eq!(in_sight(&fake), 299);
    // Others come; for a moment it stays, above them.
    fake.ids.extend(300..400);
    fake.refresh();
    assert_eq!(in_sight(&fake), 299);
    assert_eq!(fake.state.row_above().map(|row| row.id), Some(299));
    let last = fake.state.rows_in_sight().last().map(|row| row.id);
    assert_eq!(last, Some(399), "the list still ends with the newest");
    fake.time += Duration::from_secs(1);
    fake.refresh();
    assert_eq!(in_sight(&fake), 399);
    // In another order it is the first row, whatever was shown before.
    fake.press(">");
    assert_eq!(in_sight(&fake), 0);
    fake.sorted = true;
    fake.refresh();
    assert_eq!(in_sight(&fake), 399);
    fake.press("3 Esc");
    assert_eq!((in_sight_cursor(&fake), fake.state.shown), (Some(399), Some(399)));
}

/// The row under the cursor, if the pane shows it.
fn in_sight_cursor(fake: &Fake) -> Option<u64> {
    let cursor = fake.state.task?.id;
    fake.state
        .rows_in_sight()
        .map(|row| row.id)
        .find(|id| *id == cursor)
}

#[test]
fn nothing_of_another_list_is_shown_once_another_one_is_wanted() {
    let mut fake = Fake::new(0..50);
    fake.press("2 Shift-Tab");
    fake.time += Duration::from_millis(1);
    fake.refresh();
    assert_eq!(fake.state.shown, Some(49));
    // The session has not answered yet: what it shows is the list of before.
    update(&mut fake.state, Msg::Key("j".parse::<Chord>().unwrap().0[0]));
    assert_eq!(
        (fake.state.shown, fake.state.task_view().is_some()),
        (None, false)
    );
    let mut late = fake.view(&Want::clone(&fake.state.wanted));
    late.answers = 0;
    update(&mut fake.state, Msg::View(Arc::new(late)));
    assert_eq!(fake.state.shown, None, "it was made before the key");
    for key in ["o", "x", "y"] {
        fake.press("Tab");
        update(&mut fake.state, Msg::Key(key.parse::<Chord>().unwrap().0[0]));
        assert!(
            fake.state.overlay.is_none() && fake.copied.is_none() && fake.sent.is_empty(),
            "{key}"
        );
        fake.press("Shift-Tab");
    }
    fake.ids = vec![7];
    fake.refresh();
    assert_eq!(
        fake.state.shown,
        Some(7),
        "no moment of the other list holds it up"
    );
}
