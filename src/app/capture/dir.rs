//! The directory of a run, and the files in it.

use super::Of;
use crate::app::clean::Clean;
use crate::app::view::Stream;
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkdirat, openat};
use rustix::io::Errno;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Only its owner looks into it.
const DIR: Mode = Mode::RWXU;
const FILE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Which pool has which number.
const POOLS: &str = "pools.txt";

/// A fresh directory that nobody else can look into.
#[derive(Debug)]
pub(super) struct RunDir {
    path: PathBuf,
    fd: OwnedFd,
}

impl RunDir {
    /// Makes it in `dir`, which is made where it is missing. Its name is the time (UTC) and this process's number.
    pub(super) fn make<'a>(dir: &Path, pools: impl Iterator<Item = &'a str>) -> io::Result<RunDir> {
        make_private(dir)?;
        let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let name = format!("{now}-{}", rustix::process::getpid());
        for attempt in 1..1000 {
            let name = match attempt {
                1 => name.clone(),
                _ => format!("{name}-{attempt}"),
            };
            let path = dir.join(name);
            match mkdirat(CWD, &path, DIR) {
                Ok(()) => {}
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = openat(CWD, &path, flags, Mode::empty())?;
            let run = RunDir { path, fd };
            run.list(pools)?;
            return Ok(run);
        }
        Err(Errno::EXIST.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn list<'a>(&self, pools: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let mut text = String::new();
        for (index, pool) in pools.enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{index}\t{}", Clean::from(pool));
        }
        File::from(self.create(POOLS)?).write_all(text.as_bytes())
    }

    /// The same directory once more.
    pub(super) fn twin(&self) -> io::Result<RunDir> {
        Ok(RunDir {
            path: self.path.clone(),
            fd: self.fd.try_clone()?,
        })
    }

    /// Adds a pool to those that are listed.
    pub(super) fn name_pool(&self, index: u32, name: &str) -> io::Result<()> {
        let line = format!("{index}\t{}\n", Clean::from(name));
        File::from(self.open(POOLS)?).write_all(line.as_bytes())
    }

    /// Makes a file, or goes on with one that an earlier part of the same attempt has made. Nothing but a plain
    /// file with no other name is ever written to.
    pub(super) fn open(&self, name: &str) -> Result<OwnedFd, Errno> {
        match self.create(name) {
            Err(Errno::EXIST) => {}
            made => return made,
        }
        // Should somebody have put a pipe there: opening it must not wait.
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::empty())?;
        let stat = fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 1 {
            return Err(Errno::EXIST);
        }
        Ok(fd)
    }

    fn create(&self, name: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::WRONLY
            | OFlags::APPEND
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC;
        openat(&self.fd, name, flags, FILE)
    }
}

/// Makes a directory that nobody else can look into, where it is missing, with those that it is in.
fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIR.bits()).create(dir)
}

/// Tries to make a directory in this one, and leaves nothing behind.
pub(in crate::app) fn try_dir(dir: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
    let tried = make_private(dir).and_then(|()| {
        let inside = dir.join(format!(".taskpool-tui-{}", rustix::process::getpid()));
        mkdirat(CWD, &inside, DIR)?;
        fs::remove_dir(inside)
    });
    for dir in missing {
        // Not where somebody has put something into it since.
        let _ = fs::remove_dir(dir);
    }
    tried
}

/// The name of a file: numbers alone.
pub(super) fn name(of: Of, stream: Stream) -> String {
    let Of { pool, task, attempt } = of;
    let what = match stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
        Stream::Note => "note",
    };
    format!("{pool}-{task}.{attempt}.{what}")
}
