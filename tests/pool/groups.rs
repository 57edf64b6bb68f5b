//! Names, arguments, and what groups start.

use super::*;
use std::collections::BTreeSet;
use taskpool_tui::pool::{
    ArgsText, GroupName, Method, PoolSize, Pull, Query, SimpleTaskPool, Source, TaskPool, Why,
};

async fn two(_: u8, _: &'static str) {}

#[derive(Debug)]
struct Host(&'static str);

impl TryFrom<&'static str> for Host {
    type Error = String;
    fn try_from(name: &'static str) -> Result<Host, String> {
        if name.is_empty() {
            Err("no name".to_owned())
        } else {
            Ok(Host(name))
        }
    }
}

async fn probe(host: Host) {
    assert!(!host.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn default_names_count_up_per_method_and_function_and_are_never_used_twice() {
    let pool = TaskPool::new(None);
    let simple = SimpleTaskPool::new(forever, None, ());
    assert_eq!(
        pool.apply(forever, 1, ()).unwrap().as_str(),
        "apply-forever-group-0"
    );
    assert_eq!(
        pool.apply(forever, 1, "apply-forever-group-1").unwrap().as_str(),
        "apply-forever-group-1"
    );
    assert_eq!(
        pool.apply(forever, 1, ()).unwrap().as_str(),
        "apply-forever-group-2"
    );
    assert_eq!(pool.map(sleep, [1], 1, ()).unwrap().as_str(), "map-sleep-group-0");
    assert_eq!(
        pool.starmap(two, [(1, "a")], 1, ()).unwrap().as_str(),
        "starmap-two-group-0"
    );
    assert_eq!(
        pool.doublestarmap(probe, ["a"], 1, ()).unwrap().as_str(),
        "doublestarmap-probe-group-0"
    );
    assert_eq!(simple.start(1).unwrap().as_str(), "start-group-0");
    assert_eq!(simple.start(1).unwrap().as_str(), "start-group-1");
    pool.cancel_group("apply-forever-group-2", None).unwrap();
    assert_eq!(
        pool.apply(forever, 1, ()).unwrap().as_str(),
        "apply-forever-group-3"
    );
    assert!(matches!(
        pool.apply(forever, 1, "map-sleep-group-0"),
        Err(PoolError::TaskGroupAlreadyExists { group, .. }) if group.as_str() == "map-sleep-group-0"
    ));
    assert_eq!(pool.stats().groups, 6, "the refused one left nothing behind");
}

#[tokio::test(start_paused = true)]
async fn pools_print_by_kind_and_name() {
    assert_eq!(TaskPool::named("x", 1).to_string(), "TaskPool-x");
    let simple = SimpleTaskPool::new(forever, 1, ());
    assert_eq!(simple.to_string(), format!("SimpleTaskPool-{}", simple.name()));
    assert_eq!(simple.func_name(), "forever");
    assert!(simple.name().parse::<usize>().is_ok());
}

#[test]
fn names_numbers_and_sizes_print_as_text_and_fill_columns() {
    let name = GroupName::from("a\"b");
    assert_eq!(
        format!("{name}|{name:5}|{name:?}|{}", name.as_str()),
        r#"a"b|a"b  |"a\"b"|a"b"#
    );
    assert_eq!(format!("{}|{:>3}", TaskId(12), TaskId(12)), "12| 12");
    let sizes = [PoolSize::Unlimited, PoolSize::Limited(12), PoolSize::Limited(0)];
    assert_eq!(
        sizes.map(|size| format!("{size}|{size:>3}")),
        ["∞|  ∞", "12| 12", "0|  0"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_group_exists_and_is_over() {
    let pool = TaskPool::new(1);
    pool.apply(forever, 0, "none").unwrap();
    pool.map(sleep, Vec::new(), 1, "nothing").unwrap();
    settle().await;
    assert_eq!(pool.get_group_ids(["none", "nothing"]).unwrap(), BTreeSet::new());
    pool.flush().await;
    assert_eq!(pool.stats().groups, 0);
}

#[tokio::test(start_paused = true)]
async fn elements_are_pulled_one_at_a_time_when_a_task_can_start() {
    let (pool, diary) = (TaskPool::new(2), Diary::default());
    let noted = diary.clone();
    pool.map(
        |_| sleep(1),
        (0..).inspect(move |n| noted.note(n.to_string())),
        5,
        "g",
    )
    .unwrap();
    settle().await;
    assert_eq!(diary.text(), "0 1");
    sleep(1).await;
    settle().await;
    assert_eq!(diary.text(), "0 1 2 3");
}

#[tokio::test(start_paused = true)]
async fn an_element_that_fits_no_call_is_skipped_and_the_rest_goes_on() {
    let pool = TaskPool::new(1);
    let names = std::iter::repeat_n("", 1000).chain(["a", "", "b"]);
    pool.doublestarmap(probe, names.collect::<Vec<_>>(), 2, "g")
        .unwrap();
    settle().await;
    let group = pool
        .snapshot(&Query {
            groups: (0, 9),
            ..Query::default()
        })
        .groups
        .remove(0);
    assert_eq!(
        (group.totals.completed, group.skipped, group.why),
        (2, 1001, Why::NothingLeft)
    );
}

#[tokio::test(start_paused = true)]
async fn a_panicking_iterator_ends_its_group_alone() {
    let pool = TaskPool::new(1);
    let broken = (0..5).map(|n| if n == 2 { panic!("torn") } else { n });
    let at_once = std::iter::from_fn(|| -> Option<u8> { panic!("torn as well") });
    pool.map(|_| async {}, broken, 1, "g").unwrap();
    pool.apply(|| async {}, 3, ()).unwrap();
    pool.map(|_| async {}, at_once, 1, "h").unwrap();
    settle().await;
    let groups = pool
        .snapshot(&Query {
            groups: (0, 9),
            ..Query::default()
        })
        .groups;
    assert_eq!(
        groups[0].input_error.as_deref(),
        Some("making the next task panicked: torn")
    );
    assert_eq!((groups[0].totals.completed, groups[1].totals.completed), (2, 3));
    assert!(groups[2].input_error.is_some());
    pool.close().await;
    let stats = pool.stats();
    assert_eq!((stats.totals.completed, stats.input_errors), (5, 2));
}

/// Elements that arrive over time.
struct Arriving(tokio::sync::mpsc::Receiver<u32>, Peeked);

/// What has arrived and was not pulled.
enum Peeked {
    Nothing,
    Element(u32),
    End,
}

impl Source for Arriving {
    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        if let Peeked::Nothing = self.1 {
            self.1 = std::task::ready!(self.0.poll_recv(cx)).map_or(Peeked::End, Peeked::Element);
        }
        std::task::Poll::Ready(())
    }

    fn pull(&mut self, args: &mut ArgsText) -> Pull {
        let Peeked::Element(n) = std::mem::replace(&mut self.1, Peeked::Nothing) else {
            return Pull::Done;
        };
        args.show(n);
        Pull::task(async move { sleep(u64::from(n)).await })
    }

    fn remaining(&self) -> Option<usize> {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_waits_holds_no_slot_and_says_so() {
    let pool = TaskPool::new(1);
    let (send, receive) = tokio::sync::mpsc::channel(9);
    pool.submit(Method::Map, Some(5), Arriving(receive, Peeked::Nothing), "slow")
        .unwrap();
    settle().await;
    let why = |pool: &TaskPool| {
        pool.snapshot(&Query {
            groups: (0, 1),
            ..Query::default()
        })
        .groups[0]
            .why
    };
    assert_eq!(why(&pool), Why::WaitingForInput);
    pool.apply(|| async {}, 3, "quick").unwrap();
    settle().await;
    assert_eq!(pool.num_ended(), 3, "the slot is for others meanwhile");
    send.send(1).await.unwrap();
    send.send(1).await.unwrap();
    settle().await;
    assert_eq!((pool.num_running(), why(&pool)), (1, Why::PoolFull { place: 1 }));
    sleep(5).await;
    assert_eq!(pool.num_ended(), 5);
    drop(send);
    settle().await;
    assert_eq!((why(&pool), pool.stats().queued_more), (Why::NothingLeft, false));
    assert_eq!(pool.close().await.totals.completed, 5);
}

#[tokio::test(start_paused = true)]
async fn a_group_cancelled_while_it_waits_for_input_lets_the_pool_close() {
    let pool = TaskPool::new(1);
    let (send, receive) = tokio::sync::mpsc::channel(9);
    pool.submit(Method::Map, Some(5), Arriving(receive, Peeked::Nothing), "slow")
        .unwrap();
    settle().await;
    pool.cancel_group("slow", None).unwrap();
    pool.close().await;
    settle().await;
    assert!(send.is_closed(), "the source is dropped");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_groups_take_no_quadratic_time() {
    let pool = TaskPool::new(None);
    for _ in 0..100_000 {
        pool.apply(|| async {}, 1, ()).unwrap();
    }
    assert_eq!(pool.close().await.totals.completed, 100_000);
}
