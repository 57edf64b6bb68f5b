//! Changes in words, with what is live of what they are about.

use super::super::{AnyPool, Member, Session, lock};
use crate::app::clean::Clean;
use crate::app::config::shortened;
use crate::app::count::counted;
use crate::app::reload::{Change, GroupKey, Part, Row, What, When};
use crate::pool::{GroupInfo, PoolSize, Query};

/// How many groups of a pool are looked at to count what keeps a function.
const LOOKED_AT: usize = 1000;

/// What a group that reads it is said to read.
const STDIN: &str = "standard input";

impl Session {
    /// A change in words.
    pub(super) fn row(&self, change: &Change) -> Row {
        let mut text = from_to(change);
        if let Some(now) = self.by_hand(change) {
            text.push_str(&format!(" (now {now}, set by hand)"));
        }
        Row {
            part: Clean::from(part(&change.part)),
            what: Clean::from(what(&change.what)),
            text: Clean::from(text),
            when: change.when,
            effect: Clean::from(self.effect(change)),
            refused: None,
        }
    }

    /// What of it is another by now than the config said.
    fn by_hand(&self, change: &Change) -> Option<String> {
        let member = self.member_of(change)?;
        let now = match &change.what {
            What::Size => member.pool.base().stats().size.to_string(),
            What::NumConcurrent(key) => {
                let (_, groups, _) = self.group_of(change)?;
                let group = member.pool.base().group(groups.made_name(key)?)?;
                group
                    .num_concurrent
                    .map_or("unlimited".to_owned(), |num| num.to_string())
            }
            _ => return None,
        };
        let unlimited = PoolSize::Unlimited.to_string();
        let said = match &*change.old {
            "unlimited" => &unlimited,
            said => said,
        };
        (now != said).then_some(now)
    }

    /// What becomes of it.
    fn effect(&self, change: &Change) -> String {
        let text = match (&change.what, change.when) {
            (What::Size, _) => return self.size_effect(change),
            (What::NewGroup(key), When::Now) => return self.new_group(change, key),
            (What::NewGroup(GroupKey::Unnamed(..)), _) if !change.new.contains(STDIN) => {
                "another one without a name was changed: give this one a name to have it at once"
            }
            (What::NewGroup(_), _) => "it reads standard input: only a start can give it that",
            (What::NewPool | What::NewFunc, _) => "",
            (What::PoolGone, _) => "stays as it is until it is closed or the program ends",
            (What::GroupGone(_), When::Now) => "was never started: no longer waits for it",
            (What::GroupGone(_), _) => "goes on as it is, until it is cancelled or has ended",
            (What::Kind, _) => "a live pool stays of its kind",
            (What::Args(None) | What::Func(None), When::NewGroups) => {
                return format!("for what is started from now on{}", self.kept(change));
            }
            (What::Args(Some(_)) | What::Func(Some(_)) | What::NumConcurrent(_), When::Now)
                if self.is_held(change) =>
            {
                "it has not started yet, and starts like this"
            }
            (What::Args(Some(_)), _) => "a group keeps its arguments; with a new name it starts at once",
            (What::NumConcurrent(_), _) => return self.limit_effect(change),
            (What::Autostart(_), When::Now) if self.is_held(change) => "it starts",
            (What::Autostart(_), When::Now) => "it has started already",
            (What::FuncGone, When::LeftAlone) => "what is left of the pools goes on with it",
            (What::FuncGone, _) => "nothing uses it",
            (What::Key(_), When::NewGroups) => {
                return format!(
                    "for groups made from now on{}{}",
                    self.kept(change),
                    self.called_back(change)
                );
            }
            (_, When::NewGroups) => "for groups made from now on; what runs or is queued keeps the old one",
            (_, When::Now | When::NextStart | When::LeftAlone) => "",
        };
        text.to_owned()
    }

    fn is_held(&self, change: &Change) -> bool {
        self.group_of(change)
            .is_some_and(|(_, groups, key)| groups.is_held(key))
    }

    fn size_effect(&self, change: &Change) -> String {
        let Some(member) = self.member_of(change) else {
            return String::new();
        };
        let stats = member.pool.base().stats();
        let held = stats.running + stats.cancelled;
        match change.new.parse::<usize>() {
            Ok(size) if held > size => {
                let over = counted(
                    held - size,
                    "task more than that runs on",
                    "tasks more than that run on",
                );
                format!("nothing is stopped: {over} to the end")
            }
            size if stats.queued > 0 && !stats.paused => {
                let room = size.map_or(stats.queued, |size| size.saturating_sub(held));
                match room.min(within_limits(member)) {
                    0 => String::new(),
                    1 => "1 queued task may start".to_owned(),
                    start => format!("{start} queued tasks may start"),
                }
            }
            _ => String::new(),
        }
    }

    fn limit_effect(&self, change: &Change) -> String {
        let live = self.group_of(change).and_then(|(member, groups, key)| {
            let name = groups.made_name(key)?;
            member.pool.base().group(name)
        });
        match live {
            Some(_) => String::new(),
            None => "the group is over: only for retries of its tasks".to_owned(),
        }
    }

    fn new_group(&self, change: &Change, key: &GroupKey) -> String {
        let stats = self.member_of(change).map(|member| member.pool.base().stats());
        let held = || match &change.part {
            Part::Pool(name) => change.new.contains("waits for its release") && !name.is_empty(),
            _ => false,
        };
        let taken = || {
            let member = self.member_of(change)?;
            match key {
                GroupKey::Named(name) => member.pool.base().group(name),
                GroupKey::Unnamed(..) => None,
            }
        };
        match stats {
            Some(stats) if stats.locked => "the pool is locked: it will be refused".to_owned(),
            Some(_) if taken().is_some() => {
                "the pool has a group of this name: it will be refused".to_owned()
            }
            _ if held() => "waits for a start by hand".to_owned(),
            _ => String::new(),
        }
    }

    /// The pools whose callbacks are another for what runs, too.
    fn called_back(&self, change: &Change) -> String {
        let Part::Func(func) = &change.part else {
            return String::new();
        };
        let calls = |member: &&Member| match &member.pool {
            AnyPool::Task { .. } => false,
            AnyPool::Simple { runs, .. } => runs
                .called()
                .iter()
                .any(|called| lock(called).spec().name == *func),
        };
        let pools: Vec<&str> = self.members().filter(calls).map(|member| &*member.name).collect();
        if pools.is_empty() {
            return String::new();
        }
        format!("; what {} calls back is the new one at once", pools.join(", "))
    }

    /// How much keeps what it has, of the groups that run the function of this change.
    fn kept(&self, change: &Change) -> String {
        let members: Vec<&Member> = match &change.part {
            Part::Pool(name) => self.member(name).into_iter().collect(),
            _ => self.members().collect(),
        };
        let (mut running, mut queued, mut more) = (0, 0, false);
        for member in members {
            let shot = member.pool.base().snapshot(&Query {
                groups: (0, LOOKED_AT),
                ..Query::default()
            });
            more |= shot.groups.len() == LOOKED_AT;
            for group in &shot.groups {
                let runs = member.func_of(group.name.as_str()).map(|func| func.name.as_str());
                if matches!(&change.part, Part::Func(name) if runs != Some(name.as_str())) {
                    continue;
                }
                running += group.running + group.cancelled;
                queued += group.queued.unwrap_or_default();
                more |= group.queued.is_none();
            }
        }
        let least = if more { "at least " } else { "" };
        match (running, queued) {
            (0, 0) if !more => String::new(),
            (running, 0) => format!("; {least}{running} running keep the old"),
            (0, queued) => format!("; {least}{queued} queued keep the old"),
            (running, queued) => format!("; {least}{running} running and {queued} queued keep the old"),
        }
    }
}

/// From what to what.
fn from_to(change: &Change) -> String {
    let (old, new) = (shortened(&change.old), shortened(&change.new));
    match (&change.what, &*old, &*new) {
        (What::NewPool | What::NewGroup(_) | What::NewFunc, _, new) => format!("new: {new}"),
        (What::PoolGone | What::GroupGone(_) | What::FuncGone, _, _) => "no longer in the file".to_owned(),
        (_, "", new) => new.to_owned(),
        (_, old, "") => old.to_owned(),
        (_, old, new) => format!("{old} → {new}"),
    }
}

/// How many of the tasks that wait their groups' own limits would let start.
fn within_limits(member: &Member) -> usize {
    let shot = member.pool.base().snapshot(&Query {
        groups: (0, LOOKED_AT),
        ..Query::default()
    });
    if shot.stats.groups > shot.groups.len() {
        // Of those that were not looked at nobody knows.
        return shot.stats.queued;
    }
    let of_group = |group: &GroupInfo| {
        let most = group.num_concurrent.unwrap_or(usize::MAX);
        let left = most.saturating_sub(group.running + group.cancelled);
        group.queued.unwrap_or_default().min(left)
    };
    let all = shot.groups.iter().map(of_group);
    all.fold(0, usize::saturating_add).min(shot.stats.queued)
}

fn part(part: &Part) -> String {
    match part {
        Part::Pool(name) => format!("pool {name}"),
        Part::Func(name) => format!("function {name}"),
        Part::Output => "[output]".to_owned(),
        Part::Warnings => "[warnings]".to_owned(),
        Part::Look => "[ui] and [keys]".to_owned(),
    }
}

fn what(what: &What) -> String {
    let of = |key: &Option<GroupKey>, what: &str| match key {
        Some(key) => format!("{key}: {what}"),
        None => what.to_owned(),
    };
    match what {
        What::NewPool | What::PoolGone | What::NewFunc | What::FuncGone => String::new(),
        What::Kind => "kind".to_owned(),
        What::Size => "pool_size".to_owned(),
        What::EndCallback(key) => of(key, "end_callback"),
        What::CancelCallback(key) => of(key, "cancel_callback"),
        What::Start => "start".to_owned(),
        What::Func(key) => of(key, "func"),
        What::Args(key) => of(key, "arguments"),
        What::NewGroup(key) | What::GroupGone(key) => format!("group {key}"),
        What::NumConcurrent(key) => format!("{key}: num_concurrent"),
        What::Autostart(key) => format!("{key}: autostart"),
        What::Key(key) => key.clone(),
    }
}

impl What {
    /// The group that it is about.
    pub(super) fn group(&self) -> Option<&GroupKey> {
        match self {
            What::EndCallback(key) | What::CancelCallback(key) | What::Func(key) | What::Args(key) => {
                key.as_ref()
            }
            What::NewGroup(key) | What::GroupGone(key) | What::NumConcurrent(key) | What::Autostart(key) => {
                Some(key)
            }
            What::NewPool
            | What::PoolGone
            | What::Kind
            | What::Size
            | What::Start
            | What::NewFunc
            | What::FuncGone
            | What::Key(_) => None,
        }
    }
}
