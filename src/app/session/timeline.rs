//! What is shown of time: the timeline of a pool, the life of a task, and its peers.

use super::{Look, Member, Session};
use crate::app::peers::Peers;
use crate::app::timeline::{TimelineView, TimelineWant, Track};
use crate::app::view::Life;
use crate::pool::{GroupName, TaskInfo};
use std::time::Duration;

impl Look {
    /// The timeline of a pool, which is followed from the first time on that it is wanted.
    pub(super) fn timeline_view(
        &mut self,
        session: &Session,
        member: &Member,
        want: Option<&TimelineWant>,
        now: Duration,
    ) -> Option<TimelineView> {
        let want = want?;
        let pool = member.pool.base();
        if self
            .timeline
            .as_ref()
            .is_none_or(|(name, _)| *name != member.name)
        {
            // The other one goes first: it holds up its pool a little.
            self.timeline = None;
            let track = Track::new(pool, session.offset(member));
            self.timeline = Some((member.name.clone(), track));
        }
        let (_, track) = self.timeline.as_mut()?;
        track.catch_up(pool);
        let mut view = track.view(want, pool.stats().size.limit(), now);
        if let Some(history) = self.history(&member.name) {
            let cells = want.cells.min(usize::from(u16::MAX));
            let sums = (0..cells).map(|cell| {
                if view.has_begun(cell, cells) {
                    history.between(view.cell_start(cell, cells), view.scale)
                } else {
                    (0, 0)
                }
            });
            (view.queued, view.ended) = sums.unzip();
        }
        Some(view)
    }
}

impl Session {
    /// The times of a task's life.
    pub(super) fn life(&self, member: &Member, task: &TaskInfo, paused: Option<Duration>) -> Life {
        let offset = self.offset(member);
        let since = |time: Option<Duration>| time.map(|time| time + offset);
        Life {
            started: task.started + offset,
            first_line: self.outputs.first_written(&member.name, task.id.0),
            paused: since(paused),
            asked: since(task.asked),
            cancelled: since(task.cancelled),
            ended: since(task.ended),
            settled: since(task.settled),
        }
    }

    /// Those that ran what the tasks of this group run.
    pub(super) fn peers_of(&self, member: &Member, group: &GroupName) -> Option<Peers> {
        let index = self.index_of(&member.name)?;
        let func = member.func_of(group.as_str())?;
        let times = self.warnings().peers(index, &func.name)?;
        // What has just ended is heard of a moment later.
        let completed = member.pool.base().stats().totals.completed;
        let sampled = self.warnings().heard_of(index) < completed / 10 * 9;
        Some(Peers::new(&func.name, &times, sampled))
    }
}
