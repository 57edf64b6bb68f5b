//! What the mouse does. A click is the same as the keys that would lead there.

use super::super::action::{Action, Place};
use super::super::applies::refusal;
use super::super::dialog::Overlay;
use super::super::mouse::{Gesture, Mouse, Selection, Zone};
use super::super::state::{Pane, Screen, State, TaskCursor};
use super::cursor::{follow, go_tasks};
use super::nav::{self, Step};
use super::{
    Effect, LogMove, SCREEN_TABS, act, form, note, output, overlay, palette, timeline, typing, warnings,
};

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
    match state.overlay {
        None | Some(Overlay::Filter(_) | Overlay::Find(_) | Overlay::Closing) => false,
        Some(
            Overlay::Help(_)
            | Overlay::Confirm(_)
            | Overlay::Prompt(_)
            | Overlay::Palette(_)
            | Overlay::Columns(_)
            | Overlay::Form(_)
            | Overlay::Reload(_)
            | Overlay::Why(_),
        ) => true,
    }
}

fn press(state: &mut State, mouse: &Mouse, effects: &mut Vec<Effect>) {
    if mouse.zone != Zone::Action(Action::StopTyping) && typing::swallow(state) {
        return;
    }
    let double = mouse.gesture == Gesture::Double;
    match &mouse.zone {
        Zone::Action(action) => return press_action(state, *action, effects),
        Zone::Column(row) => {
            if let Some(Overlay::Columns(at)) = &mut state.overlay {
                *at = *row;
                act(state, Action::Pick, "", effects);
            }
            return;
        }
        Zone::Offer(row) => {
            if let Some(Overlay::Palette(palette)) = &mut state.overlay {
                palette.chosen = *row;
                if double {
                    overlay::answer(state, Action::Accept, "", effects);
                }
            }
            return;
        }
        Zone::Field(part) => {
            if let Some(Overlay::Form(form)) = &mut state.overlay {
                form::go_to(form, *part);
            }
            return;
        }
        _ if covered(state) => return,
        _ => {}
    }
    let opens = choose(state, mouse);
    if double && opens && refusal(state, Action::Open).is_none() {
        act(state, Action::Open, "", effects);
    }
}

/// The same as its key. A tab leads away from what is only looked at, too.
fn press_action(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    state.chord.clear();
    if action != Action::StopTyping {
        leave_typing(state, None);
    }
    let is_tab = SCREEN_TABS.iter().any(|(_, tab, _)| *tab == action);
    if is_tab && covered(state) {
        form::keep(state);
        state.overlay = None;
        state.history.leave();
    }
    match refusal(state, action) {
        Some(why) => note(state, "", why),
        None => act(state, action, "", effects),
    }
}

/// Puts the cursor and the keys on what was clicked; says whether that can be opened.
fn choose(state: &mut State, mouse: &Mouse) -> bool {
    leave_typing(
        state,
        match mouse.zone {
            Zone::Pane(pane) => Some(pane),
            Zone::Nothing | Zone::Text => Some(Pane::Output),
            _ => None,
        },
    );
    match &mouse.zone {
        Zone::Pool(name) => {
            if state.pool.as_ref() != Some(name) {
                nav::enter_pool(state, Some(name.clone()));
                nav::fit(state);
            }
        }
        Zone::Group(group) => {
            state.pane = Pane::Groups;
            nav::enter_group(state, group.clone());
        }
        Zone::Task(id) => {
            state.pane = Pane::Tasks;
            enter_task(state, *id);
        }
        Zone::Warning(kind, subject) => {
            state.warning.at = Some((*kind, subject.clone()));
            warnings::fit(state);
        }
        Zone::Subject(subject) => {
            warnings::go_to(state, subject);
            return false;
        }
        Zone::Slot { slot, cells, newest } => {
            let back = cells.1.saturating_sub(mouse.at.0);
            // Left of its cells is its label.
            let cell = (mouse.at.0 >= cells.0).then(|| newest.saturating_sub(back.into()));
            timeline::point(state, *slot, cell);
        }
        Zone::Pane(pane) => {
            state.pane = *pane;
            return false;
        }
        Zone::Nothing
        | Zone::Action(_)
        | Zone::Pools
        | Zone::Log
        | Zone::Help
        | Zone::Warnings
        | Zone::Timeline
        | Zone::Column(_)
        | Zone::Field(_)
        | Zone::Palette
        | Zone::Offer(_)
        | Zone::Text => return false,
    }
    true
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
    match &state.overlay {
        Some(Overlay::Palette(_)) => {
            for _ in 0..ROWS {
                palette::step(state, rows < 0);
            }
            return;
        }
        // These have nothing below them that could be meant.
        Some(Overlay::Help(_) | Overlay::Confirm(_) | Overlay::Columns(_) | Overlay::Reload(_)) => {
            return nav::go(state, step, effects);
        }
        _ if covered(state) => return,
        _ => {}
    }
    let is_list = matches!(
        zone,
        Zone::Group(_) | Zone::Task(_) | Zone::Pane(Pane::Groups | Pane::Tasks)
    );
    if is_list && typing::holds_lists(state) {
        return;
    }
    match (state.screen, zone) {
        (Screen::Pools, Zone::Pool(_) | Zone::Pools) => nav::go_pools(state, step),
        (Screen::Pool, Zone::Group(_) | Zone::Pane(Pane::Groups)) => nav::go_groups(state, step),
        (Screen::Pool, Zone::Task(_) | Zone::Pane(Pane::Tasks)) => go_tasks(state, step),
        (Screen::Pool | Screen::Task, Zone::Pane(Pane::Detail)) => nav::go_detail(state, step),
        (Screen::Pool | Screen::Task, Zone::Pane(Pane::Output)) => output::scroll(state, step),
        (Screen::Timeline, Zone::Slot { .. } | Zone::Timeline) => timeline::go(state, step),
        (Screen::Warnings, Zone::Warning(..) | Zone::Warnings) => warnings::go(state, step),
        (Screen::Log, Zone::Log) => effects.push(Effect::Log(if rows < 0 {
            LogMove::PageUp
        } else {
            LogMove::PageDown
        })),
        _ => {}
    }
}
