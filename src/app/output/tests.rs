use super::*;
use crate::app::view::FindWant;
use std::time::Duration;

fn store(per_task: usize, total: usize) -> OutputStore {
    OutputStore::new(OutputLimits { per_task, total }, Instant::now())
}

fn texts(view: &OutputView) -> Vec<&str> {
    view.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_window_shows_the_end_or_what_is_above_it() {
    let store = store(1 << 20, 1 << 24);
    let sink = store.sink("p", 7);
    for i in 0..100 {
        sink.write_at(
            Stream::Stdout,
            format!("line {i}\n").as_bytes(),
            Duration::from_millis(i),
        );
    }
    sink.write_at(Stream::Stderr, b"\x1b[31mbegun", Duration::from_secs(1));
    let view = store.window("p", 7, 3, 0);
    assert_eq!(texts(&view), ["line 98", "line 99", "begun"]);
    assert_eq!((view.total, view.first, view.lost), (101, 98, 0));
    assert_eq!(
        (view.lines[1].stream, view.lines[2].stream),
        (Stream::Stdout, Stream::Stderr)
    );
    assert_eq!(view.lines[1].time, Duration::from_millis(99));

    assert_eq!(texts(&store.window("p", 7, 2, 50)), ["line 49", "line 50"]);
    assert_eq!(texts(&store.window("p", 7, 2, 1000)), ["line 0", "line 1"]);
    assert_eq!(store.window("p", 7, 1000, 0).lines.len(), 101);
    for none in [store.window("p", 8, 10, 0), store.window("q", 7, 10, 0)] {
        assert_eq!((none.total, none.lines.len(), none.lost), (0, 0, 0));
    }
}

#[test]
fn the_last_line_is_one_that_shows_something() {
    let store = store(1 << 20, 1 << 24);
    assert_eq!(store.last_line("p", 0), None);
    let sink = store.sink("p", 0);
    assert_eq!(store.last_line("p", 0), None);
    sink.write(Stream::Stdout, b"\x1b[1mdone\x1b[0m\n\n  \n\x1b[0m\n");
    assert_eq!(store.last_line("p", 0), Some("done".into()));
    sink.write(Stream::Stdout, b"50%\r60%");
    assert_eq!(store.last_line("p", 0), Some("60%".into()));
}

#[test]
fn the_output_of_tasks_that_ended_first_goes_first_and_that_of_failed_ones_last() {
    let store = store(1 << 20, 40_000);
    let fill = |id, failed| {
        let sink = store.sink("p", id);
        sink.write(Stream::Stdout, &[b'x'; 3000]);
        sink.end(failed);
    };
    fill(0, true);
    for id in 1..8 {
        fill(id, false);
    }
    assert_eq!(store.window("p", 1, 1, 0).total, 1);
    for id in 8..30 {
        fill(id, false);
        assert!(store.memory() <= 40_000 + 1024);
    }
    assert_eq!(store.window("p", 0, 1, 0).total, 1, "failed, so it stays");
    assert_eq!(store.window("p", 29, 1, 0).total, 1);
    let gone = store.window("p", 1, 1, 0);
    assert_eq!((gone.total, gone.lost), (0, 3001));
    for id in 30..60 {
        fill(id, true);
    }
    assert_eq!(store.window("p", 0, 1, 0).total, 0);
    assert_eq!(store.window("p", 59, 1, 0).total, 1);
    // Written to again, its losses are still known.
    store.sink("p", 1).write(Stream::Stdout, b"again\n");
    assert_eq!(store.window("p", 1, 1, 0).lost, 3001);
}

#[test]
fn a_failed_task_stays_failed_when_its_callback_ends_well() {
    let store = store(1 << 20, 40_000);
    let write = |id, failed| {
        let sink = store.sink("p", id);
        sink.write(Stream::Stdout, &[b'x'; 3000]);
        sink.end(failed);
    };
    write(0, true);
    write(1, true);
    let callback = store.sink("p", 0).aside();
    callback.write(Stream::Stdout, b"mail sent\n");
    callback.end(false);
    drop(store.sink("p", 1));
    for id in 2..60 {
        write(id, false);
    }
    assert_eq!(store.window("p", 0, 9, 0).total, 2);
    assert_eq!(store.window("p", 1, 9, 0).total, 1);
}

#[test]
fn a_task_that_is_ok_after_a_retry_goes_as_the_others_do() {
    let store = store(1 << 20, 40_000);
    let run = |id, failed| {
        let sink = store.sink("p", id);
        sink.write(Stream::Stdout, &[b'x'; 3000]);
        sink.end(failed);
    };
    run(0, true);
    run(0, false);
    run(1, false);
    run(1, true);
    for id in 2..60 {
        run(id, false);
    }
    assert_eq!(store.window("p", 0, 9, 0).total, 0);
    assert_eq!(store.window("p", 1, 9, 0).total, 2, "its last run has failed");
}

#[test]
fn what_is_known_of_tasks_long_gone_leaves_room_for_new_ones() {
    let store = store(64 * 1024, 100_000);
    let tasks = 60_000;
    for id in 0..tasks {
        let sink = store.sink("p", id);
        sink.write(Stream::Stdout, format!("element {id}\n").as_bytes());
        sink.end(false);
    }
    for id in tasks - 100..tasks {
        assert_eq!(store.last_line("p", id), Some(format!("element {id}").into()));
    }
}

#[test]
fn running_tasks_share_what_there_is() {
    let store = store(1 << 20, 100_000);
    let sinks: Vec<OutputSink> = (0..10).map(|id| store.sink("p", id)).collect();
    for round in 0..200 {
        for sink in &sinks {
            sink.write(
                Stream::Stdout,
                format!("{round} {}\n", "y".repeat(200)).as_bytes(),
            );
        }
        assert!(store.memory() <= 100_000);
    }
    for id in 0..10 {
        let view = store.window("p", id, 1000, 0);
        assert!(view.total > 5, "task {id} keeps {}", view.total);
        assert!(view.lines.last().unwrap().text.starts_with("199 "));
        let written: u64 = (0..200)
            .map(|round: u64| round.to_string().len() as u64 + 202)
            .sum();
        let kept: u64 = view.lines.iter().map(|line| line.text.len() as u64 + 1).sum();
        assert_eq!(view.lost + kept, written);
    }
}

#[test]
fn more_running_tasks_than_fit_stay_within_the_limit() {
    let store = store(1 << 20, 100_000);
    let sinks: Vec<OutputSink> = (0..5000).map(|id| store.sink("p", id)).collect();
    for sink in sinks.iter().chain(&sinks) {
        sink.write(Stream::Stdout, b"a line of some length\n");
        assert!(store.memory() <= 100_000 + 5000 / 256 * 2048);
    }
    assert_eq!(store.last_line("p", 4999), Some("a line of some length".into()));
}

#[test]
fn a_million_short_tasks_cost_little() {
    let limit = 16 << 20;
    let store = store(1 << 16, limit);
    // An unoptimised build takes its time.
    let tasks = if cfg!(debug_assertions) {
        200_000
    } else {
        1_000_000
    };
    for id in 0..tasks {
        let sink = store.sink("p", id);
        sink.write_at(Stream::Stdout, b"resized a.jpg to 640x480\n", Duration::ZERO);
        sink.end(id % 1000 == 0);
        if id % 4096 == 0 {
            assert!(store.memory() <= limit + 256 * 1024);
        }
    }
    assert!(store.memory() <= limit + 256 * 1024);
    assert_eq!(
        store.last_line("p", tasks - 1),
        Some("resized a.jpg to 640x480".into())
    );
    assert_eq!(
        store.last_line("p", 0),
        Some("resized a.jpg to 640x480".into()),
        "failed"
    );
    assert_eq!(store.window("p", 1, 1, 0).lost, 0, "too long ago");
    let gone = (0..tasks)
        .rev()
        .find(|id| id % 1000 != 0 && store.window("p", *id, 1, 0).total == 0);
    assert_eq!(store.window("p", gone.unwrap(), 1, 0).lost, 25);
    {
        let state = store.lock();
        let entries: usize = state.queues.iter().map(VecDeque::len).sum();
        assert!(entries <= 6 * state.tasks.len() + 200, "{entries} entries");
    }
    store.retain("p", |id| id >= tasks - 1);
    assert_eq!(store.lock().tasks.len(), 1);
    assert_eq!(store.window("p", gone.unwrap(), 1, 0).lost, 0);
    {
        let state = store.lock();
        let entries: usize = state.queues.iter().map(VecDeque::capacity).sum();
        assert!(entries + state.tasks.capacity() < 100, "{entries} entries");
        assert_eq!(state.losses.memory(), 0);
    }
    store.forget("p", tasks - 1);
    assert_eq!(store.memory(), 0);
}

#[test]
fn forgotten_output_leaves_nothing_behind() {
    let store = store(1 << 16, 1 << 20);
    for id in 0..100_000 {
        let sink = store.sink("p", id);
        sink.write(Stream::Stdout, b"x\n");
        sink.end(false);
        store.forget("p", id);
    }
    assert_eq!(store.memory(), 0);
    let state = store.lock();
    assert!(state.queues.iter().all(|queue| queue.len() < 200));
}

#[test]
fn a_remark_starts_a_line_of_its_own() {
    let store = store(1 << 16, 1 << 20);
    let sink = store.sink("p", 0);
    sink.write(Stream::Stdout, b"begun");
    sink.remark("output cut");
    sink.write(Stream::Stdout, b"more");
    assert_eq!(
        texts(&store.window("p", 0, 9, 0)),
        ["begun", "[output cut]", "more"]
    );
}

#[tokio::test]
async fn a_watcher_hears_of_changes_as_one() {
    let store = store(1 << 16, 1 << 20);
    let mut changes = store.changes();
    let sink = store.sink("p", 0);
    sink.write(Stream::Stdout, b"a");
    sink.write(Stream::Stdout, b"b");
    changes.changed().await.unwrap();
    changes.borrow_and_update();
    assert!(!changes.has_changed().unwrap());
    sink.write(Stream::Stdout, b"c");
    changes.changed().await.unwrap();
}

fn find(text: &str, only: bool, context: usize) -> FindWant {
    FindWant {
        text: text.to_owned(),
        only,
        context,
        near: None,
    }
}

#[test]
fn what_is_looked_for_is_found_in_all_that_is_kept_and_counted() {
    let store = store(1 << 20, 1 << 24);
    let sink = store.sink("p", 1);
    for i in 0..1000 {
        sink.write(
            Stream::Stdout,
            format!("\x1b[3{}mLine {i}\x1b[m\n", i % 8).as_bytes(),
        );
    }
    let mut eye = OutputEye::default();
    let mut want = OutputWant {
        rows: 4,
        find: Some(find("line 99", false, 0)),
        ..OutputWant::default()
    };
    let (view, more) = store.look("p", &[1], &want, &mut eye);
    let found = view.found.unwrap();
    assert!(!more && !found.more);
    // 99 and 990 to 999.
    assert_eq!((found.total, found.before, found.spots.len()), (11, 0, 11));
    assert_eq!(found.spots[0].line, 99);
    assert!(view.lines.iter().all(|line| line.matches));
    // Lines that come are searched, too.
    sink.write(Stream::Stdout, b"a line 99 more\n");
    let (view, _) = store.look("p", &[1], &want, &mut eye);
    assert_eq!(view.found.unwrap().total, 12);
    want.find = Some(find("line 99", true, 0));
    let (view, _) = store.look("p", &[1], &want, &mut eye);
    assert_eq!(
        texts(&view),
        ["Line 997", "Line 998", "Line 999", "a line 99 more"]
    );
    want.find = Some(find("line 500", true, 1));
    let (view, _) = store.look("p", &[1], &want, &mut eye);
    assert_eq!(texts(&view), ["Line 499", "Line 500", "Line 501"]);
    // Upper case is only itself.
    want.find = Some(find("LINE", false, 0));
    assert_eq!(store.look("p", &[1], &want, &mut eye).0.found.unwrap().total, 0);
}

#[test]
fn a_place_is_kept_while_lines_come_and_go() {
    let store = store(4096, 1 << 24);
    let sink = store.sink("p", 1);
    let mut eye = OutputEye::default();
    for i in 0..100 {
        sink.write(Stream::Stdout, format!("line {i}\n").as_bytes());
    }
    let spot = store.window("p", 1, 5, 10).lines[4].spot;
    let want = OutputWant {
        rows: 3,
        until: Some(spot),
        below: 2,
        find: Some(find("9", true, 0)),
        merged: false,
    };
    let seen = |eye: &mut OutputEye| {
        let (view, _) = store.look("p", &[1], &want, eye);
        let found = view.found.clone().unwrap();
        (
            texts(&view)
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
            found.total,
        )
    };
    assert_eq!(
        seen(&mut eye),
        (
            ["line 69", "line 79", "line 89", "line 90", "line 91"]
                .map(str::to_owned)
                .to_vec(),
            19
        )
    );
    for i in 100..150 {
        sink.write(Stream::Stdout, format!("line {i}\n").as_bytes());
    }
    assert_eq!(seen(&mut eye).0[2], "line 89", "the same place");
    for _ in 0..1000 {
        sink.write(Stream::Stdout, b"else\n");
    }
    assert_eq!(
        seen(&mut eye),
        (Vec::new(), 0),
        "what is gone is not found any more"
    );
}

#[test]
fn lines_of_several_tasks_are_in_the_order_of_their_times() {
    let store = store(1 << 20, 1 << 24);
    for id in 0..5 {
        let sink = store.sink("p", id);
        for i in 0..20 {
            let time = Duration::from_millis(i * 5 + id);
            sink.write_at(Stream::Stdout, format!("{id}: {i}\n").as_bytes(), time);
        }
    }
    let mut eye = OutputEye::default();
    let mut want = OutputWant {
        rows: 6,
        ..OutputWant::default()
    };
    let ids: Vec<u64> = (0..5).collect();
    let (view, _) = store.look("p", &ids, &want, &mut eye);
    assert_eq!(
        texts(&view),
        ["4: 18", "0: 19", "1: 19", "2: 19", "3: 19", "4: 19"]
    );
    assert_eq!((view.total, view.first), (100, 94));
    want.until = Some(view.lines[0].spot);
    want.below = 1;
    let (view, _) = store.look("p", &ids, &want, &mut eye);
    assert_eq!(
        texts(&view),
        ["4: 17", "0: 18", "1: 18", "2: 18", "3: 18", "4: 18", "0: 19"]
    );
    want.find = Some(find(": 7", true, 0));
    let (view, _) = store.look("p", &ids, &want, &mut eye);
    assert_eq!(texts(&view), ["0: 7", "1: 7", "2: 7", "3: 7", "4: 7"]);
    let found = view.found.unwrap();
    assert_eq!((found.total, found.before), (5, 0));
    want.until = Some(Spot::default());
    let (view, _) = store.look("p", &ids, &want, &mut eye);
    assert_eq!(view.lines.len(), 5);
}

#[test]
fn what_is_saved_is_clean_whole_and_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(1 << 20, 1 << 24);
    let long = "x".repeat(10_000);
    store.sink("p", 3).write(
        Stream::Stdout,
        format!("\x1b[31mred\x1b[m\x1b]52;c;aGk=\x07\n{long}\n").as_bytes(),
    );
    store.sink("p", 4).write(Stream::Stderr, b"no end \xff");
    let path = dir.path().join("a.txt");
    let saved = store.save("p", &[3], &path).unwrap();
    assert_eq!((saved.lines, saved.bytes), (2, 10_005));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).unwrap();
    store.save("p", &[3], &link).unwrap_err();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("red\n{long}\n"));
    let error = store.save("p", &[4], &path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    let path = dir.path().join("b.txt");
    store.save("p", &[3, 4], &path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        format!("3 red\n3 {long}\n4 no end \u{fffd}\n")
    );
}

/// The umask is one of the whole process: the mode is asked for as if there were none, and narrower never matters.
#[test]
fn what_is_saved_only_its_user_can_read_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let store = store(1 << 20, 1 << 24);
    store.sink("p", 3).write(Stream::Stdout, b"secret\n");
    let path = dir.path().join("a.txt");
    store.save("p", &[3], &path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Links to a file, to nothing, and to itself: all are names that exist.
    let target = dir.path().join("target");
    for to in [&path, &target, &dir.path().join("link")] {
        let link = dir.path().join("link");
        symlink(to, &link).unwrap();
        let error = store.save("p", &[3], &link).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists, "{to:?}");
        std::fs::remove_file(&link).unwrap();
    }
    assert!(!target.exists());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "secret\n");
}

#[test]
fn f123_a_sequence_that_never_ends_shows_nothing_and_ends_with_its_line() {
    let store = store(1 << 20, 1 << 24);
    let sink = store.sink("p", 0);
    sink.write(Stream::Stdout, b"\x1b]52;c;");
    for _ in 0..1000 {
        sink.write(Stream::Stdout, &[b'A'; 4096]);
    }
    assert!(store.memory() < 3 << 20, "{}", store.memory());
    sink.write(Stream::Stdout, b"\nafter\n");
    let view = store.window("p", 0, 2, 0);
    assert!(view.lines[0].goes_on);
    assert_eq!((&*view.lines[1].text, view.lines[1].goes_on), ("after", false));
}

#[tokio::test]
async fn f126_what_cannot_be_saved_is_stated_beside_the_output_of_its_task() {
    let dir = tempfile::tempdir().unwrap();
    let limits = OutputLimits::DEFAULT;
    let store = OutputStore::saving(limits, Instant::now(), dir.path(), ["p"].into_iter());
    let run = store.saved_to().unwrap().unwrap().to_owned();
    std::fs::create_dir(run.join("0-1.1.out")).unwrap();
    let sink = store.sink("p", 1);
    sink.write(Stream::Stdout, b"one\ntwo");
    sink.saved().await;
    sink.write(Stream::Stdout, b"three");
    sink.saved().await;
    sink.end(false);
    store.saved().await;
    assert_eq!(store.unsaved(), 12);
    let mut changes = store.changes();
    let lines = loop {
        let lines = texts(&store.window("p", 1, 10, 0)).join("|");
        if lines.ends_with("12 bytes missing]") {
            break lines;
        }
        let news = tokio::time::timeout(Duration::from_secs(30), changes.changed()).await;
        assert!(news.is_ok(), "{lines}");
    };
    assert!(
        lines.starts_with("one|two|[capture: Is a directory (os error 21) at byte 0;"),
        "{lines}"
    );
    assert!(lines.contains("three|"), "{lines}");
    // Another task's file is none the worse.
    let sink = store.sink("p", 2);
    sink.write(Stream::Stdout, b"fine");
    sink.saved().await;
    assert_eq!(std::fs::read(run.join("0-2.1.out")).unwrap(), b"fine");
    assert_eq!(
        (
            store.unsaved(),
            OutputStore::new(limits, Instant::now()).saved_to()
        ),
        (12, None)
    );
}

#[test]
fn f127_where_no_directory_can_be_made_the_output_is_kept_and_it_is_said() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let store = OutputStore::saving(
        OutputLimits::DEFAULT,
        Instant::now(),
        file.path(),
        std::iter::empty(),
    );
    let why = store.saved_to().unwrap().unwrap_err();
    assert!(
        why.contains("File exists") || why.contains("Not a directory"),
        "{why}"
    );
    store.sink("p", 1).write(Stream::Stdout, b"kept");
    assert_eq!(texts(&store.window("p", 1, 1, 0)), ["kept"]);
}
