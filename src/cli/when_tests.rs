//! The table of moments and durations: what is taken for what, and what is refused why.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::When;
use super::parse_duration;
use super::parse_time;
use crate::event::Timestamp;

const NOW: &str = "2025-12-03T16:46:43.5Z";

fn read(text: &str) -> Result<When, super::WhenError> {
    // Berlin, written out: no time zone database is needed.
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    parse_time(text, NOW.parse().unwrap(), &zone)
}

#[test]
fn moments_that_are_taken() {
    for (text, at, assumed_local) in [
        ("now", NOW, false),
        (" NOW ", NOW, false),
        ("2025-12-03T16:46:43.437Z", "2025-12-03T16:46:43.437Z", false),
        ("2025-12-03T16:46:43+01:00", "2025-12-03T15:46:43Z", false),
        ("2025-12-03 16:46Z", "2025-12-03T16:46:00Z", false),
        ("2025-12-03 16:46", "2025-12-03T15:46:00Z", true),
        ("2025-12-03T16:46", "2025-12-03T15:46:00Z", true),
        ("2025-12-03T16:46:43.25", "2025-12-03T15:46:43.25Z", true),
        ("2025-07-03", "2025-07-02T22:00:00Z", true),
        ("2025-12-03", "2025-12-02T23:00:00Z", true),
        ("2025-03-30 02:30", "2025-03-30T01:30:00Z", true),
        ("2025-10-26 02:30", "2025-10-26T00:30:00Z", true),
        ("10m ago", "2025-12-03T16:36:43.5Z", false),
        ("1h30m ago", "2025-12-03T15:16:43.5Z", false),
        ("2 weeks ago", "2025-11-19T16:46:43.5Z", false),
        ("1 month ago", "2025-11-03T16:46:43.5Z", false),
        ("@1700000000", "2023-11-14T22:13:20Z", false),
        ("@1700000000.25", "2023-11-14T22:13:20.25Z", false),
        ("9999-12-31T23:59:59Z", "9999-12-30T21:59:59.999999Z", false),
        ("9999-12-31", "9999-12-30T21:59:59.999999Z", false),
        ("@0", "1970-01-01T00:00:00Z", false),
    ] {
        let expected: Timestamp = at.parse().unwrap();
        assert_eq!(read(text), Ok(When { at: expected, assumed_local }), "{text}");
    }
}

#[test]
fn moments_that_are_refused_say_why() {
    for (text, reason) in [
        ("", "is no time"),
        ("soon", "is no time"),
        ("2026-02-30", "day"),
        ("2026-02-30T00:00:00Z", "day"),
        ("2026-01-01 24:00", "hour"),
        ("2026-01-01T24:30:00Z", "hour"),
        ("10000-01-01", "after the year 9999"),
        ("+10000-01-01T00:00:00Z", "after the year 9999"),
        ("9999-12-31T25:00:00Z", "hour"),
        ("1969-12-31", "before 1970"),
        ("1969-12-31T23:59:59.9999999Z", "before 1970"),
        ("-000001-01-01T00:00:00Z", "before 1970"),
        ("1700000000", "did you mean @1700000000?"),
        ("20260101", "bare number"),
        ("@", "no number of seconds"),
        ("@1e9", "no number of seconds"),
        ("@-1", "before 1970"),
        ("@1700000000000", "milliseconds"),
        ("@99999999999999999999", "after the year 9999"),
        ("-10m ago", "no span of time"),
        ("10 ago", "no span of time"),
        ("99999 years ago", "no span of time"),
        ("900 years ago", "before 1970"),
        ("16:46", "is no time"),
        ("a\u{1b}[2Jb", "a\\u001b[2Jb"),
        ("Größe größe größe", "is no time"),
        ("20é5-12-03é16:46", "is no time"),
    ] {
        let refusal = read(text).expect_err(text).to_string();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}

#[test]
fn durations() {
    for (text, millis) in [
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("90s", 90_000),
        ("250ms", 250),
        ("0s", 0),
        ("2d", 172_800_000),
        ("1 week", 604_800_000),
    ] {
        assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
    for (text, reason) in [
        ("", "no duration"),
        ("5", "did you mean 5s?"),
        ("-5", "without a unit"),
        ("-5m", "negative"),
        ("5m ago", "a moment"),
        ("1 month", "no fixed length"),
        ("five minutes", "no duration"),
        ("99999999999999999999h", "no duration"),
        ("5m\u{202e}", "\\u202e"),
    ] {
        let refusal = parse_duration(text).expect_err(text).to_string();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}
