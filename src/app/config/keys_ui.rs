//! The table of `[ui]`, for the table of what may stand in a config.

use super::keys::Kind::{OneOf, Switch};
use super::keys::Need::Optional;
use super::keys::{Place, key};

pub(super) const UI_DOC: &str = "How careful the dashboard is.";

pub(super) static UI: Place = Place {
    name: "[ui]",
    doc: UI_DOC,
    switch: None,
    keys: &[
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
    ],
};
