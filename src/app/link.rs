//! The seam between a client (the dashboard, the run without a screen) and the pools: requests in, replies
//! and views out. Whether the pools live in this process, behind a socket or in a recording is not the
//! client's business.

use super::control::{Numbered, Reply};
use super::view::{View, Want};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How many requests may wait; one more is refused by the channel.
pub const QUEUE: usize = 64;

/// The client's end. Dropping it leaves the pools running.
#[derive(Debug)]
pub struct Link {
    /// Requests.
    pub requests: mpsc::Sender<Numbered>,
    /// Their replies, not always in order: a `flush` may wait for callbacks while others are answered.
    pub replies: mpsc::Receiver<Reply>,
    /// The newest view, at most 30 a second, and none while nothing changes.
    pub view: watch::Receiver<Arc<View>>,
    /// What the views should show.
    pub want: watch::Sender<Want>,
}

/// The session's end.
#[derive(Debug)]
pub struct LinkServer {
    /// Requests.
    pub requests: mpsc::Receiver<Numbered>,
    /// Their replies.
    pub replies: mpsc::Sender<Reply>,
    /// The newest view.
    pub view: watch::Sender<Arc<View>>,
    /// What the views should show.
    pub want: watch::Receiver<Want>,
}

/// A pair of connected ends.
pub fn link() -> (Link, LinkServer) {
    let (requests, requests_in) = mpsc::channel(QUEUE);
    let (replies_out, replies) = mpsc::channel(QUEUE);
    let (view_out, view) = watch::channel(Arc::new(View::default()));
    let (want, want_in) = watch::channel(Want::default());
    (
        Link {
            requests,
            replies,
            view,
            want,
        },
        LinkServer {
            requests: requests_in,
            replies: replies_out,
            view: view_out,
            want: want_in,
        },
    )
}
