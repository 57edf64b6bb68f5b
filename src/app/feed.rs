//! How the arguments of the config reach a pool: as a [`pool::Source`](crate::pool::Source) that never blocks.
//!
//! What does I/O is read by a thread of its own, a little ahead. A reader of the pool's events may hold a
//! group back while it catches up, so that nothing is lost.

use super::args::Args;
use super::book::Origin;
use super::config::{Source, SourceError};
use super::func::Func;
use crate::pool::{ArgsText, BaseTaskPool, Pull};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::sync::mpsc;

/// How many elements a thread reads ahead.
const AHEAD: usize = 256;

/// Holds groups back while somebody who must not miss an event of their pool has too many to read.
#[derive(Debug)]
pub(super) struct Gate {
    /// Set once the pool exists; open before.
    pool: OnceLock<BaseTaskPool>,
    most: u64,
    read: AtomicU64,
    waiting: Mutex<Vec<Waker>>,
}

impl Gate {
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Gate {
            pool: OnceLock::new(),
            most,
            read: AtomicU64::new(0),
            waiting: Mutex::default(),
        })
    }

    /// Says which pool it is the gate of.
    pub(super) fn watch(&self, pool: &BaseTaskPool) {
        self.read.store(pool.version(), Ordering::Release);
        // It is one pool's gate: a second one would not be looked at.
        let _ = self.pool.set(pool.clone());
    }

    /// Says up to which event everything has been read.
    pub(super) fn read_up_to(&self, position: u64) {
        self.read.store(position, Ordering::Release);
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.iter().for_each(Waker::wake_by_ref);
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        let is_open = || {
            let version = self.pool.get().map_or(0, BaseTaskPool::version);
            version.saturating_sub(self.read.load(Ordering::Acquire)) < self.most
        };
        if is_open() {
            return Poll::Ready(());
        }
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cx.waker().clone());
        // Looked at again: it may have been opened before the waker was there to be woken.
        if is_open() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// The tasks of a group.
pub(super) struct Feed {
    elements: Elements,
    func: Func,
    gate: Option<Arc<Gate>>,
}

enum Elements {
    Repeat {
        args: Args,
        left: usize,
        /// The tasks that the first of them retry, the first of those last.
        retries: Vec<u64>,
    },
    /// What other tasks ran with, by those.
    Again(std::vec::IntoIter<(u64, Args)>),
    AtHand {
        elements: super::config::Elements,
        left: Option<usize>,
    },
    /// Not being read yet.
    Closed(Source),
    Arriving {
        from: mpsc::Receiver<Element>,
        next: Option<Element>,
    },
}

enum Element {
    Args(Args, Origin),
    Skip(String),
    Broken(String),
    /// There was none.
    Nothing(String),
    End,
}

impl From<Result<Args, SourceError>> for Element {
    fn from(result: Result<Args, SourceError>) -> Self {
        match result {
            Ok(args) => Element::Args(
                args,
                Origin {
                    retries: None,
                    keep: true,
                },
            ),
            Err(error @ SourceError::Bad(_)) => Element::Skip(error.to_string()),
            Err(error @ SourceError::Broken { .. }) => Element::Broken(error.to_string()),
        }
    }
}

impl Feed {
    /// `num` times the same arguments; the first of them retry these tasks.
    pub(super) fn repeat(
        func: Func,
        gate: Option<Arc<Gate>>,
        args: Args,
        num: usize,
        mut retries: Vec<u64>,
    ) -> Self {
        retries.reverse();
        Feed {
            elements: Elements::Repeat {
                args,
                left: num,
                retries,
            },
            func,
            gate,
        }
    }

    /// One task for each of these tasks, with its arguments.
    pub(super) fn again(func: Func, gate: Option<Arc<Gate>>, tasks: Vec<(u64, Args)>) -> Self {
        Feed {
            elements: Elements::Again(tasks.into_iter()),
            func,
            gate,
        }
    }

    /// One task for each element.
    pub(super) fn each(func: Func, gate: Option<Arc<Gate>>, source: &Source) -> Self {
        let elements = if source.may_block() {
            Elements::Closed(source.clone())
        } else {
            match source.open() {
                Ok(elements) => {
                    let left = source.len().and_then(|len| usize::try_from(len).ok());
                    Elements::AtHand { elements, left }
                }
                Err(_) => Elements::Closed(source.clone()), // and the thread tells why
            }
        };
        Feed { elements, func, gate }
    }

    fn next(&mut self) -> Element {
        match &mut self.elements {
            Elements::Repeat { left: 0, .. } | Elements::Closed(_) => Element::End,
            Elements::Repeat { args, left, retries } => {
                *left -= 1;
                let origin = Origin {
                    retries: retries.pop(),
                    keep: false,
                };
                Element::Args(args.clone(), origin)
            }
            Elements::Again(tasks) => tasks.next().map_or(Element::End, |(id, args)| {
                let origin = Origin {
                    retries: Some(id),
                    keep: true,
                };
                Element::Args(args, origin)
            }),
            Elements::AtHand { elements, left } => {
                *left = left.map(|left| left.saturating_sub(1));
                elements.next().map_or(Element::End, Element::from)
            }
            Elements::Arriving { next, .. } => next.take().unwrap_or(Element::End),
        }
    }
}

impl crate::pool::Source for Feed {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(gate) = &self.gate {
            ready!(gate.poll_open(cx));
        }
        if let Elements::Closed(source) = &self.elements {
            self.elements = Elements::Arriving {
                from: read(source.clone(), self.func.accepts()),
                next: None,
            };
        }
        if let Elements::Arriving {
            from,
            next: next @ None,
        } = &mut self.elements
        {
            *next = Some(ready!(from.poll_recv(cx)).unwrap_or(Element::End));
        }
        Poll::Ready(())
    }

    fn pull(&mut self, text: &mut ArgsText) -> Pull {
        let accepted = matches!(self.elements, Elements::Arriving { .. });
        match self.next() {
            Element::Args(args, origin) => {
                text.show(&args);
                if self.gate.is_some() {
                    // Somebody who must not miss an event must not lose an argument either.
                    text.attach(Arc::new(args.clone()));
                }
                if accepted {
                    return Pull::Task(self.func.accepted(args, origin));
                }
                self.func.task(args, origin).map_or_else(Pull::Skip, Pull::Task)
            }
            Element::Nothing(reason) => Pull::Empty(reason),
            Element::Skip(reason) => Pull::Skip(reason),
            Element::Broken(reason) => Pull::Failed(reason),
            Element::End => Pull::Done,
        }
    }

    fn remaining(&self) -> Option<usize> {
        match &self.elements {
            Elements::Repeat { left, .. } => Some(*left),
            Elements::Again(tasks) => Some(tasks.len()),
            Elements::AtHand { left, .. } => *left,
            Elements::Closed(_) | Elements::Arriving { .. } => None,
        }
    }
}

/// Reads a source on a thread, which ends with the source or when nobody wants more. A thread that waits for a
/// pipe is left to the end of the program. What the function does not accept is passed over, and its place told.
fn read(
    source: Source,
    accepts: impl Fn(&Args) -> Result<(), String> + Send + 'static,
) -> mpsc::Receiver<Element> {
    let (send, receive) = mpsc::channel(AHEAD);
    let failed = send.clone();
    let thread = std::thread::Builder::new()
        .name("source".to_owned())
        .spawn(move || {
            let elements = match source.open_for(accepts) {
                Ok(elements) => elements,
                Err(error) => {
                    // Nobody who wants it: nothing to tell.
                    let _ = send.blocking_send(Element::Broken(error.to_string()));
                    return;
                }
            };
            let mut nothing = true;
            for element in elements {
                nothing = false;
                if send.blocking_send(element.into()).is_err() {
                    return;
                }
            }
            if nothing {
                // Nobody who wants it: nothing to tell.
                let _ = send.blocking_send(Element::Nothing(source.nothing()));
            }
        });
    if let Err(error) = thread {
        // The channel is empty, so there is room.
        let _ = failed.try_send(Element::Broken(format!("no thread to read it with: {error}")));
    }
    receive
}
