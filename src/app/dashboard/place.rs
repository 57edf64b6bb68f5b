//! Where keys count.

use super::action::Place;
use super::dialog::{Confirm, Overlay};
use super::state::{Pane, Screen, State};

impl State {
    /// Where keys would count without what lies over the screen.
    pub(crate) fn place_below(&self) -> Place {
        match self.screen {
            Screen::Pools => Place::Pools,
            Screen::Pool | Screen::Task if self.pane == Pane::Output => Place::Output,
            Screen::Pool => Place::Pool,
            Screen::Task => Place::Task,
            Screen::Timeline => Place::Timeline,
            Screen::Log => Place::Log,
            Screen::Warnings => Place::Warnings,
        }
    }

    /// Where keys count now.
    pub fn place(&self) -> Place {
        match (&self.overlay, self.screen) {
            (Some(Overlay::Help(help)), _) if help.typing => Place::Text,
            (Some(Overlay::Help(_)), _) => Place::Help,
            (Some(Overlay::Why(_)), _) => Place::Why,
            (Some(Overlay::Columns(_)), _) => Place::Picker,
            (Some(Overlay::Form(_)), _) => Place::Form,
            (Some(Overlay::Confirm(Confirm { typed: None, .. }) | Overlay::Reload(_)), _) => Place::Question,
            (
                Some(
                    Overlay::Confirm(_)
                    | Overlay::Prompt(_)
                    | Overlay::Palette(_)
                    | Overlay::Filter(_)
                    | Overlay::Find(_),
                ),
                _,
            ) => Place::Text,
            (Some(Overlay::Closing) | None, Screen::Pool | Screen::Task)
                if self.typing.is_some() || self.cut.is_some() =>
            {
                Place::Typing
            }
            (Some(Overlay::Closing) | None, _) => self.place_below(),
        }
    }
}
