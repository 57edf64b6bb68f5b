//! Mouse, title and keys of one's own, in a real terminal.

use crate::program::{Mark, finish, program, until, write};
use crate::terminal::Terminal;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const CONFIG: &str = "[[pool]]\nname = 'jobs'\npool_size = 3\n[[pool.group]]\nmethod = 'apply'\nfunc = 'sleep'\n\
    args = ['1h']\nnum = 2\n";

fn start(dir: &Path, ui: &str) -> Terminal {
    let t = Terminal::start(dir, (100, 30), &format!("{ui}\n{CONFIG}"));
    t.shows("[1 Pools]");
    t.shows("2/3");
    t
}

/// Where a text stands on the screen, as a mouse reports it.
fn place(t: &Terminal, text: &str) -> (usize, usize) {
    t.shows(text);
    let screen = t.screen();
    let found = screen.lines().enumerate().find_map(|(y, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count() + 1, y + 1))
    });
    found.unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
}

/// Waits until something has come that is not seen on the screen.
#[track_caller]
fn comes(t: &Terminal, sequence: &str) {
    until(&format!("{sequence:?} comes"), || last(t, sequence).is_some());
}

/// Presses the left button there and lets it go.
fn click(t: &mut Terminal, text: &str) {
    let (x, y) = place(t, text);
    t.types(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
}

fn last(t: &Terminal, sequence: &str) -> Option<usize> {
    String::from_utf8_lossy(&t.raw()).rfind(sequence)
}

#[test]
fn what_is_clicked_acts_and_the_mouse_and_the_title_are_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), "");
    assert!(last(&t, "\x1b[?1000h").is_some());
    comes(&t, "\x1b]2;jobs 2/3 – taskpool-tui\x07");
    click(&mut t, "2 Pool");
    t.shows("[2 Pool]");
    // What there is to do is shown once the tasks are.
    t.shows("Output of 1");
    click(&mut t, "help");
    t.shows("Help ·");
    t.types("\x1b");
    t.hides("Help ·");
    click(&mut t, "0 ▶ running");
    t.hides("following");
    // What is selected is copied without the frame: `running` in base64.
    let (x, y) = place(&t, "▶ running");
    let x = x + 2;
    t.types(&format!(
        "\x1b[<0;{x};{y}M\x1b[<32;{};{y}M\x1b[<0;{};{y}m",
        x + 6,
        x + 6
    ));
    t.shows("copy selection");
    comes(&t, "\x1b]52;c;cnVubmluZw==");
    t.press("M", "left to the terminal");
    until("the mouse is the terminal's", || {
        last(&t, "\x1b[?1000l") > last(&t, "\x1b[?1000h")
    });
    t.press("M", "act here");
    until("the mouse is the dashboard's", || {
        last(&t, "\x1b[?1000l") < last(&t, "\x1b[?1000h")
    });
    click(&mut t, "1 Pools");
    click(&mut t, "quit");
    t.shows("Cancel all tasks and leave?");
    click(&mut t, "Cancel tasks and quit");
    t.has_left(0, 1);
    let raw = String::from_utf8_lossy(&t.raw()).into_owned();
    assert_eq!(
        (
            raw.matches("\x1b[22;2t").count(),
            raw.matches("\x1b[23;2t").count()
        ),
        (1, 1)
    );
    assert!(raw.rfind("\x1b[23;2t") > raw.rfind("\x1b]2;"));
}

#[test]
fn a_mouse_and_a_title_that_are_not_wanted_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(
        dir.path(),
        "[ui]\nmouse = false\ntitle = false\nascii = true\ntheme = 'dark'\n",
    );
    t.press("2", "> Tasks");
    assert!(t.screen().is_ascii(), "{}", t.screen());
    t.press("q", "Cancel all tasks and leave?");
    t.types("y");
    t.has_left(0, 1);
    let raw = String::from_utf8_lossy(&t.raw()).into_owned();
    assert!(!raw.contains("\x1b[?1000h") && !raw.contains("\x1b]2;"));
    assert!(
        !raw.contains("\x1b[22;2t") && !raw.contains("\x1b[23;2t"),
        "{raw:?}"
    );
}

#[test]
fn a_person_is_told_of_failures_wherever_they_look() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[ui]\nnotify = ['failed', 'idle']\nbell = true\n[[pool]]\nname = 'jobs'\n[[pool.group]]\n\
        method = 'map'\nfunc = 'fail'\narg_iter = ['no']\nautostart = false\n";
    let mut t = Terminal::start(dir.path(), (100, 30), config);
    t.shows("▌ jobs");
    // Each key goes by the view that the one before has brought.
    t.press("2", "[2 Pool]");
    t.press("\x1b[Z", "▸ Groups");
    t.press("\x1b[B", "held back: s starts it");
    t.types("s");
    comes(&t, "\x1b]9;jobs: 1 task has failed");
    comes(&t, "\x1b\\\x07");
    t.types("q");
    t.has_left(1, 1);
}

#[test]
fn what_is_told_later_because_much_happens_at_once_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let config = "[ui]\nnotify = ['failed', 'idle']\n[func.it]\n\
        shell = 'until [ -e go$TASKPOOL_TASK_ID ]; do sleep 0.02; done; exit 1'\n\
        [[pool]]\nname = 'jobs'\n[[pool.group]]\nmethod = 'apply'\nnum = 2\nfunc = 'it'\n";
    let mut t = Terminal::start(dir.path(), (100, 30), config);
    // What had failed before the first picture is seen there.
    t.shows("2/∞");
    write(dir.path(), "go0", "");
    comes(&t, "\x1b]9;jobs: 1 task has failed");
    // Less than a second later, mostly, and nothing happens after it.
    write(dir.path(), "go1", "");
    comes(&t, "nothing runs any more");
    t.types("q");
    t.has_left(1, 1);
}

#[test]
fn keys_of_ones_own_file_count_and_the_config_wins() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home/taskpool-tui");
    fs::create_dir_all(&home).unwrap();
    fs::set_permissions(dir.path().join("home"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(0o755)).unwrap();
    write(
        &home,
        "config.toml",
        "[keys]\nhelp = ['F2']\nfreeze = ['Alt-z']\n",
    );
    write(
        dir.path(),
        "test.toml",
        &format!("[keys]\nfreeze = ['V']\n{CONFIG}"),
    );
    let config_home = dir.path().join("home").display().to_string();
    let variables = [("XDG_CONFIG_HOME", config_home.as_str())];
    let mut t = Terminal::start_with(dir.path(), (100, 30), &["test.toml"], &variables);
    t.shows("F2 help");
    t.press("V", "FROZEN");
    t.types("V");
    t.hides("FROZEN");
    t.press("\x1bz", "no such key; F2 lists them");
    t.types("\x03\x03");
    t.has_left(0, 1);

    let mark = Mark::new();
    let mut command = program(&mark, dir.path(), ["keys", "--json", "test.toml"]);
    let ended = finish(&mark, command.env("XDG_CONFIG_HOME", &config_home));
    let keys: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let row = |action: &str| {
        let rows = keys.as_array().unwrap().iter();
        rows.into_iter()
            .find(|row| row["action"] == action)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&row("help")["keys"], &row("freeze")["keys"]),
        (&serde_json::json!(["F2"]), &serde_json::json!(["V"]))
    );
    assert_eq!(
        row("freeze")["places"],
        serde_json::json!(["pools", "pool", "task", "timeline", "warnings"])
    );

    // Others could make a key do anything.
    fs::set_permissions(home.join("config.toml"), Permissions::from_mode(0o646)).unwrap();
    let t = Terminal::start_with(dir.path(), (100, 30), &["test.toml"], &variables);
    t.shows("others can write it");
    t.has_left(2, 0);
}

#[test]
fn presets_are_printed() {
    let dir = tempfile::tempdir().unwrap();
    for (preset, line) in [
        ("k9s", "Ctrl-d  x"),
        ("mprocs", "i  Ctrl-a"),
        ("default", "cancel-group"),
    ] {
        let mark = Mark::new();
        let ended = finish(
            &mark,
            &mut program(&mark, dir.path(), ["keys", "--preset", preset]),
        );
        assert!(ended.out.contains(line), "{}", ended.out);
    }
}

#[test]
fn an_edited_config_is_read_again_and_applied_after_yes() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [[pool]]
        name = "naps"
        pool_size = 2
        [[pool.group]]
        name = "naps"
        method = "apply"
        func = "sleep"
        args = ["1000s"]
        num = 9
    "#;
    let mut t = Terminal::start(dir.path(), (100, 30), config);
    t.shows("2/2");
    t.press("\x12", "the config says nothing else than before");
    // A mistake is shown where it is, and nothing happens.
    write(dir.path(), "test.toml", &config.replace("pool_size", "pool_sise"));
    t.press("\x12", "test.toml cannot be taken");
    t.shows("has no key `pool_sise`");
    t.press("y", "mend the file first");
    let more = config.replace("pool_size = 2", "pool_size = 3")
        + "[[pool]]\nname = 'new'\n[[pool.group]]\nname = 'n'\nmethod = 'apply'\nfunc = 'sleep'\nargs = ['1000s']\n"
        + "[ui]\ntheme = 'dark'\n";
    write(dir.path(), "test.toml", &more);
    t.press("\x12", "Reload test.toml?");
    t.shows("2 → 3");
    t.shows("terminal → dark");
    t.press("n", "[1 Pools]");
    t.hides("Reload test.toml?");
    t.shows("2/2");
    t.press("\x12", "Reload test.toml?");
    t.press("y", "✓ 4 changes applied");
    t.shows("3/3");
    t.shows("1/∞");
    t.press("\x12", "the config says nothing else than before");
    t.types("q");
    t.shows("Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}
