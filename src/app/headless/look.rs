//! What lines for people look like on a terminal: the colours of states, and a last line that says how far the run is.

use crate::app::status::Status;
use crate::pool::Stats;
use rustix::termios::tcgetwinsize;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

/// Erases the line of the cursor.
const ERASE: &str = "\r\x1b[K";

/// The colour of a state, and what ends it.
pub(super) fn coloured(status: Status, text: &str) -> String {
    let colour = match status {
        Status::Ok => "32",
        Status::Failed | Status::TimedOut | Status::Panicked => "31",
        Status::Running => "36",
        Status::Cancelling | Status::Cancelled | Status::Stopped => "33",
        _ => return text.to_owned(),
    };
    format!("\x1b[{colour}m{text}\x1b[0m")
}

/// Whether standard output is a terminal that can move its cursor.
pub(super) fn is_terminal() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    io::stdout().is_terminal() && !term.is_empty() && term != "dumb"
}

/// Whether colours are wanted there.
pub(super) fn has_colours() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// The last line of the terminal, which stays below all others.
#[derive(Debug, Default)]
pub(super) struct LastLine {
    text: String,
    /// What the terminal shows.
    shown: Option<String>,
}

impl LastLine {
    /// Says how far the run is.
    pub(super) fn set(&mut self, progress: &Progress, elapsed: Duration) {
        self.text = progress.text(elapsed);
    }

    /// These lines, and the last line below them; nothing where that changes nothing.
    pub(super) fn below(&mut self, lines: Vec<u8>) -> Vec<u8> {
        let columns = tcgetwinsize(io::stdout()).map_or(80, |size| usize::from(size.ws_col));
        let text: String = self.text.chars().take(columns.saturating_sub(1)).collect();
        if lines.is_empty() && self.shown.as_ref() == Some(&text) {
            return lines;
        }
        let mut out = self.erase();
        out.extend(lines);
        out.extend_from_slice(text.as_bytes());
        self.shown = Some(text);
        out
    }

    /// Takes it away.
    pub(super) fn erase(&mut self) -> Vec<u8> {
        match self.shown.take() {
            Some(_) => ERASE.into(),
            None => Vec::new(),
        }
    }
}

/// How far a run is: tasks of all its pools.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: u64,
    failed: u64,
    running: u64,
    queued: u64,
    /// There may be more of them than are known.
    more: bool,
}

impl Progress {
    pub(super) fn add(&mut self, stats: &Stats) {
        self.done += stats.totals.sum();
        self.failed += stats.totals.failed + stats.totals.panicked;
        self.running += (stats.running + stats.cancelled) as u64;
        self.queued += stats.queued as u64;
        self.more |= stats.queued_more;
    }

    /// For instance `17/59  ✗ 2  ▶ 4  left 0:11`.
    fn text(&self, elapsed: Duration) -> String {
        let left = self.running + self.queued;
        let more = if self.more { "+" } else { "" };
        let mut text = format!("{}/{}{more}", self.done, self.done + left);
        for (status, count) in [(Status::Failed, self.failed), (Status::Running, self.running)] {
            if count > 0 {
                text.push_str(&format!("  {} {count}", status.look().glyph));
            }
        }
        if self.done > 0 && left > 0 && !self.more {
            let nanos = elapsed.as_nanos().saturating_mul(left.into()) / u128::from(self.done);
            let seconds = nanos / 1_000_000_000;
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            text.push_str(&match hours {
                0 => format!("  left {minutes}:{seconds:02}"),
                _ => format!("  left {hours}:{minutes:02}:{seconds:02}"),
            });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(done: u64, failed: u64, running: u64, queued: u64) -> Progress {
        Progress {
            done,
            failed,
            running,
            queued,
            more: false,
        }
    }

    #[test]
    fn it_says_how_far_the_run_is() {
        let text = |progress: Progress| progress.text(Duration::from_secs(17));
        assert_eq!(text(at(17, 2, 4, 38)), "17/59  ✗ 2  ▶ 4  left 0:42");
        assert_eq!(text(at(0, 0, 4, 4)), "0/8  ▶ 4");
        assert_eq!(text(at(8, 0, 0, 0)), "8/8");
        assert_eq!(text(at(1, 0, 0, 500)), "1/501  left 2:21:40");
        let endless = Progress {
            more: true,
            ..at(8, 0, 1, 0)
        };
        assert_eq!(text(endless), "8/9+  ▶ 1");
    }

    #[test]
    fn it_stays_below_the_lines_and_is_written_when_it_changes() {
        let mut line = LastLine::default();
        line.set(&at(1, 0, 1, 0), Duration::ZERO);
        assert_eq!(
            line.below(b"one\n".to_vec()),
            "one\n1/2  ▶ 1  left 0:00".as_bytes()
        );
        assert_eq!(line.below(Vec::new()), b"");
        line.set(&at(2, 0, 0, 0), Duration::ZERO);
        assert_eq!(line.below(b"two\n".to_vec()), b"\r\x1b[Ktwo\n2/2");
        assert_eq!((line.erase(), line.erase()), (b"\r\x1b[K".to_vec(), Vec::new()));
    }
}
