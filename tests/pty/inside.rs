//! Tasks in terminals of their own, in the dashboard, in a terminal: full-screen programs, keys, sizes.

use crate::terminal::Terminal;
use std::fs;
use std::path::Path;

fn config(shell: &str) -> String {
    format!(
        "[func.inside]\npty = true\nshell = '''\n{shell}\n'''\n\
         [[pool]]\nkind = \"simple\"\nname = \"terms\"\nfunc = \"inside\"\nstart = 1\n"
    )
}

/// Starts the dashboard with one task that runs this in a terminal, and goes to its pane.
fn start(dir: &Path, size: (u16, u16), shell: &str) -> Terminal {
    // What the dashboard says itself to the terminal is as little as can be, to tell it from what the task says.
    let config = config(shell) + "\n[ui]\nmouse = false\ntitle = false\n";
    let mut t = Terminal::start(dir, size, &config);
    t.shows("▌ terms");
    t.press("2", "Terminal of 0");
    t
}

fn leave(mut t: Terminal) {
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

/// Whether there is a program of this name; without it its test has nothing to show.
fn is_installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join(program).is_file())
}

#[test]
fn keys_go_to_the_task_until_the_chord_and_to_the_dashboard_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let shell = "trap 'echo GOT-INT' INT; stty -echo; echo ready\n\
                 while :; do read line && printf '<%s>\\n' \"$line\" | cat -v; done";
    let mut t = start(dir.path(), (100, 30), shell);
    t.shows("ready");
    t.press("i", "TYPING INTO 0 · Ctrl-a Esc leaves");
    t.shows("type no more");
    // Each of them would act on the dashboard.
    t.press("qxX1\t?\r", "<qxX1");
    t.shows("[2 Pool]");
    t.press("\x03", "GOT-INT");
    t.press("a\x01\x01b\r", "<a^Ab>");
    t.press("\x01k", "typing goes on: Ctrl-a Esc leaves it");
    t.press("more\r", "<more>");
    t.press("\x1b[200~pasted \x1b[31mtext\x1b[201~\r", "<pasted [31mtext>");
    t.types("\x01\x1b");
    t.hides("TYPING INTO");
    t.press("?", "Esc closes");
    t.types("\x1b");
    t.hides("Esc closes");
    leave(t);
}

#[test]
fn the_terminal_has_the_size_of_its_pane() {
    let dir = tempfile::tempdir().unwrap();
    let shell = "trap 'stty size' WINCH; stty size; echo up; while :; do sleep 0.02; done";
    let mut t = start(dir.path(), (100, 30), shell);
    t.shows("up");
    // Four rows of header and footer, of the rest two fifths, without the frame.
    t.wait_for("says its size", |screen| {
        screen.contains("· 98x8") || screen.contains("· 98x")
    });
    let size_of = |screen: &str| {
        let title = screen
            .lines()
            .find(|line| line.contains("Terminal of 0"))
            .unwrap_or("");
        let size = title.split("· ").last().and_then(|rest| rest.split(' ').next())?;
        let (columns, rows) = size.split_once('x')?;
        Some(format!("{rows} {columns}"))
    };
    let told =
        |screen: &str| size_of(screen).is_some_and(|size| screen.lines().any(|line| line.contains(&size)));
    t.wait_for("tells the task", told);
    t.resize((80, 24));
    t.wait_for("tells it again", |screen| {
        screen.contains("· 78x") && told(screen)
    });
    t.press("\t\tz", "Terminal of 0");
    t.wait_for("tells it once more", |screen| {
        screen.contains("78x18") && screen.contains("18 78")
    });
    leave(t);
}

#[test]
fn a_terminal_is_born_with_the_size_of_its_pane() {
    let dir = tempfile::tempdir().unwrap();
    // A program that has just been started may miss that its size changes.
    let shell =
        "trap 'echo changed >> sizes' WINCH; stty size >> sizes; echo up; while :; do sleep 0.02; done";
    let mut t = start(dir.path(), (100, 40), shell);
    t.shows("up");
    t.shows("· 98x12");
    t.press("1", "[1 Pools]");
    t.press("2", "Terminal of 0");
    assert_eq!(fs::read_to_string(dir.path().join("sizes")).unwrap(), "12 98\n");
    leave(t);
}

#[test]
fn what_is_typed_into_a_shell_that_has_just_ended_acts_on_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), (100, 30), "echo up; read line; echo \"bye $line\"");
    t.shows("up");
    t.press("i", "TYPING INTO 0");
    t.types("now\r");
    t.shows("task 0 has ended, and with it the typing");
    // Leaves, asks, opens and marks, if it acts.
    t.press(
        "quit\r X\x03\x1b[27u",
        "task 0 has ended; what you typed since went nowhere",
    );
    t.shows("bye now");
    t.shows("[2 Pool]");
    // The Escape key as one sequence: with the next key it would be another.
    t.press("\x01\x1b[27u", "keys act on the dashboard again");
    t.shows("[2 Pool]");
    t.types("q");
    t.has_left(0, 1);
}

/// Leaves once keys count again.
fn leave_after_the_end(mut t: Terminal, code: i32) {
    t.shows("has ended, and with it the typing");
    t.hides("let keys act");
    t.types("q");
    t.has_left(code, 1);
}

#[test]
fn a_pager_is_usable_in_its_pane() {
    if !is_installed("less") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let text: Vec<String> = (1..=300).map(|i| format!("row {i} of the text\n")).collect();
    fs::write(dir.path().join("text"), text.concat()).unwrap();
    let mut t = start(dir.path(), (100, 40), "LESS= exec less text");
    t.shows("row 1 of the text");
    t.press("i", "TYPING INTO 0");
    t.press("G", "row 300 of the text");
    t.press("g", "row 1 of the text");
    t.press("/row 77\r", "row 77 of the text");
    // Its cursor keys, with which it asks for another form of them.
    t.press("g\x1b[B\x1b[B", "row 3 of the text");
    t.hides("row 2 of the text");
    t.types("q");
    t.shows("Output of 0");
    leave_after_the_end(t, 0);
}

#[test]
fn an_editor_is_usable_in_its_pane_and_what_it_wrote_is_there() {
    if !is_installed("vim") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), (100, 40), "exec vim -u NONE -i NONE -n note.txt");
    t.shows("note.txt");
    t.press("i", "TYPING INTO 0");
    t.press("ione\rtwo\x1b", "two");
    t.press("kA and a half\x1b", "one and a half");
    t.types(":wq\r");
    t.shows("task 0 has ended, and with it the typing");
    assert_eq!(
        fs::read_to_string(dir.path().join("note.txt")).unwrap(),
        "one and a half\ntwo\n"
    );
    leave_after_the_end(t, 0);
}

#[test]
fn the_end_leaves_the_last_screen_as_output() {
    // Over and over: keys may come before the view that brings the output, and after it.
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let shell = "seq 1 60; printf '\\033[1;34mlast\\033[0m words\\n'; exit 3";
        let mut t = Terminal::start(dir.path(), (100, 30), &config(shell));
        t.shows("▌ terms");
        t.press("2", "Output of 0");
        t.shows("last words");
        t.shows("exit 3: last words");
        // And what had scrolled away; all these keys come with one read.
        t.press("\t\tgg", "out 1 ");
        t.types("q");
        t.has_left(1, 1);
    }
}

#[test]
fn history_can_be_scrolled_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), (100, 30), "seq 1 500; echo up; exec sleep 1000");
    // In its pane: the list shows its last line before that.
    t.shows("│up");
    t.types("\t\t");
    t.press("\x1b[5~", "lines of");
    t.hides("│up");
    t.types("g");
    t.press("g", "│1 ");
    t.press("G", "│up");
    leave(t);
}

#[test]
fn what_it_writes_stays_inside_its_pane() {
    let dir = tempfile::tempdir().unwrap();
    // A title, the clipboard, the main screen, queries, mouse modes, a reset, a cursor that leaves the screen, C1
    // codes, text from right to left, a sequence that never ends.
    let shell = "printf '\\033]0;EVIL\\007\\033]52;c;RVZJTA==\\007\\033[?1049l\\033[6n\\033[c\\033[?1003h\\033[?1000h\\033c'\n\
                 printf '\\033[999;999Hcorner\\033[Hout\\302\\233[2Jend \\342\\200\\256RLO\\r\\n\\033[5 q\\033[?2026h'\n\
                 printf '\\033P1;2|evil\\033\\\\\\033_evil\\033\\\\inside\\r\\n\\033]8;;http://evil'\n\
                 exec sleep 1000";
    let mut t = start(dir.path(), (100, 30), shell);
    t.shows("inside");
    t.press("i", "TYPING INTO 0");
    t.types("\x01\x1b");
    t.hides("TYPING INTO");
    leave_and_check(t);
}

fn leave_and_check(mut t: Terminal) {
    t.press("q", "Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
    let text = String::from_utf8(t.raw()).unwrap();
    let bad = [
        "\x1b]",
        "\x07",
        "\u{9b}",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[?1003h",
        "\x1b[?1000h",
        "\x1bc",
        "\u{202e}",
        "\x1bP",
        "\x1b_",
        "\x1b[5 q",
        "\x1b[?2026h",
        "999;999",
        "evil",
    ];
    for bad in bad {
        assert!(!text.contains(bad), "{bad:?}: {text:?}");
    }
}

#[test]
fn lines_are_drawn_and_tabs_stop_where_they_were_set() {
    let dir = tempfile::tempdir().unwrap();
    let shell = "printf '\\033(0lqqk\\033(B\\r\\n\\033[3g\\033[6G\\033H\\033[12G\\033H\\r\\ta\\tb\\033[Z!\\r\\n'\n\
                 echo up; exec sleep 1000";
    let t = start(dir.path(), (100, 30), shell);
    t.shows("up");
    t.shows("│┌──┐ ");
    t.shows("│     a     ! ");
    leave(t);
}

#[test]
fn a_cancel_ends_what_is_typed_into() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(dir.path(), (100, 30), "echo up; exec sleep 1000");
    t.shows("up");
    t.press("i", "TYPING INTO 0");
    // The interrupt key, as in any terminal.
    t.press("\x03", "task 0 has ended, and with it the typing");
    t.shows("signal 2 (INT)");
    leave_after_the_end(t, 1);
}
