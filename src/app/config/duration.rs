//! Durations as people write them.

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use std::time::Duration;

/// Reads `30s`, `1m 30s`, `500ms`, `2h`, `1d`, `2w`. A day has 24 hours.
///
/// # Errors
///
/// What is wrong with it, as a fragment.
pub(in crate::app) fn parse(text: &str) -> Result<Duration, String> {
    static PARSER: SpanParser = SpanParser::new();
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.trim().parse::<f64>().is_ok() {
        return Err("the unit is missing".to_owned());
    }
    if text.trim_start().starts_with('-') {
        return Err("it is negative".to_owned());
    }
    let text = text.trim();
    // What is longer than a span of the calendar may be is read as hours and less.
    let days = || {
        let span = PARSER.parse_span(text).ok()?;
        let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Duration::try_from(span).ok()
    };
    let parsed = PARSER.parse_unsigned_duration(text).ok().or_else(days);
    parsed.ok_or_else(|| {
        let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        if digits > Some(MANY_DIGITS) {
            "it is longer than can be counted".to_owned()
        } else {
            "not a number with a unit: w, d, h, m, s, ms, us".to_owned()
        }
    })
}

/// A number with more digits is too large, whatever its unit is.
const MANY_DIGITS: usize = 9;

/// The argument of `sleep`: a duration, or a number of seconds.
///
/// # Errors
///
/// What is wrong with it, as a fragment.
pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| "it is negative, or longer than can be counted".to_owned()),
        Err(_) => parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn friendly_durations_are_read() {
        for (text, millis) in [
            ("30s", 30_000),
            ("1m 30s", 90_000),
            ("500ms", 500),
            ("1.5s", 1_500),
            ("2 hours", 7_200_000),
            ("0s", 0),
            ("1d", 86_400_000),
            ("2 days 3h", 183_600_000),
            ("1w", 604_800_000),
            ("1w 1d 1h 1m", 694_860_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "30",
            "-1s",
            "soon",
            "30 parsecs",
            "s",
            "1e400s",
            "1y",
            "2mo",
            "-1d",
            "inf",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_told_from_what_is_no_duration() {
        for text in ["99999999999999999999h", "123456789012345678901d", "99999999999w"] {
            assert_eq!(
                parse(text),
                Err("it is longer than can be counted".to_owned()),
                "{text}"
            );
        }
        assert!(parse("99 parsecs").unwrap_err().contains("w, d, h"));
    }

    #[test]
    fn sleep_also_takes_seconds() {
        assert_eq!(parse_seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_seconds("2s"), Ok(Duration::from_secs(2)));
        for text in ["-1", "inf", "nan", "1e300", "x"] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }
}
