//! Every state that a small pool can get into, by breadth-first search over the machine itself: from the empty
//! pool, each call and each thing that can happen to its tasks, in every order.
//!
//! Beside the machine a [`World`] keeps what the outside knows (what sources have left, who holds tickets, which
//! callbacks run) and a plain account of every task and group. After each transition the machine has to agree
//! with that account in every count, and with the rules. Two worlds are the same if their [`World::key`]s are:
//! clock times, sequence numbers, totals and outcomes are left out, because nothing that happens later depends
//! on them; all of those are checked at each transition all the same.
//!
//! Liveness: in every state there is one [`World::way_out`], what happens next if users only let the pool run to its
//! close. Following it from any state has to end at `closed`.

mod world;

use std::collections::HashMap;
use std::time::Instant;
use world::{Op, Plan, World};

/// How far to go.
pub(super) struct Bounds {
    /// What the first and what the second group may be.
    plans: [&'static [Plan]; 2],
    sizes: &'static [usize],
    flushes: usize,
    close: bool,
    pause: bool,
    closers: usize,
    /// More states than this: something grows that should not.
    most: usize,
}

const PLAIN: Plan = Plan {
    tasks: 2,
    known: true,
    num_concurrent: None,
    cancel_callback: false,
    end_callback: false,
    waits: false,
    skips: false,
};
/// A list of one element, which may fit no call.
const ONE: Plan = Plan {
    tasks: 1,
    skips: true,
    ..PLAIN
};
const IN_TURN: Plan = Plan {
    num_concurrent: Some(1),
    ..PLAIN
};
/// An iterator of unknown length that may have nothing ready.
const ARRIVING: Plan = Plan {
    known: false,
    waits: true,
    skips: true,
    ..PLAIN
};
const ARRIVING_IN_TURN: Plan = Plan {
    num_concurrent: Some(1),
    ..ARRIVING
};
const EMPTY: Plan = Plan { tasks: 0, ..PLAIN };
const CALLS_BACK: Plan = Plan {
    cancel_callback: true,
    end_callback: true,
    ..PLAIN
};
const ONE_CALLS_BACK_AT_CANCEL: Plan = Plan {
    tasks: 1,
    end_callback: false,
    ..CALLS_BACK
};

/// How each state was reached first; printed if something panics.
#[derive(Default)]
struct Paths {
    from: Vec<(u32, Option<Op>)>,
    now: Option<(u32, Op)>,
}

impl Paths {
    fn to(&self, mut state: u32) -> Vec<Op> {
        let mut ops = Vec::new();
        while let (before, Some(op)) = self.from[state as usize] {
            ops.push(op);
            state = before;
        }
        ops.reverse();
        ops
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        if let (true, Some((state, op))) = (std::thread::panicking(), self.now) {
            println!("after {:#?}\nthen {op:?}", self.to(state));
        }
    }
}

/// Goes everywhere within the bounds; panics where a rule does not hold.
fn explore(name: &str, bounds: &Bounds) {
    let begun = Instant::now();
    let first = World::new();
    let mut known = HashMap::from([(first.key(), 0_u32)]);
    let mut paths = Paths {
        from: vec![(0, None)],
        now: None,
    };
    let mut way_out: Vec<Option<u32>> = Vec::new();
    let mut frontier = vec![first];
    let (mut transitions, mut number) = (0, 0_u32);
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for world in frontier {
            let out = world.way_out(bounds);
            let mut led = None;
            let mut refused = world.clone();
            for op in world.ops(bounds) {
                transitions += 1;
                paths.now = Some((number, op));
                if world.refuses(op) {
                    refused.apply(op);
                    continue;
                }
                let mut after = world.clone();
                after.apply(op);
                after.check();
                let fresh = u32::try_from(known.len()).expect("`most` is less");
                let state = *known.entry(after.key()).or_insert(fresh);
                if state == fresh {
                    assert!(known.len() <= bounds.most, "more states than there can be");
                    paths.from.push((number, Some(op)));
                    next.push(after.clone()); // without the spare room of what was just pushed
                }
                if out == Some(op) {
                    led = Some(state);
                }
            }
            refused.check();
            assert!(refused.key() == world.key(), "a refused call changed something");
            assert_eq!(led.is_some(), out.is_some(), "the way out {out:?} was not open");
            way_out.push(led);
            number += 1;
        }
        frontier = next;
    }
    paths.now = None;
    all_ways_lead_out(&way_out, &paths);
    println!(
        "{name}: {} states, {transitions} transitions, {:.1?}",
        known.len(),
        begun.elapsed()
    );
}

/// Follows the way out from every state; it must not go in a circle. Where there is none, the pool is closed.
fn all_ways_lead_out(way_out: &[Option<u32>], paths: &Paths) {
    let mut leads = vec![false; way_out.len()];
    for start in 0..way_out.len() {
        let mut trail = Vec::new();
        let mut state = start;
        while !leads[state] {
            leads[state] = true;
            trail.push(state);
            let Some(next) = way_out[state] else { break };
            state = next as usize;
            assert!(
                !trail.contains(&state),
                "never closes after {:#?}",
                paths.to(u32::try_from(start).expect("numbered by u32"))
            );
        }
    }
}

/// Who gets slots: tickets, groups of every kind, sizes, pauses, cancels. Tasks have no callbacks.
#[test]
fn every_state_of_starting() {
    let bounds = Bounds {
        plans: [&[PLAIN, ARRIVING], &[ONE, IN_TURN, EMPTY]],
        sizes: &[0, 1, 2],
        flushes: 0,
        close: false,
        pause: true,
        closers: 0,
        most: 100_000,
    };
    explore("starting", &bounds);
}

/// How tasks leave: callbacks, flushes, the close.
#[test]
fn every_state_of_ending() {
    let bounds = Bounds {
        plans: [&[CALLS_BACK], &[ONE_CALLS_BACK_AT_CANCEL]],
        sizes: &[2],
        flushes: 1,
        close: true,
        pause: false,
        closers: 1,
        most: 100_000,
    };
    explore("ending", &bounds);
}

/// Several flushes at once, some of them called from callbacks.
#[test]
fn every_state_of_two_flushes() {
    let bounds = Bounds {
        plans: [&[CALLS_BACK], &[]],
        sizes: &[2],
        flushes: 2,
        close: true,
        pause: false,
        closers: 1,
        most: 30_000,
    };
    explore("two flushes", &bounds);
}

/// Both at once, of groups of two tasks each. Takes gigabytes and, in a release build, minutes.
#[test]
#[ignore = "takes minutes and gigabytes"]
fn every_state_of_everything() {
    let bounds = Bounds {
        plans: [&[CALLS_BACK], &[ARRIVING_IN_TURN]],
        sizes: &[0, 1, 2],
        flushes: 1,
        close: true,
        pause: true,
        closers: 1,
        most: 100_000_000,
    };
    explore("everything", &bounds);
}

/// Every pair of kinds of groups.
#[test]
#[ignore = "takes minutes and gigabytes"]
fn every_state_of_starting_groups_of_every_kind() {
    let kinds = &[PLAIN, IN_TURN, ARRIVING, ARRIVING_IN_TURN, EMPTY];
    let bounds = Bounds {
        plans: [kinds, kinds],
        sizes: &[0, 1, 2],
        flushes: 0,
        close: true,
        pause: true,
        closers: 1,
        most: 100_000_000,
    };
    explore("starting groups of every kind", &bounds);
}
