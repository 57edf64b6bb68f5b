use super::*;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::mpsc::channel;

const OF: Of = Of {
    pool: 3,
    task: 17,
    attempt: 2,
};

fn capture(dir: &Path) -> Capture {
    Capture::start(dir, ["a", "b\x1b[31m"].into_iter(), Box::new(|_, _| {})).unwrap()
}

#[tokio::test]
async fn f124_bytes_of_both_streams_are_in_files_of_their_own_as_they_came() {
    let dir = tempfile::tempdir().unwrap();
    let capture = capture(&dir.path().join("made/here"));
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|i| (i * 7 + i / 251).to_le_bytes()[0])
        .collect();
    let source = capture.source(OF);
    for piece in bytes.chunks(50_001) {
        source.room(false).await;
        source.write(Stream::Stdout, piece);
        source.write(Stream::Stderr, &piece[..10]);
    }
    source.written().await;
    let file = |what: &str| capture.path().join(format!("3-17.2.{what}"));
    assert!(fs::read(file("out")).unwrap() == bytes);
    let errors: Vec<u8> = bytes
        .chunks(50_001)
        .flat_map(|piece| &piece[..10])
        .copied()
        .collect();
    assert!(fs::read(file("err")).unwrap() == errors);
    assert!(!file("note").exists());
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!((mode(capture.path()), mode(&file("out"))), (0o700, 0o600));
    let pools = fs::read_to_string(capture.path().join("pools.txt")).unwrap();
    assert_eq!(pools, "0\ta\n1\tb^[[31m\n");
    assert_eq!(capture.missing(), 0);
}

#[tokio::test]
async fn t9_nothing_but_a_plain_file_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let capture = capture(dir.path());
    let path = |id: u64| capture.path().join(format!("0-{id}.1.out"));
    let victim = dir.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, path(0)).unwrap();
    fs::hard_link(&victim, path(1)).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path(2), rustix::fs::Mode::RWXU).unwrap();
    fs::create_dir(path(3)).unwrap();
    fs::write(path(4), "before ").unwrap();
    for task in 0..5 {
        let source = capture.source(Of {
            pool: 0,
            task,
            attempt: 1,
        });
        source.write(Stream::Stdout, b"data");
        source.written().await;
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert_eq!(fs::read_to_string(path(4)).unwrap(), "before data");
    assert_eq!(capture.missing(), 16);
}

#[tokio::test]
async fn a_task_waits_for_its_files_once_much_waits_to_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let capture = capture(dir.path());
    let source = capture.source(OF);
    // The writer cannot get past this lock.
    let ((tell, held), (let_go, wait)) = (channel(), channel::<()>());
    let tap = source.tap.clone();
    let holder = std::thread::spawn(move || {
        let _held = lock(&tap.files);
        tell.send(()).unwrap();
        let _ = wait.recv();
    });
    held.recv().unwrap();
    let piece = vec![b'x'; PIECE];
    let mut taken = 0;
    while tokio::time::timeout(std::time::Duration::from_millis(50), source.room(false))
        .await
        .is_ok()
    {
        source.write(Stream::Stdout, &piece);
        taken += piece.len();
    }
    assert_eq!(taken, PER_TASK);
    // What the pipes of a command that has exited hold is taken in all the same.
    while tokio::time::timeout(std::time::Duration::from_millis(50), source.room(true))
        .await
        .is_ok()
    {
        source.write(Stream::Stdout, &piece);
        taken += piece.len();
    }
    assert_eq!(taken, PER_TASK + LAST);
    drop(let_go);
    holder.join().unwrap();
    source.room(false).await;
    source.written().await;
    let length = fs::metadata(capture.path().join("3-17.2.out")).unwrap().len();
    assert_eq!(length, taken as u64);
}
