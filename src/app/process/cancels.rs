//! The cancels of a task that runs a command.

use crate::pool::{Cancelled, TaskContext};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// The cancels of the task, if this is one.
pub(super) struct Cancels(pub(super) Option<TaskContext>);

impl Cancels {
    pub(super) async fn catch<F: Future>(&self, future: F) -> Result<F::Output, Cancelled> {
        match &self.0 {
            Some(context) => context.catch_forced(future).await,
            None => Ok(future.await),
        }
    }

    /// A cancel that has been asked for and not caught.
    pub(super) async fn take(&self) -> Option<Cancelled> {
        let mut catch = pin!(self.0.as_ref()?.catch_forced(pending::<()>()));
        poll_fn(|waker| match catch.as_mut().poll(waker) {
            Poll::Ready(Err(cancelled)) => Poll::Ready(Some(cancelled)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}
