//! What the user has agreed to: a config that the program found by itself runs only after a yes, and the yes
//! holds until the file changes.
//!
//! A record is a small file under `$XDG_STATE_HOME/taskpool-tui/trust`, named after the config's real path; in it
//! stands the digest of the file that was agreed to. Only the user can write there, or what stands there counts
//! for nothing.

use super::clean::Clean;
use super::config::{Config, ConfigFile, Digest, describe};
use super::stdio::{self, Waiting};
use anyhow::Context as _;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::process::{geteuid, getpid};
use rustix::termios::{QueueSelector, tcflush};
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The config that is looked for where none is named.
pub const FOUND: &str = "taskpool.toml";

/// How many lines of what would run are shown before the question.
const SHOWN: usize = 24;

/// Permission bits of which a record and its directory have none: those of others to write.
const WRITE: u32 = 0o022;

/// What the user has said of a config so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// Yes, to what it is now.
    Yes,
    /// Yes, to what it was.
    YesBefore,
    /// Nothing.
    Nothing,
}

/// The records of what was agreed to.
#[derive(Debug)]
pub struct Trust {
    dir: PathBuf,
}

impl Trust {
    /// Those of the user, in `$XDG_STATE_HOME/taskpool-tui/trust` or `~/.local/state/taskpool-tui/trust`; none without
    /// a home.
    pub fn of_user() -> Option<Trust> {
        let absolute = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|dir| dir.is_absolute())
        };
        let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(Trust::at(state.join("taskpool-tui").join("trust")))
    }

    /// Those in a directory, which need not be there.
    pub fn at(dir: PathBuf) -> Trust {
        Trust { dir }
    }

    /// What the user has said of this config.
    ///
    /// # Errors
    ///
    /// The directory cannot be read, or others could have written there.
    pub fn said(&self, file: &ConfigFile) -> io::Result<Said> {
        let dir = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Said::Nothing),
            opened => opened?,
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let record = match openat(&dir, name(file.path())?, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(Said::Nothing),
            opened => opened?,
        };
        // One that others could have written says nothing.
        if only_the_user_writes(&record).is_err() {
            return Ok(Said::Nothing);
        }
        let mut text = String::new();
        File::from(record).take(1024).read_to_string(&mut text)?;
        let same = text.lines().next() == Some(&line(file.digest()));
        Ok(if same { Said::Yes } else { Said::YesBefore })
    }

    /// Remembers a yes to what this config is now: in a file that only the user can read, and that is there as a
    /// whole or not at all.
    ///
    /// # Errors
    ///
    /// It could not be written, or others can write there.
    pub fn remember(&self, file: &ConfigFile) -> io::Result<()> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.dir);
        made.map_err(|error| self.at_dir(&error.to_string(), error.kind()))?;
        let dir = self.open()?;
        let name = name(file.path())?;
        let new = format!(".{name}.{}", getpid().as_raw_nonzero());
        // Left behind by a process that had this number and was killed.
        let _ = unlinkat(&dir, &new, rustix::fs::AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut out = File::from(openat(&dir, &new, flags, Mode::RUSR | Mode::WUSR)?);
        let path = fs::canonicalize(file.path())?;
        let written = writeln!(out, "{}\n{}", line(file.digest()), Clean::from(path.as_os_str()))
            .and_then(|()| out.sync_all())
            .and_then(|()| Ok(renameat(&dir, &new, &dir, &name)?));
        if written.is_err() {
            let _ = unlinkat(&dir, &new, rustix::fs::AtFlags::empty());
        }
        written?;
        Ok(rustix::fs::fsync(&dir)?)
    }

    /// The directory, if nobody else can write in it.
    fn open(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = openat(CWD, &self.dir, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOTDIR | Errno::LOOP => self.at_dir(
                "this must be a directory and no link to one; remove it, and a new one is made",
                io::ErrorKind::NotADirectory,
            ),
            error => self.at_dir(&error.to_string(), error.kind()),
        })?;
        only_the_user_writes(&dir).map_err(|reason| {
            let remedy = format!("{reason}; remove it, or: chmod 700 it");
            self.at_dir(&remedy, io::ErrorKind::PermissionDenied)
        })?;
        Ok(dir)
    }

    /// An error of the directory, with its name.
    fn at_dir(&self, reason: &str, kind: io::ErrorKind) -> io::Error {
        let dir = Clean::from(self.dir.as_os_str());
        io::Error::new(kind, format!("{dir}: {reason}"))
    }
}

fn only_the_user_writes(file: &impl AsFd) -> Result<(), &'static str> {
    let stat = fstat(file).map_err(|_| "cannot be looked at")?;
    if stat.st_uid != geteuid().as_raw() {
        Err("it belongs to somebody else")
    } else if stat.st_mode & WRITE != 0 {
        Err("others can write it")
    } else {
        Ok(())
    }
}

/// The name of the record of a config: whatever its path is, these are hexadecimal digits.
fn name(path: &Path) -> io::Result<String> {
    Ok(Digest::of(fs::canonicalize(path)?.as_os_str().as_bytes()).to_string())
}

/// The first line of a record.
fn line(digest: Digest) -> String {
    format!("sha256 {digest}")
}

/// A yes of the user.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Agreed {
    /// Why it cannot be remembered, in one line, if it cannot.
    pub forgotten: Option<String>,
}

/// Whether the user agrees to run this config that nobody has named: has agreed before, or does so now, asked on the
/// terminal. A yes is remembered.
///
/// # Errors
///
/// There is no terminal to ask on, no answer can be read, or it cannot be told what was agreed to before.
pub fn may_run(file: &ConfigFile, config: &Config) -> anyhow::Result<Option<Agreed>> {
    let trust = Trust::of_user();
    let said = match &trust {
        Some(trust) => trust.said(file).context("cannot tell what you have agreed to")?,
        None => Said::Nothing,
    };
    if said == Said::Yes {
        return Ok(Some(Agreed::default()));
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        anyhow::bail!(
            "found {0}, which you have not agreed to run, and there is no terminal to ask you on; \
             `taskpool-tui check` says what it would run, `taskpool-tui ./{0}` runs it",
            file.path().display()
        );
    }
    let mut terminal = Waiting::on(io::stderr());
    let introduction = introduce(file, config, said);
    // What was typed before the question is no answer to it.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    let question = format!("{introduction}Run it as it is, now and until it changes? [y/N] ");
    terminal.write_all(question.as_bytes())?;
    let mut answer = String::new();
    // Longer than any answer.
    let mut input = BufReader::new(stdio::stdin().take(100));
    input.read_line(&mut answer).context("no answer can be read")?;
    if !matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES") {
        return Ok(None);
    }
    let remembered = match &trust {
        Some(trust) => trust.remember(file).map_err(|error| error.to_string()),
        None => Err("neither XDG_STATE_HOME nor HOME is set".to_owned()),
    };
    let forgotten = remembered.err().map(|reason| {
        let reason = Clean::from(reason);
        format!("your answer cannot be remembered, you will be asked again: {reason}")
    });
    Ok(Some(Agreed { forgotten }))
}

/// What is shown before the question: which file it is, whose, and what it would run.
pub fn introduce(file: &ConfigFile, config: &Config, said: Said) -> String {
    let path = fs::canonicalize(file.path()).unwrap_or_else(|_| file.path().to_owned());
    let owner = if file.owner() == geteuid().as_raw() {
        "you".to_owned()
    } else if file.owner() == 0 {
        "root".to_owned()
    } else {
        format!("user {}", file.owner())
    };
    let why = match said {
        Said::Yes => "you have agreed to it",
        Said::YesBefore => "it has changed since you agreed to it",
        Said::Nothing => "you have not agreed to it yet",
    };
    let digest = file.digest().to_string();
    let all = describe(config);
    let all: Vec<String> = all.lines().map(|line| format!("  {line}\n")).collect();
    // The pools are at the beginning, and what their commands are at the end.
    let what = match all.len().checked_sub(SHOWN) {
        None | Some(0) => all.concat(),
        Some(hidden) => {
            let (head, tail) = (&all[..SHOWN / 2], &all[all.len() - SHOWN / 2..]);
            let more = format!("  … {hidden} lines more: taskpool-tui check shows them …\n");
            format!("{}{more}{}", head.concat(), tail.concat())
        }
    };
    format!(
        "There is a config here; {why}.\n\n  file    {}\n  owner   {owner}\n  sha256  {}\n\nIt would run:\n\n{what}\n",
        Clean::from(path.as_os_str()),
        &digest[..16],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    const TEXT: &str = "[[pool]]\nname = 'p'\n";

    struct Place {
        dir: tempfile::TempDir,
        trust: Trust,
    }

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            let trust = Trust::at(dir.path().join("state/taskpool-tui/trust"));
            let place = Place { dir, trust };
            place.write(TEXT);
            place
        }

        fn write(&self, text: &str) {
            fs::write(self.dir.path().join(FOUND), text).unwrap();
        }

        fn file(&self) -> ConfigFile {
            ConfigFile::read(&self.dir.path().join(FOUND)).unwrap()
        }

        fn said(&self) -> Said {
            self.trust.said(&self.file()).unwrap()
        }

        /// The only record.
        fn record(&self) -> PathBuf {
            let mut entries = fs::read_dir(&self.trust.dir).unwrap();
            let record = entries.next().unwrap().unwrap().path();
            assert!(entries.next().is_none());
            record
        }
    }

    #[test]
    fn t7_a_yes_holds_until_the_file_changes() {
        let place = Place::new();
        assert_eq!(place.said(), Said::Nothing);
        place.trust.remember(&place.file()).unwrap();
        assert_eq!(place.said(), Said::Yes);
        place.write("[[pool]]\nname = 'q'\n");
        assert_eq!(place.said(), Said::YesBefore);
        place.trust.remember(&place.file()).unwrap();
        assert_eq!(place.said(), Said::Yes);
        // The yes was said to this file, not to its name.
        fs::rename(place.dir.path().join(FOUND), place.dir.path().join("other.toml")).unwrap();
        let other = ConfigFile::read(&place.dir.path().join("other.toml")).unwrap();
        assert_eq!(place.trust.said(&other).unwrap(), Said::Nothing);
    }

    #[test]
    fn t7_the_records_are_the_users_alone() {
        let place = Place::new();
        place.trust.remember(&place.file()).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
        assert_eq!(mode(&place.trust.dir), 0o700);
        assert_eq!(mode(place.trust.dir.parent().unwrap()), 0o700);
        assert_eq!(mode(&place.record()), 0o600);
        // Planted by somebody else.
        fs::set_permissions(place.record(), Permissions::from_mode(0o622)).unwrap();
        assert_eq!(place.said(), Said::Nothing);
        place.trust.remember(&place.file()).unwrap();
        assert_eq!((place.said(), mode(&place.record())), (Said::Yes, 0o600));
        fs::set_permissions(&place.trust.dir, Permissions::from_mode(0o777)).unwrap();
        let error = place.trust.said(&place.file()).unwrap_err().to_string();
        assert!(error.contains("others can write it"), "{error}");
        assert!(place.trust.remember(&place.file()).is_err());
    }

    #[test]
    fn what_keeps_a_yes_from_being_remembered_is_said_with_its_place() {
        let place = Place::new();
        let dir = place.trust.dir.display().to_string();
        fs::create_dir_all(place.trust.dir.parent().unwrap()).unwrap();
        fs::create_dir(place.dir.path().join("elsewhere")).unwrap();
        symlink(place.dir.path().join("elsewhere"), &place.trust.dir).unwrap();
        for error in [
            place.trust.said(&place.file()).unwrap_err(),
            place.trust.remember(&place.file()).unwrap_err(),
        ] {
            assert_eq!(
                error.to_string(),
                format!(
                    "{dir}: this must be a directory and no link to one; remove it, and a new one is made"
                )
            );
        }
        let trust = Trust::at(PathBuf::from("/proc/none/trust"));
        assert_eq!(trust.said(&place.file()).unwrap(), Said::Nothing);
        let error = trust.remember(&place.file()).unwrap_err().to_string();
        assert!(error.starts_with("/proc/none/trust: "), "{error}");
    }

    #[test]
    fn t7_links_in_the_store_are_not_followed() {
        let place = Place::new();
        place.trust.remember(&place.file()).unwrap();
        let (record, elsewhere) = (place.record(), place.dir.path().join("elsewhere"));
        fs::rename(&record, &elsewhere).unwrap();
        symlink(&elsewhere, &record).unwrap();
        assert!(place.trust.said(&place.file()).is_err());
        // A new yes takes the link's place and leaves its end alone.
        place.write("[[pool]]\nname = 'q'\n");
        let before = fs::read(&elsewhere).unwrap();
        place.trust.remember(&place.file()).unwrap();
        assert_eq!((place.said(), fs::read(&elsewhere).unwrap()), (Said::Yes, before));
    }

    #[test]
    fn a_torn_or_foreign_record_is_no_yes() {
        let place = Place::new();
        place.trust.remember(&place.file()).unwrap();
        let whole = fs::read(place.record()).unwrap();
        let end = whole.iter().position(|&byte| byte == b'\n').unwrap();
        for length in 0..end {
            fs::write(place.record(), &whole[..length]).unwrap();
            assert_eq!(place.said(), Said::YesBefore, "{length}");
        }
        // A stale file of a process that died half-way is in nobody's way.
        let stale = format!(
            ".{}.{}",
            name(place.file().path()).unwrap(),
            getpid().as_raw_nonzero()
        );
        fs::write(place.trust.dir.join(stale), "x").unwrap();
        place.trust.remember(&place.file()).unwrap();
        assert_eq!(place.said(), Said::Yes);
        place.record();
    }

    #[test]
    fn what_is_shown_is_short_and_clean() {
        let place = Place::new();
        let many = (0..100).fold(String::new(), |text, n| {
            format!("{text}[[pool]]\nname = 'p{n}'\n")
        });
        place.write(&format!(
            "[func.f]\nshell = \"echo \\u001b]0;x\\u0007\"\n{many}[[pool.group]]\nmethod = 'apply'\nfunc = 'f'\n"
        ));
        let file = place.file();
        let config = file.parse(&[]).unwrap();
        let text = introduce(&file, &config, Said::YesBefore);
        assert!(
            text.contains("owner   you") && text.contains("has changed"),
            "{text}"
        );
        assert!(text.contains("lines more: taskpool-tui check"), "{text}");
        assert!(text.lines().count() < 40, "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
}
