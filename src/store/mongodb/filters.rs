//! JSON values as BSON, and the comparison of fields of rows with them.
//!
//! The server compares rows in their collection; this program compares staged rows. A missing field equals null. Values are
//! equal when they have the same JSON type and the same value.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use serde_json::Number;
use serde_json::Value;

/// Returns a JSON value as BSON, for queries of operators. A key with NUL, which BSON cannot represent, is left out.
pub(crate) fn bson_of(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(value) => Bson::Boolean(*value),
        Value::Number(number) => number_of(number),
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(values) => Bson::Array(values.iter().map(bson_of).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !name.contains('\0'));
            Bson::Document(fields.map(|(name, value)| (name.clone(), bson_of(value))).collect())
        }
    }
}

fn number_of(number: &Number) -> Bson {
    number.as_i64().map_or_else(|| Bson::Double(number.as_f64().unwrap_or(f64::NAN)), Bson::Int64)
}

/// Returns the path of a field of a row, where it can be written as a path and thus be indexed.
pub(crate) fn plain_path(field: &str) -> Option<String> {
    let plain = !field.is_empty() && !field.starts_with('$') && !field.contains(['.', '\0']);
    plain.then(|| format!("row.{field}"))
}

/// Returns the filter for rows whose field has this value.
pub(crate) fn condition(field: &str, value: &Value) -> Document {
    let wanted = bson_of(value);
    let of_row = doc! { "$getField": { "field": { "$literal": field }, "input": "$row" } };
    let or_null = doc! { "$ifNull": [of_row, Bson::Null] };
    let exact = doc! { "$expr": { "$eq": [or_null, { "$literal": wanted.clone() }] } };
    // The exact comparison has no index. This condition has one; it also matches lists that contain the value.
    match (plain_path(field), value) {
        (Some(path), Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            doc! { "$and": [{ path: { "$eq": wanted } }, exact] }
        }
        _ => exact,
    }
}

/// Returns true if the field of a row has this value, as [`condition`] does.
pub(crate) fn matches(row: &Value, field: &str, value: &Value) -> bool {
    same(row.get(field).unwrap_or(&Value::Null), value)
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64() == other.as_f64(),
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && same(one.1, other.1))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::matches;

    #[test]
    fn kind_and_value_must_match_and_absent_is_null() {
        let row = json!({ "a": 1, "b": "1", "c": [1, { "x": 2.0 }], "d": null });
        for (field, value, wanted) in [
            ("a", json!(1.0), true),
            ("a", json!("1"), false),
            ("a", json!(true), false),
            ("b", json!("1"), true),
            ("c", json!([1.0, { "x": 2 }]), true),
            ("c", json!(1), false),
            ("d", json!(null), true),
            ("none", json!(null), true),
            ("none", json!(0), false),
        ] {
            assert_eq!(matches(&row, field, &value), wanted, "{field} {value}");
        }
    }
}
