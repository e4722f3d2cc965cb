//! Moments in UTC with microsecond precision.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error as _;
use thiserror::Error;

/// Microseconds since 1970-01-01T00:00:00Z, shown as RFC 3339 with six decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
pub struct Timestamp(i64);

/// The reason why a time was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct TimeError(String);

/// 9999-12-30T21:59:59.999999Z, the last moment that can be shown in every time zone.
const LAST_MICROS: i64 = 253_402_207_199_999_999;
const MINUTE_MICROS: u64 = 60_000_000;

impl Timestamp {
    /// 1970-01-01T00:00:00Z, earlier than any recorded time.
    pub const MIN: Self = Self(0);
    /// Almost the end of the year 9999, later than any recorded time.
    pub const MAX: Self = Self(LAST_MICROS);
    /// 9999-01-01. Recorded times are earlier: the rest of the year has room for 30 million million events, a microsecond apart.
    pub const END_OF_RECORDED: Self = Self(253_370_764_800_000_000);
    /// No moment: the store of another program has no time for the event. Its JSON is null. No store of esctl has it.
    pub const NONE: Self = Self(-1);

    /// Returns the moment `micros` microseconds after 1970.
    ///
    /// # Errors
    /// The moment is before 1970 or after the year 9999.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if (0..=LAST_MICROS).contains(&micros) {
            return Ok(Self(micros));
        }
        let side = if micros < 0 { "before 1970" } else { "after the year 9999" };
        Err(TimeError(format!("{micros} µs since 1970 is {side}")))
    }

    /// Returns the same as [`Timestamp::from_micros`], for constants: a value out of range does not compile.
    pub(crate) const fn from_micros_const(micros: i64) -> Self {
        assert!(micros >= 0 && micros <= LAST_MICROS);
        Self(micros)
    }

    /// Returns the same as [`Timestamp::from_micros`]; a value out of range becomes the nearest moment within it.
    pub fn from_micros_saturating(micros: i64) -> Self {
        Self(micros.clamp(0, LAST_MICROS))
    }

    /// Returns true unless this is [`Timestamp::NONE`].
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// Returns the microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Returns the moment after a duration, or the last moment where that is too far.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(LAST_MICROS))
    }

    /// Returns the present by a clock that says `self`. The time of the last event counts instead where it is at most a
    /// minute later.
    ///
    /// A clock that is slightly behind is never before the last event. An event recorded far in the future by a wrong clock
    /// does not count.
    #[must_use]
    pub fn present(self, last_event: Self) -> Self {
        if last_event.micros_since(self) <= MINUTE_MICROS { self.max(last_event) } else { self }
    }

    /// Returns the microseconds since an earlier moment; 0 where that moment is not earlier.
    pub fn micros_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_some() {
            return f.write_str("-");
        }
        // jiff can show every moment within the range of from_micros.
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment:.6}"),
            Err(_) => write!(f, "@{}us", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    /// Reads RFC 3339 with an offset. The command line reads other forms.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        // The parser would ignore a zone, even one that contradicts the offset.
        if text.contains('[') {
            return Err(TimeError("a time zone in brackets is not supported here; write an offset".into()));
        }
        let moment: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| TimeError(error.to_string()))?;
        Self::from_micros(moment.as_microsecond())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_some() { serializer.collect_str(self) } else { serializer.serialize_none() }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn text_has_six_decimals_and_reads_back() {
        let moment: Timestamp = "2025-12-03T16:46:43.437Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2025-12-03T16:46:43.437000Z");
        assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T21:59:59.999999Z");
    }

    #[test]
    fn the_last_event_counts_within_a_minute_of_the_clock() {
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        let clock = at(100_000_000);
        for (last, present) in
            [(0, 100_000_000), (100_000_001, 100_000_001), (160_000_000, 160_000_000), (160_000_001, 100_000_000)]
        {
            assert_eq!(clock.present(at(last)), at(present), "{last}");
        }
        assert_eq!(clock.present(Timestamp::MAX), clock);
    }

    #[test]
    fn what_rfc_3339_cannot_say_is_refused() {
        for bad in [
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:30:00Z",
            "2026-01-01",
            "",
            "2026-01-01T00:00:00+05:00[Europe/Berlin]",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
        assert!(Timestamp::from_micros(-1).is_err());
        assert!(Timestamp::from_micros(i64::MAX).is_err());
    }
}
