//! What a command has written.

use crate::app::view::Stream;
use std::time::Instant;

/// A piece of output, and when it was written: a terminal hands lines over long after that.
pub(super) struct Written<'a> {
    pub(super) stream: Stream,
    pub(super) bytes: &'a [u8],
    pub(super) at: Instant,
}

impl<'a> Written<'a> {
    /// What was written just now.
    pub(super) fn now(stream: Stream, bytes: &'a [u8]) -> Self {
        Written {
            stream,
            bytes,
            at: Instant::now(),
        }
    }
}
