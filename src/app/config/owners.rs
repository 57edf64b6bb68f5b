//! Who could have written a file: its owner, and whoever may write it or put another one in its place.
//!
//! Trusted are the user, root, and one more user whom the command line may name. Group write is harmless where the group
//! is the owner's private one, as it is where the usual umask is 002.

use super::error::ConfigError;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// Bits of a mode: the group and others may write; names in a directory are their owners'.
const WRITE: u32 = 0o022;
const WRITE_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The most links on the way to a file.
const LINKS: usize = 40;

/// The user whose files are trusted like one's own, as the command line says.
static ALSO: OnceLock<u32> = OnceLock::new();

/// Trusts the files and directories of this user, too. It holds for the whole program, and the first one counts.
pub fn trust_owner(user: u32) {
    let _ = ALSO.set(user);
}

/// Who may write what is read.
#[derive(Clone, Copy, Debug)]
struct Trusted {
    me: u32,
    also: Option<u32>,
}

impl Trusted {
    fn is_owner(self, meta: &Metadata) -> bool {
        let owner = meta.uid();
        owner == self.me || owner == 0 || self.also == Some(owner)
    }
}

/// Who but those who are trusted could have written the file, or could put another one in its place.
pub(super) fn who_else_writes(path: &Path, file: &File, meta: &Metadata) -> Vec<ConfigError> {
    let trusted = Trusted {
        me: rustix::process::geteuid().as_raw(),
        also: ALSO.get().copied(),
    };
    look(trusted, path, file, meta)
}

fn look(trusted: Trusted, path: &Path, file: &File, meta: &Metadata) -> Vec<ConfigError> {
    let real = real_path(file);
    let mut errors = Vec::new();
    let mut open = Vec::new();
    if !trusted.is_owner(meta) {
        errors.push(
            ConfigError::of_file(format!(
                "it belongs to user {}, who could make it run anything as you",
                meta.uid()
            ))
            .help("read it, and run a copy of your own: `cp` makes one")
            .help(accept(meta.uid())),
        );
    } else if others_write(meta, || has_acl_of(file)) {
        errors.push(ConfigError::of_file(format!(
            "{} write it (mode {:04o}), and so make it run anything as you",
            who(meta.mode()),
            meta.mode() & 0o7777
        )));
        // What is named may be a name of something else, such as /dev/stdin.
        open.push(real.clone().unwrap_or_else(|| path.to_owned()));
    }
    let links = links_to(path);
    for (link, owner) in links.iter().filter(|(_, meta)| !trusted.is_owner(meta)) {
        errors.push(
            ConfigError::of_file(format!(
                "the link {} belongs to user {}, who could let it lead to another file",
                link.display(),
                owner.uid()
            ))
            .help("name the file itself")
            .help(accept(owner.uid())),
        );
    }
    for dir in directories(path, real.as_deref(), &links) {
        let Ok(meta) = dir.metadata() else { continue };
        let name = dir.display();
        if !trusted.is_owner(&meta) {
            errors.push(
                ConfigError::of_file(format!(
                    "its directory {name} belongs to user {}, who could replace it",
                    meta.uid()
                ))
                .help("copy it to a directory of your own")
                .help(accept(meta.uid())),
            );
        } else if meta.mode() & STICKY == 0 && others_write(&meta, || has_acl(&dir)) {
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

/// How the files of a user are accepted: for a container, say, whose configs belong to a user outside.
fn accept(owner: u32) -> String {
    let caller = std::env::var("SUDO_UID").is_ok_and(|uid| uid == owner.to_string());
    let who = if caller {
        "you called sudo as that user: if you trust what that user writes"
    } else {
        "if you trust that user as you trust yourself"
    };
    format!("{who}, add --trust-owner {owner}")
}

/// Whether somebody beside its owner and root can write it.
fn others_write(meta: &Metadata, has_acl: impl Fn() -> bool) -> bool {
    match meta.mode() & WRITE {
        0 => false,
        mode if mode & WRITE_ALL != 0 => true,
        // The bits of the group are those of everybody whom an access list names.
        _ => has_acl() || !is_private_group(meta.gid(), meta.uid()),
    }
}

/// Whether nobody but this user is in a group.
fn is_private_group(group: u32, user: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    is_private(&read("/etc/passwd"), &read("/etc/group"), group, user)
}

/// The same, by these lists of users and groups: it has the user's name, is the user's first group and nobody else's, and
/// has no other members.
fn is_private(users: &str, groups: &str, group: u32, user: u32) -> bool {
    let of_group = |line: &&str| line.split(':').nth(2).and_then(|id| id.parse().ok()) == Some(group);
    let mut name = None;
    for line in users.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, id, first, ..] = *fields else {
            continue;
        };
        if first.parse() != Ok(group) {
            continue;
        }
        if id.parse() != Ok(user) || name.is_some() {
            return false;
        }
        name = Some(found);
    }
    let Some(name) = name else { return false };
    let mut lines = groups.lines().filter(of_group).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let members = fields.get(3).copied().unwrap_or_default();
            let mut members = members
                .split(',')
                .map(str::trim)
                .filter(|member| !member.is_empty());
            fields[0] == name && members.all(|member| member == name)
        })
}

const ACL: &str = "system.posix_acl_access";

fn has_acl_of(file: &File) -> bool {
    rustix::fs::fgetxattr(file, ACL, &mut [0_u8; 0]).is_ok_and(|length| length > 0)
}

fn has_acl(path: &Path) -> bool {
    rustix::fs::getxattr(path, ACL, &mut [0_u8; 0]).is_ok_and(|length| length > 0)
}

fn who(mode: u32) -> &'static str {
    if mode & WRITE_ALL == 0 {
        "its group can"
    } else {
        "others can"
    }
}

/// The path of an open file, if it has one.
fn real_path(file: &File) -> Option<PathBuf> {
    let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    real.ok().filter(|real| real.is_absolute() && real.exists())
}

/// The symbolic links on the way to a file.
fn links_to(path: &Path) -> Vec<(PathBuf, Metadata)> {
    let mut links = Vec::new();
    let mut at = PathBuf::from("/");
    let parts = |path: &Path| -> VecDeque<OsString> {
        path.components()
            .map(|part| part.as_os_str().to_owned())
            .collect()
    };
    let mut left = std::path::absolute(path)
        .map(|path| parts(&path))
        .unwrap_or_default();
    while let Some(part) = left.pop_front() {
        match Path::new(&part).components().next() {
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::ParentDir) => {
                at.pop();
            }
            Some(Component::Normal(name)) => {
                let next = at.join(name);
                let meta = next.symlink_metadata().ok().filter(Metadata::is_symlink);
                let target = std::fs::read_link(&next);
                if let (Some(meta), Ok(target)) = (meta, target) {
                    links.push((next, meta));
                    if links.len() == LINKS {
                        break;
                    }
                    let mut target = parts(&target);
                    target.append(&mut left);
                    left = target;
                } else {
                    at = next;
                }
            }
            Some(Component::CurDir | Component::Prefix(_)) | None => {}
        }
    }
    links
}

/// The directory that was named, which relative paths begin at, those of the links on the way, and that of the file
/// itself. A pipe is in none.
fn directories(path: &Path, real: Option<&Path>, links: &[(PathBuf, Metadata)]) -> Vec<PathBuf> {
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let named = parent.unwrap_or(Path::new(".")).canonicalize();
    let mut list: Vec<PathBuf> = named.ok().into_iter().collect();
    let of_links = links
        .iter()
        .filter_map(|(link, _)| link.parent()?.canonicalize().ok());
    let of_file = real.and_then(|real| real.parent().map(Path::to_owned));
    for dir in of_links.chain(of_file) {
        if !list.contains(&dir) {
            list.push(dir);
        }
    }
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
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, symlink};

    #[test]
    fn a_remedy_can_be_pasted() {
        assert_eq!(shell_word(Path::new("/a/b-c.toml")), "/a/b-c.toml");
        assert_eq!(shell_word(Path::new("/a b/$(x)'y")), r"'/a b/$(x)'\''y'");
    }

    #[test]
    fn a_private_group_has_its_users_name_and_nobody_else() {
        let users =
            "root:x:0:0:r:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:100::/:/bin/sh\n";
        let groups = "root:x:0:\nann:x:1000:\nusers:x:100:\nteam:x:2000:ann,bob\n";
        assert!(is_private(users, groups, 1000, 1000));
        assert!(is_private(users, groups, 0, 0));
        assert!(is_private(users, "ann:x:1000:ann", 1000, 1000));
        for (what, users, groups, group, user) in [
            ("of another user", users, groups, 1000, 1001),
            ("shared", users, groups, 2000, 1000),
            ("not the user's own", users, groups, 100, 1001),
            ("with a member", users, "ann:x:1000:bob", 1000, 1000),
            (
                "listed twice",
                users,
                "ann:x:1000:\nothers:x:1000:bob",
                1000,
                1000,
            ),
            (
                "the first group of two",
                "ann:x:1000:1000\neve:x:1001:1000",
                groups,
                1000,
                1000,
            ),
            (
                "two names of a user",
                "ann:x:1000:1000\neve:x:1000:1000",
                groups,
                1000,
                1000,
            ),
            ("not listed", users, "", 1000, 1000),
            ("of nobody who is listed", "", groups, 1000, 1000),
            ("torn", "ann:x:1000", "ann:x:1000", 1000, 1000),
        ] {
            assert!(!is_private(users, groups, group, user), "{what}");
        }
    }

    fn said(path: &Path, also: Option<u32>) -> Vec<String> {
        let file = File::open(path).unwrap();
        let meta = file.metadata().unwrap();
        let trusted = Trusted {
            me: rustix::process::geteuid().as_raw(),
            also,
        };
        let errors = look(trusted, path, &file, &meta);
        errors
            .into_iter()
            .map(|error| format!("{} = {}", error.message, error.help.join("; ")))
            .collect()
    }

    #[test]
    fn a_user_who_is_named_is_trusted_with_files_directories_and_links() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("in");
        std::fs::create_dir(&place).unwrap();
        let (path, link) = (place.join("c.toml"), dir.path().join("link.toml"));
        std::fs::write(&path, "").unwrap();
        symlink(&path, &link).unwrap();
        let nobody = Some(65_534);
        // Only root can give something away.
        if chown(&path, nobody, nobody).is_err() {
            return;
        }
        chown(&place, nobody, nobody).unwrap();
        std::os::unix::fs::lchown(&link, nobody, nobody).unwrap();
        let all = said(&link, None);
        assert_eq!(all.len(), 3, "{all:?}");
        for said in &all {
            assert!(
                said.contains("user 65534") && said.contains("--trust-owner 65534"),
                "{said}"
            );
        }
        assert!(
            all[1].contains(&format!("the link {}", link.display())),
            "{all:?}"
        );
        assert_eq!(said(&link, nobody), [""; 0]);
        assert_eq!(said(&link, Some(1)).len(), 3, "another one");
    }

    #[test]
    fn a_link_of_somebody_else_on_the_way_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("in");
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("c.toml"), "").unwrap();
        symlink("in", dir.path().join("mine")).unwrap();
        symlink("mine", dir.path().join("theirs")).unwrap();
        let through = dir.path().join("theirs/../theirs/c.toml");
        assert_eq!(said(&through, None), [""; 0]);
        if std::os::unix::fs::lchown(dir.path().join("theirs"), Some(65_534), None).is_err() {
            return;
        }
        assert!(said(&through, None)[0].contains("theirs belongs to user 65534"));
        assert_eq!(said(&dir.path().join("mine/c.toml"), None), [""; 0]);
        symlink("round", dir.path().join("round")).unwrap();
        assert_eq!(links_to(&dir.path().join("round")).len(), LINKS, "it ends");
    }

    #[test]
    fn an_access_list_is_no_private_group() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!has_acl_of(file.as_file()) && !has_acl(file.path()));
        let mut meta = file.as_file().metadata().unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o664);
        std::fs::set_permissions(file.path(), mode).unwrap();
        meta = file.path().metadata().unwrap_or(meta);
        assert!(others_write(&meta, || true));
    }
}
