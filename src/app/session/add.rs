//! Groups that somebody adds while their pool lives, and the limits of groups that are there.

use super::execute::text;
use super::{AnyPool, Member, Session, lock};
use crate::app::config::{Added, Config, Method, Source, added, callable};
use crate::app::control::{Answer, Command, Preview};
use crate::app::count::counted;
use crate::app::new_group::{Mistake, NewGroup, Part};
use crate::pool::{BaseTaskPool, GroupInfo, PoolError, Why};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a preview waits for the first elements of a source.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many elements a preview shows.
const FIRST: usize = 3;

/// Why no group was made.
enum Not {
    /// What was asked for is wrong.
    Mistakes(Vec<Mistake>),
    /// The pool makes none.
    Refused(String),
}

impl From<Not> for Answer {
    fn from(not: Not) -> Answer {
        match not {
            Not::Mistakes(mistakes) => Answer::Mistakes(mistakes),
            Not::Refused(why) => Answer::Refused(why),
        }
    }
}

impl Session {
    /// The functions that a new group can call.
    pub(super) fn functions(&self) -> Answer {
        Answer::Functions(callable(&self.config(), &self.recipe.registry.names()))
    }

    /// Makes a group.
    pub(super) async fn add(&self, command: &Command, new: &NewGroup) -> Answer {
        let answer = match self.try_add(&command.pool, new).await {
            Ok((group, text)) => {
                tracing::info!(target: "app::control", "{command}: {text}");
                return Answer::Added { group, text };
            }
            Err(not) => Answer::from(not),
        };
        match &answer {
            Answer::Mistakes(mistakes) => {
                let reasons: Vec<&str> = mistakes.iter().map(|mistake| &*mistake.reason).collect();
                tracing::warn!(target: "app::control", "{command} was refused: {}", reasons.join("; "));
            }
            Answer::Refused(why) => {
                tracing::warn!(target: "app::control", "{command} was refused: {why}");
            }
            _ => {}
        }
        answer
    }

    async fn try_add(&self, pool: &str, new: &NewGroup) -> Result<(String, String), Not> {
        let (member, config, added) = self.read_group(pool, new).await?;
        let AnyPool::Task { pool, groups } = &member.pool else {
            return Err(Not::Refused(one_function(member)));
        };
        let tasks = added.group.method.len();
        let spec = self.make_of(config).added(member, &added);
        let made = groups.add(pool, spec, member.gate.clone());
        let group = made.map_err(|error| match &error {
            PoolError::TaskGroupAlreadyExists { group, .. } => Not::Mistakes(vec![taken(group)]),
            _ => Not::Refused(text(error)),
        })?;
        let tasks = tasks.map_or_else(
            || "one task for each element".to_owned(),
            |tasks| counted(tasks, "task", "tasks"),
        );
        Ok((group.to_string(), format!("group {group} with {tasks}")))
    }

    /// What making the group would do.
    pub(super) async fn preview_add(&self, pool: &str, new: &NewGroup) -> Answer {
        let (member, _, added) = match self.read_group(pool, new).await {
            Ok(read) => read,
            Err(not) => return not.into(),
        };
        let first = match added.group.method.source() {
            Some(source) => self.first_of(source).await,
            None => Vec::new(),
        };
        let mut lines = vec![what(&added, &first)];
        lines.extend(when(member.pool.base()));
        lines.extend(added.warnings);
        Answer::Preview(Preview { lines, command: None })
    }

    /// Reads what was asked for, off the threads that run tasks: it may name files.
    async fn read_group(&self, pool: &str, new: &NewGroup) -> Result<(&Member, Arc<Config>, Added), Not> {
        let member = self.member(pool).map_err(Not::Refused)?;
        let AnyPool::Task { pool, groups } = &member.pool else {
            return Err(Not::Refused(one_function(member)));
        };
        takes_groups(pool).map_err(|error| Not::Refused(text(error)))?;
        let config = self.config();
        let (new, of, registry) = (new.clone(), config.clone(), self.recipe.registry.clone());
        let read = spawn_blocking(move || added(&new, &of, &registry.names()));
        let read = read
            .await
            .map_err(|_| Not::Refused("the program ends".to_owned()))?;
        let added = read.map_err(Not::Mistakes)?;
        if let Some(name) = &added.group.name
            && (pool.group(name).is_some() || lock(&groups.held).contains_key(name))
        {
            return Err(Not::Mistakes(vec![taken(name)]));
        }
        Ok((member, config, added))
    }

    /// The first elements of a source, as far as they can be had at once. A file is read and a directory looked through
    /// by one thread at a time, however often somebody asks.
    async fn first_of(&self, source: &Source) -> Vec<String> {
        if source.waits() {
            return Vec::new();
        }
        let turn = self.looking.clone().try_lock_owned();
        let Ok(turn) = turn else { return Vec::new() };
        let source = source.clone();
        let looked = spawn_blocking(move || {
            let _turn = turn;
            let elements = match source.open() {
                Ok(elements) => elements,
                Err(error) => return vec![format!("({error})")],
            };
            let shown = elements.take(FIRST).map(|element| match element {
                Ok(args) => args.to_string(),
                Err(error) => format!("({error})"),
            });
            let mut shown: Vec<String> = shown.collect();
            if shown.is_empty() {
                shown.push(format!("({})", source.nothing()));
            }
            shown
        });
        match timeout(PATIENCE, looked).await {
            Ok(Ok(first)) => first,
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }
}

/// Changes how many tasks of a group run at once.
pub(super) fn set_concurrent(member: &Member, group: &str, num: Option<usize>) -> Result<String, String> {
    let pool = member.pool.base();
    let before = limited(member, group)?;
    pool.set_num_concurrent(group, num).map_err(text)?;
    let grown = match (before.num_concurrent, num) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let active = before.running + before.cancelled;
    let effect = match num {
        _ if grown && !pool.stats().paused => "; more start as slots become free".to_owned(),
        Some(num) if active > num => format!("; {} run on until they end", counted(active, "task", "tasks")),
        _ => String::new(),
    };
    Ok(format!(
        "num_concurrent of {group}: {} → {}{effect}",
        limit(before.num_concurrent),
        limit(num)
    ))
}

/// What another limit of a group would do.
pub(super) fn limit_lines(member: &Member, group: &str, num: Option<usize>) -> Result<Vec<String>, String> {
    let info = limited(member, group)?;
    let waiting = info
        .queued
        .map_or("the rest of the input".to_owned(), |queued| queued.to_string());
    Ok(vec![format!(
        "now {}: {} running, {waiting} queued; then max {}",
        limit(info.num_concurrent),
        info.running + info.cancelled,
        limit(num)
    )])
}

/// A group whose limit makes a difference.
fn limited(member: &Member, group: &str) -> Result<GroupInfo, String> {
    if member.held().iter().any(|held| held == group) {
        return Err(format!("{group} is held back by the config: start it first"));
    }
    let info = member
        .pool
        .base()
        .group(group)
        .ok_or_else(|| format!("{} has no group {group:?}", member.name))?;
    if info.why == Why::NothingLeft {
        return Err(format!(
            "no task of {group} is queued: a limit would change nothing"
        ));
    }
    Ok(info)
}

/// A limit in a word.
fn limit(num: Option<usize>) -> String {
    num.map_or_else(|| "unlimited".to_owned(), |num| num.to_string())
}

/// Whether the pool takes new groups.
fn takes_groups(pool: &BaseTaskPool) -> Result<(), PoolError> {
    let stats = pool.stats();
    let label = || pool.to_string().into();
    match (stats.closed, stats.locked) {
        (true, _) => Err(PoolError::PoolIsClosed { pool: label() }),
        (false, true) => Err(PoolError::PoolIsLocked { pool: label() }),
        (false, false) => Ok(()),
    }
}

fn one_function(member: &Member) -> String {
    format!(
        "{} is a SimpleTaskPool with one function: start starts more tasks of it",
        member.name
    )
}

fn taken(name: &str) -> Mistake {
    Mistake {
        part: Part::Name,
        reason: format!("there is a group {name:?} already"),
        remedy: "write another name, or leave it out".to_owned(),
        at: None,
    }
}

/// What a group would be.
fn what(added: &Added, first: &[String]) -> String {
    let group = &added.group;
    let name = group.name.as_ref();
    let name = name.map_or_else(String::new, |name| format!("{name}: "));
    let func = &group.func;
    let (source, at_once) = match &group.method {
        Method::Apply { num: 0, .. } => return format!("{name}no task: num is 0"),
        Method::Apply { args, num } => {
            let with = if args.is_empty() {
                "without arguments".to_owned()
            } else {
                format!("with {args}")
            };
            return format!("{name}{} of {func} {with}", counted(*num, "task", "tasks"));
        }
        Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
            (source, group.num_concurrent)
        }
    };
    let what = match source.len() {
        Some(0) => return format!("{name}no task: the list is empty"),
        Some(len) => format!("{} of {func}", counted(len, "task", "tasks")),
        None => format!("one task of {func} for each of the {source}"),
    };
    let all = source.len().is_some_and(|len| len <= first.len() as u64);
    let first = match (first.join(", "), all) {
        (first, _) if first.is_empty() => String::new(),
        (first, true) => format!(": {first}"),
        (first, false) => format!(": {first} …"),
    };
    let most = at_once.map_or_else(String::new, |most| format!(", max {most}"));
    format!("{name}{what}{most}{first}")
}

/// Why its tasks would not start at once, if they would not.
fn when(pool: &BaseTaskPool) -> Option<String> {
    let stats = pool.stats();
    if stats.paused {
        return Some("the pool is paused: nothing starts until it is resumed".to_owned());
    }
    match stats.size.limit() {
        Some(0) => Some("the size of the pool is 0: nothing starts until it grows".to_owned()),
        Some(size) if pool.is_full() => Some(format!(
            "{} taken: the tasks are queued",
            counted(size, "slot is", "slots are")
        )),
        Some(_) | None => None,
    }
}
