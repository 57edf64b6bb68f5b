//! Marked tasks of a real session: keys in, and exactly the marked tasks are hit.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "common/session.rs"]
mod started;

use std::sync::Arc;
use std::time::{Duration, Instant};
use taskpool_tui::app::Registry;
use taskpool_tui::app::control::{Answer, Call, Command, Reply, Request};
use taskpool_tui::app::dashboard::{Chord, Effect, Msg, State, update};
use taskpool_tui::app::session::{Look, Session};
use taskpool_tui::app::status::Status;
use taskpool_tui::app::view::{At, View, Want, Window};
use taskpool_tui::ui::{Theme, picture};

/// How long anything may take. Generous: only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(2);

const CONFIG: &str = r#"
[[pool]]
kind = "simple"
name = "workers"
func = "sleep"
args = ["1h"]
start = 6

[[pool]]
name = "fruit"
[[pool.group]]
method = "map"
func = "echo"
arg_iter = ["apple", "pear", "apple pie", "plum", "pineapple"]
"#;

/// A dashboard on a session, without a terminal and without a loop of its own.
struct Client {
    session: Arc<Session>,
    look: Look,
    state: State,
    want: Want,
}

impl Client {
    fn new() -> Client {
        Client {
            session: started::start(CONFIG, &Registry::default(), |_| {}),
            look: Look::default(),
            state: State::default(),
            want: Want::default(),
        }
    }

    async fn press(&mut self, keys: &str) {
        for key in keys.parse::<Chord>().unwrap().0 {
            picture(&mut self.state, Theme::default(), (140, 40));
            let effects = update(&mut self.state, Msg::Key(key));
            self.carry_out(effects).await;
        }
    }

    async fn carry_out(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(sent) => {
                    let answer = self.session.answer(&sent.request).await;
                    let reply = Reply {
                        number: sent.number,
                        request: sent.request,
                        answer,
                    };
                    effects.extend(update(&mut self.state, Msg::Reply(reply)));
                }
                Effect::Want(want) => {
                    self.want = *want;
                    effects.extend(self.news());
                }
                _ => {}
            }
        }
    }

    fn news(&mut self) -> Vec<Effect> {
        let (view, _) = self.look.view(&self.session, &self.want);
        update(&mut self.state, Msg::View(Arc::new(view)))
    }

    async fn refresh(&mut self) {
        let effects = self.news();
        self.carry_out(effects).await;
    }

    fn text(&mut self) -> String {
        let buf = picture(&mut self.state, Theme::default(), (140, 40));
        let row = |y| (0..140).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..40).map(|y| row(y) + "\n").collect()
    }

    fn shows(&mut self, text: &str) {
        let shown = self.text();
        assert!(shown.contains(text), "never shows {text:?}:\n{shown}");
    }

    /// Waits until tasks of a pool are shown like this.
    async fn until(&self, pool: &str, statuses: &[Status]) {
        let want = Want {
            pool: Some(pool.to_owned()),
            tasks: Window {
                rows: 20,
                at: At::First(0),
            },
            ..Want::default()
        };
        let are = |view: &View| -> Vec<Status> {
            let tasks = view.pool.iter().flat_map(|pool| &pool.tasks);
            tasks.map(|task| task.status).collect()
        };
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let view = Look::default().view(&self.session, &want).0;
            if are(&view) == statuses {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let view = Look::default().view(&self.session, &want).0;
        panic!("never: {:?}", are(&view));
    }

    /// Does something behind the dashboard's back.
    async fn elsewhere(&self, call: Call) {
        let pool = "workers".to_owned();
        let done = self.session.answer(&Request::Do(Command { pool, call })).await;
        assert!(matches!(done, Answer::Done(_)), "{done:?}");
    }
}

use Status::{Ok as Fine, Running, Stopped};

#[tokio::test]
async fn exactly_the_marked_tasks_are_cancelled() {
    let mut client = Client::new();
    client.until("workers", &[Running; 6]).await;
    client.refresh().await;
    client.press("2 k k v k k x").await;
    client.shows("Cancel 3 tasks?");
    client.shows("cancel requested for 3 tasks: 2 3 4");
    client.until("workers", &[Running; 6]).await;
    client.press("y").await;
    client.shows("cancel requested for 3 tasks");
    let after = [Running, Running, Stopped, Stopped, Stopped, Running];
    client.until("workers", &after).await;
    // The marks are still there, and nothing is left that could be done to them.
    client.refresh().await;
    client.press("x").await;
    client.shows("nothing can be done: 3 passed over, ended already: 2 3 4");
    client.until("workers", &after).await;
    client.session.quit().await;
}

#[tokio::test]
async fn what_has_ended_meanwhile_is_passed_over_and_counted() {
    let mut client = Client::new();
    client.until("workers", &[Running; 6]).await;
    client.refresh().await;
    client.press("2 * x").await;
    client.shows("cancel requested for 6 tasks: 0 1 2 3 4 5");
    // The question is open.
    let ids = vec![1, 4];
    client.elsewhere(Call::Cancel { ids, force: false }).await;
    let ids = [Running, Stopped, Running, Running, Stopped, Running];
    client.until("workers", &ids).await;
    client.elsewhere(Call::Start { num: 1, group: None }).await;
    client.refresh().await;
    client.press("y").await;
    client.shows("cancel requested for 4 tasks; 2 passed over, ended already: 1 4");
    let after = [Stopped, Stopped, Stopped, Stopped, Stopped, Stopped, Running];
    client.until("workers", &after).await;
    client.session.quit().await;
}

#[tokio::test]
async fn marks_of_forgotten_tasks_go_with_them() {
    let mut client = Client::new();
    client.until("workers", &[Running; 6]).await;
    client.refresh().await;
    client.press("2 *").await;
    client.shows("6 marked");
    let ids = vec![1, 4];
    client.elsewhere(Call::Cancel { ids, force: false }).await;
    let ids = [Running, Stopped, Running, Running, Stopped, Running];
    client.until("workers", &ids).await;
    client.refresh().await;
    client.shows("6 marked");
    client.elsewhere(Call::Flush).await;
    client.refresh().await;
    client.shows("· 4 marked");
    client.session.quit().await;
}

#[tokio::test]
async fn all_that_a_filter_finds_are_marked_and_run_again() {
    let mut client = Client::new();
    client.until("fruit", &[Fine; 5]).await;
    client.refresh().await;
    client.press("j 2 / a p p l e Enter *").await;
    client.shows("3 marked");
    client.press("r").await;
    client.shows("3 tasks run again, as new tasks with the same arguments: 0 2 4");
    client.shows("3 of them ok: 0 2 4");
    client.press("y").await;
    client.until("fruit", &[Fine; 8]).await;
    client.session.quit().await;
}
