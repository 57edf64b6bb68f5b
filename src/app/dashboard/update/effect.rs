//! What has to happen outside, after a key or a view.

use super::super::mouse::Selection;
use crate::app::control::Numbered;
use crate::app::view::Want;

/// Something to do outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Send a request.
    Send(Numbered),
    /// Ask for other views.
    Want(Box<Want>),
    /// Move in the log, whose place its own widget keeps.
    Log(LogMove),
    /// Hand text over to the terminal's clipboard. It is clean.
    Copy(String),
    /// Read what is selected on the screen, for `Msg::Selected`.
    Read(Selection),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Draw in ASCII alone, or not; and what changes by itself seldom, or not.
    Dress {
        /// Nothing but ASCII.
        ascii: bool,
        /// Nothing moves that need not.
        calm: bool,
    },
    /// Tell a person who looks elsewhere. The text is clean.
    Notice {
        /// What.
        text: String,
        /// With a bell.
        bell: bool,
    },
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell resumes it.
    Suspend,
    /// Leave: nothing is left to wait for.
    Quit,
}

/// A move in the log's widget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogMove {
    /// The target above.
    Up,
    /// The target below.
    Down,
    /// Show less of the selected target.
    Less,
    /// Show more of it.
    More,
    /// A page towards older lines.
    PageUp,
    /// A page towards newer lines.
    PageDown,
    /// Follow the newest line.
    Follow,
    /// Show or hide the list of targets.
    Targets,
}
