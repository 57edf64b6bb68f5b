//! `[ui]` and `[keys]`: how a person wants the dashboard. They may stand in a config and in a file of the user's
//! own, over which the config wins.

use super::error::{ConfigError, did_you_mean, quoted};
use super::keys_ui::UI;
use super::section::{Section, Span, Value};
use crate::app::Modes;
use crate::app::dashboard::{
    ACTIONS, Action, Bind, Chord, Clash, KEPT, Keymap, Notice, OnIdle, Preset, Scheme, Settings, sent_as,
};
use toml::de::{DeTable, DeValue};

/// What one file says of the dashboard.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UiSpec {
    /// The keys to begin with.
    pub preset: Option<Preset>,
    /// Actions that have other keys.
    pub binds: Vec<Bind>,
    scheme: Option<Scheme>,
    ascii: Option<bool>,
    calm: Option<bool>,
    mouse: Option<bool>,
    title: Option<bool>,
    notices: Option<Vec<Notice>>,
    bell: Option<bool>,
    /// How careful it is.
    pub modes: Modes,
    on_idle: Option<OnIdle>,
}

impl UiSpec {
    /// The dashboard as the user's own file and a config want it. Where they differ the config wins; where its keys
    /// and the user's cannot both be, the user's give way, all of them if nothing less helps.
    pub fn settings(&self, user: &UiSpec) -> Settings {
        let usual = Settings::default();
        let preset = self.preset.or(user.preset).unwrap_or_default();
        let mut keymap = Keymap::with(preset, &user.binds, &self.binds);
        if !keymap.problems().is_empty() {
            keymap = Keymap::with(self.preset.unwrap_or_default(), &[], &self.binds);
        }
        Settings {
            keymap,
            scheme: self.scheme.or(user.scheme).unwrap_or(usual.scheme),
            ascii: self.ascii.or(user.ascii).unwrap_or(usual.ascii),
            calm: self.calm.or(user.calm).unwrap_or(usual.calm),
            mouse: self.mouse.or(user.mouse).unwrap_or(usual.mouse),
            title: self.title.or(user.title).unwrap_or(usual.title),
            notices: self
                .notices
                .clone()
                .or(user.notices.clone())
                .unwrap_or(usual.notices),
            bell: self.bell.or(user.bell).unwrap_or(usual.bell),
            modes: self.modes.with(user.modes),
            on_idle: self.on_idle.or(user.on_idle).unwrap_or(usual.on_idle),
        }
    }
}

/// An action's keys, as they stand in the file.
struct Written {
    action: Action,
    chords: Vec<(Chord, Span)>,
    span: Span,
}

/// Reads both tables. What is wrong is reported; what is right counts.
pub(super) fn read(root: &mut Section<'_, '_>) -> UiSpec {
    let mut spec = UiSpec::default();
    if let Some((kind, value)) = root.raw("ui") {
        match value.get_ref() {
            DeValue::Table(table) => look(&mut root.inner(&UI, UI.name, table, value.span()), &mut spec),
            _ => root.wrong("ui", kind, value),
        }
    }
    let before = root.mistakes();
    let written = match root.raw("keys") {
        Some((_, value)) if matches!(value.get_ref(), DeValue::Table(_)) => value
            .get_ref()
            .as_table()
            .map_or(Vec::new(), |table| keys(root, table)),
        Some((kind, value)) => {
            root.wrong("keys", kind, value);
            Vec::new()
        }
        None => Vec::new(),
    };
    spec.binds = written
        .iter()
        .map(|written| {
            let chords = written.chords.iter().map(|(chord, _)| chord.clone());
            (written.action, chords.collect())
        })
        .collect();
    // What could not be read must not be judged a second time.
    if root.mistakes() == before {
        for clash in Keymap::clashes(spec.preset.unwrap_or_default(), &spec.binds) {
            root.push(clashes(&clash, &written));
        }
    }
    spec
}

fn look(section: &mut Section<'_, '_>, spec: &mut UiSpec) {
    spec.preset = section.word("keys").and_then(Preset::from_word);
    spec.scheme = section.word("theme").and_then(Scheme::from_word);
    spec.ascii = section.switch("ascii");
    spec.calm = section.word("motion").map(|word| word == "reduced");
    spec.mouse = section.switch("mouse");
    spec.title = section.switch("title");
    spec.bell = section.switch("bell");
    spec.modes = Modes {
        read_only: section.switch("read_only").unwrap_or_default(),
        ask_always: section.word("ask") == Some("always"),
    };
    spec.on_idle = section.word("on_idle").and_then(OnIdle::from_word);
    if section.has("notify") {
        let words = section.words("notify").into_iter();
        spec.notices = Some(words.filter_map(Notice::from_word).collect());
    }
}

/// The rows of `[keys]`, in the order of the file.
fn keys(root: &mut Section<'_, '_>, table: &DeTable<'_>) -> Vec<Written> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|(key, _)| key.span().start);
    let mut written = Vec::new();
    for (key, value) in rows {
        let Some(action) = Action::from_word(key.get_ref()) else {
            root.push(unknown_action(key.get_ref(), key.span()));
            continue;
        };
        let Some(chords) = chords(root, action, value) else {
            continue;
        };
        if chords.is_empty() && KEPT.contains(&action) {
            root.push(lost(action, value.span()));
            continue;
        }
        written.push(Written {
            action,
            chords,
            span: key.span(),
        });
    }
    written
}

fn unknown_action(word: &str, span: Span) -> ConfigError {
    let words: Vec<String> = ACTIONS.iter().map(|entry| entry.action.word()).collect();
    let words = words.iter().map(String::as_str);
    let mean = did_you_mean(&word.to_lowercase().replace('_', "-"), words);
    ConfigError::at(span, format!("there is no action {}", quoted(word)))
        .label("unknown action")
        .help(mean.unwrap_or_else(|| "`taskpool-tui keys` lists all of them".to_owned()))
}

fn lost(action: Action, span: Span) -> ConfigError {
    ConfigError::at(span, format!("{} has to have a key", quoted(&action.word())))
        .label("no key would be left")
        .help(format!("give it one, or leave it out for {}", usual(action)))
}

/// The keys that an action has without a config.
fn usual(action: Action) -> String {
    let keys: Vec<String> = action.entry().keys.iter().map(|key| quoted(key)).collect();
    keys.join(" and ")
}

/// The keys of one action; a single one needs no list.
fn chords(root: &mut Section<'_, '_>, action: Action, value: &Value<'_>) -> Option<Vec<(Chord, Span)>> {
    let before = root.mistakes();
    let items: Vec<&Value<'_>> = match value.get_ref() {
        DeValue::Array(list) => list.iter().collect(),
        _ => vec![value],
    };
    let mut chords = Vec::new();
    for item in items {
        let DeValue::String(text) = item.get_ref() else {
            root.push(
                ConfigError::at(item.span(), "a key is written as a string")
                    .label("expected a list of keys")
                    .help(format!("write {} = [\"X\"], or [] for no key", action.word())),
            );
            continue;
        };
        match text.parse::<Chord>() {
            Err(error) => root.push(
                ConfigError::at(item.span(), format!("{} is no key", quoted(text)))
                    .label("cannot be read as a key")
                    .help(error.spelling()),
            ),
            Ok(chord) => match chord.0.iter().find_map(|key| Some((*key, sent_as(*key)?))) {
                Some((key, sent)) => root.push(
                    ConfigError::at(item.span(), format!("{key} cannot be told from {sent}"))
                        .label(format!("terminals send {sent} for it"))
                        .help("take another key"),
                ),
                None => chords.push((chord, item.span())),
            },
        }
    }
    (root.mistakes() == before).then_some(chords)
}

/// Keys that cannot be, at the place of the file that brings them in.
fn clashes(clash: &Clash, written: &[Written]) -> ConfigError {
    let of = |action: Action| written.iter().rfind(|written| written.action == action);
    let place = |action: Action, chord: &Chord| {
        let written = of(action)?;
        let key = written.chords.iter().find(|(other, _)| other == chord);
        Some(key.map_or(written.span.clone(), |(_, span)| span.clone()))
    };
    let (one, other) = match clash {
        Clash::Twice {
            chord, first, second, ..
        } => ((*first, chord), Some((*second, chord))),
        Clash::Hides {
            chord,
            action,
            hidden,
            other,
            ..
        } => ((*action, chord), Some((*other, hidden))),
        Clash::Types { chord, action } => ((*action, chord), None),
        Clash::Lost(action) => {
            let span = of(*action).map_or(0..0, |written| written.span.clone());
            return lost(*action, span);
        }
    };
    // The file's own keys come after the usual ones, which need no place.
    let mut here = place(one.0, one.1).map(|span| (one, span));
    let there = other.and_then(|other| Some((other, place(other.0, other.1)?)));
    if here.is_none() {
        here.clone_from(&there);
    }
    let Some(((action, _), span)) = here else {
        return ConfigError::of_file(clash.to_string());
    };
    let mut error =
        ConfigError::at(span.clone(), clash.to_string()).label(format!("for {}", quoted(&action.word())));
    if let Some(((other, _), related)) = there.filter(|(_, related)| *related != span) {
        error = error.related(related, format!("for {}", quoted(&other.word())));
    }
    let rest = clash.actions().into_iter().find(|other| *other != action);
    error.help(match rest {
        Some(rest) => format!(
            "take another key, or give {} one: {} = [\"…\"]",
            quoted(&rest.word()),
            rest.word()
        ),
        None => "take a key that types nothing, such as `F2` or `Ctrl-q`".to_owned(),
    })
}
