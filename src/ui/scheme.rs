//! The fixed sets of colours, out of the 216 colours and the greys that are the same in every terminal of 256.

use super::theme::{Role, kin};
use crate::app::dashboard::Scheme;
use crate::app::status::Status;
use ratatui::buffer::Cell;
use ratatui::style::Color;

/// A set of colours, as numbers of the 256.
#[derive(Debug)]
pub(super) struct Colours {
    ground: u8,
    /// Of the row under the cursor.
    cursor: u8,
    text: u8,
    dim: u8,
    border: u8,
    focus: u8,
    key: u8,
    chart: u8,
    warning: u8,
    error: u8,
    /// In the order of [`OWN`].
    status: [u8; 10],
}

/// The states with a colour of their own.
const OWN: [Status; 10] = [
    Status::Queued,
    Status::Running,
    Status::Paused,
    Status::Cancelling,
    Status::Cancelled,
    Status::Ok,
    Status::Failed,
    Status::TimedOut,
    Status::Panicked,
    Status::Stopped,
];

const LIGHT: Colours = Colours {
    ground: 231,
    cursor: 254,
    text: 235,
    dim: 240,
    border: 242,
    focus: 25,
    key: 25,
    chart: 61,
    warning: 94,
    error: 124,
    status: [240, 24, 19, 94, 58, 22, 124, 125, 88, 94],
};

const DARK: Colours = Colours {
    ground: 234,
    cursor: 236,
    text: 253,
    dim: 247,
    border: 246,
    focus: 111,
    key: 111,
    chart: 68,
    warning: 221,
    error: 210,
    status: [247, 80, 111, 221, 179, 114, 210, 216, 217, 176],
};

/// Each state is lighter than the next darker one by a seventh at least, so that it differs without its hue, too.
const COLOUR_BLIND: Colours = Colours {
    ground: 16,
    cursor: 233,
    text: 255,
    dim: 248,
    border: 244,
    focus: 111,
    key: 111,
    chart: 67,
    warning: 227,
    error: 202,
    status: [243, 153, 33, 227, 180, 79, 202, 143, 225, 175],
};

impl Colours {
    /// The colours of a scheme; the terminal's own are none.
    pub(super) fn of(scheme: Scheme) -> Option<&'static Colours> {
        match scheme {
            Scheme::Terminal => None,
            Scheme::Light => Some(&LIGHT),
            Scheme::Dark => Some(&DARK),
            Scheme::ColourBlind => Some(&COLOUR_BLIND),
        }
    }

    /// The colour of a role, on the ground.
    pub(super) fn role(&self, role: Role) -> Color {
        Color::Indexed(match role {
            Role::Text | Role::Strong | Role::Cursor => self.text,
            Role::Dim | Role::Heading => self.dim,
            Role::Border => self.border,
            Role::Focus => self.focus,
            Role::Key => self.key,
            Role::Chart => self.chart,
            Role::Warning => self.warning,
            Role::Error => self.error,
            Role::Status(status) => self.of_status(status),
        })
    }

    /// The ground of the row under the cursor.
    pub(super) fn under_cursor(&self) -> Color {
        Color::Indexed(self.cursor)
    }

    fn of_status(&self, status: Status) -> u8 {
        let place = OWN.iter().position(|own| *own == kin(status));
        place.map_or(self.text, |place| self.status[place])
    }

    /// The nearest of these to one of the terminal's own, which tasks write with.
    fn own(&self, colour: Color) -> Color {
        Color::Indexed(match colour {
            Color::Reset | Color::Black | Color::White => self.text,
            Color::Gray | Color::DarkGray => self.dim,
            Color::Red | Color::LightRed => self.error,
            Color::Green | Color::LightGreen => self.of_status(Status::Ok),
            Color::Yellow | Color::LightYellow => self.warning,
            Color::Blue | Color::LightBlue => self.of_status(Status::Paused),
            Color::Magenta | Color::LightMagenta => self.of_status(Status::Stopped),
            Color::Cyan | Color::LightCyan => self.of_status(Status::Running),
            other => return other,
        })
    }

    /// Gives a cell the ground, and colours that can be read on it.
    pub(super) fn finish(&self, cell: &mut Cell) {
        // A task that sets both has chosen what goes together.
        if cell.bg == Color::Reset {
            cell.bg = Color::Indexed(self.ground);
            cell.fg = self.own(cell.fg);
        } else if cell.fg == Color::Reset {
            cell.fg = self.own(cell.fg);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::status::LOOKS;

    /// What every terminal of 256 colours shows for a number from 16 on.
    fn rgb(index: u8) -> [f64; 3] {
        if index >= 232 {
            return [f64::from(8 + 10 * (index - 232)); 3];
        }
        let step = |n: u8| f64::from([0, 95, 135, 175, 215, 255][usize::from(n % 6)]);
        let n = index.checked_sub(16).expect("the first 16 are the user's");
        [step(n / 36), step(n / 6), step(n)]
    }

    /// The luminance after WCAG 2.
    fn luminance(index: u8) -> f64 {
        let [r, g, b] = rgb(index).map(|value| {
            let value = value / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(one: u8, other: u8) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        (one / other).max(other / one)
    }

    fn index(colour: Color) -> u8 {
        match colour {
            Color::Indexed(index) => index,
            other => panic!("{other} is not one of the 256"),
        }
    }

    fn roles() -> Vec<Role> {
        let mut roles = vec![
            Role::Text,
            Role::Dim,
            Role::Strong,
            Role::Heading,
            Role::Border,
            Role::Focus,
            Role::Cursor,
            Role::Key,
            Role::Chart,
            Role::Warning,
            Role::Error,
        ];
        roles.extend(LOOKS.iter().map(|look| Role::Status(look.status)));
        roles
    }

    #[test]
    fn contrast_is_measured_as_wcag_does() {
        assert!((contrast(231, 16) - 21.0).abs() < 1e-9);
        assert!((contrast(16, 231) - 21.0).abs() < 1e-9);
        assert!((contrast(243, 231) - 4.54).abs() < 0.01);
    }

    #[test]
    fn all_text_of_the_fixed_themes_can_be_read() {
        for scheme in Scheme::ALL {
            let Some(colours) = Colours::of(scheme) else {
                continue;
            };
            for role in roles() {
                // A bar is no text, and the row under the cursor is marked by more than its ground.
                let on_ground = if role == Role::Chart { 3.0 } else { 4.5 };
                let least = |ground| {
                    if ground == colours.ground {
                        on_ground
                    } else {
                        3.0_f64.max(on_ground - 0.5)
                    }
                };
                // No border crosses a row.
                let cursor = (role != Role::Border).then_some(colours.cursor);
                for ground in std::iter::once(colours.ground).chain(cursor) {
                    let ratio = contrast(index(colours.role(role)), ground);
                    assert!(
                        ratio >= least(ground),
                        "{} {role:?} on {ground}: {ratio:.2}",
                        scheme.word()
                    );
                }
            }
            // What tasks write with the terminal's own sixteen, too.
            for own in [
                Color::Black,
                Color::Red,
                Color::Green,
                Color::Yellow,
                Color::Blue,
                Color::Magenta,
                Color::Cyan,
                Color::Gray,
                Color::DarkGray,
                Color::White,
            ] {
                let ratio = contrast(index(colours.own(own)), colours.ground);
                assert!(ratio >= 4.5, "{} {own}: {ratio:.2}", scheme.word());
            }
        }
    }

    #[test]
    fn without_hues_the_states_still_differ() {
        for (i, status) in OWN.into_iter().enumerate() {
            for other in &OWN[i + 1..] {
                let colour = |status| index(COLOUR_BLIND.role(Role::Status(status)));
                let ratio = contrast(colour(status), colour(*other));
                assert!(ratio >= 1.13, "{status:?} {other:?}: {ratio:.3}");
            }
        }
        assert!(LOOKS.iter().all(|look| OWN.contains(&kin(look.status))));
    }
}
