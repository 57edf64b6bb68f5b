//! Task pools with bounded concurrency, and a terminal dashboard that watches and steers them.
//!
//! The program is described in the README and in `docs/`; a config says what it runs. A Rust
//! program can use the engine alone ([`pool`]), or the engine with a config, or all of it.
//!
//! # The map
//!
//! ```text
//!             ┌──────────────────────────────────────────────────────────────┐
//!   main.rs → │ ui    the terminal: ratatui, crossterm, tui-logger    "tui"   │  floor 2
//!             ├──────────────────────────────────────────────────────────────┤
//!             │ app   config, commands as tasks, session, dashboard   "app"   │  floor 1
//!             ├──────────────────────────────────────────────────────────────┤
//!             │ pool  the engine: tokio, tracing, parking_lot         always  │  floor 0
//!             └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! Imports go down only, and `tests/architecture.rs` holds that. `app` has rooms, each with one door:
//!
//! | room | what it does |
//! | --- | --- |
//! | `config` | from a TOML file to checked values; every mistake with its place and remedy |
//! | `func`, `feed` | from those values to tasks: functions are called, sources are read |
//! | `process`, `output` | a command as a task, supervised as a process group; what tasks write, bounded |
//! | `terminal` | the terminals that tasks run in: cells, keys, size |
//! | `session` | the pools of a config, alive: carries out commands, previews them, makes views |
//! | `link`, `control`, `view`, `serve` | the seam to clients: requests in, replies and views out |
//! | `dashboard` | what a key does: actions, state, a pure `update`; knows no terminal |
//! | `headless`, `record`, `cli` | the run without a screen, its lines, the command line |
//! | `trust`, `stall` | what the user has agreed to run; whether the tasks' threads are blocked |
//! | `clean`, `status` | text that is safe to show; what a status is shown as |
//!
//! # The path of the data
//!
//! ```text
//!  key ─► Action ─► update(State) ─► Request ─► Link ─► session ─► pool method
//!                       │                                              │
//!                       ▼                                     a transition of the Machine
//!                  draw(&State)                                        │
//!                       ▲                                              ▼
//!                      View ◄────────── Link ◄── serve ◄── changed? ≥ 33 ms, the rows wanted
//! ```
//!
//! A client holds a `link` and nothing else: whether the pools live in this process or elsewhere is not its
//! business. The run without a screen follows the pools' events instead.
//!
//! # Invariants
//!
//! * `pool` knows no terminal, TOML, process or file. Its state machine does no I/O, reads no clock, never
//!   awaits, and calls no user code; everything happens under one short lock.
//! * `app::dashboard::update` is a pure function. Nothing below `ui` knows a terminal.
//! * Drawing takes `&State` and changes nothing.
//! * No work for a frame or a key is proportional to the number of tasks.
//! * Text from tasks, arguments, files and peers is a `Clean` before it is shown.
//! * What crosses the link is plain serde data: `Request`, `Reply`, `Want`, `View`.
//! * Unsafe code is in `app/process/spawn.rs` only.
//!
//! # Where to put things
//!
//! * **A key**: a row in `app/dashboard/action/table.rs` (help, hints and `docs/keys.md` are made from it), and what it
//!   does in `app/dashboard/update`.
//! * **A call on a pool**: a `Call` in `app/control.rs`, carried out in `session/execute.rs`, previewed in `session/preview.rs`.
//! * **A key of the config**: a row in the table of `app/config/keys.rs` (errors and schema are made from it), and where
//!   it goes in `app/config/model.rs`.
//! * **A kind of task**: a `FuncKind` in `app/config/model.rs`, called in `app/func.rs`.
//! * **A promise of the pool**: a transition in `pool/machine`, a test in `tests/pool`; if threads can race for it, a
//!   scenario in `tests/schedules`.
//! * **Something the pool shares, waits for or runs**: through `sync`, or `tests/schedules` does not see it.

#[cfg(feature = "app")]
pub mod app;
pub mod pool;
mod sync;
#[cfg(feature = "tui")]
pub mod ui;

/// The examples of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
