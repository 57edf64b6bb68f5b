//! Questions, typed lines, and leaving.

use super::super::action::Action;
use super::super::dialog::{Confirm, Help, LastAction, Overlay, Purpose};
use super::super::state::State;
use super::{
    Consent, Effect, carry_out, control, find, form, note, output, palette, prompts, reload, send, text,
};
use crate::app::control::{Answer, Call, Command, Deed, Request};
use crate::app::count::{counted, waiting};
use crate::app::view::PoolRow;

/// Answers the question, or takes the line.
pub(super) fn answer(state: &mut State, action: Action, key: &str, effects: &mut Vec<Effect>) {
    if matches!(state.overlay, Some(Overlay::Form(_))) {
        return form::act(state, action, key, effects);
    }
    match action {
        Action::EndInput => return end_input(state, key, effects),
        Action::Older | Action::Newer => return before_or_after(state, action, key),
        _ => {}
    }
    if action == Action::Accept {
        text::keep(state);
    }
    match (state.overlay.take(), action) {
        (Some(Overlay::Confirm(confirm)), Action::Yes) => confirmed(state, confirm, key, effects),
        (Some(Overlay::Reload(reloading)), Action::Yes) => reload::apply(state, &reloading, key, effects),
        (Some(Overlay::Confirm(confirm)), Action::Accept) if confirm.is_ready() => {
            confirmed(state, confirm, key, effects);
        }
        (Some(Overlay::Confirm(confirm)), Action::Accept) => {
            let why = match &confirm.typed {
                Some((name, _)) if confirm.lines.is_some() => format!("not without its name: {name}"),
                _ => "what it would hit is still being looked up".to_owned(),
            };
            state.overlay = Some(Overlay::Confirm(confirm));
            note(state, key, why);
        }
        (Some(Overlay::Prompt(prompt)), Action::Accept) => prompts::take_prompt(state, prompt, key, effects),
        (Some(Overlay::Filter(line)), Action::Accept) => find::take(state, line, key),
        (Some(Overlay::Find(_)), Action::Accept) => output::found(state),
        (Some(Overlay::Help(help)), Action::Accept) => {
            state.overlay = Some(Overlay::Help(Help {
                typing: false,
                ..help
            }));
        }
        (Some(Overlay::Palette(palette)), Action::Accept) => palette::take(state, &palette, key, effects),
        // Kept.
        _ => {}
    }
}

/// What was typed before or after; in the palette the entry above or below.
fn before_or_after(state: &mut State, action: Action, key: &str) {
    let older = action == Action::Older;
    let nothing = match (&state.overlay, older) {
        (Some(Overlay::Palette(_)), true) => "no entry is above this one",
        (Some(Overlay::Palette(_)), false) => "no entry is below this one",
        (_, true) => "nothing was typed here before",
        (_, false) => "nothing was typed here after that",
    };
    let found = match state.overlay {
        Some(Overlay::Palette(_)) => palette::step(state, older),
        _ => text::recall(state, older),
    };
    if !found {
        note(state, key, nothing.to_owned());
    }
}

/// The end of the input that is being typed, if nothing is typed yet; a line editor's key otherwise.
fn end_input(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let end = match &state.overlay {
        Some(Overlay::Prompt(prompt)) if prompt.input.value().is_empty() => match &prompt.purpose {
            Purpose::Input { pool, ids } => Some((pool.clone(), ids.clone())),
            Purpose::Save { .. }
            | Purpose::Signal { .. }
            | Purpose::Start { .. }
            | Purpose::Stop(_)
            | Purpose::Size(_)
            | Purpose::Concurrent { .. } => None,
        },
        _ => None,
    };
    let Some((pool, ids)) = end else {
        text::delete(state);
        return;
    };
    state.overlay = None;
    let call = if let Some(id) = control::only(&ids) {
        Call::Input { id, line: None }
    } else {
        let deed = Deed::EndInput;
        Call::Each { ids, deed }
    };
    control::go(state, Command { pool, call }, key, effects);
}

fn confirmed(state: &mut State, confirm: Confirm, key: &str, effects: &mut Vec<Effect>) {
    match confirm.command {
        Some(command) => carry_out(state, command, Consent::Given, key, effects),
        None => leave(state, key, effects),
    }
}

/// Takes what a command would hit into the question that asked for it. A question that is gone, or another
/// one, is left alone.
pub(super) fn take_preview(state: &mut State, number: u64, command: &Command, answer: Answer) {
    let Some(Overlay::Confirm(confirm)) = &mut state.overlay else {
        return;
    };
    if confirm.number != number || confirm.command.is_none() {
        return;
    }
    match answer {
        Answer::Preview(preview) => {
            confirm.lines = Some(preview.lines);
            if let Some(exact) = preview.command {
                if let Call::Each { ids, deed } = &exact.call {
                    confirm.title = control::question_of(deed, ids.len());
                }
                confirm.command = Some(exact);
            }
        }
        Answer::Done(text) => confirm.lines = Some(vec![text]),
        Answer::Listed { .. }
        | Answer::Lines(_)
        | Answer::Added { .. }
        | Answer::Functions(_)
        | Answer::Reread(_)
        | Answer::Applied(_) => {}
        Answer::Mistakes(mistakes) => {
            state.overlay = None;
            let reasons: Vec<String> = mistakes.into_iter().map(|mistake| mistake.reason).collect();
            form::refused(state, number, command, reasons.join("; "));
        }
        Answer::Refused(why) => {
            state.overlay = None;
            form::refused(state, number, command, why);
        }
    }
}

/// Leaves, or asks first if that would end something.
pub(super) fn quit(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Help(_) | Overlay::Columns(_)) = state.overlay {
        state.overlay = None;
        return;
    }
    if state.quits > 0 {
        let why = format!(
            "leaving already; {} {}",
            state.key(Action::Interrupt),
            state.once_more()
        );
        note(state, key, why);
        return;
    }
    if !state.is_busy() {
        leave(state, key, effects);
        return;
    }
    state.overlay = Some(Overlay::Confirm(Confirm {
        title: "Cancel all tasks and leave?".to_owned(),
        command: None,
        number: 0,
        lines: Some(Vec::new()),
        top: 0,
        typed: None,
    }));
    count_quit(state);
}

/// Leaves as the key to quit does; pressed again it is the yes to its question, and makes leaving more urgent.
pub(super) fn interrupt(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    let asks = matches!(
        &state.overlay,
        Some(Overlay::Confirm(Confirm { command: None, .. }))
    );
    if asks || state.quits > 0 {
        leave(state, key, effects);
        return;
    }
    // It leads out of whatever is open.
    state.overlay = None;
    quit(state, key, effects);
}

/// Tells anew what leaving would end, while that is being asked.
pub(super) fn count_quit(state: &mut State) {
    if let Some(Overlay::Confirm(Confirm {
        command: None, lines, ..
    })) = &mut state.overlay
    {
        *lines = Some(state.view.pools.iter().filter_map(quit_line).collect());
    }
}

fn quit_line(pool: &PoolRow) -> Option<String> {
    let running = pool.running + pool.cancelled;
    let mut ends = Vec::new();
    if running > 0 {
        ends.push(counted(
            running,
            "running task is cancelled",
            "running tasks are cancelled",
        ));
    }
    if pool.queued.known > 0 || pool.queued.more {
        ends.push(match running {
            0 => waiting(
                pool.queued,
                "queued task never starts",
                "queued tasks never start",
            ),
            _ => waiting(pool.queued, "queued never starts", "queued never start"),
        });
    }
    (!ends.is_empty()).then(|| format!("{}: {}", pool.name, ends.join(", ")))
}

/// Asks the session to end, and shows what that waits for. Asked once more it kills.
pub(super) fn leave(state: &mut State, key: &str, effects: &mut Vec<Effect>) {
    state.quits += 1;
    let number = send(state, Request::Quit, effects);
    state.last = Some(LastAction {
        key: key.to_owned(),
        call: "quit".to_owned(),
        number: Some(number),
        ..LastAction::default()
    });
    state.overlay = Some(Overlay::Closing);
}
