//! How things look: roles become styles in the terminal's own sixteen colours, so that they follow the
//! user's theme. Nothing is told by a colour alone.

use super::scheme::Colours;
use crate::app::dashboard::Scheme;
use crate::app::status::{LOOKS, Status};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders};

/// What a piece of the screen is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Ordinary text.
    Text,
    /// What matters less: labels, times, what waits.
    Dim,
    /// A name or number that stands out.
    Strong,
    /// The heading of a column.
    Heading,
    /// The frame of a pane.
    Border,
    /// The frame of the pane that has the keys.
    Focus,
    /// The row under the cursor, in the pane that has the keys.
    Cursor,
    /// A key, in hints and help.
    Key,
    /// The bars of a chart.
    Chart,
    /// Something to look at.
    Warning,
    /// Something that went wrong.
    Error,
    /// What a task is shown as.
    Status(Status),
}

impl Role {
    /// The role whose colour it has.
    fn kin(self) -> Role {
        match self {
            Role::Status(status) => Role::Status(kin(status)),
            role => role,
        }
    }
}

/// The state whose colour this one has: there are more states than colours that differ.
pub(super) fn kin(status: Status) -> Status {
    match status {
        Status::NoRoom | Status::Exited | Status::TimingOut => Status::Cancelling,
        Status::NeedsInput | Status::Suspended | Status::BackOff => Status::Paused,
        status => status,
    }
}

/// What the terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Colours are used.
    pub colour: bool,
    /// Only ASCII is used: letters for the statuses, plain frames.
    pub ascii: bool,
    /// There are 256 colours: greys beside the sixteen.
    pub greys: bool,
    /// Which colours.
    pub scheme: Scheme,
}

impl Default for Theme {
    fn default() -> Self {
        Theme {
            colour: true,
            ascii: false,
            greys: true,
            scheme: Scheme::Terminal,
        }
    }
}

impl Theme {
    /// What the environment asks for: `NO_COLOR`, `TASKPOOL_ASCII` (`1`, or `0` to overrule the locale and what else
    /// asks for `ascii`), the locale.
    pub fn from_env(ascii: bool) -> Theme {
        Theme::from_vars(ascii, |name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        })
    }

    /// The same in other colours.
    pub(super) fn in_scheme(self, scheme: Scheme) -> Theme {
        Theme { scheme, ..self }
    }

    /// The fixed colours, if it has some.
    fn fixed(self) -> Option<&'static Colours> {
        Colours::of(self.scheme).filter(|_| self.colour)
    }

    fn from_vars(ascii: bool, var: impl Fn(&str) -> Option<String>) -> Theme {
        let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(&var)
            .is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            });
        let term = var("TERM").unwrap_or_default();
        let few = ["linux", "ansi", "dumb", "vt1", "vt2"];
        Theme {
            colour: var("NO_COLOR").is_none(),
            greys: !few.iter().any(|few| term.starts_with(few)),
            ascii: var("TASKPOOL_ASCII").map_or(ascii || !utf8, |value| value != "0"),
            scheme: Scheme::Terminal,
        }
    }

    /// The style of a role.
    pub(super) fn style(self, role: Role) -> Style {
        let (colour, modifier) = match role.kin() {
            Role::Text => (None, Modifier::empty()),
            Role::Dim | Role::Heading | Role::Border | Role::Status(Status::Queued) => (None, Modifier::DIM),
            Role::Strong => (None, Modifier::BOLD),
            Role::Cursor => (None, Modifier::REVERSED),
            Role::Key => (Some(Color::LightBlue), Modifier::BOLD),
            Role::Warning | Role::Status(Status::Cancelling | Status::Stopped) => {
                (Some(Color::Yellow), Modifier::empty())
            }
            Role::Error | Role::Status(Status::Panicked) => (Some(Color::Red), Modifier::BOLD),
            Role::Focus => (Some(Color::LightBlue), Modifier::empty()),
            Role::Chart => (Some(Color::Blue), Modifier::empty()),
            Role::Status(Status::Running) => (Some(Color::Cyan), Modifier::empty()),
            Role::Status(Status::Cancelled) => (Some(Color::Yellow), Modifier::DIM),
            Role::Status(Status::Ok) => (Some(Color::Green), Modifier::empty()),
            Role::Status(Status::Failed) => (Some(Color::Red), Modifier::empty()),
            Role::Status(Status::TimedOut) => (Some(Color::LightRed), Modifier::empty()),
            Role::Status(_) => (Some(Color::LightMagenta), Modifier::empty()),
        };
        if let Some(fixed) = self.fixed() {
            // Dim text would be darker than what was chosen for it.
            let style = Style::new().add_modifier(modifier - Modifier::DIM);
            return match role {
                Role::Cursor => style,
                role => style.fg(fixed.role(role)),
            };
        }
        let style = Style::new().add_modifier(modifier);
        match colour {
            Some(colour) if self.colour => style.fg(colour),
            _ => style,
        }
    }

    /// Marks a cell of the row under the cursor: a ground of its own, and text that can be read on it.
    pub(super) fn under_cursor(self, cell: &mut Cell) {
        if let Some(fixed) = self.fixed() {
            cell.bg = fixed.under_cursor();
            return;
        }
        if !self.colour || !self.greys {
            // Colours would become grounds.
            cell.fg = Color::Reset;
            cell.modifier.remove(Modifier::DIM);
            cell.modifier.insert(Modifier::REVERSED);
            return;
        }
        // The colours of the terminal are not known: the text needs one that goes with the ground.
        if cell.fg == Color::Reset {
            let dim = cell.modifier.contains(Modifier::DIM);
            cell.fg = Color::Indexed(if dim { 248 } else { 255 });
            cell.modifier.remove(Modifier::DIM);
        }
        cell.bg = Color::Indexed(237);
    }

    /// The sign of a status.
    pub(super) fn sign(self, status: Status) -> char {
        let look = status.look();
        if self.ascii { look.letter } else { look.glyph }
    }

    /// The frame of a pane. Only the focused one has a bright frame and a mark before its title. A flat one
    /// has no more than a line above.
    pub(super) fn pane<'a>(self, title: &str, focused: bool, flat: bool) -> Block<'a> {
        let (frame, text) = if focused {
            (Role::Focus, self.style(Role::Focus).add_modifier(Modifier::BOLD))
        } else {
            (Role::Border, self.style(Role::Text))
        };
        let mark = if focused { "▸ " } else { " " };
        Block::new()
            .borders(if flat { Borders::TOP } else { Borders::ALL })
            .border_set(border::ROUNDED)
            .border_style(self.style(frame))
            .title(Line::styled(format!("{mark}{title} "), text))
    }

    /// Makes plain what only a UTF-8 terminal can show, and gives fixed colours their ground.
    pub(super) fn finish(self, buf: &mut Buffer, area: Rect) {
        let fixed = self.fixed();
        if !self.ascii && fixed.is_none() {
            return;
        }
        for position in area.positions() {
            let Some(cell) = buf.cell_mut(position) else {
                continue;
            };
            if let Some(fixed) = fixed {
                fixed.finish(cell);
            }
            if self.ascii && !cell.symbol().is_ascii() {
                let plain = plain(cell.symbol());
                cell.set_char(plain);
            }
        }
    }
}

/// The nearest ASCII character.
fn plain(symbol: &str) -> char {
    // One sign, one letter.
    let of_status = LOOKS
        .iter()
        .find(|look| symbol == look.glyph.encode_utf8(&mut [0; 4]));
    if let Some(look) = of_status.filter(|look| look.status != Status::Queued) {
        return look.letter;
    }
    match symbol {
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" | "±" => '+',
        // No limit is like no number: `3/-`.
        "─" | "┈" | "━" | "╍" | "–" | "—" | "▃" | "▂" | "∞" => '-',
        "│" | "┃" | "╵" => '|',
        "·" | "□" => '.',
        "‖" => 'z',
        "✗" => 'F',
        "…" | "┄" => '~',
        "▸" | "▹" | "→" | "↪" | "▌" | "›" => '>',
        "←" => '<',
        "↑" | "▲" | "△" => '^',
        "↓" | "▼" | "▽" => 'v',
        "▓" => '%',
        "█" | "▇" | "▆" | "■" => '#',
        "↻" => '@',
        "▅" | "▄" => '=',
        "▁" => '_',
        "▒" => 'b',
        "░" => 'c',
        "⚠" => '!',
        "×" => 'x',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(vars: &[(&str, &str)]) -> Theme {
        Theme::from_vars(false, |name| {
            vars.iter()
                .find(|(key, value)| *key == name && !value.is_empty())
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides_what_is_shown() {
        assert_eq!(theme(&[("LANG", "en_US.UTF-8")]), Theme::default());
        assert!(
            theme(&[("LANG", "C.utf8"), ("NO_COLOR", "1")])
                == Theme {
                    colour: false,
                    ..Theme::default()
                }
        );
        assert!(theme(&[]).ascii);
        assert!(theme(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]).ascii);
        assert!(theme(&[("LANG", "C.UTF-8"), ("TASKPOOL_ASCII", "1")]).ascii);
        assert!(!theme(&[("LANG", "C"), ("TASKPOOL_ASCII", "0")]).ascii);
        // A config asks for ASCII; the environment knows better.
        let asked = |value: &str| {
            let value = value.to_owned();
            Theme::from_vars(true, move |name| {
                (name == "TASKPOOL_ASCII").then(|| value.clone())
            })
        };
        assert!(Theme::from_vars(true, |name| (name == "LANG").then(|| "C.UTF-8".to_owned())).ascii);
        assert!(!asked("0").ascii);
    }

    #[test]
    fn every_sign_of_a_screen_has_a_plain_one() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut dirs = vec![
            root.join("ui"),
            root.join("app/dashboard"),
            root.join("app/session"),
        ];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                    continue;
                }
                if path.ends_with("tests.rs") || path.to_string_lossy().ends_with("_tests.rs") {
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
                let code = text[..end]
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                for sign in code.flat_map(str::chars).filter(|c| !c.is_ascii()) {
                    assert_ne!(plain(&sign.to_string()), '?', "{sign} of {}", path.display());
                }
            }
        }
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let plain = Theme {
            colour: false,
            scheme: Scheme::Dark,
            ..Theme::default()
        };
        for look in &crate::app::status::LOOKS {
            assert_eq!(plain.style(Role::Status(look.status)).fg, None);
        }
        assert_eq!(plain.style(Role::Focus).fg, None);
    }
}
