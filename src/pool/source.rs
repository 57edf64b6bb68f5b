//! Where the tasks of a group come from.

use super::{BoxError, TaskOutput};
use pin_project_lite::pin_project;
use std::any::Any;
use std::fmt::{self, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A task that has not been polled yet.
pub type TaskFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// The tasks of a group, one after the other.
///
/// This is what `apply`, `map`, `starmap`, `doublestarmap` and `start` are made of. Implement it for tasks
/// that they cannot express: a function with a name of its own, arguments that arrive over time. A pool asks
/// only for a task that it has a slot for.
pub trait Source: Send + 'static {
    /// Whether [`pull`](Self::pull) has an answer now. While it has not, the group gives its slot to others
    /// and says that it waits for its input; the waker calls it back. May be asked several times before the
    /// pull, so what has arrived has to be kept. Must not block.
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Source, TaskPool};
    /// # use std::task::{Context, Poll, ready};
    /// # use tokio::sync::mpsc;
    /// # async fn answer(letter: String) {}
    /// # struct Inbox { letters: mpsc::Receiver<String>, next: Option<String> }
    /// impl Source for Inbox {
    ///     fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
    ///         if self.next.is_none() {
    ///             self.next = ready!(self.letters.poll_recv(cx));
    ///         }
    ///         Poll::Ready(())
    ///     }
    ///     fn pull(&mut self, _: &mut ArgsText) -> Pull {
    ///         self.next.take().map_or(Pull::Done, |letter| Pull::task(answer(letter)))
    ///     }
    /// #     fn remaining(&self) -> Option<usize> { None }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let (sender, letters) = mpsc::channel(8);
    /// pool.submit(Method::Map, None, Inbox { letters, next: None }, ()).unwrap();
    /// sender.send("hello".to_owned()).await.unwrap();
    /// drop(sender); // nothing more
    /// assert_eq!(pool.close().await.totals.completed, 1);
    /// # }
    /// ```
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Ready(())
    }

    /// The next task. Must not block: other groups of the pool may be waiting for this thread. Writes the
    /// task's arguments, as people should read them, to `args`. A panic counts as [`Pull::Failed`].
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Source, TaskPool};
    /// struct Countdown(usize);
    ///
    /// impl Source for Countdown {
    ///     fn pull(&mut self, args: &mut ArgsText) -> Pull {
    ///         let Some(left) = self.0.checked_sub(1) else { return Pull::Done };
    ///         self.0 = left;
    ///         args.show(left);
    ///         Pull::task(async {})
    ///     }
    /// #     fn remaining(&self) -> Option<usize> { Some(self.0) }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// pool.submit(Method::Map, Some(1), Countdown(3), ()).unwrap();
    /// assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    fn pull(&mut self, args: &mut ArgsText) -> Pull;

    /// How many tasks are left, if that is known. At 0 the source is not asked again.
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Source, TaskPool};
    /// struct Countdown(usize);
    ///
    /// impl Source for Countdown {
    ///     fn remaining(&self) -> Option<usize> { Some(self.0) }
    /// #     fn pull(&mut self, _: &mut ArgsText) -> Pull {
    /// #         self.0 -= 1;
    /// #         Pull::task(async {})
    /// #     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(0);
    /// pool.submit(Method::Map, None, Countdown(3), "launch").unwrap();
    /// assert_eq!(pool.group("launch").unwrap().queued, Some(3));
    /// # pool.set_pool_size(1);
    /// # assert_eq!(pool.close().await.totals.completed, 3);
    /// # }
    /// ```
    fn remaining(&self) -> Option<usize>;
}

/// What a [`Source`] has to offer.
pub enum Pull {
    /// A task.
    Task(TaskFuture),
    /// An element that no task can be made of, and why; it is counted, and the next one is asked for.
    Skip(String),
    /// Nothing more.
    Done,
    /// Nothing more, and there was no element at all; what is missing. The group says so, and it is no failure.
    Empty(String),
    /// The source is broken; nothing more can come of it.
    Failed(String),
}

impl Pull {
    /// A task that runs this future.
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Source, TaskPool};
    /// # async fn fetch(url: &str) -> Result<(), &'static str> {
    /// #     if url == "b" { Err("not found") } else { Ok(()) }
    /// # }
    /// # struct Urls(std::vec::IntoIter<&'static str>);
    /// # impl Source for Urls {
    /// fn pull(&mut self, _: &mut ArgsText) -> Pull {
    ///     self.0.next().map_or(Pull::Done, |url| Pull::task(fetch(url)))
    /// }
    /// #     fn remaining(&self) -> Option<usize> { Some(self.0.len()) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// # pool.submit(Method::Map, None, Urls(vec!["a", "b"].into_iter()), ()).unwrap();
    /// let error = pool.close().await.into_result().unwrap_err();
    /// assert_eq!(error.to_string(), "task 1 failed: not found"); // what `fetch` returned
    /// # }
    /// ```
    pub fn task<F>(future: F) -> Pull
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        Pull::Task(body(future))
    }
}

impl fmt::Debug for Pull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pull::Task(_) => f.write_str("Task"),
            Pull::Skip(reason) => f.debug_tuple("Skip").field(reason).finish(),
            Pull::Done => f.write_str("Done"),
            Pull::Empty(reason) => f.debug_tuple("Empty").field(reason).finish(),
            Pull::Failed(reason) => f.debug_tuple("Failed").field(reason).finish(),
        }
    }
}

/// Any future of a task or a callback, as the one type that the pool runs.
pub(super) fn body<F>(future: F) -> TaskFuture
where
    F: Future<Output: TaskOutput> + Send + 'static,
{
    Box::pin(Body { future })
}

pin_project! {
    /// Maps a future's output. By hand, because an `async` block would store the future twice.
    struct Body<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future<Output: TaskOutput>> Future for Body<F> {
    type Output = Result<(), BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(TaskOutput::into_result)
    }
}

/// The arguments of a task as people read them; what is longer than 256 bytes ends in `…`.
#[derive(Debug, Default)]
pub struct ArgsText {
    text: String,
    exact: Option<Arc<dyn Any + Send + Sync>>,
}

impl ArgsText {
    const MOST: usize = 256;

    /// Attaches the arguments themselves, for readers of the pool's events to whom the text is not enough
    /// ([`EventKind::TaskStarted`](super::EventKind::TaskStarted)).
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, EventKind, Method, Pull, Source, TaskPool};
    /// # use std::sync::Arc;
    /// # struct Ports(u16);
    /// # impl Source for Ports {
    /// fn pull(&mut self, args: &mut ArgsText) -> Pull {
    ///     self.0 += 1;
    ///     args.show(self.0);
    ///     args.attach(Arc::new(self.0));
    ///     Pull::task(async {})
    /// }
    /// #     fn remaining(&self) -> Option<usize> { Some(usize::from(5433 - self.0)) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// let mut events = pool.events();
    /// pool.submit(Method::Map, None, Ports(5431), ()).unwrap();
    /// # pool.close().await;
    /// let ports = events.read(100).events.into_iter().filter_map(|event| match event.kind {
    ///     EventKind::TaskStarted { exact, .. } => exact?.downcast_ref::<u16>().copied(),
    ///     _ => None,
    /// });
    /// assert_eq!(ports.collect::<Vec<u16>>(), [5432, 5433]);
    /// # }
    /// ```
    pub fn attach(&mut self, args: Arc<dyn Any + Send + Sync>) {
        self.exact = Some(args);
    }

    /// Writes a value, after what is there already.
    ///
    /// ```
    /// # use taskpool_tui::pool::{ArgsText, Method, Pull, Query, Source, TaskPool};
    /// # struct Probes(u16);
    /// # impl Source for Probes {
    /// fn pull(&mut self, args: &mut ArgsText) -> Pull {
    ///     self.0 += 1;
    ///     args.show("db1:");
    ///     args.show(self.0);
    ///     Pull::task(async {})
    /// }
    /// #     fn remaining(&self) -> Option<usize> { Some(usize::from(5433 - self.0)) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let pool = TaskPool::new(1);
    /// # pool.submit(Method::Map, None, Probes(5431), ()).unwrap();
    /// # while pool.num_ended() < 2 { tokio::task::yield_now().await }
    /// let shown = pool.snapshot(&Query { rows: 1, ..Query::default() });
    /// assert_eq!(&*shown.tasks[0].args, "db1:5432");
    /// # }
    /// ```
    pub fn show(&mut self, value: impl fmt::Display) {
        // An error means that the text is full; what fits is kept.
        let _ = write!(self, "{value}");
    }

    pub(super) fn show_debug(&mut self, value: &impl fmt::Debug) {
        let _ = write!(self, "{value:?}");
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.exact = None;
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn exact(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.exact.as_ref()
    }
}

#[cfg(test)]
impl From<&str> for ArgsText {
    fn from(text: &str) -> ArgsText {
        ArgsText {
            text: text.to_owned(),
            exact: None,
        }
    }
}

impl Write for ArgsText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::MOST - self.text.len().min(Self::MOST);
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        if self.text.len() < Self::MOST + '…'.len_utf8() {
            self.text.push_str(&text[..text.floor_char_boundary(room)]);
            self.text.push('…');
        }
        Err(fmt::Error)
    }
}

/// `num` times the same call.
pub(super) struct Repeat<M> {
    pub(super) make: M,
    pub(super) left: usize,
}

impl<M: Fn(&mut ArgsText) -> Pull + Send + 'static> Source for Repeat<M> {
    fn pull(&mut self, args: &mut ArgsText) -> Pull {
        if self.left == 0 {
            return Pull::Done;
        }
        self.left -= 1;
        (self.make)(args)
    }

    fn remaining(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A call for each element of an iterator.
pub(super) struct Each<I, M> {
    pub(super) elements: I,
    pub(super) make: M,
}

impl<I, M> Source for Each<I, M>
where
    I: Iterator<Item: fmt::Debug> + Send + 'static,
    M: Fn(I::Item) -> Pull + Send + 'static,
{
    fn pull(&mut self, args: &mut ArgsText) -> Pull {
        let Some(element) = self.elements.next() else {
            return Pull::Done;
        };
        args.show_debug(&element);
        (self.make)(element)
    }

    fn remaining(&self) -> Option<usize> {
        let (least, most) = self.elements.size_hint();
        most.filter(|most| *most == least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_arguments_are_cut_at_a_character_and_say_so() {
        let mut text = ArgsText::default();
        text.show("é".repeat(200));
        assert!(text.as_str().ends_with("é…"));
        assert!(text.as_str().len() <= ArgsText::MOST + 3);
        text.show("more");
        assert!(text.as_str().ends_with('…') && !text.as_str().contains("more"));
    }
}
