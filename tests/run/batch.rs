//! Much work at once: files that are compressed, and lines that come through a pipe.

use crate::program::{Ended, Mark, Running, finish, program, until, write};
use crate::record::Record;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

const FILES: usize = 200;
const MIB: usize = 1 << 20;

/// Bytes of which half can be compressed away.
fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words
        .take(MIB / 8)
        .flat_map(|word| (word >> 32).to_le_bytes())
        .collect()
}

fn compress(dir: &Path, source: &str) -> Ended {
    let config = format!(
        r#"
        [func.compress]
        command = ["gzip", "-k", "{{0}}"]

        [[pool]]
        name = "files"
        pool_size = 4

        [[pool.group]]
        method = "map"
        func = "compress"
        arg_iter = {source}
        num_concurrent = {FILES}
        "#
    );
    write(dir, "files.toml", &config);
    let mark = Mark::new();
    finish(
        &mark,
        &mut program(&mark, dir, ["run", "files.toml", "--format", "jsonl"]),
    )
}

/// The size of what a gzip file holds, by its trailer.
fn size_inside(path: &Path) -> usize {
    let compressed = fs::read(path).unwrap();
    assert!(
        compressed.len() > 18 && compressed.len() < MIB,
        "{}",
        path.display()
    );
    let (_, trailer) = compressed.split_last_chunk::<4>().unwrap();
    u32::from_le_bytes(*trailer) as usize
}

#[test]
fn two_hundred_files_are_compressed_four_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let noise = noise();
    for number in 0..FILES {
        fs::write(dir.path().join(format!("{number:03}.bin")), &noise).unwrap();
    }
    let ended = compress(dir.path(), r#"{ glob = "*.bin" }"#);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let record = Record::whole(&ended.out);
    assert_eq!(record.ended("files", "completed"), FILES as u64);
    assert_eq!(record.most("files"), 4);
    let mut test = Command::new("gzip");
    test.arg("-t");
    for number in 0..FILES {
        let path = dir.path().join(format!("{number:03}.bin.gz"));
        assert_eq!(size_inside(&path), MIB);
        test.arg(path);
    }
    assert!(test.status().unwrap().success());
}

#[test]
fn one_file_that_cannot_be_read_is_the_only_one_that_fails() {
    let dir = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for number in 0..20 {
        let name = format!("file {number}.bin");
        list.push_str(&name);
        list.push('\n');
        if number != 7 {
            fs::write(dir.path().join(name), noise()).unwrap();
        }
    }
    write(dir.path(), "list", &list);
    let ended = compress(dir.path(), r#"{ lines = "list" }"#);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let record = Record::whole(&ended.out);
    assert_eq!(record.ended("files", "completed"), 19);
    assert_eq!(record.most("files"), 4);
    let [failed] = &record.bad_ends[..] else {
        panic!("{:?}", record.bad_ends);
    };
    assert_eq!((&failed["id"], &failed["outcome"]), (&7.into(), &"failed".into()));
    assert_eq!(failed["exit_code"], 1);
    let error = failed["error"].as_str().unwrap();
    assert!(
        error.contains("gzip: file 7.bin: No such file or directory"),
        "{error}"
    );
}

#[test]
fn a_directory_among_the_files_fails_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.bin"), noise()).unwrap();
    fs::create_dir(dir.path().join("b.bin")).unwrap();
    fs::write(dir.path().join("c.bin"), noise()).unwrap();
    let ended = compress(dir.path(), r#"{ glob = "*.bin" }"#);
    assert_eq!(ended.code, Some(1));
    let record = Record::whole(&ended.out);
    assert_eq!(record.ended("files", "completed"), 2);
    let error = record.bad_ends[0]["error"].as_str().unwrap();
    assert!(error.contains("b.bin is a directory"), "{error}");
}

/// A debug build takes its time, so it gets fewer lines; `cargo test --release` tells the whole truth.
const LINES: u64 = if cfg!(debug_assertions) {
    200_000
} else {
    1_000_000
};

#[test]
fn a_million_lines_through_a_pipe_need_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "lines"
        pool_size = 100

        [[pool.group]]
        method = "map"
        func = "echo"
        arg_iter = { lines = "-" }
        num_concurrent = 1_000
    "#;
    write(dir.path(), "lines.toml", config);
    let mark = Mark::new();
    // Into a file, so that no reader holds the program back and nothing but its own memory grows.
    let out = dir.path().join("out.jsonl");
    let mut child = program(&mark, dir.path(), ["run", "lines.toml", "--format", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(File::create(&out).unwrap())
        .spawn()
        .unwrap();
    let mut input = BufWriter::new(child.stdin.take().unwrap());
    let writer = thread::spawn(move || {
        for number in 1..=LINES {
            writeln!(input, "{number}").unwrap();
        }
        input.flush().unwrap();
    });
    let about = format!("/proc/{}/status", child.id());
    let (mut peak, mut status) = (0, None);
    until("the program ends", || {
        // The peak never falls, so the last look is the one that counts. A zombie has none.
        peak = peak_memory(&fs::read_to_string(&about).unwrap()).unwrap_or(peak);
        status = child.try_wait().unwrap();
        status.is_some()
    });
    writer.join().unwrap();
    assert_eq!(status.and_then(|status| status.code()), Some(0));
    assert!((1..400 << 10).contains(&peak), "{peak} KiB");
    let text = fs::read_to_string(&out).unwrap();
    let record = Record::whole(&text);
    assert_eq!(record.ended("lines", "completed"), LINES);
    assert!(record.most("lines") <= 100, "{}", record.most("lines"));
    assert_eq!(record.events["task_started"], LINES);
    mark.nothing_is_left();
}

/// The most memory that a process has had, in KiB.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn results_come_while_the_pipe_is_still_open() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "lines"
        [[pool.group]]
        method = "map"
        func = "echo"
        arg_iter = { lines = "-" }
        num_concurrent = 10
    "#;
    write(dir.path(), "lines.toml", config);
    let mark = Mark::new();
    // Often: at its end a run has to notice that its pool has closed, in whatever order the two come to it.
    for _ in 0..100 {
        let (read, write_end) = std::io::pipe().unwrap();
        let mut command = program(&mark, dir.path(), ["run", "lines.toml", "--format", "jsonl"]);
        command.stdin(read);
        let run = Running::start(&mark, &mut command);
        // The parent's copy of the reading end must not outlive this.
        drop(command);
        let mut input = write_end;
        for number in 0..3 {
            writeln!(input, "line {number}").unwrap();
            let started = run.line_with("task_started");
            assert!(started.contains(&format!("line {number}")), "{started}");
            run.line_with("task_ended");
        }
        drop(input);
        assert!(run.line_with("summary").contains("\"completed\":3"));
        assert_eq!(run.finish().code, Some(0));
    }
}

const SIEVED: &str = "[func.one]\nshell = 'echo \"got $1\"; exit $1'\n[[pool]]\nname = 'jobs'\n[[pool.group]]\nname = 'codes'\n\
     method = 'map'\nfunc = 'one'\narg_iter = ['0', '3', '0', '4']\nnum_concurrent = 1\n";

#[test]
fn a_filter_picks_the_lines_about_tasks() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.toml", SIEVED);
    for (filter, lines) in [
        ("state:failed", vec!["failed", "failed"]),
        ("exit>3", vec!["failed"]),
        ("arg:3", vec!["running", "failed"]),
        ("-state:running exit:0", vec!["ok", "ok"]),
        ("state:failed out~\"got 4\" func:one pool:jobs", vec!["failed"]),
        ("nothing-like-this", vec![]),
    ] {
        let mark = Mark::new();
        let ended = finish(
            &mark,
            &mut program(
                &mark,
                dir.path(),
                ["run", "a.toml", "--output", "none", "--filter", filter],
            ),
        );
        assert_eq!(ended.code, Some(1), "{filter}: {}", ended.err);
        let said: Vec<&str> = ended
            .out
            .lines()
            .filter(|line| !line.contains("summary") && !line.starts_with("failed:"))
            .filter_map(|line| line.split_whitespace().nth(3))
            .collect();
        assert_eq!(said, lines, "{filter}: {}", ended.out);
        assert!(
            ended.out.contains("2 ok, 2 failed"),
            "the summary counts all of them"
        );
    }
}

#[test]
fn a_bad_filter_is_told_with_its_place_and_nothing_runs() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.toml", SIEVED);
    let mark = Mark::new();
    let ended = finish(
        &mark,
        &mut program(
            &mark,
            dir.path(),
            ["run", "a.toml", "--filter", "got state:faild"],
        ),
    );
    assert_eq!((ended.code, &*ended.out), (Some(2), ""));
    for line in [
        "no such state: faild",
        "  got state:faild",
        "            ^^^^^",
        "  did you mean failed?",
    ] {
        assert!(
            ended.err.lines().any(|said| said.ends_with(line)),
            "{line}\n{}",
            ended.err
        );
    }
}

#[test]
fn tasks_that_never_started_are_counted_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[func.f]\nshell = 'echo up; exec sleep 1000'\n[[pool]]\nname = 'p'\npool_size = 1\n\
        [[pool.group]]\nmethod = 'map'\nfunc = 'f'\narg_iter = ['a', 'b', 'c']\n";
    write(dir.path(), "c.toml", config);
    let mark = Mark::new();
    let running = Running::start(&mark, &mut program(&mark, dir.path(), ["run", "c.toml"]));
    running.line_with("running");
    running.signal(rustix::process::Signal::INT);
    let summary = running.line_with("summary");
    assert!(summary.contains("1 cancelled, 2 not run"), "{summary}");
    assert_eq!(running.finish().code, Some(130));
}
