//! What is asked of the session, and what becomes of its answers.

use super::super::dialog::{LastAction, Said};
use super::super::settings::OnIdle;
use super::super::state::{SizeSent, State};
use super::super::undo::inverse;
use super::{Effect, form, leave_if_idle, marks, overlay, reload, typing};
use crate::app::control::{Answer, Call, Command, Numbered, Reply, Request};
use std::time::Duration;

/// How long after an answer at the latest a view shows what was done.
const SEEN: Duration = Duration::from_secs(1);

/// The last request to do something, until what it did can be seen: the dashboard must not leave before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Acted {
    /// It has this number, and waits for its answer.
    Asked(u64),
    /// The answer came at this moment.
    Answered(Duration),
}

impl Acted {
    /// Whether what it did may not be in the view yet.
    pub(super) fn is_unseen(self, now: Duration) -> bool {
        match self {
            Acted::Asked(_) => true,
            Acted::Answered(at) => now < at + SEEN,
        }
    }
}

/// Whether a person was asked about a command, and said yes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Consent {
    /// Nobody was.
    NotAsked,
    /// A question was answered with yes, or the bytes themselves were typed.
    Given,
}

/// Sends a request that nobody was asked about, with the next number.
pub(super) fn send(state: &mut State, request: Request, effects: &mut Vec<Effect>) -> u64 {
    send_asked(state, request, Consent::NotAsked, effects)
}

/// The same, whether or not somebody was.
pub(super) fn send_asked(
    state: &mut State,
    request: Request,
    consent: Consent,
    effects: &mut Vec<Effect>,
) -> u64 {
    state.next_number += 1;
    let number = state.next_number;
    let acts = matches!(request, Request::Do(_) | Request::Reload { .. });
    if acts && state.settings.on_idle != OnIdle::Stay {
        state.acted = Some(Acted::Asked(number));
    }
    let confirmed = consent == Consent::Given;
    effects.push(Effect::Send(Numbered {
        number,
        request,
        confirmed,
    }));
    number
}

/// Sends a command and shows it as the last action, which can be undone, if the command can.
pub(super) fn carry_out(
    state: &mut State,
    command: Command,
    consent: Consent,
    key: &str,
    effects: &mut Vec<Effect>,
) {
    let step = inverse(state, &command);
    let number = carry_out_once(state, command, consent, key, effects);
    if let Some(step) = step {
        state.undo.expect(number, step);
    }
}

/// The same for what is no step of its own: an undo. A size is remembered until a view shows it.
pub(super) fn carry_out_once(
    state: &mut State,
    command: Command,
    consent: Consent,
    key: &str,
    effects: &mut Vec<Effect>,
) -> u64 {
    let call = command.to_string();
    let sized = match command.call {
        Call::SetSize { size } => Some((command.pool.clone(), size)),
        _ => None,
    };
    let pool = command.pool.clone();
    let number = send_asked(state, Request::Do(command), consent, effects);
    state.last = Some(LastAction {
        key: key.to_owned(),
        call,
        number: Some(number),
        pool: Some(pool),
        ..LastAction::default()
    });
    if let Some((pool, size)) = sized {
        state.size_sent = Some(SizeSent {
            pool,
            size,
            number,
            answered: false,
        });
    }
    number
}

pub(super) fn take_reply(state: &mut State, reply: Reply, effects: &mut Vec<Effect>) {
    if matches!(state.acted, Some(Acted::Asked(number)) if number == reply.number) {
        state.acted = Some(Acted::Answered(state.clock));
    }
    if let Some(sent) = &mut state.size_sent
        && sent.number == reply.number
    {
        sent.answered = true;
    }
    if let Request::Do(command) = &reply.request {
        let taken = matches!(reply.answer, Answer::Done(_));
        typing::answered(state, reply.number, command, taken, effects);
    }
    let done = matches!(reply.answer, Answer::Done(_));
    if let Some(again) = state.undo.answered(reply.number, done)
        && let Some(last) = state
            .last
            .as_mut()
            .filter(|last| last.number == Some(reply.number))
    {
        last.undo = Some(again);
    }
    match (reply.request, reply.answer) {
        (Request::List(_), answer) => marks::take(state, reply.number, answer),
        (Request::Describe { .. }, answer) => marks::take_lines(state, reply.number, answer, effects),
        (Request::Functions, answer) => form::take_functions(state, answer),
        (Request::Preview(_), answer) if form::take_check(state, reply.number, &answer) => {}
        (Request::Do(command), answer) if matches!(command.call, Call::Add { .. }) => {
            form::take_added(state, reply.number, &command, answer);
        }
        (Request::Preview(command), answer) => overlay::take_preview(state, reply.number, &command, answer),
        (Request::Quit, Answer::Done(_)) => {
            state.quit_done = true;
            leave_if_idle(state, effects);
        }
        (Request::Quit, Answer::Refused(why)) => {
            say(state, reply.number, "quit", Said::Refused(why));
        }
        (Request::Do(command), Answer::Done(text)) => {
            say(state, reply.number, &command.to_string(), Said::Done(text));
        }
        (Request::Do(command), Answer::Refused(why)) => {
            state.size_sent = None;
            say(state, reply.number, &command.to_string(), Said::Refused(why));
        }
        (Request::Reread, answer) => reload::take(state, reply.number, answer),
        (Request::Reload { .. }, answer) => reload::applied(state, reply.number, answer, effects),
        (Request::Mute { .. }, Answer::Done(text)) => say(state, reply.number, "mute", Said::Done(text)),
        (Request::Mute { .. }, Answer::Refused(why)) => say(state, reply.number, "mute", Said::Refused(why)),
        // No session answers these like this.
        (
            Request::Do(_) | Request::Mute { .. } | Request::Quit,
            Answer::Preview(_)
            | Answer::Listed { .. }
            | Answer::Lines(_)
            | Answer::Added { .. }
            | Answer::Mistakes(_)
            | Answer::Functions(_)
            | Answer::Reread(_)
            | Answer::Applied(_),
        ) => {}
    }
}

/// Completes the last action; a refusal is shown even if other keys have come since.
pub(super) fn say(state: &mut State, number: u64, call: &str, result: Said) {
    match &mut state.last {
        Some(last) if last.number == Some(number) => last.result = result,
        _ if matches!(result, Said::Refused(_)) => {
            state.last = Some(LastAction {
                key: String::new(),
                call: call.to_owned(),
                number: Some(number),
                result,
                ..LastAction::default()
            });
        }
        _ => {}
    }
}
