//! Resizes without end, and tasks that take every thread.

use crate::program::PATIENCE;
use crate::terminal::{LEAVE, Terminal};
use crate::{embedding, rounds};
use std::time::{Duration, Instant};

/// What is sent when the screen is cleared, as every new size does.
const CLEAR: &str = "\x1b[2J";

fn count(t: &Terminal, text: &str) -> usize {
    String::from_utf8_lossy(&t.raw()).matches(text).count()
}

#[test]
fn f207_a_storm_of_resizes_is_drawn_30_times_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = 'sleep'\nargs = ['1h']\nnum = 30\n";
    let mut t = Terminal::start(dir.path(), (80, 24), config);
    t.shows("[1 Pools]");
    t.press("2", "[2 Pool]");
    // 1,000 a second, for a second or, with ten rounds or more, for ten.
    let seconds = u64::try_from(rounds().min(10)).unwrap();
    let (before, start) = (count(&t, CLEAR), Instant::now());
    let mut resizes = 0_u64;
    // A slow machine has the time to draw, too.
    while resizes < 1000 * seconds || (count(&t, CLEAR) - before < 10 && start.elapsed() < PATIENCE) {
        let step = u16::try_from(resizes % 50).unwrap();
        // Of one width: a narrower one is cleared twice.
        t.resize_quietly((80, 10 + step));
        resizes += 1;
        std::thread::sleep(
            (start + Duration::from_millis(resizes)).saturating_duration_since(Instant::now()),
        );
    }
    let took = start.elapsed();
    t.blank();
    t.resize((80, 24));
    t.shows("[2 Pool]");
    let frames = count(&t, CLEAR) - before;
    let most = took.mul_f64(30.5).as_secs() + 3;
    let is_paced = frames >= 10 && u64::try_from(frames).unwrap() <= most;
    assert!(is_paced, "{frames} frames of {resizes} resizes in {took:?}");
    t.types("q");
    t.shows("Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

/// How long the screen usually takes to answer a key.
fn answers(t: &mut Terminal) -> Duration {
    let mut times = Vec::new();
    for _ in 0..10 {
        for (key, shows) in [("2", "[2 Pool]"), ("1", "[1 Pools]"), ("5", "[5 Log]")] {
            t.types(key);
            times.push(t.wait_for("answers", |screen| screen.contains(shows)));
        }
    }
    times.sort();
    times[times.len() / 2]
}

fn the_screen_answers_while(func: &str) {
    let dir = tempfile::tempdir().unwrap();
    let config = format!(
        "[[pool]]\nname = 'p'\n[[pool.group]]\nmethod = 'apply'\nfunc = '{func}'\nnum = 4\n\
         [[pool.group]]\nmethod = 'apply'\nfunc = 'panics'\nnum = 4\n"
    );
    let mut t = embedding::start(dir.path(), &config);
    // Every thread is taken from the beginning, so that not even a first picture of the pools may come.
    t.shows("[1 Pools]");
    t.press("5", "runtime stalled");
    let usual = answers(&mut t);
    // How soon is for the benchmark to say: the machine's processors are all taken by that task, and maybe by others.
    // What waited for the task would take ten seconds, or for ever.
    assert!(usual < Duration::from_secs(5), "{usual:?}");
    assert!(!String::from_utf8_lossy(&t.raw()).contains(LEAVE));
}

#[test]
fn f128_the_screen_answers_while_functions_loop() {
    the_screen_answers_while("loops");
}

#[test]
fn f128_the_screen_answers_while_functions_block() {
    the_screen_answers_while("blocks");
}
