//! How careful the dashboard is.

/// How careful the dashboard is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Modes {
    /// Nothing that changes tasks, groups or pools is done.
    pub read_only: bool,
    /// Every key that changes something asks first.
    pub ask_always: bool,
}
