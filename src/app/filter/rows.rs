//! The rows of other lists as what a filter looks at: of pools and of groups.

use super::{Field, Subject};
use crate::app::status::Status;
use crate::app::view::{GroupRow, PoolRow};
use std::time::Duration;

/// Whether there are tasks in a state, by the counts of a row. Those that timed out are counted with the failed ones.
fn has(status: Status, [queued, running, cancelling, cancelled]: [usize; 4], ended: [u64; 4]) -> bool {
    let [ok, failed, panicked, stopped] = ended;
    match status {
        Status::Queued => queued > 0,
        Status::Running => running > cancelling,
        Status::NoRoom
        | Status::BackOff
        | Status::NeedsInput
        | Status::Paused
        | Status::Suspended
        | Status::Exited
        | Status::TimingOut => false,
        Status::Cancelling => cancelling > 0,
        Status::Cancelled => cancelled > 0,
        Status::Ok => ok > 0,
        Status::Failed | Status::TimedOut => failed > 0,
        Status::Panicked => panicked > 0,
        Status::Stopped => stopped > 0,
    }
}

impl Subject for PoolRow {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        match field {
            Field::Name | Field::Pool => see(&self.name),
            Field::Func => self.func.as_deref().is_some_and(see),
            _ => false,
        }
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        see(&self.name) || self.func.as_deref().is_some_and(see)
    }

    fn number(&self, _: Field) -> Option<u64> {
        None
    }

    fn time(&self, _: Field) -> Option<Duration> {
        None
    }

    fn is(&self, status: Status) -> bool {
        let queued = self.queued.known + usize::from(self.queued.more);
        (status == Status::Paused && self.paused)
            || self.apart.iter().any(|(apart, _)| *apart == status)
            || has(
                status,
                [queued, self.running, self.cancelling, self.cancelled],
                [self.ok, self.failed, self.panicked, self.stopped],
            )
    }
}

impl Subject for GroupRow {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        match field {
            Field::Name | Field::Group => see(&self.name),
            Field::Func => see(&self.func),
            _ => false,
        }
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        see(&self.name) || see(&self.func)
    }

    fn number(&self, _: Field) -> Option<u64> {
        None
    }

    fn time(&self, _: Field) -> Option<Duration> {
        None
    }

    fn is(&self, status: Status) -> bool {
        let queued = self.queued.known + usize::from(self.queued.more);
        has(
            status,
            [queued, self.running, self.cancelling, self.cancelled],
            [self.ok, self.failed, self.panicked, self.stopped],
        )
    }
}
