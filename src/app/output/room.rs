//! What has to go when the memory for output is used up: the oldest tasks that have ended well, then those that have
//! failed, then of each running one what is beyond its share.

use super::{Entry, Key, LEAST_SHARE, Life, OVERHEAD, State};

impl State {
    /// The oldest task of this life, taken out of its queue.
    fn oldest(&mut self, life: Life) -> Option<Entry> {
        let queue = &mut self.queues[life as usize];
        std::iter::from_fn(|| queue.pop_front()).find(|entry| {
            self.tasks
                .get(&entry.key)
                .is_some_and(|task| task.stamp == entry.stamp)
        })
    }

    /// Lets tasks go until no more than this is used.
    pub(super) fn make_room(&mut self, total: usize) {
        while self.used > total {
            let Some(entry) = self.oldest(Life::Ended).or_else(|| self.oldest(Life::Failed)) else {
                return self.make_room_among_running(total);
            };
            self.evict(entry.key);
        }
    }

    fn make_room_among_running(&mut self, total: usize) {
        // A quarter of room, so that this is not needed again at once.
        let share = (total / 4 * 3 / self.running.max(1)).saturating_sub(OVERHEAD);
        for _ in 0..self.queues[Life::Running as usize].len() {
            if self.used <= total {
                return;
            }
            let Some(entry) = self.oldest(Life::Running) else {
                return;
            };
            if share < LEAST_SHARE {
                self.evict(entry.key);
            } else {
                self.update(entry.key, |buffer| buffer.shrink(share));
                self.queues[Life::Running as usize].push_back(entry);
            }
        }
    }

    /// Drops a task's output and remembers how much that was.
    fn evict(&mut self, key: Key) {
        if let Some(task) = self.remove(key) {
            self.dropped += task.buffer.lost_with_it() - task.buffer.lost;
            self.losses.add(key, task.buffer.lost_with_it());
        }
    }
}
