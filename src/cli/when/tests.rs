//! Tests of times and durations: the reading of each text, and the reason of each refusal.

use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_oneof;
use proptest::proptest;

use super::Reading::Exact;
use super::Reading::Local;
use super::Reading::Skipped;
use super::Reading::Twice;
use super::When;
use super::WhenError;
use super::parse_duration;
use super::parse_time;
use crate::event::Timestamp;

/// A Wednesday.
const NOW: &str = "2025-12-03T16:46:43.5Z";

fn read(text: &str) -> Result<When, WhenError> {
    // The rule of Berlin, so that no time zone database is needed.
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    parse_time(text, NOW.parse().unwrap(), &zone)
}

#[test]
fn moments_that_are_taken() {
    for (text, at, reading) in [
        ("now", NOW, Exact),
        (" NOW ", NOW, Exact),
        ("2025-12-03T16:46:43.437Z", "2025-12-03T16:46:43.437Z", Exact),
        ("2025-12-03T16:46:43+01:00", "2025-12-03T15:46:43Z", Exact),
        ("2025-12-03 16:46Z", "2025-12-03T16:46:00Z", Exact),
        ("2025-12-03 16:46", "2025-12-03T15:46:00Z", Local),
        ("2025-12-03 9:05", "2025-12-03T08:05:00Z", Local),
        ("2025-12-03T16:46", "2025-12-03T15:46:00Z", Local),
        ("2025-12-03T16:46:43.25", "2025-12-03T15:46:43.25Z", Local),
        ("2025-07-03", "2025-07-02T22:00:00Z", Local),
        ("2025-12-03", "2025-12-02T23:00:00Z", Local),
        ("2025-03-30 02:30", "2025-03-30T01:30:00Z", Skipped),
        ("2025-10-26 02:30", "2025-10-26T00:30:00Z", Twice),
        ("10m ago", "2025-12-03T16:36:43.5Z", Exact),
        ("-10m", "2025-12-03T16:36:43.5Z", Exact),
        ("-1h30m", "2025-12-03T15:16:43.5Z", Exact),
        ("-2 weeks", "2025-11-19T16:46:43.5Z", Exact),
        ("1h30m ago", "2025-12-03T15:16:43.5Z", Exact),
        ("2 weeks ago", "2025-11-19T16:46:43.5Z", Exact),
        ("1 month Ago", "2025-11-03T16:46:43.5Z", Exact),
        ("@1700000000", "2023-11-14T22:13:20Z", Exact),
        ("@1700000000.25", "2023-11-14T22:13:20.25Z", Exact),
        ("9999-12-31T23:59:59Z", "9999-12-30T21:59:59.999999Z", Exact),
        ("9999-12-31", "9999-12-30T21:59:59.999999Z", Exact),
        ("@0", "1970-01-01T00:00:00Z", Exact),
        ("yesterday 16:46", "2025-12-02T15:46:00Z", Local),
        ("Yesterday", "2025-12-01T23:00:00Z", Local),
        ("today 9:00", "2025-12-03T08:00:00Z", Local),
        ("tomorrow 09:00:01.5", "2025-12-04T08:00:01.5Z", Local),
        ("monday 9:00", "2025-12-01T08:00:00Z", Local),
        ("wed 9:00", "2025-12-03T08:00:00Z", Local),
        ("wednesday 23:00", "2025-11-26T22:00:00Z", Local),
        ("thu", "2025-11-26T23:00:00Z", Local),
    ] {
        let at: Timestamp = at.parse().unwrap();
        let is_now = text.trim().eq_ignore_ascii_case("now");
        assert_eq!(read(text), Ok(When { at, is_now, reading }), "{text}");
    }
}

#[test]
fn a_zone_in_brackets_counts() {
    for (text, at, reading) in [
        ("2025-12-03T16:46[Europe/Berlin]", "2025-12-03T15:46:00Z", Exact),
        ("2025-12-03 16:46 [America/New_York]", "2025-12-03T21:46:00Z", Exact),
        ("2025-12-03T16:46+01:00[Europe/Berlin]", "2025-12-03T15:46:00Z", Exact),
        ("2025-12-03T16:46Z[Europe/Berlin]", "2025-12-03T16:46:00Z", Exact),
        ("2025-12-03T16:46[UTC]", "2025-12-03T16:46:00Z", Exact),
        ("2025-12-03T16:46[+05:30]", "2025-12-03T11:16:00Z", Exact),
        ("2025-12-03[Asia/Tokyo]", "2025-12-02T15:00:00Z", Exact),
        ("yesterday 9:00[Asia/Tokyo]", "2025-12-03T00:00:00Z", Exact),
        ("2025-03-30T02:30[Europe/Berlin]", "2025-03-30T01:30:00Z", Skipped),
        ("2025-10-26T02:30[Europe/Berlin]", "2025-10-26T00:30:00Z", Twice),
        ("2025-10-26T02:30+01:00[Europe/Berlin]", "2025-10-26T01:30:00Z", Exact),
    ] {
        assert_eq!(read(text), Ok(When { at: at.parse().unwrap(), is_now: false, reading }), "{text}");
    }
    for (text, reason) in [
        ("2025-12-03T16:46[Europe/Berln]", "did you mean '2025-12-03T16:46[Europe/Berlin]'?"),
        ("2025-12-03T16:46[Mars/Phobos]", "unknown time zone: Mars/Phobos"),
        ("2025-12-03T16:46[]", "unknown"),
        ("2025-12-03T16:46+05:00[Europe/Berlin]", "has the offset +01 then, not +05:00"),
        ("2025-07-03T16:46+01:00[Europe/Berlin]", "contradicts itself"),
        ("2025-12-03T16:46[Europe/Berlin][Europe/Paris]", "unknown"),
        ("10m ago[Europe/Berlin]", "is not a time"),
    ] {
        let refusal = read(text).expect_err(text).to_string();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}

#[test]
fn what_was_assumed_is_noted() {
    let note = |text: &str| read(text).unwrap().note();
    assert_eq!(note("2025-12-03 16:46Z"), None);
    assert_eq!(note("2025-12-03 16:46").unwrap(), "taken as local time: 2025-12-03T15:46:00.000000Z");
    assert!(note("2025-03-30 02:30").unwrap().contains("skips"));
    assert!(note("2025-10-26 02:30").unwrap().contains("twice"));
}

#[test]
fn moments_that_are_refused_say_why() {
    for (text, reason) in [
        ("", "is not a time"),
        ("soon", "is not a time"),
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
        ("1764780403437", "did you mean @1764780403.437?"),
        ("1764780403437000", "did you mean @1764780403.437?"),
        ("20260101", "did you mean 2026-01-01"),
        ("2026", "did you mean 2026-01-01"),
        ("@", "not a number of seconds"),
        ("@1e9", "not a number of seconds"),
        ("@-1", "before 1970"),
        ("@1700000000000", "did you mean @1700000000?"),
        ("@99999999999999999999", "after the year 9999"),
        ("-10x", "is not a duration"),
        ("-10m ago", "is not a duration"),
        ("10 ago", "is not a duration"),
        ("10m", "did you mean '10m ago'?"),
        ("99999 years ago", "is not a duration"),
        ("900 years ago", "before 1970"),
        ("16:46", "did you mean 'today 16:46' or 'yesterday 16:46'?"),
        ("yesterday 25:00", "no time of day"),
        ("29.11.2026", "did you mean 2026-11-29?"),
        ("29.11.2026 16:46", "did you mean '2026-11-29 16:46'?"),
        ("11/29/2026", "did you mean 2026-11-29?"),
        ("03/04/2026", "did you mean 2026-04-03 or 2026-03-04?"),
        ("2026/11/29", "did you mean 2026-11-29?"),
        ("2026-1-5", "did you mean 2026-01-05"),
        ("2026-11-29 16:46 UTC", "did you mean '2026-11-29 16:46Z'?"),
        ("Sun, 29 Nov 2026 16:46:43 GMT", "did you mean 2026-11-29T16:46:43Z?"),
        ("a\u{1b}[2Jb", "a\\u001b[2Jb"),
        ("Größe größe größe", "is not a time"),
        ("20é5-12-03é16:46", "is not a time"),
    ] {
        let refusal = read(text).expect_err(text).to_string();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,24}",
        "@?[0-9]{1,21}(\\.[0-9]{0,9})?",
        "[0-9]{1,4}[./ :T-][0-9]{1,2}[./ :T-][0-9]{1,4}([ T][0-9]{1,2}:[0-9]{2}( ?(UTC|Z|[+-][0-9:]{2,5})))?",
        "[+-]?[0-9]{1,5} ?(m|h|s|days|weeks|years|x|ms)( ago)?",
        "(yesterday|monday|today|Fri)?( at)? ?[0-9]{1,2}:[0-9]{2}(\\[[A-Za-z/+:0-9]{0,12}\\])?",
        (any::<i64>(), any::<bool>()).prop_map(|(number, at)| if at { format!("@{number}") } else { number.to_string() }),
    ]
}

proptest! {
    #[test]
    fn a_suggestion_is_never_refused(text in any_text()) {
        if let Err(refusal) = read(&text) {
            for suggestion in refusal.suggestions() {
                prop_assert!(read(suggestion).is_ok(), "{text}: {suggestion}");
            }
        }
        if let Err(refusal) = parse_duration(&text) {
            for suggestion in refusal.suggestions() {
                prop_assert!(parse_duration(suggestion).is_ok(), "{text}: {suggestion}");
            }
        }
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
        ("", "not a duration"),
        ("5", "did you mean 5s?"),
        ("-5", "without a unit"),
        ("inf", "not a duration"),
        ("-5m", "negative"),
        ("5m ago", "is a time"),
        ("1 month", "no fixed length"),
        ("five minutes", "not a duration"),
        ("99999999999999999999h", "not a duration"),
        ("5m\u{202e}", "\\u202e"),
    ] {
        let refusal = parse_duration(text).expect_err(text).to_string();
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}
