//! Times as the server hands them out: whole microseconds since 2000.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::store::foreign::ForeignValue;

const YEAR_2000: i64 = 946_684_800_000_000;
const YEAR_10000: i64 = 253_402_300_800_000_000;
/// 400 years, after which the calendar repeats.
const CYCLE: i64 = 146_097 * 86_400_000_000;

/// Returns a time. One after the year 9999 is a text, with its zone; an infinite one has no value.
pub(super) fn time_of(micros: i64, zone: &str) -> ForeignValue {
    match micros {
        i64::MIN | i64::MAX => ForeignValue::Null,
        late if late >= YEAR_10000 - YEAR_2000 => ForeignValue::Text(late_time(late, zone).into()),
        micros => ForeignValue::Micros(micros + YEAR_2000),
    }
}

fn late_time(micros: i64, zone: &str) -> String {
    let cycles = (micros - (YEAR_10000 - YEAR_2000)) / CYCLE + 1;
    let Ok(earlier) = Timestamp::from_microsecond(micros - cycles * CYCLE + YEAR_2000) else {
        return format!("{micros} microseconds");
    };
    let time = earlier.to_zoned(TimeZone::UTC).datetime();
    let year = i64::from(time.year()) + 400 * cycles;
    format!("{year}-{}{zone}", time.strftime("%m-%d %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::YEAR_2000;
    use super::YEAR_10000;
    use super::time_of;
    use crate::store::foreign::ForeignValue;

    #[test]
    fn times_are_those_of_the_server() {
        for (micros, expected) in [
            (0, ForeignValue::Micros(YEAR_2000)),
            (-YEAR_2000 - 1, ForeignValue::Micros(-1)),
            (YEAR_10000 - YEAR_2000 - 1, ForeignValue::Micros(YEAR_10000 - 1)),
            (YEAR_10000 - YEAR_2000, ForeignValue::Text("10000-01-01 00:00:00+00".into())),
            // SELECT timestamptz '294276-12-31 23:59:59+00'
            (9_223_371_331_199_000_000, ForeignValue::Text("294276-12-31 23:59:59+00".into())),
            (i64::MAX, ForeignValue::Null),
            (i64::MIN, ForeignValue::Null),
        ] {
            assert_eq!(time_of(micros, "+00"), expected, "{micros}");
        }
    }
}
