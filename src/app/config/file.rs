//! The file of a config: read once, and looked at whether somebody else could have written it.
//!
//! A config says what runs as the user who starts it, so whoever can write the file can act as that user. What
//! is looked at is the file that was opened, and its digest is that of the bytes that are parsed: between the
//! look and the use nothing can be put in its place.

use super::error::{ConfigError, ConfigErrors};
use super::owners::who_else_writes;
use super::{BEGIN, Config, UiSpec, parse_with, user};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::File;
use std::io::IsTerminal as _;
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// The largest config, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The name of standard input.
const STDIN: &str = "-";

/// A fingerprint of bytes: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// That of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    /// In hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A config file that has been read, and not yet parsed.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    text: String,
    digest: Digest,
    owner: u32,
    /// Why nothing of it may be run.
    unsafe_because: Vec<ConfigError>,
}

impl ConfigFile {
    /// Reads a config file; `-` is standard input.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no file or pipe, is too large, or is no UTF-8. That somebody else could have
    /// written it is said by [`parse`](Self::parse), together with its mistakes.
    pub fn read(path: &Path) -> Result<ConfigFile, ConfigErrors> {
        let fail = |error| ConfigErrors::new(path, "", vec![error]);
        let file = if is_stdin(path) {
            if std::io::stdin().is_terminal() {
                return Err(fail(ConfigError::of_file("standard input is the terminal").help(
                    "name a file, or pipe a config into it: `generate | taskpool-tui run -`",
                )));
            }
            std::io::stdin().as_fd().try_clone_to_owned().map(File::from)
        } else {
            File::open(path)
        };
        let mut file = file.map_err(|error| fail(unreadable(&error)))?;
        let meta = file.metadata().map_err(|error| fail(unreadable(&error)))?;
        if meta.is_dir() {
            return Err(fail(is_directory()));
        }
        if !meta.is_file() && !meta.file_type().is_fifo() {
            return Err(fail(
                ConfigError::of_file("this is a device or a socket").help("name a file, or a pipe"),
            ));
        }
        let mut bytes = Vec::new();
        let read = (&mut file).take(LARGEST + 1).read_to_end(&mut bytes);
        let length = read.map_err(|error| fail(unreadable(&error)))?;
        if length as u64 > LARGEST {
            return Err(fail(
                ConfigError::of_file(format!("this is larger than {} MiB", LARGEST >> 20))
                    .help("put long lists into files of their own: arg_iter = { lines = \"list.txt\" }"),
            ));
        }
        let digest = Digest::of(&bytes);
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(fail(
                ConfigError::of_file("this is UTF-16, not UTF-8")
                    .help("save it as UTF-8; `iconv -f utf-16 -t utf-8` converts it"),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
        Ok(ConfigFile {
            path: path.to_owned(),
            text,
            digest,
            owner: meta.uid(),
            unsafe_because: who_else_writes(path, &file, &meta),
        })
    }

    /// A config that was made by the program itself.
    pub fn made(name: &str, text: String) -> ConfigFile {
        ConfigFile {
            path: name.into(),
            digest: Digest::of(text.as_bytes()),
            text,
            owner: rustix::process::getuid().as_raw(),
            unsafe_because: Vec::new(),
        }
    }

    /// Reads a file that was read before.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read); and it came from standard input.
    pub(in crate::app) fn read_again(path: &Path) -> Result<ConfigFile, ConfigErrors> {
        if is_stdin(path) {
            let error = ConfigError::of_file("it came from standard input, which cannot be read again")
                .help("write it into a file, and start with that");
            return Err(ConfigErrors::new(path, "", vec![error]));
        }
        ConfigFile::read(path)
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The fingerprint of what is parsed.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The user number of the file's owner.
    pub fn owner(&self) -> u32 {
        self.owner
    }

    /// Checks the config. `registered` are the functions that the program brings along. Nothing is started
    /// and nothing but the files that the config names is looked at.
    ///
    /// # Errors
    ///
    /// Every mistake at once; and that others can write the file, or the directory that it is in.
    pub fn parse(&self, registered: &[&str]) -> Result<Config, ConfigErrors> {
        parse_with(
            &self.text,
            &self.path,
            registered,
            self.unsafe_because.clone(),
            false,
        )
    }

    /// The same, and looks for what only a run would come upon: files that match no pattern, a directory that no output
    /// can be saved in.
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse).
    pub fn check(&self, registered: &[&str]) -> Result<Config, ConfigErrors> {
        parse_with(
            &self.text,
            &self.path,
            registered,
            self.unsafe_because.clone(),
            true,
        )
    }

    /// Checks the user's own file.
    ///
    /// # Errors
    ///
    /// Every mistake at once; and that others can write the file, or the directory that it is in.
    pub(super) fn parse_user(&self) -> Result<UiSpec, ConfigErrors> {
        user::parse(&self.text, &self.path, self.unsafe_because.clone())
    }
}

/// Whether it is standard input that is named.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

fn is_directory() -> ConfigError {
    ConfigError::of_file("this is a directory").help("name the config file in it")
}

fn unreadable(error: &std::io::Error) -> ConfigError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => ConfigError::of_file("there is no such file").help(BEGIN),
        ErrorKind::IsADirectory => is_directory(),
        ErrorKind::PermissionDenied => {
            ConfigError::of_file("this file may not be read").help("check its permissions")
        }
        _ => ConfigError::of_file(format!("cannot be read: {error}")),
    }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> ConfigErrors {
    let offset = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[offset];
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let span = offset..offset + char::REPLACEMENT_CHARACTER.len_utf8();
    let error = ConfigError::at(span, "the file is not UTF-8")
        .label(format!("byte {offset} of the file is 0x{byte:02X}"))
        .help("save it as UTF-8; `iconv -f latin1 -t utf8` converts");
    ConfigErrors::new(path, text, vec![error])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    const TEXT: &str = "[[pool]]\nname = 'p'\n";

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Place {
            let place = Place(tempfile::tempdir().unwrap());
            fs::create_dir(place.path("in")).unwrap();
            place.mode("in", 0o755);
            fs::write(place.path("in/c.toml"), TEXT).unwrap();
            place.mode("in/c.toml", 0o644);
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn mode(&self, name: &str, mode: u32) {
            fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
        }

        /// What is said of the config, without the place.
        fn said(&self, name: &str) -> String {
            let read = ConfigFile::read(&self.path(name)).unwrap();
            let here = self.0.path().canonicalize().unwrap();
            read.parse(&[]).map_or_else(
                |errors| errors.to_string().replace(&here.display().to_string(), "DIR"),
                |_| String::new(),
            )
        }
    }

    #[test]
    fn t7_what_only_its_owner_can_write_is_read() {
        let place = Place::new();
        assert_eq!(place.said("in/c.toml"), "");
        // As /tmp is: everybody can write it, nobody can replace what others own.
        place.mode("in", 0o1777);
        assert_eq!(place.said("in/c.toml"), "");
        let read = ConfigFile::read(&place.path("in/c.toml")).unwrap();
        assert_eq!(read.digest(), Digest::of(TEXT.as_bytes()));
    }

    #[test]
    fn t7_what_others_can_write_is_refused_with_the_remedy() {
        let place = Place::new();
        // Of the group of those who run this nobody knows who is in it.
        for mode in [0o646, 0o666, 0o622] {
            place.mode("in/c.toml", mode);
            let said = place.said("in/c.toml");
            assert!(said.contains(&format!("write it (mode {mode:04o})")), "{said}");
            assert!(said.contains("chmod go-w -- DIR/in/c.toml"), "{said}");
        }
        place.mode("in/c.toml", 0o644);
        for mode in [0o757, 0o777] {
            place.mode("in", mode);
            let said = place.said("in/c.toml");
            assert!(said.contains(&format!("(mode {mode:04o})")), "{said}");
            assert!(said.contains("chmod go-w -- DIR/in\n"), "{said}");
        }
        place.mode("in", 0o777);
        place.mode("in/c.toml", 0o666);
        let said = place.said("in/c.toml");
        assert!(said.contains("2 mistakes"), "{said}");
        assert!(said.contains("chmod go-w -- DIR/in/c.toml DIR/in\n"), "{said}");
    }

    #[test]
    fn t7_what_a_group_with_others_in_it_can_write_is_refused() {
        let place = Place::new();
        // Only root can give a file to such a group.
        let team = Some(65_534);
        if ["in", "in/c.toml"]
            .iter()
            .any(|name| std::os::unix::fs::chown(place.path(name), None, team).is_err())
        {
            return;
        }
        place.mode("in", 0o775);
        place.mode("in/c.toml", 0o664);
        let said = place.said("in/c.toml");
        assert!(said.contains("its group can write it (mode 0664)"), "{said}");
        assert!(
            said.contains("its group can write its directory DIR/in (mode 0775)"),
            "{said}"
        );
        assert!(said.contains("chmod go-w -- DIR/in/c.toml DIR/in\n"), "{said}");
    }

    #[test]
    fn t7_a_directory_above_and_the_end_of_a_link_count() {
        let place = Place::new();
        fs::create_dir_all(place.path("open/safe")).unwrap();
        place.mode("open", 0o777);
        fs::write(place.path("open/safe/c.toml"), TEXT).unwrap();
        assert!(
            place
                .said("open/safe/c.toml")
                .contains("everybody can write the directory DIR/open")
        );
        symlink(place.path("open/safe/c.toml"), place.path("in/link.toml")).unwrap();
        assert!(
            place
                .said("in/link.toml")
                .contains("everybody can write the directory DIR/open")
        );
        symlink(place.path("in/c.toml"), place.path("open/link.toml")).unwrap();
        assert!(
            place
                .said("open/link.toml")
                .contains("others can write its directory DIR/open")
        );
    }

    #[test]
    fn t7_what_belongs_to_somebody_else_is_refused() {
        let place = Place::new();
        let nobody = Some(65_534);
        // Only root can give a file away.
        if std::os::unix::fs::chown(place.path("in/c.toml"), nobody, nobody).is_err() {
            return;
        }
        assert!(place.said("in/c.toml").contains("belongs to user 65534"));
        std::os::unix::fs::chown(place.path("in/c.toml"), Some(0), Some(0)).unwrap();
        std::os::unix::fs::chown(place.path("in"), nobody, nobody).unwrap();
        assert!(
            place
                .said("in/c.toml")
                .contains("its directory DIR/in belongs to user 65534")
        );
    }

    #[test]
    fn mistakes_and_the_danger_are_said_at_once() {
        let place = Place::new();
        fs::write(place.path("in/c.toml"), "[[pool]]\nnam = 'p'\n").unwrap();
        place.mode("in/c.toml", 0o666);
        let said = place.said("in/c.toml");
        assert!(
            said.contains("has no key `nam`") && said.contains("others can write it"),
            "{said}"
        );
        assert!(said.contains("2 mistakes"), "{said}");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let said = |path: &str| ConfigFile::read(Path::new(path)).unwrap_err().to_string();
        assert!(said("/dev/zero").contains("device"));
        assert!(said("/").contains("directory"));
    }
}
