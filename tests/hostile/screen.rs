//! The dashboard, in a real terminal: every byte that it sends there is one of its own kind.

use crate::program::until;
use crate::strings::{harm, quoted, strings};
use crate::terminal::Terminal;
use std::fmt::Write as _;

/// Takes the sequences that the dashboard uses out of what came; what is left is text. Others stay, and are found.
fn without_own_sequences(raw: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\r' {
            continue;
        }
        if byte != 0x1b {
            text.push(byte);
            continue;
        }
        // The window's title: its text is looked at like all other.
        if let Some(title) = rest.strip_prefix(b"]2;")
            && let Some(end) = title.iter().position(|byte| *byte < 0x20)
            && title[end] == 0x07
        {
            text.extend_from_slice(&title[..end]);
            rest = &title[end + 1..];
            continue;
        }
        let end = rest.iter().skip(1).position(|byte| (0x40..=0x7e).contains(byte));
        let (Some(b'['), Some(end)) = (rest.first(), end) else {
            return Err(format!(
                "{:?}",
                String::from_utf8_lossy(&rest[..rest.len().min(40)])
            ));
        };
        let sequence = std::str::from_utf8(&rest[1..end + 2]).map_err(|error| error.to_string())?;
        rest = &rest[end + 2..];
        let (body, action) = sequence.split_at(sequence.len() - 1);
        let numbers = body.chars().all(|c| c.is_ascii_digit() || c == ';');
        let own = match action {
            "m" | "H" => numbers,
            "J" => body == "2",
            "h" | "l" => ["?1049", "?25", "?2004", "?1000", "?1002", "?1006"].contains(&body),
            // The title that the terminal had, kept and given back.
            "t" => ["22;2", "23;2"].contains(&body),
            _ => false,
        };
        if !own {
            return Err(format!("ESC [ {sequence}"));
        }
    }
    Ok(text)
}

#[track_caller]
fn nothing_but_its_own(t: &Terminal) {
    let raw = t.raw();
    let text = without_own_sequences(&raw)
        .unwrap_or_else(|sequence| panic!("a sequence that is not ours: {sequence}"));
    if let Some(harm) = harm(&text) {
        panic!("{harm}");
    }
}

/// Every string as an argument, as output and as the last words; a pool that shows the last of them.
fn config() -> String {
    let mut config = String::from(
        "[func.writes]\nshell = 'printf \"%s\\n%s\" \"$1\" \"$1\"; printf \"%s\" \"$1\" >&2; exit 3'\n[output]\nbytes = 4096\n",
    );
    for (number, string) in strings().iter().enumerate() {
        let Some(text) = string.text() else { continue };
        let name = quoted(text);
        let pool = |name: &str, func: &str| {
            format!(
                "[[pool]]\nname = {name}\n[[pool.group]]\nname = {name}\nmethod = 'apply'\nfunc = {func}\n\
                 args = [{arg}]\n[[pool.group]]\nmethod = 'apply'\nfunc = 'fail'\nargs = [{arg}]\n",
                arg = quoted(text)
            )
        };
        let with_name = pool(&name, "'writes'");
        // What can be no name gets a number.
        let parsed = taskpool_tui::app::config::parse(
            &format!("[func.writes]\nshell = 'x'\n{with_name}"),
            std::path::Path::new("/tmp/c.toml"),
            &[],
        );
        match parsed {
            Ok(_) => config += &with_name,
            Err(_) => write!(config, "{}", pool(&format!("'pool {number}'"), "'writes'")).unwrap(),
        }
    }
    config
}

#[test]
fn f208_f209_nothing_reaches_the_terminal_but_the_dashboards_own() {
    let dir = tempfile::tempdir().unwrap();
    let config = config();
    let pools = config.matches("[[pool]]").count();
    let mut t = Terminal::start(dir.path(), (140, 40), &config);
    t.shows("[1 Pools]");
    // Once more through all of them when they have ended.
    t.wait_for("has ended all", |screen| {
        screen.contains(&format!("{} failed", 2 * pools))
    });
    for _ in 0..pools {
        t.press("2", "[2 Pool]");
        // The tasks' last lines, the output of each, and all there is to know of one.
        for keys in ["k", "k", "\r"] {
            t.types(keys);
        }
        t.press("1", "[1 Pools]");
        t.types("j");
    }
    t.press("5", "[5 Log]");
    for _ in 0..20 {
        t.types("\x1b[5~");
    }
    t.press("1", "[1 Pools]");
    // What is pasted is data, too.
    t.press("2", "[2 Pool]");
    t.types("/");
    let short = strings().into_iter().filter(|string| string.bytes.len() < 200);
    for (number, string) in short.enumerate() {
        // A paste cannot hold its own end.
        let Some(text) = string.text().filter(|text| !text.contains("\x1b[20")) else {
            continue;
        };
        // Each for itself: the line is emptied, and typed on behind it.
        t.types("\x15");
        t.types(&format!("\x1b[200~{text}\x1b[201~"));
        t.press(&format!("#{number}#"), &format!("#{number}#"));
    }
    t.types("\r");
    t.press("1", "[1 Pools]");
    t.types("q");
    t.has_left(1, 1);
    nothing_but_its_own(&t);
    until("no shell has read any of it", || {
        !dir.path().join("PWNED").exists()
    });
}

#[test]
fn the_check_of_this_test_finds_what_it_should() {
    for bad in [
        "\x1b]0;x\x07",
        "\x1b[?1003h",
        "\x1b[6n",
        "\x1bPx\x1b\\",
        "\x1bc",
        "\x1b[1;2r",
        "\x1b[2J\x1b[",
    ] {
        assert!(without_own_sequences(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let good = "\x1b[?1049h\x1b[2J\x1b[1;1H\x1b[38;5;4ma\x1b[0m\x1b[?25l";
    assert_eq!(without_own_sequences(good.as_bytes()).unwrap(), b"a");
}
