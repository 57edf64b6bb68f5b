use super::*;

/// Tasks of two groups in turn, with the accounts of both.
struct Two {
    table: Table<()>,
    shares: [Shares; 2],
}

impl Two {
    fn of(n: u64) -> Self {
        let mut two = Two {
            table: Table::default(),
            shares: [Shares::default(), Shares::default()],
        };
        for i in 0..n {
            assert_eq!(two.push(&i.to_string()), TaskId(i));
        }
        two
    }

    fn push(&mut self, text: &str) -> TaskId {
        let group = self.table.next_id().0 % 2;
        let key = GroupKey(u32::try_from(group).unwrap());
        let id = self.table.push(key, (), Duration::ZERO, text);
        self.shares[usize::from(group == 1)].add(page(id), 0);
        id
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut TaskMut<'_, ()>)) {
        let change = self.table.update(TaskId(id), change).unwrap();
        let shares = &mut self.shares[change.group.0 as usize];
        shares.moved(page(TaskId(id)), change.before, change.after);
    }

    fn ask(&mut self, id: u64) {
        self.change(id, |task| task.ask(Duration::ZERO));
    }

    fn stop(&mut self, id: u64, outcome: Outcome) {
        self.change(id, |task| {
            task.stop(outcome, 0, Duration::ZERO);
            task.settle(None);
        });
    }

    fn end(&mut self, id: u64) {
        self.stop(id, Outcome::Completed);
    }

    /// Forgets all that is over; the IDs.
    fn forget(&mut self) -> Vec<u64> {
        let mut gone = Vec::new();
        for number in self.table.pages_from(0) {
            let forgotten = self.table.forget(number, 1);
            for run in forgotten.into_iter().flat_map(|forgotten| forgotten.runs) {
                let kind = States::index(TaskState::Ended, run.outcome);
                let ids = run.first.0..=run.last.0;
                self.shares[run.group.0 as usize].remove(number, kind, ids.clone().count() as u64);
                gone.extend(ids);
            }
        }
        gone
    }

    fn group(&self, number: u32) -> (GroupKey, &Shares) {
        (GroupKey(number), &self.shares[number as usize])
    }
}

fn kept(range: impl Iterator<Item = u64>, fits: impl Fn(u64) -> bool) -> Vec<TaskId> {
    range.filter(|id| fits(*id)).map(TaskId).collect()
}

#[test]
fn finds_by_rank_state_and_group_across_pages() {
    let mut two = Two::of(2000);
    for id in (0..2000).filter(|id| id % 3 == 0) {
        two.end(id);
    }
    let running = States::of(TaskState::Running);
    let all = kept(0..2000, |id| id % 3 != 0);
    let odd = kept(0..2000, |id| id % 3 != 0 && id % 2 == 1);
    assert_eq!(two.table.count(running), all.len());
    assert_eq!(two.shares[1].count(running), odd.len());
    assert_eq!(
        two.table.newest(running, 700),
        all.iter().rev().take(700).copied().collect::<Vec<_>>()
    );
    for (of, naive) in [(None, &all), (Some(two.group(1)), &odd)] {
        assert_eq!(two.table.select(of, running, 0, usize::MAX), *naive);
        for skip in [0, 1, 168, 170, 339, 341, 342, 600, 1000, 1330, 1400] {
            assert_eq!(
                two.table.select(of, running, skip, 5),
                naive.iter().skip(skip).take(5).copied().collect::<Vec<_>>()
            );
        }
        for id in [0, 1, 511, 512, 513, 1999, 2000, 9999] {
            let older = naive.iter().filter(|other| other.0 < id).count();
            assert_eq!(two.table.rank(of, running, TaskId(id)), older);
        }
    }
    assert_eq!(two.table.get(TaskId(1234)).unwrap().text(), "1234");
    let (next, ids) = two.table.page_from(TaskId(510)).unwrap();
    assert_eq!((next, ids.count()), (TaskId(512), 2));
}

#[test]
fn whole_pages_are_given_back_and_ids_go_on() {
    let mut two = Two::of(1025);
    for id in 0..1024 {
        two.end(id);
        assert_eq!(two.forget(), [id]);
    }
    assert_eq!(two.table.pages.len(), 1);
    assert!(two.table.get(TaskId(1023)).is_none());
    assert!(two.table.get(TaskId(1024)).is_some());
    two.end(1024);
    assert_eq!(two.forget(), [1024]);
    assert_eq!(two.push(""), TaskId(1025));
    assert_eq!(two.table.select(None, States::ALL, 0, 9), [TaskId(1025)]);
    assert_eq!(
        two.table.select(Some(two.group(1)), States::ALL, 0, 9),
        [TaskId(1025)]
    );
    assert_eq!(two.shares[0].counts_from(0, States::ALL).count(), 0);
}

#[test]
fn a_table_emptied_at_a_page_border_starts_again_there() {
    let mut two = Two::of(512);
    (0..512).for_each(|id| two.end(id));
    assert_eq!(two.forget().len(), 512);
    assert!(two.table.pages.is_empty());
    assert_eq!(two.push("x"), TaskId(512));
    assert_eq!(two.table.get(TaskId(512)).unwrap().text(), "x");
    assert_eq!(two.table.rank(None, States::ALL, TaskId(512)), 0);
}

#[test]
fn what_is_rare_goes_with_its_task() {
    let mut two = Two::of(3);
    let failed = || Outcome::Panicked("boom".into());
    two.stop(0, failed());
    two.stop(2, failed());
    let forgotten = two.table.forget(0, 0);
    assert!(forgotten.unwrap().runs.is_empty(), "they left after that flush");
    let forgotten = two.table.forget(0, 1).unwrap();
    let failures: Vec<u64> = forgotten.failures.iter().map(|(id, _)| id.0).collect();
    assert_eq!(failures, [0, 2]);
    assert_eq!(forgotten.garbage.1.len(), 2);
    assert!(forgotten.garbage.0.is_none(), "the page is still in use");
}

#[test]
fn a_page_lets_go_of_its_handles_once_nothing_in_it_runs() {
    let mut two = Two::of(513);
    let reachable = |two: &Two| -> Vec<u64> {
        let tasks = (0..513).filter(|id| two.table.get(TaskId(*id)).unwrap().is_reachable());
        tasks.collect()
    };
    (2..512).for_each(|id| two.end(id));
    two.ask(1);
    assert_eq!(reachable(&two), [0, 1, 512]);
    two.end(0);
    assert_eq!(
        reachable(&two),
        [1, 512],
        "it was asked to cancel, and still runs"
    );
    two.end(1);
    assert_eq!(two.table.at(0).unwrap().handles.capacity(), 0);
    assert_eq!(reachable(&two), [512]);
}

#[test]
fn tasks_that_follow_each_other_and_ended_alike_are_forgotten_as_one() {
    let mut table = Table::default();
    let group = GroupKey(0);
    for outcome in [
        Outcome::Completed,
        Outcome::Completed,
        Outcome::Panicked("boom".into()),
        Outcome::Completed,
    ] {
        let id = table.push(group, (), Duration::ZERO, "");
        let stopped = table.update(id, |task| {
            task.stop(outcome, 0, Duration::ZERO);
            task.settle(None);
        });
        assert!(stopped.is_some());
    }
    let runs = table.forget(0, 1).unwrap().runs;
    let run = |first, last, outcome| Run {
        first: TaskId(first),
        last: TaskId(last),
        group,
        outcome,
    };
    assert_eq!(
        runs,
        [
            run(0, 1, OutcomeKind::Completed),
            run(2, 2, OutcomeKind::Panicked),
            run(3, 3, OutcomeKind::Completed),
        ]
    );
}

#[test]
fn a_moment_is_kept_to_the_nanosecond() {
    for time in [Duration::ZERO, Duration::from_nanos(1), Duration::from_hours(1)] {
        assert_eq!(Moment::at(time).time(), Some(time));
    }
    assert_eq!(Moment::default().time(), None);
}
