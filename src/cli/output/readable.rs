//! JSON as people read it: `key value, key value`.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::event::JsonMembers;

/// The number of digits from which a number may be one that [`Value`] rounds.
const LONG_NUMBER: usize = 16;
/// The depth of JSON below which it is printed as it is.
const MAX_DEPTH: usize = 100;

/// Returns JSON text as one line, with all digits of its numbers; as it is where it is no JSON.
pub(crate) fn text(text: &str) -> String {
    let mut digits = 0;
    let has_long_number = text.bytes().any(|byte| {
        digits = if byte.is_ascii_digit() || byte == b'.' { digits + 1 } else { 0 };
        digits >= LONG_NUMBER
    });
    match serde_json::from_str::<Value>(text) {
        Err(_) => text.to_owned(),
        Ok(value) if !has_long_number => json(&value),
        Ok(_) => exact(text, true, MAX_DEPTH),
    }
}

/// Returns valid JSON text as one line. The outermost object has no braces around it.
fn exact(text: &str, outermost: bool, depth: usize) -> String {
    let text = text.trim();
    if depth == 0 {
        return text.to_owned();
    }
    match text.as_bytes().first() {
        Some(b'{') => {
            let Ok(JsonMembers(members)) = serde_json::from_str(text) else { return text.to_owned() };
            let members = members.iter().map(|(key, value)| format!("{key} {}", exact(value.get(), false, depth - 1)));
            let line = members.collect::<Vec<_>>().join(", ");
            if outermost && !line.is_empty() { line } else { format!("{{{line}}}") }
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else { return text.to_owned() };
            let items = items.iter().map(|item| exact(item.get(), false, depth - 1));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Some(b'"') => serde_json::from_str(text).unwrap_or_else(|_| text.to_owned()),
        Some(b'n') => "-".to_owned(),
        _ => text.to_owned(),
    }
}

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
    fn numbers_keep_their_digits() {
        for (json, expected) in [
            (
                "{\"n\": 123456789012345678901234567890, \"x\": {\"a\": \"b\", \"e\": {}}, \"l\": [null, 1.12345678901234567890]}",
                "n 123456789012345678901234567890, x {a b, e {}}, l [-, 1.12345678901234567890]",
            ),
            (" 9223372036854775808123 ", "9223372036854775808123"),
            ("{\"id\":\"1234567890123456\"}", "id 1234567890123456"),
            ("{\"a\":5}", "a 5"),
            ("no json 1234567890123456", "no json 1234567890123456"),
        ] {
            assert_eq!(super::text(json), expected);
        }
    }

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
