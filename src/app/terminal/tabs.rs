//! The tab stops of a terminal. The parser knows those at every eighth column alone.

/// The stops of 512 columns, more than a terminal has; a bit each. They stay when it gets another size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tabs([u64; WORDS]);

const WORDS: usize = 8;
const BITS: u16 = 64;

impl Default for Tabs {
    /// One at every eighth column.
    fn default() -> Self {
        Tabs([0x0101_0101_0101_0101; WORDS])
    }
}

impl Tabs {
    pub(super) fn set(&mut self, column: u16) {
        if let Some(word) = self.0.get_mut(usize::from(column / BITS)) {
            *word |= 1 << (column % BITS);
        }
    }

    pub(super) fn clear(&mut self, column: u16) {
        if let Some(word) = self.0.get_mut(usize::from(column / BITS)) {
            *word &= !(1 << (column % BITS));
        }
    }

    pub(super) fn clear_all(&mut self) {
        self.0 = [0; WORDS];
    }

    fn is_set(&self, column: u16) -> bool {
        let word = self.0.get(usize::from(column / BITS));
        word.is_some_and(|word| word >> (column % BITS) & 1 == 1)
    }

    /// Where a number of tabs leads in a row of so many columns: the last one, where there are no more stops.
    pub(super) fn forward(&self, from: u16, columns: u16, count: u16) -> u16 {
        let last = columns.saturating_sub(1);
        let mut stops = (from.saturating_add(1)..last).filter(|column| self.is_set(*column));
        stops.nth(usize::from(count.max(1)) - 1).unwrap_or(last)
    }

    /// The same backwards, down to the first column.
    pub(super) fn back(&self, from: u16, count: u16) -> u16 {
        let mut stops = (0..from).rev().filter(|column| self.is_set(*column));
        stops.nth(usize::from(count.max(1)) - 1).unwrap_or(0)
    }
}

/// A sequence that goes to a tab stop: how many stops on, or back if it is negative, and what comes after it.
pub(super) fn steps(slice: &[u8]) -> Option<(i32, &[u8])> {
    let rest = slice.strip_prefix(b"\x1b[")?;
    let end = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e))?;
    let sign = match rest[end] {
        b'I' => 1,
        b'Z' => -1,
        _ => return None,
    };
    let count = std::str::from_utf8(&rest[..end]).ok()?;
    let count: u16 = if count.is_empty() { 1 } else { count.parse().ok()? };
    Some((sign * i32::from(count.max(1)), &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_where_they_were_set() {
        let mut tabs = Tabs::default();
        assert_eq!(
            (
                tabs.forward(0, 80, 1),
                tabs.forward(7, 80, 1),
                tabs.forward(8, 80, 2)
            ),
            (8, 8, 24)
        );
        assert_eq!((tabs.forward(78, 80, 1), tabs.forward(0, 80, 999)), (79, 79));
        assert_eq!(
            (
                tabs.back(79, 1),
                tabs.back(8, 1),
                tabs.back(40, 2),
                tabs.back(40, 999)
            ),
            (72, 0, 24, 0)
        );
        tabs.clear(8);
        tabs.set(5);
        assert_eq!((tabs.forward(0, 80, 1), tabs.forward(5, 80, 1)), (5, 16));
        tabs.clear_all();
        assert_eq!((tabs.forward(0, 80, 1), tabs.back(79, 1)), (79, 0));
        for column in [511, 512, u16::MAX] {
            tabs.set(column);
            tabs.clear(column);
            assert_eq!(tabs.forward(column, 0, 1), 0);
            assert_eq!(tabs.back(column, 1), 0);
        }
    }

    #[test]
    fn sequences_that_go_to_stops_are_told_from_others() {
        assert_eq!(steps(b"\x1b[Ix"), Some((1, &b"x"[..])));
        assert_eq!(steps(b"\x1b[0Z"), Some((-1, &b""[..])));
        assert_eq!(steps(b"\x1b[12Z"), Some((-12, &b""[..])));
        for other in [
            &b"\x1b[?5I"[..],
            b"\x1b[1;2I",
            b"\x1b[1mI",
            b"\x1bI",
            b"I",
            b"\x1b[5",
        ] {
            assert_eq!(steps(other), None);
        }
    }
}
