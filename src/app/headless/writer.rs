//! Writing on a thread of its own: a reader who does not read holds up the lines and nothing else.

use std::io::{self, Write};
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// How many pieces may wait to be written.
const WAITING: usize = 4;

pub(super) struct Writer {
    send: mpsc::Sender<Vec<u8>>,
    done: oneshot::Receiver<io::Result<()>>,
}

impl Writer {
    pub(super) fn new(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (send, mut pieces) = mpsc::channel::<Vec<u8>>(WAITING);
        let (told, done) = oneshot::channel();
        thread::Builder::new().name("lines".to_owned()).spawn(move || {
            let mut result = Ok(());
            while let (Ok(()), Some(piece)) = (&result, pieces.blocking_recv()) {
                result = out.write_all(&piece).and_then(|()| out.flush());
            }
            drop(pieces);
            // Nobody who waits for it: nothing to tell.
            let _ = told.send(result);
        })?;
        Ok(Writer { send, done })
    }

    /// Hands over a piece; waits while too many are waiting.
    pub(super) async fn write(&mut self, piece: Vec<u8>) -> io::Result<()> {
        if self.send.send(piece).await.is_ok() {
            return Ok(());
        }
        (&mut self.done)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Waits until everything is written.
    pub(super) async fn finish(self) -> io::Result<()> {
        drop(self.send);
        self.done
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }
}
