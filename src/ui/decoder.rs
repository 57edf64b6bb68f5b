//! The decoder of what a terminal sends: bytes become events of keys, of the mouse, and of pasted text. A sequence may
//! arrive in pieces, so its beginning is held for a while. Whatever is no key is dropped as a whole: answers of the
//! terminal, sequences that are not known, and those whose end does not come.

use super::sequences;
use crossterm::event::{Event, KeyCode, KeyModifiers};
use std::time::Duration;
use tokio::time::Instant;

/// How long is held what is a key of its own and begins sequences, too: the byte of the Escape key, and with Alt `[`, `O`,
/// `P`, `]`, `X`, `^` and `_`.
const ESCAPE: Duration = Duration::from_millis(40);
/// The same for a connection that may deliver late what was sent at once.
const ESCAPE_FROM_AFAR: Duration = Duration::from_millis(150);
/// How long the rest of a longer beginning may take, and how long after such a key its rest is still known for what it
/// is.
const REST: Duration = Duration::from_millis(500);
const REST_FROM_AFAR: Duration = Duration::from_secs(1);
/// The same for pasted text: its rest must not act as keys.
const PASTE: Duration = Duration::from_secs(5);
/// A text for programs, such as an answer, that lasts longer than this ends with the next pause.
const LONGEST: Duration = Duration::from_secs(5);

/// How many bytes of a control sequence are read; no key has more.
const PARAMETERS: usize = 64;
/// How many bytes of pasted text are kept.
const PASTED: usize = 16 << 20;

const ESC: u8 = 0x1b;
const PASTE_BEGINS: &[u8] = b"200";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What has begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing.
    Ground,
    /// A character of so many bytes.
    Character { length: usize, alt: bool },
    /// `ESC`.
    Escape,
    /// `ESC [`.
    Control,
    /// `ESC [ [`: a key of the Linux console.
    Console,
    /// `ESC O`.
    Application,
    /// `ESC [ M`: three bytes follow.
    Mouse,
    /// `ESC P`, `ESC ]` and the like: a text that ends with `ESC \` or BEL. It is for programs that asked.
    Text { begun: u8, empty: bool, since: Instant },
    /// `ESC [ 200 ~`.
    Paste,
}

/// Turns the terminal's bytes into events.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    /// Another `ESC` came right before the one that began this.
    escaped: bool,
    /// What came after the beginning.
    held: Vec<u8>,
    /// When the last byte came.
    last: Instant,
    /// The beginning that was given up last and became a key.
    given_up: Option<State>,
    events: Vec<Event>,
    escape: Duration,
    rest: Duration,
}

impl Decoder {
    /// One that holds beginnings for longer where the terminal is far away.
    pub fn new(afar: bool) -> Decoder {
        Decoder {
            state: State::Ground,
            escaped: false,
            held: Vec::new(),
            last: Instant::now(),
            given_up: None,
            events: Vec::new(),
            escape: if afar { ESCAPE_FROM_AFAR } else { ESCAPE },
            rest: if afar { REST_FROM_AFAR } else { REST },
        }
    }

    /// Takes in what has come with one read.
    pub fn take(&mut self, bytes: &[u8], now: Instant) {
        let given_up = self.given_up.take();
        let is_late = now < self.last + self.rest;
        if let Some(begun) = given_up.filter(|begun| is_late && is_rest_of(*begun, bytes)) {
            self.state = begun;
        }
        self.last = now;
        for &byte in bytes {
            self.byte(byte);
        }
    }

    /// When what has begun will be given up, unless more comes.
    pub fn due(&self) -> Option<Instant> {
        let hold = match self.state {
            State::Ground => return None,
            State::Escape | State::Text { empty: true, .. } => self.escape,
            State::Control | State::Application if self.held.is_empty() => self.escape,
            State::Text { since, .. } if self.last > since + LONGEST => self.escape,
            State::Paste => PASTE,
            _ => self.rest,
        };
        Some(self.last + hold)
    }

    /// Gives up what has begun if it is time. What only could have been the beginning of a sequence is a key; the rest
    /// is dropped.
    pub fn give_up(&mut self, now: Instant) {
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        let alone = self.held.is_empty();
        let escaped = self.escaped;
        let begun = self.end();
        let key = match begun {
            State::Escape => sequences::ascii(ESC, KeyModifiers::NONE),
            State::Control if alone => sequences::ascii(b'[', KeyModifiers::ALT),
            State::Application if alone => sequences::ascii(b'O', KeyModifiers::ALT),
            State::Text {
                begun, empty: true, ..
            } => sequences::ascii(begun, KeyModifiers::ALT),
            _ => return,
        };
        if escaped {
            self.escape_key();
        }
        self.events.push(key);
        self.given_up = Some(begun);
    }

    /// What has come, in its order.
    pub fn events(&mut self) -> impl Iterator<Item = Event> {
        self.events.drain(..)
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Ground => self.begin(byte, false),
            State::Escape => self.after_escape(byte),
            State::Character { length, alt } => self.in_character(byte, length, alt),
            State::Control => self.in_control(byte),
            State::Application => self.in_application(byte),
            State::Console => {
                self.end();
                self.events.extend(sequences::console(byte));
            }
            State::Mouse => {
                self.held.push(byte);
                if let Ok(bytes) = <[u8; 3]>::try_from(self.held.as_slice()) {
                    self.end();
                    self.events.extend(sequences::oldest_mouse(bytes));
                }
            }
            State::Text { begun, since, .. } => self.in_text(byte, begun, since),
            State::Paste => self.in_paste(byte),
        }
    }

    /// A byte outside of all sequences.
    fn begin(&mut self, byte: u8, alt: bool) {
        let length = match byte {
            ESC => {
                self.state = State::Escape;
                return;
            }
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80.. => return,
            _ => {
                let held = if alt {
                    KeyModifiers::ALT
                } else {
                    KeyModifiers::NONE
                };
                self.events.push(sequences::ascii(byte, held));
                return;
            }
        };
        self.held.push(byte);
        self.state = State::Character { length, alt };
    }

    fn after_escape(&mut self, byte: u8) {
        self.state = match byte {
            b'[' => State::Control,
            b'O' => State::Application,
            b'P' | b']' | b'X' | b'^' | b'_' => State::Text {
                begun: byte,
                empty: true,
                since: self.last,
            },
            ESC => {
                // The one before both was a key.
                if self.escaped {
                    self.escape_key();
                }
                self.escaped = true;
                State::Escape
            }
            _ => {
                if self.escaped {
                    self.escape_key();
                }
                self.end();
                return self.begin(byte, true);
            }
        };
    }

    fn in_character(&mut self, byte: u8, length: usize, alt: bool) {
        if !matches!(byte, 0x80..=0xbf) {
            self.end();
            return self.begin(byte, false);
        }
        self.held.push(byte);
        if self.held.len() == length {
            let c = std::str::from_utf8(&self.held)
                .ok()
                .and_then(|text| text.chars().next());
            let held = if alt {
                KeyModifiers::ALT
            } else {
                KeyModifiers::NONE
            };
            self.events.extend(
                c.filter(|c| !c.is_control())
                    .map(|c| sequences::key(KeyCode::Char(c), held)),
            );
            self.end();
        }
    }

    fn in_control(&mut self, byte: u8) {
        let first = self.held.is_empty();
        match byte {
            b'[' if first => self.state = State::Console,
            b'M' if first => self.state = State::Mouse,
            // Keys of rxvt end so; of other sequences it is a part.
            b'$' if !first && self.held.iter().all(u8::is_ascii_digit) => {
                self.sequence(sequences::control, byte);
            }
            0x20..=0x3f => self.hold(byte),
            b'~' if self.held == PASTE_BEGINS => {
                self.before(None);
                self.end();
                self.state = State::Paste;
            }
            0x40..=0x7e => self.sequence(sequences::control, byte),
            _ => self.broken_by(byte),
        }
    }

    fn in_application(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' | b';' => self.hold(byte),
            0x20..=0x7e => self.sequence(sequences::application, byte),
            _ => self.broken_by(byte),
        }
    }

    fn in_text(&mut self, byte: u8, begun: u8, since: Instant) {
        self.state = State::Text {
            begun,
            empty: false,
            since,
        };
        if self.held == [ESC] {
            self.held.clear();
            if byte == b'\\' {
                self.before(None);
                self.end();
            } else {
                // Whatever follows is something new.
                self.broken_by(ESC);
                self.byte(byte);
            }
            return;
        }
        match byte {
            7 if begun == b']' => {
                self.before(None);
                self.end();
            }
            ESC => self.held.push(byte),
            0x20.. => {}
            // No answer has a control character.
            _ => self.broken_by(byte),
        }
    }

    fn in_paste(&mut self, byte: u8) {
        if self.held.len() < PASTED + PASTE_ENDS.len() {
            self.held.push(byte);
        } else {
            // The end is still looked for.
            self.held.drain(PASTED..=PASTED);
            self.held.push(byte);
        }
        if self.held.ends_with(PASTE_ENDS) {
            let mut text = std::mem::take(&mut self.held);
            text.truncate(text.len() - PASTE_ENDS.len());
            self.end();
            let text = String::from_utf8_lossy(&text).into_owned();
            self.events.push(Event::Paste(text));
        }
    }

    fn hold(&mut self, byte: u8) {
        if self.held.len() < PARAMETERS {
            self.held.push(byte);
        }
    }

    /// The sequence ends with this byte.
    fn sequence(&mut self, event: impl FnOnce(&[u8], u8) -> Option<Event>, last: u8) {
        let event = if self.held.len() < PARAMETERS {
            event(&self.held, last)
        } else {
            None
        };
        let event = self.before(event);
        self.end();
        self.events.extend(event);
    }

    /// An `ESC` before a sequence: with a key it is Alt, otherwise it was the Escape key.
    fn before(&mut self, event: Option<Event>) -> Option<Event> {
        match event {
            Some(Event::Key(mut key)) if self.escaped => {
                key.modifiers.insert(KeyModifiers::ALT);
                Some(Event::Key(key))
            }
            other => {
                if self.escaped {
                    self.escape_key();
                }
                other
            }
        }
    }

    /// The sequence does not go on like this: it is dropped, and the byte begins something new.
    fn broken_by(&mut self, byte: u8) {
        self.before(None);
        self.end();
        if byte < 0x20 {
            self.begin(byte, false);
        }
    }

    /// Nothing has begun. What had?
    fn end(&mut self) -> State {
        self.escaped = false;
        self.held.clear();
        std::mem::replace(&mut self.state, State::Ground)
    }

    fn escape_key(&mut self) {
        self.events.push(sequences::ascii(ESC, KeyModifiers::NONE));
    }
}

/// Whether this begins with the rest of a sequence whose beginning came so much earlier that it was taken for a key.
fn is_rest_of(begun: State, bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else {
        return false;
    };
    match (begun, first) {
        // Only what came with a single read is: nobody types that fast.
        (State::Escape, b'[') => {
            let end = rest.iter().position(|byte| !matches!(byte, 0x20..=0x3f));
            let shift = rest.iter().position(|byte| !byte.is_ascii_digit());
            end.is_some_and(|end| matches!(rest[end], b'A'..=b'Z' | b'\\'..=b'~'))
                || shift.is_some_and(|end| end > 0 && rest[end] == b'$')
        }
        (State::Escape, b'P' | b']' | b'X' | b'^' | b'_') => {
            rest.contains(&7) || rest.windows(2).any(|two| two == b"\x1b\\")
        }
        // A single byte may be all that is missing. Hardly anybody types a letter so soon after such a key.
        (State::Control | State::Application, 0x20..=0x7e) => true,
        (State::Escape, b'O') | (State::Text { .. }, 0x20..) => !rest.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Code, Key};
    use crate::ui::input::{self, Input};

    /// What came of pieces of which each came so many milliseconds after the one before; a second later.
    fn read(pieces: &[(u64, &[u8])]) -> Vec<Event> {
        let mut decoder = Decoder::new(false);
        let mut now = Instant::now();
        let mut events = Vec::new();
        for (after, piece) in pieces.iter().copied().chain([(10_000, &b""[..])]) {
            now += Duration::from_millis(after);
            decoder.give_up(now);
            if !piece.is_empty() {
                decoder.take(piece, now);
            }
            events.extend(decoder.events());
        }
        events
    }

    fn keys(pieces: &[(u64, &[u8])]) -> Vec<String> {
        let events = read(pieces).into_iter();
        events
            .map(|event| match input::read(event) {
                Some(Input::Key(key)) => key.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    /// The name of a key, and the bytes that some terminal sends for it.
    const KEYS: &[(&str, &[&[u8]])] = &[
        (
            "x",
            &[
                b"x",
                b"\x1b[120u",
                b"\x1b[27;1;120~",
                b"\x1b[120;1u",
                b"\x1b[120;129u",
            ],
        ),
        ("X", &[b"X", b"\x1b[120;2u", b"\x1b[27;2;88~", b"\x1b[120:88;2u"]),
        ("ß", &["ß".as_bytes()]),
        ("日", &["日".as_bytes()]),
        ("Alt-x", &[b"\x1bx", b"\x1b[120;3u", b"\x1b[27;3;120~"]),
        ("Alt-ß", &["\x1bß".as_bytes()]),
        ("Ctrl-c", &[b"\x03", b"\x1b[99;5u", b"\x1b[27;5;99~"]),
        ("Ctrl-Alt-c", &[b"\x1b\x03", b"\x1b[99;7u"]),
        ("Ctrl-h", &[b"\x08"]),
        ("Ctrl-j", &[b"\n"]),
        ("Space", &[b" ", b"\x1b[32u"]),
        ("Ctrl-Space", &[b"\0", b"\x1b[32;5u"]),
        ("Enter", &[b"\r", b"\x1bOM", b"\x1b[13u", b"\x1b[57414u"]),
        ("Alt-Enter", &[b"\x1b\r", b"\x1b[13;3u"]),
        ("Esc", &[b"\x1b", b"\x1b[27u"]),
        ("Tab", &[b"\t", b"\x1b[9u"]),
        ("Shift-Tab", &[b"\x1b[Z", b"\x1b[1;2Z", b"\x1b[9;2u"]),
        ("Backspace", &[b"\x7f", b"\x1b[127u"]),
        ("Alt-Backspace", &[b"\x1b\x7f"]),
        ("Insert", &[b"\x1b[2~"]),
        ("Delete", &[b"\x1b[3~"]),
        ("Ctrl-Delete", &[b"\x1b[3;5~", b"\x1b[3^"]),
        ("PgUp", &[b"\x1b[5~", b"\x1b[57421u"]),
        ("Alt-PgDn", &[b"\x1b[6;3~", b"\x1b\x1b[6~"]),
        (
            "Home",
            &[b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"\x1b[7~", b"\x1b[57423u"],
        ),
        ("End", &[b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"\x1b[8~", b"\x1b[1F"]),
        ("Shift-Home", &[b"\x1b[1;2H", b"\x1b[7$", b"\x1b[1;2~"]),
        ("Ctrl-Shift-End", &[b"\x1b[1;6F", b"\x1b[8@"]),
        ("↑", &[b"\x1b[A", b"\x1bOA", b"\x1b[1;1A", b"\x1b[1;1:2A"]),
        ("↓", &[b"\x1b[B", b"\x1bOB"]),
        ("→", &[b"\x1b[C", b"\x1bOC"]),
        ("←", &[b"\x1b[D", b"\x1bOD"]),
        ("Shift-↑", &[b"\x1b[1;2A", b"\x1b[a"]),
        ("Ctrl-→", &[b"\x1b[1;5C", b"\x1bOc", b"\x1bO5C", b"\x1bO1;5C"]),
        ("Alt-←", &[b"\x1b[1;3D", b"\x1b\x1b[D", b"\x1b\x1bOD"]),
        ("F1", &[b"\x1bOP", b"\x1b[11~", b"\x1b[[A", b"\x1b[P"]),
        ("F2", &[b"\x1bOQ", b"\x1b[12~", b"\x1b[[B", b"\x1b[Q"]),
        ("F3", &[b"\x1bOR", b"\x1b[13~", b"\x1b[[C"]),
        ("F4", &[b"\x1bOS", b"\x1b[14~", b"\x1b[[D", b"\x1b[S"]),
        ("F5", &[b"\x1b[15~", b"\x1b[[E"]),
        ("F6", &[b"\x1b[17~"]),
        ("F7", &[b"\x1b[18~"]),
        ("F8", &[b"\x1b[19~"]),
        ("F9", &[b"\x1b[20~"]),
        ("F10", &[b"\x1b[21~"]),
        ("F11", &[b"\x1b[23~"]),
        ("F12", &[b"\x1b[24~"]),
        ("Shift-F5", &[b"\x1b[15;2~", b"\x1b[15$"]),
        ("Ctrl-F1", &[b"\x1b[1;5P", b"\x1bO5P"]),
        ("5", &[b"5", b"\x1bOu", b"\x1b[57404u"]),
        ("*", &[b"*", b"\x1bOj"]),
        ("Alt-[", &[b"\x1b["]),
        ("Alt-O", &[b"\x1bO"]),
        ("Alt-P", &[b"\x1bP"]),
        ("Alt-]", &[b"\x1b]"]),
        ("Alt-X", &[b"\x1bX"]),
    ];

    /// What a terminal says that is no key.
    const ANSWERS: &[&[u8]] = &[
        b"\x1bP>|tmux 3.4\x1b\\",
        b"\x1bP>|XTerm(379)\x1b\\",
        b"\x1bP!|7E565445\x1b\\",
        b"\x1bP1$r0;1m\x1b\\",
        b"\x1bP1+r544e=787465726d\x1b\\",
        b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
        b"\x1b]4;1;rgb:ffff/0000/0000\x07",
        b"\x1b]52;c;eHh4\x07",
        b"\x1b]lthe title: Fxq\x1b\\",
        "\x1b]Lqxü日F\x1b\\".as_bytes(),
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1b^Fx\x1b\\",
        b"\x1bXFx\x1b\\",
        b"\x1b[?62;4;6;22c",
        b"\x1b[>41;379;0c",
        b"\x1b[=0c",
        b"\x1b[24;80R",
        b"\x1b[1;5R",
        b"\x1b[R",
        b"\x1b[?24;80;1R",
        b"\x1b[0n",
        b"\x1b[?997;1n",
        b"\x1b[?2026;2$y",
        b"\x1b[4;2$y",
        b"\x1b[?0u",
        b"\x1b[?1;0;256S",
        b"\x1b[8;24;80t",
        b"\x1b[48;24;80;600;800t",
        b"\x1b[>4;2m",
        b"\x1b[2;1;1;120;120;1;0x",
        b"\x1b[120;1:3u",
        b"\x1b[120;9u",
        b"\x1b[201~",
        b"\x1b[57358u",
        b"\x1b[99999999999999999999A",
    ];

    #[test]
    fn every_key_is_known_in_every_dialect() {
        for (name, dialects) in KEYS {
            for bytes in *dialects {
                assert_eq!(keys(&[(0, bytes)]), [*name], "{}", bytes.escape_ascii());
            }
        }
        for n in 13..=20 {
            let number = [25, 26, 28, 29, 31, 32, 33, 34][n - 13];
            let bytes = format!("\x1b[{number}~");
            assert_eq!(keys(&[(0, bytes.as_bytes())]), [format!("F{n}")]);
        }
    }

    #[test]
    fn a_key_that_is_cut_anywhere_is_that_key_alone() {
        for (name, dialects) in KEYS {
            for bytes in *dialects {
                for cut in 1..bytes.len() {
                    let (first, rest) = bytes.split_at(cut);
                    assert_eq!(
                        keys(&[(0, first), (20, rest)]),
                        [*name],
                        "{} | {}",
                        first.escape_ascii(),
                        rest.escape_ascii()
                    );
                }
                let single: Vec<(u64, &[u8])> = bytes.chunks(1).map(|byte| (20, byte)).collect();
                assert_eq!(keys(&single), [*name], "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn an_answer_of_the_terminal_is_no_key_wherever_it_is_cut() {
        for answer in ANSWERS {
            let single: Vec<(u64, &[u8])> = answer.chunks(1).map(|byte| (20, byte)).collect();
            assert_eq!(keys(&single), [""; 0], "{}", answer.escape_ascii());
            for cut in 0..answer.len() {
                let (first, rest) = answer.split_at(cut);
                let pieces: &[(u64, &[u8])] = &[(0, b"\x1b"), (100, b"x"), (0, first), (20, rest), (0, b"y")];
                assert_eq!(keys(pieces), ["Esc", "x", "y"], "{}", answer.escape_ascii());
            }
        }
    }

    #[test]
    fn the_rest_of_a_sequence_that_comes_very_late_is_still_no_other_key() {
        assert_eq!(keys(&[(0, b"\x1b"), (300, b"[F")]), ["Esc", "End"]);
        assert_eq!(keys(&[(0, b"\x1b["), (300, b"F")]), ["Alt-[", "End"]);
        assert_eq!(keys(&[(0, b"\x1bO"), (300, b"F")]), ["Alt-O", "End"]);
        assert_eq!(keys(&[(0, b"\x1b["), (600, b"x")]), ["Alt-[", "x"]);
        assert_eq!(keys(&[(0, b"\x1b[1;"), (600, b"x")]), ["x"]);
        for answer in ANSWERS {
            let (first, rest) = answer.split_at(1);
            assert_eq!(
                keys(&[(0, first), (300, rest), (0, b"q")]),
                ["Esc", "q"],
                "{}",
                answer.escape_ascii()
            );
        }
        for answer in ANSWERS {
            let (first, rest) = answer.split_at(2);
            let alt = format!("Alt-{}", char::from(answer[1]));
            assert_eq!(
                keys(&[(0, first), (300, rest), (0, b"q")]),
                [&*alt, "q"],
                "{}",
                answer.escape_ascii()
            );
        }
        // Keys that somebody types one after the other are those.
        let typed: &[(u64, &[u8])] = &[(0, b"\x1b"), (60, b"["), (60, b"F"), (60, b"O"), (60, b"P")];
        assert_eq!(keys(typed), ["Esc", "[", "F", "O", "P"]);
        let paste: &[(u64, &[u8])] = &[(0, b"\x1b"), (300, b"[200~qX\x1b[201~q")];
        assert_eq!(read(paste)[1], Event::Paste("qX".to_owned()));
        assert_eq!(read(paste).len(), 3);
    }

    #[test]
    fn what_is_a_key_and_may_begin_a_sequence_is_that_key_after_a_moment() {
        for alone in [
            &b"\x1b"[..],
            b"\x1b[",
            b"\x1bO",
            b"\x1bP",
            b"\x1b]",
            b"\x1bX",
            b"\x1b^",
            b"\x1b_",
        ] {
            for before in [&b""[..], b"\x1b"] {
                let mut decoder = Decoder::new(false);
                let now = Instant::now();
                decoder.take(&[before, alone].concat(), now);
                decoder.give_up(now + Duration::from_millis(39));
                assert_eq!(decoder.events().count(), 0);
                decoder.give_up(now + Duration::from_millis(40));
                assert_eq!(
                    decoder.events().count(),
                    before.len() + 1,
                    "{}",
                    alone.escape_ascii()
                );
                assert_eq!(decoder.due(), None);
            }
        }
        // What somebody types after it is what it is.
        let typed: &[(u64, &[u8])] = &[
            (0, b"\x1bP"),
            (100, b"q"),
            (100, b"\x1b["),
            (100, b"\r"),
            (100, b"x"),
        ];
        assert_eq!(keys(typed), ["Alt-P", "q", "Alt-[", "Enter", "x"]);
    }

    #[test]
    fn escape_before_something_else_is_a_key() {
        assert_eq!(keys(&[(0, b"\x1b\x1b")]), ["Esc", "Esc"]);
        assert_eq!(keys(&[(0, b"\x1b\x1b\x1b[A")]), ["Esc", "Alt-↑"]);
        assert_eq!(keys(&[(0, b"\x1b\x1b]11;x\x07j")]), ["Esc", "j"]);
        assert_eq!(keys(&[(0, b"\x1b\x1b[1;5Rj")]), ["Esc", "j"]);
        assert_eq!(keys(&[(0, b"\x1b\x1bx")]), ["Esc", "Alt-x"]);
    }

    #[test]
    fn what_never_ends_neither_acts_nor_swallows_keys_for_ever() {
        for begun in [
            &b"\x1b]52;c;"[..],
            b"\x1bP>|",
            b"\x1b_G",
            b"\x1b[200~",
            b"\x1b[12;",
            b"\x1b[M",
            b"\xe6\x97",
        ] {
            let keys = keys(&[(0, begun), (5_001, b"x")]);
            assert_eq!(keys, ["x"], "{}", begun.escape_ascii());
        }
        // Also where somebody goes on typing: the keys of some seconds are lost, and no more.
        let text = [(0, &b"\x1bP>|"[..])].into_iter();
        let typed: Vec<_> = text.chain((0..100).map(|_| (100, &b"j"[..]))).collect();
        let came = keys(&typed);
        assert!((45..=51).contains(&came.len()), "{}", came.len());
        // Ctrl-c, the other control characters and whatever begins with ESC end it.
        assert_eq!(keys(&[(0, b"\x1b]11;rgb\x03")]), ["Ctrl-c"]);
        assert_eq!(keys(&[(0, b"\x1b]11;rgb"), (9, b"\x1b[A")]), ["↑"]);
        assert_eq!(keys(&[(0, b"\x1b[1;\x03")]), ["Ctrl-c"]);
        let long = [&b"\x1b["[..], &vec![b'1'; 1 << 20], b"A"].concat();
        assert_eq!(keys(&[(0, &long), (0, b"x")]), ["x"]);
    }

    #[test]
    fn pasted_text_is_one_event_and_may_hold_anything() {
        let text = "q\r\nX\u{3}\u{1b}[A\u{1b}[200~日";
        let bytes = format!("a\x1b[200~{text}\x1b[201~b");
        for cut in 1..bytes.len() {
            let (first, rest) = bytes.as_bytes().split_at(cut);
            let events = read(&[(0, first), (30, rest)]);
            assert_eq!(events.len(), 3, "{cut}");
            assert_eq!(events[1], Event::Paste(text.to_owned()));
        }
        let large = "x".repeat(2_000_000);
        let events = read(&[(0, format!("\x1b[200~{large}\x1b[201~").as_bytes())]);
        assert!(events == [Event::Paste(large)]);
    }

    #[test]
    fn the_mouse_is_known_in_three_dialects() {
        use crate::app::dashboard::Gesture::{Drag, Press, Release, WheelDown, WheelUp};
        for (bytes, gesture) in [
            (&b"\x1b[<0;11;6M"[..], Press),
            (b"\x1b[<32;11;6M", Drag),
            (b"\x1b[<0;11;6m", Release),
            (b"\x1b[<64;11;6M", WheelUp),
            (b"\x1b[<65;11;6M", WheelDown),
            (b"\x1b[M +&", Press),
            (b"\x1b[M#+&", Release),
            (b"\x1b[32;11;6M", Press),
            (b"\x1b[96;11;6M", WheelUp),
        ] {
            for cut in 1..bytes.len() {
                let (first, rest) = bytes.split_at(cut);
                let event = read(&[(0, first), (20, rest)]).pop().unwrap();
                let expected = Input::Mouse(gesture, (10, 5));
                assert_eq!(input::read(event), Some(expected), "{}", bytes.escape_ascii());
            }
        }
        assert_eq!(
            read(&[(0, b"\x1b[I\x1b[O")]),
            [Event::FocusGained, Event::FocusLost]
        );
    }

    #[test]
    fn a_terminal_that_is_far_away_has_more_time() {
        let mut decoder = Decoder::new(true);
        let now = Instant::now();
        decoder.take(b"\x1b", now);
        decoder.give_up(now + Duration::from_millis(149));
        assert_eq!(decoder.events().count(), 0);
        decoder.give_up(now + Duration::from_millis(150));
        assert_eq!(decoder.events().count(), 1);
    }

    #[test]
    fn names_of_keys_are_those_of_the_keymap() {
        let home = Key {
            code: Code::Home,
            ctrl: false,
            alt: false,
            shift: false,
        };
        assert_eq!(keys(&[(0, b"\x1b[H")]), [home.to_string()]);
    }
}
