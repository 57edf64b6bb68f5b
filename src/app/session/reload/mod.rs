//! Reading the config again, and applying what it says otherwise to live pools.
//!
//! A reading is kept until the next one. A yes names it by its number, so that what was shown is what is applied, whatever
//! the file says by then. Nothing is cancelled, and what runs or is queued keeps the function that it has.

mod apply;
mod rows;

use super::{AnyPool, Groups, Member, Session, lock};
use crate::app::Modes;
use crate::app::clean::Clean;
use crate::app::config::Config;
use crate::app::count::counted;
use crate::app::dashboard::Settings;
use crate::app::reload::{
    Applied, Change, Changes, GroupKey, Loaded, Part, ReadAgain, Reread, Row, What, When, diff, look_changes,
    paired,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How the config is read again, and what was read last.
#[derive(Debug, Default)]
pub(super) struct Reload {
    again: OnceLock<ReadAgain>,
    /// The dashboard as the files wanted it when they were taken last.
    settings: Mutex<Settings>,
    /// How often it was read.
    count: AtomicU64,
    shown: Mutex<Option<Shown>>,
    /// Held while changes are applied.
    applying: tokio::sync::Mutex<()>,
}

/// What a yes would apply.
#[derive(Clone, Debug)]
struct Shown {
    number: u64,
    loaded: Loaded,
    changes: Vec<Change>,
    /// The config that was compared with.
    base: Arc<Config>,
}

impl Session {
    /// Lets the config be read again.
    pub fn reads_again(&self, again: ReadAgain) {
        *lock(&self.reload.settings) = again.settings.clone();
        // It is said once, before anybody could ask.
        let _ = self.reload.again.set(again);
    }

    /// How careful the files, and the command line, want clients to be.
    pub(super) fn modes(&self) -> Modes {
        lock(&self.reload.settings).modes
    }

    /// Tells that pools were added: how many there are.
    pub(in crate::app) fn grown(&self) -> watch::Receiver<usize> {
        self.grown.subscribe()
    }

    /// Reads the config again, off the runtime's threads, and says what it says otherwise. Changes nothing.
    pub(super) async fn reread(&self) -> Result<Reread, String> {
        let again = self.again()?.clone();
        let base = self.config();
        let settings = lock(&self.reload.settings).clone();
        let registry = self.recipe.registry.clone();
        let before = base.clone();
        let read = spawn_blocking(move || {
            let mut loaded = again.load(&before.path, &registry.names())?;
            loaded.config = paired(&before, loaded.config);
            let mut changes = diff(&before, &loaded.config);
            changes.extend(look_changes(&settings, &loaded.settings));
            Ok((loaded, changes))
        });
        let number = self.reload.count.fetch_add(1, Ordering::Relaxed) + 1;
        let (loaded, mut changes) = match read.await.map_err(|_| "the program ends")? {
            Ok(read) => read,
            Err(errors) => {
                let errors: crate::app::config::ConfigErrors = errors;
                *lock(&self.reload.shown) = None;
                let text = errors.render_again();
                return Ok(Reread::Faulty(text.trim_end().lines().map(Clean::from).collect()));
            }
        };
        for change in &mut changes {
            self.settle(change);
        }
        let rows: Vec<Row> = changes.iter().map(|change| self.row(change)).collect();
        let agrees = self.again()?.agrees();
        *lock(&self.reload.shown) = (!rows.is_empty()).then_some(Shown {
            number,
            loaded,
            changes,
            base,
        });
        Ok(if rows.is_empty() {
            Reread::Same
        } else {
            Reread::Changed(Changes { number, rows, agrees })
        })
    }

    fn again(&self) -> Result<&ReadAgain, String> {
        if self.is_quitting() {
            return Err("the program is being left".to_owned());
        }
        let again = self.reload.again.get();
        again.ok_or_else(|| "these pools are not those of a file that could be read again".to_owned())
    }

    /// Applies what the reading with this number has shown. Dropping the future before it has begun changes nothing;
    /// it does not stop half-way.
    pub(super) async fn reload(&self, number: u64) -> Result<Applied, String> {
        let again = self.again()?.clone();
        let Ok(_alone) = self.reload.applying.try_lock() else {
            return Err("another reload is being applied".to_owned());
        };
        let shown = lock(&self.reload.shown).take_if(|shown| shown.number == number);
        let Some(shown) = shown.filter(|shown| Arc::ptr_eq(&shown.base, &self.config())) else {
            return Err("what was shown is no longer what was read last: reload once more".to_owned());
        };
        let outputs = self.outputs.clone();
        let new: Vec<String> = shown.new_pools().map(str::to_owned).collect();
        let written = spawn_blocking(move || {
            again.agree(&shown.loaded);
            for pool in new {
                outputs.add_pool(&pool);
            }
            shown
        });
        let shown = written.await.map_err(|_| "the program ends")?;
        let refused = self.apply(&shown);
        let applied = self.applied(&shown, refused);
        tracing::info!(target: "app::reload", "{}", applied.text);
        for row in &applied.refused {
            let why = row.refused.clone().unwrap_or_default();
            tracing::warn!(target: "app::reload", "{} {} was refused: {why}", row.part, row.what);
        }
        Ok(applied)
    }

    /// What became of it, where these were refused.
    fn applied(&self, shown: &Shown, refused: Vec<(usize, String)>) -> Applied {
        let counts = |when: fn(When) -> bool| shown.changes.iter().filter(|change| when(change.when)).count();
        let done = counts(When::applies) - refused.len();
        let later = counts(|when| when == When::NextStart);
        let mut parts = vec![format!("{} applied", counted(done, "change", "changes"))];
        if !refused.is_empty() {
            parts.push(format!("{} refused", refused.len()));
        }
        if later > 0 {
            parts.push(format!("{later} with the next start"));
        }
        let rows = refused.into_iter().map(|(at, why)| Row {
            refused: Some(Clean::from(why)),
            ..self.row(&shown.changes[at])
        });
        let mut settings = lock(&self.reload.settings);
        let before = settings.clone();
        settings.clone_from(&shown.loaded.settings);
        // That one counts with the next start.
        settings.title = before.title;
        Applied {
            text: parts.join(", "),
            refused: rows.collect(),
            settings: Box::new((before, settings.clone())),
        }
    }

    /// What a change is about, if it is a group that has not been made yet, is not bound to anything that runs.
    fn settle(&self, change: &mut Change) {
        let Some((_, groups, key)) = self.group_of(change) else {
            return;
        };
        let own = matches!(
            change.what,
            What::Args(Some(_)) | What::Func(Some(_)) | What::GroupGone(_) | What::NumConcurrent(_)
        );
        if own && change.when != When::Now && groups.is_held(key) {
            change.when = When::Now;
        }
    }

    /// The groups and the key that a change is about, if it is about a group of a live pool.
    fn group_of<'a>(&'a self, change: &'a Change) -> Option<(&'a Member, &'a Groups, &'a GroupKey)> {
        let member = self.member_of(change)?;
        match &member.pool {
            AnyPool::Simple { .. } => None,
            AnyPool::Task { groups, .. } => Some((member, groups, change.what.group()?)),
        }
    }

    /// The live pool that a change is about.
    fn member_of(&self, change: &Change) -> Option<&Member> {
        match &change.part {
            Part::Pool(name) => self.member(name).ok(),
            Part::Func(_) | Part::Output | Part::Warnings | Part::Look => None,
        }
    }
}

impl Shown {
    /// The names of the pools that it adds.
    fn new_pools(&self) -> impl Iterator<Item = &str> {
        self.changes
            .iter()
            .filter_map(|change| match (&change.part, &change.what) {
                (Part::Pool(name), What::NewPool) => Some(name.as_str()),
                _ => None,
            })
    }
}

impl Groups {
    /// Where the group of the config with this key stands.
    fn index_of(&self, key: &GroupKey) -> Option<usize> {
        Some(self.newest(*lock(&self.keys).get(key)?))
    }

    /// Whether it waits for a person.
    fn is_held(&self, key: &GroupKey) -> bool {
        let index = self.index_of(key);
        index.is_some_and(|index| lock(&self.held).values().any(|held| *held == index))
    }

    /// The name of the group that was made of it, if it was.
    fn made_name(&self, key: &GroupKey) -> Option<&str> {
        let index = self.index_of(key)?;
        Some(self.specs[index].made.get()?.as_str())
    }
}
