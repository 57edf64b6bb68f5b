//! What lies where on the screen, noted while it is drawn: what is clicked is what was shown.

use crate::app::dashboard::{Area, Gesture, Mouse, Zone};
use ratatui::layout::{Position, Rect};
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// Two presses within this time at one place are a double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// What was drawn, the topmost last.
#[derive(Debug, Default)]
pub(super) struct Zones(RefCell<Vec<(Rect, Zone, bool)>>);

impl Zones {
    /// This is there, over what was there before.
    pub(super) fn add(&self, area: Rect, zone: Zone) {
        if !area.is_empty() {
            self.0.borrow_mut().push((area, zone, false));
        }
    }

    /// The same, and its text can be selected.
    pub(super) fn text(&self, area: Rect, zone: Zone) {
        if !area.is_empty() {
            self.0.borrow_mut().push((area, zone, true));
        }
    }

    /// A box lies over everything but the header with its tabs, as far as it leaves that free.
    pub(super) fn cover(&self, screen: Rect, frame: Rect) {
        let below = Rect {
            y: screen.y.saturating_add(2),
            height: screen.height.saturating_sub(2),
            ..screen
        };
        self.add(below, Zone::Nothing);
        self.add(frame, Zone::Nothing);
    }

    /// A row of an area.
    pub(super) fn row(&self, area: Rect, y: usize, zone: Zone) {
        let y = area.y.saturating_add(u16::try_from(y).unwrap_or(u16::MAX));
        let row = Rect { y, height: 1, ..area };
        self.add(row.intersection(area), zone);
    }

    /// What lies there, and the text that it is in.
    fn at(&self, at: Position) -> (Zone, Option<Area>) {
        let zones = self.0.borrow();
        let here = || zones.iter().rev().filter(|(area, ..)| area.contains(at));
        let zone = here().next().map(|(_, zone, _)| zone.clone());
        // Under a row lies the pane that it is in; nothing lies under a box.
        let open = here().take_while(|(_, zone, _)| *zone != Zone::Nothing);
        let text = open.filter(|(.., text)| *text).map(|(area, ..)| Area {
            from: (area.x, area.y),
            to: (area.right() - 1, area.bottom() - 1),
        });
        (zone.unwrap_or_default(), text.last())
    }

    /// The same as the dashboard takes it in.
    pub(super) fn mouse(&self, gesture: Gesture, at: (u16, u16)) -> Mouse {
        let (zone, text) = self.at(Position::new(at.0, at.1));
        Mouse {
            gesture,
            at,
            zone,
            text,
        }
    }
}

/// Tells a double click from two clicks.
#[derive(Debug, Default)]
pub(super) struct Clicks(Option<(Instant, (u16, u16))>);

impl Clicks {
    /// What a press at this place and time is.
    pub(super) fn pressed(&mut self, now: Instant, at: (u16, u16)) -> Gesture {
        let double = self
            .0
            .is_some_and(|(before, there)| there == at && now.duration_since(before) < DOUBLE);
        self.0 = (!double).then_some((now, at));
        if double { Gesture::Double } else { Gesture::Press }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Action, Pane};

    #[test]
    fn the_topmost_counts_and_text_ends_at_its_pane() {
        let zones = Zones::default();
        zones.text(Rect::new(1, 1, 10, 5), Zone::Pane(Pane::Tasks));
        zones.row(Rect::new(1, 2, 10, 4), 1, Zone::Task(7));
        let area = Area {
            from: (1, 1),
            to: (10, 5),
        };
        assert_eq!(zones.at(Position::new(4, 3)), (Zone::Task(7), Some(area)));
        assert_eq!(
            zones.at(Position::new(4, 4)),
            (Zone::Pane(Pane::Tasks), Some(area))
        );
        assert_eq!(zones.at(Position::new(0, 0)), (Zone::Nothing, None));
        zones.add(Rect::new(0, 0, 80, 24), Zone::Nothing);
        assert_eq!(zones.at(Position::new(4, 3)), (Zone::Nothing, None));
    }

    #[test]
    fn the_tabs_lie_above_a_box_unless_it_covers_them() {
        let zones = Zones::default();
        let screen = Rect::new(0, 0, 80, 24);
        let tab = Zone::Action(Action::ShowLog);
        zones.add(Rect::new(40, 1, 7, 1), tab.clone());
        zones.add(Rect::new(0, 5, 80, 1), Zone::Task(7));
        zones.cover(screen, Rect::new(10, 2, 60, 20));
        assert_eq!(zones.at(Position::new(41, 1)).0, tab);
        assert_eq!(zones.at(Position::new(2, 5)).0, Zone::Nothing);
        zones.cover(screen, Rect::new(10, 0, 60, 24));
        assert_eq!(zones.at(Position::new(41, 1)).0, Zone::Nothing);
    }

    #[test]
    fn a_third_press_begins_anew() {
        let mut clicks = Clicks::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(clicks.pressed(start, (3, 3)), Gesture::Press);
        assert_eq!(clicks.pressed(after(100), (3, 3)), Gesture::Double);
        assert_eq!(clicks.pressed(after(200), (3, 3)), Gesture::Press);
        assert_eq!(clicks.pressed(after(300), (4, 3)), Gesture::Press);
        assert_eq!(clicks.pressed(after(900), (4, 3)), Gesture::Press);
    }
}
