//! Moments and spans of time as people type them. Pure: the clock and the time zone are arguments.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Span;
use jiff::SpanRelativeTo;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::cli::error::CliError;
use crate::event::TimeError;
use crate::event::Timestamp;
use crate::event::escape_unsafe;

/// The forms that a refusal offers.
const FORMS: &str =
    "write it like 2025-12-03T16:46:43Z, '2025-12-03 16:46' (local time), 2025-12-03, now, '10m ago' or @1764780403";

/// A moment that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The instant it was taken for.
    pub at: Timestamp,
    /// Whether that rests on the local time zone, so that the instant should be said.
    pub assumed_local: bool,
}

impl When {
    /// What to say on stderr about it, where something was assumed.
    pub fn note(&self) -> Option<String> {
        self.assumed_local.then(|| format!("taken as local time: {}", self.at))
    }
}

/// Why a time or a duration was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}; {hint}")]
pub struct WhenError {
    message: String,
    hint: String,
}

impl WhenError {
    pub(crate) fn new(text: &str, reason: &str, hint: impl Into<String>) -> Self {
        Self { message: format!("'{}' {reason}", escape_unsafe(text)), hint: hint.into() }
    }
}

impl From<WhenError> for CliError {
    fn from(error: WhenError) -> Self {
        CliError::usage(error.message).code("bad_time").hint(error.hint)
    }
}

/// For clap: a moment, with the clock and the zone of this machine.
///
/// # Errors
/// As [`parse_time`].
pub fn time_arg(text: &str) -> Result<When, WhenError> {
    let now = Timestamp::from_micros_saturating(jiff::Timestamp::now().as_microsecond());
    parse_time(text, now, &TimeZone::system())
}

/// Reads a moment: RFC 3339, a local date with or without time of day, `now`, `10m ago`, `@UNIXSECONDS`.
///
/// A local time that a clock change skips is moved on by the gap; one that happens twice is the first.
///
/// # Errors
/// What is none of these, what is on no calendar, and what lies before 1970 or after the year 9999.
pub fn parse_time(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, WhenError> {
    let word = text.trim();
    if word.is_empty() {
        return Err(WhenError::new(text, "is no time", FORMS));
    }
    if word.eq_ignore_ascii_case("now") {
        return Ok(When { at: now, assumed_local: false });
    }
    if let Some(seconds) = word.strip_prefix('@') {
        return unix(text, seconds);
    }
    if word.ends_with(" ago") || word.ends_with(" AGO") {
        return ago(text, word, now, zone);
    }
    if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let hint = if word.parse::<f64>().is_ok() { format!("did you mean @{word}?") } else { FORMS.into() };
        return Err(WhenError::new(text, "is a bare number, not a time", hint));
    }
    if let Some(reason) = out_of_years(word) {
        return Err(WhenError::new(text, reason, "the years 1970 to 9999 can be told apart"));
    }
    match word.parse::<jiff::Timestamp>() {
        Ok(moment) => in_range(text, moment, false),
        // The last day or so that the calendar has, but not every time zone: the end of time is meant.
        Err(_) if word.starts_with("9999-12-3") && word.trim_end_matches(['Z', 'z']).parse::<DateTime>().is_ok() => {
            Ok(When { at: Timestamp::MAX, assumed_local: false })
        }
        Err(error) => local(text, word, zone, &error),
    }
}

fn in_range(text: &str, moment: jiff::Timestamp, assumed_local: bool) -> Result<When, WhenError> {
    let outside = |_: TimeError| {
        let side =
            if moment < jiff::Timestamp::UNIX_EPOCH { "is before 1970, when time begins here" } else { "is after the year 9999" };
        WhenError::new(text, side, "the years 1970 to 9999 can be told apart")
    };
    // Rounded down, so that a moment between two microseconds does not slip past 1970.
    let micros = moment.as_nanosecond().div_euclid(1000);
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    Ok(When { at: Timestamp::from_micros(micros).map_err(outside)?, assumed_local })
}

fn local(text: &str, word: &str, zone: &TimeZone, offset_error: &jiff::Error) -> Result<When, WhenError> {
    let civil = match word.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(error) => {
            // Which of the two readings failed for a reason worth telling: the one that was meant.
            let has_offset = word.len() > 10
                && (word.ends_with(['Z', 'z', ']']) || word.get(10..).is_some_and(|rest| rest.contains(['+', '-'])));
            let reason = if has_offset { offset_error.to_string() } else { error.to_string() };
            let looks_dated = word.get(..4).is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit()));
            let reason = if looks_dated { format!("is no time: {reason}") } else { "is no time".into() };
            return Err(WhenError::new(text, &escape_unsafe(&reason), FORMS));
        }
    };
    let zoned = civil.to_zoned(zone.clone());
    let zoned = zoned.map_err(|error| WhenError::new(text, &format!("is no time: {error}"), FORMS))?;
    in_range(text, zoned.timestamp(), true)
}

/// Years that the parsers below would only call malformed.
fn out_of_years(word: &str) -> Option<&'static str> {
    let digits = word.trim_start_matches('+').find(|c: char| !c.is_ascii_digit())?;
    if word.starts_with('-') {
        return Some("is before 1970, when time begins here");
    }
    let rest = word.trim_start_matches('+').get(digits..)?;
    (digits > 4 && rest.starts_with('-')).then_some("is after the year 9999")
}

fn unix(text: &str, seconds: &str) -> Result<When, WhenError> {
    let (negative, digits) = seconds.strip_prefix('-').map_or((false, seconds), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || digits.ends_with('.') {
        return Err(WhenError::new(text, "is no number of seconds since 1970", "write it like @1764780403 or @1764780403.5"));
    }
    if negative {
        return Err(WhenError::new(text, "is before 1970, when time begins here", "the years 1970 to 9999 can be told apart"));
    }
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros = format!("{whole}{fraction}").parse::<i64>().ok().and_then(|micros| Timestamp::from_micros(micros).ok());
    match micros {
        Some(at) => Ok(When { at, assumed_local: false }),
        None => Err(WhenError::new(text, "is after the year 9999", "are these milliseconds? @ takes seconds")),
    }
}

fn ago(text: &str, word: &str, now: Timestamp, zone: &TimeZone) -> Result<When, WhenError> {
    let form = "write it like '10m ago', '1h30m ago' or '2 weeks ago'";
    let refuse = |reason: &str| WhenError::new(text, reason, form);
    let span: Span = word.to_lowercase().parse().map_err(|_| refuse("is no span of time"))?;
    if span.is_positive() {
        return Err(refuse("goes both back and forth"));
    }
    let start = jiff::Timestamp::from_microsecond(now.micros()).map_err(|_| refuse("cannot be counted from now"))?;
    // Back over days, weeks and months by the calendar of the zone, as a person would.
    match start.to_zoned(zone.clone()).checked_add(span) {
        Ok(moment) => in_range(text, moment.timestamp(), false),
        Err(_) => Err(refuse("is before 1970, when time begins here")),
    }
}

/// Reads a duration: `5m`, `1h30m`, `90s`, `250ms`, `2 days`; a day has 24 hours.
///
/// # Errors
/// A bare number, a negative or empty one, months and years (which have no fixed length), and
/// anything else that is no duration.
pub fn parse_duration(text: &str) -> Result<Duration, WhenError> {
    let form = "write it like 90s, 5m, 1h30m or 250ms";
    let word = text.trim();
    if word.is_empty() {
        return Err(WhenError::new(text, "is no duration", form));
    }
    if word.parse::<f64>().is_ok() {
        let hint = if word.starts_with('-') { form.to_owned() } else { format!("did you mean {word}s?") };
        return Err(WhenError::new(text, "is a duration without a unit", hint));
    }
    if word.ends_with("ago") {
        return Err(WhenError::new(text, "is a moment, a duration is wanted", form));
    }
    let span: Span = word.parse().map_err(|_| WhenError::new(text, "is no duration", form))?;
    if span.is_negative() {
        return Err(WhenError::new(text, "is negative", form));
    }
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(WhenError::new(text, "has no fixed length", "count in weeks, days or hours"));
    }
    let whole: Result<SignedDuration, _> = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let whole = whole.ok().and_then(|whole| Duration::try_from(whole).ok());
    whole.ok_or_else(|| WhenError::new(text, "is too long", form))
}

#[cfg(test)]
#[path = "when_tests.rs"]
mod tests;
