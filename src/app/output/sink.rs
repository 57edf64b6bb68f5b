//! Where one task writes to.

use super::{Files, Key, Life, OutputStore};
use crate::app::capture::{Of, Source};
use crate::app::output::Buffer;
use crate::app::view::Stream;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a task may be held up at its end until all of its output is in files.
const SAVED: Duration = Duration::from_secs(2);

/// Where one task writes to. Dropped, the task counts as ended without a failure.
#[derive(Debug)]
pub struct OutputSink {
    store: OutputStore,
    key: Key,
    attempt: u32,
    ended: bool,
    aside: bool,
    /// Its files, from its first byte on.
    source: OnceLock<Source>,
}

impl OutputSink {
    pub(super) fn new(store: OutputStore, key: Key) -> Self {
        OutputSink {
            store,
            key,
            attempt: 1,
            ended: false,
            aside: false,
            source: OnceLock::new(),
        }
    }

    /// The same for what is not the task's own: all of it becomes [`Stream::Note`].
    #[must_use]
    pub fn aside(mut self) -> Self {
        self.aside = true;
        self
    }

    /// The same for a later attempt of the task, counted from 1: its output has files of its own.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Adds what the task wrote just now.
    pub fn write(&self, stream: Stream, bytes: &[u8]) {
        self.write_at(stream, bytes, self.store.shared.started.elapsed());
    }

    /// Adds what the task wrote at this moment.
    pub(in crate::app) fn take(&self, stream: Stream, bytes: &[u8], at: Instant) {
        let time = at.saturating_duration_since(self.store.shared.started);
        self.write_at(stream, bytes, time);
    }

    /// Adds what the task wrote at this time, counted from the start of the session.
    pub fn write_at(&self, stream: Stream, bytes: &[u8], time: Duration) {
        if bytes.is_empty() {
            return;
        }
        let stream = if self.aside { Stream::Note } else { stream };
        if let Some(source) = self.source() {
            source.write(stream, bytes);
        }
        self.change(|buffer, limit| buffer.write(stream, bytes, time, limit));
    }

    /// Adds a line that is not the task's own: what became of its output or its processes.
    pub fn remark(&self, text: &str) {
        let now = self.store.shared.started.elapsed();
        self.change(|buffer, limit| buffer.remark(text, now, limit));
    }

    fn change(&self, change: impl FnOnce(&mut Buffer, usize)) {
        let limit = self.store.limit();
        {
            let mut state = self.store.lock();
            state.update(self.key, |buffer| change(buffer, limit));
            state.make_room(self.store.shared.limits.total);
        }
        self.store.changed();
    }

    fn source(&self) -> Option<&Source> {
        let Files::Capture(capture) = &self.store.shared.files else {
            return None;
        };
        let (pool, task) = self.key;
        let of = Of {
            pool,
            task,
            attempt: self.attempt,
        };
        Some(self.source.get_or_init(|| capture.source(of)))
    }

    /// Waits while its files are far behind. `ended`: the command has exited, so that not much can follow; what its
    /// pipes hold is taken in whatever the disk does. Dropped, nothing has happened.
    pub async fn room(&self, ended: bool) {
        if let Some(source) = self.source.get() {
            source.room(ended).await;
        }
    }

    /// Waits until everything is in its files; for two seconds at most, should the disk hang.
    pub async fn saved(&self) {
        if let Some(source) = self.source.get() {
            // What is not written by then is written later.
            let _ = timeout(SAVED, source.written()).await;
        }
    }

    /// Says that the task is over, so that its output may go when room is needed; that of a failed task
    /// goes last. A task stays failed when its callback ends well, or a sink of it is only dropped; one that ends well
    /// when it runs again has not failed.
    pub fn end(mut self, failed: bool) {
        if !failed && !self.aside {
            self.store.lock().forgive(self.key);
        }
        self.close(if failed { Life::Failed } else { Life::Ended });
    }

    fn close(&mut self, life: Life) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let total = self.store.shared.limits.total;
        let mut state = self.store.lock();
        if let Some(task) = state.tasks.get(&self.key) {
            let life = if task.failed { Life::Failed } else { life };
            state.update(self.key, Buffer::finish);
            state.set_life(self.key, life);
            state.make_room(total);
        }
    }
}

impl Drop for OutputSink {
    fn drop(&mut self) {
        self.close(Life::Ended);
    }
}
