//! What a pool promises, without any of its cleverness: lists are walked, nothing is counted twice or kept.

use super::Kind;
use taskpool_tui::pool::OutcomeKind;

/// How a task is told to end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum How {
    Complete,
    Fail,
    Panic,
    /// It returns the cancel that it caught.
    Raise,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum State {
    Running,
    Cancelling,
    Cancelled,
    EndCallback,
    Settled,
    Forgotten,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) group: usize,
    pub(crate) state: State,
    pub(crate) outcome: Option<OutcomeKind>,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    kind: Kind,
    left: usize,
    named: bool,
    /// Its spawner is.
    pub(crate) done: bool,
}

impl Group {
    pub(crate) fn queued(&self) -> Option<usize> {
        (self.kind.known || self.done).then_some(self.left)
    }
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) size: Option<usize>,
    pub(crate) locked: bool,
    pub(crate) paused: bool,
    pub(crate) closed: bool,
    pub(crate) groups: Vec<Group>,
    pub(crate) tasks: Vec<Task>,
    /// The groups that wait for a slot, in the order in which they began to.
    pub(crate) line: Vec<usize>,
    applies: usize,
    maps: usize,
}

type Answer<T> = Result<T, String>;

impl Model {
    pub(crate) fn new(size: usize) -> Self {
        Model {
            size: Some(size),
            locked: false,
            paused: false,
            closed: false,
            groups: Vec::new(),
            tasks: Vec::new(),
            line: Vec::new(),
            applies: 0,
            maps: 0,
        }
    }

    fn ids(&self, fits: impl Fn(&Task) -> bool) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|id| fits(&self.tasks[*id]))
            .collect()
    }

    pub(crate) fn running(&self) -> Vec<usize> {
        self.ids(|task| matches!(task.state, State::Running | State::Cancelling))
    }

    pub(crate) fn calling_back(&self) -> Vec<usize> {
        self.ids(|task| matches!(task.state, State::Cancelled | State::EndCallback))
    }

    fn holding(&self, group: Option<usize>) -> usize {
        let holds = |task: &Task| matches!(task.state, State::Running | State::Cancelling | State::Cancelled);
        self.ids(|task| holds(task) && group.is_none_or(|group| task.group == group))
            .len()
    }

    pub(crate) fn room(&self) -> usize {
        self.size.unwrap_or(usize::MAX).saturating_sub(self.holding(None))
    }

    pub(crate) fn newest(&self, num: usize) -> Vec<usize> {
        let mut ids = self.ids(|task| task.state == State::Running);
        ids.reverse();
        ids.truncate(num);
        ids
    }

    pub(crate) fn remembered(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.tasks
            .iter()
            .enumerate()
            .filter(|(_, task)| task.state != State::Forgotten)
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.groups.iter().enumerate().filter(|(_, group)| group.named)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.named().map(|(_, group)| group.name.clone()).collect()
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.named()
            .find(|(_, group)| group.name == name)
            .map(|(number, _)| number)
    }

    pub(crate) fn create(&mut self, kind: Kind, name: Option<&str>) -> Answer<String> {
        if self.closed {
            return Err("PoolIsClosed".into());
        }
        if self.locked {
            return Err("PoolIsLocked".into());
        }
        if name.is_some_and(|name| self.find(name).is_some()) {
            return Err("TaskGroupAlreadyExists".into());
        }
        let name = name.map_or_else(|| self.default_name(kind), str::to_owned);
        self.groups.push(Group {
            name: name.clone(),
            kind,
            left: kind.tasks,
            named: true,
            done: kind.known && kind.tasks == 0,
        });
        self.wait(self.groups.len() - 1);
        self.fill();
        Ok(name)
    }

    fn default_name(&mut self, kind: Kind) -> String {
        loop {
            let (method, index) = match kind.num_concurrent {
                None => ("apply", &mut self.applies),
                Some(_) => ("map", &mut self.maps),
            };
            let name = format!("{method}-work-group-{index}");
            *index += 1;
            if self.find(&name).is_none() {
                return name;
            }
        }
    }

    /// The group goes to the end of the line, if it could use a slot and is not in it.
    fn wait(&mut self, group: usize) {
        let most = self.groups[group].kind.num_concurrent.unwrap_or(usize::MAX);
        if !self.groups[group].done && self.holding(Some(group)) < most && !self.line.contains(&group) {
            self.line.push(group);
        }
    }

    /// Gives each free slot to the one who waits longest.
    fn fill(&mut self) {
        while !self.paused && self.room() > 0 && !self.line.is_empty() {
            let number = self.line.remove(0);
            let group = &mut self.groups[number];
            if group.left == 0 {
                group.done = true; // only now does an iterator of unknown length say so
                continue;
            }
            group.left -= 1;
            group.done = group.kind.known && group.left == 0;
            self.tasks.push(Task {
                group: number,
                state: State::Running,
                outcome: None,
            });
            self.wait(number);
        }
    }

    pub(crate) fn finish(&mut self, id: usize, how: How) {
        let asked = self.tasks[id].state == State::Cancelling;
        self.stop(
            id,
            match how {
                How::Complete => OutcomeKind::Completed,
                How::Panic => OutcomeKind::Panicked,
                How::Raise if asked => OutcomeKind::Cancelled,
                How::Raise | How::Fail => OutcomeKind::Failed,
            },
        );
    }

    fn stop(&mut self, id: usize, outcome: OutcomeKind) {
        self.tasks[id].outcome = Some(outcome);
        let calls_back = self.groups[self.tasks[id].group].kind.calls_back;
        if outcome == OutcomeKind::Cancelled && calls_back {
            self.tasks[id].state = State::Cancelled;
        } else {
            self.end(id);
        }
    }

    fn end(&mut self, id: usize) {
        let group = self.tasks[id].group;
        let calls_back = self.groups[group].kind.calls_back;
        self.tasks[id].state = if calls_back {
            State::EndCallback
        } else {
            State::Settled
        };
        self.wait(group);
        self.fill();
    }

    pub(crate) fn callback_done(&mut self, id: usize) {
        if self.tasks[id].state == State::Cancelled {
            self.end(id);
        } else {
            self.tasks[id].state = State::Settled;
        }
    }

    pub(crate) fn set_size(&mut self, size: Option<usize>) {
        self.size = size;
        self.fill();
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.fill();
    }

    pub(crate) fn unlock(&mut self) -> Answer<()> {
        if self.closed {
            return Err("PoolIsClosed".into());
        }
        self.locked = false;
        Ok(())
    }

    pub(crate) fn cancel(&mut self, ids: &[usize], force: bool) -> Answer<()> {
        for &id in ids {
            match self.tasks.get(id).map(|task| task.state) {
                Some(State::Running | State::Cancelling) => {}
                Some(State::Cancelled) => return Err(format!("AlreadyCancelled {id}")),
                Some(State::EndCallback | State::Settled) => return Err(format!("AlreadyEnded {id}")),
                Some(State::Forgotten) | None => return Err(format!("InvalidTaskId {id}")),
            }
        }
        let mut once: Vec<usize> = Vec::new();
        for &id in ids {
            if !once.contains(&id) {
                once.push(id);
            }
        }
        self.ask(&once, force);
        Ok(())
    }

    /// All are asked first; then those stop that do not catch it, or are forced the second time.
    fn ask(&mut self, ids: &[usize], force: bool) {
        let mut stops = Vec::new();
        for &id in ids {
            let again = self.tasks[id].state == State::Cancelling;
            self.tasks[id].state = State::Cancelling;
            if !self.groups[self.tasks[id].group].kind.catches || (again && force) {
                stops.push(id);
            }
        }
        for id in stops {
            self.stop(id, OutcomeKind::Cancelled);
        }
    }

    pub(crate) fn cancel_group(&mut self, name: &str) -> Answer<()> {
        let number = self.find(name).ok_or("TaskGroupNotFound")?;
        self.dissolve(number);
        let ids: Vec<usize> = self
            .running()
            .into_iter()
            .filter(|id| self.tasks[*id].group == number)
            .collect();
        self.ask(&ids, false);
        self.fill();
        Ok(())
    }

    pub(crate) fn cancel_all(&mut self, force: bool) {
        (0..self.groups.len()).for_each(|number| self.dissolve(number));
        self.ask(&self.running(), force);
    }

    fn dissolve(&mut self, number: usize) {
        let group = &mut self.groups[number];
        (group.named, group.done, group.left) = (false, true, 0);
        self.line.retain(|other| *other != number);
    }

    /// How many were forgotten, and the failures among them; nothing if it has to wait.
    pub(crate) fn flush(&mut self) -> Option<(usize, Vec<usize>)> {
        if !self.calling_back().is_empty() {
            return None;
        }
        let ids = self.ids(|task| task.state == State::Settled);
        let failed = |id: &&usize| {
            matches!(
                self.tasks[**id].outcome,
                Some(OutcomeKind::Failed | OutcomeKind::Panicked)
            )
        };
        let failures = ids.iter().filter(failed).copied().collect();
        for &id in &ids {
            self.tasks[id].state = State::Forgotten;
        }
        for number in 0..self.groups.len() {
            let mut tasks = self.tasks.iter().filter(|task| task.group == number);
            if self.groups[number].done && tasks.all(|task| task.state == State::Forgotten) {
                self.groups[number].named = false;
            }
        }
        Some((ids.len(), failures))
    }

    /// Its answer; nothing if it has to wait.
    pub(crate) fn close(&mut self) -> Option<Answer<String>> {
        if self.closed {
            return Some(Ok("0".into()));
        }
        if !self.locked {
            return Some(Err("PoolStillUnlocked".into()));
        }
        if self.holding(None) > 0 || !self.groups.iter().all(|group| group.done) {
            return None;
        }
        let (forgotten, _) = self.flush()?;
        self.closed = true;
        Some(Ok(forgotten.to_string()))
    }
}
