//! What tasks write, in files: nothing is lost, whatever they write, and what cannot be written is said.

use crate::program::{Gate, Mark, PROGRAM, Running, finish, program, until, write};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A config of one task with its output in `saved`.
fn config(script: &str) -> String {
    format!(
        "[output]\ndir = 'saved'\n[func.it]\nshell = '''{script}'''\n\
         [[pool]]\nname = '../../etc'\n[[pool.group]]\nname = '/tmp/x'\nmethod = 'apply'\nfunc = 'it'\n"
    )
}

/// The directory of the only run.
fn run_dir(dir: &Path) -> PathBuf {
    let mut runs = fs::read_dir(dir.join("saved")).unwrap();
    let run = runs.next().unwrap().unwrap().path();
    assert!(runs.next().is_none());
    run
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The most memory that a process has had, in KiB; 0 if it is gone.
fn peak(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
}

/// The most memory that a run has had until its task begins, and until that has written everything.
fn peaks(dir: &Path, gate: &Gate, run: &Running<'_>) -> (u64, u64) {
    until("it began", || dir.join("began").exists());
    let before = peak(run.pid());
    gate.open(1);
    until("it is over", || dir.join("over").exists());
    let after = peak(run.pid());
    gate.open(1);
    (before, after)
}

#[test]
fn f124_random_bytes_are_in_the_file_as_they_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = vec![0; 8 << 20];
    File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut bytes)
        .unwrap();
    bytes.extend_from_slice(b"\xff\xfe\0\0\n\xe2\x82\n\x1b]52;c;");
    fs::write(dir.path().join("source"), &bytes).unwrap();
    write(dir.path(), "a.toml", &config("cat source; echo oops >&2; exit 3"));
    let mark = Mark::new();
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "a.toml"]));
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let run = run_dir(dir.path());
    // Numbers alone, whatever pools and groups are called.
    assert_eq!(names(&run), ["0-0.1.err", "0-0.1.out", "pools.txt"]);
    assert!(fs::read(run.join("0-0.1.out")).unwrap() == bytes);
    assert_eq!(fs::read(run.join("0-0.1.err")).unwrap(), b"oops\n");
    assert_eq!(
        fs::read_to_string(run.join("pools.txt")).unwrap(),
        "0\t../../etc\n"
    );
    assert_eq!(fs::metadata(&run).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(run.join("0-0.1.out")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn f122_a_line_without_an_end_takes_no_memory_and_is_whole_in_its_file() {
    const SIZE: u64 = 64 << 20;
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "touch began; read -r _ < gate; head -c {SIZE} /dev/zero | tr '\\0' x; touch over; read -r _ < gate"
    );
    write(dir.path(), "a.toml", &config(&script));
    let mark = Mark::new();
    let gate = Gate::new(dir.path());
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "a.toml"]));
    let (before, after) = peaks(dir.path(), &gate, &run);
    assert_eq!(run.finish().code, Some(0));
    assert!(
        before > 0 && after < before + 32 * 1024,
        "{before} KiB, then {after} KiB"
    );
    let mut file = File::open(run_dir(dir.path()).join("0-0.1.out")).unwrap();
    let (mut piece, mut length) = (vec![0; 1 << 20], 0);
    loop {
        let count = file.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        assert!(piece[..count].iter().all(|&byte| byte == b'x'));
        length += count as u64;
    }
    assert_eq!(length, SIZE);
}

#[test]
fn f123_a_sequence_that_never_ends_takes_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let script = "touch began; read -r _ < gate; printf '\\033]52;c;'; head -c 64M /dev/zero | tr '\\0' A; touch over; \
                  read -r _ < gate";
    write(dir.path(), "a.toml", &config(script));
    let mark = Mark::new();
    let gate = Gate::new(dir.path());
    let run = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "a.toml"]));
    let (before, after) = peaks(dir.path(), &gate, &run);
    assert_eq!(run.finish().code, Some(0));
    assert!(
        before > 0 && after < before + 32 * 1024,
        "{before} KiB, then {after} KiB"
    );
}

/// The gap that a file states: at which byte it begins, and how many are missing.
fn gap(file: &[u8]) -> (usize, usize) {
    let text = b"\n[capture: ";
    let at = file.windows(text.len()).position(|part| part == text).unwrap();
    let line = String::from_utf8_lossy(&file[at + 2..]);
    let line = line.lines().next().unwrap().to_owned();
    let number = |after: &str| {
        let digits = line.split(after).nth(1).unwrap_or_else(|| panic!("{line}"));
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    assert_eq!(number("at byte "), at, "{line}");
    (at, number("; "))
}

#[test]
fn f126_a_file_that_may_not_grow_leaves_the_task_alone_and_goes_on_when_it_may() {
    const LIMIT: u64 = 256 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let script = "head -c 1M /dev/zero | tr '\\0' a; touch full; \
                  until [ -e go ]; do sleep 0.05; done; sleep 0.5; head -c 1000 /dev/zero | tr '\\0' b; sleep 5; \
                  head -c 1000 /dev/zero | tr '\\0' c; touch last";
    write(dir.path(), "a.toml", &config(script));
    let mark = Mark::new();
    let mut command = Command::new("sh");
    // The soft limit alone, so that it can be raised again.
    command.args(["-c", "ulimit -S -f 512; exec \"$0\" run a.toml", PROGRAM]);
    command.current_dir(dir.path()).env_remove("TASKPOOL_LOG");
    mark.put_on(&mut command);
    let run = Running::start(&mark, &mut command);
    until("the task has written everything", || {
        dir.path().join("full").exists()
    });
    let file = run_dir(dir.path()).join("0-0.1.out");
    until("the file is full", || {
        fs::metadata(&file).is_ok_and(|file| file.len() == LIMIT)
    });
    let no_limit = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(Pid::from_raw(run.pid()), Resource::Fsize, no_limit).unwrap();
    File::create(dir.path().join("go"))
        .unwrap()
        .write_all(b"")
        .unwrap();
    let ended = run.finish();
    // The task is fine; its record is not complete.
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let bytes = fs::read(&file).unwrap();
    let (at, missing) = gap(&bytes);
    assert_eq!(at as u64, LIMIT);
    assert!(
        ended
            .err
            .contains(&format!("{missing} bytes of output could not be saved")),
        "{}",
        ended.err
    );
    assert!(bytes[..at].iter().all(|&byte| byte == b'a'));
    assert!(bytes.ends_with(&[b'c'; 1000]), "it goes on");
    // The second piece came before or after the file was tried again.
    let whole = at + missing;
    assert!(whole == 1 << 20 || whole == (1 << 20) + 1000, "{whole}");
}

#[test]
fn f127_where_nothing_can_be_saved_tasks_run_all_the_same_and_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.toml", &config("echo hello"));
    // Not even root can make a directory in a file.
    write(dir.path(), "saved", "");
    let mark = Mark::new();
    let ended = finish(&mark, &mut program(&mark, dir.path(), ["run", "a.toml"]));
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.contains("output is not saved: "), "{}", ended.err);
    assert!(ended.out.contains("1 ok, 0 failed"), "{}", ended.out);
}

#[test]
fn files_do_not_run_out_however_many_tasks_write() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[output]\ndir = 'saved'\n[func.it]\nshell = 'echo $1; echo no $1 >&2'\n\
                [[pool]]\n[[pool.group]]\nmethod = 'map'\nfunc = 'it'\narg_iter = { range = [0, 499] }\n\
                num_concurrent = 500\n";
    write(dir.path(), "a.toml", text);
    let mark = Mark::new();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 128; exec \"$0\" run a.toml", PROGRAM]);
    command.current_dir(dir.path()).env_remove("TASKPOOL_LOG");
    mark.put_on(&mut command);
    let ended = finish(&mark, &mut command);
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    let run = run_dir(dir.path());
    for id in 0..500 {
        let text = |what| fs::read_to_string(run.join(format!("0-{id}.1.{what}"))).unwrap();
        let argument = text("out").trim().to_owned();
        assert_eq!(text("err"), format!("no {argument}\n"));
    }
}
