//! What both kinds of pool can do.

use super::event::Events;
use super::machine::{Ask, Closing, FlushKey};
use super::shared::{Core, Shared, drop_quietly};
use super::view::{GroupInfo, Query, Snapshot, Stats};
use super::{Gathered, GroupName, PoolError, PoolSize, TaskContext, TaskId};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

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
    pub fn name(&self) -> &Arc<str> {
        &self.shared.name
    }

    /// The moment that the times of events and tasks count from.
    pub fn created(&self) -> Instant {
        self.shared.epoch
    }

    /// The most tasks that hold a slot at once.
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

    /// Whether tasks hold all slots.
    pub fn is_full(&self) -> bool {
        self.shared.read(Core::is_full)
    }

    /// Refuses new groups from now on. Groups accepted earlier go on to the last of their tasks.
    pub fn lock(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.lock(now));
    }

    /// Takes new groups again. Refused while the pool closes ([`PoolError::PoolIsClosing`]) and after.
    pub fn unlock(&self) -> Result<(), PoolError> {
        let now = self.shared.now();
        self.shared.with(|m| m.unlock(now))
    }

    /// Whether new groups are refused.
    pub fn is_locked(&self) -> bool {
        self.shared.read(Core::is_locked)
    }

    /// Starts nothing from now on; what runs goes on.
    pub fn pause(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.pause(now));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        let now = self.shared.now();
        self.shared.with(|m| m.resume(now));
    }

    /// How many tasks run; those that were asked to cancel and have not stopped are among them.
    pub fn num_running(&self) -> usize {
        self.shared.read(Core::num_running)
    }

    /// How many tasks are cancelled: stopped, and their cancel callback has not returned.
    pub fn num_cancelled(&self) -> usize {
        self.shared.read(Core::num_cancelled)
    }

    /// How many tasks have ended and are not forgotten.
    pub fn num_ended(&self) -> usize {
        self.shared.read(Core::num_ended)
    }

    /// Asks tasks to cancel; all of them or, if one cannot be, none. IDs given twice count once.
    ///
    /// Errors name the ID: [`PoolError::AlreadyCancelled`], [`PoolError::AlreadyEnded`],
    /// [`PoolError::InvalidTaskId`].
    pub fn cancel(
        &self,
        ids: impl IntoIterator<Item = TaskId>,
        message: Option<&str>,
    ) -> Result<(), PoolError> {
        self.cancel_ids(ids, message, false)
    }

    /// Like [`cancel`](Self::cancel); tasks that are cancelling already are dropped where they stand, or, if
    /// they stand for something outside, told to kill it.
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
        Shared::tell(asked, message, Vec::new());
        Ok(())
    }

    /// Cancels a group: what was queued never starts, not even in a slot that is being handed over at this
    /// moment, and every running task is asked to cancel. The pool forgets the name at once; the tasks still
    /// go through cancelled and ended.
    pub fn cancel_group(&self, name: &str, message: Option<&str>) -> Result<(), PoolError> {
        let now = self.shared.now();
        let (asked, stopped) = self
            .shared
            .with(|m| m.cancel_group(name, &ask(message, false), now))?;
        Shared::tell(asked, message, stopped);
        tracing::info!(target: "pool::group", pool = %self.name(), group = name, "cancelled");
        Ok(())
    }

    /// Stops every spawner, forgets every group's name, and asks every running task to cancel, those of
    /// groups forgotten earlier included.
    pub fn cancel_all(&self, message: Option<&str>) {
        self.cancel_everything(message, false);
    }

    /// Like [`cancel_all`](Self::cancel_all), with force for tasks that are cancelling already.
    pub fn cancel_all_by_force(&self, message: Option<&str>) {
        self.cancel_everything(message, true);
    }

    fn cancel_everything(&self, message: Option<&str>, force: bool) {
        let now = self.shared.now();
        let (asked, stopped) = self.shared.with(|m| m.cancel_all(&ask(message, force), now));
        Shared::tell(asked, message, stopped);
        tracing::info!(target: "pool::group", pool = %self.name(), "cancelled everything");
    }

    pub(super) fn stop_newest(&self, num: usize) -> Vec<TaskId> {
        let now = self.shared.now();
        let (ids, asked) = self.shared.with(|m| m.stop(num, &Ask::default(), now));
        Shared::tell(asked, None, Vec::new());
        ids
    }

    /// The IDs that [`SimpleTaskPool::stop`](super::SimpleTaskPool::stop) would cancel now, newest first.
    pub fn newest_running(&self, num: usize) -> Vec<TaskId> {
        self.shared.read(|m| m.newest_running(num))
    }

    /// The IDs of all tasks of these groups that the pool remembers.
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
    /// tasks, and every group that has nothing left. Running tasks are not touched. In a callback it does
    /// not wait for that callback's own task, nor for others whose callbacks wait in a flush, and does not forget
    /// them. A flush that is dropped half-way has
    /// forgotten some tasks or none.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let pool = TaskPool::new(1);
    /// pool.map(|n: u32| async move { if n == 1 { Err("one is wrong") } else { Ok(()) } }, 0..3, 1, ()).unwrap();
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

    /// Like [`flush`](Self::flush) without the wait: tasks whose callbacks still run are left for another time.
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
    /// pool that is closed already nothing is left to return. Awaited by one of the pool's own tasks or callbacks
    /// it would wait for itself for ever.
    pub async fn gather_and_close(&self) -> Result<Gathered, PoolError> {
        self.shared.with(Core::begin_close)?;
        let _waiting = Closer { shared: &self.shared };
        let gathered = until(&self.shared.settled, || {
            loop {
                let now = self.shared.now();
                match self.shared.with(|m| m.close_step(now)) {
                    Closing::Waiting => return None,
                    Closing::More(sweep) => drop_quietly(sweep.garbage),
                    Closing::Closed(gathered) => return Some(gathered),
                }
            }
        })
        .await;
        tracing::info!(target: "pool::group", pool = %self.name(), "closed");
        Ok(gathered)
    }

    /// Locks the pool, waits for everything in it and closes it.
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

    /// Resolves once the pool is closed; at once, if it is.
    pub async fn until_closed(&self) -> bool {
        until(&self.shared.settled, || {
            self.shared.read(Core::is_closed).then_some(true)
        })
        .await
    }

    /// The counts, all of one moment.
    pub fn stats(&self) -> Stats {
        self.shared.read(Core::stats)
    }

    /// Counts the changes of the pool.
    pub fn version(&self) -> u64 {
        self.shared.with(|m| m.events().seq())
    }

    /// A group that the pool knows by this name.
    pub fn group(&self, name: &str) -> Option<GroupInfo> {
        self.shared.read(|m| m.group(name))
    }

    /// Counts, groups and tasks of one moment. Costs the rows that it returns, not the tasks that exist.
    pub fn snapshot(&self, query: &Query<'_>) -> Snapshot {
        let now = self.shared.now();
        self.shared.read(|m| m.snapshot(query, now))
    }

    /// Looks through the remembered tasks from `from` on, a few hundred at a time: `see` gets each one's
    /// ID, group and arguments. Returns where to go on, or nothing if there are no more for now.
    ///
    /// `see` runs under the pool's lock: it must be quick and must not call back into the pool.
    pub fn scan(&self, from: TaskId, mut see: impl FnMut(TaskId, &GroupName, &str)) -> Option<TaskId> {
        self.shared.read(|m| {
            let (next, tasks) = m.scan(from)?;
            for (id, group, args) in tasks {
                see(id, group, args);
            }
            Some(next)
        })
    }

    /// Whether the pool remembers this task.
    pub fn remembers(&self, id: TaskId) -> bool {
        self.shared.read(|m| m.remembers(id))
    }

    /// Drops from the list what the pool does not remember.
    pub fn retain_remembered(&self, ids: &mut Vec<TaskId>) {
        self.shared.read(|m| ids.retain(|id| m.remembers(*id)));
    }

    /// Waits until the pool is at another version than this one, and returns that. Many changes may come
    /// as one; how often to look is the caller's business.
    pub async fn changed(&self, version: u64) -> u64 {
        until(&self.shared.changed, || {
            self.shared.with(|m| m.changed_since(version))
        })
        .await
    }

    /// Follows the pool's events from now on. [`EVENTS_KEPT`](super::EVENTS_KEPT) of them are kept for a slow
    /// reader.
    pub fn events(&self) -> EventReader {
        self.events_keeping(super::EVENTS_KEPT)
    }

    /// Follows the pool's events from now on; up to `kept` of them wait for a slow reader. Memory is used
    /// for those that wait. Of several readers the one that wants most counts.
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
        let mut from = Some(TaskId(0));
        while let Some(id) = from {
            let now = self.shared.now();
            let sweep = self.shared.with(|m| m.flush_step(self.key, id, now));
            gathered.totals += sweep.gathered.totals;
            gathered.failures.extend(sweep.gathered.failures);
            from = sweep.next;
            drop_quietly(sweep.garbage);
            if from.is_some() {
                tokio::task::yield_now().await;
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
    /// Up to `max` events that have happened since the last call, and how many were missed before them.
    pub fn read(&mut self, max: usize) -> Events {
        let next = &mut self.next;
        self.shared.with(|m| m.events().read(next, max))
    }

    /// How many events have happened that this reader has not read.
    pub fn behind(&self) -> u64 {
        self.shared.with(|m| m.events().seq()) - self.next
    }

    /// The number of the event that it reads next.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Waits until there is something to read.
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
