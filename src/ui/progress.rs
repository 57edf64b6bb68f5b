//! Progress: how many of the known tasks have ended, as numbers and as a bar one line high.

use super::draw::Cx;
use super::text::count;
use super::theme::Role;
use crate::app::status::Status;
use crate::app::view::{GroupRow, PoolRow};
use ratatui::style::Style;

/// The known tasks of a pool or a group, by how far they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Progress {
    ok: u64,
    /// Arguments that no task could be made of are among them.
    failed: u64,
    cancelled: u64,
    running: u64,
    queued: u64,
    /// There may be more tasks than are known.
    more: bool,
}

impl Progress {
    pub(super) fn of_pool(pool: &PoolRow) -> Progress {
        Progress {
            ok: pool.ok,
            failed: pool.failed + pool.panicked + pool.skipped,
            cancelled: pool.stopped,
            running: (pool.running + pool.cancelled) as u64,
            queued: pool.queued.known as u64,
            more: pool.queued.more,
        }
    }

    pub(super) fn of_group(group: &GroupRow) -> Progress {
        Progress {
            ok: group.ok,
            failed: group.failed + group.panicked + group.skipped,
            cancelled: group.stopped,
            running: (group.running + group.cancelled) as u64,
            queued: group.queued.known as u64,
            more: group.queued.more,
        }
    }

    /// Of several together.
    pub(super) fn sum(all: impl Iterator<Item = Progress>) -> Progress {
        all.fold(Progress::default(), |sum, one| Progress {
            ok: sum.ok + one.ok,
            failed: sum.failed + one.failed,
            cancelled: sum.cancelled + one.cancelled,
            running: sum.running + one.running,
            queued: sum.queued + one.queued,
            more: sum.more || one.more,
        })
    }

    /// How many failed.
    pub(super) fn failed(self) -> u64 {
        self.failed
    }

    /// Whether all of them have ended, and there are some.
    pub(super) fn is_over(self) -> bool {
        self.total() > 0 && self.done() == self.total() && !self.more
    }

    /// How many have ended.
    pub(super) fn done(self) -> u64 {
        self.ok + self.failed + self.cancelled
    }

    /// How many are known.
    pub(super) fn total(self) -> u64 {
        self.done() + self.running + self.queued
    }

    /// What share has ended; none where the total is not known.
    pub(super) fn percent(self) -> Option<u64> {
        (!self.more && self.total() > 0)
            .then(|| u64::try_from(u128::from(self.done()) * 100 / u128::from(self.total())).unwrap_or(100))
    }

    /// `31/59`, or `31/59+` where there may be more.
    pub(super) fn text(self) -> String {
        match (self.total(), self.more) {
            (0, false) => "-".to_owned(),
            (total, more) => {
                let more = if more { "+" } else { "" };
                format!("{}/{}{more}", count(self.done()), count(total))
            }
        }
    }

    /// A bar of so many cells: what ended well, what failed, what was cancelled, what runs, what is queued.
    pub(super) fn bar(self, cells: usize, cx: &Cx<'_>) -> Vec<(String, Style)> {
        let signs = match (cx.theme.ascii, cx.theme.colour) {
            (true, _) => ['=', 'F', 'X', '>', '.'],
            (false, false) => ['━', '✗', '⊘', '╍', '─'],
            (false, true) => ['━', '━', '━', '╍', '─'],
        };
        let roles = [
            Role::Status(Status::Ok),
            Role::Status(Status::Failed),
            Role::Status(Status::Stopped),
            Role::Status(Status::Running),
            Role::Dim,
        ];
        let queued = self.queued.max(u64::from(self.more || self.total() == 0));
        let shares = shares(
            [self.ok, self.failed, self.cancelled, self.running, queued],
            cells,
        );
        let pieces = signs.into_iter().zip(roles).zip(shares);
        pieces
            .map(|((sign, role), share)| (sign.to_string().repeat(share), cx.style(role)))
            .collect()
    }
}

/// Cells in proportion to counts. A count that is not zero has one at least, as long as there are cells.
fn shares<const N: usize>(counts: [u64; N], cells: usize) -> [usize; N] {
    let total: u128 = counts.iter().map(|n| u128::from(*n)).sum();
    if total == 0 {
        return [0; N];
    }
    let all = cells as u128;
    let mut shares = counts.map(|n| {
        let share = u128::from(n) * all / total;
        usize::try_from(share).unwrap_or(cells).max(usize::from(n > 0))
    });
    // What rounding leaves goes to the largest; what the small ones take comes from it.
    loop {
        let sum: usize = shares.iter().sum();
        let largest = (0..N).max_by_key(|&i| (shares[i], counts[i])).unwrap_or(0);
        if sum <= cells {
            shares[largest] += cells - sum;
            return shares;
        }
        shares[largest] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_everything_and_is_full_at_the_end_only() {
        assert_eq!(shares([10, 0, 0, 0, 0], 8), [8, 0, 0, 0, 0]);
        assert_eq!(shares([5, 0, 0, 0, 5], 8), [4, 0, 0, 0, 4]);
        assert_eq!(shares([999_999, 1, 0, 0, 1], 8), [6, 1, 0, 0, 1]);
        assert_eq!(shares([0; 5], 8), [0; 5]);
        assert_eq!(shares([1, 1, 1, 1, 1], 3).iter().sum::<usize>(), 3);
        assert_eq!(shares([u64::MAX, 1, 0, 0, u64::MAX], 9).iter().sum::<usize>(), 9);
    }

    #[test]
    fn numbers_say_what_is_known() {
        let progress = Progress {
            ok: 29,
            failed: 2,
            running: 6,
            queued: 22,
            ..Progress::default()
        };
        assert_eq!(
            (progress.text().as_str(), progress.percent()),
            ("31/59", Some(52))
        );
        let more = Progress {
            more: true,
            ..progress
        };
        assert_eq!((more.text().as_str(), more.percent()), ("31/59+", None));
        assert_eq!(Progress::default().text(), "-");
    }
}
