//! The reasons why a command could not be started, or failed.

use super::Job;
use crate::app::clean::Clean;
use std::io;

/// How much of the end of standard error is kept to say why a command failed, in bytes.
const ERRORS: usize = 1024;

/// The error of a start, with the command and the reason in words.
pub(super) fn explain(job: &Job, error: &io::Error) -> io::Error {
    let program = job
        .argv
        .first()
        .map(|program| Clean::from(program.as_os_str()))
        .unwrap_or_default();
    let reason = match error.raw_os_error() {
        Some(libc::ENOENT) => "no such program, or no such interpreter (#!)".to_owned(),
        Some(libc::ENOEXEC) => "neither a program nor a script that begins with #!".to_owned(),
        Some(libc::EACCES) => "not executable (chmod +x), or a directory on the way is closed".to_owned(),
        Some(libc::E2BIG) => "arguments and variables are too long".to_owned(),
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("cannot start \"{program}\": {reason}"))
}

/// Adds to the end of standard error that is kept.
pub(super) fn keep_end(end: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[bytes.len().saturating_sub(ERRORS)..];
    let surplus = (end.len() + bytes.len()).saturating_sub(ERRORS);
    end.drain(..surplus);
    end.extend_from_slice(bytes);
}

/// The last line that shows anything.
pub(super) fn last_line(bytes: &[u8]) -> Clean {
    let mut lines = bytes.rsplit(|&byte| byte == b'\n').map(Clean::from_output);
    let line = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
    Clean::from(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_with_text_says_why() {
        assert_eq!(last_line(b"one\n\x1b[31mtwo\x1b[0m \r\n\n \n").as_str(), "two");
        assert_eq!(last_line(b"").as_str(), "");
        let mut end = Vec::new();
        for i in 0..1000 {
            keep_end(&mut end, format!("line {i}\n").as_bytes());
        }
        assert_eq!(end.len(), ERRORS);
        assert_eq!(last_line(&end).as_str(), "line 999");
        keep_end(&mut end, &[b'x'; 5000]);
        assert_eq!(end, [b'x'; ERRORS]);
    }

    #[test]
    fn an_error_names_the_command() {
        let error = io::Error::from_raw_os_error(libc::EMFILE);
        let explained = explain(&Job::new(["a\x1bb"]), &error);
        assert_eq!(
            explained.to_string(),
            "cannot start \"a^[b\": Too many open files (os error 24)"
        );
        assert_eq!(
            explain(&Job::new(["x"]), &io::ErrorKind::NotFound.into()).to_string(),
            "cannot start \"x\": entity not found"
        );
    }
}
