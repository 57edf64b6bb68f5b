//! A monkey at the dashboard: random keys, texts, pastes, sizes and moments on real pools, from a seed that a failure
//! names. Nothing panics, the pools' books balance, and every picture can be drawn. `TASKPOOL_ROUNDS=260` presses a
//! million keys.
#![cfg(feature = "tui")]
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be, and says how it came there"
)]

#[path = "common/session.rs"]
mod started;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use taskpool_tui::app::Registry;
use taskpool_tui::app::control::{Answer, Call, Command, Numbered, Reply, Request};
use taskpool_tui::app::dashboard::{
    ACTIONS, Chord, Code, Effect, Entry, Key, Msg, Place, State, hints, update,
};
use taskpool_tui::app::session::{Look, Session};
use taskpool_tui::app::view::{Phase, PoolRow, View};
use taskpool_tui::pool::BoxError;
use taskpool_tui::ui::{Theme, picture};
use tokio::task::JoinSet;
use tokio::time::sleep;

const CONFIG: &str = r#"
[[pool]]
name = "jobs"
pool_size = 6
[[pool.group]]
name = "naps"
method = "apply"
func = "sleep"
args = ["40ms"]
num = 300
[[pool.group]]
name = "fails"
method = "map"
func = "fail"
arg_iter = ["no luck", "日本語", "\u001b[31mred", "", "a very long argument that no column has any room for at all, none"]
num_concurrent = 2
[[pool.group]]
name = "panics"
method = "apply"
func = "boom"
num = 9
[[pool.group]]
name = "words"
method = "map"
func = "echo"
arg_iter = { range = [1, 400] }
num_concurrent = 3
[[pool.group]]
name = "later"
method = "map"
func = "echo"
arg_iter = ["x", "y"]
autostart = false

[[pool]]
kind = "simple"
name = "workers"
func = "sleep"
args = ["1h"]
start = 5

[[pool]]
name = "nothing"
pool_size = 0
[[pool.group]]
method = "apply"
func = "echo"
num = 3

[[pool]]
kind = "simple"
name = "unlimited"
func = "say"
start = 2
"#;

/// How many steps one round has.
const STEPS: u64 = 5_000;

/// Numbers that look random and are the same again for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `most`.
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap()
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn size(&mut self) -> (u16, u16) {
        let (width, height) = match self.below(10) {
            0 => (221, 61),
            1..4 => (141, 41),
            _ => (61, 31),
        };
        let cells = |n: usize| u16::try_from(n).unwrap();
        (cells(self.below(width)), cells(self.below(height)))
    }
}

/// One session, with the monkey in front of it.
struct Game {
    dice: Dice,
    session: Arc<Session>,
    look: Look,
    state: State,
    view: Arc<View>,
    size: (u16, u16),
    answers: JoinSet<Reply>,
    /// What was pressed last.
    story: Vec<String>,
    keys: u64,
    left: bool,
}

fn start(seed: u64) -> Game {
    let registry = Registry::default()
        .with("boom", |_| async {
            // Without the message that a panic prints.
            std::panic::resume_unwind(Box::new("as asked")) as Result<(), BoxError>
        })
        .with("say", |_| async {
            sleep(Duration::from_secs(5)).await;
            Err("that was all".into())
        });
    Game {
        dice: Dice(seed),
        session: started::start(CONFIG, &registry, |_| {}),
        look: Look::default(),
        state: State::default(),
        view: Arc::default(),
        size: (80, 24),
        answers: JoinSet::new(),
        story: Vec::new(),
        keys: 0,
        left: false,
    }
}

impl Game {
    /// Something happens, and everything is still as it should be.
    async fn step(&mut self) {
        match self.dice.below(100) {
            0..70 => self.press_of_the_table(),
            70..80 => {
                let c = self
                    .dice
                    .of(&['a', 'Z', '7', ' ', '日', '\u{301}', ':', '/', '"', 'é', '-']);
                self.press(Key::plain(Code::Char(c)));
            }
            80..84 => {
                let text = self.dice.of(&[
                    "",
                    "12",
                    "state:failed",
                    "a\nb\u{1b}[2J",
                    "9999999999999999999999",
                    "naps",
                    "[\"a\", 2]",
                    "one\rtwo\r\nthree,3\n",
                    "{ range = [1, 9] }",
                ]);
                self.told(&format!("paste {text:?}"));
                self.take(Msg::Paste(text.to_owned()));
            }
            84..90 => {
                self.size = self.dice.size();
                self.told(&format!("size {:?}", self.size));
            }
            90..95 => {
                let millis = self.dice.below(1_000) as u64;
                self.told(&format!("wait {millis} ms"));
                tokio::time::advance(Duration::from_millis(millis)).await;
            }
            _ => {
                let mut other = self.state.clone();
                leaves_by_escape(&mut other, self.size);
            }
        }
        tokio::task::yield_now().await;
        while let Some(reply) = self.answers.try_join_next() {
            self.take(Msg::Reply(reply.unwrap()));
        }
        if self.dice.percent(80) {
            self.look();
        }
        self.draw();
    }

    /// Any key of the table, mostly one that counts here.
    fn press_of_the_table(&mut self) {
        let place = self.state.place();
        let here: Vec<&Entry> = ACTIONS
            .iter()
            .filter(|entry| entry.places.contains(&place))
            .collect();
        let entry = if self.dice.percent(75) {
            self.dice.of(&here)
        } else {
            &ACTIONS[self.dice.below(ACTIONS.len())]
        };
        let keys = self.dice.of(entry.keys);
        // They would end most games soon.
        if matches!(keys, "q" | "Ctrl-c") && self.dice.percent(97) {
            return;
        }
        for key in keys.parse::<Chord>().unwrap().0 {
            self.press(key);
        }
    }

    fn press(&mut self, key: Key) {
        self.keys += 1;
        self.told(&key.to_string());
        self.take(Msg::Key(key));
    }

    fn told(&mut self, what: &str) {
        self.story.push(format!("{what} [{:?}]", self.state.place()));
    }

    fn take(&mut self, msg: Msg) {
        for effect in update(&mut self.state, msg) {
            match effect {
                Effect::Send(numbered) => self.send(numbered),
                Effect::Quit => self.left = true,
                Effect::Copy(text) => assert!(
                    text.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()),
                    "{text:?}"
                ),
                // The next look is at what is wanted then.
                Effect::Want(_)
                | Effect::Log(_)
                | Effect::Read(_)
                | Effect::Mouse(_)
                | Effect::Dress { .. }
                | Effect::Notice { .. }
                | Effect::Redraw
                | Effect::Suspend => {}
            }
        }
    }

    fn send(&mut self, Numbered { number, request, .. }: Numbered) {
        if let Request::Do(command) = &request {
            self.hits_what_was_shown(command);
        }
        let session = self.session.clone();
        let left = matches!(request, Request::Quit);
        self.answers.spawn(async move {
            let answer = match &request {
                // The monkey types any name.
                Request::Do(Command {
                    call: Call::SaveOutput { .. },
                    ..
                }) => Answer::Refused("not by a monkey".to_owned()),
                request => session.answer(request).await,
            };
            Reply {
                number,
                request,
                answer,
            }
        });
        self.left |= left && self.dice.percent(50);
    }

    /// A key that acts on one task acts on one that was on the screen, or could have been.
    fn hits_what_was_shown(&self, command: &Command) {
        if let Call::Cancel { ids, force: true } = &command.call
            && let ([id], Some(pool)) = (ids.as_slice(), &self.view.pool)
            && *pool.name == *command.pool
        {
            let shown = pool.tasks.iter().any(|task| task.id == *id);
            assert!(shown, "task {id} was not shown");
        }
    }

    fn look(&mut self) {
        let want = self.state.wanted().clone();
        let (view, _) = self.look.view(&self.session, &want);
        balances(
            &self.session,
            &view,
            want.filter.is_empty() && want.group.is_none(),
            want.sort.is_none(),
        );
        self.view = Arc::new(view);
        self.take(Msg::View(self.view.clone()));
    }

    fn draw(&mut self) {
        let theme = self.dice.of(&[
            Theme::default(),
            Theme {
                ascii: true,
                ..Theme::default()
            },
        ]);
        let buffer = picture(&mut self.state, theme, self.size);
        assert_eq!((buffer.area.width, buffer.area.height), self.size);
        let screen = matches!(
            self.state.place(),
            Place::Pools | Place::Pool | Place::Output | Place::Log
        );
        assert!(!screen || !hints(&self.state).is_empty(), "no hints");
        if self.size.0 >= 40 && self.size.1 >= 8 {
            let text: String = buffer
                .content()
                .iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect();
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}

/// What lies over the screen can be left by Esc, however often it has to be pressed, and the screen is still there.
fn leaves_by_escape(state: &mut State, size: (u16, u16)) {
    // A box over a box over the one pane of a screen that lies over another.
    for _ in 0..6 {
        if matches!(
            state.place(),
            Place::Pools | Place::Pool | Place::Output | Place::Log
        ) {
            picture(state, Theme::default(), size);
            return;
        }
        update(state, Msg::Key(Key::plain(Code::Esc)));
    }
    panic!("Esc does not leave {:?}", state.place());
}

/// The books of the pools, and what a view tells of them.
fn balances(session: &Session, view: &View, all: bool, by_id: bool) {
    for (pool, row) in session.pools().zip(&view.pools) {
        let stats = pool.stats();
        assert_eq!(*row.name, **pool.name());
        assert_eq!(
            (row.running, row.cancelled, row.ended, row.queued.known),
            (stats.running, stats.cancelled, stats.ended, stats.queued)
        );
        assert!(row.cancelling <= row.running);
        let ended = row.ok + row.failed + row.panicked + row.stopped;
        assert!(ended >= row.ended as u64, "{row:?}");
        assert_eq!(stats.totals.sum(), ended);
        if row.phase == Phase::Closed {
            assert_eq!(
                (row.running, row.cancelled, row.queued.known),
                (0, 0, 0),
                "{row:?}"
            );
        }
    }
    let Some(pool) = &view.pool else { return };
    let row = view.pools.iter().find(|row| row.name == pool.name).unwrap();
    // Another order lists the tasks that there were when it was made.
    if all && by_id {
        assert_eq!(pool.tasks_total, row.running + row.cancelled + row.ended);
    }
    assert!(pool.tasks_first + pool.tasks.len() <= pool.tasks_total);
    assert!(!by_id || pool.tasks.is_sorted_by(|a, b| a.id < b.id));
    assert!(pool.groups_first + pool.groups.len() <= pool.groups_total.max(pool.groups_first));
}

/// Nothing starts beyond the size: more slots than the size are taken only while they have been so since it was larger.
fn within_size(before: &[PoolRow], after: &[PoolRow]) {
    for (before, after) in before.iter().zip(after) {
        let held = |row: &PoolRow| row.running + row.cancelled;
        let most = |row: &PoolRow| row.size.unwrap_or(usize::MAX);
        let most = most(before).max(most(after)).max(held(before));
        assert!(held(after) <= most, "{before:?} {after:?}");
    }
}

async fn play(seed: u64, steps: u64) -> u64 {
    let (mut keys, mut done, mut games) = (0, 0, 0_u64);
    while done < steps {
        let mut game = start(seed.wrapping_mul(1_000_003).wrapping_add(games));
        games += 1;
        game.look();
        while done < steps && !game.left {
            let before = game.session_rows();
            game.step().await;
            within_size(&before, &game.session_rows());
            done += 1;
        }
        keys += game.keys;
        // It ends in order, whatever was done to it.
        game.answers.abort_all();
        tokio::time::timeout(Duration::from_hours(2), game.session.quit_alone())
            .await
            .unwrap();
        for pool in game.session.pools() {
            let stats = pool.stats();
            assert_eq!((stats.running, stats.cancelled, stats.callbacks), (0, 0, 0));
        }
    }
    keys
}

impl Game {
    fn session_rows(&self) -> Vec<PoolRow> {
        let row = |pool: &taskpool_tui::pool::BaseTaskPool| {
            let stats = pool.stats();
            PoolRow {
                size: stats.size.limit(),
                running: stats.running,
                cancelled: stats.cancelled,
                ..PoolRow::default()
            }
        };
        self.session.pools().map(row).collect()
    }
}

impl Drop for Game {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = &self.story[self.story.len().saturating_sub(40)..];
            eprintln!("the last of {} steps:\n{}", self.story.len(), last.join("\n"));
        }
    }
}

#[test]
fn a_monkey_breaks_nothing() {
    let rounds = std::env::var("TASKPOOL_ROUNDS");
    let rounds: u64 = rounds.map_or(1, |rounds| rounds.parse().unwrap());
    let mut keys = 0;
    for seed in 0..rounds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed, STEPS))));
        keys += played.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    println!("{keys} keys");
}
