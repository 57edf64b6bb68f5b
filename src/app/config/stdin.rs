//! What a function reads: nothing, a text, a file, lines, or the keys of its terminal.

use super::Context;
use super::error::{ConfigError, quoted};
use super::keys::STDIN;
use super::paths::Given;
use super::section::{At, Section};
use crate::app::process::Stdin;
use std::os::unix::fs::FileTypeExt as _;
use toml::de::DeValue;

/// Whether the function has a terminal. One that has reads its keys, and nothing else.
pub(super) fn pty(section: &mut Section<'_, '_>) -> bool {
    let pty = section.switch("pty").unwrap_or(false);
    if pty && let (Some(pty), Some(stdin)) = (section.key_span("pty"), section.key_span("stdin")) {
        section.push(
            ConfigError::at(stdin, "a function with `pty = true` has no `stdin` of its own")
                .label("it reads what is typed into its terminal")
                .related(pty, "the terminal")
                .help("leave one of the two out"),
        );
    }
    pty
}

/// What the function reads. What is wrong is reported.
pub(super) fn stdin(section: &mut Section<'_, '_>, at: &Context<'_>) -> Stdin {
    let Some((kind, value)) = section.raw("stdin") else {
        return Stdin::Empty;
    };
    match value.get_ref() {
        DeValue::String(word) if word == "line" => Stdin::Open,
        DeValue::Table(table) => {
            let title = format!("{} `stdin`", section.title());
            let mut inner = section.inner(&STDIN, title, table, value.span());
            stdin_of(&mut inner, at).unwrap_or_default()
        }
        _ => {
            section.wrong("stdin", kind, value);
            Stdin::Empty
        }
    }
}

fn stdin_of(section: &mut Section<'_, '_>, at: &Context<'_>) -> Option<Stdin> {
    if section.has("text") == section.has("file") {
        if !section.unknown_like(&["text", "file"]) {
            section.push(
                ConfigError::at(section.span.clone(), "`stdin` is one `text` or one `file`")
                    .help("write stdin = { text = \"yes\" } or stdin = { file = \"answers.txt\" }"),
            );
        }
        return None;
    }
    if section.has("text") {
        return Some(Stdin::Text(section.text("text")?.value.into_bytes()));
    }
    let At {
        value: Given { text, path },
        span,
    } = section.path("file", at.dir)?;
    let reason = match std::fs::metadata(&path) {
        Ok(meta) if meta.is_file() || meta.file_type().is_char_device() => return Some(Stdin::File(path)),
        Ok(_) => "is no file".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        Err(error) => format!("cannot be used: {error}"),
    };
    section.push(
        ConfigError::at(span, format!("the file {} {reason}", quoted(&text)))
            .help(format!("looked for {}", quoted(&path.display().to_string()))),
    );
    None
}
