//! Configs from files: every sample loads, every broken one says clearly what is wrong with it.
#![cfg(feature = "app")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use proptest::prelude::*;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use taskpool_tui::app::Modes;
use taskpool_tui::app::args::Args;
use taskpool_tui::app::config::{
    Config, ConfigErrors, FuncKind, Method, PoolKind, STARTER, SourceError, UiSpec, describe, json_schema,
    keys_markdown, load, parse,
};
use taskpool_tui::app::dashboard::OnIdle;
use taskpool_tui::app::output::OutputLimits;

fn files(dir: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{dir}");
    files
}

/// A config of the checkout, which may belong to anybody.
fn checkout(path: &Path, registered: &[&str]) -> Result<Config, ConfigErrors> {
    parse(&fs::read_to_string(path).unwrap(), path, registered)
}

/// The message, without what differs from machine to machine.
fn shown(errors: &ConfigErrors) -> String {
    let search = std::env::var("PATH").unwrap();
    errors
        .render(false)
        .replace(&format!("PATH is {search}"), "PATH is …")
        .replace(env!("CARGO_MANIFEST_DIR"), "…")
}

fn mistakes(text: &str) -> ConfigErrors {
    parse(text, Path::new("tests/bad/inline.toml"), &[]).unwrap_err()
}

fn good(text: &str) -> Config {
    parse(text, Path::new("tests/bad/inline.toml"), &["import"]).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A pool with one group of these lines.
fn with_group(group: &str) -> String {
    format!("[[pool]]\nname = \"p\"\n\n[[pool.group]]\n{group}\n")
}

fn method(config: &Config) -> &Method {
    let PoolKind::Task { groups } = &config.pools[0].kind else {
        panic!("{:?}", config.pools[0]);
    };
    &groups[0].method
}

fn elements(config: &Config) -> Vec<Result<String, String>> {
    let source = method(config).source().unwrap();
    let args = source.open().unwrap();
    args.map(|args| {
        args.map(|args| args.to_string())
            .map_err(|error| error.to_string())
    })
    .collect()
}

#[test]
fn every_sample_loads() {
    for path in files("config") {
        let config = checkout(&path, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(!config.pools.is_empty(), "{}", path.display());
    }
}

#[test]
fn samples_are_described() {
    let descriptions: Vec<String> = files("config")
        .iter()
        .map(|path| describe(&load(path, &[]).unwrap()))
        .collect();
    insta::assert_snapshot!("samples", descriptions.join("\n────\n"));
}

#[test]
fn a_million_is_a_million() {
    let config = checkout(Path::new("config/million.toml"), &[]).unwrap();
    let PoolKind::Task { groups } = &config.pools[0].kind else {
        panic!("{:?}", config.pools[0]);
    };
    let tasks: u64 = groups.iter().map(|group| group.method.len().unwrap()).sum();
    assert_eq!(tasks, 1_000_000);
}

#[test]
fn the_starter_loads_and_needs_nothing() {
    let config =
        parse(STARTER, Path::new("/nowhere/starter.toml"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let built_in = |func: &taskpool_tui::app::config::FuncSpec| {
        matches!(func.kind, FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo)
    };
    assert!(config.funcs.iter().all(built_in));
    insta::assert_snapshot!("starter", describe(&config));
}

#[test]
fn every_broken_config_says_what_is_wrong() {
    let mut odd = Vec::new();
    for path in files("tests/bad") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let errors = match checkout(&path, &["import"]) {
            Ok(config) => panic!("{name} loads: {config:?}"),
            Err(errors) => errors,
        };
        insta::assert_snapshot!(format!("bad_{name}"), shown(&errors));
        let want = match name {
            "several" => 10,
            "keys_unknown_action" => 2,
            "keys_no_key" => 3,
            "keys_twice" => 4,
            "ui_words" => 7,
            _ => 1,
        };
        if errors.list().len() != want {
            odd.push(format!("{name}: {want} wanted\n{errors}"));
        }
    }
    assert!(odd.is_empty(), "one mistake is one message\n{}", odd.join("\n\n"));
}

#[test]
fn what_is_no_readable_text_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let latin1 = dir.path().join("latin1.toml");
    fs::write(&latin1, b"[[pool]]\nname = \"caf\xE9\"\n").unwrap();
    let here = |path: &Path| {
        let errors = load(path, &[]).unwrap_err();
        assert_eq!(errors.list().len(), 1);
        shown(&errors).replace(&dir.path().display().to_string(), "DIR")
    };
    insta::assert_snapshot!("not_utf8", here(&latin1));
    insta::assert_snapshot!("directory", here(dir.path()));
    insta::assert_snapshot!("missing", here(&dir.path().join("none.toml")));
}

#[test]
fn messages_have_no_control_characters_and_colours_only_if_asked() {
    for path in files("tests/bad") {
        let errors = checkout(&path, &[]).unwrap_err();
        let plain = errors.render(false);
        let hostile = |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert_eq!(plain.chars().find(hostile), None, "{}", path.display());
        assert!(errors.render(true).contains('\u{1b}'), "{}", path.display());
    }
    let raw = mistakes("[[pool]]\nname = \"p\"\nkind = '\u{202e}eno'\n");
    assert!(!raw.render(false).contains('\u{202e}'), "{raw}");
    let raw = mistakes("\u{1b}]52;c;x\u{7} = 1\n");
    assert!(!raw.render(false).contains(['\u{1b}', '\u{7}']), "{raw:?}");
}

#[test]
fn nothing_that_deceives_gets_out_with_a_snippet() {
    for hostile in HOSTILE {
        let text = format!("[[pool]] # x{hostile}\nname = 'p'\nkind = '{hostile}'\n");
        let errors = mistakes(&text);
        let shown = errors.render(false);
        assert!(!shown.contains(hostile), "{hostile:?} in {shown:?}");
        assert!(shown.contains("inline.toml:3:8"), "{shown}");
    }
}

#[test]
fn what_is_kept_of_output_is_said_once() {
    let config = good("[[pool]]\nname = \"p\"\n");
    let limits = OutputLimits::default();
    assert_eq!(
        (config.output.bytes, config.output.total_bytes),
        (limits.per_task, limits.total)
    );
    let keys = keys_markdown();
    for limit in [limits.per_task, limits.total] {
        assert!(keys.contains(&format!("Default: {limit}")), "{limit}\n{keys}");
    }
}

#[test]
fn what_is_described_deceives_nobody() {
    let dir = tempfile::tempdir().unwrap();
    for hostile in HOSTILE {
        let text = format!(
            "[func.f]\ncommand = [\"true\", \"a{hostile}b\", \"c {hostile}\"]\n\n\
             [func.s]\nshell = \"echo x{hostile}\"\n\n\
             [[pool]]\nname = \"p\"\n\n\
             [[pool.group]]\nmethod = \"apply\"\nfunc = \"f\"\nargs = [\"x{hostile}y\"]\n\n\
             [[pool.group]]\nmethod = \"map\"\nfunc = \"s\"\narg_iter = {{ glob = \"{hostile}*\" }}\n\n\
             [[pool.group]]\nmethod = \"map\"\nfunc = \"s\"\narg_iter = {{ lines = \"l{hostile}\" }}\n\n\
             [[pool]]\nkind = \"simple\"\nname = \"q\"\nfunc = \"echo\"\nkwargs = {{ \"k{hostile}\" = \"v{hostile}\" }}\n",
        );
        fs::write(dir.path().join(format!("l{hostile}")), "").unwrap();
        let path = dir.path().join(format!("config{hostile}.toml"));
        let config = parse(&text, &path, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        let shown = describe(&config);
        assert!(!shown.contains(hostile), "{hostile:?} in {shown}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!shown.contains(control), "{shown:?}");
    }
}

/// A sample of what can make a text look like another one.
const HOSTILE: [char; 12] = [
    '\u{85}',
    '\u{9b}',
    '\u{ad}',
    '\u{34f}',
    '\u{200b}',
    '\u{200d}',
    '\u{200f}',
    '\u{202e}',
    '\u{2066}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{e0041}',
];

#[test]
fn a_name_reads_the_same_everywhere() {
    let name = |name: &str| {
        let name = toml::Value::from(name).to_string();
        [
            format!("[[pool]]\nname = {name}\n"),
            with_group(&format!("name = {name}\nmethod = \"apply\"\nfunc = \"echo\"")),
            format!("[[pool]]\nname = \"p\"\n[func.{name}]\ncommand = [\"true\"]\n"),
        ]
    };
    let long = "ü".repeat(200);
    for fine in [
        "team-ä",
        "日本語",
        "two words",
        "e\u{301}",
        "עברית",
        "ภาษาไทย",
        "می\u{200c}خواهم",
        "❤\u{fe0f} photos",
        &long,
    ] {
        for text in name(fine) {
            good(&text);
        }
    }
    let too_long = "ü".repeat(201);
    let marks = format!("e{}", "\u{301}".repeat(9));
    let hostile = HOSTILE.map(|c| format!("te{c}am"));
    let others = [
        "te\u{200c}am",
        "👨\u{200d}👩",
        "a\u{fe0f}",
        "葛\u{e0100}城",
        "a\u{1b}[1m",
        "a\nb",
        &*too_long,
        &*marks,
    ];
    for bad in others.into_iter().chain(hostile.iter().map(String::as_str)) {
        for text in name(bad) {
            let errors = mistakes(&text);
            let [error] = errors.list() else {
                panic!("{errors}")
            };
            assert!(error.span.is_some() && !error.help.is_empty(), "{errors}");
        }
    }
    let used = with_group("method = \"apply\"\nfunc = \"te\\u200Bam\"");
    let errors = parse(&used, Path::new("x.toml"), &["te\u{200b}am"]).unwrap_err();
    assert!(errors.list()[0].message.contains("every terminal"), "{errors}");
}

#[test]
fn the_schema_is_as_it_was() {
    insta::assert_snapshot!("schema", serde_json::to_string_pretty(&json_schema()).unwrap());
}

#[test]
fn values_are_read_as_they_are_written() {
    let config = good(
        r#"
        [func.resize]
        command = ["echo", "{0}", "-s{1}"]
        env = { THREADS = 2 }
        timeout = "1m 30s"
        grace = "0s"

        [[pool]]
        pool_size = inf
        end_callback = "import"
        [[pool.group]]
        method = "starmap"
        func = "resize"
        args_iter = [["a b", 1_000], [0x10, 1.50, true]]
        num_concurrent = 2
        autostart = false

        [[pool]]
        kind = "simple"
        func = "import"
        kwargs = { z = 1, a = "x" }
        pool_size = 0

        [output]
        bytes = 300
        "#,
    );
    let [resize, import] = &*config.funcs else {
        panic!("{:?}", config.funcs);
    };
    assert_eq!(import.kind, FuncKind::Registered);
    assert_eq!(resize.env, [("THREADS".to_owned(), "2".to_owned())]);
    assert_eq!(
        (resize.timeout.unwrap().as_secs(), resize.grace.as_secs()),
        (90, 0)
    );
    assert_eq!(
        resize.cwd,
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
    );
    let FuncKind::Command { program, .. } = &resize.kind else {
        panic!("{:?}", resize.kind);
    };
    assert!(program.as_ref().unwrap().is_absolute());
    let names: Vec<&str> = config.pools.iter().map(|pool| &*pool.name).collect();
    assert_eq!(names, ["0", "1"]);
    assert_eq!(
        config.pools.iter().map(|pool| pool.pool_size).collect::<Vec<_>>(),
        [None, Some(0)]
    );
    assert_eq!(
        elements(&config),
        [Ok("\"a b\" 1000".to_owned()), Ok("16 1.50 true".to_owned())]
    );
    let PoolKind::Simple { args, start, .. } = &config.pools[1].kind else {
        panic!("{:?}", config.pools[1]);
    };
    assert_eq!((args.to_string().as_str(), *start), ("z=1 a=x", 0));
    assert_eq!((config.output.bytes, config.output.total_bytes), (300, 64 << 20));
}

#[test]
fn files_are_relative_to_the_config() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(dir.path().join(name), text).unwrap();
    write("list.txt", b"one\r\ntwo words\n\xFF\n");
    write("jobs.csv", b"from,to\na,b\n\"c,d\",e\n");
    write(
        "hosts.jsonl",
        b"{\"host\": \"db1\"}\nnonsense\n{\"host\": \"db2\"}\n",
    );
    let read = |name: &str, iter: &str| {
        let text = with_group(&format!("method = \"{name}\"\nfunc = \"echo\"\n{iter}"));
        let config =
            parse(&text, &dir.path().join("x.toml"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(method(&config).source().unwrap().may_block());
        assert_eq!(method(&config).len(), None);
        elements(&config)
    };
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(
        read("map", "arg_iter = { lines = \"list.txt\" }"),
        [ok("one"), ok("\"two words\""), ok("\u{fffd}")]
    );
    assert_eq!(read("map", "arg_iter = { glob = \"*.txt\" }"), [ok("list.txt")]);
    assert_eq!(
        read("starmap", "args_iter = { csv = \"jobs.csv\", header = true }"),
        [ok("a b"), ok("c,d e")]
    );
    assert_eq!(
        read(
            "doublestarmap",
            "kwargs_iter = { csv = \"jobs.csv\", header = true }"
        ),
        [ok("from=a to=b"), ok("from=c,d to=e")]
    );
    let hosts = read("doublestarmap", "kwargs_iter = { jsonl = \"hosts.jsonl\" }");
    assert_eq!((&hosts[0], &hosts[2]), (&ok("host=db1"), &ok("host=db2")));
    assert!(
        hosts[1].as_ref().unwrap_err().contains("hosts.jsonl:2: no JSON"),
        "{hosts:?}"
    );
}

#[test]
fn paths_are_absolute_for_a_function_that_runs_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("a.txt"), "").unwrap();
    let read = |cwd: &str| {
        let func = format!("[func.f]\nshell = 'cat \"$1\"'\n{cwd}\n\n");
        let text = func + &with_group("method = \"map\"\nfunc = \"f\"\narg_iter = { glob = \"*.txt\" }");
        elements(&parse(&text, &dir.path().join("x.toml"), &[]).unwrap())
    };
    assert_eq!(read(""), [Ok("a.txt".to_owned())]);
    let absolute = dir.path().join("a.txt").display().to_string();
    assert_eq!(read("cwd = \"sub\""), [Ok(absolute)]);
}

#[test]
fn a_pipe_that_never_ends_is_read_only_as_far_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let text = with_group("method = \"map\"\nfunc = \"echo\"\narg_iter = { lines = \"pipe\" }");
    // Loading does not open the pipe: that would wait for a writer.
    let config = parse(&text, &dir.path().join("x.toml"), &[]).unwrap();
    let writer = std::thread::spawn(move || {
        let mut pipe = fs::OpenOptions::new().write(true).open(pipe).unwrap();
        let mut written = 0_u64;
        while writeln!(pipe, "line {written}").is_ok() {
            written += 1;
        }
        written
    });
    let mut elements = method(&config).source().unwrap().open().unwrap();
    let three: Vec<Args> = elements.by_ref().take(3).map(Result::unwrap).collect();
    assert_eq!(three[2].to_string(), "\"line 2\"");
    drop(elements);
    // The writer stops at its first write after that: nobody reads any more.
    assert!(writer.join().unwrap() >= 3);
}

#[test]
fn ten_million_lines_start_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse.txt");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"first\nsecond\n").unwrap();
    // A terabyte that takes no room on the disk; reading it all would take minutes.
    file.set_len(1 << 40).unwrap();
    let text = with_group("method = \"map\"\nfunc = \"echo\"\narg_iter = { lines = \"sparse.txt\" }");
    let config = parse(&text, &dir.path().join("x.toml"), &[]).unwrap();
    let mut elements = method(&config).source().unwrap().open().unwrap();
    let two: Vec<String> = elements
        .by_ref()
        .take(2)
        .map(|args| args.unwrap().to_string())
        .collect();
    assert_eq!(two, ["first", "second"]);
}

#[test]
fn a_source_that_goes_away_says_so_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.txt");
    fs::write(&path, "a\n").unwrap();
    let text = with_group("method = \"map\"\nfunc = \"echo\"\narg_iter = { lines = \"list.txt\" }");
    let config = parse(&text, &dir.path().join("x.toml"), &[]).unwrap();
    fs::remove_file(&path).unwrap();
    let error = method(&config).source().unwrap().open().err().unwrap();
    assert!(error.to_string().contains("list.txt"), "{error}");
}

#[test]
fn reading_a_directory_in_the_middle_is_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list");
    fs::write(&path, "").unwrap();
    let text = with_group("method = \"map\"\nfunc = \"echo\"\narg_iter = { lines = \"list\" }");
    let config = parse(&text, &dir.path().join("x.toml"), &[]).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut elements = method(&config).source().unwrap().open().unwrap();
    assert!(matches!(elements.next(), Some(Err(SourceError::Broken { .. }))));
    assert!(elements.next().is_none());
}

#[test]
fn r05_a_pool_size_is_a_whole_number_or_unlimited() {
    let size = |value: &str| {
        let text = format!("[[pool]]\nname = \"p\"\npool_size = {value}\n");
        parse(&text, Path::new("x.toml"), &[]).map(|config| config.pools[0].pool_size)
    };
    assert_eq!(size("3").unwrap(), Some(3));
    assert_eq!(size("0").unwrap(), Some(0));
    assert_eq!(size("inf").unwrap(), None);
    for value in ["2.5", "nan", "-1", "-inf", "1e3", "true", "99999999999999999999"] {
        assert_eq!(size(value).unwrap_err().list().len(), 1, "{value}");
    }
}

#[test]
fn r33_num_is_not_negative_and_0_is_an_empty_group() {
    let num = |value: &str| {
        let text = with_group(&format!("method = \"apply\"\nfunc = \"echo\"\nnum = {value}"));
        parse(&text, Path::new("x.toml"), &[]).map(|config| method(&config).len())
    };
    assert_eq!(num("0").unwrap(), Some(0));
    assert_eq!(num("-3").unwrap_err().list().len(), 1);
    assert_eq!(num("1.5").unwrap_err().list().len(), 1);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    good("\u{feff}[[pool]]\r\nname = \"p\"\r\n");
}

#[test]
fn registered_functions_are_known_and_keep_their_names() {
    good(&with_group("method = \"apply\"\nfunc = \"import\""));
    let redefined = "[func.import]\ncommand = [\"true\"]\n\n[[pool]]\nname = \"p\"\n";
    let errors = parse(redefined, Path::new("x.toml"), &["import"]).unwrap_err();
    assert!(errors.list()[0].message.contains("registered"), "{errors}");
    // What it does is the program's business; whether it is tried again is the config's.
    let tried = "[func.import]\nretries = 2\nbackoff = \"3s\"\n\n";
    let config = good(&format!(
        "{tried}{}",
        with_group("method = \"apply\"\nfunc = \"import\"")
    ));
    let func = config.func("import").unwrap();
    assert_eq!(func.kind, FuncKind::Registered);
    assert_eq!(func.again.unwrap().to_string(), "2 retries, backoff 3s");
}

#[test]
fn a_name_is_as_wide_everywhere_and_differs_to_the_eye() {
    let config = good(
        "[func.\"❤\u{fe0f}\"]\ncommand = [\"true\"]\n[[pool]]\nname = \"❤\u{fe0f}\"\nend_callback = \"❤\"\n",
    );
    assert_eq!((&*config.pools[0].name, &*config.funcs[0].name), ("❤", "❤"));
    for names in [["❤\u{fe0f}", "❤"], ["می\u{200c}خواهم", "میخواهم"]] {
        let pools = names
            .map(|name| format!("[[pool]]\nname = \"{name}\"\n"))
            .concat();
        let errors = mistakes(&pools);
        assert!(errors.list()[0].message.contains("already"), "{errors}");
    }
}

#[test]
fn what_takes_commands_out_of_the_tasks_hands_is_warned_of_where_it_stands() {
    let script = "[func.fetch]\nshell = '''\nset -e\ntimeout 60 curl \"$1\" | jq .\nnohup setsid helper >log 2>&1 &\n'''\n\
         [func.escaped]\nshell = \"echo\\ttimeout; timeout 5 x\"\n\
         [func.direct]\ncommand = [\"timeout\", \"5\", \"true\"]\n\
         [func.inner]\ncommand = [\"sh\", \"-c\", \"sleep 1 & exit\"]\n";
    let config = good(&format!(
        "{script}{}",
        with_group("method = \"apply\"\nfunc = \"fetch\"")
    ));
    insta::assert_snapshot!("out_of_hand", config.warnings.unwrap().render(false));
}

#[test]
fn no_sample_is_warned_of() {
    for path in files("config") {
        let warnings = checkout(&path, &[]).unwrap().warnings;
        assert!(warnings.is_none(), "{}", warnings.unwrap());
    }
}

#[test]
fn a_tilde_that_nobody_expands_is_warned_of() {
    let config = |command: &str, values: &str| {
        let group = format!("method = \"map\"\nfunc = \"f\"\narg_iter = {values}");
        let config = good(&format!("[func.f]\ncommand = {command}\n{}", with_group(&group)));
        config.warnings.map(|warnings| warnings.list().len())
    };
    assert_eq!(config(r#"["ls", "~/x", "{0}"]"#, r#"["a"]"#), Some(1));
    assert_eq!(config(r#"["ls", "{0}"]"#, r#"["a", "~/b"]"#), Some(1));
    assert_eq!(
        config(r#"["ls", "a~/x", "~", "{0}"]"#, r#"["a~/b"]"#),
        Some(1),
        "a bare tilde"
    );
}

proptest! {
    /// Whatever a file has become, it is read or its mistakes are shown; and no place is outside of it.
    #[test]
    fn no_text_makes_it_panic(
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[\\PC\n\"{}\\[\\]=]{0,3}"), 1..4),
    ) {
        let files: Vec<PathBuf> = files("tests/bad").into_iter().chain(files("config")).collect();
        let mut text: Vec<char> = fs::read_to_string(one.get(&files)).unwrap().chars().collect();
        let donor: Vec<char> = fs::read_to_string(other.get(&files)).unwrap().chars().collect();
        for (at, from, extra) in cuts {
            let (at, from) = (at.index(text.len() + 1), from.index(donor.len() + 1));
            let piece = donor[from..(from + 12).min(donor.len())].iter().copied().chain(extra.chars());
            text.splice(at..(at + 5).min(text.len()), piece);
        }
        let text: String = text.into_iter().collect();
        match parse(&text, Path::new("tests/bad/mutated.toml"), &["import"]) {
            Ok(config) => prop_assert!(!describe(&config).is_empty()),
            Err(errors) => {
                prop_assert!(!errors.list().is_empty());
                prop_assert!(errors.render(false).contains("nothing was started"));
            }
        }
    }
}

#[test]
fn t6_a_value_that_may_be_taken_for_an_option_is_warned_of() {
    let config = |command: &str, values: &str| {
        let func = format!("[func.delete]\ncommand = {command}\n");
        let group = format!("method = \"map\"\nfunc = \"delete\"\narg_iter = {values}");
        good(&format!("{func}{}", with_group(&group)))
    };
    let warned = config(r#"["rm", "{0}"]"#, r#"["a", "-rf", "--no-preserve-root", "-"]"#);
    insta::assert_snapshot!("like_an_option", warned.warnings.unwrap().render(false));
    for (command, values) in [
        (r#"["rm", "--", "{0}"]"#, r#"["-rf"]"#),
        (r#"["rm", "./{0}"]"#, r#"["-rf"]"#),
        (r#"["seq", "{0}"]"#, "{ range = [-3, 3] }"),
    ] {
        assert!(config(command, values).warnings.is_none(), "{command} {values}");
    }
}

#[test]
fn how_careful_the_dashboard_is_stands_in_the_config() {
    let usual = with_group("method = \"apply\"\nfunc = \"echo\"");
    let ui = |lines: &str| format!("{usual}\n[ui]\n{lines}\n");
    assert_eq!(good(&usual).ui.modes, Modes::default());
    assert_eq!(good(&ui("ask = \"usual\"")).ui.modes, Modes::default());
    let careful = Modes {
        read_only: true,
        ask_always: true,
    };
    assert_eq!(good(&ui("read_only = true\nask = \"always\"")).ui.modes, careful);
    let on_idle = |text: &str| good(text).ui.settings(&UiSpec::default()).on_idle;
    assert_eq!(on_idle(&usual), OnIdle::Stay);
    assert_eq!(on_idle(&ui("on_idle = \"quit-if-ok\"")), OnIdle::QuitIfOk);
    let errors = shown(&mistakes(&ui("ask = \"alway\"\nread_only = 1")));
    assert!(errors.contains("did you mean `always`?"), "{errors}");
    assert!(errors.contains("`true` or `false`"), "{errors}");
}
