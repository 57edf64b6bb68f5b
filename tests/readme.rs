//! The tables and pictures of the README and of `docs/` are those of the program, their configs can be read, their links
//! lead somewhere. `UPDATE_README=1 cargo test --test readme` writes tables and pictures.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "what is made up is there")]

#[expect(dead_code, reason = "others show more of what it makes up")]
mod common;
mod svg;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use taskpool_tui::app::config;
use taskpool_tui::app::dashboard::{Chord, Msg, State, keys_markdown, update};
use taskpool_tui::app::filter::language_markdown;
use taskpool_tui::app::status::LOOKS;
use taskpool_tui::app::warnings::warnings_markdown;
use taskpool_tui::ui::{Theme, picture};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("the README")
}

/// The README and the documents: their paths from the root, and their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(root().join("docs")).expect("the documents");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    let all = docs.chain([root().join("README.md")]);
    all.map(|path| {
        let text = fs::read_to_string(&path).expect("a document");
        let path = path.strip_prefix(root()).expect("it is in there").to_owned();
        (path, text)
    })
    .collect()
}

/// A document with what stands between the marks of this name replaced.
fn with(document: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let (before, rest) = document.split_once(&begin).expect("the mark at the beginning");
    let (_, after) = rest.split_once(&end).expect("the mark at the end");
    format!("{before}{begin}\n{}\n{end}{after}", text.trim_end())
}

fn states() -> String {
    let mut table = "| Shown as | Sign | Letter | Means |\n|---|:-:|:-:|---|\n".to_owned();
    for look in &LOOKS {
        table += &format!(
            "| {} | {} | {} | {} |\n",
            look.word, look.glyph, look.letter, look.meaning
        );
    }
    table
}

/// The size of the pictures, in cells.
const SIZE: (u16, u16) = (110, 32);

/// The pictures: a name, what it shows, and the keys that lead there.
const PICTURES: [(&str, &str, &str); 4] = [
    ("pools", "The list of pools", ""),
    (
        "pool",
        "One pool: its groups, its tasks, the output of one of them",
        "2 k k",
    ),
    (
        "task",
        "One task: its life, how it compares with its peers, its output",
        "2 g g Enter",
    ),
    (
        "timeline",
        "The timeline of a pool: which task held which slot, and when",
        "4 j j j ← ←",
    ),
];

/// A screen of made-up pools, after these keys.
fn screen(keys: &str, title: &str) -> String {
    let mut state = State::default();
    update(&mut state, Msg::View(Arc::new(common::busy())));
    for key in keys.split_whitespace() {
        settle(&mut state);
        for key in key.parse::<Chord>().expect("a key").0 {
            update(&mut state, Msg::Key(key));
        }
    }
    settle(&mut state);
    svg::svg(&picture(&mut state, Theme::default(), SIZE), title)
}

/// Gives the state the view that it wants, once it knows its rows.
fn settle(state: &mut State) {
    picture(state, Theme::default(), SIZE);
    let view = common::shown(state.wanted());
    update(state, Msg::View(Arc::new(view)));
}

#[test]
fn the_pictures_are_those_of_the_program() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    for (name, title, keys) in PICTURES {
        let file = dir.join(format!("{name}.svg"));
        let wanted = screen(keys, title);
        if std::env::var_os("UPDATE_README").is_some() {
            fs::create_dir_all(&dir).expect("the directory of the pictures");
            fs::write(&file, wanted).expect("the picture can be written");
            continue;
        }
        let is = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            is == wanted,
            "{} is stale: UPDATE_README=1 cargo test --test readme",
            file.display()
        );
    }
}

#[test]
fn the_tables_are_those_of_the_program() {
    let tables = [
        (
            "README.md",
            "picture",
            format!("![{}](docs/pictures/pools.svg)", PICTURES[0].1),
        ),
        ("docs/keys.md", "keys", keys_markdown()),
        ("docs/dashboard.md", "states", states()),
        ("docs/config.md", "config", config::keys_markdown()),
        ("docs/warnings.md", "warnings", warnings_markdown()),
        ("docs/filter.md", "filter", language_markdown()),
    ];
    for (name, mark, table) in tables {
        let path = root().join(name);
        let is = fs::read_to_string(&path).expect("a document");
        let wanted = with(&is, mark, &table);
        if std::env::var_os("UPDATE_README").is_some() {
            fs::write(&path, &wanted).expect("it can be written");
            continue;
        }
        assert!(
            is == wanted,
            "{name} is stale: UPDATE_README=1 cargo test --test readme"
        );
    }
}

#[test]
fn the_first_commands_are_the_dashboard_and_the_tests() {
    let readme = readme();
    let (_, rest) = readme.split_once("```console\n").expect("a block of commands");
    let commands: Vec<&str> = rest.lines().take(2).collect();
    assert!(
        commands[0].starts_with("$ cargo run --release -- config/demo.toml"),
        "{commands:?}"
    );
    assert!(commands[1].starts_with("$ cargo test"), "{commands:?}");
}

#[test]
fn the_readme_is_short() {
    let lines = readme().lines().count();
    assert!(lines <= 150, "{lines} lines: docs/ has the rest");
}

#[test]
fn the_configs_of_the_documents_are_some() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("matrix.csv"), "os,channel\nlinux,stable\n").expect("what one of them reads");
    let mut seen = 0;
    for (path, text) in documents() {
        for block in text.split("```toml\n").skip(1) {
            let (body, _) = block.split_once("```").expect("its end");
            let whole = match body {
                cargo if cargo.starts_with("[dependencies]") => continue,
                user if user.starts_with("[ui]") => format!("{user}\n[[pool]]\nname = 'p'\n"),
                config => config.to_owned(),
            };
            seen += 1;
            let parsed = config::parse(&whole, &dir.path().join("document.toml"), &[]);
            let parsed = parsed.map(|_| ()).map_err(|errors| errors.to_string());
            assert_eq!(parsed, Ok(()), "{}", path.display());
        }
    }
    assert!(seen >= 4, "only {seen} were looked at");
}

#[test]
fn links_of_the_documents_lead_to_files() {
    let mut seen = 0;
    for (path, text) in documents() {
        let folder = root().join(path.parent().expect("a file"));
        for link in text.split("](").skip(1) {
            let (target, _) = link.split_once(')').expect("its end");
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            seen += 1;
            let there = folder.join(file);
            assert!(there.exists(), "{}: {target}", path.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&there).expect("a document");
                let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
                let mut anchors = headings.map(|line| {
                    let line = line.trim_start_matches('#').trim().to_lowercase();
                    line.replace(' ', "-").replace([',', '.', '`'], "")
                });
                assert!(anchors.any(|one| one == anchor), "{}: {target}", path.display());
            }
        }
    }
    assert!(seen >= 15, "only {seen} were looked at");
}
