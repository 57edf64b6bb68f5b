//! The file of a config: read once, and looked at whether somebody else could have written it.
//!
//! A config says what runs as the user who starts it, so whoever can write the file can act as that user. What
//! is looked at is the file that was opened, and its digest is that of the bytes that are parsed: between the
//! look and the use nothing can be put in its place.

use super::error::{ConfigError, ConfigErrors};
use super::{BEGIN, Config, UiSpec, parse_with, user};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// The largest config, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Bits of a mode: the group and others may write; names in a directory are their owners'.
const WRITE: u32 = 0o022;
const WRITE_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;

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
    /// Reads a config file.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no file or pipe, is too large, or is no UTF-8. That somebody else could have
    /// written it is said by [`parse`](Self::parse), together with its mistakes.
    pub fn read(path: &Path) -> Result<ConfigFile, ConfigErrors> {
        let fail = |error| ConfigErrors::new(path, "", vec![error]);
        let mut file = File::open(path).map_err(|error| fail(unreadable(&error)))?;
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
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
        Ok(ConfigFile {
            path: path.to_owned(),
            text,
            digest,
            owner: meta.uid(),
            unsafe_because: who_else_writes(path, &file, &meta),
        })
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
        parse_with(&self.text, &self.path, registered, self.unsafe_because.clone())
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

/// Who but the user and root could have written the file, or could put another one in its place.
fn who_else_writes(path: &Path, file: &File, meta: &Metadata) -> Vec<ConfigError> {
    let me = rustix::process::geteuid().as_raw();
    let mut errors = Vec::new();
    let mut open = Vec::new();
    if !is_trusted(meta, me) {
        errors.push(
            ConfigError::of_file(format!(
                "it belongs to user {}, who could make it run anything as you",
                meta.uid()
            ))
            .help("read it, and run a copy of your own: `cp` makes one"),
        );
    } else if meta.mode() & WRITE != 0 {
        errors.push(ConfigError::of_file(format!(
            "{} write it (mode {:04o}), and so make it run anything as you",
            who(meta.mode()),
            meta.mode() & 0o7777
        )));
        open.push(path.to_owned());
    }
    for dir in directories(path, file) {
        let Ok(meta) = dir.metadata() else { continue };
        let name = dir.display();
        if !is_trusted(&meta, me) {
            errors.push(
                ConfigError::of_file(format!(
                    "its directory {name} belongs to user {}, who could replace it",
                    meta.uid()
                ))
                .help("copy it to a directory of your own"),
            );
        } else if meta.mode() & WRITE != 0 && meta.mode() & STICKY == 0 {
            errors.push(ConfigError::of_file(format!(
                "{} write its directory {name} (mode {:04o}), and so replace it",
                who(meta.mode()),
                meta.mode() & 0o7777
            )));
            open.push(dir);
        } else if let Some((above, mode)) = open_ancestor(&dir) {
            errors.push(ConfigError::of_file(format!(
                "everybody can write the directory {} (mode {:04o}), and so replace what is in it",
                above.display(),
                mode & 0o7777
            )));
            open.push(above);
        }
    }
    // One command mends all of it.
    if let Some(last) = errors.pop() {
        let remedy = (!open.is_empty()).then(|| {
            let paths: Vec<String> = open.iter().map(|path| shell_word(path)).collect();
            format!("nobody else may write it: chmod go-w -- {}", paths.join(" "))
        });
        errors.push(last.maybe_help(remedy));
    }
    errors
}

fn is_trusted(meta: &Metadata, me: u32) -> bool {
    meta.uid() == me || meta.uid() == 0
}

fn who(mode: u32) -> &'static str {
    if mode & WRITE_ALL == 0 {
        "its group can"
    } else {
        "others can"
    }
}

/// The directory that was named, which relative paths begin at, and that of the file itself, if links lead to
/// it. A pipe is in none.
fn directories(path: &Path, file: &File) -> Vec<PathBuf> {
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let named = parent.unwrap_or(Path::new(".")).canonicalize();
    let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let real = real.ok().filter(|real| real.is_absolute());
    let mut list: Vec<PathBuf> = named
        .ok()
        .into_iter()
        .chain(real.and_then(|real| real.parent().map(Path::to_owned)))
        .collect();
    list.dedup();
    list
}

/// The nearest directory above this one in which everybody can rename what others own.
fn open_ancestor(dir: &Path) -> Option<(PathBuf, u32)> {
    dir.ancestors().skip(1).find_map(|dir| {
        let mode = dir.metadata().ok()?.mode();
        (mode & WRITE_ALL != 0 && mode & STICKY == 0).then(|| (dir.to_owned(), mode))
    })
}

/// A path as a shell reads it.
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
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
        for mode in [0o664, 0o646, 0o666, 0o620] {
            place.mode("in/c.toml", mode);
            let said = place.said("in/c.toml");
            assert!(said.contains(&format!("write it (mode {mode:04o})")), "{said}");
            assert!(said.contains("chmod go-w -- DIR/in/c.toml"), "{said}");
        }
        place.mode("in/c.toml", 0o644);
        for mode in [0o775, 0o757, 0o777] {
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

    #[test]
    fn a_remedy_can_be_pasted() {
        assert_eq!(shell_word(Path::new("/a/b-c.toml")), "/a/b-c.toml");
        assert_eq!(shell_word(Path::new("/a b/$(x)'y")), r"'/a b/$(x)'\''y'");
    }
}
