//! JSON as people read it: `key value, key value`.

use serde_json::Value;

/// Returns a value as one line. The keys of the outermost object have no braces around them, strings no quotes.
pub(crate) fn json(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| format!("{key} {}", inner(value))).collect::<Vec<_>>().join(", ")
        }
        other => inner(other),
    }
}

/// Returns a value inside another one, or beside its name.
pub(crate) fn inner(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Value::Object(_) => {
            format!("{{{}}}", if value == &Value::Object(serde_json::Map::new()) { String::new() } else { json(value) })
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn keys_and_values_in_one_line() {
        for (value, expected) in [
            (json!({"amount": 5, "reason": "a sword", "to": {"x": 1, "y": null}}), "amount 5, reason a sword, to {x 1, y -}"),
            (json!({"items": [1, "two", {}], "none": {}}), "items [1, two, {}], none {}"),
            (json!({}), "{}"),
            (json!("text"), "text"),
            (json!(null), "-"),
            (json!([true, {"a": 1.5}]), "[true, {a 1.5}]"),
        ] {
            assert_eq!(super::json(&value), expected);
        }
    }
}
