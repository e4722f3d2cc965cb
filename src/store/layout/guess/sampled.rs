//! The forms of values, learned from a few rows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::SampleValue;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::TimeForm;

/// 2100-01-01 in seconds since 1970. A larger number counts smaller units.
const LATE_IN_SECONDS: i64 = 4_102_444_800;
/// 1973-03-03 in seconds since 1970. A smaller number in a text may be a date in digits.
const EARLY_IN_SECONDS: i64 = 100_000_000;

/// Returns the version of the first event of a stream, and false if the rows do not show it.
pub(super) fn first_version<'s>(values: impl Iterator<Item = &'s SampleValue>) -> (i64, bool) {
    let numbers: Vec<i64> = values
        .filter_map(|value| match value {
            SampleValue::Integer(number) => Some(*number),
            SampleValue::Text(text) => text.parse().ok(),
            _ => None,
        })
        .collect();
    match (numbers.contains(&0), numbers.contains(&1)) {
        (true, _) => (0, true),
        (false, is_shown) => (1, is_shown),
    }
}

/// Returns the form of a time; `None` if neither type nor rows show it.
pub(super) fn time_form<'s>(
    engine: Engine,
    class: ColumnClass,
    values: impl Iterator<Item = &'s SampleValue>,
) -> Option<TimeForm> {
    match (engine, class) {
        (Engine::Postgres, ColumnClass::Instant) => return Some(TimeForm::Timestamptz),
        (Engine::Postgres, ColumnClass::LocalTime) => return Some(TimeForm::Utc),
        (Engine::Mongodb, ColumnClass::Instant) => return Some(TimeForm::Date),
        (Engine::Mongodb, ColumnClass::ObjectId) => return Some(TimeForm::Objectid),
        _ => {}
    }
    let forms: BTreeSet<Option<&str>> = values.map(|value| form_of(value).map(|(name, _)| name)).collect();
    // Values of several forms fit none.
    let [Some(form)] = forms.iter().collect::<Vec<_>>()[..] else { return None };
    FORMS.iter().find(|(name, _)| name == form).map(|(_, form)| *form)
}

const FORMS: [(&str, TimeForm); 5] = [
    ("epoch-s", TimeForm::EpochS),
    ("epoch-ms", TimeForm::EpochMs),
    ("epoch-us", TimeForm::EpochUs),
    ("rfc3339", TimeForm::Rfc3339),
    ("utc", TimeForm::Utc),
];

fn form_of(value: &SampleValue) -> Option<(&'static str, TimeForm)> {
    let index = match value {
        SampleValue::Integer(number) if *number < LATE_IN_SECONDS => 0,
        SampleValue::Integer(number) if *number < LATE_IN_SECONDS * 1_000 => 1,
        SampleValue::Integer(_) => 2,
        SampleValue::Text(text) if text.parse::<f64>().is_ok() => {
            let whole = text.split('.').next().and_then(|digits| digits.parse().ok());
            return form_of(&SampleValue::Integer(whole.filter(|number| *number >= EARLY_IN_SECONDS)?));
        }
        SampleValue::Text(text) => {
            let is_date = text.len() >= 19 && text.is_ascii() && text.as_bytes()[4] == b'-' && text.as_bytes()[13] == b':';
            let has_zone = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
            match (is_date, has_zone) {
                (false, _) => return None,
                (true, true) => 3,
                (true, false) => 4,
            }
        }
        _ => return None,
    };
    Some(FORMS[index])
}

/// Returns the form of data; false if only an assumption.
pub(super) fn data_form<'s>(
    engine: Engine,
    class: ColumnClass,
    values: impl Iterator<Item = &'s SampleValue>,
) -> (DataForm, bool) {
    match class {
        ColumnClass::Document | ColumnClass::Array if engine == Engine::Mongodb => return (DataForm::Bson, true),
        ColumnClass::Json => return (DataForm::Json, true),
        _ => {}
    }
    let starts: Vec<bool> = values.filter_map(starts_as_json).collect();
    let all_json = !starts.is_empty() && starts.iter().all(|is_json| *is_json);
    match (class, all_json, starts.is_empty()) {
        (_, true, _) => (DataForm::Json, true),
        (ColumnClass::Bytes, _, is_empty) => (DataForm::Bytes, !is_empty),
        (_, _, false) => (DataForm::Text, true),
        (_, _, true) if engine == Engine::Mongodb => (DataForm::Bson, false),
        (_, _, true) => (DataForm::Json, false),
    }
}

fn starts_as_json(value: &SampleValue) -> Option<bool> {
    let is_open = |first: Option<u8>| matches!(first, Some(b'{' | b'['));
    match value {
        SampleValue::Text(text) => Some(is_open(text.trim_start().bytes().next())),
        SampleValue::Bytes(bytes) => Some(is_open(bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace()))),
        _ => None,
    }
}

/// Returns the JSON objects among values.
pub(super) fn objects<'s>(values: impl Iterator<Item = &'s SampleValue>) -> Vec<Value> {
    let parsed = values.filter_map(|value| match value {
        SampleValue::Text(text) => serde_json::from_str::<Value>(text).ok(),
        SampleValue::Bytes(bytes) => serde_json::from_slice(bytes).ok(),
        _ => None,
    });
    parsed.filter(Value::is_object).collect()
}

#[cfg(test)]
mod tests {
    use super::first_version;
    use super::time_form;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::Engine;
    use crate::store::foreign::SampleValue;
    use crate::store::layout::model::TimeForm;

    #[test]
    fn times_are_recognised_by_their_values() {
        let form = |value: SampleValue| time_form(Engine::Sqlite, ColumnClass::Text, [&value].into_iter());
        let text = |text: &str| form(SampleValue::Text(text.into()));
        assert_eq!(text("2026-11-01T10:00:00Z"), Some(TimeForm::Rfc3339));
        assert_eq!(text("2026-11-01T10:00:00.123+02:00"), Some(TimeForm::Rfc3339));
        assert_eq!(text("2026-11-01 10:00:00"), Some(TimeForm::Utc));
        assert_eq!(text("yesterday"), None);
        assert_eq!(text("20261101"), None);
        assert_eq!(text("1793527200.25"), Some(TimeForm::EpochS));
        assert_eq!(text("1793527200000"), Some(TimeForm::EpochMs));
        assert_eq!(form(SampleValue::Integer(1_793_000_000)), Some(TimeForm::EpochS));
        assert_eq!(form(SampleValue::Integer(1_793_000_000_000)), Some(TimeForm::EpochMs));
        assert_eq!(form(SampleValue::Integer(1_793_000_000_000_000)), Some(TimeForm::EpochUs));
    }

    #[test]
    fn the_first_version_is_shown_by_a_row_or_assumed() {
        let first = |numbers: &[i64]| {
            let values: Vec<SampleValue> = numbers.iter().map(|number| SampleValue::Integer(*number)).collect();
            first_version(values.iter())
        };
        assert_eq!(first(&[1, 2, 0]), (0, true));
        assert_eq!(first(&[2, 1]), (1, true));
        assert_eq!(first(&[7]), (1, false));
        assert_eq!(first(&[]), (1, false));
    }
}
