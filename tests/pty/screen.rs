//! What reaches the terminal: at every size, and of what tasks write.

use crate::terminal::Terminal;

#[test]
fn any_size_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "naps"
        pool_size = 3
        [[pool.group]]
        name = "naps"
        method = "apply"
        func = "sleep"
        args = ["1000s"]
        num = 9
    "#;
    let mut t = Terminal::start(dir.path(), (140, 40), config);
    t.shows("[1 Pools]");
    t.press("2", "[2 Pool]");
    t.shows("Groups");
    for (size, shows) in [
        ((80, 24), "[2 Pool]"),
        ((40, 8), "3/3"),
        ((10, 3), ""),
        ((1, 1), ""),
        ((300, 100), "[2 Pool]"),
        ((80, 24), "[2 Pool]"),
    ] {
        t.blank();
        t.resize(size);
        t.wait_for(&format!("draws itself at {size:?}"), |screen| {
            !screen.trim().is_empty() && screen.contains(shows)
        });
    }
    t.press("1", "[1 Pools]");
    t.types("q");
    t.shows("Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

#[test]
fn what_a_task_writes_cannot_steer_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    // A title, the clipboard, a cleared screen, the main screen, a query, a mouse mode, C1 codes, text that runs
    // from right to left; out and err, and in arguments.
    let config = r#"
        [func.hostile]
        shell = '''
        printf '\033]0;EVIL-TITLE\007\033]52;c;RVZJTA==\007\033[2J\033[?1049l\033[6n\033[?1003h'
        printf 'out\302\233[2Jend \342\200\256RLO\n'
        printf '\033]52;c;RVZJTDI=\033\\err end\n' >&2
        sleep 1000
        '''
        [[pool]]
        name = "hostile"
        [[pool.group]]
        name = "group"
        method = "map"
        func = "hostile"
        arg_iter = ["\u001b]0;EVIL-ARGUMENT\u0007arg\u202eRLO"]
        [ui]
        mouse = false
        title = false
    "#;
    let mut t = Terminal::start(dir.path(), (140, 40), config);
    t.shows("[1 Pools]");
    t.press("2", "err end");
    t.shows("end");
    t.press("5", "[5 Log]");
    t.press("1", "[1 Pools]");
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
    let raw = t.raw();
    let text = String::from_utf8(raw).unwrap();
    for bad in ["\x1b]", "\x07", "\u{9b}", "\x1b[6n", "\x1b[?1003h", "\u{202e}"] {
        assert!(!text.contains(bad), "{bad:?}: {text:?}");
    }
}
