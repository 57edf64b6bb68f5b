//! The real loop on a made-up terminal, and a script that plays the user and the session.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskpool_tui::app::control::{Answer, Numbered, Reply, Request};
use taskpool_tui::app::dashboard::{Chord, Code, Key};
use taskpool_tui::app::link::{LinkServer, link};
use taskpool_tui::app::view::{View, Want};
use taskpool_tui::ui::{Left, Outside, Tell, Theme, drive};
use tokio::sync::{Notify, mpsc};

/// A screen that the test looks at while the loop draws on it.
#[derive(Clone)]
pub(crate) struct Screen {
    pub(crate) backend: Arc<Mutex<TestBackend>>,
    pub(crate) drawn: Arc<Notify>,
    pub(crate) frames: Arc<AtomicUsize>,
    pub(crate) clears: Arc<AtomicUsize>,
    /// The code of the error that everything fails with.
    pub(crate) broken: Arc<AtomicI32>,
}

impl Screen {
    pub(crate) fn new(width: u16, height: u16) -> Screen {
        Screen {
            backend: Arc::new(Mutex::new(TestBackend::new(width, height))),
            drawn: Arc::default(),
            frames: Arc::default(),
            clears: Arc::default(),
            broken: Arc::default(),
        }
    }

    pub(crate) fn text(&self) -> String {
        self.backend.lock().unwrap().to_string()
    }

    /// What the terminal answers: an error, once it is broken.
    pub(crate) fn asked<T>(
        &self,
        act: impl FnOnce(&mut TestBackend) -> Result<T, Infallible>,
    ) -> io::Result<T> {
        match self.broken.load(Ordering::SeqCst) {
            0 => Ok(self.with(act).unwrap_or_else(|never| match never {})),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut TestBackend) -> T) -> T {
        act(&mut self.backend.lock().unwrap())
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        self.asked(|backend| backend.draw(content))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.asked(Backend::hide_cursor)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.asked(Backend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.asked(Backend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.asked(|backend| backend.set_cursor_position(position))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clears.fetch_add(1, Ordering::SeqCst);
        self.asked(Backend::clear)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.clears.fetch_add(1, Ordering::SeqCst);
        self.asked(|backend| backend.clear_region(region))
    }

    fn size(&self) -> io::Result<Size> {
        self.asked(|backend| backend.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.asked(Backend::window_size)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frames.fetch_add(1, Ordering::SeqCst);
        self.drawn.notify_one();
        Ok(())
    }
}

/// The test's end of everything.
pub(crate) struct Session {
    pub(crate) keys: mpsc::Sender<io::Result<Event>>,
    pub(crate) server: LinkServer,
    pub(crate) screen: Screen,
    pub(crate) suspended: Arc<AtomicUsize>,
    pub(crate) copied: Arc<Mutex<String>>,
}

impl Session {
    /// Presses keys, written with spaces between.
    pub(crate) async fn press(&self, keys: &str) {
        for key in keys.parse::<Chord>().unwrap().0 {
            self.keys.send(Ok(event(key))).await.unwrap();
        }
    }

    /// Waits until the screen shows this text.
    pub(crate) async fn shows(&self, text: &str) {
        self.until(&format!("shows {text:?}"), |screen| screen.contains(text))
            .await;
    }

    pub(crate) async fn hides(&self, text: &str) {
        self.until(&format!("hides {text:?}"), |screen| !screen.contains(text))
            .await;
    }

    pub(crate) async fn until(&self, what: &str, mut is: impl FnMut(&str) -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while !is(&self.screen.text()) {
                self.screen.drawn.notified().await;
            }
        });
        assert!(waited.await.is_ok(), "never {what}:\n{}", self.screen.text());
    }

    /// The next request.
    pub(crate) async fn request(&mut self) -> Numbered {
        let next = tokio::time::timeout(Duration::from_secs(10), self.server.requests.recv());
        next.await
            .unwrap_or_else(|_| panic!("no request came:\n{}", self.screen.text()))
            .unwrap()
    }

    /// The next request is this one; answers it.
    pub(crate) async fn answers(&mut self, expected: Request, answer: Answer) {
        let Numbered { number, request, .. } = self.request().await;
        assert_eq!(request, expected);
        self.server
            .replies
            .send(Reply {
                number,
                request,
                answer,
            })
            .await
            .unwrap();
    }

    pub(crate) fn view(&self, view: View) {
        let answers = self.server.want.borrow().asked;
        self.server.view.send(Arc::new(View { answers, ..view })).unwrap();
    }

    /// Waits until what is wanted is so.
    pub(crate) async fn wants(&mut self, what: impl FnMut(&Want) -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(10), self.server.want.wait_for(what));
        let ok = waited.await.is_ok_and(|wanted| wanted.is_ok());
        assert!(ok, "{:?}", self.server.want.borrow());
    }

    pub(crate) fn quiet(&mut self) {
        assert!(self.server.requests.try_recv().is_err());
    }
}

pub(crate) fn event(key: Key) -> Event {
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::CONTROL, key.ctrl);
    modifiers.set(KeyModifiers::ALT, key.alt);
    let code = match key.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Insert => KeyCode::Insert,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(n) => KeyCode::F(n),
    };
    Event::Key(KeyEvent::new(code, modifiers))
}

/// Runs the loop beside a script that plays the user and the session; the script ends it by dropping its
/// end, if the dashboard has not left before.
pub(crate) async fn play(view: View, script: impl AsyncFnOnce(Session)) -> Left {
    try_play(view, script).await.unwrap()
}

pub(crate) async fn try_play(view: View, script: impl AsyncFnOnce(Session)) -> anyhow::Result<Left> {
    let (client, server) = link();
    server.view.send(Arc::new(view)).unwrap();
    let (keys, input) = mpsc::channel(100);
    let screen = Screen::new(80, 24);
    let suspended = Arc::new(AtomicUsize::new(0));
    let copied = Arc::new(Mutex::new(String::new()));
    let session = Session {
        copied: copied.clone(),
        keys,
        server,
        screen: screen.clone(),
        suspended: suspended.clone(),
    };
    let mut terminal = Terminal::new(screen).unwrap();
    let suspend = || {
        suspended.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    let dashboard = Box::pin(drive(
        &mut terminal,
        input,
        client,
        Theme::default(),
        Outside {
            suspend,
            copy: |text: &str| {
                copied.lock().unwrap().push_str(text);
                Ok(())
            },
            tell: |_: Tell<'_>| Ok(()),
        },
    ));
    let (left, ()) = tokio::join!(dashboard, script(session));
    left
}
