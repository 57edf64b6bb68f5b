//! The one table of what may stand in a config. The reading, the messages about unknown keys and wrong
//! types, and the JSON Schema are all made from it.

use super::keys_ui::{KEYS_DOC, UI, UI_DOC};
pub(super) use super::kind::{Kind, Shape};
use crate::app::warnings::{KINDS, Limit, NAMES};

/// A table of the config.
#[derive(Debug)]
pub(super) struct Place {
    /// As it is written.
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) keys: &'static [Key],
    /// The key whose value decides which others make sense.
    pub(super) switch: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
    pub(super) doc: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    Optional,
    Required,
    /// Makes sense only with these values of the place's switch.
    With(&'static [&'static str]),
    /// The same, and has to be there then.
    RequiredWith(&'static [&'static str]),
}

impl Need {
    /// The values of the switch that it belongs to; `None` if it belongs to all.
    pub(super) fn only(self) -> Option<&'static [&'static str]> {
        match self {
            Need::Optional | Need::Required => None,
            Need::With(values) | Need::RequiredWith(values) => Some(values),
        }
    }
}

impl Place {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

pub(super) const fn key(name: &'static str, kind: Kind, need: Need, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        need,
        doc,
    }
}

use Kind::{
    Args, ByName, Command, Count, Delimiter, Duration, Func, Named, OneOf, Path, Size, Source, Step, Switch,
};
use Kind::{Keys, Range, Stdin, Table, Tables, Text, Words};
use Need::{Optional, Required, RequiredWith, With};

pub(super) static ROOT: Place = Place {
    name: "the file",
    doc: "What taskpool-tui runs: functions, and the pools whose tasks call them.",
    switch: None,
    keys: &[
        key("func", ByName(&FUNC), Optional, "The functions, by name."),
        key("pool", Tables(&POOL), Required, "The pools."),
        key(
            "output",
            Table(&OUTPUT),
            Optional,
            "What is kept of the tasks' output.",
        ),
        key("ui", Table(&UI), Optional, UI_DOC),
        key("keys", Keys, Optional, KEYS_DOC),
        key("warnings", Table(&WARNINGS), Optional, "What is warned of."),
    ],
};

pub(super) static FUNC: Place = Place {
    name: "[func.NAME]",
    doc: "A function: what a task runs. `sleep`, `fail` and `echo` are built in.",
    switch: None,
    keys: &[
        key(
            "command",
            Command,
            Optional,
            "A program and its arguments, one list element each, without a shell. `{0}`, `{1}` are the task's \
             arguments by position, `{}` is `{0}`, `{host}` is one by keyword, `{0:name}`, `{0:stem}`, `{0:dir}` and \
             `{0:ext}` are parts of a path, `{{` is a brace. Without any placeholder the arguments are appended.",
        ),
        key(
            "shell",
            Text,
            Optional,
            "A script for `sh -c`. It gets the task's arguments as \"$1\", \"$2\" … and those by keyword as variables.",
        ),
        key(
            "cwd",
            Path,
            Optional,
            "The working directory. Default: the directory of the config.",
        ),
        key("env", Named, Optional, "Environment variables to add or replace."),
        key(
            "stdin",
            Stdin,
            Optional,
            "What it reads: `\"line\"` is the lines that a person sends it with a key, a table names a text or a file. \
             Default: nothing; the terminal is never read.",
        ),
        key(
            "timeout",
            Duration { zero: false },
            Optional,
            "After this long a task is stopped, and has failed. Default: none.",
        ),
        key(
            "grace",
            Duration { zero: true },
            Optional,
            "How long a task that is told to stop (TERM) may take before it is killed (KILL). Default: 5s.",
        ),
        key(
            "pty",
            Switch,
            Optional,
            "`true`: each task runs in a terminal of its own, which its pane shows and keys can be typed into. Default: `false`.",
        ),
        key(
            "retries",
            Count(0),
            Optional,
            "A task that fails is tried again in its slot, up to so many times; `timeout` counts for each try. \
             TASKPOOL_ATTEMPT tells the try, from 1. Default: 0.",
        ),
        key(
            "restart",
            OneOf(&["on-failure", "always"]),
            Optional,
            "For workers: a task that fails, or that ends in any way, is run again until it is cancelled. Five runs in a \
             row that are each over within 10 seconds are a crash loop: then it has failed.",
        ),
        key(
            "backoff",
            Duration { zero: true },
            Optional,
            "How long to wait before `retries` or `restart` run a task again: twice as long each time, up to 5m; a run of \
             10 seconds under `restart` begins anew. Default: 1s.",
        ),
    ],
};

const TASK: &[&str] = &["task"];
const SIMPLE: &[&str] = &["simple"];

pub(super) static POOL: Place = Place {
    name: "[[pool]]",
    doc: "A pool: room for `pool_size` tasks at once.",
    switch: Some("kind"),
    keys: &[
        key("name", Text, Optional, "Default: the pool's index, from 0."),
        key(
            "kind",
            OneOf(&["task", "simple"]),
            Optional,
            "`task` (the default) runs groups of tasks; `simple` runs one function with one set of arguments, as often \
             as is asked for.",
        ),
        key(
            "pool_size",
            Size,
            Optional,
            "The most tasks at once. Default: no limit (`inf`). With 0 nothing starts.",
        ),
        key(
            "end_callback",
            Func,
            Optional,
            "Called whenever a task has ended; gets the task in TASKPOOL_* variables.",
        ),
        key(
            "cancel_callback",
            Func,
            Optional,
            "Called whenever a task was cancelled, before `end_callback`.",
        ),
        key("group", Tables(&GROUP), With(TASK), "The groups."),
        key(
            "func",
            Func,
            RequiredWith(SIMPLE),
            "The function that every task of the pool calls.",
        ),
        key("args", Args, With(SIMPLE), "Its arguments by position."),
        key("kwargs", Named, With(SIMPLE), "Its arguments by keyword."),
        key(
            "start",
            Count(0),
            With(SIMPLE),
            "How many tasks to start with. Default: 0.",
        ),
    ],
};

const APPLY: &[&str] = &["apply"];
const MAP: &[&str] = &["map"];
const STARMAP: &[&str] = &["starmap"];
const DOUBLESTARMAP: &[&str] = &["doublestarmap"];
const MAPS: &[&str] = &["map", "starmap", "doublestarmap"];

pub(super) static GROUP: Place = Place {
    name: "[[pool.group]]",
    doc: "A group: the tasks that one call of a pool's method starts.",
    switch: Some("method"),
    keys: &[
        key(
            "name",
            Text,
            Optional,
            "Default: `{method}-{func}-group-{index}`.",
        ),
        key(
            "method",
            OneOf(&["apply", "map", "starmap", "doublestarmap"]),
            Required,
            "`apply` calls `func` `num` times with the same arguments; `map` once for each element; `starmap` once for \
             each list of arguments; `doublestarmap` once for each table of arguments.",
        ),
        key(
            "func",
            Func,
            Required,
            "The function that every task of the group calls.",
        ),
        key("args", Args, With(APPLY), "Its arguments by position."),
        key("kwargs", Named, With(APPLY), "Its arguments by keyword."),
        key("num", Count(0), With(APPLY), "How many tasks. Default: 1."),
        key(
            "arg_iter",
            Source(Shape::One),
            RequiredWith(MAP),
            "One argument for each task.",
        ),
        key(
            "args_iter",
            Source(Shape::Positional),
            RequiredWith(STARMAP),
            "The arguments by position for each task.",
        ),
        key(
            "kwargs_iter",
            Source(Shape::Keyword),
            RequiredWith(DOUBLESTARMAP),
            "The arguments by keyword for each task.",
        ),
        key(
            "num_concurrent",
            Count(1),
            With(MAPS),
            "The most tasks of this group at once. Default: as many as the pool has slots.",
        ),
        key(
            "autostart",
            Switch,
            Optional,
            "`false`: the group waits for a key. Default: `true`.",
        ),
        key("end_callback", Func, Optional, "In place of the pool's."),
        key("cancel_callback", Func, Optional, "In place of the pool's."),
    ],
};

pub(super) static SOURCE: Place = Place {
    name: "{ … }",
    doc: "Where elements come from. They are read one by one, as tasks start.",
    switch: None,
    keys: &[
        key(
            "range",
            Range,
            Optional,
            "The numbers from the first to the last, both included.",
        ),
        key(
            "step",
            Step,
            Optional,
            "From one number of the range to the next. Default: 1.",
        ),
        key(
            "lines",
            Path,
            Optional,
            "A file, each line an element; `-` is standard input.",
        ),
        key(
            "null",
            Switch,
            Optional,
            "`true`: a NUL byte and no newline ends each element of `lines`, as `find -print0` writes them. Default: `false`.",
        ),
        key(
            "glob",
            Text,
            Optional,
            "The files that match: `*`, `?`, `[a-z]`, and `**` for any directories; those in `[output] dir` only where the \
             pattern names it.",
        ),
        key(
            "csv",
            Path,
            Optional,
            "A CSV file, each record an element; `-` is standard input.",
        ),
        key(
            "header",
            Switch,
            Optional,
            "Whether the CSV's first record names the columns; `doublestarmap` needs that. Default: `false`.",
        ),
        key(
            "delimiter",
            Delimiter,
            Optional,
            "What separates the CSV's fields. Default: `,`.",
        ),
        key(
            "jsonl",
            Path,
            Optional,
            "A file of JSON values, one on each line; `-` is standard input.",
        ),
    ],
};

pub(super) static STDIN: Place = Place {
    name: "stdin = { … }",
    doc: "What a function reads from its standard input.",
    switch: None,
    keys: &[
        key("text", Text, Optional, "This text."),
        key("file", Path, Optional, "This file, opened anew for each task."),
    ],
};

pub(super) static OUTPUT: Place = Place {
    name: "[output]",
    doc: "What is kept of the tasks' output.",
    switch: None,
    keys: &[
        key(
            "bytes",
            Count(256),
            Optional,
            "Of each task, the last so many bytes. At least 256. Default: 65536.",
        ),
        key(
            "total_bytes",
            Count(4096),
            Optional,
            "Of all tasks together. At least 4096. Default: 67108864 (64 MiB).",
        ),
        key(
            "dir",
            Path,
            Optional,
            "A directory where each run makes one of its own for the whole output of all tasks, byte for byte (of a task \
             with `pty = true` it is the text that its terminal has shown): \
             `POOL-TASK.ATTEMPT.out` and `.err`, `.note` for callbacks; `pools.txt` lists the pools' numbers. \
             Default: what is kept is all there is.",
        ),
    ],
};

pub(super) static WARNINGS: Place = Place {
    name: "[warnings]",
    doc: "From when on the dashboard warns of what goes wrong without failing.",
    switch: None,
    keys: &WARNING_KEYS,
};

/// One for each kind of warnings.
static WARNING_KEYS: [Key; KINDS.len() + 1] = warning_keys();

const fn warning_keys() -> [Key; KINDS.len() + 1] {
    let mute = key(
        "mute",
        Words(&NAMES),
        Optional,
        "The kinds that are listed as muted, and told nowhere else. Default: none.",
    );
    let mut keys = [mute; KINDS.len() + 1];
    let mut i = 0;
    while i < KINDS.len() {
        let kind = match KINDS[i].limit {
            Limit::Time(_) => Duration { zero: false },
            Limit::Number(_) => Count(1),
        };
        keys[i] = key(KINDS[i].key, kind, Optional, KINDS[i].doc);
        i += 1;
    }
    keys
}

/// Every place, for the message about a key that stands in the wrong one.
pub(super) static PLACES: [&Place; 9] = [
    &ROOT, &FUNC, &POOL, &GROUP, &SOURCE, &STDIN, &OUTPUT, &UI, &WARNINGS,
];
