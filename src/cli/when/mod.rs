//! Times and durations as people type them. Pure: the clock and the time zone are arguments.

mod duration;
mod error;
mod local;
mod reading;
mod suggest;
#[cfg(test)]
mod tests;
mod zone;

use jiff::Span;
use jiff::tz::TimeZone;

use crate::cli::when::error::FORMS;
use crate::cli::when::error::YEARS;
use crate::cli::when::local::Civil;
use crate::cli::when::local::read_local;
use crate::cli::when::suggest::suggestions;
use crate::cli::when::zone::split_zone;
use crate::event::TimeError;
use crate::event::Timestamp;

pub use duration::DURATION_FORM;
pub use duration::parse_duration;
pub use error::WhenError;
pub use reading::Reading;

/// A time that an operator typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The instant.
    pub at: Timestamp,
    /// True if `now` was typed.
    pub is_now: bool,
    /// The reading that led to the instant.
    pub reading: Reading,
}

impl When {
    fn exact(at: Timestamp) -> Self {
        Self { at, is_now: false, reading: Reading::Exact }
    }

    /// Returns a note for stderr if the instant rests on an assumption.
    pub fn note(&self) -> Option<String> {
        let assumed = match self.reading {
            Reading::Exact => return None,
            Reading::Local => "taken as local time",
            Reading::Skipped => "a clock change skips this local time; taken as",
            Reading::Twice => "this local time occurs twice; taken as the first one",
        };
        Some(format!("{assumed}: {}", self.at))
    }
}

/// Parses a time: RFC 3339, a local date with or without time of day, `yesterday 16:46`, `monday 9:00`, `now`, `10m ago`,
/// `@UNIXSECONDS`. A time zone in brackets at the end applies.
///
/// A local time that a clock change skips is moved on by the gap. Of a local time that occurs twice, the first is used. A weekday
/// is the last one that is not in the future.
///
/// # Errors
/// The text is not a time, is before 1970 or after 9999, names an unknown time zone, or contradicts its offset.
pub fn parse_time(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, WhenError> {
    read(text, now, zone).map_err(|error| match suggestions(text.trim(), |text| read(text, now, zone).is_ok()) {
        found if found.is_empty() => error,
        found => error.suggest(found),
    })
}

fn read(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, WhenError> {
    let word = text.trim();
    if word.is_empty() {
        return Err(WhenError::new(text, "is not a time", FORMS));
    }
    if word.eq_ignore_ascii_case("now") {
        return Ok(When { is_now: true, ..When::exact(now) });
    }
    if let Some(seconds) = word.strip_prefix('@') {
        return unix(text, seconds);
    }
    if word.to_ascii_lowercase().ends_with(" ago") {
        return ago(text, &word.to_lowercase(), now, zone);
    }
    if let Some(span) = word.strip_prefix('-').filter(|span| is_span(span)) {
        return ago(text, &format!("{} ago", span.to_lowercase()), now, zone);
    }
    if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') && word.parse::<f64>().is_ok() {
        return Err(WhenError::new(text, "is a bare number, not a time", FORMS));
    }
    if let Some(reason) = out_of_years(word) {
        return Err(WhenError::new(text, reason, YEARS));
    }
    let (word, named) = split_zone(text, word)?;
    match word.parse::<jiff::Timestamp>() {
        Ok(moment) => {
            if let Some(named) = named {
                named.must_agree(text, word, moment)?;
            }
            in_range(text, moment, Reading::Exact)
        }
        // Some time zones lack the last day of the calendar, so the end of time is meant.
        Err(_) if word.starts_with("9999-12-3") && Civil::read(word.trim_end_matches(['Z', 'z'])).is_ok() => {
            Ok(When::exact(Timestamp::MAX))
        }
        Err(error) => {
            let zone = named.as_ref().map_or(zone, |named| &named.zone);
            let (moment, reading) = read_local(text, word, now, zone, &error)?;
            let reading = if named.is_some() && reading == Reading::Local { Reading::Exact } else { reading };
            in_range(text, moment, reading)
        }
    }
}

/// Returns true for a text that begins as a duration does: `5m`, `1h30m`, but not a date.
fn is_span(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[digits..].trim_start().starts_with(|c: char| c.is_ascii_alphabetic())
}

fn in_range(text: &str, moment: jiff::Timestamp, reading: Reading) -> Result<When, WhenError> {
    let outside = |_: TimeError| {
        let side = if moment < jiff::Timestamp::UNIX_EPOCH { "is before 1970" } else { "is after the year 9999" };
        WhenError::new(text, side, YEARS)
    };
    // Rounded down, so that a time between two microseconds does not pass 1970.
    let micros = moment.as_nanosecond().div_euclid(1000);
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    Ok(When { at: Timestamp::from_micros(micros).map_err(outside)?, is_now: false, reading })
}

/// Returns the reason if a year is out of range. The parsers would only call it malformed.
fn out_of_years(word: &str) -> Option<&'static str> {
    let digits = word.trim_start_matches('+').find(|c: char| !c.is_ascii_digit())?;
    if word.starts_with('-') {
        return Some("is before 1970");
    }
    let rest = word.trim_start_matches('+').get(digits..)?;
    (digits > 4 && rest.starts_with('-')).then_some("is after the year 9999")
}

fn unix(text: &str, seconds: &str) -> Result<When, WhenError> {
    let (negative, digits) = seconds.strip_prefix('-').map_or((false, seconds), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || digits.ends_with('.') {
        return Err(WhenError::new(text, "is not a number of seconds since 1970", "write it like @1764780403 or @1764780403.5"));
    }
    if negative {
        return Err(WhenError::new(text, "is before 1970", YEARS));
    }
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros = format!("{whole}{fraction}").parse::<i64>().ok().and_then(|micros| Timestamp::from_micros(micros).ok());
    micros
        .map(When::exact)
        .ok_or_else(|| WhenError::new(text, "is after the year 9999: @ takes seconds, not milliseconds", YEARS))
}

fn ago(text: &str, word: &str, now: Timestamp, zone: &TimeZone) -> Result<When, WhenError> {
    let form = "write it like '10m ago', '1h30m ago' or '2 weeks ago'";
    let refuse = |reason: &str| WhenError::new(text, reason, form);
    let span: Span = word.parse().map_err(|_| refuse("is not a duration"))?;
    if span.is_positive() {
        return Err(refuse("goes both back and forth"));
    }
    let start = jiff::Timestamp::from_microsecond(now.micros()).map_err(|_| refuse("cannot be counted from now"))?;
    // Days, weeks and months are subtracted by the calendar of the zone.
    match start.to_zoned(zone.clone()).checked_add(span) {
        Ok(moment) => in_range(text, moment.timestamp(), Reading::Exact),
        Err(_) => Err(refuse("is before 1970")),
    }
}
