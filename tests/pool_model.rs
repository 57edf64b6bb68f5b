//! Random calls of a pool, compared after each with a plain model of what the pool promises: every count, the state
//! of every task, every error, and the order in which tasks start. Tasks and callbacks end when the test says so.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "model/pool.rs"]
mod model;

use model::{How, Model, State};
use proptest::prelude::*;
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskpool_tui::pool::{
    BoxError, Callback, Cancelled, GroupOptions, Outcome, PoolError, PoolSize, Query, TaskContext, TaskId,
    TaskPool, TaskState, Why,
};
use tokio::sync::oneshot;

/// What a group is like.
#[derive(Clone, Copy, Debug)]
struct Kind {
    tasks: usize,
    /// `map` with this limit, otherwise `apply`.
    num_concurrent: Option<usize>,
    /// The length of the iterator is known.
    known: bool,
    /// Its tasks catch their cancels.
    catches: bool,
    /// It has callbacks, which take their time.
    calls_back: bool,
}

/// Names that collide with each other and with default names.
const NAMES: [&str; 3] = ["n", "apply-work-group-1", "map-work-group-0"];

/// One call, or one thing that happens. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Create(Kind, Option<usize>),
    Finish(usize, How),
    CallbackDone(usize),
    Size(Option<usize>),
    Lock,
    Unlock,
    Pause,
    Resume,
    Cancel(Vec<usize>, bool),
    CancelGroup(usize),
    CancelNamed(usize),
    CancelAll(bool),
    Stop(usize),
    Flush,
    Close,
}

fn kind() -> impl Strategy<Value = Kind> {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.3));
    (0..5_usize, prop::option::of(1..4_usize), flags).prop_map(
        |(tasks, num_concurrent, (known, catches, calls_back))| Kind {
            tasks,
            num_concurrent,
            known: known || num_concurrent.is_none(),
            catches,
            calls_back,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        3 => Just(How::Complete),
        1 => Just(How::Fail),
        1 => Just(How::Panic),
        2 => Just(How::Raise),
    ];
    prop_oneof![
        6 => (kind(), prop::option::weighted(0.4, 0..NAMES.len())).prop_map(|(kind, name)| Step::Create(kind, name)),
        12 => (any::<usize>(), how).prop_map(|(task, how)| Step::Finish(task, how)),
        8 => any::<usize>().prop_map(Step::CallbackDone),
        3 => prop::option::weighted(0.9, 0..6_usize).prop_map(Step::Size),
        1 => Just(Step::Lock),
        2 => Just(Step::Unlock),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        5 => (prop::collection::vec(any::<usize>(), 1..4), prop::bool::weighted(0.2))
            .prop_map(|(ids, force)| Step::Cancel(ids, force)),
        2 => any::<usize>().prop_map(Step::CancelGroup),
        1 => (0..NAMES.len()).prop_map(Step::CancelNamed),
        1 => any::<bool>().prop_map(Step::CancelAll),
        2 => (0..4_usize).prop_map(Step::Stop),
        3 => Just(Step::Flush),
        1 => Just(Step::Close),
    ]
}

/// What tasks and callbacks wait for.
#[derive(Clone, Default)]
struct Gates {
    tasks: Arc<Mutex<HashMap<TaskId, oneshot::Sender<How>>>>,
    callbacks: Arc<Mutex<HashMap<TaskId, oneshot::Sender<()>>>>,
}

impl Gates {
    async fn task(self, catches: bool) -> Result<(), BoxError> {
        let context = TaskContext::current().unwrap();
        let (send, mut receive) = oneshot::channel();
        self.tasks.lock().unwrap().insert(context.id(), send);
        let (mut how, mut caught) = (None, None);
        while how.is_none() {
            if catches {
                match context.catch(&mut receive).await {
                    Ok(said) => how = Some(said.unwrap()),
                    Err(cancelled) => caught = Some(cancelled),
                }
            } else {
                how = Some((&mut receive).await.unwrap());
            }
        }
        match how.unwrap() {
            How::Complete => Ok(()),
            How::Fail => Err("no".into()),
            How::Panic => resume_unwind(Box::new("boom")),
            How::Raise => Err(caught.unwrap_or_else(Cancelled::default).into()),
        }
    }

    fn callback(&self) -> Callback {
        let gates = self.clone();
        Callback::from_async(move |id| {
            let (send, receive) = oneshot::channel();
            gates.callbacks.lock().unwrap().insert(id, send);
            async move { receive.await.unwrap() }
        })
    }
}

/// A pool, and the model of it.
struct Pair {
    pool: TaskPool,
    model: Model,
    gates: Gates,
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Which error, and about which task.
fn told(error: &PoolError) -> String {
    match error {
        PoolError::AlreadyCancelled { id, .. } => format!("AlreadyCancelled {id}"),
        PoolError::AlreadyEnded { id, .. } => format!("AlreadyEnded {id}"),
        PoolError::InvalidTaskId { id, .. } => format!("InvalidTaskId {id}"),
        other => format!("{other:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

fn answer<T: ToString>(result: Result<T, PoolError>) -> Result<String, String> {
    result
        .map(|value| value.to_string())
        .map_err(|error| told(&error))
}

impl Pair {
    fn new(size: usize) -> Self {
        Pair {
            pool: TaskPool::new(size),
            model: Model::new(size),
            gates: Gates::default(),
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Create(kind, name) => self.create(kind, name.map(|name| NAMES[name])),
            Step::Finish(nth, how) => {
                let Some(id) = pick(&self.model.running(), nth) else {
                    return;
                };
                self.gates
                    .tasks
                    .lock()
                    .unwrap()
                    .remove(&TaskId(id as u64))
                    .unwrap()
                    .send(how)
                    .unwrap();
                self.model.finish(id, how);
            }
            Step::CallbackDone(nth) => {
                let Some(id) = pick(&self.model.calling_back(), nth) else {
                    return;
                };
                self.gates
                    .callbacks
                    .lock()
                    .unwrap()
                    .remove(&TaskId(id as u64))
                    .unwrap()
                    .send(())
                    .unwrap();
                self.model.callback_done(id);
            }
            Step::Size(size) => {
                self.pool.set_pool_size(size);
                self.model.set_size(size);
            }
            Step::Lock => {
                self.pool.lock();
                self.model.locked = true;
            }
            Step::Unlock => {
                let expected = self.model.unlock();
                assert_eq!(
                    answer(self.pool.unlock().map(|()| "")),
                    expected.map(|()| String::new())
                );
            }
            Step::Pause => {
                self.pool.pause();
                self.model.paused = true;
            }
            Step::Resume => {
                self.pool.resume();
                self.model.resume();
            }
            Step::Cancel(ids, force) => {
                let ids: Vec<usize> = ids.iter().map(|id| id % (self.model.tasks.len() + 1)).collect();
                self.cancel(&ids, force);
            }
            Step::CancelGroup(nth) => {
                let Some(name) = pick(&self.model.names(), nth) else {
                    return;
                };
                self.cancel_group(&name);
            }
            Step::CancelNamed(name) => self.cancel_group(NAMES[name]),
            Step::CancelAll(force) => {
                if force {
                    self.pool.cancel_all_by_force(None);
                } else {
                    self.pool.cancel_all(None);
                }
                self.model.cancel_all(force);
            }
            Step::Stop(num) => {
                let newest = self.pool.newest_running(num);
                let ids: Vec<usize> = newest.iter().map(|id| usize::try_from(id.0).unwrap()).collect();
                assert_eq!(ids, self.model.newest(num));
                self.cancel(&ids, false);
            }
            Step::Flush => self.flush().await,
            Step::Close => self.close().await,
        }
    }

    fn create(&mut self, kind: Kind, name: Option<&'static str>) {
        let expected = self.model.create(kind, name);
        let mut options = GroupOptions {
            group_name: name.map(Into::into),
            func_name: Some("work".into()),
            ..GroupOptions::default()
        };
        if kind.calls_back {
            options = options
                .on_cancel(self.gates.callback())
                .on_end(self.gates.callback());
        }
        let gates = self.gates.clone();
        let made = match kind.num_concurrent {
            None => self
                .pool
                .apply(move || gates.clone().task(kind.catches), kind.tasks, options),
            Some(most) => {
                let work = move |_| gates.clone().task(kind.catches);
                let mut elements = 0..kind.tasks;
                if kind.known {
                    self.pool.map(work, elements, most, options)
                } else {
                    self.pool
                        .map(work, std::iter::from_fn(move || elements.next()), most, options)
                }
            }
        };
        assert_eq!(answer(made), expected);
    }

    fn cancel(&mut self, ids: &[usize], force: bool) {
        let numbers = ids.iter().map(|id| TaskId(*id as u64));
        let result = if force {
            self.pool.cancel_by_force(numbers, None)
        } else {
            self.pool.cancel(numbers, None)
        };
        let expected = self.model.cancel(ids, force);
        assert_eq!(answer(result.map(|()| "")), expected.map(|()| String::new()));
    }

    fn cancel_group(&mut self, name: &str) {
        let expected = self.model.cancel_group(name);
        let result = self.pool.cancel_group(name, None);
        assert_eq!(answer(result.map(|()| "")), expected.map(|()| String::new()));
    }

    async fn flush(&mut self) {
        let flushed = tokio::time::timeout(Duration::from_millis(1), self.pool.flush()).await;
        let expected = self.model.flush();
        let failures = flushed.map(|gathered| {
            let failures: Vec<usize> = gathered
                .failures
                .iter()
                .map(|(id, _)| usize::try_from(id.0).unwrap())
                .collect();
            (usize::try_from(gathered.totals.sum()).unwrap(), failures)
        });
        assert_eq!(failures.ok(), expected);
    }

    async fn close(&mut self) {
        let closed = tokio::time::timeout(Duration::from_millis(1), self.pool.gather_and_close()).await;
        let closed = closed
            .ok()
            .map(|closed| answer(closed.map(|gathered| gathered.totals.sum())));
        assert_eq!(closed, self.model.close());
    }

    /// Everything that the pool shows is what the model says.
    fn compare(&self) {
        let shot = self.pool.snapshot(&Query {
            groups: (0, usize::MAX),
            rows: usize::MAX,
            ..Query::default()
        });
        let (stats, model) = (shot.stats, &self.model);
        let count = |state: State| model.tasks.iter().filter(|task| task.state == state).count();
        assert_eq!(stats.running, count(State::Running) + count(State::Cancelling));
        assert_eq!(stats.cancelling, count(State::Cancelling));
        assert_eq!(stats.cancelled, count(State::Cancelled));
        assert_eq!(stats.ended, count(State::EndCallback) + count(State::Settled));
        assert_eq!(
            (stats.locked, stats.paused, stats.closed),
            (model.locked, model.paused, model.closed)
        );
        assert_eq!(stats.size, PoolSize::from(model.size));
        assert_eq!(self.pool.is_full(), model.room() == 0);
        let seen: Vec<_> = shot
            .tasks
            .iter()
            .map(|task| {
                (
                    task.id.0,
                    task.group.to_string(),
                    task.state,
                    task.outcome.as_ref().map(Outcome::kind),
                )
            })
            .collect();
        let expected: Vec<_> = model
            .remembered()
            .map(|(id, task)| {
                let seen = match task.state {
                    State::Running => TaskState::Running,
                    State::Cancelling => TaskState::Cancelling,
                    State::Cancelled => TaskState::Cancelled,
                    State::EndCallback | State::Settled | State::Forgotten => TaskState::Ended,
                };
                (
                    id as u64,
                    model.groups[task.group].name.clone(),
                    seen,
                    task.outcome,
                )
            })
            .collect();
        assert_eq!(seen, expected);
        let groups: Vec<_> = shot
            .groups
            .iter()
            .map(|group| (group.name.to_string(), group.queued, group.why))
            .collect();
        let expected: Vec<_> = model
            .named()
            .map(|(number, group)| (group.name.clone(), group.queued(), self.why(number)))
            .collect();
        assert_eq!(groups, expected);
    }

    fn why(&self, number: usize) -> Why {
        let place = self.model.line.iter().position(|group| *group == number);
        match (self.model.groups[number].done, place) {
            (true, _) => Why::NothingLeft,
            _ if self.model.paused => Why::Paused,
            (false, Some(place)) => Why::PoolFull { place: place + 1 },
            (false, None) => Why::NumConcurrent,
        }
    }
}

fn pick<T: Clone>(from: &[T], nth: usize) -> Option<T> {
    from.get(nth.checked_rem(from.len())?).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pool_does_what_its_model_does(size in 0..4_usize, steps in prop::collection::vec(step(), 1..300)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut pair = Pair::new(size);
            for step in steps {
                pair.step(step).await;
                settle().await;
                pair.compare();
            }
        });
    }
}
