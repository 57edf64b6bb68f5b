//! Standard streams that do not block, are read slowly, or cannot be written.

use crate::program::{Mark, finish, program, until, wait, write};
use crate::record::Record;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::ioctl_fionread;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How much fits into the pipe.
const ROOM: usize = 4096;

/// What the program writes into a pipe that does not block and is read only once it is full, and slowly.
fn read_slowly<const N: usize>(dir: &Path, args: [&str; N]) -> (Option<i32>, String) {
    let mark = Mark::new();
    let (read, written) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    fcntl_setpipe_size(&written, ROOM).unwrap();
    fcntl_setfl(&read, OFlags::empty()).unwrap();
    let mut command = program(&mark, dir, args);
    let mut child = command.stdout(written).spawn().unwrap();
    // It holds the other end open.
    drop(command);
    until("the pipe is full", || {
        ioctl_fionread(&read).unwrap() >= ROOM as u64 / 2
    });
    sleep(Duration::from_millis(300));
    let mut read = File::from(read);
    let (mut out, mut piece) = (Vec::new(), [0; 1000]);
    loop {
        match read.read(&mut piece).unwrap() {
            0 => break,
            count => out.extend_from_slice(&piece[..count]),
        }
        if out.len() % 7 == 0 {
            sleep(Duration::from_millis(1));
        }
    }
    let status = wait(&mut child);
    mark.nothing_is_left();
    (status.code(), String::from_utf8(out).unwrap())
}

#[test]
fn a_slow_reader_of_a_pipe_that_does_not_block_gets_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = "[[pool]]\nname = 'p'\npool_size = 9\n".to_owned();
    for i in 0..200 {
        write!(
            config,
            "[[pool.group]]\nname = 'a-group-with-a-name-that-fills-a-pipe-{i}'\nmethod = 'map'\nfunc = 'echo'\narg_iter = {{ range = [1, 10] }}\n"
        )
        .unwrap();
    }
    write(dir.path(), "large.toml", &config);
    let mark = Mark::new();
    for args in [&["schema"][..], &["check", "large.toml"]] {
        let whole = finish(&mark, program(&mark, dir.path(), []).args(args));
        let (code, slow) = match args {
            [verb] => read_slowly(dir.path(), [verb]),
            _ => read_slowly(dir.path(), [args[0], args[1]]),
        };
        assert_eq!((code, whole.code), (Some(0), Some(0)), "{args:?}");
        assert!(slow.len() > 2 * ROOM, "{args:?}");
        assert!(slow.trim_end() == whole.out.trim_end(), "{args:?}");
    }
    let (code, out) = read_slowly(dir.path(), ["run", "large.toml", "--format", "jsonl"]);
    assert_eq!(code, Some(0));
    assert_eq!(Record::whole(&out).ended("p", "completed"), 2_000);
    let (code, out) = read_slowly(dir.path(), ["run", "large.toml"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("2000 ok, 0 failed"), "{}", &out[out.len() - 500..]);
}

#[test]
fn a_log_that_cannot_be_written_disturbs_no_run() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'echo'\nnum = 50\n";
    write(dir.path(), "x.toml", config);
    let mark = Mark::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = program(&mark, dir.path(), ["run", "x.toml"]);
    command.env("TASKPOOL_LOG", "trace").stderr(full);
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("50 ok, 0 failed"), "{out}");
    mark.nothing_is_left();
}
