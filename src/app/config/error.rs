//! What is wrong with a config: all of it at once, each mistake with its place, its reason and its remedy.

use crate::app::clean::deceptions;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
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

impl ConfigError {
    /// What is wrong, and what stands there, in one line.
    pub fn reason(&self) -> String {
        match &*self.label {
            "" => visible(&self.message),
            label => visible(&format!("{}: {label}", self.message)),
        }
    }

    /// What to do about it, in one line; empty if nobody knows.
    pub fn remedy(&self) -> String {
        visible(&self.help.join("; "))
    }
}

/// Every mistake of one config, in the order of the file; or every warning.
#[derive(Clone, Debug)]
pub struct ConfigErrors {
    /// The file.
    pub path: PathBuf,
    text: String,
    list: Vec<ConfigError>,
    only_warnings: bool,
}

impl ConfigErrors {
    pub(super) fn new(path: &Path, text: impl Into<String>, mut list: Vec<ConfigError>) -> ConfigErrors {
        list.sort_by_key(|error| error.span.as_ref().map_or(0, |span| span.start));
        ConfigErrors {
            path: path.to_owned(),
            text: text.into(),
            list,
            only_warnings: false,
        }
    }

    /// What does not keep the config from being used.
    pub(super) fn warnings(path: &Path, text: &str, list: Vec<ConfigError>) -> ConfigErrors {
        ConfigErrors {
            only_warnings: true,
            ..ConfigErrors::new(path, text, list)
        }
    }

    fn level<'a>(&self) -> Level<'a> {
        if self.only_warnings {
            Level::WARNING
        } else {
            Level::ERROR
        }
    }

    /// The mistakes; at least one.
    pub fn list(&self) -> &[ConfigError] {
        &self.list
    }

    /// All of it, for people, in several lines and without control characters; with colours only if asked.
    pub fn render(&self, color: bool) -> String {
        self.rendered(color, "nothing was started")
    }

    /// The same without colours, of a config that was read again while its pools run.
    pub fn render_again(&self) -> String {
        self.rendered(false, "nothing was changed")
    }

    fn rendered(&self, color: bool, effect: &str) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let text = self.printable();
        let mut out = String::new();
        for error in &self.list {
            let report = match &error.span {
                None => self.of_file(error),
                Some(span) => vec![self.at_its_place(error, span, &text)],
            };
            // One by one: the renderer ties the parts of a report with an empty line.
            for part in report {
                out.push_str(&renderer.render(&[part]));
                out.push('\n');
            }
            out.push('\n');
        }
        let count = self.list.len();
        let (what, end) = if self.only_warnings {
            ("warning", String::new())
        } else {
            ("mistake", format!("; {effect}"))
        };
        let plural = if count == 1 { "" } else { "s" };
        let path = visible(&self.path.to_string_lossy());
        let _ = writeln!(out, "{count} {what}{plural} in {path}{end}");
        out
    }

    /// A mistake without a place: there is nothing to show but what is said.
    fn of_file<'a>(&self, error: &ConfigError) -> Vec<Group<'a>> {
        let message = format!("{}: {}", self.path.display(), error.message);
        let title = self.level().primary_title(visible(&message));
        let help = error
            .help
            .iter()
            .map(|help| Level::HELP.secondary_title(visible(help)));
        std::iter::once(title)
            .chain(help)
            .map(Group::with_title)
            .collect()
    }

    fn at_its_place<'a>(&self, error: &ConfigError, span: &Range<usize>, text: &'a str) -> Group<'a> {
        let label = (!error.label.is_empty()).then(|| visible(&error.label));
        let mut snippet = Snippet::source(text)
            .path(visible(&self.path.to_string_lossy()))
            .annotation(AnnotationKind::Primary.span(self.first_line(span)).label(label));
        if let Some((span, label)) = &error.related {
            let related = AnnotationKind::Context.span(self.first_line(span));
            snippet = snippet.annotation(related.label(visible(label)));
        }
        let title = self.level().primary_title(visible(&error.message));
        let help = error.help.iter().map(|help| Level::HELP.message(visible(help)));
        title.element(snippet).elements(help)
    }

    /// The text with other characters of the same length for those that the renderer would pass on to the
    /// terminal, so that every place in it stays where it is.
    fn printable(&self) -> String {
        let mut deceptions = deceptions(&self.text).peekable();
        let mut text = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            let harmless = deceptions.next_if(|(place, _)| *place == at).is_none();
            match c.len_utf8() {
                // The renderer has its own signs for these.
                1 => text.push(c),
                _ if harmless => text.push(c),
                2 => text.push('¿'),
                3 => text.push('\u{fffd}'),
                _ => text.push_str("\u{fffd}?"),
            }
        }
        text
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
    let mut out = String::with_capacity(text.len());
    let mut deceptions = deceptions(text).peekable();
    for (at, c) in text.char_indices() {
        let deceptive = deceptions.next_if(|(place, _)| *place == at).is_some();
        if matches!(c, '"' | '\'' | '\\') {
            out.push(c);
        } else if deceptive && !c.is_control() {
            out.extend(c.escape_unicode());
        } else {
            out.extend(c.escape_debug());
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
    format!("`{}`", visible(&shown.replace('\\', "\\\\")))
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
pub(in crate::app) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
