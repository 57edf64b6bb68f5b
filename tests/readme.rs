//! README.md and the files in `docs/`: their tables and pictures are those of the program, their configs are accepted,
//! their links lead somewhere, and the recipes run. `UPDATE_README=1 cargo test --test readme` writes the tables and
//! the pictures.

#![cfg(feature = "tui")]
#![expect(clippy::unwrap_used, reason = "what is made up is there")]

#[expect(dead_code, reason = "others show more of what it makes up")]
mod common;
mod svg;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use taskpool_tui::app::config;
use taskpool_tui::app::dashboard::{Chord, Msg, State, keys_markdown, update};
use taskpool_tui::app::filter::language_markdown;
use taskpool_tui::app::status::LOOKS;
use taskpool_tui::app::warnings::warnings_markdown;
use taskpool_tui::ui::{Theme, picture};

/// The most lines of the README.
const MOST_LINES: usize = 150;

/// The longest line of text, in characters. Tables that are made from the program have lines of any length.
const WIDTH: usize = 140;

/// A block that is made from the program. It stands in one file, between two marks with its name.
struct Block {
    file: &'static str,
    name: &'static str,
    text: fn() -> String,
}

const BLOCKS: [Block; 7] = [
    block("README.md", "picture", || picture_of("docs/pictures", "pools")),
    block("docs/config.md", "config", config::keys_markdown),
    block("docs/dashboard.md", "pictures", || {
        ["pool", "task", "timeline"]
            .map(|name| picture_of("pictures", name))
            .join("\n\n")
    }),
    block("docs/dashboard.md", "states", states),
    block("docs/filter.md", "filter", language_markdown),
    block("docs/keys.md", "keys", keys_markdown),
    block("docs/warnings.md", "warnings", warnings_markdown),
];

const fn block(file: &'static str, name: &'static str, text: fn() -> String) -> Block {
    Block { file, name, text }
}

impl Block {
    /// The mark before it, and the one behind it.
    fn marks(&self) -> [String; 2] {
        ["begin", "end"].map(|end| format!("<!-- {}: {end} -->", self.name))
    }

    /// The text of its file with the block as the program makes it now.
    fn put_into(&self, text: &str) -> String {
        let [begin, end] = self.marks();
        let (before, rest) = text.split_once(&begin).expect("the mark at the beginning");
        let (_, after) = rest.split_once(&end).expect("the mark at the end");
        format!("{before}{begin}\n{}\n{end}{after}", (self.text)().trim_end())
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// README.md and the files in `docs/`.
fn files() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("the folder of the documentation");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|ext| ext == "md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    files.sort();
    files.insert(0, "README.md".to_owned());
    files
}

/// A block of code.
struct Fence {
    language: String,
    text: String,
}

/// The blocks of code of a file, and its other lines.
fn parts(text: &str) -> (Vec<Fence>, Vec<&str>) {
    let (mut fences, mut prose, mut open) = (Vec::new(), Vec::new(), None::<Fence>);
    for line in text.lines() {
        open = match (line.strip_prefix("```"), open) {
            (Some(language), None) => Some(Fence {
                language: language.to_owned(),
                text: String::new(),
            }),
            (Some(_), Some(fence)) => {
                fences.push(fence);
                None
            }
            (None, Some(fence)) => Some(Fence {
                text: fence.text + line + "\n",
                ..fence
            }),
            (None, None) => {
                prose.push(line);
                None
            }
        };
    }
    assert!(open.is_none(), "a block of code has no end");
    (fences, prose)
}

/// The anchors of the headings among these lines, made as GitHub makes them.
fn anchors(prose: &[&str]) -> BTreeSet<String> {
    let headings = prose.iter().filter(|line| line.starts_with('#'));
    let anchor = |heading: &&str| -> String {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        text.chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    headings.map(anchor).collect()
}

/// Where the links of a line lead.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
    ends.filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
}

/// A program that is run in a folder which is its home, too.
fn program(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(dir).stdin(Stdio::null()).env("HOME", dir);
    command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
    command
}

fn taskpool_tui() -> &'static str {
    env!("CARGO_BIN_EXE_taskpool-tui")
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
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
        "One task: its phases, other runs of its function, its output",
        "2 g g Enter",
    ),
    (
        "timeline",
        "The timeline of a pool: its slots, and the tasks in them",
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

/// An image of this name in a folder, as Markdown.
fn picture_of(dir: &str, name: &str) -> String {
    let found = PICTURES.iter().find(|(own, ..)| *own == name);
    let (_, title, _) = found.expect("a picture of that name");
    format!("![{title}]({dir}/{name}.svg)")
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
    let update = std::env::var_os("UPDATE_README").is_some();
    for block in &BLOCKS {
        let is = read(block.file);
        let wanted = block.put_into(&is);
        if update {
            fs::write(root().join(block.file), &wanted).expect("the file can be written");
            continue;
        }
        assert!(
            is == wanted,
            "`{}` in {} is stale: UPDATE_README=1 cargo test --test readme",
            block.name,
            block.file
        );
    }
}

#[test]
fn every_mark_belongs_to_a_block_of_its_file() {
    for file in files() {
        let is = read(&file);
        let marks = is.lines().filter(|line| {
            line.starts_with("<!-- ") && [": begin -->", ": end -->"].iter().any(|end| line.ends_with(end))
        });
        let own = BLOCKS.iter().filter(|block| block.file == file);
        let mut wanted: Vec<String> = own.flat_map(Block::marks).collect();
        let mut marks: Vec<&str> = marks.collect();
        marks.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(marks, wanted, "{file}");
    }
}

#[test]
fn the_readme_is_short_and_its_lines_are() {
    let lines = read("README.md").lines().count();
    assert!(
        lines <= MOST_LINES,
        "README.md has {lines} lines: more than {MOST_LINES}"
    );
    for file in files() {
        let text = read(&file);
        let mut made = false;
        for (number, line) in (1..).zip(text.lines()) {
            made = (made || line.ends_with(": begin -->")) && !line.ends_with(": end -->");
            let width = line.chars().count();
            assert!(made || width <= WIDTH, "{file}:{number} has {width} characters");
        }
    }
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_in_it() {
    let mut seen = 0;
    for file in files() {
        let from = read(&file);
        let (_, prose) = parts(&from);
        let dir = Path::new(&file).parent().unwrap();
        for link in prose.iter().flat_map(|line| links(line)) {
            if link.contains("://") {
                continue;
            }
            seen += 1;
            let (path, anchor) = link
                .split_once('#')
                .map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() {
                PathBuf::from(&file)
            } else {
                dir.join(path)
            };
            assert!(root().join(&target).exists(), "{file}: there is no {link}");
            if let Some(anchor) = anchor {
                let text = read(target.to_str().unwrap());
                let known = anchors(&parts(&text).1);
                assert!(
                    known.contains(anchor),
                    "{file}: no heading for {link} in {known:?}"
                );
            }
        }
    }
    assert!(seen >= 20, "only {seen} links were looked at");
}

#[test]
fn the_readme_leads_to_every_file_of_the_documentation() {
    let readme = read("README.md");
    let linked: BTreeSet<&str> = readme.lines().flat_map(links).collect();
    for file in files().iter().skip(1) {
        assert!(linked.contains(file.as_str()), "README.md has no link to {file}");
    }
}

#[test]
fn the_first_commands_are_the_dashboard_and_the_tests() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("```console\n").expect("a block of commands");
    let commands: Vec<&str> = rest.lines().take(2).collect();
    assert!(
        commands[0].starts_with("$ cargo run --release -- config/demo.toml"),
        "{commands:?}"
    );
    assert!(commands[1].starts_with("$ cargo test"), "{commands:?}");
}

#[test]
fn every_config_that_is_shown_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    // The files that configs read have to be there.
    fs::write(dir.path().join("runs.csv"), "model,rate,seed\n").unwrap();
    let mut seen = 0;
    for file in files() {
        for fence in parts(&read(&file))
            .0
            .iter()
            .filter(|fence| fence.language == "toml")
        {
            seen += 1;
            let mut text = fence.text.clone();
            if !text.contains("[[pool]]") {
                // Only tables beside the pools are shown.
                text += "\n[[pool]]\nname = 'p'\n";
            }
            fs::write(dir.path().join("shown.toml"), text).unwrap();
            let checked = program(taskpool_tui(), dir.path())
                .args(["check", "shown.toml"])
                .output()
                .unwrap();
            assert!(
                checked.status.success(),
                "{file}:\n{}\n{}",
                fence.text,
                self::text(&checked)
            );
        }
    }
    assert!(seen >= 6, "only {seen} configs were looked at");
}

#[test]
fn records_that_are_shown_are_json_and_code_is_where_it_is_compiled() {
    let mut seen = 0;
    for file in files() {
        for fence in parts(&read(&file)).0 {
            match fence.language.as_str() {
                "json" => {
                    for line in fence.text.lines() {
                        seen += 1;
                        serde_json::from_str::<serde_json::Value>(line)
                            .unwrap_or_else(|error| panic!("{file}: {error} in {line}"));
                    }
                }
                "rust" => assert_eq!(file, "README.md", "only its examples are compiled"),
                "toml" | "console" | "text" => {}
                other => panic!("{file}: a block of {other:?}"),
            }
        }
    }
    assert!(seen > 0, "no record was looked at");
}

/// A recipe: files that are written (their names stand in a comment in their first line), commands, and some lines of
/// what those print. A line `…` stands for others.
#[test]
fn the_recipes_of_the_readme_run_as_they_stand() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("\n## Recipes\n").expect("the recipes");
    let (recipes, _) = rest.split_once("\n## ").expect("the section behind them");
    let dir = tempfile::tempdir().unwrap();
    let bin = Path::new(taskpool_tui()).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let (mut commands, mut lines) = (0, 0);
    for fence in parts(recipes).0 {
        if fence.language == "toml" {
            let name = fence.text.lines().next().and_then(|line| line.strip_prefix("# "));
            fs::write(dir.path().join(name.expect("the name of a file")), fence.text).unwrap();
            continue;
        }
        assert_eq!(fence.language, "console");
        let mut printed = String::new();
        for line in fence.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                commands += 1;
                let mut shell = program("sh", dir.path());
                let run = shell.args(["-c", command]).env("PATH", &path).output().unwrap();
                printed = text(&run);
                assert!(run.status.success(), "{command}:\n{printed}");
            } else if line != "…" {
                lines += 1;
                assert!(
                    printed.lines().any(|is| is_like(is, line)),
                    "{line}\nis not in\n{printed}"
                );
            }
        }
    }
    assert!(
        commands >= 5 && lines >= 3,
        "{commands} commands and {lines} lines were looked at"
    );
}

/// Whether a line is as it is shown, but for the blanks and for times such as `0.094s`.
fn is_like(is: &str, shown: &str) -> bool {
    let is_time = |word: &str| {
        word.ends_with('s') && word.trim_end_matches('s').parse::<f64>().is_ok() && word.contains('.')
    };
    let words = |line: &str| -> Vec<String> {
        let words = line.split_whitespace();
        words
            .map(|word| {
                if is_time(word) {
                    "TIME".to_owned()
                } else {
                    word.to_owned()
                }
            })
            .collect()
    };
    words(is) == words(shown)
}
