//! What must hold for any bytes.

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::Duration;
use taskpool_tui::app::args::Args;
use taskpool_tui::app::clean::{Clean, MAX_CHARS};
use taskpool_tui::app::config::{self, Slot, Template, expand_all};
use taskpool_tui::app::filter::Filter;
use taskpool_tui::app::terminal;
use taskpool_tui::app::view::TerminalSize;

/// What the inputs of a target are made of.
pub(crate) fn words(target: &str) -> &'static [&'static [u8]] {
    match target {
        "template" => &[
            b"{", b"}", b"{{", b"}}", b"{0}", b"{}", b"{host}", b":name", b":stem", b":dir", b":ext", b"\0",
            b"65535", b"/", b"\n",
        ],
        "clean" => &[
            b"\x1b[",
            b"\x1b]",
            b"\x1b]52;c;",
            b"\x07",
            b"\x1b\\",
            b"\x1bP",
            b"\r",
            b"\x08",
            b"\t",
            b"\n",
            b"\x1b[2K",
            b"\x1b[G",
            b"\xc2\x9b",
            b"\x9b",
            b"\xe2\x80\xae",
            b"\xe2\x80\x8d",
            b"\xef\xb8\x8f",
            b"\xf3\xa0\x84\x80",
            b"\xcc\x81",
            b"31m",
            b";",
            b"\xd8\xa7",
            b"\xe0\xa4\x95",
            b"\xe8\x91\x9b",
            b"\xe1\xa0\xa0",
            b"\xff",
            b"\xe2\x82",
        ],
        "filter" => FILTER,
        "pane" => PANE,
        "typed" => &[
            b"\x1b",
            b"\x1b[",
            b"\x1bO",
            b"\x1bP",
            b"\x1b]",
            b"\x1b\\",
            b"\x07",
            b"\x1b[200~",
            b"\x1b[201~",
            b"\x1b[M",
            b"\x1b[<0;1;1M",
            b";",
            b"\x18",
            b"\xe6\x97",
            b"\xff",
            b"\x00\x00\x00",
        ],
        _ => &[
            b"[[pool]]\n",
            b"[[pool.group]]\n",
            b"[func.f]\n",
            b"[output]\n",
            b"name = ",
            b"method = 'map'\n",
            b"method = 'apply'\n",
            b"func = 'echo'\n",
            b"func = 'f'\n",
            b"arg_iter = ",
            b"args_iter = ",
            b"kwargs_iter = ",
            b"args = ",
            b"kwargs = ",
            b"command = ",
            b"shell = ",
            b"cwd = ",
            b"env = ",
            b"timeout = ",
            b"grace = ",
            b"pool_size = ",
            b"inf",
            b"['a']",
            b"{ range = [1, 3] }",
            b"{ lines = '-' }",
            b"{ glob = '*' }",
            b"{ a = 'b' }",
            b"'{0}'",
            b"\"\\u0000\"",
            b"'-rf'",
            b"1_000",
            b"-1",
            b"1e400",
            b"'''",
            b"\"",
            b"\n",
            b"=",
            b"#",
            b"\xe2\x80\xae",
            b"\x1b",
            b"99999999999999999999",
        ],
    }
}

/// What filters are made of.
#[rustfmt::skip]
const FILTER: &[&[u8]] = &[
    b"state:",
    b"failed",
    b"timed-out",
    b",",
    b"arg~",
    b"group:",
    b"id:",
    b"..",
    b"dur>",
    b"age<=",
    b"5s",
    b"1h30m",
    b"99999999999999999999",
    b"exit:",
    b"try>",
    b"out~",
    b"name:",
    b" and ",
    b" or ",
    b"not ",
    b"-",
    b"--",
    b"(",
    b")",
    b"\"",
    b"\\",
    b"*",
    b"(?i)",
    b"[a-z]",
    b"{1,9}",
    b"\\b",
    b"^",
    b"$",
    b"|",
    b" ",
    b"\0",
    b"\n",
    b"\xe2\x80\xae",
    b"\xc3\x84",
];

/// What full-screen programs write. A size is `0xF8` and two numbers.
const PANE: &[&[u8]] = &[
    b"\xf8\x01\x01",
    b"\xf8\x02\x01",
    b"\xf8\x14\x05",
    b"\xf8\x50\x18",
    b"\xf8\xff\xff",
    b"\x1b[",
    b"\x1b[?",
    b"\x1b[1;1H",
    b"\x1b[65535;65535H",
    b"\x1b[2;4r",
    b"\x1b[r",
    b"\x1b[?6h",
    b"\x1b[?6l",
    b"\x1b[?7l",
    b"\x1b[?47h",
    b"\x1b[?47l",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?25l",
    b"\x1b[?1h",
    b"\x1b[?2004h",
    b"\x1b[2J",
    b"\x1b[3J",
    b"\x1b[1K",
    b"\x1b[65535A",
    b"\x1b[65535B",
    b"\x1b[65535C",
    b"\x1b[65535@",
    b"\x1b[65535P",
    b"\x1b[65535X",
    b"\x1b[65535L",
    b"\x1b[65535M",
    b"\x1b[65535S",
    b"\x1b[65535T",
    b"\x1b[65535b",
    b"\x1b[65535;1b",
    b"\x1b[65535I",
    b"\x1b[65535Z",
    b"\x1bH",
    b"\x1b[g",
    b"\x1b[3g",
    b"\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1",
    b"\x1b[65535G",
    b"\x1b[65535d",
    b"\x1b[7m",
    b"\x1b[38;5;300m",
    b"\x1b[48;2;1;2;3m",
    b"\x1b[38:2::1:2:3m",
    b"\x1b[6n",
    b"\x1b7",
    b"\x1b8",
    b"\x1bM",
    b"\x1bD",
    b"\x1bc",
    b"\x1b#8",
    b"\x1b(0",
    b"\x1b]0;",
    b"\x1b]52;c;",
    b"\x1bP",
    b"\x1b\\",
    b"\x18",
    b"\x07",
    b"\x08",
    b"\t",
    b"\r",
    b"\n",
    b"\x0b",
    b"\x0e",
    b";",
    b"abcdefghijklmnopqrstuvwxyz",
    b"\xe6\x97\xa5\xe6\x9c\xac",
    b"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
    b"\xe2\x80\x8d",
    b"\xef\xb8\x8f",
    b"\xcc\x81",
    b"\xe2\x80\xae",
    b"\xc2\x9b",
    b"\xff",
];

fn kind(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Placeholders: the text up to the first line feed is the template, what follows is a value.
pub(crate) fn template(input: &[u8]) -> u64 {
    let (text, value) = input.split_at(
        input
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(input.len()),
    );
    let Ok(text) = std::str::from_utf8(text) else {
        return 0;
    };
    let value = OsString::from_vec(value.iter().copied().filter(|&byte| byte != 0).collect());
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset) && !error.reason.is_empty());
            let reason: String = error
                .reason
                .chars()
                .filter(char::is_ascii_lowercase)
                .take(20)
                .collect();
            return kind(reason);
        }
    };
    assert!(!text.contains('\0'), "no argument holds a NUL byte");
    assert_eq!(
        Template::parse(&template.to_string()).as_ref(),
        Ok(&template),
        "it reads back"
    );
    let slots: Vec<Slot> = template.slots().cloned().collect();
    assert_eq!(template.literal().is_some(), slots.is_empty());
    let args = Args {
        positional: vec![value.clone(), OsString::from("second")],
        keyword: vec![("host".to_owned(), value.clone())],
    };
    let has = |slot: &Slot| match slot {
        Slot::Position(index) => *index < 2,
        Slot::Keyword(name) => name == "host",
    };
    let expanded = template.expand(&args);
    assert_eq!(expanded.is_ok(), slots.iter().all(has), "what is missing is told");
    if let Ok(expanded) = &expanded {
        assert!(!expanded.as_bytes().contains(&0));
        if let Some(literal) = template.literal() {
            assert_eq!(expanded, OsStr::new(literal));
            assert_eq!(
                literal.len(),
                text.len() - text.matches("{{").count() - text.matches("}}").count()
            );
        }
        // A value is put in as it is, whatever it looks like, and stays in its argument.
        let command = [Template::parse("program").unwrap(), template.clone()];
        let words = expand_all(&command, &args).unwrap();
        let appended = if slots.is_empty() { 2 } else { 0 };
        assert_eq!((words.len(), &words[1]), (2 + appended, expanded));
        if text == "{0}" {
            assert_eq!(*expanded, value);
        }
    }
    kind((
        slots.len().min(8),
        expanded.is_ok(),
        template.literal().is_some(),
        value.len().min(4),
    ))
}

/// The list stands here apart from the program's own on purpose.
fn is_hostile(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

fn is_clean(clean: &Clean) {
    assert!(clean.chars().count() <= MAX_CHARS);
    assert_eq!(clean.chars().find(|c| is_hostile(*c)), None);
    let (mut marks, mut before) = (0, ' ');
    for c in clean.chars() {
        let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
        marks = if is_mark { marks + 1 } else { 0 };
        assert!(marks <= 8, "a storm");
        if matches!(c, '\u{e0100}'..='\u{e01ef}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}')
        {
            assert!(before > '\u{5ff}', "nothing is hidden behind {before:?}");
        }
        before = c;
    }
    assert_eq!(Clean::from(clean.as_str()), *clean, "a clean text stays as it is");
}

/// A filter: it reads back, or its mistake has a place.
pub(crate) fn filter(input: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(input) else {
        return 0;
    };
    match text.parse::<Filter>() {
        Ok(filter) => {
            let written = filter.to_string();
            assert_eq!(written.parse::<Filter>().as_ref(), Ok(&filter), "{written}");
            assert_eq!(filter.is_empty(), text.trim().is_empty());
            let signs = |c: char| written.contains(c);
            kind((
                written.len().min(12),
                signs('('),
                signs(':'),
                signs('~'),
                signs('>'),
                signs('-'),
            ))
        }
        Err(bad) => {
            assert!(text.get(bad.place.clone()).is_some(), "{bad:?}");
            is_clean(&Clean::from(&*bad.reason));
            assert_eq!(bad.point_out(text).lines().count(), 4, "{}", bad.point_out(text));
            assert!(!bad.reason.chars().any(is_hostile) && !bad.remedy.is_empty());
            let reason: String = bad
                .reason
                .chars()
                .filter(char::is_ascii_lowercase)
                .take(16)
                .collect();
            kind(reason)
        }
    }
}

/// The sanitiser.
pub(crate) fn clean(input: &[u8]) -> u64 {
    let clean = Clean::from(input);
    let output = Clean::from_output(input);
    is_clean(&clean);
    is_clean(&output);
    assert_eq!(Clean::from(OsStr::from_bytes(input)), clean);
    if let Ok(text) = std::str::from_utf8(input) {
        assert_eq!(Clean::from(text), clean);
        assert_eq!(Clean::from(text.to_owned()), clean);
        if !text.contains(char::is_control) {
            assert_eq!(output, clean, "without controls a terminal shows what is there");
        }
    }
    let spelt = clean.matches('‹').count().min(6);
    kind((
        spelt,
        output == clean,
        output.len().min(6),
        clean.contains('…'),
        clean.contains('\u{fffd}'),
        clean.matches('^').count().min(4),
    ))
}

/// The pieces of an input: each begins with a size, the first with a small one of its own.
fn pieces(input: &[u8]) -> Vec<(TerminalSize, &[u8])> {
    let mut pieces = input.split(|&byte| byte == 0xF8);
    let first = pieces.next().unwrap_or_default();
    let small = TerminalSize { columns: 20, rows: 5 };
    let mut all = vec![(small, first)];
    for piece in pieces {
        if let [columns, rows, bytes @ ..] = piece {
            // Large ones take long.
            let (columns, rows) = (u16::from(*columns % 90), u16::from(*rows % 30));
            all.push((TerminalSize { columns, rows }, bytes));
        }
    }
    all
}

/// Most numbers of more than three digits are cut: to repeat a character 65,535 times is a matter of milliseconds, and
/// nothing new after the first time.
fn short_numbers(input: &[u8]) -> Vec<u8> {
    let long = input.len().is_multiple_of(64);
    let mut digits = 0;
    let mut short = input.to_vec();
    short.retain(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits <= 3 || long
    });
    short
}

/// How much time of a processor this thread has taken.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// What the pane shows of a task's terminal.
pub(crate) fn pane(input: &[u8]) -> u64 {
    let input = short_numbers(input);
    let pieces = pieces(&input);
    let size = pieces[pieces.len() - 1].0.possible();
    let before = processor_time();
    let view = terminal::show(pieces.iter().copied());
    let took = processor_time().saturating_sub(before);
    // Thousands of times what it should take.
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!((view.failures, view.size), (0, size));
    assert!(view.lines.len() <= size.rows.into());
    for line in &view.lines {
        let mut end = 0;
        for cells in line {
            assert!(cells.column >= end && cells.width > 0, "{line:?}");
            end = cells.column + cells.width;
            assert!(end <= size.columns, "{line:?}");
            is_clean(&cells.text);
        }
    }
    let inside = |(column, row)| column < size.columns && row < size.rows;
    assert!(view.cursor.is_none_or(inside), "{:?}", view.cursor);
    kind((
        view.lines.iter().map(Vec::len).sum::<usize>().min(6),
        view.history.min(3),
        view.cursor.is_some(),
        (view.application_cursor, view.bracketed_paste),
        pieces.len().min(3),
    ))
}

/// A config, and what is said about it.
pub(crate) fn config(input: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(input) else {
        return 0;
    };
    let harmless = |said: &str| {
        assert_eq!(
            said.chars().find(|c| *c != '\n' && is_hostile(*c)),
            None,
            "{said:?}"
        );
    };
    match config::parse(text, Path::new("/nowhere/c.toml"), &["registered"]) {
        Ok(config) => {
            harmless(&config::describe(&config));
            assert!(!config.pools.is_empty());
            kind((
                config.pools.len().min(5),
                config.funcs.len().min(5),
                config.warnings.is_some(),
            ))
        }
        Err(errors) => {
            harmless(&errors.render(false));
            for error in errors.list() {
                let fits = error
                    .span
                    .as_ref()
                    .is_none_or(|span| span.start <= span.end && span.end <= text.len());
                assert!(fits, "{error:?}");
            }
            let first: String = errors.list()[0]
                .message
                .chars()
                .filter(char::is_ascii_lowercase)
                .take(24)
                .collect();
            kind((first, errors.list().len().min(4)))
        }
    }
}
