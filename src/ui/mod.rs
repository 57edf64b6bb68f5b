//! Floor 2: the terminal. Events become keys, effects are carried out, and the dashboard's state is drawn,
//! at most 30 times a second and only when something has changed.

mod apart;
mod attention;
mod cells;
mod charts;
mod columns;
mod decoder;
mod detail;
mod draw;
mod events;
mod finding;
mod footer;
mod form;
mod groups;
mod header;
mod help;
mod input;
mod layout;
mod life;
mod log;
mod output;
mod overlay;
mod overview;
mod pacer;
mod palette;
mod peers;
mod pools;
mod popup;
mod progress;
mod question;
mod reload;
mod scheme;
mod sequences;
mod task;
mod tasks;
mod terminal;
mod text;
mod theme;
mod timeline;
mod title;
mod tty;
mod warnings;
mod why;
mod zones;

pub use decoder::Decoder;
pub use events::EventSource;
pub use log::layer;
pub use terminal::Tell;
pub use theme::Theme;

use crate::app::control::Request;
use crate::app::dashboard::{Effect, Gesture, Msg, Screen, Selection, Settings, State, update};
use crate::app::link::Link;
use crate::app::view::TerminalSize;
use anyhow::Context as _;
use crossterm::event::Event;
use draw::Cx;
use events::Events;
use input::Input;
use pacer::{Pacer, Wish};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use std::io::{self, BufWriter};
use std::mem::ManuallyDrop;
use terminal::FullScreen;
use title::Title;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};
use tui_logger::TuiWidgetState;
use zones::{Clicks, Zones};

/// How many bytes of a frame are written at once: most frames are written whole, so that none is seen half.
const FRAME: usize = 64 << 10;

/// Draws a state once on a screen of this size, without a terminal, and tells the state its rows.
pub fn picture(state: &mut State, theme: Theme, size: (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let rows = draw::measure(area, state);
    update(state, Msg::Rows(rows));
    let mut buf = Buffer::empty(area);
    let log = TuiWidgetState::new();
    let cx = Cx {
        state,
        theme: theme.in_scheme(state.settings().scheme),
        log: &log,
        zones: &Zones::default(),
    };
    draw::draw(&mut buf, area, &cx);
    buf
}

/// The size that the pane of output will have on this process's terminal, as far as that is known before
/// [`run`] draws anything there; none if it will not be shown.
pub fn pane_size() -> Option<TerminalSize> {
    let (columns, rows) = crossterm::terminal::size().ok()?;
    let state = State {
        screen: Screen::Pool,
        ..State::default()
    };
    draw::measure(Rect::new(0, 0, columns, rows), &state).output_pane()
}

/// How the dashboard ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Left {
    /// The user left, and nothing is left running.
    Quit,
    /// The session closed its end of the link.
    SessionEnded,
    /// The terminal is gone: no more input can come.
    NoInput,
}

/// Runs the dashboard in this process's terminal until it is left, and gives the terminal back.
///
/// Its future stays on the thread that polls it first (it is not `Send`): let `Runtime::block_on` run it,
/// on a thread that runs no tasks. A panic there gives the terminal back; panics elsewhere go to the log and
/// leave the screen alone. Dropping the future gives the terminal back, too; the pools run on. From here on
/// SIGTSTP is the same as the key that suspends, for as long as the process lives.
///
/// # Errors
/// The terminal could not be entered, read or written. One that has gone away is [`Left::NoInput`] instead.
pub async fn run(link: Link, settings: Settings) -> anyhow::Result<Left> {
    let _screen = FullScreen::enter(settings.mouse, settings.title)
        .context("this terminal cannot show the dashboard")?;
    // Dropping it would show the cursor and complain on a terminal that is gone; the screen shows it anyway.
    let mut terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(
        FRAME,
        tty::output()?,
    )))?);
    let left = drive_from(
        &mut terminal,
        Events::of_terminal()?,
        (link, State::new(settings.clone())),
        Theme::from_env(settings.ascii),
        Outside {
            suspend: FullScreen::suspend,
            copy: FullScreen::copy,
            tell: |tell: Tell<'_>| FullScreen::tell(&tell),
        },
    )
    .await;
    if !terminal::is_gone() {
        return left;
    }
    // Asking a lost terminal for its size may fail with anything, so the error does not have to tell.
    Ok(left.unwrap_or(Left::NoInput))
}

/// Gives the terminal back where [`run`] cannot: its thread hangs, and the process is about to end. Waits for a
/// terminal that takes nothing for no longer than a moment. Where the terminal was given back it does nothing.
pub fn abandon() {
    terminal::abandon();
}

/// The dashboard's loop, on any terminal and any source of events: [`run`] gives it the real ones, tests
/// others.
///
/// # Errors
/// What the terminal, the events or what is `outside` fail with, unless it tells that the terminal is gone: that is
/// [`Left::NoInput`].
pub async fn drive<B, I>(
    terminal: &mut Terminal<B>,
    input: I,
    link: Link,
    theme: Theme,
    outside: Outside<
        impl FnMut() -> io::Result<()>,
        impl FnMut(&str) -> io::Result<()>,
        impl FnMut(Tell<'_>) -> io::Result<()>,
    >,
) -> anyhow::Result<Left>
where
    B: Backend<Error: Send + Sync + 'static>,
    I: EventSource,
{
    drive_from(terminal, input, (link, State::default()), theme, outside).await
}

/// The same from another state than the usual first one.
async fn drive_from<B, I>(
    terminal: &mut Terminal<B>,
    input: I,
    (link, state): (Link, State),
    theme: Theme,
    outside: Outside<
        impl FnMut() -> io::Result<()>,
        impl FnMut(&str) -> io::Result<()>,
        impl FnMut(Tell<'_>) -> io::Result<()>,
    >,
) -> anyhow::Result<Left>
where
    B: Backend<Error: Send + Sync + 'static>,
    I: EventSource,
{
    let mut dashboard = Dashboard {
        terminal,
        link,
        theme,
        outside,
        pacer: Pacer::new(state.settings().calm),
        state,
        log: TuiWidgetState::new(),
        zones: Zones::default(),
        clicks: Clicks::default(),
        title: Title::default(),
        view_came: Instant::now(),
        answered: 0,
        size: Size::ZERO,
        left: None,
    };
    match dashboard.go(input).await {
        Err(error) if terminal::tells_gone(&error) => Ok(Left::NoInput),
        ended => ended,
    }
}

/// What the loop does beside drawing.
#[derive(Debug)]
pub struct Outside<S, C, T> {
    /// Stops the program until it is resumed.
    pub suspend: S,
    /// Hands clean text over to the clipboard.
    pub copy: C,
    /// Tells the terminal something beside what is drawn.
    pub tell: T,
}

/// The loop's own things.
struct Dashboard<'a, B: Backend, S, C, T> {
    terminal: &'a mut Terminal<B>,
    link: Link,
    theme: Theme,
    outside: Outside<S, C, T>,
    state: State,
    log: TuiWidgetState,
    zones: Zones,
    clicks: Clicks,
    title: Title,
    pacer: Pacer,
    view_came: Instant,
    /// The newest question that a view has answered.
    answered: u64,
    size: Size,
    left: Option<Left>,
}

impl<B, S, C, T> Dashboard<'_, B, S, C, T>
where
    B: Backend<Error: Send + Sync + 'static>,
    S: FnMut() -> io::Result<()>,
    C: FnMut(&str) -> io::Result<()>,
    T: FnMut(Tell<'_>) -> io::Result<()>,
{
    /// Until it is left.
    async fn go(&mut self, mut input: impl EventSource) -> anyhow::Result<Left> {
        let view = self.link.view.borrow_and_update().clone();
        self.take(Msg::View(view))?;
        self.draw()?;
        while self.left.is_none() {
            let due = self.pacer.due(self.state.has_clock());
            if due.is_some_and(|due| due <= Instant::now()) {
                self.draw()?;
                continue;
            }
            tokio::select! {
                biased;
                event = input.next() => self.take_event(event)?,
                reply = self.link.replies.recv() => match reply {
                    // It answers a key.
                    Some(reply) => {
                        self.pacer.wish(Wish::Key);
                        self.take(Msg::Reply(reply))?;
                    }
                    None => self.leave(Left::SessionEnded),
                },
                changed = self.link.view.changed() => match changed {
                    Ok(()) => {
                        let view = self.link.view.borrow_and_update().clone();
                        self.view_came = Instant::now();
                        let answers = view.answers != self.answered && view.answers == self.state.wanted().asked;
                        self.answered = view.answers;
                        self.pacer.wish(if answers { Wish::Key } else { Wish::News });
                        self.take(Msg::View(view))?;
                    }
                    Err(_) => self.leave(Left::SessionEnded),
                },
                () = log::news(), if self.state.shows_log() => self.pacer.wish(Wish::News),
                // Without a date this branch is never taken.
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.draw()?,
            }
        }
        Ok(self.left.unwrap_or(Left::Quit))
    }

    fn leave(&mut self, how: Left) {
        // A session that was asked to end and has ended is what leaving means.
        let asked = self.state.was_left();
        self.left = self.left.or(Some(if asked { Left::Quit } else { how }));
    }

    fn take_event(&mut self, event: Option<io::Result<Event>>) -> anyhow::Result<()> {
        if self.state.swallows_keys() {
            self.take(Msg::Clock(self.view_came.elapsed()))?;
        }
        match event {
            None => self.leave(Left::NoInput),
            Some(event) => match input::read(event.context("the terminal cannot be read")?) {
                Some(Input::Key(key)) => {
                    self.pacer.wish(Wish::Key);
                    self.take(Msg::Key(key))?;
                }
                Some(Input::Paste(text)) => {
                    self.pacer.wish(Wish::Key);
                    self.take(Msg::Paste(text))?;
                }
                Some(Input::Mouse(gesture, at)) => {
                    self.pacer.wish(Wish::Key);
                    let gesture = match gesture {
                        Gesture::Press => self.clicks.pressed(Instant::now(), at),
                        other => other,
                    };
                    let mouse = self.zones.mouse(gesture, at);
                    self.take(Msg::Mouse(mouse))?;
                }
                // They come in storms while a window is dragged.
                Some(Input::Resize) => self.pacer.wish(Wish::News),
                None => {}
            },
        }
        Ok(())
    }

    /// Lets the state take something in, carries out what follows, and keeps its rows those of the layout.
    fn take(&mut self, msg: Msg) -> anyhow::Result<()> {
        let mut effects = update(&mut self.state, msg);
        let rows = draw::measure(
            Rect::from((ratatui::layout::Position::ORIGIN, self.size)),
            &self.state,
        );
        if rows != self.state.rows() {
            effects.extend(update(&mut self.state, Msg::Rows(rows)));
        }
        for effect in effects {
            self.carry_out(effect)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Send(numbered) => {
                let is_quit = numbered.request == Request::Quit;
                match self.link.requests.try_send(numbered) {
                    Ok(()) => {}
                    Err(TrySendError::Full(numbered)) => {
                        self.take(Msg::NotSent(numbered, "the session is busy; try again"))?;
                    }
                    Err(TrySendError::Closed(_)) if is_quit => self.leave(Left::Quit),
                    Err(TrySendError::Closed(_)) => self.leave(Left::SessionEnded),
                }
            }
            Effect::Want(want) => {
                self.link.want.send_replace(*want);
            }
            Effect::Log(step) => log::go(&self.log, step),
            Effect::Copy(text) => (self.outside.copy)(&text).context("the terminal cannot be written to")?,
            Effect::Read(selection) => {
                let text = self.read(&selection)?;
                self.take(Msg::Selected(text))?;
            }
            Effect::Mouse(on) => self.tell(Tell::Mouse(on))?,
            Effect::Dress { ascii, calm } => {
                self.theme = Theme::from_env(ascii);
                self.pacer.set_calm(calm);
            }
            Effect::Notice { text, bell } => self.tell(Tell::Notice { text: &text, bell })?,
            Effect::Redraw => self.blank()?,
            Effect::Suspend => {
                (self.outside.suspend)().context("the terminal could not be taken again")?;
                self.blank()?;
            }
            Effect::Quit => self.leave(Left::Quit),
        }
        Ok(())
    }

    fn tell(&mut self, tell: Tell<'_>) -> anyhow::Result<()> {
        (self.outside.tell)(tell).context("the terminal cannot be written to")
    }

    /// What is selected, of the screen as it is.
    fn read(&self, selection: &Selection) -> anyhow::Result<String> {
        let area = Rect::from((ratatui::layout::Position::ORIGIN, self.terminal.size()?));
        let mut buf = Buffer::empty(area);
        draw::draw(&mut buf, area, &self.cx(&Zones::default()));
        Ok(draw::selected_text(&buf, selection))
    }

    fn cx<'a>(&'a self, zones: &'a Zones) -> Cx<'a> {
        Cx {
            state: &self.state,
            theme: self.theme.in_scheme(self.state.settings().scheme),
            log: &self.log,
            zones,
        }
    }

    /// Brings the title up to date.
    fn entitle(&mut self) -> anyhow::Result<()> {
        if !self.state.settings().title {
            return Ok(());
        }
        match self.title.next(&self.state, self.theme, Instant::now()) {
            Ok(text) => (self.outside.tell)(Tell::Title(text)).context("the terminal cannot be written to"),
            Err(later) => {
                if later {
                    self.pacer.wish(Wish::News);
                }
                Ok(())
            }
        }
    }

    /// Clears the screen, so that the next frame draws all of it.
    ///
    /// `Terminal::clear` would first ask the terminal where its cursor is, and fail where no answer comes; a
    /// resize to the size that it has does the rest of it.
    fn blank(&mut self) -> anyhow::Result<()> {
        let size = self.terminal.size()?;
        let area = Rect::from((ratatui::layout::Position::ORIGIN, size));
        Ok(self.terminal.resize(area)?)
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        // A terminal that is going away may have no size; the next event tells.
        let size = self.terminal.size()?;
        if size != self.size {
            self.size = size;
            let rows = draw::measure(Rect::from((ratatui::layout::Position::ORIGIN, size)), &self.state);
            self.take(Msg::Rows(rows))?;
        }
        self.take(Msg::Clock(self.view_came.elapsed()))?;
        if self.state.shows_log() {
            log::fetch();
        }
        let zones = Zones::default();
        let cx = Cx {
            state: &self.state,
            theme: self.theme.in_scheme(self.state.settings().scheme),
            log: &self.log,
            zones: &zones,
        };
        self.terminal.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = draw::draw(frame.buffer_mut(), area, &cx) {
                frame.set_cursor_position(cursor);
            }
        })?;
        self.zones = zones;
        self.pacer.drawn(Instant::now());
        self.entitle()
    }
}
