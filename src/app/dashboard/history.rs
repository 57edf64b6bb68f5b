//! What was typed before, for each kind of prompt. It is kept in memory only: a line for a task may be a password.

use super::dialog::{Overlay, Prompt, Purpose};
use std::collections::{HashMap, VecDeque};
use tui_input::Input;

/// How many lines of each kind are kept.
const KEPT: usize = 50;

/// What is typed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Typed {
    Start,
    Stop,
    Size,
    Concurrent,
    File,
    Signal,
    Input,
    Filter,
    Find,
}

impl Typed {
    /// What is typed into an overlay, if a line is.
    pub(super) fn into(overlay: &Overlay) -> Option<Typed> {
        Some(match overlay {
            Overlay::Prompt(Prompt { purpose, .. }) => match purpose {
                Purpose::Start { .. } => Typed::Start,
                Purpose::Stop(_) => Typed::Stop,
                Purpose::Size(_) => Typed::Size,
                Purpose::Concurrent { .. } => Typed::Concurrent,
                Purpose::Save { .. } => Typed::File,
                Purpose::Signal { .. } => Typed::Signal,
                Purpose::Input { .. } => Typed::Input,
            },
            Overlay::Filter(_) => Typed::Filter,
            Overlay::Find(_) => Typed::Find,
            Overlay::Help(_)
            | Overlay::Confirm(_)
            | Overlay::Form(_)
            | Overlay::Palette(_)
            | Overlay::Why(_)
            | Overlay::Columns(_)
            | Overlay::Reload(_)
            | Overlay::Closing => return None,
        })
    }
}

/// What was typed before.
#[derive(Clone, Default)]
pub(crate) struct History {
    /// The newest last.
    lines: HashMap<Typed, VecDeque<String>>,
    /// Where the line that is being typed is taken from, counted back from 1, and what had been typed until then.
    at: Option<(usize, String)>,
}

impl std::fmt::Debug for History {
    /// Not the lines: one of them may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

impl History {
    /// Keeps a line that was taken.
    pub(super) fn keep(&mut self, kind: Typed, line: &str) {
        self.at = None;
        if line.trim().is_empty() {
            return;
        }
        let lines = self.lines.entry(kind).or_default();
        lines.retain(|other| other != line);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// The next line starts at the newest one again.
    pub(super) fn leave(&mut self) {
        self.at = None;
    }

    /// Puts the line before into `input`, or the one after it; after the newest one comes what was being typed. Says
    /// whether there was one.
    pub(super) fn go(&mut self, kind: Typed, older: bool, input: &mut Input) -> bool {
        let Some(lines) = self.lines.get(&kind) else {
            return false;
        };
        let was = self.at.as_ref().map(|(at, _)| *at).unwrap_or_default();
        let (at, typed) = self.at.clone().unwrap_or_else(|| (0, input.value().to_owned()));
        let at = if older {
            (at + 1).min(lines.len())
        } else {
            at.saturating_sub(1)
        };
        let line = match at.checked_sub(1) {
            Some(back) => lines.iter().rev().nth(back).cloned().unwrap_or_default(),
            None => typed.clone(),
        };
        *input = Input::new(line);
        self.at = (at > 0).then_some((at, typed));
        at != was
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_back_and_forth_and_is_bounded() {
        let mut history = History::default();
        for i in 0..60 {
            history.keep(Typed::Size, &i.to_string());
        }
        history.keep(Typed::Size, "58");
        history.keep(Typed::Size, " ");
        let mut input = Input::new("12".to_owned());
        let mut go = |older| {
            history.go(Typed::Size, older, &mut input);
            input.value().to_owned()
        };
        assert_eq!([go(true), go(true), go(true)], ["58", "59", "57"]);
        assert_eq!(
            [go(false), go(false), go(false), go(false)],
            ["59", "58", "12", "12"]
        );
        for _ in 0..100 {
            go(true);
        }
        assert_eq!(go(true), "10");
        history.go(Typed::Signal, true, &mut input);
        assert_eq!(input.value(), "10", "another kind has none");
        assert!(!format!("{history:?}").contains("58"));
    }
}
