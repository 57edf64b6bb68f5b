//! What an output pane shows: lines of one task or of several in the order of their times, those around the lines that
//! match, and how many match. A look costs the rows that it returns, and the lines that are new to the search.

use super::buffer::RawLine;
use super::find::Needle;
use super::{Key, OutputStore, State, Task};
use crate::app::clean::{Clean, Styled};
use crate::app::view::{Found, OutputLine, OutputView, OutputWant, Spot};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// The most rows of one look.
const MOST_ROWS: usize = 10_000;

/// The most matches on each side that a view carries.
const AROUND: usize = 64;

/// How many bytes of lines a look searches; the next one goes on.
const SEARCHED: usize = 4 << 20;

/// How many lines are taken out at once, while nobody can write.
const BATCH: usize = 256;

/// What one client's eye remembers of its search.
#[derive(Debug, Default)]
pub struct OutputEye {
    needle: Option<Needle>,
    seen: HashMap<Key, Seen>,
}

/// What has been found in one task.
#[derive(Debug, Default)]
struct Seen {
    /// The first line that was not looked at.
    next: u64,
    found: VecDeque<Spot>,
}

impl OutputStore {
    /// What is wanted of the output of these tasks; also whether the search is not through yet. With more than one task
    /// their lines are in the order of their times.
    pub fn look(
        &self,
        pool: &str,
        ids: &[u64],
        want: &OutputWant,
        eye: &mut OutputEye,
    ) -> (OutputView, bool) {
        let Some(pool) = self.lock().pool(pool) else {
            return (OutputView::default(), false);
        };
        let keys: Vec<Key> = ids.iter().map(|&id| (pool, id)).collect();
        let more = eye.search(self, &keys, want.find.as_ref().map_or("", |find| &find.text));
        let (mut view, raw) = {
            let state = self.lock();
            let pane = Pane {
                state: &state,
                keys: &keys,
                eye,
                merged: ids.len() > 1,
            };
            pane.view(want)
        };
        view.lines = raw
            .into_iter()
            .map(|(spot, line)| eye.line(spot, &line))
            .collect();
        if let Some(found) = &mut view.found {
            found.more = more;
        }
        (view, more)
    }
}

impl OutputEye {
    /// Looks through lines that have come since; says whether there are more.
    fn search(&mut self, store: &OutputStore, keys: &[Key], text: &str) -> bool {
        let needle = Needle::new(text);
        if needle != self.needle {
            self.seen.clear();
            self.needle = needle;
        }
        let Some(needle) = &self.needle else { return false };
        self.seen.retain(|key, _| keys.contains(key));
        let mut room = SEARCHED;
        for &key in keys {
            let seen = self.seen.entry(key).or_default();
            loop {
                let batch = seen.batch(&store.lock(), key);
                if batch.is_empty() {
                    break;
                }
                for (spot, line) in batch {
                    seen.next = spot.line + 1;
                    room = room.saturating_sub(line.text.len() + 1);
                    if needle.is_in(&Clean::from_output(&line.text)) {
                        seen.found.push_back(spot);
                    }
                }
                if room == 0 {
                    return true;
                }
            }
        }
        false
    }

    fn line(&self, spot: Spot, line: &RawLine) -> OutputLine {
        let text = Styled::from_output(&line.text);
        OutputLine {
            time: line.time,
            stream: line.stream,
            spot,
            goes_on: line.goes_on,
            matches: self.needle.as_ref().is_some_and(|needle| needle.is_in(&text)),
            text,
        }
    }
}

impl Seen {
    /// The next lines to look at. Only those that have ended: others change.
    fn batch(&mut self, state: &State, key: Key) -> Vec<(Spot, RawLine)> {
        let Some(task) = state.tasks.get(&key) else {
            *self = Seen::default();
            return Vec::new();
        };
        let buffer = &task.buffer;
        let first = buffer.first();
        if self.next > first + buffer.ended() as u64 {
            // It was forgotten, and has begun anew.
            *self = Seen::default();
        }
        while self.found.front().is_some_and(|spot| spot.line < first) {
            self.found.pop_front();
        }
        let start = index(self.next.max(first) - first);
        let end = buffer.ended().min(start + BATCH);
        (start..end)
            .filter_map(|i| Some((spot(task, key.1, i), buffer.line(i)?)))
            .collect()
    }
}

fn spot(task: &Task, id: u64, index: usize) -> Spot {
    Spot {
        millis: task.buffer.millis(index),
        task: id,
        line: task.buffer.first() + index as u64,
    }
}

/// The lines that are there at one moment.
struct Pane<'a> {
    state: &'a State,
    keys: &'a [Key],
    eye: &'a OutputEye,
    merged: bool,
}

impl Pane<'_> {
    fn view(&self, want: &OutputWant) -> (OutputView, Vec<(Spot, RawLine)>) {
        let find = want.find.as_ref().filter(|_| self.eye.needle.is_some());
        let around = find.filter(|find| find.only).map(|find| find.context);
        let spots = self.window(want, around);
        let first = spots.first().copied();
        let (mut total, mut before, mut lost) = (0, 0, 0);
        for &key in self.keys {
            lost += self
                .state
                .tasks
                .get(&key)
                .map_or_else(|| self.state.losses.of(key), |task| task.buffer.lost);
            total += self.rows(key);
            before += first.map_or(0, |first| self.below(key, first, false));
        }
        let found = find.map(|find| self.found(&find.text, find.near.or(want.until)));
        let raw = spots.into_iter().filter_map(|spot| {
            let buffer = &self.task(spot.task)?.buffer;
            Some((spot, buffer.line(index(spot.line - buffer.first()))?))
        });
        let view = OutputView {
            total,
            first: before,
            lost,
            found,
            tasks: self.keys.iter().map(|key| key.1).collect(),
            ..OutputView::default()
        };
        (view, raw.collect())
    }

    fn task(&self, id: u64) -> Option<&Task> {
        let key = (self.keys.first()?.0, id);
        self.state.tasks.get(&key).map(Box::as_ref)
    }

    fn rows(&self, key: Key) -> usize {
        self.state.tasks.get(&key).map_or(0, |task| task.buffer.len())
    }

    /// How many lines of a task come before a spot, or with `with` up to it.
    fn below(&self, key: Key, spot: Spot, with: bool) -> usize {
        let Some(task) = self.state.tasks.get(&key) else {
            return 0;
        };
        let buffer = &task.buffer;
        if !self.merged {
            let line = spot.line.saturating_add(with.into());
            return index(line.saturating_sub(buffer.first())).min(buffer.len());
        }
        let order = spot.order(true);
        let (mut low, mut high) = (0, buffer.len());
        while low < high {
            let middle = low.midpoint(high);
            let other = self::spot(task, key.1, middle).order(true);
            if other < order || with && other == order {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The lines up to a spot, and those below it: more of them where too few are above.
    fn window(&self, want: &OutputWant, around: Option<usize>) -> Vec<Spot> {
        let (rows, below) = (want.rows.min(MOST_ROWS), want.below.min(MOST_ROWS));
        let mut spots: Vec<Spot> = Vec::new();
        for &key in self.keys {
            match around {
                None => spots.extend(self.last(key, rows, want.until)),
                Some(context) => spots.extend(self.last_around(key, rows, want.until, context)),
            }
        }
        spots.sort_by_key(|spot| spot.order(self.merged));
        spots.drain(..spots.len().saturating_sub(rows));
        if want.until.is_none() {
            return spots;
        }
        let below = below + rows - spots.len();
        let mut after: Vec<Spot> = Vec::new();
        for &key in self.keys {
            match around {
                None => after.extend(self.next(key, below, want.until)),
                Some(context) => after.extend(self.next_around(key, below, want.until, context)),
            }
        }
        after.sort_by_key(|spot| spot.order(self.merged));
        after.truncate(below);
        spots.append(&mut after);
        spots
    }

    fn last(&self, key: Key, rows: usize, until: Option<Spot>) -> Vec<Spot> {
        let end = until.map_or_else(|| self.rows(key), |spot| self.below(key, spot, true));
        self.spots(key, end.saturating_sub(rows)..end)
    }

    fn next(&self, key: Key, rows: usize, after: Option<Spot>) -> Vec<Spot> {
        let start = after.map_or(0, |spot| self.below(key, spot, true));
        self.spots(key, start..self.rows(key).min(start + rows))
    }

    fn spots(&self, key: Key, range: std::ops::Range<usize>) -> Vec<Spot> {
        let task = self.state.tasks.get(&key);
        task.map_or_else(Vec::new, |task| range.map(|i| spot(task, key.1, i)).collect())
    }

    /// The same of lines that match, with those around each.
    fn last_around(&self, key: Key, rows: usize, until: Option<Spot>, context: usize) -> Vec<Spot> {
        let end = until.map_or_else(|| self.rows(key), |spot| self.below(key, spot, true));
        let (found, first) = self.matches(key);
        let reached = found.partition_point(|spot| index(spot.line.saturating_sub(first)) < end + context);
        let mut lines = BTreeSet::new();
        for spot in found.range(..reached).rev() {
            let Some(at) = spot.line.checked_sub(first) else {
                break;
            };
            lines.extend(self.near(key, index(at), context).filter(|line| *line < end));
            if lines.len() >= rows + 2 * context {
                break;
            }
        }
        let skip = lines.len().saturating_sub(rows);
        let lines = lines.into_iter().skip(skip);
        lines.flat_map(|i| self.spots(key, i..i + 1)).collect()
    }

    fn next_around(&self, key: Key, rows: usize, after: Option<Spot>, context: usize) -> Vec<Spot> {
        let start = after.map_or(0, |spot| self.below(key, spot, true));
        let (found, first) = self.matches(key);
        let passed =
            found.partition_point(|spot| spot.line < first || index(spot.line - first) + context < start);
        let mut lines = BTreeSet::new();
        for spot in found.range(passed..) {
            let near = self.near(key, index(spot.line - first), context);
            lines.extend(near.filter(|line| *line >= start));
            if lines.len() >= rows + 2 * context {
                break;
            }
        }
        let lines = lines.into_iter().take(rows);
        lines.flat_map(|i| self.spots(key, i..i + 1)).collect()
    }

    fn near(&self, key: Key, at: usize, context: usize) -> std::ops::Range<usize> {
        at.saturating_sub(context)..(at + context + 1).min(self.rows(key))
    }

    /// The lines of a task that match, the oldest first, and the number of the first line that is kept: those before it
    /// are gone.
    fn matches(&self, key: Key) -> (&VecDeque<Spot>, u64) {
        static NONE: VecDeque<Spot> = VecDeque::new();
        let first = self.state.tasks.get(&key).map(|task| task.buffer.first());
        let seen = self.eye.seen.get(&key).zip(first);
        seen.map_or((&NONE, 0), |(seen, first)| (&seen.found, first))
    }

    /// The matches around a place; around the end, if none is wanted.
    fn found(&self, text: &str, near: Option<Spot>) -> Found {
        let (mut spots, mut total) = (Vec::new(), 0);
        for &key in self.keys {
            let (found, first) = self.matches(key);
            let gone = found.partition_point(|spot| spot.line < first);
            total += found.len() - gone;
            let order =
                |spot: &Spot| near.is_some_and(|near| spot.order(self.merged) >= near.order(self.merged));
            let at = found.partition_point(|spot| !order(spot)).max(gone);
            let (from, to) = (at.saturating_sub(AROUND).max(gone), found.len().min(at + AROUND));
            spots.extend(found.range(from..to).copied());
        }
        spots.sort_by_key(|spot| spot.order(self.merged));
        // Of several tasks each has given as many as one alone may.
        let order = |spot: &Spot| near.is_some_and(|near| spot.order(self.merged) >= near.order(self.merged));
        let at = spots.partition_point(|spot| !order(spot));
        spots.truncate(at + AROUND);
        spots.drain(..at.saturating_sub(AROUND));
        let before = spots.first().map_or(0, |first| {
            let of = |&key: &Key| {
                let (found, kept) = self.matches(key);
                let gone = found.partition_point(|spot| spot.line < kept);
                found
                    .partition_point(|spot| spot.order(self.merged) < first.order(self.merged))
                    .max(gone)
                    - gone
            };
            self.keys.iter().map(of).sum()
        });
        Found {
            text: text.to_owned(),
            total,
            before,
            spots,
            more: false,
        }
    }
}

/// Positions within a ring fit into memory.
fn index(lines: u64) -> usize {
    usize::try_from(lines).unwrap_or(usize::MAX)
}

/// The lines of tasks as they would be shown, whole, for a file.
pub(super) fn whole(store: &OutputStore, pool: &str, ids: &[u64]) -> Vec<(Spot, Duration, Vec<Clean>)> {
    let Some(pool) = store.lock().pool(pool) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for &id in ids {
        let mut next = 0;
        loop {
            let batch: Vec<(Spot, RawLine)> = {
                let state = store.lock();
                let Some(task) = state.tasks.get(&(pool, id)) else {
                    break;
                };
                let start = index(u64::max(next, task.buffer.first()) - task.buffer.first());
                let end = task.buffer.len().min(start + BATCH);
                (start..end)
                    .filter_map(|i| Some((spot(task, id, i), task.buffer.whole_line(i)?)))
                    .collect()
            };
            let Some((last, _)) = batch.last() else { break };
            next = last.line + 1;
            lines.extend(
                batch
                    .into_iter()
                    .map(|(spot, line)| (spot, line.time, Clean::pieces(&line.text))),
            );
        }
    }
    lines.sort_by_key(|(spot, ..)| spot.order(ids.len() > 1));
    lines
}
