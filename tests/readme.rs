//! The README's tables and its picture are those of the program. `UPDATE_README=1 cargo test --test readme` writes them.

#![cfg(feature = "tui")]

use std::fs;
use std::path::PathBuf;
use taskpool_tui::app::config;
use taskpool_tui::app::dashboard::keys_markdown;
use taskpool_tui::app::filter::language_markdown;
use taskpool_tui::app::status::LOOKS;
use taskpool_tui::app::warnings::warnings_markdown;

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

/// A screen as the tests of the screens hold it.
fn picture() -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/screens__pool_80x24.snap");
    let text = fs::read_to_string(file).expect("the snapshot");
    let (_, screen) = text.split_once("\n---\n").expect("a head and a body");
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    format!("```text\n{}\n```", lines.join("\n"))
}

#[test]
fn the_tables_are_those_of_the_program() {
    let readme = fs::read_to_string(path()).expect("the README");
    let mut wanted = with(&readme, "keys", &keys_markdown());
    wanted = with(&wanted, "picture", &picture());
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
