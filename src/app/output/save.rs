//! Kept output in a file of the user's.

use super::OutputStore;
use super::eye::whole;
use crate::app::clean::Clean;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Output may hold secrets: only the user reads it, as in a directory of output.
const MODE: u32 = 0o600;

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Lines.
    pub lines: usize,
    /// Bytes.
    pub bytes: u64,
}

impl OutputStore {
    /// The kept lines of a task, and how many before them were dropped.
    pub(in crate::app) fn whole(&self, pool: &str, id: u64) -> (u64, Vec<Clean>) {
        let lines = whole(self, pool, &[id]);
        let dropped = lines.first().map_or(0, |(spot, ..)| spot.line);
        let text = |pieces: Vec<Clean>| Clean::from(pieces.iter().map(Clean::as_str).collect::<String>());
        let lines = lines.into_iter().map(|(_, _, pieces)| text(pieces));
        (dropped, lines.collect())
    }

    /// Writes the kept output of tasks into a new file, as text that is safe to show anywhere; of several tasks each
    /// line begins with its task's ID. Only the user can read the file, whatever the umask is. A name that exists is
    /// refused, a symbolic link too, wherever it points. Blocks.
    pub fn save(&self, pool: &str, ids: &[u64], path: &Path) -> io::Result<Saved> {
        let lines = whole(self, pool, ids);
        let mut new = OpenOptions::new();
        let file = new.write(true).create_new(true).mode(MODE).open(path)?;
        let mut file = BufWriter::new(file);
        let mut bytes = 0;
        for (spot, _, pieces) in &lines {
            let mut line = String::new();
            if ids.len() > 1 {
                line = format!("{} ", spot.task);
            }
            line.extend(pieces.iter().map(Clean::as_str));
            line.push('\n');
            bytes += line.len() as u64;
            file.write_all(line.as_bytes())?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Saved {
            lines: lines.len(),
            bytes,
        })
    }
}
