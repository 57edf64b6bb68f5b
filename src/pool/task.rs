//! A running task seen from inside (its [`TaskContext`]) and how a cancel reaches it.
//!
//! A cancel is a note in the task's cell. Whoever polls the task looks at the note: outside of a catch the
//! future is dropped where it stands; inside, the innermost catch takes the note and drops only what it
//! wraps.

use super::feed::GroupShared;
use super::{Cancelled, GroupName, TaskId};
use crate::sync::{AtomicBool, AtomicU64, Mutex, thread_local};
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

/// What the pool and a task share. A million of them may exist, so it is small.
#[derive(Debug)]
pub(crate) struct TaskCell {
    id: AtomicU64,
    pub(super) group: Arc<GroupShared>,
    /// There is a note; a quick look for those who poll.
    noted: AtomicBool,
    note: Mutex<Note>,
}

#[derive(Debug, Default)]
struct Note {
    cancel: Option<Arc<Cancel>>,
    /// The task's future has stopped: what comes now is too late.
    over: bool,
    /// Wakes whoever polls the task.
    waker: Option<Waker>,
    /// The catches that the task is inside of, the innermost last. Rare, so it costs one word where unused.
    #[expect(clippy::box_collection, reason = "one word instead of three in every task")]
    catches: Option<Box<Vec<Entry>>>,
}

/// A cancel that was asked for and has not been delivered.
#[derive(Debug)]
pub(crate) struct Cancel {
    pub(crate) message: Option<Arc<str>>,
    pub(crate) forced: bool,
}

#[derive(Debug)]
struct Entry {
    key: u64,
    takes_forced: bool,
    waker: Waker,
}

impl TaskCell {
    /// A cell for a task of this group.
    pub(crate) fn new(group: Arc<GroupShared>) -> Arc<Self> {
        Arc::new(TaskCell {
            id: AtomicU64::new(u64::MAX),
            group,
            noted: AtomicBool::new(false),
            note: Mutex::default(),
        })
    }

    /// Makes the cell of a task that is over one for another task of its group.
    pub(crate) fn renew(&mut self) {
        *self.noted.get_mut() = false;
        let note = self.note.get_mut();
        (note.cancel, note.over) = (None, false);
    }

    /// Tells the cell which task it became. Called once, before the task is polled.
    pub(crate) fn name(&self, id: TaskId) {
        self.id.store(id.0, Ordering::Relaxed);
    }

    pub(crate) fn id(&self) -> TaskId {
        TaskId(self.id.load(Ordering::Relaxed))
    }

    /// Leaves a note. A note that the task has not seen yet is not doubled, only made forceful. Adds whom the
    /// caller has to wake.
    pub(crate) fn cancel(&self, cancel: &Arc<Cancel>, wakers: &mut Vec<Waker>) {
        let mut note = self.note.lock();
        if note.over {
            return;
        }
        match &mut note.cancel {
            Some(earlier) if cancel.forced && !earlier.forced => {
                let message = earlier.message.clone();
                *earlier = Arc::new(Cancel {
                    message,
                    forced: true,
                });
            }
            Some(_) => {}
            nothing => *nothing = Some(cancel.clone()),
        }
        self.noted.store(true, Ordering::Release);
        // Whoever is woken leaves its waker again, if it has to wait again.
        wakers.extend(note.waker.take());
        let catches = note.catches.iter().flat_map(|catches| catches.iter());
        wakers.extend(catches.map(|c| c.waker.clone()));
    }

    /// Takes the note if no catch is there to take it.
    pub(crate) fn take_uncaught(&self) -> Option<Arc<Cancel>> {
        if !self.noted.load(Ordering::Acquire) {
            return None;
        }
        let mut note = self.note.lock();
        let cancel = note.cancel.as_ref()?;
        let mut catches = note.catches.iter().flat_map(|catches| catches.iter());
        let caught = if cancel.forced {
            catches.any(|c| c.takes_forced)
        } else {
            catches.next().is_some()
        };
        if caught { None } else { self.take(&mut note) }
    }

    fn take(&self, note: &mut Note) -> Option<Arc<Cancel>> {
        self.noted.store(false, Ordering::Release);
        note.cancel.take()
    }

    /// The task's future has stopped: no cancel is delivered any more.
    pub(crate) fn close(&self) {
        let mut note = self.note.lock();
        note.over = true;
        self.take(&mut note);
    }

    /// Makes sure that a cancel wakes this waker. Returns the note if it is for the poller to act on.
    pub(crate) fn register(&self, waker: &Waker) -> Option<Arc<Cancel>> {
        {
            let mut note = self.note.lock();
            if !note.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
                note.waker = Some(waker.clone());
            }
            note.cancel.as_ref()?;
        }
        self.take_uncaught()
    }

    /// Takes the note for this catch, if there is one that it takes and none further in takes.
    fn take_caught(&self, key: u64, takes_forced: bool) -> Option<Arc<Cancel>> {
        let mut note = self.note.lock();
        let forced = note.cancel.as_ref()?.forced;
        // The note may have come right after those further in had looked: they are woken, and look again.
        let mut catches = note.catches.iter().flat_map(|catches| catches.iter());
        let further_in = catches.any(|c| c.key > key && (c.takes_forced || !forced));
        if further_in || (forced && !takes_forced) {
            return None;
        }
        self.take(&mut note)
    }

    /// Enters a catch, or renews its waker.
    fn enter(&self, key: &mut Option<u64>, takes_forced: bool, waker: &Waker) {
        let mut note = self.note.lock();
        let catches = note.catches.get_or_insert_default();
        if let Some(known) = catches.iter_mut().find(|c| Some(c.key) == *key) {
            known.waker.clone_from(waker);
            return;
        }
        let fresh = catches.last().map_or(0, |c| c.key + 1);
        catches.push(Entry {
            key: fresh,
            takes_forced,
            waker: waker.clone(),
        });
        *key = Some(fresh);
    }

    fn leave(&self, key: u64) {
        let mut note = self.note.lock();
        let noted = note.cancel.is_some();
        let mut left = None;
        if let Some(catches) = &mut note.catches {
            catches.retain(|c| c.key != key);
            // A note that was left to this catch is for the next one, which may have looked already.
            left = catches.last().filter(|_| noted).map(|c| c.waker.clone());
            if catches.is_empty() {
                note.catches = None;
            }
        }
        drop(note);
        left.into_iter().for_each(Waker::wake);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<TaskCell>>> = const { RefCell::new(None) };
}

/// Runs `f` as the task of this cell; the cell comes back afterwards, also after a panic.
pub(crate) fn with_current<R>(cell: &mut Option<Arc<TaskCell>>, f: impl FnOnce() -> R) -> R {
    struct Swap<'a>(&'a mut Option<Arc<TaskCell>>);
    impl Drop for Swap<'_> {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
        }
    }
    CURRENT.with_borrow_mut(|current| std::mem::swap(current, cell));
    let _back = Swap(cell);
    f()
}

/// The running task, as its own function (or callback) sees it.
///
/// ```
/// # use taskpool_tui::pool::{BoxError, TaskContext, TaskPool};
/// async fn download(url: String) -> Result<(), BoxError> {
///     let context = TaskContext::current().expect("runs in a pool");
///     match context.catch(std::future::pending::<()>()).await {
///         Ok(()) => Ok(()),
///         Err(cancelled) => {
///             println!("removing what there is of {url}"); // may await, too
///             Err(cancelled.into()) // counts as cancelled; Ok(()) would count as completed
///         }
///     }
/// }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let pool = TaskPool::new(2);
/// pool.map(download, ["a".to_owned(), "b".to_owned()], 2, ()).unwrap();
/// tokio::time::sleep(std::time::Duration::from_secs(1)).await;
/// pool.cancel_all(Some("enough"));
/// assert_eq!(pool.close().await.totals.cancelled, 2);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskContext {
    cell: Arc<TaskCell>,
}

impl TaskContext {
    /// The task that polls this code, if one does: inside a task's function and inside its callbacks. What a
    /// task spawns on the runtime is no longer inside.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn work() {
    ///     assert!(TaskContext::current().is_some());
    /// }
    ///
    /// let pool = TaskPool::new(1);
    /// pool.apply(work, 1, ()).unwrap();
    /// assert_eq!(pool.close().await.totals.completed, 1);
    /// assert!(TaskContext::current().is_none()); // this is no task of a pool
    /// # }
    /// ```
    pub fn current() -> Option<TaskContext> {
        CURRENT
            .with_borrow(Option::clone)
            .map(|cell| TaskContext { cell })
    }

    /// The task's ID.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskId, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let work = move |n: u32| {
    ///     let tell = tell.clone();
    ///     async move { tell.send((TaskContext::current().expect("runs in a pool").id(), n * n)) }
    /// };
    /// pool.map(work, [7, 8], 1, ()).unwrap();
    /// pool.close().await;
    /// assert_eq!(told.try_iter().collect::<Vec<_>>(), [(TaskId(0), 49), (TaskId(1), 64)]);
    /// # }
    /// ```
    pub fn id(&self) -> TaskId {
        self.cell.id()
    }

    /// The task's group, also once the pool has forgotten that name.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn work() -> Result<(), String> {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     Err(format!("no input for {}", context.group()))
    /// }
    ///
    /// let pool = TaskPool::new(1);
    /// pool.apply(work, 1, "nightly").unwrap();
    /// assert_eq!(pool.close().await.failures[0].1.to_string(), "failed: no input for nightly");
    /// # }
    /// ```
    pub fn group(&self) -> &GroupName {
        &self.cell.group.name
    }

    /// The name of the task's pool, without the prefix of its kind.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// async fn work() -> Result<(), String> {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     Err(format!("{}: no input", context.pool()))
    /// }
    ///
    /// let pool = TaskPool::named("files", 1);
    /// pool.apply(work, 1, ()).unwrap();
    /// assert_eq!(pool.close().await.failures[0].1.to_string(), "failed: files: no input");
    /// # }
    /// ```
    pub fn pool(&self) -> &Arc<str> {
        &self.cell.group.pool
    }

    /// Awaits `future`, unless the task is asked to cancel: then `future` is dropped, and the cancel arrives
    /// here as an error, once. The task may go on awaiting, and may then return that error (it counts as
    /// cancelled) or anything else (it counts as completed or failed). A second cancel goes to the next
    /// catch, or ends the task where it is in none; of nested catches the innermost wins. A forced cancel is
    /// not caught.
    ///
    /// ```
    /// # use taskpool_tui::pool::{TaskContext, TaskPool};
    /// # use tokio::time::{Duration, sleep};
    /// # const HOUR: Duration = Duration::from_secs(3600);
    /// # async fn save() { sleep(Duration::from_secs(1)).await }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// async fn work() {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     if context.catch(sleep(HOUR)).await.is_err() { save().await }
    /// }
    ///
    /// let pool = TaskPool::new(1);
    /// pool.apply(work, 1, ()).unwrap();
    /// sleep(HOUR / 2).await;
    /// pool.cancel_all(None);
    /// assert_eq!(pool.close().await.totals.completed, 1); // it returned as usual
    /// # }
    /// ```
    pub fn catch<F: Future>(&self, future: F) -> Catch<F> {
        self.catching(future, false)
    }

    /// Like [`catch`](Self::catch), and catches forced cancels too ([`Cancelled::forced`]). For tasks that
    /// stand for something outside the program, which has to be killed rather than dropped: they must
    /// then end without waiting for anything that can be slow.
    ///
    /// ```
    /// # use taskpool_tui::pool::{Cancelled, TaskContext, TaskPool};
    /// # use tokio::time::{Duration, sleep};
    /// # async fn child_ends() { std::future::pending().await }
    /// # fn terminate_child() {}
    /// # fn kill_child(cancelled: Cancelled) -> Cancelled { cancelled }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// async fn supervise() -> Result<(), Cancelled> {
    ///     let context = TaskContext::current().expect("runs in a pool");
    ///     while let Err(cancelled) = context.catch_forced(child_ends()).await {
    ///         if cancelled.forced { return Err(kill_child(cancelled)) }
    ///         terminate_child();
    ///     }
    ///     Ok(())
    /// }
    /// # let pool = TaskPool::new(1);
    /// pool.apply(supervise, 1, ()).unwrap();
    /// sleep(Duration::from_secs(1)).await;
    /// pool.cancel_all(None); // terminates the child
    /// # sleep(Duration::from_secs(1)).await;
    /// # assert_eq!(pool.num_running(), 1);
    /// pool.cancel_all_by_force(None); // kills it
    /// assert_eq!(pool.close().await.totals.cancelled, 1);
    /// # }
    /// ```
    pub fn catch_forced<F: Future>(&self, future: F) -> Catch<F> {
        self.catching(future, true)
    }

    fn catching<F: Future>(&self, future: F, takes_forced: bool) -> Catch<F> {
        Catch {
            future: Some(future),
            inside: Inside {
                cell: self.cell.clone(),
                key: None,
            },
            takes_forced,
        }
    }
}

pin_project! {
    /// The future of [`TaskContext::catch`]. Dropping it drops what it wraps; a cancel then goes to the catch
    /// around it or, if there is none, to the task.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Catch<F> {
        #[pin]
        future: Option<F>,
        inside: Inside,
        takes_forced: bool,
    }
}

/// Membership in the list of catches; leaves it when the catch is dropped.
struct Inside {
    cell: Arc<TaskCell>,
    key: Option<u64>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.cell.leave(key);
        }
    }
}

impl<F: Future> Future for Catch<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inside = this.inside;
        inside.cell.enter(&mut inside.key, *this.takes_forced, cx.waker());
        let future = this
            .future
            .as_mut()
            .as_pin_mut()
            .expect("a catch is not polled after it is ready");
        // The future goes first: a catch inside of it is further in, so the note is that one's.
        if let Poll::Ready(output) = future.poll(cx) {
            inside.cell.leave(inside.key.take().expect("entered above"));
            this.future.set(None);
            return Poll::Ready(Ok(output));
        }
        let key = inside.key.expect("entered above");
        let Some(cancel) = inside.cell.take_caught(key, *this.takes_forced) else {
            return Poll::Pending;
        };
        this.future.set(None);
        inside.cell.leave(inside.key.take().expect("entered above"));
        Poll::Ready(Err(Cancelled {
            message: cancel.message.clone(),
            forced: cancel.forced,
            detail: None,
        }))
    }
}
