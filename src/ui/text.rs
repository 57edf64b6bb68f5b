//! Text in cells: numbers, durations and lines cut to a width.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use std::borrow::Cow;
use std::time::Duration;

/// The width of every duration.
pub(super) const DURATION: u16 = 6;

/// A duration in at most six cells: `3ms`, `3.1s`, `1m04s`, `2h05m`, `3d07h`.
pub(super) fn duration(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0 if (1..100).contains(&time.as_millis()) => format!("{}ms", time.as_millis()),
        0..60 => format!("{secs}.{}s", time.subsec_millis() / 100),
        60..3600 => format!("{}m{:02}s", secs / 60, secs % 60),
        3600..86_400 => format!("{}h{:02}m", secs / 3600, secs / 60 % 60),
        _ => format!("{}d{:02}h", secs / 86_400, secs / 3600 % 24),
    }
}

/// The width of every amount of memory.
pub(super) const BYTES: u16 = 5;

/// An amount of memory in at most five cells: `912B`, `1.4M`, `640M`, `12G`; in powers of 1024.
pub(super) fn bytes(bytes: u64) -> String {
    let mut tenths = u128::from(bytes) * 10;
    let mut units = "BKMGTPE".chars();
    let mut unit = units.next().unwrap_or('B');
    // A thousand takes more room than a unit more.
    while tenths >= 9_995
        && let Some(next) = units.next()
    {
        tenths = (tenths + 512) / 1024;
        unit = next;
    }
    match (unit, tenths) {
        ('B', _) | (_, 100..) => format!("{}{unit}", (tenths + 5) / 10),
        _ => format!("{}.{}{unit}", tenths / 10, tenths % 10),
    }
}

/// A time since the session started: `00:04:12`.
pub(super) fn clock(time: Duration) -> String {
    let secs = time.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// The same with milliseconds: `00:04:12.030`.
pub(super) fn clock_ms(time: Duration) -> String {
    format!("{}.{:03}", clock(time), time.subsec_millis())
}

/// A count in at most six cells: `950`, `99999`, `1.2M`.
pub(super) fn count(n: u64) -> String {
    match n {
        0..100_000 => n.to_string(),
        100_000..1_000_000 => format!("{}k", n / 1000),
        1_000_000..1_000_000_000 => format!("{}.{}M", n / 1_000_000, n / 100_000 % 10),
        _ => large(n),
    }
}

/// The cells that each count up to this one has room in.
pub(super) fn count_cells(most: u64) -> usize {
    match most {
        0..100_000 => most.to_string().len(),
        _ => 6,
    }
}

/// A count of thousands of millions.
fn large(n: u64) -> String {
    let (unit, letter) = match n / 1_000_000_000 {
        0..1000 => (1_000_000_000, 'G'),
        1000..1_000_000 => (1_000_000_000_000, 'T'),
        1_000_000..1_000_000_000 => (1_000_000_000_000_000, 'P'),
        _ => (1_000_000_000_000_000_000, 'E'),
    };
    format!("{}{letter}", n / unit)
}

/// A count in at most five cells: `950`, `1.2k`, `12.3k`, `123k`, `1.2M`.
pub(super) fn short(n: u64) -> String {
    let of = |unit: u64, letter: char| match n / unit {
        whole @ 0..100 => format!("{whole}.{}{letter}", n / (unit / 10) % 10),
        whole => format!("{whole}{letter}"),
    };
    match n {
        0..1000 => n.to_string(),
        1000..1_000_000 => of(1000, 'k'),
        1_000_000..1_000_000_000 => of(1_000_000, 'M'),
        1_000_000_000..100_000_000_000 => of(1_000_000_000, 'G'),
        _ => large(n),
    }
}

/// A whole count, such as `700,000`.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same of a size in memory.
pub(super) fn count_usize(n: usize) -> String {
    count(u64::try_from(n).unwrap_or(u64::MAX))
}

/// A rate in at most six cells: `4.1/s`, `123/s`, `12k/s`.
pub(super) fn rate(per_second: f64) -> String {
    match per_second {
        r if !r.is_finite() || r <= 0.0 => "-".to_owned(),
        r if r < 0.05 => "<.1/s".to_owned(),
        r if r < 99.95 => format!("{r:.1}/s"),
        r if r < 9999.5 => format!("{r:.0}/s"),
        r => format!("{:.0}k/s", r / 1000.0),
    }
}

/// How many cells a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text, cut to a number of cells; a cut text ends in `…`.
pub(super) fn fit(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let mut cut = take(text, cells.saturating_sub(1)).to_owned();
    if cells > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

/// The text, cut in its middle to a number of cells, so that both its ends are seen: default names of groups
/// differ in their ends.
pub(super) fn fit_middle(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells || cells < 5 {
        return fit(text, cells);
    }
    let tail = (cells - 1) / 2;
    let mut start = text.len();
    for (at, _) in text.char_indices().rev() {
        if width(&text[at..]) > tail {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("{}…{}", take(text, cells - 1 - tail), &text[start..]))
}

/// How many characters are the same at the beginning.
fn alike(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// The directory that all of these texts begin with, up to its last slash; empty if there is none.
pub(super) fn directory<'a>(texts: &[&'a str]) -> &'a str {
    let [first, others @ ..] = texts else { return "" };
    let Some(shared) = others.iter().map(|text| alike(first.chars(), text.chars())).min() else {
        return "";
    };
    let end = first.char_indices().nth(shared).map_or(first.len(), |(at, _)| at);
    first[..end].rfind('/').map_or("", |slash| &first[..=slash])
}

/// As much of the text as fits into a number of cells.
pub(super) fn take(text: &str, cells: usize) -> &str {
    let mut used = 0;
    let mut end = 0;
    for grapheme in Span::raw(text).styled_graphemes(Style::default()) {
        used += width(grapheme.symbol);
        if used > cells {
            break;
        }
        end += grapheme.symbol.len();
    }
    // Graphemes that cannot be shown are left out by the iterator, and text that is shown has none.
    text.get(..end).unwrap_or(text)
}

/// The text in lines of at most so many cells; at least one line.
pub(super) fn wrap(text: &str, cells: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let line = take(rest, cells.max(1));
        if line.is_empty() || line.len() == rest.len() {
            lines.push(rest);
            return lines;
        }
        lines.push(line);
        rest = &rest[line.len()..];
    }
}

/// The same, between words where there are any.
pub(super) fn wrap_words(text: &str, cells: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let line = take(rest, cells.max(1));
        if line.is_empty() || line.len() == rest.len() {
            lines.push(rest);
            return lines;
        }
        let line = match line.rfind(' ') {
            Some(space) if space > 0 && !rest[line.len()..].starts_with(' ') => &line[..space],
            _ => line,
        };
        lines.push(line);
        rest = rest[line.len()..].trim_start_matches(' ');
    }
}

/// Which side a text keeps to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Writes a text into one row of an area, cut to its width.
pub(super) fn put(buf: &mut Buffer, area: Rect, text: &str, style: Style, side: Side) {
    if area.is_empty() {
        return;
    }
    let cells = usize::from(area.width);
    let text = fit(text, cells);
    let indent = match side {
        Side::Left => 0,
        Side::Right => cells - width(&text).min(cells),
    };
    let x = area.x + u16::try_from(indent).unwrap_or(0);
    buf.set_stringn(x, area.y, &text, cells - indent, style);
}

/// A row of an area that is filled from the left.
pub(super) struct Line<'a> {
    buf: &'a mut Buffer,
    rest: Rect,
}

impl<'a> Line<'a> {
    /// The row `y` of the area, counted from its top; nothing if it has no such row.
    pub(super) fn new(buf: &'a mut Buffer, area: Rect, y: usize) -> Line<'a> {
        let y = u16::try_from(y).unwrap_or(u16::MAX);
        let rest = if y < area.height {
            Rect {
                y: area.y + y,
                height: 1,
                ..area
            }
        } else {
            Rect::ZERO
        };
        Line { buf, rest }
    }

    /// How many cells are left.
    pub(super) fn room(&self) -> usize {
        usize::from(self.rest.width)
    }

    fn split(&mut self, cells: usize) -> Rect {
        let width = u16::try_from(cells).unwrap_or(u16::MAX).min(self.rest.width);
        let area = Rect { width, ..self.rest };
        self.rest.x += width;
        self.rest.width -= width;
        area
    }

    /// Writes a text in its own width.
    pub(super) fn text(&mut self, text: &str, style: Style) -> &mut Self {
        self.spot(text, style);
        self
    }

    /// The same, and says where.
    pub(super) fn spot(&mut self, text: &str, style: Style) -> Rect {
        let area = self.split(width(text));
        put(self.buf, area, text, style, Side::Left);
        area
    }

    /// Writes a column of a table.
    pub(super) fn column(&mut self, text: &str, cells: usize, style: Style, side: Side) -> &mut Self {
        let area = self.split(cells);
        put(self.buf, area, text, style, side);
        self
    }

    /// Leaves cells empty.
    pub(super) fn gap(&mut self, cells: usize) -> &mut Self {
        self.split(cells);
        self
    }

    /// Writes a text at the right end, if it fits.
    pub(super) fn right(&mut self, text: &str, style: Style) -> &mut Self {
        let cells = width(text);
        if cells <= self.room() {
            put(self.buf, self.rest, text, style, Side::Right);
            self.rest.width -= u16::try_from(cells).unwrap_or(0).min(self.rest.width);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_directory_is_found() {
        assert_eq!(directory(&["/srv/a/one.tif", "/srv/a/two.tif"]), "/srv/a/");
        assert_eq!(directory(&["/srv/a/one.tif", "/srv/b"]), "/srv/");
        assert_eq!(directory(&["/srv/a/one.tif"]), "");
        assert_eq!(directory(&["one", "other"]), "");
        assert_eq!(directory(&["家/族", "家/人"]), "家/");
    }

    #[test]
    fn durations_and_counts_keep_their_width() {
        let texts: Vec<String> = [
            0,
            3_100,
            59_990,
            60_000,
            64_500,
            3_599_000,
            7_500_000,
            86_400_000 * 3 + 25_200_000,
        ]
        .into_iter()
        .map(|ms| duration(Duration::from_millis(ms)))
        .collect();
        assert_eq!(
            texts,
            [
                "0.0s", "3.1s", "59.9s", "1m00s", "1m04s", "59m59s", "2h05m", "3d07h"
            ]
        );
        let counts: Vec<String> = [0, 99_999, 100_000, 1_250_000, 999_999_999]
            .into_iter()
            .map(count)
            .collect();
        assert_eq!(counts, ["0", "99999", "100k", "1.2M", "999.9M"]);
        let shorts: Vec<String> = [0, 999, 1000, 12_345, 123_456, 1_250_000, 4_294_967_295]
            .into_iter()
            .map(short)
            .collect();
        assert_eq!(shorts, ["0", "999", "1.0k", "12.3k", "123k", "1.2M", "4.2G"]);
        assert!((0..20).all(|digits| short(10_u64.pow(digits.min(11)) - 1).len() <= 5));
        let rates: Vec<String> = [0.0, 0.01, 4.12, 99.94, 99.96, 1234.5, 12_345.0, f64::NAN]
            .into_iter()
            .map(rate)
            .collect();
        assert_eq!(
            rates,
            ["-", "<.1/s", "4.1/s", "99.9/s", "100/s", "1234/s", "12k/s", "-"]
        );
        let whole: Vec<String> = [0, 999, 1000, 700_000, 12_345_678]
            .into_iter()
            .map(thousands)
            .collect();
        assert_eq!(whole, ["0", "999", "1,000", "700,000", "12,345,678"]);
        assert_eq!(clock_ms(Duration::from_millis(252_030)), "00:04:12.030");
        assert!(texts.iter().all(|text| text.len() <= usize::from(DURATION)));
    }

    #[test]
    fn memory_keeps_its_width() {
        let texts = [
            (0, "0B"),
            (912, "912B"),
            (1_024, "1.0K"),
            (10 << 10, "10K"),
            (14 << 20, "14M"),
            (1_468_006, "1.4M"),
            (999 << 20, "999M"),
            (1_023 << 20, "1.0G"),
            (1_536 << 20, "1.5G"),
            (u64::MAX, "16E"),
        ];
        for (n, text) in texts {
            assert_eq!(bytes(n), text);
        }
        let mut n = 1_u64;
        while let Some(next) = n.checked_mul(3) {
            for n in [n - 1, n, n + 1] {
                assert!(bytes(n).len() <= BYTES.into(), "{n}");
            }
            n = next;
        }
    }

    #[test]
    fn text_is_cut_between_characters_never_within() {
        assert_eq!(fit("hello", 5), "hello");
        assert_eq!(fit("hello", 4), "hel…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("hello", 0), "");
        assert_eq!(fit("hello", 1), "…");
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("日本語", 3), ["日", "本", "語"]);
        assert_eq!(wrap("日", 1), ["日"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap_words("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap_words("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap_words("a bcdefgh", 4), ["a", "bcde", "fgh"]);
        assert_eq!(fit_middle("map-resize-group-0", 12), "map-re…oup-0");
        assert_eq!(fit_middle("日本語日本語", 7), "日…語");
        assert_eq!(fit_middle("short", 12), "short");
    }
}
