//! The README's tables and its pictures are those of the program. `UPDATE_README=1 cargo test --test readme` writes
//! them.

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

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The README with what stands between the marks of this name replaced.
fn with(readme: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let (before, rest) = readme.split_once(&begin).expect("the mark at the beginning");
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

fn pictures() -> String {
    let images = PICTURES.map(|(name, title, _)| format!("![{title}](docs/pictures/{name}.svg)"));
    images.join("\n\n")
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
    let readme = fs::read_to_string(path()).expect("the README");
    let mut wanted = with(&readme, "keys", &keys_markdown());
    wanted = with(&wanted, "picture", &pictures());
    wanted = with(&wanted, "states", &states());
    wanted = with(&wanted, "config", &config::keys_markdown());
    wanted = with(&wanted, "warnings", &warnings_markdown());
    wanted = with(&wanted, "filter", &language_markdown());
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path(), &wanted).expect("the README can be written");
        return;
    }
    assert!(
        readme == wanted,
        "the README is stale: UPDATE_README=1 cargo test --test readme"
    );
}

#[test]
fn the_first_commands_are_the_dashboard_and_the_tests() {
    let readme = fs::read_to_string(path()).expect("the README");
    let (_, rest) = readme.split_once("```console\n").expect("a block of commands");
    let commands: Vec<&str> = rest.lines().take(2).collect();
    assert!(
        commands[0].starts_with("$ cargo run --release -- config/demo.toml"),
        "{commands:?}"
    );
    assert!(commands[1].starts_with("$ cargo test"), "{commands:?}");
}

#[test]
fn the_config_of_the_readme_is_one() {
    let readme = fs::read_to_string(path()).expect("the README");
    let (_, rest) = readme.split_once("```toml\n[func.compress]").expect("the config");
    let (body, _) = rest.split_once("```").expect("its end");
    let text = format!("[func.compress]{body}");
    let parsed = config::parse(&text, &PathBuf::from("/tmp/readme.toml"), &[]);
    assert_eq!(
        parsed
            .map(|config| config.pools.len())
            .map_err(|errors| errors.to_string()),
        Ok(2)
    );
}

#[test]
fn the_keys_and_colours_of_the_readme_are_some() {
    let readme = fs::read_to_string(path()).expect("the README");
    let (_, rest) = readme.split_once("```toml\n[ui]").expect("the tables");
    let (body, _) = rest.split_once("```").expect("their end");
    let text = format!("[ui]{body}\n[[pool]]\nname = 'p'\n");
    let parsed = config::parse(&text, &PathBuf::from("/tmp/readme.toml"), &[]);
    assert_eq!(parsed.map(|_| ()).map_err(|errors| errors.to_string()), Ok(()));
}
