//! What is wrong with a config: all of it at once, each mistake with its place, its reason and its remedy.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// Where in the file, in bytes; `None` if the file as a whole is meant.
    pub span: Option<Range<usize>>,
    /// What stands at the place.
    label: String,
    /// A second place that explains the first.
    related: Option<(Range<usize>, String)>,
    /// What to do about it.
    pub help: Vec<String>,
}

impl ConfigError {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> ConfigError {
        ConfigError {
            message: message.into(),
            span: Some(span),
            label: String::new(),
            related: None,
            help: Vec::new(),
        }
    }

    pub(super) fn of_file(message: impl Into<String>) -> ConfigError {
        ConfigError {
            span: None,
            ..ConfigError::at(0..0, message)
        }
    }

    #[must_use]
    pub(super) fn label(mut self, label: impl Into<String>) -> ConfigError {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> ConfigError {
        self.help.push(help.into());
        self
    }

    #[must_use]
    pub(super) fn maybe_help(mut self, help: Option<String>) -> ConfigError {
        self.help.extend(help);
        self
    }

    #[must_use]
    pub(super) fn related(mut self, span: Range<usize>, label: impl Into<String>) -> ConfigError {
        self.related = Some((span, label.into()));
        self
    }
}

/// Every mistake of one config, in the order of the file.
#[derive(Clone, Debug)]
pub struct ConfigErrors {
    /// The file.
    pub path: PathBuf,
    text: String,
    list: Vec<ConfigError>,
}

impl ConfigErrors {
    pub(super) fn new(path: &Path, text: impl Into<String>, mut list: Vec<ConfigError>) -> ConfigErrors {
        list.sort_by_key(|error| error.span.as_ref().map_or(0, |span| span.start));
        ConfigErrors {
            path: path.to_owned(),
            text: text.into(),
            list,
        }
    }

    /// The mistakes; at least one.
    pub fn list(&self) -> &[ConfigError] {
        &self.list
    }

    /// All of it, for people, in several lines and without control characters; with colours only if asked.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let path = self.path.to_string_lossy();
        let mut out = String::new();
        for error in &self.list {
            let mut group = match &error.span {
                None => Level::ERROR
                    .primary_title(visible(&format!("{path}: {}", error.message)))
                    .elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>),
                Some(span) => {
                    let label = (!error.label.is_empty()).then(|| visible(&error.label));
                    let mut snippet = Snippet::source(&*self.text)
                        .path(path.escape_debug().to_string())
                        .annotation(AnnotationKind::Primary.span(self.first_line(span)).label(label));
                    if let Some((span, label)) = &error.related {
                        snippet = snippet.annotation(
                            AnnotationKind::Context
                                .span(self.first_line(span))
                                .label(visible(label)),
                        );
                    }
                    Level::ERROR
                        .primary_title(visible(&error.message))
                        .element(snippet)
                }
            };
            for help in &error.help {
                group = group.element(Level::HELP.message(visible(help)));
            }
            out.push_str(&renderer.render(&[group]));
            out.push_str("\n\n");
        }
        let count = self.list.len();
        let _ = writeln!(
            out,
            "{count} {} in {}; nothing was started",
            if count == 1 { "mistake" } else { "mistakes" },
            path.escape_debug()
        );
        out
    }

    /// The span's first line: a table over several lines is marked where it begins.
    fn first_line(&self, span: &Range<usize>) -> Range<usize> {
        let boundary = |at: usize| {
            (0..=at.min(self.text.len()))
                .rev()
                .find(|at| self.text.is_char_boundary(*at))
        };
        let end = boundary(span.end).unwrap_or(0);
        let start = boundary(span.start).unwrap_or(0).min(end);
        let line = self.text[start..end]
            .find(['\n', '\r'])
            .map_or(end, |newline| start + newline);
        start..line
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for ConfigErrors {}

/// The text with everything escaped that could move a cursor, or reorder or hide text.
pub(super) fn visible(text: &str) -> String {
    let hidden = |c: char| c.is_control() || !matches!(c.escape_debug().next(), Some(first) if first != '\\');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !matches!(c, '"' | '\'' | '\\') && hidden(c) {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}

/// A name or value from the file inside a message.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!(
        "`{}`",
        shown
            .escape_debug()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'")
    )
}

/// `a`, `b` and `c`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    match &*names {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// "did you mean", if one of the names is close enough.
pub(super) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(word, name), name))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

pub(super) fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, names).map(|name| format!("did you mean {}?", quoted(name)))
}
