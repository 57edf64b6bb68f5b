//! One file of a task: what is in it, and what is missing from it.

use rustix::fs::{fstat, ftruncate};
use rustix::io::{Errno, write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait before a full disk is tried again: at first, and at last.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What the writer knows of a file, while it is open and while it is not.
#[derive(Debug, Default)]
pub(super) struct FileState {
    /// How many bytes are in it, once that is known.
    length: Option<u64>,
    gap: Option<Gap>,
    /// How often there was no room.
    gaps: u32,
}

/// Gives the file, opened if it is not open.
pub(super) type Open<'a> = &'a mut dyn FnMut() -> Result<Arc<OwnedFd>, Errno>;

/// Bytes that could not be written.
#[derive(Debug)]
struct Gap {
    at: u64,
    missing: u64,
    why: Errno,
    again: Instant,
}

/// What is worth telling.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// From here on bytes are missing.
    Begun(String),
    /// So many were; the file goes on.
    Over(String),
}

impl FileState {
    /// Adds bytes to the file, as far as there is room. The file is asked for only when something is to be written.
    /// Returns how many bytes did not get in, and what there is to tell.
    pub(super) fn add(&mut self, bytes: &[u8], now: Instant, open: Open<'_>) -> (u64, Option<News>) {
        let mut news = None;
        if let Some(gap) = &mut self.gap {
            if now < gap.again || !self.bridge(now, open) {
                let missing = bytes.len() as u64;
                if let Some(gap) = &mut self.gap {
                    gap.missing += missing;
                }
                return (missing, None);
            }
            news = self.gap.take().map(|gap| News::Over(gap.text()));
        }
        let (written, Err(why)) = self.put(bytes, open) else {
            return (0, news);
        };
        let missing = (bytes.len() - written) as u64;
        let at = self.length.unwrap_or(0);
        self.gap = Some(Gap {
            at,
            missing,
            why,
            again: now + self.pause(),
        });
        self.gaps += 1;
        let begun = format!("capture: {} at byte {at}; what follows is missing", reason(why));
        (missing, news.or(Some(News::Begun(begun))))
    }

    /// Nothing follows: says what is missing at the end, in the file too where there is room by now.
    pub(super) fn close(&mut self, open: Open<'_>) -> Option<News> {
        self.gap.as_ref()?;
        self.bridge(Instant::now(), open);
        self.gap.take().map(|gap| News::Over(gap.text()))
    }

    /// The more often there was no room, the longer it is before the file is tried again.
    fn pause(&self) -> Duration {
        AGAIN.1.min(AGAIN.0 * 2_u32.pow(self.gaps.min(10)))
    }

    /// Writes into the file what is missing from it, if there is room for that; half of such a line is taken
    /// back.
    fn bridge(&mut self, now: Instant, open: Open<'_>) -> bool {
        let pause = self.pause();
        let Some(gap) = &mut self.gap else { return true };
        gap.again = now + pause;
        let line = format!("\n[{}]\n", gap.text());
        let before = self.length;
        let (written, result) = self.put(line.as_bytes(), open);
        if result.is_err()
            && written > 0
            && let Some(before) = before
            && open().and_then(|file| ftruncate(&file, before)).is_ok()
        {
            self.length = Some(before);
        }
        result.is_ok()
    }

    /// Appends; how many bytes got in, and why not all of them.
    fn put(&mut self, bytes: &[u8], open: Open<'_>) -> (usize, Result<(), Errno>) {
        let file = match open().and_then(|file| Ok((fstat(&file)?.st_size, file))) {
            Ok((length, file)) => {
                self.length.get_or_insert(u64::try_from(length).unwrap_or(0));
                file
            }
            Err(why) => return (0, Err(why)),
        };
        let mut written = 0;
        while written < bytes.len() {
            match write(&file, &bytes[written..]) {
                Ok(0) => return (written, Err(Errno::NOSPC)),
                Ok(count) => {
                    written += count;
                    self.length = self.length.map(|length| length + count as u64);
                }
                Err(Errno::INTR) => {}
                Err(why) => return (written, Err(why)),
            }
        }
        (written, Ok(()))
    }
}

impl Gap {
    fn text(&self) -> String {
        format!(
            "capture: {} at byte {}; {} bytes missing",
            reason(self.why),
            self.at,
            self.missing
        )
    }
}

fn reason(error: Errno) -> String {
    match error {
        Errno::NOSPC => "no space left".to_owned(),
        Errno::DQUOT => "the quota is used up".to_owned(),
        Errno::FBIG => "the file may not grow".to_owned(),
        error => std::io::Error::from(error).to_string(),
    }
}
