//! Lines that have left a terminal, each with the time at which it was written.

use std::time::Instant;

/// Lines, each with its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) text: String,
    /// Up to which byte of the text which time counts.
    times: Vec<(usize, Instant)>,
}

impl Lines {
    /// These lines, of these times, of which there is one for each, or one for those at the end.
    pub(super) fn new(text: String, times: impl IntoIterator<Item = Instant>) -> Lines {
        let mut lines = Lines {
            text,
            times: Vec::new(),
        };
        let (mut end, mut times) = (0, times.into_iter());
        for line in lines.text.split_inclusive('\n') {
            end += line.len();
            match (times.next(), lines.times.last_mut()) {
                (Some(time), Some(last)) if last.1 == time => last.0 = end,
                (Some(time), _) => lines.times.push((end, time)),
                (None, Some(last)) => last.0 = end,
                // Without any time there is no line.
                (None, None) => {}
            }
        }
        lines
    }

    pub(super) fn push(&mut self, other: &Lines) {
        let before = self.text.len();
        self.text.push_str(&other.text);
        let times = other.times.iter().map(|&(end, time)| (before + end, time));
        self.times.extend(times);
    }

    /// What belongs together of the lines, the oldest first.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (&str, Instant)> {
        let mut start = 0;
        self.times.iter().map(move |&(end, time)| {
            let piece = &self.text[start..end];
            start = end;
            (piece, time)
        })
    }
}
