//! The tasks that start next, as far as they are known without reading anything.

use super::{Member, Spec};
use crate::app::args::Args;
use crate::app::clean::Clean;
use crate::app::config::Method;
use crate::app::view::NextRow;
use crate::pool::{GroupInfo, Query};

/// How many groups are looked at.
const GROUPS: usize = 16;

impl Member {
    /// The next tasks of a group, or of all groups in their order; at most so many.
    pub(super) fn next(&self, group: Option<&str>, most: usize) -> Vec<NextRow> {
        let (Some(groups), true) = (self.groups(), most > 0) else {
            return Vec::new();
        };
        let base = self.pool.base();
        let infos = if let Some(group) = group {
            base.group(group).into_iter().collect()
        } else {
            let shot = base.snapshot(&Query {
                groups: (0, GROUPS),
                ..Query::default()
            });
            shot.groups
        };
        let mut rows = Vec::new();
        for info in infos {
            let spec = groups.spec_of(info.name.as_str());
            let Some(spec) = spec.and_then(|spec| groups.specs.get(spec)) else {
                continue;
            };
            let args = args(spec, &info, most - rows.len());
            rows.extend(args.into_iter().map(|args| NextRow {
                group: Clean::from(info.name.as_str()),
                args: Clean::from(args.to_string()),
            }));
        }
        rows
    }
}

/// The arguments of the next tasks of a group; none where only reading would tell.
fn args(spec: &Spec, info: &GroupInfo, most: usize) -> Vec<Args> {
    let queued = info.queued.unwrap_or(0);
    let most = most.min(queued);
    match &spec.group.method {
        Method::Apply { args, .. } => vec![args.clone(); most],
        Method::Map(source) | Method::Starmap(source) | Method::Doublestarmap(source) => {
            source.last_of(queued, most)
        }
    }
}
