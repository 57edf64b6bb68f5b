//! Finding a program before anything starts.

use super::error::quoted;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Why a program cannot be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NotFound {
    pub(super) reason: String,
    pub(super) help: String,
}

/// The file of a program: with a slash, relative to `cwd`; else the first in the absolute directories of
/// `search`, a `PATH`. Its empty and relative elements mean whatever the current directory is, and are
/// passed over.
pub(super) fn find(program: &str, search: Option<&OsStr>, cwd: &Path) -> Result<PathBuf, NotFound> {
    if program.contains('/') {
        let path = cwd.join(program);
        return match runnable(&path) {
            Ok(()) => Ok(path),
            Err(reason) => Err(NotFound {
                reason: format!("{} {reason}", quoted(program)),
                help: format!("looked for {}", quoted(&path.display().to_string())),
            }),
        };
    }
    let search = search.unwrap_or_default();
    let mut not_executable = None;
    for dir in std::env::split_paths(search).filter(|dir| dir.is_absolute()) {
        let path = dir.join(program);
        if runnable(&path).is_ok() {
            return Ok(path);
        }
        if path.is_file() {
            not_executable.get_or_insert(path);
        }
    }
    Err(match not_executable {
        Some(path) => NotFound {
            reason: format!("{} is not executable", quoted(&path.display().to_string())),
            help: format!("chmod +x {}", path.display().to_string().escape_debug()),
        },
        None => NotFound {
            reason: format!("no program {} in PATH", quoted(program)),
            help: format!("PATH is {}", search.to_string_lossy().escape_debug()),
        },
    })
}

fn runnable(path: &Path) -> Result<(), &'static str> {
    let Ok(meta) = std::fs::metadata(path) else {
        return Err("does not exist");
    };
    if meta.is_dir() {
        Err("is a directory")
    } else if meta.permissions().mode() & 0o111 == 0 {
        Err("is not executable")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(dir: &Path, name: &str, mode: u32) {
        let path = dir.join(name);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_executable_in_path_is_taken() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        program(one.path(), "tool", 0o644);
        program(two.path(), "tool", 0o755);
        let search = std::env::join_paths([one.path(), two.path()]).unwrap();
        assert_eq!(
            find("tool", Some(&search), Path::new("/")).unwrap(),
            two.path().join("tool")
        );
        let error = find("tool", Some(one.path().as_os_str()), Path::new("/")).unwrap_err();
        assert!(error.reason.contains("not executable"), "{error:?}");
        let error = find("other", Some(&search), Path::new("/")).unwrap_err();
        assert!(error.help.starts_with("PATH is /"), "{error:?}");
    }

    #[test]
    fn the_current_directory_is_never_searched() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "tool", 0o755);
        for search in [":", ".", "", "::."] {
            assert!(
                find("tool", Some(OsStr::new(search)), dir.path()).is_err(),
                "{search:?}"
            );
        }
        assert_eq!(
            find("./tool", None, dir.path()).unwrap(),
            dir.path().join("./tool")
        );
        assert!(find("./none", None, dir.path()).is_err());
        assert!(
            find("./", None, dir.path())
                .unwrap_err()
                .reason
                .contains("directory")
        );
    }
}
