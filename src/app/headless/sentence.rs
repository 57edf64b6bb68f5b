//! Events in words.

use crate::app::status::Status;
use crate::pool::{EventKind, Outcome};

/// An event for people; nothing for those that say nothing new to them.
pub(super) fn sentence(kind: &EventKind) -> Option<(Option<Status>, String)> {
    Some(match kind {
        EventKind::GroupCreated { group, method, func } => {
            (None, format!("group      {group}: {method} {func}"))
        }
        EventKind::Skipped { group, reason } => (None, format!("skipped    {group}: {reason}")),
        EventKind::InputFailed { group, reason } | EventKind::InputEmpty { group, reason } => {
            (None, format!("input      {group}: {reason}"))
        }
        EventKind::GroupCancelled { group } => (None, format!("cancelled  group {group}")),
        EventKind::GroupDone { group } => (None, format!("done       group {group}")),
        EventKind::TaskStarted { id, group, args, .. } => {
            (Some(Status::Running), format!("{id:>6}  {group}  {args}"))
        }
        EventKind::CancelRequested {
            id,
            group,
            message,
            forced,
        } => {
            let force = if *forced { "  by force" } else { "" };
            let message = message
                .as_deref()
                .map(|text| format!("  {text}"))
                .unwrap_or_default();
            (
                Some(Status::Cancelling),
                format!("{id:>6}  {group}{force}{message}"),
            )
        }
        EventKind::TaskEnded {
            id,
            group,
            outcome,
            duration,
        } => {
            let (status, note) = ended(outcome);
            (
                Some(status),
                format!("{id:>6}  {group}  {:.3}s  {note}", duration.as_secs_f64()),
            )
        }
        EventKind::CallbackDone {
            id,
            cancel,
            error: Some(error),
        } => {
            let callback = if *cancel {
                "cancel_callback"
            } else {
                "end_callback"
            };
            (Some(Status::Failed), format!("{id:>6}  {callback}: {error}"))
        }
        EventKind::Closed => (None, "closed".to_owned()),
        EventKind::Locked
        | EventKind::Unlocked
        | EventKind::Paused
        | EventKind::Resumed
        | EventKind::Resized { .. }
        | EventKind::GroupLimited { .. }
        | EventKind::SpawnerDone { .. }
        | EventKind::GroupForgotten { .. }
        | EventKind::TaskCancelled { .. }
        | EventKind::CallbackDone { .. }
        | EventKind::TasksForgotten { .. } => return None,
    })
}

/// What a task that ended so is shown as, and what there is to say of it.
pub(super) fn ended(outcome: &Outcome) -> (Status, String) {
    let note = match outcome {
        Outcome::Completed => String::new(),
        Outcome::Failed(error) => error.to_string(),
        Outcome::Panicked(message) => message.to_string(),
        Outcome::Cancelled(cancelled) => {
            let detail = cancelled
                .detail
                .as_ref()
                .map(|detail| format!("  {detail}"))
                .unwrap_or_default();
            format!("{}{detail}", cancelled.message.as_deref().unwrap_or_default())
        }
    };
    (Status::of_outcome(outcome), note)
}
