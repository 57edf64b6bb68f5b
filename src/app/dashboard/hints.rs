//! Hints: the keys that the foot of the screen names, in the order of use. A list is the same for a place as long as
//! possible, so that a hint is found where it was.

use super::action::{Action, Entry, Place};
use super::applies::refusal;
use super::state::{Pane, State};

/// A key that is named.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// What it does.
    pub entry: &'static Entry,
    /// Whether it would do anything now.
    pub applies: bool,
}

/// These are named only while they would do something.
const NOW_AND_THEN: [Action; 4] = [Action::Input, Action::FindNext, Action::Live, Action::StopTyping];

/// The keys that are named now.
pub fn hints(state: &State) -> Vec<Hint> {
    let hint = |action: &Action| Hint {
        entry: action.entry(),
        applies: refusal(state, *action).is_none(),
    };
    let named = |hint: &Hint| hint.applies || !NOW_AND_THEN.contains(&hint.entry.action);
    order(state).iter().map(hint).filter(named).collect()
}

/// What is named in a place, in the order of use; nothing that ends work is among the first.
fn order(state: &State) -> &'static [Action] {
    use Action as A;
    match state.place() {
        Place::Pools => &[
            A::Open,
            A::Start,
            A::Grow,
            A::Shrink,
            A::Pause,
            A::Filter,
            A::Palette,
            A::Quit,
            A::Help,
        ],
        Place::Pool if state.pane == Pane::Groups => &[
            A::Open,
            A::Start,
            A::SetConcurrent,
            A::CancelGroup,
            A::Filter,
            A::NextPane,
            A::Palette,
            A::Help,
        ],
        Place::Pool => &[
            A::Open,
            A::Cancel,
            A::Retry,
            A::Input,
            A::Filter,
            A::Mark,
            A::NextPane,
            A::Palette,
            A::Help,
        ],
        Place::Task => &[
            A::Cancel,
            A::Retry,
            A::Input,
            A::Earlier,
            A::Later,
            A::NextPane,
            A::Back,
            A::Palette,
            A::Help,
        ],
        Place::Output => &[
            A::Find,
            A::FindNext,
            A::Follow,
            A::Input,
            A::Merge,
            A::Copy,
            A::Wrap,
            A::NextPane,
            A::Help,
        ],
        Place::Timeline => &[
            A::Earlier,
            A::Later,
            A::ZoomIn,
            A::ZoomOut,
            A::Live,
            A::Open,
            A::Back,
            A::Help,
        ],
        Place::Log => &[
            A::Follow,
            A::NextPane,
            A::Left,
            A::Right,
            A::Zoom,
            A::Back,
            A::Help,
        ],
        Place::Warnings => &[A::Open, A::Why, A::Mute, A::Back, A::Palette, A::Help],
        Place::Help => &[A::SearchHelp, A::Back],
        Place::Why => &[A::Open, A::Why],
        Place::Picker => &[A::Pick, A::Columns],
        // The answers to a question stand in its box.
        Place::Question if state.is_reading() => &[A::Keep],
        Place::Question => &[],
        Place::Text => &[A::Accept, A::Back],
        Place::Form => &[
            A::Submit,
            A::FieldBelow,
            A::ShowToml,
            A::CopyToml,
            A::OlderForm,
            A::Back,
        ],
        Place::Typing => &[A::StopTyping, A::TypePrefix],
    }
}
