//! What both kinds of pool can do.

use super::event::Events;
use super::machine::{Ask, Closing, FlushKey};
use super::shared::{Core, Note, Shared, drop_quietly};
use super::view::{GroupInfo, Query, Snapshot, Stats};
use super::{Gathered, GroupName, PoolError, PoolSize, TaskContext, TaskId};
use crate::sync::{Handle, Instant, Notify, yield_now};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A handle to a pool of either kind: everything that does not depend on what the pool runs. Clones are
/// handles to the same pool. Dropping handles stops nothing.
///
/// Calls take effect before they return, and none of them blocks; those that have to wait are `async`.
#[derive(Clone)]
pub struct BaseTaskPool {
    pub(super) shared: Arc<Shared>,
}

static NEXT_INDEX: AtomicUsize = AtomicUsize::new(0);

impl BaseTaskPool {
    pub(super) fn new(kind: &str, name: Option<Arc<str>>, size: PoolSize, rt: Handle) -> Self {
        // Every pool has an index, named or not, as in the original.
        let index = NEXT_INDEX.fetch_add(1, Ordering::Relaxed);
        let name = name.unwrap_or_else(|| index.to_string().into());
        BaseTaskPool {
            shared: Shared::new(kind, &name, size, rt),
        }
    }

    /// The pool's name, without the kind: what it was given, or its index in the process.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::named("files", 4);
    /// assert_eq!(&**pool.name(), "files");
    /// assert_eq!(pool.to_string(), "TaskPool-files"); // as errors call it
    /// # }
    /// ```
    pub fn name(&self) -> &Arc<str> {
        &self.shared.name
    }

    /// The moment that the times of events and tasks count from, on tokio's clock.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # use tokio::time::{Duration, Instant, sleep};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let pool = TaskPool::new(1);
    /// sleep(Duration::from_secs(5)).await;
    /// let mut events = pool.events();
    /// pool.lock();
    /// let locked = &events.read(1).events[0];
    /// assert_eq!(pool.created() + locked.time, Instant::now());
    /// # }
    /// ```
    pub fn created(&self) -> Instant {
        self.shared.epoch
    }

    /// The most tasks that hold a slot at once: the limit itself, not what is left of it.
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolSize, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(4);
    /// let twice = pool.pool_size().limit().map(|size| size * 2);
    /// pool.set_pool_size(twice);
    /// assert_eq!(pool.pool_size(), PoolSize::Limited(8));
    /// # }
    /// ```
    pub fn pool_size(&self) -> PoolSize {
        self.shared.read(Core::size)
    }

    /// Changes the size. Raising it starts waiting tasks at once; lowering it stops nobody, and nothing
    /// starts until enough tasks have ended. At 0 nothing starts.
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolSize, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(0);
    /// pool.apply(|| async {}, 3, ()).unwrap(); // nothing starts
    /// pool.set_pool_size(PoolSize::Unlimited);
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    pub fn set_pool_size(&self, size: impl Into<PoolSize>) {
        let (size, now) = (size.into(), self.shared.now());
        self.shared.with(|m| m.set_size(size, now));
    }

    /// Whether tasks hold all slots; with a size of 0 always, without a limit never.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(std::future::pending::<()>, 3, ()).unwrap();
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// assert_eq!(pool.num_running(), 2); // the third waits for a slot
    /// # }
    /// ```
    pub fn is_full(&self) -> bool {
        self.shared.read(Core::is_full)
    }

    /// Refuses new groups from now on ([`PoolError::PoolIsLocked`]). Groups accepted earlier go on to the
    /// last of their tasks.
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolError, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.apply(|| async {}, 3, ()).unwrap();
    /// pool.lock();
    /// assert!(matches!(pool.apply(|| async {}, 1, ()), Err(PoolError::PoolIsLocked { .. })));
    /// assert_eq!(pool.gather_and_close().await.unwrap().totals.completed, 3);
    /// # }
    /// ```
    pub fn lock(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.lock(now));
    }

    /// Takes new groups again. Refused while somebody waits for the pool's close
    /// ([`PoolError::PoolIsClosing`]) and once it is closed ([`PoolError::PoolIsClosed`]).
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolError, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.lock();
    /// pool.unlock().unwrap();
    /// pool.apply(|| async {}, 1, ()).unwrap();
    /// pool.close().await;
    /// assert!(matches!(pool.unlock(), Err(PoolError::PoolIsClosed { .. })));
    /// # }
    /// ```
    pub fn unlock(&self) -> Result<(), PoolError> {
        let now = self.shared.now();
        self.shared.with(|m| m.unlock(now))
    }

    /// Whether new groups are refused. A closed pool stays locked.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// assert!(!pool.is_locked());
    /// pool.lock();
    /// assert!(pool.is_locked());
    /// # }
    /// ```
    pub fn is_locked(&self) -> bool {
        self.shared.read(Core::is_locked)
    }

    /// Starts nothing from now on; what runs goes on. Groups are still accepted, and a close waits for what
    /// they have to start.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskPool, Why};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.pause();
    /// pool.apply(|| async {}, 3, "held").unwrap();
    /// assert_eq!(pool.group("held").unwrap().why, Why::Paused);
    /// # }
    /// ```
    pub fn pause(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.pause(now));
    }

    /// Ends a pause: what waits starts at once, as far as there are slots.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.pause();
    /// pool.apply(|| async {}, 3, ()).unwrap();
    /// pool.resume();
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    pub fn resume(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.resume(now));
    }

    /// How many tasks run; those that were asked to cancel and have not stopped are among them.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(None);
    /// pool.apply(std::future::pending::<()>, 3, ()).unwrap();
    /// while pool.num_running() < 3 { tokio::task::yield_now().await }
    /// pool.cancel_all(None);
    /// assert_eq!(pool.num_running(), 3); // asked, but none has stopped yet
    /// # }
    /// ```
    pub fn num_running(&self) -> usize {
        self.shared.read(Core::num_running)
    }

    /// How many tasks are cancelled: stopped, and their cancel callback has not returned. They still hold
    /// their slots.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskPool};
    /// # use std::future::pending;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let slow = Callback::from_async(|_| pending::<()>());
    /// pool.apply(pending::<()>, 2, GroupOptions::default().on_cancel(slow)).unwrap();
    /// while pool.num_running() < 2 { tokio::task::yield_now().await }
    /// pool.cancel_all(None);
    /// while pool.num_cancelled() < 2 { tokio::task::yield_now().await }
    /// assert!(pool.is_full() && pool.num_running() == 0);
    /// # }
    /// ```
    pub fn num_cancelled(&self) -> usize {
        self.shared.read(Core::num_cancelled)
    }

    /// How many tasks have ended and are not forgotten.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(|| async {}, 3, ()).unwrap();
    /// while pool.num_ended() < 3 { tokio::task::yield_now().await }
    /// pool.flush().await;
    /// assert_eq!(pool.num_ended(), 0); // forgotten; `stats().totals` still counts them
    /// # assert_eq!(pool.stats().totals.completed, 3);
    /// # }
    /// ```
    pub fn num_ended(&self) -> usize {
        self.shared.read(Core::num_ended)
    }

    /// Asks tasks to cancel; all of them or, if one cannot be, none. IDs given twice count once. It does not
    /// wait: a task has stopped once it no longer counts as running. One that caught an earlier cancel gets
    /// another; one that has not seen it yet does not.
    ///
    /// Errors name the ID: [`PoolError::AlreadyCancelled`], [`PoolError::AlreadyEnded`],
    /// [`PoolError::InvalidTaskId`].
    ///
    /// ```
    /// # use taskpool_tui::pool::{PoolError, TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(None);
    /// pool.apply(std::future::pending::<()>, 3, ()).unwrap();
    /// while pool.num_running() < 3 { tokio::task::yield_now().await }
    /// let refused = pool.cancel([TaskId(0), TaskId(9)], None); // there is no task 9, so task 0 goes on
    /// assert!(matches!(refused, Err(PoolError::InvalidTaskId { id: TaskId(9), .. })));
    /// pool.cancel([TaskId(0), TaskId(2)], Some("too slow")).unwrap();
    /// while pool.num_ended() < 2 { tokio::task::yield_now().await }
    /// assert_eq!(pool.num_running(), 1);
    /// # }
    /// ```
    pub fn cancel(
        &self,
        ids: impl IntoIterator<Item = TaskId>,
        message: Option<&str>,
    ) -> Result<(), PoolError> {
        self.cancel_ids(ids, message, false)
    }

    /// Like [`cancel`](Self::cancel); tasks that are cancelling already are dropped where they stand, or, if
    /// they stand for something outside, told to kill it ([`TaskContext::catch_forced`]). Others are asked as
    /// usual.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskId, TaskPool};
    /// # use tokio::time::{Duration, sleep};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// async fn stubborn() {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     while context.catch(std::future::pending::<()>()).await.is_err() {} // goes on, whoever asks
    /// }
    ///
    /// let pool = TaskPool::new(1);
    /// pool.apply(stubborn, 1, ()).unwrap();
    /// sleep(Duration::from_secs(1)).await; // it runs
    /// pool.cancel([TaskId(0)], None).unwrap();
    /// # sleep(Duration::from_secs(1)).await;
    /// # assert_eq!(pool.num_running(), 1);
    /// pool.cancel_by_force([TaskId(0)], None).unwrap();
    /// assert_eq!(pool.close().await.totals.cancelled, 1);
    /// # }
    /// ```
    pub fn cancel_by_force(
        &self,
        ids: impl IntoIterator<Item = TaskId>,
        message: Option<&str>,
    ) -> Result<(), PoolError> {
        self.cancel_ids(ids, message, true)
    }

    fn cancel_ids(
        &self,
        ids: impl IntoIterator<Item = TaskId>,
        message: Option<&str>,
        force: bool,
    ) -> Result<(), PoolError> {
        let ids: Vec<TaskId> = ids.into_iter().collect();
        let (ask, now) = (ask(message, force), self.shared.now());
        let asked = self.shared.with(|m| m.cancel(&ids, &ask, now))?;
        self.shared.tell(&Note::new(ask.message.as_ref()), asked);
        Ok(())
    }

    /// Changes how many tasks of a group run at once; none: as many as the pool lets. Raising it starts waiting
    /// tasks at once; lowering it stops nobody, and nothing of the group starts until enough of its tasks have ended.
    /// Errors: [`PoolError::TaskGroupNotFound`], [`PoolError::InvalidNumConcurrent`].
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(None);
    /// let group = pool.map(|_| async {}, 0..100, 1, ()).unwrap();
    /// pool.set_num_concurrent(&group, 10).unwrap();
    /// assert_eq!(pool.group(&group).unwrap().num_concurrent, Some(10));
    /// # pool.close().await;
    /// # }
    /// ```
    pub fn set_num_concurrent(&self, group: &str, most: impl Into<Option<usize>>) -> Result<(), PoolError> {
        let (most, now) = (most.into(), self.shared.now());
        self.shared.with(|m| m.set_num_concurrent(group, most, now))?;
        tracing::info!(target: "pool::group", pool = %self.name(), group, ?most, "num_concurrent");
        Ok(())
    }

    /// Cancels a group: what was queued never starts, not even in a slot that is being handed over at this
    /// moment, and every running task is asked to cancel. The pool forgets the name at once; the tasks still
    /// go through cancelled and ended. Error: [`PoolError::TaskGroupNotFound`].
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(std::future::pending::<()>, 5, "slow").unwrap();
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// pool.cancel_group("slow", Some("no longer wanted")).unwrap();
    /// assert!(pool.group("slow").is_none());
    /// assert_eq!(pool.close().await.totals.cancelled, 2); // the other three never started
    /// # }
    /// ```
    pub fn cancel_group(&self, name: &str, message: Option<&str>) -> Result<(), PoolError> {
        let now = self.shared.now();
        let (reach, stopped) = self.shared.with(|m| m.cancel_group(name, now))?;
        for group in stopped {
            group.stop();
        }
        self.shared.ask_all(reach, &ask(message, false));
        tracing::info!(target: "pool::group", pool = %self.name(), group = name, "cancelled");
        Ok(())
    }

    /// Stops every spawner, forgets every group's name, and asks every running task to cancel, those of
    /// groups forgotten earlier included.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.map(|_| std::future::pending::<()>(), 0.., 9, ()).unwrap(); // would never end
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// pool.cancel_all(Some("shutting down"));
    /// assert_eq!(pool.close().await.totals.cancelled, 2);
    /// # }
    /// ```
    pub fn cancel_all(&self, message: Option<&str>) {
        self.cancel_everything(message, false);
    }

    /// Like [`cancel_all`](Self::cancel_all), and tasks that are cancelling already are ended as
    /// [`cancel_by_force`](Self::cancel_by_force) ends them.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskPool};
    /// # use tokio::time::{Duration, sleep, timeout};
    /// # async fn stubborn() {
    /// #     let context = TaskContext::current().expect("runs in a pool");
    /// #     while context.catch(std::future::pending::<()>()).await.is_err() {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(stubborn, 2, ()).unwrap(); // they catch every cancel
    /// sleep(Duration::from_secs(1)).await;
    /// pool.cancel_all(None);
    /// if timeout(Duration::from_secs(10), pool.close()).await.is_err() {
    ///     pool.cancel_all_by_force(Some("ten seconds were enough"));
    /// }
    /// assert_eq!(pool.close().await.totals.cancelled, 2);
    /// # }
    /// ```
    pub fn cancel_all_by_force(&self, message: Option<&str>) {
        self.cancel_everything(message, true);
    }

    fn cancel_everything(&self, message: Option<&str>, force: bool) {
        let now = self.shared.now();
        let (reach, stopped) = self.shared.with(|m| m.cancel_all(now));
        for group in stopped {
            group.stop();
        }
        self.shared.ask_all(reach, &ask(message, force));
        tracing::info!(target: "pool::group", pool = %self.name(), "cancelled everything");
    }

    pub(super) fn stop_newest(&self, num: usize) -> Vec<TaskId> {
        let now = self.shared.now();
        let (ids, asked) = self.shared.with(|m| m.stop(num, &Ask::default(), now));
        self.shared.tell(&Note::new(None), asked);
        ids
    }

    /// The IDs that [`SimpleTaskPool::stop`](super::SimpleTaskPool::stop) would cancel now, newest first.
    ///
    /// ```
    /// # use taskpool_tui::pool::{SimpleTaskPool, TaskId};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = SimpleTaskPool::new(std::future::pending::<()>, None, ());
    /// pool.start(3).unwrap();
    /// while pool.num_running() < 3 { tokio::task::yield_now().await }
    /// assert_eq!(pool.newest_running(2), [TaskId(2), TaskId(1)]); // asks nobody to stop
    /// assert_eq!(pool.stop(2), [TaskId(2), TaskId(1)]);
    /// # }
    /// ```
    pub fn newest_running(&self, num: usize) -> Vec<TaskId> {
        self.shared.read(|m| m.newest_running(num))
    }

    /// The IDs of all tasks of these groups that the pool remembers. Error: [`PoolError::TaskGroupNotFound`],
    /// if it does not know one of the names.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(None);
    /// pool.apply(std::future::pending::<()>, 2, "a").unwrap();
    /// pool.apply(std::future::pending::<()>, 1, "b").unwrap();
    /// while pool.num_running() < 3 { tokio::task::yield_now().await }
    /// let both = pool.get_group_ids(["a", "b"]).unwrap();
    /// pool.cancel(both, None).unwrap();
    /// assert_eq!(pool.close().await.totals.cancelled, 3);
    /// # }
    /// ```
    pub fn get_group_ids<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeSet<TaskId>, PoolError> {
        let ids = self.shared.read(|m| m.group_ids(names));
        let ids = ids.map_err(|group| PoolError::TaskGroupNotFound {
            group,
            pool: self.label(),
        })?;
        Ok(ids.into_iter().collect())
    }

    /// Waits for the callbacks of the tasks that are cancelled or ended at the call, then forgets those
    /// tasks, and every group that has nothing left. Running tasks are not touched. In a callback it does not
    /// wait for that callback's own task, nor for others whose callbacks wait in a flush, and does not forget
    /// them. A flush that is dropped half-way has forgotten some tasks or none; those are not returned again.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskId, TaskPool};
    /// # async fn check(n: u32) -> Result<(), &'static str> { if n == 1 { Err("one is wrong") } else { Ok(()) } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.map(check, 0..3, 1, ()).unwrap();
    /// while pool.num_ended() < 3 { tokio::task::yield_now().await }
    /// let flushed = pool.flush().await;
    /// assert_eq!((flushed.totals.completed, flushed.totals.failed), (2, 1));
    /// assert_eq!(flushed.into_result().unwrap_err().to_string(), "task 1 failed: one is wrong");
    /// # }
    /// ```
    pub async fn flush(&self) -> Gathered {
        let flush = self.begin_flush();
        let ready = || self.shared.read(|m| m.flush_is_ready(flush.key)).then_some(());
        until(&self.shared.settled, ready).await;
        flush.sweep().await
    }

    /// Like [`flush`](Self::flush) without the wait: tasks whose callbacks still run are left for another
    /// time.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Callback, GroupOptions, TaskId, TaskPool};
    /// # use std::future::pending;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(3);
    /// let stuck = Callback::from_async(|id| async move { if id == TaskId(1) { pending().await } });
    /// pool.apply(|| async {}, 3, GroupOptions::default().on_end(stuck)).unwrap();
    /// while pool.num_ended() < 3 || pool.stats().callbacks > 1 { tokio::task::yield_now().await }
    /// assert_eq!(pool.flush_settled().await.totals.completed, 2);
    /// assert!(pool.remembers(TaskId(1)));
    /// # }
    /// ```
    pub async fn flush_settled(&self) -> Gathered {
        self.begin_flush().sweep().await
    }

    fn begin_flush(&self) -> Flushing<'_> {
        // The same name, not an equal one: two pools may be called alike.
        let own = TaskContext::current()
            .filter(|task| Arc::ptr_eq(task.pool(), self.name()))
            .map(|task| task.id());
        Flushing {
            shared: &self.shared,
            key: self.shared.with(|m| m.begin_flush(own)),
        }
    }

    /// Waits for every spawner, task and callback, then closes the pool; returns the same as
    /// [`flush`](Self::flush) would. The pool has to be locked ([`PoolError::PoolStillUnlocked`]). Dropping
    /// the wait has no effect on the pool: it can be called again, and there may be several at once. Of a
    /// pool that is closed already nothing is left to return. Awaited by one of the pool's own tasks or
    /// callbacks it would wait for itself for ever.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # use tokio::time::{Duration, sleep, timeout};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(|| sleep(Duration::from_secs(60)), 2, ()).unwrap();
    /// pool.lock();
    /// if timeout(Duration::from_secs(10), pool.gather_and_close()).await.is_err() {
    ///     pool.cancel_all(Some("took too long"));
    /// }
    /// assert_eq!(pool.gather_and_close().await.unwrap().totals.cancelled, 2);
    /// # }
    /// ```
    pub async fn gather_and_close(&self) -> Result<Gathered, PoolError> {
        self.shared.with(Core::begin_close)?;
        let _waiting = Closer { shared: &self.shared };
        let gathered = loop {
            let step = until(&self.shared.settled, || {
                let now = self.shared.now();
                match self.shared.step(|m| m.close_step(now)) {
                    Closing::Waiting => None,
                    step @ (Closing::More(_) | Closing::Closed(_)) => Some(step),
                }
            });
            match step.await {
                Closing::Waiting => {}
                Closing::More(sweep) => {
                    drop_quietly(sweep.garbage);
                    // The last step closes the pool: who gave up after it would take along what was found.
                    if sweep.next.is_some() {
                        yield_now().await;
                    }
                }
                Closing::Closed(gathered) => break gathered,
            }
        };
        tracing::info!(target: "pool::group", pool = %self.name(), "closed");
        Ok(gathered)
    }

    /// Locks the pool, waits for everything in it and closes it: [`lock`](Self::lock) and
    /// [`gather_and_close`](Self::gather_and_close) in one. If the wait is dropped, the pool stays locked,
    /// and nothing is lost: the next close returns it.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(|| async {}, 5, ()).unwrap();
    /// assert_eq!(pool.close().await.totals.completed, 5);
    /// assert!(pool.apply(|| async {}, 1, ()).is_err()); // closed
    /// # }
    /// ```
    pub async fn close(&self) -> Gathered {
        self.lock();
        // Nobody can unlock it between the two: a refusal would mean that it was unlocked just now.
        loop {
            match self.gather_and_close().await {
                Ok(gathered) => return gathered,
                Err(_) => self.lock(),
            }
        }
    }

    /// Resolves once the pool is closed; at once, if it is. Always with `true`. It does not close the pool,
    /// and may be dropped at any time.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let watched = pool.clone();
    /// let report = tokio::spawn(async move {
    ///     watched.until_closed().await;
    ///     format!("{} done", watched.stats().totals.completed)
    /// });
    /// pool.apply(|| async {}, 3, ()).unwrap();
    /// pool.close().await;
    /// assert_eq!(report.await.unwrap(), "3 done");
    /// # }
    /// ```
    pub async fn until_closed(&self) -> bool {
        until(&self.shared.settled, || {
            self.shared.read(Core::is_closed).then_some(true)
        })
        .await
    }

    /// The counts, all of one moment.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// pool.apply(std::future::pending::<()>, 5, ()).unwrap();
    /// while !pool.is_full() { tokio::task::yield_now().await }
    /// let stats = pool.stats();
    /// assert_eq!((stats.running, stats.queued, stats.groups), (2, 3, 1));
    /// # }
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.read(Core::stats)
    }

    /// Counts the changes of the pool: each event is one, whether anybody reads it or not.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// let drawn = pool.version();
    /// assert_eq!(pool.version(), drawn); // nothing to draw again
    /// pool.pause();
    /// assert_eq!(pool.version(), drawn + 1);
    /// # }
    /// ```
    pub fn version(&self) -> u64 {
        self.shared.with(|m| m.events().seq())
    }

    /// A group that the pool knows by this name.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(0);
    /// pool.map(|_| async {}, 0..10, 2, "numbers").unwrap();
    /// let group = pool.group("numbers").unwrap();
    /// assert_eq!((group.queued, group.num_concurrent), (Some(10), Some(2)));
    /// assert!(pool.group("letters").is_none());
    /// # }
    /// ```
    pub fn group(&self, name: &str) -> Option<GroupInfo> {
        self.shared.read(|m| m.group(name))
    }

    /// Counts, groups and tasks of one moment. Costs the rows that it returns, not the tasks that exist.
    ///
    /// ```
    /// # use taskpool_tui::pool::{At, OutcomeKind, Query, States, TaskPool};
    /// # async fn check(n: u32) -> Result<(), &'static str> { if n % 2 == 0 { Ok(()) } else { Err("odd") } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.map(check, 0..10, 1, ()).unwrap(); // the odd ones fail
    /// while pool.num_ended() < 10 { tokio::task::yield_now().await }
    /// let failed = States::ended(OutcomeKind::Failed);
    /// let shown = pool.snapshot(&Query { states: failed, at: At::End, rows: 2, ..Query::default() });
    /// assert_eq!((shown.tasks_total, shown.tasks_first), (5, 3));
    /// assert_eq!([&*shown.tasks[0].args, &*shown.tasks[1].args], ["7", "9"]); // the latest two
    /// # }
    /// ```
    pub fn snapshot(&self, query: &Query<'_>) -> Snapshot {
        let now = self.shared.now();
        self.shared.read(|m| m.snapshot(query, now))
    }

    /// Looks through the remembered tasks from `from` on, a few hundred at a time: `see` gets each one's
    /// ID, group and arguments. Returns where to go on, or nothing if there are no more for now.
    ///
    /// `see` runs under the pool's lock: it must be quick and must not call back into the pool.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.map(|_: &str| async {}, ["a.log", "b.txt", "c.log"], 1, ()).unwrap();
    /// while pool.num_ended() < 3 { tokio::task::yield_now().await }
    /// let (mut logs, mut from) = (Vec::new(), Some(TaskId(0)));
    /// while let Some(next) = from {
    ///     from = pool.scan(next, |id, _, args| if args.contains(".log") { logs.push(id) });
    /// }
    /// assert_eq!(logs, [TaskId(0), TaskId(2)]);
    /// # }
    /// ```
    pub fn scan(&self, from: TaskId, mut see: impl FnMut(TaskId, &GroupName, &str)) -> Option<TaskId> {
        self.shared.read(|m| {
            let (next, tasks) = m.scan(from)?;
            for (id, group, args) in tasks {
                see(id, group, args);
            }
            Some(next)
        })
    }

    /// Whether the pool remembers this task: it was started, and no flush has forgotten it.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.apply(|| async {}, 1, ()).unwrap();
    /// while pool.num_ended() < 1 { tokio::task::yield_now().await }
    /// assert!(pool.remembers(TaskId(0)));
    /// pool.flush().await;
    /// assert!(!pool.remembers(TaskId(0)));
    /// # }
    /// ```
    pub fn remembers(&self, id: TaskId) -> bool {
        self.shared.read(|m| m.remembers(id))
    }

    /// Drops from the list the tasks that the pool does not remember.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(2);
    /// # pool.map(|n| async move { if n == 1 { std::future::pending().await } }, 0..2, 2, ()).unwrap();
    /// # while pool.num_ended() < 1 || pool.num_running() < 1 { tokio::task::yield_now().await }
    /// let mut marked = vec![TaskId(0), TaskId(1)]; // task 0 has ended, task 1 runs
    /// pool.flush().await;
    /// pool.retain_remembered(&mut marked);
    /// assert_eq!(marked, [TaskId(1)]);
    /// # }
    /// ```
    pub fn retain_remembered(&self, ids: &mut Vec<TaskId>) {
        self.shared.read(|m| ids.retain(|id| m.remembers(*id)));
    }

    /// Waits until the pool's [`version`](Self::version) is higher than this one, and returns it. Many
    /// changes may come as one; how often to look is the caller's business. May be dropped at any time.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let mut seen = pool.version(); // before the look, so that no change is missed
    /// pool.apply(|| async {}, 5, ()).unwrap();
    /// while pool.num_ended() < 5 {
    ///     seen = pool.changed(seen).await;
    /// }
    /// assert!(seen <= pool.version());
    /// # }
    /// ```
    pub async fn changed(&self, version: u64) -> u64 {
        until(&self.shared.changed, || {
            self.shared.with(|m| m.changed_since(version))
        })
        .await
    }

    /// Follows the pool's events from now on. [`EVENTS_KEPT`](super::EVENTS_KEPT) of them are kept for a slow
    /// reader.
    ///
    /// ```
    /// # use taskpool_tui::pool::{EventKind, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// let mut reader = pool.events();
    /// pool.apply(|| async {}, 1, "hello").unwrap();
    /// pool.close().await;
    /// let told = reader.read(usize::MAX).events;
    /// assert!(matches!(&told[0].kind, EventKind::GroupCreated { group, .. } if group.as_str() == "hello"));
    /// assert!(matches!(told[told.len() - 1].kind, EventKind::Closed));
    /// # }
    /// ```
    pub fn events(&self) -> EventReader {
        self.events_keeping(super::EVENTS_KEPT)
    }

    /// Follows the pool's events from now on; up to `kept` of them (at least one) wait for a slow reader.
    /// Memory is used for those that wait. Of several readers the one that wants most counts.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// let mut latest = pool.events_keeping(2);
    /// pool.pause();
    /// pool.resume();
    /// pool.lock();
    /// let read = latest.read(usize::MAX);
    /// assert_eq!((read.lost, read.events.len()), (1, 2)); // the pause was not kept
    /// # }
    /// ```
    pub fn events_keeping(&self, kept: usize) -> EventReader {
        let next = self.shared.with(|m| m.events().subscribe(kept));
        EventReader {
            shared: self.shared.clone(),
            next,
        }
    }

    fn label(&self) -> Arc<str> {
        self.shared.read(|m| m.label().clone())
    }
}

fn ask(message: Option<&str>, force: bool) -> Ask {
    Ask {
        message: message.map(Into::into),
        force,
    }
}

/// Waits until `look` finds something; it looks again after each call of `notify`.
async fn until<R>(notify: &Notify, mut look: impl FnMut() -> Option<R>) -> R {
    loop {
        let mut again = std::pin::pin!(notify.notified());
        // From here on no call is missed, even if it comes before the await.
        again.as_mut().enable();
        if let Some(found) = look() {
            return found;
        }
        again.await;
    }
}

/// A flush under way; also ends it when the caller gives up.
struct Flushing<'a> {
    shared: &'a Arc<Shared>,
    key: FlushKey,
}

impl Flushing<'_> {
    /// Forgets, a step at a time, so that nobody waits long for the lock.
    async fn sweep(self) -> Gathered {
        let mut gathered = Gathered::default();
        let mut from = Some(0);
        while let Some(page) = from {
            let now = self.shared.now();
            let sweep = self.shared.step(|m| m.flush_step(self.key, page, now));
            gathered.totals += sweep.gathered.totals;
            gathered.failures.extend(sweep.gathered.failures);
            from = sweep.next;
            drop_quietly(sweep.garbage);
            if from.is_some() {
                yield_now().await;
            }
        }
        gathered
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.shared.with(|m| m.end_flush(self.key));
    }
}

/// Somebody who waits for the close; also when that one gives up.
struct Closer<'a> {
    shared: &'a Arc<Shared>,
}

impl Drop for Closer<'_> {
    fn drop(&mut self) {
        self.shared.with(Core::end_close);
    }
}

impl fmt::Display for BaseTaskPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.label())
    }
}

impl fmt::Debug for BaseTaskPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseTaskPool")
            .field("name", self.name())
            .field("stats", &self.stats())
            .finish()
    }
}

/// Follows the events of a pool. Events are kept only while somebody reads them.
#[derive(Debug)]
pub struct EventReader {
    shared: Arc<Shared>,
    next: u64,
}

impl EventReader {
    /// Up to `max` events that have happened since the last call, and how many were missed before them. Does
    /// not wait: where nothing has happened, there are none.
    ///
    /// ```
    /// # use taskpool_tui::pool::{EventKind, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let mut reader = pool.events();
    /// pool.apply(|| async {}, 5, ()).unwrap();
    /// pool.close().await;
    /// let read = reader.read(1000);
    /// let ended = |kind: &EventKind| matches!(kind, EventKind::TaskEnded { .. });
    /// assert_eq!(read.events.iter().filter(|event| ended(&event.kind)).count(), 5);
    /// assert_eq!(read.lost, 0);
    /// # }
    /// ```
    pub fn read(&mut self, max: usize) -> Events {
        let next = &mut self.next;
        self.shared.with(|m| m.events().read(next, max))
    }

    /// How many events have happened that this reader has not read, those that are no longer kept included.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let mut reader = pool.events();
    /// pool.pause();
    /// pool.resume();
    /// assert_eq!(reader.behind(), 2);
    /// reader.read(1);
    /// assert_eq!(reader.behind(), 1);
    /// # }
    /// ```
    pub fn behind(&self) -> u64 {
        self.shared.with(|m| m.events().seq()) - self.next
    }

    /// The number ([`Event::seq`](super::Event::seq)) of the event that it reads next.
    ///
    /// ```
    /// # use taskpool_tui::pool::TaskPool;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.pause();
    /// let mut reader = pool.events();
    /// assert_eq!(reader.position(), 1); // the pause was event 0, before its time
    /// pool.resume();
    /// assert_eq!(reader.read(9).events[0].seq, 1);
    /// # }
    /// ```
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Waits until there is something to read. May be dropped at any time.
    ///
    /// ```
    /// # use taskpool_tui::pool::{EventKind, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(2);
    /// let mut reader = pool.events();
    /// pool.apply(|| async {}, 3, ()).unwrap();
    /// let mut ended = 0;
    /// while ended < 3 {
    ///     reader.ready().await;
    ///     let events = reader.read(100).events;
    ///     ended += events.iter().filter(|event| matches!(event.kind, EventKind::TaskEnded { .. })).count();
    /// }
    /// assert_eq!(pool.num_ended(), 3);
    /// # }
    /// ```
    pub async fn ready(&self) {
        let next = self.next;
        until(&self.shared.changed, || {
            self.shared.with(|m| m.changed_since(next))
        })
        .await;
    }
}

impl Drop for EventReader {
    fn drop(&mut self) {
        self.shared.with(|m| m.events().unsubscribe());
    }
}
