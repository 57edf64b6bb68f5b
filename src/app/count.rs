//! Numbers with their nouns.

use crate::app::view::Queued;
use std::fmt::Display;

/// A number and what it counts, in the words for one or for several.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(n: N, one: &str, several: &str) -> String {
    format!("{n} {}", noun(n, one, several))
}

/// The words for one or for several, behind a number that is written in another way.
pub(crate) fn noun<'a, N: Copy + PartialEq + From<u8>>(n: N, one: &'a str, several: &'a str) -> &'a str {
    if n == N::from(1) { one } else { several }
}

/// How many wait, before words for what waits; a source that has told nothing yet has no number.
pub(crate) fn waiting(queued: Queued, one: &str, several: &str) -> String {
    match queued {
        Queued { known, more: false } => counted(known, one, several),
        Queued { known: 0, more: true } => format!("an unknown number of {several}"),
        Queued { known, more: true } => format!("{known}+ {several}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!(counted(0_usize, "group", "groups"), "0 groups");
        assert_eq!(counted(1_u64, "group", "groups"), "1 group");
        assert_eq!(counted(2_usize, "group", "groups"), "2 groups");
        let waits = |known, more| waiting(Queued { known, more }, "task queued", "tasks queued");
        assert_eq!(waits(1, false), "1 task queued");
        assert_eq!(waits(1, true), "1+ tasks queued");
        assert_eq!(waits(0, true), "an unknown number of tasks queued");
    }
}
