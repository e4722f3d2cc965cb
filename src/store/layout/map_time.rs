//! The times of rows, in the forms of layouts.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::event::Timestamp;
use crate::store::foreign::ForeignValue;
use crate::store::layout::map_value::data_of;
use crate::store::layout::map_value::text_of;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::Time;
use crate::store::layout::model::TimeForm;

/// Returns the time of a value; `None` if there is no value, or if it is before 1970.
///
/// # Errors
/// The reason why the value is not a time of this form.
pub(super) fn time_of(value: &ForeignValue, form: TimeForm, path: &[String]) -> Result<Option<Timestamp>, String> {
    if *value == ForeignValue::Null {
        return Ok(None);
    }
    if path.is_empty() {
        return simple(value, form);
    }
    let json = data_of(value, DataForm::Json)?;
    let json: Value = serde_json::from_str(json.get()).map_err(|error| format!("is not JSON: {error}"))?;
    match path.iter().try_fold(&json, |json, key| json.get(key)) {
        None => Err(format!("has no {}", path.join("."))),
        Some(Value::Number(number)) => simple(&ForeignValue::number(&number.to_string()), form),
        Some(Value::String(text)) => simple(&ForeignValue::Text(text.as_str().into()), form),
        Some(other) => Err(format!("has no time at {}: {other}", path.join("."))),
    }
}

impl Time {
    /// Returns the time of a value; `None` if there is no value.
    ///
    /// # Errors
    /// The reason why the value is not a time of this form.
    pub(crate) fn read(&self, value: &ForeignValue) -> Result<Option<Timestamp>, String> {
        time_of(value, self.form, &self.path)
    }
}

fn simple(value: &ForeignValue, form: TimeForm) -> Result<Option<Timestamp>, String> {
    if let (TimeForm::EpochS | TimeForm::EpochMs | TimeForm::EpochUs, ForeignValue::Text(digits)) = (form, value) {
        return match ForeignValue::number(digits) {
            ForeignValue::Integer(number) => simple(&ForeignValue::Integer(number), form),
            number => simple(&number, form),
        };
    }
    let text = || text_of(value).unwrap_or_default();
    let no_time = || format!("is no time of this form: {}", text());
    let micros = match (form, value) {
        (TimeForm::Timestamptz | TimeForm::Utc | TimeForm::Date, ForeignValue::Micros(micros)) => *micros,
        (TimeForm::EpochS, ForeignValue::Integer(number)) => number.checked_mul(1_000_000).ok_or_else(no_time)?,
        (TimeForm::EpochMs, ForeignValue::Integer(number)) => number.checked_mul(1_000).ok_or_else(no_time)?,
        (TimeForm::EpochUs, ForeignValue::Integer(number)) => *number,
        (TimeForm::EpochS, ForeignValue::Number(number)) => fraction(number, 1e6).ok_or_else(no_time)?,
        (TimeForm::EpochMs, ForeignValue::Number(number)) => fraction(number, 1e3).ok_or_else(no_time)?,
        (TimeForm::Rfc3339 | TimeForm::Timestamptz | TimeForm::Date, _) => {
            text().parse::<jiff::Timestamp>().map_err(|_| no_time())?.as_microsecond()
        }
        (TimeForm::Utc, _) => {
            let text = text();
            // A text may have an offset all the same, which the type without a zone would ignore.
            match text.parse::<jiff::Timestamp>() {
                Ok(time) => time.as_microsecond(),
                Err(_) => {
                    let local: DateTime = text.parse().map_err(|_| no_time())?;
                    local.to_zoned(TimeZone::UTC).map_err(|_| no_time())?.timestamp().as_microsecond()
                }
            }
        }
        (TimeForm::Objectid, _) => {
            let text = text();
            let seconds = text.get(..8).and_then(|hex| i64::from_str_radix(hex, 16).ok()).filter(|_| text.len() == 24);
            seconds.ok_or_else(no_time)? * 1_000_000
        }
        _ => return Err(no_time()),
    };
    if micros < 0 {
        return Ok(None);
    }
    Timestamp::from_micros(micros).map(Some).map_err(|error| format!("is out of range: {error}"))
}

fn fraction(number: &str, micros: f64) -> Option<i64> {
    let number: f64 = number.parse().ok()?;
    let micros = (number * micros).round();
    // Within this range a float keeps whole numbers.
    (micros.abs() < 9e15).then_some(micros as i64)
}

#[cfg(test)]
mod tests {
    use super::time_of;
    use crate::store::foreign::ForeignValue;
    use crate::store::layout::model::TimeForm;

    #[test]
    fn each_form_is_read() {
        let text = |text: &str| ForeignValue::Text(text.into());
        let expected = "2026-11-01T10:00:00.000000Z";
        let micros = 1_793_527_200_000_000;
        for (value, form, path) in [
            (ForeignValue::Micros(micros), TimeForm::Timestamptz, ""),
            (ForeignValue::Micros(micros), TimeForm::Date, ""),
            (text("2026-11-01 10:00:00"), TimeForm::Utc, ""),
            (text("2026-11-01T10:00:00.000"), TimeForm::Utc, ""),
            (text("2026-11-01T10:00:00Z"), TimeForm::Utc, ""),
            (text("2026-11-01T12:00:00+02:00"), TimeForm::Utc, ""),
            (text("1793527200000"), TimeForm::EpochMs, ""),
            (text("1793527200.0"), TimeForm::EpochS, ""),
            (text("2026-11-01T11:00:00+01:00"), TimeForm::Rfc3339, ""),
            (ForeignValue::Integer(micros / 1_000_000), TimeForm::EpochS, ""),
            (ForeignValue::Number("1793527200.0".into()), TimeForm::EpochS, ""),
            (ForeignValue::Integer(micros / 1_000), TimeForm::EpochMs, ""),
            (ForeignValue::Integer(micros), TimeForm::EpochUs, ""),
            (text("6ae70da00000000000000000"), TimeForm::Objectid, ""),
            (text("{\"timestamp\":{\"_data_\":\"2026-11-01T10:00:00Z\"}}"), TimeForm::Rfc3339, "timestamp._data_"),
        ] {
            let path: Vec<String> = path.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            let found = time_of(&value, form, &path).unwrap_or_else(|error| panic!("{value:?}: {error}"));
            assert_eq!(found.unwrap().to_string(), expected, "{value:?}");
        }
        assert_eq!(time_of(&ForeignValue::Null, TimeForm::Utc, &[]), Ok(None));
        // esctl has no such time, and the event is one all the same.
        assert_eq!(time_of(&text("1969-12-31 23:59:59"), TimeForm::Utc, &[]), Ok(None));
        assert_eq!(time_of(&ForeignValue::Integer(-1), TimeForm::EpochMs, &[]), Ok(None));
    }

    #[test]
    fn what_is_no_time_is_explained() {
        for (value, form) in [
            (ForeignValue::Text("yesterday".into()), TimeForm::Rfc3339),
            (ForeignValue::Text("2026-02-30 10:00:00".into()), TimeForm::Utc),
            (ForeignValue::Integer(i64::MAX), TimeForm::EpochS),
            (ForeignValue::Integer(i64::MAX), TimeForm::EpochUs),
            (ForeignValue::Boolean(true), TimeForm::EpochMs),
        ] {
            assert!(time_of(&value, form, &[]).is_err(), "{value:?}");
        }
    }
}
