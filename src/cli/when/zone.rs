//! Time zones: a zone in brackets at the end of a time, and local times in a zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::AmbiguousOffset;
use jiff::tz::TimeZone;

use crate::cli::when::error::WhenError;
use crate::cli::when::reading::Reading;
use crate::event::escape_unsafe;

/// A zone that was named in brackets.
pub(super) struct NamedZone {
    pub(super) zone: TimeZone,
    name: String,
}

/// Splits a time into the part before the brackets, and the zone in them.
///
/// # Errors
/// The brackets do not name an existing time zone.
pub(super) fn split_zone<'t>(text: &str, word: &'t str) -> Result<(&'t str, Option<NamedZone>), WhenError> {
    let Some((time, name)) = word.strip_suffix(']').and_then(|word| word.split_once('[')) else { return Ok((word, None)) };
    let name = name.strip_prefix('!').unwrap_or(name);
    // A POSIX rule is not a name.
    let found = if name.contains(',') { None } else { DateTimeParser::new().parse_time_zone(name).ok() };
    match found {
        Some(zone) => Ok((time.trim_end(), Some(NamedZone { zone, name: name.to_owned() }))),
        None => {
            let reason = format!("names an unknown time zone: {}", escape_unsafe(name));
            Err(WhenError::new(text, &reason, "write a zone like Europe/Berlin, or an offset like +01:00 without brackets"))
        }
    }
}

impl NamedZone {
    /// Checks that the offset of a time is that of the zone at that time. `Z` leaves the offset open.
    ///
    /// # Errors
    /// The offset contradicts the zone.
    pub(super) fn must_agree(&self, text: &str, time: &str, moment: Timestamp) -> Result<(), WhenError> {
        let in_zone = self.zone.to_offset(moment);
        let sign = time.rfind(['+', '-', 'Z', 'z']).map_or("", |at| &time[at..]);
        if sign.starts_with(['Z', 'z']) || offset_seconds(sign).is_none_or(|seconds| seconds == in_zone.seconds()) {
            return Ok(());
        }
        let reason = format!("contradicts itself: {} has the offset {in_zone} then, not {sign}", self.name);
        Err(WhenError::new(text, &reason, "write the offset or the zone"))
    }
}

/// Returns the seconds of an offset like `+01:00`, `+0100` or `+01`.
fn offset_seconds(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+')?),
    };
    let digits: Vec<i32> = digits.chars().filter_map(|c| c.to_digit(10)?.try_into().ok()).collect();
    let two = |at: usize| Some(digits.get(at)? * 10 + digits.get(at + 1)?);
    let seconds = two(0)? * 3600 + two(2).unwrap_or(0) * 60 + two(4).unwrap_or(0);
    Some(if negative { -seconds } else { seconds })
}

/// Returns the instant of a local time in a zone.
///
/// # Errors
/// The instant is out of range.
pub(super) fn in_zone(civil: DateTime, zone: &TimeZone) -> Result<(Timestamp, Reading), jiff::Error> {
    let found = zone.to_ambiguous_timestamp(civil);
    let reading = match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => Reading::Local,
        AmbiguousOffset::Gap { .. } => Reading::Skipped,
        AmbiguousOffset::Fold { .. } => Reading::Twice,
    };
    Ok((found.compatible()?, reading))
}
