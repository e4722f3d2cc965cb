//! Comparing expected values with found ones.

use serde::Serialize;
use serde_json::Value;

use crate::event::same_text;

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mismatch {
    /// The part that differs: `state.amount`, `events[0].type`, `outcome`.
    pub what: String,
    /// The expected value.
    pub expected: Value,
    /// The found value, if there is one.
    pub found: Option<Value>,
}

impl Mismatch {
    /// Returns a mismatch with a found value.
    pub(super) fn of(what: impl Into<String>, expected: impl Into<Value>, found: impl Into<Value>) -> Self {
        Self { what: what.into(), expected: expected.into(), found: Some(found.into()) }
    }
}

/// Adds a mismatch if a number is not the expected one.
pub(super) fn count(what: &str, expected: Option<u64>, found: u64, mismatches: &mut Vec<Mismatch>) {
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        mismatches.push(Mismatch::of(what, expected, found));
    }
}

/// Adds a mismatch for each part of the expected value that differs from the found one. An object may have more members than
/// expected; a list must have the same number of items. Numbers are compared by value, texts by their normal form.
pub(super) fn within(what: &str, expected: &Value, found: Option<&Value>, mismatches: &mut Vec<Mismatch>) {
    match (expected, found) {
        (Value::Object(members), Some(Value::Object(found))) => {
            for (name, expected) in members {
                within(&format!("{what}.{name}"), expected, found.get(name), mismatches);
            }
        }
        (Value::Array(items), Some(Value::Array(found))) if items.len() == found.len() => {
            for (index, (expected, found)) in items.iter().zip(found).enumerate() {
                within(&format!("{what}[{index}]"), expected, Some(found), mismatches);
            }
        }
        (Value::Number(expected), Some(Value::Number(found))) if expected.as_f64() == found.as_f64() => {
            // As floats, large whole numbers that differ can look the same.
            if expected.as_i64().zip(found.as_i64()).is_some_and(|(expected, found)| expected != found) {
                mismatches.push(Mismatch::of(what, expected.clone(), found.clone()));
            }
        }
        (Value::String(expected), Some(Value::String(found))) if same_text(expected, found) => {}
        // An expected null matches a missing value.
        (Value::Null, None) => {}
        (expected, Some(found)) if expected == found => {}
        (expected, found) => {
            mismatches.push(Mismatch { what: what.to_owned(), expected: expected.clone(), found: found.cloned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::within;

    fn places(expected: &Value, found: &Value) -> Vec<String> {
        let mut mismatches = Vec::new();
        within("s", expected, Some(found), &mut mismatches);
        mismatches.into_iter().map(|mismatch| mismatch.what).collect()
    }

    #[test]
    fn what_is_not_mentioned_may_be_anything() {
        assert!(
            places(&json!({"a": 1, "b": {"c": [1.0, {}]}, "gone": null}), &json!({"a": 1, "b": {"c": [1, {"d": 1}], "e": 1}}))
                .is_empty()
        );
        assert_eq!(places(&json!({"a": 1, "b": [1, 2]}), &json!({"a": "1", "b": [1, 3]})), ["s.a", "s.b[1]"]);
        assert_eq!(places(&json!({"a": [1], "b": 1}), &json!({"a": [1, 2]})), ["s.a", "s.b"]);
        assert_eq!(places(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)), ["s"]);
        assert_eq!(places(&json!(null), &json!(0)), ["s"]);
    }
}
