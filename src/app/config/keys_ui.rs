//! The tables of `[ui]` and of the user's own file, for the table of what may stand in a config.

use super::keys::Kind::{Keys, OneOf, Switch, Table, Words};
use super::keys::Need::Optional;
use super::keys::{Place, key};
use crate::app::dashboard::{NOTICES, ON_IDLE, PRESETS, SCHEMES};

pub(super) const UI_DOC: &str = "What the dashboard looks like, what it tells, and how careful it is.";

pub(super) const KEYS_DOC: &str = "The keys of the dashboard: an action's word, and its keys in place of those of the preset; `[]` is no key.";

/// What may stand in the user's own file.
pub(super) static USER: Place = Place {
    name: "the user's file",
    doc: "What the dashboard of every config looks like. A config wins over it.",
    switch: None,
    keys: &[
        key("ui", Table(&UI), Optional, UI_DOC),
        key("keys", Keys, Optional, KEYS_DOC),
    ],
};

pub(super) static UI: Place = Place {
    name: "[ui]",
    doc: "What the dashboard looks like, what it tells, and how careful it is. It may also stand in `~/.config/taskpool-tui/config.toml`, for every \
          config.",
    switch: None,
    keys: &[
        key(
            "keys",
            OneOf(&PRESETS),
            Optional,
            "The keys to begin with; `[keys]` changes some of them. Default: `default`.",
        ),
        key(
            "theme",
            OneOf(&SCHEMES),
            Optional,
            "The colours: the terminal's own sixteen, or one of three fixed sets of 256. Default: `terminal`.",
        ),
        key(
            "ascii",
            Switch,
            Optional,
            "`true`: nothing but ASCII is shown. Default: `true` only where the locale is not UTF-8; TASKPOOL_ASCII overrules both.",
        ),
        key(
            "motion",
            OneOf(&["full", "reduced"]),
            Optional,
            "`reduced`: what changes by itself is drawn twice a second at most. Default: `full`, 30 times.",
        ),
        key(
            "mouse",
            Switch,
            Optional,
            "Whether clicks and the wheel are the dashboard's. Default: `true`; with Shift most terminals still select text.",
        ),
        key(
            "title",
            Switch,
            Optional,
            "Whether the terminal's title tells how far it is. Default: `true`.",
        ),
        key(
            "notify",
            Words(&NOTICES),
            Optional,
            "Of what the terminal notifies its user (OSC 9): a task has failed, a pool is closed, nothing runs any more, \
             something goes wrong without failing. \
             Default: of nothing.",
        ),
        key(
            "bell",
            Switch,
            Optional,
            "Whether a bell rings with each of these, once a second at most. Default: `false`.",
        ),
        key(
            "read_only",
            Switch,
            Optional,
            "`true`: keys that change tasks, groups or pools do nothing, as with `--read-only`. Default: `false`.",
        ),
        key(
            "ask",
            OneOf(&["usual", "always"]),
            Optional,
            "`always`: every key that changes something asks first, as with `--ask-always`. Default: `usual`, what cannot be undone and more than one task.",
        ),
        key(
            "on_idle",
            OneOf(&ON_IDLE),
            Optional,
            "What the dashboard does once tasks have run and nothing runs or waits any more (groups that are held back do not count): \
             stay, leave, or leave if none has failed. Default: `stay`.",
        ),
    ],
};
