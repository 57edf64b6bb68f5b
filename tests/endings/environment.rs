//! What the environment says of the terminal.

use crate::program::PROGRAM;
use crate::terminal::Terminal;

const CONFIG: &str = "[[pool]]\nname = 'p'\n[[pool.group]]\nname = 'g'\nmethod = 'map'\nfunc = 'fail'\narg_iter = ['mishap']\n";

const PLAIN: &str = r#""$@"; echo "[left with $?]"; read -r _"#;
const PIPED: &str = r#"{ "$@"; echo $? > code; } | cat; echo "[left with $(cat code)]"; read -r _"#;

/// Whether a colour is chosen, in any of the ways.
fn has_colour(raw: &str) -> bool {
    raw.split("\x1b[").skip(1).any(|rest| {
        let numbers = rest
            .split(|c: char| !c.is_ascii_digit() && c != ';')
            .next()
            .unwrap_or_default();
        let is_sgr = rest[numbers.len()..].starts_with('m');
        is_sgr
            && numbers
                .split(';')
                .any(|number| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
    })
}

/// What is there, whether there is a screen, and whether it has colours.
struct Case {
    script: &'static str,
    variables: &'static [(&'static str, &'static str)],
    screen: bool,
    colours: bool,
}

const CASES: [Case; 7] = [
    case(PLAIN, &[("TERM", "xterm-256color")], true, true),
    case(
        PLAIN,
        &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
        true,
        false,
    ),
    case(PLAIN, &[("TERM", "xterm-256color"), ("NO_COLOR", "")], true, true),
    case(PLAIN, &[("TERM", "dumb")], false, false),
    case(PLAIN, &[("TERM", "dumb"), ("NO_COLOR", "1")], false, false),
    case(PIPED, &[("TERM", "xterm-256color")], false, false),
    case(PIPED, &[("TERM", "dumb"), ("NO_COLOR", "1")], false, false),
];

const fn case(
    script: &'static str,
    variables: &'static [(&'static str, &'static str)],
    screen: bool,
    colours: bool,
) -> Case {
    Case {
        script,
        variables,
        screen,
        colours,
    }
}

#[test]
fn f212_without_a_terminal_the_run_is_plain_and_without_colours_the_words_tell() {
    for Case {
        script,
        variables,
        screen,
        colours,
    } in CASES
    {
        let dir = tempfile::tempdir().unwrap();
        crate::program::write(dir.path(), "test.toml", CONFIG);
        let mut t = Terminal::in_shell(
            script,
            PROGRAM.as_ref(),
            dir.path(),
            (80, 24),
            &["test.toml"],
            variables,
        );
        if screen {
            // What is typed before the first picture is meant for others.
            t.shows("[1 Pools]");
            t.press("2", "failed");
            t.shows("mishap");
            t.types("q");
        }
        // The same exit status everywhere.
        t.has_left(1, screen.into());
        let raw = String::from_utf8_lossy(&t.raw()).into_owned();
        assert_eq!(has_colour(&raw), colours, "{variables:?}");
        assert!(raw.contains("mishap"), "{variables:?}");
        assert_eq!(raw.contains('\x1b'), screen, "{variables:?}");
    }
}
