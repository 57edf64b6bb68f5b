use super::*;

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
