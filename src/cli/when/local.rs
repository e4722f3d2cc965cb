//! Local times: a date with or without time of day, and days by their names.

use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::cli::when::error::FORMS;
use crate::cli::when::error::WhenError;
use crate::cli::when::reading::Reading;
use crate::cli::when::zone::in_zone;
use crate::event::Timestamp;
use crate::event::escape_unsafe;

/// A date with or without time of day.
pub(super) struct Civil(pub(super) DateTime);

impl Civil {
    /// Parses `2025-12-03`, `2025-12-03 16:46` or `2025-12-03T9:00`.
    pub(super) fn read(word: &str) -> Result<Self, jiff::Error> {
        let read = word.parse::<DateTime>();
        let Err(error) = read else { return read.map(Self) };
        let (date, time) = (word.get(..10), word.get(11..));
        if let (Some(date), Some(time), Some(b' ' | b'T' | b't')) = (date, time, word.as_bytes().get(10))
            && let (Ok(date), Some(time)) = (date.parse::<Date>(), time_of_day(time))
        {
            return Ok(Self(date.to_datetime(time)));
        }
        Err(error)
    }
}

/// Parses `9:00`, `16:46` or `16:46:43.5`.
fn time_of_day(text: &str) -> Option<Time> {
    let text = text.trim();
    let hour = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=2).contains(&hour) || text.as_bytes().get(hour) != Some(&b':') {
        return None;
    }
    format!("{text:0>width$}", width = text.len() + 2 - hour).parse().ok()
}

/// A day by its name.
enum NamedDay {
    /// A number of days from today.
    FromToday(i32),
    /// The last such weekday.
    Last(Weekday),
}

impl NamedDay {
    fn named(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "today" => Self::FromToday(0),
            "yesterday" => Self::FromToday(-1),
            "tomorrow" => Self::FromToday(1),
            "monday" | "mon" => Self::Last(Weekday::Monday),
            "tuesday" | "tue" => Self::Last(Weekday::Tuesday),
            "wednesday" | "wed" => Self::Last(Weekday::Wednesday),
            "thursday" | "thu" => Self::Last(Weekday::Thursday),
            "friday" | "fri" => Self::Last(Weekday::Friday),
            "saturday" | "sat" => Self::Last(Weekday::Saturday),
            "sunday" | "sun" => Self::Last(Weekday::Sunday),
            _ => return None,
        })
    }
}

/// Parses a local time in a zone. `offset_error` is the reason why it is not a time with an offset.
///
/// # Errors
/// The text is not a local time.
pub(super) fn read_local(
    text: &str,
    word: &str,
    now: Timestamp,
    zone: &TimeZone,
    offset_error: &jiff::Error,
) -> Result<(jiff::Timestamp, Reading), WhenError> {
    let (first, rest) = word.split_once(' ').unwrap_or((word, ""));
    if let Some(day) = NamedDay::named(first) {
        let time = if rest.is_empty() { Some(Time::midnight()) } else { time_of_day(rest) };
        let time = time.ok_or_else(|| WhenError::new(text, "has no time of day like 16:46", FORMS))?;
        return on_day(text, &day, time, now, zone);
    }
    match Civil::read(word) {
        Ok(Civil(civil)) => instant(text, civil, zone),
        Err(error) => {
            // The error is that of the reading that was probably meant.
            let has_offset =
                word.len() > 10 && (word.ends_with(['Z', 'z']) || word.get(10..).is_some_and(|rest| rest.contains(['+', '-'])));
            let error = if has_offset { offset_error } else { &error };
            let looks_dated = word.get(..4).is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit()));
            let reason = if looks_dated { reason(error) } else { "is not a time".into() };
            Err(WhenError::new(text, &reason, FORMS))
        }
    }
}

fn on_day(
    text: &str,
    day: &NamedDay,
    time: Time,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(jiff::Timestamp, Reading), WhenError> {
    let failed = |error: jiff::Error| WhenError::new(text, &reason(&error), FORMS);
    let present = jiff::Timestamp::from_microsecond(now.micros()).map_err(failed)?;
    let today = present.to_zoned(zone.clone()).date();
    let back = match day {
        NamedDay::FromToday(days) => -days,
        NamedDay::Last(weekday) => i32::from(today.weekday().since(*weekday)),
    };
    let on = |back: i32| {
        let date = today.checked_sub(jiff::Span::new().days(back)).map_err(failed)?;
        instant(text, date.to_datetime(time), zone)
    };
    match (day, on(back)?) {
        (NamedDay::Last(_), (moment, _)) if moment > present => on(back + 7),
        (_, found) => Ok(found),
    }
}

/// Returns the reason of a parser, made safe.
fn reason(error: &jiff::Error) -> String {
    format!("is not a time: {}", escape_unsafe(&error.to_string()))
}

/// Returns the instant of a local time.
fn instant(text: &str, civil: jiff::civil::DateTime, zone: &TimeZone) -> Result<(jiff::Timestamp, Reading), WhenError> {
    in_zone(civil, zone).map_err(|error| WhenError::new(text, &reason(&error), FORMS))
}
