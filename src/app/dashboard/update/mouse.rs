//! What the mouse does. A click is the same as the keys that would lead there.

use super::super::action::{Action, Place};
use super::super::applies::refusal;
use super::super::dialog::Overlay;
use super::super::mouse::{Gesture, Mouse, Selection, Zone};
use super::super::state::{Pane, Screen, State, TaskCursor};
use super::cursor::{follow, go_tasks};
use super::nav::{self, Step};
use super::{Effect, LogMove, act, note, output, typing};

/// How many rows one step of the wheel scrolls.
const ROWS: isize = 3;

/// Takes in what was done with the mouse.
pub(super) fn take(state: &mut State, mouse: &Mouse, effects: &mut Vec<Effect>) {
    match mouse.gesture {
        Gesture::Press | Gesture::Double => {
            state.selection = mouse.text.map(|area| Selection {
                area,
                anchor: mouse.at,
                to: mouse.at,
                moved: false,
            });
            press(state, mouse, effects);
        }
        Gesture::Drag => state.selection = state.selection.map(|selection| selection.dragged(mouse.at)),
        Gesture::Release => {
            if let Some(selection) = state.selection.take().filter(|selection| selection.moved) {
                effects.push(Effect::Read(selection));
            }
        }
        Gesture::WheelUp => wheel(state, &mouse.zone, -ROWS, effects),
        Gesture::WheelDown => wheel(state, &mouse.zone, ROWS, effects),
    }
}

/// Whether something lies over the panes, which are out of reach then.
fn covered(state: &State) -> bool {
    matches!(
        state.overlay,
        Some(Overlay::Help(_) | Overlay::Confirm(_) | Overlay::Prompt(_) | Overlay::Reload(_))
    )
}

fn press(state: &mut State, mouse: &Mouse, effects: &mut Vec<Effect>) {
    if mouse.zone != Zone::Action(Action::StopTyping) && typing::swallow(state) {
        return;
    }
    if let Zone::Action(action) = mouse.zone {
        if action != Action::StopTyping {
            leave_typing(state, None);
        }
        match refusal(state, action) {
            Some(why) => note(state, "", why),
            None => act(state, action, "", effects),
        }
        return;
    }
    if covered(state) {
        return;
    }
    let double = mouse.gesture == Gesture::Double;
    match &mouse.zone {
        Zone::Pool(name) => {
            leave_typing(state, None);
            if state.pool.as_ref() != Some(name) {
                nav::enter_pool(state, Some(name.clone()));
                nav::fit(state);
            }
        }
        Zone::Group(group) => {
            leave_typing(state, None);
            state.pane = Pane::Groups;
            nav::enter_group(state, group.clone());
        }
        Zone::Task(id) => {
            leave_typing(state, None);
            state.pane = Pane::Tasks;
            enter_task(state, *id);
        }
        Zone::Pane(pane) => {
            leave_typing(state, Some(*pane));
            state.pane = *pane;
        }
        Zone::Nothing | Zone::Action(_) | Zone::Pools | Zone::Log | Zone::Help => {}
    }
    let opens = matches!(mouse.zone, Zone::Pool(_) | Zone::Group(_) | Zone::Task(_));
    if double && opens && refusal(state, Action::Open).is_none() {
        act(state, Action::Open, "", effects);
    }
}

/// A click elsewhere leaves a terminal that is typed into, as its keys could not.
fn leave_typing(state: &mut State, pane: Option<Pane>) {
    if state.place() == Place::Typing && pane != Some(Pane::Output) {
        state.typing = None;
    }
}

/// Puts the cursor on a task, in the row where it stands.
fn enter_task(state: &mut State, id: u64) {
    let top = state.tasks_top();
    if let Some(position) = state.tasks().iter().position(|task| task.id == id) {
        let row = position.saturating_sub(top);
        state.task = Some(TaskCursor { id, row });
        follow(state);
    }
}

/// Scrolls what lies under the mouse; the keys stay where they are.
fn wheel(state: &mut State, zone: &Zone, rows: isize, effects: &mut Vec<Effect>) {
    let step = Step::By(rows);
    if covered(state) {
        if matches!(state.overlay, Some(Overlay::Help(_) | Overlay::Reload(_))) {
            nav::go(state, step, effects);
        }
        return;
    }
    match (state.screen, zone) {
        (Screen::Pools, Zone::Pool(_) | Zone::Pools) => nav::go_pools(state, step),
        (Screen::Pool, Zone::Group(_) | Zone::Pane(Pane::Groups)) => nav::go_groups(state, step),
        (Screen::Pool, Zone::Task(_) | Zone::Pane(Pane::Tasks)) => go_tasks(state, step),
        (Screen::Pool, Zone::Pane(Pane::Detail)) => nav::go_detail(state, step),
        (Screen::Pool, Zone::Pane(Pane::Output)) => output::scroll(state, step),
        (Screen::Log, Zone::Log) => effects.push(Effect::Log(if rows < 0 {
            LogMove::PageUp
        } else {
            LogMove::PageDown
        })),
        _ => {}
    }
}
