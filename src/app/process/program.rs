//! Which file a program's name means.

use super::Job;
use rustix::fs::{Access, access};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where programs are looked for without a `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The absolute path of the job's program. Relative paths, also those in `PATH`, are relative to the job's
/// directory; empty elements of `PATH` mean nothing (a shell takes them for the current directory).
pub(super) fn resolve(job: &Job, cwd: &Path) -> io::Result<PathBuf> {
    let program = job.argv.first().map(OsString::as_os_str).unwrap_or_default();
    if program.is_empty() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "there is no command to start",
        ));
    }
    if program.as_bytes().contains(&b'/') {
        return Ok(cwd.join(program));
    }
    let path = job.variable("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    search(program, &path, cwd)
}

fn search(program: &OsStr, path: &OsStr, cwd: &Path) -> io::Result<PathBuf> {
    let mut locked = None;
    for directory in std::env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty()) {
        let candidate = cwd.join(directory).join(program);
        if !candidate.is_file() {
            continue;
        }
        if access(&candidate, Access::EXEC_OK).is_ok() {
            return Ok(candidate);
        }
        locked.get_or_insert(candidate);
    }
    Err(match locked {
        Some(file) => io::Error::new(
            ErrorKind::PermissionDenied,
            format!("{} is not executable", file.display()),
        ),
        None => io::Error::new(ErrorKind::NotFound, "no such program in PATH"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn make(file: &Path, mode: u32) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "#!/bin/sh\n").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn t12_the_jobs_own_path_counts_and_no_empty_element_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        make(&root.join("a/tool"), 0o644);
        make(&root.join("b/tool"), 0o755);
        make(&root.join("tool"), 0o755);
        let mut job = Job::new(["tool"]);
        let mut found = |path: &str| {
            job.env = vec![("PATH".into(), path.into())];
            resolve(&job, root)
        };
        assert_eq!(found("a:b").unwrap(), root.join("b/tool"));
        assert_eq!(found("::b").unwrap(), root.join("b/tool"));
        assert_eq!(found("").unwrap_err().to_string(), "no such program in PATH");
        let locked = found("a").unwrap_err();
        assert_eq!(locked.kind(), ErrorKind::PermissionDenied);
        assert!(
            locked.to_string().ends_with("a/tool is not executable"),
            "{locked}"
        );
    }

    #[test]
    fn a_path_is_relative_to_the_jobs_directory() {
        let job = Job::new(["./tool"]);
        assert_eq!(
            resolve(&job, Path::new("/srv")).unwrap(),
            Path::new("/srv/./tool")
        );
        let job = Job::new(["/bin/true"]);
        assert_eq!(resolve(&job, Path::new("/srv")).unwrap(), Path::new("/bin/true"));
        assert!(resolve(&Job::new([""]), Path::new("/")).is_err());
    }
}
