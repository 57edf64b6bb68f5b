//! What makes the tasks of a group, and how they get from there into the machine.

use super::GroupName;
use super::callback::Callback;
use super::group::GroupKey;
use super::lane::{Hand, panic_text};
use super::machine::{Callbacks, Refusal};
use super::shared::{Shared, drop_quietly};
use super::source::{ArgsText, Pull, Source, TaskFuture};
use crate::sync::{AtomicBool, Mutex, fence};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What makes the tasks of a group, and what runs when they end.
#[derive(Debug)]
pub(super) struct GroupShared {
    pub(super) pool: Arc<str>,
    pub(super) name: GroupName,
    pub(super) key: GroupKey,
    feed: Mutex<Feed>,
    /// The group was cancelled: whoever has the feed drops what would make more tasks.
    stopped: AtomicBool,
    pub(super) end_callback: Option<Callback>,
    pub(super) cancel_callback: Option<Callback>,
}

#[derive(Default)]
struct Feed {
    /// Gone once it is exhausted or the group was cancelled.
    source: Option<Box<dyn Source>>,
    /// The arguments of the element that was pulled last.
    args: ArgsText,
    /// The task that was made of it, if it could not be started; it goes first.
    stash: Option<TaskFuture>,
    /// Why nothing more is pulled.
    broken: Option<Arc<str>>,
    /// Somebody waits for the source to be ready.
    watched: bool,
    watcher: Option<Waker>,
}

/// What came of a look into a feed.
enum Fed {
    Task(TaskFuture),
    Exhausted(Option<Arc<str>>),
    /// The end of a source that had no element.
    Empty(Arc<str>),
    NotReady,
    /// Only elements that no task could be made of, so far.
    Skipped,
}

/// What is to be dropped once no lock is held.
type Garbage = (Option<Box<dyn Source>>, Option<TaskFuture>);

/// How long elements may take to come before those that have come are run.
const SLOW: Duration = Duration::from_micros(20);

/// How many useless elements in a row are passed over before others have their turn.
const SKIPS: usize = 64;

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("open", &self.source.is_some())
            .finish_non_exhaustive()
    }
}

impl GroupShared {
    pub(super) fn new(
        pool: Arc<str>,
        name: GroupName,
        key: GroupKey,
        source: Box<dyn Source>,
        end_callback: Option<Callback>,
        cancel_callback: Option<Callback>,
    ) -> Arc<Self> {
        let feed = Feed {
            source: Some(source),
            ..Feed::default()
        };
        Arc::new(GroupShared {
            pool,
            name,
            key,
            feed: Mutex::new(feed),
            stopped: AtomicBool::new(false),
            end_callback,
            cancel_callback,
        })
    }

    pub(super) fn callbacks(&self) -> Callbacks {
        Callbacks {
            cancel: self.cancel_callback.is_some(),
            end: self.end_callback.is_some(),
        }
    }

    pub(super) fn has_callbacks(&self) -> bool {
        self.callbacks() != Callbacks::default()
    }

    /// The group was cancelled: what would make more of its tasks is dropped.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.drop_source();
    }

    /// Drops what would make more tasks, if the group was cancelled. Who has the feed just now does it
    /// when letting go of it. Returns whether the group was cancelled.
    fn drop_source(&self) -> bool {
        // Against the one who cancels: that one finds the feed free, or this one finds the group stopped.
        fence(Ordering::SeqCst);
        if !self.stopped.load(Ordering::Relaxed) {
            return false;
        }
        let Some(mut feed) = self.feed.try_lock() else {
            return true;
        };
        let garbage: Garbage = (feed.source.take(), feed.stash.take());
        let watcher = feed.watcher.take();
        drop(feed);
        drop_quietly(garbage);
        watcher.inspect(Waker::wake_by_ref);
        true
    }

    /// Starts tasks of the group in these slots, as far as it has some now. They count as started at `now`.
    ///
    /// An element is pulled only once the one before it has become a task: what pulls them may look at the
    /// pool, or cancel the group. If they do not come quickly, the slots that are left go back.
    pub(super) fn fill(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        slots: usize,
        hand: &mut Hand,
        now: Duration,
        quick: bool,
    ) {
        let mut feed = self.feed.lock();
        let mut garbage: Garbage = (None, None);
        for slot in 0..slots {
            if slot > 0 && !quick && shared.now().saturating_sub(now) > SLOW {
                // The first one is to be polled soon.
                shared.with(|machine| machine.give_back(self.key, now));
                continue;
            }
            match self.pull(&mut feed, shared) {
                Fed::Task(future) => self.start(&mut feed, future, shared, hand, now, &mut garbage),
                Fed::Exhausted(error) => {
                    garbage.0 = feed.source.take().or(garbage.0);
                    if let Some(reason) = &error {
                        tracing::error!(target: "pool::group", pool = %self.pool, group = %self.name, "{reason}");
                    }
                    shared.with(|machine| machine.exhausted(self.key, error, now));
                }
                Fed::Empty(reason) => {
                    garbage.0 = feed.source.take().or(garbage.0);
                    tracing::warn!(target: "pool::group", pool = %self.pool, group = %self.name, "{reason}");
                    shared.with(|machine| {
                        machine.empty(self.key, reason, now);
                        machine.exhausted(self.key, None, now);
                    });
                }
                Fed::NotReady => {
                    shared.with(|machine| machine.no_input(self.key, now));
                    if !std::mem::replace(&mut feed.watched, true) {
                        shared.on_its_runtime(watch_input(shared.clone(), self.clone()));
                    }
                }
                Fed::Skipped => shared.with(|machine| machine.give_back(self.key, now)),
            }
        }
        drop(feed);
        drop_quietly(garbage);
        self.drop_source();
    }

    fn start(
        self: &Arc<Self>,
        feed: &mut Feed,
        future: TaskFuture,
        shared: &Arc<Shared>,
        hand: &mut Hand,
        now: Duration,
        garbage: &mut Garbage,
    ) {
        let cell = hand.cell(self);
        let (left, handle) = (feed.remaining(), cell.clone());
        match shared.with(|machine| machine.start(self.key, handle, &feed.args, left, now)) {
            Ok(id) => {
                cell.name(id);
                hand.take(future, cell);
            }
            Err(Refusal::NotNow) => {
                hand.put_back(cell);
                feed.stash = Some(future);
            }
            Err(Refusal::Never) => {
                hand.put_back(cell);
                *garbage = (feed.source.take().or(garbage.0.take()), Some(future));
            }
        }
    }

    /// Pulls until there is a task, or a reason why there is none.
    fn pull(&self, feed: &mut Feed, shared: &Arc<Shared>) -> Fed {
        if let Some(future) = feed.stash.take() {
            return Fed::Task(future);
        }
        if let Some(reason) = feed.broken.take() {
            return Fed::Exhausted(Some(reason));
        }
        if feed.watched {
            // Asking the source now could take its waker from the one who watches it.
            return Fed::NotReady;
        }
        for _ in 0..SKIPS {
            let Some(source) = feed.source.as_mut() else {
                return Fed::Exhausted(None);
            };
            let args = &mut feed.args;
            args.clear();
            let pull = catch_unwind(AssertUnwindSafe(|| {
                let ready = source.poll_ready(&mut Context::from_waker(Waker::noop()));
                ready.is_ready().then(|| source.pull(args))
            }));
            match pull {
                Ok(None) => return Fed::NotReady,
                Ok(Some(Pull::Task(future))) => return Fed::Task(future),
                Ok(Some(Pull::Done)) => return Fed::Exhausted(None),
                Ok(Some(Pull::Empty(reason))) => return Fed::Empty(reason.into()),
                Ok(Some(Pull::Failed(reason))) => return Fed::Exhausted(Some(reason.into())),
                Ok(Some(Pull::Skip(reason))) => {
                    let reason: Arc<str> = reason.into();
                    tracing::warn!(target: "pool::group", pool = %self.pool, "skipped an element: {reason}");
                    let (queued, now) = (feed.remaining(), shared.now());
                    shared.with(|machine| machine.skip(self.key, &reason, queued, now));
                }
                Err(panic) => {
                    let reason = format!("making the next task panicked: {}", panic_text(&*panic));
                    return Fed::Exhausted(Some(reason.into()));
                }
            }
        }
        Fed::Skipped
    }
}

impl Feed {
    /// How many tasks are left, if that is known.
    fn remaining(&mut self) -> Option<usize> {
        let source = self.source.as_ref();
        let left = catch_unwind(AssertUnwindSafe(|| {
            source.map_or(Some(0), |source| source.remaining())
        }));
        let left = left.unwrap_or_else(|panic| {
            let text = panic_text(&*panic);
            self.broken = Some(format!("asking how many are left panicked: {text}").into());
            None
        });
        Some(left?.saturating_add(usize::from(self.stash.is_some())))
    }
}

/// Waits until a group's source has something, without holding a slot.
async fn watch_input(shared: Arc<Shared>, group: Arc<GroupShared>) {
    let look = |cx: &mut Context<'_>| {
        let mut feed = group.feed.lock();
        feed.watcher = Some(cx.waker().clone());
        let Some(source) = feed.source.as_mut() else {
            return Poll::Ready(());
        };
        // A panic here comes again, and is reported, at the pull.
        catch_unwind(AssertUnwindSafe(|| source.poll_ready(cx))).unwrap_or(Poll::Ready(()))
    };
    std::future::poll_fn(|cx| {
        let looked = look(cx);
        if group.drop_source() {
            Poll::Ready(())
        } else {
            looked
        }
    })
    .await;
    group.feed.lock().watched = false;
    group.drop_source();
    shared.with(|machine| machine.input(&group.name));
}
