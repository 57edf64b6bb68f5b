//! What must hold for keys and answers of a terminal that arrive in any pieces.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;
use taskpool_tui::ui::Decoder;
use tokio::time::Instant;

const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const NONE: KeyModifiers = KeyModifiers::NONE;

/// Keys that are sent as more than their letter.
const KEYS: &[(&[u8], KeyCode, KeyModifiers)] = &[
    (b"\x1b", KeyCode::Esc, NONE),
    (b"\r", KeyCode::Enter, NONE),
    (b"\t", KeyCode::Tab, NONE),
    (b"\x03", KeyCode::Char('c'), CTRL),
    (b"\x7f", KeyCode::Backspace, NONE),
    (b"\x1b[Z", KeyCode::BackTab, SHIFT),
    (b"\x1b[A", KeyCode::Up, NONE),
    (b"\x1bOB", KeyCode::Down, NONE),
    (b"\x1b[1;5C", KeyCode::Right, CTRL),
    (b"\x1b\x1b[D", KeyCode::Left, ALT),
    (b"\x1b[F", KeyCode::End, NONE),
    (b"\x1bOH", KeyCode::Home, NONE),
    (b"\x1b[7$", KeyCode::Home, SHIFT),
    (b"\x1b[3~", KeyCode::Delete, NONE),
    (b"\x1b[6;3~", KeyCode::PageDown, ALT),
    (b"\x1bOP", KeyCode::F(1), NONE),
    (b"\x1b[[E", KeyCode::F(5), NONE),
    (b"\x1b[24~", KeyCode::F(12), NONE),
    (b"\x1bq", KeyCode::Char('q'), ALT),
    (b"\x1b\r", KeyCode::Enter, ALT),
    (b"\x1b[120;5u", KeyCode::Char('x'), CTRL),
    (b"\x1b[27;3;120~", KeyCode::Char('x'), ALT),
    (b"\xc3\x9f", KeyCode::Char('\u{df}'), NONE),
    (b"\xe6\x97\xa5", KeyCode::Char('\u{65e5}'), NONE),
    (b"\x1b\xf0\x9f\x91\x8d", KeyCode::Char('\u{1f44d}'), ALT),
    (b"\x1b[", KeyCode::Char('['), ALT),
    (b"\x1bP", KeyCode::Char('P'), ALT),
];

const ANSWERS: &[&[u8]] = &[
    b"\x1bP>|tmux 3.4\x1b\\",
    b"\x1bP!|7E565445\x1b\\",
    b"\x1bP1$r0;1m\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]4;1;rgb:ffff/0000/0000\x07",
    b"\x1b]52;c;eHh4\x07",
    b"\x1b]l\xc3\x9c title: FqxX\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^FDPSRx\x1b\\",
    b"\x1bXFDPSRx\x1b\\",
    b"\x1b[?62;4;6;22c",
    b"\x1b[>41;379;0c",
    b"\x1b[24;80R",
    b"\x1b[1;5R",
    b"\x1b[0n",
    b"\x1b[?997;1n",
    b"\x1b[?2026;2$y",
    b"\x1b[4;2$y",
    b"\x1b[?0u",
    b"\x1b[?1;0;256S",
    b"\x1b[8;24;80t",
    b"\x1b[120;1:3u",
];

/// What came, and when; time is made up.
struct Wire {
    decoder: Decoder,
    now: Instant,
    /// What comes with the next read.
    pending: Vec<u8>,
    events: Vec<Event>,
}

impl Wire {
    fn new() -> Wire {
        Wire {
            decoder: Decoder::new(false),
            now: Instant::now(),
            pending: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Nothing comes for so long; what came before is read by then.
    fn pause(&mut self, millis: u64) {
        if millis == 0 {
            return;
        }
        if !self.pending.is_empty() {
            self.decoder.take(&self.pending, self.now);
            self.pending.clear();
        }
        self.now += Duration::from_millis(millis);
        self.decoder.give_up(self.now);
        self.events.extend(self.decoder.events());
    }
}

fn item(choice: u8) -> (Vec<u8>, Option<Event>) {
    let choice = usize::from(choice);
    if let Some(answer) = ANSWERS.get(choice) {
        return (answer.to_vec(), None);
    }
    if let Some((bytes, code, held)) = KEYS.get(choice - ANSWERS.len()) {
        return (bytes.to_vec(), Some(Event::Key(KeyEvent::new(*code, *held))));
    }
    let letter = b' ' + u8::try_from(choice % 95).unwrap();
    let event = Event::Key(KeyEvent::new(KeyCode::Char(char::from(letter)), NONE));
    (vec![letter], Some(event))
}

/// Keys that somebody types, and answers of the terminal between them: three bytes of the input say what comes, where
/// it is cut, and how long the pauses are. Each key comes out, and nothing else does.
fn typed_keys(script: &[u8]) -> u64 {
    let mut wire = Wire::new();
    let mut expected = Vec::new();
    let mut hasher = DefaultHasher::new();
    let mut after_escape = false;
    for step in script.as_chunks::<3>().0.iter().take(40) {
        let (bytes, event) = item(step[0]);
        let pause = u64::from(step[2]);
        if after_escape && b"[O]PX^_".contains(&bytes[0]) {
            // The Escape key and then such a letter with others in one read is a sequence whose rest came late.
            wire.pause(600);
        }
        let (first, rest) = bytes.split_at(usize::from(step[1]) % bytes.len());
        // What is a key of its own, too: a rest that comes late comes after that key.
        let lone = match first {
            b"\x1b" | b"\x1b\x1b" => true,
            [b'\x1b', byte] | [b'\x1b', b'\x1b', byte] => b"[O]PX^_".contains(byte),
            _ => false,
        };
        let late = pause > 200
            && match *first {
                [b'\x1b'] => bytes.len() > 2 && b"[O]PX^_".contains(&rest[0]) && rest[1] != b'[',
                [b'\x1b', b'[' | b'O'] => !rest.is_empty(),
                [b'\x1b', byte] => lone && byte != b'\x1b' && rest.len() > 1,
                _ => false,
            };
        wire.pending.extend(first);
        if !first.is_empty() {
            wire.pause(match (late, lone) {
                (true, _) => pause,
                (false, true) => pause % 40,
                (false, false) => pause * 2 % 500,
            });
        }
        if late {
            let key = match *first {
                [_, byte] => KeyEvent::new(KeyCode::Char(char::from(byte)), ALT),
                _ => KeyEvent::new(KeyCode::Esc, NONE),
            };
            expected.push(Event::Key(key));
        }
        wire.pending.extend(rest);
        expected.extend(event);
        after_escape = bytes == b"\x1b";
        wire.pause(match bytes.as_slice() {
            b"\x1b" => 40 + pause,
            b"\x1b[" | b"\x1bP" => 500 + pause,
            _ => (pause / 3) % 60,
        });
        (step[0], first.len().min(3), late, lone).hash(&mut hasher);
    }
    wire.pause(10_000);
    assert_eq!(wire.events, expected);
    hasher.finish() % 4096
}

/// Any bytes in pieces: whatever comes, after a while a key is that key.
fn any_bytes(bytes: &[u8]) {
    let mut wire = Wire::new();
    for piece in bytes.chunk_by(|byte, _| byte % 7 != 0) {
        wire.pending.extend(piece);
        wire.pause(u64::from(piece[piece.len() - 1]) * 3);
    }
    wire.pause(10_000);
    assert_eq!(wire.decoder.due(), None);
    wire.events.clear();
    wire.pending.push(b'x');
    wire.pause(1);
    assert_eq!(wire.events, [Event::Key(KeyEvent::new(KeyCode::Char('x'), NONE))]);
}

pub(crate) fn typed(input: &[u8]) -> u64 {
    any_bytes(input);
    typed_keys(input)
}
